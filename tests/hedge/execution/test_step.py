"""One order at a time, from evidence to evidence: never twice, never more than planned."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, ETH, Hand, leg

from hedgerow.hedge.execution import Event, Held, ModesRead, Priced, Replied, Style, Tick, Timed, step
from hedgerow.hedge.execution.promises import keep_plan
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Accepted, OrderState
from hedgerow.model.ports import AccountModes, Holding


def test_a_plan_is_traded_and_read_back() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    assert (order.quantity, order.kind, order.reduce_only) == (Decimal("-0.5"), "market", False)
    hand.accept(order)
    hand.fill(order)
    hand.wait(1_000)
    early = hand.ended
    hand.wait(4_000)
    assert [early, hand.ended] == ["", "complete"]
    assert len(hand.sends) == 1


@pytest.mark.parametrize("missing", ["price", "position", "clock", "modes"])
def test_nothing_is_sent_while_something_is_not_known(missing: str) -> None:
    hand = Hand(leg("-0.5"))
    names = (BTC.name,)
    told: dict[str, Event] = {
        "price": Priced(BEGIN, BEGIN, (hand.ticker(BTC.name),)),
        "position": Held(BEGIN, BEGIN, names, ()),
        "clock": Timed(BEGIN, 20),
        "modes": ModesRead(BEGIN, BTC.name, AccountModes(False, "cross", None)),
    }
    for kind, event in told.items():
        if kind != missing:
            hand.feed(event)
    assert hand.sends == []
    hand.feed(told[missing])
    assert len(hand.sends) == 1


def test_an_unknown_order_is_settled_by_two_looks_far_apart_and_never_by_time() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    hand.wait(60_000)
    assert len(hand.sends) == 1, "time alone says nothing"
    hand.absent(order)
    hand.wait(5_000)
    hand.absent(order)
    hand.wait(1_000)
    assert len(hand.sends) == 1, "the two looks were too close"
    hand.wait(16_000)
    hand.absent(order)
    hand.wait(5_000)
    first, second = hand.sends
    assert (first.client_id[:-2], first.client_id[-2:], second.client_id[-2:]) == (
        second.client_id[:-2],
        "00",
        "01",
    )
    assert second.quantity == first.quantity


def test_a_moved_position_is_a_trace_of_the_order() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    hand.held[BTC.name] = Decimal("-0.5")
    for _ in range(4):
        hand.wait(17_000)
        hand.absent(order)
    assert len(hand.sends) == 1
    hand.fill(order, moves=False)
    hand.wait(5_000)
    assert hand.ended == "complete"


def test_a_position_that_does_not_follow_a_fill_freezes_after_one_order() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4")).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order, moves=False)
    for _ in range(12):
        hand.wait(3_000)
        hand.no_fills()
    assert len(hand.sends) == 1
    assert hand.state.frozen
    assert hand.ended == "frozen"
    assert any(said.startswith("critical: trading is frozen") for said in hand.alarms)


def test_late_fills_count_in_every_state() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.refuse(order, again=True)
    hand.fill(order, "-0.2")
    hand.wait(10_000)
    assert [o.quantity for o in hand.sends] == [Decimal("-0.5")]
    assert hand.state.legs[0].work[0].state is OrderState.PARTIAL
    assert hand.state.legs[0].done == Decimal("-0.2")


def test_a_halt_stops_what_opens_and_keeps_what_reduces() -> None:
    opening = Hand(leg("-0.5"))
    opening.feed(Tick(BEGIN, "by hand"))
    opening.ready()
    opening.wait(2_000, halted="by hand")
    assert opening.sends == []
    assert opening.ended == "halted"
    reducing = Hand(leg("-0.5", start="0.5", reduce_only=True))
    reducing.feed(Tick(BEGIN, "by hand"))
    reducing.ready()
    assert [(o.quantity, o.reduce_only) for o in reducing.sends] == [(Decimal("-0.5"), True)]


def test_the_second_leg_goes_no_further_than_the_first() -> None:
    hand = Hand(leg("-0.5"), leg("2", instrument=ETH)).ready()
    (first,) = hand.sends
    hand.accept(first)
    hand.fill(first, "-0.25")
    hand.report(first, OrderState.CANCELLED, "-0.25")
    hand.wait(4_000)
    assert [(o.instrument.symbol, o.quantity) for o in hand.sends[1:]] == [
        ("ETHUSDT", 1),
        ("BTCUSDT", Decimal("-0.25")),
    ]
    follow, rest = hand.sends[1:]
    for order in (follow, rest):
        hand.accept(order)
        hand.fill(order)
    hand.wait(5_000)
    assert [(o.instrument.symbol, o.quantity) for o in hand.sends[3:]] == [("ETHUSDT", Decimal(1))]


def after(filled: str, planned: str, contract: Instrument = ETH, **more: Any) -> Hand:
    """A first leg of a whole coin of which `filled` is done while the rest waits, and a second leg after it."""
    style = more.pop("style", Style("post_only", chase_ms=900_000, deadline_ms=60_000))
    legs = leg("-1", style=style), leg(planned, instrument=contract, style=style, **more)
    hand = Hand(*legs).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0], filled)
    hand.wait(4_000)
    return hand


def followed(hand: Hand) -> list[Decimal]:
    """What the second leg sent."""
    return [order.quantity for order in hand.sends if order.instrument.symbol == "ETHUSDT"]


COARSE = replace(ETH, min_contracts=Decimal("0.05"))
"""Five lots is the smallest order."""


def test_a_later_leg_leaves_nothing_that_cannot_be_traded_when_the_first_goes_on() -> None:
    hand = after("-0.9", "0.2", COARSE)
    # 0.18 would leave 0.02, which nobody takes: as much as leaves the smallest order is traded.
    assert followed(hand) == [Decimal("0.15")]
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])
    hand.wait(5_000)
    assert (len(followed(hand)), hand.ended) == (1, "")
    hand.fill(hand.sends[0], "-0.1")
    hand.wait(8_000)
    assert followed(hand) == [Decimal("0.15"), Decimal("0.05")]
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])
    hand.wait(8_000)
    assert hand.ended == "complete"


@pytest.mark.parametrize(
    ("planned", "sent"), [("0.5", "0.45"), ("0.49", "0.44"), ("0.1", "0.05"), ("0.09", None)]
)
def test_what_a_later_leg_leaves_is_the_smallest_order_or_more(planned: str, sent: str | None) -> None:
    assert followed(after("-0.9", planned, COARSE)) == ([] if sent is None else [Decimal(sent)])


def test_a_later_leg_that_cannot_be_parted_waits_for_what_the_first_comes_to() -> None:
    hand = after("-0.9", "0.08", COARSE)
    assert followed(hand) == []
    hand.report(hand.sends[0], OrderState.CANCELLED, "-0.9")
    hand.wait(4_000)
    hand.refuse(hand.sends[-1])
    hand.wait(8_000)
    # The first leg is refused for good: what the second can follow of it is traded, and no more.
    assert followed(hand) == [Decimal("0.07")]


def test_a_later_leg_does_not_wait_longer_than_half_of_the_grace() -> None:
    hand = after("-0.9", "0.08", COARSE, style=Style("post_only", chase_ms=900_000, deadline_ms=20_000))
    hand.wait(75_500)
    assert (hand.now - BEGIN, followed(hand)) == (79_500, [])
    hand.wait(500)
    assert followed(hand) == [Decimal("0.07")]


def test_a_leg_that_only_closes_may_leave_what_is_worth_less_than_the_smallest_order() -> None:
    dear = replace(COARSE, min_notional=Decimal(9_000))
    assert followed(after("-0.9", "-0.2", dear, start="0.2", reduce_only=True)) == [Decimal("-0.15")]
    assert followed(after("-0.9", "0.4", dear)) == [Decimal("0.2")]


def test_a_stop_waits_until_the_legs_before_are_over() -> None:
    hand = after("-0.5", "2", stop="0.2")
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])
    hand.wait(8_000)
    assert [order.stop for order in hand.sends] == [None, None]


def test_a_position_other_than_planned_for_is_planned_again() -> None:
    hand = Hand(leg("-0.5"))
    hand.held[BTC.name] = Decimal("0.1")
    hand.ready()
    hand.wait(1_000)
    assert hand.sends == []
    assert hand.ended == "replan"


def test_what_the_venue_says_is_over_is_not_reopened_by_older_news() -> None:
    hand = Hand(leg("-0.5", style=Style("post_only"))).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.CANCELLED, "-0.2")
    hand.report(order, OrderState.PARTIAL, "-0.1")
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled) == (OrderState.CANCELLED, Decimal("-0.2"))


def test_an_order_that_would_break_the_plan_raises() -> None:
    hand = Hand(leg("-0.5")).ready()
    state = hand.state
    work = state.legs[0].work[0]
    with pytest.raises(BrokenPromise, match="use an id again"):
        keep_plan(state, 0, work)


def test_time_never_goes_back() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    state, _ = step(hand.state, Replied(BEGIN - 5_000, order.client_id, Accepted("x1")))
    assert state.at == hand.state.at


def test_hedge_mode_is_not_netted() -> None:
    hand = Hand(leg("-0.5"))
    long = Holding(BTC.name, Decimal("0.5"), "long", hand.price)
    short = Holding(BTC.name, Decimal("-0.5"), "short", hand.price)
    hand.feed(Held(BEGIN, BEGIN, (BTC.name,), (long, short)))
    assert "hedge mode" in hand.state.frozen
