"""What can happen to an exchange, and what comes of it. Prices are in the quote coin, amounts in the settlement coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hedgerow.model.instruments import Instrument

__all__ = [
    "Deleveraged",
    "Delevered",
    "Deposited",
    "Event",
    "Expired",
    "Fill",
    "FundingDue",
    "FundingPaid",
    "Liquidation",
    "Marked",
    "Ordered",
    "Outcome",
    "Refusal",
    "Settlement",
]


@dataclass(frozen=True, slots=True)
class Marked:
    """New marks, by contract name. Margin is checked on them: last prices liquidate nobody."""

    marks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Deposited:
    """Coins put in, or taken out below zero."""

    settle: str
    amount: float


@dataclass(frozen=True, slots=True)
class Ordered:
    """Buy (or sell, below zero) `contracts` at market: worse than the last price by the fraction `slip`.

    `arrival` is that last price; None: the mark.
    """

    instrument: Instrument
    contracts: Decimal
    slip: float = 0.0
    arrival: float | None = None


@dataclass(frozen=True, slots=True)
class FundingDue:
    """A settlement of funding: longs pay `rate` of their value at `mark`, shorts receive it; reversed below zero."""

    instrument: Instrument
    rate: float
    mark: float


@dataclass(frozen=True, slots=True)
class Expired:
    """A contract ends and settles at `price`, the venue's average of its index."""

    instrument: Instrument
    price: float


@dataclass(frozen=True, slots=True)
class Deleveraged:
    """The venue closes this share of a position at `price` against a bankrupt counterparty (ADL)."""

    instrument: Instrument
    share: float
    price: float


Event = Marked | Deposited | Ordered | FundingDue | Expired | Deleveraged


@dataclass(frozen=True, slots=True)
class Fill:
    """Contracts traded at `price`, where the last one was `arrival`, for a `fee` in coins."""

    instrument: Instrument
    contracts: Decimal
    arrival: float
    price: float
    fee: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that was not taken, and why."""

    instrument: Instrument
    contracts: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """Coins of funding received, or paid below zero."""

    instrument: Instrument
    rate: float
    amount: float


@dataclass(frozen=True, slots=True)
class Liquidation:
    """Contracts the venue closed at the mark because equity fell below maintenance, with the coins it kept.

    `shortfall` are coins the insurance fund had to add.
    """

    instrument: Instrument
    contracts: Decimal
    price: float
    fee: float
    shortfall: float = 0.0


@dataclass(frozen=True, slots=True)
class Settlement:
    """A contract that expired: closed at `price`, for a `fee` in coins."""

    instrument: Instrument
    contracts: Decimal
    price: float
    fee: float


@dataclass(frozen=True, slots=True)
class Delevered:
    """Contracts closed by the venue at `price`, without a fee: the hedge is smaller than it was."""

    instrument: Instrument
    contracts: Decimal
    price: float


Outcome = Fill | Refusal | FundingPaid | Liquidation | Settlement | Delevered
