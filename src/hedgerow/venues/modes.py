"""Position mode, margin mode, leverage: read, set while flat, and read back. "No change needed" is success."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, VenueRefused
from hedgerow.model.ports import AccountModes, MarginMode
from hedgerow.venues.answers import code_of, meaning, spoken
from hedgerow.venues.door import Door
from hedgerow.venues.fields import Names
from hedgerow.venues.listing import Listing
from hedgerow.venues.quirks import Route, SetUp
from hedgerow.venues.raw import Row, number, rows_of, word
from hedgerow.venues.reading import margin_word

__all__ = ["configure", "modes_of"]


async def modes_of(door: Door, listing: Listing) -> AccountModes:
    """Return what the venue says of a contract's modes; two leverages that differ are no leverage."""
    names = listing.product.set_up
    bodies: dict[tuple[str, str, str], tuple[Row, ...]] = {}

    async def rows_at(route: Route | None) -> tuple[Row, ...]:
        if route is None:
            return ()
        key = (route.call, route.rows, repr(route.fixed))
        if key not in bodies:
            params: dict[str, object] = {route.symbol: listing.raw} if route.symbol else {}
            bodies[key] = door.mine(
                rows_of(await door.wire.read(route, params), route.rows), "symbol", listing
            )
        return bodies[key]

    mode, margins, levers = (
        await rows_at(names.mode),
        await rows_at(names.margin),
        await rows_at(names.leverage),
    )
    _must(door, names, [*mode, *margins, *levers])
    margin = margin_word(word(margins[0], names.margin_mode)) if margins else None
    fields = names.leverage_by_margin.get(margin or "", names.leverage_fields)
    hedges = {said for row in mode if (said := word(row, names.hedge))}
    hedge = bool(hedges & names.hedge_words) if hedges else None
    door.learn_legs(listing, hedge)
    return AccountModes(
        hedge=hedge,
        margin_mode=margin,
        leverage=_leverage(levers, fields),
    )


def _must(door: Door, names: SetUp, rows: list[Row]) -> None:
    field, wanted = names.must
    said = {found for row in rows if field and (found := word(row, field))}
    if said - {wanted}:
        raise VenueRefused(
            f"{door.venue.name} has this contract in the mode {said.pop()}, which refuses ordinary closing orders",
            advice=f"Set it to {wanted} on the venue's own page, while flat.",
        )


def _leverage(rows: tuple[Row, ...], fields: tuple[Names, ...]) -> Decimal | None:
    said = {found for row in rows for names in fields if (found := number(row, names))}
    return said.pop() if len(said) == 1 else None


async def configure(door: Door, listing: Listing, wanted: AccountModes) -> AccountModes:
    """Set what is not None and not so already; raises `VenueRefused`, or `StateUnknown` where it reads back otherwise."""
    now = await modes_of(door, listing)
    names, exchange, symbol = listing.product.set_up, door.exchange, listing.symbol
    if wanted.hedge is not None and wanted.hedge != now.hedge:
        _can(door, names.set_mode, "position mode")
        await _do(door, lambda: exchange.set_position_mode(wanted.hedge, symbol), "position mode")
    if wanted.margin_mode is not None and wanted.margin_mode != now.margin_mode:
        _can(door, names.set_margin, "margin mode")
        params = {**names.margin_params, **_with_leverage(door, listing, wanted, now)}
        await _do(door, lambda: exchange.set_margin_mode(wanted.margin_mode, symbol, params), "margin mode")
    if wanted.leverage is not None and wanted.leverage != now.leverage:
        margin = wanted.margin_mode or now.margin_mode
        for extra in names.leverage_params:
            await _set_leverage(door, listing, wanted.leverage, margin, dict(extra))
    back = await modes_of(door, listing)
    _compare(listing, wanted, back)
    return back


def _with_leverage(
    door: Door, listing: Listing, wanted: AccountModes, now: AccountModes
) -> dict[str, object]:
    if not listing.product.set_up.leverage_with_margin:
        return {}
    leverage = wanted.leverage or now.leverage
    if leverage is None:
        raise VenueRefused(f"{door.venue.name} sets the margin mode with a leverage only", advice="Give one.")
    return {"leverage": str(leverage)}


async def _set_leverage(
    door: Door, listing: Listing, leverage: Decimal, margin: MarginMode | None, extra: dict[str, object]
) -> None:
    if leverage != leverage.to_integral_value():
        raise VenueRefused(f"a leverage of {leverage} is no whole number")
    if listing.product.set_up.margin_in_leverage:
        if margin is None:
            raise VenueRefused(f"{door.venue.name} sets leverage for a margin mode", advice="Give both.")
        extra |= listing.product.set_up.margin_in_leverage[margin]
    exchange = door.exchange
    await _do(door, lambda: exchange.set_leverage(int(leverage), listing.symbol, extra), "leverage")


def _can(door: Door, able: bool, what: str) -> None:
    if not able:
        raise VenueRefused(
            f"{door.venue.name} does not let a program set the {what}",
            advice="Set it on the venue's own page, while flat, and start again.",
        )


async def _do(door: Door, call: Callable[[], Awaitable[object]], what: str) -> None:
    seen, raised = await door.wire.send(call)
    code, message = code_of(door.venue, spoken(seen))
    if meaning(door.venue.codes, code, message or raised) == "unchanged":
        return
    if code or (raised and seen.body is None):
        raise VenueRefused(
            f"{door.venue.name} did not set the {what}: {code} {message or raised}"[:300],
            advice="Nothing may be traded in this contract until it is set.",
        )


def _compare(listing: Listing, wanted: AccountModes, back: AccountModes) -> None:
    for what, asked, is_now in (
        ("position mode", wanted.hedge, back.hedge),
        ("margin mode", wanted.margin_mode, back.margin_mode),
        ("leverage", wanted.leverage, back.leverage),
    ):
        if asked is not None and is_now is not None and asked != is_now:
            raise StateUnknown(
                f"the {what} of {listing.instrument.name} was set to {asked} and reads {is_now}",
                advice="Do not trade it: look at the venue's own page.",
            )
