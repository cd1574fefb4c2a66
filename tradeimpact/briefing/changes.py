"""What changed since the last briefing: the same model and window with what had been published by that day.

Differences come from publications alone: the window, the seed and the assumptions' rules are the same.
"""

from __future__ import annotations

import pandas as pd

from ..case.evidence import evidence
from ..figures.text import label_of
from ..tables import records
from .content import Cell, Paragraph, Section, Table
from .facts import Facts
from .judgements import SAID_FROM
from .official import source_cell
from .words import chance, day_words, likelihood, money_size, spread_cells

LINES = ("government_loss", "government_revenue", "insurgent_gain", "baseline")
STATES = {
    "lost": "the government has lost it", "collecting": "insurgents collect there",
    "promise": "it will be retaken, so it is lost", "held": "the government holds it", "fighting": "it is fought over",
    "count": "a count of lost posts",
}  # fmt: skip
MOVED = 0.1  # smallest change of a probability that is listed where its word stays the same


def what_changed(facts: Facts) -> Section | None:
    """Numbers, control and new statements since the earlier day; None where there is none."""
    if facts.since is None or facts.before is None or facts.lost_before is None:
        return None
    then, now = day_words(facts.since), day_words(facts.day)
    new = _new_rows(facts)
    numbers, control, statements = _numbers(facts), _control(facts), _statements(facts)
    published = f"{new} rows were published" if new != 1 else "One row was published"
    before, today = facts.said("government_loss", before=True), facts.said("government_loss")
    paragraphs = [
        Paragraph(
            f"{published} between {then} and {now}. The same model, over the same days, said on {then} that the "
            f"government's loss would be {before}; it now says {today}. Days after {then} were then a forecast in "
            "which holders stay."
        )
    ]
    if control is None:
        paragraphs.append(Paragraph("No crossing's holder is judged differently."))
    if statements is None:
        paragraphs.append(Paragraph("No new statement on who holds a crossing was published."))
    tables = [table for table in (numbers, control, statements) if table is not None]
    title = f"What changed since {then}"
    return Section(key="changes", title=title, paragraphs=tuple(paragraphs), tables=tuple(tables))


def _new_rows(facts: Facts) -> int:
    """Rows of all tables published after the earlier day and by this one, the codebook's scoring tables aside."""
    since = pd.Timestamp(facts.since or facts.day)
    tables = [facts.case.tables[name] for name in facts.case.tables if name not in ("baseline", "outcomes")]
    return sum(int((t["published_latest"] > since).sum()) for t in tables if "published_latest" in t)


def _numbers(facts: Facts) -> Table:
    runs = {"then": facts.before or facts.result, "now": facts.result}
    both = pd.concat({known: run.summary() for known, run in runs.items()}, names=["known", "line"])
    size, words = money_size(float(both["high"].abs().max()))
    rows = []
    for line in LINES:
        cells = [Cell(label_of(line), (line,))]
        for known in ("then", "now"):
            median, low, high = (float(runs[known].summary()[name][line]) for name in ("median", "low", "high"))
            middle, *ends = spread_cells((median, low, high), low, high, size)
            cells += [middle, Cell(f"{ends[0].text} to {ends[1].text}")]
        rows.append(tuple(cells))
    then = day_words(facts.since) if facts.since else ""
    return Table(
        name="changed_numbers", caption=f"The same days as known then and now, {words}{facts.currency}",
        columns=("Line", f"Known {then}", "90 % then", f"Known {day_words(facts.day)}", "90 % now"), rows=tuple(rows),
        numeric=(False, True, True, True, True), widths=(3.6, 1.8, 2.2, 1.8, 2.2), data=both.reset_index(),
        note="Medians and 90 % intervals.",
    )  # fmt: skip


def _control(facts: Facts) -> Table | None:
    """Crossings whose holder is judged otherwise than in the last briefing."""
    before, since = facts.lost_before, facts.since
    if before is None or since is None:
        return None
    rows, data = [], []
    for crossing in facts.lost.sort_values(ascending=False, kind="stable").index:
        now, then = float(facts.lost[crossing]), float(before.get(crossing, float("nan")))
        small = pd.notna(then) and abs(now - then) < MOVED
        if small and (likelihood(now) == likelihood(then) or max(now, then) < SAID_FROM):
            continue
        was = f"{likelihood(then)} ({chance(then)})" if pd.notna(then) else "not known yet"
        name = Cell(facts.names[str(crossing)], (str(crossing),))
        rows.append((name, Cell(was), Cell(f"{likelihood(now)} ({chance(now)})")))
        data.append({"crossing": crossing, "lost_then": then, "lost_now": now})
    if not rows:
        return None
    columns = ("Crossing", f"Lost on {day_words(since)}", f"Lost on {day_words(facts.day)}")
    return Table(
        name="changed_control", caption="Crossings whose holder is judged otherwise", columns=columns, rows=tuple(rows),
        numeric=(False, False, False), widths=(3, 3, 3), data=pd.DataFrame(data),
        note="Each column: that the government did not hold it on that day, from what was published by that day.",
    )  # fmt: skip


def _statements(facts: Facts) -> Table | None:
    """Statements on control published since, newest first."""
    known = evidence(facts.case)
    new = known[known["published_latest"] > pd.Timestamp(facts.since or facts.day)]
    if new.empty:
        return None
    stated = {row["report"]: row for row in records(facts.case.reports)}
    rows, data = [], []
    ordered = new.sort_values(["published_latest", "report", "crossing"], ascending=[False, True, True])
    for report, group in ordered.groupby("report", sort=False):
        row, first = stated[str(report)], records(group)[0]
        places = ", ".join("several" if c == "national" else facts.names[c] for c in group["crossing"])
        who = str(row["claimed_by"] or "speaker not named")
        says = f"{who[:1].upper()}{who[1:]}: {STATES[first['proposition']]}. {row['statement']}"
        rows.append((
            Cell(day_words(row["published_latest"])), Cell(places), Cell(says), Cell(first["weight"].replace("_", " ")),
            source_cell(facts, str(row["source"]), str(row["grade"])),
        ))  # fmt: skip
        data.append({"report": report, "crossings": places, "statement": row["statement"], "source": row["source"]})
    return Table(
        name="new_statements", caption="New statements on who holds a crossing, newest first",
        columns=("Published", "Crossing", "Says", "Weight class", "Source [grade]"), rows=tuple(rows),
        numeric=(False,) * 5, widths=(1.8, 2, 4.8, 1.7, 3.2), data=pd.DataFrame(data),
        note="A statement may be false; the class says how much weight it is given.", detail=True,
    )  # fmt: skip
