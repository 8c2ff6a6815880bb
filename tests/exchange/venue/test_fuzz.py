"""Whatever is asked of the venue it answers, or raises one of its own errors; and what it keeps stays sound."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.venue.desk import INVERSE, LINEAR, ME, opened, run

from hedgerow.exchange.venue import (
    AllCancelled,
    CancelAsked,
    Configured,
    Credited,
    DeadManSet,
    Deleveraged,
    FeesSet,
    FundingSet,
    HedgeSet,
    Listed,
    MarginMoved,
    Marked,
    Passed,
    Placed,
    Printed,
    Quoted,
    VenueEvent,
    VenueState,
    balances_of,
    holdings_of,
    step,
    ticker_of,
)
from hedgerow.model.errors import HedgerowError
from hedgerow.model.orders import Order

ODD = [
    Decimal(t)
    for t in ("NaN", "Infinity", "-Infinity", "0", "-0", "1e-30", "1e30", "-1e15", "0.1234567890123456789")
]
NUMBERS = st.one_of(
    st.sampled_from(ODD),
    st.integers(-70_000, 70_000).map(Decimal),
    st.integers(-700, 700).map(lambda n: Decimal(n) / 1000),
)
NAMES = st.sampled_from([LINEAR.name, LINEAR.name, INVERSE.name, "paper:XYZ", ""])
WHO = st.sampled_from([ME, "other", ""])
LEGS = st.sampled_from(["net", "net", "long", "short"])
LEVELS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3).map(tuple)
AT = st.just(0)
ORDERS = st.builds(
    Order,
    st.sampled_from(["a", "b", "c", ""]),
    st.sampled_from([LINEAR, LINEAR, INVERSE, replace(LINEAR, tick=Decimal("0.07"))]),
    NUMBERS,
    st.sampled_from(["market", "limit", "post_only"]),
    st.one_of(st.none(), NUMBERS),
    st.booleans(),
    st.one_of(st.none(), NUMBERS),
)
EVENTS: st.SearchStrategy[VenueEvent] = st.one_of(
    st.builds(Placed, AT, WHO, ORDERS, st.sampled_from(["gtc", "ioc", "fok"]), LEGS),
    st.builds(
        Marked, AT, st.dictionaries(NAMES, NUMBERS, max_size=2), st.dictionaries(NAMES, NUMBERS, max_size=1)
    ),
    st.builds(Quoted, AT, NAMES, LEVELS, LEVELS),
    st.builds(Printed, AT, NAMES, NUMBERS, NUMBERS),
    st.builds(CancelAsked, AT, WHO, st.sampled_from(["", "1", "9"]), st.sampled_from(["", "a"])),
    st.builds(AllCancelled, AT, WHO, NAMES),
    st.builds(
        FundingSet, AT, NAMES, NUMBERS, st.sampled_from([None, 0, 60_000]), st.sampled_from([None, 0, 10**9])
    ),
    st.builds(Deleveraged, AT, NAMES, NUMBERS, NUMBERS),
    st.builds(
        Credited,
        AT,
        WHO,
        st.sampled_from(["USDT", "BTC"]),
        NUMBERS,
        st.sampled_from(["derivatives", "bonus", "earn"]),
    ),
    st.builds(
        Configured,
        AT,
        WHO,
        NAMES,
        st.sampled_from([None, "cross", "isolated"]),
        st.one_of(st.none(), NUMBERS),
    ),
    st.builds(HedgeSet, AT, WHO, st.booleans()),
    st.builds(MarginMoved, AT, WHO, NAMES, NUMBERS, LEGS),
    st.builds(FeesSet, AT, WHO, NAMES, NUMBERS, NUMBERS),
    st.builds(DeadManSet, AT, WHO, st.sampled_from([0, 1, 60_000])),
    st.builds(
        Listed, AT, st.sampled_from([LINEAR, INVERSE]), st.sampled_from(["trading", "reduce_only", "closed"])
    ),
    st.builds(Passed, AT),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=25))
def test_the_venue_answers_or_raises_its_own_error_and_stays_sound(events: list[VenueEvent]) -> None:
    state = run(opened(), Listed(0, INVERSE), Marked(0, {INVERSE.name: Decimal(60_000)}))[0]
    for n, event in enumerate(events, 1):
        try:
            state, _ = step(state, replace(event, at=n * 1000))
        except HedgerowError:
            continue
        _sound(state)


def _sound(state: VenueState) -> None:
    for account in state.accounts.values():
        assert all(coins.is_finite() for coins in account.wallets.values())
        assert all(leg.quantity.is_finite() and leg.quantity for leg in account.legs.values())
        assert set(account.margins) <= set(account.legs)
        assert all(b.free >= 0 for b in balances_of(state, account) if b.kind == "derivatives")
        for contract in (LINEAR, INVERSE):
            assert all(h.entry > 0 for h in holdings_of(state, account, contract))
    for name, listing in state.listings.items():
        told = ticker_of(state, name)
        assert told.bid is None or told.ask is None or told.bid < told.ask
        assert listing.mark is None or listing.mark > 0
    for order in state.orders.values():
        assert order.is_open
        assert abs(order.filled) < abs(order.order.quantity)
