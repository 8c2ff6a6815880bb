"""Weighted least squares of many assets at once, with their joint covariance: the engine of E1, E2, E8, E14.

Every asset has its own weights `c` (T, N), 0 on rows that do not count. Regressors are centred by their weighted
means, so that the intercept drops out and nothing is lost to its scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, Errors

__all__ = ["Lines", "beta_fit", "fit_lines", "own_factors", "usable_rows"]

_LEAST_SPREAD = 1e-20


@dataclass(frozen=True, slots=True)
class Lines:
    """Fitted lines: slopes (N, K), intercepts (N,), residuals (T, N) on all rows, centred x (T, N, K), bread (N, K, K)."""

    beta: FloatArray
    alpha: FloatArray
    residuals: FloatArray
    centred: FloatArray
    bread: FloatArray


def own_factors(y: FloatArray, x: FloatArray) -> FloatArray:
    """Return `x` as (T, N, K), a view where all assets share their factors."""
    return x if x.ndim == 3 else np.broadcast_to(x[:, None, :], (len(x), y.shape[1], x.shape[1]))


def usable_rows(y: FloatArray, x: FloatArray, window: int | None) -> BoolArray:
    """Return (T, N): rows with neither NaN nor infinity, the last `window` of each asset."""
    used = np.isfinite(y) & np.isfinite(own_factors(y, x)).all(axis=2)
    if window is not None:
        left = np.cumsum(used[::-1], axis=0)[::-1]
        used &= left <= window
    return used


def fit_lines(y: FloatArray, x: FloatArray, c: FloatArray) -> Lines:
    """Return the weighted least-squares lines of `y` (T, N) on `x` (T, N, K) with weights `c` (T, N).

    Slopes are NaN for an asset whose factors do not span K dimensions.
    """
    total = c.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    used = c > 0
    y0, x0 = np.where(used, y, 0.0), np.where(used[..., None], x, 0.0)
    mean_y, mean_x = (c * y0).sum(axis=0) / safe, (c[..., None] * x0).sum(axis=0) / safe[:, None]
    dy, dx = np.where(used, y0 - mean_y, 0.0), np.where(used[..., None], x0 - mean_x, 0.0)
    gram = np.einsum("tn,tni,tnj->nij", c, dx, dx)
    cross = np.einsum("tn,tni,tn->ni", c, dx, dy)
    bread = _inverse(gram)
    beta = np.einsum("nij,nj->ni", bread, cross)
    alpha = mean_y - np.einsum("ni,ni->n", beta, mean_x)
    residuals = np.where(used, dy - np.einsum("tni,ni->tn", dx, beta), 0.0)
    return Lines(beta, alpha, residuals, dx, bread)


def _inverse(gram: FloatArray) -> FloatArray:
    """Invert each (K, K) Gram matrix; NaN where it is singular to working precision."""
    size = np.einsum("nii->ni", gram)
    scale = np.sqrt(np.where(size > _LEAST_SPREAD, size, np.nan))
    scaled = gram / (scale[:, :, None] * scale[:, None, :])
    whole = np.isfinite(scaled).all(axis=(1, 2))
    inverse = np.full_like(gram, np.nan)
    if whole.any():
        inner = scaled[whole]
        good = np.linalg.cond(inner) < 1e12
        solved = np.full_like(inner, np.nan)
        solved[good] = np.linalg.inv(inner[good])
        inverse[whole] = solved / (scale[whole][:, :, None] * scale[whole][:, None, :])
    return inverse


def beta_fit(lines: Lines, c: FloatArray, least: int, errors: Errors, y: FloatArray) -> BetaFit:
    """Return the fit with its errors: classical, sandwich (HC0 of the weighted scores) or HAC (Newey–West, E1s).

    Classical joint covariance: [u_i·u_j/√((n_i−p)(n_j−p))]·A_i(Σ x x')A_j' over the rows both have (TV32); the
    others from the influence of each row. Assets with fewer than `least` rows are NaN.
    """
    used = c > 0
    n = used.sum(axis=0).astype(np.int64)
    parameters = lines.beta.shape[1] + 1
    known = (n >= max(least, parameters + 1)) & np.isfinite(lines.beta).all(axis=1)
    covariance = (
        _classical(lines, c, n, parameters) if errors == "ols" else _robust(lines, c, n, parameters, errors)
    )
    beta = np.where(known[:, None], lines.beta, np.nan)
    flat = np.repeat(known, lines.beta.shape[1])
    covariance = np.where(flat[:, None] & flat[None, :], covariance, np.nan)
    stderr = np.sqrt(np.maximum(np.diag(covariance), 0.0)).reshape(beta.shape)
    total, squared = c.sum(axis=0), (c * c).sum(axis=0)
    spread = (c * lines.residuals**2).sum(axis=0)
    mean_y = np.divide(
        (c * np.where(used, y, 0.0)).sum(axis=0), total, out=np.zeros_like(total), where=total > 0
    )
    around = (c * np.where(used, y - mean_y, 0.0) ** 2).sum(axis=0)
    nothing = np.full(len(n), np.nan)
    return BetaFit(
        beta=beta,
        stderr=stderr,
        alpha=np.where(known, lines.alpha, np.nan),
        r2=np.where(known, 1.0 - np.divide(spread, around, out=nothing.copy(), where=around > 0), np.nan),
        n=n,
        n_eff=np.divide(total**2, squared, out=nothing.copy(), where=squared > 0),
        residuals=np.where(used & known, lines.residuals, np.nan),
        covariance=covariance,
        resid_vol=np.where(
            known, np.sqrt(np.divide(spread, total, out=nothing.copy(), where=total > 0)), np.nan
        ),
    )


def _classical(
    lines: Lines, c: FloatArray, n: np.ndarray[tuple[int, ...], np.dtype[np.int64]], parameters: int
) -> FloatArray:
    root = np.sqrt(c)
    freedom = np.sqrt(np.maximum(n - parameters, 1).astype(float))
    u = root * lines.residuals / freedom
    assets, factors = lines.beta.shape
    scored = np.einsum("tn,tni,nij->tnj", root, lines.centred, lines.bread).reshape(len(c), assets * factors)
    between = np.repeat(np.repeat(u.T @ u, factors, axis=0), factors, axis=1)
    joint: FloatArray = between * (np.nan_to_num(scored).T @ np.nan_to_num(scored))
    return joint


def _robust(
    lines: Lines,
    c: FloatArray,
    n: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    parameters: int,
    errors: Errors,
) -> FloatArray:
    assets, factors = lines.beta.shape
    psi = np.einsum("tn,tni,nij->tnj", c * lines.residuals, lines.centred, lines.bread)
    flat = np.nan_to_num(psi).reshape(len(c), assets * factors)
    joint: FloatArray = flat.T @ flat
    if errors == "hac":
        longest = int(n.max(initial=0))
        lags = int(4 * (longest / 100.0) ** (2.0 / 9.0)) if longest else 0
        for lag in range(1, lags + 1):
            crossed = flat[lag:].T @ flat[:-lag]
            joint += (1.0 - lag / (lags + 1.0)) * (crossed + crossed.T)
        correction = np.sqrt(np.repeat(n / np.maximum(n - parameters, 1), factors))
        joint = joint * correction[:, None] * correction[None, :]
    return joint
