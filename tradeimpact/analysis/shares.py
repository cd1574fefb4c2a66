"""Solving the games of a run block by block: Shapley values per draw, and what stands beside them.

Draws in which the same players act share a game of just those players. With at most `exact_up_to` of them every
coalition is run and the values are exact; with more, orders are sampled for each draw by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..engine.sampling import seed_of
from ..model.shapley import marginals_by_size, member_bits, shapley_values
from .coalitions import DRIVERS, Game
from .sampled_shapley import Worth, along_orders, antithetic_orders

Array = NDArray[np.float64]
Places = NDArray[np.intp]

EXACT_PLAYERS = 16
ORDERS = 64
PAIRS = 1 << 17  # runs of one coalition in one draw that the number of draws is chosen for
AT_ONCE = 1 << 20  # of them held at a time


@dataclass(frozen=True)
class Shares:
    """Per draw, first axis loss and gain: (2, players, draws), money over the window.

    `by_size` (2, crossings, crossings, draws) is what a crossing adds when so many others have fallen and every driver
    acts; `error` the standard error of `shapley` in draws whose orders were sampled, else 0; `plays` (players, draws)
    who acts; `exact` the number of draws that are exact.
    """

    players: tuple[str, ...]
    shapley: Array
    error: Array
    alone: Array
    left_out: Array
    in_order: Array
    by_size: Array
    plays: NDArray[np.bool_]
    exact: int
    exact_up_to: int
    permutations: int
    seed: int

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.shapley.shape[-1])


def solve(
    blocks: Iterator[tuple[Game, int]],
    names: Sequence[str],
    *,
    most: int,
    least: int,
    pairs: int,
    exact_up_to: int,
    permutations: int,
    rng: int | np.random.Generator | None,
    threads: int | None,
) -> Shares:
    """Shares of all players in the first `most` draws, or fewer (at least `least`) where they cost over `pairs`."""
    seed = seed_of(rng)
    solved: list[_Block] = []
    spent = done = 0
    for game, wanted in blocks:
        acting = game.playing[:, :wanted].sum(axis=0)
        cost = spent + np.cumsum([_cost(int(k), exact_up_to, permutations) for k in acting])
        some = int(min(max((cost <= pairs).sum(), least - done), wanted))
        if some:
            one = _Block(len(names), some)
            _solve_block(game, one, done, exact_up_to, permutations, seed, threads)
            solved.append(one)
        done, spent = done + some, int(cost[some - 1]) if some else spent
        if some < wanted or done >= most:
            break
    plays = np.concatenate([b.plays for b in solved], axis=-1)
    kept = np.flatnonzero(plays.any(axis=1))
    joined = {
        field: np.concatenate([getattr(b, field) for b in solved], axis=-1)[:, kept]
        for field in ("shapley", "error", "alone", "left_out", "in_order")
    }
    posts = kept[kept < len(names) - len(DRIVERS)]
    fallen = plays[posts].sum(axis=0)
    return Shares(
        players=tuple(names[int(i)] for i in kept),
        by_size=_among_all(np.concatenate([b.by_size for b in solved], axis=-1)[:, posts], fallen),
        plays=plays[kept],
        exact=int((plays.sum(axis=0) <= exact_up_to).sum()),
        exact_up_to=exact_up_to,
        permutations=permutations,
        seed=seed,
        **joined,
    )


class _Block:
    """Shares of one block in the making, over all names."""

    def __init__(self, names: int, draws: int) -> None:
        shape = (2, names, draws)
        self.shapley, self.error, self.alone, self.left_out, self.in_order = (np.zeros(shape) for _ in range(5))
        posts = names - len(DRIVERS)
        self.by_size = np.full((2, posts, posts, draws), np.nan)  # by others of those that fall in the draw
        self.plays = np.zeros((names, draws), dtype=bool)


def _cost(players: int, exact_up_to: int, permutations: int) -> int:
    """Runs of one draw that a game of so many players takes."""
    return 1 << players if players <= exact_up_to else permutations * players


def _solve_block(
    game: Game, out: _Block, first: int, exact_up_to: int, permutations: int, seed: int, threads: int | None
) -> None:
    """Games of a block, one for each set of players that act together in some of its draws."""
    draws = out.plays.shape[1]
    out.plays[:] = game.playing[:, :draws]
    sets, which = np.unique(out.plays, axis=1, return_inverse=True)
    for number in range(sets.shape[1]):
        who = np.flatnonzero(sets[:, number])
        at = np.flatnonzero(which.reshape(-1) == number)
        if not len(who):
            continue
        if len(who) <= exact_up_to:
            step = max(AT_ONCE >> len(who), 1)
            for begin in range(0, len(at), step):
                _exact(game, out, who, at[begin : begin + step], threads)
        else:
            for draw in at:
                orders = antithetic_orders(
                    len(who), permutations // 2, np.random.default_rng([seed, first + int(draw)])
                )
                _sampled(game, out, who, int(draw), orders, threads)


def _exact(game: Game, out: _Block, who: Places, at: Places, threads: int | None) -> None:
    """All coalitions of the players `who` in the draws `at`."""
    k, m = len(who), len(at)
    posts = who[who < len(out.plays) - len(DRIVERS)]
    bits = member_bits(k)
    members = np.zeros((len(out.plays), (1 << k) - 1), dtype=bool)
    members[who] = bits[:, 1:]
    # the empty coalition is the counterfactual: nothing is lost or gained
    found = np.zeros((2, 1 << k, m))
    if game.shared:  # one coalition in all draws after the other, else one draw with all coalitions after the other
        worth = game.worth(np.tile(at, members.shape[1]), np.repeat(members, m, axis=1), threads=threads)
        found[:, 1:] = worth.reshape(2, -1, m)
    else:
        worth = game.worth(np.repeat(at, members.shape[1]), np.tile(members, m), threads=threads)
        found[:, 1:] = worth.reshape(2, m, -1).transpose(0, 2, 1)
    every = (1 << k) - 1
    single = 1 << np.arange(k)
    turn = np.argsort(game.onset[np.ix_(who, at)], axis=0, kind="stable")
    for line, v in enumerate(found):
        place = (line, who[:, None], at[None])
        out.shapley[place] = shapley_values(v)
        out.alone[place] = v[single]
        out.left_out[place] = v[every] - v[every ^ single]
        chain = np.cumsum(1 << turn, axis=0)
        steps = np.diff(v[chain, np.arange(m)], axis=0, prepend=0.0)
        out.in_order[line, who[turn], at[None]] = steps
        if posts.size:
            by_size = marginals_by_size(v[-(1 << len(posts)) :])  # drivers are the last players: all of them act
            for size in range(len(posts)):
                out.by_size[line, posts[:, None], size, at[None]] = by_size[:, size]


def _sampled(game: Game, out: _Block, who: Places, draw: int, orders: Places, threads: int | None) -> None:
    """Sampled orders of the players `who` in one draw."""
    k = len(who)

    def worth(coalitions: NDArray[np.bool_]) -> Array:
        members = np.zeros((len(out.plays), len(coalitions)), dtype=bool)
        members[who] = coalitions.T
        found = np.zeros((2, len(coalitions)))
        some = np.flatnonzero(coalitions.any(axis=1))
        found[:, some] = game.worth(np.full(len(some), draw), members[:, some], threads=threads)
        return found.T

    added = along_orders(worth, orders)  # (orders, players, 2)
    pairs = (added[0::2] + added[1::2]) / 2
    turn = np.argsort(game.onset[who, draw], kind="stable")
    chain = np.tri(k, dtype=bool)[:, np.argsort(turn)]
    beside = worth(np.concatenate([np.eye(k, dtype=bool), ~np.eye(k, dtype=bool), np.ones((1, k), dtype=bool), chain]))
    out.shapley[:, who, draw] = pairs.mean(axis=0).T
    out.error[:, who, draw] = pairs.std(axis=0, ddof=1).T / np.sqrt(len(pairs))
    out.alone[:, who, draw] = beside[:k].T
    out.left_out[:, who, draw] = (beside[2 * k] - beside[k : 2 * k]).T
    out.in_order[:, who[turn], draw] = np.diff(beside[2 * k + 1 :], axis=0, prepend=0.0).T
    posts = who[who < len(out.plays) - len(DRIVERS)]
    if len(posts):
        _sampled_by_size(worth, out, posts, k, draw, orders)


def _sampled_by_size(worth: Worth, out: _Block, posts: Places, players: int, draw: int, orders: Places) -> None:
    """What each crossing adds by how many others have fallen, from some of the orders, with every driver acting."""
    some = orders[: max(len(orders) // 8, 2)]
    only = some[some < len(posts)].reshape(len(some), len(posts))

    def under_drivers(coalitions: NDArray[np.bool_]) -> Array:
        return worth(np.concatenate([coalitions, np.ones((len(coalitions), players - len(posts)), dtype=bool)], axis=1))

    added = along_orders(under_drivers, only)
    place = np.argsort(only, axis=1)
    for size in range(len(posts)):
        here = place == size
        count = here.sum(axis=0)
        total = np.where(here[..., None], added, 0.0).sum(axis=0)
        out.by_size[:, posts, size, draw] = np.where(count > 0, total.T / np.maximum(count, 1), np.nan)


def _among_all(by_size: Array, falling: Places) -> Array:
    """What a crossing adds by the number of others of all that fall in any draw: (2, crossings, crossings, draws).

    In a draw in which fewer fall, hypergeometrically many of s others are among them. Sizes that no order reached are
    missing.
    """
    posts = by_size.shape[1]
    out = np.zeros((2, posts, posts, by_size.shape[-1]))
    for k in np.unique(falling[falling > 0]):
        at = np.flatnonzero(falling == k)
        part, weight = by_size[:, :, :k, at], _mixing(posts, int(k))
        known = np.isfinite(part)
        total = np.einsum("sa,lpad->lpsd", weight, np.where(known, part, 0.0))
        have = np.einsum("sa,lpad->lpsd", weight, known.astype(float))
        idle = ~known.any(axis=2, keepdims=True)
        out[..., at] = np.where(have > 0, total / np.where(have > 0, have, 1.0), np.where(idle, 0.0, np.nan))
    return out


@lru_cache(maxsize=64)
def _mixing(players: int, acting: int) -> Array:
    """Chance that of s others a are among those who act, (players, acting)."""
    share = partial(_chance, players - 1, acting - 1)
    return np.array([[share(s, a) for a in range(acting)] for s in range(players)])


def _chance(others: int, acting: int, drawn: int, of_them: int) -> float:
    """Hypergeometric probability of `of_them` acting ones among `drawn` of `others`."""
    if drawn < of_them or drawn - of_them > others - acting:
        return 0.0
    return comb(acting, of_them) * comb(others - acting, drawn - of_them) / comb(others, drawn)
