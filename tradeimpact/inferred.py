"""The history as reported, draw by draw: sampled control, closures with uncertain ends, threat before a fall,
insecurity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.closing import ROAD, closings
from .case.reported import holder_shares
from .engine.blocks import BLOCK
from .engine.sampling import uniforms
from .foundation import once
from .holders import Evidence, block_paths
from .inference import gather
from .marginals import require
from .memory import New, aligned
from .model import control
from .tables import records

Array = NDArray[np.float64]
Closure = tuple[int, int, int, int | None, int | None, bool]


@dataclass(frozen=True)
class Inferred:
    """What was published about control and closures, on the days of a run.

    `shares` divide a lost crossing among the authorities (authorities, crossings, days). `offset` is the position of
    the chain's origin among the run's days, `known_until` that of the last day known (its own count from the origin).
    `closures` are (crossing, start first, start last, end first, end last, whether only the road is cut) in run
    positions, which are negative before the run begins; an end that is not reported yet is None.
    """

    known: Evidence
    shares: Array
    offset: int
    known_until: int
    forecast: str
    threat_days: int
    closures: tuple[Closure, ...]
    insecurity: Array  # (days,), NaN where nothing is known
    unknown_from: int  # first run day of a crisis without any driver published, -1 if there is one


def infer_history(
    case: Case,
    crossings: tuple[str, ...],
    authorities: tuple[str, ...],
    days: pd.DatetimeIndex,
    insecurity: Array,
    as_of: date | None,
    forecast: str,
) -> Inferred:
    """Lay out what the case's reports say on the days of a run; days after `as_of` are forecast."""
    end = days[-1].date()
    require(case, ("threat_days", "closure_days", "insecurity_unknown_rise"))
    threat_days = int(case.best("threat_days"))
    # falls just after the end threaten days before it; control is inferred to the last report whatever the window
    until = max(end + timedelta(days=threat_days), as_of or end)
    known = once(case, ("known", until, forecast), lambda: gather(case, until, forecast).arranged(crossings))
    published = known.rows["published_at"]
    last = (int(published.max()) if len(published) else 0) if as_of is None else (as_of - known.origin).days
    offset = (pd.Timestamp(known.origin) - days[0]).days
    place = {c: i for i, c in enumerate(crossings)}

    def at(day: pd.Timestamp) -> int:
        return (day - days[0]).days

    closures = tuple(
        (
            place[row["crossing"]],
            at(row["start_first"]),
            at(row["start_last"]),
            None if pd.isna(row["end_first"]) else at(row["end_first"]),
            None if pd.isna(row["end_last"]) else at(row["end_last"]),
            row["closed_by"] == ROAD,
        )
        for row in records(once(case, "closings", lambda: closings(case)))
    )
    if any(cut for *_, cut in closures):
        require(case, ("road_cut_open_share",))
    key = ("shares", days[0], days[-1], as_of)
    shares = once(case, key, lambda: holder_shares(case, crossings, authorities, days, as_of))
    unknown = -1 if np.isfinite(insecurity).any() else at(pd.Timestamp(case.baseline_until)) + 1
    return Inferred(known, shares, offset, max(last, 0), forecast, threat_days, closures, insecurity, unknown)


def inferred_paths(
    h: Inferred,
    p: dict[str, Array],
    blank: control.Paths,
    seed: int,
    block: int,
    reference: float,
    new: New = aligned,
) -> control.Paths:
    """Paths of one block of draws, in memory from `new`; `blank` gives the axes, the levies and the counterfactual
    before the chain starts.
    """
    authorities, crossings, days = blank.holders.shape[:3]
    states = block_paths(h.known, p, seed, block, h.known_until, h.forecast)
    by_crossing = np.ascontiguousarray(states[: days - h.offset].transpose(1, 0, 2))
    holders = new((authorities, crossings, days, BLOCK))
    holders[0, :, : h.offset], holders[1:, :, : h.offset] = 1.0, 0.0
    for state in range(2):
        holders[state, :, h.offset :] = by_crossing == state
    lost = by_crossing == 2
    for authority in range(2, authorities):
        np.multiply(lost, h.shares[authority, :, h.offset :, None], out=holders[authority, :, h.offset :])
    for state in np.flatnonzero(h.shares[:2].any(axis=(1, 2))).tolist():
        holders[state, :, h.offset :] += lost * h.shares[state, :, h.offset :, None]
    opened, threat = (new((crossings, days, BLOCK)) for _ in range(2))
    opened[...] = 1.0
    for number, closure in enumerate(h.closures):
        _shut(opened, closure, p, seed, block, number, h)
    ahead = np.ascontiguousarray((states[: days - h.offset + h.threat_days] == 0).transpose(1, 0, 2))
    threat[:, : h.offset] = 0.0
    threat[:, h.offset :] = _threat(ahead, h.threat_days)[:, : days - h.offset]
    insecurity = _insecurity(h, p, days, reference)
    return control.Paths(
        holders=holders,
        open_share=opened,
        threat=threat,
        insecurity=insecurity,
        days_since_reopening=control.days_since_reopening(opened, new),
        levy_rate=blank.levy_rate,
        levy_per_truck=blank.levy_per_truck,
        first_events=control.first_changes(holders, opened, threat, insecurity),
    )


def _shut(
    opened: Array,
    closure: Closure,
    p: dict[str, Array],
    seed: int,
    block: int,
    number: int,
    h: Inferred,
) -> None:
    """Shut one crossing in each draw, from a day drawn in the window of its start to one in the window of its end."""
    place, start_first, start_last, end_first, end_last, road_cut = closure
    days = opened.shape[1]
    u = uniforms(seed, f"closure/{number}/start", block)
    start = start_first + np.minimum((u * (start_last - start_first + 1)).astype(int), start_last - start_first)
    if end_first is None or end_last is None:
        # no end is reported yet: it lasts a drawn number of days more from the last day known
        end = np.maximum(start, h.offset + h.known_until) + np.ceil(np.maximum(p["closure_days"], 0.0)).astype(int)
    else:
        u = uniforms(seed, f"closure/{number}/end", block)
        end = end_first + np.minimum((u * (end_last - end_first + 1)).astype(int), end_last - end_first)
    end = np.maximum(end, start)
    first, last = max(int(start.min()), 0), min(int(end.max()) + 1, days)
    if first >= last:
        return
    day = np.arange(first, last)[:, None]
    left = np.clip(p["road_cut_open_share"], 0.0, 1.0) if road_cut else 0.0
    now = opened[place, first:last]
    np.minimum(now, np.where((day >= start) & (day <= end), left, 1.0), out=now)


def _threat(held: NDArray[np.bool_], threat_days: int) -> NDArray[np.bool_]:
    """The days before a crossing held by the government is lost, `threat_days` of them (crossings, days, draws)."""
    threat, lost = np.zeros_like(held), np.zeros_like(held)
    lost[:, 1:] = held[:, :-1] & ~held[:, 1:]
    for ahead in range(1, threat_days + 1):
        threat[:, :-ahead] |= lost[:, ahead:]
    return threat & held


def _insecurity(h: Inferred, p: dict[str, Array], days: int, reference: float) -> Array:
    """The driver as published, or where none is yet a rise drawn from a wide prior, reached over a month."""
    if h.unknown_from < 0:
        return h.insecurity[:, None]
    path = np.full((days, BLOCK), np.nan)
    first = max(h.unknown_from, 0)
    climb = np.minimum((np.arange(first, days) - h.unknown_from + 1) / 31.0, 1.0)
    path[first:] = reference + climb[:, None] * p["insecurity_unknown_rise"]
    return path
