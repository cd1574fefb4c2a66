"""Shapley values of a game given as a table over coalitions (MODEL section 8).

Coalition S is the integer whose bit i is 1 where player i takes part; v[0] is the empty coalition. With n players::

    phi[i] = sum over S without i of  w(|S|) (v[S + i] - v[S]),      w(s) = s! (n - s - 1)! / n!

which is one matrix product of signed weights (n, 2**n) with the table. Shares add up to v[all] - v[empty]. They are
also the mean over s of the mean worth of joining s others, which `marginals_by_size` keeps apart.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

Array = NDArray[np.float64]

MOST_PLAYERS = 24
PIECE = 1 << 14  # coalitions handled at a time: signed weights and their slice of the table stay in the cache


def shapley_values(values: ArrayLike) -> Array:
    """Shapley value of every player, exactly.

    Parameters
    ----------
    values : array, shape (2**n,) or (2**n, draws)
        Worth of every coalition, in any unit; bit i of the index stands for player i, 1 to 24 players.

    Returns
    -------
    array, shape (n,) or (n, draws)
        In the unit of `values`; in every draw they add up to ``values[-1] - values[0]``. A player who adds nothing to
        any coalition gets exactly 0.0.

    Raises
    ------
    ModelError
        If the length is no power of two from 2 on, or a value is missing or infinite.

    Notes
    -----
    Source: Shapley (1953), A value for n-person games.

    Examples
    --------
    >>> shapley_values([0, 1, 2, 6])  # player 0 alone is worth 1, player 1 alone 2, together 6
    array([2.5, 3.5])
    """
    table, players = _table(values)
    shares = np.zeros((players, table.shape[1]))
    for begin in range(0, len(table), PIECE):
        shares += signed_weights(players, begin // PIECE) @ table[begin : begin + PIECE]
    if not np.isfinite(shares).all():
        raise ModelError("shapley_values: a coalition's worth is missing or infinite; give a number for every one")
    _idle_to_zero(shares, table)
    return shares[:, 0] if np.ndim(values) == 1 else shares


def marginals_by_size(values: ArrayLike) -> Array:
    """Mean worth of joining, by how many others take part already: (n, n) or (n, n, draws).

    Entry [i, s] is the mean of v[S + i] - v[S] over the coalitions S of s others; its mean over s is the Shapley value
    of i. Entry [i, 0] is what i is worth alone, entry [i, n - 1] what leaving i out of all would take away. Errors as
    in `shapley_values`.
    """
    table, players = _table(values)
    size = np.bitwise_count(np.arange(len(table)))
    total = np.zeros((players + 1, table.shape[1]))
    joined = np.zeros((players, players + 1, table.shape[1]))
    for count in range(players + 1):
        chosen = np.flatnonzero(size == count)
        part = table[chosen]
        total[count] = part.sum(axis=0)
        joined[:, count] = member_bits(players)[:, chosen].astype(float) @ part
    each = np.array([comb(players - 1, s) for s in range(players)], dtype=float)[:, None]
    found = (joined[:, 1:] - (total[None, :-1] - joined[:, :-1])) / each
    return np.asarray(found[..., 0] if np.ndim(values) == 1 else found)


def size_weights(players: int) -> Array:
    """w(s) = s! (n - s - 1)! / n! for s = 0 .. n - 1: the share of orders in which i joins just those s others."""
    return np.array([1.0 / (players * comb(players - 1, s)) for s in range(players)])


@lru_cache(maxsize=8)
def member_bits(players: int) -> NDArray[np.bool_]:
    """Who takes part in each coalition, (players, 2**players)."""
    who = np.arange(players)[:, None]
    bits = (np.arange(1 << players)[None] >> who & 1).astype(bool)
    bits.flags.writeable = False
    return bits


@lru_cache(maxsize=8)
def signed_weights(players: int, piece: int = 0) -> Array:
    """Weights of coalitions of one piece in every player's share, (players, coalitions of the piece).

    Coalition S counts w(|S| - 1) for its members and -w(|S|) for the others.
    """
    coalitions = np.arange(piece * PIECE, min((piece + 1) * PIECE, 1 << players))
    size = np.bitwise_count(coalitions).astype(np.intp)
    w = np.append(size_weights(players), 0.0)  # the last one belongs to no player outside of all
    inside = (coalitions >> np.arange(players)[:, None] & 1).astype(bool)
    weights = np.where(inside, w[size - 1], -w[size])
    weights.flags.writeable = False
    return weights


def _table(values: ArrayLike) -> tuple[Array, int]:
    table = np.asarray(values, dtype=float)
    if table.ndim not in (1, 2):
        raise ModelError(f"a game has shape {table.shape}; expected (2**n,) or (2**n, draws)")
    players = len(table).bit_length() - 1
    if players < 1 or len(table) != 1 << players:
        raise ModelError(
            f"a game has {len(table)} coalitions; expected a power of two from 2 on, one for every subset of the "
            "players with the empty one first"
        )
    if players > MOST_PLAYERS:
        raise ModelError(f"a game has {players} players; at most {MOST_PLAYERS} as a table, sample orders beyond")
    return table.reshape(len(table), -1), players


def _idle_to_zero(shares: Array, table: Array) -> None:
    """Exactly 0.0 for a player who adds nothing to any coalition, where weighted sums leave rounding."""
    players, everyone = len(shares), len(table) - 1
    for i in range(players):
        bit = 1 << i
        draws = np.flatnonzero((table[bit] == table[0]) & (table[everyone] == table[everyone ^ bit]))
        if not len(draws):
            continue
        pairs = table[:, draws].reshape(-1, 2, bit, len(draws))
        idle = (pairs[:, 0] == pairs[:, 1]).all(axis=(0, 1))
        shares[i, draws[idle]] = 0.0
