"""Spreadsheets as people keep them are read where that is safe and refused, with the place, where it is not."""

import datetime as dt

import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.errors import CaseError, TradeImpactWarning

openpyxl = pytest.importorskip("openpyxl")

CROSSINGS = [
    ["crossing", "name", "neighbour"],
    ["north_gate", "North Gate", "Norland"],
    ["river_port", "River Port", "S"],
]
NATIONAL = [["best", "period_start", "period_end"], [3.65e8, dt.date(2023, 1, 1), dt.datetime(2023, 12, 31)]]
REPORTS = [["crossing", "date", "event"], ["North Gate", dt.datetime(2024, 3, 10), "captured"]]


@pytest.fixture
def book(tmp_path):
    """Writes a workbook of sheets given as rows; `change` may edit it before it is saved."""

    def write(change=None, name="mine.xlsx", **sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, rows in ({"crossings": CROSSINGS, "national": NATIONAL, "reports": REPORTS} | sheets).items():
            sheet = made.create_sheet(title)
            for row in rows:
                sheet.append(row)
        if change is not None:
            change(made)
        path = tmp_path / name
        made.save(path)
        return path

    return write


def case_of(path):
    tables = ti.read_tables(path)
    with pytest.warns(TradeImpactWarning, match="rests on defaults"):
        return ti.Case.from_tables(tables, currency="KES", name="sheets-synthetic")


def refused(path):
    with pytest.raises(CaseError) as caught:
        ti.Case.from_tables(ti.read_tables(path), currency="KES")
    return str(caught.value)


def test_a_workbook_with_a_sheet_per_table_becomes_a_case(book):
    case = case_of(book(readme=[["anything", "at all"]], x_scratch=[["1", "2"]]))
    assert case.national.loc[0, "best"] == 3.65e8
    assert case.national["period_end"].tolist() == [pd.Timestamp("2023-12-31")]
    assert case.reports["crossing"].tolist() == ["north_gate"]
    assert ti.simulate(case, None, start="2024-03-10", end="2024-03-11", draws=8, rng=1).count == 8


def test_titles_above_the_header_blank_rows_and_headers_in_words_are_understood(book):
    messy = [
        ["Customs revenue of the country (synthetic)"],
        [],
        [None, "Best", "Period start", "Period-End ", None],
        [None, " 365,000,000 ", "2023-01-01", "2023-12-31", None],
        [],
        [None, None, "  "],
    ]
    case = case_of(book(national=messy))
    assert case.national["best"].tolist() == [3.65e8]


def test_rows_are_numbered_as_in_the_sheet(book):
    late = [["Reports (synthetic)"], [], *REPORTS, [], ["north_gate", dt.date(2024, 3, 12), "taken"]]
    assert "reports.csv, column 'event', row 6: found 'taken'" in refused(book(reports=late))


def merge(area):
    return lambda made: made["national"].merge_cells(area)


MESSES = [
    ({"change": merge("A1:B1")}, "mine.xlsx, sheet national, row 1: found merged cells A1:B1", "Unmerge them"),
    ({"national": [["best", "period_start", "period_end"], ["12,500", "2023-01-01", "2023-12-31"]]},
     "which may be 12500 or 12.500", "Write 12500"),
    ({"national": [["best", "period_start", "period_end"], [5e8, 44927, "2023-12-31"]]},
     "a spreadsheet's number for 2023-01-01", "Format the cells as days"),
    ({"national": [["best", "period_start", "period_end"], [5e8, "1/1/2023", "2023-12-31"]]},
     "found '1/1/2023'", "Write year-month-day"),
    ({"national": [["best", "period_start", "period_end"], ["#REF!", "2023-01-01", "2023-12-31"]]},
     "the formula error #REF!", "Mend the formula"),
    ({"national": [["best", "period_start", "period_end", None], [5e8, "2023-01-01", "2023-12-31", "checked"]]},
     "no name for column D", "Name the column"),
    ({"national": [["total", "from", "to"], [5e8, "2023-01-01", "2023-12-31"]]},
     "no row of column names", "one row above the values"),
    ({"repotrs": REPORTS}, "the unknown table 'repotrs'", "Did you mean 'reports'"),
]  # fmt: skip


@pytest.mark.parametrize(("sheets", "said", "remedy"), MESSES)
def test_what_would_have_to_be_guessed_is_refused_with_its_place_and_remedy(book, sheets, said, remedy):
    message = refused(book(**sheets))
    assert said in message, message
    assert remedy in message


def test_a_folder_of_files_one_per_table_is_read_csv_and_workbook_side_by_side(tmp_path):
    pd.DataFrame(CROSSINGS[1:], columns=CROSSINGS[0]).to_csv(tmp_path / "crossings.csv", index=False)
    for name, rows in (("national", NATIONAL), ("reports", REPORTS)):
        pd.DataFrame(rows[1:], columns=rows[0]).to_excel(tmp_path / f"{name}.xlsx", index=False)
    (tmp_path / "x_scratch.csv").write_text("a,b\n1,2\n")
    assert list(ti.read_tables(tmp_path)) == ["crossings", "national", "reports"]
    assert len(case_of(tmp_path).border_units) == 2


def test_a_sheet_of_assumptions_is_taken_with_its_sources(book):
    rows = [["name", "low", "best", "high", "source", "grade"], ["gap", 0.3, 0.4, 0.5, "audit (synthetic)", "B"]]
    record = case_of(book(assumptions=rows)).assumption_records["gap"]
    assert (record.best, record.source, record.grade, record.distribution) == (
        0.4,
        "audit (synthetic)",
        "B",
        "logitnormal",
    )


def test_other_formats_missing_files_and_broken_workbooks_are_told(tmp_path):
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf")
    (tmp_path / "bad.xlsx").write_bytes(b"no workbook")
    for name, said in (("old.xls", "Save it as .xlsx"), ("bad.xlsx", "cannot be opened"), ("none.xlsx", "nothing at")):
        with pytest.raises(CaseError, match=said):
            ti.read_tables(tmp_path / name)
