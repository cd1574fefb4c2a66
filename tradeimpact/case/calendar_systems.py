"""Days, months and fiscal years of calendars that source figures come in: Gregorian, solar Hijri, Ethiopian.

The arithmetic is that of two libraries (persiantools, ethiocalendar), imported when first needed; this module only
asks them for the first day of each month and lays the months out as rows of the table ``calendar``.
"""

from __future__ import annotations

import datetime as dt
import re
from types import ModuleType

import pandas as pd

from ..errors import CaseError, did_you_mean
from .codebook import codebook

SYSTEMS = ("gregorian", "solar_hijri", "ethiopian")
MONTH_NAMES = {
    "gregorian": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December"),
    "solar_hijri": ("Hamal", "Sawr", "Jawza", "Saratan", "Asad", "Sunbula", "Mizan", "Aqrab", "Qaws", "Jadi", "Dalw",
                    "Hut"),
    "ethiopian": ("Meskerem", "Tikimt", "Hidar", "Tahsas", "Tir", "Yekatit", "Megabit", "Miyazya", "Ginbot", "Sene",
                  "Hamle", "Nehase", "Pagume"),
}  # fmt: skip
SOURCES = {
    "gregorian": "calendar arithmetic of the Python standard library",
    "solar_hijri": "calendar arithmetic of the library persiantools",
    "ethiopian": "calendar arithmetic of the library ethiocalendar",
}
SOURCE = "calendar_arithmetic"
DAY = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})", re.ASCII)
EXTRA = "calendars"


def check_system(name: str) -> str:
    """The name of a calendar, if it is known.

    Raises
    ------
    CaseError
        If it is not; the message lists those that are.
    """
    if name not in SYSTEMS:
        hint = did_you_mean(name, SYSTEMS)
        raise CaseError(f"There is no calendar {name!r}. Calendars are {', '.join(SYSTEMS)}. {hint}".strip())
    return name


def gregorian_day(system: str, year: int, month: int, day: int) -> dt.date:
    """Gregorian day of a day of a calendar.

    Parameters
    ----------
    system : {"gregorian", "solar_hijri", "ethiopian"}
    year, month, day : int
        In that calendar; the Ethiopian year has a thirteenth month of five or six days.

    Raises
    ------
    CaseError
        If the calendar has no such day, or its library is not installed.
    """
    check_system(system)
    limit = months_of(system)
    wrong = CaseError(f"{year}-{month:02d}-{day:02d} is no day of the calendar {system!r}. Correct year, month or day.")
    if not 1 <= month <= limit or not 1 <= day <= 31:
        raise wrong
    try:
        if system == "solar_hijri":
            found: dt.date = _library("persiantools.jdatetime").JalaliDate(year, month, day).to_gregorian()
            return found
        if system == "ethiopian":
            days = 30 if month < limit else 6 if year % 4 == 3 else 5
            if day > days:
                raise ValueError
            return dt.date(*_library("ethiocalendar").to_gregorian(year, month, day))
        return dt.date(year, month, day)
    except (ValueError, AssertionError, OverflowError):
        raise wrong from None


def months_of(system: str) -> int:
    """Months of a year of the calendar."""
    return len(MONTH_NAMES[check_system(system)])


def read_day(text: str, system: str) -> dt.date:
    """Gregorian day of text such as "1400-04-23" in a calendar.

    Raises
    ------
    CaseError
        If the text is no day of it.
    """
    found = DAY.fullmatch(text.strip())
    if not found:
        raise CaseError(f"{text!r} is no day of the calendar {system!r}. Write year-month-day, as in 1400-04-23.")
    return gregorian_day(system, *(int(part) for part in found.groups()))


def year_of(day: dt.date, system: str) -> int:
    """Year of a calendar that a Gregorian day belongs to."""
    year = day.year - {"gregorian": 0, "solar_hijri": 621, "ethiopian": 7}[check_system(system)]
    return year if gregorian_day(system, year, 1, 1) <= day else year - 1


def calendar_table(
    system: str,
    start: str | dt.date,
    end: str | dt.date,
    *,
    fiscal_year_from: tuple[int, int] = (1, 1),
    published: str | dt.date | None = None,
) -> pd.DataFrame:
    """Months and fiscal years of a calendar as rows of the table ``calendar`` of a case.

    Parameters
    ----------
    system : {"gregorian", "solar_hijri", "ethiopian"}
    start, end : day
        Gregorian; every month and fiscal year that touches them is listed whole.
    fiscal_year_from : (month, day)
        First day of the fiscal year in that calendar; a year that does not begin with the calendar's is named after
        both, "FY2015/16".
    published : day, optional
        Day from which the rows are known, `start` unless given: a calendar is known years ahead.

    Returns
    -------
    DataFrame
        Columns of the codebook's table ``calendar``; its source is "calendar_arithmetic".

    Examples
    --------
    >>> calendar_table("gregorian", "2021-06-22", "2021-07-22")["name"].tolist()
    ['June 2021', 'July 2021', 'FY2021']
    """
    first, last = _day(start), _day(end)
    if last < first:
        raise CaseError(f"The calendar ends on {last}, before it starts on {first}. Swap the two.")
    years = range(year_of(first, system) - 1, year_of(last, system) + 2)
    starts = [(year, month) for year in years for month in range(1, months_of(system) + 1)]
    edges = [gregorian_day(system, year, month, 1) for year, month in starts]
    edges.append(gregorian_day(system, years[-1] + 1, 1, 1))
    rows = []
    for (year, month), begin, following in zip(starts, edges[:-1], edges[1:], strict=True):
        name = MONTH_NAMES[system][month - 1]
        rows.append((f"{name.lower()}_{year}", "month", f"{name} {year}", begin, following - dt.timedelta(days=1)))
    plain = fiscal_year_from == (1, 1)
    for year in years:
        begin = gregorian_day(system, year, *fiscal_year_from)
        over = gregorian_day(system, year + 1, *fiscal_year_from) - dt.timedelta(days=1)
        label = f"FY{year}" if plain else f"FY{year}/{(year + 1) % 100:02d}"
        rows.append((label.lower().replace("/", "_"), "fiscal_year", label, begin, over))
    frame = pd.DataFrame(rows, columns=["entry", "kind", "name", "start", "end"])
    touching = (frame["end"] >= first) & (frame["start"] <= last)
    known = _day(published) if published is not None else first
    frame = frame[touching].assign(source=SOURCE, grade="A", published_latest=known, published_basis="judged", note="")
    frame = frame.reset_index(drop=True)
    return frame.reindex(columns=list(codebook()["calendar"].columns)).astype({"crossing": object})


def _day(value: str | dt.date) -> dt.date:
    try:
        return pd.Timestamp(value).date()
    except ValueError:
        raise CaseError(f"{value!r} is not a day. Write it as 2021-07-14.") from None


def _library(name: str) -> ModuleType:
    """A calendar library, or an error that says how to get it."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        package = name.split(".")[0]
        raise CaseError(
            f"This calendar needs the library {package}. Install it with: pip install 'tradeimpact[{EXTRA}]'"
        ) from None
