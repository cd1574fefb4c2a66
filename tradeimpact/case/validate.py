"""Checking a case folder: everything that stops it, and what is possible but odd."""

from __future__ import annotations

import os
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from ..errors import Problem
from .codebook import codebook
from .descriptor import DESCRIPTOR, REPACK
from .folder import Folder, read_folder
from .load import find_case
from .odd import odd_problems

COLUMNS = tuple(field.name for field in fields(Problem))


def validate(case: str | os.PathLike[str]) -> pd.DataFrame:
    """Check a case folder without loading it.

    Parameters
    ----------
    case : str or path
        Folder, or name of a case that comes with the library.

    Returns
    -------
    DataFrame
        One row per problem: file, column, rows (tuple of row numbers as in a spreadsheet), found, expected,
        remedy, severity ("error" stops loading, "warning" does not). No rows: nothing is wrong.

    Raises
    ------
    CaseError
        If there is no such folder.
    """
    folder = find_case(case)
    problems = problems_of(folder)
    return pd.DataFrame([asdict(problem) for problem in problems], columns=list(COLUMNS))


def problems_of(folder: Path) -> list[Problem]:
    """Errors of a case folder, then warnings; warnings on tables only where those could be read."""
    read = read_folder(folder)
    problems = [*read.problems, *odd_problems(read.tables, read.assumptions), *_lent(read)]
    if read.changed:
        found = f"other bytes than packaged in {', '.join(read.changed)}"
        remedy = f"{REPACK} if the change is yours; else get the case again."
        problems.append(_warning(file=DESCRIPTOR, found=found, expected="the hashes listed", remedy=remedy))
    return problems


def report_text(problems: pd.DataFrame, what: str) -> str:
    """Problems of :func:`validate` as text to print, errors first; says so where there are none."""
    if problems.empty:
        return f"{what}: nothing is wrong."
    lines = []
    for severity in ("error", "warning"):
        chosen = problems.loc[problems["severity"] == severity].to_dict("records")
        if chosen:
            plural = "" if len(chosen) == 1 else "s"
            lines.append(f"{what}: {len(chosen)} {severity}{plural}")
            lines += [
                f"{number}. {Problem(**{str(key): value for key, value in entry.items()})}"
                for number, entry in enumerate(chosen, 1)
            ]
    return "\n".join(lines)


def _warning(*, file: str, column: str = "", found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, column=column, found=found, expected=expected, remedy=remedy, severity="warning")


def _lent(read: Folder) -> list[Problem]:
    """What short tables left to the library."""
    problems = []
    for note in read.notes:
        table = note.split(":")[0].split(".")[0]
        file = f"{table}.csv" if table in codebook() else DESCRIPTOR
        remedy = "Leave it if it is near enough; what you state yourself takes its place."
        problems.append(_warning(file=file, found=note, expected="stated by the case", remedy=remedy))
    return problems
