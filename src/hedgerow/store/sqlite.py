"""SQLite as the journal needs it: how a file is opened, and what its refusals mean.

File(path, clock)             a `Ground`
writing(path) -> Engine       WAL, flushed to the disk at every commit; transactions take the one writer's lock at once
reading(path) -> Engine       its own connection, which cannot write and waits for nobody
failures(path)                a context that turns SQLite's errors into ours
holds_tables(connection)      False for a file that is only being made
sound(connection, path)       every page looked at
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool

from hedgerow.model.errors import (
    BrokenPromise,
    HedgerowError,
    JournalBroken,
    JournalBusy,
    JournalFailed,
    JournalFull,
    JournalReadOnly,
)
from hedgerow.store.folders import flush_folder, private_folder
from hedgerow.store.ground import Landed
from hedgerow.store.migrate import upgrade

__all__ = ["File", "failures", "holds_tables", "named", "reading", "sound", "writing"]

_WAIT_S = 5.0
_PRIMARY = 0xFF  # the low byte of SQLite's extended codes

_FULL = "Free some space on that disk and start again: it begins with reconciling."
_READ_ONLY = "Let this user write the file and its folder, or choose another with --state."
_BUSY = "`hedgerow status` says who holds the account. A stopped process that is in the middle of writing has to go on or end."
_BROKEN = (
    "Trade no more with this file. Keep a copy of it, and run `hedgerow reconcile` with a fresh --state."
)
_OPEN = "Check that its folder exists, and that this user may write there."
_DISK = "The disk or its file system failed: see the system's log. Start again when it is sound; it begins with reconciling."


class File:
    """A `Ground` in one file of one machine. Writing takes SQLite's one lock at once, so that no name is ever another's."""

    def __init__(self, path: Path, monotonic: Callable[[], int]) -> None:
        self.where = path
        self.writer, self.reader = writing(path), reading(path)
        self._monotonic, self._made = monotonic, False

    def prepare(self) -> None:
        """Make the file and its tables, or bring them to the newest schema."""
        fresh = not self.where.exists()
        if fresh:
            _make(self.where)
        with self.writing() as connection:
            upgrade(connection)
        if fresh:
            flush_folder(self.where.parent)

    @contextmanager
    def writing(self, landed: Landed | None = None) -> Iterator[Connection]:  # noqa: ARG002 - a file answers always
        """Open a transaction that is on the disk when the block is left."""
        with failures(self.where), self.writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """Open a connection that reads; None while another process makes the file and has not put its tables in."""
        with failures(self.where), self.reader.begin() as connection:
            self._made = self._made or holds_tables(connection)
            yield connection if self._made else None

    def alone(self, connection: Connection, *names: str) -> None:
        """Wait for nothing: who writes is alone."""

    def now(self) -> int:
        """Return the machine's monotonic clock."""
        return self._monotonic()

    def clock(self, connection: Connection) -> int:  # noqa: ARG002 - the file has no clock of its own
        """Return the same."""
        return self._monotonic()

    def steady(self) -> bool:
        """Return True."""
        return True

    def sound(self) -> None:
        """Look at every page; raises `JournalBroken`."""
        with failures(self.where), self.reader.begin() as connection:
            sound(connection, self.where)

    def close(self) -> None:
        """Let go of the file."""
        self.reader.dispose()
        self.writer.dispose()  # last, because the last one out brings the log into the file


def _make(path: Path) -> None:
    """Make the folder, and an empty file, for this user alone: the log beside it takes the file's rights."""
    try:
        private_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as why:
        raise JournalFailed(
            f"{path.parent} cannot be made: {why.strerror}", advice="Give another folder with --state."
        ) from None


def writing(path: Path, wait_s: float = _WAIT_S) -> Engine:
    """Return the engine that writes; every transaction is BEGIN IMMEDIATE, every commit is on the disk."""

    def connect() -> sqlite3.Connection:
        made = _connected(str(path), wait_s)
        _until_free(lambda: made.execute("PRAGMA journal_mode=WAL"), wait_s)
        made.execute("PRAGMA synchronous=FULL")
        return made

    return _engine(connect, "BEGIN IMMEDIATE")


def reading(path: Path, wait_s: float = _WAIT_S) -> Engine:
    """Return the engine that only reads."""
    place = f"file:{quote(str(path.absolute()))}?mode=ro"
    return _engine(lambda: _connected(place, wait_s), "BEGIN")


def _connected(place: str, wait_s: float) -> sqlite3.Connection:
    made = sqlite3.connect(
        place, timeout=wait_s, isolation_level=None, check_same_thread=False, uri=place.startswith("file:")
    )
    made.execute("PRAGMA trusted_schema=OFF")
    return made


def _engine(connect: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=1)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _until_free(act: Callable[[], object], wait_s: float) -> None:
    """Do what SQLite itself does not wait for: two processes that make the same new file at once."""
    end = time.monotonic() + wait_s
    while True:
        try:
            act()
        except sqlite3.OperationalError as why:
            if _code(why) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what SQLite refuses inside into our errors, which say what to do."""
    try:
        yield
    except IntegrityError as why:
        raise BrokenPromise(f"{path.name}: {why.orig}") from why
    except DBAPIError as why:
        raise named(why.orig, path) from why
    except sqlite3.Error as why:
        raise named(why, path) from why


def named(why: BaseException | None, path: Path) -> HedgerowError:
    """Return one of SQLite's errors as ours."""
    code = _code(why)
    if code == sqlite3.SQLITE_FULL:
        return JournalFull(f"{path}: the disk is full; what the journal holds is as it was", advice=_FULL)
    if code == sqlite3.SQLITE_READONLY:
        return JournalReadOnly(f"{path} may not be written", advice=_READ_ONLY)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return JournalBusy(f"{path} is held by another process that does not let go", advice=_BUSY)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return JournalBroken(f"{path} is damaged: {why}", advice=_BROKEN)
    if code == sqlite3.SQLITE_CANTOPEN:
        return JournalFailed(f"{path} cannot be opened", advice=_OPEN)
    return JournalFailed(f"{path}: {why}; what the journal holds is as it was", advice=_DISK)


def holds_tables(connection: Connection) -> bool:
    """Return whether the file has any table at all; without, it holds nothing yet."""
    return connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").scalar() is not None


def sound(connection: Connection, path: Path) -> None:
    """Look at every page of the file; raises `JournalBroken` where one is damaged."""
    said = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check(3)").scalars()]
    if said != ["ok"]:
        raise JournalBroken(f"{path} is damaged: {'; '.join(said)}", advice=_BROKEN)


def _code(why: BaseException | None) -> int | None:
    code = getattr(why, "sqlite_errorcode", None)
    return None if code is None else int(code) & _PRIMARY
