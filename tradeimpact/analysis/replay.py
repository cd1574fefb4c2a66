"""The crisis as it could be known: for each day, probabilities and losses from only what had been published by then."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..crossing_plots import outlines_of
from ..engine.sampling import seed_of
from ..errors import TradeImpactError
from ..inference import FORECASTS, Control, infer_control
from ..inputs import prepare
from ..run import Run
from ..scenario import to_day
from ..simulate import DEFAULT_DRAWS
from ..statistics import HIGH, LOW, describe, quantiles
from ..tables import records
from .claims import DISPUTED_DAYS, disputed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

CONTROL_DRAWS = 256  # of weights and hazards; each gives a probability, so fewer are needed than of histories
NOTE = (
    "Each day shows only what had been published by its evening. Estimates of the model, not statistics; intervals "
    "rest on stated assumptions, most of them judgement."
)


@dataclass(frozen=True)
class Replay:
    """Tables by day of knowledge.

    Attributes
    ----------
    probability : DataFrame
        Index (day, crossing): lost, the probability that the government did not hold the crossing on that day,
        given what was published by it; low and high (90 % over draws of weights and hazards); government, nobody,
        insurgent; disputed.
    loss : DataFrame
        One row per day and line: day, line (so_far: from the start of the window to the day; month: the calendar
        month of the day, as far as it lies in the window; window: all of it), period, mean, median, low, high in
        the case's currency.
    window : (date, date)
    draws, seed : int
    """

    case: Case
    probability: pd.DataFrame
    loss: pd.DataFrame
    window: tuple[date, date]
    draws: int
    seed: int
    forecast: str
    control: Control

    def reports(self, day: str | date, crossing: str | None = None, *, within: int | None = None) -> pd.DataFrame:
        """Reports on control behind a day: published by it, newest first, with speaker, weight class and source.

        Parameters
        ----------
        day : day
        crossing : str, optional
            One crossing; all of them, and bare counts ("national"), without it.
        within : int, optional
            Only those published in this many days up to `day`.
        """
        if crossing is not None:
            self.case.crossing(crossing)
        last = pd.Timestamp(to_day(day))
        rows = self.control.known.rows
        rows = rows[rows["published_latest"] <= last]
        if within is not None:
            rows = rows[rows["published_latest"] > last - pd.Timedelta(days=within)]
        if crossing is not None:
            rows = rows[rows["crossing"] == crossing]
        stated = self.case.reports.set_index("report")[["event", "claimed_by", "statement", "source", "grade"]]
        columns = ["report", "crossing", "day", "published_latest", "proposition", "weight"]
        table = rows[columns].join(stated, on="report")
        sources = self.case.sources.set_index("source")["title"]
        table["source_title"] = table["source"].map(
            partial(_titles, titles={str(k): str(v) for k, v in sources.items()})
        )
        return table.sort_values(["published_latest", "report"], ascending=False, ignore_index=True)

    def disputed_days(self) -> pd.DataFrame:
        """Disputed crossing-days with their probability: columns day, crossing, lost, low, high."""
        table = self.probability[self.probability["disputed"]]
        return table[["lost", "low", "high"]].reset_index()

    def table(self) -> pd.DataFrame:
        """Everything the figure shows in one table: columns panel, day, row (crossing or line) and the numbers."""
        upper = self.probability.reset_index().rename(columns={"crossing": "row", "lost": "median"})
        lower = self.loss.rename(columns={"line": "row"})
        columns = ["panel", "day", "row", "median", "low", "high", "disputed", "period"]
        both = pd.concat([upper.assign(panel="probability"), lower.assign(panel="loss")], ignore_index=True)
        return both.reindex(columns=columns)

    def plot(self, *, title: str | None = None, save: str | Path | None = None) -> Axes:
        """Heat strips of the probability by crossing and day, disputed days marked; below, the loss as estimated."""
        from ..figures import replay as figure
        from ..figures.save import save as save_figure
        from ..plots import credit, grades

        names = {row["crossing"]: row["name"] for row in records(self.case.crossings)}
        common: dict[str, Any] = {"names": names, "currency": self.case.currency.upper()}
        drawn: Axes = figure.as_known(
            self.probability.reset_index(), self.loss, title=title, source=credit(self.case), grade=grades(self.case),
            note=NOTE, synthetic=self.case.synthetic, **common,
        )  # fmt: skip
        if save is not None:
            words = figure.alt_as_known(self.probability.reset_index(), self.loss, **common)
            save_figure(drawn, save, table=self.table(), alt=words, manifest=self.manifest())
        return drawn

    def film(
        self, days: Iterable[str | date] | None = None, *, title: str | None = None, save: str | Path | None = None
    ) -> Axes:
        """Maps of some days of knowledge beside one another, six evenly spread ones unless `days` are given."""
        from ..figures import animate as figure
        from ..figures.save import save as save_figure

        chosen = None if days is None else [to_day(day) for day in days]
        tables, common = self._film()
        drawn = figure.film_strip(*tables, outlines_of(self.case), days=chosen, title=title, **common)
        if save is not None:
            words = figure.alt_film(*tables, days=chosen, currency=common["currency"])
            save_figure(drawn, save, table=self.table(), alt=words, manifest=self.manifest())
        return drawn

    def animate(self, save: str | Path, *, seconds_a_day: float = 0.4) -> dict[str, Path]:
        """The days of knowledge one after another as `save`.gif, with the table as .csv and the manifest as .json."""
        from ..figures import animate as figure

        tables, common = self._film()
        return figure.animate(
            *tables, outlines_of(self.case), save, manifest=self.manifest(), table=self.table(),
            alt=figure.alt_film(*tables, currency=common["currency"]), seconds_a_day=seconds_a_day, **common,
        )  # fmt: skip

    def _film(self) -> tuple[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], dict[str, Any]]:
        """Tables of the maps, and what their titles and footers say."""
        from ..plots import credit, grades

        case = self.case
        places = case.units[["crossing", "name", "latitude", "longitude"]]
        best = case.baseline.set_index("crossing")[f"best_{case.currency.lower()}"]
        places = places.assign(revenue=places["crossing"].map(best))
        common = {
            "country": str(case.metadata.get("country", "")), "source": credit(case), "grade": grades(case),
            "note": NOTE, "currency": case.currency.upper(), "synthetic": case.synthetic,
        }  # fmt: skip
        return (self.probability.reset_index(), self.loss, places), common

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        from .. import _version

        days = self.loss["day"]
        return {
            "tradeimpact": _version.__version__, "case": self.case.name, "data": dict(self.case.hashes),
            "days": [str(days.min().date()), str(days.max().date())],
            "start": str(self.window[0]), "end": str(self.window[1]),
            "draws": self.draws, "seed": self.seed, "forecast": self.forecast,
        }  # fmt: skip

    def _repr_html_(self) -> str:
        start, end = self.window
        head = f"{self.case.title}: what could be known, by day; loss over {start} to {end}"
        table = self.loss.pivot(index="day", columns="line", values="median").map(lambda v: f"{v / 1e6:,.0f}")
        note = f"Median loss in millions of {self.case.currency.upper()}; {self.draws:,} draws, seed {self.seed}"
        body = table.to_html(border=0, na_rep="")
        return f"<div><strong>{escape(head)}</strong>{body}<p><small>{escape(note)}</small></p></div>"


def replay(
    case: Case,
    days: Iterable[str | date],
    *,
    window: tuple[str | date, str | date] | None = None,
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    forecast: str = "persist",
    workers: int | None = None,
) -> Replay:
    """For each day, what the model would have said with only what was published by then.

    Parameters
    ----------
    case : Case
    days : iterable of days
        Days of knowledge, for instance ``pandas.date_range("2021-06-20", "2021-08-15")``.
    window : (start, end), optional
        Days whose loss is estimated, both included; without it from the first treated day to the last of `days`.
        What lies after a day of knowledge is forecast.
    draws : int
        Draws of every simulation; all use the same seed, so that day differs from day by what was published alone.
    rng : int, Generator or None
    forecast : {"persist", "hazard", "contagion"}
        As in `simulate`.
    workers : int, optional
        Threads; the number of processors without it. It changes no number.

    Returns
    -------
    Replay

    Raises
    ------
    TradeImpactError
        If there is no day, a day is given twice, or the window is empty.
    """
    known = [to_day(day) for day in days]
    if not known or len(set(known)) < len(known):
        raise TradeImpactError("replay() needs days of knowledge, each once")
    if forecast not in FORECASTS:
        raise TradeImpactError(f"forecast={forecast!r}: expected one of {', '.join(FORECASTS)}")
    known.sort()
    first, last = (case.baseline_until + timedelta(days=1), known[-1]) if window is None else map(to_day, window)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}")
    seed = seed_of(rng)
    one = partial(_loss, case, start=first, end=last, draws=draws, seed=seed, forecast=forecast)
    control = infer_control(
        case, start=known[0], end=known[-1], draws=min(draws, CONTROL_DRAWS), rng=seed, forecast=forecast
    )
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        probability = pool.submit(_probability, case, control, known)
        losses = list(pool.map(one, known))
    return Replay(
        case, probability.result(), pd.concat(losses, ignore_index=True), (first, last), draws, seed, forecast, control
    )


def _loss(case: Case, day: date, *, start: date, end: date, draws: int, seed: int, forecast: str) -> pd.DataFrame:
    """Loss so far, of the day's month, and of the window, as estimated on one day."""
    known = case.as_of(day)
    inputs = prepare(known, known.as_reported(), start, end, as_of=day, forecast=forecast)
    daily = Run(inputs, seed, draws).daily_loss()  # what `simulate` would say, without its other tables
    days = inputs.window_days
    sums = {"so_far": (_span(start, min(day, end)), daily[days <= pd.Timestamp(day)].sum(axis=0))}
    for position, month in enumerate(records(inputs.months)):
        if month["start"] <= pd.Timestamp(day) <= month["end"]:
            sums["month"] = (str(month["label"]), daily[inputs.month_of_day == position].sum(axis=0))
    sums["window"] = (_span(start, end), daily.sum(axis=0))
    table = describe({line: values for line, (_, values) in sums.items()}).drop(columns="mc_error").rename_axis("line")
    table.insert(0, "period", [period for period, _ in sums.values()])
    return table.reset_index().assign(day=pd.Timestamp(day))[["day", "line", "period", "mean", "median", "low", "high"]]


def _span(start: date, end: date) -> str:
    return f"{start} to {end}" if end >= start else "before the window"


def _probability(case: Case, control: Control, days: list[date]) -> pd.DataFrame:
    lost = 1.0 - control.filtered_draws[:, 0]  # (days, crossings, draws)
    low, high = quantiles(lost, (LOW, HIGH))
    table = control.filtered
    table.insert(0, "lost", lost.mean(axis=-1).ravel())
    table.insert(1, "low", low.ravel())
    table.insert(2, "high", high.ravel())
    every = pd.date_range(days[0], days[-1])
    table["disputed"] = disputed(control.known.rows, every, control.known.crossings)
    return table[table.index.get_level_values("day").isin([pd.Timestamp(day) for day in days])]


def _titles(names: str, *, titles: dict[str, str]) -> str:
    return "; ".join(titles.get(name, name) for name in str(names).split(";"))


__all__ = ["DISPUTED_DAYS", "Replay", "replay"]
