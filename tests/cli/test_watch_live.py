"""`watch --live` at the venues' stand-ins: gates, a first hedge, a price that moves, and the day decided again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Done, Run
from tests.cli.watching import There, filled, keys_of, opened, unhurried

from hedgerow.app.desk import policy_of
from hedgerow.app.feed import history_of
from hedgerow.cli.options import DataOptions, Output, settings_of
from hedgerow.model.watched import Look
from hedgerow.runs.diary import LOOK, decided_again, diary_of
from hedgerow.runs.ground import Recollection
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.wire import value_of
from hedgerow.store.journal import look_into

pytestmark = pytest.mark.slow

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
ROWS = "ETH,10\nSOL,100"
Open = Callable[..., AbstractContextManager[There]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("data") / "lake", TAGS)


@pytest.fixture
def at(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    unhurried(monkeypatch)
    for tag in TAGS:
        for name, said in keys_of(tag).items():
            monkeypatch.setenv(name, said)
    return lambda *tags, **more: opened(tags, lake, tmp_path, **more)


def account_of(there: There, run: Run, *words: str) -> str:
    """The account's name, as a refused answer tells it."""
    refused = there.watch(run, *words, "--mode", "auto", "--yes-live", "x")
    assert refused.status == 2, refused.err
    return refused.err.split("nothing was sent: the account is ")[1].split(",")[0]


def said(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def actions(done: Done) -> list[str]:
    return [line["action"] for line in said(done)]


def traded(there: There, run: Run, *words: str) -> Done:
    """Look until something was traded: on a slow machine a price may be too old by then, and nothing is sent."""
    for _ in range(5):
        done = there.watch(run, *words)
        assert done.status == 0, done.err
        if "filled" in actions(done):
            return done
    raise AssertionError(done.out)


def again(there: There, tmp_path: Path, account: str, book: str) -> tuple[list[Look], tuple[Look, ...]]:
    """The looks of a diary, and those of them that are decided otherwise today."""
    data = DataOptions(market=account.partition(":")[0], lake=str(there.lake))
    settings = settings_of(Output(config=there.config), data)
    with look_into(tmp_path / "state" / "hedgerow" / "live" / "journal.db") as journal:
        records = tuple(journal.read(diary_of(account, book)))
    looks = [value_of(record.body) for record in records if record.kind == LOOK]
    return looks, decided_again(looks, Recollection(records, history_of(settings)), policy_of(settings))


@pytest.mark.parametrize("tag", TAGS)
def test_an_account_is_hedged_and_follows_a_price_and_the_day_is_decided_again(
    tag: str, at: Open, run: Run, tmp_path: Path
) -> None:
    with at(tag) as there:
        book = there.book("book.csv", ROWS)
        seen = there.watch(run, book, "--at", tag)
        assert seen.status == 0, seen.err
        assert ("STAND-IN" in said(seen)[0]["text"], there.sent(tag)) == (True, 0)
        assert actions(seen)[:2] == ["watching", "rebalance"]
        account = account_of(there, run, book, "--at", tag)
        let = (book, "--at", tag, "--mode", "auto", "--yes-live", account)
        first = traded(there, run, *let)
        assert {"filled", "left", "cleared"} <= set(actions(first))
        before = there.held(tag)
        assert before < 0
        there.stands[tag].prices["SOL"] *= 2  # type: ignore[index]
        traded(there, run, *let)
        assert there.held(tag) < before
        looks, differing = again(there, tmp_path, account, "book")
        assert ({look.act for look in looks}, differing) == ({"rebalance"}, ())
        assert (looks[0].in_band, looks[-1].in_band) == (False, True)
        with look_into(tmp_path / "state" / "hedgerow" / "live" / "journal.db") as journal:
            ledger = ledger_of(journal.read(account))
            journal.verify()
        assert sum(entry.quantity for entry in ledger.entries.values()) == there.held(tag)
