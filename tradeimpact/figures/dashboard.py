"""One page for a reader with one minute: key sentences, the bridge, loss and gain so far, the map, who held what.

Every panel is a chart of this package drawn from its own table, with one title above and one footer below all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures import alt, bridge, maps, strips, timelines
from tradeimpact.figures.axes import day_number, short_day
from tradeimpact.figures.style import (
    FOOTER_SIZE,
    INK,
    SOFT,
    briefing,
    footer_text,
    wrap,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Box = tuple[float, float, float, float]
TABLES = ("bridge", "cumulative", "holders", "map")
# inches, and the place of every panel as shares of the page: left, bottom, width, height
PAPERS: dict[str, tuple[tuple[float, float], dict[str, Box]]] = {
    "16:9": (
        (13.33, 7.5),
        {
            "sentences": (0.012, 0.10, 0.225, 0.78),
            "bridge": (0.425, 0.555, 0.20, 0.335),
            "cumulative": (0.305, 0.14, 0.27, 0.285),
            "map": (0.655, 0.57, 0.33, 0.32),
            "holders": (0.785, 0.14, 0.20, 0.285),
        },
    ),
    "A4": (
        (11.69, 8.27),
        {
            "sentences": (0.013, 0.10, 0.225, 0.78),
            "bridge": (0.45, 0.575, 0.19, 0.315),
            "cumulative": (0.315, 0.14, 0.26, 0.30),
            "map": (0.655, 0.58, 0.33, 0.31),
            "holders": (0.81, 0.14, 0.175, 0.30),
        },
    ),
}
FEW_NAMES, TALL = 6, 1.3  # names on the map of a country so much higher than wide, in degrees
HEAD_SIZES = (16.0, 14.5, 13.0)
SENTENCE_SIZE, PANEL_SIZE = 10.0, 10.0
HEADS = {
    "bridge": "Where the revenue went",
    "cumulative": "Loss and gain so far",
    "map": "Border crossings by revenue on",
    "holders": "When crossings fell (grey: nobody; crossed: shut)",
}


def dashboard(
    tables: Mapping[str, pd.DataFrame],
    sentences: Sequence[str],
    outlines: Mapping[str, Any],
    *,
    title: str,
    country: str,
    on: object,
    source: str,
    paper: str = "16:9",
    names: Mapping[str, str] | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
) -> Figure:
    """The page.

    Parameters
    ----------
    tables : mapping
        "bridge", "cumulative", "holders" and "map" to the tables of :func:`tradeimpact.figures.bridge.bridge`,
        :func:`~tradeimpact.figures.timelines.cumulative`, :func:`~tradeimpact.figures.strips.holders` and
        :func:`~tradeimpact.figures.maps.map_crossings`.
    sentences : sequence of str
        Key sentences, the most important first; at most seven.
    outlines, country, on
        As of the map.
    title : str
        The finding.
    source : str
    paper : {"16:9", "A4"}
        A slide, or A4 across.
    names, grade, note, currency, synthetic
        As of the charts.

    Returns
    -------
    Figure

    Raises
    ------
    TradeImpactError
        If a table is missing, the paper is unknown, or there is no room for the sentences.
    """
    import matplotlib.pyplot as plt

    missing = [name for name in TABLES if name not in tables]
    if missing:
        raise TradeImpactError(f"dashboard: the table of {', '.join(missing)} is missing; give {', '.join(TABLES)}.")
    if paper not in PAPERS:
        raise TradeImpactError(f"dashboard(paper={paper!r}): expected one of {', '.join(PAPERS)}")
    size, places = PAPERS[paper]
    common: dict[str, Any] = {"source": source, "synthetic": False}
    with briefing():
        figure = plt.figure(figsize=size)
        ax = {name: figure.add_axes(places[name]) for name in TABLES}
        bridge.bridge(tables["bridge"], title=HEADS["bridge"], currency=currency, ax=ax["bridge"], **common)
        timelines.cumulative(tables["cumulative"], title="", currency=currency, ax=ax["cumulative"], **common)
        strips.holders(tables["holders"], title="", names=names, ax=ax["holders"], **common)
        maps.map_crossings(
            _named(tables["map"]), outlines,
            country=country, on=on, title="", names=names, currency=currency, ax=ax["map"],
            **common,
        )  # fmt: skip
        _holders_below(ax["map"])
        _short_labels(ax["bridge"], ax["cumulative"])
        heads = HEADS | {"map": f"{HEADS['map']} {short_day(day_number(on), year=True)}"}
        for name in TABLES:
            _bare(ax[name], figure, places[name], heads[name])
        _words(figure, places["sentences"], sentences)
        _frame(figure, title, footer_text(source=source, grade=grade, note=note, synthetic=synthetic))
    return figure


def _bare(ax: Axes, figure: Figure, place: Box, head: str) -> None:
    """Take a panel's own title and footer away and write its heading at one height for the row."""
    for found in [text for text in ax.texts if text.get_gid() == "footer"]:
        found.remove()
    ax.set_title("", loc="left")
    legend = ax.get_legend()
    if legend is not None and ax.get_gid() != "map":  # the colours of holders stand below the map
        legend.remove()
    left = 0.252 if place[0] < 0.6 else 0.65
    top = 0.905 if place[1] > 0.4 else 0.455
    figure.text(left, top, head, size=PANEL_SIZE, weight="bold", va="bottom", ha="left", gid="panel")


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Border crossings of the map; in a tall country only the largest few have a name, the others lie too close."""
    border = table[table["kind"] == "border"].sort_values(["revenue", "crossing"], ascending=[False, True])
    high = border["latitude"].max() - border["latitude"].min()
    wide = border["longitude"].max() - border["longitude"].min()
    few = FEW_NAMES if high > TALL * wide else len(border)
    return border.assign(name=[name if n < few else "" for n, name in enumerate(border["name"].astype(str))])


def _holders_below(ax: Axes) -> None:
    """Put the map's legend of holders below it, in place of that of sizes."""
    from matplotlib.legend import Legend

    found = [artist for artist in ax.get_children() if isinstance(artist, Legend)]
    handles = next(legend.legend_handles for legend in found if legend.get_title().get_text() == "Held by")
    for legend in found:
        legend.remove()
    labels = [str(handle.get_label()).replace("\n", " ") for handle in handles if handle is not None]
    ax.legend(
        [handle for handle in handles if handle is not None], labels, loc="upper left", bbox_to_anchor=(0.0, -0.01),
        borderaxespad=0.0, borderpad=0.3, labelspacing=0.4, fontsize=8.5, handletextpad=0.6,
    )  # fmt: skip
    ax.set_gid("map")


def _short_labels(bridge_ax: Axes, sums_ax: Axes) -> None:
    """Axis labels that fit small panels: what is drawn, and the unit that the chart chose."""
    units = [text.replace("\n", " ").rsplit("(", 1)[-1] for text in (bridge_ax.get_xlabel(), sums_ax.get_ylabel())]
    bridge_ax.set_xlabel(f"Mean and 90 % interval ({units[0]}")
    sums_ax.set_ylabel(f"Since the first day ({units[1]}")


def _words(figure: Figure, place: Box, sentences: Sequence[str]) -> None:
    width = 72 * figure.get_size_inches()[0] * place[2]
    paragraphs = [wrap(sentence, width, SENTENCE_SIZE) for sentence in sentences]
    text = "\n\n".join(paragraphs)
    room = 72 * figure.get_size_inches()[1] * place[3] / (1.32 * SENTENCE_SIZE)
    lines = text.count("\n") + 1
    if lines > room:
        raise TradeImpactError(
            f"dashboard: the sentences need {lines} lines, and there is room for {int(room)}; shorten them."
        )
    figure.text(
        place[0], place[1] + place[3] + 0.025, text, size=SENTENCE_SIZE, va="top", ha="left", linespacing=1.3,
        color=INK, gid="sentences",
    )  # fmt: skip
    from matplotlib.lines import Line2D

    at = place[0] + place[2] + 0.006
    figure.add_artist(Line2D([at, at], [place[1], place[1] + place[3] + 0.03], color="#CCCCCC", linewidth=0.8))


def _frame(figure: Figure, title: str, text: str) -> None:
    wide = 72 * figure.get_size_inches()[0]
    fitting = [size for size in HEAD_SIZES if "\n" not in wrap(title, 0.976 * wide, size, bold=True)]
    size = fitting[0] if fitting else HEAD_SIZES[-1]
    head = wrap(title, 0.976 * wide, size, bold=True)
    figure.text(0.012, 0.985, head, size=size, weight="bold", va="top", ha="left", gid="title", color=INK)
    figure.text(
        0.012, 0.012, wrap(text, 0.976 * wide, FOOTER_SIZE), size=FOOTER_SIZE, color=SOFT, va="bottom", ha="left",
        linespacing=1.25, gid="footer",
    )  # fmt: skip


def alt_dashboard(
    tables: Mapping[str, pd.DataFrame],
    sentences: Sequence[str],
    *,
    country: str,
    on: object,
    names: Mapping[str, str] | None = None,
    currency: str = "AFN",
) -> str:
    """Alternative text of `dashboard`: its sentences, then those of its panels."""
    panels = [
        alt.alt_bridge(tables["bridge"], currency=currency),
        alt.alt_cumulative(tables["cumulative"], currency=currency),
        alt.alt_map(tables["map"], country=country, on=on, names=names),
        alt.alt_holders(tables["holders"], names=names),
    ]
    return f"A page of four charts with key sentences. {' '.join(sentences)} {' '.join(panels)}"
