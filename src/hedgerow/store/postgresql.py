"""PostgreSQL as the journal needs it: one clock for all machines, locks by row, and no commit that is only assumed.

Database(server)            a `Ground`; its connections are shared by all of a process that name the same server
failures(server)            a context that turns the server's errors into ours
named(why, server)          one of them

A transaction is READ COMMITTED: it takes the lock of its stream, then the row of its lease, and keeps both to its end. A
commit whose answer is lost is looked up behind the same locks: they are free only once the server is done with it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import ip_address
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hedgerow.model.errors import (
    BadConfig,
    BrokenPromise,
    HedgerowError,
    JournalBroken,
    JournalBusy,
    JournalFailed,
    JournalFull,
    JournalReadOnly,
    MissingExtra,
)
from hedgerow.store.ground import Landed
from hedgerow.store.migrate import HEAD, upgrade
from hedgerow.store.server import Server

__all__ = ["Database", "engine_of", "failures", "in_the_clear", "named", "number_of_writes"]

_LOOK_S, _PAUSE_S = 12.0, 0.2
_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_MAKING = "hedgerow is made"
_GONE = ("08", "57P")
"""SQLSTATEs of a server that went away, or is not there yet; without any, the connection is lost."""

_FULL = "Free some space on the server's disk and start again: it begins with reconciling."
_READ_ONLY = "Name the primary (target_session_attrs=read-write), with a user that may write its schema."
_BUSY = (
    "`hedgerow status` says who holds the account. Nothing was written; try again when the server is free."
)
_BROKEN = "Trade no more with this server. Keep a copy of it, and restore it or go back to its standby."
_AWAY = "See that the server runs and can be reached from here, as this user. Start again then: it begins with reconciling."
_LOST = "Nothing was sent on them. Start again when the server answers: it begins with reconciling, which reads what is there."


class Database:
    """A `Ground` in a schema of a PostgreSQL database.

    `clock` is the server's own unless another one is given, which every process on it has to share.
    """

    def __init__(self, server: Server, clock: Callable[[], int] | None, monotonic: Callable[[], int]) -> None:
        self.where = server
        self._given, self._monotonic = clock, clock or monotonic
        self._made = False

    def prepare(self) -> None:
        """Make the schema and its tables, or bring them to the newest step. Raises `BadConfig` for a server that forgets."""
        with failures(self.where), engine_of(self.where).begin() as connection:
            _trusted(connection, self.where)
            if _step(connection) == HEAD:
                return
            self.alone(connection, _MAKING)
            if connection.scalar(text("SELECT to_regnamespace(:n)"), {"n": self.where.schema}) is None:
                connection.exec_driver_sql(f'CREATE SCHEMA "{self.where.schema}"')
            upgrade(connection)

    @contextmanager
    def writing(self, landed: Landed | None = None) -> Iterator[Connection]:
        """Open a transaction; what a lost answer leaves open is looked up by `landed`."""
        lost: JournalFailed | None = None
        with failures(self.where), engine_of(self.where).connect() as connection, connection.begin() as turn:
            yield connection
            connection.connection.info.pop("warned", None)
            try:
                turn.commit()
            except DBAPIError as why:
                if not _is_away(why):
                    raise
                lost = _unknown(self.where, why)
            else:
                self._confirmed(connection)
        if lost is not None and not (landed is not None and self._look(landed, lost)):
            raise lost

    def _confirmed(self, connection: Connection) -> None:
        """Raise where the server stopped waiting for its standby: it commits then, with no more than a warning."""
        if connection.connection.info.pop("warned", None):
            raise JournalFailed(f"{self.where}: no standby has confirmed the last lines", advice=_LOST)

    def _look(self, landed: Landed, lost: JournalFailed) -> bool:
        """Return whether what a commit wrote is there; raises `lost` where that cannot be known, else what is certain."""
        end = time.monotonic() + _LOOK_S
        while True:
            try:
                with failures(self.where), engine_of(self.where).begin() as connection:
                    there = landed(connection)
            except (JournalFailed, BrokenPromise):
                if time.monotonic() > end:
                    raise lost from None
                time.sleep(_PAUSE_S)
            else:
                break
        if not there:
            raise JournalFailed(f"{self.where} went away, and the last lines were not written", advice=_AWAY)
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """Open a connection that reads statement by statement; None while the tables are not there."""
        with failures(self.where), _reader(self.where).connect() as connection:
            self._made = self._made or _holds_tables(connection)
            yield connection if self._made else None

    def alone(self, connection: Connection, *names: str) -> None:
        """Keep names for this transaction, in order, so that two never wait for each other."""
        for name in sorted(names):
            connection.execute(_ALONE, {"name": f"{self.where.schema} {name}"})

    def now(self) -> int:
        """Return this process's clock."""
        return self._monotonic()

    def clock(self, connection: Connection) -> int:
        """Return the server's clock, after whatever was waited for in this transaction."""
        return self._given() if self._given is not None else int(connection.scalar(_CLOCK) or 0)

    def steady(self) -> bool:
        """Return whether a clock was given: the server's own may be set back."""
        return self._given is not None

    def sound(self) -> None:
        """Look whether the server keeps what it says; its pages are its own business (data checksums)."""
        with self.reading() as connection:
            if connection is not None:
                _trusted(connection, self.where)

    def close(self) -> None:
        """Close the connections that nobody uses now."""
        engine_of(self.where).dispose()


def _step(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    step = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if step is None else str(step)


def _holds_tables(connection: Connection) -> bool:
    return connection.scalar(text("SELECT to_regclass('records')")) is not None


def _trusted(connection: Connection, server: Server) -> None:
    """Raise `BadConfig` for a server that says "written" of what is not, or that cannot hold every name."""
    fsync, pages, encoding = connection.execute(
        text(
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            " current_setting('server_encoding')"
        )
    ).one()
    if (fsync, pages) != ("on", "on"):
        raise BadConfig(
            f"{server} runs without {'fsync' if fsync != 'on' else 'full_page_writes'}: what it says is written is not",
            advice="Switch fsync and full_page_writes on; no order is sent on a promise that a power cut breaks.",
        )
    if encoding != "UTF8":
        raise BadConfig(f"{server} is a database in {encoding}", advice="Make one with ENCODING 'UTF8'.")


@cache
def engine_of(server: Server) -> Engine:
    """Return this process's connections to a server, made at first use; a fork begins with none."""
    try:
        from hedgerow.store.driver import engine
    except ModuleNotFoundError as why:
        if why.name is None or not why.name.startswith("psycopg"):
            raise
        raise MissingExtra(
            f"{server} is a PostgreSQL, and its driver is not installed",
            advice='pip install "hedgerow[postgresql]"',
        ) from None
    made = engine(server)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: made.dispose(close=False))
    return made


@cache
def _reader(server: Server) -> Engine:
    return engine_of(server).execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def failures(server: Server) -> Iterator[None]:
    """Turn what the server refuses inside into our errors, which say what to do."""
    try:
        yield
    except IntegrityError as why:
        raise BrokenPromise(f"{server}: {_said(why.orig)}") from None
    except DBAPIError as why:
        raise named(why.orig, server) from None
    except InvalidRequestError:
        raise JournalFailed(
            f"{server} does not answer: every connection to it is lost", advice=_AWAY
        ) from None
    except PoolTimeout:
        raise JournalBusy(f"{server}: this process waits for itself", advice=_BUSY) from None


def named(why: BaseException | None, server: Server) -> HedgerowError:
    """Return one of the server's errors as ours. What it says holds no password: it never had one in words."""
    code = getattr(why, "sqlstate", None) or ""
    if code == "53100":
        return JournalFull(f"{server}: the disk is full; what the journal holds is as it was", advice=_FULL)
    if code in {"25006", "42501"}:
        return JournalReadOnly(f"{server} may not be written: {_said(why)}", advice=_READ_ONLY)
    if code in {"55P03", "57014", "40P01", "40001", "53300", "53400"}:
        return JournalBusy(f"{server} is held by others: {_said(why)}", advice=_BUSY)
    if code in {"XX001", "XX002"}:
        return JournalBroken(f"{server} is damaged: {_said(why)}", advice=_BROKEN)
    if not code or code.startswith(_GONE):
        return JournalFailed(f"{server} does not answer: {_said(why)}", advice=_AWAY)
    return JournalFailed(f"{server}: {_said(why)}; what the journal holds is as it was", advice=_AWAY)


def _said(why: BaseException | None) -> str:
    """The server's own first line, else the driver's."""
    diagnosis = getattr(why, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or str(why)
    return " ".join(said.split("\n")[0].split())


def _is_away(why: DBAPIError) -> bool:
    code = getattr(why.orig, "sqlstate", None) or ""
    return not code or code.startswith(_GONE)


def _unknown(server: Server, why: DBAPIError) -> JournalFailed:
    return JournalFailed(
        f"{server} went away while it wrote ({_said(why.orig)}): whether the last lines are there is not known",
        advice=_LOST,
    )


def in_the_clear(server: Server) -> bool:
    """Return whether what is written to a server leaves this machine unencrypted."""
    with failures(server), engine_of(server).connect() as connection:
        driver: Any = connection.connection.driver_connection
        return not driver.pgconn.ssl_in_use and not _is_here(driver.info.hostaddr or driver.info.host)


def _is_here(host: str) -> bool:
    """Whether an address is a socket of this machine, or its loopback."""
    try:
        return host.startswith("/") or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def number_of_writes(server: Server) -> int:
    """Return a number that grows whenever the server writes anything."""
    with failures(server), suppress(TypeError), _reader(server).connect() as connection:
        return int(connection.scalar(text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")))
    return 0
