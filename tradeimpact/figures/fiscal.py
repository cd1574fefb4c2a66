"""How long cash lasts: what is left by day with and without the falls, and the days on which it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from tradeimpact.figures.axes import day_axis, day_number, end_labels, money_axis, money_unit, short_day
from tradeimpact.figures.style import COUNTERFACTUAL, GOVERNMENT, INK, briefing, canvas, furnish, needs
from tradeimpact.figures.text import amount, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES: dict[str, dict[str, Any]] = {
    "no_falls": {"color": COUNTERFACTUAL, "linestyle": "--", "label": "Nothing\nfalls", "marker": "s"},
    "with_falls": {"color": GOVERNMENT, "linestyle": "-", "label": "With the\nfalls", "marker": "o"},
}
BANDS = "Lines are medians, bands 90 % intervals of each day by itself; marks and bars on zero: median day and 90 %."


def cash_fan(
    table: pd.DataFrame,
    empty: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Cash left by day as fans of 90 %, with and without the falls; on the zero line when it is gone.

    Parameters
    ----------
    table : DataFrame
        Columns `day`, `line` (with_falls, no_falls), `median`, `low`, `high` (units of currency).
    empty : DataFrame, index line
        Columns `median`, `low`, `high` (days, NaT where not within the table's days), `within` (share of draws).
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
    """
    needs(table, ["day", "line", "median", "low", "high"], "cash_fan")
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.6))
        values = table[["median", "low", "high"]].to_numpy(dtype=float)
        unit = money_unit(values.ravel(), currency=currency)
        ends = []
        for name, look in LINES.items():
            part = table[table["line"] == name].sort_values("day")
            if part.empty:
                continue
            at = [day_number(day) for day in part["day"]]
            median, low, high = (part[column].to_numpy(dtype=float) / unit.size for column in ("median", "low", "high"))
            hatch = "////" if name == "no_falls" else None
            ax.fill_between(
                at, low, high, facecolor=(look["color"], 0.08 if hatch else 0.22), edgecolor=(look["color"], 0.35),
                linewidth=0.4, hatch=hatch, gid=f"band-{name}",
            )  # fmt: skip
            ax.plot(at, median, color=look["color"], linestyle=look["linestyle"], gid=f"line-{name}", zorder=3)
            ends.append((at[-1], float(median[-1]), look["label"], look["color"]))
        day_axis(ax, day_number(table["day"].min()), day_number(table["day"].max()))
        bottom, top = min(0.0, float(values.min())) / unit.size, max(0.0, float(values.max())) / unit.size
        ax.set_ylim(bottom - 0.06 * (top - bottom), top + 0.04 * (top - bottom))
        money_axis(ax, which="y", label=f"Cash left at the end of the day ({unit.name})")
        for name in LINES:
            if name in empty.index:
                _gone(ax, cast("Any", empty.loc[name]), LINES[name])
        end_labels(ax, ends)
        furnish(
            ax, own=own, title=title if title is not None else "How long the cash lasts", source=source, grade=grade,
            note=f"{BANDS} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
        end_labels(ax, ends)
    return ax


def _gone(ax: Axes, row: Any, look: dict[str, Any]) -> None:
    """Median day and interval on the zero line; an end beyond the window runs off the axes."""
    if pd.isna(row["low"]):
        return
    edge = ax.get_xlim()[1]
    low = day_number(row["low"])
    high = edge if pd.isna(row["high"]) else day_number(row["high"])
    ax.plot([low, high], [0, 0], color=look["color"], linewidth=3.2, alpha=0.8, solid_capstyle="butt", zorder=4)
    if pd.isna(row["median"]):
        return
    middle = day_number(row["median"])
    ax.plot(
        [middle], [0], linestyle="", marker=look["marker"], markersize=7, markerfacecolor=look["color"],
        markeredgecolor="white", zorder=5,
    )  # fmt: skip
    ax.annotate(
        short_day(middle), xy=(middle, 0), xytext=(-6, -5), textcoords="offset points", ha="right", va="top", size=8.5,
        color=INK, zorder=6, gid="gone", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8},
    )  # fmt: skip


def alt_cash_fan(table: pd.DataFrame, empty: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `cash_fan`: what is left on the last day and when cash is gone."""
    needs(table, ["day", "line", "median", "low", "high"], "alt_cash_fan")
    told = []
    for name, words in (("with_falls", "with the falls"), ("no_falls", "had nothing fallen")):
        part = table[table["line"] == name].sort_values("day")
        if part.empty:
            continue
        last = part.iloc[-1]
        row: Any = empty.loc[name]
        missing = bool(pd.isna(row["median"]))
        day: str = "beyond the window" if missing else short_day(day_number(row["median"]), year=True)
        told.append(
            f"{words} the median is {amount(float(last['median']), currency=currency)} on the last day and the median "
            f"day on which it is gone is {day} ({percent(float(row['within']))} of the draws within the window)"
        )
    return f"Fans of the cash left by day, 90 %: {'; '.join(told)}."
