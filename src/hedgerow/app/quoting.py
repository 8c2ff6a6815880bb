"""What the coins that contracts are quoted in, and settle in, are worth: how dollars become coins and prices a venue's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedgerow.model.instruments import Instrument
    from hedgerow.model.market import Market

__all__ = ["coins_for", "quotes_of"]


def quotes_of(contracts: Iterable[Instrument], market: Market) -> dict[str, float]:
    """Return what the coin that each contract is quoted in is worth, by contract; 1 where the market has no price of it."""
    from hedgerow.hedge.valuation import price_of

    worth = {one.name: price_of(market, one.quote) for one in contracts}
    return {name: price if price > 0.0 else 1.0 for name, price in worth.items()}


def coins_for(dollars: float, coin: str, market: Market) -> str:
    """Dollars in a settlement coin, by the market's price of it, 1 where it has none."""
    from hedgerow.hedge.valuation import price_of

    price = price_of(market, coin)
    return f"{dollars / price if price > 0.0 else dollars:.8f}"
