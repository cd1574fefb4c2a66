"""The history as reported, draw by draw: sampled control, closures with uncertain ends, threat before a fall,
insecurity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.closing import ROAD, closings
from .case.reported import holder_shares
from .engine.blocks import BLOCK
from .engine.sampling import uniforms
from .foundation import once
from .holders import CHAIN_BYTES, CHAIN_CELLS, Evidence, Ints, States, block_paths
from .inference import gather
from .marginals import require
from .memory import New, aligned
from .model import control
from .tables import records

Array = NDArray[np.float64]
Closure = tuple[int, int, int, int | None, int | None, bool]


@dataclass(frozen=True)
class Inferred:
    """What was published about control and closures, on the days of a run.

    `shares` divide a lost crossing among the authorities (authorities, crossings, days). `offset` is the position of
    the chain's origin among the run's days, `known_until` that of the last day known (its own count from the origin).
    `closures` are (crossing, start first, start last, end first, end last, whether only the road is cut) in run
    positions, which are negative before the run begins; an end that is not reported yet is None.
    """

    known: Evidence
    shares: Array
    offset: int
    known_until: int
    forecast: str
    threat_days: int
    closures: tuple[Closure, ...]
    insecurity: Array  # (days,), NaN where nothing is known
    unknown_from: int  # first run day of a crisis without any driver published, -1 if there is one

    @property
    def at_work(self) -> int:
        """About how many bytes the history of one block takes while it is sampled."""
        cells = len(self.known.crossings) * self.known.days
        return CHAIN_BYTES * min(cells, CHAIN_CELLS) + cells * BLOCK

    @property
    def begins(self) -> int:
        """The first run day on which something may differ in a draw."""
        driven = np.flatnonzero(np.isfinite(self.insecurity))
        first = [self.offset, *(int(day) for day in driven[:1]), *(closure[1] for closure in self.closures)]
        return max(min(first), 0) if self.unknown_from < 0 else max(min(*first, self.unknown_from), 0)


def infer_history(
    case: Case,
    crossings: tuple[str, ...],
    authorities: tuple[str, ...],
    days: pd.DatetimeIndex,
    insecurity: Array,
    as_of: date | None,
    forecast: str,
) -> Inferred:
    """Lay out what the case's reports say on the days of a run; days after `as_of` are forecast."""
    end = days[-1].date()
    require(case, ("threat_days", "closure_days", "insecurity_unknown_rise"))
    threat_days = int(case.best("threat_days"))
    # falls just after the end threaten days before it; control is inferred to the last report whatever the window
    until = max(end + timedelta(days=threat_days), as_of or end)
    known = once(case, ("known", until, forecast), lambda: gather(case, until, forecast).arranged(crossings))
    published = known.rows["published_at"]
    last = (int(published.max()) if len(published) else 0) if as_of is None else (as_of - known.origin).days
    offset = (pd.Timestamp(known.origin) - days[0]).days
    place = {c: i for i, c in enumerate(crossings)}

    def at(day: pd.Timestamp) -> int:
        return (day - days[0]).days

    closures = tuple(
        (
            place[row["crossing"]],
            at(row["start_first"]),
            at(row["start_last"]),
            None if pd.isna(row["end_first"]) else at(row["end_first"]),
            None if pd.isna(row["end_last"]) else at(row["end_last"]),
            row["closed_by"] == ROAD,
        )
        for row in records(once(case, "closings", lambda: closings(case)))
    )
    if any(cut for *_, cut in closures):
        require(case, ("road_cut_open_share",))
    key = ("shares", days[0], days[-1], as_of)
    shares = once(case, key, lambda: holder_shares(case, crossings, authorities, days, as_of))
    unknown = -1 if np.isfinite(insecurity).any() else at(pd.Timestamp(case.baseline_until)) + 1
    return Inferred(known, shares, offset, max(last, 0), forecast, threat_days, closures, insecurity, unknown)


def sampled_history(
    h: Inferred, p: Mapping[str, Array], blank: control.Paths, seed: int, blocks: Sequence[int], reference: float
) -> Sampled:
    """The history of some blocks, of which `p` holds the values drawn; `blank` gives the axes, the levies and the days
    before the chain starts.
    """
    days = blank.holders.shape[2]
    known = block_paths(h.known, p, seed, blocks, h.known_until, h.forecast, days - h.offset + h.threat_days)
    before = np.zeros((len(known), h.offset, known.shape[2]), dtype=np.int8)
    states = np.concatenate([before, known], axis=1) if h.offset else known
    shut: dict[int, list[_Shut]] = {}
    for number, closure in enumerate(h.closures):
        place, spell = _shut(closure, p, seed, blocks, number, h)
        if spell.start.min() < days and spell.end.max() >= 0:
            shut.setdefault(place, []).append(spell)
    insecurity = _insecurity(h, p, days, reference)
    return Sampled(
        states, h.shares, shut, h.offset, h.threat_days, insecurity, blank.levy_rate, blank.levy_per_truck,
        _first_events(states, shut, h, insecurity), h.begins,
    )  # fmt: skip


@dataclass(frozen=True)
class _Shut:
    """A closure as drawn: first and last day in run positions and the share that stays open, (draws,)."""

    start: Ints
    end: Ints
    left: Array


@dataclass(frozen=True)
class Sampled:
    """A history sampled in every draw, kept small: some days at a time are laid out as arrays (`control.History`).

    `states` (crossings, days and as many more as threat lasts, draws) are 0 government, 1 nobody, 2 insurgent; before
    the chain starts at `offset` the government holds all. `shares` divide a lost crossing among the authorities
    (authorities, crossings, days). Closures stand by crossing.
    """

    states: States
    shares: Array
    closures: Mapping[int, Sequence[_Shut]]
    offset: int
    threat_days: int
    insecurity: Array
    levy_rate: Array
    levy_per_truck: Array
    first_events: NDArray[np.int64]
    begins: int

    @property
    def first_event(self) -> int:
        """Position of the first day on which anything differs in any draw."""
        return int(self.first_events.min())

    def closed(self, days: slice) -> control.Closed:
        """Crossings that are not wholly open at some time in some draw, on some days."""
        found = {}
        for row, spells in self.closures.items():
            if all(spell.start.min() >= days.stop for spell in spells):
                continue
            opened = self._opened(row, days)
            found[row] = (opened, self._since(row, days, opened))
        return found

    def on(
        self, days: slice, new: New = aligned, rows: slice = control.ALL, closed: control.Closed | None = None
    ) -> control.Moment:
        """Some crossings on some days, in memory from `new`."""
        states = self.states[rows, days]
        shape = states.shape
        flag = new(shape, np.bool_)

        def holds(state: int) -> Array:
            if not np.equal(states, state, out=flag).any():
                return np.zeros((1, 1, 1))
            held = new(shape)
            held[...] = flag
            return held

        *shares, lost = (holds(state) for state in range(3))
        for number, share in enumerate(self.shares[:, rows, days, None]):
            if number >= 2:
                whole = number == len(self.shares) - 1 and bool((share == 1).all())
                shares.append(lost if whole else lost * share)
            elif lost.size > 1 and share.any():
                shares[number] = shares[number] + lost * share
        government, nobody, *shares = shares
        together = shares[0] if len(shares) == 1 else np.sum(shares, axis=0)
        opened = np.ones((1, 1, 1))
        shut = self.closed(days) if closed is None else closed
        first, last, _ = rows.indices(len(self.states))
        here = [row for row in shut if first <= row < last]
        if here:
            opened = new(shape)
            opened[...] = 1.0
            for row in here:
                opened[row - first] = shut[row][0]
        return control.Moment(government, nobody, together, shares, opened)

    def threatened(self, days: slice, rows: slice = control.ALL, new: New = aligned) -> Array:
        """1 on the days before a crossing held by the government is lost, as many as threat lasts, and else 0; in
        memory from `new`.
        """
        held = self.states[rows, days.start : days.stop + self.threat_days] == 0
        lost = held[:, :-1] & ~held[:, 1:]
        lost[:, : max(self.offset - days.start, 0)] = False
        flag = new(self.states[rows, days].shape, np.bool_)
        flag[...] = False
        for ahead in range(min(self.threat_days, lost.shape[1])):
            soon = lost[:, ahead : ahead + flag.shape[1]]
            flag[:, : soon.shape[1]] |= soon
        flag &= held[:, : flag.shape[1]]
        flag[:, : max(self.offset - days.start, 0)] = False
        if not flag.any():
            return np.zeros((1, 1, 1))
        threat = new(flag.shape)
        threat[...] = flag
        return threat

    def sums(self, days: slice, each: Sequence[slice]) -> list[tuple[Array, Array]]:
        """Sums over several stretches of draws: shares of holders (authorities, crossings, days), open share
        (crossings, days).
        """
        opened_on = {row: self._opened(row, days) for row in self.closures}
        found = []
        for draws in each:
            count, states = draws.stop - draws.start, self.states[:, days, draws]
            nobody, lost = (_count(states == state) for state in (1, 2))
            holders = lost * self.shares[:, :, days]
            holders[0] += count - nobody - lost
            holders[1] += nobody
            opened = np.full(states.shape[:2], float(count))
            for row, path in opened_on.items():
                opened[row] = path[:, draws].sum(axis=-1)
            found.append((holders, opened))
        return found

    def dense(self) -> control.Paths:
        """All days of it as arrays."""
        days = slice(0, self.shares.shape[2])
        closed = self.closed(days)
        m = self.on(days, closed=closed)
        since = np.full((len(self.states), days.stop, self.states.shape[2]), -1.0)
        for row, (_, after) in closed.items():
            since[row] = after
        opened, threat = (np.array(np.broadcast_to(x, since.shape)) for x in (m.open_share, self.threatened(days)))
        holders = np.stack([np.broadcast_to(x, since.shape) for x in (m.government, m.nobody, *m.shares)])
        return control.Paths(
            holders, opened, threat, self.insecurity, since, self.levy_rate, self.levy_per_truck, self.first_events
        )

    def _opened(self, row: int, days: slice) -> Array:
        """Open share of a crossing on some days, (days, draws)."""
        opened = np.ones((days.stop - days.start, self.states.shape[2]))
        day = np.arange(days.start, days.stop)[:, None]
        for spell in self.closures[row]:
            some = slice(max(int(spell.start.min()) - days.start, 0), max(int(spell.end.max()) + 1 - days.start, 0))
            shut = (day[some] >= spell.start) & (day[some] <= spell.end)
            np.minimum(opened[some], np.where(shut, spell.left, 1.0), out=opened[some])
        return opened

    def _since(self, row: int, days: slice, opened: Array) -> Array:
        """Days since a crossing that was wholly shut reopened, from 0; -1 before that and while it is shut again."""
        day = np.arange(days.start, days.stop, dtype=np.float64)[:, None]
        since: Array | None = None
        for spell in self.closures[row]:
            ended = np.where((spell.left == 0) & (spell.end >= 0), spell.end + 1.0, np.inf)
            after = np.maximum(day - ended, -1.0)
            if since is None:
                since = after
            else:
                np.copyto(since, after, where=(after >= 0) & ((since < 0) | (after < since)))
                since[opened == 0] = -1.0
        return np.full(opened.shape, -1.0) if since is None else since


def _count(flags: NDArray[np.bool_]) -> Ints:
    """How many are set along the last axis, counted bit by bit of bytes that hold eight."""
    return np.asarray(np.bitwise_count(np.packbits(flags, axis=-1)).sum(axis=-1, dtype=np.int64))


def _shut(
    closure: Closure, p: Mapping[str, Array], seed: int, blocks: Sequence[int], number: int, h: Inferred
) -> tuple[int, _Shut]:
    """Which crossing a closure shuts, and from a day drawn in the window of its start to one in that of its end."""
    place, start_first, start_last, end_first, end_last, road_cut = closure
    u = uniforms(seed, f"closure/{number}/start", *blocks)
    start = start_first + np.minimum((u * (start_last - start_first + 1)).astype(int), start_last - start_first)
    if end_first is None or end_last is None:
        # no end is reported yet: it lasts a drawn number of days more from the last day known
        end = np.maximum(start, h.offset + h.known_until) + np.ceil(np.maximum(p["closure_days"], 0.0)).astype(int)
    else:
        u = uniforms(seed, f"closure/{number}/end", *blocks)
        end = end_first + np.minimum((u * (end_last - end_first + 1)).astype(int), end_last - end_first)
    left = np.clip(p["road_cut_open_share"], 0.0, 1.0) if road_cut else np.zeros(len(u))
    return place, _Shut(start, np.maximum(end, start), left)


def _first_events(
    states: States, shut: Mapping[int, Sequence[_Shut]], h: Inferred, insecurity: Array
) -> NDArray[np.int64]:
    """Position of the first day with any change from the counterfactual, by draw; the number of days if none."""
    days = len(insecurity)
    fallen = states.max(axis=0) > 0
    first = np.where(fallen.any(axis=0), fallen.argmax(axis=0), len(fallen))
    first = np.maximum(first - h.threat_days, h.offset)  # threat begins before a fall
    for spell in (spell for spells in shut.values() for spell in spells):
        acts = (spell.left < 1) & (spell.end >= 0)
        first = np.where(acts, np.minimum(first, np.maximum(spell.start, 0)), first)
    driven = np.isfinite(insecurity)
    first = np.minimum(first, np.where(driven.any(axis=0), driven.argmax(axis=0), days))
    return np.asarray(np.minimum(first, days), dtype=np.int64)


def _insecurity(h: Inferred, p: Mapping[str, Array], days: int, reference: float) -> Array:
    """The driver as published, or where none is yet a rise drawn from a wide prior, reached over a month."""
    if h.unknown_from < 0:
        return h.insecurity[:, None]
    rise = p["insecurity_unknown_rise"]
    path = np.full((days, len(rise)), np.nan)
    first = max(h.unknown_from, 0)
    climb = np.minimum((np.arange(first, days) - h.unknown_from + 1) / 31.0, 1.0)
    path[first:] = reference + climb[:, None] * rise
    return path
