"""Whether a workbook can be opened without harm, told before a library opens it.

A few kilobytes of zip can unpack to more than any memory holds, a few lines of XML can (entities that name entities),
and one merged range over a whole sheet makes a cell for each of its 17 thousand million places.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any
from xml.parsers import expat

MOST_MEMBERS = 1_000
MOST_BYTES = 300_000_000  # unpacked
MOST_RATIO = 200  # unpacked over packed, from SMALL bytes on; sheets of numbers have 5 to 30
SMALL = 10_000_000
MOST_CELLS = 5_000_000
DEEPEST = 100
RANGE = re.compile(r"\$?([A-Z]{1,4})\$?(\d{1,9})(?::\$?([A-Z]{1,4})\$?(\d{1,9}))?")
UNREADABLE = (  # what zipfile lets out of itself and of what it calls
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 1 << 20


class Refused(Exception):
    """(what was found, what is the limit)."""


def harm_in(data: bytes) -> tuple[str, str] | None:
    """What makes a workbook dangerous and the limit, or None; what is no zip at all is left to whoever opens it.

    A file inside that cannot be read is refused: what stands behind it would be opened without having been looked at.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except UNREADABLE:
        return None
    read = cells = 0
    with archive:
        try:
            _check_members(archive.infolist(), len(data))
            for entry in archive.infolist():
                read, cells = _scanned(archive, entry, read, cells)
        except Refused as refused:
            return refused.args[0], refused.args[1]
        except UNREADABLE:
            found = f"a workbook that cannot be opened: {entry.filename!r} inside it is damaged or locked"
            return found, "a workbook whose files can all be read"
    return None


def area_of(reference: str) -> int:
    """Cells of a range such as A1:C3; more than are allowed where it cannot be told.

    >>> area_of("B2:C4"), area_of("B2"), area_of("A:C") > MOST_CELLS
    (6, 1, True)
    """
    found = RANGE.fullmatch(reference.strip().upper())
    if found is None:
        return MOST_CELLS + 1
    left, top, right, bottom = found.groups()
    wide = _number(right or left) - _number(left)
    return (abs(wide) + 1) * (abs(int(bottom or top) - int(top)) + 1)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _check_members(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > MOST_MEMBERS:
        raise Refused(f"{len(entries):,} files inside the workbook", f"at most {MOST_MEMBERS:,}")
    size = sum(entry.file_size for entry in entries)
    if size > MOST_BYTES:
        raise Refused(f"{size:,} bytes when unpacked", f"at most {MOST_BYTES:,}")
    if size > SMALL and size > MOST_RATIO * packed:
        raise Refused(f"{size:,} bytes packed into {packed:,}", f"at most {MOST_RATIO} times as many")
    other = [entry for entry in entries if entry.compress_type not in METHODS]
    if other:
        raise Refused(f"{other[0].filename!r} packed in an unusual way", "stored or deflated files")


def _scanned(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, read: int, cells: int) -> tuple[int, int]:
    """Bytes and cells so far with one more member, read in pieces: what a zip declares need not be so."""
    parser, depth, text = expat.ParserCreate(), 0, True

    def doctype(*_: Any) -> None:
        raise Refused(f"a document type in {entry.filename!r}", "XML without document types and entities")

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal cells, depth
        depth += 1
        if depth > DEEPEST:
            raise Refused(f"elements nested more than {DEEPEST} deep in {entry.filename!r}", "a flat sheet")
        name = tag.rpartition(":")[2]
        if name == "c":
            cells += 1
        elif name in ("mergeCell", "hyperlink") and "ref" in attributes:
            cells += area_of(attributes["ref"])
        if cells > MOST_CELLS:
            raise Refused(f"more than {MOST_CELLS:,} cells, merged and linked ones included", f"at most {MOST_CELLS:,}")

    parser.StartDoctypeDeclHandler, parser.StartElementHandler, parser.EndElementHandler = doctype, start, end
    with archive.open(entry) as member:
        while piece := member.read(CHUNK):
            read += len(piece)
            if read > MOST_BYTES:
                raise Refused(f"more than {MOST_BYTES:,} bytes when unpacked", f"at most {MOST_BYTES:,}")
            try:
                text = text and bool(parser.Parse(piece, False))
            except expat.ExpatError:  # a picture, or XML that is broken: it is not read on
                text = False
    return read, cells
