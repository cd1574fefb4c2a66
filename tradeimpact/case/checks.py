"""Checks inside one table that need more than one cell: keys, order, signs and units."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import Problem
from .codebook import Table
from .convert import found_values

PERIODS = (("start", "end"), ("period_start", "period_end"))
FIRST_ROW = 2  # of a table, as a spreadsheet numbers it: the header is row 1


def check_table(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    """What is wrong inside one typed table, its index being the row numbers to name."""
    return [
        *_duplicates(frame, table, file),
        *_disorder(frame, table, file),
        *_swapped(frame, file),
        *_negative_money(frame, table, file),
        *_percentages(frame, file),
    ]


def row_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with the row numbers of a spreadsheet as its index."""
    return frame.set_axis(range(FIRST_ROW, len(frame) + FIRST_ROW), axis=0)


def rows_where(mask: pd.Series[Any]) -> tuple[int, ...]:
    """Row numbers at which `mask` holds."""
    return tuple(int(row) for row in mask.index[mask.to_numpy(dtype=bool)])


def at_rows(
    file: str, column: str, mask: pd.Series[Any], found: str, expected: str, remedy: str, *, severity: str = "error"
) -> list[Problem]:
    """One problem for all the rows at which `mask` holds, none where it holds nowhere."""
    if not mask.any():
        return []
    rows = rows_where(mask)
    return [
        Problem(file=file, column=column, rows=rows, found=found, expected=expected, remedy=remedy, severity=severity)
    ]


def _duplicates(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    if not table.key or not frame.duplicated(table.key).any():
        return []
    needed = [name for name in table.key if table.columns[name].required]
    given = frame[needed].notna().all(axis=1) & (frame[needed].astype("str") != "").all(axis=1)
    mask = frame.duplicated(table.key, keep=False) & given
    if not mask.any():
        return []
    cells = [(0, " ".join(str(part) for part in values)) for values in frame.loc[mask, table.key].to_numpy().tolist()]
    key = " and ".join(table.key)
    remedy = "Merge the rows, or give each its own; rows that contradict each other keep different names."
    return [
        Problem(
            file=file,
            column=key,
            rows=rows_where(mask),
            found=f"the same key more than once: {found_values(cells)}",
            expected=f"a different {key} in every row",
            remedy=remedy,
        )
    ]


def _disorder(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    problems = []
    for family in table.families:
        wrong = pd.Series(False, index=frame.index)
        for place, lower in enumerate(family):
            for higher in family[place + 1 :]:
                wrong |= frame[lower] > frame[higher]
        if wrong.any():
            first = frame.loc[wrong, list(family)].iloc[0]
            shown = ", ".join("none" if pd.isna(value) else _shown(value) for value in first)
            remedy = "Put the values in order, or correct the one that is wrong."
            problems.append(
                Problem(
                    file=file,
                    column=family[0],
                    rows=rows_where(wrong),
                    found=f"{', '.join(family)} = {shown}",
                    expected=" <= ".join(family),
                    remedy=remedy,
                )
            )
    return problems


def _swapped(frame: pd.DataFrame, file: str) -> list[Problem]:
    problems = []
    for start, end in PERIODS:
        if start in frame and end in frame:
            wrong = frame[end] < frame[start]
            if wrong.any():
                first = frame.loc[wrong].iloc[0]
                found = f"{start} {_shown(first[start])} after {end} {_shown(first[end])}"
                remedy = "Swap the two days or correct one; both belong to the period."
                problem = Problem(
                    file=file,
                    column=end,
                    rows=rows_where(wrong),
                    found=found,
                    expected=f"{start} <= {end}",
                    remedy=remedy,
                )
                problems.append(problem)
    return problems


def _negative_money(frame: pd.DataFrame, table: Table, file: str) -> list[Problem]:
    """Negative low, best or high of a row whose unit or currency is money and which is not a change."""
    unit = next((name for name in ("unit", "currency") if name in frame), "")
    if not unit or "low" not in frame:
        return []
    money = frame[unit].str.lower().str.split("_").str[0].isin(("usd", table.currency))
    change = pd.Series(False, index=frame.index)
    for name in ("measure", "kind", "series"):
        if name in frame:
            change |= frame[name].str.contains("change|loss|fall", regex=True)
    problems = []
    for column in ("low", "best", "high"):
        wrong = money & ~change & (frame[column] < 0)
        if wrong.any():
            remedy = "Write the amount without a sign; only a measure called a change may be negative."
            cells = [(0, _shown(value)) for value in frame.loc[wrong, column]]
            problem = Problem(
                file=file,
                column=column,
                rows=rows_where(wrong),
                found=f"negative money: {found_values(cells)}",
                expected="money, 0 or more",
                remedy=remedy,
            )
            problems.append(problem)
    return problems


def _percentages(frame: pd.DataFrame, file: str) -> list[Problem]:
    """Values above 1 in low, best, high of rows whose unit is a share."""
    if "unit" not in frame or "low" not in frame:
        return []
    problems = []
    for column in ("low", "best", "high"):
        wrong = (frame["unit"] == "share") & (frame[column] > 1)
        if wrong.any():
            cells = [(0, _shown(value)) for value in frame.loc[wrong, column]]
            problem = Problem(
                file=file,
                column=column,
                rows=rows_where(wrong),
                found=f"a share above 1: {found_values(cells)}",
                expected="a fraction from 0 to 1",
                remedy="This looks like a percentage: write 0.35 for 35 %; use another unit for a ratio.",
            )
            problems.append(problem)
    return problems


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return f"{value:.12g}" if isinstance(value, float) else str(value)
