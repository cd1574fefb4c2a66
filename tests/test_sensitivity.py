"""Sobol indices: known answers come out, groups add up, and what belongs together is not taken apart."""

import builtins

import numpy as np
import pandas as pd
import pytest
from SALib.test_functions import Ishigami

import tradeimpact as ti

WINDOW = {"start": "2021-07-01", "end": "2021-07-22"}
CIRCLE = {name: (-np.pi, np.pi) for name in ("x1", "x2", "x3")}


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def reported(case):
    return ti.sensitivity(case, case.as_reported(), **WINDOW, draws=256, rng=1)


@pytest.fixture(scope="module")
def fall():
    return ti.Scenario("two fall").capture("islam_qala", on="2021-07-08").capture("spin_boldak", on="2021-07-14")


# --- functions with known answers ------------------------------------------------------------------


def test_ishigami_has_its_published_indices():
    found = ti.sobol_indices(Ishigami.evaluate, CIRCLE, draws=8192, rng=1).set_index("group").loc[list(CIRCLE)]
    np.testing.assert_allclose(found["first"], [0.3139, 0.4424, 0.0], atol=0.01)
    np.testing.assert_allclose(found["total"], [0.5576, 0.4424, 0.2437], atol=0.01)
    for index, known in (("first", [0.3139, 0.4424, 0.0]), ("total", [0.5576, 0.4424, 0.2437])):
        assert (found[f"{index}_low"] <= known).all()
        assert (known <= found[f"{index}_high"]).all()


def test_a_group_of_an_additive_function_has_the_sum_of_its_members():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    bounds = {name: (0.0, 1.0) for name in "abcd"}
    found = ti.sobol_indices(lambda x: x @ weights, bounds, groups={"ends": ["a", "d"]}, draws=4096, rng=0)
    first = found.set_index("group")["first"]
    share = weights**2 / (weights**2).sum()
    np.testing.assert_allclose(first[["ends", "b", "c"]], [share[0] + share[3], share[1], share[2]], atol=0.01)
    np.testing.assert_allclose(found["first"], found["total"], atol=0.015)  # nothing interacts


def test_a_group_of_ishigami_holds_the_interaction_of_its_members():
    found = ti.sobol_indices(Ishigami.evaluate, CIRCLE, groups={"both": ["x1", "x3"]}, draws=8192, rng=2)
    first = found.set_index("group")["first"]
    assert first["both"] == pytest.approx(1 - 0.4424, abs=0.01)
    assert first["x2"] == pytest.approx(0.4424, abs=0.01)


def test_points_come_in_the_order_and_range_of_the_bounds():
    seen = []

    def keep(x):
        seen.append(x)
        return x[:, 0]

    ti.sobol_indices(keep, {"wide": (10.0, 20.0), "narrow": (-1.0, 0.0)}, draws=100, rng=1)
    points = np.concatenate(seen)
    assert 10 <= points[:, 0].min() < 10.1
    assert 19.9 < points[:, 0].max() <= 20
    assert -1 <= points[:, 1].min() <= points[:, 1].max() <= 0


def test_the_same_seed_gives_the_same_indices_and_zero_is_a_seed():
    one, two = (ti.sobol_indices(Ishigami.evaluate, CIRCLE, draws=64, rng=0) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    other = ti.sobol_indices(Ishigami.evaluate, CIRCLE, draws=64, rng=1)
    assert not np.allclose(one["first"], other["first"])


@pytest.mark.parametrize(
    ("function", "groups", "words"),
    [(lambda x: np.zeros(len(x)), None, "same in every draw"), (lambda x: x[:, 0] * np.nan, None, "missing"),
     (lambda x: x[:, 0], {"g": ["x9"]}, "not drawn"), (lambda x: x[:, 0], {"g": ["x1"], "h": ["x1"]}, "two groups")],
)  # fmt: skip
def test_indices_that_make_no_sense_are_an_error_of_ours(function, groups, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.sobol_indices(function, CIRCLE, groups=groups, draws=16, rng=1)


def test_without_salib_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("SALib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ti.TradeImpactError, match=r"pip install 'tradeimpact\[sensitivity\]'"):
        ti.sobol_indices(Ishigami.evaluate, CIRCLE, draws=16, rng=1)


# --- the model -------------------------------------------------------------------------------------


def test_groups_hold_every_input_that_is_read_once_and_keep_correlated_ones_together(case, reported):
    members = [name for names in reported.table["members"] for name in names]
    assert len(members) == len(set(members))
    home = {name: row.group for row in reported.table.itertuples() for name in row.members}
    assert len({home[n] for n in ("theta", "phi", "epsilon")}) == 1
    for group in case.correlations:
        of_group = [r.name for r in case.assumption_records.values() if r.group == group and r.name in home]
        assert len({home[n] for n in of_group}) == 1
    assert home["silence"] == home["weight_relay"] == "Who held what (reports)"
    assert "closure_days" not in home  # nothing reads it where every closure has a reported end


def test_the_standard_deviation_is_that_of_a_plain_run(case, reported):
    loss = ti.simulate(case, case.as_reported(), **WINDOW, draws=1024, rng=1).draws()["government_loss"]
    assert reported.sd == pytest.approx(loss.std(), rel=0.12)


def test_indices_of_a_model_without_much_interaction_nearly_sum_to_one(reported):
    table = reported.table
    assert 0.7 < table["first"].sum() < 1.1
    assert (table["total"] >= -1e-12).all()
    assert ((table["first_low"] <= table["first"]) & (table["first"] <= table["first_high"])).all()
    assert (table["first"] <= table["total_high"] + 0.12).all()


def test_a_stated_history_has_no_group_of_reports(case, fall):
    found = ti.sensitivity(case, fall, **WINDOW, draws=64, rng=1)
    assert "Who held what (reports)" not in set(found.table["group"])
    assert "silence" not in {name for names in found.table["members"] for name in names}


def test_fixing_a_group_takes_its_index_away(case, fall):
    own = {"rates": ["gap", "gap_split", "gap.zaranj", "collected_rate_declared", "bribe_share"]}
    before = ti.sensitivity(case, fall, **WINDOW, draws=128, rng=1, groups=own).table.set_index("group")
    certain = case.assume({name: case.best(name) for name in own["rates"]})
    with pytest.raises(ti.TradeImpactError, match="not drawn"):
        ti.sensitivity(certain, fall, **WINDOW, draws=128, rng=1, groups=own)
    after = ti.sensitivity(certain, fall, **WINDOW, draws=128, rng=1)
    assert "rates" in before.index
    assert not set(own["rates"]) & {name for names in after.table["members"] for name in names}


def test_single_parameters_stand_alone_except_where_they_belong_together(case, fall):
    found = ti.sensitivity(case, fall, **WINDOW, draws=32, rng=1, groups="parameters").table
    home = {name: row for row in found.itertuples() for name in row.members}
    assert home["capacity_ceiling"].members == ("capacity_ceiling",)
    assert set(home["theta"].members) == {"theta", "phi", "epsilon"}
    assert {"insecurity_sensitivity", "friction_threat"} <= set(home["friction_threat"].members)


@pytest.mark.parametrize(
    ("groups", "words"),
    [({"a": ["theta"]}, "in one group"), ({"a": ["friction_threat"]}, "in one group"), ("each", "'themes'"),
     ({"a": ["thta"]}, "theta")],
)  # fmt: skip
def test_groups_that_would_make_the_indices_meaningless_are_refused(case, fall, groups, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.sensitivity(case, fall, **WINDOW, draws=32, rng=1, groups=groups)


def test_groups_of_ones_own_keep_their_names_and_carry_the_history(case, reported):
    names = {row.group: list(row.members) for row in reported.table.itertuples()}
    own = {"what was said": names["Who held what (reports)"]}
    found = ti.sensitivity(case, case.as_reported(), **WINDOW, draws=256, rng=1, groups=own).table.set_index("group")
    assert set(found.index) == {"what was said", "Everything else"}
    before = reported.table.set_index("group").loc["Who held what (reports)"]
    assert found.loc["what was said", "first"] == pytest.approx(before["first"], abs=0.005)  # SALib centres on all rows


def test_an_outcome_that_nothing_moves_is_refused(case):
    with pytest.raises(ti.TradeImpactError, match="same in every draw"):
        ti.sensitivity(case, None, **WINDOW, draws=32, rng=1)


def test_the_sentences_explain_estimates_below_zero_and_the_figure_shows_them(reported, tmp_path):
    table = reported.table
    assert f"{table['group'].iloc[0]} explains" in reported.text
    assert ("below 0" in reported.text) == (table["first"] < 0).any()
    ax = reported.plot(save=tmp_path / "sobol")
    assert sum(patch.get_gid() == "bar-first" for patch in ax.patches) == len(table)
    assert len((tmp_path / "sobol.csv").read_text().splitlines()) == 1 + len(table)
    assert reported.text.split("\n")[0] in reported._repr_html_()
