"""A journal on a real server: what a lock, a disk, a clock, a lost answer and a hand from outside can do to it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from tests.architecture.sources import ROOT
from tests.store.servers import PostgreSQL

from hedgerow.model.errors import (
    BadConfig,
    BrokenPromise,
    Halted,
    HedgerowError,
    JournalBroken,
    JournalBusy,
    JournalFailed,
    JournalFull,
    JournalReadOnly,
    LeaseLost,
    MissingExtra,
)
from hedgerow.model.ports import Lease
from hedgerow.store import driver
from hedgerow.store import postgresql as server_side
from hedgerow.store.journal import Journal, look_into, open_journal
from hedgerow.store.lines import lines_in
from hedgerow.store.owners import owners_of
from hedgerow.store.server import Server, where_of

TTL = 15_000
SECRET = "correct-horse"  # noqa: S105 - the canary of these tests


@pytest.fixture
def place(postgresql: PostgreSQL, tmp_path: Path) -> Server:
    return postgresql.server(here=tmp_path / "here")


@pytest.fixture
def journal(place: Server) -> Iterator[Journal]:
    with open_journal(place) as opened:
        yield opened


def lease_of(journal: Journal, ttl: int = TTL) -> Lease:
    lease = journal.acquire("paper:main", "one", ttl)
    assert lease is not None
    return lease


def write(journal: Journal, lease: Lease, how_many: int = 3, *, opening: bool = False) -> None:
    for n in range(how_many):
        journal.append("orders", n, [("a", {"n": n})], lease, opening=opening)


class Outside:
    """A hand from outside, in a journal's own schema."""

    def __init__(self, server: PostgreSQL, place: Server) -> None:
        self.connection = psycopg.connect(server.url())
        self.connection.execute(f"SET search_path TO {place.schema}")
        self.connection.commit()

    def do(self, *commands: str) -> None:
        for command in commands:
            self.connection.execute(command)
        self.connection.commit()


@pytest.fixture
def outside(postgresql: PostgreSQL, place: Server, journal: Journal) -> Iterator[Outside]:
    made = Outside(postgresql, place)
    yield made
    made.connection.close()


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
        ("TRUNCATE records", ""),
    ],
)
def test_a_hand_from_outside_is_refused_and_found(
    journal: Journal, outside: Outside, change: str, said: str
) -> None:
    write(journal, lease_of(journal))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only ever added to"):
        outside.do(change)
    outside.connection.rollback()
    if said:
        outside.do("ALTER TABLE records DISABLE TRIGGER records_kept", change)
        with pytest.raises(JournalBroken, match=said):
            list(journal.read("orders"))


def test_what_a_server_confirmed_and_lost_stops_the_writer(journal: Journal, outside: Outside) -> None:
    """A standby is promoted that had not received everything: whoever wrote goes no further on an older state."""
    lease = lease_of(journal)
    write(journal, lease)
    outside.do("ALTER TABLE records DISABLE TRIGGER records_kept", "DELETE FROM records WHERE seq = 3")
    with pytest.raises(JournalBroken, match="has lost record 3 of stream orders"):
        write(journal, lease, 1)


def refusing(outside: Outside, code: str) -> None:
    outside.do(
        f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'as it were' USING ERRCODE = '{code}'; END $$""",
        "CREATE TRIGGER refused BEFORE INSERT ON records FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
    )


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("53100", JournalFull, "disk is full"),
        ("25006", JournalReadOnly, "may not be written"),
        ("42501", JournalReadOnly, "may not be written"),
        ("55P03", JournalBusy, "held by others"),
        ("57014", JournalBusy, "held by others"),
        ("40P01", JournalBusy, "held by others"),
        ("XX001", JournalBroken, "is damaged"),
        ("57P01", JournalFailed, "does not answer"),
        ("58030", JournalFailed, "as it were; what the journal holds is as it was"),
        ("23505", BrokenPromise, "as it were"),
    ],
)
def test_what_a_server_refuses_has_a_name_and_loses_nothing(
    journal: Journal, outside: Outside, code: str, error: type[HedgerowError], said: str
) -> None:
    lease = lease_of(journal)
    write(journal, lease)
    refusing(outside, code)
    with pytest.raises(error, match=said) as caught:
        write(journal, lease)
    assert type(caught.value) is error
    outside.do("DROP TRIGGER refused ON records")
    assert journal.verify() == 3
    write(journal, lease)
    assert journal.verify() == 6


def test_a_user_who_may_only_read_is_told(postgresql: PostgreSQL, journal: Journal, place: Server) -> None:
    write(journal, lease_of(journal))
    name = f"reader_{place.schema}"
    postgresql.execute(
        f"CREATE ROLE {name} LOGIN",
        f"GRANT USAGE ON SCHEMA {place.schema} TO {name}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {place.schema} TO {name}",
    )
    theirs = Server(place.url.replace("trader", name), place.schema)
    with open_journal(theirs) as reader:
        assert reader.verify() == 3
        with pytest.raises(JournalReadOnly, match="permission denied"):
            reader.acquire("paper:main", "two", TTL)
    with pytest.raises(JournalReadOnly, match="permission denied"):
        open_journal(Server(theirs.url, "another_schema"))


def test_a_lock_that_is_never_let_go_is_told_and_halting_waits_for_nothing(
    postgresql: PostgreSQL, place: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_LOCK_MS", 200)
    with open_journal(place) as journal:
        lease = lease_of(journal)
        outside = Outside(postgresql, place)
        outside.connection.execute("SELECT * FROM leases FOR UPDATE")
        outside.connection.execute("LOCK TABLE records IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(JournalBusy, match="lock timeout"):
            write(journal, lease, opening=True)
        begun = time.monotonic()
        assert list(journal.read("orders")) == []
        assert journal.leases()[0][0].holder == "one"
        journal.halt("*", 1, "stop")
        assert time.monotonic() - begun < 1.0
        outside.connection.close()
        with pytest.raises(Halted, match="stop"):
            write(journal, lease, opening=True)
        write(journal, lease)
        assert journal.verify() == 3


def test_the_time_is_looked_at_after_the_lock_was_waited_for(
    postgresql: PostgreSQL, journal: Journal, outside: Outside
) -> None:
    lease = lease_of(journal, ttl=400)
    outside.connection.execute("SELECT * FROM leases FOR UPDATE")
    later = threading.Timer(0.7, outside.connection.rollback)
    later.start()
    with pytest.raises(LeaseLost, match="ended before it was renewed"):
        write(journal, lease)
    later.join()
    assert list(journal.read("orders")) == []


def test_a_lease_is_told_in_the_time_of_who_asks(journal: Journal, place: Server) -> None:
    before = journal.now()
    lease = lease_of(journal)
    assert before + TTL <= lease.expires <= journal.now() + TTL
    with look_into(place) as other:
        ((there, left),) = other.leases()
    assert there.holder == "one"
    assert TTL - 1_000 < left <= TTL
    later = journal.renew(lease, TTL)
    assert later is not None
    assert lease.expires <= later.expires <= journal.now() + TTL


def test_many_leases_are_renewed_at_once_and_others_are_let_be(journal: Journal, place: Server) -> None:
    mine = [journal.acquire(f"v:{n}", "one", TTL) for n in range(50)]
    leases = [lease for lease in mine if lease is not None]
    assert len(leases) == 50
    journal.release(leases[7])
    with open_journal(place) as other:
        theirs = other.acquire("v:7", "two", TTL)
        assert theirs is not None
        found = journal.renew_all(leases, 2 * TTL)
        assert [n for n, lease in enumerate(found) if lease is None] == [7]
        assert all(lease is None or lease.expires > leases[0].expires + TTL // 2 for lease in found)
        left = {lease.account: ms for lease, ms in other.leases()}
        assert left["v:7"] <= TTL < left["v:8"] <= 2 * TTL
        assert journal.renew_all((), TTL) == ()


def test_what_one_account_is_of_is_told_without_the_lines_of_all_others(place: Server) -> None:
    """Letters that a server's patterns have a meaning for are letters here."""
    open_journal(place).close()
    owners = owners_of(place)
    for number, account in enumerate(("a:x", "a:x_", "a:%", 'a:"\\ß', "a:x")):
        owners.set(account, f"/{number}.csv", number)
    assert [owners.of(each) for each in ("a:x", "a:x_", "a:%", 'a:"\\ß', "a:")] == [
        "/4.csv",
        "/1.csv",
        "/2.csv",
        "/3.csv",
        "",
    ]
    assert len(lines_in(owners.path, part='"a:x"')) == 2
    assert len(lines_in(owners.path)) == 5


def test_processes_that_renew_the_same_accounts_do_not_stop_each_other(place: Server) -> None:
    with open_journal(place) as one, open_journal(place) as two:
        pairs = [[journal.acquire(f"v:{n}", "same", TTL) for n in range(40)] for journal in (one, two)]
        latest = [lease for lease in pairs[1] if lease is not None]
        failed: list[Exception] = []

        def renewing(journal: Journal, leases: list[Lease]) -> None:
            try:
                for _ in range(10):
                    journal.renew_all(leases, TTL)
            except HedgerowError as why:
                failed.append(why)

        workers = [
            threading.Thread(target=renewing, args=(one, latest)),
            threading.Thread(target=renewing, args=(two, latest[::-1])),
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert failed == []


def test_a_servers_clock_that_is_set_back_frees_nobody(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(now: int) -> None:
        monkeypatch.setattr(server_side, "_CLOCK", text(f"SELECT {now}"))

    at(1_000_000_000)
    lease = lease_of(journal)
    at(900_000_000)
    assert journal.acquire("paper:main", "two", TTL) is None
    assert journal.leases()[0][1] > TTL
    write(journal, lease, 1)
    renewed = journal.renew(lease, TTL)
    assert renewed is not None
    assert journal.leases()[0][1] == TTL
    at(900_000_000 + TTL)
    assert journal.acquire("paper:main", "two", TTL) is not None
    with pytest.raises(LeaseLost, match="taken over by two"):
        write(journal, renewed, 1)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://trader:{SECRET}@localhost/x",
        f"postgresql://trader@localhost/x?password={SECRET}",
        f"postgres://localhost/x?sslmode=require&sslpassword={SECRET}",
        f"postgresql://trader:{SECRET}@[broken/x",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadConfig) as caught:
        open_journal(url)
    assert SECRET not in f"{caught.value.message} {caught.value.advice} {caught.value!r}"


def test_a_password_from_the_environment_is_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    place = where_of("postgresql://trader@127.0.0.1:1/x")
    with pytest.raises(JournalFailed, match="does not answer") as caught:
        open_journal(place)
    told = f"{caught.value!r} {caught.value.message} {place!r} {server_side.engine_of(place)!r}"
    assert SECRET not in told
    assert str(place) == "postgresql://trader@127.0.0.1:1/x (hedgerow)"


def test_a_way_that_leaves_the_machine_unencrypted_is_seen(
    journal: Journal, place: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [server_side._is_here(host) for host in ("/run", "127.0.0.9", "::1", "localhost")] == [True] * 4
    assert [server_side._is_here(host) for host in ("10.0.0.1", "db.example", "")] == [False] * 3
    assert not server_side.in_the_clear(place)
    monkeypatch.setattr(server_side, "_is_here", lambda _: False)
    assert server_side.in_the_clear(place)


def test_a_file_needs_no_driver(tmp_path: Path) -> None:
    code = (
        "import sys; from hedgerow.store.journal import open_journal\n"
        f"open_journal({str(tmp_path / 'journal.db')!r}).close()\n"
        "assert not {name for name in sys.modules if name.startswith(('psycopg', 'hedgerow.store.postgresql'))}"
    )
    subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, check=True, timeout=60
    )


def test_without_the_driver_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "hedgerow.store.driver")
    with pytest.raises(MissingExtra) as caught:
        open_journal("postgresql://localhost/never_named_before")
    assert "hedgerow[postgresql]" in caught.value.advice


def test_options_behind_the_address_are_the_drivers(postgresql: PostgreSQL) -> None:
    url = postgresql.url()
    with open_journal(where_of(f"{url}?application_name=mine&sslmode=disable", "opt")) as journal:
        lease_of(journal)
    with pytest.raises(JournalFailed, match="SSL"):
        open_journal(where_of(f"{url}?sslmode=require", "opt"))
    with pytest.raises(BadConfig, match="no address of a server"):
        open_journal(where_of(f"{url}?nonsense=1", "opt"))
