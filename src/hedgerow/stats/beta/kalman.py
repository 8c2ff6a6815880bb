"""E10: a beta that walks at random, followed by the Kalman filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.beta.estimator import BetaFit, BetaPath
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.regression import LEAST, explained, one_factor, own_factors, usable_rows

__all__ = ["Filtered", "Kalman", "kalman_filter", "kalman_mle", "learning_rows"]

Loglik = Callable[[FloatArray, FloatArray, float, float, float, float], float]
_LEAST_TO_LEARN = 30
_DIFFUSE = 1e8  # first variance of beta in R/mean x²: its mean then weighs 1e-8 of one return
_STILL = 1e-12
_EXACT = 1e-6
_SIGNALS = (np.log(1e-8), 0.0)
_STEPS = 16
_GRAIN = 0.01


@dataclass(frozen=True, slots=True)
class Filtered:
    """`beta` and `variance` after each row, `innovations` y − x·β of the row before and their `spread`, all (T, N).

    Innovations are 0 on rows without data. `loglik` (N,) is Gaussian with all its terms.
    """

    beta: FloatArray
    variance: FloatArray
    innovations: FloatArray
    spread: FloatArray
    loglik: FloatArray


def kalman_filter(
    y: FloatArray, x: FloatArray, q: FloatArray, r: FloatArray, b0: float, p0: FloatArray | float
) -> Filtered:
    """Filter y = x·β + ε, ε ~ N(0, r), β a random walk with steps N(0, q), β₀ ~ N(b0, p0) (E10, TV09).

    `y` and `x` (T, N), `q` and `r` (N,). q comes before every update, the first included; rows with NaN let time
    pass without news, before the first usable row none does. No intercept.
    """
    used = np.isfinite(y) & np.isfinite(x)
    y0, x0 = np.where(used, y, 0.0), np.where(used, x, 0.0)
    begun = np.cumsum(used, axis=0) > 0
    b, p = np.full(y.shape[1], b0), np.zeros(y.shape[1]) + p0
    beta, variance, innovations, spread = (np.empty(y.shape) for _ in range(4))
    for t in range(len(y)):
        p = p + np.where(begun[t], q, 0.0)
        s = x0[t] ** 2 * p + r
        v = y0[t] - x0[t] * b
        b, p = b + p * x0[t] / s * v, p * (r / s)
        beta[t], variance[t], innovations[t], spread[t] = b, p, v, s
    terms = np.where(used, np.log(2.0 * np.pi * spread) + innovations**2 / spread, 0.0)
    innovations[~used] = 0.0
    return Filtered(beta, variance, innovations, spread, -0.5 * terms.sum(axis=0))


def _plain_loglik(y: FloatArray, x: FloatArray, q: float, r: float, b0: float, p0: float) -> float:
    done = kalman_filter(y[:, None], x[:, None], np.array([q]), np.array([r]), b0, p0)
    return float(done.loglik[0])


def kalman_mle(
    y: FloatArray, x: FloatArray, b0: float = 1.0, p0: float = 1.0, *, loglik: Loglik = _plain_loglik
) -> tuple[float, float, float]:
    """Return Q, R and the log-likelihood at its maximum over (log Q, log R), of one series (T,) (E10, TV09b).

    `loglik` is what computes it: plain here, compiled in `stats.kernels.recursive`. Rows with NaN are left out. Raises `NotEnoughData` below 30 usable rows or if x or y is all 0.
    """
    from scipy.optimize import minimize

    used = np.isfinite(y) & np.isfinite(x)
    square = float(np.sum(x[used] ** 2))
    if used.sum() < _LEAST_TO_LEARN or square == 0.0 or not np.any(y[used]):
        raise NotEnoughData(
            "too few returns to learn how fast a beta moves", advice="Give Q and R: kalman:Q:R."
        )

    def loss(logs: FloatArray) -> float:
        q, r = np.exp(logs)
        return -loglik(y, x, float(q), float(r), b0, p0)

    noise = float(np.mean((y[used] - float(x[used] @ y[used]) / square * x[used]) ** 2))
    noise = max(noise, _EXACT**2 * float(np.mean(y[used] ** 2)))
    at = np.log([0.01 * noise * used.sum() / square, noise])
    climb: Any = {"xatol": 1e-4, "fatol": 1e-8, "maxiter": 2000}
    at = minimize(loss, at, method="Nelder-Mead", options=climb).x
    # once more from a small triangle: from a large one, rounding leads astray where the likelihood is flat
    climb = climb | {"xatol": 1e-7, "fatol": 1e-11, "initial_simplex": at + 1e-3 * np.eye(3, 2, -1)}
    at = minimize(loss, at, method="Nelder-Mead", options=climb).x
    return float(np.exp(at[0])), float(np.exp(at[1])), -loss(at)


def learning_rows(rows: int) -> int:
    """Return how much of a history parameters are learnt from: 30, 45, 68 … rows, the most that fit; 0 below 30."""
    known = 0
    size = float(_LEAST_TO_LEARN)
    while np.ceil(size) <= rows:
        known, size = int(np.ceil(size)), size * 1.5
    return known


@dataclass(frozen=True, slots=True)
class Kalman:
    """Beta today by a filter whose Q and R are given as `noise`, or learnt by maximum likelihood.

    Learnt is the signal-to-noise Q·mean(x²)/R, one for all assets (`pooled`, which overfits less) or of `each`, to
    the percent, on the first 30, 45, 68 … rows of the history, so that it rests in between; R is each asset's own,
    concentrated out. β₀ is 1 with a variance of 10⁸·R/mean(x²). No intercept, one factor, no window: all rows count.
    `n_eff` is the number of returns that would tell a constant beta as well; residuals are the filter's innovations.
    """

    pool: Literal["pooled", "each"] = "pooled"
    noise: tuple[float, float] | None = None

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        if self.noise is not None:
            return named("kalman", *self.noise)
        return "kalman" if self.pool == "pooled" else "kalman:each"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas after the last row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        f, used = own_factors(y, x)[:, :, 0], usable_rows(y, x, None)
        run = self._run(y, f, learning_rows(len(y)))
        return _fit(y, np.where(used, f, np.nan), run, self._scaled(run, f, used))

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row, by what was learnt until then. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        f, used = own_factors(y, x)[:, :, 0], usable_rows(y, x, None)
        beta, stderr = np.full((*y.shape, 1), np.nan), np.full((*y.shape, 1), np.nan)
        starts = [t for t in range(len(y)) if t == 0 or learning_rows(t + 1) != learning_rows(t)]
        for start, end in pairwise([*starts, len(y)]):
            run = self._run(y[:end], f[:end], learning_rows(start + 1))
            known, scale = self._scaled(run, f[:end], used[:end])
            beta[start:end, :, 0] = np.where(known, run.beta, np.nan)[start:]
            stderr[start:end, :, 0] = np.sqrt(np.where(known, run.variance * scale, np.nan))[start:]
        return BetaPath(beta, stderr, np.cumsum(used, axis=0).astype(np.int64))

    def _run(self, y: FloatArray, f: FloatArray, known: int) -> Filtered:
        """Filter all rows in units of R, by what the first `known` of them tell."""
        square = _mean_square(f[:known])
        if self.noise is None:
            q = _signal(y[:known], f[:known], square, together=self.pool == "pooled") / square
        else:
            q = np.full(y.shape[1], self.noise[0] / self.noise[1])
        return kalman_filter(y, f, q, np.ones(y.shape[1]), 1.0, _DIFFUSE / square)

    def _scaled(self, run: Filtered, f: FloatArray, used: BoolArray) -> tuple[BoolArray, FloatArray]:
        """Return after each row (T, N): whether there is a beta, and R."""
        n = np.cumsum(used, axis=0)
        high = np.maximum.accumulate(np.where(used, f, -np.inf), axis=0)
        low = np.minimum.accumulate(np.where(used, f, np.inf), axis=0)
        size = np.maximum.accumulate(np.where(used, np.abs(f), 0.0), axis=0)
        known = (n >= LEAST) & np.isfinite(run.beta)
        known &= np.where(known, high, 0.0) - np.where(known, low, 0.0) > _STILL * size
        if self.noise is not None:
            return known, np.full(n.shape, self.noise[1])
        scale: FloatArray = np.cumsum(run.innovations**2 / run.spread, axis=0) / np.maximum(n, 1)
        return known, scale


def _mean_square(f: FloatArray) -> FloatArray:
    """Return (N,) mean x²; an asset without any takes the mean of the others, NaN where nothing moves."""
    seen = np.isfinite(f)
    total, count = (np.where(seen, f, 0.0) ** 2).sum(axis=0), seen.sum(axis=0)
    own = np.divide(total, count, out=np.full(f.shape[1], np.nan), where=(count > 0) & (total > 0))
    some = np.isfinite(own)
    return np.where(count > 0, own, own[some].mean() if some.any() else np.nan)


def _signal(y: FloatArray, f: FloatArray, square: FloatArray, *, together: bool) -> FloatArray:
    """Return (N,) Q·mean(x²)/R of the greatest profile likelihood; an asset with under 30 rows takes the pooled one."""
    used = np.isfinite(y) & np.isfinite(f)
    n = used.sum(axis=0)
    fit = (n >= _LEAST_TO_LEARN) & np.isfinite(square)
    pooled = _greatest(y, f, square, fit, together=True)
    if together:
        return pooled
    each = _greatest(y, f, square, fit, together=False)
    return np.where(fit, each, pooled)


def _greatest(
    y: FloatArray, f: FloatArray, square: FloatArray, fit: BoolArray, *, together: bool
) -> FloatArray:
    """Search the logarithm of the signal on three grids, each inside the last one's best cell."""
    assets = y.shape[1]
    low, high = np.full(assets, _SIGNALS[0]), np.full(assets, _SIGNALS[1])
    if not fit.any():
        return np.asarray(np.exp(low))
    for _ in range(3):
        grid = low + (high - low) * np.linspace(0.0, 1.0, _STEPS + 1)[:, None]
        value = _profile(y, f, square, np.exp(grid))
        value = np.where(fit & np.isfinite(value).all(axis=0), value, 0.0)
        best = grid[value.sum(axis=1).argmax()] if together else grid[value.argmax(axis=0), np.arange(assets)]
        cell = (high - low) / _STEPS
        low, high = np.maximum(best - cell, _SIGNALS[0]), np.minimum(best + cell, _SIGNALS[1])
    return np.asarray(np.exp(np.round(best / _GRAIN) * _GRAIN))


def _profile(y: FloatArray, f: FloatArray, square: FloatArray, signal: FloatArray) -> FloatArray:
    """Return (G, N) log-likelihoods of `signal` (G, N) with R at its best; NaN where the factor explains all."""
    steps, assets = signal.shape
    over = np.tile(square, steps)
    run = kalman_filter(
        np.tile(y, (1, steps)),
        np.tile(f, (1, steps)),
        signal.reshape(-1) / over,
        np.ones(steps * assets),
        1.0,
        _DIFFUSE / over,
    )
    used = np.isfinite(y) & np.isfinite(f)
    n = used.sum(axis=0)
    left = (run.innovations**2 / run.spread).sum(axis=0).reshape(steps, assets)
    total = (np.where(used, y, 0.0) ** 2).sum(axis=0)
    logs = np.where(np.tile(used, (1, steps)), np.log(run.spread), 0.0).sum(axis=0).reshape(steps, assets)
    noisy = left > _EXACT * total
    return np.where(noisy, -0.5 * (n * np.log(np.where(noisy, left, 1.0)) + logs), np.nan)


def _fit(y: FloatArray, f: FloatArray, run: Filtered, after: tuple[BoolArray, FloatArray]) -> BetaFit:
    used = np.isfinite(f)
    n: IntArray = used.sum(axis=0).astype(np.int64)
    nothing = np.full((1, len(n)), np.nan)
    known, scale = (after[0][-1], after[1][-1]) if len(y) else (np.zeros(len(n), dtype=bool), nothing[0])
    beta, unit = (
        np.where(known, np.concatenate([nothing, part])[-1], np.nan) for part in (run.beta, run.variance)
    )
    deviation = np.sqrt(unit * scale)
    c = (used & known).astype(float)
    u = np.where(c > 0, run.innovations, 0.0)
    r2, vol = explained(y, u, c)
    return BetaFit(
        beta=beta[:, None],
        stderr=deviation[:, None],
        alpha=np.where(known, 0.0, np.nan),
        r2=np.where(known, r2, np.nan),
        n=n,
        n_eff=1.0 / (unit * _mean_square(f)),
        residuals=np.where(c > 0, u, np.nan),
        covariance=_alike(np.where(c > 0, u / np.sqrt(run.spread), 0.0)) * deviation[:, None] * deviation,
        resid_vol=np.where(known, vol, np.nan),
    )


def _alike(z: FloatArray) -> FloatArray:
    """Return (N, N) correlation of standardised innovations (T, N), those without any alike to nobody."""
    length = np.sqrt((z**2).sum(axis=0))
    unit = z / np.where(length > 0, length, 1.0)
    together: FloatArray = unit.T @ unit
    np.fill_diagonal(together, 1.0)
    return together
