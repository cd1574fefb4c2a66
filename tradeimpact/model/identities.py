"""What must hold in every draw of every run (MODEL section 6), checked on the sums of each block of draws.

    government_loss = baseline - government_revenue = nine components;   lost_to_insurgent_control = four details
    insurgent_gain = insurgent_revenue - insurgent_baseline;  insurgent_revenue = levies + road levies + illicit transit
    crossings, months and authorities add up to the same totals;   shares of holders and of the baseline sum to 1
    nothing that is collected or lost is below zero;   before the first event nothing is lost or gained, to the bit

All are linear in sums that a run keeps anyway, so that checking them costs well under a hundredth of it. What fails is
named by identity, draw, crossing, day and size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .ledger import COMPONENTS, DETAILS, LINES, TOLERANCE

Array = NDArray[np.float64]

# a line, what it must equal, and of which lines with which sign that is made
FORMS: tuple[tuple[str, str, Mapping[str, float]], ...] = (
    ("government_loss", "baseline less government revenue", {"baseline": 1.0, "government_revenue": -1.0}),
    ("government_loss", "the sum of its nine components", dict.fromkeys(COMPONENTS, 1.0)),
    ("lost_to_insurgent_control", "the sum of its four details", dict.fromkeys(DETAILS, 1.0)),
    ("insurgent_gain", "insurgent revenue less its baseline", {"insurgent_revenue": 1.0, "insurgent_baseline": -1.0}),
    (
        "insurgent_revenue",
        "levies, road levies and illicit transit",
        dict.fromkeys(("levy_received", "road_levies", "illicit_transit"), 1.0),
    ),
)
SIGNS = dict.fromkeys(
    (
        "baseline", "government_revenue", "insurgent_baseline", "insurgent_revenue", "road_levies", "illicit_transit",
        "lost_to_insurgent_control", "lost_to_nobody", "lost_to_closure", "weaker_collection", "levy_received",
        "shut_while_held", "days_held",
    ),
    1.0,
) | dict.fromkeys(("deferred_returned", "collected_inland"), -1.0)  # fmt: skip
AUTHORITY = ("insurgent_baseline", "insurgent_revenue")  # what the rows of the authorities add up to
NATIONAL = "(national)"
TINY = 1e-300  # keeps a division by zero out
FAULT = "this is a fault of the library, or of numbers that no case should have: please report it with case and seed"


@dataclass(frozen=True)
class Books:
    """The sums of one block, draws last; `daily` holds every line by window day, summed over crossings.

    Shapes: `crossing` (lines, crossings + 1, draws), the last of no crossing; `month` (lines, months, draws); `daily`
    (days, draws) each; `authority` (insurgent authorities, 3: baseline, revenue, gain, draws); `shares` of the
    baseline, (crossings, draws).
    """

    crossing: Array
    month: Array
    daily: Mapping[str, Array]
    authority: Array
    shares: Array


@dataclass(frozen=True)
class Names:
    """How to name what fails: crossings, window days, and the number of the block's first draw."""

    crossings: Sequence[str]
    days: Any  # a sequence of days, or an index of them
    first_draw: int = 0


def check_block(books: Books, names: Names, quiet: int = 0) -> None:
    """Raise unless every identity holds in every draw of a block, to 1e-9 of the draw's largest amount.

    Parameters
    ----------
    books : Books
    names : Names
    quiet : int
        Window days before the first event of any draw: nothing may be lost or gained on them.

    Raises
    ------
    ModelError
        Naming the identity, the draw, the crossing, the day and by how much it is missed.
    """
    lines, daily = books.crossing, books.daily
    scale = np.maximum(np.maximum(lines.max(axis=(0, 1)), -lines.min(axis=(0, 1))), TINY)
    if not np.isfinite(scale).all():
        line = int((~np.isfinite(lines)).any(axis=(1, 2)).argmax())
        bad, when = (np.where(np.isfinite(x), 0.0, np.inf) for x in (lines[line], daily[LINES[line]]))
        _fail(f"{LINES[line]} is not finite", scale, names, crossing=bad, day=when)
    slack = TOLERANCE * scale
    by_crossing, by_month = (np.abs(np.tensordot(_WEIGHTS, x, 1)) for x in (lines, books.month))
    for form, (line_name, equal, _) in enumerate(FORMS):
        if not ((by_crossing[form] <= slack).all() and (by_month[form] <= slack).all()):
            what = f"{line_name} is not {equal}"
            _fail(what, scale, names, crossing=by_crossing[form], day=_missed(daily, form))
    wrong = _WRONG[:, None, None] * lines
    if (wrong.max(axis=(0, 1)) > slack).any():
        line = int((wrong / scale).max(axis=(1, 2)).argmax())
        side = "above" if _WRONG[line] > 0 else "below"
        when = np.maximum(_WRONG[line] * daily[LINES[line]], 0.0)
        _fail(f"{LINES[line]} is {side} zero", scale, names, crossing=wrong[line], day=when)
    for name in ("government_loss", "insurgent_gain"):
        if daily[name][:quiet].any():
            _fail(f"{name} is not zero before the first event", scale, names, day=np.abs(daily[name][:quiet]))
    _check_totals(books, names, scale)


def check_paths(holders: Array, open_share: Array, draws: int, names: Names) -> None:
    """Raise unless shares of holders sum to 1 and shares lie between 0 and 1, from sums over draws.

    `holders` (authorities, crossings, days) and `open_share` (crossings, days) are sums over `draws` draws. That shares
    are right in every draw, where anything is traded, is among the identities of `check_block`.
    """
    together = holders.sum(axis=0) / draws
    for what, gap in (
        ("shares of the holders do not sum to 1", np.abs(together - 1)),
        ("share of a holder outside 0 to 1", np.maximum(-holders, holders - draws).max(axis=0) / draws),
        ("open share outside 0 to 1", np.maximum(-open_share, open_share - draws) / draws),
    ):
        if not gap.max() <= TOLERANCE:
            crossing, day = (gap.max(axis=axis)[:, None] for axis in (1, 0))
            _fail(what, np.ones(1), names, crossing=crossing, day=day, draws=f"the mean of {draws} draws")


def _check_totals(books: Books, names: Names, scale: Array) -> None:
    """Days (as months) and authorities add up to what the crossings add up to; the baseline is shared out in full."""
    total = books.crossing.sum(axis=1)
    gap = np.abs(books.month.sum(axis=1) - total)
    if not (gap <= TOLERANCE * scale).all():
        line = int(np.argmax(_finite(gap / scale).max(axis=1)))
        _fail(f"{LINES[line]}: days do not add up to what crossings add up to", scale, names, total=gap[line])
    for column, name in enumerate(AUTHORITY if len(books.authority) else ()):
        gap = np.abs(books.authority[:, column].sum(axis=0) - total[LINES.index(name)])
        if not (gap <= TOLERANCE * scale).all():
            _fail(f"{name}: authorities do not add up to what crossings add up to", scale, names, total=gap)
    gap = np.abs(books.shares.sum(axis=0) - 1)
    if not gap.max() <= TOLERANCE:
        _fail("shares of the baseline do not sum to 1", np.ones(len(gap)), names, total=gap)


def _missed(daily: Mapping[str, Array], form: int) -> Array:
    """By how much a form is missed on each day, (days, draws)."""
    line, _, parts = FORMS[form]
    gap = -daily[line]
    for part, sign in parts.items():
        gap += sign * daily[part]
    return np.abs(gap, out=gap)


def _finite(x: Array) -> Array:
    return np.nan_to_num(x, nan=np.inf, posinf=np.inf)


def _fail(
    what: str,
    scale: Array,
    names: Names,
    *,
    crossing: Array | None = None,
    day: Array | None = None,
    total: Array | None = None,
    draws: str = "",
) -> NoReturn:
    """Raise, naming the draw in which something is missed most, and the crossing and the day where it is.

    Gaps `crossing` (crossings, draws), `day` (days, draws) and `total` (draws,) are in the unit of `scale` (draws,).
    """
    gaps = [_finite(x if x.ndim > 1 else x[None]) for x in (crossing, day, total) if x is not None]
    draw = int(np.argmax(max(((g / scale).max(axis=0) for g in gaps), key=np.max)))
    where = [draws or f"draw {names.first_draw + draw}"]
    for gap, labels in ((crossing, [*names.crossings, NATIONAL]), (day, [str(d)[:10] for d in names.days])):
        if gap is not None and gap[:, draw].any():
            where.append(labels[int(np.argmax(_finite(gap[:, draw])))])
    size = max(float(g[:, draw].max()) for g in gaps)
    by = f", by {size:.6g}" if np.isfinite(size) else ""
    if by and scale[draw] != 1:
        by += f", {size / scale[draw]:.2g} of the largest amount of the draw"
    raise ModelError(f"{', '.join(where)}: {what}{by}; {FAULT}")


_WEIGHTS = np.zeros((len(FORMS), len(LINES)))
for _row, (_line, _, _parts) in enumerate(FORMS):
    _WEIGHTS[_row, LINES.index(_line)] = -1.0
    for _name, _sign in _parts.items():
        _WEIGHTS[_row, LINES.index(_name)] = _sign
_WRONG = np.array([-SIGNS.get(_name, 0.0) for _name in LINES])
