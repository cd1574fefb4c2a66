"""Who holds a crossing, whether it is open, threatened, recovering: histories as paths over days.

Holder shares are arrays (authorities, crossings, days, draws) that sum to 1 over authorities; open shares and threat
levels are (crossings, days, draws). The last axis has length 1 where a history is the same in every draw. Closure is
separate from control (MODEL section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..memory import New, aligned

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """History of one scenario. Days run from its origin; shapes as in the module text.

    `insecurity` (days, draws) is NaN on days without a driver; `days_since_reopening` (crossings, days, draws) is
    negative before a crossing was ever shut and while it is; `levy_rate` and `levy_per_truck` (insurgent authorities,
    crossings, days, 1) are NaN where the scenario sets none; `first_event` is the position of the first day on which
    anything differs from the counterfactual (number of days if none).
    """

    holders: Array
    open_share: Array
    threat: Array
    insecurity: Array
    days_since_reopening: Array
    levy_rate: Array
    levy_per_truck: Array
    first_events: NDArray[np.int64]

    @property
    def first_event(self) -> int:
        """Position of the first day on which anything differs in any draw."""
        return int(self.first_events.min())

    @property
    def government(self) -> Array:
        """Share held by the government, (crossings, days, draws)."""
        return np.asarray(self.holders[0])

    @property
    def nobody(self) -> Array:
        """Share held by nobody, (crossings, days, draws)."""
        return np.asarray(self.holders[1])

    @property
    def insurgent(self) -> Array:
        """Share held by all insurgent authorities together, (crossings, days, draws)."""
        return self.insurgent_on(slice(None))

    def insurgent_on(self, days: slice) -> Array:
        """The same on some days."""
        together = self.holders[2:, :, days]
        return np.asarray(together[0] if len(together) == 1 else together.sum(axis=0))


def blank_holders(authorities: int, crossings: int, days: int) -> Array:
    """Everything held by the first authority (the government)."""
    holders = np.zeros((authorities, crossings, days, 1))
    holders[0] = 1.0
    return holders


def days_since_reopening(open_share: Array, new: New = aligned) -> Array:
    """Days since the last shut day ended, from 0; -1 before any closure and while shut (crossings, days), in memory
    from `new`.
    """
    since = new(open_share.shape)
    since[...] = -1.0
    rows = np.flatnonzero((open_share == 0).any(axis=(1, 2)))
    opened = open_share[rows].transpose(1, 0, 2) > 0
    count = np.full(opened.shape, -1.0)
    for day in range(1, len(opened)):
        # -1 + 1 is the first open day after a shut one; never shut stays -1
        running = opened[day] & (~opened[day - 1] | (count[day - 1] >= 0))
        np.add(count[day - 1], 1.0, out=count[day], where=running)
    since[rows] = count.transpose(1, 0, 2)
    return since


def first_changes(holders: Array, open_share: Array, threat: Array, insecurity: Array) -> NDArray[np.int64]:
    """Position of the first day with any change from the counterfactual, by draw; the number of days if there is
    none.
    """
    changed = (holders[0] != 1).any(axis=0) | (open_share != 1).any(axis=0) | (threat != 0).any(axis=0)
    changed = changed | np.isfinite(insecurity)
    return np.where(changed.any(axis=0), changed.argmax(axis=0), len(changed)).astype(np.int64)
