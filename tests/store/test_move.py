"""Moving what is remembered keeps every record, fence and digest, and leaves nobody able to trade from both places."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.store.servers import PostgreSQL

from hedgerow.model.errors import Halted, JournalBroken, LeaseHeld, UsageError
from hedgerow.model.notices import Message
from hedgerow.store import move
from hedgerow.store.approvals import approvals_of
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import Journal, open_journal
from hedgerow.store.move import moved
from hedgerow.store.notices import notices_of
from hedgerow.store.owners import owners_of
from hedgerow.store.server import Where

TTL = 15_000
FILL = {
    "venue": "v",
    "account": "main",
    "trade_id": "t",
    "quantity": Decimal("-0.5"),
    "price": Decimal("60000.1"),
}


def filled(where: Where) -> dict[str, list[str]]:
    with open_journal(where) as journal:
        lease = journal.acquire("v:main", "one", TTL)
        assert lease is not None
        journal.append("v:main", 5, [("a", {"text": "β"}), ("fill", FILL)], lease)
        journal.append("watch:v:main:b", 6, [("look", {"n": n}) for n in range(1_500)], lease)
        journal.release(lease)
        approvals_of(where).add("p", "Ann", 7)
        owners_of(where).set("v:main", "/book.csv", 8)
        notices_of(where).told(Message("m", 9, "critical", "s", "t", "x"), ("phone",), held=False)
        halts_of(where).set("v:other", 10, "not now")
        return digests(journal)


def digests(journal: Journal) -> dict[str, list[str]]:
    return {stream: [record.digest for record in journal.read(stream)] for stream in journal.streams()}


@pytest.fixture(params=["to a server", "to a file"])
def places(request: pytest.FixtureRequest, tmp_path: Path, postgresql: PostgreSQL) -> tuple[Where, Where]:
    file, server = tmp_path / "file" / "journal.db", postgresql.server(here=tmp_path / "here")
    return (file, server) if request.param == "to a server" else (server, file)


def test_what_was_moved_is_the_same_and_goes_on(places: tuple[Where, Where]) -> None:
    source, target = places
    before = filled(source)
    assert moved(source, target) == 1_502
    with open_journal(target) as journal:
        assert digests(journal) == before
        assert journal.verify() == 1_502
        assert approvals_of(target).of("p") == ("Ann",)
        assert owners_of(target).of("v:main") == "/book.csv"
        assert [each.message.name for each in notices_of(target).all()] == ["m"]
        assert {name: halt.why for name, halt in halts_of(target).now().items()} == {"v:other": "not now"}
        lease = journal.acquire("v:main", "two", TTL)
        assert lease is not None
        assert lease.fence == 2  # above all before
        assert journal.append("v:main", 11, [("fill", FILL), ("b", {})], lease, opening=True) == 3
        assert journal.verify() == 1_503


def test_nobody_trades_on_where_it_was(places: tuple[Where, Where]) -> None:
    source, target = places
    before = filled(source)
    moved(source, target)
    with open_journal(source) as journal:
        assert digests(journal) == before
        assert journal.acquire("v:main", "one", TTL) is None
        assert f"moved to {target}" in (journal.halted("v:main") or "")
        fresh = journal.acquire("v:new", "one", TTL)
        assert fresh is not None
        with pytest.raises(Halted):
            journal.append("v:new", 1, [("a", {})], fresh, opening=True)
        journal.release(fresh)
    with pytest.raises(LeaseHeld, match="held by moved to"):
        moved(source, target)


def test_a_place_in_use_a_full_one_and_a_broken_chain_are_refused(
    places: tuple[Where, Where], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = places
    filled(source)
    with open_journal(source) as journal:
        lease = journal.acquire("v:main", "one", TTL)
        assert lease is not None
        with pytest.raises(LeaseHeld, match="held by one"):
            moved(source, target)
        journal.release(lease)
    real: Callable[..., object] = move._read

    def forged(where: Where, connection: object) -> object:
        found = real(where, connection)
        row = found.rows["records"][0]  # type: ignore[attr-defined]
        row["body"] = json.dumps({"text": "another"})
        return found

    monkeypatch.setattr(move, "_read", forged)
    with pytest.raises(JournalBroken, match="is not what was written"):
        moved(source, target)
    monkeypatch.undo()
    with open_journal(source) as journal:
        assert journal.halted("v:main") is None
    filled(target)
    with pytest.raises(UsageError, match="already"):
        moved(source, target)
    with open_journal(source) as journal:
        assert journal.acquire("v:main", "two", TTL) is not None
