"""The plain path: a fit at every prefix. Slow, and true by construction."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.stats.beta.estimator import BetaPath, Errors, Estimator
from hedgerow.stats.beta.regression import Solve, enough, own_factors, slope_errors, usable_rows

__all__ = ["first_rows", "path_by", "path_by_fits"]


def first_rows(used: BoolArray, window: int | None) -> IntArray:
    """Return (T,) for each row the earliest one that a window of `window` usable returns of any asset reaches."""
    rows = len(used)
    first = np.arange(rows, dtype=np.int64)
    for column in used.T:
        at = np.flatnonzero(column)
        seen = np.cumsum(column)
        if len(at):
            back = np.zeros(rows, dtype=np.int64) if window is None else np.maximum(seen - window, 0)
            first = np.where(seen > 0, np.minimum(first, at[np.minimum(back, len(at) - 1)]), first)
    return first


def path_by(
    solve: Solve,
    y: FloatArray,
    x: FloatArray,
    window: int | None,
    errors: Errors,
    *,
    corrected: bool = False,
    only: BoolArray | None = None,
) -> BetaPath:
    """Return the path of the lines that `solve` draws, each fitted anew on the rows that its window reaches.

    `only` (T,) picks the rows to fit; the others are NaN.
    """
    own = own_factors(y, x)
    used = usable_rows(y, own, None)
    path = _empty(y, own)
    reach = first_rows(used, window)
    for t in np.arange(len(y)) if only is None else np.flatnonzero(only):
        first = reach[t]
        here = used[first : t + 1].copy()
        if window is not None:
            here &= np.cumsum(here[::-1], axis=0)[::-1] <= window
        lines, c = solve(y[first : t + 1], own[first : t + 1], here)
        path.n[t] = (c > 0).sum(axis=0)
        known = enough(lines, path.n[t])[:, None]
        path.beta[t] = np.where(known, lines.beta, np.nan)
        path.stderr[t] = np.where(known, slope_errors(lines, c, errors, corrected=corrected), np.nan)
    return path


def path_by_fits(estimator: Estimator, y: FloatArray, x: FloatArray) -> BetaPath:
    """Return the path by calling `fit` on all rows up to each one."""
    path = _empty(y, own_factors(y, x))
    for t in range(len(y)):
        fit = estimator.fit(y[: t + 1], x[: t + 1])
        path.beta[t], path.stderr[t], path.n[t] = fit.beta, fit.stderr, fit.n
    return path


def _empty(y: FloatArray, own: FloatArray) -> BetaPath:
    return BetaPath(np.full(own.shape, np.nan), np.full(own.shape, np.nan), np.zeros(y.shape, dtype=np.int64))
