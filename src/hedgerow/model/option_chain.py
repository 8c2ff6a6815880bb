"""Option chains: what a venue quotes on one coin at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.model.coins import is_stablecoin

__all__ = ["OptionChain", "OptionQuote"]

_YEAR = np.timedelta64(365 * 86_400_000, "ms")


@dataclass(frozen=True, slots=True)
class OptionQuote:
    """One European option. Prices are per unit of the underlying, in the coin that the chain settles in; NaN: unknown.

    Sizes, open interest and volume are in units of the underlying. `forward_usd` is the price of the future that expires with
    it. `tradable` is False where the row, or that future, is synthetic.
    """

    symbol: str
    expiry: np.datetime64
    strike: float
    call: bool
    bid: float
    ask: float
    mark: float
    forward_usd: float
    bid_size: float = math.nan
    ask_size: float = math.nan
    open_interest: float = math.nan
    volume: float = math.nan
    tradable: bool = True

    @property
    def mid(self) -> float:
        """The middle of the quotes, NaN where one is missing."""
        return 0.5 * (self.bid + self.ask)


@dataclass(frozen=True, slots=True)
class OptionChain:
    """All options of a venue on `underlying` at `as_of`, settled in `settle`: the coin itself, or a stablecoin.

    `lot` is the least step of an order in units of the underlying, `index_usd` the coin's spot index.
    """

    venue: str
    underlying: str
    settle: str
    as_of: np.datetime64
    index_usd: float
    lot: Decimal
    quotes: tuple[OptionQuote, ...]
    source: str = ""
    simulated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def in_coin(self) -> bool:
        """Whether premium and payoff are in the underlying itself, as at Deribit."""
        return not is_stablecoin(self.settle)

    @property
    def expiries(self) -> tuple[np.datetime64, ...]:
        """Every expiry, the nearest first."""
        return tuple(sorted({quote.expiry for quote in self.quotes}))

    def of(self, expiry: np.datetime64) -> tuple[OptionQuote, ...]:
        """Return the options of one expiry, by strike, puts first."""
        mine = [quote for quote in self.quotes if quote.expiry == expiry]
        return tuple(sorted(mine, key=lambda quote: (quote.strike, quote.call)))

    def years(self, expiry: np.datetime64) -> float:
        """Return the time to `expiry` in years of 365 days."""
        return float((expiry.astype("datetime64[ms]") - self.as_of) / _YEAR)

    def usd(self, price: float) -> float:
        """Return what `price` is in dollars now: coins at the index, stablecoins at par."""
        return price * self.index_usd if self.in_coin else price

    def forward_price(self, quote: OptionQuote, price: float) -> float:
        """Return `price` as Black-76 has it, in dollars of expiry: a price in coins is price ÷ forward."""
        return price * quote.forward_usd if self.in_coin else price
