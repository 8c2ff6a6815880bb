"""Weighted least squares of many assets at once, with their joint covariance: the engine of E1, E2, E7, E8, E13, E14.

Every asset has its own weights `c` (T, N), 0 on rows that do not count. Regressors are centred by their weighted
means, so that the intercept drops out and nothing is lost to its scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, check_shape
from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.estimator import BetaFit, Errors

__all__ = [
    "LEAST",
    "Lines",
    "Solve",
    "beta_fit",
    "enough",
    "explained",
    "fit_by",
    "fit_lines",
    "influence",
    "joint_covariance",
    "lag_length",
    "moves",
    "one_factor",
    "own_factors",
    "slope_errors",
    "usable_rows",
]

LEAST = 3
_FLAT = 1e-24  # a variance this small beside the mean square is rounding: the series does not move
_COLLINEAR = 1e12
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class Lines:
    """Fitted lines of N assets on K factors over T rows.

    Slopes `beta` (N, K), `alpha` (N,), `residuals` (T, N) zero on unused rows, `centred` x (T, N, K), `bread`
    (N, K, K), the inverse of Σ c x x'; `parameters` fitted per asset.
    """

    beta: FloatArray
    alpha: FloatArray
    residuals: FloatArray
    centred: FloatArray
    bread: FloatArray
    parameters: int


Solve = Callable[[FloatArray, FloatArray, BoolArray], tuple[Lines, FloatArray]]
"""From y (T, N), x (T, N, K) and the used rows (T, N) to lines and the weights (T, N) they were fitted with."""


def own_factors(y: FloatArray, x: FloatArray) -> FloatArray:
    """Return `x` as (T, N, K), a view where all assets share their factors. Raises `BrokenPromise` on other shapes."""
    check_shape("y", y, (None, None))
    shared = (len(y), None) if x.ndim == 2 else (len(y), y.shape[1], None)
    check_shape("x", x, shared)
    return x if x.ndim == 3 else np.broadcast_to(x[:, None, :], (len(x), y.shape[1], x.shape[1]))


def usable_rows(y: FloatArray, x: FloatArray, window: int | None) -> BoolArray:
    """Return (T, N): rows with neither NaN nor infinity, the last `window` of each asset."""
    used: BoolArray = np.isfinite(y) & np.isfinite(own_factors(y, x)).all(axis=2)
    if window is not None:
        left = np.cumsum(used[::-1], axis=0)[::-1]
        used &= left <= window
    return used


def one_factor(x: FloatArray, name: str) -> None:
    """Raise `UsageError` for more than one factor, where an estimator has no meaning for them."""
    if x.shape[-1] > 1:
        raise UsageError(
            f"{name} knows one factor, not {x.shape[-1]}",
            advice="Give one --factor, or --estimator ols, ewls or huber for several.",
        )


def fit_lines(y: FloatArray, x: FloatArray, c: FloatArray, *, centred: bool = True) -> Lines:
    """Return the least-squares lines of `y` (T, N) on `x` (T, N, K) with weights `c` (T, N); not centred: through 0.

    Slopes are NaN for an asset whose factors do not span K dimensions, whatever their scale.
    """
    total, used = c.sum(axis=0), c > 0
    safe = np.where(total > 0, total, 1.0)
    dy, dx = np.where(used, y, 0.0), np.where(used[..., None], x, 0.0)
    raw = np.einsum("tn,tni->ni", c, dx**2)
    mean_y, mean_x = np.zeros_like(total), np.zeros_like(raw)
    if centred:
        mean_y, mean_x = (c * dy).sum(axis=0) / safe, (c[..., None] * dx).sum(axis=0) / safe[:, None]
        dy, dx = np.where(used, dy - mean_y, 0.0), np.where(used[..., None], dx - mean_x, 0.0)
    weighted = c[..., None] * dx
    bread = _inverse(np.einsum("tni,tnj->nij", weighted, dx), raw)
    beta = np.einsum("nij,nj->ni", bread, np.einsum("tni,tn->ni", weighted, dy))
    alpha = mean_y - np.einsum("ni,ni->n", beta, mean_x)
    residuals = np.where(used, dy - np.einsum("tni,ni->tn", dx, beta), 0.0)
    return Lines(beta, alpha, residuals, dx, bread, x.shape[2] + int(centred))


def _inverse(gram: FloatArray, raw: FloatArray) -> FloatArray:
    """Invert each (K, K) Gram matrix; NaN where it is singular to working precision beside the mean squares `raw`."""
    size = np.einsum("nii->ni", gram)
    scale = np.sqrt(np.where(size > _FLAT * raw, size, np.nan))
    scaled = gram / (scale[:, :, None] * scale[:, None, :])
    whole = np.isfinite(scaled).all(axis=(1, 2))
    inverse = np.full_like(gram, np.nan)
    if whole.any():
        inner = scaled[whole]
        good = np.linalg.cond(inner) < _COLLINEAR
        solved = np.full_like(inner, np.nan)
        solved[good] = np.linalg.inv(inner[good])
        inverse[whole] = solved / (scale[whole][:, :, None] * scale[whole][:, None, :])
    return inverse


def moves(x: FloatArray, used: BoolArray) -> BoolArray:
    """Return (N,) whether one factor (T, N) takes more than one value on the used rows, beyond rounding."""
    high = np.where(used, x, -np.inf).max(axis=0, initial=-np.inf)
    low = np.where(used, x, np.inf).min(axis=0, initial=np.inf)
    size = np.where(used, np.abs(x), 0.0).max(axis=0, initial=0.0)
    some = used.any(axis=0)
    return np.asarray(np.where(some, high, 0.0) - np.where(some, low, 0.0) > _STILL * size)


def influence(lines: Lines, c: FloatArray) -> FloatArray:
    """Return (T, N·K): what every row adds to each slope beyond its expectation, asset-major, NaN slopes as 0."""
    psi = np.einsum("tni,nij->tnj", (c * lines.residuals)[..., None] * lines.centred, lines.bread)
    flat: FloatArray = np.nan_to_num(psi).reshape(len(c), lines.beta.size)
    return flat


def lag_length(n: int) -> int:
    """Return the Newey–West bandwidth ⌊4(n/100)^(2/9)⌋, below n (E1s)."""
    return min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1) if n > 0 else 0


def slope_errors(lines: Lines, c: FloatArray, errors: Errors, *, corrected: bool = False) -> FloatArray:
    """Return (N, K) standard errors alone, those of `beta_fit`, without the work of the joint covariance."""
    n = (c > 0).sum(axis=0).astype(np.int64)
    freedom = np.maximum(n - lines.parameters, 1)
    if errors == "ols":
        square = (c * lines.residuals**2).sum(axis=0) / freedom
        return np.asarray(np.sqrt(square[:, None] * np.einsum("nkk->nk", lines.bread)))
    psi = influence(lines, c)
    if errors == "hac" or corrected:
        psi *= np.repeat(np.sqrt(n / freedom), lines.beta.shape[1])
    sums = _bartlett(psi, np.repeat(n, lines.beta.shape[1])) if errors == "hac" else psi
    spread = np.sqrt((sums**2).sum(axis=0)).reshape(lines.beta.shape)
    return np.where(np.isfinite(lines.beta), spread, np.nan)


def joint_covariance(psi: FloatArray, n: IntArray, errors: Errors) -> FloatArray:
    """Return (M, M) Σ ψψ' of influences (T, M) with `n` (M,) rows each: the sandwich, or HAC by Bartlett's kernel.

    HAC sums each series over its own L+1 neighbouring rows first: the products of such sums are Bartlett's weights,
    positive semidefinite also where assets differ in L, and an asset's own error does not depend on its company.
    """
    sums = _bartlett(psi, n) if errors == "hac" else psi
    return np.asarray(sums.T @ sums)


def _bartlett(psi: FloatArray, n: IntArray) -> FloatArray:
    """Return (T+L, M) sums of L+1 neighbouring rows over √(L+1), L by each column's own `n`, middle on middle."""
    lags = np.array([lag_length(int(k)) for k in n], dtype=np.int64)
    widest = int(lags.max(initial=0))
    sums = np.zeros((len(psi) + widest, psi.shape[1]))
    for lag in range(widest + 1):
        start = (widest - lags) // 2
        for first in np.unique(start[lags >= lag]):
            columns = (start == first) & (lags >= lag)
            sums[first + lag : first + lag + len(psi), columns] += psi[:, columns]
    return np.asarray(sums / np.sqrt(lags + 1.0))


def _classical(lines: Lines, c: FloatArray, n: IntArray) -> FloatArray:
    """Return [u_i·u_j/√((n_i−p)(n_j−p))]·A_i(Σ x x')A_j' over the rows both have (TV32)."""
    root = np.sqrt(c)
    u = root * lines.residuals / np.sqrt(np.maximum(n - lines.parameters, 1).astype(float))
    factors = lines.beta.shape[1]
    scored = np.einsum("tni,nij->tnj", root[..., None] * lines.centred, lines.bread)
    flat = np.nan_to_num(scored).reshape(len(c), lines.beta.size)
    between = np.repeat(np.repeat(u.T @ u, factors, axis=0), factors, axis=1)
    return np.asarray(between * (flat.T @ flat))


def enough(lines: Lines, n: IntArray) -> BoolArray:
    """Return (N,) whether `n` returns are enough for a beta with an error, and the factors move."""
    return np.asarray((n > max(lines.parameters, LEAST - 1)) & np.isfinite(lines.beta).all(axis=1))


def beta_fit(
    lines: Lines, c: FloatArray, y: FloatArray, errors: Errors, *, corrected: bool = False
) -> BetaFit:
    """Return the fit with its errors: classical, sandwich of the weighted scores, or HAC (Newey–West, E1s).

    HAC, and the sandwich where `corrected` (HC1), carry n/(n−p). Assets with too few rows for an error are NaN.
    """
    used, factors = c > 0, lines.beta.shape[1]
    n = used.sum(axis=0).astype(np.int64)
    known = enough(lines, n)
    if errors == "ols":
        covariance = _classical(lines, c, n)
    else:
        psi = influence(lines, c)
        if errors == "hac" or corrected:
            psi *= np.repeat(np.sqrt(n / np.maximum(n - lines.parameters, 1)), factors)
        covariance = joint_covariance(psi, np.repeat(n, factors), errors)
    flat = np.repeat(known, factors)
    covariance = np.where(flat[:, None] & flat[None, :], covariance, np.nan)
    beta = np.where(known[:, None], lines.beta, np.nan)
    total, squared = c.sum(axis=0), (c * c).sum(axis=0)
    r2, vol = explained(y, lines.residuals, c)
    return BetaFit(
        beta=beta,
        stderr=np.sqrt(np.diag(covariance)).reshape(beta.shape),
        alpha=np.where(known, lines.alpha, np.nan),
        r2=np.where(known, r2, np.nan),
        n=n,
        n_eff=np.divide(total**2, squared, out=np.full(len(n), np.nan), where=squared > 0),
        residuals=np.where(used & known, lines.residuals, np.nan),
        covariance=covariance,
        resid_vol=np.where(known, vol, np.nan),
    )


def explained(y: FloatArray, residuals: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (N,) R² around the weighted mean, NaN where y does not move, and the weighted residual deviation."""
    used, total = c > 0, c.sum(axis=0)
    y0 = np.where(used, y, 0.0)
    safe = np.where(total > 0, total, np.nan)
    around = (c * np.where(used, y0 - (c * y0).sum(axis=0) / safe, 0.0) ** 2).sum(axis=0)
    left = (c * residuals**2).sum(axis=0)
    moves = around > _FLAT * (c * y0**2).sum(axis=0)
    r2 = 1.0 - np.divide(left, around, out=np.full(len(total), np.nan), where=moves)
    return r2, np.sqrt(left / safe)


def fit_by(
    solve: Solve, y: FloatArray, x: FloatArray, window: int | None, errors: Errors, *, corrected: bool = False
) -> BetaFit:
    """Return the fit of lines that `solve` draws through the last `window` usable rows of each asset."""
    used = usable_rows(y, x, window)
    first = int(used.any(axis=1).argmax()) if used.any() else 0
    lines, c = solve(y[first:], own_factors(y, x)[first:], used[first:])
    fit = beta_fit(lines, c, y[first:], errors, corrected=corrected)
    if not first:
        return fit
    residuals = np.full(y.shape, np.nan)
    residuals[first:] = fit.residuals
    return replace(fit, residuals=residuals)
