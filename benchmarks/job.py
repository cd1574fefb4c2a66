"""The job that all rivals do: trade response, sampling and quantiles of a synthetic border with 14 crossings.

Everything here is synthetic: five route groups with 14 crossings, six captures, five closures (one in each group) after
which trade recovers day by day, and 23 drawn numbers. The equations are those of MODEL section 5 without a ceiling::

    x[c] = share[c] o[c] h[c] ** -theta           X[n], S[n] = sums of x and share over a group
    y[n] = S[n] (X[n] / S[n]) ** (phi / theta)    Y = sum of y
    M[c] = V Y ** (epsilon / phi) (y[n] / Y) (x[c] / X[n])

with V the national value of the day, h = (1 + levy + friction) / (1 + collected) where insurgents hold a crossing and 1
elsewhere, and o = (1 - p) - ((1 - p) - a) 2 ** (-days / half_life) after a closure. Asked for: revenue of the
government (collected M over its crossings) and of the insurgents (levy M over theirs), the 5, 50 and 95 % points of
each on every day, and both totals in every draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POINTS = (0.05, 0.5, 0.95)
FIVE_PER_CENT = 1.6448536269514722  # standard normal quantile at 0.95
VALUE_PER_DAY = 1.5e9  # synthetic, currency
GROUPS = ("a", "b", "c", "d", "c", "c", "e", "b", "a", "b", "c", "d", "c", "a")
CAPTURED = {2: 62, 5: 70, 8: 78, 9: 90, 3: 101, 0: 118}  # crossing -> first day held by insurgents
CLOSED = {1: (24, 33), 4: (26, 31), 6: (30, 36), 11: (28, 39), 13: (33, 38)}  # crossing -> first and last day shut
DRAWN = {  # name -> family, 5 %, 50 %, 95 % point
    "theta": ("lognormal", 3.0, 5.0, 9.0),
    "phi": ("lognormal", 1.5, 2.4, 2.9),
    "epsilon": ("lognormal", 0.3, 0.8, 1.4),
    "friction": ("lognormal", 0.02, 0.08, 0.25),
    "levy": ("lognormal", 0.01, 0.03, 0.06),
    "collected": ("lognormal", 0.08, 0.11, 0.15),
    "start": ("uniform", 0.05, 0.25, 0.5),
    "half_life": ("lognormal", 5.0, 12.0, 40.0),
    "permanent": ("uniform", 0.005, 0.05, 0.1),
}
SHARES = (12.0, 3.0, 9.0, 4.0, 2.0, 14.0, 5.0, 1.5, 17.0, 4.0, 6.0, 3.5, 2.5, 16.0)  # weights, best


@dataclass(frozen=True)
class Answer:
    """Quantiles by day (points, days) and totals by draw (draws,) of both revenues."""

    government: Array
    insurgent: Array
    government_total: Array
    insurgent_total: Array

    def differs(self, other: Answer) -> float:
        """Largest difference from another answer, relative to the other's largest number of its kind."""
        pairs = [(getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__]
        return max(float(np.abs(mine - its).max() / np.abs(its).max()) for mine, its in pairs)


@dataclass(frozen=True)
class Job:
    """One size of the job; `copies` repeats the border, crossing by crossing in groups of their own."""

    days: int = 180
    copies: int = 1

    @property
    def crossings(self) -> int:
        """Number of crossings."""
        return len(GROUPS) * self.copies

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Route group of each crossing."""
        return tuple(f"{g}{copy}" for copy in range(self.copies) for g in GROUPS)

    @cached_property
    def codes(self) -> NDArray[np.intp]:
        """Route groups as integers."""
        return np.unique(self.groups, return_inverse=True)[1].astype(np.intp)

    @cached_property
    def captured(self) -> dict[int, int]:
        """First day on which insurgents hold a crossing."""
        return {c + len(GROUPS) * k: day for k in range(self.copies) for c, day in CAPTURED.items()}

    @cached_property
    def closed(self) -> dict[int, tuple[int, int]]:
        """First and last day on which a crossing is shut."""
        return {c + len(GROUPS) * k: span for k in range(self.copies) for c, span in CLOSED.items()}

    @cached_property
    def value(self) -> Array:
        """National value of each day, (days,)."""
        day = np.arange(self.days)
        return VALUE_PER_DAY * np.where(day % 7 == 4, 0.4, 1.0) * (1 + 0.0004 * day)

    @cached_property
    def held(self) -> NDArray[np.bool_]:
        """Where insurgents hold a crossing, (crossings, days)."""
        out = np.zeros((self.crossings, self.days), dtype=bool)
        for c, day in self.captured.items():
            out[c, day:] = True
        return out

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of what is drawn."""
        return (*DRAWN, *(f"share_{c:02d}" for c in range(self.crossings)))

    def records(self) -> dict[str, tuple[str, float, float, float]]:
        """Family and 5, 50, 95 % points of what is drawn."""
        best = SHARES * self.copies
        return DRAWN | {f"share_{c:02d}": ("lognormal", w / 1.5, w, w * 1.5) for c, w in enumerate(best)}

    def values(self, uniform: Array) -> dict[str, Array]:
        """What is drawn, from uniform numbers (names, ...) in (0, 1): the one way in which every rival draws."""
        from scipy.special import ndtri

        score = ndtri(uniform)
        out = {}
        for row, (name, (family, low, best, high)) in enumerate(self.records().items()):
            if family == "uniform":
                off = uniform[row] - 0.5
                out[name] = best + off / 0.45 * np.where(off < 0, best - low, high - best)
            else:
                up, down = np.log(high / best) / FIVE_PER_CENT, np.log(best / low) / FIVE_PER_CENT
                out[name] = best * np.exp(np.where(score[row] < 0, down, up) * score[row])
        return ordered(out)


def ordered(values: dict[str, Array]) -> dict[str, Array]:
    """theta >= phi >= epsilon: the few draws beyond are set on the bound, alike for every rival."""
    phi = np.minimum(values["phi"], values["theta"])
    return values | {"phi": phi, "epsilon": np.minimum(values["epsilon"], phi)}
