"""Histories of holders drawn from the chain of MODEL section 4: filter forward, sample backward, many at a time.

The states are government G, nobody N and insurgent I, and I never turns into N. With f the filtered probabilities of a
day and A the transition into the next, the state of a day given the state after it is drawn from ``f[j] A[j, after]``.
Its cumulative shares are made in the forward pass, so that several histories of one draw share them::

    after G   P(G), P(G or N)        after N   P(G), else N        after I   P(G), P(G or N)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..memory import New, aligned

Array = NDArray[np.float64]
Whole = NDArray[np.int32]  # from 0
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SILENT_DAYS = 10
RESTED = 8  # days after which chains without a statement are made shares again: silence lowers them, far from TINY
TINY = 1e-280
LARGEST = 2.0**31 - 1  # shares are whole numbers up to it, as the random numbers they are held against


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
    days, cell = len(loss), initial.shape[1:]
    shares = new((max(days - 1, 0), 5, *cell), np.int32)
    now, then, scale = (new(initial.shape) for _ in range(3))
    raw, part = new((5, *cell)), new(cell)
    gn, gi, ng, ig = (new(cell) for _ in range(4))
    now[...] = initial
    _observe(now, cells[0], likelihood, 0, whole=True)
    for day in range(1, days):
        g, n, i = now
        for silent, laid_out in ((loss, ((gn, moves.gn), (gi, moves.gi))), (back, ((ng, moves.ng), (ig, moves.ig)))):
            for crossing in range(cell[0]) if day == 1 else np.flatnonzero(silent[day] != silent[day - 1]):
                for mine, move in laid_out:
                    mine[crossing] = move[silent[day, crossing]]
        np.multiply(g, moves.gg, out=raw[0])
        np.add(raw[0], np.multiply(n, ng, out=part), out=raw[1])
        np.add(raw[1], np.multiply(i, ig, out=part), out=then[0])
        np.multiply(g, gn, out=raw[2])
        np.add(raw[2], np.multiply(n, moves.nn, out=part), out=then[1])
        np.multiply(g, gi, out=raw[3])
        np.add(raw[3], np.multiply(n, moves.ni, out=part), out=raw[4])
        np.add(raw[4], np.multiply(i, moves.ii, out=part), out=then[2])
        # a state that cannot be reached is not drawn either; the parts of a sum are at most the sum, so that none
        # is above LARGEST by a whole number
        np.divide(LARGEST, np.maximum(then, TINY, out=scale), out=scale)
        for after, some in enumerate((slice(0, 2), slice(2, 3), slice(3, 5))):
            np.multiply(raw[some], scale[after], out=raw[some])
        shares[day - 1] = raw
        _observe(then, cells[day], likelihood, day, whole=day % RESTED == 0 or day == days - 1)
        now, then = then, now
    return shares, now


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
    total = state.sum(axis=0)
    if not total.min(initial=1.0) > 0:
        raise ModelError(f"on day {day} (from 0) every holder is impossible; two statements contradict one another")
    return np.asarray(total)


def sample_histories(shares: Whole, last: Array, uniform: Whole, lost: Flags, insurgent: Flags) -> None:
    """States drawn backward: whether lost (nobody or insurgent), and whether insurgent, into arrays (days, histories,
    crossings, draws).

    `uniform` (days, crossings, draws) are whole numbers from 0 to 2**31 - 1, all as likely; `shares` (days - 1, 5,
    crossings, draws) and `last` (3, crossings, draws) are those of `backward_shares`. History k of K takes ``uniform``
    turned by k / K of its range: each alone is a draw from the chain, and together they are spread over what the chain
    can do (systematic sampling).
    """
    top = (np.minimum(np.stack([last[0], last[0] + last[1]]), 1.0) * LARGEST).astype(np.int32)
    u = _turned(uniform[-1], aligned(lost.shape[1:], np.int32))
    np.greater_equal(u, top[0], out=lost[-1])
    np.greater_equal(u, top[1], out=insurgent[-1])
    sample_before(shares, uniform, lost, insurgent)


def sample_before(shares: Whole, uniform: Whole, lost: Flags, insurgent: Flags) -> None:
    """Draw the states of all days but the last, which is given: into `lost` and `insurgent` as `sample_histories` has
    them.
    """
    found, nobody = (aligned(lost.shape[1:], np.bool_) for _ in range(2))
    numbers = aligned(lost.shape[1:], np.int32)
    for day in range(len(lost) - 2, -1, -1):
        share, u = shares[day], _turned(uniform[day], numbers)
        lost_after, insurgent_after = lost[day + 1], insurgent[day + 1]
        np.greater(lost_after, insurgent_after, out=nobody)
        _choose(u, share[0], share[2], share[3], lost_after, nobody, insurgent_after, found, lost[day])
        # nobody follows the insurgents never, so that a day before nobody is G or N
        out = insurgent[day]
        np.greater(np.greater_equal(u, share[1], out=out), lost_after, out=out)
        np.logical_and(np.greater_equal(u, share[4], out=found), insurgent_after, out=found)
        np.logical_or(out, found, out=out)


def _turned(uniform: Whole, out: Whole) -> Whole:
    """The numbers of each history, into `out` (histories, ...)."""
    turns = 2**31 // len(out) * np.arange(len(out))
    np.add(uniform, turns.astype(np.int32).reshape(-1, *(1,) * uniform.ndim), out=out)  # past the end, into the sign
    return np.bitwise_and(out, np.int32(LARGEST), out=out)


def _choose(
    u: Whole,
    after_g: Whole,
    after_n: Whole,
    after_i: Whole,
    lost: Flags,
    nobody: Flags,
    insurgent: Flags,
    found: Flags,
    out: Flags,
) -> None:
    """``u >= share`` with the share that belongs to the state after, without a branch for each number."""
    np.greater(np.greater_equal(u, after_g, out=out), lost, out=out)
    for share, state in ((after_n, nobody), (after_i, insurgent)):
        np.logical_and(np.greater_equal(u, share, out=found), state, out=found)
        np.logical_or(out, found, out=out)
