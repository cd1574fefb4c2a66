"""Scenario discovery: which combination of assumptions puts an outcome on the bad side of a threshold, as a rule.

The rule is a box found by patient rule induction (see `prim`): density is the share of the draws under the rule that
are bad, coverage the share of the bad draws that are under it. The check finds rules again on random halves of the
draws and tests each on the other half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TradeImpactError, did_you_mean
from ..figures.text import amount, fixed, label_of, percent
from ..results import Results
from ..tables import records
from .points import check_outcome, evidence_of, words_for
from .prim import cost, find_box, on_halves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

FEWEST = 20  # bad draws, and good ones
FIXED = 1e-9
LONGEST_UNIT = 20  # letters of a unit that a sentence can hold
SCORES = ("level_growth", "level_row", "level_value", "holiday", "inland_feed", "tariff")  # no values one could name
OUTCOME_WORDS = {"government_revenue": "government revenue", "baseline": "revenue had nothing fallen"}
NOTE = (
    "Draws of the model inside and outside the rule. A rule describes the model under its assumptions; it says nothing "
    "of how likely they are."
)


@dataclass(frozen=True)
class Discovery:
    """One readable rule for when an outcome lies on the bad side of a threshold.

    Attributes
    ----------
    table : DataFrame
        One row per condition: name, label, unit, grade, above, below (NaN where unbounded), reproduced (share of the
        random halves whose rule has a condition on the same side of the same assumption).
    density, coverage, mass : float
        Share of the draws under the rule that are bad, of the bad draws under it, and of all draws under it.
    base : float
        Share of all draws that are bad.
    density_check, coverage_check : float
        Means on the halves that did not take part in finding the rule; NaN where none could be found.
    path : DataFrame
        Boxes on the way: conditions, mass, density, coverage.
    text : str
    """

    result: Results
    outcome: str
    threshold: float
    below: bool
    table: pd.DataFrame
    density: float
    coverage: float
    mass: float
    base: float
    density_check: float
    coverage_check: float
    path: pd.DataFrame

    @property
    def text(self) -> str:
        """The rule, how well it does, and how it does on draws it was not made from."""
        currency = self.result.currency.upper()
        side = "under" if self.below else "over"
        what = f"{self._outcome_words} is {side} {amount(self.threshold, currency=currency)}"
        if self.table.empty:
            return f"In {percent(self.base)} of draws {what}, and no combination of assumptions makes that likelier."
        return "\n".join(
            [
                f"When {self.rule}, {what} in {percent(self.density)} of draws, against {percent(self.base)} of all "
                f"(the rule covers {percent(self.coverage)} of such draws and holds in {percent(self.mass)} of all).",
                f"On draws that had no part in finding the rule: {percent(self.density_check)} of them, covering "
                f"{percent(self.coverage_check)}.",
                self._found_again(),
            ]
        )

    @property
    def _outcome_words(self) -> str:
        return OUTCOME_WORDS.get(self.outcome, _lower(label_of(self.outcome)))

    @property
    def rule(self) -> str:
        """The conditions in words, joined by "and"."""
        return " and ".join(_condition(row) for row in records(self.table))

    def _found_again(self) -> str:
        often = [f"{_lower(row['label'])} {percent(row['reproduced'])}" for row in records(self.table)]
        return f"How often random halves of the draws gave the same condition: {', '.join(often)}."

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Draws by the two conditions that matter most, bad ones marked, with the rule's box."""
        from ..figures import rules as figure
        from ..figures.save import save as save_figure
        from ..plots import credit

        case = self.result.case
        if self.table.empty:
            raise TradeImpactError("no rule was found, so there is none to draw")
        table = self.scatter()
        side = "Under" if self.below else "Over"
        bad = f"{side} {amount(self.threshold, currency=self.result.currency.upper())}"
        words = self._outcome_words[:1].upper() + self._outcome_words[1:]
        finding = (
            f"{words} {_lower(bad)}: {percent(self.density)} of draws inside the rule, {percent(self.base)} of all"
        )
        common: dict[str, Any] = {"conditions": self.table, "outcome": words, "bad": bad}
        drawn: Axes = figure.discovery(
            table, title=title or finding, source=credit(case), note=f"Rule: {self.rule}. {NOTE}",
            grade=", ".join(sorted(set(self.table["grade"]) - {""})) or None, synthetic=case.synthetic,
            currency=self.result.currency.upper(), threshold=self.threshold, ax=ax, **common,
        )  # fmt: skip
        if save is not None:
            manifest = self.result.manifest() | {"outcome": self.outcome, "threshold": self.threshold}
            alt = figure.alt_discovery(table, rule=self.text.split("\n")[0], **common)
            save_figure(drawn, save, table=table, alt=alt, manifest=manifest)
        return drawn

    def scatter(self) -> pd.DataFrame:
        """One row per draw: the outcome, whether it is bad, whether the rule holds, the assumptions it names."""
        values = self.result.draws()[self.outcome]
        bad = values < self.threshold if self.below else values > self.threshold
        drawn = self.result.drawn()[list(self.table["name"])]
        inside = pd.Series(True, index=drawn.index)
        for row in records(self.table):
            column = drawn[row["name"]]
            inside &= ~(column < row["above"]) & ~(column > row["below"])
        return drawn.assign(outcome=values, bad=bad, inside=inside)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return "<div>" + "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n")) + "</div>"


def discover(
    result: Results,
    outcome: str = "government_revenue",
    *,
    below: float | None = None,
    above: float | None = None,
    most: int = 3,
    density: float | None = None,
    names: Sequence[str] | None = None,
    rng: int | np.random.Generator | None = 0,
) -> Discovery:
    """Which combination of assumptions puts an outcome under (or over) a threshold, as a rule one can say.

    Parameters
    ----------
    result : Results
        Weights are honoured.
    outcome : str
        Line of `Results.draws`.
    below, above : float
        The threshold, one of the two, in units of the result's currency over its window.
    most : int
        Conditions of the rule at most.
    density : float, optional
        Share of the draws under the rule that must be bad: then the widest such rule is told, or the densest where
        none is so dense. Without it the rule that balances both best.
    names : sequence of str, optional
        Columns of ``result.drawn()`` that may occur; without it every assumption, share and truck count that varies.
    rng : int, Generator or None
        Of the random halves of the check.

    Returns
    -------
    Discovery

    Raises
    ------
    TradeImpactError
        If a name is unknown, not one threshold is given, or fewer than 20 draws lie on one side of it.
    """
    table = result.draws()
    check_outcome(outcome, tuple(table.columns))
    if (below is None) == (above is None):
        raise TradeImpactError("discover() needs one threshold: below= or above=, an amount over the window")
    if most < 1:
        raise TradeImpactError(f"most={most}: a rule has at least one condition")
    threshold = float(below if below is not None else above)  # type: ignore[arg-type]
    values = table[outcome].to_numpy(float)
    bad = values < threshold if below is not None else values > threshold
    least = min(int(bad.sum()), int((~bad).sum()))
    if least < FEWEST:
        low, high = np.nanquantile(values, (0.05, 0.95))
        raise TradeImpactError(
            f"only {least} of {result.count:,} draws lie on one side of {threshold:,.0f}; {FEWEST} are needed. "
            f"90 % of them lie between {low:,.0f} and {high:,.0f}: move the threshold or take more draws"
        )
    drawn = _candidates(result, names)
    x = drawn.to_numpy(float)
    w = np.full(result.count, 1.0 / result.count) if result.weights is None else result.weights / result.weights.sum()
    box, path = find_box(x, bad, w, most, density)
    again, tested, covered = on_halves(x, bad, w, most, density, box, np.random.default_rng(rng))
    rows = []
    for c in sorted(box.used, key=lambda c: -cost(box, c, x, bad, w)):
        name = str(drawn.columns[c])
        row = {"name": name, "label": words_for(name, result.case), "unit": _unit(name, result)}
        row["grade"] = evidence_of(name, result.case)["grade"]
        ends = [float(v) if np.isfinite(v) else float("nan") for v in (box.low[c], box.high[c])]
        rows.append(row | {"above": ends[0], "below": ends[1], "reproduced": float(again[c])})
    columns = ["name", "label", "unit", "grade", "above", "below", "reproduced"]
    return Discovery(
        result, outcome, threshold, below is not None, pd.DataFrame(rows, columns=columns), box.density, box.coverage,
        box.mass, float(w[bad].sum()), tested, covered, path,
    )  # fmt: skip


def _candidates(result: Results, names: Sequence[str] | None) -> pd.DataFrame:
    drawn = result.drawn()
    if names is not None:
        for name in names:
            if name not in drawn.columns:
                raise TradeImpactError(f"{name!r} is not drawn. {did_you_mean(name, drawn.columns)}".strip())
        return drawn[list(names)]
    plain = [c for c in drawn.columns if c not in SCORES and not c.endswith(":option")]
    spread, level = drawn[plain].std(ddof=0), drawn[plain].mean().abs()
    return drawn.loc[:, [c for c in plain if spread[c] > FIXED * level[c]]]


def _unit(name: str, result: Results) -> str:
    record = result.case.assumption_records.get(name)
    if record is not None:
        return "" if record.unit == "1" or len(record.unit) > LONGEST_UNIT else record.unit
    units = {"share": "", "trucks": "trucks a day", "baseline_level": f"{result.case.currency} a day"}
    return units.get(name.split(".", 1)[0], "")


def _condition(row: dict[str, Any]) -> str:
    """One condition in words."""
    ends = {side: _number(row[side], row["unit"]) for side in ("above", "below") if np.isfinite(row[side])}
    label = _lower(row["label"])
    if len(ends) == 2:
        return f"{label} is between {ends['above']} and {ends['below']}"
    side, number = next(iter(ends.items()))
    return f"{label} is {side} {number}"


def _number(value: float, unit: str) -> str:
    if abs(value) >= 1e6:
        return f"{amount(value, currency='')} {unit}".strip()
    size = 0 if value == 0 else int(np.floor(np.log10(abs(value))))
    return f"{fixed(value, max(0, 1 - size))} {unit}".strip()


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
