"""Going through a table row by row, for the few places that must; text that a spreadsheet must not run."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

FORMULA = re.compile(r"[ \u00a0']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")  # the wide signs run in some spreadsheets too
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table in its order, each as column name to value; none for an empty table."""
    names = [str(name) for name in table.columns]
    columns = [table.iloc[:, i].tolist() for i in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def neutral(cell: Any) -> Any:
    """Text with an apostrophe before it where a spreadsheet would run it; a number, as text too, is left alone.

    >>> neutral("=1+1"), neutral("Torkham"), neutral(-3.5), neutral("-3.5"), neutral("'=1+1")
    ("'=1+1", 'Torkham', -3.5, '-3.5', "''=1+1")
    """
    return f"'{cell}" if isinstance(cell, str) and _runs(cell) else cell


def restored(cell: str) -> str:
    """What :func:`neutral` was given.

    >>> restored("'=1+1"), restored("''=1+1"), restored("'Ndjamena"), restored("=1+1")
    ('=1+1', "'=1+1", "'Ndjamena", '=1+1')
    """
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


def _runs(cell: str) -> bool:
    """Whether a spreadsheet would take the text for a formula, with or without apostrophes before it."""
    return FORMULA.match(cell) is not None and NUMBER.fullmatch(cell) is None
