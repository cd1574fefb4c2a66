"""Mirror statistics as bars: what was recorded as imported beside what partners say they exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import MoneyUnit, money_axis, money_unit, row_axis, span_from_zero
from tradeimpact.figures.style import GOVERNMENT, INK, briefing, canvas, furnish, needs
from tradeimpact.figures.text import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("route_group", "recorded", "expected", "gap_low", "gap_high", "undeclared", "undeclared_low",
           "undeclared_high")  # fmt: skip
HEIGHT = 0.34


def mirror(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "USD",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Recorded imports beside partners' exports at arrival, one pair of bars per route group.

    Parameters
    ----------
    table : DataFrame
        Columns `route_group`, `recorded`, `expected`, `gap_low`, `gap_high` (units of currency), `undeclared`,
        `undeclared_low`, `undeclared_high` (shares), as in :class:`tradeimpact.analysis.mirror.MirrorGap`.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If a column is missing.
    """
    needs(table, COLUMNS, "mirror")
    rows = table.sort_values("expected", ascending=False, kind="stable", na_position="last").to_dict("records")
    names = [str(row["route_group"]).replace("_", " ").capitalize() for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(8.0, 2.2 + 0.75 * len(rows)))
        tops = [float(row["recorded"]) + float(row["gap_high"]) for row in rows]
        values = np.array([*table["recorded"], *table["expected"], *tops], dtype=float)
        unit = money_unit(values, currency=currency)
        for place, row in enumerate(rows):
            _pair(ax, place, row, unit)
        low, high = span_from_zero(values / unit.size, margin=0.42)
        ax.set_xlim(low, high)
        row_axis(ax, names)
        money_axis(ax, which="x", label=f"Trade over the periods compared ({unit.name})")
        handles = _legend()
        ax.legend(handles=handles, loc="lower right", frameon=False, fontsize=8)
        furnish(
            ax,
            own=own,
            title=title if title is not None else _finding(rows),
            source=source,
            grade=grade or None,
            note=f"Whiskers are the 90 % interval of the valuation and the shares allowed for. A gap is evidence of "
            f"undeclared goods, not proof: transit, re-export and timing open gaps too. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _pair(ax: Axes, place: int, row: dict[Any, Any], unit: MoneyUnit) -> None:
    recorded, expected = float(row["recorded"]) / unit.size, float(row["expected"]) / unit.size
    ax.barh(place - HEIGHT / 2, recorded, height=HEIGHT, color=GOVERNMENT, zorder=2)
    if not np.isfinite(expected):
        ax.annotate(
            "no estimate", (0, place + HEIGHT / 2), xytext=(4, 0), textcoords="offset points", va="center", size=8
        )
        return
    ax.barh(place + HEIGHT / 2, expected, height=HEIGHT, color="white", edgecolor=INK, hatch="////", zorder=2)
    ends = [recorded + float(row[name]) / unit.size for name in ("gap_low", "gap_high")]
    ax.plot(ends, [place + HEIGHT / 2] * 2, color=INK, linewidth=1.3, marker="|", markersize=6, zorder=3)
    low, high = percent(row["undeclared_low"]), percent(row["undeclared_high"])
    said = f"{percent(row['undeclared'])} not recorded"
    if row["undeclared_low"] <= 0:
        said = "no gap beyond what was allowed for" if row["undeclared_high"] >= 0 else "more recorded than exported"
    ax.annotate(
        f"{said}\n(90 %: {low} to {high})",
        (max(*ends, expected, recorded), place),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        size=8.5,
    )


def _legend() -> list[Any]:
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=GOVERNMENT, label="Recorded as imported"),
        Patch(facecolor="white", edgecolor=INK, hatch="////", label="Exported by partners, valued at arrival"),
    ]


def _finding(rows: list[dict[Any, Any]]) -> str:
    known = [row for row in rows if np.isfinite(row["undeclared"])]
    if not known:
        return "The partners' figures cover too little to compare"
    top = max(known, key=lambda row: float(row["undeclared"]))
    name = str(top["route_group"]).replace("_", " ").capitalize()
    if top["undeclared_low"] <= 0:
        return "No border shows less recorded as imported than its partners say they exported"
    return f"{name}: {percent(top['undeclared'])} of what partners say they exported was not recorded as imported"
