"""Some blocks of draws, from drawn assumptions to summed ledger lines: the model's equations in their order.

Arrays are (crossings, days, draws) with draws on the last, contiguous axis; border crossings come first. The response
is worked out some days at a time, so that memory does not grow with the days, and only sums are kept. Days before the
first event are the counterfactual and cost nothing. Every sum over days carries the window's weights (1 for the case
currency, dollars per unit for dollars).

Small blocks are worked out together, in fewer and longer steps. That changes no bit: nothing is summed over draws, and
sums over days are cut where they are for one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .drawn import TrueValue, baseline_of
from .engine.blocks import BLOCK
from .engine.sampling import Sampler, ordered_elasticities
from .errors import TradeImpactError
from .inferred import sampled_history
from .inputs import Inputs
from .memory import Scratch, near, scratch, unbuffered
from .model.control import History
from .model.identities import Books, Names, check_block
from .model.ledger import (
    LINES,
    PRODUCTS,
    SAME_WHEN_QUIET,
    government_loss,
    insurgent_gain,
    ledger_lines,
    lines_from,
    products,
    quiet_products,
)
from .setting import Response, Setting

Array = NDArray[np.float64]

TILE_CELLS = 2**15  # crossings x days x draws of a block at hand at once
TOGETHER = 2**15  # crossings x days of the blocks that are worked out together
MOST_TOGETHER = 10
NATIONAL_LINES = ("insurgent_baseline", "insurgent_revenue", "illicit_transit")  # illicit transit is part of these
DAILY = ("baseline", "government_revenue", "insurgent_revenue", "government_loss", "insurgent_gain", "days_held")


@dataclass(frozen=True)
class Block:
    """What is kept of some blocks, draws last: sums by crossing, month and day, per authority, and the values drawn."""

    by_crossing: Array  # (lines, crossings, draws)
    by_month: Array  # (lines, months, draws)
    by_day: Array  # (DAILY, window days, draws)
    by_authority: Array  # (insurgent authorities, 3: baseline, revenue, gain, draws)
    history: History
    numbers: tuple[int, ...]
    drawn: dict[str, Array]
    kept: Array  # (lines asked for, crossings + 1, window days, draws)

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.by_day.shape[-1])


@dataclass(frozen=True)
class Drawn:
    """What some blocks draw whatever the history: values `p`, true value `m0`, collected rate `r0` (C, 1, B),
    value of an ordinary day `ordinary` (C, B), and what is kept of the draws.
    """

    seed: int
    blocks: tuple[int, ...]
    p: dict[str, Array]
    m0: TrueValue
    r0: Array
    ordinary: Array
    kept: dict[str, Array]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.blocks) * BLOCK


def run_blocks(
    x: Inputs, sampler: Sampler, numbers: Sequence[int], weights: Array, keep: tuple[str, ...] = ()
) -> Iterator[Block]:
    """Simulate some blocks, a few of them at a time; `weights` (window days,) multiply every money line of a day;
    `keep` names lines to hold by crossing and day.
    """
    step = together(x)
    for begin in range(0, len(numbers), step):
        d = draw_block(x, sampler, *numbers[begin : begin + step])
        paths = history(x, d)
        sums = _Sums(x, _illicit(x, d.p), weights, keep)
        with scratch("crossings") as at_hand:
            for days, r in tiles(x, d, paths):
                sums.add(days, r, at_hand)
        yield sums.block(paths, d)


def together(x: Inputs) -> int:
    """How many blocks are worked out together."""
    longest = max(len(x.days), x.inferred.known.days if x.inferred else 0)
    return min(max(TOGETHER // (len(x.crossings) * longest), 1), MOST_TOGETHER)


def at_work(x: Inputs) -> int:
    """About how many bytes a block takes while it is under way."""
    crossings, days = len(x.crossings), len(x.days)
    trade = 14 * 8 * max(min(TILE_CELLS, crossings * days * BLOCK), crossings * BLOCK)
    sums = 45 * 8 * (crossings + days) * BLOCK  # lines by crossing, and by day
    return trade + sums + (x.inferred.at_work if x.inferred else 0)


@unbuffered()
def daily_loss(x: Inputs, sampler: Sampler, number: int) -> Array:
    """Government loss of block `number` alone, (window days, draws): that line of `run_blocks` without the others."""
    d = draw_block(x, sampler, number)
    return outcome(x, d, history(x, d))[0]


def draw_block(x: Inputs, sampler: Sampler, *numbers: int) -> Drawn:
    """Assumptions and baseline of one block or several, the same under every history."""
    marginals = {m.name: m for m in x.marginals}
    p = ordered_elasticities(sampler.block(*numbers), marginals, sampler.seed, *numbers)
    p["inland_charge_probability"] = np.minimum(p["inland_charge_probability"], 1.0)
    for name in ("friction_nobody_extra", "insecurity_sensitivity", "deferral_share"):
        p[name] = np.maximum(p[name], 0.0)
    m0, r0, ordinary, kept = baseline_of(x, p, sampler.seed, numbers)
    return Drawn(sampler.seed, numbers, p, m0, r0, ordinary, kept)


def history(x: Inputs, d: Drawn) -> History:
    """The run's history in some blocks: that of its scenario, or one sampled from reports in every draw."""
    if x.inferred is None:
        return x.paths
    return sampled_history(x.inferred, d.p, x.paths, d.seed, d.blocks, x.insecurity_reference)


def tiles(x: Inputs, d: Drawn, paths: History) -> Iterator[tuple[slice, Response]]:
    """Trade and rates of some draws under any history, some days of the run at a time and in their order.

    What is given lies in memory that the next days use again.
    """
    setting = Setting.of(x, d.p, paths, d.m0, d.r0, d.ordinary)
    stock = np.zeros((x.border, d.draws))
    first, last = min(paths.begins, len(x.days)), len(x.days)
    step = max(TILE_CELLS // (len(x.crossings) * BLOCK), 1)
    with scratch("days") as new:
        for start in (*range(0, first, step), *range(first, last, step)):
            tile = slice(start, min(start + step, first if start < first else last))
            yield tile, setting.nothing(tile, new) if start < first else setting.respond(tile, stock, new)
            new.rewind()


def respond(x: Inputs, d: Drawn, paths: History) -> Response:
    """Trade and rates of some draws under any history on all days of the run at once; `tiles` takes less memory."""
    setting = Setting.of(x, d.p, paths, d.m0, d.r0, d.ordinary)
    return setting.respond(slice(0, len(x.days)), np.zeros((x.border, d.draws)))


@unbuffered()
def outcome(x: Inputs, d: Drawn, paths: History) -> tuple[Array, Array]:
    """Government loss and insurgent gain by window day and draw, (window days, draws), and nothing else."""
    loss, gain = np.zeros((2, len(x.days), d.draws))
    with scratch("crossings") as new:
        for days, r in tiles(x, d, paths):
            if days.stop <= x.window.start:
                continue
            for rows in near(len(x.crossings), loss[days].size):
                new.rewind()
                flows, rates, _ = r.at(rows, new)
                loss[days] += government_loss(flows, rates)
                gain[days] += insurgent_gain(flows, rates)
    return loss[x.window], gain[x.window]


class _Sums:
    """Sums over the window in the making: the products of ledger lines by crossing and by day."""

    def __init__(self, x: Inputs, illicit: Array, weights: Array, keep: tuple[str, ...]) -> None:
        self.x, self.weights, self.keep = x, weights, keep
        self.illicit = illicit * weights[:, None]  # (window days, draws)
        self.plain = bool((weights == 1).all())
        days, crossings, draws = len(weights), len(x.crossings), illicit.shape[-1]
        self.by_crossing = {name: np.zeros((crossings, draws)) for name in PRODUCTS}
        self.by_day = {name: np.zeros((days, draws)) for name in PRODUCTS}
        self.taken = np.zeros((len(x.authorities) - 2, draws))  # levies received by each insurgent authority
        self.kept = np.zeros((len(keep), crossings + 1, days, draws))

    def add(self, days: slice, r: Response, new: Scratch) -> None:
        """Add some days of the run; those outside the window do not count."""
        window = self.x.window
        inside = slice(max(days.start, window.start), min(days.stop, window.stop))
        if inside.start >= inside.stop:
            return
        here = slice(inside.start - days.start, inside.stop - days.start)
        at = slice(inside.start - window.start, inside.stop - window.start)
        for rows in near(len(self.x.crossings), r.m0[0].size):
            new.rewind()
            flows, rates, held = r.at(rows, new)
            flows, rates = flows.over(here), rates.over(here)
            if not self.plain:
                flows = flows.worth(self.weights[at])
            if r.quiet:
                for name, product in quiet_products(flows, rates, new):
                    self._count(name, product, rows, at, SAME_WHEN_QUIET[name])
            else:
                for name, some, product in products(flows, rates, new):
                    self._count(name, product, slice(rows.start + some.start, rows.start + some.stop), at)
            if len(self.taken) > 1 and not r.quiet:
                trade = flows.response_trade + flows.returned_trade
                for position, levy in enumerate(r.levies):
                    mine = _some(levy[rows], here) * trade * _some(held.shares[position], here)
                    for one in mine.sum(axis=1):
                        self.taken[position] += one
            if self.keep:
                lines = ledger_lines(flows, rates)
                for row, name in enumerate(self.keep):
                    if name != "illicit_transit":
                        self.kept[row, rows, at] = lines[name]

    def _count(self, name: str, product: Array, rows: slice, days: slice, same: Sequence[str] = ()) -> None:
        """Add a product of some crossings and days; `same` are the others it is on these days, at all crossings."""
        total = product.sum(axis=1)
        by_day = self.by_day[name][days]
        for one in product:  # crossing by crossing: how many are at hand does not change the order of the sum
            by_day += one
        self.by_crossing[name][rows] += total
        for other in same:
            self.by_crossing[other][rows] += total
            self.by_day[other][days] = by_day

    def block(self, paths: History, d: Drawn) -> Block:
        """What is kept, its identities checked."""
        x, illicit = self.x, self.illicit
        crossing = np.zeros((len(LINES), len(x.crossings) + 1, d.draws))
        month = np.zeros((len(LINES), len(x.months), d.draws))
        starts = np.searchsorted(x.month_of_day, np.arange(len(x.months) + 1))
        in_month = [slice(*both) for both in pairwise(starts)]
        daily = lines_from(self.by_day) | {"illicit_transit": illicit}
        for name, line in lines_from(self.by_crossing).items():
            crossing[LINES.index(name), :-1] = line
        for row, name in enumerate(LINES):
            if name in NATIONAL_LINES:
                crossing[row, -1] = illicit.sum(axis=0)
                if name != "illicit_transit":
                    daily[name] = daily[name] + illicit
            for number, some in enumerate(in_month):
                np.sum(daily[name][some], axis=0, out=month[row, number])
        for row, name in enumerate(self.keep):
            if name in NATIONAL_LINES:
                self.kept[row, -1] = illicit
        authority = self._authorities(daily)
        shares = np.stack([d.kept[f"share.{c}"] for c in x.crossings])
        quiet = max(paths.first_event - x.window.start, 0)
        names = Names(x.crossings, x.window_days, d.blocks[0] * BLOCK)
        check_block(Books(crossing, month, daily, authority, shares), names, quiet)
        return Block(
            crossing,
            month,
            np.stack([daily[n] for n in DAILY]),
            authority,
            paths,
            d.blocks,
            d.kept,
            self.kept,
        )

    def _authorities(self, daily: dict[str, Array]) -> Array:
        """Baseline, revenue and gain of each insurgent authority over the window, (authorities, 3, draws).

        A levy goes to whoever holds the crossing. Road levies and illicit transit go to the insurgent authority where
        there is one, and where there are several to none in particular: they stand in a last row of their own.
        """
        several = len(self.taken) > 1
        out = np.zeros((len(self.taken) + several, 3, self.taken.shape[-1]))
        if len(out):
            out[: len(self.taken), 1] = self.taken if several else daily["levy_received"].sum(axis=0)
            out[-1, 0] = daily["insurgent_baseline"].sum(axis=0)
            out[-1, 1] += daily["road_levies"].sum(axis=0) + daily["illicit_transit"].sum(axis=0)
        out[:, 2] = out[:, 1] - out[:, 0]
        return out


def _some(x: Array, days: slice) -> Array:
    return x if x.shape[1] == 1 else x[:, days]


def _illicit(x: Inputs, p: dict[str, Array]) -> Array:
    """Illicit transit per day in the case currency, (window days, draws); not tied to a crossing."""
    record = x.case.assumption_records["illicit_transit_per_year"]
    rate = x.usd_rate[x.window] if record.unit.upper().startswith("USD") else np.ones(len(x.window_days))
    if not np.isfinite(rate).all():
        day = x.window_days[~np.isfinite(rate)][0].date()
        raise TradeImpactError(
            f"illicit_transit_per_year is in dollars and the case has no exchange rate for {day}; add it to fx.csv"
        )
    return np.asarray(p["illicit_transit_per_year"][None] / 365.25 * rate[:, None])
