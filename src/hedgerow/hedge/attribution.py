"""Where the money of one bar came from: lines that add up to the change of net asset value (domain §8).

    lines = attribute(bar)        lines.total == what the book and the hedge account gained

Everything in dollars. Betas are those the hedge was sized with. Linear across bars: sums, never products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.model.errors import BrokenPromise

__all__ = ["LINES", "Attribution", "LegMove", "SpotMoves", "WalletMove", "attribute", "check_closes"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Attribution:
    """Dollars gained, by line; costs are below zero. `slippage` is negative when adverse.

    `alpha` and `beta_spot` are what prices did to the book, `rebalance` what its own trades cost; all others are the
    hedge's: `alpha_hedge` what the coins of its contracts did besides the factors, `basis` what the contracts did besides
    their coins, `collateral` what coins that are margin did.
    """

    alpha: float = 0.0
    beta_spot: float = 0.0
    beta_hedge: float = 0.0
    basis: float = 0.0
    funding: float = 0.0
    fees: float = 0.0
    slippage: float = 0.0
    roll: float = 0.0
    fx: float = 0.0
    liquidation: float = 0.0
    rebalance: float = 0.0
    alpha_hedge: float = 0.0
    collateral: float = 0.0

    @property
    def total(self) -> float:
        """The sum of all lines."""
        of_prices = self.alpha + self.beta_spot + self.beta_hedge + self.basis
        paid = of_prices + self.funding + self.fees + self.slippage + self.roll
        return float(paid + self.fx + self.liquidation + self.rebalance + self.alpha_hedge + self.collateral)

    def __add__(self, other: Attribution) -> Attribution:
        """Return the lines of both, added one by one."""
        return Attribution(
            self.alpha + other.alpha,
            self.beta_spot + other.beta_spot,
            self.beta_hedge + other.beta_hedge,
            self.basis + other.basis,
            self.funding + other.funding,
            self.fees + other.fees,
            self.slippage + other.slippage,
            self.roll + other.roll,
            self.fx + other.fx,
            self.liquidation + other.liquidation,
            self.rebalance + other.rebalance,
            self.alpha_hedge + other.alpha_hedge,
            self.collateral + other.collateral,
        )


LINES = tuple(field.name for field in fields(Attribution))


@dataclass(frozen=True, slots=True)
class SpotMoves:
    """N holdings: `value_usd` (N,) at the start of the bar, returns (N,), betas (N, K); `cash` (N,) gains by fx alone."""

    value_usd: FloatArray
    change: FloatArray
    beta: FloatArray
    cash: BoolArray


@dataclass(frozen=True, slots=True)
class LegMove:
    """A contract held through the bar: dollars per 100 % at its start, its betas (K,), what it gained in dollars.

    `apart` is its coin's return less what the factors explain of that: 0 of a factor's own coin.
    """

    delta_usd: float
    beta: FloatArray
    gained_usd: float
    apart: float = 0.0


@dataclass(frozen=True, slots=True)
class WalletMove:
    """A margin wallet: coins in it and unrealised coins at the start, the coin's price at start and end."""

    coins: float
    unrealised: float
    start_usd: float
    end_usd: float
    cash: bool


def attribute(
    spots: SpotMoves,
    legs: Sequence[LegMove],
    wallets: Sequence[WalletMove],
    factor_change: FloatArray,
) -> Attribution:
    """Return the lines of what prices did in a bar; cash flows and trades are lines of their own, added to these.

    `factor_change` (K,) are the factors' returns. Of a spot holding V·r, V·β·f is beta and the rest alpha; of a
    contract, its dollars times β·f are beta, times what its coin did besides alpha of the hedge, and the rest is basis.
    What a coin's own move does to a wallet is collateral, and to unrealised profit fx; of a dollar coin both are fx.
    """
    gained, moved = spots.value_usd * spots.change, spots.value_usd * (spots.beta @ factor_change)
    fx = sum(wallet.unrealised * (wallet.end_usd - wallet.start_usd) for wallet in wallets)
    fx += sum(gained[spots.cash].tolist())
    beta_spot = sum(moved[~spots.cash].tolist())
    alpha = sum((gained - moved)[~spots.cash].tolist())
    collateral = 0.0
    for wallet in wallets:
        change = wallet.coins * (wallet.end_usd - wallet.start_usd)
        fx += change if wallet.cash else 0.0
        collateral += 0.0 if wallet.cash else change
    hedge = [leg.delta_usd * float(leg.beta @ factor_change) for leg in legs]
    apart = [leg.delta_usd * leg.apart for leg in legs]
    basis = sum(leg.gained_usd - beta - own for leg, beta, own in zip(legs, hedge, apart, strict=True))
    return Attribution(
        alpha=alpha,
        beta_spot=beta_spot,
        beta_hedge=sum(hedge),
        basis=basis,
        fx=fx,
        alpha_hedge=sum(apart),
        collateral=collateral,
    )


def check_closes(lines: Attribution, change_usd: float, nav_usd: float, gross_usd: float) -> None:
    """Raise `BrokenPromise` unless the lines sum to the change of net asset value, to 1e-9 of the book."""
    missed = abs(lines.total - change_usd)
    if not missed <= _TOLERANCE * max(abs(nav_usd), gross_usd, 1.0) or not np.isfinite(missed):
        raise BrokenPromise(f"the attribution misses {missed:g} of {change_usd:g} dollars")
