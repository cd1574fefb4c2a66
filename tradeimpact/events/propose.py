"""Events as reports that a person may accept: the case's words for them, who said so, and why they were matched."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..errors import TradeImpactError
from ..tables import records
from .match import distances, match
from .read import check_events

PUBLISHED_AFTER_DAYS = 7  # event data are released weekly: a row counts as public a week after its day unless it says
NEAR_DAYS = 3
# sub-event type -> event of the case's reports; "side" leaves it to whether actor 1 is the government or insurgents
VOCABULARY = {
    "non-state actor overtakes territory": "captured",
    "government regains territory": "recaptured",
    "non-violent transfer of territory": "side",
    "headquarters or base established": "side_holds",
    "armed clash": "contested",
    "shelling/artillery/missile attack": "contested",
    "air/drone strike": "contested",
    "attack": "contested",
}
WORDS = (
    (r"\b(re-?open(s|ed|ing)?|resum(es|ed|ing|ption))\b", "reopened"),
    (r"\b(clos(es|ed|ure|ing)|shut(s|ting)?|seal(s|ed))\b", "trade_halted"),
)
BORDER = r"\b(border|crossing|customs|gate|port|trade|trucks?)\b"
COLUMNS = (
    "accept", "proposal", "crossing", "date", "date_uncertainty_days", "event", "about", "claimed_by", "role",
    "statement", "match", "distance_km", "similarity", "why", "already", "event_type", "sub_event_type", "actor1",
    "actor2", "location", "source_text", "published_latest",
)  # fmt: skip


def propose_reports(
    events: pd.DataFrame, case: Case, *, within_km: float = 15.0, similarity: float = 0.85, unmatched: bool = False
) -> pd.DataFrame:
    """Reports that events suggest for a case, each to be accepted or refused in the column `accept`.

    Parameters
    ----------
    events : DataFrame
        From `read_events`, or with its columns.
    case : Case
    within_km : float
        Events at most so far from a crossing are matched to the nearest one by place (km along the great circle).
    similarity : float
        Least likeness, 0 to 1, of a word of the location to a name of a crossing that counts as the same name.
    unmatched : bool
        True lists the events at no crossing too, refused already (accept "no") and with the nearest crossing in `why`.

    Returns
    -------
    DataFrame
        By day: accept (blank for you to fill with yes or no), proposal (identifier), crossing, date,
        date_uncertainty_days, event (the case's word; blank where none fits: choose one or refuse), about, claimed_by,
        role (of the speaker in the case's eyes), statement, match (place, name, place and name), distance_km,
        similarity, why (in words), already (a report of the case that says the same), and the event's own columns.
        A nearby event at another, better matching name is matched by the name.

    Raises
    ------
    TradeImpactError
        If no event matches and `unmatched` is false: the message says how far the nearest is.
    """
    checked = check_events(events)
    if not within_km > 0 or not 0 < similarity <= 1:
        raise TradeImpactError("within_km must be above 0 and similarity in 0 to 1")
    places = case.crossings
    distance = distances(checked, places)
    rows = []
    for number, event in enumerate(records(checked)):
        rows.append(_proposal(event, number, places, distance[number], case, within_km, similarity))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    found = table[table["match"] != "none"]
    if found.empty and not unmatched:
        near = np.nanmin(distance) if np.isfinite(distance).any() else np.nan
        far = f"the nearest is {near:.0f} km away" if np.isfinite(near) else "no coordinates to compare"
        raise TradeImpactError(
            f"none of {len(table)} events matches a crossing of case {case.name!r} ({far}); raise within_km, add "
            "other_names to crossings.csv, or look at them with unmatched=True"
        )
    rest = table[table["match"] == "none"].assign(accept="no") if unmatched else table.iloc[:0]
    ordered = found.sort_values(["date", "crossing", "proposal"], kind="stable")
    return pd.concat([ordered, rest]).reset_index(drop=True)


def _proposal(
    event: dict[str, Any],
    number: int,
    places: pd.DataFrame,
    km: NDArray[np.float64],
    case: Case,
    within_km: float,
    similarity: float,
) -> dict[str, Any]:
    """One event as a proposal."""
    matched = match(event, records(places), km, within_km, similarity)
    word, about, reason = _word(event, case)
    speaker, role = _speaker(event, case)
    precise = str(event["geo_precision"]).strip() in ("", "1")
    vague = "" if precise else "; the place of the event is known to its area only"
    spread = {"2": 3, "3": 15}.get(str(event["time_precision"]).strip(), 0)
    label = re.sub(r"[^A-Za-z0-9_.\-]+", "_", str(event["event_id_cnty"])) or f"{number + 1:04d}"
    return {
        "accept": "",
        "proposal": f"ev_{label}",
        "date": event["event_date"].date().isoformat(),
        "date_uncertainty_days": spread,
        "event": word,
        "about": about,
        "claimed_by": speaker,
        "role": role,
        "statement": event["notes"],
        **matched,
        "why": f"{matched['why']}{vague}; {reason}",
        "already": _already(event, matched["crossing"], word, case),
        **{name: event[name] for name in ("event_type", "sub_event_type", "actor1", "actor2", "location")},
        "source_text": event["source"],
        "published_latest": (event["event_date"] + pd.Timedelta(days=PUBLISHED_AFTER_DAYS)).date().isoformat(),
    }


def _word(event: dict[str, Any], case: Case) -> tuple[str, str, str]:
    """Event word, what it is about, and why; blank where no word fits."""
    kind = str(event["sub_event_type"]).strip().lower()
    word = VOCABULARY.get(kind, "")
    if word in ("side", "side_holds"):
        side = _side(str(event["actor1"]), case)
        taken = {"insurgent": "captured", "government": "recaptured"}
        held = {"insurgent": "status_insurgent_held", "government": "status_government_held"}
        word = (taken if word == "side" else held).get(side, "")
        return (
            word,
            "control",
            f"{kind} by {event['actor1']}"
            if word
            else f"{kind}, but whose side {event['actor1']!r} is on is not known",
        )
    if word:
        return word, "control", kind
    notes = str(event["notes"]).lower()
    if re.search(BORDER, notes):
        for pattern, said in WORDS:
            if re.search(pattern, notes):
                return said, "trade", "the notes speak of an opening or closing; see who did it"
    return "", "control", f"no word of the case for {kind or event['event_type']!r}"


def _side(actor: str, case: Case) -> str:
    """Side of an actor by the authorities' names and the case's speakers; "" if not told."""
    plain = actor.lower()
    for row in records(case.authorities):
        names = {row["name"].lower(), row["authority"].replace("_", " ")}
        if row["kind"] == "insurgent" and any(name in plain for name in names):
            return "insurgent"
    role = next((row["role"] for row in records(case.speakers) if row["pattern"] in plain), "")
    if not role and re.search(r"military forces|police forces|government of", plain):
        return "government"
    return str(role)


def _speaker(event: dict[str, Any], case: Case) -> tuple[str, str]:
    """Who said it, as far as the notes or the source tell, and the case's view of that voice."""
    notes = str(event["notes"]).lower()
    said = re.search(r"(?:according to|reported by|said by|claimed by)\s+([^.,;]+)", notes)
    speaker = said[1].strip() if said else str(event["source"])
    role = next((row["role"] for row in records(case.speakers) if row["pattern"] in speaker.lower()), "relay")
    return speaker, str(role)


def _already(event: dict[str, Any], crossing: str, word: str, case: Case) -> str:
    """Reports of the case that say the same of the crossing within three days."""
    table = case.reports
    near = (table["date"] - event["event_date"]).abs() <= pd.Timedelta(days=NEAR_DAYS)
    same = (table["crossing"] == crossing) & (table["event"] == word) & near
    return ";".join(table.loc[same, "report"])
