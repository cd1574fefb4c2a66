"""Rows of a case that enter a run, each with the part of the model it feeds and how: the tables behind `trace`.

Money is shown as the case has it. Tables that the model does not read (levies, diversion, …) are named as evidence
behind an assumption where they are that, and are otherwise left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from .case import Case
from .case.closing import closings
from .case.codebook import codebook
from .case.evidence import evidence
from .case.history import level_rows
from .case.vintage import figures_known
from .inputs import Inputs
from .tables import records

Row = dict[str, Any]

PARTS = (
    "baseline", "level", "calendar", "control", "closures", "insecurity", "rate", "levy", "road", "response", "inland",
    "illicit",
)  # fmt: skip
COLUMNS = (
    "part", "scope", "enters", "table", "row", "value", "source", "source_title", "url", "grade", "published_latest",
)  # fmt: skip
# the beginning of an assumption's name -> the part it belongs to; what is not listed belongs to the response
BELONGS = {
    "unknown_baseline": "baseline", "annual_growth": "level",
    "weight_": "control", "repeat_power": "control", "silence": "control", "hazard_": "control",
    "fall_to_nobody": "control", "initial_held": "control", "contagion": "control",
    "closure_days": "closures", "road_cut_open_share": "closures",
    "insecurity_": "insecurity", "collection_weakening": "insecurity",
    "gap": "rate", "bribe_share": "rate", "collected_rate_": "rate",
    "levy_per_truck": "levy", "value_per_truck": "levy", "road_": "road", "receipt_honoured": "road",
    "inland_": "inland", "illicit_": "illicit",
}  # fmt: skip
SAYS = {
    "lost": "says it is lost", "collecting": "says insurgents collect there",
    "promise": "promises to retake it, so admits the loss", "held": "says the government holds it",
    "fighting": "says it is fought over", "count": "counts lost posts",
}  # fmt: skip
REBUILT = "rebuilt by rule for this vintage"  # as case.vintage writes it
WHOLE = 1000.0  # from here on numbers are shown without decimals
ONLY_REPORTED = ("control", "closures")  # parts that a scenario of the user's own states itself


@dataclass(frozen=True)
class Known:
    """A run's inputs and what is looked up in them for every trace."""

    x: Inputs

    @cached_property
    def by_id(self) -> dict[str, tuple[str, Row]]:
        """Table and row of each identifier, over all tables that have one."""
        found = {}
        for name, table in codebook(self.x.case.currency).items():
            if len(table.key) == 1 and table.columns[table.key[0]].type == "id":
                for row in records(self.x.case.tables[name]):
                    found[str(row[table.key[0]])] = (name, row)
        return found

    @cached_property
    def reports(self) -> dict[str, Row]:
        """Reports by name."""
        return {row["report"]: row for row in records(self.x.case.reports)}

    @cached_property
    def evidence(self) -> list[Row]:
        """Classified statements on control."""
        return records(evidence(self.x.case))

    @cached_property
    def closings(self) -> list[Row]:
        """Episodes of closure."""
        return records(closings(self.x.case))

    @cached_property
    def everywhere(self) -> pd.DataFrame:
        """Rows behind all crossings together."""
        return rows_behind(self, None)


def rows_behind(known: Known, crossing: str | None) -> pd.DataFrame:
    """Rows behind a crossing, or behind all of them; columns as in :data:`COLUMNS`."""
    x = known.x
    found = [
        *_baseline(known, crossing),
        *_level(x),
        *_calendar(x, crossing),
        *_control(known, crossing),
        *_closures(known, crossing),
        *_drivers(x),
        *_rates(x, crossing),
        *_trucks(known, crossing),
        *_inland(x, crossing),
        *_assumptions(x, crossing),
    ]
    table = pd.DataFrame(found, columns=[name for name in COLUMNS if name not in ("source_title", "url")])
    table["published_latest"] = pd.to_datetime(table["published_latest"])
    table = table.drop_duplicates(["table", "row", "enters"], ignore_index=True)
    sources = x.case.sources.set_index("source")
    for name, column in (("source_title", "title"), ("url", "url")):
        words = sources[column].to_dict()
        table[name] = [_joined(cell, words) for cell in table["source"]]
    return table[list(COLUMNS)]


def _joined(keys: str, known: dict[Any, Any]) -> str:
    found = [str(known.get(key, "")) for key in str(keys).split(";") if key]
    return "; ".join(cell for cell in found if cell)


def _row(part: str, scope: str, enters: str, table: str, key: str, value: str, source: Row) -> Row:
    told = {name: source.get(name) for name in ("source", "grade", "published_latest")}
    return {"part": part, "scope": scope, "enters": enters, "table": table, "row": key, "value": value} | told


def _baseline(known: Known, crossing: str | None) -> Iterable[Row]:
    """Baseline figures, what they rest on, and the sums they must add up to."""
    x, case, index = known.x, known.x.case, known.by_id
    scope = "country" if crossing is None else "crossing"
    measure = "recorded trade value" if x.flows else "collected revenue"
    for row in records(case.baseline):
        if crossing not in (None, row["crossing"]):
            continue
        yield _row("baseline", scope, f"baseline: annual {measure}, {row['basis']}", "baseline", row["crossing"],
                   _yearly(row, case.currency), row)  # fmt: skip
        for name in [*filter(None, str(row["rests_on"]).split(";")), *_rebuilt_from(case, row)]:
            yield _behind(case, index, name, scope, f"behind the baseline of {row['crossing']}")
    for row in records(case.flows):
        if crossing in (None, row["crossing"]):
            value = _range(row["share_low"], row["share_best"], row["share_high"], "of recorded trade value")
            key = f"{row['crossing']}/{row['flow']}"
            yield _row("baseline", scope, f"share of {row['flow']} in trade", "flows", key, value, row)
    for row in records(case.constraints):
        if crossing is None or row["members"] == "*" or crossing in str(row["members"]).split():
            value = _yearly(row, case.currency)
            enters = f"sum that every draw of the baseline obeys: {row['description']}"
            yield _row("baseline", "country", enters, "constraints", row["constraint"], value, row)


def _behind(case: Case, index: dict[str, tuple[str, Row]], name: str, scope: str, enters: str) -> Row:
    if name not in index:
        return _row("baseline", scope, enters, "", name, "not among the rows known by the as-of day", {})
    table, row = index[name]
    return _row("baseline", scope, enters, table, name, _figure(row, case.currency), row)


def _rebuilt_from(case: Case, row: Row) -> list[str]:
    """Revenue rows from which the rule for vintages made a baseline figure."""
    if row["basis"] != REBUILT:
        return []
    place = case.crossing(row["crossing"])
    part = 1.0 if pd.isna(place["house_share"]) else float(place["house_share"])
    where = (row["crossing"], str(place["house"]), part)
    return [str(own["row"]) for own in records(case.revenue) if figures_known(case, [own], *where) is not None]


def _figure(row: Row, currency: str) -> str:
    """A published figure as its table has it."""
    unit = row.get("unit") or row.get("currency") or currency
    per = row.get("per") or ""
    what = str(row.get("measure") or row.get("series") or "").replace("_", " ")
    period = str(row.get("period_label") or "")
    value = _range(row.get("low"), row.get("best"), row.get("high"), f"{unit} per {per}" if per else str(unit))
    return ", ".join(part for part in (what, period, value) if part)


def _level(x: Inputs) -> Iterable[Row]:
    case = x.case
    if x.flows:
        return
    level = level_rows(case)
    for row in records(level):
        yield _row("level", "country", "national level that the shares divide", "national", row["row"],
                   _figure(row, case.currency), row)  # fmt: skip
    for row in records(case.national):
        if row["use"] == "growth":
            yield _row("level", "country", "growth of the level", "national", row["row"],
                       _figure(row, case.currency), row)  # fmt: skip


def _calendar(x: Inputs, crossing: str | None) -> Iterable[Row]:
    first, last = x.days[0], x.days[-1]
    for row in records(x.case.calendar):
        here = not row["crossing"] or crossing in (None, row["crossing"])
        if row["kind"] == "holiday" and here and row["start"] <= last and row["end"] >= first:
            value = _range(row["factor_low"], row["factor_best"], row["factor_high"], "of an ordinary day")
            yield _row("calendar", "country", f"holiday: {row['name']}", "calendar", row["entry"], value, row)


def _control(known: Known, crossing: str | None) -> Iterable[Row]:
    """Statements on control, or the events that a scenario states."""
    x, stated = known.x, known.reports
    if x.inferred is None:
        for number, event in enumerate(x.scenario.events, start=1):
            if event.crossing and crossing in (None, event.crossing):
                yield _row("control", "crossing", f"set by the scenario {x.scenario.name!r}", "scenario", str(number),
                           str(event), {"source": "", "grade": ""})  # fmt: skip
        return
    scope = "country" if crossing is None else "crossing"
    for row in known.evidence:
        if crossing is not None and row["crossing"] not in (crossing, "national"):
            continue
        where = "country" if row["crossing"] == "national" else scope
        enters = f"control: {SAYS[row['proposition']]} (weight class: {row['weight'].replace('_', ' ')})"
        yield _report("control", where, enters, stated[row["report"]])
    for row in records(x.case.reported_holders):
        report = stated.get(row["report"])
        if report is not None and crossing in (None, report["crossing"]):
            value = f"{row['authority']} {row['share']:g}"
            yield _row("control", scope, f"holder once lost, as {row['report']} names it", "reported_holders",
                       f"{row['report']}/{row['authority']}", value, row)  # fmt: skip


def _report(part: str, scope: str, enters: str, row: Row) -> Row:
    value = f"{row['date']:%Y-%m-%d}, {row['claimed_by'] or 'speaker not named'}: {row['statement']}"
    return _row(part, scope, enters, "reports", row["report"], value, row)


def _closures(known: Known, crossing: str | None) -> Iterable[Row]:
    """Statements behind the closures inferred from reports, or rows that a scenario's closures were taken from."""
    x, scope = known.x, "country" if crossing is None else "crossing"
    if x.inferred is None:
        stated = {(e.crossing, e.start) for e in x.scenario.events if e.verb == "close"}
        for row in records(x.case.closures):
            if crossing in (None, row["crossing"]) and (row["crossing"], row["start"].date()) in stated:
                yield _row("closures", scope, "closure of the same crossing and first day", "closures", row["closure"],
                           f"{row['start']:%Y-%m-%d} to {_day(row['end'])}, by {row['closed_by']}", row)  # fmt: skip
        return
    for row in known.closings:
        if crossing in (None, row["crossing"]):
            span = f"{_day(row['start_first'])} to {_day(row['end_last'])}"
            for name in filter(None, str(row["reports"]).split(";")):
                yield _report("closures", scope, f"closure to cargo {span} ({row['closed_by']})", known.reports[name])


def _drivers(x: Inputs) -> Iterable[Row]:
    for row in records(x.case.insecurity):
        if row["use"] == "driver":
            value = f"{row['date']:%Y-%m-%d}: {row['held']:g} of {row['total']:g} {row['definition']}"
            yield _row("insecurity", "country", "general insecurity", "insecurity", row["row"], value, row)


def _rates(x: Inputs, crossing: str | None) -> Iterable[Row]:
    """Commodities and the schedule, at the crossings whose mix is known."""
    case = x.case
    here = [row for row in records(case.commodities) if crossing in (None, row["crossing"])]
    key = codebook(case.currency)["commodities"].key
    for row in here:
        value = f"{_plain(row[f'declared_{case.currency.lower()}'])} {case.currency} declared a year"
        yield _row("rate", "crossing", f"{row['flow']} by commodity", "commodities",
                   "/".join(str(row[name]) for name in key), value, row)  # fmt: skip
    if not here:
        return
    key = codebook(case.currency)["tariff"].key
    for row in records(case.tariff):
        if row["use"] == "schedule":
            value = _range(row["rate_low"], row["rate_best"], row["rate_high"], f"on {row['base']}")
            name = "/".join(str(row[k]) for k in key)
            yield _row("rate", "country", "schedule of charges", "tariff", name, value, row)


def _trucks(known: Known, crossing: str | None) -> Iterable[Row]:
    x, index = known.x, known.by_id
    for row in records(x.case.trucks):
        if crossing in (None, row["crossing"]):
            value = _range(row["low"], row["best"], row["high"], "trucks a day")
            yield _row("levy", "crossing" if crossing else "country", "trucks: value of a load, and so the levy on it",
                       "trucks", row["crossing"], value, row)  # fmt: skip
            for name in filter(None, str(row["rests_on"]).split(";")) if crossing else ():
                yield _behind(x.case, index, name, "crossing", "behind the truck count") | {"part": "levy"}
    for row in records(x.case.levies):
        if row["use"] == "levy" and crossing in (None, row["crossing"]):
            value = _range(row["low"], row["best"], row["high"], f"{row['currency']} per {row['per']}")
            scope = "crossing" if crossing and row["crossing"] == crossing else "country"
            yield _row("levy", scope, "evidence behind the assumed levy; not read by the model", "levies", row["row"],
                       f"{row['place']}: {value}", row)  # fmt: skip


def _inland(x: Inputs, crossing: str | None) -> Iterable[Row]:
    for row in records(x.case.inland):
        if crossing in (None, row["crossing"], row["inland"]):
            value = _range(row["feed_low"], row["feed_best"], row["feed_high"], "of its baseline")
            yield _row("inland", "crossing" if crossing else "country",
                       f"share of {row['inland']} that came in through {row['crossing']}", "inland",
                       f"{row['inland']}/{row['crossing']}", value, row)  # fmt: skip


def _assumptions(x: Inputs, crossing: str | None) -> Iterable[Row]:
    """Assumptions that apply: those of the crossing in place of the general ones of the same name."""
    table = {row["name"]: row for row in records(x.case.assumptions)}
    judged = set(x.case.baseline.loc[x.case.baseline["basis"].str.startswith("prior:"), "crossing"])
    for name, row in table.items():
        base, _, where = name.partition(".")
        part = next((part for start, part in BELONGS.items() if base.startswith(start)), "response")
        if base.startswith("collected_rate_") and x.flows:
            part = "baseline"  # trade value becomes revenue by these rates
        at_crossing = where in x.crossings
        if crossing is not None and at_crossing and where != crossing:
            continue
        if crossing is not None and not at_crossing and f"{base}.{crossing}" in table:
            continue
        if (x.inferred is None and part in ONLY_REPORTED) or (base == "contagion" and x.forecast != "contagion"):
            continue
        if base == "unknown_baseline" and not (judged if crossing is None else crossing in judged):
            continue
        unit = "" if row["unit"] == "1" else str(row["unit"])
        value = _range(row["low"], row["best"], row["high"], unit)
        yield _row(part, "crossing" if crossing and at_crossing else "country",
                   f"assumption: {row['description'] or base}", "assumptions", name, value, row)  # fmt: skip


def _yearly(row: Row, currency: str) -> str:
    low, best, high = (row[f"{bound}_{currency.lower()}"] for bound in ("low", "best", "high"))
    return _range(low, best, high, f"{currency} a year")


def _range(low: Any, best: Any, high: Any, unit: str) -> str:
    """Low, best and high as the case has them."""
    known = [(word, value) for word, value in (("low", low), ("best", best), ("high", high)) if _is_number(value)]
    if not known:
        return "no figure"
    if len({value for _, value in known}) == 1:
        return f"{_plain(known[0][1])} {unit}".strip()
    return f"{', '.join(f'{word} {_plain(value)}' for word, value in known)} {unit}".strip()


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= WHOLE else f"{value:.6g}"


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, str) and bool(pd.notna(value))


def _day(day: Any) -> str:
    return "an end not reported" if pd.isna(day) else f"{day:%Y-%m-%d}"
