"""Case and scenario as arrays: what `simulate` hands to the model. No model equation lives here.

Crossings are sorted by name and border crossings come before inland houses, so that the order of a table's rows
cannot matter. Days run from the origin, the first event or the start of the window, whichever is earlier; results are
kept for the window only, so that splitting a window changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._version import __version__
from .case import Case
from .case.calendars import months
from .case.history import drivers, insecurity_reference, level_rows
from .engine.sampling import Marginal
from .errors import ScenarioError, TradeImpactError
from .flows import FlowShare, flow_shares
from .inference import chain_origin
from .inferred import Inferred, infer_history
from .marginals import growth_of, marginals_of, monthly_series
from .model import control
from .model.baseline import Constraint, Growth, months_needed, require_feasible, seasonal_forecast
from .scenario import GOVERNMENT, NOBODY, AsReported, Event, Scenario
from .schedule import statutory_by_crossing
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
    border = tuple(sorted(case.border_units["crossing"]))
    crossings = border + tuple(sorted(case.inland_units["crossing"]))
    authorities = _authorities(case)
    _check_events(case, resolved, crossings, authorities)
    chain = [chain_origin(case)] if reported else []
    origin = min([start, *chain, *(e.start for e in resolved.events)])
    days = pd.date_range(origin, end)
    window = slice((start - origin).days, len(days))
    paths = build_paths(resolved, crossings, authorities, days)
    inferred = None
    if reported:
        inferred = infer_history(case, crossings, authorities, days, paths.insecurity[:, 0], as_of, forecast)
    rows = level_rows(case)
    anchors, anchor_end = _anchors(case, rows)
    monthly, last_month = monthly_series(case)
    after = (days - pd.Timestamp(anchor_end if monthly is None else last_month)).days.to_numpy().astype(np.int64)
    parts = case.baseline.set_index("crossing").reindex(list(crossings))
    _require_parts(parts)
    constraints = _constraints(case, crossings)
    ranges = _money(case, parts)
    if constraints:
        corners = np.array([[c.low, c.high] for c in constraints])
        require_feasible(ranges[0], ranges[2], corners, constraints, crossings)
    scores = ["holiday", "inland_feed", "level_growth", "level_row", "level_value", "tariff"]
    flows = flow_shares(case, crossings)
    scores += [f"flow.{c}" for c in sorted(crossings)] if flows else []
    scores += [f"total.{c.name}" for c in constraints] + [f"part.{c}" for c in sorted(crossings)]
    month_rows = months(case.calendar, days[window][0].date(), end)
    frame = case.border_units.set_index("crossing")
    return Inputs(
        case=case,
        scenario=resolved,
        crossings=crossings,
        border=len(border),
        groups=tuple(str(frame.loc[c, "route_group"]) for c in border),
        authorities=authorities,
        days=days,
        window=window,
        paths=paths,
        inferred=inferred,
        as_of=as_of,
        forecast=forecast,
        marginals=marginals_of(case),
        scores=tuple(scores),
        parts=ranges,
        flows=flows,
        constraints=constraints,
        anchors=anchors,
        growth=growth_of(case),
        seasonal=None if monthly is None else seasonal_forecast(monthly, max(months_needed(after), 1)),
        days_after_anchor=after,
        holidays=_holidays(case, crossings, days),
        feed=_feed(case, border, crossings[len(border) :]),
        statutory=statutory_by_crossing(case),
        insecurity_reference=insecurity_reference(case),
        usd_rate=_usd_rate(case, days),
        month_of_day=_month_of_day(month_rows, days[window]),
        months=month_rows,
    )


def _resolve(case: Case, scenario: Scenario | AsReported | None, end: date) -> Scenario:
    if scenario is None:
        return Scenario("nothing falls")
    if isinstance(scenario, AsReported):
        return drivers(case, end)
    if isinstance(scenario, Scenario):
        return scenario
    raise ScenarioError(f"scenario must be a Scenario, case.as_reported() or None, not {type(scenario).__name__}")


def _authorities(case: Case) -> tuple[str, ...]:
    """Government, nobody, then the insurgent authorities by name."""
    table = case.authorities
    insurgents = sorted(table.loc[table["kind"] == "insurgent", "authority"])
    return (GOVERNMENT, NOBODY, *insurgents)


def _check_events(case: Case, scenario: Scenario, crossings: Sequence[str], authorities: Sequence[str]) -> None:
    problems = []
    every = list(case.crossings["crossing"])
    merged = {
        c: parent
        for c, parent in zip(case.crossings["crossing"], case.crossings["assessed_with"], strict=True)
        if parent
    }
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


def _money(case: Case, table: pd.DataFrame) -> tuple[Array, Array, Array]:
    """The low, best and high money columns of a table, in the case's currency."""
    low, best, high = (table[f"{name}_{case.currency.lower()}"].to_numpy(float) for name in ("low", "best", "high"))
    return low, best, high


def _require_parts(parts: pd.DataFrame) -> None:
    missing = list(parts.index[parts["house"].isna()])
    if missing:
        raise TradeImpactError(
            f"baseline.csv has no row for {', '.join(missing)}; give each unit of account a low, best and high annual "
            "figure, or name the crossing that assesses its goods in crossings.csv, column assessed_with"
        )


def _constraints(case: Case, crossings: Sequence[str]) -> tuple[Constraint, ...]:
    place = {c: i for i, c in enumerate(crossings)}
    table = case.constraints.sort_values("constraint") if len(case.constraints) else case.constraints
    found = []
    for row, low, best, high in zip(records(table), *_money(case, table), strict=True):
        names = list(crossings) if row["members"] == "*" else row["members"].split()
        members = tuple(sorted(place[name] for name in names))
        found.append(Constraint(row["constraint"], members, low, best, high, row["kind"] == "exact"))
    return tuple(found)


def _anchors(case: Case, rows: pd.DataFrame) -> tuple[tuple[tuple[float, float, float], ...], date]:
    """The national level per ordinary day, one entry per conflicting row, and the end of the period it is for."""
    if rows.empty:
        day = float(_money(case, case.baseline)[1].sum()) / 365.25
        return ((day, day, day),), case.baseline_until
    found = []
    for row in records(rows):
        ordinary = _ordinary_days(case, row["period_start"], row["period_end"])
        best = float(row["best"])
        low, high = (best if pd.isna(row[bound]) else float(row[bound]) for bound in ("low", "high"))
        found.append((low / ordinary, best / ordinary, high / ordinary))
    return tuple(found), rows["period_end"].iloc[0].date()


def _ordinary_days(case: Case, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Days of a period, a holiday of all crossings counting as its best factor."""
    days = pd.Series(1.0, index=pd.date_range(start, end))
    for row in _holiday_rows(case):
        if not row["crossing"]:
            days.loc[row["start"] : row["end"]] *= row["factor_best"]
    return float(days.sum())


def _holiday_rows(case: Case) -> list[dict[str, Any]]:
    return [row for row in records(case.calendar) if row["kind"] == "holiday"]


def _holidays(
    case: Case, crossings: Sequence[str], days: pd.DatetimeIndex
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp], tuple[float, float, float]], ...]:
    found = []
    for row in _holiday_rows(case):
        hit = np.flatnonzero((days >= row["start"]) & (days <= row["end"]))
        who = [i for i, c in enumerate(crossings) if not row["crossing"] or c == row["crossing"]]
        if len(hit):
            factors = (row["factor_low"], row["factor_best"], row["factor_high"])
            found.append((np.array(who, dtype=np.intp), hit, factors))
    return tuple(found)


def _feed(case: Case, border: Sequence[str], inland: Sequence[str]) -> tuple[Array, Array, Array]:
    low, best, high = (np.zeros((len(inland), len(border))) for _ in range(3))
    for row in records(case.inland):
        if row["inland"] in inland and row["crossing"] in border:
            at = inland.index(row["inland"]), border.index(row["crossing"])
            low[at], best[at], high[at] = row["feed_low"], row["feed_best"], row["feed_high"]
    return low, best, high


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
