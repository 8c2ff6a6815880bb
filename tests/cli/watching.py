"""Venues that are played, with all their prices told anew at every request, and a watch sent to them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Done, Run
from tests.testing.standin.served import sent_to, served

from hedgerow.app.keeping import Ended
from hedgerow.app.lake import LakeSink
from hedgerow.app.watch import watch_live
from hedgerow.cli.options import DataOptions, Output, settings_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.watched import Leave, WatchLine
from hedgerow.testing.standin import Fault
from hedgerow.testing.standin.stand import Stand
from hedgerow.testing.standin.worlds import KEY, PASSPHRASE, SECRET, stand_of
from hedgerow.venues import doors

__all__ = ["LIVE", "ME", "Day", "There", "filled", "keys_of", "lived", "living", "opened", "unhurried"]

DAY = 86_400_000
LIVE = "[trade]\nlive = true\n[watch]\ncool_down_s = 0.0\n"
ME = "me"


def living(tag: str) -> Stand:
    """A venue where every contract has a price of now."""
    stand = stand_of(tag)

    def quoted(_: str) -> None:
        for one in stand.instruments:
            stand.quote(one, stand.prices[one.underlying])

    stand.meddler = quoted
    return stand


def filled(root: Path, tags: Sequence[str]) -> Path:
    """Fill a lake with four hundred days of every linear perpetual of these venues, each coin with moves of its own."""
    for tag in tags:
        stand, sink = living(tag), LakeSink(root, tag)
        until = stand.clock() // DAY * DAY
        for one in stand.instruments:
            if one.is_perpetual and one.settle == "USDT":
                bars = stand.candles(one, 1440, until - 400 * DAY, until)
                rows = [
                    {
                        "ts": b.at,
                        "symbol": one.symbol,
                        "close": float(b.close) * _apart(one, i),
                        "volume_base": 1e6,
                    }
                    for i, b in enumerate(bars)
                ]
                sink.write("candles-1d", one.underlying, rows)
    return root


def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process ask a stand-in as fast as it answers: it counts no weights."""
    rebase = doors.rebase

    def quick(exchange: Any, base: str, tag: str) -> None:
        rebase(exchange, base, tag)
        exchange.enableRateLimit = False

    monkeypatch.setattr(doors, "rebase", quick)


def _apart(one: Instrument, bar: int) -> float:
    """What a coin does that the others do not: it is no multiple of them then."""
    return 1.0 + 0.004 * ((bar * (3 + len(one.symbol) + ord(one.underlying[0]))) % 7 - 3)


def keys_of(tag: str) -> dict[str, str]:
    """The key of a venue, as the environment has it."""
    first = f"HEDGEROW_KEY_{tag.upper()}"
    return {first: KEY, f"{first}_SECRET": SECRET, f"{first}_PASSWORD": PASSPHRASE}


@dataclass(frozen=True, slots=True)
class There:
    """Venues that are played, and how the command line is sent to them."""

    stands: dict[str, Stand]
    lake: Path
    config: Path
    home: Path

    def book(self, name: str, rows: str) -> str:
        """Write holdings and return where."""
        path = self.home / name
        path.write_text(f"symbol,quantity\n{rows}\n", encoding="utf-8")
        return str(path)

    def words(self, *words: str) -> tuple[str, ...]:
        """The command line of a watch."""
        return ("watch", *words, "--live", "--lake", str(self.lake), "--config", str(self.config), "--json")

    def watch(self, run: Run, *words: str) -> Done:
        """Look once."""
        return run(*self.words(*words), "--once")

    def sent(self, tag: str) -> int:
        """How often a venue was asked to take an order."""
        return sum(
            heard.startswith("POST") and heard.endswith(("/order", "/order/create", "/trade/order"))
            for heard in self.stands[tag].heard
        )

    def shut(self, tag: str) -> None:
        """Let a venue answer nothing until it is opened."""
        self.stands[tag].faults.append(Fault(".", "lost", times=1_000_000))

    def open(self, tag: str) -> None:
        """Let a venue answer again."""
        self.stands[tag].faults.clear()

    def held(self, tag: str) -> Decimal:
        """Units that a venue holds, of all contracts."""
        return sum((leg.quantity for leg in self.stands[tag].account(ME).legs.values()), Decimal(0))


@contextmanager
def opened(tags: Sequence[str], lake: Path, home: Path, more: str = LIVE) -> Iterator[There]:
    """Play venues while the block runs."""
    stands = {tag: living(tag) for tag in tags}
    with served(stands) as base:
        config = Path(sent_to(home, base, *tags, more="live = true"))
        config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
        yield There(stands, lake, config, home)


@dataclass(slots=True)
class Day:
    """What happens while watches run: at the first line of a verb (of a book) that has not been waited for, the next thing is done."""

    steps: list[tuple[str, Callable[[], object]]]
    lines: list[WatchLine] = field(default_factory=list)

    def say(self, line: WatchLine) -> None:
        """Hear a line, and do what is due; after the last step the process is asked to end."""
        self.lines.append(line)
        if self.steps and self.steps[0][0] in {line.action, f"{line.book} {line.action}"}:
            self.steps.pop(0)[1]()
            if not self.steps:
                os.kill(os.getpid(), signal.SIGTERM)

    def actions(self, book: str = "") -> list[str]:
        """The verbs that were said of a book."""
        return [line.action for line in self.lines if line.book == book]


def lived(
    there: There, books: Sequence[str], venues: Sequence[str], day: Day, first: Callable[[], object]
) -> Ended:
    """Watch in this process, each second and trading, until the day is over; `first` is done once the gates are open."""
    settings = settings_of(Output(config=there.config), DataOptions(lake=str(there.lake)))
    settings = replace(settings, watch=replace(settings.watch, mode="auto", every_s=1.0))
    asked = iter(range(len(books)))
    last = len(books) - 1

    def let(_: Leave) -> None:
        if next(asked) == last:
            first()

    return watch_live(settings, books, venues, day.say, let)
