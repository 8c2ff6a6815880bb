"""No test of a venue reaches for another machine: every socket is looked at before it connects."""

from __future__ import annotations

import socket
from typing import Any

import pytest

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class LeftTheMachine(AssertionError):
    """A socket was about to connect to another machine."""


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every look-up of a name that is not this machine's."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connected(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOOPBACK:
            raise LeftTheMachine(f"a socket was about to connect to {address}")
        connect(self, address)

    def looked_up(host: Any, *rest: Any, **more: Any) -> Any:
        if host is not None and str(host) not in LOOPBACK:
            raise LeftTheMachine(f"{host} was about to be looked up")
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", connected)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
