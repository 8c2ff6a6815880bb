"""The journal's twin in memory, whose disk fails and whose process can die."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hedgerow.model.errors import JournalBusy, JournalFull, JournalReadOnly
from hedgerow.model.ports import Clock, Lease, Record
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.watch import Watch

__all__ = ["SimStore"]


class SimStore(MemoryStore):
    """The journal's twin whose disk fails, and whose process can die. `dead` answers nothing more."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        super().__init__(clock.monotonic)
        self._chance = chance
        self._read: dict[str, list[Record]] = {}
        self.dead = False
        self.watch: Watch | None = None

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Take the lease, which is noted."""
        return self._noted(super().acquire(account, holder, ttl_ms))

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Renew the lease, which is noted."""
        return self._noted(super().renew(lease, ttl_ms))

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
        seq = super().append(stream, at, records, lease, opening=opening)
        if self.watch is not None:
            plan = self.watch.programme.plan if self.watch.programme else ""
            for kind, body in records:
                self.watch.written(kind, {**body, "plan": plan} if kind == "sent" else body)
        return seq

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the records, each made out of its text only once."""
        kept = self._read.setdefault(stream, [])
        kept.extend(super().read(stream, len(kept)))
        return iter(kept[after:])

    def release(self, lease: Lease) -> None:
        """Give the lease back; who was killed gives nothing back."""
        if not self.dead:
            super().release(lease)
            if self.watch is not None:
                self.watch.note("lease", {"holder": "", "left": 0})
