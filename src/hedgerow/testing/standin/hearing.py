"""The account's stream in a life at a stand: messages and breaks come at the executor's turns, one after the other.

    hearing = Hearing(chance, stand, door, clock)
    await hearing.begun()      the subscriptions stand
    await hearing.turn()       what the venue has to say is heard, or lost, twice, late; the sockets break

Everything that the stream does happens inside of these calls, so that the same seed is the same life.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hedgerow.model.errors import BrokenPromise
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.standin.ears import Ear
from hedgerow.testing.standin.stand import Stand
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.door import Door
from hedgerow.venues.feeds import follow

__all__ = ["Hearing"]

_MOST_TURNS, _LONGEST_SECONDS = 200_000, 10.0
"""The stream is stuck after so many turns of the loop and so much time in which nothing came: a busy machine has few turns."""


@dataclass(slots=True)
class Hearing:
    """The stream of one life. `waiting` are those who wait for an instant of the stand's time."""

    chance: Chance
    stand: Stand
    door: Door
    clock: VirtualClock
    waiting: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    before: int = 0

    def __post_init__(self) -> None:
        self.stand.ears.held = []
        self.door.exchange.streaming["keepAlive"] = 0  # pings run by the wall's clock
        self.door.idle = self._idle
        self.before = follow(self.door).handled

    async def _idle(self, seconds: float) -> None:
        """Wait for the stand's time to come, without moving it on."""
        over = asyncio.get_running_loop().create_future()
        self.waiting.append((self.clock.now() + round(seconds * 1000), over))
        await over

    async def begun(self) -> None:
        """Wait until whoever listens has subscribed, or waits to try again."""
        await self._until(self._settled)

    async def over(self) -> None:
        """Wait until nobody listens any more."""
        self.waiting.clear()
        await self._until(lambda: not self.stand.ears.open)
        self.door.exchange.ws_dial_backoff = {}  # the next process knows of no dial that failed
        if self.stand.ears.held:
            self.stand.ears.held.clear()

    async def turn(self) -> None:
        """Let the stream go on to now."""
        await self._until(self._settled)
        self._break()
        await self._until(self._settled)
        due = [over for at, over in self.waiting if at <= self.clock.now()]
        self.waiting = [(at, over) for at, over in self.waiting if at > self.clock.now()]
        for over in due:
            if not over.done():
                over.set_result(None)
                await self._until(self._settled)
        await self._flush()

    def _break(self) -> None:
        if not self.chance.strikes("F15", 2.0):
            return
        ears, how = self.stand.ears, self.chance.random.choice(("drop", "deafen", "expire"))
        if how == "drop":
            ears.drop()
        elif how == "deafen":
            ears.deafen()
        else:
            for key in tuple(ears.keys):
                ears.expire(key)

    async def _flush(self) -> None:
        """Let what was said leave: some of it never, twice, or after what came later."""
        ears, random = self.stand.ears, self.chance.random
        held, ears.held = list(ears.held or ()), []
        late: list[tuple[Ear, object]] = []
        for ear, message in held:
            times = random.choice((0, 0, 2, -1)) if self.chance.strikes("F9") else 1
            if times < 0:
                late.append((ear, message))
            for _ in range(times):
                await self._one(ear, message)
        for ear, message in late:
            await self._one(ear, message)

    async def _one(self, ear: Ear, message: object) -> None:
        self.stand.ears.let_go(ear, message)
        await self._until(self._settled)

    def _settled(self) -> bool:
        """Whether every subscription stands or waits to be tried again, and every message has been heard."""
        feed = follow(self.door)
        heard = feed.handled - self.before >= self.stand.ears.said
        return heard and self.stand.ears.topics + feed.down == len(self.door.venue.listen)

    def _so_far(self) -> tuple[int, ...]:
        """What changes while the stream goes on."""
        feed, ears = follow(self.door), self.stand.ears
        return feed.handled, feed.down, ears.said, ears.topics, len(ears.open)

    async def _until(self, holds: Callable[[], bool]) -> None:
        before, turns, latest = self._so_far(), 0, time.monotonic() + _LONGEST_SECONDS
        while not holds():
            turns += 1
            if self._so_far() != before:
                before, turns, latest = self._so_far(), 0, time.monotonic() + _LONGEST_SECONDS
            if turns > _MOST_TURNS and time.monotonic() > latest:
                raise BrokenPromise("the stand's stream does not come to rest")
            await asyncio.sleep(0)
        await asyncio.sleep(0)
