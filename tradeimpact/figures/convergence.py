"""How a number settles as draws are added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tradeimpact.figures.axes import money_axis, money_unit, span_from_zero
from tradeimpact.figures.style import GOVERNMENT, INK, SOFT, briefing, canvas, furnish, needs
from tradeimpact.figures.text import amount, estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def convergence(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    outcome: str = "Outcome",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Median, interval and Monte Carlo error of one amount against the number of draws.

    Parameters
    ----------
    table : DataFrame
        Columns `draws`, `median`, `low`, `high`, `mc_error` (units of currency), by rising number of draws.
    outcome : str
        The amount, in words.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.
    """
    needs(table, ["draws", "median", "low", "high", "mc_error"], "convergence")
    with briefing():
        ax, own = canvas(ax, size=(7.2, 4.2))
        values = table[["median", "low", "high"]].to_numpy(dtype=float)
        unit = money_unit(values.ravel(), currency=currency)
        draws = table["draws"].to_numpy(dtype=float)
        median, low, high = (table[name].to_numpy(dtype=float) / unit.size for name in ("median", "low", "high"))
        error = np.nan_to_num(table["mc_error"].to_numpy(dtype=float) / unit.size)
        ax.set_xscale("log", base=2)
        ax.plot(draws, low, color=SOFT, linewidth=1.2)
        ax.plot(draws, high, color=SOFT, linewidth=1.2)
        ax.errorbar(draws, median, yerr=2 * error, color=GOVERNMENT, marker="o", markersize=4, capsize=3, linewidth=1.6)
        for level, name in ((high[-1], "95 %"), (median[-1], "median"), (low[-1], "5 %")):
            ax.annotate(
                name, xy=(draws[-1], level), xytext=(7, 0), textcoords="offset points", va="center", size=8.5,
                color=GOVERNMENT if name == "median" else INK, annotation_clip=False,
            )  # fmt: skip
        ax.set_xticks(draws, [f"{int(n):,}" for n in draws], size=8, rotation=0 if len(draws) < 10 else 35)
        ax.minorticks_off()
        ax.set_xlabel("Draws")
        low_edge, high_edge = span_from_zero(values.ravel() / unit.size, margin=0.06)
        ax.set_ylim(low_edge, high_edge)
        money_axis(ax, which="y", label=f"{outcome} over the window ({unit.name})")
        furnish(
            ax,
            own=own,
            title=title if title is not None else "More draws move the median little",
            source=source,
            grade=grade,
            note=f"Bars at the median are twice its Monte Carlo standard error. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def alt_convergence(table: pd.DataFrame, *, currency: str = "AFN") -> str:
    """Alternative text of `convergence`: where the median stands with the fewest and with all draws."""
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"Line chart of the median against the number of draws. {int(first['draws']):,} draws: "
        f"{estimate(first['median'], first['low'], first['high'], currency=currency)}. {int(last['draws']):,} draws: "
        f"{estimate(last['median'], last['low'], last['high'], currency=currency)}, Monte Carlo error "
        f"{amount(last['mc_error'], currency=currency)}."
    )
