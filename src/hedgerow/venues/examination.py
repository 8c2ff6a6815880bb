"""What can be verified of a venue, and what cannot: every answer by its own evidence, one failure stops no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from hedgerow.model.checks import Check
from hedgerow.model.errors import HedgerowError, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.venues.door import now_ms
from hedgerow.venues.doors import CcxtVenue
from hedgerow.venues.quirks import Product

__all__ = ["agree_on_units", "examine"]

_MOST_SKEW_MS = 1_000
_NO_KEY = "without a key; `hedgerow keys add` adds one"
_NAMED = 3
_RECENT_MS = 7 * 86_400_000


async def examine(venue: CcxtVenue, *, keyed: bool) -> tuple[Check, ...]:
    """Return what was found of a venue, with the account's side where a key is there; nothing is sent or set."""
    found = [await _asked("clock", lambda: _clock(venue))]
    try:
        listed = await venue.data.instruments()
    except VenueUnreachable as why:
        return (*found, Check("contracts", "not verified", f"out of reach: {why.message}", unreached=True))
    except HedgerowError as why:
        return (*found, Check("contracts", "not verified", why.message))
    found.append(await _contracts(venue, listed))
    first = _first(listed)
    found += [*_said(venue, first), await _asked("tiers", lambda: _tiers(venue, first))]
    if not keyed:
        names = ("position and margin mode", "units", "orders")
        return (*found, *(Check(name, "not verified", _NO_KEY) for name in names))
    return (
        *found,
        await _asked("position and margin mode", lambda: _modes(venue, first)),
        await _asked("fees", lambda: _fees(venue, first)),
        await _asked("orders", lambda: _orders(venue, first)),
        await _asked("units", lambda: _units(venue, listed)),
    )


async def _asked(name: str, look: Callable[[], Awaitable[Check]]) -> Check:
    """What `look` finds; an answer that says nothing is not verified, never wrong and never fine."""
    try:
        return await look()
    except HedgerowError as why:
        return Check(name, "not verified", why.message, isinstance(why, VenueUnreachable))


async def _clock(venue: CcxtVenue) -> Check:
    before = now_ms()
    told = await venue.data.server_time()
    after = now_ms()
    skew, doubt = told - (before + after) // 2, (after - before) // 2
    said = f"{skew:+d} ms against this machine's, ± {doubt} ms"
    if abs(skew) - doubt > _MOST_SKEW_MS:
        return Check(
            "clock", "wrong", f"{said}; above {_MOST_SKEW_MS} ms nothing is sent: set this machine's clock"
        )
    return Check("clock", "verified", said)


async def _contracts(venue: CcxtVenue, listed: Sequence[Instrument]) -> Check:
    wrong = [one.instrument.name for one in (await venue.listings()).all if one.mismatch]
    if wrong:
        return Check("contracts", "wrong", f"another size than the venue's own entry says: {_some(wrong)}")
    return Check("contracts", "verified", f"{len(listed)} listed, sizes as in the venue's own entries")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _first(listed: Sequence[Instrument]) -> Instrument:
    """The contract that is looked at for all: BTC's linear perpetual, else any perpetual."""
    perpetuals = [one for one in listed if one.is_perpetual and one.payoff is Payoff.LINEAR]
    found = [one for one in perpetuals if one.underlying == "BTC"] or perpetuals or list(listed)
    if not found:
        raise VenueRefused("the venue lists no contract that can be traded")
    return found[0]


def _said(venue: CcxtVenue, first: Instrument) -> list[Check]:
    """What the venue's table says and no question can verify."""
    table = venue.door.venue
    sandbox = (
        Check("sandbox", "verified", f"it has one ({table.sandbox}); `sandbox = true` uses it")
        if table.sandbox
        else Check("sandbox", "not verified", "it has none that can be used: practise on paper")
    )
    switch = _product(venue, first).dead_man
    dead_man = (
        Check("dead man's switch", "not verified", "it has one; that it works shows when it is set")
        if switch is not None
        else Check("dead man's switch", "not verified", "it has none: orders stay when this machine dies")
    )
    return [sandbox, dead_man]


def _product(venue: CcxtVenue, one: Instrument) -> Product:
    listed = venue.door.listed
    if listed is None:
        raise VenueRefused("the venue lists no contract that can be traded")
    return listed.of(one).product


async def _tiers(venue: CcxtVenue, first: Instrument) -> Check:
    tiers = await venue.data.tiers(first)
    return Check("tiers", "verified", f"{len(tiers)} brackets of {first.name}")


async def _modes(venue: CcxtVenue, first: Instrument) -> Check:
    modes, name = await venue.account.modes(first), "position and margin mode"
    hedged = {True: "long and short apart", False: "one-way", None: "position mode not told"}[modes.hedge]
    leverage = "leverage not told" if modes.leverage is None else f"leverage {modes.leverage}"
    said = f"{first.name}: {hedged}, {modes.margin_mode or 'margin mode not told'}, {leverage}"
    if modes.hedge is not None and modes.hedge != venue.door.hedged:
        wanted = "apart" if venue.door.hedged else "one-way"
        return Check(
            name, "wrong", f"{said}; the settings want positions {wanted}: `hedged` below [venues.NAME]"
        )
    if None in (modes.hedge, modes.margin_mode, modes.leverage):
        return Check(name, "not verified", said)
    return Check(name, "verified", said)


async def _fees(venue: CcxtVenue, first: Instrument) -> Check:
    taker, maker = await venue.account.fees(first)
    return Check(
        "fees", "verified", f"taker {taker * 10_000:g} bp, maker {maker * 10_000:g} bp on {first.name}"
    )


async def _orders(venue: CcxtVenue, first: Instrument) -> Check:
    there = await venue.trading.open_orders(first)
    said = f"the order interface answers this key: {len(there)} open in {first.name}"
    return Check(
        "orders", "verified", f"{said}; that it takes orders shows with the first, of the smallest size"
    )


async def agree_on_units(venue: CcxtVenue, contracts: Sequence[Instrument]) -> tuple[str, ...]:
    """Hold price times units against the venue's own notional, and return the contracts of which no figure tells.

    Positions and the fills of a week are looked at. Raises `UnitMismatch` where one contradicts: nothing may be sent then.
    Of the others the first order is the smallest, and proves it or ends it.
    """
    await venue.account.positions(contracts)
    listings = await venue.listings()
    for one in contracts:
        if one.name not in venue.door.proven:
            await venue.trading.fills(one, now_ms() - _RECENT_MS)
        venue.door.refuse_wrong(listings.of(one))
    return tuple(one.name for one in contracts if one.name not in venue.door.proven)


async def _units(venue: CcxtVenue, listed: Sequence[Instrument]) -> Check:
    held, door = await venue.account.positions(listed), venue.door
    named = {one.name: one for one in listed}
    for name in sorted({one.instrument for one in held} - door.proven - set(door.wrong))[:_NAMED]:
        await venue.trading.fills(named[name], now_ms() - _RECENT_MS)
    if door.wrong:
        return Check("units", "wrong", _some(list(door.wrong.values())))
    if not door.proven:
        return Check(
            "units", "not verified", f"no figure of the venue's own to compare with: {len(held)} positions"
        )
    return Check("units", "verified", f"the venue's own notional is ours: {_some(sorted(door.proven))}")
