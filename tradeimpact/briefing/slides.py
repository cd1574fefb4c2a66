"""A briefing as PowerPoint: native tables that can be edited, one figure a slide with its alternative text.

What is shown comes first; details, assumptions, sources and footnotes stand behind a slide "Appendix". Heights are
reckoned with a wide font, so that text and rows fit whatever font a template brings; what does not fit goes on to the
next slide. Lengths are in points.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import TradeImpactError
from .content import Content, Figure, Paragraph, Section, Table
from .parts import column_widths, fitted, lines_of, pages_of, png_size, printable, stamped, zipped_again
from .slide_parts import (
    BLUE,
    DRAWING,
    INK,
    MARGIN,
    SOFT,
    bottom,
    bullet,
    footnote_table,
    layouts,
    page_number,
    parted,
    rgb,
    ruled,
    runs,
    widen,
)

FOOT = 34.0
FIRST_TITLE, SUBTITLE, TITLE = 34.0, 18.0, 24.0
TEXT = (16.0, 15.0, 14.0, 13.0)
LEAD, SMALL, FOOTER = 12.0, 11.0, 9.0
ROWS, APPENDIX_ROWS = (11.0, 10.0, 9.0), (9.0,)
NOTES = "Rows behind the numbers"
LINE = 1.22  # height of a line over the size of its letters
RAISED = 1.1
PAD = 4.0  # inside a cell, each side
PLAIN = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # PowerPoint's style "No Style, No Grid"


def render_slides(content: Content, template: Path | None = None) -> bytes:
    """The deck.

    Parameters
    ----------
    content : Content
    template : path, optional
        A .pptx of your own: its masters, fonts and sizes are used, and slides it holds stay in front.

    Raises
    ------
    TradeImpactError
        If python-pptx is not installed, or the template cannot be read or has no layout with a title.
    """
    try:
        from pptx import Presentation
        from pptx.exc import PackageNotFoundError
    except ImportError:
        raise TradeImpactError("slides need python-pptx: pip install 'tradeimpact[brief]'") from None
    try:
        deck: Any = Presentation(None if template is None else str(template))
    except (PackageNotFoundError, KeyError, ValueError) as problem:
        name = "" if template is None else template.name
        raise TradeImpactError(f"{name} cannot be read as PowerPoint ({problem}); save it as .pptx") from None
    if template is None:
        widen(deck)
    _Deck(deck, content, left=template is None).build()
    stamped(deck.core_properties, content)
    made = io.BytesIO()
    deck.save(made)
    return zipped_again(made.getvalue())


class _Deck:
    """A presentation being filled."""

    def __init__(self, deck: Any, content: Content, *, left: bool) -> None:
        self.deck, self.content, self.left = deck, content, left
        self.wide, self.high = deck.slide_width.pt, deck.slide_height.pt
        self.room = self.wide - 2 * MARGIN
        self.first, self.plain = layouts(deck)

    def build(self) -> None:
        c, before = self.content, len(self.deck.slides)
        self._opening(c.title, [c.subtitle], FIRST_TITLE)
        for section in c.parts:
            if not section.appendix:
                self._section(section)
        shown = len(self.deck.slides)
        behind = [(s.title, t) for s in c.parts if not s.appendix for t in s.tables if t.detail]
        rest = [s for s in c.parts if s.appendix]
        self._opening("Appendix", [*[t.caption for _, t in behind], *[s.title for s in rest], NOTES], TITLE)
        for title, table in behind:
            self._table(title, (), table, ROWS)
        for section in rest:
            self._section(section)
        self._table(NOTES, (), footnote_table(c), APPENDIX_ROWS)
        parted(self.deck, [*["Template"][: int(before > 0)], "Briefing", "Appendix"], sorted({0, before, shown}))

    def _opening(self, title: str, lines: Sequence[str], size: float) -> None:
        """A slide that opens the deck or its appendix: a title and what is under it."""
        slide = self.deck.slides.add_slide(self.first)
        self._title(slide, title, size)
        rest = [s for s in slide.placeholders if s.placeholder_format.idx != 0]
        for shape in rest[1:]:
            shape._element.getparent().remove(shape._element)
        if rest:
            self._set(rest[0].text_frame, ". ".join(lines), SUBTITLE)
        self._foot(slide)

    def _section(self, s: Section) -> None:
        tables = [t for t in s.tables if not t.detail]
        if s.listed or not (s.figures or tables):
            self._points(s)
            lead: Sequence[Paragraph] = ()
        else:
            lead = s.paragraphs
        for figure in s.figures:
            self._figure(s.title, lead, figure)
            lead = ()
        for table in tables:
            self._table(s.title, lead, table, APPENDIX_ROWS if s.appendix else ROWS)
            lead = ()

    def _slide(self, title: str, lead: Sequence[Paragraph] = ()) -> tuple[Any, float]:
        """A slide with its title and lead text, and the height at which there is room."""
        slide = self.deck.slides.add_slide(self.plain)
        self._title(slide, title, TITLE)
        self._foot(slide)
        shape = slide.shapes.title
        top = bottom(shape) + 4
        if lead:
            height = sum(self._height(p, LEAD, self.room) for p in lead)
            frame = self._box(slide, top, height)
            self._write(frame, lead, LEAD)
            top += height + 6
        return slide, top

    def _title(self, slide: Any, text: str, size: float) -> None:
        self._set(slide.shapes.title.text_frame, text, size)

    def _set(self, frame: Any, text: str, size: float) -> None:
        """Text of a placeholder: in our own deck to the left in one size, in a template as that has it."""
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        frame.text = printable(text)
        if self.left:
            frame.paragraphs[0].alignment = PP_ALIGN.LEFT
            frame.paragraphs[0].runs[0].font.size = Pt(size)

    def _height(self, p: Paragraph, size: float, width: float) -> float:
        refs = "".join(f"[{self.content.number(k)}]" for k in p.notes)
        return lines_of(p.text + refs, width - 2 * PAD, size) * size * LINE + size / 2

    def _box(self, slide: Any, top: float, height: float, left: float = MARGIN, width: float | None = None) -> Any:
        from pptx.util import Pt

        shape = slide.shapes.add_textbox(Pt(left), Pt(top), Pt(self.room if width is None else width), Pt(height))
        frame = shape.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = Pt(PAD)
        frame.margin_top = frame.margin_bottom = 0
        return frame

    def _write(self, frame: Any, paragraphs: Sequence[Paragraph], size: float, *, colour: str = INK) -> None:
        from pptx.util import Pt

        for number, p in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(size / 2)
            runs(paragraph, p.text, [self.content.number(k) for k in p.notes], size, colour=colour)

    def _foot(self, slide: Any) -> None:
        """Case and day at the bottom left of every slide, its number at the right."""
        from pptx.enum.text import PP_ALIGN

        frame = self._box(slide, self.high - FOOT + 8, FOOTER * LINE, width=self.room - 60)
        runs(frame.paragraphs[0], self.content.running, [], FOOTER, colour=SOFT)
        frame = self._box(slide, self.high - FOOT + 8, FOOTER * LINE, left=self.wide - MARGIN - 60, width=60)
        frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
        page_number(frame.paragraphs[0], len(self.deck.slides), FOOTER)

    def _points(self, s: Section) -> None:
        """Paragraphs as points, over as many slides as they need."""
        room = self.high - FOOT - bottom(self.plain.placeholders[0]) - 8
        for size in TEXT:  # the largest at which all stands on one slide, else the first on several
            heights = [self._height(p, size, self.room - 18) for p in s.paragraphs]
            if sum(heights) <= room:
                break
        else:
            size = TEXT[0]
            heights = [self._height(p, size, self.room - 18) for p in s.paragraphs]
        for number, page in enumerate(pages_of(heights, room)):
            slide, top = self._slide(s.title if number == 0 else f"{s.title} (continued)")
            frame = self._box(slide, top, sum(heights[page]))
            self._write(frame, s.paragraphs[page], size)
            if s.listed:
                for paragraph in frame.paragraphs:
                    bullet(paragraph)

    def _figure(self, title: str, lead: Sequence[Paragraph], figure: Figure) -> None:
        from pptx.util import Pt

        slide, top = self._slide(title, lead)
        below = lines_of(figure.caption, self.room - 2 * PAD, SMALL) * SMALL * LINE + 4
        wide, high = fitted(png_size(figure.files["png"]), self.room, self.high - FOOT - top - below)
        image = io.BytesIO(figure.files["png"])
        shape = slide.shapes.add_picture(image, Pt((self.wide - wide) / 2), Pt(top), Pt(wide), Pt(high))
        shape.name = figure.name.replace("_", " ")
        shape._element.nvPicPr.cNvPr.set("descr", figure.alt)
        self._write(self._box(slide, top + high + 2, below), [Paragraph(figure.caption)], SMALL, colour=SOFT)

    def _table(self, title: str, lead: Sequence[Paragraph], t: Table, sizes: Sequence[float]) -> None:
        """A table over as many slides as it needs, its header on each, its note on the last.

        The largest of the `sizes` at which all stands on one slide, else the first on several.
        """
        note = [Paragraph(t.note)] if t.note else []
        below = sum(self._height(p, SMALL, self.room) for p in note)
        caption = SMALL * LINE + 6
        start = bottom(self.plain.placeholders[0]) + 4
        start += sum(self._height(p, LEAD, self.room) for p in lead) + 6 * bool(lead)
        texts = [t.columns, *[[c.text + self._refs(c) for c in r] for r in t.rows]]
        for size in (*sizes, sizes[0]):
            widths = column_widths(t, self.room, size, PAD)
            heights = [self._row(row, widths, size) for row in texts]
            room = self.high - FOOT - start - caption - heights[0] - below
            if sum(heights[1:]) <= room:
                break
        for number, page in enumerate(pages_of(heights[1:], room)):
            slide, top = self._slide(title if number == 0 else f"{title} (continued)", lead if number == 0 else ())
            words = t.caption if number == 0 else f"{t.caption} (continued)"
            runs(self._box(slide, top, caption).paragraphs[0], words, [], SMALL, bold=True)
            used = [heights[0], *heights[1:][page]]
            self._grid(slide, t, page, top + caption, widths, used, size)
            if note and page.stop == len(t.rows):
                self._write(self._box(slide, top + caption + sum(used) + 4, below), note, SMALL, colour=SOFT)

    def _refs(self, cell: Any) -> str:
        return "".join(f"[{self.content.number(k)}]" for k in cell.notes)

    def _row(self, cells: Sequence[str], widths: Sequence[float], size: float) -> float:
        lines = max(lines_of(text, w - 2 * PAD - 1, size) for text, w in zip(cells, widths, strict=True))
        raised = (
            RAISED if any(re.search(r"\[\d+\]$", text) for text in cells) else 1.0
        )  # footnote numbers need more room
        return lines * size * LINE * raised + 2 * PAD

    def _grid(
        self,
        slide: Any,
        t: Table,
        page: slice,
        top: float,
        widths: Sequence[float],
        heights: Sequence[float],
        size: float,
    ) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        rows = t.rows[page]
        frame = slide.shapes.add_table(
            len(rows) + 1, len(t.columns), Pt(MARGIN), Pt(top), Pt(self.room), Pt(sum(heights))
        )
        frame.name = t.caption
        frame._element.nvGraphicFramePr.cNvPr.set("descr", t.caption)
        grid = frame.table
        grid.first_row, grid.first_col, grid.horz_banding = True, True, False
        frame._element.graphic.graphicData.tbl.tblPr.find(f"{DRAWING}tableStyleId").text = PLAIN
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Pt(width)
        for row, height in zip(grid.rows, heights, strict=True):
            row.height = Pt(height)
        for i in range(len(rows) + 1):
            for j, name in enumerate(t.columns):
                cell = grid.cell(i, j)
                cell.margin_left = cell.margin_right = cell.margin_top = cell.margin_bottom = Pt(PAD)
                paragraph = cell.text_frame.paragraphs[0]
                if t.numeric[j]:
                    paragraph.alignment = PP_ALIGN.RIGHT
                if i == 0:
                    cell.fill.solid()
                    cell.fill.fore_color.rgb = rgb(BLUE)
                    runs(paragraph, name, [], size, bold=True, colour="FFFFFF")
                    continue
                ruled(cell)
                held = rows[i - 1][j]
                numbers = [self.content.number(k) for k in held.notes]
                link = held.links[0][1] if len(held.links) == 1 else ""
                runs(paragraph, held.text, numbers, size, bold=j == 0, link=link)
