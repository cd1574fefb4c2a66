"""Reading one file of a case folder safely: text out, or a list of what is wrong.

A file is plain UTF-8 of bounded size inside its folder. Nothing here knows what the columns mean.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ..errors import Problem
from ..tables import restored

MAX_BYTES = 200_000_000
MAX_LINE = 1_000_000  # signs
MAX_COLUMNS = 1_000
LONGEST_NAME = 255  # bytes, as file systems have it
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
OTHER_KINDS = (  # how files begin that are no text, whatever their name says
    (b"PK\x03\x04", "a workbook or another zip archive"),
    (b"\x1f\x8b", "a compressed file"),
    (b"%P" + b"DF", "a page document, as a program prints it to a file"),
    (b"\xd0\xcf\x11\xe0", "an old workbook or document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)
HEADER_ROW = 1


def read_bytes(folder: Path, name: str) -> tuple[bytes | None, list[Problem]]:
    """Bytes of file `name` of `folder`, or None and what is wrong with it.

    Refused: names that lead out of the folder, by ".." or by a link; anything but an ordinary file; files of
    more than :data:`MAX_BYTES` bytes.
    """
    path = folder / name
    plain = name == os.path.basename(name) and "\\" not in name and name not in ("", ".", "..") and name.isprintable()
    long = len(os.fsencode(name)) > LONGEST_NAME
    if not plain or long or path.resolve().parent != folder.resolve():
        found = f"a path that leads out of the case folder: {name[:60]!r}"
        if plain:
            found = "a name of great length" if long else "a link that leads out of the case folder"
        return None, [
            Problem(
                file=name[:60],
                found=found,
                expected="a file inside the case folder",
                remedy="Put the file itself into the folder.",
            )
        ]
    if not path.is_file():
        found = "something that is not a file" if path.exists() else "no such file"
        remedy = "Put the file into the case folder, or mend its name."
        return None, [Problem(file=name, found=found, expected="a file", remedy=remedy)]
    try:
        size = path.stat().st_size
        if size <= MAX_BYTES:
            return path.read_bytes(), []
    except OSError as error:
        remedy = "Give yourself the right to read it."
        found = f"a file that cannot be read ({error.strerror})"
        return None, [Problem(file=name, found=found, expected="a readable file", remedy=remedy)]
    limit = f"at most {MAX_BYTES:,} bytes"
    remedy = "Leave out rows that the case does not need, or split it."
    return None, [Problem(file=name, found=f"{size:,} bytes", expected=limit, remedy=remedy)]


def decode(data: bytes, name: str) -> tuple[str | None, list[Problem]]:
    """Text of UTF-8 `data`, with or without a byte order mark, or None and what is wrong."""
    expected = "UTF-8 text"
    remedy = "Save it as 'CSV UTF-8'." if name.lower().endswith(".csv") else "Save it as UTF-8 text."
    kind = next((kind for mark, kind in OTHER_KINDS if data[:20].lstrip().lower().startswith(mark.lower())), "")
    if kind:
        return None, [Problem(file=name, found=kind, expected=expected, remedy=remedy)]
    if data.startswith(UTF16_MARKS) or (data[:1] and b"\0" in data[:2]):
        return None, [Problem(file=name, found="UTF-16 text", expected=expected, remedy=remedy)]
    if b"\0" in data:
        rows = (data.count(b"\n", 0, data.index(b"\0")) + 1,)
        remedy = "Export the table again; the file is damaged or is not text."
        return None, [Problem(file=name, rows=rows, found="a NUL byte", expected=expected, remedy=remedy)]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        rows = (data.count(b"\n", 0, error.start) + 1,)
        found = f"a byte that is not UTF-8 (0x{data[error.start]:02x})"
        return None, [Problem(file=name, rows=rows, found=found, expected=expected, remedy=remedy)]


def parse_csv(text: str, name: str) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Cells of a comma-separated table as text.

    Returns
    -------
    DataFrame or None
        Trimmed text, without the apostrophe that keeps a spreadsheet from running it; the index holds the row numbers
        of a spreadsheet, the first row below the header being 2. Rows that are blank are left out, as a spreadsheet's
        export adds them at the end.
    list of Problem
    """
    try:
        lines = list(csv.reader(_bounded(text), strict=True))
    except csv.Error as error:
        rows = (_broken_row(text),)
        found = f"a row that cannot be read ({error})"
        remedy = "Close every quotation mark; write a quotation mark inside a cell twice."
        if "limit" in str(error):
            found = f"a cell of more than {csv.field_size_limit():,} characters"
            remedy = "Shorten it; a quotation mark that is not closed makes one cell of all that follows."
        return None, [Problem(file=name, rows=rows, found=found, expected="comma-separated text", remedy=remedy)]
    if not lines or not any(cell.strip() for cell in lines[0]):
        found = "an empty file" if not text.strip() else "an empty first row"
        remedy = "Write the column names into the first row, or delete the file if the table is not needed."
        return None, [Problem(file=name, found=found, expected="a header and rows", remedy=remedy)]
    header = [cell.strip() for cell in lines[0]]
    problems = _header_problems(header, name)
    if problems:
        return None, problems
    body = {
        number: line
        for number, line in enumerate(lines[1:], start=HEADER_ROW + 1)
        if any(cell.strip() for cell in line)
    }
    problems = _ragged_problems(body, len(header), name)
    kept = {
        number: [restored(cell.strip()) for cell in line] for number, line in body.items() if len(line) == len(header)
    }
    frame = pd.DataFrame(list(kept.values()), columns=header, index=list(kept), dtype="str")
    return frame, problems


def _header_problems(header: list[str], name: str) -> list[Problem]:
    problems = []
    if len(header) > MAX_COLUMNS:
        found, expected = f"{len(header):,} columns", f"at most {MAX_COLUMNS:,}"
        remedy = "Leave out what the case does not need; one row is one record."
        return [Problem(file=name, rows=(1,), found=found, expected=expected, remedy=remedy)]
    blank = [str(place) for place, cell in enumerate(header, start=1) if not cell]
    if blank:
        found = f"no name for column number {', '.join(blank)}"
        remedy = "Name the column or delete it."
        problems.append(Problem(file=name, rows=(1,), found=found, expected="a name for each", remedy=remedy))
    for column, count in Counter(cell for cell in header if cell).items():
        if count > 1:
            remedy = "Rename or delete all but one."
            found = f"{count} columns of that name"
            problem = Problem(file=name, column=column, rows=(1,), found=found, expected="one", remedy=remedy)
            problems.append(problem)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        found = "a header without a comma"
        remedy = "Save the table with commas between the cells."
        problems.append(Problem(file=name, rows=(1,), found=found, expected="commas between cells", remedy=remedy))
    return problems


def _ragged_problems(body: dict[int, list[str]], width: int, name: str) -> list[Problem]:
    problems = []
    for word, remedy, rows in (
        (
            "few",
            "Add the missing commas.",
            [number for number, line in body.items() if len(line) < width],
        ),
        (
            "many",
            "Put cells that contain a comma between quotation marks.",
            [number for number, line in body.items() if len(line) > width],
        ),
    ):
        if rows:
            found = f"too {word} cells ({len(body[rows[0]])})"
            expected = f"{width} cells, as in the header"
            problems.append(Problem(file=name, rows=tuple(rows), found=found, expected=expected, remedy=remedy))
    return problems


def _bounded(text: str) -> Iterator[str]:
    """Lines of the text, none of them longer than any table's."""
    for line in io.StringIO(text, newline=""):
        if len(line) > MAX_LINE:
            raise csv.Error(f"a line of {len(line):,} signs; at most {MAX_LINE:,} are read")
        yield line


def _broken_row(text: str) -> int:
    """Row at which the text stops being a table."""
    number = 0
    try:
        for _ in csv.reader(_bounded(text), strict=True):
            number += 1
    except csv.Error:
        pass
    return number + 1
