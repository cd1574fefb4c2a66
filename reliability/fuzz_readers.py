"""Every reader of the library as a function of bytes, with seeds taken from the files that come with it.

A reader may raise the library's own errors and warn; anything else that comes out is a fault. Each is imported inside
the fuzzer's process, after the library has been instrumented.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

from . import fuzz_mutators as mutators

ROOT = Path(__file__).parents[1]
CASE = ROOT / "tests" / "cases" / "synthetic-3"
SMALL = ROOT / "tests" / "cases" / "by-hand-synthetic"
TEMPLATE = ROOT / "tradeimpact" / "case" / "template"
SHORT = ("crossings", "national", "reports", "assumptions", "revenue", "trucks", "calendar", "sources", "fx")
BIGGEST_SEED = 20_000
Target = Callable[[bytes], object]


def csv_target(folder: Path) -> Target:
    """A table of a case: text, cells, columns, the table's checks and those between tables; a good one is loaded."""
    import shutil

    from tradeimpact.case import load_case, validate
    from tradeimpact.case.checks import check_table
    from tradeimpact.case.codebook import codebook
    from tradeimpact.case.coherence import check_case
    from tradeimpact.case.convert import convert
    from tradeimpact.case.folder import read_folder
    from tradeimpact.case.read import decode, parse_csv

    good = read_folder(CASE)
    book = codebook(str(good.metadata["currency"]))
    place = folder / "case"
    shutil.copytree(CASE, place)

    def read(data: bytes) -> None:
        name = list(book)[data[0] % len(book)] if data else "crossings"
        table = book[name]
        text, problems = decode(data[1:], table.file)
        raw, problems = parse_csv(text, table.file) if text is not None else (None, problems)
        if raw is None:
            return refused(problems)
        frame, problems = convert(raw, table, table.file)
        problems += check_table(frame, table, table.file)
        unread = [] if all(key in raw.columns for key in table.key) else [name]
        problems += check_case({**good.tables, name: frame}, book, unread)
        refused(problems)
        if crc32(data) % 8 == 0:  # a whole case takes a second
            whole(name, data[1:])

    def whole(name: str, data: bytes) -> None:
        old = (place / f"{name}.csv").read_bytes() if (place / f"{name}.csv").exists() else None
        (place / f"{name}.csv").write_bytes(data)
        try:
            str(validate(place))
            repr(load_case(place))
        finally:
            (place / f"{name}.csv").unlink() if old is None else (place / f"{name}.csv").write_bytes(old)

    return read


def short_target(folder: Path) -> Target:
    """`read_tables` of a folder of CSV files, one of them fuzzed, and `Case.from_tables` of what it holds."""
    import shutil

    from tradeimpact import Case, read_tables

    place = folder / "tables"
    place.mkdir()

    def read(data: bytes) -> None:
        pick = data[0] if data else 0
        name, pick = SHORT[pick % len(SHORT)], pick // len(SHORT)
        currency, good = (("ETB", TEMPLATE), ("XTS", CASE))[pick % 2]  # tables that the fuzzed one fits
        for other in SHORT[:3]:
            shutil.copyfile(good / f"{other}.csv", place / f"{other}.csv")
        (place / f"{name}.csv").write_bytes(data[1:])
        try:
            tables = read_tables(place)
        finally:
            (place / f"{name}.csv").unlink()
        calendar = ("gregorian", "solar_hijri", "ethiopian")[pick // 2 % 3]
        repr(Case.from_tables(tables, currency=currency, name="fuzzed-synthetic", dates_in=calendar))

    return read


def xlsx_target(folder: Path) -> Target:
    """`read_tables` of a workbook, and `Case.from_tables` of its sheets."""
    from tradeimpact import Case, read_tables

    path = folder / "book.xlsx"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        repr(Case.from_tables(read_tables(path), currency="XTS", name="fuzzed-synthetic"))

    return read


def toml_target(folder: Path) -> Target:
    """`assumptions.toml`: its records, their table, and their numbers as the sampling will ask for them."""
    from tradeimpact.case.assumptions import Assumptions

    path = folder / "assumptions.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        found = Assumptions.read(path)
        found.frame()
        for name in list(found.records)[:1]:
            found.assume({name: 1.0})

    return read


def yaml_target(folder: Path) -> Target:
    """A scenario file; what is read is written and read again, the same."""
    from tradeimpact import Scenario

    path = folder / "scenario.yaml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        scenario = Scenario.from_yaml(path)
        repr(scenario), scenario.to_frame()
        if Scenario.from_yaml(scenario.to_yaml()) != scenario:
            raise AssertionError("a scenario is another one after writing and reading")

    return read


def json_target(folder: Path) -> Target:
    """A descriptor (read, checked, packaged anew), outlines, a result's manifest; the first byte picks."""
    import shutil

    from tradeimpact.case import load_case, package, validate
    from tradeimpact.case.codebook import codebook
    from tradeimpact.case.folder import read_descriptor
    from tradeimpact.figures.outlines import read_outlines
    from tradeimpact.grid import open_result

    place = folder / "case"
    shutil.copytree(SMALL, place)
    result = folder / "result.nc"
    result.write_bytes(b"no netCDF")

    def descriptor(data: bytes) -> None:
        (place / "datapackage.json").write_bytes(data)
        codebook.cache_clear()
        _found, problems = read_descriptor(place)
        if crc32(data) % (8 if problems else 2) == 0:  # a whole case takes a while
            str(validate(place))
            repr(load_case(place))
        refused(problems)

    def packaged(data: bytes) -> None:
        (place / "datapackage.json").write_bytes(data)
        codebook.cache_clear()
        package(place)

    def outlines(data: bytes) -> None:
        try:
            tree = json.loads(data)
        except (ValueError, RecursionError):
            return
        read_outlines(tree)

    def manifest(data: bytes) -> None:
        (folder / "result.json").write_bytes(data)
        open_result(result)

    readers = (descriptor, outlines, manifest, packaged)

    def read(data: bytes) -> None:
        if data:
            readers[data[0] % len(readers)](data[1:])

    return read


def events_target(folder: Path) -> Target:
    """Event data, and the reports that they propose for a case, accepted."""
    from tradeimpact import accept_reports, load_case, propose_reports, read_events

    case = load_case(CASE)
    path = folder / "events.csv"

    def read(data: bytes) -> None:
        path.write_bytes(data[1:])
        proposals = propose_reports(read_events(path), case, unmatched=bool(data and data[0] % 2))
        accept_reports(case, proposals.assign(accept="yes"))

    return read


def refused(problems: list[Any]) -> None:
    """Where there are problems, they can be said in words, and the input is refused."""
    from tradeimpact.errors import CaseError

    if problems:
        raise CaseError(problems)


# --- seeds --------------------------------------------------------------------------------------------------------


def tables_of(folder: Path, order: tuple[str, ...], first: int = 0) -> Iterator[bytes]:
    """Tables of a folder, each after the byte that picks its table."""
    for path in sorted(folder.glob("*.csv")):
        if path.stem in order and path.stat().st_size <= BIGGEST_SEED:
            yield bytes([first + order.index(path.stem)]) + path.read_bytes()


def full_seeds() -> Iterator[bytes]:
    """Full tables of two cases."""
    from tradeimpact.case.codebook import codebook

    for folder in (CASE, ROOT / "data" / "synthetic-posts"):
        yield from tables_of(folder, tuple(codebook()))


def short_seeds() -> Iterator[bytes]:
    """Short tables of the template, and full ones of a case."""
    yield from tables_of(TEMPLATE, SHORT)
    yield from tables_of(CASE, SHORT, len(SHORT))
    yield bytes([3]) + b"name,low,best,high,unit,source\ntheta,2,4,8,1,judgement\n"


def books() -> Iterator[bytes]:
    """Workbooks of a few sheets: plain, with a title, merged cells, formulas."""
    import openpyxl

    for odd in (False, True):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name in ("crossings", "baseline", "national", "reports"):
            sheet = book.create_sheet(name)
            if odd:
                sheet.append([f"{name} (synthetic)"])
            for line in (CASE / f"{name}.csv").read_text(encoding="utf-8").splitlines()[:4]:
                sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in line.split(",")])
        if odd:
            book["national"]["B3"] = "=1+1"
            book["reports"].merge_cells("A1:B1")
        made = io.BytesIO()
        book.save(made)
        yield made.getvalue()


def assumption_files() -> Iterator[bytes]:
    """The shipped assumptions, whole and one record at a time."""
    for folder in (SMALL, CASE, ROOT / "data" / "synthetic-posts"):
        text = (folder / "assumptions.toml").read_text(encoding="utf-8")
        yield text.encode()
        yield from (f'schema_version = "1"\n[{part}'.encode() for part in text.split("\n[")[1:7])


def scenarios() -> Iterator[bytes]:
    """One of every verb, and a written history."""
    from tradeimpact import Scenario

    day = "2001-06-10"
    full = Scenario("all").capture("a", day, {"x": 0.5, "y": 0.5}).recapture("a", day).close("b", day, open_share=0.2)
    full = full.reopen("b", day).levy("a", day, rate=0.1).levy("a", day, day, per_truck=5, by="x").threat("c", day)
    full = full.insecurity(day, "2001-06-20", 0.2, to=0.4)
    yield full.to_yaml().encode()
    yield b"schema_version: 1\nname: x\nevents:\n- capture: a\n  on: 2001-06-10\n  by: {x: 0.5, y: 0.5}\n"


def trees() -> Iterator[bytes]:
    """A descriptor, small outlines, a manifest that fits its file; each after the byte that picks its reader."""
    whole = json.loads((SMALL / "datapackage.json").read_text(encoding="utf-8"))
    short = {key: value for key, value in whole.items() if key != "resources"}
    resources = [{key: entry[key] for key in ("name", "path", "bytes", "hash")} for entry in whole["resources"]]
    for body in (short, short | {"resources": resources}, short | {"form": "short", "baseline_until": "2000-12-31"}):
        yield bytes([0]) + json.dumps(body).encode()
        yield bytes([3]) + json.dumps(body).encode()
    countries = json.loads((ROOT / "data" / "outlines" / "countries.geojson").read_text(encoding="utf-8"))
    small = min(countries["features"], key=lambda feature: len(json.dumps(feature)))
    yield bytes([1]) + json.dumps({"type": "FeatureCollection", "features": [small]}).encode()
    right = hashlib.sha256(b"no netCDF").hexdigest()
    yield bytes([2]) + json.dumps({"sha256": right, "fingerprint": "x", "summary": {"baseline": {"mean": 1}}}).encode()
    yield bytes([2]) + json.dumps({"sha256": "x", "fingerprint": "x", "summary": {}}).encode()


def event_files() -> Iterator[bytes]:
    """A synthetic export."""
    header = "event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,location,latitude,longitude,source,notes"
    rows = (
        "S1,10 June 2001,Battles,Non-state actor overtakes territory,Invented rebels,,North Gate,10.5,20.5,Wire,",
        "S2,2001-06-25,Battles,Armed clash,Invented rebels,Army,Village,10.05,20.2,Wire,Said by Norland customs.",
        "S3,2001-06-26,Strategic developments,Other,Norland,,Border,10.0,20.21,Wire,Border trade shut to trucks",
    )
    for end in (1, 3):
        yield b"\0" + "\n".join([header, *rows[:end]]).encode() + b"\n"


# reader: (how it is made, its mutations, its seeds, what it is)
READERS: dict[str, tuple[Callable[[Path], Target], Any, Callable[[], Iterator[bytes]], str]] = {
    "csv": (csv_target, mutators.of_table, full_seeds, "tables of a case"),
    "xlsx": (xlsx_target, mutators.of_workbook, books, "read_tables of a workbook"),
    "toml": (toml_target, mutators.of_lines, assumption_files, "assumptions.toml"),
    "yaml": (yaml_target, mutators.of_lines, scenarios, "scenario files"),
    "json": (json_target, mutators.of_json, trees, "datapackage.json, outlines, manifests of results"),
    "events": (events_target, mutators.of_table, event_files, "event data"),
    "tables": (short_target, mutators.of_table, short_seeds, "read_tables of a folder of short tables"),
}
