"""Shapley values from seeded orders of the players, where a table of all coalitions would be too long (MODEL 8).

Players join one after the other in a random order and each is credited with what it adds; the mean over orders is the
Shapley value. Every order is taken with its reverse, so that what an early place takes from a player a late one gives
back; the standard error is that of the mean over these pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from ..engine.sampling import seed_of
from ..errors import TradeImpactError

Array = NDArray[np.float64]
Worth = Callable[[NDArray[np.bool_]], Array]

PERMUTATIONS = 128


def sampled_shapley(
    worth: Worth,
    players: int,
    *,
    permutations: int = PERMUTATIONS,
    rng: int | np.random.Generator | None = None,
) -> tuple[Array, Array]:
    """Shapley values by antithetic orders, with their standard errors.

    Parameters
    ----------
    worth : callable
        Takes coalitions as a bool array (coalitions, players) and returns their worth, (coalitions,) or
        (coalitions, draws), in any unit. It is called once for all orders, without repetitions of a coalition.
    players : int
        At least 1; meant for more than 16, where `shapley_values` wants more than 65,536 coalitions.
    permutations : int
        Orders, an even number of at least 4: half of them drawn, the others their reverses.
    rng : int, Generator or None

    Returns
    -------
    values, standard_error : array, shape (players,) or (players, draws)
        Values add up to the worth of all less that of none, in every draw.

    Raises
    ------
    TradeImpactError
        If a number is out of range or `worth` returns another number of coalitions.

    Notes
    -----
    Source: Castro, Gomez and Tejada (2009), with the antithetic pairs of Mitchell and others (2022).

    Examples
    --------
    >>> values, error = sampled_shapley(lambda who: who @ np.arange(20.0), 20, permutations=8, rng=0)
    >>> bool(np.allclose(values, np.arange(20.0))), bool(error.max() < 1e-9)
    (True, True)
    """
    for name, number, least in (("players", players, 1), ("permutations", permutations, 4)):
        if not isinstance(number, Integral) or isinstance(number, bool) or number < least:
            raise TradeImpactError(f"sampled_shapley({name}={number!r}): expected a whole number of at least {least}")
    if permutations % 2:
        raise TradeImpactError(f"sampled_shapley(permutations={permutations}): orders come in pairs, give an even one")
    orders = antithetic_orders(players, permutations // 2, rng)
    by_player = along_orders(worth, orders)
    pairs = (by_player[0::2] + by_player[1::2]) / 2
    return pairs.mean(axis=0), np.asarray(pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)))


def along_orders(worth: Worth, orders: NDArray[np.intp]) -> Array:
    """What each player adds in each of `orders` (orders, players): that shape, or (orders, players, draws)."""
    before, after = _chains(orders)
    coalitions, where = np.unique(np.concatenate([before, after]), axis=0, return_inverse=True)
    found = np.asarray(worth(coalitions.astype(bool)), dtype=float)
    if found.shape[:1] != (len(coalitions),) or found.ndim > 2:
        raise TradeImpactError(f"sampled_shapley: worth() gave shape {found.shape} for {len(coalitions)} coalitions")
    found = found[where.reshape(-1)]
    count, players = orders.shape
    added = np.empty((count, players, *found.shape[1:]))
    added[np.repeat(np.arange(count), players), orders.ravel()] = found[len(before) :] - found[: len(before)]
    return added


def antithetic_orders(players: int, pairs: int, rng: int | np.random.Generator | None) -> NDArray[np.intp]:
    """Random orders of the players, each followed by its reverse, (2 pairs, players)."""
    generator = np.random.default_rng(seed_of(rng))
    drawn = generator.permuted(np.tile(np.arange(players), (pairs, 1)), axis=1)
    return np.stack([drawn, drawn[:, ::-1]], axis=1).reshape(2 * pairs, players)


def _chains(orders: NDArray[np.intp]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Coalitions before and after each player joins, (orders x players, players) each, in the order of joining."""
    place = np.argsort(orders, axis=1)
    players = orders.shape[1]
    before = place[:, None, :] < np.arange(players)[None, :, None]
    after = place[:, None, :] <= np.arange(players)[None, :, None]
    return before.reshape(-1, players).astype(np.uint8), after.reshape(-1, players).astype(np.uint8)
