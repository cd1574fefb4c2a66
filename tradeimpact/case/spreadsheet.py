"""Tables out of spreadsheets and CSV files as people keep them: one sheet or one file per table.

Cells come out as text, days as 2021-07-14, and the index of each table holds the row numbers of its sheet, so that
messages point to the right row. What would have to be guessed (merged cells, formulas without a value, a header that
cannot be found) is refused with its place.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from ..errors import CaseError, Problem, did_you_mean
from ..tables import restored
from .bounded import MOST_CELLS, harm_in
from .build import ROWS
from .codebook import codebook
from .convert import EXTRA, cell_text
from .read import decode, parse_csv, read_bytes
from .tidy import ALIASES, header_name

LOOK = 15  # rows in which the header is looked for
IGNORED = ("readme", "read_me", "notes", "note", "about", "legend", "contents")
OTHER_FORMATS = (".xls", ".ods", ".xlsb", ".numbers")
ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
ASSUMPTIONS = "assumptions"


def read_tables(path: str | os.PathLike[str]) -> dict[str, pd.DataFrame]:
    """Tables of a workbook, of a folder of workbooks and CSV files, or of one CSV file, for `Case.from_tables`.

    Parameters
    ----------
    path : str or path
        A workbook (.xlsx) with one sheet per table, a folder with one file (.xlsx or .csv) per table, or one CSV file.
        Sheets and files are named after the tables of the codebook; ``assumptions`` may be one of them, sheets named
        readme, notes, about, legend or contents and those that start with "x_" are passed over.

    Returns
    -------
    dict of DataFrame
        Text cells by table. Rows without any content are left out, as are rows above the header.

    Raises
    ------
    CaseError
        Lists everything that cannot be read, with sheet and row.

    Notes
    -----
    Workbooks are read by openpyxl, which is installed with ``pip install 'tradeimpact[xlsx]'``.
    """
    place = Path(path)
    if not place.exists():
        raise CaseError(f"There is nothing at {place.name!r}. Give a workbook, a CSV file or a folder of them.")
    problems: list[Problem] = []
    tables: dict[str, pd.DataFrame] = {}
    for file in _files(place):
        packed = file.suffix.lower() == ".xlsx"
        found = _workbook(file, problems, place.is_dir()) if packed else _csv(file, problems)
        for name, frame in found.items():
            if name in tables:
                problems.append(_twice(file.name, name))
            tables[name] = frame
    if problems:
        raise CaseError(problems, place.name)
    if not tables:
        raise CaseError(f"{place.name} holds no table. Name sheets or files after tables, such as crossings.")
    return tables


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        files = [f for f in sorted(place.iterdir()) if f.suffix.lower() in (".csv", ".xlsx", *OTHER_FORMATS)]
        files = [f for f in files if not f.name.startswith(("~$", ".", EXTRA))]
    else:
        files = [place]
    for file in files:
        if file.suffix.lower() not in (".csv", ".xlsx"):
            raise CaseError(f"{file.name} is no format that can be read. Save it as .xlsx or as 'CSV UTF-8'.")
    return files


def _csv(file: Path, problems: list[Problem]) -> dict[str, pd.DataFrame]:
    data, found = read_bytes(file.parent, file.name)
    text, found = decode(data, file.name) if data is not None else (None, found)
    frame, found = parse_csv(text, file.name) if text is not None else (None, found)
    problems += found
    if frame is None:
        return {}
    name = _table_name(file.stem, file.name, problems)
    return {} if name is None else {name: frame.rename_axis(ROWS)}


def _workbook(file: Path, problems: list[Problem], one: bool) -> dict[str, pd.DataFrame]:
    """Tables of a workbook by name; `one` where the file itself is named after its only table."""
    book = _opened(file if one else file.resolve(), problems)
    if book is None:
        return {}
    sheets = [sheet for sheet in book.worksheets if any(any(row) for row in sheet.iter_rows(values_only=True))]
    sheets = [sheet for sheet in sheets if header_name(sheet.title) not in IGNORED]
    if one and len(sheets) > 1:
        found = f"{len(sheets)} sheets: {', '.join(sheet.title for sheet in sheets)}"
        remedy = "Keep one sheet in a file that is named after a table, or give the workbook itself."
        problems.append(Problem(file=file.name, found=found, expected="one sheet", remedy=remedy))
        return {}
    tables = {}
    for sheet in sheets:
        label = f"{file.name}, sheet {sheet.title}"
        if header_name(sheet.title).startswith(EXTRA):
            continue
        name = _table_name(file.stem if one else sheet.title, label, problems)
        frame = None if name is None else _sheet(sheet, name, label, problems)
        if name is not None and name in tables:
            problems.append(_twice(label, name))
        elif name is not None and frame is not None:
            tables[name] = frame
    return tables


def _opened(file: Path, problems: list[Problem]) -> Any:
    """A workbook's values, without what it links to; None, with the problem noted, where it cannot or must not be."""
    openpyxl = _openpyxl()
    data, found = read_bytes(file.parent, file.name)
    if data is None:
        problems += found
        return None
    harm = harm_in(data)
    if harm is None:
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
            largest = max((sheet.max_row * sheet.max_column for sheet in book.worksheets), default=0)
            if largest <= MOST_CELLS:
                return book
            harm = f"a sheet that reaches over {largest:,} cells", f"at most {MOST_CELLS:,}"
        except Exception as error:  # openpyxl raises whatever its parsers do
            harm = f"a workbook that cannot be opened ({type(error).__name__})", "a workbook"
    remedy = "Copy the values of each table into a new workbook and save that, or save the sheets as 'CSV UTF-8'."
    problems.append(Problem(file=file.name, found=harm[0], expected=harm[1], remedy=remedy))
    return None


def _table_name(given: str, label: str, problems: list[Problem]) -> str | None:
    name = header_name(given)
    if name in codebook() or name == ASSUMPTIONS:
        return name
    hint = did_you_mean(name, [*codebook(), ASSUMPTIONS])
    remedy = f"{hint} Rename it, or start its name with {EXTRA!r} to keep it beside the case.".strip()
    expected = "sheets and files named after the tables of the codebook"
    problems.append(Problem(file=label, found=f"the unknown table {given!r}", expected=expected, remedy=remedy))
    return None


def _sheet(sheet: Any, name: str, label: str, problems: list[Problem]) -> pd.DataFrame | None:
    """One sheet as a table of text."""
    rows = {number: list(row) for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)}
    header = _header_row(rows, name)
    if header is None:
        known = ", ".join(list(codebook()[name].columns)[:4]) if name in codebook() else "name, low, best, high"
        remedy = "Write the column names into one row above the values."
        problems.append(
            Problem(file=label, found="no row of column names", expected=f"columns such as {known}", remedy=remedy)
        )
        return None
    merged = [area.coord for area in sheet.merged_cells.ranges if area.max_row >= header]
    if merged:
        found = f"merged cells {', '.join(sorted(merged)[:5])}"
        remedy = "Unmerge them and write the value, or one column name, into each cell."
        problems.append(Problem(file=label, rows=(header,), found=found, expected="one cell per value", remedy=remedy))
        return None
    names = ["" if cell is None else str(cell).strip() for cell in rows[header]]
    body = {number: row for number, row in rows.items() if number > header and any(_filled(cell) for cell in row)}
    used = [i for i in range(len(names)) if names[i] or any(_filled(row[i]) for row in body.values())]
    nameless = [i for i in used if not names[i]]
    if nameless:
        letters = ", ".join(sheet.cell(header, i + 1).column_letter for i in nameless)
        remedy = "Name the column or empty it; keep totals and remarks out of the table."
        problems.append(
            Problem(file=label, rows=(header,), found=f"no name for column {letters}", expected="a name", remedy=remedy)
        )
        return None
    text = {number: [_text(row[i]) for i in used] for number, row in body.items()}
    _broken(text, [names[i] for i in used], label, problems)
    frame = pd.DataFrame(list(text.values()), columns=[names[i] for i in used], index=list(text), dtype="str")
    return frame.rename_axis(ROWS)


def _header_row(rows: Mapping[int, list[Any]], name: str) -> int | None:
    """The first row with a column name of the table; titles may stand above it."""
    known = set(codebook("xxx")[name].columns) if name in codebook() else {"name", "low", "best", "high"}
    known |= {"low", "best", "high", *ALIASES}
    for number, row in rows.items():
        if number > LOOK:
            return None
        spelt = {header_name(str(cell)) for cell in row if isinstance(cell, str)}
        if len(spelt & known) >= min(2, len(known)):
            return number
    return None


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _text(cell: object) -> str:
    if isinstance(cell, dt.datetime | dt.date):
        return cell_text(cell)
    return restored(" ".join(cell_text(cell).split()))


def _broken(text: Mapping[int, list[str]], names: list[str], label: str, problems: list[Problem]) -> None:
    """Cells that show an error of a formula."""
    for column, name in enumerate(names):
        rows = tuple(number for number, row in text.items() if row[column] in ERRORS)
        if rows:
            found = f"the formula error {text[rows[0]][column]}"
            remedy = "Mend the formula, or write its value."
            problem = Problem(file=label, column=name, rows=rows, found=found, expected="a value", remedy=remedy)
            problems.append(problem)


def _twice(file: str, name: str) -> Problem:
    remedy = "Keep one of them; start the name of the other with 'x_'."
    return Problem(file=file, found=f"the table {name!r} a second time", expected="each table once", remedy=remedy)


def _openpyxl() -> ModuleType:
    try:
        from importlib import import_module

        return import_module("openpyxl")
    except ImportError:
        raise CaseError(
            "Reading workbooks needs the library openpyxl. Install it with: pip install 'tradeimpact[xlsx]', "
            "or save each sheet as 'CSV UTF-8'."
        ) from None
