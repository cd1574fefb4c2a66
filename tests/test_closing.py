"""Closures from reports: what opens an episode, what ends it, how sure its days are, and what simulate makes of it.

All reports here are synthetic and written for the test.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.closing import closings

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


def told(case, *rows, corrections=()):
    """The invented case with these reports only: (event, day, about, {other cells}).

    Published on their day unless said otherwise.
    """
    blank = case.reports.iloc[0].to_dict() | {"crossings_named": "", "denied_by": "", "claimed_by": "customs"}
    table = []
    for number, (event, day, about, *rest) in enumerate(rows, start=1):
        cells = {"report": f"s{number}", "event": event, "date": pd.Timestamp(day), "about": about}
        cells |= {"crossing": "north_gate", "date_uncertainty_days": 0, "published_latest": pd.Timestamp(day)}
        table.append(blank | cells | (rest[0] if rest else {}))
    tables = {
        "reports": pd.DataFrame(table, columns=case.reports.columns),
        "hindsight_reports": case.hindsight_reports.iloc[:0],
    }
    if corrections:
        tail = {"source": "invented", "grade": "E", "published_latest": "2001-01-31", "published_basis": "judged"}
        lines = [{"report": r, "field": "proposition", "value": v, "note": ""} | tail for r, v in corrections]
        tables["corrections"] = pd.DataFrame(lines)
    return case.with_tables(tables)


def episodes(case, *rows, **more):
    """Episodes as (who shut it, start first, start last, end first, end last, reports), days as text."""
    found = closings(told(case, *rows, **more))
    days = ["start_first", "start_last", "end_first", "end_last"]
    return [
        (row["closed_by"], *("" if pd.isna(row[d]) else f"{row[d]:%m-%d}" for d in days), row["reports"])
        for row in found.to_dict("records")
    ]


SHUT = ("closed_by_neighbour", "2001-06-14", "trade")


# --- episodes -------------------------------------------------------------------------------------------------


def test_a_case_without_closure_reports_has_the_columns_and_no_rows(case):
    found = closings(told(case, ("captured", "2001-06-10", "control")))
    assert list(found.columns) == [
        "crossing", "closed_by", "start_first", "start_last", "end_first", "end_last", "reports",
    ]  # fmt: skip
    assert found.empty
    assert closings(told(case)).empty


def test_a_closure_lasts_until_the_day_before_cargo_passes_again(case):
    again = ("reopened", "2001-06-20", "trade")
    assert episodes(case, SHUT, again) == [("neighbour", "06-14", "06-14", "06-19", "06-19", "s1;s2")]


def test_a_closure_whose_end_nobody_has_reported_has_none(case):
    assert episodes(case, SHUT) == [("neighbour", "06-14", "06-14", "", "", "s1")]


@pytest.mark.parametrize(
    ("event", "by"),
    [("closed_by_neighbour", "neighbour"), ("closed_by_holder", "holder"), ("trade_halted", "halted")],
)
def test_the_event_says_who_shut_it(case, event, by):
    assert episodes(case, (event, "2001-06-14", "trade"))[0][0] == by


@pytest.mark.parametrize(
    "end", [("partially_reopened", "trade"), ("insurgents_begin_collecting", "control"), ("reopened", "trade")]
)
def test_cargo_passing_in_part_and_insurgents_collecting_end_it_too(case, end):
    event, about = end
    assert episodes(case, SHUT, (event, "2001-06-20", about))[0][3:5] == ("06-19", "06-19")


def test_uncertain_days_give_windows_and_nothing_is_reported_before_it_happens(case):
    shut = ("trade_halted", "2001-06-14", "trade", {"date_uncertainty_days": 3, "published_latest": "2001-06-15"})
    again = ("reopened", "2001-06-20", "trade", {"date_uncertainty_days": 2, "published_latest": "2001-06-30"})
    assert episodes(case, shut, again) == [("halted", "06-11", "06-15", "06-17", "06-21", "s1;s2")]


def test_statements_that_differ_widen_the_window_of_the_start_instead_of_being_averaged(case):
    other = (
        "closed_by_neighbour",
        "2001-06-16",
        "trade",
        {"date_uncertainty_days": 1, "published_latest": "2001-06-20"},
    )
    assert episodes(case, SHUT, other) == [("neighbour", "06-14", "06-17", "", "", "s1;s2")]


def test_openings_within_three_days_belong_to_one_end_and_widen_it(case):
    first, second = ("reopened", "2001-06-20", "trade"), ("insurgents_begin_collecting", "2001-06-23", "control")
    assert episodes(case, SHUT, first, second) == [("neighbour", "06-14", "06-14", "06-19", "06-22", "s1;s2;s3")]
    later = ("reopened", "2001-06-24", "trade")
    assert episodes(case, SHUT, first, later) == [("neighbour", "06-14", "06-14", "06-19", "06-19", "s1;s2")]


def test_a_closure_after_an_opening_is_another_episode(case):
    rows = (SHUT, ("reopened", "2001-06-17", "trade"), ("closed_by_holder", "2001-06-25", "trade"))
    assert episodes(case, *rows) == [
        ("neighbour", "06-14", "06-14", "06-16", "06-16", "s1;s2"),
        ("holder", "06-25", "06-25", "", "", "s3"),
    ]


def test_reports_count_by_the_day_they_are_about_and_not_by_their_order_in_the_table(case):
    again = ("reopened", "2001-06-17", "trade", {"published_latest": "2001-06-18"})
    late = (*SHUT, {"published_latest": "2001-06-30"})
    assert [e[:5] for e in episodes(case, again, late)] == [("neighbour", "06-14", "06-14", "06-16", "06-16")]


def test_an_opening_of_what_was_never_shut_is_no_episode(case):
    assert episodes(case, ("reopened", "2001-06-14", "trade")) == []


def test_a_gate_shut_and_opened_on_one_day_is_one_episode(case):
    again = ("reopened", "2001-06-14", "trade")
    # its last shut day lies before its first; simulate keeps the one day
    assert episodes(case, again, SHUT) == [("neighbour", "06-14", "06-14", "06-13", "06-13", "s2;s1")]


@pytest.mark.parametrize("about", ["people", "borders", "holiday", "control"])
def test_a_closure_to_people_or_for_a_holiday_is_none_to_cargo(case, about):
    assert episodes(case, ("closed_by_neighbour", "2001-06-14", about)) == []
    assert episodes(case, SHUT, ("reopened", "2001-06-17", about))[0][3:5] == ("", "")


def test_a_report_that_was_corrected_to_nothing_opens_and_ends_nothing(case):
    again = ("reopened", "2001-06-17", "trade")
    assert episodes(case, SHUT, again, corrections=[("s2", "none")])[0][3:5] == ("", "")
    assert episodes(case, SHUT, again, corrections=[("s1", "none")]) == []


def test_only_units_of_account_are_shut_and_each_by_its_own_reports(case):
    rows = [(*SHUT, {"crossing": name}) for name in ("south_gate", "mid_airport", "national", "mid_city")]
    found = closings(told(case, *rows, ("reopened", "2001-06-20", "trade", {"crossing": "mid_city"})))
    assert list(found["crossing"]) == ["mid_city", "south_gate"]
    assert list(found["end_last"].notna()) == [True, False]


# --- what a run makes of them ---------------------------------------------------------------------------------


def shut_share(case, *rows, start="2001-06-10", end="2001-06-30", crossing="north_gate", draws=256, **how):
    """Share of draws in which the crossing is shut, by day."""
    r = ti.simulate(told(case, *rows), case.as_reported(), start=start, end=end, draws=draws, rng=1, **how)
    share = 1 - r.totals.open_share[r.inputs.crossings.index(crossing)]
    return pd.Series(share, r.inputs.window_days)


def test_a_closure_of_certain_days_is_shut_on_them_in_every_draw(case):
    share = shut_share(case, SHUT, ("reopened", "2001-06-17", "trade"))
    assert list(share.index[share > 0].strftime("%m-%d")) == ["06-14", "06-15", "06-16"]
    assert set(share) == {0.0, 1.0}


def test_uncertain_days_are_shut_in_some_draws(case):
    shut = ("trade_halted", "2001-06-14", "trade", {"date_uncertainty_days": 1, "published_latest": "2001-06-20"})
    again = ("reopened", "2001-06-20", "trade", {"date_uncertainty_days": 1, "published_latest": "2001-06-25"})
    share = shut_share(case, shut, again, draws=2048)
    # the first shut day is the 13th, 14th or 15th, the last the 18th, 19th or 20th, each as likely as the others
    expected = [0, 1 / 3, 2 / 3, 1, 1, 1, 1, 2 / 3, 1 / 3, 0]
    np.testing.assert_allclose(share["2001-06-12":"2001-06-21"], expected, atol=0.04)


def test_a_gate_shut_for_hours_loses_its_day(case):
    share = shut_share(case, SHUT, ("reopened", "2001-06-14", "trade"))
    assert share["2001-06-14"] == 1
    assert share.sum() == 1


def test_without_a_reported_end_it_stays_shut_to_the_last_day_known_and_then_a_drawn_time_more(case):
    known = case.assume({"closure_days": {"low": 2, "best": 4, "high": 6, "distribution": "uniform"}})
    share = shut_share(known, SHUT, as_of="2001-06-16", draws=1024)
    assert (share["2001-06-14":"2001-06-16"] == 1).all()
    # uniform over 2 to 6 days between its 5 and 95 % points, a part of a day counting whole: half outlast four days
    assert share["2001-06-18"] > 0.9
    assert share["2001-06-20"] == pytest.approx(0.5 + 0.225, abs=0.02)
    assert share["2001-06-21"] == pytest.approx(0.5, abs=0.02)
    assert share["2001-06-24":].max() == 0


def test_an_end_reported_after_the_as_of_day_is_not_known(case):
    again = ("reopened", "2001-06-17", "trade")
    assert shut_share(case, SHUT, again)["2001-06-17"] == 0
    assert shut_share(case, SHUT, again, as_of="2001-06-16")["2001-06-17"] > 0.9
    assert shut_share(case, SHUT, again, as_of="2001-06-13").max() == 0


@pytest.mark.parametrize("last_shut", ["2001-05-23", "2001-05-24", "2001-05-25"])
def test_a_closure_that_ended_around_the_first_day_of_the_run_does_not_last_for_ever(case, last_shut):
    # the run begins on 25 May, a week before the crisis
    opened = pd.Timestamp(last_shut) + pd.Timedelta(days=1)
    share = shut_share(case, ("trade_halted", "2001-05-20", "trade"), ("reopened", opened, "trade"), start="2001-05-26")
    assert share.max() == 0


def test_a_shut_crossing_earns_nothing_and_comes_back_slowly(case):
    rows = (SHUT, ("reopened", "2001-06-17", "trade"))
    r = ti.simulate(told(case, *rows), case.as_reported(), start="2001-06-14", end="2001-06-16", draws=64, rng=1)
    north = r.by("crossing").loc["north_gate"]["mean"]
    lost = north[["lost_to_closure", "lost_to_insurgent_control", "lost_to_nobody"]].sum()
    assert lost == pytest.approx(north["baseline"])
    assert north["government_revenue"] == pytest.approx(0, abs=1e-9 * north["baseline"])
    after = ti.simulate(told(case, *rows), case.as_reported(), start="2001-06-17", end="2001-06-17", draws=64, rng=1)
    north = after.by("crossing").loc["north_gate"]["mean"]
    assert 0.05 < north["government_revenue"] / north["baseline"] < 0.5
