"""The one place that opens a venue by its name.

market_door(settings, "binance")             market data, without a key
account_door(settings, "binance", keys)      reading an account
live_door(settings, "binance", keys)         trading with real money, where the settings and the key allow it

Paper is opened by who deals there, with the market that it trades on: `hedgerow.app.dealing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from hedgerow.config import Settings, VenueSettings
from hedgerow.model.errors import BadConfig, VenueRefused

if TYPE_CHECKING:
    from hedgerow.model.ports import Permissions
    from hedgerow.venues.doors import CcxtVenue, Keys

__all__ = [
    "account_door",
    "allowed_live",
    "asked_of",
    "known_venues",
    "live_door",
    "margin_door",
    "market_door",
    "money_of",
    "told_of",
]

Answer = TypeVar("Answer")
_TIMEOUT_MS = 10_000


def known_venues() -> tuple[str, ...]:
    """Return the venues that can be opened besides paper."""
    from hedgerow.venues.dialects import VENUES

    return tuple(VENUES)


def told_of(settings: Settings, name: str) -> VenueSettings:
    """Return what the settings say of a venue: `[venues.NAME]`, or that there is nothing."""
    return settings.venues.get(name, VenueSettings())


def money_of(settings: Settings, name: str) -> Literal["real money", "sandbox", "stand-in"]:
    """Return whose money a venue takes as it is set up."""
    told = told_of(settings, name)
    if told.stand_in is not None:
        return "stand-in"
    return "sandbox" if told.sandbox else "real money"


def market_door(settings: Settings, name: str) -> CcxtVenue:
    """Return a venue without a key: what anybody may ask. Errors as `venues.doors.connect`."""
    from hedgerow.venues.doors import Keys

    return _opened(settings, name, Keys("", "", ""))


def account_door(settings: Settings, name: str, keys: Keys) -> CcxtVenue:
    """Return a venue with a key. Errors as `venues.doors.connect`."""
    return _opened(settings, name, keys)


def margin_door(settings: Settings, name: str, keys: Keys) -> CcxtVenue:
    """Return a venue with a key, of whose wallets only those count that are margin. Errors as `venues.doors.connect`."""
    venue = account_door(settings, name, keys)
    door = venue.door
    door.wallets = tuple(each.name for each in door.venue.wallets if each.kind == "derivatives")
    return venue


def live_door(settings: Settings, name: str, keys: Keys) -> tuple[CcxtVenue, tuple[str, ...]]:
    """Return a venue that real orders may go to, and what to warn of at every start.

    Raises `VenueRefused` where `[venues.NAME]` has no `live = true`, and for a key that may not trade or that may withdraw;
    the last can be overridden by `allow_withdrawal_right = true`.
    """
    if not told_of(settings, name).live:
        raise VenueRefused(
            f"the settings allow no real orders at {name}",
            advice=f"Write [venues.{name}] and live = true below it, or trade on paper.",
        )
    venue = _opened(settings, name, keys)
    warnings = allowed_live(settings, name, asked_of(venue, venue.account.permissions))
    return _opened(settings, name, keys), warnings


def allowed_live(settings: Settings, name: str, said: Permissions) -> tuple[str, ...]:
    """Return what to warn of before a key with these rights trades live. Errors as `venues.doors.allow_live`."""
    from hedgerow.venues.doors import allow_live

    return allow_live(said, override=told_of(settings, name).allow_withdrawal_right)


def asked_of(venue: CcxtVenue, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return what `work` asks of a venue, which is closed behind it. Errors as the ports."""

    async def run() -> Answer:
        return await venue.during(work)

    return asyncio.run(run())


def _opened(settings: Settings, name: str, keys: Keys) -> CcxtVenue:
    from hedgerow.venues.doors import connect, rebase

    told = told_of(settings, name)
    if told.stand_in is not None and told.sandbox:
        raise BadConfig(f"[venues.{name}] has both stand_in and sandbox", advice="Leave one of them out.")
    venue = connect(name, keys, sandbox=told.sandbox, hedged=told.hedged, settings={"timeout": _TIMEOUT_MS})
    if told.stand_in is not None:
        rebase(venue.door.exchange, told.stand_in, venue.door.venue.name)
    return venue
