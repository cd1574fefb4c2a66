"""A synthetic case of any size: posts, years of days and reports without number, invented from a seed.

It says nothing about any place. Each post is lost and taken back a few times; reports tell of it on time, late or
wrongly, so that the inference has work to do on every post and every month.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from tradeimpact.case.codebook import codebook
from tradeimpact.case.package import package

CURRENCY = "XTS"  # the code that ISO 4217 keeps for testing
BEFORE = date(2001, 12, 31)  # last day before the crisis
FIRST = BEFORE + timedelta(days=1)
YEAR = (date(2001, 1, 1), BEFORE)
POSTS_OF_A_NEIGHBOUR = 25
SPELL_DAYS = 400  # mean length of a post's time in one pair of hands
CLOSURE_DAYS = 20
TOLD_RIGHT = 0.9  # share of reports that tell the truth
ASSUMPTIONS = Path(__file__).parents[1] / "data" / "synthetic-posts" / "assumptions.toml"
ROLES = {
    "government": "spokesman of the ministry",
    "insurgent": "spokesman of the insurgents",
    "neighbour": "customs officer across the border",
    "witness": "drivers at the post",
    "relay": "news agency",
}


def large_case(folder: Path, *, crossings: int, days: int, reports: int, seed: int = 1) -> Path:
    """Write a packaged synthetic case of `crossings` posts whose crisis lasts `days`, told of in `reports`."""
    draw = np.random.default_rng(seed)
    names = np.array([f"post_{number + 1:03d}" for number in range(crossings)])
    last = FIRST + timedelta(days=days - 1)
    lost = _spells(crossings, days, draw)
    tables = _before(names, last, draw)
    tables["reports"] = _reports(names, lost, reports, draw)
    tables["closures"] = _closures(names, days, draw)
    tables["insecurity"] = _insecurity(days, draw)
    told = sorted(set(tables["reports"]["source"]))
    tables["sources"] = pd.DataFrame({"source": ["synthetic_world", *told]}).assign(title="synthetic", note="synthetic")
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        full = frame.reindex(columns=list(codebook(CURRENCY)[name].columns))
        full.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    shutil.copy(ASSUMPTIONS, folder / "assumptions.toml")
    about = {
        "name": "synthetic-large",
        "description": "Synthetic: invented posts, figures and reports, to measure time and memory.",
        "schema_version": "1",
        "baseline_until": str(BEFORE),
        "period": f"{FIRST} to {last}",
        "synthetic": True,
    }
    (folder / "datapackage.json").write_text(json.dumps(about), encoding="utf-8")
    title = f"Synthetic case of {crossings} invented posts over {days} days"
    package(folder, title=title, currency=CURRENCY, calendar="gregorian")
    return folder


def _marked(rows: Mapping[str, object] | pd.DataFrame, published: object = BEFORE) -> pd.DataFrame:
    made = pd.DataFrame(rows)
    return made.assign(
        source="synthetic_world", grade="E", published_latest=published, published_basis="judged", note="synthetic"
    )


def _before(names: np.ndarray, last: date, draw: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Posts with their revenue and trucks, the country's total, who speaks, the exchange rate."""
    best = np.round(draw.lognormal(np.log(5e8), 0.8, len(names)), -5)
    trucks = np.maximum(np.round(best / 365 / 12_000), 1.0)
    places = [f"Synthetic {number // POSTS_OF_A_NEIGHBOUR + 1:02d}" for number in range(len(names))]
    money = {"low_xts": 0.75 * best, "best_xts": best, "high_xts": 1.25 * best}
    total = {"low": 0.97 * best.sum(), "best": best.sum(), "high": 1.03 * best.sum()}
    period = {"period_start": YEAR[0], "period_end": YEAR[1]}
    titles = [name.replace("_", " ").title() + " (synthetic)" for name in names]
    groups = [place.lower().replace(" ", "_") for place in places]
    crossings = {"crossing": names, "name": titles, "kind": "border", "neighbour": places, "route_group": groups}
    bounds = {f"{bound}_xts": [value] for bound, value in total.items()}
    sums = {"constraint": ["country_total"], "kind": "range", "members": "*", "description": "Posts sum to the total"}
    return {
        "authorities": pd.DataFrame(
            {
                "authority": ["government", "nobody", "insurgents"],
                "name": ["Government", "Nobody", "Insurgents"],
                "kind": ["government", "nobody", "insurgent"],
            }
        ),
        "crossings": _marked(crossings),
        "baseline": _marked({"crossing": names, **money, "basis": "synthetic", "reasoning": "synthetic"}),
        "constraints": _marked(sums | bounds),
        "national": _marked(
            {"row": ["na1"], "series": "customs_all", **{k: [v] for k, v in total.items()}, "unit": "xts", **period}
        ).assign(use="level"),
        "trucks": _marked({"crossing": names, "low": trucks * 0.7, "best": trucks, "high": trucks * 1.4}),
        "fx": _marked({"start": [YEAR[0]], "end": last, "xts_per_usd": 10.0}),
        "speakers": _marked({"pattern": list(ROLES.values()), "role": list(ROLES)}),
    }


def _spells(posts: int, days: int, draw: np.random.Generator) -> np.ndarray:
    """Whether each post is lost, bool (days, posts): held first, then lost and taken back in spells."""
    turns = draw.random((days, posts)) < 1.0 / SPELL_DAYS
    return np.cumsum(turns, axis=0) % 2 == 1


def _reports(names: np.ndarray, lost: np.ndarray, count: int, draw: np.random.Generator) -> pd.DataFrame:
    """Statements on days drawn evenly: of a change in the days after one, else of who holds the post."""
    days, posts = lost.shape
    day, post = np.sort(draw.integers(0, days, count)), draw.integers(0, posts, count)
    says = np.where(draw.random(count) < TOLD_RIGHT, lost[day, post], ~lost[day, post])
    fresh = lost[day, post] != lost[np.maximum(day - 10, 0), post]
    event = np.where(says, np.where(fresh, "captured", "status_insurgent_held"), "status_government_held")
    event = np.where(~says & fresh, "recaptured", event)
    event = np.where(says & (draw.random(count) < 0.05), "insurgents_begin_collecting", event)
    role = draw.choice(list(ROLES), count)
    voice = draw.integers(1, 4, count).astype(str)
    late = draw.integers(0, 4, count)
    published = pd.Timestamp(FIRST) + pd.to_timedelta(day + late, unit="D")
    speaker = pd.Series(role).map(ROLES).str.cat(voice, sep=" ")
    return pd.DataFrame(
        {
            "report": [f"rp{number + 1:06d}" for number in range(count)],
            "crossing": names[post],
            "date": (pd.Timestamp(FIRST) + pd.to_timedelta(day, unit="D")).date,
            "date_uncertainty_days": np.where(late > 1, 1, 0),
            "event": event,
            "about": "control",
            "claimed_by": speaker,
            "statement": "Synthetic: " + speaker + " says " + pd.Series(event) + " of " + pd.Series(names[post]),
            "source": pd.Series(role).str.cat(voice, sep="_").map("synthetic_{}".format),
            "grade": "C",
            "published_latest": published.date,
            "published_basis": "printed",
            "note": "synthetic",
        }
    )


def _closures(names: np.ndarray, days: int, draw: np.random.Generator) -> pd.DataFrame:
    """One closure by the neighbour at every post, somewhere in the crisis."""
    first = draw.integers(0, max(days - CLOSURE_DAYS, 1), len(names))
    start = pd.Timestamp(FIRST) + pd.to_timedelta(first, unit="D")
    end = start + pd.to_timedelta(draw.integers(1, CLOSURE_DAYS, len(names)), unit="D")
    rows = {
        "closure": [f"cl{number + 1:03d}" for number in range(len(names))],
        "crossing": names,
        "start": start.date,
        "end": end.date,
        "closed_by": "neighbour",
    }
    return _marked(rows, published=end.date)


def _insecurity(days: int, draw: np.random.Generator) -> pd.DataFrame:
    """Districts held by insurgents at the end of each quarter, out of 400."""
    at = [YEAR[0], *(FIRST + timedelta(days=n) for n in range(0, days, 90))]
    held = np.clip(60 + np.cumsum(draw.integers(-15, 18, len(at))), 0, 400)
    rows = {"row": [f"in{n + 1:03d}" for n in range(len(at))], "date": at, "held": held, "total": 400}
    return _marked(rows, published=at).assign(definition="as given", use="driver")
