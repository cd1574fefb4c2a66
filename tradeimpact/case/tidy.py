"""Tables as analysts have them, brought to the cells of the codebook: headers, thousands separators, names of
crossings, days of another calendar. What cannot be read safely is left as it is, for the checks to name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from ..errors import CaseError, Problem
from .calendar_systems import read_day
from .codebook import Table
from .convert import EXTRA, is_day

NUMBERS = ("number", "money", "share", "integer")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3}){2,}(\.\d+)?|[+-]?\d{1,3}(['\u2019 \u00a0\u202f_]\d{3})+(\.\d+)?", re.ASCII)
MARKS = re.compile(r"[,'\u2019 \u00a0\u202f_]")
AMBIGUOUS = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
SERIAL = re.compile(r"[3-6]\d{4}(\.0)?", re.ASCII)
EPOCH = pd.Timestamp("1899-12-30")  # day 0 of spreadsheets
ALIASES = {"lat": "latitude", "lon": "longitude", "long": "longitude", "remark": "note", "notes": "note", "id": "row"}


def header_name(cell: str) -> str:
    """A column header as the codebook writes it.

    >>> header_name(" Claimed by "), header_name("Best (ETB)"), header_name("Period-start")
    ('claimed_by', 'best_etb', 'period_start')
    """
    return re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_")


def slug(text: str) -> str:
    """Short name from a name to print.

    >>> slug("Moyale (Border Post)")
    'moyale_border_post'
    """
    return header_name(text) or "unnamed"


def tidy(
    raw: Mapping[str, pd.DataFrame], book: Mapping[str, Table], currency: str, dates_in: str
) -> tuple[dict[str, pd.DataFrame], list[Problem], list[str]]:
    """Tables of text with the columns and cells that the codebook expects, as far as that can be told.

    Parameters
    ----------
    raw : mapping of DataFrame
        Text cells by table, "" where missing; the index holds the row numbers to name in messages.
    book : mapping of Table
    currency : str
    dates_in : str
        Calendar in which days are written.

    Returns
    -------
    dict of DataFrame
    list of Problem
        Cells that can be read in two ways, days that the calendar does not have.
    list of str
        What was changed, in words.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    tables = {name: _columns(frame, book[name], currency) for name, frame in raw.items()}
    for name, frame in tables.items():
        for column in book[name].columns.values():
            if column.name not in frame:
                continue
            if column.type in NUMBERS:
                frame[column.name], changed, found = _numbers(frame[column.name], book[name].file)
                notes += [f"{name}.{column.name}: thousands separators taken out of {changed}"] if changed else []
                problems += found
            elif column.type == "date":
                frame[column.name], found = _days(frame[column.name], book[name].file, dates_in)
                problems += found
    notes += _places(tables, book)
    return tables, problems, notes


def _columns(frame: pd.DataFrame, table: Table, currency: str) -> pd.DataFrame:
    """Headers in the codebook's spelling: bare low, best, high take the currency where the table wants it."""
    names = []
    for given in frame.columns:
        name = str(given) if str(given).startswith(EXTRA) else header_name(str(given))
        plain = ALIASES.get(name, name)
        money = f"{name}_{currency.lower()}"
        if name not in table.columns:
            name = money if money in table.columns else plain if plain in table.columns else name
        if name == "rate" and f"{currency.lower()}_per_usd" in table.columns:
            name = f"{currency.lower()}_per_usd"
        names.append(name)
    tidy = frame.set_axis(pd.Index(names), axis=1)
    twice = tidy.columns[tidy.columns.duplicated()]
    if len(twice):
        raise CaseError(f"{table.file} has more than one column {str(twice[0])!r}. Rename or delete all but one.")
    return tidy.copy()


def _numbers(cells: pd.Series[str], file: str) -> tuple[pd.Series[str], str, list[Problem]]:
    """Numbers without their thousands separators where these are beyond doubt; a problem where they are not."""
    grouped = cells.map(lambda cell: bool(GROUPED.fullmatch(cell)))
    doubtful = cells.map(lambda cell: bool(AMBIGUOUS.fullmatch(cell)))
    problems = []
    if doubtful.any():
        cell = str(cells[doubtful].iloc[0])
        plain = cell.replace(",", "")
        problem = Problem(
            file=file,
            column=str(cells.name),
            rows=tuple(int(str(row)) for row in cells.index[doubtful]),
            found=f"{cell!r}, which may be {plain} or {cell.replace(',', '.')}",
            expected="a number without separators",
            remedy=f"Write {plain}, or {cell.replace(',', '.')} if the comma is a decimal sign.",
        )
        problems.append(problem)
    cleaned = cells.where(~grouped, cells.map(lambda cell: MARKS.sub("", cell)))
    changed = ", ".join(repr(str(cell)) for cell in cells[grouped].head(3))
    # one problem per cell is enough: what is doubtful is read somehow, so that it is not refused twice
    return cleaned.where(~doubtful, cells.str.replace(",", "")), changed, problems


def _days(cells: pd.Series[str], file: str, dates_in: str) -> tuple[pd.Series[str], list[Problem]]:
    """Days as 2021-07-14: from another calendar where that is said, from a moment of the day 00:00."""
    cells = cells.str.replace(r"[T ]00:00(:00)?(\.0+)?$", "", regex=True)
    problems = []
    serial = cells.map(lambda cell: bool(SERIAL.fullmatch(cell)))
    counted = cells[serial].map(lambda cell: (EPOCH + pd.Timedelta(days=int(float(cell)))).date().isoformat())
    if serial.any():
        cell, day = str(cells[serial].iloc[0]), counted.iloc[0]
        problems.append(
            Problem(
                file=file,
                column=str(cells.name),
                rows=tuple(int(str(row)) for row in cells.index[serial]),
                found=f"{cell!r}, a spreadsheet's number for {day}",
                expected="a day such as 2021-07-14",
                remedy=f"Format the cells as days, or write {day}.",
            )
        )
    if dates_in != "gregorian":
        read = {str(cell): _read(str(cell), dates_in) for cell in cells[~serial & (cells != "")].unique()}
        wrong = cells.map(lambda cell: read.get(cell, "") is None)
        if wrong.any():
            cell = str(cells[wrong].iloc[0])
            problems.append(
                Problem(
                    file=file,
                    column=str(cells.name),
                    rows=tuple(int(str(row)) for row in cells.index[wrong]),
                    found=repr(cell),
                    expected=f"a day of the calendar {dates_in!r}",
                    remedy="Write year-month-day of that calendar, or leave out dates_in where days are Gregorian.",
                )
            )
        cells = cells.map(lambda cell: read.get(cell, cell) or "")
    return counted.reindex(cells.index).fillna(cells), problems


def _read(cell: str, system: str) -> str | None:
    try:
        return read_day(cell, system).isoformat()
    except CaseError as problem:
        if "library" in str(problem):
            raise
        return None


def _places(tables: dict[str, pd.DataFrame], book: Mapping[str, Table]) -> list[str]:
    """Crossings written by their printed or other names get their short name; exact but for case."""
    crossings = tables.get("crossings")
    if crossings is None:
        return []
    known, aliases = _aliases(crossings)
    notes = []
    for table, frame in tables.items():
        for column in book[table].columns.values():
            if column.references != "crossings.crossing" or column.type != "name" or column.name not in frame:
                continue
            cells = frame[column.name]
            meant = {str(cell): aliases.get(str(cell).strip().lower(), "") for cell in set(cells) - known}
            said = [f"{cell!r} is {place}" for cell, place in sorted(meant.items()) if place]
            if said:
                notes.append(f"{table}.{column.name}: {', '.join(said)}")
                frame[column.name] = cells.map(lambda cell, meant=meant: meant.get(cell) or cell)
    return notes


def _aliases(crossings: pd.DataFrame) -> tuple[set[str], dict[str, str]]:
    """Short names, and the one short name behind each printed or other name that stands for no other."""
    if "crossing" not in crossings:
        if "name" not in crossings:
            return set(), {}
        given = crossings["name"].items()  # a name without Latin letters becomes a number
        crossings["crossing"] = [header_name(str(name)) or f"crossing_{row}" for row, name in given]
    known = set(crossings["crossing"])
    found: dict[str, set[str]] = {}
    for _, row in crossings.iterrows():
        names = [str(row.get("name", "")), *str(row.get("other_names", "")).split(";")]
        for name in names:
            if name.strip():
                found.setdefault(name.strip().lower(), set()).add(str(row["crossing"]))
    return known, {name: next(iter(places)) for name, places in found.items() if len(places) == 1}


def day_or_none(cell: str) -> pd.Timestamp | None:
    """A day, or None where the cell is none; the checks tell about it."""
    return pd.Timestamp(cell) if is_day(cell) else None
