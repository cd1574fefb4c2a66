"""Estimates with their 90 % intervals, one row each, beside what was assumed before where there is such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import markers_legend, plain_number, row_axis, row_inches, span_from_zero
from tradeimpact.figures.style import GOVERNMENT, INK, NOBODY, SOFT, briefing, canvas, furnish, grade_of, needs
from tradeimpact.figures.text import two_digits

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def estimates(
    table: pd.DataFrame,
    *,
    source: str,
    title: str,
    label: str,
    prior: pd.DataFrame | None = None,
    grade: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Estimates as points with 90 % intervals, in the order of the table, top to bottom; zero is marked.

    Parameters
    ----------
    table : DataFrame, index name
        Columns `estimate`, `low`, `high`; rows without an estimate say so.
    source, title, label, grade, note : str
        Footer, title, and what the axis measures.
    prior : DataFrame, index name, optional
        Columns `low`, `best`, `high` of what was assumed before.
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    from matplotlib.ticker import FuncFormatter

    needs(table, ["estimate", "low", "high"], "estimates")
    names = [str(name) for name in table.index]
    values = table[["estimate", "low", "high"]].to_numpy(dtype=float)
    reach = values.ravel() if prior is None else np.append(values.ravel(), prior[["low", "high"]].to_numpy(float))
    shift = 0.0 if prior is None else 0.14
    with briefing():
        ax, own = canvas(ax, size=(8.0, 1.9 + len(names) * row_inches(names, least=0.42)))
        for position, (name, (middle, low, high)) in enumerate(zip(names, values, strict=True)):
            _row(ax, position - shift, middle, low, high)
            if prior is not None and name in prior.index:
                _prior(ax, position + shift, *(float(prior.loc[name, c]) for c in ("low", "best", "high")))  # type: ignore[arg-type]
        row_axis(ax, names)
        first, last = span_from_zero(reach, margin=0.12)
        ax.set_xlim(first, max(last, 0.08 * (last - first)))  # a value stands right of its bar
        ax.axvline(0, color=SOFT, linewidth=0.8, zorder=1.5)
        ax.grid(True, axis="x")
        ax.xaxis.set_major_formatter(FuncFormatter(plain_number))
        ax.set_xlabel(label)
        if prior is not None:
            markers_legend(ax, _marks())
        furnish(
            ax,
            own=own,
            title=title,
            source=source,
            grade=grade or grade_of(table),
            note=f"Bars are 90 % intervals. {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _row(ax: Axes, at: float, middle: float, low: float, high: float) -> None:
    if not np.isfinite(middle):
        ax.annotate("not identified", xy=(0, at), xytext=(6, 0), textcoords="offset points", va="center", size=8)
        return
    ax.plot([low, high], [at, at], color=GOVERNMENT, linewidth=1.8, marker="|", markersize=7, gid="range")
    ax.plot([middle], [at], marker="o", markersize=7, color=GOVERNMENT, linestyle="", zorder=3, gid="estimate")
    ax.annotate(
        two_digits(middle),
        xy=(max(high, middle), at),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        size=8.5,
        gid="value",
    )


def _prior(ax: Axes, at: float, low: float, best: float, high: float) -> None:
    ax.plot([low, high], [at, at], color=NOBODY, linewidth=1.2, linestyle=(0, (4, 2)), gid="prior")
    ax.plot([best], [at], linestyle="", gid="prior-best", **_hollow())


def _hollow() -> dict[str, Any]:
    return {"marker": "D", "markersize": 5.5, "markerfacecolor": "white", "markeredgecolor": INK, "color": INK}


def _marks() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=GOVERNMENT, marker="o", markersize=7, linewidth=1.8, label="Estimated: 90 % interval"),
        Line2D([], [], linestyle=(0, (4, 2)), **{**_hollow(), "color": NOBODY}, label="Assumed in the case"),
    ]
