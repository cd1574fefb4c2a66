"""Things side by side on one scale: the two ledgers, and methods beside what was observed.

Amounts come in units of currency and are drawn in one readable unit per axis; intervals are the 90 %
interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    MoneyUnit,
    money_axis,
    money_unit,
    plain_number,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
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
from tradeimpact.figures.text import count_word, decimals_for, fixed, label_of, supported

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MARKERS = "oDs^vP"
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
        (total lines are filled, others hatched, `baseline` is dashed), in the order in which the lines are to stand.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        Government left, insurgents right, one value axis for both, which is how they share a scale.

    Raises
    ------
    TradeImpactError
        If a column is missing or a ledger is neither of the two.
    """
    needs(table, ["ledger", "line", "mean", "low", "high", "role"], "ledgers")
    odd = sorted(set(table["ledger"].astype(str)) - {"government", "insurgent"})
    if odd:
        raise TradeImpactError(f"ledgers: ledger {', '.join(map(repr, odd))} is unknown; use government, insurgent.")
    ordered = table.sort_values("ledger", kind="stable")  # government before insurgent
    ours = int((ordered["ledger"] == "government").sum())
    places = [number if number < ours else number + 0.5 for number in range(len(ordered))]
    with briefing():
        ax, own = canvas(ax, size=(max(8.0, 1.0 + 0.95 * len(ordered)), 4.9))
        values = ordered[["mean", "low", "high"]].to_numpy(dtype=float).ravel()
        unit = money_unit(values, currency=currency)
        decimals = decimals_for(float(np.nanmax(np.abs(values))) / unit.size)
        for place, row in zip(places, ordered.to_dict("records"), strict=True):
            _ledger_bar(ax, place, row, unit.size, decimals)
        ax.set_xlim(-0.6, len(ordered) + 0.1)
        low, high = span_from_zero(values / unit.size, margin=0.13)
        ax.set_ylim(low, high + 0.08 * (high - low))
        _ledger_heads(ax, ours - 0.25)
        names = [wrap(label_of(str(line)), 58, 7.5) for line in ordered["line"]]
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


def _ledger_heads(ax: Axes, middle: float) -> None:
    ax.axvline(middle, color=SOFT, linewidth=0.8)
    ax.annotate(
        TWO_LEDGERS,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        size=8.5,
        annotation_clip=False,
        gid="sentence",
    )
    for name, colour, align, shift in (
        ("Government's ledger", GOVERNMENT, "right", -8),
        ("Insurgents' ledger", INSURGENT, "left", 8),
    ):
        ax.annotate(
            name,
            xy=(middle, 1),
            xycoords=ax.get_xaxis_transform(),
            xytext=(shift, -1),
            textcoords="offset points",
            ha=align,
            va="top",
            weight="bold",
            color=colour,
        )


def _ledger_bar(ax: Axes, at: float, row: dict[Any, Any], size: float, decimals: int) -> None:
    colour = GOVERNMENT if row["ledger"] == "government" else INSURGENT
    mean, low, high = (float(row[column]) / size for column in ("mean", "low", "high"))
    total = row["role"] == "total"
    fill: dict[str, Any] = (
        {"facecolor": colour, "edgecolor": colour}
        if total
        else {"facecolor": "white", "edgecolor": colour, "hatch": "///"}
    )
    if row["line"] == "baseline":
        fill = {"facecolor": "white", "edgecolor": COUNTERFACTUAL, "linestyle": "--", "linewidth": 1.2}
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
        unit = money_unit(np.append(table["median"].to_numpy(dtype=float), band), currency=currency)
        for position, row in enumerate(rows):
            _method_row(ax, position, row, unit)
        row_axis(ax, names, width=165)
        ax.set_ylim(len(rows) - 0.4, -0.75)
        ax.set_xlim(*span_from_zero(values / unit.size, margin=0.08))
        if band.size:
            _observed(ax, band, unit, observed_label)
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


def _method_row(ax: Axes, position: int, row: dict[Any, Any], unit: MoneyUnit) -> None:
    low, middle, high = (float(row[column]) / unit.size for column in ("low", "median", "high"))
    ax.plot([low, high], [position, position], color=INK, linewidth=1.6, zorder=2, solid_capstyle="butt")
    ax.plot(
        [middle],
        [position],
        linestyle="",
        color=INK,
        marker=MARKERS[position % len(MARKERS)],
        markersize=7,
        markerfacecolor=GOVERNMENT if position == 0 else "white",
        zorder=3,
    )
    ax.annotate(
        supported(middle, (high - low) / 2),
        xy=(middle, position),
        xytext=(0, 7),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8,
        gid="value",
    )


def _observed(ax: Axes, band: np.ndarray[Any, Any], unit: MoneyUnit, label: str) -> None:
    low, high = float(band[0]) / unit.size, float(band[-1]) / unit.size
    ax.axvspan(low, high, facecolor=NOBODY, alpha=0.35, zorder=1, edgecolor=SOFT, linewidth=1.2, gid="observed")
    ax.annotate(
        f"{label}: {band_words(band, unit)}",
        xy=((low + high) / 2, 1.0),
        xycoords=ax.get_xaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8.5,
        annotation_clip=False,
    )


def band_words(band: np.ndarray[Any, Any], unit: MoneyUnit) -> str:
    """One or two observed amounts in words, with three digits: "4.5–4.6 bn AFN"."""
    shown = [float(end) / unit.size for end in band]
    ends = [plain_number(round(end, decimals_for(end))) for end in shown]
    return f"{'–'.join(dict.fromkeys(ends))} {unit.name}"
