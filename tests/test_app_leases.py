"""Many accounts held by one process: one transaction renews all, nothing is renewed too early, what is known is not read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hedgerow.app.leases import Leases
from hedgerow.model.errors import LeaseLost
from hedgerow.model.ports import Lease, Record
from hedgerow.store.journal import Journal, open_journal

TTL = 15_000
NAMES = tuple(f"bybit:{i}" for i in range(50))


class Place:
    """A journal, a clock that a test moves, and how often something was written."""

    def __init__(self, path: Path) -> None:
        self.at, self.path, self.points = 1_000, path, list[str]()
        self.journal = self.opened()
        self.leases = Leases(self.journal, TTL)

    def opened(self) -> Journal:
        return open_journal(self.path, monotonic=lambda: self.at, point=self.points.append)

    def held(self, name: str = NAMES[0]) -> Lease:
        lease = self.leases.acquire(name, "me", TTL)
        assert lease is not None
        return lease


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "journal.db")
    yield made
    made.journal.close()


def test_one_transaction_renews_every_lease(place: Place) -> None:
    leases = [place.held(name) for name in NAMES]
    place.at += 5_000
    place.points.clear()
    place.leases.renew_all()
    assert place.points == ["journal.renew.written"]
    assert {held.expires for held, _ in place.journal.leases()} == {place.at + TTL}
    assert [place.leases.renew(lease, TTL) for lease in leases] == [
        Lease(lease.account, "me", lease.fence, place.at + TTL) for lease in leases
    ]
    assert place.points == ["journal.renew.written"]


def test_a_lease_is_renewed_for_who_asks_once_half_of_it_is_gone(place: Place) -> None:
    lease = place.held()
    place.at += TTL // 2
    assert place.leases.renew(lease, TTL) == lease
    place.at += 1
    later = place.leases.renew(lease, TTL)
    assert later is not None
    assert later.expires == place.at + TTL


def test_a_lease_that_another_took_is_forgotten_with_the_ends_of_its_streams(place: Place) -> None:
    mine, other = place.held(NAMES[0]), place.held(NAMES[1])
    assert place.leases.append("orders", 1, [("intent", {"n": 1})], mine) == 1
    place.at += TTL
    with place.opened() as theirs:
        taken = theirs.acquire(NAMES[0], "they", TTL)
        assert taken is not None
        theirs.append("orders", 2, [("intent", {"n": 2})], taken)
        assert [record.seq for record in place.leases.read("orders", 1)] == [2]
        place.leases.renew_all()
        assert place.leases.renew(mine, TTL) is None
        assert place.leases.renew(other, TTL) is not None
        with pytest.raises(LeaseLost):
            place.leases.append("orders", 3, [("intent", {"n": 3})], mine)


def test_the_end_of_a_stream_is_known_while_its_lease_lives_and_read_after(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = place.held()
    asked: list[int] = []
    read = place.journal.read

    def counted(stream: str, after: int = 0) -> Iterator[Record]:
        asked.append(after)
        return read(stream, after)

    monkeypatch.setattr(place.journal, "read", counted)
    place.leases.append("orders", 1, [("intent", {"n": 1}), ("intent", {"n": 2})], lease)
    assert list(place.leases.read("orders", 2)) == []
    assert asked == []
    assert [record.seq for record in place.leases.read("orders", 1)] == [2]
    place.at += TTL
    assert list(place.leases.read("orders", 2)) == []
    assert asked == [1, 2]


def test_an_accounts_own_stream_is_read_to_its_end_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, asked = place.held(), list[int]()
    place.journal.append(NAMES[0], 1, [("intent", {"n": n}) for n in range(3)], first)
    read = place.journal.read

    def counted(stream: str, after: int = 0) -> Iterator[Record]:
        asked.append(after)
        return read(stream, after)

    monkeypatch.setattr(place.journal, "read", counted)
    assert next(place.leases.read(NAMES[0])).seq == 1  # who stops in the middle knows no end
    assert [record.seq for record in place.leases.read(NAMES[0], 1)] == [2, 3]
    assert list(place.leases.read(NAMES[0], 3)) == []
    assert asked == [0, 1]
    place.leases.append(NAMES[0], 2, [("intent", {"n": 4})], first)
    assert [record.seq for record in place.leases.read(NAMES[0], 3)] == [4]
    place.leases.release(first)
    with place.opened() as theirs:
        taken = theirs.acquire(NAMES[0], "they", TTL)
        assert taken is not None
        theirs.append(NAMES[0], 3, [("intent", {"n": 5})], taken)
    assert [record.seq for record in place.leases.read(NAMES[0], 4)] == [5]
    assert [record.seq for record in place.leases.read(NAMES[0], 4)] == [5]


def test_who_gives_a_lease_back_knows_nothing_of_its_streams(place: Place) -> None:
    lease = place.held()
    place.leases.append("orders", 1, [("intent", {"n": 1})], lease)
    place.leases.release(lease)
    place.points.clear()
    place.leases.renew_all()
    assert place.points == []
    with place.opened() as theirs:
        taken = theirs.acquire(NAMES[0], "they", TTL)
        assert taken is not None
        theirs.append("orders", 2, [("intent", {"n": 2})], taken)
    assert [record.seq for record in place.leases.read("orders", 1)] == [2]


def test_leases_last_while_the_block_runs_and_a_journal_that_fails_ends_nothing(place: Place) -> None:
    quick = Leases(place.journal, 30)
    assert quick.acquire(NAMES[0], "me", 30) is not None

    async def work() -> None:
        async with quick.lasting():
            while place.points.count("journal.renew.written") < 2:  # noqa: ASYNC110  the clock is the machine's
                await asyncio.sleep(0.005)
            place.journal.close()
            place.path.with_suffix(".gone").write_bytes(b"")
            await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(work(), 20))
