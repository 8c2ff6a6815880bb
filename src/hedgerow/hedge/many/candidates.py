"""One contract for every book: how many dollars of it, what they cost, what margin they want, what risk they leave.

The formulas are those of `hedge/selection.py` and `hedge/charges.py`, for (B,) dollars at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.charges import NO_VOLATILITY, NO_VOLUME_USD, capital_line, holding_lines, trade_lines
from hedgerow.hedge.terms import MONTH_DAYS, Terms
from hedgerow.model.arrays import FloatArray
from hedgerow.model.instruments import Payoff
from hedgerow.stats.costs import ImpactCost, RollCost, Trade, average_impact_bps
from hedgerow.stats.margin import maintenance_margins

__all__ = ["Costs", "capital_usd", "costs_of", "wallets_for"]

_BASIS_POINTS = 1e4
_CLOSE_TO_ALL = 1.0 - 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Dollars (B,): `fee`, `spread` and `impact` once; `holding` (funding or carry) and `roll` a month. Negative: earned."""

    fee: FloatArray
    spread: FloatArray
    impact: FloatArray
    holding: FloatArray
    roll: FloatArray

    @property
    def once(self) -> FloatArray:
        """What the trade itself costs (B,)."""
        return self.fee + self.spread + self.impact

    @property
    def a_month(self) -> FloatArray:
        """What holding costs a month (B,), without the capital of its margin."""
        return self.holding + self.roll


def costs_of(terms: Terms, dollars: FloatArray) -> Costs:
    """Return what trading and holding `dollars` (B,), signed, of a contract costs."""
    size = np.abs(dollars)
    fee, spread, _ = trade_lines(terms, 1.0)
    held = {line.name: line.usd for line in holding_lines(terms, 1.0)}
    impact = _impact(terms, dollars)
    paid = size * fee.usd, size * spread.usd, impact
    roll = np.zeros(len(dollars))
    if "roll" in held:
        rate = 2.0 * sum(paid) / np.maximum(size, 1.0)
        roll = size * rate * RollCost(1.0).cost_usd(Trade(1.0, MONTH_DAYS)).usd
    return Costs(*paid, dollars * held.get("funding", held.get("carry", 0.0)), roll)


def _impact(terms: Terms, dollars: FloatArray) -> FloatArray:
    """The square root of the share of a day's volume; with an order book, what its walk says where that is more."""
    volume = terms.volume_usd if terms.volume_usd > 0 else NO_VOLUME_USD
    sigma = terms.underlying_volatility if np.isfinite(terms.underlying_volatility) else NO_VOLATILITY
    if terms.book is None:
        size = np.abs(dollars)
        whole: FloatArray = average_impact_bps(1.0, volume, sigma) * size**1.5 / _BASIS_POINTS
        return whole
    cost = ImpactCost(sigma, volume, terms.book.bids, terms.book.asks)
    return np.array([cost.cost_usd(Trade(float(d))).usd for d in dollars])


def capital_usd(margin: FloatArray) -> FloatArray:
    """Return what margin (B,) would earn elsewhere in a month."""
    return margin * capital_line(1.0).usd


def wallets_for(terms: Terms, dollars: FloatArray, distance: float, max_leverage: float) -> FloatArray:
    """Return the collateral (B,), in dollars of today, with which `dollars` (B,) survive a move of `distance` against them.

    Never less than the leverage cap wants (TV27). The wallet of an inverse contract is the coin, and moves with it.
    """
    size = np.abs(dollars)
    move = np.where(dollars < 0.0, distance, -min(distance, _CLOSE_TO_ALL))
    grown = 1.0 + move if terms.instrument.payoff is Payoff.INVERSE else np.ones(len(dollars))
    wanted = (size * np.abs(move) + _maintenance(terms, size, move)) / grown
    return np.maximum(wanted, size / max_leverage)


def _maintenance(terms: Terms, size: FloatArray, move: FloatArray) -> FloatArray:
    """Return dollars (B,) of maintenance margin of `size` (B,) after a `move` (B,)."""
    tiers, payoff = terms.instrument.tiers, terms.instrument.payoff
    if payoff is Payoff.INVERSE:
        coin = terms.price_usd * (1.0 + move)
        return maintenance_margins(size / coin, tiers) * coin
    if payoff is Payoff.QUANTO:
        return maintenance_margins(size * (1.0 + move) / terms.settle_usd, tiers) * terms.settle_usd
    return maintenance_margins(size * (1.0 + move), tiers)
