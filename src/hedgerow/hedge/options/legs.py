"""Options held or written together: what they cost, pay at expiry, are worth before it, and need as margin.

All figures are dollars of the whole position. `moves` are moves of the coin's spot from the chain's index, 0.1 for 10 % up.
A price in coins is price ÷ forward, so that its dollars now are Black's price × index ÷ forward, and its payoff at expiry,
max(K − S, 0) ÷ S coins of S dollars each, that of any put (domain §3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.black import black_greeks, black_price

__all__ = ["DERIBIT", "DOLLARS", "FREE", "OptionFees", "OptionGreeks", "OptionLeg", "OptionPosition"]


@dataclass(frozen=True, slots=True)
class OptionFees:
    """What a venue takes of an option: shares of the coin's price, and at most `cap` of the option's own."""

    taker: float
    delivery: float
    cap: float
    cite: str


DERIBIT = OptionFees(
    0.0003, 0.00015, 0.125, "Deribit, Fees (support article 25944746248989): 0.03 %, capped at 12.5 %"
)
DOLLARS = OptionFees(
    0.0005, 0.00015, 0.125, "Deribit, Fees (the same article): 0.05 % of linear options, capped at 12.5 %"
)
FREE = OptionFees(0.0, 0.0, 0.0, "none")


@dataclass(frozen=True, slots=True)
class OptionLeg:
    """So many of one option: `contracts` in units of the underlying, sold below 0, at `price` each.

    `volatility` is the smile's at its strike; it is kept while the spot moves.
    """

    quote: OptionQuote
    contracts: Decimal
    price: float
    volatility: float

    @property
    def count(self) -> float:
        """Signed units as a float."""
        return float(self.contracts)


@dataclass(frozen=True, slots=True)
class OptionGreeks:
    """Sensitivities of a position today, in dollars.

    `delta_usd` per 100 % of the coin, `gamma_usd` its change per 100 % (domain §3.5: Γ·S² a unit), `vega_usd` per volatility
    point, `theta_usd` per day; `net_delta` in coins counts the premium paid in coins too (Deribit's net transaction delta).
    """

    delta_usd: float
    gamma_usd: float
    vega_usd: float
    theta_usd: float
    net_delta: float


@dataclass(frozen=True, slots=True)
class OptionPosition:
    """Legs of one expiry on one chain, with the venue's fees."""

    chain: OptionChain
    legs: tuple[OptionLeg, ...]
    fees: OptionFees = DERIBIT

    @property
    def years(self) -> float:
        """Time to expiry."""
        return self.chain.years(self.legs[0].quote.expiry)

    @property
    def premium(self) -> float:
        """What is paid in all in the settlement coin; received below 0."""
        return sum(leg.count * leg.price for leg in self.legs)

    @property
    def premium_usd(self) -> float:
        """What is paid in all, in dollars now."""
        return self.chain.usd(self.premium)

    @property
    def fee_usd(self) -> float:
        """What trading it costs in fees."""
        most = self.fees.taker * self.chain.index_usd
        return sum(abs(leg.count) * min(most, self.fees.cap * self.chain.usd(leg.price)) for leg in self.legs)

    def payoff_usd(self, moves: FloatArray) -> FloatArray:
        """Return what it pays at expiry, after delivery fees, (N,)."""
        spot = self.chain.index_usd * (1.0 + moves)
        total = np.zeros(len(moves))
        for leg in self.legs:
            strike = leg.quote.strike
            paid = np.maximum(spot - strike if leg.quote.call else strike - spot, 0.0)
            fee = np.minimum(self.fees.delivery * spot, self.fees.cap * paid)
            total += leg.count * paid - abs(leg.count) * fee
        return total

    def profit_usd(self, moves: FloatArray) -> FloatArray:
        """Return the profit if held to expiry: payoff less premium and fees, (N,)."""
        return self.payoff_usd(moves) - self.premium_usd - self.fee_usd

    def worth_usd(self, moves: FloatArray) -> FloatArray:
        """Return what it is worth at once after `moves`, volatilities as they are at their strikes, (N,)."""
        total = np.zeros(len(moves))
        for leg in self.legs:
            forward = leg.quote.forward_usd * (1.0 + moves)
            price = black_price(forward, leg.quote.strike, self.years, leg.volatility, leg.quote.call)
            total += leg.count * price * self._spot_over_forward(leg)
        return total

    def delta_usd(self, moves: FloatArray) -> FloatArray:
        """Return the dollars it moves with per 100 % of the coin at once after `moves`, (N,)."""
        total = np.zeros(len(moves))
        for leg in self.legs:
            forward = leg.quote.forward_usd * (1.0 + moves)
            delta = black_greeks(forward, leg.quote.strike, self.years, leg.volatility, leg.quote.call).delta
            total += leg.count * delta * forward * self._spot_over_forward(leg)
        return total

    def greeks(self) -> OptionGreeks:
        """Return its sensitivities today."""
        sums = np.zeros(5)
        for leg in self.legs:
            f = leg.quote.forward_usd
            g = black_greeks(f, leg.quote.strike, self.years, leg.volatility, leg.quote.call)
            scale = self._spot_over_forward(leg)
            paid = self.chain.usd(leg.price) / self.chain.index_usd if self.chain.in_coin else 0.0
            sums += leg.count * np.array(
                [
                    float(g.delta) * f * scale,
                    float(g.gamma) * f * f * scale,
                    float(g.vega) * scale / 100.0,
                    float(g.theta) * scale / 365.0,
                    float(g.delta) - paid,
                ]
            )
        return OptionGreeks(*(float(part) for part in sums))

    def initial_margin_usd(self) -> float:
        """Return what the sold legs need on the day, by Deribit's standard margin (no relief for bought ones)."""
        return sum(self._sold(leg, 0.0, initial=True) for leg in self.legs if leg.count < 0)

    def needed_usd(self, move: float) -> float:
        """Return the money the account must have had before the trade to stand an instant `move`, in dollars after it.

        Maintenance of the sold legs then, which has the price of buying them back in it, and what the trade cost. Bought options
        give no relief, as in Deribit's standard margin; without sold legs nothing is needed.
        """
        if all(leg.count > 0 for leg in self.legs):
            return 0.0
        return max(self.kept_usd(move) + self.premium_usd + self.fee_usd, 0.0)

    def kept_usd(self, move: float) -> float:
        """Return the maintenance of what was sold an instant after `move`, in dollars then."""
        return sum(self._sold(leg, move, initial=False) for leg in self.legs if leg.count < 0)

    def _sold(self, leg: OptionLeg, move: float, *, initial: bool) -> float:
        """Margin of one sold leg after `move`: in coins max(0.15 − out of the money ÷ price, 0.1) + mark, then 0.075 + mark.

        A sold put's maintenance is max(0.075, 0.075 · mark) + mark, and its initial margin never less. Deribit's rules as
        published; the venue's own figure is right.
        """
        quote, spot = leg.quote, self.chain.index_usd * (1.0 + move)
        forward = quote.forward_usd * (1.0 + move)
        mark = float(black_price(forward, quote.strike, self.years, leg.volatility, quote.call)) / forward
        kept = (0.075 if quote.call else max(0.075, 0.075 * mark)) + mark
        if initial:
            away = max((quote.strike - forward if quote.call else forward - quote.strike) / forward, 0.0)
            kept = max(max(0.15 - away, 0.1) + mark, kept)
        return abs(leg.count) * kept * spot

    def _spot_over_forward(self, leg: OptionLeg) -> float:
        """Dollars now per dollar of expiry: the index over the forward where prices are in coins."""
        return self.chain.index_usd / leg.quote.forward_usd if self.chain.in_coin else 1.0
