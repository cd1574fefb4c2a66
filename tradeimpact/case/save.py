"""Writing a case in full: every table, every assumption and the descriptor, as a folder that `load_case` reads."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..errors import CaseError
from ..tables import neutral
from ..write import new_folder, write_text
from .assumptions import SCHEMA_VERSION, Assumption
from .case import Case
from .convert import to_text
from .descriptor import DESCRIPTOR
from .folder import ASSUMPTIONS
from .package import package

DROPPED = ("form", "dates_in", "resources")  # entries of a short folder that a full one does without


def save_case(case: Case, folder: str | os.PathLike[str]) -> Path:
    """Write a case as a folder of full tables, defaults included, and package it.

    Parameters
    ----------
    case : Case
    folder : str or path
        A new or empty folder.

    Returns
    -------
    Path
        The folder. Loaded again it gives the same tables and assumptions; a default is then a record of the case
        whose source still says that it is one.

    Raises
    ------
    CaseError
        If the folder holds files already.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CaseError(
            f"{os.fspath(folder)!r} is not empty. Give a new folder, so that nothing of yours is overwritten."
        )
    with new_folder(place) as made:
        _fill(case, made)
    return place


def _fill(case: Case, place: Path) -> None:
    for name in case.tables:
        table = to_text(case.tables[name]).map(neutral)
        write_text(place / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_text(place / ASSUMPTIONS, _toml(case))
    metadata = {key: value for key, value in case.metadata.items() if key not in DROPPED}
    own = {"name": case.name, "title": case.title, "currency": case.currency, "calendar": case.calendar_name}
    until = {"baseline_until": case.baseline_until.isoformat()}
    write_text(place / DESCRIPTOR, json.dumps({**metadata, **own, **until}, ensure_ascii=False, default=str))
    package(place)


def _toml(case: Case) -> str:
    parts = [f"# Assumptions of {case.title}; low, best and high are the 5, 50 and 95 % points.".replace("\n", " ")]
    parts.append(f"schema_version = {json.dumps(SCHEMA_VERSION)}")
    for record in case.assumption_records.values():
        parts.append(_record(record))
    for group, rho in case.correlations.items():
        parts.append(f"[correlation.{group}]\nrho = {rho!r}")
    return "\n\n".join(parts) + "\n"


def _record(record: Assumption) -> str:
    lines = [f"[assumption.{record.name}]"]
    if record.prior:
        lines.append(f"prior = {[float(value) for value in record.prior]!r}")
    lines += [f"{key} = {float(getattr(record, key))!r}" for key in ("low", "best", "high")]
    for key in ("distribution", "unit", "description", "source", "grade", "group"):
        if getattr(record, key):
            lines.append(f"{key} = {json.dumps(getattr(record, key), ensure_ascii=False)}")
    if record.sign != 1:
        lines.append(f"sign = {record.sign}")
    if record.published_latest is not None:
        lines.append(f"published_latest = {record.published_latest.isoformat()}")
    for option in record.alternatives:
        lines += ["", f"[[assumption.{record.name}.alternatives]]", f"label = {json.dumps(option.label)}"]
        lines += [f"{key} = {float(getattr(option, key))!r}" for key in ("weight", "low", "best", "high")]
        lines += [f"{key} = {json.dumps(getattr(option, key), ensure_ascii=False)}" for key in ("source", "grade")]
    return "\n".join(lines)
