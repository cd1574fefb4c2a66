"""What synthetic worlds are drawn from: ``prior.toml``, and one value drawn for each assumption of a case."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..case.assumptions import Assumptions
from ..engine.sampling import Marginal, quantile
from ..errors import DrawError

Array = NDArray[np.float64]

FILE = Path(__file__).with_name("prior.toml")
ORDERED = ("theta", "phi", "epsilon")
MOST_REDRAWS = 10_000


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def own_records() -> dict[str, Any]:
    """Assumptions of the synthetic prior that differ from the library's defaults, as `Case.from_tables` takes them."""
    keys = ("low", "best", "high", "distribution", "unit", "description", "source", "grade")
    records = Assumptions.read(FILE, beside=("world", "chance", "error", "voice")).records
    return {name: {key: getattr(record, key) for key in keys} for name, record in records.items()}


def best(section: str, name: str) -> float:
    """One number of the synthetic prior."""
    return float(_read()[section][name]["best"])


def voices() -> dict[str, float]:
    """Chance that a role is the one that speaks, by role; they sum to 1."""
    return {role: float(entry["best"]) for role, entry in _read()["voice"].items()}


def world_draw(name: str, rng: np.random.Generator, size: int = 1) -> Array:
    """Lognormal values of one range of the world, (size,)."""
    entry = _read()["world"][name]
    return quantile("lognormal", entry["low"], entry["best"], entry["high"], rng.standard_normal(size))


def draw_values(
    marginals: Sequence[Marginal], correlations: Mapping[str, float], rng: np.random.Generator
) -> dict[str, float]:
    """One value of each assumption from its stated range, theta >= phi >= epsilon drawn until they are ordered.

    The scores of a correlation group share one common part, so that two of them correlate by rho times their signs.
    """
    shared = {group: float(rng.standard_normal()) for group in sorted(correlations)}
    values = {m.name: _value(m, shared, correlations, rng) for m in marginals}
    for _ in range(MOST_REDRAWS):
        theta, phi, epsilon = (values[name] for name in ORDERED)
        if theta >= phi >= epsilon >= 0 and phi > 0:
            return values
        values |= {m.name: _value(m, {}, {}, rng) for m in marginals if m.name in ORDERED}
    raise DrawError("the ranges of theta, phi and epsilon leave almost no room for theta >= phi >= epsilon; widen them")


def _value(
    m: Marginal, shared: Mapping[str, float], correlations: Mapping[str, float], rng: np.random.Generator
) -> float:
    rho = correlations.get(m.group, 0.0)
    score = np.sqrt(1 - rho) * rng.standard_normal() + m.sign * np.sqrt(rho) * shared.get(m.group, 0.0)
    weights = np.array([option[0] for option in m.options])
    option = m.options[int(rng.choice(len(weights), p=weights / weights.sum()))]
    return float(quantile(m.distribution, *option[1:], np.array([score]))[0])
