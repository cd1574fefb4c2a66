"""How often a method cries wolf on data like these: many placebos at once."""

from __future__ import annotations

import numpy as np

from ...engine.sampling import seed_of
from ...errors import TradeImpactError
from .placebo import Placebos, simulated, units_and_dates
from .results import Effect


def placebo_rate(effect: Effect, *, runs: int = 200, rng: int | np.random.Generator | None = None) -> Placebos:
    """The method of an effect where nothing happened, `runs` times: how often its 90 % interval leaves zero out.

    Parameters
    ----------
    effect : Effect
        Of one series: series without an event are simulated, with the wandering level and the noise that a structural
        model (statsmodels) finds before the start. With donors: pairs of an untouched unit and a date before the start
        are drawn (all of them, where there are fewer than `runs`).
    runs : int
    rng : int, Generator or None

    Returns
    -------
    Placebos
        Its `rates()` give the measured rate with an interval; 10 % is what honest 90 % intervals give.

    Raises
    ------
    TradeImpactError
        If `runs` is not positive or the effect has no start.
    """
    if runs < 1:
        raise TradeImpactError(f"runs={runs}: at least one is needed")
    if effect.panel.first >= len(effect.panel.y):
        raise TradeImpactError("without a start there is nothing to take a placebo of; give a start")
    seed = seed_of(rng)
    if effect.donors is not None:
        return units_and_dates(effect.panel, effect.function, runs, seed)
    return simulated(effect.panel, effect.function, effect.season, runs, seed)
