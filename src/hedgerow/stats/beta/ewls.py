"""E2: least squares with exponential weights, half as much for every half-life back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.regression import Lines, fit_by, fit_lines
from hedgerow.stats.beta.rolling import Weighing, rolling_path

__all__ = ["Ewls", "decay", "riskmetrics"]


def decay(used: BoolArray, half_life: float | None) -> FloatArray:
    """Return (T, N) weights 0.5^(age/half-life), age counted in an asset's own usable returns; 1 without one."""
    if half_life is None:
        return used.astype(float)
    age = np.cumsum(used[::-1], axis=0)[::-1] - 1
    return np.where(used, np.exp2(-np.maximum(age, 0) / half_life), 0.0)


@dataclass(frozen=True, slots=True)
class Ewls:
    """Weighted least squares, w ∝ 0.5^(age/`half_life`), over `window` returns (None: all). Errors: the sandwich.

    `n_eff` = (Σw)²/Σw² (E2, TV05).
    """

    half_life: float
    window: int | None = None
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("ewls", self.half_life, self.window, errors=self.errors, usual="sandwich")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window."""
        return fit_by(self._solve, y, x, self.window, self.errors)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return rolling_path(self._solve, y, x, Weighing(self.window, self.half_life), self.errors)

    def _solve(self, y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
        c = decay(used, self.half_life)
        return fit_lines(y, x, c), c


def riskmetrics(y: FloatArray, x: FloatArray, lam: float = 0.94) -> FloatArray:
    """Return (N,) Σcov/Σvar by RiskMetrics' recursion s ← λs + (1−λ)·product, s₀ the first product, no means (TV05).

    `y` (T, N) on one factor `x` (T,); rows with NaN are dropped for that asset, NaN where x does not move.
    """
    used = np.isfinite(y) & np.isfinite(x)[:, None]
    nth = np.cumsum(used, axis=0)
    age = nth[-1] - nth
    w = np.where(used, lam**age * np.where(nth == 1, 1.0, 1.0 - lam), 0.0)
    cross = (w * np.where(used, y * x[:, None], 0.0)).sum(axis=0)
    square = (w * np.where(used, (x**2)[:, None], 0.0)).sum(axis=0)
    return np.asarray(np.divide(cross, square, out=np.full(y.shape[1], np.nan), where=square > 0))
