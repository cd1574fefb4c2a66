"""Noise that remembers: autocorrelated errors of first order, with the memory itself uncertain.

Errors e have variance s^2 and correlation rho ** |t - u| between periods t and u, so that unreported periods keep their
place in time. Their memory rho is not estimated and then believed: every value on a grid from 0 to 0.98 counts by its
restricted likelihood (flat prior), and what is said is the mean over it with the variance within and between. The
restricted likelihood does not shrink the noise by what the regression has fitted away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .estimate import Array, mixed

MEMORY = np.round(np.arange(0.0, 0.99, 0.07), 2)  # 0 to 0.98


@dataclass(frozen=True)
class Prediction:
    """Joint forecast: mean (P,), covariance (P, P), degrees of freedom of its t; fitted (n,), mean memory."""

    mean: Array
    covariance: Array
    df: float
    fitted: Array
    memory: float


def correlation(times: Array, others: Array, rho: float) -> Array:
    """Correlation rho ** |t - u|, (len(times), len(others)); rho = 0 gives 1 on the same period only."""
    distance = np.abs(times[:, None] - others[None, :])
    return np.where(distance == 0, 1.0, rho**distance) if rho > 0 else (distance == 0).astype(float)


def predict(y: Array, x: Array, times: Array, x_ahead: Array, times_ahead: Array) -> Prediction:
    """Best linear forecast of a regression y = x b + e at `times_ahead`, with everything estimated counted in.

    `y` (n,), `x` (n, k), `x_ahead` (P, k); the forecast uses what the last errors say about the next ones, and its
    covariance holds the noise to come, the error of b and the doubt about the memory.
    """
    parts = [_at_memory(y, x, times, x_ahead, times_ahead, float(rho)) for rho in MEMORY]
    mean, covariance, weight = mixed([p[0] for p in parts], [p[1] for p in parts], [p[2] for p in parts])
    fitted = weight @ np.stack([part[3] for part in parts])
    return Prediction(mean, covariance, float(len(y) - x.shape[1]), fitted, float(weight @ MEMORY))


def coefficients(y: Array, x: Array, times: Array) -> tuple[Array, Array, float]:
    """Coefficients b (k,) of y = x b + e, their covariance with the doubt about the memory, degrees of freedom."""
    found = [_fit(y, x, times, float(rho)) for rho in MEMORY]
    b, covariance, _ = mixed([f[0] for f in found], [f[1][1] for f in found], [f[2] * f[1][2] for f in found])
    return b, covariance, float(len(y) - x.shape[1])


def contrast_covariance(y: Array, x: Array, times: Array, contrasts: Array, every: Array) -> tuple[Array, float, float]:
    """Covariance of linear combinations of errors, their degrees of freedom, and the mean memory.

    The errors are those of y = x b + e at `times`; `contrasts` (P, m) combine the errors at the m periods `every`.
    """
    logs, covariances = [], []
    for rho in MEMORY:
        log, _, scale = _fit(y, x, times, float(rho))
        logs.append(log)
        covariances.append(scale * contrasts @ correlation(every, every, float(rho)) @ contrasts.T)
    _, covariance, weight = mixed(logs, [np.zeros(len(contrasts))] * len(logs), covariances)
    return covariance, float(len(y) - x.shape[1]), float(weight @ MEMORY)


def _fit(y: Array, x: Array, times: Array, rho: float) -> tuple[float, tuple[Array, Array, Array], float]:
    """Restricted log-likelihood, (root of the correlation, coefficients, inverse of x'R^-1 x), error variance."""
    root = np.asarray(np.linalg.cholesky(correlation(times, times, rho)), dtype=float)
    whole = np.linalg.solve(root, np.column_stack([x, y]))
    xw, yw = whole[:, :-1], whole[:, -1]
    gram = xw.T @ xw
    inverse = np.linalg.inv(gram) if x.shape[1] else gram
    b = inverse @ (xw.T @ yw)
    free = len(y) - x.shape[1]
    scale = float(((yw - xw @ b) ** 2).sum() / free)
    log = -0.5 * free * np.log(max(scale, 1e-300)) - np.log(np.diag(root)).sum() - 0.5 * np.linalg.slogdet(gram)[1]
    return float(log), (root, np.asarray(b, dtype=float), np.asarray(inverse, dtype=float)), float(scale)


def _at_memory(
    y: Array, x: Array, times: Array, x_ahead: Array, times_ahead: Array, rho: float
) -> tuple[float, Array, Array, Array]:
    log, (root, b, inverse), scale = _fit(y, x, times, rho)
    pull = np.linalg.solve(root.T, np.linalg.solve(root, correlation(times, times_ahead, rho))).T  # (P, n)
    mean = x_ahead @ b + pull @ (y - x @ b)
    open_part = correlation(times_ahead, times_ahead, rho) - pull @ correlation(times, times_ahead, rho)
    gap = x_ahead - pull @ x
    return log, mean, scale * (open_part + gap @ inverse @ gap.T), x @ b
