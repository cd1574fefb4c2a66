"""An outcome beside its counterfactual, and what a method finds where nothing happened.

Periods are dates, periods or whole numbers (years); amounts come in the outcome's own unit. Intervals are the 90 %
interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tradeimpact.figures.axes import MONTHS, MoneyUnit, end_labels, event_marks, money_axis, money_unit, span_from_zero
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
    GOVERNMENT,
    INK,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    furnish,
    needs,
    wrap,
)
from tradeimpact.figures.text import fixed, percent, two_digits, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LARGE = 1e6  # from here on an axis is drawn in thousands, millions or billions
NAMED_ROWS = 50
KINDS = {
    "date": "Dates before the start",
    "unit": "Units that the event did not touch",
    "simulated": "Simulated series without an event",
    "unit and date": "Untouched units at dates before the start",
}


def counterfactual(
    table: pd.DataFrame,
    *,
    source: str,
    marks: Sequence[tuple[object, str]] = (),
    name: str = "Outcome",
    unit: str = "",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """What was observed and what would have been, by period, with the 90 % band of the counterfactual.

    Parameters
    ----------
    table : DataFrame
        Index dates, periods or whole numbers; columns `observed` (NaN where unreported), `counterfactual`,
        `counterfactual_low`, `counterfactual_high`.
    source : str
    marks : sequence of (period, label)
        Periods with which something begins.
    name, unit : str
        What is measured, and in what.
    title, grade, note : str
        Title and footer.
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing.
    """
    columns = ["observed", "counterfactual", "counterfactual_low", "counterfactual_high"]
    needs(table, columns, "counterfactual")
    values = table[columns].to_numpy(dtype=float)
    scale = _unit(values, unit)
    at = _positions(table.index)
    observed, path, low, high = (values / scale.size).T
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.5))
        ax.fill_between(at, low, high, facecolor=(NOBODY, 0.35), edgecolor=(SOFT, 0.6), linewidth=0.5, gid="band")
        ax.plot(at, path, color=COUNTERFACTUAL, linestyle="--", linewidth=1.4, gid="line-counterfactual", zorder=3)
        ax.plot(at, observed, color=GOVERNMENT, marker="o", markersize=2.6, gid="line-observed", zorder=4)
        ax.set_ylim(*span_from_zero(np.append(observed, [np.nanmin(values) / scale.size, *low, *high, *path])))
        _time_axis(ax, table.index, at)
        missing = np.isnan(observed)
        if missing.any():
            ax.plot(
                at[missing], np.full(int(missing.sum()), 0.012), transform=ax.get_xaxis_transform(), linestyle="",
                marker="x", markersize=4, color=SOFT, gid="unreported", zorder=3,
            )  # fmt: skip
        money_axis(ax, which="y", label=f"{name} ({scale.name} per period)" if scale.name else f"{name}, per period")
        _marks(ax, table.index, at, marks)
        ends = _ends(at, observed, path)
        end_labels(ax, ends)
        told = "Band: 90 % interval of the counterfactual."
        told += " Crosses at the bottom: periods without a report." if missing.any() else ""
        furnish(
            ax, own=own, title=title if title is not None else f"{name}: observed and counterfactual",
            source=source, grade=grade, note=f"{told} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
        end_labels(ax, ends)
    return ax


def _ends(at: Any, observed: Any, path: Any) -> list[tuple[float, float, str, str]]:
    lines = ((observed, "Observed", GOVERNMENT), (path, "Counter-\nfactual", COUNTERFACTUAL))
    return [
        (float(at[-1]), float(line[np.isfinite(line)][-1]), words, colour)
        for line, words, colour in lines
        if np.isfinite(line).any()
    ]


def _unit(values: Any, unit: str) -> MoneyUnit:
    largest = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    return money_unit([largest], currency=unit) if largest >= LARGE else MoneyUnit(1.0, unit)


def _positions(index: pd.Index) -> np.ndarray[Any, Any]:
    """Places on the x axis: matplotlib's day numbers, or the whole numbers themselves."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        from matplotlib import dates

        return np.asarray(dates.date2num(index.to_numpy()), dtype=float)  # type: ignore[no-untyped-call]
    return index.to_numpy(dtype=float)


def _time_axis(ax: Axes, index: pd.Index, at: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if isinstance(index, pd.PeriodIndex | pd.DatetimeIndex):
        span = float(at[-1] - at[0])
        _date_ticks(ax, span, days=bool(at[1] - at[0] < 27 and span < 366))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _position: f"{x:.0f}"))
    ax.set_xlim(at[0], at[-1])


def _date_ticks(ax: Axes, span: float, *, days: bool) -> None:
    """Months with the year below each January and the first tick; years alone over a long span (in days)."""
    from matplotlib import dates
    from matplotlib.ticker import FuncFormatter

    ax.xaxis.set_major_locator(dates.AutoDateLocator(minticks=4, maxticks=9))  # type: ignore[no-untyped-call]

    def words(x: float, position: int | None = None) -> str:
        day = dates.num2date(x)  # type: ignore[no-untyped-call]
        if span > 6 * 365.25:
            return str(day.year)
        month = f"{day.day} {MONTHS[day.month - 1][:3]}" if days else MONTHS[day.month - 1][:3]
        return f"{month}\n{day.year}" if day.month == 1 or position == 0 else month

    ax.xaxis.set_major_formatter(FuncFormatter(words))


def _marks(ax: Axes, index: pd.Index, at: Any, marks: Sequence[tuple[object, str]]) -> None:
    """Thin vertical lines half a period before the periods named, with their labels above the axes."""
    half = (at[1] - at[0]) / 2
    for when, label in marks:
        x = float(at[index.get_loc(when)]) - half
        ax.axvline(x, color=SOFT, linewidth=0.9, linestyle=(0, (2, 2)), zorder=2, gid="mark")
        late = x > at[0] + 0.8 * (at[-1] - at[0])
        ax.annotate(
            label, xy=(x, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(-3 if late else 3, 2),
            textcoords="offset points", ha="right" if late else "left", va="bottom", size=8, color=INK,
            annotation_clip=False, gid="mark-label",
        )  # fmt: skip


def placebos(
    table: pd.DataFrame,
    *,
    source: str,
    rates: pd.DataFrame | None = None,
    unit: str = "",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Effect and 90 % interval of each placebo, by kind and size; filled where the interval leaves zero out.

    Parameters
    ----------
    table : DataFrame
        Columns `kind`, `unit`, `start`, `effect`, `low`, `high`, `found` (bool).
    source : str
    rates : DataFrame, optional
        Index kind; columns `tried`, `found`, `rate`, `low`, `high`: told beside the rows.
    unit : str
        What the outcome is measured in.
    title, grade, note, synthetic, ax
        As in :func:`counterfactual`.

    Returns
    -------
    Axes
    """
    needs(table, ["kind", "unit", "start", "effect", "low", "high", "found"], "placebos")
    kinds = list(dict.fromkeys(table["kind"]))
    parts = [table[table["kind"] == kind].sort_values("effect") for kind in kinds]
    rows = pd.concat(parts, ignore_index=True)
    named = len(rows) <= NAMED_ROWS
    scale = _unit(rows[["effect", "low", "high"]].to_numpy(dtype=float), unit)
    room = 1.5 if named else 0.07 * len(rows)  # rows that a heading takes
    heads = np.cumsum([0.0, *[len(part) + room for part in parts]])[:-1]
    places = np.concatenate([head + np.arange(len(part)) for head, part in zip(heads, parts, strict=True)])
    with briefing():
        height = 1.9 + (0.15 * len(rows) if named else 3.2) + 0.25 * len(kinds)
        ax, own = canvas(ax, size=(8.0, max(3.3, height)))
        for place, row in zip(places, rows.to_dict("records"), strict=True):
            _placebo(ax, float(place), {str(k): v for k, v in row.items()}, scale.size, named)
        if named:
            ax.set_yticks(list(places), [wrap(_row_name(r), 165, 7) for r in rows.to_dict("records")], size=7)
            ax.tick_params(axis="y", length=0)
        else:
            ax.set_yticks([])
        ax.set_ylim(places[-1] + 0.6 * room, -1.1 * room)
        _kind_heads(ax, kinds, heads - 0.55 * room, rates)
        extent = rows[["effect", "low", "high"]].to_numpy(dtype=float).ravel() / scale.size
        low, high = span_from_zero(extent)
        ax.set_xlim(low - 0.02 * (high - low), high)
        ax.axvline(0, color=INK, linewidth=0.9, zorder=1.5)
        money_axis(ax, which="x", label=f"Mean effect found{f' ({scale.name} per period)' if scale.name else ''}")
        found = int(table["found"].sum())
        default = f"The method finds something at {found} of {len(table)} placebos; a tenth would be honest"
        furnish(
            ax, own=own, title=title if title is not None else default, source=source, grade=grade,
            note=f"Lines are 90 % intervals; filled: the interval leaves zero out. {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
    return ax


def _placebo(ax: Axes, place: float, row: dict[str, Any], size: float, named: bool) -> None:
    found = bool(row["found"])
    colour = INK if found else GOVERNMENT
    ends = [float(row["low"]) / size, float(row["high"]) / size]
    ax.plot(ends, [place, place], color=colour, linewidth=1.2 if named else 0.6, zorder=2, solid_capstyle="butt")
    ax.plot(
        [float(row["effect"]) / size], [place], linestyle="", marker="D" if found else "o", color=colour,
        markersize=4.5 if named else 2.2, markerfacecolor=colour if found else "white", zorder=3,
        markeredgewidth=1.0 if named else 0.5, gid="found" if found else "nothing",
    )  # fmt: skip


def _row_name(row: dict[Any, Any]) -> str:
    return str(row["unit"]) if row["kind"] == "unit" else f"{row['start']}" if row["kind"] == "date" else (
        f"{row['unit']}, {row['start']}"
    )  # fmt: skip


def _kind_heads(ax: Axes, kinds: list[str], heads: Any, rates: pd.DataFrame | None) -> None:
    for kind, head in zip(kinds, heads, strict=True):
        told = KINDS.get(kind, kind)
        if rates is not None and kind in rates.index:
            row = dict(zip(rates.columns, rates.loc[[kind]].to_numpy(dtype=float)[0], strict=True))
            told += (
                f": {fixed(row['found'], 0)} of {fixed(row['tried'], 0)}, {percent(row['rate'])} "
                f"(90 %: {percent(row['low'])} to {percent(row['high'])})"
            )
        ax.annotate(
            told, xy=(0.0, head), xycoords=ax.get_yaxis_transform(), xytext=(4, 0),
            textcoords="offset points", size=8, weight="bold", va="center", gid="kind",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip


def windows(
    table: pd.DataFrame,
    *,
    source: str,
    events: Sequence[tuple[object, str]] = (),
    name: str = "Outcome",
    unit: str = "",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Average per day in windows that follow one another: a level line over each, as long as the window.

    Parameters
    ----------
    table : DataFrame
        Columns `start`, `end` (days, both included), `per_day`.
    source : str
    events : sequence of (day, label)
        Days to mark; those outside the windows are left out.
    name, unit, title, grade, note, synthetic, ax
        As in :func:`counterfactual`.

    Returns
    -------
    Axes
    """
    needs(table, ["start", "end", "per_day"], "windows")
    rows = table.sort_values("start")
    values = rows["per_day"].to_numpy(dtype=float)
    size, word = unit_of(float(np.abs(values).max()))
    begins = _positions(pd.DatetimeIndex(rows["start"]))
    stops = _positions(pd.DatetimeIndex(rows["end"])) + 1
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.3))
        ax.set_xlim(begins[0], stops[-1])
        ax.set_ylim(*span_from_zero(values / size, margin=0.12))
        for begin, stop, value in zip(begins, stops, values / size, strict=True):
            ax.plot([begin, stop], [value, value], color=GOVERNMENT, linewidth=3, solid_capstyle="butt", gid="window")
            ax.fill_between([begin, stop], 0, value, facecolor=(GOVERNMENT, 0.12), linewidth=0)
            ax.annotate(
                two_digits(value), xy=((begin + stop) / 2, value), xytext=(0, 4 if value >= 0 else -4),
                textcoords="offset points", ha="center", va="bottom" if value >= 0 else "top", size=8, gid="value",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}, zorder=3,
            )  # fmt: skip
        _date_ticks(ax, float(stops[-1] - begins[0]), days=False)
        money_axis(ax, which="y", label=f"{name}: average per day ({f'{word} {unit}'.strip() or 'units'})")
        event_marks(ax, events)
        default = f"{name}: what a day was worth between published figures"
        furnish(
            ax, own=own, title=title if title is not None else default, source=source, grade=grade,
            note=f"Each line is the mean over its days; within a window nothing is known. {note}".strip(),
            synthetic=synthetic,
        )  # fmt: skip
    return ax


def alt_windows(table: pd.DataFrame, *, name: str, unit: str) -> str:
    """Alternative text of `windows`: each window and its average."""
    needs(table, ["start", "end", "per_day"], "alt_windows")
    size, word = unit_of(float(table["per_day"].abs().max()))
    parts = [
        f"{two_digits(float(row['per_day']) / size)} from {_said(row['start'])} to {_said(row['end'])}"
        for row in table.sort_values("start").to_dict("records")
    ]
    return f"Step chart of {name}, average per day in {f'{word} {unit}'.strip() or 'units'}: {'; '.join(parts)}."


def alt_counterfactual(table: pd.DataFrame, *, name: str, unit: str, finding: str) -> str:
    """Alternative text of `counterfactual`: what is drawn, over what, and the finding."""
    needs(table, ["observed", "counterfactual"], "alt_counterfactual")
    missing = int(table["observed"].isna().sum())
    told = f"; {missing} period{'s' if missing > 1 else ''} without a report" if missing else ""
    measured = f" in {unit}" if unit else ""
    span = f"{_said(table.index[0])} to {_said(table.index[-1])}{told}"
    return (
        f"Line chart of {name}{measured} per period, {span}: observed as a solid line, the counterfactual dashed with "
        f"its 90 % band. {finding}."
    )


def alt_placebos(table: pd.DataFrame) -> str:
    """Alternative text of `placebos`: how many of each kind were found, and the largest."""
    needs(table, ["kind", "effect", "found"], "alt_placebos")
    parts = [
        f"{KINDS.get(str(kind), str(kind)).lower()}, {int(part['found'].sum())} of {len(part)} with an interval that "
        f"leaves zero out"
        for kind, part in table.groupby("kind", sort=False)
    ]
    ends = [two_digits(float(table["effect"].min())), two_digits(float(table["effect"].max()))]
    return f"Effects found where nothing happened, 90 % intervals: {'; '.join(parts)}. From {ends[0]} to {ends[1]}."


def _said(period: object) -> str:
    return f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else str(period)
