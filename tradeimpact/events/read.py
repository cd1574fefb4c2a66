"""Reading an export of event data: its columns, days and coordinates checked, nothing else changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from ..case.convert import is_day, to_text
from ..case.read import decode, parse_csv, read_bytes
from ..errors import CaseError, Problem, did_you_mean

REQUIRED = ("event_date", "location", "event_type", "sub_event_type", "actor1", "source", "notes")
OPTIONAL = ("event_id_cnty", "latitude", "longitude", "actor2", "geo_precision", "time_precision")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_events(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Events of an exported CSV file, its columns checked.

    Parameters
    ----------
    path : str or path
        Comma-separated UTF-8 text with the columns event_date, location, event_type, sub_event_type, actor1, source,
        notes; also used: event_id_cnty, latitude, longitude, actor2, geo_precision, time_precision.

    Returns
    -------
    DataFrame
        All columns as text but event_date (datetime64), latitude and longitude (degrees, NaN where missing).

    Raises
    ------
    CaseError
        If the file cannot be read, lacks a column, or holds a day or coordinate that is none; rows are named.
    """
    place = Path(path)
    data, problems = read_bytes(place.parent, place.name)
    text, problems = decode(data, place.name) if data is not None else (None, problems)
    frame, problems = parse_csv(text, place.name) if text is not None else (None, problems)
    if frame is None or problems:
        raise CaseError(problems, place.name)
    return check_events(frame, place.name)


def check_events(events: pd.DataFrame, file: str = "events") -> pd.DataFrame:
    """Typed copy of a table of events; see `read_events`."""
    frame = events.copy()
    numbered = frame.index if frame.index.dtype.kind == "i" and file != "events" else pd.RangeIndex(2, len(frame) + 2)
    frame.columns = pd.Index([str(name).strip().lower() for name in frame.columns])
    lacking = [name for name in REQUIRED if name not in frame]
    if lacking:
        hints = [did_you_mean(name, [c for c in frame.columns if c not in REQUIRED]) for name in lacking]
        hint = " ".join(filter(None, hints)) or "Export the events with these columns, or rename yours."
        raise CaseError(f"{file}: the columns {', '.join(lacking)} are missing. {hint}")
    problems: list[Problem] = []
    text = to_text(frame).set_axis(numbered, axis=0)
    days = text["event_date"].map(_day)
    _fault(problems, file, "event_date", text["event_date"], days.isna(), "a day such as 2021-07-14 or 14 July 2021")
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        given = text[name] if name in text else pd.Series("", index=text.index)
        values = pd.to_numeric(given, errors="coerce")
        wrong = (given != "") & (values.isna() | (values.abs() > limit))
        _fault(problems, file, name, given, wrong, f"degrees from -{limit:g} to {limit:g}")
        text[name] = values.astype(float)
    if problems:
        raise CaseError(problems, file)
    for name in OPTIONAL:
        if name not in text:
            text[name] = ""
    return text.assign(event_date=pd.to_datetime(days)).reset_index(drop=True)


def _day(text: str) -> pd.Timestamp | None:
    """Day written 2021-07-14 or, as in exports, 14 July 2021."""
    if is_day(text):
        return pd.Timestamp(text)
    found = re.fullmatch(r"(\d{1,2})[ \-]([A-Za-z]+)[ \-](\d{4})", text.strip())
    if found is None:
        return None
    month = MONTHS.index(found[2].lower()[:3]) + 1 if found[2].lower()[:3] in MONTHS else 0
    try:
        return pd.Timestamp(int(found[3]), month, int(found[1]))
    except ValueError:
        return None


def _fault(
    problems: list[Problem], file: str, column: str, cells: pd.Series[str], wrong: pd.Series[bool], expected: str
) -> None:
    if wrong.any():
        rows = tuple(int(str(row)) for row in cells.index[wrong.to_numpy(dtype=bool)])
        found = repr(str(cells[wrong].iloc[0]))
        remedy = "Correct the cells, or leave the rows out of the file."
        problems.append(Problem(file=file, column=column, rows=rows, found=found, expected=expected, remedy=remedy))
