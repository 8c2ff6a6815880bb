"""E12: Hayashi–Yoshida, the covariance of two series that were never observed at the same instants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, check_shape
from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by
from hedgerow.stats.beta.regression import Lines, fit_by, fit_lines, moves, one_factor

__all__ = ["HayashiYoshida", "Overlap", "hayashi_yoshida"]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Realised `covariance` of y and x, realised `variance` of x on its own stamps, and `beta`, their quotient."""

    covariance: float
    variance: float
    beta: float


def hayashi_yoshida(tx: FloatArray, px: FloatArray, ty: FloatArray, py: FloatArray) -> Overlap:
    """Return Σ Δlog px·Δlog py over all pairs of intervals that overlap, and its quotient by Σ (Δlog px)² (TV11).

    Stamps (any unit, rising) and prices > 0; intervals that merely touch do not overlap. A stamp whose price is NaN
    is left out, so that the interval spans it. Beta is NaN where x does not move. Raises `BrokenPromise` for
    stamps that do not rise.
    """
    (tx, rx), (ty, ry) = _moves(tx, px), _moves(ty, py)
    starts = np.searchsorted(tx[1:], ty[:-1], side="right")
    ends = np.searchsorted(tx[:-1], ty[1:], side="left")
    summed = np.concatenate([[0.0], np.cumsum(rx)])
    met = np.maximum(ends, starts)
    covariance = float(np.sum(ry * (summed[met] - summed[starts]))) if len(ry) else 0.0
    variance = float(np.sum(rx**2))
    return Overlap(covariance, variance, covariance / variance if variance > 0 else float("nan"))


def _moves(times: FloatArray, prices: FloatArray) -> tuple[FloatArray, FloatArray]:
    check_shape("prices", prices, times.shape)
    seen = np.isfinite(prices)
    times, prices = times[seen], prices[seen]
    if np.any(np.diff(times) <= 0):
        raise BrokenPromise("stamps of one series must rise")
    return times, np.diff(np.log(prices))


@dataclass(frozen=True, slots=True)
class HayashiYoshida:
    """Realised beta Σxy/Σx² over `window` returns (None: all): what Hayashi–Yoshida is on paired returns (E12).

    The rows of a panel pair the returns of an asset and of its factor over one interval, gaps included, so every
    interval overlaps with its own partner alone. No intercept, one factor. For stamps that differ: `hayashi_yoshida`.
    """

    window: int | None = None
    errors: Errors = "sandwich"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("hy", self.window, errors=self.errors, usual="sandwich")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return fit_by(_through_zero, y, x, self.window, self.errors)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return path_by(_through_zero, y, x, self.window, self.errors)


def _through_zero(y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
    c = (used & moves(x[:, :, 0], used)).astype(float)
    return fit_lines(y, x, c, centred=False), c
