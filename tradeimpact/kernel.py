"""One block of draws, from drawn assumptions to summed ledger lines: the model's equations in their order.

Arrays are (crossings, days, draws) with draws on the last, contiguous axis; border crossings come first. Days before
the first event are the counterfactual and cost nothing. Every sum over days carries the window's weights (1 for the
case currency, dollars per unit for dollars).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine.blocks import BLOCK
from .engine.sampling import Sampler, ordered_elasticities, uniforms
from .inputs import Inputs
from .model import baseline as base
from .model.ledger import LINES, Flows, Rates, check_identities, ledger_lines
from .model.tariff import split_gap
from .model.trade import apply_ceiling, defer, group_codes, recovery, response_ratio

Array = NDArray[np.float64]

RECOVERED = 0.05  # a post counts as recovering until this share of its way back is left
DAILY = ("baseline", "government_revenue", "insurgent_revenue", "government_loss", "insurgent_gain", "days_held")


@dataclass(frozen=True)
class Block:
    """What is kept of a block, draws last: sums by crossing, month and day, per authority, and the values drawn."""

    by_crossing: Array  # (lines, crossings, draws)
    by_month: Array  # (lines, months, draws)
    by_day: Array  # (DAILY, window days, draws)
    by_authority: Array  # (insurgent authorities, 3: baseline, revenue, gain, draws)
    drawn: dict[str, Array]


def run_block(x: Inputs, sampler: Sampler, number: int, weights: Array) -> Block:
    """Simulate block `number`; `weights` (window days,) multiply every money line of a day."""
    marginals = {m.name: m for m in x.marginals}
    p = ordered_elasticities(sampler.block(number), marginals, sampler.seed, number)
    for name in ("friction_nobody_extra", "insecurity_sensitivity", "deferral_share"):
        p[name] = np.maximum(p[name], 0.0)
    m0, r0, annual, drawn = _baseline(x, p, sampler.seed, number)
    rates = _rates(x, p, r0, annual)
    flows, rates = _respond(x, p, m0, rates)
    lines = ledger_lines(flows, rates)
    return _collect(x, p, lines, flows, rates, weights, drawn)


def at_crossings(p: Mapping[str, Array], name: str, crossings: tuple[str, ...]) -> Array:
    """An assumption at each crossing, (crossings, draws): its own record where there is one, else the general one."""
    return np.stack([p.get(f"{name}.{c}", p[name]) for c in crossings])


def _baseline(x: Inputs, p: dict[str, Array], seed: int, block: int) -> tuple[Array, Array, Array, dict[str, Array]]:
    """True customs value M0 (C, T, B), collected rate r0 (C, 1, B), ordinary-day value (C, B), and the drawn inputs."""
    parts = annual_parts(x, p)
    share = parts / parts.sum(axis=0)
    anchor = _anchor(x, p)
    shocks = _shocks(x, seed, block)
    growth = x.growth or base.Growth(0.0, 0.0, 0.0, 0)
    score = p["level_growth"] if x.growth else np.zeros(BLOCK)
    level = base.level_path(anchor, growth, score, shocks, x.days_after_anchor)
    if x.growth is None:
        level = level * np.exp(p["annual_growth"] * (np.maximum(x.days_after_anchor, 0) / 365.25)[:, None])
    r0, _, _ = collected_rates(x, p)
    ordinary = anchor * share / r0
    m0 = (share / r0)[:, None] * level[None]
    for who, hit, (a, b, c) in x.holidays:
        m0[np.ix_(who, hit)] *= base.two_piece(a, b, c, p["holiday"])
    drawn = {name: v for name, v in p.items() if not name.startswith(("part.", "total."))}
    drawn |= {f"share.{c}": share[i] for i, c in enumerate(x.crossings)}
    drawn["baseline_level"] = level[x.window].mean(axis=0)
    return m0, r0[:, None], ordinary, drawn


def annual_parts(x: Inputs, p: Mapping[str, Array]) -> Array:
    """Annual collected revenue of each unit that meets every adding-up constraint, currency per year (C, B)."""
    low, best, high = x.parts
    start = base.two_piece(low[:, None], best[:, None], high[:, None], np.stack([p[f"part.{c}"] for c in x.crossings]))
    totals = np.empty((len(x.constraints), BLOCK))
    for row, c in enumerate(x.constraints):
        totals[row] = base.two_piece(c.low, c.best, c.high, p[f"total.{c.name}"])
    return base.fit_parts(start, low, high, totals, x.constraints, x.crossings, checked=True)


def collected_rates(x: Inputs, p: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Collected rate on true customs value, undeclared share and leakage share of each unit, (C, B) each.

    Where a crossing has commodity data, the rate is what the schedule takes of its mix, less the gap; elsewhere it is
    the drawn rate on declared value, less what is not declared.
    """
    undeclared, leaking = split_gap(at_crossings(p, "gap", x.crossings), p["gap_split"])
    rate = at_crossings(p, "collected_rate_declared", x.crossings) * (1 - undeclared)
    for position, c in enumerate(x.crossings):
        if c in x.statutory:
            low, best, high = x.statutory[c]
            scheduled = base.two_piece(low, best, high, p["tariff"])
            rate[position] = scheduled * (1 - undeclared[position]) * (1 - leaking[position])
    return rate, undeclared, leaking


def _anchor(x: Inputs, p: dict[str, Array]) -> Array:
    """Level per ordinary day in the anchor period: one of the conflicting rows in each draw, inside its rounding."""
    from scipy.special import ndtr

    pick = np.minimum((ndtr(p["level_row"]) * len(x.anchors)).astype(int), len(x.anchors) - 1)
    rows = [base.two_piece(*row, p["level_value"]) for row in x.anchors]
    return np.asarray(np.stack(rows)[pick, np.arange(BLOCK)])


def _shocks(x: Inputs, seed: int, block: int) -> Array:
    from scipy.special import ndtri

    count = base.months_needed(x.days_after_anchor) if x.growth else 0
    if not count:
        return np.zeros((base.months_needed(x.days_after_anchor), BLOCK))
    return np.stack([ndtri(uniforms(seed, f"level/{month}", block)) for month in range(count)])


def _rates(x: Inputs, p: dict[str, Array], r0: Array, ordinary: Array) -> Rates:
    """Levy, road and inland rates as shares of value, before anything changes the collected rate. (C, T|1, B)."""
    border = x.border
    names = x.crossings[:border]
    per_truck = np.stack(
        [ordinary[i] / p[f"trucks.{c}"] if f"trucks.{c}" in p else p["value_per_truck"] for i, c in enumerate(names)]
    )
    usual = at_crossings(p, "levy_per_truck", names) / per_truck
    levy = np.zeros((len(x.crossings), 1, BLOCK))
    levy[:border, 0] = usual
    set_rate, set_truck = x.paths.levy_rate, x.paths.levy_per_truck[:border]
    if np.isfinite(set_rate).any() or np.isfinite(set_truck).any():
        levy = np.repeat(levy, len(x.days), axis=1)
        by_truck = set_truck[..., None] / per_truck[:, None]
        levy[:border] = np.where(np.isfinite(by_truck), by_truck, levy[:border])
        levy = np.where(np.isfinite(set_rate)[..., None], set_rate[..., None], levy)
    road = np.zeros((len(x.crossings), 1, BLOCK))
    road[:border, 0] = at_crossings(p, "road_levy_per_truck", names) * p["road_paying_share"] / per_truck
    return Rates(
        collected_baseline=r0,
        collected=r0,
        inland=r0 * p["inland_rate_ratio"],
        inland_probability=p["inland_charge_probability"][None, None],
        levy=levy,
        road=road,
        once=p["receipt_honoured"][None, None],
    )


def _respond(x: Inputs, p: dict[str, Array], m0: Array, rates: Rates) -> tuple[Flows, Rates]:
    """Trade of every crossing and day under the scenario, MODEL 5 in its order, and the collected rate it meets."""
    holders = x.paths.holders[..., None]
    g, nobody, insurgent = holders[0], holders[1], holders[2:].sum(axis=0)
    w = x.paths.open_share[..., None]
    t0, days = x.paths.first_event, len(x.days)
    ones = np.ones((1, days, 1))
    blank = Flows(m0, m0, np.zeros_like(ones), ones, ones, w, g, nobody, insurgent)
    if t0 >= days:
        return blank, rates
    after = slice(t0, days)
    border = slice(0, x.border)
    e = _insecurity(x, p, after)
    rates = _weakened(x, p, rates)
    v = m0[border, after]
    o, kappa, friction = _access(x, p, after)
    h = _cost(x, p, rates, friction, after)
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
    return _assemble(x, p, m0, star, back, q, e, blank, after), rates


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
    house = m0[border:, after] * x.paths.open_share[border:, after, None]
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


def _insecurity(x: Inputs, p: dict[str, Array], after: slice) -> Array:
    """E(t) = exp(-gamma (e - e_ref)), 1 on days without a driver, (days, draws)."""
    excess = np.nan_to_num(x.paths.insecurity[after] - x.insecurity_reference, nan=0.0)
    return np.exp(-p["insecurity_sensitivity"] * excess[:, None])


def _weakened(x: Inputs, p: dict[str, Array], rates: Rates) -> Rates:
    """The collected rate where staff leave: falls with insecurity above its reference, never rises."""
    excess = np.maximum(np.nan_to_num(x.paths.insecurity - x.insecurity_reference, nan=0.0), 0.0)
    if not excess.any():
        return rates
    kept = np.exp(-np.maximum(p["collection_weakening"], 0.0) * excess[:, None])
    return Rates(**(rates.__dict__ | {"collected": rates.collected_baseline * kept[None]}))


def _access(x: Inputs, p: dict[str, Array], after: slice) -> tuple[Array, Array, Array]:
    """Open share o, ceiling kappa and friction of the border crossings, (border, days, draws)."""
    border = slice(0, x.border)
    holders = x.paths.holders[:, border, after, None]
    nobody, insurgent = holders[1], holders[2:].sum(axis=0)
    since = x.paths.days_since_reopening[border, after, None]
    half_life = p["recovery_half_life_days"]
    back = recovery(since, p["recovery_start_share"], half_life, p["permanent_loss"])
    o = x.paths.open_share[border, after, None] * back * (1 - nobody * (1 - p["nobody_open_share"]))
    days = np.arange(o.shape[1])[None, :, None]
    ramp = np.minimum(days / np.maximum(p["capacity_ramp_days"], 1.0), 1.0)
    ceiling = (
        p["capacity_start"] + (np.maximum(p["capacity_ceiling"], p["capacity_start"]) - p["capacity_start"]) * ramp
    )
    recovering = (since >= 0) & (np.exp2(-np.maximum(since, 0) / half_life) > RECOVERED)
    kappa = np.where(recovering, 1.0, ceiling)
    # truck counts at a reopened post contain its friction already
    taken = insurgent * (since < 0) * p["friction_insurgent"]
    lawless = nobody * (p["friction_insurgent"] + p["friction_nobody_extra"])
    threatened = holders[0] * x.paths.threat[border, after, None] * p["friction_threat"]
    return o, kappa, taken + lawless + threatened


def _cost(x: Inputs, p: dict[str, Array], rates: Rates, friction: Array, after: slice) -> Array:
    """Cost now over cost in the baseline at border crossings, (border, days, draws)."""
    border = slice(0, x.border)
    holders = x.paths.holders[:, border, after, None]
    g, nobody, insurgent = holders[0], holders[1], holders[2:].sum(axis=0)
    r0 = rates.collected_baseline[border]
    _, leaking = split_gap(at_crossings(p, "gap", x.crossings[: x.border]), p["gap_split"])
    bribes = (r0[:, 0] * leaking / (1 - leaking) * p["bribe_share"])[:, None]
    road = rates.road[border]
    before = 1 + (r0 + bribes + road)
    collected = rates.collected[border] if rates.collected.shape[1] == 1 else rates.collected[border, after]
    levy = rates.levy[border] if rates.levy.shape[1] == 1 else rates.levy[border, after]
    at_gate = levy + rates.inland_probability * rates.inland[border] + road * (1 - rates.once)
    burden = g * (collected + bribes + road) + nobody * road + insurgent * at_gate
    return np.asarray((1 + burden + friction) / before)


def _collect(
    x: Inputs, p: dict[str, Array], lines: dict[str, Array], f: Flows, r: Rates, weights: Array, drawn: dict[str, Array]
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
            line = lines[name][:, window]
            crossing[row, :-1] = np.einsum("ctb,t->cb", line, weights)
            daily[name] = line.sum(axis=0) * weights[:, None]
            if name in ("insurgent_baseline", "insurgent_revenue"):
                daily[name] = daily[name] + illicit
                crossing[row, -1] = illicit.sum(axis=0)
        month[row] = np.add.reduceat(daily[name], starts, axis=0)
    check_identities(daily)
    return Block(crossing, month, np.stack([daily[n] for n in DAILY]), _authorities(x, f, r, illicit, weights), drawn)


def _illicit(x: Inputs, p: dict[str, Array]) -> Array:
    """Illicit transit per day in the case currency, (window days, draws); not tied to a crossing."""
    record = x.case.assumption_records["illicit_transit_per_year"]
    rate = x.usd_rate[x.window] if record.unit.upper().startswith("USD") else np.ones(len(x.window_days))
    return np.asarray(p["illicit_transit_per_year"][None] / 365.25 * np.nan_to_num(rate, nan=0.0)[:, None])


def _authorities(x: Inputs, f: Flows, r: Rates, illicit: Array, weights: Array) -> Array:
    """Baseline, revenue and gain of each insurgent authority over the window.

    A levy goes to whoever holds the crossing; road levies and illicit transit go to the first insurgent authority.
    """
    window = x.window
    trade = (f.response_trade + f.returned_trade)[:, window]
    levy = r.levy if r.levy.shape[1] == 1 else r.levy[:, window]
    out = np.zeros((len(x.authorities) - 2, 3, BLOCK))
    for position in range(out.shape[0]):
        share = x.paths.holders[2 + position, :, window, None]
        out[position, 1] = np.einsum("ctb,t->b", levy * trade * share, weights)
    if len(out):
        once = r.once * f.insurgent[:, window]
        road = np.einsum("ctb,t->b", r.road * trade * (1 - once), weights)
        out[0, 0] = np.einsum(
            "ctb,t->b", np.broadcast_to(r.road * f.baseline_trade[:, window], trade.shape), weights
        ) + illicit.sum(axis=0)
        out[0, 1] += road + illicit.sum(axis=0)
    out[:, 2] = out[:, 1] - out[:, 0]
    return out
