"""Tables given by hand in place of those of a case: checked by the same rules, and what they change."""

from __future__ import annotations

from collections.abc import Container, Mapping

import pandas as pd

from ..errors import CaseError, Problem, did_you_mean
from .checks import check_table
from .codebook import Table
from .coherence import check_case
from .convert import convert, to_text


def typed_tables(
    given: Mapping[str, pd.DataFrame], others: Mapping[str, pd.DataFrame], book: Mapping[str, Table]
) -> dict[str, pd.DataFrame]:
    """Typed copies of the tables in `given`, if they fit the codebook and the `others`.

    Parameters
    ----------
    given : mapping of DataFrame
        New tables by name.
    others : mapping of DataFrame
        All tables of the case, typed, indexed by row number; those of the same names are replaced.
    book : mapping of Table
        Codebook in the currency of the case.

    Raises
    ------
    CaseError
        Lists every problem that the new tables bring.
    """
    problems: list[Problem] = []
    typed: dict[str, pd.DataFrame] = {}
    for name, frame in given.items():
        if name not in book:
            hint = did_you_mean(name, book) or f"Tables are {', '.join(book)}."
            raise CaseError(f"There is no table {name!r} in a case. {hint}")
        table = book[name]
        typed[name], found = convert(table_text(frame, table.name, table.columns), table, table.file)
        problems += found
        problems += check_table(typed[name], table, table.file)
    after = check_case({**others, **typed}, book, faulty={problem.file.removesuffix(".csv") for problem in problems})
    if after:  # what was wrong before is not the fault of these tables
        before = set(check_case(others, book))
        problems += [problem for problem in after if problem not in before]
    if problems:
        names = " and ".join(repr(name) for name in given)
        raise CaseError(problems, f"Table {names}" if len(given) == 1 else f"Tables {names}")
    return {name: frame.reset_index(drop=True) for name, frame in typed.items()}


def difference(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> tuple[str, str]:
    """Before and after, rows told apart by `key`: "97 rows", "98 rows: 1 added, 0 removed, 2 changed"."""
    before, after = (_by_key(frame, key) for frame in (old, new))
    added, removed = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    changed = sum(1 for name in after.keys() & before.keys() if after[name] != before[name])
    return _rows(old), f"{_rows(new)}: {added} added, {removed} removed, {changed} changed"


def table_text(frame: pd.DataFrame, name: str, columns: Container[str]) -> pd.DataFrame:
    """Cells of a table given by hand as text, with `columns` taken back from the index if they were put there."""
    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        raise CaseError(f"Table {name!r} is given as {kind}; expected a DataFrame with its rows and columns.")
    if any(level in columns and level not in frame.columns for level in frame.index.names):
        frame = frame.reset_index()
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise CaseError(f"Table {name!r} has the column {str(twice[0])!r} more than once. Drop all but one.")
    return to_text(frame)


def _by_key(frame: pd.DataFrame, key: list[str]) -> dict[tuple[str, ...], tuple[tuple[str, str], ...]]:
    rows = to_text(frame).to_dict("records")
    return {
        tuple(str(row[name]) for name in key): tuple((str(name), str(value)) for name, value in row.items())
        for row in rows
    }


def _rows(frame: pd.DataFrame) -> str:
    return "1 row" if len(frame) == 1 else f"{len(frame)} rows"
