"""Imports go down only, whoever imports them, and the slow libraries load when they are first needed.

Measured over the import statements of the source, inside functions too.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tradeimpact

PACKAGE = Path(__file__).parents[1] / "tradeimpact"
SHARED = {"errors", "write", "tables", "memory", "plain_yaml", "_version"}
# Bottom up: what each part may import besides itself and the shared modules. A new part gets its line here.
BELOW = {
    "errors": set(),
    "_version": set(),
    "write": set(),
    "tables": set(),
    "memory": set(),
    "plain_yaml": set(),
    "scenario": set(),
    "case": {"scenario"},
    "events": {"scenario", "case"},
    "model": set(),
    "figures": set(),
    "engine": set(),
    "statistics": {"engine"},
    "schedule": {"case", "model"},
    "marginals": {"case", "model", "engine"},
    "flows": {"case", "model"},
    "foundation": {"scenario", "case", "model", "engine", "schedule", "marginals", "flows"},
    "holders": {"case", "model", "engine"},
    "inference": {"scenario", "case", "model", "engine", "marginals", "holders"},
    "inferred": {"case", "model", "engine", "marginals", "foundation", "holders", "inference"},
    "inputs": {"scenario", "case", "model", "engine", "flows", "foundation", "inference", "inferred"},
    "kernel": {"model", "engine", "inferred", "inputs", "flows"},
    "revenue": {"case", "model", "engine", "statistics", "schedule", "inputs", "kernel"},
    "tally": {"model", "inputs", "kernel"},
    "parts": {"model", "engine", "statistics", "inputs", "kernel", "tally"},
    "results": {
        "scenario", "case", "model", "figures", "engine", "statistics", "marginals", "foundation", "holders",
        "inference", "inferred", "inputs", "kernel", "revenue", "tally", "parts",
    },
    "run": {"scenario", "case", "model", "engine", "inputs", "kernel", "parts", "results"},
    "simulate": {"scenario", "case", "engine", "inference", "results", "run"},
    "grid": {"scenario", "case", "engine", "statistics", "tally", "run", "simulate"},
    "estimate": {"scenario", "case", "engine", "kernel", "parts", "run", "simulate"},
    "analysis": {
        "scenario", "case", "model", "figures", "engine", "statistics", "schedule", "marginals", "holders", "inference",
        "inputs", "kernel", "revenue", "tally", "parts", "results", "run", "simulate",
    },
    "synthetic": {
        "scenario", "case", "model", "figures", "engine", "marginals", "inference", "inputs", "kernel", "analysis",
    },
    "output": {"scenario", "case", "figures", "results", "simulate", "analysis"},
    "briefing": {
        "scenario", "case", "model", "figures", "statistics", "inference", "results", "simulate", "analysis", "output",
    },
    "explore": {"scenario", "case", "figures", "results", "simulate"},
}  # fmt: skip
ON_TOP = {"__init__", "__main__"}
SAME_PART = {
    "plots": "results",
    "report": "results",
    "doubts": "results",
    "chart_tables": "results",
    "crossing_tables": "results",
    "crossing_plots": "results",
    "rerouting": "results",
    "trace": "results",
    "trace_rows": "results",
    "one_draw": "results",
    "convergence": "results",
    "drawn": "kernel",
    "setting": "kernel",
}  # a result, its pictures, their tables and its sentences name one another; a kernel draws before it responds
HEAVY = (
    "matplotlib.pyplot",
    "statsmodels",
    "xarray",
    "scipy.optimize",
    "scipy.stats",
    "nbclient",
    "nbformat",
    "netCDF4",
    "SALib",
    "openpyxl",
    "pptx",
    "docx",
    "jinja2",
    "dask",
    "distributed",
    "tqdm",
)
MODULES = {
    ".".join(("tradeimpact", *path.relative_to(PACKAGE).with_suffix("").parts)): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def part(module: str) -> str:
    """``case`` for ``tradeimpact.case.load``; ``__init__`` for the package itself."""
    first = module.split(".")[1] if "." in module else "__init__"
    return SAME_PART.get(first, first)


def targets(node: ast.AST, importer: str) -> Iterator[str]:
    """Dotted names that an import statement brings in, relative ones resolved against ``importer``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = importer.split(".")[: -node.level] if node.level else []
        base = ".".join([*above, *(node.module.split(".") if node.module else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def internal(importer: str, tree: ast.AST) -> Iterator[str]:
    """Parts of tradeimpact that a module imports; ``__init__`` for anything taken from the package itself."""
    parts = {part(module) for module in MODULES}
    for node in ast.walk(tree):
        for target in targets(node, importer):
            if target == "tradeimpact" or target.startswith("tradeimpact."):
                yield part(target) if part(target) in parts else "__init__"


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Statements that run when the module is imported: all but function bodies and type-checking blocks."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (grandchild for other in child.orelse for grandchild in (other, *at_import_time(other)))
            continue
        yield child
        yield from at_import_time(child)


def heavy(name: str) -> bool:
    return any(name == slow or name.startswith(slow + ".") for slow in HEAVY)


def test_every_part_has_its_place_above_what_it_imports():
    assert {part(module) for module in MODULES} <= set(BELOW) | ON_TOP, "say in BELOW what the new part may import"
    order = list(BELOW)
    upward = {(name, other) for name in order for other in BELOW[name] if order.index(other) >= order.index(name)}
    assert upward == set()


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only_and_nobody_imports_the_package_itself(module):
    own = part(module)
    if own in ON_TOP:
        allowed = set(BELOW)
    elif own in SHARED:
        allowed = {own, "errors"} if own == "write" else {own}
    else:
        allowed = {own} | BELOW[own] | SHARED
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert set(internal(module, tree)) - allowed == set()


@pytest.mark.parametrize("module", MODULES)
def test_slow_libraries_are_imported_inside_functions(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    named = {name for node in at_import_time(tree) for name in targets(node, module)}
    assert {name for name in named if heavy(name)} == set()


def test_importing_the_package_loads_no_slow_library():
    code = "import sys, tradeimpact; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tradeimpact" in loaded
    assert [name for name in loaded if heavy(name)] == []
    assert "pandas" not in loaded  # each public name loads what it needs when it is first used


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from tradeimpact.errors import TradeImpactError", {"errors"}),
        ("from . import load", {"case"}),
        ("from .. import errors", {"errors"}),
        ("from ..errors import TradeImpactError", {"errors"}),
        ("import tradeimpact as ti", {"__init__"}),
        ("from tradeimpact import load_case", {"__init__"}),
        ("def f():\n    from ..simulate import simulate", {"simulate"}),
        ("import pandas", set()),
    ],
)
def test_import_statements_are_read_as_python_reads_them(source, found, monkeypatch):
    monkeypatch.setitem(MODULES, "tradeimpact.simulate", PACKAGE / "simulate.py")
    assert set(internal("tradeimpact.case.validate", ast.parse(source))) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import matplotlib.pyplot as plt", True),
        ("from matplotlib import pyplot", True),
        ("from scipy.stats import qmc", True),
        ("try:\n    import xarray\nexcept ImportError:\n    pass", True),
        ("class A:\n    import xarray", True),
        ("def f():\n    import xarray", False),
        ("if TYPE_CHECKING:\n    import xarray", False),
        ("from matplotlib.figure import Figure", False),
    ],
)
def test_only_what_runs_on_import_counts_as_slow(source, found):
    nodes = at_import_time(ast.parse(source))
    assert any(heavy(name) for node in nodes for name in targets(node, "tradeimpact.results")) is found


def test_names_loaded_when_first_used_are_those_that_type_checkers_see():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.level == 1
        and node.module not in ("_version", "explore", "simulate")
        for alias in node.names
    }
    assert seen.pop("effects") == "analysis"  # a module of its own
    assert seen == tradeimpact._FROM
    assert set(tradeimpact.__all__) == {*seen, "effects", "explore", "simulate", "__version__"}
    for name in tradeimpact.__all__:
        assert getattr(tradeimpact, name) is not None
    assert set(tradeimpact.__all__) <= set(dir(tradeimpact))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tradeimpact.nothing  # noqa: B018
