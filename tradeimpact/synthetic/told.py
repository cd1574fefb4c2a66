"""Reports on a synthetic world, emitted as MODEL section 4 reads them: each voice errs as its likelihood ratio says.

News is what differs from what was told last. With w the weight of what a voice says and rho the chance that a change is
told on a given day::

    last told held:  "captured"    with chance rho on a day on which the post is lost, else rho / w_lost
    last told lost:  "recaptured"  with chance rho on a day on which the government holds it, else rho / w_held
                     "collecting"  once, with chance rho where insurgents hold it, else rho / w_collecting
    any day:         somebody says who holds it: "lost" with chance a of a lost post and a / w_lost of a held one,
                     a = (w_held - 1) / (w_held - 1 / w_lost), so that "held" has the odds w_held

A change is told of the day on which it is noticed, not of the day on which it happened. Closures are told with days
that may be off. Days are counted from the first day of the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..case.evidence import CLASSES, CLUSTER_DAYS, weight_class
from .prior import best, voices
from .world import GOVERNMENT, INSURGENT, NOBODY, Past

SPEAKERS = {
    "government": "spokesman of the ministry",
    "insurgent": "spokesman of the insurgents",
    "neighbour": "customs officer across the border",
    "witness": "drivers at the post",
    "relay": "news agency",
}
EACH = 3  # voices of each role
CLEAR = (2, 6)  # days before and after a closure on which nobody tells of collecting, so that no end is mistaken
STATUS = {"lost": "status_insurgent_held", "held": "status_government_held"}


@dataclass(frozen=True)
class Told:
    """One report: day it is about, day published, days by which the first may be off."""

    post: int
    day: int
    published: int
    event: str
    speaker: str
    source: str
    slack: int = 0
    true: bool = True


@dataclass
class _Post:
    """What has been told of one post so far."""

    lost: bool = False
    collecting: bool = False
    spoke: dict[str, int] = field(default_factory=dict)

    def hear(self, says: str) -> None:
        """Take note of what is published."""
        self.lost = says != "held"
        self.collecting = self.lost and (self.collecting or says == "collecting")


def true_weights(values: Mapping[str, float]) -> dict[str, float]:
    """Likelihood ratio of each class of statement: at least 1, heaviest class first, a relay at most 3."""
    ordered = sorted((max(values[f"weight_{name}"], 1.0) for name in CLASSES), reverse=True)
    found = dict(zip(CLASSES, ordered, strict=True))
    found["relay"] = min(found["relay"], 3.0)
    return found


def reports(past: Past, values: Mapping[str, float], rng: np.random.Generator) -> list[Told]:
    """Everything that is published about the posts, in order of publication."""
    weights = true_weights(values)
    found: list[Told] = []
    for post in range(past.states.shape[1]):
        shut = [(first, last) for where, first, last in past.closures if where == post]
        found += _on_holders(post, past.states[:, post].tolist(), shut, weights, values["silence"], rng)
        for first, last in shut:
            found += _on_closure(post, first, last, len(past.states), rng)
    repeat = float(np.clip(values["repeat_power"], 0.0, 0.3))
    found += [again for told in found if (again := _repeated(told, weights, repeat, rng)) is not None]
    last_day = len(past.states) - 1
    return sorted((t for t in found if t.published <= last_day), key=lambda t: (t.published, t.post, t.event, t.source))


def _on_holders(
    post: int,
    states: Sequence[int],
    shut: Sequence[tuple[int, int]],
    weights: Mapping[str, float],
    rho: float,
    rng: np.random.Generator,
) -> list[Told]:
    known = _Post()
    found: list[Told] = []
    for day, state in enumerate(states):
        quiet = any(first - CLEAR[0] <= day <= last + CLEAR[1] for first, last in shut)
        found += _change(post, day, state, "held" if known.lost else "lost", known, weights, rho, rng)
        if known.lost and not known.collecting and not quiet:
            found += _change(post, day, state, "collecting", known, weights, rho, rng)
        found += _status(post, day, state, known, weights, rng)
        found += _contested(post, day, state, known, weights, rng)
    return found


def _change(
    post: int,
    day: int,
    state: int,
    says: str,
    known: _Post,
    weights: Mapping[str, float],
    rho: float,
    rng: np.random.Generator,
) -> list[Told]:
    """A change of what was told last, true or not."""
    roles = voices()
    if says == "collecting":  # who collects is seen at the gate
        roles = {role: roles[role] for role in ("neighbour", "witness")}
    role = str(rng.choice(list(roles), p=np.array(list(roles.values())) / sum(roles.values())))
    true = {"lost": state != GOVERNMENT, "held": state == GOVERNMENT, "collecting": state == INSURGENT}[says]
    chance = rho if true else rho / weights[weight_class(says, role)]
    speaker = _speaker(chance, day, role, known, rng)
    if speaker is None:
        return []
    known.hear(says)
    events = {
        "lost": "claimed_captured" if role == "insurgent" else "captured",
        "held": "recaptured",
        "collecting": "insurgents_begin_collecting",
    }
    return [Told(post, day, day, events[says], *speaker, true=true)]


def _status(
    post: int, day: int, state: int, known: _Post, weights: Mapping[str, float], rng: np.random.Generator
) -> list[Told]:
    """Somebody says who holds the post."""
    roles = voices()
    role = str(rng.choice(list(roles), p=list(roles.values())))
    speaker = _speaker(best("chance", "status"), day, role, known, rng)
    if speaker is None:
        return []
    lost, held = (weights[weight_class(says, role)] for says in ("lost", "held"))
    of_lost = (held - 1) / (held - 1 / lost) if held * lost > 1 else 0.5  # a voice without weight tosses a coin
    truly = state != GOVERNMENT
    says = "lost" if rng.random() < (of_lost if truly else of_lost / lost) else "held"
    known.hear(says)
    return [Told(post, day, day, STATUS[says], *speaker, true=(says == "lost") == truly)]


def _contested(
    post: int, day: int, state: int, known: _Post, weights: Mapping[str, float], rng: np.random.Generator
) -> list[Told]:
    """A witness says that the post is fought over."""
    chance = best("chance", "contested") / (1.0 if state == NOBODY else weights["witness"])
    speaker = _speaker(chance, day, "witness", known, rng)
    if speaker is None:
        return []
    return [Told(post, day, day, "contested", *speaker, true=state == NOBODY)]


def _speaker(chance: float, day: int, role: str, known: _Post, rng: np.random.Generator) -> tuple[str, str] | None:
    """With a chance, a voice of a role that has not spoken of this post for some days, and its paper; else None."""
    if rng.random() >= chance:
        return None
    free = [n for n in range(EACH) if day - known.spoke.get(f"{role}{n}", -99) > CLUSTER_DAYS]
    if not free:
        return None
    number = free[int(rng.integers(len(free)))]
    known.spoke[f"{role}{number}"] = day
    return f"{SPEAKERS[role]} {number + 1}", f"synthetic_{role}_{number + 1}"


def _on_closure(post: int, first: int, last: int, days: int, rng: np.random.Generator) -> list[Told]:
    """The days on which a post was shut and opened again, each perhaps off by the stated slack."""
    slack = int(best("error", "closure_days"))
    found = []
    for day, event in ((first, "closed_by_neighbour"), (last + 1, "reopened")):
        stated = day + int(rng.integers(-slack, slack + 1))
        speaker = f"{SPEAKERS['neighbour']} 1"
        found.append(Told(post, stated, stated + slack, event, speaker, "synthetic_customs", slack))
    return [told for told in found if told.published < days]


def _repeated(told: Told, weights: Mapping[str, float], power: float, rng: np.random.Generator) -> Told | None:
    """The same said again in another paper on the next day: likelier of a true statement, by its weight to a power."""
    role = next(name for name, words in SPEAKERS.items() if told.speaker.startswith(words))
    says = next((s for s, event in STATUS.items() if event == told.event), None)
    if says is None:
        return None
    odds = weights[weight_class(says, role)] ** power
    if rng.random() >= best("chance", "repeat") / (1.0 if told.true else odds):
        return None
    return replace(told, published=told.published + 1, source=f"{told.source}_again")
