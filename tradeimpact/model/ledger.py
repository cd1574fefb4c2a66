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


def products(f: Flows, r: Rates, new: New = aligned) -> Iterator[tuple[str, Array]]:
    """What every ledger line is a sum or difference of, name by name, each (crossings, days, draws) or broadcast to it.

    Lines are the same sums and differences of these whether they stand by crossing and day or are summed first: see
    `lines_from`. The same products enter both sides of a difference, so that what is equal leaves exactly zero. A
    product may be overwritten once the next is asked for: use it or copy it before.
    """
    r0, g, i, w, m0 = r.collected_baseline, f.government, f.insurgent, f.open_share, f.baseline_trade
    shape = np.broadcast_shapes(m0.shape, g.shape, f.response_trade.shape)
    it, base, held = (new(shape) for _ in range(3))
    shut = w.size > 1 or bool((w != 1).any())

    def times(a: Array, b: Array, out: Array = it) -> Array:
        return np.multiply(a, b, out=out)

    yield "baseline", times(r0, m0, base)
    yield "nobody", times(base, f.nobody)
    yield "insurgent", times(base, i, held)
    yield "insurgent_open", times(held, w) if shut else held
    yield "held", times(base, g, held)
    opened = times(held, w, base) if shut else held
    yield "open", opened
    yield "responding", times(opened, f.total_ratio)
    yield "calm", times(opened, f.total_held)
    own = times(r0, g, held)
    yield "kept", times(own, f.response_trade)
    yield "returned", times(own, f.returned_trade)
    trade = np.add(f.response_trade, f.returned_trade, out=base)
    if r.collected is not r0:
        weaker = np.subtract(r0, r.collected, out=it)
        yield "weaker", times(times(weaker, g), trade)
    there = times(trade, i, held)
    yield "there", times(r0, there)
    yield "inland", times(r.inland * r.inland_probability, there)
    yield "levy", times(r.levy, there)
    yield "road", times(r.road, np.subtract(trade, times(r.once, there), out=it))
    yield "road_baseline", times(r.road, m0)


def lines_from(sums: Mapping[str, Array]) -> dict[str, Array]:
    """Every line of both ledgers, without illicit transit, from the products or from any sums of them."""
    x = dict(sums)
    weaker = x.get("weaker", np.zeros_like(x["kept"]))
    revenue = x["kept"] + x["returned"] - weaker + x["inland"]
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
        "weaker_collection": weaker,
        "collected_inland": -x["inland"],
        "levy_received": x["levy"],
        "levy_gap": x["there"] - x["levy"],
        "trade_lost_at_captured": x["insurgent_open"] - x["there"],
        "shut_while_held": x["insurgent"] - x["insurgent_open"],
        "days_held": x["held"],
    }


def ledger_lines(f: Flows, r: Rates) -> dict[str, Array]:
    """Every line of both ledgers, name -> (crossings, days, draws), without illicit transit."""
    lines = lines_from({name: product.copy() for name, product in products(f, r)})
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
