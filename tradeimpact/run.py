"""A run of a scenario against its counterfactual: laid out, worked out part by part, repeated in another currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np

from .case import Case
from .case.plausible import check_events
from .engine.blocks import BLOCK, blocks
from .engine.progress import Meter, Progress
from .engine.sampling import Sampler
from .engine.schedule import in_order, worker_count
from .engine.store import Store
from .errors import Interrupted, TradeImpactError
from .inputs import Inputs, prepare
from .kernel import MOST_TOGETHER, Array, daily_loss
from .model.ledger import LINES
from .parts import Assembly, Part, Task, work
from .results import Results
from .scenario import AsReported, Scenario

CURRENCIES_BESIDE = ("usd",)


def prepared(
    case: Case,
    scenario: Scenario | AsReported | None,
    start: date,
    end: date,
    as_of: date | None,
    forecast: str,
    draws: int,
    seed: int,
    how: How,
) -> Run:
    """A run laid out and not started."""
    known = case if as_of is None else case.as_of(as_of)
    inputs = prepare(known, scenario, start, end, as_of=as_of, forecast=forecast)
    if isinstance(scenario, Scenario):
        check_events(known, scenario.events, start, end)
    if inputs.inferred is not None and as_of is not None:
        inputs = replace(inputs, scenario=inputs.scenario.named(f"as reported by {as_of}"))
    return Run(inputs, seed, draws, how)


def kept_lines(keep: Any) -> tuple[str, ...]:
    """Names of the lines to keep, of one name or several."""
    names = (keep,) if isinstance(keep, str) else keep
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise TradeImpactError(f"keep={keep!r}: expected names of ledger lines, such as keep=['government_loss']")
    return tuple(names)


@dataclass(frozen=True)
class How:
    """How a run is carried out: nothing here changes a number."""

    chunk: int | None = None
    threads: int | None = None
    client: Any = None
    keep: tuple[str, ...] = ()
    progress: Progress = False
    store: Store | None = None

    def again(self) -> How:
        """The same for a run that repeats another: it tells nobody and stores nothing."""
        return replace(self, store=None, progress=False if callable(self.progress) else self.progress)

    def __post_init__(self) -> None:
        if self.chunk is not None and (
            not isinstance(self.chunk, Integral) or isinstance(self.chunk, bool) or self.chunk < 1
        ):
            raise TradeImpactError(f"chunk={self.chunk!r}: expected a whole number of draws of at least 1, or None")
        for name in self.keep:
            if name not in LINES:
                close = get_close_matches(name, LINES, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"expected some of {', '.join(LINES)}"
                raise TradeImpactError(f"keep={name!r}: {hint}")
        worker_count(self.threads, 1)


@dataclass(frozen=True)
class Run:
    """One prepared run; it can be repeated in another currency with the same draws."""

    inputs: Inputs
    seed: int
    draws: int
    how: How = How()

    def results(self, currency: str) -> Results:
        """Run all blocks with money in `currency` (the case's, or usd at dated rates)."""
        task = self.task(currency)
        parts = _parts(self.draws, self.how)
        made = Assembly(task)
        with Meter(self.draws, self.how.progress, self.inputs.scenario.name) as meter:
            try:
                for part in _done(task, parts, self.how):
                    meter.add(made.add(part))
            except KeyboardInterrupt:
                raise Interrupted(self._result(made, currency) if made.done else None, made.done, self.draws) from None
        return self._result(made, currency)

    def _result(self, made: Assembly, currency: str) -> Results:
        return Results(
            inputs=self.inputs, totals=made.totals(), seed=self.seed, currency=currency, task=made.task,
            rerun=replace(self, draws=made.done, how=self.how.again()).results,
        )  # fmt: skip

    def task(self, currency: str | None = None) -> Task:
        """What the workers of this run share."""
        own = self.inputs.case.currency.lower()
        return Task(self.inputs, self.seed, self.draws, self._day_weights(currency or own), self.how.keep)

    def manifest(self) -> dict[str, Any]:
        """What makes this run what it is: its result's manifest, before there is one."""
        currency = self.inputs.case.currency.lower()
        return self.inputs.manifest() | {"seed": self.seed, "draws": self.draws, "currency": currency}

    def daily_loss(self) -> Array:
        """Government loss by day and draw in the case's currency, (window days, draws), and nothing else."""
        sampler = self.sampler()
        parts = [daily_loss(self.inputs, sampler, number)[:, :wanted] for number, wanted in blocks(self.draws)]
        return np.concatenate(parts, axis=1)

    def sampler(self) -> Sampler:
        """The draws of this run."""
        return self.task().sampler

    def _day_weights(self, currency: str) -> Array:
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


def _done(task: Task, parts: Sequence[Sequence[int]], how: How) -> Iterator[Part]:
    """Every part in order: taken from the store where it is there, else worked out and put there."""
    if how.store is None:
        yield from in_order(work, task, parts, threads=how.threads, client=how.client)
        return
    there = [how.store.path(numbers).exists() for numbers in parts]
    missing = [numbers for numbers, found in zip(parts, there, strict=True) if not found]
    made = in_order(work, task, missing, threads=how.threads, client=how.client)
    for numbers, found in zip(parts, there, strict=True):
        arrays = how.store.load(numbers, Part._fields) if found else None
        if arrays is not None:
            yield Part(**arrays)
            continue
        part = work(task, numbers) if found else next(made)
        how.store.save(numbers, part._asdict())
        yield part


def _parts(draws: int, how: How) -> list[list[int]]:
    """Block numbers of each part: `chunk` draws, rounded up to whole blocks."""
    numbers = [number for number, _ in blocks(draws)]
    # an even number of parts, each of so many blocks as are worked out together; two blocks together take less time
    # than each on a thread of its own
    pairs = -(-len(numbers) // (2 * MOST_TOGETHER))
    size = max(-(-len(numbers) // (2 * pairs)), 2)
    if how.chunk is not None:
        size = -(-how.chunk // BLOCK)
    return [numbers[i : i + size] for i in range(0, len(numbers), size)]
