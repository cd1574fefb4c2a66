"""What is wrong with a case is told once, with its class, its place and its remedy; what is only odd is a warning."""

from __future__ import annotations

import pandas as pd
import pytest
from broken import (
    BY_HAND,
    THREE,
    Broken,
    Odd,
    adding_up,
    arguments,
    assumptions,
    columns,
    copied,
    files,
    frames,
    keys,
    money,
    odd,
    scenarios,
    spreadsheets,
    values,
    write_cells,
)

import tradeimpact as ti
from tradeimpact.__main__ import main
from tradeimpact.case import find_case
from tradeimpact.case.codebook import codebook
from tradeimpact.case.convert import convert, to_text
from tradeimpact.case.validate import problems_of
from tradeimpact.errors import TradeImpactWarning

FAMILIES = {
    module.__name__.removeprefix("broken."): module
    for module in (
        files,
        columns,
        values,
        money,
        keys,
        adding_up,
        assumptions,
        scenarios,
        spreadsheets,
        frames,
        arguments,
    )
}
BROKEN = {f"{name}: {entry.id}": entry for name, family in FAMILIES.items() for entry in family.CASES}
OFTEN = 3  # of the large families of cells every third entry runs each time, all of them with the slow tests
LARGE = ("values", "money", "keys", "spreadsheets", "frames")


def chosen():
    """Every entry, those that repeat a kind of fault marked slow."""
    for name, family in FAMILIES.items():
        for number, entry in enumerate(family.CASES):
            slow = name in LARGE and number % OFTEN != 0
            yield pytest.param(entry, id=f"{name}: {entry.id}", marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize("entry", list(chosen()))
def test_broken_input_is_refused_with_its_place_and_remedy(entry: Broken, tmp_path):
    with pytest.raises(entry.error) as caught:
        entry.attempt(tmp_path)
    error, message = caught.value, str(caught.value)
    assert type(error) is entry.error
    assert str(tmp_path) not in message
    if not entry.file:
        assert all(words in message for words in entry.says), message
        return
    told = [p for p in error.problems if (p.file, p.column, p.rows) == (entry.file, entry.column, entry.rows)]
    assert told, message
    assert any(all(words in str(problem) for words in entry.says) for problem in told), message
    assert all(problem.remedy for problem in error.problems)
    assert len(error.problems) == 1 + entry.beside, message


# --- possible but odd ---

ODD = {entry.id: entry for entry in odd.CASES}
# in the lean copies these rows rest on tables that are left out
LEFT_OUT = "rows that no table has"


def odd_folder(entry: Odd, folder):
    """A copy of a good case with the one odd figure in it."""
    table = entry.file.removesuffix(".csv")
    own = (table,) if (entry.source / entry.file).exists() and entry.file.endswith(".csv") else ()
    copied(folder, entry.source, (*own, *entry.needs, "assumptions"))
    entry.edit(folder)
    return folder


@pytest.mark.parametrize("entry", ODD.values(), ids=ODD.keys())
def test_what_is_possible_but_odd_is_a_warning_that_names_the_row(entry: Odd, tmp_path):
    problems = problems_of(odd_folder(entry, tmp_path / "case"))
    assert {problem.severity for problem in problems} == {"warning"}
    told = [p for p in problems if (p.file, p.column, p.rows) == (entry.file, entry.column, entry.rows)]
    assert any(all(words in str(problem) for words in entry.says) for problem in told), [str(p) for p in problems]
    beside = [p for p in problems if p not in told and LEFT_OUT not in p.found and p.file != "datapackage.json"]
    assert not beside, [str(p) for p in beside]


@pytest.mark.parametrize("id", ["a rate turned round", "an outcome published before its period ends"])
def test_loading_says_what_is_odd_too(id, tmp_path):
    folder = odd_folder(ODD[id], tmp_path / "case")
    with pytest.warns(TradeImpactWarning) as caught:
        case = ti.load_case(folder)
    assert len(case.crossings) == 5
    (said,) = (str(w.message) for w in caught if "possible but odd" in str(w.message))
    assert all(words in said for words in ODD[id].says)
    assert f"row{'s' * (len(ODD[id].rows) > 1)} {', '.join(map(str, ODD[id].rows))}" in said


def test_the_command_line_shows_what_is_odd_and_goes_on(tmp_path, capsys):
    folder = odd_folder(ODD["a rate turned round"], tmp_path / "case")
    assert main(["validate", str(folder)]) == 0
    assert "whether the rate is inverted" in capsys.readouterr().out


def test_tables_given_by_hand_say_what_is_odd_too():
    crossings = frames.CROSSINGS.assign(latitude=[9.6, 9.1, None], longitude=[41.8, 41.7, 41.9])
    with pytest.warns(TradeImpactWarning) as caught:
        ti.Case.from_tables(crossings=crossings, national=frames.NATIONAL, reports=frames.REPORTS, currency="KES")
    assert any("one coordinate without the other" in str(w.message) and "row 4" in str(w.message) for w in caught)


@pytest.mark.parametrize("case", ["afghanistan-2021", "myanmar-2023", "synthetic-posts", THREE, BY_HAND])
def test_nothing_is_odd_in_the_cases_that_come_with_the_library_and_the_tests(case):
    assert not problems_of(find_case(case))  # pytest turns a warning on loading into a failure elsewhere


# --- a sweep over every column ---

WRONG = {  # type of column -> a cell it cannot take
    "name": "No Name",
    "names": "no name;No-Name",
    "id": "no id",
    "ids": "no id?",
    "url": "ftp://x",
    "choice": "sideways",
    "date": "2001-02-30",
    "number": "many",
    "money": "-1",
    "share": "35%",
    "integer": "1.5",
    "text": "a\x07b",
}


@pytest.mark.parametrize("case", ["afghanistan-2021", "myanmar-2023"])
def test_a_wrong_cell_in_any_column_of_any_table_is_told_with_its_row(case):
    """The last row of each table of each good case with every cell wrong: each is told, and no row but that one."""
    good = ti.load_case(case)
    book = codebook(good.currency)
    count = 0
    for name in good.tables:
        table, frame = book[name], to_text(good.tables[name])
        last = len(frame) + 1
        for column in table.columns.values():
            frame.loc[last, column.name] = WRONG[column.type]
        _, problems = convert(frame, table, table.file)
        told = {p.column for p in problems if p.rows == (last,) and p.remedy and p.expected}
        assert told == set(table.columns), name
        count += len(told)
    assert count > 100


# --- nothing is lost ---


def same(one: ti.Case, other: ti.Case) -> bool:
    return one.hashes == other.hashes and one.data_version == other.data_version


def test_a_good_case_saved_and_loaded_again_is_equal(tmp_path):
    good = ti.load_case("myanmar-2023")
    ti.save_case(good, tmp_path / "copy")
    again = ti.load_case(tmp_path / "copy")
    assert same(good, again)
    for name in good.tables:
        pd.testing.assert_frame_equal(again.tables[name], good.tables[name], check_exact=True)


NAMES = ["دروازه شمالی", "بوابة الجنوب", "שער המזרח", "می‌خواهم"]  # the last holds a mark that Persian needs


def test_names_from_right_to_left_are_kept_letter_by_letter_through_saving_and_loading(tmp_path):
    good = frames.three()
    crossings = good.crossings
    crossings["name"] = [*NAMES, "'quoted', \"twice\"; =1+1"]
    crossings["note"] = ["two\nlines", "comma, and ; semicolon", "tab\there", "é ü ñ", "NA"]
    changed = good.with_table("crossings", crossings)
    ti.save_case(changed, tmp_path / "copy")
    again = ti.load_case(tmp_path / "copy")
    assert again.crossings["name"].tolist() == crossings["name"].tolist()
    assert again.crossings["note"].tolist() == crossings["note"].tolist()
    assert same(changed, again)


def test_names_without_latin_letters_get_a_short_name_and_are_found_by_their_own():
    crossings = pd.DataFrame({"name": NAMES[:3], "neighbour": ["N", "S", "E"]})
    reports = frames.REPORTS.assign(crossing=NAMES[1])
    with pytest.warns(TradeImpactWarning, match="rests on defaults"):
        case = ti.Case.from_tables(
            crossings=crossings, national=frames.NATIONAL, reports=reports, currency="KES", name="rtl-synthetic"
        )
    assert case.crossings["crossing"].tolist() == ["crossing_2", "crossing_3", "crossing_4"]
    assert case.crossings["name"].tolist() == NAMES[:3]
    assert case.reports["crossing"].tolist() == ["crossing_3"]


SPELLINGS = (
    lambda data: b"\xef\xbb\xbf" + data,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") + b"\r\n\r\n",
    lambda data: data.rstrip(b"\n"),
    lambda data: data.replace(b",", b" , "),
)


def test_tables_in_any_spelling_give_the_same_case(tmp_path):
    """A mark of byte order, Windows and old Mac line ends, blank rows, no last line end, blanks around commas."""
    folder = copied(tmp_path / "case", THREE, ("*",))
    plain = [path for path in sorted(folder.glob("*.csv")) if b'"' not in path.read_bytes()]
    assert len(plain) > 3 * len(SPELLINGS)
    for number, path in enumerate(plain):
        path.write_bytes(SPELLINGS[number % len(SPELLINGS)](path.read_bytes()))
    with pytest.warns(TradeImpactWarning, match="changed since the case was packaged"):
        again = ti.load_case(folder)
    assert same(frames.three(), again)


def test_lists_of_names_are_the_same_with_blanks_and_with_semicolons(tmp_path):
    folder = copied(tmp_path / "case", THREE, ("constraints", "reports", "assumptions"))
    for table, row, column in (("constraints", 3, "members"), ("reports", 5, "crossings_named")):
        write_cells(folder, table=table, row=row, cells={column: "north_gate;south_gate"})
    with pytest.warns(TradeImpactWarning):
        case = ti.load_case(folder)
    good = frames.three()
    pd.testing.assert_frame_equal(case.constraints, good.constraints)
    pd.testing.assert_frame_equal(case.reports, good.reports)


def test_the_catalogue_is_large_and_has_no_entry_twice():
    per_family = {name: len(family.CASES) for name, family in FAMILIES.items()}
    assert sum(per_family.values()) == len(BROKEN) >= 650, per_family
    assert len(ODD) == len(odd.CASES) >= 30
