"""Placebos: the same method where nothing happened, and how often it finds something all the same.

A method with honest 90 % intervals finds an effect at one placebo in ten. What it does is measured: at dates before
the event, at units that the event did not touch, and on simulated series without an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from ...statistics import HIGH, LOW
from .estimate import Array, Estimate, Method, mean_effect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .grid import Panel

COLUMNS = ["kind", "unit", "start", "effect", "low", "high", "found", "ratio"]
KINDS = {
    "date": "dates before the start",
    "unit": "units that the event did not touch",
    "simulated": "simulated series without an event",
    "unit and date": "pairs of an untouched unit and a date before the start",
}
NOMINAL = 1.0 - (HIGH - LOW)


@dataclass(frozen=True)
class Placebos:
    """Placebos of one effect: `table` (one row each) and how many could not be tried.

    Columns kind (date, unit, simulated, unit and date), unit, start, effect, low, high (mean over the placebo's
    periods, 90 %), found (the interval leaves zero out), ratio (root mean squared gap after over before the start).
    """

    table: pd.DataFrame
    untried: int = 0

    def rates(self) -> pd.DataFrame:
        """Per kind (index): tried, found, rate, low and high (90 % interval of the rate, Clopper and Pearson)."""
        from scipy.special import betaincinv

        rows = {}
        for kind, part in self.table.groupby("kind", sort=False):
            tried, found = len(part), int(part["found"].sum())
            low = float(betaincinv(found, tried - found + 1, LOW)) if found else 0.0
            high = float(betaincinv(found + 1, tried - found, HIGH)) if found < tried else 1.0
            rows[kind] = {"tried": tried, "found": found, "rate": found / tried, "low": low, "high": high}
        columns = ["tried", "found", "rate", "low", "high"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("kind")

    @property
    def text(self) -> str:
        """How often the method found an effect where there was none."""
        told = [
            f"The same method finds an effect at {int(row['found'])} of {int(row['tried'])} {KINDS[str(kind)]} "
            f"({100 * row['rate']:.0f} %, 90 %: {100 * row['low']:.0f} to {100 * row['high']:.0f}; "
            f"{100 * NOMINAL:.0f} % would be honest)."
            for kind, row in self.rates().iterrows()
        ]
        if self.untried:
            told.append(f"Placebos that could not be tried, with too little before them: {self.untried}.")
        return " ".join(told) or "No placebo could be tried: how often the method cries wolf here is not known."

    def plot(
        self,
        *,
        title: str | None = None,
        source: str = "",
        grade: str | None = None,
        unit: str = "",
        synthetic: bool = False,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Effect and 90 % interval of each placebo; those that leave zero out are filled."""
        from ... import _version
        from ...figures import effects as figure
        from ...figures.save import save as save_figure

        drawn: Axes = figure.placebos(
            self.table, rates=self.rates(), title=title, source=source, grade=grade, unit=unit, ax=ax,
            synthetic=synthetic,
        )  # fmt: skip
        if save is not None:
            manifest = {"tradeimpact": _version.__version__, "placebos": len(self.table), "untried": self.untried}
            save_figure(drawn, save, table=self.table, alt=figure.alt_placebos(self.table), manifest=manifest)
        return drawn

    def __repr__(self) -> str:
        return self.text


def in_time(panel: Panel, method: Method, count: int, first: int) -> Placebos:
    """The method at `count` starts before the real one, evenly spread over the second half of that time.

    Each sees the data up to the real start only, and at most a third of that time counts as affected.
    """
    if count < 0:
        raise TradeImpactError(f"placebo_dates={count}: the number of placebo dates cannot be negative")
    length = min(len(panel.y) - first, max(first // 3, 1)) if first < len(panel.y) else max(first // 3, 1)
    starts = np.unique(np.linspace(first // 2, first - length, count).round().astype(int))
    jobs = [
        ("date", panel.name, panel.grid.label(int(s)), panel.y[: s + length], panel.others[: s + length], int(s))
        for s in starts
        if s > 0
    ]
    return _tried(jobs, method)


def in_space(panel: Panel, method: Method) -> Placebos:
    """The method at every donor and the real start, the treated unit left out."""
    label = panel.grid.label(panel.first)
    jobs = [
        ("unit", name, label, panel.others[:, j], np.delete(panel.others, j, axis=1), panel.first)
        for j, name in enumerate(panel.names)
    ]
    return _tried(jobs if len(panel.names) > 1 else [], method)


def together(*parts: Placebos) -> Placebos:
    """Several kinds of placebos in one table."""
    return Placebos(_table([p.table for p in parts]), sum(p.untried for p in parts))


def p_value(actual: float, placebos: pd.Series) -> float:
    """Share of the placebos and the actual itself that are at least as large as the actual; NaN without placebos."""
    known = placebos.dropna()
    if not len(known) or not np.isfinite(actual):
        return float("nan")
    return float((1 + int((known >= actual).sum())) / (1 + len(known)))


def ratio(y: Array, estimate: Estimate, first: int) -> float:
    """Root mean squared gap after the start over that before it; NaN where one of them is unknown."""
    gap = y - estimate.counterfactual
    before, after = gap[:first][np.isfinite(gap[:first])], gap[first:][np.isfinite(gap[first:])]
    if not len(after) or not len(before) or not (before**2).sum() > 0:
        return float("nan")
    return float(np.sqrt((after**2).mean() / (before**2).mean()))


def simulated(panel: Panel, method: Method, season: int | None, runs: int, seed: int) -> Placebos:
    """The method on series without an event: a level that wanders, and noise, as the time before the start had them."""
    from .state_space import likeliest

    fitted = likeliest(panel.y, panel.others[:, :0], panel.first, False, season)
    spread = [np.sqrt(max(fitted[name], 0.0)) for name in ("level_variance", "noise_variance")]
    label = panel.grid.label(panel.first)
    jobs = []
    for run in range(runs):
        shocks = np.random.default_rng([seed, run]).standard_normal((2, len(panel.y)))
        path = np.nanmean(panel.y[: panel.first]) + spread[0] * np.cumsum(shocks[0]) + spread[1] * shocks[1]
        y = np.where(np.isfinite(panel.y), path, np.nan)
        jobs.append(("simulated", f"run {run + 1}", label, y, panel.others, panel.first))
    return _tried(jobs, method)


def units_and_dates(panel: Panel, method: Method, runs: int, seed: int) -> Placebos:
    """The method at `runs` pairs of an untouched unit and a date before the start, drawn without repetition."""
    first = panel.first
    length = min(len(panel.y) - first, max(first // 3, 1))
    pairs = [(j, s) for j in range(len(panel.names)) for s in range(first // 2, first - length + 1) if s > 0]
    chosen = np.random.default_rng(seed).permutation(len(pairs))[:runs]
    jobs = []
    for k in sorted(chosen):
        j, s = pairs[k]
        others = np.delete(panel.others, j, axis=1)[: s + length]
        y = panel.others[: s + length, j]
        jobs.append(("unit and date", panel.names[j], panel.grid.label(s), y, others, s))
    return _tried(jobs if len(panel.names) > 1 else [], method)


def _tried(jobs: list[tuple[str, Any, str, Array, Array, int]], method: Callable[..., Estimate]) -> Placebos:
    rows, untried = [], 0
    for kind, unit, start, y, others, first in jobs:
        try:
            estimate = method(y, others, first)
        except TradeImpactError:
            untried += 1
            continue
        effect, low, high = mean_effect(y, estimate, first)
        if not np.isfinite(effect):
            untried += 1
            continue
        found = bool(low > 0 or high < 0)
        rows.append((kind, unit, start, effect, low, high, found, ratio(y, estimate, first)))
    return Placebos(_table([pd.DataFrame(rows, columns=COLUMNS)]), untried)


def _table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=COLUMNS)
