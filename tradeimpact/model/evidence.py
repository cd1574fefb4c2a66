"""From weighed statements to likelihoods of the holder of each crossing and day (MODEL section 4).

States are government, nobody, insurgent. With w the weight of a statement: lost (1, w, w), collecting (1, 1, w), held
(w, 1, 1), fighting (1, w, 1). Logs throughout; arrays (days, states, crossings, draws).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .histories import SILENT_DAYS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# which states a proposition speaks for, over (government, nobody, insurgent)
SPEAKS_FOR = {
    "lost": (0.0, 1.0, 1.0),
    "promise": (0.0, 1.0, 1.0),
    "collecting": (0.0, 0.0, 1.0),
    "held": (1.0, 0.0, 0.0),
    "fighting": (0.0, 1.0, 0.0),
}


@dataclass(frozen=True)
class Statement:
    """One statement on one crossing: position, proposition, window of days (positions), publication day, class,
    cluster.
    """

    crossing: int
    proposition: str
    first: int
    last: int
    published: int
    weight: str
    cluster: int
    key: str


def cells_of(statements: Sequence[Statement], days: int) -> dict[tuple[int, int], int]:
    """(day, crossing) about which something is stated, in order, and the row of its likelihood."""
    told = {(day, s.crossing) for s in statements for day in range(max(s.first, 0), min(s.last, days - 1) + 1)}
    return {cell: row for row, cell in enumerate(sorted(told))}


def likelihood(
    statements: Sequence[Statement],
    full: Sequence[bool],
    cells: Mapping[tuple[int, int], int],
    days: int,
    log_weight: Mapping[str, Array],
    repeat: Array,
    uniform: Mapping[str, Array],
) -> Array:
    """Likelihood of the statements given, largest 1, (cells, 3, draws).

    An event acts on one day of its window, drawn by its uniform number; in a cluster the heaviest statement (`full`)
    counts in full and the others to the power `repeat`.
    """
    draws = len(repeat)
    out = np.zeros((len(cells), 3, draws))
    for s, leads in zip(statements, full, strict=True):
        first, last = max(s.first, 0), min(s.last, days - 1)
        if last < first:
            continue
        weight = log_weight[s.weight] if leads else log_weight[s.weight] * repeat
        states = [state for state, share in enumerate(SPEAKS_FOR[s.proposition]) if share]
        if last == first:
            for state in states:
                out[cells[first, s.crossing], state] += weight
            continue
        rows = np.array([cells[day, s.crossing] for day in range(first, last + 1)])
        day = np.minimum((uniform[s.key] * (last - first + 1)).astype(np.int64), last - first)
        for state in states:
            out[rows[day], state, np.arange(draws)] += weight
    out -= out.max(axis=1, keepdims=True)
    return np.exp(out, out=out)


def leading(statements: Sequence[Statement], rank: dict[str, int]) -> list[bool]:
    """Whether each statement is the one of its cluster that counts in full: the heaviest class, then the first
    published.
    """
    best: dict[int, int] = {}
    for i, s in enumerate(statements):
        held = best.get(s.cluster)
        order = (rank[s.weight], s.published, s.key)
        if held is None or order < (rank[statements[held].weight], statements[held].published, statements[held].key):
            best[s.cluster] = i
    return [best[s.cluster] == i for i, s in enumerate(statements)]


def silent_days(published: Sequence[int], days: int, known_until: int) -> Ints:
    """Days of silence after a change of holder on each day, at most ten, (days,).

    `published` are the days on which that change was stated; a change on day s is silent until the first of them from s
    on, or until the last day known.
    """
    day = np.arange(days)
    heard = np.array([*sorted(published), known_until])
    first = heard[np.minimum(np.searchsorted(heard[:-1], day), len(heard) - 1)]
    return np.asarray(np.clip(np.minimum(first, known_until) - day, 0, SILENT_DAYS), dtype=np.int64)
