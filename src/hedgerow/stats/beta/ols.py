"""E1: ordinary least squares with an intercept, on the last W returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.regression import Lines, fit_by, fit_lines
from hedgerow.stats.beta.rolling import Weighing, rolling_path

__all__ = ["Ols", "returns_needed", "stderr_rule"]


@dataclass(frozen=True, slots=True)
class Ols:
    """β = Σ(x−x̄)(y−ȳ)/Σ(x−x̄)² over `window` returns (None: all), for any number of factors (E1, E14, TV04).

    Errors: classical with n−p degrees of freedom; `sandwich` is HC1, `hac` Newey–West, both times n/(n−p).
    """

    window: int | None = None
    errors: Errors = "ols"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("ols", self.window, errors=self.errors, usual="ols")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window."""
        return fit_by(_equal_weights, y, x, self.window, self.errors, corrected=True)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return rolling_path(_equal_weights, y, x, Weighing(self.window), self.errors, corrected=True)


def _equal_weights(y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
    c = used.astype(float)
    return fit_lines(y, x, c), c


def stderr_rule(beta: float, correlation: float, n: float) -> float:
    """Return how well n returns tell a beta: |β|·√((1−ρ²)/(ρ²(n−2))); NaN for n ≤ 2 or ρ = 0 (domain §2, TV47)."""
    if n <= 2 or correlation == 0.0:
        return float("nan")
    return float(abs(beta) * np.sqrt((1.0 - correlation**2) / (correlation**2 * (n - 2.0))))


def returns_needed(beta: float, correlation: float, stderr: float) -> float:
    """Return the returns it takes to know a beta to ± `stderr`, the inverse of `stderr_rule`; NaN as there (TV47)."""
    if stderr <= 0.0 or correlation == 0.0:
        return float("nan")
    return float(2.0 + (beta / stderr) ** 2 * (1.0 - correlation**2) / correlation**2)
