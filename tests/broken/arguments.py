"""Arguments that cannot be: windows, draws, seeds, as-of days, event data, outlines of countries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tradeimpact as ti
from broken import Broken, call
from broken.frames import three
from tradeimpact.errors import CaseError, DrawError, ScenarioError, TradeImpactError
from tradeimpact.figures.outlines import read_outlines

WINDOW: Mapping[str, Any] = {"start": "2001-06-01", "end": "2001-06-05", "draws": 8, "rng": 1}
ERROR, DRAWS, SCENARIO = TradeImpactError, DrawError, ScenarioError
EVENTS = "event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,location,latitude,longitude,source,notes"
EVENT = "SYN1,2001-06-10,Battles,Armed clash,Invented rebels,,North Gate,10.5,20.5,Wire,Synthetic"
RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


def simulated(changes: Mapping[str, Any], error: type[TradeImpactError], *says: str, scenario: object = None) -> Broken:
    """An entry of `simulate`."""
    id = f"simulate {changes or scenario!r}"
    return call(id, lambda: ti.simulate(three(), scenario, **{**WINDOW, **changes}), *says, error=error)


def inferred(changes: Mapping[str, Any], error: type[TradeImpactError], *says: str) -> Broken:
    """An entry of `infer_control`."""
    return call(
        f"infer_control {changes}",
        lambda: ti.infer_control(three(), **{**WINDOW, **changes}).probability,
        *says,
        error=error,
    )


def as_of(day: object, error: type[TradeImpactError], *says: str) -> Broken:
    return call(f"as of {day!r}", lambda: three().as_of(day), *says, error=error)


def events(id: str, text: str, *says: str) -> Broken:
    """An entry of a file of event data."""

    def attempt(tmp: Path) -> object:
        (tmp / "events.csv").write_text(text, encoding="utf-8")
        return ti.read_events(tmp / "events.csv")

    return Broken(id=f"events: {id}", attempt=attempt, says=says, error=CaseError)


def row(old: str, new: str, *says: str) -> Broken:
    """An entry of one cell of event data."""
    return events(f"{new!r}", f"{EVENTS}\n{EVENT.replace(old, new)}\n", *says)


def outline(id: str, shape: object, *says: str) -> Broken:
    """An entry of a GeoJSON file of outlines."""
    return call(f"outlines: {id}", lambda: read_outlines(shape), *says, error=ERROR)


def feature(id: str, *says: str, name: object = "Land", kind: object = "Polygon", coordinates: object = None) -> Broken:
    shape = {"type": kind, "coordinates": [RING] if coordinates is None else coordinates}
    return outline(id, {"features": [{"properties": {"name": name}, "geometry": shape}]}, "number 1", *says)


def case_day(day: str) -> Callable[[], object]:
    return lambda: three().in_hindsight(day)


SIMULATE = [
    simulated(
        {"start": "2001-06-05", "end": "2001-06-01"}, ERROR, "ends on 2001-06-01, before it starts on 2001-06-05"
    ),
    simulated({"start": "soon"}, SCENARIO, "'soon' is not a day", "YYYY-MM-DD"),
    simulated({"start": None}, SCENARIO, "None is not a day", "YYYY-MM-DD"),
    simulated({"start": 20010601}, SCENARIO, "20010601 is not a day", "YYYY-MM-DD"),
    simulated({"end": "2001-06-31"}, SCENARIO, "'2001-06-31' is not a day", "YYYY-MM-DD"),
    simulated({"end": "9999-12-31"}, SCENARIO, "1900 to 2100", "Gregorian day"),
    simulated({"start": "1380-03-11"}, SCENARIO, "1900 to 2100", "Gregorian day"),
    simulated(
        {"start": "1990-01-01", "end": "1990-01-03"}, ERROR, "no exchange rate for 1990-01-01", "add it to fx.csv"
    ),
    *(
        simulated({"draws": draws}, DRAWS, f"draws={draws!r}", "a whole number of at least 1")
        for draws in (0, -1, 1.5, "8", True, None)
    ),
    *(
        simulated({"rng": seed}, DRAWS, "rng", says)
        for seed, says in ((-1, "at least 0"), ("x", "not str"), (1.5, "not float"), (True, "an int"))
    ),
    simulated({"forecast": "holds"}, ERROR, "forecast='holds'", "one of persist, hazard, contagion"),
    simulated({"chunk": 0}, ERROR, "chunk=0", "at least 1"),
    simulated({"threads": 0}, ERROR, "threads=0", "at least 1"),
    simulated({"threads": "all"}, ERROR, "threads='all'", "None for all processors"),
    simulated({"keep": ["losses"]}, ERROR, "keep='losses'", "expected some of baseline"),
    simulated({"progress": "yes"}, ERROR, "progress='yes'", "True, False or a function"),
    simulated({"client": "cluster"}, ERROR, "client=str", "dask.distributed.Client"),
    simulated({"as_of": "soon"}, SCENARIO, "'soon' is not a day", "YYYY-MM-DD"),
    simulated({}, SCENARIO, "not str", scenario="fall"),
    simulated({}, SCENARIO, "not dict", scenario={"a": 1}),
    simulated(
        {},
        SCENARIO,
        "unknown crossing 'nrth_gate'",
        "did you mean 'north_gate'",
        scenario=ti.Scenario("a").capture("nrth_gate", "2001-06-01"),
    ),
    simulated(
        {},
        SCENARIO,
        "unknown authority 'rebel'",
        "the case has government, nobody, rebels",
        scenario=ti.Scenario("b").capture("north_gate", "2001-06-01", by="rebel"),
    ),
    simulated(
        {},
        SCENARIO,
        "a levy is what insurgents take",
        "one of rebels",
        scenario=ti.Scenario("c").levy("north_gate", "2001-06-01", rate=0.1, by="government"),
    ),
    simulated(
        {},
        SCENARIO,
        "unknown crossing 'north\\u202e_gate'",
        scenario=ti.Scenario("d").capture("north\u202e_gate", "2001-06-01"),
    ),
]
CONTROL = [
    inferred({"start": "2001-06-05", "end": "2001-06-01"}, ERROR, "before it starts"),
    inferred({"start": "1990-01-01"}, ERROR, "control is inferred from 2001-05-25 on"),
    inferred({"start": "1990-01-01", "end": "1990-01-03"}, ERROR, "1990-01-03 is earlier"),
    inferred({"as_of": "1990-01-01"}, ERROR, "as_of=1990-01-01", "ask as of a later day"),
    inferred({"draws": 0}, DRAWS, "draws=0", "at least 1"), inferred({"draws": 2.5}, DRAWS, "draws=2.5", "at least 1"),
    inferred({"rng": "x"}, DRAWS, "not str"), inferred({"forecast": "x"}, ERROR, "one of persist"),
    inferred({"start": None}, SCENARIO, "None is not a day"),
]  # fmt: skip
DAYS = [
    as_of("1990-01-01", CaseError, "rests on a source of 2001-01-31", "prior = [low, best, high]"),
    as_of("June", SCENARIO, "'June' is not a day", "YYYY-MM-DD"),
    as_of(None, SCENARIO, "None is not a day"),
    as_of("1380-03-10", SCENARIO, "1900 to 2100", "Gregorian day"),
    call("in hindsight until no day", case_day("x"), "'x' is not a day", error=SCENARIO),
    call("a crossing that is not there", lambda: three().crossing("nort_gate"), "Did you mean 'north_gate'"),
    call(
        "a case that is not there", lambda: ti.load_case("atlantis"), "There is no case 'atlantis'", "Give one of these"
    ),
    call("a case that is nearly there", lambda: ti.load_case("afganistan-2021"), "Did you mean 'afghanistan-2021'"),
]
EVENT_DATA = [
    events("a column missing", EVENTS.replace("sub_event_type", "sub_event_typ") + "\n", "sub_event_type are missing",
           "Did you mean 'sub_event_typ'"),
    events("nothing", "", "an empty file", "Write the column names"),
    row("2001-06-10", "25/06/2001", "row 2: found '25/06/2001'", "leave the rows out"),
    row("2001-06-10", "31 June 2001", "row 2: found '31 June 2001'", "Correct the cells"),
    row("2001-06-10", "1380-03-20", "row 2: found '1380-03-20'", "Correct the cells"),
    row("10.5,", "100.5,", "degrees from -90 to 90", "Correct the cells"),
    row("20.5,", "200.5,", "degrees from -180 to 180", "Correct the cells"),
    row("10.5,", "north,", "column 'latitude', row 2: found 'north'", "Correct the cells"),
    row("10.5,", "inf,", "column 'latitude', row 2: found 'inf'", "Correct the cells"),
]  # fmt: skip
OUTLINES = [
    outline("a list", [], "no GeoJSON FeatureCollection", "Give another file"),
    outline("no features", {"features": []}, "no GeoJSON FeatureCollection"),
    outline("features that are a mapping", {"features": {"a": 1}}, "no GeoJSON FeatureCollection"),
    outline("a feature that is a number", {"features": [5]}, "number 1 is not a polygon with a name", "leave it out"),
    outline("a feature without a shape", {"features": [{"properties": {"name": "a"}}]}, "is not a polygon with a name"),
    outline("a name in a list", {"features": [{"properties": ["a"], "geometry": {}}]}, "is not a polygon with a name"),
    feature("no name", "is not a polygon with a name", name=""),
    feature("a point", "is not a polygon with a name", kind="Point"),
    feature("a polygon of nothing", "no rings of four points", coordinates=[]),
    feature("a polygon of two points", "no rings of four points", coordinates=[[[0, 0], [1, 1]]]),
    feature("a polygon of words", "no rings of four points", coordinates=[[["a", "b"]] * 4]),
    feature("a polygon of numbers", "no rings of four points", coordinates=[1, 2, 3]),
    feature(
        "a place beyond the pole",
        "latitude -90 to 90",
        "longitude first",
        coordinates=[[[0, 91], [1, 91], [1, 92], [0, 91]]],
    ),
    feature("a place that is no number", "latitude -90 to 90", coordinates=[[[0, float("nan")]] * 4]),
    feature("many polygons of nothing", "no rings of four points", kind="MultiPolygon", coordinates=[[]]),
]

CASES = [*SIMULATE, *CONTROL, *DAYS, *EVENT_DATA, *OUTLINES]
