"""Imports, exports and transit as flows of their own, where a case knows recorded trade value instead of revenue.

Recorded value of unit c in flow f is V[c] s[c, f] with s summing to 1 over flows; what is collected is the sum of
V s r[f] with an assumed rate r[f] for each flow (MODEL section 2: M and r). The flows of a crossing share its route,
so trade answers for all of them together; only their rates differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .case import Case
from .errors import TradeImpactError
from .model.baseline import two_piece
from .tables import records

Array = NDArray[np.float64]

ANY_SHARE = (0.1, 0.5, 0.9)  # of imports, where a case says nothing about a unit: next to no knowledge
FIRST, SECOND = "imports", "exports"


@dataclass(frozen=True)
class FlowShare:
    """One flow: low, best and high share of each unit's recorded value, (crossings,) each."""

    flow: str
    low: Array
    best: Array
    high: Array


def flow_shares(case: Case, crossings: Sequence[str]) -> tuple[FlowShare, ...]:
    """Flows of a case whose baseline is trade value, imports first; () where it is revenue.

    Raises
    ------
    TradeImpactError
        If the case gives flows and says nowhere that its baseline is trade value.
    """
    table = case.flows
    if case.baseline_measure == "revenue":
        if len(table):
            raise TradeImpactError(
                "flows.csv splits trade value, and baseline.csv holds revenue: write baseline_measure: trade_value "
                "into datapackage.json if it holds trade value, else leave flows.csv out"
            )
        return ()
    given = {(row["crossing"], row["flow"]): row for row in records(table)}
    names = [FIRST, SECOND, *sorted({flow for _, flow in given} - {FIRST, SECOND})]
    low, best, high = (np.zeros((len(names), len(crossings))) for _ in range(3))
    for position, c in enumerate(crossings):
        if not any((c, flow) in given for flow in names):
            low[:2, position], best[:2, position], high[:2, position] = ANY_SHARE
        for number, flow in enumerate(names):
            row = given.get((c, flow))
            if row is not None:
                low[number, position] = row["share_low"]
                best[number, position] = row["share_best"]
                high[number, position] = row["share_high"]
    return tuple(FlowShare(name, low[i], best[i], high[i]) for i, name in enumerate(names))


def drawn_shares(flows: Sequence[FlowShare], crossings: Sequence[str], p: Mapping[str, Array]) -> dict[str, Array]:
    """Share of each flow in each unit's recorded value, (crossings, draws), summing to 1.

    Imports are drawn in their range; the others share the rest as their best values do.
    """
    first, *others = flows
    z = np.stack([p[f"flow.{c}"] for c in crossings])
    imports = two_piece(first.low[:, None], first.best[:, None], first.high[:, None], z)
    rest = sum((flow.best for flow in others), np.zeros(len(crossings)))
    part = {flow.flow: np.where(rest > 0, flow.best / np.where(rest > 0, rest, 1.0), 0.0) for flow in others}
    part[SECOND] = np.where(rest > 0, part[SECOND], 1.0)
    return {first.flow: imports} | {name: (1 - imports) * share[:, None] for name, share in part.items()}
