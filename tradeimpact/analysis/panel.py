"""Flows, costs and open shares as one panel, checked against each other before anything is estimated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import TradeImpactError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """Flows, log costs and open shares (T, C), group of each crossing (C,), controls (T, k); missing is NaN."""

    crossings: tuple[str, ...]
    group: NDArray[np.intp]
    groups: tuple[str, ...]
    flow: Array
    log_cost: Array
    open_share: Array
    controls: Array


def panel_of(
    flows: pd.DataFrame,
    costs: pd.DataFrame,
    groups: Mapping[str, str] | pd.Series | None,
    open_share: pd.DataFrame | None,
    controls: pd.DataFrame | None,
) -> Panel:
    """Tables as arrays; see :func:`tradeimpact.analysis.elasticities.estimate_elasticities`."""
    names = sorted(map(str, flows.columns))
    if len(names) < 2 or len(flows) < 2:
        raise TradeImpactError("flows need two crossings and two periods at least")
    table = _floats(flows.rename(columns=str)[names], "flows")
    cost = _floats(_alike(costs, table, "costs"), "costs")
    is_open = None if open_share is None else _floats(_alike(open_share, table, "open_share"), "open_share")
    share = np.ones(table.shape) if is_open is None else is_open.to_numpy()
    y, c = table.to_numpy(), cost.to_numpy()
    _range(y, (y >= 0) | np.isnan(y), "flows", "at least 0", table)
    _range(c, (c > 0) | np.isnan(c), "costs", "above 0", table)
    _range(share, (share >= 0) & (share <= 1), "open_share", "between 0 and 1", table)
    _range(y, ~((share == 0) & (y > 0)), "flows", "0 where open_share is 0", table)
    label = ["all"] * len(names) if groups is None else [_group(groups, name) for name in names]
    known = tuple(sorted(set(label)))
    other = np.zeros((len(table), 0))
    if controls is not None:
        if not controls.index.equals(flows.index):
            raise TradeImpactError("controls has other periods than flows; give one row for each, in the same order")
        other = _floats(controls, "controls").to_numpy()
        if np.isnan(other).any():
            raise TradeImpactError("controls has missing values; fill them or leave the periods out of all tables")
    return Panel(
        crossings=tuple(names),
        group=np.array([known.index(g) for g in label], dtype=np.intp),
        groups=known,
        flow=y,
        log_cost=np.log(c),
        open_share=share,
        controls=other,
    )


def _alike(table: pd.DataFrame, like: pd.DataFrame, name: str) -> pd.DataFrame:
    given = table.rename(columns=str)
    missing = [c for c in like.columns if c not in given.columns]
    if missing or not given.index.equals(like.index):
        what = f"no column {missing[0]!r}" if missing else "other periods than flows"
        raise TradeImpactError(f"{name} has {what}; give one row per period and one column per crossing of flows")
    return given[list(like.columns)]


def _floats(table: pd.DataFrame, name: str) -> pd.DataFrame:
    try:
        return pd.DataFrame({c: pd.to_numeric(table[c]).astype(float) for c in table.columns}, index=table.index)
    except (TypeError, ValueError):
        raise TradeImpactError(f"{name} holds something that is no number") from None


def _range(x: Array, good: NDArray[np.bool_], name: str, expected: str, table: pd.DataFrame) -> None:
    bad = np.argwhere(~good | np.isinf(x))
    if len(bad):
        t, c = bad[0]
        raise TradeImpactError(f"{name} of {table.columns[c]} is {x[t, c]:g} in {table.index[t]}; expected {expected}")


def _group(groups: Mapping[str, str] | pd.Series, name: str) -> str:
    if name not in groups:
        raise TradeImpactError(f"groups has no route group for {name!r}; give one to every crossing of flows")
    return str(groups[name])
