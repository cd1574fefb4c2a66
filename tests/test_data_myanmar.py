"""The case of Myanmar as data: all rows of the sources with source, grade and day; gas apart; arithmetic by hand."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.codebook import codebook
from tradeimpact.model.ledger import COMPONENTS

FOLDER = Path(__file__).parent.parent / "data" / "myanmar-2023"
WINTER = {"start": "2023-10-27", "end": "2024-03-31"}
GAS = ("htee_khee",)


@pytest.fixture(scope="module")
def case():
    return ti.load_case("myanmar-2023")


@pytest.fixture(scope="module")
def facts(case):
    return [n for n, table in codebook("USD").items() if "published_latest" in table.columns and len(case.tables[n])]


@pytest.fixture(scope="module")
def calm(case):
    return ti.simulate(case, start="2023-12-01", end="2023-12-10", draws=256, rng=1)


def ids(column):
    return {name for cell in column for name in str(cell).split(";") if name}


# --- every row can be traced --------------------------------------------------------------------------------------


def test_every_row_has_a_source_that_resolves_a_grade_and_a_day(case, facts):
    assert len(facts) >= 15
    for name in facts:
        table = case.tables[name]
        assert (table["source"] != "").all(), name
        assert ids(table["source"]) <= set(case.sources["source"]), name
        assert table["published_latest"].notna().all(), name
        assert set(table.loc[table["source"] == "project_judgement", "grade"]) <= {"E"}, name


def test_every_source_is_used_so_that_the_list_is_the_reading_list(case, facts):
    used = set().union(*(ids(case.tables[name]["source"]) for name in facts), ids(case.assumptions["source"]))
    # a study that stands behind a general range without a record of its own here
    assert set(case.sources["source"]) - used <= {"fisman_wei_2004", "olken_barron_2009"}


def test_no_row_became_public_before_the_printed_day_of_its_own_source(case, facts):
    printed = case.sources.set_index("source")["published"]
    dated = printed[printed.str.fullmatch(r"\d{4}-\d{2}-\d{2}")]
    own_day = {("reports", "mm05b"), ("reported_holders", "mm05b")}  # a dated public declaration, printed later
    for name in facts:
        for row in case.tables[name].itertuples():
            days = [dated[s] for s in row.source.split(";") if s in dated.index]
            late = not days or row.published_latest >= pd.Timestamp(max(days))
            assert late or (name, row[1]) in own_day, (name, row[1])


def test_all_rows_of_the_sources_are_carried_over(case):
    # 145 rows of trade, 28 events, 11 charges, 19 places that are gates or ports
    assert set(case.trade["row"]) >= {f"tv{n:03d}" for n in range(1, 146)}
    assert {re.match(r"mm\d\d", report)[0] for report in case.reports["report"]} == {f"mm{n:02d}" for n in range(1, 29)}
    assert list(case.levies["row"]) == [f"lv{n:02d}" for n in range(1, 12)]
    assert len(case.crossings) == 19


def test_rows_that_other_rows_rest_on_exist(case):
    known = set(case.trade["row"])
    assert ids(case.baseline["rests_on"]) | ids(case.flows["rests_on"]) <= known


def test_every_assumption_names_sources_that_resolve_and_says_what_it_is(case):
    records = case.assumptions
    assert ids(records["source"]) <= set(case.sources["source"])
    assert (records["description"] != "").all()
    assert records["published_latest"].notna().all()
    # what rests on later sources says what it would have been before
    late = [r for r in case.assumption_records.values() if r.published_latest > case.baseline_until]
    assert {r.name for r in late} == {"levy_per_truck", "levy_per_truck.kyin_san_kyawt", "road_levy_per_truck"}
    assert all(r.prior or "." in r.name for r in late)


def test_how_trade_answers_is_what_the_other_case_assumes_from_the_same_evidence(case):
    other = ti.load_case("afghanistan-2021").assumption_records
    for name in ("theta", "phi", "epsilon", "capacity_ceiling", "recovery_half_life_days", "permanent_loss", "silence"):
        own = case.assumption_records[name]
        assert (own.low, own.best, own.high) == (other[name].low, other[name].best, other[name].high), name


# --- the traps of the sources -------------------------------------------------------------------------------------


def test_pipeline_gas_is_in_no_baseline_and_in_no_score(case):
    gas = case.trade[case.trade["crossing"].isin(GAS) & (case.trade["period_start"] >= "2019-01-01")]
    assert len(gas) >= 4
    assert set(gas["use"]) == {"unused"}
    assert (case.baseline.set_index("crossing").loc[list(GAS), "high_usd"] == 0).all()
    scored = case.outcomes[case.outcomes["role"] == "target"]
    assert set(scored["crossing"]) == {"myawaddy", "chinshwehaw"}
    # the cumulative figure of Muse implies 2.56 bn a year, gas included; its trucks are put far below
    station = case.constraints.set_index("constraint").loc["muse_station"]
    assert station["high_usd"] < 1072e6 * 365 / 153


def test_nothing_recorded_after_march_2024_is_in_the_case(case):
    recorded = case.trade[case.trade["unit"] == "usd"]
    assert not (recorded["period_end"] > "2024-03-31").any()
    assert not (case.outcomes["end"] > "2024-03-31").any()


def test_no_baseline_rests_on_a_figure_that_came_with_the_outcome(case):
    rows = case.trade.set_index("row")
    rests = ids(case.baseline["rests_on"]) | ids(case.flows["rests_on"])
    assert rows.loc[sorted(rests), "published_latest"].max() < pd.Timestamp("2024-01-01")
    assert not (rows.loc[sorted(rests), "period_end"] > pd.Timestamp(case.baseline_until)).any()


def test_the_scored_remainder_is_the_year_less_the_two_windows_that_are_known(case):
    best = case.outcomes.set_index("outcome")["best"]
    # 320.04 exports and 827.192 imports; 705 to August; 61.799 in the first half of September
    assert best["oc01"] == pytest.approx(320.04e6 + 827.192e6)
    assert best["oc04"] == pytest.approx(1147.232e6 - 705e6 - 61.799e6)
    days = case.outcomes.set_index("outcome")[["start", "end"]]
    assert days.loc["oc05", "end"] + pd.Timedelta(days=1) == days.loc["oc06", "start"]
    assert days.loc["oc06", "end"] + pd.Timedelta(days=1) == days.loc["oc04", "start"]


def test_what_lies_before_the_crisis_starts_no_episode_and_no_fall_at_a_post_that_trades(case):
    from tradeimpact.case.closing import closings

    early = closings(case)
    early = early[early["start_last"] <= pd.Timestamp(case.baseline_until)]
    value = case.baseline.set_index("crossing")["high_usd"]
    assert (value[early["crossing"]] == 0).all()


def test_there_is_no_truth_table_because_hindsight_is_the_same_few_articles(case):
    assert case.truth.empty


# --- value, rate and revenue --------------------------------------------------------------------------------------


def test_a_draws_revenue_is_the_sum_over_flows_of_recorded_value_times_rate(case, calm):
    drawn = calm.drawn()
    lines = calm.to_xarray()["baseline"]
    for c in ("myawaddy", "chinshwehaw", "kampaiti"):
        value = {f: drawn[f"recorded.{f}.{c}"] for f in ("imports", "exports")}
        revenue = sum(value[f] * drawn[f"collected_rate_{f}"] for f in value)
        assert np.allclose(drawn["collected.imports." + c] + drawn["collected.exports." + c], revenue)
        assert np.allclose(drawn[f"declared_rate.{c}"], revenue / sum(value.values()))
        # ten days of the year, grown by the drawn rate since the day before the crisis (36 to 45 days)
        growth = sum(np.exp(drawn["annual_growth"] * day / 365.25) for day in range(36, 46))
        assert np.allclose(lines.sel(crossing=c), revenue / 365.25 * growth)


def test_what_is_recorded_over_the_rate_gives_the_drawn_value_back(case, calm):
    drawn, trade = calm.drawn(), ti.recorded_trade(calm, "baseline")
    growth = sum(np.exp(drawn["annual_growth"] * day / 365.25) for day in range(36, 46))
    value = drawn["recorded.imports.myawaddy"] + drawn["recorded.exports.myawaddy"]
    assert np.allclose(trade["myawaddy"], value / 365.25 * growth)
    assert np.allclose(ti.recorded_trade(calm), trade)  # nothing happens


def test_the_trucks_of_the_muse_station_add_up_inside_their_range_in_every_draw(calm):
    drawn = calm.drawn()
    gates = [f"recorded.{f}.{c}" for f in ("imports", "exports") for c in ("muse", "kyin_san_kyawt", "pang_hseng")]
    assert drawn[gates].sum(axis=1).between(500e6 * (1 - 1e-9), 1600e6 * (1 + 1e-9)).all()


def test_flows_of_a_result_add_up_to_its_totals(case):
    fall = ti.Scenario("fall").capture("chinshwehaw", on="2023-10-27", by="mndaa")
    result = ti.simulate(case, fall, start="2023-10-27", end="2023-11-05", draws=64, rng=1)
    table = ti.by_flow(result)["mean"].unstack("flow")
    total = result.summary()["mean"]
    for line in ("baseline", "government_revenue", "government_loss"):
        assert table.loc[line].sum() == pytest.approx(total[line])


def test_a_gate_shut_for_half_of_the_days_records_half_by_days_held_and_open(case):
    shut = ti.Scenario("shut").close("myawaddy", "2023-12-06", "2023-12-10")
    case = case.assume({"annual_growth": 0.0})
    result = ti.simulate(case, shut, start="2023-12-01", end="2023-12-10", draws=64, rng=1)
    half, whole = (ti.recorded_trade(result, line)["myawaddy"] for line in ("days_open", "baseline"))
    assert np.allclose(half, whole / 2)
    assert np.allclose(ti.recorded_trade(result, "days_held")["myawaddy"], whole)
    score = ti.score_trade(result, "myawaddy", 20e6)
    assert list(score.table["method"]) == ["Model", "Days held and open", "Days-held arithmetic", "No change"]
    assert score.table["error"].iloc[3] == pytest.approx(whole.median() - 20e6)
    assert score.text.startswith("Myawaddy: ")


def test_the_loss_identity_holds_where_a_gate_is_held_jointly_with_the_government(case):
    joint = ti.Scenario("joint").capture("chinshwehaw", on="2023-10-27", by={"mndaa": 0.7, "government": 0.3})
    result = ti.simulate(case, joint, start="2023-10-27", end="2023-10-31", draws=64, rng=1)
    data = result.to_xarray().sel(crossing="chinshwehaw")
    parts = sum(data[name] for name in COMPONENTS)
    assert np.allclose(parts, data["government_loss"], rtol=1e-9)
    assert np.allclose(data["lost_to_insurgent_control"], 0.7 * data["baseline"])


def test_only_the_groups_that_reports_name_take_levies(case):
    result = ti.simulate(case, case.as_reported(), **WINTER, draws=64, rng=1)
    gain = result.by("authority").xs("gain", level="line")["mean"]
    assert gain["mndaa"] > 0.3e6
    assert gain[["cna", "cdf", "pdf"]].min() > 0.1e6
    assert gain["ndaa"] < 0.01 * gain["mndaa"]
    loss = result.summary().loc["government_loss", "mean"]
    assert gain.sum() == pytest.approx(result.summary().loc["insurgent_gain", "mean"])
    assert 0 < gain.sum() < loss


def test_what_was_known_the_day_before_runs_with_wide_priors(case):
    known = case.as_of("2023-10-26")
    assert (known.reports["published_latest"] <= pd.Timestamp("2023-10-26")).all()
    assert known.assumption_records["levy_per_truck"].low == 300.0
    assert "levy_per_truck.kyin_san_kyawt" not in known.assumption_records
    result = ti.simulate(
        case, case.as_reported(), start="2023-10-27", end="2023-10-29", as_of="2023-10-26", draws=32, rng=1
    )
    assert result.inputs.basis.startswith("recorded trade value")


# --- the package --------------------------------------------------------------------------------------------------


def test_bytes_hashes_and_rows_of_the_descriptor_are_those_of_the_files():
    body = json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    assert (body["currency"], body["baseline_measure"], body["baseline_until"]) == ("USD", "trade_value", "2023-10-26")
    listed = {r["path"]: r for r in body["resources"]}
    assert {p.name for p in FOLDER.iterdir()} - {"datapackage.json"} == set(listed)
    for path, resource in listed.items():
        content = (FOLDER / path).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}", path
        if path.endswith(".csv"):
            assert resource["rows"] == len(pd.read_csv(FOLDER / path, dtype=str, keep_default_na=False)), path


def test_no_file_of_the_case_names_a_folder_of_somebodys_machine():
    for path in FOLDER.iterdir():
        assert not re.search(r"(/home/|/Users/|/wor[k]/|/tm[p]/|[A-Z]:\\)", path.read_text(encoding="utf-8")), path.name


def test_the_outlines_of_the_case_hold_its_country_and_leave_the_other_file_alone():
    folder = FOLDER.parent / "outlines"
    near = {f["properties"]["name"] for f in json.loads((folder / "southeast_asia.geojson").read_text())["features"]}
    assert {"Myanmar", "China", "Thailand", "India", "Bangladesh"} <= near
    old = {f["properties"]["name"] for f in json.loads((folder / "countries.geojson").read_text())["features"]}
    assert old == {"Afghanistan", "China", "Iran", "Pakistan", "Tajikistan", "Turkmenistan", "Uzbekistan"}
