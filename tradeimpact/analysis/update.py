"""Learning from a total that was observed: draws re-weighted, carried to other windows, refused where few remain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TradeImpactError
from ..model.ledger import COMPONENTS
from ..results import Results
from ..tally import HEADLINES

Array = NDArray[np.float64]

FEWEST_DRAWS = 30
SMALLEST_SHARE = 0.01
FIXED = 1e-9  # a spread below this share of the mean is rounding
WINDOW_ONLY = ("baseline_level",)  # a mean over the window of a result, no assumption


def update(result: Results, observed: float, sd: float, of: str = "government_revenue") -> Results:
    """Result with its draws re-weighted by how well they agree with an observed total of its window.

    Parameters
    ----------
    result : Results
        Any result; weights it carries already are kept as a prior.
    observed, sd : float
        Observed total and its standard deviation, in units of the result's currency over its whole window. The
        likelihood of a draw is Gaussian. The deviation should hold rounding, conflict between statements and what
        the figure leaves out.
    of : str
        Line of `Results.draws` that was observed.

    Returns
    -------
    Results
        The same draws with weights that sum to 1; every table honours them. See `Results.effective_draws`.

    Raises
    ------
    TradeImpactError
        If the line is unknown, `sd` is not above 0, or fewer than 30 effective draws or 1 % of the draws would
        remain: then the observation lies where the model hardly goes, and re-weighting would show a few draws as
        if they were a distribution.
    """
    if of not in (*HEADLINES, *COMPONENTS):
        raise TradeImpactError(f"update(of={of!r}): expected one of {', '.join((*HEADLINES, *COMPONENTS))}")
    if not np.isfinite(observed) or not np.isfinite(sd) or sd <= 0:
        raise TradeImpactError(f"update(observed={observed!r}, sd={sd!r}): both must be finite and sd above 0")
    values = result.draws()[of].to_numpy()
    score = -0.5 * ((values - observed) / sd) ** 2
    score = np.where(np.isfinite(score), score, -np.inf)
    if not np.isfinite(score).any():
        raise TradeImpactError(f"no draw has a value of {of!r}; nothing can be updated with it")
    weights = np.exp(score - score.max()) * (1.0 if result.weights is None else result.weights)
    weights = weights / weights.sum()
    updated = replace(result, weights=weights)
    least = max(FEWEST_DRAWS, SMALLEST_SHARE * result.count)
    if updated.effective_draws < least:
        low, high = np.quantile(values[np.isfinite(values)], (0.05, 0.95))
        raise TradeImpactError(
            f"only {updated.effective_draws:.0f} effective draws of {result.count:,} would remain "
            f"(at least {least:.0f} are needed): {observed:,.0f} with sd {sd:,.0f} lies at the edge of what was drawn "
            f"({low:,.0f} to {high:,.0f}, 90 %). Take more draws, a larger sd, or doubt the model"
        )
    return updated


def reweight(other: Results, *, like: Results) -> Results:
    """Another result of the same draws with the weights of `like`: what was learnt in one window, used in another.

    Raises
    ------
    TradeImpactError
        If the two are not the same draws: another seed, another number of draws, another vintage or other assumptions.
    """
    if other.seed != like.seed or other.count != like.count:
        raise TradeImpactError(
            f"weights belong to draws: seed {like.seed} with {like.count:,} draws against seed {other.seed} with "
            f"{other.count:,}; simulate both with the same rng and draws"
        )
    mine, theirs = (r.drawn().drop(columns=list(WINDOW_ONLY)) for r in (other, like))
    if set(mine.columns) != set(theirs.columns):
        odd = sorted(set(mine.columns) ^ set(theirs.columns))
        raise TradeImpactError(f"the two results do not draw the same assumptions ({', '.join(odd[:5])})")
    differ = [str(name) for name in mine.columns if not np.array_equal(mine[name].to_numpy(), theirs[name].to_numpy())]
    if differ:
        raise TradeImpactError(
            f"draw n does not mean the same in both results: {', '.join(differ[:5])} differ; "
            "use one case, vintage and seed"
        )
    return replace(other, weights=like.weights)


def learnt(before: Results, after: Results, count: int = 10) -> pd.DataFrame:
    """Assumptions that an update moved most: name, before, after (means), moved (in standard deviations before)."""
    if after.weights is None:
        raise TradeImpactError("learnt() compares a result with its update; the second one carries no weights")
    scores = [name for name in before.inputs.scores if name in before.totals.drawn]
    values = before.drawn().drop(columns=scores)
    mean, spread = values.mean(), values.std(ddof=0)
    values = values.loc[:, spread > FIXED * mean.abs()]
    now = pd.Series(after.weights @ values.to_numpy(), index=values.columns)
    found = pd.DataFrame({"before": mean[values.columns], "after": now})
    found["moved"] = (now - found["before"]) / spread[values.columns]
    order = found["moved"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].head(count).rename_axis("name").reset_index()
