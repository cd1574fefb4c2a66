"""Value of information: what knowing one assumption would be worth, from the draws at hand, in money.

For outcome Y and assumption X, by the law of total variance,

    share(X) = Var(E[Y | X]) / Var(Y)        worth(X) = sd(Y) - sd(Y) sqrt(1 - share)

and for a choice between actions with payoffs B[a], the expected value of knowing X before choosing is

    EVPPI(X) = E[max_a E[B[a] | X]] - max_a E[B[a]]

E[. | X] is a regression on the first four Hermite polynomials of the normal score of X (on its levels where it has a
few), the regression estimator of Strong, Oakley and Brennan 2014 (Medical Decision Making 34:311). Chance alone
explains something: its mean over permutations of X is taken off. Draws that carry weights count by them. Errors are
those of a jackknife over the independent scrambles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..engine.sampling import FIVE_PER_CENT, REPLICATES
from ..errors import TradeImpactError, did_you_mean
from ..figures.text import amount, count_word, label_of, percent
from ..results import Results
from ..statistics import HIGH, LOW, mean, quantiles
from ..tables import records
from .points import check_outcome, evidence_of, words_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

TERMS = 4  # polynomials of the normal score
LEVELS = 5  # at most so many values make levels of their own
PERMUTATIONS = 20
FEWEST = 20 * REPLICATES
FIXED = 1e-9  # a spread below this share of the mean is rounding
SHOWN = 12
COLUMNS = (
    "name", "label", "grade", "share", "sd", "sd_known", "worth", "worth_error", "width", "width_known", "null", "real",
)  # fmt: skip
DECISION = ("evppi", "evppi_error")
SCORES = ("level_growth", "level_row", "level_value")  # baseline_level says what they make together
NOTE = (
    "Value of knowing one input exactly and nothing else: what the standard deviation would fall by on average. Values "
    "do not add up; what is correlated tells of its companions."
)


@dataclass(frozen=True)
class Information:
    """What each input is worth knowing.

    Attributes
    ----------
    table : DataFrame
        One row per input, the most valuable first: name, label, grade, share (of the variance), sd, sd_known, worth
        (their difference, currency), worth_error (Monte Carlo), width, width_known (of the 90 % interval, currency),
        null (worth that permuted draws reach by chance in one case of twenty), real (worth beyond that and beyond its
        own 90 % error), evppi, evppi_error (currency, where a
        decision is named).
    text : str
        What a briefer would say.
    best_action, expected_payoff : str or None, float
        What to choose as things are known now, and its expected payoff.
    """

    result: Results
    table: pd.DataFrame
    outcome: str
    best_action: str | None
    expected_payoff: float

    @property
    def text(self) -> str:
        """The most valuable inputs in money, how many are worth nothing, and what the decision would gain."""
        rows = records(self.table)
        currency = self.result.currency.upper()
        what = label_of(self.outcome)
        if not rows:
            return f"{what}: nothing is drawn, so there is nothing to learn."
        start, end = self.result.window
        sd, width = (amount(rows[0][column], currency=currency) for column in ("sd", "width"))
        lines = [f"{what}, {start} to {end}: standard deviation {sd}, 90 % interval {width} wide."]
        real = [row for row in rows if row["real"]]
        for row in real[:3]:
            worth = amount(row["worth"], row["worth_error"], currency=currency)
            lines.append(
                f"Knowing {_lower(row['label'])} would take {worth} off the standard deviation "
                f"({percent(row['share'])} of the variance) and bring the interval to "
                f"{amount(row['width_known'], currency=currency)}."
            )
        groups = {m.name: m.group for m in self.result.inputs.marginals if m.group}
        shared = {groups[row["name"]] for row in real[:3] if row["name"] in groups}
        if shared:
            lines.append(
                "What is correlated tells of its companions, so these values overlap: Sobol indices by group keep them "
                "apart."
            )
        idle = len(rows) - len(real)
        if idle:
            lines.append(
                f"{count_word(idle).capitalize()} of {len(rows)} inputs are worth no more than chance would make them."
            )
        if self.best_action is not None:
            payoff = amount(self.expected_payoff, currency=currency)
            lines.append(f"As things are known, {self.best_action!r} is the best choice (expected {payoff}).")
            first = max(rows, key=lambda row: float(row["evppi"]))
            if first["evppi"] > 2 * first["evppi_error"]:
                worth = amount(first["evppi"], first["evppi_error"], currency=currency)
                lines.append(
                    f"For that choice the most useful thing to know is {_lower(first['label'])}, worth {worth}."
                )
            else:
                lines.append("No single input, if known, would change that choice often enough to be worth anything.")
        return "\n".join(lines)

    def shown(self, most: int = SHOWN) -> pd.DataFrame:
        """The `most` valuable inputs: the table the figure pictures."""
        return self.table.head(most)

    def plot(
        self, *, most: int = SHOWN, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None
    ) -> Axes:
        """Bars in money of what knowing each input would take off the standard deviation, with errors."""
        from ..figures import sensitivity as figure
        from ..figures.save import save as save_figure
        from ..plots import credit

        case = self.result.case
        table = self.shown(most)
        if table.empty:
            raise TradeImpactError("nothing is drawn, so there is nothing to draw either")
        currency = self.result.currency.upper()
        first = records(table)[0]
        worth = amount(first["worth"], first["worth_error"], currency=currency)
        finding = f"{first['label']}: knowing it would take {worth} off the uncertainty"
        common: dict[str, Any] = {"outcome": label_of(self.outcome), "currency": currency}
        drawn: Axes = figure.information(
            table, title=title or finding, source=credit(case), note=NOTE, synthetic=case.synthetic, ax=ax, **common
        )
        if save is not None:
            manifest = self.result.manifest() | {"outcome": self.outcome}
            save_figure(drawn, save, table=table, alt=figure.alt_information(table, **common), manifest=manifest)
        return drawn

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return "<div>" + "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n")) + "</div>"


def value_of_information(
    result: Results,
    outcome: str = "government_loss",
    *,
    decision: Mapping[str, ArrayLike] | None = None,
    names: Sequence[str] | None = None,
) -> Information:
    """What knowing one assumption would take off the spread of an outcome, and off the cost of a decision, in money.

    Parameters
    ----------
    result : Results
        At least 160 draws; weights are honoured.
    outcome : str
        Line of `Results.draws` in money.
    decision : mapping of action to payoff, optional
        Payoff of each action in each draw, in currency, for instance made from ``result.draws()``: ``{"wait": -cost *
        (bill - revenue).clip(lower=0), "borrow": ...}``. Then the expected value of knowing one input before choosing
        is given too.
    names : sequence of str, optional
        Columns of ``result.drawn()``; without it every one that varies.

    Returns
    -------
    Information

    Raises
    ------
    TradeImpactError
        If the outcome or a name is unknown, there are too few draws, or a payoff does not fit them.
    """
    table = result.draws()
    check_outcome(outcome, tuple(c for c in table.columns if c != "transfer_ratio"))
    if result.count < FEWEST:
        raise TradeImpactError(f"{result.count} draws are too few to see what an input explains; take {FEWEST} or more")
    y = table[outcome].to_numpy(float)
    w = np.full(result.count, 1.0 / result.count) if result.weights is None else result.weights / result.weights.sum()
    payoffs, best, expected = _decision(decision, result.count, w)
    drawn = _inputs(result, names)
    rows: list[dict[str, Any]] = []
    for name in drawn.columns:
        about: dict[str, Any] = {"name": name, "label": words_for(name, result.case)}
        about["grade"] = evidence_of(name, result.case)["grade"]
        rows.append(about | worth_of(drawn[name].to_numpy(float), y, w, payoffs))
        rows[-1]["real"] = rows[-1]["worth"] > max(rows[-1]["null"], FIVE_PER_CENT * rows[-1]["worth_error"])
    columns = [*COLUMNS, *(DECISION if decision is not None else ())]
    found = pd.DataFrame(rows, columns=columns).sort_values("worth", ascending=False, kind="stable", ignore_index=True)
    return Information(result, found, outcome, best, expected)


def worth_of(x: Array, y: Array, w: Array, payoffs: Array | None = None) -> dict[str, float]:
    """Share, worth in the unit of y, widths, errors and value for a decision of knowing `x`, (draws,) each.

    `w` are weights of the draws, `payoffs` (actions, draws). Draw i belongs to scramble i modulo their number.
    """
    targets = y[None] if payoffs is None else np.concatenate([y[None], payoffs])
    sd = float(np.sqrt(_variance(y, w)))
    basis = basis_of(x, w)
    share, evppi, fitted = _explained(basis, targets, w)
    rng = np.random.default_rng(0)  # of permutations only: the same draws give the same answer
    chance = np.array([_explained(rng.permutation(basis), targets, w)[:2] for _ in range(PERMUTATIONS)])
    share, evppi, level = _beyond(share, chance[:, 0]), max(evppi - chance[:, 1].mean(), 0.0), chance[:, 0]
    parts = []
    for k in range(REPLICATES):
        keep = np.arange(len(x)) % REPLICATES != k
        some, gain, _ = _explained(basis_of(x[keep], w[keep]), targets[:, keep], w[keep])
        parts.append((sd - sd * np.sqrt(1 - _beyond(some, level)), gain))
    spread = np.array(parts) - np.mean(parts, axis=0)
    errors = np.sqrt((REPLICATES - 1) / REPLICATES * (spread**2).sum(axis=0))
    known = sd * np.sqrt(1 - share)
    width, left = (_width(v, w) for v in (y, y - fitted))
    null = _beyond(float(np.quantile(level, HIGH)), level)
    found = {
        "share": share, "sd": sd, "sd_known": known, "worth": sd - known, "worth_error": float(errors[0]),
        "width": width, "width_known": min(left, width) if share > 0 else width, "null": sd - sd * np.sqrt(1 - null),
    }  # fmt: skip
    if payoffs is not None:
        found |= {"evppi": float(evppi), "evppi_error": float(errors[1])}
    return {name: float(value) for name, value in found.items()}


def _explained(basis: Array, targets: Array, w: Array) -> tuple[float, float, Array]:
    """Share of the variance of the first target that x explains, gain of the best action given x, fit of the first."""
    weighed = (basis * (w / w.sum())[:, None]).T
    solution, *_ = np.linalg.lstsq(weighed @ basis, weighed @ targets.T, rcond=None)
    fitted = (basis @ solution).T
    total = _variance(targets[0], w)
    share = _variance(fitted[0], w) / total if total > 0 else 0.0
    gain = 0.0
    if len(targets) > 1:
        p = w / w.sum()
        gain = float(p @ fitted[1:].max(axis=0) - (fitted[1:] @ p).max())
    return float(min(share, 1.0)), gain, fitted[0]


def basis_of(x: Array, w: Array) -> Array:
    """Constant and Hermite polynomials of the normal score of x, or its levels where it has a few, (draws, terms)."""
    from scipy.special import ndtri

    values, place = np.unique(x, return_inverse=True)
    if len(values) <= LEVELS:
        return np.eye(len(values))[place]
    mass = np.bincount(place, weights=w / w.sum())
    middle = np.cumsum(mass) - mass / 2  # share of the weight below, ties in the middle
    z = ndtri(np.clip(middle, 1e-6, 1 - 1e-6))[place]
    return np.polynomial.hermite_e.hermevander(z, TERMS) / np.sqrt([1, 1, 2, 6, 24])


def _beyond(share: float, chance: Array) -> float:
    """Share explained beyond what permuted draws explain on average, between 0 and 1."""
    null = float(chance.mean())
    return float(np.clip((share - null) / (1 - null), 0.0, 1.0)) if null < 1 else 0.0


def _variance(v: Array, w: Array) -> float:
    p = w / w.sum()
    return float(p @ (v - p @ v) ** 2)


def _width(v: Array, w: Array) -> float:
    low, high = quantiles(v, (LOW, HIGH), w / w.sum())
    return float(high - low)


def _decision(decision: Mapping[str, ArrayLike] | None, count: int, w: Array) -> tuple[Array | None, str | None, float]:
    """Payoffs (actions, draws), the action that is best on average, and what it brings."""
    if decision is None:
        return None, None, float("nan")
    if len(decision) < 2:
        raise TradeImpactError("a decision needs at least two actions; with one there is nothing to choose")
    rows = {str(name): np.asarray(payoff, dtype=float) for name, payoff in decision.items()}
    for name, row in rows.items():
        if row.shape not in ((), (count,)) or not np.isfinite(row).all():
            raise TradeImpactError(
                f"payoff of {name!r}: expected {count} finite amounts, one per draw, or a single one"
            )
    payoffs = np.stack([np.broadcast_to(row, (count,)) for row in rows.values()])
    expected = np.asarray(mean(payoffs, w))
    return payoffs, list(rows)[int(expected.argmax())], float(expected.max())


def _inputs(result: Results, names: Sequence[str] | None) -> pd.DataFrame:
    """What is drawn and varies, one column per name."""
    drawn = result.drawn()
    if names is not None:
        for name in names:
            if name not in drawn.columns:
                raise TradeImpactError(f"{name!r} is not drawn. {did_you_mean(name, drawn.columns)}".strip())
        return drawn[list(names)]
    spread, level = drawn.std(ddof=0), drawn.mean().abs()
    return drawn.loc[:, (spread > FIXED * level) & ~drawn.columns.isin(SCORES)]


def _lower(label: str) -> str:
    """Label inside a sentence."""
    return label[:1].lower() + label[1:]
