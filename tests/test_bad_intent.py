"""Files made to do harm: nothing in them runs, unfolds without bound, leads out of its folder or becomes markup."""

import ast
import base64
import csv
import dataclasses
import getpass
import io
import json
import re
import shutil
import socket
import struct
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case import bounded, package, save_case
from tradeimpact.case.assumptions import Assumptions
from tradeimpact.case.load import data_file
from tradeimpact.case.read import decode, parse_csv
from tradeimpact.errors import CaseError, ScenarioError, TradeImpactError
from tradeimpact.tables import neutral, restored

openpyxl = pytest.importorskip("openpyxl", reason="pip install .[xlsx]")

PACKAGE = Path(ti.__file__).parent
SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
SMALL = Path(__file__).parent / "cases" / "by-hand-synthetic"
SCRIPT, IMAGE, CALL = "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "=cmd|' /C calc'!A0"


# --- nothing runs ---------------------------------------------------------------------------------------------


def test_no_module_can_run_what_it_reads():
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "subprocess", "ctypes", "code", "runpy"}
    runs = {"eval", "exec", "compile", "__import__", "system", "popen", "read_pickle", "to_pickle", "query"}
    safe = {"yaml": "yaml.load(text, Plain)", "np": "allow_pickle=False"}  # what makes a `load` of theirs one
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            found += [(path.name, name) for name in named if name.partition(".")[0] in modules]
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in runs or name.startswith("unsafe") or name == "load":
                    said = ast.unparse(node)
                    allowed = said.startswith("re.") or any(name == "load" and words in said for words in safe.values())
                    own = name == "load" and not said.startswith(("yaml.", "np.", "numpy."))
                    found += [] if allowed or own else [(path.name, said)]
    assert found == []


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['touch x']", "!!python/name:os.system", "!!python/module:os"]
)
def test_a_scenario_file_makes_no_objects(tag):
    with pytest.raises(ScenarioError, match="could not determine a constructor"):
        ti.Scenario.from_yaml(f"schema_version: 1\nname: {tag}\nevents: []\n")


def test_a_formula_in_a_workbook_is_not_worked_out_and_a_linked_one_is_not_opened(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "national"
    for row in (["best", "period_start", "period_end"], ["=1+1", "2023-01-01", "=[1]other!A1"]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert ti.read_tables(tmp_path / "book.xlsx")["national"].to_numpy().tolist() == [["", "2023-01-01", ""]]


# --- nothing unfolds without bound ----------------------------------------------------------------------------

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{here}: &{here} [{', '.join(['*' + there] * 9)}]\n" for there, here in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{LAUGHS}schema_version: *i\n", "an alias to a list or mapping"),
        ("schema_version: 1\nname: " + "[" * 100_000 + "\n", "more than 20 lists"),
        ("schema_version: " + "9" * 5000 + "\n", "more than 40 digits"),
        ("schema_version: 0x" + "f" * 5000 + "\n", "more than 40 digits"),
        ("schema_version: 1\nname: 2001-13-40\nevents: []\n", "month must be in"),
        ("schema_version: 1\nname: !!bool x\nevents: []\n", "not valid YAML"),
        ("schema_version: 1\nname: " + "x" * 600_000 + "\n", "at most 500,000 are read"),
        ("schema_version: 1\nname: a\0b\n", "not valid YAML"),
        ("schema_version: 1\nevents:\n- levy: a\n  start: 2001-01-01\n  rate: 1.0e+400\n", "finite"),
    ],
)
def test_a_scenario_that_unfolds_or_nests_without_bound_is_refused(text, words):
    with pytest.raises(ScenarioError, match=words) as caught:
        ti.Scenario.from_yaml(text)
    assert len(str(caught.value)) < 1000


def test_an_alias_to_a_day_is_read_as_older_releases_wrote_it():
    text = (
        "schema_version: 1\nname: x\nevents:\n- capture: a\n  'on': &id001 2001-06-10\n- recapture: a\n  'on': *id001\n"
    )
    assert len(ti.Scenario.from_yaml(text).events) == 2


@pytest.mark.parametrize(
    "body",
    [
        "a = " + "[" * 100_000,
        "assumption." + ".".join("a" * 5000) + " = 1",
        "assumption = 0x" + "f" * 5000,
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = " + "9" * 5000,
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = " + "9" * 400,
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = 1\nsource = 'x'\nprior = 'abc'",
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = 1\nsource = 'x'\ngroup = [1]",
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = 1\nsource = 'x'\nalternatives = 5",
        "[assumption.theta]\nlow = 1\nbest = 1\nhigh = 1\nsource = 'x'\npublished_latest = 2001-01-01T00:00:00Z",
    ],
)
def test_assumptions_that_nest_or_count_without_bound_are_refused(tmp_path, body):
    (tmp_path / "assumptions.toml").write_text(f'schema_version = "1"\n{body}\n')
    with pytest.raises(CaseError, match=r"assumptions\.toml"):
        Assumptions.read(tmp_path / "assumptions.toml")


def test_half_a_sign_which_no_file_can_hold_is_refused(tmp_path):
    text = (SMALL / "datapackage.json").read_text().replace('"title": "', '"title": "\\ud800', 1)
    (tmp_path / "datapackage.json").write_text(text)
    with pytest.raises(CaseError, match="surrogates not allowed"):
        ti.load_case(tmp_path)
    with pytest.raises(ScenarioError, match="half a sign"):
        ti.Scenario.from_yaml('schema_version: 1\nname: "\\ud800"\nevents: []\n')


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, '{"schema_version": ' + "9" * 5000 + "}", "\0", ""])
def test_a_descriptor_that_nests_or_counts_without_bound_is_refused(tmp_path, text):
    (tmp_path / "datapackage.json").write_text(text)
    for door in (ti.load_case, package):
        with pytest.raises(CaseError, match=r"datapackage\.json"):
            door(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (",".join(f"c{i}" for i in range(1001)) + "\n", "1,001 columns"),
        ("a\n" + "x" * 1_000_001 + "\n", "a line of 1,000,002 signs"),
        ('a\n"' + "x\n" * 200_000, "a cell of more than 131,072 characters"),
        ("," * 1_000_001, "a line of 1,000,001 signs"),
    ],
)
def test_a_table_with_endless_lines_or_columns_is_refused(text, words):
    frame, problems = parse_csv(text, "crossings.csv")
    assert frame is None
    assert words in str(problems[0])


def test_a_nul_byte_is_named_with_its_row():
    assert "crossings.csv, row 2: found a NUL byte" in str(decode(b"a,b\n1,\0\n", "crossings.csv")[1][0])


def workbook(path, **members):
    """A workbook of one table, with members added or put in the place of its own."""
    book = openpyxl.Workbook()
    book.active.title = "national"
    book.active.append(["best", "period_start", "period_end"])
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, members.pop(name.replace("/", "__").replace(".", "_"), old.read(name)))
        for name, data in members.items():
            new.writestr(name, data)
    return path


def sheet(inside="", after="", head=""):
    return (
        f'<?xml version="1.0"?>{head}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{inside}</sheetData>{after}</worksheet>"
    ).encode()


ENTITIES = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {here} '{('&' + there + ';') * 9}'>" for there, here in zip("abcdefgh", "bcdefghi", strict=True)
)
WHOLE = "A1:XFD1048576"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"xl__worksheets__sheet1_xml": sheet(head=ENTITIES + "]>", inside="<row><c><v>&i;</v></c></row>")},
            "document",
        ),
        ({"xl__worksheets__sheet1_xml": sheet(head='<!DOCTYPE x SYSTEM "file:///etc/passwd">')}, "a document type"),
        (
            {"xl__worksheets__sheet1_xml": sheet(after=f'<mergeCells><mergeCell ref="{WHOLE}"/></mergeCells>')},
            "more than 5,000,000 cells",
        ),
        (
            {"xl__worksheets__sheet1_xml": sheet(after=f'<hyperlinks><hyperlink ref="{WHOLE}"/></hyperlinks>')},
            "more than 5,000,000 cells",
        ),
        (
            {"xl__worksheets__sheet1_xml": sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')},
            "a sheet that reaches over 17,179,869,184 cells",
        ),
        ({"xl__worksheets__sheet1_xml": sheet("<x>" * 500 + "</x>" * 500)}, "nested more than 100 deep"),
        ({"xl/media/zeros": b"\0" * 20_000_000}, "20,0"),
        ({f"m{i}": b"" for i in range(1000)}, "files inside the workbook"),
    ],
    ids=["entities", "outside", "merged", "linked", "far", "deep", "ratio", "members"],
)
def test_a_workbook_that_unfolds_without_bound_is_refused_with_limit_and_remedy(tmp_path, change, words):
    with pytest.raises(CaseError, match=re.escape(words)) as caught:
        ti.read_tables(workbook(tmp_path / "book.xlsx", **change))
    assert "expected" in str(caught.value)
    assert "save that, or save the sheets as 'CSV UTF-8'" in str(caught.value)


def test_what_a_zip_declares_is_not_believed(tmp_path, monkeypatch):
    vast = sheet("<row/>" * 400_000)
    path = workbook(tmp_path / "book.xlsx", xl__worksheets__sheet1_xml=vast)
    data = path.read_bytes()
    lied = data.replace(struct.pack("<L", len(vast)), struct.pack("<L", 3_000))
    assert lied != data
    path.write_bytes(lied)
    with pytest.raises(CaseError, match="cannot be opened"):  # zipfile stops at the size declared and finds it wrong
        ti.read_tables(path)
    monkeypatch.setattr(bounded, "MOST_BYTES", 1_000_000)
    assert "bytes when unpacked" in bounded.harm_in(data)[0]


@pytest.mark.parametrize("hurt", ["damaged", "locked"])
def test_a_file_that_cannot_be_read_does_not_hide_what_stands_behind_it(tmp_path, hurt):
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("first", b"hello hello hello")
        archive.writestr(
            "xl/worksheets/sheet1.xml", sheet(after=f'<mergeCells><mergeCell ref="{WHOLE}"/></mergeCells>')
        )
    data = bytearray(path.read_bytes())
    if hurt == "damaged":
        data[data.index(b"first") + len(b"first") + 3] ^= 0xFF
    else:
        for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(CaseError, match="'first' inside it is damaged or locked"):
        ti.read_tables(path)


def test_a_large_honest_workbook_is_read(tmp_path):
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("national")
    page.append(["best", "period_start", "period_end"])
    for _ in range(3000):
        page.append([3.65e8, "2023-01-01", "2023-12-31"])
    book.save(tmp_path / "book.xlsx")
    assert len(ti.read_tables(tmp_path / "book.xlsx")["national"]) == 3000


# --- nothing leads out of the folder --------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """A copy of a case beside a file that is none of its business."""
    (tmp_path / "secret.csv").write_text("password\n1234\n")
    return Path(shutil.copytree(SMALL, tmp_path / "case"))


def with_descriptor(folder, **entries):
    path = folder / "datapackage.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))
    return folder


@pytest.mark.parametrize(
    "path", ["../secret.csv", "..\\secret.csv", "/etc/passwd", "sub/../../secret.csv", "..", "a\0b", "caf\xe9\n"]
)
def test_a_descriptor_names_no_file_outside_its_folder(small, path):
    entry = {"name": "x", "path": path, "hash": "sha256:0"}
    with pytest.raises(CaseError, match=r"the resource .* a path that leads out of the case folder") as caught:
        ti.load_case(with_descriptor(small, resources=[entry]))
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize("name", ["fx.csv", "assumptions.toml", "datapackage.json"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(small, name):
    (small / name).unlink()
    (small / name).symlink_to(small.parent / "secret.csv")
    with pytest.raises(CaseError, match="a link that leads out of the case folder") as caught:
        ti.load_case(small)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("outlines", ["../../pyproject.toml", "/etc/passwd", "../../../etc/passwd", "a\0b", ".."])
def test_a_case_names_no_outlines_outside_the_data_of_the_library(outlines):
    with pytest.raises(CaseError, match="lacks its data file"):
        data_file(f"outlines/{outlines}")


def test_a_case_name_cannot_lead_out_of_the_folder_it_is_saved_to(small, tmp_path):
    for name in ("../out", "/out", "a/b", ".."):
        with pytest.raises(CaseError, match="name"):
            ti.load_case(with_descriptor(small, name=name))


def test_names_that_become_file_names_cannot_lead_out(small, tmp_path):
    from tradeimpact.briefing.build import stem_of

    case = ti.load_case(small)
    for name in ("../out", "/etc/x", "a/b", "..", "a\\b", ".", "", "x", "con"):
        stem = stem_of(dataclasses.replace(case, name=name), case.baseline_until)
        assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", stem)
    window = {"start": "2001-06-01", "end": "2001-06-02", "draws": 8}
    for names in (("../out", "b"), ("a", "../b"), ("a", "b/c"), ("a", "..")):
        with pytest.raises(TradeImpactError, match="part of a file name"):
            ti.run_grid({names[0]: case}, {names[1]: None}, to=tmp_path / "grid", **window)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "secret.csv"]


# --- text of a case stays text --------------------------------------------------------------------------------

CELLS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "'=1",
    "''=1",
    "\uff1d1+1",
    CALL,
    "-",
    "- a",
)
PLAIN = ("Torkham", "-3.5", "+4", "1e5", "-1e-3", "'Ndjamena", "'", "", "a=b", "2001-06-10")


@pytest.mark.parametrize("cell", [*CELLS, *PLAIN])
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised_and_comes_back_the_same(cell):
    assert restored(neutral(cell)) == cell
    assert (neutral(cell) == cell) == (cell in PLAIN)
    assert neutral(-3.5) == -3.5


class Markup(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


def assert_harmless(page):
    """No tag runs, loads or sends anything; the text that tried to be one is there as text."""
    markup = Markup(page)
    assert not {tag for tag, _ in markup.tags} & {
        "script", "iframe", "object", "embed", "form", "base", "link", "applet", "frame", "input", "svg", "math",
    }  # fmt: skip
    for tag, attributes in markup.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("srcset", "srcdoc", "action")]
        for name in ("href", "src"):
            address = attributes.get(name) or "#"
            assert re.match(r"#|data:image/(svg\+xml|png);base64,|https?://", address), (tag, address)
            assert not address.startswith("http") or tag == "a"
        assert tag != "meta" or attributes.get("http-equiv", "") in ("", "Content-Security-Policy")
    return "".join(markup.text)


def assert_safe_svg(data):
    """An SVG without scripts, handlers and addresses that load."""
    for element in ElementTree.fromstring(data).iter():
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "iframe", "animate", "set", "handler")
        for name, value in element.attrib.items():
            local = name.rpartition("}")[2]
            assert not local.startswith("on")
            assert local not in ("href", "src") or value.startswith(("#", "data:image/png;base64,"))
            assert all(address.startswith("#") for address in re.findall(r"url\(['\"]?([^)]*)", value))
        assert not re.search(r"@import|expression\(", element.text or "") or not element.tag.endswith("style")


def hostile(folder):
    """A copy of a synthetic case whose texts try to be markup, formulas, addresses that run, mathematics."""
    shutil.copytree(SYNTHETIC, folder)
    put = {
        "crossings": {"name": [f"North {SCRIPT}", f"South {IMAGE}", CALL], "note": ["+1", "-1", "@x"]},
        "authorities": {"name": ["Government", "Nobody", f"Rebels {SCRIPT}"]},
        "sources": {"title": [IMAGE], "url": ['http://a.example/"onmouseover="alert(3)'], "note": [SCRIPT]},
        "reports": {"statement": [SCRIPT, IMAGE, CALL], "note": ["=1+1"], "claimed_by": [f"invented rebel {SCRIPT}"]},
    }
    for table, columns in put.items():
        path = folder / f"{table}.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for column, values in columns.items():
            for row, value in zip(rows, values, strict=False):
                row[column] = value
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    package(folder, title=f"{SCRIPT} $\\frac{{1}} {{{{ 7 * 7 }}}} {IMAGE} (synthetic)")
    return folder


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory):
    """Every file of a briefing, a run and a grid on a hostile case, made by an invented user in a named folder.

    One chart is drawn and stands for all of a briefing's, and two of a run's.
    """
    from tradeimpact import output
    from tradeimpact.briefing import build, pictures, write_brief

    place = tmp_path_factory.mktemp("folder-of-invented-user")
    case = ti.load_case(hostile(place / "case"))

    def drawn(facts, official):
        once = pictures.drawn_figure(facts, "holders", place)
        return {name: dataclasses.replace(once, name=name) for name in pictures.CAPTIONS}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("USER", "invented-user")
        patch.setenv("LOGNAME", "invented-user")
        patch.setenv("HOME", str(place))
        patch.setattr(build, "draw_figures", drawn)
        patch.setattr(output, "CHARTS", ("bridge", "holders"))
        paths = write_brief(case, since="2001-06-20", draws=32, to=place / "out" / "brief")
        scenario = ti.Scenario(f"{SCRIPT} {IMAGE}").capture("north_gate", on="2001-06-12")
        result = ti.simulate(case, scenario, start="2001-06-01", end="2001-06-10", draws=32, rng=1)
        paths += output.write_run(result, place / "out" / "run")
        days = {"start": "2001-06-01", "end": "2001-06-04"}
        ti.run_grid({"a": case}, {"b": scenario}, to=place / "out" / "grid", draws=32, rng=1, **days)
        save_case(case, place / "out" / "saved")
    files = {}
    for path in sorted((place / "out").rglob("*")):
        if path.is_file():
            files[path.relative_to(place / "out").as_posix()] = path.read_bytes()
    for name in [name for name in files if name.endswith((".zip", ".pptx", ".docx"))]:
        with zipfile.ZipFile(io.BytesIO(files[name])) as archive:
            files |= {f"{name}!{member}": archive.read(member) for member in archive.namelist()}
    return case, result, files, place


def test_a_page_of_a_hostile_case_holds_its_text_and_no_markup_of_it(handed_over):
    case, result, files, _ = handed_over
    page = next(data for name, data in files.items() if name.endswith(".html")).decode("utf-8")
    text = assert_harmless(page)
    for evil in (SCRIPT, IMAGE, CALL, "{{ 7 * 7 }}"):
        assert evil in text
    for shown in (case, result, result.report(), result.trace("north_gate"), result.trace("government_loss")):
        assert_harmless(shown._repr_html_())


def test_the_panel_of_a_hostile_case_holds_no_markup_of_it(handed_over, monkeypatch):
    widgets = pytest.importorskip("ipywidgets", reason="pip install .[explore]")
    from tradeimpact.explore import show
    from tradeimpact.explore.panel import Panel
    from tradeimpact.explore.state import Plan

    monkeypatch.setattr(show, "_png", lambda draw: "")
    case = handed_over[0]
    plan = Plan.begin(case, ti.Scenario(SCRIPT).capture("north_gate", on="2001-06-12"), end="2001-06-20", draws=32)
    Panel(plan)
    pages = [w.value for w in widgets.widgets.widget._instances.values() if isinstance(w, widgets.HTML)]
    assert pages
    for page in pages:
        assert not re.search(r"<script|<img src=x", page)


def test_pictures_of_a_hostile_case_hold_no_script_and_load_nothing(handed_over):
    drawings = [data for name, data in handed_over[2].items() if name.endswith(".svg")]
    assert len(drawings) > 2
    for data in drawings:
        assert_safe_svg(data)
    page = next(data for name, data in handed_over[2].items() if name.endswith(".html")).decode("utf-8")
    for drawing in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page):
        assert_safe_svg(base64.b64decode(drawing))


def test_slides_and_document_are_whole_xml_and_link_to_web_pages_only(handed_over):
    members = {name: data for name, data in handed_over[2].items() if re.search(r"(pptx|docx)!", name)}
    assert members
    for name, data in members.items():
        assert "vbaProject" not in name
        if not name.endswith((".xml", ".rels")):
            continue
        for element in ElementTree.fromstring(data).iter():
            if element.get("TargetMode") == "External":
                assert element.get("Target").startswith(("http://", "https://"))


def test_no_cell_of_a_table_that_is_handed_over_would_run_and_numbers_stay_numbers(handed_over):
    tables = {name: data.decode("utf-8") for name, data in handed_over[2].items() if name.endswith(".csv")}
    assert len(tables) > 20
    negative = 0
    for name, text in tables.items():
        for row in csv.reader(io.StringIO(text, newline="")):
            for cell in row:
                number = re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?", cell)
                negative += bool(number and cell.startswith("-"))
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
    assert negative  # or the test has seen none


def test_a_hostile_case_that_is_saved_comes_back_the_same(handed_over):
    case, place = handed_over[0], handed_over[3]
    again = ti.load_case(place / "out" / "saved")
    assert again.crossings["name"].tolist()[2] == CALL
    for name in ("crossings", "reports", "sources", "authorities"):
        pd.testing.assert_frame_equal(again.tables[name], case.tables[name])


def test_no_user_no_computer_and_no_folder_is_in_any_byte_that_is_handed_over(handed_over):
    _, _, files, place = handed_over
    names = {"invented-user", str(place), str(Path.home()), str(Path(__file__).parents[1]), sys.prefix, str(Path.cwd())}
    names |= {name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 4}
    secrets = [name.encode(code) for name in names for code in ("utf-8", "utf-16-le")]
    told = [(name, secret) for name, data in files.items() for secret in secrets if secret in data]
    assert {suffix for name in files for suffix in [name.rpartition(".")[2]]} >= {"nc", "json", "png", "svg", "yaml"}
    assert told == []
