"""Effects from series: published answers, other programs, known effects, placebos, recovery, rerouted trade."""

import numpy as np
import pandas as pd
import pytest
from fetch_data import data_file
from scipy.optimize import minimize
from statsmodels.datasets import nile
from statsmodels.regression.linear_model import GLS
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.statespace.structural import UnobservedComponents

import tradeimpact as ti
from tradeimpact.analysis.effects import noise, state_space
from tradeimpact.analysis.effects.synthetic import convex_weights

MONTHS = pd.period_range("2019-01", periods=60, freq="M")


@pytest.fixture(scope="module")
def flow():
    table = nile.load_pandas().data
    return pd.Series(table["volume"].to_numpy(), index=table["year"].astype(int).to_numpy(), name="Nile")


@pytest.fixture(scope="module")
def packs():
    return pd.read_csv(data_file("california_prop99.csv")).set_index("Year")


@pytest.fixture(scope="module")
def california(packs):
    return ti.effects.synthetic_control(packs, "California", 1989)


def remembering(rng, count, memory, spread=1.0):
    """Errors with the given memory, from their stationary distribution."""
    x = rng.normal(size=count + 60)
    for t in range(1, len(x)):
        x[t] = memory * x[t - 1] + np.sqrt(1 - memory**2) * x[t]
    return spread * x[60:]


def posts(rng, donors=8, count=60):
    """A synthetic post that is a mixture of others, which share two movements; column `fallen` first."""
    shared = np.stack([remembering(rng, count, 0.6, 8.0) for _ in range(2)], axis=1)
    loads = rng.uniform(0, 1, size=(donors, 2))
    loads = np.vstack([rng.dirichlet(np.ones(donors)) @ loads, loads])
    own = np.stack([remembering(rng, count, 0.4, 3.0) for _ in range(donors + 1)], axis=1)
    names = ["fallen", *(f"post_{k}" for k in range(donors))]
    return pd.DataFrame(100 + shared @ loads.T + own, index=MONTHS[:count], columns=names)


# --- answers that others published ------------------------------------------------------------------------------------


def test_the_nile_gives_the_log_likelihood_of_durbin_and_koopman(flow):
    e = ti.effects.structural(flow, None)
    assert e.facts["log_likelihood"] == pytest.approx(-633.46, abs=0.01)
    assert e.facts["noise_variance"] == pytest.approx(15099, rel=0.005)  # Durbin and Koopman 2012, section 2.10
    assert e.facts["level_variance"] == pytest.approx(1469.1, rel=0.02)
    assert "no effect is measured" in e.text
    assert np.isnan(e.summary.to_numpy()[:, 0]).all()


def test_the_nile_falls_at_the_first_dam_of_aswan(flow):
    # means 1098 and 850 on either side of 1899 (Cobb 1978, Biometrika 65:243)
    e = ti.effects.interrupted_series(flow, 1899, trend=False)
    assert e.summary.loc["mean", "estimate"] == pytest.approx(849.97 - 1097.75, abs=3)
    assert e.found
    assert not e.placebos.table["found"].any()


def test_californias_tobacco_programme_has_the_published_effect(california):
    assert california.summary.loc["mean", "estimate"] == pytest.approx(-19.5, abs=0.05)
    assert california.table.loc[1989:, "effect"].mean() == pytest.approx(-19.5, abs=0.05)
    assert california.weights.sum() == pytest.approx(1)
    assert (california.weights >= 0).all()
    # the donors of Abadie, Diamond and Hainmueller (2010, table 2), whatever predictors they are chosen by
    assert set(california.weights.index[:4]) <= {"Utah", "Nevada", "Montana", "Connecticut", "Colorado"}
    assert california.found
    assert california.p_value() <= 0.1


def test_californias_difference_in_differences_is_the_published_one_and_doubted(packs):
    e = ti.effects.difference_in_differences(packs, "California", 1989)
    assert e.summary.loc["mean", "estimate"] == pytest.approx(-27.3, abs=0.06)
    assert e.facts["gap_trend_high"] < 0  # the states were no parallels before 1989
    assert "parallel courses cannot be supposed" in e.text


# --- the same from other programs -------------------------------------------------------------------------------------


def test_weights_are_those_of_a_general_optimiser():
    rng = np.random.default_rng(1)
    for _ in range(5):
        y, x = rng.normal(size=30), rng.normal(size=(30, 6)) + rng.normal(size=6)
        found = convex_weights(y, x)
        other = minimize(
            lambda w, y=y, x=x: ((y - x @ w) ** 2).sum(),
            np.full(6, 1 / 6),
            bounds=[(0, 1)] * 6,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        np.testing.assert_allclose(found, other.x, atol=1e-5)
        np.testing.assert_allclose(convex_weights(1e9 * y, 1e9 * x), found, atol=1e-9)  # in any unit


def test_a_unit_that_is_a_mixture_of_others_gets_back_its_weights():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(24, 5))
    np.testing.assert_allclose(convex_weights(x @ [0.5, 0, 0.2, 0.3, 0], x), [0.5, 0, 0.2, 0.3, 0], atol=1e-9)


def test_with_a_known_memory_the_regression_is_statsmodels_gls_and_its_forecast_that_of_a_state_space(monkeypatch):
    monkeypatch.setattr(noise, "MEMORY", np.array([0.49]))
    rng = np.random.default_rng(3)
    times = np.arange(40.0)
    x = np.column_stack([np.ones(40), times / 40])
    y = x @ [5.0, 2.0] + remembering(rng, 40, 0.5)
    b, covariance, df = noise.coefficients(y, x, times)
    other = GLS(y, x, sigma=noise.correlation(times, times, 0.49)).fit()
    np.testing.assert_allclose(b, other.params, rtol=1e-8)
    np.testing.assert_allclose(covariance, other.cov_params(), rtol=1e-8)
    assert df == other.df_resid
    ahead = np.arange(40.0, 46.0)
    x_ahead = np.column_stack([np.ones(6), ahead / 40])
    found = noise.predict(y, x, times, x_ahead, ahead)
    state = SARIMAX(y, exog=x, order=(1, 0, 0)).smooth([*other.params, 0.49, other.scale * (1 - 0.49**2)])
    np.testing.assert_allclose(found.mean, state.get_forecast(6, exog=x_ahead).predicted_mean, rtol=1e-6)


def test_with_a_known_share_the_structural_forecast_is_statsmodels_own(monkeypatch):
    monkeypatch.setattr(state_space, "SHARES", np.array([0.2]))
    rng = np.random.default_rng(4)
    y = 50 + np.cumsum(rng.normal(size=48)) + 2 * rng.normal(size=48)
    y[[7, 20]] = np.nan
    e = ti.effects.structural(pd.Series(y, index=MONTHS[:48]), "2022-01", placebo_dates=0)
    model = UnobservedComponents(y[:36], "local level", use_exact_diffuse=True)
    unit = model.smooth([0.8, 0.2])
    errors, spread = unit.filter_results.forecasts_error[0], unit.filter_results.forecasts_error_cov[0, 0]
    seen = np.isfinite(y[:36]) & (np.arange(36) > 0)
    scale = (errors[seen] ** 2 / spread[seen]).sum() / seen.sum()
    forecast = model.smooth([0.8 * scale, 0.2 * scale]).get_forecast(12)
    np.testing.assert_allclose(e.table["counterfactual"].iloc[36:], forecast.predicted_mean, rtol=1e-8)
    np.testing.assert_allclose(np.diag(e.estimate.covariance), forecast.var_pred_mean, rtol=1e-8)
    # a mean of forecasts: level error and shocks in common, noise of its own
    first, noise_variance, shock = forecast.var_pred_mean[0], 0.8 * scale, 0.2 * scale
    at = np.arange(12)
    joint = first - noise_variance + shock * np.minimum(at[:, None], at) + noise_variance * np.eye(12)
    np.testing.assert_allclose(e.estimate.covariance, joint, rtol=1e-8)


# --- a known effect is found, and where there is none nothing is ------------------------------------------------------

METHODS = {
    "interrupted": lambda t, s: ti.effects.interrupted_series(t["fallen"], s, trend=False),
    "structural": lambda t, s: ti.effects.structural(t["fallen"], s),
    "differences": lambda t, s: ti.effects.difference_in_differences(t, "fallen", s),
    "synthetic": lambda t, s: ti.effects.synthetic_control(t, "fallen", s),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_known_effect_is_found_and_a_placebo_date_finds_none(name):
    table = posts(np.random.default_rng(11))
    table.loc["2023-01":, "fallen"] -= 40.0
    e = METHODS[name](table, "2023-01")
    low, high = e.summary.loc["mean", ["low", "high"]]
    assert low <= -40 <= high < 0
    assert e.found
    before = METHODS[name](table.loc[:"2022-12"], "2022-01")
    assert not before.found
    assert "not show an effect, nor that there is none" in before.text
    assert "placebo" in e.text or "dates before the start" in e.text
    assert e.p_value("date") == pytest.approx(1 / (1 + (e.placebos.table["kind"] == "date").sum()))


def test_effects_add_up_and_intervals_hold_their_estimates():
    table = posts(np.random.default_rng(12))
    for method in METHODS.values():
        e = method(table, "2023-01")
        rows = e.table
        np.testing.assert_allclose(rows["observed"] - rows["counterfactual"], rows["effect"])
        after = rows.loc["2023-01":]
        assert ((after["low"] <= after["effect"]) & (after["effect"] <= after["high"])).all()
        assert rows.loc[:"2022-12", ["low", "high"]].isna().all(axis=None)
        assert e.summary.loc["total", "estimate"] == pytest.approx(after["effect"].sum())
        assert e.summary.loc["share", "estimate"] == pytest.approx(
            after["effect"].mean() / after["counterfactual"].mean()
        )
        assert (e.summary["low"] <= e.summary["estimate"]).all()


def test_units_of_the_outcome_change_nothing_but_the_unit():
    table = posts(np.random.default_rng(13))
    for method in METHODS.values():
        small, large = method(table, "2023-01"), method(table * 1e9, "2023-01")
        np.testing.assert_allclose(large.summary.loc["mean"] / 1e9, small.summary.loc["mean"], rtol=1e-6)


# --- before, during, after --------------------------------------------------------------------------------------------


def shut_and_back(noise_of=0.5):
    y = 100 + np.random.default_rng(5).normal(size=60) * noise_of
    y[36:42] = 40.0  # 2022-01 to 2022-06
    y[42:46] = 80.0  # four months on the way back
    return pd.Series(y, index=MONTHS, name="post")


def test_persistence_and_recovery_are_those_put_in():
    e = ti.effects.interrupted_series(shut_and_back(), "2022-01", end="2022-06", trend=False)
    phases = e.phases()
    assert list(phases.index) == ["before", "during", "after"]
    assert phases.loc["during", "effect"] == pytest.approx(-60, abs=1)
    assert phases.loc["after", "effect"] == pytest.approx(-20 * 4 / 18, abs=1)
    stayed = e.persistence()
    assert stayed.share == pytest.approx(4 * 20 / 18 / 60, abs=0.01)
    assert stayed.low < stayed.share < stayed.high
    back = e.recovery()
    assert (back.periods, back.since) == (4, "the end")
    assert e.recovery(within=0.3).periods == 0
    assert "back within a tenth of its counterfactual 4 periods after the end" in e.text


def test_one_good_month_is_no_recovery_and_silence_is_none_either():
    y = shut_and_back()
    y.iloc[43] = 100.0
    assert ti.effects.interrupted_series(y, "2022-01", end="2022-06", trend=False).recovery().periods == 4
    y = shut_and_back()
    y.iloc[46:] = np.nan
    e = ti.effects.interrupted_series(y, "2022-01", end="2022-06", trend=False)
    assert np.isnan(e.recovery().periods)
    assert e.phases().loc["after", "unreported"] == 14


def test_a_share_of_an_effect_that_cannot_be_told_from_nothing_is_not_given():
    y = pd.Series(100 + np.random.default_rng(6).normal(size=60), index=MONTHS)
    e = ti.effects.interrupted_series(y, "2022-01", end="2022-06", trend=False)
    assert np.isnan(e.persistence().share)
    assert "cannot be said" in e.text


# --- rerouted trade ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rerouted():
    table = posts(np.random.default_rng(21))
    # half of what the fallen post loses goes to the donor that it leans on most
    friend = str(ti.effects.synthetic_control(table.loc[:"2022-12"], "fallen", "2022-01").weights.index[0])
    table.loc["2023-01":, "fallen"] -= 40.0
    table.loc["2023-01":, friend] += 40.0
    return table, friend


def test_donors_that_may_receive_rerouted_trade_are_flagged_warned_of_and_left_out_on_request(rerouted):
    table, friend = rerouted
    with pytest.warns(ti.TradeImpactWarning, match=friend):
        e = ti.effects.synthetic_control(table, "fallen", "2023-01", rerouted_to=[friend])
    assert list(e.donors.index[e.donors["rerouted"]]) == [friend]
    assert e.donors.loc[friend, "effect"] > 0  # it moved the other way
    assert friend in e.text
    assert "too large" in e.text
    without = ti.effects.synthetic_control(table, "fallen", "2023-01", rerouted_to=friend, exclude_rerouted=True)
    assert friend not in without.weights.index
    truth = -40.0
    assert e.summary.loc["mean", "estimate"] < without.summary.loc["mean", "estimate"]
    assert abs(without.summary.loc["mean", "estimate"] - truth) < abs(e.summary.loc["mean", "estimate"] - truth)


def test_a_route_group_names_them_too(rerouted):
    table, friend = rerouted
    groups = dict.fromkeys(table.columns, "far") | {"fallen": "near", friend: "near"}
    e = ti.effects.difference_in_differences(table, "fallen", "2023-01", groups=groups, exclude_rerouted=True)
    assert friend not in e.donors.index
    with pytest.warns(ti.TradeImpactWarning, match="affected too"):
        ti.effects.difference_in_differences(table, "fallen", "2023-01", groups=groups)


# --- placebos ---------------------------------------------------------------------------------------------------------


def test_the_least_p_value_is_one_over_the_units(california):
    units = california.placebos.table.query("kind == 'unit'")
    assert len(units) == 38
    larger = (units["ratio"] >= ratio_of(california)).sum()
    assert california.p_value() == pytest.approx((1 + larger) / 39)
    assert "the least possible is 0.03" in california.text


def ratio_of(e):
    gap = e.table["effect"]
    return np.sqrt((gap.loc[1989:] ** 2).mean() / (gap.loc[:1988] ** 2).mean())


def test_rates_carry_the_interval_of_clopper_and_pearson(california):
    rates = california.placebos.rates()
    from scipy.stats import binomtest

    for _, row in rates.iterrows():
        exact = binomtest(int(row["found"]), int(row["tried"])).proportion_ci(0.9, method="exact")
        assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert "% would be honest" in california.placebos.text


def test_the_false_alarm_rate_is_measured_and_the_same_seed_gives_the_same(california):
    table = posts(np.random.default_rng(31))
    e = ti.effects.interrupted_series(table["fallen"], "2023-01", placebo_dates=0)
    first, second = (ti.effects.placebo_rate(e, runs=20, rng=0) for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert set(first.table["kind"]) == {"simulated"}
    many = ti.effects.placebo_rate(california, runs=60, rng=1)
    assert list(many.rates().index) == ["unit and date"]
    assert "California" not in set(many.table["unit"])
    assert many.rates().loc["unit and date", "tried"] + many.untried == 60


def test_a_trend_where_the_level_wanders_cries_wolf_and_says_so():
    rng = np.random.default_rng(41)
    y = pd.Series(100 + np.cumsum(rng.normal(size=60)), index=MONTHS, name="wandering")
    straight = ti.effects.interrupted_series(y, "2023-01", placebo_dates=0)
    level = ti.effects.structural(y, "2023-01", placebo_dates=0)
    rates = [ti.effects.placebo_rate(e, runs=100, rng=2).rates()["rate"].iloc[0] for e in (straight, level)]
    assert rates[0] > 0.2 > rates[1]
