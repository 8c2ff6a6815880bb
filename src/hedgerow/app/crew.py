"""Books that several processes watch together: this one's part of them, begun as it is claimed and ended as it is given back.

crew = Crew({"/srv/books/a.csv": make_post, …}, server, say, out)
code = asyncio.run(crew.run())               until it is stopped; the worst exit code of the watches

Who holds which book is `app.sharing`'s to decide. Every watch is a `Keeper`, under the lease of its account as anywhere: a
claim that is over while nobody noticed sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from hedgerow.app.asking import passphrase_from
from hedgerow.app.dealing import LEASE_MS, holder_of, wall_ms
from hedgerow.app.keeping import FIRST_S, GRACE_S, LONGEST_S, Keeper, Say, Together
from hedgerow.app.outward import Outward, outward
from hedgerow.app.plans import place_of
from hedgerow.app.posts import Post, asked, post_of, wanted_of
from hedgerow.app.sharing import Share
from hedgerow.app.whose import book_called
from hedgerow.config import Settings
from hedgerow.hedge.watch import WatchedBook
from hedgerow.model.errors import BadConfig, HedgerowError, UsageError
from hedgerow.model.watched import Leave, WatchLine
from hedgerow.store.server import Server

__all__ = ["Crew", "watch_shared"]

Make = Callable[[], Post]


@dataclass(slots=True)
class Crew:
    """One worker: `posts` makes each book's post when it is claimed, in a thread; books on `server` are shared by who serves the same."""

    posts: Mapping[str, Make]
    server: Server
    say: Say
    out: Outward
    lease_ms: int = LEASE_MS
    code: int = 0
    _share: Share = field(init=False)
    _ours: Together = field(init=False)
    _keepers: dict[str, Keeper] = field(default_factory=dict)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _signals: int = 0

    async def run(self) -> int:
        """Watch until it is stopped, and return the worst exit code of a watch that was given up. Errors as `Share.keep`."""
        from hedgerow.store.workers import Workers

        workers = Workers(self.server, holder_of(), tuple(self.posts), self.lease_ms)
        async with AsyncExitStack() as stack:
            self._ours = Together(stack, lasting=False)
            self._share = Share(
                workers, self, self.lease_ms, self._tell, self._ours.renew_all, self._ours.used_at
            )
            self._ours.listen(self.stop)
            self._tell("worker", f"{workers.name} shares {len(self.posts)} books on {self.server}")
            await self._share.keep()
        return self.code

    def stop(self) -> None:
        """End every watch after the look at hand, or at once where it is the second time."""
        self._signals += 1
        if self._signals == 1:
            self._share.stop()
            asyncio.get_running_loop().call_later(GRACE_S, self.stop)
            return
        for book in self.running():
            self.end(book, now=True)

    def begin(self, book: str) -> None:
        """Begin a book's watch."""
        task = self._tasks[book] = asyncio.create_task(self._watched(book))
        task.add_done_callback(partial(self._over, book))

    def end(self, book: str, *, now: bool) -> None:
        """End it after the look at hand, or `now`."""
        keeper, task = self._keepers.get(book), self._tasks.get(book)
        if task is None:
            return
        if task.done():
            self._forget(book)
        elif keeper is None:
            task.cancel()
        else:
            keeper.stop(now=now)

    def running(self) -> frozenset[str]:
        """Return the books whose watch has begun and has not ended, or was given up for good."""
        return frozenset(self._tasks)

    async def _watched(self, book: str) -> None:
        post = await self._post(book)
        feed, begins = await self._ours.feed(post)
        keeper = self._keepers[book] = Keeper(
            post, feed, self.say, self.out, self._ours.leases, begins, alone=False
        )
        await keeper.keep()

    async def _post(self, book: str) -> Post:
        """Make a book's post; what stands against it is told, and tried again, later each time."""
        wait = FIRST_S
        while True:
            try:
                return await asyncio.to_thread(self.posts[book])
            except HedgerowError as why:
                said = str(why).replace("\n  ", " ")
                line = WatchLine(wall_ms(), "failed", f"{said}; it is tried again in {wait:.0f} s", book=book)
                self.say(line)
            await asyncio.sleep(wait)
            wait = min(wait * 2.0, LONGEST_S)

    def _over(self, book: str, task: asyncio.Task[None]) -> None:
        """Take a watch that has ended off the list; one that failed for good stays on it, and is told in the exit code."""
        why = None if task.cancelled() else task.exception()
        keeper = self._keepers.get(book)
        if why is None or (keeper is not None and keeper.stopped):
            self._forget(book)
        else:
            self.code = max(self.code, getattr(why, "exit_code", 10))
        self._share.stir()

    def _forget(self, book: str) -> None:
        self._tasks.pop(book, None)
        self._keepers.pop(book, None)

    def _tell(self, action: str, text: str) -> None:
        self.say(WatchLine(wall_ms(), action, text))


def watch_shared(
    settings: Settings,
    books: Sequence[str],
    venues: Sequence[str],
    say: Say,
    confirm: Callable[[Leave], None],
) -> int:
    """Watch a share of books on accounts of `venues`, until it is stopped, and return the exit code.

    Every process on the same server that was given the same books takes its part. `confirm` is asked as by `watch_live`, at
    each claim: it may ask nobody. Raises `UsageError` where nothing is shared by files, and what `wanted_of` raises.
    """
    server = place_of(settings, "live").server
    if server is None:
        raise UsageError(
            "books are shared by those who remember on one server, and this remembers in a folder",
            advice="Give --state postgresql://USER@HOST/DATABASE, the same to each worker.",
        )
    wanted = wanted_of(settings, books, venues)
    _each_its_own(wanted)
    posts = {book_called(each.book): partial(_let, settings, each, venue, confirm) for each, venue in wanted}
    with outward(settings, place_of(settings, "live"), passphrase_from(None)) as out:
        code = asyncio.run(Crew(posts, server, say, out).run())
        if code:
            out.wrong.append(f"a book's watch failed, exit code {code}")
        return code


def _let(settings: Settings, each: WatchedBook, venue: str, confirm: Callable[[Leave], None]) -> Post:
    """A book's post, for which leave was given."""
    post = post_of(settings, each, venue)
    asked((post,), confirm)
    return post


def _each_its_own(wanted: Sequence[tuple[WatchedBook, str]]) -> None:
    """Raise `BadConfig` where one account would hedge two books: each key is of one."""
    there: dict[str, str] = {}
    for each, venue in wanted:
        if venue and venue in there:
            raise BadConfig(
                f"{there[venue]} and {each.book} would both be hedged at {venue}: each would undo the other's hedge",
                advice=f"Give each an account of its own (--at {venue}/LABEL, `hedgerow keys add`), or put both into one book.",
            )
        there[venue] = each.book
