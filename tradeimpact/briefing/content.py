"""What a briefing says, before it is a page, a deck or a document: text, tables, figures and footnotes, all as data.

Renderers add nothing and leave nothing out but what a form cannot hold: slides carry the footnotes' sentences, and
name the files with the rows behind them. A deck has details and appendices behind a slide of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

SYNTHETIC = "Synthetic data: invented to show the method, no statement about any country."


@dataclass(frozen=True)
class Cell:
    """Text of a table cell, footnotes by key, and links as (words, address)."""

    text: str
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table for readers and the numbers it is made from.

    `numeric` says which columns are set to the right; `widths` share the width of the page among the columns; the first
    column heads its row. `data` is the table as numbers, for the archive. A `detail` is for reading, not for showing: a
    deck has it in its appendix.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]
    widths: tuple[float, ...]
    data: pd.DataFrame
    note: str = ""
    detail: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, with the keys of its footnotes."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as saved: alternative text, one sentence on what it shows and does not, and the files."""

    name: str
    alt: str
    caption: str
    files: Mapping[str, bytes]  # svg, png, csv, json


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part with a heading: paragraphs, then figures, then tables. `appendix` parts come last and may be skipped."""

    key: str
    title: str
    paragraphs: tuple[Paragraph, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    listed: bool = False  # paragraphs are points of a list
    appendix: bool = False


@dataclass(frozen=True, kw_only=True)
class Footnote:
    """Where a number comes from: a sentence, and the rows behind it."""

    key: str
    number: int
    label: str
    text: str
    table: Table


@dataclass(frozen=True, kw_only=True)
class Content:
    """A whole briefing.

    Attributes
    ----------
    title, subtitle, case_title : str
    stem : str
        Name of its files without suffix.
    day : date
        What had been published by then is all that counts.
    synthetic : bool
    judgements : Section
        Key judgements, and the scale of likelihood words.
    sections : tuple of Section
        In order, appendices last.
    footnotes : tuple of Footnote
    provenance : DataFrame
        Every row behind every crossing and line (column `of`), as `trace` gives them.
    manifest : mapping
        What is needed to make it again.
    """

    title: str
    subtitle: str
    case_title: str
    stem: str
    day: date
    synthetic: bool
    judgements: Section
    sections: tuple[Section, ...]
    footnotes: tuple[Footnote, ...]
    provenance: pd.DataFrame
    manifest: Mapping[str, Any]

    @property
    def parts(self) -> tuple[Section, ...]:
        """Judgements first, then the sections."""
        return (self.judgements, *self.sections)

    @property
    def running(self) -> str:
        """Line for the foot of every page."""
        words = f"{self.case_title}, as known on {self.day.day} {self.day:%B %Y}"
        return f"SYNTHETIC DATA. {words}" if self.synthetic else words

    def number(self, key: str) -> int:
        """Number of a footnote."""
        return next(note.number for note in self.footnotes if note.key == key)
