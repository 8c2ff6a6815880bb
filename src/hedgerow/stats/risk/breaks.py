"""Whether the link between a coin and the market has changed (domain §7).

These tests take returns as independent; under changing volatility they reject too often, and looking every day wears
any level out. Bootstrap the null before acting on one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput, NotEnoughData

__all__ = ["BreakTest", "chow", "cusum", "fisher_difference", "fisher_interval"]

_SMALL = 1.18


@dataclass(frozen=True, slots=True)
class BreakTest:
    """A statistic and the chance of one as large if nothing had changed."""

    statistic: float
    p: float


def fisher_interval(correlation: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval that holds the true correlation with probability `level`: tanh(atanh r ± z/√(n − 3)).

    NaN in, NaN out; raises `NotEnoughData` below four pairs. Domain §7, TV30.
    """
    from statistics import NormalDist

    reach = NormalDist().inv_cdf(0.5 * (1.0 + level)) / math.sqrt(_spare(n))
    centre = _atanh(correlation)
    return math.tanh(centre - reach), math.tanh(centre + reach)


def fisher_difference(first: float, n_first: int, second: float, n_second: int) -> BreakTest:
    """Return the z statistic and two-sided p that two correlations from separate samples are the same (TV30)."""
    stderr = math.sqrt(1.0 / _spare(n_first) + 1.0 / _spare(n_second))
    z = (_atanh(first) - _atanh(second)) / stderr
    return BreakTest(z, math.erfc(abs(z) / math.sqrt(2.0)))


def chow(y: FloatArray, x: FloatArray, split: int) -> BreakTest:
    """Return the F statistic and p that one regression fits both sides of row `split` of (T,) `y` on (T,) or (T, K) `x`.

    F = [(S − S₁ − S₂)/k]/[(S₁ + S₂)/(n − 2k)] with k = K + 1, F(k, n − 2k); rows in time order, no NaN. Raises
    `NotEnoughData` where a side cannot be fitted. Chow (1960); domain §7, TV30b.
    """
    columns = x.reshape(len(y), -1)
    k = columns.shape[1] + 1
    if split < k or len(y) - split < k or len(y) <= 2 * k:
        raise NotEnoughData(
            f"a break at row {split} of {len(y)} leaves a side too short for {k} coefficients"
        )
    from scipy.special import fdtrc

    parts = _squares(y[:split], columns[:split]) + _squares(y[split:], columns[split:])
    free = len(y) - 2 * k
    statistic = (_squares(y, columns) - parts) / k / (parts / free)
    return BreakTest(statistic, float(fdtrc(k, free, statistic)))


def cusum(residuals: FloatArray, coefficients: int = 2) -> BreakTest:
    """Return the largest |cumulated| least-squares residual and the p that the coefficients never moved.

    sup |Σu|/(σ̂√n) with σ̂² = Σu²/(n − `coefficients`), against the Brownian bridge. (T,) in time order, no NaN.
    Ploberger and Krämer (1992); domain §7, TV30b.
    """
    check_shape("residuals", residuals, (None,))
    n = len(residuals)
    if n <= coefficients:
        raise NotEnoughData(f"{n} residuals cannot be judged against {coefficients} coefficients")
    sigma = math.sqrt(float(residuals @ residuals) / (n - coefficients))
    if sigma == 0.0:
        return BreakTest(0.0, 1.0)
    statistic = float(np.max(np.abs(np.cumsum(residuals)))) / (sigma * math.sqrt(n))
    return BreakTest(statistic, _bridge_exceeds(statistic))


def _bridge_exceeds(x: float) -> float:
    """P(sup |Brownian bridge| > x), Kolmogorov's law: the series that converges on either side of 1.18."""
    if math.isnan(x):
        return math.nan
    if x <= 0.0:
        return 1.0
    if x < _SMALL:
        terms = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8.0 * x**2)) for k in range(1, 8))
        return 1.0 - math.sqrt(2.0 * math.pi) / x * math.fsum(terms)
    return 2.0 * math.fsum((-1.0) ** (k - 1) * math.exp(-2.0 * (k * x) ** 2) for k in range(1, 12))


def _squares(y: FloatArray, columns: FloatArray) -> float:
    design = np.column_stack((np.ones(len(y)), columns))
    slopes, *_ = np.linalg.lstsq(design, y, rcond=None)
    return float(np.sum((y - design @ slopes) ** 2))


def _spare(n: int) -> float:
    if n < 4:
        raise NotEnoughData(f"{n} pairs say nothing of a correlation's error: four at least")
    return float(n - 3)


def _atanh(correlation: float) -> float:
    if abs(correlation) > 1.0:
        raise BadInput(f"{correlation} is no correlation")
    return math.copysign(math.inf, correlation) if abs(correlation) == 1.0 else math.atanh(correlation)
