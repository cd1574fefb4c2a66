"""The month's collection as it adds up: a fan of the model, its two rivals, and what was published at the end.

Sums since the first day, in units of currency: the fan is the 90 % interval of the sum up to each day, the rivals are
the median on the same draws with their interval at the last day, and the published figure stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    money_axis,
    money_unit,
    short_day,
    span_from_zero,
    spread,
    written_day,
)
from tradeimpact.figures.compare import band_words
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
    GOVERNMENT,
    INK,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    figure_of,
    furnish,
    needs,
)
from tradeimpact.figures.text import estimate, two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MODEL = "Model"
UNCHANGED = "No change"
UNCHANGED_LOOK: dict[str, Any] = {"color": COUNTERFACTUAL, "linestyle": "--", "marker": "D"}
LOOKS: tuple[dict[str, Any], ...] = (
    {"color": SOFT, "linestyle": ":", "marker": "s"},
    {"color": SOFT, "linestyle": "-.", "marker": "^"},
    {"color": SOFT, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
)
COLUMNS = ["method", "day", "median", "low", "high"]
STEP = 0.035  # of the days' width, between the intervals at the right
SUMS = "Sums since the first day: lines are medians, the band and the bars at the right 90 % intervals, on equal draws."


def collection(
    table: pd.DataFrame,
    *,
    source: str,
    observed: Sequence[float] = (),
    observed_label: str = "Published",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Fan of what the government collects since the first day, with rivals and what was published.

    Parameters
    ----------
    table : DataFrame
        Columns `method` ("Model", and "No change" and at most three others), `day`, `median`, `low`, `high` (units of
        currency since the first day).
    source : str
    observed : sequence of float
        Figures published for the whole window; several make a band.
    observed_label : str
    title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column or the model's rows are missing, or there are more rivals than looks.
    """
    needs(table, COLUMNS, "collection")
    rivals = _rivals(table)
    band = np.sort(np.asarray(list(observed), dtype=float))
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.8))
        values = np.concatenate([table[["median", "low", "high"]].to_numpy(dtype=float).ravel(), band])
        unit = money_unit(values, currency=currency)
        first, last = day_number(table["day"].min()), day_number(table["day"].max())
        ends = [_line(ax, table, MODEL, unit.size, {"color": GOVERNMENT, "linestyle": "-", "marker": "o"}, fan=True)]
        ends += [_line(ax, table, name, unit.size, look, fan=False) for name, look in rivals.items()]
        day_axis(ax, first, last)
        ax.set_ylim(*span_from_zero(values / unit.size))
        money_axis(ax, which="y", label=f"Collected since the first day ({unit.name})")
        wide = last - first or 1.0
        _intervals(ax, ends, last, wide)
        if band.size:
            _published(ax, band / unit.size, last, wide)
        words = f"{observed_label}\n{band_words(band, unit)}" if band.size else ""
        for attempt in (0, 1):
            _names(ax, ends, band / unit.size, words, last, wide)
            if not attempt:
                furnish(
                    ax, own=own, title=title if title is not None else _finding(table, band, observed_label, currency),
                    source=source, grade=grade, note=f"{SUMS} {note}".strip(), synthetic=synthetic,
                )  # fmt: skip
    return ax


def _rivals(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Look of each rival; no change is the counterfactual, black and dashed as everywhere."""
    methods = list(dict.fromkeys(table["method"].astype(str)))
    if MODEL not in methods:
        raise TradeImpactError(f"collection: no row of method {MODEL!r}; there are {', '.join(methods)}.")
    rivals = [name for name in methods if name != MODEL]
    others = [name for name in rivals if name != UNCHANGED]
    if len(others) > len(LOOKS):
        most = f"at most {len(LOOKS)} can be told apart beside no change"
        raise TradeImpactError(f"collection: {len(rivals)} rivals; {most}.")
    looks = dict(zip(others, LOOKS, strict=False)) | {UNCHANGED: UNCHANGED_LOOK}
    return {name: looks[name] for name in rivals}


def _line(
    ax: Axes, table: pd.DataFrame, name: str, size: float, look: dict[str, Any], *, fan: bool
) -> tuple[str, float, float, float, dict[str, Any]]:
    """Draw a line; returns its name, median, low and high at the last day in the axis's unit, and its look."""
    part = table[table["method"] == name].sort_values("day")
    at = [day_number(day) for day in part["day"]]
    median, low, high = (part[column].to_numpy(dtype=float) / size for column in ("median", "low", "high"))
    if fan:
        ax.fill_between(
            at, low, high, facecolor=(look["color"], 0.20), edgecolor=(look["color"], 0.45), linewidth=0.4, gid="fan"
        )
    ax.plot(at, median, color=look["color"], linestyle=look["linestyle"], gid=f"line-{name}", zorder=3)
    return name, float(median[-1]), float(low[-1]), float(high[-1]), look


def _intervals(ax: Axes, ends: list[Any], last: float, wide: float) -> None:
    for number, (_name, median, low, high, look) in enumerate(ends, start=1):
        x = last + number * STEP * wide
        ax.plot([x, x], [low, high], color=look["color"], linewidth=1.4, clip_on=False, gid="interval", zorder=3)
        ax.plot(
            [x], [median], marker=look["marker"], color=look["color"], markersize=5.5, linestyle="", clip_on=False,
            markerfacecolor=look["color"] if number == 1 else "white", zorder=4,
        )  # fmt: skip


def _published(ax: Axes, band: np.ndarray[Any, Any], last: float, wide: float) -> None:
    from matplotlib.patches import Rectangle

    low, high = float(band[0]), float(band[-1])
    patch = Rectangle(
        (last - 0.5 * STEP * wide, low), 4.5 * STEP * wide, high - low, facecolor=(NOBODY, 0.45), edgecolor=INK,
        linewidth=1.0, clip_on=False, zorder=2.5, gid="published",
    )  # fmt: skip
    ax.add_patch(patch)


def _names(ax: Axes, ends: list[Any], band: np.ndarray[Any, Any], published: str, last: float, wide: float) -> None:
    """Names right of the intervals, moved apart; called again when the height of the axes is settled."""
    figure = figure_of(ax)
    figure.draw_without_rendering()
    for old in [found for found in ax.texts if found.get_gid() == "end"]:
        old.remove()
    low, high = ax.get_ylim()
    per_point = (high - low) / max(ax.get_window_extent().height * 72 / figure.dpi, 1.0)
    marks = [(median, f"{name}\n{two_digits(median)}", look["color"]) for name, median, _l, _h, look in ends]
    if band.size:
        marks.append((float(band.mean()), published, INK))
    places = spread(
        [y for y, _t, _c in marks], gap=26 * per_point, low=low + 13 * per_point, high=high - 10 * per_point
    )
    x = last + (len(ends) + 1) * STEP * wide
    for (y, text, colour), place in zip(marks, places, strict=True):
        ax.annotate(
            text, xy=(x, y), xytext=(12, (place - y) / per_point), textcoords="offset points", va="center", ha="left",
            size=8.5, color=colour, annotation_clip=False, gid="end",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def _where(end: Any, band: np.ndarray[Any, Any]) -> str:
    if band[-1] < end["low"]:
        return "lies below the interval"
    if band[0] > end["high"]:
        return "lies above the interval"
    inside = band[0] >= end["low"] and band[-1] <= end["high"]
    return "lies inside the interval" if inside else "lies at the edge of the interval"


def _finding(table: pd.DataFrame, band: np.ndarray[Any, Any], label: str, currency: str) -> str:
    end = table[table["method"] == MODEL].sort_values("day").iloc[-1]
    day = written_day(end["day"])
    words = estimate(float(end["median"]), float(end["low"]), float(end["high"]), currency=currency)
    finding = f"By {day} the government has collected {words}"
    return f"{finding}; what was {label.lower()} {_where(end, band)}" if band.size else finding


def alt_collection(
    table: pd.DataFrame,
    *,
    observed: Sequence[float] = (),
    observed_label: str = "Published",
    currency: str = "AFN",
) -> str:
    """Alternative text of `collection`: where every line ends, and what was published."""
    needs(table, COLUMNS, "alt_collection")
    ends = table.sort_values("day").groupby("method", sort=False).tail(1).to_dict("records")
    ends.sort(key=lambda row: [MODEL, *_rivals(table)].index(str(row["method"])))
    told = [
        f"{row['method']} {estimate(float(row['median']), float(row['low']), float(row['high']), currency=currency)}"
        for row in ends
    ]
    first, last = (short_day(day_number(day), year=True) for day in (table["day"].min(), table["day"].max()))
    band = np.sort(np.asarray(list(observed), dtype=float))
    unit = money_unit([float(row["median"]) for row in ends], currency=currency)
    beside = f" {observed_label}: {band_words(band, unit)}, which {_where(ends[0], band)}." if band.size else ""
    return f"Fan of what the government collected since {first}, with rivals. By {last}: {'; '.join(told)}.{beside}"
