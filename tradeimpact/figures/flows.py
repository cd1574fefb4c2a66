"""Where the trade of fallen crossings went, as ribbons: from each crossing to what became of its baseline trade.

Widths are means of customs value, which add up: every ribbon is one row of the table. The flow is goods, not money: no
ribbon shows revenue, and none runs from the government to insurgents.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import MoneyUnit, money_unit
from tradeimpact.figures.style import (
    GAIN,
    GOVERNMENT,
    INK,
    INSURGENT,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    furnish,
    needs,
)
from tradeimpact.figures.text import amount, decimals_for, fixed, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FLOW_COLUMNS = ["crossing", "name", "outcome", "holder", "to_name", "mean"]
TOTAL_COLUMNS = ["outcome", "holder", "mean", "share_mean", "share_low", "share_high"]
# what became of the trade, from top to bottom: words, colour, hatch
WAYS: dict[tuple[str, str], tuple[str, str, str | None]] = {
    ("levied", "insurgent"): ("Still passes there, under a levy", INSURGENT, "////"),
    ("unstaffed", "nobody"): ("Still passes there, nobody collects", NOBODY, None),
    ("rerouted", "government"): ("Moved to crossings the government holds", GOVERNMENT, None),
    ("rerouted", "insurgent"): ("Moved to other fallen crossings", INSURGENT, "////"),
    ("rerouted", "nobody"): ("Moved to crossings nobody holds", NOBODY, None),
    ("returned", "government"): ("Waited, came back to the government", GAIN, "...."),
    ("returned", "insurgent"): ("Waited, came back under a levy", INSURGENT, "////"),
    ("returned", "nobody"): ("Waited, came back, nobody collects", NOBODY, None),
    ("waiting", ""): ("Waits, not back by the last day", SOFT, "...."),
    ("suppressed", ""): ("Crosses nowhere", "#D0D0D0", None),
}
OTHER = ("other", "")  # ways that together stay below TRACE each
LOOKS = WAYS | {OTHER: ("All other ways", SOFT, None)}
RULE = (
    "Goods by customs value, means of the draws; nothing here is revenue. The model says what each crossing carries, "
    "not where one truck went: gains are matched with losses of the same day, first inside a route group, then across, "
    "in proportion to both. Shares are of all fallen trade, with 90 % intervals."
)
LEFT, RIGHT, BAR, GAP = 0.0, 1.0, 0.018, 0.022
SMALL = 0.012  # crossings that received less than this share are put together
TRACE = 0.005  # ways below this share too
NAMED = 5


@dataclass(frozen=True)
class Node:
    """A block at either side: its key, words below its name, amount, and the colour and hatch of what flows into it."""

    key: tuple[str, ...]
    label: str
    amount: float
    colour: str = INK
    hatch: str | None = None


def rerouting(
    flows: pd.DataFrame,
    totals: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Ribbons from fallen crossings to what became of their baseline trade.

    Parameters
    ----------
    flows : DataFrame
        Columns `crossing`, `name`, `outcome`, `holder`, `to_name`, `mean` (units of currency): the table `flows` of
        :func:`tradeimpact.rerouting.rerouting`. Crossings beyond the five largest, receivers below 1.2 % and
        ways below 0.5 % of all are put together.
    totals : DataFrame
        Columns `outcome`, `holder`, `mean`, `share_mean`, `share_low`, `share_high` (fractions).
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing, a way is unknown, or both tables do not add up to one another.
    """
    needs(flows, FLOW_COLUMNS, "rerouting")
    needs(totals, TOTAL_COLUMNS, "rerouting")
    _checked(flows, totals)
    left, right, ribbons = sankey(flows)
    with briefing():
        ax, own = canvas(ax, size=(8.6, 6.2))
        unit = money_unit([float(flows["mean"].sum())], currency=currency)
        places = _stack(left), _stack(right)
        _ribbons(ax, left, right, ribbons, places)
        for node, (low, high) in zip(left, places[0], strict=True):
            ax.fill_between([LEFT - BAR, LEFT], low, high, color=INK, linewidth=0, gid=f"from-{'-'.join(node.key)}")
        _left_names(ax, left, places[0], unit)
        for node, (low, high) in zip(right, places[1], strict=True):
            ax.fill_between([RIGHT, RIGHT + BAR], low, high, facecolor=node.colour, linewidth=0, gid="to")
        _right_names(ax, right, places[1], totals)
        ax.set_xlim(-0.36, 1.62)
        ax.set_ylim(-0.02, 1.06)
        ax.axis("off")
        furnish(
            ax, own=own, title=title if title is not None else _finding(totals), source=source, grade=grade,
            note=f"{RULE} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
    return ax


def sankey(flows: pd.DataFrame) -> tuple[list[Node], list[Node], dict[tuple[int, int], float]]:
    """Blocks at the left and at the right, and the amount of each ribbon by their positions."""
    total = float(flows["mean"].sum())
    size = flows.groupby("crossing", sort=False)["mean"].sum().sort_values(ascending=False, kind="stable")
    kept = [str(c) for c in size.index[: NAMED + 1]] if len(size) == NAMED + 1 else [str(c) for c in size.index[:NAMED]]
    rest = len(size) - len(kept)
    names = dict(zip(flows["crossing"].astype(str), flows["name"].astype(str), strict=True))
    left = [Node((c,), names[c].split("/")[0], float(size[c])) for c in kept]
    if rest:
        left.append(Node(("others",), f"{rest} others", float(size.iloc[len(kept) :].sum())))
    sums: dict[tuple[str, ...], float] = {}
    ribbons: dict[tuple[int, tuple[str, ...]], float] = {}
    by_way = flows.groupby(["outcome", "holder"])["mean"].sum()
    carried = flows[flows["outcome"] == "rerouted"].groupby(["holder", "to_name"])["mean"].sum()
    for row in flows.to_dict("records"):
        way, value = (str(row["outcome"]), str(row["holder"])), float(row["mean"])
        key: tuple[str, ...] = way if by_way[way] >= TRACE * total else OTHER
        if key == ("rerouted", "government"):
            named = carried[way[1], row["to_name"]] >= SMALL * total
            key = (*way, str(row["to_name"]).split("/")[0] if named else "others")
        begin = kept.index(str(row["crossing"])) if str(row["crossing"]) in kept else len(kept)
        sums[key] = sums.get(key, 0.0) + value
        ribbons[begin, key] = ribbons.get((begin, key), 0.0) + value
    order = {way: place for place, way in enumerate(LOOKS)}
    keys = sorted(sums, key=lambda k: (order[k[0], k[1]], k[-1] == "others", -sums[k], k))
    right = [Node(k, k[2] if len(k) == 3 else "", sums[k], *LOOKS[k[0], k[1]][1:]) for k in keys]
    return left, right, {(begin, keys.index(key)): value for (begin, key), value in ribbons.items()}


def _checked(flows: pd.DataFrame, totals: pd.DataFrame) -> None:
    pairs = set(zip(flows["outcome"], flows["holder"], strict=True))
    odd = sorted(pairs - set(WAYS))
    if odd:
        raise TradeImpactError(f"rerouting: unknown way {odd[0]}; known are {', '.join(' '.join(w) for w in WAYS)}.")
    one, two = float(flows["mean"].sum()), float(totals["mean"].sum())
    if not abs(one - two) <= 1e-6 * max(abs(one), 1.0):
        raise TradeImpactError(f"rerouting: flows add up to {one:g} and totals to {two:g}; give tables of one run.")


def _stack(nodes: list[Node]) -> list[tuple[float, float]]:
    """Lower and upper end of each block in 0..1, the first on top; ways of one kind stand closer."""
    gaps = [GAP / 4 if a.key[:2] == b.key[:2] and len(a.key) == 3 else GAP for a, b in pairwise(nodes)]
    scale = (1 - 9 * GAP) / sum(node.amount for node in nodes)  # the same at both sides
    free = (1 - scale * sum(node.amount for node in nodes) - sum(gaps)) / 2
    top, ends = 1 - max(free, 0.0), []
    for node, gap in zip(nodes, [*gaps, 0.0], strict=True):
        ends.append((top - scale * node.amount, top))
        top = ends[-1][0] - gap
    return ends


def _ribbons(
    ax: Axes,
    left: list[Node],
    right: list[Node],
    ribbons: dict[tuple[int, int], float],
    places: tuple[list[tuple[float, float]], list[tuple[float, float]]],
) -> None:
    across = np.linspace(LEFT, RIGHT, 60)
    bend = (1 - np.cos(np.pi * (across - LEFT) / (RIGHT - LEFT))) / 2
    used_left, used_right = ([high for _low, high in side] for side in places)
    whole = sum(node.amount for node in left)
    for i, begin in enumerate(left):
        for j, end in enumerate(right):
            value = ribbons.get((i, j), 0.0)
            if not value:
                continue
            thick_left = value / begin.amount * (places[0][i][1] - places[0][i][0])
            thick_right = value / end.amount * (places[1][j][1] - places[1][j][0])
            top = used_left[i] + (used_right[j] - used_left[i]) * bend
            thick = thick_left + (thick_right - thick_left) * bend
            ax.fill_between(
                across, top - thick, top, facecolor=(end.colour, 0.42), edgecolor=(end.colour, 0.75),
                linewidth=0.3 if value > TRACE * whole else 0.0, hatch=end.hatch, gid="ribbon",
            )  # fmt: skip
            used_left[i] -= thick_left
            used_right[j] -= thick_right


def _left_names(ax: Axes, nodes: list[Node], places: list[tuple[float, float]], unit: MoneyUnit) -> None:
    decimals = decimals_for(sum(node.amount for node in nodes) / unit.size)
    middles = _apart([(low + high) / 2 for low, high in places], 0.048)
    for node, (low, high), at in zip(nodes, places, middles, strict=True):
        _name(
            ax, f"{node.label}  {fixed(node.amount / unit.size, decimals)}", LEFT - BAR, (low + high) / 2, at, "right"
        )
    total = sum(node.amount for node in nodes)
    ax.text(
        LEFT - BAR, 1.02, f"Baseline trade of fallen days, {unit.name}\n(all: {fixed(total / unit.size, decimals)})",
        ha="center", va="bottom", size=8, color=SOFT, gid="head",
    )  # fmt: skip


def _right_names(ax: Axes, nodes: list[Node], places: list[tuple[float, float]], totals: pd.DataFrame) -> None:
    """One line a way with its share and interval; crossings that received have theirs below it."""
    rows = {(row["outcome"], row["holder"]): row for row in totals.to_dict("records")}
    whole = float(totals["mean"].sum())
    lines: list[tuple[str, float, bool]] = []
    seen: set[tuple[str, str]] = set()
    for node, (low, high) in zip(nodes, places, strict=True):
        way = (node.key[0], node.key[1])
        if way not in seen:
            seen.add(way)
            middle = high if len(node.key) == 3 else (low + high) / 2
            lines.append((f"{LOOKS[way][0]}: {_share(rows.get(way), node.amount / whole)}", middle, True))
        if len(node.key) == 3:
            lines.append((f"    {node.label} {percent(node.amount / whole)}", (low + high) / 2, False))
    for (text, wanted, head), at in zip(lines, _apart([at for _t, at, _h in lines], 0.043), strict=True):
        _name(ax, text, RIGHT + BAR, wanted, at, "left", bold=head)


def _share(row: dict[Any, Any] | None, share: float) -> str:
    """Share of a way with its interval; without one where it is several ways."""
    if row is None:
        return f"{fixed(100 * share, 1)} %" if share >= 0.0005 else "under 0.1 %"
    return f"{percent(row['share_mean'])} ({fixed(100 * row['share_low'], 0)} to {percent(row['share_high'])})"


def _apart(wanted: list[float], gap: float) -> list[float]:
    from tradeimpact.figures.axes import spread

    return spread(wanted, gap=gap, low=0.0, high=1.0)


def _name(ax: Axes, text: str, x: float, y: float, at: float, align: str, *, bold: bool = False) -> None:
    shift = 0.035 if align == "left" else -0.035
    ax.plot([x, x + shift * 0.8], [y, at], color=SOFT, linewidth=0.5, gid="leader")
    ax.text(x + shift, at, text, ha=align, va="center", size=8, color=INK if bold else "#444444", gid="name")


def _finding(totals: pd.DataFrame) -> str:
    share = {(r["outcome"], r["holder"]): float(r["share_mean"]) for r in totals.to_dict("records")}
    stays = share.get(("levied", "insurgent"), 0.0)
    moved = share.get(("rerouted", "government"), 0.0)
    gone = share.get(("suppressed", ""), 0.0)
    return (
        f"Of the trade of fallen crossings a mean of {percent(stays)} still passes there under a levy, "
        f"{percent(moved)} moves to the government's, {percent(gone)} crosses nowhere"
    )


def alt_rerouting(flows: pd.DataFrame, totals: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `rerouting`: how much fell, and every way with its share."""
    needs(flows, FLOW_COLUMNS, "alt_rerouting")
    needs(totals, TOTAL_COLUMNS, "alt_rerouting")
    told = [
        f"{WAYS[row['outcome'], row['holder']][0].lower()} {percent(row['share_mean'])} "
        f"(90 %: {fixed(100 * row['share_low'], 0)} to {fixed(100 * row['share_high'], 0)})"
        for row in totals.sort_values("mean", ascending=False).to_dict("records")
        if row["share_mean"] >= TRACE
    ]
    to = flows[(flows["outcome"] == "rerouted") & (flows["holder"] == "government")]
    most = to.groupby("to_name")["mean"].sum().sort_values(ascending=False).head(3)
    where = f" Most of what moved went to {', '.join(map(str, most.index))}." if len(most) else ""
    total = amount(float(flows["mean"].sum()), currency=currency)
    return (
        f"Ribbons from {flows['crossing'].nunique()} fallen crossings with baseline trade of {total} to what became of "
        f"it: {'; '.join(told)}.{where}"
    )
