"""What a venue says is doubted where believing it could trade twice: "not now", and "filled" with less than all of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BTC, Hand, leg

from hedgerow.hedge.execution import NotFound, OpenRead, Query
from hedgerow.model.orders import Accepted, OrderReport, OrderState

HALF = Decimal("-0.5")


def refused_for_now() -> Hand:
    """A hand whose first order was turned away as one of too many."""
    hand = Hand(leg("-0.5")).ready()
    hand.refuse(hand.sends[0], again=True)
    return hand


def looks(hand: Hand) -> int:
    """How often an order was looked up by its id."""
    return sum(isinstance(said, Query) for said in hand.said)


def test_a_refusal_for_now_is_looked_up_and_time_alone_sends_nothing_again() -> None:
    hand = refused_for_now()
    hand.wait(500)
    assert looks(hand) == 1
    hand.wait(60_000)
    assert len(hand.sends) == 1
    assert looks(hand) == 21, "every third second: a venue that is busy is not asked more often"


def test_a_refusal_for_now_is_sent_again_after_two_looks_a_settle_time_apart() -> None:
    hand = refused_for_now()
    order = hand.sends[0]
    hand.wait(4_000)
    hand.absent(order)
    hand.wait(15_500)
    hand.absent(order)
    hand.wait(500)
    assert len(hand.sends) == 1, "the looks were too close"
    hand.absent(order)
    hand.wait(4_000)
    first, second = hand.sends
    assert (first.client_id[:-2], second.client_id[-2:]) == (second.client_id[:-2], "01")
    assert hand.state.legs[0].work[0].state is OrderState.ABSENT
    assert hand.state.legs[0].work[0].why == "-2019 margin is insufficient"


def test_a_refused_order_that_the_venue_has_is_taken_for_its_own() -> None:
    hand = refused_for_now()
    (order,) = hand.sends
    hand.report(order, OrderState.ACKED)
    hand.wait(30_000)
    hand.fill(order)
    hand.report(order, OrderState.FILLED, "-0.5")
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_a_position_that_moved_is_a_trace_of_a_refused_order() -> None:
    hand = refused_for_now()
    (order,) = hand.sends
    hand.held[BTC.name] = HALF
    for _ in range(4):
        hand.wait(17_000)
        hand.absent(order)
    assert len(hand.sends) == 1
    hand.fill(order, moves=False)
    hand.wait(5_000)
    assert hand.ended == "complete"


def test_a_fill_that_comes_with_the_look_is_a_trace_of_a_refused_order() -> None:
    hand = refused_for_now()
    (order,) = hand.sends
    hand.wait(20_000)
    hand.held[BTC.name] = HALF
    fill = hand.traded(BTC.name, HALF, order.client_id, "x1")
    hand.feed(NotFound(hand.now, hand.now, order.client_id, HALF, (fill,), ()))
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_an_outcome_that_stays_unknown_is_told() -> None:
    hand = refused_for_now()
    hand.wait(63_000)
    assert not any("not known" in said for said in hand.alarms)
    hand.wait(1_000)
    assert [said for said in hand.alarms if "not known" in said] == [
        f"critical: the outcome of an order is not known: {BTC.name}: {hand.sends[0].client_id}, -2019 margin is insufficient"
    ]


def test_filled_with_less_than_all_is_asked_again_and_nothing_follows() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.FILLED, "-0.2")
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled, work.live) == (OrderState.PARTIAL, Decimal("-0.2"), Decimal("-0.3"))
    before = looks(hand)
    hand.wait(10_000)
    assert looks(hand) > before
    hand.fill(order)
    hand.report(order, OrderState.FILLED, "-0.5")
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended, hand.state.frozen) == (1, "complete", "")


@pytest.mark.parametrize("filled", ["0", "-0.2"])
def test_filled_with_less_than_all_freezes_where_it_stays(filled: str) -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.FILLED, filled)
    hand.wait(15_500)
    hand.report(order, OrderState.FILLED, filled)
    assert not hand.state.frozen
    assert hand.state.legs[0].work[0].is_open
    hand.wait(500)
    hand.report(order, OrderState.FILLED, filled)
    hand.wait(5_000)
    said = f"the venue says that {order.client_id} is filled, with {filled} of -0.5"
    assert hand.state.frozen == f"{BTC.name}: {said}"
    assert any(said in alarm for alarm in hand.alarms)
    assert (len(hand.sends), hand.ended) == (1, "frozen")


def test_filled_in_full_by_fills_that_a_report_has_not_counted_is_no_contradiction() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    hand.report(order, OrderState.FILLED, "-0.2")
    work = hand.state.legs[0].work[0]
    assert (work.state, work.short_at) == (OrderState.FILLED, None)


def test_a_second_order_under_the_same_id_freezes() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.reply(order, Accepted("x1"))
    mine = OrderReport(order.client_id, "x1", BTC.name, OrderState.ACKED, HALF, Decimal(0))
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (mine, replace(mine, order_id=""))))
    assert not hand.state.frozen
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (mine, replace(mine, order_id="x2"))))
    assert hand.state.frozen == f"{BTC.name}: {order.client_id} is at the venue twice, as x1 and x2"
    assert hand.state.legs[0].work[0].order_id == "x1"


def test_a_stop_may_become_another_order_when_it_is_triggered() -> None:
    hand = Hand(leg("-0.5", stop="0.2")).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    hand.wait(4_000)
    stop = hand.sends[1]
    hand.reply(stop, Accepted("x1"))
    report = OrderReport(stop.client_id, "x2", BTC.name, OrderState.ACKED, stop.quantity, Decimal(0))
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (report,)))
    assert not hand.state.frozen
