"""The draws behind a rule of scenario discovery: where an outcome is on the bad side, and the box that tells.

Amounts come in units of currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import markers_legend, money_unit, plain_number
from tradeimpact.figures.style import (
    GOVERNMENT,
    INK,
    NOBODY,
    briefing,
    canvas,
    furnish,
    grade_of,
    needs,
)
from tradeimpact.figures.text import unit_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def discovery(
    table: pd.DataFrame,
    *,
    conditions: pd.DataFrame,
    outcome: str,
    bad: str,
    threshold: float,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draws by the first two conditions of a rule, bad ones marked, with the rule's box.

    Parameters
    ----------
    table : DataFrame
        One row per draw: a column for each condition's `name`, `outcome` (units of currency), `bad`, `inside`.
    conditions : DataFrame
        Columns `name`, `label`, `unit`, `above`, `below` (missing where unbounded), the weightiest first. With one
        condition the outcome stands on the other axis.
    outcome, bad : str
        The outcome, and what makes a draw bad, in words.
    threshold : float
        Units of currency.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.sensitivity.tornado`.

    Returns
    -------
    Axes
    """
    from matplotlib.ticker import FuncFormatter

    needs(conditions, ["name", "label", "unit", "above", "below"], "discovery")
    rows = conditions.to_dict("records")
    needs(table, [*(str(row["name"]) for row in rows), "outcome", "bad", "inside"], "discovery")
    seen = [_readable(row, table[str(row["name"])].to_numpy(dtype=float)) for row in rows[:2]]
    rows = [row for row, _ in seen]
    with briefing():
        ax, own = canvas(ax, size=(8.0, 5.6))
        x = seen[0][1]
        unit = money_unit(table["outcome"].to_numpy(dtype=float), currency=currency)
        alone = len(rows) == 1
        y = table["outcome"].to_numpy(dtype=float) / unit.size if alone else seen[1][1]
        wanted = table["bad"].to_numpy(dtype=bool)
        good_look: dict[str, Any] = {
            "marker": "o",
            "s": 13,
            "facecolors": "none",
            "edgecolors": NOBODY,
            "linewidths": 0.8,
        }
        bad_look: dict[str, Any] = {"marker": "^", "s": 16, "color": GOVERNMENT, "linewidths": 0.0}
        dots = [
            ax.scatter(x[~wanted], y[~wanted], label="Other draws", zorder=2, **good_look),
            ax.scatter(x[wanted], y[wanted], label=bad, zorder=2.1, **bad_look),
        ]
        ax.set_xlim(*_limits(x))
        ax.set_ylim(*_limits(y))
        box = _box(ax, rows[0], None if alone else rows[1])
        ax.set_xlabel(_axis_words(rows[0]))
        ax.set_ylabel(f"{outcome} ({unit.name})" if alone else _axis_words(rows[1]))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(plain_number))
        if alone:
            ax.axhline(threshold / unit.size, color=INK, linewidth=0.9, linestyle="--")
        markers_legend(ax, [*dots, box])
        furnish(
            ax,
            own=own,
            title=title if title is not None else f"{bad}: where such draws lie",
            source=source,
            grade=grade or grade_of(conditions),
            note=note,
            synthetic=synthetic,
        )
    return ax


def _readable(row: dict[Any, Any], values: np.ndarray[Any, Any]) -> tuple[dict[Any, Any], np.ndarray[Any, Any]]:
    """A condition and its values, in millions or more where they are as large: "m AFN a day"."""
    size, word = unit_of(float(np.nanmax(np.abs(values))))
    if size < 1e6:
        return row, values
    return row | {
        "above": row["above"] / size,
        "below": row["below"] / size,
        "unit": f"{word} {row['unit']}",
    }, values / size


def _limits(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = (float(v) for v in (np.nanmin(values), np.nanmax(values)))
    room = 0.03 * ((high - low) or 1.0)
    return low - room, high + room


def _axis_words(row: dict[Any, Any]) -> str:
    return f"{row['label']} ({row['unit']})" if row["unit"] else str(row["label"])


def _box(ax: Axes, first: dict[Any, Any], second: dict[Any, Any] | None) -> Any:
    """The rule's box, open ends at the frame."""
    from matplotlib.patches import Rectangle

    spans = []
    for row, limits in ((first, ax.get_xlim()), (second, ax.get_ylim())):
        ends = [float("nan")] * 2 if row is None else [float(row[end]) for end in ("above", "below")]
        spans.append([end if np.isfinite(end) else limit for end, limit in zip(ends, limits, strict=True)])
    (left, right), (bottom, top) = spans
    box = Rectangle((left, bottom), right - left, top - bottom, facecolor=INK, alpha=0.07, edgecolor="none", zorder=1)
    ax.add_patch(box)
    edge = Rectangle(
        (left, bottom), right - left, top - bottom, fill=False, edgecolor=INK, linewidth=1.6, zorder=3,
        label="The rule",
    )  # fmt: skip
    ax.add_patch(edge)
    return edge


def alt_discovery(table: pd.DataFrame, *, rule: str, conditions: pd.DataFrame, outcome: str, bad: str) -> str:
    """Alternative text of :func:`discovery`: the rule itself."""
    axes = " and ".join(str(label) for label in [*conditions["label"], outcome][:2])
    return f"Scatter of {len(table):,} draws by {axes}, those with {outcome.lower()} {bad.lower()} marked. {rule}"
