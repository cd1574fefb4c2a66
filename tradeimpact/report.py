"""The summary as a briefer would say it: sentences drafted from the table, loss and gain never one for the other."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from .doubts import doubts
from .figures.text import amount, estimate, fixed, millions, percent
from .statistics import HIGH, LOW, quantiles
from .tables import records

if TYPE_CHECKING:
    from .results import Results

LABELS = {
    "lost_to_insurgent_control": "crossings in insurgent hands",
    "lost_to_nobody": "crossings that nobody held",
    "lost_to_closure": "closures of crossings it still held",
    "contraction": "trade that stopped because it became dearer",
    "held_back": "trade held back by general insecurity",
    "rerouting": "trade that moved away or found no room",
    "weaker_collection": "weaker collection at crossings it still held",
}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Money in millions and the transfer ratio as a number, as text for a reader."""
    shown = table.map(millions).astype(object)
    ratio = [name for name in table.index if name == "transfer_ratio"]
    shown.loc[ratio] = table.loc[ratio].map(lambda v: fixed(v, 2))
    return shown


@dataclass(frozen=True)
class Report:
    """A table and the sentences that go with it; prints as text, shows as HTML."""

    table: pd.DataFrame
    text: str
    currency: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n"))
        table = readable(self.table).to_html(escape=True, border=0)
        return f"<div>{paragraphs}{table}<p><small>Amounts in millions of {escape(self.currency)}</small></p></div>"


def write_report(result: Results) -> Report:
    """Sentences on loss, where it went, the insurgents' gain, and how sure the numbers are."""
    table = result.summary()
    currency = result.currency.upper()
    start, end = result.window
    rows = {row["line"]: row for row in records(table.reset_index())}
    ratio = rows["transfer_ratio"]

    def say(line: str) -> str:
        return estimate(rows[line]["median"], rows[line]["low"], rows[line]["high"], currency=currency)

    lines = [f"{result.case.title}: {result.scenario.name}, {start} to {end}."]
    draws = result.draws()
    if (draws[["government_loss", "insurgent_gain"]] == 0).all(axis=None):
        lines.append(f"Nothing changes: the government collects its baseline of {say('baseline')}.")
        return Report(table, "\n".join(lines), currency)
    share = (draws["government_loss"] / draws["baseline"]).to_numpy()
    middle, least, most = quantiles(share, (0.5, LOW, HIGH), result.weights)
    lines.append(
        f"The government loses {say('government_loss')} of a baseline of {say('baseline')}: "
        f"{percent(middle)} of it ({percent(least)} to {percent(most)})."
    )
    lines += _where(result, currency)
    lines.append(
        f"The insurgents gain {say('insurgent_gain')} over what road levies and illicit transit brought them before; "
        "a levy is not the duty it displaces."
    )
    if pd.notna(ratio["median"]):
        each, fewest, largest = (fixed(100 * ratio[name], 0) for name in ("median", "low", "high"))
        lines.append(f"For each 100 the government loses, the insurgents gain {each} ({fewest} to {largest}).")
    lines.append(
        f"Medians with 90 % intervals from {result.count:,} draws (seed {result.seed}); intervals rest on the case's "
        "assumptions, most of them judgement."
    )
    lines += doubts(result)
    return Report(table, "\n".join(lines), currency)


def _where(result: Results, currency: str) -> list[str]:
    """The components of the loss that matter, by mean, largest first."""
    bridge = result.bridge()
    parts = bridge.loc[bridge["role"] == "component", "mean"]
    total = abs(bridge["mean"]["government_loss"])
    large = parts[(parts > 0.05 * total) & parts.index.isin(list(LABELS))].sort_values(ascending=False)
    if large.empty:
        return []
    words = [f"{LABELS[str(name)]} ({amount(value, currency=currency)})" for name, value in large.items()]
    text = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
    sentence = f"On average the loss comes from {text}."
    gains = parts[parts < -0.02 * total]
    if len(gains):
        back = amount(-gains.sum(), currency=currency)
        sentence += f" Against it stand {back} of gains from returning or diverted cargo and inland charges."
    return [sentence]
