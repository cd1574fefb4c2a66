"""Joins case, scenario, model and engine: `simulate` runs a scenario against its counterfactual, draw by draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from .case import Case
from .engine.blocks import BLOCK, blocks
from .engine.sampling import Sampler, seed_of
from .errors import TradeImpactError
from .inference import FORECASTS
from .inputs import Inputs, prepare
from .kernel import Array, Block, daily_loss, run_block
from .results import Results, Totals
from .scenario import AsReported, Scenario, to_day

DEFAULT_DRAWS = 1000
CURRENCIES_BESIDE = ("usd",)


def simulate(
    case: Case,
    scenario: Scenario | AsReported | None = None,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    as_of: str | date | datetime | None = None,
    forecast: str = "persist",
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
) -> Results:
    """Customs revenue under a scenario beside the counterfactual in which no crossing falls.

    Parameters
    ----------
    case : Case
        From `load_case`.
    scenario : Scenario, marker of ``case.as_reported()``, or None
        None is the empty scenario, which equals the counterfactual bit for bit.
    start, end : day
        Window the results are for, both ends included. Events before it are simulated and not counted.
    as_of : day, optional
        Use only what was published by then (``case.as_of``). A history as reported is known up to that day and forecast
        after it; with a scenario of your own it limits the data, never the events you set.
    forecast : {"persist", "hazard", "contagion"}
        How a history as reported goes on after `as_of`: holders stay, change at the drawn hazards, or at hazards that
        rise with every lost crossing of the route group.
    draws : int
        Number of draws; the first n of more draws are the same as n draws.
    rng : int, numpy Generator or None
        Seed (0 is a seed), a Generator to take one from, or None for a fresh one, which the result reports.

    Returns
    -------
    Results

    Raises
    ------
    TradeImpactError
        Where the window, the scenario, the case or the assumptions do not fit one another.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> case = ti.load_case("afghanistan-2021")
    >>> fall = ti.Scenario("fall").capture("spin_boldak", on="2021-07-14")
    >>> r = ti.simulate(case, fall, start="2021-07-14", end="2021-07-22", draws=64, rng=1)
    >>> bool((r.draws()["government_loss"] > 0).mean() > 0.9)
    True
    """
    first, last = to_day(start), to_day(end)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}; both ends are included")
    list(blocks(draws))  # refuse a bad number before any work
    if forecast not in FORECASTS:
        raise TradeImpactError(f"forecast={forecast!r}: expected one of {', '.join(FORECASTS)}")
    day = None if as_of is None else to_day(as_of)
    known = case if day is None else case.as_of(day)
    inputs = prepare(known, scenario, first, last, as_of=day, forecast=forecast)
    if inputs.inferred is not None and day is not None:
        inputs = replace(inputs, scenario=inputs.scenario.named(f"as reported by {day}"))
    run = Run(inputs, seed_of(rng), draws)
    return run.results(case.currency.lower())


@dataclass(frozen=True)
class Run:
    """One prepared run; it can be repeated in another currency with the same draws."""

    inputs: Inputs
    seed: int
    draws: int

    def results(self, currency: str) -> Results:
        """Run all blocks with money in `currency` (the case's, or usd at dated rates)."""
        weights = self._weights(currency)
        x = self.inputs
        sampler = self.sampler()
        kept: list[tuple[Block, int]] = [
            (run_block(x, sampler, number, weights), wanted) for number, wanted in blocks(self.draws)
        ]
        totals = Totals(
            by_crossing=_join([(b.by_crossing, n) for b, n in kept]),
            by_month=_join([(b.by_month, n) for b, n in kept]),
            by_day=_join([(b.by_day, n) for b, n in kept]),
            by_authority=_join([(b.by_authority, n) for b, n in kept]),
            holders=_mean([(b.holders, n) for b, n in kept]),
            open_share=_mean([(b.open_share, n) for b, n in kept]),
            drawn={name: np.concatenate([b.drawn[name][:n] for b, n in kept]) for name in kept[0][0].drawn},
        )
        return Results(inputs=x, totals=totals, seed=self.seed, currency=currency, rerun=self.results)

    def daily_loss(self) -> Array:
        """Government loss by day and draw in the case's currency, (window days, draws), and nothing else."""
        sampler = self.sampler()
        parts = [daily_loss(self.inputs, sampler, number)[:, :wanted] for number, wanted in blocks(self.draws)]
        return np.concatenate(parts, axis=1)

    def sampler(self) -> Sampler:
        """The draws of this run."""
        x = self.inputs
        groups = {m.group: x.case.correlations[m.group] for m in x.marginals if m.group}
        return Sampler(x.marginals, x.scores, groups, self.seed)

    def _weights(self, currency: str) -> Array:
        own = self.inputs.case.currency.lower()
        days = len(self.inputs.window_days)
        if currency == own:
            return np.ones(days)
        if currency not in CURRENCIES_BESIDE:
            known = " or ".join(dict.fromkeys((own, *CURRENCIES_BESIDE)))
            raise TradeImpactError(f"currency {currency!r}: results come in {known}")
        rate = self.inputs.usd_rate[self.inputs.window]
        unknown = self.inputs.window_days[~np.isfinite(rate)]
        if len(unknown):
            raise TradeImpactError(f"the case has no exchange rate for {unknown[0].date()}; add it to fx.csv")
        return np.asarray(1.0 / rate)


def _join(parts: list[tuple[Array, int]]) -> Array:
    """Blocks side by side along the draws, padding cut."""
    out = np.empty((*parts[0][0].shape[:-1], sum(n for _, n in parts)))
    for position, (block, n) in enumerate(parts):
        out[..., position * BLOCK : position * BLOCK + n] = block[..., :n]
    return out


def _mean(parts: list[tuple[Array, int]]) -> Array:
    """Mean over the draws wanted; paths that are the same in every draw have one."""
    total = sum((b[..., :n].sum(axis=-1) if b.shape[-1] > 1 else b[..., 0] * n for b, n in parts), np.zeros(()))
    return np.asarray(total / sum(n for _, n in parts))
