"""The operational journal: what touches a venue, in one SQLite file, durable before anything is sent.

with open_journal(path) as journal:
    lease = journal.acquire("paper:main", "a-holder", 15_000)
    journal.append("paper:main", now, [("intent", {...})], lease, opening=True)
    journal.verify()

Records are only ever added, each chained to the one before in its stream. Writing takes SQLite's one lock at once, looks
at the lease, and is flushed to the disk before it returns; reading has its own connection and waits for nobody.
A file guards one machine: between two machines nothing does, and the file must not lie on a network share.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from hedgerow.model.errors import BadConfig, Halted, JournalFailed
from hedgerow.model.ports import Lease, Record
from hedgerow.store.chain import FIRST, Line, Trade, checked, linked, same_trade, text_of, trade_of
from hedgerow.store.folders import flush_folder, private_folder
from hedgerow.store.halts import Halt, halts_of
from hedgerow.store.holding import Held, free, holds, lost, renewed, taken
from hedgerow.store.migrate import upgrade
from hedgerow.store.sqlite import failures, holds_tables, reading, sound, writing
from hedgerow.store.tables import FILLS, LEASES, RECORDS

__all__ = ["Journal", "look_into", "milliseconds", "open_journal"]

_PAGE = 1_000
_SCHEME = "sqlite:///"

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
_STREAMS = select(RECORDS.c.stream).where(RECORDS.c.seq == 1).order_by(RECORDS.c.stream)
_HELD = select(
    LEASES.c.account, LEASES.c.holder, LEASES.c.fence, LEASES.c.expires, LEASES.c.ttl_ms
).with_for_update()
_HELD_ONE = _HELD.where(LEASES.c.account == bindparam("of"))
_TRADE = select(FILLS.c.venue, FILLS.c.account, FILLS.c.trade_id, FILLS.c.quantity, FILLS.c.price).where(
    FILLS.c.venue == bindparam("v"), FILLS.c.account == bindparam("a"), FILLS.c.trade_id == bindparam("t")
)
_ADD, _ADD_FILL, _ADD_LEASE = insert(RECORDS), insert(FILLS), insert(LEASES)
_CHANGE_LEASE = update(LEASES).where(LEASES.c.account == bindparam("of"))


def milliseconds() -> int:
    """Return the machine's monotonic clock, the same for all of its processes."""
    return time.monotonic_ns() // 1_000_000


def _nothing(_: str) -> None:
    """Be the hook of who has none."""


def open_journal(
    where: str | Path,
    *,
    monotonic: Callable[[], int] = milliseconds,
    point: Callable[[str], None] = _nothing,
) -> Journal:
    """Return the journal in a file (a path, or sqlite:///PATH), made or brought to the newest schema where needed.

    `monotonic` is a clock in milliseconds that every process on this journal shares; `point` is called with the name of
    every persistence point. Raises `JournalFailed` and its kin, `JournalBroken`, and `BadConfig` for another database.
    """
    text = str(where).removeprefix(_SCHEME)
    if "://" in text:
        raise BadConfig(
            f"a journal in {text.partition(':')[0]} is not supported", advice="Give the path of a file."
        )
    journal = Journal(Path(text), monotonic, point)
    journal.prepare()
    return journal


def look_into(path: Path, *, monotonic: Callable[[], int] = milliseconds) -> Journal:
    """Return a journal to read, which is there or raises `JournalFailed` when it is asked; nothing is made or changed."""
    return Journal(path, monotonic, _nothing)


class Journal:
    """A `model.ports.Store` in SQLite; close it, or use it as a context."""

    def __init__(self, path: Path, monotonic: Callable[[], int], point: Callable[[str], None]) -> None:
        self.path = path
        self._monotonic, self._point = monotonic, point
        self._halts = halts_of(path)
        self._writer: Engine = writing(path)
        self._reader: Engine = reading(path)
        self._made = False

    def prepare(self) -> None:
        """Make the file and its tables, or bring them to the newest schema."""
        fresh = not self.path.exists()
        if fresh:
            _make_folder(self.path)
        with self._writing() as connection:
            upgrade(connection)
        if fresh:
            flush_folder(self.path.parent)

    def now(self) -> int:
        """Return the milliseconds that leases end by."""
        return self._monotonic()

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Return the lease; None while another holder's lives."""
        with self._writing() as connection:
            held = _held(connection, account)
            mine = taken(held, (account, holder), self._monotonic(), ttl_ms)
            if mine is None:
                return None
            if held is None:
                connection.execute(_ADD_LEASE, mine._asdict())
            else:
                _change(connection, mine)
            self._point("journal.acquire.written")
        self._point("journal.acquire.committed")
        return mine.lease

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Return the lease with a later end; None: it is another's now."""
        return self.renew_all((lease,), ttl_ms)[0]

    def renew_all(self, leases: Sequence[Lease], ttl_ms: int) -> tuple[Lease | None, ...]:
        """Return many leases with a later end, in one transaction; None for each that is another's now."""
        with self._writing() as connection:
            found = renewed(_there(connection, leases), leases, self._monotonic(), ttl_ms)
            changed = [_values(held) for held in found if held is not None]
            if changed:
                connection.execute(_CHANGE_LEASE, changed)
                self._point("journal.renew.written")
        return tuple(None if held is None else held.lease for held in found)

    def release(self, lease: Lease) -> None:
        """Give it back; nothing where it is another's."""
        with self._writing() as connection:
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
        with self._writing() as connection:
            self._point("journal.append.begun")
            self._allow(connection, lease, opening=opening)
            last = connection.execute(_LAST, {"of": stream}).one_or_none()
            seq, digest = (last.seq, last.digest) if last else (0, FIRST)
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
            self._point("journal.append.written")
        self._point("journal.append.committed")
        return int(seq)

    @contextmanager
    def guarding(self, lease: Lease) -> Iterator[None]:
        """Let nobody take an account over while something beside the journal is written for it.

        Raises `LeaseLost`, before anything is done, where somebody has: an end that passed alone is no such thing. It
        waits as writing does, and while it lasts nobody else writes: no journal may be written inside.
        """
        with self._writing() as connection:
            held = _held(connection, lease.account)
            refusal = None if holds(held, lease) else lost(held, lease, self._monotonic())
            if refusal is not None:
                raise refusal
            yield

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the stream's records in order; raises `JournalBroken` at the first that is not what was written."""
        before, place = self._before(stream, after), after
        while True:
            with self._reading() as connection:
                rows = connection.execute(_NEXT, {"of": stream, "place": place}).all() if connection else []
            lines = ((Line(r.seq, r.at, r.kind, r.fence, r.body), r.digest) for r in rows)
            for record in checked(stream, lines, place, before):
                before, place = record.digest, record.seq
                yield record
            if len(rows) < _PAGE:
                return

    def streams(self) -> tuple[str, ...]:
        """Return every stream there is."""
        with self._reading() as connection:
            return tuple(connection.execute(_STREAMS).scalars()) if connection else ()

    def last(self, stream: str) -> tuple[int, int] | None:
        """Return place and instant of a stream's last record, unchecked; None where it has none."""
        with self._reading() as connection:
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
        with self._reading() as connection:
            rows = [Held(*row) for row in connection.execute(_HELD)] if connection else []
        now = self._monotonic()
        return tuple(
            (Lease(h.account, h.holder, h.fence, h.expires), 0 if free(h, now) else h.expires - now)
            for h in rows
        )

    def verify(self) -> int:
        """Read every page and every record and return how many there are; raises `JournalBroken`, which says where."""
        with failures(self.path), self._reader.begin() as connection:
            sound(connection, self.path)
        return sum(1 for stream in self.streams() for _ in self.read(stream))

    def close(self) -> None:
        """Let go of the file."""
        self._reader.dispose()
        self._writer.dispose()  # last, because the last one out brings the log into the file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with failures(self.path), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """Yield a connection that reads; None while another process makes the file and has not put its tables in."""
        with failures(self.path), self._reader.begin() as connection:
            self._made = self._made or holds_tables(connection)
            yield connection if self._made else None

    def _allow(self, connection: Connection, lease: Lease, *, opening: bool) -> None:
        """Raise `LeaseLost` or `Halted`; the time is read while the lock is held."""
        refusal = lost(_held(connection, lease.account), lease, self._monotonic())
        if refusal is not None:
            raise refusal
        why = self.halted(lease.account) if opening else None
        if why is not None:
            raise Halted(
                f"{lease.account} is halted: {why}",
                advice=self._halts.lifting(lease.account),
            )

    def _before(self, stream: str, after: int) -> str:
        if after == 0:
            return FIRST
        with failures(self.path), self._reader.begin() as connection:
            digest: str | None = connection.execute(_DIGEST, {"of": stream, "place": after}).scalar()
        return digest or FIRST


def _held(connection: Connection, account: str) -> Held | None:
    row = connection.execute(_HELD_ONE, {"of": account}).one_or_none()
    return None if row is None else Held(*row)


def _there(connection: Connection, leases: Sequence[Lease]) -> dict[str, Held]:
    """What is stored of these accounts: one is looked up, many are found among all."""
    one = len(leases) == 1
    rows = connection.execute(*((_HELD_ONE, {"of": leases[0].account}) if one else (_HELD,)))
    return {row.account: Held(*row) for row in rows}


def _change(connection: Connection, held: Held) -> None:
    connection.execute(_CHANGE_LEASE, _values(held))


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


def _make_folder(path: Path) -> None:
    """Make the journal's folder, and its empty file, for this user alone: the log beside it takes the file's rights."""
    try:
        private_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as why:
        raise JournalFailed(
            f"{path.parent} cannot be made: {why.strerror}", advice="Give another folder with --state."
        ) from None
