"""Shapley values: every order by brute force, the airport game, exactness, sampled orders, the static period."""

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tradeimpact as ti
from tradeimpact.model.shapley import marginals_by_size, member_bits
from tradeimpact.model.static_period import StaticPeriod

# Littlechild and Owen 1973: runway costs in pounds of aircraft types at Birmingham, 1968-69
AIRPORT = (65899, 76725, 95200, 97200, 97436, 98142, 102496, 104849, 113322, 115440, 117676)
# ... their landings and published charges per landing
LANDINGS = (42, 9555, 288, 303, 151, 1315, 505, 1128, 151, 112, 22)
CHARGES = (4.86, 5.66, 10.30, 10.85, 10.92, 11.13, 13.40, 15.07, 44.80, 60.61, 162.24)


def by_every_order(values):
    """Shapley's definition, one order of joining after the other."""
    table = np.asarray(values, dtype=float)
    n = len(table).bit_length() - 1
    total = np.zeros((n, *table.shape[1:]))
    for order in permutations(range(n)):
        here = 0
        for player in order:
            total[player] += table[here | 1 << player] - table[here]
            here |= 1 << player
    return total / factorial(n)


def airport_closed_form(costs, landings):
    """Each landing pays its part of every step of the runway it needs, shared by all landings that need it."""
    needed = np.cumsum(np.asarray(landings)[::-1])[::-1]
    return np.cumsum(np.diff(costs, prepend=0) / needed)


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(7)


def test_five_players_get_what_every_order_of_joining_gives_them(rng):
    game = rng.normal(size=(32, 40))
    np.testing.assert_allclose(ti.shapley_values(game), by_every_order(game), rtol=0, atol=1e-13)
    np.testing.assert_allclose(ti.shapley_values(game[:, 0]), by_every_order(game[:, 0]), rtol=0, atol=1e-13)


def test_the_closed_form_gives_the_published_airport_charges():
    np.testing.assert_allclose(airport_closed_form(AIRPORT, LANDINGS), CHARGES, atol=0.005)


def test_airport_game_in_bitmask_form_equals_its_closed_form():
    coalitions = np.arange(1 << len(AIRPORT))
    dearest = np.array([0, *AIRPORT])[[int(c).bit_length() for c in coalitions]]
    expected = airport_closed_form(AIRPORT, np.ones(len(AIRPORT)))
    np.testing.assert_allclose(ti.shapley_values(dearest), expected, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(arrays(float, st.sampled_from([(2, 3), (16, 2), (128, 3)]), elements=st.floats(-1e9, 1e9, width=32)))
def test_shares_add_up_to_the_total_in_every_draw(game):
    scale = np.abs(game).max(axis=0) + 1e-300
    gap = ti.shapley_values(game).sum(axis=0) - (game[-1] - game[0])
    assert (np.abs(gap) <= 1e-12 * scale).all()


def test_many_players_are_still_exact(rng):
    weights = rng.lognormal(size=(16, 3))
    game = member_bits(16).T.astype(float) @ weights  # additive: everyone gets their own weight
    np.testing.assert_allclose(ti.shapley_values(game + 5.0), weights, rtol=1e-9)


def test_symmetric_players_get_equal_shares(rng):
    size = np.bitwise_count(np.arange(1 << 10))
    shares = ti.shapley_values(rng.lognormal(size=(11, 20))[size])  # worth depends on how many take part alone
    np.testing.assert_allclose(shares, np.broadcast_to(shares.mean(axis=0), shares.shape), rtol=1e-10)


def test_idle_players_get_exactly_zero_whatever_the_others_do(rng):
    others = 1e9 * rng.normal(size=(1 << 7, 30))
    coalitions = np.arange(1 << 9)
    known = coalitions & 0b11 | coalitions >> 1 & 0b111100 | coalitions >> 2 & 0b1000000  # players 2 and 7 are idle
    shares = ti.shapley_values(others[known])
    assert (shares[[2, 7]] == 0.0).all()
    assert (np.delete(shares, [2, 7], axis=0) != 0.0).all()


def test_who_is_idle_in_one_draw_only_gets_zero_there_only(rng):
    game = rng.normal(size=(16, 2))
    game[8:, 0] = game[:8, 0]
    shares = ti.shapley_values(game)
    assert shares[3, 0] == 0.0
    assert shares[3, 1] != 0.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(6), "power of two"),
        ([1.0], "power of two"),
        (np.zeros((2, 2, 2)), "shape"),
        ([0.0, np.nan, 1.0, 2.0], "missing or infinite"),
        ([0.0, np.inf, 1.0, 2.0], "missing or infinite"),
    ],
)
def test_what_is_no_game_is_an_error_that_says_what_is_expected(values, words):
    with pytest.raises(ti.ModelError, match=words):
        ti.shapley_values(values)


def test_worth_of_joining_by_size_runs_from_alone_to_last_and_averages_to_the_share(rng):
    game = rng.normal(size=(64, 5))
    by_size = marginals_by_size(game)
    single = 1 << np.arange(6)
    np.testing.assert_allclose(by_size[:, 0], game[single] - game[0], atol=1e-12)
    np.testing.assert_allclose(by_size[:, -1], game[-1] - game[63 ^ single], atol=1e-12)
    np.testing.assert_allclose(by_size.mean(axis=1), by_every_order(game), atol=1e-12)


# --- sampled orders ---------------------------------------------------------------------------------------------------


def worth_of(game):
    return lambda who: game[who @ (1 << np.arange(who.shape[1]))]


def test_sampled_orders_agree_with_exact_within_their_stated_error(rng):
    n, draws = 8, 25
    game = np.cumsum(rng.exponential(size=(1 << n, draws)), axis=0)
    values, error = ti.sampled_shapley(worth_of(game), n, permutations=256, rng=3)
    score = (values - ti.shapley_values(game)) / error
    assert (error > 0).all()
    assert np.abs(score).max() < 4.5  # 200 standardised misses
    assert 0.7 < score.std() < 1.3
    np.testing.assert_allclose(values.sum(axis=0), game[-1] - game[0], rtol=1e-12)


def test_the_stated_error_shrinks_with_the_root_of_the_orders(rng):
    game = rng.lognormal(size=(1 << 9, 40))
    few, many = (ti.sampled_shapley(worth_of(game), 9, permutations=p, rng=1)[1].mean() for p in (100, 1600))
    assert few / many == pytest.approx(4.0, rel=0.2)


def test_twenty_players_whose_shares_are_known_are_found():
    weights = np.linspace(1.0, 3.0, 20)

    def worth(who):  # additive plus a pair that is worth 10 together: five each
        return who @ weights + 10.0 * (who[:, 0] & who[:, 1])

    values, error = ti.sampled_shapley(worth, 20, permutations=400, rng=0)
    expected = weights + np.array([5.0, 5.0, *[0.0] * 18])
    # in an order or its reverse the later of the pair brings the ten: antithetic orders leave no error at all
    np.testing.assert_allclose(values, expected, atol=1e-12)
    assert (error < 1e-12).all()


def test_the_seed_decides_and_zero_is_a_seed(rng):
    game = rng.normal(size=1 << 7)
    first, again, other = (ti.sampled_shapley(worth_of(game), 7, permutations=20, rng=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_idle_players_get_zero_from_sampled_orders_too(rng):
    game = rng.normal(size=1 << 6)
    values, error = ti.sampled_shapley(lambda who: worth_of(game)(who[:, :6]), 18, permutations=20, rng=0)
    assert (values[6:] == 0.0).all()
    assert (error[6:] == 0.0).all()


@pytest.mark.parametrize(
    ("players", "orders", "words"),
    [(0, 8, "players=0"), (3, 2, "permutations=2"), (3, 7, "pairs"), (True, 8, "players=True"), (2.5, 8, "players")],
)
def test_numbers_that_make_no_sense_are_refused(players, orders, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.sampled_shapley(lambda who: who.sum(axis=1), players, permutations=orders)


def test_a_worth_of_the_wrong_shape_is_refused():
    with pytest.raises(ti.TradeImpactError, match="shape"):
        ti.sampled_shapley(lambda who: np.zeros(3), 5, permutations=8, rng=0)


# --- static period ----------------------------------------------------------------------------------------------------

GROUPS = ["iran", "pakistan", "iran", "uzbekistan", "pakistan", "iran", "tajikistan"]


def period(rng, groups=GROUPS, draws=6, **changes):
    n = len(groups)
    values = {
        "value": rng.lognormal(size=(n, draws)),
        "group": groups,
        "cost_if_fallen": rng.uniform(1.0, 1.3, (n, draws)),
        "open_if_fallen": rng.uniform(0.0, 1.0, (n, draws)),
        "collected": rng.uniform(0.05, 0.2, (n, draws)),
        "levy": rng.uniform(0.0, 0.05, (n, draws)),
        "theta": rng.uniform(5.0, 9.0, draws),
        "phi": rng.uniform(2.0, 4.0, draws),
        "epsilon": rng.uniform(0.0, 2.0, draws),
    }
    return values | changes


def coalition_by_coalition(p):
    """The trade response of the library called once for every coalition."""
    n = len(p["group"])
    loss, gain = [], []
    for coalition in range(1 << n):
        fallen = np.array([coalition >> i & 1 for i in range(n)], dtype=bool)[:, None]
        trade = ti.trade_response(
            p["value"], p["group"], np.where(fallen, p["cost_if_fallen"], 1.0),
            np.where(fallen, p["open_if_fallen"], 1.0), theta=p["theta"], phi=p["phi"], epsilon=p["epsilon"],
        )  # fmt: skip
        loss.append((p["collected"] * (p["value"] - trade * ~fallen)).sum(axis=0))
        gain.append((p["levy"] * trade * fallen).sum(axis=0))
    return np.array(loss), np.array(gain)


@pytest.mark.parametrize("groups", [GROUPS, ["a"] * 5, list("abcd"), ["only"]])
def test_a_static_period_equals_the_response_called_for_every_coalition(rng, groups):
    p = period(rng, groups)
    loss, gain = StaticPeriod(**p).ledgers()
    slow_loss, slow_gain = coalition_by_coalition(p)
    np.testing.assert_allclose(loss, slow_loss, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(gain, slow_gain, rtol=1e-10, atol=1e-12)
    assert (loss[0] == 0).all()
    assert (gain[0] == 0).all()


def test_shares_of_a_static_period_are_those_of_its_table(rng):
    p = StaticPeriod(**period(rng, ["iran", "turkmenistan", *GROUPS, "pakistan", "tajikistan"], draws=70))
    for shares, table in zip(p.shapley(), p.ledgers(), strict=True):
        np.testing.assert_allclose(shares, ti.shapley_values(table), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(shares.sum(axis=0), table[-1], rtol=1e-9)


def test_equal_crossings_of_one_group_share_equally_and_one_without_trade_gets_zero(rng):
    p = period(rng)
    for name in ("value", "cost_if_fallen", "open_if_fallen", "collected", "levy"):
        p[name][5] = p[name][0]
    p["value"][3] = 0.0
    loss, gain = StaticPeriod(**p).shapley()
    np.testing.assert_allclose(loss[0], loss[5], rtol=1e-10)
    np.testing.assert_allclose(gain[0], gain[5], rtol=1e-10)
    assert (loss[3] == 0.0).all()
    assert (gain[3] == 0.0).all()
    assert (ti.shapley_values(StaticPeriod(**p).ledgers()[0])[3] == 0.0).all()


def test_everything_shut_is_the_whole_baseline_lost_and_nothing_gained(rng):
    p = period(rng, open_if_fallen=0.0 * np.ones((len(GROUPS), 1)))
    loss, gain = StaticPeriod(**p).ledgers()
    np.testing.assert_allclose(loss[-1], (p["collected"] * p["value"]).sum(axis=0), rtol=1e-12)
    assert (gain == 0).all()


def test_substitutes_cost_more_together_than_one_by_one(rng):
    p = period(rng, ["iran", "iran"], cost_if_fallen=np.ones((2, 1)), open_if_fallen=np.zeros((2, 1)))
    loss, _ = StaticPeriod(**p).ledgers()
    assert (loss[3] > loss[1] + loss[2]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cost_if_fallen": np.zeros(7)}, "above 0"),
        ({"open_if_fallen": np.full(7, 1.1)}, "between 0 and 1"),
        ({"value": np.ones(5)}, "value has shape"),
        ({"levy": np.full(7, np.nan)}, "missing"),
        ({"phi": 20.0}, "ordered"),
    ],
)
def test_a_static_period_out_of_range_names_what_is_wrong(rng, changes, words):
    with pytest.raises(ti.ModelError, match=words):
        StaticPeriod(**period(rng, **changes)).ledgers()
