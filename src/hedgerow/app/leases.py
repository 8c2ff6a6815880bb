"""The accounts that one process holds in one journal: their leases made to last together, and no question asked twice.

with held_in(path) as leases:           a Store; what it is asked about its own accounts it often knows
    async with leases.lasting(): ...    all leases renewed in one transaction, three times in each one's term

A thousand watches that renew a lease each, every few seconds, are hundreds of flushes of the disk a second.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from hedgerow.model.errors import HedgerowError, JournalFailed
from hedgerow.model.ports import Lease, Record
from hedgerow.store.server import Server

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal
    from hedgerow.store.server import Where

__all__ = ["Leases", "held_in"]

Answer = TypeVar("Answer")
_AWAY_MS = 1_000
"""How long a server that did not answer is not asked again: each of a thousand watches would wait for it, one after another."""


class Leases:
    """A `model.ports.Store` over a journal for all accounts of a process.

    A lease that has half of its term left is not renewed at once: nobody can take it before it ends. Of a stream that this
    process wrote, or read to its end, last, and nobody else can have written since, the end is known. Both are forgotten
    with the lease. `used_at` is when somebody asked for his lease last, by the journal's `now`.
    """

    def __init__(self, journal: Journal, ttl_ms: int) -> None:
        self._journal, self._ttl_ms = journal, ttl_ms
        self._held: dict[str, Lease] = {}
        self._ends: dict[str, tuple[str, int]] = {}
        self._away: int | None = None
        self.used_at = 0
        self._lock = threading.Lock()

    @asynccontextmanager
    async def lasting(self) -> AsyncIterator[None]:
        """Renew all leases while the block runs. What the journal refuses is told to whoever asks for his own."""
        task = asyncio.create_task(self._last())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _last(self) -> None:
        while True:
            await asyncio.sleep(self._ttl_ms / 3000)
            with suppress(HedgerowError):
                self.renew_all()

    def renew_all(self) -> None:
        """Make every lease last, and forget those that are others' now; a thread of its own may do so. Errors as `Store.renew`."""
        before = tuple(self._held.values())
        found = self._asked(lambda: self._journal.renew_all(before, self._ttl_ms))
        for was, now in zip(before, found, strict=True):
            self._know(was.account, now, was)

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Return the lease; None while another holder's lives."""
        self._know(account, None)
        found = self._asked(lambda: self._journal.acquire(account, holder, ttl_ms))
        self._know(account, found)
        return found

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Return the lease with at least half of `ttl_ms` left; None: it is another's now."""
        self.used_at = self._journal.now()
        known = self._held.get(lease.account)
        if known is not None and _same(known, lease) and known.expires - self._journal.now() >= ttl_ms // 2:
            return known
        found = self._asked(lambda: self._journal.renew(lease, ttl_ms))
        self._know(lease.account, found)
        return found

    def release(self, lease: Lease) -> None:
        """Give it back."""
        self._know(lease.account, None)
        self._asked(lambda: self._journal.release(lease))

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
        self._ends.pop(stream, None)
        end = self._asked(lambda: self._journal.append(stream, at, records, lease, opening=opening))
        self._ends[stream] = lease.account, end
        return end

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the stream's records in order."""
        account, end = self._ends.get(stream, ("", 0))
        known = self._alive(account) is not None and end == after
        return iter(()) if known else self._to_its_end(stream, after)

    def _to_its_end(self, stream: str, after: int) -> Iterator[Record]:
        """Read a stream, and know its end after that: an account's own has the account's name."""
        held, end = self._alive(stream), after
        for record in self._journal.read(stream, after):
            end = record.seq
            yield record
        now = self._alive(stream)
        if held is not None and now is not None and _same(held, now):
            self._ends[stream] = stream, max(end, self._ends.get(stream, ("", 0))[1])

    def _alive(self, account: str) -> Lease | None:
        """The lease of an account, while nobody else can have written for it."""
        lease = self._held.get(account)
        return lease if lease is not None and lease.expires > self._journal.now() else None

    def streams(self) -> tuple[str, ...]:
        """Return every stream there is."""
        return self._journal.streams()

    def halt(self, account: str, at: int, why: str | None) -> None:
        """Set or lift a halt."""
        self._journal.halt(account, at, why)

    def halted(self, account: str) -> str | None:
        """Return why the account is halted, or None."""
        return self._journal.halted(account)

    def _asked(self, work: Callable[[], Answer]) -> Answer:
        """Return what a journal answers; a server that gave none a moment ago is not waited for again. Errors as `work`."""
        if self._away is not None and self._journal.now() - self._away < _AWAY_MS:
            raise JournalFailed(
                f"{self._journal.path} did not answer a moment ago, and was not asked again",
                advice="Nothing was written. See that the server runs and can be reached from here.",
            )
        try:
            answer = work()
        except JournalFailed as why:
            if type(why) is JournalFailed and isinstance(self._journal.path, Server):
                self._away = self._journal.now()
            raise
        self._away = None
        return answer

    def _know(self, account: str, lease: Lease | None, was: Lease | None = None) -> None:
        """Note a lease, or that there is none; of one that `was` renewed meanwhile, only where it is still that one."""
        with self._lock:
            there = self._held.get(account)
            if was is not None and not (there is not None and _same(there, was)):
                return
            if lease is not None:
                self._held[account] = lease
                return
            self._held.pop(account, None)
            for stream in [stream for stream, end in tuple(self._ends.items()) if end[0] == account]:
                self._ends.pop(stream, None)


def _same(one: Lease, other: Lease) -> bool:
    return (one.holder, one.fence) == (other.holder, other.fence)


@contextmanager
def held_in(path: Where, ttl_ms: int) -> Iterator[Leases]:
    """Open a journal for all accounts of this process. Errors as `open_journal`."""
    from hedgerow.store.journal import open_journal

    with open_journal(path) as journal:
        yield Leases(journal, ttl_ms)
