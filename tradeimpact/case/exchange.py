"""Amounts in other currencies put into that of a case, at the rate of a stated day (units of currency per dollar)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import CaseError
from ..tables import records

if TYPE_CHECKING:
    from .case import Case

DOLLAR = "USD"


def unit_currency(unit: str) -> str:
    """Currency a unit begins with, as "CNY" for "CNY per truck"; "" where it begins with none.

    >>> unit_currency("CNY per truck"), unit_currency("share of value")
    ('CNY', '')
    """
    found = re.match(r"([A-Z]{3}) per ", unit)
    return found[1] if found else ""


def conversion(case: Case, currency: str, day: date) -> float:
    """What one unit of `currency` was worth in the currency of the case on `day`.

    Raises
    ------
    CaseError
        If the case has no exchange rate for one of the two.
    """
    return 1.0 if currency == case.currency else per_usd(case, case.currency, day) / per_usd(case, currency, day)


def per_usd(case: Case, currency: str, day: date) -> float:
    """Units of `currency` per dollar on `day`: of the periods that hold the day the shortest, else the nearest one."""
    if currency == DOLLAR:
        return 1.0
    if currency == case.currency:
        table, column = case.fx, f"{currency.lower()}_per_usd"
    else:
        table, column = case.other_fx, "per_usd"
        table = table[(table["currency"] == currency) & (table["use"] == "convert")] if len(table) else table
    if not len(table):
        file = "fx.csv" if currency == case.currency else "other_fx.csv (use convert)"
        raise CaseError(f"Case {case.name!r} has an amount in {currency} and no rate for it. Add one to {file}.")
    when = pd.Timestamp(day)
    rows = records(table.assign(length=table["end"] - table["start"]).sort_values(["length", "start"]))
    away = [max(row["start"] - when, when - row["end"], pd.Timedelta(0)) for row in rows]
    return float(rows[away.index(min(away))][column])
