"""Bybit as its v5 API speaks: one door for linear and inverse, `category` says which.

Signed with HMAC-SHA256 over timestamp, key, window and the parameters as sent. An order's answer says only its ids.
"""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import LegName, Life, VenueOrder
from hedgerow.model.instruments import Instrument, Payoff
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
from hedgerow.testing.standin.tongues.bybit_account import ACCOUNT
from hedgerow.testing.standin.tongues.bybit_market import PUBLIC, category_of
from hedgerow.testing.standin.tongues.bybit_voice import voice_of

__all__ = ["DIALECT"]

_AHEAD_MS = 1_000
_ERRORS = {
    "key": (10003, "API key is invalid."),
    "signature": (10004, "error sign! please check your signature generation algorithm."),
    "timestamp": (10002, "invalid request, please check your server timestamp or recv_window param."),
    "path": (404, "not found"),
    "missing": (10001, "params error"),
    "symbol": (10001, "params error: symbol invalid"),
    "duplicate_id": (110072, "OrderLinkedID is duplicate"),
    "lot": (10001, "Qty invalid"),
    "min_quantity": (10001, "The number of contracts below minimum"),
    "max_quantity": (110003, "Order quantity exceeds the upper limit"),
    "min_notional": (110094, "Order does not meet minimum order value 5USDT"),
    "tick": (110003, "Order price exceeds the allowable range."),
    "price_band": (110003, "Order price exceeds the allowable range."),
    "reduce_only": (110017, "current position is zero, cannot fix reduce-only order qty"),
    "margin": (110007, "ab not enough for new order"),
    "leverage": (110013, "cannot set leverage due to risk limit"),
    "stop_now": (110093, "expect Falling, but trigger_price > current"),
    "too_many": (110009, "The number of stop orders exceeds the maximum allowable limit"),
    "leg": (10001, "position idx not match position mode"),
    "not_tradable": (110074, "Contract is not live"),
    "no_price": (10016, "Server error."),
    "unknown": (10016, "Server error."),
    "banned": (10006, "Too many visits!"),
    "closed": (10030, "The service is under maintenance"),
    "unknown_order": (110001, "order not exists or too late to cancel"),
    "order_over": (110001, "order not exists or too late to cancel"),
    "no_change": (110043, "Set leverage not modified"),
    "not_flat": (110024, "You have an existing position, so the position mode cannot be switched"),
    "not_offered": (10001, "params error"),
}
_STATES = {
    OrderState.ACKED: "New",
    OrderState.PARTIAL: "PartiallyFilled",
    OrderState.FILLED: "Filled",
    OrderState.CANCELLED: "Cancelled",
    OrderState.EXPIRED: "Deactivated",
}
_KINDS = {"trade": "Trade", "liquidation": "BustTrade", "adl": "AdlTrade", "settlement": "Delivery"}


def _whose(heard: Heard, stand: Stand) -> Key:
    key = stand.keys.get(heard.headers.get("X-BAPI-API-KEY", ""))
    if key is None:
        raise Refusal("key", "")
    at, window = heard.headers.get("X-BAPI-TIMESTAMP", "0"), heard.headers.get("X-BAPI-RECV-WINDOW", "5000")
    payload = f"{at}{key.key}{window}{heard.query if heard.method == 'GET' else heard.body}"
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, heard.headers.get("X-BAPI-SIGN", "")):
        raise Refusal("signature", "")
    if not stand.now - int(window) <= int(at) <= stand.now + _AHEAD_MS:
        raise Refusal("timestamp", "")
    return key


def _wrap(body: Any, call: Call) -> Any:
    return {"retCode": 0, "retMsg": "OK", "result": body, "retExtInfo": {}, "time": call.stand.now}


def _refused(why: Refusal) -> Answer:
    code, said = _ERRORS.get(why.code, (10016, why.message))
    status = why.status if why.code == "path" else 200
    return Answer({"retCode": code, "retMsg": said, "result": {}, "retExtInfo": {}, "time": 0}, status)


def _place(call: Call) -> Any:
    one = call.instrument()
    force = call.asked.get("timeInForce", "GTC")
    kind: OrderKind = "market" if call.need("orderType") == "Market" else "limit"
    kind = "post_only" if force == "PostOnly" else kind
    size = call.decimal("qty")
    order = Order(
        client_or_new(call, "orderLinkId"),
        one,
        size if call.need("side") == "Buy" else -size,
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=call.asked.get("reduceOnly", "false") == "true",
        stop=Decimal(call.asked["triggerPrice"]) if call.asked.get("triggerPrice") else None,
    )
    lives: dict[str, Life] = {"IOC": "ioc", "FOK": "fok"}
    try:
        made = placed(call, order, "gtc" if kind == "market" else lives.get(force, "gtc"), _leg(call))
    except Refusal as why:
        if why.code != "post_only":
            raise
        # The venue takes it and cancels it at once: it only shows in the history, which the core does not keep.
        raise Refusal("not_offered", "post-only order would take") from None
    return {"orderId": made.order_id, "orderLinkId": made.order.client_id}


def _leg(call: Call) -> LegName:
    legs: dict[str, LegName] = {"1": "long", "2": "short"}
    return legs.get(call.asked.get("positionIdx", "0"), "net")


def _order(order: VenueOrder) -> dict[str, Any]:
    said, stop = order.order, order.order.stop
    inverse = said.instrument.payoff is Payoff.INVERSE
    status = "Untriggered" if order.waiting and order.is_open else _STATES[order.state]
    closed = not order.is_open
    force = {"post_only": "PostOnly", "market": "IOC"}.get(said.kind, order.life.upper())
    return {
        "symbol": said.instrument.symbol,
        "orderId": order.order_id,
        "orderLinkId": said.client_id,
        "side": said.side.capitalize(),
        "orderType": "Market" if said.kind == "market" else "Limit",
        "orderStatus": status,
        "price": number(said.price or Decimal(0)),
        "qty": number(abs(said.quantity)),
        "avgPrice": number(average(order)) if order.filled else "",
        "leavesQty": number(Decimal(0) if closed else abs(order.remaining)),
        "leavesValue": "0",
        "cumExecQty": number(abs(order.filled)),
        "cumExecValue": number(abs(order.cost)),
        "cumExecFee": "0",
        "timeInForce": force,
        "reduceOnly": said.reduce_only,
        "closeOnTrigger": False,
        "positionIdx": {"net": 0, "long": 1, "short": 2}[order.leg],
        "orderIv": "",
        "stopOrderType": "Stop" if stop is not None else "",
        "triggerPrice": number(stop) if stop is not None else "",
        "triggerBy": "MarkPrice" if stop is not None else "",
        "rejectReason": "EC_NoError",
        "isLeverage": "",
        "createdTime": str(order.at),
        "updatedTime": str(order.updated),
        "category": "inverse" if inverse else "linear",
    }


def _wanted(call: Call) -> tuple[Instrument | None, str, str]:
    one = call.instrument() if call.asked.get("symbol") else None
    return one, call.asked.get("orderId", ""), call.asked.get("orderLinkId", "")


def _rows(call: Call, orders: list[VenueOrder]) -> dict[str, Any]:
    _, order_id, client_id = _wanted(call)
    category = call.asked.get("category", "linear")
    rows = [
        _order(o)
        for o in orders
        if category_of(o.order.instrument) == category
        and order_id in {"", o.order_id}
        and client_id in {"", o.order.client_id}
    ]
    stops = call.asked.get("orderFilter")
    if stops in {"StopOrder", "Order"}:
        rows = [row for row in rows if (row["orderStatus"] == "Untriggered") is (stops == "StopOrder")]
    return {"category": category, "nextPageCursor": "", "list": rows[::-1][: call.whole("limit", 20)]}


def _realtime(call: Call) -> Any:
    """Open orders; by an id also those that are over, of which the venue keeps the last 500."""
    one, order_id, client_id = _wanted(call)
    if order_id or client_id or call.asked.get("openOnly") == "1":
        return _rows(call, past_orders(call, one)[-500:])
    return _rows(call, list(call.stand.state.open_orders(call.account, "" if one is None else one.name)))


def _history(call: Call) -> Any:
    return _rows(call, [o for o in past_orders(call, _wanted(call)[0]) if not o.is_open])


def _cancel(call: Call) -> Any:
    order = found(call, call.asked.get("orderId", ""), call.asked.get("orderLinkId", ""))
    done = cancelled(call, order.order_id, "")
    return {"orderId": done.order_id, "orderLinkId": done.order.client_id}


def _cancel_all(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else None
    gone = all_cancelled(call, one)
    return {"list": [{"orderId": o.order_id, "orderLinkId": o.order.client_id} for o in gone], "success": "1"}


def _executions(call: Call) -> Any:
    since, until = call.whole("startTime", 0), call.whole("endTime", call.at) + 1
    category, one = call.asked.get("category", "linear"), _wanted(call)[0]
    rows = [_execution(call.stand, fill) for fill in fills_of(call, one, since, until)]
    rows = [row for row in rows if row.pop("category") == category][::-1]
    wanted = call.asked.get("orderId")
    rows = [row for row in rows if wanted in {None, row["orderId"]}]
    begin, size = call.whole("cursor", 0), call.whole("limit", 50)
    more = str(begin + size) if begin + size < len(rows) else ""
    return {"category": category, "nextPageCursor": more, "list": rows[begin : begin + size]}


def _execution(stand: Stand, fill: Fill) -> dict[str, Any]:
    one = stand.of_symbol(fill.instrument.partition(":")[2])
    size, inverse = abs(fill.quantity), one.payoff is Payoff.INVERSE
    value = size / fill.price if inverse else size * fill.price
    order = stand.state.order(fill.order_id)
    return {
        "category": category_of(one),
        "symbol": one.symbol,
        "orderId": fill.order_id,
        "orderLinkId": fill.client_id,
        "side": "Buy" if fill.quantity > 0 else "Sell",
        "orderPrice": number(fill.price),
        "orderQty": number(abs(order.order.quantity) if order is not None else size),
        "leavesQty": "0",
        "orderType": "Market" if order is None or order.order.kind == "market" else "Limit",
        "stopOrderType": "UNKNOWN",
        "execFee": number(fill.fee),
        "feeCurrency": fill.fee_coin,
        "execId": fill.trade_id,
        "execPrice": number(fill.price),
        "execQty": number(size),
        "execType": _KINDS[fill.kind],
        "execValue": number(value),
        "execTime": str(fill.at),
        "isMaker": bool(fill.maker),
        "feeRate": number(fill.fee / value if value else Decimal(0)),
        "markPrice": number(fill.price),
        "indexPrice": number(fill.price),
        "closedSize": "0",
        "seq": int(fill.trade_id),
    }


DIALECT = Dialect(
    tag="bybit",
    endpoints={
        **PUBLIC,
        **ACCOUNT,
        "POST /v5/order/create": Endpoint(_place),
        "POST /v5/order/cancel": Endpoint(_cancel),
        "POST /v5/order/cancel-all": Endpoint(_cancel_all),
        "GET /v5/order/realtime": Endpoint(_realtime),
        "GET /v5/order/history": Endpoint(_history),
        "GET /v5/execution/list": Endpoint(_executions),
    },
    whose=_whose,
    wrap=_wrap,
    refused=_refused,
    voice=voice_of(_order, _execution),
)
