"""Structural counterfactual: level, drift and season of a series before the start, filtered forward (statsmodels).

    y[t] = level[t] + season[t] + c z[t] + e[t],      level[t + 1] = level[t] + drift + w[t]

The level wanders, so that the farther from the start, the wider the interval. Level, drift, season and c start exactly
diffuse (Durbin and Koopman 2012). The share of the level's shocks in all shocks, var w / (var e + var w), is not
estimated and then believed: a grid of shares from 0 to 1 counts by the likelihood, the size of the shocks by its own
distribution, and what is said is the mean over them with the variance within and between.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from .estimate import Array, Estimate, Method, enough, mixed
from .grid import When, series_panel
from .placebo import in_time
from .results import Effect

NAME = "structural time series"
SHARES = np.linspace(0.0, 1.0, 21) ** 2  # even in the root of the share: small shares matter most far ahead


def structural(
    series: pd.Series,
    start: When | None,
    controls: pd.Series | pd.DataFrame | None = None,
    *,
    end: When | None = None,
    drift: bool = False,
    season: int | None = None,
    placebo_dates: int = 10,
) -> Effect:
    """Effect of an event on one series: observed less the forecast of a structural model of the time before it.

    Parameters
    ----------
    series : Series
        Outcome by period (dates, periods or years). NaN or an absent period is unreported, 0 is shut.
    start : period or None
        First affected period, or a day inside it. None fits the whole series and measures nothing.
    controls : Series or DataFrame, optional
        What moves the series otherwise and was not touched by the event, in the same periods, all reported.
    end : period, optional
        Last period of the event; with it there is a before, a during and an after.
    drift : bool
        Whether the level has a steady drift besides its shocks.
    season : int, optional
        Periods of a fixed seasonal cycle (12 for months); needs two cycles before the start.
    placebo_dates : int
        Starts tried before the event, when nothing had happened; 0 tries none.

    Returns
    -------
    Effect
        Its `facts` hold the log-likelihood and the variances at its maximum.

    Raises
    ------
    TradeImpactError
        As in `interrupted_series`, and where a control is not reported throughout.
    """
    panel = series_panel(series, start, end, controls)
    method = level_model(drift=drift, season=season)
    estimate = method(panel.y, panel.others, panel.first)
    facts = {**estimate.facts, **likeliest(panel.y, panel.others, panel.first, drift, season)}
    placebos = in_time(panel, method, placebo_dates, panel.first)
    return Effect(NAME, panel, estimate.with_facts(facts), placebos, method, season=season)


def level_model(*, drift: bool, season: int | None) -> Method:
    """The method as a function of (outcome, controls, first affected position)."""
    if season is not None and season < 2:
        raise TradeImpactError(f"season={season}: a season has two periods or more; leave it out where there is none")

    def fit(y: Array, others: Array, first: int) -> Estimate:
        z, size, states = _checked(y, others, first, drift, season)
        before = np.where(np.arange(len(y)) < first, y, np.nan) / size
        model = model_of(before, z, drift, season)
        free = int(np.isfinite(before).sum()) - states
        logs, means, covariances = [], [], []
        for share in SHARES:
            model.update(np.array([1.0 - share, share]))
            found = model.ssm.filter()
            settled = np.isfinite(before) & (found.forecasts_error_diffuse_cov[0, 0] <= 0)
            squares = (found.forecasts_error[0, settled] ** 2 / found.forecasts_error_cov[0, 0, settled]).sum()
            logs.append(float(found.llf_obs.sum()) + squares / 2 - free / 2 * np.log(squares / free))
            path = np.array(found.forecasts[0], dtype=float)
            path[: int(found.nobs_diffuse)] = np.nan
            means.append(path)
            covariances.append(squares / free * joint(found, first, len(y) - first))
        path, covariance, weight = mixed(logs, means, covariances, first)
        facts = {"level_share": float(weight @ SHARES)}
        return Estimate(path * size, covariance * size**2, float(free), facts=facts)

    return fit


def _checked(y: Array, others: Array, first: int, drift: bool, season: int | None) -> tuple[Array, float, int]:
    """Controls with mean 0 and spread 1 before the start, the series' own spread, and the number of diffuse states."""
    reported = int(np.isfinite(y[:first]).sum())
    states = 1 + int(drift) + (season - 1 if season else 0) + others.shape[1]
    enough(reported, states, NAME)
    if season is not None and reported < 2 * season:
        raise TradeImpactError(f"{NAME}: a season of {season} needs {2 * season} reported periods before the start")
    size = float(np.nanstd(y[:first]))
    if not size > 0:
        raise TradeImpactError(f"{NAME}: the series does not move before the start; there is nothing to model")
    if not np.isfinite(others).all():
        raise TradeImpactError(f"{NAME}: a control has unreported periods; fill them or leave out that control")
    spread = others[:first].std(axis=0)
    if not (spread > 0).all():
        raise TradeImpactError(f"{NAME}: a control does not move before the start; leave it out")
    return np.asarray((others - others[:first].mean(axis=0)) / spread), size, states


def model_of(y: Array, z: Array, drift: bool, season: int | None) -> Any:
    """statsmodels' model with variances of noise and level, an exact diffuse start and coefficients in its state."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(
        y,
        "local linear deterministic trend" if drift else "local level",
        seasonal=season,
        stochastic_seasonal=False,
        exog=z if z.shape[1] else None,
        mle_regression=False,
        use_exact_diffuse=True,
    )


def likeliest(y: Array, others: Array, first: int, drift: bool, season: int | None) -> dict[str, float]:
    """Log-likelihood of the time before the start at its maximum, and the two variances there (of y squared)."""
    z, size, _ = _checked(y, others, first, drift, season)
    model = model_of(y[:first] / size, z[:first], drift, season)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the optimiser has to say is asked for below
        result = model.fit(disp=0, maxiter=500)
        if not result.mle_retvals["converged"]:
            result = model.fit(result.params, method="nm", disp=0, maxiter=2000)
    variances = np.asarray(result.params, dtype=float) * size**2
    whole = model_of(y[:first], z[:first], drift, season).loglike(variances)
    noise, level = (float(v) for v in variances)
    return {"log_likelihood": float(whole), "noise_variance": noise, "level_variance": level}


def joint(filtered: Any, first: int, ahead: int) -> Array:
    """Covariance (P, P) of the forecasts of all periods after the start, the state run forward from there."""
    transition, selection = filtered.transition[..., 0], filtered.selection[..., 0]
    noise = selection @ filtered.state_cov[..., 0] @ selection.T
    steps = filtered.design.shape[2]
    design = filtered.design[0, :, np.minimum(np.arange(first, first + ahead), steps - 1)]  # (P, states)
    state = filtered.predicted_state_cov[..., first]
    covariance = np.zeros((ahead, ahead))
    cross = np.empty((len(transition), 0))  # of the state now with each outcome so far
    for i in range(ahead):
        cross = np.column_stack([cross, state @ design[i]])
        covariance[i, : i + 1] = covariance[: i + 1, i] = design[i] @ cross
        covariance[i, i] += float(filtered.obs_cov[0, 0, 0])
        cross = transition @ cross
        state = transition @ state @ transition.T + noise
    return covariance
