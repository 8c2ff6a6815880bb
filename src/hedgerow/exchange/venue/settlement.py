"""What happens at an instant by itself: funding, the end of a contract, the dead man's switch; and what prepares it."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from hedgerow.exchange.venue.booking import book, with_coins
from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import Funded, FundingSet
from hedgerow.exchange.venue.margin import mark_of
from hedgerow.exchange.venue.rules import filters_of, sane
from hedgerow.exchange.venue.state import Funding, Listing, leg_key
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.legs import Leg, coins_of, value_of
from hedgerow.model.option_contracts import is_option
from hedgerow.model.ports import FundingPaid, FundingPrint
from hedgerow.stats.margin.options import delivered, delivery_fee

__all__ = ["come_due", "indexed", "set_funding"]

_DIGITS = Decimal("1e-8")
_HOUR = Decimal(3_600_000)


def come_due(draft: Draft) -> None:
    """Do all that is due at the draft's instant: the dead man first, then funding, then expiry."""
    draft.timers = True
    for account in list(draft.accounts.values()):
        if account.cancels_at is not None and account.cancels_at <= draft.at:
            draft.keep(replace(account, cancels_at=None))
            for order in draft.own_orders(account.name):
                draft.end(order, "dead_man")
    for listing in list(draft.listings.values()):
        if listing.funding is not None and listing.funding.next_at <= draft.at:
            _fund(draft, listing, listing.funding)
    for listing in list(draft.listings.values()):
        ends = filters_of(listing.instrument).ends_at
        if ends is not None and ends <= draft.at and listing.status != "closed":
            _expire(draft, listing)


def set_funding(draft: Draft, event: FundingSet) -> None:
    """Set what the next settlement pays, and when; raises `BrokenPromise` without interval, instant or a fraction."""
    listing = draft.listings[event.instrument]
    before = listing.funding
    interval = event.interval_ms or (before.interval_ms if before else None)
    next_at = event.next_at or (before.next_at if before else None)
    if not sane(event.rate) or abs(event.rate) > 1:
        raise BrokenPromise(f"a funding rate of {event.rate} for {event.instrument} is no fraction")
    if not interval or next_at is None or next_at <= draft.at:
        raise BrokenPromise(f"the next funding of {event.instrument} needs an interval and a later instant")
    draft.put(replace(listing, funding=Funding(event.rate, interval, next_at)))
    draft.timers = True


def indexed(listing: Listing, index: Decimal, at: int, window_ms: int) -> Listing:
    """Return the listing with a new index, which counts for as long as it stood within `window_ms` before expiry."""
    return replace(_counted(listing, at, window_ms), index=index, index_at=at)


def _counted(listing: Listing, at: int, window_ms: int) -> Listing:
    ends = filters_of(listing.instrument).ends_at
    if ends is None or listing.index is None:
        return listing
    span = min(at, ends) - max(listing.index_at, ends - window_ms)
    if span <= 0:
        return listing
    return replace(
        listing, index_sum=listing.index_sum + listing.index * span, index_ms=listing.index_ms + span
    )


def _fund(draft: Draft, listing: Listing, funding: Funding) -> None:
    """Pay one settlement at the mark: longs pay a positive rate (domain §4.1, TV20)."""
    instrument, mark = listing.instrument, listing.mark
    for account in list(draft.accounts.values()):
        for name, leg in account.legs_of(instrument.name):
            _pay(draft, account.name, leg_key(instrument.name, name), leg, funding.rate)
    hours = funding.interval_ms / _HOUR
    draft.outcomes.append(FundingPrint(instrument.name, draft.at, funding.rate, hours, mark=mark))
    draft.put(replace(listing, funding=replace(funding, next_at=funding.next_at + funding.interval_ms)))


def _pay(draft: Draft, owner: str, key: str, leg: Leg, rate: Decimal) -> None:
    account, mark = draft.accounts[owner], mark_of(draft.listings, leg)
    coin = leg.instrument.settle
    amount = coins_of(-value_of(leg.instrument, leg.quantity, mark) * rate)
    paid = with_coins(account, coin, amount)
    if key in account.margins:
        paid = replace(paid, margins={**paid.margins, key: paid.margins[key] + amount})
    draft.keep(paid)
    payment = FundingPaid(leg.instrument.name, draft.at, amount, coin, draft.new_id())
    draft.outcomes.append(Funded(owner, payment, rate, mark, leg.quantity))


def _paid(listing: Listing, index: Decimal) -> Decimal:
    """What an option pays for each unit, to a quantum of the coin."""
    return coins_of(delivered(listing.instrument, index))


def _settling_fee(leg: Leg, price: Decimal, index: Decimal, rate: Decimal) -> Decimal:
    if is_option(leg.instrument):
        return coins_of(delivery_fee(leg.instrument, leg.quantity, price, index))
    return coins_of(abs(value_of(leg.instrument, leg.quantity, price)) * rate)


def _expire(draft: Draft, listing: Listing) -> None:
    """End a contract: orders go, positions settle at the average of the index over the window, for the taker fee.

    An index that was never known leaves the mark. An option pays what exercise is worth, for its own fee; with no index it stays.
    """
    name = listing.instrument.name
    ended = replace(_counted(listing, draft.at, draft.rules.settlement_ms), status="closed", funding=None)
    average = (
        (ended.index_sum / ended.index_ms).quantize(_DIGITS, ROUND_HALF_EVEN) if ended.index_ms else None
    )
    index = average or ended.index or (None if is_option(listing.instrument) else ended.mark)
    price = index if index is None or not is_option(listing.instrument) else _paid(listing, index)
    draft.put(replace(ended, mark=price, bids=(), asks=()))
    for order in list(draft.orders.values()):
        if order.order.instrument.name == name:
            draft.end(order, "expired", "expired")
    for account in list(draft.accounts.values()):
        for leg_name, leg in account.legs_of(name):
            if price is not None and index is not None:
                fee = _settling_fee(leg, price, index, account.fee_rates(leg.instrument)[0])
                units = -leg.quantity
                book(draft, account.name, leg.instrument, leg_name, units, price, fee, kind="settlement")
