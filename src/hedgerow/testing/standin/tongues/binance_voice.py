"""Binance's account streams: listen keys below /fapi and /dapi, and orders and fills as they happen.

No message of a stream is among the venue's samples: all are written from the fields that ccxt's parser reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from hedgerow.exchange.venue import OrderMoved, VenueOrder, VenueOutcome
from hedgerow.model.orders import Fill, OrderState
from hedgerow.testing.standin.dialect import Call, Endpoint, Heard, Refusal, number
from hedgerow.testing.standin.ears import Ear, Voice
from hedgerow.testing.standin.reading import average, counted
from hedgerow.testing.standin.stand import with_order
from hedgerow.testing.standin.tongues.binance_market import coin_margined

__all__ = ["VOICE", "listen_key"]

_ROADS = {"/private/ws": "linear", "/ws": "inverse"}
_MOVES = {
    OrderState.ACKED: ("NEW", "NEW"),
    OrderState.CANCELLED: ("CANCELED", "CANCELED"),
    OrderState.EXPIRED: ("EXPIRED", "EXPIRED"),
}
_OWN = {"adl": "adl_autoclose", "liquidation": "autoclose-", "settlement": "settlement_autoclose-"}


def listen_key(kind: str) -> Endpoint:
    """Return the endpoint that makes a listen key last: asked for with a key and without a signature."""

    def handle(call: Call) -> Any:
        return {"listenKey": call.stand.ears.key_for(call.account, kind, call.at).key}

    return Endpoint(handle)


def _opened(heard: Heard, ear: Ear) -> None:
    asked = parse_qs(heard.query).get("listenKey", [""])[0]
    road, _, key = (heard.path, "", asked) if asked else heard.path.rpartition("/")
    found = ear.stand.ears.keys.get(key)
    if found is None or _ROADS.get(road) != found.kind:
        raise Refusal("listen_key", "This listenKey does not exist.", 401)
    ear.account, ear.kind, ear.key = found.account, found.kind, key
    ear.topics.add(key)


def _told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
    match outcome:
        case OrderMoved(order=order) if _mine(ear, order) and order.order.stop is not None:
            yield _message("ALGO_UPDATE", order.updated, _algo(order))
        case OrderMoved(order=order) if _mine(ear, order) and order.state in _MOVES:
            yield _message("ORDER_TRADE_UPDATE", order.updated, _row(order, *_MOVES[order.state]))
        case Fill() if outcome.account == ear.account and _kind(ear, outcome) == ear.kind:
            yield _message("ORDER_TRADE_UPDATE", outcome.at, _filled(with_order(outcome), ear))
        case _:
            pass


def _mine(ear: Ear, order: VenueOrder) -> bool:
    inverse = coin_margined(order.order.instrument)
    return order.account == ear.account and bool(order.order_id) and inverse is (ear.kind == "inverse")


def _kind(ear: Ear, fill: Fill) -> str:
    return "inverse" if coin_margined(ear.stand.of_symbol(fill.instrument.partition(":")[2])) else "linear"


def _message(event: str, at: int, row: dict[str, Any]) -> dict[str, Any]:
    return {"e": event, "E": at, "T": at, "o": row}


def _size(order: VenueOrder, size: Decimal) -> str:
    one = order.order.instrument
    return number(abs(counted(one, size, contracts=coin_margined(one))))


def _row(order: VenueOrder, happened: str, status: str) -> dict[str, Any]:
    said = order.order
    kind = "MARKET" if said.kind == "market" or said.stop is not None else "LIMIT"
    return {
        "s": said.instrument.symbol,
        "c": said.client_id,
        "S": said.side.upper(),
        "o": kind,
        "f": "GTX" if said.kind == "post_only" else order.life.upper(),
        "q": _size(order, said.quantity),
        "p": number(said.price or Decimal(0)),
        "ap": number(average(order)),
        "sp": "0",
        "x": happened,
        "X": status,
        "i": int(order.order_id),
        "l": "0",
        "z": _size(order, order.filled),
        "L": "0",
        "T": order.updated,
        "t": 0,
        "m": False,
        "R": said.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "cp": False,
        "rp": "0",
    }


def _filled(fill: Fill, ear: Ear) -> dict[str, Any]:
    """A fill, with what its order has filled up to it."""
    one = ear.stand.of_symbol(fill.instrument.partition(":")[2])
    so_far = ear.filled.get(fill.order_id, Decimal(0)) + fill.quantity
    ear.filled[fill.order_id] = so_far
    size = number(abs(counted(one, fill.quantity, contracts=coin_margined(one))))
    told = {
        "x": "TRADE",
        "l": size,
        "L": number(fill.price),
        "N": fill.fee_coin,
        "n": number(fill.fee),
        "T": fill.at,
        "t": int(fill.trade_id),
        "m": bool(fill.maker),
    }
    order = ear.stand.state.order(fill.order_id)
    if order is not None:
        whole = so_far == order.order.quantity
        row = _row(order, "TRADE", "FILLED" if whole else "PARTIALLY_FILLED")
        return {**row, **told, "z": _size(order, so_far), "ap": number(fill.price)}
    return {
        "s": one.symbol,
        "c": f"{_OWN.get(fill.kind, 'web_')}{fill.trade_id}",
        "S": "BUY" if fill.quantity > 0 else "SELL",
        "o": "LIQUIDATION" if fill.kind == "liquidation" else "MARKET",
        "f": "IOC",
        "q": size,
        "p": number(fill.price),
        "ap": number(fill.price),
        "X": "FILLED",
        "i": int(fill.order_id),
        "z": size,
        "R": True,
        "ps": "BOTH",
        **told,
    }


def _algo(order: VenueOrder) -> dict[str, Any]:
    said = order.order
    states = {OrderState.CANCELLED: "CANCELED", OrderState.EXPIRED: "EXPIRED", OrderState.FILLED: "FINISHED"}
    return {
        "caid": said.client_id,
        "aid": int(order.order_id),
        "at": "CONDITIONAL",
        "o": "STOP_MARKET",
        "s": said.instrument.symbol,
        "S": said.side.upper(),
        "ps": {"net": "BOTH"}.get(order.leg, order.leg.upper()),
        "f": "GTC",
        "q": _size(order, said.quantity),
        "X": states.get(order.state, "NEW" if order.waiting else "TRIGGERED"),
        "ai": "",
        "ap": number(average(order)),
        "aq": _size(order, order.filled),
        "tp": number(said.stop or Decimal(0)),
        "p": "0",
        "wt": "MARK_PRICE",
        "cp": False,
        "R": said.reduce_only,
    }


def _expired(ear: Ear) -> object:
    return {"e": "listenKeyExpired", "E": ear.stand.now, "listenKey": ear.key}


VOICE = Voice(r"/private/ws|/ws/\w+", _told, opened=_opened, expired=_expired)
