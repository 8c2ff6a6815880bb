"""Who trades with whom: price first, then time. The outside world's size at a price stands before orders that rest here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.exchange.venue.booking import filled
from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import Levels
from hedgerow.exchange.venue.state import Listing, VenueOrder, leg_key
from hedgerow.model.legs import ZERO

__all__ = ["Walk", "ahead_at", "closable", "cross", "printed", "take", "walk"]

_Offer = tuple[Decimal, Decimal, VenueOrder | None]


@dataclass(frozen=True, slots=True)
class Walk:
    """What an order would take: (price, positive units, resting order or None), the units left, and if it met itself."""

    takes: tuple[_Offer, ...]
    left: Decimal
    self_trade: bool


def closable(draft: Draft, order: VenueOrder) -> Decimal:
    """Return the positive units that an order may still trade: a reducing one no more than there is to close."""
    size = abs(order.remaining)
    return min(size, _position(draft, order)) if order.order.reduce_only else size


def walk(draft: Draft, order: VenueOrder, limit: Decimal | None) -> Walk:
    """Return what `order` would take now at `limit` or better, in the order in which it would."""
    listing = draft.listings[order.order.instrument.name]
    buys = order.order.quantity > 0
    left, own = closable(draft, order), False
    takes: list[_Offer] = []
    for price, size, maker in _offers(draft, listing, buys=buys):
        if not left or (limit is not None and (price > limit if buys else price < limit)):
            break
        if maker is not None and maker.account == order.account:
            own = True
            break
        taken = min(left, size)
        if taken:
            takes.append((price, taken, maker))
            left -= taken
    return Walk(tuple(takes), left, own)


def take(draft: Draft, order: VenueOrder, found: Walk) -> VenueOrder:
    """Return the order after it took what `walk` found: makers are filled at their price, the outside book shrinks."""
    name = order.order.instrument.name
    buys = order.order.quantity > 0
    for price, units, maker in found.takes:
        order = filled(draft, order, units if buys else -units, price, maker=False)
        if maker is not None:
            resting = draft.orders[maker.order_id]
            filled(draft, resting, -units if buys else units, price, maker=True)
    if found.takes:
        listing = draft.listings[name]
        outside = sum((units for _, units, maker in found.takes if maker is None), ZERO)
        side = _without(listing.asks if buys else listing.bids, outside)
        last = found.takes[-1][0]
        draft.put(replace(listing, asks=side, last=last) if buys else replace(listing, bids=side, last=last))
    return order


def cross(draft: Draft, name: str) -> None:
    """Fill what rests here against an outside book that has come to cross it, at the resting price."""
    for order in _resting(draft, name, buys=True) + _resting(draft, name, buys=False):
        listing = draft.listings[name]
        buys, price = order.order.quantity > 0, order.order.price or ZERO
        side = listing.asks if buys else listing.bids
        crossing = sum((size for at, size in side if (at <= price if buys else at >= price)), ZERO)
        units = min(crossing, closable(draft, order))
        if units:
            filled(draft, order, units if buys else -units, price, maker=True)
            rest = _without(side, units)
            draft.put(replace(listing, asks=rest) if buys else replace(listing, bids=rest))
        elif order.ahead:
            shown = ahead_at(listing, price, buys=buys)
            if shown < order.ahead:
                draft.orders[order.order_id] = replace(order, ahead=shown)


def printed(draft: Draft, name: str, price: Decimal, quantity: Decimal) -> None:
    """Let a trade of the outside world take with it what rests here: better prices first, then those behind their queue."""
    left, buys = abs(quantity), quantity < 0
    for order in _resting(draft, name, buys=buys):
        own = order.order.price or ZERO
        if not left or (own < price if buys else own > price):
            break
        passed = min(order.ahead, left) if own == price else ZERO
        units = min(left - passed, closable(draft, order))
        ahead = order.ahead - passed if own == price else ZERO
        if ahead != order.ahead:
            order = draft.orders[order.order_id] = replace(order, ahead=ahead)  # noqa: PLW2901
        if units:
            filled(draft, order, units if buys else -units, own, maker=True)
            left -= units
    draft.put(replace(draft.listings[name], last=price))


def _position(draft: Draft, order: VenueOrder) -> Decimal:
    """The positive units that stand against an order in its leg: what it could reduce."""
    held = draft.account(order.account).legs.get(leg_key(order.order.instrument.name, order.leg))
    return ZERO if held is None or held.quantity * order.order.quantity > 0 else abs(held.quantity)


def ahead_at(listing: Listing, price: Decimal, *, buys: bool) -> Decimal:
    """Return the outside size that stands at `price` on the side of a resting order."""
    return next((size for at, size in (listing.bids if buys else listing.asks) if at == price), ZERO)


def _offers(draft: Draft, listing: Listing, *, buys: bool) -> list[_Offer]:
    """What stands against a buyer (or seller), best first; at one price the outside before our own, the older first."""
    outside: list[_Offer] = [(price, size, None) for price, size in (listing.asks if buys else listing.bids)]
    makers = _resting(draft, listing.instrument.name, buys=not buys)
    if not makers:
        return outside
    inside: list[_Offer] = []
    promised: dict[tuple[str, str], Decimal] = {}
    for order in makers:
        size = closable(draft, order)
        if order.order.reduce_only:  # several of them reduce one position, which is there once
            owner = (order.account, order.leg)
            before = promised.get(owner, ZERO)
            size = min(size, max(_position(draft, order) - before, ZERO))
            promised[owner] = before + size
        inside.append((order.order.price or ZERO, size, order))
    return sorted(outside + inside, key=lambda offer: offer[0], reverse=not buys)


def _resting(draft: Draft, name: str, *, buys: bool) -> list[VenueOrder]:
    """Orders of one side that stand in the book, best price first, the older first."""
    found = [
        o
        for o in draft.orders.values()
        if o.rests and (o.order.quantity > 0) is buys and o.order.instrument.name == name
    ]
    return sorted(found, key=lambda o: (-(o.order.price or ZERO) if buys else o.order.price or ZERO, o.seq))


def _without(levels: Levels, units: Decimal) -> Levels:
    """The levels after `units` were taken from the best on."""
    kept = []
    for price, size in levels:
        taken = min(size, units)
        units -= taken
        if size > taken:
            kept.append((price, size - taken))
    return tuple(kept)
