"""Contracts: what one is worth, what it pays, what it needs.

Payoffs are domain §3.3. A quantity is a signed number of contracts, short below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = ["Instrument", "MarginTier", "Payoff"]


class Payoff(StrEnum):
    """How a contract pays."""

    LINEAR = "linear"
    INVERSE = "inverse"
    QUANTO = "quanto"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class MarginTier:
    """One bracket of maintenance margin: from `floor` up, the rate is `mmr`.

    `floor` is in the quote coin for linear contracts and in the settlement coin for inverse and quanto ones.
    """

    floor: float
    mmr: float
    max_leverage: float


@dataclass(frozen=True, slots=True)
class Instrument:
    """A derivative contract, as its venue defines it.

    `multiplier` is base units per contract (linear), dollars per contract (inverse) or settlement coins per
    dollar of the underlying (quanto). `lot` and the contract limits are in contracts, `min_notional` and `tick`
    in the quote coin, fees and funding caps are fractions. `cite` says where the figures come from.
    """

    venue: str
    symbol: str
    underlying: str
    payoff: Payoff
    quote: str
    settle: str
    multiplier: Decimal
    lot: Decimal
    min_contracts: Decimal
    max_contracts: Decimal | None
    min_notional: Decimal
    tick: Decimal
    taker_fee: Decimal
    maker_fee: Decimal
    tiers: tuple[MarginTier, ...]
    expiry: datetime | None = None
    funding_interval_hours: float | None = None
    funding_cap: float | None = None
    cite: str = ""

    @property
    def name(self) -> str:
        """Venue and symbol, as `--instruments` takes it."""
        return f"{self.venue}:{self.symbol}"

    @property
    def family(self) -> tuple[str, str, str, str, str]:
        """What contracts share that differ in nothing but their expiry: one is rolled into another."""
        return self.venue, self.underlying, self.payoff, self.quote, self.settle

    @property
    def is_perpetual(self) -> bool:
        """True where there is funding instead of an expiry."""
        return self.expiry is None and self.payoff is not Payoff.OPTION

    @property
    def max_leverage(self) -> float:
        """The largest leverage of the lowest tier."""
        return self.tiers[0].max_leverage if self.tiers else 1.0

    def dollar_delta(self, price_usd: float, settle_usd: float = 1.0) -> float:
        """Dollars gained by one long contract per 100 % rise of the underlying (domain §3.1).

        `price_usd` is the contract's own price in dollars, `settle_usd` the settlement coin's.
        """
        multiplier = float(self.multiplier)
        if self.payoff is Payoff.INVERSE:
            return multiplier
        if self.payoff is Payoff.QUANTO:
            return multiplier * price_usd * settle_usd
        return multiplier * price_usd

    def base_units(self, contracts: float, price_usd: float, settle_usd: float = 1.0) -> float:
        """Signed coins of the underlying that `contracts` stand for at this price."""
        return contracts * self.dollar_delta(price_usd, settle_usd) / price_usd

    def notional_usd(self, contracts: float, price_usd: float, settle_usd: float = 1.0) -> float:
        """Dollars of the underlying that `contracts` stand for, never negative."""
        return abs(contracts) * self.dollar_delta(price_usd, settle_usd)

    def pnl(self, contracts: float, entry: float, price: float) -> float:
        """Profit in the settlement coin of `contracts` held from `entry` to `price` (TV15, TV16, TV46)."""
        multiplier = float(self.multiplier)
        if self.payoff is Payoff.INVERSE:
            return contracts * multiplier * (1.0 / entry - 1.0 / price)
        return contracts * multiplier * (price - entry)
