"""Value of information: closed forms of the Gaussian case, weights, chance, decisions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

import tradeimpact as ti
from tradeimpact.analysis.information import worth_of

WINDOW = {"start": "2021-07-01", "end": "2021-07-22"}
COUNT = 4096
EQUAL = np.full(COUNT, 1.0 / COUNT)


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def result(case):
    fall = ti.Scenario("two fall").capture("islam_qala", on="2021-07-08").capture("spin_boldak", on="2021-07-14")
    return ti.simulate(case, fall, **WINDOW, draws=512, rng=1)


def gaussian(rho, seed=1):
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, COUNT))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize("rho", [0.2, 0.5, 0.7, 0.95])
def test_a_linear_gaussian_input_is_worth_its_squared_correlation(rho):
    x, y = gaussian(rho)
    found = worth_of(x, y, EQUAL)
    assert found["share"] == pytest.approx(rho**2, abs=0.03)
    assert found["sd_known"] / found["sd"] == pytest.approx(np.sqrt(1 - rho**2), abs=0.02)
    assert found["width_known"] / found["width"] == pytest.approx(np.sqrt(1 - rho**2), abs=0.04)
    exact = 1 - np.sqrt(1 - rho**2)
    assert abs(found["worth"] - exact) < 5 * found["worth_error"] + 0.02


def test_the_error_covers_the_truth_about_as_often_as_it_says():
    inside = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x, noise = rng.normal(size=(2, 512))
        y = 0.6 * x + 0.8 * noise
        found = worth_of(x, y, np.full(512, 1 / 512))
        inside += abs(found["worth"] - (1 - 0.8)) < 1.645 * found["worth_error"]
    assert 30 <= inside <= 40  # 36 expected of independent draws


def test_an_idle_input_is_worth_nothing_beyond_chance():
    beyond = [worth_of(*gaussian(0.0, seed), EQUAL) for seed in range(10)]
    assert sum(found["worth"] > found["null"] for found in beyond) <= 3
    assert max(found["share"] for found in beyond) < 0.01


def test_a_curved_and_a_stepped_relation_are_seen_too():
    x, noise = np.random.default_rng(3).normal(size=(2, COUNT))
    assert worth_of(x, x**2, EQUAL)["share"] > 0.97  # a straight line would see nothing
    levels = (x > 0).astype(float)
    # two levels 1 apart: variance 1/4 against noise of 1
    assert worth_of(levels, levels + noise, EQUAL)["share"] == pytest.approx(0.2, abs=0.03)


def test_the_scale_of_an_input_does_not_matter():
    x, y = gaussian(0.7)
    assert worth_of(np.exp(3 * x), y, EQUAL)["share"] == pytest.approx(worth_of(x, y, EQUAL)["share"], rel=1e-9)


def test_weights_make_the_answer_that_of_the_weighted_distribution():
    # half of the draws follow x, the other half do not; weights of zero leave the second half out
    x, y = gaussian(0.9)
    rng = np.random.default_rng(5)
    both_x, both_y = np.r_[x, rng.normal(size=COUNT)], np.r_[y, rng.normal(size=COUNT)]
    w = np.r_[np.ones(COUNT), np.zeros(COUNT)] / COUNT
    alone = worth_of(x, y, EQUAL)
    weighted = worth_of(both_x, both_y, w)
    assert weighted["share"] == pytest.approx(alone["share"], abs=0.01)
    assert weighted["width"] == pytest.approx(alone["width"], rel=1e-6)
    tilt = np.exp(0.8 * x)
    # a normal tilted by exp(a x) moves by a and keeps its shape, so the share stays
    assert worth_of(x, y, tilt / tilt.sum())["share"] == pytest.approx(0.81, abs=0.03)


def test_the_value_for_a_decision_is_the_closed_form_of_two_gaussian_payoffs():
    # do nothing (0) or act (m + s x + noise): E max(0, m + s x) - max(0, m)
    x, noise = np.random.default_rng(2).normal(size=(2, COUNT))
    m, s = 0.2, 1.0
    payoffs = np.stack([np.zeros(COUNT), m + s * x + noise])
    exact = m * norm.cdf(m / s) + s * norm.pdf(m / s) - m
    found = worth_of(x, x + noise, EQUAL, payoffs)
    assert found["evppi"] == pytest.approx(exact, abs=0.02)
    assert abs(found["evppi"] - exact) < 4 * found["evppi_error"]
    idle = worth_of(np.random.default_rng(9).normal(size=COUNT), x + noise, EQUAL, payoffs)
    assert idle["evppi"] < 0.01


def test_a_result_is_told_in_money_by_input(result):
    found = ti.value_of_information(result)
    table = found.table
    assert (table["worth"].diff().dropna() <= 0).all()
    loss = result.draws()["government_loss"]
    assert table["sd"].iloc[0] == pytest.approx(loss.std(ddof=0))
    assert table["width"].iloc[0] == pytest.approx(np.subtract(*np.quantile(loss, (0.95, 0.05))))
    assert ((table["share"] >= 0) & (table["share"] <= 1)).all()
    assert "theta" in set(table["name"])
    assert not {"capacity_start", "level_value"} & set(table["name"])
    assert "off the standard deviation" in found.text
    assert "evppi" not in table


def test_weights_of_an_update_are_honoured(result):
    revenue = result.draws()["government_revenue"]
    updated = ti.update(result, float(revenue.median()), float(revenue.std()) / 2)
    table = ti.value_of_information(updated, "government_revenue").table
    assert table["sd"].iloc[0] < revenue.std()
    same = replace(result, weights=np.full(result.count, 1.0 / result.count))
    one, two = (ti.value_of_information(r, names=["theta", "epsilon"]).table for r in (result, same))
    np.testing.assert_allclose(one["worth"], two["worth"], rtol=1e-6)


def test_a_decision_names_the_better_action_as_things_are_known(result):
    revenue = result.draws()["government_revenue"]
    bill = float(revenue.median())
    decision = {"wait": -0.5 * (bill - revenue).clip(lower=0), "borrow": -0.01 * bill}
    names = ["theta", "gap", "friction_insurgent"]
    found = ti.value_of_information(result, "government_revenue", decision=decision, names=names)
    expected = {name: float(np.mean(payoff)) for name, payoff in decision.items()}
    assert found.best_action == max(expected, key=expected.get)
    assert found.expected_payoff == pytest.approx(max(expected.values()))
    assert (found.table["evppi"] >= 0).all()
    assert found.best_action in found.text


@pytest.mark.parametrize(
    ("change", "words"),
    [({"outcome": "loss"}, "expected one of"), ({"names": ["thta"]}, "theta"),
     ({"decision": {"wait": 0.0}}, "two actions"), ({"decision": {"a": 0.0, "b": [1.0, 2.0]}}, "one per draw"),
     ({"decision": {"a": 0.0, "b": float("nan")}}, "finite")],
)  # fmt: skip
def test_questions_that_make_no_sense_are_an_error_of_ours(result, change, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.value_of_information(result, **change)


def test_too_few_draws_are_refused(case):
    few = ti.simulate(case, None, **WINDOW, draws=64, rng=1)
    with pytest.raises(ti.TradeImpactError, match="too few"):
        ti.value_of_information(few)


def test_an_outcome_without_spread_is_worth_nothing(case):
    nothing = ti.value_of_information(ti.simulate(case, None, **WINDOW, draws=160, rng=1))
    assert (nothing.table["worth"] == 0).all()
    assert not nothing.table["real"].any()


def test_the_figure_is_of_the_table_it_is_saved_with(result, tmp_path):
    found = ti.value_of_information(result, names=list(result.drawn().columns[:8]))
    ax = found.plot(most=5, save=tmp_path / "worth")
    assert sum(patch.get_gid() == "bar" for patch in ax.patches) == 5
    assert len((tmp_path / "worth.csv").read_text().splitlines()) == 6
    assert found.text.split("\n")[0] in found._repr_html_()
