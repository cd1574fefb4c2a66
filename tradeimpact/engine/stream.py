"""Quantiles of more draws than are kept: counts in bins that are narrow relative to the value.

A bin is a value's sign, its power of two and the next ten bits of its significand: at most 1/1024 of the value wide,
zero in a bin of its own. Counts are whole numbers, so parts may be merged in any order and give the same table. A
quantile is exact for zero and within `RELATIVE_ERROR` of the order statistic elsewhere. What is below 2**-24 in size
counts as zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

BITS = 10
RELATIVE_ERROR = 2.0**-BITS
SMALLEST = -24  # powers of two: what is smaller in size is zero
LARGEST = 100
_SHIFT = np.int64(52 - BITS)
_FIRST = np.int64((1023 + SMALLEST) << BITS)
_LAST = np.int64((LARGEST - SMALLEST) << BITS)


@dataclass(frozen=True)
class Counts:
    """Bins of several rows, those of one row after those of another: bins and counts, and how many each row has."""

    sizes: Whole
    bins: Whole
    counts: Whole


def count(values: Array) -> Counts:
    """Counts of each row of `values` (rows, draws); missing values are left out."""
    sizes, every, many = [], [], []
    for x in values:
        missing = np.isnan(x)
        known = _bins(x[~missing] if missing.any() else x)
        if len(known):
            low = known.min()
            tally = np.bincount(known - low)
            at = np.flatnonzero(tally)
            every.append(at + low)
            many.append(tally[at])
            sizes.append(len(at))
        else:
            sizes.append(0)
    empty = np.zeros(0, dtype=np.int64)
    return Counts(
        np.array(sizes, dtype=np.int64), np.concatenate([empty, *every]), np.concatenate([empty, *many])
    )  # fmt: skip


@dataclass
class Sketch:
    """Counts of all parts seen so far; `merge` adds one, in any order."""

    rows: int
    _start: list[int] = field(default_factory=list)
    _tally: list[NDArray[np.int32]] = field(default_factory=list)  # of at most `MOST_DRAWS` draws

    def __post_init__(self) -> None:
        self._start = [0] * self.rows
        self._tally = [np.zeros(0, dtype=np.int32) for _ in range(self.rows)]

    @property
    def nbytes(self) -> int:
        """Memory of the counts."""
        return sum(tally.nbytes for tally in self._tally)

    def merge(self, part: Counts) -> None:
        """Add the counts of a part."""
        ends = np.cumsum(part.sizes)
        for row, (size, end) in enumerate(zip(part.sizes, ends, strict=True)):
            if size:
                self._add(row, part.bins[end - size : end], part.counts[end - size : end])

    def _add(self, row: int, bins: Whole, counts: Whole) -> None:
        have, start = self._tally[row], self._start[row]
        low, high = int(bins[0]), int(bins[-1]) + 1
        if not len(have):
            have, start = np.zeros(high - low, dtype=np.int32), low
        elif low < start or high > start + len(have):
            first, last = min(low, start), max(high, start + len(have))
            wider = np.zeros(last - first, dtype=np.int32)
            wider[start - first : start - first + len(have)] = have
            have, start = wider, first
        have[bins - start] += counts
        self._tally[row], self._start[row] = have, start

    def quantiles(self, points: tuple[float, ...]) -> Array:
        """Quantiles of every row, (points, rows): numpy's linear rule on ranks, inside a bin by the rank's share."""
        return np.stack([self._row(row, points) for row in range(self.rows)], axis=-1)

    def _row(self, row: int, points: tuple[float, ...]) -> Array:
        tally = self._tally[row]
        total = int(tally.sum())
        if not total:
            return np.full(len(points), np.nan)
        before = np.cumsum(tally) - tally
        rank = np.asarray(points) * (total - 1)
        # the bin holds ranks before .. before + tally - 1
        at = np.searchsorted(before + tally, rank, side="right")
        at = np.minimum(at, len(tally) - 1)
        share = np.clip((rank - before[at] + 0.5) / np.maximum(tally[at], 1), 0.0, 1.0)
        low, high = _edges(at + self._start[row])
        return np.asarray(low + share * (high - low))

    def density_error(self) -> Array:
        """Standard error of each row's median if its draws were independent, from the counts about it, (rows,).

        An upper estimate for Sobol points: 1 / (2 f sqrt(n)), with the density f over the middle tenth of the draws.
        """
        low, high = self.quantiles((0.45, 0.55))
        total = np.array([t.sum() for t in self._tally], dtype=float)
        return np.asarray((high - low) / 0.1 / 2 / np.sqrt(np.maximum(total, 1.0)))


def _bins(values: Array) -> Whole:
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    size = ((bits & np.int64(0x7FFFFFFFFFFFFFFF)) >> _SHIFT) - _FIRST + 1
    size = np.clip(size, 0, _LAST)
    return np.asarray(np.where(bits < 0, -size, size))


def _edges(bins: Whole) -> tuple[Array, Array]:
    """Both ends of bins, low and high; zero for the bin of zero."""
    size = np.abs(bins)
    inner = _edge(size)
    outer = _edge(size + 1)
    zero = bins == 0
    low, high = np.where(bins > 0, inner, -outer), np.where(bins > 0, outer, -inner)
    return np.where(zero, 0.0, low), np.where(zero, 0.0, high)


def _edge(size: Whole) -> Array:
    bits = (np.maximum(size, 1) - 1 + _FIRST) << _SHIFT
    return np.asarray(bits.view(np.float64))
