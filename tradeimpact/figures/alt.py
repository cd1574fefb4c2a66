"""Drafts of alternative texts, one per chart, written from the table that the chart pictures.

A draft says what kind of picture it is, over what, and the numbers that matter, rounded to what their
interval supports. The author of a figure may say it better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import day_number, finite_or, money_unit, short_day
from tradeimpact.figures.bridge import bridge_bars
from tradeimpact.figures.compare import band_words
from tradeimpact.figures.style import needs
from tradeimpact.figures.text import amount, count_word, estimate, label_of

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3


def _listed(items: Iterable[str]) -> str:
    words = [*items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"


def _interval(row: Mapping[Any, Any], middle: str, currency: str) -> str:
    return estimate(float(row[middle]), float(row["low"]), float(row["high"]), currency=currency)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def alt_map(table: pd.DataFrame, *, country: str, on: object, names: Mapping[str, str] | None = None) -> str:
    """Alternative text of `maps.map_crossings`: who holds what on the day."""
    needs(table, ["name", "revenue", "holder"], "alt_map")
    total = float(table["revenue"].sum())
    parts = []
    for holder, group in table.groupby("holder", sort=True):
        held = finite_or(float(group["revenue"].sum()) / total if total else float("nan"), 0.0)
        who = (names or {}).get(str(holder), label_of(str(holder)))
        places = _listed(group["name"].astype(str))
        parts.append(f"{who}: {places} ({100 * held:.0f} % of the baseline revenue)")
    day = short_day(day_number(on), year=True)
    return (
        f"Map of {country} on {day} with {count_word(len(table))} marks, each as large as the revenue of "
        f"its crossing or inland house and shaped by holder. {'; '.join(parts)}."
    )


def alt_revenue(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `charts.revenue_by_crossing`: the largest and the smallest."""
    needs(table, ["name", "median", "low", "high", "grade"], "alt_revenue")
    rows = table.sort_values("median", ascending=False).to_dict("records")
    told = [f"{row['name']} {_interval(row, 'median', currency)}, grade {row['grade']}" for row in rows[:NAMED]]
    smallest = f" Smallest: {rows[-1]['name']} {_interval(rows[-1], 'median', currency)}." if len(rows) > NAMED else ""
    return (
        f"Bars of customs revenue of a year at {count_word(len(rows))} crossings and inland houses. "
        f"Largest: {'; '.join(told)}.{smallest}"
    )


def alt_three_views(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `charts.three_views`: the three totals."""
    needs(table, ["name", "potential", "assessed", "collected"], "alt_three_views")
    sums = {
        view: amount(float(table[view].sum()), currency=currency) for view in ("potential", "assessed", "collected")
    }
    top = table.sort_values("potential", ascending=False).iloc[0]
    return (
        f"Three dots per crossing for {count_word(len(table))} crossings. Together the potential revenue is "
        f"{sums['potential']}, {sums['assessed']} is assessed and {sums['collected']} collected. "
        f"The largest potential is at {top['name']}."
    )


def alt_bridge(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `bridge.bridge`: both totals and every component."""
    bars = bridge_bars(table)
    first, *parts, last = bars
    taken = [bar for bar in sorted(parts, key=lambda bar: -bar.mean) if bar.mean > 0]
    added = [bar for bar in sorted(parts, key=lambda bar: bar.mean) if bar.mean < 0]

    def told(bar: Any, sign: float) -> str:
        low, high = sorted((sign * bar.low, sign * bar.high))
        name = label_of(bar.name)
        return f"{name[:1].lower()}{name[1:]} {estimate(sign * bar.mean, low, high, currency=currency)}"

    ends = [estimate(bar.mean, bar.low, bar.high, currency=currency) for bar in (first, last)]
    sentences = [f"Waterfall of means, from a baseline of {ends[0]} to {ends[1]} collected by the government."]
    if taken:
        sentences.append(f"Taken off: {'; '.join(told(bar, 1.0) for bar in taken)}.")
    if added:
        sentences.append(f"Added back: {'; '.join(told(bar, -1.0) for bar in added)}.")
    return " ".join(sentences)


def alt_ledgers(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `compare.ledgers`: every line of both sides."""
    needs(table, ["ledger", "line", "mean", "low", "high"], "alt_ledgers")
    sides = []
    for side, name in (("government", "Government"), ("insurgent", "Insurgents")):
        rows = table[table["ledger"] == side].to_dict("records")
        lines = "; ".join(f"{label_of(str(row['line']))} {_interval(row, 'mean', currency)}" for row in rows)
        sides.append(f"{name}: {lines or 'no lines'}.")
    return f"Two ledgers side by side on one scale; one is not the mirror of the other. {' '.join(sides)}"


def alt_who_collects(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `timelines.who_collects`: first, lowest or highest, last day."""
    needs(table, ["day", "line", "median"], "alt_who_collects")
    first, last = (short_day(day_number(day), year=True) for day in (table["day"].min(), table["day"].max()))
    told = []
    for line, verb in (
        ("baseline", "the baseline is"),
        ("government", "the government collects"),
        ("insurgent", "insurgents gain"),
    ):
        part = table[table["line"] == line].sort_values("day").dropna(subset=["median"])
        if part.empty:
            continue
        values = part["median"].to_numpy(dtype=float)
        at = int(np.argmin(values) if line == "government" else np.argmax(values))
        ends = [amount(float(values[index]), currency=currency) for index in (0, -1, at)]
        extreme = "least" if line == "government" else "most"
        when = short_day(day_number(part["day"].iloc[at]))
        told.append(f"{verb} {ends[0]} on the first day and {ends[1]} on the last, {extreme} {ends[2]} on {when}")
    return f"Lines of revenue per day, {first} to {last}, medians with 90 % bands: {'; '.join(told)}."


def alt_cumulative(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `timelines.cumulative`: where the fans end."""
    needs(table, ["day", "median", "low", "high"], "alt_cumulative")
    lined = table if "line" in table.columns else table.assign(line="loss")
    told = []
    for line in ("loss", "gain"):
        part = lined[lined["line"] == line].sort_values("day")
        if len(part):
            row = part.iloc[-1].to_dict()
            told.append(f"{label_of(line).lower()} {_interval(row, 'median', currency)}")
    first, last = (short_day(day_number(day), year=True) for day in (table["day"].min(), table["day"].max()))
    return f"Fan of sums since {first}. By {last}: {'; '.join(told)}."


def alt_holders(table: pd.DataFrame, *, names: Mapping[str, str] | None = None) -> str:
    """Alternative text of `strips.holders`: the history of every crossing that changed."""
    needs(table, ["crossing", "name", "start", "end", "holder", "open_share"], "alt_holders")
    first, last = (short_day(day_number(day), year=True) for day in (table["start"].min(), table["end"].max()))
    told, steady = [], []
    for crossing in dict.fromkeys(table["crossing"]):
        rows = table[table["crossing"] == crossing].sort_values("start").to_dict("records")
        changes = [
            row
            for before, row in zip([None, *rows], rows, strict=False)
            if before is None or before["holder"] != row["holder"]
        ]
        history = [f"{_holder(row, names)}{_since(row, index)}" for index, row in enumerate(changes)]
        shut = [
            f"{short_day(day_number(row['start']))} to {short_day(day_number(row['end']))}"
            for row in rows
            if float(row["open_share"]) < 1
        ]
        closed = f", shut or partly shut {_listed(shut)}" if shut else ""
        if len(changes) > 1 or shut:
            told.append(f"{rows[0]['name']}: {', '.join(history)}{closed}")
        else:
            steady.append(f"{rows[0]['name']} ({history[0]})")
    rest = f" Unchanged: {_listed(steady)}." if steady else ""
    changed = f" {'; '.join(told)}." if told else ""
    return f"Strips of who held each crossing, {first} to {last}.{changed}{rest}"


def _holder(row: Mapping[Any, Any], names: Mapping[str, str] | None) -> str:
    return (names or {}).get(str(row["holder"]), label_of(str(row["holder"])).lower())


def _since(row: Mapping[Any, Any], index: int) -> str:
    return f" from {short_day(day_number(row['start']))}" if index else ""


def alt_comparison(
    table: pd.DataFrame,
    *,
    observed: Sequence[float] | float | None = None,
    observed_label: str = "Observed",
    currency: str = "AFN",
) -> str:
    """Alternative text of `compare.comparison`: each method, and where what was seen lies."""
    needs(table, ["method", "median", "low", "high"], "alt_comparison")
    band = np.sort(np.atleast_1d(np.asarray([] if observed is None else observed, dtype=float)))
    told = []
    for row in table.to_dict("records"):
        text = f"{row['method']} {_interval(row, 'median', currency)}"
        if band.size:
            above, below = float(row["low"]) > band[-1], float(row["high"]) < band[0]
            text += ", all above it" if above else ", all below it" if below else ", which reaches it"
        told.append(text)
    unit = money_unit(band, currency=currency)
    seen = f" {_sentence(observed_label)}: {band_words(band, unit)}." if band.size else ""
    return f"Dots with 90 % intervals, one row per method.{seen} {'; '.join(told)}."
