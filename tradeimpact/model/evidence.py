"""From weighed statements to likelihoods of the holder of each crossing and day (MODEL section 4).

States are government, nobody, insurgent. With w the weight of a statement: lost (1, w, w), collecting (1, 1, w), held
(w, 1, 1), fighting (1, w, 1). Logs throughout; arrays (days, states, crossings, draws).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
SILENT_DAYS = 10


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


def log_likelihood(
    statements: Sequence[Statement],
    days: int,
    crossings: int,
    log_weight: dict[str, Array],
    repeat: Array,
    uniform: dict[str, Array],
    rank: dict[str, int],
) -> Array:
    """Log likelihood of the statements given, (days, 3, crossings, draws).

    An event acts on one day of its window, drawn by its uniform number; in a cluster the heaviest statement counts in
    full and the others to the power `repeat`.
    """
    draws = len(repeat)
    out = np.zeros((days, 3, crossings, draws))
    at = np.arange(draws)
    for s, full in zip(statements, leading(statements, rank), strict=True):
        first, last = max(s.first, 0), min(s.last, days - 1)
        if last < first:
            continue
        day = first + np.minimum((uniform[s.key] * (last - first + 1)).astype(np.int64), last - first)
        weight = log_weight[s.weight] * (1.0 if full else repeat)
        for state, share in enumerate(SPEAKS_FOR[s.proposition]):
            if share:
                out[day, state, s.crossing, at] += weight
    return out


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
    stated = sorted(published)
    out = np.zeros(days, dtype=np.int64)
    for day in range(days):
        heard = next((p for p in stated if p >= day), known_until)
        out[day] = min(max(min(heard, known_until) - day, 0), SILENT_DAYS)
    return out


def transitions(
    fall: Array,
    to_nobody: Array,
    collect: Array,
    recapture: Array,
    silence: Array,
    silent_loss: Ints,
    silent_return: Ints,
) -> Array:
    """Daily transitions weighed by the silence that followed, (days - 1, 3, 3, crossings, draws).

    Hazards and rho are (draws,); silent days are (days, crossings). A change that would have been reported and was not
    has likelihood (1 - rho) for each silent day.
    """
    draws = fall.shape[0]
    days, crossings = silent_loss.shape
    out = np.zeros((days - 1, 3, 3, crossings, draws))
    quiet = 1.0 - silence
    loss = quiet ** silent_loss[1:, :, None]
    back = quiet ** silent_return[1:, :, None]
    out[:, 0, 0] = 1.0 - fall
    out[:, 0, 1] = fall * to_nobody * loss
    out[:, 0, 2] = fall * (1.0 - to_nobody) * loss
    stay = np.maximum(1.0 - collect - recapture, 0.0)
    out[:, 1, 0] = np.minimum(recapture, 1.0) * back
    out[:, 1, 1] = stay
    out[:, 1, 2] = collect
    out[:, 2, 0] = recapture * back
    out[:, 2, 1] = 0.0
    out[:, 2, 2] = 1.0 - recapture
    return out
