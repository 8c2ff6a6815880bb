"""E8: Huber's M-estimator on exponential weights; the default of Hedgerow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.ewls import decay
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.regression import Lines, beta_fit, fit_lines, own_factors, usable_rows

__all__ = ["Huber"]

_LEAST = 3
_NORMAL_MEDIAN = 0.6744897501960817
_TOLERANCE = 1e-13
_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Huber:
    """Iteratively reweighted: c = w·min(1, k·s/|u|), s = median|u|/Φ⁻¹(0.75), to a fixed point (E8, TV08, TV48).

    Residuals are not centred, the scale is unweighted, the intercept included. `half_life` None weighs all returns
    alike. Errors: the sandwich. An asset whose residuals are mostly zero keeps its least-squares line.
    """

    half_life: float | None = None
    window: int | None = None
    k: float = 1.345
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        if self.half_life is None:
            return "huber" if self.window is None else f"huber:inf:{self.window}"
        return f"huber:{self.half_life:g}" + ("" if self.window is None else f":{self.window}")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return betas with their errors."""
        used = usable_rows(y, x, self.window)
        keep = slice(int(used.any(axis=1).argmax()) if used.any() else 0, None)
        factors, w = own_factors(y, x)[keep], decay(used, self.half_life)[keep]
        lines, c = _reweighted(y[keep], factors, w, self.k)
        fitted = beta_fit(lines, c, _LEAST, self.errors, y[keep])
        residuals = np.full(y.shape, np.nan)
        residuals[keep] = fitted.residuals
        return BetaFit(
            fitted.beta,
            fitted.stderr,
            fitted.alpha,
            fitted.r2,
            fitted.n,
            fitted.n_eff,
            residuals,
            fitted.covariance,
            fitted.resid_vol,
        )

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row."""
        return path_by_fits(self, y, x, self.window)


def _reweighted(y: FloatArray, x: FloatArray, w: FloatArray, k: float) -> tuple[Lines, FloatArray]:
    used = w > 0
    lines, c = fit_lines(y, x, w), w
    for _ in range(_ROUNDS):
        size = np.abs(lines.residuals)
        scale = _median(size, used) / _NORMAL_MEDIAN
        with np.errstate(divide="ignore", invalid="ignore"):
            shrink = np.where((size > k * scale) & (scale > _TOLERANCE), k * scale / size, 1.0)
        c = w * shrink
        before, lines = lines.beta, fit_lines(y, x, c)
        moved = np.abs(lines.beta - before)
        if not np.any(moved > _TOLERANCE * (1.0 + np.abs(before))):
            break
    return lines, c


def _median(size: FloatArray, used: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
    """Median over each asset's used rows; 0 where there are none."""
    count = used.sum(axis=0)
    ordered = np.sort(np.where(used, size, np.inf), axis=0)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(size) - 1)
    columns = np.arange(size.shape[1])
    middle = 0.5 * (ordered[low, columns] + ordered[high, columns])
    return np.where(count > 0, middle, 0.0)
