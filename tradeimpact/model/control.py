"""Who holds a crossing, whether it is open, threatened, recovering: scenario events as paths over days.

Holder shares are arrays (authorities, crossings, days) that sum to 1 over authorities; open shares and threat levels
are (crossings, days). Closure is separate from control (MODEL section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """History of one scenario. Days run from its origin; shapes as in the module text.

    `days_since_reopening` is negative before a crossing was ever shut; `insecurity` is NaN on days without a driver;
    `levy_rate` and `levy_per_truck` (crossings, days) are NaN where the scenario sets none; `first_event` is the
    position of the first day on which anything differs from the counterfactual (number of days if none).
    """

    holders: Array
    open_share: Array
    threat: Array
    insecurity: Array
    days_since_reopening: Array
    levy_rate: Array
    levy_per_truck: Array
    first_event: int


def blank_holders(authorities: int, crossings: int, days: int) -> Array:
    """Everything held by the first authority (the government)."""
    holders = np.zeros((authorities, crossings, days))
    holders[0] = 1.0
    return holders


def days_since_reopening(open_share: Array) -> Array:
    """Days since the last shut day ended, from 0; -1 before any closure and while shut (crossings, days)."""
    since = np.full(open_share.shape, -1.0)
    for day in range(1, open_share.shape[1]):
        shut_before = open_share[:, day - 1] == 0
        running = since[:, day - 1] >= 0
        is_open = open_share[:, day] > 0
        since[:, day] = np.where(is_open & shut_before, 0.0, np.where(is_open & running, since[:, day - 1] + 1, -1.0))
    return since


def first_change(holders: Array, open_share: Array, threat: Array, insecurity: Array) -> int:
    """Position of the first day with any change from the counterfactual; the number of days if there is none."""
    changed = (holders[0] != 1).any(axis=0) | (open_share != 1).any(axis=0) | (threat != 0).any(axis=0)
    changed |= np.isfinite(insecurity)
    hits = np.flatnonzero(changed)
    return int(hits[0]) if len(hits) else open_share.shape[1]
