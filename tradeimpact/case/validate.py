"""Checking a case folder: everything that stops it, and what is possible but odd."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from ..errors import Problem
from .checks import row_numbers, rows_where
from .codebook import codebook
from .convert import split_names
from .derive import DEFAULT
from .folder import ASSUMPTIONS, DESCRIPTOR, REPACK, Folder, read_folder
from .load import find_case

COLUMNS = tuple(field.name for field in fields(Problem))
Tables = Mapping[str, pd.DataFrame]


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
    problems = list(read.problems)
    tables = {name: row_numbers(frame) for name, frame in read.tables.items()}
    for check in (_over_country, _early_outcomes, _infeasible, _unknown_rows):
        problems.extend(check(tables))
    problems.extend(_assumption_sources(read))
    problems.extend(_lent(read))
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


def _warning(
    *, file: str, column: str = "", rows: tuple[int, ...] = (), found: str, expected: str, remedy: str
) -> Problem:
    return Problem(
        file=file, column=column, rows=rows, found=found, expected=expected, remedy=remedy, severity="warning"
    )


def _over_country(tables: Tables) -> list[Problem]:
    """Units whose best baseline is more than the whole country's."""
    if not {"baseline", "constraints"} <= tables.keys():
        return []
    columns = _money_columns(tables)
    country = tables["constraints"].loc[tables["constraints"]["members"] == "*"]
    total = country[columns].max(axis=1).min()
    wrong = tables["baseline"][columns[1]] > total
    if not wrong.any():
        return []
    names = ", ".join(tables["baseline"].loc[wrong, "crossing"])
    return [
        _warning(
            file="baseline.csv",
            column=columns[1],
            rows=rows_where(wrong),
            found=f"more for {names} than for the country",
            expected=f"at most {total:.12g} a year, the total over all units in constraints.csv",
            remedy="Check the unit of the figure, and that it is collected revenue rather than a potential.",
        )
    ]


def _money_columns(tables: Tables) -> list[str]:
    """Names of the low, best and high money columns, which end in the currency of the case."""
    return [str(name) for name in tables["baseline"] if str(name).split("_")[0] in ("low", "best", "high")]


def _early_outcomes(tables: Tables) -> list[Problem]:
    """Outcomes that were published before the period they report on was over."""
    if "outcomes" not in tables:
        return []
    wrong = tables["outcomes"]["published_latest"] < tables["outcomes"]["end"]
    if not wrong.any():
        return []
    return [
        _warning(
            file="outcomes.csv",
            column="published_latest",
            rows=rows_where(wrong),
            found="an outcome published before its period ends",
            expected="published_latest on or after end",
            remedy="Check both days; a figure on part of a period belongs to that part.",
        )
    ]


def _infeasible(tables: Tables) -> list[Problem]:
    """Adding-up facts that no baseline inside the ranges can meet."""
    if not {"baseline", "constraints"} <= tables.keys():
        return []
    columns = _money_columns(tables)
    ranges = tables["baseline"].drop_duplicates("crossing").set_index("crossing")[columns]
    problems = []
    for row, line in tables["constraints"].iterrows():
        members = list(ranges.index) if line["members"] == "*" else split_names(line["members"])
        low, _, high = ranges.reindex(members).sum()
        least, most = line[columns].min(), line[columns].max()
        if low > most or high < least:
            found = f"ranges that add up to {low:.12g} - {high:.12g}"
            problem = _warning(
                file="constraints.csv",
                column="members",
                rows=(int(str(row)),),
                found=found,
                expected=f"a total of {least:.12g} - {most:.12g} for {line['constraint']}",
                remedy="Widen the ranges in baseline.csv or correct the total: it cannot be drawn.",
            )
            problems.append(problem)
    return problems


def _assumption_sources(read: Folder) -> list[Problem]:
    """Assumptions whose sources the table of sources does not list."""
    known = set(read.tables["sources"]["source"]) if "sources" in read.tables else set()
    stated = [str(source) for source in read.assumptions.frame()["source"]]
    given = {part for source in stated if not source.startswith(DEFAULT) for part in split_names(source)}
    lost = sorted(given - known)
    if not lost:
        return []
    found = f"sources that are not listed: {', '.join(lost[:5])}"
    remedy = "Correct them, or add them to sources.csv."
    return [_warning(file=ASSUMPTIONS, column="source", found=found, expected="sources of sources.csv", remedy=remedy)]


def _lent(read: Folder) -> list[Problem]:
    """What short tables left to the library."""
    problems = []
    for note in read.notes:
        table = note.split(":")[0].split(".")[0]
        file = f"{table}.csv" if table in codebook() else DESCRIPTOR
        remedy = "Leave it if it is near enough; what you state yourself takes its place."
        problems.append(_warning(file=file, found=note, expected="stated by the case", remedy=remedy))
    return problems


def _unknown_rows(tables: Tables) -> list[Problem]:
    """Cells that rest on rows which no table has."""
    known: set[str] = set()
    for name, frame in tables.items():
        key = codebook()[name].key
        if len(key) == 1 and not codebook()[name].columns[key[0]].references:
            known |= {str(value) for value in frame[key[0]]}
    problems = []
    for name, frame in tables.items():
        for column in codebook()[name].columns.values():
            if column.references != "*":
                continue
            lost = frame[column.name].map(lambda cell: [part for part in split_names(cell) if part not in known])
            wrong = lost.map(len) > 0
            if wrong.any():
                names = list(dict.fromkeys(part for parts in lost for part in parts))
                problem = _warning(
                    file=codebook()[name].file,
                    column=column.name,
                    rows=rows_where(wrong),
                    found=f"rows that no table has: {', '.join(names[:5])}",
                    expected="keys of rows of this case",
                    remedy="Correct the identifiers.",
                )
                problems.append(problem)
    return problems
