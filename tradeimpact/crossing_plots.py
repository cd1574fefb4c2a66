"""More charts of a result: crossings beside one another, where their trade went, the month's fan, ports, one page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .case.load import data_file
from .chart_tables import holder_table, map_table
from .crossing_tables import collection_days, crossing_days, published_collection
from .errors import TradeImpactError
from .figures import dashboard, fan, flows, links, small_multiples
from .figures.save import save as save_figure
from .figures.text import estimate, percent
from .rerouting import rerouting
from .scenario import to_day
from .statistics import quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .results import Results

PORTS = "ports.csv"
PLACES_CREDIT = "Positions of ports: GeoNames (CC BY 4.0); data/ports.csv names what joins them to a crossing."


class CrossingPlots:
    """Charts that look at single crossings, and the page that puts the main ones together."""

    result: Results

    def crossings(self, *, most: int = 12, title: str | None = None, save: str | Path | None = None) -> Axes:
        """Small multiples: baseline, collected and levies of each crossing by day.

        The result must hold the lines: ``simulate(..., keep=["baseline", "government_revenue", "levy_received"])``.
        """
        table = crossing_days(self.result)
        drawn = small_multiples.crossings(table, most=most, title=title, currency=self._currency, **self._footer())
        words = small_multiples.alt_crossings(table, most=most, currency=self._currency)
        return self._kept(drawn, save, table, words)

    def rerouting(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Ribbons: where the baseline trade of fallen crossings went, by customs value.

        Saving writes the flows; shares with their intervals are in ``rerouting(result).totals``.
        """
        found = rerouting(self.result)
        tables = (found.flows, found.totals)
        drawn = flows.rerouting(*tables, title=title, currency=found.currency, ax=ax, **self._footer())
        return self._kept(drawn, save, found.flows, flows.alt_rerouting(*tables, currency=found.currency))

    def collection(
        self,
        observed: Sequence[float] | float | None = None,
        *,
        title: str | None = None,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Fan of what the government collects since the first day, with rivals and what was published.

        `observed` is what the case's outcomes say of exactly this window (role "target") unless given; () omits it.
        """
        table = collection_days(self.result)
        told = published_collection(self.result) if observed is None else observed
        several = [told] if isinstance(told, int | float) else told
        seen: dict[str, Any] = {"observed": tuple(float(value) for value in several)}
        drawn = fan.collection(table, title=title, currency=self._currency, ax=ax, **seen, **self._footer())
        return self._kept(drawn, save, table, fan.alt_collection(table, currency=self._currency, **seen))

    def links(
        self,
        on: str | date | None = None,
        *,
        title: str | None = None,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Border crossings on a day with lines to the seaports behind them."""
        day = self.result.window[1] if on is None else to_day(on)
        crossings = self.result.case.crossings.set_index("crossing")["neighbour"]
        table = map_table(self.result, day)
        table = table.assign(neighbour=table["crossing"].map(crossings))
        ports = ports_of(self.result.case)
        where: dict[str, Any] = {"country": self._country, "on": day, "names": self._names(table["holder"])}
        drawn = links.links(
            table, ports, self._outlines(), title=title, currency=self._currency, ax=ax, **where,
            **self._footer(PLACES_CREDIT),
        )  # fmt: skip
        return self._kept(drawn, save, table, links.alt_links(table, ports, **where))

    def dashboard(self, *, paper: str = "16:9", title: str | None = None, save: str | Path | None = None) -> Figure:
        """One page: key sentences, bridge, loss and gain so far, map, who held what; "16:9" or "A4" across."""
        day = self.result.window[1]
        tables = {
            "bridge": self.result.bridge(),
            "cumulative": self.result.cumulative(),
            "holders": holder_table(self.result),
            "map": map_table(self.result, day),
        }
        sentences = self.result.report().text.split("\n")[1:]
        who = pd.concat([tables["holders"]["holder"], tables["map"]["holder"]])
        where: dict[str, Any] = {
            "country": self._country, "on": day, "names": self._names(who), "currency": self._currency
        }  # fmt: skip
        drawn = dashboard.dashboard(
            tables, sentences, self._outlines(), title=title or self._headline(), paper=paper, **where, **self._footer()
        )
        if save is not None:
            words = dashboard.alt_dashboard(tables, sentences, **where)
            save_figure(drawn, save, table=_together(tables), alt=words, manifest=self.result.manifest())
        return drawn

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _currency(self) -> str:
        return self.result.currency.upper()

    @property
    def _country(self) -> str:
        return str(self.result.case.metadata.get("country", ""))

    def _outlines(self) -> Mapping[str, Any]:
        return outlines_of(self.result.case)

    def _headline(self) -> str:
        row = self.result.summary().loc[["government_loss"]].iloc[0]
        loss = estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=self._currency)
        draws = self.result.draws()
        parts = (draws["government_loss"] / draws["baseline"]).to_numpy(dtype=float)
        share = percent(float(quantiles(parts, (0.5,), self.result.weights)[0]))
        start, end = self.result.window
        days = f"{start.day} {start:%B} to {end.day} {end:%B %Y}"
        return f"{days}: the government loses {loss}, {share} of its baseline"

    def _footer(self, note: str = "") -> dict[str, Any]:
        from .plots import MODEL_NOTE, credit, grades

        case = self.result.case
        words = f"{MODEL_NOTE} {note}".strip()
        return {"source": credit(case), "grade": grades(case), "note": words, "synthetic": case.synthetic}

    def _names(self, holders: Iterable[str]) -> dict[str, str]:
        """Printed name of each authority, and of those among `holders` that hold a crossing together."""
        table = self.result.case.authorities
        names = dict(zip(table["authority"], table["name"], strict=True))
        joint = {holder: holder.split(" and ") for holder in holders if " and " in holder}
        return names | {holder: " and ".join(names[part] for part in parts) for holder, parts in joint.items()}

    def _kept(self, drawn: Axes, save: str | Path | None, table: pd.DataFrame, words: str) -> Axes:
        if save is not None:
            save_figure(drawn, save, table=table, alt=words, manifest=self.result.manifest())
        return drawn


def ports_of(case: Any) -> pd.DataFrame:
    """Links from a case's crossings to seaports: the rows of data/ports.csv for it, or the case's own table `ports`.

    Raises
    ------
    TradeImpactError
        If there are none.
    """
    table = pd.read_csv(data_file(PORTS), keep_default_na=False, dtype={"latitude": float, "longitude": float})
    rows = table[(table["case"] == case.name) & table["crossing"].isin(case.crossings["crossing"])]
    if rows.empty:
        known = ", ".join(sorted(set(table["case"])))
        raise TradeImpactError(
            f"data/ports.csv has no port for a crossing of {case.name}; it has rows for {known}. Draw "
            "tradeimpact.figures.links.links with a table of your own."
        )
    found: pd.DataFrame = rows.reset_index(drop=True)
    return found


def outlines_of(case: Any) -> Mapping[str, Any]:
    """Country outlines that the case names, as GeoJSON; files of the library only."""
    from .plots import OUTLINES

    file = str(case.metadata.get("outlines", OUTLINES))
    text = data_file(f"outlines/{file}").read_text(encoding="utf-8")
    try:
        found: Mapping[str, Any] = json.loads(text)
    except ValueError:
        raise TradeImpactError(f"outlines {file!r}: no GeoJSON; name a file of the library's outlines") from None
    return found


def _together(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables of a page under one another, with the panel each belongs to."""
    parts = [
        (table.reset_index() if table.index.name else table).assign(panel=name).astype(object)
        for name, table in tables.items()
    ]
    both = pd.concat(parts, ignore_index=True)
    return both[["panel", *[column for column in both.columns if column != "panel"]]]
