"""The content of a briefing from a case: computed once, whatever form it is handed over in."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from ..case import Case
from .changes import what_changed
from .content import SYNTHETIC, Content, Section
from .facts import Facts, gather_facts
from .judgements import key_judgements
from .notes import assumption_section, footnotes, source_section
from .official import official_figures
from .pictures import draw_figures
from .sections import beside_official, how_much, limits, when, where
from .words import day_words, span_words


def briefing_content(
    case: Case,
    *,
    as_of: str | date | None = None,
    since: str | date | None = None,
    draws: int = 2000,
    rng: int | np.random.Generator | None = 1,
) -> Content:
    """What a briefing on a case says; see :func:`~tradeimpact.briefing.write_brief` for the parameters."""
    return content_of(gather_facts(case, as_of=as_of, since=since, draws=draws, rng=rng))


def content_of(facts: Facts) -> Content:
    """The content from its numbers."""
    official = official_figures(facts)
    figures = draw_figures(facts, official)
    notes, traced = footnotes(facts)
    changed = what_changed(facts)
    sections: list[Section] = [
        how_much(facts, figures),
        where(facts, figures),
        when(facts, figures),
        *([] if changed is None else [changed]),
        beside_official(facts, official, figures),
        limits(facts),
        assumption_section(facts),
    ]
    cited = [table for section in sections for table in section.tables]
    sections.append(source_section(facts, traced, cited))
    case = facts.case
    subtitle = f"As known on {day_words(facts.day)}. Days covered: {span_words(*facts.result.window)}."
    if facts.since is not None:
        subtitle += f" Changes since {day_words(facts.since)}."
    manifest = facts.result.manifest() | {"since": None if facts.since is None else str(facts.since)}
    return Content(
        title=f"{case.title}: customs revenue at the border",
        subtitle=f"{SYNTHETIC} {subtitle}" if case.synthetic else subtitle,
        case_title=case.title,
        stem=stem_of(case, facts.day),
        day=facts.day,
        synthetic=case.synthetic,
        judgements=key_judgements(facts, official.sentence),
        sections=tuple(sections),
        footnotes=notes,
        provenance=traced,
        manifest=manifest,
    )


def stem_of(case: Case, day: date) -> str:
    """Name of the files: case and day, and "synthetic" where the data are."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", case.name).strip("-.") or "case"
    if case.synthetic and "synthetic" not in name.lower():
        name += "-synthetic"
    return f"{name}-briefing-{day}"
