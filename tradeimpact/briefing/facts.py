"""The numbers of a briefing, computed once: the run as known on the day, the run of the last briefing, control."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from ..case import Case
from ..errors import TradeImpactError
from ..figures.text import estimate
from ..inference import chain_origin, infer_control
from ..results import Results
from ..scenario import to_day
from ..simulate import simulate

CONTROL_DRAWS = 256  # of weights and hazards; each gives a probability, so fewer are needed than of histories
KEPT = ("baseline", "government_revenue", "days_held")  # by day, for figures on periods inside the window
LATER_DAYS = 30  # of the window where a case states neither reports nor an end


@dataclass(frozen=True)
class Facts:
    """What the sections draw on.

    `lost` is the probability, by crossing, that the government does not hold it on the day, given what was published by
    the day; `lost_before` the same of the earlier day. `before` is the same window as it was estimated then.
    """

    case: Case  # as known on the day
    day: date
    result: Results
    lost: pd.Series[float]
    since: date | None = None
    before: Results | None = None
    lost_before: pd.Series[float] | None = None

    @property
    def names(self) -> dict[str, str]:
        """Printed name of each crossing."""
        table = self.case.crossings
        return dict(zip(table["crossing"], table["name"], strict=True))

    @property
    def currency(self) -> str:
        """Currency as printed."""
        return self.result.currency.upper()

    def by_crossing(self, line: str) -> pd.DataFrame:
        """A ledger line by draw (rows) and crossing (columns)."""
        data = self.result.to_xarray()[line]
        if "crossing" not in data.dims:
            raise TradeImpactError("a briefing keeps its draws by crossing: take at most 65,536 draws")
        crossings = list(self.result.inputs.crossings)
        values = data.sel(crossing=crossings).transpose("draw", "crossing").to_numpy()
        return pd.DataFrame(values, columns=pd.Index(crossings, name="crossing"))

    def said(self, line: str, *, before: bool = False) -> str:
        """Median and 90 % interval of a headline line in words, as known on the day or on the earlier one."""
        result = self.before if before and self.before is not None else self.result
        table = result.summary()
        middle, low, high = (float(table[name][line]) for name in ("median", "low", "high"))
        return estimate(middle, low, high, currency=self.currency)


def last_day(case: Case) -> date:
    """Day of a briefing that names none: the end of the period a case is about, else its newest report."""
    days = re.findall(r"\d{4}-\d{2}-\d{2}", str(case.metadata.get("period", "")))
    if days:
        return date.fromisoformat(days[-1])
    reports = case.reports
    if len(reports):
        newest: pd.Timestamp = reports["published_latest"].max()
        return newest.date()
    return case.baseline_until + timedelta(days=LATER_DAYS)


def gather_facts(
    case: Case,
    *,
    as_of: str | date | None,
    since: str | date | None,
    draws: int,
    rng: int | np.random.Generator | None,
) -> Facts:
    """Run the model as known on the day, and for `since` as it was known then, over one window and on one seed."""
    day = last_day(case) if as_of is None else to_day(as_of)
    first = case.baseline_until + timedelta(days=1)
    if day < first:
        raise TradeImpactError(
            f"as_of={day}: the crisis of {case.name!r} begins on {first}; brief as of that day or a later one"
        )
    earlier = None if since is None else to_day(since)
    if earlier is not None and not chain_origin(case) <= earlier < day:
        raise TradeImpactError(
            f"since={earlier}: the last briefing must lie between {chain_origin(case)}, a week before the crisis, and "
            f"the day before this one, {day}"
        )
    result = simulate(
        case, case.as_reported(), start=first, end=day, as_of=day, draws=draws, rng=rng, keep=KEPT, progress=False
    )
    known = result.case
    facts = Facts(known, day, result, _lost(case, day, result.seed))
    if earlier is None:
        return facts
    before = simulate(
        case, case.as_reported(), start=first, end=day, as_of=earlier, draws=draws, rng=result.seed, progress=False
    )
    return Facts(known, day, result, facts.lost, earlier, before, _lost(case, earlier, result.seed))


def _lost(case: Case, day: date, seed: int) -> pd.Series[float]:
    """Probability by crossing that the government does not hold it on a day, from what was published by the day."""
    table = infer_control(case.as_of(day), start=day, end=day, as_of=day, draws=CONTROL_DRAWS, rng=seed).probability
    held = table["government"].droplevel("day")
    return 1.0 - held
