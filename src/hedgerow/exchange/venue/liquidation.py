"""What a venue closes by itself: positions that their margin no longer carries, and winners when the fund is empty.

Positions are closed at the mark, a tier at a time, the largest maintenance first; open orders of the wallet go first. The
fee goes to the insurance fund as far as there is margin; where the margin ends below zero, the fund adds what is missing
as a negative fee of the last fill, so that the fills alone account for every coin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

from hedgerow.exchange.venue.booking import book
from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import Deleveraged, LegName
from hedgerow.exchange.venue.margin import (
    cross_equity,
    cross_legs,
    cross_maintenance,
    isolated_equity,
    maintenance_of,
    mark_of,
)
from hedgerow.exchange.venue.rules import Filters, filters_of, sane
from hedgerow.exchange.venue.state import Listing, VenueAccount, leg_key
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Payoff
from hedgerow.model.legs import ZERO, Leg, coins_of, value_of
from hedgerow.model.option_contracts import is_option
from hedgerow.stats.margin import adl_rank

__all__ = ["adl_light", "adl_score", "deleverage", "liquidate"]

_TICKS = Decimal("1e-8")
_LIGHTS = (0.25, 0.5, 1.0)


def liquidate(draft: Draft, names: Iterable[str]) -> None:
    """Close what has to be closed after new marks of the contracts in `names`."""
    marked = set(names)
    for name in list(draft.accounts):
        legs = draft.accounts[name].legs
        touched = [key for key, leg in legs.items() if leg.instrument.name in marked]
        for coin in dict.fromkeys(legs[key].instrument.settle for key in touched):
            _call_cross(draft, name, coin)
        for key in touched:
            if key in draft.accounts[name].margins:
                _call_isolated(draft, name, key)


def _call_cross(draft: Draft, name: str, coin: str) -> None:
    """Cancel, then cut the largest, until what is left is carried."""
    first = True
    while _called(draft, account := draft.accounts[name], coin):
        if first:
            first = False
            _cancel(draft, name, {leg.instrument.name for _, leg in cross_legs(account, coin)})
            continue
        key, _ = max(cross_legs(account, coin), key=lambda kl: maintenance_of(draft.listings, kl[1]))
        alone = sum(1 for _ in cross_legs(account, coin)) == 1
        equity = cross_equity(draft.listings, account, coin) + _worth(draft, account.legs[key])
        _cut(draft, name, key, equity, last=alone)


def _worth(draft: Draft, leg: Leg) -> Decimal:
    """What closing an option brings at its mark, paid below zero; of others it is in the equity."""
    return leg.paid + leg.profit(mark_of(draft.listings, leg)) if is_option(leg.instrument) else ZERO


def _call_isolated(draft: Draft, name: str, key: str) -> None:
    first = True
    while (leg := draft.accounts[name].legs.get(key)) is not None:
        equity = isolated_equity(draft.listings, draft.accounts[name], key)
        if equity >= maintenance_of(draft.listings, leg):
            return
        if first:
            first = False
            _cancel(draft, name, {leg.instrument.name})
        _cut(draft, name, key, equity, last=True)


def _called(draft: Draft, account: VenueAccount, coin: str) -> bool:
    if next(cross_legs(account, coin), None) is None:
        return False
    return cross_equity(draft.listings, account, coin) < cross_maintenance(draft.listings, account, coin)


def _cancel(draft: Draft, name: str, instruments: set[str]) -> None:
    for order in draft.own_orders(name):
        if order.order.instrument.name in instruments:
            draft.end(order, "liquidated")


def _cut(draft: Draft, name: str, key: str, equity: Decimal, *, last: bool) -> None:
    """Close a position down to the tier below, or all of it; `equity` is what carries it.

    A position closed whole with nothing behind it (`last`) pays no more than its equity, and the fund the rest; a part
    of an isolated one no more than its share.
    """
    leg = draft.accounts[name].legs[key]
    coin, mark = leg.instrument.settle, mark_of(draft.listings, leg)
    units = _to_close(leg, mark, filters_of(draft.listings[leg.instrument.name].instrument))
    wanted = coins_of(abs(value_of(leg.instrument, units, mark)) * draft.rules.liquidation_fee)
    whole = units == -leg.quantity and last
    if not whole and key in draft.accounts[name].margins:
        equity = coins_of(equity * abs(units / leg.quantity))
    fee = min(wanted, equity) if whole else min(wanted, max(equity, ZERO))
    book(draft, name, leg.instrument, _leg_name(key), units, mark, fee, kind="liquidation")
    draft.insure(coin, fee)
    if fee < 0:
        _recover(draft, leg, units, mark, -fee)


def _to_close(leg: Leg, mark: Decimal, filters: Filters) -> Decimal:
    """Units against the position that bring it to the top of the tier below; all of it in the lowest."""
    size = abs(leg.quantity)
    value = abs(value_of(leg.instrument, size, mark))
    place = filters.bracket(value)
    if not place:
        return -leg.quantity
    over = size * (1 - filters.brackets[place].floor / value)
    lots = (over / filters.lot).to_integral_value(ROUND_CEILING)
    closed = min(max(lots, Decimal(1)) * filters.lot, size)
    return -closed.copy_sign(leg.quantity)


def _recover(draft: Draft, leg: Leg, units: Decimal, mark: Decimal, missing: Decimal) -> None:
    """Where the fund is empty after it paid, winners on the other side pay it back by closing at bankruptcy."""
    coin = leg.instrument.settle
    price = _bankruptcy(leg, units, mark, missing)
    if draft.insurance[coin] < 0 and price is not None:
        draft.insure(coin, _close_winners(draft, leg.instrument.name, units, price, mark))


def _bankruptcy(leg: Leg, units: Decimal, mark: Decimal, missing: Decimal) -> Decimal | None:
    """The price at which closing `units` would have left exactly nothing."""
    if leg.instrument.payoff is Payoff.INVERSE:
        coins = abs(units / mark) - missing if leg.quantity > 0 else abs(units / mark) + missing
        price = abs(units) / coins if coins > 0 else ZERO
    else:
        per_unit = leg.instrument.multiplier if leg.instrument.payoff is Payoff.QUANTO else Decimal(1)
        price = mark + missing / (abs(units) * per_unit) * (1 if leg.quantity > 0 else -1)
    price = price.quantize(_TICKS, ROUND_HALF_EVEN)
    return price if price > 0 else None


def deleverage(draft: Draft, event: Deleveraged) -> None:
    """Close the best placed of the queue at the price the event names, without a fee; raises for one that is none."""
    if not (sane(event.quantity, event.price) and event.price > 0):
        raise BrokenPromise(f"{event.quantity} at {event.price} is no trade")
    if event.instrument in draft.listings:
        _close_winners(draft, event.instrument, event.quantity, event.price, event.price)


def _close_winners(draft: Draft, name: str, quantity: Decimal, price: Decimal, mark: Decimal) -> Decimal:
    """Close up to `quantity` of the legs of its sign at `price`; returns what that is worth against the mark."""
    queue = [
        (adl_score(draft.listings, account, leg_key(name, leg_name)), account.name, leg_name)
        for account in draft.accounts.values()
        for leg_name, leg in account.legs_of(name)
        if leg.quantity * quantity > 0
    ]
    gained = ZERO
    for _, owner, leg_name in sorted(queue, reverse=True):
        held = draft.accounts[owner].leg(name, leg_name)
        if held is None or not quantity:
            continue
        closed = min(abs(quantity), abs(held.quantity)).copy_sign(quantity)
        book(draft, owner, held.instrument, leg_name, -closed, price, ZERO, kind="adl")
        traded = Leg(held.instrument).traded(closed, price)[0]
        gained += traded.profit(mark)
        quantity -= closed
    return gained


def adl_score(listings: Mapping[str, Listing], account: VenueAccount, key: str) -> float:
    """Return the place in the queue for auto-deleveraging: the higher, the sooner closed (domain §6.3, TV36).

    The margin behind a cross position is the wallet's, shared with the others.
    """
    leg = account.legs[key]
    value = abs(value_of(leg.instrument, leg.quantity, mark_of(listings, leg)))
    if key in account.margins:
        behind = isolated_equity(listings, account, key)
    else:
        behind = cross_equity(listings, account, leg.instrument.settle)
    fraction = float(leg.profit(mark_of(listings, leg)) / abs(leg.cost)) if leg.cost else 0.0
    return adl_rank(fraction, float(value), float(value - behind))


def adl_light(score: float) -> int:
    """Return 1 (last) to 5 (next) for a score, as venues show it.

    Assumed thresholds: how the rest of the world is placed is not known here.
    """
    return 1 if score <= 0 else 2 + sum(score > edge for edge in _LIGHTS)


def _leg_name(key: str) -> LegName:
    name = key.rpartition("/")[2]
    return "long" if name == "long" else "short" if name == "short" else "net"
