"""How headline numbers settle as draws are added, and whether there are enough of them for a tolerance.

The Monte Carlo error is the standard error over the medians of the independent scrambles to which the draws are dealt.
More draws needed are reckoned as for independent draws, error falling with one over their square root; the error of
Sobol points falls faster, so that this is on the safe side.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .engine.sampling import REPLICATES
from .errors import TradeImpactError
from .figures.text import millions, percent
from .statistics import describe
from .tally import HEADLINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .results import Results

FEWEST = 8 * REPLICATES


@dataclass(frozen=True)
class Convergence:
    """`table`: index (draws, line), columns mean, median, low, high, mc_error. `needed` draws for the tolerance."""

    result: Results
    table: pd.DataFrame
    line: str
    tolerance: float | None
    enough: bool | None
    needed: int | None
    text: str

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Median and interval of `line` against the number of draws, with the Monte Carlo error of the median."""
        return self.result.plot.convergence(self, title=title, save=save, ax=ax)

    def __repr__(self) -> str:
        return self.text


def converge(result: Results, tolerance: float | None, line: str) -> Convergence:
    """Headline numbers of the first 64, 128 … draws of a result and of all."""
    if line not in HEADLINES:
        raise TradeImpactError(f"convergence(line={line!r}): expected one of {', '.join(HEADLINES)}")
    if tolerance is not None and not (np.isfinite(tolerance) and tolerance > 0):
        raise TradeImpactError(f"tolerance={tolerance!r}: expected a share of the median above 0, such as 0.01")
    draws = result.draws()
    powers = 2 ** np.arange(int(np.log2(FEWEST)), 63)
    counts = [int(n) for n in powers[powers < result.count]] + [result.count]
    frames = {}
    for n in counts:
        weights = None if result.weights is None else result.weights[:n]
        frames[n] = describe({name: draws[name].to_numpy()[:n] for name in HEADLINES}, weights)
    table = pd.concat(frames, names=["draws", "line"])
    median, error = (
        float(table[name].to_numpy()[-len(HEADLINES) + HEADLINES.index(line)]) for name in ("median", "mc_error")
    )
    enough = needed = None
    if tolerance is not None and np.isfinite(error):
        target = tolerance * abs(median)
        enough = bool(error <= target)
        needed = result.count if enough else _needed(result.count, error, target)
    return Convergence(
        result, table, line, tolerance, enough, needed, _sentence(result, line, median, error, tolerance, needed)
    )


def _needed(count: int, error: float, target: float) -> int | None:
    """Draws for a standard error of `target`, in whole blocks of a thousand; None where no number will do."""
    if target <= 0:
        return None
    return int(np.ceil(count * (error / target) ** 2 / 1000) * 1000)


def _sentence(
    result: Results, line: str, median: float, error: float, tolerance: float | None, needed: int | None
) -> str:
    name = line.replace("_", " ")
    ratio = line == "transfer_ratio"
    shown = f"{median:.2f}" if ratio else f"{millions(median)} million {result.currency.upper()}"
    if not np.isfinite(error):
        return f"{result.count:,} draws are too few to tell how far the median {name} ({shown}) would move with more."
    share = error / abs(median) if median else np.inf
    off = f"{error:.2g}" if ratio else f"{millions(error)} million"
    text = f"With {result.count:,} draws the median {name} is {shown}, with a Monte Carlo standard error of {off}"
    text += f" ({100 * share:.2f} % of it)." if np.isfinite(share) else "."
    if tolerance is None:
        return text
    wish = percent(tolerance) if tolerance >= 0.01 else f"{tolerance:.2g}"
    if needed is None:
        return f"{text} The median is zero: a tolerance in shares of it cannot be met."
    if needed <= result.count:
        return f"{text} That is within the {wish} asked for: enough draws."
    return f"{text} That is more than the {wish} asked for: take about {needed:,} draws."
