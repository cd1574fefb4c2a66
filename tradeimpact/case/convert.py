"""From cells of text to typed columns, by the codebook; every fault is noted with its rows.

A cell that cannot be read becomes missing, so that the checks that follow can still look at the rest.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import Problem
from .codebook import Column, Table

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
WHOLE = re.compile(r"[+-]?\d+(\.0*)?", re.ASCII)
NAME = re.compile(r"[a-z0-9_]+")
IDENTIFIER = re.compile(r"[A-Za-z0-9_.:\-]+")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # no character of a text
FIRST_YEAR, LAST_YEAR = 1900, 2100  # what lies outside is a slip of the pen or of another calendar
LARGEST, LARGEST_WHOLE = 1e24, 1e15  # beyond them is no amount of money and no count of anything
EXTRA = "x_"  # columns that start so are the user's own and are kept as text
SHOWN_VALUES = 3
PERCENT = 100.0


class Fault(Exception):
    """A cell that cannot be read: (what was expected, what to do)."""


def split_names(text: str) -> list[str]:
    """Names of a list cell, separated by spaces or semicolons.

    >>> split_names("torkham; spin_boldak zaranj")
    ['torkham', 'spin_boldak', 'zaranj']
    """
    return [part for part in re.split(r"[;\s]+", text) if part]


def convert(raw: pd.DataFrame, table: Table, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Typed table from `raw` text.

    Parameters
    ----------
    raw : DataFrame
        Trimmed text, "" where missing; its index holds the row numbers to name in messages.
    table : Table
        What the columns should be.
    file : str
        Name to use in messages.

    Returns
    -------
    DataFrame
        Columns in the order of the codebook, then the user's own ``x_`` columns as text; same index as `raw`.
    list of Problem
        Missing and unknown columns, and cells of the wrong type, outside their limits or empty without leave.
    """
    problems = _column_problems(raw, table, file)
    typed: dict[str, pd.Series[Any]] = {}
    for column in table.columns.values():
        if column.name in raw.columns:
            typed[column.name], found = _convert_column(raw[column.name], column, file)
            problems.extend(found)
        else:
            typed[column.name] = blank(column, raw.index)
    own = [str(name) for name in raw.columns if str(name).startswith(EXTRA)]
    for name in own:
        typed[name], found = _convert_column(raw[name], _own_column(name), file)
        problems.extend(found)
    return pd.DataFrame(typed, index=raw.index), problems


def blank(column: Column, index: pd.Index[Any]) -> pd.Series[Any]:
    """Column of missing values: "" for text, NaN, NaT or NA for the rest."""
    missing: Any = "" if column.dtype == "str" else None
    return pd.Series([missing] * len(index), index=index, dtype=column.dtype)


def to_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Any table as text cells, the inverse of :func:`convert`; its index numbers the rows from 2."""
    index = range(2, len(frame) + 2)
    columns = {str(name): [cell_text(cell) for cell in frame[name].tolist()] for name in frame.columns}
    return pd.DataFrame(columns, index=index, columns=[str(name) for name in frame.columns], dtype="str")


def cell_text(cell: object) -> str:
    """One value as the text that a case file would hold: ISO days, exact decimals, "" if missing.

    >>> [cell_text(cell) for cell in (pd.Timestamp("2021-07-14"), 1.5e9, 0.35, float("nan"))]
    ['2021-07-14', '1500000000', '0.35', '']
    """
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, np.generic):
        cell = pd.Timestamp(cell).to_pydatetime() if isinstance(cell, np.datetime64) else cell.item()
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, (list, tuple, set, frozenset)):
        return " ".join(str(part) for part in cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float):
        if cell != cell:
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(float(cell))
    return str(cell)


def is_day(text: str) -> bool:
    """Whether `text` is a day of the calendar written as 2021-07-14, of the years 1900 to 2100."""
    try:
        return bool(DATE.fullmatch(text)) and FIRST_YEAR <= dt.date.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def _own_column(name: str) -> Column:
    """A column of the user's own: text."""
    nothing: dict[str, Any] = {"unit": "", "required": False, "key": False, "allowed": (), "minimum": None}
    return Column(name=name, type="text", maximum=None, references="", description="", **nothing)


def _column_problems(raw: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    problems = []
    given = [str(name) for name in raw.columns]
    extra = [name for name in given if name not in table.columns and not name.startswith(EXTRA)]
    missing = [name for name in table.columns if name not in given]
    for name in extra:
        near = difflib.get_close_matches(name, missing or list(table.columns), n=1, cutoff=0.6)
        remedy = f"Did you mean {near[0]!r}? " if near else ""
        remedy += f"Rename it, delete it, or start it with {EXTRA!r} to keep it as a column of your own."
        expected = "only columns of the codebook"
        problem = Problem(
            file=file, column=name, rows=(1,), found="an unknown column", expected=expected, remedy=remedy
        )
        problems.append(problem)
    for name in missing:
        column = table.columns[name]
        remedy = "Add the column." if column.required else "Add the column; its cells may be empty."
        expected = f"a column of type {column.type}: {column.description}"
        problem = Problem(file=file, column=name, rows=(1,), found="no such column", expected=expected, remedy=remedy)
        problems.append(problem)
    return problems


def _convert_column(raw: pd.Series[Any], column: Column, file: str) -> tuple[pd.Series[Any], list[Problem]]:
    """Typed column, and one problem for each kind of fault, with its rows."""
    read = READERS[column.type]
    values: list[object] = []
    faults: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for row, cell in raw.items():
        value: object = "" if column.dtype == "str" else None
        try:
            if cell:
                value = read(cell, column)
            elif column.required:
                raise Fault(f"a {column.type} in every row", "Fill in the cell or delete the row.")
        except Fault as fault:
            faults[fault.args].append((_row(row), cell))
        values.append(value)
    problems = []
    for (expected, remedy), cells in faults.items():
        rows = tuple(row for row, _ in cells)
        problem = Problem(
            file=file,
            column=column.name,
            rows=rows,
            found=found_values(cells),
            expected=expected,
            remedy=remedy,
        )
        problems.append(problem)
    return pd.Series(values, index=raw.index, dtype=column.dtype), problems


def found_values(cells: list[tuple[int, str]]) -> str:
    """The first few different values of faulty cells, quoted."""
    texts = list(dict.fromkeys(cell[:60] for _, cell in cells))
    shown = ", ".join(repr(text) if text else "an empty cell" for text in texts[:SHOWN_VALUES])
    return f"{shown} …" if len(texts) > SHOWN_VALUES else shown


def _row(label: Hashable) -> int:
    return int(str(label))


def _read_text(cell: str, column: Column) -> str:
    if CONTROL.search(cell):
        raise Fault("text without control characters", "Delete the characters that cannot be seen.")
    return cell


def _read_url(cell: str, column: Column) -> str:
    if not cell.startswith(("http://", "https://")) or " " in cell:
        raise Fault("an address that starts with http:// or https://", "Correct it, or leave it empty.")
    return cell


def _read_name(cell: str, column: Column) -> str:
    if not NAME.fullmatch(cell) and cell not in column.allowed:
        raise Fault("lower-case letters, digits and underscores", "Write it as in 'north_gate'.")
    return cell


def _read_names(cell: str, column: Column) -> str:
    parts = split_names(cell)
    for part in parts:
        _read_name(part, column)
    twice = next((part for part in parts if parts.count(part) > 1), "")
    if twice or ("*" in parts and len(parts) > 1):
        raise Fault("each name once, or * alone", f"Delete {twice or 'the names beside *'!r} where it is too much.")
    return " ".join(parts)


def _read_id(cell: str, column: Column) -> str:
    if not IDENTIFIER.fullmatch(cell):
        raise Fault("letters, digits, '_', '.', ':' and '-'", "Use a short identifier without spaces.")
    return cell


def _read_ids(cell: str, column: Column) -> str:
    for part in split_names(cell):
        _read_id(part, column)
    return cell


def _read_choice(cell: str, column: Column) -> str:
    if cell not in column.allowed:
        near = difflib.get_close_matches(cell.lower(), column.allowed, n=1, cutoff=0.6)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise Fault("one of " + ", ".join(column.allowed), f"{hint}Use one of the listed words.")
    return cell


def _read_date(cell: str, column: Column) -> dt.datetime:
    if is_day(cell):
        return dt.datetime.fromisoformat(cell)
    if DATE.fullmatch(cell) and not cell.startswith(("19", "20")):
        raise Fault(
            f"a day of the years {FIRST_YEAR} to {LAST_YEAR}",
            "Correct the year, or write the Gregorian day of a day of another calendar.",
        )
    raise Fault(
        "a day of the calendar such as 2021-07-14",
        "Write year-month-day; where only a month is known, its last day.",
    )


def _read_number(cell: str, column: Column) -> float:
    unit = f" ({column.unit})" if column.unit else ""
    if not NUMBER.fullmatch(cell):
        if cell.endswith("%") and column.type == "share":
            raise Fault("a fraction from 0 to 1", "This is a percentage: write 0.35 for 35 %.")
        remedy = "Write digits with a decimal point: no thousands separators, signs of currency or words."
        raise Fault(f"a number{unit}", remedy)
    value = float(cell)
    if column.type == "share" and column.maximum == 1 and 1 < value <= PERCENT:
        raise Fault("a fraction from 0 to 1", "This looks like a percentage: write 0.35 for 35 %.")
    if column.type == "money" and value < 0:
        raise Fault(f"money, 0 or more{unit}", "Write the amount without a sign; losses have columns of their own.")
    _check_limits(value, column)
    return value


def _read_integer(cell: str, column: Column) -> int:
    if not WHOLE.fullmatch(cell):
        raise Fault("a whole number", "Write digits only.")
    if abs(float(cell)) > LARGEST_WHOLE:
        raise Fault(f"a whole number of at most {LARGEST_WHOLE:g} in size", "Correct the number.")
    value = int(float(cell))
    _check_limits(value, column)
    return value


def _check_limits(value: float, column: Column) -> None:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None and not low <= value <= high:
        raise Fault(f"a number from {low:g} to {high:g}", "Correct the number or its unit.")
    if abs(value) > LARGEST:
        raise Fault(f"a number of at most {LARGEST:g} in size", "Correct the number or its unit.")
    if low is not None and value < low:
        raise Fault(f"{low:g} or more", "Correct the number or its sign.")


READERS: Mapping[str, Callable[[str, Column], object]] = {
    "text": _read_text,
    "url": _read_url,
    "name": _read_name,
    "names": _read_names,
    "id": _read_id,
    "ids": _read_ids,
    "choice": _read_choice,
    "date": _read_date,
    "number": _read_number,
    "money": _read_number,
    "share": _read_number,
    "integer": _read_integer,
}
