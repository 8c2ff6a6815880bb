"""E4: Vasicek's shrinkage towards the cross-section, with the joint error of what comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Estimator

__all__ = ["Prior", "Shrink", "cross_section_prior", "posterior", "vasicek", "weight"]

_LEAST_RETURNS = 60
_LEAST_TO_SPREAD = 2


@dataclass(frozen=True, slots=True)
class Prior:
    """What betas are before data: `mean` and spread `tau`, (K,); `mean_error` (K,) is the error of the mean itself."""

    mean: FloatArray
    tau: FloatArray
    mean_error: FloatArray | None = None


def cross_section_prior(beta: FloatArray, stderr: FloatArray) -> Prior:
    """Return mean and spread of true betas over N coins, from (N, K) estimates and errors (E4, TV06b).

    τ² = max(Var(β̂) − mean(s²), 0), ddof 1: what the spread of estimates owes to their own noise is taken off.
    Give known estimates only. Raises `NotEnoughData` for fewer than two: one coin has no spread.
    """
    if len(beta) < _LEAST_TO_SPREAD:
        raise NotEnoughData(
            f"{len(beta)} coins make no cross-section",
            advice="Give a price file with more coins, or a prior.",
        )
    mean = beta.mean(axis=0)
    noise = (stderr**2).mean(axis=0)
    tau = np.sqrt(np.maximum(beta.var(axis=0, ddof=1) - noise, 0.0))
    return Prior(mean, tau, np.sqrt(noise / len(beta)))


def weight(stderr: FloatArray, prior: Prior) -> FloatArray:
    """Return what an estimate counts, τ²/(s²+τ²), elsewhere the prior; 1 where estimate and prior are both exact."""
    noise, spread = stderr**2, prior.tau**2
    both = noise + spread
    return np.divide(spread, both, out=np.ones(np.broadcast(noise, spread).shape), where=both > 0)


def vasicek(beta: FloatArray, stderr: FloatArray, prior: Prior) -> tuple[FloatArray, FloatArray]:
    """Return (N, K) posterior betas and errors: (β/s² + b₀/τ²)/(1/s² + 1/τ²), 1/√(1/s² + 1/τ²) (TV06).

    With τ = 0 the error is that of the cross-sectional mean, never a silent 0.
    """
    k = weight(stderr, prior)
    moved = k * beta + (1.0 - k) * prior.mean
    spread = np.sqrt(k**2 * stderr**2 + (1.0 - k) ** 2 * _doubt(prior) ** 2)
    return moved, spread


def _doubt(prior: Prior) -> FloatArray:
    """What a beta at the prior may be wrong by: τ, or the mean's own error where there is no spread."""
    if prior.mean_error is None:
        return prior.tau
    return np.where(prior.tau > 0, prior.tau, prior.mean_error)


def posterior(
    beta: FloatArray, covariance: FloatArray, prior: Prior, rows: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return `beta` (N, K) and `covariance` (N·K, N·K) with `rows` shrunk and the others as they were.

    K C K + (1−K)² τ²: the estimates' correlation stays, the prior's error is each coin's own; where τ = 0 it is that
    of the one mean they all take, and they share it.
    """
    count = beta.shape[1]
    stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0)).reshape(beta.shape)
    k = np.ones_like(beta)
    k[rows] = weight(stderr[rows], prior)
    moved = beta.copy()
    moved[rows] = k[rows] * beta[rows] + (1.0 - k[rows]) * prior.mean
    flat = k.reshape(-1)
    joint = covariance * flat[:, None] * flat[None, :]
    joint[np.diag_indices(len(flat))] += ((1.0 - k) * prior.tau).reshape(-1) ** 2
    if prior.mean_error is not None:
        taken = (1.0 - k) * np.where(prior.tau > 0, 0.0, prior.mean_error)
        for factor in range(count):
            joint[factor::count, factor::count] += np.outer(taken[:, factor], taken[:, factor])
    return moved.reshape(-1, count), joint


@dataclass(frozen=True, slots=True)
class Shrink:
    """`inner`, shrunk to `prior`, or to the cross-section of the assets it is fitted on.

    Only assets with 60 returns or more make the cross-section, at least 3 of them; without one nothing is shrunk.
    """

    inner: Estimator
    prior: Prior | None = None

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return f"shrink({self.inner.spec})"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the posterior betas with their joint covariance."""
        fit = self.inner.fit(y, x)
        prior = self.prior or self._prior(fit.beta, fit.stderr, fit.n)
        rows = np.flatnonzero(np.isfinite(fit.beta).all(axis=1))
        if prior is None or not len(rows):
            return fit
        beta, covariance = posterior(fit.beta, fit.covariance, prior, rows)
        stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0)).reshape(beta.shape)
        return replace(fit, beta=beta, covariance=covariance, stderr=stderr)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the posterior betas at every row, each from the cross-section known by then."""
        path = self.inner.path(y, x)
        beta, stderr = path.beta.copy(), path.stderr.copy()
        for t in range(len(y)):
            prior = self.prior or self._prior(beta[t], stderr[t], path.n[t])
            if prior is not None:
                beta[t], stderr[t] = vasicek(beta[t], stderr[t], prior)
        return BetaPath(beta, stderr, path.n)

    @staticmethod
    def _prior(beta: FloatArray, stderr: FloatArray, n: IntArray) -> Prior | None:
        peers = (n >= _LEAST_RETURNS) & np.isfinite(beta).all(axis=1) & np.isfinite(stderr).all(axis=1)
        return cross_section_prior(beta[peers], stderr[peers]) if peers.sum() >= 3 else None
