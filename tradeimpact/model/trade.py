"""How trade answers: nested logit in exact hat form, capacity, recovery and deferral (MODEL section 5).

With v the baseline value of each border crossing (currency per day), n the route group of c, h the cost ratio
and o the open share::

    a[c] = o[c] * h[c] ** -theta                            attraction, 1 in the baseline
    X[n] = sum v a over the group / sum v over the group    1 in the baseline
    Y    = sum over groups of S[n] X[n] ** (phi / theta) / sum S[n]
    M[c] = v[c] * a[c] * X[n] ** (phi / theta - 1) * Y ** (epsilon / phi - 1)
    Q    = Y ** (epsilon / phi)                             total trade ratio

Written as ratios to the baseline this is the algebra of MODEL section 5 and returns v to the bit when h = o = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError
from ..memory import LINE, NEAR, New, aligned

Array = NDArray[np.float64]

NEGLIGIBLE = 1e-14  # rounding: an excess below this share of a day's trade is not passed on
TINY = 1e-300  # keeps a division by zero out where the dividend is zero
FEW = 0.6  # cells are left out of a step when fewer than this share of them need it
FULL = 1e200  # multiple of a group without room: every crossing at its ceiling


def trade_response(
    value: ArrayLike,
    group: Sequence[Any],
    cost_ratio: ArrayLike,
    open_share: ArrayLike,
    *,
    theta: ArrayLike,
    phi: ArrayLike,
    epsilon: ArrayLike,
    ceiling: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> Array:
    """Trade through each crossing when costs and openings change (before insecurity and deferral).

    Parameters
    ----------
    value : array, shape (crossings, ...)
        Baseline value per crossing, in currency per day; at least 0.
    group : sequence of length crossings
        Route group of each crossing.
    cost_ratio, open_share : array, shape (crossings, ...)
        Cost now over cost in the baseline (above 0) and open share (0 to 1). Arrays are aligned on the left:
        a shorter one gets trailing axes.
    theta, phi, epsilon : array broadcastable to the trailing shape
        Elasticities within groups, between groups and of total trade, ``theta >= phi >= epsilon >= 0``, phi > 0.
    ceiling : array, shape (crossings, ...) or scalar, optional
        kappa: trade is at most ``ceiling * open_share * value``. What exceeds it is offered within the group, then
        across groups, in proportion to unconstrained trade; what finds no room is suppressed.
    names : sequence of str, optional
        Names of the crossings for messages.

    Returns
    -------
    array, shape (crossings, ...)
        Trade per crossing, in the unit of `value`.

    Raises
    ------
    ModelError
        Naming the crossing (or the elasticity) that is out of range or not finite.

    Notes
    -----
    Source: nested logit in changes, as in Allen and Arkolakis (2022) and Dekle, Eaton and Kortum (2008).

    Examples
    --------
    >>> trade_response([60.0, 40.0], ["a", "a"], [1, 1], [1, 0], theta=5, phi=2, epsilon=0).round(6)
    array([100.,   0.])
    """
    arrays = [np.asarray(x, dtype=float) for x in (value, cost_ratio, open_share)]
    if ceiling is not None:
        arrays.append(np.asarray(ceiling, dtype=float))
    count = arrays[0].shape[0] if arrays[0].ndim else 0
    if count == 0 or len(group) != count:
        raise ModelError(
            f"value has {count} crossings on its first axis and group has {len(group)}; "
            "give one group label per crossing"
        )
    v, h, o, *rest = _align_left(arrays, count)
    kappa = rest[0] if rest else None
    shape = np.broadcast_shapes(*(x.shape for x in (v, h, o, *rest)))
    labels = list(names) if names is not None else [f"number {i}" for i in range(count)]
    _check(v, v >= 0, "value", "a finite number of at least 0", labels)
    _check(h, h > 0, "cost_ratio", "a finite number above 0", labels)
    _check(o, (o >= 0) & (o <= 1), "open_share", "between 0 and 1", labels)
    if kappa is not None:
        _check(np.where(np.isposinf(kappa), 1.0, kappa), kappa >= 0, "ceiling", "at least 0", labels)
    t, p, e = _elasticities(theta, phi, epsilon, shape[1:])
    codes = group_codes(group)
    ratio, _ = response_ratio(v, codes, h, o, theta=t, phi=p, epsilon=e)
    trade = np.broadcast_to(v * ratio, shape).copy()
    if kappa is not None:
        trade = apply_ceiling(trade, np.broadcast_to(_cap(kappa, o, v), shape), codes)
    return trade


def response_ratio(
    weight: Array,
    codes: NDArray[np.intp],
    cost_ratio: Array,
    open_share: Array,
    *,
    theta: Array,
    phi: Array,
    epsilon: Array,
    new: New = aligned,
) -> tuple[Array, Array]:
    """M / v per crossing and the total trade ratio Q (MODEL 5), unchecked and without ceiling.

    `weight` needs to be right only up to a factor common to all crossings of a day and draw. Shapes: crossings first,
    then any trailing axes that broadcast. Returns (ratio (crossings, ...), Q (...)), in memory from `new`.
    """
    shape = np.broadcast_shapes(weight.shape, cost_ratio.shape, open_share.shape, np.shape(theta))
    ratio = attraction(cost_ratio, open_share, theta, new(shape))
    return ratio, nested_response(weight, codes, ratio, theta=theta, phi=phi, epsilon=epsilon, new=new)


def attraction(cost_ratio: Array, open_share: Array, theta: Array, out: Array) -> Array:
    """a = o h ** -theta of some crossings, into `out`; 1 in the baseline."""
    np.multiply(-theta, np.log(cost_ratio), out=out)
    np.exp(out, out=out)
    out *= open_share
    return out


def nested_response(
    weight: Array,
    codes: NDArray[np.intp],
    attracted: Array,
    *,
    theta: Array,
    phi: Array,
    epsilon: Array,
    new: New = aligned,
) -> Array:
    """M / v per crossing from their attraction, in its place; returns the total trade ratio Q. See `response_ratio`."""
    members = _members(codes)
    inside = _by_group(np.multiply(weight, attracted, out=new(attracted.shape)), members, new)
    factor, q = nest_factors(inside, _by_group(weight, members, new), theta=theta, phi=phi, epsilon=epsilon)
    for group, rows in enumerate(members):
        for row in rows:
            attracted[row] *= factor[group]
    return q


def nest_factors(inside: Array, size: Array, *, theta: Array, phi: Array, epsilon: Array) -> tuple[Array, Array]:
    """M / (v a) for the crossings of each group, and the total trade ratio Q, from sums over the groups.

    `inside` (groups, ...) is the sum of v a and `size` that of v, which may be shared along trailing axes. A group
    answers as one crossing with the summed attraction of its members, so that what is steady inside one is summed once.
    """
    shape = np.broadcast_shapes(inside.shape, size.shape)
    x = np.divide(inside, np.maximum(size, TINY), out=aligned(shape))
    shut = None
    if x.min(initial=1.0) < TINY:  # a group that is shut is 0, not the logarithm of a floor
        shut = x <= 0
        np.maximum(x, TINY, out=x)
    nest = np.log(x, out=aligned(shape))
    np.multiply(phi / theta, nest, out=nest)
    np.exp(nest, out=nest)
    if shut is not None:
        nest[shut] = 0.0
    y = np.multiply(size, nest, out=aligned(shape)).sum(axis=0) / np.maximum(size.sum(axis=0), TINY)
    alive = y > 0
    y = np.maximum(y, TINY)
    q = np.exp((epsilon / phi) * np.log(y)) * alive
    nest /= x
    nest *= q / y
    return nest, np.asarray(q)


def apply_ceiling(trade: Array, cap: Array, codes: NDArray[np.intp], new: New = aligned) -> Array:
    """Hold trade to `cap` and pass the excess on: within the route group, then across groups, else suppressed.

    Excess is offered in proportion to unconstrained trade, to crossings with room, until none has any: all with room
    then carry the same multiple of their unconstrained trade, so that ``held = min(cap, multiple * trade)``, with the
    multiple that places what a group, and then all groups, can hold. Both arrays (crossings, ...) in currency; returns
    the same shape, in memory from `new`.
    """
    shape = trade.shape
    free, limit = trade.reshape(len(trade), -1), cap.reshape(len(trade), -1)
    held = np.minimum(free, limit, out=new(free.shape))
    members = _members(codes)
    offered, most, placed = (_by_group(x, members, new) for x in (free, limit, held))
    if (placed == offered).all():
        return held.reshape(shape)
    total = _sum_first(offered)
    floor = np.asarray(NEGLIGIBLE * total)
    full = offered >= most
    multiple: Array = 1.0 + FULL * full.astype(np.float64)
    partly = (offered - placed > floor) & ~full
    groups, at = np.divmod(_where(partly), partly.shape[1])
    if len(at):
        # all groups at once, with as many rows each as the largest has
        both = np.zeros((2, max(len(rows) for rows in members), len(at)))
        for group, rows in enumerate(members):
            cells = slice(*np.searchsorted(groups, (group, group + 1)))
            for row, crossing in enumerate(rows):
                both[:, row, cells] = free[crossing, at[cells]], limit[crossing, at[cells]]
        one = np.ones((1, len(at)))
        multiple[groups, at] += _raised(both[0], both[1], one, offered[groups, at], floor[at], new)
    target = np.minimum(offered, most)
    moving = (_sum_first(offered - target) > floor) & (_sum_first(most - target) > floor)
    goal = np.where(moving, np.minimum(total, _sum_first(most)), 0.0)
    # near the processor; of whole blocks of draws no single cell is left over
    pieces = -(-free.size // NEAR)
    step = -(-len(moving) // (pieces * LINE)) * LINE
    for some in (slice(begin, begin + step) for begin in range(0, len(moving), step)):
        if moving[some].any():
            base = multiple[:, some]
            base += _raised(free[:, some], limit[:, some], base[codes], goal[some], floor[some], new)
    for group, rows in enumerate(members):
        for row in rows:
            np.multiply(multiple[group], free[row], out=held[row])
    return np.minimum(held, limit, out=held).reshape(shape)


def _where(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where something is so; a single place twice, as numpy sums one column in another order than several."""
    found = np.flatnonzero(flags)
    return np.repeat(found, 2) if len(found) == 1 else found


def _raised(free: Array, limit: Array, base: Array, goal: Array, floor: Array, new: New) -> Array:
    """By how much to raise the multiples so that the crossings hold `goal`: Newton's method from below.

    ``sum min(limit, (base + raised) free)`` is concave and piecewise linear in what is raised, so that a step never
    overshoots and there are at most as many steps as crossings. Cells that are done are left out as they become many.
    (crossings, cells), (cells,).
    """
    found = raised = np.zeros(free.shape[1])
    live: NDArray[np.intp] | None = None
    want, room = new(free.shape), new(free.shape, np.bool_)
    for _ in range(len(free) + 1):
        np.add(base, raised, out=want)
        want *= free
        np.less(want, limit, out=room)
        np.minimum(want, limit, out=want)
        missing = goal - want.sum(axis=0)
        want[...] = room  # numbers first: a product with flags converts them piece by piece
        want *= free
        slope = want.sum(axis=0)
        going = (missing > floor) & (slope > 0)
        count = np.count_nonzero(going)
        if not count:
            break
        raised += missing * going / np.maximum(slope, TINY)
        if count < FEW * len(going):
            at = _where(going)
            if live is not None:
                found[live] = raised
            live = at if live is None else live[at]
            free, limit, base = (np.take(x, at, axis=1) for x in (free, limit, base))
            goal, floor, raised = goal[at], floor[at], raised[at]
            want, room = new(free.shape), new(free.shape, np.bool_)
    if live is not None:
        found[live] = raised
    return found


def recovery(
    days_since: ArrayLike, start_share: ArrayLike, half_life_days: ArrayLike, permanent_loss: ArrayLike
) -> Array:
    """Open share of a post `days_since` days after it reopened: (1 - p) - ((1 - p) - a) 2 ** (-days / half life).

    Shares are fractions; `start_share` a is held to at most 1 - p. Negative `days_since` (never shut) gives 1.
    """
    days = np.asarray(days_since, dtype=float)
    ceiling = 1.0 - np.asarray(permanent_loss, dtype=float)
    start = np.minimum(np.asarray(start_share, dtype=float), ceiling)
    path = ceiling - (ceiling - start) * np.exp2(-np.maximum(days, 0.0) / np.asarray(half_life_days, dtype=float))
    never = days < 0
    return np.asarray(np.where(never, 1.0, path) if never.any() else path)


def defer(
    kept_away: Array,
    room: Array,
    share: Array,
    return_rate: Array,
    stock: Array | None = None,
    out: Array | None = None,
) -> Array:
    """Cargo that waited and returns, B (currency per day), from what closures and hold-back kept away.

    A share of `kept_away` (crossings, days, draws) joins a stock at its crossing; `return_rate` of the stock comes back
    on each day within `room`, which is none where a crossing is shut. Nothing returns that was not put away before.
    `stock` (crossings, draws), if given, is what waits before the first day, and is left as what waits after the last.
    What returns is written into `out`, if given.
    """
    shape = np.broadcast_shapes(kept_away.shape, room.shape)
    returned = aligned(shape) if out is None else out
    waiting = np.zeros((shape[0], shape[2])) if stock is None else stock
    free, away = (np.broadcast_to(x, shape) for x in (room, kept_away))
    joining = np.empty_like(waiting)
    some = bool(waiting.any())
    for day in range(shape[1]):
        back = returned[:, day]
        if some:
            np.minimum(np.multiply(return_rate, waiting, out=joining), free[:, day], out=back)
            np.maximum(back, 0.0, out=back)  # no room at all can be below none by a rounding
            waiting -= back
        else:
            back[...] = 0.0
        waiting += np.multiply(share, away[:, day], out=joining)
        some = some or bool(waiting.any())
    return returned


def group_codes(group: Sequence[Any]) -> NDArray[np.intp]:
    """Route groups as integers 0..n-1 in order of first appearance."""
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in group], dtype=np.intp)


def _cap(kappa: Array, open_share: Array, value: Array) -> Array:
    room = open_share * value
    with np.errstate(invalid="ignore"):
        return np.where(room > 0, kappa * room, 0.0)


def _members(codes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Positions of the crossings of each group."""
    return [np.flatnonzero(codes == group) for group in range(int(codes.max()) + 1)]


def _by_group(x: Array, members: Sequence[NDArray[np.intp]], new: New) -> Array:
    """Sums over the crossings of each group, always in the same order, so that equal inputs give equal bits."""
    out = new((len(members), *x.shape[1:]))
    for group, rows in enumerate(members):
        total = out[group : group + 1]
        total[...] = x[rows[0]]
        for row in rows[1:]:
            total += x[row]
    return out


def _sum_first(x: Array) -> Array:
    out = np.zeros(x.shape[1:])
    for row in x:
        out += row
    return out


def _align_left(arrays: list[Array], count: int) -> list[Array]:
    depth = max(x.ndim for x in arrays)
    aligned = []
    for x in arrays:
        if x.ndim and x.shape[0] not in (1, count):
            raise ModelError(f"an array has {x.shape[0]} crossings on its first axis where {count} are expected")
        aligned.append(x.reshape(x.shape + (1,) * (depth - x.ndim)))
    return aligned


def _check(x: Array, good: NDArray[np.bool_], what: str, expected: str, labels: list[str]) -> None:
    bad = ~(np.isfinite(x) & good)
    if bad.any():
        first = int(np.argwhere(bad)[0][0]) if bad.ndim else 0
        where = f"crossing {labels[first]}" if bad.ndim and bad.shape[0] == len(labels) else "every crossing"
        raise ModelError(f"{what} of {where} is {float(x[bad].flat[0])!r}; expected {expected}")


def _elasticities(
    theta: ArrayLike, phi: ArrayLike, epsilon: ArrayLike, shape: tuple[int, ...]
) -> tuple[Array, Array, Array]:
    values = {}
    for name, given in (("theta", theta), ("phi", phi), ("epsilon", epsilon)):
        x = np.asarray(given, dtype=float)
        if not np.isfinite(x).all():
            raise ModelError(f"{name} is not finite; give a number per draw")
        try:
            values[name] = np.broadcast_to(x, shape)
        except ValueError:
            raise ModelError(f"{name} has shape {x.shape}, which does not broadcast to {shape}") from None
    t, p, e = values["theta"], values["phi"], values["epsilon"]
    if (p <= 0).any() or (e < 0).any():
        raise ModelError("phi must be above 0 and epsilon at least 0")
    if (p > t).any() or (e > p).any():
        raise ModelError(
            "elasticities must be ordered theta >= phi >= epsilon; otherwise crossings would be complements"
        )
    return t, p, e
