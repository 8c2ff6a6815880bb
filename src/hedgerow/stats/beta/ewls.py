"""E2: least squares with exponential weights, half as much for every half-life back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.regression import beta_fit, fit_lines, own_factors, usable_rows

__all__ = ["Ewls", "decay"]

_LEAST = 3


def decay(used: BoolArray, half_life: float | None) -> FloatArray:
    """Return (T, N) weights 0.5^(age/half-life), age counted in an asset's own usable returns; 1 without one."""
    if half_life is None:
        return used.astype(float)
    age = np.cumsum(used[::-1], axis=0)[::-1] - 1
    return np.where(used, 0.5 ** (np.maximum(age, 0) / half_life), 0.0)


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
        return f"ewls:{self.half_life:g}" + ("" if self.window is None else f":{self.window}")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return betas with their errors."""
        c = decay(usable_rows(y, x, self.window), self.half_life)
        return beta_fit(fit_lines(y, own_factors(y, x), c), c, _LEAST, self.errors, y)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return path_by_fits(self, y, x, self.window)
