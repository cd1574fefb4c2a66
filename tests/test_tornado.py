"""Tornado: bars equal runs with the assumption fixed, draws are shared, and elasticities are always there."""

import json
from pathlib import Path

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact.analysis.points import evidence_of, words_for

WINDOW = {"start": "2021-07-01", "end": "2021-07-22"}


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def fall():
    return ti.Scenario("two fall").capture("islam_qala", on="2021-07-08").capture("spin_boldak", on="2021-07-14")


@pytest.fixture(scope="module")
def bars(case, fall):
    return ti.tornado(case, fall, **WINDOW, draws=256, rng=1)


def test_a_bar_ends_where_a_run_with_that_assumption_fixed_does(case, fall, bars):
    rows = bars.table.set_index("name")
    for name, end, value in (("theta", "at_low", 3.0), ("gap", "at_high", 0.7), ("gap.zaranj", "at_low", None)):
        value = rows.loc[name, "low"] if value is None else value
        fixed = ti.simulate(case.assume({name: value}), fall, **WINDOW, draws=256, rng=1)
        assert rows.loc[name, end] == pytest.approx(fixed.draws()["government_loss"].median(), rel=1e-9)


def test_a_bar_of_a_sampled_history_ends_where_that_run_does(case):
    names = ["silence", "closure_days"]
    bars = ti.tornado(case, case.as_reported(), **WINDOW, names=names, draws=64, rng=1).table.set_index("name")
    fixed = case.assume({"silence": case.assumption_records["silence"].high})
    expected = ti.simulate(fixed, fixed.as_reported(), **WINDOW, draws=64, rng=1).draws()["government_loss"].median()
    assert bars.loc["silence", "at_high"] == pytest.approx(expected, rel=1e-9)
    assert bars.loc["closure_days", "swing"] == 0  # every closure has a reported end


def test_the_middle_is_the_median_with_everything_drawn(case, fall, bars):
    loss = ti.simulate(case, fall, **WINDOW, draws=256, rng=1).draws()["government_loss"]
    assert bars.median == pytest.approx(loss.median(), rel=1e-9)
    assert (bars.low, bars.high) == pytest.approx(tuple(np.quantile(loss, (0.05, 0.95))), rel=1e-9)
    ends = bars.table[["at_low", "at_high"]].to_numpy() - bars.median
    np.testing.assert_allclose(bars.table[["change_low", "change_high"]].to_numpy(), ends)


def test_bars_come_by_length_with_grade_unit_and_values_of_the_record(case, bars):
    table = bars.table
    assert (table["swing"].diff().dropna() <= 0).all()
    record = case.assumption_records["friction_insurgent"]
    row = table.set_index("name").loc["friction_insurgent"]
    assert (row["low"], row["best"], row["high"]) == (record.low, record.best, record.high)
    assert (row["unit"], row["grade"], row["source"]) == (record.unit, record.grade, record.source)
    assert set(table["grade"]) <= {"A", "B", "C", "E"}
    assert "capacity_start" not in set(table["name"])  # fixed: there is nothing to set


def test_what_a_stated_history_does_not_read_moves_nothing(bars):
    rows = bars.table.set_index("name")
    assert (rows.loc[["silence", "hazard_fall", "weight_relay", "illicit_transit_per_year"], "swing"] == 0).all()


def test_elasticities_are_shown_whatever_their_rank(bars):
    assert {"theta", "phi", "epsilon"} <= set(bars.shown(most=1)["name"])
    assert len(bars.shown(most=1)) <= 4
    assert all(name in bars.text for name in ("theta", "phi", "epsilon"))


def test_structural_alternatives_take_each_of_their_options(case, fall):
    def frictions(*weights):
        options = [
            {"label": label, "weight": w, "low": v, "best": v, "high": v, "source": "s"}
            for label, w, v in zip("ab", weights, (0.02, 0.25), strict=True)
        ]
        return case.assume({"friction_insurgent": {"alternatives": options}})

    run = {**WINDOW, "draws": 64, "rng": 1}
    bar = ti.tornado(frictions(0.5, 0.5), fall, **run, names=["friction_insurgent"]).table.iloc[0]
    ends = [ti.simulate(frictions(*w), fall, **run).draws()["government_loss"].median() for w in ((1, 0), (0, 1))]
    assert (bar["at_low"], bar["at_high"]) == pytest.approx(tuple(ends), rel=1e-9)
    assert (bar["set_low"], bar["set_high"]) == ("a", "b")


def test_the_sentence_names_the_longest_bar_and_its_grade(bars):
    first = bars.table.iloc[0]
    assert f"{first['label']} moves it from" in bars.text
    assert f"(grade {first['grade']})" in bars.text
    assert "Bars do not add up" in bars.text
    assert str(bars) in bars._repr_html_().replace("</p><p>", "\n")


def test_a_scenario_in_which_nothing_happens_has_no_bars_and_says_so(case):
    nothing = ti.tornado(case, None, **WINDOW, names=["theta", "gap", "level_value"], draws=32, rng=1)
    assert (nothing.table["swing"] == 0).all()
    assert "No assumption moves it" in nothing.text


def test_the_figure_is_of_the_table_it_is_saved_with(bars, tmp_path):
    ax = bars.plot(most=6, save=tmp_path / "tornado")
    assert sum(patch.get_gid() == "bar" for patch in ax.patches) == 2 * len(bars.shown(6))
    rows = (tmp_path / "tornado.csv").read_text().splitlines()
    assert len(rows) == 1 + len(bars.shown(6))
    manifest = json.loads((tmp_path / "tornado.json").read_text())
    assert manifest["seed"] == 1
    assert bars.table["label"].iloc[0] in manifest["alt"]
    assert Path(tmp_path / "tornado.svg").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"outcome": "loss"}, "government_loss"), ({"outcome": "transfer_ratio"}, "expected one of"),
     ({"names": ["thta"]}, "theta"), ({"end": "2021-06-01"}, "before it starts"), ({"draws": 0}, "at least 1")],
)  # fmt: skip
def test_a_tornado_that_makes_no_sense_is_an_error_of_ours(case, fall, change, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.tornado(case, fall, **(WINDOW | {"rng": 1} | change))


def test_everything_drawn_has_words_and_evidence(case):
    drawn = ti.simulate(case, None, **WINDOW, draws=1, rng=1).drawn().columns
    for name in drawn:
        assert words_for(name, case)[0].isupper()
        assert evidence_of(name, case)["grade"] in "ABCE"
    assert words_for("share.spin_boldak", case).startswith("Share of national revenue, Spin Boldak")
