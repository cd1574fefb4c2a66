"""Why revenue changed: volume, unit value, effective rate or collection.

For each unit (a crossing, a commodity, both)::

    collected = volume x (value / volume) x (assessed / value) x (collected / assessed)

and the change is shared among the four factors by their Shapley value: what a factor adds when it changes, averaged
over all orders in which the four could have changed (Sun 1998, Energy Economics 20:85; the refined Laspeyres index).
It adds up exactly, treats before and after alike and needs no logarithm, so that a post that opens or shuts is no
special case. A ratio that has no meaning (the unit value of no goods) takes that of the other period, so that the
change belongs to what became zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TradeImpactError
from ..figures.text import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

FACTORS = ("volume", "unit_value", "effective_rate", "collection")
AMOUNTS = ("volume", "value", "assessed", "collected")
WORDS = {
    "volume": "volume",
    "unit_value": "unit value",
    "effective_rate": "the effective rate",
    "collection": "collection (what leaks less)",
}
TOLERANCE = 1e-9


@dataclass(frozen=True, repr=False)
class Decomposition:
    """A change of revenue by factor.

    Attributes
    ----------
    table : DataFrame
        Index component: before, the four factors, after; columns role (total, factor), amount (currency; the factors
        add up to after less before), share (of the change, missing for totals and where nothing changed).
    by_unit : DataFrame
        Index unit: before, the four factors, after, which add up in every row.
    currency, source, grade : str
    synthetic : bool
    """

    table: pd.DataFrame
    by_unit: pd.DataFrame
    currency: str = ""
    source: str = ""
    grade: str = ""
    synthetic: bool = False

    @property
    def text(self) -> str:
        """What a briefer would say."""
        before, after = (float(self.by_unit[name].sum()) for name in ("before", "after"))
        parts = self.table.loc[list(FACTORS), "amount"]
        order = parts.abs().sort_values(ascending=False, kind="stable").index
        change = after - before
        verb = "rose" if change > 0 else "fell" if change < 0 else "did not change"
        whole = f"Revenue {verb}" + (f" by {amount(abs(change), currency=self.currency)}" if change else "")
        said = [f"{WORDS[name]} {'added' if parts[name] > 0 else 'took'} {self._money(parts[name])}" for name in order]
        moved = (self.by_unit[list(FACTORS)].sum(axis=1)).abs()
        place = f" Most of it at {moved.idxmax()}." if len(moved) > 1 and moved.max() > 0 else ""
        return (
            ("Synthetic data. " if self.synthetic else "")
            + f"{whole}, from {amount(before, currency=self.currency)} to {amount(after, currency=self.currency)}: "
            + f"{', '.join(said)}.{place}"
        )

    def _money(self, value: float) -> str:
        return amount(abs(float(value)), currency=self.currency) if value else "nothing"

    def __repr__(self) -> str:
        return self.text

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Waterfall from before to after."""
        from ..figures.decomposition import decomposition

        return decomposition(
            self.table,
            source=self.source,
            grade=self.grade or None,
            currency=self.currency,
            synthetic=self.synthetic,
            ax=ax,
        )


def decompose(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    currency: str = "",
    source: str = "",
    grade: str = "",
    synthetic: bool = False,
) -> Decomposition:
    """Change of revenue between two periods as volume, unit value, effective rate and collection.

    Parameters
    ----------
    before, after : DataFrame, index unit
        One row per crossing, commodity, or both. Either amounts: `volume` (tonnes or trucks), `value`, `assessed`,
        `collected` (currency); or factors: `volume`, `unit_value`, `effective_rate` (assessed over value),
        `collection` (collected over assessed). A unit in one table only had no volume in the other period.
    currency, source, grade : str
    synthetic : bool

    Returns
    -------
    Decomposition

    Raises
    ------
    TradeImpactError
        Where columns are missing, an index is repeated, an amount is missing or below 0, or is above 0 though the one
        before it in the chain is 0.

    Examples
    --------
    >>> columns = ["volume", "value", "assessed", "collected"]
    >>> old = pd.DataFrame([[100, 1000, 100, 50]], columns=columns, index=["torkham"])
    >>> new = pd.DataFrame([[50, 500, 50, 25]], columns=columns, index=["torkham"])
    >>> decompose(old, new).table["amount"].round(6).to_dict()
    {'before': 50.0, 'volume': -25.0, 'unit_value': 0.0, 'effective_rate': 0.0, 'collection': 0.0, 'after': 25.0}
    """
    old, new = _factors(before, "before"), _factors(after, "after")
    units = old.index.union(new.index, sort=False)
    first, second = (np.array(t.reindex(units), dtype=float) for t in (old, new))
    for x in (first, second):
        x[np.isnan(x[:, 0]), 0] = 0.0  # a unit that is not in the table had no volume
    first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
    first, second = np.nan_to_num(first), np.nan_to_num(second)  # without meaning in both periods: volume is 0 in both
    parts = shapley_of_product(first, second)
    by_unit = pd.DataFrame(parts, index=units, columns=list(FACTORS))
    by_unit.insert(0, "before", first.prod(axis=1))
    by_unit["after"] = second.prod(axis=1)
    sums = by_unit.sum()
    change = float(sums["after"] - sums["before"])
    table = pd.DataFrame({"role": "factor", "amount": sums, "share": sums / change if change else np.nan})
    table.loc[["before", "after"], "role"] = "total"
    table.loc[["before", "after"], "share"] = np.nan
    return Decomposition(table.rename_axis("component"), by_unit, currency, source, grade, synthetic)


def shapley_of_product(before: Array, after: Array) -> Array:
    """Shapley value of each factor in the change of a product, (units, factors), for factors (units, factors)."""
    units, count = before.shape
    out = np.zeros((units, count))
    for factor in range(count):
        others = [i for i in range(count) if i != factor]
        step = after[:, factor] - before[:, factor]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for changed in combinations(others, size):
                rest = [after[:, i] if i in changed else before[:, i] for i in others]
                out[:, factor] += weight * step * np.prod(rest, axis=0)
    return out


def _factors(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The four factors of each unit, NaN where one has no meaning since what it is a ratio to is 0."""
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise TradeImpactError(f"{name} has the unit {twice[0]!r} more than once; add its rows up first")
    if all(column in table for column in FACTORS):
        found = _numbers(table, FACTORS, name)
        zero = (found == 0).to_numpy()
        after_zero = np.cumsum(zero, axis=1) - zero > 0  # a ratio to nothing may be missing
        return _complete(found, after_zero, name)
    missing = [column for column in AMOUNTS if column not in table]
    if missing:
        raise TradeImpactError(
            f"{name} lacks {', '.join(missing)}; give the amounts {', '.join(AMOUNTS)} or the factors "
            f"{', '.join(FACTORS)}"
        )
    amounts = _numbers(table, AMOUNTS, name)
    _complete(amounts, np.zeros(amounts.shape, dtype=bool), name)
    chain = amounts.to_numpy()
    broken = np.argwhere((chain[:, :-1] == 0) & (chain[:, 1:] > 0))
    if len(broken):
        row, column = broken[0]
        raise TradeImpactError(
            f"{name}: {amounts.index[row]} has {AMOUNTS[column + 1]} above 0 and {AMOUNTS[column]} 0; mend one of them"
        )
    ratios = np.full(chain.shape, np.nan)
    ratios[:, 0] = chain[:, 0]
    np.divide(chain[:, 1:], chain[:, :-1], out=ratios[:, 1:], where=chain[:, :-1] > 0)
    return pd.DataFrame(ratios, index=amounts.index, columns=list(FACTORS))


def _numbers(table: pd.DataFrame, columns: Sequence[str], name: str) -> pd.DataFrame:
    try:
        found = pd.DataFrame({c: pd.to_numeric(table[c]).astype(float) for c in columns}, index=table.index)
    except (TypeError, ValueError):
        raise TradeImpactError(f"{name} holds something that is no number") from None
    bad = np.argwhere(((found < 0) | np.isinf(found)).to_numpy())
    if len(bad):
        row, column = bad[0]
        raise TradeImpactError(
            f"{name}: {columns[column]} of {found.index[row]} is {found.iloc[row, column]:g}; expected at least 0"
        )
    return found


def _complete(table: pd.DataFrame, excused: NDArray[np.bool_], name: str) -> pd.DataFrame:
    bad = np.argwhere(table.isna().to_numpy() & ~excused)
    if len(bad):
        row, column = bad[0]
        raise TradeImpactError(
            f"{name}: {table.columns[column]} of {table.index[row]} is missing; 0 says there was none, an unknown one "
            "must be found or its unit left out of both tables"
        )
    return table
