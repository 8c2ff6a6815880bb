"""A journal and all that lies beside it, moved from a file to a server, or back: the same records, fences and digests.

moved(source, target) -> how many records

The source is left as it is, but for its leases, which are the move's for ever, and a halt of all: nobody trades from both.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text, update

from hedgerow.model.errors import JournalBroken, LeaseHeld, UsageError
from hedgerow.store.chain import FIRST, Line, checked
from hedgerow.store.documents import Drawer, Sheet, put, stems_in, text_of
from hedgerow.store.folders import put_whole
from hedgerow.store.halts import ALL, halts_of
from hedgerow.store.journal import ground_of, open_journal
from hedgerow.store.lines import beside, lines_in
from hedgerow.store.server import Server, Where
from hedgerow.store.tables import DOCUMENTS, FILLS, LEASES, LINES, RECORDS

__all__ = ["moved"]

_LINES = ("halts", "approvals", "notices", "books", "marks")
_TABLES = (RECORDS, FILLS, LEASES)
_FOR_EVER = 1 << 62
_LOCK = text("LOCK TABLE records, fills, leases IN EXCLUSIVE MODE")
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Content:
    """All that is remembered: rows by table, lines by name, documents by folder and name."""

    rows: Mapping[str, Rows]
    lines: Mapping[str, Sequence[str]]
    documents: Mapping[tuple[str, str], str]

    @property
    def ends(self) -> dict[str, str]:
        """Each stream's last digest, of records that are what was written; raises `JournalBroken`."""
        streams: dict[str, list[tuple[Line, str]]] = {}
        for row in self.rows["records"]:
            line = Line(row["seq"], row["at"], row["kind"], row["fence"], row["body"])
            streams.setdefault(row["stream"], []).append((line, row["digest"]))
        return {
            stream: list(checked(stream, sorted(lines), 0, FIRST))[-1].digest
            for stream, lines in streams.items()
        }


def moved(source: Where, target: Where) -> int:
    """Move everything, and return how many records there are. `source` is a journal's place, `target` one where nothing is yet.

    Raises `LeaseHeld` while anybody trades from the source, `UsageError` where the target holds something, `JournalBroken` where
    a chain does not hold, and what either place raises; the source goes on then as if nothing had been tried.
    """
    with open_journal(source) as there:
        _idle(there.leases())
    if isinstance(target, Path) and target.exists():
        raise UsageError(f"{target} is there already", advice="Give a folder where nothing was traded yet.")
    ground = ground_of(source, None)
    try:
        with ground.writing() as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(_LOCK)
            content = _read(source, connection)
            ends = content.ends
            _write(target, content)
            if _ends_of(target) != ends:
                raise JournalBroken(
                    f"{target} does not hold what was written to it", advice="It was not moved."
                )
            taken = {"holder": f"moved to {target}", "expires": _FOR_EVER, "ttl_ms": _FOR_EVER}
            connection.execute(update(LEASES).values(**taken, fence=LEASES.c.fence + 1))
            halts_of(source).set(ALL, time.time_ns() // 1_000_000, f"moved to {target}")
    finally:
        ground.close()
    return len(content.rows["records"])


def _idle(leases: Iterable[tuple[Any, int]]) -> None:
    for lease, left in leases:
        if left > 0:
            raise LeaseHeld(
                f"{lease.account} is held by {lease.holder}",
                advice="Stop what trades and watches there, and move then.",
            )


def _read(source: Where, connection: Connection) -> _Content:
    rows = {
        table.name: [dict(row._mapping) for row in connection.execute(select(table))]  # noqa: SLF001 - its public name
        for table in _TABLES
    }
    free = [{**row, "holder": "", "expires": 0, "ttl_ms": 0} for row in rows["leases"]]
    lines: dict[str, Sequence[str]] = {}
    for name in _LINES:
        try:
            lines[name] = lines_in(beside(source, name))
        except FileNotFoundError:
            lines[name] = ()
    documents = {
        (folder, stem): text_of(_folder(source, folder) / f"{stem}.json") or ""
        for folder in ("plans", "beats")
        for stem in stems_in(_folder(source, folder))
    }
    account = {("account", s): text_of(_folder(source, "account") / f"{s}.json") for s in ("venue", "market")}
    documents |= {key: told for key, told in account.items() if told is not None}
    return _Content({**rows, "leases": free}, lines, documents)


def _folder(where: Where, name: str) -> Sheet:
    if isinstance(where, Server):
        return Drawer(where, name)
    places = {"plans": where.parent / "plans", "beats": where.with_name(f"{where.name}-beats")}
    return places.get(name, where.parent)


def _write(target: Where, content: _Content) -> None:
    open_journal(target).close()
    ground = ground_of(target, None)
    try:
        with ground.writing() as connection:
            if any(connection.execute(select(table).limit(1)).first() for table in _TABLES):
                raise UsageError(f"{target} holds something already", advice="Give an empty database.")
            for table in _TABLES:
                _insert(connection, table, content.rows[table.name])
            if isinstance(target, Server):
                at = time.time_ns() // 1_000_000
                named = [{"name": n, "line": line} for n, lines in content.lines.items() for line in lines]
                kept = [
                    {"folder": folder, "name": f"{stem}.json", "at": at, "text": told}
                    for (folder, stem), told in content.documents.items()
                ]
                _insert(connection, LINES, named)
                _insert(connection, DOCUMENTS, kept)
            else:
                _put_beside(target, content)
    finally:
        ground.close()


def _insert(connection: Connection, table: Table, rows: Rows) -> None:
    if rows:
        connection.execute(insert(table), [dict(row) for row in rows])


def _put_beside(target: Path, content: _Content) -> None:
    for name, lines in content.lines.items():
        path = target.with_name(f"{target.name}-{name}")
        if lines:
            put_whole(
                "".join(f"{line}\n" for line in lines).encode(),
                path,
                path.with_suffix(".begun"),
                private=True,
            )
    for (folder, stem), told in content.documents.items():
        put(_folder(target, folder) / f"{stem}.json", told)


def _ends_of(target: Where) -> dict[str, str]:
    with open_journal(target) as journal:
        return {stream: list(journal.read(stream))[-1].digest for stream in journal.streams()}
