"""Recursions over a panel: exponentially weighted slopes, and the Kalman filter of a beta that walks at random."""

from __future__ import annotations

import math
from typing import Any, cast

import numba
import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput
from hedgerow.stats.beta.kalman import kalman_mle

__all__ = ["ewma_beta", "kalman_beta", "kalman_beta_mle", "kalman_loglik"]

_BLOCK = 512
_LOG_2PI = math.log(2.0 * math.pi)


def _lean(function: Any) -> Any:
    """Without reference counts: nothing is made inside. Products are added without rounding them first."""
    bare: dict[str, Any] = {"_nrt": False}
    return numba.njit(error_model="numpy", fastmath={"contract"}, **bare)(function)


def _abreast(function: Any) -> Any:
    return cast("Any", numba.njit(parallel=True, cache=True, error_model="numpy")(function))


def ewma_beta(y: FloatArray, x: FloatArray, half_life: float, out: FloatArray | None = None) -> FloatArray:
    """Return the (T, N) slopes, with an intercept, of (T, N) `y` on (T,) `x` with weights halving every `half_life`.

    Age is counted in a column's own usable rows, where it and x are finite; NaN before two of them, or where x does not
    move. Sums are measured from each series' first value. `out`, C-contiguous, is written and returned. Raises `BadInput`
    for a half-life that is not positive, `BrokenPromise` for shapes that do not fit. E2.
    """
    check_shape("y", y, (len(x), None))
    if not half_life > 0.0:
        raise BadInput(f"a half-life of {half_life:g} means nothing", advice="Give rows above 0.")
    found = np.empty(y.shape) if out is None else out
    check_shape("out", found, y.shape)
    _ewma(np.ascontiguousarray(y), np.ascontiguousarray(x), 0.5 ** (1.0 / half_life), found)
    return found


@_lean
def _ewma_row(y: FloatArray, x: float, kept: float, s: FloatArray, out: FloatArray) -> None:
    """Age every column's sums by one row, add this one, write the slopes."""
    for j in range(len(out)):
        a = y[j] - s[0, j]
        used = 1.0 if a - a == 0.0 else 0.0  # no gap, nor infinite
        a = a if a - a == 0.0 else 0.0
        d = used * kept + (1.0 - used)
        n, sx, sy = d * s[1, j] + used, d * s[2, j] + used * x, d * s[3, j] + a
        sxx, sxy = d * s[4, j] + used * (x * x), d * s[5, j] + a * x
        s[1, j], s[2, j], s[3, j], s[4, j], s[5, j] = n, sx, sy, sxx, sxy
        slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
        out[j] = slope if n > 1.0 else np.nan


@_abreast
def _ewma(y: FloatArray, x: FloatArray, kept: float, out: FloatArray) -> None:
    columns = y.shape[1]
    for block in numba.prange(-(-columns // _BLOCK)):
        left, right = block * _BLOCK, min((block + 1) * _BLOCK, columns)
        sums = np.zeros((6, right - left))
        for j in range(left, right):
            sums[0, j - left] = _first(y[:, j])
        lead = _first(x)
        for t in range(len(x)):
            if math.isfinite(x[t]):
                _ewma_row(y[t, left:right], x[t] - lead, kept, sums, out[t, left:right])
            elif t > 0:
                out[t, left:right] = out[t - 1, left:right]
            else:
                out[t, left:right] = np.nan


@_lean
def _first(values: FloatArray) -> float:
    for value in values:
        if math.isfinite(value):
            return float(value)
    return 0.0


def kalman_beta(
    y: FloatArray,
    x: FloatArray,
    noise: tuple[FloatArray, FloatArray],
    b0: float,
    p0: FloatArray | float,
    out: tuple[FloatArray, FloatArray] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return beta and its variance (T, N) after every row: what `kalman_filter` returns of them.

    `y` (T, N), `x` (T,), `noise` q and r (N,) each; the model, gaps and first rows are as there (E10). `out`, two
    C-contiguous panels, is written and returned.
    """
    check_shape("y", y, (len(x), None))
    columns = y.shape[1]
    beta, variance = (np.empty(y.shape), np.empty(y.shape)) if out is None else out
    check_shape("out", beta, y.shape)
    check_shape("out", variance, y.shape)
    q, r = (np.ascontiguousarray(one, dtype=float) for one in noise)
    start = np.zeros(columns) + p0
    _kalman(np.ascontiguousarray(y), np.ascontiguousarray(x), q, r, float(b0), start, beta, variance)
    return beta, variance


@_lean
def _kalman_row(
    y: FloatArray,
    x: float,
    r: FloatArray,
    grown: FloatArray,
    before: tuple[FloatArray, FloatArray],
    beta: FloatArray,
    variance: FloatArray,
) -> None:
    """One step of every column's filter from `before`, whose variance grows by `grown`."""
    b_before, p_before = before
    for j in range(len(beta)):
        a = y[j] * x
        lead = x if a - a == 0.0 else 0.0
        follow = y[j] if a - a == 0.0 else 0.0
        b, p = b_before[j], p_before[j] + grown[j]
        inverse = 1.0 / (lead * lead * p + r[j])
        beta[j] = b + p * lead * inverse * (follow - lead * b)
        variance[j] = p * r[j] * inverse


@_lean
def _begin(y: FloatArray, x: float, q: FloatArray, grown: FloatArray) -> bool:
    """Let the variance of each column grow by q from its first usable row on; whether all do."""
    waiting = 0
    for j in range(len(y)):
        a = y[j] * x
        grown[j] = q[j] if a - a == 0.0 else grown[j]
        waiting += 1 if grown[j] < q[j] else 0
    return waiting == 0


@_abreast
def _kalman(
    y: FloatArray,
    x: FloatArray,
    q: FloatArray,
    r: FloatArray,
    b0: float,
    p0: FloatArray,
    beta: FloatArray,
    variance: FloatArray,
) -> None:
    columns = y.shape[1]
    for block in numba.prange(-(-columns // _BLOCK)):
        left, right = block * _BLOCK, min((block + 1) * _BLOCK, columns)
        noise, grown, begun = r[left:right], np.zeros(right - left), False
        before = np.full(right - left, b0), p0[left:right]
        for t in range(len(x)):
            seen, here = y[t, left:right], (beta[t, left:right], variance[t, left:right])
            begun = begun or _begin(seen, x[t], q[left:right], grown)
            _kalman_row(seen, x[t], noise, grown, before, here[0], here[1])
            before = here


@numba.njit(cache=True, error_model="numpy")
def _loglik(y: FloatArray, x: FloatArray, q: float, r: float, b0: float, p0: float) -> float:
    b, p, begun, total = b0, p0, False, 0.0
    for t in range(len(x)):
        used = math.isfinite(y[t]) and math.isfinite(x[t])
        begun = begun or used
        p += q if begun else 0.0
        if used:
            s = x[t] * x[t] * p + r
            v = y[t] - x[t] * b
            b += p * x[t] / s * v
            p *= r / s
            total += _LOG_2PI + math.log(s) + v * v / s
    return -0.5 * total


def kalman_loglik(y: FloatArray, x: FloatArray, q: float, r: float, b0: float, p0: float) -> float:
    """Return the Gaussian log-likelihood of one series (T,) with all its terms, as `kalman_filter` has it."""
    return float(_loglik(y, x, q, r, b0, p0))


def kalman_beta_mle(
    y: FloatArray, x: FloatArray, b0: float = 1.0, p0: float = 1.0
) -> tuple[float, float, float]:
    """Return what `kalman_mle` returns, its likelihood compiled. Errors are its own."""
    return kalman_mle(np.ascontiguousarray(y), np.ascontiguousarray(x), b0, p0, loglik=kalman_loglik)
