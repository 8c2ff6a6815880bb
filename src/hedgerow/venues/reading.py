"""Raw rows of a venue into the trade's values: signed units, exact, ids as text. Pure: (row, names, contract) in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hedgerow.model.errors import StateUnknown
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Fill, FillKind, OrderReport, OrderState, units_of
from hedgerow.model.ports import FundingPaid, Holding, MarginMode
from hedgerow.venues.fields import FillFields, OrderFields, PaidFields, PositionFields
from hedgerow.venues.raw import Row, amount, flag, ident, instant, number, text, word

__all__ = ["STATES", "fill_of", "holding_of", "paid_of", "report_of", "signed"]

Leg = Literal["net", "long", "short"]

STATES: Mapping[str, OrderState] = {
    "new": OrderState.ACKED,
    "created": OrderState.ACKED,
    "open": OrderState.ACKED,
    "active": OrderState.ACKED,
    "accepted": OrderState.ACKED,
    "pending": OrderState.ACKED,
    "pending_new": OrderState.ACKED,
    "pending_cancel": OrderState.ACKED,
    "pendingcancel": OrderState.ACKED,
    "untriggered": OrderState.ACKED,
    "triggered": OrderState.ACKED,
    "triggering": OrderState.ACKED,
    "partially_filled": OrderState.PARTIAL,
    "partiallyfilled": OrderState.PARTIAL,
    "partial_fill": OrderState.PARTIAL,
    "filled": OrderState.FILLED,
    "full_fill": OrderState.FILLED,
    "finished": OrderState.FILLED,
    "canceled": OrderState.CANCELLED,
    "cancelled": OrderState.CANCELLED,
    "deactivated": OrderState.CANCELLED,
    "partiallyfilledcanceled": OrderState.CANCELLED,
    "partially_filled_canceled": OrderState.CANCELLED,
    "expired": OrderState.EXPIRED,
    "expired_in_match": OrderState.EXPIRED,
    "rejected": OrderState.REFUSED,
    "failed": OrderState.REFUSED,
}
"""What the venues' words for an order's state mean; a word in no list is no state but an error."""

_DONE = {said for said, state in STATES.items() if state in {OrderState.FILLED, OrderState.PARTIAL}}
_LONG = {"long", "buy", "1", "b"}
_SHORT = {"short", "sell", "2", "a"}
_ISOLATED = {"isolated", "true", "1"}
_CROSS = {"cross", "crossed", "false", "0", "2"}
_EXCHANGE_MADE: tuple[tuple[str, FillKind], ...] = (
    ("adl", "adl"),
    ("deleverag", "adl"),
    ("bust", "liquidation"),
    ("liq", "liquidation"),
    ("autoclose", "liquidation"),
    ("settle", "settlement"),
    ("delivery", "settlement"),
)


def signed(units: Decimal, side: str, names: str) -> Decimal:
    """Return `units` with the sign of a side; raises `StateUnknown` for a side that is neither."""
    if side in _LONG:
        return abs(units)
    if side in _SHORT:
        return -abs(units)
    raise StateUnknown(
        f'"{side}" in {names or "side"} is neither buy nor sell',
        advice="A wrong sign is worse than none: check the venue's page.",
    )


def holding_of(row: Row, names: PositionFields, instrument: Instrument) -> Holding | None:
    """Return the position a row tells of, None for a flat one."""
    size = amount(row, names.size)
    if size == 0:
        return None
    side = word(row, names.side) if names.side else ""
    units = units_of(instrument, size)
    quantity = units if side not in _LONG | _SHORT else signed(units, side, names.side)
    notional, notional_coin = number(row, names.notional), number(row, names.notional_coin)
    rank = number(row, names.adl)
    return Holding(
        instrument=instrument.name,
        quantity=quantity,
        leg=_leg(row, names),
        entry=_entry(row, names, instrument, abs(units)),
        mark=_price(row, names.mark),
        notional=None if notional is None else abs(notional),
        notional_coin=None if notional_coin is None else abs(notional_coin),
        unrealised=number(row, names.unrealised),
        liquidation=_price(row, names.liquidation),
        margin_mode=margin_word(word(row, names.margin_mode)),
        leverage=number(row, names.leverage),
        adl_rank=None if rank is None else int(rank),
        at=instant(row, names.at),
        margin=number(row, names.margin) if names.margin else None,
    )


def margin_word(said: str) -> MarginMode | None:
    """Return the margin mode that a venue's word means, None where it says nothing known."""
    if said in _ISOLATED or said.startswith("isolated"):
        return "isolated"
    if said in _CROSS or said.startswith("regular"):
        return "cross"
    return "portfolio" if said.startswith("portfolio") else None


def _leg(row: Row, names: PositionFields) -> Leg:
    said = word(row, names.leg) if names.leg and not flag(row, names.single) else ""
    if said in _LONG:
        return "long"
    if said in _SHORT:
        return "short"
    return "net"


def _entry(row: Row, names: PositionFields, instrument: Instrument, units: Decimal) -> Decimal:
    said = number(row, names.entry) if names.entry else None
    if said:
        return said
    worth = number(row, names.entry_value) if names.entry_value else None
    if not worth:
        raise StateUnknown(f"the position in {instrument.name} has no entry price")
    return abs(worth) / units if instrument.payoff is Payoff.LINEAR else units / abs(worth)


def _price(row: Row, names: str) -> Decimal | None:
    """A price above zero: venues write 0 where there is none."""
    said = number(row, names) if names else None
    return said if said is not None and said > 0 else None


def report_of(
    row: Row, names: OrderFields, instrument: Instrument, states: Mapping[str, OrderState], client_id: str
) -> OrderReport:
    """Return what a row says of an order; the state follows what has filled where the word leaves it open."""
    quantity = units_of(instrument, amount(row, names.quantity))
    filled = number(row, names.filled) if names.filled else None
    if filled is None and names.remaining:
        filled = amount(row, names.quantity) - amount(row, names.remaining)
    if filled is None and names.stop and text(row, names.stop) and word(row, names.status) not in _DONE:
        filled = Decimal(0)
    if filled is None:
        raise StateUnknown(f"an order in {instrument.name} does not say what has filled")
    done = units_of(instrument, filled)
    side = word(row, names.side)
    side = names.sides.get(side, side)
    return OrderReport(
        client_id=client_id,
        order_id=ident(row, names.id) or "",
        instrument=instrument.name,
        state=_state(word(row, names.status) or names.assumed, states, abs(done), abs(quantity)),
        quantity=signed(quantity, side, names.side),
        filled=signed(done, side, names.side) if done else Decimal(0),
        average=_price(row, names.average),
        reduce_only=flag(row, names.reduce_only) if names.reduce_only else None,
        at=instant(row, names.at),
    )


def _state(said: str, states: Mapping[str, OrderState], done: Decimal, quantity: Decimal) -> OrderState:
    found = states.get(said, STATES.get(said))
    if found is None:
        raise StateUnknown(f'"{said}" is no known state of an order', advice="Check the venue's page.")
    if found is OrderState.ACKED and done:
        return OrderState.FILLED if done >= quantity else OrderState.PARTIAL
    return found


@dataclass(frozen=True, slots=True)
class Whose:
    """The venue and the account that fills belong to."""

    venue: str
    account: str


def fill_of(row: Row, names: FillFields, instrument: Instrument, whose: Whose, client_id: str) -> Fill:
    """Return the fill a row tells of; raises `StateUnknown` for one without its id: told with it elsewhere, it counts twice."""
    at, trade_id = instant(row, names.at), ident(row, names.id)
    if at is None or trade_id is None:
        raise StateUnknown(
            f"a fill in {instrument.name} has no {'time' if at is None else 'id'}",
            advice="The venue's answer has changed: check its page.",
        )
    quantity, price = amount(row, names.quantity), _traded_at(row, names, instrument)
    side = word(row, names.side)
    order_id = ident(row, names.order) or ""
    maker, taker = _rested(row, names), flag(row, names.taker)
    return Fill(
        venue=whose.venue,
        account=whose.account,
        trade_id=trade_id,
        order_id=order_id,
        client_id=client_id,
        instrument=instrument.name,
        quantity=signed(units_of(instrument, quantity), names.sides.get(side, side), names.side),
        price=price,
        fee=amount(row, names.fee) * names.fee_sign,
        fee_coin=text(row, names.fee_coin) or instrument.settle,
        at=at,
        maker=maker if maker is not None else None if taker is None else not taker,
        kind=_kind(word(row, names.kind), client_id),
    )


def _rested(row: Row, names: FillFields) -> bool | None:
    """Whether a fill rested before, None where the venue does not say."""
    if not names.maker_word:
        return flag(row, names.maker)
    said = word(row, names.maker)
    return said == names.maker_word if said else None


def _traded_at(row: Row, names: FillFields, instrument: Instrument) -> Decimal:
    """The price, or what the value of the fill makes it where the venue names only that."""
    value = number(row, names.value) if names.value else None
    if number(row, names.price) is None and value and instrument.payoff is Payoff.LINEAR:
        return abs(value) / units_of(instrument, amount(row, names.quantity))
    return amount(row, names.price)


def _kind(said: str, client_id: str) -> FillKind:
    for mark, kind in _EXCHANGE_MADE:
        if mark in said or client_id.lower().startswith(mark):
            return kind
    return "trade"


def paid_of(row: Row, names: PaidFields, instrument: Instrument) -> FundingPaid | None:
    """Return the funding a row tells of; None for a row of another kind."""
    if any(word(row, field) not in {"", wanted} for field, wanted in names.only.items()):
        return None
    at = instant(row, names.at)
    if at is None:
        raise StateUnknown(f"a funding payment in {instrument.name} has no time")
    change = number(row, names.amount) if names.amount else None
    if change is None:
        change = -amount(row, names.cost)
    return FundingPaid(
        instrument=instrument.name,
        at=at,
        amount=change,
        coin=text(row, names.coin) or instrument.settle,
        payment_id=text(row, names.id) or f"{instrument.symbol}-{at}",
    )
