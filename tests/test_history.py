"""The history of a case: by best dates with hindsight, and as reported, where only drivers are stated beforehand.

What reports say of control and closures is inferred draw by draw; see the tests of inference and of closings.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.history import drivers, in_hindsight, insecurity_points, insecurity_reference, level_rows
from tradeimpact.scenario import AsReported, Scenario

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
END = date(2021, 7, 22)


@pytest.fixture(scope="module")
def afghan():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def synthetic():
    return ti.load_case(SYNTHETIC)


def events(scenario, verb):
    return [e for e in scenario.events if e.verb == verb]


# --- as reported ----------------------------------------------------------------------------------------------


def test_as_reported_is_a_marker_that_simulate_resolves_against_the_case_it_is_given(afghan, synthetic):
    marker = afghan.as_reported()
    assert isinstance(marker, AsReported)
    other = ti.simulate(synthetic, marker, start="2001-06-01", end="2001-06-11", draws=8, rng=1)
    assert other.scenario == drivers(synthetic, date(2001, 6, 11))
    assert other.scenario.name == "as reported"


def test_as_reported_states_drivers_only_and_no_fall_or_closure_beforehand(afghan):
    verbs = {e.verb for e in drivers(afghan, date(2021, 8, 15)).events}
    assert verbs == {"insecurity"}


def test_as_reported_never_looks_at_the_tables_of_hindsight(synthetic):
    window = {"start": "2001-06-01", "end": "2001-06-30", "draws": 32, "rng": 1}
    blind = synthetic.with_tables({n: synthetic.tables[n].iloc[:0] for n in ("hindsight_control", "hindsight_reports")})
    seen, unseen = (ti.simulate(c, c.as_reported(), **window).draws() for c in (synthetic, blind))
    pd.testing.assert_frame_equal(seen, unseen, check_exact=True)
    # nor at the table of best dates of closures, which rests on later reports
    open_all = synthetic.with_table("closures", synthetic.closures.iloc[:0])
    pd.testing.assert_frame_equal(
        ti.simulate(open_all, open_all.as_reported(), **window).draws(), seen, check_exact=True
    )


def test_as_reported_follows_the_reports_of_the_case_it_is_given(synthetic):
    window = {"start": "2001-06-01", "end": "2001-06-30", "draws": 64, "rng": 1}
    silent = synthetic.with_tables(
        {"reports": synthetic.reports.iloc[:0], "hindsight_reports": synthetic.hindsight_reports.iloc[:0]}
    )
    told, untold = (ti.simulate(c, c.as_reported(), **window).by("crossing")["mean"] for c in (synthetic, silent))
    # without a word of a fall for a month, a fall is unlikely
    lost = [table[("north_gate", "lost_to_insurgent_control")] for table in (told, untold)]
    assert lost[0] > 2 * lost[1]
    assert untold[("north_gate", "shut_while_held")] == 0


# --- in hindsight ---------------------------------------------------------------------------------------------


def test_in_hindsight_is_a_scenario_that_says_so_in_its_name(afghan):
    s = afghan.in_hindsight("2021-07-22")
    assert isinstance(s, Scenario)
    assert s == in_hindsight(afghan, END)
    assert "hindsight" in s.name


def test_hindsight_follows_a_table_that_was_replaced(afghan):
    control = afghan.hindsight_control
    changed = afghan.with_table("hindsight_control", control[control["crossing"] != "spin_boldak"])
    assert "spin_boldak" in in_hindsight(afghan, END).captured
    assert "spin_boldak" not in in_hindsight(changed, END).captured


def test_the_eight_posts_of_the_summer_fall_in_order_by_22_july(afghan):
    s = in_hindsight(afghan, END)
    assert set(s.captured) == {
        "sher_khan_bandar", "dand_e_patan", "ai_khanoum", "ishkashim",
        "islam_qala", "abu_nasr_farahi", "torghundi", "spin_boldak",
    }  # fmt: skip
    falls = {e.crossing: e for e in events(s, "capture")}
    assert falls["sher_khan_bandar"].start == date(2021, 6, 22)
    assert falls["spin_boldak"].start == date(2021, 7, 14)
    assert {e.by for e in falls.values()} == {(("taliban", 1.0),)}


def test_nothing_starts_after_the_end_that_was_asked_for(afghan):
    for end in (date(2021, 6, 21), date(2021, 7, 8), END):
        assert all(e.start <= end for e in in_hindsight(afghan, end).events)
    assert in_hindsight(afghan, date(2021, 4, 30)).events == ()


def test_a_longer_history_only_adds_to_the_control_of_a_shorter_one(afghan):
    short, long = (in_hindsight(afghan, end) for end in (END, date(2021, 8, 15)))
    for verb in ("capture", "recapture", "close"):
        earlier = events(short, verb)
        assert [e for e in events(long, verb) if e.start <= END] == earlier


def test_every_border_post_is_threatened_the_assumed_days_before_its_fall_and_not_on_it(afghan):
    s = in_hindsight(afghan, END)
    falls = {e.crossing: e.start for e in events(s, "capture")}
    days = int(afghan.best("threat_days"))
    threats = {e.crossing: e for e in events(s, "threat")}
    assert set(falls) <= set(threats)
    for crossing, fall in falls.items():
        assert threats[crossing].start == fall - timedelta(days=days)
        assert threats[crossing].end == fall - timedelta(days=1)
    assert not set(threats) & set(afghan.inland_units["crossing"])


def test_a_threat_is_felt_before_a_fall_that_lies_after_the_end(afghan):
    threat = next(e for e in events(in_hindsight(afghan, date(2021, 8, 3)), "threat") if e.crossing == "zaranj")
    assert (threat.start, threat.end) == (date(2021, 7, 30), date(2021, 8, 3))


def test_no_days_of_threat_means_no_threat(afghan):
    assert not events(in_hindsight(afghan.assume({"threat_days": 0}), END), "threat")


def test_closures_keep_both_ends_and_who_shut_them(afghan):
    s = in_hindsight(afghan, END)
    shut = next(e for e in events(s, "close") if e.crossing == "spin_boldak")
    row = afghan.closures.set_index("closure").loc["spin_boldak_july"]
    assert (shut.start, shut.end) == (row["start"].date(), row["end"].date())
    assert shut.by == (("neighbour", 1.0),)
    assert len(events(s, "close")) == int((afghan.closures["start"] <= pd.Timestamp(END)).sum())


def test_a_crossing_that_comes_back_is_recaptured(synthetic):
    control = synthetic.hindsight_control
    row = control.iloc[[0]].assign(holder="government", start_low=pd.NaT, start_high=pd.NaT)
    row["start"] = pd.Timestamp("2001-06-20")
    s = in_hindsight(synthetic.with_table("hindsight_control", pd.concat([control, row])), date(2001, 6, 30))
    back = events(s, "recapture")
    assert [(e.crossing, e.start) for e in back] == [("north_gate", date(2001, 6, 20))]
    assert [e.start for e in events(s, "threat") if e.crossing == "north_gate"] == [date(2001, 6, 5)]


def test_insecurity_begins_on_the_first_treated_day_on_the_line_between_its_observations(synthetic):
    # invented: 10 of 100 held on 1 May, 40 on 1 July; the baseline runs to 31 May
    first, second = events(in_hindsight(synthetic, date(2001, 7, 15)), "insecurity")
    assert (first.start, first.end) == (date(2001, 6, 1), date(2001, 6, 30))
    assert first.value("share") == pytest.approx(0.1 + 0.3 * 31 / 61)
    assert first.value("to") == pytest.approx(0.1 + 0.3 * 60 / 61)
    assert (second.start, second.end, second.value("share")) == (date(2001, 7, 1), date(2001, 7, 15), 0.4)


def test_insecurity_has_a_value_on_every_treated_day_and_only_driver_rows_count(afghan):
    x = ti.inputs.prepare(afghan, afghan.as_reported(), date(2021, 6, 1), date(2021, 8, 15))
    assert x.paths.insecurity.shape == (len(x.days), 1)
    driver = pd.Series(x.paths.insecurity[:, 0], x.days)
    assert driver[:"2021-06-21"].isna().all()
    treated = driver["2021-06-22":]
    assert treated.notna().all()
    assert (treated.diff().dropna() >= -1e-12).all()
    assert treated.max() == pytest.approx(226 / 421)
    assert driver["2021-06-30"] == pytest.approx(158 / 421)


def test_points_are_shares_by_day_and_leave_out_rows_that_are_context(afghan):
    points = insecurity_points(afghan)
    assert list(points.index) == [date(2021, 5, 1), date(2021, 6, 30), date(2021, 7, 24)]
    np.testing.assert_allclose(points, np.array([33, 158, 226]) / 421)


def test_the_reference_is_the_mean_over_the_period_that_fixed_the_level(synthetic, afghan):
    # invented level: May 2001, so days 0 to 30 of a rise of 0.3 in 61 days
    assert insecurity_reference(synthetic) == pytest.approx(0.1 + 0.3 * 15 / 61)
    rise = (158 - 33) / 421 / 60
    assert insecurity_reference(afghan) == pytest.approx(33 / 421 + rise * (21 + 51) / 2)


def test_a_case_without_a_driver_has_no_insecurity_and_a_reference_of_zero(synthetic):
    bare = synthetic.with_table("insecurity", synthetic.insecurity.assign(use="context"))
    assert not events(in_hindsight(bare, date(2001, 6, 30)), "insecurity")
    assert insecurity_reference(bare) == 0


def test_the_level_rests_on_the_last_untreated_month_and_keeps_both_of_its_figures(afghan):
    rows = level_rows(afghan)
    assert sorted(rows["best"]) == [7.3e9, 7.4e9]
    assert set(rows["period_label"]) == {"Jawza 1400"}


def test_two_counts_of_one_day_stand_for_their_mean(synthetic):
    table = synthetic.insecurity
    twice = pd.concat([table, table.iloc[[-1]].assign(row="again", held=42.0)])
    case = synthetic.with_table("insecurity", twice)
    assert list(insecurity_points(case)) == pytest.approx([0.1, 0.41])
    last = events(in_hindsight(case, date(2001, 7, 15)), "insecurity")[-1]
    assert last.value("share") == pytest.approx(0.41)
