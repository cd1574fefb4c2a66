"""Assumptions as records: every fault of a file in one report, changes that are logged, options with their weights."""

import math
from datetime import date
from pathlib import Path

import pytest

import tradeimpact as ti
from tradeimpact import CaseError
from tradeimpact.case.assumptions import Assumption, Assumptions, Option
from tradeimpact.inputs import prepare

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
RECORD = 'low = 1.0\nbest = 2.0\nhigh = 3.0\nsource = "invented"\ngrade = "E"\npublished_latest = 2001-01-31\n'


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def given():
    return Assumptions.read(SYNTHETIC / "assumptions.toml")


def read(folder, text):
    path = folder / "assumptions.toml"
    path.write_text(text, encoding="utf-8")
    return Assumptions.read(path)


# --- reading --------------------------------------------------------------------------------------------------


def test_a_record_holds_what_the_file_says(given):
    record = given.records["recovery_half_life_days"]
    assert (record.low, record.best, record.high) == (5, 10, 20)
    assert (record.distribution, record.unit, record.group, record.grade) == (
        "lognormal",
        "days",
        "insecurity",
        "E",
    )
    assert str(record.published_latest) == "2001-01-31"
    assert given.correlations == {"insecurity": 0.5}


def test_a_dotted_table_is_the_assumption_at_one_crossing(given):
    assert given.records["gap.east_gate"].low == 0.45
    assert given.records["gap"].low == 0.4


def test_fixed_means_no_spread_and_no_alternatives(given):
    assert given.records["threat_days"].fixed
    assert not given.records["theta"].fixed
    assert not given.records["illicit_transit_per_year"].fixed


def test_every_fault_of_a_file_stands_in_one_report(tmp_path):
    text = f"""
[correlation.doubtful]
rho = 1.0
[assumption.good]
{RECORD}
[assumption.disordered]
source = "invented"
low = 3.0
best = 2.0
high = 1.0
[assumption.misspelt]
source = "invented"
lowest = 1.0
best = 2.0
high = 3.0
[assumption.unknown_shape]
{RECORD}distribution = "gaussian"
[assumption.below_zero]
source = "invented"
low = -1.0
best = 2.0
high = 3.0
distribution = "lognormal"
[assumption.beyond_one]
source = "invented"
low = 0.5
best = 0.7
high = 1.0
distribution = "logitnormal"
[assumption.endless]
source = "invented"
low = 1.0
best = 2.0
high = inf
[assumption.poor_grade]
{RECORD.replace('"E"', '"D"')}
[assumption.turned]
{RECORD}sign = 2
[assumption.lonely]
{RECORD}group = "nowhere"
[assumption.options]
source = "invented"
[[assumption.options.alternatives]]
label = "few"
weight = -1
low = 1.0
best = 2.0
high = 3.0
"""
    with pytest.raises(CaseError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    for words in (
        'found None; expected "1"', "correlation.doubtful", "disordered.low/best/high", "misspelt.lowest",
        "misspelt.low/best/high", "unknown_shape.distribution", "below_zero.low", "beyond_one.low/high",
        "endless.low/best/high", "poor_grade.grade", "turned.sign", "group 'nowhere'", "options.alternatives",
    ):  # fmt: skip
        assert words in message
    assert len(caught.value.problems) == 13
    assert {p.file for p in caught.value.problems} == {"assumptions.toml"}
    assert "good" not in message


def test_one_record_tells_all_its_faults_too(tmp_path):
    text = """schema_version = "1"
[assumption.a]
low = "few"
best = 2.0
high = 3.0
distribution = "gaussian"
grade = "D"
sign = 0
published_latest = "soon"
"""
    with pytest.raises(CaseError) as caught:
        read(tmp_path, text)
    assert [p.column for p in caught.value.problems] == [
        "a.distribution", "a.low/best/high", "a.published_latest", "a.source", "a.grade", "a.sign",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"), [("[assumption.a\n", "line 1"), (None, "No such file"), (b"\xff\xfe", "decode")]
)
def test_a_file_that_is_no_toml_is_told_by_name_and_line(tmp_path, content, words):
    path = tmp_path / "assumptions.toml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CaseError, match=words) as caught:
        Assumptions.read(path)
    assert "assumptions.toml" in str(caught.value)


BOUNDS = [
    ("lognormal", 0.0, 0.0, 0.0, True),
    ("lognormal", 0.0, 1.0, 2.0, False),
    ("loguniform", 0.0, 1.0, 2.0, False),
    ("logitnormal", 1.0, 1.0, 1.0, True),
    ("logitnormal", 0.0, 0.5, 0.9, False),
    ("normal", -2.0, -1.0, 0.0, True),
    ("normal", 1.0, 0.0, 2.0, False),
    ("normal", math.nan, 1.0, 2.0, False),
]


@pytest.mark.parametrize(("distribution", "low", "best", "high", "allowed"), BOUNDS)
def test_a_range_must_suit_its_distribution_and_a_point_always_does(tmp_path, distribution, low, best, high, allowed):
    text = f"""schema_version = "1"
[assumption.a]
low = {low}
best = {best}
high = {high}
distribution = "{distribution}"
source = "invented"
grade = "E"
published_latest = 2001-01-31
"""
    if allowed:
        assert read(tmp_path, text).records["a"].best == best
        return
    with pytest.raises(CaseError, match=r"a\.low"):
        read(tmp_path, text)


# --- as a table -----------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_every_option_with_its_weight_and_range(given):
    table = given.frame()
    rows = table[table["name"] == "illicit_transit_per_year"]
    assert list(rows["option"]) == ["few", "many"]
    assert list(rows["weight"]) == [0.5, 0.5]
    assert list(rows["best"]) == [2000, 20000]
    assert set(rows["unit"]) == {"USD per year"}
    others = table[table["name"] != "illicit_transit_per_year"]
    assert (others["weight"] == 1).all()
    assert (others["option"] == "").all()
    assert sorted(others["name"]) == sorted(set(given.records) - {"illicit_transit_per_year"})


def test_the_table_of_a_case_cannot_be_used_to_change_the_case(case):
    table = case.assumptions
    table["best"] = 0.0
    case.assumption_records.clear()
    assert case.best("theta") == 5.0


# --- changing -------------------------------------------------------------------------------------------------


def test_three_numbers_replace_the_range_and_leave_the_case_as_it_was(case):
    changed = case.assume({"theta": (4, 6, 9)})
    record = changed.assumption_records["theta"]
    assert (record.low, record.best, record.high, record.distribution) == (4, 6, 9, "lognormal")
    assert case.best("theta") == 5.0
    assert changed.best("phi") == case.best("phi")


def test_one_number_fixes_an_assumption(case):
    record = case.assume({"theta": 6}).assumption_records["theta"]
    assert (record.low, record.best, record.high) == (6, 6, 6)
    assert record.fixed
    result = ti.simulate(case.assume({"theta": 6}), None, start="2001-06-01", end="2001-06-01", draws=20, rng=1)
    assert (result.drawn()["theta"] == 6).all()


def test_a_label_picks_one_structural_alternative(case):
    record = case.assume({"illicit_transit_per_year": "many"}).assumption_records["illicit_transit_per_year"]
    assert (record.low, record.best, record.high) == (10000, 20000, 30000)
    assert record.alternatives == ()


def test_a_mapping_changes_the_fields_it_names(case):
    changed = case.assume({"theta": {"high": 12.0, "distribution": "normal", "source": "a reading", "grade": "C"}})
    record = changed.assumption_records["theta"]
    assert (record.low, record.best, record.high, record.distribution) == (3, 5, 12, "normal")
    assert (record.source, record.grade) == ("a reading", "C")
    options = [Option("a", 3.0, 1, 2, 3), {"label": "b", "weight": 1, "low": 4, "best": 5, "high": 6}]
    drawn = case.assume({"illicit_transit_per_year": {"alternatives": options}})
    assert [o.label for o in drawn.assumption_records["illicit_transit_per_year"].alternatives] == ["a", "b"]


def test_a_dotted_name_adds_a_record_for_one_crossing_beside_the_general_one(case):
    records = case.assume({"gap.south_gate": (0.2, 0.3, 0.4)}).assumption_records
    assert records["gap.south_gate"].best == 0.3
    assert records["gap.south_gate"].distribution == records["gap"].distribution
    assert records["gap"].best == 0.5


def test_an_override_for_a_crossing_that_the_case_does_not_have_gets_a_suggestion(case):
    with pytest.raises(ti.TradeImpactError, match="did you mean 'south_gate'"):
        prepare(case.assume({"gap.sauth_gate": 0.3}), None, case.baseline_until, case.baseline_until)


def test_an_unknown_name_gets_a_suggestion(case):
    with pytest.raises(CaseError, match="Did you mean 'theta'"):
        case.assume({"thetta": (4, 6, 9)})
    with pytest.raises(CaseError, match=r"See case\.assumptions"):
        case.assume({"zzz": 1})


REFUSED = [
    ((9, 6, 4), "low <= best <= high"),
    ((4, 9), "Give all three, or one number"),
    ((1, 2, 3, 4), "Give all three, or one number"),
    ("steep", "it has none"),
    (math.nan, "three finite numbers"),
    (None, "three finite numbers"),
    (True, "three finite numbers"),
    ((0, 5, 9), "above 0 for a lognormal"),
    ({"lowest": 1}, "unknown field"),
    ({"distribution": "gaussian"}, "one of normal"),
]


@pytest.mark.parametrize(("value", "words"), REFUSED, ids=[str(value) for value, _ in REFUSED])
def test_a_change_that_makes_no_sense_is_refused_with_what_to_do(case, value, words):
    with pytest.raises(CaseError, match=words):
        case.assume({"theta": value})


def test_a_wrong_label_lists_the_labels(case):
    with pytest.raises(CaseError, match="few, many"):
        case.assume({"illicit_transit_per_year": "some"})


def test_all_faults_of_one_call_are_told_together(case):
    with pytest.raises(CaseError) as caught:
        case.assume({"theta": (9, 6, 4), "phy": 2, "gap": (0.4, 0.5, 1.5)})
    assert len(caught.value.problems) == 3


def test_the_log_says_what_was_before_what_is_now_and_from_what_source(case):
    changed = case.assume({"theta": (4, 6, 9)}, source="my reading").assume({"theta": 7, "gap.south_gate": 0.3})
    log = changed.changes
    assert list(log["name"]) == ["theta", "theta", "gap.south_gate"]
    assert set(log["kind"]) == {"assumption"}
    assert log["before"].iloc[0].startswith("(3, 5, 8)")
    assert log["after"].iloc[0] == log["before"].iloc[1]
    assert log["after"].iloc[0].startswith("(4, 6, 9)")
    assert list(log["source"]) == ["my reading", "set by the user", "set by the user"]
    assert changed.assumption_records["theta"].source == "set by the user"
    assert case.changes.empty


def test_a_changed_assumption_changes_the_version_of_the_data(case):
    assert case.assume({"theta": (4, 6, 9)}).data_version != case.data_version
    # the same numbers by hand are no longer those of the file: their grade and day are gone
    again = {"low": 3, "best": 5, "high": 8, "grade": "E", "published_latest": date(2001, 1, 31)}
    assert case.assume({"theta": again}, source="invented").hashes == case.hashes
    assert case.assume({"theta": (3, 5, 8)}, source="invented").hashes != case.hashes


def test_records_cannot_be_changed_in_place(given):
    with pytest.raises(AttributeError):
        given.records["theta"].best = 1.0
    assert isinstance(given.records["theta"], Assumption)


# --- what an assumption must be good for ------------------------------------------------------------------------


def test_an_override_that_could_have_no_effect_is_refused(case):
    with pytest.raises(ti.TradeImpactError, match=r"friction_insurgent\.north_gate.*set 'friction_insurgent' itself"):
        prepare(
            case.assume({"friction_insurgent.north_gate": 0.5}),
            None,
            case.baseline_until,
            case.baseline_until,
        )


@pytest.mark.parametrize(
    "name", ["gap", "collected_rate_declared", "levy_per_truck", "road_levy_per_truck", "unknown_baseline"]
)
def test_these_five_may_differ_by_crossing(case, name):
    override = case.assume({f"{name}.north_gate": 0.25})
    x = prepare(override, None, case.baseline_until, case.baseline_until)
    assert {m.name: m.options for m in x.marginals}[f"{name}.north_gate"] == ((1.0, 0.25, 0.25, 0.25),)


@pytest.mark.parametrize("distribution", ["uniform", "loguniform"])
def test_a_uniform_range_has_its_median_at_best(case, distribution):
    changed = case.assume({"inland_rate_ratio": {"low": 0.5, "best": 0.95, "high": 1.0, "distribution": distribution}})
    result = ti.simulate(changed, None, start="2001-06-01", end="2001-06-01", draws=512, rng=1)
    found = result.drawn()["inland_rate_ratio"].quantile([0.05, 0.5, 0.95])
    assert list(found) == pytest.approx([0.5, 0.95, 1.0], abs=0.01)


def test_alternatives_without_any_weight_are_refused(case):
    option = {"weight": 0, "low": 1, "best": 2, "high": 3}
    with pytest.raises(CaseError, match="weights that are all 0"):
        case.assume({"theta": {"alternatives": [{"label": "a", **option}, {"label": "b", **option}]}})


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("", "a.source"),
        ('source = " "\n', "a.source"),
        ('source = "invented"\npublished_latest = "soon"\n', "a.published_latest"),
    ],
    ids=["no source", "blank source", "no day"],
)
def test_a_record_without_a_source_or_with_words_for_a_day_is_refused(tmp_path, line, column):
    with pytest.raises(CaseError) as caught:
        read(
            tmp_path,
            f'schema_version = "1"\n[assumption.a]\nlow = 1\nbest = 2\nhigh = 3\ngrade = "E"\n{line}',
        )
    assert [p.column for p in caught.value.problems] == [column]


def test_options_may_carry_the_sources_of_their_record(tmp_path):
    options = ", ".join(f'{{label = "{x}", weight = 1, low = 1, best = 2, high = 3, source = "{x}"}}' for x in "ab")
    text = f'schema_version = "1"\n[assumption.a]\nalternatives = [{options}]\n'
    assert [o.source for o in read(tmp_path, text).records["a"].alternatives] == ["a", "b"]
    with pytest.raises(CaseError, match=r"a\.source"):
        read(tmp_path, text.replace('source = "b"', 'source = ""'))


def test_a_number_set_by_hand_does_not_keep_the_grade_day_or_prior_of_the_evidence_it_replaces(case):
    evidence = {"grade": "A", "source": "a survey", "published_latest": date(2001, 2, 1), "prior": (1, 5, 9)}
    graded = case.assume({"theta": evidence})
    kept = graded.assumption_records["theta"]
    assert (kept.grade, kept.source, kept.published_latest, kept.prior) == (
        "A",
        "a survey",
        date(2001, 2, 1),
        (1, 5, 9),
    )
    made_up = graded.assume({"theta": 7}).assumption_records["theta"]
    assert (made_up.grade, made_up.source, made_up.published_latest, made_up.prior) == (
        "E",
        "set by the user",
        None,
        (),
    )


# --- what is needed ---------------------------------------------------------------------------------------------


def without(case, *names):
    records = {name: record for name, record in case.assumption_records.items() if name not in names}
    return case.replaced({name: case.tables[name] for name in case.tables}, records)


def test_a_missing_assumption_is_named_before_anything_is_drawn(case):
    bare = without(case, "theta", "gap")
    with pytest.raises(ti.TradeImpactError, match=r"assumptions\.toml lacks theta, gap; add \[assumption\.<name>\]"):
        ti.simulate(bare, None, start="2001-06-01", end="2001-06-01", draws=8, rng=1)


def test_growth_is_assumed_only_where_no_annual_series_gives_it(case):
    window = {"start": "2001-06-01", "end": "2001-06-01", "draws": 8, "rng": 1}
    bare = without(case, "annual_growth")
    assert (case.national["use"] == "growth").sum() >= 3
    assert ti.simulate(bare, None, **window).count == 8
    silent = bare.with_table("national", bare.national[bare.national["use"] != "growth"])
    with pytest.raises(ti.TradeImpactError, match="lacks annual_growth"):
        ti.simulate(silent, None, **window)


@pytest.mark.parametrize("name", ["silence", "weight_relay", "closure_days", "threat_days", "insecurity_unknown_rise"])
def test_what_only_a_history_as_reported_needs_is_asked_for_only_there(case, name):
    window = {"start": "2001-06-01", "end": "2001-06-02", "draws": 8, "rng": 1}
    bare = without(case, name)
    assert ti.simulate(bare, ti.Scenario().capture("north_gate", "2001-06-01"), **window).count == 8
    with pytest.raises(ti.TradeImpactError, match=f"lacks {name}"):
        ti.simulate(bare, bare.as_reported(), **window)


def test_contagion_is_asked_for_only_by_a_forecast_with_contagion(case):
    window = {"start": "2001-06-01", "end": "2001-06-12", "draws": 8, "rng": 1}
    bare = without(case, "contagion")
    assert ti.infer_control(bare, start="2001-06-01", end="2001-06-12", draws=8, forecast="hazard").draws == 8
    for forecast in ("persist", "hazard"):
        assert ti.simulate(bare, bare.as_reported(), as_of="2001-06-05", forecast=forecast, **window).count == 8
    with pytest.raises(ti.TradeImpactError, match="lacks contagion"):
        ti.simulate(bare, bare.as_reported(), as_of="2001-06-05", forecast="contagion", **window)
