"""The three steps of the nested form fitted to a panel of flows and costs, and their joint standard errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError, TradeImpactError
from ..model.choice import fit_choice, log_shares, scores_by_set, separated
from .choice import dense, leave_out_idle, row_counts
from .panel import Panel

Array = NDArray[np.float64]
Reasons = NDArray[np.object_]

METHODS = ("ppml", "logit")
STEPS = ("within groups", "between groups", "all trade")


@dataclass
class Nested:
    """Estimates and standard errors of theta, phi and epsilon (NaN where not identified), and what they rest on."""

    estimate: Array = field(default_factory=lambda: np.full(3, np.nan))
    error: Array = field(default_factory=lambda: np.full(3, np.nan))
    periods: list[int] = field(default_factory=lambda: [0, 0, 0])
    notes: list[str] = field(default_factory=lambda: ["", "", ""])
    rows: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class _Step:
    """One step: design, what is explained (rows,), its set and its period; `x` may depend on earlier steps."""

    used: NDArray[np.bool_]
    weight: Array
    sets: NDArray[np.intp]
    period: NDArray[np.intp]
    dummies: Array


def fit_nested(panel: Panel, method: str) -> Nested:
    """theta, phi and epsilon with standard errors.

    Raises
    ------
    TradeImpactError
        Where theta itself is not identified.
    """
    out = Nested()
    within = _within_rows(panel, method, out)
    x, shift = _within_design(panel, within), _offset(panel)[within.used]
    try:
        known = [fit_choice(x, within.weight, dense(within.sets), _within_names(panel, within), shift).coefficients]
    except ModelError as error:
        raise TradeImpactError(f"theta: {error}") from None
    out.periods[0] = len(np.unique(within.period))
    between = _second(panel, method, within, known, out)
    all_trade = None
    if between is not None or len(panel.groups) == 1:
        overall = _overall(panel, within, between, known)
        all_trade = _total_rows(panel, overall, out)
        try:
            known.append(_total_fit(all_trade, overall))
            out.periods[2] = int(all_trade.used.sum())
        except ModelError as error:
            out.notes[2], all_trade = str(error), None
    _estimates(panel, out, (within, between, all_trade), known)
    return out


def _second(panel: Panel, method: str, within: _Step, known: list[Array], out: Nested) -> _Step | None:
    """Fit the second step and add its coefficients to `known`, or note why there is none."""
    if len(panel.groups) == 1:
        out.notes[1] = "all crossings are in one route group"
        return None
    inclusive = _inclusive(panel, _constants(panel, within, known[0]), known[0][-1])
    try:
        step = _between_rows(panel, method, inclusive, out)
        x = _between_design(panel, step, inclusive)
        found = fit_choice(x, step.weight, dense(step.sets), _between_names(panel, step))
    except TradeImpactError as error:
        out.notes[1] = str(error)
        out.notes[2] = "it rests on phi"
        return None
    known.append(found.coefficients)
    out.periods[1] = len(np.unique(step.period))
    return step


def _within_rows(panel: Panel, method: str, out: Nested) -> _Step:
    """Rows (period, crossing) of the first step."""
    periods, crossings = panel.flow.shape
    period = np.repeat(np.arange(periods), crossings)
    crossing = np.tile(np.arange(crossings), periods)
    sets = (period * len(panel.groups) + panel.group[crossing]).astype(np.intp)
    y = panel.flow.ravel()
    reason = np.full(len(y), "used", dtype=object)
    reason[np.isnan(y) | np.isnan(panel.log_cost.ravel())] = "missing"
    reason[panel.open_share.ravel() == 0] = "shut"
    dummies = (crossing[:, None] == np.arange(crossings)).astype(float)
    x = np.column_stack([dummies, panel.log_cost.ravel()])
    used = _settle(reason, x, y, sets)
    out.rows[STEPS[0]] = row_counts(reason, y)
    return _step(used, y, sets, period, dummies, method)


def _between_rows(panel: Panel, method: str, inclusive: Array, out: Nested) -> _Step:
    """Rows (period, group) of the second step."""
    groups = len(panel.groups)
    periods = len(panel.flow)
    period = np.repeat(np.arange(periods), groups)
    group = np.tile(np.arange(groups), periods)
    y = _group_totals(panel).ravel()
    reason = np.full(len(y), "used", dtype=object)
    reason[np.isnan(y) | np.isnan(inclusive.ravel())] = "missing"
    reason[np.isneginf(inclusive.ravel())] = "shut"
    dummies = (group[:, None] == np.arange(groups)).astype(float)
    x = np.column_stack([dummies, np.where(reason == "used", inclusive.ravel(), 0.0)])
    used = _settle(reason, x, y, period.astype(np.intp))
    out.rows[STEPS[1]] = row_counts(reason, y)
    return _step(used, y, period.astype(np.intp), period, dummies, method)


def _total_rows(panel: Panel, overall: Array, out: Nested) -> _Step:
    """Rows (period) of the third step."""
    y = _group_totals(panel).sum(axis=1)
    reason = np.full(len(y), "used", dtype=object)
    reason[np.isnan(y) | np.isnan(overall)] = "missing"
    reason[np.isneginf(overall)] = "shut"
    out.rows[STEPS[2]] = row_counts(reason, y)
    used = reason == "used"
    at = np.arange(len(y))
    scale = y[used].mean() if used.any() and y[used].mean() > 0 else 1.0
    return _Step(used, y[used] / scale, at[used].astype(np.intp), at[used].astype(np.intp), panel.controls[used])


def _settle(reason: Reasons, x: Array, y: Array, sets: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark what says nothing (alone in its set, separated) and return what is used."""
    leave_out_idle(reason, sets, y)
    used = reason == "used"
    if used.any():
        reason[np.flatnonzero(used)[separated(x[used], y[used], dense(sets[used]))]] = "separated"
        leave_out_idle(reason, sets, y)
    return np.asarray(reason == "used")


def _step(
    used: NDArray[np.bool_], y: Array, sets: NDArray[np.intp], period: NDArray[np.intp], dummies: Array, method: str
) -> _Step:
    if not used.any():
        raise TradeImpactError("no two that could be chosen were open with figures in the same period")
    weight = y[used]
    if method == "logit":
        weight = weight / np.bincount(sets[used], weight)[sets[used]]
    return _Step(used, weight / weight.mean(), sets[used], period[used], dummies[used])


def _own(step: _Step, group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Columns with a constant: all that are used but the first of each group."""
    present = np.flatnonzero(step.dummies.any(axis=0))
    return np.array([c for i, c in enumerate(present) if group[c] in group[present[:i]]], dtype=np.intp)


def _within_design(panel: Panel, step: _Step) -> Array:
    return np.column_stack([step.dummies[:, _own(step, panel.group)], -panel.log_cost.ravel()[step.used]])


def _within_names(panel: Panel, step: _Step) -> list[str]:
    return [*(panel.crossings[c] for c in _own(step, panel.group)), "the cost"]


def _between_design(panel: Panel, step: _Step, inclusive: Array) -> Array:
    first = np.zeros(len(panel.groups), dtype=np.intp)
    return np.column_stack([step.dummies[:, _own(step, first)], inclusive.ravel()[step.used]])


def _between_names(panel: Panel, step: _Step) -> list[str]:
    first = np.zeros(len(panel.groups), dtype=np.intp)
    return [*(panel.groups[g] for g in _own(step, first)), "the cost of groups"]


def _offset(panel: Panel) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(panel.open_share.ravel())


def _constants(panel: Panel, step: _Step, coefficients: Array) -> Array:
    """Constant of each crossing: -inf where it never trades, NaN where it was never open beside another."""
    a = np.zeros(len(panel.crossings))
    present = step.dummies.any(axis=0)
    traded = np.nansum(panel.flow, axis=0) > 0
    several = np.bincount(panel.group[traded], minlength=len(panel.groups)) > 1
    a[~present & traded & several[panel.group]] = np.nan
    a[~traded] = -np.inf
    a[_own(step, panel.group)] = coefficients[:-1]
    return a


def _inclusive(panel: Panel, a: Array, theta: float) -> Array:
    """I (T, G): log sum over the group of o exp(a - theta log cost); -inf where all is shut, NaN where not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        utility = np.log(panel.open_share) + a - theta * panel.log_cost
        utility[(panel.open_share == 0) | np.isneginf(a)] = -np.inf
        columns = [utility[:, panel.group == g] for g in range(len(panel.groups))]
        return np.stack([np.logaddexp.reduce(part, axis=1) for part in columns], axis=1)


def _group_totals(panel: Panel) -> Array:
    """Trade by group (T, G); NaN where an open crossing has no figure."""
    known = np.where(panel.open_share == 0, 0.0, panel.flow)
    return np.stack([known[:, panel.group == g].sum(axis=1) for g in range(len(panel.groups))], axis=1)


def _overall(panel: Panel, within: _Step, between: _Step | None, known: list[Array]) -> Array:
    """J (T,): log sum over the groups of exp(g + (phi / theta) I); with one group I itself."""
    inclusive = _inclusive(panel, _constants(panel, within, known[0]), known[0][-1])
    if between is None:
        return np.asarray(inclusive[:, 0])
    first = np.zeros(len(panel.groups), dtype=np.intp)
    g = np.where(between.dummies.any(axis=0), 0.0, -np.inf)
    g[_own(between, first)] = known[1][:-1]
    with np.errstate(invalid="ignore"):
        utility = np.where(np.isneginf(g) | np.isneginf(inclusive), -np.inf, g + known[1][-1] * inclusive)
        return np.asarray(np.logaddexp.reduce(utility, axis=1))


def _total_design(step: _Step, overall: Array) -> Array:
    return np.column_stack([np.ones(int(step.used.sum())), step.dummies, overall[step.used]])


def _total_fit(step: _Step, overall: Array) -> Array:
    """Poisson pseudo-maximum likelihood of all trade, (1 + controls + 1,)."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    z = _total_design(step, overall)
    if len(z) <= z.shape[1]:
        raise ModelError(f"{len(z)} periods with all figures for {z.shape[1]} coefficients")
    size = np.linalg.norm(z - z.mean(axis=0), axis=0)
    if (
        size[-1] < 1e-9 * len(z)
        or np.linalg.matrix_rank(z / np.maximum(np.linalg.norm(z, axis=0), 1e-300)) < z.shape[1]
    ):
        raise ModelError("the cost of all trade does not vary beside the controls")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # amounts that fit exactly; zeros were looked at
        return np.asarray(GLM(step.weight, z, family=Poisson()).fit(tol=1e-12, maxiter=200).params)


def _estimates(panel: Panel, out: Nested, steps: tuple[_Step, _Step | None, _Step | None], known: list[Array]) -> None:
    """Elasticities and their standard errors: each is the product of the last coefficients of the steps so far."""
    covariance = _covariance(panel, steps, known)
    ends = np.cumsum([len(k) for k in known]) - 1
    slopes = np.array([k[-1] for k in known])
    places = [0, *([1] if steps[1] is not None else []), *([2] if steps[2] is not None else [])]
    for length, place in enumerate(places, start=1):
        gradient = np.zeros(len(covariance))
        for i in range(length):
            gradient[ends[i]] = np.prod(np.delete(slopes[:length], i))
        out.estimate[place] = slopes[:length].prod()
        out.error[place] = np.sqrt(max(float(gradient @ covariance @ gradient), 0.0))


def _covariance(panel: Panel, steps: tuple[_Step, _Step | None, _Step | None], known: list[Array]) -> Array:
    """Covariance of all coefficients from the moments of all steps together, with neighbouring periods correlated."""
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    at = np.concatenate(known)

    def moments(p: Array) -> Array:
        return _moments(panel, steps, np.split(p, np.cumsum([len(k) for k in known])[:-1]))

    psi = moments(at)
    bread = np.empty((len(at), len(at)))
    for i, h in enumerate(1e-5 * np.maximum(np.abs(at), 1.0)):
        up, down = at.copy(), at.copy()
        up[i], down[i] = at[i] + h, at[i] - h
        bread[:, i] = (moments(up) - moments(down)).sum(axis=0) / (2 * h)
    count = len(psi)
    meat = S_hac_simple(psi, nlags=int(4 * (count / 100) ** (2 / 9)))
    inverse = np.linalg.inv(bread)
    # few periods: residuals are smaller than errors; constants of many crossings must not blow this up
    few = count / max(count - len(at), count / 2)
    return np.asarray(inverse @ meat @ inverse.T * few)


def _moments(panel: Panel, steps: tuple[_Step, _Step | None, _Step | None], known: list[Array]) -> Array:
    """Scores of all steps by period, (T, coefficients)."""
    within, between, all_trade = steps
    x = _within_design(panel, within)
    parts = [_by_period(panel, within, x, x @ known[0] + _offset(panel)[within.used])]
    if between is not None:
        x = _between_design(panel, between, _inclusive(panel, _constants(panel, within, known[0]), known[0][-1]))
        parts.append(_by_period(panel, between, x, x @ known[1]))
    if all_trade is not None:
        z = _total_design(all_trade, _overall(panel, within, between, known))
        block = np.zeros((len(panel.flow), z.shape[1]))
        block[all_trade.period] = (all_trade.weight - np.exp(z @ known[-1]))[:, None] * z
        parts.append(block)
    return np.concatenate(parts, axis=1)


def _by_period(panel: Panel, step: _Step, x: Array, utility: Array) -> Array:
    codes = dense(step.sets)
    scores = scores_by_set(x, step.weight, codes, log_shares(utility, codes))
    period = np.zeros(len(scores), dtype=np.intp)
    period[codes] = step.period
    out = np.zeros((len(panel.flow), x.shape[1]))
    np.add.at(out, period, scores)
    return out
