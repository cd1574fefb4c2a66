"""What came out: labelled tables of one run, with intervals and Monte Carlo error, honouring weights throughout.

Money is in units of the result's currency over the whole window. Medians do not add: tables show mean beside median,
and only means (and every single draw) of a bridge add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import TradeImpactError
from .figures.text import estimate
from .inputs import Inputs
from .kernel import DAILY, Array
from .model.ledger import COMPONENTS, DETAILS, LINES
from .parts import Task, Totals, redraw
from .statistics import COLUMNS, describe, quantiles
from .tally import HEADLINES, NATIONAL, RUNNING, lines_of

if TYPE_CHECKING:
    import xarray as xr

    from .convergence import Convergence
    from .one_draw import Draw
    from .plots import Plots
    from .trace import Trace

UNATTRIBUTED = "(unattributed)"  # insurgent revenue that no source gives to one of several authorities
DIMENSIONS = ("crossing", "month", "group", "authority")


@dataclass(frozen=True)
class Results:
    """One simulated scenario beside its counterfactual."""

    inputs: Inputs
    totals: Totals
    seed: int
    currency: str
    task: Task  # what its parts share, to do any of them again
    rerun: Callable[[str], Results]
    weights: Array | None = None

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def case(self) -> Any:
        """The case that was simulated."""
        return self.inputs.case

    @property
    def scenario(self) -> Any:
        """The scenario, with a history as reported resolved into its events."""
        return self.inputs.scenario

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(self.totals.lines.shape[-1])

    @property
    def effective_draws(self) -> float:
        """Number of equally weighted draws that would say as much: the number of draws without weights."""
        if self.weights is None:
            return float(self.count)
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def window(self) -> tuple[Any, Any]:
        """First and last day, both included."""
        days = self.inputs.window_days
        return days[0].date(), days[-1].date()

    # --- tables -------------------------------------------------------------------------------------------------------

    def draws(self) -> pd.DataFrame:
        """One row per draw (index `draw`): headline lines, the bridge's components and details, days-held arithmetic.

        In currency over the whole window; `days_held` is what the baseline would have paid on the days the government
        held each crossing; `transfer_ratio` is missing where the loss is zero.
        """
        lines = self._lines()
        columns = [*HEADLINES, *COMPONENTS, *DETAILS, "road_levies", "illicit_transit", "days_held"]
        return pd.DataFrame({name: lines[name] for name in columns}, index=pd.RangeIndex(self.count, name="draw"))

    def drawn(self) -> pd.DataFrame:
        """Values drawn for every assumption, baseline share and the level, one row per draw."""
        values = redraw(self.task, self.count) if self.totals.streamed else dict(self.totals.drawn)
        return pd.DataFrame(values, index=pd.RangeIndex(self.count, name="draw"))

    def summary(self, currency: str | None = None) -> pd.DataFrame:
        """Headline lines: mean, median, low, high (90 % interval) and the Monte Carlo error of the median."""
        result = self.to(currency)
        lines = result._lines()
        return describe({name: lines[name] for name in HEADLINES}, result.weights).rename_axis("line")

    def bridge(self, currency: str | None = None) -> pd.DataFrame:
        """From baseline to collected revenue: nine components that add up to the loss, and what insurgent control cost.

        Index `component`; `role` is total, component or detail (details add up to lost_to_insurgent_control).
        """
        result = self.to(currency)
        lines = result._lines()
        roles = {"baseline": "total"} | dict.fromkeys(COMPONENTS, "component")
        roles |= {"government_loss": "total", "government_revenue": "total"} | dict.fromkeys(DETAILS, "detail")
        table = describe({name: lines[name] for name in roles}, result.weights).rename_axis("component")
        table.insert(0, "role", pd.Series(roles))
        return table

    def by(self, dimension: str, currency: str | None = None) -> pd.DataFrame:
        """Ledger lines by "crossing", "month", "group" or "authority": index (dimension, line), columns of `summary`.

        Months are those of the case's calendar, cut to the window. Crossings include inland houses; what belongs to no
        crossing (illicit transit) stands under "(national)", and what belongs to no insurgent authority in particular
        under "(unattributed)". Loss lines for the government, gain lines for insurgents.
        """
        result = self.to(currency)
        if dimension == "authority":
            return result._by_authority()
        if dimension not in DIMENSIONS:
            raise TradeImpactError(f"by({dimension!r}): expected one of {', '.join(DIMENSIONS)}")
        table: pd.DataFrame = result.totals.table(dimension, result.weights).rename_axis([dimension, "line"])
        return table

    def daily(self, line: str = "government_revenue", currency: str | None = None) -> pd.DataFrame:
        """One line by day: index `day`, columns mean, median, low, high."""
        result = self.to(currency)
        if line not in DAILY:
            raise TradeImpactError(f"daily({line!r}): expected one of {', '.join(DAILY)}")
        table = result.totals.table("daily", result.weights).loc[[line]]
        return table.set_axis(result.inputs.window_days.rename("day"))

    def cumulative(self, currency: str | None = None) -> pd.DataFrame:
        """Loss and gain so far, by day: columns day, line (loss, gain), mean, median, low, high."""
        result = self.to(currency)
        every = result.totals.table("cumulative", result.weights)
        days = result.inputs.window_days
        frames = [every.loc[[name]].assign(day=days, line=name) for name in RUNNING]
        return pd.concat(frames, ignore_index=True)[["day", "line", *COLUMNS[:-1]]]

    def to_xarray(self) -> xr.Dataset:
        """Every ledger line as a Dataset: by crossing and draw, and by month and draw (``<line>_by_month``).

        Of a run of more draws than tables are kept for, lines over all crossings by draw. Lines asked for with
        ``keep=`` stand by crossing, day and draw (``<line>_by_day``).
        """
        import xarray as xr

        x, totals = self.inputs, self.totals
        data: dict[str, Any] = {}
        for row, name in enumerate(LINES):
            if totals.streamed:
                data[name] = (("draw",), totals.lines[row])
            else:
                data[name] = (("crossing", "draw"), totals.by_crossing[row])
                data[f"{name}_by_month"] = (("month", "draw"), totals.by_month[row])
        for name, values in totals.kept.items():
            data[f"{name}_by_day"] = (("crossing", "day", "draw"), values)
        if self.weights is not None:
            data["weight"] = (("draw",), self.weights)
        coordinates = {
            "crossing": [*x.crossings, NATIONAL],
            "month": list(x.months["label"]),
            "day": x.window_days,
            "draw": np.arange(self.count),
        }
        used = {name for dimensions, _ in data.values() for name in dimensions}
        coordinates = {name: values for name, values in coordinates.items() if name in used}
        return xr.Dataset(data, coords=coordinates, attrs=self.manifest(flat=True))

    def kept(self, line: str) -> xr.DataArray:
        """A ledger line asked for with ``simulate(..., keep=[line])``, by crossing, day and draw: currency per day."""
        if line not in self.totals.kept:
            held = ", ".join(self.totals.kept) or "no line"
            raise TradeImpactError(f"kept({line!r}): this result holds {held}; simulate with keep=[{line!r}]")
        return self.to_xarray()[f"{line}_by_day"].rename(line)

    def rivals(self, currency: str | None = None) -> pd.DataFrame:
        """Government revenue by the model and by two rivals on the same draws: columns method, mean, median, low, high.

        Days-held arithmetic pays each crossing's baseline for the days the government held it; no change is the
        baseline.
        """
        result = self.to(currency)
        lines = result._lines()
        methods = {"Model": "government_revenue", "Days-held arithmetic": "days_held", "No change": "baseline"}
        table = describe({name: lines[line] for name, line in methods.items()}, result.weights)
        return table.drop(columns="mc_error").rename_axis("method").reset_index()

    # --- draws and how many are enough --------------------------------------------------------------------------------

    def draw(self, number: int) -> Draw:
        """Draw `number` (from 0) run again by itself: what was drawn, who held what, every ledger line by day."""
        from .one_draw import one_draw

        return one_draw(self, number)

    def convergence(
        self, tolerance: float | None = None, line: str = "government_loss", currency: str | None = None
    ) -> Convergence:
        """How the headline numbers settle as draws are added, and whether there are enough of them.

        Parameters
        ----------
        tolerance : float, optional
            Largest standard error of the median of `line` to put up with, as a share of that median.
        line : str
            One of the headline lines.
        currency : str, optional

        Returns
        -------
        Convergence
            ``.table``, ``.text``, ``.enough`` (None without a tolerance), ``.needed`` draws, ``.plot()``.
        """
        from .convergence import converge

        return converge(self.to(currency), tolerance, line)

    def trace(self, what: str) -> Trace:
        """Where the numbers of a crossing, or a ledger line, come from: the rows behind them with source and grade.

        Returns
        -------
        Trace
            ``.table`` and ``.text``.
        """
        from .trace import trace

        return trace(self, what)

    # --- words --------------------------------------------------------------------------------------------------------

    def report(self, currency: str | None = None) -> Any:
        """The summary table and the sentences a briefer would say: `.table`, `.text`."""
        from .report import write_report

        return write_report(self.to(currency))

    def doubts(self) -> list[str]:
        """What is out of scale in this result, in sentences that say what to check; none where nothing is."""
        from .doubts import doubts

        return doubts(self)

    # --- pictures -----------------------------------------------------------------------------------------------------

    @property
    def plot(self) -> Plots:
        """Charts of the tables above: ``result.plot.bridge()`` and others, each an Axes."""
        from .plots import Plots

        return Plots(self)

    # --- the same run otherwise ---------------------------------------------------------------------------------------

    def to(self, currency: str | None) -> Results:
        """The same draws in another currency: the case's own, or "usd" at the rate of each day."""
        if currency is None or currency.lower() == self.currency:
            return self
        return replace(self.rerun(currency.lower()), weights=self.weights)

    def manifest(self, *, flat: bool = False) -> dict[str, Any]:
        """What is needed to get these numbers again: version, data hashes, scenario, window, seed, draws.

        `history` says where control and closures come from: the events of `scenario`, or reports, as published by
        `as_of` where that is given and forecast after it.
        """
        body = self.inputs.manifest() | {
            "seed": self.seed, "draws": self.count, "currency": self.currency, "weighted": self.weights is not None
        }  # fmt: skip
        return {k: str(v) for k, v in body.items()} if flat else body

    # --- inside -------------------------------------------------------------------------------------------------------

    def _lines(self) -> dict[str, Array]:
        """Every ledger line over the window, (draws,) each."""
        return lines_of(self.totals.lines)

    def _by_authority(self) -> pd.DataFrame:
        lines = self._lines()
        names = {"baseline": "baseline", "revenue": "government_revenue", "loss": "government_loss"}
        government = {name: lines[line] for name, line in names.items()}
        frames = {"government": describe(government, self.weights)}
        insurgents = self.inputs.authorities[2:]
        for i, name in enumerate((*insurgents, *([UNATTRIBUTED] if len(insurgents) > 1 else []))):
            rows = dict(zip(("baseline", "revenue", "gain"), self.totals.by_authority[i], strict=True))
            frames[name] = describe(rows, self.weights)
        return pd.concat(frames, names=["authority", "line"])

    def __repr__(self) -> str:
        loss, gain = (self._interval(name) for name in ("government_loss", "insurgent_gain"))
        start, end = self.window
        return (
            f"{self.scenario.name}: {self.case.title}, {start} to {end}, {self.count} draws, seed {self.seed}\n"
            f"  government loss {loss}\n  insurgent gain  {gain}"
        )

    def _interval(self, name: str) -> str:
        median, low, high = quantiles(self._lines()[name], (0.5, 0.05, 0.95), self.weights)
        return estimate(float(median), float(low), float(high), currency=self.currency.upper())

    def _repr_html_(self) -> str:
        start, end = self.window
        head = f"{self.scenario.name}: {self.case.title}, {start} to {end}"
        unit = f"in millions of {self.currency.upper()} over the window"
        note = f"{self.count:,} draws, seed {self.seed}; {unit}; low and high are the 5 and 95 % points"
        from .report import readable

        table = readable(self.summary()).to_html(escape=True, border=0)
        return f"<div><strong>{escape(head)}</strong>{table}<p><small>{escape(note)}</small></p></div>"


def compare(results: Mapping[str, Results], currency: str | None = None) -> pd.DataFrame:
    """Headline lines of several results side by side: index (line, scenario), columns as in `summary`.

    Raises
    ------
    TradeImpactError
        If the results are not in one currency or not for one window.
    """
    if not results:
        raise TradeImpactError("compare() takes a mapping of names to results, at least one")
    same = [r.to(currency) for r in results.values()]
    if len({r.currency for r in same}) > 1 or len({r.window for r in same}) > 1:
        kinds = "; ".join(
            f"{name}: {r.currency}, {r.window[0]} to {r.window[1]}" for name, r in zip(results, same, strict=True)
        )
        raise TradeImpactError(
            f"results to compare must share currency and window ({kinds}); pass currency= or simulate one window"
        )
    table = pd.concat({name: r.summary() for name, r in zip(results, same, strict=True)}, names=["scenario", "line"])
    return table.swaplevel().sort_index(level=0, sort_remaining=False).reindex(list(HEADLINES), level=0)
