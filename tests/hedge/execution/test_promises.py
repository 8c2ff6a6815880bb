"""What is asserted before anything leaves, why nothing may leave, and the figures that this rests on: value by value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, ETH, INVERSE, Hand, leg, programme

from hedgerow.hedge.execution import (
    DeadManSet,
    Done,
    ExecutionState,
    LegState,
    Priced,
    Rules,
    Style,
    Tick,
    Work,
    begun,
    client_id,
    intent_of,
    step,
)
from hedgerow.hedge.execution.promises import keep_plan
from hedgerow.hedge.execution.state import Turn
from hedgerow.hedge.execution.wanted import settled, why_not
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.orders import Order, OrderState

ONE = Decimal(1)


def order(units: str, name: str = "hr1", **more: Any) -> Order:
    """An order in BTC."""
    return Order(name, BTC, Decimal(units), **more)


def work(
    units: str, name: str = "hr0", purpose: str = "trade", *, filled: str | None = None, **more: Any
) -> Work:
    """An order that is over, and filled unless told otherwise."""
    done = Decimal(units if filled is None else filled)
    state = more.pop("state", OrderState.FILLED)
    return Work(order(units, name), "i", 0, purpose, 0, state, BEGIN, filled=done, counted=done, **more)  # type: ignore[arg-type]


def state(
    held: str | None, *works: Work, planned: str = "-1", start: str = "0", **more: Any
) -> ExecutionState:
    """A state of one leg in which these units are held after these orders."""
    first = begun(programme(leg(planned, start=start)))
    there = None if held is None else Decimal(held)
    return first._replace(legs=(first.legs[0]._replace(work=works, held=there, **more),))


def said(found: ExecutionState, units: str, purpose: str = "trade", **more: Any) -> str:
    """What is wrong with sending this order, or nothing."""
    new = Work(order(units, **more), "i", 1, purpose, 0, OrderState.WRITTEN, BEGIN)  # type: ignore[arg-type]
    try:
        keep_plan(found, 0, new)
    except BrokenPromise as why:
        return why.message
    return ""


@pytest.mark.parametrize(
    ("found", "units", "more", "what"),
    [
        (state("0"), "-1", {}, ""),
        (state("0"), "-1.001", {}, "is more than the -1 planned"),
        (state("0"), "0.5", {}, "is more than the -1 planned"),
        (state("0"), "-0.0005", {}, "is no whole number of lots"),
        (state("0"), "0", {}, "is no whole number of lots"),
        (state(None), "-1", {}, "would be sent without a known position"),
        (
            state("0", work("-0.6", filled="0", state=OrderState.ABSENT)),
            "-1",
            {"name": "hr0"},
            "would use an id again",
        ),
        (
            state("0", work("-0.6", filled="0", state=OrderState.ACKED)),
            "-0.4",
            {},
            "would follow an order that may be live",
        ),
        (state("-0.6", work("-0.6")), "-0.4", {}, ""),
        (state("-0.6", work("-0.6")), "-0.401", {}, "is more than the -1 planned"),
        (state("-0.5", work("-0.6")), "-0.4", {}, "is more than the -1 planned"),
        (state("-0.7", work("-0.6")), "-0.4", {}, "is more than the -1 planned"),
        (state("0.4", work("-0.6"), start="1"), "-0.4", {}, ""),
        (state("-0.6", work("-0.6"), start="1"), "-0.4", {}, "is more than the -1 planned"),
        (state("-0.4", work("-0.6"), foreign=Decimal("0.2")), "-0.4", {}, ""),
        (state("-0.8", work("-0.6"), foreign=Decimal("0.2")), "-0.4", {}, "is more than the -1 planned"),
        (state("-0.4", work("-0.6"), work("0.2", "hrs", "protect")), "-0.4", {}, ""),
        (
            state("-0.8", work("-0.6"), work("0.2", "hrs", "protect")),
            "-0.4",
            {},
            "is more than the -1 planned",
        ),
        (state("0.5", start="0.5"), "-0.5", {"reduce_only": True}, ""),
        (state("0.5", start="0.5"), "-0.6", {"reduce_only": True}, "would not reduce the 0.5 held"),
        (state("-0.5", start="-0.5"), "-0.1", {"reduce_only": True}, "would not reduce the -0.5 held"),
        (state("0"), "-0.5", {"reduce_only": True}, "would not reduce the 0 held"),
        (state("0.001", start="0.001"), "-0.001", {"reduce_only": True}, ""),
    ],
)
def test_what_would_break_the_plan_does_not_leave(
    found: ExecutionState, units: str, more: dict[str, Any], what: str
) -> None:
    told = said(found, units, **more)
    assert told == (f"{more.get('name', 'hr1')} ({units} units of {BTC.name}) {what}" if what else "")


@pytest.mark.parametrize(
    ("units", "what"),
    [("0.6", ""), ("0.001", ""), ("0.601", "is more than"), ("-0.1", "is more than")],
)
def test_an_undoing_is_of_what_was_done_and_no_more(units: str, what: str) -> None:
    assert what in said(state("-0.6", work("-0.6")), units, "unwind")
    assert bool(said(state("-0.6", work("-0.6")), units, "unwind")) is bool(what)


def test_nothing_done_leaves_nothing_to_undo() -> None:
    assert "is more than" in said(state("0"), "0.1", "unwind")
    assert "is more than" in said(state("0"), "-0.1", "unwind")


def test_a_stop_is_no_part_of_the_plan() -> None:
    assert said(state("-1", work("-1")), "1", "protect", reduce_only=True, stop=ONE) == ""
    assert said(state("-1", work("-1")), "1.5", "protect", reduce_only=True, stop=ONE) != ""


# -- why nothing may leave


def ready(**more: Any) -> ExecutionState:
    """A state in which everything may leave."""
    hand = Hand(leg("-1", start="0.5")).ready()
    first = hand.state.legs[0]._replace(work=(), units="right")
    return hand.state._replace(**{"legs": (first,), "writes": (), **more})


def reasons(
    found: ExecutionState, units: str = "-0.5", *, protects: bool = False, **more: Any
) -> tuple[str, ...]:
    return why_not(found, 0, order(units, **more), protects=protects)


def of_leg(**more: Any) -> ExecutionState:
    found = ready()
    return found._replace(legs=(found.legs[0]._replace(**more),))


RULES = Rules()


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        (of_leg(quote_at=BEGIN - 5_000), of_leg(quote_at=BEGIN - 5_001), "the price is old"),
        (of_leg(held_at=BEGIN - 30_000), of_leg(held_at=BEGIN - 30_001), "the position is old"),
        (ready(skew_at=BEGIN - 300_000), ready(skew_at=BEGIN - 300_001), "the venue's clock is not known"),
        (ready(skew=0), ready(skew=None), "the venue's clock is not known"),
        (ready(skew=1_000), ready(skew=1_001), "the clocks differ"),
        (ready(skew=-1_000), ready(skew=-1_001), "the clocks differ"),
        (ready(), of_leg(modes="unknown"), "the account's modes are not as they must be"),
        (ready(), of_leg(modes="wrong"), "the account's modes are not as they must be"),
        (ready(), of_leg(units="wrong"), "the venue counts in other units"),
        (
            of_leg(units="unknown", held=Decimal(0)),
            of_leg(units="unknown"),
            "the units of the position are not verified",
        ),
        (ready(writes=(BEGIN,) * 41), ready(writes=(BEGIN,) * 42), "this minute's writes are used up"),
        (ready(), ready(frozen="x is wrong"), "x is wrong"),
        (ready(), ready(replan="x has moved"), "x has moved"),
        (ready(), ready(halted="by hand"), "halted: by hand"),
        (
            of_leg(work=(work("-1", state=OrderState.ABSENT, filled="0"),)),
            of_leg(work=(work("-1", state=OrderState.UNKNOWN, filled="0"),)),
            "the outcome of an order is unknown",
        ),
    ],
)
def test_each_reason_holds_an_order_back_and_not_a_hair_before(
    right: ExecutionState, wrong: ExecutionState, why: str
) -> None:
    assert reasons(right) == ()
    assert reasons(wrong) == (why,)


def test_what_reduces_may_go_against_a_halt_and_has_writes_of_its_own() -> None:
    assert reasons(ready(halted="by hand"), reduce_only=True) == ()
    assert reasons(ready(writes=(BEGIN,) * 59), reduce_only=True) == ()
    assert reasons(ready(writes=(BEGIN,) * 60), reduce_only=True) == ("this minute's writes are used up",)
    assert reasons(ready(replan="x"), "-0.5", protects=True) == ()


@pytest.mark.parametrize(
    ("held", "units", "fine"),
    [
        ("0.5", "-0.5", True),
        ("0.5", "-0.501", False),
        ("0.5", "0.1", False),
        ("0", "-0.1", False),
        ("-0.5", "0.5", True),
    ],
)
def test_what_only_reduces_has_to(held: str, units: str, fine: bool) -> None:
    found = of_leg(held=Decimal(held))
    assert reasons(found, units, reduce_only=True) == (() if fine else ("it would not reduce the position",))
    assert reasons(of_leg(held=None), units, reduce_only=True) == ("it would not reduce the position",)


def test_a_leg_is_settled_when_its_position_was_read_three_seconds_after_the_last_change() -> None:
    found = state("-1", work("-1"), held_at=BEGIN + 3_000, changed_at=BEGIN)
    (mine,) = found.legs
    assert settled(found, mine)
    assert not settled(found, mine._replace(held_at=BEGIN + 2_999))
    assert not settled(found, mine._replace(held=Decimal("-0.9")))
    assert not settled(found, mine._replace(held=None))
    assert not settled(found, mine._replace(work=(work("-1", state=OrderState.PARTIAL),)))


# -- sums and instants


def test_a_stop_counts_in_the_position_and_not_in_the_plan() -> None:
    stop = work("0.4", "hrs", "protect", filled="0.1", state=OrderState.PARTIAL)
    resting = work("-0.4", "hr2", filled="-0.1", state=OrderState.PARTIAL)
    found = state("0", work("-0.6"), resting, stop, start="0.3", foreign=Decimal("0.05"))
    (mine,) = found.legs
    assert (mine.done, mine.live) == (Decimal("-0.7"), Decimal("-0.3"))
    assert mine.expected == Decimal("-0.25")
    assert mine.open_work == (resting,)
    assert mine.stop is stop


def test_writes_are_counted_and_have_an_end() -> None:
    turn = Turn(begun(programme(leg("-1")))._replace(writes=(BEGIN - 75_000, *(BEGIN - 74_999,) * 58)))
    assert (turn.state.recent, turn.may_write()) == (58, True)
    turn.wrote()
    assert turn.state.writes == (*(BEGIN - 74_999,) * 58, BEGIN)
    turn.wrote()
    assert (turn.state.recent, turn.may_write()) == (60, False)


def test_a_question_is_asked_again_when_its_time_has_come() -> None:
    turn = Turn(begun(programme(leg("-1"))))
    assert (turn.due("x", 1_000), turn.due("x", 1_000), turn.due("y", 1_000)) == (True, False, True)
    turn.note(at=BEGIN + 999)
    assert not turn.due("x", 1_000)
    turn.note(at=BEGIN + 1_000)
    assert turn.due("x", 1_000)


def test_a_new_state_knows_nothing() -> None:
    fresh = begun(programme(leg("-1")))
    assert (fresh.unwinding, fresh.given_up, fresh.dead_man, fresh.dead_man_s, fresh.exposed_ms) == (
        *(False, False, None, 0, 0),
    )
    (mine,) = fresh.legs
    assert mine == LegState(fresh.programme.legs[0])
    assert (mine.held, mine.units, mine.modes) == (None, "unknown", "unknown")
    assert (mine.blocked, mine.foreign) == ("", Decimal(0))
    assert mine.held_at == mine.quote_at == mine.changed_at == -(10**15)


def test_a_new_state_has_what_was_written_in_the_minute_before() -> None:
    plan = programme(leg("-1"))
    assert (plan.earlier, begun(plan).writes) == ((), ())
    after = begun(replace(plan, earlier=(BEGIN - 80_000, *(BEGIN - 1_000,) * 60)))
    assert (after.recent, Turn(after).may_write()) == (60, False)


def test_the_rules_are_those_that_are_written_down() -> None:
    """docs/reliability.md tells these figures."""
    assert (RULES.price_ms, RULES.position_ms, RULES.skew_ms, RULES.skew_for_ms) == (
        5_000,
        30_000,
        1_000,
        300_000,
    )
    assert (RULES.settle_ms, RULES.quiet_ms, RULES.look_ms, RULES.stop_ms) == (16_000, 3_000, 1_000, 10_000)
    assert (RULES.dead_man_s, RULES.grace_ms, RULES.attempts, RULES.again_ms) == (60, 120_000, 3, 5_000)
    assert (RULES.writes, RULES.kept) == (60, Decimal("0.3"))
    assert (RULES.unit_error, RULES.price_error) == (Decimal("0.005"), Decimal("0.05"))
    usual = Style()
    assert (usual.kind, usual.price, usual.chase_ms, usual.gap_ms) == ("market", None, 15_000, 0)
    assert (usual.deadline_ms, usual.at_deadline) == (300_000, "cross")


def test_names_are_the_same_in_every_life() -> None:
    """Journals hold them: another way to name would take an order that was sent for one that was not."""
    intent = intent_of("plan", 0, 0, "trade")
    assert intent == "mlhlmqs39xza"
    assert client_id("paper:main", intent, 0) == "hrp9b8mlhlmqs39xza00"
    assert client_id("paper:main", intent, 0) == Hand(leg("-0.5")).ready().sends[0].client_id
    assert (client_id("a", "b" * 12, 35)[-2:], client_id("a", "b" * 12, 36)[-2:]) == ("0z", "10")
    assert client_id("a", "b" * 12, 1_295)[-2:] == "zz"
    names = {
        intent_of("plan", *key)
        for key in ((0, 0, "trade"), (0, 1, "trade"), (1, 0, "trade"), (0, 0, "unwind"))
    }
    assert len(names) == 4
    assert {len(name) for name in names} == {12}


# -- how long legs are apart


def traded(hand: Hand) -> None:
    hand.accept(hand.sends[-1])
    hand.fill(hand.sends[-1])


def test_the_time_for_which_legs_are_apart_is_measured_and_told() -> None:
    hand = Hand(leg("-0.5"), leg("2", instrument=ETH)).ready()
    hand.wait(2_000)
    assert hand.state.exposed_ms == 0
    traded(hand)
    hand.wait(4_000)
    assert hand.state.exposed_ms == 4_000
    hand.fill(hand.sends[1], "1")
    hand.wait(1_000)
    assert hand.state.exposed_ms == 5_000
    hand.fill(hand.sends[1], "1")
    hand.report(hand.sends[1], OrderState.FILLED, "2")
    hand.wait(6_000)
    assert hand.said[-1] == Done("complete", "", 5_000)


def test_legs_in_proportion_are_not_apart() -> None:
    hand = Hand(leg("-0.5", "-0.25", "-0.25"), leg("2", instrument=ETH)).ready()
    traded(hand)
    hand.now += 1
    hand.state, _ = step(hand.state, Tick(hand.now))
    assert hand.state.exposed_ms == 1
    hand.wait(4_000)
    eth = next(each for each in hand.sends if each.instrument == ETH)
    hand.accept(eth)
    hand.fill(eth, "1")
    before = hand.state.exposed_ms
    hand.wait(500)
    assert hand.state.exposed_ms == before


def test_a_single_leg_is_never_apart() -> None:
    hand = Hand(leg("-0.5", "-0.1", "-0.4")).ready()
    traded(hand)
    hand.wait(5_000)
    assert hand.state.exposed_ms == 0


def test_three_legs_are_apart_until_the_last_has_followed() -> None:
    third = replace(INVERSE, max_contracts=None)
    hand = Hand(leg("-0.5"), leg("2", instrument=ETH), leg("100", instrument=third)).ready()
    traded(hand)
    hand.wait(4_000)
    traded(hand)
    hand.wait(4_000)
    assert hand.sends[-1].instrument == third
    assert hand.state.exposed_ms == 8_000
    traded(hand)
    hand.wait(6_000)
    assert (hand.state.exposed_ms, hand.ended) == (8_000, "complete")


def test_events_of_the_past_count_for_nothing() -> None:
    hand = Hand(leg("-0.5"), leg("2", instrument=ETH)).ready()
    traded(hand)
    hand.feed(DeadManSet(hand.now - 50_000, there=False, seconds=0))
    hand.feed(Priced(hand.now - 1, hand.now - 1, ()))
    assert (hand.state.exposed_ms, hand.state.at) == (0, hand.now)
