"""A server that goes away in the middle: answers that are lost, commits that are, a way that is cut, and halts all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.store.roads import Road, Trouble, road
from tests.store.servers import PostgreSQL, running
from tests.store.test_postgresql import lease_of, write

from hedgerow.model.errors import BadConfig, Halted, JournalFailed
from hedgerow.store import driver
from hedgerow.store import journal as journal_module
from hedgerow.store import postgresql as server_side
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import Journal, open_journal
from hedgerow.store.server import Server


@pytest.fixture
def way(postgresql: PostgreSQL) -> Iterator[Road]:
    with road(postgresql.port) as made:
        yield made


@pytest.fixture
def over(postgresql: PostgreSQL, way: Road, tmp_path: Path) -> Iterator[Journal]:
    with open_journal(postgresql.server(port=way.port, here=tmp_path / "here")) as opened:
        yield opened


def test_a_commit_whose_answer_is_lost_is_looked_up_and_is_there(over: Journal, way: Road) -> None:
    lease = lease_of(over)
    for n in range(4):
        way.trouble = "answer lost"
        assert over.append("orders", n, [("a", {"n": n}), ("b", {})], lease) == 2 * n + 2
    assert way.met == 4
    assert over.verify() == 8


def test_a_commit_that_was_lost_itself_is_looked_up_and_is_not(over: Journal, way: Road) -> None:
    lease = lease_of(over)
    for n in range(3):
        way.trouble = "commit lost"
        with pytest.raises(JournalFailed, match="the last lines were not written"):
            over.append("orders", n, [("a", {})], lease)
        assert over.append("orders", n, [("b", {})], lease) == n + 1
    assert way.met == 3
    assert [record.kind for record in over.read("orders")] == ["b"] * 3


@pytest.mark.parametrize("trouble", ["answer lost", "commit lost"])
def test_a_commit_that_cannot_be_looked_up_is_said_to_be_unknown(
    over: Journal, way: Road, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_side, "_LOOK_S", 0.5)
    lease = lease_of(over)

    def fall() -> None:
        _until(lambda: way.met == 1)
        way.trouble = "cut"

    way.trouble = trouble
    falling = threading.Thread(target=fall)
    falling.start()
    monkeypatch.setattr(journal_module, "_landed", lambda *_: _refuse())
    with pytest.raises(JournalFailed, match="whether the last lines are there is not known") as caught:
        over.append("orders", 1, [("a", {})], lease)
    assert "Nothing was sent on them" in caught.value.advice
    falling.join()
    way.trouble = ""
    assert over.verify() == (trouble == "answer lost")


def _refuse() -> bool:
    raise JournalFailed


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.001)


def test_a_server_that_says_nothing_more_is_given_up(
    postgresql: PostgreSQL, way: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_PATIENCE_S", 0.3)
    with open_journal(postgresql.server(port=way.port, here=tmp_path / "here")) as journal:
        lease = lease_of(journal)
        way.trouble = "frozen"
        begun = time.monotonic()
        with pytest.raises(JournalFailed, match="does not answer: no answer within"):
            write(journal, lease)
        assert time.monotonic() - begun < 3
        way.trouble = ""
        write(journal, lease)
        assert journal.verify() == 3


def test_a_connection_that_died_in_the_pool_is_not_used(over: Journal, way: Road) -> None:
    lease = lease_of(over)
    way.trouble = "cut"
    time.sleep(0.1)
    way.trouble = ""
    write(over, lease)
    assert over.verify() == 3


def test_a_halt_works_while_the_server_is_away_and_is_everywhere_once_it_is_back(
    postgresql: PostgreSQL, over: Journal, way: Road, tmp_path: Path
) -> None:
    place = over.path
    assert isinstance(place, Server)
    elsewhere = halts_of(Server(postgresql.url(), place.schema, tmp_path / "another machine"))
    lease = lease_of(over)
    way.trouble = "cut"
    with pytest.raises(JournalFailed, match="cannot be written") as caught:
        over.halt("paper:main", 1, "I want to look")
    assert caught.value.advice.startswith("Halted on THIS machine alone")
    assert over.halts()["paper:main"].why == "I want to look"
    with pytest.raises(JournalFailed, match="whether anything is halted is not known"):
        over.halted("bybit:7")
    assert "cannot be read" in over.halts()["*"].why
    assert elsewhere.why("paper:main") is None
    way.trouble = ""
    assert over.halted("paper:main") == "I want to look"
    assert over.halted("bybit:7") is None
    with pytest.raises(Halted):
        write(over, lease, opening=True)
    over.halt("paper:main", 2, "I want to look")
    assert elsewhere.why("paper:main") == "I want to look"
    elsewhere.set("paper:main", 3, None)
    assert over.halted("paper:main") is None
    write(over, lease, opening=True)


def test_a_halt_is_lifted_everywhere_or_not_at_all(over: Journal, way: Road) -> None:
    over.halt("*", 1, "stop")
    way.trouble = "cut"
    with pytest.raises(JournalFailed) as caught:
        over.halt("*", 2, None)
    assert caught.value.advice.startswith("NOT lifted")
    way.trouble = ""
    assert over.halted("paper:main") == "stop"


@pytest.mark.slow
def test_a_server_that_forgets_is_refused_and_one_without_its_standby_confirms_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_side, "_LOOK_S", 0.3)
    with running() as own:
        own.stop()
        own.start(fsync="off")
        with pytest.raises(BadConfig, match="runs without fsync"):
            open_journal(own.server())
        own.stop()
        own.start()
        with open_journal(own.server()) as journal:
            lease = lease_of(journal, ttl=60_000)
            own.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
            time.sleep(0.5)
            stop = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            later = threading.Timer(0.5, own.execute, (stop,))
            later.start()
            with pytest.raises(JournalFailed, match="no standby has confirmed the last lines"):
                write(journal, lease, 1)
            later.join()
            monkeypatch.setattr(driver, "_PATIENCE_S", 0.5)
            monkeypatch.setattr(driver, "_LOCK_MS", 100)
            with pytest.raises(JournalFailed, match="whether the last lines are there is not known"):
                write(journal, lease, 1)
