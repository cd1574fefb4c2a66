"""Scenario discovery: a planted box is found, chance is not, and the rule says what its numbers mean."""

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.analysis.prim import Box, find_box, on_halves

WINDOW = {"start": "2021-07-01", "end": "2021-07-22"}
COUNT = 1000
EQUAL = np.full(COUNT, 1.0 / COUNT)


@pytest.fixture(scope="module")
def result():
    case = ti.load_case("afghanistan-2021")
    fall = ti.Scenario("two fall").capture("islam_qala", on="2021-07-08").capture("spin_boldak", on="2021-07-14")
    return ti.simulate(case, fall, **WINDOW, draws=512, rng=1)


@pytest.fixture(scope="module")
def low(result):
    return float(result.draws()["government_revenue"].quantile(0.3))


@pytest.fixture(scope="module")
def rule(result, low):
    return ti.discover(result, below=low)


def planted(seed=1, columns=10):
    x = np.random.default_rng(seed).random((COUNT, columns))
    return x, (x[:, 2] > 0.7) & (x[:, 5] < 0.4)


# --- the method ------------------------------------------------------------------------------------


def test_a_planted_box_is_found_with_its_limits():
    x, bad = planted()
    box, path = find_box(x, bad, EQUAL, 3)
    assert set(box.used) == {2, 5}
    assert box.low[2] == pytest.approx(0.7, abs=0.03)
    assert box.high[5] == pytest.approx(0.4, abs=0.03)
    assert not np.isfinite(box.high[2])
    assert not np.isfinite(box.low[5])
    assert box.density > 0.95
    assert box.coverage > 0.95
    assert path["mass"].is_monotonic_decreasing


def test_density_coverage_and_mass_are_counts_of_draws():
    x, bad = planted(2)
    box, _ = find_box(x, bad, EQUAL, 2)
    inside = box.holds(x)
    assert box.mass == pytest.approx(inside.mean())
    assert box.density == pytest.approx(bad[inside].mean())
    assert box.coverage == pytest.approx(inside[bad].mean())


def test_the_planted_box_holds_on_halves_it_was_not_found_on():
    x, bad = planted(3)
    box, _ = find_box(x, bad, EQUAL, 2)
    again, density, coverage = on_halves(x, bad, EQUAL, 2, None, box, np.random.default_rng(0))
    assert again[[2, 5]].min() == 1
    assert density > 0.9
    assert coverage > 0.85


def test_in_pure_noise_what_is_found_does_not_hold_elsewhere():
    rng = np.random.default_rng(4)
    x, bad = rng.random((COUNT, 20)), rng.random(COUNT) < 0.3
    box, _ = find_box(x, bad, EQUAL, 3)
    _, density, _ = on_halves(x, bad, EQUAL, 3, None, box, np.random.default_rng(0))
    assert np.isnan(density) or density < 0.37


def test_a_rule_keeps_to_the_number_of_conditions_asked_for():
    x = np.random.default_rng(5).random((COUNT, 6))
    bad = (x[:, :4] > 0.3).all(axis=1)
    for most in (1, 2, 3):
        assert 1 <= len(find_box(x, bad, EQUAL, most)[0].used) <= most


def test_weights_of_zero_leave_draws_out():
    x, bad = planted(6)
    rng = np.random.default_rng(7)
    both, flags = np.vstack([x, rng.random(x.shape)]), np.r_[bad, rng.random(COUNT) < 0.5]
    w = np.r_[EQUAL, np.zeros(COUNT)]
    one, _ = find_box(x, bad, EQUAL, 2)
    two, _ = find_box(both, flags, w, 2)
    assert set(one.used) == set(two.used)
    assert two.density == pytest.approx(one.density, abs=0.05)
    assert two.coverage == pytest.approx(one.coverage, abs=0.05)


def test_ties_go_together():
    rng = np.random.default_rng(8)
    x = np.column_stack([rng.integers(0, 3, COUNT).astype(float), rng.random(COUNT)])
    box, _ = find_box(x, x[:, 0] == 2, EQUAL, 2)
    assert list(box.used) == [0]
    assert box.low[0] == 2
    assert (box.density, box.coverage) == (1.0, 1.0)


def test_a_wanted_density_takes_the_widest_box_that_reaches_it():
    rng = np.random.default_rng(9)
    x = rng.random((COUNT, 3))
    bad = rng.random(COUNT) < x[:, 0]
    box, _ = find_box(x, bad, EQUAL, 2, 0.8)
    assert box.density >= 0.8
    wide, _ = find_box(x, bad, EQUAL, 2)
    assert box.mass < wide.mass


@pytest.mark.parametrize(("seed", "theirs"), [(0, 0.13316), (1, 0.12188), (2, 0.11893), (3, 0.12137)])
def test_our_boxes_are_as_good_as_the_best_on_the_way_of_the_ema_workbench(seed, theirs):
    # mass x (density - base) of its best box (version 2.5.3, peel_alpha=0.05, mass_min=0.05) on the same draws
    x = np.random.default_rng(seed).random((COUNT, 6))
    likely = 0.1 + 0.8 * ((x[:, 1] > 0.6) & (x[:, 4] < 0.5))
    bad = np.random.default_rng(100 + seed).random(COUNT) < likely
    box, _ = find_box(x, bad, EQUAL, 3)
    assert set(box.used) == {1, 4}
    assert box.mass * (box.density - bad.mean()) >= 0.98 * theirs


def test_an_open_box_holds_everything():
    box = Box(np.full(2, -np.inf), np.full(2, np.inf), 0.0, 0.0, 0.0)
    assert box.holds(np.zeros((3, 2))).all()
    assert len(box.used) == 0


# --- the question ----------------------------------------------------------------------------------


def test_the_rule_says_what_its_numbers_say(result, low, rule):
    scatter = rule.scatter()
    assert (scatter["bad"] == (result.draws()["government_revenue"] < low)).all()
    assert rule.base == pytest.approx(scatter["bad"].mean())
    assert rule.density == pytest.approx(scatter.loc[scatter["inside"], "bad"].mean())
    assert rule.coverage == pytest.approx(scatter.loc[scatter["bad"], "inside"].mean())
    assert rule.mass == pytest.approx(scatter["inside"].mean())
    assert rule.density > rule.base
    assert f"{100 * rule.density:.0f} %" in rule.text
    assert f"covers {100 * rule.coverage:.0f} %" in rule.text
    assert "had no part in finding the rule" in rule.text


def test_conditions_carry_their_grade_and_how_often_they_were_found_again(rule):
    assert 1 <= len(rule.table) <= 3
    assert set(rule.table["grade"]) <= {"A", "B", "C", "E"}
    assert rule.table["reproduced"].between(0, 1).all()
    assert (rule.table["above"].notna() | rule.table["below"].notna()).all()


def test_above_and_below_are_two_sides_of_one_threshold(result, low):
    names = ["epsilon", "baseline_level", "share.kabul"]
    over = ti.discover(result, "government_revenue", above=low, most=1, names=names)
    under = ti.discover(result, "government_revenue", below=low, most=1, names=names)
    assert over.base == pytest.approx(1 - under.base)
    assert "is over" in over.text


def test_only_the_names_asked_for_occur(result, low):
    names = ["epsilon", "friction_insurgent", "capacity_ceiling"]
    assert set(ti.discover(result, below=low, names=names).table["name"]) <= set(names)


def test_the_check_is_the_same_every_time(result, low, rule):
    again = ti.discover(result, below=low)
    assert again.text == rule.text


@pytest.mark.parametrize(
    ("change", "words"),
    [({}, "one threshold"), ({"below": 1e9, "above": 2e9}, "one threshold"), ({"below": 0.0}, "move the threshold"),
     ({"below": 4e9, "names": ["thta"]}, "theta"), ({"below": 4e9, "most": 0}, "at least one"),
     ({"below": 4e9, "outcome": "revenue"}, "expected one of")],
)  # fmt: skip
def test_questions_that_make_no_sense_are_an_error_of_ours(result, change, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.discover(result, **change)


def test_the_figure_marks_every_draw_and_is_saved_with_them(result, rule, tmp_path):
    ax = rule.plot(save=tmp_path / "rule")
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == result.count
    assert len((tmp_path / "rule.csv").read_text().splitlines()) == 1 + result.count
    assert rule.text.split("\n")[0] in rule._repr_html_()


def test_amounts_of_millions_stand_on_their_axis_in_millions_and_the_box_with_them():
    import matplotlib.pyplot as plt

    from tradeimpact.figures.rules import discovery

    inside = np.array([True, False, True, False])
    draws = {"gamma": [0.6, 0.2, 0.9, 0.4], "level": [2.2e8, 2.6e8, 2.1e8, 2.4e8], "outcome": [4e9, 6e9, 4.5e9, 5.5e9]}
    table = pd.DataFrame(draws | {"bad": inside, "inside": inside})
    row = {"label": "Level", "unit": "AFN a day", "above": np.nan, "below": 2.3e8, "grade": "C"}
    other = {"label": "Gamma", "unit": "", "above": 0.5, "below": np.nan, "grade": "E"}
    rows = pd.DataFrame([{"name": "gamma", **other}, {"name": "level", **row}])
    ax = discovery(table, conditions=rows, outcome="Revenue", bad="Under 5 bn AFN", threshold=5e9, source="none")
    assert ax.get_ylabel() == "Level (m AFN a day)"
    assert ax.get_xlabel() == "Gamma"
    box = ax.patches[0]
    assert box.get_x() == 0.5
    assert box.get_y() + box.get_height() == pytest.approx(230)
    assert ax.get_ylim()[1] == pytest.approx(260, rel=0.02)
    plt.close(ax.figure)
