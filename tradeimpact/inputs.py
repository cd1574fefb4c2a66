"""Case and scenario as arrays: what `simulate` hands to the model. No model equation lives here.

Days run from the origin, the first event or the start of the window, whichever is earlier; results are
kept for the window only, so that splitting a window changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._version import __version__
from .case import Case
from .case.calendars import months
from .case.history import drivers
from .engine.sampling import Marginal
from .errors import ScenarioError
from .flows import FlowShare
from .foundation import Foundation, foundation, once
from .inference import chain_origin
from .inferred import Inferred, infer_history
from .model import control
from .model.baseline import Constraint, Growth, months_needed, seasonal_forecast
from .scenario import GOVERNMENT, NOBODY, AsReported, Event, Scenario
from .tables import records

Array = NDArray[np.float64]

STATES = ("capture", "recapture", "close", "reopen")


@dataclass(frozen=True)
class Inputs:
    """Everything about one run that does not depend on the draw. Shapes: C crossings, T days, A authorities."""

    case: Case
    scenario: Scenario
    crossings: tuple[str, ...]
    border: int  # the first `border` crossings are border crossings
    groups: tuple[str, ...]
    authorities: tuple[str, ...]
    days: pd.DatetimeIndex
    window: slice
    paths: control.Paths
    inferred: Inferred | None  # control and closures sampled from reports instead of `paths`
    as_of: date | None  # last day whose publications count, None for all
    forecast: str  # how an inferred history goes on after it
    marginals: tuple[Marginal, ...]
    scores: tuple[str, ...]
    parts: tuple[Array, Array, Array]  # low, best, high of the annual baseline, (C,)
    flows: tuple[FlowShare, ...]  # parts of recorded trade value where the baseline is that, else ()
    constraints: tuple[Constraint, ...]
    anchors: tuple[tuple[float, float, float], ...]  # low, best, high of the level per ordinary day
    growth: Growth | None
    seasonal: tuple[Array, Array] | None  # forecast of the log monthly level where there are two seasonal cycles
    days_after_anchor: NDArray[np.int64]
    holidays: tuple[tuple[NDArray[np.intp], NDArray[np.intp], tuple[float, float, float]], ...]
    feed: tuple[Array, Array, Array]  # low, best, high (inland, border)
    statutory: dict[str, tuple[float, float, float]]  # schedule rate on the mix of crossings with commodity data
    insecurity_reference: float
    usd_rate: Array  # currency per dollar, by day; NaN where unknown
    month_of_day: NDArray[np.intp]
    months: pd.DataFrame

    @property
    def basis(self) -> str:
        """Which of the two ways to revenue the case uses (MODEL section 2)."""
        return "recorded trade value by flow and an assumed collected rate" if self.flows else "collected revenue"

    def manifest(self) -> dict[str, Any]:
        """Version, data hashes, way to revenue, scenario and window: what a run is, but for its draws."""
        days = self.window_days
        body: dict[str, Any] = {
            "tradeimpact": __version__,
            "case": self.case.name,
            "data": dict(self.case.hashes),
            "baseline": self.basis,
            "scenario": self.scenario.to_yaml(),
            "history": "as stated" if self.inferred is None else "as reported",
            "start": str(days[0].date()),
            "end": str(days[-1].date()),
        }
        if self.as_of is not None:
            body["as_of"] = str(self.as_of)
            if self.inferred is not None:
                body["forecast"] = self.forecast
        return body

    @property
    def window_days(self) -> pd.DatetimeIndex:
        """The days results are kept for."""
        return self.days[self.window]


def prepare(
    case: Case,
    scenario: Scenario | AsReported | None,
    start: date,
    end: date,
    *,
    as_of: date | None = None,
    forecast: str = "persist",
) -> Inputs:
    """Check a case and a scenario against each other and lay them out as arrays.

    With `as_of` a history as reported is forecast from the day after it; the case must hold only what was known by
    then.
    """
    resolved = _resolve(case, scenario, end)
    reported = isinstance(scenario, AsReported)
    f = foundation(case)
    _check_events(f, resolved)
    chain = [chain_origin(case)] if reported else []
    origin = min([start, *chain, *(e.start for e in resolved.events)])
    days = pd.date_range(origin, end)
    window = slice((start - origin).days, len(days))
    paths = build_paths(resolved, f.crossings, f.authorities, days)
    inferred = None
    if reported:
        inferred = infer_history(case, f.crossings, f.authorities, days, paths.insecurity[:, 0], as_of, forecast)
    after = (days - pd.Timestamp(f.level_until)).days.to_numpy().astype(np.int64)
    ahead = max(months_needed(after), 1)
    seasonal = None
    if f.monthly is not None:
        seasonal = once(case, ("seasonal", ahead), partial(seasonal_forecast, f.monthly, ahead))
    month_rows = once(case, ("months", start, end), lambda: months(case.calendar, start, end))
    return Inputs(
        case=case,
        scenario=resolved,
        crossings=f.crossings,
        border=f.border,
        groups=f.groups,
        authorities=f.authorities,
        days=days,
        window=window,
        paths=paths,
        inferred=inferred,
        as_of=as_of,
        forecast=forecast,
        marginals=f.marginals,
        scores=f.scores,
        parts=f.parts,
        flows=f.flows,
        constraints=f.constraints,
        anchors=f.anchors,
        growth=f.growth,
        seasonal=seasonal,
        days_after_anchor=after,
        holidays=_holidays(f, days),
        feed=f.feed,
        statutory=f.statutory,
        insecurity_reference=f.insecurity_reference,
        usd_rate=once(case, ("usd", days[0], days[-1]), lambda: _usd_rate(case, days)),
        month_of_day=_month_of_day(month_rows, days[window]),
        months=month_rows,
    )


def _resolve(case: Case, scenario: Scenario | AsReported | None, end: date) -> Scenario:
    if scenario is None:
        return Scenario("nothing falls")
    if isinstance(scenario, AsReported):
        return once(case, ("drivers", end), lambda: drivers(case, end))
    if isinstance(scenario, Scenario):
        return scenario
    raise ScenarioError(f"scenario must be a Scenario, case.as_reported() or None, not {type(scenario).__name__}")


def _check_events(f: Foundation, scenario: Scenario) -> None:
    problems = []
    every, merged, crossings, authorities = f.known, f.merged, f.crossings, f.authorities
    for event in scenario.events:
        c = event.crossing
        if c and c not in crossings and c not in merged:
            close = get_close_matches(c, every, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the case has {', '.join(every)}"
            problems.append(f"{event}: unknown crossing {c!r}; {hint}")
        names = [] if event.verb == "close" else [name for name, _ in event.by]
        problems += [
            f"{event}: unknown authority {name!r}; the case has {', '.join(authorities)}"
            for name in names
            if name not in authorities
        ]
        if event.verb == "levy" and names and names[0] in (GOVERNMENT, NOBODY):
            insurgents = ", ".join(authorities[2:])
            problems.append(f"{event}: a levy is what insurgents take; by= must be one of {insurgents}")
        if event.verb == "levy" and event.value("per_truck") and not f.loads_have_worth:
            problems.append(
                f"{event}: nothing tells what a truck load is worth; give an exchange rate (table fx), truck counts "
                "(table trucks) or the assumption value_per_truck, or set the levy as a rate="
            )
        if event.verb == "capture" and not event.by and len(authorities) != 3:
            insurgents = ", ".join(authorities[2:]) or "(none)"
            problems.append(f"{event}: say by= whom; the case has the insurgent authorities {insurgents}")
    if problems:
        raise ScenarioError("the scenario does not fit the case:\n  " + "\n  ".join(problems))


def build_paths(
    scenario: Scenario, crossings: Sequence[str], authorities: Sequence[str], days: pd.DatetimeIndex
) -> control.Paths:
    """Scenario events as day paths; events at crossings that are assessed with another one change nothing here."""
    place = {c: i for i, c in enumerate(crossings)}
    shape = (len(crossings), len(days), 1)
    holders = control.blank_holders(len(authorities), *shape[:2])
    opened, threat = np.ones(shape), np.zeros(shape)
    rate, per_truck = (np.full((len(authorities) - 2, *shape), np.nan) for _ in range(2))
    insecurity = np.full((len(days), 1), np.nan)
    # control and openings are states and apply in order of their day; for the rest a later verb wins over an earlier
    # one
    states = [e for e in scenario.events if e.verb in STATES]
    for event in [*sorted(states, key=lambda e: e.start), *(e for e in scenario.events if e.verb not in STATES)]:
        first, last = _positions(event, days)
        if event.verb == "insecurity":
            share, to = event.value("share"), event.value("to")
            line = np.linspace(share or 0.0, share or 0.0 if to is None else to, _length(event, days))
            insecurity[first:last, 0] = line[: last - first]
            continue
        c = place.get(event.crossing)
        if c is None or first >= len(days):
            continue
        if event.verb in ("capture", "recapture"):
            holders[:, c, first:, 0] = _shares(event, authorities)[:, None]
        elif event.verb == "close":
            opened[c, first:last] = event.value("open_share") or 0.0
        elif event.verb == "reopen":
            opened[c, first:] = 1.0
        elif event.verb == "threat":
            threat[c, first:last] = event.value("level")
        elif event.verb == "levy":
            who = slice(None) if not event.by else authorities.index(event.by[0][0]) - 2
            rate[who, c, first:last] = np.nan if event.value("rate") is None else event.value("rate")
            per_truck[who, c, first:last] = np.nan if event.value("per_truck") is None else event.value("per_truck")
    return control.Paths(
        holders=holders,
        open_share=opened,
        threat=threat,
        insecurity=insecurity,
        days_since_reopening=control.days_since_reopening(opened),
        levy_rate=rate,
        levy_per_truck=per_truck,
        first_events=control.first_changes(holders, opened, threat, insecurity),
    )


def _length(event: Event, days: pd.DatetimeIndex) -> int:
    last = days[-1].date() if event.end is None else event.end
    return (last - event.start).days + 1


def _positions(event: Event, days: pd.DatetimeIndex) -> tuple[int, int]:
    first = (event.start - days[0].date()).days
    last = len(days) if event.end is None else min((event.end - days[0].date()).days + 1, len(days))
    return min(first, len(days)), max(last, min(first, len(days)))


def _shares(event: Event, authorities: Sequence[str]) -> Array:
    shares = np.zeros(len(authorities))
    if event.verb == "recapture":
        shares[0] = 1.0
    for name, share in event.by or (((authorities[2], 1.0),) if event.verb == "capture" else ()):
        shares[authorities.index(name)] += share
    return shares


def _holidays(
    f: Foundation, days: pd.DatetimeIndex
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp], tuple[float, float, float]], ...]:
    found = []
    for row in f.holidays:
        hit = np.flatnonzero((days >= row["start"]) & (days <= row["end"]))
        who = [i for i, c in enumerate(f.crossings) if not row["crossing"] or c == row["crossing"]]
        if len(hit):
            factors = (row["factor_low"], row["factor_best"], row["factor_high"])
            found.append((np.array(who, dtype=np.intp), hit, factors))
    return tuple(found)


def _usd_rate(case: Case, days: pd.DatetimeIndex) -> Array:
    """Currency per dollar: the shortest dated period that holds the day, else the last one before it."""
    rate = np.full(len(days), np.nan)
    if case.currency.upper() == "USD":
        return np.ones(len(days))
    table = case.fx
    if not len(table):
        return rate
    name = f"{case.currency.lower()}_per_usd"
    table = table.assign(length=(table["end"] - table["start"]).dt.days).sort_values("length", ascending=False)
    for row in records(table.sort_values("end", kind="stable")):
        rate[days > row["end"]] = row[name]
    for row in records(table):
        rate[(days >= row["start"]) & (days <= row["end"])] = row[name]
    return rate


def _month_of_day(rows: pd.DataFrame, days: pd.DatetimeIndex) -> NDArray[np.intp]:
    starts = pd.DatetimeIndex(rows["start"])
    return np.clip(np.searchsorted(starts, days, side="right") - 1, 0, len(rows) - 1).astype(np.intp)
