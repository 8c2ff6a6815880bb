"""What carries a position at a venue: equity, initial and maintenance margin, what is free, where it is liquidated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from hedgerow.exchange.venue.events import LegName
from hedgerow.exchange.venue.rules import VenueRules, filters_of
from hedgerow.exchange.venue.state import Listing, VenueAccount, VenueOrder, leg_key
from hedgerow.model.amounts import decimal_of
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import ZERO, Leg, coins_of, value_of
from hedgerow.model.option_contracts import is_option, strike_of
from hedgerow.stats.margin import MarginedPosition, pieces_of
from hedgerow.stats.margin.liquidation import inverse_at_mark, linear_at_mark
from hedgerow.stats.margin.options import option_fee, short_margin

__all__ = [
    "cross_equity",
    "cross_legs",
    "cross_maintenance",
    "fee_of",
    "free_coins",
    "grows_by",
    "held_by_orders",
    "isolated_equity",
    "liquidation_of",
    "maintenance_of",
    "mark_of",
    "option_needs",
]

Listings = Mapping[str, Listing]


def mark_of(listings: Listings, leg: Leg) -> Decimal:
    """Return the mark of a position's contract; before any mark, the entry."""
    mark = listings[leg.instrument.name].mark
    return mark or leg.entry or ZERO


def cross_legs(account: VenueAccount, coin: str) -> Iterator[tuple[str, Leg]]:
    """Yield the positions that share the wallet in `coin`."""
    for key, leg in account.legs.items():
        if key not in account.margins and leg.instrument.settle == coin:
            yield key, leg


def cross_equity(listings: Listings, account: VenueAccount, coin: str) -> Decimal:
    """Return the coins that carry the cross positions: wallet and bonus less isolated margins, and unrealised profit.

    What options are worth carries nothing: their premium has left the wallet, and the margin of sold ones has their mark in it.
    """
    coins = account.wallet(coin) + account.bonus(coin) - _isolated(account, coin)
    for _, leg in cross_legs(account, coin):
        if not is_option(leg.instrument):
            coins += leg.profit(mark_of(listings, leg))
    return coins


def isolated_equity(listings: Listings, account: VenueAccount, key: str) -> Decimal:
    """Return the coins that carry one isolated position."""
    leg = account.legs[key]
    return account.margins[key] + leg.profit(mark_of(listings, leg))


def maintenance_of(listings: Listings, leg: Leg) -> Decimal:
    """Return the maintenance margin of a position in coins, by its tier at its mark, as the tiers are now."""
    if is_option(leg.instrument):
        return _of_option(listings, leg.instrument, leg.quantity, initial=False)
    value = abs(value_of(leg.instrument, leg.quantity, mark_of(listings, leg)))
    return filters_of(listings[leg.instrument.name].instrument).maintenance(value)


def fee_of(
    listings: Listings, instrument: Instrument, units: Decimal, price: Decimal, rate: Decimal
) -> Decimal:
    """Return the fee of a trade in coins: a fraction of its value, or by the rule of options."""
    if is_option(instrument):
        return coins_of(option_fee(instrument, units, price, _index(listings, instrument), rate))
    return coins_of(abs(value_of(instrument, units, price)) * rate)


def _of_option(listings: Listings, instrument: Instrument, units: Decimal, *, initial: bool) -> Decimal:
    if units >= 0:
        return ZERO
    mark = listings[instrument.name].mark or ZERO
    return short_margin(instrument, units, mark, _index(listings, instrument), initial=initial)


def _index(listings: Listings, instrument: Instrument) -> Decimal:
    """The coin's price; before any was told, the strike."""
    return listings[instrument.name].index or strike_of(instrument)


def cross_maintenance(listings: Listings, account: VenueAccount, coin: str) -> Decimal:
    """Return the maintenance margin of all cross positions in `coin`."""
    return sum((maintenance_of(listings, leg) for _, leg in cross_legs(account, coin)), ZERO)


def free_coins(
    listings: Listings, account: VenueAccount, coin: str, orders: list[VenueOrder], rules: VenueRules
) -> Decimal:
    """Return the coins that nothing holds: equity less the initial margin of cross positions and of open orders."""
    free = cross_equity(listings, account, coin)
    for _, leg in cross_legs(account, coin):
        if is_option(leg.instrument):
            free -= _of_option(listings, leg.instrument, leg.quantity, initial=True)
            continue
        value = abs(value_of(leg.instrument, leg.quantity, mark_of(listings, leg)))
        free -= value / account.setting(leg.instrument, rules).leverage
    return free - held_by_orders(listings, account, coin, orders, rules)


def held_by_orders(
    listings: Listings, account: VenueAccount, coin: str, orders: list[VenueOrder], rules: VenueRules
) -> Decimal:
    """Return the initial margin that open orders would need where they open more than they close."""
    held = ZERO
    for order in orders:
        instrument = order.order.instrument
        if instrument.settle != coin or order.order.reduce_only:
            continue
        grows = grows_by(account, order.order.instrument.name, order.leg, order.remaining)
        price = order.order.price or order.order.stop or listings[instrument.name].mark
        if grows and price and is_option(instrument):
            held += option_needs(listings, account, instrument, grows, price)
        elif grows and price:
            held += abs(value_of(instrument, grows, price)) / account.setting(instrument, rules).leverage
    return held


def option_needs(
    listings: Listings, account: VenueAccount, instrument: Instrument, units: Decimal, price: Decimal
) -> Decimal:
    """Return what opening options takes: premium and fee of bought ones; of sold ones margin and fee, the premium taken off."""
    fee = fee_of(listings, instrument, units, price, account.fee_rates(instrument)[0])
    return value_of(instrument, units, price) + fee + _of_option(listings, instrument, units, initial=True)


def grows_by(account: VenueAccount, instrument: str, leg: LegName, quantity: Decimal) -> Decimal:
    """Return the part of signed `quantity` that would open, beyond what it closes; 0 where it only closes."""
    held = account.legs.get(leg_key(instrument, leg))
    if held is None or held.quantity * quantity > 0:
        return quantity
    after = held.quantity + quantity
    return after if after * quantity > 0 else ZERO


def liquidation_of(listings: Listings, account: VenueAccount, key: str) -> Decimal | None:
    """Return the mark at which a position's margin no longer does, to the tick nearer to the mark; None: at none.

    Equity = maintenance at that price, the other positions of the wallet as they are (domain §6.2, TV24, TV25).
    """
    leg = account.legs[key]
    instrument, coin = leg.instrument, leg.instrument.settle
    if is_option(instrument):  # its margin moves with its own price and with its coin's: there is no one mark
        return None
    if key in account.margins:
        free = account.margins[key]
    else:
        own = leg.profit(mark_of(listings, leg))
        free = cross_equity(listings, account, coin) - own - cross_maintenance(listings, account, coin)
        free += maintenance_of(listings, leg)
    inverse = instrument.payoff is Payoff.INVERSE
    units = leg.quantity * (instrument.multiplier if instrument.payoff is Payoff.QUANTO else 1)
    position = MarginedPosition(float(units), float(leg.entry or 0), float(free))
    solve = inverse_at_mark if inverse else linear_at_mark
    tiers = listings[instrument.name].instrument.tiers
    price = solve(position, pieces_of(tiers)) if tiers else None
    if price is None or not 0.0 < price < float("inf"):
        return None
    ticks = decimal_of(price) / instrument.tick
    whole = -(-ticks // 1) if leg.quantity > 0 else ticks // 1
    return whole * instrument.tick


def _isolated(account: VenueAccount, coin: str) -> Decimal:
    if not account.margins:
        return ZERO
    return sum((m for k, m in account.margins.items() if account.legs[k].instrument.settle == coin), ZERO)
