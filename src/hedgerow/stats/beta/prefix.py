"""The plain path: a fit at every prefix. Slow, and true by construction."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaPath, Estimator

__all__ = ["path_by_fits"]


def path_by_fits(estimator: Estimator, y: FloatArray, x: FloatArray, window: int | None) -> BetaPath:
    """Return the path by calling `fit` on the rows up to each one.

    Without gaps only the last `window` rows are handed on, which are all that the fit would use.
    """
    rows, assets = y.shape
    factors = x.shape[-1]
    beta, stderr = np.full((rows, assets, factors), np.nan), np.full((rows, assets, factors), np.nan)
    n = np.zeros((rows, assets), dtype=np.int64)
    whole = window is not None and bool(np.isfinite(y).all() and np.isfinite(x).all())
    for t in range(rows):
        first = max(0, t + 1 - window) if whole and window is not None else 0
        fit = estimator.fit(y[first : t + 1], x[first : t + 1])
        beta[t], stderr[t], n[t] = fit.beta, fit.stderr, fit.n
    return BetaPath(beta, stderr, n)
