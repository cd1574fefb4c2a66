"""The explorer: what is chosen can be undone, saved and copied, and gives the same numbers; the panel only shows it."""

import asyncio
import base64
import json
import re
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import tradeimpact as ti
from tradeimpact import Scenario, TradeImpactError
from tradeimpact.explore import explore, show
from tradeimpact.explore.state import History, Plan, crossings_by_size, holders

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
FEW = 32
FALL = Scenario("two events").capture("north_gate", "2001-06-12").close("south_gate", "2001-06-14", "2001-06-20")


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture
def plan(case):
    return Plan.begin(case, end="2001-06-30", draws=FEW)


def loss(result):
    return result.draws()["government_loss"].tolist()


# --- the plan -------------------------------------------------------------------------------------------------


def test_an_explorer_opens_with_nothing_fallen_on_the_day_after_the_baseline(case):
    plan = Plan.begin(case)
    assert plan.scenario.events == ()
    assert (plan.start, plan.end) == (date(2001, 6, 1), date(2001, 7, 1))


def test_the_window_reaches_the_last_event_of_the_scenario_it_opens_with(case):
    late = Scenario("late").capture("north_gate", "2001-07-20")
    assert Plan.begin(case, late).end == date(2001, 7, 20)


def test_a_history_as_reported_is_refused_because_it_has_no_dated_events(case):
    with pytest.raises(TradeImpactError, match="give a Scenario"):
        Plan.begin(case, case.as_reported())


def test_a_plan_never_changes_so_that_an_older_one_is_still_there(plan):
    plan.capture("north_gate", "2001-06-12").hold("theta", 4.0)
    assert plan.scenario.events == ()
    assert plan.held == ()


def test_a_fall_is_moved_and_given_to_another_and_not_repeated(plan):
    fallen = plan.capture("north_gate", "2001-06-12", "rebels").shut("south_gate", "2001-06-14")
    moved = fallen.move("north_gate", "2001-06-15").give("north_gate", "nobody")
    wanted = Scenario("explored").capture("north_gate", "2001-06-15", by="nobody").close("south_gate", "2001-06-14")
    assert moved.scenario == wanted


def test_a_crossing_that_two_hold_keeps_both_when_its_day_moves(plan):
    both = {"nobody": 0.25, "rebels": 0.75}
    moved = plan.capture("north_gate", "2001-06-12", both).move("north_gate", "2001-06-13")
    assert moved.fall("north_gate").by == (("nobody", 0.25), ("rebels", 0.75))


def test_a_crossing_that_is_spared_keeps_its_closures(plan):
    scenario = FALL.recapture("north_gate", "2001-06-20").close("north_gate", "2001-06-25")
    spared = Plan.begin(plan.case, scenario).spare("north_gate")
    assert [event.verb for event in spared.scenario.events] == ["close", "close"]


def test_the_timeline_reaches_a_fall_outside_the_window(plan):
    early = plan.capture("north_gate", "2001-05-20").during("2001-06-01", "2001-06-03")
    assert (early.timeline[0], early.timeline[-1], len(early.timeline)) == (date(2001, 5, 20), date(2001, 6, 3), 15)


@pytest.mark.parametrize(
    ("verb", "arguments", "said"),
    [
        ("capture", ("north_gat", "2001-06-12"), "Did you mean 'north_gate'"),
        ("capture", ("north_gate", "12 June"), "YYYY-MM-DD"),
        ("shut", ("north_gate", "2001-06-12", "2001-06-10"), "before it starts"),
        ("hold", ("thta", 3.0), "Did you mean 'theta'"),
        ("hold", ("theta", float("nan")), "three finite numbers"),
        ("during", ("2001-06-30", "2001-06-01"), "before it starts"),
        ("during", ("2001-06-30", "2031-06-01"), "choose a shorter one"),
        ("capture", ("north_gate", "1920-06-12"), "outside the window"),
    ],
)
def test_what_cannot_be_is_refused_in_words(plan, verb, arguments, said):
    with pytest.raises(TradeImpactError, match=said):
        getattr(plan, verb)(*arguments)


def test_the_numbers_are_those_of_simulate(plan, case):
    mine = plan.capture("north_gate", "2001-06-12").hold("theta", 4.0).run()
    theirs = ti.simulate(
        case.assume({"theta": 4.0}), Scenario().capture("north_gate", "2001-06-12"),
        start="2001-06-01", end="2001-06-30", draws=FEW, rng=1,
    )  # fmt: skip
    assert loss(mine) == loss(theirs)
    assert (mine.drawn()["theta"] == 4.0).all()


def test_an_assumption_let_go_is_drawn_again(plan):
    held = plan.hold("theta", 4.0).hold("phi", 2.0).hold("theta", 5.0)
    assert held.held == (("phi", 2.0), ("theta", 5.0))
    assert held.release("theta").release("phi").to_case() is plan.case


def test_crossings_come_by_size_and_insurgents_before_nobody(case):
    best = case.baseline.set_index("crossing")["best_xts"]
    sizes = [best[crossing] for crossing in crossings_by_size(case)]
    assert sizes == sorted(sizes, reverse=True)
    assert set(crossings_by_size(case)) == set(case.units["crossing"])
    assert holders(case) == {"rebels": "Invented rebels", "nobody": "Nobody"}


# --- undo -----------------------------------------------------------------------------------------------------


def test_undo_and_redo_walk_the_same_way_back_and_forth(plan):
    steps = [plan, plan.capture("north_gate", "2001-06-12")]
    steps.append(steps[-1].hold("theta", 4.0))
    history = History(plan).do(steps[1]).do(steps[2])
    assert history.undo().now is steps[1]
    assert history.undo().undo().now is plan
    assert history.undo().undo().redo().redo().now is steps[2]


def test_undo_at_the_beginning_and_redo_at_the_end_change_nothing(plan):
    history = History(plan)
    assert history.undo() is history
    assert history.redo() is history


def test_a_new_step_forgets_what_was_undone(plan):
    history = History(plan).do(plan.hold("theta", 4.0)).undo().do(plan.hold("phi", 2.0))
    assert history.future == ()
    assert history.redo().now.held == (("phi", 2.0),)


def test_moves_that_are_one_step_are_undone_at_once(plan):
    history = History(plan).do(plan.hold("theta", 4.0)).join(plan.hold("theta", 5.0)).join(plan.hold("theta", 6.0))
    assert history.now.held == (("theta", 6.0),)
    assert history.undo().now is plan


def test_a_change_that_changes_nothing_is_no_step_to_undo(plan):
    history = History(plan).do(plan.capture("north_gate", "2001-06-12"))
    assert history.do(history.now.move("north_gate", "2001-06-12")) is history


# --- file and code --------------------------------------------------------------------------------------------

MANY = (
    Scenario('every verb, "quoted" and\\slashed')
    .capture("north_gate", "2001-06-12", by={"rebels": 0.5, "nobody": 0.5})
    .close("south_gate", "2001-06-14", "2001-06-20", by="halted", open_share=0.25)
    .reopen("south_gate", "2001-06-18")
    .levy("north_gate", "2001-06-12", rate=0.05, by="rebels")
    .threat("east_gate", "2001-06-10", "2001-06-20", level=0.5)
    .insecurity("2001-06-05", "2001-06-25", 0.1, to=0.3)
    .recapture("north_gate", "2001-06-25")
)


@pytest.mark.parametrize("scenario", [Scenario("empty"), FALL, MANY], ids=["empty", "two", "every verb"])
def test_the_copied_code_makes_the_same_scenario_and_the_same_numbers(case, scenario):
    plan = Plan.begin(case, scenario, end="2001-06-30", draws=FEW, opened=str(SYNTHETIC))
    plan = plan.hold("theta", 4.25).hold("illicit_transit_per_year", "few")
    made = {}
    exec(plan.to_code(), made)
    assert made["scenario"] == scenario
    assert made["result"].draws().equals(plan.run().draws())


def test_the_code_loads_a_case_of_the_library_by_its_name():
    plan = Plan.begin(ti.load_case("afghanistan-2021"))
    assert 'case = ti.load_case("afghanistan-2021")' in plan.to_code()


def test_the_code_says_that_a_case_of_ones_own_is_the_one_at_hand(case):
    changed = ti.load_case("afghanistan-2021").assume({"theta": 4.0})
    for given in (case, changed):
        code = Plan.begin(given, end=given.baseline_until, start=given.baseline_until, draws=FEW).to_code()
        assert f"data {given.data_version}" in code
        assert "load_case" not in code
        exec(code, {"case": given})


def test_a_name_that_looks_like_code_is_only_a_name(case):
    plan = Plan.begin(case, end="2001-06-02", draws=FEW, opened=str(SYNTHETIC)).named('x"); import os; os.abort() #')
    made = {}
    exec(plan.to_code(), made)
    assert made["scenario"].name == 'x"); import os; os.abort() #'


@pytest.mark.parametrize("scenario", [Scenario("empty"), FALL, MANY], ids=["empty", "two", "every verb"])
def test_the_saved_file_reads_back_as_the_same_scenario(case, tmp_path, scenario):
    plan = Plan.begin(case, scenario, end="2001-06-30").hold("theta", 4.0)
    path = tmp_path / "saved.yaml"
    path.write_text(plan.to_yaml(), encoding="utf-8")
    assert Scenario.from_yaml(path) == scenario
    assert "# assumption held: theta = 4.0" in plan.to_yaml()


# --- the panel ------------------------------------------------------------------------------------------------

widgets = pytest.importorskip("ipywidgets", reason="pip install .[explore]")


@pytest.fixture
def panel(case, monkeypatch):
    """A panel whose pictures are not drawn, which is most of the work."""
    monkeypatch.setattr(show, "_png", lambda draw: "")
    return explore(case, FALL, end="2001-06-30", draws=FEW)


def inside(widget):
    """A widget and all it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def part(panel, name):
    return panel._view._sections[name]


def row(panel, crossing):
    return part(panel, "Falls")._rows[crossing]


def word(panel):
    return re.sub("<[^>]+>", "", panel._view._word.value)


def test_the_panel_shows_the_plan_it_opens_with(panel):
    check, slider, day, by = row(panel, "north_gate")
    assert (check.value, slider.value, day.value, by.value) == (True, date(2001, 6, 12), date(2001, 6, 12), "rebels")
    assert not row(panel, "south_gate")[0].value
    assert "government_loss" in panel._view.numbers.value
    assert "one run" in word(panel)


def test_every_field_has_a_label(panel):
    kinds = (widgets.DatePicker, widgets.Dropdown, widgets.Text, widgets.Textarea, widgets.FloatText, widgets.Checkbox)
    fields = [widget for widget in inside(panel.widget) if isinstance(widget, (*kinds, widgets.BoundedFloatText))]
    assert len(fields) > 20
    assert all(field.description for field in fields)


def test_every_slider_has_a_field_with_a_label_beside_it(panel):
    for box in inside(panel.widget):
        beside = list(getattr(box, "children", ()))
        for slider in beside:
            if isinstance(slider, widgets.SelectionSlider | widgets.FloatSlider):
                field = beside[beside.index(slider) + 1]
                assert field.description
                assert field.value == slider.value


def test_a_case_without_a_country_has_a_sentence_for_a_map(panel):
    assert "no map" in panel._view.map.value


def test_moving_a_slider_moves_the_numbers_and_the_picture_with_its_alternative_text(case):
    panel = explore(case, FALL, end="2001-06-30", draws=FEW)
    numbers, bridge, holders = panel._view.numbers.value, panel._view.bridge.value, panel._view.holders.value
    row(panel, "north_gate")[1].value = date(2001, 6, 20)
    assert panel.plan.fall("north_gate").start == date(2001, 6, 20)
    assert row(panel, "north_gate")[2].value == date(2001, 6, 20)
    assert panel._view.numbers.value != numbers
    for before, now in ((bridge, panel._view.bridge.value), (holders, panel._view.holders.value)):
        texts = [re.search(r'alt="([^"]{60,})" src="data:image/png;base64,(.+)"', html) for html in (before, now)]
        assert texts[0][1] != texts[1][1]
        assert texts[0][2] != texts[1][2]
        assert base64.b64decode(texts[1][2]).startswith(b"\x89PNG")
    assert loss(panel.result) == loss(panel.plan.run())
    assert plt.get_fignums() == []


def test_a_picture_whose_table_has_not_changed_is_not_drawn_again(panel, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "_png", lambda draw: drawn.append(draw.__name__) or "")
    part(panel, "Assumptions")._rows["theta"][1][0].value = 4.0
    assert drawn == ["bridge"]


def test_one_move_is_one_step_and_undo_sets_the_controls_back(panel):
    row(panel, "north_gate")[1].value = date(2001, 6, 20)
    row(panel, "east_gate")[0].value = True
    assert len(panel.history.past) == 2
    panel._undo()
    panel._undo()
    assert row(panel, "north_gate")[1].value == date(2001, 6, 12)
    assert not row(panel, "east_gate")[0].value
    assert panel._view._undo.disabled
    panel._redo()
    assert row(panel, "north_gate")[1].value == date(2001, 6, 20)


def test_a_held_assumption_takes_the_value_of_its_slider_without_dust(panel):
    slider, number = part(panel, "Assumptions")._rows["theta"][1]
    slider.value = 3.0000000000000004 + 0.1 * 3
    assert dict(panel.plan.held) == {"theta": 3.3}
    assert number.value == 3.3
    part(panel, "Assumptions")._rows["theta"][0].value = False
    assert panel.plan.held == ()


def test_a_rival_reading_can_be_chosen(panel):
    held = part(panel, "Assumptions")
    held._more.value = "illicit_transit_per_year"
    held._rows["illicit_transit_per_year"][1][0].value = "many"
    assert dict(panel.plan.held) == {"illicit_transit_per_year": "many"}


def test_a_refusal_is_a_sentence_and_leaves_what_is_half_typed(panel):
    window = part(panel, "Window")
    numbers = panel._view.numbers.value
    window._end.value = date(2, 6, 15)  # on the way to 2001-06-15
    assert "0002-06-15 is not of the years 1900 to 2100" in word(panel)
    assert 'role="alert"' in panel._view._word.value
    assert window._end.value == date(2, 6, 15)
    assert panel.plan.end == date(2001, 6, 30)
    assert panel._view.numbers.value == numbers
    window._end.value = date(2001, 6, 15)
    assert panel.plan.end == date(2001, 6, 15)
    assert "one run" in word(panel)


def test_a_year_that_is_half_typed_makes_no_timeline_of_two_thousand_years(panel):
    row(panel, "north_gate")[2].value = date(20, 6, 15)
    assert "0020-06-15 is not of the years 1900 to 2100" in word(panel)
    assert len(row(panel, "north_gate")[1].options) == 30


def test_a_run_that_is_refused_says_so_and_can_be_undone(panel):
    held = part(panel, "Assumptions")._rows
    held["theta"][1][0].value = 3.0
    held["phi"][1][0].value = 4.0  # routes would substitute less than neighbours
    assert 'role="alert"' in panel._view._word.value
    assert "step before" in word(panel)
    panel._undo()
    assert 'role="alert"' not in panel._view._word.value


def test_a_fault_of_ours_is_a_sentence_too_and_goes_to_the_log(panel, monkeypatch, caplog):
    def fault(_):
        raise KeyError("x")

    monkeypatch.setattr(Plan, "run", fault)
    row(panel, "east_gate")[0].value = True
    assert "should not have happened: KeyError" in word(panel)
    assert "Traceback" not in word(panel)
    assert "Traceback" in caplog.text


def test_a_crossing_is_shut_and_opened_again_by_its_button(panel):
    events = part(panel, "Closures and other events")
    events._crossing.value = "east_gate"
    events._shut()
    assert panel.scenario.events[-1].crossing == "east_gate"
    events._list.children[0].click()
    assert [event.verb for event in panel.scenario.events] == ["close", "close"]


def test_the_file_that_is_saved_and_the_code_that_is_copied_are_those_of_the_plan(panel):
    buttons = part(panel, "Save and copy")._buttons.value
    data = re.search(r'base64,([^"]+)"', buttons)[1]
    assert base64.b64decode(data).decode() == panel.plan.to_yaml()
    assert 'download="two_events.yaml"' in buttons
    assert part(panel, "Save and copy")._code.value == panel.plan.to_code()


def test_names_from_a_case_or_a_file_are_text_in_the_page_and_no_markup(panel):
    part(panel, "Window")._name.value = "<img src=x onerror=alert(1)>"
    assert "onerror" in panel.scenario.name
    for place in (panel._view.numbers, part(panel, "Save and copy")._buttons):
        assert "<img" not in place.value


def test_changes_that_follow_one_another_quickly_are_worked_out_once(case, monkeypatch):
    monkeypatch.setattr(show, "_png", lambda draw: "")
    runs = []
    run = Plan.run
    monkeypatch.setattr(Plan, "run", lambda plan: (runs.append(plan), run(plan))[1])

    async def three_moves():
        panel = explore(case, FALL, end="2001-06-30", draws=FEW)
        runs.clear()
        for day in (13, 14, 15):
            row(panel, "north_gate")[1].value = date(2001, 6, day)
        assert "Working" in word(panel)
        await panel._waiting
        return panel

    panel = asyncio.run(three_moves())
    assert [plan.fall("north_gate").start.day for plan in runs] == [15]
    assert [plan.fall("north_gate").start.day for plan in panel.history.past] == [12]
    assert "one run" in word(panel)


def test_a_refusal_stands_while_an_earlier_change_is_worked_out(case, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "_png", lambda draw: drawn.append(draw) or "")

    async def a_day_typed_figure_by_figure():
        panel = explore(case, FALL, end="2001-06-30", draws=FEW)
        window = part(panel, "Window")
        window._start.value = date(2001, 6, 2)  # taken
        window._start.value = date(2001, 12, 2)  # refused before the first is worked out
        drawn.clear()
        await panel._waiting
        said = word(panel)
        window._start.value = date(2001, 6, 2)  # as it was
        return panel, said

    panel, said = asyncio.run(a_day_typed_figure_by_figure())
    assert "before it starts" in said
    assert drawn  # pictures are those of the numbers all the same
    assert panel.result.window[0] == date(2001, 6, 2)
    assert "one run" in word(panel)


def test_what_went_wrong_stands_when_a_map_of_another_day_is_drawn(panel):
    held = part(panel, "Assumptions")._rows
    held["theta"][1][0].value = 3.0
    held["phi"][1][0].value = 4.0
    panel._draw_map()
    assert "step before" in word(panel)


def test_quick_moves_of_two_controls_are_two_steps_to_undo(case, monkeypatch):
    monkeypatch.setattr(show, "_png", lambda draw: "")

    async def two_moves():
        panel = explore(case, FALL, end="2001-06-30", draws=FEW)
        row(panel, "north_gate")[1].value = date(2001, 6, 13)
        row(panel, "east_gate")[0].value = True
        await panel._waiting
        return panel

    assert len(asyncio.run(two_moves()).history.past) == 2


# --- the server -----------------------------------------------------------------------------------------------


def test_what_was_chosen_stands_in_the_served_notebook_as_text_and_is_never_run(case):
    from tradeimpact.explore.serve import one_cell

    evil = '\'); import os; os.abort() #\n"""'
    chosen = dict.fromkeys(("case", "folder", "scenario", "start", "end"), evil)
    source = one_cell(chosen, case)["cells"][0]["source"]
    seen = {}
    exec(source.split("served(")[0].replace("from tradeimpact.explore.serve import served", ""), seen)
    assert eval(source.split("served(**")[1][:-1], seen) == chosen
    assert json.loads(json.dumps(one_cell(chosen, case)))["nbformat"] == 4


def test_a_served_page_is_sent_with_its_pictures_since_it_would_miss_what_came_before_it_listens(monkeypatch):
    monkeypatch.setattr(show, "_png", lambda draw: "")
    from tradeimpact.explore.serve import served

    async def as_in_a_kernel():
        return served("my case", str(SYNTHETIC), FALL.to_yaml(), "2001-06-01", "2001-06-05"), asyncio.all_tasks()

    panel, tasks = asyncio.run(as_in_a_kernel())
    assert len(tasks) == 1  # its own: nothing is left for later
    assert "one run" in word(panel)
    assert "ti-bridge" in panel._view.bridge.value


def test_a_served_page_has_the_panel_of_the_same_plan(monkeypatch):
    monkeypatch.setattr(show, "_png", lambda draw: "")
    from tradeimpact.explore.serve import served

    panel = served("my case", str(SYNTHETIC), FALL.to_yaml(), "2001-06-01", "2001-06-05")
    assert panel.scenario == FALL
    assert (panel.plan.start, panel.plan.end, panel.plan.opened) == (date(2001, 6, 1), date(2001, 6, 5), "my case")


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(capsys):
    pytest.importorskip("voila", reason="pip install .[explore]")
    import socket

    from tradeimpact.__main__ import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["explore", str(SYNTHETIC), "--port", str(port), "--no-browser"]) == 1
    assert "choose another with --port" in capsys.readouterr().err
