"""Small pieces of a deck: page, layouts, sections, footnotes as a table; of a slide: text, points, rules, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import TradeImpactError
from .content import Cell, Content, Table
from .parts import printable

WIDE = (960.0, 540.0)  # points: 13.33 by 7.5 inches
MARGIN, TITLE_TOP, TITLE_HEIGHT = 36.0, 20.0, 52.0
POINT = 12700  # of PowerPoint's units
BLUE, INK, SOFT, RULE = "0072B2", "222222", "555555", "BBBBBB"
PRESENTATION = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
LATER = "{http://schemas.microsoft.com/office/powerpoint/2010/main}"
SECTIONS = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"  # PowerPoint's mark of an extension that lists sections
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def layouts(deck: Any) -> tuple[Any, Any]:
    """Layout of the first slide (title and subtitle), and the one with a title and least else."""
    found = []
    for layout in deck.slide_layouts:
        kinds = [str(p.placeholder_format.type).split(" ")[0].split(".")[-1] for p in layout.placeholders]
        if any(kind in ("TITLE", "CENTER_TITLE") for kind in kinds):
            body = [k for k in kinds if k not in ("TITLE", "CENTER_TITLE", "DATE", "FOOTER", "SLIDE_NUMBER")]
            found.append((layout, kinds, body))
    if not found:
        raise TradeImpactError("the PowerPoint template has no layout with a title; add one, as 'Title Only'")
    first = next((layout for layout, kinds, _ in found if "SUBTITLE" in kinds), found[0][0])
    plain = min(found, key=lambda entry: (len(entry[2]), "CENTER_TITLE" in entry[1]))[0]
    return first, plain


def bottom(shape: Any) -> float:
    """Lower edge of a shape in points from the top of the slide."""
    return float((shape.top + shape.height) / POINT)


def widen(deck: Any) -> None:
    """Bring the library's own 4:3 template to 16:9, titles to the left."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    wide, high = WIDE
    deck.slide_width, deck.slide_height = Pt(wide), Pt(high)
    for layout in [deck.slide_master, *deck.slide_layouts]:
        for shape in layout.placeholders:
            kind = str(shape.placeholder_format.type)
            if "TITLE" in kind and "SUB" not in kind:
                shape.left, shape.top = Pt(MARGIN), Pt(TITLE_TOP)
                shape.width, shape.height = Pt(wide - 2 * MARGIN), Pt(TITLE_HEIGHT)
                for paragraph in shape.text_frame.paragraphs:
                    paragraph.alignment = PP_ALIGN.LEFT
    first = deck.slide_layouts[0].placeholders
    for shape, top, height in ((first[0], 150.0, 110.0), (first[1], 275.0, 130.0)):
        shape.left, shape.top = Pt(MARGIN), Pt(top)
        shape.width, shape.height = Pt(wide - 2 * MARGIN), Pt(height)


def rgb(colour: str) -> Any:
    """A colour from its six hexadecimal digits."""
    from pptx.dml.color import RGBColor

    make: Any = RGBColor
    return make(*bytes.fromhex(colour))


def runs(
    paragraph: Any,
    text: str,
    notes: Sequence[int],
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    link: str = "",
) -> None:
    """Text of one size, with its footnote numbers raised, as a link where it is one."""
    from pptx.util import Pt

    for words, raised in [(text, False), *[(f"[{n}]", True) for n in notes]]:
        run = paragraph.add_run()
        run.text = printable(words)
        run.font.size, run.font.bold = Pt(size), bold and not raised
        run.font.color.rgb = rgb(colour)
        run._r.get_or_add_rPr().set("lang", "en-GB")
        if raised:
            run._r.get_or_add_rPr().set("baseline", "30000")
        elif link.startswith(("https://", "http://")):
            run.hyperlink.address = link


def bullet(paragraph: Any) -> None:
    """Make a paragraph a point of a list."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(18 * POINT))
    properties.set("indent", str(-18 * POINT))
    _add(properties, "buChar", char="•")


def ruled(cell: Any) -> None:
    """A thin line below a cell."""
    line = _add(cell._tc.get_or_add_tcPr(), "lnB", w=str(POINT * 3 // 4))
    _add(_add(line, "solidFill"), "srgbClr", val=RULE)


def page_number(paragraph: Any, number: int, size: float) -> None:
    """The number of the slide as a field, so that it follows when slides are moved."""
    field = _add(paragraph._p, "fld", id="{6A1B0A52-2D0E-4C7E-9C52-000000000001}", type="slidenum")
    _add(field, "rPr", lang="en-GB", sz=str(round(100 * size)))
    _add(field, "t").text = str(number)


def parted(deck: Any, names: Sequence[str], starts: Sequence[int]) -> None:
    """Sections of the deck, as PowerPoint lists them beside its slides: each from a slide (counted from 0) on."""
    slides = [str(entry.id) for entry in deck.slides._sldIdLst]
    root = deck.part._element
    kept = root.find(f"{PRESENTATION}extLst")
    if kept is None:
        kept = _put(root, f"{PRESENTATION}extLst")
    for one in [one for one in kept if one.get("uri") == SECTIONS]:
        kept.remove(one)  # a template's own do not know the new slides
    listed = _put(_put(kept, f"{PRESENTATION}ext", uri=SECTIONS), f"{LATER}sectionLst")
    for number, (name, start, end) in enumerate(zip(names, starts, [*starts[1:], len(slides)], strict=True), start=1):
        section = _put(listed, f"{LATER}section", name=name, id=f"{{6A1B0A52-2D0E-4C7E-9C52-0000000001{number:02d}}}")
        held = _put(section, f"{LATER}sldIdLst")
        for slide in slides[start:end]:
            _put(held, f"{LATER}sldId", id=slide)


def footnote_table(content: Content) -> Table:
    """Where each number comes from: the sentences; their rows are in the other files."""
    import pandas as pd

    rows = tuple((Cell(f"[{n.number}]"), Cell(n.label), Cell(n.text)) for n in content.footnotes)
    return Table(
        name="footnotes", caption="Footnotes", columns=("No.", "Number", "What it rests on"), rows=rows,
        numeric=(False, False, False), widths=(0.6, 3, 11), data=pd.DataFrame(),
        note="The rows themselves: the page, the document, and provenance.csv among the figures' files.",
    )  # fmt: skip


def _add(parent: Any, name: str, **values: str) -> Any:
    return _put(parent, f"{DRAWING}{name}", **values)


def _put(parent: Any, tag: str, **values: str) -> Any:
    child = parent.makeelement(tag, values, {"p14": LATER[1:-1]} if tag.startswith(LATER) else None)
    parent.append(child)
    return child
