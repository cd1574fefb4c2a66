"""Every assumption as a record: low, best and high (5, 50 and 95 % points), unit, source, grade (MODEL section 7).

`assumptions.toml` holds one table per assumption under ``[assumption.<name>]`` and one per correlation group under
``[correlation.<group>]``. A name with a dot (``gap.zaranj``) overrides the general assumption at one crossing.
An assumption with ``alternatives`` is a structural alternative: each draw takes one of its options.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CaseError, Problem, version_remedy
from .convert import CONTROL

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = "1"
MAX_BYTES = 5_000_000
DEEPEST = 4  # dots in a name; tables deeper than that are no overrides
LARGEST = 1e300
VAST = re.compile(r"0[xob][0-9a-fA-F_]{300}")  # too large to be shown; Python refuses decimal ones by itself
DISTRIBUTIONS = ("normal", "lognormal", "logitnormal", "uniform", "loguniform", "fixed")
SECTIONS = ("schema_version", "assumption", "correlation")
OF_GROUPS = ("rho", "source", "grade", "description")
TEXTS = ("unit", "description", "source", "group")
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
    def read(cls, path: str | Path, *, beside: tuple[str, ...] = ()) -> Assumptions:
        """Read `assumptions.toml`; a CaseError lists every problem of the file at once.

        Tables named in `beside` belong to somebody else and are passed over.
        """
        path = Path(path)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES:,} bytes")
            text = path.read_text(encoding="utf-8-sig")
            if VAST.search(text):
                raise ValueError("a number of more than 300 digits")
            body = tomllib.loads(text)
        except (OSError, ValueError, RecursionError) as problem:
            remedy = "save it as UTF-8 text" if isinstance(problem, UnicodeDecodeError) else "mend the line it names"
            raise CaseError([_problem(path.name, "", f"{problem}", "a readable TOML file", remedy)]) from None
        problems = [
            _problem(path.name, key, "an unknown entry", f"only {', '.join(SECTIONS)}", "rename or delete it")
            for key in body
            if key not in (*SECTIONS, *beside)
        ]
        remedy = version_remedy(body.get("schema_version"), int(SCHEMA_VERSION))
        if remedy:
            found = repr(body.get("schema_version"))
            problems.append(_problem(path.name, "schema_version", found, f'"{SCHEMA_VERSION}"', remedy))
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
            rho = entry.get("rho") if isinstance(entry, dict) and set(entry) <= set(OF_GROUPS) else None
            if not isinstance(rho, int | float) or isinstance(rho, bool) or not 0 <= rho < 1:
                remedy = f"give rho; beside it only {', '.join(OF_GROUPS[1:])}"
                problems.append(
                    _problem(path.name, f"correlation.{group}", repr(entry), "rho, at least 0 and below 1", remedy)
                )
                continue
            correlations[group] = float(rho)
        for record in records.values():
            if record.group and record.group not in correlations and record.group not in groups:
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
        if not isinstance(changes, Mapping):
            kind = type(changes).__name__
            raise CaseError(f"assume() takes a mapping of names to values, not {kind}: {{'gap': (0.3, 0.4, 0.5)}}.")
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
        deeper = isinstance(entry, dict) and prefix.count(".") < DEEPEST
        nested = {key: x for key, x in entry.items() if isinstance(x, dict)} if deeper else {}
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
    options: Any = values.get("alternatives", ())
    if isinstance(options, str):
        labels = ", ".join(o.label for o in base.alternatives) if base else ""
        fault("alternatives", options, f"one of the labels: {labels or 'it has none'}", "choose a label")
        return None
    if not isinstance(options, list | tuple):
        fault("alternatives", repr(options), "a list of options", f"write [[assumption.{name}.alternatives]]")
        return None
    values["alternatives"] = tuple(o if isinstance(o, Option) else _option(o, fault) for o in options)
    given = [o.label for o in values["alternatives"]]
    if len(set(given)) < len(given):
        fault("alternatives", f"the labels {', '.join(given)}", "a label of its own for each", "rename one")
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
    expected = "label, weight, low, best, high (source, grade)"
    known, needed = {f.name for f in fields(Option)}, ("label", "weight", "low", "best", "high")
    wrong = ""
    if not isinstance(entry, dict) or set(entry) - known or not set(needed) <= set(entry):
        wrong = repr(entry)
    elif not all(isinstance(entry.get(key, ""), str) for key in ("label", "source")):
        wrong = "a label or source that is no text"
    elif not _finite(entry["weight"]) or entry["weight"] < 0:
        wrong = f"weight {entry['weight']!r}"
    elif entry.get("grade", "E") not in GRADES:
        wrong, expected = f"grade {entry['grade']!r}", f"one of {', '.join(GRADES)}"
    if wrong:
        fault("alternatives", wrong, expected, "mend that option")
        return Option("?", 1.0, 0.0, 0.0, 0.0)
    return Option(**entry)


def _check_values(values: dict[str, Any], fault: Any) -> None:
    own = (values.get("low"), values.get("best"), values.get("high"))
    ranges = [(o.low, o.best, o.high) for o in values["alternatives"]] or [own]
    distribution = values.get("distribution", "normal")
    if distribution not in DISTRIBUTIONS:
        fault("distribution", repr(distribution), f"one of {', '.join(DISTRIBUTIONS)}", "choose one")
    for triple in ranges:
        if not all(map(_finite, triple)):
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
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        fault("published_latest", repr(day), "a day such as 2021-06-21, without quotes", "write the day")
    if not str(values.get("source", "")).strip() and not all(
        o.source for o in values["alternatives"] or (Option("", 0, 0, 0, 0),)
    ):
        fault("source", "nothing", "where the numbers come from", "name a source, or project_judgement")
    if values.get("grade", "E") not in GRADES:
        fault("grade", repr(values.get("grade")), f"one of {', '.join(GRADES)}", "grade the evidence")
    for key in TEXTS:
        if not isinstance(values.get(key, ""), str) or CONTROL.search(values.get(key, "")):
            fault(key, repr(values[key]), "text without control characters", "put it between quotation marks")
    prior = values.get("prior", ())
    if prior != () and prior != []:
        triple = tuple(prior) if isinstance(prior, list | tuple) else ()
        if len(triple) != 3 or not all(_finite(x) for x in triple) or not triple[0] <= triple[1] <= triple[2]:
            fault("prior", repr(prior), "[low, best, high], three numbers in order", "mend it or leave it out")
    if values.get("sign", 1) not in (1, -1) or isinstance(values.get("sign"), bool):
        fault("sign", values.get("sign"), "1 or -1", "say whether it moves with or against its group")


def _finite(x: Any) -> bool:
    """Whether it is a number that a float can hold, with room to reckon."""
    return isinstance(x, int | float) and not isinstance(x, bool) and -LARGEST <= x <= LARGEST


def _describe(record: Assumption) -> str:
    if record.alternatives:
        return " | ".join(f"{o.label} ({o.low:g}, {o.best:g}, {o.high:g})" for o in record.alternatives)
    return f"({record.low:g}, {record.best:g}, {record.high:g}) {record.unit}"


def _problem(file: str, column: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem(file=file, column=column, rows=(), found=found, expected=expected, remedy=remedy)
