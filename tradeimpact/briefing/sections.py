"""Sections of a briefing after the judgements: how much, where, when, official figures, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from ..figures.text import fixed, label_of
from ..model.ledger import COMPONENTS
from ..tables import records
from .content import SYNTHETIC, Cell, Figure, Paragraph, Section, Table
from .facts import Facts
from .official import Official
from .words import chance, day_words, likelihood, money_size, span_words, spread_cells

HEADLINES = ("baseline", "government_revenue", "government_loss", "insurgent_gain", "transfer_ratio")
RATIO_DECIMALS = 2


def how_much(facts: Facts, figures: Mapping[str, Figure]) -> Section:
    """Headline lines, the bridge and the two ledgers."""
    start, end = facts.result.window
    text = (
        f"All amounts are sums over {span_words(start, end)}, {(end - start).days + 1} days. Medians do not add up; "
        "means do, and the bridge draws means."
    )
    tables = (_lines(facts, "headlines", "Headline numbers", HEADLINES), _parts(facts))
    return Section(
        key="how_much", title="How much, and where it went", paragraphs=(Paragraph(text),),
        figures=tuple(figures[name] for name in ("bridge", "ledgers")), tables=tables,
    )  # fmt: skip


def _lines(facts: Facts, name: str, caption: str, lines: tuple[str, ...]) -> Table:
    table = facts.result.summary().loc[list(lines)]
    size, words = money_size(float(table.drop(index="transfer_ratio")["high"].abs().max()))
    return _money_table(facts, name, f"{caption}, {words}{facts.currency}", table, size)


def _parts(facts: Facts) -> Table:
    table = facts.result.bridge()
    size, words = money_size(float(table["high"].abs().max()))
    table = table[table["role"] == "component"].drop(columns="role")
    shown = _money_table(facts, "parts", f"Parts of the government's loss, {words}{facts.currency}", table, size)
    return replace(shown, detail=True)  # the bridge shows them


def _money_table(facts: Facts, name: str, caption: str, table: pd.DataFrame, size: float) -> Table:
    rows = []
    for row in records(table.rename_axis("line").reset_index()):
        line = str(row["line"])
        values = (row["median"], row["low"], row["high"], row["mean"])
        if line == "transfer_ratio":
            cells = tuple(Cell(fixed(float(v), RATIO_DECIMALS)) for v in values)
            error = Cell(fixed(float(row["mc_error"]), RATIO_DECIMALS + 1))
        else:
            cells = spread_cells(values, row["low"], row["high"], size)
            error = spread_cells((row["mc_error"],), 0.0, 2 * row["mc_error"], size)[0]
        rows.append((Cell(label_of(line), (line,)), *cells, error))
    columns = ("Line", "Median", "Low", "High", "Mean", "MC error")
    ratio = "Transfer ratio: insurgent gain over government loss. " if "transfer_ratio" in table.index else ""
    return Table(
        name=name, caption=caption, columns=columns, rows=tuple(rows), numeric=(False, *[True] * 5),
        widths=(4, 1.3, 1.3, 1.3, 1.3, 1.3), data=table.reset_index(),
        note=f"{ratio}Low and high: 90 % interval. MC error: Monte Carlo error of the median.",
    )  # fmt: skip


def where(facts: Facts, figures: Mapping[str, Figure]) -> Section:
    """Loss and gain by crossing, with the likelihood that it is lost."""
    shown = [figures[name] for name in ("map", "holders") if name in figures]
    text = (
        "Each name leads to the rows behind its numbers. The likelihood is that the government did not hold the "
        f"crossing on {day_words(facts.day)}; it comes from statements weighed by speaker, any of which may be false."
    )
    return Section(
        key="where", title="Which crossings", paragraphs=(Paragraph(text),), figures=tuple(shown),
        tables=(_by_crossing(facts),),
    )  # fmt: skip


def _by_crossing(facts: Facts) -> Table:
    table = facts.result.by("crossing").reset_index()
    wide = table[table["crossing"].isin(facts.result.inputs.crossings)].pivot(index="crossing", columns="line")
    size, words = money_size(float(wide[("high", "baseline")].max()))
    order = wide[("mean", "government_loss")].sort_values(ascending=False, kind="stable").index
    rows = []
    for crossing in order:
        row, p = wide.loc[crossing], float(facts.lost[crossing])
        cells = [Cell(facts.names[str(crossing)], (str(crossing),)), Cell(f"{likelihood(p)} ({chance(p)})")]
        for line in ("baseline", "government_loss", "insurgent_gain"):
            low, high = float(row[("low", line)]), float(row[("high", line)])
            middle, *ends = spread_cells((float(row[("median", line)]), low, high), low, high, size)
            cells += [middle] if line == "baseline" else [middle, Cell(f"{ends[0].text} to {ends[1].text}")]
        rows.append(tuple(cells))
    data = table[table["line"].isin(["baseline", "government_revenue", "government_loss", "insurgent_gain"])].merge(
        facts.lost.rename("probability_lost"), on="crossing", how="left"
    )
    return Table(
        name="by_crossing", caption=f"By crossing and inland house, {words}{facts.currency}",
        columns=("Crossing", "Lost on the last day", "Baseline", "Loss", "90 % of loss", "Gain", "90 % of gain"),
        rows=tuple(rows), numeric=(False, False, *[True] * 5), widths=(3, 3.3, 1.7, 1.4, 2.3, 1.4, 2.3), data=data,
        note="Loss is the government's, gain the insurgents'. Medians and 90 % intervals over the window; largest mean "
        "loss first. Medians do not add up.",
    )  # fmt: skip


def when(facts: Facts, figures: Mapping[str, Figure]) -> Section:
    """Revenue by day, and sums since the first."""
    text = "Bands are 90 % intervals of each day by itself; they do not add up to those of a period."
    shown = tuple(figures[name] for name in ("who_collects", "cumulative"))
    return Section(key="when", title="When", paragraphs=(Paragraph(text),), figures=shown)


def beside_official(facts: Facts, official: Official, figures: Mapping[str, Figure]) -> Section:
    """What was officially reported beside what we say."""
    title = "Official figures beside ours"
    if official.table is None:
        text = (
            f"No official figure for our days and lines had been published by {day_words(facts.day)}. {official.note}"
        )
        return Section(key="official", title=title, paragraphs=(Paragraph(text),))
    text = official.sentence or f"No official figure on days inside our window was published. {official.note}"
    shown = (figures["comparison"],) if "comparison" in figures else ()
    return Section(key="official", title=title, paragraphs=(Paragraph(text),), figures=shown, tables=(official.table,))


def limits(facts: Facts) -> Section:
    """What the numbers cannot bear."""
    result, case = facts.result, facts.case
    graded = case.assumptions["grade"]
    worst = ", ".join(f"{int((graded == g).sum())} {g}" for g in sorted(set(graded)))
    said = [
        *([SYNTHETIC] if case.synthetic else []),
        "These are estimates of a model, not statistics. The counterfactual, no crossing fallen and every driver at "
        "its reference, was observed by nobody.",
        f"Assumptions by evidence grade: {worst} (A measured, B reported by an official, C claim or estimate, E "
        "judgement). Intervals show their spread and the draws', not errors in the model's form.",
        f"Only what was published by {day_words(facts.day)} counts, vague dates at their latest possible day; figures "
        "published later are left out and baselines that rested on them are rebuilt from what remains.",
        "Who held a crossing is inferred from statements. Silence counts as weak evidence; closures are separate from "
        "control, and holding a gate is not earning from it.",
        "Loss and gain are two ledgers. Trade that stops pays nobody, and a levy is not the duty it displaces.",
        f"The baseline of a crossing comes from {result.inputs.basis}.",
        f"{result.count:,} draws, seed {result.seed}; nothing is fitted to an outcome.",
    ]
    return Section(key="limits", title="Limits", paragraphs=tuple(map(Paragraph, said)), listed=True)


def traced_lines() -> tuple[str, ...]:
    """Ledger lines that carry a footnote."""
    return (*HEADLINES, *COMPONENTS)
