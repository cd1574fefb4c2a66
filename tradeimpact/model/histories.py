"""Histories of holders drawn from the chain of MODEL section 4: filter forward, sample backward, many at a time.

The states are government G, nobody N and insurgent I, and I never turns into N. With f the filtered probabilities of a
day and A the transition into the next, the state of a day given the state after it is drawn from ``f[j] A[j, after]``.
Its cumulative shares are made in the forward pass, so that several histories of one draw share them: P(G) before G, I
and N, in this order, and P(G or N) before G and I.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..memory import New, aligned

Array = NDArray[np.float64]
Whole = NDArray[np.int32]  # from 0
Ints = NDArray[np.int64]
Bits = NDArray[Any]  # flags, or bytes of as many histories as they have bits

SILENT_DAYS = 10
RESTED = 8  # days after which chains without a statement are made shares again: silence lowers them, far from TINY
TINY = 1e-280
LARGEST = 2.0**31 - 1  # shares are whole numbers up to it, as the random numbers they are held against
GIN = [0, 2, 1]  # the order of states in which what a step needs lies side by side; its own inverse
TOGETHER = 8  # histories of a draw that are drawn at once, a bit of a byte each
PLACES = np.uint32(28)
EIGHTH = np.uint32(2**28)  # of the range of the random numbers
ALL = np.uint32(255)


@dataclass(frozen=True)
class Moves:
    """Daily transitions, (draws,), and those that silence follows, (silent days, draws): from and to G, N, I.

    A change that would have been reported and was not has likelihood (1 - rho) for each silent day.
    """

    gg: Array
    gn: Array
    gi: Array
    ng: Array
    nn: Array
    ni: Array
    ig: Array
    ii: Array

    @classmethod
    def of(cls, fall: Array, to_nobody: Array, collect: Array, recapture: Array, silence: Array) -> Moves:
        """From daily hazards and rho, (draws,) each."""
        quiet = (1.0 - silence) ** np.arange(SILENT_DAYS + 1)[:, None]
        return cls(
            gg=1.0 - fall,
            gn=fall * to_nobody * quiet,
            gi=fall * (1.0 - to_nobody) * quiet,
            ng=np.minimum(recapture, 1.0) * quiet,
            nn=np.maximum(1.0 - collect - recapture, 0.0),
            ni=collect,
            ig=recapture * quiet,
            ii=1.0 - recapture,
        )

    def dense(self, loss: Ints, back: Ints) -> Array:
        """Transition matrices, (days - 1, 3, 3, crossings, draws), given silent days (days, crossings)."""
        days, crossings = loss.shape
        out = np.zeros((days - 1, 3, 3, crossings, len(self.gg)))
        out[:, 0, 0], out[:, 0, 1], out[:, 0, 2] = self.gg, self.gn[loss[1:]], self.gi[loss[1:]]
        out[:, 1, 0], out[:, 1, 1], out[:, 1, 2] = self.ng[back[1:]], self.nn, self.ni
        out[:, 2, 0], out[:, 2, 2] = self.ig[back[1:]], self.ii
        return out


def backward_shares(
    initial: Array,
    moves: Moves,
    loss: Ints,
    back: Ints,
    cells: Sequence[tuple[Ints, Ints]],
    likelihood: Array,
    new: New = aligned,
) -> tuple[Whole, Array]:
    """Cumulative shares by day, (days - 1, 5, crossings, draws), in units of 1 / LARGEST, and the last day's filtered
    probabilities (3, crossings, draws), in memory from `new`.

    Parameters
    ----------
    initial : array (3, crossings, draws)
    moves, loss, back
        Transitions and the silent days (days, crossings) that weigh them.
    cells : sequence of (rows, crossings), one for each day
        Which rows of `likelihood` (rows, 3, draws) speak about which crossings on the day.
    """
    days, (crossings, draws) = len(loss), initial.shape[1:]
    shares = new((max(days - 1, 0), 5, crossings, draws), np.int32)
    from_g, from_n, now, then, part = (new((3, crossings, draws)) for _ in range(5))
    from_i, sums = new((2, crossings, draws)), new((6, crossings, draws))
    from_g[0], from_n[1], from_n[2], from_i[1] = moves.gg, moves.ni, moves.nn, moves.ii
    falls, returns = ((from_g[1], moves.gi), (from_g[2], moves.gn)), ((from_n[0], moves.ng), (from_i[0], moves.ig))
    now[...], likelihood = initial[GIN], likelihood[:, GIN]
    _observe(now, cells[0], likelihood, 0, whole=True)
    for day in range(1, days):
        g, i, n = now
        for silent, laid_out in ((loss, falls), (back, returns)):
            for crossing in range(crossings) if day == 1 else np.flatnonzero(silent[day] != silent[day - 1]):
                for mine, move in laid_out:
                    mine[crossing] = move[silent[day, crossing]]
        # P(G) into each state, P(G or N), and all, which for N is the same
        np.multiply(g, from_g, out=sums[:3])
        np.add(sums[:3], np.multiply(n, from_n, out=part), out=sums[3:])
        np.add(sums[3:5], np.multiply(i, from_i, out=part[:2]), out=then[:2])
        then[2] = sums[5]
        # a state that cannot be reached is not drawn either; the parts of a sum are at most the sum, so that none
        # is above LARGEST by a whole number
        scale = np.divide(LARGEST, np.maximum(then, TINY, out=part), out=part)
        sums[:3] *= scale
        sums[3:5] *= scale[:2]
        shares[day - 1] = sums[:5]
        _observe(then, cells[day], likelihood, day, whole=day % RESTED == 0 or day == days - 1)
        now, then = then, now
    return shares, now[GIN]


def _observe(state: Array, cells: tuple[Ints, Ints], likelihood: Array, day: int, whole: bool) -> None:
    """Weigh by what was stated on a day and make shares of it, in place: at crossings of which something was stated, or
    at all.
    """
    for row, crossing in zip(*cells, strict=True):
        one = state[:, crossing]
        one *= likelihood[row]
        one /= _total(one, day)
    if whole:
        state /= _total(state, day)


def _total(state: Array, day: int) -> Array:
    total: Array = state[0] + state[2]
    total += state[1]
    if not total.min(initial=1.0) > 0:
        raise ModelError(f"on day {day} (from 0) every holder is impossible; two statements contradict one another")
    return total


def sample_histories(shares: Whole, last: Array, uniform: Whole, states: Bits) -> None:
    """States drawn backward, into `states` (days, 2, crossings, draws): whether lost (nobody or insurgent), and whether
    insurgent. They are flags of one history, or bytes of which bit k is history k of `TOGETHER`.

    `uniform` (days, crossings, draws) are whole numbers from 0 to 2**31 - 1, all as likely; `shares` (days - 1, 5,
    crossings, draws) and `last` (3, crossings, draws) are those of `backward_shares`. History k of K takes ``uniform``
    turned by k / K of its range: each alone is a draw from the chain, and together they are spread over what the chain
    can do (systematic sampling).
    """
    top = (np.minimum(np.stack([last[0], last[0] + last[1]]), 1.0) * LARGEST).astype(np.int32)
    numbers = _numbers(states)
    numbers.take(uniform[-1])
    numbers.turn_back(numbers.above(top), states[-1])
    sample_before(shares, uniform, states)


def sample_before(shares: Whole, uniform: Whole, states: Bits) -> None:
    """Draw the states of all days but the last, which is given: into `states` as `sample_histories` has them."""
    numbers = _numbers(states)
    after = aligned((3, *states.shape[2:]), states.dtype)  # G, I, N
    found = aligned(states.shape[1:], states.dtype)
    for day in range(len(states) - 2, -1, -1):
        numbers.take(uniform[day])
        numbers.turn(states[day + 1], after[:2])
        np.bitwise_xor(after[0], after[1], out=after[2])
        np.invert(after[0], out=after[0])
        above = numbers.above(shares[day])
        np.bitwise_and(above[:3], after, out=above[:3])
        np.bitwise_or.reduce(above[:3], axis=0, out=found[0])
        # nobody follows the insurgents never, so that a day before nobody is G or N
        np.bitwise_and(above[3:], after[:2], out=above[3:])
        np.bitwise_or(above[3], above[4], out=found[1])
        numbers.turn_back(found, states[day])


class _One:
    """The numbers of one history on a day."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.bits = aligned((5, *shape), np.bool_)

    def take(self, uniform: Whole) -> None:
        self.uniform = uniform

    def above(self, shares: Whole) -> Bits:
        """Whether they are at or above some shares."""
        return np.asarray(np.greater_equal(self.uniform, shares, out=self.bits[: len(shares)]))

    def turn(self, bits: Bits, out: Bits) -> None:
        out[...] = bits

    turn_back = turn


class _Together:
    """The numbers of `TOGETHER` histories on a day: one in each eighth of the range, at the same place in it. A bit
    stands for the one in that eighth at first, and is turned to the place of its history.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.rest, self.first = aligned(shape, np.uint32), aligned((5, *shape), np.uint32)
        self.turned, self.left = (aligned(shape, np.uint8) for _ in range(2))
        self.bits, self.down = aligned((5, *shape), np.uint8), aligned((2, *shape), np.uint8)

    def take(self, uniform: Whole) -> None:
        numbers = uniform.view(np.uint32)
        np.bitwise_or(numbers, ~(EIGHTH - 1), out=self.rest)
        np.invert(self.rest, out=self.rest)  # EIGHTH - 1 less the place in the eighth
        self.turned[...] = np.right_shift(numbers, PLACES, out=self.first[0])
        np.subtract(TOGETHER, self.turned, out=self.left)

    def above(self, shares: Whole) -> Bits:
        """Which are at or above some shares, by eighth."""
        first, bits = self.first[: len(shares)], self.bits[: len(shares)]
        np.add(shares.view(np.uint32), self.rest, out=first)
        np.right_shift(first, PLACES, out=first)  # the first eighth of which the number is
        np.left_shift(ALL, first, out=first)
        np.copyto(bits, first, casting="unsafe")
        return bits

    def turn(self, bits: Bits, out: Bits) -> None:
        """From a bit for each history to one for each eighth."""
        self._turn(bits, self.turned, self.left, out)

    def turn_back(self, bits: Bits, out: Bits) -> None:
        """From a bit for each eighth to one for each history."""
        self._turn(bits, self.left, self.turned, out)

    def _turn(self, bits: Bits, up: Bits, down: Bits, out: Bits) -> None:
        np.left_shift(bits, up, out=out)
        np.bitwise_or(out, np.right_shift(bits, down, out=self.down), out=out)


def _numbers(states: Bits) -> _One | _Together:
    return (_One if states.dtype == np.bool_ else _Together)(states.shape[2:])
