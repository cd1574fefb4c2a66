"""Before, during, after: what was lost in each phase, how much of it stayed, and when it was made up.

persistence = mean effect after the end / mean effect during the event
recovery    = periods from the end (without one, from the start) until the outcome is back and stays back
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from .estimate import Array, Estimate, averaging, mean_effect, reach
from .grid import Panel

IN_A_ROW = 3  # reported periods that must be back together: one good month is no recovery


def phase_table(panel: Panel, estimate: Estimate) -> pd.DataFrame:
    """Rows before, during, after (index phase; after only with an end).

    Columns periods, unreported, shut (reported as 0), observed and counterfactual (means over the periods in which both
    are known), effect, low, high (mean effect, 90 %), share (of the counterfactual). Before the start the difference is
    how well the method fits, and has no interval.
    """
    rows = {"before": _row(panel, estimate, 0, panel.first)}
    last = len(panel.y) - 1 if panel.last is None else panel.last
    if panel.first < len(panel.y):
        rows["during"] = _row(panel, estimate, panel.first, last + 1)
    if panel.last is not None:
        rows["after"] = _row(panel, estimate, last + 1, len(panel.y))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("phase")


def _row(panel: Panel, estimate: Estimate, begin: int, stop: int) -> dict[str, float]:
    y, path = panel.y[begin:stop], estimate.counterfactual[begin:stop]
    known = np.isfinite(y) & np.isfinite(path)
    observed, expected = (float(v[known].mean()) if known.any() else float("nan") for v in (y, path))
    effect, low, high = observed - expected, float("nan"), float("nan")
    if begin >= panel.first:
        effect, low, high = mean_effect(panel.y, estimate, panel.first, _chosen(panel, begin, stop))
    return {
        "periods": stop - begin,
        "unreported": int(np.isnan(y).sum()),
        "shut": int((y == 0).sum()),
        "observed": observed,
        "counterfactual": expected,
        "effect": effect,
        "low": low,
        "high": high,
        "share": effect / expected if expected else float("nan"),
    }


def _chosen(panel: Panel, begin: int, stop: int) -> Array:
    at = np.arange(panel.first, len(panel.y))
    return np.asarray((at >= begin) & (at < stop), dtype=float)


@dataclass(frozen=True)
class Persistence:
    """Share of the effect during the event that stayed after it, with its 90 % interval (Fieller 1954).

    All three are NaN where the effect during the event cannot be told from zero: a share of nothing says nothing.
    """

    share: float
    low: float
    high: float


def persistence(panel: Panel, estimate: Estimate) -> Persistence:
    """Mean effect after the end over mean effect during the event."""
    nothing = Persistence(float("nan"), float("nan"), float("nan"))
    if panel.last is None:
        return nothing
    weights = [
        averaging(panel.y, estimate, panel.first, _chosen(panel, *span))
        for span in ((panel.first, panel.last + 1), (panel.last + 1, len(panel.y)))
    ]
    if not (weights[0].any() and weights[1].any()):
        return nothing
    effect = np.nan_to_num(panel.y[panel.first :] - estimate.counterfactual[panel.first :])
    during, after = (float(w @ effect) for w in weights)
    vd, vc, va = (float(weights[i] @ estimate.covariance @ weights[j]) for i, j in ((0, 0), (0, 1), (1, 1)))
    t2 = reach(estimate.df) ** 2
    a, b, c = during**2 - t2 * vd, during * after - t2 * vc, after**2 - t2 * va
    inside = b**2 - a * c
    if a <= 0 or inside < 0:
        return nothing
    root = float(np.sqrt(inside))
    return Persistence(after / during, (b - root) / a, (b + root) / a)


@dataclass(frozen=True)
class Recovery:
    """Periods until the outcome was back, counted from `since`; NaN where it was not within the data.

    `low` and `high` are the same at the favourable and the unfavourable end of each period's 90 % interval.
    """

    periods: float
    low: float
    high: float
    within: float
    since: str


def recovery(panel: Panel, estimate: Estimate, within: float) -> Recovery:
    """When the outcome was back to less than the share `within` of its counterfactual away, and stayed so.

    Back for three reported periods in a row counts; unreported periods do not.
    """
    if not 0 < within < 1:
        raise TradeImpactError(f"within={within}: give a share between 0 and 1, such as 0.1 for a tenth")
    begin = panel.first if panel.last is None else panel.last + 1
    since = "the start" if panel.last is None else "the end"
    size = mean_effect(panel.y, estimate, panel.first)[0]
    half = reach(estimate.df) * np.sqrt(np.diag(estimate.covariance))
    effect = panel.y[panel.first :] - estimate.counterfactual[panel.first :]
    sign = -1.0 if size < 0 else 1.0
    allowed = within * np.abs(estimate.counterfactual[panel.first :])
    offset = begin - panel.first
    found, low, high = (_first_back((sign * effect + k * half)[offset:], allowed[offset:]) for k in (0.0, -1.0, 1.0))
    return Recovery(found, low, high, within, since)


def _first_back(remaining: Array, allowed: Array) -> float:
    """First period (0 is the first) from which the remaining effect is allowed for long enough."""
    known = np.flatnonzero(np.isfinite(remaining) & np.isfinite(allowed))
    back = remaining[known] <= allowed[known]
    for position in range(len(known) - IN_A_ROW + 1):
        if back[position : position + IN_A_ROW].all():
            return float(known[position])
    return float("nan")


def mean_share(panel: Panel, estimate: Estimate) -> tuple[float, float, float]:
    """Mean effect after the start as a share of the mean counterfactual, with the interval of the effect."""
    weights = averaging(panel.y, estimate, panel.first)
    expected = float(weights @ np.nan_to_num(estimate.counterfactual[panel.first :]))
    effect, low, high = mean_effect(panel.y, estimate, panel.first)
    if not expected > 0:
        return (float("nan"),) * 3
    # the observed mean is known: share = observed / counterfactual - 1, and the interval is that of the counterfactual
    observed = expected + effect
    ends = [observed / (observed - end) - 1 if observed - end > 0 else float("nan") for end in (low, high)]
    return effect / expected, ends[0], ends[1]
