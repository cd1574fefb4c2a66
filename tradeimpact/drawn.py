"""What is drawn before any crossing falls: the baseline of each unit and the rates behind it, for some blocks of draws.

Arrays are (crossings, days, draws) or (crossings, draws), draws last; money in the case currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engine.blocks import each_block
from .engine.sampling import uniforms
from .flows import drawn_shares
from .inputs import Inputs
from .memory import New, aligned
from .model import baseline as base
from .model.tariff import split_gap

Array = NDArray[np.float64]

DAYS_OF_YEAR = 365.25


def at_crossings(p: Mapping[str, Array], name: str, crossings: tuple[str, ...]) -> Array:
    """An assumption at each crossing, (crossings, draws): its own record where there is one, else the general one."""
    return np.stack([p.get(f"{name}.{c}", p[name]) for c in crossings])


def has_own_levy(p: Mapping[str, Array], authority: str) -> bool:
    """Whether an authority has a levy of its own wherever it holds a crossing."""
    return f"levy_per_truck.{authority}" in p


def levy_per_truck(p: Mapping[str, Array], authority: str, crossings: tuple[str, ...]) -> Array:
    """Levy per truck of an authority, case currency (crossings, draws): its own record, else the crossing's."""
    if has_own_levy(p, authority):
        levy = p[f"levy_per_truck.{authority}"]
        return np.broadcast_to(levy, (len(crossings), len(levy)))
    return at_crossings(p, "levy_per_truck", crossings)


@dataclass(frozen=True)
class TrueValue:
    """True customs value M0 of each unit on every day: its part of the national level, more or less on holidays."""

    part: Array  # (C, B)
    level: Array  # (T, B)
    holidays: tuple[tuple[NDArray[np.intp], NDArray[np.intp], Array], ...]  # units, days, factor (B,)

    def on(self, days: slice, new: New = aligned) -> Array:
        """M0 on some days, (C, days, B), in memory from `new`."""
        level = self.level[days]
        found = np.multiply(self.part[:, None], level[None], out=new((len(self.part), *level.shape)))
        for who, hit, factor in self.holidays:
            now = hit[(hit >= days.start) & (hit < days.stop)] - days.start
            if len(now):
                found[np.ix_(who, now)] *= factor
        return found

    def of(self, draws: NDArray[np.intp]) -> TrueValue:
        """The same in some draws."""
        holidays = tuple((who, hit, factor[draws]) for who, hit, factor in self.holidays)
        return TrueValue(self.part[:, draws], self.level[:, draws], holidays)


def baseline_of(
    x: Inputs, p: dict[str, Array], seed: int, blocks: Sequence[int]
) -> tuple[TrueValue, Array, Array, dict[str, Array]]:
    """True customs value M0, collected rate r0 (C, 1, B), ordinary-day value (C, B), and the drawn inputs."""
    parts = annual_parts(x, p)
    share = parts / parts.sum(axis=0)
    anchor, level = _level(x, p, seed, blocks)
    r0, _, _ = collected_rates(x, p)
    ordinary = anchor * share / r0
    holidays = tuple((who, hit, base.two_piece(a, b, c, p["holiday"])) for who, hit, (a, b, c) in x.holidays)
    m0 = TrueValue(share / r0, level, holidays)
    drawn = {name: v for name, v in p.items() if not name.startswith(("part.", "total."))}
    drawn |= {f"share.{c}": share[i] for i, c in enumerate(x.crossings)}
    for flow, value in _flow_revenue(x, p).items():
        drawn |= {f"recorded.{flow}.{c}": value[0][i] for i, c in enumerate(x.crossings)}
        drawn |= {f"collected.{flow}.{c}": value[1][i] for i, c in enumerate(x.crossings)}
    if x.flows:
        drawn |= {f"declared_rate.{c}": rate for c, rate in zip(x.crossings, declared_rate(x, p), strict=True)}
    drawn["baseline_level"] = level[x.window].mean(axis=0)
    return m0, r0[:, None], ordinary, drawn


def annual_parts(x: Inputs, p: Mapping[str, Array]) -> Array:
    """Annual collected revenue of each unit, currency per year (C, B), from figures that meet every constraint.

    That is revenue itself, or recorded trade value of which each flow pays its own assumed rate.
    """
    parts = fitted_parts(x, p)
    return parts * declared_rate(x, p) if x.flows else parts


def fitted_parts(x: Inputs, p: Mapping[str, Array]) -> Array:
    """What baseline.csv holds, drawn so that every adding-up constraint is met, currency per year (C, B)."""
    low, best, high = x.parts
    start = base.two_piece(low[:, None], best[:, None], high[:, None], np.stack([p[f"part.{c}"] for c in x.crossings]))
    totals = np.empty((len(x.constraints), start.shape[1]))
    for row, c in enumerate(x.constraints):
        totals[row] = base.two_piece(c.low, c.best, c.high, p[f"total.{c.name}"])
    return base.fit_parts(start, low, high, totals, x.constraints, x.crossings, checked=True)


def collected_rates(x: Inputs, p: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Collected rate on true customs value, undeclared share and leakage share of each unit, (C, B) each.

    Where a crossing has commodity data, the rate is what the schedule takes of its mix, less the gap; elsewhere it is
    the drawn rate on declared value, less what is not declared. Recorded trade value counts as declared value.
    """
    undeclared, leaking = split_gap(at_crossings(p, "gap", x.crossings), p["gap_split"])
    rate = declared_rate(x, p) * (1 - undeclared)
    for position, c in enumerate(x.crossings):
        if c in x.statutory:
            low, best, high = x.statutory[c]
            scheduled = base.two_piece(low, best, high, p["tariff"])
            rate[position] = scheduled * (1 - undeclared[position]) * (1 - leaking[position])
    return rate, undeclared, leaking


def declared_rate(x: Inputs, p: Mapping[str, Array]) -> Array:
    """Collected over declared value of each unit, (C, B): one rate, or those of its flows weighed by their shares."""
    if not x.flows:
        return at_crossings(p, "collected_rate_declared", x.crossings)
    shares = drawn_shares(x.flows, x.crossings, p)
    return sum((shares[f] * at_crossings(p, f"collected_rate_{f}", x.crossings) for f in shares), np.zeros(()))


def _flow_revenue(x: Inputs, p: Mapping[str, Array]) -> dict[str, tuple[Array, Array]]:
    """By flow: recorded value and revenue of each unit, currency per year, (C, B) each; empty without flows."""
    if not x.flows:
        return {}
    value = fitted_parts(x, p)
    parts = {f: value * share for f, share in drawn_shares(x.flows, x.crossings, p).items()}
    return {f: (part, part * at_crossings(p, f"collected_rate_{f}", x.crossings)) for f, part in parts.items()}


def _level(x: Inputs, p: dict[str, Array], seed: int, blocks: Sequence[int]) -> tuple[Array, Array]:
    """National revenue per ordinary day: in the anchor period (B,) and on every day (T, B)."""
    shocks = _shocks(x, seed, blocks)
    if x.seasonal is not None:
        mean, factor = x.seasonal
        # one block at a time: the last bits of a matrix product may depend on its width
        moved = [factor @ shocks[: len(mean), one] for one in each_block(shocks.shape[1])]
        path = mean[:, None] + np.concatenate(moved, axis=1)
        return np.exp(path[0]) / base.MONTH_DAYS, base.monthly_path(path, x.days_after_anchor)
    anchor = _anchor(x, p)
    if x.growth is not None:
        return anchor, base.level_path(anchor, x.growth, p["level_growth"], shocks, x.days_after_anchor)
    years = np.maximum(x.days_after_anchor, 0) / 365.25
    return anchor, anchor * np.exp(p["annual_growth"] * years[:, None])


def _anchor(x: Inputs, p: dict[str, Array]) -> Array:
    """Level per ordinary day in the anchor period: one of the conflicting rows in each draw, inside its rounding.

    Where the baseline is trade value the level is the sum of the parts: no national row counts their revenue.
    """
    from scipy.special import ndtr

    if x.flows:
        return np.asarray(annual_parts(x, p).sum(axis=0) / DAYS_OF_YEAR)

    pick = np.minimum((ndtr(p["level_row"]) * len(x.anchors)).astype(int), len(x.anchors) - 1)
    rows = [base.two_piece(*row, p["level_value"]) for row in x.anchors]
    return np.asarray(np.stack(rows)[pick, np.arange(len(pick))])


def _shocks(x: Inputs, seed: int, blocks: Sequence[int]) -> Array:
    """Standard-normal shocks of the months after the anchor period, (months, B)."""
    from scipy.special import ndtri

    months = max(base.months_needed(x.days_after_anchor), 1)
    return np.stack([ndtri(uniforms(seed, f"level/{month}", *blocks)) for month in range(months)])
