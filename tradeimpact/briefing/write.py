"""A briefing handed over: one content as a page, a deck, a document, and a zip of all figures with their data."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from ..case import Case
from ..errors import TradeImpactError
from ..write import write_files
from .archive import render_archive
from .build import briefing_content
from .content import Content
from .document import render_document
from .html import render_html
from .slides import render_slides

FORMS: dict[str, Callable[[Content, Path | None], bytes]] = {
    ".html": render_html, ".pptx": render_slides, ".docx": render_document,
}  # fmt: skip
TEMPLATES = {".html": ".html", ".j2": ".html", ".pptx": ".pptx", ".docx": ".docx"}  # suffix of a template: its form
DRAWS = 2000


def write_brief(
    case: Case,
    *,
    as_of: str | date | None = None,
    since: str | date | None = None,
    to: str | os.PathLike[str] = "briefing",
    draws: int = DRAWS,
    rng: int | np.random.Generator | None = 1,
    templates: Sequence[str | os.PathLike[str]] = (),
) -> list[Path]:
    """Write a briefing on a case as known on a day: .html, .pptx, .docx and a .zip of figures, data and manifest.

    Parameters
    ----------
    case : Case
    as_of : day, optional
        Only what was published by then counts; the briefing covers the days from the first treated one to it. Without
        it the end of the period the case is about, else its newest report.
    since : day, optional
        Day of the last briefing: adds what changed, by the same model with what had been published by then.
    to : path
        Folder; it is made. Files are named after case and day and replaced if they are there.
    draws : int
    rng : int, Generator or None
        Seed. With the same one every file has the same bytes again.
    templates : sequence of path
        Your own .pptx, .docx and .html (Jinja, variable `b`) in place of ours, at most one of each.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    TradeImpactError
        If a day lies outside the crisis, a template cannot be used, or a library of ``tradeimpact[brief]`` is missing.
    """
    chosen = _chosen(templates)
    content = briefing_content(case, as_of=as_of, since=since, draws=draws, rng=rng)
    made = {suffix: render(content, chosen.get(suffix)) for suffix, render in FORMS.items()}
    made[".zip"] = render_archive(content)
    return write_files({Path(to) / f"{content.stem}{suffix}": data for suffix, data in made.items()})


def _chosen(templates: Sequence[str | os.PathLike[str]]) -> dict[str, Path]:
    """Template of each form, checked before any work is done."""
    chosen: dict[str, Path] = {}
    for given in templates:
        path = Path(given)
        form = TEMPLATES.get(path.suffix.lower())
        if form is None:
            raise TradeImpactError(f"template {path.name}: expected a file that ends in {', '.join(TEMPLATES)}")
        if not path.is_file():
            raise TradeImpactError(f"template {path.name}: there is no such file")
        if form in chosen:
            raise TradeImpactError(f"templates {chosen[form].name} and {path.name} are both for {form}; give one")
        chosen[form] = path
    return chosen
