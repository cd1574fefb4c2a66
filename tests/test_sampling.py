"""Draws: draw n is a function of (seed, n) alone, and what is drawn has the quantiles, weights and links asked for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

import tradeimpact as ti
from tradeimpact import DrawError
from tradeimpact.engine.blocks import BLOCK, blocks
from tradeimpact.engine.sampling import (
    FIVE_PER_CENT,
    MAX_DAYS,
    REPLICATES,
    Marginal,
    Sampler,
    ordered_elasticities,
    quantile,
    seed_of,
    uniform_days,
    uniforms,
)

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
ELASTICITIES = {"theta": (3.0, 5.5, 9.0), "phi": (1.5, 2.7, 5.0), "epsilon": (0.3, 1.0, 2.0)}


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


def marginal(name, low=1.0, best=2.0, high=4.0, distribution="lognormal", group="", sign=1):
    return Marginal(name, ((1.0, low, best, high),), distribution, group, sign)


def drawn(marginals, count=16, *, seed=1, correlations=None, scores=()):
    sampler = Sampler(marginals, list(scores), correlations or {}, seed)
    parts = [sampler.block(number) for number in range(count)]
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def ran(case, draws, rng=1):
    window = {"start": "2001-06-05", "end": "2001-06-20"}
    return ti.simulate(case, case.as_reported(), **window, draws=draws, rng=rng)


# --- draw n is a function of (seed, n) alone ------------------------------------------------------------------


def test_fewer_draws_are_the_first_of_more_over_the_borders_of_blocks(case):
    results = {n: ran(case, n) for n in (1, 100, 256, 257, 1000)}
    most, most_drawn = results[1000].draws(), results[1000].drawn()
    for n, result in results.items():
        assert result.count == n
        pd.testing.assert_frame_equal(result.draws(), most.iloc[:n], check_exact=True)
        pd.testing.assert_frame_equal(result.drawn(), most_drawn.iloc[:n], check_exact=True)


def test_blocks_asked_for_out_of_order_or_twice_give_the_same_numbers():
    marginals = [marginal("a"), marginal("b", group="g"), marginal("c", group="g", sign=-1)]
    ordered = Sampler(marginals, ["x"], {"g": 0.5}, 3)
    expected = [ordered.block(number) for number in range(4)]
    shuffled = Sampler(marginals, ["x"], {"g": 0.5}, 3)
    for number in (2, 3, 0, 2, 1, 1):
        for name, values in shuffled.block(number).items():
            np.testing.assert_array_equal(values, expected[number][name])


def test_a_seed_always_gives_the_same_draws_and_another_gives_others():
    first, again, other = (drawn([marginal("a")], 2, seed=seed)["a"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(other, first).any()


def test_no_draw_comes_twice():
    values = drawn([marginal("a")], 8)["a"]
    assert len(np.unique(values)) == 8 * BLOCK


def test_each_scramble_alone_covers_the_distribution_evenly():
    u = ndtr(drawn([], 8, scores=["x"])["x"])
    for replicate in range(REPLICATES):
        part = np.sort(u[replicate::REPLICATES])
        # a Sobol sequence of 256 points has one in each of 256 equal strips
        np.testing.assert_array_equal(np.floor(part * len(part)), np.arange(len(part)))


def test_blocks_cut_the_last_one_and_refuse_a_bad_number_of_draws():
    assert list(blocks(1)) == [(0, 1)]
    assert list(blocks(BLOCK)) == [(0, BLOCK)]
    assert list(blocks(2 * BLOCK + 1)) == [(0, BLOCK), (1, BLOCK), (2, 1)]
    for bad in (0, -1, 2.0, True, "100", None):
        with pytest.raises(DrawError, match="whole number of at least 1"):
            list(blocks(bad))


# --- rng ------------------------------------------------------------------------------------------------------


def test_an_int_is_the_seed_and_zero_is_one_of_them(case):
    assert seed_of(0) == 0
    assert seed_of(np.int64(7)) == 7
    zero = ran(case, 16, rng=0)
    assert zero.seed == 0
    pd.testing.assert_frame_equal(zero.draws(), ran(case, 16, rng=0).draws(), check_exact=True)
    assert not zero.draws().equals(ran(case, 16, rng=1).draws())


def test_a_generator_gives_a_seed_and_moves_on():
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    first, second = seed_of(one), seed_of(one)
    assert first != second
    assert seed_of(two) == first


def test_none_gives_a_fresh_seed_which_the_result_reports_for_a_repeat(case):
    fresh, other = ran(case, 16, rng=None), ran(case, 16, rng=None)
    assert fresh.seed != other.seed
    pd.testing.assert_frame_equal(ran(case, 16, rng=fresh.seed).draws(), fresh.draws(), check_exact=True)


@pytest.mark.parametrize("rng", [-1, 1.0, True, "1", np.random.RandomState(1)])
def test_anything_else_is_no_rng(rng):
    with pytest.raises(DrawError, match="rng"):
        seed_of(rng)


# --- quantile functions ---------------------------------------------------------------------------------------

RANGES = [
    ("normal", -3.0, 1.0, 2.0),
    ("lognormal", 0.02, 0.08, 0.25),
    ("logitnormal", 0.05, 0.2, 0.6),
    ("uniform", 0.5, 0.75, 1.0),
    ("loguniform", 1.0, 10.0, 100.0),
]


@pytest.mark.parametrize(("distribution", "low", "best", "high"), RANGES)
def test_low_best_and_high_are_the_5_50_and_95_per_cent_points_exactly(distribution, low, best, high):
    z = np.array([-FIVE_PER_CENT, 0.0, FIVE_PER_CENT])
    np.testing.assert_allclose(quantile(distribution, low, best, high, z), [low, best, high], rtol=1e-12)
    np.testing.assert_allclose(ndtr(z), [0.05, 0.5, 0.95], rtol=1e-12)


@pytest.mark.parametrize(("distribution", "low", "best", "high"), RANGES)
def test_low_best_and_high_are_those_points_of_the_draws_too(distribution, low, best, high):
    values = drawn([marginal("a", low, best, high, distribution)])["a"]
    for point, share in ((low, 0.05), (best, 0.5), (high, 0.95)):
        assert np.mean(values <= point) == pytest.approx(share, abs=0.002)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["normal", "lognormal", "logitnormal", "uniform", "loguniform"]),
    st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3).map(sorted),
    st.lists(st.floats(-5, 5), min_size=2, max_size=8).map(sorted),
)
def test_a_higher_score_never_gives_a_lower_value_and_shares_stay_shares(distribution, points, scores):
    values = quantile(distribution, *points, np.array(scores))
    assert (np.diff(values) >= -1e-12).all()
    if distribution == "logitnormal" and points[0] < points[2]:
        assert ((values > 0) & (values < 1)).all()
    if distribution in ("lognormal", "loguniform"):
        assert (values > 0).all()


def test_no_spread_gives_the_best_value_to_every_draw():
    z = np.linspace(-3, 3, 7)
    assert (quantile("lognormal", 0.0, 0.0, 0.0, z) == 0).all()
    assert (quantile("fixed", 1.0, 2.0, 3.0, z) == 2).all()


# --- correlation ----------------------------------------------------------------------------------------------


def test_correlation_asked_for_is_the_correlation_of_the_scores_drawn():
    rho = 0.5
    marginals = [marginal(n, distribution="normal", group="g", low=-1, best=0, high=1) for n in "abc"]
    marginals += [marginal("d", -1, 0, 1, "normal", "g", sign=-1), marginal("e", -1, 0, 1, "normal")]
    values = drawn(marginals, correlations={"g": rho})
    found = np.corrcoef([values[n] for n in "abcde"])
    wanted = np.full((5, 5), rho)
    wanted[3] *= -1
    wanted[:, 3] *= -1
    wanted[4], wanted[:, 4] = 0, 0
    np.fill_diagonal(wanted, 1)
    # 4096 plain draws would leave an error of 0.012 on a correlation of 0.5
    np.testing.assert_allclose(found, wanted, atol=0.03)


def test_correlation_leaves_every_distribution_as_it_was():
    values = drawn([marginal("a", group="g"), marginal("b", group="g")], correlations={"g": 0.8})
    for name in "ab":
        np.testing.assert_allclose(np.quantile(values[name], (0.05, 0.5, 0.95)), (1, 2, 4), rtol=0.02)


def test_the_groups_of_a_case_reach_its_draws(case):
    table = ran(case, 1000).drawn()
    ranks = table[["friction_threat", "insecurity_sensitivity", "theta"]].rank().corr()
    # the rank correlation of a normal copula is 6 / pi asin(rho / 2)
    assert ranks.iloc[0, 1] == pytest.approx(6 / np.pi * np.arcsin(0.25), abs=0.06)
    assert abs(ranks.iloc[0, 2]) < 0.1


def test_an_impossible_correlation_names_its_group():
    with pytest.raises(DrawError, match="correlation group 'g'"):
        Sampler([marginal("a", group="g"), marginal("b", group="g")], [], {"g": 1.5}, 1)


# --- structural alternatives ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_options_are_taken_as_often_as_their_weights_say_whatever_their_sum(scale):
    weights = np.array([0.2, 0.5, 0.3])
    options = tuple((w * scale, 10.0**k, 2 * 10.0**k, 3 * 10.0**k) for k, w in enumerate(weights))
    values = drawn([Marginal("a", options, "uniform")])
    taken = values["a:option"].astype(int)
    np.testing.assert_allclose(np.bincount(taken) / len(taken), weights, atol=0.01)
    np.testing.assert_array_equal(np.floor(np.log10(values["a"] / 0.8)).astype(int), taken)


def test_an_option_without_weight_is_never_taken():
    values = drawn([Marginal("a", ((1.0, 1, 2, 3), (0.0, 10, 20, 30)), "normal")])
    assert (values["a:option"] == 0).all()


# --- elasticities in order ------------------------------------------------------------------------------------


def of_elasticities(**changed):
    ranges = ELASTICITIES | changed
    return {name: marginal(name, *ranges[name]) for name in ranges}


def test_elasticities_are_in_order_in_every_draw_and_untouched_where_they_were():
    marginals = of_elasticities(phi=(1.0, 3.0, 9.0))
    sampler = Sampler(list(marginals.values()), ["x"], {}, 4)
    mended = 0
    for number in range(4):
        raw = sampler.block(number)
        done = ordered_elasticities(raw, marginals, 4, number)
        assert (done["theta"] >= done["phi"]).all()
        assert (done["phi"] >= done["epsilon"]).all()
        right = (raw["theta"] >= raw["phi"]) & (raw["phi"] >= raw["epsilon"])
        mended += int((~right).sum())
        for name in marginals:
            np.testing.assert_array_equal(done[name][right], raw[name][right])
        np.testing.assert_array_equal(done["x"], raw["x"])
        again = ordered_elasticities(sampler.block(number), marginals, 4, number)
        np.testing.assert_array_equal(done["phi"], again["phi"])
    assert mended > 50


def test_ranges_that_leave_no_order_are_refused_by_name():
    marginals = of_elasticities(epsilon=(20.0, 30.0, 40.0))
    raw = Sampler(list(marginals.values()), [], {}, 1).block(0)
    with pytest.raises(DrawError, match=r"theta .*3\.0.*phi .*1\.5.*epsilon .*20\.0.*widen or move them"):
        ordered_elasticities(raw, marginals, 1, 0)


def test_equal_elasticities_are_in_order():
    marginals = {name: marginal(name, 2.0, 2.0, 2.0) for name in ELASTICITIES}
    raw = Sampler(list(marginals.values()), [], {}, 1).block(0)
    assert all((x == 2).all() for x in ordered_elasticities(raw, marginals, 1, 0).values())


# --- uniforms -------------------------------------------------------------------------------------------------


def test_uniforms_lie_strictly_inside_0_and_1_and_are_uniform():
    u = np.concatenate([uniforms(1, "level/0", block) for block in range(20)])
    assert ((u > 0) & (u < 1)).all()
    assert len(np.unique(u)) == len(u)
    steps = np.abs(np.sort(u) - (np.arange(len(u)) + 0.5) / len(u)).max()
    assert steps < 1.63 / np.sqrt(len(u))  # Kolmogorov's distance at 1 %


def test_uniforms_depend_on_seed_stream_and_block_and_on_nothing_else():
    u = uniforms(1, "a", 2)
    np.testing.assert_array_equal(u, uniforms(1, "a", 2))
    for other in (uniforms(2, "a", 2), uniforms(1, "b", 2), uniforms(1, "a", 3)):
        assert not np.isin(other, u).any()


def test_streams_are_independent_of_each_other():
    streams = [np.concatenate([uniforms(seed, s, b) for b in range(16)]) for seed in (0, 1) for s in ("a", "b", "a/1")]
    links = np.corrcoef(streams) - np.eye(len(streams))
    assert np.abs(links).max() < 4 / np.sqrt(16 * BLOCK)


# --- what stays when something is added -------------------------------------------------------------------------


def test_a_further_crossing_leaves_the_draws_of_the_general_assumptions_as_they_were():
    general = [marginal("a"), marginal("b")]
    extended = drawn([*general, marginal("b.new_gate"), marginal("trucks.new_gate")], 2)
    for name, values in drawn(general, 2).items():
        np.testing.assert_array_equal(values, extended[name])


def test_options_and_overrides_move_nothing_but_themselves():
    general = [marginal("a"), marginal("b"), marginal("c")]
    plain = drawn(general, 2, scores=["x", "y"])
    with_options = Marginal("b", ((0.5, 1.0, 2.0, 4.0), (0.5, 2.0, 3.0, 5.0)), "lognormal")
    changed = drawn([general[0], with_options, general[2], marginal("a.gate", 5, 6, 7)], 2, scores=["x", "y"])
    for name in ("a", "c", "x", "y"):
        np.testing.assert_array_equal(plain[name], changed[name])
    # the first option of b is b as it was, where it is taken
    first = changed["b:option"] == 0
    np.testing.assert_array_equal(plain["b"][first], changed["b"][first])


def test_one_crossing_more_or_less_leaves_the_draws_of_the_others_alone(case):
    changed = case.assume({"gap.north_gate": (0.2, 0.3, 0.4), "levy_per_truck.east_gate": 7.0})
    plain, other = ran(case, 64).drawn(), ran(changed, 64).drawn()
    # the option of the assumption with alternatives stands behind the overrides' like ranks and may move by itself
    same = [name for name in plain if name in other]
    pd.testing.assert_frame_equal(plain[same], other[same], check_exact=True)
    assert set(other) - set(plain) == {"gap.north_gate", "levy_per_truck.east_gate"}


# --- elasticities under redraws -----------------------------------------------------------------------------------


def test_redrawn_elasticities_stay_with_the_alternative_that_was_drawn():
    marginals = of_elasticities()
    marginals["phi"] = Marginal("phi", ((1.0, 1.0, 2.0, 4.0), (1.0, 5.0, 5.5, 6.0)), "lognormal")
    sampler = Sampler(list(marginals.values()), [], {}, 1)
    raw = sampler.block(0)
    done = ordered_elasticities(raw, marginals, 1, 0)
    second = done["phi:option"] == 1
    assert (done["phi"][second] > 4.5).all()
    assert ((raw["theta"] < raw["phi"]) & second).sum() > 20


def test_an_elasticity_below_zero_is_redrawn():
    marginals = of_elasticities() | {"epsilon": marginal("epsilon", -0.5, 0.2, 1.0, "normal")}
    raw = Sampler(list(marginals.values()), [], {}, 1).block(0)
    assert (raw["epsilon"] < 0).sum() > 50
    done = ordered_elasticities(raw, marginals, 1, 0)
    assert (done["epsilon"] >= 0).all()
    assert (done["phi"] > 0).all()


def test_an_elasticity_that_is_never_positive_is_refused():
    marginals = of_elasticities(phi=(0.0, 0.0, 0.0), epsilon=(0.0, 0.0, 0.0))
    raw = Sampler(list(marginals.values()), [], {}, 1).block(0)
    with pytest.raises(DrawError, match="almost no room"):
        ordered_elasticities(raw, marginals, 1, 0)


# --- many days of one stream --------------------------------------------------------------------------------------


def test_day_streams_do_not_depend_on_how_many_days_are_asked_and_never_overlap_between_blocks():
    long = uniform_days(3, "path/0/a", 1, 400)
    assert long.shape == (400, BLOCK)
    np.testing.assert_array_equal(uniform_days(3, "path/0/a", 1, 30), long[:30])
    assert ((long > 0) & (long < 1)).all()
    for other in (uniform_days(3, "path/0/a", 2, 400), uniform_days(3, "path/0/b", 1, 400)):
        assert not np.isin(other, long).any()
    with pytest.raises(DrawError, match="8193 days asked of one stream; at most 8192"):
        uniform_days(3, "path/0/a", 0, MAX_DAYS + 1)


def test_a_whole_number_of_numpy_is_a_number_of_draws():
    assert list(blocks(np.int64(3))) == [(0, 3)]


@pytest.mark.parametrize("blocks", [(0,), (0, 1, 2), (5, 6), (3, 1), (2, 2), (7, 8, 10)])
def test_uniform_numbers_of_some_blocks_are_those_of_each(blocks):
    alone = [uniforms(4, "stream", block) for block in blocks]
    np.testing.assert_array_equal(uniforms(4, "stream", *blocks), np.concatenate(alone))
