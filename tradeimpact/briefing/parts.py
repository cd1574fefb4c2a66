"""What several forms of a briefing need: zips with fixed times, properties, sizes of pictures, rows cut to pages."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from unicodedata import east_asian_width

from ..errors import TradeImpactError
from .content import Content, Table

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
LONGEST = 255  # signs of a property
MEASURED = 100.0  # points; widths grow in proportion
SPARED = 0.5  # of the room of columns, at most, for the heads and numbers of others
BOLD = 1.12  # width of a bold word over that of a plain one
FILE_MODE = 0o644 << 16
TOGETHER = re.compile(r" (?=%)|(?<=\d) (?=(?:bn|m)\b)")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files` in their order, with one fixed time and mode: the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, FILE_MODE, 3
            archive.writestr(entry, data)
    return made.getvalue()


def zipped_again(data: bytes) -> bytes:
    """A zip (a deck, a document) with its times replaced by the fixed one, parts in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def stamped(core: Any, content: Content) -> None:
    """Properties of a deck or a document: title and program, the briefing's day in place of clocks, no user."""
    day = datetime(content.day.year, content.day.month, content.day.day)
    core.author = core.last_modified_by = f"tradeimpact {content.manifest['tradeimpact']}"
    core.title, core.subject = printable(content.title)[:LONGEST], printable(content.subtitle)[:LONGEST]
    core.keywords = "synthetic data" if content.synthetic else ""
    core.comments, core.category, core.revision, core.language = "", "", 1, "en-GB"
    core.created = core.modified = core.last_printed = day


def printable(text: str) -> str:
    """Text without the control signs that XML cannot hold; a number stays with its percent sign, or its bn or m."""
    return glued("".join(sign for sign in text if sign.isprintable()))


def glued(text: str) -> str:
    """Text in which no line breaks before a percent sign, or between a number and its bn or m."""
    return TOGETHER.sub("\u00a0", text)


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise TradeImpactError("a figure's PNG is none; save the figure again")
    wide, high = struct.unpack(">II", data[16:24])
    return wide, high


def fitted(size: tuple[int, int], wide: float, high: float) -> tuple[float, float]:
    """Largest width and height with the proportions of `size` inside `wide` by `high`.

    >>> fitted((800, 400), 8.0, 3.0)
    (6.0, 3.0)
    """
    scale = min(wide / size[0], high / size[1])
    return size[0] * scale, size[1] * scale


def lines_of(text: str, width: float, size: float) -> int:
    """Lines that `text` takes at `size` points in `width` points, in a wide font: rather one too many than one too few.

    >>> lines_of("one line", 200.0, 10.0), lines_of("word " * 20, 200.0, 10.0)
    (1, 4)
    """
    lines, used = 1, 0.0
    space = _advance(" ") * size
    for word in glued(text).split(" "):
        long = sum(map(_advance, word)) * size
        if used and used + space + long <= width:
            used += space + long
            continue
        lines += int(used > 0)
        lines += int(max(long - 1e-9, 0.0) // width)  # a word wider than the line is cut
        used = long % width if long > width else long
    return lines


def column_widths(table: Table, room: float, size: float, pad: float) -> list[float]:
    """Widths of a table's columns: `room` shared as the table asks, but no head and no number is cut, if need be at the
    cost of up to half of what other columns can spare. `pad` is kept free at each side of a cell.
    """
    asked = [room * width / sum(table.widths) for width in table.widths]
    texts = [[name, *[row[j].text for row in table.rows if table.numeric[j]]] for j, name in enumerate(table.columns)]
    needs = [_longest_word(words) * size * BOLD + 2 * pad + 1 for words in texts]
    missing = sum(max(need - width, 0.0) for need, width in zip(needs, asked, strict=True))
    spare = sum(max(width - need, 0.0) for need, width in zip(needs, asked, strict=True))
    moved = min(missing, SPARED * spare)
    got, given = moved / (missing or 1.0), moved / (spare or 1.0)
    return [width + (got if need > width else given) * (need - width) for need, width in zip(needs, asked, strict=True)]


def _longest_word(texts: Sequence[str]) -> float:
    """Width of the longest word over the size of its letters."""
    return max(sum(map(_advance, word)) for text in texts for word in glued(text).split(" "))


@cache
def _advance(sign: str) -> float:
    """Width of one sign over the size of its letters; a square for those that the font does not have."""
    from ..figures.style import text_width

    if not sign.isprintable() and not sign.isspace():
        return 0.0
    if east_asian_width(sign) in "WF":
        return 1.0
    with warnings.catch_warnings(action="ignore"):
        return text_width(sign, MEASURED) / MEASURED


def pages_of(heights: Iterable[float], room: float) -> list[slice]:
    """Runs of rows whose heights fit into `room` together; a row taller than that stands alone.

    >>> pages_of([1.0, 1.0, 1.5, 1.0], 2.5)
    [slice(0, 2, None), slice(2, 4, None)]
    """
    pages, begin, used, last = [], 0, 0.0, 0
    for number, height in enumerate(heights):
        if number > begin and used + height > room:
            pages.append(slice(begin, number))
            begin, used = number, 0.0
        used, last = used + height, number
    return [*pages, slice(begin, last + 1)]
