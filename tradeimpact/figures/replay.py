"""A crisis as it could be known: heat strips of who had lost what, day by day, above the loss as it was estimated.

Every column is one day of knowledge: it shows what could be said that evening, not what is known today.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    money_axis,
    money_unit,
    short_day,
    span_from_zero,
    written_day,
)
from tradeimpact.figures.style import GOVERNMENT, INK, INSURGENT, briefing, furnish, needs, wrap
from tradeimpact.figures.text import count_word, estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# light to dark in one line, so that a grey print keeps the order
SHADES = ("#f7f7f7", "#f5d3bd", INSURGENT, "#4a1c00")
LINES: dict[str, dict[str, Any]] = {
    "month": {"color": INK, "linestyle": "--", "hatch": "////", "label": "Whole calendar month of the day"},
    "so_far": {"color": GOVERNMENT, "linestyle": "-", "hatch": None, "label": "So far"},
}
BANDS = "Lines are medians, bands 90 % intervals; the dashed line starts anew with each month."
MARKED = "Circles mark disputed days: within a week one statement said lost and another said held."


def as_known(
    probability: pd.DataFrame,
    loss: pd.DataFrame,
    *,
    source: str,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
) -> Axes:
    """Probability that each crossing was lost by day of knowledge, and below it the loss as estimated on that day.

    Parameters
    ----------
    probability : DataFrame
        Columns `day`, `crossing`, `lost` (0 to 1), `disputed` (bool); every crossing on every day. Crossings stand
        in the order in which they first passed one half, then by name.
    loss : DataFrame
        Columns `day`, `line` (so_far, month; others are left out), `median`, `low`, `high` (units of currency),
        `period`.
    source : str
    names : mapping, optional
        Crossing to the words of its row.
    title, grade, note, currency, synthetic
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.

    Returns
    -------
    Axes
        The upper one; the lower one is the last of its figure.
    """
    import matplotlib.pyplot as plt

    upper: Axes
    lower: Axes
    needs(probability, ["day", "crossing", "lost", "disputed"], "as_known")
    needs(loss, ["day", "line", "median", "low", "high", "period"], "as_known")
    order = _order(probability)
    days = sorted(probability["day"].unique())
    first, last = day_number(days[0]), day_number(days[-1]) + 1
    with briefing():
        height = 0.21 * len(order)
        figure, (upper, lower) = plt.subplots(
            2, 1, figsize=(8.4, height + 4.6), layout="constrained", sharex=True, height_ratios=[height + 0.4, 2.3]
        )
        _strips(upper, probability, order, days, first)
        upper.set_yticks(
            range(len(order)), [wrap((names or {}).get(c, c).split("/")[0], 130, 8) for c in order], size=8
        )
        upper.tick_params(axis="y", length=0)
        upper.tick_params(axis="x", labelbottom=False)
        upper.set_ylim(len(order) - 0.45, -0.55)
        bar = figure.colorbar(upper.images[0], ax=upper, fraction=0.025, pad=0.01, ticks=[0, 0.5, 1])
        bar.ax.set_yticklabels(["0", "½", "1"])
        bar.set_label("Probability that the government\nhas lost it", size=8)
        unit = _losses(lower, loss, currency)
        day_axis(lower, first, last)
        money_axis(lower, which="y", label=f"Loss as estimated that day ({unit})")
        lower.legend(loc="upper left", frameon=False)
        furnish(
            upper,
            own=True,
            title=title if title is not None else _finding(probability, loss, currency),
            source=source,
            grade=grade,
            note=f"{MARKED} {BANDS} {note}".strip(),
            synthetic=synthetic,
        )
    return upper


def _order(probability: pd.DataFrame) -> list[str]:
    """Crossings by the first day on which they were more likely lost than held, then by name."""
    passed = probability[probability["lost"] > 0.5].groupby("crossing")["day"].min()
    every = sorted(set(probability["crossing"].astype(str)))
    return sorted(every, key=lambda c: (str(passed[c]) if c in passed.index else "9999", c))


def _strips(ax: Axes, probability: pd.DataFrame, order: list[str], days: list[Any], first: float) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    table = probability.pivot(index="crossing", columns="day", values="lost").reindex(index=order, columns=days)
    if table.isna().to_numpy().any():
        raise TradeImpactError("as_known: a crossing lacks a day; give every crossing every day")
    step = [b - a for a, b in pairwise(days)]
    if any(s != step[0] for s in step):
        raise TradeImpactError("as_known: the days have gaps; give days one apart, or all the same distance")
    shades = LinearSegmentedColormap.from_list("lost", SHADES)
    width = day_number(days[1]) - first if len(days) > 1 else 1.0
    ax.imshow(
        table.to_numpy(), aspect="auto", cmap=shades, vmin=0, vmax=1, interpolation="nearest",
        extent=(first, first + width * len(days), len(order) - 0.5, -0.5),
    )  # fmt: skip
    for row in range(1, len(order)):
        ax.axhline(row - 0.5, color="white", linewidth=1.6)
    marked = probability[probability["disputed"]]
    if len(marked):
        x = [day_number(day) + width / 2 for day in marked["day"]]
        y = [order.index(str(c)) for c in marked["crossing"]]
        ax.plot(
            x, y, linestyle="", marker="o", markersize=4.2, markerfacecolor="white", markeredgecolor=INK,
            markeredgewidth=0.9, gid="disputed",
        )  # fmt: skip


def _losses(ax: Axes, loss: pd.DataFrame, currency: str) -> str:
    shown = loss[loss["line"].isin(list(LINES))]
    unit = money_unit(shown[["median", "low", "high"]].to_numpy(dtype=float).ravel(), currency=currency)
    for name, look in LINES.items():
        part = shown[shown["line"] == name].sort_values("day")
        runs = [run for _, run in part.groupby("period", sort=False)] if name == "month" else [part]
        for number, run in enumerate(runs):
            at = [day_number(day) + 0.5 for day in run["day"]]
            median, low, high = (run[column].to_numpy(dtype=float) / unit.size for column in ("median", "low", "high"))
            ax.fill_between(
                at, low, high, facecolor=(look["color"], 0.16), edgecolor=(look["color"], 0.5), linewidth=0.4,
                hatch=look["hatch"], gid=f"band-{name}",
            )  # fmt: skip
            label = look["label"] if number == 0 else None
            ax.plot(
                at, median, color=look["color"], linestyle=look["linestyle"], label=label, gid=f"line-{name}", zorder=3
            )
            if name == "month":
                _name_month(ax, at[0] - 0.5, str(run["period"].iloc[0]))
    ax.set_ylim(*span_from_zero(shown[["median", "low", "high"]].to_numpy(dtype=float).ravel() / unit.size))
    return unit.name


def _name_month(ax: Axes, start: float, name: str) -> None:
    ax.axvline(start, color=INK, linewidth=0.7, linestyle=(0, (1, 2)))
    ax.annotate(
        name, xy=(start, 1), xycoords=ax.get_xaxis_transform(), size=8, color=INK, ha="left", va="bottom",
        xytext=(2, 2), textcoords="offset points", gid="month",
    )  # fmt: skip


def _finding(probability: pd.DataFrame, loss: pd.DataFrame, currency: str) -> str:
    last = probability["day"].max()
    count = int((probability.loc[probability["day"] == last, "lost"] > 0.5).sum())
    row = loss[(loss["line"] == "so_far") & (loss["day"] == last)].iloc[0]
    loss_words = estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=currency)
    when = written_day(last)
    lost = f"{count_word(count)} crossing{'' if count == 1 else 's'}"
    return f"As known on {when}: {lost} more likely lost than held, loss so far {loss_words}"


def alt_as_known(
    probability: pd.DataFrame, loss: pd.DataFrame, *, names: Mapping[str, str] | None = None, currency: str = "AFN"
) -> str:
    """Alternative text of `as_known`: when each crossing passed one half, what was disputed, where the loss ended."""
    needs(probability, ["day", "crossing", "lost", "disputed"], "alt_as_known")
    first, last = (
        short_day(day_number(day), year=True) for day in (probability["day"].min(), probability["day"].max())
    )
    told = []
    for crossing in _order(probability):
        passed = probability.loc[(probability["crossing"] == crossing) & (probability["lost"] > 0.5), "day"]
        if len(passed):
            told.append(f"{(names or {}).get(crossing, crossing)} {short_day(day_number(passed.min()))}")
    marked = probability[probability["disputed"]]
    places = ", ".join((names or {}).get(str(c), str(c)) for c in dict.fromkeys(marked["crossing"]))
    disputes = f" {len(marked)} disputed crossing-days, at {places}." if len(marked) else ""
    rows = loss[loss["line"] == "so_far"].sort_values("day")
    row = rows.iloc[-1]
    ends = estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=currency)
    return (
        "Heat strips of the probability that the government has lost each crossing, as known on each day, "
        f"{first} to {last}. First more likely lost than held: {'; '.join(told) or 'none'}.{disputes} "
        f"Below, the loss so far as estimated on each day, ending at {ends}."
    )
