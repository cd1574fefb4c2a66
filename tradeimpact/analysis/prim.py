"""Patient rule induction: the box of assumptions in which draws of one kind are densest.

Columns that tell the wanted ("bad") draws apart by themselves are tried. Starting from all draws, peel off the
twentieth of them, at one end of one column, that leaves the bad draws densest, again and again (Friedman and Fisher
1999, Statistics and Computing 9:123). With n draws, b of them bad, and m draws in the box, c of them bad,

    density = c / m      coverage = c / b      mass = m / n

and of all boxes on the way the one with the largest mass x (density - b / n) is taken (weighted relative accuracy,
Lavrac, Flach and Zupan 1999). Conditions that add least to it, or no more than chance would, are dropped until the box
has few enough, and the peeling is done again with the columns that are left. All of it honours weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .information import basis_of

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

PEEL = 0.05
SMALLEST = 0.05  # mass of a box
FEWEST = 20  # draws in a box
RESAMPLES = 20
CHANCE = 0.05
ENTRY = 0.01  # chance that an idle column is tried


@dataclass(frozen=True)
class Box:
    """Conditions low <= x <= high by column (infinite where there is none) and how the draws inside do."""

    low: Array
    high: Array
    density: float
    coverage: float
    mass: float

    @property
    def used(self) -> NDArray[np.intp]:
        """Columns with a condition."""
        return np.flatnonzero(np.isfinite(self.low) | np.isfinite(self.high))

    def holds(self, x: Array) -> Flags:
        """Which draws of (draws, columns) lie inside."""
        used = self.used
        return np.asarray(((x[:, used] >= self.low[used]) & (x[:, used] <= self.high[used])).all(axis=1))


def find_box(x: Array, bad: Flags, w: Array, most: int, density: float | None = None) -> tuple[Box, pd.DataFrame]:
    """The best box with at most `most` conditions, none of which could be chance, and the boxes on the way to it.

    Parameters
    ----------
    x : array (draws, columns)
    bad : array (draws,)
    w : array (draws,)
        Weights that sum to 1.
    most : int
    density : float, optional
        Take the widest box at least as dense in place of the one with the best weighted relative accuracy.

    Returns
    -------
    Box, DataFrame
    """
    boxes = _peel(x, bad, w, telling(x, bad, w))
    box = _chosen(boxes, bad, w, density)
    while len(box.used) > most or _idle(box, x, bad, w):
        least = min(box.used, key=lambda c: cost(box, c, x, bad, w))
        box = _without(box, least, x, bad, w)
    if len(box.used):
        boxes = _peel(x, bad, w, box.used)
        box = _chosen(boxes, bad, w, density)
        while idle := _idle(box, x, bad, w):
            box = _without(box, idle[0], x, bad, w)
    rows = [{"conditions": len(b.used), "mass": b.mass, "density": b.density, "coverage": b.coverage} for b in boxes]
    return box, pd.DataFrame(rows)


def _chosen(boxes: list[Box], bad: Flags, w: Array, density: float | None) -> Box:
    """The box with the best weighted relative accuracy, or the widest that is dense enough (else the densest)."""
    if density is None:
        return max(boxes, key=lambda b: _accuracy(b, bad, w))
    dense = [b for b in boxes if b.density >= density]
    return max(dense, key=lambda b: b.coverage) if dense else max(boxes, key=lambda b: b.density)


def _idle(box: Box, x: Array, bad: Flags, w: Array) -> list[int]:
    """Conditions whose effect could be chance, the idlest first.

    Quasi-p of Bryant and Lempert 2010 (Technological Forecasting and Social Change 77:34): the chance of as many bad
    draws as the box holds if each were as likely bad as in the box without the condition.
    """
    from scipy.special import bdtrc

    inside = w[box.holds(x)]
    count = inside.sum() ** 2 / (inside**2).sum() if len(inside) else 0.0  # effective number of draws
    found = []
    for column in box.used:
        wider = _without(box, column, x, bad, w)
        p = bdtrc(np.ceil(box.density * count) - 1, int(np.ceil(count)), wider.density) if count else 1.0
        if not p <= CHANCE:
            found.append((-float(p), int(column)))
    return [column for _, column in sorted(found)]


def _without(box: Box, column: int, x: Array, bad: Flags, w: Array) -> Box:
    """The box without its condition on one column."""
    low, high = box.low.copy(), box.high.copy()
    low[column], high[column] = -np.inf, np.inf
    return _measured(low, high, x, bad, w)


def telling(x: Array, bad: Flags, w: Array) -> NDArray[np.intp]:
    """Columns that by themselves tell bad draws from others more than chance would; all where none does.

    Peeling among dozens of idle columns follows chance. A column that matters only together with another is missed.
    """
    from scipy.special import chdtrc

    count = w.sum() ** 2 / (w**2).sum()
    share_of = w / w.sum()
    wanted = bad - share_of @ bad
    total = float(share_of @ wanted**2)
    found = []
    for column in range(x.shape[1]):
        basis = basis_of(x[:, column], w)
        weighed = (basis * share_of[:, None]).T
        fit = basis @ np.linalg.lstsq(weighed @ basis, weighed @ wanted, rcond=None)[0]
        share = float(share_of @ fit**2) / total if total > 0 else 0.0
        if basis.shape[1] > 1 and chdtrc(basis.shape[1] - 1, count * share) < ENTRY:
            found.append(column)
    return np.array(found or range(x.shape[1]), dtype=np.intp)


def _peel(x: Array, bad: Flags, w: Array, columns: NDArray[np.intp]) -> list[Box]:
    """Boxes from all draws to the smallest, each with one end of one column cut further."""
    low, high = np.full(x.shape[1], -np.inf), np.full(x.shape[1], np.inf)
    inside = np.ones(len(x), dtype=bool)
    own = x[:, columns].T
    order = np.argsort(own, axis=1, kind="stable")
    boxes = [_measured(low, high, x, bad, w)]
    while True:
        stays = order[inside[order]].reshape(len(columns), -1)
        cut = _best_cut(np.take_along_axis(own, stays, axis=1), (w * bad)[stays], w[stays])
        if cut is None:
            return boxes
        column, is_low, at = columns[cut[0]], cut[1], cut[2]
        (low if is_low else high)[column] = at
        inside &= x[:, column] >= at if is_low else x[:, column] <= at
        if w[inside].sum() < SMALLEST or inside.sum() < FEWEST:
            return boxes
        boxes.append(_measured(low.copy(), high.copy(), x, bad, w))


def _best_cut(ranked: Array, hits: Array, w: Array) -> tuple[int, bool, float] | None:
    """Column, end and new limit of the cut of about PEEL of the weight that leaves the bad draws densest.

    All are (columns, draws) with each column in rising order; `hits` is the weight of bad draws. Ties go together.
    """
    mass, found = (np.cumsum(v, axis=1) for v in (w, hits))
    last = ranked.shape[1] - 1
    rows = np.arange(len(ranked))
    place = np.minimum((mass <= PEEL * mass[:, -1:]).sum(axis=1), last)
    gone = (ranked < ranked[rows, place][:, None]).sum(axis=1)
    gone = np.where(gone > 0, gone, (ranked <= ranked[:, :1]).sum(axis=1))
    place = np.minimum((mass < (1 - PEEL) * mass[:, -1:]).sum(axis=1), last)
    stay = (ranked <= ranked[rows, place][:, None]).sum(axis=1)
    stay = np.where(stay <= last, stay, (ranked < ranked[:, -1:]).sum(axis=1))
    before, after = np.maximum(gone - 1, 0), np.maximum(stay - 1, 0)
    left = np.stack([mass[:, -1] - mass[rows, before], mass[rows, after]])
    kept = np.stack([found[:, -1] - found[rows, before], found[rows, after]])
    possible = np.stack([gone <= last, stay > 0]) & (left > 0)
    if not possible.any():
        return None
    density = np.where(possible, kept / np.where(left > 0, left, 1.0), -1.0)
    column, end = np.unravel_index(int(density.T.argmax()), density.T.shape)
    at = ranked[column, gone[column]] if end == 0 else ranked[column, stay[column] - 1]
    return int(column), end == 0, float(at)


def _measured(low: Array, high: Array, x: Array, bad: Flags, w: Array) -> Box:
    inside = Box(low, high, 0.0, 0.0, 0.0).holds(x)
    mass, hits = float(w[inside].sum()), float(w[inside & bad].sum())
    found = float(w[bad].sum())
    return Box(low, high, hits / mass if mass > 0 else 0.0, hits / found if found > 0 else 0.0, mass)


def _accuracy(box: Box, bad: Flags, w: Array) -> float:
    """Weighted relative accuracy: mass x (density - base)."""
    return box.mass * (box.density - float(w[bad].sum()))


def cost(box: Box, column: int, x: Array, bad: Flags, w: Array) -> float:
    """Accuracy that is lost without the condition on one column."""
    return _accuracy(box, bad, w) - _accuracy(_without(box, column, x, bad, w), bad, w)


def on_halves(
    x: Array,
    bad: Flags,
    w: Array,
    most: int,
    density: float | None,
    box: Box,
    rng: np.random.Generator,
) -> tuple[Array, float, float]:
    """How often halves give the same conditions, (columns,), and density and coverage on the other halves."""
    again = np.zeros(x.shape[1])
    scores = []
    for _ in range(RESAMPLES):
        order = rng.permutation(len(x))
        one, two = order[: len(x) // 2], order[len(x) // 2 :]
        found, _ = find_box(x[one], bad[one], w[one] / w[one].sum(), most, density)
        same = (np.isfinite(found.low) & np.isfinite(box.low)) | (np.isfinite(found.high) & np.isfinite(box.high))
        again += same
        if len(found.used):
            other = _measured(found.low, found.high, x[two], bad[two], w[two] / w[two].sum())
            scores.append((other.density, other.coverage))
    tested, covered = np.mean(scores, axis=0) if scores else (float("nan"), float("nan"))
    return again / RESAMPLES, float(tested), float(covered)
