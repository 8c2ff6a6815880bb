"""What stands between a request and the page: whose host, whose origin, who asks, how often. Every answer is marked.

Guard(site, entry, port) is an ASGI application around another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from hedgerow.web.entry import HOST, Entry

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Bucket", "Guard", "cookie_of", "session_of"]

_OPEN = ("/healthz", "/login")
_STATIC = "/static/"
_LARGEST_FORM = 4_096
_DIGITS = 12
_LARGER = {"/import": 4 << 20, "/holdings": 256 << 10}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_MARKS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


@dataclass(slots=True)
class Bucket:
    """So many at once, then so many a second."""

    burst: float
    a_second: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.burst, self.clock()

    def take(self) -> bool:
        """Return whether one more is within the rate."""
        now = self.clock()
        self._left = min(self._left + (now - self._at) * self.a_second, self.burst)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def cookie_of(port: int) -> str:
    """Return the cookie's name: pages of one machine share their cookies, whatever their ports."""
    return f"hedgerow-{port}"


def session_of(headers: Headers, port: int) -> str:
    """Return the session that a request carries, "" for none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie_of(port))
    except CookieError:
        return ""
    return "" if found is None else found.value


@dataclass(slots=True)
class Guard:
    """Lets through what comes from this machine's own page and whoever has its token; the rest gets a reason.

    421: another host than ours; 403: sent by another page; 405, 413: what no page of ours sends; 401: nobody we know;
    429: too often. A token in `Authorization: Bearer` may read, and only read.
    """

    site: ASGIApp
    entry: Entry
    port: int
    known: Bucket = field(default_factory=lambda: Bucket(200.0, 40.0))
    strangers: Bucket = field(default_factory=lambda: Bucket(30.0, 1.0))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.site(scope, receive, send)
            return
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(scope)
        answer = self.site if refusal is None else refusal
        await answer(scope, receive, _marking(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to what is not let through."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        if headers.get("host", "").lower() not in {f"{HOST}:{self.port}", f"localhost:{self.port}"}:
            return _said(421, "this page answers to 127.0.0.1 and localhost alone")
        if method not in {"GET", "HEAD", "POST"}:
            return _said(405, "only GET and POST mean something here")
        if self._foreign(headers, method):
            return _said(403, "another page sent this; nothing was done")
        if method == "POST" and not _small(headers, path):
            return _said(413, "no form of this page is that large")
        return self._stranger(headers, method, path)

    def _foreign(self, headers: Headers, method: str) -> bool:
        """Whether another page is behind a request. What changes something must say that it is ours."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        ours = {f"http://{HOST}:{self.port}", f"http://localhost:{self.port}"}
        here = f"http://{headers.get('host', '').lower()}"
        if method == "POST":
            # Under no-referrer a browser says the origin of a form is null, and tells by the other header whose it is.
            said = (
                site == "same-origin"
                if origin in {None, "null"}
                else origin == here and site in {None, "same-origin"}
            )
            return not said
        if site in {"cross-site", "same-site"} and headers.get("sec-fetch-mode") != "navigate":
            return True
        return origin is not None and origin not in ours

    def _stranger(self, headers: Headers, method: str, path: str) -> Response | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        reads = method != "POST" and scheme.lower() == "bearer" and self.entry.knows(token.strip())
        if reads or self.entry.admits(session_of(headers, self.port)):
            return None if self.known.take() else _said(429, "too many requests; wait a second")
        if path.startswith(_STATIC):
            return None
        if not self.strangers.take():
            return _said(429, "too many requests from strangers; wait a minute")
        if path in _OPEN:
            return None
        if path.startswith(("/api/", "/openapi")):
            return _said(
                401, "give the token: Authorization: Bearer, from the file web-token in the state folder"
            )
        return RedirectResponse("/login", status_code=303)


def _small(headers: Headers, path: str) -> bool:
    size, most = headers.get("content-length", ""), _LARGER.get(path, _LARGEST_FORM)
    told = size.isascii() and size.isdecimal() and len(size) < _DIGITS
    return "transfer-encoding" not in headers and told and int(size) <= most


def _said(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status)


def _marking(send: Send) -> Send:
    """Put the marks on every answer."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, text in _MARKS.items():
                headers[name] = text
        await send(message)

    return marked
