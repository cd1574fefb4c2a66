"""Sobol indices of any function of independent inputs, by input or by group of inputs.

With V the variance of the outcome,

    first[g] = Var(E[outcome | g]) / V         what knowing g alone would remove
    total[g] = E[Var(outcome | all but g)] / V  what would be left if all but g were known

Two independent sets of scrambled Sobol points are mixed group by group; indices and their bootstrap intervals come from
SALib (estimators of Saltelli et al. 2010, Computer Physics Communications 181:259).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engine.blocks import blocks
from ..engine.sampling import Sampler, seed_of
from ..errors import TradeImpactError, did_you_mean
from ..statistics import HIGH, LOW

Array = NDArray[np.float64]
Members = Mapping[str, Sequence[str]]

DRAWS = 1024
RESAMPLES = 200
CONSTANT = 1e-12  # a spread below this share of the largest value is rounding
OTHER = "second set/"


def sobol_indices(
    function: Callable[[Array], Array],
    bounds: Mapping[str, tuple[float, float]],
    *,
    groups: Members | None = None,
    draws: int = DRAWS,
    rng: int | np.random.Generator | None = None,
) -> pd.DataFrame:
    """Sobol first and total indices of any function of independent, uniform inputs.

    Parameters
    ----------
    function : callable
        Takes points (rows, inputs), inputs in the order of `bounds`, and returns (rows,).
    bounds : mapping of name to (low, high)
    groups : mapping of label to names, optional
        Names that share an index; those that are not named stand alone.
    draws : int
        The function is called for (groups + 2) x draws points.
    rng : int, Generator or None

    Returns
    -------
    DataFrame
        group, first, first_low, first_high, total, total_low, total_high (90 % bootstrap intervals), the largest
        total first.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> found = ti.sobol_indices(lambda x: 2 * x[:, 0] + x[:, 1], {"a": (0, 1), "b": (0, 1)}, rng=1)
    >>> found.set_index("group")["first"].round(1).to_dict()  # 4/5 and 1/5
    {'a': 0.8, 'b': 0.2}
    """
    from scipy.special import ndtr

    names = list(bounds)
    members = grouped(names, groups or {})
    seed = seed_of(rng)
    sampler = Sampler((), (*names, *(OTHER + n for n in names)), {}, seed)
    low, high = (np.array([bounds[n][end] for n in names], dtype=float)[:, None] for end in (0, 1))
    parts = []
    for number, count in blocks(draws):
        values = sampler.block(number)
        one, two = (low + (high - low) * ndtr(np.stack([values[s + n] for n in names])) for s in ("", OTHER))
        taken = [[n in own for n in names] for own in ([], *members.values(), names)]
        points = [np.where(np.array(rows)[:, None], two, one) for rows in taken]
        parts.append(
            np.stack([np.asarray(function(np.ascontiguousarray(p.T)), dtype=float) for p in points])[:, :count]
        )
    return indices_of(np.concatenate(parts, axis=1), list(members), seed)[0]


def indices_of(outcomes: Array, names: list[str], seed: int) -> tuple[pd.DataFrame, float]:
    """Table of indices from (groups + 2, draws) outcomes, and the outcome's standard deviation."""
    try:
        from SALib.analyze import sobol  # type: ignore[import-untyped]
    except ImportError:
        raise TradeImpactError(
            "Sobol indices need SALib, which is not installed: pip install 'tradeimpact[sensitivity]'"
        ) from None
    if not np.isfinite(outcomes).all():
        raise TradeImpactError("the outcome is missing or infinite in some draws; Sobol indices need a finite outcome")
    both = outcomes[[0, -1]]
    if np.ptp(both) <= CONSTANT * np.abs(both).max():
        raise TradeImpactError("the outcome is the same in every draw, so no input explains any of its variance")
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SALib's own doing; what could be wrong was checked above
        found = sobol.analyze(
            problem, outcomes.T.ravel(), calc_second_order=False, num_resamples=RESAMPLES, conf_level=HIGH - LOW,
            seed=seed % 2**32 + 1,
        )  # fmt: skip
    table = pd.DataFrame({"group": names})
    for column, key in (("first", "S1"), ("total", "ST")):
        middle, half = (np.asarray(found[k], dtype=float) for k in (key, f"{key}_conf"))
        table[column], table[f"{column}_low"], table[f"{column}_high"] = middle, middle - half, middle + half
    ordered = table.sort_values(["total", "group"], ascending=[False, True], ignore_index=True)
    return ordered, float(both.std())


def grouped(names: Sequence[str], groups: Members, *, rest: str | None = None) -> dict[str, list[str]]:
    """Groups as given and the names that are in none: together under `rest`, or each alone without it."""
    taken: dict[str, str] = {}
    for g, own in groups.items():
        for name in own:
            if name not in names:
                hint = did_you_mean(name, names)
                raise TradeImpactError(f"group {g!r}: {name!r} is not drawn. {hint}".strip())
            if name in taken:
                raise TradeImpactError(f"{name!r} is in two groups, {taken[name]!r} and {g!r}")
            taken[name] = g
    found = {str(g): list(own) for g, own in groups.items() if len(own)}
    left = [n for n in names if n not in taken]
    if rest is None:
        return found | {n: [n] for n in left}
    return found | ({rest: left} if left else {})
