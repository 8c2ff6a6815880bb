"""A way to a server that can be cut, frozen, or lose the answer to one commit."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

Trouble = Literal["", "cut", "frozen", "answer lost", "commit lost"]


class Road:
    """Forwards a port of its own to another one, until there is trouble.

    "cut": every connection ends, and new ones are refused; "frozen": nothing passes, and nobody hangs up; "answer lost":
    the next commit reaches the server, and its answer gets lost with the connection; "commit lost": it never reaches it.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.trouble: Trouble = ""
        self.met = 0
        self._over = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._over:
            with suppress(OSError):
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if not self._ended():
                with socket.create_connection(("127.0.0.1", self._to)) as far:
                    self._between(near, far)

    def _between(self, near: socket.socket, far: socket.socket) -> None:
        across = {near: far, far: near}
        while not self._ended():
            ready, _, _ = select.select(list(across), [], [], 0.02)
            if self.trouble != "frozen" and not all(
                self._passed(each, across[each], to=far) for each in ready
            ):
                return

    def _ended(self) -> bool:
        return self._over or self.trouble == "cut"

    def _passed(self, source: socket.socket, target: socket.socket, to: socket.socket) -> bool:
        data = source.recv(65_536)
        if not data:
            return False
        if b"COMMIT" in data and target is to and self.trouble in {"answer lost", "commit lost"}:
            trouble, self.trouble = self.trouble, ""
            self.met += 1
            if trouble == "answer lost":
                target.sendall(data)
                target.recv(65_536)  # it was done, and nobody hears of it
            return False
        target.sendall(data)
        return True

    def close(self) -> None:
        self._over = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def road(port: int) -> Iterator[Road]:
    """Open a way to a port."""
    made = Road(port)
    try:
        yield made
    finally:
        made.close()
