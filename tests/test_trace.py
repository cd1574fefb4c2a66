"""From a number to its rows: what is named enters, what enters is named, with source, grade and day."""

from pathlib import Path

import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import TradeImpactError
from tradeimpact.case.closing import closings
from tradeimpact.case.evidence import evidence
from tradeimpact.trace import parts_of, trace
from tradeimpact.trace_rows import COLUMNS, PARTS

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
DRAWS = {"draws": 32, "rng": 1, "progress": False}


@pytest.fixture(scope="module")
def afghan():
    case = ti.load_case("afghanistan-2021")
    return ti.simulate(case, case.as_reported(), as_of="2021-07-27", start="2021-06-22", end="2021-07-27", **DRAWS)


@pytest.fixture(scope="module")
def invented():
    case = ti.load_case(SYNTHETIC)
    return ti.simulate(case, case.as_reported(), start="2001-06-01", end="2001-06-30", **DRAWS)


def rows(found, table):
    return found.table[found.table["table"] == table]


# --- a crossing -----------------------------------------------------------------------------------------------


def test_a_baseline_is_traced_to_the_rows_it_rests_on(invented):
    found = trace(invented, "north_gate").table
    assert list(found.columns) == list(COLUMNS)
    own = found[found["table"] == "baseline"]
    assert own["row"].tolist() == ["north_gate"]
    assert own["value"].item() == "low 29,220,000, best 36,525,000, high 43,830,000 XTS a year"
    behind = found[found["enters"] == "behind the baseline of north_gate"]
    assert list(zip(behind["table"], behind["row"], strict=True)) == [("revenue", "rv001"), ("national", "na001")]
    assert set(rows(trace(invented, "north_gate"), "constraints")["row"]) == {"country", "north_house"}
    assert set(rows(trace(invented, "east_gate"), "constraints")["row"]) == {"country"}


def test_every_statement_on_a_crossing_and_every_one_on_its_closures_is_named(afghan):
    case = afghan.case
    for crossing in ("islam_qala", "spin_boldak", "aqina"):
        said = evidence(case)
        said = set(said.loc[said["crossing"].isin([crossing, "national"]), "report"])
        shut = closings(case)
        shut = set(";".join(shut.loc[shut["crossing"] == crossing, "reports"]).split(";")) - {""}
        assert set(rows(trace(afghan, crossing), "reports")["row"]) == said | shut


def test_statements_come_with_speaker_source_address_and_grade(afghan):
    found = trace(afghan, "islam_qala").table
    row = found[(found["row"] == "ev020") & (found["part"] == "control")].iloc[0]
    stated = afghan.case.reports.set_index("report").loc["ev020"]
    source = afghan.case.sources.set_index("source").loc[stated["source"]]
    assert stated["claimed_by"] in row["value"]
    assert stated["statement"] in row["value"]
    assert (row["source_title"], row["url"], row["grade"]) == (source["title"], source["url"], stated["grade"])
    assert row["published_latest"] == stated["published_latest"]


def test_nothing_published_after_the_day_of_knowledge_stands_behind_a_number(afghan):
    for of in ("islam_qala", "government_loss"):
        days = trace(afghan, of).table["published_latest"].dropna()
        assert days.max() <= pd.Timestamp("2021-07-27")


def test_a_baseline_rebuilt_for_a_day_is_traced_to_the_figures_it_was_rebuilt_from(afghan):
    found = trace(afghan, "islam_qala").table
    own = found[found["table"] == "baseline"]
    assert "rebuilt by rule" in own["enters"].item()
    # the low end is by rule 0.6 of the lowest annualised figure that remains: half of the Herat house's half-year
    assert {"rc001", "rc004"} <= set(found.loc[found["enters"] == "behind the baseline of islam_qala", "row"])


def test_an_assumption_of_a_crossing_takes_the_place_of_the_general_one(invented):
    own = set(rows(trace(invented, "east_gate"), "assumptions")["row"])
    assert "gap.east_gate" in own
    assert "gap" not in own
    other = set(rows(trace(invented, "north_gate"), "assumptions")["row"])
    assert "gap" in other
    assert "gap.east_gate" not in other


def test_a_scenario_of_ones_own_stands_in_place_of_statements(invented):
    case = invented.case
    fall = ti.Scenario("a synthetic fall").capture("north_gate", "2001-06-10").close("north_gate", "2001-06-14")
    result = ti.simulate(case, fall, start="2001-06-01", end="2001-06-20", **DRAWS)
    found = trace(result, "north_gate")
    assert rows(found, "reports").empty
    assert rows(found, "scenario")["row"].tolist() == ["1", "2"]
    assert rows(found, "closures")["row"].tolist() == ["north_gate_june"]
    assert not set(rows(found, "assumptions")["row"]) & {"weight_admission", "hazard_fall", "closure_days"}
    assert rows(trace(result, "south_gate"), "scenario").empty


def test_evidence_that_the_model_does_not_read_says_so(invented):
    levies = rows(trace(invented, "north_gate"), "levies")
    assert levies["row"].tolist() == ["lv001"]
    assert levies["enters"].str.contains("not read by the model").all()


def test_crossings_assessed_with_another_lead_to_it():
    case = ti.load_case("afghanistan-2021")
    merged = case.crossings[case.crossings["assessed_with"] != ""].iloc[0]
    result = ti.simulate(case, None, start="2021-06-22", end="2021-06-23", **DRAWS)
    found = trace(result, merged["crossing"])
    assert rows(found, "baseline")["row"].tolist() == [merged["assessed_with"]]
    assert f"assessed with {merged['assessed_with']}" in found.text


# --- a line ---------------------------------------------------------------------------------------------------


def test_a_line_is_traced_to_the_parts_its_equation_names(invented):
    assert set(trace(invented, "baseline").table["part"]) <= {"baseline", "level", "calendar"}
    shut = set(trace(invented, "lost_to_closure").table["part"])
    assert {"control", "closures", "baseline"} <= shut
    assert not shut & {"response", "levy", "rate", "insecurity"}
    assert "insecurity" in set(trace(invented, "held_back").table["part"])
    assert "illicit" not in parts_of("government_loss")
    assert set(parts_of("insurgent_gain")) == set(PARTS)


def test_changing_what_a_line_does_not_rest_on_changes_nothing_of_it(invented):
    case = invented.case
    outside = set(case.assumptions["name"]) - set(rows(trace(invented, "lost_to_closure"), "assumptions")["row"])
    moved = {name: 1.5 * case.best(name) for name in ("theta", "friction_insurgent", "levy_per_truck")}
    assert set(moved) <= outside
    other = ti.simulate(case.assume(moved), case.as_reported(), start="2001-06-01", end="2001-06-30", **DRAWS)
    for line in ("baseline", "lost_to_closure", "lost_to_insurgent_control", "lost_to_nobody"):
        pd.testing.assert_series_equal(invented.draws()[line], other.draws()[line])
    assert not invented.draws()["government_loss"].equals(other.draws()["government_loss"])


def test_the_text_counts_what_the_table_holds(invented):
    found = trace(invented, "north_gate")
    table = found.table.drop_duplicates(["table", "row"])
    assert f"of {len(table)} rows are judgement (grade E)" in found.text
    assert "North Gate 2001-06-01 to 2001-06-30: government loss" in found.text
    assert str(found) == found.text
    assert "<td>north_gate</td>" in found._repr_html_()


def test_cases_of_trade_value_are_traced_to_flows_and_the_rates_that_make_revenue_of_them():
    case = ti.load_case("myanmar-2023")
    result = ti.simulate(case, case.as_reported(), start="2023-10-27", end="2023-11-02", **DRAWS)
    found = trace(result, "chinshwehaw")
    assert set(rows(found, "flows")["row"]) == {"chinshwehaw/imports", "chinshwehaw/exports"}
    base = trace(result, "baseline").table
    assert {"collected_rate_imports", "collected_rate_exports"} <= set(base.loc[base["part"] == "baseline", "row"])
    assert rows(found, "national").empty


def test_a_name_that_is_nothing_gets_a_suggestion(invented):
    with pytest.raises(TradeImpactError, match="Did you mean 'north_gate'"):
        trace(invented, "north_gat")
    with pytest.raises(TradeImpactError, match="neither a crossing of 'synthetic-3' nor a line"):
        trace(invented, "xyz")


def test_results_lead_to_their_rows(invented):
    assert invented.trace("north_gate").text == trace(invented, "north_gate").text
