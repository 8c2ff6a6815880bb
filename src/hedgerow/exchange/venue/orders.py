"""Orders: what is refused, what rests, what trades at once, what waits for the mark, what is cancelled."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import AllCancelled, CancelAsked, Code, OrderMoved, Placed, Said
from hedgerow.exchange.venue.margin import free_coins, grows_by, option_needs
from hedgerow.exchange.venue.matching import Walk, ahead_at, closable, take, walk
from hedgerow.exchange.venue.rules import filters_of, on_tick, unfit
from hedgerow.exchange.venue.state import Listing, VenueAccount, VenueOrder, leg_key
from hedgerow.model.legs import ZERO, Leg, value_of
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import OrderState

__all__ = ["cancel", "cancel_all", "place", "sweep", "trigger"]


def place(draft: Draft, event: Placed) -> None:
    """Take an order or refuse it; what can trade at once does."""
    order = _arrived(draft, event)
    code = _unfit(draft, order) or _twice(draft, order)
    if not code and order.waiting:
        _accept(draft, order)
    elif not code:
        found = walk(draft, order, _limit(draft, order))
        code = _post_only(draft, order, found) or _unmargined(draft, order, found)
        if not code:
            _work(draft, _accept(draft, order), found)
    if code:
        refused = replace(order, state=OrderState.REFUSED, order_id="", waiting=False)
        draft.outcomes.append(OrderMoved(draft.at, refused, code))


def cancel(draft: Draft, event: CancelAsked) -> None:
    """Cancel one order, or say why not."""
    order_id = event.order_id or draft.clients.get(f"{event.account} {event.client_id}") or ""
    order = draft.orders.get(order_id)
    if order is not None and order.account == event.account:
        draft.end(order, "asked")
        return
    past = draft.past.get(order_id)
    known = past is not None and past.account == event.account
    code: Code = "order_over" if known else "unknown_order"
    draft.outcomes.append(Said(draft.at, event.account, code, event.client_id or event.order_id))


def cancel_all(draft: Draft, event: AllCancelled) -> None:
    """Cancel all open orders of an account, in one contract or in all."""
    for order in draft.own_orders(event.account, event.instrument):
        draft.end(order, "asked")
    draft.outcomes.append(Said(draft.at, event.account, "", event.instrument))


def trigger(draft: Draft, name: str) -> None:
    """Send the stops of a contract that the mark has touched, the oldest first."""
    waiting = [o for o in draft.orders.values() if o.waiting and o.order.instrument.name == name]
    for order in waiting:
        if order.order_id not in draft.orders or not _touched(draft.listings[name], order):
            continue
        live = replace(order, waiting=False, updated=draft.at)
        if not closable(draft, live):
            draft.end(live, "reduce_only", "expired")
            continue
        found = walk(draft, live, _limit(draft, live))
        code = _unmargined(draft, live, found)
        if code:
            draft.end(live, code, "expired")
        else:
            _work(draft, draft.move(live), found)


def sweep(draft: Draft) -> None:
    """End resting reduce-only orders that have nothing left to reduce. Stops that wait stay: they only ever reduce."""
    for order in list(draft.orders.values()):
        if order.order.reduce_only and not order.waiting and not closable(draft, order):
            draft.end(order, "reduce_only", "expired")


def _arrived(draft: Draft, event: Placed) -> VenueOrder:
    """The order as it came, under the venue's own figures; in hedge mode what goes against its leg only reduces it."""
    order, listing = event.order, draft.listings.get(event.order.instrument.name)
    if listing is not None and listing.instrument is not order.instrument:
        order = replace(order, instrument=listing.instrument)
    turns = {"net": 0, "long": -1, "short": 1}[event.leg]
    against = order.quantity.is_finite() and order.quantity * turns > 0
    return VenueOrder(
        account=event.account,
        order_id="",
        seq=0,
        order=replace(order, reduce_only=True) if against and not order.reduce_only else order,
        leg=event.leg,
        life=event.life,
        state=OrderState.ACKED,
        at=draft.at,
        updated=draft.at,
        waiting=order.stop is not None,
    )


def _accept(draft: Draft, order: VenueOrder) -> VenueOrder:
    order_id = draft.new_id()
    draft.account(order.account)
    draft.clients = draft.clients.adding(f"{order.account} {order.order.client_id}", order_id)
    return draft.move(replace(order, order_id=order_id, seq=draft.made))


def _work(draft: Draft, order: VenueOrder, found: Walk) -> None:
    """Let an accepted order trade what it found; the rest stands in the book or ends."""
    if order.life == "fok" and (found.left or abs(order.remaining) != closable(draft, order)):
        draft.end(order, "killed", "expired")
        return
    if found.takes and order.order.kind == "post_only":
        draft.end(order, "post_only")
        return
    order = take(draft, order, found)
    if not order.is_open:
        return
    if found.self_trade:
        draft.end(order, "self_trade", "expired")
    elif order.order.price is None:
        draft.end(order, "no_liquidity", "expired")
    elif order.life != "gtc":
        draft.end(order, "killed", "expired")
    else:
        listing = draft.listings[order.order.instrument.name]
        ahead = ahead_at(listing, order.order.price, buys=order.order.quantity > 0)
        if ahead:
            draft.orders[order.order_id] = replace(order, ahead=ahead)


def _limit(draft: Draft, order: VenueOrder) -> Decimal | None:
    """The worst price an order may trade at: its own, or for market orders the edge of the venue's band."""
    band, mark = draft.rules.band, draft.listings[order.order.instrument.name].mark
    if order.order.price is not None or band is None or mark is None:
        return order.order.price
    return mark * (1 + band if order.order.quantity > 0 else 1 - band)


def _touched(listing: Listing, order: VenueOrder) -> bool:
    """A sell stop waits for the mark to fall to it, a buy stop for it to rise."""
    stop, mark = order.order.stop or ZERO, listing.mark or ZERO
    return mark >= stop if order.order.quantity > 0 else mark <= stop


def _twice(draft: Draft, order: VenueOrder) -> Code:
    """Whether the client's id was used before, where the venue minds."""
    client_id = order.order.client_id
    if draft.rules.ids == "free" or not client_id:
        return ""
    before = draft.clients.get(f"{order.account} {client_id}")
    taken = before is not None and (draft.rules.ids == "ever" or before in draft.orders)
    return "duplicate_id" if taken else ""


def _unfit(draft: Draft, order: VenueOrder) -> Code:
    """Why an order cannot be taken, whatever the book and the margin."""
    asked, instrument = order.order, order.order.instrument
    listing, account = draft.listings.get(instrument.name), draft.account(order.account)
    if listing is None or listing.status == "closed":
        return "not_tradable"
    if listing.mark is None or (is_option(instrument) and listing.index is None):
        return "no_price"
    if (order.leg == "net") is account.hedge:
        return "leg"
    if (asked.price is None) is not (asked.kind == "market"):
        return "tick"
    code = unfit(listing.instrument, asked.quantity, asked.price, listing.mark, reduces=asked.reduce_only)
    return code or _out_of_place(draft, order, listing, account)


def _out_of_place(draft: Draft, order: VenueOrder, listing: Listing, account: VenueAccount) -> Code:
    """Why an order of the right form cannot be taken as things stand."""
    asked, mark, band = order.order, listing.mark, draft.rules.band
    if asked.reduce_only and not order.waiting and not closable(draft, order):
        return "reduce_only"
    name = listing.instrument.name
    if listing.status == "reduce_only" and grows_by(account, name, order.leg, asked.quantity):
        return "not_tradable"
    if band and mark and asked.price is not None and abs(asked.price - mark) > band * mark:
        return "price_band"
    if len(draft.own_orders(order.account)) >= draft.rules.most_orders:
        return "too_many"
    return _misplaced_stop(listing, order)


def _misplaced_stop(listing: Listing, order: VenueOrder) -> Code:
    stop = order.order.stop
    if stop is None:
        return ""
    if not on_tick(listing.instrument, stop):
        return "tick"
    return "stop_now" if _touched(listing, order) else ""


def _post_only(draft: Draft, order: VenueOrder, found: Walk) -> Code:
    takes = order.order.kind == "post_only" and (found.takes or found.self_trade)
    return "post_only" if takes and draft.rules.post_only == "refuse" else ""


def _unmargined(draft: Draft, order: VenueOrder, found: Walk) -> Code:
    """Whether what the order opens beyond what it closes can be carried: by its tier, and by the coins that are free."""
    instrument, account = order.order.instrument, draft.account(order.account)
    mark = draft.listings[instrument.name].mark
    grows = grows_by(account, instrument.name, order.leg, order.remaining)
    if order.order.reduce_only or not grows or mark is None:
        return ""
    held = account.legs.get(leg_key(instrument.name, order.leg)) or Leg(instrument)
    if is_option(instrument):
        return _unpaid(draft, order, found, grows)
    leverage = account.setting(instrument, draft.rules).leverage
    after = abs(value_of(instrument, held.quantity + order.remaining, mark))
    filters = filters_of(instrument)
    if filters.brackets[filters.bracket(after)].max_leverage < leverage:
        return "leverage"
    worst = found.takes[-1][0] if found.takes else order.order.price or mark
    needed = abs(value_of(instrument, grows, worst)) / leverage
    needed += abs(value_of(instrument, order.remaining, worst)) * account.fee_rates(instrument)[0]
    needed += max(ZERO, -Leg(instrument).traded(grows, worst)[0].profit(mark)) if found.takes else ZERO
    own = [o for o in draft.own_orders(order.account) if o.order_id != order.order_id]
    free = free_coins(draft.listings, account, instrument.settle, own, draft.rules)
    return "margin" if needed > free + _freed(draft, order, held, grows) else ""


def _unpaid(draft: Draft, order: VenueOrder, found: Walk, grows: Decimal) -> Code:
    """Whether premium and fee of an option, or the margin of one that is sold, can be paid."""
    instrument, account = order.order.instrument, draft.account(order.account)
    worst = found.takes[-1][0] if found.takes else order.order.price or draft.listings[instrument.name].mark
    needed = option_needs(draft.listings, account, instrument, grows, worst or ZERO)
    own = [o for o in draft.own_orders(order.account) if o.order_id != order.order_id]
    free = free_coins(draft.listings, account, instrument.settle, own, draft.rules)
    return "margin" if needed > free else ""


def _freed(draft: Draft, order: VenueOrder, held: Leg, grows: Decimal) -> Decimal:
    """What an order that closes before it opens sets free: initial margin, or an isolated position's own equity."""
    closed = order.remaining - grows
    if not closed:
        return ZERO
    account, instrument = draft.account(order.account), held.instrument
    key = leg_key(instrument.name, order.leg)
    mark = draft.listings[instrument.name].mark or ZERO
    if key in account.margins:
        return account.margins[key] + held.profit(mark)
    return abs(value_of(instrument, closed, mark)) / account.setting(instrument, draft.rules).leverage
