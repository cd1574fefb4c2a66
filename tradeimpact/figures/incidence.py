"""Who bears a fall: what each party gains or loses, and what of it nobody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import money_axis, money_unit, row_axis, row_inches, span_from_zero
from tradeimpact.figures.style import GOVERNMENT, INK, INSURGENT, NOBODY, SOFT, briefing, canvas, furnish, needs
from tradeimpact.figures.text import amount, decimals_for, estimate, fixed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "traders": ("Traders and their customers", {"facecolor": "white", "edgecolor": INK}),
    "government": ("Government", {"facecolor": GOVERNMENT, "edgecolor": GOVERNMENT}),
    "officials": ("Officials (bribes)", {"facecolor": "white", "edgecolor": GOVERNMENT, "hatch": "////"}),
    "insurgents": ("Insurgents", {"facecolor": INSURGENT, "edgecolor": INSURGENT}),
    "friction_burnt": ("Burnt on delay and risk", {"facecolor": NOBODY, "edgecolor": NOBODY}),
    "deadweight": ("Deadweight: trade stopped or on worse roads", {"facecolor": "white", "edgecolor": SOFT,
                                                                   "hatch": "...."}),
}  # fmt: skip
PARTIES = 4
SUM_TOLERANCE = 1e-6
MEANS = (
    "Bars are means: the four parties together lose exactly what is burnt or deadweight, drawn as losses below the "
    "line. Whiskers are 90 % intervals of each bar's own amount."
)


def who_bears(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Gains and losses of the four parties, and below a line what of them nobody has.

    Parameters
    ----------
    table : DataFrame, index line
        Rows traders, government, officials, insurgents (gains are positive), friction_burnt, deadweight (costs are
        positive) with `mean`, `low`, `high` in units of currency; others are left out.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a row is missing or the means do not add up.
    """
    rows = _rows(table)
    with briefing():
        names = [ROWS[name][0] for name in ROWS]
        ax, own = canvas(ax, size=(8.0, 1.9 + len(rows) * row_inches(names, least=0.4, width=165)))
        unit = money_unit([value for row in rows.values() for value in row], currency=currency)
        reach = [value / unit.size for row in rows.values() for value in row]
        decimals = decimals_for(max(abs(row[0]) for row in rows.values()) / unit.size)
        ax.set_xlim(*_room(reach))
        for position, (name, row) in enumerate(rows.items()):
            _bar(ax, position, ROWS[name][1], [value / unit.size for value in row], decimals)
        row_axis(ax, names, width=165)
        ax.axhline(PARTIES - 0.5, color=SOFT, linewidth=0.9, linestyle=(0, (4, 2)))
        ax.annotate(
            "Nobody has this:", xy=(0, PARTIES - 0.5), xycoords=ax.get_yaxis_transform(), xytext=(4, -3),
            textcoords="offset points", va="top", ha="left", size=8, color=SOFT, gid="nobody",
        )  # fmt: skip
        money_axis(ax, which="x", label=f"Change against the baseline over the window, mean ({unit.name})")
        furnish(
            ax, own=own, title=title if title is not None else _finding(rows, currency), source=source, grade=grade,
            note=f"{MEANS} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
    return ax


def _rows(table: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Mean, low, high by row, costs turned into losses."""
    needs(table, ["mean", "low", "high"], "who_bears")
    missing = [name for name in ROWS if name not in table.index]
    if missing:
        raise TradeImpactError(f"who_bears: the table's index lacks {', '.join(map(repr, missing))}.")
    rows, numbers = {}, cast("Any", table)
    for position, name in enumerate(ROWS):
        mean, low, high = (float(numbers.loc[name, column]) for column in ("mean", "low", "high"))
        rows[name] = (mean, low, high) if position < PARTIES else (-mean, -high, -low)
    means = [row[0] for row in rows.values()]
    off = sum(means[:PARTIES]) - sum(means[PARTIES:])
    if not abs(off) <= SUM_TOLERANCE * max(*(abs(x) for x in means), 1.0):
        raise TradeImpactError(f"who_bears: the parties miss friction and deadweight by {off:g}; draw means.")
    return rows


def _room(reach: list[float]) -> tuple[float, float]:
    """Limits around zero with room for a number at the outer end of every bar."""
    low, high = span_from_zero(reach, margin=0.0)
    wide = high - low
    return low - 0.16 * wide, high + 0.16 * wide


def _bar(ax: Axes, at: int, look: dict[str, Any], row: list[float], decimals: int) -> None:
    mean, low, high = row
    ax.barh(at, mean, height=0.58, gid="bar", linewidth=1.0, **look)
    ax.plot([low, high], [at, at], color=INK, linewidth=0.9, marker="|", markersize=5, zorder=3)
    left = mean < 0
    shown = f"{'+' if round(mean, decimals) > 0 else ''}{fixed(mean, decimals)}"
    ax.annotate(
        shown, xy=(min(low, mean) if left else max(high, mean), at),
        xytext=(-5 if left else 5, 0), textcoords="offset points", va="center", ha="right" if left else "left",
        size=8.5, gid="value",
    )  # fmt: skip


def _finding(rows: dict[str, tuple[float, float, float]], currency: str) -> str:
    parties = list(rows)[:PARTIES]
    worst = min(parties, key=lambda name: rows[name][0])
    wasted = -(rows["friction_burnt"][0] + rows["deadweight"][0])
    lost, words = amount(-rows[worst][0], currency=currency), ROWS[worst][0]
    verb = "lose" if worst in ("traders", "insurgents", "officials") else "loses"
    return f"{words} {verb} most, a mean of {lost}; {amount(wasted, currency=currency)} goes to nobody"


def alt_who_bears(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `who_bears`: every row with its mean and interval."""
    told = [f"{ROWS[name][0]} {estimate(*row, currency=currency)}" for name, row in _rows(table).items()]
    return (
        "Bars of what each party gains or loses against the baseline, mean and 90 % interval: "
        f"{'; '.join(told[:PARTIES])}. Below a line what nobody has: {'; '.join(told[PARTIES:])}."
    )
