"""A case of one's own: the template runs, gaps are filled in the open, and mistakes are told with their mending."""

import re
import shutil
import warnings
from pathlib import Path

import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.__main__ import main
from tradeimpact.case.calendar_systems import gregorian_day, read_day
from tradeimpact.case.defaults import default_assumptions, known_names
from tradeimpact.errors import CaseError, TradeImpactWarning
from tradeimpact.inference import ASSUMED
from tradeimpact.marginals import REQUIRED

GUIDE = Path(__file__).parents[1] / "docs" / "bring-your-own-case.md"
WINDOW = {"start": "2024-03-10", "end": "2024-03-31"}
EVENTS = """event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,location,latitude,longitude,source,notes
SYN1,10 March 2024,Battles,Non-state actor overtakes territory,Rebels,Military,North Gate,9.61,41.81,Invented,Synthetic
SYN2,2024-03-12,Battles,Armed clash,Rebels,Military,Nowhere,0.0,0.0,Invented,Synthetic
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "mycase"
    ti.new_case(folder, currency="ETB")
    return folder


@pytest.fixture
def folder(template, tmp_path):
    return Path(shutil.copytree(template, tmp_path / "mycase"))


def loaded(folder):
    with pytest.warns(TradeImpactWarning, match="rests on defaults"):
        return ti.load_case(folder)


CROSSINGS = pd.DataFrame(
    {"name": ["North Gate", "South Gate", "River Port"], "neighbour": ["N land", "N land", "Sutland"]}
)
NATIONAL = pd.DataFrame({"best": [3.65e8], "period_start": ["2023-01-01"], "period_end": ["2023-12-31"]})
REPORTS = pd.DataFrame(
    {"crossing": ["North Gate"], "date": ["2024-03-10"], "event": ["captured"], "claimed_by": ["the ministry"]}
)


def made(**changes):
    given = {"crossings": CROSSINGS, "national": NATIONAL, "reports": REPORTS, "currency": "KES"} | changes
    with pytest.warns(TradeImpactWarning, match="rests on defaults"):
        return ti.Case.from_tables(name="made-synthetic", **given)


# --- the guide --------------------------------------------------------------------------------------------------------


def test_every_block_of_the_guide_runs_in_an_empty_folder_in_its_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.csv").write_text(EVENTS)
    blocks = re.findall(r"^```(python|console)\n(.*?)^```", GUIDE.read_text(), re.S | re.M)
    assert len(blocks) > 8
    space: dict = {}
    for kind, text in blocks:
        if kind == "console":
            for line in text.splitlines():
                assert main(line.removeprefix("python -m tradeimpact ").split()) == 0
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TradeImpactWarning)
            exec(compile(text, str(GUIDE), "exec"), space)
    assert "not proof" in capsys.readouterr().out
    assert space["case"].synthetic


def test_the_way_from_template_to_bridge_takes_fewer_than_twenty_lines():
    first = GUIDE.read_text().split("## Better")[0]
    typed = [line for _, block in re.findall(r"^```(python|console)\n(.*?)^```", first, re.S | re.M)
             for line in block.splitlines() if line.strip()]  # fmt: skip
    assert any(".plot.bridge()" in line for line in typed)
    assert len(typed) < 20


# --- the template -----------------------------------------------------------------------------------------------------


def test_the_template_runs_as_it_is_in_the_currency_asked_for_and_says_synthetic(folder):
    case = loaded(folder)
    assert (case.currency, case.synthetic, len(case.border_units), len(case.reports)) == ("ETB", True, 3, 2)
    result = ti.simulate(case, case.as_reported(), **WINDOW, draws=64, rng=1)
    assert "ETB" in result.plot.bridge().get_xlabel()
    assert all("synthetic" in path.read_text().lower() for path in folder.iterdir())


def test_the_template_never_overwrites_and_wants_a_currency_and_a_calendar_that_exist(folder, tmp_path):
    with pytest.raises(CaseError, match="is not empty"):
        ti.new_case(folder)
    with pytest.raises(CaseError, match="three capital letters"):
        ti.new_case(tmp_path / "a", currency="birr")
    with pytest.raises(CaseError, match="Did you mean 'ethiopian'"):
        ti.new_case(tmp_path / "b", calendar="ethiopean")


def test_the_loss_is_what_days_held_arithmetic_gives_when_nothing_but_the_gate_moves():
    # 365 m over 365 days and three posts, one given 40 %: 0.4 m a day for ten days, no growth, no response, no levy
    revenue = pd.DataFrame(
        {"crossing": ["North Gate"], "low": [146e6], "best": [146e6], "high": [146e6], "per": ["year"]}
    )
    quiet = {
        "theta": 1e-6, "phi": 1e-6, "epsilon": 0.0, "annual_growth": 0.0, "friction_insurgent": 0.0,
        "inland_charge_probability": 0.0, "friction_threat": 0.0,
    }  # fmt: skip
    other = pd.DataFrame({"crossing": ["South Gate", "River Port"], "low": [109.5e6] * 2, "best": [109.5e6] * 2,
                          "high": [109.5e6] * 2})  # fmt: skip
    case = made(revenue=revenue, baseline=other, assumptions=quiet)
    fall = ti.Scenario("fall").capture("north_gate", "2024-03-10")
    loss = ti.simulate(case, fall, start="2024-03-10", end="2024-03-19", draws=32, rng=1).draws()["government_loss"]
    assert loss.to_numpy() == pytest.approx(4.0e6, rel=0.01)


# --- defaults ---------------------------------------------------------------------------------------------------------


def test_there_is_a_default_for_everything_the_model_asks_for():
    needed = {
        *REQUIRED,
        *ASSUMED,
        "annual_growth",
        "contagion",
        "threat_days",
        "closure_days",
        "insecurity_unknown_rise",
    }
    assert needed | {"unknown_baseline"} == set(known_names())
    records = default_assumptions().records.values()
    assert {record.grade for record in records} == {"E"}
    assert all(record.source.startswith(f"default for cases without {record.name}: ") for record in records)


def test_an_own_assumption_always_wins_and_origins_tell_which_is_which(folder):
    text = (folder / "assumptions.toml").read_text()
    own = '\n[assumption.gap]\nlow = 0.3\nbest = 0.4\nhigh = 0.5\ndistribution = "logitnormal"\nsource = "own"\n'
    (folder / "assumptions.toml").write_text(text + own)
    case = loaded(folder).assume({"theta": 4.0})
    table = case.assumptions.set_index("name")
    assert table.loc["gap", ["best", "origin"]].tolist() == [0.4, "case"]
    assert (table.loc["theta", "origin"], table.loc["phi", "origin"]) == ("user", "default")


def test_the_one_warning_lists_every_default_and_a_full_case_gives_none(folder):
    with pytest.warns(TradeImpactWarning) as caught:
        ti.load_case(folder)
    assert len(caught) == 1
    said = str(caught[0].message)
    assert all(name in said for name in (*known_names(), "baseline", "speakers", "route_group", "baseline_until"))
    full = ti.load_case("afghanistan-2021")  # filterwarnings=error: a word would fail here
    assert set(full.assumptions["origin"]) == {"case"}


def test_dollar_levies_take_the_rate_of_the_case_else_shares_of_a_load(folder):
    with_rate = made(fx=pd.DataFrame({"rate": [130.0]})).assumption_records
    standard = default_assumptions().records["levy_per_truck"]
    assert with_rate["levy_per_truck"].best == pytest.approx(130 * standard.best)
    assert with_rate["levy_per_truck"].unit == "KES per truck"
    trucks = pd.DataFrame({"crossing": ["north_gate", "south_gate", "river_port"], "best": [50, 30, 20]})
    counted = made(trucks=trucks, assumptions={"gap": 0.5, "gap_split": 1.0, "collected_rate_declared": 0.2})
    # 1 m a day (365/365.25 of it) over 100 trucks at 10 % of true value: a load of 100,000
    assert counted.best("value_per_truck") == pytest.approx(100_000, rel=1e-6)
    assert counted.best("levy_per_truck") == pytest.approx(0.02 * 100_000, rel=1e-6)


def test_a_levy_in_money_is_refused_where_nothing_tells_what_a_load_is_worth():
    s = ti.Scenario("fall").capture("north_gate", "2024-03-10").levy("north_gate", "2024-03-10", per_truck=30_000)
    window = {"start": "2024-03-10", "end": "2024-03-12", "draws": 16, "rng": 1}
    with pytest.raises(ti.ScenarioError, match="nothing tells what a truck load is worth; give an exchange rate"):
        ti.simulate(made(), s, **window)
    told = ti.simulate(made(fx=pd.DataFrame({"rate": [130.0]})), s, **window)
    assert (told.draws()["levy_received"] > 0).all()
    share = ti.Scenario("fall").capture("north_gate", "2024-03-10").levy("north_gate", "2024-03-10", rate=0.02)
    assert (ti.simulate(made(), share, **window).draws()["levy_received"] > 0).all()


def test_what_is_left_of_the_total_goes_to_crossings_without_a_figure_by_trucks_where_all_are_counted():
    revenue = pd.DataFrame({"crossing": ["North Gate"], "best": [165e6], "per": ["year"]})
    table = made(revenue=revenue).baseline.set_index("crossing")
    annual = 365e6 * 365.25 / 365
    assert table.loc["north_gate", ["low_kes", "best_kes", "high_kes"]].tolist() == pytest.approx([99e6, 165e6, 231e6])
    assert table.loc[["south_gate", "river_port"], "best_kes"].tolist() == pytest.approx([(annual - 165e6) / 2] * 2)
    assert set(table["basis"]) == {"default for cases without baseline"}
    trucks = pd.DataFrame({"crossing": ["south_gate", "river_port"], "best": [30, 10]})
    table = made(revenue=revenue, trucks=trucks).baseline.set_index("crossing")
    assert table.loc["south_gate", "best_kes"] == pytest.approx(0.75 * (annual - 165e6))


def test_speakers_of_a_case_without_a_table_are_told_by_plain_words():
    case = made()
    roles = dict(zip(case.speakers["pattern"], case.speakers["role"], strict=True))
    assert (roles["ministry"], roles["sutland"], roles["trader"]) == ("government", "neighbour", "witness")
    control = ti.infer_control(case, start="2024-03-10", end="2024-03-20", draws=32)
    assert control.probability.loc[("2024-03-20", "north_gate"), "government"] < 0.5  # the ministry admits the loss
    assert control.probability.loc[("2024-03-20", "river_port"), "government"] > 0.9


def test_frames_given_are_left_as_they_are():
    before = [frame.copy() for frame in (CROSSINGS, NATIONAL, REPORTS)]
    made()
    for old, new in zip(before, (CROSSINGS, NATIONAL, REPORTS), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_a_completed_case_saved_in_full_loads_without_a_word_and_gives_the_same_numbers(tmp_path):
    case = made(calendar_name="solar_hijri")
    ti.save_case(case, tmp_path / "full")
    again = ti.load_case(tmp_path / "full")
    for name in case.tables:
        pd.testing.assert_frame_equal(case.tables[name], again.tables[name])
    first, second = (ti.simulate(c, c.as_reported(), **WINDOW, draws=32, rng=1).summary() for c in (case, again))
    pd.testing.assert_frame_equal(first, second)
    assert ti.validate(tmp_path / "full").empty
    with pytest.raises(CaseError, match="is not empty"):
        ti.save_case(case, tmp_path / "full")


def test_the_afghan_case_saved_and_loaded_again_is_the_same_case(tmp_path):
    case = ti.load_case("afghanistan-2021")
    ti.save_case(case, tmp_path / "copy")
    assert ti.load_case(tmp_path / "copy").data_version == case.data_version


# --- calendars --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "day", "gregorian"),
    [
        ("solar_hijri", "1400-01-01", "2021-03-21"),  # Nowruz 1400
        ("solar_hijri", "1399-12-30", "2021-03-20"),  # the last day of a leap year
        ("ethiopian", "2000-01-01", "2007-09-12"),  # the Ethiopian millennium
        ("ethiopian", "2011-13-06", "2019-09-11"),  # a sixth day of Pagume
        ("ethiopian", "2016-11-01", "2024-07-08"),  # 1 Hamle, the fiscal year
        ("gregorian", "2024-02-29", "2024-02-29"),
    ],
)
def test_days_of_other_calendars_fall_on_their_known_gregorian_days(system, day, gregorian):
    assert read_day(day, system).isoformat() == gregorian


def test_ethiopian_days_agree_with_the_arithmetic_of_the_coptic_calendar():
    # 1 Meskerem of year y is Julian day 1724221 + 365 (y - 1) + floor(y / 4); day 1721425 is 31 December of year 0
    for year in range(1990, 2030):
        day = gregorian_day("ethiopian", year, 1, 1)
        assert day.toordinal() == 1724221 + 365 * (year - 1) + year // 4 - 1721425


def test_solar_months_are_those_of_the_afghan_case():
    case = ti.load_case("afghanistan-2021").calendar
    own = ti.calendar_table("solar_hijri", case["start"].min(), case["end"].max(), fiscal_year_from=(10, 1))
    for kind in ("month", "fiscal_year"):
        known = case.loc[case["kind"] == kind, ["start", "end"]]
        pairs = set(zip(known["start"].dt.date, known["end"].dt.date, strict=True))
        found = own[own["kind"] == kind]
        assert pairs <= set(zip(found["start"], found["end"], strict=True))


@pytest.mark.parametrize("day", ["2014-13-06", "2016-01-31", "2016-14-01", "16-1"])
def test_a_day_that_a_calendar_does_not_have_is_refused(day):
    with pytest.raises(CaseError, match="no day of the calendar 'ethiopian'"):
        read_day(day, "ethiopian")


def test_tables_may_write_their_days_in_another_calendar():
    case = made(reports=REPORTS.assign(date=["2016-07-01"]), dates_in="ethiopian", calendar_name="ethiopian",
                national=NATIONAL.assign(period_start=["2015-04-23"], period_end=["2016-04-21"]))  # fmt: skip
    assert case.reports["date"].dt.date.astype(str).tolist() == ["2024-03-10"]
    assert case.national["period_end"].dt.date.astype(str).tolist() == ["2023-12-31"]
    result = ti.simulate(case, None, start="2024-03-10", end="2024-04-10", draws=16, rng=1)
    assert "Megabit 2016" in str(result.inputs.months["label"].tolist())


# --- mistakes ---------------------------------------------------------------------------------------------------------


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


MISTAKES = [
    # file, what is replaced, by what, what the message must say, what it must tell to do
    ("national.csv", "1200000000", '"1,200"', "which may be 1200 or 1.200", "Write 1200"),
    ("national.csv", "1200000000", "1.2 billion", "expected a number", "Write digits with a decimal point"),
    ("national.csv", "best,", "amount,", "unknown column", "Rename it, delete it"),
    ("national.csv", "2023-12-31", "31/12/2023", "expected a day of the calendar", "Write year-month-day"),
    ("national.csv", "2023-01-01,2023-12-31", "2024-01-01,2024-12-31", "end after 2024-03-09", "last full period"),
    ("reports.csv", "north_gate,2024-03-10", "nroth_gate,2024-03-10", "unknown crossing 'nroth_gate'", "'north_gate'"),
    ("reports.csv", "2024-03-14", "45365", "a spreadsheet's number for 2024-03-14", "Format the cells as days"),
    ("reports.csv", ",captured,", ",capture,", "expected one of captured", "Did you mean 'captured'"),
    ("crossings.csv", "south_gate,", "north_gate,", "the same key more than once", "Merge the rows"),
    ("crossings.csv", "9.10", "910", "a number from -90 to 90", "Correct the number"),
    ("crossings.csv", ",note\n", "\n", "too many cells", "quotation marks"),
    ("assumptions.toml", "# [assumption.gap]", "[assumption.gapp]\nlow=0.1\nbest=0.2\nhigh=0.3\nsource='x'",
     "the model does not know", "Did you mean 'gap'"),
    ("datapackage.json", '"ETB"', '"Birr"', "found currency 'Birr'", "three capital letters"),
    ("datapackage.json", '"gregorian"', '"julian"', "found calendar 'julian'", "gregorian, solar_hijri, ethiopian"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said", "remedy"), MISTAKES)
def test_a_mistake_in_the_template_is_told_with_its_mending(folder, file, old, new, said, remedy):
    edit(folder, file, old, new)
    with pytest.raises(CaseError) as caught:
        ti.load_case(folder)
    lines = [line for line in str(caught.value).splitlines() if said in line and remedy in line]
    assert lines, caught.value
    assert file.split(".")[0] in lines[0]


FRAMES = [
    ({"crossings": None}, "no table of crossings", "Give a table crossings"),
    ({"national": None}, "no figure of customs revenue anywhere", "Give one national total"),
    ({"national": NATIONAL.assign(unit="usd")}, "a total in 'usd'", "Convert the figure"),
    ({"national": NATIONAL.assign(best=[3.65e5]), "revenue": pd.DataFrame({"crossing": ["north_gate"], "best": [2e8],
      "per": ["year"]})}, "nothing is left for south_gate, river_port", "Check the units of both"),
    ({"reports": REPORTS.drop(columns="event")}, "no such column", "Add the column"),
    ({"reports": REPORTS.drop(columns="date"), "national": None}, "when the crisis began", "baseline_until"),
    ({"assumptions": {"levy_per_truck": (5e3, 4e4, 1e5)}}, "nothing tells what a truck load is worth", "exchange rate"),
    ({"revenue": pd.DataFrame({"crossing": ["north_gate"], "low": [5], "best": [4], "per": ["year"], "high": [6]})},
     "low, best, high = 5, 4, 6", "in order"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said", "remedy"), FRAMES)
def test_a_mistake_in_tables_given_by_hand_is_told_with_its_mending(changes, said, remedy):
    given = {"crossings": CROSSINGS, "national": NATIONAL, "reports": REPORTS, "currency": "KES"} | changes
    with pytest.raises(CaseError) as caught:
        ti.Case.from_tables(name="made-synthetic", **given)
    assert said in str(caught.value), caught.value
    assert remedy in str(caught.value)


def test_a_wrong_call_is_told_before_anything_is_read():
    for changes, said in (
        ({"currency": "birr"}, "three capital letters"),
        ({"calendar_name": "lunar"}, "Calendars are gregorian"),
        ({"baseline_until": "soon"}, "is not a day"),
        ({"crossings": "crossings.csv"}, "expected a DataFrame"),
        ({"assumptions": {"gapp": 0.4}}, "Did you mean 'gap'"),
        ({"tables": {"crossings": CROSSINGS}}, "given twice"),
        ({"tables": {"crosings": CROSSINGS}}, "Did you mean 'crossings'"),
    ):
        given = {"crossings": CROSSINGS, "national": NATIONAL, "currency": "KES"} | changes
        with pytest.raises(CaseError, match=re.escape(said)):
            ti.Case.from_tables(given.pop("tables", None), **given)


def test_a_folder_in_short_form_is_validated_and_told_not_to_be_packaged(folder, capsys):
    problems = ti.validate(folder)
    assert set(problems["severity"]) == {"warning"}
    assert main(["package", str(folder)]) == 1
    assert "save_case" in capsys.readouterr().err
