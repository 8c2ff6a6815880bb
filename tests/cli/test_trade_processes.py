"""A trade on paper beside its terminal and beside another process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_processes import STARTS, environment
from tests.cli.trading import PLAN, finished, journal, positions, run_json, sent, start

pytestmark = pytest.mark.slow


def until(terminal: int, words: str) -> str:
    """Read a terminal until it shows these words."""
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 4_096).decode()
    return shown


def test_a_terminal_shows_the_transcript_while_it_happens_and_once(tmp_path: Path) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    ours, theirs = os.openpty()
    words = [*STARTS, "trade", plan["plan_id"], "--state", str(tmp_path / "state")]
    with subprocess.Popen(
        words, env={**environment(tmp_path), "COLUMNS": "120", "TERM": "dumb"}, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            shown = until(ours, "filled")
            process.send_signal(signal.SIGSTOP)
            assert run_json(tmp_path, "status")[1]["paper"]["accounts"][0]["unfinished"] == plan["plan_id"]
            assert "leaves" not in shown
            process.send_signal(signal.SIGCONT)
            shown += until(ours, "hedgerow ledger")
            process.wait(timeout=60)
        finally:
            process.kill()
    os.close(ours)
    assert process.returncode == 0
    names = re.findall(r"hr[0-9a-z]{10,}", shown)
    assert len(names) == len(set(names)) == sent(tmp_path)
    assert shown.count("began") == 1
    assert shown.index("began") < shown.index("filled") < shown.index("done: everything")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_a_trade_that_rests_is_told_what_rests_and_what_to_do(
    tmp_path: Path, number: int
) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    words = ("trade", plan["plan_id"][:6], "--style", "limit", "--limit", "90000")
    with start(tmp_path, *words) as trading:
        assert trading.stderr is not None
        assert (
            trading.stderr.readline() == "resting: sell 3.989 contracts of paper:BTCUSDT at 90,000, waiting\n"
        )
        trading.send_signal(number)
        said = trading.stderr.read()
        trading.wait(timeout=60)
    assert trading.returncode == 130
    assert "is begun and not finished at paper:paper" in said
    assert "at the venue: sell 3.989 contracts of paper:BTCUSDT at 90,000, limit (hr" in said
    assert f"`hedgerow trade {plan['plan_id'][:6]}` goes on with it" in said
    (account,) = run_json(tmp_path, "status")[1]["paper"]["accounts"]
    (row,) = account["resting"]
    assert (row["contracts_exact"], row["kind"], row["price"], row["known"]) == (
        "-3.989",
        "limit",
        90_000.0,
        True,
    )
    run_json(tmp_path, "halt", "paper:paper")  # and the same command takes back what rests
    with start(tmp_path, "trade", plan["plan_id"], "--style", "market") as again:
        out, err = again.communicate(timeout=60)
    assert (again.returncode, "keeps its style: a limit order at 90000" in err) == (8, True)
    assert "cancelled" in out
    assert run_json(tmp_path, "status")[1]["paper"]["accounts"][0]["resting"] == []


STOPPED = """
import importlib, os, signal, sys
from hedgerow.app import dealing
from hedgerow.cli import main

room, _, name = sys.argv[1].rpartition(":")
place = dealing.Dealing if room == "Dealing" else importlib.import_module(room)
real = getattr(place, name)

def stop(*given, **named):
    os.kill(os.getpid(), signal.SIGSTOP)
    return real(*given, **named)

setattr(place, name, stop)
dealing.LEASE_MS = 300
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("place", ["Dealing:provide", "hedgerow.app.trade:carried"])
def test_who_slept_past_the_lease_writes_nothing_over_the_newer_account(tmp_path: Path, place: str) -> None:
    _, plan = run_json(tmp_path, *PLAN)
    _, other = run_json(tmp_path, *PLAN, "--target-beta", "0.5")
    words = ("trade", plan["plan_id"], "--state", str(tmp_path / "state"))
    sleeper = subprocess.Popen(
        [sys.executable, "-P", "-c", STOPPED, place, *words],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), sleeper.communicate()
        assert finished(tmp_path, other["plan_id"])[0] == 0
        account = journal(tmp_path).with_name("venue.json")
        before, orders = account.read_bytes(), sent(tmp_path)
        sleeper.send_signal(signal.SIGCONT)
        _, said = sleeper.communicate(timeout=60)
    finally:
        sleeper.kill()
        sleeper.wait()
    assert (account.read_bytes(), sent(tmp_path)) == (before, orders)
    assert sleeper.returncode == 9, said
    assert "taken" in said
    rows, fills = positions(tmp_path)
    assert rows == fills
    assert run_json(tmp_path, "reconcile")[0] == 0
