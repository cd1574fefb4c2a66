"""Crossings beside one another, each by day: its baseline, what the government collects there, what levies bring.

Every panel has its own scale of money, said in its corner, since the largest crossing is a hundred times the smallest;
only days are shared. Lines are medians and bands 90 % intervals of each day by itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import day_number, money_unit, plain_number, short_day, written_day
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
    GOVERNMENT,
    INK,
    INSURGENT,
    SOFT,
    briefing,
    furnish,
    needs,
    wrap,
)
from tradeimpact.figures.text import amount, count_word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LINES: dict[str, dict[str, Any]] = {
    "baseline": {"color": COUNTERFACTUAL, "linestyle": "--", "hatch": None, "label": "Baseline: no crossing falls"},
    "government": {"color": GOVERNMENT, "linestyle": "-", "hatch": None, "label": "Collected by the government"},
    "levy": {"color": INSURGENT, "linestyle": "-.", "hatch": "////", "label": "Levies of insurgents"},
}
COLUMNS = 4
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # a grid line does not run through the words
COLUMNS_NEEDED = ["crossing", "name", "day", "line", "median", "low", "high"]
SCALES = "Every panel has its own scale of money. Lines are medians, bands 90 % intervals of each day by itself."


def crossings(
    table: pd.DataFrame,
    *,
    source: str,
    most: int = 12,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
) -> Axes:
    """Small multiples of crossings by day.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `name`, `day`, `line` (baseline, government, levy), `median`, `low`, `high` (currency per
        day). Panels stand in the order of their first row.
    source : str
    most : int
        Draw the first so many crossings; the footer says how many are left out.
    title, grade, note, currency, synthetic
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        The first panel; the others are the axes of its figure, in the table's order.

    Raises
    ------
    TradeImpactError
        If a column is missing, a line is unknown or `most` is below 1.
    """
    import matplotlib.pyplot as plt

    needs(table, COLUMNS_NEEDED, "crossings")
    odd = sorted(set(table["line"].astype(str)) - set(LINES))
    if odd:
        raise TradeImpactError(f"crossings: line {', '.join(map(repr, odd))} is unknown; use {', '.join(LINES)}.")
    if most < 1:
        raise TradeImpactError(f"crossings: most={most!r}, expected at least 1 panel.")
    order = list(dict.fromkeys(table["crossing"].astype(str)))
    shown = order[:most]
    columns = min(COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    with briefing():
        _, grid = plt.subplots(
            rows, columns, figsize=(max(4.6, 2.45 * columns), 1.55 * rows + 1.75), layout="constrained", sharex=True,
            squeeze=False,
        )  # fmt: skip
        panels: list[Axes] = list(grid.ravel())
        for panel, crossing in zip(panels, shown, strict=False):
            _panel(panel, table[table["crossing"].astype(str) == crossing], currency)
        _days(panels, len(shown), columns, table)
        left = len(order) - len(shown)
        cut = f" The {count_word(left)} smallest are left out." if left else ""
        furnish(
            panels[0], own=True, title=title if title is not None else _finding(table, shown), source=source,
            grade=grade, note=f"{SCALES}{cut} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
        _legend(panels[0], columns)
    return panels[0]


def _panel(ax: Axes, part: pd.DataFrame, currency: str) -> None:
    unit = money_unit(part[["median", "high"]].to_numpy(dtype=float).ravel(), currency=currency)
    top = 0.0
    for name, look in LINES.items():
        line = part[part["line"] == name].sort_values("day")
        if line.empty:
            continue
        at = [day_number(day) for day in line["day"]]
        median, low, high = (line[column].to_numpy(dtype=float) / unit.size for column in ("median", "low", "high"))
        if name != "baseline":
            ax.fill_between(
                at, low, high, step="mid", facecolor=(look["color"], 0.20), edgecolor=(look["color"], 0.45),
                linewidth=0.4, hatch=look["hatch"], gid=f"band-{name}",
            )  # fmt: skip
        ax.plot(
            at, median, color=look["color"], linestyle=look["linestyle"], linewidth=1.4, gid=f"line-{name}", zorder=3,
            drawstyle="steps-mid",
        )  # fmt: skip
        top = max(top, float(np.nanmax(median if name == "baseline" else high)))
    _scale(ax, top or 1.0, unit.name)
    name = wrap(str(part["name"].iloc[0]).split("/")[0], 105, 8.5, bold=True)
    ax.annotate(
        name, xy=(0, 1), xycoords="axes fraction", xytext=(3, -2), textcoords="offset points", va="top", ha="left",
        size=8.5, weight="bold", color=INK, gid="panel", bbox=PAPER,
    )  # fmt: skip
    ax.set_gid(f"panel-{part['crossing'].iloc[0]}")


def _scale(ax: Axes, top: float, unit: str) -> None:
    """Zero, a middle tick and an upper one, with the unit in the corner and room for the name above the lines."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.set_ylim(0, 1.55 * top)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(plain_number))
    ax.tick_params(axis="y", labelsize=7.5)
    ax.grid(True, axis="y")
    ax.annotate(
        f"{unit} a day", xy=(0, 1), xycoords="axes fraction", xytext=(3, -13), textcoords="offset points", va="top",
        ha="left", size=7, color=SOFT, gid="unit", bbox=PAPER,
    )  # fmt: skip


def _days(panels: list[Axes], count: int, columns: int, table: pd.DataFrame) -> None:
    first, last = day_number(table["day"].min()), day_number(table["day"].max())
    ends = [first, last] if last > first else [first]
    for number, panel in enumerate(panels):
        if number >= count:
            panel.set_visible(False)
            continue
        panel.set_xlim(first, last if last > first else first + 1)
        middle = [round((first + last) / 2)] if last - first >= 4 else []
        panel.set_xticks(sorted({*ends, *middle}))
        below = number + columns >= count
        panel.set_xticklabels([short_day(day) if below else "" for day in panel.get_xticks()], size=7.5)
        panel.tick_params(axis="x", labelbottom=below)
        labels = panel.get_xticklabels()  # none where they are hidden
        for label, place in zip(labels[:1] + labels[1:][-1:], ("left", "right"), strict=False):
            label.set_horizontalalignment("left" if place == "left" else "right")


def _legend(ax: Axes, columns: int) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **{k: look[k] for k in ("color", "linestyle", "label")}) for look in LINES.values()]
    strips = 1 if columns > 2 else len(handles)
    legend = ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(handles) // strips, borderaxespad=0.3,
        columnspacing=1.4,
    )  # fmt: skip
    legend.set_in_layout(False)  # it is wider than its panel; an empty title keeps the room
    ax.set_title("\n".join([" "] * strips), size=10.5, pad=4)


def _change(table: pd.DataFrame, crossing: str) -> tuple[float, float]:
    """Median collected and median baseline of a crossing on the last day."""
    part = table[(table["crossing"].astype(str) == crossing) & (table["day"] == table["day"].max())]
    value = dict(zip(part["line"], part["median"].astype(float), strict=True))
    return value.get("government", float("nan")), value.get("baseline", float("nan"))


def _finding(table: pd.DataFrame, shown: list[str]) -> str:
    ratios = [_change(table, crossing) for crossing in shown]
    dark = sum(now < 0.1 * before for now, before in ratios)
    more = sum(now > 1.1 * before for now, before in ratios)
    day = written_day(table["day"].max())
    gain = f", and over a tenth more at {count_word(more)}" if more else ""
    return (
        f"On {day} the government collects under a tenth of the baseline at {count_word(dark)} of the "
        f"{count_word(len(shown))} largest posts{gain}"
    )


def alt_crossings(table: pd.DataFrame, *, most: int = 12, currency: str = "AFN") -> str:
    """Alternative text of `crossings`: what each panel shows on the last day."""
    needs(table, COLUMNS_NEEDED, "alt_crossings")
    last = table[table["day"] == table["day"].max()]
    order = list(dict.fromkeys(table["crossing"].astype(str)))[:most]
    told = []
    for crossing in order:
        part = last[last["crossing"].astype(str) == crossing].set_index("line")
        said = {
            line: amount(float(part.loc[line, "median"]), currency=currency) for line in LINES if line in part.index
        }
        words = {"baseline": "baseline", "government": "collected", "levy": "levies"}
        told.append(f"{part['name'].iloc[0]}: {', '.join(f'{words[line]} {value}' for line, value in said.items())}")
    day = short_day(day_number(table["day"].max()), year=True)
    return (
        f"Small multiples of {count_word(len(order))} crossings and inland houses by day, medians with 90 % bands, "
        f"each on its own scale. Per day on {day}: {'; '.join(told)}."
    )
