"""Draws of assumptions: scrambled Sobol points, a Gaussian copula, and quantile functions (MODEL section 7).

Draw n is a function of (seed, n) alone. It is point ``n // REPLICATES`` of scramble ``n % REPLICATES``, so the first
100 draws of 10,000 are the 100 of 100, and the independent scrambles give the Monte Carlo error of any statistic. Each
dimension is scrambled by its own name, so that adding or fixing one assumption leaves the draws of the others alone.
What needs more numbers than a Sobol sequence should carry (monthly shocks, redraws) comes from a counter-based
generator, addressed by (seed, stream, n).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DrawError
from .blocks import BLOCK

Array = NDArray[np.float64]

REPLICATES = 8
BITS = 30  # of a Sobol point
HALF_STEP = 2.0 ** -(BITS + 1)  # keeps points off 0 and 1
FIVE_PER_CENT = 1.6448536269514722  # standard normal quantile at 0.95
MAX_REDRAWS = 200
MAX_DAYS = 8192


@dataclass(frozen=True)
class Marginal:
    """What is drawn for one name: options (weight, low, best, high), a distribution, a correlation group and sign."""

    name: str
    options: tuple[tuple[float, float, float, float], ...]
    distribution: str
    group: str = ""
    sign: int = 1


def seed_of(rng: int | np.random.Generator | None) -> int:
    """The seed behind `rng`: an int (0 included) stands for itself, a Generator gives its next, None a fresh one."""
    if isinstance(rng, bool):
        raise DrawError("rng must be an int, a numpy Generator or None")
    if isinstance(rng, int | np.integer):
        if rng < 0:
            raise DrawError(f"rng={rng}: a seed must be at least 0")
        return int(rng)
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(0, 2**63 - 1))
    if rng is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
    raise DrawError(f"rng must be an int, a numpy Generator or None, not {type(rng).__name__}")


def quantile(distribution: str, low: ArrayLike, best: ArrayLike, high: ArrayLike, z: Array) -> Array:
    """Value at the standard normal score `z`, with `low`, `best`, `high` at 5, 50 and 95 %: numbers, or arrays that
    broadcast against `z` and are nowhere equal unless the distribution is "fixed".

    The normal family is two-piece: below the median it has the spread of best - low, above it that of high - best
    (after a log or logit for lognormal and logitnormal). Uniform families are flat
    on either side of the median.
    """
    if distribution == "fixed" or np.all(np.equal(low, high)):
        return np.array(np.broadcast_to(best, z.shape), dtype=float)
    low, best, high = (np.asarray(x, dtype=float) for x in (low, best, high))
    if distribution in ("uniform", "loguniform"):
        from scipy.special import ndtr

        a, m, b = (np.log(low), np.log(best), np.log(high)) if distribution == "loguniform" else (low, best, high)
        u = ndtr(z) - 0.5
        x = m + u / 0.45 * np.where(u < 0, m - a, b - m)
        return np.asarray(np.exp(x) if distribution == "loguniform" else x)
    forward, back = _TRANSFORMS[distribution]
    a, m, b = (forward(x) for x in (low, best, high))
    spread = np.where(z < 0, m - a, b - m) / FIVE_PER_CENT
    return np.asarray(back(m + spread * z), dtype=float)


def _logit(x: Any) -> Any:
    return np.log(x) - np.log1p(-x)


def _expit(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


_TRANSFORMS: Mapping[str, tuple[Any, Any]] = {
    "normal": (lambda x: x, lambda x: x),
    "lognormal": (np.log, np.exp),
    "logitnormal": (_logit, _expit),
}


class Sampler:
    """Blocks of draws for a set of marginals and extra standard-normal dimensions.

    Parameters
    ----------
    marginals : sequence of Marginal
        General assumptions first, then those of single crossings, each sorted by name, so that adding a crossing
        leaves the general ones as they were.
    scores : sequence of str
        Names of further standard-normal scores (baseline parts, level growth …).
    correlations : mapping of group to rho
        Equal correlation of the normal scores inside a group, with each marginal's sign.
    seed : int
    """

    def __init__(
        self, marginals: Sequence[Marginal], scores: Sequence[str], correlations: Mapping[str, float], seed: int
    ) -> None:
        self.seed = seed
        self.marginals = tuple(marginals)
        self.scores = tuple(scores)
        self._correlations = dict(correlations)
        general = [m.name for m in self.marginals if "." not in m.name]
        single = [m.name for m in self.marginals if "." in m.name and m.name.startswith("trucks.")]
        single += [m.name for m in self.marginals if "." in m.name and not m.name.startswith("trucks.")]
        options = [f"{m.name}:option" for m in self.marginals if len(m.options) > 1]
        # what users add or settle most, options and overrides of one crossing, stands last and moves nothing
        self._column = {name: i for i, name in enumerate([*general, *self.scores, *options, *single])}
        self._mixing = {
            g: self._group(g, rho) for g, rho in correlations.items() if any(m.group == g for m in self.marginals)
        }
        self._alike = self._families()
        self._sobol = _sobol(seed, tuple(self._column))

    def reseeded(self, seed: int) -> Sampler:
        """The same marginals with another seed."""
        return Sampler(self.marginals, self.scores, self._correlations, seed)

    def _group(self, group: str, rho: float) -> tuple[list[int], Array]:
        members = [m for m in self.marginals if m.group == group]
        signs = np.array([m.sign for m in members], dtype=float)
        matrix = rho * signs[:, None] * signs
        np.fill_diagonal(matrix, 1.0)
        try:
            factor = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            raise DrawError(f"correlation group {group!r}: rho {rho} gives no valid correlation matrix") from None
        return [self._column[m.name] for m in members], factor

    def _families(self) -> dict[str, tuple[list[str], list[int], Array]]:
        """Names, columns and ends (3, names, 1) of the marginals without alternatives, by distribution."""
        found: dict[str, list[Marginal]] = {}
        for m in self.marginals:
            if len(m.options) == 1:
                _, low, _, high = m.options[0]
                found.setdefault("fixed" if low == high else m.distribution, []).append(m)
        return {
            distribution: (
                [m.name for m in members],
                [self._column[m.name] for m in members],
                np.array([m.options[0][1:] for m in members]).T[:, :, None],
            )
            for distribution, members in found.items()
        }

    def normals(self, block: int, *more: int) -> Array:
        """Standard-normal scores of some blocks, shape (names, draws), correlated inside their groups."""
        from scipy.special import ndtri

        if more:
            return np.concatenate([self.normals(number) for number in (block, *more)], axis=1)
        if not self._column:
            return np.zeros((0, BLOCK))
        mixed = self._sobol.block(block)
        z = ndtri(mixed.transpose(2, 1, 0).reshape(-1, BLOCK) * 2.0**-BITS + HALF_STEP)
        for members, factor in self._mixing.values():
            z[members] = factor @ z[members]
        return z

    def block(self, block: int, *more: int) -> dict[str, Array]:
        """Values of every marginal and the raw scores of the extra dimensions in some blocks, name -> (draws,)."""
        from scipy.special import ndtr

        z = self.normals(block, *more)
        alike: dict[str, Array] = {}
        for distribution, (names, columns, (low, best, high)) in self._alike.items():
            alike |= zip(names, quantile(distribution, low, best, high, z[columns]), strict=True)
        values: dict[str, Array] = {}
        for m in self.marginals:
            if m.name in alike:
                values[m.name] = alike[m.name]
                continue
            score = z[self._column[m.name]]
            weights = np.array([o[0] for o in m.options])
            chosen = np.searchsorted(
                np.cumsum(weights / weights.sum())[:-1], ndtr(z[self._column[f"{m.name}:option"]]), side="right"
            )
            each = np.stack([quantile(m.distribution, *o[1:], score) for o in m.options])
            values[m.name] = each[chosen, np.arange(len(score))]
            values[f"{m.name}:option"] = chosen.astype(float)
        for name in self.scores:
            values[name] = z[self._column[name]]
        return values


class _Sobol:
    """Scrambled Sobol points by blocks, as integers of BITS bits.

    In Gray-code order point ``n + r`` is point n with point r added bit by bit where n is a multiple of a power of two
    above r, and a linear scramble keeps sums: one scrambled table of the first points, and one scrambled point for each
    bit of the block number, give every block. Blocks may be asked for in any order and by several threads.
    """

    def __init__(self, scrambles: tuple[NDArray[np.uint32], NDArray[np.uint32]]) -> None:
        self._columns, self._shift = scrambles
        self._first = self._scrambled(self._points(0, BLOCK // REPLICATES)) ^ self._shift[:, None]
        self._step: dict[int, NDArray[np.uint32]] = {}

    def block(self, block: int) -> NDArray[np.uint32]:
        """Points of a block, (REPLICATES, BLOCK / REPLICATES, names)."""
        mixed = self._first
        for bit in range(block.bit_length()):
            if block >> bit & 1:
                if bit not in self._step:
                    self._step[bit] = self._scrambled(self._points(BLOCK // REPLICATES << bit, 1))
                mixed = mixed ^ self._step[bit]
        return mixed

    def _points(self, first: int, count: int) -> NDArray[np.uint32]:
        """Unscrambled points (count, names)."""
        from scipy.stats import qmc

        engine = qmc.Sobol(self._columns.shape[-1], scramble=False, bits=BITS)
        if first:
            engine.fast_forward(first)
        return np.asarray(engine.random(count) * 2.0**BITS, dtype=np.uint32)

    def _scrambled(self, points: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Their images under each linear scramble, (REPLICATES, points, names)."""
        mixed = np.zeros((REPLICATES, *points.shape), dtype=np.uint32)
        for bit in range(BITS):
            mixed ^= (points >> np.uint32(BITS - 1 - bit) & np.uint32(1)) * self._columns[:, bit][:, None]
        return mixed


@lru_cache(maxsize=8)
def _sobol(seed: int, names: tuple[str, ...]) -> _Sobol:
    """Points of a run; those of the last runs are at hand for one that repeats them, as when a slider moves."""
    return _Sobol(_scrambles(seed, names))


def _scrambles(seed: int, names: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Random lower-triangular bit matrices and shifts, by replicate and name (Matousek's linear scramble).

    Returns columns (REPLICATES, BITS, names), the image of each input bit, and shifts (REPLICATES, names).
    """
    columns = np.empty((REPLICATES, BITS, len(names)), dtype=np.uint32)
    shift = np.empty((REPLICATES, len(names)), dtype=np.uint32)
    below = np.array([(1 << (BITS - 1 - bit)) - 1 for bit in range(BITS)], dtype=np.uint32)
    for position, name in enumerate(names):
        key = np.frombuffer(blake2b(f"{seed}/scramble/{name}".encode(), digest_size=16).digest(), dtype=np.uint64)
        words = np.random.Generator(np.random.Philox(key=key)).integers(
            0, 1 << BITS, (REPLICATES, BITS + 1), dtype=np.uint32
        )
        columns[:, :, position] = (words[:, :BITS] & below) | (below + np.uint32(1))
        shift[:, position] = words[:, BITS]
    return columns, shift


def uniforms(seed: int, stream: str, block: int, *more: int) -> Array:
    """BLOCK uniform numbers in (0, 1) for the draws of each block, a function of (seed, stream, draw) alone."""
    if more != tuple(range(block + 1, block + 1 + len(more))):
        return np.concatenate([uniforms(seed, stream, number) for number in (block, *more)])
    key = np.frombuffer(blake2b(f"{seed}/{stream}".encode(), digest_size=16).digest(), dtype=np.uint64)
    # Philox gives four 64-bit words a step of its counter, and random() uses one word a number: blocks that follow one
    # another are one stretch of them
    generator = np.random.Generator(np.random.Philox(key=key, counter=block * BLOCK // 4))
    return np.asarray(generator.random(BLOCK * (1 + len(more)))) + 2.0**-54


def whole_numbers(seed: int, stream: str, block: int, count: int) -> NDArray[np.int32]:
    """`count` (even) numbers from 0 to 2**31 - 1, all as likely, a function of (seed, stream, block) alone."""
    key = np.frombuffer(blake2b(f"{seed}/{stream}/{block}".encode(), digest_size=32).digest(), dtype=np.uint32)
    words = np.random.SFC64(np.random.SeedSequence(key.tolist())).random_raw(count // 2).view(np.uint32)
    return np.right_shift(words, 1, out=words).view(np.int32)


def uniform_days(seed: int, stream: str, block: int, days: int) -> Array:
    """Uniform numbers in (0, 1), (days, BLOCK), a function of (seed, stream, day, draw); at most MAX_DAYS days."""
    if days > MAX_DAYS:
        raise DrawError(f"{days} days asked of one stream; at most {MAX_DAYS}")
    key = np.frombuffer(blake2b(f"{seed}/{stream}".encode(), digest_size=16).digest(), dtype=np.uint64)
    generator = np.random.Generator(np.random.Philox(key=key, counter=block * (BLOCK * MAX_DAYS // 4)))
    return np.asarray(generator.random((days, BLOCK))) + 2.0**-54


def ordered_elasticities(
    values: dict[str, Array], marginals: Mapping[str, Marginal], seed: int, *blocks: int
) -> dict[str, Array]:
    """theta >= phi >= epsilon in every draw: draws outside the ordering are redrawn jointly (MODEL section 5)."""
    from scipy.special import ndtri

    names = ("theta", "phi", "epsilon")
    x = {name: values[name].copy() for name in names}
    for attempt in range(MAX_REDRAWS):
        wrong = (x["theta"] < x["phi"]) | (x["phi"] < x["epsilon"]) | (x["phi"] <= 0) | (x["epsilon"] < 0)
        if not wrong.any():
            return values | x
        for name in names:
            score = ndtri(uniforms(seed, f"{name}/{attempt}", *blocks))
            chosen = values.get(f"{name}:option", np.zeros(len(score))).astype(int)
            each = [quantile(marginals[name].distribution, *o[1:], score) for o in marginals[name].options]
            x[name] = np.where(wrong, np.stack(each)[chosen, np.arange(len(score))], x[name])
    spread = ", ".join(f"{n} {marginals[n].options[0][1:]}" for n in names)
    raise DrawError(
        f"the ranges of the elasticities leave almost no room for theta >= phi >= epsilon ({spread}); "
        "widen or move them"
    )
