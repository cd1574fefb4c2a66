"""What a case gives to every run of it, whatever the scenario and the window: worked out once for each case.

Crossings are sorted by name and border crossings come before inland houses, so that the order of a table's rows
cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.history import insecurity_reference, level_rows
from .engine.sampling import Marginal
from .errors import TradeImpactError
from .flows import FlowShare, flow_shares
from .marginals import growth_of, marginals_of, monthly_series
from .model.baseline import Constraint, Growth, require_feasible
from .scenario import GOVERNMENT, NOBODY
from .schedule import statutory_by_crossing
from .tables import records

Array = NDArray[np.float64]
Made = TypeVar("Made")

_memory: WeakKeyDictionary[Case, dict[Hashable, Any]] = WeakKeyDictionary()


def once(case: Case, key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` gives, made the first time it is asked for of a case (which never changes) and kept as long as it."""
    kept = _memory.setdefault(case, {})
    if key not in kept:
        kept[key] = make()
    made: Made = kept[key]
    return made


@dataclass(frozen=True)
class Foundation:
    """Shapes: C crossings, border first."""

    crossings: tuple[str, ...]
    border: int  # the first `border` crossings are border crossings
    groups: tuple[str, ...]  # of the border crossings
    merged: dict[str, str]  # crossing to the one whose revenue includes it
    known: tuple[str, ...]  # every crossing of the case
    authorities: tuple[str, ...]
    marginals: tuple[Marginal, ...]
    scores: tuple[str, ...]
    parts: tuple[Array, Array, Array]
    flows: tuple[FlowShare, ...]
    constraints: tuple[Constraint, ...]
    anchors: tuple[tuple[float, float, float], ...]
    growth: Growth | None
    monthly: Array | None
    level_until: date  # end of the period whose level is known
    holidays: tuple[dict[str, Any], ...]
    feed: tuple[Array, Array, Array]
    statutory: dict[str, tuple[float, float, float]]
    insecurity_reference: float
    loads_have_worth: bool  # whether a truck load is worth more than one unit of currency, its stand-in where unknown


def foundation(case: Case) -> Foundation:
    """Check a case and lay it out; made once."""
    return once(case, "foundation", lambda: _foundation(case))


def _foundation(case: Case) -> Foundation:
    border = tuple(sorted(case.border_units["crossing"]))
    inland = tuple(sorted(case.inland_units["crossing"]))
    crossings = border + inland
    anchors, anchor_end = _anchors(case, level_rows(case))
    monthly, last_month = monthly_series(case)
    parts = case.baseline.set_index("crossing").reindex(list(crossings))
    _require_parts(parts)
    constraints = _constraints(case, crossings)
    ranges = _money(case, parts)
    if constraints:
        corners = np.array([[c.low, c.high] for c in constraints])
        require_feasible(ranges[0], ranges[2], corners, constraints, crossings)
    flows = flow_shares(case, crossings)
    scores = ["holiday", "inland_feed", "level_growth", "level_row", "level_value", "tariff"]
    scores += [f"flow.{c}" for c in sorted(crossings)] if flows else []
    scores += [f"total.{c.name}" for c in constraints] + [f"part.{c}" for c in sorted(crossings)]
    table = case.crossings
    group = dict(zip(table["crossing"], table["route_group"], strict=True))
    return Foundation(
        crossings=crossings,
        border=len(border),
        groups=tuple(str(group[c]) for c in border),
        merged={c: to for c, to in zip(table["crossing"], table["assessed_with"], strict=True) if to},
        known=tuple(table["crossing"]),
        authorities=_authorities(case),
        marginals=marginals_of(case),
        scores=tuple(scores),
        parts=ranges,
        flows=flows,
        constraints=constraints,
        anchors=anchors,
        growth=growth_of(case),
        monthly=monthly,
        level_until=anchor_end if monthly is None else last_month,
        holidays=tuple(_holiday_rows(case)),
        feed=_feed(case, border, inland),
        statutory=statutory_by_crossing(case),
        insecurity_reference=insecurity_reference(case),
        loads_have_worth=len(case.trucks) > 0 or case.best("value_per_truck") > 1,
    )


def _authorities(case: Case) -> tuple[str, ...]:
    """Government, nobody, then the insurgent authorities by name."""
    table = case.authorities
    insurgents = sorted(table.loc[table["kind"] == "insurgent", "authority"])
    return (GOVERNMENT, NOBODY, *insurgents)


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


def _feed(case: Case, border: Sequence[str], inland: Sequence[str]) -> tuple[Array, Array, Array]:
    low, best, high = (np.zeros((len(inland), len(border))) for _ in range(3))
    for row in records(case.inland):
        if row["inland"] in inland and row["crossing"] in border:
            at = inland.index(row["inland"]), border.index(row["crossing"])
            low[at], best[at], high[at] = row["feed_low"], row["feed_best"], row["feed_high"]
    return low, best, high
