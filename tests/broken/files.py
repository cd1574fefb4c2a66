"""Files: missing, empty, damaged, of another kind, of another encoding, too large, misnamed."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from broken import NEEDED, in_folder, raw, removed, renamed, text

EMPTY = "Write the column names into the first row"
UTF8 = "Save it as 'CSV UTF-8'"


def _huge(folder: Path) -> None:
    """A file of more than the limit that takes no room on the disk."""
    with (folder / "fx.csv").open("r+b") as file:
        file.truncate(200_000_001)


def _folder_for_file(folder: Path) -> None:
    (folder / "fx.csv").unlink()
    (folder / "fx.csv").mkdir()


def _link_out(folder: Path) -> None:
    outside = folder.parent / "outside.csv"
    os.replace(folder / "fx.csv", outside)
    (folder / "fx.csv").symlink_to(outside)


def _kind(name: str, data: bytes, found: str) -> object:
    return in_folder(f"fx.csv is {name}", "fx.csv", raw("fx.csv", lambda _: data), found, UTF8)


MISSING = [
    in_folder(f"{name}.csv missing", f"{name}.csv", removed(f"{name}.csv"), "no such file", "Add the file")
    for name in NEEDED[:3]
]
NO_BYTES = [
    in_folder(f"{name}.csv of 0 bytes", f"{name}.csv", raw(f"{name}.csv", lambda _: b""), "an empty file", EMPTY)
    for name in (*NEEDED, "reports", "fx")
]
NO_ROWS = [
    in_folder(f"{name}.csv with its header alone", f"{name}.csv",
              raw(f"{name}.csv", lambda data: data.splitlines(True)[0]), "no rows", "Write its rows")
    for name in NEEDED[:3]
]  # fmt: skip
NO_SOURCES = [
    in_folder(f"sources.csv {how}", "crossings.csv", edit, "a source of sources.csv, which has no rows or is missing",
              "add it to sources.csv", column="source", rows=(2, 3, 4, 5, 6), beside=1)
    for how, edit in (
        ("missing", removed("sources.csv")),
        ("with its header alone", raw("sources.csv", lambda data: data.splitlines(True)[0])),
    )
]  # fmt: skip
KINDS = [
    _kind("a workbook", b"PK\x03\x04" + bytes(40), "a workbook or another zip archive"),
    _kind("compressed", gzip.compress(b"start,end\n"), "a compressed file"),
    _kind("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a page document"),
    _kind("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook"),
    _kind("a web page", b"<!DOCTYPE html><html><body>404 not found</body></html>", "a web page"),
    _kind("a web page without a type", b"\n<html><body>log in</body></html>", "a web page"),
    in_folder("fx.csv is JSON", "fx.csv", raw("fx.csv", lambda _: b'[{"start": "2001-01-01"}]\n'),
              "an unknown column", "Rename it, delete it", column='[{"start": "2001-01-01"}]', rows=(1,), beside=11),
]  # fmt: skip
ENCODINGS = [
    in_folder(f"fx.csv in {name}", "fx.csv", raw("fx.csv", lambda data, name=name: data.decode().encode(name)),
              "UTF-16 text", UTF8)
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
] + [
    in_folder(f"crossings.csv in {name}", "crossings.csv",
              raw("crossings.csv",
                  lambda data, name=name, word=word: data.decode().replace("North Gate", word).encode(name)),
              "a byte that is not UTF-8", UTF8, rows=(2,))
    for name, word in (("latin-1", "Porte d'été"), ("cp1252", "Gate “North”"), ("cp1256", "دروازه"),
                       ("iso8859_6", "بوابة"), ("koi8-r", "Ворота"))
] + [
    in_folder("a NUL byte", "fx.csv", text("fx.csv", "synthetic", "synth\0tic"), "a NUL byte", "Export the table again",
              rows=(2,)),
    in_folder("half a character at the end", "fx.csv", raw("fx.csv", lambda data: data + b"\xd8"),
              "a byte that is not UTF-8 (0xd8)", UTF8, rows=(4,)),
    in_folder("assumptions in UTF-16", "assumptions.toml",
              raw("assumptions.toml", lambda data: data.decode().encode("utf-16")), "UTF-8 text",
              "Save it as UTF-8 text"),
    in_folder("descriptor in Latin-1", "datapackage.json",
              raw("datapackage.json", lambda data: data.replace(b"No real", b"N\xe9 real")),
              "a byte that is not UTF-8 (0xe9)", "Save it as UTF-8 text", rows=(1,)),
]  # fmt: skip
SIZES = [
    in_folder("a file of 200 MB", "fx.csv", _huge, "200,000,001 bytes", "at most 200,000,000", "split it"),
    in_folder("a cell of 200,000 characters", "fx.csv", text("fx.csv", "synthetic", "x" * 200_000),
              "a cell of more than 131,072 characters", "Shorten it", rows=(2,)),
    in_folder("a file with a mark of byte order and nothing else", "fx.csv", raw("fx.csv", lambda _: b"\xef\xbb\xbf"),
              "an empty file", EMPTY),
    in_folder("a file of blank lines", "fx.csv", raw("fx.csv", lambda _: b"\n\r\n  \n"), "an empty file", EMPTY),
    in_folder("a blank row above the header", "fx.csv", raw("fx.csv", lambda data: b"\n" + data), "an empty first row",
              EMPTY),
]  # fmt: skip
NAMES = [
    in_folder("an unknown table", "baselines.csv", lambda folder: (folder / "baselines.csv").write_text("a\n1\n"),
              "an unknown table", "Did you mean 'baseline'"),
    in_folder("a table with a capital letter", "Reports.csv", renamed("reports.csv", "Reports.csv"),
              "an unknown table", "Did you mean 'reports'", needs=("reports",)),
    in_folder("a copy beside a table", "fx (1).csv", lambda folder: (folder / "fx (1).csv").write_text("a\n1\n"),
              "an unknown table", "start its name with 'x_'"),
    *(in_folder(f"a table saved as {name}", name, renamed("reports.csv", name),
                "a file that looks like a table and would not be read", "Save it as reports.csv", needs=("reports",))
      for name in ("reports.CSV", "reports.xlsx", "reports.csv.txt", "reports.tsv", "REPORTS.ods")),
    *(in_folder(f"assumptions saved as {name}", name, renamed("assumptions.toml", name),
                "a file that looks like a table and would not be read", "Save it as assumptions.toml")
      for name in ("assumption.toml", "assumptions.TOML", "assumptions.toml.txt", "assumptions.xlsx")),
    in_folder("a folder in place of a file", "fx.csv", _folder_for_file, "something that is not a file",
              "Put the file into the case folder"),
    in_folder("a link that leads out", "fx.csv", _link_out, "a link that leads out of the case folder",
              "Put the file itself into the folder"),
]  # fmt: skip

CASES = [*MISSING, *NO_BYTES, *NO_ROWS, *NO_SOURCES, *KINDS, *ENCODINGS, *SIZES, *NAMES]
