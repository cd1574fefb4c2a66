"""Charts of a result: each is the picture of one of its tables, with its finding as title and its source below.

Every method returns an Axes, yours to edit. With ``save="folder/name"`` it also writes name.svg, .png, .csv and .json:
the figure, the table it pictures, and a manifest with all that is needed to make it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .chart_tables import daily_table, fall_position, holder_table, is_lost, ledger_table, map_table
from .crossing_plots import CrossingPlots, outlines_of
from .figures import alt, bridge, charts, compare, convergence, maps, strips, timelines
from .figures.axes import written_day
from .figures.save import save as save_figure
from .figures.text import count_word, estimate, label_of, lower_first, percent
from .model.ledger import COMPONENTS
from .revenue import revenue_per_crossing
from .scenario import to_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .convergence import Convergence
    from .results import Results

OUTLINES = "countries.geojson"  # unless the descriptor of the case names another file of data/outlines
MODEL_NOTE = (
    "Estimates of the model, not statistics; 90 % intervals rest on stated assumptions, most of them judgement."
)
LOST_NOTE = "A crossing counts as lost from the day on which the government holds it with a probability below one half."


@dataclass(frozen=True)
class Plots(CrossingPlots):
    """Charts of one result."""

    result: Results

    def bridge(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """From the baseline to what was collected: where the lost revenue went, means and 90 % intervals."""
        table = self.result.bridge()
        parts = table["mean"].loc[list(COMPONENTS)]
        finding = f"The government loses a mean of {self._mean(table, 'government_loss')}"
        if parts.max() > 0:
            finding += f"; largest part: {lower_first(label_of(str(parts.idxmax())))}"
        return self._draw(bridge.bridge, alt.alt_bridge, table, title or finding, save, ax)

    def ledgers(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """The government's and the insurgents' ledgers side by side on one scale."""
        table = ledger_table(self.result)
        loss, gain = (self._mean(self.result.summary(), line) for line in ("government_loss", "insurgent_gain"))
        finding = f"The government loses a mean of {loss}, the insurgents gain a mean of {gain}"
        return self._draw(compare.ledgers, alt.alt_ledgers, table, title or finding, save, ax)

    def who_collects(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Baseline, government and insurgents by day."""
        table = daily_table(self.result)
        last = self.result.window[1]
        final = table[table["day"] == pd.Timestamp(last)].set_index("line")["median"]
        share = final["government"] / final["baseline"] if final["baseline"] else float("nan")
        finding = f"On {written_day(last)} the government collects {percent(share)} of its baseline"
        return self._draw(
            timelines.who_collects, alt.alt_who_collects, table, title or finding, save, ax, events=self._falls(),
            note=self._lost_note(),
        )  # fmt: skip

    def cumulative(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Loss and gain since the first day of the window."""
        table = self.result.cumulative()
        end = table[(table["day"] == table["day"].max()) & (table["line"] == "loss")].iloc[0]
        last = self.result.window[1]
        loss = estimate(end["median"], end["low"], end["high"], currency=self._currency)
        finding = f"By {written_day(last)} the loss adds up to {loss}"
        return self._draw(
            timelines.cumulative, alt.alt_cumulative, table, title or finding, save, ax, events=self._falls(),
            note=self._lost_note(),
        )  # fmt: skip

    def holders(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Who held each crossing on which days, and when it was shut to cargo."""
        table = holder_table(self.result)
        lost = is_lost(self.result.totals.holders[..., -1])
        finding = (
            f"{int(lost.sum())} of {len(lost)} crossings and houses "
            f"{'are probably' if self.result.inputs.inferred else 'are'} out of the government's hands by the last day"
        )
        names = self._names(table["holder"])
        return self._draw(
            strips.holders,
            alt.alt_holders,
            table,
            title or finding,
            save,
            ax,
            names=names,
            alt_extra={"names": names},
            money=False,
            note=self._lost_note(),
        )

    def map(
        self,
        on: str | date | None = None,
        *,
        title: str | None = None,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Crossings on a day: size is annual baseline revenue, colour and shape the holder."""
        day = self.result.window[1] if on is None else to_day(on)
        table = map_table(self.result, day)
        country = str(self.result.case.metadata.get("country", ""))
        extra: dict[str, Any] = {"country": country, "on": day, "names": self._names(table["holder"])}
        held = table.loc[table["holder"] == "government", "revenue"].sum() / table["revenue"].sum()
        finding = f"On {written_day(day)} the government holds crossings that bring {percent(held)} of baseline revenue"
        return self._draw(
            maps.map_crossings,
            alt.alt_map,
            table,
            title or finding,
            save,
            ax,
            positional=(outlines_of(self.result.case),),
            alt_extra=extra,
            alt_money=False,
            note=self._lost_note(),
            **extra,
        )

    def comparison(
        self,
        methods: pd.DataFrame | None = None,
        *,
        observed: Sequence[float] | float | None = None,
        observed_label: str = "Observed",
        title: str | None = None,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """The model beside days-held arithmetic and no change, on the same draws, with what was observed.

        `methods` is `Results.rivals()` unless given.
        """
        table = self.result.rivals() if methods is None else methods
        band = None
        if observed is not None:
            band = tuple(sorted(float(v) for v in ([observed] if isinstance(observed, int | float) else observed)))
        row = table.iloc[0]
        finding = f"{row['method']}: {estimate(row['median'], row['low'], row['high'], currency=self._currency)}"
        if band is not None:
            finding += f"; {observed_label}: {_where(row, band)}"
        extra: dict[str, Any] = {"observed": band, "observed_label": observed_label}
        return self._draw(
            compare.comparison, alt.alt_comparison, table, title or finding, save, ax, **extra, alt_extra=extra
        )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _lost_note(self) -> str:
        return LOST_NOTE if self.result.inputs.inferred else ""

    def _mean(self, table: pd.DataFrame, line: str) -> str:
        row = table.loc[[line]].iloc[0]
        return estimate(float(row["mean"]), float(row["low"]), float(row["high"]), currency=self._currency)

    def _falls(self) -> list[tuple[Any, str]]:
        """Days from which crossings count as lost, the largest of a day named, and holidays, with their names."""
        x = self.result.inputs
        names = self.result.case.crossings.set_index("crossing")["name"]
        falls: dict[Any, list[str]] = {}
        for i in np.argsort(-x.parts[1], kind="stable"):
            position = fall_position(self.result, int(i))
            if position < len(x.window_days) and x.parts[2][i] > 0:  # one without baseline was lost before
                name = str(names[x.crossings[i]]).split("/")[0]
                falls.setdefault(x.window_days[position].date(), []).append(name)
        marks = [(day, who[0] if len(who) == 1 else f"{who[0]} +{len(who) - 1}") for day, who in sorted(falls.items())]
        calendar = self.result.case.calendar
        feasts = calendar[(calendar["kind"] == "holiday") & calendar["start"].isin(x.window_days)]
        marks += [(day.date(), str(name)) for day, name in zip(feasts["start"], feasts["name"], strict=True)]
        return sorted(marks)

    def convergence(
        self,
        settled: Convergence | None = None,
        *,
        title: str | None = None,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """How the median and the interval of a headline line settle as draws are added."""
        found = self.result.convergence() if settled is None else settled
        table = found.table.xs(found.line, level="line").reset_index()
        name = found.line.replace("_", " ")
        last = table.iloc[-1]
        share = last["mc_error"] / abs(last["median"]) if last["median"] else float("nan")
        finding = f"At {int(last['draws']):,} draws the median {name} is known to {100 * share:.1f} %"
        return self._draw(
            convergence.convergence, convergence.alt_convergence, table, title or finding, save, ax,
            outcome=label_of(found.line),
        )  # fmt: skip

    def _draw(
        self,
        chart: Callable[..., Axes],
        words: Callable[..., str],
        table: pd.DataFrame,
        title: str | None,
        save: str | Path | None,
        ax: Axes | None,
        *,
        positional: tuple[Any, ...] = (),
        alt_extra: dict[str, Any] | None = None,
        alt_money: bool = True,
        money: bool = True,
        note: str = "",
        **extra: Any,
    ) -> Axes:
        common: dict[str, Any] = {"currency": self._currency} if money else {}
        case = self.result.case
        drawn = chart(
            table,
            *positional,
            title=title,
            source=credit(case),
            grade=grades(case),
            note=f"{note} {MODEL_NOTE}".strip(),
            synthetic=case.synthetic,
            ax=ax,
            **common,
            **extra,
        )
        if save is not None:
            text = words(table, **(alt_extra or {}), **(common if alt_money else {}))
            shown = table.reset_index() if table.index.name else table
            save_figure(drawn, save, table=shown, alt=text, manifest=self.result.manifest())
        return drawn


def _where(row: Any, band: tuple[float, ...]) -> str:
    """Where an observed value lies against an interval."""
    if band[-1] < row["low"]:
        return "below the interval"
    if band[0] > row["high"]:
        return "above the interval"
    inside = band[0] >= row["low"] and band[-1] <= row["high"]
    return "inside the interval" if inside else "at the edge of the interval"


def plot_revenue(
    case: Any, *, views: bool = False, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None
) -> Axes:
    """Annual revenue per crossing with ranges and grades; with `views`, potential and assessed revenue beside it."""
    table = revenue_per_crossing(case)
    imports = table[table["flow"].isin(["imports", "all"])]
    common: dict[str, Any] = {"currency": case.currency.upper()}
    if views:
        chart, words, shown = charts.three_views, alt.alt_three_views, imports
        ratio = imports["collected"].sum() / imports["potential"].sum()
        finding = f"About {percent(ratio)} of what is due reaches the treasury"
    else:
        chart, words = charts.revenue_by_crossing, alt.alt_revenue
        shown = imports.rename(columns={"collected": "median", "collected_low": "low", "collected_high": "high"})
        first = shown[shown["kind"] == "border"].head(2)
        measured = int((shown["grade"] == "A").sum())
        sure = f"{count_word(measured)} of {count_word(len(shown))} figures" if measured else "no figure"
        verb = "are" if measured > 1 else "is"
        finding = f"{first['name'].iloc[0]} and {first['name'].iloc[1]} bring in most; {sure} {verb} measured"
    drawn = chart(
        shown,
        title=title or finding,
        source=credit(case),
        grade=grades(case),
        synthetic=case.synthetic,
        ax=ax,
        note="Fiscal year before the crisis. Fitted to every adding-up constraint of the sources.",
        **common,
    )
    if save is not None:
        manifest = {"case": case.name, "data": case.hashes, "draws": 1000, "seed": 0}
        save_figure(drawn, save, table=shown, alt=words(shown, **common), manifest=manifest)
    return drawn


def credit(case: Any) -> str:
    """What the footer names as source: the credit line of the case, else its title and table of sources."""
    return str(case.metadata.get("credit") or f"{case.title}, {len(case.sources)} sources listed in sources.csv")


def grades(case: Any) -> str:
    """Evidence grades of the baseline and the assumptions, as "B, C, E"."""
    found = set(case.baseline["grade"]) | set(case.assumptions["grade"])
    return ", ".join(sorted(found - {""}))
