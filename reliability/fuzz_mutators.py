"""Mutations that keep the shape of a file: cells and rows of a table, nodes of a tree, members of a zip.

Plain mutation of bytes seldom gets past a parser; these swap, repeat, drop and replace the parts that a reader looks
at, so that the checks behind the parser are reached. One in four mutations is still one of bytes.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import atheris

# what is written into a cell: missing and odd numbers, days that are none, words of the codebook, signs of parsers
CELLS = (
    *("", "nan", "inf", "-inf", "-1", "0", "1", "1e308", "1e999", "-1e308", "1e-320", "9" * 400, "1_000", "1,000"),
    *("1.000.000", "0x1f", "1e5", "+5", "0.35", "35%", "35", "100", "2021-02-30", "0001-01-01", "9999-12-31"),
    *("2001-06-10", "2001-06-11", "1380-13-31", "10 June 2001", "44000", "1677-09-21", "2262-04-12", "true", "yes"),
    *("None", "<NA>", "NaT", "north_gate", "south_gate", "river_port", "national", "government", "nobody", "rebels"),
    *("captured", "denied", "level", "invented", "primary", "A", "E", "\u0661\u0662", "\u216b", "\u202eevil", "\u00a0"),
    *("=1+1", "@SUM(A1)", "'", '"', ",", ";", "\t", "\ufeff", "\x00", "\x1f", "\u2028", "\r", "x" * 5000, "{}", "[]"),
    *("!!python/object/apply:os.system [x]", "&a [*a]", "*a", "<<: *a", "- - - -", "1:2:3", "0o17", "~", "../../x"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 10**400, 0.5, 1e308, float("nan"), float("inf"), "", [], {}, [[]], [{}]),
    *({"a": {"b": 1}}, [1, 2], [1, 2, 3], ["a"], "1", "2", "AFN", "short", "ethiopian", "solar_hijri", "2001-06-10"),
    *("../../x", "/x", "a\nb", 'A"B', "\ud800", "x" * 3000, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}),
)


def of_bytes(data: bytes, size: int, dice: random.Random) -> bytes:
    """Bits, bytes and pieces, as the fuzzer does it by itself."""
    return bytes(atheris.Mutate(data, size))


def of_table(data: bytes, size: int, dice: random.Random) -> bytes:
    """Comma-separated text: its first byte, which picks the table, stays most of the time."""
    head, rows = data[:1], [line.split(b",") for line in data[1:].split(b"\n")]
    for _ in range(dice.choice((1, 1, 2, 4))):
        rows = _changed(rows, dice)
    return head + b"\n".join(b",".join(row) for row in rows)


def _changed(rows: list[list[bytes]], dice: random.Random) -> list[list[bytes]]:
    """One change to cells, a row or a column."""
    rows = [list(row) for row in rows]
    first, second = dice.randrange(len(rows)), dice.randrange(len(rows))
    here, there = dice.randrange(len(rows[first]) or 1), dice.randrange(len(rows[second]) or 1)
    kind = dice.randrange(9)
    if kind == 0:
        rows[first], rows[second] = rows[second], rows[first]
    elif kind == 1:
        rows.insert(first, list(rows[second]))
    elif kind == 2 and len(rows) > 1:
        del rows[first]
    elif kind == 3:
        rows[first][here], rows[second][there] = rows[second][there], rows[first][here]
    elif kind == 4:
        rows[first][here] = rows[second][there]
    elif kind == 5:
        for row in rows:
            del row[here : here + 1]
        rows = [row or [b""] for row in rows]
    elif kind == 6:
        rows[first][here] = bytes(atheris.Mutate(rows[first][here], 200))
    else:
        rows[first][here] = _quoted(dice.choice(CELLS), dice).encode("utf-8", "surrogatepass")
    return rows


def _quoted(cell: str, dice: random.Random) -> str:
    """A cell as a table has it, in quotes where it needs them; bare all the same in one case of four."""
    bare = dice.random() < 0.25 or not set(cell) & set(',"\r')
    return cell if bare else '"' + cell.replace('"', '""') + '"'


def of_lines(data: bytes, size: int, dice: random.Random) -> bytes:
    """Lines of `key = value` or `key: value`, indentation kept or changed."""
    lines = data.split(b"\n")
    for _ in range(dice.choice((1, 1, 2, 4))):
        first, second = dice.randrange(len(lines)), dice.randrange(len(lines))
        kind = dice.randrange(7)
        if kind == 0:
            lines[first], lines[second] = lines[second], lines[first]
        elif kind == 1:
            lines.insert(first, lines[second])
        elif kind == 2 and len(lines) > 1:
            del lines[first]
        elif kind == 3:
            lines[first] = b"  " * dice.randrange(4) + lines[first].strip()
        else:
            word = dice.choice((*CELLS, *map(repr, VALUES))).encode("utf-8", "surrogatepass")
            found = re.search(rb"[:=\-\[] ?(?=[^:=]*$)", lines[first])
            lines[first] = (lines[first][: found.end()] if found else b"") + word
    return b"\n".join(lines)


def of_json(data: bytes, size: int, dice: random.Random) -> bytes:
    """Nodes of a JSON tree, after a first byte that picks the reader."""
    try:
        tree = json.loads(data[1:])
    except (ValueError, RecursionError):
        return data[:1] + of_bytes(data[1:], size - 1, dice)
    for _ in range(dice.choice((1, 1, 2, 4))):
        places = list(_places(tree))
        if not places:
            tree = deepcopy(dice.choice(VALUES))
            continue
        holder, key = dice.choice(places)
        other, twin = dice.choice(places)
        kind = dice.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1:
            holder[key] = [holder[key]]
        elif kind == 2:
            holder[key] = other[twin] if not isinstance(other[twin], dict | list) else deepcopy(dice.choice(VALUES))
        else:
            holder[key] = deepcopy(dice.choice(VALUES))
    return data[:1] + json.dumps(tree).encode("utf-8", "surrogatepass")


def _places(tree: Any) -> Any:
    """Every (container, key) of a tree."""
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


def of_workbook(data: bytes, size: int, dice: random.Random) -> bytes:
    """A workbook: a member's text changed and packed again with right sums, or its bytes as they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return of_bytes(data, size, dice)
    if not members:
        return of_bytes(data, size, dice)
    sheets = [name for name in members if "sheet" in name]
    name = dice.choice(sheets if sheets and dice.random() < 0.6 else sorted(members))
    kind = dice.randrange(16)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[name] = members[dice.choice(sorted(members))]
    elif kind == 2:
        members[name] = of_bytes(members[name], max(64, size // 2), dice)
    else:
        members[name] = _of_xml(members[name], dice)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content)
    return made.getvalue()


def _of_xml(content: bytes, dice: random.Random) -> bytes:
    """One element, text or attribute of an XML text dropped, repeated or replaced."""
    pattern = dice.choice((rb'"[^"]*"', rb">[^<>]+<", rb"<(c|row|v|t|f|is)\b[^>]*>.*?</\1>"))
    found = list(re.finditer(pattern, content, re.DOTALL))
    if not found:
        return content
    place = dice.choice(found)
    old, cell = place[0], dice.choice(CELLS)
    word = (cell if dice.random() < 0.25 else _escaped(cell)).encode("utf-8", "surrogatepass")
    new = dice.choice((b"", old + old, old[:1] + word + old[-1:], dice.choice(found)[0]))
    return content[: place.start()] + new + content[place.end() :]


def _escaped(cell: str) -> str:
    """Text as XML has it."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell).translate(
        str.maketrans({c: f"&#{ord(c)};" for c in '<&>"'})
    )


def mixed(structured: Callable[[bytes, int, random.Random], bytes]) -> Callable[[bytes, int, int], bytes]:
    """The fuzzer's hook: three in four mutations by structure, the rest by bytes."""

    def mutate(data: bytes, size: int, seed: int) -> bytes:
        dice = random.Random(seed)
        change = structured if dice.random() < 0.75 else of_bytes
        return change(bytes(data), size, dice)[:size]

    return mutate
