"""Conditional logit of choices, counts or shares among what is available, by maximum likelihood.

In choice set s the available alternatives j have utility V = x b, and ::

    P[j | s] = exp(V[j]) / sum over s of exp(V)          log-likelihood = sum y log P

with y 1 for what was chosen, or a count, an amount or a share. With amounts the score is that of a Poisson regression
with one effect per set (Poisson pseudo-maximum likelihood, Santos Silva and Tenreyro 2006), so that the many effects
need not be estimated. Concave: Newton's method finds the one maximum where there is one; where some rows are separated
there is none, and :func:`separated` finds them (Correia, Guimaraes and Zylkin 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

STEPS = 100
TOLERANCE = 1e-10  # of the Newton decrement, relative to the number of choices
SINGULAR = 1e-10  # smallest eigenvalue of the scaled information that tells a coefficient


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,), log-likelihood, information (k, k), scores by set (sets, k), null log-likelihood."""

    coefficients: Array
    log_likelihood: float
    null: float
    information: Array
    scores: Array

    @property
    def covariance(self) -> Array:
        """Inverse information, (k, k)."""
        return np.asarray(np.linalg.inv(self.information))

    @property
    def robust(self) -> Array:
        """Sandwich covariance from the scores of the sets, (k, k)."""
        return np.asarray(self.covariance @ (self.scores.T @ self.scores) @ self.covariance)


def log_shares(utility: Array, sets: Codes) -> Array:
    """log P of each row within its set, (rows,); `sets` are codes 0..n-1."""
    highest = np.full(int(sets.max()) + 1, -np.inf)
    np.maximum.at(highest, sets, utility)
    shifted = utility - highest[sets]
    return np.asarray(shifted - np.log(np.bincount(sets, np.exp(shifted)))[sets])


def scores_by_set(x: Array, y: Array, sets: Codes, log_share: Array) -> Array:
    """Derivative of the log-likelihood of each set by the coefficients, (sets, k)."""
    residual = y - np.bincount(sets, y)[sets] * np.exp(log_share)
    out = np.zeros((int(sets.max()) + 1, x.shape[1]))
    np.add.at(out, sets, residual[:, None] * x)
    return out


def fit_choice(x: Array, y: Array, sets: Codes, names: Sequence[str], offset: Array | None = None) -> Fit:
    """The conditional logit of `y` (rows,) on `x` (rows, k), all rows available and none separated.

    Raises
    ------
    ModelError
        Naming coefficients that the data do not tell from the others, or where there is no maximum.
    """
    shift = np.zeros(len(y)) if offset is None else offset
    total = np.bincount(sets, y)
    if not y.sum() > 0:
        raise ModelError("nothing was chosen in any set")
    scale = np.sqrt(np.maximum(np.einsum("i,ik->k", total[sets], np.square(x - _mean(x, sets))), 0.0))
    b, value = np.zeros(x.shape[1]), -np.inf
    for _ in range(STEPS):
        log_share = log_shares(x @ b + shift, sets)
        value = float(y @ log_share)
        gradient = scores_by_set(x, y, sets, log_share).sum(axis=0)
        information = _information(x, sets, total, np.exp(log_share))
        _require_told(information, scale, names)
        step = np.linalg.solve(information, gradient)
        if gradient @ step <= TOLERANCE * y.sum():
            b = b + step
            break
        length = 1.0
        while float(y @ log_shares(x @ (b + length * step) + shift, sets)) < value and length > 1e-8:
            length /= 2
        b = b + length * step
    else:
        raise ModelError(f"no maximum of the likelihood after {STEPS} steps; some rows may be separated")
    log_share = log_shares(x @ b + shift, sets)
    return Fit(
        coefficients=b,
        log_likelihood=float(y @ log_share),
        null=float(y @ log_shares(shift, sets)),
        information=_information(x, sets, total, np.exp(log_share)),
        scores=scores_by_set(x, y, sets, log_share),
    )


def separated(x: Array, y: Array, sets: Codes) -> NDArray[np.bool_]:
    """Rows with y = 0 whose share can be driven to 0 at no cost to the rows with y > 0: they say nothing finite.

    A direction d of the coefficients separates a row if it leaves the utilities of all chosen rows of a set equal
    and lowers that row's below them. Solved as one linear programme over d.
    """
    from scipy.optimize import linprog

    chosen = y > 0
    out = np.zeros(len(y), dtype=bool)
    alive = np.bincount(sets, y)[sets] > 0
    out[~alive] = True
    nothing = ~chosen & alive
    if not nothing.any():
        return out
    first = np.full(int(sets.max()) + 1, -1)
    rows = np.flatnonzero(chosen)[::-1]
    first[sets[rows]] = rows
    spread = np.maximum(np.abs(x).max(axis=0), 1e-300)
    lower = (x[nothing] - x[first[sets[nothing]]]) / spread
    equal = (x[chosen] - x[first[sets[chosen]]]) / spread
    equal = equal[np.abs(equal).max(axis=1) > 0]
    unique, back = np.unique(lower, axis=0, return_inverse=True)
    found = linprog(
        unique.sum(axis=0),
        A_ub=np.concatenate([unique, -unique]),
        b_ub=np.concatenate([np.zeros(len(unique)), np.ones(len(unique))]),
        A_eq=_basis(equal) if len(equal) else None,
        b_eq=np.zeros(len(_basis(equal))) if len(equal) else None,
        bounds=(None, None),
    )
    if found.status != 0:
        raise ModelError(f"the check for separated rows failed: {found.message}")
    out[nothing] = (unique @ found.x)[back.ravel()] < -1e-6
    return out


def _basis(rows: Array) -> Array:
    """As few rows as span the same space."""
    _, sizes, directions = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(directions[sizes > 1e-9 * max(float(sizes[0]), 1e-300)])


def _mean(x: Array, sets: Codes) -> Array:
    count = np.bincount(sets).astype(float)
    return np.stack([np.bincount(sets, column) / count for column in x.T], axis=1)[sets]


def _information(x: Array, sets: Codes, total: NDArray[Any], share: Array) -> Array:
    """Sum over the sets of y times the covariance of x under the shares."""
    mean = np.stack([np.bincount(sets, share * column) for column in x.T], axis=1)
    away = x - mean[sets]
    return np.asarray((away * (total[sets] * share)[:, None]).T @ away)


def _require_told(information: Array, scale: Array, names: Sequence[str]) -> None:
    """Every coefficient must be told by the data: else the directions of no information name the culprits."""
    flat = [name for name, size in zip(names, scale, strict=True) if size == 0]
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / size / size[:, None])
    if not flat and values[0] > SINGULAR:
        return
    mixed = flat or [n for n, part in zip(names, np.abs(vectors[:, 0]), strict=True) if part > 0.1]
    raise ModelError(
        f"the data do not tell {', '.join(mixed)}: no variation between the alternatives that were open together; "
        "drop one, or give more months"
    )
