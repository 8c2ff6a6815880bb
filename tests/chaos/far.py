"""The exchange lives in the parent; the executor asks it through a socket, one question at a time."""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Far", "FarClock", "Time", "receive", "send"]

_LENGTH = struct.Struct("!I")


def send(end: socket.socket, what: object) -> None:
    data = pickle.dumps(what)
    end.sendall(_LENGTH.pack(len(data)) + data)


def receive(end: socket.socket) -> Any:
    """Return what came, None where the other side is gone."""
    head = _exactly(end, _LENGTH.size)
    if head is None:
        return None
    body = _exactly(end, _LENGTH.unpack(head)[0])
    return None if body is None else pickle.loads(body)  # noqa: S301 - from our own child


def _exactly(end: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = end.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


@dataclass(slots=True)
class Far:
    """A port on the other side of a socket."""

    end: socket.socket
    name: str
    time: Time

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        async def ask(*words: object) -> Any:
            return self.ask(verb, *words)

        return ask

    def ask(self, verb: str, *words: object) -> Any:
        """Ask, and return or raise what is answered."""
        send(self.end, (self.name, verb, words))
        self.time.told, raised, value = receive(self.end)
        if raised:
            raise value
        return value


@dataclass(slots=True)
class Time:
    """The wall clock and what never goes back, as the exchange told them last."""

    told: tuple[int, int]


@dataclass(slots=True)
class FarClock:
    """The exchange's virtual time, seen from the other process: it stands still between two answers."""

    far: Far

    def now(self) -> int:
        """Return the wall clock."""
        return self.far.time.told[0]

    def monotonic(self) -> int:
        """Return what never goes back."""
        return self.far.time.told[1]

    async def sleep(self, ms: int) -> None:
        """Let time pass."""
        self.far.ask("sleep", ms)
