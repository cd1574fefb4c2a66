"""A run cut into parts: what a worker does for some blocks of draws, and how parts become the totals of a result.

Lines over the window are kept for every draw. Sums by crossing, month and day are kept for every draw up to
`EXACT_DRAWS` draws; of more draws only their counts in narrow bins are kept (`engine.stream`), so that memory does not
grow with draws x crossings or draws x days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .engine.blocks import BLOCK, each_block
from .engine.sampling import Sampler
from .engine.stream import RELATIVE_ERROR, Counts, Sketch, count
from .errors import TradeImpactError
from .inputs import Inputs
from .kernel import Block, draw_block, run_blocks
from .memory import unbuffered
from .model.identities import Names, check_paths
from .statistics import COLUMNS, HIGH, LOW, describe_rows
from .tally import KINDS, in_order, labels, rows

Array = NDArray[np.float64]

EXACT_DRAWS = 65_536


@dataclass(frozen=True)
class Task:
    """What all parts of a run share: it can be sent to a worker."""

    inputs: Inputs
    seed: int
    draws: int
    day_weights: Array  # (window days,): what a line of a day is multiplied with
    keep: tuple[str, ...] = ()

    @property
    def streamed(self) -> bool:
        """Whether there are more draws than tables are kept for."""
        return self.draws > EXACT_DRAWS

    @cached_property
    def sampler(self) -> Sampler:
        """The draws of this run."""
        x = self.inputs
        groups = {m.group: x.case.correlations[m.group] for m in x.marginals if m.group}
        return Sampler(x.marginals, x.scores, groups, self.seed)

    def wanted(self, number: int) -> int:
        """Draws of block `number` that count; the rest are padding."""
        return min(BLOCK, self.draws - number * BLOCK)


class Part(NamedTuple):
    """What some blocks add to the totals; every entry is an array, so that it can be stored and sent."""

    lines: Array  # (lines, draws)
    by_authority: Array  # (insurgent authorities, 3, draws)
    holders: Array  # (blocks, authorities, crossings, days): sums over draws
    open_share: Array  # (blocks, crossings, days)
    by_crossing: Array  # exact: (lines, crossings + 1, draws); else no draws
    by_month: Array
    by_day: Array
    drawn: Array  # exact: (names, draws)
    names: NDArray[np.str_]  # (blocks, names)
    row_sums: Array  # streamed: (blocks, rows), missing draws left out
    row_counts: Array
    sizes: NDArray[np.int64]  # streamed: counts of rows in bins
    bins: NDArray[np.int64]
    counts: NDArray[np.int64]
    kept: Array  # (lines asked for, crossings + 1, days, draws)


@unbuffered()
def work(task: Task, numbers: Sequence[int]) -> Part:
    """Simulate some blocks of a run."""
    done = [_kept(task, b) for b in run_blocks(task.inputs, task.sampler, numbers, task.day_weights, task.keep)]
    joined = {name: np.concatenate([d[name] for d in done], axis=0 if name in _BY_BLOCK else -1) for name in done[0]}
    table = joined.pop("table")
    tally = count(table) if task.streamed else Counts(*(np.zeros(0, dtype=np.int64),) * 3)
    return Part(**joined, sizes=tally.sizes, bins=tally.bins, counts=tally.counts)


def _kept(task: Task, b: Block) -> dict[str, NDArray[Any]]:
    """What is kept of some blocks, without padding."""
    x = task.inputs
    n = sum(task.wanted(number) for number in b.numbers)
    table = np.zeros((0, n))
    if task.streamed:
        table = np.concatenate([rows(x, kind, b) for kind in KINDS])[:, :n]
    exact = 0 if task.streamed else n
    each = [slice(one.start, min(one.stop, n)) for one in each_block(n)]
    sums = b.history.sums(x.window, each)
    for number, one, (holders, opened) in zip(b.numbers, each, sums, strict=True):
        check_paths(holders, opened, one.stop - one.start, Names(x.crossings, x.window_days, number * BLOCK))
    return {
        "lines": in_order(b.by_crossing[..., :n]),
        "by_authority": b.by_authority[..., :n],
        "holders": np.stack([holders for holders, _ in sums]),
        "open_share": np.stack([opened for _, opened in sums]),
        "by_crossing": b.by_crossing[..., :exact],
        "by_month": b.by_month[..., :exact],
        "by_day": b.by_day[..., :exact],
        "drawn": np.stack(list(b.drawn.values()))[:, :exact],
        "names": np.array([list(b.drawn)] * len(each)),
        "row_sums": np.stack([np.nansum(table[:, one], axis=-1) for one in each]),
        "row_counts": np.stack([(~np.isnan(table[:, one])).sum(axis=-1, dtype=float) for one in each]),
        "kept": b.kept[..., :n],
        "table": table,
    }


@dataclass(frozen=True)
class Totals:
    """Sums over the window, draws last: lines over all crossings, revenue by authority, mean paths, values drawn.

    `by_crossing`, `by_month`, `by_day` and `drawn` hold every draw, or none where the run was streamed; `kept` holds
    the lines asked for with ``keep=`` by crossing, day and draw.
    """

    inputs: Inputs
    lines: Array
    by_authority: Array
    holders: Array
    open_share: Array
    by_crossing: Array
    by_month: Array
    by_day: Array
    drawn: Mapping[str, Array]
    kept: Mapping[str, Array]
    streams: Mapping[str, pd.DataFrame] | None = None

    @property
    def streamed(self) -> bool:
        """Whether tables by crossing, month and day come from counts."""
        return self.streams is not None

    def table(self, kind: str, weights: Array | None = None) -> pd.DataFrame:
        """One row per (label, line) of a table: mean, median, low, high, mc_error."""
        if self.streams is None:
            index = pd.MultiIndex.from_tuples(labels(self.inputs, kind), names=["label", "line"])
            return describe_rows(rows(self.inputs, kind, self), index, weights)
        if weights is not None:
            raise TradeImpactError(
                f"tables by {kind} of more than {EXACT_DRAWS:,} draws are counted while the run goes on and cannot be "
                f"weighted afterwards; simulate at most {EXACT_DRAWS:,} draws for them"
            )
        return self.streams[kind].copy()


@dataclass
class Assembly:
    """Totals in the making: `add` parts in their order, `totals` at any time for the draws so far."""

    task: Task
    done: int = 0
    _exact: dict[str, Array] = field(default_factory=dict)
    _holders: list[Array] = field(default_factory=list)
    _sums: list[Array] = field(default_factory=list)
    _sketch: Sketch | None = None
    _names: tuple[str, ...] = ()

    def add(self, part: Part) -> int:
        """Add the next part; returns how many draws it has."""
        count = int(part.lines.shape[-1])
        if not self._exact:
            self._names = tuple(str(name) for name in part.names[0])
            shapes = {name: getattr(part, name).shape[:-1] for name in _ALWAYS + (() if self.task.streamed else _EXACT)}
            self._exact = {name: np.empty((*shape, self.task.draws)) for name, shape in shapes.items()}
            self._holders = [np.zeros(part.holders.shape[1:]), np.zeros(part.open_share.shape[1:])]
            if self.task.streamed:
                self._sketch = Sketch(len(part.sizes))
                self._sums = [np.zeros(len(part.sizes)) for _ in range(2)]
        for name, array in self._exact.items():
            array[..., self.done : self.done + count] = getattr(part, name)
        for holders, opened in zip(part.holders, part.open_share, strict=True):
            self._holders[0] += holders
            self._holders[1] += opened
        if self._sketch is not None:
            self._sketch.merge(Counts(part.sizes, part.bins, part.counts))
            for sums, known in zip(part.row_sums, part.row_counts, strict=True):
                self._sums[0] += sums
                self._sums[1] += known
        self.done += count
        return count

    def totals(self) -> Totals:
        """Totals of the draws added so far."""
        if not self.done:
            raise TradeImpactError("no draw is finished yet")
        have = {name: array[..., : self.done] for name, array in self._exact.items()}
        none = np.zeros((0, 0, 0))
        return Totals(
            inputs=self.task.inputs,
            lines=have["lines"],
            by_authority=have["by_authority"],
            holders=self._holders[0] / self.done,
            open_share=self._holders[1] / self.done,
            by_crossing=have.get("by_crossing", none),
            by_month=have.get("by_month", none),
            by_day=have.get("by_day", none),
            drawn={} if self.task.streamed else dict(zip(self._names, have["drawn"], strict=True)),
            kept=dict(zip(self.task.keep, have["kept"], strict=True)),
            streams=None if self._sketch is None else self._streams(self._sketch),
        )

    def _streams(self, sketch: Sketch) -> dict[str, pd.DataFrame]:
        median, low, high = sketch.quantiles((0.5, LOW, HIGH))
        total, known = self._sums
        mean = np.where(known > 0, total / np.maximum(known, 1.0), np.nan)
        # the width of a bin is an error of its own
        error = np.hypot(sketch.density_error(), RELATIVE_ERROR * np.abs(median) / 2)
        frame = pd.DataFrame(dict(zip(COLUMNS, (mean, median, low, high, error), strict=True)))
        found, begin = {}, 0
        for kind in KINDS:
            index = pd.MultiIndex.from_tuples(labels(self.task.inputs, kind), names=["label", "line"])
            found[kind] = frame.iloc[begin : begin + len(index)].set_axis(index)
            begin += len(index)
        return found


_BY_BLOCK = ("holders", "open_share", "row_sums", "row_counts", "names")
_ALWAYS = ("lines", "by_authority", "kept")
_EXACT = ("by_crossing", "by_month", "by_day", "drawn")


def redraw(task: Task, done: int) -> dict[str, Array]:
    """Values drawn in the first `done` draws, drawn again."""
    sampler = task.sampler
    parts = [draw_block(task.inputs, sampler, n).kept for n in range(-(-done // BLOCK))]
    return {name: np.concatenate([p[name] for p in parts])[:done] for name in parts[0]}
