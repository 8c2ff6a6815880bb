"""A smile per expiry: total variance by log-moneyness, fitted without arbitrage and checked for it.

fit_smile(k, volatility, years, weight) -> Smile

The form is Gatheral's SVI, w(k) = a + b·(ρ(k − m) + √((k − m)² + σ²)) with w = (volatility)²·years and k = ln(strike ÷
forward). A butterfly costs something where the density g(k) is not below 0, a calendar spread where total variance does not
fall with expiry; both are penalised in the fit and checked after it on a grid half a unit beyond the quotes.

Source: J. Gatheral, A. Jacquier, Arbitrage-free SVI volatility surfaces, Quantitative Finance 14 (2014) 59-71, §2, §4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import NotEnoughData

__all__ = ["LEAST_QUOTES", "Smile", "fit_smile"]

LEAST_QUOTES = 6
_BEYOND = 0.5
_POINTS = 121
_PENALTY = 1e2
_ROUNDING = 1e-6
_STEPS = 60
_LEAST_VARIANCE = 1e-8


@dataclass(frozen=True, slots=True)
class Smile:
    """A fitted expiry. `low` and `high` bound the log-moneyness that was quoted; beyond them it is an extrapolation.

    `error` is the weighted root mean square of fitted less given volatility; `butterfly` the least density g on the grid,
    `calendar` the least total variance above the expiry before (infinite without one). Neither is below 0 without arbitrage.
    """

    years: float
    a: float
    b: float
    rho: float
    m: float
    sigma: float
    low: float
    high: float
    quotes: int
    error: float
    butterfly: float
    calendar: float = np.inf

    @property
    def free_of_arbitrage(self) -> bool:
        """Whether no butterfly and no calendar spread on the grid is worth less than nothing."""
        return self.butterfly >= -_ROUNDING and self.calendar >= -_ROUNDING

    def variance(self, k: ArrayLike) -> FloatArray:
        """Return total variance at log-moneyness `k`."""
        return _variance(np.array([self.a, self.b, self.rho, self.m, self.sigma]), np.asarray(k, dtype=float))

    def volatility(self, k: ArrayLike) -> FloatArray:
        """Return a year's volatility at log-moneyness `k`."""
        return np.asarray(np.sqrt(np.maximum(self.variance(k), _LEAST_VARIANCE) / self.years))

    def covers(self, k: float) -> bool:
        """Return whether `k` is within what was quoted."""
        return self.low <= k <= self.high


def fit_smile(
    k: FloatArray, volatility: FloatArray, years: float, weight: FloatArray, before: Smile | None = None
) -> Smile:
    """Return the smile of one expiry: `k`, `volatility` and `weight` are (N,); `before` is the expiry before it.

    Rows with NaN are left out. Raises `NotEnoughData` for fewer than six, or an expiry that is not ahead.
    """
    known = (
        np.isfinite(k) & np.isfinite(volatility) & np.isfinite(weight) & (volatility > 0.0) & (weight > 0.0)
    )
    if known.sum() < LEAST_QUOTES or not years > 0.0:
        said = f"{int(known.sum())} quotes with a volatility make no smile"
        raise NotEnoughData(said, advice=f"It takes {LEAST_QUOTES} of an expiry that is ahead.")
    x, vol, w = k[known], volatility[known], weight[known] / np.mean(weight[known])
    grid = np.linspace(x.min() - _BEYOND, x.max() + _BEYOND, _POINTS)
    floor = before.variance(grid) if before is not None else np.full(grid.shape, -np.inf)

    def misses(p: FloatArray) -> FloatArray:
        shape = _variance(p, grid)
        fitted = np.sqrt(np.maximum(_variance(p, x), _LEAST_VARIANCE) / years)
        crossed = np.maximum(np.where(np.isfinite(floor), floor, shape) - shape, 0.0) / years
        rules = np.concatenate((np.minimum(_density(p, grid), 0.0), np.minimum(shape, 0.0) / years, crossed))
        return np.concatenate((np.sqrt(w) * (fitted - vol), _PENALTY * rules / np.sqrt(_POINTS)))

    best = _best(misses, x, vol, years)
    gap = float(np.min(_variance(best, grid) - floor)) if before is not None else np.inf
    misfit = np.sqrt(np.maximum(_variance(best, x), _LEAST_VARIANCE) / years) - vol
    density = np.where(_variance(best, grid) > 0.0, _density(best, grid), -np.inf)
    a, b, rho, m, sigma = (float(part) for part in best)
    return Smile(
        years=years,
        a=a,
        b=b,
        rho=rho,
        m=m,
        sigma=sigma,
        low=float(x.min()),
        high=float(x.max()),
        quotes=int(known.sum()),
        error=float(np.sqrt(np.mean(w * misfit**2))),
        butterfly=float(density.min()),
        calendar=gap,
    )


def _best(
    misses: Callable[[FloatArray], FloatArray], x: FloatArray, vol: FloatArray, years: float
) -> FloatArray:
    """Return the parameters that miss least, from two starts."""
    level = float(np.median(vol) ** 2 * years)
    reach = float(np.ptp(x))
    lower = np.array([-4.0 * level, 0.0, -0.999, x.min() - reach, 1e-3])
    upper = np.array([4.0 * float(vol.max()) ** 2 * years, 4.0, 0.999, x.max() + reach, 2.0 + reach])
    starts = [np.array([0.5 * level, level, rho, 0.0, 0.5 * reach]) for rho in (-0.3, 0.2)]
    inside = [np.clip(start, lower + 1e-9, upper - 1e-9) for start in starts]
    fits = [
        least_squares(misses, start, bounds=(lower, upper), x_scale="jac", max_nfev=_STEPS)
        for start in inside
    ]
    return np.asarray(min(fits, key=lambda fit: float(fit.cost)).x)


def _variance(p: FloatArray, k: FloatArray) -> FloatArray:
    a, b, rho, m, sigma = p
    return np.asarray(a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + sigma**2)))


def _density(p: FloatArray, k: FloatArray) -> FloatArray:
    """Return g(k): the risk-neutral density of the log price is not below 0 exactly where g is not."""
    _, b, rho, m, sigma = p
    w = np.maximum(_variance(p, k), _LEAST_VARIANCE)
    root = np.sqrt((k - m) ** 2 + sigma**2)
    slope = b * (rho + (k - m) / root)
    bend = b * sigma**2 / root**3
    return np.asarray((1.0 - 0.5 * k * slope / w) ** 2 - 0.25 * slope**2 * (1.0 / w + 0.25) + 0.5 * bend)
