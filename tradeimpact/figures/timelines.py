"""Money over days: who collects on each day, and the loss and the gain so far.

Lines are medians and bands 90 % intervals of each day by itself: neither medians nor ends of intervals add
up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    end_labels,
    event_marks,
    money_axis,
    money_unit,
    span_from_zero,
    written_day,
)
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
    GOVERNMENT,
    INSURGENT,
    briefing,
    canvas,
    furnish,
    grade_of,
    needs,
)
from tradeimpact.figures.text import amount, label_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LINES: dict[str, dict[str, Any]] = {
    "baseline": {"color": COUNTERFACTUAL, "linestyle": "--", "label": "Baseline:\nno crossing falls"},
    "government": {"color": GOVERNMENT, "linestyle": "-", "label": "Government\ncollects"},
    "insurgent": {"color": INSURGENT, "linestyle": "-.", "label": "Insurgents\ngain"},
    "loss": {"color": GOVERNMENT, "linestyle": "-", "label": "Government\nloss"},
    "gain": {"color": INSURGENT, "linestyle": "-.", "label": "Insurgent\ngain"},
}
HATCHED = ("insurgent", "gain")
BANDS = "Lines are medians, bands 90 % intervals of each day by itself."


def who_collects(
    table: pd.DataFrame,
    *,
    source: str,
    events: Sequence[tuple[object, str]] = (),
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Revenue by day: the baseline, what the government collects, what insurgents gain, with 90 % bands.

    Parameters
    ----------
    table : DataFrame
        Columns `day`, `line` (baseline, government, insurgent), `median`, `low`, `high` (currency per day).
    source : str
    events : sequence of (day, label)
        Days to mark; those outside the table's days are left out.
    title, grade, note : str
        Title and footer.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing or a line is none of the three.
    """
    needs(table, ["day", "line", "median", "low", "high"], "who_collects")
    _only(table, ("baseline", "government", "insurgent"), "who_collects")
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.7))
        unit = _draw_lines(ax, table, currency=currency, bands=("government", "insurgent"))
        money_axis(ax, which="y", label=f"Collected or gained ({unit} per day)")
        _name_ends(ax, table, unit_size=money_unit(_reach(table), currency=currency).size)
        event_marks(ax, events)
        furnish(
            ax,
            own=own,
            title=title if title is not None else "Who collects at the border, day by day",
            source=source,
            grade=grade or grade_of(table),
            note=f"{BANDS} {note}".strip(),
            synthetic=synthetic,
        )
        _name_ends(ax, table, unit_size=money_unit(_reach(table), currency=currency).size)
    return ax


def cumulative(
    table: pd.DataFrame,
    *,
    source: str,
    events: Sequence[tuple[object, str]] = (),
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Loss of the government so far, and where the table has it the insurgents' gain, as fans of 90 %.

    Parameters
    ----------
    table : DataFrame
        Columns `day`, `median`, `low`, `high` (units of currency since the first day), optionally `line`
        (loss, gain).
    source, events, title, grade, note, currency, synthetic, ax
        As in :func:`who_collects`.

    Returns
    -------
    Axes
    """
    needs(table, ["day", "median", "low", "high"], "cumulative")
    lined = table if "line" in table.columns else table.assign(line="loss")
    _only(lined, ("loss", "gain"), "cumulative")
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.5))
        unit = _draw_lines(ax, lined, currency=currency, bands=("loss", "gain"))
        money_axis(ax, which="y", label=f"Sum since the first day ({unit})")
        _name_ends(ax, lined, unit_size=money_unit(_reach(lined), currency=currency).size)
        event_marks(ax, events)
        both = " Loss and gain are two ledgers; one does not stand for the other."
        told = f"{BANDS}{both if lined['line'].nunique() > 1 else ''}"
        if title is None:
            name, part = _lines(lined)[0]
            day = written_day(part["day"].iloc[-1])
            sum_words = amount(float(part["median"].iloc[-1]), currency=currency)
            title = f"{label_of(name)} by {day}: about {sum_words}"
        furnish(
            ax,
            own=own,
            title=title,
            source=source,
            grade=grade or grade_of(table),
            note=f"{told} {note}".strip(),
            synthetic=synthetic,
        )
        _name_ends(ax, lined, unit_size=money_unit(_reach(lined), currency=currency).size)
    return ax


def _only(table: pd.DataFrame, allowed: tuple[str, ...], chart: str) -> None:
    odd = sorted(set(table["line"].astype(str)) - set(allowed))
    if odd:
        raise TradeImpactError(f"{chart}: line {', '.join(map(repr, odd))} is unknown; use {', '.join(allowed)}.")


def _reach(table: pd.DataFrame) -> np.ndarray[Any, Any]:
    return table[["median", "low", "high"]].to_numpy(dtype=float).ravel()


def _lines(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(name, table[table["line"] == name].sort_values("day")) for name in LINES if (table["line"] == name).any()]


def _draw_lines(ax: Axes, table: pd.DataFrame, *, currency: str, bands: tuple[str, ...]) -> str:
    unit = money_unit(_reach(table), currency=currency)
    days = [day_number(day) for day in table["day"]]
    for name, part in _lines(table):
        look = LINES[name]
        at = [day_number(day) for day in part["day"]]
        median, low, high = (part[column].to_numpy(dtype=float) / unit.size for column in ("median", "low", "high"))
        if name in bands:
            hatch = "////" if name in HATCHED else None
            ax.fill_between(
                at,
                low,
                high,
                facecolor=(look["color"], 0.20),
                edgecolor=(look["color"], 0.45),
                linewidth=0.4,
                gid=f"band-{name}",
                hatch=hatch,
            )
        ax.plot(at, median, color=look["color"], linestyle=look["linestyle"], gid=f"line-{name}", zorder=3)
    day_axis(ax, min(days), max(days))
    shown = table[table["line"].isin(bands)]
    ax.set_ylim(*span_from_zero(np.concatenate([_reach(shown), table["median"].to_numpy(dtype=float)]) / unit.size))
    return unit.name


def _name_ends(ax: Axes, table: pd.DataFrame, *, unit_size: float) -> None:
    ends = []
    for name, part in _lines(table):
        known = part[part["median"].notna()]
        if len(known):
            end = known.iloc[-1]
            ends.append(
                (
                    day_number(end["day"]),
                    float(end["median"]) / unit_size,
                    LINES[name]["label"],
                    LINES[name]["color"],
                )
            )
    if ends:
        end_labels(ax, ends)
