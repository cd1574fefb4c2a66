"""Which rows the tables of a result have, and what of a block of draws goes into them.

Sums over the window stand by crossing, month and day; the rows of a table are (label, line) pairs made from them for
any number of draws, so that tables of kept draws and of streamed ones are the same tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .inputs import Inputs
from .kernel import DAILY
from .model.ledger import COMPONENTS, DETAILS, LINES

Array = NDArray[np.float64]

HEADLINES = (
    "baseline",
    "government_revenue",
    "government_loss",
    "insurgent_baseline",
    "insurgent_revenue",
    "insurgent_gain",
    "transfer_ratio",
)
TABLE_LINES = (*HEADLINES, *COMPONENTS, *DETAILS, "road_levies")
NATIONAL = "(national)"
RUNNING = {"loss": "government_loss", "gain": "insurgent_gain"}
KINDS = ("crossing", "group", "month", "daily", "cumulative")


class Sums(Protocol):
    """Sums over the window, draws last: lines by crossing (the last is no crossing's), by month, and by day."""

    @property
    def by_crossing(self) -> Array: ...
    @property
    def by_month(self) -> Array: ...
    @property
    def by_day(self) -> Array: ...


def labels(x: Inputs, kind: str) -> list[tuple[str, str]]:
    """(label, line) of every row of a table, in order."""
    if kind in ("daily", "cumulative"):
        names: Sequence[str] = DAILY if kind == "daily" else tuple(RUNNING)
        return [(name, str(day.date())) for name in names for day in x.window_days]
    places = {"crossing": (*x.crossings, NATIONAL), "group": _groups(x), "month": tuple(x.months["label"])}[kind]
    return [(place, line) for place in dict.fromkeys(places) for line in TABLE_LINES]


def rows(x: Inputs, kind: str, sums: Sums) -> Array:
    """Values of every row of a table, (rows, draws)."""
    draws = sums.by_day.shape[-1]
    if kind == "daily":
        return sums.by_day.reshape(-1, draws)
    if kind == "cumulative":
        return np.concatenate([np.cumsum(sums.by_day[DAILY.index(line)], axis=0) for line in RUNNING.values()])
    if kind == "month":
        found = [lines_of(sums.by_month[:, i]) for i in range(sums.by_month.shape[1])]
    elif kind == "crossing":
        found = [lines_of(sums.by_crossing[:, i]) for i in range(sums.by_crossing.shape[1])]
    else:
        groups = _groups(x)
        members = [[i for i, have in enumerate(groups) if have == g] for g in dict.fromkeys(groups)]
        found = [lines_of(in_order(sums.by_crossing[:, who])) for who in members]
    return np.stack([lines[name] for lines in found for name in TABLE_LINES])


def lines_of(block: Array) -> dict[str, Array]:
    """Lines of one (lines, draws) block by name, with the transfer ratio per draw: missing where the loss is zero."""
    lines = dict(zip(LINES, block, strict=True))
    loss = lines["government_loss"]
    lines["transfer_ratio"] = np.where(loss != 0, lines["insurgent_gain"] / np.where(loss != 0, loss, 1.0), np.nan)
    return lines


def in_order(blocks: Array) -> Array:
    """Sum over the second axis one after the other, so that the number of draws cannot change a bit."""
    total = np.zeros((blocks.shape[0], blocks.shape[2]))
    for position in range(blocks.shape[1]):
        total += blocks[:, position]
    return total


def _groups(x: Inputs) -> tuple[str, ...]:
    return (*x.groups, *["inland"] * (len(x.crossings) - x.border), NATIONAL)
