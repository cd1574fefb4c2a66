"""Which crossing and which driver mattered: Shapley values in the government's loss and the insurgents' gain.

A crossing's worth depends on who else has fallen, because trade finds other posts. Shapley's answer is the mean of what
a player adds over all orders in which the players could have come; the shares add up to the whole in every draw
(MODEL section 8). Beside it stand what each is worth alone, what leaving it out of all takes away, and what each added
in the order in which things happened. `analysis.coalitions` says what belongs to whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError, TradeImpactError
from ..results import Results
from ..statistics import HIGH, LOW, describe, mean, quantiles
from .attribution_text import sentences
from .coalitions import DRIVERS, games
from .shares import EXACT_PLAYERS, ORDERS, PAIRS, Shares, solve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

LINES = ("government_loss", "insurgent_gain")
DRIVER_NAMES = {"insecurity": "General insecurity", "threat": "Threat before a fall", "closures": "Closures"}
MOST_DRAWS = 512
FEWEST_DRAWS = 32
FEWEST_EFFECTIVE = 16
TOLERANCE = 1e-9
TOTAL = "total"


@dataclass(frozen=True)
class Attribution:
    """Shares of crossings and drivers in one line of a result.

    Attributes
    ----------
    of : str
        government_loss or insurgent_gain.
    table : DataFrame
        Index `player`, largest mean first, "total" last: name, kind (crossing, driver), occurs (share of draws in which
        it happens), mean, median, low, high (90 %), mc_error (of the median), share (of the total mean), alone,
        leave_one_out, order_of_fall (means), sampling_error (of the mean, where orders were sampled). In the currency
        of the result over its window. Shares add up to the total in every draw, and so does order_of_fall; alone and
        leave_one_out do not.
    profile : DataFrame
        player, name, others, mean, low, high (90 %): what a crossing adds on average over all sets of so many other
        fallen crossings, while every driver acts. Its last row is leave_one_out.
    text : str
        The sentences a briefer would say.
    """

    result: Results
    of: str
    table: pd.DataFrame
    profile: pd.DataFrame
    text: str
    shares: Shares

    @property
    def count(self) -> int:
        """Draws that were attributed: the first ones of the result."""
        return self.shares.draws

    def draws(self) -> pd.DataFrame:
        """Shapley value of each player in each draw (index `draw`), in the result's currency over its window."""
        values = self.shares.shapley[LINES.index(self.of)]
        players = [p for p in self.table.index if p != TOTAL]
        rows = {p: values[self.shares.players.index(p)] for p in players}
        return pd.DataFrame(rows, index=pd.RangeIndex(self.count, name="draw"))

    def other(self) -> Attribution:
        """The same draws for the other ledger, which was attributed along with this one."""
        return _described(self.result, LINES[1 - LINES.index(self.of)], self.shares)

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Shapley values with intervals; beside them alone, left out and in the order of fall."""
        from ..figures import attribution as figure

        return self._drawn(figure.attribution, figure.alt_attribution, self.table, title, save, ax)

    def plot_profile(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Why the columns differ: what the largest crossings add, by how many others have fallen."""
        from ..figures import attribution as figure

        if self.profile["others"].max() < 1 or self.profile.empty:
            raise TradeImpactError("fewer than two crossings fall in this result, so none changes another's worth")
        return self._drawn(figure.profile, figure.alt_profile, self.profile, title, save, ax)

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        s = self.shares
        how = {"of": self.of, "draws": s.draws, "exact_up_to": s.exact_up_to, "permutations": s.permutations}
        return self.result.manifest() | {"attribution": how | {"seed": s.seed}}

    def _drawn(
        self, chart: Any, words: Any, table: pd.DataFrame, title: str | None, save: str | Path | None, ax: Axes | None
    ) -> Axes:
        from ..figures.save import save as save_figure
        from ..plots import MODEL_NOTE, credit, grades

        case = self.result.case
        common: dict[str, Any] = {"of": self.of, "currency": self.result.currency.upper()}
        note = f"{self.count:,} draws. {MODEL_NOTE}"
        drawn: Axes = chart(
            table, title=title, source=credit(case), grade=grades(case), note=note, synthetic=case.synthetic, ax=ax,
            **common,
        )  # fmt: skip
        if save is not None:
            save_figure(drawn, save, table=table, alt=words(table, **common), manifest=self.manifest())
        return drawn

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        from ..figures.text import fixed, millions, percent

        money = ["mean", "median", "low", "high", "mc_error", "alone", "leave_one_out", "order_of_fall"]
        shown = self.table.drop(columns=["sampling_error"]).astype(object)
        shown[money] = self.table[money].map(lambda v: "" if np.isnan(v) else millions(v))
        shown[["occurs", "share"]] = self.table[["occurs", "share"]].map(lambda v: "" if np.isnan(v) else percent(v))
        words = "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n"))
        unit = f"Millions of {self.result.currency.upper()}; {fixed(self.count, 0)} draws"
        body = shown.to_html(escape=True, border=0, index=False)
        return f"<div>{words}{body}<p><small>{escape(unit)}</small></p></div>"


def attribution(
    result: Results,
    *,
    of: str = "government_loss",
    draws: int | None = None,
    exact_up_to: int = EXACT_PLAYERS,
    permutations: int = ORDERS,
    rng: int | np.random.Generator | None = 0,
    threads: int | None = None,
) -> Attribution:
    """How much of a result's loss or gain is due to each crossing that fell and each driver.

    Parameters
    ----------
    result : Results
        From `simulate`, of a scenario or as reported; weights from `update` are honoured.
    of : {"government_loss", "insurgent_gain"}
        Both are worked out together; see `Attribution.other`.
    draws : int, optional
        The first so many draws of the result. Without it 512 at most, and fewer (32 at least) where the players are so
        many that more than 131,072 runs of single draws would be needed.
    exact_up_to : int
        Draws in which at most so many players act (1 to 16) are exact: every coalition is run.
    permutations : int
        Orders in draws with more players, half of them the reverses of the others.
    rng : int, Generator or None
        Seed of these orders.
    threads : int, optional
        Threads; None for one a processor. Changes no number.

    Returns
    -------
    Attribution
        ``.table``, ``.text``, ``.plot()``, ``.plot_profile()``, ``.draws()``, ``.other()``.

    Raises
    ------
    TradeImpactError
        If nothing happens in the result, an argument is out of range, or so few draws carry weight that their spread
        means nothing.
    """
    if of not in LINES:
        raise TradeImpactError(f"attribution(of={of!r}): expected {' or '.join(LINES)}")
    if not 1 <= exact_up_to <= EXACT_PLAYERS:
        raise TradeImpactError(f"attribution(exact_up_to={exact_up_to}): expected 1 to {EXACT_PLAYERS} players")
    if permutations < 4 or permutations % 2:
        raise TradeImpactError(f"attribution(permutations={permutations}): expected an even number of at least 4")
    if draws is not None and not 1 <= draws <= result.count:
        raise TradeImpactError(f"attribution(draws={draws}): the result has {result.count:,} draws")
    most = min(result.count, MOST_DRAWS) if draws is None else draws
    least = most if draws is not None else min(result.count, FEWEST_DRAWS)
    task = result.task
    shares = solve(
        games(result.inputs, task.sampler, most, task.day_weights), (*result.inputs.crossings, *DRIVERS),
        most=most, least=least, pairs=PAIRS, exact_up_to=exact_up_to, permutations=permutations, rng=rng,
        threads=threads,
    )  # fmt: skip
    if not shares.players:
        raise TradeImpactError("nothing falls and no driver acts in this result, so there is nothing to attribute")
    _check(result, shares)
    return _described(result, of, shares)


def _check(result: Results, shares: Shares) -> None:
    """All players together must be the run itself."""
    lines = result.draws()
    scale = np.abs(lines["baseline"].to_numpy()[: shares.draws])
    for row, line in enumerate(LINES):
        gap = np.abs(shares.shapley[row].sum(axis=0) - lines[line].to_numpy()[: shares.draws]) / scale
        if not (gap <= TOLERANCE).all():
            raise ModelError(
                f"the shares in {line} miss it by {np.nanmax(gap):.3g} of the baseline; this is a fault of the "
                "library: please report it with the scenario"
            )


def _described(result: Results, of: str, shares: Shares) -> Attribution:
    """Tables and sentences of one line, weighted as the result is."""
    weights = _weights(result, shares.draws)
    s, row = shares, LINES.index(of)
    values = s.shapley[row]
    each = np.full(s.draws, 1.0 / s.draws) if weights is None else weights
    names = result.case.crossings.set_index("crossing")["name"]
    table = describe({p: values[i] for i, p in enumerate(s.players)} | {TOTAL: values.sum(axis=0)}, weights)
    table.index.name = "player"
    driver = [p in DRIVERS for p in s.players]
    called = [DRIVER_NAMES[p] if d else str(names[p]) for p, d in zip(s.players, driver, strict=True)]
    table.insert(0, "name", [*called, "All together"])
    table.insert(1, "kind", [*np.where(driver, "driver", "crossing").tolist(), TOTAL])
    table.insert(2, "occurs", [*mean(s.plays.astype(float), weights), np.nan])
    table["share"] = table["mean"] / float(values.sum(axis=0) @ each)
    for name, beside in (("alone", s.alone), ("leave_one_out", s.left_out), ("order_of_fall", s.in_order)):
        part = mean(beside[row], weights)
        table[name] = [*part, part.sum()]
    table["sampling_error"] = [*np.sqrt((s.error[row] ** 2) @ each**2), 0.0]
    order = table.drop(index=TOTAL)["mean"].sort_values(ascending=False, kind="stable").index
    table = table.loc[[*order, TOTAL]]
    by_size = (mean(s.by_size[row], weights), *quantiles(s.by_size[row], (LOW, HIGH), weights))
    posts = [p for p in s.players if p not in DRIVERS]
    lines = [
        (p, str(names[p]), k, *(float(numbers[i, k]) for numbers in by_size))
        for i, p in enumerate(posts)
        for k in range(by_size[0].shape[1])
    ]
    profile = pd.DataFrame(lines, columns=["player", "name", "others", "mean", "low", "high"])
    words = sentences(table, of, currency=result.currency.upper(), draws=s.draws, of_draws=result.count, exact=s.exact)
    return Attribution(result, of, table, profile, words, s)


def _weights(result: Results, draws: int) -> Array | None:
    """Weights of the first draws, summing to 1."""
    if result.weights is None:
        return None
    some = result.weights[:draws]
    effective = some.sum() ** 2 / (some**2).sum() if some.any() else 0.0
    if effective < FEWEST_EFFECTIVE:
        raise TradeImpactError(
            f"of the first {draws} draws only {effective:.0f} carry weight; ask for more with draws="
        )
    return np.asarray(some / some.sum())
