"""What stands in for an assumption that a case does not make itself: read from ``defaults.toml``, never used silently.

A default is a record like any other, graded E, with a source that begins "default for cases without". A case's own
record always wins. Money in the defaults is in dollars; it is put into the currency of the case by its exchange rate,
else by the value of a truck load that its own figures imply, else by shares of a truck load's value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from ..errors import CaseError, Problem, did_you_mean
from .assumptions import Assumption, Assumptions

FILE = Path(__file__).with_name("defaults.toml")
DAYS_OF_YEAR = 365.25
DOLLARS = "USD per "
UNKNOWN = "unknown_baseline"
# what only some cases need and no default can stand in for
SPECIAL = ("collected_rate_imports", "collected_rate_exports", "collected_rate_transit", "road_cut_open_share")
# chances and parts whose default is of another shape than that of a share
FRACTIONS = ("inland_charge_probability", "receipt_honoured", "repeat_power", "collected_rate_declared", *SPECIAL)
SIGNED = ("annual_growth",)
Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Rule:
    """A range of the defaults that is no assumption of the model: how a table is filled in, or what a tool takes."""

    low: float
    best: float
    high: float
    description: str
    source: str


@cache
def default_assumptions() -> Assumptions:
    """The default records as written, money in dollars, with their correlation groups."""
    read = Assumptions.read(FILE, beside=("scale", "rule", "tool"))
    records = {
        name: replace(record, source=f"default for cases without {name}: {record.source}", grade="E")
        for name, record in read.records.items()
    }
    return Assumptions(records, read.correlations)


@cache
def rules(section: str) -> Mapping[str, Rule]:
    """Ranges of one other section of the defaults (scale, rule, tool) by name."""
    body = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Rule(entry["low"], entry["best"], entry["high"], entry.get("description", name), entry["source"])
            for name, entry in body[section].items()
        }
    )


def known_names() -> tuple[str, ...]:
    """Names of all assumptions there is a default for, and so of all that the model knows."""
    return (*default_assumptions().records, UNKNOWN)


def filled(own: Assumptions, tables: Tables, currency: str, until: pd.Timestamp) -> Assumptions:
    """The assumptions of a case with the defaults for those it lacks.

    Parameters
    ----------
    own : Assumptions
        Kept as they are.
    tables : mapping of DataFrame
        Typed tables of the case: its exchange rates, baseline and truck counts give the scale of money.
    currency : str
    until : Timestamp
        Last day before the crisis: the day whose exchange rate counts.

    Returns
    -------
    Assumptions
        With the names that were filled in ``defaults``.
    """
    standard = default_assumptions()
    added = {name: record for name, record in standard.records.items() if name not in own.records}
    known = {**added, **own.records}
    rate = dollar_rate(tables, currency, until)
    load = _load_value(tables, currency, known, rate, own.records)
    for name, record in added.items():
        if record.unit.startswith(DOLLARS):
            added[name] = _in_currency(record, currency, rate, load)
        elif record.unit.startswith("currency of the case"):
            added[name] = replace(record, unit=record.unit.replace("currency of the case", currency))
    if UNKNOWN not in own.records:
        part = _unknown_part(tables, currency)
        if part is not None:
            added[UNKNOWN] = part
    groups = {record.group for record in added.values() if record.group} - set(own.correlations)
    correlations = {**own.correlations, **{group: standard.correlations[group] for group in groups}}
    return replace(
        own,
        records={**own.records, **added},
        correlations=correlations,
        defaults=own.defaults | frozenset(added),
    )


def dollar_rate(tables: Tables, currency: str, day: pd.Timestamp) -> float | None:
    """Currency per dollar on a day: the row that holds it, else the nearest one; None without exchange rates."""
    if currency.upper() == "USD":
        return 1.0
    table = tables.get("fx")
    if table is None or table.empty:
        return None
    away = pd.concat([table["start"] - day, day - table["end"]], axis=1).max(axis=1)
    nearest = int(away.dt.days.clip(lower=0).to_numpy().argmin())
    return float(table[f"{currency.lower()}_per_usd"].iloc[nearest])


def _load_value(
    tables: Tables,
    currency: str,
    known: Mapping[str, Assumption],
    rate: float | None,
    own: Mapping[str, Assumption],
) -> tuple[float, str] | None:
    """Customs value of a truck load that baseline and truck counts imply, and how; None where a rate makes it idle."""
    if rate is not None:
        return None
    if "value_per_truck" in own:
        return own["value_per_truck"].best, "the case's own value of a load"
    trucks, baseline = tables.get("trucks"), tables.get("baseline")
    if trucks is None or baseline is None or trucks.empty or baseline.empty:
        in_money = [name for name in own if name.split(".", 1)[0] in rules("scale")]
        if in_money:
            raise CaseError(
                f"The assumption {in_money[0]!r} is money per truck, and nothing tells what a truck load is worth. "
                "Give an exchange rate (table fx), truck counts (table trucks) or the assumption value_per_truck."
            )
        return 1.0, "the case gives neither exchange rate nor truck counts: a truck load is worth 1, only shares count"
    revenue = baseline.set_index("crossing")[f"best_{currency.lower()}"].reindex(trucks["crossing"]).sum()
    loads = float(trucks["best"].sum()) * DAYS_OF_YEAR
    undeclared = 1 - (1 - known["gap"].best) ** known["gap_split"].best
    collected = known["collected_rate_declared"].best * (1 - undeclared)
    return float(revenue) / loads / collected, "value of a load implied by baseline, truck counts and collected rate"


def _in_currency(record: Assumption, currency: str, rate: float | None, load: tuple[float, str] | None) -> Assumption:
    """A record in dollars per truck, in the currency of the case."""
    unit = record.unit.replace("USD", currency, 1)
    if load is None:
        factor = float(rate or 1.0)
        how = "" if currency == "USD" else f"; at {factor:.6g} {currency} per USD"
        low, best, high = (factor * value for value in (record.low, record.best, record.high))
        return replace(record, low=low, best=best, high=high, unit=unit, source=record.source + how)
    value, how = load
    share = rules("scale").get(record.name)
    if share is None:  # the load itself: levies are shares of it, so that its own spread would count twice
        source = f"default for cases without {record.name}: {how}"
        return replace(record, low=value, best=value, high=value, distribution="fixed", unit=unit, source=source)
    source = f"default for cases without {record.name}: {share.source}; {how}"
    low, best, high = (value * part for part in (share.low, share.best, share.high))
    return replace(record, low=low, best=best, high=high, unit=unit, source=source)


def _unknown_part(tables: Tables, currency: str) -> Assumption | None:
    """What is put for a unit of which nothing was published by an as-of day."""
    baseline = tables.get("baseline")
    if baseline is None or baseline.empty:
        return None
    rule = rules("rule")["unknown_part"]
    part = float(baseline[f"best_{currency.lower()}"].mean())
    if not part > 0:
        return None
    return Assumption(
        UNKNOWN,
        part * rule.low,
        part * rule.best,
        part * rule.high,
        distribution="lognormal",
        unit=f"{currency} per year",
        description="Annual revenue put for a unit of which no figure has been published yet, used for older vintages",
        source=f"default for cases without {UNKNOWN}: {rule.description} ({rule.source})",
    )


def unknown_names(own: Iterable[str]) -> list[str]:
    """Names of assumptions that the model does not know; one of a single crossing goes by its general part."""
    names = {*known_names(), *SPECIAL}
    return [name for name in own if name.split(".", 1)[0] not in names]


def range_problems(own: Assumptions, file: str, names: Iterable[str] | None = None) -> list[Problem]:
    """Assumptions (all, or those of `names`) that cannot mean anything: shares beyond 0 to 1, others below 0."""
    shares = {*FRACTIONS, *(n for n, r in default_assumptions().records.items() if r.distribution == "logitnormal")}
    problems = []
    for name in own.records if names is None else names:
        record, general = own.records[name], name.split(".", 1)[0]
        ranges = [(o.low, o.high) for o in record.alternatives] or [(record.low, record.high)]
        low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
        if general in SIGNED or (low >= 0 and (general not in shares or high <= 1)):
            continue
        expected = "a fraction from 0 to 1" if general in shares else "0 or more"
        remedy = "This looks like a percentage: write 0.35 for 35 %." if high > 1 and low >= 0 else "Correct the sign."
        found = f"{low:g} to {high:g}"
        problems.append(Problem(file=file, column=name, found=found, expected=expected, remedy=remedy))
    return problems


def misplaced(own: Assumptions, tables: Tables) -> list[Problem]:
    """Assumptions about one crossing or authority that the case does not have."""
    if not all(name in tables and len(tables[name]) for name in ("crossings", "authorities")):
        return []
    places = [*tables["crossings"]["crossing"], *tables["authorities"]["authority"]]
    problems = []
    for name in own.records:
        general, _, place = name.partition(".")
        if place and place not in places:
            remedy = f"{did_you_mean(place, places)} Correct the name, or leave the entry out.".strip()
            found, expected = f"{general!r} of {place!r}", "a crossing or an authority of the case"
            problems.append(
                Problem(file="assumptions.toml", column=name, found=found, expected=expected, remedy=remedy)
            )
    return problems
