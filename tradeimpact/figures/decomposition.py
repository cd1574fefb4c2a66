"""Why revenue changed: a waterfall from before to after, one bar per factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import money_axis, money_unit, row_axis, row_inches, span_from_zero
from tradeimpact.figures.style import GAIN, GOVERNMENT, NOBODY, SOFT, briefing, canvas, furnish, grade_of, needs
from tradeimpact.figures.text import amount, decimals_for, fixed, label_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SUM_TOLERANCE = 1e-9


def decomposition(
    table: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Waterfall from revenue before through the factors of its change to revenue after.

    Parameters
    ----------
    table : DataFrame, index component
        Columns `role` (total, factor) and `amount` in units of currency: `before` first, `after` last.
    source, title, grade, note : str
        Footer and title; the default title states both totals.
    currency : str
    synthetic : bool
        True says so in the footer.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    TradeImpactError
        If `before` or `after` is missing or the factors do not add up to the change.
    """
    needs(table, ["role", "amount"], "decomposition")
    if [name for name in ("before", "after") if name not in table.index]:
        raise TradeImpactError("decomposition: the table needs the rows 'before' and 'after'")
    values = table["amount"].astype(float)
    parts = [str(name) for name in table.index if table["role"].get(name) == "factor"]
    starts = np.concatenate([[values["before"]], values["before"] + np.cumsum(values[parts])])
    if not abs(starts[-1] - values["after"]) <= SUM_TOLERANCE * max(
        abs(values["before"]), abs(values["after"]), 1e-300
    ):
        raise TradeImpactError("decomposition: before and the factors do not add up to after; give every factor")
    begins = [0.0, *starts[:-1], 0.0]
    names = ["before", *parts, "after"]
    with briefing():
        labels = [label_of(name) for name in names]
        ax, own = canvas(ax, size=(8.0, 1.75 + len(names) * row_inches(labels, least=0.36)))
        unit = money_unit(np.append(starts, [values["before"], values["after"]]), currency=currency)
        decimals = decimals_for(float(np.abs(values).max()) / unit.size)
        for position, (name, begin) in enumerate(zip(names, begins, strict=True)):
            _bar(ax, position, name, begin / unit.size, float(values[name]) / unit.size, decimals)
            if position < len(names) - 1:
                level = (begin + values[name]) / unit.size
                ax.plot([level, level], [position + 0.31, position + 0.69], color=SOFT, linewidth=0.7, zorder=1.5)
        row_axis(ax, labels)
        ax.set_xlim(*span_from_zero(np.append(starts, values["after"]) / unit.size, margin=0.12))
        money_axis(ax, which="x", label=f"Revenue collected ({unit.name})")
        whole = (
            f"Revenue went from {amount(float(values['before']), currency=currency)} "
            f"to {amount(float(values['after']), currency=currency)}"
        )
        told = "Factors share the change by their Shapley value and add up exactly."
        furnish(
            ax,
            own=own,
            title=title if title is not None else whole,
            source=source,
            grade=grade or grade_of(table),
            note=f"{told} {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _bar(ax: Axes, position: int, name: str, begin: float, size: float, decimals: int) -> None:
    ax.barh(position, size, left=begin, height=0.62, gid=f"bar-{name}", **_look(name, size))
    words = fixed(size, decimals)
    if name not in ("before", "after") and round(size, decimals) > 0:
        words = f"+{words}"
    ax.annotate(
        words,
        xy=(max(begin, begin + size), position),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        size=8.5,
        gid="value",
    )


def _look(name: str, size: float) -> dict[str, Any]:
    if name == "before":
        return {"facecolor": "white", "edgecolor": GOVERNMENT, "linewidth": 1.2}
    if name == "after":
        return {"facecolor": GOVERNMENT, "edgecolor": GOVERNMENT}
    if size > 0:
        return {"facecolor": GAIN, "edgecolor": "white", "hatch": "////"}
    return {"facecolor": NOBODY, "edgecolor": NOBODY}
