"""Orders, what venues answer to them, and the table of what an order may become.

Quantities are signed Decimals in *units* of the contract, short and sell below zero: coins of the underlying for linear
contracts, dollars of face for inverse ones, contracts for quanto ones (`units_of`). No venue's own contract
count leaves its door. Instants are whole milliseconds of UTC since 1970. Ids are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument, Payoff

__all__ = [
    "LEGAL",
    "OPEN",
    "TERMINAL",
    "Accepted",
    "Fill",
    "FillKind",
    "Order",
    "OrderKind",
    "OrderReport",
    "OrderState",
    "Refused",
    "Reply",
    "Unknown",
    "contracts_of",
    "lot_units",
    "moved",
    "units_of",
]

OrderKind = Literal["market", "limit", "post_only"]
FillKind = Literal["trade", "liquidation", "adl", "settlement"]


class OrderState(StrEnum):
    """Where one order stands, as far as evidence goes."""

    WRITTEN = "written"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACKED = "acked"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"
    ABSENT = "absent"


_AT_VENUE = frozenset(
    {OrderState.ACKED, OrderState.PARTIAL, OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED}
)
_ANSWERS = _AT_VENUE | {OrderState.UNKNOWN, OrderState.REFUSED, OrderState.ABSENT}
_LATE = frozenset({OrderState.PARTIAL, OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED})

LEGAL: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.WRITTEN: frozenset({OrderState.SENDING, OrderState.CANCELLED}) | _ANSWERS,
    OrderState.SENDING: _ANSWERS,
    OrderState.UNKNOWN: _ANSWERS,
    OrderState.ACKED: _ANSWERS - {OrderState.ABSENT},
    OrderState.PARTIAL: _LATE | {OrderState.UNKNOWN},
    OrderState.FILLED: frozenset({OrderState.FILLED}),
    OrderState.CANCELLED: _LATE,
    OrderState.EXPIRED: _LATE,
    OrderState.REFUSED: _AT_VENUE,
    OrderState.ABSENT: _AT_VENUE,
}
"""What each state may become. A fill that comes late is legal in every state: the venue is right about what exists."""

TERMINAL = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REFUSED,
        OrderState.ABSENT,
    }
)
OPEN = frozenset(OrderState) - TERMINAL
"""States in which the rest of an order may still be live at the venue."""


def moved(before: OrderState, after: OrderState) -> OrderState:
    """Return `after`; raises `BrokenPromise` where `before` may not become it."""
    if after is not before and after not in LEGAL[before]:
        raise BrokenPromise(f"an order that is {before} cannot become {after}")
    return after


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it is sent, once, under a client id that is never used again.

    `price` is the limit, None for market orders; `stop` makes it a protective order that waits for the mark.
    `reduce_only` orders never open or turn a position.
    """

    client_id: str
    instrument: Instrument
    quantity: Decimal
    kind: OrderKind = "market"
    price: Decimal | None = None
    reduce_only: bool = False
    stop: Decimal | None = None

    @property
    def side(self) -> Literal["buy", "sell"]:
        """Buy above zero, sell below."""
        return "buy" if self.quantity > 0 else "sell"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue has the order; most venues say no more than its id."""

    order_id: str
    report: OrderReport | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue has definitely not taken the order. `code` is the venue's own; `again` whether a new one may pass later."""

    code: str
    reason: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the venue has the order: time-out, broken connection, 5xx, an answer that cannot be read."""

    reason: str


Reply = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue says of an order now. `quantity` and `filled` are signed; `average` is None where nothing filled."""

    client_id: str
    order_id: str
    instrument: str
    state: OrderState
    quantity: Decimal
    filled: Decimal
    average: Decimal | None = None
    reduce_only: bool | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """Units traded at `price`. `fee` is above zero when paid, below when received, in `fee_coin`.

    `kind` other than trade: the exchange itself closed it. (`venue`, `account`, `trade_id`) is unique. `client_id` is
    empty where the venue does not say it.
    """

    venue: str
    account: str
    trade_id: str
    order_id: str
    client_id: str
    instrument: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_coin: str
    at: int
    maker: bool | None = None
    kind: FillKind = "trade"


def units_of(instrument: Instrument, contracts: Decimal) -> Decimal:
    """Return the units that signed `contracts` are: exact."""
    return contracts if instrument.payoff is Payoff.QUANTO else contracts * instrument.multiplier


def contracts_of(instrument: Instrument, units: Decimal) -> Decimal:
    """Return the signed contracts that `units` are; raises `BrokenPromise` where that is no exact Decimal."""
    if instrument.payoff is Payoff.QUANTO:
        return units
    contracts = units / instrument.multiplier
    if contracts * instrument.multiplier != units:
        raise BrokenPromise(f"{units} of {instrument.name} is no exact number of contracts")
    return contracts


def lot_units(instrument: Instrument) -> Decimal:
    """Return one lot in units."""
    return units_of(instrument, instrument.lot)
