"""BingX's account stream: a listen key, compressed messages, orders of linear contracts and their fills.

Only the answer with the listen key is among the venue's samples; messages are written from the fields that ccxt's parser
reads. ccxt has no stream for coin-margined contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from hedgerow.exchange.venue import OrderMoved, VenueOrder, VenueOutcome
from hedgerow.model.instruments import Payoff
from hedgerow.model.orders import Fill, OrderState
from hedgerow.testing.standin.dialect import Bare, Call, Heard, Refusal, number
from hedgerow.testing.standin.ears import Ear, Voice
from hedgerow.testing.standin.reading import average
from hedgerow.testing.standin.stand import with_order

__all__ = ["VOICE", "listen_key"]

_MOVES = {
    OrderState.ACKED: "NEW",
    OrderState.CANCELLED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}


def listen_key(call: Call) -> Any:
    """Make a listen key, or make it last."""
    return Bare(listenKey=call.stand.ears.key_for(call.account, "", call.at).key)


def _opened(heard: Heard, ear: Ear) -> None:
    key = ear.stand.ears.keys.get(parse_qs(heard.query).get("listenKey", [""])[0])
    if key is None:
        raise Refusal("key", "the listen key is not there", 404)
    ear.account, ear.key = key.account, key.key
    ear.topics.add(key.key)


def _told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
    match outcome:
        case OrderMoved(order=order) if _mine(ear, order) and order.state in _MOVES:
            yield _message(order.updated, _row(order, _MOVES[order.state], _MOVES[order.state]))
        case Fill() if outcome.account == ear.account:
            yield from _filled(with_order(outcome), ear)
        case _:
            pass


def _mine(ear: Ear, order: VenueOrder) -> bool:
    linear = order.order.instrument.payoff is Payoff.LINEAR
    return order.account == ear.account and bool(order.order_id) and linear


def _message(at: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"e": "ORDER_TRADE_UPDATE", "E": at, "T": at, "o": row}


def _row(order: VenueOrder, happened: str, status: str) -> dict[str, Any]:
    said = order.order
    return {
        "s": said.instrument.symbol,
        "c": said.client_id,
        "i": order.order_id,
        "S": said.side.upper(),
        "o": "STOP_MARKET" if said.stop is not None else "MARKET" if said.kind == "market" else "LIMIT",
        "q": number(abs(said.quantity)),
        "p": number(said.price or Decimal(0)),
        "sp": number(said.stop or Decimal(0)),
        "ap": number(average(order)),
        "x": happened,
        "X": status,
        "N": said.instrument.settle,
        "n": "0",
        "T": order.updated,
        "wt": "MARK_PRICE",
        "ps": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "rp": "0",
        "z": number(abs(order.filled)),
        "ro": said.reduce_only,
    }


def _filled(fill: Fill, ear: Ear) -> Iterable[object]:
    """A fill, with what its order has filled up to it; what the venue closes by itself has no order to tell of."""
    order = ear.stand.state.order(fill.order_id)
    if order is None or order.order.instrument.payoff is not Payoff.LINEAR:
        return
    so_far = ear.filled[fill.order_id] = ear.filled.get(fill.order_id, Decimal(0)) + fill.quantity
    whole = so_far == order.order.quantity
    row = _row(order, "TRADE", "FILLED" if whole else "PARTIALLY_FILLED")
    yield _message(
        fill.at,
        {
            **row,
            "z": number(abs(so_far)),
            "ap": number(fill.price),
            "l": number(abs(fill.quantity)),
            "L": number(fill.price),
            "N": fill.fee_coin,
            "n": number(-fill.fee),
            "T": fill.at,
            "t": fill.trade_id,
            "m": bool(fill.maker),
        },
    )


def _expired(ear: Ear) -> object:
    return {"e": "listenKeyExpired", "E": ear.stand.now, "listenKey": ear.key}


VOICE = Voice("/swap-market", _told, opened=_opened, expired=_expired, packed=True)
