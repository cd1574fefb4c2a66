"""What verifying is worth: how much narrower the loss estimate would be if one disputed crossing were settled.

By the law of total variance, with S whether the government held the crossing on the day,

    Var(loss) = E[Var(loss | S)] + Var(E[loss | S])

and the second term is what settling S removes on average. S is the state of the sampled history of each draw, so
it carries everything that goes with it in that draw: other crossings through counts, closures, what trade does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import blocks
from ..engine.sampling import REPLICATES, seed_of
from ..errors import TradeImpactError
from ..holders import block_paths
from ..inputs import prepare
from ..run import Run
from ..scenario import to_day
from ..simulate import DEFAULT_DRAWS
from ..statistics import HIGH, LOW
from .claims import DISPUTED_DAYS, HELD, LOSS, disputed

Array = NDArray[np.float64]

FEWEST = 20  # draws in which a state must occur for its spread to mean anything


def value_of_verifying(
    case: Case,
    on: str | date,
    *,
    window: tuple[str | date, str | date] | None = None,
    crossings: Sequence[str] | None = None,
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    forecast: str = "persist",
) -> pd.DataFrame:
    """How much the spread of a day's loss estimate would shrink if the holder of a crossing on that day were settled.

    Parameters
    ----------
    case : Case
    on : day
        Day of knowledge, and day whose holder is settled.
    window : (start, end), optional
        Days whose loss is estimated; without it from the first treated day to `on`.
    crossings : sequence of str, optional
        Without it those disputed on the day.
    draws : int
    rng : int, Generator or None
    forecast : {"persist", "hazard", "contagion"}

    Returns
    -------
    DataFrame
        One row per crossing, the most valuable first: crossing, name, lost (probability), loss_if_lost and
        loss_if_held (means), sd (of the loss now), sd_settled (root of the mean variance left), worth (their
        difference, in the case's currency), mc_error (its Monte Carlo error), share (of the variance), width and
        width_settled (of the 90 % interval, mean of the two weighed by their probability), reports (that
        contradict each other). A worth within its mc_error is nothing. Sampled states occur too rarely for an
        answer where one of them has fewer than 20 draws: then the numbers are missing.

    Raises
    ------
    TradeImpactError
        If a crossing is unknown or no unit of account.
    """
    day = to_day(on)
    first, last = (case.baseline_until + timedelta(days=1), day) if window is None else map(to_day, window)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}")
    known = case.as_of(day)
    inputs = prepare(known, known.as_reported(), first, last, as_of=day, forecast=forecast)
    run = Run(inputs, seed_of(rng), draws)
    if inputs.inferred is None:
        raise TradeImpactError("the case has no reports from which to infer control")
    stated = inputs.inferred.known.rows
    if crossings is None:
        flags = disputed(stated, pd.DatetimeIndex([pd.Timestamp(day)]), inputs.crossings)
        crossings = [str(c) for c in flags[flags].index.get_level_values("crossing")]
    for crossing in crossings:
        case.crossing(crossing)
        if crossing not in inputs.crossings:
            raise TradeImpactError(f"{crossing!r} is no unit of account on {day}; its goods are assessed elsewhere")
    loss = run.daily_loss().sum(axis=0)
    lost = lost_on(run, day)
    names = case.crossings.set_index("crossing")["name"]
    rows = []
    for crossing in crossings:
        worth = _worth(loss, lost[inputs.crossings.index(crossing)])
        reports = _standing(stated, crossing, pd.Timestamp(day))
        rows.append({"crossing": crossing, "name": names[crossing]} | worth | {"reports": reports})
    columns = ["crossing", "name", *_worth(np.zeros(1), np.zeros(1, dtype=bool)), "reports"]
    return pd.DataFrame(rows, columns=columns).sort_values("worth", ascending=False, ignore_index=True)


def lost_on(run: Run, day: date) -> NDArray[np.bool_]:
    """Whether the government did not hold each crossing on a day in each draw of a run, (crossings, draws)."""
    h = run.inputs.inferred
    if h is None:
        raise TradeImpactError("only a history as reported has sampled holders")
    position = (day - h.known.origin).days
    sampler = run.sampler()
    parts = []
    for number, wanted in blocks(run.draws):
        states = block_paths(h.known, sampler.block(number), run.seed, [number], h.known_until, h.forecast)
        parts.append(states[:, position, :wanted] > 0)
    return np.concatenate(parts, axis=1)


def _worth(loss: Array, lost: NDArray[np.bool_]) -> dict[str, Any]:
    """Decomposition of the variance of the loss by one sampled state."""
    found: dict[str, Any] = dict.fromkeys(
        (
            "lost",
            "loss_if_lost",
            "loss_if_held",
            "sd",
            "sd_settled",
            "worth",
            "mc_error",
            "share",
            "width",
            "width_settled",
        ),
        float("nan"),
    )
    found["lost"] = float(lost.mean())
    found["sd"], found["width"] = float(loss.std()), _width(loss)
    if min(lost.sum(), (~lost).sum()) < FEWEST:
        return found
    found["loss_if_lost"], found["loss_if_held"] = float(loss[lost].mean()), float(loss[~lost].mean())
    found["sd_settled"] = _settled(loss, lost)
    found["worth"] = found["sd"] - found["sd_settled"]
    found["share"] = 1.0 - found["sd_settled"] ** 2 / found["sd"] ** 2
    found["width_settled"] = found["lost"] * _width(loss[lost]) + (1 - found["lost"]) * _width(loss[~lost])
    parts = [(loss[k::REPLICATES], lost[k::REPLICATES]) for k in range(REPLICATES)]
    each = [float(x.std()) - _settled(x, s) for x, s in parts if 1 < s.sum() < len(s) - 1]
    if len(each) > 1:
        found["mc_error"] = float(np.std(each, ddof=1) / np.sqrt(len(each)))
    return found


def _settled(loss: Array, lost: NDArray[np.bool_]) -> float:
    """Root of the mean variance that is left once the state is known."""
    p = lost.mean()
    return float(np.sqrt(p * loss[lost].var() + (1 - p) * loss[~lost].var()))


def _width(loss: Array) -> float:
    low, high = np.quantile(loss, (LOW, HIGH))
    return float(high - low)


def _standing(stated: pd.DataFrame, crossing: str, day: pd.Timestamp) -> str:
    """Reports of the last seven days on a crossing: those that say lost before a slash, those that say held after."""
    since = day - pd.Timedelta(days=DISPUTED_DAYS - 1)
    rows = stated[(stated["crossing"] == crossing) & stated["published_latest"].between(since, day)]
    sides = [";".join(rows.loc[rows["proposition"].isin(says), "report"]) for says in (LOSS, HELD)]
    return " / ".join(sides)
