"""Which crossing mattered: Shapley values beside simpler answers, and why these differ.

Amounts come in units of currency and are drawn in one readable unit per axis; whiskers are 90 % intervals. Loss is
drawn in the government's blue, gain in the insurgents' vermilion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tradeimpact.figures.axes import (
    end_labels,
    markers_legend,
    money_axis,
    money_unit,
    row_axis,
    row_inches,
    span_from_zero,
)
from tradeimpact.figures.style import GOVERNMENT, INK, INSURGENT, SOFT, briefing, canvas, furnish, needs
from tradeimpact.figures.text import amount, count_word, decimals_for, estimate, fixed, lower_first, percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = {"government_loss": GOVERNMENT, "insurgent_gain": INSURGENT}
WHAT = {"government_loss": "Government's loss", "insurgent_gain": "Insurgents' gain"}
BESIDE: dict[str, tuple[str, dict[str, Any]]] = {
    "alone": ("Alone", {"marker": "s", "markersize": 4.5, "markerfacecolor": "white"}),
    "order_of_fall": ("In order of events", {"marker": ">", "markersize": 5.5, "markerfacecolor": SOFT}),
    "leave_one_out": ("Left out of all", {"marker": "D", "markersize": 4.5, "markerfacecolor": INK}),
}
SMALL = 0.005  # rows below this share of the total are summed up in the note
RARE = 0.05  # ... and those that happen in fewer draws, whose interval would be nothing
MOST_LINES = 5
APART = 0.012  # between the intervals of two lines, of the width
LINES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ((0, (5, 1, 1, 1, 1, 1)), "v"))


def attribution(
    table: pd.DataFrame,
    *,
    source: str,
    of: str = "government_loss",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Shapley values as bars, with what each is worth alone, left out, and in the order of events as marks.

    Parameters
    ----------
    table : DataFrame
        Columns `name`, `kind` (crossing, driver, total), `mean`, `low`, `high`, `alone`, `order_of_fall`,
        `leave_one_out` in units of currency, in the order in which the rows are to stand; the total row last.
    source, title, grade, note, currency, synthetic, ax
        As in :func:`tradeimpact.figures.charts.revenue_by_crossing`.
    of : {"government_loss", "insurgent_gain"}

    Returns
    -------
    Axes
        Crossings filled, drivers hatched. Rows below half a per cent of the total, or that happen in fewer than 5 % of
        draws where column `occurs` says so, are summed up in the note.
    """
    needs(table, ["name", "kind", "mean", "low", "high", *BESIDE], "attribution")
    rows, rest = _shown(table)
    names = [str(row["name"]) for row in rows]
    reach = np.array([[row[c] for c in ("mean", "low", "high", *BESIDE)] for row in rows], dtype=float).ravel()
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.4, 2.2 + len(rows) * row_inches(names, least=0.36, width=150))))
        unit = money_unit(reach, currency=currency)
        decimals = decimals_for(float(np.nanmax(np.abs(reach))) / unit.size)
        for position, row in enumerate(rows):
            _bar(ax, position, row, unit.size, decimals, COLOURS[of])
        row_axis(ax, names, width=150)
        low, high = span_from_zero(reach / unit.size, margin=0.09)
        ax.set_xlim(low, high)
        money_axis(ax, which="x", label=f"Share in the {WHAT[of].lower()} over the window, mean ({unit.name})")
        markers_legend(ax, _marks(COLOURS[of]))
        more = f"{count_word(len(rest)).capitalize()} small or unlikely ones more add"
        left = f"{more} {amount(sum(rest), currency=currency)}." if rest else ""
        adding = f"Bars add up to the total, alone and left out do not; whiskers are 90 % intervals. {left}"
        furnish(
            ax,
            own=own,
            title=title if title is not None else _finding(table, of, currency),
            source=source,
            grade=grade,
            note=f"{adding.strip()} {note}".strip(),
            synthetic=synthetic,
        )
    return ax


def _shown(table: pd.DataFrame) -> tuple[list[dict[Any, Any]], list[float]]:
    """Rows worth a bar, and the means of the others."""
    players = table[table["kind"] != "total"]
    floor = SMALL * float(table.loc[table["kind"] == "total", "mean"].abs().sum())
    seen = players[["mean", *BESIDE]].abs().max(axis=1) >= floor
    if "occurs" in players:
        seen &= players["occurs"] >= RARE
    if not seen.any():
        seen[:] = True
    return players[seen].to_dict("records"), [float(v) for v in players.loc[~seen, "mean"]]


def _bar(ax: Axes, at: int, row: dict[Any, Any], size: float, decimals: int, colour: str) -> None:
    mean, low, high = (float(row[column]) / size for column in ("mean", "low", "high"))
    fill: dict[str, Any] = (
        {"facecolor": colour, "edgecolor": colour}
        if row["kind"] == "crossing"
        else {"facecolor": "white", "edgecolor": colour, "hatch": "////"}
    )
    ax.barh(at - 0.12, mean, height=0.42, gid=f"bar-{row['name']}", **fill)
    ax.plot([low, high], [at - 0.12] * 2, color=INK, linewidth=0.9, marker="|", markersize=5, zorder=3)
    for column, (_, look) in BESIDE.items():
        ax.plot(
            [float(row[column]) / size], [at + 0.26], linestyle="", color=INK, zorder=4, gid=f"mark-{column}", **look
        )
    ax.annotate(
        fixed(mean, decimals),
        xy=(max(mean, high, 0.0), at - 0.12),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        size=8.5,
        gid="value",
    )


def _marks(colour: str) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [
        Patch(facecolor=colour, edgecolor=colour, label="Crossing"),
        Patch(facecolor="white", edgecolor=colour, hatch="////", label="Driver"),
    ]
    marks = [Line2D([], [], linestyle="", color=INK, label=words, **look) for words, look in BESIDE.values()]
    return [*bars, *marks]


def _finding(table: pd.DataFrame, of: str, currency: str) -> str:
    first, total = table.iloc[0], float(table["mean"].iloc[-1])
    share = f", {percent(float(first['mean']) / total)} of it" if total > 0 else ""
    whole = amount(total, currency=currency)
    part = amount(float(first["mean"]), currency=currency)
    name = str(first["name"]) if first["kind"] == "crossing" else lower_first(str(first["name"]))
    return f"{WHAT[of]}, a mean of {whole}: {name} has the largest part, {part}{share}"


def profile(
    table: pd.DataFrame,
    *,
    source: str,
    of: str = "government_loss",
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    currency: str = "AFN",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """What a crossing adds, by how many others have fallen: the reason why simple answers differ.

    Parameters
    ----------
    table : DataFrame
        Columns `player`, `name`, `others`, `mean`, `low`, `high` (units of currency): one row per crossing and number
        of others.
    source, of, title, grade, note, currency, synthetic, ax
        As in :func:`attribution`.

    Returns
    -------
    Axes
        The five crossings that add most; at their left end no other has fallen, at their right end all have. Both ends
        have their 90 % interval, side by side.
    """
    needs(table, ["player", "name", "others", "mean", "low", "high"], "profile")
    chosen = _largest(table)
    with briefing():
        ax, own = canvas(ax, size=(8.0, 4.8))
        reach = chosen.groupby("player")[["mean", "low", "high"]].nth([0, -1]).to_numpy(dtype=float).ravel()
        unit = money_unit(np.append(reach, chosen["mean"]), currency=currency)
        last = max(float(chosen["others"].max()), 1.0)
        room = (MOST_LINES + 1) * APART * last
        ends = []
        for number, (_, part) in enumerate(chosen.groupby("player", sort=False)):
            _profile_line(ax, part, number, unit.size, APART * last, COLOURS[of])
            name = str(part["name"].iloc[0]).split("/")[0]
            ends.append((last + room, float(part["mean"].iloc[-1]) / unit.size, name, INK))
        ax.set_xlim(-room, last + room)
        ax.set_xticks(np.arange(0, last + 1, max(1, round(last / 8))))
        ax.set_ylim(*span_from_zero(np.append(reach, chosen["mean"]) / unit.size))
        ax.set_xlabel("Other crossings that have fallen")
        money_axis(ax, which="y", label=f"What its fall adds, mean ({unit.name})")
        end_labels(ax, ends)
        words = (
            "Mean over all sets of so many others, with insecurity, threat and closures as they were. Left end: no "
            "other has fallen. Right end: all have, which is what leaving it out says. A share is a mean over drivers "
            "that are absent too, so it need not lie on the line. Whiskers beside the ends are their 90 % "
            "intervals, in the order of the lines."
        )
        furnish(
            ax,
            own=own,
            title=title if title is not None else _profile_finding(chosen, of),
            source=source,
            grade=grade,
            note=f"{words} {note}".strip(),
            synthetic=synthetic,
        )
        end_labels(ax, ends)
    return ax


def _profile_line(ax: Axes, part: pd.DataFrame, number: int, size: float, apart: float, colour: str) -> None:
    """One line, and outside its ends their intervals with its marker, each line a step further out."""
    style, marker = LINES[number]
    x, y = part["others"].to_numpy(dtype=float), part["mean"].to_numpy(dtype=float) / size
    ax.plot(x, y, color=colour, linestyle=style, marker=marker, markersize=4, gid=f"line-{part['player'].iloc[0]}")
    for end, side in ((0, -1), (-1, 1)):
        at = x[end] + side * (number + 1) * apart
        span = [float(part[column].iloc[end]) / size for column in ("low", "high")]
        ax.plot([at, at], span, color=SOFT, linewidth=0.9, marker="_", markersize=4, gid="interval")
        ax.plot([at], [y[end]], color=SOFT, linestyle="", marker=marker, markersize=3, zorder=3)


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the crossings that add most at either end, the largest first."""
    known = table.dropna(subset=["mean"])
    size = known["mean"].abs().groupby(known["player"]).max().sort_values(ascending=False, kind="stable")
    chosen = list(size.index[:MOST_LINES])
    rows = known[known["player"].isin(chosen)].copy()
    rows["_rank"] = [chosen.index(p) for p in rows["player"]]
    return rows.sort_values(["_rank", "others"], kind="stable").drop(columns="_rank")


def _ends(chosen: pd.DataFrame) -> list[tuple[str, float, float]]:
    return [
        (str(part["name"].iloc[0]), float(part["mean"].iloc[0]), float(part["mean"].iloc[-1]))
        for _, part in chosen.groupby("player", sort=False)
    ]


def _profile_finding(chosen: pd.DataFrame, of: str) -> str:
    ends = _ends(chosen)
    rising = sum(last > first for _, first, last in ends)
    if of == "government_loss" and rising == len(ends):
        return "Crossings are substitutes: the more have fallen, the more the next one costs the government"
    if of == "insurgent_gain" and not rising:
        return "What a further crossing brings the insurgents falls with every one they hold"
    return f"{WHAT[of]}: what a crossing adds depends on how many others have fallen"


def alt_attribution(table: pd.DataFrame, *, of: str = "government_loss", currency: str = "AFN") -> str:
    """Alternative text of `attribution`: the total and the largest shares."""
    needs(table, ["name", "kind", "mean", "low", "high"], "alt_attribution")
    rows, _ = _shown(table)
    told = [
        f"{row['name']} {estimate(float(row['mean']), float(row['low']), float(row['high']), currency=currency)}, "
        f"alone {amount(float(row['alone']), currency=currency)}, "
        f"left out {amount(float(row['leave_one_out']), currency=currency)}"
        for row in rows[:4]
    ]
    total = amount(float(table["mean"].iloc[-1]), currency=currency)
    return (
        f"Bars of the share of {count_word(len(rows))} crossings and drivers in the {WHAT[of].lower()} of {total}, "
        f"with marks for three simpler answers. {'; '.join(told)}."
    )


def alt_profile(table: pd.DataFrame, *, of: str = "government_loss", currency: str = "AFN") -> str:
    """Alternative text of `profile`: both ends of every line."""
    needs(table, ["player", "name", "others", "mean"], "alt_profile")
    told = [
        f"{name} from {amount(first, currency=currency)} alone to {amount(last, currency=currency)} when all others "
        "have fallen"
        for name, first, last in _ends(_largest(table))
    ]
    return f"Lines of what a crossing adds to the {WHAT[of].lower()} by how many others have fallen: {'; '.join(told)}."
