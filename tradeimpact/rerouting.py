"""Where the trade of fallen crossings went: accounts of one run in true customs value, border crossings only.

For each border crossing, day and draw the part of the baseline value M0 for which the government does not hold the
crossing (share 1 - g) is split into parts that add up exactly, whatever the draw::

    M0 (1 - g) = levied + unstaffed + rerouted + returned + waiting + suppressed

* levied, unstaffed: what still passes there, under insurgents or where nobody stands, up to M0;
* rerouted: what other crossings carry beyond their own baseline, matched with what is missing;
* returned, waiting: what joined the deferred cargo and came back inside the window, or did not;
* suppressed: what is left.

**Attribution rule.** The model moves shares of trade, not trucks: it says what each crossing carries, never where one
truck would have gone otherwise. What crossings gain is therefore matched with what others lose on the same day and in
the same draw, first inside a route group, then across groups, each time in proportion to both: the order in which the
response itself substitutes. Crossings that lose trade without having fallen take their part of the gains as well.
Deferred cargo is mixed: what returns comes from fallen days in the proportion in which it waits. Inland houses are left
out, since their goods have come through a border crossing already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .engine.blocks import BLOCK, blocks
from .errors import TradeImpactError
from .kernel import draw_block, history
from .model.trade import group_codes
from .setting import Setting
from .statistics import HIGH, LOW, mean, quantiles

if TYPE_CHECKING:
    from .results import Results

Array = NDArray[np.float64]

MOST_DRAWS = 2048
TINY = 1e-300  # keeps a division by zero out where the dividend is zero
HOLDERS = ("government", "insurgent", "nobody")
WAYS = (
    ("levied", "insurgent"),
    ("unstaffed", "nobody"),
    *(("rerouted", holder) for holder in HOLDERS),
    *(("returned", holder) for holder in HOLDERS),
    ("waiting", ""),
    ("suppressed", ""),
)


@dataclass(frozen=True)
class Rerouting:
    """Where the trade of fallen crossings went over the window, in customs value and units of currency.

    Attributes
    ----------
    flows : DataFrame
        One row per crossing that fell and way its trade went: crossing, name, outcome (levied, unstaffed, rerouted,
        returned, waiting, suppressed), holder (of the crossing that carries it), to, to_name (that crossing, empty
        where none carries it), mean. The means of a crossing add up to its row of `fallen`.
    totals : DataFrame
        One row per way: outcome, holder, mean, low, high, and share_mean, share_low, share_high of all that fell.
    fallen : DataFrame
        One row per crossing that fell: crossing, name, mean, low, high of the baseline value of its fallen days.
    currency : str
    draws : int
    """

    flows: pd.DataFrame
    totals: pd.DataFrame
    fallen: pd.DataFrame
    currency: str
    draws: int


def rerouting(result: Results, *, draws: int | None = None) -> Rerouting:
    """Where the baseline trade of fallen crossings went, from the model's own response worked out again.

    Parameters
    ----------
    result : Results
    draws : int, optional
        The first so many draws of the result; its first 2,048 without it, or all where they carry weights.

    Raises
    ------
    TradeImpactError
        If no border crossing falls in the window, or more draws are asked for than there are.
    """
    if draws is not None and not 1 <= draws <= result.count:
        raise TradeImpactError(
            f"rerouting(draws={draws!r}): the result has {result.count} draws, ask for 1 to that many"
        )
    wanted = draws or (min(result.count, MOST_DRAWS) if result.weights is None else result.count)
    weights = np.ones(wanted) if result.weights is None else result.weights[:wanted]
    accounts = _Accounts(result.inputs.border, wanted)
    done = 0
    for number, count in blocks(wanted):
        for day in _days(result, number):
            accounts.add(day, slice(done, done + count), weights)
        done += count
    if not accounts.fallen.any():
        start, end = result.window
        raise TradeImpactError(f"no border crossing falls from {start} to {end}, so there is no trade to follow")
    return accounts.tables(result, weights)


def match_trade(missing: Array, gained: Array, codes: NDArray[np.intp]) -> Array:
    """Who carries what others lack, (from, to, draws): first inside route groups, then across, in proportion to both.

    Parameters
    ----------
    missing, gained : array, shape (crossings, draws)
        Trade that a crossing lacks, and what it carries beyond its own; at least 0, and one of the two 0.
    codes : array of int, shape (crossings,)
        Route group of each crossing.

    Examples
    --------
    Ten lacking and four gained in one group, three gained in another:

    >>> match_trade(np.array([[10.0], [0.0], [0.0]]), np.array([[0.0], [4.0], [3.0]]), np.array([0, 0, 1]))[0, :, 0]
    array([0., 4., 3.])
    """
    routes = np.zeros((*missing.shape[:1], *gained.shape))
    left, room = missing.copy(), gained.copy()
    for group in range(int(codes.max()) + 1):
        rows = np.flatnonzero(codes == group)
        lost, found = missing[rows].sum(axis=0), gained[rows].sum(axis=0)
        larger = np.maximum(np.maximum(lost, found), TINY)
        routes[np.ix_(rows, rows)] = missing[rows][:, None] * (gained[rows] / larger)[None]
        left[rows] *= 1 - found / larger
        room[rows] *= 1 - lost / larger
    larger = np.maximum(np.maximum(left.sum(axis=0), room.sum(axis=0)), TINY)
    return np.asarray(routes + left[:, None] * (room / larger)[None])


@dataclass(frozen=True)
class _Day:
    """One day of a block in the result's money, (border, draws): fallen baseline, and the ways it went."""

    fallen: Array
    ways: Array  # (WAYS, border, draws), from
    routes: Array  # (3: HOLDERS, from, to, draws)
    returned: Array  # (3: HOLDERS, border, draws)


def _days(result: Results, number: int) -> Iterator[_Day]:
    """Days of the window in a block, after those before it have filled the stock of what waits."""
    x, task = result.inputs, result.task
    d = draw_block(x, task.sampler, number)
    paths = history(x, d)
    setting = Setting.of(x, d.p, paths, d.m0, d.r0, d.ordinary)
    codes = group_codes(x.groups)
    stock, ours = np.zeros((2, x.border, BLOCK))  # all that waits; of it from fallen days of the window, in its money
    for day in range(paths.first_event, x.window.stop):
        before = stock.copy()
        f = setting.respond(slice(day, day + 1), stock).flows
        if day < x.window.start:
            continue
        m0, star, back, g, n, i = (
            np.broadcast_to(v[: x.border, 0], stock.shape)
            for v in (f.baseline_trade, f.response_trade, f.returned_trade, f.government, f.nobody, f.insurgent)
        )
        money = float(task.day_weights[day - x.window.start])
        one = _split(money * m0, money * star, money * (stock - before + back), np.stack([g, i, n]), codes)
        returned = ours * np.minimum(back / np.maximum(before, TINY), 1.0)
        ours += one.ways[WAYS.index(("waiting", ""))] - returned
        yield _Day(one.fallen, one.ways, one.routes, np.stack([g, i, n]) * returned)


def _split(m0: Array, star: Array, joining: Array, shares: Array, codes: NDArray[np.intp]) -> _Day:
    """Fallen baseline of a day and the ways it went; `shares` (HOLDERS, border, draws), what returns not yet."""
    fallen = shares[1] + shares[2]
    stays, lost = np.minimum(star, m0), np.maximum(m0 - star, 0.0)
    waits = np.clip(joining, 0.0, lost)
    routes = match_trade(lost - waits, np.maximum(star - m0, 0.0), codes) * fallen[:, None]
    ways = np.zeros((len(WAYS), *m0.shape))
    ways[0], ways[1] = stays * shares[1], stays * shares[2]
    ways[WAYS.index(("waiting", ""))] = waits * fallen
    ways[WAYS.index(("suppressed", ""))] = np.maximum((lost - waits) * fallen - routes.sum(axis=1), 0.0)
    by_holder = shares[:, None] * routes[None]  # of the crossing that carries it
    ways[2:5] = by_holder.sum(axis=2)
    return _Day(m0 * fallen, ways, by_holder, np.zeros((3, *m0.shape)))


class _Accounts:
    """Sums over days: by draw for every way, as weighted means for every pair of crossings."""

    def __init__(self, border: int, draws: int) -> None:
        self.fallen = np.zeros((border, draws))
        self.ways = np.zeros((len(WAYS), border, draws))
        self.routes = np.zeros((3, border, border))  # mean

    def add(self, day: _Day, at: slice, weights: Array) -> None:
        """Add a day of a block whose draws stand at `at`."""
        count = at.stop - at.start
        self.fallen[:, at] += day.fallen[:, :count]
        self.ways[:, :, at] += day.ways[..., :count]
        back = day.returned[..., :count]
        self.ways[5:8, :, at] += back
        self.ways[8, :, at] -= back.sum(axis=0)
        self.routes += day.routes[..., :count] @ (weights[at] / weights.sum())

    def tables(self, result: Results, weights: Array) -> Rerouting:
        """Tables of means and intervals."""
        given = None if result.weights is None else weights
        crossings = result.inputs.crossings[: result.inputs.border]
        names = [str(name) for name in result.case.units.set_index("crossing")["name"].loc[list(crossings)]]
        all_fallen = self.fallen.sum(axis=0)
        sums = self.ways.sum(axis=1)
        share = np.where(all_fallen > 0, sums / np.maximum(all_fallen, TINY), np.nan)
        totals = pd.DataFrame(WAYS, columns=["outcome", "holder"]).assign(
            **_columns(sums, given, ""), **_columns(share, given, "share_")
        )
        totals["share_mean"] = totals["mean"] / float(mean(all_fallen, given))  # of means, so that shares add up
        rows = np.flatnonzero(mean(self.fallen, given) > 0)
        fallen = pd.DataFrame({"crossing": [crossings[r] for r in rows], "name": [names[r] for r in rows]}).assign(
            **_columns(self.fallen[rows], given, "")
        )
        fallen = fallen.sort_values(["mean", "crossing"], ascending=[False, True], ignore_index=True)
        flows = self._flows(crossings, names, mean(self.ways, given))
        order = {name: place for place, name in enumerate(fallen["crossing"])}
        flows = flows[flows["crossing"].isin(order)].sort_values("crossing", key=lambda c: c.map(order), kind="stable")
        return Rerouting(
            flows.reset_index(drop=True), totals[totals["mean"] > 0].reset_index(drop=True), fallen,
            result.currency.upper(), len(weights),
        )  # fmt: skip

    def _flows(self, crossings: Sequence[str], names: Sequence[str], means: Array) -> pd.DataFrame:
        rows = []
        for number, (outcome, holder) in enumerate(WAYS):
            for i, crossing in enumerate(crossings):
                if outcome == "rerouted":
                    flow = self.routes[HOLDERS.index(holder), i]
                    rows += [
                        (crossing, names[i], outcome, holder, crossings[j], names[j], v) for j, v in enumerate(flow)
                    ]
                else:
                    there = (crossing, names[i]) if holder else ("", "")
                    rows.append((crossing, names[i], outcome, holder, *there, means[number, i]))
        table = pd.DataFrame(rows, columns=["crossing", "name", "outcome", "holder", "to", "to_name", "mean"])
        return table[table["mean"] > 0]


def _columns(values: Array, weights: Array | None, prefix: str) -> dict[str, Array]:
    low, high = quantiles(values, (LOW, HIGH), weights)
    return {f"{prefix}mean": mean(values, weights), f"{prefix}low": low, f"{prefix}high": high}
