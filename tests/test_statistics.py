"""Summaries of draws: weighted quantiles that are numpy's for equal weights, and an error that is about right."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tradeimpact.engine.sampling import REPLICATES, Marginal, Sampler
from tradeimpact.statistics import COLUMNS, HIGH, LOW, describe, mc_error, mean, quantiles

POINTS = (0.0, 0.05, 0.25, 0.5, 0.9, 0.95, 1.0)
numbers = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60).map(np.array)


# --- quantiles ------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(numbers, st.floats(1e-6, 1e6))
def test_equal_weights_of_any_size_give_the_linear_rule_of_numpy(x, weight):
    expected = np.quantile(x, POINTS)
    scale = np.abs(x).max() + 1e-300
    np.testing.assert_allclose(quantiles(x, POINTS), expected, rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(quantiles(x, POINTS, np.full(len(x), weight)), expected, rtol=0, atol=1e-9 * scale)


@settings(max_examples=100, deadline=None)
@given(numbers, st.data())
def test_quantiles_rise_with_their_point_and_stay_inside_the_draws(x, data):
    weights = np.array(data.draw(st.lists(st.just(0.0) | st.floats(0.01, 10), min_size=len(x), max_size=len(x))))
    assume(weights.sum() > 0)
    found = quantiles(x, POINTS, weights)
    assert (np.diff(found) >= 0).all()
    kept = x[weights > 0]
    assert kept.min() <= found[0] <= found[-1] <= kept.max()


@settings(max_examples=100, deadline=None)
@given(numbers, st.data())
def test_a_draw_without_weight_might_as_well_not_be_there(x, data):
    weights = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(x), max_size=len(x))))
    assume(weights.sum() > 0)
    np.testing.assert_allclose(quantiles(x, POINTS, weights), np.quantile(x[weights > 0], POINTS), atol=1e-3, rtol=1e-9)


def test_whole_weights_are_about_as_good_as_writing_a_draw_down_several_times():
    generator = np.random.default_rng(1)
    x, weights = generator.normal(size=4000), generator.integers(1, 5, size=4000)
    points = (0.05, 0.25, 0.5, 0.75, 0.95)
    repeated = np.quantile(np.repeat(x, weights), points)
    np.testing.assert_allclose(quantiles(x, points, weights.astype(float)), repeated, atol=0.01)


def test_weights_move_the_quantiles_to_the_weighted_distribution():
    # a uniform density weighted by x has its quantiles at the square root of the point
    x = (np.arange(2000) + 0.5) / 2000
    np.testing.assert_allclose(quantiles(x, (0.05, 0.5, 0.95), x), np.sqrt((0.05, 0.5, 0.95)), atol=2e-3)


def test_all_the_weight_on_one_draw_gives_that_draw_at_every_point():
    weights = np.zeros(20)
    weights[7] = 3.0
    assert set(quantiles(np.arange(20.0), POINTS, weights)) == {7.0}


def test_missing_draws_are_left_out_with_and_without_weights():
    x = np.array([np.nan, 1.0, 2.0, np.nan, 3.0, 10.0])
    expected = np.quantile([1.0, 2.0, 3.0, 10.0], POINTS)
    np.testing.assert_allclose(quantiles(x, POINTS), expected)
    np.testing.assert_allclose(quantiles(x, POINTS, np.ones(6)), expected)
    assert mean(x) == 4.0
    assert mean(x, np.array([5.0, 1, 1, 5, 1, 0])) == 2.0


def test_nothing_but_missing_draws_is_missing_and_does_not_warn():
    x = np.full((2, 16), np.nan)
    x[1] = 4.0
    for weights in (None, np.ones(16)):
        found = quantiles(x, (0.05, 0.5), weights)
        assert np.isnan(found[:, 0]).all()
        assert (found[:, 1] == 4).all()
        assert np.isnan(mean(x, weights)[0])
        table = describe({"none": x[0], "four": x[1]}, weights)
        assert table.loc["none"].isna().all()
        assert list(table.loc["four"]) == [4, 4, 4, 4, 0]


def test_leading_axes_are_kept_in_their_order():
    x = np.random.default_rng(2).normal(size=(3, 4, 50))
    for weights in (None, np.ones(50)):
        found = quantiles(x, (0.1, 0.5), weights)
        assert found.shape == (2, 3, 4)
        np.testing.assert_allclose(found[1, 2, 1], np.median(x[2, 1]))
        assert mean(x, weights).shape == (3, 4)
        assert mc_error(x, weights).shape == (3, 4)


def test_the_weighted_mean_is_that_of_numpy():
    generator = np.random.default_rng(3)
    x, weights = generator.normal(size=(3, 40)), generator.random(40)
    np.testing.assert_allclose(mean(x, weights), np.average(x, axis=1, weights=weights))
    np.testing.assert_allclose(mean(x), x.mean(axis=1))


# --- tables ---------------------------------------------------------------------------------------------------


def test_a_summary_has_every_column_and_a_row_for_each_line_in_order():
    x = np.random.default_rng(4).normal(size=(2, 400))
    table = describe({"second": x[1], "first": x[0]})
    assert tuple(table.columns) == COLUMNS == ("mean", "median", "low", "high", "mc_error")
    assert list(table.index) == ["second", "first"]
    row = table.loc["first"]
    assert row["mean"] == pytest.approx(x[0].mean())
    assert list(row[["low", "median", "high"]]) == pytest.approx(list(np.quantile(x[0], (LOW, 0.5, HIGH))))
    assert (LOW, HIGH) == (0.05, 0.95)
    assert row["mc_error"] == pytest.approx(float(mc_error(x[0])))


def test_equal_weights_leave_the_whole_summary_as_it_is():
    x = {"a": np.random.default_rng(5).normal(size=100)}
    np.testing.assert_allclose(describe(x, np.full(100, 0.01)), describe(x), rtol=1e-9)


# --- Monte Carlo error ----------------------------------------------------------------------------------------


def simulated(seed, count):
    """Sum of five assumptions, 256 draws a block."""
    names = "abcde"
    marginals = [Marginal(n, ((1.0, 1.0, 2.0, 5.0),), "lognormal") for n in names]
    sampler = Sampler(marginals, [], {}, seed)
    parts = [sampler.block(number) for number in range(count)]
    return np.concatenate([sum(p[n] for n in names) for p in parts])


def test_the_error_is_about_the_spread_of_the_median_over_seeds():
    runs = [simulated(seed, 2) for seed in range(60)]
    true = np.std([np.median(x) for x in runs], ddof=1)
    stated = np.mean([mc_error(x) for x in runs])
    assert true / 2 < stated < 2 * true


def test_the_error_shrinks_with_more_draws():
    few, many = (np.mean([mc_error(simulated(seed, count)) for seed in range(8)]) for count in (1, 16))
    assert many < few / 3


def test_the_error_is_of_the_median_in_the_unit_of_the_draws():
    x = simulated(1, 2)
    assert mc_error(1000 * x + 5) == pytest.approx(1000 * mc_error(x))
    assert mc_error(np.full(64, 3.0)) == 0


def test_too_few_draws_have_no_error_rather_than_a_wrong_one():
    assert np.isnan(mc_error(np.arange(2.0 * REPLICATES - 1)))
    assert np.isfinite(mc_error(np.arange(2.0 * REPLICATES)))


# --- weights far from equal -------------------------------------------------------------------------------------


def test_weighted_quantiles_of_mirrored_draws_are_mirrored():
    x, weights = np.arange(1000.0), np.full(1000, 0.5 / 999)
    weights[-1] = 0.5
    up, down = quantiles(x, (0.3, 0.5, 0.7), weights), quantiles(-x, (0.7, 0.5, 0.3), weights)
    np.testing.assert_allclose(up, -down)


def test_one_draw_that_outweighs_all_others_gives_itself_and_no_missing_value():
    assert quantiles(np.array([1.0, 2.0]), (0.5,), np.array([1e-30, 1.0]))[0] == pytest.approx(2.0)


def test_half_the_weight_on_the_largest_draw_puts_the_median_close_to_it():
    x, weights = np.arange(1000.0), np.full(1000, 0.5 / 999)
    weights[-1] = 0.5
    assert quantiles(x, (0.5,), weights)[0] > 900
