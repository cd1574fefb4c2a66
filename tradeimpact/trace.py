"""From a number of a result to the rows behind it: which rows of which tables enter, how, from whom, how good.

A crossing's numbers rest on its baseline and what that rests on, on the adding-up constraints, on statements about who
held it and when it was shut, and on assumptions. A line of the ledger rests on those parts of MODEL section 6 that its
equation names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from .errors import TradeImpactError, did_you_mean
from .figures.text import count_word, estimate, fixed, label_of
from .model.ledger import COMPONENTS, DETAILS
from .statistics import describe
from .tally import HEADLINES
from .trace_rows import PARTS, Known, rows_behind

if TYPE_CHECKING:
    from .results import Results

OTHER_LINES = ("road_levies", "illicit_transit", "days_held")
HELD = ("baseline", "level", "calendar", "control")
SHUT = (*HELD, "closures")
# parts that the equation of a line names; lines that are not listed take all that MODEL section 5 feeds
NEEDS: dict[str, tuple[str, ...]] = {
    "baseline": ("baseline", "level", "calendar"),
    "insurgent_baseline": ("baseline", "level", "calendar", "rate", "levy", "road", "illicit"),
    "days_held": HELD,
    "lost_to_insurgent_control": HELD,
    "lost_to_nobody": HELD,
    "lost_to_closure": SHUT,
    "shut_while_held": SHUT,
    "contraction": tuple(part for part in PARTS if part not in ("illicit", "insecurity")),
    "illicit_transit": ("illicit",),
}
WITH_ILLICIT = ("insurgent_revenue", "insurgent_gain", "transfer_ratio")

BEHIND = "behind the "  # how the rows that another row rests on begin
KINDS = {
    "baseline": ("baseline figure", "baseline figures"),
    "behind": ("published figure behind another", "published figures behind others"),
    "constraints": ("adding-up constraint", "adding-up constraints"),
    "reports": ("statement on control or closure", "statements on control or closure"),
    "scenario": ("event of the scenario", "events of the scenario"),
    "assumptions": ("assumption", "assumptions"),
}


@dataclass(frozen=True)
class Trace:
    """The rows behind a crossing or a line of the ledger.

    Attributes
    ----------
    name, label : str
        What was traced, as in the tables and as printed.
    table : DataFrame
        One row per row of the case that enters: part (of the model), scope ("crossing" where it is about this crossing
        alone, else "country"), enters (how), table, row (its key), value (as in the case), source (keys), source_title,
        url, grade, published_latest.
    text : str
        What the number is and what it rests on, in sentences.
    """

    name: str
    label: str
    table: pd.DataFrame
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Trace of {self.label}: {len(self.table)} rows\n{self.text}"

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns=["source", "url"]).to_html(index=False, border=0, na_rep="")
        return f"<div><p>{escape(self.text)}</p>{shown}</div>"


def trace(result: Results, of: str) -> Trace:
    """Rows behind the numbers of a crossing or of a line of the ledger.

    Parameters
    ----------
    result : Results
    of : str
        A crossing ("islam_qala") or a line ("government_loss", "levy_received" …).

    Returns
    -------
    Trace

    Raises
    ------
    TradeImpactError
        If it is neither, with a suggestion.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> from tradeimpact.trace import trace
    >>> case = ti.load_case("afghanistan-2021")
    >>> fall = ti.Scenario("fall").capture("islam_qala", on="2021-07-08")
    >>> t = trace(ti.simulate(case, fall, start="2021-07-08", end="2021-07-09", draws=16, rng=1), "islam_qala")
    >>> t.table.loc[t.table["table"] == "baseline", ["row", "grade"]].to_numpy().tolist()
    [['islam_qala', 'B']]
    """
    return traced(result, Known(result.inputs), of)


def traced(result: Results, known: Known, of: str) -> Trace:
    """:func:`trace` with what is looked up once for many of them."""
    case = result.case
    every = case.crossings.set_index("crossing")
    if of in every.index:
        unit = str(every.loc[of, "assessed_with"]) or of
        table = rows_behind(known, unit)
        label = str(every.loc[of, "name"])
        words = _crossing_words(result, unit, label if unit == of else f"{label}, assessed with {unit},")
    elif of in (lines := (*HEADLINES, *COMPONENTS, *DETAILS, *OTHER_LINES)):
        table, label = known.everywhere, label_of(of)
        table = table[table["part"].isin(parts_of(of))].reset_index(drop=True)
        words = _line_words(result, of)
    else:
        hint = did_you_mean(of, [*every.index, *lines])
        raise TradeImpactError(
            f"trace({of!r}): neither a crossing of {case.name!r} nor a line of the ledger. "
            f"{hint or 'See result.bridge() and case.crossings for the names.'}"
        )
    return Trace(of, label, table, " ".join([words, *rests_on(table)]))


def parts_of(line: str) -> tuple[str, ...]:
    """Parts of the model that the equation of a ledger line names."""
    if line in NEEDS:
        return NEEDS[line]
    return PARTS if line in WITH_ILLICIT else tuple(part for part in PARTS if part != "illicit")


def rests_on(table: pd.DataFrame) -> list[str]:
    """Sentences on the rows of a trace: how many of which kind, how good, how new."""
    if table.empty:
        return ["No row of the case enters."]
    table = table.drop_duplicates(["table", "row"])  # a statement may say who holds a crossing and that it is shut
    kind = table["table"].where(~table["enters"].str.startswith(BEHIND), "behind")
    counts = {name: int((kind == name).sum()) for name in KINDS}
    counts["other"] = len(table) - sum(counts.values())
    words = KINDS | {"other": ("other row", "other rows")}
    found = [f"{count_word(n)} {words[name][n > 1]}" for name, n in counts.items() if n]
    judged = int((table["grade"] == "E").sum())
    text = [f"It rests on {_listed(found)}; {judged} of {len(table)} rows are judgement (grade E)."]
    newest = table["published_latest"].max()
    if pd.notna(newest):
        text.append(f"The newest was published by {newest.day} {newest:%B %Y}.")
    return text


def _crossing_words(result: Results, unit: str, label: str) -> str:
    table = result.by("crossing").loc[unit]
    loss, base = (_say(result, table.loc[line]) for line in ("government_loss", "baseline"))
    start, end = result.window
    return f"{label} {start} to {end}: government loss {loss} of a baseline of {base}."


def _line_words(result: Results, line: str) -> str:
    start, end = result.window
    draws = result.draws()[[line]]
    row = describe({line: draws[line].to_numpy()}, result.weights).iloc[0]
    if line == "transfer_ratio":
        middle, low, high = (fixed(float(row[name]), 2) for name in ("median", "low", "high"))
        said = f"{middle} (90 %: {low} to {high})"
    else:
        said = _say(result, row)
    return f"{label_of(line)} {start} to {end}: {said}."


def _say(result: Results, row: Any) -> str:
    return estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=result.currency.upper())


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
