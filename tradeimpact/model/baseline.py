"""Counterfactual baseline R0[c, t] = level[t] x share[c] x calendar[c, t], currency per day (MODEL section 3).

Level: a time-series model of the national series, simulated. Shares: annual figures per crossing fitted, draw by draw,
to every adding-up constraint inside every range. Calendar: holidays as factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[np.float64]

MONTH_DAYS = 365.25 / 12
SEASONAL_MONTHS = 24  # two seasonal cycles
TOLERANCE = 1e-12  # relative to the largest total: adding-up holds to this in every draw


@dataclass(frozen=True)
class Constraint:
    """Members that add up to a total between low and high (equal for an exact one up to rounding)."""

    name: str
    members: tuple[int, ...]
    low: float
    best: float
    high: float
    exact: bool


def two_piece(low: Array | float, best: Array | float, high: Array | float, z: Array) -> Array:
    """Value at score z with median `best` and density falling linearly to the hard bounds `low` and `high`.

    The range is three numbers, or three arrays (parts, 1) for scores (parts, draws); returns the shape of the scores.
    """
    from scipy.special import ndtr

    u = ndtr(z)
    return np.asarray(
        np.where(u < 0.5, best - (best - low) * _tail(1 - 2 * u), best + (high - best) * _tail(2 * u - 1))
    )


def _tail(p: Array) -> Array:
    """Triangular tail: the distance from the best value as a share of the range, density falling to 0 at the bound."""
    return np.asarray(1.0 - np.sqrt(np.clip(1.0 - p, 0.0, 1.0)))


def fit_parts(
    start: Array,
    low: Array,
    high: Array,
    totals: Array,
    constraints: Sequence[Constraint],
    names: Sequence[str],
    *,
    checked: bool = False,
) -> Array:
    """Parts nearest to `start` that satisfy every constraint and stay in their ranges, in every draw.

    Minimises sum(((x - start) / width) ** 2) subject to sum over members = total and low <= x <= high, so that wide
    ranges give way and narrow ones hold. `start` (parts, draws), `low`, `high` (parts,), `totals` (constraints,
    draws). For a range constraint the total itself may move between its bounds. `checked` says that
    `require_feasible` was asked before. Returns (parts, draws).

    Raises
    ------
    ModelError
        Naming constraints and ranges that cannot hold together.
    """
    if not constraints:
        return np.clip(start, low[:, None], high[:, None])
    if not checked:
        require_feasible(low, high, totals, constraints, names)
    matrix, lower, upper, origin, target = _stack(start, low, high, totals, constraints)
    width = np.maximum((upper - lower), 1e-9 * np.maximum(np.abs(upper), 1.0)) ** 2
    free = (upper > lower)[:, None]
    origin = np.clip(origin, lower[:, None], upper[:, None])
    scale = np.abs(target).max(axis=0) + np.abs(matrix @ upper).max() + 1e-300
    multiplier = np.zeros_like(target)
    for _ in range(200):
        moved = origin + width[:, None] * _pull(matrix, multiplier)
        x = np.clip(moved, lower[:, None], upper[:, None])
        gap = target - _sums(matrix, x)
        met = (np.abs(gap) <= TOLERANCE * scale).all(axis=0)
        if met.all():
            return np.asarray(x[: len(low)])
        inside = ((moved >= lower[:, None]) & (moved <= upper[:, None]) & free) * width[:, None]
        # damped semismooth Newton step on the dual, one small system per draw; what is met stays as it is, so that no
        # draw depends on those fitted with it
        curvature = np.einsum("kp,lp,pd->kld", matrix, matrix, inside).transpose(2, 0, 1)
        ridge = 1e-12 * width.max() * np.eye(len(constraints))
        step = np.where(met, 0.0, np.linalg.solve(curvature + ridge, gap.T[..., None])[..., 0].T)
        multiplier = multiplier + _line_search(multiplier, step, gap, origin, width, matrix, lower, upper, target)
    names_of = ", ".join(c.name for c in constraints)
    raise ModelError(
        f"the adding-up constraints ({names_of}) could not be met to {TOLERANCE:g}; their ranges barely overlap: "
        "widen one"
    )


def _line_search(
    multiplier: Array,
    step: Array,
    gap: Array,
    origin: Array,
    width: Array,
    matrix: Array,
    lower: Array,
    upper: Array,
    target: Array,
) -> Array:
    """The step, halved per draw until the dual objective does not fall."""

    def dual(m: Array) -> Array:
        pull = width[:, None] * _pull(matrix, m)
        x = np.clip(origin + pull, lower[:, None], upper[:, None])
        distance = 0.5 * ((x - origin) ** 2 / width[:, None]).sum(axis=0)
        return np.asarray(distance + (m * (target - _sums(matrix, x))).sum(axis=0))

    before, slope = dual(multiplier), (gap * step).sum(axis=0)
    length = np.ones(step.shape[1])
    for _ in range(40):
        short = dual(multiplier + length * step) < before + 1e-4 * length * slope - 1e-9 * np.abs(before)
        if not short.any():
            break
        length = np.where(short, length / 2, length)
    return length * step


def _sums(matrix: Array, x: Array) -> Array:
    """What the members of each constraint add up to; unlike a matrix product, the same however many draws there are."""
    return np.asarray(np.einsum("kp,pd->kd", matrix, x))


def _pull(matrix: Array, multiplier: Array) -> Array:
    return np.asarray(np.einsum("kp,kd->pd", matrix, multiplier))


def _stack(
    start: Array, low: Array, high: Array, totals: Array, constraints: Sequence[Constraint]
) -> tuple[Array, Array, Array, Array, Array]:
    """Parts followed by one slack part per range constraint (its total), as one bounded least-squares problem."""
    ranges = [i for i, c in enumerate(constraints) if not c.exact]
    parts = len(low)
    matrix = np.zeros((len(constraints), parts + len(ranges)))
    for row, c in enumerate(constraints):
        matrix[row, list(c.members)] = 1.0
    for column, row in enumerate(ranges):
        matrix[row, parts + column] = -1.0
    lower = np.concatenate([low, [constraints[i].low for i in ranges]])
    upper = np.concatenate([high, [constraints[i].high for i in ranges]])
    origin = np.concatenate([start, totals[ranges]]) if ranges else start
    target = totals.copy()
    target[ranges] = 0.0
    return matrix, lower, upper, origin, target


def require_feasible(
    low: Array, high: Array, totals: Array, constraints: Sequence[Constraint], names: Sequence[str]
) -> None:
    """Raise a ModelError naming what cannot add up; `totals` (constraints, draws)."""
    for c, total in zip(constraints, totals, strict=True):
        least, most = low[list(c.members)].sum(), high[list(c.members)].sum()
        lo, hi = (total.min(), total.max()) if c.exact else (c.low, c.high)
        if least > (lo if c.exact else hi) * (1 + 1e-12) or most < (hi if c.exact else lo) * (1 - 1e-12):
            parts = ", ".join(f"{names[i]} {low[i]:.4g} to {high[i]:.4g}" for i in c.members)
            raise ModelError(
                f"constraint {c.name}: {lo:.4g} to {hi:.4g} cannot be reached by its members ({parts}; together "
                f"{least:.4g} to {most:.4g}); widen a range of baseline.csv or mend constraints.csv"
            )
    if len(constraints) > 1:
        _require_joint(low, high, totals, constraints, names)


def _require_joint(
    low: Array, high: Array, totals: Array, constraints: Sequence[Constraint], names: Sequence[str]
) -> None:
    """All constraints at once, by linear programming, at the corners of the drawn totals."""
    from scipy.optimize import linprog

    matrix = np.zeros((len(constraints), len(low)))
    for row, c in enumerate(constraints):
        matrix[row, list(c.members)] = 1.0
    exact = [i for i, c in enumerate(constraints) if c.exact]
    loose = [i for i, c in enumerate(constraints) if not c.exact]
    # amounts in currency are beyond the solver's absolute tolerance
    unit = max(float(np.abs(high).max()), float(np.abs(totals).max()), 1e-300)
    corners = np.unique(np.stack([totals.min(axis=1), totals.max(axis=1)]), axis=0)
    for corner in corners:
        result = linprog(
            np.zeros(len(low)),
            A_eq=matrix[exact] if exact else None,
            b_eq=corner[exact] / unit if exact else None,
            A_ub=np.concatenate([matrix[loose], -matrix[loose]]) if loose else None,
            b_ub=np.array([constraints[i].high for i in loose] + [-constraints[i].low for i in loose]) / unit
            if loose
            else None,
            bounds=list(zip(low / unit, high / unit, strict=True)),
        )
        if result.status == 2:
            ranges = ", ".join(f"{n} {a:.4g} to {b:.4g}" for n, a, b in zip(names, low, high, strict=True))
            wanted = ", ".join(f"{c.name} {x:.4g}" for c, x in zip(constraints, corner, strict=True))
            raise ModelError(f"the constraints {wanted} cannot all hold with the ranges {ranges}; widen one of them")


@dataclass(frozen=True)
class Growth:
    """Log growth of a national series: mean per year, its standard error, and the spread of one year's step."""

    mean: float
    error: float
    spread: float
    years: int


def random_walk_with_drift(annual: Array) -> Growth:
    """Level with drift on the logs of an annual series without gaps (the maximum-likelihood random walk with drift).

    The estimates equal those of statsmodels' UnobservedComponents(level="random walk with drift") on the logs.
    """
    values = np.asarray(annual, dtype=float)
    if len(values) < 3 or not np.isfinite(values).all() or (values <= 0).any():
        raise ModelError("a level with drift needs at least three positive annual totals in a row")
    steps = np.diff(np.log(values))
    spread = float(steps.std(ddof=1))
    return Growth(float(steps.mean()), spread / np.sqrt(len(steps)), spread, len(steps))


def seasonal_forecast(monthly: Array, months_ahead: int) -> tuple[Array, Array]:
    """Joint forecast of the log of a monthly series with two seasonal cycles or more: mean (m,) and factor (m, m).

    A structural model (local linear trend with a twelve-month season, statsmodels) is fitted to the logs; the factor is
    the Cholesky root of the forecast covariance, so that mean + factor @ scores are simulated paths.
    """
    values = np.asarray(monthly, dtype=float)
    if len(values) < SEASONAL_MONTHS or np.nanmin(values) <= 0:
        raise ModelError("a structural level needs at least 24 monthly totals, all above 0 (missing months as NaN)")
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    model = UnobservedComponents(np.log(values), level="local linear trend", seasonal=12)
    fit = model.fit(disp=0)
    mean = np.asarray(fit.get_forecast(months_ahead).predicted_mean)
    # statsmodels gives the variance of each forecast but not their covariance: extend the sample with missing months
    extended = model.clone(np.concatenate([np.log(values), np.full(months_ahead, np.nan)]))
    covariance = _forecast_covariance(extended.smooth(fit.params), len(values), months_ahead)
    factor = np.linalg.cholesky(covariance + 1e-12 * np.eye(months_ahead))
    return mean, np.asarray(factor, dtype=float)


def seasonal_level(monthly: Array, months_ahead: int, scores: Array) -> Array:
    """Simulated log levels of such a series, (months_ahead, draws); `scores` (months_ahead, draws) standard normal."""
    mean, factor = seasonal_forecast(monthly, months_ahead)
    return np.asarray(mean[:, None] + factor @ scores)


def monthly_path(log_level: Array, days_after: NDArray[np.int64]) -> Array:
    """National revenue per ordinary day, (days, draws), from log monthly totals (months, draws) after the sample's
    end.
    """
    month = np.clip(np.ceil(days_after / MONTH_DAYS).astype(int) - 1, 0, len(log_level) - 1)
    return np.asarray(np.exp(log_level[month]) / MONTH_DAYS)


def _forecast_covariance(smoothed: object, first: int, ahead: int) -> Array:
    """Covariance of y[first], ..., y[first + ahead - 1] given the sample, by running the state forward."""
    result = smoothed.filter_results  # type: ignore[attr-defined]
    transition, selection = result.transition[..., 0], result.selection[..., 0]
    noise = selection @ result.state_cov[..., 0] @ selection.T
    design, observed = result.design[..., 0], float(result.obs_cov[0, 0, 0])
    state = result.predicted_state_cov[..., first]
    covariance = np.zeros((ahead, ahead))
    for i in range(ahead):
        cross = state.copy()
        for j in range(i, ahead):
            covariance[i, j] = covariance[j, i] = float((design @ cross @ design.T)[0, 0]) + (
                observed if i == j else 0.0
            )
            cross = cross @ transition.T
        state = transition @ state @ transition.T + noise
    return covariance


def level_path(
    anchor: Array, growth: Growth, growth_score: Array, shocks: Array, days_after: NDArray[np.int64]
) -> Array:
    """National revenue per ordinary day, (days, draws): anchored level grown by drift and monthly shocks.

    `anchor` (draws,) in currency per day; `shocks` (months, draws) standard normal, month k moving every day more than
    k months after the anchor period; `days_after` (days,) counts from the end of that period, at most 0 inside it.
    """
    drift = growth.mean + growth.error * growth_score
    elapsed = np.maximum(days_after, 0)
    month = np.ceil(elapsed / MONTH_DAYS).astype(int)
    walk = np.concatenate([np.zeros((1, shocks.shape[1])), np.cumsum(shocks, axis=0)]) * (growth.spread / np.sqrt(12))
    return np.asarray(anchor * np.exp(drift * (elapsed / 365.25)[:, None] + walk[month]))


def months_needed(days_after: NDArray[np.int64]) -> int:
    """How many monthly shocks `level_path` needs for these days."""
    return int(np.ceil(max(int(days_after.max(initial=0)), 0) / MONTH_DAYS))


def inland_change(border_change: Mapping[int, Array], feed: Array, shape: tuple[int, ...]) -> Array:
    """Change of M / M0 at inland houses: what border crossings feed them moves with those, the rest (air) is fixed.

    `border_change` holds the change of M / M0 (days, draws) at each border crossing that feeds a house, `feed` (inland,
    border, draws) the share of the inland baseline that came in through it. Returns (inland, *shape), and exactly 0
    where nothing changes.
    """
    change = np.zeros((len(feed), *shape))
    for house, post in np.argwhere(feed.any(axis=-1)):  # most crossings feed a house or two
        change[house] += feed[house, post] * border_change[int(post)]
    return change
