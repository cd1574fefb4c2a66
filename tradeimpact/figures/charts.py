"""Revenue per crossing with its range and grade, and its three views: potential, assessed, collected.

Amounts come in units of currency and are drawn in one readable unit per axis; intervals are the 90 %
interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import (
    MoneyUnit,
    markers_legend,
    money_axis,
    money_unit,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import (
    GOVERNMENT,
    INK,
    NOBODY,
    SOFT,
    briefing,
    canvas,
    furnish,
    grade_of,
    needs,
)
from tradeimpact.figures.text import amount, two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

VIEWS = {
    "potential": "Potential: all declared, no leakage",
    "assessed": "Assessed: what is declared",
    "collected": "Collected: reaches the treasury",
}
VIEW_LOOKS: dict[str, dict[str, Any]] = {
    "potential": {"marker": "o", "markerfacecolor": "white", "markeredgecolor": INK, "color": INK},
    "assessed": {"marker": "s", "markerfacecolor": NOBODY, "markeredgecolor": INK, "color": SOFT},
    "collected": {"marker": "o", "markerfacecolor": GOVERNMENT, "markeredgecolor": GOVERNMENT, "color": GOVERNMENT},
}


def revenue_by_crossing(
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
    """Collected revenue per crossing and year: median, 90 % interval, evidence grade; largest on top.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `name`, `kind` (border, inland), `grade`, `low`, `median`, `high` (units of
        currency a year). Inland houses are hollow and named so.
    source, title, grade, note : str
        Footer and title; without `grade` the footer lists the grades of the table.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    needs(table, ["crossing", "name", "kind", "grade", "low", "median", "high"], "revenue_by_crossing")
    rows = table.sort_values(["median", "crossing"], ascending=[False, True]).to_dict("records")
    names = [_place_name(row) for row in rows]
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.2, 1.6 + len(rows) * row_inches(names, least=0.29))))
        unit = money_unit(table[["median", "high"]].to_numpy(dtype=float).ravel(), currency=currency)
        for position, row in enumerate(rows):
            _range_row(ax, position, row, unit)
        row_axis(ax, names)
        reach = table[["low", "median", "high"]].to_numpy(dtype=float).ravel() / unit.size
        ax.set_xlim(*span_from_zero(reach, margin=0.22))
        money_axis(
            ax,
            which="x",
            label=f"Customs revenue collected in a year ({unit.name}), median and 90 % interval",
        )
        inland = "Hollow: inland house, no route of its own. " if (table["kind"] == "inland").any() else ""
        most = amount(float(rows[0]["median"]), currency=currency)
        default = f"{rows[0]['name']} collects most, about {most} a year"
        furnish(
            ax,
            own=own,
            title=title if title is not None else default,
            source=source,
            grade=grade or grade_of(table),
            note=f"{inland}{note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _range_row(ax: Axes, position: int, row: dict[Any, Any], unit: MoneyUnit) -> None:
    low, middle, high = (float(row[column]) / unit.size for column in ("low", "median", "high"))
    ax.barh(
        position,
        middle,
        height=0.56,
        facecolor="white" if row["kind"] == "inland" else GOVERNMENT,
        edgecolor=GOVERNMENT,
        linewidth=1.0,
        gid="bar",
    )
    ax.plot([low, high], [position, position], color=INK, linewidth=1.1, marker="|", markersize=6, zorder=3)
    if not np.isfinite(middle):
        ax.annotate("no figure", xy=(0, position), xytext=(4, 0), textcoords="offset points", va="center", size=8)
        return
    end = high if np.isfinite(high) else middle
    ax.annotate(
        f"{two_digits(middle)}   grade {row['grade']}",
        xy=(end, position),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        size=8,
        gid="value",
    )


def _place_name(row: dict[Any, Any]) -> str:
    inland = row.get("kind") == "inland" and "inland" not in str(row["name"]).lower()
    return f"{row['name']} (inland)" if inland else str(row["name"])


def three_views(
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
    """Potential, assessed and collected revenue per crossing on one axis, largest potential on top.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `name`, `potential`, `assessed`, `collected` (units of currency), each with
        optional `_low` and `_high`.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`revenue_by_crossing`.

    Returns
    -------
    Axes
    """
    needs(table, ["crossing", "name", *VIEWS], "three_views")
    rows = table.sort_values(["potential", "crossing"], ascending=[False, True]).to_dict("records")
    names = [_place_name(row) for row in rows]
    columns = [f"{view}{end}" for view in VIEWS for end in ("", "_low", "_high") if f"{view}{end}" in table]
    spans = " and 90 % interval" if len(columns) > len(VIEWS) else ""
    shift = {"potential": -0.17, "assessed": 0.0, "collected": 0.17} if len(columns) > len(VIEWS) else {}
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.2, 1.9 + len(rows) * row_inches(names, least=0.36))))
        unit = money_unit(table[columns].to_numpy(dtype=float).ravel(), currency=currency)
        for position, row in enumerate(rows):
            _view_row(ax, position, row, unit, shift)
        row_axis(ax, names)
        ax.set_xlim(*span_from_zero(table[columns].to_numpy(dtype=float).ravel() / unit.size))
        money_axis(ax, which="x", label=f"Customs revenue in a year ({unit.name}), median{spans}")
        markers_legend(ax, _view_marks())
        share = float(table["collected"].sum()) / float(table["potential"].sum() or np.nan)
        default = f"Of the potential revenue {100 * share:.0f} % reaches the treasury"
        furnish(
            ax,
            own=own,
            title=title if title is not None else default,
            source=source,
            grade=grade or grade_of(table),
            note=note,
            synthetic=synthetic,
        )
    return ax


def _view_row(ax: Axes, position: int, row: dict[Any, Any], unit: MoneyUnit, shift: dict[str, float]) -> None:
    middle = [float(row[view]) / unit.size for view in VIEWS]
    ax.plot([min(middle), max(middle)], [position, position], color="#CCCCCC", linewidth=1, zorder=1)
    for view, value in zip(VIEWS, middle, strict=True):
        level = position + shift.get(view, 0.0)
        ends = [float(row.get(f"{view}{end}", np.nan)) / unit.size for end in ("_low", "_high")]
        ax.plot(ends, [level, level], color=VIEW_LOOKS[view]["color"], linewidth=1.0, zorder=2)
        ax.plot([value], [level], linestyle="", markersize=6, zorder=3, clip_on=False, **VIEW_LOOKS[view])


def _view_marks() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], linestyle="", markersize=6, label=words, **VIEW_LOOKS[view]) for view, words in VIEWS.items()
    ]
