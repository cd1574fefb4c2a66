"""Scenario files and verbs: YAML that is none, keys twice, aliases, unknown words, days that are none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from broken import Broken, call
from tradeimpact.errors import ScenarioError
from tradeimpact.scenario import Scenario

HEADER = "schema_version: 1\nname: n\nevents:\n"
ON = "    on: 2001-06-10\n"
LAUGHS = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True))


def yaml(id: str, body: str, *says: str) -> Broken:
    """An entry of a scenario's text."""
    return call(id, lambda: Scenario.from_yaml(body), *says, error=ScenarioError)


def events(id: str, body: str, *says: str) -> Broken:
    """An entry of a scenario's list of events."""
    return yaml(id, HEADER + body, *says)


def file(id: str, write: Callable[[Path], object], *says: str) -> Broken:
    """An entry of a scenario's file."""

    def attempt(tmp: Path) -> object:
        path = tmp / "fall.yaml"
        write(path)
        return Scenario.from_yaml(path)

    return Broken(id=id, attempt=attempt, says=says, error=ScenarioError)


def verb(id: str, use: Callable[[Scenario], object], *says: str) -> Broken:
    """An entry of a verb with arguments that cannot be."""
    return call(id, lambda: use(Scenario()), *says, error=ScenarioError)


def _large(path: Path) -> None:
    path.write_bytes(b"")
    os.truncate(path, 4_000_001)


TEXTS = [
    yaml("a list at the top", "- capture: a\n  on: 2001-06-10\n", "expected a mapping with schema_version"),
    yaml("a bracket not closed", "schema_version: 1\nevents: [\n", "not valid YAML", "one event per list item"),
    yaml("tabs", "schema_version: 1\nevents:\n\t- capture: a\n", "not valid YAML", "one event per list item"),
    yaml("two documents", "schema_version: 1\n---\nschema_version: 1\n", "not valid YAML", "one event per list item"),
    yaml("endless brackets", HEADER + "  - " + "[" * 100_000, "not valid YAML", "one event per list item"),
    yaml("aliases of aliases", LAUGHS + HEADER, "an alias to a list or mapping", "write it out"),
    yaml("an event that holds itself", HEADER + "  - &x [*x]\n", "an alias to a list or mapping", "write it out"),
    yaml("a tag that would run code", HEADER + "  - !!python/object/apply:os.getcwd []\n", "not valid YAML"),
    yaml("control characters", HEADER + "  - capture: a\x07\n" + ON, "not valid YAML", "one event per list item"),
    yaml("no schema version", "name: n\nevents: []\n", "schema_version is None, this release reads 1"),
    yaml("a later schema version", "schema_version: 2\nevents: []\n", "A newer release wrote it"),
    yaml("a schema version that is true", "schema_version: true\nevents: []\n", "schema_version is True"),
    yaml(
        "an unknown entry",
        "schema_version: 1\nevent: []\n",
        "unknown entries ['event']",
        "expected schema_version, name",
    ),
    yaml("events that are a mapping", "schema_version: 1\nevents: {}\n", "events must be a list"),
    yaml("events that are a number", "schema_version: 1\nevents: 0\n", "events must be a list"),
    yaml("a name that is a list", "schema_version: 1\nname: [a]\nevents: []\n", "the name must be a text, not list"),
    yaml("a key twice at the top", "schema_version: 1\nname: a\nname: b\n", "the key 'name' twice"),
]
EVENTS = [
    events("an unknown verb", "  - conquer: a\n" + ON, "event 1: expected exactly one of capture, recapture"),
    events("two verbs", "  - capture: a\n    close: a\n" + ON, "event 1: expected exactly one"),
    events("a text for an event", "  - just text\n", "event 1: expected exactly one"),
    events("nothing for an event", "  -\n", "event 1: expected exactly one"),
    events("an unknown field", "  - capture: a\n    shares: 1\n" + ON, "capture does not take shares; it takes on, by"),
    events("a field of another verb", "  - close: a\n    start: 2001-06-10\n" + ON, "event 1: close does not take on"),
    events("a day left out", "  - capture: a\n", "event 1: capture could not be read", "it takes on, by"),
    events("a day twice", "  - capture: a\n" + ON + ON, "the key 'on' twice", "line 4"),
    events("a day that is none", "  - capture: a\n    on: 2001-02-30\n", "not valid YAML", "day is out of range"),
    events("a day in quotes that is none", "  - capture: a\n    on: '2001-02-30'\n", "'2001-02-30' is not a day"),
    events("a day without hyphens", "  - capture: a\n    on: 20010610\n", "20010610 is not a day", "YYYY-MM-DD"),
    events("a day of a week", "  - capture: a\n    on: 2001-W24-3\n", "'2001-W24-3' is not a day", "YYYY-MM-DD"),
    events("a list of days", "  - capture: a\n    on: [2001-06-10]\n", "is not a day", "YYYY-MM-DD"),
    events("a day of another calendar", "  - capture: a\n    on: 1380-03-20\n", "1900 to 2100", "Gregorian day"),
    events("a word that YAML takes for true", "  - capture: on\n" + ON, "event 1: True is not a crossing"),
    events("a crossing that is a list", "  - capture: [a, b]\n" + ON, "is not a crossing", "such as 'north_gate'"),
    events(
        "a share that is no number", "  - {capture: a, on: 2001-06-10, by: {x: .nan}}\n", "lie in 0 to 1 and sum to 1"
    ),
    events(
        "a level in words", "  - threat: a\n    start: 2001-06-10\n    level: high\n", "level='high': expected a number"
    ),
    events(
        "an interval turned round",
        "  - reopen: a\n" + ON + "  - {close: a, start: 2001-06-12, end: 2001-06-10}\n",
        "event 2: the interval ends on 2001-06-10, before it starts",
        "both ends are included",
    ),
]
FILES = [
    file("a file that is not there", lambda path: None, "fall.yaml: cannot be read", "check the path"),
    file("a folder", lambda path: path.mkdir(), "fall.yaml: cannot be read", "check the path"),
    file("a file in UTF-16", lambda path: path.write_text(HEADER, encoding="utf-16"), "cannot be read as UTF-8 text"),
    file("a file of megabytes", _large, "at most 500,000 are read", "split it"),
    file("a file of nothing", lambda path: path.write_text(""), "expected a mapping with schema_version"),
    call(
        "a path with a NUL",
        lambda: Scenario.from_yaml("a\0b.yaml"),
        "cannot be read",
        "check the path",
        error=ScenarioError,
    ),
    call(
        "a path of great length",
        lambda: Scenario.from_yaml("x" * 5000),
        "cannot be read",
        "check the path",
        error=ScenarioError,
    ),
    call(
        "no path at all",
        lambda: Scenario.from_yaml(None),
        "None is no scenario",
        "the path of a YAML file",
        error=ScenarioError,
    ),
]
VERBS = [
    verb(
        "an interval turned round by a verb", lambda s: s.close("a", "2001-06-12", "2001-06-10"), "before it starts on"
    ),
    verb("a day with slashes", lambda s: s.capture("a", on="10/06/2001"), "write it as YYYY-MM-DD"),
    verb("a missing day", lambda s: s.capture("a", on=float("nan")), "nan is not a day"),
    verb("a day as a number", lambda s: s.capture("a", on=20010610), "20010610 is not a day"),
    verb("a day of the year 1", lambda s: s.capture("a", on="0001-01-01"), "1900 to 2100"),
    verb("no crossing", lambda s: s.capture("", on="2001-06-10"), "is not a crossing"),
    verb("two crossings", lambda s: s.capture(["a", "b"], on="2001-06-10"), "is not a crossing"),
    verb(
        "a share in per cent",
        lambda s: s.close("a", "2001-06-10", open_share=20),
        "expected a fraction between 0 and 1",
    ),
    verb("a levy in per cent", lambda s: s.levy("a", "2001-06-10", rate=5), "write 0.05 for five per cent"),
    verb("a levy below nothing", lambda s: s.levy("a", "2001-06-10", per_truck=-1), "finite number of at least 0"),
    verb("an endless levy", lambda s: s.levy("a", "2001-06-10", per_truck=float("inf")), "finite number of at least 0"),
    verb(
        "two levies in one", lambda s: s.levy("a", "2001-06-10", rate=0.1, per_truck=1), "either rate=", "or per_truck="
    ),
    verb("no levy", lambda s: s.levy("a", "2001-06-10"), "either rate=", "or per_truck="),
    verb("a levy in words", lambda s: s.levy("a", "2001-06-10", rate="5 %"), "rate='5 %': expected a number"),
    verb(
        "a closing by nobody",
        lambda s: s.close("a", "2001-06-10", by="nobody"),
        "one of neighbour, holder, own_side, halted",
    ),
    verb("a level below 0", lambda s: s.threat("a", "2001-06-10", level=-0.1), "level=-0.1", "between 0 and 1"),
    verb("a level that is true", lambda s: s.threat("a", "2001-06-10", level=True), "level=True: expected a number"),
    verb("districts in per cent", lambda s: s.insecurity("2001-06-10", "2001-06-12", 46), "expected a fraction"),
    verb("shares that do not add up", lambda s: s.capture("a", "2001-06-10", by={"x": 0.5, "y": 0.4}), "sum to 1"),
    verb("shares of nobody", lambda s: s.capture("a", "2001-06-10", by={}), "sum to 1"),
    verb("a share below 0", lambda s: s.capture("a", "2001-06-10", by={"x": 1.5, "y": -0.5}), "lie in 0 to 1"),
    verb("holders in a list", lambda s: s.capture("a", "2001-06-10", by=["x", "y"]), "is no holder"),
    call("a name that is none", lambda: Scenario(None), "None is no name of a scenario", error=ScenarioError),
    call(
        "a name with control characters", lambda: Scenario("a\x07"), "without control characters", error=ScenarioError
    ),
    call(
        "events that are none", lambda: Scenario("a", events=(1,)), "build a scenario by its verbs", error=ScenarioError
    ),
]

CASES = [*TEXTS, *EVENTS, *FILES, *VERBS]
