"""Account-level margin: portfolio margin, its survival in a rally, and the queue for auto-deleveraging (domain §6.2-6.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.margin.tiers import Bracket, maintenance_margin, pieces_of

__all__ = [
    "LIQUIDATION_RATIO",
    "REDUCE_ONLY_RATIO",
    "Collateral",
    "PortfolioMargin",
    "adjusted_equity",
    "adl_rank",
    "uni_mmr",
]

LIQUIDATION_RATIO = 1.05
REDUCE_ONLY_RATIO = 1.20


@dataclass(frozen=True, slots=True)
class Collateral:
    """An asset of the account: `amount` (negative: borrowed), its `price`, the `rate` at which it counts (0.95)."""

    amount: float
    price: float
    rate: float


def adjusted_equity(assets: Sequence[Collateral]) -> float:
    """Return Σ min(amount·price·rate, amount·price): the haircut falls on what is owned, never on what is owed.

    In dollars; NaN where any figure is NaN. Domain §6.2, TV37.
    """
    values = [asset.amount * asset.price for asset in assets]
    counted = [min(value * asset.rate, value) for value, asset in zip(values, assets, strict=True)]
    return math.fsum(counted) if not any(math.isnan(v) for v in (*values, *counted)) else math.nan


def uni_mmr(equity: float, maintenance: float, open_loss: float = 0.0) -> float | None:
    """Return (equity − open loss)/ΣMM of a portfolio-margin account; None where nothing needs margin.

    Reduce-only at `REDUCE_ONLY_RATIO` or below, liquidated at `LIQUIDATION_RATIO` or below (Binance). TV37.
    """
    return (equity - open_loss) / maintenance if maintenance != 0.0 else None


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioMargin:
    """A book that is the collateral of its own linear short.

    (N,) signed dollar `values`, `betas` to the shorted contract and collateral `rates` of the assets; `notional` of
    the short in dollars and its `tiers`. Asset i moves exactly β_i·x when the contract moves x and rates stay put.
    """

    values: FloatArray
    betas: FloatArray
    rates: FloatArray
    notional: float
    tiers: Sequence[Bracket]

    def __post_init__(self) -> None:
        for name in ("values", "betas", "rates"):
            check_shape(name, getattr(self, name), (len(self.values),))
        if self.notional < 0.0:
            raise BrokenPromise(f"the notional of the short is never negative, got {self.notional}")

    @property
    def counted(self) -> FloatArray:
        """(N,) dollars that count as equity today: what is owned less its haircut, what is owed in full."""
        return np.minimum(self.values * self.rates, self.values)

    @property
    def net_beta(self) -> float:
        """Dollars of equity gained per 100 % of the contract: negative, a rally hurts (TV42)."""
        return float(self.counted @ self.betas) - self.notional

    def equity(self, rally: float) -> float:
        """Return adjusted equity in dollars after `rally`."""
        return float(np.sum(self.counted)) + self.net_beta * rally

    def maintenance(self, rally: float) -> float:
        """Return the short's maintenance margin in dollars after `rally`."""
        return maintenance_margin(self.notional * (1.0 + rally), self.tiers)

    def uni_mmr(self, rally: float = 0.0) -> float | None:
        """Return equity over maintenance after `rally`; None without a short."""
        return uni_mmr(self.equity(rally), self.maintenance(rally))

    def max_rally(self, ratio: float = LIQUIDATION_RATIO) -> float | None:
        """Return the rally at which equity is `ratio` times maintenance; None where no rally gets there.

        0 or less: at or below the ratio today. Holds only while alts follow the contract by their betas. TV42.
        """
        if self.notional == 0.0:
            return None
        start, slope = self.equity(0.0), self.net_beta
        if math.isnan(start + slope):
            return math.nan
        lines = [
            (start - ratio * (self.notional * p.mmr - p.cum), ratio * self.notional * p.mmr - slope)
            for p in pieces_of(self.tiers)
        ]
        meetings = [spare / closing for spare, closing in lines if closing > 0.0]
        if start < ratio * self.maintenance(0.0):
            return min([0.0, *meetings])
        return min(meetings) if meetings else None


def adl_rank(pnl_fraction: float, mark_value: float, bankrupt_value: float) -> float:
    """Return the place in the queue for auto-deleveraging: the higher, the sooner closed.

    PnL·leverage of a winner, PnL/leverage of a loser, leverage = |mark value|/|mark − bankrupt value|; infinite at
    bankruptcy. `pnl_fraction` is the unrealised profit over the entry value. Domain §6.3 (BitMEX), TV36.
    """
    distance = abs(mark_value - bankrupt_value)
    leverage = abs(mark_value) / distance if distance > 0.0 else math.inf
    return pnl_fraction * leverage if pnl_fraction > 0.0 else pnl_fraction / leverage
