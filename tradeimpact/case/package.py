"""Writing ``datapackage.json``: what a case folder holds, with sizes, hashes and the meaning of every column.

The file follows the Data Package standard, so that other tools can read the tables; written twice it is the
same to the byte.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import CaseError, version_remedy
from ..write import write_text
from .build import FORM
from .codebook import Column, Table, codebook
from .descriptor import DESCRIPTOR, SCHEMA_VERSION, digest
from .folder import ASSUMPTIONS, read_folder

STANDARD_TYPES = {
    "money": "number",
    "share": "number",
}  # ours -> the standard's, where a type of ours is not text
KEPT_TYPES = ("date", "number", "integer")
FIRST = ("name", "title", "description", "schema_version", "currency", "calendar")
NEEDED = ("title", "currency")
HALF = re.compile("[\ud800-\udfff]")


def package(
    folder: str | os.PathLike[str],
    *,
    title: str | None = None,
    description: str | None = None,
    currency: str | None = None,
    calendar: str | None = None,
) -> Path:
    """Check the tables of `folder` and write its ``datapackage.json``.

    Parameters
    ----------
    folder : str or path
    title, description, currency, calendar : str, optional
        What the case says of itself; what is not given is kept from the ``datapackage.json`` that is there,
        with every other entry of it. A new folder needs a title and a currency.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CaseError
        If a table is broken (all problems are listed), title or currency are not known, or what is said cannot be
        written.
    """
    place = Path(folder)
    if not place.is_dir():
        raise CaseError(f"{os.fspath(folder)!r} is not a folder. Give the folder that holds the tables of a case.")
    given = {"title": title, "description": description, "currency": currency, "calendar": calendar}
    metadata = _metadata(place, {key: value for key, value in given.items() if value is not None})
    if metadata.get("form") == FORM:
        raise CaseError(
            f"The case in {place.name!r} has short tables, which are completed when it is read; there is nothing to "
            "package. Load it and write it in full with tradeimpact.save_case(case, FOLDER)."
        )
    read = read_folder(place, currency=str(metadata["currency"]))
    if read.problems:
        raise CaseError(read.problems, f"Case {metadata['name']!r}")
    book = codebook(str(metadata["currency"]))
    resources = [_table_resource(place, book[name], frame) for name, frame in read.tables.items()]
    if (place / ASSUMPTIONS).is_file():
        resources.append(_file_resource(place, "assumptions", ASSUMPTIONS))
    text = json.dumps({**metadata, "resources": resources}, indent=2, ensure_ascii=False)
    return write_text(place / DESCRIPTOR, text + "\n")


def _metadata(folder: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Entries of the descriptor beside its resources, in a fixed order."""
    path = folder / DESCRIPTOR
    old: dict[str, Any] = {}
    if path.is_file():
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise CaseError(f"{DESCRIPTOR} is not JSON ({error}). Mend or delete it, then package again.") from None
        old = content if isinstance(content, dict) else {}
        remedy = version_remedy(old.get("schema_version", SCHEMA_VERSION), int(SCHEMA_VERSION))
        if remedy:
            raise CaseError(f"{DESCRIPTOR}: schema_version is {old['schema_version']!r}. {remedy}")
    merged = {"name": folder.resolve().name, "description": "", "calendar": "", **old, **given}
    merged["schema_version"] = SCHEMA_VERSION
    lacking = [key for key in NEEDED if not merged.get(key)]
    if lacking:
        raise CaseError(
            f"The case in {folder.name!r} does not say its {' and '.join(lacking)}. Give what is missing, "
            f"or write {DESCRIPTOR} with {', '.join(FIRST)}."
        )
    merged.pop("resources", None)
    halves = [ascii(key) for key, value in merged.items() if HALF.search(json.dumps({key: value}, ensure_ascii=False))]
    if halves:
        raise CaseError(
            f"{DESCRIPTOR}: {', '.join(halves)} holds half a sign (such as \\ud800), which no file can hold. "
            "Write the sign whole or take it out, then package again."
        )
    return {
        **{key: merged[key] for key in FIRST},
        **{key: merged[key] for key in sorted(merged) if key not in FIRST},
    }


def _file_resource(folder: Path, name: str, path: str) -> dict[str, Any]:
    data = (folder / path).read_bytes()
    return {"name": name, "path": path, "bytes": len(data), "hash": digest(data)}


def _table_resource(folder: Path, table: Table, frame: pd.DataFrame) -> dict[str, Any]:
    fields = [_field(table.columns[name]) for name in table.columns]
    own = [{"name": str(name), "type": "string"} for name in frame.columns if name not in table.columns]
    schema: dict[str, Any] = {"fields": fields + own, "missingValues": [""], "primaryKey": table.key}
    references = [_foreign_key(column) for column in table.columns.values() if _is_foreign_key(column)]
    if references:
        schema["foreignKeys"] = references
    entry = _file_resource(folder, table.name, table.file)
    described = {"description": table.description, "format": "csv", "encoding": "utf-8", "rows": len(frame)}
    return {**entry, **described, "schema": schema}


def _field(column: Column) -> dict[str, Any]:
    kind = column.type if column.type in KEPT_TYPES else STANDARD_TYPES.get(column.type, "string")
    field: dict[str, Any] = {"name": column.name, "type": kind}
    if column.unit:
        field["unit"] = column.unit
    field["description"] = column.description
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.type == "choice":
        constraints["enum"] = list(column.allowed)
    if column.minimum is not None:
        constraints["minimum"] = column.minimum
    if column.maximum is not None:
        constraints["maximum"] = column.maximum
    return {**field, "constraints": constraints} if constraints else field


def _is_foreign_key(column: Column) -> bool:
    return column.type in ("name", "id") and "." in column.references and not column.allowed


def _foreign_key(column: Column) -> dict[str, Any]:
    table, field = column.references.split(".")
    return {"fields": column.name, "reference": {"resource": table, "fields": field}}
