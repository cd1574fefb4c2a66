"""Attributes of a case that give copies of its tables, so that nothing a user does to them reaches the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, overload

import pandas as pd

from ..errors import CaseError, did_you_mean
from .codebook import codebook

if TYPE_CHECKING:
    from .case import Case


class Tables(Mapping[str, pd.DataFrame]):
    """Tables of a case by name, each look a copy. Lists those with rows; knows all of the codebook."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], currency: str) -> None:
        self._tables = tables
        self._book = codebook(currency)

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._book:
            raise CaseError(f"There is no table {name!r}. {did_you_mean(name, self._book)}".strip())
        return self._tables[name].copy() if name in self._tables else self._book[name].empty()

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._book if len(self._tables.get(name, ())))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __repr__(self) -> str:
        return f"Tables({', '.join(f'{name}: {len(self._tables[name])} rows' for name in self)})"


class View:
    """Attribute of a case that gives a copy of the table of the same name."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, case: None, owner: type) -> View: ...
    @overload
    def __get__(self, case: Case, owner: type) -> pd.DataFrame: ...
    def __get__(self, case: Case | None, owner: type) -> pd.DataFrame | View:
        return self if case is None else case.tables[self.name]
