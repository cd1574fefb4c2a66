"""What a synthetic case was made from, and the model run at exactly these values."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..analysis.points import evaluate
from ..case import Case, save_case
from ..engine.blocks import BLOCK
from ..figures.text import millions
from ..inputs import prepare
from ..kernel import outcome
from ..scenario import Scenario
from ..write import write_text

FILE = "truth.json"


@dataclass(frozen=True, repr=False)
class Truth:
    """What was put into a synthetic case. Its analyst sees none of it.

    Attributes
    ----------
    loss, gain : float
        Government loss and insurgent gain from `start` to `end`, currency of the case.
    daily : DataFrame
        Columns government_loss and insurgent_gain by day.
    start, end : date
        Window, both ends included.
    scenario : Scenario
        The history as it was: falls, recaptures, closures, threat, insecurity.
    holders : DataFrame
        Who held each post, one row per day from a week before the crisis, one column per crossing.
    revenue : Series
        Customs revenue in the year before the crisis by crossing, currency.
    values : Series
        True value of each assumption and truck count, by name.
    hindsight : dict of DataFrame
        Tables hindsight_control, truth and closures, for scoring.
    """

    loss: float
    gain: float
    daily: pd.DataFrame
    start: date
    end: date
    currency: str
    scenario: Scenario
    holders: pd.DataFrame
    revenue: pd.Series[float]
    values: pd.Series[float]
    hindsight: Mapping[str, pd.DataFrame]

    @property
    def text(self) -> str:
        """The truth in one sentence."""
        lost = [name for name, holder in self.holders.loc[pd.Timestamp(self.end)].items() if holder != "government"]
        where = f"{', '.join(map(str, lost)) or 'no post'} out of its hands at the end"
        return (
            f"Synthetic truth, {self.start} to {self.end}: the government lost {millions(self.loss)} million "
            f"{self.currency} and the insurgents gained {millions(self.gain)} million {self.currency}, with {where}."
        )

    def __repr__(self) -> str:
        return self.text

    def covers(self, draws: pd.DataFrame) -> dict[str, bool]:
        """Whether the 90 % interval of each of loss and gain holds the truth; `draws` is ``result.draws()``."""
        lines = {"loss": ("government_loss", self.loss), "gain": ("insurgent_gain", self.gain)}
        low, high = (draws.quantile(q) for q in (0.05, 0.95))
        return {name: bool(low[line] <= value <= high[line]) for name, (line, value) in lines.items()}

    def write(self, case: Case, folder: str | os.PathLike[str]) -> Path:
        """Write the case as a folder for teaching, with what is known of it in hindsight beside it.

        Parameters
        ----------
        case : Case
            The case this is the truth of.
        folder : str or path
            A new or empty folder; ``load_case`` reads it.

        Returns
        -------
        Path
            The folder: the case, its tables for scoring (hindsight_control, closures, truth) and ``truth.json``.
        """
        place = save_case(case.with_tables(self.hindsight), folder)
        write_text(place / FILE, json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n")
        return place

    def as_dict(self) -> dict[str, Any]:
        """Loss, gain, revenue, holders and values as plain numbers and text, as in ``truth.json``."""
        spells = self.hindsight["truth"][["crossing", "start", "end", "state"]].astype(str).to_dict("records")
        return {
            "what": "Synthetic truth: what this invented case was made from. For scoring only; no part of the case.",
            "synthetic": True,
            "start": str(self.start),
            "end": str(self.end),
            "currency": self.currency,
            "government_loss": self.loss,
            "insurgent_gain": self.gain,
            "revenue": {str(name): float(value) for name, value in self.revenue.items()},
            "holders": spells,
            "values": {str(name): float(value) for name, value in self.values.items()},
        }


def run_at(case: Case, scenario: Scenario, start: date, end: date, values: Mapping[str, float]) -> pd.DataFrame:
    """Government loss and insurgent gain by day with every value given; a score that is not given is 0, the median."""
    x = prepare(case, scenario, start, end)
    every = {name: 0.0 for name in x.scores} | dict(values)
    d = evaluate(x, {name: np.full(BLOCK, value) for name, value in every.items()}, 0, 0)
    loss, gain = outcome(x, d, x.paths)
    return pd.DataFrame({"government_loss": loss[:, 0], "insurgent_gain": gain[:, 0]}, index=x.window_days)
