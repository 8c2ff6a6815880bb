"""E13: Welch's slope-winsorised beta, plain (BSW) and with age decay (BSWA)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.ewls import decay
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by
from hedgerow.stats.beta.regression import Lines, explained, fit_by, fit_lines, one_factor, own_factors

__all__ = ["Welch", "winsorised"]

_DELTA = 3.0


def winsorised(y: FloatArray, x: FloatArray, delta: float = _DELTA) -> FloatArray:
    """Return `y` (T, N) between (1−Δ)x and (1+Δ)x of one factor (T, N), in whichever order; 0 where x is 0."""
    one, other = (1.0 - delta) * x, (1.0 + delta) * x
    return np.clip(y, np.minimum(one, other), np.maximum(one, other))


@dataclass(frozen=True, slots=True)
class Welch:
    """Least squares of y clipped to [−2x, 4x], over `window` returns, with exponential weights by `half_life` (TV12).

    One factor. Residuals, R² and their deviation are those of the return as it was, not as clipped; errors are the
    clipped regression's. Beta follows x and y scaled together, not one alone: the bounds lie around a beta of 1.
    """

    half_life: float | None = None
    window: int | None = None
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        if self.half_life is None:
            return named("welch", self.window, errors=self.errors, usual="sandwich")
        return named("bswa", self.half_life, self.window, errors=self.errors, usual="sandwich")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        fit = fit_by(self._solve, y, x, self.window, self.errors)
        used = np.isfinite(fit.residuals)
        own = np.where(used, own_factors(y, x)[:, :, 0], 0.0)
        u = np.where(used, np.where(used, y, 0.0) - fit.alpha - fit.beta[:, 0] * own, 0.0)
        r2, vol = explained(y, u, decay(used, self.half_life))
        return replace(fit, residuals=np.where(used, u, np.nan), r2=r2, resid_vol=vol)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return path_by(self._solve, y, x, self.window, self.errors)

    def _solve(self, y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
        c = decay(used, self.half_life)
        return fit_lines(winsorised(y, x[:, :, 0]), x, c), c
