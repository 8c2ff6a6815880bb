"""Black-76: European options on the future that expires with them, prices, greeks, implied volatility (domain §3.5).

Prices and greeks are in the quote coin for one unit of the underlying. A coin-settled option (Deribit) is quoted in
coins, price ÷ forward; one settled in USDT (Binance, Bybit) in the quote coin itself.

All functions are vectorised: arguments broadcast. NaN policy: a forward or strike that is not above 0, negative years or
volatility, and anything that is not finite give NaN; nothing raises. Where an implied volatility is NaN,
`ImpliedVolatility.why` says why.

Source: F. Black, The pricing of commodity contracts, J. Financial Economics 3 (1976) 167-179. The out-of-the-money price is
reckoned with the scaled complementary error function, as in P. Jäckel, Let's be rational (2015), and the other side by
parity: neither loses its digits far from the money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, ndtr

from hedgerow.model.arrays import FloatArray

__all__ = [
    "Greeks",
    "ImpliedVolatility",
    "Solved",
    "black_greeks",
    "black_price",
    "coin_price",
    "coin_price_delta",
    "implied_volatility",
    "net_transaction_delta",
    "strike_of_price",
]

_ROOT_TWO = np.sqrt(2.0)
_ROOT_TWO_PI = np.sqrt(2.0 * np.pi)
_MOST_STEPS = 200
_WIDEST = 80.0
"""A total volatility at which every option is worth its upper bound to the last digit."""
_LEAST_DIGITS = 4.0 * np.finfo(float).eps

BoolLike = bool | Sequence[bool] | NDArray[np.bool_]


class Solved(IntEnum):
    """What became of an implied volatility."""

    FOUND = 0
    NOT_A_NUMBER = 1
    NO_TIME = 2
    BELOW_INTRINSIC = 3
    AT_INTRINSIC = 4
    ABOVE_BOUND = 5
    NOT_SETTLED = 6

    @property
    def words(self) -> str:
        """The outcome in words."""
        return _WORDS[self]


_WORDS = {
    Solved.FOUND: "found",
    Solved.NOT_A_NUMBER: "an input is missing or not above 0",
    Solved.NO_TIME: "the option has expired",
    Solved.BELOW_INTRINSIC: "the price is below what exercise is worth: an arbitrage, or a stale quote",
    Solved.AT_INTRINSIC: "the price has no time value that its digits can show",
    Solved.ABOVE_BOUND: "the price is at or above the most it can be: the forward of a call, the strike of a put",
    Solved.NOT_SETTLED: "the solver did not settle: please report the five numbers",
}


@dataclass(frozen=True, slots=True)
class Greeks:
    """Price and derivatives of options, each an array of their common shape.

    `delta` is per unit of the forward, `gamma` per unit², `vega` per 1.00 of volatility, `theta` per year that passes
    with forward and discount unchanged (negative for who holds the option).
    """

    price: FloatArray
    delta: FloatArray
    gamma: FloatArray
    vega: FloatArray
    theta: FloatArray


@dataclass(frozen=True, slots=True)
class ImpliedVolatility:
    """A year's volatilities, NaN where there is none, and what became of each (`Solved`, same shape)."""

    volatility: FloatArray
    outcome: NDArray[np.int8]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Where there is one."""
        return np.asarray(self.outcome == Solved.FOUND)

    def why(self) -> list[str]:
        """Return the outcome of each in words, in flat order."""
        return [Solved(int(code)).words for code in np.ravel(self.outcome)]


def black_price(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    call: BoolLike,
    discount: ArrayLike = 1.0,
) -> FloatArray:
    """Return the price of one option: D·(F·Φ(d₁) − K·Φ(d₂)) for a call, D·(K·Φ(−d₂) − F·Φ(−d₁)) for a put (TV19).

    Without volatility or time it is D times what exercise is worth.
    """
    f, k, total, is_call, d, _ = _prepared(forward, strike, years, volatility, call, discount)
    intrinsic = np.maximum(np.where(is_call, f - k, k - f), 0.0)
    return d * (intrinsic + _time_value(f, k, total))


def black_greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    call: BoolLike,
    discount: ArrayLike = 1.0,
) -> Greeks:
    """Return price and greeks (TV19).

    With no volatility or time left the delta is that of exercise (a half at the money), the others are 0, and gamma is
    NaN at the money.
    """
    f, k, total, is_call, d, t = _prepared(forward, strike, years, volatility, call, discount)
    with np.errstate(divide="ignore", invalid="ignore"):
        d1 = np.where(total > 0.0, np.log(f / k) / total + 0.5 * total, np.sign(f - k) * np.inf)
    d1 = np.where((total == 0.0) & (f == k), 0.0, d1)
    density = np.exp(-0.5 * np.minimum(d1**2, 1e4)) / _ROOT_TWO_PI
    delta = np.where(is_call, ndtr(d1), -ndtr(-d1))
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = np.where(total > 0.0, density / (f * total), np.where(f == k, np.nan, 0.0))
        theta = np.where(t > 0.0, -0.5 * f * density * total / t, 0.0)
    unknown = np.isnan(total) | np.isnan(d)
    vega = np.where(total > 0.0, f * density * np.sqrt(t), 0.0)
    price = black_price(forward, strike, years, volatility, call, discount)
    parts = (np.where(unknown, np.nan, d * part) for part in (delta, gamma, vega, theta))
    return Greeks(price, *parts)


def implied_volatility(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    call: BoolLike,
    discount: ArrayLike = 1.0,
) -> ImpliedVolatility:
    """Return the volatility at which Black's price is `price`, by Newton steps kept inside a bracket.

    A price below what exercise is worth, at it, or at its upper bound has none; the outcome says which. The solver works on
    the logarithm of the time value, so that a far option's is as exact as a near one's.
    """
    p, f, k, t, is_call, d = np.broadcast_arrays(
        *map(_floats, (price, forward, strike, years, call, discount))
    )
    usable = np.isfinite(p) & np.isfinite(f) & np.isfinite(k) & np.isfinite(t) & np.isfinite(d)
    usable &= (f > 0.0) & (k > 0.0) & (d > 0.0) & (p >= 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        undiscounted = np.where(usable, p / d, np.nan)
        intrinsic = np.maximum(np.where(is_call > 0.0, f - k, k - f), 0.0)
        value = undiscounted - intrinsic
        room = _LEAST_DIGITS * np.maximum(undiscounted, intrinsic)
        outcome = np.full(p.shape, Solved.FOUND, dtype=np.int8)
        outcome[undiscounted >= np.where(is_call > 0.0, f, k)] = Solved.ABOVE_BOUND
        outcome[np.abs(value) <= room] = Solved.AT_INTRINSIC
        outcome[value < -room] = Solved.BELOW_INTRINSIC
        outcome[t <= 0.0] = Solved.NO_TIME
    outcome[~usable] = Solved.NOT_A_NUMBER
    total, solved = _solve(value, f, k, outcome == Solved.FOUND)
    outcome[(outcome == Solved.FOUND) & ~solved] = Solved.NOT_SETTLED
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(outcome == Solved.FOUND, total / np.sqrt(np.maximum(t, 0.0)), np.nan)
    return ImpliedVolatility(found, outcome)


def coin_price(price: ArrayLike, forward: ArrayLike) -> FloatArray:
    """Return an option's price in coins, as Deribit quotes it: price ÷ forward. Times the coin's spot it is dollars now."""
    return np.asarray(_floats(price) / _floats(forward))


def net_transaction_delta(delta: ArrayLike, price_in_coin: ArrayLike) -> FloatArray:
    """Return the delta in coins of an option that is paid in coins: Δ − P/F (TV19). The coins paid away moved too."""
    return np.asarray(_floats(delta) - _floats(price_in_coin))


def coin_price_delta(delta: ArrayLike, price_in_coin: ArrayLike, forward: ArrayLike) -> FloatArray:
    """Return how a price in coins moves with the forward: ∂(P/F)/∂F = (Δ − P/F)/F (TV19)."""
    return np.asarray(net_transaction_delta(delta, price_in_coin) / _floats(forward))


def strike_of_price(
    price: float, forward: float, years: float, volatility: float, *, call: bool, discount: float = 1.0
) -> float:
    """Return the strike at which an option costs `price`: the call that pays for a put (TV19c). NaN where there is none.

    Price falls with a call's strike and rises with a put's; the root is bisected in the logarithm of the strike.
    """
    low, high = np.log(forward) - _WIDEST, np.log(forward) + _WIDEST
    rising = not call

    def above(log_strike: float) -> bool:
        at = float(black_price(forward, np.exp(log_strike), years, volatility, call, discount))
        return (at > price) == rising

    if not np.isfinite(price) or price <= 0.0 or above(low) or not above(high):
        return float("nan")
    while high - low > 1e-15 * max(abs(high), 1.0):
        middle = 0.5 * (low + high)
        if middle in {low, high}:
            break
        low, high = (low, middle) if above(middle) else (middle, high)
    return float(np.exp(0.5 * (low + high)))


def _floats(value: ArrayLike) -> FloatArray:
    return np.asarray(value, dtype=float)


def _prepared(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    call: BoolLike,
    discount: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_], FloatArray, FloatArray]:
    """Return forward, strike, total volatility σ√T, side, discount and years of one shape, NaN where they mean nothing."""
    f, k, t, sigma, is_call, d = np.broadcast_arrays(
        *map(_floats, (forward, strike, years, volatility, call, discount))
    )
    good = np.isfinite(f) & np.isfinite(k) & np.isfinite(t) & np.isfinite(sigma) & np.isfinite(d)
    good &= (f > 0.0) & (k > 0.0) & (t >= 0.0) & (sigma >= 0.0) & (d > 0.0)
    f, k, t, sigma, d = (np.where(good, part, np.nan) for part in (f, k, t, sigma, d))
    return f, k, sigma * np.sqrt(t), is_call > 0.0, d, t


def _time_value(f: FloatArray, k: FloatArray, total: FloatArray) -> FloatArray:
    """Return the undiscounted price of whichever side is out of the money: √(FK)·b(−|ln F/K|, σ√T)."""
    away = -np.abs(np.log(f / k))
    safe = np.where(total > 0.0, total, 1.0)
    value = np.sqrt(f * k) * _normalised(away, safe)
    return np.where(total > 0.0, value, np.where(np.isnan(total), np.nan, 0.0))


def _normalised(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return Black's call for x = ln(F/K) ≤ 0 over √(FK) at total volatility s > 0."""
    h, t = x / s, 0.5 * s
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        weight = 0.5 * np.exp(-0.5 * (h * h + t * t))
        tails = erfcx(-(h + t) / _ROOT_TWO) - erfcx(-(h - t) / _ROOT_TWO)
        # Far inside, erfcx overflows where the plain form has lost nothing.
        plain = np.exp(0.5 * x) * ndtr(h + t) - np.exp(-0.5 * x) * ndtr(h - t)
    return np.where(h + t < 6.0, np.maximum(weight * tails, 0.0), plain)


def _solve(
    value: FloatArray, f: FloatArray, k: FloatArray, wanted: NDArray[np.bool_]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the total volatilities whose time value is `value`, and where the steps settled."""
    found, settled = np.full(value.shape, np.nan), np.zeros(value.shape, dtype=bool)
    if not wanted.any():
        return found, settled
    x = -np.abs(np.log(f[wanted] / k[wanted]))
    with np.errstate(divide="ignore"):
        target = np.log(value[wanted] / np.sqrt(f[wanted] * k[wanted]))
    low, high = np.zeros(x.shape), np.full(x.shape, _WIDEST)
    still = np.ones(x.shape, dtype=bool)
    s = np.maximum(np.sqrt(2.0 * np.abs(x)), 0.2)  # where vega is largest
    for _ in range(_MOST_STEPS):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            price = _normalised(x, s)
            gap = np.log(price) - target
            slope = np.exp(-0.5 * ((x / s) ** 2 + 0.25 * s * s)) / _ROOT_TWO_PI / price
            low, high = np.where(gap < 0.0, s, low), np.where(gap < 0.0, high, s)
            step = s - gap / slope
        inside = np.isfinite(step) & (step > low) & (step < high)
        then = np.where(inside, step, 0.5 * (low + high))
        still = np.abs(then - s) > 1e-15 * s
        s = then
        if not still.any():
            break
    found[wanted], settled[wanted] = s, ~still
    return found, settled
