"""Tables by crossing and day, and the collection as it adds up: what the small multiples and the fan picture.

Money is in units of the result's currency: per day by crossing, as sums since the window's first day in the fan.
Medians and ends of intervals are of each day by itself and do not add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import TradeImpactError
from .kernel import DAILY
from .statistics import HIGH, LOW, mean, quantiles

if TYPE_CHECKING:
    from .results import Results

CROSSING_LINES = {"baseline": "baseline", "government": "government_revenue", "levy": "levy_received"}
COLLECTION_LINES = {"Model": "government_revenue", "Days-held arithmetic": "days_held", "No change": "baseline"}
MEASURE = "customs_collection"
STATISTICS = ["mean", "median", "low", "high"]


def crossing_days(result: Results) -> pd.DataFrame:
    """Baseline, what the government collects and what levies bring, by crossing and day.

    Parameters
    ----------
    result : Results
        Simulated with ``keep=["baseline", "government_revenue", "levy_received"]``.

    Returns
    -------
    DataFrame
        Columns crossing, name, day, line (baseline, government, levy), mean, median, low, high in currency per day; low
        and high are the 90 % interval. Crossings and inland houses by the mean of their baseline, largest first.

    Raises
    ------
    TradeImpactError
        If the result does not hold the lines; the message says how to simulate.
    """
    kept = result.totals.kept
    missing = [line for line in CROSSING_LINES.values() if line not in kept]
    if missing:
        raise TradeImpactError(
            f"a table by crossing and day needs the lines {', '.join(missing)}, which this result does not hold; "
            f"simulate with keep={list(CROSSING_LINES.values())}"
        )
    x = result.inputs
    names = result.case.units.set_index("crossing")["name"]
    size = {c: float(mean(kept["baseline"][i].sum(axis=0), result.weights)) for i, c in enumerate(x.crossings)}
    frames = []
    for crossing in sorted(x.crossings, key=lambda c: (-size[c], c)):
        at = x.crossings.index(crossing)
        for name, line in CROSSING_LINES.items():
            table = _described(kept[line][at], result.weights, x.window_days)
            frames.append(table.assign(crossing=crossing, name=str(names[crossing]), line=name))
    return pd.concat(frames, ignore_index=True)[["crossing", "name", "day", "line", *STATISTICS]]


def collection_days(result: Results) -> pd.DataFrame:
    """What the government has collected since the first day, by the model and by its two rivals on the same draws.

    Returns
    -------
    DataFrame
        Columns method (Model, Days-held arithmetic, No change), day, mean, median, low, high: sums up to and with the
        day, in units of currency; low and high are the 90 % interval of the sum.

    Raises
    ------
    TradeImpactError
        If the run was so long that it kept no draws by day.
    """
    if result.totals.streamed:
        raise TradeImpactError(
            f"the fan of the collection needs every draw by day, and a run of {result.count:,} draws keeps none; "
            "simulate fewer draws"
        )
    frames = []
    for method, line in COLLECTION_LINES.items():
        sums = np.cumsum(result.totals.by_day[DAILY.index(line)], axis=0)
        frames.append(_described(sums, result.weights, result.inputs.window_days).assign(method=method))
    return pd.concat(frames, ignore_index=True)[["method", "day", *STATISTICS]]


def published_collection(result: Results) -> tuple[float, ...]:
    """What was published about the collection in exactly the result's window, in its currency, lowest first.

    Only outcomes with role "target" count: the others enter the model, are doubted, or are about something else. Empty
    where there is none.
    """
    table = result.case.outcomes
    start, end = (pd.Timestamp(day) for day in result.window)
    fits = (
        (table["role"] == "target")
        & (table["measure"] == MEASURE)
        & (table["unit"] == result.currency)
        & (table["start"] == start)
        & (table["end"] == end)
        & table["best"].notna()
    )
    return tuple(sorted({float(value) for value in table.loc[fits, "best"]}))


def _described(values: Any, weights: Any, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Mean, median and 90 % interval of values (days, draws), one row per day."""
    median, low, high = quantiles(values, (0.5, LOW, HIGH), weights)
    columns = {"mean": mean(values, weights), "median": median, "low": low, "high": high}
    return pd.DataFrame({"day": days} | columns)
