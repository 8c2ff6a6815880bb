"""Fills and orders of others: what is known of them from before the plan, and what bears our mark and is not ours."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, Hand, leg

from hedgerow.hedge.execution import FillsRead, Reported
from hedgerow.model.orders import OrderReport, OrderState

HALF = Decimal("-0.5")


@pytest.mark.parametrize(
    ("state", "filled", "after", "frozen"),
    [
        (OrderState.FILLED, "-0.5", 1_000, True),
        (OrderState.CANCELLED, "-0.1", 1_000, True),
        (OrderState.FILLED, "-0.5", 999, False),
        (OrderState.FILLED, "-0.5", None, False),
        (OrderState.CANCELLED, "0", 1_000, False),
    ],
)
def test_an_order_with_our_mark_that_filled_since_the_plan_freezes(
    state: OrderState, filled: str, after: int | None, frozen: bool
) -> None:
    hand = Hand(leg("-0.5"))
    at = None if after is None else BEGIN + after
    told = OrderReport("hr9999", "x9", BTC.name, state, HALF, Decimal(filled), reduce_only=False, at=at)
    hand.feed(Reported(hand.now, hand.now, told))
    assert bool(hand.state.frozen) is frozen


def test_a_fill_without_a_name_from_before_the_plan_keeps_no_order_unknown() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    earlier = replace(hand.traded(BTC.name, Decimal("0.1"), "", "y77"), at=BEGIN - 1)
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (earlier,)))
    assert hand.state.legs[0].orphans == (earlier,)
    for _ in range(3):
        hand.wait(10_000)
        hand.absent(order)
    hand.wait(5_000)
    (mine,) = hand.state.legs
    assert mine.work[0].state is OrderState.ABSENT
    assert (mine.foreign, len(hand.sends)) == (Decimal(0), 2)
