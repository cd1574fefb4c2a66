"""How trade answers on some days of some draws: who pays what, where trucks can go, and what waits (MODEL section 5).

A `Setting` holds what does not change from day to day; `respond` works out some days at a time. Arrays are (crossings,
days, draws), draws last; border crossings come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .drawn import TrueValue, at_crossings, has_own_levy, levy_per_truck
from .inputs import Inputs
from .memory import New, aligned
from .model import baseline as base
from .model.control import History, Moment
from .model.ledger import Flows, Rates
from .model.tariff import split_gap
from .model.trade import apply_ceiling, defer, group_codes, recovery, response_ratio

Array = NDArray[np.float64]

RECOVERED = 0.05  # a post counts as recovering until this share of its way back is left


@dataclass(frozen=True)
class Response:
    """A history's trade and rates on some days, and what traders paid.

    `cost` is cost now over cost in the baseline at border crossings (border, days, draws); `friction` and `bribes` are
    shares of value there (bribes the same on all days). All three have no days where nothing happens. `levies` holds
    the levy of each insurgent authority as a share of value.
    """

    flows: Flows
    rates: Rates
    levies: list[Array]
    shares: Sequence[Array]  # of each insurgent authority, (crossings, days, draws or 1)
    cost: Array
    friction: Array
    bribes: Array


@dataclass(frozen=True)
class Setting:
    """What the response of some draws rests on whatever the day: values drawn, paths, rates and shares."""

    x: Inputs
    p: dict[str, Array]
    paths: History
    m0: TrueValue
    rates: Rates  # but for the levy, which is that of each day's holder
    levies: list[Array]
    bribes: Array  # (border, 1, B)
    before: Array  # cost in the baseline, (border, 1, B)
    feed: Array  # (inland, border, B)
    codes: NDArray[np.intp]

    @classmethod
    def of(cls, x: Inputs, p: dict[str, Array], paths: History, m0: TrueValue, r0: Array, ordinary: Array) -> Setting:
        """Lay out some draws: values drawn, history, true value, collected rate and the value of an ordinary day."""
        per_truck = _per_truck(x, p, ordinary)
        levies = _levies(x, p, paths, per_truck)
        rates = _rates(x, p, r0, per_truck, levies)
        bribes = _bribes(x, p, r0)
        before = 1 + (r0[: x.border] + bribes + rates.road[: x.border])
        return cls(x, p, paths, m0, rates, levies, bribes, before, _feed(x, p), group_codes(x.groups))

    def nothing(self, days: slice, new: New = aligned) -> Response:
        """Days on which nothing differs from the counterfactual, in memory from `new`."""
        m0, one, none = self.m0.on(days, new), np.ones((1, 1, 1)), np.zeros((1, 1, 1))
        s = self.paths.on(days, new)
        flows = Flows(m0, m0, none, one, one, s.open_share, s.government, s.nobody, s.insurgent)
        empty = np.ones((self.x.border, 0, 1))
        levies = [_on(levy, days) for levy in self.levies]
        return Response(flows, self._rates(days, levies, s), levies, s.shares, empty, empty, empty)

    def respond(self, days: slice, stock: Array, new: New = aligned) -> Response:
        """Trade on some days, MODEL 5 in its order; `stock` (border, B) waits before them and is left as what waits.

        Arrays of the answer lie in memory from `new`.
        """
        border, p, s = self.x.border, self.p, self.paths.on(days, new)
        g, nobody, insurgent, w = s.government, s.nobody, s.insurgent, s.open_share
        m0 = self.m0.on(days, new)
        v = m0[:border]
        excess = np.nan_to_num(s.insecurity - self.x.insecurity_reference, nan=0.0)
        e = np.exp(-p["insecurity_sensitivity"] * excess)
        levies = [_on(levy, days) for levy in self.levies]
        rates = self._weakened(self._rates(days, levies, s), excess, new)
        holders = (g[:border], nobody[:border], insurgent[:border])
        o, cap, friction = self._access(days, v, s, new)
        h = self._cost(rates, friction, *holders, new)
        ratio, q = response_ratio(v, self.codes, h, o, theta=p["theta"], phi=p["phi"], epsilon=p["epsilon"], new=new)
        free = apply_ceiling(np.multiply(v, ratio, out=ratio), cap, self.codes, new)
        star, back = new(m0.shape), new(m0.shape)
        np.multiply(free, e, out=star[:border])
        kept_away = self._kept_away(v, w[:border], free, e, new)
        room = np.subtract(cap, star[:border], out=cap)
        defer(kept_away, room, w[:border] > 0, p["deferral_share"], p["deferral_return"], stock, back[:border])
        flows = self._assembled(m0, star, back, q, q * e, w, (g, nobody, insurgent), new)
        return Response(flows, rates, levies, s.shares, h, friction, self.bribes)

    def _rates(self, days: slice, levies: list[Array], s: Moment) -> Rates:
        """Rates before anything changes the collected rate, with the levy of each crossing's holder."""
        return replace(self.rates.over(days), levy=_mixed(levies, s))

    def _kept_away(self, v: Array, w: Array, free: Array, e: Array, new: New) -> Array:
        """Cargo that closures turned away and no other crossing took, and that insecurity held back."""
        shut = np.multiply(np.subtract(1, w, out=new(w.shape)), v, out=new(v.shape))
        missing = np.maximum(v.sum(axis=0) - free.sum(axis=0), 0.0)
        total_shut = shut.sum(axis=0)
        unplaced = np.minimum(missing / np.where(total_shut > 0, total_shut, 1.0), 1.0)
        shut *= unplaced
        shut += np.multiply(free, np.maximum(1 - e, 0.0), out=new(v.shape))
        return shut

    def _assembled(
        self,
        m0: Array,
        star: Array,
        back: Array,
        q: Array,
        qe: Array,
        w: Array,
        holders: tuple[Array, Array, Array],
        new: New,
    ) -> Flows:
        """Border response and the inland houses it feeds, as flows over all crossings; border rows are there."""
        border, feed = self.x.border, self.feed
        v = m0[:border]
        fed = feed.sum(axis=1)[:, None]
        total, held = new(m0.shape), new(m0.shape)
        total[:border], held[:border] = q, qe
        if border < len(m0):
            # where nothing passes, nothing changes
            nothing = v <= 0
            ratio = np.divide(star[:border], np.add(v, nothing, out=new(v.shape)), out=new(v.shape))
            ratio += nothing
            house = m0[border:] * w[border:]
            np.multiply(house, base.inland_trade(ratio, feed), out=star[border:])
            np.divide(back[:border], np.add(v, nothing, out=ratio), out=ratio)
            np.multiply(house, base.inland_trade(ratio, feed) - (1 - fed), out=back[border:])
            total[border:], held[border:] = 1 - fed * (1 - q), 1 - fed * (1 - qe)
        return Flows(m0, star, back, total, held, w, *holders)

    def _weakened(self, rates: Rates, excess: Array, new: New) -> Rates:
        """The collected rate where staff leave: falls with insecurity above its reference, never rises."""
        worse = np.maximum(excess, 0.0)
        if not worse.any():
            return rates
        kept = np.exp(-np.maximum(self.p["collection_weakening"], 0.0) * worse)
        baseline = rates.collected_baseline
        return replace(rates, collected=np.multiply(baseline, kept, out=new((len(baseline), *kept.shape))))

    def _access(self, days: slice, v: Array, s: Moment, new: New) -> tuple[Array, Array, Array]:
        """Open share o, ceiling in value and friction of the border crossings, (border, days, draws)."""
        border, p = slice(0, self.x.border), self.p
        g, nobody, insurgent = s.government[border], s.nobody[border], s.insurgent[border]
        o = np.multiply(nobody, 1 - p["nobody_open_share"], out=new(v.shape))
        np.subtract(1, o, out=o)
        o *= s.open_share[border]
        since = np.maximum(np.arange(days.start, days.stop)[:, None] - self.paths.first_events, 0)
        ramp = np.minimum(since / np.maximum(p["capacity_ramp_days"], 1.0), 1.0)
        widest = np.maximum(p["capacity_ceiling"], p["capacity_start"])
        kappa = p["capacity_start"] + (widest - p["capacity_start"]) * ramp
        friction = np.multiply(insurgent, p["friction_insurgent"], out=new(v.shape))
        more = new(v.shape)
        friction += np.multiply(nobody, p["friction_insurgent"] + p["friction_nobody_extra"], out=more)
        threat, of_threat = s.threat[border], p["friction_threat"]
        if threat.any():
            friction += np.multiply(np.multiply(g, threat, out=more), of_threat, out=more)
        cap = np.multiply(o, v, out=more)
        cap *= kappa
        for row, after in s.since.items():
            if row >= self.x.border or not (after >= 0).any():
                continue
            half_life = p["recovery_half_life_days"]
            o[row] *= recovery(after, p["recovery_start_share"], half_life, p["permanent_loss"])
            recovering = (after >= 0) & (np.exp2(-np.maximum(after, 0) / half_life) > RECOVERED)
            cap[row] = np.where(recovering, 1.0, kappa) * (o[row] * v[row])
            # truck counts at a reopened post contain its friction already
            friction[row] -= insurgent[row] * recovering * p["friction_insurgent"]
        return o, cap, friction

    def _cost(self, rates: Rates, friction: Array, g: Array, nobody: Array, insurgent: Array, new: New) -> Array:
        """Cost now over cost in the baseline at border crossings, (border, days, draws)."""
        border = slice(0, self.x.border)
        road, collected = rates.road[border], rates.collected[border]
        at_gate = rates.levy[border] + rates.inland_probability * rates.inland[border] + road * (1 - rates.once)
        paid = np.add(collected, self.bribes, out=new(collected.shape))
        paid += road
        cost, more = np.multiply(g, paid, out=new(friction.shape)), new(friction.shape)
        cost += np.multiply(nobody, road, out=more)
        cost += np.multiply(insurgent, at_gate, out=more)
        np.add(1, cost, out=cost)
        cost += friction
        cost /= self.before
        return cost


def _on(x: Array, days: slice) -> Array:
    return x if x.shape[1] == 1 else x[:, days]


def _per_truck(x: Inputs, p: dict[str, Array], ordinary: Array) -> Array:
    """True customs value of a truck load at each border crossing, the usual one where none passes, (border, B)."""
    names = x.crossings[: x.border]
    known = [f"trucks.{c}" for c in names]
    usual = p["value_per_truck"]
    return np.stack(
        [np.where(ordinary[i] > 0, ordinary[i] / p[n], usual) if n in p else usual for i, n in enumerate(known)]
    )


def _levies(x: Inputs, p: dict[str, Array], s: History, per_truck: Array) -> list[Array]:
    """Levy rate of each insurgent authority as a share of value, (crossings, days or 1, draws) each.

    The scenario's levy where it sets one for that authority, else the case's levy per truck, of the authority where it
    has one; none at inland houses.
    """
    border = x.crossings[: x.border]
    usual = np.zeros((len(x.crossings), 1, per_truck.shape[-1]))
    usual[: x.border, 0] = at_crossings(p, "levy_per_truck", border) / per_truck
    found = []
    for name, rate, truck in zip(x.authorities[2:], s.levy_rate, s.levy_per_truck, strict=True):
        levy = usual
        if has_own_levy(p, name):
            levy = np.zeros_like(usual)
            levy[: x.border, 0] = levy_per_truck(p, name, border) / per_truck
        if np.isfinite(truck).any():
            by_truck = truck[: x.border] / per_truck[:, None]
            levy = np.repeat(levy, len(x.days), axis=1)
            levy[: x.border] = np.where(np.isfinite(by_truck), by_truck, levy[: x.border])
        found.append(np.where(np.isfinite(rate), rate, levy) if np.isfinite(rate).any() else levy)
    return found


def _rates(x: Inputs, p: dict[str, Array], r0: Array, per_truck: Array, levies: list[Array]) -> Rates:
    """Levy, road and inland rates as shares of value, before anything changes them. (C, T|1, B)."""
    border = x.border
    road = np.zeros((len(x.crossings), 1, r0.shape[-1]))
    paying = at_crossings(p, "road_levy_per_truck", x.crossings[:border]) * p["road_paying_share"]
    road[:border, 0] = paying / per_truck
    return Rates(
        collected_baseline=r0,
        collected=r0,
        inland=r0 * p["inland_rate_ratio"],
        inland_probability=p["inland_charge_probability"][None, None],
        levy=levies[0] if levies else np.zeros((1, 1, 1)),
        road=road,
        once=p["receipt_honoured"][None, None],
    )


def _mixed(levies: list[Array], s: Moment) -> Array:
    """Levy rate at each crossing: that of its holder, averaged by share where authorities hold it together."""
    if not levies:
        return np.zeros((1, 1, 1))
    if all(levy is levies[0] for levy in levies):
        return levies[0]
    together = s.insurgent
    taken = sum((share * levy for share, levy in zip(s.shares, levies, strict=True)), np.zeros((1, 1, 1)))
    return np.asarray(np.where(together > 0, taken / np.where(together > 0, together, 1.0), levies[0]))


def _bribes(x: Inputs, p: dict[str, Array], r0: Array) -> Array:
    """Bribes at border crossings in government hands as a share of value, (border, 1, draws)."""
    _, leaking = split_gap(at_crossings(p, "gap", x.crossings[: x.border]), p["gap_split"])
    return np.asarray((r0[: x.border, 0] * leaking / (1 - leaking) * p["bribe_share"])[:, None])


def _feed(x: Inputs, p: dict[str, Array]) -> Array:
    """Share of each inland house's baseline that came in through each border crossing, (inland, border, draws)."""
    low, best, high = (f[..., None] for f in x.feed)
    feed = base.two_piece(low, best, high, p["inland_feed"][None, None])
    return np.asarray(feed / np.maximum(feed.sum(axis=1, keepdims=True), 1.0))
