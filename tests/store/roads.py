"""A way to a server that can be cut, frozen, or lose the answer to one commit: a process of its own."""

from __future__ import annotations

import mmap
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Literal, get_args

from tests.store.forked import fork

Trouble = Literal["", "cut", "frozen", "answer lost", "commit lost"]
_TROUBLES: tuple[Trouble, ...] = get_args(Trouble)


class Road:
    """Forwards a port of its own to another one, until there is trouble.

    "cut": every connection ends, and new ones are refused; "frozen": nothing passes, and nobody hangs up; "answer lost":
    the next commit reaches the server, and its answer gets lost with the connection; "commit lost": it never reaches it.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._told = mmap.mmap(-1, 2)  # which trouble there is, and how many commits met one
        self._process = fork(partial(self._accept, os.getpid()))
        self._listening.close()

    @property
    def trouble(self) -> Trouble:
        """What is the matter."""
        return _TROUBLES[self._told[0]]

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        self._told[0] = _TROUBLES.index(trouble)

    @property
    def met(self) -> int:
        """How many commits got lost, or their answers."""
        return self._told[1]

    def close(self) -> None:
        self._process.end()

    def _accept(self, parent: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while os.getppid() == parent:
            ready, _, _ = select.select([self._listening], [], [], 1.0)
            for _ in ready:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if self.trouble != "cut":
                with socket.create_connection(("127.0.0.1", self._to)) as far:
                    self._between(near, far)

    def _between(self, near: socket.socket, far: socket.socket) -> None:
        across = {near: far, far: near}
        while self.trouble != "cut":
            ready, _, _ = select.select(list(across), [], [], 0.02)
            if self.trouble != "frozen" and not all(
                self._passed(each, across[each], to=far) for each in ready
            ):
                return

    def _passed(self, source: socket.socket, target: socket.socket, to: socket.socket) -> bool:
        data = source.recv(65_536)
        if not data:
            return False
        trouble = self.trouble
        if b"COMMIT" in data and target is to and trouble in {"answer lost", "commit lost"}:
            self.trouble = ""
            self._told[1] = (self._told[1] + 1) % 256
            if trouble == "answer lost":
                target.sendall(data)
                target.recv(65_536)  # it was done, and nobody hears of it
            return False
        target.sendall(data)
        return True


@contextmanager
def road(port: int) -> Iterator[Road]:
    """Open a way to a port."""
    made = Road(port)
    try:
        yield made
    finally:
        made.close()
