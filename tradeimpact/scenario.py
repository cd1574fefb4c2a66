"""What if: a frozen list of dated events, built by chained verbs. It knows names and dates, nothing else.

Days are calendar days and intervals include both ends. A crossing captured on a day belongs wholly to its new holder
on that day. Control and openings are states that last until the next one and follow each other by their days; of two on
one day the later verb holds. Of levies, threats and insecurity about the same crossing and day the later verb wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsFloat

from .errors import ScenarioError, version_remedy

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
LARGEST_FILE = 4_000_000  # bytes; what lies behind them is more than a scenario may have
GOVERNMENT, NOBODY = "government", "nobody"
CLOSED_BY = ("neighbour", "holder", "own_side", "halted")

FIRST_YEAR, LAST_YEAR = 1900, 2100
WRITTEN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

Day = str | date | datetime
Holder = str | Mapping[str, float] | None

# verb -> fields an event of that verb may carry in a file, beside the verb itself
FIELDS = {
    "capture": ("on", "by"),
    "recapture": ("on",),
    "close": ("start", "end", "by", "open_share"),
    "reopen": ("on",),
    "levy": ("start", "end", "rate", "per_truck", "by"),
    "threat": ("start", "end", "level"),
    "insecurity": ("start", "end", "share", "to"),
}


@dataclass(frozen=True)
class Event:
    """One dated event; `crossing` is empty for case-wide ones, `end` is None while it lasts."""

    verb: str
    crossing: str
    start: date
    end: date | None = None
    by: tuple[tuple[str, float], ...] = ()
    values: tuple[tuple[str, float], ...] = ()

    def value(self, name: str) -> float | None:
        """A number this event carries (share, level, rate …), None where it carries none."""
        return dict(self.values).get(name)

    def as_dict(self) -> dict[str, Any]:
        """The event as plain values, in the words of a scenario file."""
        body: dict[str, Any] = {self.verb: self.crossing or True}
        point = "on" in FIELDS[self.verb]
        body["on" if point else "start"] = self.start
        if not point and self.end is not None:
            body["end"] = self.end
        if self.by:
            body["by"] = self.by[0][0] if len(self.by) == 1 and self.by[0][1] == 1.0 else dict(self.by)
        return body | dict(self.values)

    def __str__(self) -> str:
        what = f"{self.verb} {self.crossing}".strip()
        when = f"{self.start}" if self.end is None else f"{self.start} to {self.end}"
        who = (
            " by " + " and ".join(name if share == 1.0 else f"{name} ({share:g})" for name, share in self.by)
            if self.by
            else ""
        )
        numbers = ", ".join(f"{name} {number:g}" for name, number in self.values)
        return f"{what} {when}{who}" + (f" ({numbers})" if numbers else "")


@dataclass(frozen=True)
class Scenario:
    """A named, unchangeable sequence of events; every verb returns a new scenario.

    Examples
    --------
    >>> fall = Scenario("Spin Boldak falls").capture("spin_boldak", on="2021-07-14")
    >>> fall.close("spin_boldak", "2021-07-14", "2021-07-26").events[1].end
    datetime.date(2021, 7, 26)
    """

    name: str = "scenario"
    events: tuple[Event, ...] = field(default=())

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or CONTROL.search(self.name):
            raise ScenarioError(f"{self.name!r} is no name of a scenario; give a text without control characters")
        if not isinstance(self.events, tuple) or not all(isinstance(event, Event) for event in self.events):
            raise ScenarioError("events must be a tuple of events; build a scenario by its verbs, as in .capture(…)")

    def capture(self, crossing: str, on: Day, by: Holder = None) -> Scenario:
        """`crossing` passes to `by` on the day `on`.

        `by` is an authority, ``"nobody"``, or shares such as ``{"a": 0.5, "b": 0.5}`` that sum to 1; it may be left
        out where the case has one insurgent authority.
        """
        return self._add(Event("capture", _crossing(crossing), to_day(on), by=_holders(by)))

    def recapture(self, crossing: str, on: Day) -> Scenario:
        """`crossing` returns to the government on the day `on`."""
        return self._add(Event("recapture", _crossing(crossing), to_day(on)))

    def close(
        self, crossing: str, start: Day, end: Day | None = None, *, by: str = "neighbour", open_share: float = 0.0
    ) -> Scenario:
        """Shut `crossing` to cargo from `start` to `end`, both included (until further notice without `end`).

        `by` says who shut it (neighbour, holder, own_side, halted); `open_share` is the share of days or lanes left
        open.
        """
        if by not in CLOSED_BY:
            raise ScenarioError(f"close(by={by!r}): who shut it must be one of {', '.join(CLOSED_BY)}")
        values = (("open_share", _fraction("open_share", open_share)),) if open_share else ()
        first, last = _interval(start, end)
        return self._add(Event("close", _crossing(crossing), first, last, ((by, 1.0),), values))

    def reopen(self, crossing: str, on: Day) -> Scenario:
        """`crossing` opens to cargo on the day `on`, whatever closure was running."""
        return self._add(Event("reopen", _crossing(crossing), to_day(on)))

    def levy(
        self,
        crossing: str,
        start: Day,
        end: Day | None = None,
        *,
        rate: float | None = None,
        per_truck: float | None = None,
        by: str | None = None,
    ) -> Scenario:
        """What the de facto holder takes at `crossing`: `rate` (share of value) or `per_truck` (case currency).

        `by` names the one authority that takes it so; without it every insurgent authority does.
        """
        if by is not None and not isinstance(by, str):
            raise ScenarioError(f"levy(by={by!r}): name one authority; say levy() once for each of several")
        given = [(name, x) for name, x in (("rate", rate), ("per_truck", per_truck)) if x is not None]
        if len(given) != 1:
            raise ScenarioError("levy() takes either rate= (a share of value) or per_truck= (currency per truck)")
        name, x = given[0][0], _number(given[0][0], given[0][1])
        if not 0 <= x < float("inf"):
            raise ScenarioError(f"levy({name}={x!r}): expected a finite number of at least 0")
        if name == "rate" and x > 1:
            raise ScenarioError(f"levy(rate={x!r}): a rate is a fraction of value; write 0.05 for five per cent")
        first, last = _interval(start, end)
        return self._add(Event("levy", _crossing(crossing), first, last, _holders(by), ((name, float(x)),)))

    def threat(self, crossing: str, start: Day, end: Day | None = None, *, level: float = 1.0) -> Scenario:
        """`crossing` is threatened but not taken: friction rises by `level` (0 to 1) of the threat friction."""
        first, last = _interval(start, end)
        return self._add(
            Event("threat", _crossing(crossing), first, last, values=(("level", _fraction("level", level)),))
        )

    def insecurity(self, start: Day, end: Day, share: float, *, to: float | None = None) -> Scenario:
        """General insecurity (share of district centres insurgents hold) from `start` to `end`, in a line to `to`."""
        values = [("share", _fraction("share", share))] + ([("to", _fraction("to", to))] if to is not None else [])
        first, last = _interval(start, end)
        return self._add(Event("insecurity", "", first, last, values=tuple(values)))

    def named(self, name: str) -> Scenario:
        """The same events under another name."""
        return replace(self, name=name)

    def without(self, crossing: str) -> Scenario:
        """The scenario without the events at `crossing`."""
        return replace(self, events=tuple(e for e in self.events if e.crossing != crossing))

    @property
    def crossings(self) -> tuple[str, ...]:
        """Crossings the events name, sorted."""
        return tuple(sorted({e.crossing for e in self.events if e.crossing}))

    @property
    def captured(self) -> tuple[str, ...]:
        """Crossings that fall in this scenario, in the order of their fall."""
        falls = sorted((e for e in self.events if e.verb == "capture"), key=lambda e: e.start)
        return tuple(dict.fromkeys(e.crossing for e in falls))

    def diff(self, other: Scenario) -> pd.DataFrame:
        """Events that only one of the two has: columns only_in, verb, crossing, start, end, event."""
        import pandas as pd

        mine, theirs = set(self.events), set(other.events)
        same = self.name == other.name
        names = (f"{self.name} (first)", f"{other.name} (second)") if same else (self.name, other.name)
        rows = [
            (owner, e.verb, e.crossing, e.start, e.end, str(e))
            for owner, events, rest in ((names[0], self.events, theirs), (names[1], other.events, mine))
            for e in events
            if e not in rest
        ]
        return pd.DataFrame(rows, columns=["only_in", "verb", "crossing", "start", "end", "event"])

    def to_frame(self) -> pd.DataFrame:
        """Events as a table, in order of entry."""
        import pandas as pd

        rows = [(e.verb, e.crossing, e.start, e.end, str(e)) for e in self.events]
        return pd.DataFrame(rows, columns=["verb", "crossing", "start", "end", "event"])

    def to_yaml(self, path: str | Path | None = None) -> str:
        """The scenario as YAML text; written to `path` too when one is given."""
        import yaml

        body = {"schema_version": SCHEMA_VERSION, "name": self.name, "events": [e.as_dict() for e in self.events]}

        class Plain(yaml.SafeDumper):
            def ignore_aliases(self, data: Any) -> bool:
                return True  # two events on one day are written out, not as an anchor and its alias

        text = yaml.dump(body, Dumper=Plain, sort_keys=False, allow_unicode=True)
        if path is not None:
            from .write import write_text

            write_text(Path(path), text)
        return text

    @classmethod
    def from_yaml(cls, source: str | Path) -> Scenario:
        """Read a scenario from a YAML file, or from YAML text that has at least one line break.

        Raises
        ------
        ScenarioError
            Naming the event and the field that is wrong, or the schema version and what to do.
        """
        from .plain_yaml import read_yaml

        label, text = _read(source)
        try:
            body = read_yaml(text)
        except ValueError as problem:
            raise ScenarioError(f"{label}: not valid YAML ({problem}); write one event per list item") from None
        if not isinstance(body, dict):
            raise ScenarioError(f"{label}: expected a mapping with schema_version, name and events")
        version = body.get("schema_version")
        remedy = version_remedy(version, SCHEMA_VERSION)
        if remedy:
            read = f"this release reads {SCHEMA_VERSION}"
            raise ScenarioError(f"{label}: schema_version is {version!r}, {read}. {remedy}")
        unknown = set(body) - {"schema_version", "name", "events"}
        if unknown:
            raise ScenarioError(
                f"{label}: unknown entries {sorted(map(str, unknown))}; expected schema_version, name, events"
            )
        events = [] if body.get("events") is None else body["events"]
        if not isinstance(events, list):
            raise ScenarioError(f"{label}: events must be a list")
        name = body.get("name")
        if isinstance(name, list | dict):
            raise ScenarioError(f"{label}: the name must be a text, not {type(name).__name__}")
        scenario = cls(str(name or "scenario"))
        for number, item in enumerate(events, start=1):
            scenario = _apply(scenario, item, f"{label}, event {number}")
        return scenario

    def _add(self, event: Event) -> Scenario:
        return replace(self, events=(*self.events, event))

    def __repr__(self) -> str:
        lines = [f"Scenario {self.name!r}: {len(self.events)} events"] + [f"  {e}" for e in self.events[:12]]
        return "\n".join(lines + ([f"  … and {len(self.events) - 12} more"] if len(self.events) > 12 else []))


@dataclass(frozen=True)
class AsReported:
    """Marker: the history as reports tell it, resolved inside `simulate` against the case that is given there."""

    name: str = "as reported"


def to_day(value: Any) -> date:
    """A date from a date, datetime, pandas Timestamp or ISO text; clear error otherwise."""
    try:
        if value != value:  # a missing day (NaT, NaN) is no day, although NaT passes for a datetime
            raise ValueError
        if not isinstance(value, date):
            if not WRITTEN_DAY.fullmatch(str(value)):  # Python reads 20210714 and 2021-W28-3 too
                raise ValueError
            value = date.fromisoformat(str(value))
    except ValueError:
        raise ScenarioError(f"{value!r} is not a day; write it as YYYY-MM-DD") from None
    day = value.date() if isinstance(value, datetime) else value
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ScenarioError(f"{day} is not of the years {FIRST_YEAR} to {LAST_YEAR}; write the Gregorian day")
    return day


def _interval(start: Day, end: Day | None) -> tuple[date, date | None]:
    first, last = to_day(start), None if end is None else to_day(end)
    if last is not None and last < first:
        raise ScenarioError(f"the interval ends on {last}, before it starts on {first}; both ends are included")
    return first, last


def _crossing(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise ScenarioError(f"{name!r} is not a crossing; give its short name, such as 'north_gate'")
    return name


def _holders(by: Holder) -> tuple[tuple[str, float], ...]:
    if by is None:
        return ()
    if isinstance(by, str):
        return ((by, 1.0),)
    if not isinstance(by, Mapping):
        raise ScenarioError(f"by={by!r} is no holder; give the name of an authority, or shares by name that sum to 1")
    shares = tuple(sorted((str(name), _number(f"share of {name}", share)) for name, share in by.items()))
    if any(not 0 <= share <= 1 for _, share in shares) or abs(sum(share for _, share in shares) - 1) > 1e-9:
        raise ScenarioError(f"holder shares {dict(shares)} must each lie in 0 to 1 and sum to 1")
    return shares


def _number(name: str, x: Any) -> float:
    if isinstance(x, bool | str) or not isinstance(x, SupportsFloat):
        raise ScenarioError(f"{name}={x!r}: expected a number")
    return float(x)


def _fraction(name: str, x: Any) -> float:
    x = _number(name, x)
    if not 0 <= x <= 1:
        raise ScenarioError(f"{name}={x!r}: expected a fraction between 0 and 1")
    return float(x)


def _read(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str) and "\n" in source:
        return "scenario text", source
    if not isinstance(source, str | Path):
        raise ScenarioError(f"{source!r} is no scenario; give the path of a YAML file, or its text")
    path = Path(source)
    name = CONTROL.sub("?", path.name[:80])
    try:
        if path.exists() and not path.is_file():  # a pipe would keep us waiting
            raise OSError
        with open(path, "rb") as file:
            return name, file.read(LARGEST_FILE).decode("utf-8-sig")
    except (OSError, ValueError) as problem:
        raise ScenarioError(
            f"{name}: cannot be read as UTF-8 text ({type(problem).__name__}); check the path"
        ) from None


def _apply(scenario: Scenario, item: Any, where: str) -> Scenario:
    verbs = [key for key in FIELDS if isinstance(item, dict) and key in item]
    if len(verbs) != 1:
        raise ScenarioError(f"{where}: expected exactly one of {', '.join(FIELDS)}")
    verb = verbs[0]
    arguments = {str(key): x for key, x in item.items() if key != verb}
    # PyYAML reads a bare `on` as the truth value True
    if "True" in arguments:
        arguments["on"] = arguments.pop("True")
    unknown = sorted(set(arguments) - set(FIELDS[verb]))
    if unknown:
        raise ScenarioError(f"{where}: {verb} does not take {', '.join(unknown)}; it takes {', '.join(FIELDS[verb])}")
    target: Iterable[Any] = () if verb == "insecurity" else (item[verb],)
    try:
        result: Scenario = getattr(scenario, verb)(*target, **arguments)
    except ScenarioError as problem:
        raise ScenarioError(f"{where}: {problem}") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise ScenarioError(
            f"{where}: {verb} could not be read ({problem}); it takes {', '.join(FIELDS[verb])}"
        ) from None
    return result
