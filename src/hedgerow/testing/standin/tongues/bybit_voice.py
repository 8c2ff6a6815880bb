"""Bybit's private stream: a login by message, topics, orders and executions as the REST answers have them.

No message of a stream is among the venue's samples: all are written from the fields that ccxt's parser reads.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Any

from hedgerow.exchange.venue import OrderMoved, VenueOrder, VenueOutcome
from hedgerow.model.orders import Fill
from hedgerow.testing.standin.ears import Ear, Voice
from hedgerow.testing.standin.stand import Stand, with_order

__all__ = ["voice_of"]

Row = dict[str, Any]
_TOPICS = {"order", "execution"}


def voice_of(order_row: Callable[[VenueOrder], Row], fill_row: Callable[[Stand, Fill], Row]) -> Voice:
    """Return the voice, with the rows of the REST answers."""

    def told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
        match outcome:
            case OrderMoved(order=order) if order.account == ear.account and order.order_id:
                yield from _message(ear, "order", order.updated, order_row(order))
            case Fill() if outcome.account == ear.account:
                row = fill_row(ear.stand, with_order(outcome))
                yield from _message(ear, "execution", outcome.at, row)
            case _:
                pass

    return Voice("/v5/private", told, heard=_heard)


def _message(ear: Ear, topic: str, at: int, row: Row) -> Iterable[object]:
    if topic in ear.topics:
        yield {"id": f"{topic}{at}", "topic": topic, "creationTime": at, "data": [row]}


def _heard(said: Any, ear: Ear) -> Iterable[object]:
    match said:
        case {"op": "ping"}:
            yield {"req_id": str(said.get("req_id", "")), "op": "pong", "args": [str(ear.stand.now)]}
        case {"op": "auth", "args": [key, expires, signature]}:
            yield _login(str(key), int(expires), str(signature), ear)
        case {"op": "subscribe", "args": [*topics]} if ear.account and set(topics) <= _TOPICS:
            ear.topics.update(topics)
            yield {"success": True, "ret_msg": "", "op": "subscribe", "req_id": str(said.get("req_id", ""))}
        case {"op": op}:
            req = str(said.get("req_id", ""))
            yield {"success": False, "ret_msg": "Request not authorized", "op": op, "req_id": req}
        case _:
            pass


def _login(name: str, expires: int, signature: str, ear: Ear) -> Row:
    key = ear.stand.keys.get(name)
    good = "" if key is None else _signed(key.secret, expires)
    if key is None or not hmac.compare_digest(good, signature) or expires < ear.stand.now:
        return {"success": False, "ret_msg": "API key is invalid.", "op": "auth", "conn_id": "1"}
    ear.account = key.account
    return {"success": True, "ret_msg": "", "op": "auth", "conn_id": "1"}


def _signed(secret: str, expires: int) -> str:
    return hmac.new(secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
