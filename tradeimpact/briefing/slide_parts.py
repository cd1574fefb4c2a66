"""Small pieces of a slide: layouts of a template, text with raised footnote numbers, points, rules, page numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import TradeImpactError
from .parts import printable

POINT = 12700  # of PowerPoint's units
BLUE, INK, SOFT, RULE = "0072B2", "222222", "555555", "BBBBBB"
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


def _add(parent: Any, name: str, **values: str) -> Any:
    child = parent.makeelement(f"{DRAWING}{name}", values)
    parent.append(child)
    return child
