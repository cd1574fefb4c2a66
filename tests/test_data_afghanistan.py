"""The Afghan case as data: every row has a source, a grade and a day; conflicts are kept; hindsight stays apart."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.codebook import codebook
from tradeimpact.case.evidence import voice
from tradeimpact.case.history import level_rows

FOLDER = Path(__file__).parent.parent / "data" / "afghanistan-2021"
NAMED = {
    "islam_qala", "torghundi", "abu_nasr_farahi", "zaranj", "spin_boldak", "torkham", "ghulam_khan", "dand_e_patan",
    "angur_ada", "hairatan", "aqina", "sher_khan_bandar", "ai_khanoum", "ishkashim", "kabul",
}  # fmt: skip
# tables of facts; no source gives commodities by crossing, revenue is known rather than trade value, there is one
# insurgent authority, and every amount that is used is in afghanis
ABSENT = ("commodities", "flows", "reported_holders", "other_fx")
FACTS = [n for n, table in codebook("AFN").items() if "published_latest" in table.columns and n not in ABSENT]
NATIONAL_MONEY = {"afn", "usd", "eur", "afn_per_day", "usd_per_day", "share"}
LAST_DAY = pd.Timestamp("2021-07-22")


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


def descriptor():
    return json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))


def ids(column):
    return {name for cell in column for name in str(cell).split(";") if name}


# --- every row can be traced ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTS)
def test_every_row_has_a_source_that_resolves_a_grade_and_a_day(case, name):
    table = case.tables[name]
    assert len(table) > 0
    assert (table["source"] != "").all()
    assert ids(table["source"]) <= set(case.sources["source"])
    assert set(table["grade"]) <= {"A", "B", "C", "E"}
    assert table["published_latest"].notna().all()
    assert set(table["published_basis"]) <= {"printed", "vague", "judged"}


def test_a_judgement_is_never_graded_as_evidence_of_an_official(case):
    for name in FACTS:
        table = case.tables[name]
        alone = table[table["source"] == "project_judgement"]
        assert set(alone["grade"]) <= {"E"}, name
    records = case.assumptions
    assert set(records.loc[records["source"] == "project_judgement", "grade"]) <= {"E"}


def test_no_row_became_public_before_the_printed_day_of_its_own_source(case):
    printed = case.sources.set_index("source")["published"]
    dated = printed[printed.str.fullmatch(r"\d{4}-\d{2}-\d{2}")]
    for name in FACTS:
        for row in case.tables[name].itertuples():
            days = [dated[s] for s in row.source.split(";") if s in dated.index]
            assert not days or row.published_latest >= pd.Timestamp(max(days)), (name, row[1])


def test_every_assumption_names_sources_that_resolve_with_grade_and_day(case):
    records = case.assumptions
    assert (records["source"] != "").all()
    assert ids(records["source"]) <= set(case.sources["source"])
    assert set(records["grade"]) <= {"A", "B", "C", "E"}
    assert records["published_latest"].notna().all()
    assert (records["description"] != "").all()


def test_rows_that_the_baseline_rests_on_exist(case):
    known = set(case.revenue["row"]) | set(case.trade["row"]) | set(case.national["row"]) | set(case.leakage["row"])
    assert ids(case.baseline["rests_on"]) <= known | set(case.outcomes["outcome"])


def test_a_printed_day_is_not_before_the_period_it_reports_on_begins(case):
    for name in ("national", "revenue", "trade"):
        table = case.tables[name]
        table = table[table["published_basis"] == "printed"].dropna(subset=["period_start"])
        assert (table["published_latest"] >= table["period_start"]).all(), name


# --- crossings ------------------------------------------------------------------------------------------------


def test_the_crossings_that_were_named_are_there_with_inland_houses_beside_them(case):
    table = case.crossings.set_index("crossing")
    assert set(table.index) >= NAMED
    assert (table["kind"] == "border").sum() == 14
    assert len(table) >= 15
    assert {"kabul", "herat_city"} <= set(case.inland_units["crossing"])
    assert table.loc["kabul_airport", "assessed_with"] == "kabul"
    assert table[["latitude", "longitude"]].notna().all(axis=None)
    # the box that holds the country
    assert table["latitude"].between(29.3, 38.6).all()
    assert table["longitude"].between(60.4, 75.0).all()


def test_every_unit_has_one_baseline_row_and_every_post_a_truck_count(case):
    assert sorted(case.baseline["crossing"]) == sorted(case.units["crossing"])
    assert sorted(case.trucks["crossing"]) == sorted(case.border_units["crossing"])


def test_the_adding_up_facts_are_those_of_the_ministry(case):
    best = case.constraints.set_index("constraint")["best_afn"]
    assert best["national_fy1399"] == 72e9
    assert best["west_fy1399"] == 28e9
    assert best["nimroz_2020"] == pytest.approx(93.2e6 * 76.83, rel=1e-3)


def test_the_inland_houses_are_fed_by_less_than_their_whole_baseline(case):
    table = case.inland
    assert set(table["inland"]) <= set(case.inland_units["crossing"])
    assert (table.groupby("inland")["feed_best"].sum() < 1).all()


# --- the calendar ---------------------------------------------------------------------------------------------


def test_the_solar_months_that_the_ministry_calls_june_and_july(case):
    months = case.calendar[case.calendar["kind"] == "month"].set_index("name")
    for name, start, end in (
        ("Jawza 1400", "2021-05-22", "2021-06-21"),
        ("Saratan 1400", "2021-06-22", "2021-07-22"),
    ):
        assert (months.loc[name, "start"], months.loc[name, "end"]) == (
            pd.Timestamp(start),
            pd.Timestamp(end),
        )


def test_months_and_fiscal_years_follow_each_other_without_gap_and_have_names_of_their_own(case):
    for kind in ("month", "fiscal_year"):
        rows = case.calendar[case.calendar["kind"] == kind].sort_values("start")
        assert (rows["start"].iloc[1:].to_numpy() == (rows["end"].iloc[:-1] + pd.Timedelta(days=1)).to_numpy()).all()
        assert rows["name"].is_unique
    years = case.calendar.set_index("name")
    assert years.loc["FY1399", "start"] == pd.Timestamp("2019-12-22")
    assert years.loc["FY1399", "end"] == pd.Timestamp("2020-12-20")


def test_eid_is_a_holiday_of_the_calendar_and_not_a_closure_again(case):
    eid = case.calendar.set_index("entry").loc["eid_al_adha_2021"]
    assert (eid["start"], eid["end"]) == (pd.Timestamp("2021-07-19"), pd.Timestamp("2021-07-23"))
    assert 0 < eid["factor_low"] < eid["factor_best"] < eid["factor_high"] < 1
    around = case.closures[(case.closures["start"] >= "2021-07-17") & (case.closures["end"] <= "2021-07-25")]
    assert around.empty


# --- conflicts and outcomes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("group", "figures"), [("jawza", {7.3e9, 7.4e9}), ("saratan", {4.5e9, 4.6e9})])
def test_figures_that_contradict_each_other_are_both_kept_and_never_averaged(case, group, figures):
    table = case.outcomes
    rows = table[(table["conflict_group"] == group) & (table["unit"] == "afn")]
    assert set(rows["best"]) == figures
    used = rows[rows["role"].isin(["target", "pre_period"])]
    assert set(used["best"]) == figures
    assert set(used["role"]) == ({"pre_period"} if group == "jawza" else {"target"})


def test_no_other_national_total_of_those_months_lies_between_the_two_that_were_published(case):
    for table in (case.outcomes, case.national):
        rows = table[(table["unit"] == "afn") & table["conflict_group"].isin(["jawza", "saratan"])]
        assert set(rows["best"]) <= {7.3e9, 7.4e9, 4.5e9, 4.6e9}


def test_the_level_of_the_model_rests_on_the_untreated_month_alone(case):
    level = case.national[case.national["use"] == "level"]
    assert (level["period_end"] < "2021-06-22").all()
    assert case.baseline_until.isoformat() == "2021-06-21"


def test_what_was_reported_on_the_two_months_was_public_on_27_july_at_the_earliest(case):
    earliest = pd.Timestamp("2021-07-27")
    outcomes = case.outcomes[case.outcomes["conflict_group"].isin(["jawza", "saratan", "loss_saratan", "taliban_gain"])]
    national = case.national[case.national["conflict_group"].isin(["jawza", "saratan", "loss_saratan"])]
    assert len(outcomes) >= 10
    assert (outcomes["published_latest"] >= earliest).all()
    assert (national["published_latest"] >= earliest).all()


def test_no_national_collection_after_22_july_2021_slipped_in(case):
    relabelled = {
        "July 2021",
        "July 2021 as printed",
        "July as printed",
        "past month",
        "last month",
        "four weeks",
    }
    outcomes = case.outcomes
    money = outcomes[(outcomes["scope"] == "national") & outcomes["unit"].isin(NATIONAL_MONEY)]
    late = money[(money["end"] > LAST_DAY) | (money["start"] > LAST_DAY)]
    assert set(late["period_label"]) <= relabelled
    assert set(late["role"]) <= {"unused"}
    national = case.national[case.national["series"].isin(["customs_all", "claim"])]
    late = national[(national["period_end"] > LAST_DAY) | (national["period_start"] > LAST_DAY)]
    assert set(late["period_label"]) <= relabelled
    assert set(late["use"]) <= {"unused"}
    assert set(late["best"]) <= {4.5e9, 4.6e9, 57.5e6, 2.7e9}


def test_no_revenue_of_a_crossing_after_its_fall_slipped_in(case):
    falls = case.hindsight_control.set_index("crossing")["start"]
    outcomes = case.outcomes[case.outcomes["measure"] == "customs_collection"]
    for table, end in ((case.revenue, "period_end"), (outcomes, "end")):
        assert not (table[end] > table["crossing"].map(falls)).any()


def test_the_taliban_take_that_only_restates_the_shortfall_is_kept_and_not_used(case):
    rows = case.outcomes[(case.outcomes["best"] == 2.7e9) & (case.outcomes["holder"] == "taliban")]
    assert len(rows) == 1
    assert set(rows["role"]) == {"unused"}
    assert set(rows["grade"]) == {"C"}


# --- hindsight ------------------------------------------------------------------------------------------------


def test_reports_carry_no_column_and_no_word_of_hindsight(case):
    reports = case.reports
    assert not {"probability_true", "label", "holder", "confidence_true", "certainty_label"} & set(reports.columns)
    telling = re.compile(
        r"hindsight|turned out|later proved|proved (?:true|false|wrong)|borne out|in the end|wrongly|falsely|"
        r"\b(?:true|false|untrue|confirmed later|subsequently|in reality)\b",
        re.IGNORECASE,
    )
    for column in reports.select_dtypes("str").columns.drop("source"):
        found = reports.loc[reports[column].str.contains(telling), ["report", column]]
        assert found.empty, found.to_string()


def test_every_report_has_one_judgement_of_hindsight_in_a_table_of_its_own(case):
    judged = case.hindsight_reports
    assert sorted(judged["report"]) == sorted(case.reports["report"])
    assert len(judged) == 97
    assert judged["probability_true"].between(0, 1).all()
    # both kinds are there, else nothing could be scored
    assert (judged["probability_true"] < 0.2).any()
    assert (judged["probability_true"] > 0.8).any()


def test_true_changes_of_holder_lie_inside_their_own_windows_and_the_campaign(case):
    table = case.hindsight_control
    assert (table["start_low"] <= table["start"]).all()
    assert (table["start"] <= table["start_high"]).all()
    assert table["start"].between("2021-06-22", "2021-08-15").all()
    assert set(table["holder"]) == {"taliban"}


def test_no_other_table_points_at_the_tables_of_hindsight():
    for name, table in codebook("AFN").items():
        if not name.startswith("hindsight"):
            targets = [str(column.references).split(".")[0] for column in table.columns.values()]
            assert not {"hindsight_reports", "hindsight_control", "truth"} & set(targets), name


def test_the_truth_table_leaves_out_the_days_on_which_hindsight_itself_is_unsure(case):
    windows = case.hindsight_control.set_index("crossing")
    units = set(case.units["crossing"])
    assert set(case.truth["crossing"]) == units
    for crossing, rows in case.truth.groupby("crossing"):
        held, lost = (rows[rows["state"] == state] for state in ("held", "lost"))
        low, high = windows.loc[crossing, ["start_low", "start_high"]]
        # ai_khanoum may have been lost on the first day scored, so no day of it counts as held
        assert len(held) == (low > pd.Timestamp("2021-06-20"))
        assert (held["end"] < low).all(), crossing
        assert (lost["start"] >= high).all(), crossing
        assert len(lost) == 1, crossing
    assert case.truth["start"].min() == pd.Timestamp("2021-06-20")
    assert case.truth["end"].max() == pd.Timestamp("2021-08-15")


# --- who speaks ---------------------------------------------------------------------------------------------------


def test_patterns_of_speakers_can_match_and_none_hides_behind_an_earlier_one(case):
    patterns = list(case.speakers["pattern"])
    assert all(p == p.lower() == p.strip() for p in patterns)
    for later, pattern in enumerate(patterns):
        assert not [first for first in patterns[:later] if first in pattern], pattern


def test_the_role_comes_from_the_speaker_and_never_from_what_is_said(case):
    reports = case.reports
    roles = {
        "Taliban": "insurgent",
        "interior ministry": "government",
        "Iranian customs": "neighbour",
        "traders": "witness",
    }
    listed = [(p, r) for p, r in zip(case.speakers["pattern"], case.speakers["role"], strict=True)]
    for speaker, role in roles.items():
        assert reports["claimed_by"].str.contains(speaker, case=False).any()
        assert {voice(speaker, listed, says) for says in ("lost", "held", "fighting")} == {role}
    assert voice("somebody nobody listed", listed, "lost") == "relay"


def test_corrections_point_at_reports_and_say_what_the_rules_can_use(case):
    table = case.corrections
    assert set(table["report"]) <= set(case.reports["report"])
    roles = set(table.loc[table["field"] == "role", "value"])
    propositions = set(table.loc[table["field"] == "proposition", "value"])
    assert roles <= {"government", "insurgent", "neighbour", "witness", "relay"}
    assert propositions <= {"lost", "collecting", "held", "fighting", "promise", "none"}
    assert (table["note"] != "").all()


def test_what_weighs_reports_was_set_before_the_campaign_so_that_no_score_could_shape_it(case):
    first_day = case.baseline_until
    records = case.assumption_records
    names = [n for n in records if n.startswith(("weight_", "hazard_", "fall_to", "silence", "repeat_", "initial_"))]
    assert len(names) == 13
    assert all(records[name].published_latest < first_day for name in names)
    for table in (case.speakers, case.corrections):
        assert (table["published_latest"] <= pd.Timestamp(first_day)).all()


# --- older vintages -----------------------------------------------------------------------------------------------


def test_every_general_assumption_from_a_later_source_says_what_it_would_have_been_before(case):
    late = [r for r in case.assumption_records.values() if r.published_latest > case.baseline_until]
    assert len(late) > 5
    for record in late:
        if "." in record.name:
            continue
        low, best, high = record.prior
        assert low <= best <= high
        now = [x for o in record.alternatives for x in (o.low, o.high)] or [record.low, record.high]
        # what was known before cannot be sharper than what is known now
        assert low <= min(now), record.name
        assert high >= max(now), record.name


def test_shares_of_one_house_add_up_to_it(case):
    table = case.units
    shared = table[table["house"].duplicated(keep=False)]
    assert set(shared["house"]) == {"herat_house"}
    assert shared["house_share"].sum() == pytest.approx(1)
    assert table.loc[~table.index.isin(shared.index), "house_share"].isna().all()


def test_a_level_is_there_for_vintages_before_the_untreated_month_was_published(case):
    level = case.national[case.national["use"] == "level"].set_index("row")
    assert level.loc["rn053", "published_latest"] < pd.Timestamp(case.baseline_until)
    # today's level still is that of the untreated month alone
    assert set(level_rows(case)["period_label"]) == {"Jawza 1400"}
    assert set(level_rows(case.as_of("2021-06-21"))["row"]) == {"rn053"}


# --- the package ----------------------------------------------------------------------------------------------


def test_bytes_hashes_and_rows_of_the_descriptor_are_those_of_the_files():
    body = descriptor()
    assert body["schema_version"] == "1"
    listed = {r["path"]: r for r in body["resources"]}
    assert {p.name for p in FOLDER.iterdir()} - {"datapackage.json"} == set(listed)
    for path, resource in listed.items():
        content = (FOLDER / path).read_bytes()
        assert resource["bytes"] == len(content), path
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}", path
        if path.endswith(".csv"):
            assert resource["rows"] == len(pd.read_csv(FOLDER / path, dtype=str, keep_default_na=False)), path


def test_every_column_of_the_files_is_described_with_a_type_and_money_with_its_unit():
    for resource in descriptor()["resources"]:
        if not resource["path"].endswith(".csv"):
            continue
        fields = {f["name"]: f for f in resource["schema"]["fields"]}
        header = (FOLDER / resource["path"]).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        assert list(fields) == header
        for name, described in fields.items():
            assert described["type"]
            assert described["description"]
            assert not name.endswith("_afn") or "AFN" in described["unit"]


def test_no_file_of_the_case_names_a_folder_of_somebodys_machine():
    for path in FOLDER.iterdir():
        assert not re.search(r"(/home/|/Users/|/wor[k]/|/tm[p]/|[A-Z]:\\)", path.read_text(encoding="utf-8")), path.name
