"""Deribit's private stream: JSON-RPC over one socket, a login by message, channels with orders and trades as REST has them.

No message of a stream is among shared samples: all are written from the fields that ccxt's parser reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hedgerow.exchange.venue import OrderMoved, VenueOrder, VenueOutcome
from hedgerow.model.orders import Fill
from hedgerow.testing.standin.dialect import Refusal
from hedgerow.testing.standin.ears import Ear, Voice
from hedgerow.testing.standin.stand import Stand, with_order
from hedgerow.testing.standin.tongues.deribit_account import logged_in, scope_of

__all__ = ["voice_of"]

Row = dict[str, Any]
_ORDERS, _TRADES = "user.orders.any.any.raw", "user.trades.any.any.raw"


def voice_of(
    order_row: Callable[[VenueOrder], Row],
    fill_row: Callable[[Stand, Fill], Row],
    error_of: Callable[[Refusal], Row],
) -> Voice:
    """Return the voice, with the rows of the REST answers and its errors."""

    def told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
        match outcome:
            case OrderMoved(order=order) if order.account == ear.account and order.order_id:
                yield from _message(ear, _ORDERS, order_row(order))
            case Fill() if outcome.account == ear.account:
                yield from _message(ear, _TRADES, [fill_row(ear.stand, with_order(outcome))])
            case _:
                pass

    def heard(said: Any, ear: Ear) -> Iterable[object]:
        answer: Row = {"jsonrpc": "2.0", "id": said.get("id"), "testnet": False}
        try:
            yield answer | {"result": _answered(said, ear)}
        except Refusal as why:
            yield answer | {"error": error_of(why)}
            ear.deaf = True  # who is not let in is told so once; a client closes such a socket

    return Voice("/ws/api/v2", told, heard=heard)


def _message(ear: Ear, channel: str, data: object) -> Iterable[object]:
    if channel in ear.topics:
        yield {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


def _answered(said: Any, ear: Ear) -> object:
    match said:
        case {"method": "public/auth", "params": {**asked}}:
            key = logged_in(ear.stand, {str(name): str(value) for name, value in asked.items()})
            ear.account = key.account
            return {"access_token": "a-token-of-a-stand-in", "token_type": "bearer", "scope": scope_of(key)}
        case {"method": "private/subscribe", "params": {"channels": [*channels]}} if ear.account:
            known = [each for each in channels if each in {_ORDERS, _TRADES}]
            ear.topics.update(known)
            return known
        case {"method": "public/test"}:
            return {"version": "1.2.26"}
        case _:
            raise Refusal("timestamp", "unauthorized")
