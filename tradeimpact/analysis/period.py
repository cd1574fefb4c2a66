"""The period vintage: figures on periods that had ended by the cut-off count, whenever published (MODEL section 10)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ..case import Case
from ..tables import records

# table -> column with the last day its figures are about; what states an event goes by its publication all the same
ENDS = {
    "national": "period_end",
    "revenue": "period_end",
    "trade": "period_end",
    "leakage": "period_end",
    "insecurity": "date",
    "fx": "end",
}


def ended_by(case: Case, day: date) -> Case:
    """The case with figures on periods ended by `day` dated as if published by then; use it with ``as_of``.

    A baseline figure counts if every row it rests on is about a period that had ended, or had been published.
    Outcomes stay out: they are what is scored. Assumptions keep their dates, they are no figures on a period.
    """
    limit = pd.Timestamp(day)
    tables = {name: case.tables[name] for name in case.tables}
    for name, column in ENDS.items():
        if name in tables:
            ended = tables[name][column] <= limit
            tables[name] = _dated(tables[name], ended, limit)
    known = {
        str(row[table.columns[0]])
        for table in tables.values()
        if "published_latest" in table
        for row in records(table)
        if row["published_latest"] <= limit
    }
    baseline = tables["baseline"]
    rests = [set(filter(None, str(cell).split(";"))) for cell in baseline["rests_on"]]
    supported = pd.Series([bool(names) and names <= known for names in rests], index=baseline.index)
    tables["baseline"] = _dated(baseline, supported, limit)
    if "constraints" in tables:  # about the baseline year, which ended before the crisis
        constraints = tables["constraints"]
        ended = pd.Series(pd.Timestamp(case.baseline_until) <= limit, index=constraints.index)
        tables["constraints"] = _dated(constraints, ended, limit)
    return case.replaced(tables, case.assumption_records)


def _dated(table: pd.DataFrame, ended: pd.Series[bool], limit: pd.Timestamp) -> pd.DataFrame:
    """Rows that count, published by the cut-off at the latest."""
    published = table["published_latest"]
    return table.assign(published_latest=published.where(~ended | (published <= limit), limit))
