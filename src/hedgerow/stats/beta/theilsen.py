"""E9: the median of the slopes between all pairs of returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.regression import (
    LEAST,
    explained,
    joint_covariance,
    one_factor,
    own_factors,
    usable_rows,
)

__all__ = ["TheilSen"]


@dataclass(frozen=True, slots=True)
class TheilSen:
    """Median of pairwise slopes over the last `window` returns (None: all), intercept through the medians (TV08).

    One factor; no weights. The error is half of Sen's interval of one standard deviation, from Kendall's variance
    with its ties; the joint covariance spreads it over the rows by each one's part in the sign statistic. Work and
    memory grow with the square of the window.
    """

    window: int | None = None

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("theilsen", self.window)

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        own, used = own_factors(y, x)[:, :, 0], usable_rows(y, x, self.window)
        assets = y.shape[1]
        beta, alpha, stderr = (np.full(assets, np.nan) for _ in range(3))
        parts, u = np.zeros(y.shape), np.zeros(y.shape)
        for i in range(assets):
            rows = np.flatnonzero(used[:, i])
            if len(rows) < LEAST or np.ptp(own[rows, i]) == 0.0:
                continue
            f, r = own[rows, i], y[rows, i]
            beta[i], stderr[i] = _slope(r, f)
            alpha[i] = np.median(r) - beta[i] * np.median(f)
            u[rows, i] = r - alpha[i] - beta[i] * f
            parts[rows, i] = _parts(u[rows, i], f) * stderr[i]
        known = np.isfinite(beta)
        n = used.sum(axis=0).astype(np.int64)
        c = (used & known).astype(float)
        r2, vol = explained(y, u, c)
        covariance = np.where(known[:, None] & known[None, :], joint_covariance(parts, n, "sandwich"), np.nan)
        covariance[np.diag_indices(assets)] = stderr**2
        return BetaFit(
            beta=beta[:, None],
            stderr=stderr[:, None],
            alpha=alpha,
            r2=r2,
            n=n,
            n_eff=np.where(n > 0, n, np.nan),
            residuals=np.where(c > 0, u, np.nan),
            covariance=covariance,
            resid_vol=vol,
        )

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return path_by_fits(self, y, x)


def _slope(y: FloatArray, x: FloatArray) -> tuple[float, float]:
    """Return the median slope and half the width between the slopes one standard deviation of Kendall's S away."""
    i, j = np.triu_indices(len(y), 1)
    apart = x[j] != x[i]
    slopes = np.sort((y[j] - y[i])[apart] / (x[j] - x[i])[apart])
    n, pairs = len(y), len(slopes)
    tied = sum(_ties(v) for v in (x, y))
    deviation = np.sqrt(max(n * (n - 1) * (2 * n + 5) - tied, 0.0) / 18.0)
    upper = min(round((pairs + deviation) / 2.0), pairs - 1)
    lower = max(round((pairs - deviation) / 2.0) - 1, 0)
    return float(np.median(slopes)), float(slopes[upper] - slopes[lower]) / 2.0


def _ties(values: FloatArray) -> float:
    _, counts = np.unique(values, return_counts=True)
    return float(np.sum(counts * (counts - 1) * (2 * counts + 5)))


def _parts(u: FloatArray, x: FloatArray) -> FloatArray:
    """Return each row's part in Σ sign(x_i−x_j)·sign(u_i−u_j), scaled to unit length."""
    signs = np.sign(x[:, None] - x[None, :]) * np.sign(u[:, None] - u[None, :])
    pulls: FloatArray = signs.sum(axis=1)
    length = float(np.sqrt(pulls @ pulls))
    return pulls / length if length > 0 else np.full(len(u), 1.0 / np.sqrt(len(u)))
