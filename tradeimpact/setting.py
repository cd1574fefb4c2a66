"""How trade answers on some days of some draws: who pays what, where trucks can go, and what waits (MODEL section 5).

A `Setting` holds what does not change from day to day; `respond` works out some days at a time. Arrays are (crossings,
days, draws), draws last; border crossings come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .drawn import TrueValue, at_crossings, has_own_levy, levy_per_truck
from .inputs import Inputs
from .memory import New, aligned, near, scratch
from .model import baseline as base
from .model.control import ALL, Closed, History, Moment
from .model.ledger import Flows, Rates
from .model.tariff import split_gap
from .model.trade import apply_ceiling, attraction, defer, group_codes, nested_response, recovery

Array = NDArray[np.float64]

RECOVERED = 0.05  # a post counts as recovering until this share of its way back is left


@dataclass(frozen=True)
class Response:
    """A history's trade and rates on some days, and what traders paid.

    Trade is worked out; holders, rates and costs are laid out again where they are asked for, so that no more than some
    crossings of them need be at hand: `at` gives some crossings, `flows` and `rates` all of them.
    """

    setting: Setting
    days: slice
    m0: Array  # (crossings, days, B)
    star: Array
    back: Array
    q: tuple[Array, Array]  # total trade ratio, and held back, at border crossings (days, B)
    inland: tuple[Array, Array]  # the same at inland houses, (inland, days, B)
    closed: Closed
    kept: Array | None  # share of the collected rate that still is, (days, B); None where all of it is

    @property
    def quiet(self) -> bool:
        """Whether nothing differs from the counterfactual."""
        return self.star is self.m0

    @property
    def levies(self) -> list[Array]:
        """Levy of each insurgent authority as a share of value, (crossings, days or 1, draws)."""
        return [_on(levy, self.days) for levy in self.setting.levies]

    @property
    def bribes(self) -> Array:
        """Bribes as a share of value at border crossings, the same on all days (border, 1, draws)."""
        return self.setting.bribes

    @cached_property
    def flows(self) -> Flows:
        """Flows over all crossings."""
        return self.at(ALL)[0]

    @cached_property
    def rates(self) -> Rates:
        """Rates of all crossings."""
        return self.at(ALL)[1]

    @cached_property
    def cost(self) -> Array:
        """Cost now over cost in the baseline at border crossings, (border, days, draws)."""
        border = slice(0, self.setting.x.border)
        held = self.setting.paths.on(self.days, rows=border, closed=self.closed)
        return self.setting.cost(border, self.days, held, self.closed, self.kept, aligned)

    @cached_property
    def friction(self) -> Array:
        """Friction at border crossings as a share of value, (border, days, draws)."""
        border = slice(0, self.setting.x.border)
        held = self.setting.paths.on(self.days, rows=border, closed=self.closed)
        return self.setting.friction(border, self.days, held, self.closed)

    def at(self, rows: slice, new: New = aligned) -> tuple[Flows, Rates, Moment]:
        """Flows, rates and holders of some crossings, in memory from `new`."""
        setting, border = self.setting, self.setting.x.border
        s = setting.paths.on(self.days, new, rows, self.closed)
        first, last, _ = rows.indices(len(self.m0))

        def total(at_border: Array, at_houses: Array) -> Array:
            house = at_houses[max(first - border, 0) : max(last - border, 0)]
            if first >= border or last <= border:
                return house if first >= border else at_border[None]
            return np.concatenate([np.broadcast_to(at_border, (border - first, *at_border.shape)), house])

        q, held = (total(*both) for both in zip(self.q, self.inland, strict=True))
        m0, star, back = (_at(trade, rows) for trade in (self.m0, self.star, self.back))
        flows = Flows(m0, star, back, q, held, s.open_share, s.government, s.nobody, s.insurgent)
        rates = replace(setting.rates.at(rows), levy=_mixed([_at(_on(x, self.days), rows) for x in setting.levies], s))
        if self.kept is not None:
            r0 = rates.collected_baseline
            rates = replace(rates, collected=np.multiply(r0, self.kept, out=new((len(r0), *self.kept.shape))))
        return flows, rates, s


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
        m0, one, house = self.m0.on(days, new), np.ones((1, 1)), np.ones((len(self.feed), 1, 1))
        return Response(self, days, m0, m0, np.zeros((1, 1, 1)), (one, one), (house, house), {}, None)

    def respond(self, days: slice, stock: Array, new: New = aligned) -> Response:
        """Trade on some days, MODEL 5 in its order; `stock` (border, B) waits before them and is left as what waits.

        Arrays of the answer lie in memory from `new`.
        """
        border, p, closed = self.x.border, self.p, self.paths.closed(days)
        m0 = self.m0.on(days, new)
        v = m0[:border]
        excess = np.nan_to_num(self.paths.insecurity[days] - self.x.insecurity_reference, nan=0.0)
        e = np.exp(-p["insecurity_sensitivity"] * excess)
        kept = self._kept(excess)
        trade, cap = new(v.shape), new(v.shape)
        kappa = self._ceiling(days)
        with scratch("crossings") as at_hand:
            for rows in near(border, v[0].size):
                at_hand.rewind()
                s = self.paths.on(days, at_hand, rows, closed)
                o = self._access(rows, s, closed, kappa, v[rows], cap[rows], at_hand)
                attraction(self.cost(rows, days, s, closed, kept, at_hand), o, p["theta"], trade[rows])
        q = nested_response(v, self.codes, trade, theta=p["theta"], phi=p["phi"], epsilon=p["epsilon"], new=new)
        free = apply_ceiling(np.multiply(v, trade, out=trade), cap, self.codes, new)
        star, back = new(m0.shape), new(m0.shape)
        np.multiply(free, e, out=star[:border])
        kept_away = self._kept_away(v, closed, free, e, trade)
        room = np.subtract(cap, star[:border], out=cap)  # none where a crossing is shut: nothing may pass, nothing did
        defer(kept_away, room, p["deferral_share"], p["deferral_return"], stock, back[:border])
        inland = self._houses(m0, star, back, q, q * e, closed)
        return Response(self, days, m0, star, back, (q, q * e), inland, closed, kept)

    def _kept(self, excess: Array) -> Array | None:
        """Share of the collected rate that is left where staff leave: falls with insecurity above its reference."""
        worse = np.maximum(excess, 0.0)
        if not worse.any():
            return None
        return np.asarray(np.exp(-np.maximum(self.p["collection_weakening"], 0.0) * worse))

    def _ceiling(self, days: slice) -> Array:
        """kappa on some days: widens from the first event of a draw on, (days, B)."""
        p = self.p
        since = np.maximum(np.arange(days.start, days.stop)[:, None] - self.paths.first_events, 0)
        ramp = np.minimum(since / np.maximum(p["capacity_ramp_days"], 1.0), 1.0)
        widest = np.maximum(p["capacity_ceiling"], p["capacity_start"])
        return np.asarray(p["capacity_start"] + (widest - p["capacity_start"]) * ramp)

    def _access(self, rows: slice, s: Moment, closed: Closed, kappa: Array, v: Array, cap: Array, new: New) -> Array:
        """Open share o of some border crossings, (crossings, days, draws); their ceiling in value goes into `cap`."""
        p = self.p
        o = np.multiply(s.nobody, 1 - p["nobody_open_share"], out=new(v.shape))
        np.subtract(1, o, out=o)
        if any(rows.start <= row < rows.stop for row in closed):
            o *= s.open_share
        np.multiply(o, v, out=cap)
        cap *= kappa
        half_life = p["recovery_half_life_days"]
        for at, after in _reopened(closed, rows):
            o[at] *= recovery(after, p["recovery_start_share"], half_life, p["permanent_loss"])
            cap[at] = np.where(_recovering(after, half_life), 1.0, kappa) * (o[at] * v[at])
        return o

    def friction(self, rows: slice, days: slice, s: Moment, closed: Closed) -> Array:
        """Friction of some border crossings as a share of value, (crossings, days, draws)."""
        p = self.p
        found = s.insurgent * p["friction_insurgent"]
        found = found + s.nobody * (p["friction_insurgent"] + p["friction_nobody_extra"])
        found = found + s.government * self.paths.threatened(days, rows) * p["friction_threat"]
        for at, after in _reopened(closed, rows):
            # truck counts at a reopened post contain its friction already
            recovering = _recovering(after, p["recovery_half_life_days"])
            found[at] -= _place(s.insurgent, at) * recovering * p["friction_insurgent"]
        return found

    def cost(self, rows: slice, days: slice, s: Moment, closed: Closed, kept: Array | None, new: New) -> Array:
        """Cost now over cost in the baseline at some border crossings, (crossings, days, draws): each holder's charges
        and friction, by the holders' shares.
        """
        p, before, of_threat = self.p, self.before[rows], self.p["friction_threat"]
        collected, nobody, insurgent = (charge[rows] for charge in self._charged)
        levy = _mixed([_at(_on(x, days), rows) for x in self.levies], s)
        shape = np.broadcast_shapes(s.government.shape, before.shape, () if kept is None else kept.shape)
        cost, more = new(shape), new(shape)
        # what the government takes is the baseline less what is no longer collected: exactly 1 where that is none
        cost[...] = 1.0
        if kept is not None:
            cost -= np.multiply(collected, 1 - kept, out=more)
        threat = self.paths.threatened(days, rows, new)
        if threat.any():
            cost += np.multiply(threat, of_threat / before, out=more)
        cost *= s.government
        for held, charged in ((s.nobody, nobody), (s.insurgent, insurgent + levy / before)):
            if held.size > 1 or held.any():
                cost += np.multiply(held, charged, out=more)
        for at, after in _reopened(closed, rows):
            # truck counts at a reopened post contain its friction already
            recovering = _recovering(after, p["recovery_half_life_days"])
            cost[at] -= _place(s.insurgent, at) * recovering * (p["friction_insurgent"] / before[at])
        return cost

    def _kept_away(self, v: Array, closed: Closed, free: Array, e: Array, out: Array) -> Array:
        """Cargo that closures turned away and no other crossing took, and that insecurity held back."""
        np.multiply(free, np.maximum(1 - e, 0.0), out=out)
        shut = {row: (1 - opened) * v[row] for row, (opened, _) in closed.items() if row < len(v)}
        if shut:
            total = sum(shut.values(), np.zeros(v.shape[1:]))
            missing = np.maximum(v.sum(axis=0) - free.sum(axis=0), 0.0)
            unplaced = np.minimum(missing / np.where(total > 0, total, 1.0), 1.0)
            for row, turned_away in shut.items():
                out[row] += turned_away * unplaced
        return out

    def _houses(self, m0: Array, star: Array, back: Array, q: Array, qe: Array, closed: Closed) -> tuple[Array, Array]:
        """Total trade ratio at inland houses and the same held back, (inland, days, draws) each; their trade and what
        returns to them go into `star` and `back`.
        """
        border, feed = self.x.border, self.feed
        change: dict[int, Array] = {}
        returned: dict[int, Array] = {}
        for post in (int(row) for row in np.flatnonzero(feed.any(axis=(0, 2)))):
            value, trade, empty = m0[post], star[post], m0[post] <= 0
            if empty.any():  # where nothing passes, nothing changes
                value, trade = value + empty, trade + empty
            change[post], returned[post] = trade / value - 1, back[post] / value
        passing = m0[border:]
        if any(row >= border for row in closed):
            passing = passing.copy()
            for row, (opened, _) in closed.items():
                if row >= border:
                    passing[row - border] *= opened
        np.multiply(passing, 1 + base.inland_change(change, feed, q.shape), out=star[border:])
        np.multiply(passing, base.inland_change(returned, feed, q.shape), out=back[border:])
        fed = feed.sum(axis=1)[:, None]
        return 1 - fed * (1 - q), 1 - fed * (1 - qe)

    @cached_property
    def _charged(self) -> tuple[Array, Array, Array]:
        """Over cost in the baseline, (border, 1, draws) each: the collected rate, what is paid where nobody holds, and
        what is paid to insurgents but for their levy.
        """
        rates, p = self.rates.at(slice(0, self.x.border)), self.p
        nobody = 1 + rates.road + (p["friction_insurgent"] + p["friction_nobody_extra"])
        gate = rates.inland_probability * rates.inland + rates.road * (1 - rates.once)
        charges = rates.collected_baseline, nobody, 1 + gate + p["friction_insurgent"]
        return charges[0] / self.before, charges[1] / self.before, charges[2] / self.before


def _reopened(closed: Closed, rows: slice) -> Iterator[tuple[int, Array]]:
    """Which of some crossings were shut and are open again in some draw, counted from the first, and since when."""
    for row, (_, after) in closed.items():
        if rows.start <= row < rows.stop and (after >= 0).any():
            yield row - rows.start, after


def _recovering(after: Array, half_life: Array) -> NDArray[np.bool_]:
    """Whether a post is on its way back, (days, draws)."""
    return np.asarray((after >= 0) & (np.exp2(-np.maximum(after, 0) / half_life) > RECOVERED))


def _on(x: Array, days: slice) -> Array:
    return x if x.shape[1] == 1 else x[:, days]


def _at(x: Array, rows: slice) -> Array:
    return x if len(x) == 1 else x[rows]


def _place(x: Array, row: int) -> Array:
    return np.asarray(x[row if len(x) > 1 else 0])


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
