"""E3: Blume's and Bloomberg's adjustment towards 1, the equity market's prior. Wrong for coins, whose mean is near 1.4."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Estimator
from hedgerow.stats.beta.regression import one_factor

__all__ = ["Adjusted"]

_LINES = {"blume": (0.371, 0.635), "bloomberg": (0.33, 0.67)}


@dataclass(frozen=True, slots=True)
class Adjusted:
    """a + b·β of `inner`, 0.371 + 0.635β (`blume`, 1971) or 0.33 + 0.67β (`bloomberg`); errors times b (TV06).

    One factor. Intercept, residuals and R² stay those of `inner`.
    """

    inner: Estimator
    kind: Literal["blume", "bloomberg"] = "blume"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return f"{self.kind}({self.inner.spec})"

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the adjusted betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        a, b = _LINES[self.kind]
        fit = self.inner.fit(y, x)
        return replace(fit, beta=a + b * fit.beta, stderr=b * fit.stderr, covariance=b * b * fit.covariance)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the adjusted betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        a, b = _LINES[self.kind]
        path = self.inner.path(y, x)
        return BetaPath(a + b * path.beta, b * path.stderr, path.n)
