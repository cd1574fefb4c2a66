"""The effect of one event on one outcome, as measured by one method: tables, a sentence, pictures, placebos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from .estimate import Estimate, Method, mean_effect, reach
from .grid import Panel
from .phases import Persistence, Recovery, mean_share, persistence, phase_table, recovery
from .placebo import Placebos, p_value, ratio

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Effect:
    """What one method says an event did to one outcome.

    `table` and `summary` hold the numbers, `text` the sentences, `plot()` the picture, `placebos` how often the same
    method finds an effect where there is none.
    """

    method: str
    panel: Panel
    estimate: Estimate
    placebos: Placebos
    function: Method
    donors: pd.DataFrame | None = None
    season: int | None = None

    # --- tables -------------------------------------------------------------------------------------------------------

    @property
    def table(self) -> pd.DataFrame:
        """Per period (index as given, absent periods put in).

        Columns observed, counterfactual, effect (observed less counterfactual), low, high (of the effect, 90 %),
        counterfactual_low, counterfactual_high, phase (before, during, after). Unreported periods have no effect;
        before the start the effect is what the method does not fit, without an interval.
        """
        x = self.panel
        path = self.estimate.counterfactual
        half = np.full(len(x.y), np.nan)
        half[x.first :] = reach(self.estimate.df) * np.sqrt(np.diag(self.estimate.covariance))
        half[~np.isfinite(path)] = np.nan
        effect = x.y - path
        phase = np.where(np.arange(len(x.y)) < x.first, "before", "during")
        if x.last is not None:
            phase[x.last + 1 :] = "after"
        return pd.DataFrame(
            {
                "observed": x.y,
                "counterfactual": path,
                "effect": effect,
                "low": effect - half,
                "high": effect + half,
                "counterfactual_low": path - half,
                "counterfactual_high": path + half,
                "phase": phase,
            },
            index=x.grid.index,
        )

    @property
    def summary(self) -> pd.DataFrame:
        """Over the reported periods after the start: mean, total and share (of the counterfactual) of the effect.

        Index `line`, columns estimate, low, high (90 %). The total leaves unreported periods out.
        """
        mean = mean_effect(self.panel.y, self.estimate, self.panel.first)
        periods = self.periods
        rows = {"mean": mean, "total": tuple(v * periods for v in mean), "share": mean_share(self.panel, self.estimate)}
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "low", "high"])
        return table.rename_axis("line")

    @property
    def periods(self) -> int:
        """Periods after the start in which the outcome is reported and there is a counterfactual."""
        after = slice(self.panel.first, None)
        return int((np.isfinite(self.panel.y[after]) & np.isfinite(self.estimate.counterfactual[after])).sum())

    @property
    def weights(self) -> pd.Series:
        """Weight of each donor (index unit), largest first; empty for a method without donors."""
        if self.donors is None:
            return pd.Series(dtype=float, name="weight")
        return self.donors["weight"]

    @property
    def facts(self) -> Mapping[str, float]:
        """Numbers on the fit, by method: log-likelihood and variances, memory of the noise, error before the start."""
        return self.estimate.facts

    def phases(self) -> pd.DataFrame:
        """Before, during and after: periods, unreported, shut, observed, counterfactual, effect, low, high, share."""
        return phase_table(self.panel, self.estimate)

    def persistence(self) -> Persistence:
        """Share of the effect during the event that stayed after its end; NaN without an end."""
        return persistence(self.panel, self.estimate)

    def recovery(self, within: float = 0.1) -> Recovery:
        """Periods until the outcome was back to less than `within` of its counterfactual away, three in a row."""
        if self.panel.first >= len(self.panel.y):
            raise TradeImpactError("without a start nothing can recover; give a start")
        return recovery(self.panel, self.estimate, within)

    # --- against chance -----------------------------------------------------------------------------------------------

    def p_value(self, kind: str = "unit") -> float:
        """Share of placebos (this effect counted in) that stand out at least as much as this effect.

        "unit" compares the root mean squared gap after over before the start (Abadie et al. 2010), "date" the mean
        effect over half its interval. NaN where there are no such placebos; it is never below 1 / (placebos + 1).
        """
        rows = self.placebos.table[self.placebos.table["kind"] == kind]
        if kind == "unit":
            return p_value(ratio(self.panel.y, self.estimate, self.panel.first), rows["ratio"].astype(float))
        if kind != "date":
            raise TradeImpactError(f'p_value({kind!r}): expected "unit" or "date"')
        half = (rows["high"] - rows["low"]).astype(float) / 2
        mean, low, high = mean_effect(self.panel.y, self.estimate, self.panel.first)
        return p_value(abs(mean) / ((high - low) / 2), rows["effect"].astype(float).abs() / half)

    @property
    def found(self) -> bool:
        """Whether the 90 % interval of the mean effect leaves zero out."""
        _, low, high = mean_effect(self.panel.y, self.estimate, self.panel.first)
        return bool(low > 0 or high < 0)

    # --- words and pictures -------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What a briefer would say: the effect, how sure, what was lost when, and how often the method cries wolf."""
        from .words import sentences

        return sentences(self)

    def plot(
        self,
        *,
        title: str | None = None,
        source: str = "",
        grade: str | None = None,
        unit: str = "",
        synthetic: bool = False,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Observed and counterfactual by period, with the counterfactual's 90 % band and the start marked.

        `unit` names what the outcome is measured in; with ``save="folder/name"`` figure, table and manifest are
        written too.
        """
        from ...figures import effects as figure
        from ...figures.save import save as save_figure
        from .words import called, finding, placebo_note

        table = self.table
        marks = [(table.index[self.panel.first], "start")] if self.panel.first < len(table) else []
        if self.panel.last is not None:
            marks.append((table.index[self.panel.last + 1], "end"))
        drawn: Axes = figure.counterfactual(
            table, marks=marks, title=title or finding(self, unit), source=source, grade=grade, unit=unit,
            name=called(self.panel.name), note=f"{self.method.capitalize()}. {placebo_note(self)}".strip(),
            synthetic=synthetic, ax=ax,
        )  # fmt: skip
        if save is not None:
            alt = figure.alt_counterfactual(table, name=called(self.panel.name), unit=unit, finding=finding(self, unit))
            save_figure(drawn, save, table=table.rename_axis(str(table.index.name or "period")), alt=alt,
                        manifest=self.manifest())  # fmt: skip
        return drawn

    def manifest(self) -> dict[str, Any]:
        """What made the numbers: version, method, outcome, start, end, periods and donors."""
        from ... import _version

        grid = self.panel.grid
        start = None if self.panel.first >= len(grid) else str(grid.index[self.panel.first])
        return {
            "tradeimpact": _version.__version__,
            "method": self.method,
            "outcome": self.panel.name,
            "start": start,
            "end": None if self.panel.last is None else str(grid.index[self.panel.last]),
            "periods": [str(grid.index[0]), str(grid.index[-1])],
            "beside": [str(name) for name in self.panel.names],
        }

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        summary = self.summary.to_html(border=0, na_rep="", float_format=lambda v: f"{v:,.4g}")
        head = f"{self.panel.name}: {self.method}"
        return f"<div><strong>{escape(head)}</strong>{summary}<p>{escape(self.text)}</p></div>"
