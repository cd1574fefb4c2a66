"""The command line is a thin shell: right exit codes, answers on stdout, troubles on stderr in words."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import Scenario, output
from tradeimpact.__main__ import main

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
QUICK = ["--draws", "32", "--seed", "3"]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SYNTHETIC, tmp_path / "copy"))


@pytest.fixture
def fall(tmp_path):
    path = tmp_path / "fall.yaml"
    Scenario("a synthetic fall").capture("north_gate", "2001-06-12").to_yaml(path)
    return path


def said(capsys, *words):
    """Exit code, stdout and stderr of one command."""
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


# --- list, validate, package ----------------------------------------------------------------------------------


def test_list_names_the_cases_that_come_along(capsys):
    code, out, err = said(capsys, "list")
    assert (code, err) == (0, "")
    for row in ti.list_cases().itertuples():
        assert row.case in out
        assert row.title in out


def test_a_good_folder_is_said_to_be_good(capsys):
    assert said(capsys, "validate", SYNTHETIC) == (0, f"{SYNTHETIC}: nothing is wrong.\n", "")
    assert said(capsys, "validate", "afghanistan-2021")[0] == 0


def test_a_broken_folder_gives_exit_code_1_and_all_its_problems(capsys, folder):
    path = folder / "fx.csv"
    path.write_text(path.read_text().replace(",E,", ",Z,").replace("2001-06-30,10", "2001-06-30,ten"))
    code, out, _ = said(capsys, "validate", folder)
    assert code == 1
    assert "fx.csv, column 'grade', rows 2, 3: found 'Z'" in out
    assert "fx.csv, column 'xts_per_usd', row 2: found 'ten'" in out


def test_a_warning_alone_is_told_and_no_failure(capsys, folder):
    path = folder / "trucks.csv"
    path.write_text(path.read_text() + "\n")
    code, out, _ = said(capsys, "validate", folder)
    assert code == 0
    assert "1 warning" in out
    assert "trucks.csv" in out


def test_package_writes_the_descriptor_that_makes_the_folder_good_again(capsys, folder):
    path = folder / "trucks.csv"
    path.write_text(path.read_text() + "\n")
    assert said(capsys, "package", folder, "--title", "Mine (synthetic)") == (0, "wrote datapackage.json\n", "")
    assert json.loads((folder / "datapackage.json").read_text())["title"] == "Mine (synthetic)"
    assert said(capsys, "validate", folder)[1].endswith("nothing is wrong.\n")


# --- run ------------------------------------------------------------------------------------------------------


def test_run_prints_the_report_of_the_history_as_reported_from_the_first_treated_day(capsys):
    code, out, err = said(capsys, "run", SYNTHETIC, *QUICK)
    case = ti.load_case(SYNTHETIC)
    result = ti.simulate(case, case.as_reported(), start="2001-06-01", end="2001-07-01", draws=32, rng=3)
    assert (code, out, err) == (0, f"{result.report()}\n", "")


def test_run_takes_a_scenario_a_window_and_a_currency(capsys, fall):
    window = ("--start", "2001-06-10", "--end", "2001-06-20")
    code, out, _ = said(capsys, "run", SYNTHETIC, *QUICK, *window, "--scenario", fall, "--currency", "USD")
    scenario = Scenario.from_yaml(fall)
    result = ti.simulate(ti.load_case(SYNTHETIC), scenario, start="2001-06-10", end="2001-06-20", draws=32, rng=3)
    assert code == 0
    assert out == f"{result.report('usd')}\n"
    assert "a synthetic fall, 2001-06-10 to 2001-06-20" in out
    assert "XTS" not in out


def test_run_writes_tables_figures_and_all_that_is_needed_to_run_again(capsys, fall, tmp_path, monkeypatch):
    monkeypatch.setattr(output, "CHARTS", ("bridge",))
    target = tmp_path / "new" / "out"
    code, out, _ = said(capsys, "run", SYNTHETIC, *QUICK, "--scenario", fall, "--out", target)
    assert code == 0
    written = {p.name for p in target.iterdir()}
    assert written == set(out.split("\n")) & written
    assert {"report.txt", "manifest.json", "scenario.yaml", "summary.csv", "bridge.svg", "bridge.json"} <= written
    assert "map.svg" not in written
    told = json.loads((target / "manifest.json").read_text())
    again = ti.simulate(
        ti.load_case(SYNTHETIC),
        Scenario.from_yaml(target / "scenario.yaml"),
        start=told["start"],
        end=told["end"],
        draws=told["draws"],
        rng=told["seed"],
    )
    assert (target / "report.txt").read_text(encoding="utf-8") == f"{again.report()}\n"
    saved = pd.read_csv(target / "summary.csv").set_index("line")
    pd.testing.assert_frame_equal(saved, again.summary(), check_exact=False, rtol=1e-12)


# --- troubles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["validate", "atlantis"], "There is no case 'atlantis'"),
        (["package", "nowhere"], "nowhere"),
        (["run", "atlantis"], "There is no case 'atlantis'"),
        (["run", str(SYNTHETIC), "--draws", "0"], "whole number of at least 1"),
        (["run", str(SYNTHETIC), "--seed", "-1"], "a seed must be at least 0"),
        (["run", str(SYNTHETIC), "--start", "June"], "write it as YYYY-MM-DD"),
        (["run", str(SYNTHETIC), "--end", "2001-05-01"], "before it starts on 2001-06-01"),
        (["run", str(SYNTHETIC), "--scenario", "gone.yaml"], "gone.yaml: cannot be read"),
        (["run", str(SYNTHETIC), *QUICK, "--currency", "eur"], "results come in xts or usd"),
        (["figures", "--root", "nowhere"], "no notebooks to run"),
    ],
)
def test_a_trouble_is_one_message_on_stderr_and_exit_code_1(capsys, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    code, out, err = said(capsys, *words)
    assert (code, out) == (1, "")
    assert told in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_a_message_too(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = said(capsys, "run", SYNTHETIC, *QUICK, "--out", tmp_path / "file")
    assert code == 1
    assert "file" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [[], ["conquer"], ["run"], ["run", "x", "--draws", "many"]])
def test_words_that_make_no_command_are_told_by_the_parser(capsys, words):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: tradeimpact" in capsys.readouterr().err


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "tradeimpact", "list"], capture_output=True, text=True, check=True)
    assert "afghanistan-2021" in done.stdout
    bad = subprocess.run([sys.executable, "-m", "tradeimpact", "validate", "x"], capture_output=True, text=True)
    assert bad.returncode == 1
    assert "There is no case 'x'" in bad.stderr


def test_figures_fills_the_figures_of_the_checkout_it_is_given(capsys, tmp_path):
    (tmp_path / "notebooks").mkdir()
    code = (
        "import matplotlib.pyplot as plt\n"
        "from pathlib import Path\n"
        "Path('../figures').mkdir()\n"
        "plt.plot([0, 1])[0].figure.savefig('../figures/01_line.png')"
    )
    cells = [nbformat.v4.new_markdown_cell("# Does it draw?", id="a"), nbformat.v4.new_code_cell(code, id="b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "01_line.ipynb")
    code, out, err = said(capsys, "figures", "--root", tmp_path)
    assert (code, err) == (0, "")
    assert "[1/1] 01_line" in out
    assert "1 figures in figures/" in out
    assert (tmp_path / "figures" / "01_line.png").stat().st_size > 1000
    assert (tmp_path / "build" / "01_line.ipynb").is_file()


def test_figures_hands_over_to_the_checkout_it_is_given(monkeypatch):
    asked = []
    monkeypatch.setattr(output, "build_figures", lambda root, names: asked.append((root, names)) or 1)
    assert main(["figures", "--root", "elsewhere", "01_a", "02_b"]) == 1
    assert main(["figures"]) == 1
    assert asked == [(Path("elsewhere"), ["01_a", "02_b"]), (Path("."), [])]
