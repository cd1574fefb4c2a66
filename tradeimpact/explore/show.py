"""What the explorer shows of a result: a table of numbers with their errors, and pictures with alternative texts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..chart_tables import holder_table, map_table
from ..figures import alt
from ..figures.style import briefing, figure_of
from ..figures.text import label_of
from ..report import readable

if TYPE_CHECKING:
    from ..results import Results

LINES = ("government_loss", "insurgent_gain", "transfer_ratio", "government_revenue", "baseline")
DPI = 100
TABLE_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
CELL = "padding:3px 10px;line-height:1.2;white-space:nowrap;text-align:right;border-bottom:1px solid #ccc"
HEAD = "padding:3px 10px;line-height:1.2;text-align:left;border-bottom:1px solid #ccc;font-weight:normal"


def numbers(result: Results, before: Results | None = None) -> str:
    """Headline lines as an HTML table, with intervals, Monte Carlo errors and what they were `before`; then sentences.

    Loss and gain stand on rows of their own; neither is the other's sign.
    """
    shown = readable(result.summary()).reindex(list(LINES))
    earlier = readable(before.summary()).reindex(list(LINES)) if before is not None else None
    titles = ["Median", "90 % interval", "Monte Carlo error", "Before this step"]
    head = f'<th scope="col" style="{HEAD}">Line</th>'
    head += "".join(f'<th scope="col" style="{CELL}">{title}</th>' for title in titles)
    rows = []
    for line in LINES:
        row = shown.loc[line]
        cells = [row["median"], f"{row['low']} to {row['high']}", row["mc_error"]]
        cells.append("" if earlier is None else earlier.loc[line, "median"])
        inner = "".join(f'<td style="{CELL}">{escape(str(cell))}</td>' for cell in cells)
        rows.append(f'<tr data-line="{line}"><th scope="row" style="{HEAD}">{escape(label_of(line))}</th>{inner}</tr>')
    start, end = result.window
    unit = f"Millions of {result.currency.upper()}, {start} to {end}; the ratio is gain over loss, draw by draw"
    caption = f'<caption style="text-align:left;caption-side:bottom"><small>{escape(unit)}</small></caption>'
    said = result.report().text.split("\n")[1:]
    sentences = "".join(f'<p style="margin:4px 0;line-height:1.35">{escape(sentence)}</p>' for sentence in said)
    table = (
        f'<table style="{TABLE_STYLE}">{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    return f'<div class="ti-numbers">{table}{sentences}</div>'


@dataclass
class Pictures:
    """Pictures of the newest result as PNG; one whose table has not changed is not drawn again."""

    kept: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def bridge(self, result: Results) -> str:
        """The bridge as an HTML image."""
        table = result.bridge()
        words = alt.alt_bridge(table, currency=result.currency.upper())
        return self._picture("bridge", table, result.plot.bridge, words)

    def map(self, result: Results, on: date) -> str:
        """The map of a day as an HTML image; a sentence where the case has no country to draw."""
        country = str(result.case.metadata.get("country", ""))
        if not country:
            return "<p>This case names no country, so there is no map.</p>"
        table = map_table(result, on)
        names = _names(result.case, table["holder"])
        words = alt.alt_map(table, country=country, on=on, names=names)
        return self._picture("map", (on, table), lambda: result.plot.map(on=on), words)

    def holders(self, result: Results) -> str:
        """Who held each crossing by day, as an HTML image."""
        table = holder_table(result)
        words = alt.alt_holders(table, names=_names(result.case, table["holder"]))
        return self._picture("holders", (result.window, table), result.plot.holders, words)

    def _picture(self, name: str, pictured: Any, draw: Callable[[], Any], words: str) -> str:
        before, made = self.kept.get(name, (None, ""))
        if made and _same(before, pictured):
            return made
        image = f"data:image/png;base64,{_png(draw)}"
        html = f'<img class="ti-{name}" style="max-width:100%;height:auto" alt="{escape(words)}" src="{image}">'
        self.kept[name] = (pictured, html)
        return html


def _png(draw: Callable[[], Any]) -> str:
    """Base64 of a chart; its figure is closed, so that no notebook shows it a second time."""
    from base64 import b64encode

    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    figure = None
    try:
        with plt.ioff():
            figure = figure_of(draw())
        with briefing():
            figure.set_dpi(DPI)
            FigureCanvasAgg(figure).print_png(file)  # type: ignore[no-untyped-call]  # draws once, where savefig draws twice to lay out
    finally:
        if figure is not None:
            plt.close(figure)
    return b64encode(file.getvalue()).decode("ascii")


def _same(before: Any, now: Any) -> bool:
    """Whether what is pictured has not changed: tables by their content, anything else by equality."""
    if isinstance(now, pd.DataFrame):
        return isinstance(before, pd.DataFrame) and before.equals(now)
    if isinstance(now, tuple):
        return isinstance(before, tuple) and all(_same(old, new) for old, new in zip(before, now, strict=True))
    return bool(before == now)


def _names(case: Any, held_by: Iterable[str]) -> dict[str, str]:
    """Printed name of each holder, of several together too."""
    names = dict(zip(case.authorities["authority"], case.authorities["name"], strict=True))
    return {holder: " and ".join(names[part] for part in holder.split(" and ")) for holder in set(held_by)}
