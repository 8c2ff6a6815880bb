"""The sockets of a stand's clients: who listens, what is told to them, and the listen keys that let them in.

ear.hear(outcome)        whatever happens at the venue; in the ear's dialect it becomes messages
ear.say(message)         one message, on its way now, or when `Ears.flush` lets it go
ears.drop(), ears.deafen(), ears.expire()    the connection breaks, only looks alive, its key is over
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hedgerow.exchange.venue import VenueOutcome
    from hedgerow.testing.standin.dialect import Heard
    from hedgerow.testing.standin.stand import Stand

__all__ = ["Ear", "Ears", "ListenKey", "Voice", "postbox"]

KEY_LIVES_MS = 3_600_000


@dataclass(slots=True)
class ListenKey:
    """A key to an account's stream, of one kind of contracts where the venue parts them, valid until an instant."""

    key: str
    account: str
    kind: str
    until: int


@dataclass(slots=True, eq=False)
class Ear:
    """One open socket: whose it is, which topics it has asked for, and what fills it was told of by order.

    `tell` writes a message to the socket, `close` breaks it. A `deaf` one looks alive and hears nothing more.
    """

    stand: Stand
    voice: Voice
    tell: Callable[[object], None]
    close: Callable[[], None]
    account: str = ""
    kind: str = ""
    key: str = ""
    topics: set[str] = field(default_factory=set)
    filled: dict[str, Decimal] = field(default_factory=dict)
    deaf: bool = False

    def hear(self, outcome: VenueOutcome) -> None:
        """Be told of what happened, in the venue's own words."""
        if self.account and not self.deaf:
            for message in self.voice.told(outcome, self):
                self.stand.ears.say(self, message)


@dataclass(frozen=True, slots=True)
class Voice:
    """How a venue speaks over sockets.

    `road` is a pattern of its path. `opened` lets a client in or raises `Refusal`, `heard` answers what a client says, `told`
    puts an outcome into messages. `expired` is what is said when a listen key ends. `packed`: messages leave compressed, as binary ones.
    """

    road: str
    told: Callable[[VenueOutcome, Ear], Iterable[object]]
    opened: Callable[[Heard, Ear], None] | None = None
    heard: Callable[[Any, Ear], Iterable[object]] | None = None
    expired: Callable[[Ear], object] | None = None
    packed: bool = False


@dataclass(slots=True)
class Ears:
    """All sockets of a stand. While `held` is a list, messages wait in it; `said` counts those that have left."""

    open: list[Ear] = field(default_factory=list)
    keys: dict[str, ListenKey] = field(default_factory=dict)
    held: list[tuple[Ear, object]] | None = None
    said: int = 0
    made: int = 0

    @property
    def topics(self) -> int:
        """How many subscriptions stand."""
        return sum(len(ear.topics) for ear in self.open)

    def hear(self, outcome: VenueOutcome) -> None:
        """Tell everybody who listens."""
        for ear in self.open:
            ear.hear(outcome)

    def say(self, ear: Ear, message: object) -> None:
        """Let a message leave, or wait until it may."""
        if self.held is None:
            self.let_go(ear, message)
        else:
            self.held.append((ear, message))

    def let_go(self, ear: Ear, message: object) -> None:
        """Let a message leave now, if anybody can hear it."""
        if ear in self.open and not ear.deaf:
            self.said += 1
            ear.tell(message)

    def key_for(self, account: str, kind: str, now: int) -> ListenKey:
        """Return the account's listen key, made or made to last longer."""
        found = next((k for k in self.keys.values() if (k.account, k.kind) == (account, kind)), None)
        if found is None:
            self.made += 1
            found = ListenKey(f"listen{kind}{self.made}", account, kind, 0)
            self.keys[found.key] = found
        found.until = now + KEY_LIVES_MS
        return found

    def passed(self, now: int) -> None:
        """End the keys whose time is over."""
        for key in [key for key in self.keys.values() if key.until <= now]:
            self.expire(key.key)

    def expire(self, key: str) -> None:
        """End a listen key: who listens by it is told so, and then nothing more."""
        self.keys.pop(key, None)
        for ear in [ear for ear in self.open if ear.key == key and not ear.deaf]:
            if ear.voice.expired is not None:
                self.let_go(ear, ear.voice.expired(ear))
            ear.deaf = True
            ear.topics.clear()

    def drop(self) -> None:
        """Break every connection."""
        for ear in tuple(self.open):
            self.gone(ear)
            ear.close()

    def gone(self, ear: Ear) -> None:
        """Forget a socket that is closed."""
        if ear in self.open:
            self.open.remove(ear)
        if self.held:
            self.held = [(other, message) for other, message in self.held if other is not ear]

    def deafen(self) -> None:
        """Let every connection only look alive."""
        for ear in self.open:
            ear.deaf = True


def postbox() -> tuple[asyncio.Queue[object], Callable[[object], None]]:
    """Return a queue of the running loop, and what puts into it from any thread."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(message: object) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, message)

    return queue, put
