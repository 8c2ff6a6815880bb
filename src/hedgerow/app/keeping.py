"""Watches of venues' accounts kept going, as many as there are books, in one process.

ended = kept(posts, say)        until it is stopped; `ended.code` is the worst of what books ended with

One book's failure never stops another: it is told and tried again, later each time. SIGINT and SIGTERM end all of them
after the look at hand; a second one at once.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from hedgerow.app.approved import enough_of
from hedgerow.app.beside import Holdings
from hedgerow.app.books import is_account
from hedgerow.app.dealing import LEASE_MS, Dealing, wall_ms
from hedgerow.app.desk import policy_of
from hedgerow.app.eyes import Ahead, LiveEyes
from hedgerow.app.failed import traced_at
from hedgerow.app.feed import Feed, feed_of
from hedgerow.app.leases import Leases, held_in
from hedgerow.app.live import live_dealing
from hedgerow.app.outward import Outward
from hedgerow.app.plans import freshness_of, place_of
from hedgerow.app.posts import Post
from hedgerow.app.venues import account_door, money_of
from hedgerow.app.whose import book_called, taken_for
from hedgerow.model.errors import HedgerowError, LeaseHeld
from hedgerow.model.ports import Level
from hedgerow.model.watched import Look, WatchLine
from hedgerow.reports.trade_text import WHOSE
from hedgerow.runs.diary import diary_of
from hedgerow.runs.files import FilesBefore
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.monitor import Around, Monitor, Watched
from hedgerow.runs.tail import Tail
from hedgerow.store.server import Where

if TYPE_CHECKING:
    from hedgerow.runs.reconcile import Doors

__all__ = ["FIRST_S", "GRACE_S", "LONGEST_S", "Ended", "Keeper", "Say", "Together", "Watches", "kept"]

Say = Callable[[WatchLine], None]
FIRST_S, LONGEST_S = 5.0, 300.0
"""How long it takes until what failed is tried again: at first, and at last."""

GRACE_S = 30.0
"""How long looks at hand may take after a stop."""

_AT_ONCE = 16
"""How many watches begin at a venue at a time: what all of them ask at once is answered after all have given up."""
_DEFECT = 10


@dataclass(frozen=True, slots=True)
class Ended:
    """How watches ended: the last look of each book, None where there was none, and the exit code."""

    looks: tuple[Look | None, ...]
    code: int


@dataclass(slots=True)
class Keeper:
    """One post's watch, kept going. `alone`: nobody else's watch is in this process, and what it cannot begin with ends it.

    `leases` tells those of all accounts that the process holds in a journal; so many as `begins` lets may begin at once, to
    their first look.
    """

    post: Post
    feed: Feed
    say: Say
    out: Outward
    leases: Callable[[Where], Awaitable[Leases]]
    begins: asyncio.Semaphore
    alone: bool = True
    once: bool = False
    last: Look | None = None
    failed: HedgerowError | None = None
    stopped: bool = False
    _task: asyncio.Task[None] | None = None
    _resting: bool = False

    async def keep(self) -> None:
        """Look until it is stopped. Raises what it cannot begin with where it is alone, and always a broken promise."""
        self._task = asyncio.create_task(self._lives())
        with suppress(asyncio.CancelledError):
            await self._task

    def stop(self, *, now: bool = False) -> None:
        """End after the look at hand, or `now`: what was under way is finished by the next life."""
        self.stopped = True
        if self._task is not None and (now or self._resting):
            self._task.cancel()

    async def _lives(self) -> None:
        wait = FIRST_S
        while not self.stopped:
            self.failed = None
            begun = wall_ms()
            try:
                await self._life()
            except HedgerowError as why:
                self.failed = why
            except Exception as why:
                if self.alone or isinstance(why, OSError):
                    raise
                self.failed = HedgerowError(f"{type(why).__name__}: {why}", advice="Please report it.")
            if self.failed is not None and self._ends(self.failed):
                if not self.alone:
                    self._tell("ended", self._said(), "critical")
                raise self.failed
            if self._over():
                return
            wait = FIRST_S if wall_ms() - begun > LONGEST_S * 1000 else wait
            self._tell("failed", f"{self._said()}; it is tried again in {wait:.0f} s", "critical")
            await self._rest(partial(asyncio.sleep, wait))
            wait = min(wait * 2.0, LONGEST_S)

    def _over(self) -> bool:
        return self.stopped or self.once

    def _said(self) -> str:
        return str(self.failed).replace("\n  ", " ")

    def _ends(self, why: HedgerowError) -> bool:
        """Whether a failure is for good: a defect is, and one who is alone gives way, and says at once what is wrong."""
        return why.exit_code == _DEFECT or (self.alone and (self.last is None or isinstance(why, LeaseHeld)))

    async def _life(self) -> None:
        """Hold the account and look, until something raises."""
        post, place = self.post, place_of(self.post.settings, "live")
        async with AsyncExitStack() as begun:
            await begun.enter_async_context(self.begins)
            leases = await self.leases(place.journal)
            known = tuple(ledger_of(leases.read(post.there.account)).instruments)
            with live_dealing(
                post.settings, place, post.there, known, trades=post.trades, leases=leases
            ) as at:
                taken_for(place, at, book_called(post.book), trades=post.trades)
                with traced_at(
                    at, post.name, self.out, self._around(), lambda why: self._ends(why) or self._over()
                ):
                    await at.visit(lambda doors: self._looks(at, doors, begun))

    async def _looks(self, at: Dealing, doors: Doors, first: AsyncExitStack) -> None:
        """Look; after the `first` look others may begin."""
        async with AsyncExitStack() as stack:
            monitor = await self._monitor(at, doors, stack)
            self._tell("watching", self._headline(at))
            while not self.stopped:
                begun = at.clock.monotonic()
                self.last = await monitor.tick()
                await first.aclose()
                if self.once:
                    return
                await self._rest(partial(monitor.rest, begun))

    async def _monitor(self, at: Dealing, doors: Doors, stack: AsyncExitStack) -> Monitor:
        post, settings = self.post, self.post.settings
        read = {post.there.venue: post.there.keys, **post.keys} if is_account(post.book) else {}
        opened = {name: account_door(settings, name, keys) for name, keys in read.items()}
        for door in opened.values():
            stack.push_async_callback(door.close)
        policy, diary = policy_of(settings), diary_of(at.account, post.name)
        tail = Tail(at.journal, at.account)
        approved = enough_of(settings, place_of(settings, "live"))
        account = Ahead(doors.account)
        eyes = LiveEyes(
            self.feed,
            Holdings(settings, post.book, post.there.name, opened, FilesBefore.of(at.journal.read(diary))),
            policy,
            account,
            at.clock,
            lambda: tuple(tail.ledger().instruments.values()),
            lambda: at.journal.read(diary),
        )
        rules = replace(settings.watch.rules, freshness=freshness_of(settings))
        watched = Watched(post.name, at.account, at.lease, policy, rules, streams=True)
        around = replace(self._around(), approved=approved, fresh=eyes.fresh)
        around = replace(around, market=self.feed.market, account=account)
        return Monitor(watched, doors, at.journal, at.clock, eyes, around)

    async def _rest(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait where a stop may come at any time: nothing is under way."""
        self._resting = True
        try:
            if not self.stopped:
                await wait()
        finally:
            self._resting = False

    def _headline(self, at: Dealing) -> str:
        post = self.post
        said = [
            f"{post.book} at {at.account}, {WHOSE[money_of(post.settings, post.there.venue)]}",
            f"mode {post.settings.watch.mode}",
            *post.there.warnings,
        ]
        return " · ".join(said)

    def _tell(self, action: str, text: str, level: Level | None = None) -> None:
        around = self._around()
        around.report(WatchLine(wall_ms(), action, text))
        if level is not None:
            around.notifier.notify(level, f"watch: {self.post.name}", text)

    def _around(self) -> Around:
        return self.out.around(self.post.there.account, self.post.name, self._pass_on)

    def _pass_on(self, line: WatchLine) -> None:
        self.say(line if self.alone else replace(line, book=self.post.name))


def kept(posts: Sequence[Post], say: Say, out: Outward, *, once: bool = False) -> Ended:
    """Keep the watches of all posts going until they are stopped, or look `once`, and return how they ended.

    Of one post alone, what it cannot begin with is raised. Errors as `Monitor.tick`.
    """
    return asyncio.run(Watches(posts, say, out, once).run())


@dataclass(slots=True)
class Together:
    """What the watches of one process have in common, opened by whoever needs it first: the feed of each market, the leases in each journal.

    Who does not let leases last by the loop (`lasting`) calls `renew_all`, from any thread.
    """

    stack: AsyncExitStack
    lasting: bool = True
    _feeds: dict[object, tuple[Feed, asyncio.Semaphore]] = field(default_factory=dict)
    _leases: dict[Where, Leases] = field(default_factory=dict)

    async def feed(self, post: Post) -> tuple[Feed, asyncio.Semaphore]:
        """Return the feed of a post's market, and what lets so many watches begin at it at once."""
        key = (post.there.venue, repr(post.settings.data), post.settings.hedge.factor)
        if key not in self._feeds:
            feed = await self.stack.enter_async_context(feed_of(post.settings, post.there.venue))
            self._feeds.setdefault(key, (feed, asyncio.Semaphore(_AT_ONCE)))
        return self._feeds[key]

    async def leases(self, path: Where) -> Leases:
        """Return the leases in a journal. Errors as `held_in`."""
        if path not in self._leases:
            leases = self._leases[path] = self.stack.enter_context(held_in(path, LEASE_MS))
            if self.lasting:
                await self.stack.enter_async_context(leases.lasting())
        return self._leases[path]

    def renew_all(self) -> None:
        """Make every lease last. Errors as `Leases.renew_all`."""
        for each in tuple(self._leases.values()):
            each.renew_all()

    def used_at(self) -> int:
        """Return when a watch asked for its lease last, by the machine's monotonic clock; 0: never."""
        return max((each.used_at for each in tuple(self._leases.values())), default=0)

    def listen(self, stop: Callable[[], None]) -> None:
        """Let SIGINT and SIGTERM `stop` what runs."""
        loop, taken = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
        for number in taken:
            loop.add_signal_handler(number, stop)
            self.stack.callback(loop.remove_signal_handler, number)


@dataclass(slots=True)
class Watches:
    """Watches of `posts`, in one loop."""

    posts: Sequence[Post]
    say: Say
    out: Outward
    once: bool = False
    _keepers: list[Keeper] = field(default_factory=list)
    _signals: int = 0

    async def run(self) -> Ended:
        """Watch until it is stopped. Errors as `kept`."""
        async with AsyncExitStack() as stack:
            ours, alone = Together(stack), len(self.posts) == 1
            for post in self.posts:
                feed, begins = await ours.feed(post)
                self._keepers.append(
                    Keeper(post, feed, self.say, self.out, ours.leases, begins, alone, self.once)
                )
            ours.listen(self.stop)
            results = await asyncio.gather(*(each.keep() for each in self._keepers), return_exceptions=True)
        return self._ended([each for each in results if isinstance(each, BaseException)])

    def _ended(self, raised: Sequence[BaseException]) -> Ended:
        foreign = [each for each in raised if not isinstance(each, HedgerowError)]
        if foreign or (raised and len(self.posts) == 1):
            raise (foreign or list(raised))[0]
        codes = [each.failed.exit_code for each in self._keepers if each.failed is not None]
        return Ended(tuple(each.last for each in self._keepers), max(codes, default=0))

    def stop(self) -> None:
        """End every watch after the look at hand, or at once where it is the second time."""
        self._signals += 1
        for keeper in self._keepers:
            keeper.stop(now=self._signals > 1)
        if self._signals == 1:
            asyncio.get_running_loop().call_later(GRACE_S, self.stop)
