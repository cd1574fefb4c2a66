"""Taking accepted proposals into a case; undecided or malformed ones are refused with what to do."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..case import Case
from ..case.codebook import codebook
from ..case.convert import is_day, to_text
from ..errors import CaseError, Problem, did_you_mean

YES, NO = ("yes", "y", "true", "1", "x"), ("no", "n", "false", "0")
NEEDED = (
    "accept", "proposal", "crossing", "date", "date_uncertainty_days", "event", "about", "claimed_by", "statement",
)  # fmt: skip
MATCHED_BY_HAND = "C"  # grade: a claim, read by a person, of a source that was not seen


def accept_reports(
    case: Case, proposals: pd.DataFrame, *, source: str = "event_data", title: str = "Event data, from a file"
) -> Case:
    """Case with the proposals added whose `accept` says yes; those that say no are left out.

    Parameters
    ----------
    case : Case
    proposals : DataFrame
        From `propose_reports`, every row decided (yes or no), events and crossings edited as you see fit. A table
        saved as CSV and read again is taken as well.
    source, title : str
        Name and title of the source that the reports get; it is added to the case's sources.

    Returns
    -------
    Case

    Raises
    ------
    CaseError
        If rows are undecided or malformed: every one is named with what to do.
    """
    lacking = [name for name in NEEDED if name not in proposals]
    if lacking:
        raise CaseError(
            f"The proposals lack the columns {', '.join(lacking)}. Start from propose_reports(events, case)."
        )
    text = to_text(proposals)
    answers = text["accept"].str.lower()
    problems: list[Problem] = []
    undecided = answers == ""
    if undecided.any():
        found = f"{int(undecided.sum())} undecided proposals"
        _note(problems, "accept", undecided, found, "yes or no in every row", "Write yes or no beside each proposal.")
    strange = ~undecided & ~answers.isin([*YES, *NO])
    if strange.any():
        word = text.loc[strange, "accept"].iloc[0]
        _note(problems, "accept", strange, repr(word), "yes or no", "Write yes or no.")
    chosen = text[answers.isin(YES)]
    words = codebook()["reports"].columns["event"].allowed
    _check_words(problems, chosen, "event", words, "Choose the word that fits, or refuse the proposal.")
    known = [*case.crossings["crossing"], "national"]
    _check_words(problems, chosen, "crossing", known, "Correct the name, or refuse the proposal.")
    wrong = ~chosen["date"].map(is_day)
    if wrong.any():
        day = chosen.loc[wrong, "date"].iloc[0]
        _note(problems, "date", wrong, repr(day), "a day such as 2021-07-14", "Write year-month-day.")
    taken = chosen["proposal"].isin(set(case.reports["report"])) | chosen["proposal"].duplicated()
    if taken.any():
        report = chosen.loc[taken, "proposal"].iloc[0]
        remedy = "Refuse it, or give it another identifier in column proposal."
        _note(problems, "proposal", taken, f"{report!r}, which the case has already", "a new report", remedy)
    if problems:
        raise CaseError(problems, "The proposals")
    return _added(case, chosen, source, title) if len(chosen) else case


def _added(case: Case, chosen: pd.DataFrame, source: str, title: str) -> Case:
    """The case with reports and, if it is new, their source."""
    book = codebook(case.currency)
    made = pd.DataFrame({"report": chosen["proposal"]}).assign(
        **{name: chosen[name] for name in ("crossing", "date", "date_uncertainty_days", "event", "claimed_by")},
        about=chosen["about"].where(chosen["about"] != "", "control"),
        statement=chosen["statement"],
        route="event data",
        source=source,
        grade=MATCHED_BY_HAND,
        published_latest=chosen.get("published_latest", chosen["date"]),
        published_basis="judged",
        note=chosen.get("why", ""),
    )
    tables = {"reports": _joined(case, "reports", made)}
    if source not in set(case.sources["source"]):
        row = pd.DataFrame({"source": [source], "title": [title], "note": ["accepted by hand from a file of events"]})
        tables["sources"] = _joined(case, "sources", row)
    for name, frame in tables.items():
        tables[name] = frame.reindex(columns=[*book[name].columns, *(c for c in frame if c not in book[name].columns)])
    return case.with_tables(tables, source=title)


def _joined(case: Case, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    old = to_text(case.tables[name])
    return pd.concat([old, rows]).fillna("").reset_index(drop=True)


def _note(problems: list[Problem], column: str, wrong: pd.Series[bool], found: str, expected: str, remedy: str) -> None:
    rows = tuple(int(str(row)) for row in wrong.index[wrong.to_numpy(dtype=bool)])
    problems.append(Problem(file="proposals", column=column, rows=rows, found=found, expected=expected, remedy=remedy))


def _check_words(problems: list[Problem], chosen: pd.DataFrame, column: str, known: Sequence[str], remedy: str) -> None:
    wrong = ~chosen[column].isin(list(known))
    if wrong.any():
        word = str(chosen.loc[wrong, column].iloc[0])
        hint = did_you_mean(word, known) if word else ""
        found = repr(word) if word else "an empty cell in an accepted row"
        _note(problems, column, wrong, found, f"one of {', '.join(known)}", f"{hint} {remedy}".strip())
