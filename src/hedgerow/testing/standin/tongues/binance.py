"""Binance as its futures API speaks: USD-M below /fapi, COIN-M below /dapi, key permissions below /sapi.

Signed with HMAC-SHA256 over the parameters as sent; `timestamp` may be `recvWindow` old and a second ahead.
"""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal
from typing import Any

from hedgerow.exchange.venue import LegName, Life, VenueOrder
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill, Order, OrderKind, OrderState
from hedgerow.testing.standin.dialect import Answer, Call, Dialect, Endpoint, Heard, Refusal, number
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
from hedgerow.testing.standin.tongues.binance_account import (
    account,
    balance,
    commission,
    countdown,
    income,
    leverage,
    margin_type,
    mode,
    positions,
    restrictions,
    savings,
    set_mode,
    spot,
    symbol_config,
)
from hedgerow.testing.standin.tongues.binance_market import brackets, coin_margined, public
from hedgerow.testing.standin.tongues.binance_voice import VOICE, listen_key

__all__ = ["DIALECT"]

_AHEAD_MS = 1_000
_ERRORS = {
    "signature": (-1022, "Signature for this request is not valid."),
    "key": (-2015, "Invalid API-key, IP, or permissions for action."),
    "timestamp": (-1021, "Timestamp for this request is outside of the recvWindow."),
    "path": (-1, "Not Found"),
    "missing": (-1102, "Mandatory parameter was not sent, was empty/null, or malformed."),
    "symbol": (-1121, "Invalid symbol."),
    "duplicate_id": (-4116, "ClientOrderId is duplicated."),
    "lot": (-1111, "Precision is over the maximum defined for this asset."),
    "min_quantity": (-4003, "Quantity less than or equal to zero."),
    "max_quantity": (-4005, "Quantity greater than max quantity."),
    "min_notional": (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    "tick": (-4014, "Price not increased by tick size."),
    "price_band": (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    "post_only": (-5022, "Due to the order could not be executed as maker, the order will be rejected."),
    "reduce_only": (-2022, "ReduceOnly Order is rejected."),
    "margin": (-2019, "Margin is insufficient."),
    "leverage": (-4028, "Leverage is not valid."),
    "stop_now": (-2021, "Order would immediately trigger."),
    "too_many": (-2025, "Reach max open order limit."),
    "leg": (-4061, "Order's position side does not match user's setting."),
    "not_tradable": (-4140, "Invalid symbol status for opening position."),
    "no_price": (-1008, "Request throttled by system-level protection."),
    "unknown": (
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    ),
    "banned": (-1003, "Too many requests; current limit of IP is 2400 requests per minute."),
    "closed": (-1016, "This service is no longer available."),
    "unknown_order": (-2013, "Order does not exist."),
    "order_over": (-2011, "Unknown order sent."),
    "not_flat": (-4048, "Margin type cannot be changed if there exists position."),
    "no_change": (-4046, "No need to change margin type."),
    "no_change_mode": (-4059, "No need to change position side."),
    "listen_key": (-1125, "This listenKey does not exist."),
    "not_offered": (-4031, "Invalid parameter working type"),
}
_STATES = {
    OrderState.ACKED: "NEW",
    OrderState.PARTIAL: "PARTIALLY_FILLED",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELED",
    OrderState.EXPIRED: "EXPIRED",
}


def _whose(heard: Heard, stand: Stand) -> Key:
    key = stand.keys.get(heard.headers.get("X-MBX-APIKEY", ""))
    if key is None:
        raise Refusal("key", "", 401)
    if heard.path.endswith("/listenKey"):
        return key
    sent = heard.query if heard.method in {"GET", "DELETE"} or not heard.body else heard.body
    payload, _, signature = sent.rpartition("&signature=")
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, signature):
        raise Refusal("signature", "")
    asked = heard.asked()
    at, window = int(asked.get("timestamp") or 0), int(asked.get("recvWindow") or 5000)
    if not stand.now - window <= at <= stand.now + _AHEAD_MS:
        raise Refusal("timestamp", "")
    return key


def _refused(why: Refusal) -> Answer:
    code, said = _ERRORS.get(why.code, (-1000, why.message))
    return Answer({"code": code, "msg": said}, why.status)


def _place(call: Call) -> Any:
    one = call.instrument()
    kinds: dict[str, OrderKind] = {"MARKET": "market", "LIMIT": "limit"}
    kind = kinds.get(call.need("type"))
    if kind is None:
        raise Refusal("not_offered", "stop orders have their own endpoint")
    force = call.asked.get("timeInForce", "GTC")
    if force == "GTX":
        kind = "post_only"
    order = Order(
        client_or_new(call, "newClientOrderId"),
        one,
        _quantity(call, one),
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=call.asked.get("reduceOnly", "false") == "true",
    )
    life: Life = "ioc" if force == "IOC" else "fok" if force == "FOK" else "gtc"
    return _order(placed(call, order, life, _leg(call)))


def _leg(call: Call) -> LegName:
    names: dict[str, LegName] = {"LONG": "long", "SHORT": "short"}
    return names.get(call.asked.get("positionSide", "BOTH"), "net")


def _quantity(call: Call, one: Instrument) -> Decimal:
    size = units(one, call.decimal("quantity"), contracts=coin_margined(one))
    return size if call.need("side") == "BUY" else -size


def _place_stop(call: Call) -> Any:
    one = call.instrument()
    order = Order(
        client_or_new(call, "clientAlgoId"),
        one,
        _quantity(call, one),
        reduce_only=call.asked.get("reduceOnly", "false") == "true",
        stop=Decimal(call.asked.get("triggerPrice") or call.need("stopPrice")),
    )
    return _algo(placed(call, order, leg=_leg(call)))


def _count(instrument: Instrument, size: Decimal) -> str:
    """A size in coins, or in contracts below /dapi; without its sign."""
    return number(abs(counted(instrument, size, contracts=coin_margined(instrument))))


def _order(order: VenueOrder) -> dict[str, Any]:
    said, inverse = order.order, coin_margined(order.order.instrument)
    kind = "MARKET" if said.kind == "market" else "LIMIT"
    return {
        "orderId": int(order.order_id),
        "symbol": said.instrument.symbol,
        "status": _STATES[order.state],
        "clientOrderId": said.client_id,
        "price": number(said.price or Decimal(0)),
        "avgPrice": number(average(order)),
        "origQty": _count(said.instrument, said.quantity),
        "executedQty": _count(said.instrument, order.filled),
        "cumBase" if inverse else "cumQuote": number(abs(order.cost)),
        "timeInForce": "GTX" if said.kind == "post_only" else order.life.upper(),
        "type": kind,
        "origType": kind,
        "reduceOnly": said.reduce_only,
        "closePosition": False,
        "side": said.side.upper(),
        "positionSide": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": order.at,
        "updateTime": order.updated,
    }


def _algo(order: VenueOrder) -> dict[str, Any]:
    said = order.order
    waits = order.waiting and order.is_open
    status = (
        "NEW"
        if waits
        else {"CANCELED": "CANCELED", "EXPIRED": "EXPIRED"}.get(_STATES[order.state], "FINISHED")
    )
    return {
        "algoId": int(order.order_id),
        "clientAlgoId": said.client_id,
        "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET",
        "symbol": said.instrument.symbol,
        "side": said.side.upper(),
        "positionSide": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "timeInForce": "GTC",
        "quantity": _count(said.instrument, said.quantity),
        "algoStatus": status,
        "triggerPrice": number(said.stop or Decimal(0)),
        "price": "0",
        "workingType": "MARK_PRICE",
        "reduceOnly": said.reduce_only,
        "actualQty": _count(said.instrument, order.filled),
        "createTime": order.at,
        "updateTime": order.updated,
    }


def _is_stop(order: VenueOrder) -> bool:
    return order.order.stop is not None


def _look(call: Call) -> Any:
    order = found(call, call.asked.get("orderId", ""), call.asked.get("origClientOrderId", ""))
    if _is_stop(order):
        raise Refusal("unknown_order", "")
    return _order(order)


def _look_stop(call: Call) -> Any:
    order = found(call, call.asked.get("algoId", ""), call.asked.get("clientAlgoId", ""))
    if not _is_stop(order):
        raise Refusal("unknown_order", "")
    return _algo(order)


def _cancel(call: Call) -> Any:
    try:
        return _order(cancelled(call, call.asked.get("orderId", ""), call.asked.get("origClientOrderId", "")))
    except Refusal as why:
        raise Refusal("order_over" if why.code == "unknown_order" else why.code, why.message) from None


def _cancel_stop(call: Call) -> Any:
    order = cancelled(call, call.asked.get("algoId", ""), call.asked.get("clientAlgoId", ""))
    return {
        "algoId": int(order.order_id),
        "clientAlgoId": order.order.client_id,
        "code": "200",
        "msg": "success",
    }


def _open(*, stops: bool, inverse: bool) -> Endpoint:
    def handle(call: Call) -> Any:
        name = call.instrument().name if call.asked.get("symbol") else ""
        rows = call.stand.state.open_orders(call.account, name)
        rows = tuple(o for o in rows if coin_margined(o.order.instrument) is inverse)
        return [(_algo if stops else _order)(o) for o in rows if _is_stop(o) is stops]

    return Endpoint(handle)


def _all_orders(call: Call) -> Any:
    rows = [_order(o) for o in past_orders(call, call.instrument()) if not _is_stop(o)]
    return rows[-call.whole("limit", 500) :]


def _cancel_all(call: Call) -> Any:
    all_cancelled(call, call.instrument())
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _trades(call: Call) -> Any:
    since = call.whole("startTime", 0)
    until = call.whole("endTime", call.at) + 1
    rows = fills_of(call, call.instrument(), since, until)
    return [_trade(fill, call.instrument()) for fill in rows[: call.whole("limit", 500)]]


def _trade(fill: Fill, one: Instrument) -> dict[str, Any]:
    inverse = coin_margined(one)
    value = abs(fill.quantity) / fill.price if inverse else abs(fill.quantity) * fill.price
    return {
        "symbol": one.symbol,
        "id": int(fill.trade_id),
        "orderId": int(fill.order_id),
        "side": "BUY" if fill.quantity > 0 else "SELL",
        "price": number(fill.price),
        "qty": number(abs(counted(one, fill.quantity, contracts=inverse))),
        "realizedPnl": "0",
        "marginAsset": one.settle,
        "baseQty" if inverse else "quoteQty": number(value),
        "commission": number(fill.fee),
        "commissionAsset": fill.fee_coin,
        "time": fill.at,
        "positionSide": "BOTH",
        "buyer": fill.quantity > 0,
        "maker": bool(fill.maker),
    }


def _branch(root: str, *, inverse: bool) -> dict[str, Endpoint]:
    """The endpoints that USD-M and COIN-M share."""
    version = "v2" if inverse else "v1"
    return {
        **public(root, inverse=inverse),
        f"POST {root}/v1/order": Endpoint(_place),
        f"GET {root}/v1/order": Endpoint(_look),
        f"DELETE {root}/v1/order": Endpoint(_cancel),
        f"DELETE {root}/v1/allOpenOrders": Endpoint(_cancel_all),
        f"GET {root}/v1/openOrders": _open(stops=False, inverse=inverse),
        f"GET {root}/v1/allOrders": Endpoint(_all_orders),
        f"POST {root}/v1/algoOrder": Endpoint(_place_stop),
        f"GET {root}/v1/algoOrder": Endpoint(_look_stop),
        f"DELETE {root}/v1/algoOrder": Endpoint(_cancel_stop),
        f"GET {root}/v1/openAlgoOrders": _open(stops=True, inverse=inverse),
        f"GET {root}/v1/userTrades": Endpoint(_trades),
        f"GET {root}/v1/income": Endpoint(income),
        f"GET {root}/{'v1' if inverse else 'v3'}/positionRisk": positions(inverse=inverse),
        f"GET {root}/{'v1' if inverse else 'v3'}/account": account(inverse=inverse),
        f"POST {root}/v1/leverage": Endpoint(leverage),
        f"POST {root}/v1/marginType": Endpoint(margin_type),
        f"POST {root}/v1/positionSide/dual": Endpoint(set_mode),
        f"GET {root}/v1/positionSide/dual": Endpoint(mode),
        f"GET {root}/{version}/leverageBracket": Endpoint(brackets),
        f"GET {root}/v1/commissionRate": Endpoint(commission),
        f"POST {root}/v1/countdownCancelAll": Endpoint(countdown),
        f"POST {root}/v1/listenKey": listen_key("inverse" if inverse else "linear"),
        f"PUT {root}/v1/listenKey": listen_key("inverse" if inverse else "linear"),
    }


DIALECT = Dialect(
    tag="binance",
    endpoints={
        **_branch("/fapi", inverse=False),
        **_branch("/dapi", inverse=True),
        "GET /fapi/v1/symbolConfig": Endpoint(symbol_config),
        "GET /fapi/v3/balance": Endpoint(balance),
        "GET /sapi/v1/account/apiRestrictions": Endpoint(restrictions),
        "GET /sapi/v1/simple-earn/flexible/position": Endpoint(savings),
        "GET /api/v3/account": Endpoint(spot),
    },
    whose=_whose,
    wrap=lambda body, _: body,
    refused=_refused,
    voice=VOICE,
)
