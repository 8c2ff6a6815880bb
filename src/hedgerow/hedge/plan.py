"""What a hedge is: legs, costs, margin, the frontier it was chosen from, and what refused it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.display import Result, error_text
from hedgerow.model.instruments import Instrument

__all__ = [
    "Basis",
    "CostLine",
    "FrontierPoint",
    "HedgePlan",
    "Leg",
    "MarginAccount",
    "Refusal",
    "RiskFigures",
]

Basis = Literal["measured", "modelled", "assumed"]


@dataclass(frozen=True, slots=True)
class CostLine:
    """One cost in dollars, positive when it is paid and negative when it is earned, with its band.

    `name` is fee, spread, impact, funding, carry, roll or capital; `monthly` says whether it recurs each month
    (30 days) or is paid once. `basis` tells how it is known, `note` from what.
    """

    name: str
    usd: float
    low_usd: float
    high_usd: float
    monthly: bool
    basis: Basis
    note: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """An order to be: so many contracts of one instrument. Quantities are never negative; `side` has the sign.

    `beta_usd` (K,) is signed: what the leg adds to the book's dollar beta. `liquidation_price` is in the quote
    coin, None where there is none.
    """

    instrument: Instrument
    side: Literal["buy", "sell"]
    contracts: Decimal
    base_quantity: float
    notional_usd: float
    price_usd: float
    beta_usd: FloatArray
    liquidation_price: float | None
    costs: tuple[CostLine, ...]

    @property
    def signed_usd(self) -> float:
        """Dollars of the underlying, short below zero."""
        return -self.notional_usd if self.side == "sell" else self.notional_usd


@dataclass(frozen=True, slots=True)
class MarginAccount:
    """What one account at a venue needs and how far the market may go against it.

    `collateral_usd` is what it was given, NaN where the plan computes the need; `required_usd` satisfies the
    distance rule. `max_rally` is the rise of all its short legs' underlyings together (or fall, for longs) at
    which the account is liquidated; None: never. With longs and shorts in one account, the least move of one alone. `liquidation_probability` is the chance to touch that within
    `horizon_days`; `shorts` is False for an account whose legs are long, which falls endanger.
    `net_usd` are the dollars of its legs, short below zero; a wallet `in_coin` moves with them. Where neither book nor plan `told`
    of collateral in an account with open contracts, what is said of liquidation is of their profit alone: nobody knows it.
    """

    account: str
    settle: str
    collateral_usd: float
    initial_usd: float
    maintenance_usd: float
    required_usd: float
    leverage: float
    max_rally: float | None
    required_rally: float
    liquidation_probability: float
    horizon_days: float
    shorts: bool = True
    net_usd: float = 0.0
    in_coin: bool = False
    told: bool = True

    def equity_after(self, wallet_usd: float, distance: float) -> float:
        """Return the account's equity in dollars after a move of `distance` (0.4 is 40 %) against it."""
        move = distance if self.shorts else -distance
        return wallet_usd * (1.0 + move if self.in_coin else 1.0) + self.net_usd * move


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """One size of basket: how much variance it leaves, and at what price.

    Shares are of the unhedged book's variance: `left` in all, `market_removed`, `shared_removed` (what alts or
    sectors have in common) and `own_removed` apart.
    """

    count: int
    instruments: tuple[str, ...]
    left: float
    market_removed: float
    shared_removed: float
    own_removed: float
    cost_usd: float
    cost_usd_per_month: float
    margin_usd: float
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class RiskFigures:
    """Predicted risk of the book: one year's volatility and one day's losses, in dollars.

    `market_usd`, `shared_usd`, `own_usd` are the parts of the annual volatility; their squares add up. VaR and ES
    are normal, 95 %, one day. `r2` and `correlation` are with the first factor, NaN for a book without risk.
    """

    volatility_usd: float
    market_usd: float
    shared_usd: float
    own_usd: float
    var95_usd: float
    es95_usd: float
    correlation: float
    r2: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that says no: what was measured, what is allowed, what would satisfy it."""

    rule: str
    detail: str
    measured: float
    limit: float
    remedy: str


@dataclass(frozen=True, slots=True, repr=False)
class HedgePlan(Result):
    """How many contracts of what, and what that leaves. Arrays are (K,) over the factors.

    `before_usd`, `target_usd`, `after_usd` are dollar betas, `residual_usd` = after − target, `stderr_usd` the
    error of what is left. `untraded` says why a wanted trade is missing.
    """

    factors: tuple[str, ...]
    legs: tuple[Leg, ...]
    before_usd: FloatArray
    target_usd: FloatArray
    after_usd: FloatArray
    stderr_usd: FloatArray
    nav_usd: float
    has_ratio: bool
    costs: tuple[CostLine, ...]
    margin: tuple[MarginAccount, ...]
    frontier: tuple[FrontierPoint, ...]
    risk_before: RiskFigures | None
    risk_after: RiskFigures | None
    untraded: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def residual_usd(self) -> FloatArray:
        """What rounding and limits leave of the target."""
        return self.after_usd - self.target_usd

    def ratio(self, dollars: FloatArray) -> FloatArray:
        """Return dollar betas per dollar of net asset value, NaN where there is no ratio."""
        return dollars / self.nav_usd if self.has_ratio else np.full(len(self.factors), np.nan)

    def cost_usd(self, *names: str) -> float:
        """Return the sum of the cost lines of these names, of all one-time lines without any."""
        chosen = [line for line in self.costs if (line.name in names if names else not line.monthly)]
        return sum(line.usd for line in chosen)

    def headline(self) -> str:
        """Return the result in one line."""
        legs = " + ".join(
            f"{leg.side} {leg.contracts.normalize():f} {leg.instrument.symbol}" for leg in self.legs
        )
        moved = f"{self.before_usd[0]:,.0f} → {self.after_usd[0]:,.0f} ± {error_text(self.stderr_usd[0])}"
        return f"HedgePlan {legs or 'nothing to trade'}: dollar beta {moved} of {self.factors[0]}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return column names and rows."""
        names = [
            "venue",
            "instrument",
            "side",
            "contracts",
            "base_quantity",
            "notional_usd",
            "beta_usd",
            "liquidation_price",
        ]
        rows: list[list[object]] = [
            [
                leg.instrument.venue,
                leg.instrument.symbol,
                leg.side,
                leg.contracts,
                leg.base_quantity,
                leg.notional_usd,
                leg.beta_usd[0],
                leg.liquidation_price,
            ]
            for leg in self.legs
        ]
        return names, rows
