"""How sure: tornado, Sobol indices and value of information.

Amounts come in units of currency and are drawn in one readable unit per axis; intervals are the 90 % interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import (
    MoneyUnit,
    markers_legend,
    money_axis,
    money_unit,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import (
    GOVERNMENT,
    INK,
    SOFT,
    briefing,
    canvas,
    furnish,
    grade_of,
    needs,
)
from tradeimpact.figures.text import amount, percent, two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NAMES_WIDTH = 235
LOW_LOOK: dict[str, Any] = {"facecolor": "white", "edgecolor": GOVERNMENT, "hatch": "////"}
HIGH_LOOK: dict[str, Any] = {"facecolor": GOVERNMENT, "edgecolor": GOVERNMENT}
NAMED = 3


def tornado(
    table: pd.DataFrame,
    *,
    middle: float,
    outcome: str,
    source: str,
    title: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Median outcome with each assumption at its 5 and at its 95 % value, about the median with everything drawn.

    Parameters
    ----------
    table : DataFrame
        Columns `label`, `set_low`, `set_high` (values in words), `grade`, `at_low`, `at_high` (outcome, units of
        currency), in the order in which the bars are to stand.
    middle : float
        Outcome with everything drawn, units of currency.
    outcome : str
        In words.
    source, title, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        Its axis is that of the outcome, so it need not hold zero: the bars are differences and start at `middle`.
    """
    needs(table, ["label", "set_low", "set_high", "grade", "at_low", "at_high"], "tornado")
    rows = table.to_dict("records")
    names = [f"{row['label']}  [{row['grade']}]" for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(9.0, 2.0 + len(rows) * row_inches(names, least=0.33, width=NAMES_WIDTH)))
        ends = table[["at_low", "at_high"]].to_numpy(dtype=float).ravel()
        unit = money_unit(np.append(ends, middle), currency=currency)
        for position, row in enumerate(rows):
            _tornado_bar(ax, position, row, middle, unit)
        row_axis(ax, names, width=NAMES_WIDTH)
        low, high = min(ends.min(), middle) / unit.size, max(ends.max(), middle) / unit.size
        room = 0.16 * ((high - low) or 1.0)
        ax.set_xlim(low - room, high + room)
        ax.axvline(middle / unit.size, color=INK, linewidth=1.0, zorder=3)
        money_axis(ax, which="x", label=f"{outcome} over the window, median ({unit.name})")
        markers_legend(ax, _patches([("At its 5 % value", LOW_LOOK), ("At its 95 % value", HIGH_LOOK)]))
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"{rows[0]['label']} moves the {outcome.lower()} most",
            source=source,
            grade=grade_of(table),
            note=f"At each bar the value that is set; in brackets the evidence grade. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _tornado_bar(ax: Axes, at: int, row: dict[Any, Any], middle: float, unit: MoneyUnit) -> None:
    centre = middle / unit.size
    ends = [float(row[end]) / unit.size for end in ("at_low", "at_high")]
    values = [str(row[end]) for end in ("set_low", "set_high")]
    same_side = (ends[0] - centre) * (ends[1] - centre) > 0
    left = int(np.argmin(ends))
    for k, look in enumerate((LOW_LOOK, HIGH_LOOK)):
        # both ends on one side: one bar above the other, each with its value at its own end
        place, height = (at + (k - 0.5) * 0.36, 0.34) if same_side else (at, 0.62)
        ax.barh(place, ends[k] - centre, left=centre, height=height, zorder=2, gid="bar", **look)
        leftwards = ends[k] < centre if same_side else k == left
        ax.annotate(
            values[k], xy=(ends[k], place), xytext=(-4 if leftwards else 4, 0), textcoords="offset points",
            va="center", ha="right" if leftwards else "left", size=6.5 if same_side else 7.5, gid="value",
        )  # fmt: skip


def _patches(looks: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    from matplotlib.patches import Patch

    return [Patch(label=label, **look) for label, look in looks]


def indices(
    table: pd.DataFrame,
    *,
    outcome: str,
    source: str,
    title: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """First (filled) and total (hatched) Sobol index of each group with 90 % intervals.

    Parameters
    ----------
    table : DataFrame
        Columns `group`, `first`, `first_low`, `first_high`, `total`, `total_low`, `total_high` (shares), in the order
        in which the groups are to stand.
    outcome : str
        In words.
    source, title, note, synthetic, ax
        As in :func:`tornado`.

    Returns
    -------
    Axes
    """
    columns = [f"{index}{end}" for index in ("first", "total") for end in ("", "_low", "_high")]
    needs(table, ["group", *columns], "indices")
    rows = table.to_dict("records")
    graded = "grade" in table.columns
    names = [f"{row['group']}  [{row['grade']}]" if graded and row["grade"] else str(row["group"]) for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(8.5, 2.1 + len(rows) * row_inches(names, least=0.42, width=NAMES_WIDTH)))
        for position, row in enumerate(rows):
            for index, shift, look in (("first", -0.19, HIGH_LOOK), ("total", 0.19, LOW_LOOK)):
                at = position + shift
                ax.barh(at, 100 * float(row[index]), height=0.34, gid=f"bar-{index}", **look)
                ends = [100 * float(row[f"{index}{end}"]) for end in ("_low", "_high")]
                ax.plot(ends, [at, at], color=INK, linewidth=1.0, marker="|", markersize=5, zorder=3)
                reach = max(ends[1], 100 * float(row[index]), 0.0)
                ax.annotate(
                    percent(float(row[index])), xy=(reach, at), xytext=(5, 0), textcoords="offset points",
                    va="center", ha="left", size=7.5, gid="value",
                )  # fmt: skip
        row_axis(ax, names, width=NAMES_WIDTH)
        shares = 100 * table[columns].to_numpy(dtype=float)
        ax.set_xlim(1.5 * min(0.0, float(np.nanmin(shares))), 1.1 * max(1.0, float(np.nanmax(shares))))
        money_axis(ax, which="x", label=f"Share of the variance of the {outcome.lower()} (%), 90 % interval")
        looks = [("Alone (first index)", HIGH_LOOK), ("With all it takes part in (total index)", LOW_LOOK)]
        markers_legend(ax, _patches(looks))
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"{rows[0]['group']} explains most of the {outcome.lower()}",
            source=source,
            grade=grade_of(table),
            note=note,
            synthetic=synthetic,
        )
    return ax


def information(
    table: pd.DataFrame,
    *,
    outcome: str,
    source: str,
    title: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """What knowing each input would take off the standard deviation, in money, with its Monte Carlo error.

    Parameters
    ----------
    table : DataFrame
        Columns `label`, `grade`, `worth`, `worth_error`, `sd` (units of currency), `real`, in the order in which the
        bars are to stand; bars that chance could make (not `real`) are hollow.
    outcome : str
        In words.
    source, title, note, currency, synthetic, ax
        As in :func:`tornado`.

    Returns
    -------
    Axes
    """
    needs(table, ["label", "grade", "worth", "worth_error", "real", "sd"], "information")
    rows = table.to_dict("records")
    names = [f"{row['label']}  [{row['grade']}]" if row["grade"] else str(row["label"]) for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(8.5, 2.1 + len(rows) * row_inches(names, least=0.32, width=NAMES_WIDTH)))
        ends = (table["worth"] + 1.645 * table["worth_error"].fillna(0.0)).to_numpy(dtype=float)
        unit = money_unit(ends, currency=currency)
        for position, row in enumerate(rows):
            worth, error = float(row["worth"]) / unit.size, 1.645 * float(row["worth_error"]) / unit.size
            look = HIGH_LOOK if row["real"] else {"facecolor": "white", "edgecolor": SOFT}
            ax.barh(position, worth, height=0.58, gid="bar", **look)
            span = [max(worth - error, 0.0), worth + error]
            ax.plot(span, [position, position], color=INK, linewidth=1.0, marker="|", markersize=5, zorder=3)
            ax.annotate(
                two_digits(worth), xy=(span[1], position), xytext=(5, 0), textcoords="offset points", va="center",
                ha="left", size=8, gid="value",
            )  # fmt: skip
        row_axis(ax, names, width=NAMES_WIDTH)
        ax.set_xlim(*span_from_zero(ends / unit.size, margin=0.12))
        now = amount(float(rows[0]["sd"]), currency=currency)
        label = f"{unit.name} taken off the standard deviation of the {outcome.lower()} ({now})"
        money_axis(ax, which="x", label=label)
        looks = [("More than chance", HIGH_LOOK), ("Within chance", {"facecolor": "white", "edgecolor": SOFT})]
        markers_legend(ax, _patches(looks))
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"{rows[0]['label']} is most worth knowing",
            source=source,
            grade=grade_of(table),
            note=f"Whiskers are 90 % Monte Carlo error. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def alt_tornado(table: pd.DataFrame, *, middle: float, outcome: str, currency: str = "AFN") -> str:
    """Alternative text of :func:`tornado`: the longest bars."""
    rows = table.to_dict("records")
    told = [
        f"{row['label']} (grade {row['grade']}) from {amount(float(row['at_low']), currency=currency)} at its low "
        f"value to {amount(float(row['at_high']), currency=currency)} at its high one"
        for row in rows[:NAMED]
    ]
    return (
        f"Tornado of {len(rows)} assumptions about a {outcome.lower()} of {amount(middle, currency=currency)}. "
        f"Longest bars: {'; '.join(told)}."
    )


def alt_indices(table: pd.DataFrame, *, outcome: str) -> str:
    """Alternative text of :func:`indices`: the largest groups."""
    rows = table.to_dict("records")
    told = [
        f"{row['group']} {percent(float(row['first']))} alone, {percent(float(row['total']))} in total"
        for row in rows[:NAMED]
    ]
    return f"Bars of the share of the variance of the {outcome.lower()} for {len(rows)} groups: {'; '.join(told)}."


def alt_information(table: pd.DataFrame, *, outcome: str, currency: str = "AFN") -> str:
    """Alternative text of :func:`information`: the most valuable inputs."""
    rows = table.to_dict("records")
    told = [f"{row['label']} {amount(float(row['worth']), currency=currency)}" for row in rows[:NAMED]]
    return (
        f"Bars of what knowing each of {len(rows)} inputs would take off the standard deviation of the "
        f"{outcome.lower()}: {'; '.join(told)}."
    )
