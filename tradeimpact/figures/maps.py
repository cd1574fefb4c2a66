"""The map: every crossing at its place, as large as its revenue, in the colour and shape of its holder.

Area of a mark = baseline collected revenue of a year (units of currency) on one scale; longitude and
latitude are in degrees, drawn so that a kilometre is as long east as north at the middle of the map (aspect
1 / cos latitude).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError, did_you_mean
from tradeimpact.figures.axes import finite_or, money_unit, written_day
from tradeimpact.figures.labels import Box, Ring, along, has_leader, name_place, place_labels
from tradeimpact.figures.outlines import read_outlines
from tradeimpact.figures.style import (
    INK,
    SOFT,
    HolderLook,
    briefing,
    canvas,
    figure_of,
    furnish,
    grade_of,
    holder_looks,
    needs,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LAND, ELSEWHERE, OWN_LAND, BORDER = "#EFEFEC", "#F7F7F5", "#FBF7E6", "#A8A8A8"
LARGEST_MARK = 620.0  # area in points squared
SMALLEST_MARK = 16.0
LABEL_SIZE = 7.8
LEGEND_WIDTH = 100.0
NAME_SIZE = 8.5
MARGIN = 0.09
WIDE, TALL = (8.0, 5.9), (5.7, 8.4)  # inches, by the shape of the country
BORDERS_NOTE = (
    "Positions are approximate (some by 15 km). Borders are drawn as in the outline file; "
    "where they are disputed the map takes no side."
)


def map_crossings(
    table: pd.DataFrame,
    outlines: Mapping[str, Any],
    *,
    country: str,
    on: object,
    source: str,
    title: str | None = None,
    names: Mapping[str, str] | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Crossings of a country on a day.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `name`, `kind` (border, inland), `latitude`, `longitude` (degrees), `revenue`
        (units of currency a year; missing is drawn small and said), `grade`, `holder`.
    outlines : mapping
        GeoJSON FeatureCollection of countries, property `name`.
    country : str
        Name of the country in `outlines` that the map is about.
    on : date or ISO text
        Day for which `holder` is shown; stands in the default title.
    source, title, grade, note : str
        Footer and title.
    names : mapping, optional
        Holder to the words of the legend.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing, a position is missing, or `outlines` does not know the country.
    """
    needs(
        table,
        ["crossing", "name", "kind", "latitude", "longitude", "revenue", "grade", "holder"],
        "map_crossings",
    )
    rings = read_outlines(outlines)
    if country not in rings:
        raise TradeImpactError(f"map_crossings: no outline for {country!r}. {did_you_mean(country, rings)}".strip())
    where = table[["longitude", "latitude"]].to_numpy(dtype=float)
    if not np.isfinite(where).all():
        lost = table.loc[~np.isfinite(where).all(axis=1), "crossing"].astype(str)
        raise TradeImpactError(f"map_crossings: no position for {', '.join(lost[:5])}.")
    looks = holder_looks(table["holder"].astype(str))
    rows = table.sort_values(["revenue", "crossing"], ascending=[False, True]).to_dict("records")
    largest = finite_or(float(table["revenue"].max()), 0.0)
    with briefing():
        extent = np.concatenate([*rings[country], where])
        ax, own = canvas(ax, size=TALL if _tall(extent) else WIDE)
        _frame(ax, extent)
        for name, parts in rings.items():
            for ring in parts:
                ax.fill(
                    ring[:, 0],
                    ring[:, 1],
                    facecolor=OWN_LAND if name == country else LAND,
                    edgecolor=BORDER,
                    linewidth=1.0 if name == country else 0.6,
                    zorder=1.1 if name == country else 1.0,
                )
        for row in rows:
            _mark(ax, row, looks[str(row["holder"])], largest)
        _holder_legend(ax, looks, names or {}, rows)
        if largest > 0:
            _size_legend(ax, largest, currency)
        furnish(
            ax,
            own=own,
            title=title if title is not None else _finding(rows, largest, on),
            source=source,
            grade=grade or grade_of(table),
            note=f"{BORDERS_NOTE} {note}".strip(),
            synthetic=synthetic,
        )
        figure_of(ax).draw_without_rendering()
        _write_names(ax, rows, rings, largest)
    return ax


def _tall(points: np.ndarray[Any, Any]) -> bool:
    """Whether a stretch of land is at least half as high again as it is wide."""
    wide, high = np.ptp(points, axis=0)
    middle = (points[:, 1].min() + points[:, 1].max()) / 2
    return bool(high > 1.5 * wide * math.cos(math.radians(middle)))


def _frame(ax: Axes, points: np.ndarray[Any, Any]) -> None:
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    wide, high = MARGIN * (east - west or 1.0), MARGIN * (north - south or 1.0)
    ax.set_xlim(west - wide, east + wide)
    ax.set_ylim(south - high, north + high)
    ax.set_aspect(1 / math.cos(math.radians((south + north) / 2)), adjustable="box", anchor="NW")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor(ELSEWHERE)
    for spine in ax.spines.values():
        spine.set(visible=True, color="#CCCCCC")


def mark_area(revenue: float, largest: float) -> float:
    """Area of a mark in points squared, proportional to revenue but never too small to be seen.

    >>> mark_area(8e9, 16e9), mark_area(float("nan"), 16e9)
    (310.0, 16.0)
    """
    if not math.isfinite(revenue) or largest <= 0:
        return SMALLEST_MARK
    return max(SMALLEST_MARK, LARGEST_MARK * revenue / largest)


def _mark(ax: Axes, row: dict[Any, Any], look: HolderLook, largest: float) -> None:
    inland = row["kind"] == "inland"
    ax.scatter(
        [row["longitude"]],
        [row["latitude"]],
        s=mark_area(float(row["revenue"]), largest),
        marker=look.marker,
        facecolor="white" if inland else look.colour,
        edgecolor=look.colour if inland else "white",
        linewidth=1.6 if inland else 0.8,
        zorder=3,
        gid=f"mark-{row['crossing']}",
    )


def _holder_legend(
    ax: Axes, looks: Mapping[str, HolderLook], names: Mapping[str, str], rows: list[dict[Any, Any]]
) -> None:
    from matplotlib.lines import Line2D

    look_of_all: dict[str, Any] = {"linestyle": "", "markersize": 9}
    who = [
        Line2D(
            [],
            [],
            marker=look.marker,
            color=look.colour,
            markeredgecolor="white",
            label=wrap(names.get(holder, look.label), LEGEND_WIDTH, 8.5),
            **look_of_all,
        )
        for holder, look in looks.items()
    ]
    if any(row["kind"] == "inland" for row in rows):
        hollow: dict[str, Any] = {"markerfacecolor": "white", "markeredgewidth": 1.6, "markeredgecolor": SOFT}
        who.append(Line2D([], [], marker="o", label="Hollow: inland house", **hollow, **look_of_all))
    legend = ax.legend(
        handles=who,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        title="Held by",
        alignment="left",
        borderaxespad=0.0,
        labelspacing=0.8,
    )
    ax.add_artist(legend)
    legend.set_clip_on(False)  # else the layout takes it for hidden and leaves it no room


def _size_legend(ax: Axes, largest: float, currency: str) -> None:
    from matplotlib.lines import Line2D

    unit = money_unit([largest], currency=currency)
    sizes = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            color=SOFT,
            markeredgecolor="white",
            markersize=math.sqrt(mark_area(step * unit.size, largest)),
            label=f"{step:,g}",
        )
        for step in _steps(largest / unit.size)
    ]
    ax.legend(
        handles=sizes,
        loc="lower left",
        bbox_to_anchor=(1.01, 0.0),
        alignment="left",
        borderaxespad=0.0,
        title=f"Baseline revenue\ncollected in a year,\n{unit.name}",
        labelspacing=1.3,
        handletextpad=1.2,
        borderpad=0.6,
    )


def _steps(largest: float) -> list[float]:
    power = 10.0 ** math.floor(math.log10(largest))
    top = max(step * power for step in (1, 2, 5) if step * power <= largest)
    return [float(f"{top / part:.1g}") for part in (10, 3, 1)] if top / power != 5 else [top / 10, top / 5, top]


def _finding(rows: list[dict[Any, Any]], largest: float, on: object) -> str:
    known = [(row["holder"] == "government", finite_or(float(row["revenue"]), 0.0)) for row in rows]
    total = sum(revenue for _held, revenue in known)
    held = sum(revenue for government, revenue in known if government)
    share = f"{100 * held / total:.0f} % of the baseline revenue" if total and largest else "the crossings"
    return f"On {written_day(on)} the government holds {share}"


def _write_names(ax: Axes, rows: list[dict[Any, Any]], rings: Mapping[str, list[Ring]], largest: float) -> None:
    from matplotlib.patheffects import withStroke

    scale = figure_of(ax).dpi / 72
    box = ax.get_window_extent()
    frame: Box = (box.x0 + 2 * scale, box.y0 + 2 * scale, box.x1 - 2 * scale, box.y1 - 2 * scale)
    places = ax.transData.transform([(row["longitude"], row["latitude"]) for row in rows])
    texts = [str(row["name"]) if math.isfinite(float(row["revenue"])) else f"{row['name']} (no figure)" for row in rows]
    marks = [
        (float(x), float(y), (math.sqrt(mark_area(float(row["revenue"]), largest)) / 2 + 1) * scale)
        for (x, y), row in zip(places, rows, strict=True)
    ]
    sizes = [((text_width(text, LABEL_SIZE) + 7) * scale, 1.25 * LABEL_SIZE * scale) for text in texts]
    lines = [ax.transData.transform(line.get_xydata()) for line in ax.get_lines()]
    boxes = place_labels(marks, sizes, frame=frame, lines=lines, scale=scale)
    halo = [withStroke(linewidth=2.0, foreground="white")]
    for number, (row, text, mark, label) in enumerate(zip(rows, texts, marks, boxes, strict=True)):
        if not text:
            continue
        x, y = (label[0] + label[2]) / 2, (label[1] + label[3]) / 2
        arrow = (
            {"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": mark[2] / scale}
            if has_leader(label, number, marks, scale=scale)
            else None
        )
        ax.annotate(
            text,
            xy=(row["longitude"], row["latitude"]),
            size=LABEL_SIZE,
            color=INK,
            xytext=((x - mark[0]) / scale, (y - mark[1]) / scale),
            textcoords="offset points",
            ha="center",
            va="center",
            path_effects=halo,
            arrowprops=arrow,
            zorder=5,
            gid="place",
            in_layout=False,
        )
    struck = [(x, y, x, y) for line in lines for x, y in along(line, 4 * scale)]
    taken = [*boxes, *((x - r, y - r, x + r, y + r) for x, y, r in marks), *struck]
    _write_countries(ax, rings, taken, frame)


def _write_countries(ax: Axes, rings: Mapping[str, list[Ring]], taken: list[Box], frame: Box) -> None:
    scale = figure_of(ax).dpi / 72
    occupied = [*taken]
    for name, parts in rings.items():
        size = (text_width(name, NAME_SIZE) * scale * 1.05, 1.3 * NAME_SIZE * scale)
        drawn = [ax.transData.transform(ring) for ring in parts]
        spot = name_place(drawn, size, frame=frame, taken=occupied)
        if spot is None:
            continue
        x, y = ax.transData.inverted().transform(((spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2))
        ax.text(
            x,
            y,
            name,
            size=NAME_SIZE,
            color="#8A8A8A",
            style="italic",
            ha="center",
            va="center",
            zorder=2,
            gid="country",
            in_layout=False,
        )
        occupied.append(spot)
