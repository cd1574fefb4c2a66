"""Footnotes and appendices: the rows behind each number, every assumption, every source that a footnote names."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..tables import records
from ..trace import Trace, traced
from ..trace_rows import Known
from .content import Cell, Footnote, Paragraph, Section, Table
from .facts import Facts
from .official import source_cell
from .sections import traced_lines
from .words import day_words

COUNTRY = "country"  # key of the footnote with the rows that all numbers share
ASSUMPTIONS = "assumptions"
COLUMNS = ("Row", "How it enters", "Value", "Source", "Grade", "Published by")
WIDTHS = (2.6, 3.4, 4.2, 5, 1, 1.8)


def footnotes(facts: Facts) -> tuple[tuple[Footnote, ...], pd.DataFrame]:
    """Footnotes by number (crossings by loss, lines, shared rows), and every row of every trace as one table."""
    result, known = facts.result, Known(facts.result.inputs)
    order = facts.by_crossing("government_loss").mean().sort_values(ascending=False, kind="stable").index
    crossings = [(traced(result, known, str(name)), "crossing") for name in order]
    lines = [(traced(result, known, name), None) for name in traced_lines()]
    shared = next(found for found, _ in lines if found.name == "government_loss").table
    shared = shared[_is_shared(shared)]
    notes: list[Footnote] = []
    for found, scope in [*crossings, *lines]:
        own = found.table[found.table["scope"] == scope] if scope else found.table.iloc[:0]
        text = found.text if scope else f"{found.text} {_where_rows(found)}"
        shown = _rows(facts, found.name, found.label, own)
        notes.append(Footnote(key=found.name, number=len(notes) + 1, label=found.label, text=text, table=shown))
    text = "Rows that the numbers of every crossing share: level, growth, holidays, insecurity, sums and counts."
    notes.append(Footnote(key=COUNTRY, number=len(notes) + 1, label="Shared by all", text=text,
                          table=_rows(facts, COUNTRY, "all crossings", shared)))  # fmt: skip
    text = "Every assumption of the model stands in the table of assumptions, with its range, grade and source."
    notes.append(Footnote(key=ASSUMPTIONS, number=len(notes) + 1, label="Assumptions", text=text,
                          table=_rows(facts, ASSUMPTIONS, "assumptions", shared.iloc[:0])))  # fmt: skip
    every = [found.table.assign(of=found.name) for found, _ in [*crossings, *lines]]
    table = pd.concat(every, ignore_index=True)
    return tuple(notes), table[["of", *[name for name in table.columns if name != "of"]]]


def _is_shared(table: pd.DataFrame) -> pd.Series[bool]:
    """Rows about no crossing in particular; assumptions have a table of their own."""
    general = table["part"].isin(["level", "calendar", "insecurity"]) | (table["table"] == "constraints")
    return (general | table["enters"].str.contains("counts lost posts")) & (table["table"] != "assumptions")


def _where_rows(found: Trace) -> str:
    parts = ", ".join(dict.fromkeys(found.table["part"]))
    return (
        f"Parts of the model that enter: {parts}. Its rows stand under the crossings, under Shared by all, and among "
        "the assumptions."
    )


def _rows(facts: Facts, key: str, label: str, table: pd.DataFrame) -> Table:
    rows = tuple(
        (
            Cell(f"{row['table']} {row['row']}".strip()), Cell(row["enters"]), Cell(row["value"]),
            source_cell(facts, str(row["source"])), Cell(str(row["grade"] or "")),
            Cell("" if pd.isna(row["published_latest"]) else f"{row['published_latest']:%Y-%m-%d}"),
        )
        for row in records(table)
    )  # fmt: skip
    return Table(
        name=f"rows_{key}", caption=f"Rows behind {label}", columns=COLUMNS, rows=rows, numeric=(False,) * 6,
        widths=WIDTHS, data=table,
    )  # fmt: skip


def assumption_section(facts: Facts) -> Section:
    """Every assumption with its range, grade and source."""
    table = facts.case.assumptions
    rows = tuple(
        (
            Cell(row["name"]), Cell(row["description"]), Cell(_plain(row["low"])), Cell(_plain(row["best"])),
            Cell(_plain(row["high"])), Cell("" if row["unit"] == "1" else row["unit"]), Cell(row["grade"]),
            source_cell(facts, str(row["source"])),
        )
        for row in records(table)
    )  # fmt: skip
    shown = Table(
        name="assumptions", caption="Assumptions: 5, 50 and 95 % points",
        columns=("Name", "What it is", "Low", "Best", "High", "Unit", "Grade", "Source"), rows=rows,
        numeric=(False, False, True, True, True, False, False, False), widths=(3.6, 4.2, 1.7, 1.7, 1.7, 1.9, 1.1, 3.8),
        data=table, note="A name with a dot holds for one crossing or authority alone.",
    )  # fmt: skip
    return Section(key="assumptions", title="Assumptions", tables=(shown,), appendix=True)


def source_section(facts: Facts, traced: pd.DataFrame, others: Sequence[Table]) -> Section:
    """Sources of every row behind a number, and of the official figures and statements shown."""
    keys = set(";".join([*traced["source"], *facts.case.assumptions["source"]]).split(";"))
    for table in others:
        if "source" in table.data:
            keys |= set(";".join(map(str, table.data["source"])).split(";"))
    known = facts.case.sources
    known = known[known["source"].isin(keys)]
    rows = tuple(
        (
            Cell(row["source"]), Cell(row["title"]),
            Cell(row["url"] or "no address", links=((row["url"], row["url"]),) if row["url"] else ()),
            Cell(str(row["published"])),
        )
        for row in records(known)
    )  # fmt: skip
    table = Table(
        name="sources", caption=f"Sources named here, of {len(facts.case.sources)} of the case",
        columns=("Key", "Title", "Address", "Published"), rows=rows, numeric=(False,) * 4, widths=(2.6, 5, 6, 1.8),
        data=known,
    )  # fmt: skip
    paragraphs = (Paragraph(f"Case {facts.case.title}, data as known on {day_words(facts.day)}."),)
    return Section(key="sources", title="Sources", paragraphs=paragraphs, tables=(table,), appendix=True)


def _plain(value: float) -> str:
    """A number without an exponent, those of a million and more with a word: 20 bn.

    >>> _plain(0.0077), _plain(35_000.0), _plain(1.5e9), _plain(20e6)
    ('0.0077', '35,000', '1.5 bn', '20 m')
    """
    for size, word in ((1e9, "bn"), (1e6, "m")):
        if abs(value) >= size:
            return f"{value / size:.4g} {word}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
