"""A journal whose disk fails and whose process can die: the twin in memory, or a real one in virtual time.

backing.set(lambda monotonic: open_journal(somewhere_fresh(), monotonic=monotonic))      what lives stand on from now on
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hedgerow.model.errors import JournalBusy, JournalFull, JournalReadOnly
from hedgerow.model.ports import Clock, Lease, Record
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.watch import Watch

if TYPE_CHECKING:
    from hedgerow.store.journal import Journal

__all__ = ["SimStore", "backing"]

backing: ContextVar[Callable[[Callable[[], int]], MemoryStore | Journal]] = ContextVar(
    "backing", default=MemoryStore
)
"""Makes the journal of a life, empty, of a clock that returns milliseconds."""


class SimStore:
    """A journal whose disk fails, and whose process can die. `dead` answers nothing more."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._below = backing.get()(clock.monotonic)
        self._monotonic, self._chance = clock.monotonic, chance
        self.streams, self.halt, self.halted = self._below.streams, self._below.halt, self._below.halted
        self.leases, self.verify = self._below.leases, self._below.verify
        self._read: dict[str, list[Record]] = {}
        self.dead = False
        self.watch: Watch | None = None

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Take the lease, which is noted."""
        return self._noted(self._below.acquire(account, holder, ttl_ms))

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Renew the lease, which is noted."""
        return self._noted(self._below.renew(lease, ttl_ms))

    def _noted(self, lease: Lease | None) -> Lease | None:
        if lease is not None and self.watch is not None:
            self.watch.note("lease", {"holder": lease.holder, "left": lease.expires - self._monotonic()})
        return lease

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        """Write, unless the disk is busy, full or read-only."""
        if self._chance.strikes("F24"):
            raise self._chance.random.choice((JournalBusy, JournalFull, JournalReadOnly))
        seq = self._below.append(stream, at, records, lease, opening=opening)
        if self.watch is not None:
            plan = self.watch.programme.plan if self.watch.programme else ""
            for kind, body in records:
                self.watch.written(kind, {**body, "plan": plan} if kind == "sent" else body)
        return seq

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the records, each made out of its text only once."""
        kept = self._read.setdefault(stream, [])
        kept.extend(self._below.read(stream, len(kept)))
        return iter(kept[after:])

    def release(self, lease: Lease) -> None:
        """Give the lease back; who was killed gives nothing back."""
        if not self.dead:
            self._below.release(lease)
            if self.watch is not None:
                self.watch.note("lease", {"holder": "", "left": 0})
