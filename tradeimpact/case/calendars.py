"""Months and holidays of a case: the month of its own calendar a day belongs to, the holidays of a window."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from ..errors import CaseError

ONE_DAY = pd.Timedelta(days=1)
Day = str | dt.date | pd.Timestamp


def months(calendar: pd.DataFrame, start: Day, end: Day) -> pd.DataFrame:
    """Months that a window touches, so that each of its days belongs to exactly one.

    Parameters
    ----------
    calendar : DataFrame
        Table ``calendar`` of a case; its rows of kind "month" are used.
    start, end : day
        Window, both ends included.

    Returns
    -------
    DataFrame
        Columns label, start, end, by start. Months of the case calendar keep their full length; days for
        which it has none get the part of their Gregorian month that is free, labelled "2021-07".

    Raises
    ------
    CaseError
        If `end` is before `start`.
    """
    first, last = _window(start, end)
    own = calendar.loc[calendar["kind"] == "month", ["name", "start", "end"]]
    own = own.loc[(own["start"] <= last) & (own["end"] >= first)].sort_values("start")
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp]] = []
    free = first
    for name, month_start, month_end in own.itertuples(index=False):
        rows += _gregorian(free, month_start - ONE_DAY, first)
        rows.append((name, month_start, month_end))
        free = month_end + ONE_DAY
    rows += _gregorian(free, last, first)
    return _days(pd.DataFrame(rows, columns=["label", "start", "end"]))


def holidays(calendar: pd.DataFrame, start: Day, end: Day) -> pd.DataFrame:
    """Rows of kind "holiday" of the table ``calendar`` that touch a window, both ends included, by start."""
    first, last = _window(start, end)
    rows = calendar.loc[calendar["kind"] == "holiday"]
    rows = rows.loc[(rows["start"] <= last) & (rows["end"] >= first)]
    return rows.sort_values(["start", "entry"]).reset_index(drop=True)


def _gregorian(start: pd.Timestamp, end: pd.Timestamp, first: pd.Timestamp) -> list[tuple[str, Any, Any]]:
    """Gregorian months between two days, cut to them; none where the stretch is empty."""
    rows: list[tuple[str, Any, Any]] = []
    day = max(start, first)
    while day <= end:
        month_end = day + pd.offsets.MonthEnd(0)
        rows.append((f"{day:%Y-%m}", day, min(month_end, end)))
        day = month_end + ONE_DAY
    return rows


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"label": "str", "start": "datetime64[us]", "end": "datetime64[us]"})


def _window(start: Day, end: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
    try:
        first, last = pd.Timestamp(start).normalize(), pd.Timestamp(end).normalize()
    except ValueError:
        raise CaseError(f"The window {start!r} to {end!r} is not made of days. Write them as 2021-07-14.") from None
    if last < first:
        raise CaseError(f"The window ends on {last:%Y-%m-%d}, before it starts on {first:%Y-%m-%d}. Swap the two.")
    return first, last
