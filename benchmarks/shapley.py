"""Exact Shapley values of 14 crossings in 1,000 draws of a static period, beside what else one would use.

The floor is one logarithm, one exponential and one matrix product with the members of all 16,384 coalitions, on an
array of that many rows and 1,000 draws: less cannot be done to an array of worths. Seconds are those of the processor,
so that other work on the machine does not count. Everything is synthetic. Run with ``python -m benchmarks.shapley``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradeimpact.model.shapley import member_bits, shapley_values, size_weights
from tradeimpact.model.static_period import StaticPeriod

Array = NDArray[np.float64]

GROUPS = ("a", "b", "c", "d", "c", "c", "e", "b", "a", "b", "c", "d", "c", "a")
DRAWS = 1000
PACKAGED_DRAWS = 2  # the packaged computer takes one draw at a time; its time is scaled up
REPEATS = 5
TARGET = 6.0
AGREE = 1e-8


def period(draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """A synthetic period as the arguments of `StaticPeriod`."""
    rng = np.random.default_rng(seed)
    n = len(GROUPS)
    return {
        "value": rng.lognormal(3.0, 1.0, (n, draws)),
        "group": GROUPS,
        "cost_if_fallen": 1.0 + rng.uniform(0.0, 0.25, (n, draws)),
        "open_if_fallen": rng.uniform(0.1, 1.0, (n, draws)),
        "collected": rng.uniform(0.05, 0.15, (n, draws)),
        "levy": rng.uniform(0.0, 0.05, (n, draws)),
        "theta": rng.uniform(4.0, 9.0, draws),
        "phi": rng.uniform(2.0, 4.0, draws),
        "epsilon": rng.uniform(0.3, 2.0, draws),
    }


def floor(table: Array, work: Array, members: Array) -> float:
    """Seconds for the floor, the arrays being there already."""
    began = time.process_time()
    np.log(table, out=work)
    np.exp(work, out=work)
    members @ work
    return time.process_time() - began


def looped(p: dict[str, Any]) -> tuple[Array, Array]:
    """Shares in loss and gain by a loop over coalitions, each in numpy over all draws."""
    n = len(p["group"])
    codes = np.unique(p["group"], return_inverse=True)[1]
    member = (codes == np.arange(codes.max() + 1)[:, None]).astype(float)
    v, theta, phi, epsilon = p["value"], p["theta"], p["phi"], p["epsilon"]
    fallen = p["open_if_fallen"] * p["cost_if_fallen"] ** -theta
    size = member @ v
    whole = size.sum(axis=0)
    w = np.append(size_weights(n), 0.0)
    loss, gain = np.zeros(v.shape), np.zeros(v.shape)
    for coalition in range(1 << n):
        out = (coalition >> np.arange(n) & 1).astype(bool)
        a = np.where(out[:, None], fallen, 1.0)
        x = member @ (v * a) / size
        nest = x ** (phi / theta)
        y = (size * nest).sum(axis=0) / whole
        trade = v * a * (nest / x)[codes] * y ** (epsilon / phi - 1)
        count = int(out.sum())
        signed = np.where(out, w[count - 1], -w[count])[:, None]
        loss -= signed * (p["collected"] * trade)[~out].sum(axis=0)
        gain += signed * (p["levy"] * trade)[out].sum(axis=0)
    return loss, gain


def packaged(p: dict[str, Any], draw: int) -> tuple[Array, Array]:
    """Shares of one draw by shapiq's exact computer, given a worth that takes all coalitions at once."""
    from shapiq import ExactComputer

    one = {name: x if name == "group" else x[..., draw : draw + 1] for name, x in p.items()}
    codes = np.unique(p["group"], return_inverse=True)[1]
    member = (codes == np.arange(codes.max() + 1)[:, None]).astype(float)
    v, size = one["value"][:, 0], member @ one["value"][:, 0]
    theta, phi, epsilon = (float(one[name][0]) for name in ("theta", "phi", "epsilon"))
    fallen = (one["open_if_fallen"] * one["cost_if_fallen"] ** -theta)[:, 0]

    def trade(coalitions: Array) -> Array:
        a = np.where(coalitions, fallen, 1.0)
        x = (v * a) @ member.T / size
        nest = x ** (phi / theta)
        y = nest @ size / size.sum()
        return np.asarray(v * a * (nest / x)[:, codes] * y[:, None] ** (epsilon / phi - 1))

    def loss(coalitions: Array) -> Array:
        due = one["collected"][:, 0]
        return np.asarray(v @ due - (trade(coalitions) * ~coalitions.astype(bool)) @ due)

    def gain(coalitions: Array) -> Array:
        return np.asarray((trade(coalitions) * coalitions) @ one["levy"][:, 0])

    found = []
    for worth in (loss, gain):
        values = ExactComputer(game=worth, n_players=len(v), evaluate_game=True)(index="SV", order=1)
        found.append(np.array([values[(i,)] for i in range(len(v))]))
    return found[0], found[1]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and answer."""
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


def differs(mine: tuple[Array, Array], its: tuple[Array, Array]) -> float:
    """Largest difference relative to the largest share."""
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(mine, its, strict=True))


def main() -> int:
    """Print times and ratios; 1 if an answer differs or the target is missed."""
    p = period()
    static = StaticPeriod(**p)
    members = member_bits(len(GROUPS)).astype(float)
    table = np.random.default_rng(1).uniform(0.5, 1.5, (1 << len(GROUPS), DRAWS))
    work = np.empty_like(table)
    static.shapley()
    floor(table, work, members)
    floors, runs = [], []
    for _ in range(REPEATS):  # in turns, so that both meet the same machine
        floors.append(floor(table, work, members))
        runs.append(timed(static.shapley))
    best, ours = min(floors), min(runs, key=lambda run: run[0])
    by_table = timed(lambda: tuple(shapley_values(x) for x in static.ledgers()))
    loop = timed(lambda: looped(p))
    package, draws = None, []
    try:
        package = timed(lambda: draws.extend(packaged(p, d) for d in range(PACKAGED_DRAWS)))[0] * DRAWS / PACKAGED_DRAWS
    except ImportError:
        print("shapiq is not installed: no packaged exact computer to compare with")
    print(f"Exact Shapley values, {len(GROUPS)} crossings x {DRAWS:,} draws of a static period, loss and gain")
    rows = [
        ("floor: one log, one exp, one matrix product", best),
        ("tradeimpact, StaticPeriod.shapley", ours[0]),
        ("tradeimpact, table of coalitions and shapley_values", by_table[0]),
        ("numpy, looping over coalitions", loop[0]),
        *([(f"shapiq, exact ({PACKAGED_DRAWS} draws, scaled up)", package)] if package else []),
    ]
    for name, seconds in rows:
        print(f"  {name:<54}{seconds:>10.3f} s{seconds / best:>12,.1f} x floor{seconds / ours[0]:>10,.1f} x ours")
    gaps = [differs(by_table[1], ours[1]), differs(loop[1], ours[1])]
    for number, answer in enumerate(draws):
        gaps.append(differs(answer, (ours[1][0][:, number], ours[1][1][:, number])))
    print(f"  largest difference between the answers: {max(gaps):.1e} (at most {AGREE:.0e})")
    ratio = ours[0] / best
    print(f"  target: within {TARGET:g} times the floor; measured {ratio:.1f}")
    return int(max(gaps) > AGREE or ratio > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
