"""Customs revenue per crossing on one axis: potential, assessed and collected, with the rates behind them (MODEL 2).

Potential is what a full declaration without leakage would bring, assessed what the schedule takes of declared goods,
collected what reaches the treasury. Import revenue only; exports and transit stand on lines of their own.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from .case import Case
from .drawn import Array, annual_parts, collected_rates
from .engine.blocks import blocks
from .engine.sampling import Sampler, seed_of
from .inputs import Inputs, prepare
from .schedule import mix_assessed, statutory_rates
from .statistics import describe

VIEWS = ("potential", "assessed", "collected")


def revenue_per_crossing(case: Case, *, draws: int = 1000, rng: int | np.random.Generator | None = 0) -> pd.DataFrame:
    """Annual import revenue of every unit of account in the baseline year, three views beside the rates.

    Parameters
    ----------
    case : Case
    draws : int
    rng : int, Generator or None
        As in `simulate`.

    Returns
    -------
    DataFrame
        One row per unit, largest first: crossing, name, kind, grade (of its baseline figure), basis ("commodity" where
        rates come from its mix of goods, "revenue" where only revenue is known, "trade value" where recorded value is
        and the rate assumed), flow ("all" where the figure is that of all flows together), then `customs_value`,
        `potential`, `assessed`, `collected` (median) with `_low` and `_high` (5 and 95 %) and `collected_mean`, in
        currency per year; `effective_rate` (collected over true customs value), `collected_on_declared`, and the
        statutory range `statutory_low`, `statutory_high` (fractions of declared value). Exports and transit of cases
        with commodity data follow as rows with that flow; what they bring is assessed by their own schedule.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> table = ti.revenue_per_crossing(ti.load_case("afghanistan-2021"), draws=64)
    >>> table["crossing"].iloc[0]
    'islam_qala'
    """
    day = case.baseline_until
    x = prepare(case, None, day - timedelta(days=1), day)
    collected, rate, undeclared, leaking = _draw(x, draws, seed_of(rng))
    value = collected / rate
    views = {
        "customs_value": value,
        "potential": collected / ((1 - undeclared) * (1 - leaking)),
        "assessed": collected / (1 - leaking),
        "collected": collected,
    }
    place = case.units.set_index("crossing")
    grades = case.baseline.set_index("crossing")["grade"]
    if x.flows:  # revenue from trade value is no better known than the rate assumed on it
        rates = [case.assumption_records[f"collected_rate_{flow.flow}"].grade for flow in x.flows]
        grades = grades.map(lambda own: max(own, *rates))
    general = _statutory(case)
    rows = []
    for i, c in enumerate(x.crossings):
        row = {"crossing": c, "name": place.loc[c, "name"], "kind": place.loc[c, "kind"], "grade": grades[c]}
        known = "commodity" if c in x.statutory else "revenue"
        row |= {"basis": "trade value", "flow": "all"} if x.flows else {"basis": known, "flow": "imports"}
        for name, array in views.items():
            stats = describe({name: array[i]}).iloc[0]
            row |= {name: stats["median"], f"{name}_low": stats["low"], f"{name}_high": stats["high"]}
        row["collected_mean"] = float(collected[i].mean())
        row["effective_rate"] = float(np.median(rate[i]))
        row["collected_on_declared"] = float(np.median(rate[i] / (1 - undeclared[i])))
        own = (np.nan, np.nan) if x.flows else x.statutory.get(c, general)
        row |= {"statutory_low": own[0], "statutory_high": own[-1]}
        rows.append(row)
    table = pd.DataFrame(rows).sort_values("collected", ascending=False, ignore_index=True)
    others = _other_flows(case, place)
    return pd.concat([table, others], ignore_index=True) if len(others) else table


def _draw(x: Inputs, draws: int, seed: int) -> tuple[Array, Array, Array, Array]:
    """Annual collected revenue, collected rate, undeclared and leakage shares, (crossings, draws) each."""
    sampler = Sampler(x.marginals, x.scores, x.case.correlations, seed)
    kept = []
    for number, wanted in blocks(draws):
        p = sampler.block(number)
        kept.append([a[:, :wanted] for a in (annual_parts(x, p), *collected_rates(x, p))])
    a, b, c, d = (np.concatenate(parts, axis=1) for parts in zip(*kept, strict=True))
    return a, b, c, d


def _statutory(case: Case) -> tuple[float, float]:
    """Lowest and highest rate of the schedule over its commodities; NaN where a case has no schedule."""
    rates = statutory_rates(case)
    return (float(rates["low"].min()), float(rates["high"].max())) if len(rates) else (np.nan, np.nan)


def _other_flows(case: Case, place: pd.DataFrame) -> pd.DataFrame:
    """Exports and transit of crossings with commodity data: declared value and what their own schedule assesses."""
    table = case.commodities
    other = table[table["flow"] != "imports"] if len(table) else table
    rows = []
    for (crossing, flow), part in other.groupby(["crossing", "flow"]):
        c = str(crossing)
        row = {"crossing": c, "name": place.loc[c, "name"], "kind": place.loc[c, "kind"], "grade": part["grade"].max()}
        row |= {"basis": "commodity", "flow": flow}
        row["customs_value"] = float(part[f"declared_{case.currency.lower()}"].sum())
        row["assessed"] = mix_assessed(case, part, flow=str(flow))
        rows.append(row)
    return pd.DataFrame(rows)
