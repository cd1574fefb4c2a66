"""What every method of this package hands over: the path without the event, and how sure it is of the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import TradeImpactError
from ...statistics import HIGH

Array = NDArray[np.float64]

FEWEST_FREE = 8  # reported periods before the start beyond what is fitted to them


@dataclass(frozen=True)
class Estimate:
    """A counterfactual path (T,), NaN where there is none, and the covariance (P, P) of the effect after the start.

    The effect is observed less counterfactual; its error is a t with `df` degrees of freedom.
    """

    counterfactual: Array
    covariance: Array
    df: float
    weights: Array | None = None
    facts: Mapping[str, float] = field(default_factory=dict)

    def with_facts(self, facts: Mapping[str, float]) -> Estimate:
        """The same with other facts beside it."""
        return replace(self, facts=facts)


Method = Callable[[Array, Array, int], Estimate]


def reach(df: float) -> float:
    """Half the 90 % interval in standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(df, HIGH))


def interval(value: float, variance: float, df: float) -> tuple[float, float, float]:
    """Value and its 90 % interval; the ends are NaN where the variance is unknown."""
    half = reach(df) * float(np.sqrt(variance)) if np.isfinite(variance) and variance >= 0 else float("nan")
    return float(value), float(value) - half, float(value) + half


def mean_effect(y: Array, estimate: Estimate, first: int, chosen: Array | None = None) -> tuple[float, float, float]:
    """Mean effect and 90 % interval over the periods after the start in which both paths are known.

    `chosen` (P,) of bool narrows the periods; all three are NaN where none is left.
    """
    weights = averaging(y, estimate, first, chosen)
    if not weights.any():
        return (float("nan"),) * 3
    effect = np.nan_to_num(y[first:] - estimate.counterfactual[first:])
    return interval(float(weights @ effect), float(weights @ estimate.covariance @ weights), estimate.df)


def averaging(y: Array, estimate: Estimate, first: int, chosen: Array | None = None) -> Array:
    """Weights (P,) that average the effect over periods in which it is known, summing to 1; zeros if there is none."""
    known = np.isfinite(y[first:]) & np.isfinite(estimate.counterfactual[first:])
    if chosen is not None:
        known &= chosen.astype(bool)
    return np.asarray(known / max(int(known.sum()), 1), dtype=float)


def mixed(
    logs: Sequence[float], paths: Sequence[Array], covariances: Sequence[Array], first: int = 0
) -> tuple[Array, Array, Array]:
    """Mean path (T,), covariance (P, P) within and between, and weights of models that count by their likelihood.

    The covariance is that of the path from position `first` on.
    """
    weight = np.exp(np.asarray(logs) - max(logs))
    weight = weight / weight.sum()
    stacked = np.stack(paths)
    mean = weight @ stacked
    apart = (stacked - mean)[:, first:]
    between = np.einsum("r,rp,rq->pq", weight, apart, apart)
    return mean, np.einsum("r,rpq->pq", weight, np.stack(covariances)) + between, weight


def enough(reported: int, fitted: int, what: str) -> None:
    """Raise an error where too few periods are reported before the start for what is fitted to them."""
    if reported - fitted < FEWEST_FREE:
        raise TradeImpactError(
            f"{what}: {reported} reported periods before the start are too few to fit {fitted} numbers and still see "
            f"how much the series moves by itself; give at least {fitted + FEWEST_FREE}, or fit less"
        )
