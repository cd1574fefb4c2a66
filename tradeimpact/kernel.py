"""One block of draws, from drawn assumptions to summed ledger lines: the model's equations in their order.

Arrays are (crossings, days, draws) with draws on the last, contiguous axis; border crossings come first. Days before
the first event are the counterfactual and cost nothing. Every sum over days carries the window's weights (1 for the
case currency, dollars per unit for dollars).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .drawn import at_crossings, baseline_of
from .engine.blocks import BLOCK
from .engine.sampling import Sampler, ordered_elasticities
from .errors import TradeImpactError
from .inferred import inferred_paths
from .inputs import Inputs
from .model import baseline as base
from .model.control import Paths
from .model.ledger import LINES, Flows, Rates, check_identities, government_loss, ledger_lines
from .model.tariff import split_gap
from .model.trade import apply_ceiling, defer, group_codes, recovery, response_ratio

Array = NDArray[np.float64]

RECOVERED = 0.05  # a post counts as recovering until this share of its way back is left
NATIONAL_LINES = ("insurgent_baseline", "insurgent_revenue", "illicit_transit")  # illicit transit is part of these
DAILY = ("baseline", "government_revenue", "insurgent_revenue", "government_loss", "insurgent_gain", "days_held")


@dataclass(frozen=True)
class Block:
    """What is kept of a block, draws last: sums by crossing, month and day, per authority, and the values drawn."""

    by_crossing: Array  # (lines, crossings, draws)
    by_month: Array  # (lines, months, draws)
    by_day: Array  # (DAILY, window days, draws)
    by_authority: Array  # (insurgent authorities, 3: baseline, revenue, gain, draws)
    holders: Array  # (authorities, crossings, window days, draws or 1)
    open_share: Array  # (crossings, window days, draws or 1)
    drawn: dict[str, Array]
    kept: Array  # (lines asked for, crossings + 1, window days, draws)

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.by_day.shape[-1])


@dataclass(frozen=True)
class Drawn:
    """What a block draws whatever the history: values `p`, true value `m0` (C, T, B), collected rate `r0` (C, 1, B),
    value of an ordinary day `ordinary` (C, B), and what is kept of the draws.
    """

    seed: int
    block: int
    p: dict[str, Array]
    m0: Array
    r0: Array
    ordinary: Array
    kept: dict[str, Array]


@dataclass(frozen=True)
class Response:
    """A history's trade and rates over all days, the levy of each insurgent authority, and what traders paid.

    `friction`, `bribes` are shares of value at border crossings (border, days from `first` on, draws); `cost` is cost
    now over cost in the baseline; empty (no days) where nothing happens.
    """

    flows: Flows
    rates: Rates
    levies: list[Array]
    first: int
    cost: Array
    friction: Array
    bribes: Array


def run_block(x: Inputs, sampler: Sampler, number: int, weights: Array, keep: tuple[str, ...] = ()) -> Block:
    """Simulate block `number`; `weights` (window days,) multiply every money line of a day; `keep` names lines to hold
    by crossing and day.
    """
    d = draw_block(x, sampler, number)
    paths = history(x, d)
    r = respond(x, d, paths)
    flows, rates = r.flows.over(x.window), r.rates.over(x.window)
    return _collect(x, d.p, paths, ledger_lines(flows, rates), flows, r.levies, weights, d.kept, keep)


def daily_loss(x: Inputs, sampler: Sampler, number: int) -> Array:
    """Government loss of block `number` alone, (window days, draws): that line of `run_block` without the others."""
    d = draw_block(x, sampler, number)
    r = respond(x, d, history(x, d))
    return government_loss(r.flows.over(x.window), r.rates.over(x.window))


def draw_block(x: Inputs, sampler: Sampler, number: int) -> Drawn:
    """Assumptions and baseline of block `number`, the same under every history."""
    marginals = {m.name: m for m in x.marginals}
    p = ordered_elasticities(sampler.block(number), marginals, sampler.seed, number)
    p["inland_charge_probability"] = np.minimum(p["inland_charge_probability"], 1.0)
    for name in ("friction_nobody_extra", "insecurity_sensitivity", "deferral_share"):
        p[name] = np.maximum(p[name], 0.0)
    m0, r0, ordinary, kept = baseline_of(x, p, sampler.seed, number)
    return Drawn(sampler.seed, number, p, m0, r0, ordinary, kept)


def history(x: Inputs, d: Drawn) -> Paths:
    """The run's history in a block: that of its scenario, or one sampled from reports in every draw."""
    if x.inferred is None:
        return x.paths
    return inferred_paths(x.inferred, d.p, x.paths, d.seed, d.block, x.insecurity_reference)


def respond(x: Inputs, d: Drawn, paths: Paths) -> Response:
    """Trade and rates of a block under any history on the run's days."""
    levies = _levies(x, d.p, paths, d.ordinary)
    rates = _rates(x, d.p, paths, d.r0, d.ordinary, levies)
    return _respond(x, d.p, paths, d.m0, rates, levies)


def _per_truck(x: Inputs, p: dict[str, Array], ordinary: Array) -> Array:
    """True customs value of a truck load at each border crossing, (border, draws)."""
    names = x.crossings[: x.border]
    known = [f"trucks.{c}" for c in names]
    return np.stack([ordinary[i] / p[n] if n in p else p["value_per_truck"] for i, n in enumerate(known)])


def _levies(x: Inputs, p: dict[str, Array], s: Paths, ordinary: Array) -> list[Array]:
    """Levy rate of each insurgent authority as a share of value, (crossings, days or 1, draws) each.

    The scenario's levy where it sets one for that authority, else the case's levy per truck; none at inland houses.
    """
    per_truck = _per_truck(x, p, ordinary)
    usual = np.zeros((len(x.crossings), 1, BLOCK))
    usual[: x.border, 0] = at_crossings(p, "levy_per_truck", x.crossings[: x.border]) / per_truck
    found = []
    for rate, truck in zip(s.levy_rate, s.levy_per_truck, strict=True):
        levy = usual
        if np.isfinite(truck).any():
            by_truck = truck[: x.border] / per_truck[:, None]
            levy = np.repeat(levy, len(x.days), axis=1)
            levy[: x.border] = np.where(np.isfinite(by_truck), by_truck, levy[: x.border])
        found.append(np.where(np.isfinite(rate), rate, levy) if np.isfinite(rate).any() else levy)
    return found


def _rates(x: Inputs, p: dict[str, Array], s: Paths, r0: Array, ordinary: Array, levies: list[Array]) -> Rates:
    """Levy, road and inland rates as shares of value, before anything changes the collected rate. (C, T|1, B)."""
    border = x.border
    road = np.zeros((len(x.crossings), 1, BLOCK))
    paying = at_crossings(p, "road_levy_per_truck", x.crossings[:border]) * p["road_paying_share"]
    road[:border, 0] = paying / _per_truck(x, p, ordinary)
    return Rates(
        collected_baseline=r0,
        collected=r0,
        inland=r0 * p["inland_rate_ratio"],
        inland_probability=p["inland_charge_probability"][None, None],
        levy=_mixed(levies, s),
        road=road,
        once=p["receipt_honoured"][None, None],
    )


def _mixed(levies: list[Array], s: Paths) -> Array:
    """Levy rate at each crossing: that of its holder, averaged by share where authorities hold it together."""
    if not levies:
        return np.zeros((1, 1, 1))
    if all(levy is levies[0] for levy in levies):
        return levies[0]
    together = s.insurgent
    taken = sum((share * levy for share, levy in zip(s.holders[2:], levies, strict=True)), np.zeros((1, 1, 1)))
    return np.asarray(np.where(together > 0, taken / np.where(together > 0, together, 1.0), levies[0]))


def _respond(x: Inputs, p: dict[str, Array], s: Paths, m0: Array, rates: Rates, levies: list[Array]) -> Response:
    """Trade of every crossing and day under the history, MODEL 5 in its order, and the collected rate it meets."""
    w = s.open_share
    t0, days = s.first_event, len(x.days)
    ones = np.ones((1, days, 1))
    blank = Flows(m0, m0, np.zeros_like(ones), ones, ones, w, s.government, s.nobody, s.insurgent)
    if t0 >= days:
        nothing = np.ones((x.border, 0, 1))
        return Response(blank, rates, levies, days, nothing, nothing, nothing)
    after = slice(t0, days)
    border = slice(0, x.border)
    e = _insecurity(x, p, s, after)
    rates = _weakened(x, p, s, rates)
    v = m0[border, after]
    o, kappa, friction = _access(x, p, s, after)
    bribes = _bribes(x, p, rates)
    h = _cost(x, s, rates, friction, bribes, after)
    codes = group_codes(x.groups)
    elasticities = {name: p[name] for name in ("theta", "phi", "epsilon")}
    ratio, q = response_ratio(v, codes, h, o, **elasticities)
    cap = kappa * o * v
    free = apply_ceiling(v * ratio, cap, codes)
    star = free * e
    shut = (1 - w[border, after]) * v
    missing = np.maximum(v.sum(axis=0) - free.sum(axis=0), 0.0)
    total_shut = shut.sum(axis=0)
    unplaced = np.minimum(missing / np.where(total_shut > 0, total_shut, 1.0), 1.0)
    kept_away = shut * unplaced + free * np.maximum(1 - e, 0.0)
    back = defer(kept_away, cap - star, w[border, after] > 0, p["deferral_share"], p["deferral_return"])
    flows = _assemble(x, p, m0, star, back, q, e, blank, after)
    return Response(flows, rates, levies, t0, h, friction, bribes)


def _assemble(
    x: Inputs, p: dict[str, Array], m0: Array, star: Array, back: Array, q: Array, e: Array, blank: Flows, after: slice
) -> Flows:
    """Border response and the inland houses it feeds, as flows over all crossings and days."""
    border = x.border
    v = m0[:border, after]
    some = v > 0
    safe = np.where(some, v, 1.0)
    feed = _feed(x, p)
    fed = feed.sum(axis=1)[:, None]
    response, returned = m0.copy(), np.zeros_like(m0)
    response[:border, after], returned[:border, after] = star, back
    house = m0[border:, after] * blank.open_share[border:, after]
    with_star = base.inland_trade(np.where(some, star / safe, 1.0), feed)
    with_back = base.inland_trade(np.where(some, back / safe, 0.0), feed) - (1 - fed)
    response[border:, after], returned[border:, after] = house * with_star, house * with_back
    total, held = np.ones_like(m0), np.ones_like(m0)
    total[:border, after], held[:border, after] = q, q * e
    total[border:, after], held[border:, after] = 1 - fed * (1 - q), 1 - fed * (1 - q * e)
    return Flows(m0, response, returned, total, held, blank.open_share, blank.government, blank.nobody, blank.insurgent)


def _feed(x: Inputs, p: dict[str, Array]) -> Array:
    """Share of each inland house's baseline that came in through each border crossing, (inland, border, draws)."""
    low, best, high = (f[..., None] for f in x.feed)
    feed = base.two_piece(low, best, high, p["inland_feed"][None, None])
    return np.asarray(feed / np.maximum(feed.sum(axis=1, keepdims=True), 1.0))


def _insecurity(x: Inputs, p: dict[str, Array], s: Paths, after: slice) -> Array:
    """E(t) = exp(-gamma (e - e_ref)), 1 on days without a driver, (days, draws)."""
    excess = np.nan_to_num(s.insecurity[after] - x.insecurity_reference, nan=0.0)
    return np.asarray(np.exp(-p["insecurity_sensitivity"] * excess))


def _weakened(x: Inputs, p: dict[str, Array], s: Paths, rates: Rates) -> Rates:
    """The collected rate where staff leave: falls with insecurity above its reference, never rises."""
    excess = np.maximum(np.nan_to_num(s.insecurity - x.insecurity_reference, nan=0.0), 0.0)
    if not excess.any():
        return rates
    kept = np.exp(-np.maximum(p["collection_weakening"], 0.0) * excess)
    return Rates(**(rates.__dict__ | {"collected": rates.collected_baseline * kept[None]}))


def _access(x: Inputs, p: dict[str, Array], s: Paths, after: slice) -> tuple[Array, Array, Array]:
    """Open share o, ceiling kappa and friction of the border crossings, (border, days, draws)."""
    border = slice(0, x.border)
    g, nobody, insurgent = s.government[border, after], s.nobody[border, after], s.insurgent[border, after]
    since = s.days_since_reopening[border, after]
    half_life = p["recovery_half_life_days"]
    back = recovery(since, p["recovery_start_share"], half_life, p["permanent_loss"])
    o = s.open_share[border, after] * back * (1 - nobody * (1 - p["nobody_open_share"]))
    days = np.maximum(np.arange(o.shape[1])[:, None] + after.start - s.first_events, 0)
    ramp = np.minimum(days / np.maximum(p["capacity_ramp_days"], 1.0), 1.0)
    ceiling = (
        p["capacity_start"] + (np.maximum(p["capacity_ceiling"], p["capacity_start"]) - p["capacity_start"]) * ramp
    )
    recovering = (since >= 0) & (np.exp2(-np.maximum(since, 0) / half_life) > RECOVERED)
    kappa = np.where(recovering, 1.0, ceiling)
    # truck counts at a reopened post contain its friction already
    taken = insurgent * ~recovering * p["friction_insurgent"]
    lawless = nobody * (p["friction_insurgent"] + p["friction_nobody_extra"])
    threatened = g * s.threat[border, after] * p["friction_threat"]
    return o, kappa, taken + lawless + threatened


def _bribes(x: Inputs, p: dict[str, Array], rates: Rates) -> Array:
    """Bribes at border crossings in government hands as a share of value, (border, 1, draws)."""
    r0 = rates.collected_baseline[: x.border, 0]
    _, leaking = split_gap(at_crossings(p, "gap", x.crossings[: x.border]), p["gap_split"])
    return np.asarray((r0 * leaking / (1 - leaking) * p["bribe_share"])[:, None])


def _cost(x: Inputs, s: Paths, rates: Rates, friction: Array, bribes: Array, after: slice) -> Array:
    """Cost now over cost in the baseline at border crossings, (border, days, draws)."""
    border = slice(0, x.border)
    g, nobody, insurgent = s.government[border, after], s.nobody[border, after], s.insurgent[border, after]
    r0 = rates.collected_baseline[border]
    road = rates.road[border]
    before = 1 + (r0 + bribes + road)
    collected = rates.collected[border] if rates.collected.shape[1] == 1 else rates.collected[border, after]
    levy = rates.levy[border] if rates.levy.shape[1] == 1 else rates.levy[border, after]
    at_gate = levy + rates.inland_probability * rates.inland[border] + road * (1 - rates.once)
    burden = g * (collected + bribes + road) + nobody * road + insurgent * at_gate
    return np.asarray((1 + burden + friction) / before)


def _collect(
    x: Inputs,
    p: dict[str, Array],
    s: Paths,
    lines: dict[str, Array],
    f: Flows,
    levies: list[Array],
    weights: Array,
    drawn: dict[str, Array],
    keep: tuple[str, ...],
) -> Block:
    """Sum lines over the window by crossing and month, add illicit transit, check the identities day by day."""
    illicit = _illicit(x, p) * weights[:, None]  # (window days, draws)
    window = x.window
    count = len(x.months)
    crossing = np.zeros((len(LINES), len(x.crossings) + 1, BLOCK))
    month = np.zeros((len(LINES), count, BLOCK))
    daily: dict[str, Array] = {}
    starts = np.searchsorted(x.month_of_day, np.arange(count))
    for row, name in enumerate(LINES):
        if name == "illicit_transit":
            daily[name] = illicit
            crossing[row, -1] = illicit.sum(axis=0)
        else:
            line = lines[name]
            crossing[row, :-1] = np.einsum("ctb,t->cb", line, weights)
            daily[name] = line.sum(axis=0) * weights[:, None]
            if name in NATIONAL_LINES:
                daily[name] = daily[name] + illicit
                crossing[row, -1] = illicit.sum(axis=0)
        month[row] = np.add.reduceat(daily[name], starts, axis=0)
    check_identities(daily)
    return Block(
        crossing,
        month,
        np.stack([daily[n] for n in DAILY]),
        _authorities(x, s, f, levies, daily, weights),
        s.holders[:, :, window],
        s.open_share[:, window],
        drawn,
        _kept(lines, illicit, weights, keep, len(x.crossings)),
    )


def _kept(lines: dict[str, Array], illicit: Array, weights: Array, keep: tuple[str, ...], crossings: int) -> Array:
    """Lines by crossing and day, what belongs to no crossing last, (lines, crossings + 1, days, draws)."""
    out = np.zeros((len(keep), crossings + 1, len(weights), BLOCK))
    for row, name in enumerate(keep):
        if name != "illicit_transit":
            np.multiply(lines[name], weights[:, None], out=out[row, :-1])
        if name in NATIONAL_LINES:
            out[row, -1] = illicit
    return out


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


def _authorities(x: Inputs, s: Paths, f: Flows, levies: list[Array], daily: dict[str, Array], weights: Array) -> Array:
    """Baseline, revenue and gain of each insurgent authority over the window, (authorities, 3, draws).

    A levy goes to whoever holds the crossing; road levies and illicit transit go to the first insurgent authority.
    """
    out = np.zeros((len(levies), 3, BLOCK))
    if len(levies) > 1:
        trade = f.response_trade + f.returned_trade
        for position, (share, levy) in enumerate(zip(s.holders[2:], levies, strict=True)):
            rate = levy if levy.shape[1] == 1 else levy[:, x.window]
            out[position, 1] = np.einsum("ctb,t->b", rate * trade * share[:, x.window], weights)
    elif levies:
        out[0, 1] = daily["levy_received"].sum(axis=0)
    if levies:
        out[0, 0] = daily["insurgent_baseline"].sum(axis=0)
        out[0, 1] += daily["road_levies"].sum(axis=0) + daily["illicit_transit"].sum(axis=0)
    out[:, 2] = out[:, 1] - out[:, 0]
    return out
