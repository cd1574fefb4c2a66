"""Interrupted time series: the course before the start, carried on, against what was observed.

    y[t] = a + b t + season[t] + c z[t] + e[t],      e autocorrelated of first order,

fitted to the reported periods before the start; what it forecasts for the others is the counterfactual.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import TradeImpactError
from .estimate import Array, Estimate, Method, enough
from .grid import When, series_panel
from .noise import predict
from .placebo import in_time
from .results import Effect

NAME = "interrupted time series"


def interrupted_series(
    series: pd.Series,
    start: When,
    *,
    end: When | None = None,
    controls: pd.Series | pd.DataFrame | None = None,
    season: int | None = None,
    trend: bool = True,
    placebo_dates: int = 10,
) -> Effect:
    """Effect of an event on one series: observed less the level, trend and season of the time before it.

    Parameters
    ----------
    series : Series
        Outcome by period (dates, periods or years). NaN or an absent period is unreported, 0 is shut.
    start : period
        First affected period, or a day inside it.
    end : period, optional
        Last period of the event; with it there is a before, a during and an after.
    controls : Series or DataFrame, optional
        What moves the series otherwise and was not touched by the event, in the same periods.
    season : int, optional
        Periods of a seasonal cycle (12 for months); needs two cycles before the start.
    trend : bool
        Whether a straight line in time is fitted; without it the series is expected to return to its mean.
    placebo_dates : int
        Starts tried before the event, when nothing had happened; 0 tries none.

    Returns
    -------
    Effect

    Raises
    ------
    TradeImpactError
        If the data are no series of numbers on a regular grid, the start leaves nothing to compare, or too little is
        reported before it.

    Notes
    -----
    Segmented regression (Bernal, Cummins and Gasparrini 2017, Int J Epidemiol 46:348) with errors as in `noise`.
    """
    panel = series_panel(series, start, end, controls)
    method = regression(season=season, trend=trend)
    estimate = method(panel.y, panel.others, panel.first)
    placebos = in_time(panel, method, placebo_dates, panel.first)
    return Effect(NAME, panel, estimate, placebos, method, season=season)


def regression(*, season: int | None, trend: bool) -> Method:
    """The method as a function of (outcome, controls, first affected position)."""
    if season is not None and season < 2:
        raise TradeImpactError(f"season={season}: a season has two periods or more; leave it out where there is none")

    def fit(y: Array, others: Array, first: int) -> Estimate:
        times = np.arange(len(y), dtype=float)
        x = design(times, others, first, season, trend)
        reported = np.isfinite(y) & np.isfinite(x).all(axis=1)
        used = reported & (times < first)
        enough(int(used.sum()), x.shape[1], NAME)
        if np.linalg.matrix_rank(x[used]) < x.shape[1]:
            raise TradeImpactError(
                f"{NAME}: what is fitted cannot be told apart before the start (a control that never moves, or a "
                "season that is never complete); fit less"
            )
        known = np.isfinite(x).all(axis=1)
        ahead = known & (times >= first)
        found = predict(y[used], x[used], times[used], x[ahead], times[ahead])
        path = np.full(len(y), np.nan)
        path[used], path[ahead] = found.fitted, found.mean
        covariance = np.full((len(y) - first,) * 2, 0.0)
        covariance[np.ix_(ahead[first:], ahead[first:])] = found.covariance
        return Estimate(path, covariance, found.df, facts={"memory": found.memory})

    return fit


def design(times: Array, others: Array, first: int, season: int | None, trend: bool) -> NDArray[np.float64]:
    """Regressors (T, k): level, trend (in units of the time before the start), seasonal dummies, controls."""
    columns = [np.ones(len(times))]
    if trend:
        columns.append((times - first) / first)
    if season is not None:
        phase = times.astype(int) % season
        columns += [np.where(phase == k, 1.0, 0.0) - np.where(phase == season - 1, 1.0, 0.0) for k in range(season - 1)]
    if others.shape[1]:
        centre, spread = np.nanmean(others[:first], axis=0), np.nanstd(others[:first], axis=0)
        if not (spread > 0).all():
            raise TradeImpactError(f"{NAME}: a control does not move before the start; leave it out")
        columns += list(((others - centre) / spread).T)
    return np.column_stack(columns)
