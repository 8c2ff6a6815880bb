"""What every dialect asks of a stand: an order to place, the orders of an account, the contract's own count of units."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.exchange.venue import (
    AllCancelled,
    CancelAsked,
    Configured,
    DeadManSet,
    HedgeSet,
    LegName,
    Life,
    OrderMoved,
    Placed,
    Said,
    VenueEvent,
    VenueOrder,
)
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Fill, Order, contracts_of, units_of
from hedgerow.testing.standin.dialect import Call, Refusal, number

__all__ = [
    "all_cancelled",
    "average",
    "cancelled",
    "client_or_new",
    "configured",
    "counted",
    "dead_man",
    "fills_of",
    "found",
    "hedge_set",
    "past_orders",
    "placed",
    "units",
    "wallet_rows",
]


def units(instrument: Instrument, amount: Decimal, *, contracts: bool) -> Decimal:
    """Return what the venue's count of a size is in units."""
    return units_of(instrument, amount) if contracts else amount


def counted(instrument: Instrument, size: Decimal, *, contracts: bool) -> Decimal:
    """Return units in the venue's own count."""
    return contracts_of(instrument, size) if contracts else size


def client_or_new(call: Call, name: str) -> str:
    """Return the client id of a request; a venue makes one where there is none."""
    return call.asked.get(name) or f"auto{call.stand.state.made + 1}"


def placed(call: Call, order: Order, life: Life = "gtc", leg: LegName = "net") -> VenueOrder:
    """Place an order and return it as it is then; raises `Refusal` with the core's word."""
    if call.key is not None and not call.key.trade:
        raise Refusal("key", "this key may not trade")
    outcomes = call.stand.tell(Placed(call.at, call.account, order, life, leg))
    moves = [o for o in outcomes if isinstance(o, OrderMoved) and o.order.order.client_id == order.client_id]
    if not moves:
        raise Refusal("unknown_order", "nothing came of it")
    last = moves[-1]
    if last.order.state.value == "refused":
        raise Refusal(last.code, f"order refused: {last.code}")
    return call.stand.state.order(last.order.order_id) or last.order


def found(call: Call, order_id: str, client_id: str) -> VenueOrder:
    """Return an order of the account by the venue's id or the client's; raises `Refusal`."""
    state = call.stand.state
    order = state.order(order_id) if order_id else state.order_of(call.account, client_id)
    if order is None or order.account != call.account:
        raise Refusal("unknown_order", "order does not exist")
    return order


def cancelled(call: Call, order_id: str, client_id: str) -> VenueOrder:
    """Cancel an order and return it; raises `Refusal` where there is none or it is over."""
    order = found(call, order_id, client_id)
    _said(call, CancelAsked(call.at, call.account, order_id=order.order_id))
    return call.stand.state.order(order.order_id) or order


def all_cancelled(call: Call, instrument: Instrument | None) -> tuple[VenueOrder, ...]:
    """Cancel every open order of a contract, or of all, and return what they were."""
    name = "" if instrument is None else instrument.name
    before = call.stand.state.open_orders(call.account, name)
    call.stand.tell(AllCancelled(call.at, call.account, name))
    return before


def configured(call: Call, event: Configured | HedgeSet) -> str:
    """Set something up and return the core's word: "" or "no_change"; raises `Refusal` with any other."""
    return _said(call, event)


def hedge_set(call: Call, *, hedge: bool) -> str:
    """Set the position mode."""
    return _said(call, HedgeSet(call.at, call.account, hedge))


def dead_man(call: Call, after_ms: int) -> None:
    """Set the switch that cancels everything."""
    _said(call, DeadManSet(call.at, call.account, after_ms))


def _said(call: Call, event: VenueEvent) -> str:
    outcomes = call.stand.tell(event)
    codes = [o.code for o in outcomes if isinstance(o, Said)]
    bad = next((code for code in codes if code not in {"", "no_change"}), None)
    if bad is not None:
        raise Refusal(bad, f"refused: {bad}")
    return codes[-1] if codes else ""


def fills_of(call: Call, instrument: Instrument | None, since: int, until: int) -> list[Fill]:
    """Return the account's fills with since ≤ at < until, oldest first."""
    own = call.stand.fills.get(call.account, [])
    return [
        fill
        for fill in own
        if since <= fill.at < until and (instrument is None or fill.instrument == instrument.name)
    ]


def past_orders(call: Call, instrument: Instrument | None) -> list[VenueOrder]:
    """Return every order of the account, open or over, oldest first."""
    state = call.stand.state
    every = {o.order_id: o for o in state.past} | dict(state.orders)
    own = (o for o in every.values() if o.account == call.account)
    return sorted(
        (o for o in own if instrument is None or o.order.instrument.name == instrument.name),
        key=lambda o: o.seq,
    )


def average(order: VenueOrder) -> Decimal:
    """Return the average price of what filled, 0 where nothing did, as venues say it."""
    if not order.filled:
        return Decimal(0)
    instrument = order.order.instrument
    if instrument.payoff is Payoff.INVERSE:
        return round(order.filled / order.cost, 8)
    return order.cost / order.filled


def wallet_rows(call: Call, kind: str) -> list[dict[str, str]]:
    """Return the coins of a wallet that trades nothing here, in the words that most venues share."""
    coins = call.stand.wallets.get((call.account, kind), {})
    return [{"asset": coin, "free": number(amount), "locked": "0"} for coin, amount in coins.items()]
