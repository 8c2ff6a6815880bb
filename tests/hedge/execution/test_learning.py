"""What evidence makes of orders and positions, to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, Hand, leg

from hedgerow.hedge.execution import (
    Cancel,
    CancelReplied,
    Configure,
    DeadMan,
    DeadManSet,
    FillsRead,
    Gap,
    Held,
    ModesRead,
    NotFound,
    Query,
    Restarted,
    Send,
    Style,
    Timed,
    Work,
)
from hedgerow.hedge.execution import decide as deciding
from hedgerow.hedge.execution.wanted import wish
from hedgerow.model.orders import Accepted, FillKind, OrderReport, OrderState
from hedgerow.model.ports import AccountModes, Holding

HALF = Decimal("-0.5")
LONG = Style("post_only", chase_ms=10**8, deadline_ms=10**9)
APART = Style(gap_ms=10**6, deadline_ms=10**9)


def work_of(hand: Hand, place: int = 0) -> Work:
    return hand.state.legs[0].work[place]


def rested(style: Style = LONG) -> Hand:
    hand = Hand(leg("-0.5", style=style)).ready()
    hand.accept(hand.sends[0])
    hand.report(hand.sends[0], OrderState.ACKED)
    return hand


def queries(hand: Hand) -> int:
    return sum(isinstance(said, Query) for said in hand.said)


# -- more than planned


def test_a_late_fill_beyond_the_plan_freezes() -> None:
    hand = Hand(leg("-0.5")).ready()
    first = hand.sends[0]
    hand.turn_away(first)
    hand.wait(4_000)
    second = hand.sends[1]
    hand.accept(second)
    hand.fill(second)
    assert not hand.state.frozen
    hand.fill(first, "-0.1")
    assert hand.state.frozen == f"{BTC.name}: -1.0 units done or live of -0.5 planned"


def test_every_order_is_held_against_the_plan_before_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(deciding, "keep_plan", lambda _state, _index, work: seen.append(work.order.client_id))
    hand = Hand(leg("-0.5", "-0.1", "-0.4", stop="0.2")).ready()
    for _ in range(3):
        hand.accept(hand.sends[-1])
        hand.fill(hand.sends[-1], None if hand.sends[-1].stop is None else "0")
        hand.wait(4_000)
    assert seen == [order.client_id for order in hand.sends]
    assert len(seen) == 3


def test_every_write_is_counted() -> None:
    hand = Hand(
        leg("-0.5", style=replace(LONG, chase_ms=2_000), wanted=AccountModes(False, "isolated", None))
    )
    hand.feed(Timed(hand.now, 0))
    hand.look()
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "cross", None)))
    hand.wait(1_000)
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "isolated", None), changed=True))
    hand.look()
    hand.accept(hand.sends[0])
    hand.report(hand.sends[0], OrderState.ACKED)
    hand.wait(1_000)
    hand.price += 100
    hand.wait(3_000)
    written = [type(said) for said in hand.said if isinstance(said, Send | Cancel | DeadMan | Configure)]
    assert set(written) == {Send, Cancel, DeadMan, Configure}
    assert len(hand.state.writes) == len(written)


# -- positions against fills


def moved_alone() -> Hand:
    """A hand that has traded a part, and whose position moves without a fill three seconds later."""
    hand = Hand(leg("-0.5", "-0.1", "-0.4", style=APART)).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    hand.now += 3_000
    held_at(hand, "-0.2")
    return hand


def held_at(hand: Hand, units: str) -> None:
    held = Holding(BTC.name, Decimal(units), "net", hand.price, hand.price, abs(Decimal(units)) * hand.price)
    hand.feed(Held(hand.now, hand.now, (BTC.name,), (held,)))


def test_a_difference_that_lasts_a_settle_time_freezes_once_fills_were_read() -> None:
    hand = moved_alone()
    assert (hand.state.legs[0].off, hand.state.legs[0].off_at) == (Decimal("-0.1"), hand.now)
    hand.no_fills()
    hand.now += 15_999
    held_at(hand, "-0.2")
    assert not hand.state.frozen
    hand.now += 1
    held_at(hand, "-0.2")
    assert hand.state.frozen == f"{BTC.name}: -0.2 units are held where fills add up to -0.1"


def test_a_difference_without_a_look_at_fills_freezes_nothing() -> None:
    hand = moved_alone()
    hand.now += 60_000
    held_at(hand, "-0.2")
    assert not hand.state.frozen


def test_a_difference_that_goes_away_or_changes_begins_anew() -> None:
    for between in ("-0.1", "-0.3"):
        hand = moved_alone()
        hand.no_fills()
        hand.now += 10_000
        held_at(hand, between)
        hand.now += 6_000
        held_at(hand, "-0.2")
        assert not hand.state.frozen
        assert hand.state.legs[0].off_at == hand.now


def test_a_position_is_compared_three_seconds_after_the_last_change_and_no_sooner() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4", style=APART)).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    hand.now += 2_999
    held_at(hand, "-0.2")
    assert hand.state.legs[0].off is None
    hand.now += 1
    held_at(hand, "-0.2")
    assert hand.state.legs[0].off == Decimal("-0.1")


# -- fills and their owners


@pytest.mark.parametrize(
    ("kind", "word"),
    [("adl", "deleveraged"), ("liquidation", "liquidated"), ("settlement", "settled"), ("trade", "traded")],
)
def test_what_was_not_ours_is_called_what_it_was(kind: FillKind, word: str) -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.accept(hand.sends[0])
    theirs = hand.traded(BTC.name, Decimal("0.1"), "", "y1", kind)
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (theirs,)))
    assert hand.state.replan == f"{BTC.name}: 0.1 units were {word} by somebody else (trade t1)"


def test_a_fill_without_a_name_waits_while_one_order_of_two_has_no_id() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4")).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    hand.wait(4_000)
    nameless = hand.traded(BTC.name, Decimal("-0.4"), "", "x77")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (nameless,)))
    assert hand.state.legs[0].orphans == (nameless,)
    second = hand.sends[1]
    told = OrderReport(second.client_id, "x77", BTC.name, OrderState.ACKED, second.quantity, Decimal(0))
    hand.feed(NotFound(hand.now, hand.now, "hr0", Decimal(0), (), ()))
    assert hand.state.legs[0].orphans == (nameless,)
    hand.feed(NotFound(hand.now, hand.now, second.client_id, Decimal("-0.5"), (), (told,)))
    (mine,) = hand.state.legs
    assert (len(mine.orphans), mine.done) == (0, HALF)


def test_a_fill_of_nothing_is_wrong_and_an_id_that_is_known_is_kept() -> None:
    hand = rested()
    known = work_of(hand).order_id
    bare = replace(hand.traded(BTC.name, Decimal("-0.1"), hand.sends[0].client_id), order_id="")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (bare,)))
    assert (work_of(hand).order_id, work_of(hand).filled) == (known, Decimal("-0.1"))
    hand.fill(hand.sends[0], "0", moves=False)
    assert "is for 0 units" in hand.state.frozen


def test_a_refusal_that_has_filled_is_no_refusal() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.lose(hand.sends[0])
    hand.report(hand.sends[0], OrderState.REFUSED, "-0.2")
    assert (work_of(hand).state, work_of(hand).filled) == (OrderState.PARTIAL, Decimal("-0.2"))


# -- looks that find nothing


def test_a_look_counts_from_three_seconds_after_the_order_on() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    for ms, seen in ((2_999, ()), (1, (BEGIN + 3_000,)), (15_999, (BEGIN + 3_000,))):
        hand.now += ms
        hand.absent(order)
        assert work_of(hand).absences == seen
    hand.now += 1
    hand.absent(order)
    assert work_of(hand).state is OrderState.ABSENT


def test_an_accepted_order_that_is_nowhere_is_absent_and_not_sent_again() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.accept(order)
    for ms in (3_000, 16_000):
        hand.now += ms
        hand.absent(order)
    assert (work_of(hand).state, work_of(hand).again) == (OrderState.ABSENT, False)
    assert work_of(hand).why == "accepted, then not to be found"
    hand.wait(60_000)
    assert (len(hand.sends), hand.ended) == (1, "refused")


def test_a_look_that_brings_a_fill_is_no_absence_and_one_that_ends_the_order_ends_it() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    hand.now += 5_000
    part = hand.traded(BTC.name, Decimal("-0.1"), order.client_id, "x1")
    hand.feed(NotFound(hand.now, hand.now, order.client_id, Decimal("-0.1"), (part,), ()))
    assert (work_of(hand).state, work_of(hand).absences) == (OrderState.PARTIAL, ())
    rest = hand.traded(BTC.name, Decimal("-0.4"), order.client_id, "x1")
    for _ in range(3):
        hand.now += 20_000
        hand.feed(NotFound(hand.now, hand.now, order.client_id, HALF, (rest,), ()))
    assert (work_of(hand).state, work_of(hand).absences) == (OrderState.FILLED, ())


def test_a_strangers_open_order_is_no_trace_of_ours() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    hand.now += 5_000
    web = OrderReport("web_1", "w1", BTC.name, OrderState.ACKED, HALF, Decimal(0))
    hand.feed(NotFound(hand.now, hand.now, order.client_id, Decimal(0), (), (web,)))
    assert work_of(hand).absences == (hand.now,)


# -- breaks and restarts


def test_after_a_cancellation_or_a_break_an_order_is_asked_for_at_once() -> None:
    hand = rested(replace(LONG, chase_ms=0))
    hand.wait(500)
    for event in (CancelReplied(hand.now, hand.sends[0].client_id, Accepted("x")), Gap(hand.now)):
        before = queries(hand)
        hand.feed(event)
        hand.wait(500)
        assert queries(hand) == before + 1
        hand.wait(500)
        assert queries(hand) == before + 1, "and then as always"


def test_a_restart_doubts_what_was_being_sent_and_nothing_that_was_answered() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.feed(DeadManSet(hand.now, there=True, seconds=60))
    hand.feed(Restarted(hand.now))
    assert work_of(hand).state is OrderState.UNKNOWN
    assert (hand.state.dead_man, hand.state.dead_man_s) == (None, 0)
    acked = rested()
    acked.feed(Restarted(acked.now))
    assert work_of(acked).state is OrderState.ACKED


# -- what is wanted


def test_parts_are_counted_and_no_order_is_beyond_the_largest() -> None:
    coarse = replace(BTC, max_contracts=Decimal("0.2006"))
    hand = Hand(leg("-0.5", "-0.1", "-0.4", instrument=coarse, stop="0.2")).ready()
    for _ in range(4):
        hand.accept(hand.sends[-1])
        if hand.sends[-1].stop is None:
            hand.fill(hand.sends[-1])
        hand.wait(4_000)
    assert [str(o.quantity) for o in hand.sends] == ["-0.1", "-0.200", "-0.200", "0.500"]
    assert [work.part for work in hand.state.legs[0].work] == [0, 1, 1, 0]


def test_the_rest_is_crossed_from_the_deadline_on() -> None:
    hand = Hand(leg("-0.5", style=Style("post_only", deadline_ms=10_000)))
    hand.wait(500)
    state = hand.state
    found = [wish(state._replace(at=BEGIN + at), 0) for at in (9_999, 10_000)]
    assert [one and (one.purpose, one.kind) for one in found] == [
        ("trade", "post_only"),
        ("finish", "market"),
    ]


def test_what_was_done_is_undone_only_from_a_known_position() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4", style=APART)).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    undoing = hand.state._replace(unwinding=True)
    unread = undoing._replace(legs=(undoing.legs[0]._replace(held=None),))
    found = [wish(each, 0) for each in (undoing, unread)]
    assert [one and (one.quantity, one.part) for one in found] == [(Decimal("0.1"), 0), None]
