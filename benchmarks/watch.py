"""A thousand books of thirty coins watched each minute by one process, at Binance's stand-in in another.

What is measured is the watch as `hedgerow watch --live` runs it: an account, a lease, a journal on the disk, signed requests
through ccxt and HTTP, a diary, a sign of life a book; in mode `auto`, with a hedge that is open when it begins. The clock is
the processor time of the watching process alone, in real minutes. `HEDGEROW_BOOKS` are as many as one wants.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.race import Row
from benchmarks.watched_venue import TAG, keys_of, now, stand_of

from hedgerow.app.asking import passphrase_from
from hedgerow.app.dealing import LEASE_MS
from hedgerow.app.desk import policy_of
from hedgerow.app.feed import history_of
from hedgerow.app.keeping import Watches
from hedgerow.app.lake import LakeSink
from hedgerow.app.leases import held_in
from hedgerow.app.live import Reached
from hedgerow.app.outward import outward
from hedgerow.app.plans import place_of
from hedgerow.app.posts import Post
from hedgerow.cli.options import DataOptions, Output, settings_of
from hedgerow.config import Settings
from hedgerow.files.portfolio import read_portfolio
from hedgerow.model.watched import WatchLine
from hedgerow.runs.ledger import Adopted, adoption, instrument_record
from hedgerow.testing.standin.worlds import PRICES
from hedgerow.venues import doors

BOOKS = int(os.environ.get("HEDGEROW_BOOKS", "1000"))
HOLDINGS, DAYS, MINUTES, MINUTE_S = 30, 400, 4, 60.0
HALF_A_CORE, TWO_MINUTES = 30.0, 120.0
_DAY_MS = 86_400_000
_CONFIG = """
[venues.{tag}]
stand_in = "{base}"
live = true
[trade]
live = true
[watch]
mode = "auto"
cool_down_s = 0.0
"""


@dataclass(slots=True)
class Seen:
    """When each book was looked at, by the monotonic clock; what went wrong."""

    looks: dict[str, list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def say(self, line: WatchLine) -> None:
        """Hear a line: each look says one of these four words."""
        if line.action in {"hold", "rebalance", "roll", "stop"}:
            self.looks.setdefault(line.book, []).append(time.monotonic())
        if line.action in {"failed", "stop", "ended"}:
            self.failed.append(f"{line.book}: {line.text}")

    @property
    def complete(self) -> bool:
        """Whether every book was looked at twice: by then all of them have begun, and have betas."""
        return len(self.looks) == BOOKS and all(len(times) > 1 for times in self.looks.values())

    def longest(self, since: float) -> float:
        """The longest time from a look that was the last before `since` to the next, or after it, to now for the last."""
        found = 0.0
        for times in self.looks.values():
            first = max((i for i, at in enumerate(times) if at <= since), default=0)
            points = [*times[first:], time.monotonic()]
            found = max(found, *(b - a for a, b in pairwise(points)))
        return found


@dataclass(frozen=True, slots=True)
class Measured:
    """A minute: processor seconds of the watch, questions about prices and questions in all that the venue heard."""

    cpu_s: float
    public: int
    heard: int


def filled(root: Path) -> None:
    """Four hundred days of every linear perpetual, with betas from 0.8 on and moves of their own."""
    stand, sink, rng = stand_of(), LakeSink(root, TAG), np.random.default_rng(2)
    until, factor = stand.clock() // _DAY_MS * _DAY_MS, rng.normal(0.0, 0.03, DAYS)
    perpetuals = [one for one in stand.instruments if one.is_perpetual and one.settle == "USDT"]
    for i, one in enumerate(perpetuals):
        own = 0.0 if one.underlying == "BTC" else rng.normal(0.0, 0.02, DAYS)
        path = np.cumprod(1.0 + (1.0 if i == 0 else 0.8 + 0.03 * i) * factor + own)
        path *= float(stand.prices[one.underlying]) / path[-1]
        rows = [
            {"ts": until - (DAYS - t) * _DAY_MS, "symbol": one.symbol, "close": float(p), "volume_base": 1e6}
            for t, p in enumerate(path)
        ]
        sink.write("candles-1d", one.underlying, rows)


def posts_of(home: Path, settings: Settings) -> list[Post]:
    """Books of thirty coins, worth 30,000 dollars or more, each at an account of its own."""
    stand, rng = stand_of(), np.random.default_rng(3)
    coins = [coin for coin in stand.prices if coin != "BTC"][:HOLDINGS]
    found = []
    for i in range(BOOKS):
        path = home / f"book{i}.csv"
        worth = rng.uniform(500.0, 3_000.0, len(coins))
        rows = [f"{c},{usd / float(stand.prices[c]):.4f}" for c, usd in zip(coins, worth, strict=True)]
        path.write_text("\n".join(["symbol,quantity", *rows, ""]), encoding="utf-8")
        keys = keys_of(i)
        found.append(Post(str(path), settings, Reached(TAG, f"{TAG}:{keys.account}", keys)))
    return found


def shorts_of(settings: Settings, posts: Sequence[Post]) -> list[str]:
    """How many bitcoins hedge each book."""
    market, policy, (btc, *_) = history_of(settings)[0], policy_of(settings), stand_of().instruments
    found = []
    for post in posts:
        beta = float(policy.expose(read_portfolio(post.book), market).beta_usd[0])
        lots = round(beta / float(PRICES["BTC"]) / float(btc.lot))
        found.append(f"{lots * btc.lot:f}")
    return found


def opened(settings: Settings, posts: Sequence[Post], shorts: Sequence[str]) -> None:
    """Let each account's journal know the hedge that the venue holds."""
    btc, path = stand_of().instruments[0], place_of(settings, "live").journal
    with held_in(path, LEASE_MS) as leases:
        for post, short in zip(posts, shorts, strict=True):
            lease = leases.acquire(post.there.account, "benchmark", LEASE_MS)
            if lease is None:
                raise SystemExit("a fresh journal gave no lease")
            there = Adopted(btc.name, -Decimal(short), PRICES["BTC"], now(), "held before")
            leases.append(lease.account, now(), [instrument_record(btc), adoption(there)], lease)
            leases.release(lease)


async def watched(
    settings: Settings, posts: Sequence[Post], heard: Callable[[], tuple[int, int]]
) -> list[Measured]:
    """Begin all watches, wait until every book was looked at twice, measure, and end them."""
    seen, found = Seen(), list[Measured]()
    with outward(settings, place_of(settings, "live"), passphrase_from(None)) as out:
        watches = Watches(posts, seen.say, out)
        running = asyncio.create_task(watches.run())
        while not seen.complete and not running.done():  # noqa: ASYNC110  lines are heard, none of them is the last
            await asyncio.sleep(1.0)
        seen.failed.clear()
        begun = time.monotonic()
        heard()
        for _ in range(MINUTES):
            before = time.process_time()
            await asyncio.sleep(MINUTE_S)
            found.append(Measured(time.process_time() - before, *heard()))
        longest = seen.longest(begun)
        watches.stop()
        await running
    if seen.failed:
        raise SystemExit(f"{len(seen.failed)} looks failed: {seen.failed[:3]}")
    print(f"the longest time between two looks at a book: {longest:.1f} s", file=sys.stderr)
    for each in found:
        print(
            f"{each.cpu_s:.2f} s of a core, {each.public} questions of {each.heard} about prices",
            file=sys.stderr,
        )
    return [*found, Measured(longest, 0, 0)]


def settings_in(home: Path, base: str) -> Settings:
    """The settings of a venue that is played at `base`."""
    config = home / "c.toml"
    config.write_text(_CONFIG.format(tag=TAG, base=base), encoding="utf-8")
    settings = settings_of(Output(config=config), DataOptions(lake=str(home / "lake"), market=TAG))
    return replace(settings, trade=replace(settings.trade, state=str(home / "state")))


def measured(home: Path) -> list[Measured]:
    """Play the venue in another process, and watch."""
    rebase = doors.rebase

    def quick(exchange: Any, base: str, tag: str) -> None:
        rebase(exchange, base, tag)
        exchange.enableRateLimit = False  # a stand-in counts no weights

    filled(home / "lake")
    shorts = shorts_of(settings_in(home, "http://127.0.0.1:9"), posts_of(home, Settings()))
    (home / "shorts.json").write_text(json.dumps(shorts), encoding="utf-8")
    words = [sys.executable, "-m", "benchmarks.watched_venue", str(home / "shorts.json")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as venue:
        assert venue.stdin is not None and venue.stdout is not None  # noqa: PT018, S101
        settings = settings_in(home, venue.stdout.readline().strip())
        posts = posts_of(home, settings)
        opened(settings, posts, shorts)

        def heard() -> tuple[int, int]:
            print(file=venue.stdin, flush=True)
            public, whole = venue.stdout.readline().split()  # type: ignore[union-attr]
            return int(public), int(whole)

        doors.rebase = quick
        try:
            return asyncio.run(watched(settings, posts, heard))
        finally:
            doors.rebase = rebase
            venue.terminate()


def rows() -> list[Row]:
    """Return the table."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", ".")) as place:
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "home")
        *minutes, last = measured(Path(place))
    cpu = statistics.median(each.cpu_s for each in minutes)
    public = statistics.median(each.public for each in minutes)
    books = f"{BOOKS:,} books of {HOLDINGS} coins watched each minute"
    asked = f"{public:,.0f} questions about prices a minute for all"
    longest = last.cpu_s
    return [
        Row(
            f"{books}: processor time a minute",
            cpu,
            "half of a core",
            HALF_A_CORE,
            HALF_A_CORE / cpu,
            1.0,
            cpu <= HALF_A_CORE,
        ),
        Row(
            f"{books}: the longest time between two looks at one, {asked}",
            longest,
            "two minutes",
            TWO_MINUTES,
            TWO_MINUTES / longest,
            1.0,
            longest <= TWO_MINUTES,
        ),
    ]
