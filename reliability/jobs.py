"""What is disturbed: four jobs that write, small enough to be done hundreds of times, and what they must leave behind.

Each job writes into a folder of its own and gives the same bytes whenever it is done. A job done with another seed
before gives the old files that a failure must not spoil.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tradeimpact as ti
from tradeimpact.__main__ import main as command
from tradeimpact.grid import PARTS, open_result

ROOT = Path(__file__).parents[1]
CASE = ROOT / "tests" / "cases" / "synthetic-3"
POSTS = ROOT / "data" / "synthetic-posts"
WINDOW = {"start": "2001-06-05", "end": "2001-06-14"}
NOTEBOOK = """import tradeimpact as ti
case = ti.load_case({case!r})
fall = ti.Scenario("a synthetic fall").capture("north_gate", "2001-06-08")
result = ti.simulate(case, fall, start="2001-06-05", end="2001-06-14", draws=64, rng={seed}, progress=False)
result.plot.bridge(save="../figures/bridge")
"""


def grid(folder: Path, seed: int) -> None:
    """A resumable run: two scenarios, three parts each."""
    case = ti.load_case(CASE)
    falls = {name: ti.Scenario(name).capture(name, "2001-06-08") for name in ("north_gate", "south_gate")}
    ti.run_grid({"synthetic": case}, falls, to=folder, **WINDOW, draws=768, chunk=256, rng=seed, progress=False)


def run(folder: Path, seed: int) -> None:
    """``python -m tradeimpact run --out``."""
    _commanded("run", CASE, "--end", "2001-06-10", "--draws", "64", "--seed", seed, "--out", folder)


def brief(folder: Path, seed: int) -> None:
    """``python -m tradeimpact brief``."""
    _commanded("brief", POSTS, "--draws", "64", "--seed", seed, "--to", folder)


def figures(folder: Path, seed: int) -> None:
    """``python -m tradeimpact figures`` in a checkout with one notebook."""
    import nbformat

    notebooks = folder / "notebooks"
    os.makedirs(notebooks, exist_ok=True)
    cell = nbformat.v4.new_code_cell(NOTEBOOK.format(case=str(CASE), seed=seed), id="a")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), notebooks / "01_synthetic.ipynb")
    _commanded("figures", "--root", folder)


JOBS: dict[str, Callable[[Path, int], None]] = {"figures": figures, "brief": brief, "grid": grid, "run": run}
VOUCHERS = {".svg": ".json", ".png": ".json", ".csv": ".json", ".nc": ".json"}  # file of a set: the one that vouches


class Failed(Exception):
    """A command ended with an exit code other than 0."""


def _commanded(*words: Any) -> None:
    code = command([str(word) for word in words])
    if code:
        raise Failed(code)


def contents(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder, parts of an unfinished run and a job's own notebooks left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path for path in found}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names.items()
        if not name.startswith((PARTS, "notebooks"))
    }


def spoiled(folder: Path, old: dict[str, str], new: dict[str, str], *, killed: bool) -> list[str]:
    """What a reader could take for a whole result and is none, in words; nothing is the only good answer."""
    found = contents(folder)
    wrong = [] if killed else [f"{path.name} is left behind" for path in folder.rglob("*.part")]
    for name, digest in found.items():
        if not name.endswith(".part") and digest not in (old.get(name), new.get(name)):
            wrong.append(f"{name} is neither the old file nor the new one")
    whole = {name: digest for name, digest in found.items() if not name.endswith(".part")}
    for name in whole:
        voucher = _voucher(name, whole)
        if voucher and len({_age(x, whole[x], old, new) for x in (name, voucher)} - {"both"}) > 1:
            wrong.append(f"{voucher} vouches for {name} and is not of the same run")
    wrong += [f"{path.name} opens and is not whole" for path in folder.glob("*.nc") if _opens_wrongly(path, new, old)]
    return wrong


def _voucher(name: str, found: dict[str, str]) -> str | None:
    """The file that vouches for another one, where it is there."""
    path = Path(name)
    for candidate in (str(path.with_suffix(VOUCHERS.get(path.suffix, path.suffix))), str(path.with_suffix(".zip"))):
        if candidate in found and candidate != name:
            return candidate
    return "manifest.json" if "manifest.json" in found and path.name != "manifest.json" else None


def _age(name: str, digest: str, old: dict[str, str], new: dict[str, str]) -> str:
    if old.get(name) == new.get(name):
        return "both"
    return "new" if digest == new.get(name) else "old"


def _opens_wrongly(path: Path, new: dict[str, str], old: dict[str, str]) -> bool:
    try:
        open_result(path)
    except ti.TradeImpactError:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() not in (new.get(path.name), old.get(path.name))


if __name__ == "__main__":  # one job in a process of its own: JOB FOLDER SEED
    print("ready", flush=True)
    JOBS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
