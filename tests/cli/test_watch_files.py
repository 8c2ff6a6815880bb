"""What editors, copies and slips do to the file of holdings between two looks, by the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.trading import sent


def test_half_a_file_is_no_book_and_a_slip_is_asked_about(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an editor and a copy do to the file between looks, and what `auto` trades on."""
    book, state = tmp_path / "mine.csv", ("--state", str(tmp_path / "state"))
    whole = "symbol,quantity\nETH,40\nSOL,400\nUSDT,50000\n"
    book.write_text(whole, encoding="utf-8")
    texts = iter(
        [
            whole[:30],  # half of it, for one look
            whole,
            whole.replace("400", "0.4"),  # a slip, that stays
            whole.replace("400", "0.4"),
        ]
    )

    async def edited(*_: object) -> None:
        text = next(texts, None)
        if text is None:
            raise KeyboardInterrupt
        book.write_text(text, encoding="utf-8")

    with monkeypatch.context() as patched:
        patched.setattr("hedgerow.runs.monitor.Monitor.rest", edited)
        done = run("watch", str(book), "--mode", "auto", "--json", *state)
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["action"] for line in lines if line["action"] == "filled"] == ["filled"]
    (asked,) = (line for line in lines if line["action"] == "critical")
    assert "SOL 400 → 0.4" in asked["text"]
    name = re.search(r"hedgerow approve ([0-9a-f]{8})", asked["text"])
    assert name is not None
    assert "book changed" in run("status", *state, "--json").out
    assert run("approve", name[1], "--who", "Ann", *state).status == 0
    after = run("watch", str(book), "--once", "--mode", "auto", "--json", *state)
    assert {"accepted", "cleared"} <= {json.loads(line)["action"] for line in after.out.splitlines()}


def test_holdings_that_cannot_be_read_leave_a_look_an_alarm_and_a_watchdog_that_barks(
    run: Run, tmp_path: Path
) -> None:
    state, book = ("--state", str(tmp_path / "state")), tmp_path / "book.csv"
    good = "symbol,quantity\nETH,40\nSOL,400\n"
    words = ("watch", str(book), "--once", "--mode", "auto", *state)
    book.write_text("symbol,quantity\nETH,forty\n", encoding="utf-8")
    assert run(*words).status == 4  # nothing was watched: there is nothing to tell anybody
    book.write_text(good, encoding="utf-8")
    assert run(*words).status == 0
    assert run("watchdog", "--once", *state).status == 0
    before = sent(tmp_path)
    book.write_text("symbol,quantity\nETH,forty\n", encoding="utf-8")
    first, second = run(*words), run(*words)
    assert (first.status, second.status, sent(tmp_path)) == (4, 4, before)
    assert ("critical" in first.out, "critical" in second.out) == (True, False)  # once
    assert "forty" in first.err
    dog = run("watchdog", "--once", *state)
    assert (dog.status != 0, "could not begin to look" in dog.out, "forty" in dog.out) == (True, True, True)
    status = run("status", *state)
    assert "book.csv" in status.out
    alarms = run("status", *state, "--json").json["paper"]["watches"]["book"]["alarms"]
    assert [row["watch"] for row in alarms if row["level"] == "critical"] == ["not hedged"]
    book.write_text(good, encoding="utf-8")
    well = run(*words)
    assert (well.status, "cleared    not hedged, book" in well.out) == (0, True)
    assert run("watchdog", "--once", *state).status == 0


def test_from_a_timer_a_changed_file_counts_from_the_second_look_that_reads_the_same(
    run: Run, tmp_path: Path
) -> None:
    """Each look is a process of its own: what was read once is in the diary."""
    book, config = tmp_path / "book.csv", tmp_path / "config.toml"
    config.write_text("[watch]\ncool_down_s = 0.0\n", encoding="utf-8")
    told = ("--json", "--config", str(config), "--state", str(tmp_path / "state"))
    words = ("watch", str(book), "--once", "--mode", "auto", *told)
    whole = "symbol,quantity\nETH,40\nSOL,400\nUSDT,50000\n"

    def looked(text: str) -> list[str]:
        book.write_text(text, encoding="utf-8")
        done = run(*words)
        assert done.status == 0, done.err
        return [json.loads(line)["action"] for line in done.out.splitlines()]

    assert "filled" in looked(whole)
    before = sent(tmp_path)
    half = whole[: whole.index("0\nUSDT")]  # it reads well: SOL 40
    assert looked(half) == ["hold", "changed"]
    assert looked(whole) == ["hold"]
    assert looked(half) == ["hold", "changed"]  # seen before what was put back: the first look again
    other = whole.replace("400", "300")
    assert looked(other) == ["hold", "changed"]
    assert sent(tmp_path) == before
    assert "filled" in looked(other)
    assert sent(tmp_path) > before
    assert looked(other) == ["hold"]


def test_holdings_that_become_unreadable_stop_the_trading_and_not_the_watch(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, state = tmp_path / "mine.csv", ("--state", str(tmp_path / "state"))
    whole, broken = "symbol,quantity\nETH,40\nSOL,400\n", "symbol,quantity\nETH,many\n"
    book.write_text(whole, encoding="utf-8")
    texts = iter([broken, broken, whole])

    async def edited(*_: object) -> None:
        text = next(texts, None)
        if text is None:
            raise KeyboardInterrupt
        book.write_text(text, encoding="utf-8")

    with monkeypatch.context() as patched:
        patched.setattr("hedgerow.runs.monitor.Monitor.rest", edited)
        done = run("watch", str(book), "--mode", "auto", "--json", *state)
    lines = [json.loads(line) for line in done.out.splitlines()]
    acts = [line["action"] for line in lines if line["action"] in {"rebalance", "hold", "stop"}]
    assert acts == ["rebalance", "hold", "stop", "hold"]
    (called,) = (line["text"] for line in lines if line["action"] == "critical")
    assert "many" in called
    assert "not hedged, book" in lines[-1]["text"]


def test_a_large_coin_whose_row_is_gone_is_asked_about_and_one_that_says_0_was_sold(
    run: Run, tmp_path: Path
) -> None:
    book, config = tmp_path / "book.csv", tmp_path / "config.toml"
    config.write_text("[watch]\ncool_down_s = 0.0\n", encoding="utf-8")
    told = ("--config", str(config), "--state", str(tmp_path / "state"))

    def looked(text: str) -> str:
        book.write_text(text, encoding="utf-8")
        return run("watch", str(book), "--once", "--mode", "auto", *told).out

    whole = "symbol,quantity\nETH,40\nSOL,400\nUSDT,50000\n"
    assert "filled" in looked(whole)
    before = sent(tmp_path)
    lost = whole.replace("SOL,400\n", "")
    assert "changed" in looked(lost)
    asked = looked(lost)
    assert ("SOL 400 → no row" in asked, "hedgerow approve" in asked, sent(tmp_path)) == (True, True, before)
    sold = whole.replace("400", "0")
    assert "changed" in looked(sold)
    assert "filled" in looked(sold)
    assert sent(tmp_path) > before


def test_a_dated_contract_that_is_held_is_read_again_with_the_file(run: Run, tmp_path: Path) -> None:
    """One that the paper venue lists and new hedges are not planned on."""
    book, state = tmp_path / "book.csv", ("--state", str(tmp_path / "state"))
    rows = "symbol,quantity,kind,account,entry_price\nETH,40,,,\n"
    book.write_text(f"{rows}BTCUSDT_270326,-0.3,future,paper,60000\n", encoding="utf-8")
    for changed in (False, True, False):
        done = run("watch", str(book), "--once", "--json", *state)
        assert done.status == 0, done.err
        lines = [json.loads(line) for line in done.out.splitlines()]
        assert ("changed" in {line["action"] for line in lines}) is changed
        book.write_text(f"{rows}BTCUSDT_270326,-0.4,future,paper,60000\n", encoding="utf-8")
