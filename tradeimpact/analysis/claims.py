"""Claims scored against what is known to have happened: Brier scores of filtered probabilities beside two rivals.

The truth table of a case is read here and nowhere else in the library. Nothing is fitted to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..case.evidence import evidence
from ..errors import TradeImpactError
from ..inference import infer_control
from ..scenario import to_day
from ..tables import records

Array = NDArray[np.float64]

LOSS = ("lost", "collecting", "promise")  # propositions that say the government does not hold a crossing
HELD = ("held",)
DISPUTED_DAYS = 7
METHODS = {"model": "Filtered probability", "newest": "Newest report", "government": "Government until it admits"}


@dataclass(frozen=True)
class Said:
    """A statement on who holds a crossing."""

    published: pd.Timestamp
    lost: bool
    admission: bool
    by_government: bool


@dataclass(frozen=True)
class Claims:
    """Scored crossing-days.

    Attributes
    ----------
    days : DataFrame
        One row per crossing and day with a known truth: day, crossing, lost (truth, 0 or 1), disputed, and the
        probability that the government had lost it by each method (model, newest, government).
    scores : DataFrame
        Columns days (all, disputed, undisputed), method, crossing_days, brier (mean squared error, lower is better).
    by_crossing : DataFrame
        Brier score of each method by crossing.
    """

    days: pd.DataFrame
    scores: pd.DataFrame
    by_crossing: pd.DataFrame

    @property
    def beats_rivals(self) -> bool:
        """Whether the model's score is below both rivals' over all days and over the disputed ones."""
        table = self.scores.pivot(index="days", columns="method", values="brier").loc[["all", "disputed"]]
        rivals = table[[METHODS["newest"], METHODS["government"]]].min(axis=1)
        return bool((table[METHODS["model"]] < rivals).all())

    def _repr_html_(self) -> str:
        table = self.scores.pivot(index="method", columns="days", values="brier")
        table = table.reindex(index=list(METHODS.values()), columns=["all", "disputed", "undisputed"])
        counts = self.scores.drop_duplicates("days").set_index("days")["crossing_days"]
        table.columns = pd.Index([f"{name} ({counts[name]:,} crossing-days)" for name in table.columns])
        html: str = table.map(lambda v: f"{v:.4f}").to_html(border=0)
        return f"<div><strong>Brier score, lower is better</strong>{html}</div>"


def claims(
    case: Case,
    *,
    start: str | date | None = None,
    end: str | date | None = None,
    draws: int = 256,
    rng: int | np.random.Generator | None = 0,
) -> Claims:
    """Score P(the government has lost it) per crossing and day against the case's truth table.

    Parameters
    ----------
    case : Case
        With a table `truth`: spans of days on which the state of a crossing is known; other days are not scored.
    start, end : day, optional
        Days to score; all days of the truth table without them.
    draws : int
        Draws of weights, hazards and event days.
    rng : int, Generator or None

    Returns
    -------
    Claims

    Raises
    ------
    TradeImpactError
        If the case has no truth table, or none of its days lies in the window.

    Notes
    ----- "Newest report" believes whatever the newest published statements on a crossing say (where several of one
    day contradict each other, the share of them that says lost), and held before the first. "Government until it
    admits" takes a crossing for held until its side admits the loss, and for held again if it then claims it back.
    """
    truth = case.truth
    if truth.empty:
        raise TradeImpactError("the case has no table truth: nothing to score against; add truth.csv")
    first = truth["start"].min().date() if start is None else to_day(start)
    last = truth["end"].max().date() if end is None else to_day(end)
    table = _truth_days(truth, pd.date_range(first, last))
    if table.empty:
        raise TradeImpactError(f"the truth table has no day between {first} and {last}")
    rows = evidence(case)
    control = infer_control(case, start=first, end=last, draws=draws, rng=rng)
    index = pd.MultiIndex.from_frame(table[["day", "crossing"]])
    table["model"] = 1.0 - control.filtered["government"].reindex(index).to_numpy()
    table["newest"] = _each(rows, table, _newest)
    table["government"] = _each(rows, table, _admitted)
    dispute = disputed(rows, pd.date_range(first, last), sorted(set(table["crossing"])))
    table["disputed"] = dispute.reindex(index).to_numpy(bool)
    return Claims(table, _scores(table), _by_crossing(table))


def disputed(rows: pd.DataFrame, days: pd.DatetimeIndex, crossings: Sequence[str]) -> pd.Series[bool]:
    """Whether a crossing is disputed on a day: index (day, crossing).

    It is where both a statement that it is lost and one that it is held were published in the seven days up to
    that day. `rows` are classified reports (`case.evidence.evidence`).
    """
    index = pd.MultiIndex.from_product([days, list(crossings)], names=["day", "crossing"])
    flags = np.ones((len(days), len(crossings)), dtype=bool)
    week = np.timedelta64(DISPUTED_DAYS, "D")
    at = days.to_numpy()[:, None]
    for column, crossing in enumerate(crossings):
        part = rows[rows["crossing"] == crossing]
        for says in (LOSS, HELD):
            heard = part.loc[part["proposition"].isin(says), "published_latest"].to_numpy()
            flags[:, column] &= ((heard <= at) & (heard > at - week)).any(axis=1)
    flat: pd.Series[bool] = pd.Series(flags.ravel(), index=index, dtype="bool")
    return flat


def _truth_days(truth: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Days of known state inside `days`: columns day, crossing, lost."""
    found = [
        pd.DataFrame(
            {
                "day": days[(days >= row["start"]) & (days <= row["end"])],
                "crossing": row["crossing"],
                "lost": float(row["state"] == "lost"),
            }
        )
        for row in records(truth)
    ]
    return pd.concat(found, ignore_index=True).sort_values(["day", "crossing"], ignore_index=True)


def _each(rows: pd.DataFrame, table: pd.DataFrame, believe: Callable[[list[Said]], float]) -> Array:
    """A rival's belief for each crossing-day, from the statements on its holder published by that day."""
    stated: dict[str, list[Said]] = {}
    for row in records(rows[rows["proposition"].isin((*LOSS, *HELD))]):
        lost = row["proposition"] in LOSS
        said = Said(row["published_latest"], lost, lost and row["weight"] == "admission", row["role"] == "government")
        stated.setdefault(row["crossing"], []).append(said)
    pairs = zip(table["day"], table["crossing"], strict=True)
    return np.array([believe([s for s in stated.get(crossing, []) if s.published <= day]) for day, crossing in pairs])


def _newest(known: list[Said]) -> float:
    """Share of the newest published statements on the holder that say it is lost; 0 without any."""
    if not known:
        return 0.0
    last = max(s.published for s in known)
    newest = [s.lost for s in known if s.published == last]
    return sum(newest) / len(newest)


def _admitted(known: list[Said]) -> float:
    """1 from the government's own admission on, until it claims the crossing back in a later publication."""
    admitted = [s.published for s in known if s.admission]
    if not admitted:
        return 0.0
    back = any(not s.lost and s.by_government and s.published > max(admitted) for s in known)
    return 0.0 if back else 1.0


def _scores(table: pd.DataFrame) -> pd.DataFrame:
    found = []
    for name, part in (
        ("all", table),
        ("disputed", table[table["disputed"]]),
        ("undisputed", table[~table["disputed"]]),
    ):
        for column, method in METHODS.items():
            brier = float(((part[column] - part["lost"]) ** 2).mean()) if len(part) else float("nan")
            found.append({"days": name, "method": method, "crossing_days": len(part), "brier": brier})
    return pd.DataFrame(found)


def _by_crossing(table: pd.DataFrame) -> pd.DataFrame:
    errors = pd.DataFrame({name: (table[column] - table["lost"]) ** 2 for column, name in METHODS.items()})
    grouped = errors.groupby(table["crossing"]).mean()
    grouped.insert(0, "disputed_days", table.groupby("crossing")["disputed"].sum())
    return grouped.reset_index()
