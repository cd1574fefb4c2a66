"""Whole outputs: everything of one run in a folder, and the figures of a checkout from its notebooks."""

import json
import os
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import tradeimpact as ti
from tradeimpact import Scenario, TradeImpactError, output
from tradeimpact.output import CHARTS, build_figures, run_notebook, write_run

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
KINDS = ("svg", "png", "csv", "json")
TABLES = ("summary", "bridge_table", "by_crossing", "by_month", "by_authority")


def ran(case, **how):
    s = Scenario("=a synthetic fall").capture("north_gate", "2001-06-10")
    return ti.simulate(case, s, start="2001-06-05", end="2001-06-20", draws=32, rng=1, **how)


# --- one run --------------------------------------------------------------------------------------------------


def test_a_run_is_written_whole_and_leaves_no_figure_open(tmp_path):
    written = write_run(ran(ti.load_case(SYNTHETIC)), tmp_path)
    expected = [f"{name}.csv" for name in TABLES] + ["report.txt", "scenario.yaml"]
    expected += [f"{chart}.{kind}" for chart in CHARTS for kind in KINDS] + ["manifest.json"]
    assert [p.name for p in written] == expected
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(expected)
    assert plt.get_fignums() == []


def test_a_run_written_again_has_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "CHARTS", ("bridge",))
    case = ti.load_case(SYNTHETIC)
    for one, other in zip(write_run(ran(case), tmp_path / "a"), write_run(ran(case), tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_tables_of_a_run_are_those_of_the_result_with_their_index(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "CHARTS", ())
    result = ran(ti.load_case(SYNTHETIC))
    write_run(result, tmp_path)
    for name, table in (("bridge_table", result.bridge()), ("by_crossing", result.by("crossing"))):
        saved = pd.read_csv(tmp_path / f"{name}.csv")
        pd.testing.assert_frame_equal(saved.set_index(table.index.names), table, check_dtype=False, rtol=1e-12)
    assert json.loads((tmp_path / "manifest.json").read_text()) == result.manifest()
    assert Scenario.from_yaml(tmp_path / "scenario.yaml") == result.scenario
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == f"{result.report()}\n"


def test_a_case_of_a_country_gets_its_map_too(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "CHARTS", ())
    case = ti.load_case("afghanistan-2021")
    result = ti.simulate(case, case.as_reported(), start="2021-07-13", end="2021-07-15", draws=16, rng=1)
    names = [p.name for p in write_run(result, tmp_path)]
    assert names[-5:-1] == [f"map.{kind}" for kind in KINDS]


# --- figures of a checkout ------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    """A tiny checkout: one notebook that draws, one that fails."""
    (tmp_path / "notebooks").mkdir()
    draw = (
        "from pathlib import Path\n"
        "import os\n"
        "Path('../figures').mkdir(exist_ok=True)\n"
        "Path('../figures/01_a.png').write_bytes(b'synthetic')\n"
        "print('backend', os.environ['MPLBACKEND'])"
    )
    for name, code in (("01_good", draw), ("02_bad", "print('before')\n1 / 0")):
        cells = [nbformat.v4.new_markdown_cell("# Why?", id="a"), nbformat.v4.new_code_cell(code, id="b")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / f"{name}.ipynb")
    return tmp_path


def test_all_notebooks_run_and_one_that_fails_is_told_without_stopping_the_others(checkout, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    sources = {p.name: p.read_bytes() for p in (checkout / "notebooks").iterdir()}
    assert build_figures(checkout) == 1
    told = capsys.readouterr().out
    assert re.search(r"\[[12]/2\] 01_good … \d+ s", told)
    assert re.search(r"\[[12]/2\] 02_bad … FAILED\n", told)
    assert "ZeroDivisionError" in told
    assert "1 figures in figures/, executed notebooks in build/" in told
    assert sorted(p.name for p in (checkout / "build").iterdir()) == ["01_good.ipynb", "02_bad.ipynb"]
    good = nbformat.read(checkout / "build" / "01_good.ipynb", as_version=4)
    assert "matplotlib_inline" in good.cells[1].outputs[0]["text"]
    assert "execution" not in good.cells[1].metadata
    assert os.environ["MPLBACKEND"] == "agg"
    # the notebooks themselves stay as they are
    assert {p.name: p.read_bytes() for p in (checkout / "notebooks").iterdir()} == sources


@pytest.mark.parametrize("name", ["01_good", "01_good.ipynb"])
def test_a_notebook_can_be_named_with_or_without_its_suffix(checkout, capsys, name, monkeypatch):
    seen = []
    monkeypatch.setattr(output, "run_notebook", lambda path, target: seen.append((path.name, target)))
    assert build_figures(checkout, [name]) == 0
    assert seen == [("01_good.ipynb", checkout / "build" / "01_good.ipynb")]
    assert "[1/1] 01_good" in capsys.readouterr().out


def test_an_interruption_begins_no_further_notebook(checkout, monkeypatch):
    seen = []

    def interrupted(path, target):
        seen.append(path.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(output, "run_notebook", interrupted)
    monkeypatch.setattr(output, "AT_ONCE", 1)
    for number in range(20):
        (checkout / "notebooks" / f"{number + 3:02}_more.ipynb").write_bytes(b"{}")
    with pytest.raises(KeyboardInterrupt):
        build_figures(checkout)
    assert 1 <= len(seen) < 22


def test_no_notebook_to_run_says_where_to_stand(checkout):
    for root, names in ((checkout, ["03_none"]), (checkout / "figures", [])):
        with pytest.raises(TradeImpactError, match=r"no notebooks to run in notebooks/; run this at the top"):
            build_figures(root, names)


def test_a_failed_notebook_keeps_the_outputs_up_to_its_fault(checkout):
    trouble = run_notebook(checkout / "notebooks" / "02_bad.ipynb", checkout / "out.ipynb")
    assert "ZeroDivisionError" in trouble
    kept = nbformat.read(checkout / "out.ipynb", as_version=4).cells[1].outputs
    assert [o.output_type for o in kept] == ["stream", "error"]
    assert kept[0]["text"] == "before\n"
