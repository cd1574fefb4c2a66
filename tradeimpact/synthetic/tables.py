"""The tables of a synthetic case: what its analyst has, and what only whoever made it knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pandas as pd

from ..case.codebook import codebook
from ..case.derive import INSURGENTS
from .prior import best
from .told import SPEAKERS, Told
from .world import DISTRICTS, GOVERNMENT, INSURGENT, NOBODY, Figures, Past

CURRENCY = "XTS"  # the code that ISO 4217 keeps for testing
PER_DOLLAR = 10.0
YEAR = (date(2001, 1, 1), date(2001, 12, 31))  # of the country total
SOURCE = "synthetic_world"
TOTAL = "country_total"
SAYS = {
    "captured": "says that insurgents have taken {}",
    "claimed_captured": "claims to have taken {}",
    "recaptured": "says that the government has {} back",
    "insurgents_begin_collecting": "says that insurgents collect at {}",
    "status_insurgent_held": "says that {} is not in government hands",
    "status_government_held": "says that the government holds {}",
    "contested": "says that {} is fought over",
    "closed_by_neighbour": "says that the neighbour has shut {}",
    "reopened": "says that {} is open again",
}
STATES = {True: "lost", False: "held"}
HOLDERS = {GOVERNMENT: "government", NOBODY: "nobody", INSURGENT: INSURGENTS[0]}


def before_crisis(names: tuple[str, ...], figures: Figures, last: date) -> dict[str, pd.DataFrame]:
    """What was published before: figures with their ranges, who speaks, the exchange rate up to day `last`."""
    place = {"neighbour": ["Synthetic East" if i % 2 else "Synthetic West" for i in range(len(names))]}
    crossings = pd.DataFrame({"crossing": names, "name": [f"{_title(n)} (synthetic)" for n in names], **place})
    total = _range(figures.stated_total, best("error", "national"))
    half, more = best("error", "revenue"), 1 + best("error", "trucks")
    revenue = pd.DataFrame([_range(value, half) for value in figures.stated_revenue])
    trucks = [(round(value / more, 1), value, round(value * more, 1)) for value in figures.stated_trucks]
    period = {"period_start": YEAR[0], "period_end": YEAR[1]}
    baseline = revenue.rename(columns=_money).assign(
        crossing=names, basis="synthetic figure of the post", reasoning="synthetic: its row in revenue"
    )
    sums = {"constraint": TOTAL, "members": "*", **{_money(bound): value for bound, value in total.items()}}
    return {
        "crossings": _marked(crossings),
        "national": _marked(pd.DataFrame([{**total, **period}])),
        "revenue": _marked(revenue.assign(crossing=names, per="year")),
        "baseline": _marked(baseline),
        "constraints": _marked(pd.DataFrame([{**sums, "description": "Synthetic posts sum to the country total"}])),
        "trucks": _marked(pd.DataFrame(trucks, columns=["low", "best", "high"]).assign(crossing=names)),
        "fx": _marked(pd.DataFrame([{"start": YEAR[0], "end": last, f"{CURRENCY.lower()}_per_usd": PER_DOLLAR}])),
        "speakers": _marked(
            pd.DataFrame([(words, role) for role, words in SPEAKERS.items()], columns=["pattern", "role"])
        ),
    }


def in_crisis(
    names: tuple[str, ...], past: Past, told: Sequence[Told], origin: date, first: date, last: date
) -> dict[str, pd.DataFrame]:
    """What was published about it: reports, and the count of districts between `first` and `last`."""
    held = [past.held, past.held, past.held + past.rise]
    days = [YEAR[0], first - timedelta(days=1), last]
    counted = _marked(pd.DataFrame({"date": days, "held": held, "total": DISTRICTS}))
    return {"insecurity": counted, "reports": _reports(names, told, origin)}


def _title(name: str) -> str:
    return name.replace("_", " ").title()


def _money(bound: str) -> str:
    return f"{bound}_{CURRENCY.lower()}"


def _range(value: float, half: float) -> dict[str, float]:
    return {"low": round(value * (1 - half), 3), "best": value, "high": round(value * (1 + half), 3)}


def _marked(frame: pd.DataFrame, source: str = SOURCE) -> pd.DataFrame:
    return frame.assign(source=source, grade="E", note="synthetic")


def _reports(names: tuple[str, ...], told: Sequence[Told], origin: date) -> pd.DataFrame:
    rows = [
        {
            "crossing": names[t.post],
            "date": origin + timedelta(days=t.day),
            "date_uncertainty_days": t.slack,
            "event": t.event,
            "claimed_by": t.speaker,
            "statement": f"Synthetic: {t.speaker} {SAYS[t.event].format(_title(names[t.post]))}",
            "source": t.source,
            "published_latest": origin + timedelta(days=t.published),
            "published_basis": "printed",
        }
        for t in told
    ]
    columns = ["crossing", "date", "event", "claimed_by"]
    return pd.DataFrame(rows, columns=None if rows else columns).assign(grade="C", note="synthetic")


def hindsight(names: tuple[str, ...], past: Past, origin: date) -> dict[str, pd.DataFrame]:
    """Tables that are read for scoring only: each change of holder, each closure, and who held what on which days."""
    changes, spells, shut = [], [], []
    for post, name in enumerate(names):
        states = past.states[:, post].tolist()
        starts = [day for day, state in enumerate(states) if state != (states[day - 1] if day else GOVERNMENT)]
        changes += [{"crossing": name, "holder": HOLDERS[states[d]], "start": _day(origin, d)} for d in starts]
        lost = [state != GOVERNMENT for state in states]
        edges = [0, *(d for d in range(1, len(lost)) if lost[d] != lost[d - 1]), len(lost)]
        spells += [
            {"crossing": name, "start": _day(origin, a), "end": _day(origin, b - 1), "state": STATES[lost[a]]}
            for a, b in pairwise(edges)
        ]
    for number, (post, first, last) in enumerate(past.closures):
        days = {"start": _day(origin, first), "end": _day(origin, last)}
        shut.append({"closure": f"cl{number + 1:03d}", "crossing": names[post], **days, "closed_by": "neighbour"})
    published = _day(origin, len(past.states) - 1)
    return {
        name: _known(name, pd.DataFrame(rows), published)
        for name, rows in (("hindsight_control", changes), ("truth", spells), ("closures", shut))
        if rows
    }


def _day(origin: date, days: int) -> date:
    return origin + timedelta(days=days)


def _known(table: str, frame: pd.DataFrame, published: date) -> pd.DataFrame:
    """A table with all columns of the codebook, blank where nothing is to be said."""
    full = _marked(frame).assign(published_latest=published, published_basis="judged")
    return full.reindex(columns=list(codebook(CURRENCY)[table].columns)).astype("str").replace("nan", "")
