"""The page on this machine: one socket of 127.0.0.1, one process, until it is interrupted.

serve(settings, "book.csv", 8321, told) -> never, or when it is interrupted
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.desk import policy_of
from hedgerow.config import Settings, state_path
from hedgerow.model.errors import BadConfig, MissingExtra, UsageError
from hedgerow.web.entry import HOST, Entry, entry_of
from hedgerow.web.room import Room

if TYPE_CHECKING:
    from uvicorn import Server

__all__ = ["Opened", "opened", "serve", "server_of"]

_GRACE_S = 2
_WAITING = 64


@dataclass(frozen=True, slots=True)
class Opened:
    """A socket that listens, who may come in, and what is shown."""

    socket: socket.socket
    entry: Entry
    room: Room

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.socket.getsockname()[1]
        return port

    @property
    def link(self) -> str:
        """The address that opens the page, once."""
        return f"http://{HOST}:{self.port}/login?code={self.entry.code}"


def opened(
    settings: Settings,
    book: str,
    port: int,
    listen: str = HOST,
    config: Path | None = None,
    *,
    playing: bool = False,
    runs: Path | None = None,
) -> Opened:
    """Return an open socket for a book's page; port 0 takes a free one. `playing`: the book is an example.

    `config` is the file of settings that betas given on the page are written into, `runs` the folder whose runs are shown.

    Raises `UsageError` for another address than this machine's own and for settings that mean nothing, and `BadConfig`
    where the token cannot be kept or the port is taken.
    """
    if listen != HOST:
        raise UsageError(
            f"{listen} is not listened to: in this version the page is for this machine alone",
            advice=f"Leave --listen out. From elsewhere: ssh -L {port}:{HOST}:{port} and open it there.",
        )
    if not 0 <= port <= 65_535:
        raise UsageError(
            f"there is no port {port}", advice="Give --port between 1024 and 65535, or 0 for a free one."
        )
    policy_of(settings)
    entry = entry_of(state_path(settings))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_WAITING)
    except OSError as why:
        listener.close()
        raise BadConfig(
            f"port {port} cannot be listened to: {why.strerror}",
            advice="Give another with --port; 0 takes a free one.",
        ) from None
    return Opened(listener, entry, Room(settings, book, config, playing, runs))


def serve(found: Opened, told: Callable[[str], None]) -> None:
    """Serve the page until this process is interrupted; `told` is given the link that opens it once.

    Raises `MissingExtra` without the extra `web`, and what opening the book raises: a page of nothing helps nobody.
    """
    with found.socket:
        found.room.desk()
        server = server_of(found)
        told(found.link)
        server.run(sockets=[found.socket])


def server_of(found: Opened) -> Server:
    """Return the server that answers at an open socket. Raises `MissingExtra` without the extra `web`."""
    try:
        from uvicorn import Config

        from hedgerow.web.ending import EndingServer
        from hedgerow.web.site import site_of
    except ImportError:
        raise MissingExtra(
            "the page needs the extra `web`",
            advice="Install it: pip install 'hedgerow[web]'. Every other verb works without.",
        ) from None
    config = Config(
        site_of(found.room, found.entry, found.port),
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return EndingServer(config, found.room)
