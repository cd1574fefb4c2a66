"""Backtests: what the model would have said of a window from what was known on a day, scored beside two rivals.

Assumptions are committed before scoring and nothing is fitted. Two outcome points can refute a model, they cannot
calibrate one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.sampling import seed_of
from ..errors import TradeImpactError
from ..figures.text import estimate, millions
from ..results import Results
from ..scenario import to_day
from ..simulate import DEFAULT_DRAWS, simulate
from ..tables import records
from .period import ended_by
from .scoring import scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

VINTAGES = ("strict", "period")
METHODS = {"Model": "government_revenue", "Days-held arithmetic": "days_held", "No change": "baseline"}
MEASURE = "customs_collection"
ALMOST_NONE, PLENTY, AT_ONCE = 1e-6, 1e6, 1e-3
# what each mechanism is set to where it is switched off; control of crossings and closures always stay
MECHANISMS: Mapping[str, Mapping[str, float]] = {
    "rerouting": {"theta": 1.0, "phi": 1.0, "epsilon": 1.0},  # equal: every crossing answers its own cost alone
    "contraction": {"epsilon": ALMOST_NONE},  # trade moves but none stops for its cost
    "general insecurity": {"insecurity_sensitivity": 0.0},
    "weaker collection": {"collection_weakening": 0.0},
    "threat before a fall": {"friction_threat": 0.0},
    "capacity": {"capacity_start": PLENTY, "capacity_ceiling": PLENTY},
    "slow recovery": {"recovery_start_share": 1.0, "recovery_half_life_days": AT_ONCE, "permanent_loss": 0.0},
    "deferral": {"deferral_share": 0.0},
    "inland charge": {"inland_charge_probability": 0.0},
}
# with both off no crossing answers any cost
NEITHER = {"theta": ALMOST_NONE, "phi": ALMOST_NONE, "epsilon": ALMOST_NONE}


@dataclass(frozen=True)
class Backtest:
    """Scores of one window and vintage.

    Attributes
    ----------
    scores : DataFrame
        One row per quantity (level: collected in the window; ratio: level per day over that of the untreated
        period before the crisis), method and observed figure: quantity, method, outcome, observed, median, low,
        high, error (of the median), crps, covered, width. Levels in the case's currency, ratios as fractions.
    mechanisms : DataFrame
        What each mechanism does: switch (all on, without one, only one, none), mechanism, median and width of the
        level, crps (the smallest over the observed figures), change of the median against all on. Empty unless
        asked for.
    result : Results
        The simulation that was scored.
    """

    scores: pd.DataFrame
    mechanisms: pd.DataFrame
    result: Results
    as_of: date
    vintage: str
    observed: tuple[float, ...]

    @property
    def beats_rivals(self) -> pd.DataFrame:
        """Per quantity and figure: whether the model's CRPS and error are below both rivals', whether it covers."""
        found = []
        for (quantity, outcome), part in self.scores.groupby(["quantity", "outcome"], sort=False):
            rows = {row["method"]: row for row in records(part)}
            model = rows.pop("Model")
            found.append(
                {
                    "quantity": quantity,
                    "outcome": outcome,
                    "crps": model["crps"] < min(row["crps"] for row in rows.values()),
                    "error": abs(model["error"]) < min(abs(row["error"]) for row in rows.values()),
                    "covered": model["covered"],
                }
            )
        return pd.DataFrame(found)

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """The three methods beside what was observed: medians and 90 % intervals."""
        model = self.scores.iloc[0]
        words = estimate(model["median"], model["low"], model["high"], currency=self.result.currency.upper())
        hits = self.scores.loc[self.scores["method"].eq("Model") & self.scores["quantity"].eq("level"), "covered"]
        where = "inside" if hits.all() else "at the edge of" if hits.any() else "outside"
        when = f"{self.as_of.day} {self.as_of:%B %Y}"
        finding = f"As known on {when} ({self.vintage} vintage): {words}; what was reported lies {where} the interval"
        return self.result.plot.comparison(
            observed=(min(self.observed), max(self.observed)),
            observed_label="Reported",
            title=title or finding,
            save=save,
            ax=ax,
        )

    def _repr_html_(self) -> str:
        start, end = self.result.window
        head = f"{self.result.case.title}, {start} to {end}, {self.vintage} vintage of {self.as_of}"
        table = self.scores.copy()
        level = table["quantity"] == "level"
        for column in ("observed", "median", "low", "high", "error", "crps", "width"):
            table[column] = [millions(v) if big else f"{v:.3f}" for v, big in zip(table[column], level, strict=True)]
        draws = f"{self.result.count:,} draws, seed {self.result.seed}"
        note = f"Levels in millions of {self.result.currency.upper()}; {draws}"
        html = table.to_html(index=False, border=0)
        return f"<div><strong>{escape(head)}</strong>{html}<p><small>{escape(note)}</small></p></div>"


def backtest(
    case: Case,
    *,
    window: tuple[str | date, str | date],
    as_of: str | date,
    vintage: str = "strict",
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    outcome: float | Sequence[float] | None = None,
    mechanisms: bool = False,
    forecast: str = "persist",
) -> Backtest:
    """Score the model on a window from what was known on a day, beside no change and days-held arithmetic.

    Parameters
    ----------
    case : Case
        The whole case; its outcomes are used for scoring and enter no simulation.
    window : (start, end)
        Days of the outcome, both included.
    as_of : day
        Cut-off of knowledge. Before the window's end it makes the rest of it a forecast.
    vintage : {"strict", "period"}
        Strict: everything published after the cut-off is dropped. Period: figures on periods that had ended by it
        count, whenever published; reports go by their publication all the same.
    draws : int
    rng : int, Generator or None
    outcome : float or sequence of float, optional
        What was collected in the window, in the case's currency; several figures are scored one by one. Without it
        the outcomes of the case with role "target" and measure "customs_collection" on exactly this window.
    mechanisms : bool
        Also switch every mechanism off, and on alone.
    forecast : {"persist", "hazard", "contagion"}
        As in `simulate`.

    Returns
    -------
    Backtest

    Raises
    ------
    TradeImpactError
        If no outcome fits the window, or the vintage is unknown.
    """
    first, last, day = to_day(window[0]), to_day(window[1]), to_day(as_of)
    if vintage not in VINTAGES:
        raise TradeImpactError(f"vintage={vintage!r}: expected one of {', '.join(VINTAGES)}")
    targets = _targets(case, first, last, outcome)
    base = case if vintage == "strict" else ended_by(case, day)
    seed = seed_of(rng)

    def run(known: Case) -> Results:
        return simulate(
            known, known.as_reported(), start=first, end=last, as_of=day, draws=draws, rng=seed, forecast=forecast
        )

    result = run(base)
    before = _untreated(case)
    untreated = None
    if before:
        start, end = before[0]["start"].date(), before[0]["end"].date()
        own = simulate(base, start=start, end=end, as_of=day, draws=draws, rng=seed)
        untreated = own.draws()["baseline"].to_numpy() / ((end - start).days + 1)
    scores = _scores(result, targets, untreated, before)
    table = _mechanisms(base, run, result, targets) if mechanisms else pd.DataFrame()
    return Backtest(scores, table, result, day, vintage, tuple(value for _, value in targets))


def _targets(case: Case, first: date, last: date, outcome: float | Sequence[float] | None) -> list[tuple[str, float]]:
    """Observed figures of the window with their names."""
    if outcome is not None:
        values = [float(v) for v in np.atleast_1d(np.asarray(outcome, dtype=float))]
        if not values or not all(np.isfinite(values)):
            raise TradeImpactError(f"outcome={outcome!r}: expected one or more finite amounts of {case.currency}")
        return [(f"given {i}" if len(values) > 1 else "given", value) for i, value in enumerate(values, start=1)]
    table = case.outcomes
    rows = table[(table["role"] == "target") & (table["measure"] == MEASURE) & (table["unit"] == case.currency.lower())]
    fits = rows[(rows["start"] == pd.Timestamp(first)) & (rows["end"] == pd.Timestamp(last)) & rows["best"].notna()]
    if fits.empty:
        known = ", ".join(sorted({f"{r['start'].date()} to {r['end'].date()}" for r in records(rows)})) or "none"
        raise TradeImpactError(
            f"no outcome on {first} to {last}: the case has collections for {known}. Add a row to outcomes "
            f"(role target, measure {MEASURE}, unit {case.currency.lower()}) or pass outcome="
        )
    return [(str(row["outcome"]), float(row["best"])) for row in records(fits.sort_values("outcome"))]


def _untreated(case: Case) -> list[dict[str, Any]]:
    """Outcomes of the untreated period before the crisis, in the case's currency."""
    table = case.outcomes
    rows = table[
        (table["role"] == "pre_period") & (table["measure"] == MEASURE) & (table["unit"] == case.currency.lower())
    ]
    return records(rows[rows["best"].notna()].sort_values("outcome"))


def _scores(
    result: Results, targets: list[tuple[str, float]], untreated: Array | None, before: list[dict[str, Any]]
) -> pd.DataFrame:
    """Level against every observed figure; ratio against every pair of observed figures that exists."""
    draws = result.draws()
    found: list[dict[str, Any]] = []
    for name, value in targets:
        for method, line in METHODS.items():
            found.append(
                {"quantity": "level", "method": method, "outcome": name} | scored(draws[line].to_numpy(), value)
            )
    if untreated is not None:
        days = len(result.inputs.window_days)
        pairs = list(zip(targets, before, strict=False)) if len(targets) == len(before) else [
            (target, row) for target in targets for row in before
        ]  # fmt: skip
        for (name, value), row in pairs:
            length = (row["end"] - row["start"]).days + 1
            observed = (value / days) / (float(row["best"]) / length)
            for method, line in METHODS.items():
                ratio = draws[line].to_numpy() / days / untreated
                label = f"{name}/{row['outcome']}"
                found.append({"quantity": "ratio", "method": method, "outcome": label} | scored(ratio, observed))
    return pd.DataFrame(found)


def _mechanisms(
    case: Case, run: Callable[[Case], Results], full: Results, targets: list[tuple[str, float]]
) -> pd.DataFrame:
    """Level with all mechanisms, without each one, with each one alone, and with none."""
    variants: list[tuple[str, str, set[str]]] = [("without", name, {name}) for name in MECHANISMS]
    variants += [("only", name, set(MECHANISMS) - {name}) for name in MECHANISMS]
    variants.append(("none", "control and closures alone", set(MECHANISMS)))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = list(pool.map(lambda v: run(switched_off(case, v[2])), variants))
    found = []
    start = float(full.draws()["government_revenue"].median())
    for (switch, name, _), result in zip([("all on", "", set[str]()), *variants], [full, *runs], strict=True):
        revenue = result.draws()["government_revenue"].to_numpy()
        best = min((scored(revenue, value) for _, value in targets), key=lambda s: float(s["crps"]))
        row = {"switch": switch, "mechanism": name, "change": float(best["median"]) - start}
        found.append(row | {key: best[key] for key in ("median", "low", "high", "width", "error", "crps", "covered")})
    return pd.DataFrame(found)


def switched_off(case: Case, names: set[str]) -> Case:
    """Case with mechanisms set to nothing; see `MECHANISMS`. Control of crossings and closures stay.

    Assumptions count as known at any day, so that every vintage is switched alike.
    """
    values: dict[str, float] = {}
    for name in MECHANISMS:
        if name in names:
            values |= MECHANISMS[name]
    if {"rerouting", "contraction"} <= names:
        values |= NEITHER
    changes = {
        name: {"low": v, "best": v, "high": v, "alternatives": [], "distribution": "fixed", "prior": (v, v, v)}
        for name, v in values.items()
    }
    return case.assume(changes, source="switched off for a backtest")
