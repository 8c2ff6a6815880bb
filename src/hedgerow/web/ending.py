"""A server whose streams end with it: a page that listens would keep it alive."""

from __future__ import annotations

import socket

from uvicorn import Config, Server

from hedgerow.web.room import Room

__all__ = ["EndingServer"]


class EndingServer(Server):
    """uvicorn's server, which tells the room when it closes."""

    def __init__(self, config: Config, room: Room) -> None:
        super().__init__(config)
        self._room = room

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the room, so that whoever waits for news there goes, then everything else."""
        self._room.closed = True
        await super().shutdown(sockets)
