"""WEEX's contracts: sizes in base coins whatever `contractVal` says, side and leg in every order, ids that may repeat.

Signed with HMAC-SHA256 in base64 over time, method, path with query, and body; a passphrase goes with the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import Life, VenueOrder
from hedgerow.model.orders import Fill, Order, OrderKind, OrderState
from hedgerow.testing.standin.dialect import Answer, Call, Dialect, Endpoint, Heard, Refusal, number
from hedgerow.testing.standin.reading import (
    all_cancelled,
    average,
    cancelled,
    client_or_new,
    fills_of,
    found,
    past_orders,
    placed,
)
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.tongues.weex_account import ACCOUNT
from hedgerow.testing.standin.tongues.weex_market import PUBLIC
from hedgerow.testing.standin.tongues.weex_voice import voice_of

__all__ = ["DIALECT"]

_WINDOW_MS = 30_000
_AHEAD_MS = 1_000
_ERRORS = {
    "key": (-1044, "Invalid ACCESS_KEY"),
    "password": (-1047, "ACCESS_PASSPHRASE is wrong"),
    "signature": (-1049, "Invalid sign"),
    "timestamp": (-1042, "Request timestamp expired"),
    "path": (-1150, "Request path not supported"),
    "missing": (-1102, "Parameter can not be empty"),
    "symbol": (-1121, "symbol error"),
    "lot": (-1111, "INVALID_ARGUMENT quantity step"),
    "min_quantity": (-2011, "order size less than minimum"),
    "max_quantity": (-2012, "order size greater than maximum"),
    "min_notional": (-2013, "order value less than minimum"),
    "tick": (-1111, "INVALID_ARGUMENT price step"),
    "price_band": (-2014, "price out of range"),
    "post_only": (-2016, "post only order would take"),
    "reduce_only": (-2050, "position side amount not enough"),
    "margin": (-2018, "available margin not enough"),
    "leverage": (-2027, "leverage invalid"),
    "stop_now": (-2021, "trigger price would trigger at once"),
    "too_many": (-2025, "too many orders"),
    "leg": (-1054, "separated position needs its id"),
    "not_tradable": (-1058, "symbol not tradable by API"),
    "no_price": (-1001, "system busy"),
    "unknown": (-1001, "system busy"),
    "banned": (-1003, "Too many requests"),
    "closed": (-1007, "Timeout waiting for the backend; execution status unknown"),
    "unknown_order": (-2200, "FAILED_ORDER_NOT_FOUND"),
    "order_over": (-2200, "FAILED_ORDER_NOT_FOUND"),
    "not_flat": (-2054, "position exists, margin mode can not change"),
    "not_offered": (-1102, "INVALID_ARGUMENT"),
}
_STATES = {
    OrderState.ACKED: "NEW",
    OrderState.PARTIAL: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELED",
    OrderState.EXPIRED: "CANCELED",
}
_CLOSING = {("BUY", "SHORT"), ("SELL", "LONG")}


def _whose(heard: Heard, stand: Stand) -> Key:
    key = stand.keys.get(heard.headers.get("ACCESS-KEY", ""))
    if key is None:
        raise Refusal("key", "")
    if heard.headers.get("ACCESS-PASSPHRASE", "") != key.password:
        raise Refusal("password", "")
    at = heard.headers.get("ACCESS-TIMESTAMP", "0")
    path = heard.path + (f"?{heard.query}" if heard.query else "")
    payload = f"{at}{heard.method}{path}{heard.body}"
    made = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(made).decode(), heard.headers.get("ACCESS-SIGN", "")):
        raise Refusal("signature", "")
    if not stand.now - _WINDOW_MS <= int(at) <= stand.now + _AHEAD_MS:
        raise Refusal("timestamp", "")
    return key


def _refused(why: Refusal) -> Answer:
    code, said = _ERRORS.get(why.code, (-1000, why.message))
    return Answer({"code": code, "msg": said}, 404 if why.code == "path" else 400)


def _sized(call: Call) -> Decimal:
    size = call.decimal("quantity")
    return size if call.need("side") == "BUY" else -size


def _place(call: Call) -> Any:
    one, force = call.instrument(), call.asked.get("timeInForce", "GTC")
    kind: OrderKind = "market" if call.need("type") == "MARKET" else "limit"
    kind = "post_only" if force == "POST_ONLY" else kind
    order = Order(
        client_or_new(call, "newClientOrderId"),
        one,
        _sized(call),
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=(call.need("side"), call.need("positionSide")) in _CLOSING,
    )
    lives: dict[str, Life] = {"IOC": "ioc", "FOK": "fok"}
    made = placed(call, order, lives.get(force, "gtc"))
    return {"orderId": made.order_id, "clientOrderId": order.client_id, "success": True}


def _place_stop(call: Call) -> Any:
    order = Order(
        client_or_new(call, "clientAlgoId"),
        call.instrument(),
        _sized(call),
        reduce_only=(call.need("side"), call.need("positionSide")) in _CLOSING,
        stop=call.decimal("triggerPrice"),
    )
    made = placed(call, order)
    return {"algoId": made.order_id, "clientAlgoId": order.client_id, "success": True}


def _leg(order: VenueOrder) -> str:
    """The leg that an order is of: the one it opens, or the one it closes."""
    opens = order.order.quantity > 0
    return "LONG" if opens is not order.order.reduce_only else "SHORT"


def _order(order: VenueOrder) -> dict[str, Any]:
    said = order.order
    return {
        "symbol": said.instrument.symbol,
        "orderId": int(order.order_id),
        "clientOrderId": said.client_id,
        "price": number(said.price or Decimal(0)),
        "avgPrice": number(average(order)),
        "origQty": number(abs(said.quantity)),
        "executedQty": number(abs(order.filled)),
        "cumQuote": number(abs(order.cost)),
        "status": _STATES[order.state],
        "timeInForce": "POST_ONLY" if said.kind == "post_only" else order.life.upper(),
        "type": "MARKET" if said.kind == "market" else "LIMIT",
        "side": said.side.upper(),
        "positionSide": _leg(order),
        "reduceOnly": said.reduce_only,
        "stopPrice": "0",
        "time": order.at,
        "updateTime": order.updated,
        "workingType": "UNKNOWN_PRICE_TYPE",
    }


def _algo(order: VenueOrder) -> dict[str, Any]:
    said, waits = order.order, order.waiting and order.is_open
    return {
        "algoId": int(order.order_id),
        "clientAlgoId": said.client_id,
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": said.instrument.symbol,
        "side": said.side.upper(),
        "positionSide": _leg(order),
        "timeInForce": "IOC",
        "quantity": number(abs(said.quantity)),
        "algoStatus": "UNTRIGGERED" if waits else _STATES[order.state],
        "actualOrderId": 0,
        "triggerPrice": number(said.stop or Decimal(0)),
        "price": "0",
        "workingType": "MARK_PRICE",
        "closePosition": False,
        "reduceOnly": said.reduce_only,
        "createTime": order.at,
        "updateTime": order.updated,
        "triggerTime": 0,
    }


def _look(call: Call) -> Any:
    return _order(found(call, call.asked.get("orderId", ""), call.asked.get("origClientOrderId", "")))


def _cancel(call: Call) -> Any:
    order = cancelled(call, call.asked.get("orderId", ""), call.asked.get("origClientOrderId", ""))
    return {"orderId": order.order_id, "status": "CANCELED"}


def _cancel_stop(call: Call) -> Any:
    order_id = call.asked.get("algoId") or call.asked.get("orderId", "")
    order = cancelled(call, order_id, call.asked.get("clientAlgoId", ""))
    return {"algoId": order.order_id, "status": "CANCELED"}


def _open(*, stops: bool) -> Endpoint:
    def handle(call: Call) -> Any:
        name = call.instrument().name if call.asked.get("symbol") else ""
        rows = call.stand.state.open_orders(call.account, name)
        return [(_algo if stops else _order)(o) for o in rows if (o.order.stop is not None) is stops]

    return Endpoint(handle)


def _history(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else None
    return [_order(o) for o in past_orders(call, one) if o.order.stop is None][::-1][
        : call.whole("limit", 100)
    ]


def _cancel_all(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else None
    return [{"orderId": o.order_id, "status": "CANCELED"} for o in all_cancelled(call, one)]


def _trades(call: Call) -> Any:
    """At most a hundred fills, in no promised order: here the newest come first."""
    since, until = call.whole("startTime", 0), call.whole("endTime", call.at) + 1
    one = call.instrument() if call.asked.get("symbol") else None
    rows = [_trade(call, fill) for fill in fills_of(call, one, since, until)]
    return rows[: min(call.whole("limit", 100), 100)][::-1]


def _trade(call: Call, fill: Fill) -> dict[str, Any]:
    one, order = (
        call.stand.of_symbol(fill.instrument.partition(":")[2]),
        call.stand.state.order(fill.order_id),
    )
    return {
        "id": int(fill.trade_id),
        "orderId": int(fill.order_id),
        "symbol": one.symbol,
        "buyer": fill.quantity > 0,
        "commission": number(fill.fee),
        "commissionAsset": fill.fee_coin,
        "maker": bool(fill.maker),
        "price": number(fill.price),
        "qty": number(abs(fill.quantity)),
        "quoteQty": number(abs(fill.quantity) * fill.price),
        "realizedPnl": "0",
        "side": "BUY" if fill.quantity > 0 else "SELL",
        "positionSide": "LONG" if order is None else _leg(order),
        "time": fill.at,
    }


DIALECT = Dialect(
    tag="weex",
    endpoints={
        **PUBLIC,
        **ACCOUNT,
        "POST /capi/v3/order": Endpoint(_place),
        "GET /capi/v3/order": Endpoint(_look),
        "DELETE /capi/v3/order": Endpoint(_cancel),
        "POST /capi/v3/algoOrder": Endpoint(_place_stop),
        "DELETE /capi/v3/algoOrder": Endpoint(_cancel_stop),
        "DELETE /capi/v3/allOpenOrders": Endpoint(_cancel_all),
        "GET /capi/v3/openOrders": _open(stops=False),
        "GET /capi/v3/openAlgoOrders": _open(stops=True),
        "GET /capi/v3/order/history": Endpoint(_history),
        "GET /capi/v3/userTrades": Endpoint(_trades),
    },
    whose=_whose,
    wrap=lambda body, _: body,
    refused=_refused,
    voice=voice_of(_STATES, _leg),
)
