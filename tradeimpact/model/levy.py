"""Levies as a choice (MODEL section 9): a holder's take by its levy, its best levy, the government's best reply.

One static day. At crossing c a unit of value costs

    1 + standing + g (m r + road) + I (d r_in + road (1 - once)) + own l            (over `before`: the cost ratio h)

with g, I, own the shares held by the government, by all insurgents and by the authority that chooses; l its levy, m the
government's rate as a multiple of the collected rate r, d the probability that it charges r_in inland, `standing` all
that neither side chooses (friction, bribes, levies of other authorities, road levies where nobody holds). Trade answers
as in `model.trade`, with ceilings where there are any, times the day's factor E. Then

    holder's take      = sum own l M  (+ sum road M (1 - once I), for the authority that owns the road)
    government's take  = sum m r g M + d r_in I M

Closed forms, b the other additive parts of cost: one crossing and total response alone has its best levy at
t / (1 + b + t) = 1/epsilon for epsilon > 1, the bound otherwise; the plain logit with epsilon = 0 at
t / (1 + b + t) = 1 / (theta (1 - s)), s the share at the optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .incidence import cost_index, surplus_lost
from .trade import apply_ceiling, response_ratio

Array = NDArray[np.float64]

GRID = 33  # points between which the best is looked for before it is closed in on
STEPS = 46  # of golden section: two grid steps shrink below the rounding of the objective
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
COARSE = 4  # steps of the grid on which a joint move of the government is looked for
AGREE = 1e-4  # of the range of a choice: closer than this, two starts have found one point


@dataclass(frozen=True)
class Day:
    """A static day. Arrays (crossings, draws) or broadcasting to it; elasticities, ceiling and factor (draws,).

    `chosen` (crossings,) marks where the levy is chosen; elsewhere `usual` is charged by the same authority. `ceiling`
    is the largest trade as a multiple of baseline value (None: unbounded); `road_owner` says that road levies are part
    of the holder's take.
    """

    value: Array
    codes: NDArray[np.intp]
    before: Array
    standing: Array
    open_share: Array
    government: Array
    insurgent: Array
    own: Array
    rate: Array
    inland_rate: Array
    road: Array
    usual: Array
    chosen: NDArray[np.bool_]
    theta: Array
    phi: Array
    epsilon: Array
    ceiling: Array | None
    factor: Array
    road_owner: bool


@dataclass(frozen=True)
class Policy:
    """What is chosen: levy, multiple of the government's rate, probability of an inland charge, receipt honoured."""

    levy: Array
    rate: Array
    inland: Array
    once: Array


@dataclass(frozen=True)
class Outcome:
    """A day's takes and what traders lose against the baseline, each (draws,), and the trade behind them."""

    holder: Array
    government: Array
    traders: Array
    trade: Array


def outcome(day: Day, policy: Policy, choke: Array | None = None) -> Outcome:
    """Trade and takes under a policy; `traders` (needs `choke` and epsilon > 0) is their loss against the baseline."""
    levy = np.where(day.chosen[:, None], policy.levy, day.usual)
    g, insurgent, road = day.government, day.insurgent, day.road
    at_gate = policy.inland * day.inland_rate + road * (1.0 - policy.once)
    cost = 1.0 + day.standing + g * (policy.rate * day.rate + road) + insurgent * at_gate + day.own * levy
    ratio, q = response_ratio(
        day.value, day.codes, cost / day.before, day.open_share, theta=day.theta, phi=day.phi, epsilon=day.epsilon
    )
    free = day.value * ratio
    if day.ceiling is not None:
        limit = np.broadcast_to(day.ceiling * day.open_share * day.value, free.shape)
        free = apply_ceiling(free, limit, day.codes)
    trade = free * day.factor
    holder = (day.own * levy * trade).sum(axis=0)
    if day.road_owner:
        holder = holder + (road * trade * (1.0 - policy.once * insurgent)).sum(axis=0)
    ours = (g * policy.rate * day.rate * trade + insurgent * policy.inland * day.inland_rate * trade).sum(axis=0)
    lost = np.full_like(holder, np.nan)
    if choke is not None:
        total = np.broadcast_to(day.value, free.shape).sum(axis=0)
        carried = free.sum(axis=0) / np.where(total > 0, total, 1.0)
        spent = (day.before * day.value).sum(axis=0)
        lost = spent * sum(surplus_lost(cost_index(q, day.epsilon), carried, day.epsilon, choke))
    return Outcome(holder, np.asarray(ours), np.asarray(lost), trade)


def maximise(objective: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where `objective` is largest between `low` and `high`, per draw: a grid, then golden section around its best.

    Kinks (ceilings) are no obstacle; of equal values the lowest is taken. The position is good to about 1e-8 of its
    size, which is what rounding of the objective leaves.
    """
    low, high = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    step = (high - low) / (GRID - 1)
    values = np.stack([objective(low + step * k) for k in range(GRID)])
    best = np.argmax(values, axis=0)
    left, right = low + step * np.maximum(best - 1, 0), low + step * np.minimum(best + 1, GRID - 1)
    top, at = np.take_along_axis(values, best[None], axis=0)[0], low + step * best
    a, b = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    fa, fb = objective(a), objective(b)
    for _ in range(STEPS):
        down = fa >= fb
        right, left = np.where(down, b, right), np.where(down, left, a)
        kept, value = np.where(down, a, b), np.where(down, fa, fb)
        new = np.where(down, right - GOLDEN * (right - left), left + GOLDEN * (right - left))
        found = objective(new)
        a, b = np.where(down, new, kept), np.where(down, kept, new)
        fa, fb = np.where(down, found, value), np.where(down, value, found)
    middle = (left + right) / 2.0
    return np.asarray(np.where(objective(middle) > top, middle, at))


def best_levy(day: Day, policy: Policy, bound: Array) -> Array:
    """Levy between 0 and `bound` at which the holder takes most, the rest of the policy as it is, (draws,)."""
    return maximise(
        lambda levy: outcome(day, Policy(levy, policy.rate, policy.inland, policy.once)).holder,
        np.zeros_like(bound),
        bound,
    )


def best_reply(day: Day, policy: Policy, rate_bound: Array) -> tuple[Array, Array]:
    """The government's best multiple of its rate, up to `rate_bound`, and probability of an inland charge, up to 1.

    Begins at the best of what it does now and a coarse grid over both, so that a joint move is not missed, and improves
    one after the other.
    """

    def take(rate: Array, inland: Array) -> Array:
        return outcome(day, Policy(policy.levy, rate, inland, policy.once)).government

    one = np.ones_like(rate_bound)
    corners = [(rate_bound * i / COARSE, one * j / COARSE) for i in range(COARSE + 1) for j in range(COARSE + 1)]
    options = [(policy.rate, policy.inland), *corners]
    first = np.argmax(np.stack([take(*option) for option in options]), axis=0)
    charged = np.choose(first, [inland for _, inland in options])
    rate = maximise(lambda x: take(x, charged), 0.0 * one, rate_bound)
    return rate, maximise(lambda x: take(rate, x), 0.0 * one, one)


@dataclass(frozen=True)
class Equilibrium:
    """Where neither side moves, by start and draw: (starts, draws) each; `moved` is the last step taken, in shares of
    each choice's range.
    """

    levy: Array
    rate: Array
    inland: Array
    moved: Array

    def settled(self, tolerance: float) -> NDArray[np.bool_]:
        """Draws in which every start came to rest, and all at one point (within `AGREE`), (draws,)."""
        rest = (self.moved <= tolerance).all(axis=0)
        spread = [np.ptp(x, axis=0) / np.maximum(x.max(axis=0), 1.0) for x in (self.levy, self.rate, self.inland)]
        return np.asarray(rest & (np.max(spread, axis=0) <= AGREE))


def equilibrium(
    day: Day, once: Array, starts: Array, bound: Array, rate_bound: Array, *, tolerance: float, rounds: int
) -> Equilibrium:
    """Best replies in turn from each start until neither moves by more than `tolerance` of its range.

    Parameters
    ----------
    day : Day
    once : array (draws,)
    starts : array (starts, 3, draws)
        Levy, rate multiple and inland probability to begin with, as shares of their ranges.
    bound, rate_bound : array (draws,)
        Largest levy and largest rate multiple.
    tolerance : float
    rounds : int
        Most replies from each start; what has not come to rest by then is for the caller to report.
    """
    times = len(starts)
    many = _repeated(day, times)
    bounds, rate_bounds, honoured = (np.tile(x, times) for x in (bound, rate_bound, once))
    levy, rate, inland = (starts[:, i].reshape(-1) for i in range(3))
    now = Policy(levy * bounds, rate * rate_bounds, inland, honoured)
    moved = np.full_like(bounds, np.inf)
    for _ in range(rounds):
        t = best_levy(many, now, bounds)
        m, d = best_reply(many, Policy(t, now.rate, now.inland, honoured), rate_bounds)
        steps = (np.abs(t - now.levy) / bounds, np.abs(m - now.rate) / rate_bounds, np.abs(d - now.inland))
        moved = np.max(steps, axis=0)
        now = Policy(t, m, d, honoured)
        if (moved <= tolerance).all():
            break
    return Equilibrium(*(x.reshape(times, -1) for x in (now.levy, now.rate, now.inland, moved)))


def _repeated(day: Day, times: int) -> Day:
    """The draws of a day several times over, side by side."""
    kept = ("codes", "chosen", "road_owner", "ceiling")
    arrays = {f.name: getattr(day, f.name) for f in fields(Day) if f.name not in kept}
    wide: dict[str, Any] = {name: np.tile(x, (1, times) if x.ndim > 1 else times) for name, x in arrays.items()}
    return replace(day, **wide, ceiling=None if day.ceiling is None else np.tile(day.ceiling, times))
