"""The one place that awaits a ccxt exchange: reads that may be repeated, and sends that never are."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import localcontext
from typing import NoReturn, TypeVar

from hedgerow.model.errors import (
    HedgerowError,
    StateUnknown,
    VenueInMaintenance,
    VenueRefused,
    VenueUnreachable,
)
from hedgerow.venues.answers import code_of, meaning, spoken
from hedgerow.venues.quirks import Route, Venue
from hedgerow.venues.wire import Exchange, Meant, Seen, seeing

__all__ = ["READ_ATTEMPTS", "Wire"]

Answer = TypeVar("Answer")
READ_ATTEMPTS = 3
_TRANSIENT = {408, 425}
_TURNED_AWAY = {418, 429}
_UNTIL = re.compile(r"until (\d{13})")
# What ccxt's own parsers raise on an answer of another form than they were written for.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError)


@dataclass(slots=True)
class Ban:
    """Until when (milliseconds of UTC) the venue has told us to be silent."""

    until: int = 0


@dataclass(frozen=True, slots=True)
class Wire:
    """A ccxt exchange, the table that says how to understand it, and whether it wants silence now."""

    exchange: Exchange
    venue: Venue
    ban: Ban = field(default_factory=Ban)
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    attempts: int = READ_ATTEMPTS
    patience_s: float = 2.0

    async def read(self, route: Route, params: Mapping[str, object]) -> object:
        """Return the raw body of a route; raises `VenueUnreachable`, `VenueRefused` or `StateUnknown`."""
        call = getattr(self.exchange, route.call)
        whose = {route.user: self.exchange.walletAddress} if route.user else {}
        return await self.ask(lambda: call({**route.fixed, **whose, **params}))

    async def ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return what `call` reads; a venue that fails soon is asked again, a refusal is final.

        Who let a question wait until its time-out would let the next one wait as long, and silence must be told in time:
        after `patience_s` nothing is asked again.
        """
        import stamina
        import stamina.instrumentation

        # That something was asked again is no news, standard output no place for it, and a log none for addresses.
        stamina.instrumentation.set_on_retry_hooks(())
        async for attempt in stamina.retry_context(
            on=_worth_repeating, attempts=self.attempts, timeout=self.patience_s
        ):
            with attempt:
                return await self._once(call)
        raise VenueUnreachable(f"{self.venue.name} was not asked")

    async def _once(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        import ccxt

        if self.ban.until > self.now():
            raise Silenced(
                f"{self.venue.name} wants no requests until {self.ban.until}", advice=_WAIT["banned"]
            )
        seen = Seen()
        seeing(seen)
        try:
            with localcontext():  # ccxt changes the rounding of everybody's Decimals
                answer = await call()
        except HedgerowError:
            raise
        except (ccxt.BaseError, OSError) as why:
            self._complain(seen, why)
        except _UNREADABLE as why:
            raise StateUnknown(
                f"{self.venue.name}'s answer cannot be read: {type(why).__name__}",
                advice="The venue's answer has changed, or was cut off. Nothing was concluded from it.",
            ) from why
        code, message = code_of(self.venue, seen.body)
        if code:
            self._refused(code, message)
        return answer

    def _complain(self, seen: Seen, why: Exception) -> NoReturn:
        """Raise what an answer means, by its code and status; without an answer the venue is out of reach."""
        import ccxt

        self._heed(seen)
        code, message = code_of(self.venue, spoken(seen))
        if code:
            self._refused(code, message)
        said = f"{self.venue.name}: {_told(why)}"
        if seen.status in _TURNED_AWAY:
            raise Silenced(said, advice=_WAIT["banned"]) from why
        # A request that left and brought no answer is silence, whatever ccxt calls it: an answer cut off is "bad" to it.
        silent = seen.left or isinstance(why, (ccxt.NetworkError, OSError))
        away = silent if seen.status is None else seen.status >= 500
        if away or seen.status in _TRANSIENT:
            raise VenueUnreachable(
                said, advice="Check the network; nothing is concluded from silence."
            ) from why
        raise VenueRefused(said, advice="See the page of this venue in docs/venues.") from why

    def _refused(self, code: str, message: str) -> NoReturn:
        found = meaning(self.venue.codes, code, message)
        said = f"{self.venue.name} {code}: {message[:300]}"
        if found == "banned":
            raise Silenced(said, advice=_WAIT["banned"])
        if found == "maintenance":
            raise VenueInMaintenance(said, advice=_WAIT[found])
        if found == "again" or code in self.venue.codes.unknown:
            raise VenueUnreachable(said, advice="Ask again later.")
        raise (
            NotThere(said)
            if found == "absent"
            else VenueRefused(
                said, advice=_KEY if found == "key" else "See the page of this venue in docs/venues."
            )
        )

    def _heed(self, seen: Seen) -> None:
        """Keep until when to be silent: as the answer names it, or its header in seconds."""
        named = _UNTIL.search(seen.text or "")
        after = seen.headers.get("Retry-After", "")
        if named:
            self.ban.until = max(self.ban.until, int(named[1]))
        elif seen.status in _TURNED_AWAY and after.isdecimal():
            self.ban.until = max(self.ban.until, self.now() + 1000 * int(after))

    async def send(
        self, call: Callable[[], Awaitable[object]], meant: tuple[Meant, ...] = ()
    ) -> tuple[Seen, str]:
        """Do `call` once, never again; return what was seen, and in words what ccxt raised (empty: nothing)."""
        seen = Seen(meant, sending=True)
        if self.ban.until > self.now():
            return seen, f"{self.venue.name} wants no requests until {self.ban.until}"
        seeing(seen)
        try:
            return seen, await self._sent(call, seen)
        finally:
            seen.sending = False  # tasks that were begun meanwhile still look into it

    async def _sent(self, call: Callable[[], Awaitable[object]], seen: Seen) -> str:
        import ccxt

        try:
            with localcontext():
                await call()
        except (ccxt.InvalidProxySettings, VenueRefused) as why:  # raised after signing and before any socket
            seen.left = False
            return _told(why)
        except (ccxt.BaseError, OSError, *_UNREADABLE) as why:
            self._heed(seen)
            return f"{type(why).__name__}: {_told(why)}"
        return ""


def _told(why: BaseException) -> str:
    """What an error says, without the query of the address it names: a signature is nobody's business."""
    return re.sub(r"\?\S+", "", str(why))[:300]


class Silenced(VenueUnreachable):
    """The venue turns us away for asking too much."""


def _worth_repeating(why: Exception) -> bool:
    return isinstance(why, VenueUnreachable) and not isinstance(why, Silenced)


class NotThere(VenueRefused):
    """The venue says that it knows no such order."""


_WAIT = {
    "banned": "It was asked too often: obey the time it names, and let fewer processes share the address.",
    "maintenance": "It is in maintenance: orders there are as they were.",
}
_KEY = "The key is wrong, expired, bound to another address, or lacks the right: see docs/venues."
