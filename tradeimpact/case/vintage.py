"""A case as it could be known on a day: nothing published later may enter (MODEL section 10, strict vintage).

Rows go by their latest possible day of publication. What the case judged from later rows is rebuilt by rule: a
baseline figure from the annualised figures of its crossing or house that remain, else from a wide prior; an assumption
that rests on a later source takes the prior stated beside it. Hindsight tables are dropped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import CaseError
from ..tables import records

if TYPE_CHECKING:
    from .case import Case

HINDSIGHT = ("hindsight_reports", "hindsight_control", "truth")
PER_YEAR = {"day": 365.0, "month": 12.0, "year": 1.0}
MEASURES = ("all_customs", "target")
NARROW, WIDE = 0.6, 1.4  # a rebuilt range runs from 0.6 of the lowest figure that remains to 1.4 of the highest
UNKNOWN = "unknown_baseline"
SHORTEST = 60  # days: shorter windows are not annualised, a record day is no year


def as_of(case: Case, day: date) -> Case:
    """The case with only what had been published by `day`, its judgements rebuilt from that."""
    limit = pd.Timestamp(day)
    tables: dict[str, pd.DataFrame] = {}
    for name in case.tables:
        table = case.tables[name]
        if name in HINDSIGHT:
            table = table.iloc[:0]
        elif "published_latest" in table and name != "baseline":
            table = table[table["published_latest"] <= limit]
        tables[name] = table.reset_index(drop=True)
    units = set(tables["crossings"]["crossing"])
    tables["baseline"] = _baseline(case, tables, limit, units)
    if "constraints" in tables:
        tables["constraints"] = _supported(tables["constraints"], units)
    return case.replaced(tables, _assumptions(case, day))


def _baseline(case: Case, tables: dict[str, pd.DataFrame], limit: pd.Timestamp, units: set[str]) -> pd.DataFrame:
    """Baseline rows known by the day, the others rebuilt."""
    table = case.baseline
    table = table[table["crossing"].isin(units)]
    columns = [f"{bound}_{case.currency.lower()}" for bound in ("low", "best", "high")]
    rows = []
    places = {row["crossing"]: row for row in records(tables["crossings"])}
    revenue = records(tables.get("revenue", pd.DataFrame()))
    for row in records(table):
        if row["published_latest"] > limit:
            place = places[row["crossing"]]
            part = 1.0 if pd.isna(place["house_share"]) else float(place["house_share"])
            found = figures_known(case, revenue, row["crossing"], place["house"], part)
            row |= dict(zip(columns, found or _prior(case, row["crossing"]), strict=True))
            row |= {
                "basis": "rebuilt by rule for this vintage" if found else "prior: no figure published yet",
                "reasoning": "", "rests_on": "", "source": "project_judgement", "grade": "E",
                "published_latest": limit, "published_basis": "judged", "note": "",
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=list(table.columns))


def figures_known(
    case: Case, revenue: list[dict[str, Any]], crossing: str, house: str, part: float
) -> tuple[float, float, float] | None:
    """Range from the annualised figures of a crossing, or of its house by its part of it; None if none remains."""
    found = []
    for row in revenue:
        own, shared = row["crossing"] == crossing, bool(house) and row["scope"] == house
        value = (
            row["best"]
            if pd.notna(row["best"])
            else np.nanmean([row["low"], row["high"]])
            if pd.notna(row["low"])
            else np.nan
        )
        usable = row["measure"] in MEASURES and row["use"] in ("baseline", "check") and row["grade"] in ("A", "B")
        if not (own or shared) or not usable or pd.isna(value) or row["currency"].upper() != case.currency.upper():
            continue
        yearly = _yearly(row)
        if yearly is not None:
            found.append(float(value) * yearly * (1.0 if own else part))
    if not found:
        return None
    return NARROW * min(found), float(np.median(found)), WIDE * max(found)


def _yearly(row: dict[str, Any]) -> float | None:
    """Factor from a figure's period to a year; None where the period is unknown or too short to stand for a year."""
    if row["per"] in PER_YEAR:
        return PER_YEAR[row["per"]]
    if pd.isna(row["period_start"]) or pd.isna(row["period_end"]):
        return None
    days = (row["period_end"] - row["period_start"]).days + 1
    return None if days < SHORTEST else 365.25 / days


def _prior(case: Case, crossing: str) -> tuple[float, float, float]:
    """Range for a unit of which nothing is published yet."""
    known = case.assumption_records
    record = known.get(f"{UNKNOWN}.{crossing}") or known.get(UNKNOWN)
    if record is None:
        raise CaseError(
            f"Nothing is published yet on the revenue of {crossing!r}. Add the assumption {UNKNOWN!r} "
            "(low, best, high a year): what would be put for a unit without any figure."
        )
    return record.low, record.best, record.high


def _supported(constraints: pd.DataFrame, units: set[str]) -> pd.DataFrame:
    """Constraints all of whose members are known."""
    known = [row["members"] == "*" or set(str(row["members"]).split()) <= units for row in records(constraints)]
    return constraints[known].reset_index(drop=True)


def _assumptions(case: Case, day: date) -> Any:
    """Assumptions known by the day; later ones at their prior, later overrides of one crossing dropped."""
    kept = {}
    for name, record in case.assumption_records.items():
        if record.published_latest is None or record.published_latest <= day:
            kept[name] = record
        elif record.prior:
            low, best, high = record.prior
            kept[name] = replace(
                record,
                low=low,
                best=best,
                high=high,
                alternatives=(),
                source="project_judgement",
                grade="E",
                published_latest=day,
            )
        elif "." not in name:
            raise CaseError(
                f"Assumption {name!r} rests on a source of {record.published_latest}, after {day}. "
                "State in its record what it would have been before: prior = [low, best, high]."
            )
    return kept
