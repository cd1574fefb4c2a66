"""What a holder would take by its levy, and what both sides and traders have where neither side moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tradeimpact.figures.axes import (
    markers_legend,
    money_axis,
    money_unit,
    plain_number,
    row_axis,
    span_from_zero,
)
from tradeimpact.figures.style import GOVERNMENT, INK, INSURGENT, SOFT, briefing, canvas, furnish, needs
from tradeimpact.figures.text import amount, estimate, fixed, percent, supported

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("receipt", "levy", "median", "low", "high", "traders_bear")
CURVES = "Lines are medians, the band and the bars below the curve 90 % intervals. The take includes road levies."
STAGES: dict[str, dict[str, Any]] = {
    "now": {"marker": "o", "hollow": True, "words": "Now"},
    "levy chosen, government still": {"marker": "s", "hollow": True, "words": "Best levy, government still"},
    "neither moves": {"marker": "D", "hollow": False, "words": "Neither moves"},
}
LINES: dict[str, tuple[str, str]] = {
    "holder_take": ("Holder takes", INSURGENT),
    "government_take": ("Government takes", GOVERNMENT),
    "traders_lose": ("Traders and customers lose", INK),
}


def levy_curve(
    table: pd.DataFrame,
    best: pd.DataFrame,
    *,
    source: str,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """A holder's take per day by its levy, with what traders bear, the best levy and the usual one.

    Parameters
    ----------
    table : DataFrame
        Columns `receipt` ("one receipt", "every post"), `levy` (share of value), `median`, `low`, `high` (take, units
        of currency per day), `traders_bear` (same unit, may be missing).
    best : DataFrame, index (receipt, line)
        Rows `best_levy`, `usual_levy` with `median`, `low`, `high` (shares of value).
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
    """
    needs(table, COLUMNS, "levy_curve")
    one, every = (table[table["receipt"] == name] for name in ("one receipt", "every post"))
    with briefing():
        ax, own = canvas(ax, size=(8.0, 5.0))
        reach = np.concatenate([one[["low", "high"]].to_numpy(float).ravel(), one["traders_bear"].to_numpy(float)])
        unit = money_unit(reach, currency=currency)
        x = 100 * one["levy"].to_numpy(float)
        low, high, median, bear = (
            one[name].to_numpy(float) / unit.size for name in ("low", "high", "median", "traders_bear")
        )
        ax.fill_between(
            x, low, high, facecolor=(INSURGENT, 0.18), edgecolor=(INSURGENT, 0.45), linewidth=0.4, hatch="////",
            gid="band",
        )  # fmt: skip
        ax.plot(x, median, color=INSURGENT, label="Holder takes, one receipt honoured", gid="one", zorder=3)
        ax.plot(
            100 * every["levy"], every["median"] / unit.size, color=INK, linestyle=(0, (1, 1.5)), linewidth=1.4,
            label="Holder takes, every post paid", gid="every", zorder=3.2,
        )  # fmt: skip
        ax.plot(x, bear, color=SOFT, linestyle="--", label="Traders and customers bear", gid="traders", zorder=2.8)
        ax.set_xlim(0.0, float(x.max()))
        bottom, top = span_from_zero(reach / unit.size, margin=0.06)
        # two rows below zero for the levies, no money there
        ax.set_ylim(min(bottom, -0.19 * top), top)
        money_axis(ax, which="y", label=f"Per day ({unit.name})")
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
        ax.set_xlabel("Levy (% of customs value)")
        ax.xaxis.set_major_formatter(lambda value, _position: plain_number(value))
        _marks(ax, cast("Any", best.loc["one receipt"]), top)
        markers_legend(ax, ax.get_lines()[:3])
        furnish(
            ax, own=own, title=title if title is not None else _finding(best), source=source, grade=grade,
            note=f"{CURVES} {note}".strip(), synthetic=synthetic,
        )  # fmt: skip
    return ax


def _marks(ax: Axes, rows: Any, top: float) -> None:
    """The best levy and the usual one as ranges below the curve."""
    ax.axhline(0, color=SOFT, linewidth=0.8, zorder=1.5)
    edge = ax.get_xlim()[1]
    marks = (("best_levy", "Best levy", "D", -0.065), ("usual_levy", "Charged", "o", -0.14))
    for line, words, marker, place in marks:
        middle, low, high = (100 * float(rows.loc[line, name]) for name in ("median", "low", "high"))
        at = place * top
        ax.plot([low, high], [at, at], color=INK, linewidth=1.2, marker="|", markersize=6, zorder=3, gid=line)
        ax.plot([middle], [at], linestyle="", marker=marker, markersize=6, color=INK, zorder=4)
        text = f"{words} {fixed(middle, 1 if middle < 10 else 0)} %"
        beyond = high > 0.75 * edge
        ax.annotate(
            text, xy=(low if beyond else high, at), xytext=(-7 if beyond else 7, 0), textcoords="offset points",
            ha="right" if beyond else "left", va="center", size=8.5, gid="mark",
        )  # fmt: skip


def _finding(best: Any) -> str:
    rows = best.loc["one receipt"]
    most, now = (float(rows.loc[line, "median"]) for line in ("best_levy", "usual_levy"))
    return f"The holder would take most with a levy of {percent(most)} of value; it charges {percent(now)}"


def alt_levy_curve(table: pd.DataFrame, best: Any, *, currency: str = "AFN") -> str:
    """Alternative text of `levy_curve`: where the curve peaks and where the holder stands."""
    needs(table, COLUMNS, "alt_levy_curve")
    rows = best.loc["one receipt"]
    told = []
    for line, words in (("best_levy", "best levy"), ("usual_levy", "levy charged")):
        middle, low, high = (percent(float(rows.loc[line, name])) for name in ("median", "low", "high"))
        told.append(f"{words} {middle} of value (90 %: {low} to {high})")
    one = table[table["receipt"] == "one receipt"]
    last = one.iloc[-1]
    return (
        f"Curve of a holder's take per day by its levy, with a 90 % band: it rises, peaks and falls. {told[0]}; "
        f"{told[1]}. At the highest levy shown, {percent(float(last['levy']))}, the take is "
        f"{estimate(float(last['median']), float(last['low']), float(last['high']), currency=currency)} and traders "
        f"bear {amount(float(last['traders_bear']), currency=currency)} a day more than without a levy."
    )


def stages(
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
    """Takes of both sides and traders' loss per day: now, with the best levy, and where neither side moves.

    Parameters
    ----------
    table : DataFrame, index (stage, line)
        Columns `median`, `low`, `high` (units of currency per day) of holder_take, government_take, traders_lose in
        the stages "now", "levy chosen, government still", "neither moves". Lines without a number are left out.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
    """
    needs(table, ["median", "low", "high"], "stages")
    numbers: Any = table
    names = [line for line in LINES if np.isfinite(float(numbers.loc[("now", line), "median"]))]
    shown: Any = numbers.loc[[(stage, line) for stage in STAGES for line in names]]
    with briefing():
        ax, own = canvas(ax, size=(8.0, 1.9 + 0.85 * len(names)))
        reach = shown[["median", "low", "high"]].to_numpy(float).ravel()
        unit = money_unit(reach, currency=currency)
        for position, line in enumerate(names):
            for step, (stage, look) in enumerate(STAGES.items()):
                row = {name: float(shown.loc[(stage, line), name]) / unit.size for name in ("median", "low", "high")}
                _stage(ax, position + 0.25 * (step - 1), row, look, LINES[line][1])
        row_axis(ax, [LINES[line][0] for line in names])
        ax.set_xlim(*span_from_zero(reach / unit.size, margin=0.12))
        money_axis(ax, which="x", label=f"Per day ({unit.name}), median and 90 % interval")
        markers_legend(ax, _stage_marks())
        furnish(
            ax, own=own, title=title if title is not None else "What levy and reply leave to each side",
            source=source, grade=grade, note=note, synthetic=synthetic,
        )  # fmt: skip
    return ax


def _stage(ax: Axes, at: float, row: dict[str, float], look: dict[str, Any], colour: str) -> None:
    ax.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1.1, marker="|", markersize=5, zorder=2)
    face = "white" if look["hollow"] else colour
    ax.plot(
        [row["median"]], [at], linestyle="", marker=look["marker"], markersize=6, markerfacecolor=face,
        markeredgecolor=colour, zorder=3,
    )  # fmt: skip
    ax.annotate(
        supported(row["median"], (row["high"] - row["low"]) / 2), xy=(max(row["high"], row["median"]), at),
        xytext=(6, 0), textcoords="offset points", va="center", ha="left", size=8, gid="value",
    )  # fmt: skip


def _stage_marks() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [], [], linestyle="", marker=look["marker"], markersize=6, label=look["words"], markeredgecolor=INK,
            markerfacecolor="white" if look["hollow"] else INK,
        )
        for look in STAGES.values()
    ]  # fmt: skip


def alt_stages(table: Any, *, currency: str = "AFN") -> str:
    """Alternative text of `stages`: each line in the three stages."""
    needs(table, ["median", "low", "high"], "alt_stages")
    told = []
    for line, (words, _colour) in LINES.items():
        amounts = [amount(float(table.loc[(stage, line), "median"]), currency=currency) for stage in STAGES]
        told.append(f"{words}: {amounts[0]} now, {amounts[1]} with the best levy, {amounts[2]} where neither moves")
    return f"Medians and 90 % intervals per day. {'; '.join(told)}."
