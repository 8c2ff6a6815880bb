"""A watch on paper whose price files change under it: it goes on with the new ones, and says so where they cannot be read."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest
from tests.cli.test_processes import STARTS, environment

pytestmark = pytest.mark.slow
DRAWN = np.random.default_rng(4)
MARKET = DRAWN.normal(0.0, 0.02, 200)
WAYS = {"BTC": MARKET, "ETH": 1.2 * MARKET + DRAWN.normal(0.0, 0.01, 200)}


def closes(place: Path, days: int) -> None:
    """Write the first `days` of the prices, whole at once."""
    lines = ["symbol,date,close"]
    for coin, way in WAYS.items():
        prices = 2_000.0 * np.exp(np.cumsum(way))[:days]
        first = np.datetime64("2025-01-01")
        lines += [f"{coin},{first + day},{price:.4f}" for day, price in enumerate(prices.tolist())]
    begun = place.with_suffix(".begun")
    begun.write_text("\n".join(lines) + "\n", encoding="utf-8")
    begun.replace(place)


class Lines:
    """A watch in a process of its own, and what it says."""

    def __init__(self, home: Path, *more: str) -> None:
        words = [
            "watch",
            "book.csv",
            "--prices",
            "p.csv",
            "--price",
            "USDT=1",
            "--every",
            "1",
            "--json",
            "--state",
            "s",
            *more,
        ]
        self.process = subprocess.Popen(
            [*STARTS, *words],
            cwd=home,
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said: Queue[dict[str, Any]] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def end(self) -> tuple[int, str]:
        """End it in order; return its exit code and what it said on stderr."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join(10)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        with self.process.stdout, self.process.stderr as err:
            return code, err.read()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))

    def until(self, action: str) -> dict[str, Any]:
        """Return the next line of an action."""
        end = time.monotonic() + 60.0
        while time.monotonic() < end:
            try:
                line = self._said.get(timeout=0.5)
            except Empty:
                assert self.process.poll() is None
                continue
            if line["action"] == action:
                return line
        raise AssertionError(f"nothing of {action} was said")


def chain(place: Path, days: int) -> None:
    """Write a chain of the last of so many days: one put on BTC, quoted in coins."""
    index = 2_000.0 * float(np.exp(MARKET[:days].sum()))
    at = np.datetime64("2025-01-01") + days
    head = "timestamp,instrument_name,option_type,strike,expiry_datetime,bid_price,ask_price,futures_price,index_price"
    row = f"{at}T00:00Z,BTC-29AUG25-2000-P,put,2000,2025-08-29T08:00Z,0.15,0.16,{index:.2f},{index:.2f}"
    begun = place.with_suffix(".begun")
    begun.write_text(f"{head}\n{row}\n", encoding="utf-8")
    begun.replace(place)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Lines]:
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,40\n", encoding="utf-8")
    closes(tmp_path / "p.csv", 190)
    made = Lines(tmp_path)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
            made.end()


def test_new_bars_are_looked_at_and_a_file_that_is_gone_is_told(lines: Lines, tmp_path: Path) -> None:
    first = lines.until("rebalance")
    closes(tmp_path / "p.csv", 195)
    lines.until("prices")
    later = lines.until("rebalance")
    assert later["text"] != first["text"]
    assert later["at"] > first["at"]
    (tmp_path / "p.csv").write_text("symbol,date,close\nBTC,2025", encoding="utf-8")
    told = lines.until("critical")
    assert "Nothing is sent" in told["text"]
    (tmp_path / "p.csv").rename(tmp_path / "away.csv")
    time.sleep(1.5)
    closes(tmp_path / "p.csv", 195)
    assert "not hedged" in lines.until("cleared")["text"]
    code, err = lines.end()
    assert (code, "stopped" in err) == (0, True)


def test_a_chain_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text("symbol,quantity\nETH,40\nBTC-29AUG25-2000-P,5\n", encoding="utf-8")
    closes(tmp_path / "p.csv", 190)
    chain(tmp_path / "chain.csv", 180)
    lines = Lines(tmp_path, "--chain", "chain.csv")
    try:
        assert "BTC-29AUG25-2000-P" in lines.until("stop")["text"]  # a chain of ten days ago tells nothing
        chain(tmp_path / "chain.csv", 190)
        lines.until("prices")
        lines.until("rebalance")
        assert lines.end()[0] == 0
    finally:
        if lines.process.poll() is None:
            lines.process.kill()
            lines.end()
