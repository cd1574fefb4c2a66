"""Sentences on a result say what its tables say, no more, and never one ledger for the other."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import Scenario
from tradeimpact.figures.text import amount, estimate
from tradeimpact.model.ledger import LINES
from tradeimpact.report import LABELS, readable

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
WINDOW = {"start": "2001-06-10", "end": "2001-06-30", "draws": 128, "rng": 1}


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def fall(case):
    return ti.simulate(case, Scenario("a synthetic fall").capture("north_gate", "2001-06-12"), **WINDOW)


def said(result, line, currency="XTS"):
    row = result.summary().loc[line]
    return estimate(row["median"], row["low"], row["high"], currency=currency)


# --- where nothing changes ------------------------------------------------------------------------------------


def test_nothing_changes_is_said_in_two_sentences_without_loss_gain_or_ratio(case):
    report = ti.simulate(case, None, **WINDOW).report()
    assert len(report.text.split("\n")) == 2
    assert report.text.startswith("Synthetic: three gates and one city")
    assert "Nothing changes: the government collects its baseline of" in report.text
    assert not re.search(r"\b(gain|loses|For each 100)\b", report.text)
    assert report.table.loc["transfer_ratio"].isna().all()


def test_a_fall_in_few_draws_is_not_called_nothing(case):
    quiet = ti.simulate(case, None, **WINDOW)
    lines = quiet.totals.lines.copy()
    names = list(LINES)
    # one draw of 128 loses something, fewer than the interval shows
    lines[names.index("government_loss"), 5] = 1e6
    rare = replace(quiet, totals=replace(quiet.totals, lines=lines))
    assert list(rare.summary().loc["government_loss", ["low", "high"]]) == [0, 0]
    assert "Nothing changes" not in rare.report().text
    assert "The government loses 0 XTS" in rare.report().text


# --- where something does -------------------------------------------------------------------------------------


def test_every_number_of_the_sentences_is_one_of_the_tables(fall):
    text = fall.report().text
    assert text.split("\n")[0] == f"{fall.case.title}: a synthetic fall, 2001-06-10 to 2001-06-30."
    assert f"The government loses {said(fall, 'government_loss')} of a baseline of {said(fall, 'baseline')}" in text
    assert f"The insurgents gain {said(fall, 'insurgent_gain')} over what" in text
    share = (fall.draws()["government_loss"] / fall.draws()["baseline"]).quantile([0.5, 0.05, 0.95])
    assert "{:.0f} % of it ({:.0f} % to {:.0f} %)".format(*(100 * share)) in text
    assert "Medians with 90 % intervals from 128 draws (seed 1)" in text


def test_parts_of_the_loss_are_named_by_mean_largest_first(fall):
    means = fall.bridge()["mean"]
    sentence = next(line for line in fall.report().text.split("\n") if line.startswith("On average"))
    large = means[[name for name in LABELS if means[name] > 0.05 * means["government_loss"]]].sort_values()[::-1]
    told = [f"{LABELS[name]} ({amount(value, currency='XTS')})" for name, value in large.items()]
    assert len(told) >= 1
    places = [sentence.index(words) for words in told]
    assert places == sorted(places)
    for name in set(LABELS) - set(large.index):
        assert LABELS[name] not in sentence


def test_gains_against_the_loss_are_told_beside_it(case):
    s = Scenario().close("north_gate", "2001-06-10", "2001-06-14").capture("south_gate", "2001-06-12")
    s = s.levy("south_gate", "2001-06-12", rate=0.01)
    generous = case.assume({"inland_charge_probability": 0.9, "deferral_share": 0.9, "deferral_return": 0.9})
    r = ti.simulate(generous, s, **WINDOW)
    means = r.bridge()["mean"]
    loss = means["government_loss"]
    parts = means[r.bridge()["role"] == "component"]
    back = amount(-parts[parts < -0.02 * abs(loss)].sum(), currency="XTS")
    assert f"Against it stand {back} of gains from returning or diverted cargo and inland charges." in r.report().text


def test_a_ratio_that_no_draw_has_is_left_out(fall):
    lines = fall.totals.lines.copy()
    lines[list(LINES).index("government_loss")] = 0.0
    without = replace(fall, totals=replace(fall.totals, lines=lines))
    assert without.summary().loc["transfer_ratio"].isna().all()
    assert "For each 100" in fall.report().text
    assert "For each 100" not in without.report().text


def test_dollars_are_told_in_dollars(fall):
    text = fall.report("usd").text
    assert "USD" in text
    assert "XTS" not in text
    assert said(fall.to("usd"), "government_loss", "USD") in text


# --- tables for readers ---------------------------------------------------------------------------------------


def test_readable_tables_hold_millions_and_the_ratio_as_it_is():
    table = pd.DataFrame(
        {"mean": [1_234_500_000.0, -4_560_000.0, 0.1234], "low": [np.nan, 0.0, np.nan]},
        index=["baseline", "insurgent_gain", "transfer_ratio"],
    )
    shown = readable(table)
    assert list(shown["mean"]) == ["1,234", "−4.6", "0.12"]
    assert list(shown["low"]) == ["?", "0.0", "?"]
    assert table["mean"].iloc[0] == 1_234_500_000.0


def test_the_html_has_every_sentence_escaped_and_the_table_with_its_unit(case):
    r = ti.simulate(case, Scenario("<i>x</i> & y").capture("north_gate", "2001-06-12"), **WINDOW)
    html = r.report()._repr_html_()
    assert "<i>" not in html
    assert "&lt;i&gt;x&lt;/i&gt; &amp; y" in html
    assert html.count("<p>") == len(r.report().text.split("\n")) + 1
    assert "Amounts in millions of XTS" in html
    assert f"<td>{readable(r.summary()).loc['government_loss', 'median']}</td>" in html
