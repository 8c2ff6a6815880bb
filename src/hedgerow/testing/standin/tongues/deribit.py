"""Deribit as its v2 API speaks: every request is a GET, orders too; options in coins, their prices and fees in coins.

Signed with HMAC-SHA256 over time, nonce, method and path with its parameters as sent. An order is answered with all that it did.
A label may be used twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from hedgerow.exchange.venue import Life, VenueOrder
from hedgerow.model.orders import Fill, Order, OrderKind, OrderState
from hedgerow.testing.standin.dialect import Answer, Call, Dialect, Endpoint, Heard, Refusal, plain
from hedgerow.testing.standin.reading import (
    average,
    cancelled,
    client_or_new,
    fills_of,
    past_orders,
    placed,
)
from hedgerow.testing.standin.stand import Key, Stand
from hedgerow.testing.standin.tongues.deribit_account import ACCOUNT
from hedgerow.testing.standin.tongues.deribit_market import PUBLIC
from hedgerow.testing.standin.tongues.deribit_voice import voice_of

__all__ = ["DIALECT"]

_WINDOW_MS = 60_000
_SIGNED = re.compile(r"deri-hmac-sha256 id=([^,]*),ts=(\d+),sig=([^,]*),nonce=(.*)")
_ERRORS = {
    "key": (13004, "invalid_credentials"),
    "signature": (13004, "invalid_credentials"),
    "timestamp": (13009, "unauthorized"),
    "path": (-32601, "Method not found"),
    "missing": (-32602, "Invalid params"),
    "symbol": (13020, "not_found"),
    "lot": (10021, "invalid_amount"),
    "min_quantity": (10002, "qty_too_low"),
    "max_quantity": (10018, "non_pme_max_future_position_size"),
    "min_notional": (10032, "whole_cost_too_low"),
    "tick": (10043, "price_wrong_tick"),
    "price_band": (10007, "price_too_high"),
    "reduce_only": (11030, "other_reject reduce_only_would_increase"),
    "margin": (10009, "not_enough_funds"),
    "post_only": (11054, "post_only_reject"),
    "stop_now": (11036, "invalid_stoppx_for_index_or_last"),
    "too_many": (11035, "no_more_stops"),
    "not_tradable": (10012, "book_closed"),
    "no_price": (10040, "retry"),
    "unknown": (10001, "error"),
    "banned": (10028, "too_many_requests"),
    "closed": (11051, "system_maintenance"),
    "unknown_order": (10004, "order_not_found"),
    "order_over": (11044, "not_open_order"),
    "not_offered": (-32602, "Invalid params"),
}
_STATES = {
    OrderState.ACKED: "open",
    OrderState.PARTIAL: "open",
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "cancelled",
    OrderState.EXPIRED: "cancelled",
}
_LIVES: dict[str, Life] = {"immediate_or_cancel": "ioc", "fill_or_kill": "fok"}
_FORCES = {life: name for name, life in _LIVES.items()}


def _whose(heard: Heard, stand: Stand) -> Key:
    said = _SIGNED.fullmatch(heard.headers.get("AUTHORIZATION", ""))
    key = None if said is None else stand.keys.get(said[1])
    if said is None or key is None:
        raise Refusal("key", "", 401)
    _, at, signature, nonce = said.groups()
    asked = f"{heard.path}?{heard.query}" if heard.query else heard.path
    payload = f"{at}\n{nonce}\n{heard.method}\n{asked}\n{heard.body}\n"
    good = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(good, signature):
        raise Refusal("signature", "", 401)
    if abs(stand.now - int(at)) > _WINDOW_MS:
        raise Refusal("timestamp", "", 401)
    return key


def _wrap(body: Any, call: Call) -> Any:
    at = call.stand.now * 1000
    return {
        "jsonrpc": "2.0",
        "result": body,
        "usIn": at,
        "usOut": at + 100,
        "usDiff": 100,
        "testnet": False,
    }


def _error(why: Refusal) -> dict[str, Any]:
    code, said = _ERRORS.get(why.code, (11030, f"other_reject {why.code}"))
    found: dict[str, Any] = {"code": code, "message": said}
    return found | ({"data": {"reason": why.message}} if code == _ERRORS["missing"][0] else {})


def _refused(why: Refusal) -> Answer:
    return Answer({"jsonrpc": "2.0", "error": _error(why), "testnet": False, "usDiff": 50}, why.status)


def _place(call: Call, side: Literal["buy", "sell"]) -> Any:
    one, size, kind = call.instrument("instrument_name"), call.decimal("amount"), _kind(call)
    said = call.asked.get("trigger_price")
    order = Order(
        client_or_new(call, "label"),
        one,
        size if side == "buy" else -size,
        kind,
        price=None if kind == "market" else call.decimal("price"),
        reduce_only=call.asked.get("reduce_only") == "true",
        stop=None if said is None else Decimal(said),
    )
    made = placed(call, order, _LIVES.get(call.asked.get("time_in_force", ""), "gtc"))
    fills = [each for each in call.stand.fills.get(call.account, []) if each.order_id == made.order_id]
    return {"order": _order(made), "trades": [_trade(call.stand, each) for each in fills]}


def _kind(call: Call) -> OrderKind:
    """What kind of order is asked for; one that only rests is played where it is refused rather than moved."""
    if call.need("type") in {"market", "stop_market"}:
        return "market"
    if call.asked.get("post_only") != "true":
        return "limit"
    if call.asked.get("reject_post_only") != "true":
        raise Refusal("not_offered", "post_only without reject_post_only would move the price")
    return "post_only"


def _id(coin: str, number: str) -> str:
    return f"{coin}-{number}"


def _order(order: VenueOrder) -> dict[str, Any]:
    said, one = order.order, order.order.instrument
    market = said.kind == "market"
    waits = order.waiting and order.is_open
    row = {
        "order_id": _id(one.underlying, order.order_id),
        "label": "" if said.client_id.startswith("auto") else said.client_id,
        "instrument_name": one.symbol,
        "order_state": "untriggered" if waits else _STATES[order.state],
        "direction": said.side,
        "order_type": "stop_market" if said.stop is not None else "market" if market else "limit",
        "amount": plain(abs(said.quantity)),
        "filled_amount": plain(abs(order.filled)),
        "average_price": plain(average(order)),
        "price": "market_price" if said.price is None else plain(said.price),
        "time_in_force": _FORCES.get(order.life, "good_til_cancelled"),
        "post_only": said.kind == "post_only",
        "reject_post_only": said.kind == "post_only",
        "reduce_only": said.reduce_only,
        "is_liquidation": False,
        "api": True,
        "commission": 0,
        "profit_loss": 0,
        "max_show": plain(abs(said.quantity)),
        "creation_timestamp": order.at,
        "last_update_timestamp": order.updated,
    }
    if said.stop is not None:
        row |= {"trigger_price": plain(said.stop), "trigger": "mark_price"}
    return row


def _trade(stand: Stand, fill: Fill) -> dict[str, Any]:
    one = stand.of_symbol(fill.instrument.partition(":")[2])
    order = stand.state.order(fill.order_id)
    return {
        "trade_id": _id(one.underlying, fill.trade_id),
        "trade_seq": int(fill.trade_id),
        "order_id": _id(one.underlying, fill.order_id),
        "instrument_name": one.symbol,
        "direction": "buy" if fill.quantity > 0 else "sell",
        "amount": plain(abs(fill.quantity)),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "fee_currency": fill.fee_coin,
        "liquidity": "M" if fill.maker else "T",
        "label": "" if fill.client_id.startswith("auto") else fill.client_id,
        "order_type": "market" if order is None or order.order.kind == "market" else "limit",
        "state": "filled",
        "timestamp": fill.at,
        "mark_price": plain(fill.price),
        "index_price": plain(stand.prices[one.underlying]),
        "matching_id": None,
        "self_trade": False,
    }


def _cancel(call: Call) -> Any:
    return _order(cancelled(call, call.need("order_id").rpartition("-")[2], ""))


def _open(call: Call) -> Any:
    one = call.instrument("instrument_name")
    return [_order(each) for each in call.stand.state.open_orders(call.account, one.name)]


def _labelled(call: Call) -> Any:
    currency, label = call.need("currency"), call.need("label")
    return [
        _order(each)
        for each in past_orders(call, None)
        if each.order.instrument.settle == currency and each.order.client_id == label
    ]


def _history(call: Call) -> Any:
    over = [each for each in past_orders(call, call.instrument("instrument_name")) if not each.is_open]
    kept = [each for each in over if each.filled or call.asked.get("include_unfilled") == "true"]
    return [_order(each) for each in kept[::-1][: call.whole("count", 20)]]


def _trades(call: Call) -> Any:
    one, most = call.instrument("instrument_name"), call.whole("count", 10)
    since, until = call.whole("start_timestamp", 0), call.whole("end_timestamp", call.at) + 1
    rows = [_trade(call.stand, each) for each in fills_of(call, one, since, until)]
    rows = rows if call.asked.get("sorting") == "asc" else rows[::-1]
    return {"trades": rows[:most], "has_more": len(rows) > most}


DIALECT = Dialect(
    tag="deribit",
    endpoints={
        **PUBLIC,
        **ACCOUNT,
        "GET /api/v2/private/buy": Endpoint(partial(_place, side="buy")),
        "GET /api/v2/private/sell": Endpoint(partial(_place, side="sell")),
        "GET /api/v2/private/cancel": Endpoint(_cancel),
        "GET /api/v2/private/get_open_orders_by_instrument": Endpoint(_open),
        "GET /api/v2/private/get_order_state_by_label": Endpoint(_labelled),
        "GET /api/v2/private/get_order_history_by_instrument": Endpoint(_history),
        "GET /api/v2/private/get_user_trades_by_instrument_and_time": Endpoint(_trades),
    },
    whose=_whose,
    wrap=_wrap,
    refused=_refused,
    voice=voice_of(_order, _trade, _error),
)
