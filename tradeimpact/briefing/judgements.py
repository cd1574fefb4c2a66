"""Key judgements: what a reader takes away, each with its estimate or its likelihood word, never both in one clause.

Loss and gain are judged apart. A likelihood is the share of draws, or the inferred probability of control, in which the
statement holds.
"""

from __future__ import annotations

import numpy as np

from ..figures.text import amount, estimate, percent
from ..model.ledger import COMPONENTS
from ..report import LABELS
from ..statistics import HIGH, LOW, quantiles
from .content import Paragraph, Section
from .facts import Facts
from .words import chance, day_words, likelihood, likely_that, listed, scale_table, span_words

PARTS_OF_BASELINE = ((0.1, "a tenth"), (0.25, "a quarter"), (0.5, "half"), (0.75, "three quarters"))
SAID_FROM = 0.45  # crossings less likely lost than this, the band of an even chance, are not listed


def key_judgements(facts: Facts, official: str) -> Section:
    """Judgements on loss, gain, cause, control and place; `official` is a sentence on official figures, or ""."""
    draws = facts.result.draws()
    if (draws[["government_loss", "insurgent_gain"]] == 0).all(axis=None):
        base = _said(facts, "baseline")
        found = [Paragraph(f"Nothing changes: the government collects its baseline of {base}.", ("baseline",))]
    else:
        found = [_loss(facts), _gain(facts), _cause(facts), _place(facts)]
    found += [_control(facts)]
    found += [Paragraph(official)] if official else []
    found.append(_sure(facts))
    return Section(
        key="judgements", title="Key judgements", paragraphs=tuple(found), tables=(scale_table(),), listed=True
    )


def _said(facts: Facts, line: str) -> str:
    return facts.said(line)


def _loss(facts: Facts) -> Paragraph:
    draws = facts.result.draws()
    share = (draws["government_loss"] / draws["baseline"]).to_numpy()
    middle, low, high = quantiles(share, (0.5, LOW, HIGH))
    text = (
        f"From {span_words(*facts.result.window)} the government lost {_said(facts, 'government_loss')} of customs "
        f"revenue: {percent(middle)} ({percent(low)} to {percent(high)}) of the {_said(facts, 'baseline')} it would "
        "have collected had no crossing fallen."
    )
    odds = [(float((share > part).mean()), words) for part, words in PARTS_OF_BASELINE]
    sure = [entry for entry in odds if entry[0] >= SAID_FROM]
    unsure = [entry for entry in odds if entry[0] < SAID_FROM]
    told = [*sure[-1:], *unsure[:1]]
    text += "".join(f" {likely_that(p, f'the loss was more than {words} of that')}" for p, words in told)
    return Paragraph(text, ("government_loss", "baseline"))


def _gain(facts: Facts) -> Paragraph:
    draws = facts.result.draws()
    less = float((draws["insurgent_gain"] < draws["government_loss"]).mean())
    text = (
        f"The insurgents' gain, over what road levies and illicit transit brought them before, was "
        f"{_said(facts, 'insurgent_gain')}. "
    )
    text += likely_that(less, "they gained less than the government lost")
    text += " A levy is not the duty it displaces."
    return Paragraph(text, ("insurgent_gain",))


def _cause(facts: Facts) -> Paragraph:
    parts = facts.result.draws()[list(COMPONENTS)]
    means = parts.mean()
    first = str(means.idxmax())
    largest = float((parts.to_numpy().argmax(axis=1) == COMPONENTS.index(first)).mean())
    label = LABELS.get(first, first.replace("_", " "))
    text = likely_that(largest, f"the largest part of the loss came from {label}")
    text += f" On average that part was {amount(float(means[first]), currency=facts.currency)}."
    back = float(-means[means < 0].sum())
    if back > 0:
        text += (
            f" Against the losses stand {amount(back, currency=facts.currency)} on average that came back, as cargo "
            "that moved or returned or was charged inland."
        )
    return Paragraph(text, (first,))


def _place(facts: Facts) -> Paragraph:
    loss = facts.by_crossing("government_loss")
    first = str(loss.mean().idxmax())
    largest = float((loss.to_numpy().argmax(axis=1) == list(loss.columns).index(first)).mean())
    middle, low, high = quantiles(loss[first].to_numpy(), (0.5, LOW, HIGH))
    name = facts.names[first]
    text = likely_that(largest, f"no crossing cost the government more than {name}")
    text += f" Its loss there was {estimate(middle, low, high, currency=facts.currency)}."
    return Paragraph(text, (first,))


def _control(facts: Facts) -> Paragraph:
    lost = facts.lost.sort_values(ascending=False, kind="stable")
    day = day_words(facts.day)
    by_word: dict[str, list[str]] = {}
    for crossing, p in lost[lost.round(2) >= SAID_FROM].items():
        by_word.setdefault(likelihood(float(p)), []).append(f"{facts.names[str(crossing)]} ({chance(float(p))})")
    if not by_word:
        top = str(lost.index[0])
        return Paragraph(
            f"No crossing was more likely than not out of the government's hands on {day}. "
            + likely_that(float(lost.iloc[0]), f"{facts.names[top]} was, the likeliest of them"), (top,),
        )  # fmt: skip
    told = [
        f"{'there is a' if word.endswith('chance') else 'it is'} {word} that the government did not hold "
        f"{listed(places)}"
        for word, places in by_word.items()
    ]
    text = f"Who held what on {day}, by statements that may be false: {'; '.join(told)}."
    rest = len(lost) - sum(map(len, by_word.values()))
    if rest:
        first, p = str(lost.index[-rest]), float(lost.iloc[-rest])
        text += (
            f" Of the other {rest} crossings and inland houses {facts.names[first]} comes first: {likelihood(p)} "
            f"({chance(p)})."
        )
    return Paragraph(text, tuple(str(c) for c in lost.index[: sum(map(len, by_word.values()))]))


def _sure(facts: Facts) -> Paragraph:
    table = facts.case.assumptions
    judged = int((table["grade"] == "E").sum())
    error = float(facts.result.summary()["mc_error"]["government_loss"])
    drawn = f" The draws themselves add an error of {amount(error, currency=facts.currency)} to the median loss."
    text = (
        f"How sure: {judged} of {len(table)} assumptions are judgement (evidence grade E); intervals and likelihoods "
        f"are only as good as these.{drawn if np.isfinite(error) and error > 0 else ''}"
    )
    return Paragraph(text, ("assumptions",))
