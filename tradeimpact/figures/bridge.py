"""The bridge: from the baseline to what the government collected, one bar per cause (MODEL section 6).

    government revenue = baseline - sum of the nine components of the loss

Means are drawn, since medians do not add up. The bridge is the government's ledger alone: what insurgents
receive is another ledger (:func:`tradeimpact.figures.compare.ledgers`) and is never stacked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import money_axis, money_unit, row_axis, row_inches, span_from_zero
from tradeimpact.figures.style import (
    COUNTERFACTUAL,
    GAIN,
    GOVERNMENT,
    INK,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    furnish,
    needs,
)
from tradeimpact.figures.text import amount, decimals_for, fixed, label_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

TOTALS = ("baseline", "government_revenue")
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row of the bridge, in units of currency: where its bar begins, its amount and 90 % interval."""

    name: str
    begin: float
    mean: float
    low: float
    high: float

    @property
    def total(self) -> bool:
        """Whether the bar stands on zero (baseline, government_revenue)."""
        return self.name in TOTALS

    @property
    def stop(self) -> float:
        """Where the bar ends: a component is taken off, a total is counted from zero."""
        return self.mean if self.total else self.begin - self.mean

    @property
    def whisker(self) -> tuple[float, float]:
        """Ends of the bar if its amount were at either end of its interval."""
        return (self.low, self.high) if self.total else (self.begin - self.high, self.begin - self.low)


def bridge_bars(table: pd.DataFrame) -> list[Bar]:
    """Bars from top to bottom: baseline, the components in the table's order, what was collected.

    Raises
    ------
    TradeImpactError
        If a total is missing or the means do not add up to 1e-6 of the baseline.
    """
    needs(table, ["role", "mean", "low", "high"], "bridge")
    missing = [name for name in TOTALS if name not in table.index]
    if missing:
        raise TradeImpactError(f"bridge: the table's index lacks {' and '.join(map(repr, missing))}.")
    chosen = (table["role"] == "component").to_numpy() | table.index.isin(TOTALS)
    numbers = {str(name): row for name, row in zip(table.index, table.to_dict("records"), strict=True)}
    parts = [str(name) for name in table.index[chosen] if name not in TOTALS]
    bars: list[Bar] = []
    level = 0.0
    for name in (TOTALS[0], *parts, TOTALS[1]):
        mean, low, high = (float(numbers[name][column]) for column in ("mean", "low", "high"))
        bars.append(Bar(name=name, begin=0.0 if name in TOTALS else level, mean=mean, low=low, high=high))
        level = bars[-1].stop
    off = bars[-2].stop - bars[-1].mean
    if not abs(off) <= SUM_TOLERANCE * max(abs(bars[0].mean), 1.0):
        raise TradeImpactError(
            f"bridge: baseline less components misses government_revenue by {off:g}; "
            "draw means (medians do not add) and give every component."
        )
    return bars


def bridge(
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
    """Waterfall from the baseline through the components of the loss to what the government collected.

    Parameters
    ----------
    table : DataFrame, index component
        Columns `role` (total, component, detail) and `mean`, `low`, `high` in units of currency. Totals
        `baseline` and `government_revenue` are needed; other totals and details are left out of the picture.
    source, title, grade, note : str
        Footer and title; the default title states both totals.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes
        One bar per row from top to bottom; whiskers are 90 % intervals of the bar's own amount.

    Raises
    ------
    TradeImpactError
        If columns or totals are missing or the means do not add up.
    """
    bars = bridge_bars(table)
    names = [label_of(bar.name) for bar in bars]
    with briefing():
        ax, own = canvas(ax, size=(8.0, 1.75 + len(bars) * row_inches(names, least=0.33, width=165)))
        unit = money_unit([value for bar in bars for value in (bar.mean, *bar.whisker)], currency=currency)
        _draw(ax, bars, unit.size)
        row_axis(ax, names, width=165)
        money_axis(ax, which="x", label=f"Customs revenue over the window, mean of the draws ({unit.name})")
        whole = (
            f"Government collects {amount(bars[-1].mean, currency=currency)} "
            f"of a baseline of {amount(bars[0].mean, currency=currency)}"
        )
        means = "Bars are means and add up exactly; whiskers are 90 % intervals of each bar's own amount."
        furnish(
            ax,
            own=own,
            title=title if title is not None else whole,
            source=source,
            grade=grade,
            note=f"{means} {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _draw(ax: Axes, bars: list[Bar], size: float) -> None:
    reach = [value / size for bar in bars for value in (bar.begin, bar.stop, *bar.whisker)]
    decimals = decimals_for(max(abs(value) for value in reach))
    ax.set_xlim(*span_from_zero(reach, margin=0.11))
    for position, bar in enumerate(bars):
        begin, stop, low, high = (value / size for value in (bar.begin, bar.stop, *bar.whisker))
        ax.barh(position, stop - begin, left=begin, height=0.62, gid=f"bar-{bar.name}", **_look(bar))
        ax.plot([low, high], [position] * 2, color=INK, linewidth=0.9, marker="|", markersize=5, zorder=3)
        if position < len(bars) - 1:
            ax.plot([stop, stop], [position + 0.31, position + 0.69], color=SOFT, linewidth=0.7, zorder=1.5)
        ax.annotate(
            _amount_shown(bar, size, decimals),
            xy=(max(begin, stop, low, high), position),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            size=8.5,
            gid="value",
        )


def _amount_shown(bar: Bar, size: float, decimals: int) -> str:
    if bar.total:
        return fixed(bar.mean / size, decimals)
    taken = fixed(-bar.mean / size, decimals)
    return f"+{taken}" if round(-bar.mean / size, decimals) > 0 else taken


def _look(bar: Bar) -> dict[str, Any]:
    if bar.name == "baseline":
        return {"facecolor": "white", "edgecolor": COUNTERFACTUAL, "linestyle": "--", "linewidth": 1.2}
    if bar.name == "government_revenue":
        return {"facecolor": GOVERNMENT, "edgecolor": GOVERNMENT}
    if bar.mean < 0:
        return {"facecolor": GAIN, "edgecolor": "white", "hatch": "////"}
    return {"facecolor": NOBODY, "edgecolor": NOBODY}
