"""`status`, `ledger`, `halt`, `reconcile` and `export`, also where there is nothing, or nothing that can be read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.cli.conftest import BOOK, Run
from tests.runs.test_bookkeeping import BTC

from hedgerow.app.dealing import PAPER_ACCOUNT, leased
from hedgerow.app.plans import Place
from hedgerow.model.orders import contracts_of
from hedgerow.runs.ledger import Adopted, adoption, instrument_record
from hedgerow.store.journal import open_journal


@pytest.fixture
def traded(run: Run, tmp_path: Path) -> Path:
    """The state folder of a paper account that holds a hedge."""
    plan = run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    assert run("trade", plan["plan_id"]).status == 0
    return tmp_path / "state" / "hedgerow" / "paper"


def test_where_nothing_was_traded_that_is_said(run: Run, tmp_path: Path) -> None:
    assert run("status").out.count("nothing was traded yet") == 2
    assert run("status", "--json").json["paper"]["exists"] is False
    assert "Nothing was traded yet." in run("ledger").out
    done = run("reconcile")  # there is a venue, and nothing to hold against it
    assert done.status == 2
    assert "nothing was traded yet" in done.err
    done = run("export", "--out", str(tmp_path / "out"))
    assert (done.status, done.out) == (0, "Nothing was traded yet, and nothing was written.\n")
    assert run("export", "--json").json == {"files": []}
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "state").exists()
    assert run("reconcile", "--live").status == 2


def test_halting_needs_nothing_and_is_quick(run: Run, tmp_path: Path) -> None:
    begun = time.monotonic()
    done = run("halt", "--why", "look first")
    assert time.monotonic() - begun < 2.0
    assert (done.status, done.out) == (0, "everything is halted: look first (paper, live)\n")
    status = run("status", "--json")
    assert status.status == 1
    assert status.json["live"]["halts"] == status.json["paper"]["halts"] == {"*": "look first"}
    assert run("halt", "paper:paper", "--paper", "--json").json == {
        "account": "paper:paper",
        "modes": ["paper"],
        "halted": "by hand",
    }
    assert "halted paper:paper: by hand" in run("status").out
    lifted = run("halt", "--lift")
    assert lifted.status == 0
    assert (
        "still halted: paper:paper (paper), by hand: hedgerow halt paper:paper --lift --paper" in lifted.out
    )
    assert run("status", "--json").json["paper"]["halts"] == {"paper:paper": "by hand"}
    assert (
        run("halt", "paper:paper", "--lift", "--paper").out == "the halt of paper:paper is lifted (paper)\n"
    )
    assert run("status").status == 0


def test_flattening_keeps_the_reason_of_the_halt_before(run: Run) -> None:
    def reason() -> str:
        return str(run("status", "--json").json["paper"]["halts"]["*"])

    assert run("halt", "--why", "funding is wrong").status == 0
    for _ in range(2):
        assert run("halt", "--flatten").status == 0
        assert reason() == "funding is wrong; by hand"
    assert run("halt", "--flatten", "--why", "close it").status == 0
    assert reason() == "funding is wrong; by hand; close it"
    assert run("halt", "--why", "another matter").status == 0
    assert reason() == "another matter"


def hold_live(tmp_path: Path) -> None:
    """Let the live journal know an account that holds something."""
    place = Place(tmp_path / "state" / "hedgerow", "live")
    bought = Adopted(BTC.name, Decimal("0.5"), Decimal(60_000), 1, "held before the journal began")
    with open_journal(place.journal) as journal, leased(journal, "me", "bybit:1") as lease:
        journal.append("bybit:1", 1, [instrument_record(BTC), adoption(bought)], lease)


def test_flattening_does_not_trade_real_money_unasked(run: Run, tmp_path: Path) -> None:
    empty = run("halt", "--flatten")
    assert (empty.status, empty.out) == (0, "Halted. There was nothing of this journal to close.\n")
    hold_live(tmp_path)
    done = run("halt", "--flatten")
    assert done.status == 1
    assert "LIVE positions are halted, NOT closed (bybit:1)" in " ".join(done.out.split())
    assert "hedgerow halt --flatten --live" in " ".join(done.out.split())
    assert run("status", "--json").json["live"]["halts"] == {"*": "by hand"}
    told = run("halt", "--flatten", "--json")
    assert (told.status, told.json["live_open"], told.json["modes"]) == (1, ["bybit:1"], ["paper", "live"])
    assert run("halt", "--flatten", "--paper").status == 0
    asked = run("halt", "--flatten", "--live", "--json")  # there is no key: it is named, with what is open
    assert asked.status == 4
    (failed,) = asked.json["failed"]
    assert (failed["account"], "no key of bybit" in failed["error"]["message"]) == ("bybit:1", True)
    assert Decimal(failed["open_by_journal"]["contracts_exact"][BTC.name]) == contracts_of(
        BTC, Decimal("0.5")
    )


def test_what_fails_on_paper_is_told_beside_what_is_live(run: Run, tmp_path: Path) -> None:
    hold_live(tmp_path)
    paper = tmp_path / "state" / "hedgerow" / "paper"
    paper.mkdir()
    (paper / "journal.db").write_text("this is no journal" * 100, encoding="utf-8")
    done = run("halt", "--flatten")
    assert done.status == 7, done.out
    told = " ".join(done.out.split())
    assert "paper:paper (paper) was NOT closed" in told
    assert "what it still holds is NOT KNOWN" in told
    assert "nothing of this journal" not in told
    assert "LIVE positions are halted, NOT closed" in told
    (paper / "journal.db-halts").unlink()
    (paper / "journal.db-halts").mkdir()
    asked = run("halt", "--flatten", "--json")
    assert asked.status == 3
    assert (asked.json["modes"], asked.json["live_open"]) == (["live"], ["bybit:1"])
    assert [each["mode"] for each in asked.json["failed"]] == ["paper"]


def test_who_halts_an_account_that_no_journal_knows_is_told(run: Run, tmp_path: Path) -> None:
    hold_live(tmp_path)
    done = run("halt", "bybit:2")
    assert done.status == 1
    assert "NO JOURNAL KNOWS bybit:2" in done.err
    assert "Known: paper:paper, bybit:1." in done.err
    assert run("status", "--json").json["live"]["halts"] == {"bybit:2": "by hand"}
    lifted = run("halt", "bybit:2", "--lift", "--json")
    assert (lifted.status, "NO JOURNAL KNOWS" in lifted.json["not_known"]) == (1, True)
    assert run("halt", "bybit:1", "--live").status == 0
    assert run("halt", "bybit:2", "--flatten").status == 1
    (tmp_path / "state" / "hedgerow" / "live" / "journal.db").write_text("none" * 100, encoding="utf-8")
    assert "The journal of live cannot be read." in run("halt", "bybit:1").err


def test_halting_needs_no_settings_where_the_state_is_named(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "broken.toml"
    config.write_text("[hedge\n", encoding="utf-8")
    done = run("halt", "--config", str(config))
    assert done.status == 4
    assert "NOTHING was halted" in done.err
    where = ("--state", str(tmp_path / "there"))
    assert run("halt", "--config", str(config), *where).status == 0
    assert run("status", *where, "--json").json["paper"]["halts"] == {"*": "by hand"}
    done = run("halt", "--lift", "--config", str(config), *where)
    assert (done.status, done.out) == (0, "the halt of everything is lifted (paper, live)\n")
    again = run("halt", "--lift", "--config", str(config), *where)
    assert (again.status, again.out) == (0, "there was no halt of everything\n")


@pytest.mark.slow
def test_a_name_that_no_account_can_have_is_not_taken_for_one(run: Run) -> None:
    """Who mistypes has to know that nothing was stopped."""
    done = run("halt", "paper")
    assert done.status == 2
    assert "NOTHING was halted" in done.err
    assert "paper:paper" in done.err


def test_halting_works_while_a_stopped_process_holds_the_journal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "state" / "hedgerow" / "paper" / "journal.db"
    open_journal(path).close()
    code = f"import sqlite3, time; c = sqlite3.connect({str(path)!r}, isolation_level=None)\nc.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    os.kill(holder.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        assert run("halt").status == 0
        assert time.monotonic() - begun < 2.0
        assert run("status", "--json").json["paper"]["trouble"] is None
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.slow
def test_a_traded_account_is_told_reconciled_and_exported(run: Run, traded: Path, tmp_path: Path) -> None:
    ledger = run("ledger", "--paper", "--json").json["paper"]["accounts"][0]
    (entry,) = ledger["entries"]
    assert "BTCUSDT" in run("ledger").out
    assert Decimal(entry["units_exact"]) < 0
    found = run("reconcile", "--json")
    assert (found.status, found.json["agrees"], found.json["gaps"]) == (0, True, [])
    assert found.json["entries"] == ledger["entries"]
    assert "the venue and the journal agree" in run("reconcile").out
    assert run("export", "--out", str(tmp_path / "out")).status == 0
    fills = pl.read_parquet(tmp_path / "out" / "paper-fills.parquet")
    assert sum(map(Decimal, fills["quantity"])) == Decimal(entry["units_exact"])
    assert sum(map(Decimal, fills["fee"])) == Decimal(entry["fees"]["USDT"])
    assert pl.read_csv(tmp_path / "out" / "paper-fills.csv").columns == fills.columns
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run("export", "--out", str(tmp_path / "file")).status == 4


@pytest.mark.slow
def test_a_damaged_journal_is_told_and_halting_works(run: Run, traded: Path) -> None:
    outside = sqlite3.connect(traded / "journal.db")
    outside.execute("DROP TRIGGER records_no_UPDATE")
    outside.execute(
        "UPDATE records SET body = replace(body, '\"price\":\"6', '\"price\":\"7') WHERE kind = 'fill'"
    )
    outside.commit()
    outside.close()
    status = run("status", "--json")
    assert status.status == 1
    assert "is not what was written" in status.json["paper"]["trouble"]
    assert "cannot be read" in run("status").out
    assert run("ledger").status == 7
    assert run("export").status == 7
    assert run("reconcile").status == 7
    assert run("halt").status == 0


@pytest.mark.slow
def test_while_another_holds_the_account_nothing_trades_it(run: Run, traded: Path) -> None:
    with open_journal(traded / "journal.db") as journal:
        assert journal.acquire(PAPER_ACCOUNT, "somebody", 15_000) is not None
        done = run("reconcile")
        assert done.status == 9
        assert "another process trades" in done.err
        assert "held by somebody for" in run("status").out


@pytest.mark.slow
def test_a_halted_trade_names_the_commands_that_lift_its_halts(run: Run) -> None:
    plan = run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    assert run("halt", "paper:paper", "--why", "look first").status == 0
    assert run("halt", "--why", "all").status == 0
    told = run("trade", plan["plan_id"])
    assert told.status == 8
    commands = [text for text in told.err.split("`") if text.startswith("hedgerow ")]
    assert commands == ["hedgerow halt paper:paper --lift", "hedgerow halt --lift"]
    for command in commands:
        assert run(*command.split()[1:]).status == 0
    assert run("trade", plan["plan_id"]).status == 0


@pytest.mark.slow
def test_a_journal_that_cannot_be_opened_has_one_exit_code(run: Run, tmp_path: Path) -> None:
    plan = run("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT", "--json").json
    (tmp_path / "state" / "hedgerow" / "paper" / "journal.db").mkdir()
    words = (("ledger",), ("reconcile",), ("export",), ("trade", plan["plan_id"]))
    assert {verb[0]: run(*verb).status for verb in words} == dict.fromkeys([w[0] for w in words], 3)
    assert run("status").status == 1
    assert run("status", "--json").json["paper"]["trouble"]


def test_a_watch_that_has_not_looked_for_long_is_told_without_its_alarms(run: Run, tmp_path: Path) -> None:
    assert run("watch", BOOK, "--once", "--mode", "propose").status == 0
    assert run("status").status == 1
    assert "waits for you" in run("status").out
    assert run("acknowledge", "--who", "Ann").status == 0
    text = " ".join(run("status").out.split())
    assert "off the target" in text
    assert "(seen by Ann)" in text
    assert "`hedgerow approve` with the proposal's name trades it" in text  # the advice
    assert "paper:paper book" in run("brief").out
    (path,) = (tmp_path / "state" / "hedgerow" / "paper" / "journal.db-beats").glob("*.json")
    beat = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**beat, "at": beat["at"] - 50 * 3_600_000}), encoding="utf-8")
    done = run("status")
    text = " ".join(done.out.split())
    assert "it has not looked for 50 hours" in text
    assert "waits for you" not in text
    assert "warning:" not in text
    assert done.status == 0
    assert "nothing is watched yet" in run("brief").out
