"""What a case folder says of itself: ``datapackage.json``, read and checked entry by entry."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..errors import Problem, version_remedy
from .build import FORM
from .calendar_systems import SYSTEMS
from .convert import CONTROL, is_day
from .read import decode, read_bytes

DESCRIPTOR = "datapackage.json"
SCHEMA_VERSION = "1"
REPACK = "Run 'python -m tradeimpact package FOLDER' to write it anew"
MEASURES = ("revenue", "trade_value")
ENTRIES = {
    "name": (r"[A-Za-z0-9][A-Za-z0-9_.\-]*", "letters, digits, '-' and '_'"),
    "title": (r"(?s).*\S.*", "a text that is not empty"),
    "currency": (r"[A-Z]{3}", "three capital letters such as AFN"),
}
CHOICES: Mapping[str, tuple[object, ...]] = {  # entries that may be left out, and what they may say
    "calendar": ("", *SYSTEMS),
    "dates_in": SYSTEMS,
    "form": (FORM,),
    "baseline_measure": MEASURES,
    "synthetic": (True, False),
}
MEANT = ("baseline_until", "resources", *CHOICES)  # a misspelt one of these would change what the case says
NEAR = 0.85


def read_descriptor(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Content of ``datapackage.json``, {} where it cannot be used, and what is wrong with it."""
    data, problems = read_bytes(folder, DESCRIPTOR)
    if data is None:
        return {}, [fault(problem.found, f"{REPACK}.") for problem in problems]
    text, problems = decode(data, DESCRIPTOR)
    if text is None:
        return {}, problems
    try:
        content = json.loads(text, object_pairs_hook=_each_once)
        json.dumps(content, ensure_ascii=False).encode()  # half a sign, "\\ud800", can be read but not written
    except (ValueError, RecursionError) as error:
        return {}, [fault(f"text that is not JSON ({error})", f"Mend it, or delete it. {REPACK}.")]
    if not isinstance(content, dict):
        return {}, [fault("JSON that is not an object", f"{REPACK}.")]
    version = content.get("schema_version")
    remedy = version_remedy(version, int(SCHEMA_VERSION))
    if remedy:
        return {}, [fault(f"schema_version {version!r}", remedy, f"schema_version {SCHEMA_VERSION!r}")]
    return content, [*_entry_problems(content), *_resource_problems(folder, content)]


def digest(data: bytes) -> str:
    """Hash of a file as the descriptor writes it: "sha256:" and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def fault(found: str, remedy: str, expected: str = "the descriptor of a case") -> Problem:
    """A problem of the descriptor."""
    return Problem(file=DESCRIPTOR, found=found, expected=expected, remedy=remedy)


def says(key: str, value: object) -> bool:
    """Whether `value` can be the name, title or currency of a case."""
    return isinstance(value, str) and bool(re.fullmatch(ENTRIES[key][0], value)) and not CONTROL.search(value)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the file; of an entry written twice nobody knows which one is meant."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the entry {next(name for name in names if names.count(name) > 1)!r} stands in it twice")
    return content


def _entry_problems(content: Mapping[str, Any]) -> list[Problem]:
    problems = [
        fault(f"{key} {content.get(key)!r}", f"Write the {key} of the case.", expected)
        for key, (_, expected) in ENTRIES.items()
        if not says(key, content.get(key))
    ]
    until = content.get("baseline_until")
    if until is not None and not is_day(str(until)):
        remedy = "Write the last day before the crisis, or leave the entry out."
        problems.append(fault(f"baseline_until {until!r}", remedy, "a day such as 2021-06-21"))
    for key in ("description", "period", "country", "credit", "outlines"):
        if not isinstance(content.get(key, ""), str):
            problems.append(fault(f"{key} {content[key]!r}", "Put it between quotation marks.", "a text"))
    for key, allowed in CHOICES.items():
        value = content.get(key)
        if value is not None and not any(value is choice or value == choice != 1 for choice in allowed):
            shown = ", ".join(str(choice).lower() for choice in allowed if choice != "")
            problems.append(fault(f"{key} {value!r}", "Choose one, or leave the entry out.", f"one of {shown}"))
    if content.get("dates_in", SYSTEMS[0]) != SYSTEMS[0] and content.get("form") != FORM:
        remedy = f"Write the days of the tables in the Gregorian calendar, or say 'form': {FORM!r}."
        problems.append(fault(f"dates_in {content['dates_in']!r} in a full case", remedy, "Gregorian days"))
    for key in content:
        near = get_close_matches(key.lower(), MEANT, n=1, cutoff=NEAR) if key not in MEANT else []
        if near:
            problems.append(fault(f"the unknown entry {key!r}", f"Did you mean {near[0]!r}?", "a known entry"))
    return problems


def _resource_problems(folder: Path, content: Mapping[str, Any]) -> list[Problem]:
    resources = content.get("resources", [])
    if not isinstance(resources, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("path", ""), str) for entry in resources
    ):
        return [fault("resources that are not a list of objects, each with its path", f"{REPACK}.")]
    problems: list[Problem] = []
    for entry in resources:
        path = entry.get("path", "")
        _, wrong = read_bytes(folder, path)
        remedy = f"List files of the case folder only, or put the file back. {REPACK}."
        problems.extend(
            fault(f"the resource {path[:60]!r}: {problem.found}", remedy, problem.expected) for problem in wrong
        )
    return problems
