"""Levies as a choice: the closed forms of MODEL 9, best replies, and the pair from which neither side moves."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact.model.levy import Day, Policy, best_levy, best_reply, equilibrium, maximise, outcome

ISLAM_QALA = {"crossing": "islam_qala", "on": "2021-07-12"}


def a_day(*, count=1, draws=2, theta=5.0, phi=3.0, epsilon=2.0, burden=0.1, value=None, rate=0.0, ceiling=None):
    """Crossings of one group; the first is held by the authority that chooses, the others by the government."""
    zero = np.zeros((count, draws))
    own = zero.copy()
    own[0] = 1.0
    worth = np.ones(count) if value is None else np.asarray(value, dtype=float)
    each = {name: np.full(draws, x) for name, x in (("theta", theta), ("phi", phi), ("epsilon", epsilon))}
    return Day(
        value=np.broadcast_to(worth[:, None], zero.shape), codes=np.zeros(count, dtype=np.intp),
        before=1 + burden + zero, standing=burden + zero, open_share=1 + zero, government=1 - own, insurgent=own,
        own=own, rate=rate + zero, inland_rate=zero, road=zero, usual=zero, chosen=own[:, 0] > 0, ceiling=ceiling,
        factor=np.ones(draws), road_owner=False, **each,
    )  # fmt: skip


def as_it_is(draws=2, rate=1.0):
    return Policy(np.zeros(draws), np.full(draws, rate), np.zeros(draws), np.ones(draws))


@pytest.mark.parametrize("epsilon", [1.05, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("burden", [0.0, 0.1, 0.6])
def test_a_single_crossing_has_its_best_levy_where_the_levy_is_one_over_epsilon_of_the_cost(epsilon, burden):
    best = best_levy(a_day(epsilon=epsilon, burden=burden, phi=4.0), as_it_is(), np.full(2, 60.0))
    np.testing.assert_allclose(best / (1 + burden + best), 1 / epsilon, rtol=1e-6)


@pytest.mark.parametrize("epsilon", [0.0, 0.4, 1.0])
def test_demand_that_does_not_answer_enough_puts_the_best_levy_at_the_bound(epsilon):
    best = best_levy(a_day(epsilon=epsilon), as_it_is(), np.full(2, 3.0))
    np.testing.assert_allclose(best, 3.0, rtol=1e-9)


@pytest.mark.parametrize("theta", [2.5, 5.0, 9.0])
@pytest.mark.parametrize("value", [[1.0, 1.0], [1.0, 2.0, 3.0], [5.0, 1.0, 0.5]])
def test_under_the_plain_logit_the_best_levy_is_one_over_theta_times_what_others_carry(theta, value):
    day = a_day(count=len(value), value=value, theta=theta, phi=theta, epsilon=0.0)
    best = best_levy(day, as_it_is(), np.full(2, 20.0))
    trade = outcome(day, replace(as_it_is(), levy=best)).trade
    share = trade[0] / trade.sum(axis=0)
    np.testing.assert_allclose(best / (1.1 + best), 1 / (theta * (1 - share)), rtol=1e-6)


def test_trade_of_a_policy_is_the_trade_response_at_the_same_costs():
    day = a_day(count=3, value=[1.0, 2.0, 3.0], rate=0.2, ceiling=np.full(2, 1.1))
    found = outcome(day, Policy(np.full(2, 0.3), np.full(2, 0.5), np.zeros(2), np.ones(2)))
    cost = np.array([1.1 + 0.3, 1.1 + 0.1, 1.1 + 0.1]) / 1.1
    wanted = ti.trade_response(
        [1.0, 2.0, 3.0], ["a"] * 3, cost, [1, 1, 1], theta=5.0, phi=3.0, epsilon=2.0, ceiling=1.1
    )
    np.testing.assert_allclose(found.trade[:, 0], wanted, rtol=1e-12)
    np.testing.assert_allclose(found.holder, 0.3 * wanted[0])
    np.testing.assert_allclose(found.government, 0.1 * wanted[1:].sum())


def test_one_receipt_spares_the_road_and_every_post_does_not():
    day = replace(a_day(), road=np.full((1, 2), 0.05), road_owner=True)
    one, every = (outcome(day, Policy(np.full(2, 0.2), np.ones(2), np.zeros(2), np.full(2, x))) for x in (1.0, 0.0))
    # cost 1.1 + 0.2 and 1.1 + 0.25 over 1.1, epsilon 2
    np.testing.assert_allclose(one.holder, 0.2 * (1.3 / 1.1) ** -2)
    np.testing.assert_allclose(every.holder, 0.25 * (1.35 / 1.1) ** -2)


def test_the_best_is_found_at_a_kink_and_of_several_peaks_at_the_highest():
    kink = maximise(lambda x: -np.abs(x - 0.37), np.zeros(3), np.ones(3))
    np.testing.assert_allclose(kink, 0.37, atol=1e-7)
    peaks = maximise(
        lambda x: np.exp(-((x - 0.2) ** 2) / 0.002) + 1.5 * np.exp(-((x - 0.8) ** 2) / 0.002), np.zeros(1), np.ones(1)
    )
    np.testing.assert_allclose(peaks, 0.8, atol=1e-7)
    assert maximise(np.zeros_like, np.zeros(2), np.ones(2)).tolist() == [0.0, 0.0]  # nothing to gain: stay


def test_two_equal_sides_of_a_plain_logit_settle_where_both_closed_forms_hold():
    # each has half at the optimum, so t / (1 + b + t) = 1 / (theta / 2); the government's t is its multiple of 0.1
    theta, burden = 5.0, 0.1
    wanted = (2 / theta) / (1 - 2 / theta) * (1 + burden)
    day = a_day(count=2, theta=theta, phi=theta, epsilon=0.0, burden=burden, rate=0.1)
    starts = np.random.default_rng(1).random((10, 3, 2))
    bound, rate_bound = np.full(2, 5.0), np.full(2, 50.0)
    found = equilibrium(day, np.ones(2), starts, bound, rate_bound, tolerance=1e-6, rounds=60)
    assert found.settled(1e-6).all()
    np.testing.assert_allclose(found.levy, wanted, rtol=1e-4)
    np.testing.assert_allclose(0.1 * found.rate, wanted, rtol=1e-4)
    # and neither side does better by moving alone
    pair = Policy(found.levy[0], found.rate[0], found.inland[0], np.ones(2))
    rest = outcome(day, pair)
    for t in np.linspace(0, 5, 101):
        assert (outcome(day, replace(pair, levy=np.full(2, t))).holder <= rest.holder * (1 + 1e-9)).all()
        assert (outcome(day, replace(pair, rate=np.full(2, 10 * t))).government <= rest.government * (1 + 1e-9)).all()


def test_starts_that_have_not_come_to_rest_are_reported_and_not_passed_for_an_answer():
    day = a_day(count=2, theta=5.0, phi=5.0, epsilon=0.0, rate=0.1)
    starts = np.random.default_rng(1).random((10, 3, 2))
    found = equilibrium(day, np.ones(2), starts, np.full(2, 5.0), np.full(2, 50.0), tolerance=1e-6, rounds=2)
    assert not found.settled(1e-6).any()


def test_the_government_answers_by_charging_inland_where_its_own_posts_lose_nothing_by_it():
    day = replace(a_day(count=2, value=[1.0, 1.0], epsilon=0.5), inland_rate=np.full((2, 2), 0.05))
    rate, inland = best_reply(replace(day, rate=np.full((2, 2), 0.1)), as_it_is(), np.ones(2))
    np.testing.assert_allclose(inland, 1.0)  # what goes elsewhere pays it too, what comes pays it twice
    np.testing.assert_allclose(rate, 1.0)  # far below the best rate: no cut


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def fall():
    return ti.Scenario("Islam Qala falls").capture("islam_qala", on="2021-07-09")


@pytest.fixture(scope="module")
def curve(case, fall):
    return ti.levy_curve(case, fall, **ISLAM_QALA, levies=np.linspace(0, 1, 11), draws=256, rng=1)


@pytest.fixture(scope="module")
def game(case, fall):
    return ti.levy_equilibrium(case, fall, **ISLAM_QALA, draws=64, rng=1)


def test_the_best_levy_takes_at_least_as_much_as_any_on_the_curve(curve):
    best = curve.best.loc[("one receipt", "take_at_best"), "mean"]
    assert (curve.table.loc[curve.table["receipt"] == "one receipt", "mean"] <= best).all()
    share = curve.best.loc[("one receipt", "usual_over_best_take")]
    assert 0 < share["low"] < share["high"] < 1


def test_the_usual_levy_is_the_chambers_schedule(curve):
    usual = curve.best.loc[("one receipt", "usual_levy_per_truck")]
    assert usual["low"] == pytest.approx(30_000, rel=0.05)  # 30,000 to 50,000 AFN a truck: tolonews, 13 July 2021
    assert usual["high"] == pytest.approx(50_000, rel=0.05)


def test_what_traders_bear_rises_with_the_levy_and_paying_at_every_post_costs_more(curve):
    one, every = (
        curve.table[curve.table["receipt"] == r]["traders_bear"].to_numpy() for r in ("one receipt", "every post")
    )
    assert one[0] == 0.0
    assert (np.diff(one) > 0).all()
    assert (every[:5] > one[:5]).all()


def test_a_ceiling_elsewhere_makes_a_high_levy_look_better(case, fall, curve):
    tight = ti.levy_curve(case, fall, **ISLAM_QALA, levies=[0.0, 1.0], ceilings=True, draws=64, rng=1)
    take = tight.table.loc[(tight.table["levy"] == 1.0) & (tight.table["receipt"] == "one receipt"), "median"].item()
    assert (
        take
        > curve.table.loc[(curve.table["levy"] == 1.0) & (curve.table["receipt"] == "one receipt"), "median"].item()
    )


def test_in_most_draws_ten_starts_find_one_pair_and_both_sides_do_not_regret_it(game):
    assert game.starts == 10
    assert 0.9 < game.settled <= 1.0
    table = game.table["mean"]
    alone, pair = "levy chosen, government still", "neither moves"
    assert table[(alone, "holder_take")] > table[("now", "holder_take")]
    assert table[(pair, "government_take")] >= table[(alone, "government_take")]
    assert game.table.loc[(pair, "rate"), "high"] <= 1.0


def test_a_history_as_reported_counts_only_draws_in_which_the_holder_holds(case):
    result = ti.levy_curve(
        case,
        case.as_reported(),
        crossing="zaranj",
        on="2021-07-20",
        as_of="2021-07-20",
        levies=[0.0, 0.5],
        draws=256,
        rng=1,
    )
    assert 0 < result.held < 1
    assert "which alone count" in result.text
    assert np.isfinite(result.table["median"]).all()


def test_sentences_figures_and_files(curve, game, tmp_path):
    import matplotlib.pyplot as plt

    for result, name in ((curve, "curve"), (game, "game")):
        ax = result.plot(save=tmp_path / name)
        record = json.loads((tmp_path / f"{name}.json").read_text())
        assert record["crossing"] == "islam_qala"
        assert record["alt"]
        assert "Islam Qala" in result.text
        page, table = result._repr_html_(), result.best if result is curve else result.table
        for line, size, decimals in (("take_at_best", 1e6, 1), ("holder_take", 1e6, 1), ("levy_per_truck", 1e3, 0)):
            for _, row in table[table.index.get_level_values("line") == line].iterrows():
                assert f"<td>{row['median'] / size:,.{decimals}f}</td>" in page
        assert not re.search(r"\d,\d{3},\d{3}", page)  # nobody knows it to the afghani
        plt.close(ax.figure)
    assert "10 random starts" in game.text
    assert "every post" in curve.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"authority": "nobody"}, "taliban"),
        ({"on": "2021-07-01"}, "does not hold"),
        ({"crossing": "islam_kala"}, "islam_qala"),
        ({"crossing": "kabul"}, "border crossing"),
        ({"levies": [0.2, 0.1]}, "rising"),
        ({"levies": [-0.1, 0.1]}, "rising"),
    ],
)
def test_what_makes_no_sense_is_said_with_a_remedy(case, fall, change, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.levy_curve(case, fall, **({**ISLAM_QALA, "draws": 16, "rng": 1} | change))


def test_a_history_as_reported_needs_a_day_and_a_game_a_bound(case, fall):
    with pytest.raises(ti.TradeImpactError, match="on="):
        ti.levy_curve(case, case.as_reported(), draws=16, rng=1)
    with pytest.raises(ti.TradeImpactError, match="above 0"):
        ti.levy_equilibrium(case, fall, bound=0.0, draws=16, rng=1)
