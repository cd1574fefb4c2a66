"""Many runs through one door: scenarios x cases x as-of days, each to a netCDF file with a manifest, resumable.

Cells are done one after the other, their parts in parallel. What is finished stays: the same call again takes finished
cells from their files and finished parts of the cell that was interrupted from the folder beside them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from errno import EIO
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .case import Case
from .engine.progress import Progress
from .engine.sampling import seed_of
from .engine.store import Store, fingerprint
from .errors import Interrupted, TradeImpactError, version_remedy
from .run import How, kept_lines, prepared
from .scenario import AsReported, Scenario, to_day
from .simulate import DEFAULT_DRAWS
from .statistics import COLUMNS
from .tally import HEADLINES
from .write import alone, remove, write_file, write_text

if TYPE_CHECKING:
    import xarray as xr

PARTS = "unfinished"
SCHEMA_VERSION = 1  # of the manifest beside a result
Day = str | date | datetime


def run_grid(
    cases: Mapping[str, Case],
    scenarios: Mapping[str, Scenario | AsReported | None],
    *,
    to: str | Path,
    start: Day | Mapping[str, Day],
    end: Day | Mapping[str, Day],
    as_of: Sequence[Day | None] = (None,),
    forecast: str = "persist",
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    chunk: int | None = None,
    threads: int | None = None,
    client: Any = None,
    keep: Sequence[str] = (),
    progress: Progress = None,
) -> pd.DataFrame:
    """Run every scenario on every case as of every day, each into a file, and give the headline numbers of all.

    Parameters
    ----------
    cases, scenarios : mapping of name to Case, and of name to Scenario, ``case.as_reported()`` or None
        Names become parts of file names: letters, digits, "-", "_", ".".
    to : path
        Folder of the results: ``<case>.<scenario>[.<day>].nc`` with a manifest of the same name and ``.json``.
    start, end : day, or mapping of case name to day
        Windows, both ends included.
    as_of : sequence of day or None
    forecast, draws, rng, chunk, threads, client, keep, progress
        As in `simulate`; one seed serves all cells, so that they share their draws.

    Returns
    -------
    DataFrame
        Index (case, scenario, as_of, line), columns of ``Results.summary`` and ``file``.

    Raises
    ------
    TradeImpactError
        If nothing is asked for, a name cannot be part of a file name, or a cell cannot be simulated.
    Interrupted
        If the user stops; the same call goes on from there.
    WriteError
        If a file cannot be written, or another run writes into the folder; what is finished stays.

    Notes
    -----
    ``open_result(file)`` reads a file back. Give a seed to resume: a fresh one (``rng=None``) makes another grid.
    """
    if not cases or not scenarios or not len(as_of):
        raise TradeImpactError("run_grid() needs at least one case, one scenario and one as-of day (or None)")
    for name in (*cases, *scenarios):
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", name):
            raise TradeImpactError(
                f"run_grid(): {name!r} is to be part of a file name; use letters, digits, '-', '_' and '.'"
            )
    folder, seed = Path(to), seed_of(rng)
    how = How(chunk, threads, client, kept_lines(keep), progress)
    cells = [(c, s, None if day is None else to_day(day)) for c in cases for s in scenarios for day in as_of]
    with alone(folder):
        return _grid(folder, cells, cases, scenarios, (start, end), forecast, draws, seed, how)


def _grid(
    folder: Path,
    cells: Sequence[tuple[str, str, date | None]],
    cases: Mapping[str, Case],
    scenarios: Mapping[str, Scenario | AsReported | None],
    window: tuple[Day | Mapping[str, Day], Day | Mapping[str, Day]],
    forecast: str,
    draws: int,
    seed: int,
    how: How,
) -> pd.DataFrame:
    frames = {}
    for number, (c, s, day) in enumerate(cells):
        first, last = (to_day(x[c] if isinstance(x, Mapping) else x) for x in window)
        if last < first:
            raise TradeImpactError(f"{c}: the window ends on {last}, before it starts on {first}")
        try:
            table, file = _cell(folder, (c, s, day), cases[c], scenarios[s], first, last, forecast, draws, seed, how)
        except Interrupted as stopped:
            raise Interrupted(
                None,
                stopped.done,
                stopped.wanted,
                f"cell {number + 1} of {len(cells)}; the same call goes on from there",
            ) from None
        frames[c, s, "" if day is None else str(day)] = table.assign(file=file.name)
    return pd.concat(frames, names=["case", "scenario", "as_of"])


def _cell(
    folder: Path,
    names: tuple[str, str, date | None],
    case: Case,
    scenario: Scenario | AsReported | None,
    first: date,
    last: date,
    forecast: str,
    draws: int,
    seed: int,
    how: How,
) -> tuple[pd.DataFrame, Path]:
    """Headline numbers and file of one cell, from the file if it is there and whole."""
    stem = ".".join([names[0], names[1], *([] if names[2] is None else [str(names[2])])])
    run = prepared(case, scenario, first, last, names[2], forecast, draws, seed, how)
    content = run.manifest() | {"keep": list(how.keep)}
    key = fingerprint(content)
    file, manifest = folder / f"{stem}.nc", folder / f"{stem}.json"
    found = _finished(file, manifest, key)
    if found is not None:
        return found, file
    store = Store(folder / PARTS, key)
    result = replace(run, how=replace(how, store=store)).results(case.currency.lower())
    table = result.summary()
    remove(manifest)
    write_file(file, partial(_netcdf, result.to_xarray()))
    body = content | {
        "schema_version": SCHEMA_VERSION,
        "fingerprint": key,
        "sha256": _hash(file),
        "summary": {line: {k: _number(v) for k, v in row.items()} for line, row in table.to_dict("index").items()},
    }
    write_text(manifest, json.dumps(body, indent=2, sort_keys=True) + "\n")
    store.clear()
    return table, file


def _netcdf(table: xr.Dataset, file: Path) -> None:
    import xarray as xr

    try:
        table.to_netcdf(file)
        xr.open_dataset(file).close()  # a file that lost its end does not open
    except (RuntimeError, ValueError) as problem:  # what the netCDF library says of a full disk
        raise OSError(EIO, str(problem)) from problem


def _finished(file: Path, manifest: Path, key: str) -> pd.DataFrame | None:
    """The headline numbers in a manifest, if it is of this run and its file is whole."""
    try:
        body = json.loads(manifest.read_text("utf-8"))
        if body["fingerprint"] != key or body["sha256"] != _hash(file):
            return None
        rows = {line: {k: np.nan if v is None else v for k, v in row.items()} for line, row in body["summary"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return (
        pd.DataFrame.from_dict(rows, orient="index")
        .reindex(index=list(HEADLINES), columns=list(COLUMNS))
        .rename_axis("line")
    )


def _hash(file: Path) -> str:
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def open_result(file: str | Path) -> xr.Dataset:
    """A result that was written as netCDF: its lines by draw, its manifest as attributes.

    Raises
    ------
    TradeImpactError
        If the file is not one that `run_grid` or ``Results.save`` finished.
    """
    import xarray as xr

    path = Path(file)
    try:
        body = json.loads(path.with_suffix(".json").read_text("utf-8"))
        remedy = version_remedy(body.get("schema_version", SCHEMA_VERSION), SCHEMA_VERSION)
        whole = body["sha256"] == _hash(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise TradeImpactError(f"{path.name}: no finished result ({problem}); run its grid again") from problem
    if remedy:
        raise TradeImpactError(f"{path.name}: schema version {body['schema_version']!r}. {remedy}")
    if not whole:
        raise TradeImpactError(f"{path.name} is not the file its manifest was written for; run its grid again")
    try:
        return xr.load_dataset(path)
    except (OSError, ValueError) as problem:
        raise TradeImpactError(
            f"{path.name} is no netCDF file ({type(problem).__name__}); run its grid again"
        ) from None
