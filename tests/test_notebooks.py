"""Every notebook runs from top to bottom in a clean kernel, keeps its outputs, and defines nothing of its own."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

from tradeimpact.output import run_notebook

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def test_there_are_notebooks_to_run():
    assert [p.stem for p in NOTEBOOKS][:4] == [
        "01_quickstart",
        "02_revenue_per_crossing",
        "03_spin_boldak",
        "04_summer_2021",
    ]


@pytest.mark.slow  # `make figures` runs every notebook and fails where one does
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_clean_from_a_copy(path, tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(path, folder)
    assert run_notebook(folder / path.name, tmp_path / "build" / path.name) is None
    assert (tmp_path / "build" / path.name).is_file()
    wanted = set(re.findall(r'save="\.\./figures/([\w-]+)"', path.read_text(encoding="utf-8").replace('\\"', '"')))
    assert wanted == {p.stem for p in (tmp_path / "figures").glob("*.svg")}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_opens_with_its_question_and_keeps_outputs_of_a_clean_run(path):
    assert re.match(r"# .+\?", source(cells(path)[0])), "the first line is the question"
    code = [c for c in cells(path) if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert any(c["outputs"] for c in code)
    assert not any(o["output_type"] == "error" or o.get("name") == "stderr" for c in code for o in c["outputs"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_defines_no_functions_and_imports_the_library_once(path):
    code = "\n".join(source(c) for c in cells(path) if c["cell_type"] == "code")
    assert not re.search(r"^\s*(def|class) ", code, re.M)
    assert code.count("import tradeimpact as ti") == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_one_cell_near_the_top_holds_what_papermill_may_set_and_all_of_it_is_used(path):
    code = [c for c in cells(path) if c["cell_type"] == "code"]
    tagged = [c for c in cells(path) if "parameters" in c["metadata"].get("tags", [])]
    assert tagged == code[:1], "the first code cell, and no other, is tagged"
    set_here = ast.parse(source(tagged[0])).body
    names = [name for statement in set_here for name in assigned(statement)]
    assert len(names) == len(set(names)) >= 3
    further = ast.parse("\n".join(re.sub(r";\s*$", "", source(c), flags=re.M) for c in code[1:]))
    read = {node.id for node in ast.walk(further) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    written = {node.id for node in ast.walk(further) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert set(names) <= read, "a value that nothing uses"
    assert not set(names) & written, "a value that papermill sets would be overwritten"


def assigned(statement: ast.stmt) -> list[str]:
    """Names that a plain assignment of literal values sets; an error for anything else."""
    assert isinstance(statement, ast.Assign), "plain assignments only: papermill puts its own below them"
    ast.literal_eval(statement.value)
    (target,) = statement.targets
    return [name.id for name in (target.elts if isinstance(target, ast.Tuple) else [target])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_cell_is_longer_than_a_screen(path):
    assert max(len(source(c).splitlines()) for c in cells(path) if c["cell_type"] == "code") <= 30


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_saved_notebook_holds_no_path_of_a_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|Users|tmp|work)/", text)
