"""What a large run will take, from a few blocks of it: time and memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime

from .case import Case
from .engine.blocks import BLOCK
from .engine.sampling import seed_of
from .engine.schedule import AHEAD, worker_count
from .engine.stream import Counts, Sketch
from .kernel import at_work, together
from .parts import EXACT_DRAWS, work
from .run import How, prepared
from .scenario import AsReported, Scenario, to_day
from .simulate import DEFAULT_DRAWS

FURTHER_THREAD = 0.6  # of what the first thread does: they wait for one another at short steps (`make bench`)


@dataclass(frozen=True)
class RunEstimate:
    """`seconds` on `threads` threads and `megabytes` of arrays at the peak, beyond what is in memory already."""

    draws: int
    days: int
    threads: int
    seconds: float
    megabytes: float

    @property
    def text(self) -> str:
        """The same as a sentence."""
        unit = f"{self.seconds:.1f} s" if self.seconds < 90 else f"{self.seconds / 60:.0f} min"
        if self.seconds >= 5400:
            unit = f"{self.seconds / 3600:.1f} h"
        size = f"{self.megabytes:.0f} MB" if self.megabytes < 1000 else f"{self.megabytes / 1000:.1f} GB"
        thread = "thread" if self.threads == 1 else "threads"
        return f"{self.draws:,} draws x {self.days} days: about {unit} and {size} on {self.threads} {thread}."

    def __repr__(self) -> str:
        return self.text


def estimate_run(
    case: Case,
    scenario: Scenario | AsReported | None = None,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    as_of: str | date | datetime | None = None,
    forecast: str = "persist",
    draws: int = DEFAULT_DRAWS,
    rng: int | None = 0,
    threads: int | None = None,
    keep: tuple[str, ...] = (),
) -> RunEstimate:
    """Time and memory of ``simulate`` with the same arguments, from running a few blocks of it.

    Returns
    -------
    RunEstimate
        Rough: time on a busy machine varies by half, and threads share its memory.
    """
    day = None if as_of is None else to_day(as_of)
    run = prepared(case, scenario, to_day(start), to_day(end), day, forecast, draws, seed_of(rng), How(keep=keep))
    task = run.task()
    x, blocks = run.inputs, -(-draws // BLOCK)
    work(task, [0])  # the first call pays for imports and layouts
    trial = range(min(together(x), blocks))
    began = time.perf_counter()
    part = work(task, trial)
    each = (time.perf_counter() - began) / len(trial)
    count = worker_count(threads, -(-blocks // len(trial)))
    held = [part.lines, part.by_authority, part.kept]
    held += [part.by_crossing, part.by_month, part.by_day, part.drawn] if draws <= EXACT_DRAWS else []
    kept = sum(x.nbytes / max(x.shape[-1], 1) for x in held) * draws
    counted = Sketch(len(part.sizes))
    counted.merge(Counts(part.sizes, part.bins, part.counts))
    waiting = AHEAD * sum(array.nbytes for array in part)
    megabytes = (kept + counted.nbytes + (at_work(x) * len(trial) + waiting) * count) / 1e6
    seconds = each * blocks / (1 + (count - 1) * FURTHER_THREAD)
    return RunEstimate(draws, len(x.window_days), count, seconds, megabytes)
