"""Results of the Afghan case: every table shows the same draws, in currency, in dollars, weighted."""

import getpass
import json
import re
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import Scenario, TradeImpactError
from tradeimpact.model.ledger import COMPONENTS, DETAILS
from tradeimpact.results import DIMENSIONS
from tradeimpact.statistics import COLUMNS
from tradeimpact.tally import HEADLINES

ROOT = Path(__file__).parent.parent
HEADS = [
    "baseline", "government_revenue", "government_loss", "insurgent_baseline", "insurgent_revenue", "insurgent_gain",
    "transfer_ratio",
]  # fmt: skip
NINE = [
    "lost_to_insurgent_control", "lost_to_nobody", "lost_to_closure", "contraction", "held_back", "rerouting",
    "deferred_returned", "weaker_collection", "collected_inland",
]  # fmt: skip
FOUR = ["levy_received", "levy_gap", "trade_lost_at_captured", "shut_while_held"]
CONTRACT = [*HEADS, *NINE, *FOUR]
MONEY = [name for name in HEADLINES if name != "transfer_ratio"]
DRAWS = 96


@pytest.fixture(scope="module")
def case():
    case = ti.load_case("afghanistan-2021")
    rivals = pd.DataFrame([{"authority": "rivals", "name": "Synthetic rivals", "kind": "insurgent"}])
    return case.with_table("authorities", pd.concat([case.authorities, rivals]))


@pytest.fixture(scope="module")
def result(case):
    """A synthetic summer in which every mechanism acts, over parts of three solar months."""
    s = Scenario("everything at once").capture("islam_qala", "2021-06-20", by={"taliban": 0.5, "rivals": 0.5})
    s = s.capture("spin_boldak", "2021-06-22", by="taliban").capture("zaranj", "2021-06-25", by="nobody")
    s = s.close("spin_boldak", "2021-06-24", "2021-06-28").close("torkham", "2021-06-25", "2021-06-30", open_share=0.2)
    s = s.threat("hairatan", "2021-06-20").insecurity("2021-06-22", "2021-07-25", 0.2, to=0.5)
    return ti.simulate(case, s, start="2021-06-18", end="2021-07-24", draws=DRAWS, rng=3)


@pytest.fixture(scope="module")
def weighted(result):
    """The same draws with all the weight on one of them."""
    weights = np.zeros(DRAWS)
    weights[41] = 2.5
    return replace(result, weights=weights)


def every_table(result):
    tables = {"summary": result.summary(), "bridge": result.bridge().drop(columns="role")}
    tables |= {f"by {name}": result.by(name) for name in DIMENSIONS}
    tables["daily"] = result.daily("insurgent_revenue")
    tables["cumulative"] = result.cumulative().set_index(["day", "line"])
    tables["compare"] = ti.compare({"a": result, "b": result})
    return tables


# --- draws ----------------------------------------------------------------------------------------------------


def test_the_draws_have_the_columns_that_were_promised_and_one_row_each(result):
    table = result.draws()
    assert list(table.columns[: len(CONTRACT)]) == CONTRACT
    assert table.index.name == "draw"
    assert list(table.index) == list(range(DRAWS))
    assert tuple(NINE) == COMPONENTS
    assert tuple(FOUR) == DETAILS


def test_every_mechanism_of_this_scenario_acts_so_that_the_sums_below_mean_something(result):
    table = result.draws()
    for name in (*NINE, *FOUR):
        assert (table[name] != 0).mean() > 0.9, name


def test_nine_components_add_up_to_the_loss_and_four_details_to_insurgent_control_in_every_draw(result):
    table = result.draws()
    tolerance = 1e-9 * table["baseline"].max()
    np.testing.assert_allclose(table[NINE].sum(axis=1), table["government_loss"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(table[FOUR].sum(axis=1), table["lost_to_insurgent_control"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        table["baseline"] - table["government_revenue"], table["government_loss"], atol=tolerance
    )
    gain = table["insurgent_revenue"] - table["insurgent_baseline"]
    np.testing.assert_allclose(gain, table["insurgent_gain"], rtol=0, atol=tolerance)
    np.testing.assert_allclose(table["transfer_ratio"], table["insurgent_gain"] / table["government_loss"])


def test_components_have_the_sign_of_the_model(result):
    table = result.draws()
    for name in (
        "lost_to_insurgent_control",
        "lost_to_nobody",
        "lost_to_closure",
        "shut_while_held",
        "levy_received",
    ):
        assert (table[name] >= 0).all()
    for name in ("deferred_returned", "collected_inland"):
        assert (table[name] <= 0).all()


def test_where_nothing_falls_there_is_no_loss_at_all_and_no_ratio(case):
    table = ti.simulate(case, None, start="2021-07-01", end="2021-07-02", draws=32, rng=1)
    d = table.draws()
    assert (d["government_loss"] == 0).all()
    assert (d["insurgent_gain"] == 0).all()
    assert d["transfer_ratio"].isna().all()
    assert table.summary().loc["transfer_ratio"].isna().all()
    assert "Nothing changes" in table.report().text


def test_values_drawn_stand_beside_the_draws(result):
    table = result.drawn()
    assert len(table) == DRAWS
    shares = table[[c for c in table.columns if c.startswith("share.")]]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert set(shares.columns) == {f"share.{c}" for c in result.case.units["crossing"]}
    assert {"theta", "gap.zaranj", "illicit_transit_per_year", "baseline_level"} <= set(table.columns)


# --- tables of the same draws ---------------------------------------------------------------------------------


def test_the_summary_describes_the_headline_columns_of_the_draws(result):
    table, draws = result.summary(), result.draws()
    assert tuple(table.index) == HEADLINES == tuple(HEADS)
    assert tuple(table.columns) == COLUMNS
    assert table.index.name == "line"
    for name in HEADLINES:
        expected = [draws[name].mean(), *draws[name].quantile([0.5, 0.05, 0.95])]
        np.testing.assert_allclose(table.loc[name, ["mean", "median", "low", "high"]].to_numpy(float), expected)
    assert (table["mc_error"] > 0).all()


def test_the_bridge_says_what_adds_up_to_what_and_its_means_do(result):
    table = result.bridge()
    assert table.index.name == "component"
    assert list(table.columns) == ["role", *COLUMNS]
    assert list(table.index[table["role"] == "component"]) == NINE
    assert list(table.index[table["role"] == "detail"]) == FOUR
    assert list(table.index[table["role"] == "total"]) == [
        "baseline",
        "government_loss",
        "government_revenue",
    ]
    mean = table["mean"]
    tolerance = 1e-9 * mean["baseline"]
    assert mean[NINE].sum() == pytest.approx(mean["government_loss"], abs=tolerance)
    assert mean[FOUR].sum() == pytest.approx(mean["lost_to_insurgent_control"], abs=tolerance)
    assert mean["baseline"] - mean["government_loss"] == pytest.approx(mean["government_revenue"], abs=tolerance)


@pytest.mark.parametrize("dimension", ["crossing", "month", "group"])
def test_means_by_place_and_time_add_up_to_the_whole(result, dimension):
    table = result.by(dimension)
    assert table.index.names == [dimension, "line"]
    assert tuple(table.columns) == COLUMNS
    sums = table["mean"].unstack()
    whole = result.draws().mean()
    for name in (*MONEY, *NINE, *FOUR, "road_levies"):
        assert sums[name].sum() == pytest.approx(whole[name], abs=1e-9 * whole["baseline"]), name


def test_by_crossing_has_every_unit_and_the_falls_only_where_they_happened(result):
    table = result.by("crossing")["mean"].unstack()
    assert set(table.index) == {*result.case.units["crossing"], "(national)"}
    fallen = {"islam_qala", "spin_boldak"}
    assert set(table.index[table["lost_to_insurgent_control"] != 0]) == fallen
    assert set(table.index[table["lost_to_nobody"] != 0]) == {"zaranj"}
    assert table.loc["(national)", "baseline"] == 0
    assert table.loc["(national)", "insurgent_gain"] == 0
    assert table.loc["(national)", "insurgent_revenue"] > 0


def test_groups_are_the_route_groups_and_the_inland_houses(result):
    table = result.by("group")["mean"].unstack()
    groups = set(result.case.border_units["route_group"])
    assert set(table.index) == {*groups, "inland", "(national)"}
    by_crossing = result.by("crossing")["mean"].unstack()["baseline"]
    iran = ["islam_qala", "abu_nasr_farahi", "zaranj"]
    assert table.loc["iran", "baseline"] == pytest.approx(by_crossing[iran].sum())


def test_months_are_those_of_the_solar_calendar_cut_to_the_window(result):
    table = result.by("month")
    labels = list(dict.fromkeys(table.index.get_level_values("month")))
    assert labels == ["Jawza 1400", "Saratan 1400", "Asad 1400"]
    days = result.daily("baseline")["mean"]
    assert list(days.index[[0, -1]]) == [pd.Timestamp("2021-06-18"), pd.Timestamp("2021-07-24")]
    for label, first, last in (
        ("Jawza 1400", "2021-06-18", "2021-06-21"),
        ("Saratan 1400", "2021-06-22", "2021-07-22"),
    ):
        assert table.loc[(label, "baseline"), "mean"] == pytest.approx(days[first:last].sum())


def test_authorities_share_what_the_insurgents_gain_and_the_government_loses_its_own(result):
    table = result.by("authority")
    whole = result.summary()["mean"]
    assert list(dict.fromkeys(table.index.get_level_values("authority"))) == [
        "government",
        "rivals",
        "taliban",
        "(unattributed)",  # road levies and illicit transit: no source says whose
    ]
    assert table.loc[("government", "loss"), "mean"] == pytest.approx(whole["government_loss"])
    assert table.loc[("government", "revenue"), "mean"] == pytest.approx(whole["government_revenue"])
    for line, name in (
        ("revenue", "insurgent_revenue"),
        ("gain", "insurgent_gain"),
        ("baseline", "insurgent_baseline"),
    ):
        parts = [table.loc[(who, line), "mean"] for who in ("rivals", "taliban", "(unattributed)")]
        assert sum(parts) == pytest.approx(whole[name])
    assert table.loc[("rivals", "baseline"), "mean"] == 0


def test_an_unknown_dimension_or_line_is_told_what_there_is(result):
    with pytest.raises(TradeImpactError, match="crossing, month, group, authority"):
        result.by("year")
    with pytest.raises(TradeImpactError, match="government_revenue"):
        result.daily("theta")


def test_days_and_running_sums_end_at_the_totals(result):
    whole = result.summary()["mean"]
    assert result.daily("government_loss")["mean"].sum() == pytest.approx(whole["government_loss"])
    path = result.cumulative()
    assert list(path.columns) == ["day", "line", "mean", "median", "low", "high"]
    last = path.groupby("line").last()
    np.testing.assert_allclose(
        last.loc[["loss", "gain"], ["mean", "median", "low", "high"]].to_numpy(),
        result.summary().loc[["government_loss", "insurgent_gain"], ["mean", "median", "low", "high"]].to_numpy(),
    )


def test_the_labelled_arrays_hold_the_same_draws(result, tmp_path):
    data = result.to_xarray()
    draws = result.draws()
    for name in draws.columns.drop("transfer_ratio"):
        for dimension, variable in (("crossing", name), ("month", f"{name}_by_month")):
            np.testing.assert_allclose(data[variable].sum(dimension), draws[name], rtol=1e-9, atol=1e-3)
    assert list(data["month"].values) == ["Jawza 1400", "Saratan 1400", "Asad 1400"]
    one = result.by("crossing").loc[("torkham", "lost_to_closure"), "median"]
    assert float(data["lost_to_closure"].sel(crossing="torkham").median()) == pytest.approx(one)
    path = tmp_path / "result.nc"
    data.to_netcdf(path)
    import xarray as xr

    with xr.open_dataset(path) as back:
        np.testing.assert_array_equal(back["government_loss"], data["government_loss"])


# --- weights --------------------------------------------------------------------------------------------------


def test_one_draw_with_all_the_weight_gives_its_own_numbers_in_every_table(result, weighted):
    draw = result.draws().loc[41]
    for name, table in every_table(weighted).items():
        values = table[["mean", "median", "low", "high"]].to_numpy(float)
        np.testing.assert_allclose(values, np.repeat(values[:, :1], 4, axis=1), rtol=1e-9, atol=1e-3, err_msg=name)
    bridge = weighted.bridge()
    np.testing.assert_allclose(bridge["median"], draw[bridge.index], rtol=1e-9)
    np.testing.assert_allclose(weighted.summary()["low"], draw[list(HEADLINES)], rtol=1e-9)
    data = result.to_xarray().sel(draw=41)
    places = weighted.by("crossing")
    for crossing in ("torkham", "kabul", "zaranj"):
        assert places.loc[(crossing, "government_loss"), "high"] == pytest.approx(
            float(data["government_loss"].sel(crossing=crossing))
        )
    assert weighted.by("month").loc[("Asad 1400", "baseline"), "low"] == pytest.approx(
        float(data["baseline_by_month"].sel(month="Asad 1400"))
    )
    assert weighted.daily("insurgent_revenue")["median"].sum() == pytest.approx(draw["insurgent_revenue"])
    assert weighted.cumulative()["high"].iloc[-1] == pytest.approx(draw["insurgent_gain"])
    assert weighted.by("authority").loc[("government", "loss"), "low"] == pytest.approx(draw["government_loss"])
    assert np.argmax(weighted.to_xarray()["weight"].data) == 41
    assert weighted.manifest()["weighted"] is True


def test_equal_weights_change_no_table(result):
    for (name, plain), again in zip(
        every_table(result).items(),
        every_table(replace(result, weights=np.full(DRAWS, 0.5))).values(),
        strict=True,
    ):
        np.testing.assert_allclose(again.to_numpy(float), plain.to_numpy(float), rtol=1e-6, atol=1.0, err_msg=name)


def test_the_effective_number_of_draws_is_all_of_them_or_one_or_between(result, weighted):
    assert result.effective_draws == DRAWS
    assert replace(result, weights=np.full(DRAWS, 0.2)).effective_draws == pytest.approx(DRAWS)
    assert weighted.effective_draws == 1
    half = np.where(np.arange(DRAWS) < DRAWS // 2, 3.0, 0.0)
    assert replace(result, weights=half).effective_draws == pytest.approx(DRAWS / 2)


def test_weights_stay_with_the_draws_in_dollars(weighted):
    assert weighted.to("usd").summary().loc["government_loss", "low"] == pytest.approx(
        weighted.to("usd").draws().loc[41, "government_loss"]
    )


def test_the_sentences_honour_the_weights(result, weighted):
    draw = result.draws().loc[41]
    share = f"{100 * draw['government_loss'] / draw['baseline']:.0f} %"
    assert f": {share} of it ({share} to {share})" in weighted.report().text
    assert f"({share} to {share})" not in result.report().text


# --- dollars --------------------------------------------------------------------------------------------------


def test_one_day_in_dollars_is_that_day_at_its_own_rate(case):
    fall = Scenario("fall").capture("spin_boldak", "2021-07-14", by="taliban")
    r = ti.simulate(case, fall, start="2021-07-14", end="2021-07-14", draws=16, rng=1)
    money = r.draws().drop(columns="transfer_ratio")
    # 80.54 AFN per dollar: World Food Programme, July 2021
    np.testing.assert_allclose(r.to("usd").draws()[money.columns], money / 80.54, rtol=1e-9)
    np.testing.assert_allclose(r.to("usd").draws()["transfer_ratio"], r.draws()["transfer_ratio"])
    assert r.summary("usd").loc["baseline", "mean"] == pytest.approx(r.summary().loc["baseline", "mean"] / 80.54)


def test_dollars_follow_the_rate_of_each_day_and_not_that_of_one(result):
    days = result.daily("government_loss")["mean"]
    june, july = days[:"2021-06-30"].sum() / 78.65, days["2021-07-01":].sum() / 80.54
    dollars = result.to("usd")
    assert dollars.currency == "usd"
    assert dollars.summary().loc["government_loss", "mean"] == pytest.approx(june + july)
    assert dollars.bridge()["mean"][NINE].sum() == pytest.approx(june + july)
    assert "USD" in result.report("usd").text
    assert "AFN" not in result.report("usd").text


def test_what_is_assumed_in_dollars_comes_back_in_dollars_as_it_was(result):
    dollars = result.to("usd").draws()["illicit_transit"]
    np.testing.assert_allclose(dollars, result.drawn()["illicit_transit_per_year"] * 37 / 365.25)


def test_going_to_dollars_and_back_gives_the_same_draws(result):
    back = result.to("usd").to("afn")
    pd.testing.assert_frame_equal(back.draws(), result.draws(), check_exact=True)
    assert result.to("AFN") is result
    with pytest.raises(TradeImpactError, match="afn or usd"):
        result.to("eur")


def test_a_day_without_a_rate_is_named_instead_of_guessed(case):
    late = case.with_table("fx", case.fx[case.fx["start"] >= "2021-07-01"])
    in_afghani = late.assume({"illicit_transit_per_year": {"low": 1, "best": 1, "high": 1, "unit": "AFN per year"}})
    r = ti.simulate(in_afghani, None, start="2021-06-30", end="2021-07-01", draws=8, rng=1)
    with pytest.raises(TradeImpactError, match=r"no exchange rate for 2021-06-30; add it to fx\.csv"):
        r.to("usd")


def test_a_line_given_in_dollars_is_refused_where_the_rate_is_missing(case):
    late = case.with_table("fx", case.fx[case.fx["start"] >= "2021-08-01"])
    with pytest.raises(TradeImpactError, match=r"illicit_transit_per_year is in dollars .* 2021-07-01; add it to fx"):
        ti.simulate(late, None, start="2021-07-01", end="2021-07-02", draws=8, rng=1)


# --- several results ------------------------------------------------------------------------------------------


def test_compare_puts_the_summaries_side_by_side_line_by_line(case, result):
    quiet = ti.simulate(case, None, start="2021-06-18", end="2021-07-24", draws=32, rng=3)
    table = ti.compare({"z first": result, "a second": quiet})
    assert table.index.names == ["line", "scenario"]
    assert list(dict.fromkeys(table.index.get_level_values("line"))) == list(HEADLINES)
    for name, r in (("z first", result), ("a second", quiet)):
        pd.testing.assert_frame_equal(table.xs(name, level="scenario"), r.summary())
    in_dollars = ti.compare({"a": result, "b": result.to("usd")}, currency="usd")
    np.testing.assert_allclose(in_dollars.xs("a", level="scenario"), in_dollars.xs("b", level="scenario"))


def test_compare_refuses_results_that_cannot_stand_side_by_side(case, result):
    other = ti.simulate(case, None, start="2021-06-18", end="2021-07-23", draws=8, rng=3)
    with pytest.raises(TradeImpactError, match="share currency and window"):
        ti.compare({"a": result, "b": other})
    with pytest.raises(TradeImpactError, match="share currency and window"):
        ti.compare({"a": result, "b": result.to("usd")})
    with pytest.raises(TradeImpactError, match="at least one"):
        ti.compare({})


# --- manifest -------------------------------------------------------------------------------------------------


def test_the_manifest_is_enough_to_get_the_same_draws_again(case, result):
    told = json.loads(json.dumps(result.manifest()))
    pd.testing.assert_frame_equal(again_from(case, told).draws(), result.draws(), check_exact=True)
    assert told["data"] == case.hashes
    assert told["tradeimpact"] == ti.__version__


def again_from(case, told):
    """The same run from what its manifest tells, and the case as it was given."""
    stated = told["history"] == "as stated"
    return ti.simulate(
        case,
        Scenario.from_yaml(told["scenario"]) if stated else case.as_reported(),
        start=told["start"],
        end=told["end"],
        as_of=told.get("as_of"),
        forecast=told.get("forecast", "persist"),
        draws=told["draws"],
        rng=told["seed"],
    )


@pytest.mark.parametrize("as_of", [None, "2021-07-05"])
@pytest.mark.parametrize("history", ["as stated", "as reported"])
def test_the_manifest_says_where_control_comes_from_and_what_was_known(history, as_of):
    case = ti.load_case("afghanistan-2021")
    scenario = case.as_reported() if history == "as reported" else Scenario().capture("torkham", "2021-07-06")
    how = {"as_of": as_of, "forecast": "hazard"} if as_of else {}
    r = ti.simulate(case, scenario, start="2021-07-08", end="2021-07-09", draws=8, rng=1, **how)
    told = json.loads(json.dumps(r.manifest()))
    assert told["history"] == history
    assert told.get("as_of") == as_of
    assert told.get("forecast") == ("hazard" if as_of and history == "as reported" else None)
    pd.testing.assert_frame_equal(again_from(case, told).draws(), r.draws(), check_exact=True)
    # the hashes are those of what was known, not of all there is
    assert (told["data"] == case.hashes) is (as_of is None)


def test_the_manifest_knows_no_folder_no_person_and_no_clock(result):
    text = json.dumps(result.manifest()) + str(result.to_xarray().attrs)
    for folder in (ROOT, Path.home(), Path.cwd()):
        assert folder == Path(folder.anchor) or str(folder) not in text
    words = set(re.findall(r"[\w.-]+", text))
    assert not words & {getpass.getuser(), socket.gethostname()}
    assert not re.search(r"\d{2}:\d{2}:\d{2}", text)
    assert pd.Timestamp.now().strftime("%Y-%m-%d") not in text


# --- words ----------------------------------------------------------------------------------------------------


def test_names_that_hold_markup_are_shown_and_not_run(result):
    evil = "<script>alert('x')</script>&"
    inputs = replace(
        result.inputs, scenario=result.scenario.named(evil), case=replace(result.case, title="<b>bold</b>")
    )
    marked = replace(result, inputs=inputs)
    for html in (marked._repr_html_(), marked.report()._repr_html_()):
        assert "<script" not in html
        assert "<b>" not in html
        assert "&lt;script&gt;" in html
        assert "&lt;b&gt;bold" in html


def test_the_printed_form_names_scenario_window_draws_seed_and_currency(result):
    text = repr(result)
    for words in (
        "everything at once",
        "2021-06-18 to 2021-07-24",
        f"{DRAWS} draws",
        "seed 3",
        "government loss",
        "insurgent gain",
    ):
        assert words in text
    assert len(re.findall(r"[\d.]+ (?:bn|m) AFN \(90 %: [\d.]+ to [\d.]+\)", text)) == 2
    dollars = repr(result.to("usd"))
    assert "USD" in dollars
    assert "AFN" not in dollars


def test_the_html_of_a_result_is_its_summary_in_millions_with_the_unit_said(result):
    html = result._repr_html_()
    loss, ratio = (result.summary()["median"][name] for name in ("government_loss", "transfer_ratio"))
    assert f"<td>{loss / 1e6:,.0f}</td>" in html
    assert f"<td>{ratio:.2f}</td>" in html
    assert "in millions of AFN over the window" in html
    assert "in millions of AFN" in result.report()._repr_html_()
    assert "in millions of USD" in result.report("usd")._repr_html_()


def test_the_report_tells_loss_and_gain_apart_and_says_that_they_differ(result):
    report = result.report()
    pd.testing.assert_frame_equal(report.table, result.summary())
    lines = str(report).split("\n")
    loss = [line for line in lines if "government loses" in line and "For each 100" not in line]
    gain = [line for line in lines if line.startswith("The insurgents gain")]
    assert len(loss) == len(gain) == 1
    assert "insurgents gain" not in loss[0]
    assert "a levy is not the duty it displaces" in gain[0]
    assert f"{DRAWS} draws" in lines[-1]
    assert "seed 3" in lines[-1]
    assert repr(report) == str(report)


def test_the_report_says_the_numbers_of_the_summary(case):
    fall = Scenario("Islam Qala falls").capture("islam_qala", "2021-06-22", by="taliban")
    r = ti.simulate(case, fall, start="2021-06-22", end="2021-07-22", draws=512, rng=1)
    text, table = r.report().text, r.summary()
    loss = table.loc["government_loss", "median"]
    told = re.search(r"loses ([\d.,]+) (bn|m) AFN", text)
    assert float(told[1].replace(",", "")) * {"bn": 1e9, "m": 1e6}[told[2]] == pytest.approx(loss, rel=0.06)
    ratio = table.loc["transfer_ratio"]
    assert f"{100 * ratio['median']:.0f} ({100 * ratio['low']:.0f} to {100 * ratio['high']:.0f})" in text
    share = (r.draws()["government_loss"] / r.draws()["baseline"]).median()
    assert f"{100 * share:.0f} % of it" in text


def test_charts_hang_on_the_result(result):
    assert hasattr(result.plot, "bridge")
