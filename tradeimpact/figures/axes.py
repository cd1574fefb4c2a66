"""Axes of money and of days, and labels that keep apart on a line.

Money is drawn in one unit per axis (bn, m, thousand of the currency), chosen by the largest amount. Days are
matplotlib's day numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.style import INK, SOFT, figure_of, text_width, wrap
from tradeimpact.figures.text import MINUS, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True)
class MoneyUnit:
    """Unit of a money axis: how many units of currency it holds, and its name ("bn AFN")."""

    size: float
    name: str


def money_unit(values: Sequence[float] | np.ndarray[Any, Any], *, currency: str) -> MoneyUnit:
    """Unit in which the largest of `values` (units of currency) reads well."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    size, word = unit_of(float(np.abs(finite).max()) if finite.size else 0.0)
    return MoneyUnit(size, f"{word} {currency}".strip())


def plain_number(value: float, _position: int = 0) -> str:
    """Tick label: thousands marks, no exponent, a real minus sign.

    >>> plain_number(12500.0), plain_number(-0.5)
    ('12,500', '−0.5')
    """
    text = f"{abs(value):,.6f}".rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def money_axis(ax: Axes, *, which: str, label: str) -> None:
    """Make axis `which` ("x" or "y") one of money: number labels, `label` with its unit, grid, zero line."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(plain_number))
    place = ax.get_position()
    wide, high = (72 * side for side in figure_of(ax).get_size_inches())
    room = 0.8 * place.width * wide if which == "x" else 0.75 * place.height * high
    axis.set_label_text(wrap(label, room, 9))
    ax.grid(True, axis="x" if which == "x" else "y")
    low = ax.get_xlim()[0] if which == "x" else ax.get_ylim()[0]
    if low < 0:
        draw = ax.axvline if which == "x" else ax.axhline
        draw(0, color=SOFT, linewidth=0.8, zorder=1.5)


def span_from_zero(values: Sequence[float] | np.ndarray[Any, Any], *, margin: float = 0.04) -> tuple[float, float]:
    """Limits of an axis that holds zero and all finite `values`, with a margin beyond the data only.

    >>> span_from_zero([2.0, 10.0], margin=0.1)
    (0.0, 11.0)
    """
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    low = min(0.0, float(finite.min())) if finite.size else 0.0
    high = max(0.0, float(finite.max())) if finite.size else 0.0
    reach = (high - low) or 1.0
    return (low - margin * reach if low < 0 else 0.0), (high + margin * reach if high > 0 or low == 0 else 0.0)


def _dates() -> Any:
    """matplotlib's dates, whose functions carry no types."""
    from matplotlib import dates

    return dates


def day_number(day: object) -> float:
    """Day as matplotlib counts it; takes a date, a timestamp or ISO text.

    Raises
    ------
    TradeImpactError
        If `day` is no date.
    """
    try:
        stamp = pd.Timestamp(day)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise TradeImpactError(f"{day!r} is not a day; write it as 2021-07-14.") from error
    if pd.isna(stamp):
        raise TradeImpactError("A day is missing where the chart needs one.")
    return float(_dates().date2num(stamp.to_pydatetime()))


def short_day(day: float, *, year: bool = False) -> str:
    """Day and month of a day number, with `year` the year too, the same in every locale.

    >>> short_day(day_number("2021-07-14")), short_day(day_number("2021-07-14"), year=True)
    ('14 Jul', '14 Jul 2021')
    """
    date = _dates().num2date(day)
    text = f"{date.day} {MONTHS[date.month - 1][:3]}"
    return f"{text} {date.year}" if year else text


def written_day(day: object) -> str:
    """A day as a sentence has it, the same in every locale.

    >>> written_day("2021-07-14")
    '14 July 2021'
    """
    date = _dates().num2date(day_number(day))
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def day_axis(ax: Axes, first: float, last: float) -> None:
    """Make the x axis one of days from `first` to `last`, with the year in its label."""
    from matplotlib.ticker import FuncFormatter

    dates = _dates()
    locator = dates.AutoDateLocator(minticks=3, maxticks=9)
    locator.intervald[dates.DAILY] = [1, 2, 3, 7, 14]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda day, _position: short_day(day)))
    ax.set_xlim(first, last if last > first else first + 1)
    years = sorted({dates.num2date(day).year for day in (first, last)})
    ax.set_xlabel(f"Day ({'–'.join(map(str, years))})")


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Move positions apart until neighbours are `gap` from each other, as little as possible.

    They stay inside low .. high; if they cannot all fit, they stand evenly.

    >>> spread([1.0, 1.1, 5.0], gap=1.0, low=0.0, high=10.0)
    [0.55, 1.55, 5.0]
    """
    count = len(wanted)
    if count < 2:
        return [min(max(position, low), high) for position in wanted]
    if gap * (count - 1) >= high - low:
        even = np.linspace(low, high, count)
        ranks = np.argsort(np.argsort(wanted, kind="stable"), kind="stable")
        return [float(even[rank]) for rank in ranks]
    order = sorted(range(count), key=lambda index: (wanted[index], index))
    groups: list[list[float]] = []  # each: sum of (position - offset), members
    for index in order:
        groups.append([wanted[index], 1.0])
        while len(groups) > 1 and _start(groups[-1], gap) - _end(groups[-2], gap) < gap:
            total, members = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + members]
    places: list[float] = []
    for group in groups:
        start = _start(group, gap)
        places += [start + gap * step for step in range(int(group[1]))]
    floor, ceiling = low, high - gap * (count - 1)
    for step in range(count):
        places[step] = min(max(places[step], floor + gap * step), ceiling + gap * step)
    result = [0.0] * count
    for place, index in zip(places, order, strict=True):
        result[index] = round(place, 9)
    return result


def _start(group: list[float], gap: float) -> float:
    return group[0] / group[1] - gap * (group[1] - 1) / 2


def _end(group: list[float], gap: float) -> float:
    return group[0] / group[1] + gap * (group[1] - 1) / 2


def end_labels(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Name lines directly at their right ends, moved apart where they would touch.

    Called again it replaces its labels: once to claim their room, once when the height of the axes is settled.

    Parameters
    ----------
    ax : Axes
        With its final y limits.
    ends : sequence of (x, y, text, colour)
        x and y in data units.
    """
    figure = figure_of(ax)
    figure.draw_without_rendering()
    low, high = ax.get_ylim()
    height = ax.get_window_extent().height * 72 / figure.dpi
    lines = max(text.count("\n") for _x, _y, text, _colour in ends) + 1
    per_point = (high - low) / max(height, 1.0)
    for old in [found for found in ax.texts if found.get_gid() == "end"]:
        old.remove()
    places = spread(
        [y for _x, y, _t, _c in ends],
        gap=per_point * 11.5 * lines,
        low=low + per_point * 5 * lines,
        high=high - per_point * 5 * lines,
    )
    for (x, y, text, colour), place in zip(ends, places, strict=True):
        arrow = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}
        moved = abs(place - y) > per_point * 3
        ax.annotate(
            text,
            xy=(x, y),
            xytext=(10, (place - y) / per_point),
            textcoords="offset points",
            va="center",
            ha="left",
            size=8.5,
            color=colour,
            annotation_clip=False,
            arrowprops=arrow if moved else None,
            gid="end",
        )


def event_marks(ax: Axes, events: Sequence[tuple[object, str]]) -> None:
    """Mark days with thin vertical lines and their names above the axes, in as many rows as they need.

    Events of one day share a line. A name stands above those of later days that it would cross; one that
    would run out at the right stands left of its line.
    """
    first, last = ax.get_xlim()
    by_day: dict[float, list[str]] = {}
    for day, label in events:
        number = day_number(day)
        if first <= number <= last:
            by_day.setdefault(number, []).append(label)
    if not by_day:
        return
    figure = figure_of(ax)
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    wide, high = box.width * 72 / figure.dpi, box.height * 72 / figure.dpi
    beyond = figure.bbox.width * 72 / figure.dpi - box.x0 * 72 / figure.dpi
    placed: list[tuple[float, float, int]] = []
    for day in sorted(by_day, reverse=True):
        text = ", ".join(by_day[day])
        at = (day - first) / (last - first) * wide
        width = text_width(text, 7.5) + 8
        flipped = at + width > beyond and at - width > 0
        start, end = (at - width, at) if flipped else (at, at + width)
        row = 1 + max((used for left, right, used in placed if left <= end and start <= right), default=-1)
        placed.append((start, end, row))
        top = 1 + (4 + 11 * row) / high
        ax.plot(
            [day, day],
            [0, top + 7 / high],
            transform=ax.get_xaxis_transform(),
            color=SOFT,
            linewidth=0.6,
            linestyle=(0, (1, 2)),
            clip_on=False,
            zorder=1.2,
            scalex=False,
            scaley=False,
        )
        ax.annotate(
            text,
            xy=(day, top),
            xycoords=ax.get_xaxis_transform(),
            xytext=(-3 if flipped else 3, 0),
            textcoords="offset points",
            ha="right" if flipped else "left",
            va="bottom",
            size=7.5,
            color=INK,
            annotation_clip=False,
            gid="event",
        )


def markers_legend(ax: Axes, handles: Sequence[Any]) -> None:
    """Legend above the axes, left-aligned with them, in one strip or as many as its labels need."""
    figure = figure_of(ax)
    figure.draw_without_rendering()
    room = (figure.bbox.width - ax.get_window_extent().x0) * 72 / figure.dpi - 10
    widths = [text_width(str(handle.get_label()), 8.5) + 42 for handle in handles]
    fitting = [n for n in range(len(widths), 0, -1) if _columns_width(widths, n) <= room]
    ax.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=fitting[0] if fitting else 1,
        borderaxespad=0.3,
        handletextpad=0.5,
        columnspacing=1.4,
        borderpad=0.0,
    )


def _columns_width(widths: Sequence[float], columns: int) -> float:
    deep = math.ceil(len(widths) / columns)
    return sum(max(widths[start : start + deep]) for start in range(0, len(widths), deep))


def finite_or(value: float, other: float) -> float:
    """`value` where it is a number, `other` where it is missing."""
    return value if math.isfinite(value) else other


def row_inches(names: Sequence[str], *, least: float, width: float = 140) -> float:
    """Height in inches of a row of :func:`row_axis`: `least`, or what the name with the most lines needs."""
    lines = max(wrap(name, width, 8.5).count("\n") + 1 for name in names)
    return max(least, 0.08 + 0.15 * lines)


def row_axis(ax: Axes, names: list[str], *, width: float = 140) -> None:
    """Name the rows 0, 1, ... of a chart from top to bottom; names wider than `width` points are wrapped."""
    ax.set_yticks(range(len(names)), [wrap(name, width, 8.5) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
