"""Workbooks with the faults that workbooks have, read by `read_tables` and made into a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tradeimpact as ti
from broken import Broken
from tradeimpact.errors import CaseError

CROSSINGS = [
    ["crossing", "name", "neighbour"],
    ["north_gate", "North Gate", "Norland"],
    ["river_port", "River Port", "S"],
]
TOTAL = ["best", "period_start", "period_end"]
NATIONAL = [TOTAL, [3.65e8, dt.date(2023, 1, 1), dt.datetime(2023, 12, 31)]]
REPORTS = [["crossing", "date", "event"], ["North Gate", dt.datetime(2024, 3, 10), "captured"]]


def book(
    id: str, sheets: Mapping[str, list[list[Any]]], *says: str, change: Callable[[Any], object] = lambda made: None
) -> Broken:
    """An entry of a workbook: sheets replaced or added, then `change` on the open book."""

    def attempt(tmp: Path) -> object:
        import openpyxl

        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in ({"crossings": CROSSINGS, "national": NATIONAL, "reports": REPORTS} | dict(sheets)).items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        change(made)
        made.save(tmp / "mine.xlsx")
        return ti.Case.from_tables(ti.read_tables(tmp / "mine.xlsx"), currency="KES", name="sheets-synthetic")

    return Broken(id=id, attempt=attempt, says=says, error=CaseError)


def total(id: str, cells: list[Any], *says: str) -> Broken:
    """An entry of the one row of the national total."""
    return book(id, {"national": [TOTAL, cells]}, *says)


def file(id: str, name: str, data: bytes | None, *says: str) -> Broken:
    """An entry of a file that is no workbook."""

    def attempt(tmp: Path) -> object:
        if data is not None:
            (tmp / name).write_bytes(data)
        return ti.read_tables(tmp / name)

    return Broken(id=id, attempt=attempt, says=says, error=CaseError)


def folder(id: str, files: Mapping[str, bytes], *says: str) -> Broken:
    """An entry of a folder of files."""

    def attempt(tmp: Path) -> object:
        for name, data in files.items():
            (tmp / name).write_bytes(data)
        return ti.read_tables(tmp)

    return Broken(id=id, attempt=attempt, says=says, error=CaseError)


DAYS = ["2023-01-01", "2023-12-31"]
SHEETS = [
    book(
        "merged cells",
        {},
        "sheet national, row 1: found merged cells A1:B1",
        "Unmerge them",
        change=lambda made: made["national"].merge_cells("A1:B1"),
    ),
    book("a misspelt sheet", {"repotrs": REPORTS}, "the unknown table 'repotrs'", "Did you mean 'reports'"),
    book(
        "a sheet without column names",
        {"national": [["total", "from", "to"], [5e8, *DAYS]]},
        "no row of column names",
        "one row above the values",
    ),
    book(
        "a column without a name",
        {"national": [[*TOTAL, None], [5e8, *DAYS, "checked"]]},
        "no name for column D",
        "Name the column",
    ),
    book("a column twice", {"national": [[*TOTAL, "best"], [5e8, *DAYS, 4e8]]}, "more than once", "Drop all but one"),
    book(
        "a formula that was never worked out",
        {"national": [TOTAL, ["=1+1", *DAYS]]},
        "no figure of customs revenue",
        "Give one national total",
    ),
    book("a row twice", {"crossings": [*CROSSINGS, CROSSINGS[1]]}, "the same key more than once", "Merge the rows"),
    book("one table in two sheets", {"National ": NATIONAL}, "the table 'national' a second time", "Keep one of them"),
]
CELLS = [
    total("a comma that may be either", ["12,500", *DAYS], "which may be 12500 or 12.500", "Write 12500"),
    total("a total in words", ["half a billion", *DAYS], "found 'half a billion'", "Write digits"),
    total("a total that is true", [True, *DAYS], "found 'yes'", "Write digits"),
    total("a negative total", [-5e8, *DAYS], "negative money", "without a sign"),
    total("a total beyond measure", [1e300, *DAYS], "at most 1e+24", "its unit"),
    total(
        "a day as a number", [5e8, 44927, DAYS[1]], "a spreadsheet's number for 2023-01-01", "Format the cells as days"
    ),
    total("a day with slashes", [5e8, "1/1/2023", DAYS[1]], "found '1/1/2023'", "Write year-month-day"),
    total(
        "a day with its hour",
        [5e8, dt.datetime(2023, 1, 1, 12, 30), DAYS[1]],
        "found '2023-01-01T12:30:00'",
        "Write year-month-day",
    ),
    total("a period turned round", [5e8, DAYS[1], DAYS[0]], "period_start <= period_end", "Swap the two days"),
    total("a day of another calendar", [5e8, "1401-10-11", "1402-10-10"], "1900 to 2100", "another calendar"),
    *(
        total(f"a cell that shows {error}", [error, *DAYS], f"the formula error {error}", "Mend the formula")
        for error in ("#REF!", "#N/A", "#DIV/0!")
    ),
    book(
        "an unknown crossing in a sheet",
        {"reports": [REPORTS[0], ["Nort Gate", "2024-03-10", "captured"]]},
        "reports.csv, column 'crossing', row 2: found 'Nort Gate'",
        "Write it as in 'north_gate'",
    ),
    book(
        "an unknown event in a sheet",
        {"reports": [REPORTS[0], [], [], ["north_gate", "2024-03-10", "taken"]]},
        "column 'event', row 4: found 'taken'",
        "Use one of the listed words",
    ),
    book(
        "a latitude and no pole",
        {"crossings": [[*CROSSINGS[0], "lat", "lon"], [*CROSSINGS[1], 105, 1], [*CROSSINGS[2], 1, 1]]},
        "column 'latitude', row 2: found '105'",
        "Correct the number",
    ),
    book(
        "a sheet of assumptions with words",
        {"assumptions": [["name", "low", "best", "high"], ["gap", "few", 0.4, 0.5]]},
        "found 'few'",
        "Write digits",
    ),
    book(
        "a sheet of assumptions in disorder",
        {"assumptions": [["name", "low", "best", "high"], ["gap", 0.6, 0.4, 0.5]]},
        "low <= best <= high",
        "Put them in order",
    ),
]
FILES = [
    file("a workbook of the old kind", "old.xls", b"\xd0\xcf\x11\xe0", "old.xls is no format", "Save it as .xlsx"),
    file("a workbook that is a text", "bad.xlsx", b"no workbook", "cannot be opened", "new workbook"),
    file("a workbook cut off", "bad.xlsx", b"PK\x03\x04" + bytes(100), "cannot be opened", "new workbook"),
    file("a workbook of nothing", "bad.xlsx", b"", "cannot be opened", "new workbook"),
    file("a workbook that is not there", "none.xlsx", None, "nothing at", "Give a workbook"),
    file(
        "a table in UTF-16",
        "crossings.csv",
        "crossing,name\n".encode("utf-16"),
        "UTF-16 text",
        "Save it as 'CSV UTF-8'",
    ),
    folder("a folder of nothing", {}, "holds no table", "Name sheets or files after tables"),
    folder(
        "a folder with a misspelt file",
        {"crosings.csv": b"crossing,name\na,b\n"},
        "the unknown table 'crosings'",
        "Did you mean 'crossings'",
    ),
    folder("a folder with a file of another program", {"fx.ods": b"PK"}, "fx.ods is no format", "Save it as .xlsx"),
]

CASES = [*SHEETS, *CELLS, *FILES]
