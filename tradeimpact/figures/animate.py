"""A crisis as it could be known, day by day on maps: side by side as a film strip, or one after another as a GIF.

A mark is as large as the crossing's revenue and as dark as the probability, on what had been published by that day,
that the government had lost it. Below stands the loss as it was estimated on that day, with its 90 % interval.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    money_axis,
    money_unit,
    short_day,
    span_from_zero,
    written_day,
)
from tradeimpact.figures.maps import BORDER, ELSEWHERE, LAND, LARGEST_MARK, OWN_LAND, SMALLEST_MARK, _write_names
from tradeimpact.figures.outlines import read_outlines
from tradeimpact.figures.replay import SHADES
from tradeimpact.figures.save import csv_text, manifest_text
from tradeimpact.figures.style import GOVERNMENT, INK, SOFT, briefing, footer_text, furnish, needs
from tradeimpact.figures.text import count_word, estimate
from tradeimpact.write import write_files

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACE_COLUMNS = ["crossing", "name", "latitude", "longitude", "revenue"]
PROBABILITY_COLUMNS = ["day", "crossing", "lost", "low", "high"]
LOSS_COLUMNS = ["day", "line", "median", "low", "high"]
WHAT = (
    "Darker: more probably lost, on what had been published by that day. Areas: baseline revenue of a year. Dashed "
    "rings: the 90 % interval of the probability holds one half. The loss is that from the first day, with its 90 % "
    "interval. Borders as in the outline file; the map takes no side."
)
PIXELS = 100  # to the inch, in a film
COLOURS = 64
STRIP_PANELS = 6
NAMED = 6  # crossings of a film, the largest
LARGEST = 260.0  # area in points squared


def film_strip(
    probability: pd.DataFrame,
    loss: pd.DataFrame,
    places: pd.DataFrame,
    outlines: Mapping[str, Any],
    *,
    country: str,
    source: str,
    days: Sequence[object] | None = None,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
) -> Axes:
    """Maps of some days of knowledge beside one another.

    Parameters
    ----------
    probability : DataFrame
        Columns `day`, `crossing`, `lost`, `low`, `high` (0 to 1).
    loss : DataFrame
        Columns `day`, `line`, `median`, `low`, `high` (units of currency); rows of line "so_far" are shown.
    places : DataFrame
        Columns `crossing`, `name`, `latitude`, `longitude` (degrees), `revenue` (units of currency a year).
    outlines, country
        As in :func:`tradeimpact.figures.maps.map_crossings`.
    source : str
    days : sequence of days, optional
        Days of knowledge to show; six, evenly spread, without it.
    title, grade, note, currency, synthetic
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        The first map.

    Raises
    ------
    TradeImpactError
        If columns are missing, or a day is none of the table's.
    """
    import matplotlib.pyplot as plt

    _checked(probability, loss, places)
    shown = _chosen(probability, days)
    rings = _rings(outlines, country)
    columns = math.ceil(len(shown) / math.ceil(len(shown) / 3))
    rows = math.ceil(len(shown) / columns)
    with briefing():
        figure, grid = plt.subplots(
            rows, columns, figsize=(8.4, 2.25 * rows + 1.4), layout="constrained", squeeze=False
        )
        panels: list[Axes] = list(grid.ravel())
        for panel, day in zip(panels, shown, strict=False):
            _map(panel, probability[probability["day"] == day], places, rings, country)
            panel.set_title(f"{short_day(day_number(day))}\n", size=8.5)
            panel.annotate(
                f"Loss {_words(loss, day, currency)}", xy=(0, 1), xycoords="axes fraction", xytext=(0, 4),
                textcoords="offset points", size=8, gid="loss",
            )  # fmt: skip
            panel.set_gid(f"day-{short_day(day_number(day))}")
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        _bar(figure, panels)
        furnish(
            panels[0], own=True, title=title if title is not None else _finding(probability, loss, shown, currency),
            source=source, grade=grade, note=f"{WHAT} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
    return panels[0]


def animate(
    probability: pd.DataFrame,
    loss: pd.DataFrame,
    places: pd.DataFrame,
    outlines: Mapping[str, Any],
    stem: str | os.PathLike[str],
    *,
    country: str,
    source: str,
    manifest: Mapping[str, Any],
    table: pd.DataFrame,
    alt: str,
    seconds_a_day: float = 0.4,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
) -> dict[str, Path]:
    """Write the days of knowledge one after another: `stem`.gif, .csv and .json.

    Parameters
    ----------
    probability, loss, places, outlines, country, source, grade, note, currency, synthetic
        As in :func:`film_strip`.
    stem : str or path
        Path without suffix; folders are made.
    manifest, table, alt
        As in :func:`tradeimpact.figures.save.save`; the alternative text also stands in the GIF as its comment.
    seconds_a_day : float
        How long a day is shown, at least 0.05; the last stays five times as long.

    Returns
    -------
    dict
        "gif", "csv", "json" to the path written. The same tables give the same bytes.
    """
    if not seconds_a_day >= 0.05:
        raise TradeImpactError(f"animate(seconds_a_day={seconds_a_day!r}): expected at least 0.05")
    words = " ".join(alt.split())
    if not words:
        raise TradeImpactError("An animation needs an alternative text: say in `alt` what it shows, in a sentence.")
    _checked(probability, loss, places)
    shown, rings = _chosen(probability, sorted(probability["day"].unique())), _rings(outlines, country)
    record = manifest_text({**manifest}, alt=words, name=Path(stem).name)
    foot = footer_text(source=source, grade=grade, note=f"{WHAT} {note}".strip(), synthetic=synthetic)
    with briefing():
        figure, upper, lower = _stage(foot)
        _loss(lower, loss, shown, currency)
        frames = []
        last = day_number(shown[-1])
        future = lower.axvspan(
            last, last, ymax=1.05, facecolor="white", linewidth=0, zorder=5, gid="future", clip_on=False
        )
        cursor = lower.axvline(last, color=INK, linewidth=1.0, zorder=6, gid="cursor")
        for day in shown:
            upper.clear()
            _map(
                upper, probability[probability["day"] == day], places, rings, country, largest=LARGEST_MARK, names=True
            )
            future.set_x(day_number(day))  # nobody knew what comes after it
            future.set_width(1.02 * last - 0.02 * day_number(shown[0]) - day_number(day))
            cursor.set_xdata([day_number(day)] * 2)
            upper.set_title(f"As known on {written_day(day)}: loss {_words(loss, day, currency)}")
            frames.append(_pixels(figure))
    _close(figure)
    data = _gif(frames, seconds_a_day, words)
    paths = {kind: Path(f"{os.fspath(stem)}.{kind}") for kind in ("gif", "csv", "json")}
    write_files(dict(zip(paths.values(), (data, csv_text(table), record), strict=True)))
    return paths


def _checked(probability: pd.DataFrame, loss: pd.DataFrame, places: pd.DataFrame) -> None:
    needs(probability, PROBABILITY_COLUMNS, "film_strip")
    needs(loss, LOSS_COLUMNS, "film_strip")
    needs(places, PLACE_COLUMNS, "film_strip")
    lost = sorted(set(probability["crossing"].astype(str)) - set(places["crossing"].astype(str)))
    if lost:
        raise TradeImpactError(f"film_strip: no position for {', '.join(lost[:5])}.")


def _chosen(probability: pd.DataFrame, days: Sequence[object] | None) -> list[Any]:
    known = sorted(probability["day"].unique())
    if days is None:
        positions = np.unique(np.linspace(0, len(known) - 1, min(STRIP_PANELS, len(known))).round().astype(int))
        return [known[position] for position in positions]
    by_number = {day_number(day): day for day in known}
    missing = [day for day in days if day_number(day) not in by_number]
    if missing:
        raise TradeImpactError(f"film_strip: {missing[0]} is no day of knowledge in the table.")
    return [by_number[day_number(day)] for day in days]


def _rings(outlines: Mapping[str, Any], country: str) -> dict[str, list[Any]]:
    rings = read_outlines(outlines)
    if country not in rings:
        raise TradeImpactError(f"film_strip: no outline for {country!r}; there are {', '.join(rings)}.")
    return rings


def _shades() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("lost", SHADES)


def _map(
    ax: Axes,
    known: pd.DataFrame,
    places: pd.DataFrame,
    rings: Mapping[str, list[Any]],
    country: str,
    *,
    largest: float = LARGEST,
    names: bool = False,
) -> None:
    for name, parts in rings.items():
        for ring in parts:
            own = name == country
            ax.fill(
                ring[:, 0], ring[:, 1], facecolor=OWN_LAND if own else LAND, edgecolor=BORDER,
                linewidth=0.8 if own else 0.4, zorder=1.1 if own else 1.0,
            )  # fmt: skip
    merged = known.merge(places, on="crossing", validate="one_to_one").sort_values("revenue", ascending=False)
    most = float(merged["revenue"].max())
    area = np.maximum(largest * np.nan_to_num(merged["revenue"].to_numpy(dtype=float)) / most, SMALLEST_MARK)
    unsure = (merged["low"] < 0.5) & (merged["high"] > 0.5)
    ax.scatter(
        merged["longitude"], merged["latitude"], s=area, c=merged["lost"], cmap=_shades(), vmin=0, vmax=1,
        edgecolors=INK, linewidths=0.7, zorder=3, gid="marks",
    )  # fmt: skip
    ax.scatter(
        merged.loc[unsure, "longitude"], merged.loc[unsure, "latitude"], s=area[unsure.to_numpy()] + 90,
        facecolors="none", edgecolors=INK, linewidths=0.8, linestyle=(0, (2, 1.5)), zorder=3.1, gid="unsure",
    )  # fmt: skip
    extent = np.concatenate([*rings[country], places[["longitude", "latitude"]].to_numpy(dtype=float)])
    (west, south), (east, north) = extent.min(axis=0), extent.max(axis=0)
    ax.set_xlim(west - 0.06 * (east - west), east + 0.06 * (east - west))
    ax.set_ylim(south - 0.06 * (north - south), north + 0.06 * (north - south))
    ax.set_aspect(1 / math.cos(math.radians((south + north) / 2)), adjustable="box")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor(ELSEWHERE)
    for spine in ax.spines.values():
        spine.set(visible=True, color="#CCCCCC")
    if names:
        rows = merged.to_dict("records")
        shown = [row | {"name": str(row["name"]).split("/")[0] if n < NAMED else ""} for n, row in enumerate(rows)]
        ax.apply_aspect()
        _write_names(ax, shown, rings, most)


def _bar(figure: Figure, panels: list[Axes]) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(cmap=_shades()), ax=panels, fraction=0.02, pad=0.01, ticks=[0, 0.5, 1])
    bar.ax.set_yticklabels(["0", "½", "1"])
    bar.set_label("Probability that the government has lost it", size=8)


def _so_far(loss: pd.DataFrame) -> pd.DataFrame:
    part = loss[loss["line"] == "so_far"].sort_values("day")
    if part.empty:
        raise TradeImpactError("film_strip: the table of losses has no rows of line 'so_far'.")
    return part


def _words(loss: pd.DataFrame, day: Any, currency: str) -> str:
    rows = _so_far(loss)
    row = rows[rows["day"] == day]
    if row.empty:
        return "not estimated"
    one = row.iloc[0]
    return estimate(float(one["median"]), float(one["low"]), float(one["high"]), currency=currency)


def _stage(foot: str) -> tuple[Figure, Axes, Axes]:
    """Figure of a film with fixed places: a map above, the loss below, the footer under both."""
    import matplotlib.pyplot as plt

    from tradeimpact.figures.style import FOOTER_SIZE, wrap

    words = wrap(foot, 500, FOOTER_SIZE)
    high = 72 * 7.6
    above = (1.3 * FOOTER_SIZE * (words.count("\n") + 1) + 38) / high  # room for the days and the name of their axis
    figure = plt.figure(figsize=(7.2, high / 72))
    upper = figure.add_axes((0.03, 0.41, 0.94, 0.54))
    lower = figure.add_axes((0.10, above, 0.86, max(0.365 - above, 0.1)))
    figure.text(0.012, 0.008, words, size=FOOTER_SIZE, color=SOFT, va="bottom", gid="footer")
    return figure, upper, lower


def _loss(ax: Axes, loss: pd.DataFrame, shown: list[Any], currency: str) -> None:
    part = _so_far(loss)
    values = part[["median", "low", "high"]].to_numpy(dtype=float)
    unit = money_unit(values.ravel(), currency=currency)
    at = [day_number(day) for day in part["day"]]
    median, low, high = values.T / unit.size
    ax.fill_between(at, low, high, facecolor=(GOVERNMENT, 0.2), edgecolor=(GOVERNMENT, 0.45), linewidth=0.4)
    ax.plot(at, median, color=GOVERNMENT)
    day_axis(ax, day_number(shown[0]), day_number(shown[-1]))
    ax.set_ylim(*span_from_zero(values.ravel() / unit.size))
    money_axis(ax, which="y", label=f"Loss so far\n({unit.name})")


def _pixels(figure: Figure) -> Any:
    """What the figure looks like now, as an image with few colours."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=PIXELS, metadata={"Software": None})
    with Image.open(buffer) as picture:
        return picture.convert("RGB")


def _gif(frames: list[Any], seconds: float, words: str) -> bytes:
    """Frames on one palette, the shades of probability and what else is common, so that what stays is stored once."""
    from PIL import Image

    few = [*frames[:: max(1, len(frames) // 6)], frames[-1]]
    width, height = frames[0].size
    together = Image.new("RGB", (width, height * len(few)))
    for number, frame in enumerate(few):
        together.paste(frame, (0, number * height))
    common = together.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).getpalette() or []
    ramp = (255 * _shades()(np.linspace(0, 1, COLOURS))[:, :3]).round().astype(int).ravel().tolist()
    palette = Image.new("P", (1, 1))
    palette.putpalette(common[: 3 * COLOURS] + ramp)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    out = io.BytesIO()
    times = [round(1000 * seconds)] * (len(flat) - 1) + [round(5000 * seconds)]
    flat[0].save(
        out, format="GIF", save_all=True, append_images=flat[1:], duration=times, loop=0, optimize=False, disposal=1,
        comment=words.encode("utf-8"),
    )  # fmt: skip
    return out.getvalue()


def _close(figure: Figure) -> None:
    import matplotlib.pyplot as plt

    plt.close(figure)


def _lost(probability: pd.DataFrame, day: Any) -> int:
    return int((probability.loc[probability["day"] == day, "lost"] > 0.5).sum())


def _finding(probability: pd.DataFrame, loss: pd.DataFrame, shown: list[Any], currency: str) -> str:
    first, last = shown[0], shown[-1]
    return (
        f"Crossings more likely lost than held: {count_word(_lost(probability, first))} on "
        f"{written_day(first)}, {count_word(_lost(probability, last))} on {written_day(last)}; "
        f"loss by then {_words(loss, last, currency)}"
    )


def alt_film(
    probability: pd.DataFrame,
    loss: pd.DataFrame,
    places: pd.DataFrame,
    *,
    days: Sequence[object] | None = None,
    currency: str = "AFN",
) -> str:
    """Alternative text of `film_strip` and of `animate`: per day shown, what is probably lost and the loss so far."""
    _checked(probability, loss, places)
    names = dict(zip(places["crossing"].astype(str), places["name"].astype(str), strict=True))
    told, before = [], set[str]()
    for day in _chosen(probability, days):
        known = probability[(probability["day"] == day) & (probability["lost"] > 0.5)]
        lost = {str(crossing) for crossing in known["crossing"]}
        new = ", ".join(names[c] for c in sorted(lost - before)) or "none new"
        told.append(f"{short_day(day_number(day))}: {len(lost)} lost ({new}), loss {_words(loss, day, currency)}")
        before = lost
    return f"Maps of what could be known day by day, crossings shaded by the probability of loss. {'. '.join(told)}."
