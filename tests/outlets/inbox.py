"""A service on this machine that takes messages, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Inbox", "inbox"]


@dataclass(slots=True)
class Inbox:
    """What came, and what is answered: a `status`, and where it sends on to with a redirect."""

    port: int = 0
    status: int = 200
    location: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def address(self, path: str = "hook") -> str:
        """How Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/{path}"

    def wait(self, within_s: float = 30.0) -> dict[str, Any]:
        """The next message, when it has come."""
        assert self.came.acquire(timeout=within_s)
        return self.got[-1]


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Listen on a free port of this machine."""
    kept = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            kept.got.append(json.loads(self.rfile.read(length)))
            kept.paths.append(self.path)
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            kept.came.release()

        def do_GET(self) -> None:
            kept.paths.append(f"GET {self.path}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
