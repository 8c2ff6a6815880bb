"""Connections to PostgreSQL: how each begins, how long it waits, and when one in the pool is dead.

engine(server) -> Engine
"""

from __future__ import annotations

import selectors
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from hedgerow.model.errors import BadConfig
from hedgerow.store.server import Server

__all__ = ["engine"]

Answer = TypeVar("Answer")

_LOCK_MS, _STATEMENT_MS, _IDLE_MS, _PATIENCE_S = 5_000, 8_000, 10_000, 10.0
_USUAL = {
    "application_name": "hedgerow",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_BEGIN = """SELECT set_config('search_path', %s, false),
    set_config('lock_timeout', %s, false),
    set_config('statement_timeout', %s, false),
    set_config('idle_in_transaction_session_timeout', %s, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('client_min_messages', 'warning', false),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"""


class Patient(psycopg.Connection[Any]):
    """A connection that gives up on a server that neither answers nor hangs up: what was asked is then not known."""

    def wait(self, gen: Any, *args: Any, **words: Any) -> Any:
        """Wait for an answer, and not longer than for ten seconds."""
        words.setdefault("timeout", _PATIENCE_S)
        try:
            return super().wait(gen, *args, **words)
        except errors._WaitTimeout:  # noqa: SLF001 - the driver's own name for it
            self.pgconn.finish()
            raise psycopg.OperationalError(f"no answer within {_PATIENCE_S:g} seconds") from None


def engine(server: Server) -> Engine:
    """Return connections to a server, none of them open yet. Raises `BadConfig` for an address that the driver cannot read."""
    try:
        said = conninfo_to_dict(server.url)
    except psycopg.ProgrammingError as why:
        raise BadConfig(
            f"this is no address of a server: {why}", advice="As in postgresql://USER@HOST/DATABASE."
        ) from None
    words: dict[str, Any] = {
        **_USUAL,
        **{name: str(value) for name, value in said.items() if value is not None},
    }
    if "," in words.get("host", ""):
        words.setdefault("target_session_attrs", "read-write")  # of several, the one that is the primary now

    def connect() -> psycopg.Connection[Any]:
        made = Patient.connect(**words)
        made.execute(_BEGIN, (server.schema, str(_LOCK_MS), str(_STATEMENT_MS), str(_IDLE_MS)))
        made.commit()
        return made

    made = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        pool_size=2,
        max_overflow=14,
        pool_timeout=_LOCK_MS / 1_000,
        use_native_hstore=False,
        hide_parameters=True,
    )

    @event.listens_for(made, "connect")
    def _(connection: Any, record: Any) -> None:
        """A warning is kept: PostgreSQL says with no more than that that a commit was not confirmed."""

        def noted(said: Any) -> None:
            if said.severity_nonlocalized == "WARNING":
                record.info["warned"] = True

        connection.add_notice_handler(noted)

    @event.listens_for(made, "checkout")
    def _(connection: Any, record: Any, _proxy: Any) -> None:
        """Hand out none that the server has closed meanwhile."""
        record.info.pop("warned", None)
        if connection.closed or (_speaks(connection.fileno()) and not _answers(connection)):
            raise DisconnectionError

    return made


def _speaks(number: int) -> bool:
    """Return whether something can be read where nothing was asked: the end of a connection, most often."""
    with selectors.DefaultSelector() as look:
        look.register(number, selectors.EVENT_READ)
        return bool(look.select(0))


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error:
        return False
    return True
