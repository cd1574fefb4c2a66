"""A broken case says which file, column and rows, what was expected and what to do; all problems at once."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from tradeimpact.case import load_case, read, report_text, validate
from tradeimpact.errors import CaseError

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SYNTHETIC, tmp_path / "copy"))


def edit(folder, table, row, column, value):
    """Put `value` into a cell; rows as a spreadsheet numbers them."""
    path = folder / f"{table}.csv"
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    rows[row - 1][rows[0].index(column)] = value
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def refused(folder):
    with pytest.raises(CaseError) as caught:
        load_case(folder)
    return caught.value


CELLS = [
    # table, row, column, value, what the message must say, what it must tell to do
    ("baseline", 3, "best_xts", "a lot", "a number (XTS per year)", "digits with a decimal point"),
    ("baseline", 3, "best_xts", "1,500", "a number (XTS per year)", "no thousands separators"),
    ("baseline", 3, "best_xts", "1e999", "0 or more", "Correct the number"),
    ("baseline", 3, "best_xts", "nan", "a number (XTS per year)", "digits"),
    ("baseline", 3, "low_xts", "-5", "money, 0 or more", "without a sign"),
    ("baseline", 3, "low_xts", "99999999", "low_xts <= best_xts <= high_xts", "in order"),
    ("baseline", 3, "best_xts", "", "a money in every row", "Fill in the cell"),
    ("baseline", 3, "crossing", "south_gat", "a crossing of crossings.csv", "Did you mean 'south_gate'"),
    ("baseline", 3, "source", "invented;nowhere", "a source of sources.csv", "add it to sources.csv"),
    ("baseline", 3, "grade", "D", "one of A, B, C, E", "one of the listed words"),
    ("crossings", 3, "house_share", "1.5", "a fraction from 0 to 1", "write 0.35 for 35 %"),
    ("baseline", 3, "published_latest", "2001-13-01", "a day of the calendar", "year-month-day"),
    ("baseline", 3, "published_latest", "31/01/2001", "a day of the calendar", "year-month-day"),
    ("inland", 2, "feed_best", "50", "a fraction from 0 to 1", "write 0.35 for 35 %"),
    ("inland", 2, "feed_best", "50%", "a fraction from 0 to 1", "write 0.35 for 35 %"),
    ("inland", 2, "feed_low", "-0.1", "a number from 0 to 1", "Correct the number"),
    ("inland", 2, "crossing", "mid_city", "a crossing of kind border", "its kind in crossings.csv"),
    ("constraints", 3, "members", "north_gate sauth_gate", "a crossing of crossings.csv", "'south_gate'"),
    ("crossings", 2, "crossing", "North Gate", "lower-case letters", "north_gate"),
    ("crossings", 2, "kind", "Border", "one of border, inland", "Did you mean 'border'"),
    ("crossings", 2, "latitude", "105", "a number from -90 to 90", "its unit"),
    ("crossings", 5, "assessed_with", "mid_airport", "a unit of account", "end of the chain"),
    ("authorities", 4, "kind", "nobody", "exactly one row", "surplus"),
    ("reports", 3, "report", "rp 002", "letters, digits", "identifier without spaces"),
    ("reports", 3, "crossing", "notional", "a crossing of crossings.csv", "Did you mean 'national'"),
    ("reports", 6, "count_claimed", "2.5", "a whole number", "digits only"),
    ("reports", 3, "event", "denies", "one of captured", "Did you mean 'denied'"),
    ("reports", 5, "crossings_named", "north_gate;west_gate", "a crossing of crossings.csv", "Correct it"),
    ("closures", 2, "end", "2001-06-01", "start <= end", "Swap the two days"),
    ("closures", 2, "start_low", "2001-06-15", "start_low <= start <= start_high", "in order"),
    ("closures", 2, "open_share", "20", "a fraction from 0 to 1", "percentage"),
    ("revenue", 2, "period_end", "1999-12-31", "period_start <= period_end", "Swap"),
    ("revenue", 3, "best", "-3000000", "money, 0 or more", "without a sign"),
    ("national", 6, "best", "40", "a fraction from 0 to 1", "write 0.35 for 35 %"),
    ("hindsight_control", 2, "holder", "rebel", "a authority of authorities.csv", "Did you mean 'rebels'"),
    ("calendar", 3, "start", "2001-05-20", "one month for each day", "End each month"),
    ("fx", 2, "xts_per_usd", "20", "low <= xts_per_usd <= high", "in order"),
    ("sources", 2, "url", "www.example.org", "http://", "leave it empty"),
]


# tables that the invented case does without, with one good row each
EXTRA_TAIL = {"source": "invented", "grade": "E", "published_latest": "2001-01-31", "published_basis": "printed"}
EXTRA = {
    "speakers": {"pattern": "ministry", "role": "government"},
    "corrections": {"report": "rp001", "field": "role", "value": "relay"},
    "truth": {"crossing": "north_gate", "start": "2001-06-01", "end": "2001-06-08", "state": "held"},
    "commodities": {
        "crossing": "north_gate", "flow": "imports", "commodity": "fuel", "declared_xts": "100", "tonnes": "",
        "trucks": "", "exempt_share": "0.5",
    },
}  # fmt: skip


def add(folder, table, **cells):
    row = EXTRA[table] | EXTRA_TAIL | {"note": "synthetic"} | cells
    with (folder / f"{table}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)


EXTRA_CELLS = [
    ("speakers", "role", "minister", "one of government, insurgent, neighbour, witness, relay", "listed words"),
    ("speakers", "pattern", "", "in every row", "Fill in the cell"),
    ("corrections", "report", "rp01", "a report of reports.csv", "Did you mean 'rp001'"),
    ("corrections", "field", "speaker", "one of role, proposition", "listed words"),
    ("corrections", "value", "relais", "one of government, insurgent", "Did you mean 'relay'"),
    ("truth", "state", "taken", "one of held, lost", "listed words"),
    ("truth", "end", "2001-05-01", "start <= end", "Swap the two days"),
    ("truth", "crossing", "nord_gate", "a crossing of crossings.csv", "Did you mean 'north_gate'"),
    ("commodities", "crossing", "mid_airport", "a unit of account", "crossing that assesses them"),
    ("commodities", "declared_xts", "-1", "money, 0 or more", "without a sign"),
    ("commodities", "exempt_share", "50", "a fraction from 0 to 1", "write 0.35 for 35 %"),
    ("commodities", "flow", "import", "one of imports, exports, transit", "Did you mean 'imports'"),
]


@pytest.mark.parametrize("table", EXTRA)
def test_optional_tables_with_good_rows_are_read(folder, table):
    add(folder, table)
    problems = validate(folder)
    assert problems.loc[problems["severity"] == "error"].empty
    with pytest.warns(UserWarning, match=f"{table}.csv changed since"):
        assert len(load_case(folder).tables[table]) == 1


@pytest.mark.parametrize(("table", "column", "value", "expected", "remedy"), EXTRA_CELLS)
def test_a_broken_cell_of_an_optional_table_is_told_alike(folder, table, column, value, expected, remedy):
    add(folder, table, **{column: value})
    told = [str(p) for p in refused(folder).problems if p.file == f"{table}.csv" and p.rows == (2,)]
    assert any(expected in line and remedy in line for line in told), refused(folder)


@pytest.mark.parametrize("value", ["lost", "collecting", "promise", "held", "fighting", "none"])
def test_every_proposition_the_rules_know_may_be_a_correction(folder, value):
    add(folder, "corrections", field="proposition", value=value)
    assert not [p for p in validate(folder).to_dict("records") if p["severity"] == "error"]


def test_a_proposition_the_rules_do_not_know_is_refused_before_it_is_inferred_from(folder):
    add(folder, "corrections", field="proposition", value="retaken")
    assert "corrections.csv, column 'value', row 2: found the proposition 'retaken'" in str(refused(folder))


@pytest.mark.parametrize(("table", "row", "column", "value", "expected", "remedy"), CELLS)
def test_a_broken_cell_names_file_column_row_and_remedy(folder, table, row, column, value, expected, remedy):
    edit(folder, table, row, column, value)
    error = refused(folder)
    told = [str(problem) for problem in error.problems if row in problem.rows and column in problem.column]
    if "<=" in expected:
        told = [str(problem) for problem in error.problems if row in problem.rows and expected in str(problem)]
    if column == "source":
        assert "nowhere" in str(error)
    assert told, str(error)
    assert any(f"{table}.csv" in line and expected in line and remedy in line for line in told), told
    assert all(line in str(error) for line in told)


def raw(change):
    """Edit that works on the text of a file."""

    def apply(path):
        path.write_bytes(change(path.read_bytes()))

    return apply


FILES = [
    # what, file, edit, column, row, expected, remedy
    ("missing column", "fx.csv",
     raw(lambda b: b.replace(b",basis,", b",x_basis,")),
     "basis", 1, "type text", "Add the column"),
    ("unknown column", "fx.csv",
     raw(lambda b: b.replace(b",basis,", b",bassis,")),
     "bassis", 1, "codebook", "Did you mean 'basis'"),
    ("column twice", "fx.csv",
     raw(lambda b: b.replace(b",high,", b",low,")),
     "low", 1, "one", "Rename or delete"),
    ("nameless column", "fx.csv",
     raw(lambda b: b.replace(b",high,", b",,")),
     "", 1, "a name for each", "Name the column"),
    ("semicolons", "fx.csv",
     raw(lambda b: b.replace(b",", b";")),
     "", 1, "commas", "commas between"),
    ("too few cells", "fx.csv",
     raw(lambda b: b + b"2002-01-01,2002-02-01\n"),
     "", 4, "11 cells", "missing commas"),
    ("too many cells", "fx.csv",
     raw(lambda b: b.replace(b"2001-06-30,10", b"2001-06-30,1,0")),
     "", 2, "11 cells", "quotation marks"),
    ("open quote", "fx.csv",
     raw(lambda b: b + b'2002-01-01,"2002\n'),
     "", 4, "comma-separated", "quotation mark"),
    ("NUL byte", "fx.csv",
     raw(lambda b: b.replace(b"synthetic", b"synth\0tic", 1)),
     "", 2, "UTF-8 text", "Export the table again"),
    ("Latin-1", "fx.csv",
     raw(lambda b: b.replace(b"synthetic\n", b"\xe9t\xe9\n", 1)),
     "", 2, "UTF-8", "CSV UTF-8"),
    ("UTF-16", "fx.csv", raw(lambda b: b.decode().encode("utf-16")), "", 0, "UTF-8", "CSV UTF-8"),
    ("empty file", "fx.csv", raw(lambda b: b"\n"), "", 0, "a header", "Write the column names"),
    ("same key twice", "crossings.csv",
     raw(lambda b: b + b.splitlines(True)[1]),
     "crossing", 6 + 1, "a different crossing", "Merge the rows"),
    ("no units' baseline", "baseline.csv",
     raw(lambda b: b"".join(b.splitlines(True)[:-1])),
     "crossing", 0, "every unit", "Add a row"),
    ("required table gone", "authorities.csv",
     lambda path: path.unlink(),
     "", 0, "authorities", "Add the file"),
    ("unknown table", "authorities.csv",
     lambda path: shutil.copy(path, path.with_name("baselines.csv")),
     "", 0, "codebook", "Did you mean 'baseline'"),
    ("a folder in place of a file", "fx.csv",
     lambda path: (path.unlink(), path.mkdir()),
     "", 0, "a file", "Put the file"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "change", "column", "row", "expected", "remedy"),
    [line[1:] for line in FILES],
    ids=[f[0] for f in FILES],
)
def test_a_broken_file_names_itself_the_place_and_the_remedy(folder, file, change, column, row, expected, remedy):
    change(folder / file)
    error = refused(folder)
    told = [
        str(problem)
        for problem in error.problems
        if problem.column == column and (row in problem.rows if row else True) and expected in str(problem)
    ]
    assert told, str(error)
    assert any(remedy in line and (file in line or "baselines.csv" in line) for line in told), told


TOML_FILES = [
    ("assumption = 3\n", "assumption", "found 3; expected tables", "write tables such as [assumption.name]"),
    ("[assumption]\ntheta = 3\n", "theta", "a table with low, best, high", "write [assumption.theta]"),
    ("correlation = 3\n", "correlation", "found 3; expected tables", "write tables such as [correlation.name]"),
]


@pytest.mark.parametrize(("text", "column", "expected", "remedy"), TOML_FILES)
def test_assumptions_that_are_no_tables_are_told(folder, text, column, expected, remedy):
    (folder / "assumptions.toml").write_text(f'schema_version = "1"\n{text}')
    (told,) = (str(p) for p in refused(folder).problems if p.file == "assumptions.toml")
    assert f"column {column!r}" in told
    assert expected in told
    assert remedy.lower() in told.lower()


def test_the_fewest_tables_are_enough(folder):
    for path in folder.glob("*.csv"):
        if path.stem not in {"crossings", "authorities", "baseline", "sources"}:
            path.unlink()
    content = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps(content | {"resources": []}))
    problems = validate(folder)
    # the source of the baseline's ranges is known, the rows it rests on are gone
    assert set(problems["severity"]) <= {"warning"}
    with pytest.warns(UserWarning, match="changed since"):
        assert len(load_case(folder).units) == 4


def test_a_reference_to_a_table_that_is_not_there_says_so(folder):
    (folder / "reports.csv").unlink()
    add(folder, "corrections")
    told = [str(p) for p in refused(folder).problems if p.file == "corrections.csv"]
    assert any("a report of reports.csv, which has no rows or is missing" in line for line in told), told


def test_a_file_that_may_not_be_read_is_told(folder, monkeypatch):
    real = Path.read_bytes

    def refuse(path):
        if path.name == "fx.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    told = [str(p) for p in refused(folder).problems if p.file == "fx.csv"]
    assert told == [
        "fx.csv: found a file that cannot be read (Permission denied); expected a readable file. "
        "Give yourself the right to read it."
    ]


def test_a_key_whose_cells_are_missing_is_told_as_missing_and_not_as_double(folder):
    path = folder / "fx.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *(line.replace(line.split(",")[0], "", 1) for line in lines[1:])]) + "\n")
    told = [str(p) for p in refused(folder).problems if p.file == "fx.csv"]
    assert any("in every row" in line for line in told)
    assert not any("more than once" in line for line in told)


def test_all_problems_are_told_at_once(folder):
    edit(folder, "baseline", 2, "best_xts", "x")
    edit(folder, "reports", 3, "crossing", "nowhere")
    edit(folder, "fx", 2, "grade", "Z")
    (folder / "authorities.csv").unlink()
    (folder / "assumptions.toml").write_text('schema_version = "1"\n[assumption.theta]\nlow = 3\nbest = 2\nhigh = 1\n')
    error = refused(folder)
    assert {problem.file for problem in error.problems} >= {
        "baseline.csv",
        "reports.csv",
        "fx.csv",
        "authorities.csv",
        "assumptions.toml",
    }
    assert "cannot be used: " in str(error).splitlines()[0]
    assert len(str(error).splitlines()) == len(error.problems) + 1


def test_at_most_five_rows_are_listed(folder):
    rows = (folder / "reports.csv").read_text().splitlines()
    more = [rows[1].replace("rp001", f"rp{number}").replace("2001-06-10", "June", 1) for number in range(100, 108)]
    (folder / "reports.csv").write_text("\n".join([*rows, *more]))
    assert "reports.csv, column 'date', rows 7, 8, 9, 10, 11 and 3 more: found 'June'" in str(refused(folder))


def test_blank_rows_are_skipped_and_do_not_shift_the_row_numbers(folder):
    lines = (folder / "fx.csv").read_text().splitlines()
    (folder / "fx.csv").write_text(
        "\n".join([lines[0], "", lines[1], ",,,,,,,,,,", lines[2].replace("12", "twelve", 1)])
    )
    edit_row = next(problem for problem in refused(folder).problems if problem.file == "fx.csv")
    assert edit_row.rows == (5,)


# --- the descriptor and the folder's edge ---


def rewrite(folder, **entries):
    path = folder / "datapackage.json"
    content = json.loads(path.read_text())
    content.update(entries)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            {"schema_version": "9"},
            ["schema_version '9'", "expected schema_version '1'", "install the version"],
        ),
        ({"schema_version": None}, ["schema_version None"]),
        ({"currency": "dollars"}, ["currency 'dollars'", "three capital letters"]),
        ({"title": " "}, ["title ' '", "Write the title"]),
        ({"baseline_until": "June"}, ["baseline_until 'June'", "2021-06-21"]),
        ({"resources": "all"}, ["not a list of objects", "package FOLDER"]),
        ({"resources": [{"path": "../secret.csv"}]}, ["'../secret.csv'", "leads out of the case folder"]),
        ({"resources": [{"path": "/etc/passwd"}]}, ["'/etc/passwd'", "leads out of the case folder"]),
        ({"resources": [{"path": "..\\secret.csv"}]}, ["leads out of the case folder"]),
        ({"resources": [{"path": "gone.csv"}]}, ["'gone.csv'", "no such file", "put the file back"]),
    ],
)
def test_a_wrong_descriptor_says_what_to_do(folder, entries, words):
    rewrite(folder, **entries)
    message = str(refused(folder))
    assert "datapackage.json" in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '"text"'])
def test_a_descriptor_that_is_no_object_is_told(folder, text):
    (folder / "datapackage.json").write_text(text)
    assert "datapackage.json: found" in str(refused(folder))


def test_a_missing_descriptor_hides_no_other_problem(folder):
    (folder / "datapackage.json").unlink()
    edit(folder, "fx", 2, "grade", "Z")
    assert {problem.file for problem in refused(folder).problems} == {"datapackage.json", "fx.csv"}


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("file", ["fx.csv", "assumptions.toml", "datapackage.json"])
def test_a_link_out_of_the_folder_is_refused(folder, file, tmp_path):
    outside = shutil.move(folder / file, tmp_path / "outside")
    (folder / file).symlink_to(outside)
    assert "a link that leads out of the case folder" in str(refused(folder))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(folder, monkeypatch):
    monkeypatch.setattr(read, "MAX_BYTES", 3000)
    message = str(refused(folder))
    assert "at most 3,000 bytes" in message
    assert "split it" in message


# --- validate ---


def test_a_good_case_has_no_problems():
    problems = validate(SYNTHETIC)
    assert problems.empty
    assert list(problems.columns) == ["file", "column", "rows", "found", "expected", "remedy", "severity"]
    assert report_text(problems, "synthetic-3") == "synthetic-3: nothing is wrong."


def test_validate_returns_what_loading_raises(folder):
    edit(folder, "baseline", 2, "best_xts", "x")
    edit(folder, "reports", 3, "crossing", "nowhere")
    problems = validate(folder)
    errors = problems.loc[problems["severity"] == "error"]
    assert [tuple(rows) for rows in errors["rows"]] == [problem.rows for problem in refused(folder).problems]
    text = report_text(problems, "mine")
    assert text.startswith("mine: 2 errors")
    assert "baseline.csv, column 'best_xts', row 2: found 'x'" in text


WARNINGS = [
    (
        "baseline",
        2,
        {"best_xts": "70000000", "high_xts": "70000000"},
        "more for north_gate than for the country",
    ),
    ("outcomes", 3, {"published_latest": "2001-06-20"}, "published before its period ends"),
    ("constraints", 3, {"high_xts": "100", "best_xts": "100", "low_xts": "100"}, "ranges that add up to"),
    ("trucks", 2, {"rests_on": "tr999"}, "rows that no table has: tr999"),
    ("hindsight_reports", 2, {"report": "rp999"}, "rows that no table has: rp999"),
]


@pytest.mark.parametrize(("table", "row", "cells", "words"), WARNINGS)
def test_what_is_possible_but_odd_is_a_warning_and_loads(folder, table, row, cells, words):
    for column, value in cells.items():
        edit(folder, table, row, column, value)
    problems = validate(folder)
    assert set(problems["severity"]) == {"warning"}
    odd = problems.loc[problems["file"] == f"{table}.csv"].iloc[0]
    assert words in odd["found"]
    assert row in odd["rows"]
    assert odd["remedy"]
    with pytest.warns(UserWarning, match="changed since"):
        load_case(folder)


def test_a_source_of_an_assumption_that_is_not_listed_is_a_warning(folder):
    path = folder / "assumptions.toml"
    path.write_text(path.read_text().replace('source = "invented"', 'source = "hearsay"', 1))
    problems = validate(folder)
    assert "hearsay" in problems.loc[problems["file"] == "assumptions.toml", "found"].iloc[0]


def test_cell_faults_do_not_depend_on_the_machine_or_on_folder_names(folder, tmp_path):
    edit(folder, "fx", 2, "grade", "Z")
    assert str(tmp_path) not in str(refused(folder))
