"""One worker's share of books that several watch together: what it claims begins, what it gives back or loses ends.

share = Share(Workers(server, holder, books, LEASE_MS), hands, LEASE_MS, tell, renew)
await share.keep()                    until `share.stop()`; then what is under way is ended, and all of it given back

Three signs of life and three turns go into a lease time. A worker that gets no answer ends every watch before its own life
is over by the server's clock, and asks on until it may begin again. Signs of life are a thread's (`app.pulse`): a loop that
is busy for long loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from hedgerow.app.pulse import Pulse
from hedgerow.model.errors import HedgerowError
from hedgerow.store.journal import milliseconds

if TYPE_CHECKING:
    from hedgerow.store.workers import Standing, Workers

__all__ = ["Hands", "Share"]

Answer = TypeVar("Answer")
_TURNS = 3
"""Turns in a lease time."""

_MARGIN = 8
"""What part of a lease time before its end nothing is under way any more."""

_AGAIN_MS, _SOON_MS = 1_000, 100
_DEFECT = 10


class Hands(Protocol):
    """Whoever begins and ends watches."""

    def begin(self, book: str) -> None:
        """Begin a book's watch, in a task of its own."""

    def end(self, book: str, *, now: bool) -> None:
        """End it after the look at hand, or `now`."""

    def running(self) -> frozenset[str]:
        """Return the books whose watch has begun and has not ended, or was given up for good."""


@dataclass(slots=True)
class Share:
    """A worker's share of the books. `tell` hears what becomes of it: a verb, and the rest in words; `renew` makes the leases of accounts last, `worked` says when a watch did anything last, by `clock`."""

    workers: Workers
    hands: Hands
    ttl_ms: int
    tell: Callable[[str, str], None]
    renew: Callable[[], None] = lambda: None
    worked: Callable[[], int] = lambda: 0
    clock: Callable[[], int] = milliseconds
    _pulse: Pulse = field(init=False)
    _others_end: int | None = None
    _leaving: set[str] = field(default_factory=set)
    _count: int = 0
    _away: bool = False
    _stopped: bool = False
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "share"))

    def __post_init__(self) -> None:
        self._pulse = Pulse(self.renew, self.workers.beat, self.ttl_ms, self.clock, self.worked)

    async def keep(self) -> None:
        """Take part until it is stopped. Raises what a broken promise raises, once everything has ended."""
        try:
            await self._asked(self.workers.prepare)
            await self._asked(self._pulse.begin)
            await self._pause(
                self.ttl_ms // _TURNS
            )  # whoever starts at the same time is seen before anything is taken
            while not (self._stopped and not self.hands.running()):
                await self._pause(await self._round())
        finally:
            self._end_all()
            while self.hands.running():
                self._stirred.clear()
                await self._stirred.wait()
            self._pulse.end()
        await self._asked(self.workers.leave)

    def stop(self) -> None:
        """End every watch after the look at hand, then the worker."""
        self._stopped = True
        for book in self.hands.running():
            self.hands.end(book, now=False)
        self.stir()

    def stir(self) -> None:
        """Take a turn now: a watch has ended."""
        self._stirred.set()

    async def _round(self) -> int:
        """Take a turn; return the milliseconds until the next."""
        self._pulse.seen()
        try:
            self._pulse.check()
            ended = self._leaving - self.hands.running()
            leaving = frozenset(self._leaving)
            standing = await self._asked(lambda: self.workers.turn(ended, leaving - ended))
        except HedgerowError as why:
            if why.exit_code == _DEFECT:
                raise
            self._fail(why)
            return _AGAIN_MS
        self._leaving -= ended
        self._away = False
        self._others_end = standing.others_end
        if not self._stopped and self._left_ms() > 0:
            self._apply(standing)
        return self._next_ms()

    def _next_ms(self) -> int:
        """A third of the lease time, or until the life of another ends that has given no sign for long."""
        usual = self.ttl_ms // _TURNS
        if self._others_end is None:
            return usual
        return min(usual, max(self._others_end - self.clock(), 0) + _SOON_MS)

    def _apply(self, standing: Standing) -> None:
        running, mine = self.hands.running(), standing.mine
        self._leaving = (self._leaving | set(standing.gives)) & mine
        for book in running - mine:
            self.hands.end(book, now=True)
        for book in standing.gives:
            self.hands.end(book, now=False)
        for book in sorted(mine - running - self._leaving):
            self.hands.begin(book)
        if len(mine) != self._count:
            self._count = len(mine)
            self.tell("share", f"{len(mine)} books are watched here")

    async def _asked(self, work: Callable[[], Answer]) -> Answer:
        """Return what the server answers. Where our life ends before it does, everything is ended first."""
        asking = asyncio.get_running_loop().run_in_executor(self._thread, work)
        while not asking.done():
            left = self._left_ms()
            await asyncio.wait({asking}, timeout=max(left / 1_000, _AGAIN_MS / 1_000))
            if not asking.done() and self._left_ms() <= 0:
                self._over()
        return asking.result()

    async def _pause(self, ms: int) -> None:
        """Wait, but no longer than our life lasts, nor once a watch has ended."""
        left = self._left_ms()
        if 0 < left < ms:
            ms = left
        try:
            await asyncio.wait_for(self._stirred.wait(), ms / 1_000)
            await asyncio.sleep(_SOON_MS / 1_000)  # many end together
        except TimeoutError:
            pass
        self._stirred.clear()
        if self._left_ms() <= 0:
            self._over()

    def _left_ms(self) -> int:
        """How long anything may be under way yet."""
        return self._pulse.until - self.ttl_ms // _MARGIN - self.clock()

    def _fail(self, why: HedgerowError) -> None:
        if not self._away:
            self._away = True
            self.tell("away", f"{why.message}; watches end in {max(self._left_ms(), 0) / 1_000:.0f} s")
        if self._left_ms() <= 0:
            self._over()

    def _over(self) -> None:
        """End everything at once: others may take it."""
        running = self.hands.running()
        if running:
            self._end_all()
            self._count = 0
            self.tell("over", f"{len(running)} books are given up here: the server does not answer")

    def _end_all(self) -> None:
        for book in self.hands.running():
            self.hands.end(book, now=True)
