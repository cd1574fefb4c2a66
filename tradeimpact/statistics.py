"""Summaries of draws: mean, median, the 90 % interval and the Monte Carlo error, with weights if draws carry them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .engine.sampling import REPLICATES

Array = NDArray[np.float64]

LOW, HIGH = 0.05, 0.95
COLUMNS = ("mean", "median", "low", "high", "mc_error")
AT_ONCE = 2**21  # numbers described in one piece


def quantiles(x: Array, points: tuple[float, ...], weights: Array | None = None) -> Array:
    """Quantiles along the last axis, (points, ...). Missing draws are left out; all missing gives NaN.

    With weights, the quantile at p is the mean of the sorted draws over a stretch of 1/n of their weight that begins
    at p (n - 1)/n, with n Kish's effective number of draws (Akinshin 2023): numpy's linear rule when the weights are
    equal, and a draw that weighs almost nothing changes almost nothing.
    """
    x = np.asarray(x, dtype=float)
    rows = x.reshape(-1, x.shape[-1])
    if weights is None:
        return _linear(np.sort(rows, axis=-1), points).reshape((len(points), *x.shape[:-1]))
    out = [_weighted(r, points, weights) for r in rows]
    return np.stack(out, axis=-1).reshape((len(points), *x.shape[:-1]))


def _linear(ordered: Array, points: tuple[float, ...]) -> Array:
    """Quantiles of sorted rows, missing values last, by numpy's linear rule: (points, rows).

    Sorting whole rows is several times faster than selecting a few ranks where the processor sorts by vectors.
    """
    count = ordered.shape[-1] - np.isnan(ordered).sum(axis=-1)
    rank = np.multiply.outer(np.asarray(points), np.maximum(count - 1, 0))
    below = np.floor(rank).astype(np.intp)
    share = rank - below
    row = np.arange(len(ordered))
    low, high = ordered[row, below], ordered[row, np.minimum(below + 1, np.maximum(count - 1, 0))]
    with np.errstate(invalid="ignore"):  # two equal infinities
        step = high - low
    found = np.where(share < 0.5, low + step * share, high - step * (1 - share))
    return np.asarray(np.where(low == high, low, found))


def _weighted(x: Array, points: tuple[float, ...], weights: Array) -> Array:
    good = ~np.isnan(x) & (weights > 0)
    if not good.any():
        return np.full(len(points), np.nan)
    order = np.argsort(x[good], kind="stable")
    values, w = x[good][order], weights[good][order] / weights[good].sum()
    if len(values) == 1:
        return np.full(len(points), values[0])
    stretch = min(float((w**2).sum()), 1.0)  # 1 / n
    edges = np.concatenate([[0.0], np.cumsum(w)]) / w.sum()
    begin = np.asarray(points)[:, None] * (1 - stretch)
    share = np.minimum(edges[1:], begin + stretch) - np.maximum(edges[:-1], begin)
    share = np.maximum(share, 0.0)
    found = np.clip(share @ values / share.sum(axis=1), values[0], values[-1])
    # rounding must not turn the order of the points around
    rising = np.argsort(points, kind="stable")
    found[rising] = np.maximum.accumulate(found[rising])
    return np.asarray(found)


def describe(draws: Mapping[str, Array], weights: Array | None = None) -> pd.DataFrame:
    """One row per name: mean, median, low, high (5 and 95 %) and the Monte Carlo error of the median.

    The error is the standard error over the medians of the independent scrambles; NaN with too few draws.
    """
    names = list(draws)
    return describe_rows(np.stack([np.asarray(draws[n], dtype=float) for n in names]), pd.Index(names), weights)


def describe_rows(table: Array, index: pd.Index[Any], weights: Array | None = None) -> pd.DataFrame:
    """The same for the rows of `table` (rows, draws), a few of them at a time where there are many draws."""
    step = max(AT_ONCE // max(table.shape[-1], 1), 1)
    pieces = []
    for some in (table[begin : begin + step] for begin in range(0, max(len(table), 1), step)):
        median, low, high = quantiles(some, (0.5, LOW, HIGH), weights)
        pieces.append(np.stack([mean(some, weights), median, low, high, mc_error(some, weights)]))
    return pd.DataFrame(dict(zip(COLUMNS, np.concatenate(pieces, axis=1), strict=True)), index=index)


def mean(x: Array, weights: Array | None = None) -> Array:
    """Mean along the last axis; NaN entries are left out, with no entries at all it is NaN."""
    x = np.asarray(x, dtype=float)
    good = ~np.isnan(x)
    w = np.broadcast_to(np.ones(x.shape[-1]) if weights is None else weights, x.shape) * good
    total = w.sum(axis=-1)
    return np.asarray(
        np.where(total > 0, (np.where(good, x, 0.0) * w).sum(axis=-1) / np.where(total > 0, total, 1.0), np.nan)
    )


def mc_error(x: Array, weights: Array | None = None) -> Array:
    """Monte Carlo standard error of the median, from the independent scrambles the draws are dealt to."""
    x = np.asarray(x, dtype=float)
    if x.shape[-1] < 2 * REPLICATES:
        return np.full(x.shape[:-1], np.nan)
    medians = []
    for replicate in range(REPLICATES):
        w = None if weights is None else weights[replicate::REPLICATES]
        medians.append(quantiles(x[..., replicate::REPLICATES], (0.5,), w)[0])
    return np.asarray(np.std(np.stack(medians), axis=0, ddof=1) / np.sqrt(REPLICATES))
