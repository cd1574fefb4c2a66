"""A hidden Markov chain on arrays: filter and smoother (MODEL section 4).

States stand on the second axis, days on the first; whatever axes follow (crossings, draws) are carried along.
With l the likelihood of what was observed on a day and A the transition into that day::

    filtered[t]  proportional to  l[t] * sum_j filtered[t-1, j] A[t, j, :]
    smoothed[t]  proportional to  filtered[t] * sum_k A[t+1, :, k] l[t+1, k] beta[t+1, k]

Transitions may carry weights of their own (silence after a change of holder), so their rows need not sum to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """Filtered and smoothed probabilities (days, states, ...) and the log likelihood of all observations (...)."""

    filtered: Array
    smoothed: Array
    log_likelihood: Array


def control_chain(initial: ArrayLike, transition: ArrayLike, likelihood: ArrayLike) -> Chain:
    """Filter and smoother of a hidden Markov chain.

    Parameters
    ----------
    initial : array (states, ...)
        Probabilities before the first day's observation.
    transition : array (states, states, ...) or (days - 1, states, states, ...)
        From row to column; entry t leads from day t to day t + 1. Rows may carry weights and need not sum to 1.
    likelihood : array (days, states, ...)
        Likelihood of each day's observations in each state, up to a factor per day; 1 where nothing was observed.

    Returns
    -------
    Chain

    Raises
    ------
    ModelError
        Where shapes do not fit, a number is negative or not finite, or every state is impossible on a day.

    Examples
    --------
    >>> c = control_chain([1, 0], [[0.9, 0.1], [0, 1]], [[1, 1], [1, 5]])
    >>> c.filtered[1].round(3)
    array([0.643, 0.357])
    """
    start, moves, seen = _checked(initial, transition, likelihood)
    days = len(seen)
    filtered, total = _filter(start, moves, seen)
    smoothed = np.empty_like(seen)
    smoothed[-1] = filtered[-1]
    beta = np.ones_like(seen[-1])
    for day in range(days - 2, -1, -1):
        beta = np.einsum("jk...,k...->j...", _at(moves, day), seen[day + 1] * beta)
        beta = beta / beta.max(axis=0)
        smoothed[day], _ = _normalised(filtered[day] * beta, day)
    return Chain(filtered, smoothed, total)


def _filter(start: Array, moves: Array, seen: Array) -> tuple[Array, Array]:
    filtered = np.empty_like(seen)
    total = np.zeros(seen.shape[2:])
    for day in range(len(seen)):
        ahead = start if day == 0 else _forward(filtered[day - 1], _at(moves, day - 1))
        filtered[day], scale = _normalised(ahead * seen[day], day)
        total = total + np.log(scale)
    return filtered, total


def _checked(initial: ArrayLike, transition: ArrayLike, likelihood: ArrayLike) -> tuple[Array, Array, Array]:
    start, moves, seen = (np.asarray(x, dtype=float) for x in (initial, transition, likelihood))
    if seen.ndim < 2:
        raise ModelError(f"likelihood has shape {seen.shape}; expected (days, states, ...)")
    days, states = seen.shape[:2]
    if start.shape[:1] != (states,):
        raise ModelError(f"initial has shape {start.shape}; expected ({states}, ...)")
    if moves.shape[:2] == (states, states) and moves.ndim <= seen.ndim:
        moves = moves[None]
    if moves.shape[1:3] != (states, states) or moves.shape[0] not in (1, days - 1):
        raise ModelError(
            f"transition has shape {moves.shape}; expected ({states}, {states}, ...) or "
            f"({days - 1}, {states}, {states}, ...)"
        )
    for name, x in (("initial", start), ("transition", moves), ("likelihood", seen)):
        if not np.isfinite(x).all() or (x < 0).any():
            raise ModelError(f"{name} has a negative or missing number; probabilities and likelihoods are at least 0")
    tail = np.broadcast_shapes(start.shape[1:], moves.shape[3:], seen.shape[2:])
    seen = np.broadcast_to(_padded(seen, 2, tail), (days, states, *tail))
    start = np.broadcast_to(_padded(start, 1, tail), (states, *tail))
    return start, _padded(moves, 3, tail), seen


def _padded(x: Array, lead: int, tail: tuple[int, ...]) -> Array:
    """Trailing axes of length 1 put in, so that the leading axes stay in front."""
    return x.reshape(x.shape[:lead] + (1,) * (lead + len(tail) - x.ndim) + x.shape[lead:])


def _at(moves: Array, day: int) -> Array:
    return np.asarray(moves[0] if len(moves) == 1 else moves[day])


def _forward(before: Array, move: Array) -> Array:
    return np.asarray(np.einsum("j...,jk...->k...", before, move))


def _normalised(weight: Array, day: int) -> tuple[Array, Array]:
    total = weight.sum(axis=0)
    if not (total > 0).all():
        raise ModelError(
            f"on day {day} (from 0) every state is impossible; a likelihood or transition of 0 contradicts another"
        )
    return weight / total, total
