"""Which crossing an event is at: by distance along the great circle, and by names whose spelling may differ."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EARTH_KM = 6371.0088  # mean radius (IUGG)
SHORTEST_NAME = 4  # letters: a shorter name is not looked for in the notes


def distances(events: pd.DataFrame, places: pd.DataFrame) -> NDArray[np.float64]:
    """Kilometres along the great circle from every event to every crossing, NaN without coordinates."""
    lat1, lon1 = (np.radians(events[name].to_numpy(float))[:, None] for name in ("latitude", "longitude"))
    lat2, lon2 = (np.radians(places[name].to_numpy(float))[None] for name in ("latitude", "longitude"))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def _names(place: dict[str, Any]) -> list[str]:
    names = [place["name"], place["crossing"].replace("_", " "), *str(place["other_names"]).split(";")]
    return [name.strip().lower() for name in names if name.strip()]


def likeness(name: str, text: str) -> float:
    """How much the best stretch of words in `text` is like `name`, 0 to 1; spelling may differ.

    >>> round(likeness("spin boldak", "Spin Buldak district"), 2), likeness("torkham", "Torkham")
    (0.91, 1.0)
    """
    wanted = re.sub(r"[^\w ]+", " ", name.lower()).split()
    words = re.sub(r"[^\w ]+", " ", text.lower()).split()
    if not wanted or not words:
        return 0.0
    size = min(len(wanted), len(words))
    stretches = (" ".join(words[i : i + size]) for i in range(len(words) - size + 1))
    return max(SequenceMatcher(None, " ".join(wanted), stretch).ratio() for stretch in stretches)


def _by_name(event: dict[str, Any], place: dict[str, Any], similarity: float) -> tuple[float, str]:
    """Best likeness of a crossing's names to the location, or 1 where the notes spell one out; and the name."""
    best, said = 0.0, ""
    for name in _names(place):
        like = likeness(name, event["location"])
        exact = len(name) >= SHORTEST_NAME and re.search(rf"\b{re.escape(name)}\b", event["notes"].lower()) is not None
        like = 1.0 if exact and like < similarity else like
        if like > best:
            best, said = like, name
    return best, said


def match(
    event: dict[str, Any], places: list[dict[str, Any]], km: NDArray[np.float64], within: float, similarity: float
) -> dict[str, Any]:
    """Crossing of an event and why: a name that fits beats mere nearness."""
    named = [_by_name(event, place, similarity) for place in places]
    near = int(np.nanargmin(km)) if np.isfinite(km).any() else -1
    best = max(range(len(places)), key=lambda i: (named[i][0], -km[i] if np.isfinite(km[i]) else -np.inf))
    by_name, by_place = named[best][0] >= similarity, near >= 0 and km[near] <= within
    if not by_name and not by_place:
        why = (
            "no coordinates and no name in common"
            if near < 0
            else f"nearest is {places[near]['name']}, {km[near]:.0f} km"
        )
        return {"crossing": "", "match": "none", "distance_km": km[near] if near >= 0 else np.nan, "why": why}
    at = best if by_name else near
    both = by_name and np.isfinite(km[at]) and km[at] <= within
    where = f"{km[at]:.1f} km from the crossing" if np.isfinite(km[at]) else "no coordinates to compare"
    called = f"name {named[at][1]!r}, likeness {named[at][0]:.2f}; " if by_name else ""
    far = "; the name fits but the place is far off" if by_name and np.isfinite(km[at]) and not both else ""
    return {
        "crossing": places[at]["crossing"],
        "match": "place and name" if both else "name" if by_name else "place",
        "distance_km": km[at],
        "similarity": named[at][0] if by_name else np.nan,
        "why": f"{called}{where}{far}",
    }
