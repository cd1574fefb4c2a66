"""Every assumption as a record: low, best and high (5, 50 and 95 % points), unit, source, grade (MODEL section 7).

`assumptions.toml` holds one table per assumption under ``[assumption.<name>]`` and one per correlation group under
``[correlation.<group>]``. A name with a dot (``gap.zaranj``) overrides the general assumption at one crossing.
An assumption with ``alternatives`` is a structural alternative: each draw takes one of its options.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CaseError, Problem

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = "1"
DISTRIBUTIONS = ("normal", "lognormal", "logitnormal", "uniform", "loguniform", "fixed")
GRADES = ("A", "B", "C", "E")


@dataclass(frozen=True)
class Option:
    """One structural alternative: a label, its weight among the options and its own range."""

    label: str
    weight: float
    low: float
    best: float
    high: float
    source: str = ""
    grade: str = "E"


@dataclass(frozen=True)
class Assumption:
    """One assumption. `low`, `best`, `high` are the 5, 50 and 95 % points, in `unit`."""

    name: str
    low: float
    best: float
    high: float
    distribution: str = "normal"
    unit: str = "1"
    description: str = ""
    source: str = ""
    grade: str = "E"
    published_latest: date | None = None
    group: str = ""
    sign: int = 1
    alternatives: tuple[Option, ...] = ()
    prior: tuple[float, ...] = ()  # low, best, high before its source was published

    @property
    def fixed(self) -> bool:
        """Whether the assumption has no spread and no alternatives."""
        return not self.alternatives and (self.distribution == "fixed" or self.low == self.high)


@dataclass(frozen=True)
class Assumptions:
    """The assumptions of a case: records by name, correlation by group, and what a user changed."""

    records: Mapping[str, Assumption]
    correlations: Mapping[str, float] = field(default_factory=dict)
    changed: tuple[tuple[str, str, str, str], ...] = ()  # name, before, after, source
    defaults: frozenset[str] = frozenset()  # names that the case left to the library

    @classmethod
    def empty(cls) -> Assumptions:
        """No assumptions: every model default must then be given by the case."""
        return cls({})

    @classmethod
    def read(cls, path: str | Path) -> Assumptions:
        """Read `assumptions.toml`; a CaseError lists every problem of the file at once."""
        path = Path(path)
        try:
            body = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            raise CaseError(
                [_problem(path.name, "", f"{problem}", "a readable TOML file", "mend the line it names")]
            ) from None
        problems: list[Problem] = []
        if body.get("schema_version") != SCHEMA_VERSION:
            found = repr(body.get("schema_version"))
            problems.append(
                _problem(path.name, "schema_version", found, f'"{SCHEMA_VERSION}"', "set schema_version at the top")
            )
        for section in ("assumption", "correlation"):
            if not isinstance(body.get(section, {}), dict):
                remedy = f"write tables such as [{section}.name]"
                problems.append(_problem(path.name, section, repr(body[section]), "tables", remedy))
        records: dict[str, Assumption] = {}
        for name, entry in _flatten(body.get("assumption", {})):
            made = _record(path.name, name, entry, problems)
            if made is not None:
                records[name] = made
        correlations: dict[str, float] = {}
        groups = body.get("correlation", {})
        for group, entry in groups.items() if isinstance(groups, dict) else ():
            rho = entry.get("rho") if isinstance(entry, dict) else None
            if not isinstance(rho, int | float) or not 0 <= rho < 1:
                problems.append(
                    _problem(path.name, f"correlation.{group}", repr(rho), "rho, at least 0 and below 1", "give rho")
                )
                continue
            correlations[group] = float(rho)
        for record in records.values():
            if record.group and record.group not in correlations:
                remedy = f"add [correlation.{record.group}] with rho"
                problems.append(
                    _problem(path.name, record.name, f"group {record.group!r}", "a correlation group", remedy)
                )
        if problems:
            raise CaseError(problems)
        return cls(records, correlations)

    def assume(self, changes: Mapping[str, Any], source: str | None = None) -> Assumptions:
        """New assumptions with some replaced.

        A value may be ``(low, best, high)``, one number (fixed), the label of a structural alternative, or a mapping
        of record fields. ``"gap.zaranj"`` sets one crossing. Unknown names raise with a suggestion.
        """
        records, log = dict(self.records), list(self.changed)
        problems: list[Problem] = []
        for name, value in changes.items():
            base = records.get(name) or records.get(name.split(".", 1)[0])
            if base is None:
                close = get_close_matches(name, list(records), n=1)
                hint = f"did you mean {close[0]!r}?" if close else "see case.assumptions for the names"
                problems.append(_problem("assume()", name, "an unknown assumption", "the name of an assumption", hint))
                continue
            before = _describe(base)
            entry = _entry(base, value)
            entry.setdefault("source", source or "set by the user")
            made = _record("assume()", name, entry, problems, base=replace(base, name=name))
            if made is not None:
                given = entry if isinstance(value, Mapping) else {}
                stated = source or given.get("source") or "set by the user"
                # the evidence of the record that is replaced says nothing about a number of the user's own
                made = replace(made, grade=given.get("grade", "E"), published_latest=given.get("published_latest"))
                records[name] = replace(made, source=str(stated), prior=tuple(given.get("prior", ())))
                log.append((name, before, _describe(made), str(stated)))
        if problems:
            raise CaseError(problems)
        return replace(self, records=records, changed=tuple(log))

    def frame(self) -> pd.DataFrame:
        """One row per assumption; structural alternatives have a row per option, with its weight."""
        import pandas as pd

        columns = [f.name for f in fields(Assumption) if f.name not in ("alternatives", "prior")] + ["option", "weight"]
        rows: list[dict[str, Any]] = []
        for record in self.records.values():
            base = {name: getattr(record, name) for name in columns[:-2]} | {"option": "", "weight": 1.0}
            for option in record.alternatives:
                extra = {name: getattr(option, name) for name in ("low", "best", "high", "source", "grade", "weight")}
                rows.append(base | extra | {"option": option.label})
            if not record.alternatives:
                rows.append(base)
        return pd.DataFrame(rows, columns=["name", *[c for c in columns if c != "name"]])

    def origin(self, name: str) -> str:
        """Whose number it is: "user" (set by `assume`), "default" (the case left it open) or "case"."""
        if any(entry[0] == name for entry in self.changed):
            return "user"
        return "default" if name in self.defaults else "case"

    def changes(self) -> pd.DataFrame:
        """What a user changed: assumption, before, after, source."""
        import pandas as pd

        return pd.DataFrame(list(self.changed), columns=["assumption", "before", "after", "source"])


def _flatten(tables: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Assumption tables with their dotted names; ``[assumption.gap.zaranj]`` nests in TOML."""
    found: list[tuple[str, Any]] = []
    if not isinstance(tables, dict):
        return found
    for name, entry in tables.items():
        nested = {key: x for key, x in entry.items() if isinstance(x, dict)} if isinstance(entry, dict) else {}
        own = {key: x for key, x in entry.items() if key not in nested} if isinstance(entry, dict) else entry
        if own or not nested:
            found.append((prefix + name, own))
        found.extend(_flatten(nested, prefix + name + "."))
    return found


def _entry(base: Assumption, value: Any) -> dict[str, Any]:
    """What `assume` was given, as record fields."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        option = next((o for o in base.alternatives if o.label == value), None)
        if option is None:
            return {"alternatives": value}
        return {"alternatives": [], "low": option.low, "best": option.best, "high": option.high, "grade": option.grade}
    if isinstance(value, tuple | list):
        return {"alternatives": []} | dict(zip(("low", "best", "high"), value, strict=False)) | {"count": len(value)}
    return {"alternatives": [], "low": value, "best": value, "high": value}


def _record(
    file: str, name: str, entry: Any, problems: list[Problem], base: Assumption | None = None
) -> Assumption | None:
    """A checked record, or None with the problems noted."""
    before = len(problems)

    def fault(column: str, found: Any, expected: str, remedy: str) -> None:
        problems.append(_problem(file, f"{name}.{column}" if column else name, str(found), expected, remedy))

    if not isinstance(entry, dict):
        fault("", repr(entry), "a table with low, best, high", f"write [assumption.{name}]")
        return None
    if entry.pop("count", 3) != 3:
        fault("", "a list that is not three numbers long", "(low, best, high)", "give all three, or one number")
        return None
    known = {f.name for f in fields(Assumption)} - {"name"}
    for key in sorted(set(entry) - known):
        fault(key, "an unknown field", f"one of {', '.join(sorted(known))}", "remove or rename it")
    values: dict[str, Any] = {f.name: getattr(base, f.name) for f in fields(Assumption)} if base else {"name": name}
    values |= {key: x for key, x in entry.items() if key in known}
    options = values.get("alternatives", ())
    if isinstance(options, str):
        labels = ", ".join(o.label for o in base.alternatives) if base else ""
        fault("alternatives", options, f"one of the labels: {labels or 'it has none'}", "choose a label")
        return None
    values["alternatives"] = tuple(o if isinstance(o, Option) else _option(o, fault) for o in options)
    if values["alternatives"]:
        for key in ("low", "best", "high"):
            values[key] = getattr(values["alternatives"][0], key)
    _check_values(values, fault)
    if len(problems) > before:
        return None
    values["prior"] = tuple(float(x) for x in values.get("prior", ()))
    numbers = {key: float(values[key]) for key in ("low", "best", "high")}
    return Assumption(**(values | numbers))


def _option(entry: Any, fault: Any) -> Option:
    try:
        option = Option(**entry)
        if not 0 <= option.weight < float("inf"):
            raise ValueError(f"weight {option.weight}")
        return option
    except (TypeError, ValueError) as problem:
        fault("alternatives", problem, "label, weight, low, best, high (source, grade)", "mend that option")
        return Option("?", 1.0, 0.0, 0.0, 0.0)


def _check_values(values: dict[str, Any], fault: Any) -> None:
    own = (values.get("low"), values.get("best"), values.get("high"))
    ranges = [(o.low, o.best, o.high) for o in values["alternatives"]] or [own]
    distribution = values.get("distribution", "normal")
    if distribution not in DISTRIBUTIONS:
        fault("distribution", repr(distribution), f"one of {', '.join(DISTRIBUTIONS)}", "choose one")
    for triple in ranges:
        if not all(isinstance(x, int | float) and not isinstance(x, bool) and isfinite(x) for x in triple):
            fault("low/best/high", triple, "three finite numbers", "give low, best and high")
            continue
        low, best, high = triple
        if not low <= best <= high:
            fault("low/best/high", triple, "low <= best <= high", "put them in order")
        if distribution in ("lognormal", "loguniform") and low <= 0 and low != high:
            fault("low", low, f"above 0 for a {distribution} distribution", "raise low or choose another distribution")
        if distribution == "logitnormal" and low != high and not (low > 0 and high < 1):
            fault("low/high", triple, "strictly between 0 and 1", "narrow the range or choose another distribution")
    if values["alternatives"] and not sum(o.weight for o in values["alternatives"]) > 0:
        fault("alternatives", "weights that are all 0", "a weight above 0", "weigh at least one option")
    day = values.get("published_latest")
    if day is not None and not isinstance(day, date):
        fault("published_latest", repr(day), "a day such as 2021-06-21, without quotes", "write the day")
    if not str(values.get("source", "")).strip() and not all(
        o.source for o in values["alternatives"] or (Option("", 0, 0, 0, 0),)
    ):
        fault("source", "nothing", "where the numbers come from", "name a source, or project_judgement")
    if values.get("grade", "E") not in GRADES:
        fault("grade", repr(values.get("grade")), f"one of {', '.join(GRADES)}", "grade the evidence")
    if values.get("sign", 1) not in (1, -1):
        fault("sign", values.get("sign"), "1 or -1", "say whether it moves with or against its group")


def _describe(record: Assumption) -> str:
    if record.alternatives:
        return " | ".join(f"{o.label} ({o.low:g}, {o.best:g}, {o.high:g})" for o in record.alternatives)
    return f"({record.low:g}, {record.best:g}, {record.high:g}) {record.unit}"


def _problem(file: str, column: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, column=column, rows=(), found=found, expected=expected, remedy=remedy)
