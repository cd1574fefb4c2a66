"""Official figures beside ours: only those published by the day, on periods inside the window, and the rest counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.by_flow import recorded_trade
from ..figures.text import amount, estimate
from ..simulate import simulate
from ..statistics import HIGH, LOW, describe, quantiles
from ..tables import records
from .content import Cell, Table
from .facts import Facts
from .words import day_words, span_words

Array = NDArray[np.float64]

ROLES = ("target", "diagnostic", "pre_period")
WORDS = {"customs_collection": "Customs collected", "recorded_trade_value": "Trade recorded"}
TRADE_DRAWS = 500  # each period of trade is a run of its own
METHODS = {"Model": "government_revenue", "Days-held arithmetic": "days_held", "No change": "baseline"}
CAN_REFUTE = "One or two such figures can refute a model; they cannot calibrate it, and nothing here is fitted to them."


@dataclass(frozen=True)
class Official:
    """The table, a sentence for the judgements (or ""), and the observed figures of the best comparison."""

    table: Table | None
    sentence: str
    note: str
    methods: pd.DataFrame | None = None  # as `Results.rivals`, over the days of the figures
    observed: tuple[float, ...] = ()
    days: tuple[date, date] = (date.min, date.max)
    finding: str = ""


def official_figures(facts: Facts) -> Official:
    """What was officially reported by the day beside what the model says of the same crossing and period."""
    known = facts.case.outcomes
    usable = [row for row in records(known) if _usable(facts, row)]
    rest = len(known) - len(usable)
    counted = f"{rest} other published figures have no counterpart in the model, or are not used for one."
    note = f"{counted if rest else ''} {CAN_REFUTE}".strip()
    if not usable:
        return Official(None, "", note)
    rows, numbers, found = [], [], []
    trade: dict[Any, pd.DataFrame] = {}
    for row in usable:
        draws = _ours(facts, row, trade)
        rows.append(_row(facts, row, draws))
        numbers.append(_numbers(row, draws))
        found += [] if draws is None else [(row, draws)]
    columns = ("What", "Where", "Period", "Official", "Ours", "Official lies", "Published", "Source")
    table = Table(
        name="official_figures", caption=f"Official figures beside ours, {facts.currency}", columns=columns,
        rows=tuple(rows), numeric=(False, False, False, True, True, False, False, False),
        widths=(2.4, 2, 2.8, 2, 3.2, 2, 2, 3.4), data=pd.DataFrame(numbers),
        note="Ours: median and 90 % interval over the same days. " + note,
    )  # fmt: skip
    return Official(table, _sentence(facts, found), note, *_compared(facts, found))


def _usable(facts: Facts, row: dict[str, Any]) -> bool:
    money = str(row["unit"]).lower() == facts.result.currency
    named = row["measure"] in WORDS and (row["crossing"] or row["scope"] == "national")
    fits = row["measure"] == "customs_collection" or bool(facts.result.inputs.flows)
    return bool(
        money and named and fits and row["role"] in ROLES and row["holder"] == "government"
        and pd.notna(row["best"]) and pd.notna(row["start"]) and pd.notna(row["end"])
    )  # fmt: skip


def _ours(facts: Facts, row: dict[str, Any], trade: dict[Any, pd.DataFrame]) -> Array | None:
    """Draws of the model for the crossing and days of an official figure; None outside the window."""
    start, end = row["start"].date(), row["end"].date()
    first, last = facts.result.window
    if start < first or end > last or (row["crossing"] and row["crossing"] not in facts.result.inputs.crossings):
        return None
    if row["measure"] == "customs_collection":
        return _summed(facts, "government_revenue", row)
    if (start, end) not in trade:
        draws = min(facts.result.count, TRADE_DRAWS)
        run = simulate(
            facts.case, facts.case.as_reported(), start=start, end=end, as_of=facts.day, draws=draws,
            rng=facts.result.seed, progress=False,
        )  # fmt: skip
        trade[start, end] = recorded_trade(run)
    table = trade[start, end]
    return np.asarray(table[row["crossing"]] if row["crossing"] else table.sum(axis=1))


def _summed(facts: Facts, line: str, row: dict[str, Any]) -> Array:
    data = facts.result.kept(line).sel(day=slice(row["start"], row["end"]))
    if row["crossing"]:
        data = data.sel(crossing=row["crossing"])
    return np.asarray(data.sum(dim=[name for name in data.dims if name != "draw"]))


def _row(facts: Facts, row: dict[str, Any], draws: Array | None) -> tuple[Cell, ...]:
    place = facts.names.get(row["crossing"], row["crossing"]) if row["crossing"] else "Whole country"
    ours, lies = "", "outside our days"
    if draws is not None:
        middle, low, high = quantiles(draws, (0.5, LOW, HIGH))
        ours, lies = estimate(middle, low, high, currency="").strip(), _lies(row["best"], low, high)
    notes = (row["crossing"],) if draws is not None and row["crossing"] else ("government_revenue",)
    return (
        Cell(WORDS[row["measure"]]), Cell(place),
        Cell(f"{row['period_label']} ({span_words(row['start'], row['end'])})"),
        Cell(amount(float(row["best"]), currency="").strip() + _range(row)), Cell(ours, notes if ours else ()),
        Cell(lies), Cell(day_words(row["published_latest"])), source_cell(facts, str(row["source"]), str(row["grade"])),
    )  # fmt: skip


def _range(row: dict[str, Any]) -> str:
    if pd.isna(row["low"]) or pd.isna(row["high"]) or row["low"] == row["high"]:
        return ""
    return f" ({amount(float(row['low']), currency='').strip()} to {amount(float(row['high']), currency='').strip()})"


def _lies(value: float, low: float, high: float) -> str:
    return "below our interval" if value < low else "above our interval" if value > high else "inside our interval"


def _numbers(row: dict[str, Any], draws: Array | None) -> dict[str, Any]:
    names = ("outcome", "measure", "crossing", "start", "end", "low", "best", "high", "source", "published_latest")
    told = {name: row[name] for name in names}
    empty = dict.fromkeys(("median", "ours_low", "ours_high"), float("nan"))
    if draws is None:
        return told | empty
    return told | dict(zip(empty, quantiles(draws, (0.5, LOW, HIGH)), strict=True))


def _sentence(facts: Facts, found: list[tuple[dict[str, Any], Array]]) -> str:
    """The national target figures that lie inside the window, in one sentence."""
    targets = [entry for entry in found if entry[0]["role"] == "target"]
    national = [entry for entry in targets if not entry[0]["crossing"]] or targets
    if not national:
        return ""
    row, draws = national[0]
    same = [other["best"] for other, _ in national if _same(other, row)]
    middle, low, high = quantiles(draws, (0.5, LOW, HIGH))
    seen = " or ".join(dict.fromkeys(amount(float(value), currency=facts.currency) for value in sorted(same)))
    lies = " and ".join(dict.fromkeys(_lies(float(value), low, high) for value in sorted(same)))
    place = f" at {facts.names[row['crossing']]}" if row["crossing"] else ""
    return (
        f"Officially, {WORDS[row['measure']].lower()}{place} from {span_words(row['start'], row['end'])}: {seen}; "
        f"ours is {estimate(middle, low, high, currency=facts.currency)}. The official figure lies {lies}."
        f"{_others(targets, row)} {CAN_REFUTE}"
    )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("measure", "crossing", "start", "end"))


def _others(targets: list[tuple[dict[str, Any], Array]], told: dict[str, Any]) -> str:
    """How the official figures that the sentence does not tell fare: none may be passed over."""
    rest = [(row, draws) for row, draws in targets if not _same(row, told)]
    if not rest:
        return ""
    inside = 0
    for row, draws in rest:
        low, high = quantiles(draws, (LOW, HIGH))
        inside += int(low <= row["best"] <= high)
    return (
        f" Of {len(rest)} more on other crossings or days, {inside} inside our interval, {len(rest) - inside} outside."
    )


def _compared(
    facts: Facts, found: list[tuple[dict[str, Any], Array]]
) -> tuple[pd.DataFrame | None, tuple[float, ...], tuple[date, date], str]:
    """Model and rivals over the days of the first national target, every figure reported on them, and the finding."""
    national = [row for row, _ in found if row["role"] == "target" and not row["crossing"]]
    national = [row for row in national if row["measure"] == "customs_collection"]
    if not national:
        return None, (), (date.min, date.max), ""
    row = national[0]
    days = (row["start"].date(), row["end"].date())
    table = describe({name: _summed(facts, line, row) for name, line in METHODS.items()})
    same = sorted(float(r["best"]) for r in national if (r["start"].date(), r["end"].date()) == days)
    low, high = (float(table[name]["Model"]) for name in ("low", "high"))
    lies = " and ".join(dict.fromkeys(_lies(value, low, high) for value in same)).replace("our", "the model's")
    seen = " or ".join(dict.fromkeys(amount(value, currency=facts.currency) for value in same))
    finding = f"The official {seen} for {span_words(*days)} lies {lies}"
    return table.drop(columns="mc_error").rename_axis("method").reset_index(), tuple(same), days, finding


def source_cell(facts: Facts, keys: str, grade: str = "") -> Cell:
    """Titles of sources with their addresses, and the evidence grade."""
    known = facts.case.sources.set_index("source")
    titles, links = [], []
    for key in filter(None, keys.split(";")):
        title = str(known["title"].get(key, key)) or key
        url = str(known["url"].get(key, ""))
        titles.append(title)
        links += [(title, url)] if url else []
    text = "; ".join(titles)
    return Cell(f"{text} [{grade}]" if grade else text, links=tuple(links))
