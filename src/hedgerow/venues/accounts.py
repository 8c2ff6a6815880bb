"""All that an account holds, read in one visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.model.errors import VenueRefused
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.ports import Balance, Holding
from hedgerow.venues.catalogue import CAUTIOUS
from hedgerow.venues.doors import CcxtVenue

__all__ = ["Account", "account_of"]


@dataclass(frozen=True, slots=True)
class Account:
    """Coins, open positions with their contracts by name, and the account's own (taker, maker) fees; None: not told.

    The contracts in `assumed` have the tiers of thin coins, because the venue tells none.
    """

    balances: tuple[Balance, ...]
    holdings: tuple[Holding, ...]
    instruments: Mapping[str, Instrument]
    fees: tuple[Decimal, Decimal] | None = None
    assumed: tuple[str, ...] = ()


async def account_of(venue: CcxtVenue) -> Account:
    """Return what an account holds. Raises what the ports raise: a wallet or position that cannot be read is not zero."""
    listed = await venue.data.instruments()
    balances = await venue.account.balances()
    holdings = await venue.account.positions(listed)
    named = {one.name: one for one in listed}
    held = {one.instrument: await _with_tiers(venue, named[one.instrument]) for one in holdings}
    assumed = tuple(name for name, one in held.items() if one.tiers is CAUTIOUS)
    return Account(balances, holdings, held, await _fees(venue, listed), assumed)


async def _with_tiers(venue: CcxtVenue, one: Instrument) -> Instrument:
    try:
        return replace(one, tiers=await venue.data.tiers(one))
    except VenueRefused:
        return replace(one, tiers=CAUTIOUS)


async def _fees(venue: CcxtVenue, listed: Sequence[Instrument]) -> tuple[Decimal, Decimal] | None:
    """The fees of BTC's linear perpetual, None where the venue does not tell them."""
    found = [one for one in listed if one.is_perpetual and one.payoff is Payoff.LINEAR]
    first = next((one for one in found if one.underlying == "BTC"), found[0] if found else None)
    if first is None:
        return None
    try:
        return await venue.account.fees(first)
    except VenueRefused:
        return None
