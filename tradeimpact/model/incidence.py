"""Who bears a fall: government, insurgents, officials, traders and their customers, and what nobody has (MODEL 6).

Let c0 = 1 + b0 be the cost of a unit of value at a crossing in the baseline (b0: duty, bribes, road levies), h the
ratio of the cost now to it, so that h c0 = 1 + b + f with b the burden (what somebody receives) and f the friction
(what nobody does). Let V be baseline value over the border crossings of a day, C0 = sum c0 v what its traders spent,
and P = Q ** (-1/epsilon) = Y ** (-1/phi) the cost index of the trade response, in which closed crossings and groups
wholly shut stand as routes that are gone. Demand is V p ** -epsilon up to the choke price; beyond it nothing is bought.

Traders and customers lose on goods that pay at the border

    dearer       C0 a(min(P, choke)),        a(p) = integral of q ** -epsilon from 1 to p
                                                  = (p ** (1-epsilon) - 1) / (1-epsilon), log p at epsilon = 1
    turned_away  C0 [a(p') - a(P) - k (p' - P)],  p' = min(k ** (-1/epsilon), choke), where k < P ** -epsilon

with k = sum M* / V the share that is carried. The first is what a dearer passage costs; the second what is lost on
goods that would have come at P and found no room (ceilings) or were held back (insecurity), those worth least staying
away first; p' is the price at which demand equals what is carried. Where M* exceeds demand at P, and for deferred cargo
B that returns, the owner is taken to gain nothing: it waited because it was worth just what it pays (a lower bound).

Goods assessed at an inland house pay nothing there that the border does not show, so they lose what is charged
otherwise than before on what arrives, (b - b0) M*, and surplus at P = 1 on what does not, v (1 + b0) turned_away(1, k).

Receipts change by sum b (M* + B) - b0 v, split by receiver; friction burnt is sum f (M* + B). What is left,

    deadweight = dearer + turned_away - [sum b (M* + B) - sum b0 v] - sum f (M* + B)

is not computed from the ledgers but from h, so that government + insurgents + officials + traders
= -(friction burnt + deadweight) compares what traders paid in the response with what the ledgers received.

Sign. Let k = Q = P ** -epsilon, c0 be the same everywhere and A = sum M h / sum M. Then A <= P, since P is the power
mean of the h of order theta inside groups and phi between them with weights M, for theta, phi >= 1, and

    deadweight = C0 [a(P) + 1 - Q A] - V (1 - Q) >= V * integral from 1 to P of epsilon q ** -epsilon (c0 - 1/q) dq >= 0

for P >= 1; rationing replaces P by p' and changes nothing else. It can be negative, and rightly so, where the
baseline was taxed unevenly: cargo that moves to a crossing with a higher duty, or comes back because a levy is lower
than the duty, pays somebody more than its owner loses.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[np.float64]

PARTIES = ("government", "insurgents", "officials", "traders")
DETAILS = ("dearer", "turned_away")
WASTED = ("friction_burnt", "deadweight")
TOLERANCE = 1e-9


def choke_price(epsilon: Array) -> Array:
    """Cost ratio beyond which nothing is bought: 1 + 1/epsilon, where the linear demand of that elasticity ends.

    A constant elasticity below 1 has no finite surplus; the straight line through the baseline with the same slope
    does, and its intercept is taken as the choke.
    """
    return np.asarray(1.0 + 1.0 / np.asarray(epsilon, dtype=float))


def area(price: Array, epsilon: Array) -> Array:
    """Integral of q ** -epsilon from 1 to `price`: what a rise of the cost index takes per unit spent before.

    >>> float(area(np.array(1.1), np.array(0.0)).round(6)), float(area(np.array(2.0), np.array(1.0)).round(6))
    (0.1, 0.693147)
    """
    log = np.log(price)
    x = (1.0 - epsilon) * log
    small = np.abs(x) < 1e-12
    return np.asarray(log * np.where(small, 1.0, np.expm1(x) / np.where(small, 1.0, x)))


def cost_index(total_ratio: Array, epsilon: Array) -> Array:
    """P behind a total trade ratio Q = P ** -epsilon; infinite where no route is left."""
    some = total_ratio > 0
    return np.where(some, np.exp(-np.log(np.where(some, total_ratio, 1.0)) / epsilon), np.inf)


def surplus_lost(price: Array, carried: Array, epsilon: Array, choke: Array) -> tuple[Array, Array]:
    """(dearer, turned_away) per unit that traders spent in the baseline; see the module text.

    Parameters
    ----------
    price : array
        Cost index P, above 0, may be infinite.
    carried : array
        Trade that is carried over baseline trade, at least 0.
    epsilon, choke : array
        Elasticity (above 0) and choke price (at least 1).

    Returns
    -------
    tuple of array
        `dearer` may be negative (a cheaper passage), `turned_away` is at least 0.
    """
    p = np.minimum(price, choke)
    some = carried > 0
    wanted = np.where(some, np.exp(-np.log(np.where(some, carried, 1.0)) / epsilon), np.inf)
    virtual = np.maximum(np.minimum(wanted, choke), p)
    dearer = area(p, epsilon)
    away = area(virtual, epsilon) - dearer - carried * (virtual - p)
    return dearer, np.asarray(np.maximum(np.where(virtual > p, away, 0.0), 0.0))


def at_border(
    value: Array,
    trade: Array,
    returned: Array,
    cost_before: Array,
    cost_ratio: Array,
    friction: Array,
    total_ratio: Array,
    epsilon: Array,
    choke: Array,
) -> dict[str, Array]:
    """Lines of goods that pay at the border, each (days, draws) in currency per day.

    Parameters
    ----------
    value, trade, returned : array (crossings, days, draws)
        Baseline value, response M* and deferred cargo B that returns.
    cost_before : array (crossings, 1, draws)
        c0.
    cost_ratio, friction : array (crossings, days, draws)
        h and f.
    total_ratio : array (days, draws)
        Q, before ceilings and insecurity.
    epsilon, choke : array (draws,)
    """
    spent = (cost_before * value).sum(axis=0)
    total = value.sum(axis=0)
    carried = np.where(total > 0, trade.sum(axis=0) / np.where(total > 0, total, 1.0), 1.0)
    dearer, away = (spent * x for x in surplus_lost(cost_index(total_ratio, epsilon), carried, epsilon, choke))
    crossing = trade + returned
    burnt = (friction * crossing).sum(axis=0)
    paid = ((cost_ratio * cost_before - 1.0 - friction) * crossing).sum(axis=0)
    before = ((cost_before - 1.0) * value).sum(axis=0)
    return {
        "dearer": -dearer,
        "turned_away": -away,
        "friction_burnt": burnt,
        "deadweight": dearer + away - (paid - before) - burnt,
    }


def at_houses(
    value: Array,
    trade: Array,
    returned: Array,
    burden_before: Array,
    burden: Array,
    epsilon: Array,
    choke: Array,
) -> dict[str, Array]:
    """Lines of goods assessed at inland houses, each (days, draws); arrays as in `at_border`, burdens as shares."""
    some = value > 0
    carried = np.where(some, trade / np.where(some, value, 1.0), 1.0)
    one = np.ones_like(carried)
    away = (value * (1.0 + burden_before) * surplus_lost(one, carried, epsilon, choke)[1]).sum(axis=0)
    dearer = ((burden - burden_before) * trade).sum(axis=0)
    lost = (burden_before * (value - trade)).sum(axis=0) - (burden * returned).sum(axis=0)
    return {
        "dearer": -dearer,
        "turned_away": -away,
        "friction_burnt": np.zeros_like(dearer),
        "deadweight": away + lost,
    }


def check_incidence(lines: Mapping[str, Array], scale: Array) -> None:
    """Raise unless the four parties bear exactly what nobody has, in every entry, to 1e-9 of `scale`."""
    gap = np.abs(sum((lines[name] for name in (*PARTIES, *WASTED)), np.zeros(())))
    if not (gap <= TOLERANCE * np.maximum(np.abs(scale), 1e-300)).all():
        raise ModelError(
            f"what the parties bear misses friction and deadweight by {float(np.nanmax(gap)):.3g}; this is a fault of "
            "the library or of numbers beyond what floating point can hold: please report it with the scenario"
        )
