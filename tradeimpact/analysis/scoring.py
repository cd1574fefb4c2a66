"""Scores of draws against what was observed: error, CRPS, coverage and width of the 90 % interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..statistics import HIGH, LOW, quantiles

Array = NDArray[np.float64]


def crps(draws: Array, observed: float, weights: Array | None = None) -> float:
    """Continuous ranked probability score of draws, E|X - y| - E|X - X'| / 2: in the draws' unit, 0 is perfect.

    A point forecast scores its absolute error. With weights each draw counts by its own.

    >>> import numpy as np
    >>> crps(np.array([3.0, 3.0]), 5.0)
    2.0
    """
    x = np.sort(np.asarray(draws, dtype=float))
    if weights is None:
        w = np.full(len(x), 1.0 / len(x))
    else:
        w = np.asarray(weights, dtype=float)[np.argsort(np.asarray(draws, dtype=float), kind="stable")]
        w = w / w.sum()
    # E|X - X'| = 2 sum_i w_i x_i (weight below i - weight above i)
    middle = 2.0 * np.cumsum(w) - w - 1.0
    return float((w * np.abs(x - observed)).sum() - (w * x * middle).sum())


def scored(draws: Array, observed: float, weights: Array | None = None) -> dict[str, float | bool]:
    """Median, 90 % interval, error of the median, CRPS, whether the interval covers the observed value, its width."""
    median, low, high = (float(v) for v in quantiles(np.asarray(draws, dtype=float), (0.5, LOW, HIGH), weights))
    return {
        "observed": observed,
        "median": median,
        "low": low,
        "high": high,
        "error": median - observed,
        "crps": crps(draws, observed, weights),
        "covered": low <= observed <= high,
        "width": high - low,
    }
