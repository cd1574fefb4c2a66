"""Whole outputs: the folder of one run, and the figures of all notebooks from a clean start."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import TradeImpactError
from .figures.save import csv_text
from .write import alone, remove, write_text

if TYPE_CHECKING:
    from .results import Results

CELL_SECONDS = 300
MANIFEST = "manifest.json"
CHARTS = ("bridge", "ledgers", "who_collects", "cumulative", "holders")


def write_run(result: Results, folder: Path) -> list[Path]:
    """Tables, charts, report and manifest of one run; returns the files written.

    The manifest goes first and comes last: a folder without it is one whose writing was cut off. Two runs at once into
    one folder are refused.
    """
    with alone(folder):
        return _write_run(result, folder)


def _write_run(result: Results, folder: Path) -> list[Path]:
    import matplotlib.pyplot as plt

    remove(folder / MANIFEST)
    written = [
        write_text(folder / f"{name}.csv", csv_text(table.reset_index()))
        for name, table in (
            ("summary", result.summary()),
            ("bridge_table", result.bridge()),
            ("by_crossing", result.by("crossing")),
            ("by_month", result.by("month")),
            ("by_authority", result.by("authority")),
        )
    ]
    written.append(write_text(folder / "report.txt", f"{result.report()}\n"))
    written.append(write_text(folder / "scenario.yaml", result.scenario.to_yaml()))
    charts = [*CHARTS, *(["map"] if result.case.metadata.get("country") else [])]
    for name in charts:
        axes = getattr(result.plot, name)(save=folder / name)
        plt.close(axes.figure)
        written += [folder / f"{name}.{kind}" for kind in ("svg", "png", "csv", "json")]
    text = json.dumps(result.manifest(), indent=2, sort_keys=True) + "\n"
    return [*written, write_text(folder / MANIFEST, text)]


def build_figures(root: Path, names: Sequence[str] = ()) -> int:
    """Execute notebooks of a checkout into build/ (figures go to figures/); 0, or 1 if one failed."""
    folder = root / "notebooks"
    wanted = sorted(folder.glob("*.ipynb"))
    if names:
        wanted = [p for p in wanted if p.stem in names or p.name in names]
    if not wanted:
        raise TradeImpactError(
            f"no notebooks to run in {folder.name}/; run this at the top of a checkout, or name one of its notebooks"
        )
    with alone(root / "build"):
        return _execute(wanted, root)


def _execute(wanted: Sequence[Path], root: Path) -> int:
    failed = []
    began = time.monotonic()
    for number, path in enumerate(wanted, start=1):
        print(f"[{number}/{len(wanted)}] {path.stem} …", end=" ", flush=True)
        start = time.monotonic()
        trouble = run_notebook(path, root / "build" / path.name)
        print(f"{time.monotonic() - start:.0f} s" if trouble is None else "FAILED", flush=True)
        if trouble is not None:
            failed.append(path.stem)
            print(trouble, flush=True)
    count = len(list((root / "figures").glob("*.png")))
    print(f"{count} figures in figures/, executed notebooks in build/, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def run_notebook(path: Path, target: Path) -> str | None:
    """Execute one notebook in its own folder and write the result; what went wrong, else None."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal

    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    # figures must not depend on the reader's own matplotlib settings, nor outputs on how long a run took
    environment = dict(os.environ) | {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "TQDM_DISABLE": "1"}
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        extra_arguments=["--log-level=40"],  # errors only: the kernel talks to this machine alone
    )
    trouble = None
    try:
        client.execute(env=environment)
    except (CellControlSignal, RuntimeError) as problem:  # a cell failed or took too long, or the kernel died
        trouble = str(problem)
    write_text(target, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
    return trouble
