"""Reconciled draws add up, stay at or above zero, keep closed posts shut, and give the published answer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from tradeimpact.errors import ModelError
from tradeimpact.model.reconcile import reconcile


@pytest.fixture(scope="module")
def draws():
    values = np.random.default_rng(5).normal([45.0, 50.0, 4.0, 0.0], [6.0, 9.0, 4.0, 0.0], size=(400, 4))
    return pd.DataFrame(values, columns=["muse", "chinshwehaw", "lweje", "kampaiti"])


@pytest.fixture(scope="module")
def total():
    return pd.Series(np.random.default_rng(6).normal(100.0, 8.0, 400))


def test_the_textbook_hierarchy_gives_the_published_answer():
    found = reconcile(np.array([[45.0], [50.0]]), [100.0], error=[1.0, 1.0], total_error=1.0)
    assert found.sum() == pytest.approx(98.33, abs=0.005)
    np.testing.assert_allclose(found.ravel(), [46.67, 51.67], atol=0.005)


def test_without_a_bound_in_the_way_it_is_the_matrix_formula_of_mint():
    rng = np.random.default_rng(2)
    base, sd, sd_total = rng.uniform(50, 90, 5), rng.uniform(1, 4, 5), 3.0
    top = base.sum() + 7.0
    summing = np.vstack([np.ones(5), np.eye(5)])
    weight = np.diag(1 / np.square([sd_total, *sd]))
    mint = np.linalg.solve(summing.T @ weight @ summing, summing.T @ weight @ np.array([top, *base]))
    found = reconcile(base[:, None], [top], error=sd, total_error=sd_total)
    np.testing.assert_allclose(found.ravel(), mint, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_with_bounds_in_the_way_it_is_non_negative_least_squares(seed):
    rng = np.random.default_rng(seed)
    base, sd, sd_total = rng.normal(5, 10, 6), rng.uniform(0.2, 4, 6), rng.uniform(0.2, 4)
    top = rng.uniform(0, 60)
    scale = 1 / np.array([sd_total, *sd])
    expected, _ = nnls(np.vstack([np.ones(6), np.eye(6)]) * scale[:, None], np.array([top, *base]) * scale)
    found = reconcile(base[:, None], [top], error=sd, total_error=sd_total)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-8)


@pytest.mark.parametrize("method", ["least_squares", "proportional"])
def test_every_draw_adds_up_to_the_held_total_and_no_post_goes_below_zero(draws, total, method):
    given = draws if method == "least_squares" else draws.clip(lower=0.0)
    found = reconcile(given, total, method=method)
    assert list(found.columns) == list(draws.columns)
    assert (np.abs(found.sum(axis=1) - total) <= 1e-9 * total).all()
    assert (found >= 0).all().all()
    assert (found["kampaiti"] == 0).all()  # a closed post trades exactly nothing


def test_a_wide_part_gives_way_and_a_narrow_one_holds(draws, total):
    found = reconcile(
        draws.assign(lweje=40.0), total + 40, error={"muse": 1, "chinshwehaw": 3, "lweje": 0, "kampaiti": 0}
    )
    assert (found["lweje"] == 40.0).all()
    inside = (found[["muse", "chinshwehaw"]] > 0).all(axis=1)
    ratio = (found["chinshwehaw"] - draws["chinshwehaw"]) / (found["muse"] - draws["muse"])
    np.testing.assert_allclose(ratio[inside], 9.0, rtol=1e-6)  # in proportion to the variance


def test_proportional_keeps_the_mix_of_every_draw(draws, total):
    given = draws.clip(lower=0.0)
    found = reconcile(given, total, method="proportional")
    np.testing.assert_allclose(found["muse"] / total, given["muse"] / given.sum(axis=1), rtol=1e-12)


def test_months_are_reconciled_one_by_one():
    parts = np.random.default_rng(1).uniform(1, 9, (3, 12, 50))
    parts[1, 4] = 0.0  # shut in one month, in every draw
    total = np.random.default_rng(2).uniform(5, 20, (12, 50))
    found = reconcile(parts, total)
    np.testing.assert_allclose(found.sum(axis=0), total, rtol=1e-9)
    assert (found[1, 4] == 0).all()
    assert (found[1, 5] > 0).any()


def test_one_draw_alone_has_no_spread_and_is_moved_equally():
    np.testing.assert_allclose(reconcile([[45.0], [50.0]], [100.0]).ravel(), [47.5, 52.5])


def test_what_adds_up_already_is_left_alone(draws):
    given = draws.clip(lower=0.0)
    np.testing.assert_allclose(reconcile(given, given.sum(axis=1)), given, atol=1e-12)


@pytest.mark.parametrize(
    ("parts", "total", "options", "words"),
    [
        ([[1.0, np.nan]], [1.0, 1.0], {}, "not all numbers"),
        ([[0.0, 0.0]], [1.0, 1.0], {}, "cannot be reached"),
        ([[5.0, 5.0], [1.0, 2.0]], [1.0, 1.0], {"error": [0, 1]}, "held parts are above"),
        ([[1.0, 2.0]], [-1.0, 1.0], {}, "at least 0"),
        ([[1.0, 2.0]], [1.0, 1.0, 1.0], {}, "one per draw"),
        ([[1.0, 2.0]], [1.0, 1.0], {"method": "scaled"}, "least_squares, proportional"),
        ([[-1.0, 2.0]], [1.0, 1.0], {"method": "proportional"}, "at least 0"),
        ([[0.0, 2.0]], [1.0, 1.0], {"method": "proportional"}, "nothing can be scaled"),
        ([[1.0, 2.0]], [1.0, 1.0], {"error": [1, 2]}, "one standard error per crossing"),
    ],
)
def test_what_cannot_be_reconciled_is_refused_with_a_reason(parts, total, options, words):
    with pytest.raises(ModelError, match=words):
        reconcile(parts, total, **options)
