"""Sentences on an effect: size and interval, what it rests on, what stayed, and how often the method cries wolf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...figures.text import MINUS, estimate, label_of, percent

if TYPE_CHECKING:
    from .results import Effect


def called(name: str) -> str:
    """Name of a series for a reader: an identifier such as "synthetic_1" is spelt out."""
    return label_of(name) if "_" in name else name


def finding(effect: Effect, unit: str = "") -> str:
    """The finding in one line, for a title; `unit` is what the outcome is measured in."""
    x = effect.panel
    if not effect.periods:
        return f"{called(x.name)}: no effect measured"
    row = effect.summary.loc["mean"]
    since = x.grid.label(x.first)
    size = number(row, unit)
    if not effect.found:
        return f"{called(x.name)} from {since}: {size} per period, not to be told from nothing"
    share = effect.summary["estimate"].loc["share"]
    told = f", {signed_percent(share)}" if np.isfinite(share) else ""
    return f"{called(x.name)} from {since}: {size} per period{told}"


def number(row: object, unit: str = "") -> str:
    """Estimate and 90 % interval of a row, rounded to what the interval supports."""
    middle, low, high = (float(row[c]) for c in ("estimate", "low", "high"))  # type: ignore[index]
    return estimate(middle, low, high, currency=unit).replace("  ", " ")


def signed_percent(share: float) -> str:
    """A share as whole per cent with its sign: "-36 %", "+5 %"."""
    text = percent(share)
    return text if text.startswith((MINUS, "0")) else f"+{text}"


def placebo_note(effect: Effect) -> str:
    """How often the method finds something at placebos, in one line for a footer."""
    rates = effect.placebos.rates()
    parts = [
        f"{found} of {tried} placebo {kind}s"
        for kind, found, tried in zip(rates.index, rates["found"], rates["tried"], strict=True)
    ]
    return f"Finds an effect at {' and '.join(parts)}; one in ten would be honest." if parts else ""


def sentences(effect: Effect) -> str:
    """Everything a briefer would say, in the order in which it matters."""
    x = effect.panel
    if x.first >= len(x.y):
        return f"{x.name}: {effect.method} fitted to the whole series; without a start no effect is measured."
    told = [*_size(effect), *_phases(effect), *_basis(effect)]
    p = effect.p_value("unit")
    if np.isfinite(p):
        units = int((effect.placebos.table["kind"] == "unit").sum())
        told.append(
            f"Among {units} units that the event did not touch, taken in its place, it stands out with p = {p:.2f} "
            f"(the least possible is {1 / (units + 1):.2f})."
        )
    told.append(effect.placebos.text)
    return " ".join(told)


def _size(effect: Effect) -> list[str]:
    x = effect.panel
    after = len(x.y) - x.first
    missing = after - effect.periods
    gap = f" ({missing} of {after} periods left out: unreported)" if missing else ""
    since = x.grid.label(x.first)
    if not effect.periods:
        return [f"{x.name}: no period from {since} on can be compared; no effect is measured."]
    mean, share = effect.summary.loc["mean"], effect.summary["estimate"].loc["share"]
    told = f", {signed_percent(share)} of what would have been" if np.isfinite(share) else ""
    first = (
        f"{x.name}, from {since} over {_counted(effect.periods)}{gap}: on average {number(mean)} per period "
        f"against the {effect.method} counterfactual{told}."
    )
    if effect.found:
        return [first]
    return [first, "The interval holds zero: the series do not show an effect, nor that there is none."]


def _phases(effect: Effect) -> list[str]:
    told = []
    table = effect.phases()
    shut = int(table["shut"].drop("before").sum())
    if shut:
        told.append(f"In {_counted(shut)} it was shut (reported as 0).")
    if effect.panel.last is not None:
        stayed = effect.persistence()
        if np.isfinite(stayed.share):
            ends = f"{percent(stayed.low)} to {percent(stayed.high)}"
            told.append(f"After the end {percent(stayed.share)} of the effect stayed (90 %: {ends}).")
        else:
            told.append("How much stayed after the end cannot be said: there is too little effect or data during it.")
    back = effect.recovery()
    if np.isfinite(back.periods):
        told.append(
            f"It was back within a tenth of its counterfactual {_counted(int(back.periods))} after {back.since}."
        )
    elif effect.found:
        told.append("It was not back within a tenth of its counterfactual in the data.")
    return told


def _counted(periods: int) -> str:
    return "1 period" if periods == 1 else f"{periods} periods"


def _basis(effect: Effect) -> list[str]:
    told = []
    facts = effect.facts
    donors = effect.donors
    if donors is not None and "rmspe_before" in facts:
        held = donors[donors["weight"] > 0.005]
        parts = ", ".join(f"{unit} {row['weight']:.2f}" for unit, row in held.head(5).iterrows())
        told.append(f"Weights: {parts}.")
    if "gap_trend" in facts and (facts["gap_trend_low"] > 0 or facts["gap_trend_high"] < 0):
        trend = {"estimate": facts["gap_trend"], "low": facts["gap_trend_low"], "high": facts["gap_trend_high"]}
        told.append(
            f"The gap to the others already moved by {number(trend)} per period before the start: parallel courses "
            "cannot be supposed, and part of the effect is that trend."
        )
    if donors is not None:
        flagged = donors[donors["rerouted"] & (donors["weight"] > 0)]
        if len(flagged):
            listed = ", ".join(str(unit) for unit in flagged.index)
            told.append(f"Among the donors {listed} may have received rerouted trade: the effect comes out too large.")
    return told
