"""Trades on paper by real processes: started, watched through the journal, and read back."""

from __future__ import annotations

import json
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.cli.conftest import BOOK
from tests.cli.test_processes import STARTS, environment

from hedgerow.app.dealing import PAPER_ACCOUNT
from hedgerow.model.errors import HedgerowError
from hedgerow.store.journal import look_into

__all__ = ["PLAN", "finished", "journal", "positions", "run_json", "sent", "start", "wait_for"]

PLAN = ("plan", BOOK, "--instruments", "BTCUSDT", "--collateral", "200000USDT")


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*STARTS, *words, "--state", str(home / "state")],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_json(home: Path, *words: str) -> tuple[int, Any]:
    process = start(home, *words, "--json")
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    return process.returncode, json.loads(out)


def journal(home: Path) -> Path:
    return home / "state" / "paper" / "journal.db"


def sent(home: Path, kind: str = "sent") -> int:
    """How many orders (or fills) the journal holds; 0 while it cannot be read yet."""
    try:
        with look_into(journal(home)) as there:
            return sum(record.kind == kind for record in there.read(PAPER_ACCOUNT))
    except HedgerowError:
        return 0


def wait_for(home: Path, orders: int, kind: str = "sent") -> None:
    """Wait until so many orders (or fills) are in the journal."""
    end = time.monotonic() + 60
    while sent(home, kind) < orders and time.monotonic() < end:
        time.sleep(0.02)
    assert sent(home, kind) >= orders


def finished(home: Path, plan: str) -> tuple[int, Any]:
    """Trade on, as soon as the killed process's lease has ended."""
    end = time.monotonic() + 60
    while (told := run_json(home, "trade", plan))[0] == 9 and time.monotonic() < end:
        time.sleep(1.0)
    return told


def positions(home: Path) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Contracts by the ledger, and units by the paper venue's own books."""
    status, told = run_json(home, "ledger")
    assert status == 0
    (account,) = told["paper"]["accounts"]
    books = json.loads((home / "state" / "paper" / "venue.json").read_text(encoding="utf-8"))["books"]
    fills: dict[str, Decimal] = {}
    for fill in books["fills"]:
        fills[fill["instrument"]] = fills.get(fill["instrument"], Decimal(0)) + Decimal(fill["quantity"])
    rows = {f"{e['venue']}:{e['instrument']}": Decimal(e["units_exact"]) for e in account["entries"]}
    return rows, fills
