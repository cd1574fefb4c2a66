"""Units to compare with, and which of them the event may have touched.

A crossing that takes in the trade of a fallen one is treated too. As a donor it holds the counterfactual up, and the
effect comes out too large.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from ...errors import TradeImpactWarning
from .estimate import Array
from .grid import Panel, known_units
from .placebo import Placebos


def to_leave_out(
    outcome: pd.DataFrame,
    treated: Hashable | Sequence[Hashable],
    rerouted_to: Sequence[Hashable],
    groups: Mapping[Hashable, Hashable] | None,
    exclude: bool,
) -> tuple[set[Hashable], list[Hashable]]:
    """Units that may receive rerouted trade, and those of them to leave out."""
    named = [rerouted_to] if isinstance(rerouted_to, str) else list(rerouted_to)
    if isinstance(outcome, pd.DataFrame):
        known_units(named, outcome.columns, "rerouted_to")
    units = [treated] if isinstance(treated, str) or not isinstance(treated, Sequence) else list(treated)
    own = {groups[u] for u in units if u in groups} if groups else set()
    suspects = {*named, *(u for u, group in (groups or {}).items() if group in own)} - set(units)
    if not exclude or not isinstance(outcome, pd.DataFrame):
        return suspects, []
    return suspects, [unit for unit in list(outcome.columns) if unit in suspects]


def donor_table(panel: Panel, weights: Array, suspects: set[Hashable], space: Placebos) -> pd.DataFrame:
    """One row per donor (index unit): weight, rerouted, and what the method finds there with its 90 % interval.

    `effect`, `low`, `high` are a donor's own placebo. A donor whose interval lies wholly on the other side of zero than
    the treated unit's effect may have received its trade, named or not.
    """
    table = pd.DataFrame(
        {"weight": weights, "rerouted": [name in suspects for name in panel.names]},
        index=pd.Index(panel.names, name="unit"),
    )
    own = space.table.set_index("unit")[["effect", "low", "high"]]
    return table.join(own).sort_values("weight", ascending=False, kind="stable")


def warn_rerouted(donors: pd.DataFrame, method: str) -> None:
    """Warn of flagged donors that hold weight."""
    held = donors[donors["rerouted"] & (donors["weight"] > 0)]
    if len(held):
        listed = ", ".join(f"{unit} (weight {row['weight']:.2f})" for unit, row in held.iterrows())
        warnings.warn(
            f"{method}: {listed} may receive rerouted trade and so be affected too; the effect then comes out too "
            "large. Pass exclude_rerouted=True to leave such donors out",
            TradeImpactWarning,
            stacklevel=3,
        )
