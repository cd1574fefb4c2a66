"""Re-weighting with an observed total: weights in every table, effective draws, refusal, and other windows."""

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti

SARATAN = {"start": "2021-06-22", "end": "2021-07-22"}
ASAD = {"start": "2021-07-23", "end": "2021-08-22"}


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def month(case):
    return ti.simulate(case, case.as_reported(), **SARATAN, draws=1024, rng=1, as_of="2021-07-27")


@pytest.fixture(scope="module")
def following(case):
    return ti.simulate(case, case.as_reported(), **ASAD, draws=1024, rng=1, as_of="2021-07-27")


@pytest.fixture(scope="module")
def updated(month):
    return ti.update(month, 4.6e9, 0.2e9)


def test_weights_are_the_gaussian_likelihood_of_each_draw(month, updated):
    revenue = month.draws()["government_revenue"].to_numpy()
    expected = np.exp(-0.5 * ((revenue - 4.6e9) / 0.2e9) ** 2)
    np.testing.assert_allclose(updated.weights, expected / expected.sum(), rtol=1e-9)
    assert updated.effective_draws == pytest.approx(1 / (updated.weights**2).sum())
    assert month.effective_draws == month.count
    assert month.weights is None


def test_every_table_honours_the_weights(month, updated):
    weighted = updated.weights @ updated.draws()["government_revenue"].to_numpy()
    assert updated.summary().loc["government_revenue", "mean"] == pytest.approx(weighted)
    assert updated.bridge().loc["government_revenue", "mean"] == pytest.approx(weighted)
    assert updated.by("month")["mean"].xs("government_revenue", level="line").sum() == pytest.approx(weighted)
    assert updated.by("crossing")["mean"].xs("government_revenue", level="line").sum() == pytest.approx(weighted)
    assert updated.by("authority").loc[("government", "revenue"), "mean"] == pytest.approx(weighted)
    assert updated.daily()["mean"].sum() == pytest.approx(weighted)
    assert updated.rivals().set_index("method").loc["Model", "mean"] == pytest.approx(weighted)
    assert abs(updated.summary().loc["government_revenue", "median"] - 4.6e9) < abs(
        month.summary().loc["government_revenue", "median"] - 4.6e9
    )
    assert updated.to("usd").weights is updated.weights
    assert updated.manifest()["weighted"]
    assert "weight" in updated.to_xarray()


def test_two_updates_are_one_with_both_figures(month):
    both = ti.update(ti.update(month, 4.6e9, 0.5e9), 1.8e9, 0.5e9, of="government_loss")
    other = ti.update(ti.update(month, 1.8e9, 0.5e9, of="government_loss"), 4.6e9, 0.5e9)
    np.testing.assert_allclose(both.weights, other.weights)


def test_an_observation_that_few_draws_can_explain_is_refused(month):
    with pytest.raises(ti.TradeImpactError, match="effective draws"):
        ti.update(month, 0.1e9, 0.01e9)
    with pytest.raises(ti.TradeImpactError, match="effective draws"):
        ti.update(month, 4.6e9, 1e5)  # so exact that hardly a draw fits


@pytest.mark.parametrize(
    ("args", "words"),
    [((4.6e9, 0), "sd above 0"), ((np.nan, 1e8), "finite"), ((4.6e9, 1e8, "revenue"), "government_revenue")],
)
def test_an_update_that_makes_no_sense_is_an_error_of_ours(month, args, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.update(month, *args)


def test_what_was_learnt_moves_the_forecast_of_the_following_month(following, updated):
    after = ti.reweight(following, like=updated)
    assert after.weights is updated.weights
    before, now = (r.summary().loc["government_revenue", "median"] for r in (following, after))
    assert now < before  # Saratan came in below the median, and so will the next month
    pd.testing.assert_frame_equal(after.draws(), following.draws())


def test_weights_go_only_to_the_same_draws(case, following, updated):
    other = ti.simulate(case, case.as_reported(), **ASAD, draws=1024, rng=2, as_of="2021-07-27")
    with pytest.raises(ti.TradeImpactError, match="same rng"):
        ti.reweight(other, like=updated)
    vintage = ti.simulate(case, case.as_reported(), **ASAD, draws=1024, rng=1, as_of="2021-08-14")
    with pytest.raises(ti.TradeImpactError, match=r"differ|do not draw"):
        ti.reweight(vintage, like=updated)


def test_what_moved_most_is_listed_in_standard_deviations(month, updated):
    table = ti.learnt(month, updated)
    assert (table["moved"].abs().diff().dropna() <= 1e-12).all()
    assert "insecurity_sensitivity" in set(table["name"])
    assert "capacity_start" not in set(table["name"])  # fixed: it cannot move
    with pytest.raises(ti.TradeImpactError, match="no weights"):
        ti.learnt(month, month)
