"""MEXC's stream: one login by message, then everything of the account, as the REST answers have it.

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


def voice_of(order_row: Callable[[VenueOrder], Row], fill_row: Callable[[Stand, Fill], Row]) -> Voice:
    """Return the voice, with the rows of the REST answers; a stop that waits is told of elsewhere."""

    def told(outcome: VenueOutcome, ear: Ear) -> Iterable[object]:
        match outcome:
            case OrderMoved(order=order) if order.account == ear.account and order.order_id:
                if order.order.stop is None:
                    yield _message("push.personal.order", order.updated, order_row(order))
            case Fill() if outcome.account == ear.account:
                row = fill_row(ear.stand, with_order(outcome))
                yield _message("push.personal.order.deal", outcome.at, row)
            case _:
                pass

    return Voice("/edge", told, heard=_heard)


def _message(channel: str, at: int, data: object) -> Row:
    return {"channel": channel, "data": data, "ts": at}


def _heard(said: Any, ear: Ear) -> Iterable[object]:
    match said:
        case {"method": "ping"}:
            yield _message("pong", ear.stand.now, ear.stand.now)
        case {"method": "login", "param": {"apiKey": str(name), "reqTime": at, "signature": str(signature)}}:
            key = ear.stand.keys.get(name)
            good = "" if key is None else _signed(key.secret, f"{name}{at}")
            if key is None or not hmac.compare_digest(good, signature):
                yield _message("rs.error", ear.stand.now, "the signature is not valid")
            else:
                ear.account = key.account
                ear.topics.add("login")
                yield _message("rs.login", ear.stand.now, "success")
        case _:
            pass


def _signed(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
