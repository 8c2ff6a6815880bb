"""The battery of every store sees what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.ports import Lease, Record
from hedgerow.store.memory import MemoryStore
from hedgerow.testing import check_store


class Forgetful(MemoryStore):
    """Gives an account to whoever asks."""

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        self._held.pop(account, None)
        return super().acquire(account, holder, ttl_ms)


class Trusting(MemoryStore):
    """Writes for whoever has had a lease."""

    def _allow(self, lease: Lease, *, opening: bool) -> None:
        pass


class Deaf(MemoryStore):
    """Does not look at halts."""

    def halt(self, account: str, at: int, why: str | None) -> None:
        super().halt(account, at, why and None)


class Careless(MemoryStore):
    """Writes what it can of a batch."""

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        return (
            [super(Careless, self).append(stream, at, [one], lease, opening=opening) for one in records][-1]
            if records
            else super().append(stream, at, records, lease)
        )


class Repeating(MemoryStore):
    """Writes a fill as often as it is told."""

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        self._trades.clear()
        return super().append(stream, at, records, lease, opening=opening)


class Short(MemoryStore):
    """Reads the first thousand."""

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        return iter(list(super().read(stream, after))[:1_000])


BROKEN: dict[str, Callable[[Callable[[], int]], Any]] = {
    "one holder": Forgetful,
    "the fence grows": Trusting,
    "halts stop what opens risk": Deaf,
    "no floats, all or nothing": Careless,
    "a fill is written once": Repeating,
    "many lines": Short,
}


@pytest.mark.parametrize("promise", BROKEN)
def test_the_battery_sees(promise: str) -> None:
    with pytest.raises(BrokenPromise, match=f"breaks its promise, {promise}:"):
        check_store(BROKEN[promise])
