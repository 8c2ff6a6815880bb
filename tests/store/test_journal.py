"""The journal in a file: the promises of every store, and what a disk, a lock and a hand from outside can do to it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from tests.architecture.sources import ROOT
from tests.store.conftest import Fresh

from hedgerow.model.errors import (
    BadConfig,
    JournalBroken,
    JournalBusy,
    JournalFailed,
    JournalFull,
    JournalReadOnly,
    LeaseLost,
)
from hedgerow.model.ports import Lease, Store
from hedgerow.store.journal import Journal, look_into, open_journal
from hedgerow.store.memory import MemoryStore
from hedgerow.store.server import Server
from hedgerow.store.sqlite import File, named, reading, writing
from hedgerow.testing import check_store
from hedgerow.testing.store import STORE_PROMISES

TTL = 15_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "state" / "journal.db") as opened:
        yield opened


def lease_of(journal: Store) -> Lease:
    lease = journal.acquire("paper:main", "one", TTL)
    assert lease is not None
    return lease


def write(journal: Store, lease: Lease, how_many: int = 3, size: int = 10) -> None:
    for n in range(how_many):
        journal.append("orders", n, [("a", {"n": n, "text": "x" * size})], lease)


def test_what_is_written_beside_the_journal_is_guarded_by_the_lease(fresh: Fresh) -> None:
    now = count(0, 5_000)
    with open_journal(fresh(), monotonic=lambda: next(now)) as journal:
        first = lease_of(journal)
        next(now), next(now), next(now), next(now)
        with journal.guarding(first):  # its end has passed, and nobody came
            pass
        second = journal.acquire("paper:main", "two", TTL)
        assert second is not None
        with pytest.raises(LeaseLost, match="taken over by two"), journal.guarding(first):
            pytest.fail("another holds it")
        journal.release(second)
        with pytest.raises(LeaseLost), journal.guarding(first):
            pytest.fail("another held it")


def test_the_journal_and_its_twin_keep_every_promise(fresh: Fresh) -> None:
    opened: list[Journal] = []

    def make(clock: Callable[[], int]) -> Store:
        opened.append(open_journal(fresh(), monotonic=clock))
        return opened[-1]

    assert check_store(make) == check_store(MemoryStore) == tuple(STORE_PROMISES)
    for journal in opened:
        journal.verify()
        journal.close()


def test_what_was_written_is_there_after_opening_again(fresh: Fresh) -> None:
    place = fresh()
    with open_journal(place if isinstance(place, Server) else f"sqlite:///{place}") as first:
        lease = lease_of(first)
        write(first, lease)
        first.halt("paper:main", 5, "a reason")
    with open_journal(place) as second:
        assert [r.body["n"] for r in second.read("orders")] == [0, 1, 2]
        assert second.verify() == 3
        assert second.halted("paper:main") == "a reason"
        assert second.halts()["paper:main"].at == 5
        (found,) = second.leases()
        assert replace(found[0], expires=lease.expires) == lease
        assert abs(found[0].expires - lease.expires) <= 20  # told by this machine's clock, whoever asks
        assert 0 < found[1] <= TTL
        assert second.renew(lease, TTL) is not None
        second.release(lease)
        assert second.leases()[0][1] == 0


def test_another_database_is_refused() -> None:
    with pytest.raises(BadConfig, match="a journal in mysql is not supported"):
        open_journal("mysql://localhost/x")


def test_two_processes_may_make_the_same_journal_at_once(fresh: Fresh) -> None:
    code = (
        "from pathlib import Path, PosixPath; from hedgerow.store.server import Server;"
        f"from hedgerow.store.journal import open_journal; open_journal({fresh()!r}).close()"
    )
    racing = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    assert [(p.communicate(timeout=60)[1], p.returncode) for p in racing] == [(b"", 0)] * 4


def test_what_another_process_is_making_holds_nothing_yet(fresh: Fresh) -> None:
    path = fresh()
    if isinstance(path, Path):
        path.parent.mkdir()
        path.touch()
    with look_into(path) as early:
        assert (list(early.read("paper")), early.streams(), early.leases()) == ([], (), ())
        with open_journal(path) as made:
            lease = made.acquire("paper", "a", 1_000)
            assert lease is not None
            made.append("paper", 1, [("note", {})], lease)
        assert [record.kind for record in early.read("paper")] == ["note"]


def test_reading_waits_for_nobody_and_cannot_write(journal: Journal) -> None:
    write(journal, lease_of(journal))
    with sqlite3.connect(str(journal.path), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert len(list(journal.read("orders"))) == 3
        assert time.monotonic() - begun < 1.0
        other.execute("ROLLBACK")
    other.close()
    with pytest.raises(JournalReadOnly, match="may not be written"):
        _through_reader(journal)


def ground_of(journal: Journal) -> File:
    assert isinstance(journal._ground, File)
    return journal._ground


def _through_reader(journal: Journal) -> None:
    ground = ground_of(journal)
    ground.writer.dispose()
    ground.writer = reading(ground.where)
    lease_of(journal)


def test_a_lock_that_is_never_let_go_is_told_and_halting_works_all_the_same(journal: Journal) -> None:
    lease = lease_of(journal)
    ground = ground_of(journal)
    ground.writer.dispose()
    ground.writer = writing(ground.where, wait_s=0.05)
    other = sqlite3.connect(ground.where, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalBusy, match="held by another process"):
        write(journal, lease)
    begun = time.monotonic()
    journal.halt("*", 1, "stop")
    assert time.monotonic() - begun < 2.0
    assert journal.halted("paper:main") == "stop"
    other.execute("ROLLBACK")
    other.close()
    write(journal, lease)
    assert journal.verify() == 3


def test_a_full_disk_loses_nothing(journal: Journal) -> None:
    lease = lease_of(journal)
    write(journal, lease)
    with ground_of(journal).writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(JournalFull, match="disk is full"):
        write(journal, lease, how_many=1, size=100_000)
    assert journal.verify() == 3
    with ground_of(journal).writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    write(journal, lease, how_many=1, size=100_000)
    assert journal.verify() == 4


LIMITED = """
import resource, signal, sys
from hedgerow.model.errors import JournalFailed
from hedgerow.store.journal import open_journal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = open_journal(sys.argv[1])
lease = journal.acquire("paper:main", "one", 15_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))
written = 0
try:
    while written < 1_000:
        journal.append("orders", 1, [("a", {"n": written, "text": "x" * 500})], lease)
        written += 1
except JournalFailed as why:
    print(written, why.advice)
"""


def test_a_write_that_the_system_refuses_is_told_and_what_returned_is_there(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    written, _, advice = done.stdout.partition(" ")
    assert int(written) > 5, done.stderr
    assert "file system" in advice
    with open_journal(path) as journal:
        assert journal.verify() == int(written)


def test_a_damaged_page_is_found(journal: Journal) -> None:
    write(journal, lease_of(journal), how_many=100, size=500)
    journal.close()
    path = ground_of(journal).where
    with path.open("r+b") as file:
        file.seek(12 * 4096 + 100)
        file.write(b"\xa5" * 3_000)
    with pytest.raises(JournalBroken, match=r"journal\.db is damaged"):
        journal.verify()
    path.write_bytes(b"this is no journal" * 100)
    with pytest.raises(JournalBroken, match="damaged"):
        open_journal(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE records SET body = replace(body, '1', '2') WHERE seq = 2",
            "record 2 of stream orders is not",
        ),
        ("UPDATE records SET fence = 9 WHERE seq = 3", "record 3 of stream orders is not"),
        ("DELETE FROM records WHERE seq = 2", "record 2 of stream orders is missing"),
        ("DELETE FROM records WHERE seq = 1", "record 1 of stream orders is missing"),
    ],
)
def test_a_hand_from_outside_is_found_and_says_where(journal: Journal, change: str, said: str) -> None:
    write(journal, lease_of(journal))
    outside = sqlite3.connect(str(journal.path))
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        outside.execute(change)
    for verb in ("UPDATE", "DELETE"):
        outside.execute(f"DROP TRIGGER records_no_{verb}")
    outside.execute(change)
    outside.commit()
    outside.close()
    with pytest.raises(JournalBroken, match=said):
        list(journal.read("orders"))
    with pytest.raises(JournalBroken, match="missing" if "seq = 1" in change else said):
        _everything(journal)


def _everything(journal: Journal) -> None:
    """A stream without its first record is in no list of streams; it is asked for by name."""
    journal.verify()
    list(journal.read("orders"))


def test_threads_may_share_a_journal(fresh: Fresh) -> None:
    with open_journal(fresh()) as journal:
        lease = lease_of(journal)
        workers = [threading.Thread(target=write, args=(journal, lease, 5)) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert journal.verify() == 15


def test_a_folder_that_cannot_be_made_and_one_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(JournalFailed, match="cannot be made"):
        open_journal(tmp_path / "file" / "deeper" / "journal.db")
    with pytest.raises(JournalFailed, match="cannot be opened"):
        open_journal(tmp_path)


def test_what_sqlite_has_no_number_for_is_told_in_its_words(tmp_path: Path) -> None:
    told = named(sqlite3.OperationalError("something new"), tmp_path / "j.db")
    assert type(told) is JournalFailed
    assert "something new" in told.message
    assert told.exit_code == 3
