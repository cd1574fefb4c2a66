"""Numbers that are possible and hard to believe are told of where they come in, and where they come out."""

from datetime import date
from pathlib import Path

import pytest

import tradeimpact as ti
from tradeimpact.case.plausible import check_assumptions, check_events
from tradeimpact.doubts import doubts
from tradeimpact.errors import CaseError, TradeImpactWarning

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
WINDOW = {"start": "2001-06-10", "end": "2001-06-25"}
DAYS = tuple(date.fromisoformat(day) for day in WINDOW.values())


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.mark.parametrize("name", ["afghanistan-2021", "myanmar-2023", "synthetic-posts", SYNTHETIC])
def test_cases_that_ship_raise_no_doubt(name):
    check_assumptions(ti.load_case(name))


@pytest.mark.parametrize(
    ("name", "value"),
    [("permanent_loss", 20), ("collected_rate_declared", 25), ("receipt_honoured", 50), ("deferral_share", 30),
     ("road_paying_share", 40), ("gap", 45), ("bribe_share", -0.1), ("epsilon", -1.0)],
)  # fmt: skip
def test_percent_for_a_fraction_and_wrong_signs_are_refused(case, name, value):
    with pytest.raises(CaseError, match=rf"'{name}': found {value:g}"):
        check_assumptions(case.assume({name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("theta", 5000), ("capacity_ceiling", 150), ("insecurity_sensitivity", 500), ("friction_threat", 30),
     ("inland_rate_ratio", 70), ("recovery_half_life_days", 14_000)],
)  # fmt: skip
def test_an_assumption_far_from_any_usual_range_is_warned_of(case, name, value):
    with pytest.warns(TradeImpactWarning, match=rf"'{name}': found {value:g}"):
        check_assumptions(case.assume({name: value}))


@pytest.mark.parametrize("factor", [1000, 0.001])
def test_money_a_thousand_times_off_is_warned_of(factor):
    case = ti.load_case("afghanistan-2021")
    for name in ("levy_per_truck", "value_per_truck", "road_levy_per_truck"):
        with pytest.warns(TradeImpactWarning, match=f"'{name}'"):
            check_assumptions(case.assume({name: factor * case.best(name)}))


def test_a_levy_of_more_than_the_load_and_a_wrong_year_are_warned_of(case):
    levy = ti.Scenario().levy("north_gate", "2001-06-14", per_truck=200_000)
    with pytest.warns(TradeImpactWarning, match="a levy of more than the load"):
        check_events(case, levy.events, *DAYS)
    with pytest.warns(TradeImpactWarning, match="1901-06-14 is 100 years from the window"):
        check_events(case, ti.Scenario().capture("north_gate", "1901-06-14").events, *DAYS)


def test_usual_events_raise_no_doubt(case):
    s = ti.Scenario().capture("north_gate", "2001-06-14").levy("north_gate", "2001-06-14", per_truck=200)
    check_events(case, s.close("south_gate", "2001-05-01").events, *DAYS)


def test_a_result_out_of_scale_says_what_to_check(case):
    fall = ti.Scenario("fall").capture("north_gate", "2001-06-12")
    assert doubts(ti.simulate(case, fall, **WINDOW, draws=32, rng=1)) == []
    high = case.assume({"levy_per_truck": 200_000.0, "theta": 1e-9, "phi": 1e-9, "epsilon": 0.0, "receipt_honoured": 1})
    said = " ".join(doubts(ti.simulate(high, fall, **WINDOW, draws=32, rng=1)))
    assert "gain more than the government loses" in said
    assert "more than all goods of the baseline are worth" in said
    assert "Levy received of" in said
    assert "national.csv" not in said


def test_a_baseline_ten_times_the_national_figure_is_told(case, monkeypatch):
    run = ti.simulate(case, None, **WINDOW, draws=32, rng=1)
    bridge = run.bridge()
    bridge["mean"] *= 1000
    monkeypatch.setattr(type(run), "bridge", lambda self, currency=None: bridge)
    assert any("times what national.csv row na001 says" in text for text in doubts(run))
