"""A venue that is open for business, and short names for what happens at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.hedge.books import contract

from hedgerow.exchange.venue import (
    Configured,
    Credited,
    FeesSet,
    Levels,
    Listed,
    Marked,
    OrderMoved,
    Placed,
    Quoted,
    VenueEvent,
    VenueOrder,
    VenueOutcome,
    VenueRules,
    VenueState,
    step,
)
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.legs import ZERO, coins_of
from hedgerow.model.orders import Fill, Order

LINEAR = contract()
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
QUANTO = replace(contract("ETHUSD", "ETH", Payoff.QUANTO, "0.000001", "1"), settle="BTC")
MARKS = {LINEAR.name: Decimal(60_000), INVERSE.name: Decimal(60_000), QUANTO.name: Decimal(3_000)}
BIDS: Levels = ((Decimal(59_990), Decimal(1)), (Decimal(59_980), Decimal(2)), (Decimal(59_900), Decimal(50)))
ASKS: Levels = ((Decimal(60_010), Decimal(1)), (Decimal(60_020), Decimal(2)), (Decimal(60_100), Decimal(50)))
ME = "me"


def run(state: VenueState, *events: VenueEvent) -> tuple[VenueState, list[VenueOutcome]]:
    """The venue after these events, and all that came of them."""
    seen: list[VenueOutcome] = []
    for event in events:
        state, outcomes = step(state, event)
        seen += outcomes
    return state, seen


def levels(*rows: tuple[Any, Any]) -> Levels:
    return tuple((Decimal(str(price)), Decimal(str(size))) for price, size in rows)


def opened(
    coins: int = 100_000, rules: VenueRules | None = None, instrument: Instrument = LINEAR
) -> VenueState:
    """A venue with one contract, a book around 60,000 and an account with money."""
    events: Sequence[VenueEvent] = (
        Listed(0, instrument),
        Marked(0, {instrument.name: Decimal(60_000)}),
        Quoted(0, instrument.name, BIDS, ASKS),
        Credited(0, ME, instrument.settle, Decimal(coins)),
    )
    return run(VenueState(rules or VenueRules()), *events)[0]


def order(client_id: str, quantity: str, price: str | None = None, **more: Any) -> Order:
    kind = more.pop("kind", "market" if price is None else "limit")
    instrument = more.pop("instrument", LINEAR)
    limit = None if price is None else Decimal(price)
    stop = more.pop("stop", None)
    return Order(
        client_id,
        instrument,
        Decimal(quantity),
        kind,
        limit,
        stop=None if stop is None else Decimal(stop),
        **more,
    )


def place(at: int, *args: Any, account: str = ME, **more: Any) -> Placed:
    leg, life = more.pop("leg", "net"), more.pop("life", "gtc")
    return Placed(at, account, order(*args, **more), life=life, leg=leg)


def fills(outcomes: Sequence[VenueOutcome]) -> list[Fill]:
    return [outcome for outcome in outcomes if isinstance(outcome, Fill)]


def codes(outcomes: Sequence[VenueOutcome]) -> list[str]:
    return [outcome.code for outcome in outcomes if hasattr(outcome, "code")]


def last_order(outcomes: Sequence[VenueOutcome]) -> VenueOrder:
    """The order that the last of these spoke of."""
    moved = [outcome.order for outcome in outcomes if isinstance(outcome, OrderMoved)]
    return moved[-1]


def trader(instrument: Instrument, units: str, entry: str, coins: str, **rules: Any) -> VenueState:
    """An account with one position at exactly this entry, and no fee paid for it."""
    size, side = Decimal(units), Decimal(entry)
    book = levels((entry, abs(size)))
    rules = {"leverage": Decimal(125), **rules}
    state, _ = run(
        VenueState(VenueRules(**rules)),
        Listed(0, instrument),
        Marked(0, {instrument.name: side}),
        Quoted(0, instrument.name, () if size > 0 else book, book if size > 0 else ()),
        Credited(0, ME, instrument.settle, Decimal(10) ** 9),
        FeesSet(0, ME, instrument.name, ZERO, ZERO),
        place(1, "open", units, instrument=instrument),
        Credited(2, ME, instrument.settle, Decimal(coins) - Decimal(10) ** 9),
    )
    assert state.account(ME).wallet(instrument.settle) == coins_of(Decimal(coins))
    assert state.account(ME).leg(instrument.name) is not None
    return state


def isolated(
    instrument: Instrument, units: str, leverage: int, entry: str = "60000", coins: str = "100000"
) -> VenueState:
    size = Decimal(units)
    book = levels((entry, abs(size) * 10))
    return run(
        VenueState(),
        Listed(0, instrument),
        Marked(0, {instrument.name: Decimal(entry)}),
        Quoted(0, instrument.name, book if size < 0 else (), book if size > 0 else ()),
        Credited(0, ME, instrument.settle, Decimal(coins)),
        FeesSet(0, ME, instrument.name, ZERO, ZERO),
        Configured(0, ME, instrument.name, "isolated", Decimal(leverage)),
        place(1, "open", units, instrument=instrument),
    )[0]
