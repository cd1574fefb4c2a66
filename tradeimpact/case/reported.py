"""Who holds a crossing that the government has lost, as reports name it: shares by authority, joint where they say so.

A report's holders stand in ``reported_holders.csv``. From the day a report is about its shares hold until the next
report on that crossing; before the first they are those of the first. Where no report names anybody the crossing is
divided equally among the insurgent authorities: that says only that nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..tables import records

if TYPE_CHECKING:
    from .case import Case

FIXED = 2  # government and nobody come before the insurgent authorities


def holder_shares(
    case: Case,
    crossings: Sequence[str],
    authorities: Sequence[str],
    days: pd.DatetimeIndex,
    until: date | None = None,
) -> NDArray[np.float64]:
    """Shares of each authority in a crossing that is out of the government's hands, summing to 1.

    Parameters
    ----------
    case : Case
    crossings, authorities : sequence of str
        Order of the axes; the government and nobody come first among the authorities. The government has a share where
        a report says that the new holder lets it run the crossing too.
    days : DatetimeIndex
    until : day, optional
        Only reports published by then count.

    Returns
    -------
    array (authorities, crossings, days)
    """
    shares = np.zeros((len(authorities), len(crossings), len(days)))
    shares[FIXED:] = 1.0 / max(len(authorities) - FIXED, 1)
    named = case.reported_holders
    if not len(named):
        return shares
    place = {name: i for i, name in enumerate(authorities)}
    where = {name: i for i, name in enumerate(crossings)}
    reports = case.reports[case.reports["report"].isin(set(named["report"]))]
    if until is not None:
        reports = reports[reports["published_latest"] <= pd.Timestamp(until)]
    seen: set[str] = set()
    for report in records(reports.sort_values(["date", "published_latest", "report"])):
        if report["crossing"] not in where:
            continue
        at = where[report["crossing"]]
        from_day = int(days.searchsorted(report["date"])) if report["crossing"] in seen else 0
        seen.add(report["crossing"])
        shares[:, at, from_day:] = 0.0
        for row in records(named[named["report"] == report["report"]]):
            shares[place[row["authority"]], at, from_day:] = row["share"]
    return np.asarray(shares / shares.sum(axis=0))
