"""When crossings were shut to cargo, from reports: episodes with uncertain first and last days.

A closure or halt opens an episode, cargo passing again or insurgents collecting ends it. Statements about people,
holidays or borders are not about cargo. Conflicting statements on one episode widen its window instead of being
averaged; a cut road and a shut gate are two episodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..tables import records

if TYPE_CHECKING:
    from .case import Case

ROAD = "road"  # an open post whose road is cut: a little still passes
SHUT = {
    "closed_by_neighbour": "neighbour",
    "closed_by_holder": "holder",
    "closed_by_own_side": "own_side",
    "trade_halted": "halted",
    "road_cut": ROAD,
}
OPEN = ("reopened", "partially_reopened", "insurgents_begin_collecting")
SAME_EPISODE_DAYS = 3  # openings this close to the first one belong to the same end
COLUMNS = ("crossing", "closed_by", "start_first", "start_last", "end_first", "end_last", "reports")


def closings(case: Case) -> pd.DataFrame:
    """Episodes of closure to cargo.

    Returns
    -------
    DataFrame
        Columns crossing, closed_by ("road" where the post is open and its road is cut), start_first, start_last
        (window of the first shut day), end_first, end_last (window of the last shut day, missing while no end is
        reported), reports (their names).
    """
    skipped = {
        row["report"] for row in records(case.corrections) if row["field"] == "proposition" and row["value"] == "none"
    }
    units = set(case.units["crossing"])
    rows = []
    for row in records(case.reports):
        cargo = row["about"] == "trade" and row["event"] in (*SHUT, *OPEN)
        collects = row["event"] == "insurgents_begin_collecting" and row["about"] == "control"
        if row["crossing"] in units and row["report"] not in skipped and (cargo or collects):
            rows.append(row | _window(row))
    found: list[dict[str, Any]] = []
    for crossing in sorted({row["crossing"] for row in rows}):
        found += _episodes(
            sorted((r for r in rows if r["crossing"] == crossing), key=lambda r: (r["date"], _rank(r["event"])))
        )
    return pd.DataFrame(found, columns=list(COLUMNS)).sort_values(["start_first", "crossing"], ignore_index=True)


def _window(row: dict[str, Any]) -> dict[str, Any]:
    slack = pd.Timedelta(days=0 if pd.isna(row["date_uncertainty_days"]) else float(row["date_uncertainty_days"]))
    return {
        "first": min(row["date"] - slack, row["published_latest"]),
        "last": min(row["date"] + slack, row["published_latest"]),
    }


def _rank(event: str) -> int:
    """Order of statements about one day: a gate is shut, is opened, and then its road may be cut all the same."""
    return 2 if SHUT.get(event) == ROAD else int(event in OPEN)


def _episodes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Episodes of one crossing from its statements in order of their day."""
    found: list[dict[str, Any]] = []
    running: dict[str, Any] | None = None
    opened: pd.Timestamp | None = None
    day = pd.Timedelta(days=1)
    for row in rows:
        if row["event"] in SHUT:
            other = running is not None and (running["closed_by"] == ROAD) != (SHUT[row["event"]] == ROAD)
            if running is None or opened is not None or other:
                running, opened = _begin(row), None
                found.append(running)
            else:
                running["start_first"] = min(running["start_first"], row["first"])
                running["start_last"] = max(running["start_last"], row["last"])
        elif running is not None and (opened is None or (row["date"] - opened).days <= SAME_EPISODE_DAYS):
            first, last = row["first"] - day, row["last"] - day
            running["end_first"] = first if opened is None else min(running["end_first"], first)
            running["end_last"] = last if opened is None else max(running["end_last"], last)
            opened = opened or row["date"]
        else:
            continue
        running["reports"] = f"{running['reports']};{row['report']}".strip(";")
    return found


def _begin(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "crossing": row["crossing"],
        "closed_by": SHUT[row["event"]],
        "start_first": row["first"],
        "start_last": row["last"],
        "end_first": pd.NaT,
        "end_last": pd.NaT,
        "reports": "",
    }
