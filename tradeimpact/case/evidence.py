"""What each report says about control, by rules a reader can see: who speaks, about what, in whose interest.

The proposition comes from the event a report states, the voice from its speaker (`speakers.csv`), the weight class
from the two together: a side that says what hurts it makes an admission, one that says what helps it a claim. Rows of
`corrections.csv` replace what the rules misread. Hindsight tables are never read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..tables import records

if TYPE_CHECKING:
    from .case import Case

# event -> proposition; whether it acts once on an uncertain day (event) or on its own day (state)
PROPOSITIONS = {
    "captured": ("lost", "event"),
    "claimed_captured": ("lost", "event"),
    "insurgents_begin_collecting": ("collecting", "event"),
    "recaptured": ("held", "event"),
    "status_insurgent_held": ("lost", "state"),
    "status_government_held": ("held", "state"),
    "denied": ("held", "state"),
    "contested": ("fighting", "state"),
}
# classes from the heaviest to the lightest (MODEL section 4)
CLASSES = ("admission", "neighbour", "witness", "other_side", "own_side", "relay")
AGAINST = {"lost": "government", "collecting": "government", "promise": "government", "held": "insurgent"}
CLUSTER_DAYS = 3
COLUMNS = (
    "report", "crossing", "proposition", "kind", "speaker", "role", "weight", "chain", "day", "first", "last", "count",
    "published_latest",
)  # fmt: skip


def evidence(case: Case) -> pd.DataFrame:
    """Every report that bears on control, classified.

    Returns
    -------
    DataFrame
        One row per report and crossing: report, crossing ("national" for a bare count), proposition (lost, collecting,
        promise, held, fighting, count), kind (event, state), speaker, role (government, insurgent, neighbour, witness,
        relay), weight (class), chain (source), day, first and last (window of the day; an event cannot be later than
        its publication), count, published_latest. Reports that say nothing about control are left out; see `unused`.
    """
    corrections = {(row["report"], row["field"]): row["value"] for row in records(case.corrections)}
    speakers = [(row["pattern"], row["role"]) for row in records(case.speakers)]
    places = _places(case)
    rows: list[dict[str, Any]] = []
    for report in records(case.reports):
        stated, kind = PROPOSITIONS.get(report["event"], ("none", "state"))
        proposition = corrections.get(
            (report["report"], "proposition"), stated if report["about"] == "control" else "none"
        )
        if proposition == "none":
            continue
        role = corrections.get((report["report"], "role")) or voice(report["claimed_by"], speakers, proposition)
        base = {
            "report": report["report"],
            "proposition": proposition,
            "kind": "state" if proposition == "promise" else kind,
            "speaker": report["claimed_by"],
            "role": role,
            "weight": weight_class(proposition, role),
            "chain": str(report["source"]).split(";")[0],
            "count": report["count_claimed"],
            "published_latest": report["published_latest"],
        } | _window(report, kind)
        rows += [base | where for where in _expanded(report, places)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["published_latest", "report", "crossing"], ignore_index=True
    )


def unused(case: Case) -> pd.DataFrame:
    """Reports that bear on no crossing's control, with what they are about."""
    used = set(evidence(case)["report"])
    table = case.reports
    return table.loc[~table["report"].isin(used), ["report", "crossing", "event", "about", "statement"]].reset_index(
        drop=True
    )


def voice(claimed_by: str, speakers: list[tuple[str, str]], proposition: str) -> str:
    """Role of the speaker that weighs most for this proposition; a speaker nobody lists is a relay."""
    found = []
    for part in str(claimed_by).lower().split(";"):
        role = next((role for pattern, role in speakers if pattern in part), "relay")
        found.append((CLASSES.index(weight_class(proposition, role)), role))
    return min(found)[1]


def weight_class(proposition: str, role: str) -> str:
    """Class of a statement from what it says and whose voice it is.

    >>> weight_class("lost", "government"), weight_class("lost", "insurgent"), weight_class("fighting", "government")
    ('admission', 'own_side', 'other_side')
    """
    if role not in ("government", "insurgent"):
        return role
    if proposition not in AGAINST:
        return "other_side"
    return "admission" if AGAINST[proposition] == role else "own_side"


def clusters(rows: pd.DataFrame) -> pd.Series[int]:
    """Cluster of each row: reports on one crossing and proposition by one speaker or source chain within three days."""
    group = {"collecting": "lost", "promise": "lost"}
    keys = [
        (
            row["crossing"],
            group.get(row["proposition"], row["proposition"]),
            row["chain"],
            _names(row["speaker"]),
            row["day"],
        )
        for row in records(rows)
    ]
    label = list(range(len(keys)))
    recent: dict[tuple[str, str], list[int]] = {}  # what was said of a crossing, the days behind in their order
    for i in sorted(range(len(keys)), key=lambda i: keys[i][4]):
        place, says, chain, names, day = keys[i]
        near = [j for j in recent.get((place, says), ()) if (day - keys[j][4]).days <= CLUSTER_DAYS]
        for j in near:
            if keys[j][2] == chain or names & keys[j][3]:
                one, other = sorted((_root(label, i), _root(label, j)))
                label[other] = one
        recent[place, says] = [*near, i]
    return pd.Series([_root(label, i) for i in range(len(label))], index=rows.index, dtype="int64")


def _root(label: list[int], i: int) -> int:
    """The first row of the cluster of row `i`, the way there made shorter."""
    while label[i] != i:
        label[i] = label[label[i]]
        i = label[i]
    return i


def _names(speaker: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in str(speaker).split(";") if part.strip())


def _window(report: dict[str, Any], kind: str) -> dict[str, Any]:
    """Day of a report, and for an event the window its day may lie in."""
    day, published = report["date"], report["published_latest"]
    spread = report["date_uncertainty_days"]
    slack = pd.Timedelta(days=0 if pd.isna(spread) or kind == "state" else float(spread))
    return {"day": day, "first": min(day - slack, published), "last": min(day + slack, published)}


def _places(case: Case) -> dict[str, str]:
    """Kind of each unit of account; crossings assessed with another one have no control of their own here."""
    table = case.crossings
    return {row["crossing"]: row["kind"] for row in records(table) if not row["assessed_with"]}


def _expanded(report: dict[str, Any], places: dict[str, str]) -> list[dict[str, Any]]:
    """Crossings a report speaks about: its own, those it lists, all border posts, or a bare count."""
    named = str(report["crossings_named"]).split()
    if report["crossing"] != "national":
        return [{"crossing": report["crossing"]}] if report["crossing"] in places else []
    if named:
        return [{"crossing": c} for c in named if c in places]
    if pd.notna(report["count_claimed"]):
        return [{"crossing": "national", "proposition": "count"}]
    return (
        [{"crossing": c} for c, kind in sorted(places.items()) if kind == "border"]
        if report["event"] == "captured"
        else []
    )
