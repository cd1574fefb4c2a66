"""Reconciliation: parts that add up to their total in every draw, none below zero, closed posts at zero.

With b the drawn parts, T the drawn total, w and w0 the variances of their errors (MinT with diagonal errors)::

    minimise   sum((x - b) ** 2 / w) + (sum(x) - T) ** 2 / w0     subject to x >= 0

    x = max(0, b + w k),  k the one root of  sum(max(0, b + w k)) + w0 k = T

w0 = 0 holds the total as drawn; w = 0 holds a part. The left side is piecewise linear and rising in k, so that the root
is found exactly, draw by draw, by sorting its kinks. Without the bound this is the reconciliation of Wickramasuriya,
Athanasopoulos and Hyndman (2019, JASA 114:804) for one total and its parts.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Errors = ArrayLike | Mapping[Hashable, float]

METHODS = ("least_squares", "proportional")
TOLERANCE = 1e-9  # relative: parts of a held total add up to this in every draw


@overload
def reconcile(
    draws: pd.DataFrame,
    total: ArrayLike | pd.Series,
    *,
    error: Errors | None = None,
    total_error: ArrayLike = 0.0,
    method: str = "least_squares",
) -> pd.DataFrame: ...
@overload
def reconcile(
    draws: ArrayLike,
    total: ArrayLike,
    *,
    error: Errors | None = None,
    total_error: ArrayLike = 0.0,
    method: str = "least_squares",
) -> Array: ...
def reconcile(
    draws: pd.DataFrame | ArrayLike,
    total: ArrayLike | pd.Series,
    *,
    error: Errors | None = None,
    total_error: ArrayLike = 0.0,
    method: str = "least_squares",
) -> pd.DataFrame | Array:
    """Parts moved as little as their errors allow so that they add up to the total in every draw.

    Parameters
    ----------
    draws : DataFrame (draw x crossing), or array (crossings, ..., draws)
        Drawn parts, in the unit of the total. A part that is 0 in every draw is a closed post and stays exactly 0.
    total : Series or array (draws,), or array (..., draws), or a number
        Drawn total.
    error : array (crossings, ...) or mapping by crossing, optional
        Standard error of each part. Without it the standard deviation of its draws; where no part has any (one
        draw), equal errors. A part with error 0 is held.
    total_error : number or array (...), optional
        Standard error of the total. 0 holds it as drawn; above 0 the total itself gives way, and the reconciled total
        is the sum of what is returned.
    method : {"least_squares", "proportional"}
        Proportional scales all parts by one factor per draw and needs the total held and no part below 0.

    Returns
    -------
    DataFrame or array
        As `draws`, at least 0 everywhere.

    Raises
    ------
    ModelError
        Where a value is missing, shapes do not fit, or the total cannot be reached (all posts closed; held parts
        alone are above it).

    Examples
    --------
    A = B + C with forecasts 100, 45 and 50 and equal errors:

    >>> reconcile([[45.0], [50.0]], [100.0], error=[1, 1], total_error=1).round(2).ravel()
    array([46.67, 51.67])
    """
    import pandas as pd

    if method not in METHODS:
        raise ModelError(f"method={method!r}: expected one of {', '.join(METHODS)}")
    if not isinstance(draws, pd.DataFrame):
        parts = np.asarray(draws, dtype=float)
        names: list[Hashable] = list(range(len(parts))) if parts.ndim else []
        return _reconcile(parts, np.asarray(total, dtype=float), names, error, total_error, method)
    if isinstance(total, pd.Series):
        if not total.index.equals(draws.index):
            raise ModelError("total has another index than draws; give one total per draw, under the same labels")
        total = total.to_numpy(dtype=float)
    names = list(draws.columns)
    fitted = _reconcile(
        draws.to_numpy(dtype=float).T, np.asarray(total, dtype=float), names, error, total_error, method
    )
    return pd.DataFrame(fitted.T, index=draws.index, columns=draws.columns)


def _reconcile(
    parts: Array, total: Array, names: Sequence[Hashable], error: Errors | None, total_error: ArrayLike, method: str
) -> Array:
    if parts.ndim < 2 or not parts.size:
        raise ModelError("draws must be crossings by draws, at least one of each")
    try:
        target = np.broadcast_to(total, parts.shape[1:])
    except ValueError:
        raise ModelError(f"total has shape {total.shape}; expected {parts.shape[1:]}, one per draw") from None
    for position, name in enumerate(names):
        if not np.isfinite(parts[position]).all():
            raise ModelError(f"draws of {name} are not all numbers; a shut post is 0, a missing one must be left out")
    if not (np.isfinite(target) & (target >= 0)).all():
        raise ModelError("total must be finite and at least 0 in every draw")
    closed = (parts == 0).all(axis=-1, keepdims=True)
    slack = _errors(np.asarray(total_error, dtype=float), parts.shape[1:], "total_error")
    if method == "proportional":
        if error is not None or slack.any():
            raise ModelError("proportional reconciliation holds the total and knows no errors; leave both out")
        return proportional(parts, target)
    spread = _spread(parts, error, names)
    spread = np.where(closed, 0.0, spread)
    return least_squares(parts, target, np.square(spread), np.square(slack))


def least_squares(parts: Array, total: Array, variance: Array, total_variance: Array) -> Array:
    """The reconciled parts, at least 0. Parts (C, ...); total, total_variance (...); variance (C, ...) or broadcast.

    Raises
    ------
    ModelError
        Where the total is held and cannot be reached.
    """
    b, w = np.broadcast_arrays(parts, variance)
    w0 = np.broadcast_to(total_variance, total.shape)
    held = w <= 0
    fixed = np.where(held, np.maximum(b, 0.0), 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        kink = np.where(held, np.inf, -b / np.where(held, 1.0, w))
    order = np.argsort(kink, axis=0)
    kinks = np.take_along_axis(kink, order, axis=0)
    # with the first n parts above 0 the root would be (T - fixed - sum b) / (sum w + w0)
    amount = np.cumsum(np.take_along_axis(np.where(held, 0.0, b), order, axis=0), axis=0)
    slope = np.cumsum(np.take_along_axis(np.where(held, 0.0, w), order, axis=0), axis=0)
    zero = np.zeros((1, *total.shape))
    amount, slope = np.concatenate([zero, amount]), np.concatenate([zero, slope]) + w0
    ceiling = np.concatenate([kinks, np.full((1, *total.shape), np.inf)])
    gap = total - fixed
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.where(slope > 0, (gap - amount) / np.where(slope > 0, slope, 1.0), -np.inf)
    reached = (root <= ceiling) & (slope > 0)
    first = np.argmax(reached, axis=0)
    k = np.take_along_axis(root, first[None], axis=0)[0]
    found = reached.any(axis=0)
    exact = ~found & (np.abs(gap) <= TOLERANCE * np.maximum(total, 1e-300))
    scale = np.maximum(total, fixed)
    if ((w0 == 0) & (gap < -TOLERANCE * scale)).any() or (~found & ~exact).any():
        raise ModelError(
            "the total cannot be reached: held parts are above it, or every post that could move is closed; "
            "give a part an error, or the total one (total_error)"
        )
    moved = b + w * np.where(found, k, 0.0)
    return np.asarray(np.where(held, np.maximum(b, 0.0), np.maximum(moved, 0.0)))


def proportional(parts: Array, total: Array) -> Array:
    """Parts (C, ...) scaled by one factor to the total (...); all must be at least 0, and one above where T > 0 is."""
    if (parts < 0).any():
        raise ModelError("proportional reconciliation needs parts of at least 0; use method='least_squares'")
    whole = parts.sum(axis=0)
    if ((whole == 0) & (total > 0)).any():
        raise ModelError("every post is at 0 in a draw whose total is above 0; nothing can be scaled to it")
    return np.asarray(parts * np.where(whole > 0, total / np.where(whole > 0, whole, 1.0), 0.0))


def _spread(parts: Array, error: Errors | None, names: Sequence[Hashable]) -> Array:
    """Standard error of each part with a last axis for the draws, (C, ..., 1)."""
    if error is None:
        spread = parts.std(axis=-1, keepdims=True)
        rounding = 1e-12 * np.abs(parts).max(axis=-1, keepdims=True)
        spread = np.where(spread > rounding, spread, 0.0)
        return np.where(spread.any(axis=0), spread, 1.0)
    if isinstance(error, Mapping):
        missing = [str(name) for name in names if name not in error]
        if missing:
            raise ModelError(f"error lacks {', '.join(missing)}; give one standard error per crossing")
        error = [float(error[name]) for name in names]
    given = np.asarray(error, dtype=float)
    if given.ndim == 0 or len(given) != len(parts):
        raise ModelError(f"error must hold one standard error per crossing ({len(parts)})")
    given = given.reshape(given.shape + (1,) * (parts.ndim - given.ndim))
    return _errors(given, parts.shape, "error")


def _errors(given: Array, shape: tuple[int, ...], name: str) -> Array:
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ModelError(f"{name} must be finite and at least 0")
    try:
        return np.broadcast_to(given if given.ndim in (0, len(shape)) else given[..., None], shape)
    except ValueError:
        raise ModelError(f"{name} has shape {given.shape}, which does not fit {shape}") from None
