"""A case folder on disk: what it says of itself, its tables, and all that is wrong with it, in one go."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import CaseError, Problem, did_you_mean
from .assumptions import Assumptions
from .build import FORM, complete
from .calendar_systems import SYSTEMS
from .checks import check_table
from .codebook import ANY_CURRENCY, Table, codebook
from .coherence import check_case
from .convert import EXTRA, convert, is_day
from .read import decode, parse_csv, read_bytes

DESCRIPTOR = "datapackage.json"
ASSUMPTIONS = "assumptions.toml"
SCHEMA_VERSION = "1"
REPACK = "Run 'python -m tradeimpact package FOLDER' to write it anew"
ENTRIES = {
    "name": (r"[A-Za-z0-9][A-Za-z0-9_.\-]*", "letters, digits, '-' and '_'"),
    "title": (r"(?s).*\S.*", "a text that is not empty"),
    "currency": (r"[A-Z]{3}", "three capital letters such as AFN"),
}


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
        currency = str(read.metadata.get("currency") or _guess_currency(folder))
    if read.metadata.get("form") == FORM:
        _read_short(folder, currency, read)
        return read
    _check_names(folder, read)
    book = codebook(currency)
    unread = [name for name, table in book.items() if not _read_table(folder, table, read)]
    read.problems.extend(check_case(read.tables, book, unread))
    _read_assumptions(folder, read)
    read.tables = {name: frame.reset_index(drop=True) for name, frame in read.tables.items()}
    return read


def read_descriptor(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Content of ``datapackage.json``, {} where it cannot be used, and what is wrong with it."""
    data, problems = read_bytes(folder, DESCRIPTOR)
    if data is None:
        return {}, [_descriptor_problem(problem.found, f"{REPACK}.") for problem in problems]
    text, problems = decode(data, DESCRIPTOR)
    if text is None:
        return {}, problems
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        return {}, [_descriptor_problem(f"text that is not JSON ({error})", f"Mend it, or delete it. {REPACK}.")]
    if not isinstance(content, dict):
        return {}, [_descriptor_problem("JSON that is not an object", f"{REPACK}.")]
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        remedy = (
            f"This version of tradeimpact reads schema version {SCHEMA_VERSION!r}: install the version the "
            "case was made for, or bring the tables up to the codebook and package the folder again."
        )
        found = f"schema_version {version!r}"
        return {}, [_descriptor_problem(found, remedy, f"schema_version {SCHEMA_VERSION!r}")]
    problems = [
        _descriptor_problem(f"{key} {content.get(key)!r}", f"Write the {key} of the case.", expected)
        for key, (pattern, expected) in ENTRIES.items()
        if not re.fullmatch(pattern, str(content.get(key, "")))
    ]
    until = content.get("baseline_until")
    if until is not None and not is_day(str(until)):
        remedy = "Write the last day before the crisis, or leave the entry out."
        problems.append(_descriptor_problem(f"baseline_until {until!r}", remedy, "a day such as 2021-06-21"))
    return content, problems + _resource_problems(folder, content)


def digest(data: bytes) -> str:
    """Hash of a file as the descriptor writes it: "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _descriptor_problem(found: str, remedy: str, expected: str = "the descriptor of a case") -> Problem:
    return Problem(file=DESCRIPTOR, found=found, expected=expected, remedy=remedy)


def _resource_problems(folder: Path, content: Mapping[str, Any]) -> list[Problem]:
    resources = content.get("resources", [])
    if not isinstance(resources, list) or not all(isinstance(entry, dict) for entry in resources):
        return [_descriptor_problem("resources that are not a list of objects", f"{REPACK}.")]
    problems: list[Problem] = []
    for entry in resources:
        path = str(entry.get("path", ""))
        _, wrong = read_bytes(folder, path)
        remedy = f"List files of the case folder only, or put the file back. {REPACK}."
        problems.extend(
            _descriptor_problem(f"the resource {path!r}: {problem.found}", remedy, problem.expected)
            for problem in wrong
        )
    return problems


def _guess_currency(folder: Path) -> str:
    """Currency that the header of the baseline names, so that a broken descriptor hides nothing else."""
    data, _ = read_bytes(folder, "baseline.csv")
    found = re.search(rb"\bbest_([a-z]{3})\b", data[:1000]) if data else None
    return found[1].decode() if found else ANY_CURRENCY


def _check_names(folder: Path, read: Folder) -> None:
    """Note tables that the codebook does not know."""
    for path in sorted(folder.glob("*.csv")):
        if path.stem in codebook() or path.stem.startswith(EXTRA):
            continue
        hint = did_you_mean(path.stem, codebook())
        remedy = f"{hint} Rename it, or start its name with {EXTRA!r} to keep it beside the case.".strip()
        expected = "tables of the codebook only"
        problem = Problem(file=path.name, found="an unknown table", expected=expected, remedy=remedy)
        read.problems.append(problem)


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
    return all(key in raw.columns for key in table.key)


def _read_short(folder: Path, currency: str, read: Folder) -> None:
    """Read tables that leave out what has a default, complete them and check them."""
    raw: dict[str, pd.DataFrame] = {}
    for path in sorted(folder.glob("*.csv")):
        data, problems = read_bytes(folder, path.name)
        text, problems = decode(data, path.name) if data is not None else (None, problems)
        frame, problems = parse_csv(text, path.name) if text is not None else (None, problems)
        read.problems.extend(problems)
        if frame is not None and len(frame) and not path.stem.startswith(EXTRA):
            raw[path.stem] = frame
    systems = {}
    for entry in ("calendar", "dates_in"):
        systems[entry] = str(read.metadata.get(entry) or SYSTEMS[0])
        if systems[entry] not in SYSTEMS:
            found = f"{entry} {systems[entry]!r}"
            read.problems.append(_descriptor_problem(found, "Choose one.", f"one of {', '.join(SYSTEMS)}"))
            systems[entry] = SYSTEMS[0]
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


def _compare(file: str, data: bytes, read: Folder) -> None:
    """Note a file whose bytes are not those that the descriptor lists."""
    resources = read.metadata.get("resources", [])
    if not isinstance(resources, list) or not read.metadata or read.metadata.get("form") == FORM:
        return
    listed = {entry.get("path"): entry.get("hash") for entry in resources if isinstance(entry, dict)}
    if listed.get(file) != digest(data):
        read.changed.append(file)
