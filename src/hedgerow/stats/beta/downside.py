"""E7: betas of falling markets, by the three definitions that share the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.stats.beta.estimator import BetaFit, BetaPath, Errors
from hedgerow.stats.beta.notation import named
from hedgerow.stats.beta.prefix import path_by
from hedgerow.stats.beta.regression import Lines, fit_by, fit_lines, moves, one_factor

__all__ = ["Downside", "Variant"]

Variant = Literal["conditional", "mean", "lpm"]


@dataclass(frozen=True, slots=True)
class Downside:
    """Beta over the returns of the last `window` (None: all) in which the factor fell (E7, TV08); one factor.

    `conditional`: least squares on {x < 0} (Bawa–Lindenberg in spirit). `mean`: on {x < x̄} (Ang–Chen–Xing).
    `lpm`: lower partial moments about 0, Σ min(x,0)·y / Σ min(x,0)², no intercept. `n` counts the falls alone.
    Predicts even falls worse than a plain beta does (domain §2.1): to describe, not to hedge by.
    """

    window: int | None = None
    variant: Variant = "conditional"
    errors: Errors = "ols"

    @property
    def spec(self) -> str:
        """The specification that makes this estimator."""
        return named("downside", self.window, variant=self.variant, errors=self.errors, usual="ols")

    def fit(self, y: FloatArray, x: FloatArray) -> BetaFit:
        """Return the betas of the last window. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return fit_by(self._solve, y, x, self.window, self.errors, corrected=True)

    def path(self, y: FloatArray, x: FloatArray) -> BetaPath:
        """Return the betas at every row. Raises `UsageError` for several factors."""
        one_factor(x, self.spec)
        return path_by(self._solve, y, x, self.window, self.errors, corrected=True)

    def _solve(self, y: FloatArray, x: FloatArray, used: BoolArray) -> tuple[Lines, FloatArray]:
        fall = np.where(used, x[:, :, 0], 0.0)
        threshold = fall.sum(axis=0) / np.maximum(used.sum(axis=0), 1) if self.variant == "mean" else 0.0
        c = (used & (fall < threshold) & moves(x[:, :, 0], used)).astype(float)
        return fit_lines(y, x, c, centred=self.variant != "lpm"), c
