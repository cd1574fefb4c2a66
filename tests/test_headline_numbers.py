"""Headline numbers are those on file, and the script that changes them says so in the changelog."""

import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def numbers():
    """The script, which is not installed with the library."""
    sys.path.insert(0, str(ROOT))
    try:
        from reliability import numbers
    finally:
        sys.path.remove(str(ROOT))
    return numbers


def test_the_library_gives_the_headline_numbers_that_are_on_file(numbers):
    old, new = numbers.on_file(), numbers.computed()
    assert len(new) > 100
    told = numbers.told(numbers.moved(old, new))
    assert not told, 'numbers moved; if that is meant: python -m reliability numbers --change "why"\n' + "\n".join(told)


@pytest.fixture
def copy(numbers, monkeypatch, tmp_path):
    """The script on a copy of its files, with numbers that are made up: those on file, one of them changed."""
    file, changelog = tmp_path / "headline_numbers.csv", tmp_path / "CHANGELOG.md"
    file.write_bytes(numbers.FILE.read_bytes())
    changelog.write_text("# Changelog\n\nWords.\n\n## 0.2.0\n\n- New.\n\n## 0.1.0\n\n- Old.\n")
    monkeypatch.setattr(numbers, "FILE", file)
    monkeypatch.setattr(numbers, "CHANGELOG", changelog)
    new = numbers.on_file(file)

    def change(place, factor):
        new.loc[place, "value"] *= factor

    monkeypatch.setattr(numbers, "computed", lambda: new)
    monkeypatch.setattr(numbers, "on_file", lambda: pd.read_csv(file, dtype=dict.fromkeys(numbers.KEY, str)))
    monkeypatch.setattr(numbers, "change", change, raising=False)
    return numbers


def row_of(numbers, line, statistic="median", run="as reported"):
    table = numbers.on_file()
    return table.index[(table["line"] == line) & (table["statistic"] == statistic) & (table["run"] == run)][0]


def test_nothing_is_written_where_nothing_moved(copy, capsys):
    before = copy.FILE.read_bytes(), copy.CHANGELOG.read_bytes()
    copy.change(row_of(copy, "government_loss"), 1 + 1e-9)
    assert copy.main(["--check"]) == 0
    assert copy.main(["--change", "rounding"]) == 0
    assert (copy.FILE.read_bytes(), copy.CHANGELOG.read_bytes()) == before


@pytest.mark.parametrize("line", ["government_loss", "baseline", "transfer_ratio"])
def test_a_move_that_a_reader_would_hardly_see_is_found(copy, capsys, line):
    copy.change(row_of(copy, line), 1 + 1e-4)
    assert copy.main(["--check"]) == 1
    assert f"as reported (2021-06-22 to 2021-07-22), {line} median" in capsys.readouterr().out


def test_a_change_is_written_with_its_reason_old_and_new(copy, capsys):
    row = row_of(copy, "insurgent_gain", "high")
    old = copy.on_file().loc[row, "value"]
    copy.change(row, 1.25)
    assert copy.main(["--change", "a levy was counted twice."]) == 0
    assert copy.on_file().loc[row, "value"] == pytest.approx(1.25 * old, rel=1e-11)
    assert copy.main(["--check"]) == 0
    entry = (
        f"- a levy was counted twice. 1 of {len(copy.on_file())} headline numbers move: afghanistan-2021, as reported"
    )
    told = f"insurgent_gain high: {old:.6g} to {1.25 * old:.6g}."
    text = copy.CHANGELOG.read_text()
    head, rest = text.split("### Numbers changed\n\n")
    assert head.endswith("- New.\n\n")
    assert rest.startswith(entry)
    assert told in rest
    assert rest.endswith("\n\n## 0.1.0\n\n- Old.\n")
    # the next change stands above it under the same heading
    copy.change(row, 0.5)
    assert copy.main(["--change", "and once more"]) == 0
    text = copy.CHANGELOG.read_text()
    assert text.count("### Numbers changed") == 1
    assert text.index("- and once more") < text.index(entry)


def test_a_run_that_is_no_longer_there_counts_as_changed(copy, capsys, monkeypatch):
    table = copy.computed()
    monkeypatch.setattr(copy, "computed", lambda: table[table["case"] != "myanmar-2023"])
    assert copy.main(["--check"]) == 1
    assert "myanmar-2023, as reported" in capsys.readouterr().out


def test_a_change_without_a_reason_is_refused(copy, capsys):
    copy.change(row_of(copy, "baseline"), 2)
    before = copy.FILE.read_bytes()
    assert copy.main(["--change", " "]) == 2
    assert copy.FILE.read_bytes() == before
