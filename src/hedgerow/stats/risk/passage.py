"""The chance that a price touches a barrier on the way, not only at the end (domain §7).

first_passage_probability(price, barrier, sigma, years)   closed form, geometric Brownian motion
simulated_passage(..., shape, seed)                       its Monte-Carlo twin, also with fat tails; loads numba
"""

from __future__ import annotations

import math

import numpy as np

from hedgerow.model.errors import BadInput

__all__ = [
    "first_passage_probability",
    "monitored_barrier",
    "simulated_passage",
    "terminal_probability",
]

_BGK = 0.5825971579390107
"""−ζ(1/2)/√(2π): Broadie, Glasserman and Kou (1997)."""

_FAR_TAIL = -25.0
_NO_SPREAD = 1e-12


def first_passage_probability(
    price: float,
    barrier: float,
    sigma: float,
    years: float,
    *,
    drift: float = 0.0,
    monitor_years: float = 0.0,
) -> float:
    """Return the chance that the price touches `barrier`, above or below it, within `years`.

    With a = |ln(B/S)| and ν the drift of the log price towards the barrier,
    P = Φ((−a + νT)/σ√T) + e^{2νa/σ²}·Φ((−a − νT)/σ√T). `sigma` and `drift` (of the price itself) are a year of 365
    days; `monitor_years` > 0 looks at the price only that often, by moving the barrier away. 1 at the barrier, 0
    without time; NaN in, NaN out. Raises `BadInput` for prices that are not positive. Domain §7, TV31.
    """
    if price <= 0.0 or barrier <= 0.0 or sigma < 0.0 or years < 0.0:
        raise BadInput(
            f"no barrier probability for price {price}, barrier {barrier}, volatility {sigma}, {years} years"
        )
    if math.isnan(price + barrier + sigma + years + drift + monitor_years):
        return math.nan
    if price == barrier:
        return 1.0
    towards = 1.0 if barrier > price else -1.0
    away = abs(math.log(monitored_barrier(price, barrier, sigma, monitor_years) / price))
    speed = towards * (drift - 0.5 * sigma**2)
    spread = sigma * math.sqrt(years)
    if spread < _NO_SPREAD:
        return 1.0 if speed * years >= away else 0.0
    ahead, behind = (speed * years - away) / spread, -(speed * years + away) / spread
    return min(_phi(ahead) + _reflected(ahead, behind), 1.0)


def terminal_probability(
    price: float, barrier: float, sigma: float, years: float, *, drift: float = 0.0
) -> float:
    """Return the chance that the price is beyond `barrier` at the end: about half of touching it (TV31)."""
    towards = 1.0 if barrier > price else -1.0
    distance = math.log(barrier / price) - (drift - 0.5 * sigma**2) * years
    return _phi(-towards * distance / (sigma * math.sqrt(years)))


def monitored_barrier(price: float, barrier: float, sigma: float, monitor_years: float) -> float:
    """Return the barrier that continuous monitoring must use to stand for a look every `monitor_years`.

    B·e^{±0.5826·σ√Δt}, away from the price: Broadie, Glasserman and Kou (1997).
    """
    shift = _BGK * sigma * math.sqrt(monitor_years)
    return barrier * math.exp(shift if barrier > price else -shift)


def simulated_passage(
    price: float,
    barrier: float,
    sigma: float,
    years: float,
    *,
    shape: tuple[int, int],
    seed: int,
    drift: float = 0.0,
    degrees_of_freedom: float | None = None,
) -> tuple[float, float]:
    """Return the share of simulated paths that touch `barrier` at one of their looks, and its standard error.

    `shape` is paths × looks, these at equal distances up to `years`. Log steps are normal, or Student t of `degrees_of_freedom` > 2 scaled to the same variance. `drift` is the price's
    where they are normal; the log price's grows by `drift` − σ²/2 a year in either case. The same `seed` gives the same
    answer; NaN in, NaN out. Where no path touches it the chance is not 0 but, at 95 %, below 3 / paths. Raises
    `BadInput`. Domain §7.
    """
    paths, steps = shape
    if degrees_of_freedom is not None and not degrees_of_freedom > 2.0:
        raise BadInput(f"a Student t of {degrees_of_freedom} degrees of freedom has no variance")
    if min(price, barrier) <= 0.0 or min(sigma, years) < 0.0 or min(steps, paths) < 1:
        raise BadInput(
            f"no {paths} paths of {steps} steps for price {price}, barrier {barrier}, volatility {sigma}, {years} years"
        )
    if math.isnan(price + barrier + sigma + years + drift):
        return math.nan, math.nan
    if price == barrier:
        return 1.0, 0.0
    from hedgerow.stats.kernels.passage import path_highs

    step, towards = years / steps, 1.0 if barrier > price else -1.0
    speed = towards * (drift - 0.5 * sigma**2) * step
    highs = path_highs(seed, paths, steps, sigma * math.sqrt(step), speed, degrees_of_freedom)
    share = float(np.mean(highs >= abs(math.log(barrier / price))))
    return share, math.sqrt(share * (1.0 - share) / paths)


def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _reflected(ahead: float, behind: float) -> float:
    """e^{2νa/σ²}·Φ(behind) without overflow: the exponent is (behind² − ahead²)/2, and joins Φ's far tail."""
    if behind > _FAR_TAIL:
        return math.exp(0.5 * (behind - ahead) * (behind + ahead)) * _phi(behind)
    inverse = 1.0 / behind**2
    series = 1.0 - inverse * (1.0 - 3.0 * inverse * (1.0 - 5.0 * inverse * (1.0 - 7.0 * inverse)))
    return math.exp(-0.5 * ahead**2) / (-behind * math.sqrt(2.0 * math.pi)) * series
