"""A briefing says what the results say, in one voice, the same in every form and to the byte."""

import dataclasses
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import docx
import pandas as pd
import pptx
import pytest
from pptx.enum.shapes import MSO_SHAPE_TYPE

import tradeimpact as ti
from tradeimpact import TradeImpactError
from tradeimpact.briefing import build
from tradeimpact.briefing.archive import render_archive
from tradeimpact.briefing.build import content_of, stem_of
from tradeimpact.briefing.changes import what_changed
from tradeimpact.briefing.content import Cell, Paragraph
from tradeimpact.briefing.document import render_document
from tradeimpact.briefing.facts import gather_facts, last_day
from tradeimpact.briefing.html import render_html, safe_url
from tradeimpact.briefing.judgements import key_judgements
from tradeimpact.briefing.notes import footnotes, source_section
from tradeimpact.briefing.official import official_figures
from tradeimpact.briefing.parts import column_widths, glued, lines_of, pages_of, zipped
from tradeimpact.briefing.pictures import drawn_figure
from tradeimpact.briefing.slides import render_slides
from tradeimpact.briefing.words import SCALE, chance, likelihood, spread_cells
from tradeimpact.briefing.write import write_brief
from tradeimpact.figures.text import estimate

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
SINCE, DAY = "2001-06-20", "2001-07-31"
DRAWS = 64


@pytest.fixture(scope="module")
def facts():
    return gather_facts(ti.load_case(SYNTHETIC), as_of=None, since=SINCE, draws=DRAWS, rng=1)


@pytest.fixture(scope="module")
def content(facts):
    return content_of(facts)


@pytest.fixture(scope="module")
def made(content):
    """The files by suffix."""
    renderers = {".html": render_html, ".pptx": render_slides, ".docx": render_document}
    return {suffix: render(content) for suffix, render in renderers.items()} | {".zip": render_archive(content)}


@pytest.fixture(scope="module")
def page(made):
    return made[".html"].decode()


@pytest.fixture(scope="module")
def deck(made):
    return pptx.Presentation(io.BytesIO(made[".pptx"]))


@pytest.fixture(scope="module")
def document(made):
    return docx.Document(io.BytesIO(made[".docx"]))


@pytest.fixture(scope="module")
def short(content):
    """The judgements alone, without footnotes."""
    plain = tuple(Paragraph(p.text) for p in content.judgements.paragraphs)
    section = dataclasses.replace(content.judgements, paragraphs=plain)
    return dataclasses.replace(content, judgements=section, sections=(), footnotes=())


@pytest.fixture(scope="module")
def afghan():
    """As known on the day on which the ministry spoke of its first month."""
    case = ti.load_case("afghanistan-2021")
    return gather_facts(case, as_of="2021-07-27", since=None, draws=32, rng=1)


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


# --- likelihood words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [  # Intelligence Community Directive 203 (2015), section D.6.e(2)(a)
        (0.01, 0.04, "almost no chance"), (0.05, 0.19, "very unlikely"), (0.20, 0.44, "unlikely"),
        (0.45, 0.54, "roughly even chance"), (0.55, 0.79, "likely"), (0.80, 0.94, "very likely"),
        (0.95, 0.99, "almost certain"),
    ],
)  # fmt: skip
def test_likelihood_words_are_those_of_the_directive(low, high, word):
    assert likelihood(low) == likelihood(high) == word


def test_the_word_fits_the_rounded_probability_beside_it():
    for thousandth in range(1001):
        p = thousandth / 1000
        shown = {"<1 %": 0, ">99 %": 100}.get(chance(p)) if chance(p)[0] in "<>" else int(chance(p)[:-2])
        begin = dict(zip([word for word, _ in SCALE], [0, *(end for _, end in SCALE)], strict=False))
        assert begin[likelihood(p)] <= shown <= dict(SCALE)[likelihood(p)]


def test_every_likelihood_word_of_the_judgements_has_its_probability_beside_it(content, afghan):
    words = "|".join(sorted((word for word, _ in SCALE), key=len, reverse=True))
    for section in (content.judgements, key_judgements(afghan, "")):
        text = " ".join(p.text for p in section.paragraphs)
        assert len(re.findall(words, text)) >= 4
        for word, shown in re.findall(
            rf"({words})(?: that the government did not hold [^()]*| )\(([<>]?\d+) %\)", text
        ):
            p = {"<1": 0.0, ">99": 1.0}.get(shown) if shown[0] in "<>" else int(shown) / 100
            assert likelihood(p) == word
        assert not re.search(r"\b(probabl[ey]|possibl[ey]|might|perhaps)\b", text)


# --- what it says ---------------------------------------------------------------------------------------------


def test_the_first_judgements_say_what_the_report_of_the_result_says(facts, content):
    report = facts.result.report().text
    for line in ("government_loss", "insurgent_gain", "baseline"):
        row = facts.result.summary().loc[line]
        words = estimate(row["median"], row["low"], row["high"], currency="XTS")
        assert words in report
        assert words in " ".join(p.text for p in content.judgements.paragraphs[:2])


def test_loss_and_gain_are_judged_apart(content):
    loss, gain = content.judgements.paragraphs[:2]
    assert "insurgent" not in loss.text.lower()
    assert gain.text.startswith("The insurgents' gain")


def test_where_nothing_falls_nothing_is_judged_lost(facts):
    quiet = ti.simulate(facts.case, None, start="2001-06-01", end=DAY, draws=16, rng=1)
    told = key_judgements(dataclasses.replace(facts, result=quiet), "").paragraphs[0].text
    assert told.startswith("Nothing changes")


def test_only_official_figures_published_by_the_day_stand_beside_ours(afghan):
    shown = official_figures(afghan)
    assert set(shown.table.data["outcome"]) == {"oc001", "oc004"}  # oc002 and oc005 came on 10 August
    later = dataclasses.replace(afghan, case=ti.load_case("afghanistan-2021").as_of("2021-08-10"))
    assert {"oc002", "oc005"} <= set(official_figures(later).table.data["outcome"])


def test_ours_beside_an_official_figure_is_the_model_over_the_same_days(afghan):
    shown = official_figures(afghan)
    case = ti.load_case("afghanistan-2021")
    month = ti.simulate(
        case, case.as_reported(), as_of="2021-07-27", start="2021-06-22", end="2021-07-22", draws=32, rng=1
    )
    row = shown.table.data.set_index("outcome").loc["oc004"]
    expected = month.summary().loc["government_revenue"]
    assert row["median"] == pytest.approx(expected["median"], rel=1e-9)
    assert row["ours_high"] == pytest.approx(expected["high"], rel=1e-9)
    pd.testing.assert_frame_equal(shown.methods, month.rivals(), rtol=1e-9)
    assert pd.isna(shown.table.data.set_index("outcome").loc["oc001", "median"])  # before the first treated day
    assert "cannot calibrate" in shown.sentence


def test_no_target_figure_is_passed_over_in_the_judgement():
    case = ti.load_case("myanmar-2023")
    known = gather_facts(case, as_of="2024-03-31", since=None, draws=16, rng=1)
    shown = official_figures(known)
    assert len(shown.table.rows) == 2
    assert "Of 1 more on other crossings or days" in shown.sentence


def test_what_changed_compares_the_same_days_as_known_then_and_now(facts):
    case = ti.load_case(SYNTHETIC)
    then = ti.simulate(case, case.as_reported(), as_of=SINCE, start="2001-06-01", end=DAY, draws=DRAWS, rng=1)
    section = what_changed(facts)
    table = section.tables[0].data.set_index(["known", "line"])
    assert table.loc[("then", "government_loss"), "median"] == then.summary().loc["government_loss", "median"]
    now = facts.result.summary().loc["government_loss", "median"]
    assert table.loc[("now", "government_loss"), "median"] == now
    statements = next(t for t in section.tables if t.name == "new_statements")
    new = case.reports[(case.reports["about"] == "control") & (case.reports["published_latest"] > SINCE)]
    assert set(statements.data["report"]) == set(new["report"])
    assert "rp001" not in set(new["report"])


def test_without_an_earlier_day_nothing_is_said_to_have_changed(afghan):
    assert what_changed(afghan) is None


def test_numbers_of_a_table_are_rounded_to_what_their_interval_supports():
    cells = spread_cells((2.04e9, 1.23e9, 3.39e9), 1.23e9, 3.39e9, 1e6)
    assert [cell.text for cell in cells] == ["2,000", "1,200", "3,400"]  # half of 2.16 bn supports the nearest 0.1 bn


def test_a_briefing_without_a_day_is_as_of_the_end_of_the_period(facts):
    assert str(last_day(facts.case)) == DAY
    assert str(last_day(ti.load_case("afghanistan-2021"))) == "2021-08-15"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"as_of": "2001-05-31"}, "begins on 2001-06-01"),
        ({"since": DAY}, "must lie between"),
        ({"since": "2001-01-01"}, "a week before the crisis"),
    ],
)
def test_days_outside_the_crisis_are_refused(tmp_path, days, words):
    with pytest.raises(TradeImpactError, match=words):
        write_brief(ti.load_case(SYNTHETIC), to=tmp_path, draws=8, **days)
    assert not list(tmp_path.iterdir())


# --- provenance -----------------------------------------------------------------------------------------------


def test_every_number_has_a_footnote_that_leads_to_rows(content):
    keys = {note.key for note in content.footnotes}
    named = {key for s in content.parts for p in s.paragraphs for key in p.notes}
    named |= {key for s in content.parts for t in s.tables for row in t.rows for cell in row for key in cell.notes}
    assert named <= keys
    assert [note.number for note in content.footnotes] == list(range(1, len(content.footnotes) + 1))
    for name in ("headlines", "parts", "by_crossing"):
        table = next(t for s in content.parts for t in s.tables if t.name == name)
        assert all(row[0].notes for row in table.rows)
    rows = {note.key: note.table for note in content.footnotes}
    assert {"reports rp001", "baseline north_gate"} <= {row[0].text for row in rows["north_gate"].rows}
    assert set(content.provenance["of"]) >= {"north_gate", "government_loss"}


def test_every_source_behind_a_number_is_listed(afghan):
    _, traced = footnotes(afghan)
    listed = {row[0].text for row in source_section(afghan, traced, ()).tables[0].rows}
    named = set(";".join(traced["source"]).split(";")) - {""}
    assert named <= listed


# --- the forms ------------------------------------------------------------------------------------------------


def texts(content):
    """Everything that all forms must say."""
    yield content.title
    for section in content.parts:
        yield section.title
        yield from (p.text for p in section.paragraphs)
        yield from (f.caption for f in section.figures)
        for table in section.tables:
            yield from (table.caption, table.note, *table.columns)
            yield from (cell.text for row in table.rows for cell in row)
    yield from (note.text for note in content.footnotes)


def test_the_page_the_slides_and_the_document_say_the_same(content, page, deck, document):
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    frames = [shape.text_frame for shape in shapes if shape.has_text_frame]
    frames += [c.text_frame for s in shapes if s.has_table for row in s.table.rows for c in row.cells]
    runs = {run.text for frame in frames for p in frame.paragraphs for run in p.runs}
    words = {run.text for p in document.paragraphs for run in p.runs}
    cells = {c.text for t in document.tables for row in t.rows for c in row.cells}
    words |= {run.text for t in document.tables for row in t.rows for c in row.cells for run in c.paragraphs[0].runs}
    whole = " ".join("".join(Page(page).words).split())
    for text in filter(None, map(glued, texts(content))):
        assert " ".join(text.split()) in whole
        assert text in runs
        assert text in words | cells


def test_every_picture_has_its_alternative_text(content, page, deck, document):
    wanted = [figure.alt for section in content.parts for figure in section.figures]
    assert len(wanted) >= 6
    assert all(len(alt) > 40 for alt in wanted)
    assert [glued(i["alt"]) for i in Page(page).all("img")] == [glued(alt) for alt in wanted]
    pictures = [s for slide in deck.slides for s in slide.shapes if s.shape_type == MSO_SHAPE_TYPE.PICTURE]
    assert [p._element.nvPicPr.cNvPr.get("descr") for p in pictures] == wanted
    assert [shape._inline.docPr.get("descr") for shape in document.inline_shapes] == wanted


def test_tables_of_slides_and_document_are_native(content, deck, document):
    count = sum(len(section.tables) for section in content.parts)
    tables = [shape for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert len(tables) >= count
    assert len(document.tables) == count + sum(bool(note.table.rows) for note in content.footnotes)
    assert all(t.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for t in document.tables)


def test_a_deck_shows_fifteen_slides_at_most_and_has_the_rest_behind_a_slide_that_says_so(afghan, deck):
    """A briefing of a morning: what is for reading stands in the appendix, and PowerPoint lists both as sections."""
    since = dataclasses.replace(afghan, since=date(2021, 7, 14), before=afghan.result, lost_before=1 - afghan.lost)
    longest = pptx.Presentation(io.BytesIO(render_slides(content_of(since))))
    for made in (longest, deck):
        titles = [slide.shapes.title.text for slide in made.slides]
        shown = titles.index("Appendix")
        assert shown <= 15
        assert {"Assumptions", "Sources", "Rows behind the numbers"} <= set(titles[shown:])
        assert not {"Assumptions", "Sources", "Rows behind the numbers"} & set(titles[:shown])
        listed = made.part._element.xpath("./p:extLst/p:ext/*[local-name() = 'sectionLst']/*")
        assert [section.get("name") for section in listed] == ["Briefing", "Appendix"]
        assert [len(section[0]) for section in listed] == [shown, len(titles) - shown]


def test_no_heading_and_no_number_is_cut_by_its_column(content):
    for table in (t for section in content.parts for t in section.tables):
        for room, size in ((888.0, 9.0), (499.0, 7.5)):
            widths = column_widths(table, room, size, 4.0)
            assert sum(widths) == pytest.approx(room)
            for number, name in enumerate(table.columns):
                assert widths[number] > 0.4 * room * table.widths[number] / sum(table.widths), "squeezed by the others"
                words = [name, *[row[number].text for row in table.rows if table.numeric[number]]]
                cut = [w for text in words for w in glued(text).split(" ") if lines_of(w, widths[number] - 8, size) > 1]
                assert not cut, (table.name, name)


def test_nothing_on_a_slide_leaves_it_or_covers_something_else(deck):
    for number, slide in enumerate(deck.slides, start=1):
        boxes = [(s.name, s.left, s.top, s.left + s.width, s.top + s.height) for s in slide.shapes]
        for name, left, top, right, bottom in boxes:
            assert left >= 0, (number, name)
            assert top >= 0, (number, name)
            assert right <= deck.slide_width + 1, (number, name)
            assert bottom <= deck.slide_height + 1, (number, name)
        for i, one in enumerate(boxes):
            for other in boxes[:i]:
                apart = one[1] >= other[3] or other[1] >= one[3] or one[2] >= other[4] - 1 or other[2] >= one[4] - 1
                assert apart, (number, one[0], other[0])


def test_synthetic_data_say_so_on_every_page(content, page, deck, document):
    assert content.synthetic
    assert "synthetic" in content.stem
    for slide in deck.slides:
        words = [s.text_frame.text for s in slide.shapes if s.has_text_frame]
        assert any("SYNTHETIC DATA" in text for text in words)
    assert "SYNTHETIC DATA" in document.sections[0].footer.paragraphs[0].text
    assert '<p class="synthetic">Synthetic data</p>' in page
    assert any("Synthetic data" in p.text for s in content.parts for p in s.paragraphs)
    own = dataclasses.replace(ti.load_case(SYNTHETIC), name="mine")
    assert stem_of(own, content.day) == f"mine-synthetic-briefing-{DAY}"


def test_the_page_needs_no_network_and_runs_nothing(page):
    found = Page(page)
    assert not {"script", "iframe", "object", "embed", "link", "form"} & {tag for tag, _ in found.tags}
    assert all(i["src"].startswith("data:image/svg+xml;base64,") for i in found.all("img"))
    assert not re.search(r"url\(|@import|javascript:", page)
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]


def test_the_page_is_laid_out_for_screen_readers(content, page):
    found = Page(page)
    assert found.all("html")[0]["lang"] == "en-GB"
    tags = [tag for tag, _ in found.tags]
    assert [tags.count(tag) for tag in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
    assert tags.count("h2") == len(content.parts) + 1
    assert tags.count("caption") == tags.count("table")
    assert {attributes.get("scope") for attributes in found.all("th")} == {"col", "row"}
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = {a["href"][1:] for a in found.all("a") if a["href"].startswith("#")}
    assert inside <= set(ids)
    assert {f"note-{note.key}" for note in content.footnotes} <= set(ids)


def test_text_of_a_case_is_never_taken_for_markup(content):
    evil = '<script>alert("1")</script> & "q"'
    row = (Cell(evil, links=((evil, "javascript:alert(1)"),)), Cell(evil))
    table = dataclasses.replace(content.judgements.tables[0], rows=(row,), caption=evil, note=evil)
    figure = dataclasses.replace(content.sections[0].figures[0], alt=evil, caption=evil)
    section = dataclasses.replace(content.judgements, title=evil, paragraphs=(Paragraph(evil),), tables=(table,))
    section = dataclasses.replace(section, figures=(figure,))
    bad = dataclasses.replace(content, title=evil, judgements=section, sections=(), footnotes=())
    page = render_html(bad).decode()
    assert "<script" not in page
    assert "javascript:" not in page
    assert Page(page).all("img")[0]["alt"] == evil
    assert safe_url("https://a.org/x") == "https://a.org/x"
    for render in (render_slides, render_document):
        with zipfile.ZipFile(io.BytesIO(render(bad))) as made:
            links = [made.read(name) for name in made.namelist() if name.endswith(".rels")]
        assert not any(b"javascript:" in data for data in links)


def test_control_signs_in_a_text_break_no_file(short):
    odd = dataclasses.replace(short, title="A\x0bB\x00C")
    odd = dataclasses.replace(odd, judgements=dataclasses.replace(odd.judgements, paragraphs=(Paragraph("x\x07y"),)))
    assert pptx.Presentation(io.BytesIO(render_slides(odd))).slides[0].shapes.title.text == "ABC"
    assert docx.Document(io.BytesIO(render_document(odd))).paragraphs[0].text == "ABC"


# --- files ----------------------------------------------------------------------------------------------------


def test_the_same_case_and_seed_give_the_same_bytes(made, content, tmp_path, monkeypatch):
    figures = {figure.name: figure for section in content.parts for figure in section.figures}
    monkeypatch.setattr(build, "draw_figures", lambda *_: figures)  # drawn twice below
    case = ti.load_case(SYNTHETIC)
    for path in write_brief(case, since=SINCE, draws=DRAWS, to=tmp_path / "new"):
        assert path.name == f"synthetic-3-briefing-{DAY}{path.suffix}"
        assert path.read_bytes() == made[path.suffix], path.name


def test_a_figure_drawn_again_has_the_same_bytes(facts, content, tmp_path):
    again = drawn_figure(facts, "ledgers", tmp_path)
    assert again == next(f for section in content.parts for f in section.figures if f.name == "ledgers")


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(made, tmp_path):
    command = [sys.executable, "-m", "tradeimpact", "brief", str(SYNTHETIC), "--since", SINCE]
    command += ["--draws", str(DRAWS), "--to", str(tmp_path / "new")]
    environment = os.environ | {"PYTHONHASHSEED": "7", "MPLBACKEND": "agg"}
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.split()
    stem = f"synthetic-3-briefing-{DAY}"
    assert [Path(line).name for line in out] == [f"{stem}{suffix}" for suffix in (".html", ".pptx", ".docx", ".zip")]
    for line in out:
        ours = made[Path(line).suffix]
        assert hashlib.sha256(Path(line).read_bytes()).digest() == hashlib.sha256(ours).digest(), line


def test_the_archive_holds_every_figure_with_its_data_and_names_what_made_it(content, made):
    with zipfile.ZipFile(io.BytesIO(made[".zip"])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert (manifest["case"], manifest["as_of"], manifest["since"]) == ("synthetic-3", DAY, SINCE)
    assert (manifest["draws"], manifest["seed"]) == (DRAWS, 1)
    names = [figure.name for section in content.parts for figure in section.figures]
    assert {f"figures/{name}.{kind}" for name in names for kind in ("svg", "png", "csv", "json")} <= set(files)
    headlines = pd.read_csv(io.BytesIO(files["tables/headlines.csv"]))
    assert headlines["line"].tolist()[:2] == ["baseline", "government_revenue"]
    assert len(pd.read_csv(io.BytesIO(files["provenance.csv"]))) == len(content.provenance)


def test_no_clock_no_user_and_no_path_is_in_a_file(made, deck, document):
    for core in (deck.core_properties, document.core_properties):
        assert core.author.startswith("tradeimpact")
        assert core.last_modified_by == core.author
        assert {str(core.created.date()), str(core.modified.date())} == {DAY}
        assert core.comments == ""
    inside = []
    for suffix in (".pptx", ".docx", ".zip"):
        with zipfile.ZipFile(io.BytesIO(made[suffix])) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            inside += [archive.read(name) for name in archive.namelist() if not name.endswith((".png", ".jpeg"))]
    inside.append(re.sub(rb"base64,[^\"]*", b"", made[".html"]))
    home = str(Path.home()).encode()
    here = str(Path(__file__).parents[1]).encode()
    assert not any(home + b"/" in data or here in data or b"Canny" in data for data in inside)


# --- templates ------------------------------------------------------------------------------------------------


def test_a_template_of_ones_own_takes_the_place_of_ours(short, tmp_path):
    page = tmp_path / "mine.html"
    page.write_text("<h1>{{ b.title }}</h1>{{ b.judgements.paragraphs[0].text }}<p>Mine</p>", encoding="utf-8")
    assert render_html(short, page).decode().endswith("<p>Mine</p>")
    slides = pptx.Presentation()
    slides.slides.add_slide(slides.slide_layouts[6])
    slides.core_properties.author = "Somebody"
    slides.save(tmp_path / "mine.pptx")
    made = pptx.Presentation(io.BytesIO(render_slides(short, tmp_path / "mine.pptx")))
    assert (made.slide_width, len(made.slides[0].shapes)) == (slides.slide_width, 0)
    assert made.slides[1].shapes.title.text == short.title
    assert made.core_properties.author.startswith("tradeimpact")
    paper = docx.Document()
    paper.add_paragraph("Our letterhead")
    paper.save(tmp_path / "mine.docx")
    written = docx.Document(io.BytesIO(render_document(short, tmp_path / "mine.docx")))
    assert [p.text for p in written.paragraphs[:2]] == ["Our letterhead", short.title]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.html", "{% for x in %}", "a.html, line 1"),
        ("a.html", "{{ b.nothing_like_it }}", "a.html: .*nothing_like_it"),
        ("a.html", "{{ b.__class__.__mro__ }}", "a.html: "),
        ("a.pptx", "no deck", "a.pptx cannot be read as PowerPoint"),
        ("a.docx", "no document", "a.docx cannot be read as a Word document"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(short, tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    render = {".html": render_html, ".pptx": render_slides, ".docx": render_document}[path.suffix]
    with pytest.raises(TradeImpactError, match=words):
        render(short, path)


def test_templates_are_checked_before_any_work(tmp_path):
    case = ti.load_case(SYNTHETIC)
    for name in ("a.pptx", "b.pptx"):
        (tmp_path / name).write_bytes(b"")
    for given, words in (
        (["a.txt"], "expected a file that ends in"),
        (["none.pptx"], "there is no such file"),
        (["a.pptx", "b.pptx"], "both for .pptx; give one"),
    ):
        with pytest.raises(TradeImpactError, match=words):
            write_brief(case, to=tmp_path / "out", templates=[tmp_path / name for name in given])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("module", "render"), [("jinja2", render_html), ("pptx", render_slides), ("docx", render_document)]
)
def test_a_missing_library_is_named_with_what_installs_it(short, monkeypatch, module, render):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(TradeImpactError, match=r"pip install 'tradeimpact\[brief\]'"):
        render(short)


# --- fitting --------------------------------------------------------------------------------------------------


def test_text_is_reckoned_to_take_the_lines_it_takes():
    assert lines_of("", 100, 10) == lines_of("a few words", 400, 10) == 1
    assert lines_of("word " * 40, 200, 10) > lines_of("word " * 20, 200, 10) > 1
    assert lines_of("x" * 200, 100, 10) > 5  # a long address is cut


def test_rows_are_cut_into_pages_without_losing_one():
    heights = [3.0, 1.0, 1.0, 9.0, 1.0, 2.0]
    pages = pages_of(heights, 4.0)
    assert [number for page in pages for number in range(page.start, page.stop)] == list(range(6))
    assert all(sum(heights[page]) <= 4.0 or page.stop - page.start == 1 for page in pages)


def test_a_zip_of_the_same_files_has_the_same_bytes():
    assert zipped({"a": b"1", "b": b"2"}) == zipped({"a": b"1", "b": b"2"})
