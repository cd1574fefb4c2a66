"""Sentences of an attribution, as a briefer would say them: loss and gain never one for the other."""

from __future__ import annotations

import pandas as pd

from ..figures.text import amount, estimate, percent
from ..tables import records

WHOSE = {"government_loss": "the government's loss", "insurgent_gain": "the insurgents' gain"}
NAMED = 3


def sentences(table: pd.DataFrame, of: str, *, currency: str, draws: int, of_draws: int, exact: int) -> str:
    """Largest shares, why the other columns differ, and on how many draws it rests."""
    players = table[table["kind"] != "total"]
    total = float(table["mean"].iloc[-1])
    told = []
    for row in records(players.head(NAMED)):
        part = estimate(float(row["mean"]), float(row["low"]), float(row["high"]), currency=currency)
        told.append(f"{row['name']} {part}" + (f", {percent(row['share'])}" if total else ""))
    lines = [f"Of {WHOSE[of]} of {amount(total, currency=currency)} on average: {'; '.join(told)}."]
    posts = table[table["kind"] == "crossing"]
    if len(posts) > 1 and total:
        alone, share, last = (float(posts[c].sum()) for c in ("alone", "mean", "leave_one_out"))
        said = (
            f"Fallen alone the crossings would add up to {amount(alone, currency=currency)}, taken out of all that "
            f"happened one at a time to {amount(last, currency=currency)}; their shares are "
            f"{amount(share, currency=currency)}."
        )
        if of == "government_loss" and alone < share < last:
            said += (
                " They are substitutes: while others are held trade moves there and little is lost, and the more have "
                "fallen the more the next one matters."
            )
        lines.append(said)
    how = "exact over all coalitions" if exact == draws else f"{exact} exact, the others from sampled orders"
    if not exact:
        how = "from sampled orders"
    lines.append(f"{draws:,} of {of_draws:,} draws, {how}; means add up, medians do not.")
    return "\n".join(lines)
