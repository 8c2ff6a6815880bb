"""BingX's perpetual swaps: everything in the query, signed with HMAC-SHA256 over the parameters before they are encoded."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from hedgerow.exchange.venue import LegName, Life, VenueOrder
from hedgerow.model.orders import Fill, Order, OrderKind, OrderState
from hedgerow.testing.standin.dialect import Answer, Bare, Call, Dialect, Endpoint, Heard, Refusal, number
from hedgerow.testing.standin.reading import (
    all_cancelled,
    average,
    cancelled,
    client_or_new,
    fills_of,
    found,
    past_orders,
    placed,
    units,
)
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.tongues.bingx_account import ACCOUNT
from hedgerow.testing.standin.tongues.bingx_coin import COINED, coined, sized
from hedgerow.testing.standin.tongues.bingx_market import PUBLIC
from hedgerow.testing.standin.tongues.bingx_voice import VOICE, listen_key

__all__ = ["DIALECT"]

_WINDOW_MS = 5_000
_AHEAD_MS = 1_000
_ERRORS = {
    "key": (100413, "Incorrect apiKey"),
    "signature": (100001, "signature verification failed"),
    "timestamp": (100421, "timestamp is invalid"),
    "path": (100400, "this api is not exist"),
    "missing": (109400, "Invalid parameters"),
    "symbol": (109425, "trading pair does not exist"),
    "duplicate_id": (101481, "duplicate clientOrderId"),
    "lot": (101400, "quantity precision is wrong"),
    "min_quantity": (101400, "The minimum order amount is not reached"),
    "max_quantity": (101400, "The maximum order amount is exceeded"),
    "min_notional": (101400, "The minimum order value is not reached"),
    "tick": (109400, "price precision is wrong"),
    "price_band": (101211, "Order price should be within the limit"),
    "post_only": (101215, "The Post Only order cannot be placed because it would trade at once"),
    "reduce_only": (101290, "The Reduce Only order can only decrease the position"),
    "margin": (101204, "Insufficient margin"),
    "leverage": (109400, "leverage is out of range"),
    "stop_now": (110412, "the trigger price would trigger immediately"),
    "too_many": (80013, "the number of entrusted orders has reached the system limit"),
    "leg": (109400, "In the One-way mode, the 'PositionSide' field can only be set to BOTH"),
    "not_tradable": (109415, "trading pair suspended"),
    "no_price": (100500, "internal system error"),
    "unknown": (100500, "internal system error"),
    "banned": (109429, "too many requests"),
    "closed": (100503, "server busy"),
    "unknown_order": (109421, "order not exist"),
    "order_over": (80018, "order is already filled or cancelled"),
    "not_flat": (109400, "position or order exists"),
    "not_offered": (109400, "Invalid parameters"),
}
_STATES = {
    OrderState.ACKED: "NEW",
    OrderState.PARTIAL: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.EXPIRED: "CANCELLED",
}


def _whose(heard: Heard, stand: Stand) -> Key:
    key = stand.keys.get(heard.headers.get("X-BX-APIKEY", ""))
    if key is None:
        raise Refusal("key", "")
    pairs = parse_qsl(heard.query, keep_blank_values=True)
    payload = "&".join(f"{name}={value}" for name, value in pairs if name != "signature")
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, dict(pairs).get("signature", "")):
        raise Refusal("signature", "")
    at = int(dict(pairs).get("timestamp", "0"))
    if not stand.now - _WINDOW_MS <= at <= stand.now + _AHEAD_MS:
        raise Refusal("timestamp", "")
    return key


def _refused(why: Refusal) -> Answer:
    code, said = _ERRORS.get(why.code, (100500, why.message))
    return Answer({"code": code, "msg": said, "data": {}}, 404 if why.code == "path" else 200)


def _place(call: Call) -> Any:
    one, word = call.instrument(), call.need("type")
    force = call.asked.get("timeInForce", "GTC")
    kinds: dict[str, OrderKind] = {"MARKET": "market", "LIMIT": "limit", "STOP_MARKET": "market"}
    kind = kinds.get(word)
    if kind is None:
        raise Refusal("not_offered", "")
    kind = "post_only" if force == "PostOnly" else kind
    size = units(one, call.decimal("quantity"), contracts=coined(one))
    order = Order(
        client_or_new(call, "clientOrderID"),
        one,
        size if call.need("side") == "BUY" else -size,
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=call.asked.get("reduceOnly", "false") == "true",
        stop=call.decimal("stopPrice") if word == "STOP_MARKET" else None,
    )
    lives: dict[str, Life] = {"IOC": "ioc", "FOK": "fok"}
    made = placed(call, order, lives.get(force, "gtc"), _leg(call))
    said = {
        "orderId": int(made.order_id),
        "orderID": made.order_id,
        "symbol": one.symbol,
        "positionSide": call.asked.get("positionSide", "BOTH"),
        "side": call.need("side"),
        "type": word,
        "price": call.asked.get("price", "0"),
        "quantity": call.need("quantity"),
        "stopPrice": call.asked.get("stopPrice", ""),
        "workingType": "MARK_PRICE",
        "clientOrderID": order.client_id,
        "timeInForce": force,
        "reduceOnly": order.reduce_only,
    }
    return said if coined(one) else {"order": said}


def _leg(call: Call) -> LegName:
    legs: dict[str, LegName] = {"LONG": "long", "SHORT": "short"}
    return legs.get(call.asked.get("positionSide", "BOTH"), "net")


def _order(order: VenueOrder) -> dict[str, Any]:
    said = order.order
    kind = "STOP_MARKET" if said.stop is not None else "MARKET" if said.kind == "market" else "LIMIT"
    return {
        "symbol": said.instrument.symbol,
        "orderId": int(order.order_id),
        "side": said.side.upper(),
        "positionSide": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "type": kind,
        "origQty": sized(said.instrument, said.quantity),
        "price": number(said.price or Decimal(0)),
        "executedQty": sized(said.instrument, order.filled),
        "avgPrice": number(average(order)),
        "cumQuote": number(abs(order.cost)),
        "stopPrice": "" if said.stop is None else number(said.stop),
        "profit": "0.0000",
        "commission": "0",
        "status": _STATES[order.state],
        "time": order.at,
        "updateTime": order.updated,
        "clientOrderId": said.client_id,
        "leverage": "10X",
        "workingType": "MARK_PRICE",
        "onlyOnePosition": order.leg == "net",
        "reduceOnly": said.reduce_only,
    }


def _look(call: Call) -> Any:
    client = call.asked.get("clientOrderID") or call.asked.get("clientOrderId", "")
    return {"order": _order(found(call, call.asked.get("orderId", ""), client))}


def _cancel(call: Call) -> Any:
    client = call.asked.get("clientOrderID") or call.asked.get("clientOrderId", "")
    return {"order": _order(cancelled(call, call.asked.get("orderId", ""), client))}


def _open(call: Call) -> Any:
    name = call.instrument().name if call.asked.get("symbol") else ""
    rows = call.stand.state.open_orders(call.account, name)
    return {"orders": [_order(o) for o in rows]}


def _all(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else None
    rows = [_order(o) for o in past_orders(call, one)]
    return {"orders": rows[-call.whole("limit", 500) :]}


def _cancel_all(call: Call) -> Any:
    one = call.instrument() if call.asked.get("symbol") else None
    return {"success": [_order(o) for o in all_cancelled(call, one)], "failed": None}


def _fills(call: Call) -> Any:
    since, until = call.whole("startTs", 0), call.whole("endTs", call.at) + 1
    one = call.instrument() if call.asked.get("symbol") else None
    rows = [_fill(call, fill) for fill in fills_of(call, one, since, until)][::-1]
    page, size = call.whole("pageIndex", 1), call.whole("pageSize", 50)
    return {"fill_history_orders": rows[(page - 1) * size : page * size]}


def _fills_of_old(call: Call) -> Any:
    """The older endpoint: no ids of fills, times in words of UTC+8."""
    since, until = call.whole("startTs", 0), call.whole("endTs", call.at) + 1
    rows = []
    for fill in fills_of(call, call.instrument(), since, until):
        at = datetime.fromtimestamp(fill.at / 1000, tz=timezone(timedelta(hours=8)))
        rows.append(
            {
                "volume": number(abs(fill.quantity)),
                "price": number(fill.price),
                "amount": number(abs(fill.quantity) * fill.price),
                "commission": number(-fill.fee),
                "currency": fill.fee_coin,
                "orderId": fill.order_id,
                "side": "BUY" if fill.quantity > 0 else "SELL",
                "liquidatedPrice": "0.00",
                "liquidatedMarginRatio": "0.00",
                "filledTime": at.strftime("%Y-%m-%dT%H:%M:%S.000+0800"),
            }
        )
    return {"fill_orders": rows[::-1]}


def _fill(call: Call, fill: Fill) -> dict[str, Any]:
    one = call.stand.of_symbol(fill.instrument.partition(":")[2])
    size = abs(fill.quantity)
    return {
        "symbol": one.symbol,
        "qty": number(size),
        "price": number(fill.price),
        "quoteQty": number(size * fill.price),
        "commission": number(-fill.fee),
        "commissionAsset": fill.fee_coin,
        "orderId": fill.order_id,
        "tradeId": fill.trade_id,
        "filledTime": fill.at,
        "side": "BUY" if fill.quantity > 0 else "SELL",
        "positionSide": "BOTH",
        "role": "maker" if fill.maker else "taker",
    }


DIALECT = Dialect(
    tag="bingx",
    endpoints={
        **PUBLIC,
        **ACCOUNT,
        **COINED,
        "POST /openApi/cswap/v1/trade/order": Endpoint(_place),
        "GET /openApi/cswap/v1/trade/orderDetail": Endpoint(_look),
        "DELETE /openApi/cswap/v1/trade/cancelOrder": Endpoint(_cancel),
        "GET /openApi/cswap/v1/trade/openOrders": Endpoint(_open),
        "GET /openApi/cswap/v1/trade/orderHistory": Endpoint(_all),
        "POST /openApi/user/auth/userDataStream": Endpoint(listen_key),
        "PUT /openApi/user/auth/userDataStream": Endpoint(listen_key),
        "POST /openApi/swap/v2/trade/order": Endpoint(_place),
        "GET /openApi/swap/v2/trade/order": Endpoint(_look),
        "DELETE /openApi/swap/v2/trade/order": Endpoint(_cancel),
        "DELETE /openApi/swap/v2/trade/allOpenOrders": Endpoint(_cancel_all),
        "GET /openApi/swap/v2/trade/openOrders": Endpoint(_open),
        "GET /openApi/swap/v2/trade/allOrders": Endpoint(_all),
        "GET /openApi/swap/v2/trade/fillHistory": Endpoint(_fills),
        "GET /openApi/swap/v2/trade/allFillOrders": Endpoint(_fills_of_old),
    },
    whose=_whose,
    wrap=lambda body, _: body if isinstance(body, Bare) else {"code": 0, "msg": "", "data": body},
    refused=_refused,
    voice=VOICE,
)
