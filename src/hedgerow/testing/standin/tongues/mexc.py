"""MEXC's futures: sizes in contracts, side and purpose in one number, ids that may repeat, and hardly a word about orders.

Signed with HMAC-SHA256 over key, time and the parameters as sent. Its documents have no sample answers in our hands: fields
are those that its clients read.
"""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import LegName, Life, VenueOrder
from hedgerow.model.orders import Fill, Order, OrderKind, OrderState
from hedgerow.testing.standin.dialect import Answer, Bare, Call, Dialect, Endpoint, Heard, Refusal, plain
from hedgerow.testing.standin.reading import (
    all_cancelled,
    average,
    cancelled,
    client_or_new,
    counted,
    fills_of,
    found,
    past_orders,
    placed,
    units,
)
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.tongues.mexc_account import ACCOUNT
from hedgerow.testing.standin.tongues.mexc_market import PUBLIC
from hedgerow.testing.standin.tongues.mexc_voice import voice_of

__all__ = ["DIALECT"]

_WINDOW_MS = 10_000
_AHEAD_MS = 1_000
_ERRORS = {
    "key": (402, "API Key expired or invalid"),
    "signature": (602, "signature verification failed"),
    "timestamp": (513, "Invalid request, request time expired"),
    "path": (404, "Not Found"),
    "missing": (600, "Parameter error"),
    "symbol": (1001, "Contract does not exist"),
    "duplicate_id": (2043, "duplicate externalOid"),
    "lot": (2011, "The quantity is not an integer multiple of the contract"),
    "min_quantity": (2008, "The quantity is less than the minimum"),
    "max_quantity": (2010, "The quantity exceeds the maximum"),
    "min_notional": (2008, "The quantity is less than the minimum"),
    "tick": (2015, "Price or quantity accuracy error"),
    "price_band": (2007, "Order price error"),
    "post_only": (2055, "post only order would take"),
    "reduce_only": (2009, "Position is nonexistent or closed"),
    "margin": (2005, "Balance insufficient"),
    "leverage": (2006, "The leverage ratio error"),
    "stop_now": (2013, "Trigger price error"),
    "too_many": (2027, "Too many orders"),
    "leg": (7002, "position mode does not match"),
    "not_tradable": (2003, "Contract is not tradable"),
    "no_price": (500, "Internal error"),
    "unknown": (500, "Internal error"),
    "banned": (510, "Requests are too frequent. Please try again later"),
    "closed": (604, "System in maintenance"),
    "unknown_order": (2040, "Order does not exist"),
    "order_over": (2041, "Order state cannot be cancelled"),
    "not_flat": (2021, "leverage inconsistent with the open position"),
    "not_offered": (600, "Parameter error"),
}
_STATES = {
    OrderState.ACKED: 2,
    OrderState.PARTIAL: 2,
    OrderState.FILLED: 3,
    OrderState.CANCELLED: 4,
    OrderState.EXPIRED: 4,
}
_BUYS, _REDUCES = {1, 2}, {2, 4}


def _whose(heard: Heard, stand: Stand) -> Key:
    """The futures sign over key, time and parameters, the spot account over its query."""
    spot = heard.path.startswith("/api/v3/")
    key = stand.keys.get(heard.headers.get("X-MEXC-APIKEY" if spot else "APIKEY", ""))
    if key is None:
        raise Refusal("key", "")
    if spot:
        payload, _, signature = heard.query.rpartition("&signature=")
        at = heard.asked().get("timestamp", "0")
    else:
        at, signature = heard.headers.get("REQUEST-TIME", "0"), heard.headers.get("SIGNATURE", "")
        payload = f"{key.key}{at}{heard.body if heard.method == 'POST' else heard.query}"
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, signature):
        raise Refusal("signature", "")
    if not stand.now - _WINDOW_MS <= int(at) <= stand.now + _AHEAD_MS:
        raise Refusal("timestamp", "")
    return key


def _refused(why: Refusal) -> Answer:
    code, said = _ERRORS.get(why.code, (500, why.message))
    return Answer({"success": False, "code": code, "message": said}, 404 if why.code == "path" else 200)


def _wrap(body: Any, _: Call) -> Any:
    """Answers of the futures lie in an envelope, those of the spot account do not."""
    return body if isinstance(body, Bare) else {"success": True, "code": 0, "data": body}


def _sized(call: Call) -> Decimal:
    size = units(call.instrument(), call.decimal("vol"), contracts=True)
    return size if call.whole("side", 0) in _BUYS else -size


def _leg(call: Call) -> LegName:
    """Where long and short coexist, the side names the leg: 1 and 4 the long, 2 and 3 the short."""
    if call.asked.get("positionMode", "") != "1":
        return "net"
    return "long" if call.whole("side", 0) in {1, 4} else "short"


def _place(call: Call) -> Any:
    word = call.need("type")
    kind: OrderKind = "market" if word in {"5", "6"} else "post_only" if word == "2" else "limit"
    lives: dict[str, Life] = {"3": "ioc", "4": "fok"}
    order = Order(
        client_or_new(call, "externalOid"),
        call.instrument(),
        _sized(call),
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=call.whole("side", 0) in _REDUCES,
    )
    done = placed(call, order, lives.get(word, "gtc"), _leg(call))
    return {"orderId": done.order_id, "ts": call.at}


def _place_stop(call: Call) -> Any:
    order = Order(
        client_or_new(call, "externalOid"),
        call.instrument(),
        _sized(call),
        reduce_only=call.whole("side", 0) in _REDUCES,
        stop=call.decimal("triggerPrice"),
    )
    return placed(call, order, leg=_leg(call)).order_id


def _side(order: VenueOrder) -> int:
    buys, reduces = order.order.quantity > 0, order.order.reduce_only
    return (2 if reduces else 1) if buys else (4 if reduces else 3)


def _order(order: VenueOrder) -> dict[str, Any]:
    said = order.order
    one = said.instrument
    row: dict[str, Any] = {
        "orderId": order.order_id,
        "symbol": one.symbol,
        "positionId": 0,
        "price": plain(said.price or Decimal(0)),
        "vol": plain(abs(counted(one, said.quantity, contracts=True))),
        "leverage": 20,
        "side": _side(order),
        "category": 1,
        "orderType": {"market": 5, "post_only": 2}.get(said.kind, 1),
        "dealAvgPrice": plain(average(order)),
        "dealVol": plain(abs(counted(one, order.filled, contracts=True))),
        "orderMargin": 0,
        "takerFee": 0,
        "makerFee": 0,
        "profit": 0,
        "feeCurrency": one.settle,
        "openType": 2,
        "state": _STATES[order.state],
        "externalOid": said.client_id,
        "errorCode": 0,
        "usedMargin": 0,
        "createTime": order.at,
        "updateTime": order.updated,
        "positionMode": 2,
    }
    if said.stop is not None:
        row |= {
            "id": order.order_id,
            "triggerPrice": plain(said.stop),
            "triggerType": 1,
            "executeCycle": 2,
            "trend": 2,
        }
        row["state"] = 1 if order.waiting and order.is_open else row["state"]
    return row


def _by_client(call: Call) -> Any:
    """`/order/external/SYMBOL/CLIENT`: the last order under an id."""
    return _order(found(call, "", call.asked["client"]))


def _by_id(call: Call) -> Any:
    return _order(found(call, call.asked["order"], ""))


def _open(*, stops: bool) -> Endpoint:
    def handle(call: Call) -> Any:
        symbol = call.asked.get("symbol", "")
        rows = [o for o in call.stand.state.open_orders(call.account) if (o.order.stop is not None) is stops]
        rows = [o for o in rows if symbol in {"", o.order.instrument.symbol}]
        page, size = call.whole("page_num", 1), call.whole("page_size", 20)
        return [_order(o) for o in rows[::-1]][(page - 1) * size : page * size]

    return Endpoint(handle)


def _history(call: Call) -> Any:
    symbol = call.asked.get("symbol", "")
    rows = [
        o
        for o in past_orders(call, None)
        if symbol in {"", o.order.instrument.symbol} and o.order.stop is None
    ]
    page, size = call.whole("page_num", 1), call.whole("page_size", 20)
    return [_order(o) for o in rows[::-1]][(page - 1) * size : page * size]


def _cancel(call: Call) -> Any:
    order = cancelled(call, "", call.need("externalOid"))
    return {"symbol": order.order.instrument.symbol, "externalOid": order.order.client_id}


def _cancel_ids(call: Call) -> Any:
    """The body is a list of ids; each has its own answer."""
    rows = []
    for order_id in call.asked.get("", "").split(","):
        try:
            cancelled(call, order_id, "")
            rows.append({"orderId": order_id, "errorCode": 0, "errorMsg": "success"})
        except Refusal as why:
            code, said = _ERRORS[why.code]
            rows.append({"orderId": order_id, "errorCode": code, "errorMsg": said})
    return rows


def _cancel_all(call: Call) -> Any:
    all_cancelled(call, call.instrument() if call.asked.get("symbol") else None)
    return None


def _deals(call: Call) -> Any:
    since, until = call.whole("start_time", 0), call.whole("end_time", call.at) + 1
    one = call.instrument() if call.asked.get("symbol") else None
    rows = [_deal(call.stand, fill) for fill in fills_of(call, one, since, until)][::-1]
    page, size = call.whole("page_num", 1), call.whole("page_size", 20)
    return rows[(page - 1) * size : page * size]


def _deal(stand: Stand, fill: Fill) -> dict[str, Any]:
    one, order = (
        stand.of_symbol(fill.instrument.partition(":")[2]),
        stand.state.order(fill.order_id),
    )
    return {
        "id": fill.trade_id,
        "symbol": one.symbol,
        "side": (1 if fill.quantity > 0 else 3) if order is None else _side(order),
        "vol": plain(abs(counted(one, fill.quantity, contracts=True))),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "feeCurrency": fill.fee_coin,
        "profit": 0,
        "category": 1,
        "orderId": fill.order_id,
        "timestamp": fill.at,
        "positionMode": 2,
        "taker": not fill.maker,
    }


DIALECT = Dialect(
    tag="mexc",
    endpoints={
        **PUBLIC,
        **ACCOUNT,
        "POST /api/v1/private/order/create": Endpoint(_place),
        "POST /api/v1/private/order/cancel_with_external": Endpoint(_cancel),
        "POST /api/v1/private/order/cancel": Endpoint(_cancel_ids),
        "POST /api/v1/private/order/cancel_all": Endpoint(_cancel_all),
        "POST /api/v1/private/planorder/place": Endpoint(_place_stop),
        "POST /api/v1/private/planorder/cancel": Endpoint(_cancel_ids),
        "GET /api/v1/private/planorder/list/orders": _open(stops=True),
        "GET /api/v1/private/order/list/open_orders": _open(stops=False),
        "GET /api/v1/private/order/list/open_orders/{symbol}": _open(stops=False),
        "GET /api/v1/private/order/list/history_orders": Endpoint(_history),
        "GET /api/v1/private/order/list/order_deals": Endpoint(_deals),
        "GET /api/v1/private/order/list/order_deals/v3": Endpoint(_deals),
        "GET /api/v1/private/order/external/{symbol}/{client}": Endpoint(_by_client),
        "GET /api/v1/private/order/get/{order}": Endpoint(_by_id),
    },
    whose=_whose,
    wrap=_wrap,
    refused=_refused,
    voice=voice_of(_order, _deal),
)
