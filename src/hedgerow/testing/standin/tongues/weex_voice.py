"""WEEX's private stream: a login in the headers, two channels, orders and fills in words of their own.

No message of a stream is among the venue's samples: all are written from the fields that ccxt's parser reads.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import OrderMoved, VenueOrder, VenueOutcome
from hedgerow.model.orders import Fill, OrderState
from hedgerow.testing.standin.dialect import Heard, Refusal, number
from hedgerow.testing.standin.ears import Ear, Voice
from hedgerow.testing.standin.stand import with_order

__all__ = ["voice_of"]

_PATH = "/v3/ws/private"
_CHANNELS = {"orders", "fill"}


def voice_of(states: dict[OrderState, str], leg_of: Callable[[VenueOrder], str]) -> Voice:
    """Return the voice, with the words of the REST answers for states and legs."""

    def told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
        match outcome:
            case OrderMoved(order=order) if order.account == ear.account and order.order_id:
                waits = order.waiting and order.is_open
                status = "UNTRIGGERED" if waits else states[order.state]
                yield from _message(ear, "orders", order.updated, _order(order, status, leg_of(order)))
            case Fill() if outcome.account == ear.account:
                order_of = ear.stand.state.order(outcome.order_id)
                leg = "LONG" if order_of is None else leg_of(order_of)
                yield from _message(ear, "fill", outcome.at, _fill(ear, with_order(outcome), leg))
            case _:
                pass

    return Voice(_PATH, told, opened=_opened, heard=_heard)


def _opened(heard: Heard, ear: Ear) -> None:
    key = ear.stand.keys.get(heard.headers.get("ACCESS-KEY", ""))
    at = heard.headers.get("ACCESS-TIMESTAMP", "0")
    if key is None or heard.headers.get("ACCESS-PASSPHRASE", "") != key.password:
        raise Refusal("key", "", 401)
    made = hmac.new(key.secret.encode(), f"{at}{_PATH}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(made).decode(), heard.headers.get("ACCESS-SIGN", "")):
        raise Refusal("signature", "", 401)
    ear.account = key.account


def _heard(said: Any, ear: Ear) -> Iterable[object]:
    match said:
        case {"method": "SUBSCRIBE", "params": [*channels], "id": number_of}:
            known = set(channels) <= _CHANNELS
            if known:
                ear.topics.update(channels)
            yield {"id": number_of, "result": known, "msg": "" if known else "invalid channel"}
        case _:
            pass


def _message(ear: Ear, event: str, at: int, row: dict[str, Any]) -> Iterable[object]:
    if event in ear.topics:
        version = ear.stand.state.made
        yield {"e": event, "E": at, "v": version, "msgEvent": "OrderUpdate", "d": [row]}


def _order(order: VenueOrder, status: str, leg: str) -> dict[str, Any]:
    said = order.order
    return {
        "id": order.order_id,
        "coin": said.instrument.settle,
        "symbol": said.instrument.symbol,
        "marginMode": "CROSSED",
        "separatedMode": "COMBINED",
        "positionSide": leg,
        "orderSide": said.side.upper(),
        "price": number(said.price or Decimal(0)),
        "size": number(abs(said.quantity)),
        "value": "0",
        "clientOrderId": said.client_id,
        "type": "STOP_MARKET" if said.stop is not None else "MARKET" if said.kind == "market" else "LIMIT",
        "timeInForce": "POST_ONLY" if said.kind == "post_only" else order.life.upper(),
        "reduceOnly": said.reduce_only,
        "triggerPrice": "0" if said.stop is None else number(said.stop),
        "orderSource": "API",
        "status": status,
        "cumFillSize": number(abs(order.filled)),
        "cumFillValue": number(abs(order.cost)),
        "cumFillFee": "0",
        "createdTime": str(order.at),
        "updatedTime": str(order.updated),
    }


def _fill(ear: Ear, fill: Fill, leg: str) -> dict[str, Any]:
    one = ear.stand.of_symbol(fill.instrument.partition(":")[2])
    return {
        "id": fill.trade_id,
        "coin": fill.fee_coin,
        "symbol": one.symbol,
        "orderId": fill.order_id,
        "marginMode": "CROSSED",
        "separatedMode": "COMBINED",
        "positionSide": leg,
        "orderSide": "BUY" if fill.quantity > 0 else "SELL",
        "fillSize": number(abs(fill.quantity)),
        "fillValue": number(abs(fill.quantity) * fill.price),
        "fillFee": number(fill.fee),
        "liquidateFee": "0",
        "realizePnl": "0",
        "direction": "MAKER" if fill.maker else "TAKER",
        "createdTime": str(fill.at),
        "updatedTime": str(fill.at),
    }
