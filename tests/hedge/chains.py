"""Small option chains with quotes that a formula makes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from hedgerow.hedge.options.legs import FREE, OptionLeg, OptionPosition
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.black import black_price

__all__ = ["AS_OF", "INDEX", "chain_of", "flat_chain", "position", "quote_of"]

AS_OF = np.datetime64("2026-01-01T08:00", "ms")
INDEX = 60_000.0


def quote_of(
    strike: float,
    price: float,
    *,
    call: bool = False,
    days: int = 30,
    forward: float = INDEX,
    half: float = 0.0,
) -> OptionQuote:
    """One option of a price in coins, `half` the spread to either side."""
    expiry = AS_OF + np.timedelta64(days, "D")
    name = f"BTC-{str(expiry)[:10]}-{strike:g}-{'C' if call else 'P'}"
    return OptionQuote(name, expiry, strike, call, price - half, price + half, price, forward)


def chain_of(*quotes: OptionQuote, settle: str = "BTC", lot: str = "0.1") -> OptionChain:
    """A chain of these quotes."""
    return OptionChain("test", "BTC", settle, AS_OF, INDEX, Decimal(lot), quotes, "test")


def flat_chain(
    *, settle: str = "BTC", days: tuple[int, ...] = (30, 58), forward: float = INDEX, volatility: float = 0.55
) -> OptionChain:
    """Every strike from 40 % to 160 % of the index at one volatility, quoted two hundredths of the price apart."""
    quotes = []
    for ahead in days:
        for strike in range(24_000, 96_001, 2_000):
            for call in (False, True):
                price = float(black_price(forward, strike, ahead / 365, volatility, call))
                price /= forward if settle == "BTC" else 1.0
                quotes.append(
                    quote_of(strike, price, call=call, days=ahead, forward=forward, half=0.01 * price)
                )
    return chain_of(*quotes, settle=settle)


def position(
    chain: OptionChain, *legs: tuple[int, str, float], fees: Any = FREE, sigma: float = 0.55
) -> OptionPosition:
    """Quotes of the chain by their place, so many of each at a price."""
    made = [OptionLeg(chain.quotes[i], Decimal(count), price, sigma) for i, count, price in legs]
    return OptionPosition(chain, tuple(made), fees)
