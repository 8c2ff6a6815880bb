"""The beta that comes next: the OLS slopes of the window after an estimate, and how wide an interval has to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, check_shape

__all__ = ["drift", "excess", "next_beta", "reach"]

_LEVEL = 0.90
_NORMAL = NormalDist().inv_cdf(0.5 + _LEVEL / 2.0)
_USUAL, _WORTH = 0.20, 2.0
_LEAST_BETA = 0.5


def next_beta(y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return OLS slopes (N, K) of y (T, N) on x (T, K) with an intercept, and their errors by White's sandwich (HC1).

    x has no gaps. NaN for an asset with one: a beta of half a window is another question. NaN where T ≤ K + 1.
    """
    rows, factors = x.shape
    check_shape("y", y, (rows, None))
    nothing = np.full((y.shape[1], factors), np.nan)
    if rows <= factors + 1:
        return nothing, nothing.copy()
    whole: BoolArray = np.asarray(np.isfinite(y).all(axis=0))
    u, v = x - x.mean(axis=0), np.where(whole, y, 0.0)
    bread = np.linalg.pinv(u.T @ u)
    slope = (bread @ (u.T @ v)).T
    rest = v - v.mean(axis=0) - u @ slope.T
    meat = np.einsum("ti,tn,tj->nij", u, rest**2, u, optimize=True)
    joint = bread @ meat @ bread * (rows / (rows - factors - 1.0))
    errors = np.sqrt(np.einsum("nii->ni", joint))
    return np.where(whole[:, None], slope, np.nan), np.where(whole[:, None], errors, np.nan)


def excess(miss: FloatArray, error: FloatArray, beta: FloatArray) -> FloatArray:
    """Return (miss/1.645)² less the squared joint `error`, in shares of the beta squared, alike in shape.

    Where it is below d², an interval of 90 % whose error is √(error² + d²·max(|β|, ½)²) held the next beta.
    """
    return np.asarray(((miss / _NORMAL) ** 2 - error**2) / reach(beta) ** 2)


def reach(beta: FloatArray) -> FloatArray:
    """Return what a beta's wandering is a share of: its size, at least a half."""
    return np.maximum(np.abs(beta), _LEAST_BETA)


def drift(over: Sequence[tuple[FloatArray, float]], windows: float) -> float:
    """Return the share of itself by which a beta is taken to wander until the next window is over.

    `over` are the `excess` (M,) of windows already over, each coin of one with its weight, together worth `windows`
    independent ones, for coins miss together: d² is their 90 % quantile, so that nine in ten would have been held,
    d then joined with a prior of a fifth that counts as two windows. Errors of hourly returns are a fraction of those of daily
    ones and betas wander alike: a drift that adds carries over from one to the other, a factor on the errors does not.
    """
    values = [far for far, _ in over if len(far)]
    if not values:
        return _USUAL
    far = np.concatenate(values)
    order = np.argsort(far, kind="stable")
    weights = np.concatenate([np.full(len(far), weight) for far, weight in over])
    reached = np.cumsum(weights[order])
    place = min(int(np.searchsorted(reached, _LEVEL * reached[-1])), len(far) - 1)
    seen = math.sqrt(max(float(far[order[place]]), 0.0))
    return (windows * seen + _WORTH * _USUAL) / (windows + _WORTH)
