"""Monthly tables of any calendar: first days of months without gaps, months ahead, holidays as shares of months."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TradeImpactError
from ..model.baseline import MONTH_DAYS
from ..model.structural import YEAR

Array = NDArray[np.float64]

NATIONAL = "(national)"  # column and row of the total
ONE_DAY = pd.Timedelta(days=1)


def monthly_table(given: pd.DataFrame, end: date | None) -> pd.DataFrame:
    """Float columns by first day of month, in order and without gaps, up to the last month that ends by `end`.

    Raises
    ------
    TradeImpactError
        Naming what is wrong: index, a repeated month, a column that is no number or below 0.
    """
    if not len(given) or not len(given.columns):
        raise TradeImpactError("the table of months is empty; give one row per month and one column per crossing")
    table = _numbers(given)
    table.index = _starts(given.index)
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise TradeImpactError(f"the month {twice[0]:%Y-%m} is given more than once; keep one row")
    table = _without_gaps(table.sort_index())
    if end is not None:
        ends = pd.DatetimeIndex([*table.index[1:], *months_after(pd.DatetimeIndex(table.index), 1)]) - ONE_DAY
        table = table[ends <= pd.Timestamp(end)]
        if table.empty:
            raise TradeImpactError(f"no month ends by {end}; the first is {_starts(given.index).min():%Y-%m}")
    return table


def months_after(starts: pd.DatetimeIndex, count: int) -> pd.DatetimeIndex:
    """First days of the `count` months after the sample, of the sample's own calendar.

    Twelve months after one that starts on a day starts on the same day of the next year (a solar month may shift by
    one day); with less than a year of months they follow at a month's mean length.
    """
    known = [pd.Timestamp(day) for day in starts]
    gregorian = all(day.day == 1 for day in known)
    for _ in range(count):
        if gregorian:
            known.append(known[-1] + pd.offsets.MonthBegin(1))
        elif len(known) >= YEAR:
            known.append(known[-YEAR] + pd.DateOffset(years=1))
        else:
            known.append(known[0] + pd.Timedelta(days=round(MONTH_DAYS * len(known))))
    return pd.DatetimeIndex(known[len(starts) :])


def holiday_shares(holidays: pd.DataFrame | None, starts: pd.DatetimeIndex) -> tuple[Array, Array]:
    """Share of the days of each month that are holidays, and the number of its days, (months,) each."""
    ends = pd.DatetimeIndex([*starts[1:], *months_after(starts, 1)])
    length = (ends - starts).days.to_numpy(float)
    if holidays is None:
        return np.zeros(len(starts)), length
    missing = [name for name in ("start", "end") if name not in holidays]
    if missing:
        raise TradeImpactError(f"holidays lacks the column {missing[0]!r}; give first and last day of each")
    off = pd.DatetimeIndex([])
    for first, last in zip(pd.to_datetime(holidays["start"]), pd.to_datetime(holidays["end"]), strict=True):
        if pd.isna(first) or pd.isna(last) or last < first:
            raise TradeImpactError(
                f"a holiday from {first} to {last}; expected a first day and a last day not before it"
            )
        off = off.union(pd.date_range(first, last))
    month = np.searchsorted(starts, off, side="right") - 1
    inside = (month >= 0) & (off < ends[-1])
    return np.bincount(month[inside], minlength=len(starts)) / length, length


def _numbers(given: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in given.columns:
        if str(name) in columns:
            raise TradeImpactError(f"the series {name!r} is given more than once; keep one column")
        try:
            values = pd.to_numeric(given[name]).to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            raise TradeImpactError(f"the series {name!r} holds something that is no number") from None
        bad = np.isinf(values) | (values < 0)
        if bad.any():
            raise TradeImpactError(
                f"the series {name!r} is {values[bad][0]:g} at {given.index[bad][0]}; amounts are at least 0, a month "
                "not reported is missing"
            )
        if np.isnan(values).all():
            raise TradeImpactError(
                f"the series {name!r} has no figure at all; leave it out, or write 0 where it was shut"
            )
        columns[str(name)] = values
    return pd.DataFrame(columns)


def _starts(index: pd.Index) -> pd.DatetimeIndex:
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp(how="start")
    if isinstance(index, pd.RangeIndex) or pd.api.types.is_numeric_dtype(index):
        raise TradeImpactError("the index holds numbers; it must hold the months, as 2021-06-01 or as periods")
    try:
        days = pd.DatetimeIndex(pd.to_datetime(index)).normalize()
    except (TypeError, ValueError):
        raise TradeImpactError(f"the index holds {index[0]!r}, which is no month; write 2021-06-01") from None
    if days.hasnans:
        raise TradeImpactError("a month is missing in the index; write its first day, as 2021-06-01")
    if len(days) > 1 and days.is_month_end.all():
        return days - pd.offsets.MonthBegin(1)
    return days


def _without_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Rows for the months that are not there, all missing."""
    starts = pd.DatetimeIndex(table.index)
    number = np.rint((starts - starts[0]).days.to_numpy(float) / MONTH_DAYS).astype(int)
    if len(np.unique(number)) < len(number):
        early = starts[:-1][np.diff(number) == 0][0]
        raise TradeImpactError(f"two rows start within the month from {early:%Y-%m-%d}; give one row per month")
    full: list[pd.Timestamp] = []
    place = dict(zip(number.tolist(), starts, strict=True))
    gregorian = bool((starts.day == 1).all())
    for k in range(int(number[-1]) + 1):
        guess = starts[0] + (pd.DateOffset(months=k) if gregorian else pd.Timedelta(days=round(k * MONTH_DAYS)))
        full.append(place.get(k, guess))
    return table.set_axis(starts).reindex(pd.DatetimeIndex(full))
