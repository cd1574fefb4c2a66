"""What a run would have been had only some of its falls and drivers happened: the game behind an attribution.

Players are the crossings that fall and the drivers of the history: insecurity, threat, closures. For a coalition the
whole dynamic model is run again, on the same draws, with the paths of everybody else taken out:

* a crossing outside is held by the government throughout, as in the counterfactual;
* a driver outside is at its reference: no insecurity driver, no threat, every crossing open and never recovering;
* what needs both a fall and a driver is there only if both take part, and their shares in it are equal: threat at a
  crossing that falls in that draw, and a closure that began while the government did not hold the crossing (a
  neighbour that shuts a captured post), with the recovery after it. A closure that began in government hands, and a
  threat at a crossing that never falls, belong to the driver alone.

The empty coalition is the counterfactual, all together are the run itself. Who is idle in a draw is left out of that
draw's game, which shortens it and makes the idle share exactly zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..engine.blocks import BLOCK
from ..engine.sampling import Sampler
from ..engine.schedule import in_order
from ..inputs import Inputs
from ..kernel import Drawn, draw_block, history, outcome
from ..model.control import Paths, days_since_reopening, first_changes

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRIVERS = ("insecurity", "threat", "closures")


@dataclass(frozen=True)
class Game:
    """One block of draws with everything that may be taken out of its history.

    Shapes: C crossings, T days, B draws (1 where the history is the same in every draw). Players are the crossings in
    the order of `x.crossings`, then the drivers.
    """

    x: Inputs
    d: Drawn
    paths: Paths
    day_weights: Array  # (window days,): what a line of a day is multiplied with

    @cached_property
    def fallen(self) -> Bools:
        """Days on which the government does not wholly hold a crossing, (C, T, B)."""
        return np.asarray(self.paths.holders[0] < 1)

    @cached_property
    def playing(self) -> Bools:
        """Whether each player does anything in a draw, (players, BLOCK)."""
        return np.broadcast_to(self._onset < len(self.x.days), (len(self._onset), BLOCK))

    @property
    def onset(self) -> NDArray[np.intp]:
        """Position of the first day on which each player does anything; the number of days if never."""
        return np.broadcast_to(self._onset, (len(self._onset), BLOCK))

    @cached_property
    def _onset(self) -> NDArray[np.intp]:
        s = self.paths
        marks = [*self.fallen, np.isfinite(s.insecurity), (s.threat > 0).any(axis=0), (s.open_share < 1).any(axis=0)]
        found = [np.where(mark.any(axis=0), mark.argmax(axis=0), len(mark)) for mark in marks]
        return np.stack(np.broadcast_arrays(*found))

    @cached_property
    def _closures(self) -> tuple[Array, Array]:
        """Open share with the closures that began in government hands, and with all of them."""
        return _begun_held(self.paths.open_share, self.fallen), self.paths.open_share

    @cached_property
    def _since(self) -> tuple[Array, Array]:
        """Days since reopening under each of the two."""
        return days_since_reopening(self._closures[0]), self.paths.days_since_reopening

    @cached_property
    def _own_threat(self) -> Array:
        """Threat at crossings that never fall, which needs nobody but the driver."""
        return np.asarray(self.paths.threat * ~self.fallen.any(axis=1, keepdims=True))

    def masked(self, draws: NDArray[np.intp], members: Bools) -> Paths:
        """History with only the members of a coalition, each in its draw.

        `draws` (K,) are positions in the block, or one position for all; `members` (players, K or 1).
        """
        s, count = self.paths, len(self.x.crossings)

        def of(path: Array) -> Array:
            return path if path.shape[-1] == 1 else path[..., draws]

        crossing = members[:count, None]
        insecurity, threat, closures = members[count:]
        holders = np.where(crossing, of(s.holders), 0.0)
        holders[0] = np.where(crossing, of(s.holders[0]), 1.0)
        opened, since = (
            np.where(closures, np.where(crossing, of(every), of(own)), otherwise)
            for (own, every), otherwise in ((self._closures, 1.0), (self._since, -1.0))
        )
        danger = np.where(threat, np.where(crossing, of(s.threat), of(self._own_threat)), 0.0)
        unrest = np.where(insecurity, of(s.insecurity), np.nan)
        return replace(
            s, holders=holders, open_share=opened, threat=danger, insecurity=unrest, days_since_reopening=since,
            first_events=first_changes(holders, opened, danger, unrest),
        )  # fmt: skip

    def worth(self, draws: NDArray[np.intp], members: Bools, *, threads: int | None = None) -> Array:
        """Government loss and insurgent gain of coalitions, each in its draw, (2, K).

        `draws` (K,) are positions in the block, `members` (players, K). Units of the run's currency over its window.
        """
        found = np.zeros((2, len(draws)))
        question = _Question(self, draws, members)
        parts = [range(begin, min(begin + BLOCK, len(draws))) for begin in range(0, len(draws), BLOCK)]
        done = in_order(_respond_part, question, parts, threads=threads)
        for part, values in zip(parts, done, strict=True):
            found[:, part] = values
        return found

    @property
    def shared(self) -> bool:
        """Whether the history is the same in every draw: then a coalition is cheapest in many draws at a time."""
        return int(self._onset.shape[1]) == 1


@dataclass(frozen=True)
class _Question:
    """Coalitions whose worth is asked, as `Game.worth` has them."""

    game: Game
    draws: NDArray[np.intp]
    members: Bools


def play(x: Inputs, sampler: Sampler, number: int, day_weights: Array) -> Game:
    """Draw a block and its history once; every coalition is then taken from them."""
    d = draw_block(x, sampler, number)
    return Game(x, d, history(x, d).dense(), day_weights)


def games(x: Inputs, sampler: Sampler, draws: int, day_weights: Array) -> Iterator[tuple[Game, int]]:
    """Blocks of a run as games, one at a time, with the number of draws of each that are wanted."""
    for number in range(-(-draws // BLOCK)):
        yield play(x, sampler, number, day_weights), min(BLOCK, draws - number * BLOCK)


def _respond_part(q: _Question, part: Sequence[int]) -> Array:
    """Loss and gain of up to BLOCK pairs of draw and coalition, in one call of the model."""
    at = np.asarray(part)
    padded = np.concatenate([at, np.full(BLOCK - len(at), at[0])])
    draws, members = q.draws[padded], q.members[:, padded]
    g = q.game
    if g.shared and (members == members[:, :1]).all():
        members = members[:, :1]
    one_draw = bool((draws == draws[0]).all())
    paths = g.masked(draws[:1] if one_draw else draws, members)
    return _respond(g.x, _taken(g.d, draws), paths, g.day_weights)[:, : len(at)]


def _respond(x: Inputs, d: Drawn, paths: Paths, day_weights: Array) -> Array:
    """The model itself under given paths: loss and gain over the window, (2, BLOCK)."""
    return np.stack([day_weights @ line for line in outcome(x, d, paths)])


def _taken(d: Drawn, draws: NDArray[np.intp]) -> Drawn:
    """What was drawn, with the draws of a block in another order or repeated."""
    if np.array_equal(draws, np.arange(BLOCK)):
        return d
    p = {name: value[draws] for name, value in d.p.items()}
    return replace(d, p=p, m0=d.m0.of(draws), r0=d.r0[..., draws], ordinary=d.ordinary[..., draws])


def _begun_held(open_share: Array, fallen: Bools) -> Array:
    """Open share with only those closures that began on a day on which the government wholly held the crossing."""
    opened, lost = np.broadcast_arrays(open_share, fallen)
    kept = np.ones(opened.shape)
    running = np.zeros(opened[:, 0].shape, dtype=bool)
    shut_before = np.zeros_like(running)
    for day in range(opened.shape[1]):
        shut = opened[:, day] < 1
        running = shut & np.where(shut_before, running, ~lost[:, day])
        kept[:, day] = np.where(running, opened[:, day], 1.0)
        shut_before = shut
    return kept
