"""Where the money of one bar came from: lines that add up to the change of net asset value (domain §8).

    lines = attribute(bar)        lines.total == what the book and the hedge account gained

Everything in dollars. Betas are those the hedge was sized with. Linear across bars: sums, never products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BrokenPromise

__all__ = ["LINES", "Attribution", "LegMove", "SpotMove", "WalletMove", "attribute", "check_closes"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Attribution:
    """Dollars gained, by line; costs are below zero. `slippage` is negative when adverse."""

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

    @property
    def total(self) -> float:
        """The sum of all lines."""
        return float(sum(astuple(self)))

    def __add__(self, other: Attribution) -> Attribution:
        """Return the lines of both, added one by one."""
        return Attribution(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


LINES = tuple(field.name for field in fields(Attribution))


@dataclass(frozen=True, slots=True)
class SpotMove:
    """A holding's `value_usd` at the start of the bar, its return, its betas (K,); cash has none and gains by fx."""

    value_usd: float
    change: float
    beta: FloatArray
    cash: bool = False


@dataclass(frozen=True, slots=True)
class LegMove:
    """A contract held through the bar: dollars per 100 % at its start, its betas (K,), what it gained in dollars."""

    delta_usd: float
    beta: FloatArray
    gained_usd: float


@dataclass(frozen=True, slots=True)
class WalletMove:
    """A margin wallet: coins in it and unrealised coins at the start, the coin's price at start and end, its betas."""

    coins: float
    unrealised: float
    start_usd: float
    end_usd: float
    beta: FloatArray
    cash: bool


def attribute(
    moves: Sequence[SpotMove],
    legs: Sequence[LegMove],
    wallets: Sequence[WalletMove],
    factor_change: FloatArray,
) -> Attribution:
    """Return the lines of what prices did in a bar; cash flows and trades are lines of their own, added to these.

    `factor_change` (K,) are the factors' returns. Of a spot holding V·r, V·β·f is beta and the rest alpha; of a
    contract, its dollars times β·f are beta and the rest basis. A wallet of coins is a holding, and what a coin's own
    move does to unrealised profit is fx.
    """
    lines = Attribution()
    for move in moves:
        lines += _spot(move, factor_change)
    for wallet in wallets:
        change = wallet.end_usd - wallet.start_usd
        held = SpotMove(wallet.coins * wallet.start_usd, change / wallet.start_usd, wallet.beta, wallet.cash)
        lines += _spot(held, factor_change) + Attribution(fx=wallet.unrealised * change)
    for leg in legs:
        beta = leg.delta_usd * float(leg.beta @ factor_change)
        lines += Attribution(beta_hedge=beta, basis=leg.gained_usd - beta)
    return lines


def _spot(move: SpotMove, factor_change: FloatArray) -> Attribution:
    gained = move.value_usd * move.change
    if move.cash:
        return Attribution(fx=gained)
    beta = move.value_usd * float(move.beta @ factor_change)
    return Attribution(beta_spot=beta, alpha=gained - beta)


def check_closes(lines: Attribution, change_usd: float, nav_usd: float, gross_usd: float) -> None:
    """Raise `BrokenPromise` unless the lines sum to the change of net asset value, to 1e-9 of the book."""
    missed = abs(lines.total - change_usd)
    if not missed <= _TOLERANCE * max(abs(nav_usd), gross_usd, 1.0) or not np.isfinite(missed):
        raise BrokenPromise(f"the attribution misses {missed:g} of {change_usd:g} dollars")
