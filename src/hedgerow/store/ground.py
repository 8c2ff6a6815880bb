"""What a journal stands on: a file, or a server. It opens transactions, has a clock that leases end by, and names failures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from hedgerow.store.server import Where

__all__ = ["Ground", "Landed"]

Landed = Callable[[Connection], bool]
"""Asked on a new connection, where the answer to a commit was lost: is what it wrote there? It may lock what that locked."""


class Ground(Protocol):
    """A database with the journal's tables. Everything in it raises `JournalFailed` and its kin, and `JournalBroken`."""

    @property
    def where(self) -> Where:
        """Its place."""

    def prepare(self) -> None:
        """Make it, or bring its tables to the newest step."""

    def writing(self, landed: Landed | None = None) -> AbstractContextManager[Connection]:
        """Open a transaction that is durable when the block is left, or was never there.

        Where nobody can say which, because the answer to the commit was lost, it is looked up: by `landed`, as if nothing
        had happened, or the block raises, and says whether it is known.
        """

    def reading(self) -> AbstractContextManager[Connection | None]:
        """Open a connection that waits for no writer; None while the tables are not there yet."""

    def alone(self, connection: Connection, *names: str) -> None:
        """Wait until no other transaction has these names, and keep them to the end of this one."""

    def now(self) -> int:
        """Return this process's clock, milliseconds that never go back: what `Lease.expires` is told in."""

    def clock(self, connection: Connection) -> int:
        """Return the clock that stored ends are in, one for all who write here."""

    def steady(self) -> bool:
        """Return whether the stored clock is `now` itself: it never goes back but by a boot."""

    def sound(self) -> None:
        """Look at every page, as far as that is the journal's to do; raises `JournalBroken`."""

    def close(self) -> None:
        """Let go of it."""
