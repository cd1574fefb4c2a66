"""Who held each crossing in every draw: what was stated, laid out once, and histories sampled from it block by block.

A bare count of lost posts says something about all crossings together: it chooses among several joint histories of a
draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case.evidence import CLASSES, clusters
from .engine.blocks import BLOCK, each_block
from .engine.sampling import uniform_days, uniforms, whole_numbers
from .memory import New, scratch
from .model.evidence import Statement, cells_of, leading, likelihood, silent_days
from .model.histories import TOGETHER, Bits, Moves, backward_shares, sample_before, sample_histories
from .tables import records

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
States = NDArray[np.int8]  # 0 government, 1 nobody, 2 insurgent

CHAIN_CELLS = 16_384  # days x crossings whose chains of a block are in memory at once
CHAIN_BYTES = 8_000  # of each and a block, about
COUNT_SLACK = 1  # a count of lost posts fits if the history is within one of it


@dataclass(frozen=True)
class Evidence:
    """Statements of a case on a day grid that starts at a fixed origin."""

    origin: date
    days: int
    crossings: tuple[str, ...]
    groups: tuple[str, ...]
    rows: pd.DataFrame  # classified reports with positions: first, last, published (days since origin)

    def known(self, position: int) -> Evidence:
        """Only what was published by the day at `position`, its clusters made anew."""
        return replace(self, rows=self.rows[self.rows["published_at"] <= position].reset_index(drop=True))

    def arranged(self, crossings: tuple[str, ...]) -> Evidence:
        """The same evidence with the crossings in another order."""
        group = dict(zip(self.crossings, self.groups, strict=True))
        return replace(self, crossings=crossings, groups=tuple(group[c] for c in crossings))

    @cached_property
    def parts(self) -> list[Evidence]:
        """Evidence on some crossings each, so many that their chains fit into memory at once."""
        step = max(CHAIN_CELLS // self.days, 1)
        if len(self.crossings) <= step:
            return [self]
        return [self._only(slice(begin, begin + step)) for begin in range(0, len(self.crossings), step)]

    def _only(self, some: slice) -> Evidence:
        names = self.crossings[some]
        rows = self.rows[self.rows["crossing"].isin(names)].reset_index(drop=True)
        return replace(self, crossings=names, groups=self.groups[some], rows=rows)

    @cached_property
    def statements(self) -> list[Statement]:
        """Statements on single crossings."""
        rows = self.rows[self.rows["crossing"] != "national"].reset_index(drop=True)
        place = {c: i for i, c in enumerate(self.crossings)}
        return [
            Statement(
                place[row["crossing"]], row["proposition"], int(row["first_at"]), int(row["last_at"]),
                int(row["published_at"]), row["weight"], int(cluster), f"{row['report']}/{row['crossing']}",
            )
            for row, cluster in zip(records(rows), clusters(rows), strict=True)
        ]  # fmt: skip

    @cached_property
    def layouts(self) -> dict[int, Layout]:
        """Layouts made so far, by the last day known."""
        return {}

    @cached_property
    def counts(self) -> list[tuple[int, float, str]]:
        """Bare counts of lost border posts: day position, count, weight class."""
        rows = self.rows[self.rows["crossing"] == "national"]
        return [(int(row["last_at"]), float(row["count"]), str(row["weight"])) for row in records(rows)]


@dataclass(frozen=True)
class Layout:
    """What the chain of a crossing rests on in every draw, when the last day known is `days - 1`."""

    days: int
    full: tuple[bool, ...]  # whether a statement leads its cluster
    cells: Mapping[tuple[int, int], int]  # (day, crossing) to row of the likelihood
    by_day: tuple[tuple[Ints, Ints], ...]  # rows and crossings of each day
    loss: Ints  # silent days after a loss on each day, (days, crossings)
    back: Ints

    @classmethod
    def of(cls, known: Evidence, until: int) -> Layout:
        """Of what is known, for days 0 to `until`; made once."""
        if until not in known.layouts:
            known.layouts[until] = cls._made(known, until)
        return known.layouts[until]

    @classmethod
    def _made(cls, known: Evidence, until: int) -> Layout:
        days, count, statements = until + 1, len(known.crossings), known.statements
        cells = cells_of(statements, days)
        by_day: list[list[tuple[int, int]]] = [[] for _ in range(days)]
        for (day, crossing), row in cells.items():
            by_day[day].append((row, crossing))
        pairs = [np.array(found, dtype=np.int64).reshape(-1, 2).T for found in by_day]
        loss, back = (np.zeros((days, count), dtype=np.int64) for _ in range(2))
        said: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        for s in statements:
            said[s.crossing].append((s.published, s.proposition))
        for c, stated in enumerate(said):
            told = [day for day, says in stated if says in ("lost", "collecting", "promise")]
            loss[:, c] = silent_days(told, days, until)
            loss[0, c] *= all(day >= 0 for day in told)  # told before the chain begins: its first state is no silence
            back[:, c] = silent_days([day for day, says in stated if says == "held"], days, until)
        full = leading(statements, {name: i for i, name in enumerate(CLASSES)})
        return cls(days, tuple(full), cells, tuple((rows, where) for rows, where in pairs), loss, back)


def _begin(
    known: Evidence, layout: Layout, p: Mapping[str, Array], seed: int, *blocks: int
) -> tuple[Array, Moves, Array]:
    """Initial probabilities (3, crossings, draws), transitions, and the likelihood of the cells of some blocks."""
    uniform = {s.key: uniforms(seed, f"event/{s.key}", *blocks) for s in known.statements if s.first < s.last}
    log_weight = dict(zip(CLASSES, np.log(_weights(p)), strict=True))
    repeat = np.clip(p["repeat_power"], 0.0, 0.3)
    seen = likelihood(known.statements, layout.full, layout.cells, layout.days, log_weight, repeat, uniform)
    moves = Moves.of(
        p["hazard_fall"],
        p["fall_to_nobody"],
        np.minimum(p["hazard_collect"], 1.0),
        p["hazard_recapture"],
        p["silence"],
    )
    # a post lost before the chain begins would have been reported too
    held = np.stack([p.get(f"initial_held.{c}", p["initial_held"]) for c in known.crossings])
    quiet = (1.0 - p["silence"]) ** layout.loss[0][:, None]
    initial = np.stack(np.broadcast_arrays(held, (1 - held) / 2 * quiet, (1 - held) / 2 * quiet))
    return initial, moves, seen


def chain_of(known: Evidence, p: Mapping[str, Array], seed: int, block: int, until: int) -> tuple[Array, Array, Array]:
    """Initial, transition and likelihood of one block of draws, for days 0 to `until`, from what is known.

    Shapes (3, crossings, draws), (days - 1, 3, 3, crossings, draws) and (days, 3, crossings, draws).
    """
    layout = Layout.of(known, until)
    initial, moves, seen = _begin(known, layout, p, seed, block)
    stated = np.ones((layout.days, *initial.shape))
    for (day, crossing), row in layout.cells.items():
        stated[day, :, crossing] = seen[row]
    return initial, moves.dense(layout.loss, layout.back), stated


def _weights(p: Mapping[str, Array]) -> Array:
    """Likelihood ratios by class, heaviest first in every draw; at least 1, a relay at most 3."""
    drawn = np.stack([np.maximum(p[f"weight_{name}"], 1.0) for name in CLASSES])
    drawn = -np.sort(-drawn, axis=0)
    drawn[-1] = np.minimum(drawn[-1], 3.0)
    return drawn


def block_paths(
    known: Evidence,
    p: Mapping[str, Array],
    seed: int,
    blocks: Sequence[int],
    known_until: int,
    forecast: str,
    days: int | None = None,
) -> States:
    """Sampled states of some blocks, (crossings, days, draws): inferred up to the as-of day, forecast after it.

    `p` holds the values drawn in these blocks. The first `days` are returned, or all. Crossings are worked out some at
    a time where all take much memory: each has a chain of its own.
    """
    until = min(known_until, known.days - 1)
    counts = [c for c in known.counts if c[0] <= until]
    first = min((day for day, _, _ in counts), default=until)
    parts = known.parts
    draws = len(blocks) * BLOCK
    pick = np.zeros(draws, dtype=np.uint8)
    found = []
    with scratch("history") as new:
        drawn: _Drawn | None = None
        if counts:
            many = np.zeros((len(counts), TOGETHER, draws), dtype=np.int64)
            for part in parts:
                new.rewind()
                drawn = _Drawn.of(part, p, seed, blocks, until, first, new)
                border = np.array([g != "inland" for g in part.groups])
                for number, (day, _, _) in enumerate(counts):
                    for history, lost in enumerate(many[number]):
                        lost += (drawn.states[day - first, 0, border] >> history & 1).sum(axis=0, dtype=np.int64)
            pick = _fitting(many, counts, p, uniforms(seed, "count", *blocks))
        for part in parts:
            if drawn is None or len(parts) > 1:
                new.rewind()
                drawn = _Drawn.of(part, p, seed, blocks, until, first, new)
            found.append(drawn.chosen(pick, new)[:, :days])
    states = found[0] if len(found) == 1 else np.concatenate(found)
    if (days is not None and days <= until + 1) or until == known.days - 1:
        return states
    ahead = _forecast(known, states[:, -1], p, seed, blocks, until, forecast)
    return np.concatenate([states, ahead.transpose(1, 0, 2)], axis=1)[:, :days]


@dataclass(frozen=True)
class _Drawn:
    """Joint histories of some crossings from a first day on, and what those before it are drawn from.

    `shares` (days - 1, 5, crossings, draws) and the random numbers `uniform` (days, crossings, draws) are of all days;
    `states`, as of `sample_histories`, begin on the first day: days before it need only the one history that is taken.
    """

    shares: Numbers
    uniform: Numbers
    states: Bits

    @classmethod
    def of(
        cls, known: Evidence, p: Mapping[str, Array], seed: int, blocks: Sequence[int], until: int, first: int, new: New
    ) -> _Drawn:
        """Draw `TOGETHER` histories of each crossing on the days from `first` to `until`."""
        layout = Layout.of(known, until)
        initial, moves, seen = _begin(known, layout, p, seed, *blocks)
        shares, last = backward_shares(initial, moves, layout.loss, layout.back, layout.by_day, seen, new)
        uniform = new((layout.days, *last.shape[1:]), np.int32)
        for place, crossing in enumerate(known.crossings):
            for one, block in zip(each_block(uniform.shape[2]), blocks, strict=True):
                drawn = whole_numbers(seed, f"path/{crossing}", block, layout.days * BLOCK)
                uniform[:, place, one] = drawn.reshape(-1, BLOCK)
        states = new((layout.days - first, 2, *last.shape[1:]), np.uint8)
        sample_histories(shares[first:], last, uniform[first:], states)
        return cls(shares, uniform, states)

    def chosen(self, pick: NDArray[np.uint8], new: New) -> States:
        """The history picked in each draw, (crossings, days, draws); its days before the first are drawn now."""
        days, crossings, draws = self.uniform.shape
        first = days - len(self.states)
        states = new((days, 2, crossings, draws), np.bool_)
        np.right_shift(self.states, pick, out=self.states)
        np.not_equal(np.bitwise_and(self.states, np.uint8(1), out=self.states), 0, out=states[first:])
        sample_before(self.shares[:first], self.uniform[:first], states[: first + 1])
        lost, insurgent = states.transpose(1, 2, 0, 3)
        return np.asarray(np.add(lost, insurgent, out=np.empty(lost.shape, dtype=np.int8), dtype=np.int8))


def _fitting(
    many: Ints, counts: Sequence[tuple[int, float, str]], p: Mapping[str, Array], uniform: Array
) -> NDArray[np.uint8]:
    """Which joint history to take in each draw, chosen by the bare counts that were stated; `many` are the lost posts
    of each on the day of each count, (counts, histories, draws).
    """
    log_weight = dict(zip(CLASSES, np.log(_weights(p)), strict=True))
    score = np.zeros(many.shape[1:])
    for lost, (_, count, weight) in zip(many, counts, strict=True):
        score += log_weight[weight] * (np.abs(lost - count) <= COUNT_SLACK)
    edges = np.cumsum(np.exp(score - score.max(axis=0)), axis=0)
    return np.asarray((uniform * edges[-1] >= edges[:-1]).sum(axis=0, dtype=np.uint8))


def _forecast(
    known: Evidence,
    last: States,
    p: Mapping[str, Array],
    seed: int,
    blocks: Sequence[int],
    until: int,
    forecast: str,
) -> NDArray[np.int8]:
    """States after the as-of day: they persist, or go on by the hazards, with contagion inside a route group if
    asked.
    """
    ahead = known.days - 1 - until
    if forecast == "persist":
        return np.repeat(last[None], ahead, axis=0)
    uniform = np.concatenate(
        [
            np.stack([uniform_days(seed, f"future/{c}", b, known.days)[until + 1 :] for c in known.crossings], axis=1)
            for b in blocks
        ],
        axis=2,
    )
    member = np.array([[a == b for b in known.groups] for a in known.groups], dtype=float)
    state, found = last.astype(np.int8), []
    for day in range(ahead):
        fall = np.broadcast_to(p["hazard_fall"], state.shape)
        if forecast == "contagion":
            lost = member @ (state > 0) - (state > 0)
            fall = np.minimum(p["hazard_fall"] * np.maximum(p["contagion"], 1.0) ** lost, 1.0)
        chance = np.zeros((3, 3, *state.shape))
        chance[0] = [1 - fall, fall * p["fall_to_nobody"], fall * (1 - p["fall_to_nobody"])]
        collect, back = np.minimum(p["hazard_collect"], 1.0), p["hazard_recapture"]
        chance[1] = [np.broadcast_to(v, state.shape) for v in (back, np.maximum(1 - collect - back, 0), collect)]
        chance[2] = [np.broadcast_to(v, state.shape) for v in (back, 0 * back, 1 - back)]
        edges = np.cumsum(np.take_along_axis(chance, state[None, None].astype(np.intp), axis=0)[0], axis=0)
        state = (uniform[day] * edges[-1] >= edges[:-1]).sum(axis=0).astype(np.int8)
        found.append(state)
    return np.stack(found)
