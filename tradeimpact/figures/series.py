"""Series and what follows them: the year ahead by crossing, and the months of one crossing with their 90 % band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    markers_legend,
    money_axis,
    money_unit,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import COUNTERFACTUAL, GOVERNMENT, INK, briefing, canvas, furnish, grade_of, needs
from tradeimpact.figures.text import amount, percent, two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TOTAL = "(national)"


def year_ahead(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """The year after the sample by crossing, median and 90 % interval, beside the year observed; largest on top.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `low`, `best`, `high`, `last_year` (units of currency a year). The national total is left
        out: it would dwarf its parts.
    source, title, grade, note : str
        Footer and title.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    needs(table, ["crossing", "low", "best", "high", "last_year"], "year_ahead")
    parts = table[table["crossing"] != TOTAL].sort_values(["best", "crossing"], ascending=[False, True])
    rows = parts.to_dict("records")
    names = [_place(str(row["crossing"])) for row in rows]
    values = parts[["low", "best", "high", "last_year"]].to_numpy(dtype=float).ravel()
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.0, 1.9 + len(rows) * row_inches(names, least=0.32))))
        unit = money_unit(values, currency=currency)
        for position, row in enumerate(rows):
            low, best, high, seen = (float(row[c]) / unit.size for c in ("low", "best", "high", "last_year"))
            ax.plot([low, high], [position] * 2, color=GOVERNMENT, linewidth=1.6, marker="|", markersize=7, gid="range")
            ax.plot([best], [position], marker="o", markersize=7, color=GOVERNMENT, linestyle="", zorder=3, gid="best")
            ax.plot([seen], [position], marker="D", linestyle="", zorder=4, gid="seen", **_hollow())
            _value(ax, max(x for x in (high, seen) if np.isfinite(x)), position, two_digits(best))
        row_axis(ax, names)
        ax.set_xlim(*span_from_zero(values / unit.size, margin=0.1))
        money_axis(ax, which="x", label=f"Twelve months ({unit.name}): median and 90 % interval, beside those observed")
        markers_legend(ax, _year_marks())
        total = float(parts["best"].sum())
        share = percent(float(rows[0]["best"]) / total) if total > 0 else "none"
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"Had all gone on as before: {share} at {names[0]}",
            source=source,
            grade=grade or grade_of(table),
            note=f"Ranges are for posts that stay open, except those held shut at 0. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def months_ahead(
    table: pd.DataFrame,
    *,
    name: str,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Months observed and the months after them: median and 90 % band of simulated paths.

    Parameters
    ----------
    table : DataFrame
        Columns `month`, `observed`, `median`, `low`, `high` (units of currency a month); a month has one or the other.
    name : str
        Crossing, for the title.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`year_ahead`.

    Returns
    -------
    Axes
    """
    needs(table, ["month", "observed", "median", "low", "high"], "months_ahead")
    ahead = table[table["median"].notna()]
    at = np.array([day_number(month) for month in table["month"]])
    later = np.array([day_number(month) for month in ahead["month"]])
    values = table[["observed", "median", "low", "high"]].to_numpy(dtype=float).ravel()
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.4))
        unit = money_unit(values, currency=currency)
        seen = table["observed"].to_numpy(float) / unit.size
        ax.plot(at, seen, color=INK, linewidth=1.2, marker="o", markersize=3, gid="observed", label="Observed")
        shut = seen == 0
        if shut.any():
            ax.plot(
                at[shut],
                seen[shut],
                marker="x",
                markersize=7,
                color=INK,
                linestyle="",
                label="Shut",
                gid="shut",
                clip_on=False,
            )
        low, middle, high = (ahead[c].to_numpy(float) / unit.size for c in ("low", "median", "high"))
        ax.fill_between(later, low, high, facecolor=(GOVERNMENT, 0.2), edgecolor=(GOVERNMENT, 0.5), linewidth=0.4)
        ax.plot(later, middle, color=COUNTERFACTUAL, linestyle="--", label="Baseline, with 90 % band", gid="median")
        day_axis(ax, float(at[0]), float(at[-1]))
        _years(ax)
        ax.set_ylim(*span_from_zero(values / unit.size))
        money_axis(ax, which="y", label=f"Per month ({unit.name})")
        markers_legend(ax, ax.get_legend_handles_labels()[0])
        year = amount(float(ahead["median"].mean()), currency=currency)
        place = "All crossings" if name == TOTAL else _place(name)
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"{place}: about {year} a month had all gone on as before",
            source=source,
            grade=grade or grade_of(table),
            note=f"Band of each month by itself. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _years(ax: Axes) -> None:
    """Ticks by year or quarter with the year in them, since months span several years."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    ax.set_xlabel("Month")


def _value(ax: Axes, end: float, position: int, words: str) -> None:
    ax.annotate(
        words,
        xy=(end, position),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        size=8,
        gid="value",
    )


def _place(crossing: str) -> str:
    return crossing.replace("_", " ").title()


def _hollow() -> dict[str, Any]:
    return {"markersize": 6, "markerfacecolor": "white", "markeredgecolor": INK, "color": INK}


def _year_marks() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=GOVERNMENT, marker="o", markersize=7, linewidth=1.6, label="Year ahead: median, 90 %"),
        Line2D([], [], marker="D", linestyle="", label="Last twelve months observed", **_hollow()),
    ]
