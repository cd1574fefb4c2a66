"""Who bears it: what each party loses or gains over the window, what is burnt, what nobody has (MODEL section 6).

For every draw and day, government + insurgents + officials + traders = -(friction burnt + deadweight); the algebra is
in `tradeimpact.model.incidence`. Blocks of the result are run again, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..drawn import collected_rates
from ..engine.blocks import blocks
from ..engine.sampling import Sampler
from ..errors import TradeImpactError
from ..figures.text import amount, estimate, millions
from ..inputs import Inputs
from ..kernel import Drawn, draw_block, history, tiles
from ..model.incidence import DETAILS, PARTIES, WASTED, at_border, at_houses, check_incidence, choke_price
from ..model.ledger import Flows, Rates, ledger_lines
from ..results import Results
from ..run import Run
from ..setting import Response
from ..statistics import describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LINES = (*PARTIES, *DETAILS, *WASTED)
ROLES = dict.fromkeys(PARTIES, "party") | dict.fromkeys(DETAILS, "detail") | dict.fromkeys(WASTED, "wasted")
WHO = {  # words of a party, the ending of its verb, what it is about
    "traders": ("traders and their customers", "", ""),
    "government": ("the government", "s", ""),
    "officials": ("officials", "", " in bribes"),
    "insurgents": ("the insurgents", "", ""),
}
WORTH_SAYING = 0.02  # of what traders lose
NOTE = (
    "Estimates of the model, not statistics. What traders lose rests on the elasticity of imports and on the price "
    "beyond which nothing is bought, both judgement."
)


@dataclass(frozen=True)
class Incidence:
    """What each party gains (+) or loses (-) over the window against the baseline, and what is wasted.

    Attributes
    ----------
    result : Results
    values : dict
        Line to (draws,), in the result's currency: government, insurgents, officials (bribes), traders (with their
        customers), of which dearer (a dearer passage) and turned_away (goods that did not come); friction_burnt and
        deadweight count as positive. In every draw the four parties add up to -(friction_burnt + deadweight).
    """

    result: Results
    values: dict[str, Array]

    @cached_property
    def table(self) -> pd.DataFrame:
        """Index `line`: role (party, detail of the traders, wasted), mean, median, low, high, mc_error."""
        table = describe({name: self.values[name] for name in LINES}, self.result.weights).rename_axis("line")
        table.insert(0, "role", pd.Series(ROLES))
        return table

    def draws(self) -> pd.DataFrame:
        """One row per draw, one column per line."""
        return pd.DataFrame({name: self.values[name] for name in LINES}).rename_axis("draw")

    @property
    def text(self) -> str:
        """The sentences a briefer would say."""
        means, currency = self.table["mean"], self.result.currency.upper()
        start, end = self.result.window
        head = f"{self.result.scenario.name}, {start} to {end}: "
        if not means.any():
            return head + "nobody gains or loses, since nothing changes."
        parts = [self._say(name) for name in ("traders", "government", "officials", "insurgents")]
        words = head + f"{', '.join(parts[:-1])}, and {parts[-1]}."
        if means["turned_away"] < WORTH_SAYING * means["traders"] < 0:
            away = amount(-means["turned_away"], currency=currency)
            words += f" On average {away} of what traders lose is on goods that did not come."
        wasted = means["friction_burnt"] + means["deadweight"]
        burnt = amount(means["friction_burnt"], currency=currency)
        return words + (
            f" On average {amount(wasted, currency=currency)} goes to nobody: {burnt} is burnt on delay and risk, the "
            "rest is trade that stopped or took a worse road."
        )

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """The four parties, and below them where their losses went: friction and deadweight. Means, 90 % whiskers."""
        from ..figures import incidence as figure
        from ..figures.save import save as save_figure
        from ..plots import credit, grades

        case, table = self.result.case, self.table
        currency = self.result.currency.upper()
        drawn: Axes = figure.who_bears(
            table, title=title, source=credit(case), grade=grades(case), note=NOTE, currency=currency,
            synthetic=case.synthetic, ax=ax,
        )  # fmt: skip
        if save is not None:
            words = figure.alt_who_bears(table, currency=currency)
            save_figure(drawn, save, table=table.reset_index(), alt=words, manifest=self.result.manifest())
        return drawn

    def _say(self, line: str) -> str:
        numbers: Any = self.table
        median, low, high = (float(numbers.loc[line, name]) for name in ("median", "low", "high"))
        who, ending, what = WHO[line]
        currency = self.result.currency.upper()
        if median < 0:
            return f"{who} lose{ending} {estimate(-median, -high, -low, currency=currency)}{what}"
        return f"{who} gain{ending} {estimate(median, low, high, currency=currency)}{what}"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns="role").map(millions)
        unit = f"In millions of {escape(self.result.currency.upper())} over the window"
        table = shown.to_html(border=0, escape=True)
        return f"<div><p>{escape(self.text)}</p>{table}<p><small>{unit}</small></p></div>"


def incidence(result: Results, *, choke: float | None = None) -> Incidence:
    """Who bears the fall: government, insurgents, officials, traders and their customers; friction and deadweight.

    Parameters
    ----------
    result : Results
    choke : float, optional
        Cost ratio beyond which nothing is bought. Without it 1 + 1/epsilon in each draw, where the straight demand
        line with the drawn elasticity ends. It matters where many crossings are shut at once or insecurity keeps much
        trade away.

    Returns
    -------
    Incidence
        `.table`, `.text`, `.draws()`, `.plot()`; weights of the result are honoured.

    Raises
    ------
    TradeImpactError
        If `choke` is not above 1, or epsilon is 0 in a draw: demand that never falls has no price at which it ends.
    """
    if choke is not None and not (np.isfinite(choke) and choke > 1):
        raise TradeImpactError(f"choke={choke!r}: a cost ratio above 1 is needed, 2 for goods that at most double")
    x = result.inputs
    rate = np.ones(len(x.window_days)) if result.currency == x.case.currency.lower() else 1.0 / x.usd_rate[x.window]
    sampler = Run(inputs=x, seed=result.seed, draws=result.count).sampler()
    parts: dict[str, list[Array]] = {name: [] for name in LINES}
    for number, wanted in blocks(result.count):
        lines = _block(x, sampler, number, choke)
        for name in LINES:
            parts[name].append((lines[name] * rate[:, None]).sum(axis=0)[:wanted])
    return Incidence(result, {name: np.concatenate(found) for name, found in parts.items()})


def _block(x: Inputs, sampler: Sampler, number: int, choke: float | None) -> dict[str, Array]:
    """Lines of one block by window day and draw, in the case's currency, checked to add up."""
    d = draw_block(x, sampler, number)
    epsilon = d.p["epsilon"]
    if (epsilon <= 0).any():
        raise TradeImpactError(
            "incidence() needs epsilon above 0: trade that never falls has no price at which it stops, so what traders "
            'lose has no bound; use case.assume({"epsilon": …}) with a small number'
        )
    stop = choke_price(epsilon) if choke is None else np.full_like(epsilon, choke)
    bribes = _bribes(x, d)
    whole = {name: np.zeros((len(x.window_days), len(epsilon))) for name in LINES}
    for days, r in tiles(x, d, history(x, d)):
        start, end = max(days.start, x.window.start), min(days.stop, x.window.stop)
        if start >= end or r.quiet:  # outside the window, or nothing happens
            continue
        here, at = slice(start - days.start, end - days.start), slice(start - x.window.start, end - x.window.start)
        for name, line in _lines(x, r, here, bribes, epsilon, stop).items():
            whole[name][at] = line
    return whole


def _lines(x: Inputs, r: Response, here: slice, bribes: Array, epsilon: Array, stop: Array) -> dict[str, Array]:
    """Lines of some days of a response."""
    f, rates = r.flows.over(here), r.rates.over(here)
    ledger = ledger_lines(f, rates)
    crossing = f.response_trade + f.returned_trade
    lines = {
        "government": -ledger["government_loss"].sum(axis=0),
        "insurgents": ledger["insurgent_gain"].sum(axis=0),
        "officials": (bribes * (f.government * crossing - f.baseline_trade)).sum(axis=0),
    }
    posts = slice(0, x.border)
    before = 1.0 + (rates.collected_baseline[posts] + bribes[posts] + rates.road[posts])
    trade = (f.baseline_trade[posts], f.response_trade[posts], f.returned_trade[posts])
    border = at_border(*trade, before, r.cost[:, here], r.friction[:, here], f.total_ratio[0], epsilon, stop)
    houses = _houses(x, f, rates, bribes, epsilon, stop)
    lines |= {name: border[name] + houses[name] for name in border}
    lines["traders"] = lines["dearer"] + lines["turned_away"]
    check_incidence(lines, ledger["baseline"].sum(axis=0))
    return lines


def _houses(x: Inputs, f: Flows, rates: Rates, bribes: Array, epsilon: Array, stop: Array) -> dict[str, Array]:
    """Goods assessed at inland houses."""
    inland = slice(x.border, len(x.crossings))

    def at(a: Array) -> Array:
        return a[inland] if a.shape[0] > 1 else a

    g, insurgent, road = at(f.government), at(f.insurgent), at(rates.road)
    before = at(rates.collected_baseline) + bribes[inland] + road
    burden = g * (at(rates.collected) + bribes[inland]) + road * (1.0 - at(rates.once) * insurgent)
    burden = burden + insurgent * (at(rates.levy) + at(rates.inland_probability) * at(rates.inland))
    trade = (at(f.baseline_trade), at(f.response_trade), at(f.returned_trade))
    return at_houses(*trade, before, burden, epsilon, stop)


def _bribes(x: Inputs, d: Drawn) -> Array:
    """Bribes as a share of value where the government holds, (crossings, 1, draws); inland houses take them too."""
    r0, _, leaking = collected_rates(x, d.p)
    return np.asarray((r0 * leaking / (1.0 - leaking) * d.p["bribe_share"])[:, None])
