"""From customs value to revenue: the cascade of charges, leakage and the gap to potential revenue (MODEL 2).

    declared D = M (1 - u);  assessed = sum of charges in the order of the schedule, each on its own base
    collected = assessed (1 - leakage);  1 - collected / potential = gap = 1 - (1 - u)(1 - leakage)

Rates are fractions of value; specific charges are currency per tonne or truck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

Array = NDArray[np.float64]

VALUE = "value"
UNITS = ("value", "tonne", "truck")


@dataclass(frozen=True)
class Charge:
    """One charge of a schedule.

    `base` names what an ad-valorem rate applies to: "value" and earlier charges, joined by "+". `per` is value, tonne
    or truck; `exempt_share` is the share of the base that pays nothing.
    """

    name: str
    rate: float
    base: str = VALUE
    per: str = "value"
    exempt_share: float = 0.0


def cascade(
    declared: ArrayLike, schedule: Sequence[Charge], *, tonnes: ArrayLike | None = None, trucks: ArrayLike | None = None
) -> dict[str, Array]:
    """What a schedule assesses on declared value, charge by charge in its order.

    Parameters
    ----------
    declared : array
        Declared CIF value in currency, any shape.
    schedule : sequence of Charge
    tonnes, trucks : array, optional
        Quantities for specific charges, same shape.

    Returns
    -------
    dict of charge name to array
        Currency, plus "assessed", their sum.

    Raises
    ------
    ModelError
        Naming the charge whose base, unit, rate or quantity is missing or out of range.

    Examples
    --------
    >>> vat = [Charge("duty", 0.10), Charge("excise", 0.05, "value+duty"), Charge("vat", 0.10, "value+duty+excise")]
    >>> {name: round(float(x), 6) for name, x in cascade(100.0, vat).items()}
    {'duty': 10.0, 'excise': 5.5, 'vat': 11.55, 'assessed': 27.05}
    """
    value = np.asarray(declared, dtype=float)
    if not np.isfinite(value).all() or (value < 0).any():
        raise ModelError("declared value must be finite and at least 0")
    quantities = {"tonne": tonnes, "truck": trucks}
    due: dict[str, Array] = {VALUE: value}
    for charge in schedule:
        _check_charge(charge, due)
        paying = 1.0 - charge.exempt_share
        if charge.per == "value":
            taxed = sum((due[name] for name in charge.base.split("+")), np.zeros_like(value))
            due[charge.name] = charge.rate * taxed * paying
            continue
        amount = quantities[charge.per]
        if amount is None:
            raise ModelError(f"charge {charge.name!r} is per {charge.per}; give {charge.per}s=")
        count = np.asarray(amount, dtype=float)
        if not (np.isfinite(count) & (count >= 0)).all():
            raise ModelError(f"charge {charge.name!r}: {charge.per}s must be finite and at least 0")
        due[charge.name] = charge.rate * count * paying
    charges = {name: x for name, x in due.items() if name != VALUE}
    return charges | {"assessed": sum(charges.values(), np.zeros_like(value))}


def _check_charge(charge: Charge, due: Mapping[str, Array]) -> None:
    if charge.per not in UNITS:
        raise ModelError(f"charge {charge.name!r} is per {charge.per!r}; expected {', '.join(UNITS)}")
    if not 0 <= charge.rate < np.inf or (charge.per == "value" and charge.rate > 10):
        raise ModelError(
            f"charge {charge.name!r} has rate {charge.rate!r}; expected a fraction of value of at least 0, "
            "or currency per unit"
        )
    if not 0 <= charge.exempt_share <= 1:
        raise ModelError(f"charge {charge.name!r} exempts {charge.exempt_share!r} of its base; expected 0 to 1")
    if charge.name == "assessed":
        raise ModelError("a charge cannot be named 'assessed', the word for their sum")
    if charge.name in due:
        raise ModelError(f"charge {charge.name!r} stands twice in the schedule; each needs a name of its own")
    for name in charge.base.split("+"):
        if name not in due:
            close = get_close_matches(name, list(due), n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it may use {', '.join(due)}"
            raise ModelError(f"charge {charge.name!r} is based on {name!r}, which is not due before it; {hint}")


def statutory_rate(schedule: Sequence[Charge]) -> float:
    """What an ad-valorem schedule takes of one unit of declared value."""
    return float(cascade(1.0, [c for c in schedule if c.per == "value"])["assessed"])


def split_gap(gap: ArrayLike, split: ArrayLike) -> tuple[Array, Array]:
    """Undeclared share and leakage share behind one observed gap between potential and collected revenue.

    `split` is the part of the log gap that is never declared: 1 - u = (1 - gap) ** split and
    1 - leakage = (1 - gap) ** (1 - split), so that the two always make up the gap. Fractions, gap below 1.
    """
    kept = 1.0 - np.asarray(gap, dtype=float)
    part = np.asarray(split, dtype=float)
    if not ((kept > 0) & (kept <= 1)).all() or not ((part >= 0) & (part <= 1)).all():
        raise ModelError("gap must lie in 0 to 1 (1 excluded) and its split in 0 to 1")
    return 1.0 - kept**part, 1.0 - kept ** (1.0 - part)


def undeclared_share(
    base_share: ArrayLike, rate: ArrayLike, base_rate: ArrayLike, *, semi_elasticity: ArrayLike
) -> Array:
    """Undeclared share when the rate changes: 1 - u = (1 - u0) exp(-s (rate - rate0)) (Fisman and Wei 2004).

    `semi_elasticity` is s, per unit of rate (about 3). The result is held to 0 or more.
    """
    kept = (1.0 - np.asarray(base_share, dtype=float)) * np.exp(
        -np.asarray(semi_elasticity, dtype=float) * (np.asarray(rate, dtype=float) - np.asarray(base_rate, dtype=float))
    )
    return np.asarray(np.maximum(1.0 - kept, 0.0))


def three_views(
    value: ArrayLike,
    schedule: Sequence[Charge],
    undeclared: ArrayLike,
    leakage: ArrayLike,
    **quantities: ArrayLike | None,
) -> dict[str, Array]:
    """Potential (all declared, nothing leaks), assessed and collected revenue of a true customs value, in currency.

    Also returns `declared`. `undeclared` and `leakage` are shares; quantities as in `cascade` (per true value).
    """
    true = np.asarray(value, dtype=float)
    u, leak = np.asarray(undeclared, dtype=float), np.asarray(leakage, dtype=float)
    for name, share in (("undeclared", u), ("leakage", leak)):
        if not ((share >= 0) & (share <= 1)).all():
            raise ModelError(f"{name} share must lie in 0 to 1")
    full = {name: np.asarray(q, dtype=float) for name, q in quantities.items() if q is not None}
    declared = {name: q * (1 - u) for name, q in full.items()}
    potential = cascade(true, schedule, **full)["assessed"]
    assessed = cascade(true * (1 - u), schedule, **declared)["assessed"]
    return {
        "potential": potential,
        "declared": true * (1 - u),
        "assessed": assessed,
        "collected": assessed * (1 - leak),
    }
