"""A page without a network: a request goes in as a server hands it over, an answer comes out whole."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hedgerow.config import Settings
from hedgerow.hedge.estimation import Override
from hedgerow.model.portfolio import Position
from hedgerow.web.entry import Entry
from hedgerow.web.guard import cookie_of
from hedgerow.web.room import Room
from hedgerow.web.site import site_of

__all__ = ["HOSTILE", "OURS", "PORT", "Answer", "Page", "make_hostile", "page_of"]

HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "<script>alert(1)</script>",
    "'\"><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}${7*7}",
    "</title></script><script>alert(1)</script>",
)

PORT = 8321
OURS = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class Page:
    """The whole application with its guard."""

    site: Any
    entry: Entry
    room: Room
    session: str = field(init=False)

    def __post_init__(self) -> None:
        self.session = self.entry.session()

    def ask(
        self, method: str, path: str, headers: dict[str, Any] | None = None, body: bytes = b"", **more: Any
    ) -> Answer:
        """Send one request; headers that are given replace the usual ones, None leaves one out."""
        usual: dict[str, Any] = {
            "host": f"127.0.0.1:{PORT}",
            "cookie": f"{cookie_of(PORT)}={self.session}",
        }
        if method == "POST":
            usual |= {
                "origin": OURS,
                "sec-fetch-site": "same-origin",
                "content-type": "application/x-www-form-urlencoded",
                "content-length": str(len(body)),
            }
        sent = {**usual, **(headers or {})}
        route, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": route,
            "raw_path": route.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(n.encode(), t.encode("latin-1")) for n, t in sent.items() if t is not None],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", PORT),
            **more,
        }
        return asyncio.run(self._answered(scope, body))

    def get(self, path: str, **headers: Any) -> Answer:
        return self.ask("GET", path, {name.replace("_", "-"): text for name, text in headers.items()})

    def post(self, path: str, form: dict[str, str], **headers: Any) -> Answer:
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.ask("POST", path, given, urlencode(form).encode())

    def press(self, path: str, form: dict[str, str]) -> Answer:
        """Send a form as this session's own page does."""
        return self.post(path, {"pledge": self.entry.pledge(self.session), **form})

    def send(self, path: str, name: str, data: bytes, **fields: str) -> Answer:
        """Send a form with a file as this session's own page does."""
        edge = "-----------------------------a1b2c3"
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'.encode()
            for field, text in {"pledge": self.entry.pledge(self.session), **fields}.items()
        ]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n")
        body = b"".join(parts) + f"--{edge}--\r\n".encode()
        return self.ask("POST", path, {"content-type": f"multipart/form-data; boundary={edge}"}, body)

    async def _answered(self, scope: dict[str, Any], body: bytes) -> Answer:
        begun: dict[str, Any] = {}
        parts: list[bytes] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
            else:
                parts.append(message.get("body", b""))

        await self.site(scope, receive, send)
        headers = {name.decode().lower(): text.decode("latin-1") for name, text in begun["headers"]}
        return Answer(begun["status"], headers, b"".join(parts).decode("utf-8", errors="replace"))


def page_of(book: str, state: Path, settings: Settings | None = None, config: Path | None = None) -> Page:
    """A page of a book whose state lies in a folder."""
    found = settings or Settings()
    room = Room(replace(found, trade=replace(found.trade, state=str(state))), book, config)
    entry = Entry("t" * 43)
    return Page(site_of(room, entry, PORT), entry, room)


def make_hostile(room: Room) -> None:
    """Put names and notes into the book that no reader of files lets through: priced, with betas, in every table."""
    desk = room.desk()
    rows = [Position(name, Decimal(10), account=name, tags=(name,), sector=name) for name in HOSTILE]
    unknown = Position(f"{HOSTILE[0]}?", Decimal(1))
    book = replace(
        desk.book, positions=(*desk.book.positions, *rows, unknown), notes=HOSTILE, recognised=HOSTILE[0]
    )
    market = replace(desk.market, given={**desk.market.given, **dict.fromkeys(HOSTILE, 5_000.0)})
    overrides = {name: Override((1.5,), 0.2, name) for name in reversed(HOSTILE)}
    policy = replace(desk.policy, overrides=overrides)
    hostile = replace(desk, book=book, market=market, hedge_market=market, policy=policy)
    stamp, at, _ = room._desk or ((), 0.0, desk)
    room._desk = (stamp, at, hostile)
