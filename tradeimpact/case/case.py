"""A case: everything known about one crisis, read once and never changed; verbs return a new case."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from ..errors import CaseError, did_you_mean
from .assumptions import Assumption, Assumptions
from .checks import row_numbers
from .codebook import codebook
from .convert import to_text
from .defaults import range_problems
from .descriptor import MEASURES
from .replace import difference, typed_tables
from .views import Tables, View

if TYPE_CHECKING:
    from ..scenario import AsReported, Scenario

USER = "set by the user"
CHANGES = ("kind", "name", "before", "after", "source")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Case:
    """Everything known about one crisis; made by :func:`~tradeimpact.load_case`.

    Each table of the codebook is an attribute (``case.crossings``, ``case.reports`` …) that gives a copy:
    text columns hold "" where a value is missing, days are datetime64, numbers float64 with NaN. A table
    that the case does without has its columns and no rows.

    Attributes
    ----------
    name, title, currency : str
    calendar_name : str
        Calendar of the source figures ("solar_hijri"); ``case.calendar`` is the table of months and holidays.
    """

    name: str
    title: str
    currency: str
    calendar_name: str = ""
    _metadata: Mapping[str, Any] = field(default_factory=dict)
    _tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    _assumptions: Assumptions = field(default_factory=Assumptions.empty)
    _changed: tuple[tuple[str, str, str, str], ...] = ()  # table, before, after, source

    crossings = View()
    authorities = View()
    baseline = View()
    flows = View()
    constraints = View()
    inland = View()
    national = View()
    revenue = View()
    trade = View()
    commodities = View()
    trucks = View()
    reports = View()
    reported_holders = View()
    speakers = View()
    corrections = View()
    hindsight_reports = View()
    truth = View()
    hindsight_control = View()
    closures = View()
    diversion = View()
    insecurity = View()
    calendar = View()
    fx = View()
    other_fx = View()
    tariff = View()
    levies = View()
    leakage = View()
    illicit = View()
    income_estimates = View()
    outcomes = View()
    sources = View()

    @classmethod
    def from_tables(
        cls,
        tables: Mapping[str, pd.DataFrame] | None = None,
        *,
        currency: str,
        crossings: pd.DataFrame | None = None,
        national: pd.DataFrame | None = None,
        revenue: pd.DataFrame | None = None,
        baseline: pd.DataFrame | None = None,
        trucks: pd.DataFrame | None = None,
        reports: pd.DataFrame | None = None,
        fx: pd.DataFrame | None = None,
        assumptions: Mapping[str, Any] | pd.DataFrame | None = None,
        name: str = "my-case",
        title: str = "",
        calendar_name: str = "gregorian",
        dates_in: str = "gregorian",
        baseline_until: str | date | None = None,
        synthetic: bool = False,
    ) -> Case:
        """Case from tables of your own; what they leave out takes stated, wide defaults.

        Parameters
        ----------
        tables : mapping of DataFrame, optional
            Tables by the codebook's names, as :func:`~tradeimpact.read_tables` gives them; columns as in the codebook,
            those that have a default or need no value may be left out.
        currency : str
            Three capital letters; all money is in it unless a column says otherwise.
        crossings, national, revenue, baseline, trucks, reports, fx : DataFrame, optional
            The usual ones by name. Crossings are needed, and one figure of revenue: a national total of a period
            before the crisis, or figures of crossings in `revenue` or `baseline`.
        assumptions : mapping or DataFrame, optional
            Your own, as in :meth:`assume`: ``{"gap": (0.3, 0.4, 0.5)}``, or rows with name, low, best, high and source.
        name, title : str
        calendar_name : {"gregorian", "solar_hijri", "ethiopian"}
            Calendar by whose months results are summed where no table `calendar` is given.
        dates_in : {"gregorian", "solar_hijri", "ethiopian"}
            Calendar in which the tables write their days.
        baseline_until : day, optional
            Last day before the crisis; without it the day before the first report.
        synthetic : bool
            Whether the data are invented.

        Returns
        -------
        Case

        Raises
        ------
        CaseError
            Lists every problem, with rows counted from 2 for the first (or as in the file that `read_tables` read).

        Warns
        -----
        TradeImpactWarning
            Once, listing all that was filled in or left to a default.
        """
        from .own import from_tables

        given = {"crossings": crossings, "national": national, "revenue": revenue, "baseline": baseline,
                 "trucks": trucks, "reports": reports, "fx": fx}  # fmt: skip
        metadata: dict[str, Any] = {
            "name": name,
            "title": title or name,
            "currency": currency,
            "calendar": calendar_name,
        }
        metadata |= {"dates_in": dates_in, "baseline_until": baseline_until, "synthetic": synthetic}
        return from_tables(tables or {}, given, metadata, assumptions)

    @property
    def tables(self) -> Tables:
        """Tables by name; iterates over those that have rows."""
        return Tables(self._tables, self.currency)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the descriptor says beside its list of files: description, licences and the like (a copy)."""
        return copy.deepcopy(dict(self._metadata))

    @property
    def synthetic(self) -> bool:
        """Whether the case is invented: its descriptor or its name says so."""
        return bool(self._metadata.get("synthetic")) or "synthetic" in self.name.lower()

    @property
    def assumptions(self) -> pd.DataFrame:
        """Assumptions, one row each: name, low, best, high, unit, source, grade … and origin (case, default, user)."""
        frame = self._assumptions.frame()
        return frame.assign(origin=[self._assumptions.origin(name) for name in frame["name"]])

    @property
    def changes(self) -> pd.DataFrame:
        """What was changed since loading: kind (table, assumption), name, before, after, source."""
        tables = [("table", *entry) for entry in self._changed]
        assumed = [("assumption", *entry) for entry in self._assumptions.changes().to_numpy().tolist()]
        return pd.DataFrame([*tables, *assumed], columns=list(CHANGES), dtype="str")

    @property
    def assumption_records(self) -> dict[str, Assumption]:
        """Assumptions as records, by name."""
        return dict(self._assumptions.records)

    @property
    def correlations(self) -> dict[str, float]:
        """Correlation of the normal scores inside each group of assumptions, by group."""
        return dict(self._assumptions.correlations)

    @property
    def units(self) -> pd.DataFrame:
        """Rows of the units of account, border posts and inland houses, sorted by name.

        A crossing that is assessed with another one is no unit.
        """
        crossings = self.crossings
        rows = crossings.loc[crossings["assessed_with"] == ""]
        return rows.sort_values("crossing").reset_index(drop=True)

    @property
    def border_units(self) -> pd.DataFrame:
        """Rows of the units where goods enter, sorted by name."""
        return self._units_of("border")

    @property
    def inland_units(self) -> pd.DataFrame:
        """Rows of the units that assess inland, sorted by name."""
        return self._units_of("inland")

    @property
    def baseline_measure(self) -> str:
        """What baseline.csv holds: collected "revenue", or recorded "trade_value" as the descriptor may say."""
        stated = str(self._metadata.get("baseline_measure", MEASURES[0]))
        if stated not in MEASURES:
            raise CaseError(f"datapackage.json: baseline_measure {stated!r}; write {' or '.join(MEASURES)}")
        return stated

    @property
    def baseline_until(self) -> date:
        """Last day before the crisis.

        It is ``baseline_until`` of the descriptor, else the end of the last period that fixes the level.

        Raises
        ------
        CaseError
            If the case says neither.
        """
        stated = self._metadata.get("baseline_until")
        if stated is not None:
            return date.fromisoformat(str(stated))
        national = self.national
        ends = national.loc[national["use"] == "level", "period_end"].dropna()
        if ends.empty:
            raise CaseError(
                f"Case {self.name!r} does not say when the crisis began. Write baseline_until, the last day "
                "before it, into datapackage.json, or mark a row of national.csv as level with its period."
            )
        return cast("pd.Timestamp", ends.max()).date()

    def best(self, assumption: str) -> float:
        """Best value of one assumption.

        Raises
        ------
        CaseError
            If there is none of that name, with a suggestion.
        """
        records = self._assumptions.records
        if assumption not in records:
            hint = did_you_mean(assumption, records) or "See case.assumptions for the names."
            raise CaseError(f"Case {self.name!r} has no assumption {assumption!r}. {hint}")
        return float(records[assumption].best)

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of the content of each table that has rows, and of the assumptions, in hexadecimal."""
        return dict(self._hashes)

    @cached_property
    def _hashes(self) -> dict[str, str]:
        frames: dict[str, pd.DataFrame] = {name: self._tables[name] for name in self.tables}
        frames["assumptions"] = self._assumptions.frame()
        return {name: _content_hash(frame) for name, frame in frames.items()}

    @property
    def data_version(self) -> str:
        """Twelve hexadecimal digits for exactly this content: they change with any table or assumption."""
        lines = "\n".join(f"{name} {value}" for name, value in sorted(self.hashes.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:12]

    def crossing(self, name: str) -> pd.Series[Any]:
        """Row of one crossing.

        Raises
        ------
        CaseError
            If there is none of that name, with a suggestion.
        """
        crossings = self.crossings.set_index("crossing", drop=False)
        if name not in crossings.index:
            names = ", ".join(sorted(crossings.index))
            hint = did_you_mean(name, crossings.index)
            raise CaseError(f"Case {self.name!r} has no crossing {name!r}. {hint} It has {names}.".replace("  ", " "))
        return cast("pd.Series[Any]", crossings.loc[name])

    def with_table(self, name: str, table: pd.DataFrame, *, source: str | None = None) -> Case:
        """Case with one table replaced, checked as on loading.

        Parameters
        ----------
        name : str
            Table of the codebook.
        table : DataFrame
            All its rows; columns as in the codebook, any of the user's own starting with "x_". Days may be
            text.
        source : str, optional
            Where the change comes from, for :attr:`changes`.

        Raises
        ------
        CaseError
            If the table is wrong in itself or against the others; rows are numbered as in a spreadsheet.
        """
        return self.with_tables({name: table}, source=source)

    def with_tables(self, tables: Mapping[str, pd.DataFrame], *, source: str | None = None) -> Case:
        """Case with several tables replaced at once.

        For changes that only fit together, as a new crossing and its baseline. See :meth:`with_table`.
        """
        numbered = {name: row_numbers(frame) for name, frame in self._tables.items()}
        typed = typed_tables(tables, numbered, codebook(self.currency))
        log = tuple(
            (name, *difference(self.tables[name], frame, codebook()[name].key), source or USER)
            for name, frame in typed.items()
        )
        return replace(self, _tables={**self._tables, **typed}, _changed=self._changed + log)

    def replaced(self, tables: Mapping[str, pd.DataFrame], assumptions: Mapping[str, Assumption]) -> Case:
        """Case with tables and assumptions of another vintage of itself, unchecked."""
        return replace(self, _tables=dict(tables), _assumptions=replace(self._assumptions, records=dict(assumptions)))

    def assume(self, changes: Mapping[str, Any], *, source: str | None = None) -> Case:
        """Case with assumptions replaced: ``case.assume({"theta": (4, 6, 9)}, source="my reading of …")``.

        A value is (low, best, high), one number, the label of a structural alternative, or a mapping of
        fields.
        """
        changed = self._assumptions.assume(changes, source)
        problems = range_problems(changed, "assume()", changes)
        if problems:
            raise CaseError(problems, "The assumptions")
        return replace(self, _assumptions=changed)

    def in_hindsight(self, end: str | date) -> Scenario:
        """Scenario of best dates with hindsight, up to `end`: for comparison and scoring, never for what could be
        known.
        """
        from ..scenario import to_day
        from .history import in_hindsight

        return in_hindsight(self, to_day(end))

    def as_of(self, day: str | date) -> Case:
        """The case as it could be known on `day`: only what was published by its latest possible day, in every table.

        Baseline figures that rest on later publications are rebuilt from the rows that remain, assumptions that rest on
        later ones take their stated prior, and hindsight tables are left out.
        """
        from ..scenario import to_day
        from .vintage import as_of

        return as_of(self, to_day(day))

    def as_reported(self) -> AsReported:
        """Marker for the history as reports tell it; ``simulate`` resolves it against its case."""
        from ..scenario import AsReported

        return AsReported()

    def _units_of(self, kind: str) -> pd.DataFrame:
        units = self.units
        return units.loc[units["kind"] == kind].reset_index(drop=True)

    def _headline(self) -> str:
        border, inland = len(self.border_units), len(self.inland_units)
        words = f"{len(self._tables['crossings'])} crossings ({border} border and {inland} inland units)"
        return f"{words}, {self.currency}" + (", synthetic data" if self.synthetic else "")

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(self._tables[name])}" for name in self.tables)
        assumed = len(self._assumptions.records)
        return f"Case {self.name!r}: {self.title}\n{self._headline()}\nrows: {rows}; {assumed} assumptions"

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{len(self._tables[name])}</td>"
            f"<td>{escape(codebook()[name].description)}</td></tr>"
            for name in self.tables
        )
        return (
            f"<div><strong>{escape(self.title)}</strong> ({escape(self.name)})<br>{escape(self._headline())}"
            f"<table><thead><tr><th>table</th><th>rows</th><th>what it holds</th></tr></thead>"
            f"<tbody>{lines}</tbody></table></div>"
        )


def _content_hash(frame: pd.DataFrame) -> str:
    text = to_text(frame).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
