"""Backtests and scored claims: scores against closed forms, vintages, rivals on the same draws, mechanisms, truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import tradeimpact as ti
from tradeimpact.analysis.backtest import MECHANISMS, switched_off
from tradeimpact.analysis.claims import METHODS
from tradeimpact.analysis.period import ended_by
from tradeimpact.analysis.scoring import crps, scored

SARATAN = ("2021-06-22", "2021-07-22")


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def strict(case):
    return ti.backtest(case, window=SARATAN, as_of="2021-07-22", draws=256, rng=1)


@pytest.fixture(scope="module")
def period(case):
    return ti.backtest(case, window=SARATAN, as_of="2021-07-22", vintage="period", draws=256, rng=1, mechanisms=True)


# --- scores --------------------------------------------------------------------------------------


def test_crps_of_a_standard_normal_at_zero_is_the_closed_form():
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert crps(draws, 0.0) == pytest.approx(2 * norm.pdf(0) - 1 / np.sqrt(np.pi), abs=1e-4)
    assert crps(draws, 1.3) == pytest.approx(
        1.3 * (2 * norm.cdf(1.3) - 1) + 2 * norm.pdf(1.3) - 1 / np.sqrt(np.pi), abs=1e-4
    )


def test_crps_is_the_double_sum_with_and_without_weights():
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=60), rng.random(60)
    w /= w.sum()
    pairs = np.abs(x[:, None] - x)
    assert crps(x, 0.4) == pytest.approx(np.abs(x - 0.4).mean() - pairs.mean() / 2)
    assert crps(x, 0.4, w) == pytest.approx(w @ np.abs(x - 0.4) - w @ pairs @ w / 2)
    assert crps(np.full(9, 3.0), 5.0) == pytest.approx(2.0)


def test_a_covered_figure_lies_inside_both_ends():
    x = np.linspace(0, 1, 101)
    assert scored(x, 0.95)["covered"]
    assert not scored(x, 0.96)["covered"]
    assert scored(x, 0.5)["width"] == pytest.approx(0.9)


# --- vintages ------------------------------------------------------------------------------------


def test_level_and_ratio_are_scored_apart_beside_both_rivals_with_widths(strict):
    table = strict.scores
    assert set(table["quantity"]) == {"level", "ratio"}
    assert (table.groupby(["quantity", "outcome"]).size() == 3).all()
    assert (table["width"] > 0).all()
    assert sorted(table.loc[table["quantity"] == "level", "observed"].unique()) == [4.5e9, 4.6e9]
    ratios = sorted(table.loc[table["quantity"] == "ratio", "observed"].unique())
    assert ratios == pytest.approx([4.5 / 7.4, 4.6 / 7.3])
    np.testing.assert_allclose(table["error"], table["median"] - table["observed"])


def test_the_strict_vintage_is_the_simulation_as_of_the_day(case, strict):
    result = ti.simulate(
        case, case.as_reported(), start=SARATAN[0], end=SARATAN[1], as_of="2021-07-22", draws=256, rng=1
    )
    pd.testing.assert_frame_equal(result.draws(), strict.result.draws())
    assert strict.result.case.outcomes["published_latest"].max() <= pd.Timestamp("2021-07-22")
    assert not (strict.result.case.national["row"] == "oc001").any()  # the ministry spoke five days later


def test_the_period_vintage_counts_figures_on_ended_periods_and_reports_by_publication(case, period):
    known = period.result.case
    assert {"oc001", "oc002"} <= set(known.national["row"])  # Jawza had ended
    assert (known.insecurity["date"] <= pd.Timestamp("2021-07-22")).all()
    assert "in002" in set(known.insecurity["row"])
    assert "in003" not in set(known.insecurity["row"])  # counted on 24 July
    assert set(known.reports["report"]) == set(case.as_of("2021-07-22").reports["report"])
    assert known.outcomes["published_latest"].max() <= pd.Timestamp("2021-07-22")
    assert (known.baseline["basis"] != "prior: no figure published yet").sum() > (
        case.as_of("2021-07-22").baseline["basis"] != "prior: no figure published yet"
    ).sum()


def test_the_period_vintage_before_a_period_ends_is_without_it(case):
    early = ended_by(case, pd.Timestamp("2021-06-10").date()).as_of("2021-06-20")
    assert "oc001" not in set(early.national["row"])


def test_a_period_vintage_is_narrower_than_the_strict_one(strict, period):
    widths = [b.scores.query("quantity == 'level' and method == 'Model'")["width"].iloc[0] for b in (strict, period)]
    assert widths[1] < widths[0]


# --- outcomes ------------------------------------------------------------------------------------


def test_any_window_with_an_outcome_of_the_user(case):
    given = ti.backtest(case, window=("2021-07-01", "2021-07-10"), as_of="2021-07-10", outcome=2e9, draws=64, rng=1)
    assert set(given.scores["outcome"]) == {"given", "given/oc001", "given/oc002"}
    ratio = given.scores.query("quantity == 'ratio' and outcome == 'given/oc001'")["observed"].iloc[0]
    assert ratio == pytest.approx((2e9 / 10) / (7.3e9 / 31))
    added = case.outcomes[case.outcomes["outcome"] == "oc004"].assign(
        outcome="mine", start=pd.Timestamp("2021-07-01"), end=pd.Timestamp("2021-07-10"), best=2e9
    )
    mine = case.with_table("outcomes", pd.concat([case.outcomes, added]))
    scored_row = ti.backtest(mine, window=("2021-07-01", "2021-07-10"), as_of="2021-07-10", draws=64, rng=1)
    assert "mine" in set(scored_row.scores["outcome"])
    np.testing.assert_allclose(scored_row.scores["crps"].iloc[:3], given.scores["crps"].iloc[:3])


def test_a_case_without_an_untreated_month_is_scored_on_the_level_alone(case):
    bare = case.with_table("outcomes", case.outcomes.query("role != 'pre_period'"))
    found = ti.backtest(bare, window=SARATAN, as_of="2021-07-22", draws=64, rng=1)
    assert set(found.scores["quantity"]) == {"level"}


def test_outcomes_enter_no_simulation(case, strict):
    target = case.outcomes["role"].isin(["target", "pre_period"])
    changed = case.with_table("outcomes", case.outcomes.assign(best=case.outcomes["best"].mask(target, 9e9)))
    other = ti.backtest(changed, window=SARATAN, as_of="2021-07-22", draws=256, rng=1)
    pd.testing.assert_frame_equal(other.result.draws(), strict.result.draws())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": ("2021-07-01", "2021-07-10")}, "2021-06-22 to 2021-07-22"),
        ({"vintage": "loose"}, "strict, period"),
        ({"outcome": float("nan")}, "finite"),
    ],
)
def test_what_cannot_be_scored_is_an_error_that_says_what_could(case, options, words):
    args = {"window": SARATAN, "as_of": "2021-07-22", "draws": 16, "rng": 1} | options
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.backtest(case, **args)


# --- mechanisms ----------------------------------------------------------------------------------


def test_mechanisms_are_switched_one_by_one(period):
    table = period.mechanisms
    counts = table["switch"].value_counts().to_dict()
    assert counts == {"without": len(MECHANISMS), "only": len(MECHANISMS), "all on": 1, "none": 1}
    rows = table.set_index(["switch", "mechanism"])["median"]
    assert rows[("without", "general insecurity")] > rows[("all on", "")]
    assert rows[("without", "rerouting")] < rows[("all on", "")]


def test_with_all_mechanisms_off_only_control_and_closures_are_left(case):
    bare = switched_off(case, set(MECHANISMS))
    result = ti.simulate(bare, bare.as_reported(), start=SARATAN[0], end=SARATAN[1], draws=64, rng=1)
    draws = result.draws()
    for name in ("held_back", "deferred_returned", "weaker_collection", "collected_inland"):
        np.testing.assert_allclose(draws[name], 0, atol=2e-4 * draws["baseline"].mean(), err_msg=name)
    # every crossing answers alone, so no trade is rerouted; what is left of the two is inland houses that a shut post
    # no longer feeds, and the little that passes where nobody holds
    left = (draws["contraction"] + draws["rerouting"]) / draws["baseline"]
    assert left.between(0, 0.05).all()
    parts = ["lost_to_insurgent_control", "lost_to_nobody", "lost_to_closure", "contraction", "rerouting"]
    np.testing.assert_allclose(draws["government_loss"], draws[parts].sum(axis=1), rtol=1e-3)


def test_its_picture_and_its_table(strict, tmp_path):
    strict.plot(save=tmp_path / "backtest")
    assert (tmp_path / "backtest.csv").exists()
    assert "strict vintage" in strict._repr_html_()
    assert len(strict.beats_rivals) == 4


# --- claims --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scores(case):
    return ti.claims(case, draws=256, rng=0)


def test_brier_scores_are_the_mean_squared_error_over_crossing_days(case, scores):
    days = scores.days
    assert len(days) == int(sum((case.truth["end"] - case.truth["start"]).dt.days + 1))
    for column, method in METHODS.items():
        table = scores.scores
        row = table[(table["days"] == "all") & (table["method"] == method)]
        assert row["brier"].iloc[0] == pytest.approx(((days[column] - days["lost"]) ** 2).mean())
    counts = scores.scores.drop_duplicates("days").set_index("days")["crossing_days"]
    assert counts["disputed"] + counts["undisputed"] == counts["all"]
    assert counts["disputed"] > 0


def test_filtered_probabilities_beat_both_rivals_over_all_and_over_disputed_days(scores):
    assert scores.beats_rivals


def test_rivals_believe_what_they_are_said_to_believe(scores):
    at = scores.days.set_index(["crossing", "day"])
    assert at.loc[("spin_boldak", "2021-07-13"), ["newest", "government"]].tolist() == [0, 0]
    assert at.loc[("spin_boldak", "2021-07-16"), "newest"] == 1  # ev042, a neighbour
    assert at.loc[("spin_boldak", "2021-07-17"), "newest"] == 0  # ev044, the governor
    assert at.loc[("spin_boldak", "2021-07-27"), "government"] == 0
    assert at.loc[("spin_boldak", "2021-07-28"), "government"] == 1  # the ministry's list of seven
    assert at.loc[("islam_qala", "2021-07-08"), "government"] == 1


def test_a_case_without_truth_cannot_be_scored(case):
    with pytest.raises(ti.TradeImpactError, match="truth"):
        ti.claims(case.as_of("2021-07-30"))
    with pytest.raises(ti.TradeImpactError, match="no day between"):
        ti.claims(case, start="2021-09-01", end="2021-09-02")
    assert "Brier" in ti.claims(case, start="2021-07-14", end="2021-07-14", draws=16)._repr_html_()
