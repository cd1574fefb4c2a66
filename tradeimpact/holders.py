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
from .engine.blocks import BLOCK
from .engine.sampling import uniform_days, uniforms, whole_numbers
from .memory import New, scratch
from .model.evidence import Statement, cells_of, leading, likelihood, silent_days
from .model.histories import Moves, backward_shares, sample_histories
from .tables import records

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

CANDIDATES = 8  # joint histories per draw among which a bare count chooses
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
    known: Evidence, layout: Layout, p: Mapping[str, Array], seed: int, block: int
) -> tuple[Array, Moves, Array]:
    """Initial probabilities (3, crossings, draws), transitions, and the likelihood of the cells of a block."""
    uniform = {s.key: uniforms(seed, f"event/{s.key}", block) for s in known.statements if s.first < s.last}
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
    known: Evidence, p: dict[str, Array], seed: int, block: int, known_until: int, forecast: str
) -> NDArray[np.int8]:
    """Sampled states of one block, (days, crossings, draws): inferred up to the as-of day, forecast after it."""
    until = min(known_until, known.days - 1)
    layout = Layout.of(known, until)
    initial, moves, seen = _begin(known, layout, p, seed, block)
    counts = [c for c in known.counts if c[0] <= until]
    with scratch() as new:
        shares, last = backward_shares(initial, moves, layout.loss, layout.back, layout.by_day, seen, new)
        uniform = _uniform(known.crossings, layout.days, CANDIDATES if counts else 1, seed, block, new)
        chosen = _fitting(known, *sample_histories(shares, last, uniform, new), counts, p, seed, block)
    if until == known.days - 1:
        return chosen
    return np.concatenate([chosen, _forecast(known, chosen[-1], p, seed, block, until, forecast)])


def _uniform(
    crossings: Sequence[str], days: int, histories: int, seed: int, block: int, new: New
) -> NDArray[np.uint32]:
    """Random numbers of a block, (crossings, days, histories, draws)."""
    out = new((len(crossings), days, histories, BLOCK), np.uint32)
    for place, crossing in enumerate(crossings):
        out[place].ravel()[:] = whole_numbers(seed, f"path/{crossing}", block, out[place].size)
    return out


def _fitting(
    known: Evidence,
    lost: Flags,
    insurgent: Flags,
    counts: Sequence[tuple[int, float, str]],
    p: Mapping[str, Array],
    seed: int,
    block: int,
) -> NDArray[np.int8]:
    """One joint history per draw, chosen among candidates by the bare counts that were stated; (days, crossings,
    draws).
    """
    if not counts:
        return np.add(lost[:, :, 0], insurgent[:, :, 0], dtype=np.int8)
    border = np.array([g != "inland" for g in known.groups])
    log_weight = dict(zip(CLASSES, np.log(_weights(p)), strict=True))
    score = np.zeros((lost.shape[2], BLOCK))
    for day, count, weight in counts:
        many = lost[day][border].sum(axis=0, dtype=np.int64)
        score += log_weight[weight] * (np.abs(many - count) <= COUNT_SLACK)
    share = np.exp(score - score.max(axis=0))
    edges = np.cumsum(share, axis=0)
    pick = (uniforms(seed, "count", block) * edges[-1] >= edges[:-1]).sum(axis=0)
    chosen = np.zeros((*lost.shape[:2], BLOCK), dtype=np.int8)
    one = np.empty(chosen.shape, dtype=np.bool_)
    for candidate in range(lost.shape[2]):
        for state in (lost, insurgent):
            chosen += np.logical_and(state[:, :, candidate], pick == candidate, out=one).view(np.int8)
    return chosen


def _forecast(
    known: Evidence, last: NDArray[np.int8], p: dict[str, Array], seed: int, block: int, until: int, forecast: str
) -> NDArray[np.int8]:
    """States after the as-of day: they persist, or go on by the hazards, with contagion inside a route group if
    asked.
    """
    ahead = known.days - 1 - until
    if forecast == "persist":
        return np.repeat(last[None], ahead, axis=0)
    uniform = np.stack(
        [uniform_days(seed, f"future/{c}", block, known.days)[until + 1 :] for c in known.crossings], axis=1
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
