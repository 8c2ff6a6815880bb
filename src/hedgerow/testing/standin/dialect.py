"""What a dialect is: endpoints by method and path, how a request is signed, and how errors are said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from hedgerow.model.errors import UnknownSymbol
from hedgerow.model.instruments import Instrument
from hedgerow.testing.standin.ears import Voice
from hedgerow.testing.standin.stand import Key, Stand

__all__ = [
    "Answer",
    "Bare",
    "Call",
    "Dialect",
    "Endpoint",
    "Handler",
    "Heard",
    "Refusal",
    "answered",
    "number",
    "plain",
]


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came in: `query` and `body` as sent, to the letter, for that is what is signed."""

    method: str
    path: str
    query: str
    body: str
    headers: Mapping[str, str]

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    def asked(self) -> dict[str, str]:
        """Return the parameters of query and body, form or JSON, as text."""
        found = dict(parse_qsl(self.query, keep_blank_values=True))
        if self.body.lstrip().startswith(("{", "[")):
            document = json.loads(self.body, parse_float=Decimal)
            if isinstance(document, dict):
                found |= {name: _text(value) for name, value in document.items()}
            else:  # a bare list, as of ids, has no name
                found[""] = ",".join(_text(_id_of(value)) for value in document)
        else:
            found |= dict(parse_qsl(self.body, keep_blank_values=True))
        return found


def _id_of(value: object) -> object:
    """What stands in a list: an id, or an order with its id."""
    return value.get("orderId") if isinstance(value, dict) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: Any
    status: int = 200


class Bare(dict[str, Any]):
    """The document of a success that lies in no envelope, where the venue's others do."""


class Refusal(Exception):
    """A handler's no, in the venue's own code and words."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is let in: whose it is ("" for public ones), and what it asks."""

    stand: Stand
    account: str
    asked: Mapping[str, str]
    at: int
    key: Key | None = None

    def need(self, name: str) -> str:
        """Return a parameter that has to be there."""
        value = self.asked.get(name, "")
        if not value:
            raise Refusal("missing", name)
        return value

    def instrument(self, name: str = "symbol") -> Instrument:
        """Return the contract that the request names."""
        try:
            return self.stand.of_symbol(self.need(name))
        except UnknownSymbol as why:
            raise Refusal("symbol", why.message) from None

    def decimal(self, name: str) -> Decimal:
        """Return a number that has to be there."""
        return Decimal(self.need(name))

    def whole(self, name: str, default: int) -> int:
        """Return a whole number, or what stands for it."""
        return int(Decimal(self.asked.get(name) or default))


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One handler; a `signed` one is only for who can sign."""

    handler: Handler
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Dialect:
    """A venue's language.

    `whose` returns the key that signed a request or raises `Refusal`; `wrap` makes the document of a success, `refused`
    that of a refusal; `voice` is its stream. `codes` turn words of the core (`exchange.venue.Code`) and of this room into the venue's own.
    """

    tag: str
    endpoints: Mapping[str, Endpoint]
    whose: Callable[[Heard, Stand], Key]
    wrap: Callable[[Any, Call], Any]
    refused: Callable[[Refusal], Answer]
    public: frozenset[str] = field(default_factory=frozenset)
    voice: Voice | None = None


def answered(dialect: Dialect, heard: Heard, stand: Stand) -> Answer:
    """Return the answer to a request."""
    endpoint, in_path = _endpoint(dialect, heard)
    if endpoint is None:
        return dialect.refused(Refusal("path", f"no such endpoint: {heard.name}", 404))
    try:
        key = dialect.whose(heard, stand) if endpoint.signed else None
        at = stand.passed()
        call = Call(stand, "" if key is None else key.account, heard.asked() | in_path, at, key)
        return Answer(dialect.wrap(endpoint.handler(call), call))
    except Refusal as why:
        return dialect.refused(why)


def _endpoint(dialect: Dialect, heard: Heard) -> tuple[Endpoint | None, dict[str, str]]:
    """The endpoint of a request, and the parameters that stand in its path."""
    exact = dialect.endpoints.get(heard.name)
    if exact is not None:
        return exact, {}
    for name, endpoint in dialect.endpoints.items():
        if "{" in name:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", name)
            match = re.fullmatch(pattern, heard.name)
            if match is not None:
                return endpoint, match.groupdict()
    return None, {}


def number(value: Decimal) -> str:
    """Return a number as text without an exponent."""
    return f"{value:f}"


def plain(value: Decimal) -> int | float:
    """Return a number as JSON has it, for venues that send numbers."""
    return int(value) if value == value.to_integral_value() else float(value)
