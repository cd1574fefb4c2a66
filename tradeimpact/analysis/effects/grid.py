"""Series and panels as they come in: a regular grid of periods on which a missing period is unreported, not zero.

A period is reported (a number, 0 where a crossing was shut) or unreported (NaN). A period whose row is absent is put
in as unreported, so that a gap never shortens time.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import TradeImpactError, did_you_mean

Array = NDArray[np.float64]
When = str | int | date | pd.Period

STARTS = ("years=1", "months=3", "months=1")
ENDS = ("YE", "QE", "ME")


@dataclass(frozen=True)
class Grid:
    """Regular periods: the completed index, and whether its labels are the last days of their periods."""

    index: pd.Index
    ends: bool

    def __len__(self) -> int:
        return len(self.index)

    def position(self, when: When, name: str) -> int:
        """Position of the period that holds `when`; len(self) where that lies after the last period."""
        try:
            if isinstance(self.index, pd.PeriodIndex):
                period = when if isinstance(when, pd.Period) else pd.Period(_day(when), freq=self.index.freqstr)
                found = int(period.asfreq(self.index.freqstr).ordinal - self.index[0].ordinal)
            elif isinstance(self.index, pd.DatetimeIndex):
                stamp = pd.Timestamp(when.start_time if isinstance(when, pd.Period) else _day(when))
                earlier = (self.index < stamp) if self.ends else (self.index <= stamp)
                found = int(earlier.sum()) - (0 if self.ends else 1)
                step = self.index[-1] - self.index[-2]
                if not self.ends and stamp >= self.index[-1] + step:
                    found = len(self.index)
            else:
                if isinstance(when, bool) or not isinstance(when, int | np.integer):
                    raise TypeError("a whole number is needed")
                found = int(np.searchsorted(self.index.to_numpy(), when))
        except (TypeError, ValueError) as problem:
            raise TradeImpactError(
                f"{name}={when!r} does not fit an index of {_kind(self.index)} such as {self.index[0]}: {problem}"
            ) from problem
        return found

    def label(self, position: int) -> str:
        """Period at a position in words."""
        return label_of_period(self.index[position], daily=self._daily())

    def _daily(self) -> bool:
        index = self.index
        return isinstance(index, pd.DatetimeIndex) and index[1] - index[0] < pd.Timedelta(days=28)


def label_of_period(value: Any, *, daily: bool = False) -> str:
    """A period, a day or a year in words; the month alone where the grid is monthly or coarser.

    >>> label_of_period(pd.Timestamp("2023-11-01")), label_of_period(1989)
    ('November 2023', '1989')
    """
    if isinstance(value, pd.Timestamp):
        return f"{value.day} {value:%B %Y}" if daily else f"{value:%B %Y}"
    if isinstance(value, pd.Period) and value.freqstr.startswith("M"):
        return value.strftime("%B %Y")  # a Period takes no format in an f-string before pandas 3.1
    return str(value)


def _day(when: When) -> str | date:
    if isinstance(when, str | date):
        return when
    raise TypeError("a day such as 2023-11-08 is needed")


def _kind(index: pd.Index) -> str:
    if isinstance(index, pd.PeriodIndex):
        return "periods"
    return "dates" if isinstance(index, pd.DatetimeIndex) else "whole numbers"


def grid_of(index: pd.Index, name: str) -> Grid:
    """The regular grid behind an index of dates, periods or whole numbers, with absent periods put in.

    Dates may be daily, weekly, monthly, quarterly or yearly; the coarsest of these that holds every date is taken.
    """
    if index.hasnans or not index.is_unique or not index.is_monotonic_increasing or len(index) < 2:
        raise TradeImpactError(
            f"{name}: the index must hold two periods or more, in order, each once and none missing; "
            "sort_index() and groupby(level=0).sum(min_count=1) put a table in order"
        )
    if isinstance(index, pd.PeriodIndex):
        return Grid(pd.period_range(index[0], index[-1], freq=index.freq, name=index.name), ends=False)
    if isinstance(index, pd.DatetimeIndex):
        for rule, ends in _rules():
            full = pd.date_range(index[0], index[-1], freq=rule, name=index.name)
            if len(full) > 1 and index.isin(full).all():
                return Grid(full, ends)
        raise TradeImpactError(f"{name}: the dates lie on no regular grid (days to years); drop times of day")
    if pd.api.types.is_integer_dtype(index.dtype):
        step = int(np.gcd.reduce(np.diff(index.to_numpy())))
        return Grid(pd.RangeIndex(int(index[0]), int(index[-1]) + 1, step, name=index.name), ends=False)
    raise TradeImpactError(
        f"{name}: the index must be dates, periods or whole numbers (years), not {index.dtype}; "
        "pandas.to_datetime() makes dates of text"
    )


def _rules() -> list[tuple[Any, bool]]:
    offsets = [pd.DateOffset(years=1), pd.DateOffset(months=3), pd.DateOffset(months=1)]
    steps = [(pd.Timedelta(days=days), False) for days in (7, 1)]
    pairs = [pair for start, end in zip(offsets, ENDS, strict=True) for pair in ((end, True), (start, False))]
    return [*pairs, *steps]


@dataclass(frozen=True)
class Panel:
    """One outcome and what stands beside it on one grid; `first` is the position of the first affected period."""

    grid: Grid
    name: str
    y: Array
    others: Array
    names: tuple[Any, ...]
    first: int
    last: int | None

    @property
    def before(self) -> int:
        """Reported periods of the outcome before the start."""
        return int(np.isfinite(self.y[: self.first]).sum())


def series_panel(
    series: pd.Series, start: When | None, end: When | None, controls: pd.Series | pd.DataFrame | None = None
) -> Panel:
    """A series and its controls (T, K) on one grid; without a start every period lies before it."""
    if not isinstance(series, pd.Series):
        raise TradeImpactError(f"the series must be a pandas Series indexed by time, not {type(series).__name__}")
    name = "the series" if series.name is None else str(series.name)
    grid = grid_of(series.index, name)
    y = _numbers(series, name).reindex(grid.index).to_numpy(dtype=float)
    first, last = _window(grid, start, end)
    if controls is None:
        return Panel(grid, name, y, np.empty((len(grid), 0)), (), first, last)
    table = controls.to_frame() if isinstance(controls, pd.Series) else controls
    beside = pd.DataFrame({c: _numbers(table[c], f"control {c!r}") for c in table.columns}).reindex(grid.index)
    return Panel(grid, name, y, beside.to_numpy(dtype=float), tuple(beside.columns), first, last)


def outcome_panel(
    outcome: pd.DataFrame,
    treated: Hashable | Sequence[Hashable],
    start: When,
    end: When | None,
    exclude: Sequence[Hashable] = (),
) -> Panel:
    """Treated unit (mean of several) and its donors (T, J) from a table time x unit, `exclude` left out."""
    if not isinstance(outcome, pd.DataFrame):
        raise TradeImpactError(f"the outcome must be a DataFrame time x unit, not {type(outcome).__name__}")
    if not outcome.columns.is_unique:
        raise TradeImpactError("the outcome names a unit twice; every column must be one unit")
    units = [treated] if isinstance(treated, str) or not isinstance(treated, Sequence) else list(treated)
    known_units(units, outcome.columns, "treated")
    known_units(exclude, outcome.columns, "the units to leave out")
    donors = [c for c in outcome.columns if c not in units and c not in set(exclude)]
    if not units or not donors:
        raise TradeImpactError("no unit is left to compare with; leave fewer out, or add units that were not affected")
    grid = grid_of(outcome.index, "the outcome")
    table = pd.DataFrame({c: _numbers(outcome[c], f"unit {c!r}") for c in [*units, *donors]}).reindex(grid.index)
    first, last = _window(grid, start, end)
    values = table.to_numpy(dtype=float)
    name = " and ".join(str(u) for u in units)
    return Panel(grid, name, values[:, : len(units)].mean(axis=1), values[:, len(units) :], tuple(donors), first, last)


def known_units(names: Sequence[Hashable], columns: pd.Index, what: str) -> None:
    """Raise an error that names the first unknown unit."""
    for name in names:
        if name not in columns:
            hint = did_you_mean(str(name), [str(c) for c in columns])
            listed = ", ".join(str(c) for c in columns[:5])
            raise TradeImpactError(f"{what}: the outcome has no unit {name!r}; it has {listed} ... {hint}".strip())


def _numbers(column: pd.Series, name: str) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise TradeImpactError(f"{name}: the values must be numbers (NaN where unreported), not {column.dtype}")
    values = column.astype(float)
    if np.isinf(values.to_numpy()).any():
        raise TradeImpactError(f"{name}: a value is infinite; write NaN where a period is unreported")
    return values


def _window(grid: Grid, start: When | None, end: When | None) -> tuple[int, int | None]:
    if start is None:
        if end is not None:
            raise TradeImpactError("an end needs a start")
        return len(grid), None
    first = grid.position(start, "start")
    if not 0 < first < len(grid):
        raise TradeImpactError(
            f"start={start!r} leaves nothing to compare: the data run from {grid.index[0]} to {grid.index[-1]}, "
            "and the start must lie inside them, after their first period"
        )
    if end is None:
        return first, None
    last = grid.position(end, "end")
    if not first <= last < len(grid) - 1:
        raise TradeImpactError(
            f"end={end!r} must not lie before the start ({start}) and must leave a period after it "
            f"(the data end with {grid.index[-1]}); leave it out where the event has not ended"
        )
    return first, last
