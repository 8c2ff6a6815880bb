"""Our ports around recorded answers, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from tests.venues.markets import markets_of

from hedgerow.venues.doors import CcxtVenue, venue_of
from hedgerow.venues.recorded import Asked, recorded

__all__ = ["ID", "opened", "run"]

Value = TypeVar("Value")
ID = "hrtest0123456789abcd"
_KEYS = {"hyperliquid": {"walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64}}


def opened(
    venue: str, answers: Mapping[str, object] | object, **settings: Any
) -> tuple[CcxtVenue, list[Asked]]:
    """A venue whose every answer is known, and what it is asked; an answer that is no mapping of paths answers all."""
    told = answers if isinstance(answers, Mapping) and _paths(answers) else {"*": answers}
    exchange, asked = recorded(venue, markets_of(venue), told, _KEYS.get(venue))
    return venue_of(exchange, **settings), asked


def _paths(answers: Mapping[str, object]) -> bool:
    return all("/" in key or key == "*" for key in answers) and bool(answers)


def run(verb: Coroutine[Any, Any, Value]) -> Value:
    """Await one verb in a loop of its own."""
    return asyncio.run(verb)
