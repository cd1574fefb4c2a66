"""The history of a case as a scenario: drivers as published, and control by best dates for those who want hindsight."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from ..scenario import GOVERNMENT, Scenario
from ..tables import records

if TYPE_CHECKING:
    from .case import Case


def drivers(case: Case, end: date) -> Scenario:
    """General insecurity as published, up to `end`; control and closures are inferred from reports, not stated here."""
    return _insecurity(Scenario("as reported"), case, end)


def in_hindsight(case: Case, end: date) -> Scenario:
    """Scenario of what is best known to have happened up to `end`: falls, closures, threat and insecurity by best
    dates.
    """
    scenario = Scenario("in hindsight (best dates)")
    falls = case.hindsight_control.sort_values(["start", "crossing"])
    for row in records(falls):
        if row["start"].date() > end:
            continue
        if row["holder"] == GOVERNMENT:
            scenario = scenario.recapture(row["crossing"], row["start"])
        else:
            scenario = scenario.capture(row["crossing"], row["start"], by=row["holder"])
    for row in records(case.closures.sort_values(["start", "crossing"])):
        if row["start"].date() <= end:
            last = None if pd.isna(row["end"]) else row["end"]
            share = 0.0 if pd.isna(row["open_share"]) else row["open_share"]
            scenario = scenario.close(row["crossing"], row["start"], last, by=row["closed_by"], open_share=share)
    return _insecurity(_threats(scenario, case, falls, end), case, end)


def _threats(scenario: Scenario, case: Case, falls: pd.DataFrame, end: date) -> Scenario:
    """Each border crossing is threatened for `threat_days` days before it falls."""
    days = int(case.best("threat_days"))
    border = set(case.border_units["crossing"])
    for row in records(falls):
        day = row["start"].date()
        last = min(day - timedelta(days=1), end)
        first = day - timedelta(days=days)
        if days and row["crossing"] in border and row["holder"] != GOVERNMENT and first <= last:
            scenario = scenario.threat(row["crossing"], first, last)
    return scenario


def _insecurity(scenario: Scenario, case: Case, end: date) -> Scenario:
    """The driver in a line between its observations from the first treated day on, the last one held until `end`."""
    points = insecurity_points(case)
    if points.empty:
        return scenario
    first = case.baseline_until + timedelta(days=1)
    for day, following in zip(points.index, [*points.index[1:], None], strict=True):
        start = max(day, first)
        stop = end if following is None else min(following - timedelta(days=1), end)
        if start > stop:
            continue
        if following is None:
            scenario = scenario.insecurity(start, stop, points[day])
            continue
        slope = (points[following] - points[day]) / (following - day).days
        share = points[day] + slope * (start - day).days
        scenario = scenario.insecurity(start, stop, share, to=points[day] + slope * (stop - day).days)
    return scenario


def insecurity_points(case: Case) -> pd.Series:
    """Observed insecurity driver: share held by insurgents by day (index of dates), rows marked `driver` only."""
    table = case.insecurity
    rows = table[table["use"] == "driver"] if len(table) else table
    if not len(rows):
        return pd.Series(dtype=float)
    # two counts of one day stand for their mean: the driver is a path, not a list of claims
    share = (rows["held"] / rows["total"]).groupby(rows["date"].dt.date).mean()
    return share.sort_index()


def insecurity_reference(case: Case) -> float:
    """Mean of the driver over the period that fixed the baseline level; 0 where a case has no driver."""
    points = insecurity_points(case)
    if points.empty:
        return 0.0
    rows = level_rows(case)
    if not len(rows):
        return float(points.iloc[0])
    days = pd.date_range(rows["period_start"].min(), rows["period_end"].max())
    known = pd.Series(points.to_numpy(), index=pd.DatetimeIndex(points.index))
    path = known.reindex(known.index.union(days)).interpolate("time", limit_area="inside")
    return float(path.reindex(days).ffill().bfill().mean())


def level_rows(case: Case) -> pd.DataFrame:
    """National rows that fix the level: those marked for it whose period is the last to end before the campaign.

    Rows that contradict each other about that period come together; each draw takes one of them.
    """
    table = case.national
    if table.empty:
        return table
    rows = table[(table["use"] == "level") & (table["period_end"] <= pd.Timestamp(case.baseline_until))]
    if rows.empty:
        return rows
    last: pd.Timestamp = rows["period_end"].max()
    return rows[rows["period_end"] == last].sort_values("row")
