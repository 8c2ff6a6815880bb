"""Protective stops at a price that is given."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.hedge.execution.hand import Hand, leg


@pytest.mark.parametrize(("planned", "price"), [("-0.5", "75000.1"), ("0.5", "41000.2")])
def test_a_stop_at_a_price_stands_at_that_price(planned: str, price: str) -> None:
    hand = Hand(leg(planned, stop_at=price)).ready()
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])
    hand.wait(6_000)
    stop = hand.sends[-1]
    assert (stop.stop, stop.quantity, stop.reduce_only) == (Decimal(price), -Decimal(planned), True)


@pytest.mark.parametrize(("planned", "price"), [("-0.5", "41000.2"), ("0.5", "75000.1")])
def test_a_stop_that_the_price_is_beyond_is_not_placed_and_told(planned: str, price: str) -> None:
    hand = Hand(leg(planned, stop_at=price)).ready()
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])
    hand.wait(6_000)
    assert [order.stop for order in hand.sends] == [None]
    assert any("has no stop: it cannot be placed" in said for said in hand.alarms)
