"""Workers that share books on a real server, killed, stopped, cut off, added, and all gone: never two at one book, none left alone.

    ./check workers [--books N] [--workers N] [--lease MS] [--every MS] [--only TROUBLE…] [--json]

A worker is a process with its own way to the server. What it does with a book is the least that a watch does: it takes the
account's lease, and at each look writes a line under it, looks at the lease's end once more, and adds the line to a file
that stands for the venue. The rest (signs of life, claims, leases that are renewed together) is the product's own. Then, by
the journal and the venue's file alone:

- fences never fall along a stream, and each is of one worker: at no time could two write;
- no look is later than the first one of whoever took the book over, and nothing was sent that is not in the journal, or twice;
- every book was looked at again within a lease time, a turn and a look of its worker's last sign;
- the portions differ by one book at most once it is quiet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import psycopg
from tests.store.forked import Child, fork
from tests.store.roads import Road, road
from tests.store.servers import MEMORY, PostgreSQL, programs, running

from hedgerow.app.leases import held_in
from hedgerow.app.sharing import Share
from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import Lease
from hedgerow.store import driver
from hedgerow.store.journal import open_journal
from hedgerow.store.server import Server
from hedgerow.store.workers import Workers, workers_on

__all__ = ["Rules", "Told", "lived"]

TROUBLES = ("killed", "stopped", "cut off", "added", "ended", "all gone")
_MARGIN = 5
"""What part of a lease time has to be left when something is sent."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How many books and workers, the lease time, and the time between two looks at a book."""

    books: int = 60
    workers: int = 3
    lease_ms: int = 1_500
    every_ms: int = 300

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"/books/{i}.csv" for i in range(self.books))

    @property
    def longest_ms(self) -> int:
        """How long a book may be without a look: a lease time from the last sign of life, a turn, a look."""
        return self.lease_ms + self.lease_ms // 3 + self.every_ms


class Looks:
    """What one worker does with its books."""

    def __init__(self, where: Server, rules: Rules, venue: Path, name: str) -> None:
        self._rules, self._name = rules, name
        self._leases_of = partial(held_in, where, rules.lease_ms)
        self._venue = os.open(venue, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[str] = set()
        workers = Workers(where, name, rules.names, rules.lease_ms)
        self._share = Share(
            workers, self, rules.lease_ms, lambda *_: None, self._renew, lambda: self._leases.used_at
        )

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._share.stop)
        with self._leases_of() as self._leases:
            await self._share.keep()

    def _renew(self) -> None:
        self._leases.renew_all()

    def begin(self, book: str) -> None:
        self._tasks[book] = asyncio.create_task(self._watched(book))

    def end(self, book: str, *, now: bool) -> None:
        self._ending.add(book)
        if now:
            self._tasks[book].cancel()

    def running(self) -> frozenset[str]:
        return frozenset(self._tasks)

    async def _watched(self, book: str) -> None:
        try:
            while book not in self._ending:
                with suppress(HedgerowError):
                    await self._life(book)
                await asyncio.sleep(self._rules.lease_ms / 10_000)
        finally:
            del self._tasks[book]
            self._ending.discard(book)
            self._share.stir()

    async def _life(self, book: str) -> None:
        lease = self._leases.acquire(book, self._name, self._rules.lease_ms)
        if lease is None:
            return
        try:
            number = 0
            while book not in self._ending:
                renewed = self._leases.renew(lease, self._rules.lease_ms)
                if renewed is None:
                    return
                lease, number = renewed, number + 1
                self._look(book, lease, number)
                await asyncio.sleep(self._rules.every_ms / 1_000)
        finally:
            self._leases.release(lease)

    def _look(self, book: str, lease: Lease, number: int) -> None:
        said = {"id": f"{book} {lease.fence} {number}", "holder": self._name}
        self._leases.append(f"watch:{book}", time.time_ns() // 1_000_000, [("look", said)], lease)
        if time.monotonic_ns() // 1_000_000 < lease.expires - self._rules.lease_ms // _MARGIN:
            os.write(self._venue, f"{said['id']}\n".encode())


def work(where: Server, rules: Rules, venue: Path, name: str) -> None:
    """Be a worker until it is ended. One that stops in the middle of a write is thrown out as early as with a usual lease."""
    driver._IDLE_MS = rules.lease_ms * 2 // 3
    asyncio.run(Looks(where, rules, venue, name).run())


@dataclass(slots=True)
class Told:
    """What became of it all: milliseconds from a trouble until the last book of who had it was looked at by another."""

    books: int
    looks: int = 0
    fences: int = 0
    taken_over_ms: dict[str, list[int]] = field(default_factory=dict)
    longest_ms: int = 0
    violations: list[str] = field(default_factory=list)


class Stage:
    """A server, workers and what happens to them."""

    def __init__(
        self, server: PostgreSQL, where: Server, rules: Rules, folder: Path, stack: ExitStack
    ) -> None:
        self._server, self.where, self.rules, self._stack = server, where, rules, stack
        self.venue, self._ways = folder / "venue", dict[str, Road]()
        self.workers: dict[str, Child] = {}
        self.told = Told(rules.books)

    def begin(self) -> str:
        """Start a worker, behind a way of its own."""
        name = f"w{len(self._ways)}"
        way = self._ways[name] = self._stack.enter_context(road(self._server.port))
        where = replace(self.where, url=self._server.url(way.port))
        self.workers[name] = fork(partial(work, where, self.rules, self.venue, name))
        self._stack.callback(self.workers[name].end)
        return name

    def happen(self, trouble: str) -> None:
        """Let something happen, and wait until it is over."""
        at, name = time.time_ns() // 1_000_000, next(reversed(self.workers))
        theirs = self._held(name)
        if trouble == "added":
            self.begin()
        elif trouble == "all gone":
            for each in list(self.workers):
                self.workers.pop(each).end()
            for _ in range(self.rules.workers):
                self.begin()
        elif trouble == "ended":
            self.workers[name].send(signal.SIGTERM)
            if self.workers.pop(name).wait() != 0:
                self.told.violations.append(f"{name} did not end well")
        else:
            self._strike(trouble, name)
        self._until_watched(
            time.time_ns() // 1_000_000 if trouble == "all gone" else at, trouble, name, theirs
        )
        if trouble == "stopped":
            self.workers[name].send(signal.SIGCONT)
        if trouble == "cut off":
            self._ways[name].trouble = ""
        self.settle(trouble)

    def _strike(self, trouble: str, name: str) -> None:
        if trouble == "killed":
            self.workers.pop(name).end()
        elif trouble == "stopped":
            self.workers[name].send(signal.SIGSTOP)
        else:
            self._ways[name].trouble = "frozen"

    def _until_watched(self, at: int, trouble: str, name: str, theirs: set[str]) -> None:
        """Wait until every book was looked at since; of a worker that is gone, by another."""
        gone = trouble in {"killed", "stopped", "cut off"}

        def over() -> bool:
            last = self._last()
            found = {
                book for book, (seen, holder) in last.items() if seen > at and not (gone and holder == name)
            }
            return len(found) == self.rules.books

        self._wait(over, f"books that nobody looks at after: {trouble}")
        if gone or trouble == "ended":
            first = self._first_since(at, name)
            self.told.taken_over_ms[trouble] = sorted(first.get(f"watch:{book}", at) - at for book in theirs)

    def settle(self, trouble: str) -> None:
        """Wait until the portions are even."""

        def even() -> bool:
            living = [worker.books for worker, left in workers_on(self.where) if left > 0]
            spread = max(living) - min(living) if living else 2
            return len(living) == len(self.workers) and sum(living) == self.rules.books and spread <= 1

        self._wait(even, f"uneven portions after: {trouble}")

    def _wait(self, over: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 20 * self.rules.longest_ms / 1_000
        while not over():
            if time.monotonic() > end:
                self.told.violations.append(what)
                return
            time.sleep(self.rules.lease_ms / 30_000)

    def _rows(self, words: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self._server.url(), options=f"-csearch_path={self.where.schema}") as connection:
            return connection.execute(words.encode(), values or None).fetchall()

    def _held(self, name: str) -> set[str]:
        rows = self._rows("SELECT name FROM documents WHERE folder = 'claims' AND text = %s", name)
        return {str(book) for (book,) in rows}

    def _last(self) -> dict[str, tuple[int, str]]:
        rows = self._rows(
            "SELECT DISTINCT ON (stream) stream, at, body::json->>'holder' FROM records ORDER BY stream, seq DESC"
        )
        return {str(stream): (int(str(at)), str(holder)) for stream, at, holder in rows}

    def _first_since(self, at: int, name: str) -> dict[str, int]:
        rows = self._rows(
            "SELECT stream, min(at) FROM records WHERE at > %s AND body::json->>'holder' <> %s GROUP BY stream",
            at,
            name,
        )
        return {str(stream): int(str(first)) for stream, first in rows}


def judged(stage: Stage) -> Told:
    """Look at what journal and venue hold."""
    told = stage.told
    with open_journal(stage.where) as journal:
        journal.verify()
        streams = {stream: list(journal.read(stream)) for stream in journal.streams()}
    written = set()
    for stream, records in streams.items():
        holders: dict[int, set[object]] = defaultdict(set)
        for record in records:
            holders[record.fence].add(record.body["holder"])
            written.add(str(record.body["id"]))
        told.violations += [f"{stream}: fence {f} is of {who}" for f, who in holders.items() if len(who) > 1]
        told.violations += [
            f"{stream}: {two.fence} at {two.at} after {one.fence} at {one.at}"
            for one, two in pairwise(records)
            if two.fence < one.fence or two.at < one.at
        ]
        told.looks += len(records)
        told.fences += len(holders)
        told.longest_ms = max([told.longest_ms, *(two.at - one.at for one, two in pairwise(records))])
    sent = Counter(stage.venue.read_text(encoding="utf-8").splitlines())
    told.violations += [f"{line} was sent twice" for line, times in sent.items() if times > 1]
    told.violations += [f"{line} was sent and is not in the journal" for line in sent.keys() - written]
    return told


def lived(server: PostgreSQL, rules: Rules, folder: Path, troubles: tuple[str, ...] = TROUBLES) -> Told:
    """Let workers share books while one thing after another happens to them, and judge it."""
    where = server.server()
    open_journal(where).close()
    with ExitStack() as stack:
        stage = Stage(server, where, rules, folder, stack)
        for _ in range(rules.workers):
            stage.begin()
        stage.settle("the beginning")
        for trouble in troubles:
            stage.happen(trouble)
        for worker in stage.workers.values():
            worker.end()
        return judged(stage)


def main(words: list[str]) -> int:
    """Exit status: 1 where something went wrong."""
    parser = argparse.ArgumentParser(description="Workers that share books.")
    parser.add_argument("--books", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--lease", type=int, default=15_000)
    parser.add_argument("--every", type=int, default=5_000)
    parser.add_argument("--only", nargs="+", choices=TROUBLES, default=TROUBLES)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    if programs() is None:
        raise SystemExit("there is no PostgreSQL: apt-get install postgresql")
    with running() as server, tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        told = asdict(
            lived(
                server,
                Rules(asked.books, asked.workers, asked.lease, asked.every),
                Path(folder),
                tuple(asked.only),
            )
        )
    told["taken_over_ms"] = {
        what: {"median": ms[len(ms) // 2], "longest": ms[-1]}
        for what, ms in told["taken_over_ms"].items()
        if ms
    }
    sys.stdout.write(json.dumps(told) + "\n" if asked.json else f"{told}\n")
    return int(bool(told["violations"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
