"""Prices that a paper venue does not take at once: of a contract that is held, a move that no market makes liquidates nobody.

doubts = Doubts(volatility)                      of a contract's coin a day, NaN: not known
doubts.checked(state, account, event)            the event, or where its price is kept back the one before, told again
doubts.taken()                                   what was kept back, once somebody believes it

A real venue has its index of many markets, and a wrong one of them moves nothing. This one has the user's file alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.exchange.venue import Marked, Quoted, VenueEvent, VenueState
from hedgerow.hedge.slips import allowed
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option

__all__ = ["Doubts"]

_DAY_MS = 86_400_000
_CALM = 2.0
"""Within this factor nothing is asked: the least that any market is allowed is more."""


@dataclass(slots=True)
class Doubts:
    """What is kept back, by contract: the last book and the last mark of each. An option's price may go anywhere."""

    volatility: Callable[[Instrument], float]
    _waiting: dict[str, dict[type, VenueEvent]] = field(default_factory=dict)

    @property
    def contracts(self) -> frozenset[str]:
        """The contracts of which a price is kept back."""
        return frozenset(self._waiting)

    def checked(self, state: VenueState, account: str, event: VenueEvent) -> VenueEvent:
        """Return what happens: the event, or the price before told again where its own is kept back; one near the mark ends that."""
        name, price = _told(event)
        listing = state.listings.get(name)
        if price is None or listing is None or listing.mark is None or is_option(listing.instrument):
            return event
        if not state.account(account).legs_of(name):
            self._waiting.pop(name, None)
            return event
        days = max(event.at - (listing.marked_at or event.at), 0) / _DAY_MS
        if self._near(listing.instrument, float(price / listing.mark), days):
            self._waiting.pop(name, None)
            return event
        self._waiting.setdefault(name, {})[type(event)] = event
        if isinstance(event, Quoted):
            return replace(event, bids=listing.bids, asks=listing.asks)
        indexes = None if listing.index is None else {name: listing.index}
        return Marked(event.at, {name: listing.mark}, indexes)

    def _near(self, contract: Instrument, moved: float, days: float) -> bool:
        if 1.0 / _CALM <= moved <= _CALM:
            return True
        factor = allowed(self.volatility(contract), days)
        return 1.0 / factor <= moved <= factor

    def taken(self) -> tuple[VenueEvent, ...]:
        """Return the prices that were kept back, and keep them back no more."""
        found = tuple(event for events in self._waiting.values() for event in events.values())
        self._waiting.clear()
        return found


def _told(event: VenueEvent) -> tuple[str, Decimal | None]:
    """The contract whose price an event tells, and that; None where it tells none."""
    if isinstance(event, Quoted) and event.bids and event.asks:
        return event.instrument, (event.bids[0][0] + event.asks[0][0]) / 2
    if isinstance(event, Marked):
        return next(iter(event.marks.items()), ("", None))
    return "", None
