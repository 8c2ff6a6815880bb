"""The exchange of the backtest, in floats, and the venue, in exact coins, agree on what both of them do."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.venue.desk import INVERSE, LINEAR, MARKS, ME, QUANTO, place

from hedgerow import exchange
from hedgerow.exchange import venue
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import Leg
from hedgerow.model.orders import units_of

CONTRACTS = (LINEAR, INVERSE, QUANTO)
COINS = {"USDT": 200_000, "BTC": 50}
LOTS = {LINEAR.name: 40, INVERSE.name: 20, QUANTO.name: 90_000}
BARS = st.lists(
    st.tuples(st.sampled_from(CONTRACTS), st.integers(-20, 20), st.integers(960, 1040), st.integers(-9, 9)),
    min_size=1,
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(BARS)
def test_the_same_bars_leave_the_same_coins(bars: list[tuple[Instrument, int, int, int]]) -> None:
    """Trade at the mark, move, pay funding: equity and maintenance agree to a part in a billion."""
    floats, exact = _begun()
    for n, (contract, lots, move, rate) in enumerate(bars, 1):
        at, contracts = n * 10, lots * LOTS[contract.name] * contract.lot
        mark = (MARKS[contract.name] * move / 1000) // contract.tick * contract.tick
        book = ((mark, Decimal(10) ** 9),)
        floats, _ = exchange.step(floats, exchange.Marked({contract.name: float(mark)}))
        exact, _ = venue.step(exact, venue.Marked(at, {contract.name: mark}))
        if contracts:
            side = (book, ()) if contracts < 0 else ((), book)
            exact, _ = venue.step(exact, venue.Quoted(at + 1, contract.name, *side))
            order = place(at + 2, f"c{n}", str(units_of(contract, contracts)), instrument=contract)
            exact, _ = venue.step(exact, order)
            floats, _ = exchange.step(floats, exchange.Ordered(contract, contracts))
        due = venue.FundingSet(at + 3, contract.name, Decimal(rate) / 10_000, 10**9, at + 4)
        exact, _ = venue.step(venue.step(exact, due)[0], venue.Passed(at + 4))
        floats, _ = exchange.step(floats, exchange.FundingDue(contract, rate / 10_000, float(mark)))
        _agree(floats, exact)


def _begun() -> tuple[exchange.ExchangeState, venue.VenueState]:
    floats, exact = exchange.ExchangeState(), venue.VenueState()
    floats, _ = exchange.step(floats, exchange.Marked({name: float(mark) for name, mark in MARKS.items()}))
    for contract in CONTRACTS:
        exact, _ = venue.step(exact, venue.Listed(0, contract))
    exact, _ = venue.step(exact, venue.Marked(0, MARKS))
    for coin, coins in COINS.items():
        floats, _ = exchange.step(floats, exchange.Deposited(coin, float(coins)))
        exact, _ = venue.step(exact, venue.Credited(0, ME, coin, Decimal(coins)))
    return floats, exact


def _agree(floats: exchange.ExchangeState, exact: venue.VenueState) -> None:
    account = exact.account(ME)
    for coin in COINS:
        estimated = exchange.equity(floats, floats.account(coin))
        assert float(venue.cross_equity(exact.listings, account, coin)) == pytest.approx(
            estimated, rel=1e-9, abs=1e-6
        )
        estimated = exchange.maintenance(floats, floats.account(coin))
        assert float(venue.cross_maintenance(exact.listings, account, coin)) == pytest.approx(
            estimated, rel=1e-9, abs=1e-6
        )
    for contract in CONTRACTS:
        held = floats.account(contract.settle).holding(contract)
        kept = account.leg(contract.name) or Leg(contract)
        assert kept.quantity == (units_of(contract, held.contracts) if held else 0)
