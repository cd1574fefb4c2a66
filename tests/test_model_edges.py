"""The model at its edges: bounds met exactly, nothing there, rounding, and any unit of money.

Numbers are worked out on paper from the equations of the page on the model, one by one.
"""

import math

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact.model.baseline import Constraint, fit_parts, monthly_path, random_walk_with_drift
from tradeimpact.model.chain import control_chain
from tradeimpact.model.choice import fit_choice, log_shares, separated
from tradeimpact.model.control import blank_holders, days_since_reopening, first_changes
from tradeimpact.model.evidence import Statement, cells_of, likelihood, silent_days
from tradeimpact.model.histories import Moves
from tradeimpact.model.incidence import PARTIES, WASTED, at_border, at_houses, check_incidence, surplus_lost
from tradeimpact.model.levy import Day, Policy, maximise, outcome
from tradeimpact.model.reconcile import reconcile
from tradeimpact.model.shapley import shapley_values, signed_weights
from tradeimpact.model.static_period import StaticPeriod
from tradeimpact.model.structural import RATIOS, _model, _variances, fit_structural
from tradeimpact.model.tariff import Charge, cascade, three_views
from tradeimpact.model.trade import trade_response

# --- baseline ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high", "total"), [((0.1, 0.2), (1, 1), 0.3), ((0, 0), (0.1, 0.7), 0.8)])
def test_a_total_at_the_very_end_of_the_ranges_is_met_although_their_sum_is_rounded(low, high, total):
    assert sum(low) > total or sum(high) < total  # in floating point
    sums = Constraint("sum", (0, 1), total, total, total, exact=True)
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    found = fit_parts(np.array([[0.5], [0.5]]), low, high, np.array([[total]]), [sums], ["a", "b"])
    assert found.sum() == pytest.approx(total, rel=1e-11)


def test_constraints_that_contradict_one_another_are_listed_with_what_they_want():
    pair = Constraint("pair", (0, 1), 5.0, 5.0, 5.0, exact=True)
    all_three = Constraint("all three", (0, 1, 2), 4.0, 4.0, 4.0, exact=True)
    totals, low, high = np.array([[5.0], [4.0]]), np.zeros(3), np.full(3, 9.0)
    words = r"the constraints pair 5, all three 4 cannot all hold with the ranges a 0 to 9, b 0 to 9, c 0 to 9;"
    with pytest.raises(ti.ModelError, match=words):
        fit_parts(np.ones((3, 1)), low, high, totals, [pair, all_three], ["a", "b", "c"])


def test_a_year_without_any_revenue_has_no_growth():
    with pytest.raises(ti.ModelError, match="positive"):
        random_walk_with_drift(np.array([1.0, 0.0, 2.0]))


def test_a_day_belongs_to_its_month_after_the_sample_and_the_last_month_lasts():
    month = 365.25 / 12
    path = monthly_path(np.log([[2 * month], [3 * month]]), np.array([1, 30, 31, 60, 61, 500]))
    assert path[:, 0] == pytest.approx([2, 2, 3, 3, 3, 3])


# --- choice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1.0, 1e-8, 1e8])
def test_two_alternatives_have_the_logit_of_their_shares_less_the_offset_in_any_unit(unit):
    chosen = np.array([[3.0, 1], [2, 2], [4, 0]])  # of two alternatives in three sets
    sets = np.repeat(np.arange(3), 2)
    x, offset = unit * np.tile([1.0, 0.0], 3)[:, None], np.tile([0.3, 0.0], 3)
    fit = fit_choice(x, chosen.ravel(), sets, ["first"], offset)
    p, before = 9 / 12, 1 / (1 + math.exp(-0.3))
    assert fit.coefficients * unit == pytest.approx([math.log(9 / 3) - 0.3], rel=1e-6)
    assert fit.log_likelihood == pytest.approx(9 * math.log(p) + 3 * math.log(1 - p), rel=1e-12)
    assert fit.null == pytest.approx(9 * math.log(before) + 3 * math.log(1 - before), rel=1e-12)
    assert fit.information[0, 0] == pytest.approx(unit**2 * 12 * p * (1 - p), rel=1e-6)
    assert fit.covariance[0, 0] == pytest.approx(1 / (unit**2 * 12 * p * (1 - p)), rel=1e-6)
    np.testing.assert_allclose(fit.scores[:, 0] / unit, chosen[:, 0] - 4 * p, atol=1e-5)
    middle = (chosen[:, 0] - 4 * p) @ (chosen[:, 0] - 4 * p)
    assert fit.robust[0, 0] * unit**2 == pytest.approx(middle / (12 * p * (1 - p)) ** 2, rel=1e-4)


@pytest.mark.parametrize("money", [1e-9, 1e9])
def test_amounts_in_any_money_give_the_same_coefficients(money):
    rng = np.random.default_rng(8)
    x, y, sets = rng.normal(size=(30, 2)), rng.lognormal(size=30), np.repeat(np.arange(10), 3)
    fits = [fit_choice(x, m * y, sets, ["a", "b"]) for m in (1.0, money)]
    np.testing.assert_allclose(fits[1].coefficients, fits[0].coefficients, rtol=1e-9)


def test_shares_of_utilities_beyond_the_exponential_are_those_of_their_differences():
    found = log_shares(np.array([1000.0, 1001.0, -1000.0, -1001.0]), np.array([0, 0, 1, 1]))
    low, high = 1 / (1 + math.e), math.e / (1 + math.e)
    assert np.exp(found) == pytest.approx([low, high, high, low])


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_what_is_never_chosen_where_it_is_higher_is_separated_in_any_unit(unit):
    x, sets = unit * np.array([[0.0], [1.0], [0.0], [2.0]]), np.array([0, 0, 1, 1])
    assert separated(x, np.array([1.0, 0, 2, 0]), sets).tolist() == [False, True, False, True]
    assert separated(x, np.array([0.2, 0, 0.1, 0]), sets).tolist() == [False, True, False, True]
    assert not separated(x, np.array([1.0, 0, 0, 2]), sets).any()
    assert separated(x, np.array([0.0, 0, 0.3, 0.1]), sets).tolist() == [True, True, False, False]


# --- control ----------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_the_first_change_in_its_draw_alone():
    holders = np.concatenate([np.ones((1, 2, 4, 5)), np.zeros((2, 2, 4, 5))])
    opened, threat, unrest = np.ones((2, 4, 5)), np.zeros((2, 4, 5)), np.full((4, 5), np.nan)
    holders[0, 1, 3, 0], holders[2, 1, 3, 0] = 0.5, 0.5
    opened[0, 2, 1] = 0.5
    threat[1, 1, 2] = 1.0
    unrest[0, 3] = 0.0
    assert first_changes(holders, opened, threat, unrest).tolist() == [3, 2, 1, 0, 4]


def test_days_since_reopening_are_counted_from_the_first_open_day_after_each_closure():
    opened = np.array([1.0, 0, 0, 1, 0.5, 0, 1, 1])[None, :, None]
    assert days_since_reopening(opened)[0, :, 0].tolist() == [-1, -1, -1, 0, 1, -1, 0, 1]


def test_at_first_the_government_holds_everything_in_every_draw():
    holders = blank_holders(3, 2, 4)
    assert holders.shape == (3, 2, 4, 1)
    assert (holders[0] == 1).all()
    assert not holders[1:].any()


# --- chain ------------------------------------------------------------------------------------------------------------


def test_chains_with_axes_of_their_own_in_each_argument_are_aligned_on_the_left():
    start = np.array([[0.5, 0.9], [0.5, 0.1]])  # (states, crossings)
    move = np.array([[0.8, 0.2], [0.3, 0.7]])
    seen = np.array([[1.0, 1.0], [1.0, 4.0]])  # (days, states)
    found = control_chain(start, move, seen).filtered[1]
    for c, (a, b) in enumerate(start.T):
        one, two = (a * 0.8 + b * 0.3) * 1, (a * 0.2 + b * 0.7) * 4
        assert found[:, c] == pytest.approx([one / (one + two), two / (one + two)])


def test_hazards_and_silence_make_the_transitions_of_a_day():
    fall, to_nobody, collect, recapture, silence = 0.02, 0.4, 0.25, 0.1, 0.3
    moves = Moves.of(*(np.array([x]) for x in (fall, to_nobody, collect, recapture, silence)))
    loss, back = np.array([[0], [2], [0]]), np.array([[0], [0], [3]])
    two = 0.7**2, 1.0
    three = 1.0, 0.7**3
    for day, (quiet_loss, quiet_back) in enumerate([two, three]):
        government = [1 - 0.02, 0.02 * 0.4 * quiet_loss, 0.02 * 0.6 * quiet_loss]
        nobody = [0.1 * quiet_back, 1 - 0.25 - 0.1, 0.25]
        insurgent = [0.1 * quiet_back, 0, 1 - 0.1]
        found = moves.dense(loss, back)[day, :, :, 0, 0]
        np.testing.assert_allclose(found, [government, nobody, insurgent], rtol=1e-14)


def test_an_event_acts_on_the_day_of_its_window_that_its_number_picks():
    told = Statement(0, "collecting", first=2, last=4, published=5, weight="own", cluster=0, key="k")
    cells = cells_of([told], 9)
    assert cells == {(2, 0): 0, (3, 0): 1, (4, 0): 2}
    number = np.array([0.0, 0.33, 0.34, 0.66, 0.67, 0.999, 1.0])
    weight = np.log(np.array([4.0, 5, 6, 7, 8, 9, 10]))
    found = likelihood([told], [True], cells, 9, {"own": weight}, np.zeros(7), {"k": number})
    for draw, day in enumerate([0, 0, 1, 1, 2, 2, 2]):
        wanted = np.ones((3, 3))
        wanted[day, :2] = 1 / (4 + draw)  # collecting speaks for the insurgents; the largest is 1
        np.testing.assert_allclose(found[:, :, draw], wanted, rtol=1e-12)


def test_a_repeat_in_a_cluster_counts_to_a_power_and_a_window_ends_with_the_days():
    first = Statement(0, "held", first=-3, last=0, published=0, weight="own", cluster=0, key="a")
    again = Statement(0, "fighting", first=1, last=7, published=1, weight="own", cluster=0, key="b")
    late = Statement(0, "lost", first=5, last=7, published=7, weight="own", cluster=0, key="c")
    cells = cells_of([first, again, late], 2)
    assert cells == {(0, 0): 0, (1, 0): 1}
    given = {"own": np.log([9.0])}, np.array([0.5]), {}
    found = likelihood([first, again, late], [True, False, True], cells, 2, *given)[..., 0]
    np.testing.assert_allclose(found, [[1, 1 / 9, 1 / 9], [1 / 3, 1, 1 / 3]])


def test_silence_after_a_change_lasts_until_it_is_stated_or_the_last_day_known_and_ten_days_at_most():
    assert silent_days([14, 3], 16, 15).tolist() == [3, 2, 1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert silent_days([], 4, 2).tolist() == [2, 1, 0, 0]


# --- incidence --------------------------------------------------------------------------------------------------------


def _lines(unit):
    """A day with two crossings, one house and two draws; money in `unit`."""
    value = unit * np.array([[[60.0, 50.0]], [[40.0, 0.0]]])
    trade, back = 0.8 * value, 0.05 * value
    one = np.ones((2, 1, 2))
    rest = np.array([0.5, 0.8]), np.array([3.0, 2.0])
    border = at_border(value, trade, back, 1.1 * one, 1.2 * one, 0.07 * one, np.array([[0.9, 0.85]]), *rest)
    house = at_houses(value, trade, back, 0.1 * one, 0.2 * one, *rest)
    return border, house


@pytest.mark.parametrize("unit", [1e-6, 1e9])
def test_incidence_is_the_same_in_any_money(unit):
    for lines, scaled in zip(_lines(1.0), _lines(unit), strict=True):
        for name, line in lines.items():
            assert line.shape == (1, 2)
            np.testing.assert_allclose(scaled[name], unit * line, rtol=1e-12, err_msg=name)


def test_a_day_on_which_nothing_is_traded_anyway_costs_nobody_anything():
    nothing, one = np.zeros((2, 1, 1)), np.ones((2, 1, 1))
    e, choke = np.array([0.5]), np.array([3.0])
    border = at_border(nothing, nothing, nothing, 1.1 * one, one, 0 * one, np.ones((1, 1)), e, choke)
    house = at_houses(nothing, nothing, nothing, 0.1 * one, 0.1 * one, e, choke)
    assert not any(line.any() for lines in (border, house) for line in lines.values())


def test_lines_at_the_border_are_sums_over_crossings_by_draw():
    border, _ = _lines(1.0)
    carried = [0.8, 0.8]
    for draw, (total, q, e, choke) in enumerate([(100.0, 0.9, 0.5, 3.0), (50.0, 0.85, 0.8, 2.0)]):
        p = q ** (-1 / e)
        virtual = min(carried[draw] ** (-1 / e), choke)
        dearer = (p ** (1 - e) - 1) / (1 - e)
        away = (virtual ** (1 - e) - 1) / (1 - e) - dearer - carried[draw] * (virtual - p)
        assert border["dearer"][0, draw] == pytest.approx(-1.1 * total * dearer)
        assert border["turned_away"][0, draw] == pytest.approx(-1.1 * total * away)
        assert border["friction_burnt"][0, draw] == pytest.approx(0.07 * 0.85 * total)
        paid, before = (1.2 * 1.1 - 1 - 0.07) * 0.85 * total, 0.1 * total
        waste = 1.1 * total * (dearer + away) - (paid - before) - 0.07 * 0.85 * total
        assert border["deadweight"][0, draw] == pytest.approx(waste)


def test_lines_at_a_house_are_sums_over_houses_by_draw():
    _, house = _lines(1.0)
    for draw, (total, e, choke) in enumerate([(100.0, 0.5, 3.0), (50.0, 0.8, 2.0)]):
        virtual = min(0.8 ** (-1 / e), choke)
        away = 1.1 * total * ((virtual ** (1 - e) - 1) / (1 - e) - 0.8 * (virtual - 1))
        assert house["dearer"][0, draw] == pytest.approx(-(0.2 - 0.1) * 0.8 * total)
        assert house["turned_away"][0, draw] == pytest.approx(-away)
        assert house["deadweight"][0, draw] == pytest.approx(away + 0.1 * 0.2 * total - 0.2 * 0.05 * total)


def test_nothing_carried_at_all_loses_the_whole_surplus_up_to_the_choke():
    dearer, away = surplus_lost(np.array([1.0]), np.array([0.0]), np.array([0.5]), np.array([3.0]))
    assert dearer == pytest.approx([0.0])
    assert away == pytest.approx([(math.sqrt(3) - 1) / 0.5])


def test_what_the_parties_bear_holds_to_a_billionth_and_no_worse():
    lines = {name: np.zeros(2) for name in (*PARTIES, *WASTED)}
    check_incidence(lines | {"traders": np.array([4e6 * 0.9e-9, 0])}, np.array([4e6, 1.0]))
    with pytest.raises(ti.ModelError, match="fault of the library"):
        check_incidence(lines | {"traders": np.array([0, 1.1e-9])}, np.array([4e6, 1.0]))


# --- levy -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peak", [2.0, 2.1, 5.0, 5.99, 6.0])
def test_the_best_lies_in_the_range_and_nothing_outside_is_ever_tried(peak):
    tried = []

    def hill(x):
        tried.append(x)
        return -((x - peak) ** 2)

    assert maximise(hill, np.array([2.0]), np.array([6.0])) == pytest.approx(peak, abs=1e-7)
    assert 2.0 <= np.min(tried) <= np.max(tried) <= 6.0


def test_what_traders_lose_under_a_levy_is_the_area_above_what_a_ceiling_lets_through():
    one = np.ones((1, 1))
    day = Day(
        value=80.0 * one, codes=np.zeros(1, int), before=1.1 * one, standing=0.1 * one, open_share=one,
        government=0.0 * one, insurgent=one, own=one, rate=0.0 * one, inland_rate=0.0 * one, road=0.0 * one,
        usual=0.0 * one, chosen=np.ones(1, bool), theta=np.array([4.0]), phi=np.array([2.0]), epsilon=np.array([0.5]),
        ceiling=np.array([0.6]), factor=np.ones(1), road_owner=False,
    )  # fmt: skip
    found = outcome(day, Policy(*(np.array([x]) for x in (0.2, 1.0, 0.0, 0.0))), np.array([3.0]))
    price, carried = (1 + 0.1 + 0.2) / 1.1, 0.6
    virtual = min(carried**-2, 3.0)
    dearer = 2 * (math.sqrt(price) - 1)
    away = 2 * (math.sqrt(virtual) - 1) - dearer - carried * (virtual - price)
    assert found.trade[0, 0] == pytest.approx(48.0)
    assert found.holder[0] == pytest.approx(0.2 * 48)
    assert found.traders[0] == pytest.approx(1.1 * 80 * (dearer + away))


# --- reconciliation ---------------------------------------------------------------------------------------------------


def test_a_total_gives_way_by_its_own_error_month_by_month():
    parts = np.array([[[40.0, 44.0], [40.0, 44.0]], [[50.0, 50.0], [50.0, 50.0]]])  # (crossings, months, draws)
    total = np.array([[99.0, 103.0], [95.0, 99.0]])
    found = reconcile(parts, total, error=[1.0, 2.0], total_error=[2.0, 0.0])
    np.testing.assert_allclose(found[:, 0], [[41, 45], [54, 54]])  # k = 9 / (1 + 4 + 4)
    np.testing.assert_allclose(found[:, 1], [[41, 45], [54, 54]])  # k = 5 / (1 + 4)


def test_a_part_that_never_varies_is_held_and_those_that_vary_take_the_rest():
    found = reconcile([[5.0, 5, 5], [1, 2, 3]], [7.0, 8, 9])
    np.testing.assert_allclose(found, [[5, 5, 5], [2, 3, 4]])


def test_parts_all_held_stay_where_they_add_up_and_are_refused_where_they_do_not():
    parts = [[5.0, 6.0], [3.0, 2.0]]
    np.testing.assert_array_equal(reconcile(parts, [8.0, 8.0], error=[0, 0]), parts)
    with pytest.raises(ti.ModelError, match="cannot be reached"):
        reconcile(parts, [8.0, 8.1], error=[0, 0])


def test_proportional_leaves_a_shut_post_shut_and_scales_nothing_out_of_nothing():
    found = reconcile([[0.0, 0.0], [4.0, 5.0]], [8.0, 5.0], method="proportional")
    np.testing.assert_allclose(found, [[0, 0], [8, 5]])
    with pytest.raises(ti.ModelError, match="nothing can be scaled"):
        reconcile([[0.0, 0.0], [0.0, 5.0]], [0.5, 5.0], method="proportional")


@pytest.mark.parametrize("error", [[-1.0, 1.0], [np.nan, 1.0]])
def test_an_error_that_is_no_number_of_at_least_zero_is_named(error):
    with pytest.raises(ti.ModelError, match=r"^error must be finite and at least 0"):
        reconcile([[1.0, 2.0], [3.0, 4.0]], [5.0, 5.0], error=error)


# --- Shapley ----------------------------------------------------------------------------------------------------------


def test_more_than_24_players_are_referred_to_sampled_orders():
    with pytest.raises(ti.ModelError, match="25 players; at most 24"):
        shapley_values(np.broadcast_to(0.0, 1 << 25))


def test_who_is_idle_at_both_ends_but_not_between_keeps_a_share():
    players, idle = 7, 1 << 4
    game = np.random.default_rng(3).lognormal(0, 1, size=(1 << players, 2))
    without = np.array([who for who in range(1 << players) if not who & idle])
    game[without + idle] = game[without]
    assert (signed_weights(players) @ game)[4].all()  # rounding alone does not make it zero
    game[(1 << 0) + idle, 1] += 42.0  # worth it only as second with the first player: w(1) = 1! 5! / 7! = 1 / 42
    shares = shapley_values(game)
    assert shares[4, 0] == 0.0
    assert shares[4, 1] == pytest.approx(1.0)


def test_numbers_without_draws_make_one_draw():
    given = {"value": [60.0, 40.0], "cost_if_fallen": [1.1, 1.0], "open_if_fallen": [1.0, 0.5]}
    rates = {"collected": [0.2, 0.1], "levy": [0.05, 0.04], "theta": 4.0, "phi": 2.0, "epsilon": 1.0}
    period = StaticPeriod(group=["a", "a"], **given, **rates)
    loss, gain = period.ledgers()
    assert loss.shape == gain.shape == (4, 1)
    a = [1.1**-4, 0.5]
    for row, fallen in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        drawn = [v * (x if f else 1) for v, x, f in zip((60, 40), a, fallen, strict=True)]
        trade = [d * (sum(drawn) / 100) ** (1 / 4 - 1) for d in drawn]  # one group: Y ** (epsilon / theta)
        government = sum(r * t for r, t, f in zip((0.2, 0.1), trade, fallen, strict=True) if not f)
        assert loss[row, 0] == pytest.approx(60 * 0.2 + 40 * 0.1 - government)
        assert gain[row, 0] == pytest.approx(
            sum(t * m for t, m, f in zip(trade, (0.05, 0.04), fallen, strict=True) if f)
        )


@pytest.mark.parametrize("one", [{"value": -1.0}, {"cost_if_fallen": 0.0}, {"open_if_fallen": -0.1}])
def test_one_number_out_of_range_among_good_ones_is_refused(one):
    given = {"value": [5.0, 3.0], "cost_if_fallen": [1.2, 1.3], "open_if_fallen": [1.0, 0.5]}
    given |= {name: [x, given[name][1]] for name, x in one.items()}
    rest = {"collected": [0.1, 0.1], "levy": [0.05, 0.05], "theta": 5.0, "phi": 2.0, "epsilon": 1.0}
    with pytest.raises(ti.ModelError, match="value is at least 0"):
        StaticPeriod(group=["a", "a"], **given, **rest).ledgers()


# --- structural model of a series -------------------------------------------------------------------------------------


def test_a_ratio_weighs_what_the_likelihood_has_over_all_variances():
    months = np.arange(30)
    series = np.log(100 + 5 * np.sin(months) + np.random.default_rng(5).normal(0, 2, 30))
    model = _model(series, None, False)
    weights, squares, freedom = _variances(model, 30)
    assert freedom == 29
    logs = np.linspace(-14, -4, 70)
    few = [0, 12]
    integrals = []
    for i in few:
        at = np.array([float(model.loglike(np.array([v, v * RATIOS[i] ** 2]))) for v in np.exp(logs)])
        integrals.append(np.trapezoid(np.exp(at - 50.0), logs))
        peak = np.exp(logs[np.argmax(at)])  # the likelihood is largest at squares / freedom
        assert np.log(squares[i] / freedom / peak) == pytest.approx(0.0, abs=logs[1] - logs[0])
    np.testing.assert_allclose(weights[few] / weights[0], np.array(integrals) / integrals[0], rtol=1e-6)


def test_a_drift_and_a_season_are_fitted_from_two_full_cycles_on():
    whole = 100.0 + np.random.default_rng(2).normal(0, 1, 24)
    assert fit_structural(whole, np.zeros(24)).seasonal
    assert not fit_structural(whole[1:], np.zeros(23)).seasonal
    gap = np.concatenate([[np.nan], whole])
    assert fit_structural(gap, np.zeros(25)).seasonal


def test_no_more_than_a_tenth_of_the_months_is_left_out_however_odd():
    log = np.random.default_rng(4).normal(4.0, 1e-3, 23)
    log[[5, 11, 17]] += [4.0, 0.8, 0.16]
    assert fit_structural(np.exp(log), np.zeros(23)).outliers == (5, 11)
    assert fit_structural(np.exp(np.append(log, np.full(7, 4.0))), np.zeros(30)).outliers == (5, 11, 17)


@pytest.mark.parametrize("unit", [1.0, 1e-6])
def test_the_level_of_a_series_is_without_its_holidays_in_any_money(unit):
    month = np.arange(48)
    holiday = np.where(month % 11 == 4, 0.3, 0.0)
    level = 5.0 + 0.01 * month + 0.2 * np.cos(2 * np.pi * month / 12)
    noise = np.random.default_rng(6).normal(0, 1e-3, 48)
    fit = fit_structural(unit * np.exp(level - 0.5 * holiday + noise), holiday)
    assert fit.observed == 48
    assert fit.holiday
    assert fit.holiday_effect == pytest.approx(-0.5, abs=0.01)
    np.testing.assert_allclose(fit.level, level + np.log(unit), atol=4e-3)


def test_paths_without_shocks_go_on_with_drift_season_and_the_holidays_to_come():
    month = np.arange(60)
    level = 5.0 + 0.01 * month + 0.2 * np.cos(2 * np.pi * month / 12)
    holiday = np.where(month % 11 == 4, 0.3, 0.0)
    log = level - 0.5 * holiday + np.random.default_rng(6).normal(0, 1e-3, 60)
    fit = fit_structural(np.exp(log[:48]), holiday[:48])
    path = fit.paths(np.zeros((fit.scores_needed(12), 1)), holiday[48:])
    np.testing.assert_allclose(path[:, 0], (level - 0.5 * holiday)[48:], atol=8e-3)


# --- tariff -----------------------------------------------------------------------------------------------------------


def test_everything_may_leak_or_be_kept_from_the_books():
    duty = [Charge("duty", 0.1)]
    assert three_views(100.0, duty, 0.0, 1.0)["collected"] == 0.0
    assert three_views(100.0, duty, 1.0, 0.0)["declared"] == 0.0


def test_one_negative_value_among_good_ones_is_refused():
    with pytest.raises(ti.ModelError, match="declared value"):
        cascade([100.0, -1.0], [Charge("duty", 0.1)])


# --- trade ------------------------------------------------------------------------------------------------------------


def test_no_ceiling_at_all_on_a_shut_crossing_leaves_it_shut():
    found = trade_response([60.0, 40.0], ["a", "a"], [1, 1], [1, 0], theta=5, phi=2, epsilon=0, ceiling=[1.2, np.inf])
    assert found == pytest.approx([72.0, 0.0])


def test_one_row_stands_for_every_crossing():
    each = trade_response([60.0, 40.0], ["a", "a"], [1.1, 1.1], [1, 0.5], theta=5, phi=2, epsilon=1)
    once = trade_response([60.0, 40.0], ["a", "a"], [1.1], [1, 0.5], theta=5, phi=2, epsilon=1)
    np.testing.assert_array_equal(once, each)


@pytest.mark.parametrize("name", ["theta", "phi", "epsilon"])
def test_one_missing_elasticity_among_good_ones_is_refused(name):
    good = {"theta": [5.0, 5.0], "phi": [2.0, 2.0], "epsilon": [1.0, 1.0]}
    with pytest.raises(ti.ModelError, match=f"{name} is not finite"):
        trade_response(np.ones((1, 2)), ["a"], [1], [1], **good | {name: [good[name][0], np.nan]})
