"""The day on which alts fell four times their beta, 2025-10-10 (domain §3.5, §7, TV43), and a book in a fall like it."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.exposure import AssetExposure, Exposure
from hedgerow.hedge.options.held import beyond_first_order
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.market import Market

__all__ = ["CRASH", "CRASH_ALT", "book_by_beta", "book_in_crash", "crash_powers", "returns_of_the_day"]

_CRASH_BAR = np.datetime64("2025-10-11T00:00", "ms")
CRASH = {"BTC": -0.0729, "ETH": -0.1244}
CRASH_ALT = -0.2848
"""The median alt's return of the day."""


def returns_of_the_day(market: Market, symbols: tuple[str, ...]) -> dict[str, float]:
    """Return the returns of 2025-10-10 of those `symbols` that `market` has; none where it does not cover the day."""
    rows = np.searchsorted(market.times, [_CRASH_BAR - np.timedelta64(1, "D"), _CRASH_BAR])
    if rows[1] >= len(market.times) or list(market.times[rows]) != [
        _CRASH_BAR - np.timedelta64(1, "D"),
        _CRASH_BAR,
    ]:
        return {}
    found: dict[str, float] = {}
    for symbol in symbols:
        if symbol in market.symbols:
            before, after = market.prices[rows, market.symbols.index(symbol)]
            if np.isfinite(before) and np.isfinite(after):
                found[symbol] = float(after / before - 1.0)
    return found


def crash_powers(factor: str, symbols: tuple[str, ...], market: Market | None = None) -> dict[str, float]:
    """Return how the coins fell with `factor` that day, as powers: price ratio of a coin = (the factor's)^power.

    A power, not a slope: 3.9 times a fall of 40 % would be more than all of a coin. Each coin has its own return of that day
    where `market` covers it, BTC, ETH and the median alt theirs else; stablecoins have 0.
    """
    own = {} if market is None or market.simulated else returns_of_the_day(market, (factor, *symbols))
    lead = np.log1p(own.get(factor, CRASH.get(factor, CRASH_ALT)))
    falls = {s: own.get(s, CRASH.get(s, CRASH_ALT)) for s in symbols}
    return {
        s: 1.0 if s == factor else (0.0 if is_stablecoin(s) else float(np.log1p(fall) / lead))
        for s, fall in falls.items()
    }


def book_by_beta(exposure: Exposure, moves: FloatArray) -> FloatArray:
    """Return the book's profit in dollars, (N,), when the factor moves by `moves` (N,) and every coin by its beta.

    No coin falls by more than all of its price; options of the book are revalued at once.
    """
    total = np.zeros(len(moves))
    for row in exposure.rows:
        total += _of_coin(exposure, row, np.maximum(float(row.beta[0]) * moves, -1.0))
    return total


def _of_coin(exposure: Exposure, row: AssetExposure, moves: FloatArray) -> FloatArray:
    """What the book gains, (N,), when one of its coins moves by `moves` (N,)."""
    gained = row.delta_usd * moves
    if exposure.options:
        gained = gained + beyond_first_order(exposure.options, row.symbol, moves)
    return gained


def book_in_crash(exposure: Exposure, moves: FloatArray, powers: dict[str, float]) -> FloatArray:
    """Return the book's profit in dollars, (N,), when betas rise in a fall as they did that day (`crash_powers`).

    Of each coin the worse for the book of that and its beta counts: the deeper fall of one that it is long, the lesser of one
    that it is short. Above 0 every coin moves by its beta.
    """
    total = np.zeros(len(moves))
    for row in exposure.rows:
        by_beta = np.maximum(float(row.beta[0]) * moves, -1.0)
        that_day = np.power(1.0 + np.maximum(moves, -1.0), powers[row.symbol]) - 1.0
        plain, risen = _of_coin(exposure, row, by_beta), _of_coin(exposure, row, that_day)
        total += np.where(moves < 0.0, np.minimum(plain, risen), plain)
    return total
