"""`watch --live --share`: several processes, one server, each book watched by one of them, and by another when that one dies."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.test_processes import STARTS, environment
from tests.cli.watching import There, filled, keys_of, opened, unhurried
from tests.store.servers import PostgreSQL

from hedgerow.store.journal import look_into
from hedgerow.store.server import where_of

pytestmark = pytest.mark.slow
TAGS = ("binance", "bybit", "bingx", "weex")
Open = Callable[[], AbstractContextManager[There]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("data") / "lake", TAGS)


@pytest.fixture
def url(postgresql: PostgreSQL, request: pytest.FixtureRequest) -> str:
    name = f"shared_{abs(hash(request.node.name))}"
    postgresql.execute(f"CREATE DATABASE {name}")
    return postgresql.url().replace("/postgres", f"/{name}")


@pytest.fixture
def at(lake: Path, tmp_path: Path) -> Open:
    return lambda: opened(TAGS, lake, tmp_path)


class Workers:
    """Processes of one command line."""

    def __init__(self, there: There, home: Path, url: str) -> None:
        keys = {name: said for tag in TAGS for name, said in keys_of(tag).items()}
        self.environment = environment(home, **keys, XDG_STATE_HOME=str(home / "state"))
        books = [there.book(f"{tag}.csv", "ETH,10\nSOL,100") for tag in TAGS]
        venues = [word for tag in TAGS for word in ("--at", tag)]
        self.words = [*STARTS, *there.words(*books), *venues, "--share", "--state", url, "--every", "1"]
        self.url, self.home, self.started = url, home, list[subprocess.Popen[str]]()

    def start(self) -> subprocess.Popen[str]:
        log = self.home / f"{len(self.started)}.log"
        with log.open("w", encoding="utf-8") as out:
            self.started.append(
                subprocess.Popen(self.words, env=self.environment, stdout=out, stderr=out, text=True)
            )
        return self.started[-1]

    def said(self, number: int) -> str:
        return (self.home / f"{number}.log").read_text(encoding="utf-8")

    def watched(self, number: int) -> set[str]:
        """The books of which a worker told a first look."""
        lines = [json.loads(line) for line in self.said(number).splitlines() if line.startswith("{")]
        return {line["book"] for line in lines if line["action"] == "watching"}

    def status(self) -> list[dict[str, Any]]:
        """The workers, as `status` names them."""
        words = [*STARTS, "status", "--live", "--state", self.url, "--json"]
        told = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)
        found: list[dict[str, Any]] = json.loads(told.stdout)["live"]["workers"]
        return found

    def end(self) -> None:
        for each in self.started:
            if each.poll() is None:
                each.kill()
            each.wait()


@pytest.fixture
def workers(at: Open, tmp_path: Path, url: str) -> Iterator[Workers]:
    with at() as there:
        made = Workers(there, tmp_path, url)
        try:
            yield made
        finally:
            made.end()


def until(what: Callable[[], bool], workers: Workers, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, [workers.said(i) for i in range(len(workers.started))]
        time.sleep(0.1)


def test_books_are_shared_out_and_taken_over_from_who_is_killed(workers: Workers, url: str) -> None:
    first, second = workers.start(), workers.start()
    until(lambda: workers.watched(0) | workers.watched(1) == set(TAGS), workers)
    assert len(workers.watched(0)) == len(workers.watched(1)) == 2
    assert not workers.watched(0) & workers.watched(1)
    (told,) = [each for each in workers.status() if each["worker"].split("-")[-2] == str(first.pid)]
    assert (told["books"], 0 < told["life_left_ms"] <= 15_000) == (2, True)
    first.send_signal(signal.SIGKILL)
    until(lambda: workers.watched(1) == set(TAGS), workers)
    assert sorted(each["life_left_ms"] > 0 for each in workers.status()) == [False, True]
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    with look_into(where_of(url, "hedgerow_live")) as journal:
        streams = [stream for stream in journal.streams() if stream.startswith("watch:")]
        assert len(streams) == len(TAGS)
        for stream in streams:
            fences = [record.fence for record in journal.read(stream)]
            assert fences == sorted(fences)
        assert {left for _, left in journal.leases()} == {0}
        journal.verify()


def test_who_cannot_share_is_told_so(at: Open, run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unhurried(monkeypatch)
    for name, told in keys_of("bybit").items():
        monkeypatch.setenv(name, told)
    with at() as there:
        book, other = there.book("a.csv", "ETH,10"), there.book("b.csv", "ETH,10")
        words = there.words(book, "--share")
        assert "the same to each worker" in run(*words, "--at", "bybit").err
        assert "leave --once" in run(*words, "--at", "bybit", "--once", "--state", url).err.lower()
        assert "both be hedged at bybit" in run(*words, other, "--at", "bybit", "--state", url).err
        assert "Add --live" in run("watch", book, "--share").err
