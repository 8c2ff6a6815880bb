"""A worker's share: what begins, what ends, and when, with a server that a test plays."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from typing import cast

import pytest

from hedgerow.app.pulse import Pulse
from hedgerow.app.sharing import Share
from hedgerow.model.errors import BrokenPromise, JournalFailed
from hedgerow.store.journal import milliseconds
from hedgerow.store.workers import Standing, Workers

TTL = 600


class Server:
    """Answers, says nothing, or refuses."""

    def __init__(self) -> None:
        self.mine: frozenset[str] = frozenset("abc")
        self.gives: tuple[str, ...] = ()
        self.ended: list[frozenset[str]] = []
        self.answers, self.why, self.left = threading.Event(), cast("Exception | None", None), 0
        self.answers.set()

    def prepare(self) -> None: ...

    def beat(self) -> int:
        before = time.monotonic_ns() // 1_000_000
        self.answers.wait(10)
        if self.why is not None:
            raise self.why
        return before + TTL

    def turn(self, ended: Collection[str], _: Collection[str]) -> Standing:
        self.ended.append(frozenset(ended))
        self.mine -= set(ended)
        gives, self.gives = self.gives, ()
        return Standing(self.mine, gives, None)

    def leave(self) -> None:
        self.left += 1


class Watches:
    """What runs, and when each was ended; a look takes no time."""

    def __init__(self) -> None:
        self.share: Share | None = None
        self.there: set[str] = set()
        self.done: list[tuple[str, bool, float]] = []
        self.slow = False

    def begin(self, book: str) -> None:
        assert book not in self.there
        self.there.add(book)

    def end(self, book: str, *, now: bool) -> None:
        self.done.append((book, now, time.monotonic()))
        if now or not self.slow:
            self.there.discard(book)
            assert self.share is not None
            self.share.stir()

    def running(self) -> frozenset[str]:
        return frozenset(self.there)


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)


def played(play: Callable[[Server, Watches, Share, list[str]], object]) -> list[str]:
    """Run a share while `play` does what it does, a coroutine; return what it told."""

    async def run() -> list[str]:
        server, watches, told = Server(), Watches(), list[str]()
        share = watches.share = Share(
            cast("Workers", server), watches, TTL, lambda verb, _: told.append(verb)
        )
        task = asyncio.create_task(share.keep())
        await until(lambda: watches.there == set("abc") or task.done())
        await play(server, watches, share, told)  # type: ignore[misc]
        share.stop()
        async with asyncio.timeout(20):
            await task
        assert (server.left, watches.there) == (1, set())
        return told

    return asyncio.run(run())


def test_who_gets_no_answer_ends_everything_before_its_life_is_over_and_begins_again_later() -> None:
    async def play(server: Server, watches: Watches, _: Share, told: list[str]) -> None:
        server.answers.clear()
        silent = time.monotonic()
        await until(lambda: not watches.there)
        assert all(now and at - silent < TTL / 1_000 for _, now, at in watches.done)
        assert told[-1] == "over"
        server.answers.set()
        await until(lambda: watches.there == set("abc"))

    assert played(play) == ["share", "over", "share"]


def test_a_server_that_refuses_is_told_of_once_and_ends_everything_in_time() -> None:
    async def play(server: Server, watches: Watches, _: Share, __: list[str]) -> None:
        server.why = JournalFailed("no answer")
        await until(lambda: not watches.there)
        server.why = None
        await until(lambda: watches.there == set("abc"))

    assert played(play) == ["share", "away", "over", "share"]


def test_what_is_given_is_ended_after_its_look_and_what_was_lost_at_once() -> None:
    async def play(server: Server, watches: Watches, _: Share, __: list[str]) -> None:
        watches.slow = True
        server.gives = ("a",)
        await until(lambda: watches.done)
        assert [each[:2] for each in watches.done] == [("a", False)]
        assert watches.there == set("abc")  # its look is not over
        assert set().union(*server.ended) == set()
        watches.end("a", now=True)
        await until(lambda: frozenset("a") in server.ended)
        server.mine = frozenset("c")
        await until(lambda: watches.there == {"c"})
        assert watches.done[-1][:2] == ("b", True)
        watches.slow = False

    played(play)


def test_a_broken_promise_ends_everything_and_is_raised() -> None:
    async def run() -> None:
        server, watches = Server(), Watches()
        share = watches.share = Share(cast("Workers", server), watches, TTL, lambda *_: None)
        task = asyncio.create_task(share.keep())
        await until(lambda: watches.there)
        server.why = BrokenPromise("of a server")
        with pytest.raises(BrokenPromise):
            await task
        assert watches.there == set()

    asyncio.run(run())


def test_signs_of_life_go_on_while_the_loop_is_busy_and_stop_where_it_hangs() -> None:
    beats: list[float] = []

    def beat() -> int:
        beats.append(time.monotonic())
        return 1

    worked = [0]
    pulse = Pulse(lambda: None, beat, 60, milliseconds, lambda: worked[0])
    pulse.begin()
    time.sleep(0.15)  # as a loop that reckons
    assert len(beats) >= 4
    time.sleep(0.3)
    count = len(beats)
    time.sleep(0.1)
    assert len(beats) == count  # four lease times are long over
    worked[0] = milliseconds()  # late, and alive
    time.sleep(0.1)
    assert len(beats) > count
    pulse.end()


def test_what_ends_the_thread_is_raised() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    pulse = Pulse(broken, lambda: 1, 30, milliseconds)
    pulse.begin()
    time.sleep(0.2)
    with pytest.raises(ZeroDivisionError):
        pulse.check()
