"""Rolling regression slopes of a whole panel in one pass.

Sums slide: what enters a window is added, what leaves it is taken away. So that a bad tick of 1e6 does not stay in the
sums after it has left, nor a pegged coin that goes quiet drown in what it did before, the sums are compensated (Knuth's
two-sum: a sum and its exact rounding error), everything is measured from a middle value of its own stretch of time, and
every stretch builds its first window anew. Stretches run side by side; within one, columns do.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import numba
import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput

__all__ = ["rolling_beta"]

_STRETCH = 2048
_STRETCHES_A_WINDOW = 6
_BLOCK = 512
_SAMPLES = 9
_STEADY = 10.0
_SPLIT = 2.0**27 + 1.0


class _Sums(NamedTuple):
    """Sums over the window of each column, and what rounding took from them; `used` rows of it."""

    used: FloatArray
    x: FloatArray
    x_lost: FloatArray
    y: FloatArray
    y_lost: FloatArray
    xx: FloatArray
    xx_lost: FloatArray
    xy: FloatArray
    xy_lost: FloatArray
    shift: FloatArray


def rolling_beta(
    y: FloatArray, x: FloatArray, window: int, least: int | None = None, out: FloatArray | None = None
) -> FloatArray:
    """Return the (T, N) slopes, with an intercept, of (T, N) `y` on (T,) `x` over the last `window` rows.

    A row counts for a column where both are finite; below `least` of them (two thirds of the window) the slope is NaN,
    as it is where x does not move. Rows before a whole window use what there is. `out`, C-contiguous, is written and
    returned: a panel that is used again costs no new memory. Relative error at most about 1e-13 where the slope is not
    itself a difference of nearly equal sums. Raises `BadInput` for a window below 2, `BrokenPromise` for shapes that do
    not fit. β = Σ(x−x̄)(y−ȳ)/Σ(x−x̄)² (domain §2.1, E1).
    """
    check_shape("y", y, (len(x), None))
    needed = max(2, -(-2 * window // 3)) if least is None else least
    if window < 2 or not 2 <= needed <= window:
        raise BadInput(
            f"a window of {window} rows, at least {needed} of them, has no slope",
            advice="Give a window of 2 rows or more, and no more needed rows than that.",
        )
    found = np.empty(y.shape) if out is None else out
    check_shape("out", found, y.shape)
    _panel(np.ascontiguousarray(y), np.ascontiguousarray(x), window, float(needed), found)
    return found


def _inline(function: Any) -> Any:
    return numba.njit(inline="always", error_model="numpy")(function)


def _inner(function: Any) -> Any:
    return numba.njit(error_model="numpy")(function)


def _lean(function: Any) -> Any:
    """Without reference counts: nothing is made inside."""
    bare: dict[str, Any] = {"_nrt": False}
    return numba.njit(error_model="numpy", **bare)(function)


@_inline
def _added(total: float, lost: float, term: float) -> tuple[float, float]:
    """Two-sum: the rounded sum, and what rounding took from it and from those before."""
    rounded = total + term
    taken = rounded - total
    return rounded, lost + ((total - (rounded - taken)) + (term - taken))


@_inline
def _product(a: float, b: float) -> tuple[float, float]:
    """A product and its exact rounding error (Dekker 1971)."""
    high_a, high_b = _SPLIT * a, _SPLIT * b
    high_a, high_b = high_a - (high_a - a), high_b - (high_b - b)
    low_a, low_b, rounded = a - high_a, b - high_b, a * b
    return rounded, ((high_a * high_b - rounded) + high_a * low_b + low_a * high_b) + low_a * low_b


@_inline
def _spread(n: float, s: float, ds: float, a: float, da: float, b: float, db: float) -> float:
    """n·s − a·b of sums with what rounding took from each: far from the middle, nearly all of it cancels."""
    first, lost_first = _product(n, s)
    second, lost_second = _product(a, b)
    spread: float = (first - second) + ((lost_first - lost_second) + (n * ds - a * db - da * b))
    return spread


@_lean
def _slide(
    new: FloatArray, old: FloatArray, x_new: float, x_old: float, s: _Sums, least: float, out: FloatArray
) -> None:
    """Move every column's window by one row, all sums compensated, and write the slopes."""
    for j in range(len(out)):
        a, b = new[j] - s.shift[j], old[j] - s.shift[j]
        in_, off = (1.0 if a - a == 0.0 else 0.0), (1.0 if b - b == 0.0 else 0.0)  # no gap, nor infinite
        a, b = (a if a - a == 0.0 else 0.0), (b if b - b == 0.0 else 0.0)
        s.used[j] += in_ - off
        total, lost = _added(s.y[j], s.y_lost[j], a)
        s.y[j], s.y_lost[j] = _added(total, lost, -b)
        total, lost = _added(s.xy[j], s.xy_lost[j], a * x_new)
        s.xy[j], s.xy_lost[j] = _added(total, lost, -(b * x_old))
        total, lost = _added(s.x[j], s.x_lost[j], in_ * x_new)
        s.x[j], s.x_lost[j] = _added(total, lost, -(off * x_old))
        total, lost = _added(s.xx[j], s.xx_lost[j], in_ * (x_new * x_new))
        s.xx[j], s.xx_lost[j] = _added(total, lost, -(off * (x_old * x_old)))
        n, x, dx = s.used[j], s.x[j], s.x_lost[j]
        top = _spread(n, s.xy[j], s.xy_lost[j], x, dx, s.y[j], s.y_lost[j])
        slope = top / _spread(n, s.xx[j], s.xx_lost[j], x, dx, x, dx)
        out[j] = slope if n >= least else np.nan


@_lean
def _slide_steady(
    new: FloatArray, old: FloatArray, x_new: float, x_old: float, s: _Sums, least: float, out: FloatArray
) -> None:
    """The same where x is as lively all through the stretch: its own sums then need no compensation."""
    for j in range(len(out)):
        a, b = new[j] - s.shift[j], old[j] - s.shift[j]
        in_, off = (1.0 if a - a == 0.0 else 0.0), (1.0 if b - b == 0.0 else 0.0)
        a, b = (a if a - a == 0.0 else 0.0), (b if b - b == 0.0 else 0.0)
        s.used[j] += in_ - off
        total, lost = _added(s.y[j], s.y_lost[j], a)
        s.y[j], s.y_lost[j] = _added(total, lost, -b)
        total, lost = _added(s.xy[j], s.xy_lost[j], a * x_new)
        s.xy[j], s.xy_lost[j] = _added(total, lost, -(b * x_old))
        s.x[j] += in_ * x_new - off * x_old
        s.xx[j] += in_ * (x_new * x_new) - off * (x_old * x_old)
        n, sx, sxx = s.used[j], s.x[j], s.xx[j]
        sy, sxy = s.y[j] + s.y_lost[j], s.xy[j] + s.xy_lost[j]
        slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
        out[j] = slope if n >= least else np.nan


@_inner
def _middle(values: FloatArray) -> float:
    """The median of a few values spread over `values`; 0 without any.

    0 too among values of both signs: away from it, what is tiny for a while would be rounded.
    """
    seen, step = np.empty(_SAMPLES), max(len(values) // _SAMPLES, 1)
    count = 0
    for i in range(0, len(values), step):
        if count < _SAMPLES and math.isfinite(values[i]):
            seen[count] = values[i]
            count += 1
    if count == 0 or (seen[:count].min() < 0.0 < seen[:count].max()):
        return 0.0
    return np.median(seen[:count])


@_inner
def _is_steady(x: FloatArray, start: int, window: int) -> bool:
    """Whether no window from row `start` on has ten times the energy that is left of another's without its mean."""
    drift, total, least, most = 0.0, 0.0, np.inf, 0.0
    for t in range(len(x)):
        drift, total = drift + x[t], total + x[t] * x[t]
        if t >= window:
            gone = x[t - window]
            drift, total = drift - gone, total - gone * gone
        if t >= start and t + 1 >= window:
            least, most = min(least, total - drift * drift / window), max(most, total)
    return least > 0.0 and most <= _STEADY * least


@_inner
def _emptied(columns: int) -> _Sums:
    z = np.zeros((10, columns))
    return _Sums(z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7], z[8], z[9])


@_inner
def _centred(x: FloatArray) -> FloatArray:
    """X from its middle; NaN where it is not finite."""
    middle, found = _middle(x), np.empty(len(x))
    for t in range(len(x)):
        found[t] = x[t] - middle if math.isfinite(x[t]) else np.nan
    return found


@_inner
def _stretch(
    y: FloatArray, x: FloatArray, window: int, least: float, rows: tuple[int, int], left: int, out: FloatArray
) -> None:
    """Fill `rows` of `out` in the block of columns from `left` on, building the window before them anew."""
    start, end = rows
    begin, right = max(start - window + 1, 0), min(left + _BLOCK, y.shape[1])
    lead = _centred(x[begin:end])
    nothing, scratch = np.full(right - left, np.nan), np.empty(right - left)
    sums = _emptied(right - left)
    for j in range(left, right):
        sums.shift[j - left] = _middle(y[begin:end, j])
    steady = _is_steady(lead, start - begin, window)
    for t in range(begin, end):
        i = t - begin
        x_new, x_old = lead[i], (lead[i - window] if i >= window else np.nan)
        new = y[t, left:right] if x_new == x_new else nothing  # noqa: PLR0124
        old = y[t - window, left:right] if x_old == x_old else nothing  # noqa: PLR0124
        x_new, x_old = (x_new if x_new == x_new else 0.0), (x_old if x_old == x_old else 0.0)  # noqa: PLR0124
        row = out[t, left:right] if t >= start else scratch
        if steady:
            _slide_steady(new, old, x_new, x_old, sums, least, row)
        else:
            _slide(new, old, x_new, x_old, sums, least, row)


def _panel_loop(y: FloatArray, x: FloatArray, window: int, least: float, out: FloatArray) -> None:
    length = max(_STRETCH, _STRETCHES_A_WINDOW * window)
    blocks = -(-y.shape[1] // _BLOCK)
    stretches = -(-len(y) // length)
    for task in numba.prange(stretches * blocks):
        start = (task // blocks) * length
        rows = (start, min(start + length, len(y)))
        _stretch(y, x, window, least, rows, (task % blocks) * _BLOCK, out)


_panel = cast("Any", numba.njit(parallel=True, cache=True, error_model="numpy")(_panel_loop))
