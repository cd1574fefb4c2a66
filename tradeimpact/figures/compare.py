"""Things side by side on one scale: the two ledgers, and methods beside what was observed.

Amounts come in units of currency and are drawn in one readable unit per axis; intervals are the 90 %
interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import (
    MoneyUnit,
    money_axis,
    money_unit,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import (
    GOVERNMENT,
    INK,
    INSURGENT,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    furnish,
    needs,
    wrap,
)
from tradeimpact.figures.text import count_word, decimals_for, fixed, label_of, two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TWO_LEDGERS = "Two ledgers on one scale, not each other's mirror: a levy need not equal the duty it displaces."


def ledgers(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """The government's and the insurgents' ledgers side by side on one scale.

    Parameters
    ----------
    table : DataFrame
        Columns `ledger` (government, insurgent), `line`, `mean`, `low`, `high` (units of currency), `role`
        (total lines are filled, others hatched), in the order in which the lines are to stand.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        Government left, insurgents right, one value axis for both, which is how they share a scale.
    """
    needs(table, ["ledger", "line", "mean", "low", "high", "role"], "ledgers")
    sides = {side: table[table["ledger"] == side].to_dict("records") for side in ("government", "insurgent")}
    count = len(table)
    with briefing():
        ax, own = canvas(ax, size=(max(8.0, 1.0 + 0.95 * count), 4.9))
        values = table[["mean", "low", "high"]].to_numpy(dtype=float).ravel()
        unit = money_unit(values, currency=currency)
        decimals = decimals_for(float(np.nanmax(np.abs(table["mean"].to_numpy(dtype=float)))) / unit.size)
        middle = len(sides["government"]) - 0.25
        for side, start in (("government", 0.0), ("insurgent", len(sides["government"]) + 0.5)):
            colour = GOVERNMENT if side == "government" else INSURGENT
            for number, row in enumerate(sides[side]):
                _ledger_bar(ax, start + number, row, colour, unit.size, decimals)
        ax.set_xlim(-0.6, count + 0.1)
        ax.annotate(
            TWO_LEDGERS,
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            ha="left",
            va="bottom",
            size=8.5,
            annotation_clip=False,
            gid="sentence",
        )
        low, high = span_from_zero(values / unit.size, margin=0.13)
        ax.set_ylim(low, high + 0.08 * (high - low))
        ax.axvline(middle, color=SOFT, linewidth=0.8)
        for side, name in (("government", "Government's ledger"), ("insurgent", "Insurgents' ledger")):
            right = side == "insurgent"
            ax.annotate(
                name,
                xy=(middle, 1),
                xycoords=ax.get_xaxis_transform(),
                xytext=(8 if right else -8, -1),
                textcoords="offset points",
                ha="left" if right else "right",
                va="top",
                weight="bold",
                color=INSURGENT if right else GOVERNMENT,
            )
        places = [
            *range(len(sides["government"])),
            *(len(sides["government"]) + 0.5 + n for n in range(len(sides["insurgent"]))),
        ]
        names = [wrap(label_of(str(row["line"])), 58, 7.5) for side in sides.values() for row in side]
        ax.set_xticks(places, names, size=7.5)
        ax.tick_params(axis="x", length=0)
        money_axis(ax, which="y", label=f"Over the window, mean ({unit.name})")
        furnish(
            ax,
            own=own,
            title=title if title is not None else "What the government lost is not what insurgents gained",
            source=source,
            grade=grade,
            note=f"Whiskers are 90 % intervals. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _ledger_bar(ax: Axes, at: float, row: dict[Any, Any], colour: str, size: float, decimals: int) -> None:
    mean, low, high = (float(row[column]) / size for column in ("mean", "low", "high"))
    total = row["role"] == "total"
    fill: dict[str, Any] = (
        {"facecolor": colour, "edgecolor": colour}
        if total
        else {"facecolor": "white", "edgecolor": colour, "hatch": "///"}
    )
    ax.bar(at, mean, width=0.62, gid=f"bar-{row['ledger']}", **fill)
    ax.plot([at, at], [low, high], color=INK, linewidth=1.0, marker="_", markersize=6, zorder=3)
    ax.annotate(
        fixed(mean, decimals),
        xy=(at, max(mean, high, 0.0)),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8,
        gid="value",
    )


def comparison(
    table: pd.DataFrame,
    *,
    source: str,
    observed: tuple[float, float] | float | None = None,
    observed_label: str = "Observed",
    axis_label: str = "Customs revenue of the government over the window",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Methods beside each other: median and 90 % interval, with what was observed as a vertical band.

    Parameters
    ----------
    table : DataFrame
        Columns `method`, `median`, `low`, `high` (units of currency), in the order in which they are to
        stand.
    source : str
    observed : (low, high) or float, optional
        What was observed (units of currency); two conflicting figures make a band.
    observed_label, axis_label : str
    title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
    """
    needs(table, ["method", "median", "low", "high"], "comparison")
    band = np.sort(np.atleast_1d(np.asarray([] if observed is None else observed, dtype=float)))
    values = np.concatenate([table[["median", "low", "high"]].to_numpy(dtype=float).ravel(), band])
    rows = table.to_dict("records")
    names = [str(row["method"]) for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.3, 2.0 + len(rows) * row_inches(names, least=0.42, width=165))))
        unit = money_unit(values, currency=currency)
        markers = "oDs^vP"
        for position, row in enumerate(rows):
            low, middle, high = (float(row[column]) / unit.size for column in ("low", "median", "high"))
            ax.plot([low, high], [position, position], color=INK, linewidth=1.6, zorder=2, solid_capstyle="butt")
            ax.plot(
                [middle],
                [position],
                linestyle="",
                color=INK,
                marker=markers[position % len(markers)],
                markersize=7,
                markerfacecolor=GOVERNMENT if position == 0 else "white",
                zorder=3,
            )
            ax.annotate(
                two_digits(middle),
                xy=(middle, position),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                va="bottom",
                size=8,
                gid="value",
            )
        row_axis(ax, names, width=165)
        ax.set_ylim(len(rows) - 0.4, -0.75)
        ax.set_xlim(*span_from_zero(values / unit.size, margin=0.08))
        if band.size:
            ax.axvspan(
                band[0] / unit.size,
                band[-1] / unit.size,
                facecolor=NOBODY,
                alpha=0.35,
                zorder=1,
                edgecolor=SOFT,
                linewidth=1.2,
                gid="observed",
            )
            ax.annotate(
                f"{observed_label}: {band_words(band, unit)}",
                xy=(band.mean() / unit.size, 1.0),
                xycoords=ax.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                size=8.5,
                annotation_clip=False,
            )
        money_axis(ax, which="x", label=f"{axis_label} ({unit.name}), median and 90 % interval")
        default = f"{count_word(len(rows)).capitalize()} methods beside the {observed_label.lower()} figure"
        furnish(
            ax,
            own=own,
            title=title if title is not None else default,
            source=source,
            grade=grade,
            note=note,
            synthetic=synthetic,
        )
    return ax


def band_words(band: np.ndarray[Any, Any], unit: MoneyUnit) -> str:
    """One or two observed amounts in words: "4.5–4.6 bn AFN"."""
    ends = [f"{end / unit.size:,.4g}" for end in band]
    return f"{'–'.join(dict.fromkeys(ends))} {unit.name}"
