"""Paths of least squares from windowed sums, for one factor: the fast twin of `prefix.path_by`.

A window's sum is put together from sums inside blocks of its length, never as the difference of two long sums, so a
wild return spoils nothing once it has left. Where what is left after the means, or after the line, is small beside
what went in, digits were lost: those rows are fitted plainly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.stats.beta.estimator import BetaPath, Errors
from hedgerow.stats.beta.prefix import path_by
from hedgerow.stats.beta.regression import LEAST, Solve, own_factors, usable_rows

__all__ = ["POWERS", "Weighing", "line_of", "rolling_path", "windowed_sums"]

_LOST = 1e-4
_LOST_FOURTH = 1e-5
_FADED = 400.0  # half-lives after which a squared weight nears underflow
_AT_ONCE = 400_000


@dataclass(frozen=True, slots=True)
class Weighing:
    """Returns that count: the last `window` (None: all), half as much every `half_life` back (None: alike)."""

    window: int | None = None
    half_life: float | None = None

    @property
    def decay(self) -> float:
        """Weight of a return relative to the next one."""
        return 1.0 if self.half_life is None else float(np.exp2(-1.0 / self.half_life))

    def fades(self, rows: int) -> bool:
        """Return whether weights within the window become too small to square."""
        reach = rows if self.window is None else min(rows, self.window)
        return self.half_life is not None and reach / self.half_life > _FADED


def windowed_sums(p: FloatArray, window: int | None, decay: float = 1.0) -> FloatArray:
    """Return (T, N) Σ decay^age·p over the last `window` rows up to each one (None: all), p (T, N)."""
    rows = len(p)
    if window is None or window >= rows:
        return np.asarray(_running(p[None], decay)[0])
    blocks = -(-rows // window)
    padded = np.zeros((blocks * window, p.shape[1]))
    padded[:rows] = p
    shaped = padded.reshape(blocks, window, -1)
    head = _running(shaped, decay).reshape(padded.shape)
    tail = _reached_back(shaped, decay).reshape(padded.shape)
    at = np.arange(window, rows)
    at = at[(at + 1) % window != 0]
    head[at] += decay ** (at % window + 1.0)[:, None] * tail[at - window + 1]
    return np.asarray(head[:rows])


def _running(p: FloatArray, decay: float) -> FloatArray:
    """Return Σ_{s≤t} decay^(t−s)·p_s within each block (B, W, N)."""
    if decay == 1.0:
        return np.asarray(np.cumsum(p, axis=1))
    sums = p.copy()
    for t in range(1, p.shape[1]):
        sums[:, t] += decay * sums[:, t - 1]
    return sums


def _reached_back(p: FloatArray, decay: float) -> FloatArray:
    """Return Σ_{s≥t} decay^(end−s)·p_s up to the end of each block (B, W, N)."""
    weight = decay ** np.arange(p.shape[1] - 1.0, -1.0, -1.0)
    return np.asarray(np.cumsum((p * weight[:, None])[:, ::-1], axis=1)[:, ::-1])


def rolling_path(
    solve: Solve, y: FloatArray, x: FloatArray, weighing: Weighing, errors: Errors, *, corrected: bool = False
) -> BetaPath:
    """Return what `path_by` returns for `solve` with these weights, to 1e-9, from sums where there is one factor."""
    own = own_factors(y, x)
    if own.shape[2] > 1 or errors == "hac" or weighing.fades(len(y)):
        return path_by(solve, y, own, weighing.window, errors, corrected=corrected)
    used = usable_rows(y, own, None)
    beta, stderr = np.full(own.shape, np.nan), np.full(own.shape, np.nan)
    seen = np.cumsum(used, axis=0)
    n = seen if weighing.window is None else np.minimum(seen, weighing.window)
    width = max(1, _AT_ONCE // max(len(y), 1))
    for start in range(0, y.shape[1], width):
        part = slice(start, start + width)
        found = _from_sums(y[:, part], own[:, part, 0], used[:, part], weighing, errors, corrected=corrected)
        beta[:, part, 0], stderr[:, part, 0], sound = found
        doubtful = (n[:, part] >= LEAST) & ~sound
        for i in np.flatnonzero(doubtful.any(axis=0)):
            column, at = [start + i], doubtful[:, i]
            plain = path_by(
                solve, y[:, column], own[:, column], weighing.window, errors, corrected=corrected, only=at
            )
            beta[at, start + i], stderr[at, start + i] = plain.beta[at, 0], plain.stderr[at, 0]
    return BetaPath(beta, stderr, n.astype(np.int64))


def _from_sums(
    y: FloatArray, x: FloatArray, used: BoolArray, weighing: Weighing, errors: Errors, *, corrected: bool
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return (T, N) betas, errors and whether they can be trusted, each asset on the clock of its own returns."""
    place = np.maximum(np.cumsum(used, axis=0) - 1, 0)
    columns = np.broadcast_to(np.arange(y.shape[1]), y.shape)
    one, f, r = np.zeros(y.shape), np.zeros(y.shape), np.zeros(y.shape)
    for layer, series in ((one, np.ones_like(y)), (f, x), (r, y)):
        layer[place[used], columns[used]] = series[used]
    n = np.minimum(np.arange(1, len(y) + 1), weighing.window or len(y))[:, None]
    with np.errstate(all="ignore"):
        found = _lines(one, f, r, weighing, errors, n, corrected=corrected)
    begun = np.cumsum(used, axis=0) >= LEAST
    beta, stderr, sound = (values[place, columns] for values in found)
    sound = sound & begun
    return np.where(sound, beta, np.nan), np.where(sound, stderr, np.nan), sound


def _lines(
    one: FloatArray,
    x: FloatArray,
    y: FloatArray,
    weighing: Weighing,
    errors: Errors,
    n: IntArray,
    *,
    corrected: bool,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    sums = [windowed_sums(p, weighing.window, weighing.decay) for p in (one, x, y, x * x, x * y, y * y)]
    powers = {
        (i, j): windowed_sums(one * x**i * y**j, weighing.window, weighing.decay**2)
        for i, j in (POWERS if errors != "ols" else ())
    }
    return line_of(sums, powers, n, corrected=corrected)


POWERS = tuple(
    sorted({(i + k, j) for i, j in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (0, 2)) for k in range(3)})
)
"""Powers (i, j) of x and y whose sums with squared weights a sandwich is made of."""


def line_of(
    sums: Sequence[FloatArray],
    powers: Mapping[tuple[int, int], FloatArray],
    n: IntArray,
    *,
    corrected: bool = False,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return betas, errors and whether they can be trusted, from the weighted `sums` of 1, x, y, x², xy, y² of `n` returns.

    Errors are the sandwich where there are sums of `POWERS`, else classical; `corrected` ones are times n/(n−2).
    """
    s, sx, sy, sxx, sxy, syy = sums
    mean = sx / s
    square, cross, around = sxx - sx * mean, sxy - sy * mean, syy - sy * sy / s
    beta = cross / square
    alpha = (sy - beta * sx) / s
    left = around - beta * cross
    sound = (square > _LOST * sxx) & (left > _LOST * syy) & (np.abs(cross) > _LOST * np.sqrt(sxx * syy))
    if not powers:
        return beta, np.sqrt(left / (n - 2.0) / square), sound
    scores, size = _scores(powers, (mean, alpha, beta))
    freedom = n / (n - 2.0) if corrected else 1.0
    return beta, np.sqrt(scores * freedom) / square, sound & (scores > _LOST_FOURTH * size)


def _scores(
    q: Mapping[tuple[int, int], FloatArray], line: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Return Σ c²(x−m)²(y−α−βx)² and a bound on its terms, from sums of powers up to the fourth."""
    m, a, b = line
    terms: list[tuple[int, int, FloatArray | float]] = [
        (0, 0, a * a),
        (1, 0, 2 * a * b),
        (2, 0, b * b),
        (0, 1, -2 * a),
        (1, 1, -2 * b),
        (0, 2, 1.0),
    ]
    around = [m * m, -2.0 * m, np.ones_like(m)]
    scores = sum(
        (around[k] * factor * q[i + k, j] for i, j, factor in terms for k in range(3)), np.zeros_like(m)
    )
    size = q[2, 2] + a * a * q[2, 0] + b * b * q[4, 0] + m * m * (q[0, 2] + a * a * q[0, 0] + b * b * q[2, 0])
    return scores, 6.0 * size
