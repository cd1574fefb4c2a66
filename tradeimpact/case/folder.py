"""A case folder on disk: what it says of itself, its tables, and all that is wrong with it, in one go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import CaseError, Problem, did_you_mean
from .assumptions import Assumptions
from .build import FORM, complete, unknown_assumptions
from .calendar_systems import SYSTEMS
from .checks import at_rows, check_table
from .codebook import ANY_CURRENCY, Table, codebook
from .coherence import check_case
from .convert import EXTRA, convert, is_day
from .defaults import misplaced, range_problems, unknown_names
from .descriptor import DESCRIPTOR, digest, read_descriptor, says
from .read import decode, parse_csv, read_bytes

ASSUMPTIONS = "assumptions.toml"
# endings of files that people keep tables in: one that has a table's name and is not read would be lost without a word
KEPT_AS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsb", ".ods", ".numbers", ".toml")


@dataclass(kw_only=True)
class Folder:
    """What was read from a case folder.

    Parameters
    ----------
    metadata : dict
        Content of ``datapackage.json``; empty where it could not be read.
    tables : dict of DataFrame
        Typed tables by name, those that could be read; rows numbered from 0.
    assumptions : Assumptions
    problems : list of Problem
        All of them, of severity "error".
    changed : list of str
        Files whose bytes differ from the descriptor's hash, or that it does not list.
    notes : list of str
        What was filled in or lent, where the descriptor says that its tables are short.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    assumptions: Assumptions = field(default_factory=Assumptions.empty)
    problems: list[Problem] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_folder(folder: Path, *, currency: str = "") -> Folder:
    """Read and check the case in `folder`; nothing is raised for a broken case, see ``problems``.

    Parameters
    ----------
    folder : Path
    currency : str
        Currency of the case, for packaging, which goes without a descriptor; else ``datapackage.json`` says
        it and must be right.
    """
    read = Folder()
    if not currency:
        read.metadata, problems = read_descriptor(folder)
        read.problems.extend(problems)
        stated = read.metadata.get("currency")
        currency = str(stated) if says("currency", stated) else _guess_currency(folder)
    if read.metadata.get("form") == FORM:
        _read_short(folder, currency, read)
        return read
    _check_names(folder, read)
    book = codebook(currency)
    unread = [name for name, table in book.items() if not _read_table(folder, table, read)]
    faulty = {problem.file.removesuffix(".csv") for problem in read.problems}
    read.problems.extend(check_case(read.tables, book, unread, faulty))
    read.problems.extend(_late_levels(read))
    _read_assumptions(folder, read)
    read.tables = {name: frame.reset_index(drop=True) for name, frame in read.tables.items()}
    return read


def _guess_currency(folder: Path) -> str:
    """Currency that the header of the baseline names, so that a broken descriptor hides nothing else."""
    data, _ = read_bytes(folder, "baseline.csv")
    found = re.search(rb"\bbest_([a-z]{3})\b", data[:1000]) if data else None
    return found[1].decode() if found else ANY_CURRENCY


def _check_names(folder: Path, read: Folder) -> None:
    """Note tables that the codebook does not know, and files that look like a table and would not be read."""
    names = [*codebook(), "assumptions"]
    for path in _visible(folder):
        stem = path.name.split(".")[0]
        if path.name in (ASSUMPTIONS, DESCRIPTOR) or (path.suffix == ".csv" and stem in codebook()):
            continue
        near = stem.lower() in names or (path.suffix.lower() == ".toml" and did_you_mean(stem, ["assumptions"]))
        if path.suffix == ".csv" and path.stem not in codebook():
            hint = did_you_mean(path.stem, codebook())
            remedy = f"{hint} Rename it, or start its name with {EXTRA!r} to keep it beside the case.".strip()
            problem = Problem(
                file=path.name, found="an unknown table", expected="tables of the codebook only", remedy=remedy
            )
            read.problems.append(problem)
        elif near and path.suffix.lower() in KEPT_AS:
            meant = f"{stem.lower()}.csv" if stem.lower() in codebook() else ASSUMPTIONS
            remedy = f"Save it as {meant}, or start its name with {EXTRA!r} to keep it beside the case."
            found = "a file that looks like a table and would not be read"
            read.problems.append(Problem(file=path.name, found=found, expected=meant, remedy=remedy))


def _visible(folder: Path) -> list[Path]:
    """Files of a folder in order of their names, without hidden ones, locks and the user's own."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "~$", EXTRA))]


def _read_table(folder: Path, table: Table, read: Folder) -> bool:
    """Read one table into `read`; whether other tables may be checked against it."""
    path = folder / table.file
    if not path.exists() and not path.is_symlink():
        if table.required:
            expected = f"the table {table.name}: {table.description}"
            remedy = "Add the file; the codebook lists its columns."
            problem = Problem(file=table.file, found="no such file", expected=expected, remedy=remedy)
            read.problems.append(problem)
            return False
        return True
    data, problems = read_bytes(folder, table.file)
    text = None
    if data is not None:
        _compare(table.file, data, read)
        text, problems = decode(data, table.file)
    raw = None
    if text is not None:
        raw, problems = parse_csv(text, table.file)
    read.problems.extend(problems)
    if raw is None:
        return False
    frame, problems = convert(raw, table, table.file)
    read.problems.extend(problems)
    read.problems.extend(check_table(frame, table, table.file))
    read.tables[table.name] = frame
    if table.required and frame.empty and not problems:
        remedy = "Write its rows; the codebook says what they hold."
        read.problems.append(Problem(file=table.file, found="no rows", expected="at least one row", remedy=remedy))
        return False
    return all(key in raw.columns for key in table.key)


def _read_short(folder: Path, currency: str, read: Folder) -> None:
    """Read tables that leave out what has a default, complete them and check them."""
    _check_names(folder, read)
    raw: dict[str, pd.DataFrame] = {}
    for path in _visible(folder):
        if path.suffix != ".csv" or path.stem not in codebook():
            continue
        data, problems = read_bytes(folder, path.name)
        text, problems = decode(data, path.name) if data is not None else (None, problems)
        frame, problems = parse_csv(text, path.name) if text is not None else (None, problems)
        read.problems.extend(problems)
        if frame is not None and len(frame):
            raw[path.stem] = frame
    systems = {}
    for entry in ("calendar", "dates_in"):
        stated = read.metadata.get(entry)
        systems[entry] = stated if stated in SYSTEMS else SYSTEMS[0]  # what is no calendar is a problem already
    stated = str(read.metadata.get("baseline_until") or "")
    until = date.fromisoformat(stated) if is_day(stated) else None
    built = complete(raw, currency=currency, until=until, **systems)
    read.tables, read.notes = built.tables, built.notes
    read.problems.extend(built.problems)
    if built.until is not None:
        read.metadata["baseline_until"] = built.until.isoformat()
    _read_assumptions(folder, read)


def _read_assumptions(folder: Path, read: Folder) -> None:
    if not (folder / ASSUMPTIONS).exists():
        return
    data, problems = read_bytes(folder, ASSUMPTIONS)
    read.problems.extend(problems)
    if data is None:
        return
    _compare(ASSUMPTIONS, data, read)
    try:
        read.assumptions = Assumptions.read(folder / ASSUMPTIONS)
    except CaseError as error:
        read.problems.extend(error.problems)
        return
    read.problems.extend(unknown_assumptions(unknown_names(read.assumptions.records)))
    read.problems.extend(range_problems(read.assumptions, ASSUMPTIONS))
    read.problems.extend(misplaced(read.assumptions, read.tables))


def _late_levels(read: Folder) -> list[Problem]:
    """Level figures that all end in the crisis: none of them would be used."""
    until = str(read.metadata.get("baseline_until") or "")
    if "national" not in read.tables or not is_day(until):
        return []
    table = read.tables["national"]
    level = table["use"] == "level"
    if not level.any() or not (table.loc[level, "period_end"] > pd.Timestamp(until)).all():
        return []
    found = f"totals of periods that end after {until}, the last day before the crisis"
    remedy = "Give the total of the last full period before it, or correct baseline_until."
    return at_rows("national.csv", "period_end", level, found, "a total of a period before the crisis", remedy)


def _compare(file: str, data: bytes, read: Folder) -> None:
    """Note a file whose bytes are not those that the descriptor lists."""
    resources = read.metadata.get("resources", [])
    if not isinstance(resources, list) or not read.metadata or read.metadata.get("form") == FORM:
        return
    listed = {str(entry.get("path")): entry.get("hash") for entry in resources if isinstance(entry, dict)}
    if listed.get(file) != digest(data):
        read.changed.append(file)
