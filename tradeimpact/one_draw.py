"""One draw of a result, run again by itself: what was assumed, who held what, every ledger line by crossing and day."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .engine.blocks import BLOCK
from .errors import TradeImpactError
from .kernel import draw_block, history, respond
from .model.ledger import ledger_lines

if TYPE_CHECKING:
    from .results import Results

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """One draw. Money is in the result's currency per day; days are those of the window.

    `assumptions` holds what was drawn, by name; `totals` the lines over the window, as in ``Results.draws()``; `ledger`
    has a row for each day and crossing and a column for each ledger line; `holders` has a row for each day and
    crossing and a column for each authority's share, with `open_share` beside them.
    """

    number: int
    assumptions: pd.Series[float]
    totals: pd.Series[float]
    holders: pd.DataFrame
    ledger: pd.DataFrame

    def line(self, name: str) -> pd.DataFrame:
        """One ledger line, day by crossing."""
        if name not in self.ledger:
            raise TradeImpactError(f"line({name!r}): expected one of {', '.join(self.ledger.columns)}")
        return self.ledger[name].unstack("crossing", sort=False)

    def __repr__(self) -> str:
        loss, gain = self.totals["government_loss"], self.totals["insurgent_gain"]
        days = self.ledger.index.get_level_values("day")
        return (
            f"draw {self.number}, {days[0].date()} to {days[-1].date()}: "
            f"government loss {loss:,.0f}, insurgent gain {gain:,.0f}"
        )


def one_draw(result: Results, number: int) -> Draw:
    """Run draw `number` of a result again and keep everything."""
    if not isinstance(number, Integral) or isinstance(number, bool) or not 0 <= number < result.count:
        raise TradeImpactError(f"draw({number!r}): the result has draws 0 to {result.count - 1}")
    block, column = divmod(int(number), BLOCK)
    x, task = result.inputs, result.task
    d = draw_block(x, task.sampler, block)
    paths = history(x, d).dense()
    response = respond(x, d, paths)
    lines = ledger_lines(response.flows.over(x.window), response.rates.over(x.window))
    shape = (len(x.crossings), len(x.window_days))
    rows = pd.MultiIndex.from_product([x.window_days, list(x.crossings)], names=["day", "crossing"])

    def flat(values: Array) -> Array:
        one = values[..., column if values.shape[-1] > 1 else 0]
        return np.asarray(np.broadcast_to(one, shape).T.reshape(-1))

    ledger = pd.DataFrame(
        {name: flat(values * task.day_weights[:, None]) for name, values in lines.items()}, index=rows
    )
    shares = {name: flat(paths.holders[i][:, x.window]) for i, name in enumerate(x.authorities)}
    holders = pd.DataFrame(shares | {"open_share": flat(paths.open_share[:, x.window])}, index=rows)
    assumptions = pd.Series({name: float(value[column]) for name, value in d.kept.items()}, name="value")
    totals = pd.Series({name: float(v) for name, v in result.draws().iloc[number].items()}, name="total")
    return Draw(int(number), assumptions, totals, holders, ledger)
