"""Synthetic control: the mixture of untouched units that moved like the treated one before the start.

    effect[t] = y[t] - sum_j w[j] x[t, j],    w = argmin sum_{t before start} (y[t] - sum_j w[j] x[t, j])^2,
    w[j] >= 0, sum_j w[j] = 1

Weights use the outcome alone: nested weights of predictors change with the list of donors (mlsynth, CausalPy).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from .donors import donor_table, to_leave_out, warn_rerouted
from .estimate import Array, Estimate, enough
from .grid import When, outcome_panel
from .noise import contrast_covariance
from .placebo import in_space, in_time, together
from .results import Effect

NAME = "synthetic control"
PARTS = 3  # of the time before the start, each held out once
ROUNDING = 1e-12
TOLERANCE = 1e-8  # of the optimality conditions, relative to the size of the problem


def synthetic_control(
    outcome: pd.DataFrame,
    treated: Hashable,
    start: When,
    *,
    end: When | None = None,
    rerouted_to: Sequence[Hashable] = (),
    groups: Mapping[Hashable, Hashable] | None = None,
    exclude_rerouted: bool = False,
    placebo_dates: int = 10,
) -> Effect:
    """Effect of an event on one unit: observed less a convex mixture of units that it did not touch.

    Parameters
    ----------
    outcome : DataFrame
        Time x unit. NaN or an absent row is unreported, 0 is shut. Weights are fitted to the periods before the start
        in which every unit is reported.
    treated : unit
    start : period
        First affected period, or a day inside it.
    end : period, optional
        Last period of the event; with it there is a before, a during and an after.
    rerouted_to : sequence of units
        Units that may receive trade rerouted from the treated one. They are treated too and make bad donors: they are
        flagged and warned of, or left out.
    groups : mapping, optional
        Unit to route group; those in the treated unit's group count as `rerouted_to`.
    exclude_rerouted : bool
        True leaves flagged donors out.
    placebo_dates : int
        Starts tried before the event, when nothing had happened; 0 tries none.

    Returns
    -------
    Effect
        With `weights` by unit and `donors`: weight, flag, and what the same method finds at each of them.

    Raises
    ------
    TradeImpactError
        If a unit is unknown, the data are no numbers on a regular grid, or too little is reported before the start.

    Notes
    -----
    Abadie, Diamond and Hainmueller (2010, JASA 105:493), outcome only. The interval comes from gaps in each third of
    the time before the start, left by weights fitted to the other two thirds, with their memory (module `noise`), taken
    about zero: a treated unit that no mixture can imitate gets a wide one. On synthetic panels it covers the truth in
    about 90 % of runs where what units share returns to a mean, in about 75 to 80 % where it wanders off for good.
    """
    suspects, left_out = to_leave_out(outcome, treated, rerouted_to, groups, exclude_rerouted)
    panel = outcome_panel(outcome, treated, start, end, left_out)
    estimate = mixture(panel.y, panel.others, panel.first)
    space = in_space(panel, mixture)
    placebos = together(in_time(panel, mixture, placebo_dates, panel.first), space)
    weights = np.zeros(len(panel.names)) if estimate.weights is None else estimate.weights
    donors = donor_table(panel, weights, suspects, space)
    warn_rerouted(donors, NAME)
    return Effect(NAME, panel, estimate, placebos, mixture, donors)


def mixture(y: Array, others: Array, first: int) -> Estimate:
    """The method as a function of (treated, donors (T, J), first affected position)."""
    times = np.arange(len(y), dtype=float)
    used = np.isfinite(y) & np.isfinite(others).all(axis=1) & (times < first)
    reported = int(used.sum())
    if not reported and np.isfinite(y[:first]).any():
        raise TradeImpactError(f"{NAME}: in every period before the start some unit is unreported; leave units out")
    enough(reported, 1, NAME)
    weights = convex_weights(y[used], others[used])
    holding = weights > 0
    path = others[:, holding] @ weights[holding]
    gaps = held_out(y[used], others[used])
    ahead = len(y) - first
    covariance, df, memory = contrast_covariance(
        gaps, np.empty((reported, 0)), times[used], np.eye(ahead), times[first:]
    )
    facts = {
        "rmspe_before": float(np.sqrt(((y[used] - others[used] @ weights) ** 2).mean())),
        "rmspe_held_out": float(np.sqrt((gaps**2).mean())),
        "periods_fitted": float(reported),
        "memory": memory,
    }
    return Estimate(path, covariance, df, weights, facts)


def convex_weights(y: Array, others: Array) -> Array:
    """Weights (J,), not negative and of sum 1, that bring `others` (n, J) nearest to `y` (n,) in squares: exact.

    The point of a convex hull nearest to the origin, by non-negative least squares: over v >= 0,
    |D v|^2 + (1'v - 1)^2 with D = others - y has its minimum at a multiple of the weights (Lawson and Hanson 1974,
    chapter 23). With more donors than periods the weights may not be the only ones; the same data give the same.
    """
    from scipy.optimize import nnls

    apart = others - y[:, None]
    size = float(np.sqrt((apart**2).mean()))
    if size == 0:
        return np.full(others.shape[1], 1 / others.shape[1])
    apart = apart / size
    v, _ = nnls(np.vstack([apart, np.ones(apart.shape[1])]), np.append(np.zeros(len(y)), 1.0))
    v[v < ROUNDING * v.sum()] = 0.0  # a donor holds weight or none
    weights = np.asarray(v / v.sum(), dtype=float)
    slope = apart.T @ (apart @ weights)
    if slope.min() < slope @ weights - TOLERANCE * max(1.0, len(y)):
        raise TradeImpactError(f"{NAME}: the weights did not settle; take out units that are copies of one another")
    return weights


def held_out(y: Array, others: Array) -> Array:
    """Gaps (n,) in each third of the periods left by weights fitted to the other two (Chernozhukov et al. 2021).

    Thirds, not single periods: what shared movements do to a mixture shows over a stretch of time, and the first and
    the last third lie outside what the weights have seen, as the time after the start does.
    """
    gaps = np.empty(len(y))
    for part in np.array_split(np.arange(len(y)), PARTS):
        rest = np.setdiff1d(np.arange(len(y)), part)
        gaps[part] = y[part] - others[part] @ convex_weights(y[rest], others[rest])
    return gaps
