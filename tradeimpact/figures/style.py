"""The house style "briefing": colours, the canvas, the title above a chart and the footer below it.

The style is a file and is used inside a ``with`` block only, so that drawing a chart never changes how other
figures of the same program look. Widths and paddings are in points (72 to the inch), sizes of figures in
inches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradeimpact.errors import TradeImpactError, did_you_mean
from tradeimpact.figures import fonts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE_FILE = Path(__file__).with_name("briefing.mplstyle")
GOVERNMENT = "#0072B2"
INSURGENT = "#D55E00"
NOBODY = "#999999"
COUNTERFACTUAL = "#000000"
GAIN = "#009E73"
INK = "#222222"
SOFT = "#666666"
FOOTER_SIZE = 7.0
TITLE_SIZE = 11.5
PADDING = 6.0
PIXEL_ROUNDING = 1.05
NARROWING = 0.97  # by which a title's lines are made shorter until it would need one more
TOGETHER = re.compile(  # (90 %: 2.7 to 6.3), 30 %, 4.5 bn AFN, 12 USD, 22 July 2021
    r"\(90 %: \S+ to \S+\)|\d (?:%|(?:bn|m|thousand)\b(?: [A-Z]{3}\b)?|[A-Z]{3}\b|[A-Z][a-z]{2,8}\b(?: \d{4}\b)?)"
)
GRADES = "A measured, B reported by an official, C claim or estimate, E judgement"


@dataclass(frozen=True, kw_only=True)
class HolderLook:
    """How one holder is drawn: colour for the screen, marker and hatch for a grey print."""

    label: str
    colour: str
    marker: str
    hatch: str


@contextmanager
def briefing() -> Iterator[None]:
    """House style on top of matplotlib's own defaults, for the length of a ``with`` block."""
    import matplotlib as mpl
    from matplotlib import style

    interactive = mpl.is_interactive()
    try:
        with style.context(["default", STYLE_FILE, {"font.family": fonts.family()}]):
            try:
                fonts.warn_if_missing()
                yield
            finally:
                # a notebook's backend starts with the first figure and turns this on: it must outlast the style
                interactive = mpl.is_interactive()
    finally:
        mpl.interactive(interactive)


def holder_looks(holders: Iterable[str]) -> dict[str, HolderLook]:
    """Look of each holder, in the order government, insurgents by name, nobody.

    Every holder that is neither `government` nor `nobody` is an insurgent authority. All are vermilion; from
    the second on they differ in marker and hatch.
    """
    shapes = [("D", "////"), ("^", "\\\\\\\\"), ("v", "...."), ("P", "oo")]
    present = set(holders)
    looks: dict[str, HolderLook] = {}
    if "government" in present:
        looks["government"] = HolderLook(label="Government", colour=GOVERNMENT, marker="o", hatch="")
    for number, name in enumerate(sorted(present - {"government", "nobody"})):
        marker, hatch = shapes[number % len(shapes)]
        label = "Insurgents" if name.startswith("insurgent") else f"Insurgents: {name.replace('_', ' ').title()}"
        looks[name] = HolderLook(label=label, colour=INSURGENT, marker=marker, hatch=hatch)
    if "nobody" in present:
        looks["nobody"] = HolderLook(label="Nobody", colour=NOBODY, marker="s", hatch="")
    return looks


def needs(table: pd.DataFrame, columns: Iterable[str], chart: str) -> None:
    """Check that `table` has rows and `columns`.

    Raises
    ------
    TradeImpactError
        If the table is empty or lacks a column; the message names every missing one.
    """
    if table.empty:
        raise TradeImpactError(f"{chart}: the table has no rows, so there is nothing to draw.")
    missing = [column for column in columns if column not in table.columns]
    if missing:
        columns_given = [str(name) for name in table.columns]
        hints = " ".join(filter(None, (did_you_mean(column, columns_given) for column in missing)))
        raise TradeImpactError(
            f"{chart}: the table lacks {', '.join(map(repr, missing))}; "
            f"it has {', '.join(map(repr, columns_given))}. {hints}".strip()
        )


def canvas(ax: Axes | None, *, size: tuple[float, float] = (8.0, 4.5)) -> tuple[Axes, bool]:
    """Axes to draw in, and whether we made its figure: `ax` itself, or a new one of `size` inches."""
    if ax is not None:
        return ax, False
    import matplotlib.pyplot as plt

    _, made = plt.subplots(figsize=size, layout="constrained")
    return made, True


def figure_of(chart: Axes | Figure) -> Figure:
    """Figure of an Axes, or the figure itself."""
    figure = chart.get_figure(root=True)
    if figure is None:
        raise TradeImpactError("The Axes belongs to no figure any more; draw the chart again.")
    return figure


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of `text` in points, measured on the font itself and so the same on every screen.

    A screen draws letters on whole pixels, up to :data:`PIXEL_ROUNDING` wider than the font says; that is included.
    """
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.ft2font import LoadFlags

    font = get_font(findfont(FontProperties(family=fonts.family(), weight="bold" if bold else "normal")))
    font.set_size(size, 72)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    return PIXEL_ROUNDING * float(font.get_width_height()[0]) / 64


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Break `text` into lines no wider than `width` points; a word that is wider itself is cut.

    A number stays with its percent sign, its unit and currency, an interval and a day with its month are not broken.
    """
    lines: list[str] = []
    for paragraph in TOGETHER.sub(lambda found: found[0].replace(" ", "\u00a0"), text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            tried = f"{line} {word}" if line else word
            if text_width(tried, size, bold=bold) <= width:
                line = tried
                continue
            if line:
                lines.append(line)
            while len(word) > 1 and text_width(word, size, bold=bold) > width:
                cut = next(
                    n for n in range(len(word) - 1, 0, -1) if n == 1 or text_width(word[:n], size, bold=bold) <= width
                )
                lines.append(word[:cut])
                word = word[cut:]
            line = word
        lines.append(line)
    return "\n".join(lines)


def balanced(text: str, width: float, size: float) -> str:
    """Break a bold title into as few lines as :func:`wrap`, of about the same length, so that no word stands alone."""
    best = wrap(text, width, size, bold=True)
    longest = max(text_width(word, size, bold=True) for word in best.replace("\n", " ").split(" "))
    while "\n" in best and (width := NARROWING * width) > longest:
        tried = wrap(text, width, size, bold=True)
        if tried.count("\n") > best.count("\n"):
            break
        best = tried
    return best


def grade_of(table: pd.DataFrame) -> str | None:
    """Grades that occur in the table's column `grade`, as "B, C, E"; None without such a column."""
    if "grade" not in table.columns:
        return None
    present = sorted({str(grade) for grade in table["grade"].dropna() if str(grade)})
    return ", ".join(present) or None


def footer_text(*, source: str, grade: str | None, note: str = "", synthetic: bool = False) -> str:
    """Lines of the footer: note, source, evidence grade, and "Synthetic data" where it is."""
    lines = ["Synthetic data: invented to show the method, no statement about any country."] if synthetic else []
    if note:
        lines.append(note)
    lines.append(f"Source: {source or 'not stated'}")
    none = "none, the data are synthetic" if synthetic else "not stated"
    lines.append(f"Evidence grade: {grade} ({GRADES})" if grade else f"Evidence grade: {none}")
    return "\n".join([*lines, *filter(None, [fonts.missing()])])


def furnish(
    ax: Axes,
    *,
    own: bool,
    title: str,
    source: str,
    grade: str | None,
    note: str = "",
    synthetic: bool = False,
) -> None:
    """Put the title above and the footer below a finished chart, wrapped to its width.

    On a figure of our own both span the whole figure and the layout leaves room for them. On an Axes that was
    handed in they belong to the Axes, and its owner sees to the room.

    Parameters
    ----------
    ax : Axes
    own : bool
        True where the figure was made by :func:`canvas`.
    title : str
        The finding.
    source, grade, note : str
        Where the numbers come from, how good they are, and what else a reader must know.
    synthetic : bool
        True adds "Synthetic data".
    """
    text = footer_text(source=source, grade=grade, note=note, synthetic=synthetic)
    if own:
        _frame_figure(figure_of(ax), title, text)
    else:
        _frame_axes(ax, title, text)


def footer(chart: Axes | Figure, *, source: str, grade: str | None, note: str = "", synthetic: bool = False) -> None:
    """Write source, evidence grade and note in small grey at the bottom left of a figure or below an Axes."""
    from matplotlib.figure import Figure

    text = footer_text(source=source, grade=grade, note=note, synthetic=synthetic)
    with briefing():
        if isinstance(chart, Figure):
            _frame_figure(chart, "", text)
        else:
            _frame_axes(chart, "", text)


def _frame_figure(figure: Figure, title: str, text: str) -> None:
    # both count in a tight box, else a notebook would cut them off; a constrained layout leaves figure texts alone
    wide, high = (72.0 * side for side in figure.get_size_inches())
    room = wide - 2 * PADDING
    head = balanced(title, room, TITLE_SIZE) if title else ""
    foot = wrap(text, 0.95 * room, FOOTER_SIZE)
    if head:
        figure.text(
            PADDING / wide,
            1 - PADDING / high,
            head,
            size=TITLE_SIZE,
            weight="bold",
            va="top",
            ha="left",
            linespacing=1.2,
            gid="title",
        )
    figure.text(
        PADDING / wide,
        PADDING / high,
        foot,
        size=FOOTER_SIZE,
        color=SOFT,
        va="bottom",
        ha="left",
        linespacing=1.25,
        gid="footer",
    )
    bottom = PADDING + 1.3 * FOOTER_SIZE * (1 + foot.count("\n")) + PADDING
    top = (PADDING + 1.3 * TITLE_SIZE * (1 + head.count("\n")) + PADDING / 2) if head else PADDING
    engine: Any = figure.get_layout_engine()
    if engine is not None and hasattr(engine, "get") and "rect" in engine.get():
        engine.set(rect=(0.0, bottom / high, 1.0, 1 - (bottom + top) / high))


def _frame_axes(ax: Axes, title: str, text: str) -> None:
    figure = figure_of(ax)
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    points = 72.0 / figure.dpi
    around = ax.get_tightbbox()
    below, above = (box.y0 - around.y0, around.y1 - box.y1) if around is not None else (0.0, 0.0)
    below, above = below * points, above * points
    if title:
        head = balanced(title, box.width * points, TITLE_SIZE)
        ax.set_title(head, loc="left", gid="title", size=TITLE_SIZE, pad=above + PADDING)
    ax.annotate(
        wrap(text, box.width * points, FOOTER_SIZE),
        xy=(0, 0),
        xycoords="axes fraction",
        xytext=(0, -below - PADDING),
        textcoords="offset points",
        va="top",
        ha="left",
        size=FOOTER_SIZE,
        color=SOFT,
        annotation_clip=False,
        gid="footer",
    )
