"""The map with what lies behind the border: lines from each crossing to the ports its trade comes through.

A line is a link that a source names, not a road: it says nothing about how much goes over it. Its colour and its dashes
are those of the crossing's holder. A crossing for which no port is named has a short stroke into the neighbour's land.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError, did_you_mean
from tradeimpact.figures import maps
from tradeimpact.figures.axes import day_number, finite_or, short_day, written_day
from tradeimpact.figures.outlines import read_outlines
from tradeimpact.figures.style import (
    GOVERNMENT,
    INK,
    briefing,
    canvas,
    figure_of,
    furnish,
    grade_of,
    holder_looks,
    needs,
)
from tradeimpact.figures.text import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TABLE_COLUMNS = ["crossing", "name", "kind", "latitude", "longitude", "revenue", "grade", "holder"]
PORT_COLUMNS = ["crossing", "name", "country", "latitude", "longitude"]
STROKE = 0.75  # degrees
BEND = 0.10  # of a line's length
LINKS_NOTE = (
    "Lines join a crossing with the ports that a source names for it; they are no roads and say nothing of amounts. A "
    "short stroke: no port named."
)


def links(
    table: pd.DataFrame,
    ports: pd.DataFrame,
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
    """Crossings of a country on a day with lines to the ports of its neighbours.

    Parameters
    ----------
    table : DataFrame
        As of :func:`tradeimpact.figures.maps.map_crossings`, optionally with `neighbour`, the country beyond.
    ports : DataFrame
        One row per link: `crossing`, and of the port `name`, `country`, `latitude`, `longitude` (degrees).
    outlines, country, on, source, title, names, grade, note, currency, synthetic, ax
        As of :func:`tradeimpact.figures.maps.map_crossings`.

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing, a link starts at no crossing of the table, or the country has no outline.
    """
    needs(table, TABLE_COLUMNS, "links")
    needs(ports, PORT_COLUMNS, "links")
    rings = read_outlines(outlines)
    if country not in rings:
        raise TradeImpactError(f"links: no outline for {country!r}. {did_you_mean(country, rings)}".strip())
    strange = sorted(set(ports["crossing"].astype(str)) - set(table["crossing"].astype(str)))
    if strange:
        raise TradeImpactError(f"links: {', '.join(strange[:5])} is no crossing of the table.")
    looks = holder_looks(table["holder"].astype(str))
    border = table[table["kind"] == "border"].sort_values(["revenue", "crossing"], ascending=[False, True])
    rows = border.to_dict("records")
    largest = finite_or(float(border["revenue"].max()), 0.0)
    ends = ports[["longitude", "latitude"]].to_numpy(dtype=float)
    with briefing():
        ax, own = canvas(ax, size=(8.0, 7.0))
        here = np.concatenate([*rings[country], border[["longitude", "latitude"]].to_numpy(dtype=float)])
        maps._frame(ax, np.concatenate([here, ends]))
        _land(ax, rings, country)
        for row in rows:
            _lines(ax, row, ports, np.mean(here, axis=0), rings.get(str(row.get("neighbour", "")), []))
            maps._mark(ax, row, looks[str(row["holder"])], largest)
        harbours = _harbours(ax, ports)
        maps._holder_legend(ax, looks, names or {}, rows)
        if largest > 0:
            maps._size_legend(ax, largest, currency)
        furnish(
            ax, own=own, title=title if title is not None else _finding(border, ports, on), source=source,
            grade=grade or grade_of(table), note=f"{LINKS_NOTE} {maps.BORDERS_NOTE} {note}".strip(),
            synthetic=synthetic,
        )  # fmt: skip
        figure_of(ax).draw_without_rendering()
        maps._write_names(ax, [*rows, *harbours], rings, largest)
    return ax


def _land(ax: Axes, rings: Mapping[str, list[Any]], country: str) -> None:
    for name, parts in rings.items():
        own = name == country
        for ring in parts:
            ax.fill(
                ring[:, 0], ring[:, 1], facecolor=maps.OWN_LAND if own else maps.LAND, edgecolor=maps.BORDER,
                linewidth=1.0 if own else 0.6, zorder=1.1 if own else 1.0,
            )  # fmt: skip


def _lines(ax: Axes, row: dict[Any, Any], ports: pd.DataFrame, middle: np.ndarray[Any, Any], beyond: list[Any]) -> None:
    government = row["holder"] == "government"
    colour = GOVERNMENT if government else holder_looks([str(row["holder"])])[str(row["holder"])].colour
    look: dict[str, Any] = {"color": colour, "linestyle": "-" if government else (0, (4, 2)), "zorder": 2.5}
    start = np.array([row["longitude"], row["latitude"]], dtype=float)
    mine = ports[ports["crossing"] == row["crossing"]]
    if mine.empty:
        end = _beyond(start, middle, beyond)
        ax.plot([start[0], end[0]], [start[1], end[1]], linewidth=2.2, gid=f"stroke-{row['crossing']}", **look)
    for port in mine.to_dict("records"):
        end = np.array([port["longitude"], port["latitude"]], dtype=float)
        along = np.linspace(0, 1, 40)[:, None]
        aside = BEND * np.array([-(end - start)[1], (end - start)[0]])
        aside *= 1.0 if aside @ ((start + end) / 2 - middle) > 0 else -1.0  # out of the country rather than into it
        path = start + along * (end - start) + 4 * along * (1 - along) * aside
        ax.plot(path[:, 0], path[:, 1], linewidth=1.7, gid=f"link-{row['crossing']}-{port['name']}", **look)


def _beyond(start: Any, middle: Any, rings: list[Any]) -> Any:
    """End of a short stroke into the neighbour's land, as much away from the country's middle as it can be."""
    from matplotlib.path import Path

    away = (start - middle) / (math.hypot(*(start - middle)) or 1.0)
    turns = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ways = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    inside = np.zeros(len(ways), dtype=bool)
    for ring in rings:
        inside |= Path(ring).contains_points(start + STROKE * ways)
    found = ways[inside] if inside.any() else away[None]
    return start + STROKE * found[int(np.argmax(found @ away))]


def _harbours(ax: Axes, ports: pd.DataFrame) -> list[dict[Any, Any]]:
    """Marks of the ports; returns them as rows that the labels are written from."""
    once = ports.drop_duplicates("name")
    ax.scatter(
        once["longitude"], once["latitude"], s=55, marker="s", facecolor="white", edgecolor=INK, linewidth=1.4,
        zorder=3.2, gid="port",
    )  # fmt: skip
    return [
        {"crossing": row["name"], "name": f"Port: {row['name']}", "longitude": row["longitude"],
         "latitude": row["latitude"], "revenue": 0.0}
        for row in once.to_dict("records")
    ]  # fmt: skip


def _shares(border: pd.DataFrame, ports: pd.DataFrame) -> tuple[float, float]:
    """Share of the border revenue that crossings with a named port bring, and of that what the government holds."""
    linked = border["crossing"].isin(ports["crossing"])
    there = float(border.loc[linked, "revenue"].sum())
    held = float(border.loc[linked & (border["holder"] == "government"), "revenue"].sum())
    total = float(border["revenue"].sum())
    return (there / total if total else float("nan")), (held / there if there else float("nan"))


def _finding(border: pd.DataFrame, ports: pd.DataFrame, on: object) -> str:
    linked, held = _shares(border, ports)
    return (
        f"Crossings towards seaports bring {percent(linked)} of the border's baseline revenue; on "
        f"{written_day(on)} the government holds {percent(held)} of that"
    )


def alt_links(
    table: pd.DataFrame, ports: pd.DataFrame, *, country: str, on: object, names: Mapping[str, str] | None = None
) -> str:
    """Alternative text of `links`: who holds the crossings behind each port."""
    needs(table, TABLE_COLUMNS, "alt_links")
    needs(ports, PORT_COLUMNS, "alt_links")
    border = table[table["kind"] == "border"]
    called = dict(zip(border["crossing"], border["name"].astype(str), strict=True))
    holder = dict(zip(border["crossing"], border["holder"].astype(str), strict=True))
    linked, held = _shares(border, ports)
    told = []
    for port, group in ports.groupby("name", sort=False):
        ends = [f"{called[c]} ({(names or {}).get(holder[c], holder[c])})" for c in group["crossing"]]
        told.append(f"{port}: {', '.join(ends)}")
    return (
        f"Map of {country} on {short_day(day_number(on), year=True)} with lines from crossings to seaports. "
        f"{'; '.join(told)}. "
        f"These crossings bring {percent(linked)} of the border's baseline revenue, of which the government holds "
        f"{percent(held)}."
    )
