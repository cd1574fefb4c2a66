"""Loading a case: typed tables that cannot be changed from outside, and replacing parts of it."""

import contextlib
import csv
import hashlib
import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tradeimpact.case import Case, find_case, list_cases, load_case, package
from tradeimpact.case.calendars import holidays, months
from tradeimpact.case.codebook import codebook, codebook_frame
from tradeimpact.case.convert import to_text
from tradeimpact.case.load import data_file
from tradeimpact.errors import CaseError, TradeImpactWarning

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"


@pytest.fixture(scope="module")
def case():
    return load_case(SYNTHETIC)


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SYNTHETIC, tmp_path / "copy"))


# --- what is read ---


def test_every_table_of_the_codebook_is_an_attribute_with_its_columns(case):
    for name, table in codebook("XTS").items():
        frame = getattr(case, name)
        assert list(frame.columns) == list(table.columns)
        assert list(frame.dtypes.astype(str)) == [column.dtype for column in table.columns.values()]
        assert isinstance(frame.index, pd.RangeIndex)


def test_missing_zero_and_text_stay_apart(case):
    assert np.isnan(case.national.loc[0, "low"])
    assert case.closures.loc[0, "open_share"] == 0.0
    assert case.crossings.loc[0, "assessed_with"] == ""
    assert pd.isna(case.tariff.loc[0, "end"])
    assert case.reports["count_claimed"].isna().sum() == 4
    assert case.reports.loc[0, "published_latest"] == pd.Timestamp("2001-06-11")


def test_words_that_pandas_takes_for_missing_stay_words(folder):
    path = folder / "crossings.csv"
    path.write_text(path.read_text().replace("North Gate,", "NA,").replace("South Gate,", "null,"))
    with pytest.warns(TradeImpactWarning):
        names = list(load_case(folder).crossings["name"])
    assert names[:2] == ["NA", "null"]


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(folder, case):
    path = folder / "reports.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.warns(TradeImpactWarning, match=r"reports\.csv"):
        edited = load_case(folder)
    pd.testing.assert_frame_equal(edited.reports, case.reports)


def test_an_optional_table_that_is_not_there_is_empty_with_its_columns(folder):
    (folder / "illicit.csv").unlink()
    package(folder)
    loaded = load_case(folder)
    assert loaded.illicit.empty
    assert list(loaded.illicit.columns) == list(codebook("XTS")["illicit"].columns)
    assert "illicit" not in loaded.tables
    assert loaded.tables["illicit"].empty


def test_columns_of_the_users_own_are_kept_as_text(folder):
    lines = (folder / "fx.csv").read_text().splitlines()
    (folder / "fx.csv").write_text("\n".join([lines[0] + ",x_mine", *[line + ",007" for line in lines[1:]]]))
    package(folder)
    assert list(load_case(folder).fx["x_mine"]) == ["007", "007"]


def test_a_case_says_that_it_is_synthetic_and_escapes_what_it_shows(case):
    assert "synthetic data" in repr(case)
    assert "synthetic data" in case._repr_html_()
    loud = Case(name="x", title="<script>alert(1)</script>", currency="XTS", _tables={"crossings": case.crossings})
    assert "<script>" not in loud._repr_html_()


def test_tables_show_how_many_rows_they_have_and_count_those_with_rows(case):
    assert f"crossings: {len(case.crossings)} rows" in repr(case.tables)
    assert len(case.tables) == len(list(case.tables)) == sum(1 for name in codebook("XTS") if len(case.tables[name]))


def test_a_data_file_that_the_installation_lacks_is_told():
    with pytest.raises(CaseError, match=r"lacks its data file 'outlines/moon\.geojson'. Install tradeimpact again"):
        data_file("outlines/moon.geojson")


def test_units_leave_out_what_is_assessed_with_another_and_are_sorted_by_name(case):
    assert list(case.units["crossing"]) == ["east_gate", "mid_city", "north_gate", "south_gate"]
    assert list(case.border_units["crossing"]) == ["east_gate", "north_gate", "south_gate"]
    assert list(case.inland_units["crossing"]) == ["mid_city"]


def test_an_unknown_crossing_table_or_assumption_gets_a_suggestion(case):
    assert case.crossing("north_gate")["name"] == "North Gate"
    with pytest.raises(CaseError, match="Did you mean 'north_gate'"):
        case.crossing("North Gatte")
    with pytest.raises(CaseError, match="Did you mean 'reports'"):
        case.tables["report"]
    with pytest.raises(CaseError, match="Did you mean 'theta'"):
        case.best("thetta")


def test_the_last_day_before_the_crisis_comes_from_the_descriptor_else_from_the_level_figures(case):
    assert case.baseline_until.isoformat() == "2001-05-31"
    silent = Case(name="x", title="x", currency="XTS", _tables={"national": case.national})
    assert silent.baseline_until.isoformat() == "2001-05-31"
    with pytest.raises(CaseError, match="baseline_until"):
        _ = Case(name="x", title="x", currency="XTS").baseline_until


def test_the_currency_of_a_case_is_in_its_column_names(case):
    money = ["low_xts", "best_xts", "high_xts"]
    assert [name for name in case.baseline.columns if name.endswith("_xts")] == money
    assert [name for name in case.constraints.columns if name.endswith("_xts")] == money
    assert "low_afn" in codebook("AFN")["baseline"].columns
    assert set(codebook_frame("AFN")["table"]) == set(codebook())


# --- finding ---


def test_a_case_is_found_by_folder_as_text_or_path(case):
    assert load_case(str(SYNTHETIC)).data_version == case.data_version
    assert find_case(SYNTHETIC) == SYNTHETIC


def test_an_unknown_case_lists_the_names_there_are():
    known = list(list_cases()["case"])
    with pytest.raises(CaseError, match="There is no case 'atlantis'") as caught:
        load_case("atlantis")
    assert all(name in str(caught.value) for name in known)
    with pytest.raises(CaseError, match="is not a case folder"):
        load_case(SYNTHETIC / "fx.csv")


def test_the_list_of_cases_has_its_columns_and_no_paths():
    cases = list_cases()
    assert list(cases.columns) == ["case", "title", "crossings", "currency", "period"]
    assert not cases.astype(str).apply(lambda column: column.str.contains("/home|\\\\")).any(axis=None)


# --- nothing changes from outside ---


def test_a_table_taken_from_a_case_is_a_copy(case):
    before = case.data_version
    taken = case.crossings
    taken.loc[0, "crossing"] = "elsewhere"
    for column in (case.crossings["kind"], case.baseline["best_xts"]):
        with contextlib.suppress(ValueError):  # pandas may hand out read-only arrays
            column.array[:] = column.array[0]
    case.tables["fx"].pop("low")
    taken.columns.name = "x"
    assert case.data_version == before
    assert case.crossings.columns.name is None


def test_a_case_refuses_assignment(case):
    for name in ("name", "reports", "anything"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(case, name, "x")
    case.metadata["licenses"].clear()
    assert case.metadata["licenses"]


def test_a_case_survives_pickling(case):
    assert pickle.loads(pickle.dumps(case)).data_version == case.data_version


# --- replacing ---


def test_with_table_leaves_the_old_case_alone_and_says_what_changed(case):
    added = case.reports.iloc[[0]].assign(report="rp900", published_latest="2001-07-30")
    changed = case.reports.assign(statement=case.reports["statement"].replace("Two of three gates", "Two"))
    new = case.with_table("reports", pd.concat([changed.iloc[1:], added]), source="my notes")
    assert len(case.reports) == 5
    assert new.reports["published_latest"].max() == pd.Timestamp("2001-07-30")
    assert new.changes.to_dict("records") == [
        {
            "kind": "table",
            "name": "reports",
            "before": "5 rows",
            "after": "5 rows: 1 added, 1 removed, 1 changed",
            "source": "my notes",
        }
    ]
    differing = {name for name in new.hashes if new.hashes[name] != case.hashes[name]}
    assert differing == {"reports"}
    assert new.data_version != case.data_version


def test_a_table_comes_back_from_with_table_as_it_was(case):
    again = case.with_tables(dict(case.tables))
    from_text = case.with_tables({name: to_text(frame) for name, frame in case.tables.items()})
    assert again.hashes == from_text.hashes == case.hashes


def test_cells_may_be_of_any_kind_that_pandas_and_numpy_hold(case):
    day = case.fx["start"].iloc[0]
    for same in (day, day.to_pydatetime(), day.date(), day.to_datetime64(), f" {day:%Y-%m-%d} "):
        fx = case.fx.astype({"start": object, "xts_per_usd": object})
        fx.loc[0, "start"] = same
        fx.loc[0, "xts_per_usd"] = np.float32(10)
        assert case.with_table("fx", fx).hashes == case.hashes
    listed = case.constraints.astype({"members": object})
    row = listed.index[listed["members"] != "*"][0]
    listed.at[row, "members"] = str(listed.at[row, "members"]).split()
    assert case.with_table("constraints", listed).hashes == case.hashes
    missing = case.national.astype({"low": object})
    for nothing in (None, pd.NA, pd.NaT, float("nan"), "  "):
        missing.at[0, "low"] = nothing
        assert case.with_table("national", missing).hashes == case.hashes


def test_a_time_of_day_is_no_day(case):
    fx = case.fx.astype({"start": object})
    fx.loc[0, "start"] = pd.Timestamp("2001-01-01 12:30")
    with pytest.raises(CaseError, match="a day of the calendar"):
        case.with_table("fx", fx)


def test_numbers_come_back_exactly(case):
    value = 0.1 + 0.2 + 1e6
    baseline = case.baseline
    baseline.loc[0, "best_xts"] = 36525000 + value
    assert case.with_table("baseline", baseline).baseline.loc[0, "best_xts"] == 36525000 + value


def test_key_columns_may_be_in_the_index(case):
    indexed = case.baseline.set_index("crossing")
    assert case.with_table("baseline", indexed).data_version == case.data_version


def test_the_order_of_rows_does_not_matter_to_the_units(case):
    turned = case.with_table("crossings", case.crossings.iloc[::-1])
    pd.testing.assert_frame_equal(turned.units, case.units)


def test_a_wrong_table_names_the_table_the_column_and_the_row(case):
    baseline = case.baseline
    baseline.loc[1, "low_xts"] = 1e12
    with pytest.raises(CaseError) as caught:
        case.with_table("baseline", baseline)
    assert "Table 'baseline'" in str(caught.value)
    assert "column 'low_xts', row 3" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("reprots", pd.DataFrame(), "Did you mean 'reports'"),
        ("reports", [1, 2], "expected a DataFrame"),
        ("fx", pd.DataFrame([[1, 2]], columns=["low", "low"]), "more than once"),
    ],
)
def test_what_is_no_table_is_refused(case, name, table, words):
    with pytest.raises(CaseError, match=words):
        case.with_table(name, table)


def test_tables_that_only_fit_together_are_replaced_together(case):
    crossings, baseline = case.crossings, case.baseline
    new_crossing = crossings.iloc[[2]].assign(crossing="east_gate_2")
    new_baseline = baseline.iloc[[2]].assign(crossing="east_gate_2")
    both = {
        "crossings": pd.concat([crossings, new_crossing]),
        "baseline": pd.concat([baseline, new_baseline]),
    }
    with pytest.raises(CaseError, match="no row for east_gate_2"):
        case.with_table("crossings", both["crossings"])
    assert len(case.with_tables(both).units) == 5


def test_assume_changes_the_assumption_and_the_data_version_and_is_listed(case):
    new = case.assume({"theta": (4, 6, 9)}, source="my reading")
    assert new.best("theta") == 6
    assert case.best("theta") == 5
    assert new.changes.loc[0, "kind"] == "assumption"
    assert new.changes.loc[0, "source"] == "my reading"
    assert set(new.hashes) == set(case.hashes)
    assert new.hashes["assumptions"] != case.hashes["assumptions"]


def test_as_reported_is_a_marker_and_nothing_is_read(case):
    from tradeimpact.scenario import AsReported

    assert isinstance(case.as_reported(), AsReported)


# --- descriptor ---


def test_an_edited_table_loads_with_a_warning_that_names_it(folder):
    path = folder / "fx.csv"
    path.write_text(path.read_text().replace("invented", "invented"[::-1], 1))
    path.write_text(path.read_text().replace("detnevni", "invented", 1) + "\n")
    with pytest.warns(TradeImpactWarning, match=r"fx\.csv changed since the case was packaged"):
        load_case(folder)
    package(folder)
    load_case(folder)


def test_packaging_twice_gives_the_same_bytes_with_true_hashes_sizes_and_rows(folder):
    first = package(folder).read_bytes()
    assert package(folder).read_bytes() == first
    assert first == (SYNTHETIC / "datapackage.json").read_bytes()
    import json

    for resource in json.loads(first)["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
        if resource["path"].endswith(".csv"):
            with (folder / resource["path"]).open(newline="") as file:
                assert resource["rows"] == len(list(csv.reader(file))) - 1
            names = [field["name"] for field in resource["schema"]["fields"]]
            assert names == list(codebook("XTS")[resource["name"]].columns)


def test_packaging_refuses_a_descriptor_it_cannot_read_and_a_folder_that_is_none(folder):
    (folder / "datapackage.json").write_text("{")
    with pytest.raises(CaseError, match=r"datapackage\.json is not JSON .* Mend or delete it"):
        package(folder)
    with pytest.raises(CaseError, match="is not a folder"):
        package(folder / "fx.csv")


def test_packaging_a_new_folder_needs_title_and_currency_and_refuses_broken_tables(folder):
    (folder / "datapackage.json").unlink()
    with pytest.raises(CaseError, match="title and currency"):
        package(folder)
    package(folder, title="Mine (synthetic)", currency="XTS")
    assert load_case(folder).title == "Mine (synthetic)"
    (folder / "baseline.csv").write_text("crossing\n")
    with pytest.raises(CaseError, match=r"baseline\.csv"):
        package(folder)


# --- calendar ---


def test_a_window_that_is_not_made_of_days_is_told(case):
    with pytest.raises(CaseError, match="'soon' to '2001-01-01' is not made of days"):
        months(case.calendar, "soon", "2001-01-01")


def test_every_day_of_a_window_has_one_month_and_gaps_are_gregorian(case):
    found = months(case.calendar, "2001-04-20", "2001-08-03")
    assert list(found["label"]) == ["2001-04", "May 2001", "June 2001", "July 2001", "2001-08"]
    assert list(found["start"].dt.strftime("%m-%d")) == ["04-20", "05-01", "06-01", "07-01", "08-01"]
    assert (found["start"].iloc[1:].to_numpy() == found["end"].iloc[:-1] + pd.Timedelta(days=1)).all()


def test_without_a_calendar_months_are_gregorian(case):
    found = months(case.calendar.iloc[:0], "2001-12-31", "2002-02-01")
    assert list(found["label"]) == ["2001-12", "2002-01", "2002-02"]
    with pytest.raises(CaseError, match="before it starts"):
        months(case.calendar, "2001-02-01", "2001-01-01")


def test_holidays_that_touch_a_window_are_listed(case):
    assert list(holidays(case.calendar, "2001-06-29", "2001-07-31")["name"]) == ["Invented feast"]
    assert holidays(case.calendar, "2001-06-30", "2001-07-31").empty
