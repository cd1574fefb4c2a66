"""A baseline from series put into a case: rows of `baseline`, the months that drive the level, constraints left out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..case import Case
from ..errors import TradeImpactError, did_you_mean
from ..model.baseline import SEASONAL_MONTHS
from ..tables import records
from .months import NATIONAL

if TYPE_CHECKING:
    from .series import SeriesBaseline

BASIS = "structural model of the monthly series"


def into_case(result: SeriesBaseline, case: Case, *, source: str, published: date, grade: str) -> Case:
    """See :meth:`tradeimpact.analysis.series.SeriesBaseline.into`."""
    units = [str(c) for c in case.units["crossing"]]
    strange = [c for c in result.crossings if c not in units]
    if strange:
        hint = did_you_mean(strange[0], units)
        raise TradeImpactError(f"{', '.join(strange)}: no unit of account of case {case.name!r}. {hint}".strip())
    if case.currency.upper() != result.currency.upper():
        raise TradeImpactError(
            f"the series are in {result.currency or 'no stated currency'}, the case in {case.currency}; "
            f"convert them and give currency={case.currency.upper()!r}"
        )
    stamp = {"source": source, "grade": grade, "published_latest": published, "published_basis": "printed"}
    stamp |= {"note": "synthetic" if result.synthetic else ""}
    tables = {"baseline": _baseline(result, case, stamp)}
    constraints = case.constraints
    touched = [m == "*" or bool(set(m.split()) & set(result.crossings)) for m in constraints["members"]]
    if any(touched):
        tables["constraints"] = constraints[~np.array(touched)]
    # a post that trades nothing has no value per truck, so a count from when it did cannot stand beside it
    none = result.table.loc[result.table["high"] == 0, "crossing"]
    if case.trucks["crossing"].isin(none).any():
        tables["trucks"] = case.trucks[~case.trucks["crossing"].isin(none)]
    if result.national and result.observed[NATIONAL].notna().sum() >= SEASONAL_MONTHS:
        tables["national"] = _level(result, case, stamp)
    return case.with_tables(tables, source=f"series to {result.observed.index[-1]:%Y-%m} ({source})")


def _baseline(result: SeriesBaseline, case: Case, stamp: dict[str, Any]) -> pd.DataFrame:
    money = {name: f"{name}_{case.currency.lower()}" for name in ("low", "best", "high")}
    table = case.baseline.set_index("crossing", drop=False)
    last = f"{result.observed.index[-1]:%Y-%m}"
    rows = []
    for row in records(result.table[result.table["crossing"] != NATIONAL]):
        crossing = str(row["crossing"])
        figures = {column: row[name] for name, column in money.items()}
        reasoning = f"{row['trading']} months of trade to {last}; {row['model']}."
        words = {"basis": BASIS, "reasoning": reasoning, "rests_on": "", "house": table["house"].get(crossing, "")}
        rows.append({"crossing": crossing} | words | figures | stamp)
    kept = table[~table.index.isin(result.crossings)].reset_index(drop=True)
    return pd.concat([kept, pd.DataFrame(rows)], ignore_index=True)[list(table.columns)]


def _level(result: SeriesBaseline, case: Case, stamp: dict[str, Any]) -> pd.DataFrame:
    """National rows with the months of the series in place of those that drove the level."""
    months = result.observed.index
    rows = []
    for number, (start, following) in enumerate(zip(months, [*months[1:], result.months[0]], strict=True)):
        value = float(result.observed[NATIONAL].iloc[number])
        if np.isfinite(value):
            period = {"period_start": start, "period_end": following - pd.Timedelta(days=1), "use": "growth"}
            what = {"row": f"series_{number + 1}", "series": "customs_all", "unit": case.currency.lower()}
            rows.append(what | {"best": value} | period | stamp)
    kept = case.national[case.national["use"] != "growth"]
    return pd.concat([kept, pd.DataFrame(rows)], ignore_index=True)[list(case.national.columns)]
