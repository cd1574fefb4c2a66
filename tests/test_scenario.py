"""Scenarios are values: verbs give new ones, files give them back whole, and what does not fit is refused in words."""

from dataclasses import FrozenInstanceError
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact import Scenario, ScenarioError
from tradeimpact.inputs import prepare
from tradeimpact.scenario import CLOSED_BY, Event

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
HEADER = "schema_version: 1\nname: n\nevents:\n"

VERBS = [
    (lambda s: s.capture("a", on="2001-06-10"), Event("capture", "a", date(2001, 6, 10))),
    (
        lambda s: s.capture("a", "2001-06-10", by="x"),
        Event("capture", "a", date(2001, 6, 10), by=(("x", 1.0),)),
    ),
    (lambda s: s.recapture("a", on="2001-06-10"), Event("recapture", "a", date(2001, 6, 10))),
    (
        lambda s: s.close("a", "2001-06-10", "2001-06-12", by="holder", open_share=0.2),
        Event("close", "a", date(2001, 6, 10), date(2001, 6, 12), (("holder", 1.0),), (("open_share", 0.2),)),
    ),
    (
        lambda s: s.close("a", "2001-06-10"),
        Event("close", "a", date(2001, 6, 10), None, (("neighbour", 1.0),)),
    ),
    (lambda s: s.reopen("a", on="2001-06-10"), Event("reopen", "a", date(2001, 6, 10))),
    (
        lambda s: s.levy("a", "2001-06-10", rate=0.05),
        Event("levy", "a", date(2001, 6, 10), values=(("rate", 0.05),)),
    ),
    (
        lambda s: s.levy("a", "2001-06-10", "2001-06-10", per_truck=200, by="x"),
        Event("levy", "a", date(2001, 6, 10), date(2001, 6, 10), (("x", 1.0),), (("per_truck", 200.0),)),
    ),
    (
        lambda s: s.threat("a", "2001-06-10", level=0.5),
        Event("threat", "a", date(2001, 6, 10), values=(("level", 0.5),)),
    ),
    (
        lambda s: s.insecurity("2001-06-10", "2001-06-20", 0.2, to=0.4),
        Event("insecurity", "", date(2001, 6, 10), date(2001, 6, 20), values=(("share", 0.2), ("to", 0.4))),
    ),
]


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def contested(case):
    """The invented case with a second insurgent authority."""
    other = pd.DataFrame([{"authority": "militia", "name": "Invented militia", "kind": "insurgent"}])
    return case.with_table("authorities", pd.concat([case.authorities, other]))


def laid_out(case, scenario, start="2001-06-01", end="2001-06-30"):
    return prepare(case, scenario, date.fromisoformat(start), date.fromisoformat(end))


def path_of(x, crossing, name="holders"):
    """Path of one crossing over the days; a scenario is the same in every draw, so its one draw is taken."""
    path = getattr(x.paths, name)
    assert path.shape[-1] == 1
    return path[..., x.crossings.index(crossing), :, 0]


def insecurity_of(x):
    assert x.paths.insecurity.shape == (len(x.days), 1)
    return x.paths.insecurity[:, 0]


def on(x, day):
    return x.days.get_loc(day)


# --- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "event"), VERBS, ids=lambda v: v.verb if isinstance(v, Event) else "")
def test_a_verb_returns_a_new_scenario_and_leaves_the_old_one(verb, event):
    before = Scenario("s").recapture("z", "2001-01-01")
    after = verb(before)
    assert before.events == (Event("recapture", "z", date(2001, 1, 1)),)
    assert after.events == (*before.events, event)
    assert after.name == "s"


def test_neither_a_scenario_nor_an_event_can_be_changed_in_place():
    fall = Scenario("s").capture("a", "2001-06-10")
    with pytest.raises(FrozenInstanceError):
        fall.name = "t"
    with pytest.raises(FrozenInstanceError):
        fall.events = ()
    with pytest.raises(FrozenInstanceError):
        fall.events[0].crossing = "b"


def test_equal_events_make_equal_scenarios_that_can_be_keys():
    assert {Scenario("s").capture("a", "2001-06-10"): 1}[Scenario("s").capture("a", date(2001, 6, 10))] == 1


@pytest.mark.parametrize(
    "day", ["2001-06-10", date(2001, 6, 10), datetime(2001, 6, 10, 23, 59), pd.Timestamp("2001-06-10 08:00")]
)
def test_a_day_may_be_text_a_date_or_a_time_of_that_day(day):
    assert Scenario().capture("a", on=day).events[0].start == date(2001, 6, 10)


def test_both_ends_of_an_interval_are_included_so_one_day_is_an_interval():
    event = Scenario().close("a", "2001-06-10", "2001-06-10").events[0]
    assert event.start == event.end == date(2001, 6, 10)


def test_captured_lists_falls_by_their_day_and_once_each():
    s = Scenario().capture("b", "2001-06-12").capture("a", "2001-06-10").recapture("a", "2001-06-11")
    assert s.capture("a", "2001-06-20").captured == ("a", "b")
    assert s.close("c", "2001-06-01").crossings == ("a", "b", "c")


def test_without_drops_one_crossing_and_named_keeps_the_events():
    s = Scenario("s").capture("a", "2001-06-10").close("a", "2001-06-10").capture("b", "2001-06-10")
    s = s.insecurity("2001-06-01", "2001-06-02", 0.1)
    assert [e.crossing for e in s.without("a").events] == ["b", ""]
    assert s.named("t").events == s.events
    assert s.named("t").name == "t"


def test_the_table_and_the_printed_form_show_every_number_of_an_event():
    s = Scenario("s").capture("a", "2001-06-10", by={"x": 0.25, "y": 0.75})
    s = s.levy("a", "2001-06-10", "2001-06-12", rate=0.05)
    assert list(s.to_frame()["event"]) == [
        "capture a 2001-06-10 by x (0.25) and y (0.75)",
        "levy a 2001-06-10 to 2001-06-12 (rate 0.05)",
    ]
    assert "levy a 2001-06-10 to 2001-06-12 (rate 0.05)" in repr(s)
    for day in range(1, 13):
        s = s.recapture("b", date(2001, 7, day))
    assert "14 events" in repr(s)
    assert "and 2 more" in repr(s)


def test_diff_shows_what_only_one_side_has_in_both_directions():
    common = Scenario("left").capture("a", "2001-06-10")
    left = common.close("a", "2001-06-10", "2001-06-12")
    right = common.named("right").close("a", "2001-06-10", "2001-06-13").insecurity("2001-06-01", "2001-06-02", 0.1)
    there, back = left.diff(right), right.diff(left)
    assert list(zip(there["only_in"], there["verb"], strict=True)) == [
        ("left", "close"), ("right", "close"), ("right", "insecurity"),
    ]  # fmt: skip
    assert sorted(map(str, there.to_numpy().tolist())) == sorted(map(str, back.to_numpy().tolist()))
    assert left.diff(left).empty


# --- what a verb refuses --------------------------------------------------------------------------------------

REFUSED = [
    (
        lambda s: s.close("a", "2001-06-12", "2001-06-10"),
        "ends on 2001-06-10, before it starts on 2001-06-12",
    ),
    (lambda s: s.levy("a", "2001-06-12", "2001-06-10", rate=0.1), "before it starts"),
    (lambda s: s.threat("a", "2001-06-12", "2001-06-10"), "before it starts"),
    (lambda s: s.insecurity("2001-06-12", "2001-06-10", 0.1), "before it starts"),
    (lambda s: s.capture("a", on="10/06/2001"), "write it as YYYY-MM-DD"),
    (lambda s: s.capture("a", on="2001-02-30"), "'2001-02-30' is not a day"),
    (lambda s: s.capture("", on="2001-06-10"), "is not a crossing"),
    (lambda s: s.capture(["a", "b"], on="2001-06-10"), "is not a crossing"),
    (lambda s: s.close("a", "2001-06-10", open_share=1.5), "open_share=1.5: expected a fraction"),
    (lambda s: s.close("a", "2001-06-10", open_share=float("nan")), "expected a fraction"),
    (lambda s: s.close("a", "2001-06-10", by="nobody"), "one of neighbour, holder, own_side, halted"),
    (lambda s: s.threat("a", "2001-06-10", level=-0.1), "level=-0.1"),
    (lambda s: s.insecurity("2001-06-10", "2001-06-12", 46), r"share=46(\.0)?: expected a fraction"),
    (lambda s: s.insecurity("2001-06-10", "2001-06-12", 0.4, to=1.4), "to=1.4"),
    (lambda s: s.levy("a", "2001-06-10"), "either rate= .* or per_truck="),
    (lambda s: s.levy("a", "2001-06-10", rate=0.1, per_truck=100), "either rate= .* or per_truck="),
    (lambda s: s.levy("a", "2001-06-10", rate=5), "write 0.05 for five per cent"),
    (lambda s: s.levy("a", "2001-06-10", per_truck=-1), "at least 0"),
    (lambda s: s.levy("a", "2001-06-10", per_truck=float("inf")), "finite"),
    (lambda s: s.capture("a", "2001-06-10", by={"x": 0.5, "y": 0.4}), "sum to 1"),
    (lambda s: s.capture("a", "2001-06-10", by={"x": 1.5, "y": -0.5}), "lie in 0 to 1"),
    (lambda s: s.capture("a", "2001-06-10", by={"x": float("nan"), "y": 1.0}), "lie in 0 to 1"),
    (lambda s: s.capture("a", "2001-06-10", by={}), "sum to 1"),
]


@pytest.mark.parametrize(("verb", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_verb_says_what_is_wrong_with_its_arguments(verb, message):
    with pytest.raises(ScenarioError, match=message):
        verb(Scenario())


def test_scenario_errors_are_value_errors_of_the_library():
    with pytest.raises(ti.TradeImpactError):
        Scenario().capture("a", on="soon")
    assert issubclass(ScenarioError, ValueError)


# --- files ----------------------------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(["no", "on", "null", "e1"])
days = st.dates(date(1990, 1, 1), date(2030, 12, 31))
shares = st.floats(0, 1)
# control characters are no part of a name: YAML folds U+0085 into a space
titles = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=20)
spans = st.tuples(days, days | st.none()).map(lambda d: d if d[1] is None else tuple(sorted(d)))
closed_spans = st.tuples(days, days).map(sorted)


@st.composite
def holders(draw):
    kind = draw(st.sampled_from(["none", "one", "two"]))
    if kind == "none":
        return None
    if kind == "one":
        return draw(names)
    first, second = draw(st.lists(names, min_size=2, max_size=2, unique=True))
    share = draw(shares)
    return {first: share, second: 1 - share}


@st.composite
def scenarios(draw):
    s = Scenario(draw(titles))
    for verb in draw(st.lists(st.sampled_from([*ti.scenario.FIELDS]), max_size=6)):
        place = draw(names)
        if verb == "capture":
            s = s.capture(place, draw(days), draw(holders()))
        elif verb in ("recapture", "reopen"):
            s = getattr(s, verb)(place, draw(days))
        elif verb == "close":
            s = s.close(place, *draw(spans), by=draw(st.sampled_from(CLOSED_BY)), open_share=draw(shares))
        elif verb == "levy":
            amount = {"rate": draw(shares)} if draw(st.booleans()) else {"per_truck": draw(st.floats(0, 1e12))}
            s = s.levy(place, *draw(spans), **amount, by=draw(names | st.none()))
        elif verb == "threat":
            s = s.threat(place, *draw(spans), level=draw(shares))
        else:
            s = s.insecurity(*draw(closed_spans), draw(shares), to=draw(shares | st.none()))
    return s


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_any_scenario_comes_back_equal_from_its_own_yaml(scenario):
    assert Scenario.from_yaml(scenario.to_yaml()) == scenario


def test_a_file_gives_the_scenario_back_with_or_without_a_byte_order_mark(tmp_path):
    s = Scenario("Fall of “Spin Boldak”").capture("spin_boldak", "2021-07-14", by={"a": 0.5, "b": 0.5})
    path = tmp_path / "fall.yaml"
    assert s.to_yaml(path) == path.read_text(encoding="utf-8")
    assert Scenario.from_yaml(path) == Scenario.from_yaml(str(path)) == s
    path.write_text(s.to_yaml(), encoding="utf-8-sig")
    assert Scenario.from_yaml(path) == s


@pytest.mark.parametrize("key", ["on", '"on"', "'on'"])
def test_the_key_on_is_read_although_yaml_takes_a_bare_one_for_true(key):
    text = f"{HEADER}  - capture: a\n    {key}: 2001-06-10\n  - reopen: a\n    {key}: '2001-06-11'\n"
    assert Scenario.from_yaml(text) == Scenario("n").capture("a", "2001-06-10").reopen("a", "2001-06-11")


def test_a_file_without_events_is_the_scenario_in_which_nothing_falls():
    assert Scenario.from_yaml("schema_version: 1\nname: n\n") == Scenario("n")


BAD_FILES = [
    ("name: n\nevents: []\n", "schema_version is None, this release reads 1"),
    ("schema_version: 2\nevents: []\n", "schema_version is 2"),
    ("schema_version: 1\nevent: []\n", r"unknown entries \['event'\]"),
    ("schema_version: 1\nevents: 5\n", "events must be a list"),
    ("- capture: a\n  on: 2001-06-10\n", "expected a mapping"),
    ("schema_version: 1\nevents: [\n", "not valid YAML"),
    (f"{HEADER}  - conquer: a\n    on: 2001-06-10\n", "event 1: expected exactly one of capture, recapture"),
    (f"{HEADER}  - capture: a\n    close: a\n    on: 2001-06-10\n", "event 1: expected exactly one"),
    (f"{HEADER}  - just text\n", "event 1: expected exactly one"),
    (
        f"{HEADER}  - capture: a\n    on: 2001-06-10\n    shares: 1\n",
        "capture does not take shares; it takes on, by",
    ),
    (f"{HEADER}  - close: a\n    start: 2001-06-10\n    on: 2001-06-10\n", "event 1: close does not take"),
    (f"{HEADER}  - capture: a\n", "event 1: capture could not be read"),
    (f"{HEADER}  - capture: on\n    on: 2001-06-10\n", "event 1: True is not a crossing"),
    (f"{HEADER}  - threat: a\n    start: 2001-06-10\n    level: high\n", "event 1: level='high': expected a number"),
    (
        f"{HEADER}  - reopen: a\n    on: 2001-06-10\n  - close: a\n    start: 2001-06-12\n    end: 2001-06-10\n",
        "event 2: the interval ends",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES, ids=[message for _, message in BAD_FILES])
def test_a_bad_file_names_the_event_and_what_is_expected(text, message):
    with pytest.raises(ScenarioError, match=message):
        Scenario.from_yaml(text)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00broken"])
def test_a_file_that_cannot_be_read_is_named_without_its_folder(tmp_path, content):
    path = tmp_path / "gone.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"gone\.yaml: cannot be read") as caught:
        Scenario.from_yaml(path)
    assert str(tmp_path) not in str(caught.value)


def test_yaml_tags_that_would_run_code_are_refused_and_run_nothing(tmp_path):
    trace = tmp_path / "ran"
    text = f"{HEADER}  - !!python/object/apply:os.mkdir ['{trace}']\n"
    with pytest.raises(ScenarioError, match="not valid YAML"):
        Scenario.from_yaml(text)
    assert not trace.exists()


# --- against a case -------------------------------------------------------------------------------------------


def test_an_unknown_crossing_gets_a_suggestion_from_simulate():
    afghan = ti.load_case("afghanistan-2021")
    with pytest.raises(ScenarioError, match=r"unknown crossing 'spin_boldack'; did you mean 'spin_boldak'\?"):
        ti.simulate(afghan, Scenario().capture("spin_boldack", "2021-07-14"), start="2021-07-14", end="2021-07-14")


def test_everything_that_does_not_fit_the_case_is_told_at_once(case):
    s = Scenario().capture("nrth_gate", "2001-06-10").capture("south_gate", "2001-06-10", by="rebel")
    with pytest.raises(ScenarioError) as caught:
        laid_out(case, s.close("zzz", "2001-06-10"))
    for words in (
        "did you mean 'north_gate'",
        "unknown authority 'rebel'",
        "unknown crossing 'zzz'; the case has",
    ):
        assert words in str(caught.value)


def test_a_capture_needs_a_holder_only_where_there_are_two_insurgents(case, contested):
    bare = Scenario().capture("north_gate", "2001-06-10")
    x = laid_out(case, bare)
    assert path_of(x, "north_gate")[x.authorities.index("rebels"), on(x, "2001-06-10")] == 1
    with pytest.raises(ScenarioError, match="say by= whom; the case has the insurgent authorities militia, rebels"):
        laid_out(contested, bare)
    y = laid_out(contested, Scenario().capture("north_gate", "2001-06-10", by="militia"))
    assert path_of(y, "north_gate")[y.authorities.index("militia"), on(y, "2001-06-10")] == 1


def test_a_crossing_belongs_to_its_new_holder_from_the_day_of_its_fall_on(case):
    x = laid_out(case, Scenario().capture("north_gate", "2001-06-10").recapture("north_gate", "2001-06-20"))
    government = path_of(x, "north_gate")[0]
    assert [government[on(x, f"2001-06-{d:02}")] for d in (9, 10, 19, 20, 30)] == [1, 0, 0, 1, 1]
    assert (path_of(x, "south_gate")[0] == 1).all()


def test_nobody_and_joint_shares_are_kept_and_always_sum_to_one(contested):
    s = Scenario().capture("north_gate", "2001-06-05", by="nobody")
    s = s.capture("north_gate", "2001-06-10", by={"rebels": 0.5, "militia": 0.25, "government": 0.25})
    x = laid_out(contested, s.capture("south_gate", "2001-06-10", by="rebels"))
    assert x.authorities == ("government", "nobody", "militia", "rebels")
    shares = path_of(x, "north_gate")
    assert list(shares[:, on(x, "2001-06-07")]) == [0, 1, 0, 0]
    assert list(shares[:, on(x, "2001-06-30")]) == [0.25, 0, 0.25, 0.5]
    assert (x.paths.holders.sum(axis=0) == 1).all()


def test_events_at_a_crossing_that_is_assessed_with_another_are_accepted_and_move_nothing(case):
    s = Scenario().capture("mid_airport", "2001-06-10").close("mid_airport", "2001-06-12", "2001-06-13")
    x, empty = laid_out(case, s), laid_out(case, Scenario())
    assert "mid_airport" not in x.crossings
    np.testing.assert_array_equal(x.paths.holders, empty.paths.holders)
    np.testing.assert_array_equal(x.paths.open_share, empty.paths.open_share)
    assert x.paths.first_event == len(x.days)


def test_a_closure_covers_both_its_ends_and_a_reopening_ends_it(case):
    s = Scenario().close("north_gate", "2001-06-10", "2001-06-12").close("south_gate", "2001-06-10", open_share=0.3)
    x = laid_out(case, s.reopen("south_gate", "2001-06-20"))
    north, south = (path_of(x, gate, "open_share") for gate in ("north_gate", "south_gate"))
    assert [north[on(x, f"2001-06-{d:02}")] for d in (9, 10, 12, 13)] == [1, 0, 0, 1]
    assert [south[on(x, f"2001-06-{d:02}")] for d in (9, 10, 19, 20, 30)] == [1, 0.3, 0.3, 1, 1]
    assert (x.paths.holders[0] == 1).all()


def test_events_before_the_window_are_laid_out_too_and_those_after_it_are_not(case):
    s = Scenario().capture("north_gate", "2001-05-20").capture("south_gate", "2001-07-20")
    x = laid_out(case, s)
    assert x.days[0] == pd.Timestamp("2001-05-20")
    assert x.window_days[0] == pd.Timestamp("2001-06-01")
    assert (path_of(x, "north_gate")[0] == 0).all()
    assert (path_of(x, "south_gate")[0] == 1).all()


def test_insecurity_runs_in_a_line_from_end_to_end_even_beyond_the_window(case):
    x = laid_out(case, Scenario().insecurity("2001-06-11", "2001-06-21", 0.2, to=0.4), end="2001-06-16")
    driver = insecurity_of(x)
    assert np.isnan(driver[on(x, "2001-06-10")])
    assert driver[on(x, "2001-06-11")] == pytest.approx(0.2)
    assert driver[on(x, "2001-06-16")] == pytest.approx(0.3)


def test_a_new_levy_replaces_the_one_before_in_whichever_unit_it_was(case):
    s = Scenario().levy("north_gate", "2001-06-01", rate=0.1)
    x = laid_out(case, s.levy("north_gate", "2001-06-10", "2001-06-12", per_truck=50))
    (rate,), (truck,) = (path_of(x, "north_gate", name) for name in ("levy_rate", "levy_per_truck"))
    assert rate[on(x, "2001-06-09")] == rate[on(x, "2001-06-13")] == 0.1
    assert np.isnan(rate[on(x, "2001-06-10")])
    assert truck[on(x, "2001-06-12")] == 50
    assert np.isnan(truck[on(x, "2001-06-13")])


def test_simulate_wants_a_scenario_and_not_its_name(case):
    with pytest.raises(ScenarioError, match="not str"):
        ti.simulate(case, "fall", start="2001-06-01", end="2001-06-02")


# --- which verb wins -------------------------------------------------------------------------------------------


def test_a_later_levy_wins_over_an_earlier_one_about_the_same_days(case):
    s = Scenario().levy("north_gate", "2001-06-15", "2001-06-20", rate=0.1)
    x = laid_out(case, s.levy("north_gate", "2001-06-01", "2001-06-30", rate=0.3))
    assert (path_of(x, "north_gate", "levy_rate") == 0.3).all()


def test_a_later_threat_or_insecurity_wins_over_an_earlier_one_about_the_same_days(case):
    s = Scenario().threat("north_gate", "2001-06-15", "2001-06-20", level=1.0)
    s = s.threat("north_gate", "2001-06-01", "2001-06-30", level=0.2)
    s = s.insecurity("2001-06-10", "2001-06-12", 0.6).insecurity("2001-06-05", "2001-06-20", 0.3)
    x = laid_out(case, s)
    assert (path_of(x, "north_gate", "threat") == 0.2).all()
    assert insecurity_of(x)[on(x, "2001-06-11")] == 0.3


def test_control_and_openings_follow_their_days_whatever_the_order_of_entry(case):
    s = Scenario().recapture("north_gate", "2001-06-20").capture("north_gate", "2001-06-10")
    s = s.reopen("north_gate", "2001-06-15").close("north_gate", "2001-06-12")
    x = laid_out(case, s)
    government, opened = path_of(x, "north_gate")[0], path_of(x, "north_gate", "open_share")
    assert [government[on(x, f"2001-06-{d}")] for d in (10, 19, 20)] == [0, 0, 1]
    assert [opened[on(x, f"2001-06-{d}")] for d in (11, 12, 14, 15)] == [1, 0, 0, 1]


def test_of_two_changes_on_one_day_the_one_entered_last_holds(case):
    s = Scenario().capture("north_gate", "2001-06-10").recapture("north_gate", "2001-06-10")
    assert (path_of(laid_out(case, s), "north_gate")[0] == 1).all()


# --- whose levy -------------------------------------------------------------------------------------------------


def test_a_levy_of_one_authority_is_not_taken_by_another(contested):
    held = Scenario().capture("north_gate", "2001-06-01", by="rebels")
    window = {"start": "2001-06-01", "end": "2001-06-05", "draws": 16, "rng": 1}
    plain = ti.simulate(contested, held, **window).draws()["levy_received"]
    other = ti.simulate(contested, held.levy("north_gate", "2001-06-01", rate=0.3, by="militia"), **window)
    np.testing.assert_array_equal(other.draws()["levy_received"], plain)


def test_each_of_two_holders_takes_its_own_levy_of_its_own_share(contested):
    s = Scenario().capture("north_gate", "2001-06-01", by={"militia": 0.25, "rebels": 0.75})
    s = s.levy("north_gate", "2001-06-01", rate=0.2, by="militia").levy("north_gate", "2001-06-01", rate=0, by="rebels")
    r = ti.simulate(contested, s, start="2001-06-01", end="2001-06-05", draws=32, rng=1)
    revenue = r.by("authority")["mean"].xs("revenue", level="line")
    received = r.draws()[["levy_received", "road_levies", "illicit_transit"]].mean()
    assert revenue["rebels"] == 0
    # road levies and illicit transit are nobody's gate: no source says which of several authorities takes them
    assert revenue["militia"] == pytest.approx(received["levy_received"])
    assert revenue["(unattributed)"] == pytest.approx(received[["road_levies", "illicit_transit"]].sum())
    assert received["levy_received"] > 0
    x = laid_out(contested, s)
    assert path_of(x, "north_gate", "levy_rate")[:, on(x, "2001-06-10")].tolist() == [0.2, 0.0]


def test_two_events_on_one_day_are_written_out_without_anchors():
    day = date(2001, 6, 10)
    text = Scenario("two").capture("a", day).capture("b", day).to_yaml()
    assert text.count("2001-06-10") == 2
    assert "&" not in text
    assert "*" not in text


# --- comparing ------------------------------------------------------------------------------------------------


def test_holder_shares_are_equal_in_any_order():
    a = Scenario().capture("a", "2001-06-10", by={"x": 0.5, "y": 0.5})
    assert a.diff(Scenario().capture("a", "2001-06-10", by={"y": 0.5, "x": 0.5})).empty


def test_diff_tells_two_scenarios_of_one_name_apart():
    table = Scenario().capture("a", "2001-06-10").diff(Scenario().capture("b", "2001-06-10"))
    assert dict(zip(table["crossing"], table["only_in"], strict=True)) == {
        "a": "scenario (first)",
        "b": "scenario (second)",
    }


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (lambda s: s.capture("a", on=pd.NaT), "NaT is not a day"),
        (lambda s: s.capture("a", on=float("nan")), "nan is not a day"),
        (lambda s: s.threat("a", "2001-06-10", level="high"), "level='high': expected a number"),
        (lambda s: s.threat("a", "2001-06-10", level=True), "level=True: expected a number"),
        (lambda s: s.levy("a", "2001-06-10", rate="5 %"), "rate='5 %': expected a number"),
        (lambda s: s.levy("a", "2001-06-10", per_truck=None), "either rate= .* or per_truck="),
        (lambda s: s.insecurity("2001-06-10", "2001-06-12", [0.1]), "expected a number"),
        (lambda s: s.capture("a", "2001-06-10", by={"x": "half", "y": 0.5}), "share of x='half'"),
        (lambda s: s.capture("a", "2001-06-10", by=["x", "y"]), "is no holder"),
    ],
)
def test_values_of_the_wrong_kind_are_scenario_errors_too(verb, words):
    with pytest.raises(ScenarioError, match=words):
        verb(Scenario())
