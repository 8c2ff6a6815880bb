"""One account hedges one book, from one command to the next, until it is handed over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.conftest import BOOK, Run, run
from tests.cli.trading import PLAN
from tests.store.test_halts import file_of

from hedgerow.app.dealing import Dealing, leased
from hedgerow.app.plans import Place
from hedgerow.app.whose import taken_for
from hedgerow.model.errors import BadConfig, JournalFailed
from hedgerow.model.ports import Lease
from hedgerow.store.journal import Journal, open_journal
from hedgerow.store.owners import owners_of
from hedgerow.venues.clocks import WallClock

__all__ = ["run"]

ETH = ("--instruments", "ETHUSDT", "--collateral", "200000USDT")


@pytest.fixture
def other(tmp_path: Path) -> str:
    path = tmp_path / "other.csv"
    path.write_text("symbol,quantity\nETH,12\n", encoding="utf-8")
    return str(path)


def hedges(run: Run) -> str:
    """Whose contracts the paper account has, by `status`."""
    (account,) = run("status", "--json").json["paper"]["accounts"]
    return str(account["hedges"])


def test_two_books_are_not_hedged_on_one_account_by_two_commands(run: Run, other: str) -> None:
    first = run(*PLAN, "--json").json["plan_id"]
    assert run("trade", first).status == 0
    assert hedges(run) == BOOK
    assert f"hedges {BOOK}" in " ".join(run("status").out.split()).replace("- ", "-")
    second = run("plan", other, *PLAN[2:], "--json").json["plan_id"]
    refused = run("trade", second)
    assert refused.status == 4
    assert f"hedge {BOOK}, not {other}" in refused.err
    for mode in ("observe", "auto"):
        watched = run("watch", other, "--once", "--mode", mode)
        assert (watched.status, "each would undo the other's hedge" in watched.err) == (4, True)
    assert run("watch", BOOK, "--once", "--mode", "auto").status == 0
    assert hedges(run) == BOOK
    said = re.search(r"hedgerow (reconcile paper:paper --book [^`]+)", refused.err)
    assert said is not None
    assert run("reconcile", "--book", f"{other}.not", "--quiet").status == 4
    assert run(*said[1].split()).status == 0
    assert hedges(run) == other
    assert run("watch", BOOK, "--once").status == 4
    assert run("watch", other, "--once").status == 0


def test_an_account_without_contracts_is_anybodys(run: Run, other: str) -> None:
    assert run("watch", BOOK, "--once", "--mode", "propose").status == 0
    assert run("watch", other, "--once").status == 0  # it only looks: nothing is noted
    first = run("plan", other, *PLAN[2:], "--json").json["plan_id"]
    assert run("trade", first).status == 0
    assert hedges(run) == other
    assert run("halt", "--flatten").status == 0
    assert run("halt", "--lift").status == 0
    again = run(*PLAN, "--json").json["plan_id"]
    assert run("trade", again).status == 0
    assert hedges(run) == BOOK


def test_a_pair_is_not_traded_where_a_book_is_hedged_nor_a_book_where_a_pair_is(run: Run, other: str) -> None:
    pair = run("pair", "SOL", "ETH", "--json").json["plan_id"]
    first = run("plan", other, *PLAN[2:], "--json").json["plan_id"]
    assert run("trade", first).status == 0
    told = run("trade", pair)
    assert (told.status, "not pair SOL-ETH" in told.err, "--book" in told.err) == (4, True, False)
    assert run("halt", "--flatten").status == 0
    assert run("halt", "--lift").status == 0
    assert run("trade", pair).status == 0
    assert run("watch", other, "--once").status == 4
    assert run("watch", pair, "--once").status == 0


def test_a_refused_trade_takes_nothing_over(run: Run, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(*PLAN, "--json").json["plan_id"]
    assert run("trade", first).status == 0
    assert run("halt", "--flatten").status == 0
    assert run("halt", "--lift").status == 0
    second = run("plan", other, *PLAN[2:], "--json").json["plan_id"]
    monkeypatch.setenv("HEDGEROW__TRADE__MAX_AGE_MINUTES", "0")
    assert run("trade", second).status == 1
    assert hedges(run) == BOOK


def test_what_was_cut_short_says_nothing_and_what_cannot_be_read_stops(tmp_path: Path) -> None:
    owners = owners_of(tmp_path / "journal.db")
    assert owners.of("a:b") == ""
    owners.set("a:b", "/x.csv", 1)
    owners.set("a:c", "/y.csv", 1)
    with file_of(owners.path).open("ab") as file:
        file.write(b'{"account": "a:b", "bo\xff')
    assert (owners.of("a:b"), owners.of("a:c")) == ("/x.csv", "/y.csv")
    file_of(owners.path).unlink()
    file_of(owners.path).mkdir()
    for each in (lambda: owners.of("a:b"), lambda: owners.set("a:b", "/x.csv", 1)):
        with pytest.raises(JournalFailed):
            each()


def dealt(place: Place, journal: Journal, account: str, lease: Lease) -> Dealing:
    async def visit(_: object) -> None:
        raise AssertionError("nobody is asked")

    return Dealing(account, "me", lease, journal, WallClock(), visit)


def test_a_book_is_taken_for_one_account_while_a_process_is_at_another_one_that_has_it(
    tmp_path: Path,
) -> None:
    place, book = Place(tmp_path, "live"), "/books/one.csv"
    owners = owners_of(place.journal)
    with open_journal(place.journal) as journal, leased(journal, "b", "bybit:2") as two:
        here = dealt(place, journal, "bybit:2", two)
        with leased(journal, "a", "bybit:1") as one:
            assert taken_for(place, dealt(place, journal, "bybit:1", one), book) == ""
            assert taken_for(place, here, book, trades=False) == ""  # who only looks may
            with pytest.raises(BadConfig, match=r"hedged at bybit:1 already \(a process is at it now\)"):
                taken_for(place, here, book)
            assert owners.of("bybit:2") == ""
            assert owners.accounts_of(book) == ("bybit:1",)
            assert taken_for(place, here, "/books/two.csv") == ""
        assert (
            taken_for(place, here, book) == "/books/two.csv"
        )  # nobody is at the first one now, and it is flat
    assert owners.accounts_of(book) == ("bybit:1", "bybit:2")
    owners.set("bybit:1", "/books/three.csv", 1)
    assert owners.accounts_of(book) == ("bybit:2",)
