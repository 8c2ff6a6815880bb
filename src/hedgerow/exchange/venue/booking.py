"""What a trade does to an account: the leg, the coins, the isolated margin, and the fill that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hedgerow.exchange.venue.draft import Draft
from hedgerow.exchange.venue.events import LegName
from hedgerow.exchange.venue.margin import fee_of
from hedgerow.exchange.venue.state import VenueAccount, VenueOrder, leg_key
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import ZERO, Leg, coins_of, value_of
from hedgerow.model.orders import Fill, FillKind, OrderState

__all__ = ["book", "filled", "with_coins"]


def with_coins(account: VenueAccount, coin: str, coins: Decimal) -> VenueAccount:
    """Return the account with so many coins more in its derivatives wallet."""
    return replace(account, wallets={**account.wallets, coin: account.wallet(coin) + coins})


def filled(draft: Draft, order: VenueOrder, units: Decimal, price: Decimal, *, maker: bool) -> VenueOrder:
    """Return the order after `units` more (signed as it is) traded at `price`, booked and told."""
    instrument = order.order.instrument
    rate = draft.account(order.account).fee_rates(instrument)[1 if maker else 0]
    worth = value_of(instrument, units, price)
    fee = fee_of(draft.listings, instrument, units, price, rate)
    book(draft, order.account, instrument, order.leg, units, price, fee, order=order, maker=maker)
    done = order.filled + units
    return draft.move(
        replace(
            order,
            filled=done,
            cost=order.cost + worth,
            state=OrderState.FILLED if done == order.order.quantity else OrderState.PARTIAL,
            updated=draft.at,
        )
    )


def book(  # noqa: PLR0913
    draft: Draft,
    name: str,
    instrument: Instrument,
    leg_name: LegName,
    units: Decimal,
    price: Decimal,
    fee: Decimal,
    *,
    order: VenueOrder | None = None,
    maker: bool | None = None,
    kind: FillKind = "trade",
) -> None:
    """Put a trade of `units` into the account and tell it. `order` None: the venue itself traded."""
    account = draft.account(name)
    key = leg_key(instrument.name, leg_name)
    before = account.legs.get(key) or Leg(instrument)
    after, realised = before.traded(units, price)
    legs = {**account.legs, key: after}
    if not after.quantity:
        del legs[key]
    coins = realised - fee - (after.paid - before.paid)
    wallets = {**account.wallets, instrument.settle: account.wallet(instrument.settle) + coins}
    margins = _margins(draft, account, key, before, after)
    draft.keep(replace(account, legs=legs, wallets=wallets, margins=margins))
    draft.outcomes.append(
        Fill(
            venue=draft.rules.venue,
            account=name,
            trade_id=draft.new_id(),
            order_id=order.order_id if order else "",
            client_id=order.order.client_id if order else "",
            instrument=instrument.name,
            quantity=units,
            price=price,
            fee=fee,
            fee_coin=instrument.settle,
            at=draft.at,
            maker=maker,
            kind=kind,
        )
    )


def _margins(draft: Draft, account: VenueAccount, key: str, before: Leg, after: Leg) -> Mapping[str, Decimal]:
    """Isolated margins after a trade: what is opened brings its share of its cost, what is closed frees its share.

    What closing realised goes through the wallet, and the fee is the wallet's.
    """
    setting = account.setting(after.instrument, draft.rules)
    if setting.margin_mode != "isolated":
        return account.margins
    margins = dict(account.margins)
    held = margins.pop(key, ZERO)
    if not after.quantity:
        return margins
    if before.quantity * after.quantity <= 0:
        margins[key] = coins_of(abs(after.cost) / setting.leverage)
    elif abs(after.quantity) > abs(before.quantity):
        margins[key] = held + coins_of(abs(after.cost - before.cost) / setting.leverage)
    else:
        margins[key] = coins_of(held * after.quantity / before.quantity)
    return margins
