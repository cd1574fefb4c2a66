"""Two ledgers and the identities that join them (MODEL section 6), per crossing, day and draw.

    government = sum r M g + r_in d M I                 insurgent = sum l M I + road M (1 - once I) + illicit transit
    government_loss = baseline - government = sum of nine components; lost_to_insurgent_control = sum of four details

All arrays are (crossings, days, draws) or broadcast to it; money in currency per day. The identities are checked where
the lines are built, for every day and draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[np.float64]

COMPONENTS = (
    "lost_to_insurgent_control",
    "lost_to_nobody",
    "lost_to_closure",
    "contraction",
    "held_back",
    "rerouting",
    "deferred_returned",
    "weaker_collection",
    "collected_inland",
)
DETAILS = ("levy_received", "levy_gap", "trade_lost_at_captured", "shut_while_held")
TOTALS = ("baseline", "government_revenue", "government_loss")
INSURGENT = ("insurgent_baseline", "insurgent_revenue", "insurgent_gain", "road_levies", "illicit_transit")
LINES = (*TOTALS, *INSURGENT, *COMPONENTS, *DETAILS, "days_held")
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Flows:
    """Trade and holders of one block.

    `baseline_trade` M0, `response_trade` M*, `returned_trade` B in value per day; `total_ratio` Q and `total_held` Q E
    as they reach each crossing (1 where nothing moves); `open_share` w counts closures only; `government`, `nobody`
    and `insurgent` are holder shares that sum to 1.
    """

    baseline_trade: Array
    response_trade: Array
    returned_trade: Array
    total_ratio: Array
    total_held: Array
    open_share: Array
    government: Array
    nobody: Array
    insurgent: Array

    def over(self, days: slice) -> Flows:
        """The flows of some days."""
        return Flows(**{name: _over(x, days) for name, x in self.__dict__.items()})


@dataclass(frozen=True)
class Rates:
    """Rates as shares of value: collected r0 and r, inland charge r_in with probability d, levy l, road levies.

    `road` (crossings, 1, draws) is charged on the road; `once` is 1 where a receipt of an insurgent-held crossing is
    honoured there. `levy` is the levy rate of whoever holds the crossing.
    """

    collected_baseline: Array
    collected: Array
    inland: Array
    inland_probability: Array
    levy: Array
    road: Array
    once: Array

    def over(self, days: slice) -> Rates:
        """The rates of some days."""
        return Rates(**{name: _over(x, days) for name, x in self.__dict__.items()})


def _over(x: Array, days: slice) -> Array:
    return x if x.shape[1] == 1 else x[:, days]


def ledger_lines(f: Flows, r: Rates) -> dict[str, Array]:
    """Every line of both ledgers, name -> (crossings, days, draws), without illicit transit.

    Raises
    ------
    ModelError
        If an identity of MODEL 6 fails by more than 1e-9 of the baseline, which would be a fault of this library.
    """
    trade = f.response_trade + f.returned_trade
    r0, g, i, w, m0 = r.collected_baseline, f.government, f.insurgent, f.open_share, f.baseline_trade
    base = r0 * m0
    held = g * base
    levy_trade = r.levy * trade * i
    lines = {
        "baseline": base,
        "collected_inland": -(r.inland * r.inland_probability * trade * i),
        "lost_to_insurgent_control": base * i,
        "lost_to_nobody": base * f.nobody,
        "lost_to_closure": held * (1 - w),
        "contraction": held * w * (1 - f.total_ratio),
        "held_back": held * w * (f.total_ratio - f.total_held),
        "rerouting": r0 * g * (w * f.total_held * m0 - f.response_trade),
        "deferred_returned": -r0 * g * f.returned_trade,
        "weaker_collection": (r0 - r.collected) * trade * g,
        "levy_received": levy_trade,
        "levy_gap": r0 * trade * i - levy_trade,
        "trade_lost_at_captured": r0 * (w * m0 - trade) * i,
        "shut_while_held": base * i * (1 - w),
        "days_held": held,
        "insurgent_baseline": r.road * m0,
        "road_levies": r.road * trade * (1 - r.once * i),
    }
    lines["government_revenue"] = r.collected * trade * g - lines["collected_inland"]
    lines["government_loss"] = base - lines["government_revenue"]
    lines["insurgent_revenue"] = levy_trade + lines["road_levies"]
    lines["insurgent_gain"] = lines["insurgent_revenue"] - lines["insurgent_baseline"]
    shape = np.broadcast_shapes(*(x.shape for x in lines.values()))
    return {name: np.broadcast_to(x, shape) for name, x in lines.items()}


def government_loss(f: Flows, r: Rates) -> Array:
    """Loss over all crossings, (days, draws): that line of `ledger_lines`, where no other is needed."""
    trade = f.response_trade + f.returned_trade
    collected = r.collected * f.government + r.inland * r.inland_probability * f.insurgent
    return np.asarray((r.collected_baseline * f.baseline_trade - collected * trade).sum(axis=0))


def check_identities(sums: Mapping[str, Array]) -> None:
    """Raise unless both identities hold in every entry of the summed lines (same shapes), to 1e-9 of the baseline."""
    scale = np.maximum(np.abs(sums["baseline"]), 1e-300)
    for total, parts in (("government_loss", COMPONENTS), ("lost_to_insurgent_control", DETAILS)):
        gap = np.abs(sum(sums[p] for p in parts) - sums[total]) / scale
        if not (gap <= TOLERANCE).all():
            raise ModelError(
                f"the parts of {total} miss it by {np.nanmax(gap):.3g} of the baseline; this is a fault of the library "
                "or of numbers beyond what floating point can hold: please report it with the scenario"
            )
