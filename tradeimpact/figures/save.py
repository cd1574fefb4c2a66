"""Saving a figure: SVG, PNG, the table it pictures as CSV, and a JSON manifest, the same bytes every time.

No clock, no user and no absolute path enters a file. The alternative text is in the SVG (for screen readers)
and in the manifest.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures import fonts
from tradeimpact.figures.style import briefing, figure_of
from tradeimpact.tables import neutral
from tradeimpact.write import write_files

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIBRARIES = ("matplotlib", "numpy", "pandas")
MOST_LAYOUTS = 8
SEEN = 1e-7  # share of the figure's side
OUR_KEYS = ("alt", "figure", "font", "libraries", "python")


def save(
    chart: Axes | Figure,
    stem: str | os.PathLike[str],
    *,
    table: pd.DataFrame,
    alt: str,
    manifest: Mapping[str, Any],
) -> dict[str, Path]:
    """Write `stem`.svg, .png, .csv and .json; one without its .json is one whose writing was cut off.

    Parameters
    ----------
    chart : Axes or Figure
    stem : str or path
        Path without suffix; folders are made.
    table : DataFrame
        The numbers that the figure shows. Text cells that a spreadsheet would take for a formula get a
        leading apostrophe; numbers are untouched.
    alt : str
        What the figure shows, in words; required.
    manifest : mapping
        What made the figure: version, data hashes, scenario, seed, draws. Library versions, `alt` and the
        figure's name are added.

    Returns
    -------
    dict
        "svg", "png", "csv", "json" to the path written.

    Raises
    ------
    TradeImpactError
        If `alt` is blank, or the manifest uses one of our keys, holds an absolute path, or cannot be written
        as JSON.
    """
    words = " ".join(alt.split())
    if not words:
        raise TradeImpactError("A saved figure needs an alternative text: say in `alt` what it shows, in a sentence.")
    name = Path(stem).name
    record = manifest_text({**manifest}, alt=words, name=name)
    svg, png = _render(figure_of(chart), name=name, alt=words)
    paths = {kind: Path(f"{os.fspath(stem)}.{kind}") for kind in ("svg", "png", "csv", "json")}
    write_files(dict(zip(paths.values(), (svg, png, csv_text(table), record), strict=True)))
    return paths


def csv_text(table: pd.DataFrame) -> str:
    """Table as CSV text, its named index included, formulas in text cells and headings neutralised."""
    from pandas.api.types import is_numeric_dtype

    named = any(name is not None for name in table.index.names)
    flat = table.reset_index() if named else table.copy()
    for column in flat.columns:
        if not is_numeric_dtype(flat[column]):
            flat[column] = [neutral(cell) for cell in flat[column]]
    flat.columns = [neutral(str(column)) for column in flat.columns]
    return str(flat.to_csv(index=False, lineterminator="\n"))


def manifest_text(given: Mapping[str, Any], *, alt: str, name: str) -> str:
    """JSON text of the manifest, keys sorted, with the versions of Python and the drawing libraries, and the font where
    it is not ours.
    """
    clash = sorted(set(given) & set(OUR_KEYS))
    if clash:
        raise TradeImpactError(f"The manifest may not set {', '.join(map(repr, clash))}: saving a figure sets them.")
    drawn = fonts.family()
    record = {
        **({} if drawn == fonts.FONT else {"font": drawn}),
        **{str(key): _plain(value, str(key)) for key, value in given.items()},
        "alt": alt,
        "figure": name,
        "libraries": {library: version(library) for library in LIBRARIES},
        "python": platform.python_version(),
    }
    return json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item, where) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, str) and re.match(r"/[^/\s]|~[/\\]|[A-Za-z]:[\\/]|\\\\", value):
        raise TradeImpactError(f"The manifest's {where!r} holds the absolute path {value!r}; give a relative one.")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TradeImpactError(f"The manifest's {where!r} is a {type(value).__name__}, which JSON cannot hold.")


def _render(figure: Figure, *, name: str, alt: str) -> tuple[str, bytes]:
    import matplotlib as mpl

    svg, png = io.BytesIO(), io.BytesIO()
    with briefing(), mpl.rc_context({"svg.hashsalt": "tradeimpact"}):
        engine = figure.get_layout_engine()
        _settle(figure)
        try:
            figure.savefig(png, format="png", metadata={"Software": None})
            figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        finally:
            figure.set_layout_engine(engine)
    return accessible(svg.getvalue().decode("utf-8"), name=name, alt=alt), png.getvalue()


def _settle(figure: Figure) -> None:
    """Lay out until the axes stay where they are, and put them there to the last digit that can be seen.

    A layout creeps by a hair with every drawing; without this a figure saved twice would differ.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    before = np.full((len(figure.axes), 4), np.nan)
    for _attempt in range(MOST_LAYOUTS):
        figure.draw_without_rendering()
        now = np.array([ax.get_position().bounds for ax in figure.axes]).reshape(-1, 4)
        if np.all(np.abs(now - before) < SEEN / 100):
            break
        before = now
    figure.set_layout_engine("none")  # both files get the one layout, whatever their resolution
    for ax in figure.axes:
        left, bottom, width, height = (round(side / SEEN) * SEEN for side in ax.get_position().bounds)
        ax.set_position((left, bottom, width, height))
        ax.set_in_layout(True)  # setting a position takes the axes out of every later layout


def accessible(svg: str, *, name: str, alt: str) -> str:
    """SVG text with role "img", a title (the figure's name in words) and `alt` as its description."""
    clean = "".join(sign for sign in alt if sign.isprintable())
    key = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    title = name.replace("_", " ").replace("-", " ").strip()
    labels = quoteattr(f"title-{key} desc-{key}")
    head = (
        f' role="img" aria-labelledby={labels}>\n <title id="title-{key}">{escape(title)}</title>\n'
        f' <desc id="desc-{key}">{escape(clean)}</desc>'
    )
    changed, count = re.subn(r"(<svg\b[^>]*?)>", lambda found: found.group(1) + head, svg, count=1)
    if count != 1:
        raise TradeImpactError("The drawing is not an SVG, so its alternative text cannot be written.")
    return changed
