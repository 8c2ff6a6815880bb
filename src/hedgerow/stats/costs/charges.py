"""Costs as values: the same objects rank candidates, size a hedge and simulate it (domain §10).

    FeeCost(0.0005).cost_usd(Trade(-109_500))                            sell 109,500 dollars' worth
    charges((fee, spread, impact, funding), Trade(-109_500, days=30))    and be short of it for a month

A charge is positive when it is paid and negative when it is earned, as a short earns positive funding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput
from hedgerow.stats.carry import Ar1, forecast_funding
from hedgerow.stats.costs.book import BASIS_POINTS, Side, half_spread_bps, mid_price, walk
from hedgerow.stats.costs.impact import SPREAD_BAND, average_impact_bps, modelled_half_spread_bps

__all__ = [
    "Basis",
    "CapitalCost",
    "CarryCost",
    "Charge",
    "CoinFeeCost",
    "Cost",
    "FeeCost",
    "FundingCost",
    "ImpactCost",
    "RollCost",
    "SpreadCost",
    "Trade",
    "charges",
    "cost_rate",
    "fee_in_coin",
    "spread_from_book",
    "spread_from_volume",
]

Basis = Literal["measured", "modelled", "assumed"]
_COEFFICIENTS = (0.5, 1.0, 1.5)
_WHOLE = 1e-9
_DAYS_A_YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Trade:
    """Dollars bought, below zero sold, and the `days` that they are then held; 0 days is the trade alone."""

    dollars: float
    days: float = 0.0

    @property
    def size(self) -> float:
        """The dollars without their sign."""
        return abs(self.dollars)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of cost in dollars with its band, `low_usd` ≤ `usd` ≤ `high_usd`, and how it is known.

    NaN is unknown and makes every sum unknown: it is never 0.
    """

    name: str
    usd: float
    low_usd: float
    high_usd: float
    basis: Basis
    note: str = ""


class Cost(Protocol):
    """Something a trade or a position costs."""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return the charge on making this trade, or on holding what it bought."""


@dataclass(frozen=True, slots=True)
class FeeCost:
    """A fee of `rate` on the value traded; a rebate below zero."""

    rate: float
    basis: Basis = "measured"
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return |dollars|·rate."""
        return _exact("fee", trade.size * self.rate, self.basis, self.note)


def fee_in_coin(dollars: float, price: float, rate: float) -> float:
    """Return the coins that a fee of `rate` takes on `dollars` of inverse face at `price`: on contracts/price."""
    return abs(dollars) / price * rate


@dataclass(frozen=True, slots=True)
class CoinFeeCost:
    """A fee taken in the settlement coin: on dollars/`price` coins, turned into dollars at `coin_usd`."""

    rate: float
    price: float
    coin_usd: float
    basis: Basis = "measured"
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return the coins of the fee at what a coin is worth."""
        coins = fee_in_coin(trade.dollars, self.price, self.rate)
        return _exact("fee", coins * self.coin_usd, self.basis, self.note)


@dataclass(frozen=True, slots=True)
class SpreadCost:
    """Half the spread on every dollar traded, with its band, in basis points."""

    half_bps: float
    low_bps: float
    high_bps: float
    basis: Basis
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return |dollars| times the half-spread."""
        per_bp = trade.size / BASIS_POINTS
        return Charge(
            "spread",
            per_bp * self.half_bps,
            per_bp * self.low_bps,
            per_bp * self.high_bps,
            self.basis,
            self.note,
        )


def spread_from_book(bids: FloatArray, asks: FloatArray) -> SpreadCost:
    """Return the half-spread that a book shows; NaN where a side is empty."""
    half = half_spread_bps(bids, asks)
    return SpreadCost(half, half, half, "measured", "best bid and ask")


def spread_from_volume(daily_volume_usd: float) -> SpreadCost:
    """Return the half-spread that `modelled_half_spread_bps` expects, with its band."""
    half = modelled_half_spread_bps(daily_volume_usd)
    note = "1 bp at 100 million dollars a day, by the square root of volume"
    return SpreadCost(half, half / SPREAD_BAND, half * SPREAD_BAND, "modelled", note)


@dataclass(frozen=True, slots=True, eq=False)
class ImpactCost:
    """What the trade itself moves the price, beyond the half-spread: the larger of book walk and square root.

    (n, 2) `bids` and `asks` of price in dollars and size in base coins, best first; without them the square root
    alone. A book that does not hold the whole trade prices the part it holds, and the rest is never taken from it.
    """

    sigma_daily: float
    daily_volume_usd: float
    bids: FloatArray | None = None
    asks: FloatArray | None = None

    def cost_usd(self, trade: Trade) -> Charge:
        """Return |dollars| times the average impact; NaN where neither the book nor the volume can tell."""
        walked, whole = self._walked(trade.dollars)
        models = [
            average_impact_bps(trade.dollars, self.daily_volume_usd, self.sigma_daily, coefficient)
            for coefficient in _COEFFICIENTS
        ]
        if math.isnan(models[1]) and not whole:
            return _exact("impact", math.nan, "modelled", "volume unknown, and the book does not hold it all")
        low, usd, high = (float(np.fmax(walked, m)) * trade.size / BASIS_POINTS for m in models)
        by_book = whole and not walked < models[1] and not math.isnan(walked)
        note = "walk of the book" if by_book else "square root of the share of daily volume"
        return Charge(
            "impact",
            usd,
            low,
            high,
            "measured" if by_book else "modelled",
            note if whole else f"{note}; the book does not hold it all",
        )

    def _walked(self, dollars: float) -> tuple[float, bool]:
        """Basis points beyond the half-spread, and whether the book holds the whole trade; NaN without a book."""
        if self.bids is None or self.asks is None or not (len(self.bids) and len(self.asks)):
            return math.nan, True
        if dollars == 0.0:
            return 0.0, True
        side: Side = "sell" if dollars < 0.0 else "buy"
        mid = mid_price(self.bids, self.asks)
        result = walk(self.bids if side == "sell" else self.asks, abs(dollars) / mid, side=side, mid=mid)
        beyond = result.slippage_bps - half_spread_bps(self.bids, self.asks)
        return max(beyond, 0.0), result.unfilled <= _WHOLE * (result.filled + result.unfilled)


@dataclass(frozen=True, slots=True)
class FundingCost:
    """What a perpetual's funding is expected to cost: an AR(1) of its prints from the `last` one on (domain §4.3)."""

    model: Ar1
    last: float
    level: float = 0.90
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return dollars·ΣF over the settlements within `days`: a short (below zero) earns positive funding."""
        settlements = math.floor(trade.days * 24.0 / self.model.interval_hours + 1e-9)
        found = forecast_funding(self.model, self.last, settlements, self.level)
        low, high = sorted((trade.dollars * found.low, trade.dollars * found.high))
        return Charge("funding", trade.dollars * found.expected, low, high, self.model.basis, self.note)


@dataclass(frozen=True, slots=True)
class CarryCost:
    """The convergence of a dated contract: `annual` is its simple basis a year, positive in contango (domain §5)."""

    annual: float
    basis: Basis = "measured"
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return dollars·annual·days/365: a short (below zero) earns contango."""
        return _exact("carry", trade.dollars * self.annual * trade.days / _DAYS_A_YEAR, self.basis, self.note)


@dataclass(frozen=True, slots=True)
class RollCost:
    """Fees and spreads of both legs at each roll, as a fraction of the position, every `period_days`."""

    rate: float
    period_days: float = 91.25
    basis: Basis = "modelled"
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return |dollars|·rate·days/period: rolls are spread evenly over the holding time."""
        return _exact("roll", trade.size * self.rate * trade.days / self.period_days, self.basis, self.note)


@dataclass(frozen=True, slots=True)
class CapitalCost:
    """What the margin of a position would have earned elsewhere: `margin` of its value at `annual` a year."""

    margin: float
    annual: float
    basis: Basis = "assumed"
    note: str = ""

    def cost_usd(self, trade: Trade) -> Charge:
        """Return |dollars|·margin·annual·days/365."""
        usd = trade.size * self.margin * self.annual * trade.days / _DAYS_A_YEAR
        return _exact("capital", usd, self.basis, self.note)


def charges(costs: Sequence[Cost], trade: Trade) -> tuple[Charge, ...]:
    """Return the charge of each cost on `trade`, in the order given."""
    return tuple(cost.cost_usd(trade) for cost in costs)


def cost_rate(costs: Sequence[Cost], trade: Trade) -> float:
    """Return what all `costs` come to per dollar of `trade`: the ε of the band and the κ of the sizing.

    A fraction, negative where more is earned than paid; NaN where any charge is unknown. Raises `BadInput` for a
    trade of 0, which has no rate.
    """
    if trade.dollars == 0.0:
        raise BadInput(
            "a trade of 0 dollars has no cost per dollar", advice="Give the size you expect to trade."
        )
    return math.fsum(charge.usd for charge in charges(costs, trade)) / trade.size


def _exact(name: str, usd: float, basis: Basis, note: str) -> Charge:
    return Charge(name, usd, usd, usd, basis, note)
