"""The trade response of MODEL section 5, one crossing after another in floats and loops, to compare with.

Written from the page alone and on purpose in its form (shares of the total, no ratios, no arrays), so that a
slip in the library's algebra cannot be repeated here.
"""

import itertools
import math


def respond(value, group, cost, opened, theta, phi, epsilon, ceiling=None):
    """Trade per crossing of one day and draw. Arguments are lists over crossings, elasticities numbers."""
    count = len(value)
    total = math.fsum(value)
    if total == 0:
        return [0.0] * count
    x = [value[c] / total * opened[c] * cost[c] ** -theta for c in range(count)]
    share, inner, outer = {}, {}, {}
    for n in set(group):
        members = [c for c in range(count) if group[c] == n]
        share[n] = math.fsum(value[c] / total for c in members)
        inner[n] = math.fsum(x[c] for c in members)
        outer[n] = share[n] * (inner[n] / share[n]) ** (phi / theta) if inner[n] > 0 else 0.0
    index = math.fsum(outer.values())
    if index == 0:
        return [0.0] * count
    ratio = index ** (epsilon / phi)
    trade = []
    for c in range(count):
        n = group[c]
        trade.append(total * ratio * outer[n] / index * x[c] / inner[n] if inner[n] > 0 else 0.0)
    if ceiling is None:
        return trade
    limit = [ceiling[c] * opened[c] * value[c] if opened[c] * value[c] > 0 else 0.0 for c in range(count)]
    return hold(trade, limit, group)


def hold(trade, limit, group):
    """Trade held to its limits: excess to the group, then to everybody, then suppressed."""
    count = len(trade)
    held = [min(trade[c], limit[c]) for c in range(count)]
    left = 0.0
    for n in sorted(set(group), key=str):
        members = [c for c in range(count) if group[c] == n]
        left += offer(held, trade, limit, members, math.fsum(trade[c] - held[c] for c in members))
    offer(held, trade, limit, range(count), left)
    return held


def offer(held, trade, limit, members, excess):
    """Offer `excess` to members with room, in proportion to unconstrained trade; what nobody has room for.

    Changes `held`. The crossing whose room is smallest for its trade fills first, so that one walk over the
    members in that order finds who fills.
    """
    room = [c for c in members if trade[c] > 0 and limit[c] > held[c]]
    room.sort(key=lambda c: (limit[c] - held[c]) / trade[c])
    while room and excess > 0:
        weight = math.fsum(trade[c] for c in room)
        first = room[0]
        if excess * trade[first] / weight < limit[first] - held[first]:
            for c in room:
                held[c] = min(held[c] + excess * trade[c] / weight, limit[c])
            return 0.0
        excess = max(excess - (limit[first] - held[first]), 0.0)
        held[first] = limit[first]
        room = room[1:]
    return excess


def respond_everywhere(value, group, cost, opened, theta, phi, epsilon, ceiling, shape):
    """`respond` for every day and draw of arrays of full `shape`: {(day, draw): list over crossings}.

    `value`, `cost`, `opened`, `ceiling` are functions of (crossing, *rest) and `theta`, `phi`, `epsilon` of the
    rest, so that the caller says what it means to broadcast.
    """
    found = {}
    for rest in itertools.product(*(range(n) for n in shape[1:])):
        over = range(shape[0])
        found[rest] = respond(
            [value(c, *rest) for c in over],
            group,
            [cost(c, *rest) for c in over],
            [opened(c, *rest) for c in over],
            theta(*rest),
            phi(*rest),
            epsilon(*rest),
            None if ceiling is None else [ceiling(c, *rest) for c in over],
        )
    return found
