"""What a loss means for a treasury: figures of the case by their rows, cash by a plain loop, dollars and prices."""

import json
import re
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.analysis.fiscal import per_day

WINDOW = {"start": "2021-06-22", "end": "2021-08-15"}
DAYS = 55
MONTH = 365.25 / 12
BILL, OTHER, BUFFER = 20.4e9, 6.5e9, 15e9


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def summer(case):
    return ti.simulate(case, case.as_reported(), **WINDOW, draws=256, rng=1)


@pytest.fixture(scope="module")
def treasury(summer):
    return ti.fiscal(
        summer, bill_per_month=BILL, bill="operating spending", buffer=BUFFER, other_income_per_month=OTHER
    )


def test_shares_rest_on_the_rows_of_the_national_table(summer, treasury):
    loss = summer.draws()["government_loss"].median()
    table = treasury.table
    # rn049: 216.5 bn for the 366 days to 21 December 2021; rn055 + rn056: 221.731 + 100 bn in 330 days
    assert table.loc["share_of_domestic_revenue", "median"] == pytest.approx(loss / (216.5e9 / 366 * DAYS))
    assert table.loc["share_of_budget", "median"] == pytest.approx(loss / (321.731e9 / 330 * DAYS))
    assert table.loc["share_of_domestic_revenue", "basis"].startswith("rn049")
    assert table.loc["share_of_budget", "basis"].startswith("rn055 + rn056")


def test_a_vintage_uses_what_was_published_by_then(case):
    early = case.as_of("2021-07-20")  # the estimate for the year appeared on 5 August
    rate = per_day(early, "domestic_revenue", pd.Timestamp("2021-06-22"))
    assert rate.rows == "rn054"
    assert rate.per_day == pytest.approx(143e9 / 330)


def test_months_of_a_bill_are_revenue_over_the_bill(summer, treasury):
    draws = summer.draws()
    table = treasury.table["median"]
    assert table["months_covered"] == pytest.approx((draws["government_revenue"] / BILL).median())
    assert table["months_covered_no_falls"] == pytest.approx((draws["baseline"] / BILL).median())
    assert table["months_lost"] == pytest.approx((draws["government_loss"] / BILL).median())


def test_without_a_stated_bill_the_case_spending_stands_for_one(summer):
    table = ti.fiscal(summer).table
    draws = summer.draws()["government_revenue"]
    assert table.loc["months_covered", "median"] == pytest.approx((draws / (321.731e9 / 330 * MONTH)).median())


def test_the_day_the_cash_is_gone_is_that_of_a_plain_loop(summer, treasury):
    by_day = summer.totals.by_day[1]  # government_revenue
    days = []
    for draw in range(summer.count):
        cash, gone = BUFFER, None
        for day in range(DAYS):
            cash += by_day[day, draw] - (BILL - OTHER) / MONTH
            if cash < 0:
                gone = day
                break
        days.append(DAYS + 1 if gone is None else gone)
    middle = sorted(days)[(summer.count + 1) // 2 - 1]
    row = treasury.empty.loc["with_falls"]
    assert row["median"] == pd.Timestamp("2021-06-22") + timedelta(days=middle)
    assert row["within"] == pytest.approx(np.mean(np.array(days) < DAYS))
    assert row["low"] <= row["median"]


def test_a_quantile_beyond_the_window_is_missing_and_said_to_be(treasury):
    row = treasury.empty.loc["no_falls"]
    assert pd.isna(row["median"])
    assert row["within"] < 0.5
    assert "Had nothing fallen, the stated cash" in treasury.text
    assert "lies beyond it" in treasury.text or "lasts through the window" in treasury.text


def test_cash_ends_at_buffer_plus_income_less_bill(summer, treasury):
    last = treasury.cash[(treasury.cash["day"] == treasury.cash["day"].max())].set_index("line")
    months = DAYS / MONTH
    draws = summer.draws()
    for line, name in (("with_falls", "government_revenue"), ("no_falls", "baseline")):
        wanted = BUFFER + draws[name].mean() + (OTHER - BILL) * months
        assert last.loc[line, "mean"] == pytest.approx(wanted)


def test_dollars_are_those_of_the_result_in_dollars(summer, treasury):
    dollars = summer.to("usd").summary().loc["government_loss", "median"]
    assert treasury.table.loc["loss_usd", "median"] == pytest.approx(dollars)
    first = summer.draws()["government_loss"].median() / 78.65  # fx.csv, June 2021
    assert treasury.table.loc["loss_usd_first_rate", "median"] == pytest.approx(first)
    other = ti.fiscal(summer.to("usd"), bill_per_month=1e8, bill="salaries")
    assert other.table.loc["loss", "unit"] == "USD"
    assert "loss_usd" not in other.table.index


def test_real_terms_need_an_index_and_halve_when_prices_double(summer, treasury):
    assert "real terms" in " ".join(treasury.missing)
    flat = ti.fiscal(summer, deflator=pd.Series([100.0], index=["2021-01-01"]))
    assert flat.table.loc["loss_real", "median"] == pytest.approx(flat.table.loc["loss", "median"])
    jump = ti.fiscal(summer, deflator=pd.Series([100.0, 200.0], index=["2021-06-22", "2021-06-23"]))
    daily = summer.totals.by_day[3]  # government_loss
    wanted = np.median(daily[0] + daily[1:].sum(axis=0) / 2)
    assert jump.table.loc["loss_real", "median"] == pytest.approx(wanted)


def test_weights_move_every_line_and_the_day(summer):
    low = ti.update(summer, float(summer.draws()["government_revenue"].quantile(0.3)), 0.3e9)
    before, after = (
        ti.fiscal(r, bill_per_month=BILL, buffer=BUFFER, other_income_per_month=OTHER) for r in (summer, low)
    )
    assert after.table.loc["months_covered", "mean"] < before.table.loc["months_covered", "mean"]
    assert after.empty.loc["with_falls", "within"] > before.empty.loc["with_falls", "within"]
    expected = low.weights @ summer.draws()["government_loss"].to_numpy()
    assert after.table.loc["loss", "mean"] == pytest.approx(expected)


def test_what_a_case_does_not_say_is_missing_and_not_zero(case):
    bare = case.with_table("national", case.national[~case.national["series"].isin(["domestic_revenue", "spending"])])
    fall = ti.Scenario("x").capture("torkham", on="2021-07-01")
    result = ti.fiscal(ti.simulate(bare, fall, start="2021-07-01", end="2021-07-05", draws=16, rng=1))
    assert "share_of_budget" not in result.table.index
    assert "months_covered" not in result.table.index
    assert len(result.missing) == 4
    assert "Not available" in result.text
    with pytest.raises(ti.TradeImpactError, match="buffer"):
        result.plot()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bill_per_month": 0.0}, "bill_per_month"),
        ({"bill_per_month": 1.0, "buffer": -1.0}, "buffer"),
        ({"other_income_per_month": np.nan}, "other_income"),
        ({"deflator": pd.Series([1.0], index=["2021-07-30"])}, "deflator"),
    ],
)
def test_amounts_that_make_no_sense_are_errors(summer, given, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.fiscal(summer, **given)


def test_the_sentence_and_the_fan_tell_the_same(treasury, tmp_path):
    import matplotlib.pyplot as plt

    ax = treasury.plot(save=tmp_path / "cash")
    assert "of domestic revenue" in treasury.text
    assert "months of operating spending" in treasury.text
    page, loss = treasury._repr_html_(), treasury.table.loc["loss"]
    assert f"<td>{loss['median'] / 1e6:,.1f}</td>" in page
    assert "<td>m AFN</td>" in page
    assert not re.search(r"\d,\d{3},\d{3}", page)  # nobody knows it to the afghani
    record = json.loads((tmp_path / "cash.json").read_text())
    assert record["stated_buffer"] == BUFFER
    assert "had nothing fallen" in record["alt"]
    plt.close(ax.figure)
