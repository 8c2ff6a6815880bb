"""A day of a watch in virtual time: the real loop and outlets, a journal, holdings, messages and a log in files, the paper venue.

python -m tests.chaos.soak [--hours 24] [--every 60]     prints its figures as JSON

The owner changes the book every twenty minutes, the venue falls silent every forty-five, the account is halted every ninety,
what is asked for messages and metrics is asked. Memory and open descriptors are looked at once an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / part) for part in ("src", "")]

from tests.outlets.inbox import inbox  # noqa: E402 - as above
from tests.store.servers import MEMORY  # noqa: E402 - the path above serves a plain start

from hedgerow.app.dealing import wall_ms  # noqa: E402 - as above
from hedgerow.app.watch import watch  # noqa: E402 - as above
from hedgerow.config import load_settings  # noqa: E402 - as above
from hedgerow.model.errors import VenueUnreachable  # noqa: E402 - as above
from hedgerow.model.watched import WatchLine  # noqa: E402 - as above
from hedgerow.runs.diary import LOOK, diary_of  # noqa: E402 - as above
from hedgerow.runs.pen import DONE  # noqa: E402 - as above
from hedgerow.store.beats import beats_of  # noqa: E402 - as above
from hedgerow.store.halts import halts_of  # noqa: E402 - as above
from hedgerow.store.journal import open_journal  # noqa: E402 - as above
from hedgerow.store.notices import notices_of  # noqa: E402 - as above
from hedgerow.venues.paper import PaperVenue  # noqa: E402 - as above

__all__ = ["Figures", "soaked"]

MINUTE, HOUR = 60_000, 3_600_000
WARM_HOURS = 4
_TIMEOUT_MS = 10_000
_ACCOUNT = "paper:paper"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a day came to: memory in kB and open descriptors, an hour each; `said` are the lines by their verb."""

    hours: int
    looks: int
    trades: int
    alarms: int
    messages: int
    records: int
    rss_kb: tuple[int, ...]
    descriptors: tuple[int, ...]
    said: Mapping[str, int]
    seconds: float

    @property
    def growth(self) -> float:
        """How much the memory of the last four hours is above that of the first four after the warm-up, as a fraction."""
        warm = self.rss_kb[WARM_HOURS : 2 * WARM_HOURS]
        return median(self.rss_kb[-WARM_HOURS:]) / median(warm) - 1.0 if warm else math.nan


@dataclass(slots=True)
class Day:
    """What happens while the watch runs; nothing of it is the watch's own doing."""

    folder: Path
    hours: int
    began: int = 0
    passed: int = 0
    minute: int = 0
    silent: bool = False
    rss_kb: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)

    @property
    def book(self) -> Path:
        """The holdings."""
        return self.folder / "book.csv"

    @property
    def journal(self) -> Path:
        """The account's journal."""
        return self.folder / "state" / "paper" / "journal.db"

    def hold(self, coins: int) -> None:
        """Let the owner have so many of one coin."""
        self.book.write_text(f"symbol,quantity\nETH,20\nSOL,{coins}\n", encoding="utf-8")

    def begins(self, shift_ms: int) -> Day:
        """Be the clock that a paper account asks for: it moves when somebody waits, until the day is over."""
        self.began = wall_ms() + shift_ms
        return self

    def now(self) -> int:
        """Return milliseconds of UTC."""
        return self.began + self.passed

    def monotonic(self) -> int:
        """Return what never goes back; the journal's leases run by it too."""
        return self.passed

    async def sleep(self, ms: int) -> None:
        """Move on at once, and let what is due happen; the end of the day is a person's ^C."""
        self.passed += max(ms, 0)
        await asyncio.sleep(0)
        while (self.minute + 1) * MINUTE <= self.passed:
            self.minute += 1
            self._passes(self.minute)
        if self.passed >= self.hours * HOUR:
            raise KeyboardInterrupt

    def _passes(self, minute: int) -> None:
        if minute % 20 == 0:
            self.hold(300 + 40 * (minute // 20 % 5))
        if minute % 45 in {0, 3}:
            self.silent = minute % 45 == 0
        if minute % 90 in {10, 14}:
            why = "a person said so" if minute % 90 == 10 else None
            halts_of(self.journal).set(_ACCOUNT, self.began + minute * MINUTE, why)
        if minute % 60 == 0:
            self._measure()

    def _measure(self) -> None:
        (beat,) = beats_of(self.journal).all()
        for path in ("healthz", "metrics"):
            asked = HTTPConnection("127.0.0.1", beat.port, timeout=10)
            asked.request("GET", f"/{path}")
            asked.getresponse().read()
            asked.close()
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        self.rss_kb.append(pages * os.sysconf("SC_PAGE_SIZE") // 1024)
        self.descriptors.append(len(list(Path("/proc/self/fd").iterdir())))

    def say(self, line: WatchLine) -> None:
        """Hear a line of the watch."""
        self.said[line.action] += 1


class _Door:
    """A door that hangs until its time-out while the venue is silent."""

    def __init__(self, door: Any, day: Day) -> None:
        self._door, self._day = door, day

    def __getattr__(self, name: str) -> Any:
        if self._day.silent:
            return self._hang
        return getattr(self._door, name)

    async def _hang(self, *_: Any, **__: Any) -> Any:
        await self._day.sleep(_TIMEOUT_MS)
        raise VenueUnreachable("no connection")


class _Venue(PaperVenue):
    """The paper venue, behind doors that may not answer."""

    day: Day

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        for name in ("data", "trading", "account"):
            setattr(self, name, _Door(getattr(self, name), self.day))


_SETTINGS = """
[data]
prices = "{folder}/prices.csv"
[trade]
state = "{folder}/state"
[hedge]
instruments = "BTCUSDT"
[watch]
mode = "auto"
every_s = {every}
cool_down_s = 0.0
trades_an_hour = 60
max_turnover = 1000.0
max_cost_usd = 1e9
metrics_port = 0
[log]
file = "{folder}/watch.log"
[notify]
allow_private = true
"""


def _write_prices(path: Path) -> None:
    """Write daily closes of three coins: a few contracts are enough, and each is priced at every question."""
    rng, days = np.random.default_rng(5), 400
    factor = rng.normal(0.0, 0.03, days)
    rows = ["date,BTC,ETH,SOL"]
    first, closes = np.datetime64("2025-05-01"), []
    for last, beta in ((60_000.0, 1.0), (3_000.0, 1.2), (150.0, 1.6)):
        path_ = np.cumprod(1.0 + beta * factor + rng.normal(0.0, 0.01, days))
        closes.append(path_ / path_[-1] * last)
    rows += [f"{first + i},{','.join(f'{each[i]:.4f}' for each in closes)}" for i in range(days)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def soaked(hours: int, every_s: float) -> Figures:
    """Return what a watch comes to that looks every so many seconds for so many virtual hours."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory(dir=MEMORY) as name, inbox() as told:
        day = Day(Path(name), hours)
        config = day.folder / "config.toml"
        config.write_text(_SETTINGS.format(folder=name, every=every_s), encoding="utf-8")
        _write_prices(day.folder / "prices.csv")
        day.hold(300)
        venue = type("Venue", (_Venue,), {"day": day})
        with (
            mock.patch.dict(os.environ, {"HEDGEROW_NOTIFY_PHONE": told.address()}),
            mock.patch("hedgerow.venues.clocks.WallClock", day.begins),
            mock.patch("hedgerow.store.journal.open_journal", partial(open_journal, monotonic=day.monotonic)),
            mock.patch("hedgerow.venues.paper.PaperVenue", venue),
            suppress(KeyboardInterrupt),
        ):
            watch(load_settings(config).settings, str(day.book), day.say)
        return _figures(day, len(told.got), time.process_time() - begun)


def _figures(day: Day, messages: int, seconds: float) -> Figures:
    with open_journal(day.journal) as journal:
        records = journal.verify()
        looks = sum(record.kind == LOOK for record in journal.read(diary_of(_ACCOUNT, day.book.stem)))
        trades = sum(record.kind == DONE for record in journal.read(_ACCOUNT))
    alarms = len(notices_of(day.journal).all())
    memory = tuple(day.rss_kb), tuple(day.descriptors)
    return Figures(
        day.hours, looks, trades, alarms, messages, records, *memory, dict(day.said), round(seconds, 1)
    )


def main(words: Sequence[str] | None = None) -> int:
    """Live a day and print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--every", type=float, default=60.0)
    asked = parser.parse_args(words)
    figures = soaked(asked.hours, asked.every)
    sys.stdout.write(json.dumps({**asdict(figures), "growth": round(figures.growth, 4)}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
