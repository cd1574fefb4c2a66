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
from .statistics import describe, quantiles

if TYPE_CHECKING:
    import xarray as xr

    from .plots import Plots

HEADLINES = (
    "baseline",
    "government_revenue",
    "government_loss",
    "insurgent_baseline",
    "insurgent_revenue",
    "insurgent_gain",
    "transfer_ratio",
)
DIMENSIONS = ("crossing", "month", "group", "authority")
NATIONAL = "(national)"


@dataclass(frozen=True)
class Totals:
    """Sums over the window, draws last: lines by crossing, month and day, revenue by authority, values drawn."""

    by_crossing: Array
    by_month: Array
    by_day: Array
    by_authority: Array
    holders: Array
    open_share: Array
    drawn: Mapping[str, Array]


@dataclass(frozen=True)
class Results:
    """One simulated scenario beside its counterfactual."""

    inputs: Inputs
    totals: Totals
    seed: int
    currency: str
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
        return int(self.totals.by_crossing.shape[-1])

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
        lines = self._lines(_in_order(self.totals.by_crossing))
        columns = [*HEADLINES, *COMPONENTS, *DETAILS, "road_levies", "illicit_transit", "days_held"]
        return pd.DataFrame({name: lines[name] for name in columns}, index=pd.RangeIndex(self.count, name="draw"))

    def drawn(self) -> pd.DataFrame:
        """Values drawn for every assumption, baseline share and the level, one row per draw."""
        return pd.DataFrame(dict(self.totals.drawn), index=pd.RangeIndex(self.count, name="draw")).iloc[: self.count]

    def summary(self, currency: str | None = None) -> pd.DataFrame:
        """Headline lines: mean, median, low, high (90 % interval) and the Monte Carlo error of the median."""
        result = self.to(currency)
        draws = result.draws()
        return describe({name: draws[name].to_numpy() for name in HEADLINES}, result.weights).rename_axis("line")

    def bridge(self, currency: str | None = None) -> pd.DataFrame:
        """From baseline to collected revenue: nine components that add up to the loss, and what insurgent control cost.

        Index `component`; `role` is total, component or detail (details add up to lost_to_insurgent_control).
        """
        result = self.to(currency)
        draws = result.draws()
        roles = {"baseline": "total"} | dict.fromkeys(COMPONENTS, "component")
        roles |= {"government_loss": "total", "government_revenue": "total"} | dict.fromkeys(DETAILS, "detail")
        table = describe({name: draws[name].to_numpy() for name in roles}, result.weights).rename_axis("component")
        table.insert(0, "role", pd.Series(roles))
        return table

    def by(self, dimension: str, currency: str | None = None) -> pd.DataFrame:
        """Ledger lines by "crossing", "month", "group" or "authority": index (dimension, line), columns of `summary`.

        Months are those of the case's calendar, cut to the window. Crossings include inland houses; what belongs to no
        crossing (illicit transit) stands under "(national)". Loss lines for the government, gain lines for insurgents.
        """
        result = self.to(currency)
        if dimension == "authority":
            return result._by_authority()
        if dimension == "month":
            labels = list(result.inputs.months["label"])
            arrays = {label: result.totals.by_month[:, i] for i, label in enumerate(labels)}
        elif dimension in ("crossing", "group"):
            arrays = result._by_place(dimension)
        else:
            raise TradeImpactError(f"by({dimension!r}): expected one of {', '.join(DIMENSIONS)}")
        frames: dict[str, pd.DataFrame] = {}
        for label, block in arrays.items():
            lines = result._lines(block)
            frames[label] = describe(
                {n: lines[n] for n in (*HEADLINES, *COMPONENTS, *DETAILS, "road_levies")}, result.weights
            )
        return pd.concat(frames, names=[dimension, "line"])

    def daily(self, line: str = "government_revenue", currency: str | None = None) -> pd.DataFrame:
        """One line by day: index `day`, columns mean, median, low, high."""
        result = self.to(currency)
        if line not in DAILY:
            raise TradeImpactError(f"daily({line!r}): expected one of {', '.join(DAILY)}")
        block = result.totals.by_day[DAILY.index(line)]
        table = describe({str(i): row for i, row in enumerate(block)}, result.weights)
        table.index = result.inputs.window_days.rename("day")
        return table

    def cumulative(self, currency: str | None = None) -> pd.DataFrame:
        """Loss and gain so far, by day: columns day, line (loss, gain), mean, median, low, high."""
        result = self.to(currency)
        frames = []
        for name, line in (("loss", "government_loss"), ("gain", "insurgent_gain")):
            path = np.cumsum(result.totals.by_day[DAILY.index(line)], axis=0)
            table = describe({str(i): row for i, row in enumerate(path)}, result.weights).drop(columns="mc_error")
            frames.append(table.assign(day=result.inputs.window_days, line=name))
        return pd.concat(frames, ignore_index=True)[["day", "line", "mean", "median", "low", "high"]]

    def to_xarray(self) -> xr.Dataset:
        """Every ledger line as a Dataset: by crossing and draw, and by month and draw (``<line>_by_month``)."""
        import xarray as xr

        x = self.inputs
        draw = np.arange(self.count)
        crossing = [*x.crossings, NATIONAL]
        data: dict[str, Any] = {}
        for row, name in enumerate(LINES):
            data[name] = (("crossing", "draw"), self.totals.by_crossing[row])
            data[f"{name}_by_month"] = (("month", "draw"), self.totals.by_month[row])
        if self.weights is not None:
            data["weight"] = (("draw",), self.weights)
        coordinates = {"crossing": crossing, "month": list(x.months["label"]), "draw": draw}
        return xr.Dataset(data, coords=coordinates, attrs=self.manifest(flat=True))

    def rivals(self, currency: str | None = None) -> pd.DataFrame:
        """Government revenue by the model and by two rivals on the same draws: columns method, mean, median, low, high.

        Days-held arithmetic pays each crossing's baseline for the days the government held it; no change is the
        baseline.
        """
        result = self.to(currency)
        draws = result.draws()
        methods = {"Model": "government_revenue", "Days-held arithmetic": "days_held", "No change": "baseline"}
        table = describe({name: draws[line].to_numpy() for name, line in methods.items()}, result.weights)
        return table.drop(columns="mc_error").rename_axis("method").reset_index()

    # --- words --------------------------------------------------------------------------------------------------------

    def report(self, currency: str | None = None) -> Any:
        """The summary table and the sentences a briefer would say: `.table`, `.text`."""
        from .report import write_report

        return write_report(self.to(currency))

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
        from . import _version

        body: dict[str, Any] = {
            "tradeimpact": _version.__version__,
            "case": self.case.name,
            "data": dict(self.case.hashes),
            "scenario": self.scenario.to_yaml(),
            "history": "as stated" if self.inputs.inferred is None else "as reported",
            "start": str(self.window[0]),
            "end": str(self.window[1]),
            "seed": self.seed,
            "draws": self.count,
            "currency": self.currency,
            "weighted": self.weights is not None,
        }
        if self.inputs.as_of is not None:
            body["as_of"] = str(self.inputs.as_of)
            if self.inputs.inferred is not None:
                body["forecast"] = self.inputs.forecast
        return {k: str(v) for k, v in body.items()} if flat else body

    # --- inside -------------------------------------------------------------------------------------------------------

    def _lines(self, block: Array) -> dict[str, Array]:
        """Lines of one (lines, draws) block by name, with the transfer ratio per draw."""
        lines = dict(zip(LINES, block, strict=True))
        loss = lines["government_loss"]
        lines["transfer_ratio"] = np.where(loss != 0, lines["insurgent_gain"] / np.where(loss != 0, loss, 1.0), np.nan)
        return lines

    def _by_place(self, dimension: str) -> dict[str, Array]:
        x = self.inputs
        names = [*x.crossings, NATIONAL]
        if dimension == "crossing":
            return {name: self.totals.by_crossing[:, i] for i, name in enumerate(names)}
        groups = [*x.groups, *["inland"] * (len(x.crossings) - x.border), NATIONAL]
        return {
            g: _in_order(self.totals.by_crossing[:, [i for i, have in enumerate(groups) if have == g]])
            for g in dict.fromkeys(groups)
        }

    def _by_authority(self) -> pd.DataFrame:
        draws = self.draws()
        government = {
            "baseline": draws["baseline"].to_numpy(),
            "revenue": draws["government_revenue"].to_numpy(),
            "loss": draws["government_loss"].to_numpy(),
        }
        frames = {"government": describe(government, self.weights)}
        for i, name in enumerate(self.inputs.authorities[2:]):
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
        median, low, high = quantiles(self.draws()[name].to_numpy(), (0.5, 0.05, 0.95), self.weights)
        return estimate(float(median), float(low), float(high), currency=self.currency.upper())

    def _repr_html_(self) -> str:
        start, end = self.window
        head = f"{self.scenario.name}: {self.case.title}, {start} to {end}"
        unit = f"in millions of {self.currency.upper()} over the window"
        note = f"{self.count:,} draws, seed {self.seed}; {unit}; low and high are the 5 and 95 % points"
        from .report import readable

        table = readable(self.summary()).to_html(escape=True, border=0)
        return f"<div><strong>{escape(head)}</strong>{table}<p><small>{escape(note)}</small></p></div>"


def _in_order(blocks: Array) -> Array:
    """Sum over the second axis one after the other, so that the number of draws cannot change a bit."""
    total = np.zeros((blocks.shape[0], blocks.shape[2]))
    for position in range(blocks.shape[1]):
        total += blocks[:, position]
    return total


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
