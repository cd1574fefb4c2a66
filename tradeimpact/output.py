"""Whole outputs: the folder of one run, and the figures of all notebooks from a clean start."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import TradeImpactError
from .figures.save import csv_text
from .write import alone, remove, write_text

if TYPE_CHECKING:
    from .results import Results

CELL_SECONDS = 300
AT_ONCE = 4  # notebooks, where there are as many processors
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
    """Some at a time: much of a notebook is drawing, which takes one processor."""
    failed = 0
    began = time.monotonic()
    with ThreadPoolExecutor(min(len(wanted), os.cpu_count() or 1, AT_ONCE)) as pool:
        running = {pool.submit(_timed, path, root / "build" / path.name): path.stem for path in wanted}
        try:
            for number, done in enumerate(as_completed(running), start=1):
                trouble, seconds = done.result()
                told = f"{seconds:.0f} s" if trouble is None else f"FAILED\n{trouble}"
                print(f"[{number}/{len(wanted)}] {running[done]} … {told}", flush=True)
                failed += trouble is not None
        except BaseException:  # what has not begun is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    count = len(list((root / "figures").glob("*.png")))
    print(f"{count} figures in figures/, executed notebooks in build/, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _timed(path: Path, target: Path) -> tuple[str | None, float]:
    began = time.monotonic()
    return run_notebook(path, target), time.monotonic() - began


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
        asyncio.run(client.async_execute(env=environment))  # a loop of its own, in whichever thread
    except (CellControlSignal, RuntimeError) as problem:  # a cell failed or took too long, or the kernel died
        trouble = str(problem)
    write_text(target, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
    return trouble
