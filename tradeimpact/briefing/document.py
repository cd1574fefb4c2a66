"""A briefing as a Word document: headings, native tables whose headers repeat, figures with alternative text.

Every footnote's rows are in it. A template's own styles are used where it has those named here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import TradeImpactError
from .content import Cell, Content, Figure, Paragraph, Section, Table
from .parts import column_widths, fitted, png_size, printable, stamped, zipped_again

A4 = (595.3, 841.9)  # points
MARGIN = 48.0
FIGURE_HEIGHT = 300.0
TEXT, CAPTION, ROWS, APPENDIX_ROWS = 10.5, 9.0, 8.5, 7.5
BLUE, INK, SOFT, RULE = "0072B2", "222222", "555555", "BBBBBB"
FONT = "Calibri"
CELL_MARGIN = 5.4  # points at each side of a cell, as Word has it
KEPT_ROWS = 20  # a table of so many rows or fewer stays on one page
POINT = 12700  # of Word's drawing units


def render_document(content: Content, template: Path | None = None) -> bytes:
    """The document.

    Parameters
    ----------
    content : Content
    template : path, optional
        A .docx of your own: its page, styles, header and footer are used, and the text it holds stays in front.

    Raises
    ------
    TradeImpactError
        If python-docx is not installed, or the template cannot be read.
    """
    try:
        from docx import Document
        from docx.opc.exceptions import PackageNotFoundError
    except ImportError:
        raise TradeImpactError("documents need python-docx: pip install 'tradeimpact[brief]'") from None
    try:
        document: Any = Document(None if template is None else str(template))
    except (PackageNotFoundError, KeyError, ValueError) as problem:
        name = "" if template is None else template.name
        raise TradeImpactError(f"{name} cannot be read as a Word document ({problem}); save it as .docx") from None
    if template is None:
        _own_style(document)
    _Document(document, content).build()
    if template is None:
        _footer(document, content)
    stamped(document.core_properties, content)
    made = io.BytesIO()
    document.save(made)
    return zipped_again(made.getvalue())


def _own_style(document: Any) -> None:
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Pt

    page = document.sections[0]
    page.page_width, page.page_height = map(Pt, A4)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Pt(MARGIN)
    normal = document.styles["Normal"]
    normal.font.size, normal.font.color.rgb = Pt(TEXT), _rgb(INK)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    normal.font.name = FONT
    document.styles["List Bullet"].paragraph_format.space_after = Pt(4)
    document.styles["List Bullet"].paragraph_format.contextual_spacing = False
    for name, size in (("Title", 22), ("Heading 1", 15), ("Heading 2", 11)):
        style = document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(_w(kind), None)
        font = style.font
        font.name = FONT
        font.size, font.color.rgb = Pt(size), _rgb(INK if name == "Title" else BLUE)


class _Document:
    """A document being filled."""

    def __init__(self, document: Any, content: Content) -> None:
        self.document, self.content = document, content
        page = document.sections[-1]
        self.room = (page.page_width - page.left_margin - page.right_margin) / POINT
        self.styles = {style.name for style in document.styles}

    def build(self) -> None:
        c = self.content
        self.document.add_paragraph(printable(c.title), style=self._style("Title"))
        self._write([Paragraph(c.subtitle)], bold=c.synthetic)
        for section in c.parts:
            self._section(section)
        self._heading("Rows behind the numbers", 1, page=True)
        for note in c.footnotes:
            self._heading(f"[{note.number}] {note.label}", 2)
            self._write([Paragraph(note.text)], size=CAPTION)
            if note.table.rows:
                self._table(note.table, APPENDIX_ROWS)

    def _style(self, name: str) -> str | None:
        return name if name in self.styles else None

    def _section(self, s: Section) -> None:
        self._heading(s.title, 1, page=s.appendix)
        self._write(s.paragraphs, style="List Bullet" if s.listed else None)
        if s.paragraphs and not s.listed:  # a lead stays with its figure or table
            self.document.paragraphs[-1].paragraph_format.keep_with_next = bool(s.figures or s.tables)
        for figure in s.figures:
            self._figure(figure)
        for table in s.tables:
            self._table(table, APPENDIX_ROWS if s.appendix else ROWS)

    def _heading(self, text: str, level: int, *, page: bool = False) -> None:
        paragraph = self.document.add_paragraph(printable(text), style=self._style(f"Heading {level}"))
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.page_break_before = page

    def _write(
        self,
        paragraphs: Sequence[Paragraph],
        *,
        style: str | None = None,
        size: float | None = None,
        bold: bool = False,
    ) -> None:
        for p in paragraphs:
            paragraph = self.document.add_paragraph(style=self._style(style) if style else None)
            _runs(paragraph, p.text, [self.content.number(k) for k in p.notes], size, bold=bold)

    def _figure(self, figure: Figure) -> None:
        from docx.shared import Pt

        wide, high = fitted(png_size(figure.files["png"]), self.room, FIGURE_HEIGHT)
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(figure.files["png"]), Pt(wide), Pt(high))
        shape._inline.docPr.set("descr", figure.alt)
        shape._inline.docPr.set("name", figure.name.replace("_", " "))
        self._write([Paragraph(figure.caption)], style="Caption", size=CAPTION)

    def _table(self, t: Table, size: float) -> None:
        from docx.shared import Pt

        caption = self.document.add_paragraph()
        caption.paragraph_format.keep_with_next = True
        caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(2)
        _runs(caption, t.caption, [], CAPTION, bold=True)
        grid = self.document.add_table(rows=1, cols=len(t.columns))
        grid.autofit = False
        _described(grid, t.caption)
        widths = column_widths(t, self.room, size, CELL_MARGIN)
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = Pt(width)
        head = grid.rows[0]
        self._row(head, [Cell(name) for name in t.columns], t, widths, size, head=True)
        _repeated(head)
        for held in t.rows:
            self._row(grid.add_row(), held, t, widths, size)
        if len(t.rows) <= KEPT_ROWS:
            for row in list(grid.rows)[:-1]:
                row.cells[0].paragraphs[0].paragraph_format.keep_with_next = True
        self._write([Paragraph(t.note)], size=CAPTION)

    def _row(
        self, row: Any, cells: Sequence[Cell], t: Table, widths: Sequence[float], size: float, *, head: bool = False
    ) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        _unbroken(row)
        for j, (cell, held) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = Pt(widths[j])
            _edged(cell, BLUE if head else None)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            if t.numeric[j]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            numbers = [self.content.number(k) for k in held.notes]
            link = held.links[0][1] if len(held.links) == 1 else ""
            _runs(paragraph, held.text, numbers, size, bold=head or j == 0, colour="FFFFFF" if head else INK, link=link)


def _runs(
    paragraph: Any, text: str, notes: Sequence[int], size: float | None, *, bold: bool = False, colour: str = INK,
    link: str = "",
) -> None:  # fmt: skip
    """Text, its footnote numbers raised, as a link where it is one."""
    from docx.shared import Pt

    for words, raised in [(text, False), *[(f"[{n}]", True) for n in notes]]:
        run = paragraph.add_run(printable(words))
        run.bold = bold and not raised
        run.font.color.rgb = _rgb(colour)
        run.font.superscript = raised or None
        if size is not None:
            run.font.size = Pt(size)
        if link.startswith(("https://", "http://")) and not raised:
            _linked(paragraph, run, link)


def _rgb(colour: str) -> Any:
    from docx.shared import RGBColor

    return RGBColor(*bytes.fromhex(colour))


def _linked(paragraph: Any, run: Any, address: str) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement

    link = OxmlElement("w:hyperlink")
    link.set(
        "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
        paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True),
    )
    run.font.underline = True
    paragraph._p.remove(run._r)
    link.append(run._r)
    paragraph._p.append(link)


def _w(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"


def _add(parent: Any, name: str, **values: str) -> Any:
    from docx.oxml import OxmlElement

    child = OxmlElement(f"w:{name}")
    for key, value in values.items():
        child.set(_w(key), value)
    parent.append(child)
    return child


def _edged(cell: Any, fill: str | None) -> None:
    """A thin line below a cell, and its ground."""
    properties = cell._tc.get_or_add_tcPr()
    borders = _add(properties, "tcBorders")
    _add(borders, "bottom", val="single", sz="4", color=RULE)
    if fill is not None:
        _add(properties, "shd", val="clear", color="auto", fill=fill)


def _repeated(row: Any) -> None:
    """The row stands again at the top of each page."""
    _add(row._tr.get_or_add_trPr(), "tblHeader")


def _unbroken(row: Any) -> None:
    """The row is not cut by the end of a page."""
    _add(row._tr.get_or_add_trPr(), "cantSplit")


def _described(grid: Any, words: str) -> None:
    """Alternative text of a table."""
    _add(grid._tbl.tblPr, "tblDescription", val=words)


def _footer(document: Any, content: Content) -> None:
    """Case and day at the foot of every page, and its number."""
    paragraph = document.sections[0].footer.paragraphs[0]
    _runs(paragraph, f"{content.running}. Page ", [], CAPTION, colour=SOFT)
    field = _add(paragraph._p, "fldSimple", instr="PAGE")
    _add(_add(field, "r"), "t").text = "1"
