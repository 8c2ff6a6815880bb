"""What went wrong elsewhere (reliability.md §2), as far as the executor could do it again: one test an incident.

Incidents of venues' dialects, the journal's file, keys and the web are tested where those live; docs/reliability.md says
which test answers which.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BTC, ETH, Hand, leg

from hedgerow.hedge.execution import (
    NotFound,
    Query,
    Rules,
    Style,
)
from hedgerow.hedge.execution.promises import keep_plan
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import OrderState

HALF = Decimal("-0.5")


def sent(*legs: object, **more: object) -> Hand:
    """A hand that has sent its first order."""
    hand = Hand(*(legs or (leg("-0.5"),)), **more)  # type: ignore[arg-type]
    hand.ready()
    assert len(hand.sends) == 1
    return hand


# -- A. Duplicate or lost orders


def test_incident_01_a_timeout_does_not_order_again() -> None:
    hand = sent()
    hand.lose(hand.sends[0])
    hand.wait(120_000)
    assert len(hand.sends) == 1


def test_incident_02_an_order_without_an_answer_is_found_by_its_own_id() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.lose(order)
    hand.wait(1_000)
    assert [c.order.client_id for c in hand.said if isinstance(c, Query)][-1] == order.client_id
    hand.held[BTC.name] = HALF
    hand.report(order, OrderState.FILLED, "-0.5")
    hand.fill(order, moves=False)
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_incident_03_filled_and_closed_before_the_look_is_not_never_placed() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.lose(order)
    hand.wait(20_000)
    hand.held[BTC.name] = HALF
    fill = hand.traded(BTC.name, HALF, order.client_id, "x1")
    hand.feed(NotFound(hand.now, hand.now, order.client_id, HALF, (fill,), ()))
    hand.wait(25_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_incident_05_what_may_be_live_counts_as_hedged() -> None:
    hand = sent(leg("-0.5", style=Style("post_only", deadline_ms=600_000)))
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.ACKED)
    for _ in range(3):
        hand.fill(order, "-0.1")
        hand.wait(2_000)
    assert len(hand.sends) == 1
    work = hand.state.legs[0].work[0]
    again = replace(order, client_id="hr000000000000000001")
    with pytest.raises(BrokenPromise, match="may be live"):
        keep_plan(hand.state, 0, work._replace(order=again))


def test_incident_06_not_existing_right_after_creation_is_no_failure() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.accept(order)
    for _ in range(5):
        hand.wait(1_000)
        hand.absent(order)
    assert len(hand.sends) == 1
    assert hand.state.legs[0].work[0].state is OrderState.ACKED


def test_incident_07_a_fill_after_a_refusal_counts() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.refuse(order, again=True)
    hand.fill(order)
    hand.wait(10_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_incident_08_attempts_have_an_end() -> None:
    hand = Hand(leg("-0.5", start="0.5", reduce_only=True), rules=Rules(attempts=3)).ready()
    for _ in range(10):
        if hand.sends and hand.state.legs[0].open_work:
            hand.turn_away(hand.sends[-1])
        hand.wait(10_000)
    assert len(hand.sends) == 3
    assert all(order.reduce_only for order in hand.sends)
    assert hand.ended == "refused"
    assert any("cannot be traded" in said for said in hand.alarms)


def test_incident_09_quantity_is_from_fills_whatever_the_status_says() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    hand.report(order, OrderState.CANCELLED, "-0.2")
    hand.wait(10_000)
    assert (len(hand.sends), hand.ended) == (1, "complete")


def test_incident_10_a_cancelled_order_that_had_filled_is_not_forgotten() -> None:
    hand = sent(leg("-0.5", style=Style("limit", Decimal(50_000), deadline_ms=10_000, at_deadline="leave")))
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.ACKED)
    hand.wait(11_000)
    assert hand.cancels == [order]
    hand.fill(order)
    hand.report(order, OrderState.FILLED, "-0.5")
    hand.wait(5_000)
    assert hand.state.legs[0].done == HALF
    assert hand.ended == "complete"


def test_incident_11_replacing_is_two_intents_and_the_first_is_kept() -> None:
    hand = sent(leg("-0.5", style=Style("post_only", chase_ms=2_000, deadline_ms=600_000)))
    (first,) = hand.sends
    hand.accept(first)
    hand.report(first, OrderState.ACKED)
    hand.price += 100
    hand.wait(3_000)
    assert hand.cancels == [first]
    hand.report(first, OrderState.CANCELLED, "-0.1")
    hand.held[BTC.name] = Decimal("-0.1")
    hand.wait(4_000)
    second = hand.sends[1]
    assert second.quantity == Decimal("-0.4")
    assert second.client_id[:-2] != first.client_id[:-2]
    assert [w.order.client_id for w in hand.state.legs[0].work] == [first.client_id, second.client_id]


def test_incident_12_hedging_follows_positions_not_single_events() -> None:
    hand = Hand(leg("-0.3", style=Style("post_only", deadline_ms=600_000)), leg("3", instrument=ETH)).ready()
    (maker,) = hand.sends
    hand.accept(maker)
    for _ in range(3):
        hand.fill(maker, "-0.1")
    hand.report(maker, OrderState.FILLED, "-0.3")
    for _ in range(3):
        hand.wait(5_000)
        if hand.state.legs[1].open_work:
            hand.accept(hand.sends[-1])
            hand.fill(hand.sends[-1])
    hedges = [o for o in hand.sends if o.instrument == ETH]
    assert sum(o.quantity for o in hedges) == 3


def test_incident_13_writes_have_a_budget_and_reductions_a_part_of_it() -> None:
    rules = Rules(writes=10, attempts=100, again_ms=0, quiet_ms=0)
    hand = Hand(leg("-0.5"), rules=rules).ready()
    for _ in range(60):
        if hand.state.legs[0].open_work:
            hand.not_sent(hand.sends[-1])
        hand.wait(500)
    assert len(hand.sends) == 7
    reducing = Hand(leg("-0.5", start="0.5", reduce_only=True), rules=rules).ready()
    for _ in range(60):
        if reducing.state.legs[0].open_work:
            reducing.not_sent(reducing.sends[-1])
        reducing.wait(500)
    assert len(reducing.sends) == 10
