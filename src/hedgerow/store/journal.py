"""The operational journal: what touches a venue, in one SQLite file or on a PostgreSQL, durable before anything is sent.

with open_journal(path) as journal:
    lease = journal.acquire("paper:main", "a-holder", 15_000)
    journal.append("paper:main", now, [("intent", {...})], lease, opening=True)
    journal.verify()

Records are only ever added, each chained to the one before in its stream. Writing takes the lock of what it writes at
once, looks at the lease, and is flushed to the disk before it returns; reading has its own connection and waits for nobody.
A file guards one machine: between two machines only a server does, and the file must not lie on a network share.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, bindparam, insert, select, text, update

from hedgerow.model.errors import Halted, JournalBroken
from hedgerow.model.ports import Lease, Record
from hedgerow.store.chain import FIRST, Line, Trade, checked, linked, same_trade, text_of, trade_of
from hedgerow.store.ground import Ground
from hedgerow.store.halts import Halt, halts_of
from hedgerow.store.holding import Held, free, holds, judged, lost, renewed, taken, told
from hedgerow.store.server import Server, Where, where_of
from hedgerow.store.sqlite import File
from hedgerow.store.tables import FILLS, LEASES, RECORDS

__all__ = ["Journal", "ground_of", "look_into", "milliseconds", "open_journal"]

_PAGE = 1_000
_SCHEME = "sqlite:///"
_OLDER = (
    "It is an older state of it: a standby that had not received everything, or a copy. Trade no more here; bring the"
    " newer one back, or reconcile against the venue with a fresh --state."
)

_LAST = (
    select(RECORDS.c.seq, RECORDS.c.digest, RECORDS.c.at)
    .where(RECORDS.c.stream == bindparam("of"))
    .order_by(RECORDS.c.seq.desc())
    .limit(1)
)
_DIGEST = select(RECORDS.c.digest).where(
    RECORDS.c.stream == bindparam("of"), RECORDS.c.seq == bindparam("place")
)
_NEXT = (
    select(RECORDS.c.seq, RECORDS.c.at, RECORDS.c.kind, RECORDS.c.fence, RECORDS.c.body, RECORDS.c.digest)
    .where(RECORDS.c.stream == bindparam("of"), RECORDS.c.seq > bindparam("place"))
    .order_by(RECORDS.c.seq)
    .limit(_PAGE)
)
_STREAMS = select(RECORDS.c.stream).where(RECORDS.c.seq == 1)
_LEASES = select(LEASES.c.account, LEASES.c.holder, LEASES.c.fence, LEASES.c.expires, LEASES.c.ttl_ms)
_HELD_ONE = _LEASES.where(LEASES.c.account == bindparam("of")).with_for_update()
_HELD_MANY = text(
    "SELECT account, holder, fence, expires, ttl_ms FROM leases"
    " WHERE account = ANY(:of) ORDER BY account FOR UPDATE"  # in order, so that two never wait for each other
)
_TRADE = select(FILLS.c.venue, FILLS.c.account, FILLS.c.trade_id, FILLS.c.quantity, FILLS.c.price).where(
    FILLS.c.venue == bindparam("v"), FILLS.c.account == bindparam("a"), FILLS.c.trade_id == bindparam("t")
)
_ADD, _ADD_FILL, _ADD_LEASE = insert(RECORDS), insert(FILLS), insert(LEASES)
_CHANGE_LEASE = update(LEASES).where(LEASES.c.account == bindparam("of"))
_PROLONG = text("UPDATE leases SET expires = :expires, ttl_ms = :ttl_ms WHERE account = ANY(:of)")


def milliseconds() -> int:
    """Return the machine's monotonic clock, the same for all of its processes."""
    return time.monotonic_ns() // 1_000_000


def _nothing(_: str) -> None:
    """Be the hook of who has none."""


def open_journal(
    where: str | Where,
    *,
    monotonic: Callable[[], int] | None = None,
    point: Callable[[str], None] = _nothing,
) -> Journal:
    """Return the journal in a file (a path, or sqlite:///PATH) or on a server, made or brought to the newest schema.

    `monotonic` is a clock in milliseconds that every process on this journal shares: without one, the machine's for a
    file, and the server's own on a server. `point` is called with the name of every persistence point. Raises
    `JournalFailed` and its kin, `JournalBroken`, and `BadConfig` for another database.
    """
    said = str(where).removeprefix(_SCHEME)
    place = where if isinstance(where, Server) else where_of(said) if "://" in said else Path(said)
    journal = Journal(place, monotonic, point)
    journal.prepare()
    return journal


def look_into(where: Where, *, monotonic: Callable[[], int] | None = None) -> Journal:
    """Return a journal to read, which is there or raises `JournalFailed` when it is asked; nothing is made or changed."""
    return Journal(where, monotonic, _nothing)


def ground_of(where: Where, clock: Callable[[], int] | None) -> Ground:
    """Return what a journal stands on: a file, or a server."""
    if isinstance(where, Path):
        return File(where, clock or milliseconds)
    from hedgerow.store.postgresql import Database

    return Database(where, clock, milliseconds)


class Journal:
    """A `model.ports.Store` in SQLite or PostgreSQL; close it, or use it as a context."""

    def __init__(
        self, where: Where, monotonic: Callable[[], int] | None, point: Callable[[str], None]
    ) -> None:
        self.path = where
        self._point, self._halts = point, halts_of(where)
        self._ground = ground_of(where, monotonic)
        self._steady = self._ground.steady()
        self._newest: dict[str, tuple[int, int, str]] = {}

    def prepare(self) -> None:
        """Make its place and its tables, or bring them to the newest schema."""
        self._ground.prepare()

    def now(self) -> int:
        """Return the milliseconds that leases end by, as they are told here."""
        return self._ground.now()

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Return the lease; None while another holder's lives."""
        before = self._ground.now()
        with self._ground.writing() as connection:
            self._ground.alone(connection, f"lease {account}")
            held, now = _held(connection, account), self._ground.clock(connection)
            mine = taken(held, (account, holder), judged(held, now, self._steady), ttl_ms)
            if mine is None:
                return None
            mine = mine._replace(expires=now + ttl_ms)
            if held is None:
                connection.execute(_ADD_LEASE, mine._asdict())
            else:
                _change(connection, mine)
            self._point("journal.acquire.written")
        self._point("journal.acquire.committed")
        return told(mine, now, before, self._steady).lease

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Return the lease with a later end; None: it is another's now."""
        return self.renew_all((lease,), ttl_ms)[0]

    def renew_all(self, leases: Sequence[Lease], ttl_ms: int) -> tuple[Lease | None, ...]:
        """Return many leases with a later end, in one transaction; None for each that is another's now."""
        before = self._ground.now()
        with self._ground.writing() as connection:
            there = _there(connection, leases)
            now = self._ground.clock(connection)
            found = renewed(there, leases, now, ttl_ms)
            changed = [held for held in found if held is not None]
            if changed:
                _prolong(connection, changed)
                self._point("journal.renew.written")
        return tuple(None if held is None else told(held, now, before, self._steady).lease for held in found)

    def release(self, lease: Lease) -> None:
        """Give it back; nothing where it is another's."""
        with self._ground.writing() as connection:
            held = _held(connection, lease.account)
            if held is not None and holds(held, lease):
                _change(connection, held._replace(holder=""))

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        """Write records in one transaction, on the disk when it returns."""
        ends: list[tuple[int, str]] = []
        with self._ground.writing(lambda c: _landed(self._ground, c, stream, ends)) as connection:
            self._point("journal.append.begun")
            self._ground.alone(connection, f"stream {stream}")
            self._allow(connection, lease, opening=opening)
            seq, digest = _last(connection, stream)
            self._not_older(stream, lease, seq, digest)
            rows = []
            for kind, body in records:
                trade = trade_of(kind, body)
                if trade is not None and not _new(connection, trade, stream, seq + 1):
                    continue
                seq += 1
                line = Line(seq, at, kind, lease.fence, text_of(body))
                digest = linked(digest, stream, line)
                rows.append(_row(stream, line, digest))
            if rows:
                connection.execute(_ADD, rows)
            ends.append((seq, digest))
            self._point("journal.append.written")
        self._point("journal.append.committed")
        self._newest[stream] = lease.fence, seq, digest
        return seq

    @contextmanager
    def guarding(self, lease: Lease) -> Iterator[None]:
        """Let nobody take an account over while something beside the journal is written for it.

        Raises `LeaseLost`, before anything is done, where somebody has: an end that passed alone is no such thing. It
        waits as writing does, and while it lasts nobody else writes: no journal may be written inside.
        """
        with self._ground.writing() as connection:
            held = _held(connection, lease.account)
            refusal = None if holds(held, lease) else lost(held, lease, self._ground.clock(connection))
            if refusal is not None:
                raise refusal
            yield

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the stream's records in order; raises `JournalBroken` at the first that is not what was written."""
        before, place = _digest(self._ground, stream, after), after
        while True:
            with self._ground.reading() as connection:
                rows = connection.execute(_NEXT, {"of": stream, "place": place}).all() if connection else []
            lines = ((Line(r.seq, r.at, r.kind, r.fence, r.body), r.digest) for r in rows)
            for record in checked(stream, lines, place, before):
                before, place = record.digest, record.seq
                yield record
            if len(rows) < _PAGE:
                return

    def streams(self) -> tuple[str, ...]:
        """Return every stream there is."""
        with self._ground.reading() as connection:
            return tuple(sorted(connection.execute(_STREAMS).scalars())) if connection else ()

    def last(self, stream: str) -> tuple[int, int] | None:
        """Return place and instant of a stream's last record, unchecked; None where it has none."""
        with self._ground.reading() as connection:
            row = connection.execute(_LAST, {"of": stream}).one_or_none() if connection else None
        return None if row is None else (int(row.seq), int(row.at))

    def halt(self, account: str, at: int, why: str | None) -> None:
        """Set or lift a halt, in a file of its own that works when this one does not."""
        self._halts.set(account, at, why)

    def halted(self, account: str) -> str | None:
        """Return why the account is halted, or None."""
        return self._halts.why(account)

    def halts(self) -> Mapping[str, Halt]:
        """Return the halts in force."""
        return self._halts.now()

    def leases(self) -> tuple[tuple[Lease, int], ...]:
        """Return every account's lease and the milliseconds that it has left, 0 where it is free."""
        here = self._ground.now()
        with self._ground.reading() as connection:
            rows = [Held(*row) for row in connection.execute(_LEASES)] if connection else []
            now = self._ground.clock(connection) if connection else here
        return tuple(
            (
                told(h, now, here, self._steady).lease,
                0 if free(h, judged(h, now, self._steady)) else h.expires - now,
            )
            for h in rows
        )

    def verify(self) -> int:
        """Read every page and every record and return how many there are; raises `JournalBroken`, which says where."""
        self._ground.sound()
        return sum(1 for stream in self.streams() for _ in self.read(stream))

    def close(self) -> None:
        """Let go of the file."""
        self._ground.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _not_older(self, stream: str, lease: Lease, seq: int, digest: str) -> None:
        """Raise `JournalBroken` where what was written under this lease is gone."""
        fence, known, said = self._newest.get(stream, (0, 0, FIRST))
        if fence == lease.fence and (seq < known or (seq == known and digest != said)):
            lost = f"{self.path} has lost record {known} of stream {stream}, which it had confirmed"
            raise JournalBroken(lost, advice=_OLDER)

    def _allow(self, connection: Connection, lease: Lease, *, opening: bool) -> None:
        """Raise `LeaseLost` or `Halted`; the time is read while the lock is held."""
        held = _held(connection, lease.account)
        refusal = lost(held, lease, judged(held, self._ground.clock(connection), self._steady))
        if refusal is not None:
            raise refusal
        why = self.halted(lease.account) if opening else None
        if why is not None:
            raise Halted(
                f"{lease.account} is halted: {why}",
                advice=self._halts.lifting(lease.account),
            )


def _digest(ground: Ground, stream: str, place: int) -> str:
    """The digest that a record stands behind."""
    if place == 0:
        return FIRST
    with ground.reading() as connection:
        found = connection and connection.execute(_DIGEST, {"of": stream, "place": place}).scalar()
    return str(found or FIRST)


def _last(connection: Connection, stream: str) -> tuple[int, str]:
    """Place and digest of a stream's last record."""
    last = connection.execute(_LAST, {"of": stream}).one_or_none()
    return (int(last.seq), str(last.digest)) if last else (0, FIRST)


def _landed(ground: Ground, connection: Connection, stream: str, ends: Sequence[tuple[int, str]]) -> bool:
    """Return whether a transaction whose commit was not answered is there, once the server is done with it."""
    ground.alone(connection, f"stream {stream}")
    seq, digest = ends[-1]
    there = connection.execute(_DIGEST, {"of": stream, "place": seq}).scalar()
    return (there or FIRST) == digest


def _held(connection: Connection, account: str) -> Held | None:
    row = connection.execute(_HELD_ONE, {"of": account}).one_or_none()
    return None if row is None else Held(*row)


def _there(connection: Connection, leases: Sequence[Lease]) -> dict[str, Held]:
    """What is stored of these accounts: one is looked up, many are found among all where only one process can write."""
    if len(leases) == 1:
        rows = connection.execute(_HELD_ONE, {"of": leases[0].account})
    elif connection.dialect.name == "sqlite":
        rows = connection.execute(_LEASES)
    else:
        rows = connection.execute(_HELD_MANY, {"of": [lease.account for lease in leases]})
    return {row.account: Held(*row) for row in rows}


def _change(connection: Connection, held: Held) -> None:
    connection.execute(_CHANGE_LEASE, _values(held))


def _prolong(connection: Connection, held: Sequence[Held]) -> None:
    """Give leases, which are locked, their new end, which is the same of all: on a server in one statement."""
    if len(held) == 1 or connection.dialect.name == "sqlite":
        connection.execute(_CHANGE_LEASE, [_values(each) for each in held])
        return
    names, (first, *_) = [each.account for each in held], held
    connection.execute(_PROLONG, {"of": names, "expires": first.expires, "ttl_ms": first.ttl_ms})


def _values(held: Held) -> dict[str, object]:
    values = held._asdict()
    return {"of": values.pop("account"), **values}


def _new(connection: Connection, trade: Trade, stream: str, seq: int) -> bool:
    """Return whether a fill is not there yet, and note it; raises `StateUnknown` where it is there and differs."""
    row = connection.execute(_TRADE, dict(zip("vat", trade.key, strict=True))).one_or_none()
    if row is not None:
        same_trade(Trade(*row), trade)
        return False
    connection.execute(_ADD_FILL, {**trade._asdict(), "stream": stream, "seq": seq})
    return True


def _row(stream: str, line: Line, digest: str) -> dict[str, object]:
    return {
        "stream": stream,
        "seq": line.seq,
        "at": line.at,
        "kind": line.kind,
        "fence": line.fence,
        "body": line.text,
        "digest": digest,
    }
