"""What levy would they choose: a holder's take by its levy, its best levy, and the pair from which neither side moves.

A static day of a history with every draw's elasticities: holders, closures and insecurity of that day, recovery done.
`tradeimpact.model.levy` has the equations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..drawn import at_crossings
from ..engine.blocks import blocks
from ..engine.sampling import seed_of
from ..errors import ScenarioError, TradeImpactError
from ..inputs import Inputs, prepare
from ..kernel import Drawn, draw_block, history, respond
from ..model.incidence import choke_price
from ..model.levy import Day, Outcome, Policy, best_levy, equilibrium, outcome
from ..model.trade import group_codes
from ..run import Run
from ..scenario import AsReported, Scenario, to_day
from ..simulate import DEFAULT_DRAWS
from ..statistics import describe, mean
from .levy_tables import LevyCurve, LevyEquilibrium

if TYPE_CHECKING:
    from ..model.control import Paths

Array = NDArray[np.float64]

RECEIPTS = {"one receipt": 1.0, "every post": 0.0}
STARTS = 10
ROUNDS = 40
TOLERANCE = 1e-6
GAME_DRAWS = 256
HIGHEST = 1.0  # share of value up to which a levy is looked for unless the caller says otherwise
POINTS = 41
EDGE = 1e-3  # of the range: a best levy this near to its end is at the bound


@dataclass(frozen=True)
class Setting:
    """A static day of a case under a history: the arrays, and what to call them."""

    case: Case
    scenario: Scenario
    authority: str
    crossing: str | None
    on: date
    seed: int
    day: Day
    inland: Array  # drawn probability of an inland charge, (draws,)
    once: Array  # whether a receipt is honoured, as drawn
    per_truck: Array  # value of a truck load, mean over the crossings where the levy is chosen
    held: NDArray[np.bool_]  # draws in which the authority holds one of them, open

    def policy(self, levy: Array | float, *, rate: float = 1.0, once: float | None = None) -> Policy:
        """A levy with the government as it is."""
        like = np.ones_like(self.inland)
        return Policy(like * levy, like * rate, self.inland, self.once if once is None else like * once)

    @property
    def choke(self) -> Array | None:
        """Choke price by draw; None where an elasticity of 0 leaves traders' loss without a bound."""
        return choke_price(self.day.epsilon) if (self.day.epsilon > 0).all() else None

    def kept(self, values: Array) -> Array:
        """Values of the draws in which the authority holds something, NaN in the others."""
        return np.where(self.held, values, np.nan)


def levy_curve(
    case: Case,
    scenario: Scenario | AsReported,
    *,
    authority: str | None = None,
    crossing: str | None = None,
    levies: Sequence[float] | Array | None = None,
    on: str | date | None = None,
    ceilings: bool = False,
    as_of: str | date | None = None,
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
) -> LevyCurve:
    """What a holder would take by its levy, draw by draw, with one receipt honoured and with payment at every post.

    Parameters
    ----------
    case : Case
    scenario : Scenario or marker of ``case.as_reported()``
        The history up to the day.
    authority : str, optional
        Who chooses; may be left out where the case has one insurgent authority.
    crossing : str, optional
        Where the levy is chosen; elsewhere the authority keeps to its usual levy. Without it one levy is chosen for
        all it holds.
    levies : sequence of float, optional
        Levies as shares of value, rising from 0 or more, for the curve; the best levy is looked for from 0 to the
        last of them. 41 from 0 to 1 without it.
    on : day, optional
        Day whose holders, closures and insecurity count; the last event's day without it (needed with
        ``case.as_reported()``). A holiday makes all amounts small.
    ceilings : bool
        Whether crossings are full at the case's ceiling. By default there is room everywhere, as after some time there
        would be. A ceiling sends cargo that finds no room to where there is some, whatever is charged there, so that
        with it a high levy looks better than it can be.
    as_of : day, optional
        Use only what was published by then.
    draws, rng
        As in `simulate`.

    Returns
    -------
    LevyCurve
        `.table`, `.best`, `.text`, `.plot()`.

    Raises
    ------
    TradeImpactError
        If the authority holds nothing open there on that day in any draw, or the levies are not in order.
    """
    grid = _grid(levies)
    s = _setting(case, scenario, authority, crossing, on, as_of, draws, rng, ceilings)
    usual = _usual(s)
    rows, best, share = [], {}, {}
    none = outcome(s.day, s.policy(0.0, once=1.0), s.choke)
    for receipt, once in RECEIPTS.items():
        for levy in grid:
            rows.append({"receipt": receipt, "levy": levy} | _row(s, s.policy(float(levy), once=once), none))
        found = best_levy(s.day, s.policy(0.0, once=once), np.full_like(s.inland, grid[-1]))
        best[receipt] = describe(_at_best(s, found, usual, once, none)).rename_axis("line")
        share[receipt] = float(mean(s.kept((found > (1 - EDGE) * grid[-1]).astype(float))))
    return LevyCurve(
        case=s.case, scenario=s.scenario, authority=s.authority, crossing=s.crossing, on=s.on, draws=draws, seed=s.seed,
        table=pd.DataFrame(rows), best=pd.concat(best, names=["receipt", "line"]), at_bound=share,
        held=float(s.held.mean()), bound=float(grid[-1]),
    )  # fmt: skip


def levy_equilibrium(
    case: Case,
    scenario: Scenario | AsReported,
    *,
    authority: str | None = None,
    crossing: str | None = None,
    on: str | date | None = None,
    bound: float = HIGHEST,
    rate_bound: float = 1.0,
    as_of: str | date | None = None,
    draws: int = GAME_DRAWS,
    rng: int | np.random.Generator | None = None,
) -> LevyEquilibrium:
    """Levy and government reply from which neither side moves, draw by draw, found from ten random starts.

    The holder chooses its levy; the government answers with its collected rate, as a multiple of today's, and with the
    probability of charging goods from insurgent-held crossings again inland. Both want their own take. A draw in which
    the starts do not all come to rest at one point has no answer here, and its share is reported.

    Parameters
    ----------
    case, scenario, authority, crossing, on, as_of, draws, rng
        As in `levy_curve`; there is room everywhere.
    bound : float
        Largest levy, as a share of value.
    rate_bound : float
        Largest rate as a multiple of the collected rate. 1 lets the government cut and not raise: leakage, not the
        schedule, is what keeps it from collecting more.

    Returns
    -------
    LevyEquilibrium
        `.table`, `.settled`, `.text`, `.plot()`.
    """
    if not (np.isfinite(bound) and bound > 0) or not (np.isfinite(rate_bound) and rate_bound > 0):
        raise TradeImpactError(f"bound={bound!r}, rate_bound={rate_bound!r}: both must be finite and above 0")
    s = _setting(case, scenario, authority, crossing, on, as_of, draws, rng, False)
    like = np.ones_like(s.inland)
    starts = np.random.default_rng([s.seed, STARTS]).random((STARTS, 3, len(like)))
    found = equilibrium(s.day, s.once, starts, bound * like, rate_bound * like, tolerance=TOLERANCE, rounds=ROUNDS)
    settled = found.settled(TOLERANCE) & s.held
    pair = Policy(found.levy[0], found.rate[0], found.inland[0], s.once)
    usual = _usual(s)
    alone = best_levy(s.day, s.policy(0.0), bound * like)
    stages = {
        "now": s.policy(usual),
        "levy chosen, government still": s.policy(alone),
        "neither moves": pair,
    }
    tables = {}
    for name, policy in stages.items():
        counted = settled if name == "neither moves" else s.held
        tables[name] = describe({k: np.where(counted, v, np.nan) for k, v in _lines(s, policy).items()})
    return LevyEquilibrium(
        case=s.case, scenario=s.scenario, authority=s.authority, crossing=s.crossing, on=s.on, draws=draws, seed=s.seed,
        table=pd.concat(tables, names=["stage", "line"]), settled=float(settled.sum() / s.held.sum()),
        held=float(s.held.mean()), starts=STARTS, bound=bound, rate_bound=rate_bound,
    )  # fmt: skip


def _grid(levies: Sequence[float] | Array | None) -> Array:
    grid = np.linspace(0.0, HIGHEST, POINTS) if levies is None else np.asarray(levies, dtype=float)
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise TradeImpactError("levies: at least two shares of value in rising order, from 0 or more, are needed")
    return grid


def _usual(s: Setting) -> Array:
    """Levy charged today where one is chosen: mean over those crossings, weighted by what is held there, (draws,)."""
    weight = s.day.own * s.day.value * s.day.chosen[:, None]
    total = weight.sum(axis=0)
    return np.asarray((weight * s.day.usual).sum(axis=0) / np.where(total > 0, total, 1.0))


def _lines(s: Setting, policy: Policy) -> dict[str, Array]:
    """Every line of one policy, (draws,): choices, takes per day, trade at the holder's crossings, traders' loss."""
    out = outcome(s.day, policy, s.choke)
    where = s.day.own * s.day.chosen[:, None]
    before = (where * s.day.value).sum(axis=0)
    return {
        "levy": policy.levy,
        "levy_per_truck": policy.levy * s.per_truck,
        "rate": policy.rate,
        "inland": policy.inland,
        "holder_take": out.holder,
        "government_take": out.government,
        "traders_lose": out.traders,
        "trade": (where * out.trade).sum(axis=0) / np.where(before > 0, before, 1.0),
    }


def _row(s: Setting, policy: Policy, none: Outcome) -> dict[str, float]:
    """One point of the curve: the holder's take with its interval, medians of the rest."""
    lines = _lines(s, policy)
    lines["traders_bear"] = lines["traders_lose"] - none.traders
    names = ("holder_take", "government_take", "traders_bear", "trade")
    table: Any = describe({name: s.kept(lines[name]) for name in names})
    take = {str(name): float(table.loc["holder_take", name]) for name in table.columns}
    return take | {name: float(table.loc[name, "median"]) for name in names[1:]}


def _at_best(s: Setting, levy: Array, usual: Array, once: float, none: Outcome) -> dict[str, Array]:
    """Lines at the best levy and at the usual one, against none with one receipt honoured, (draws,)."""
    best, now = (_lines(s, s.policy(x, once=once)) for x in (levy, usual))
    share = now["holder_take"] / np.where(best["holder_take"] > 0, best["holder_take"], np.nan)
    lines = {
        "best_levy": levy,
        "best_levy_per_truck": best["levy_per_truck"],
        "take_at_best": best["holder_take"],
        "trade_at_best": best["trade"],
        "traders_bear_at_best": best["traders_lose"] - none.traders,
        "government_change_at_best": best["government_take"] - none.government,
        "usual_levy": usual,
        "usual_levy_per_truck": now["levy_per_truck"],
        "take_at_usual": now["holder_take"],
        "trade_at_usual": now["trade"],
        "traders_bear_at_usual": now["traders_lose"] - none.traders,
        "usual_over_best_take": share,
    }
    return {name: s.kept(values) for name, values in lines.items()}


def _setting(
    case: Case,
    scenario: Scenario | AsReported,
    authority: str | None,
    crossing: str | None,
    on: str | date | None,
    as_of: str | date | None,
    draws: int,
    rng: int | np.random.Generator | None,
    ceilings: bool,
) -> Setting:
    """The static day of every draw."""
    day = _day_of(scenario, on)
    limit = None if as_of is None else to_day(as_of)
    known = case if limit is None else case.as_of(limit)
    x = prepare(known, scenario, day, day, as_of=limit)
    who = _who(x, authority)
    if crossing is not None:
        case.crossing(crossing)
        if crossing not in x.crossings[: x.border]:
            raise ScenarioError(f"{crossing!r} is no border crossing of its own; goods are charged at another one")
    run = Run(inputs=x, seed=seed_of(rng), draws=draws)
    sampler = run.sampler()
    chosen = np.array([crossing is None or c == crossing for c in x.crossings[: x.border]])
    parts = []
    for number, wanted in blocks(draws):
        d = draw_block(x, sampler, number)
        parts.append((_day(x, d, history(x, d).dense(), who, chosen), wanted))
    days, inland, once, truck = (_joined([(p[i], n) for p, n in parts]) for i in range(4))
    if not ceilings:
        days = replace(days, ceiling=None)
    held = ((days.own * days.open_share * days.value)[chosen] > 0).any(axis=0)
    if not held.any():
        where = "any open crossing" if crossing is None else f"{crossing} open"
        raise ScenarioError(f"{x.authorities[who]} does not hold {where} on {day}; choose another day with on=")
    return Setting(known, x.scenario, x.authorities[who], crossing, day, run.seed, days, inland, once, truck, held)


def _day_of(scenario: Scenario | AsReported, on: str | date | None) -> date:
    if on is not None:
        return to_day(on)
    if isinstance(scenario, AsReported) or not scenario.events:
        raise TradeImpactError("say on which day: on=, a day on which the authority holds a crossing")
    return max(event.start for event in scenario.events)


def _who(x: Inputs, authority: str | None) -> int:
    insurgents = x.authorities[2:]
    if authority is None and len(insurgents) == 1:
        return 2
    if authority not in insurgents:
        raise ScenarioError(f"authority={authority!r}: expected one of {', '.join(insurgents) or '(none)'}")
    return x.authorities.index(authority)


def _day(x: Inputs, d: Drawn, paths: Paths, who: int, chosen: NDArray[np.bool_]) -> tuple[Day, Array, Array, Array]:
    """One block's static day, and by draw: inland probability, receipt honoured, value of a truck load."""
    at, posts, draws = x.window.start, slice(0, x.border), d.ordinary.shape[-1]
    shape = (x.border, draws)
    r = respond(x, d, paths)

    def now(a: Array) -> Array:
        cut = a[posts] if a.shape[0] > 1 else a
        return np.broadcast_to(cut[:, 0] if a.shape[1] == 1 else cut[:, at], shape)

    g, nobody, insurgent, w = (now(a) for a in (paths.government, paths.nobody, paths.insurgent, paths.open_share))
    own, rates = now(paths.holders[who]), r.rates
    friction = now(r.friction)
    others = sum((now(s) * now(levy) for i, (s, levy) in enumerate(zip(paths.holders[2:], r.levies, strict=True))
                  if i != who - 2), np.zeros(shape))  # fmt: skip
    bribes, road = r.bribes[:, 0], now(rates.road)
    q, held = now(r.flows.total_ratio)[0], now(r.flows.total_held)[0]
    open_share = w * (1.0 - nobody * (1.0 - d.p["nobody_open_share"]))
    day = Day(
        value=d.m0.on(slice(at, at + 1))[posts, 0], codes=group_codes(x.groups),
        before=1.0 + now(rates.collected_baseline) + bribes + road,
        standing=friction + g * bribes + nobody * road + others, open_share=open_share, government=g,
        insurgent=insurgent, own=own, rate=now(rates.collected), inland_rate=now(rates.inland), road=road,
        usual=now(r.levies[who - 2]), chosen=chosen, theta=d.p["theta"], phi=d.p["phi"], epsilon=d.p["epsilon"],
        ceiling=np.maximum(d.p["capacity_ceiling"], d.p["capacity_start"]),
        factor=np.where(q > 0, held / np.where(q > 0, q, 1.0), 1.0), road_owner=who == 2,
    )  # fmt: skip
    load = _truck_value(x, d)[chosen]
    weight = (own * day.value)[chosen]
    total = weight.sum(axis=0)
    truck = np.where(total > 0, (weight * load).sum(axis=0) / np.where(total > 0, total, 1.0), load.mean(axis=0))
    return day, now(rates.inland_probability)[0], now(rates.once)[0], truck


def _truck_value(x: Inputs, d: Drawn) -> Array:
    """Customs value of a truck load at each border crossing, (border, draws)."""
    posts = x.crossings[: x.border]
    general = at_crossings(d.p, "value_per_truck", posts)
    counted = [d.ordinary[i] / d.p[f"trucks.{c}"] if f"trucks.{c}" in d.p else general[i] for i, c in enumerate(posts)]
    return np.stack(counted)


def _joined(parts: list[tuple[Any, int]]) -> Any:
    """Blocks side by side along the draws, padding cut; a Day field by field."""
    first = parts[0][0]
    if not isinstance(first, Day):
        return np.concatenate([a[..., :n] for a, n in parts], axis=-1)
    fixed = ("codes", "chosen", "road_owner")
    names = [f.name for f in fields(Day) if f.name not in fixed]
    return replace(first, **{name: _joined([(getattr(day, name), n) for day, n in parts]) for name in names})
