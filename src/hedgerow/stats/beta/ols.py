"""E1: ordinary least squares with an intercept, on the last W returns."""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.regression import beta_fit, fit_lines, own_factors, usable_rows

__all__ = ["Ols"]

_LEAST = 3


@dataclass(frozen=True, slots=True)
class Ols:
    """β = Σ(x−x̄)(y−ȳ)/Σ(x−x̄)² over `window` returns (None: all), for any number of factors (E1, E14, TV04)."""

    window: int | None = None
    errors: Errors = "ols"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return "ols" if self.window is None else f"ols:{self.window}"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return betas with classical errors, or HAC or sandwich ones."""
        c = usable_rows(y, x, self.window).astype(float)
        return beta_fit(fit_lines(y, own_factors(y, x), c), c, _LEAST, self.errors, y)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return path_by_fits(self, y, x, self.window)
