"""What is drawn for a case: its assumptions as marginals of the sampler, checked for completeness."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.assumptions import Assumption
from .case.exchange import conversion, unit_currency
from .case.plausible import check_assumptions
from .engine.sampling import Marginal
from .errors import TradeImpactError
from .model.baseline import MONTH_DAYS, SEASONAL_MONTHS, Growth, random_walk_with_drift
from .tables import records

REQUIRED = (
    "theta", "phi", "epsilon", "capacity_start", "capacity_ceiling", "capacity_ramp_days", "recovery_start_share",
    "recovery_half_life_days", "permanent_loss", "nobody_open_share", "friction_insurgent", "friction_nobody_extra",
    "friction_threat", "insecurity_sensitivity", "collection_weakening", "deferral_share", "deferral_return",
    "inland_charge_probability", "inland_rate_ratio", "gap", "gap_split", "bribe_share", "collected_rate_declared",
    "levy_per_truck", "value_per_truck", "road_levy_per_truck", "road_paying_share", "receipt_honoured",
    "illicit_transit_per_year",
)  # fmt: skip
FLOWS = ("imports", "exports", "transit")
LONGEST_MONTH = 31  # days from the first to the last of a month, any calendar
PER_CROSSING = (
    "gap", "collected_rate_declared", "levy_per_truck", "road_levy_per_truck", "unknown_baseline",
    "collected_rate_imports", "collected_rate_exports", "collected_rate_transit", "initial_held",
)  # fmt: skip
PER_AUTHORITY = ("levy_per_truck",)
BY_DAY = ("illicit_transit_per_year",)  # in dollars, put into the case's currency day by day


def marginals_of(case: Case) -> tuple[Marginal, ...]:
    """General assumptions by name, then those of single crossings by name, then truck counts.

    Raises
    ------
    TradeImpactError
        Where an assumption the model needs is missing, or one of a single crossing fits no crossing or no equation.
    """
    border = sorted(case.border_units["crossing"])
    crossings = [*border, *sorted(case.inland_units["crossing"])]
    general = case.assumption_records
    level = growth_of(case) is not None or monthly_series(case)[0] is not None
    needed = [*(n for n in REQUIRED if n not in flow_rates(case, instead=True)), *flow_rates(case)]
    require(case, needed if level else (*needed, "annual_growth"))
    check_assumptions(case)
    idle = [n for n in general if "." in n and n.split(".", 1)[0] not in PER_CROSSING]
    if idle:
        raise TradeImpactError(
            f"assumption {idle[0]!r}: only {', '.join(PER_CROSSING)} can differ by crossing; "
            f"set {idle[0].split('.', 1)[0]!r} itself"
        )
    holders = set(case.authorities.loc[case.authorities["kind"] == "insurgent", "authority"])
    stray = [
        n
        for n in general
        if "." in n
        and n.split(".", 1)[1] not in crossings
        and not (n.split(".", 1)[0] in PER_AUTHORITY and n.split(".", 1)[1] in holders)
    ]
    if stray:
        close = get_close_matches(stray[0].split(".", 1)[1], crossings, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise TradeImpactError(f"assumption {stray[0]!r} names no crossing of the case{hint}")
    found = [
        Marginal(
            r.name,
            tuple((o.weight, o.low * by, o.best * by, o.high * by) for o in r.alternatives)
            or ((1.0, r.low * by, r.best * by, r.high * by),),
            r.distribution,
            r.group,
            r.sign,
        )
        for r, by in _in_case_currency(case, sorted(general.values(), key=lambda r: ("." in r.name, r.name)))
    ]
    trucks = {row["crossing"]: (1.0, row["low"], row["best"], row["high"]) for row in records(case.trucks)}
    found += [Marginal(f"trucks.{c}", (trucks[c],), "lognormal") for c in border if c in trucks]
    return tuple(found)


def flow_rates(case: Case, *, instead: bool = False) -> tuple[str, ...]:
    """Collected rates by flow that a case with trade values needs; with `instead` the assumption they replace."""
    if case.baseline_measure == "revenue":
        return ()
    if instead:
        return ("collected_rate_declared",)
    given = set(case.flows["flow"]) if len(case.flows) else set()
    return tuple(f"collected_rate_{flow}" for flow in FLOWS if flow in given or flow in FLOWS[:2])


def _in_case_currency(case: Case, found: Iterable[Assumption]) -> Iterable[tuple[Assumption, float]]:
    """Each record with what brings its amounts into the case's currency, at the rate of the first day of the crisis."""
    day = case.baseline_until + timedelta(days=1)
    for record in found:
        currency = unit_currency(record.unit) if record.name not in BY_DAY else ""
        yield record, conversion(case, currency, day) if currency else 1.0


def require(case: Case, names: Iterable[str]) -> None:
    """Raise unless the case has all assumptions of these `names`."""
    missing = [name for name in names if name not in case.assumption_records]
    if missing:
        raise TradeImpactError(
            f"assumptions.toml lacks {', '.join(missing)}; add [assumption.<name>] with low, best, high, source, grade"
        )


def growth_of(case: Case) -> Growth | None:
    """Log growth from the annual series marked for it; None leaves it to the assumption `annual_growth`."""
    rows = _growth_rows(case)
    if len(rows):
        rows = rows[(rows["period_end"] - rows["period_start"]).dt.days > LONGEST_MONTH]
    return random_walk_with_drift(rows["best"].to_numpy(float)) if len(rows) >= 3 else None


def monthly_series(case: Case) -> tuple[NDArray[np.float64] | None, date]:
    """Monthly totals marked for growth and the end of the last, where there are two seasonal cycles; else None.

    Months that are missing inside the series are NaN; rows after the case's baseline are left out.
    """
    rows = _growth_rows(case)
    if len(rows):
        known = rows["period_end"] <= pd.Timestamp(case.baseline_until)
        rows = rows[known & ((rows["period_end"] - rows["period_start"]).dt.days <= LONGEST_MONTH)]
    if not len(rows):
        return None, case.baseline_until
    month = ((rows["period_start"] - rows["period_start"].iloc[0]).dt.days / MONTH_DAYS).round().astype(int)
    values = np.full(int(month.iloc[-1]) + 1, np.nan)
    values[month.to_numpy()] = rows["best"].to_numpy(float)
    end = rows["period_end"].iloc[-1].date()
    return (values, end) if len(values) >= SEASONAL_MONTHS else (None, end)


def _growth_rows(case: Case) -> pd.DataFrame:
    table = case.national
    return table[table["use"] == "growth"].sort_values("period_start") if len(table) else table
