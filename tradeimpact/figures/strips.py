"""Who held each crossing on which days, as strips.

Days are inclusive at both ends: a strip that ends on a day covers that day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.axes import (
    day_axis,
    day_number,
    markers_legend,
    row_axis,
    row_inches,
)
from tradeimpact.figures.style import (
    INK,
    briefing,
    canvas,
    furnish,
    grade_of,
    holder_looks,
    needs,
)
from tradeimpact.figures.text import count_word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


SHUT = 0.55  # part of a strip's height that a day shut takes


def holders(
    table: pd.DataFrame,
    *,
    source: str,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    grade: str | None = None,
    note: str = "",
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Who held each crossing on which days, one strip per crossing; closed days are crossed out below.

    Parameters
    ----------
    table : DataFrame
        Columns `crossing`, `name`, `start`, `end` (days, both included), `holder`, `open_share` (0 shut, 1
        open, missing counts as open). Crossings stand in the order of their first row.
    source : str
    names : mapping, optional
        Holder to the words of the legend, for instance {"taliban": "Taliban"}.
    title, grade, note, synthetic, ax
        As in :func:`tradeimpact.figures.timelines.who_collects`.

    Returns
    -------
    Axes
    """
    from matplotlib.patches import Patch

    needs(table, ["crossing", "name", "start", "end", "holder", "open_share"], "holders")
    order = list(dict.fromkeys(table["crossing"].astype(str)))
    looks = holder_looks(table["holder"].astype(str))
    named = dict(zip(table["crossing"].astype(str), table["name"].astype(str), strict=True))
    shown = [named[crossing] for crossing in order]
    with briefing():
        ax, own = canvas(ax, size=(8.0, max(3.2, 1.8 + len(order) * row_inches(shown, least=0.27))))
        starts, ends = ([day_number(day) for day in table[column]] for column in ("start", "end"))
        first, last = min(starts), max(ends) + 1
        for row, start, end in zip(table.to_dict("records"), starts, ends, strict=True):
            if end < start:
                raise TradeImpactError(f"holders: {row['crossing']} ends on {row['end']}, before it starts.")
            at, look = order.index(str(row["crossing"])), looks[str(row["holder"])]
            _strip(ax, at, start, end + 1 - start, look, float(row["open_share"]))
        row_axis(ax, shown)
        day_axis(ax, first, last)
        labels = {holder: (names or {}).get(holder, look.label) for holder, look in looks.items()}
        handles = [
            Patch(facecolor=look.colour, edgecolor="white", hatch=look.hatch, label=labels[holder])
            for holder, look in looks.items()
        ]
        if (table["open_share"] < 1).any():
            handles.append(Patch(facecolor="white", edgecolor=INK, hatch="xxxx", label="Shut or partly shut"))
        markers_legend(ax, handles)
        changed = int((table.groupby("crossing")["holder"].nunique() > 1).sum())
        default = f"{count_word(changed).capitalize()} of {count_word(len(order))} crossings changed hands"
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


def _strip(ax: Axes, row: int, start: float, length: float, look: Any, share: float) -> None:
    ax.barh(
        row,
        length,
        left=start,
        height=0.66,
        facecolor=look.colour,
        edgecolor="white",
        hatch=look.hatch,
        linewidth=0.4,
        gid="strip",
    )
    if share < 1:  # in the lower part, so that the holder's own look stays to be seen above it
        height = SHUT * 0.66 * (1 - share)
        ax.barh(
            row + 0.33 - height / 2,
            length,
            left=start,
            height=height,
            facecolor="white",
            edgecolor=INK,
            hatch="xxxx",
            linewidth=0.5,
            gid="shut",
        )
