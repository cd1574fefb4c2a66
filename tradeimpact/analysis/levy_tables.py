"""What comes out of a choice of levies: tables, the sentences a briefer would say, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..case import Case
from ..figures.text import amount, estimate, fixed, percent
from ..scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOTE = (
    "A static day with every draw's elasticities, which nobody has measured for these crossings; not a forecast of "
    "what will be charged."
)
RARE = 0.005


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What both kinds of result share: whose choice, where, on which day, over which draws."""

    case: Case
    scenario: Scenario
    authority: str
    crossing: str | None
    on: date
    draws: int
    seed: int
    held: float  # share of the draws in which the authority holds something there that is open
    bound: float  # largest levy considered, share of value

    @property
    def currency(self) -> str:
        """Currency code of all amounts, which are per day."""
        return self.case.currency.upper()

    @property
    def who(self) -> str:
        """Name of the authority."""
        names = dict(zip(self.case.authorities["authority"], self.case.authorities["name"], strict=True))
        return str(names[self.authority])

    @property
    def where(self) -> str:
        """Name of the crossing, or words for all that the authority holds."""
        if self.crossing is None:
            return "all crossings they hold"
        return str(self.case.crossing(self.crossing)["name"]).split("/")[0]

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        from .. import _version

        return {
            "tradeimpact": _version.__version__, "case": self.case.name, "data": dict(self.case.hashes),
            "scenario": self.scenario.to_yaml(), "authority": self.authority, "crossing": self.crossing or "(all held)",
            "on": str(self.on), "draws": self.draws, "seed": self.seed, "bound": self.bound,
        }  # fmt: skip

    def _credit(self) -> dict[str, Any]:
        from ..plots import credit, grades

        case = self.case
        return {"source": credit(case), "grade": grades(case), "note": NOTE, "synthetic": case.synthetic}

    def _only_some(self) -> str:
        if self.held > 1 - RARE:
            return ""
        return f" They hold it open in {percent(self.held)} of the draws, which alone count."


MONEY = (
    "take_at_best", "take_at_usual", "traders_bear_at_best", "traders_bear_at_usual", "government_change_at_best",
    "holder_take", "government_take", "traders_lose",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LevyCurve(Choice):
    """A holder's take by its levy.

    Attributes
    ----------
    table : DataFrame
        One row per receipt ("one receipt", "every post") and levy (share of value): mean, median, low, high, mc_error
        of the holder's take per day; medians of government_take, of traders_bear (more than without a levy and with
        one receipt, per day) and of trade (at the holder's crossings, over its baseline).
    best : DataFrame
        Index (receipt, line): mean, median, low, high, mc_error of best_levy and usual_levy (shares of value; also per
        truck), the takes at both and their ratio, trade at the holder's crossings over its baseline, what traders and
        their customers bear more than without a levy and with one receipt, what the best levy changes for the
        government.
    at_bound : dict
        Receipt to the share of draws whose best levy is the largest one considered: the true one lies beyond.
    """

    table: pd.DataFrame
    best: pd.DataFrame
    at_bound: dict[str, float]

    @property
    def text(self) -> str:
        """The sentences a briefer would say."""
        best: Any = self.best
        one, every = best.loc["one receipt"], best.loc["every post"]
        levy, usual, share = one.loc["best_levy"], one.loc["usual_levy"], one.loc["usual_over_best_take"]
        words = (
            f"On {self.on} {self.who} would take most at {self.where} with a levy of {_share(levy)} of value, "
            f"{self._money(one.loc['best_levy_per_truck'])} a truck; they charge {_share(usual)}, "
            f"{self._money(one.loc['usual_levy_per_truck'])}, and so take {_share(share)} of the most they could."
        )
        if self.at_bound["one receipt"] > RARE:
            words += (
                f" In {percent(self.at_bound['one receipt'])} of the draws the best levy is the largest considered "
                f"({percent(self.bound)}) or lies beyond it."
            )
        paid, take = (float(one.loc[f"{x}_at_best", "median"]) for x in ("traders_bear", "take"))
        words += (
            f" At the best levy traders and their customers bear {amount(paid, currency=self.currency)} a day for "
            f"{amount(take, currency=self.currency)} that the holder takes; at today's levy they bear "
            f"{self._money(one.loc['traders_bear_at_usual'])} for {self._money(one.loc['take_at_usual'])}. If every "
            f"post were paid instead of one receipt, they would bear {self._money(every.loc['traders_bear_at_usual'])} "
            f"at today's levy, and the best levy would be {_share(every.loc['best_levy'])}."
        )
        return words + self._only_some()

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """The take by the levy with its 90 % band, the best levy and the usual one marked."""
        from ..figures import levies as figure
        from ..figures.save import save as save_figure

        words: dict[str, Any] = {"currency": self.currency}
        best: Any = self.best
        levy, usual = (best.loc[("one receipt", line)] for line in ("best_levy", "usual_levy"))
        finding = f"{self.who} at {self.where}: most at a levy of {_titled(levy)}; charged {_titled(usual)}"
        drawn: Axes = figure.levy_curve(self.table, self.best, title=title or finding, ax=ax, **words, **self._credit())
        if save is not None:
            alt = figure.alt_levy_curve(self.table, self.best, **words)
            save_figure(drawn, save, table=self.table, alt=alt, manifest=self.manifest())
        return drawn

    def _money(self, row: pd.Series[Any]) -> str:
        return estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=self.currency)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return _page(self.text, self.best, self.currency)


@dataclass(frozen=True, kw_only=True)
class LevyEquilibrium(Choice):
    """The pair from which neither side moves.

    Attributes
    ----------
    table : DataFrame
        Index (stage, line); stages "now", "levy chosen, government still", "neither moves"; lines levy (share of
        value) and levy_per_truck, rate (multiple of the collected rate), inland (probability of an inland charge),
        holder_take, government_take and traders_lose (per day; the last against the baseline), trade (at the holder's
        crossings, over its baseline); columns mean, median, low, high, mc_error.
    settled : float
        Share of the draws in which all starts came to rest at one point; the others are left out of "neither moves".
    starts : int
    rate_bound : float
    """

    table: pd.DataFrame
    settled: float
    starts: int
    rate_bound: float

    @property
    def text(self) -> str:
        """The sentences a briefer would say."""
        table: Any = self.table
        rest, now = table.loc["neither moves"], table.loc["now"]
        if self.settled == 0:
            return (
                f"No pair of levy and reply was found: from {self.starts} random starts no draw came to rest at one "
                "point."
            )
        words = (
            f"On {self.on}, from {self.starts} random starts, {percent(self.settled)} of the draws come to rest at one "
            f"pair. There {self.who} charge {_share(rest.loc['levy'])} of value at {self.where} (now "
            f"{_share(now.loc['levy'])}), the government keeps {_share(rest.loc['rate'])} of its rate and charges "
            f"{_share(rest.loc['inland'])} of the goods from crossings they hold again inland (now "
            f"{_share(now.loc['inland'])})."
        )
        if self.settled < 1 - RARE:
            words += f" For {percent(1 - self.settled)} of the draws no such pair was found."
        for line, label in (("holder_take", "the holder takes"), ("government_take", "the government takes")):
            words += f" A day {label} {self._money(rest.loc[line])}, now {self._money(now.loc[line])}."
        return words + self._only_some()

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Takes and traders' loss per day now, when only the holder chooses, and where neither moves."""
        from ..figures import levies as figure
        from ..figures.save import save as save_figure

        table: Any = self.table
        rest = table.loc["neither moves"]
        finding = (
            f"Where neither moves: levy {_titled(rest.loc['levy'])}, government at {_titled(rest.loc['rate'])} of its "
            f"rate, {_titled(rest.loc['inland'])} charged inland"
        )
        drawn: Axes = figure.stages(self.table, title=title or finding, ax=ax, currency=self.currency, **self._credit())
        if save is not None:
            alt = figure.alt_stages(self.table, currency=self.currency)
            save_figure(drawn, save, table=self.table.reset_index(), alt=alt, manifest=self.manifest())
        return drawn

    def _money(self, row: pd.Series[Any]) -> str:
        return estimate(float(row["median"]), float(row["low"]), float(row["high"]), currency=self.currency)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return _page(self.text, self.table, self.currency)


def _share(row: pd.Series[Any]) -> str:
    """A share in per cent with its interval, one decimal where it is small."""
    middle, low, high = (100 * float(row[name]) for name in ("median", "low", "high"))
    decimals = 1 if abs(middle) < 10 else 0
    words = f"{fixed(middle, decimals)} %"
    return words if low == high else f"{words} ({fixed(low, decimals)} to {fixed(high, decimals)})"


def _titled(row: pd.Series[Any]) -> str:
    """The same for a title, which stands alone and says what its interval is."""
    return _share(row).replace("(", "(90 %: ")


def _page(text: str, table: pd.DataFrame, currency: str) -> str:
    """Words and a table with money in millions, levies per truck in thousands, shares and multiples as they are."""
    shown = table.astype(object)
    for row, line in enumerate(table.index.get_level_values("line")):
        size, decimals = (1e3, 0) if line.endswith("_per_truck") else (1e6, 1) if line in MONEY else (1.0, 3)
        shown.iloc[row] = [fixed(value / size, decimals) for value in table.iloc[row]]
    unit = (
        f"Levies per truck in thousands of {currency}; what is taken, borne, lost or changed in millions a day; "
        "all else as shares of value or of the baseline, or as multiples"
    )
    body = shown.to_html(border=0, escape=True)
    return f"<div><p>{escape(text)}</p>{body}<p><small>{escape(unit)}</small></p></div>"
