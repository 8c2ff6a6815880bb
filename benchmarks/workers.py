"""Books of thirty coins watched by several processes that share them on a PostgreSQL, at Binance's stand-in; one is killed.

Each worker is `app.crew.Crew` as `hedgerow watch --live --share` runs it, with a `Keeper` a book: an account, a lease, signed requests
through ccxt and HTTP, a diary. `HEDGEROW_BOOKS`, `HEDGEROW_WORKERS` and `HEDGEROW_EVERY` (seconds between two looks) are as many as
one wants; every process and the venue are on this machine, so that what it cannot carry shows as looks that come late. What the
venue takes is said apart: a real one is another's machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from benchmarks import watch as one
from benchmarks.race import Row
from benchmarks.watched_venue import TAG, keys_of
from tests.store.servers import PostgreSQL, running

from hedgerow.app.asking import passphrase_from
from hedgerow.app.crew import Crew
from hedgerow.app.live import Reached
from hedgerow.app.outward import outward
from hedgerow.app.plans import place_of
from hedgerow.app.posts import Post
from hedgerow.config import Settings
from hedgerow.model.watched import WatchLine
from hedgerow.store.journal import open_journal
from hedgerow.store.server import Server
from hedgerow.venues import doors

WORKERS = int(os.environ.get("HEDGEROW_WORKERS", "4"))
EVERY_S = float(os.environ.get("HEDGEROW_EVERY", "60"))
LEASE_S, PATIENCE_S = 15.0, float(os.environ.get("HEDGEROW_PATIENCE", "3600"))
_STATEMENTS = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"


@dataclass(slots=True)
class Figures:
    """What was measured; times in seconds, rates a second."""

    books: int
    holdings: int
    workers: int
    every_s: float
    begun_s: float = 0.0
    measured_s: float = 0.0
    looks: int = 0
    lag_p50_s: float = 0.0
    lag_p99_s: float = 0.0
    cpu_of_each_worker: list[float] = field(default_factory=list)
    cpu_of_the_database: float = 0.0
    cpu_of_the_venue: float = 0.0
    cpu_ms_a_look: float = 0.0
    database_cpu_ms_a_look: float = 0.0
    statements_s: float = 0.0
    transactions_s: float = 0.0
    memory_mb_of_each_worker: list[float] = field(default_factory=list)
    taken_over: int = 0
    take_over_p50_s: float = 0.0
    take_over_longest_s: float = 0.0
    looked_at_again_p50_s: float = 0.0
    looked_at_again_longest_s: float = 0.0
    books_with_two_watchers: int = 0


def settings_at(home: Path, base: str, url: str) -> Settings:
    """The settings of a worker: the venue at `base`, everything remembered at `url`."""
    settings = one.settings_in(home, base)
    return replace(
        settings,
        trade=replace(settings.trade, state=url),
        watch=replace(settings.watch, every_s=EVERY_S),
    )


def work(home: Path, base: str, url: str, log: Path) -> None:
    """Be a worker until it is ended, and write down what goes wrong."""
    settings = settings_at(home, base, url)
    keys = [keys_of(i) for i in range(one.BOOKS)]
    posts = [
        Post(str(home / f"book{i}.csv"), settings, Reached(TAG, f"{TAG}:{key.account}", key))
        for i, key in enumerate(keys)
    ]
    rebase = doors.rebase

    def quick(exchange: Any, base: str, tag: str) -> None:
        rebase(exchange, base, tag)
        exchange.enableRateLimit = False  # a stand-in counts no weights

    doors.rebase = quick
    with log.open("w", encoding="utf-8", buffering=1) as out:

        def say(line: WatchLine) -> None:
            if line.action in {"failed", "ended", "away", "over", "share"}:
                out.write(f"{line.at} {line.action} {line.book} {line.text}\n")

        place = place_of(settings, "live")
        if place.server is None:
            raise SystemExit("books are shared on a server")
        with outward(settings, place, passphrase_from(None)) as told:
            made = {post.book: partial(_same, post) for post in posts}
            asyncio.run(Crew(made, place.server, say, told).run())


def _same(post: Post) -> Post:
    return post


def cpu_s(pid: int) -> float:
    """Processor seconds of a process and of its children that have ended."""
    with suppress(OSError):
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, said[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and _parent(each) == pid
    ]


def _parent(place: Path) -> int:
    with suppress(OSError):
        return int((place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return 0


class Stage:
    """A database, a venue, and workers."""

    def __init__(
        self,
        server: PostgreSQL,
        where: Server,
        venue: int,
        workers: list[subprocess.Popen[bytes]],
        books: int,
    ) -> None:
        self.server, self.where, self.venue, self.workers = server, where, venue, workers
        self.figures = Figures(books, one.HOLDINGS, len(workers), EVERY_S)

    def ask(self, words: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, beside everybody."""
        path = f"-csearch_path={self.where.schema},public"
        with psycopg.connect(self.server.url(), options=path, autocommit=True) as connection:
            return connection.execute(words.encode(), values or None).fetchall()

    def watched(self) -> int:
        """How many books were looked at twice: by then they have betas."""
        ((count,),) = self.ask(
            "SELECT count(*) FROM (SELECT 1 FROM records WHERE stream LIKE 'watch:%%' AND kind = 'look' GROUP BY stream HAVING count(*) > 1) AS seen"
        )
        return int(count)

    def database_cpu(self) -> float:
        return cpu_s(self.server.pid) + sum(map(cpu_s, children(self.server.pid)))

    def counted(self) -> tuple[float, ...]:
        """Processor seconds of database, venue and each worker; statements and transactions so far."""
        ((statements,),) = self.ask(_STATEMENTS)
        ((transactions,),) = self.ask("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database")
        return (
            self.database_cpu(),
            cpu_s(self.venue),
            float(statements),
            float(transactions),
            *(cpu_s(each.pid) for each in self.workers),
        )

    def measure(self, seconds: float) -> None:
        """Let them watch for so long."""
        found, begun, since = self.figures, time.monotonic(), now_ms()
        before = self.counted()
        time.sleep(seconds)
        spent = [b - a for a, b in zip(before, self.counted(), strict=True)]
        found.measured_s = time.monotonic() - begun
        database, venue, statements, transactions, *each = (x / found.measured_s for x in spent)
        found.cpu_of_the_database, found.cpu_of_the_venue, found.cpu_of_each_worker = database, venue, each
        found.statements_s, found.transactions_s = statements, transactions
        ((found.looks,),) = self.ask("SELECT count(*) FROM records WHERE kind = 'look' AND at > %s", since)
        looks_s = max(found.looks, 1) / found.measured_s
        found.cpu_ms_a_look = 1_000 * sum(each) / looks_s
        found.database_cpu_ms_a_look = 1_000 * database / looks_s
        gaps = self.ask(
            "SELECT (at - before) / 1000.0 FROM (SELECT at, lag(at) OVER (PARTITION BY stream ORDER BY seq) AS before"
            " FROM records WHERE kind = 'look') AS looks WHERE before IS NOT NULL AND at > %s",
            since,
        )
        lags = np.array([float(gap) - EVERY_S for (gap,) in gaps])
        if lags.size:
            found.lag_p50_s, found.lag_p99_s = (float(x) for x in np.percentile(lags, (50, 99)))
        found.memory_mb_of_each_worker = [memory_mb(each.pid) for each in self.workers]

    def kill_one(self) -> None:
        """Kill a worker, and see when others claim its books, and look at them."""
        victim, found = self.workers[-1], self.figures
        rows = self.ask("SELECT text, count(*) FROM documents WHERE folder = 'claims' GROUP BY text")
        name = next(text for text, _ in rows if f"-{victim.pid}-" in text)
        theirs = {
            book
            for (book,) in self.ask("SELECT name FROM documents WHERE folder = 'claims' AND text = %s", name)
        }
        streams = {Path(book).stem for book in theirs}
        at = now_ms()
        _end(self.workers.pop())
        until(
            lambda: (
                not self.ask("SELECT 1 FROM documents WHERE folder = 'claims' AND text = %s LIMIT 1", name)
            )
        )
        claims = self.ask("SELECT name, at FROM documents WHERE folder = 'claims'")
        taken = sorted((when - at) / 1_000 for book, when in claims if book in theirs)

        def again() -> dict[str, int]:
            rows = self.ask(
                "SELECT stream, min(at) FROM records WHERE kind = 'look' AND at > %s GROUP BY stream", at
            )
            return {stream.rpartition(":")[2]: int(first) for stream, first in rows}

        until(lambda: again().keys() >= streams)
        looked = sorted((first - at) / 1_000 for book, first in again().items() if book in streams)
        found.taken_over, found.take_over_p50_s, found.take_over_longest_s = (
            len(taken),
            taken[len(taken) // 2],
            taken[-1],
        )
        found.looked_at_again_p50_s, found.looked_at_again_longest_s = looked[len(looked) // 2], looked[-1]

    def two_at_one(self) -> int:
        """How many books have a look of an older fence after one of a newer."""
        ((count,),) = self.ask(
            "SELECT count(DISTINCT stream) FROM (SELECT stream, fence, at, max(fence) OVER (PARTITION BY stream ORDER BY seq) AS highest,"
            " lag(at) OVER (PARTITION BY stream ORDER BY seq) AS before FROM records) AS rows WHERE fence < highest OR at < before"
        )
        return int(count)


def now_ms() -> int:
    """Milliseconds of UTC."""
    return time.time_ns() // 1_000_000


def memory_mb(pid: int) -> float:
    """What a process has in memory of its own."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1_024
    return 0.0


def until(what: Callable[[], object]) -> None:
    """Wait. Raises `SystemExit` where it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        if time.monotonic() > end:
            raise SystemExit("it took too long")
        time.sleep(1.0)


@contextmanager
def staged(home: Path, server: PostgreSQL) -> Iterator[Stage]:
    """Play the venue in another process, and start the workers."""
    one.filled(home / "lake")
    nowhere = one.settings_in(home, "http://127.0.0.1:9")
    shorts = one.shorts_of(nowhere, one.posts_of(home, Settings()))
    (home / "shorts.json").write_text(json.dumps(shorts), encoding="utf-8")
    words = [sys.executable, "-m", "benchmarks.watched_venue", str(home / "shorts.json")]
    server.execute("CREATE EXTENSION pg_stat_statements")
    with ExitStack() as stack:
        venue = stack.enter_context(
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(venue.terminate)
        assert venue.stdout is not None  # noqa: S101
        base = venue.stdout.readline().strip()
        settings = settings_at(home, base, server.url())
        posts = one.posts_of(home, settings)
        where = place_of(settings, "live").server
        assert where is not None  # noqa: S101
        open_journal(where).close()
        one.opened(settings, posts, shorts)
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.workers", str(home), base, server.url(), str(i)]
            )
            for i in range(WORKERS)
        ]
        for each in workers:
            stack.callback(_end, each)
        stack.callback(_tell_logs, home)
        yield Stage(server, where, venue.pid, workers, len(posts))


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def _tell_logs(home: Path) -> None:
    for log in sorted(home.glob("*.log")):
        sys.stderr.write(f"{log.name}: {log.read_text(encoding='utf-8')[-1500:]}\n")


def measured(home: Path) -> Figures:
    """Begin, measure, kill one."""
    with running() as server:
        server.stop()
        server.start(shared_preload_libraries="pg_stat_statements", max_wal_size="4GB", autovacuum="on")
        with staged(home, server) as stage:
            begun = time.monotonic()
            until(lambda: stage.watched() == stage.figures.books)
            stage.figures.begun_s = time.monotonic() - begun
            stage.measure(max(2 * EVERY_S, 60.0))
            sys.stderr.write(f"{stage.figures}\n")
            stage.kill_one()
            for each in stage.workers:
                each.send_signal(signal.SIGTERM)
            stage.figures.books_with_two_watchers = stage.two_at_one()
            return stage.figures


def rows() -> list[Row]:
    """Return the table."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard) if soft < hard else (soft, hard))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", ".")) as place:
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "home")
        found = measured(Path(place))
    sys.stderr.write(json.dumps(asdict(found)) + "\n")
    books = f"{found.books:,} books of {found.holdings} coins over {found.workers} workers, a look each {EVERY_S:g} s"
    most = LEASE_S + LEASE_S / 3
    return [
        _row(f"{books}: how late 99 % of looks are at most", found.lag_p99_s, "a look's time", EVERY_S),
        _row(
            f"{books}: claimed by others after a kill, the last of {found.taken_over}",
            found.take_over_longest_s,
            "a lease time and a turn",
            most,
        ),
    ]


def _row(what: str, ours: float, peer: str, theirs: float) -> Row:
    return Row(what, ours, peer, theirs, theirs / max(ours, 1e-9), 1.0, ours <= theirs)


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[1]) / f"{sys.argv[4]}.log")
