"""Tornado: each assumption at its 5 and its 95 % value while all others stay as drawn, and what then comes out.

For assumption a and its value v, median(outcome | a = v, the others as drawn) - median(outcome as drawn). All runs
share their draws, so that a difference is the assumption's and not chance's. Correlated companions of an assumption
stay as drawn too: a bar is the direct effect of its assumption alone. Structural alternatives take each option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import BLOCK, blocks
from ..engine.sampling import FIVE_PER_CENT, REPLICATES, Marginal, Sampler, seed_of
from ..errors import TradeImpactError, did_you_mean
from ..figures.text import amount, count_word, estimate, fixed, label_of, two_digits
from ..inputs import Inputs
from ..kernel import history
from ..scenario import AsReported, Scenario
from ..statistics import HIGH, LOW, quantiles
from ..tables import records
from .points import (
    ELASTICITIES,
    check_outcome,
    correlations_of,
    evaluate,
    evidence_of,
    is_drawn,
    outcome_of,
    prepared,
    reads,
    words_for,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

DRAWS = 512
SHOWN = 12
NOTE = (
    "Each bar: median of the outcome with one assumption at its 5 % and at its 95 % value, all others as drawn. "
    "Bars do not add up."
)


@dataclass(frozen=True)
class Tornado:
    """How far each assumption moves one outcome.

    Attributes
    ----------
    table : DataFrame
        One row per assumption or figure that is drawn, the largest swing first: name, label, kind (assumption,
        figure), unit, low, best, high (the values it takes; standard scores where it is a position inside ranges),
        grade, source, set_low, set_high (what is set, in words; an option where there are structural alternatives),
        at_low, at_high (median outcome), change_low, change_high (against all drawn), swing (distance of the two),
        mc_error (of the swing), always (an elasticity, shown whatever its rank).
    text : str
        What a briefer would say.
    median, low, high : float
        The outcome with everything drawn.
    """

    case: Case
    table: pd.DataFrame
    outcome: str
    median: float
    low: float
    high: float
    window: tuple[date, date]
    scenario: str
    draws: int
    seed: int

    @property
    def text(self) -> str:
        """The three largest bars, the elasticities, and how much of it rests on judgement."""
        currency = self.case.currency.upper()
        rows = records(self.table)
        what = label_of(self.outcome)
        lines = [
            f"{what}, {self.window[0]} to {self.window[1]}: "
            f"{estimate(self.median, self.low, self.high, currency=currency)} with everything drawn."
        ]
        if not rows or rows[0]["swing"] == 0:
            return "\n".join([*lines, "No assumption moves it."])
        for row in rows[:3]:
            least, most = sorted((float(row["at_low"]), float(row["at_high"])))
            lines.append(
                f"{row['label']} moves it from {amount(least, row['swing'] / 2, currency=currency)} to "
                f"{amount(most, row['swing'] / 2, currency=currency)} (grade {row['grade']})."
            )
        places = {row["name"]: (n, row) for n, row in enumerate(rows, start=1)}
        told = [
            f"{name} {amount(places[name][1]['swing'], currency=currency)} (rank {places[name][0]})"
            for name in ELASTICITIES
            if name in places
        ]
        if told:
            lines.append(f"The elasticities move it by: {', '.join(told)}.")
        top = rows[:5]
        judged = sum(row["grade"] == "E" for row in top)
        of = f"{count_word(judged).capitalize()} of the {count_word(len(top))} longest bars"
        lines.append(f"{of} rest{'s' if judged == 1 else ''} on judgement (grade E). Bars do not add up.")
        return "\n".join(lines)

    def shown(self, most: int = SHOWN) -> pd.DataFrame:
        """The `most` longest bars and every elasticity: the table the figure pictures."""
        rank = np.arange(len(self.table))
        kept: pd.DataFrame = self.table[(rank < most) | self.table["always"].to_numpy()]
        return kept.reset_index(drop=True)

    def plot(
        self, *, most: int = SHOWN, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None
    ) -> Axes:
        """Bars of the `most` largest swings and of the elasticities, with values and evidence grade at each."""
        from ..figures import sensitivity as figure
        from ..figures.save import save as save_figure
        from ..plots import credit

        table = self.shown(most)
        what = label_of(self.outcome)
        currency = self.case.currency.upper()
        first = records(table)[0]
        finding = f"{first['label']} moves the {what.lower()} most, by {amount(first['swing'], currency=currency)}"
        common: dict[str, Any] = {"middle": self.median, "outcome": what, "currency": currency}
        drawn = figure.tornado(
            table, title=title or finding, source=credit(self.case), note=NOTE, synthetic=self.case.synthetic, ax=ax,
            **common,
        )  # fmt: skip
        if save is not None:
            save_figure(drawn, save, table=table, alt=figure.alt_tornado(table, **common), manifest=self.manifest())
        return drawn

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        from .. import _version

        return {
            "tradeimpact": _version.__version__, "case": self.case.name, "data": dict(self.case.hashes),
            "scenario": self.scenario, "start": str(self.window[0]), "end": str(self.window[1]),
            "outcome": self.outcome, "draws": self.draws, "seed": self.seed,
        }  # fmt: skip

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return "<div>" + "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n")) + "</div>"


@dataclass(frozen=True)
class Pin:
    """One thing to pin: what to say about it, and what its draws or its marginal become at each value."""

    row: dict[str, Any]
    words: tuple[str, ...]  # of each value
    values: tuple[float | None, ...]  # of its draws; None leaves them to the marginal
    marginals: tuple[Marginal | None, ...]


def tornado(
    case: Case,
    scenario: Scenario | AsReported | None,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    outcome: str = "government_loss",
    names: Sequence[str] | None = None,
    as_of: str | date | datetime | None = None,
    draws: int = DRAWS,
    rng: int | np.random.Generator | None = None,
) -> Tornado:
    """Median change of an outcome with each assumption at its 5 and its 95 % value, all others as drawn.

    Every assumption and every figure with a range takes part; theta, phi and epsilon are always shown. Pinning one
    elasticity redraws the others in the draws in which it would break their ordering.

    Parameters
    ----------
    case, scenario, start, end, as_of
        As in `simulate`.
    outcome : str
        government_loss, government_revenue, insurgent_gain, baseline or a component of the bridge, over the window in
        the case's currency.
    names : sequence of str, optional
        What to set; without it everything that is drawn.
    draws : int
        Of every run, all with the same seed.
    rng : int, Generator or None

    Returns
    -------
    Tornado

    Raises
    ------
    TradeImpactError
        If the outcome or a name is unknown, or the window, scenario and case do not fit one another.
    """
    check_outcome(outcome)
    wanted = list(blocks(draws))
    x = prepared(case, scenario, start, end, as_of)
    seed = seed_of(rng)
    pins = _pins(x)
    if names is not None:
        known = [str(pin.row["name"]) for pin in pins]
        for name in names:
            if name not in known:
                raise TradeImpactError(f"{name!r} is not drawn. {did_you_mean(name, known)}".strip())
        pins = [pin for pin in pins if pin.row["name"] in names]
    base, found = _runs(x, pins, outcome, wanted, seed)
    middle, low, high = (float(v) for v in quantiles(base, (0.5, LOW, HIGH)))
    rows = [pin.row | _bar(pin.words, ends, base) for pin, ends in zip(pins, found, strict=True)]
    table = pd.DataFrame(rows).sort_values("swing", ascending=False, kind="stable", ignore_index=True)
    window = x.window_days[0].date(), x.window_days[-1].date()
    return Tornado(x.case, table, outcome, middle, low, high, window, x.scenario.to_yaml(), draws, seed)


def _runs(
    x: Inputs, pins: list[Pin], outcome: str, wanted: list[tuple[int, int]], seed: int
) -> tuple[Array, list[list[Array]]]:
    """Outcome as drawn, (draws,), and with each pin at each of its values."""
    sampler = Sampler(x.marginals, x.scores, correlations_of(x), seed)
    base: list[Array] = []
    found: list[list[list[Array]]] = [[[] for _ in pin.values] for pin in pins]
    heard, of_history = reads(x, sampler.block(0), seed, outcome)
    for number, count in wanted:
        values = sampler.block(number)
        d = evaluate(x, values, seed, number)
        paths = history(x, d)
        base.append(outcome_of(x, d, paths, outcome)[:count])
        for pin, ends in zip(pins, found, strict=True):
            name = str(pin.row["name"])
            for value, marginal, end in zip(pin.values, pin.marginals, ends, strict=True):
                if name not in heard:
                    end.append(base[-1])
                    continue
                pinned, own = _pinned(x, sampler, values, name, value, marginal, number)
                changed = evaluate(pinned, own, seed, number)
                # a value the history does not rest on leaves it as it is
                past = history(pinned, changed) if name in of_history else paths
                end.append(outcome_of(pinned, changed, past, outcome)[:count])
    return np.concatenate(base), [[np.concatenate(end) for end in ends] for ends in found]


def _pinned(
    x: Inputs, sampler: Sampler, values: Mapping[str, Array], name: str, value: float | None, marginal: Marginal | None,
    number: int,
) -> tuple[Inputs, Mapping[str, Array]]:  # fmt: skip
    """Inputs and values of a block with one thing pinned."""
    if marginal is not None:
        x = replace(x, marginals=tuple(marginal if m.name == name else m for m in x.marginals))
    if value is not None:
        return x, {**values, name: np.full(BLOCK, value)}
    return x, Sampler(x.marginals, x.scores, correlations_of(x), sampler.seed).block(number)


def _bar(words: tuple[str, ...], ends: list[Array], base: Array) -> dict[str, Any]:
    """Median outcome at the ends, changes against all drawn, their distance and its Monte Carlo error."""
    medians = [float(np.median(end)) for end in ends]
    middle = float(np.median(base))
    first, last = 0, len(ends) - 1
    if len(ends) > 2:  # structural alternatives: the two that lie furthest apart
        first, last = int(np.argmin(medians)), int(np.argmax(medians))
    error = float("nan")
    if len(base) >= 2 * REPLICATES:
        gaps = [np.median(ends[last][k::REPLICATES]) - np.median(ends[first][k::REPLICATES]) for k in range(REPLICATES)]
        error = float(np.std(gaps, ddof=1) / np.sqrt(REPLICATES))
    return {
        "set_low": words[first],
        "set_high": words[last],
        "at_low": medians[first],
        "at_high": medians[last],
        "change_low": medians[first] - middle,
        "change_high": medians[last] - middle,
        "swing": abs(medians[last] - medians[first]),
        "mc_error": error,
    }


def _pins(x: Inputs) -> list[Pin]:
    """What is drawn, assumptions first."""
    case = x.case
    pins: list[Pin] = []
    for m in x.marginals:
        if not is_drawn(m.options, m.distribution):
            continue
        row: dict[str, Any] = {"name": m.name, "label": words_for(m.name, case), "kind": "assumption"}
        record = case.assumption_records.get(m.name)
        row |= {"unit": record.unit} if record else {"kind": "figure", "unit": "trucks a day"}
        row |= evidence_of(m.name, case)
        if len(m.options) > 1:
            ranges = [option[1:] for option in m.options]
            row |= {"low": min(r[0] for r in ranges), "best": float("nan"), "high": max(r[2] for r in ranges)}
            only = [
                replace(m, options=tuple((float(i == k), *o[1:]) for i, o in enumerate(m.options)))
                for k in range(len(m.options))
            ]
            labels = tuple(o.label for o in record.alternatives) if record else ("",) * len(only)
            pins.append(Pin(_ordered(row), labels, (None,) * len(only), tuple(only)))
            continue
        _, low, best, high = m.options[0]
        row |= {"low": low, "best": best, "high": high}
        fixed = [replace(m, options=((1.0, v, v, v),), distribution="fixed") for v in (low, high)]
        pins.append(Pin(_ordered(row), (_words(low), _words(high)), (low, high), tuple(fixed)))
    for name in x.scores:
        row = {"name": name, "label": words_for(name, case), "kind": "figure", "unit": "standard score"}
        words = ("5 % point", "95 % point")
        row |= {"low": -FIVE_PER_CENT, "best": 0.0, "high": FIVE_PER_CENT} | evidence_of(name, case)
        if name.startswith("part."):
            place = x.crossings.index(name.removeprefix("part."))
            low, best, high = (float(part[place]) for part in x.parts)
            row |= {"unit": f"{case.currency} a year", "low": low, "best": best, "high": high}
            words = (_words(low), _words(high))
        pins.append(Pin(_ordered(row), words, (-FIVE_PER_CENT, FIVE_PER_CENT), (None, None)))
    return pins


def _words(value: float) -> str:
    """A value in a few characters."""
    if abs(value) >= 1e6:
        return amount(value, currency="")
    return two_digits(value) if abs(value) < 1e3 else fixed(value, 0)


def _ordered(row: dict[str, Any]) -> dict[str, Any]:
    columns = ("name", "label", "kind", "unit", "low", "best", "high", "grade", "source")
    return {c: row[c] for c in columns} | {"always": row["name"] in ELASTICITIES}
