"""Who bears a fall: a day on paper, adding up in every draw, and the algebra of surplus against numerical integrals."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

import tradeimpact as ti
from tradeimpact.model.incidence import (
    PARTIES,
    WASTED,
    area,
    at_border,
    check_incidence,
    choke_price,
    cost_index,
    surplus_lost,
)
from tradeimpact.model.trade import response_ratio

CENT = 0.005

# Day 1 of tests/test_by_hand.py, on paper: C0 = 1.2 x 800,000 = 960,000; Q = 0.8, epsilon 1/2: P = 0.8^-2 = 1.5625;
# choke 1 + 2 = 3; a(P) = 2 (P^(1/2) - 1) = 0.5; carried k = 574,720 / 800,000 = 0.7184, p' = k^-2 = 1.9376 < 3
# a(p') - a(P) - k (p' - P) = 2/k - 2 - 0.5 - 1/k + 1.5625 k = 1/k - 2.5 + 1.5625 k
CARRIED = 0.7184
PAPER = {
    "government": -72_396.80,  # 8,640 + 45,875.20 + 17,088 - 144,000
    "insurgents": 4_134.40,  # 14,400 + 5,734.40 - 16,000
    "officials": -10_129.60,  # 0.02 x (286,720 - 800,000) at the gates, 0.02 x 6,800 in the city
    "dearer": -480_000.00,  # 960,000 x 0.5; the city charges what it did
    "turned_away": -960_000 * (1 / CARRIED - 2.5 + 1.5625 * CARRIED),  # the city has more goods than before: nothing
    "friction_burnt": 120_960.00,  # 0.42 x 288,000
}


@pytest.fixture(scope="module")
def paper():
    case = ti.load_case(Path(__file__).parent / "cases" / "by-hand-synthetic")
    day = "2001-05-01"
    fall = ti.Scenario("by hand (synthetic)").capture("a_gate", on=day).close("b_gate", day, day)
    return ti.incidence(ti.simulate(case, fall, start=day, end=day, draws=9, rng=0))


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def month(case):
    return ti.simulate(case, case.as_reported(), start="2021-06-22", end="2021-07-22", draws=300, rng=1)


@pytest.fixture(scope="module")
def borne(month):
    return ti.incidence(month)


def test_a_day_worked_out_on_paper_comes_out_to_the_cent(paper):
    draws = paper.draws()
    for line, wanted in PAPER.items():
        assert draws[line].to_numpy() == pytest.approx(wanted, abs=CENT), line
    traders = PAPER["dearer"] + PAPER["turned_away"]
    rest = -(PAPER["government"] + PAPER["insurgents"] + PAPER["officials"] + traders) - PAPER["friction_burnt"]
    assert draws["traders"].to_numpy() == pytest.approx(traders, abs=CENT)
    assert draws["deadweight"].to_numpy() == pytest.approx(rest, abs=CENT)


def test_the_parties_bear_exactly_what_nobody_has_in_every_draw(month, borne):
    draws = borne.draws()
    gap = draws[[*PARTIES, *WASTED]].sum(axis=1).abs()
    assert (gap <= 1e-9 * month.draws()["baseline"]).all()
    assert (draws["friction_burnt"] > 0).all()
    assert (draws["turned_away"] <= 0).all()
    means = borne.table["mean"]
    assert means[list(PARTIES)].sum() == pytest.approx(-means[list(WASTED)].sum(), rel=1e-9)


def test_government_and_insurgents_have_what_the_ledgers_say(month, borne):
    ledger = month.draws()
    np.testing.assert_allclose(borne.values["government"], -ledger["government_loss"], rtol=1e-9)
    np.testing.assert_allclose(borne.values["insurgents"], ledger["insurgent_gain"], rtol=1e-7, atol=1.0)


def test_dollars_are_the_same_days_at_each_days_rate(month, borne):
    dollars = ti.incidence(month.to("usd"))
    np.testing.assert_allclose(dollars.values["government"], -month.to("usd").draws()["government_loss"], rtol=1e-9)
    ratio = borne.values["friction_burnt"] / dollars.values["friction_burnt"]  # at least 0 on every day
    rate = month.inputs.usd_rate[month.inputs.window]
    assert (ratio > rate.min()).all()
    assert (ratio < rate.max()).all()


def test_weights_of_a_result_are_honoured(month):
    updated = ti.update(month, 4.6e9, 0.5e9)
    table = ti.incidence(updated).table
    assert table.loc["government", "mean"] == pytest.approx(-updated.summary().loc["government_loss", "mean"])


def test_where_nothing_happens_nobody_bears_anything(case):
    result = ti.incidence(ti.simulate(case, None, start="2021-07-01", end="2021-07-03", draws=16, rng=1))
    assert (result.draws() == 0).all(axis=None)
    assert "nothing changes" in result.text


def test_a_levy_below_the_duty_without_friction_leaves_traders_better_off(case):
    kind = case.assume({"friction_insurgent": 0.0, "inland_charge_probability": 0.0}, source="test")
    fall = ti.Scenario("kind").capture("torkham", on="2021-07-01").levy("torkham", "2021-07-01", rate=0.0)
    draws = ti.incidence(ti.simulate(kind, fall, start="2021-07-01", end="2021-07-10", draws=64, rng=1)).draws()
    assert (draws["traders"] > 0).all()
    assert (draws["friction_burnt"] == 0).all()


def test_the_area_under_demand_is_its_integral_and_a_logarithm_at_one():
    for epsilon in (0.0, 0.3, 0.999999, 1.0, 1.7):
        for price in (0.7, 1.0, 1.4, 5.0):
            wanted = quad(lambda q, e=epsilon: q**-e, 1.0, price)[0]
            assert float(area(np.array(price), np.array(epsilon))) == pytest.approx(wanted, abs=1e-10)
    assert float(area(np.array(2.0), np.array(1.0))) == pytest.approx(np.log(2.0), abs=1e-15)


def test_goods_turned_away_lose_the_demand_above_what_is_carried():
    epsilon, choke, price = 0.8, 1 + 1 / 0.8, 1.1
    for share in (0.9, 0.5, 0.0):
        carried = share * price**-epsilon
        stop = min(carried ** (-1 / epsilon), choke) if carried else choke
        wanted = quad(lambda q, k=carried: q**-epsilon - k, price, stop)[0]
        dearer, away = surplus_lost(*(np.array(x) for x in (price, carried, epsilon, choke)))
        assert float(away) == pytest.approx(wanted, abs=1e-10)
        assert float(dearer) == pytest.approx(quad(lambda q: q**-epsilon, 1, price)[0], abs=1e-10)


def test_trade_at_or_above_demand_turns_nobody_away_and_no_route_costs_the_whole_surplus():
    epsilon, choke = np.array(1.2), np.array(2.0)
    price = np.array(1.3)
    for carried in (price**-epsilon, 2 * price**-epsilon):
        assert float(surplus_lost(price, carried, epsilon, choke)[1]) == pytest.approx(0.0, abs=1e-15)
    dearer, away = surplus_lost(cost_index(np.array(0.0), epsilon), np.array(0.0), epsilon, choke)
    assert float(dearer) == pytest.approx(quad(lambda q: q**-1.2, 1, 2)[0])
    assert float(away) == 0.0


def test_the_choke_price_is_where_the_straight_demand_line_ends():
    # q = 1 - epsilon (p - 1) is 0 at p = 1 + 1/epsilon
    for epsilon in (0.3, 1.0, 2.0):
        assert 1 - epsilon * (float(choke_price(np.array(epsilon))) - 1) == pytest.approx(0.0)


def test_a_small_tax_on_one_untaxed_crossing_has_harbergers_triangle():
    # Harberger (1964): half the tax times the trade it stops, t^2 epsilon V / 2
    tax, epsilon, value = 1e-4, 1.3, 1e6
    lines = _border(np.full((1, 1), value), ["a"], np.zeros((1, 1)), np.full((1, 1), tax), np.ones((1, 1)), epsilon)
    assert float(lines["deadweight"][0, 0]) == pytest.approx(0.5 * tax**2 * epsilon * value, rel=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_deadweight_is_never_negative_where_the_baseline_is_taxed_evenly_and_nothing_gets_cheaper(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 7))
    value = rng.lognormal(0, 1, (count, 1))
    groups = rng.integers(0, 3, count).tolist()
    burden = rng.choice([0.0, 0.1, 0.5]) + np.zeros((count, 1))
    more = burden + rng.choice([0.0, 1.0], (count, 1)) * rng.exponential(0.1, (count, 1))
    opened = rng.choice([1.0, 0.5, 0.0], (count, 1))
    opened[0] = 1.0  # some route is left: without one the whole surplus goes, which another test has
    epsilon = float(rng.choice([0.3, 1.0, 1.9]))
    lines = _border(value, groups, burden, more, opened, epsilon, friction=rng.choice([0.0, 0.1], (count, 1)),
                    rationed=float(rng.choice([1.0, 0.8])))  # fmt: skip
    assert float(lines["deadweight"][0, 0]) >= -1e-9 * value.sum()


def _border(value, groups, before, now, opened, epsilon, friction=0.0, rationed=1.0):
    """Lines of one day and draw from the trade response itself, demand never ending before the price."""
    codes = np.unique(groups, return_inverse=True)[1]
    cost0 = 1 + before
    ratio = (1 + now + friction) / cost0
    e, theta, phi = np.array([epsilon]), np.array([5.0]), np.array([2.0])
    response, q = response_ratio(value, codes, ratio, opened, theta=theta, phi=phi, epsilon=e)
    three = [x[:, None, :] for x in (value, value * response * rationed, np.zeros_like(value), cost0, ratio)]
    burnt = np.broadcast_to(friction, value.shape)[:, None, :]
    return at_border(*three, burnt, q[None], e, np.array([100.0]))


def test_a_gap_between_the_two_ways_of_counting_is_an_error_of_ours():
    lines = {name: np.ones(2) for name in (*PARTIES, *WASTED)}
    with pytest.raises(ti.ModelError, match="fault of the library"):
        check_incidence(lines, np.ones(2))


def test_what_cannot_be_answered_is_said(case, month):
    with pytest.raises(ti.TradeImpactError, match="choke"):
        ti.incidence(month, choke=1.0)
    stiff = ti.simulate(
        case.assume({"epsilon": 0.0}), ti.Scenario("x").capture("torkham", on="2021-07-01"),
        start="2021-07-01", end="2021-07-02", draws=16, rng=1,
    )  # fmt: skip
    with pytest.raises(ti.TradeImpactError, match="epsilon above 0"):
        ti.incidence(stiff)


def test_a_lower_choke_price_makes_traders_lose_less_on_goods_that_did_not_come(month, borne):
    lower = ti.incidence(month, choke=1.5).table["mean"]
    assert abs(lower["turned_away"]) < abs(borne.table.loc["turned_away", "mean"])
    assert lower["government"] == borne.table.loc["government", "mean"]


def test_the_sentence_table_and_figure_tell_the_same(borne, tmp_path):
    import matplotlib.pyplot as plt

    ax = borne.plot(save=tmp_path / "bears")
    assert len([patch for patch in ax.patches if patch.get_gid() == "bar"]) == 6
    assert "traders and their customers lose" in borne.text
    assert "government loses" in borne.text
    assert "Traders" in borne._repr_html_() or "traders" in borne._repr_html_()
    assert "deadweight" in (tmp_path / "bears.csv").read_text()
    assert "Below a line" in json.loads((tmp_path / "bears.json").read_text())["alt"]
    plt.close(ax.figure)
