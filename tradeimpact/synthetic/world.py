"""One true world of a synthetic case: posts with their revenue, who held them day by day, when they were shut.

The holder of each post is a Markov chain over {government, nobody, insurgents} run forward from the true hazards. What
an analyst states about a figure is drawn so that the truth is spread around the stated value as its range says:
with f the factor that a range gives at a standard normal score, stated = true / f.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engine.sampling import FIVE_PER_CENT
from ..model.baseline import two_piece
from .prior import best, world_draw

Array = NDArray[np.float64]
States = NDArray[np.int8]

GOVERNMENT, NOBODY, INSURGENT = 0, 1, 2
DISTRICTS = 100
SHORTEST = 4  # days of a closure: the stated days of its two ends, each a little off, keep their order


@dataclass(frozen=True)
class Figures:
    """True figures of the posts and what is stated about them.

    `revenue` and `trucks` are true (posts,); `stated_*` the best values published; `scores` the standard normal scores
    at which the stated ranges hold the truth, by name.
    """

    revenue: Array
    trucks: Array
    stated_revenue: Array
    stated_trucks: Array
    stated_total: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Past:
    """Who held each post and when it was shut. Days are counted from the first day of the chain.

    `states` int8 (days, posts): 0 government, 1 nobody, 2 insurgents. `closures` holds (post, first shut day, last shut
    day). `held` and `rise` are districts in insurgent hands before and at the end of the window, out of 100.
    """

    states: States
    closures: tuple[tuple[int, int, int], ...]
    held: int
    rise: int


def draw_figures(names: tuple[str, ...], rng: np.random.Generator) -> Figures:
    """Annual revenue (XTS) and trucks a day of each post, true and as stated, stated ones in round numbers."""
    revenue = world_draw("revenue_per_year", rng, len(names))
    trucks = revenue / 365.0 / world_draw("collected_per_truck", rng, len(names))
    stated = _rounded(revenue / _factor("revenue", rng.standard_normal(len(names))))
    total = _rounded(revenue.sum() / _factor("national", rng.standard_normal(1)))
    spread = np.log1p(best("error", "trucks")) / FIVE_PER_CENT
    counts = np.maximum(np.round(trucks / np.exp(spread * rng.standard_normal(len(names)))), 1.0)
    scores = dict(zip((f"part.{name}" for name in names), _score("revenue", revenue / stated).tolist(), strict=True))
    scores["level_value"] = float(_score("national", revenue.sum() / total)[0])
    return Figures(revenue, trucks, stated, counts, float(total[0]), scores)


def _factor(name: str, score: Array) -> Array:
    """Truth over stated value of a figure with a range of a stated half-width."""
    half = best("error", name)
    return two_piece(1 - half, 1.0, 1 + half, score)


def _score(name: str, factor: Array) -> Array:
    """Standard normal score at which such a range gives this factor."""
    from scipy.special import ndtri

    off = np.clip((factor - 1) / best("error", name), -1.0, 1.0)
    low, high = 0.5 * (1 + np.minimum(off, 0)) ** 2, 1 - 0.5 * (1 - np.maximum(off, 0)) ** 2
    return np.asarray(ndtri(np.where(off < 0, low, high)))


def _rounded(values: Array) -> Array:
    """Four significant digits, as in print."""
    return np.array([float(f"{value:.4g}") for value in values])


def draw_past(
    values: Mapping[str, float], posts: int, lead: int, window: int, tail: int, rng: np.random.Generator
) -> Past:
    """Holders and closures of `lead` days before the window, the window, and `tail` days after it."""
    states = _chain(values, posts, lead + window + tail, rng)
    closures = []
    for post in range(posts):
        if rng.random() < best("chance", "closure"):
            first = lead + int(rng.integers(0, window))
            length = max(SHORTEST, int(np.ceil(values["closure_days"] * np.exp(0.5 * rng.standard_normal()))))
            closures.append((post, first, first + length - 1))
    held = float(np.clip(world_draw("insecurity_before", rng)[0], 0, 0.5))
    rise = float(np.clip(world_draw("insecurity_rise", rng)[0], 0, 1 - held))
    return Past(states, tuple(closures), round(held * DISTRICTS), round(rise * DISTRICTS))


def _chain(values: Mapping[str, float], posts: int, days: int, rng: np.random.Generator) -> States:
    """A Markov chain per post, (days, posts)."""
    fall, nobody = values["hazard_fall"], values["fall_to_nobody"]
    collect, back = min(values["hazard_collect"], 1.0), values["hazard_recapture"]
    move = np.array(
        [
            [1 - fall, fall * nobody, fall * (1 - nobody)],
            [back, max(1 - back - collect, 0.0), min(collect, 1 - back)],
            [back, 0.0, 1 - back],
        ]
    )
    held = values["initial_held"]
    states = np.empty((days, posts), dtype=np.int8)
    states[0] = rng.choice(3, size=posts, p=[held, (1 - held) / 2, (1 - held) / 2])
    for day in range(1, days):
        for post in range(posts):
            states[day, post] = rng.choice(3, p=move[states[day - 1, post]])
    return states
