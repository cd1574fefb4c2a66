"""Loss and gain of a static period for every set of fallen crossings, by the nested logit of MODEL section 5.

Each crossing either stands as in the baseline (h = o = 1, the government collects r0) or has fallen (its h and o, the
holder takes the levy). With a[c] = o h ** -theta where fallen and 1 elsewhere, x[n] = sum v a / sum v in route group n
and Y = sum S[n] x[n] ** (phi / theta) / sum S[n]::

    trade[c] = v[c] a[c] x[n] ** (phi / theta - 1) * Y ** (epsilon / phi - 1)
    loss = sum r0 v - sum r0 trade (standing)            gain = sum levy trade (fallen)

What happens inside a group depends on the fallen of that group alone. So sums over a group are tabled once for its few
subsets, a coalition is a sum of one row from each table, and only Y ** (...) needs a logarithm and an exponential for
every coalition and draw. Nothing here has capacity, deferral, insecurity or inland charges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError
from .shapley import PIECE, member_bits, signed_weights
from .trade import group_codes

Array = NDArray[np.float64]

ROWS, DRAWS = 512, 250  # the tables of a piece stay in the cache of one processor
MOST_CROSSINGS = 20
_NOTHING = (np.zeros((1, 1)),) * 3


@dataclass(frozen=True, kw_only=True)
class StaticPeriod:
    """Crossings of a period in which nothing changes but who holds them. Money per period, shares as fractions.

    Parameters
    ----------
    value : array (crossings,) or (crossings, draws)
        Baseline value of trade, at least 0.
    group : sequence of length crossings
        Route group of each crossing.
    cost_if_fallen, open_if_fallen : array
        Cost ratio (above 0) and open share (0 to 1) of each crossing once it has fallen.
    collected, levy : array
        Share of value that the government collects where it holds, and the holder takes where it does not.
    theta, phi, epsilon : float or array (draws,)
        Elasticities, ``theta >= phi >= epsilon >= 0``, phi > 0.

    Arrays are (crossings,) or (crossings, draws).

    Raises
    ------
    ModelError
        Naming what has a wrong shape or range.
    """

    value: ArrayLike
    group: Sequence[Any]
    cost_if_fallen: ArrayLike
    open_if_fallen: ArrayLike
    collected: ArrayLike
    levy: ArrayLike
    theta: ArrayLike
    phi: ArrayLike
    epsilon: ArrayLike

    def ledgers(self) -> tuple[Array, Array]:
        """Loss and gain of every coalition of fallen crossings, (2**crossings, draws) each.

        Bit i of the row is crossing i, as `shapley_values` has it.
        """
        t = _tabled(self)
        rows = 1 << len(t.order)
        loss, gain = np.empty((rows, t.draws)), np.empty((rows, t.draws))
        # row of each coalition once its bits stand in the order of the groups
        bits = member_bits(len(t.order))
        place = (bits[t.order] << np.arange(len(t.order))[:, None]).sum(axis=0)
        row = np.empty(rows, dtype=np.intp)
        row[place] = np.arange(rows)
        baseline = np.empty(t.draws)
        for begin, some, both in _pieces(t):
            kept, taken = np.split(both, 2, axis=1)
            if begin == 0:
                baseline[some] = kept[0]  # nothing has fallen: to the bit what the other coalitions start from
            target = row[begin : begin + len(kept)]
            loss[target, some] = baseline[some] - kept
            gain[target, some] = taken
        return loss, gain

    def shapley(self) -> tuple[Array, Array]:
        """Shapley value of every crossing in the loss and in the gain, (crossings, draws) each, exactly."""
        t = _tabled(self)
        players = len(t.order)
        weights = _weights(players)
        found = np.zeros((2, players, t.draws))
        for begin, some, both in _pieces(t):
            part = weights[:, begin : begin + len(both)] @ both
            draws = some.stop - some.start
            found[0, :, some] -= part[:, :draws]
            found[1, :, some] += part[:, draws:]
        shares = np.empty_like(found)
        shares[:, t.order] = found
        idle = np.broadcast_to(np.asarray(self.value, dtype=float).T == 0, (t.draws, players)).T
        shares[:, idle] = 0.0
        return shares[0], shares[1]


@dataclass(frozen=True)
class _Tables:
    """Sums of each group's subsets: nest, collected, levied (subsets, draws); crossings stand in `order` by group."""

    order: NDArray[np.intp]
    draws: int
    exponent: Array
    tables: list[tuple[Array, Array, Array]]


def _weights(players: int) -> Array:
    """Signed weights of all coalitions, (players, 2**players)."""
    pieces = -(-(1 << players) // PIECE)
    parts = [signed_weights(players, piece) for piece in range(pieces)]
    return parts[0] if pieces == 1 else np.concatenate(parts, axis=1)


def _tabled(period: StaticPeriod) -> _Tables:
    v, h, o, r0, levy, theta, phi, epsilon = _checked(period)
    codes = group_codes(period.group)
    order = np.argsort(codes, kind="stable")
    fallen = o * np.exp(-theta * np.log(h))
    total = v.sum(axis=0)
    whole = np.where(total > 0, total, 1.0)
    tables = []
    for code in range(int(codes.max()) + 1):
        members = order[codes[order] == code]
        inside = member_bits(len(members)).T[:, :, None]  # (subsets, members, 1)
        trade = v[members] * np.where(inside, fallen[members], 1.0)
        size = v[members].sum(axis=0)
        x = trade.sum(axis=1) / np.where(size > 0, size, 1.0)
        with np.errstate(divide="ignore"):
            log_x = np.log(x)
        some = x > 0
        nest = np.where(some, np.exp((phi / theta) * log_x), 0.0) * (size / whole)
        within = np.where(some, np.exp((phi / theta - 1.0) * np.where(some, log_x, 0.0)), 0.0)
        kept = within * (r0[members] * trade * ~inside).sum(axis=1)
        taken = within * (levy[members] * trade * inside).sum(axis=1)
        tables.append((nest, kept, taken))
    return _Tables(order, v.shape[1], epsilon / phi - 1.0, tables)


def _pieces(t: _Tables) -> Iterator[tuple[int, slice, Array]]:
    """(first coalition, draws, what the government collects beside what is levied) of one piece after another.

    Coalitions are in the order of the groups. The array (coalitions, 2 draws) is used again for the next piece.
    """
    may_vanish = all((nest == 0).any() for nest, _, _ in t.tables)
    for first in range(0, t.draws, DRAWS):
        some = slice(first, min(first + DRAWS, t.draws))
        parts = [tuple(np.ascontiguousarray(x[:, some]) for x in table) for table in t.tables]
        split = 1
        while split < len(parts) and np.prod([len(p[0]) for p in parts[: split + 1]]) <= ROWS:
            split += 1
        low, high = _joined(parts[:split]), _joined(parts[split:] or [_NOTHING])
        exponent = t.exponent[some]
        y = np.empty_like(low[0])
        both = np.empty((len(y), 2, y.shape[1]))
        for row in range(len(high[0])):
            np.add(low[0], high[0][row], out=y)
            gone = y == 0 if may_vanish else None
            if gone is not None:
                y[gone] = 1.0
            np.log(y, out=y)
            np.multiply(y, exponent, out=y)
            np.exp(y, out=y)
            if gone is not None:
                y[gone] = 0.0
            for ledger in (0, 1):
                np.add(low[1 + ledger], high[1 + ledger][row], out=both[:, ledger])
                np.multiply(both[:, ledger], y, out=both[:, ledger])
            yield row * len(y), some, both.reshape(len(y), -1)


def _joined(parts: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
    """Sums of one row of each table, for every combination; the first table's subsets change fastest."""
    found = parts[0]
    for part in parts[1:]:
        found = tuple((b[:, None] + a[None]).reshape(-1, a.shape[1]) for a, b in zip(found, part, strict=True))
    return found


def _checked(period: StaticPeriod) -> tuple[Array, ...]:
    names = ("value", "cost_if_fallen", "open_if_fallen", "collected", "levy")
    given = {name: np.asarray(getattr(period, name), dtype=float) for name in names}
    for name in ("theta", "phi", "epsilon"):
        given[name] = np.asarray(getattr(period, name), dtype=float)[None]
    count = len(period.group)
    if not 1 <= count <= MOST_CROSSINGS:
        raise ModelError(f"a static period has {count} crossings; expected 1 to {MOST_CROSSINGS}")
    draws = max((x.shape[-1] for x in given.values() if x.ndim == 2), default=1)
    found = {}
    for name, x in given.items():
        lead = (count, draws) if name in names else (1, draws)
        try:
            wide = np.broadcast_to(x if x.ndim == 2 else x[:, None], lead)
        except (ValueError, IndexError):
            raise ModelError(f"static period: {name} has shape {x.shape}; expected {lead[:1]} or {lead}") from None
        if not np.isfinite(wide).all():
            raise ModelError(f"static period: {name} has a missing or infinite number")
        found[name] = wide
    v, h, o, theta, phi, epsilon = (
        found[name] for name in ("value", "cost_if_fallen", "open_if_fallen", "theta", "phi", "epsilon")
    )
    if (v < 0).any() or (h <= 0).any() or (o < 0).any() or (o > 1).any():
        raise ModelError("static period: value is at least 0, cost_if_fallen above 0, open_if_fallen between 0 and 1")
    if (phi <= 0).any() or (epsilon < 0).any() or (phi > theta).any() or (epsilon > phi).any():
        raise ModelError("static period: elasticities must be ordered theta >= phi >= epsilon >= 0 with phi above 0")
    return (v, h, o, found["collected"], found["levy"], theta[0], phi[0], epsilon[0])
