"""Two ledgers and the identities that join them (MODEL section 6), per crossing, day and draw.

    government = sum r M g + r_in d M I                 insurgent = sum l M I + road M (1 - once I) + illicit transit
    government_loss = baseline - government = sum of nine components; lost_to_insurgent_control = sum of four details

All arrays are (crossings, days, draws) or broadcast to it; money in currency per day. The identities are checked on the
sums of every block of a run (`model.identities`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..memory import New, aligned

Array = NDArray[np.float64]

COMPONENTS = (
    "lost_to_insurgent_control",
    "lost_to_nobody",
    "lost_to_closure",
    "contraction",
    "held_back",
    "rerouting",
    "deferred_returned",
    "weaker_collection",
    "collected_inland",
)
DETAILS = ("levy_received", "levy_gap", "trade_lost_at_captured", "shut_while_held")
TOTALS = ("baseline", "government_revenue", "government_loss")
INSURGENT = ("insurgent_baseline", "insurgent_revenue", "insurgent_gain", "road_levies", "illicit_transit")
LINES = (*TOTALS, *INSURGENT, *COMPONENTS, *DETAILS, "days_held")
TOLERANCE = 1e-9
SAME_WHEN_QUIET = {"baseline": ("held", "open", "responding", "calm", "kept"), "road_baseline": ("road",)}
PRODUCTS = (
    *(name for one, same in SAME_WHEN_QUIET.items() for name in (one, *same)),
    *("nobody", "insurgent", "insurgent_open", "returned", "weaker", "there", "inland", "levy"),
)


@dataclass(frozen=True)
class Flows:
    """Trade and holders of one block.

    `baseline_trade` M0, `response_trade` M*, `returned_trade` B in value per day; `total_ratio` Q and `total_held` Q E
    as they reach each crossing (1 where nothing moves); `open_share` w counts closures only; `government`, `nobody`
    and `insurgent` are holder shares that sum to 1.
    """

    baseline_trade: Array
    response_trade: Array
    returned_trade: Array
    total_ratio: Array
    total_held: Array
    open_share: Array
    government: Array
    nobody: Array
    insurgent: Array

    def over(self, days: slice) -> Flows:
        """The flows of some days."""
        return Flows(**{name: _over(x, days) for name, x in self.__dict__.items()})

    def worth(self, weights: Array) -> Flows:
        """The same flows in other money: trade times `weights` (days,)."""
        by_day = weights[:, None]
        return replace(
            self,
            baseline_trade=self.baseline_trade * by_day,
            response_trade=self.response_trade * by_day,
            returned_trade=self.returned_trade * by_day,
        )


@dataclass(frozen=True)
class Rates:
    """Rates as shares of value: collected r0 and r, inland charge r_in with probability d, levy l, road levies.

    `road` (crossings, 1, draws) is charged on the road; `once` is 1 where a receipt of an insurgent-held crossing is
    honoured there. `levy` is the levy rate of whoever holds the crossing.
    """

    collected_baseline: Array
    collected: Array
    inland: Array
    inland_probability: Array
    levy: Array
    road: Array
    once: Array

    def over(self, days: slice) -> Rates:
        """The rates of some days."""
        return Rates(**{name: _over(x, days) for name, x in self.__dict__.items()})

    def at(self, rows: slice) -> Rates:
        """The rates of some crossings; what is one array stays one."""
        found = Rates(**{name: _at(x, rows) for name, x in self.__dict__.items()})
        return (
            replace(found, collected=found.collected_baseline) if self.collected is self.collected_baseline else found
        )


def _over(x: Array, days: slice) -> Array:
    return x if x.shape[1] == 1 else x[:, days]


def _at(x: Array, rows: slice) -> Array:
    return x if len(x) == 1 else x[rows]


def _span(x: Array, crossings: int) -> slice:
    """Crossings from the first to the last at which something is not zero; all where it differs by draw."""
    if x.shape[-1] > 1:
        return slice(0, crossings)
    rows = np.flatnonzero(x.any(axis=(1, 2)))
    if not len(rows):
        return slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1) if len(x) > 1 else slice(0, crossings)


def products(f: Flows, r: Rates, new: New = aligned) -> Iterator[tuple[str, slice, Array]]:
    """What every ledger line is a sum or difference of: name, crossings, and (crossings, days, draws) or broadcast to
    it; zero at all other crossings, and everywhere if it is not given.

    Lines are the same sums and differences of these whether they stand by crossing and day or are summed first: see
    `lines_from`. The same products enter both sides of a difference, so that what is equal leaves exactly zero. A
    product may be overwritten once the next is asked for: use it or copy it before.
    """
    r0, g, i, w, m0 = r.collected_baseline, f.government, f.insurgent, f.open_share, f.baseline_trade
    shape = np.broadcast_shapes(m0.shape, g.shape, f.response_trade.shape)
    it, base, held = (new(shape) for _ in range(3))
    shut = w.size > 1 or bool((w != 1).any())
    every, nobodys, lost = slice(0, shape[0]), _span(f.nobody, shape[0]), _span(i, shape[0])

    def times(a: Array, b: Array, out: Array = it, rows: slice = every) -> Array:
        one, other = (x[rows] if len(x) == shape[0] else x for x in (a, b))
        return np.multiply(one, other, out=out[rows])

    yield "baseline", every, times(r0, m0, base)
    yield "nobody", nobodys, times(base, f.nobody, it, nobodys)
    times(base, i, held, lost)
    yield "insurgent", lost, held[lost]
    yield "insurgent_open", lost, times(held, w, it, lost) if shut else held[lost]
    yield "held", every, times(base, g, held)
    opened = times(held, w, base) if shut else held
    yield "open", every, opened
    yield "responding", every, times(opened, f.total_ratio)
    yield "calm", every, times(opened, f.total_held)
    own = times(r0, g, held)
    yield "kept", every, times(own, f.response_trade)
    yield "returned", every, times(own, f.returned_trade)
    trade = np.add(f.response_trade, f.returned_trade, out=base)
    if r.collected is not r0:
        weaker = np.subtract(r0, r.collected, out=it)
        yield "weaker", every, times(times(weaker, g), trade)
    there = held
    times(trade, i, there, lost)
    yield "there", lost, times(r0, there, it, lost)
    yield "inland", lost, times(r.inland * r.inland_probability, there, it, lost)
    yield "levy", lost, times(r.levy, there, it, lost)
    honoured = times(r.once, there, it, lost)
    np.subtract(trade[lost], honoured, out=trade[lost])
    yield "road", every, times(r.road, trade)
    yield "road_baseline", every, times(r.road, m0)


def quiet_products(f: Flows, r: Rates, new: New = aligned) -> Iterator[tuple[str, Array]]:
    """The products of days on which nothing differs from the counterfactual; `SAME_WHEN_QUIET` names those that are
    the same, and all others are zero.
    """
    for name, rate in (("baseline", r.collected_baseline), ("road_baseline", r.road)):
        yield name, np.multiply(rate, f.baseline_trade, out=new(f.baseline_trade.shape))


def lines_from(sums: Mapping[str, Array]) -> dict[str, Array]:
    """Every line of both ledgers, without illicit transit, from all `PRODUCTS` or from any sums of them."""
    x = dict(sums)
    revenue = x["kept"] + x["returned"] - x["weaker"] + x["inland"]
    insurgent = x["levy"] + x["road"]
    return {
        "baseline": x["baseline"],
        "government_revenue": revenue,
        "government_loss": x["baseline"] - revenue,
        "insurgent_baseline": x["road_baseline"],
        "insurgent_revenue": insurgent,
        "insurgent_gain": insurgent - x["road_baseline"],
        "road_levies": x["road"],
        "lost_to_insurgent_control": x["insurgent"],
        "lost_to_nobody": x["nobody"],
        "lost_to_closure": x["held"] - x["open"],
        "contraction": x["open"] - x["responding"],
        "held_back": x["responding"] - x["calm"],
        "rerouting": x["calm"] - x["kept"],
        "deferred_returned": -x["returned"],
        "weaker_collection": x["weaker"],
        "collected_inland": -x["inland"],
        "levy_received": x["levy"],
        "levy_gap": x["there"] - x["levy"],
        "trade_lost_at_captured": x["insurgent_open"] - x["there"],
        "shut_while_held": x["insurgent"] - x["insurgent_open"],
        "days_held": x["held"],
    }


def ledger_lines(f: Flows, r: Rates) -> dict[str, Array]:
    """Every line of both ledgers, name -> (crossings, days, draws), without illicit transit."""
    found: dict[str, Array] = {}
    for name, rows, product in products(f, r):
        found[name] = np.zeros((len(f.baseline_trade), *product.shape[1:]))
        found[name][rows] = product
    nothing = np.zeros_like(found["baseline"])
    lines = lines_from({name: found.get(name, nothing) for name in PRODUCTS})
    shape = np.broadcast_shapes(*(x.shape for x in lines.values()))
    return {name: np.broadcast_to(x, shape) for name, x in lines.items()}


def government_loss(f: Flows, r: Rates) -> Array:
    """Loss over all crossings, (days, draws): that line of `ledger_lines`, where no other is needed."""
    trade = f.response_trade + f.returned_trade
    collected = r.collected * f.government + r.inland * r.inland_probability * f.insurgent
    return np.asarray((r.collected_baseline * f.baseline_trade - collected * trade).sum(axis=0))


def insurgent_gain(f: Flows, r: Rates) -> Array:
    """Gain over all crossings, (days, draws): that line of `ledger_lines`, where no other is needed."""
    trade = f.response_trade + f.returned_trade
    taken = r.levy * f.insurgent + r.road * (1 - r.once * f.insurgent)
    return np.asarray((taken * trade - r.road * f.baseline_trade).sum(axis=0))
