"""The contract every beta estimator keeps: `fit` for a window, `path` for a history, equal at every prefix.

Arrays: `y` (T, N) simple returns of N assets, `x` (T, K) of K factors, or (T, N, K) where every asset has factor
returns of its own (over its own gaps). Rows are oldest first. NaN in a row drops that row for that asset alone;
nothing is ever filled. A window of W is the last W usable returns of each asset. Per bar, never annualised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = ["BetaFit", "BetaPath", "Errors", "Estimator"]

Errors = Literal["ols", "hac", "sandwich"]


@dataclass(frozen=True, slots=True)
class BetaFit:
    """Betas of one window: N assets, K factors, from T rows.

    `beta` and `stderr` (N, K), `alpha`, `r2`, `n_eff` and `resid_vol` (N,), `n` (N,) returns used, `residuals` (T, N)
    NaN on rows not used, `covariance` (N·K, N·K) joint over assets, asset-major, positive semidefinite, its
    diagonal the squared standard errors. All NaN where an asset has too few returns or a factor does not move.
    """

    beta: FloatArray
    stderr: FloatArray
    alpha: FloatArray
    r2: FloatArray
    n: IntArray
    n_eff: FloatArray
    residuals: FloatArray
    covariance: FloatArray
    resid_vol: FloatArray


@dataclass(frozen=True, slots=True)
class BetaPath:
    """Betas at every row: `beta`, `stderr` (T, N, K), `n` (T, N); row t from rows ≤ t, NaN before there is enough."""

    beta: FloatArray
    stderr: FloatArray
    n: IntArray


class Estimator(Protocol):
    """An estimator of betas: a frozen value that `spec` names and `estimator(spec)` makes again."""

    @property
    def spec(self) -> str:
        """The specification, as `--estimator` takes it."""

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window of `y` on `x`."""

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row, each as `fit` would give it for the rows up to there."""
