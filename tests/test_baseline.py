"""The counterfactual baseline (MODEL section 3): adding up inside ranges, the level, inland houses."""

import inspect
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeimpact import TradeImpactError, load_case
from tradeimpact.drawn import annual_parts
from tradeimpact.engine.sampling import Sampler
from tradeimpact.inputs import prepare
from tradeimpact.model.baseline import (
    Constraint,
    Growth,
    fit_parts,
    inland_change,
    level_path,
    months_needed,
    random_walk_with_drift,
    seasonal_level,
    two_piece,
)

NORMAL_SCORE = {0.125: -1.1503493803760079, 0.5: 0.0, 0.875: 1.1503493803760079}


def exact(name, members, total):
    return Constraint(name, members, total, total, total, True)


def between(name, members, low, best, high):
    return Constraint(name, members, low, best, high, False)


# --- adding up --------------------------------------------------------------------------------------------


def test_the_published_reconciliation_of_a_total_with_its_parts():
    # MinT, EVIDENCE section 2: A = B + C at (100, 45, 50) with equal weights is (98.33, 46.67, 51.67). The total is a
    # range constraint whose own range is as wide as those of the parts, so that all three give way alike.
    start = np.array([[45.0], [50.0]])
    found = fit_parts(
        start,
        np.array([0.0, 0.0]),
        np.array([100.0, 100]),
        np.array([[100.0]]),
        [between("A", (0, 1), 50, 100, 150)],
        ["B", "C"],
    )
    np.testing.assert_allclose(found[:, 0], [45 + 5 / 3, 50 + 5 / 3], rtol=1e-10)
    assert found.sum() == pytest.approx(100 - 5 / 3, rel=1e-10)


def test_wide_ranges_give_way_and_narrow_ones_hold():
    # 12 too few; widths 1 and 3: the multiplier is shared as the squares, 1.2 and 10.8
    start = np.array([[50.0], [50.0]])
    found = fit_parts(
        start, np.array([49.0, 30]), np.array([59.0, 60]), np.array([[105.0]]), [exact("t", (0, 1), 105)], ["a", "b"]
    )
    np.testing.assert_allclose(found[:, 0], [50 + 5 * 100 / 1000, 50 + 5 * 900 / 1000], rtol=1e-12)


def test_a_part_at_its_bound_leaves_the_rest_to_the_others():
    # equal widths would add 5 to each; a may only take 2
    start = np.array([[8.0], [3.0]])
    found = fit_parts(
        start, np.array([0.0, 0]), np.array([10.0, 10]), np.array([[18.0]]), [exact("t", (0, 1), 18)], ["a", "b"]
    )
    np.testing.assert_allclose(found[:, 0], [10, 8], rtol=1e-12)


def test_parts_that_add_up_already_are_left_alone():
    start = np.array([[3.0, 4.0], [7.0, 6.0]])
    found = fit_parts(start, np.zeros(2), np.full(2, 9.0), np.full((1, 2), 10.0), [exact("t", (0, 1), 10)], ["a", "b"])
    np.testing.assert_allclose(found, start, rtol=1e-12)


def test_without_constraints_parts_are_only_held_to_their_ranges():
    np.testing.assert_array_equal(
        fit_parts(np.array([[-1.0, 3, 12]]), np.array([0.0]), np.array([10.0]), np.empty((0, 3)), [], ["a"]),
        [[0, 3, 10]],
    )


@st.composite
def feasible(draw):
    """Parts in ranges (some of no width), overlapping constraints that one point satisfies, and starts anywhere."""
    parts, draws = draw(st.integers(1, 6)), 4
    scale = draw(st.sampled_from([1.0, 1e9]))
    number = st.floats(0.0, 1.0).map(lambda x: round(x, 6))
    low, high, point = (np.empty(parts) for _ in range(3))
    for i in range(parts):
        low[i] = 0.01 + draw(number)
        high[i] = low[i] + draw(st.one_of(st.just(0.0), st.floats(0.01, 2.0)))
        point[i] = low[i] + draw(st.one_of(st.just(0.5), number)) * (high[i] - low[i])
    start = (
        low[:, None]
        + np.array(draw(st.lists(number, min_size=parts * draws, max_size=parts * draws))).reshape(parts, draws)
        * (high - low)[:, None]
    )
    constraints, totals = [], []
    sets = st.lists(st.frozensets(st.integers(0, parts - 1), min_size=1), min_size=1, max_size=4, unique=True)
    for row, members in enumerate(tuple(sorted(chosen)) for chosen in draw(sets)):
        total = point[list(members)].sum()
        if draw(st.booleans()):
            constraints.append(exact(f"exact{row}", members, total * scale))
            totals.append(np.full(draws, total))
        else:
            below, above = total * draw(st.floats(0.01, 0.9)), draw(st.floats(0.01, 0.5))
            constraints.append(
                between(f"range{row}", members, (total - below) * scale, total * scale, (total + above) * scale)
            )
            totals.append(
                total - below + (below + above) * np.array(draw(st.lists(number, min_size=draws, max_size=draws)))
            )
    return start * scale, low * scale, high * scale, np.array(totals) * scale, constraints


@settings(max_examples=40, deadline=None)
@given(feasible())
def test_every_draw_adds_up_stays_in_range_and_is_the_nearest_that_does(problem):
    start, low, high, totals, constraints = problem
    parts = len(low)
    x = fit_parts(start, low, high, totals, constraints, [f"p{i}" for i in range(parts)])
    assert (x >= low[:, None]).all()
    assert (x <= high[:, None]).all()
    size = np.abs(totals).max() + high.sum()
    sums = np.stack([x[list(c.members)].sum(axis=0) for c in constraints])
    for c, total, reached in zip(constraints, totals, sums, strict=True):
        if c.exact:
            np.testing.assert_allclose(reached, total, atol=1e-9 * size, rtol=1e-9)
        else:
            assert (reached >= c.low - 1e-9 * size).all()
            assert (reached <= c.high + 1e-9 * size).all()
    # x is nearest exactly if no step towards another admissible point shortens the distance; the draws are
    # admissible for each other, since all share the constraints
    width = np.concatenate([high - low, [c.high - c.low for c in constraints if not c.exact]])
    loose = [i for i, c in enumerate(constraints) if not c.exact]
    where, wish = np.concatenate([x, sums[loose]]), np.concatenate([start, totals[loose]])
    pull = (where - wish) / np.where(width > 0, width, np.inf)[:, None] ** 2
    for d in range(x.shape[1]):
        step = where - where[:, [d]]
        assert (pull[:, d] @ step >= -1e-7 * (1 + np.abs(pull[:, d] * size).sum())).all()


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e9, 1e12])
def test_parts_without_spread_that_add_up_to_rounding_are_feasible_in_any_currency(unit):
    value = np.array([0.645384, 0.468457, 0.1]) * unit
    constraints = [exact("two", (0, 1), 1.1138409999999998 * unit), between("one", (0, 2), 0.1 * unit, unit, 2 * unit)]
    totals = np.repeat([[constraints[0].best], [constraints[1].best]], 2, axis=1)
    found = fit_parts(np.repeat(value[:, None], 2, axis=1), value, value, totals, constraints, ["a", "b", "c"])
    np.testing.assert_allclose(found, np.repeat(value[:, None], 2, axis=1), rtol=1e-12)


def test_parts_that_all_start_at_an_end_of_their_range_are_fitted_too():
    # best equal to low starts half of the draws there; wide and narrow ranges together, by equal pull per width squared
    low, high = np.array([9.1e9, 7.4e9, 3.0e9]), np.array([1.85e10, 1.52e10, 1.2e10])
    total = 30748851111.093834
    constraint = [exact("all", (0, 1, 2), total)]
    found = fit_parts(low[:, None], low, high, np.array([[total]]), constraint, ["a", "b", "c"])[:, 0]
    weight = (high - low) ** 2
    np.testing.assert_allclose(found, low + (total - low.sum()) * weight / weight.sum(), rtol=1e-10)
    mirrored = fit_parts(high[:, None], low, high, np.array([[total]]), constraint, ["a", "b", "c"])[:, 0]
    np.testing.assert_allclose(mirrored, high - (high.sum() - total) * weight / weight.sum(), rtol=1e-10)


def test_ranges_that_cannot_reach_a_total_are_an_error_that_names_both():
    with pytest.raises(TradeImpactError, match=r"(?s)house.*north.*south"):
        fit_parts(
            np.full((2, 3), 5.0),
            np.zeros(2),
            np.full(2, 10.0),
            np.full((1, 3), 30.0),
            [exact("house", (0, 1), 30)],
            ["north", "south"],
        )
    with pytest.raises(TradeImpactError, match=r"(?s)house.*north.*south"):  # too much already at the lower ends
        fit_parts(
            np.full((2, 3), 5.0),
            np.full(2, 4.0),
            np.full(2, 10.0),
            np.full((1, 3), 3.0),
            [between("house", (0, 1), 1, 3, 7)],
            ["north", "south"],
        )


def test_constraints_that_hold_one_by_one_but_not_together_are_an_error_that_names_them():
    # a + b = 2 and b + c = 2 leave at most 4 for a + b + c
    constraints = [exact("west", (0, 1), 2), exact("east", (1, 2), 2), exact("all", (0, 1, 2), 5)]
    totals = np.repeat([[2.0], [2], [5]], 3, axis=1)
    with pytest.raises(TradeImpactError, match=r"(?s)west.*east.*all.*north.*mid.*south"):
        fit_parts(np.ones((3, 3)), np.zeros(3), np.full(3, 10.0), totals, constraints, ["north", "mid", "south"])


def test_the_afghan_baseline_meets_every_constraint_and_range_in_every_draw():
    case = load_case("afghanistan-2021")
    x = prepare(case, None, date(2021, 6, 22), date(2021, 6, 23))
    sampler = Sampler(x.marginals, x.scores, case.correlations, 3)
    parts = np.concatenate([annual_parts(x, sampler.block(number)) for number in range(2)], axis=1)
    baseline = case.baseline.set_index("crossing")
    for i, name in enumerate(x.crossings):
        assert (parts[i] >= baseline.loc[name, "low_afn"]).all()
        assert (parts[i] <= baseline.loc[name, "high_afn"]).all()
    assert len(case.constraints) >= 3
    for row in case.constraints.itertuples():
        names = x.crossings if row.members == "*" else row.members.split()
        total = parts[[x.crossings.index(n) for n in names]].sum(axis=0)
        assert (total >= row.low_afn * (1 - 1e-9)).all()
        assert (total <= row.high_afn * (1 + 1e-9)).all()
    assert parts.std(axis=1).max() > 0


# --- ranges -----------------------------------------------------------------------------------------------


def test_a_range_has_its_best_value_as_median_and_hard_ends():
    low, best, high = (np.array([[v]]) for v in (10.0, 12.0, 20.0))
    z = np.array([[-40.0, *NORMAL_SCORE.values(), 40.0]])
    # density falls linearly to the ends: at one eighth and seven eighths half of the way is gone
    np.testing.assert_allclose(two_piece(low, best, high, z)[0], [10, 11, 12, 16, 20], rtol=1e-12)


def test_a_range_without_width_is_its_value():
    one = np.array([[7.0]])
    np.testing.assert_array_equal(two_piece(one, one, one, np.array([[-3.0, 0, 3]])), [[7, 7, 7]])


# --- the level --------------------------------------------------------------------------------------------


def test_level_with_drift_has_the_estimates_of_statsmodels():
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    rng = np.random.default_rng(8)
    annual = np.exp(24 + np.cumsum(rng.normal(0.07, 0.15, 14)))
    fit = UnobservedComponents(np.log(annual), "rwdrift", use_exact_diffuse=True).fit(disp=0)
    drift, error = float(fit.smoothed_state[1, -1]), float(np.sqrt(fit.smoothed_state_cov[1, 1, -1]))
    found = random_walk_with_drift(annual)
    assert found.mean == pytest.approx(drift, rel=1e-6)
    assert found.years == 13
    assert found.spread == pytest.approx(float(np.sqrt(fit.params[0])), rel=2e-3)
    assert found.error == pytest.approx(error, rel=2e-3)


@pytest.mark.parametrize("annual", [[1.0, 2.0], [1.0, np.nan, 2.0, 3.0], [1.0, 0.0, 2.0]])
def test_a_level_with_drift_needs_three_positive_totals(annual):
    with pytest.raises(TradeImpactError, match="three positive"):
        random_walk_with_drift(annual)


@pytest.fixture(scope="module")
def monthly():
    """Synthetic monthly revenue of eight years with a season and a drifting level."""
    rng = np.random.default_rng(21)
    t = np.arange(96)
    log = 10 + np.cumsum(rng.normal(0.004, 0.03, 96)) + 0.2 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.03, 96)
    return np.exp(log)


def test_a_seasonal_level_has_the_mean_and_covariance_of_statsmodels(monthly):
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    ahead, repetitions = 6, 20_000
    mean = seasonal_level(monthly, ahead, np.zeros((ahead, 1)))[:, 0]
    # the paths are linear in the scores: unit scores give the columns of a root of the covariance
    root = seasonal_level(monthly, ahead, np.eye(ahead)) - mean[:, None]
    model = UnobservedComponents(np.log(monthly), level="local linear trend", seasonal=12)
    fit = model.fit(disp=0)
    forecast = fit.get_forecast(ahead)
    np.testing.assert_allclose(mean, forecast.predicted_mean, rtol=1e-9)
    covariance = root @ root.T
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), forecast.se_mean, rtol=1e-5)
    seed = "rng" if "rng" in inspect.signature(model.simulate).parameters else "random_state"  # its name before 0.15
    paths = fit.simulate(ahead, anchor="end", repetitions=repetitions, **{seed: np.random.default_rng(1)})
    paths = paths.reshape(ahead, repetitions)
    # standard error of a covariance from n paths: at most sqrt(2 / n) of the two standard deviations; four of them
    spread = np.sqrt(np.diag(covariance))
    assert (np.abs(paths.mean(axis=1) - mean) < 4 * spread / np.sqrt(repetitions)).all()
    assert (np.abs(np.cov(paths) - covariance) < 4 * np.sqrt(2 / repetitions) * np.outer(spread, spread)).all()


def test_a_seasonal_level_bridges_missing_months(monthly):
    holes = monthly.copy()
    holes[[40, 41, 70]] = np.nan
    found = seasonal_level(holes, 3, np.zeros((3, 1)))
    full = seasonal_level(monthly, 3, np.zeros((3, 1)))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, full, atol=0.1)


@pytest.mark.parametrize("wrong", [np.ones(23), np.r_[np.ones(30), 0.0], np.r_[np.ones(30), -1.0]])
def test_a_seasonal_level_needs_two_years_of_positive_months(wrong):
    with pytest.raises(TradeImpactError, match="24 monthly"):
        seasonal_level(wrong, 3, np.zeros((3, 1)))


def test_the_level_stays_inside_its_period_then_grows_and_moves_month_by_month():
    growth = Growth(mean=0.10, error=0.02, spread=0.12, years=9)
    shocks = np.array([[1.0, 0.0], [-3.0, 0.0]])
    days = np.array([-30, 0, 1, 30, 31, 60])  # a month is 30.44 days: 31 and 60 lie in the second
    found = level_path(np.array([50.0, 80.0]), growth, np.array([0.0, 2.0]), shocks, days)
    step = 0.12 / np.sqrt(12)
    years = np.array([0, 0, 1, 30, 31, 60]) / 365.25
    walk = np.array([0, 0, 1, 1, -2, -2]) * step
    np.testing.assert_allclose(found[:, 0], 50 * np.exp(0.10 * years + walk), rtol=1e-13)
    np.testing.assert_allclose(found[:, 1], 80 * np.exp(0.14 * years), rtol=1e-13)
    assert months_needed(days) == 2
    assert months_needed(np.array([-5, 0])) == 0


def test_a_year_of_monthly_shocks_has_the_spread_of_one_annual_step():
    growth = Growth(mean=0.0, error=0.0, spread=0.12, years=9)
    shocks = np.random.default_rng(2).standard_normal((12, 20_000))
    found = np.log(level_path(np.ones(20_000), growth, np.zeros(20_000), shocks, np.array([365]))[0])
    assert found.std() == pytest.approx(0.12, rel=0.02)  # twice the standard error, 1 / sqrt(2 n)


# --- inland houses ----------------------------------------------------------------------------------------


def test_an_inland_house_follows_who_feeds_it_and_its_air_traffic_is_fixed():
    # half from a crossing that stops, a fifth from one that doubles, the rest by air: 0 + 0.4 + 0.3
    change = {0: np.array([[-1.0]]), 1: np.array([[1.0]])}
    found = 1 + inland_change(change, np.array([[[0.5], [0.2]]]), (1, 1))
    np.testing.assert_allclose(found, [[[0.7]]], rtol=1e-14)


def test_an_inland_house_is_its_baseline_when_nothing_moves():
    feed = np.random.default_rng(4).dirichlet(np.ones(4), size=(2, 5)).transpose(0, 2, 1)[:, :3]
    np.testing.assert_array_equal(inland_change(dict.fromkeys(range(3), np.zeros((7, 5))), feed, (7, 5)), 0)
