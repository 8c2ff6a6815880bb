"""Whether a process that watches is well, and the numbers of its books, for programs on this machine: `/healthz` and `/metrics`.

with served(9321, gauges) as port: ...
healthy(gauges.shots(), now) -> True or False, and why
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from hedgerow.model.errors import BadConfig
from hedgerow.outlets.gauges import Gauges, Shot

__all__ = ["BLIND", "healthy", "served"]

_HOST = "127.0.0.1"
_NAMES = frozenset({"127.0.0.1", "localhost"})
_PATIENCE_S = 5.0
BLIND = frozenset({"position unknown", "stale feed", "not hedged", "maintenance"})
"""Watches whose critical alarm says that a watch cannot see what it is there to see."""


def healthy(shots: Sequence[Shot], now_s: float) -> tuple[bool, dict[str, Any]]:
    """Return whether every watch has looked within its limit and can see, and the same in words, watch by watch."""
    rows = [_row(shot, now_s) for shot in shots]
    well = bool(rows) and not any(row["why"] for row in rows)
    return well, {"healthy": well, "why": "" if rows else "nothing was looked at yet", "watches": rows}


def _row(shot: Shot, now_s: float) -> dict[str, Any]:
    age = now_s - shot.at_s
    why = [
        f"{row.watch}: {row.text}"
        for row in shot.look.alarms
        if row.watch in BLIND and row.level == "critical"
    ]
    if age > shot.limit_s:
        why.insert(0, f"the last look is {age:.0f} seconds old, and {shot.limit_s:.0f} are allowed")
    return {
        "account": shot.account,
        "book": shot.book,
        "age_s": round(age, 3),
        "limit_s": shot.limit_s,
        "why": "; ".join(why),
    }


@contextmanager
def served(port: int, gauges: Gauges, now: Callable[[], float] = time.time) -> Iterator[int]:
    """Answer on this machine alone, from threads of its own, and yield the port; 0 takes a free one.

    Raises `BadConfig` where the port is taken.
    """
    try:
        server = _Server((_HOST, port), _handler(gauges, now))
    except OSError as why:
        raise BadConfig(
            f"port {port} cannot be listened to: {why.strerror}",
            advice="Give another metrics_port under [watch]; 0 takes a free one.",
        ) from None
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="health", daemon=True)
    with server:
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing of whoever hung up."""


def _handler(gauges: Gauges, now: Callable[[], float]) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        server_version, sys_version, timeout = "hedgerow", "", _PATIENCE_S

        def do_GET(self) -> None:
            """Answer one of the two questions there are."""
            host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
            if host not in _NAMES:  # a page elsewhere that made its name lead here
                self._say(421, "text/plain", "this machine is not called that\n")
            elif self.path == "/healthz":
                well, told = healthy(gauges.shots(), now())
                self._say(200 if well else 503, "application/json", json.dumps(told) + "\n")
            elif self.path == "/metrics":
                self._say(200, "text/plain; version=0.0.4; charset=utf-8", gauges.text())
            else:
                self._say(404, "text/plain", "there is /healthz and /metrics\n")

        def _say(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Answers
