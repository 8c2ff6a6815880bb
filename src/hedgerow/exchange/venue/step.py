"""One event at a time: `step(state, event) -> (state', outcomes)`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import (
    AllCancelled,
    CancelAsked,
    Configured,
    Credited,
    DeadManSet,
    Deleveraged,
    FeesSet,
    FundingSet,
    HedgeSet,
    Levels,
    Listed,
    MarginMoved,
    Marked,
    Passed,
    Placed,
    Printed,
    Quoted,
    VenueEvent,
    VenueOutcome,
)
from hedgerow.exchange.venue.liquidation import deleverage, liquidate
from hedgerow.exchange.venue.matching import cross, printed
from hedgerow.exchange.venue.orders import cancel, cancel_all, place, sweep, trigger
from hedgerow.exchange.venue.rules import sane
from hedgerow.exchange.venue.settings import (
    configure,
    credit,
    move_margin,
    set_dead_man,
    set_fees,
    set_hedge,
)
from hedgerow.exchange.venue.settlement import come_due, indexed, set_funding
from hedgerow.exchange.venue.state import Listing, VenueState
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import Fill

__all__ = ["step"]

_PRICES = (Quoted, Marked, Printed)
_Step = tuple[VenueState, tuple[VenueOutcome, ...]]


def step(state: VenueState, event: VenueEvent) -> _Step:
    """Return the venue after `event`, and what came of it, in the order in which it happened.

    What is due by then (funding, expiry, the dead man) happens first, each at its own instant; prices told for that very
    instant still count in it. Same state and event, same result. Raises `BrokenPromise` for an event before the last one or a crossed book, `UnknownSymbol` for market
    events of a contract that is not listed; what traders ask is never raised but answered.
    """
    if event.at < state.at:
        raise BrokenPromise(f"an event at {event.at} after one at {state.at}: time does not go back")
    before: tuple[VenueOutcome, ...] = ()
    until = event.at - 1 if isinstance(event, _PRICES) else event.at
    while state.due is not None and state.due <= until:
        draft = Draft(state, state.due)
        come_due(draft)
        state, happened = _settled(state, draft)
        before += happened
    draft = Draft(state, event.at)
    _happen(state, draft, event)
    state, happened = _settled(state, draft)
    return state, before + happened if before else happened


def _settled(state: VenueState, draft: Draft) -> _Step:
    if any(isinstance(outcome, Fill) for outcome in draft.outcomes):
        sweep(draft)
    return draft.done(state)


def _happen(state: VenueState, draft: Draft, event: VenueEvent) -> None:  # noqa: C901, PLR0912
    match event:
        case Quoted():
            _quote(state, draft, event)
        case Marked():
            _mark(state, draft, event)
        case Placed():
            place(draft, event)
        case CancelAsked():
            cancel(draft, event)
        case Passed():
            pass
        case Printed():
            state.listing(event.instrument)
            _priced(event.instrument, event.price)
            if not sane(event.quantity):
                raise BrokenPromise(f"a trade of {event.quantity} is none")
            printed(draft, event.instrument, event.price, event.quantity)
        case AllCancelled():
            cancel_all(draft, event)
        case FundingSet():
            state.listing(event.instrument)
            set_funding(draft, event)
        case Credited():
            credit(draft, event)
        case Configured():
            configure(draft, event)
        case HedgeSet():
            set_hedge(draft, event)
        case MarginMoved():
            move_margin(draft, event)
        case FeesSet():
            set_fees(draft, event)
        case DeadManSet():
            set_dead_man(draft, event)
        case Deleveraged():
            deleverage(draft, event)
        case Listed():
            _list(draft, event)


def _quote(state: VenueState, draft: Draft, event: Quoted) -> None:
    """Replace the outside book. Raises `BrokenPromise` where it is crossed in itself or not best first."""
    listing = state.listing(event.instrument)
    if listing.status == "closed":
        return
    proper = _in_order(event.bids, -1) and _in_order(event.asks, 1)
    if not proper or (event.bids and event.asks and event.bids[0][0] >= event.asks[0][0]):
        raise BrokenPromise(f"the book of {event.instrument} is crossed, not best first or not positive")
    draft.put(replace(listing, bids=event.bids, asks=event.asks, quoted_at=event.at))
    if draft.orders:
        cross(draft, event.instrument)


def _in_order(side: Levels, sign: int) -> bool:
    """Whether all levels are positive and lie in steps of this sign."""
    last = None
    for price, units in side:
        if (
            not sane(price, units)
            or price <= 0
            or units <= 0
            or (last is not None and (price - last) * sign <= 0)
        ):
            return False
        last = price
    return True


def _mark(state: VenueState, draft: Draft, event: Marked) -> None:
    """Set marks and indexes, let stops go, then call margin: a stop may still save what it protects."""
    for name, index in (event.indexes or {}).items():
        _priced(name, index)
        listing = indexed(state.listing(name), index, event.at, state.rules.settlement_ms)
        draft.put(listing)
    for name, mark in event.marks.items():
        _priced(name, mark)
        state.listing(name)
        if draft.listings[name].status != "closed":
            draft.put(replace(draft.listings[name], mark=mark, marked_at=event.at))
    for name in event.marks:
        trigger(draft, name)
    liquidate(draft, event.marks)


def _priced(name: str, price: Decimal) -> None:
    if not sane(price) or price <= 0:
        raise BrokenPromise(f"{price} is no price of {name}")


def _list(draft: Draft, event: Listed) -> None:
    """Offer a contract, or change its figures and status and keep its prices."""
    before = draft.listings.get(event.instrument.name)
    listing = Listing(event.instrument) if before is None else replace(before, instrument=event.instrument)
    draft.put(replace(listing, status=event.status))
    draft.timers = True
