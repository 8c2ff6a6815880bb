"""E5 and E6: betas to a factor that does not move at the same instant: Dimson's lags, Scholes–Williams' lag and lead."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors, Estimator
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.regression import (
    LEAST,
    explained,
    fit_lines,
    influence,
    joint_covariance,
    one_factor,
    own_factors,
    usable_rows,
)

__all__ = ["Dimson", "ScholesWilliams", "shifted"]


def shifted(y: FloatArray, x: FloatArray, by: int) -> FloatArray:
    """Return `x` of `by` rows earlier (negative: later), NaN where there is none, in the shape of `x`.

    Shared factors (T, K) move by rows. An asset's own (T, N, K) move by its own usable rows: before a return over a
    gap comes the return that ended where the gap began.
    """
    moved = np.full(x.shape, np.nan)
    if x.ndim == 2:
        if by == 0:
            return x.copy()
        target, source = (
            (slice(by, None), slice(None, -by)) if by > 0 else (slice(None, by), slice(-by, None))
        )
        moved[target] = x[source]
        return moved
    used = usable_rows(y, x, None)
    for i in range(y.shape[1]):
        at = np.flatnonzero(used[:, i])
        to, come_from = (at[by:], at[: max(len(at) - by, 0)]) if by >= 0 else (at[:by], at[-by:])
        moved[to, i] = x[come_from, i]
    return moved


@dataclass(frozen=True, slots=True)
class Dimson:
    """The sum of an asset's betas to the factor now and `lags` bars back, as `inner` estimates them (E6, TV07).

    Lags only: a lead is not known yet when the hedge is placed. Fitted on x_t and the differences x_{t−k}−x_t, whose
    first slope is that sum, so that its error and joint covariance come out of the regression itself.
    """

    lags: int
    inner: Estimator

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return f"dimson:{self.lags}({self.inner.spec})"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the summed betas of the last window. Raises `UsageError` where `inner` knows one factor only."""
        k = x.shape[-1]
        fit = self.inner.fit(y, self._columns(y, x))
        columns = fit.beta.shape[1]
        kept = (np.arange(len(fit.beta))[:, None] * columns + np.arange(k)).reshape(-1)
        return replace(
            fit, beta=fit.beta[:, :k], stderr=fit.stderr[:, :k], covariance=fit.covariance[np.ix_(kept, kept)]
        )

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the summed betas at every row."""
        k = x.shape[-1]
        path = self.inner.path(y, self._columns(y, x))
        return BetaPath(path.beta[:, :, :k], path.stderr[:, :, :k], path.n)

    def _columns(self, y: FloatArray, x: FloatArray) -> FloatArray:
        x = np.where(np.isfinite(x), x, np.nan)
        back = [shifted(y, x, lag) - x for lag in range(1, self.lags + 1)]
        return np.concatenate([x, *back], axis=-1)


@dataclass(frozen=True, slots=True)
class ScholesWilliams:
    """(β₋₁+β₀+β₊₁)/(1+2ρ₁) over `window` returns (None: all): slopes on the factor one bar back, now, ahead (E5, TV07).

    One factor. The slopes are of simple regressions on the rows that have all three; ρ₁ is the factor's first
    autocorrelation. The lead ends one row before the last, so no future is read. Errors, `sandwich` or `hac`, by the
    delta method, ρ₁'s included. Very noisy (domain §2.1); NaN where 1+2ρ₁ vanishes.
    """

    window: int | None = None
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("sw", self.window, errors=self.errors, usual="sandwich")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        used = usable_rows(y, x, self.window)
        begun = np.cumsum(used, axis=0) > 0
        f = np.where(begun, own_factors(y, x)[:, :, 0], np.nan)
        own = np.where(used, y, np.nan)
        back, ahead = (_beside(own, f, by, by_rows=x.ndim == 2) for by in (1, -1))
        c = (used & np.isfinite(back) & np.isfinite(ahead)).astype(float)
        lines = [fit_lines(y, g[:, :, None], c) for g in (back, f, ahead)]
        rho, swing = _autocorrelation(f, back, used & np.isfinite(back))
        parts = [influence(line, c) for line in lines]
        # The lead's part belongs to the row of its factor return: there it meets the same product in lag and rho.
        parts[2] = np.nan_to_num(_beside(own, parts[2], 1, by_rows=x.ndim == 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = sum(line.beta[:, 0] for line in lines) / (1.0 + 2.0 * rho)
            psi = (sum(parts) - 2.0 * beta * swing) / (1.0 + 2.0 * rho)
        return _assembled(y, f, c, beta, psi, self.errors)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return path_by_fits(self, y, x)


def _beside(y: FloatArray, series: FloatArray, by: int, *, by_rows: bool) -> FloatArray:
    """Return (T, N) `series` of `by` rows earlier, counted in rows of the panel or in an asset's own."""
    return shifted(y, series, by) if by_rows else shifted(y, series[:, :, None], by)[:, :, 0]


def _autocorrelation(f: FloatArray, back: FloatArray, used: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return (N,) Pearson correlations of f and f one bar back, and each row's influence on them (T, N)."""
    n = np.maximum(used.sum(axis=0), 1)
    scored = []
    for series in (f, back):
        around = np.where(used, series, 0.0)
        around = np.where(used, around - around.sum(axis=0) / n, 0.0)
        size = np.sqrt((around**2).sum(axis=0) / n)
        scored.append(np.divide(around, size, out=np.full(around.shape, np.nan), where=size > 0))
    product = scored[0] * scored[1]
    rho = product.sum(axis=0) / n
    return rho, (product - rho * (scored[0] ** 2 + scored[1] ** 2) / 2.0) / n


def _assembled(
    y: FloatArray, f: FloatArray, c: FloatArray, beta: FloatArray, psi: FloatArray, errors: Errors
) -> BetaFit:
    n: IntArray = c.sum(axis=0).astype(np.int64)
    known = np.isfinite(beta) & (n > LEAST)
    used = (c > 0) & known
    beta = np.where(known, beta, np.nan)
    y0, f0 = np.where(used, y, 0.0), np.where(used, f, 0.0)
    alpha = np.where(known, (y0 - np.where(known, beta, 0.0) * f0).sum(axis=0) / np.maximum(n, 1), np.nan)
    u = np.where(used, y0 - alpha - beta * f0, 0.0)
    psi = np.where(known, psi, 0.0)
    if errors == "hac":
        psi = psi * np.sqrt(n / np.maximum(n - LEAST - 1, 1))
    covariance = np.where(known[:, None] & known[None, :], joint_covariance(psi, n, errors), np.nan)
    r2, vol = explained(y, u, np.where(known, c, 0.0))
    return BetaFit(
        beta=beta[:, None],
        stderr=np.sqrt(np.diag(covariance))[:, None],
        alpha=alpha,
        r2=r2,
        n=n,
        n_eff=np.where(n > 0, n, np.nan),
        residuals=np.where(used, u, np.nan),
        covariance=covariance,
        resid_vol=vol,
    )
