"""Who holds a crossing, whether it is open, threatened, recovering: histories as paths over days.

Holder shares are arrays (authorities, crossings, days, draws) that sum to 1 over authorities; open shares and threat
levels are (crossings, days, draws). The last axis has length 1 where a history is the same in every draw. Closure is
separate from control (MODEL section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..memory import New, aligned

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """Who holds some crossings on some days, (crossings, days, draws); an axis is 1 long where nothing differs on it.

    `shares` are those of each insurgent authority and `insurgent` their sum.
    """

    government: Array
    nobody: Array
    insurgent: Array
    shares: Sequence[Array]
    open_share: Array


Closed = Mapping[int, tuple[Array, Array]]  # by crossing: open share, `days_since_reopening`, (days, draws) each
ALL = slice(None)


class History(Protocol):
    """A history, of which some crossings on some days at a time are laid out as arrays.

    `insecurity` (days, draws) is NaN on days without a driver.
    `levy_rate` and `levy_per_truck` (insurgent authorities, crossings, days, 1) are NaN where none is set;
    `first_events` is, by draw, the position of the first day on which anything differs from the counterfactual (the
    number of days if none). `begins` is a day before which nothing differs in any draw of the run, not only of these.
    """

    @property
    def insecurity(self) -> Array: ...
    @property
    def levy_rate(self) -> Array: ...
    @property
    def levy_per_truck(self) -> Array: ...
    @property
    def first_events(self) -> NDArray[np.int64]: ...
    @property
    def first_event(self) -> int: ...
    @property
    def begins(self) -> int: ...

    def closed(self, days: slice) -> Closed:
        """Crossings that are not wholly open at some time in some draw, on some days."""

    def on(self, days: slice, new: New = aligned, rows: slice = ALL, closed: Closed | None = None) -> Moment:
        """Some crossings on some days, in memory from `new`; `closed` is given where it is known already."""

    def threatened(self, days: slice, rows: slice = ALL, new: New = aligned) -> Array:
        """How much some crossings are threatened on some days, (crossings, days, draws), in memory from `new`."""

    def sums(self, days: slice, each: Sequence[slice]) -> list[tuple[Array, Array]]:
        """Sums over several stretches of draws: shares of holders (authorities, crossings, days), open share
        (crossings, days).
        """

    def dense(self) -> Paths:
        """All days of it as arrays."""


@dataclass(frozen=True)
class Paths:
    """A history laid out as arrays. Days run from its origin; shapes as in the module text.

    `insecurity` (days, draws) is NaN on days without a driver; `days_since_reopening` (crossings, days, draws) is
    negative before a crossing was ever shut and while it is.
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
    def begins(self) -> int:
        """The same: paths are those of all blocks."""
        return self.first_event

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
        return self.on(slice(None)).insurgent

    @cached_property
    def _closed(self) -> list[int]:
        return [int(row) for row in np.flatnonzero((self.open_share != 1).any(axis=(1, 2)))]

    def closed(self, days: slice) -> Closed:
        """Crossings that are not wholly open at some time in some draw, on some days."""
        return {row: (self.open_share[row, days], self.days_since_reopening[row, days]) for row in self._closed}

    def on(self, days: slice, new: New = aligned, rows: slice = ALL, closed: Closed | None = None) -> Moment:
        """Some crossings on some days; nothing is copied."""
        government, nobody, *shares = self.holders[:, rows, days]
        return Moment(
            government,
            nobody,
            shares[0] if len(shares) == 1 else self.holders[2:, rows, days].sum(axis=0),
            shares,
            self.open_share[rows, days],
        )

    def threatened(self, days: slice, rows: slice = ALL, new: New = aligned) -> Array:
        """How much some crossings are threatened on some days; nothing is copied."""
        return self.threat[rows, days]

    def sums(self, days: slice, each: Sequence[slice]) -> list[tuple[Array, Array]]:
        """Sums over several stretches of draws: shares of holders (authorities, crossings, days), open share
        (crossings, days).
        """
        paths = self.holders[:, :, days], self.open_share[:, days]
        found = []
        for draws in each:
            count = draws.stop - draws.start
            holders, opened = (x[..., 0] * count if x.shape[-1] == 1 else x[..., draws].sum(axis=-1) for x in paths)
            found.append((holders, opened))
        return found

    def dense(self) -> Paths:
        """Itself."""
        return self


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
