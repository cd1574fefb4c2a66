"""A broken case says which file, column and rows, what was expected and what to do; all problems at once."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from tradeimpact.case import load_case, read, report_text, validate
from tradeimpact.errors import CaseError, TradeImpactWarning

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


def test_the_fewest_tables_are_enough(folder):
    for path in folder.glob("*.csv"):
        if path.stem not in {"crossings", "authorities", "baseline", "sources"}:
            path.unlink()
    content = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps(content | {"resources": []}))
    problems = validate(folder)
    # the source of the baseline's ranges is known, the rows it rests on are gone
    assert set(problems["severity"]) <= {"warning"}
    with pytest.warns(TradeImpactWarning) as caught:
        assert len(load_case(folder).units) == 4
    assert {"changed since" in str(w.message) for w in caught} == {True, False}  # the other one: what is odd


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
            ["schema_version '9'", "expected schema_version '1'", "A newer release wrote it: update tradeimpact"],
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


def test_cell_faults_do_not_depend_on_the_machine_or_on_folder_names(folder, tmp_path):
    edit(folder, "fx", 2, "grade", "Z")
    assert str(tmp_path) not in str(refused(folder))
