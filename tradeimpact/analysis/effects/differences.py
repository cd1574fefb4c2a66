"""Difference in differences: the change of the treated unit less the mean change of the others.

    effect[t] = gap[t] - mean of gap before the start,      gap[t] = y[t] - mean of the others in t

It supposes that the gap would have stayed what it was. The interval comes from how the gap moved before the start,
with its memory (module `noise`): one treated unit has no cross-section to learn its own noise from.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from .donors import donor_table, to_leave_out, warn_rerouted
from .estimate import Array, Estimate, enough, interval
from .grid import When, outcome_panel
from .noise import coefficients, contrast_covariance
from .placebo import in_space, in_time, together
from .results import Effect

NAME = "difference in differences"


def difference_in_differences(
    outcome: pd.DataFrame,
    treated: Hashable | Sequence[Hashable],
    start: When,
    *,
    end: When | None = None,
    rerouted_to: Sequence[Hashable] = (),
    groups: Mapping[Hashable, Hashable] | None = None,
    exclude_rerouted: bool = False,
    placebo_dates: int = 10,
) -> Effect:
    """Effect of an event on one unit (or the mean of several) beside units that it did not touch.

    Parameters
    ----------
    outcome : DataFrame
        Time x unit. NaN or an absent row is unreported, 0 is shut.
    treated : unit, or list of units
    start : period
        First affected period, or a day inside it.
    end : period, optional
        Last period of the event; with it there is a before, a during and an after.
    rerouted_to : sequence of units
        Units that may receive trade rerouted from the treated one. They are treated too and make bad donors: they are
        flagged and warned of, or left out.
    groups : mapping, optional
        Unit to route group; those in a treated unit's group count as `rerouted_to`.
    exclude_rerouted : bool
        True leaves flagged donors out.
    placebo_dates : int
        Starts tried before the event, when nothing had happened; 0 tries none.

    Returns
    -------
    Effect
        Its `facts` hold the gap's trend before the start with its 90 % interval: unless that holds zero, the method's
        supposition already fails there.

    Raises
    ------
    TradeImpactError
        If a unit is unknown, the data are no numbers on a regular grid, or too little is reported before the start.
    """
    suspects, left_out = to_leave_out(outcome, treated, rerouted_to, groups, exclude_rerouted)
    panel = outcome_panel(outcome, treated, start, end, left_out)
    estimate = differences(panel.y, panel.others, panel.first)
    space = in_space(panel, differences)
    placebos = together(in_time(panel, differences, placebo_dates, panel.first), space)
    donors = donor_table(panel, np.full(len(panel.names), 1 / len(panel.names)), suspects, space)
    warn_rerouted(donors, NAME)
    return Effect(NAME, panel, estimate, placebos, differences, donors)


def differences(y: Array, others: Array, first: int) -> Estimate:
    """The method as a function of (treated, others (T, J), first affected position)."""
    times = np.arange(len(y), dtype=float)
    beside = others.mean(axis=1)
    gap = y - beside
    used = np.isfinite(gap) & (times < first)
    reported = int(used.sum())
    if not np.isfinite(beside[:first]).any() and np.isfinite(others[:first]).any():
        raise TradeImpactError(
            f"{NAME}: in every period some unit is unreported; leave out the unit that reports least"
        )
    enough(reported, 1, NAME)
    path = beside + gap[used].mean()
    every = np.concatenate([times[used], times[first:]])
    ahead = len(y) - first
    contrasts = np.concatenate([np.full((ahead, reported), -1 / reported), np.eye(ahead)], axis=1)
    one = np.ones((reported, 1))
    covariance, df, memory = contrast_covariance(gap[used], one, times[used], contrasts, every)
    return Estimate(path, covariance, df, facts={"memory": memory, **_trend(gap[used], times[used])})


def _trend(gap: Array, times: Array) -> dict[str, float]:
    """Trend of the gap before the start, per period, with its 90 % interval."""
    x = np.column_stack([np.ones(len(times)), times - times[0]])
    b, covariance, df = coefficients(gap, x, times)
    middle, low, high = interval(float(b[1]), float(covariance[1, 1]), df)
    return {"gap_trend": middle, "gap_trend_low": low, "gap_trend_high": high}
