"""What goes out to a venue and what comes back, watched at three places of a ccxt exchange.

before the socket     the request as signed: its path against the deny-list, its quantity and price against the order
after the answer      status and text, before ccxt makes an exception of them
the session           the host against the venue's list, redirects refused, IPv4 where the venue binds keys to it; what
                      sends leaves once, though the HTTP library would repeat what is no POST

ccxt's exception classes decide nothing here: they are what ccxt made of an answer that is kept beside them.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from hedgerow.model.errors import BrokenPromise, MissingExtra, VenueRefused
from hedgerow.model.ports import last_look
from hedgerow.venues.quirks import Forbidden
from hedgerow.venues.raw import number

if TYPE_CHECKING:
    from types import ModuleType

    import aiohttp

__all__ = ["Exchange", "Meant", "Seen", "blanked", "ccxt_library", "forbidden", "pin", "seeing", "watch"]

Exchange = Any  # a ccxt exchange: its classes are generated, and their types say nothing
_FORBIDDEN = re.compile(Forbidden, re.IGNORECASE)
_LEAST_BLANKED = 16
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Meant:
    """A figure that the request which is about to leave has to say, and the names it may stand under."""

    names: str
    figure: Decimal


@dataclass(slots=True)
class Seen:
    """What was seen of one call. `left`: the request was signed and handed on; before that nothing can have been sent.

    `sending`: this call changes something at the venue, and no request of it may leave twice; `gone` are those that left.
    """

    meant: tuple[Meant, ...] = ()
    sending: bool = False
    gone: set[tuple[str, str]] = field(default_factory=set)
    left: bool = False
    status: int | None = None
    text: str | None = None
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


def ccxt_library() -> ModuleType:
    """Return ccxt with its streams; raises `MissingExtra` where the extra `live` is not installed."""
    try:
        import ccxt.pro
    except ImportError:
        raise MissingExtra(
            "talking to an exchange needs the extra `live`",
            advice="Install it: pip install 'hedgerow[live]'. Plans, backtests and paper trading work without.",
        ) from None
    found: ModuleType = ccxt.pro
    return found


def seeing(seen: Seen) -> None:
    """Let what the current task does next be seen in `seen`."""
    _seen.set(seen)


def forbidden(url: str) -> bool:
    """Return whether no request may go to this address: withdrawals, transfers, sub-accounts, keys."""
    return bool(_FORBIDDEN.search(urlsplit(url).path))


async def _nothing(*_args: object, **_more: object) -> bool:
    return True


def watch(exchange: Exchange, silenced: Sequence[str] = ()) -> None:
    """Hook a ccxt exchange: from now on every request passes the deny-list and is seen. Doing it twice is harmless.

    `silenced` methods do nothing any more: ccxt would send requests in them that nobody asked for.
    """
    if getattr(exchange, "hedgerow_watched", False):
        return
    before, after, request = exchange.set_last_request, exchange.on_rest_response, exchange.request

    def leaving(signed: dict[str, Any]) -> None:
        before(signed)
        _inspect(signed)

    def answered(code: int, reason: str, url: str, method: str, headers: Any, body: str, *rest: Any) -> str:
        seen = _seen.get()
        body = blanked(exchange, body)
        if seen is not None:
            seen.status, seen.text, seen.headers = code, body, dict(headers)
        kept: str = after(code, reason, url, method, headers, body, *rest)
        return kept

    async def asked(path: str, api: Any, method: str = "GET", params: Any = None, config: Any = None) -> Any:
        body = await request(path, api, method, {} if params is None else params, config=config or {})
        seen = _seen.get()
        if seen is not None:
            seen.body = body
        return body

    exchange.set_last_request, exchange.on_rest_response, exchange.request = leaving, answered, asked
    for name in silenced:
        setattr(exchange, name, _nothing)
    exchange.hedgerow_watched = True


def blanked(exchange: Exchange, text: str) -> str:
    """Return `text` without the key and the secret of `exchange`, should a venue repeat them: it ends in errors and logs.

    Shorter words are left: a password may be part of a price.
    """
    held = (getattr(exchange, name, None) for name in ("apiKey", "secret", "privateKey"))
    for word in held:
        if isinstance(word, str) and len(word) >= _LEAST_BLANKED:
            text = text.replace(word, "***")
    return text


def _inspect(signed: Mapping[str, Any]) -> None:
    """Look at a request that is signed and about to leave; what raises here stays here."""
    if forbidden(signed["url"]):
        raise VenueRefused(
            f"no request may go to {urlsplit(signed['url']).path}",
            advice="Hedgerow never moves coins or keys; use a key without these rights.",
        )
    seen = _seen.get()
    if seen is None:
        return
    if seen.meant:
        _compare(seen.meant, signed["url"], signed["body"])
        if why := last_look.get()():
            raise VenueRefused(f"held back: {why}", advice="Nothing was sent.")
    seen.left = True


def _compare(meant: tuple[Meant, ...], url: str, body: object) -> None:
    """Look for what was meant in a signed request; raises `BrokenPromise` for another figure or none: nothing leaves."""
    said = dict(parse_qsl(urlsplit(url).query))
    if isinstance(body, str):
        said |= _fields(body)
    for one in meant:
        found = number(said, one.names)
        if found != one.figure:
            raise BrokenPromise(
                f"the request says {found} for {one.names} where the order says {one.figure}",
                advice="Nothing was sent: report this with the contract's name.",
            )


def _fields(body: str) -> dict[str, Any]:
    if not body.lstrip().startswith("{"):
        return dict(parse_qsl(body))
    read = json.loads(body, parse_float=Decimal)
    return read if isinstance(read, dict) else {}


def pin(exchange: Exchange, hosts: Sequence[str], *, ipv4: bool = False) -> None:
    """Let `exchange` talk to `hosts` and to nobody else, follow no redirect, and heed no proxy of the environment.

    Streams open by the same session. Doing it again replaces the list. Raises `VenueRefused` where certificates would not
    be checked.
    """
    if exchange.verify is False:
        raise VenueRefused(
            "certificates must be checked", advice="Remove `verify` from the exchange's settings."
        )
    known = hasattr(exchange, "hedgerow_hosts")
    exchange.hedgerow_hosts = frozenset(hosts)
    if known:
        return
    opened = exchange.open

    def pinned(lazy: bool = False) -> None:
        if exchange.session is not None or not exchange.own_session:
            opened(lazy)
            return
        exchange.own_session = False
        opened(lazy)
        exchange.own_session = True
        exchange.tcp_connector, exchange.session = _session(exchange, ipv4=ipv4)

    exchange.open = pinned


def _leave_once(method: str, path: str) -> None:
    """Let a request of a call that sends leave, unless it has left: the HTTP library repeats GET, PUT and DELETE by itself.

    It does so where the connection broke before an answer, which says nothing of what the venue has done. What is raised
    for the second time is an error of that library, so that the outcome is unknown, never "not sent".
    """
    import aiohttp

    seen = _seen.get()
    if seen is None or not seen.sending:
        return
    if (method, path) in seen.gone:
        raise aiohttp.ClientError(f"{path} has left and was not answered; it is not sent again")
    seen.gone.add((method, path))


def _session(exchange: Exchange, *, ipv4: bool) -> tuple[aiohttp.TCPConnector, aiohttp.ClientSession]:
    import aiohttp

    async def guard(
        request: aiohttp.ClientRequest,
        handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]],
    ) -> aiohttp.ClientResponse:
        if request.url.host not in exchange.hedgerow_hosts:
            raise VenueRefused(
                f"{request.url.host} is no host of {exchange.id}",
                advice="Nothing was sent. A changed address needs a changed list: see docs/venues.",
            )
        _leave_once(request.method, request.url.path)
        response = await handler(request)
        if response.status in _REDIRECTS:
            response.close()
            raise aiohttp.ClientError(f"{request.url.host} redirects, which is not followed")
        return response

    family = socket.AF_INET if ipv4 else socket.AF_UNSPEC
    connector = aiohttp.TCPConnector(ssl=exchange.ssl_context, family=family)
    return connector, aiohttp.ClientSession(connector=connector, middlewares=(guard,))
