"""Several accounts of one venue, each by a key of its own: each book is hedged at its own, and no key is taken for another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.test_watch_live import account_of, traded
from tests.cli.watching import Day, There, filled, keys_of, lived, opened, unhurried

from hedgerow.testing.standin.stand import Key
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET

pytestmark = pytest.mark.slow
TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
ONE, TWO = "ETH,10", "ETH,20"
COINS = {"USDT": Decimal(200_000), "BTC": Decimal(2)}
DESK = Key("desk2key", "desk2secret", "desk2", "desk2words")
Open = Callable[..., AbstractContextManager[There]]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    lake = filled(tmp_path / "lake", TAGS)
    unhurried(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for tag in TAGS:
        first = f"HEDGEROW_KEY_{tag.upper()}__DESK2"
        parts = {"": DESK.key, "_SECRET": DESK.secret, "_PASSWORD": DESK.password}
        for name, told in {**keys_of(tag), **{f"{first}{end}": part for end, part in parts.items()}}.items():
            monkeypatch.setenv(name, told)
    return lambda *tags, **more: opened(tags, lake, tmp_path, **more)


def held(there: There, tag: str, account: str) -> Decimal:
    return sum((leg.quantity for leg in there.stands[tag].account(account).legs.values()), Decimal(0))


@pytest.mark.parametrize("tag", TAGS)
def test_two_books_are_hedged_at_two_accounts_of_a_venue_and_both_are_closed(
    tag: str, at: Open, run: Run
) -> None:
    with at(tag) as there:
        there.stands[tag].open_account(DESK, COINS)
        one, two = there.book("one.csv", ONE), there.book("two.csv", TWO)
        names = [
            account_of(there, run, one, "--at", tag),
            account_of(there, run, two, "--at", f"{tag}/desk2"),
        ]
        assert len(set(names)) == 2
        let = ("--mode", "auto", *(word for name in names for word in ("--yes-live", name)))
        for _ in range(3):
            traded(there, run, one, two, "--at", tag, "--at", f"{tag}/desk2", *let)
            if held(there, tag, "me") and held(there, tag, "desk2"):
                break
        assert held(there, tag, "desk2") < held(there, tag, "me") < 0
        status = run("status", "--config", str(there.config))
        assert all(name in status.out for name in names)
        closed = run("halt", "--why", "away", "--flatten", "--live", "--config", str(there.config))
        assert closed.status == 0, closed.out + closed.err
        assert not held(there, tag, "me")
        assert not held(there, tag, "desk2")


def test_two_names_of_one_account_are_refused(at: Open, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for end, told in (("", KEY), ("_SECRET", SECRET), ("_PASSWORD", PASSPHRASE)):
        monkeypatch.setenv(f"HEDGEROW_KEY_BYBIT__DESK2{end}", told)
    with at("bybit") as there:
        one, two = there.book("one.csv", ONE), there.book("two.csv", TWO)
        done = there.watch(run, one, two, "--at", "bybit", "--at", "bybit/desk2")
        assert done.status == 4
        assert "are both hedged at bybit:" in done.err
        assert there.sent("bybit") == 0


def test_a_book_is_not_hedged_at_a_second_account_while_it_is_at_the_first(at: Open, run: Run) -> None:
    with at("bybit") as there:
        there.stands["bybit"].open_account(DESK, COINS)
        book = there.book("one.csv", ONE)
        first = account_of(there, run, book, "--at", "bybit")
        traded(there, run, book, "--at", "bybit", "--mode", "auto", "--yes-live", first)
        second = ("--at", "bybit/desk2")
        let = (*second, "--mode", "auto", "--yes-live", account_of(there, run, book, *second))
        refused = there.watch(run, book, *let)
        assert refused.status == 4, refused.out
        assert f"{book} is hedged at {first} already" in refused.err
        assert there.watch(run, book, *second).status == 0  # who only looks may look
        assert not held(there, "bybit", "desk2")
        closed = run("halt", "--flatten", "--live", "--config", str(there.config))
        assert closed.status == 0, closed.err
        assert run("halt", "--lift", "--live", "--config", str(there.config)).status == 0
        traded(there, run, book, *let)
        twice = there.watch(run, book, book, "--at", "bybit", *second)
        assert (twice.status, "is named twice" in twice.err) == (2, True)


def test_a_key_that_may_withdraw_keeps_its_own_book_alone_from_being_traded(at: Open, run: Run) -> None:
    with at("bybit") as there:
        there.stands["bybit"].open_account(replace(DESK, withdraw=True), COINS)
        one, two = there.book("one.csv", ONE), there.book("two.csv", TWO)
        refused = there.watch(run, two, "--at", "bybit/desk2", "--mode", "auto", "--yes-live", "x")
        assert refused.status != 0
        assert "withdraw" in refused.err
        assert there.watch(run, one, "--at", "bybit").status == 0


@pytest.mark.parametrize(
    ("book", "where", "said_"),
    [
        ("one.csv", "bybit/no such", "cannot label a key"),
        ("one.csv", "bybit/desk3", "there is no key of bybit/desk3"),
        ("one.csv", "kraken/desk2", "is no venue"),
        ("venue:bybit/desk2", "bybit", "a book is not read from bybit/desk2"),
        ("venue:bybit", "bybit/desk2", "a book is not read from bybit/desk2"),
    ],
)
def test_what_cannot_be_is_refused(book: str, where: str, said_: str, at: Open, run: Run) -> None:
    with at("bybit") as there:
        path = there.book(book, ONE) if book.endswith(".csv") else book
        done = there.watch(run, path, "--at", where)
        assert done.status == 4, done.out
        assert said_ in done.err


def test_a_venue_that_loses_one_account_goes_on_with_the_other(at: Open, tmp_path: Path) -> None:
    with at("bybit") as there:
        stand = there.stands["bybit"]
        stand.open_account(DESK, COINS)
        books = [there.book("one.csv", ONE), there.book("two.csv", TWO)]
        key = stand.keys[DESK.key]
        day = Day(
            [
                ("two left", lambda: stand.keys.pop(DESK.key)),
                ("two stop", lambda: None),
                ("one hold", lambda: stand.keys.update({DESK.key: key})),
                ("two hold", lambda: None),
            ]
        )
        ended = lived(there, books, ["bybit", "bybit/desk2"], day, lambda: None)
        assert ended.code == 0
        assert held(there, "bybit", "me") < 0
        assert held(there, "bybit", "desk2") < 0
