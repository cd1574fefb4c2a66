"""Overlapping published sums turned into windows that follow one another, and what a day was worth in each.

Offices publish sums since the start of a year, single months and weeks, side by side. Each says how much was added
between two days; whatever days are linked by such statements have a known difference, also across several of them. Per
crossing the days are put in order, and each stretch between neighbours is a window of its own. Nothing is guessed: days
that no chain of figures links stay apart, and a window of theirs may overlap another, which is said.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import TradeImpactError
from ...figures.text import count_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEEDED = ("crossing", "start", "end", "value")
SAME = 5e-3  # two chains to one day that differ by less than this share of the figure are one (rounding in the press)
Edge = tuple[pd.Timestamp, pd.Timestamp, float]


@dataclass(frozen=True)
class Windows:
    """Windows that follow one another.

    Attributes
    ----------
    table : DataFrame
        Columns crossing, start, end (both included), days, value, per_day, overlaps (True where another window of the
        crossing holds some of its days, and no figures link the two: never add those); sorted by crossing and day. A
        value below 0 means that figures of different rounds of publication do not fit; it is left standing.
    conflicts : DataFrame
        Rows of the input that contradict earlier ones by more than rounding, and were not used: crossing, start, end,
        value, expected.
    """

    table: pd.DataFrame
    conflicts: pd.DataFrame

    @property
    def text(self) -> str:
        """How many windows there are, and what cannot be used."""
        counts = self.table.groupby("crossing").size()
        told = f"{len(self.table)} windows at {count_word(len(counts))} crossings."
        overlapping = int(self.table["overlaps"].sum())
        if overlapping:
            told += f" {count_word(overlapping).capitalize()} overlap others: do not add those up."
        negative = int((self.table["value"] < 0).sum())
        if negative:
            told += f" {count_word(negative).capitalize()} below zero: figures that do not fit each other."
        if len(self.conflicts):
            told += f" Figures that contradict others and were left out: {len(self.conflicts)}."
        return told

    def plot(
        self,
        crossing: Hashable,
        *,
        events: Sequence[tuple[object, str]] = (),
        name: str | None = None,
        title: str | None = None,
        source: str = "",
        grade: str | None = None,
        unit: str = "",
        synthetic: bool = False,
        save: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Average per day in each window of one crossing, with `events` (day, label) marked."""
        from ... import _version
        from ...figures import effects as figure
        from ...figures.save import save as save_figure

        part = self.table[self.table["crossing"] == crossing]
        if not len(part):
            raise TradeImpactError(f"no window of {crossing!r}; there are {', '.join(self.table['crossing'].unique())}")
        called = name or str(crossing)
        drawn: Axes = figure.windows(
            part, events=events, name=called, title=title, source=source, grade=grade, unit=unit, synthetic=synthetic,
            ax=ax,
        )  # fmt: skip
        if save is not None:
            manifest = {"tradeimpact": _version.__version__, "windows": len(part), "crossing": str(crossing)}
            alt = figure.alt_windows(part, name=called, unit=unit)
            save_figure(drawn, save, table=part, alt=alt, manifest=manifest)
        return drawn

    def __repr__(self) -> str:
        return self.text


def windows(figures: pd.DataFrame) -> Windows:
    """Windows that follow one another from sums over periods that overlap.

    Parameters
    ----------
    figures : DataFrame
        One row per published sum: `crossing`, `start`, `end` (days, both included), `value` (of one measure, flow and
        unit). The first of two rows that contradict each other is believed.

    Returns
    -------
    Windows

    Raises
    ------
    TradeImpactError
        If a column is missing, a period ends before it starts, or a day or value is missing.

    Examples
    --------
    >>> rows = [("muse", "2023-04-01", "2023-08-04", 885.0), ("muse", "2023-04-01", "2023-08-31", 1072.0)]
    >>> windows(pd.DataFrame(rows, columns=["crossing", "start", "end", "value"])).table["value"].to_list()
    [885.0, 187.0]
    """
    missing = [column for column in NEEDED if column not in figures.columns]
    if missing:
        raise TradeImpactError(f"windows: the table lacks {', '.join(missing)}; it needs {', '.join(NEEDED)}")
    table = figures[list(NEEDED)].copy()
    for column in ("start", "end"):
        table[column] = pd.to_datetime(table[column])
    if table.isna().to_numpy().any():
        raise TradeImpactError("windows: a day or a value is missing; leave out rows without a period or a figure")
    late = table[table["end"] < table["start"]]
    if len(late):
        raise TradeImpactError(f"windows: {late['crossing'].iloc[0]} has a period that ends before it starts")
    parts, conflicts = [], []
    for crossing, rows in table.groupby("crossing", sort=True):
        edges = [(a, b + pd.Timedelta(days=1), float(v)) for _, a, b, v in rows.itertuples(index=False)]
        found, left_out = _follow(edges)
        parts += [{"crossing": crossing, **row} for row in found]
        conflicts += [{"crossing": crossing, **row} for row in left_out]
    columns = ["crossing", "start", "end", "days", "value", "per_day", "overlaps"]
    return Windows(
        pd.DataFrame(parts, columns=columns),
        pd.DataFrame(conflicts, columns=["crossing", "start", "end", "value", "expected"]),
    )


def _follow(edges: list[Edge]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Windows between neighbouring days of each linked set, and figures that contradict earlier ones."""
    place: dict[pd.Timestamp, tuple[int, float]] = {}  # day: linked set, sum since that set's first known day
    conflicts = []
    for number, (begin, stop, value) in enumerate(edges):
        for day in (begin, stop):
            place.setdefault(day, (2 * number + int(day == stop), 0.0))
        (one, a), (other, b) = place[begin], place[stop]
        if one == other:
            if abs(b - a - value) > SAME * max(abs(value), abs(b - a)):
                last = stop - pd.Timedelta(days=1)
                conflicts.append({"start": begin, "end": last, "value": value, "expected": b - a})
            continue
        for day, (linked, total) in place.items():
            if linked == other:
                place[day] = (one, total - b + a + value)
    out = []
    for linked in dict.fromkeys(number for number, _ in place.values()):
        days = sorted(day for day, (number, _) in place.items() if number == linked)
        for begin, stop in pairwise(days):
            count, value = (stop - begin).days, place[stop][1] - place[begin][1]
            out.append(_window(begin, stop, count, value))
    out.sort(key=lambda row: (row["start"], row["end"]))
    for row in out:
        row["overlaps"] = any(o["start"] <= row["end"] and row["start"] <= o["end"] for o in out if o is not row)
    return out, conflicts


def _window(begin: pd.Timestamp, stop: pd.Timestamp, count: int, value: float) -> dict[str, Any]:
    exact = float(np.round(value, 9))
    return {"start": begin, "end": stop - pd.Timedelta(days=1), "days": count, "value": exact, "per_day": exact / count}
