"""Results of a case with trade values told apart by flow, and the trade the government records beside them.

Recorded trade of a crossing is what passes while the government holds it, as its statistics would show it: ledger lines
give r0 M g, which over the collected rate on declared value is that trade (currency over the window). Zero recorded is
not zero trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import TradeImpactError
from ..figures.text import amount, estimate, millions
from ..model.ledger import COMPONENTS
from ..results import Results
from ..statistics import describe
from .scoring import scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES = ("baseline", "government_revenue", "government_loss")
METHODS = {
    "Model": "actual",
    "Days held and open": "days_open",
    "Days-held arithmetic": "days_held",
    "No change": "baseline",
}
TAKEN = {
    "baseline": (),
    "days_held": ("lost_to_insurgent_control", "lost_to_nobody"),
    "days_open": ("lost_to_insurgent_control", "lost_to_nobody", "lost_to_closure"),
}
# parts of the loss that are no trade of the government's
NOT_TRADE = ("weaker_collection", "collected_inland")


def by_flow(result: Results) -> pd.DataFrame:
    """Baseline, government revenue and loss by flow: index (flow, line), columns as in `Results.summary`.

    The flows of a crossing answer together, so each has the part of its lines that it has of its baseline revenue.

    Raises
    ------
    TradeImpactError
        If the case knows revenue and not trade values by flow.
    """
    drawn, data = _drawn(result), result.to_xarray()
    names = [flow.flow for flow in result.inputs.flows]
    crossings = list(result.inputs.crossings)
    revenue = {flow: drawn[[f"collected.{flow}.{c}" for c in crossings]].to_numpy() for flow in names}
    total = sum(revenue.values())
    frames = {}
    for flow in names:
        part = np.where(total > 0, revenue[flow] / np.where(total > 0, total, 1.0), 0.0)
        lines = {line: (data[line].sel(crossing=crossings).to_numpy().T * part).sum(axis=1) for line in LINES}
        frames[flow] = describe(lines, result.weights)
    return pd.concat(frames, names=["flow", "line"])


def recorded_trade(result: Results, line: str = "actual") -> pd.DataFrame:
    """Trade the government would record at each crossing over the window, one row per draw, one column per crossing.

    Parameters
    ----------
    result : Results
        Of a case whose baseline is recorded trade value.
    line : {"actual", "baseline", "days_held", "days_open"}
        What the scenario leaves; what would have been recorded had nothing happened; the baseline of the days on which
        the government held the crossing; that of the days on which it held it and it was open, as far as it was.

    Raises
    ------
    TradeImpactError
        If the case knows revenue and not trade values, or the line is unknown.
    """
    drawn, data = _drawn(result), result.to_xarray()
    taken = {"actual": tuple(name for name in COMPONENTS if name not in NOT_TRADE)} | TAKEN
    if line not in taken:
        raise TradeImpactError(f"recorded_trade({line!r}): expected one of {', '.join(taken)}")
    columns = {}
    for c in result.inputs.crossings:
        at = data.sel(crossing=c)
        amount = at["baseline"].to_numpy() - sum(at[name].to_numpy() for name in taken[line])
        columns[c] = amount / drawn[f"declared_rate.{c}"].to_numpy()
    return pd.DataFrame(columns, index=pd.RangeIndex(result.count, name="draw"))


@dataclass(frozen=True, repr=False)
class TradeScore:
    """Recorded trade of one crossing against what was recorded: `table`, `text`, `plot`."""

    table: pd.DataFrame
    result: Results
    crossing: str
    observed: float

    @property
    def text(self) -> str:
        """The score in one sentence."""
        model, rival = self.table.iloc[0], self.table.iloc[1:].sort_values("crps").iloc[0]
        currency = self.result.currency.upper()
        words = estimate(model["median"], model["low"], model["high"], currency=currency)
        seen = amount(self.observed, currency=currency)
        better = "smaller" if model["crps"] < rival["crps"] else "no smaller"
        return (
            f"{self._name}: trade of {words} by the model, {seen} in the records, "
            f"{'inside' if model['covered'] else 'outside'} the interval; the model's CRPS is {better} than that "
            f"of the best rival ({rival['method'].lower()})."
        )

    @property
    def _name(self) -> str:
        return str(self.result.case.crossing(self.crossing)["name"])

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """The methods beside what was recorded: medians and 90 % intervals."""
        from ..figures.alt import alt_comparison
        from ..figures.compare import comparison
        from ..figures.save import save as save_figure
        from ..plots import MODEL_NOTE, credit, grades

        case, currency = self.result.case, self.result.currency.upper()
        common: dict[str, Any] = {"observed": self.observed, "observed_label": "Recorded", "currency": currency}
        drawn = comparison(
            self.table,
            axis_label=f"Trade recorded at {self._name}",
            title=title or self.text.split("; the model's CRPS")[0],
            source=credit(case),
            grade=grades(case),
            note=MODEL_NOTE,
            synthetic=case.synthetic,
            ax=ax,
            **common,
        )
        if save is not None:
            words = alt_comparison(self.table, **common)
            save_figure(drawn, save, table=self.table, alt=words, manifest=self.result.manifest())
        return drawn

    def _repr_html_(self) -> str:
        shown = self.table.copy()
        for column in ("observed", "median", "low", "high", "error", "crps", "width"):
            shown[column] = [millions(value) for value in shown[column]]
        start, end = self.result.window
        note = f"{self._name}, {start} to {end}, millions of {self.result.currency.upper()} recorded"
        small = escape(f"{note}. {self.text}")
        return f"<div>{shown.to_html(index=False, border=0)}<p><small>{small}</small></p></div>"

    def __repr__(self) -> str:
        return self.text


def score_trade(result: Results, crossing: str, observed: float) -> TradeScore:
    """Recorded trade of a crossing against what was recorded: the model beside simpler rivals on the same draws.

    Parameters
    ----------
    result : Results
        Of a case whose baseline is recorded trade value, over exactly the days of the observation.
    crossing : str
    observed : float
        What was recorded, in the case's currency.

    Returns
    -------
    TradeScore
        `.table` has one row per method (Model, Days held and open, Days-held arithmetic, No change): method, observed,
        median, low, high, error (of the median), crps, covered (by the 90 % interval), width.
    """
    result.case.crossing(crossing)
    rows = [
        {"method": method} | scored(recorded_trade(result, line)[crossing].to_numpy(), observed, result.weights)
        for method, line in METHODS.items()
    ]
    return TradeScore(pd.DataFrame(rows), result, crossing, float(observed))


def _drawn(result: Results) -> pd.DataFrame:
    if not result.inputs.flows:
        raise TradeImpactError(
            f"case {result.case.name!r} knows collected revenue, not trade values: give flows.csv and write "
            "baseline_measure: trade_value into datapackage.json"
        )
    return result.drawn()
