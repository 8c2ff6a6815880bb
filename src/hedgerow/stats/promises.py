"""Whether what was promised is kept: tests that know how little a few weeks can tell.

removed_short(plain, hedged, promised) -> Interval        of the share of variance that is missing
correlation_short(plain, hedge, promised) -> Interval     of the correlation that is missing
cost_excess(cost, promised) -> Interval                   of the cost beyond the promise, in shares of it
covered(moved, expected, error) -> bool | None            was the slope of a span inside its interval?
coverage_p(held, spans) -> p                              as few as that by chance

A promise is broken where the whole interval lies beyond what is let pass: not where a number does.
"""

from __future__ import annotations

import math

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.stats.bootstrap import Interval, block_sums, interval_of

__all__ = ["correlation_short", "cost_excess", "coverage_p", "covered", "removed_short"]

_BLOCK = 5
_LEVEL = 0.99
_LEAST = 30
_LEAST_TRADES = 5
_COVERS = 0.90


def removed_short(plain: FloatArray, hedged: FloatArray, promised: FloatArray, *, seed: int = 0) -> Interval:
    """Return by how much less variance (T,) `hedged` P&L lost of (T,) `plain` than the (T,) `promised` shares, at 99 %.

    Σ(h² − (1 − p)·u²)/Σu²: 0 where the promise holds, whatever the market's volatility does. Second moments about zero, in
    any unit; blocks of 5 rows are drawn. NaN below 30 rows, and where nothing moved.
    """
    check_shape("hedged", hedged, plain.shape)
    check_shape("promised", promised, plain.shape)
    terms = np.column_stack([hedged**2 - (1.0 - promised) * plain**2, plain**2])
    sums = terms.sum(axis=0)
    if len(plain) < _LEAST or not sums[1] > 0.0:
        return Interval(math.nan, math.nan, math.nan, _LEVEL)
    drawn = block_sums(terms, block=_BLOCK, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        return interval_of(float(sums[0] / sums[1]), drawn[:, 0] / drawn[:, 1], _LEVEL)


def correlation_short(
    plain: FloatArray, hedge: FloatArray, promised: FloatArray, *, seed: int = 0
) -> Interval:
    """Return by how much less (T,) `hedge` P&L ran against (T,) `plain` than the (T,) `promised` correlations, at 99 %.

    Promised and found are both of the book with what is short of it, so positive for a hedge that works. NaN below 30 rows,
    and where one of the two stood still.
    """
    check_shape("hedge", hedge, plain.shape)
    terms = np.column_stack([plain, -hedge, plain**2, hedge**2, -plain * hedge, np.ones(len(plain))])
    if len(plain) < _LEAST or not (np.ptp(plain) > 0.0 and np.ptp(hedge) > 0.0):
        return Interval(math.nan, math.nan, math.nan, _LEVEL)
    wanted = float(np.mean(promised))
    drawn = block_sums(terms, block=_BLOCK, seed=seed)
    middle = wanted - float(_correlation(terms.sum(axis=0)[None, :])[0])
    return interval_of(middle, wanted - _correlation(drawn), _LEVEL)


def _correlation(sums: FloatArray) -> FloatArray:
    """Correlations (D,) from sums (D, 6) of u, v, u², v², uv and 1."""
    u, v, uu, vv, uv, n = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        top = uv / n - u * v / n**2
        found: FloatArray = top / np.sqrt((uu / n - (u / n) ** 2) * (vv / n - (v / n) ** 2))
    return found


def cost_excess(cost: FloatArray, promised: FloatArray) -> Interval:
    """Return what (T,) trades cost beyond their `promised` dollars, mean in shares of the promise, with Student's 99 %.

    Each trade counts alike. NaN below 5 trades with a promise above zero.
    """
    check_shape("promised", promised, cost.shape)
    known = np.isfinite(cost) & np.isfinite(promised) & (promised > 0.0)
    excess = cost[known] / promised[known] - 1.0
    n = len(excess)
    if n < _LEAST_TRADES:
        return Interval(math.nan, math.nan, math.nan, _LEVEL)
    from scipy.special import stdtrit

    mean, error = float(np.mean(excess)), float(np.std(excess, ddof=1)) / math.sqrt(n)
    reach = float(stdtrit(n - 1, 0.5 * (1.0 + _LEVEL))) * error
    return Interval(mean, mean - reach, mean + reach, _LEVEL)


def covered(moved: FloatArray, expected: FloatArray, error: float) -> bool | None:
    """Return whether the slope of (T,) `moved` on (T,) `expected` was 1 within its interval of 90 %; None: nobody can tell.

    `expected` is what a beta foretold of each day, `error` that beta's own in shares of it, with what betas wander. The slope
    has White's error (HC3); the two join, with Student's T − 2 degrees. None for fewer than 8 days or without a move.
    """
    check_shape("expected", expected, moved.shape)
    x, y = expected - expected.mean(), moved - moved.mean()
    power = float(x @ x)
    if len(x) < 8 or not (power > 0.0 and math.isfinite(power + float(y @ y) + error)):
        return None
    from scipy.special import stdtrit

    slope = float(x @ y) / power
    leverage = x**2 / power + 1.0 / len(x)
    rest = (y - slope * x) / np.clip(1.0 - leverage, 0.1, None)
    noise = float(x**2 @ rest**2) / power**2
    reach = float(stdtrit(len(x) - 2, 0.5 * (1.0 + _COVERS))) * math.sqrt(noise + error**2)
    return abs(slope - 1.0) <= reach


def coverage_p(held: int, spans: int) -> float:
    """Return how likely it is that intervals of 90 % hold at most `held` of `spans` that do not overlap; NaN for none."""
    if not spans:
        return math.nan
    from scipy.special import bdtr

    return float(bdtr(held, spans, _COVERS))
