"""Known elasticities come back from flows; the published logit is reproduced; nothing is dropped unsaid."""

import numpy as np
import pandas as pd
import pytest
from fetch_data import data_file
from statsmodels.discrete.conditional_models import ConditionalLogit
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

import tradeimpact as ti
from tradeimpact.model.choice import separated

TRUTH = {"theta": 5.5, "phi": 2.7, "epsilon": 1.0}
CROSSINGS = ["a1", "a2", "a3", "b1", "b2", "c1"]
GROUPS = dict(zip(CROSSINGS, "aaabbc", strict=True))
VALUE = np.array([60, 40, 20, 50, 30, 25.0])


def world(seed, *, periods=80, noise=0.2):
    """Synthetic flows through the model of trade with known elasticities, costs and open shares, and noise."""
    rng = np.random.default_rng(seed)
    cost = np.exp(rng.normal(0, 0.12, (6, periods)) + rng.normal(0, 0.1, periods))
    is_open = np.ones((6, periods))
    is_open[1, 10:20], is_open[3, 25:35] = 0.0, 0.5
    flow = ti.trade_response(VALUE, list(GROUPS.values()), cost, is_open, **TRUTH)
    flow = flow * np.exp(noise * rng.standard_normal(flow.shape) - noise**2 / 2)
    index = pd.period_range("2015-01", periods=periods, freq="M")
    return [pd.DataFrame(x.T, index=index, columns=CROSSINGS) for x in (flow, cost, is_open)]


@pytest.fixture(scope="module")
def noisy():
    flows, costs, is_open = world(0)
    return ti.estimate_elasticities(
        flows, costs, groups=GROUPS, open_share=is_open, source="Invented flows", synthetic=True
    )


@pytest.fixture(scope="module")
def swissmetro():
    raw = pd.read_csv(data_file("swissmetro.dat"), sep="\t")
    raw = raw[raw["PURPOSE"].isin([1, 3]) & (raw["CHOICE"] != 0)].reset_index(drop=True)
    parts = []
    for number, (mode, name) in enumerate({"train": "TRAIN", "metro": "SM", "car": "CAR"}.items(), start=1):
        free = (raw["GA"] == 0) if mode != "car" else 1  # a season ticket holds on trains
        is_open = raw[f"{name}_AV"] * ((raw["SP"] != 0) if mode != "metro" else 1)
        columns = {"cost": raw[f"{name}_CO"] * free / 100, "time": raw[f"{name}_TT"] / 100, "open": is_open}
        parts.append(pd.DataFrame(columns | {"person": raw.index, "mode": mode, "chosen": raw["CHOICE"] == number}))
    return pd.concat(parts, ignore_index=True)


# --- the choice among what is open ------------------------------------------------------------------------------------


def test_swissmetro_gives_the_published_log_likelihood_and_coefficients(swissmetro):
    found = ti.conditional_logit(
        swissmetro, ["cost", "time"], chooser="person", alternative="mode", chosen="chosen", available="open",
        constants=["train", "car"],
    )  # fmt: skip
    assert found.log_likelihood == pytest.approx(-5331.252, abs=5e-4)
    assert found.choices == 6768
    assert found.table.loc["cost", "estimate"] == pytest.approx(-1.084, abs=5e-4)
    assert found.table.loc["time", "estimate"] == pytest.approx(-1.278, abs=5e-4)
    assert found.rows["rows"].sum() == len(swissmetro)
    assert "6,768 choices; log-likelihood −5,331.252" in found.text


def test_coefficients_and_errors_are_those_of_statsmodels(swissmetro):
    few = swissmetro[(swissmetro["person"] < 300) & (swissmetro["open"] > 0)]
    found = ti.conditional_logit(
        few, ["cost", "time"], chooser="person", alternative="mode", chosen="chosen", constants=False
    )
    other = ConditionalLogit(few["chosen"].astype(int), few[["cost", "time"]], groups=few["person"]).fit(disp=0)
    np.testing.assert_allclose(found.table["estimate"], other.params, rtol=1e-4)
    np.testing.assert_allclose(found.table["error"], other.bse, rtol=1e-3)


@pytest.fixture
def trucks():
    rng = np.random.default_rng(3)
    day, post = np.repeat(np.arange(200), 3), np.tile(["a", "b", "c"], 200)
    cost = rng.normal(0, 0.2, 600)
    is_open = np.ones(600)
    is_open[300:390:3] = 0.0  # post a is shut for thirty days
    utility = -5 * cost + np.tile([0.0, 0.5, -0.5], 200) + np.where(is_open > 0, 0.0, -np.inf)
    share = np.exp(utility).reshape(-1, 3)
    share /= share.sum(axis=1, keepdims=True)
    count = np.stack([rng.multinomial(120, p) for p in share]).ravel()
    return pd.DataFrame({"day": day, "post": post, "log_cost": cost, "open": is_open, "trucks": count})


def test_counts_are_choices_and_a_shut_post_is_no_alternative(trucks):
    how = {"chooser": "day", "alternative": "post", "chosen": "trucks"}
    found = ti.conditional_logit(trucks, ["log_cost"], available="open", **how).table
    assert ((found["estimate"] - [0.5, -0.5, -5]).abs() <= 2 * found["robust_error"]).all()
    wrong = ti.conditional_logit(trucks, ["log_cost"], **how).table
    assert abs(wrong.loc["constant b", "estimate"] - 0.5) > 3 * found.loc["constant b", "robust_error"]


def test_a_post_that_was_never_chosen_is_reported_as_separated(trucks):
    never = trucks.assign(trucks=trucks["trucks"].where(trucks["post"] != "c", 0))
    how = {"chooser": "day", "alternative": "post", "chosen": "trucks", "available": "open"}
    found = ti.conditional_logit(never, ["log_cost"], **how)
    assert list(found.table.index) == ["constant b", "log_cost"]
    without = never[never["post"] != "c"]
    np.testing.assert_allclose(
        found.table["estimate"], ti.conditional_logit(without, ["log_cost"], **how).table["estimate"], rtol=1e-6
    )
    # thirty days had post b alone beside it and say nothing
    assert found.rows["rows"].to_dict() == {"used": 340, "shut": 30, "missing": 0, "alone": 30, "separated": 200}
    assert "200 separated" in found.text


def test_separation_by_an_attribute_is_found():
    # wherever x is 1 nothing was chosen: its coefficient would run to minus infinity
    x = np.array([[0.0], [1.0], [0.0], [0.0], [0.0], [1.0]])
    y, sets = np.array([3.0, 0.0, 2.0, 4.0, 1.0, 0.0]), np.array([0, 0, 1, 1, 2, 2], dtype=np.intp)
    assert separated(x, y, sets).tolist() == [False, True, False, False, False, True]
    assert not separated(x, y + 1.0, sets).any()


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: t.drop(columns="log_cost"), {}, "no column 'log_cost'"),
        (lambda t: t.assign(open=0.0), {}, "where the alternative is shut"),
        (lambda t: t.assign(log_cost=0.3), {}, "do not tell log_cost"),
        (lambda t: t.assign(trucks=-1), {}, "mend that row"),
        (lambda t: t.assign(log_cost=np.nan), {}, "lacks an attribute"),
        (lambda t: t[t["post"] == "a"].assign(open=1.0), {}, "two alternatives"),
        (lambda t: t, {"constants": ["d"]}, "no alternative 'd'"),
    ],
)
def test_what_says_nothing_is_refused_with_a_reason(trucks, change, options, words):
    how = {"chooser": "day", "alternative": "post", "chosen": "trucks", "available": "open"}
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.conditional_logit(change(trucks), ["log_cost"], **how, **options)


# --- theta, phi, epsilon ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ppml", "logit"])
def test_without_noise_the_elasticities_of_the_model_come_back_exactly(method):
    flows, costs, is_open = world(1, noise=0.0)
    found = ti.estimate_elasticities(flows, costs, groups=GROUPS, open_share=is_open, method=method).table
    np.testing.assert_allclose(found["estimate"], list(TRUTH.values()), rtol=1e-6)


def test_simulated_flows_give_the_elasticities_back_within_two_standard_errors(noisy):
    z = (noisy.table["estimate"] - pd.Series(TRUTH)) / noisy.table["error"]
    assert (z.abs() < 2).all()
    assert (noisy.table["error"] < 0.15 * noisy.table["estimate"]).all()  # and not by being vague


def test_two_standard_errors_hold_about_nineteen_times_in_twenty():
    inside = []
    for seed in range(40):
        flows, costs, is_open = world(100 + seed)
        found = ti.estimate_elasticities(flows, costs, groups=GROUPS, open_share=is_open).table
        inside.append((found["estimate"] - pd.Series(TRUTH)).abs() < 2 * found["error"])
    assert 0.88 <= np.mean(inside) <= 0.99


def test_theta_is_that_of_a_poisson_regression_with_an_effect_per_group_and_period():
    flows, costs, _ = world(2, periods=20)
    costs = costs.iloc[:, :5]
    long = flows.iloc[:, :5].stack().rename("y").reset_index()
    long["group"] = long["level_1"].map(GROUPS) + long["level_0"].astype(str)
    x = pd.get_dummies(long["group"]).join(pd.get_dummies(long["level_1"])[["a2", "a3", "b2"]]).astype(float)
    x["theta"] = -np.log(costs.stack().to_numpy())
    other = GLM(long["y"], x, family=Poisson()).fit()
    found = ti.estimate_elasticities(flows.iloc[:, :5], costs, groups=GROUPS).table
    assert found.loc["theta", "estimate"] == pytest.approx(other.params["theta"], rel=1e-6)


def test_every_row_is_accounted_for():
    flows, costs, is_open = world(3)
    flows.iloc[40, 0] = np.nan  # one figure missing: its group and all trade are unknown in that month
    flows["a3"] = 0.0  # never used though open
    found = ti.estimate_elasticities(flows, costs, groups=GROUPS, open_share=is_open)
    within = found.rows.loc["within groups", "rows"]
    assert within.sum() == flows.size
    # a1 is alone where a2 is shut; a2 where a1 has no figure; c1 always. a3 is left in those sets with nothing to say
    assert within["missing"] == 1
    assert within["shut"] == 10
    assert within["separated"] + within["alone"] == 80 + 80 + 10 + 1
    assert found.rows.loc[("between groups", "missing"), "rows"] == 1
    assert found.rows.loc[("all trade", "missing"), "rows"] == 1
    assert (found.table["estimate"] - pd.Series(TRUTH)).abs().lt(3 * found.table["error"]).all()


def test_zeros_at_an_open_post_are_data_and_a_shut_post_is_not():
    flows, costs, is_open = world(4, noise=0.0)
    closed = flows.where(is_open > 0, 0.0)
    with pytest.raises(ti.TradeImpactError, match="0 where open_share is 0"):
        ti.estimate_elasticities(flows + 1, costs, groups=GROUPS, open_share=is_open)
    told = ti.estimate_elasticities(closed, costs, groups=GROUPS, open_share=is_open).table
    untold = ti.estimate_elasticities(closed, costs, groups=GROUPS).table
    assert told.loc["theta", "estimate"] == pytest.approx(5.5, rel=1e-6)
    assert abs(untold.loc["theta", "estimate"] - 5.5) > 1e-3


def test_what_moves_all_trade_besides_cost_is_taken_out_by_controls():
    flows, costs, is_open = world(5, noise=0.0)
    trend = pd.DataFrame({"trend": np.arange(80) / 12}, index=flows.index)
    grown = flows.mul(np.exp(0.1 * trend["trend"]), axis=0)
    how = {"groups": GROUPS, "open_share": is_open}
    assert ti.estimate_elasticities(grown, costs, controls=trend, **how).table.loc["epsilon", "estimate"] == (
        pytest.approx(1.0, rel=1e-6)
    )
    assert abs(ti.estimate_elasticities(grown, costs, **how).table.loc["epsilon", "estimate"] - 1) > 0.01


def test_one_group_alone_tells_no_phi_and_says_so():
    _, costs, _ = world(6, noise=0.0)
    one = ["a1", "a2", "a3"]
    costs = costs[one]
    flow = ti.trade_response(VALUE[:3], ["a"] * 3, costs.T.to_numpy(), np.ones((3, 1)), **TRUTH)
    found = ti.estimate_elasticities(pd.DataFrame(flow.T, index=costs.index, columns=one), costs)
    assert found.table.loc["theta", "estimate"] == pytest.approx(5.5, rel=1e-6)
    assert found.table.loc["epsilon", "estimate"] == pytest.approx(1.0, rel=1e-6)
    assert np.isnan(found.table.loc["phi", "estimate"])
    assert "phi (between route groups) is not identified: all crossings are in one route group" in found.text
    case = found.assume(ti.load_case("afghanistan-2021"), source="invented")
    assert set(case.changes["name"]) == {"theta", "epsilon"}
    assert found.plot() is not None


def test_an_estimate_becomes_an_assumption_with_its_range_source_and_grade(noisy):
    case = ti.load_case("afghanistan-2021")
    after = noisy.assume(case, source="invented flows", grade="C", published="2021-06-01")
    record = after.assumption_records["theta"]
    row = noisy.table.loc["theta"]
    assert record.best == pytest.approx(row["estimate"])
    assert record.low == pytest.approx(row["estimate"] * np.exp(-1.6449 * row["error"] / row["estimate"]), rel=1e-4)
    assert (record.grade, record.source, record.distribution) == ("C", "invented flows", "lognormal")
    fall = ti.Scenario("fall").capture("spin_boldak", on="2021-07-14")
    drawn = ti.simulate(after, fall, start="2021-07-14", end="2021-07-20", draws=512, rng=1).drawn()["theta"]
    assert drawn.quantile(0.95) == pytest.approx(record.high, rel=0.02)


def test_an_estimate_below_zero_is_no_elasticity_of_the_model(noisy):
    odd = ti.Elasticities(table=noisy.table.assign(estimate=[5.0, 2.0, -0.3]), rows=noisy.rows, method="ppml")
    with pytest.raises(ti.TradeImpactError, match=r"epsilon is estimated at -0\.3"):
        odd.assume(ti.load_case("afghanistan-2021"), source="invented")
    assert "not in the order" in odd.text
    assert set(odd.assumptions(source="invented", names=["theta", "phi"])) == {"theta", "phi"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f, c: (f, c * 0), "costs of a1 is 0"),
        (lambda f, c: (-f, c), "flows of a1"),
        (lambda f, c: (f, c.iloc[1:]), "other periods"),
        (lambda f, c: (f, c.drop(columns="b1")), "no column 'b1'"),
        (lambda f, c: (f, c.mul(0).add(1.2)), "theta: the data do not tell the cost"),
        (lambda f, c: (f[["a1"]], c[["a1"]]), "two crossings"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, words):
    flows, costs, _ = world(7, periods=12)
    flows, costs = change(flows, costs)
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.estimate_elasticities(flows, costs, groups=GROUPS)


def test_the_chart_shows_estimates_beside_what_the_case_assumes(noisy):
    case = ti.load_case("afghanistan-2021")
    ax = noisy.plot(case)
    shown = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "estimate"]
    np.testing.assert_allclose(shown, noisy.table["estimate"])
    prior = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "prior-best"]
    np.testing.assert_allclose(prior, [case.best(name) for name in TRUTH])
