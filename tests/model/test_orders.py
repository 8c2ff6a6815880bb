"""What an order may become, and units that are exact."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hedge.books import contract

from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Payoff
from hedgerow.model.orders import (
    LEGAL,
    OPEN,
    TERMINAL,
    Order,
    OrderState,
    contracts_of,
    lot_units,
    moved,
    units_of,
)

LINEAR = contract()
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
QUANTO = contract("ETHUSD_Q", "ETH", Payoff.QUANTO, "0.000001", "1")
FILLING = {OrderState.PARTIAL, OrderState.FILLED}


def test_every_state_has_a_row_and_is_open_or_over() -> None:
    assert set(LEGAL) == set(OrderState)
    assert set(OrderState) == OPEN | TERMINAL
    assert not OPEN & TERMINAL


@pytest.mark.parametrize("state", [s for s in OrderState if s is not OrderState.FILLED])
def test_a_late_fill_is_legal_in_every_state(state: OrderState) -> None:
    assert all(moved(state, late) is late for late in FILLING if late is not state)


def test_nothing_forgets_that_an_order_was_sent() -> None:
    for state in OrderState:
        assert OrderState.WRITTEN not in LEGAL[state]
        if state is not OrderState.WRITTEN:
            assert OrderState.SENDING not in LEGAL[state]


def test_what_was_at_the_venue_is_never_absent() -> None:
    for state in (OrderState.ACKED, OrderState.PARTIAL, OrderState.FILLED, OrderState.CANCELLED):
        with pytest.raises(BrokenPromise, match="cannot become absent"):
            moved(state, OrderState.ABSENT)


@given(st.integers(-10_000_000, 10_000_000))
def test_units_and_contracts_are_exact_both_ways(lots: int) -> None:
    for instrument in (LINEAR, INVERSE, QUANTO):
        contracts = lots * instrument.lot
        assert contracts_of(instrument, units_of(instrument, contracts)) == contracts


def test_a_part_that_no_number_of_contracts_is_exact_for_is_refused() -> None:
    with pytest.raises(BrokenPromise, match="no exact number of contracts"):
        contracts_of(replace(INVERSE, multiplier=Decimal(3)), Decimal(1))


def test_a_lot_of_an_inverse_contract_is_dollars() -> None:
    assert lot_units(INVERSE) == 100
    assert lot_units(LINEAR) == LINEAR.lot * LINEAR.multiplier


def test_side_is_the_sign() -> None:
    assert Order("a", LINEAR, Decimal(1)).side == "buy"
    assert Order("a", LINEAR, Decimal(-1)).side == "sell"
