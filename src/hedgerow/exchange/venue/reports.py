"""What a venue says when it is asked: the values of `model.ports`, read from a state."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.exchange.venue.events import Levels
from hedgerow.exchange.venue.liquidation import adl_light, adl_score
from hedgerow.exchange.venue.margin import free_coins, liquidation_of
from hedgerow.exchange.venue.state import VenueAccount, VenueOrder, VenueState, leg_key
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import ZERO, value_of
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import OrderReport
from hedgerow.model.ports import AccountModes, Balance, Depth, FundingPrint, Holding, Ticker

__all__ = [
    "balances_of",
    "depth_of",
    "forecast_of",
    "holdings_of",
    "modes_of",
    "report_of",
    "ticker_of",
]

_HOUR = Decimal(3_600_000)


def report_of(order: VenueOrder) -> OrderReport:
    """Return what the venue says of an order now."""
    return OrderReport(
        client_id=order.order.client_id,
        order_id=order.order_id,
        instrument=order.order.instrument.name,
        state=order.state,
        quantity=order.order.quantity,
        filled=order.filled,
        average=_average(order),
        reduce_only=order.order.reduce_only,
        at=order.updated,
    )


def _average(order: VenueOrder) -> Decimal | None:
    if not order.filled:
        return None
    instrument = order.order.instrument
    if instrument.payoff is Payoff.INVERSE:
        return order.filled / order.cost
    price = order.cost / order.filled
    return price / instrument.multiplier if instrument.payoff is Payoff.QUANTO else price


def holdings_of(state: VenueState, account: VenueAccount, instrument: Instrument) -> tuple[Holding, ...]:
    """Return the account's positions in a contract, valued at its mark."""
    listing, setting = state.listing(instrument.name), account.setting(instrument, state.rules)
    found = []
    for name, leg in account.legs_of(instrument.name):
        key = leg_key(instrument.name, name)
        mark = listing.mark or leg.entry or ZERO
        value = abs(value_of(leg.instrument, leg.quantity, mark))
        inverse = instrument.payoff is Payoff.INVERSE
        found.append(
            Holding(
                instrument=instrument.name,
                quantity=leg.quantity,
                leg=name,
                entry=leg.entry or ZERO,
                mark=mark,
                notional=abs(leg.quantity) if inverse else value,
                notional_coin=value if inverse else None,
                unrealised=leg.profit(mark),
                liquidation=liquidation_of(state.listings, account, key),
                margin_mode="isolated" if key in account.margins else "cross",
                leverage=setting.leverage,
                adl_rank=adl_light(adl_score(state.listings, account, key)),
                at=state.at,
            )
        )
    return tuple(found)


def balances_of(state: VenueState, account: VenueAccount) -> tuple[Balance, ...]:
    """Return coins by kind. What is free is never below zero, and of a bonus nothing can be taken.

    What options are worth is their own: it carries no contract.
    """
    found = []
    own = list(state.open_orders(account.name))
    for coin, total in account.wallets.items():
        free = free_coins(state.listings, account, coin, own, state.rules) - account.bonus(coin)
        gained = sum(
            (
                leg.profit(state.listing(leg.instrument.name).mark or leg.entry or ZERO)
                for leg in account.legs.values()
                if leg.instrument.settle == coin and not is_option(leg.instrument)
            ),
            ZERO,
        )
        found.append(Balance(coin, "derivatives", total, max(free, ZERO), gained))
    for kind, pot in account.aside.items():
        found += [
            Balance(coin, kind, coins, ZERO if kind == "bonus" else coins) for coin, coins in pot.items()
        ]
    return tuple(found)


def ticker_of(state: VenueState, instrument: str) -> Ticker:
    """Return the prices of a contract; `at` is when its book, or else its mark, was last told."""
    listing, depth = state.listing(instrument), depth_of(state, instrument, 1)
    at = listing.marked_at if listing.quoted_at is None else listing.quoted_at
    return Ticker(
        instrument=instrument,
        at=state.at if at is None else at,
        last=listing.last,
        bid=depth.bids[0][0] if depth.bids else None,
        ask=depth.asks[0][0] if depth.asks else None,
        mark=listing.mark,
        index=listing.index,
    )


def depth_of(state: VenueState, instrument: str, levels: int) -> Depth:
    """Return the book: the outside's and what rests here, added up by price."""
    listing = state.listing(instrument)
    bids, asks = dict(listing.bids), dict(listing.asks)
    for order in state.orders.values():
        if order.rests and order.order.instrument.name == instrument and order.order.price is not None:
            side = bids if order.order.quantity > 0 else asks
            side[order.order.price] = side.get(order.order.price, ZERO) + abs(order.remaining)
    at = state.at if listing.quoted_at is None else listing.quoted_at
    return Depth(instrument, at, _best(bids, levels, falling=True), _best(asks, levels, falling=False))


def modes_of(state: VenueState, account: VenueAccount, instrument: Instrument) -> AccountModes:
    """Return how the account trades a contract."""
    setting = account.setting(instrument, state.rules)
    return AccountModes(account.hedge, setting.margin_mode, setting.leverage)


def forecast_of(state: VenueState, instrument: str) -> FundingPrint | None:
    """Return what the next settlement will pay as things stand, or None where the contract has no funding."""
    listing = state.listing(instrument)
    if listing.funding is None:
        return None
    hours = listing.funding.interval_ms / _HOUR
    return FundingPrint(
        instrument, listing.funding.next_at, listing.funding.rate, hours, forecast=True, mark=listing.mark
    )


def _best(side: dict[Decimal, Decimal], levels: int, *, falling: bool) -> Levels:
    return tuple(sorted(side.items(), reverse=falling)[:levels])
