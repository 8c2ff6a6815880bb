"""`watch --live` at the venues' stand-ins: gates, a first hedge, a price that moves, and the day decided again."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Done, Run
from tests.cli.test_processes import STARTS, environment
from tests.cli.watching import LIVE, ME, Day, There, filled, keys_of, lived, opened, unhurried

from hedgerow.app import keeping
from hedgerow.app.desk import policy_of
from hedgerow.app.feed import history_of
from hedgerow.cli.options import DataOptions, Output, settings_of
from hedgerow.model.watched import Look
from hedgerow.runs.diary import LOOK, decided_again, diary_of
from hedgerow.runs.ground import Recollection
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.wire import value_of
from hedgerow.store.halts import halts_of
from hedgerow.store.journal import look_into
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Key
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET

pytestmark = pytest.mark.slow

TAGS = ("binance", "bybit", "bingx", "weex", "mexc")
ROWS = "ETH,10\nSOL,100"
CHANGED = "ETH,15\nSOL,100"
Open = Callable[..., AbstractContextManager[There]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("data") / "lake", TAGS)


@pytest.fixture
def at(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    unhurried(monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
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


def test_a_venue_that_is_away_a_key_that_is_revoked_and_a_halt_end_nothing_and_send_nothing(
    at: Open, tmp_path: Path
) -> None:
    with at("bybit") as there:
        stand, sent = there.stands["bybit"], []
        key = stand.keys[KEY]
        place = Path(tmp_path / "state" / "hedgerow" / "live" / "journal.db")

        def hedged() -> None:
            sent.append(there.sent("bybit"))
            there.shut("bybit")

        day = Day(
            [
                ("left", hedged),
                ("stop", lambda: there.open("bybit")),
                ("hold", lambda: stand.keys.pop(KEY)),
                ("stop", lambda: stand.keys.update({KEY: key})),
                ("hold", lambda: halts_of(place).set("*", 1, "I want to look first")),
                ("stop", lambda: halts_of(place).set("*", 2, None)),
                ("hold", lambda: None),
            ]
        )
        ended = lived(there, [there.book("book.csv", ROWS)], ["bybit"], day, lambda: None)
        assert (ended.code, there.sent("bybit")) == (0, sent[0])
        assert "failed" not in day.actions()
        assert day.actions().count("critical") >= 2  # positions were not known, twice
        assert ended.looks[0] is not None
        assert ended.looks[0].in_band


def test_books_of_two_accounts_are_watched_by_one_process_and_one_that_fails_is_tried_again(
    at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_S", 0.5)
    with at("bybit", "mexc") as there:
        books = [there.book("one.csv", ROWS), there.book("two.csv", "ETH,5")]
        day = Day(
            [
                ("two failed", lambda: None),
                ("one left", lambda: there.open("mexc")),
                ("two left", lambda: None),
            ]
        )
        ended = lived(there, books, ["bybit", "mexc"], day, lambda: there.shut("mexc"))
        assert ended.code == 0
        assert "failed" not in day.actions("one")
        assert there.held("bybit") < 0
        assert there.held("mexc") < 0


def test_books_in_the_settings_have_modes_and_policies_of_their_own(
    at: Open, run: Run, tmp_path: Path
) -> None:
    with at("bybit", "mexc") as there:
        there.book("one.csv", ROWS)
        there.book("two.csv", ROWS)
        with there.config.open("a", encoding="utf-8") as file:
            file.write('[[watch.books]]\nbook = "one.csv"\nat = "bybit"\n')
            file.write(
                '[[watch.books]]\nbook = "two.csv"\nat = "mexc"\nhedge = { target_beta_usd = 100000 }\n'
            )
        done = there.watch(run)
        assert done.status == 0, done.err
        acts = {line["book"]: line for line in said(done) if line["action"] in {"rebalance", "hold"}}
        assert acts.keys() == {"one", "two"}
        assert "about +$100,000" in acts["two"]["text"]
        assert "about +$100,000" not in acts["one"]["text"]
        assert (there.sent("bybit"), there.sent("mexc")) == (0, 0)
        shown = run("config", "show", "--config", str(there.config))
        assert 'at = "mexc"' in shown.out


def test_an_account_hedges_one_book_only(at: Open, run: Run) -> None:
    with at("bybit") as there:
        one, two = there.book("one.csv", ROWS), there.book("two.csv", ROWS)
        done = there.watch(run, one, two, "--at", "bybit")
        assert (done.status, there.sent("bybit")) == (4, 0)
        assert f"{one} and {two} are both hedged at bybit:" in done.err


def test_every_gate_is_shut_by_itself_and_looking_needs_a_key_that_reads(at: Open, run: Run) -> None:
    with at("bybit") as there:
        stand, book = there.stands["bybit"], there.book("book.csv", ROWS)
        settings = there.config.read_text(encoding="utf-8")

        def refused(status: int, words: str, *more: str, config: str = settings) -> None:
            there.config.write_text(config, encoding="utf-8")
            done = there.watch(run, book, *more)
            assert (done.status, there.sent("bybit")) == (status, 0), done.err
            assert words in done.err

        auto = ("--at", "bybit", "--mode", "auto")
        refused(2, "no venue is named")
        refused(2, "there is no terminal to ask at", *auto)
        refused(2, "there is no terminal to ask at", "--at", "bybit", "--mode", "propose")
        refused(4, "the settings allow no real money", *auto, config=settings.replace(LIVE, ""))
        refused(
            6, "allow no real orders", *auto, config=settings.replace("live = true\n", "live = false\n", 1)
        )
        stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE, withdraw=True)
        refused(6, "this key may withdraw", *auto)
        stand.keys[KEY] = Key(KEY, SECRET, ME, PASSPHRASE, trade=False)
        refused(6, "this key may not trade", *auto)
        there.config.write_text(settings.replace("live = true", "live = false"), encoding="utf-8")
        seen = there.watch(run, book, "--at", "bybit")
        assert (seen.status, there.sent("bybit")) == (0, 0), seen.err
        assert actions(seen)[:2] == ["watching", "rebalance"]


def test_what_is_proposed_on_an_account_is_approved_by_its_name(at: Open, run: Run) -> None:
    with at("bybit") as there:
        book = there.book("book.csv", ROWS)
        account = account_of(there, run, book, "--at", "bybit")
        asks = (book, "--at", "bybit", "--mode", "propose", "--yes-live", account)
        (line,) = (each for each in said(there.watch(run, *asks)) if each["action"] == "proposal")
        assert there.sent("bybit") == 0
        name = line["text"].split()[0]
        assert run("approve", name, "--who", "Ann", "--config", str(there.config)).status == 0
        traded(there, run, *asks)
        assert there.held("bybit") < 0


def test_an_account_and_a_cold_wallet_are_one_book_and_nothing_counts_twice(at: Open, run: Run) -> None:
    with at("binance") as there:
        stand = there.stands["binance"]
        stand.wallets[ME, "spot"] = {"ETH": Decimal(10)}
        stand.wallets[ME, "earn"] = {"SOL": Decimal(100)}
        there.book("cold.csv", "BTC,1")
        plain = there.book("plain.csv", "BTC,1\nETH,10\nSOL,100")
        with there.config.open("a", encoding="utf-8") as file:
            file.write('[book]\nsources = ["venue:binance", "cold.csv"]\n')
        texts = [
            next(
                line["text"]
                for line in said(there.watch(run, book, "--at", "binance"))
                if line["action"] == "rebalance"
            )
            for book in ("venue:all", plain)
        ]
        assert texts[0].split(",")[0] == texts[1].split(",")[0]
        account = account_of(there, run, "venue:all", "--at", "binance")
        auto = ("venue:all", "--at", "binance", "--mode", "auto", "--yes-live", account)
        traded(there, run, *auto)
        after = there.watch(run, *auto)
        assert actions(after)[:2] == ["watching", "hold"]
        no = '{"code": -2015, "msg": "no right to this"}'
        stand.faults.append(Fault("GET /api/v3/account", "instead", status=401, body=no, times=9))
        sent = there.sent("binance")
        blind = there.watch(run, *auto)
        assert (blind.status, there.sent("binance")) == (6, sent)
        assert "cannot be read" in blind.err


def test_holdings_that_cannot_be_read_any_more_are_not_gone(at: Open) -> None:
    with at("bybit") as there:
        book, sent = there.book("book.csv", ROWS), []

        def broken() -> None:
            sent.append(there.sent("bybit"))
            there.book("book.csv", "ETH,many")

        def mended() -> None:
            there.book("book.csv", ROWS)

        day = Day([("left", broken), ("stop", mended), ("hold", lambda: None)])
        ended = lived(there, [book], ["bybit"], day, lambda: None)
        assert (ended.code, there.sent("bybit")) == (0, sent[0])
        assert any(line.action == "critical" and "book.csv" in line.text for line in day.lines)


def test_a_coin_that_the_venue_does_not_price_holds_everything(at: Open, run: Run) -> None:
    with at("bybit") as there:
        stand = there.stands["bybit"]
        stand.instruments = [one for one in stand.instruments if one.underlying != "SOL"]
        done = there.watch(run, there.book("book.csv", ROWS), "--at", "bybit")
        assert done.status == 1
        assert "SOL: bybit tells no price of now" in done.out
        priced = there.watch(run, there.book("book.csv", ROWS), "--at", "bybit", "--price", "SOL=150")
        assert actions(priced)[:2] == ["watching", "rebalance"]


def test_killed_in_the_middle_the_same_command_goes_on_and_trades_once(
    at: Open, run: Run, tmp_path: Path
) -> None:
    with at("bybit") as there:
        book, state = there.book("book.csv", ROWS), tmp_path / "state"
        account = account_of(there, run, book, "--at", "bybit")
        auto = (book, "--at", "bybit", "--mode", "auto", "--yes-live", account)
        known = environment(tmp_path, XDG_STATE_HOME=str(state), **keys_of("bybit"))
        first = subprocess.Popen([*STARTS, *there.words(*auto)], env=known, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not there.sent("bybit") and time.monotonic() < end:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        assert first.wait(30) == -signal.SIGKILL
        end = time.monotonic() + 60
        while (done := there.watch(run, *auto)).status == 9 and time.monotonic() < end:
            time.sleep(1.0)
        assert done.status == 0, done.err
        for _ in range(3):
            if actions(there.watch(run, *auto))[1] == "hold":
                break
        else:
            raise AssertionError(done.out)
        with look_into(state / "hedgerow" / "live" / "journal.db") as journal:
            names = [r.body["client_id"] for r in journal.read(account) if r.kind == "sent"]
            ledger = ledger_of(journal.read(account))
            journal.verify()
        assert len(set(names)) == len(names)
        assert sum(entry.quantity for entry in ledger.entries.values()) == there.held("bybit")


def test_on_an_account_too_a_changed_file_counts_from_the_second_look_of_a_timer(at: Open, run: Run) -> None:
    with at("bybit") as there:
        book = there.book("book.csv", ROWS)
        account = account_of(there, run, book, "--at", "bybit")
        words = (book, "--at", "bybit", "--mode", "auto", "--yes-live", account)
        traded(there, run, *words)
        sent = there.sent("bybit")
        there.book("book.csv", CHANGED)
        first = actions(there.watch(run, *words))
        assert ("hold" in first, "changed" in first, there.sent("bybit")) == (True, True, sent)
        there.book("book.csv", ROWS)
        assert "changed" not in actions(there.watch(run, *words))
        there.book("book.csv", CHANGED)
        assert "changed" in actions(there.watch(run, *words))
        assert there.sent("bybit") == sent
        traded(there, run, *words)
        assert there.sent("bybit") > sent


def test_holdings_of_an_account_that_cannot_be_read_at_first_leave_a_look_a_call_and_a_sign(
    at: Open, run: Run
) -> None:
    with at("bybit") as there:
        book = there.book("book.csv", ROWS)
        account = account_of(there, run, book, "--at", "bybit")
        words = (book, "--at", "bybit", "--mode", "auto", "--yes-live", account)
        traded(there, run, *words)
        assert dog(there, run).status == 0
        sent = there.sent("bybit")
        there.book("book.csv", "ETH,many")
        first, second = (there.watch(run, *words) for _ in range(2))
        assert (first.status, second.status, there.sent("bybit")) == (4, 4, sent)
        assert ("critical" in first.out, "critical" in second.out) == (True, False)  # once
        barks = dog(there, run)
        assert (barks.status != 0, "could not begin to look" in barks.out, "many" in barks.out) == (True,) * 3
        rows = run("status", "--config", str(there.config), "--json").json["live"]["watches"]["book"][
            "alarms"
        ]
        assert [row["watch"] for row in rows if row["level"] == "critical"] == ["not hedged"]
        there.book("book.csv", ROWS)
        well = there.watch(run, *words)
        assert (well.status, "not hedged, book" in well.out, there.sent("bybit")) == (0, True, sent)
        assert dog(there, run).status == 0


def dog(there: There, run: Run) -> Done:
    """The watchdog's look at what is watched."""
    return run("watchdog", "--once", "--config", str(there.config))
