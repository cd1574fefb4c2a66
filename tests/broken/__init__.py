"""A catalogue of broken input: every entry breaks a good case in one way and says what must be answered.

An entry is a :class:`Broken`: what is done, and the file, column, rows, words and remedy of the error it must give.
`Odd` entries are possible but suspicious: they load with a warning. Good cases are copied, never changed.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tradeimpact.case import load_case
from tradeimpact.case.codebook import codebook
from tradeimpact.errors import CaseError, TradeImpactError

CASES = Path(__file__).parents[1] / "cases"
THREE = CASES / "synthetic-3"
BY_HAND = CASES / "by-hand-synthetic"
NEEDED = ("crossings", "authorities", "baseline", "sources")
Edit = Callable[[Path], object]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One broken input.

    Parameters
    ----------
    id : str
    attempt : callable
        Gets an empty folder, breaks what it needs there and uses it; must raise.
    says : sequence of str
        Fragments of the one problem (or of the message, where it lists none), the remedy among them.
    file, column, rows
        Place of the problem, exactly.
    error : type
        Class of the error, exactly.
    beside : int
        Problems that the fault brings with it elsewhere.
    """

    id: str
    attempt: Callable[[Path], object]
    says: Sequence[str]
    file: str = ""
    column: str = ""
    rows: tuple[int, ...] = ()
    error: type[TradeImpactError] = CaseError
    beside: int = 0


@dataclass(frozen=True, kw_only=True)
class Odd:
    """Suspicious but possible: an edit of a folder, and the warning it must give."""

    id: str
    edit: Edit
    says: Sequence[str]
    file: str
    column: str = ""
    rows: tuple[int, ...] = ()
    source: Path = THREE
    needs: Sequence[str] = ()


def copied(target: Path, source: Path, tables: Sequence[str]) -> Path:
    """A folder with the tables a case cannot do without, and `tables`; all of them for ("*",)."""
    if "*" in tables:
        shutil.copytree(source, target, dirs_exist_ok=True)
        return target
    target.mkdir(exist_ok=True)
    for name in dict.fromkeys((*NEEDED, *tables)):
        if name != "assumptions":
            shutil.copy(source / f"{name}.csv", target)
    if "assumptions" in tables:
        shutil.copy(source / "assumptions.toml", target)
    content = json.loads((source / "datapackage.json").read_text(encoding="utf-8"))
    (target / "datapackage.json").write_text(json.dumps(content | {"resources": []}), encoding="utf-8")
    return target


def in_folder(
    id: str,
    file: str,
    edit: Edit,
    *says: str,
    column: str = "",
    rows: tuple[int, ...] = (),
    source: Path = THREE,
    needs: Sequence[str] = (),
    beside: int = 0,
) -> Broken:
    """An entry that edits a case folder and loads it; `needs` names tables beside those that every case needs."""
    own = (file.removesuffix(".csv"),) if file.removesuffix(".csv") in codebook() else ()
    own = tuple(name for name in own if (source / f"{name}.csv").exists())
    own += ("assumptions",) if "assumption" in file else ()

    def attempt(tmp: Path) -> object:
        folder = copied(tmp / "case", source, (*own, *needs))
        edit(folder)
        return load_case(folder)

    return Broken(id=id, attempt=attempt, says=says, file=file, column=column, rows=rows, beside=beside)


def cell(
    table: str,
    row: int,
    column: str,
    value: str,
    *says: str,
    id: str = "",
    needs: Sequence[str] = (),
    at: str = "",
    rows: tuple[int, ...] | None = None,
    beside: int = 0,
    source: Path = THREE,
) -> Broken:
    """An entry that puts `value` into one cell, rows as in a spreadsheet; `at` where another column is told."""
    name = id or f"{table}.{column} = {value[:24]!r}"
    put = partial(write_cells, table=table, row=row, cells={column: value})
    told = (row,) if rows is None else rows
    return in_folder(
        name, f"{table}.csv", put, *says, column=at or column, rows=told, needs=needs, beside=beside, source=source
    )


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_cells(folder: Path, *, table: str, row: int, cells: Mapping[str, str]) -> None:
    """Put values into cells of one row."""
    path = folder / f"{table}.csv"
    lines = rows_of(path)
    for column, value in cells.items():
        lines[row - 1][lines[0].index(column)] = value
    write_rows(path, lines)


def cells(table: str, *changes: tuple[int, Mapping[str, str]]) -> Edit:
    """Edit of several rows of one table."""

    def edit(folder: Path) -> None:
        for row, values in changes:
            write_cells(folder, table=table, row=row, cells=values)

    return edit


def both(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def edit(folder: Path) -> None:
        for one in edits:
            one(folder)

    return edit


def raw(name: str, change: Callable[[bytes], bytes]) -> Edit:
    """Edit of the bytes of a file; it must change something."""

    def edit(folder: Path) -> None:
        before = (folder / name).read_bytes()
        after = change(before)
        assert after != before, f"{name} is as it was"
        (folder / name).write_bytes(after)

    return edit


def text(name: str, old: str, new: str, count: int = 1) -> Edit:
    """Edit that replaces a piece of text."""
    return raw(name, lambda data: data.replace(old.encode(), new.encode(), count))


def descriptor(**entries: object) -> Edit:
    """Edit of the descriptor; None takes an entry out."""

    def edit(folder: Path) -> None:
        path = folder / "datapackage.json"
        content = json.loads(path.read_text(encoding="utf-8")) | entries
        kept = {key: value for key, value in content.items() if value is not None}
        path.write_text(json.dumps(kept), encoding="utf-8")

    return edit


def written(name: str, header: str, *lines: str) -> Edit:
    """Edit that writes a whole table."""
    return lambda folder: (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def renamed(old: str, new: str) -> Edit:
    """Edit that gives a file another name."""
    return lambda folder: (folder / old).rename(folder / new)


def removed(*names: str) -> Edit:
    """Edit that deletes files."""
    return lambda folder: [(folder / name).unlink() for name in names]


def call(id: str, attempt: Callable[[], object], *says: str, error: type[TradeImpactError] = CaseError) -> Broken:
    """An entry that calls something with arguments that cannot be."""
    return Broken(id=id, attempt=lambda _: attempt(), says=says, error=error)
