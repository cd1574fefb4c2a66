"""Structural model of one monthly series and paths simulated after its end.

On the log y of the series per day, months without trade left out::

    y[t] = level[t] + season[t] + beta holiday[t] + noise[t]
    level[t + 1] = level[t] + drift + shock[t]

The season (twelve fixed effects) and the drift are there with two seasonal cycles or more; below that a drift cannot be
told from a season and the level has none. `holiday` is the share of the month's days that are holidays.

Level, drift, season and beta are states with an exact diffuse start (statsmodels' UnobservedComponents). The ratio of
the level's shock to the noise is weighed by its likelihood over a grid, the common variance integrated out (a flat
prior on its log), so that paths carry what is not known about the variances too: with three or four years of months a
single best value gives intervals that are too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .baseline import SEASONAL_MONTHS

Array = NDArray[np.float64]

YEAR = 12
FEWEST = 12  # months of trade below which no model is fitted
FALSE_ALARM = 0.05  # chance of calling any month of an ordinary series an outlier
MOST_OUTLIERS = 0.1  # share of the months of trade that may be left out as outliers
RATIOS = np.geomspace(0.02, 10.0, 13)  # shock over noise: from a level that stands still to a random walk
LEVEL, SEASON, HOLIDAY = 0, 2, -1  # positions of the states


@dataclass(frozen=True)
class Structural:
    """A fitted series.

    `weights` (ratios,), `freedom` and `squares` (ratios,) describe the variance of the noise: squares over a
    chi-squared number of `freedom`. `state` and `root` hold, by ratio, the mean of the states one month after the
    sample and a root of their covariance where the noise has variance 1.
    """

    observed: int
    seasonal: bool
    holiday: bool
    outliers: tuple[int, ...]
    weights: Array
    squares: Array
    freedom: int
    state: tuple[Array, ...]
    root: tuple[Array, ...]
    transition: Array
    level: Array  # (months,) smoothed level and season in logs, without noise and holiday

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.transition)

    def scores_needed(self, ahead: int) -> int:
        """Standard-normal scores that one path of `ahead` months takes."""
        return 2 + self.states + 2 * ahead

    def paths(self, scores: Array, holiday: Array) -> Array:
        """Simulated log values per day after the sample, (ahead, draws), from scores (scores_needed, draws) and the
        holiday shares of those months (ahead,).
        """
        from scipy.special import chdtri, ndtr

        pick = np.searchsorted(np.cumsum(self.weights)[:-1], ndtr(scores[0]))
        scale = np.sqrt(self.squares[pick] / chdtri(self.freedom, np.clip(ndtr(scores[1]), 1e-12, 1.0)))
        start, steps = scores[2 : 2 + self.states], scores[2 + self.states :]
        out = np.empty((len(holiday), scores.shape[1]))
        for number in np.unique(pick):
            here = pick == number
            state = self.state[number][:, None] + scale[here] * (self.root[number] @ start[:, here])
            for month, share in enumerate(holiday):
                out[month, here] = self._design(share) @ state + scale[here] * steps[2 * month, here]
                state = self.transition @ state
                state[LEVEL] += RATIOS[number] * scale[here] * steps[2 * month + 1, here]
        return out

    @property
    def holiday_effect(self) -> float:
        """Log effect of a month that is all holiday, at the most likely ratio; NaN where it is not in the model."""
        return float(self.state[int(np.argmax(self.weights))][HOLIDAY]) if self.holiday else float("nan")

    def _design(self, share: float) -> Array:
        design = np.zeros(self.states)
        design[LEVEL] = 1.0
        if self.seasonal:
            design[SEASON] = 1.0
        if self.holiday:
            design[HOLIDAY] = share
        return design


def fit_structural(per_day: Array, holiday: Array) -> Structural:
    """The model of one series, with outliers found and left out.

    Parameters
    ----------
    per_day : array (months,)
        Value per day; 0 where the post was shut, NaN where the month is not reported. Neither is a data point.
    holiday : array (months,)
        Share of the days of each month that are holidays.

    Raises
    ------
    ModelError
        With fewer than twelve months of trade.

    Notes
    -----
    A month is an outlier where its noise, smoothed and divided by its standard error (the auxiliary residual of Harvey
    and Koopman 1992, JBES 10:377), is beyond what one month in all the sample would reach with 5 % chance. The
    largest is left out, the model fitted again, and so on, up to a tenth of the months.
    """
    values, days_off = np.asarray(per_day, dtype=float), np.asarray(holiday, dtype=float)
    trading = np.isfinite(values) & (values > 0)
    if trading.sum() < FEWEST:
        raise ModelError(f"only {int(trading.sum())} months with trade; a model of the series needs {FEWEST}")
    log = np.full(len(values), np.nan)
    log[trading] = np.log(values[trading])
    found: list[int] = []
    while True:
        seasonal = _two_cycles(np.isfinite(log))
        with_holiday = _identified(np.isfinite(log), days_off, seasonal)
        model = _model(log, days_off if with_holiday else None, seasonal)
        weights, squares, freedom = _variances(model, int(np.isfinite(log).sum()))
        best = int(np.argmax(weights))
        smoothed = model.smooth([1.0, RATIOS[best] ** 2])
        worst = _worst(smoothed, log, squares[best] / freedom)
        if worst is None or len(found) >= int(MOST_OUTLIERS * trading.sum()):
            break
        found.append(worst)
        log[worst] = np.nan
    at_end = [model.filter([1.0, ratio**2]).filter_results for ratio in RATIOS]
    design = np.broadcast_to(smoothed.filter_results.design[0], (model.k_states, len(log))).copy()
    if with_holiday:
        design[HOLIDAY] = 0.0
    return Structural(
        observed=int(trading.sum()),
        seasonal=seasonal,
        holiday=with_holiday,
        outliers=tuple(sorted(found)),
        weights=weights,
        squares=squares,
        freedom=freedom,
        state=tuple(f.predicted_state[:, -1].copy() for f in at_end),
        root=tuple(_root(f.predicted_state_cov[..., -1]) for f in at_end),
        transition=np.array(at_end[0].transition[..., -1]),
        level=np.asarray((design * smoothed.smoothed_state).sum(axis=0)),
    )


def _two_cycles(trading: NDArray[np.bool_]) -> bool:
    """Two seasonal cycles from the first to the last month of trade, each month of the year seen."""
    at = np.flatnonzero(trading)
    return bool(at[-1] - at[0] + 1 >= SEASONAL_MONTHS and len(np.unique(at % YEAR)) == YEAR and len(at) >= YEAR + 4)


def _identified(trading: NDArray[np.bool_], holiday: Array, seasonal: bool) -> bool:
    """Whether the months of trade tell a holiday from level, drift and season."""
    at = np.flatnonzero(trading)
    columns = [np.ones(len(at))]
    if seasonal:
        columns = [*(at % YEAR == month for month in range(YEAR)), at / len(trading)]
    without = np.stack(columns, axis=1).astype(float)
    both = np.column_stack([without, holiday[at]])
    return bool(np.linalg.matrix_rank(both, tol=1e-6) > np.linalg.matrix_rank(without, tol=1e-6))


def _model(log: Array, holiday: Array | None, seasonal: bool) -> Any:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(
        log,
        level="local linear deterministic trend" if seasonal else "local level",
        seasonal=YEAR if seasonal else None,
        stochastic_seasonal=False,
        exog=None if holiday is None else holiday[:, None],
        mle_regression=False,
        use_exact_diffuse=True,
    )


def _variances(model: Any, observed: int) -> tuple[Array, Array, int]:
    """Weight of each ratio, sum of squares in units of the noise's variance, and degrees of freedom.

    The log-likelihood at noise variance v is c - freedom / 2 log v - squares / (2 v): two values of v give `squares`,
    and the integral over v is exp(c) squares ** (-freedom / 2) up to a factor.
    """
    freedom = observed - int(model.k_states)
    weight, squares = np.empty(len(RATIOS)), np.empty(len(RATIOS))
    for i, ratio in enumerate(RATIOS):
        one, two = (float(model.loglike(np.array([v, v * ratio**2]))) for v in (1.0, 2.0))
        squares[i] = max(2 * freedom * np.log(2.0) - 4 * (one - two), 1e-12)
        weight[i] = one + squares[i] / 2 - freedom / 2 * np.log(squares[i])
    weight = np.exp(weight - weight.max())
    return weight / weight.sum(), squares, freedom


def _worst(smoothed: Any, log: Array, variance: float) -> int | None:
    """The month whose noise is furthest beyond the bound, or None; `variance` is that of the noise."""
    from scipy.special import ndtri

    states = smoothed.filter_results
    spread = 1.0 - np.asarray(states.smoothed_measurement_disturbance_cov[0, 0])
    seen = np.isfinite(log) & (spread > 1e-9)
    residual = np.zeros(len(log))
    residual[seen] = np.abs(states.smoothed_measurement_disturbance[0, seen]) / np.sqrt(spread[seen] * variance)
    worst = int(np.argmax(residual))
    bound = -float(ndtri(FALSE_ALARM / (2 * int(np.isfinite(log).sum()))))
    return worst if residual[worst] > bound else None


def _root(covariance: Array) -> Array:
    """A matrix whose square is the covariance, which may be singular."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
