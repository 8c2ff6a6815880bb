"""Endings, undoings, strangers and second attempts: what is rare, and must be right when it comes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, ETH, Hand, leg

from hedgerow.hedge.execution import (
    CancelReplied,
    DeadMan,
    DeadManSet,
    Failed,
    FillsRead,
    Held,
    LegFacts,
    ModesRead,
    NotFound,
    NotSent,
    OpenRead,
    Pace,
    Part,
    Programme,
    ProgrammeLeg,
    Replied,
    Restarted,
    Style,
    Tick,
    Ticketed,
    Timed,
    Wanted,
    client_id,
    schedule,
    slices,
)
from hedgerow.hedge.execution.promises import keep_plan
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import Accepted, OrderReport, OrderState, Refused
from hedgerow.model.ports import AccountModes, Holding

HALF = Decimal("-0.5")
RESTING = Style("post_only", chase_ms=60_000, deadline_ms=10_000, at_deadline="cross")


def done_in_full(hand: Hand) -> None:
    """Accept and fill the order that was sent last."""
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])


def test_a_deadline_crosses_what_rests() -> None:
    hand = Hand(leg("-0.5", style=RESTING)).ready()
    (resting,) = hand.sends
    hand.accept(resting)
    hand.report(resting, OrderState.ACKED)
    hand.fill(resting, "-0.2")
    hand.wait(11_000)
    hand.feed(CancelReplied(hand.now, resting.client_id, Accepted("x")))
    hand.report(resting, OrderState.CANCELLED, "-0.2")
    hand.wait(4_000)
    crossing = hand.sends[1]
    assert (crossing.kind, crossing.quantity) == ("market", Decimal("-0.3"))
    done_in_full(hand)
    hand.wait(5_000)
    assert hand.ended == "complete"


def test_a_deadline_undoes_what_was_done_of_all_legs() -> None:
    style = Style(deadline_ms=10_000, at_deadline="unwind")
    hand = Hand(leg("-0.5", style=style), leg("2", instrument=ETH, style=style)).ready()
    done_in_full(hand)
    hand.wait(500)
    for _ in range(3):
        hand.not_sent(hand.sends[-1])
        hand.wait(6_000)
    undoing = hand.sends[-1]
    assert (undoing.instrument, undoing.quantity, undoing.reduce_only) == (BTC, Decimal("0.5"), True)
    done_in_full(hand)
    hand.wait(6_000)
    assert hand.ended == "unwound"
    assert not hand.state.legs[0].done


def test_an_undoing_never_undoes_more_than_was_done() -> None:
    style = Style(deadline_ms=5_000, gap_ms=60_000, at_deadline="unwind")
    hand = Hand(leg("-0.5", "-0.1", "-0.4", style=style)).ready()
    done_in_full(hand)
    hand.wait(9_000)
    undoing = hand.state.legs[0].work[-1]
    assert undoing.order.quantity == Decimal("0.1")
    more = replace(undoing.order, client_id="hr1", quantity=Decimal("0.2"), reduce_only=False)
    state = hand.state._replace(legs=(hand.state.legs[0]._replace(work=hand.state.legs[0].work[:-1]),))
    with pytest.raises(BrokenPromise, match="more than"):
        keep_plan(state, 0, undoing._replace(order=more))


def test_fills_and_position_that_disagree_send_nothing() -> None:
    hand = Hand(leg("-0.5")).ready()
    state = hand.state
    work = state.legs[0].work[0]
    alone = state._replace(legs=(state.legs[0]._replace(work=(), held=Decimal("0.3")),))
    with pytest.raises(BrokenPromise, match="more than"):
        keep_plan(alone, 0, work)


def test_what_cannot_be_done_in_time_and_grace_is_left_and_told() -> None:
    hand = Hand(leg("-0.5", style=RESTING))
    hand.feed(Timed(hand.now, 0))
    hand.look()
    for _ in range(140):
        hand.now += 1_000
        hand.feed(Tick(hand.now))
    hand.look()
    hand.wait(1_000)
    assert hand.ended == "partial"
    assert any("grace" in said for said in hand.alarms)


def test_modes_that_are_wrong_while_something_is_held_are_not_set() -> None:
    hand = Hand(leg("-0.5", start="0.2", wanted=AccountModes(False, "isolated", None)))
    hand.feed(Timed(hand.now, 0))
    hand.look()
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "cross", None)))
    hand.wait(2_000)
    assert (hand.configured, hand.sends, hand.ended) == ([], [], "refused")


def test_modes_the_venue_does_not_say_are_not_right() -> None:
    hand = Hand(leg("-0.5", wanted=AccountModes(False, None, None)))
    hand.feed(Timed(hand.now, 0))
    hand.look()
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(None, None, None)))
    hand.wait(2_000)
    assert hand.sends == []


def test_a_dead_mans_switch_is_renewed_in_thirds_and_off_at_the_end() -> None:
    hand = Hand(leg("-0.5", style=replace(RESTING, deadline_ms=600_000))).ready()
    (resting,) = hand.sends
    hand.accept(resting)
    hand.report(resting, OrderState.ACKED)
    for _ in range(50):
        hand.wait(1_000)
        if isinstance(hand.said[-1], DeadMan) or any(isinstance(c, DeadMan) for c in hand.said[-6:]):
            hand.feed(DeadManSet(hand.now, there=True, seconds=60))
    renewals = [c for c in hand.said if isinstance(c, DeadMan)]
    assert 2 <= len(renewals) <= 4
    hand.fill(resting)
    hand.wait(5_000)
    assert [c.seconds for c in hand.said if isinstance(c, DeadMan)][-1] == 0
    before = hand.ended
    hand.feed(DeadManSet(hand.now, there=True, seconds=0))
    hand.wait(1_000)
    assert [before, hand.ended] == ["", "complete"]


def test_an_order_with_our_mark_that_we_never_wrote_freezes() -> None:
    hand = Hand(leg("-0.5"))
    theirs = OrderReport("hr9999", "x9", BTC.name, OrderState.ACKED, HALF, Decimal(0), reduce_only=False)
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (replace(theirs, client_id="web_1"),)))
    assert not hand.state.frozen
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (theirs,)))
    assert "hr9999 that this journal never wrote is at the venue (sell, 0 of 0.5 units" in hand.state.frozen
    assert "another state folder or machine trades this account" in hand.state.frozen


def test_a_fill_without_a_name_waits_for_the_orders_own() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    nameless = hand.traded(BTC.name, HALF, "", "x77")
    hand.held[BTC.name] = HALF
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (nameless,)))
    assert not hand.state.legs[0].done
    assert len(hand.state.legs[0].orphans) == 1
    hand.reply(order, Accepted("x77"))
    assert hand.state.legs[0].done == HALF
    assert not hand.state.legs[0].orphans


def test_a_fill_without_a_name_of_an_order_that_never_arrived_is_somebody_elses() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    stranger = hand.traded(BTC.name, Decimal("0.1"), "", "y77")
    hand.held[BTC.name] = Decimal("0.1")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (stranger,)))
    for _ in range(3):
        hand.wait(10_000)
        hand.absent(order)
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended) == (1, "replan")
    second = hand.traded(BTC.name, Decimal("0.1"), "", "y78")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (second,)))
    assert hand.state.legs[0].foreign == Decimal("0.2")


def test_an_order_that_filled_in_part_and_is_nowhere_any_more_is_over() -> None:
    hand = Hand(leg("-0.5", style=replace(RESTING, deadline_ms=600_000))).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order, "-0.2")
    for _ in range(3):
        hand.wait(10_000)
        hand.absent(order)
    assert hand.state.legs[0].work[0].state is OrderState.CANCELLED


def test_evidence_that_finds_the_order_open_is_none_of_its_absence() -> None:
    hand = Hand(leg("-0.5")).ready()
    (order,) = hand.sends
    hand.lose(order)
    seen = OrderReport(order.client_id, "x1", BTC.name, OrderState.PARTIAL, HALF, Decimal("-0.1"))
    hand.wait(20_000)
    hand.feed(NotFound(hand.now, hand.now, order.client_id, Decimal(0), (), (seen,)))
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled, work.absences) == (OrderState.PARTIAL, Decimal("-0.1"), ())
    again = replace(seen, filled=Decimal(0), state=OrderState.ACKED)
    hand.feed(NotFound(hand.now, hand.now, order.client_id, Decimal(0), (), (again,)))
    assert hand.state.legs[0].work[0].absences == ()


def test_a_report_that_an_open_order_has_filled_some_makes_it_partial() -> None:
    hand = Hand(leg("-0.5", style=RESTING)).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.report(order, OrderState.ACKED, "-0.2")
    assert hand.state.legs[0].work[0].state is OrderState.PARTIAL


def test_news_that_is_old_changes_nothing() -> None:
    hand = Hand(leg("-0.5", style=RESTING)).ready()
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order, "-0.2")
    before = hand.state.legs[0].work[0]
    hand.refuse(order)
    hand.report(order, OrderState.ACKED, "-0.1")
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled) == (before.state, before.filled)
    hand.feed(Held(BEGIN - 9, BEGIN - 9, (BTC.name,), (Holding(BTC.name, HALF, "net", hand.price),)))
    assert hand.state.legs[0].held != HALF


def test_what_is_told_of_orders_nobody_knows_is_nothing() -> None:
    hand = Hand(leg("-0.5")).ready()
    legs = hand.state.legs
    for event in (
        Replied(hand.now, "hr0", Accepted("x")),
        NotSent(hand.now, "hr0", "late"),
        CancelReplied(hand.now, "hr0", Refused("-2011", "unknown")),
        NotFound(hand.now, hand.now, "hr0", Decimal(0), (), ()),
        Failed(hand.now, "prices", "no connection"),
        FillsRead(hand.now, hand.now, "paper:OTHER", ()),
    ):
        hand.feed(event)
    assert hand.state.legs == legs


def test_a_cancellation_that_answers_with_a_report_is_one() -> None:
    hand = Hand(leg("-0.5", style=RESTING)).ready()
    (order,) = hand.sends
    hand.accept(order)
    over = OrderReport(order.client_id, "x1", BTC.name, OrderState.CANCELLED, HALF, Decimal("-0.1"))
    hand.feed(CancelReplied(hand.now, order.client_id, Accepted("x1", over)))
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled) == (OrderState.CANCELLED, Decimal("-0.1"))


def test_a_stop_that_is_refused_is_tried_again_and_then_told() -> None:
    hand = Hand(leg("-0.5", stop="0.2")).ready()
    done_in_full(hand)
    for _ in range(6):
        hand.wait(6_000)
        if hand.state.legs[0].stop is not None and hand.state.legs[0].stop.is_open:
            hand.turn_away(hand.sends[-1])
    stops = [order for order in hand.sends if order.stop is not None]
    assert len(stops) == 3
    assert len({order.client_id for order in stops}) == 3
    assert any("has no stop" in said for said in hand.alarms)
    assert hand.ended == "complete"


def test_a_leg_that_only_reduces_leaves_nothing_to_protect() -> None:
    hand = Hand(leg("-0.5", start="0.5", reduce_only=True, stop="0.2")).ready()
    done_in_full(hand)
    hand.wait(6_000)
    assert [order.stop for order in hand.sends] == [None]
    assert hand.ended == "complete"


def test_a_restart_forgets_what_may_have_changed_meanwhile() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.feed(Restarted(hand.now))
    (mine,) = hand.state.legs
    assert (mine.held, mine.quote, mine.units, mine.modes, hand.state.skew) == (
        None,
        None,
        "unknown",
        "unknown",
        None,
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("-0.2", "-0.2"), "are not the -0.5 planned"),
        (("-0.6", "0.1"), "goes the other way"),
        (("0", "-0.5"), "goes the other way"),
    ],
)
def test_parts_that_are_not_the_plan_are_refused(parts: tuple[str, ...], said: str) -> None:
    cut = tuple(Part(Decimal(part)) for part in parts)
    with pytest.raises(BrokenPromise, match=said):
        ProgrammeLeg(BTC, Decimal(0), HALF, cut)


@pytest.mark.parametrize("attempt", [-1, 36 * 36])
def test_there_are_1296_attempts_and_no_more(attempt: int) -> None:
    with pytest.raises(BrokenPromise, match="no number"):
        client_id("paper:main", "a" * 12, attempt)


def test_schedules_of_nothing_of_unknown_volumes_and_of_limits_without_a_price_are_refused() -> None:
    facts = LegFacts(Decimal(0), Decimal(50_000), AccountModes(False, None, None), Decimal(10**6))
    ticket = Ticketed("plan", "paper:main", BEGIN)
    want = [Wanted(BTC, HALF)]
    known = {BTC.name: facts}
    none = schedule(ticket, [], {})
    paced = schedule(replace(ticket, pace=Pace()), want, known)
    limit = schedule(replace(ticket, style=Style("limit")), want, known)
    assert not any(isinstance(found, Programme) for found in (none, paced, limit))
    rules = [found[0].rule for found in (none, paced, limit) if not isinstance(found, Programme)]
    assert rules == ["something to trade", "a known volume", "a limit price"]
    assert slices(1e6, float("nan"), 0.03, Pace()) == (1, 0)


def test_a_reduction_is_one_part_that_reduces_and_a_small_canary_is_the_whole() -> None:
    facts = LegFacts(Decimal("0.5"), Decimal(50_000), AccountModes(False, None, None), Decimal(10**6))
    ticket = Ticketed("plan", "paper:main", BEGIN)
    found = schedule(ticket, [Wanted(BTC, Decimal("-0.001"))], {BTC.name: facts})
    assert isinstance(found, Programme)
    assert found.legs[0].parts == (Part(Decimal("-0.001"), reduce_only=True, canary=True),)


def test_a_leg_that_is_refused_half_way_ends_in_part() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4")).ready()
    done_in_full(hand)
    hand.wait(4_000)
    hand.refuse(hand.sends[-1], again=False)
    hand.wait(10_000)
    assert (len(hand.sends), hand.ended) == (2, "partial")


def test_one_leg_of_two_is_not_the_plan() -> None:
    hand = Hand(leg("-0.5"), leg("2", instrument=ETH)).ready()
    done_in_full(hand)
    hand.wait(4_000)
    hand.refuse(hand.sends[1], again=False)
    hand.wait(6_000)
    assert (len(hand.sends), hand.ended) == (2, "partial")


def test_dust_below_the_minimum_is_left_and_said() -> None:
    coarse = replace(BTC, min_contracts=Decimal("0.01"))
    hand = Hand(leg("-0.025", "-0.02", "-0.005", instrument=coarse)).ready()
    done_in_full(hand)
    hand.wait(5_000)
    assert (len(hand.sends), hand.ended) == (1, "partial")
    assert hand.state.ended is not None
    assert hand.state.ended.why == "the rest is too small to trade"


def test_what_is_done_and_too_small_to_undo_is_said() -> None:
    coarse = replace(BTC, min_contracts=Decimal("0.01"))
    style = Style("post_only", chase_ms=60_000, deadline_ms=5_000, at_deadline="unwind")
    hand = Hand(leg("-0.02", instrument=coarse, style=style)).ready()
    (resting,) = hand.sends
    hand.accept(resting)
    hand.fill(resting, "-0.005")
    hand.wait(6_000)
    hand.report(resting, OrderState.CANCELLED, "-0.005")
    hand.wait(6_000)
    assert (len(hand.sends), hand.ended) == (1, "partial")


def test_units_without_a_notional_stay_unknown_and_nothing_follows() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4")).ready()
    done_in_full(hand)
    for _ in range(10):
        hand.now += 1_000
        hand.feed(Tick(hand.now))
        bare = Holding(BTC.name, Decimal("-0.1"), "net", hand.price, hand.price)
        hand.feed(Held(hand.now, hand.now, (BTC.name,), (bare,)))
    assert hand.state.legs[0].units == "unknown"
    assert len(hand.sends) == 1
