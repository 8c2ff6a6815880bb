"""What lies beside a journal on a server: lines that are only added, and whole documents by folder and name.

Each is written in a transaction of its own that waits for nothing that a journal's holds. Errors as `Journal`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from hedgerow.store.postgresql import Database
from hedgerow.store.server import Server
from hedgerow.store.tables import DOCUMENTS, LINES

__all__ = ["add", "all_of", "get", "names", "put", "remove_older"]

_LINES = (
    select(LINES.c.line)
    .where(LINES.c.name == bindparam("of"), func.strpos(LINES.c.line, bindparam("part")) > 0)
    .order_by(LINES.c.number)
)
_GET = select(DOCUMENTS.c.text).where(
    DOCUMENTS.c.folder == bindparam("f"), DOCUMENTS.c.name == bindparam("n")
)
_NAMES = select(DOCUMENTS.c.name).where(DOCUMENTS.c.folder == bindparam("f"))
_OLD = delete(DOCUMENTS).where(DOCUMENTS.c.folder == bindparam("f"), DOCUMENTS.c.at < bindparam("before"))
_PUT = text(
    "INSERT INTO documents (folder, name, at, text) VALUES (:folder, :name, :at, :text)"
    " ON CONFLICT (folder, name) DO UPDATE SET at = excluded.at, text = excluded.text"
)
_ready: set[Server] = set()


def add(server: Server, name: str, line: str) -> None:
    """Add a line; durable when it returns."""
    with _writing(server) as connection:
        connection.execute(insert(LINES), {"name": name, "line": line})


def all_of(server: Server, name: str, part: str = "") -> list[str]:
    """Return the lines of that name that have a `part`, in order; "": all."""
    with _database(server).reading() as connection:
        return list(connection.execute(_LINES, {"of": name, "part": part}).scalars()) if connection else []


def put(server: Server, folder: str, name: str, at: int, text: str) -> None:
    """Put a whole document in its place; durable when it returns."""
    with _writing(server) as connection:
        connection.execute(_PUT, {"folder": folder, "name": name, "at": at, "text": text})


def get(server: Server, folder: str, name: str) -> str | None:
    """Return a document, None where there is none."""
    with _database(server).reading() as connection:
        return connection.execute(_GET, {"f": folder, "n": name}).scalar() if connection else None


def names(server: Server, folder: str) -> list[str]:
    """Return the names of a folder's documents."""
    with _database(server).reading() as connection:
        return sorted(connection.execute(_NAMES, {"f": folder}).scalars()) if connection else []


def remove_older(server: Server, folder: str, before: int) -> None:
    """Remove documents that are older than an instant."""
    with _writing(server) as connection:
        connection.execute(_OLD, {"f": folder, "before": before})


@contextmanager
def _writing(server: Server) -> Iterator[Connection]:
    """Open a transaction on a server that has its tables; a commit whose answer is lost counts as none."""
    if server not in _ready:
        _database(server).prepare()
        _ready.add(server)
    with _database(server).writing() as connection:
        yield connection


@cache
def _database(server: Server) -> Database:
    return Database(server, None, int)
