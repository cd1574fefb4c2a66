"""What every table of a case holds: names, types, units, limits, references.

The codebook is itself a table, ``codebook.csv``, with one line per column and one line per table (its column
field is empty, its type ``table``). Loading, checking, packaging and the documentation all read it. Where it
says ``{currency}`` a case has its own: ``low_afn`` in a case in afghanis.

Types of columns, and what they become in memory:

========  =======================================================  ==================
name      lower-case letters, digits, underscore                   str, "" if missing
names     several names separated by spaces or ";"                 str
id        row identifier: letters, digits and ``_ . : -``          str
ids       several identifiers separated by spaces or ";"           str
text      anything                                                 str
url       address that starts with http:// or https://             str
choice    one of a list                                            str
date      ISO date, 2021-07-14                                     datetime64, NaT
number    decimal number with a point                              float64, NaN
money     number in currency units, 0 or more                      float64, NaN
share     fraction from 0 to 1                                     float64, NaN
integer   whole number                                             Int64, NA
========  =======================================================  ==================
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from ..errors import CaseError

ANY_CURRENCY = "LCU"  # local currency unit, for what does not depend on the currency
DTYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("name", "names", "id", "ids", "text", "url", "choice"), "str"),
        "date": "datetime64[us]",
        **dict.fromkeys(("number", "money", "share"), "float64"),
        "integer": "Int64",
    }
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, type, unit, description : str
    required : bool
        Every row must have a value. The column itself must be there in any case.
    key : bool
        Part of the table's key.
    allowed : tuple of str
        Choices; for names, words allowed beside those referred to.
    minimum, maximum : float or None
        Limits, both included.
    references : str
        "table.column" that values must be in, "*" for a row of any table, "" for none.
    """

    name: str
    type: str
    unit: str
    required: bool
    key: bool
    allowed: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    references: str
    description: str

    @property
    def dtype(self) -> str:
        """Name of the pandas dtype of the column in memory."""
        return DTYPES[self.type]


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a case in `currency`: its columns by name, in order; whether a case can do without it."""

    name: str
    required: bool
    description: str
    currency: str
    columns: Mapping[str, Column]

    @property
    def file(self) -> str:
        """File name inside a case folder."""
        return f"{self.name}.csv"

    @property
    def key(self) -> list[str]:
        """Columns that together are different in every row."""
        return [column.name for column in self.columns.values() if column.key]

    @property
    def families(self) -> list[tuple[str, ...]]:
        """Column names that must not fall along the row: (low, best, high) and their kin."""
        found = []
        for name in self.columns:
            if "low" not in name.split("_"):
                continue
            high = name.replace("low", "high")
            middles = (
                name.replace("low", "best"),
                name.removesuffix("_low"),
                *(other for other in self.columns if other.endswith("_per_usd")),
            )
            middle = [other for other in middles if other in self.columns and other != name][:1]
            if high in self.columns:
                found.append((name, *middle, high))
        return found

    def empty(self) -> pd.DataFrame:
        """Table without rows, with every column in its dtype."""
        return pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in self.columns.items()})


@cache
def codebook(currency: str = ANY_CURRENCY) -> Mapping[str, Table]:
    """Every table of a case in `currency` by name, in the order of ``codebook.csv``; read once.

    Raises
    ------
    CaseError
        If `currency` is not three letters, which become parts of the names of columns.
    """
    if not re.fullmatch("[A-Za-z]{3}", currency):
        raise CaseError(f"{currency[:20]!r} is no currency. Write three capital letters such as AFN.")
    lines = list(csv.DictReader(io.StringIO(_text(currency), newline="")))
    tables: dict[str, Table] = {}
    for line in lines:
        if line["type"] == "table":
            tables[line["table"]] = Table(
                name=line["table"],
                required=line["required"] == "yes",
                description=line["description"],
                currency=currency.lower(),
                columns=MappingProxyType(
                    {own["column"]: _column(own) for own in lines if own["table"] == line["table"] and own["column"]}
                ),
            )
    return MappingProxyType(tables)


def codebook_frame(currency: str = ANY_CURRENCY) -> pd.DataFrame:
    """The codebook of a case in `currency` as a table, for reading and for the documentation.

    Returns
    -------
    DataFrame
        Columns table, column, type, unit, required, key, allowed, minimum, maximum, references, description.
    """
    return pd.read_csv(io.StringIO(_text(currency)), dtype=str, keep_default_na=False)


def _text(currency: str) -> str:
    text = Path(__file__).with_name("codebook.csv").read_text(encoding="utf-8")
    return text.replace("{currency}", currency.lower()).replace("{CURRENCY}", currency.upper())


def _column(line: Mapping[str, str]) -> Column:
    return Column(
        name=line["column"],
        type=line["type"],
        unit=line["unit"],
        required=line["required"] == "yes",
        key=line["key"] == "yes",
        allowed=tuple(line["allowed"].split("|")) if line["allowed"] else (),
        minimum=float(line["minimum"]) if line["minimum"] else None,
        maximum=float(line["maximum"]) if line["maximum"] else None,
        references=line["references"],
        description=line["description"],
    )
