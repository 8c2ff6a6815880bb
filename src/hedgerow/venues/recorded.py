"""Replies from files: a ccxt exchange with given markets whose answers stand in a file, and nothing reaches a socket.

    exchange = recorded("bybit", markets, answers)
    venue = venue_of(exchange)

An answer is a raw body, or an `Answer` with status and text, which then goes through ccxt's own error handling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from hedgerow.model.errors import BadInput, VenueRefused
from hedgerow.venues.dialects import venue_named
from hedgerow.venues.wire import Exchange, ccxt_library

__all__ = ["Answer", "Asked", "Turns", "read_answers", "recorded"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: HTTP status and text."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Turns:
    """Answers to one path that are told one by one, the last for good."""

    answers: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was answered from the record."""

    method: str
    path: str
    url: str
    body: str | None


def recorded(
    name: str,
    markets: Sequence[Mapping[str, Any]],
    answers: Mapping[str, object],
    settings: Mapping[str, Any] | None = None,
) -> tuple[Exchange, list[Asked]]:
    """Return a ccxt exchange that answers from `answers`, by "METHOD /path" or "/path", and the list of what it was asked.

    "*" answers whatever is asked; a function answers by what it was asked. What is not in the record raises `VenueRefused`.
    """
    exchange = getattr(ccxt_library(), venue_named(name).ccxt)(
        {
            "number": Decimal,
            "enableRateLimit": False,
            "apiKey": "key",
            "secret": "secret",
            "password": "word",
            **dict(settings or {}),
        }
    )
    exchange.set_markets(list(markets))
    asked: list[Asked] = []
    told: dict[str, int] = {}

    async def fetch(url: str, method: str = "GET", _headers: Any = None, body: Any = None) -> object:
        path = urlsplit(url).path
        asked.append(Asked(method, path, url, body))
        key = next((key for key in (f"{method} {path}", path, "*") if key in answers), "")
        if not key:
            raise VenueRefused(f"nothing is recorded for {method} {path}")
        found = answers[key]
        if isinstance(found, Turns):
            told[key] = told.get(key, -1) + 1
            found = found.answers[min(told[key], len(found.answers) - 1)]
        if callable(found):
            found = found(asked[-1])
        return _answered(exchange, found, url, method, body)

    exchange.fetch = fetch
    return exchange, asked


def _answered(exchange: Exchange, found: object, url: str, method: str, body: object) -> object:
    if not isinstance(found, Answer):
        return found
    read = exchange.on_rest_response(found.status, "", url, method, {}, found.text, {}, body)
    spoken = exchange.parse_json(read)
    exchange.handle_errors(found.status, "", url, method, {}, read, spoken, {}, body)
    exchange.handle_http_status_code(found.status, "", url, method, read)
    return spoken if spoken is not None else read


def read_answers(text: str) -> dict[str, object]:
    """Return the answers of a JSON file: an object of paths and bodies, numbers exact. Raises `BadInput`."""
    try:
        read = json.loads(text, parse_float=Decimal)
    except ValueError as why:
        raise BadInput(f"is no JSON: {why}", advice="Write an object of paths and answers.") from None
    if not isinstance(read, dict):
        raise BadInput("is no object of paths and answers")
    return read
