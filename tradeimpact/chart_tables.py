"""Tables made for the charts of a result: lines by day, the two ledgers, holders by run of days, a map of one day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .errors import TradeImpactError
from .statistics import describe

if TYPE_CHECKING:
    from .results import Results


def daily_table(result: Results) -> pd.DataFrame:
    """Columns day, line (baseline, government, insurgent), mean, median, low, high: currency per day.

    The insurgents' line is what control of crossings brings on top of their baseline of road levies and illicit
    transit.
    """
    lines = {"baseline": "baseline", "government": "government_revenue", "insurgent": "insurgent_gain"}
    frames = [result.daily(line).reset_index().assign(line=name) for name, line in lines.items()]
    return pd.concat(frames, ignore_index=True)[["day", "line", "mean", "median", "low", "high"]]


def ledger_table(result: Results) -> pd.DataFrame:
    """The two ledgers line by line: columns ledger, line, mean, low, high, role."""
    bridge_rows = result.bridge()
    draws = result.draws()
    rows = [
        ("government", "baseline", "total"),
        ("government", "government_revenue", "total"),
        ("government", "government_loss", "total"),
    ]
    found = [
        {"ledger": side, "line": line, "role": role, **bridge_rows.loc[line, ["mean", "low", "high"]]}
        for side, line, role in rows
    ]
    draws = draws.assign(road_levies_change=draws["insurgent_gain"] - draws["levy_received"])
    lines = ["levy_received", "road_levies_change", "insurgent_gain"]
    table = describe({name: draws[name].to_numpy() for name in lines}, result.weights)
    for name in lines:
        role = "total" if name == "insurgent_gain" else "component"
        found.append({"ledger": "insurgent", "line": name, "role": role, **table.loc[name, ["mean", "low", "high"]]})
    return pd.DataFrame(found)[["ledger", "line", "mean", "low", "high", "role"]]


def holder_table(result: Results) -> pd.DataFrame:
    """Runs of days with one holder and one open share: columns crossing, name, start, end, holder, open_share.

    Where control is inferred the holder is that of :func:`likeliest`, and a crossing counts as shut where that is
    likelier.
    """
    x = result.inputs
    names = result.case.crossings.set_index("crossing")["name"]
    days = x.window_days
    open_share = result.totals.open_share if x.inferred is None else np.round(result.totals.open_share)
    rows = []
    order = sorted(range(len(x.crossings)), key=lambda i: (fall_position(result, i), x.crossings[i]))
    for i in order:
        shares = result.totals.holders[:, i]
        labels = [_holder(x.authorities, shares[:, t], joint=x.inferred is None) for t in range(len(days))]
        opened = open_share[i]
        begin = 0
        for t in range(1, len(days) + 1):
            if t == len(days) or labels[t] != labels[begin] or opened[t] != opened[begin]:
                run = (days[begin], days[t - 1], labels[begin], float(opened[begin]))
                rows.append((x.crossings[i], names[x.crossings[i]], *run))
                begin = t
    return pd.DataFrame(rows, columns=["crossing", "name", "start", "end", "holder", "open_share"])


def is_lost(shares: np.ndarray[Any, Any]) -> Any:
    """Whether a crossing counts as lost: the government holds it with a probability, or a share, below one half.

    The one rule of all charts (marks of falls, strips, maps, replays). It sets the government against all others, as
    the scoring of reports does: a post that is fought over is lost although no single rival is likelier than the
    government.

    Parameters
    ----------
    shares : array, shape (authorities, ...)
        Of the government, of nobody, of each insurgent authority; they sum to 1.

    Returns
    -------
    bool or array of bool, shape (...)
    """
    return shares[0] < 0.5


def fall_position(result: Results, i: int) -> int:
    """Position in the window of the first day on which crossing i counts as lost (:func:`is_lost`)."""
    lost = is_lost(result.totals.holders[:, i]).nonzero()[0]
    return int(lost[0]) if len(lost) else result.totals.holders.shape[2]


def _holder(authorities: tuple[str, ...], shares: np.ndarray[Any, Any], *, joint: bool) -> str:
    """The likeliest holder, insurgents as those who mostly hold their part, or all who hold a crossing together."""
    if not joint:
        return likeliest(authorities, shares)
    return " and ".join(a for a, s in zip(authorities, shares, strict=True) if s > 0)


def likeliest(authorities: tuple[str, ...], shares: np.ndarray[Any, Any]) -> str:
    """The government unless the crossing counts as lost (:func:`is_lost`), else the likelier of nobody and insurgents.

    Insurgents are counted together and named if they have at least half of the largest insurgent share.
    """
    if not is_lost(shares):
        return authorities[0]
    if shares[2:].sum() <= shares[1]:
        return authorities[1]
    least = shares[2:].max() / 2
    return " and ".join(a for a, s in zip(authorities[2:], shares[2:], strict=True) if s >= least)


def map_table(result: Results, on: date) -> pd.DataFrame:
    """Columns crossing, name, kind, latitude, longitude, revenue (annual baseline), grade, holder on the day `on`."""
    x = result.inputs
    start, end = result.window
    if not start <= on <= end:
        raise TradeImpactError(f"map(on={on}): the result covers {start} to {end}; choose a day inside it")
    position = (on - start).days
    shares = result.totals.holders[:, :, position]
    holders = {c: likeliest(x.authorities, shares[:, i]) for i, c in enumerate(x.crossings)}
    units = result.case.units
    baseline = result.case.baseline.set_index("crossing")
    best = baseline[f"best_{result.case.currency.lower()}"]
    if x.flows:
        drawn = result.totals.drawn
        parts = {c: sum(drawn[f"collected.{flow.flow}.{c}"] for flow in x.flows) for c in x.crossings}
        best = pd.Series({c: float(np.median(part)) for c, part in parts.items()})
    return pd.DataFrame(
        {
            "crossing": units["crossing"],
            "name": units["name"],
            "kind": units["kind"],
            "latitude": units["latitude"],
            "longitude": units["longitude"],
            "revenue": units["crossing"].map(best),
            "grade": units["crossing"].map(baseline["grade"]),
            "holder": units["crossing"].map(holders),
        }
    )
