"""The tariff schedule of a case as charges, by flow and commodity, and what it takes of a crossing's mix of goods."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from .case import Case
from .model.tariff import Charge, cascade
from .tables import records

IMPORTS = "imports"
BOUNDS = ("low", "best", "high")


def schedule(case: Case, commodity: str, *, flow: str = IMPORTS, bound: str = "best") -> list[Charge]:
    """Charges on one commodity in the order of the schedule, at the low, best or high rate of each.

    Rows of `tariff.csv` marked "schedule" for the commodity, or for "all" where it has none of that tax.
    """
    table = case.tariff
    rows = table[(table["use"] == "schedule") & (table["flow"].replace("", IMPORTS) == flow)] if len(table) else table
    own = rows[rows["commodity"] == commodity]
    rest = rows[(rows["commodity"] == "all") & ~rows["tax"].isin(own["tax"])]
    found = pd.concat([own, rest]).sort_values("order", kind="stable")
    return [Charge(row["tax"], float(row[f"rate_{bound}"]), row["base"], row["per"]) for row in records(found)]


def commodities(case: Case) -> list[str]:
    """Commodities the schedule tells apart, in order of appearance; ["all"] where it does not."""
    table = case.tariff
    rows = table[table["use"] == "schedule"] if len(table) else table
    return [c for c in dict.fromkeys(rows["commodity"]) if c != "all"] or (["all"] if len(rows) else [])


def statutory_rates(case: Case) -> pd.DataFrame:
    """What the schedule takes of declared value by commodity: columns commodity, low, best, high (fractions)."""
    rows = []
    for commodity in commodities(case):
        rates = [float(cascade(1.0, _ad_valorem(schedule(case, commodity, bound=b)))["assessed"]) for b in BOUNDS]
        rows.append((commodity, *rates))
    return pd.DataFrame(rows, columns=["commodity", *BOUNDS])


def statutory_by_crossing(case: Case) -> dict[str, tuple[float, float, float]]:
    """Statutory rate on the import mix of every crossing with commodity data: low, best, high shares of value."""
    found: dict[str, tuple[float, float, float]] = {}
    table = case.commodities
    imports = table[table["flow"] == IMPORTS] if len(table) else table
    for crossing, rows in imports.groupby("crossing"):
        low, best, high = (mix_assessed(case, rows, bound=b) / float(_declared(case, rows).sum()) for b in BOUNDS)
        found[str(crossing)] = (low, best, high)
    return found


def mix_assessed(case: Case, rows: pd.DataFrame, *, bound: str = "best", flow: str = IMPORTS) -> float:
    """Assessed revenue of commodity rows, currency per year, charge by charge on declared value, tonnes and trucks."""
    total = 0.0
    for row, value in zip(records(rows), _declared(case, rows), strict=True):
        given = {name: float(row[name]) for name in ("tonnes", "trucks") if pd.notna(row[name])}
        exempt = 0.0 if pd.isna(row["exempt_share"]) else float(row["exempt_share"])
        due = schedule(case, row["commodity"], flow=flow, bound=bound)
        charges = [replace(charge, exempt_share=exempt) for charge in due]
        total += float(cascade(float(value), charges, **given)["assessed"])
    return total


def _declared(case: Case, rows: pd.DataFrame) -> pd.Series[float]:
    return rows[f"declared_{case.currency.lower()}"].astype(float)


def _ad_valorem(charges: list[Charge]) -> list[Charge]:
    return [c for c in charges if c.per == "value"]
