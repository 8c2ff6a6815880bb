"""Every branch of deciding, learning and scheduling that the larger stories do not pass: one small case each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.books import contract
from tests.hedge.execution.hand import BEGIN, BTC, ETH, INVERSE, Hand, leg, programme
from tests.hedge.plans import plan

from hedgerow.hedge.execution import (
    Alarm,
    DeadMan,
    Done,
    FillsRead,
    LegFacts,
    LegState,
    ModesRead,
    Pace,
    Part,
    Priced,
    Programme,
    ProgrammeLeg,
    Replied,
    Rules,
    Style,
    Tick,
    Ticketed,
    Timed,
    Wanted,
    begun,
    schedule,
    wanted_of,
)
from hedgerow.hedge.execution.checks import modes_right, price_fault, reference, too_small, units_right, worth
from hedgerow.hedge.execution.orderbook import standing
from hedgerow.model.instruments import Payoff
from hedgerow.model.orders import Accepted, OrderReport, OrderState, Refused
from hedgerow.model.ports import AccountModes, Holding, Ticker

HALF = Decimal("-0.5")
RESTING = Style("post_only", chase_ms=2_000, deadline_ms=600_000)
FACTS = LegFacts(
    Decimal(0),
    Decimal(50_000),
    AccountModes(False, "cross", Decimal(5)),
    Decimal(10**6),
    1e9,
    0.03,
    known=True,
)


def rested(style: Style = RESTING) -> Hand:
    """A hand whose first order rests at the venue."""
    hand = Hand(leg("-0.5", style=style)).ready()
    hand.accept(hand.sends[0])
    hand.report(hand.sends[0], OrderState.ACKED)
    return hand


# -- what was read


def test_a_flat_position_says_nothing_of_units() -> None:
    flat = Holding(BTC.name, Decimal(0), "net", Decimal(1), Decimal(1), Decimal(5))
    state = LegState(ProgrammeLeg(BTC, Decimal(0), HALF, (Part(HALF),)))
    assert units_right(state, flat, Rules()) == "unknown"
    assert units_right(state._replace(units="right"), flat, Rules()) == "right"


@pytest.mark.parametrize(
    ("notional", "said"),
    [("50250", "right"), ("49750", "right"), ("50250.01", "wrong"), ("49749.99", "wrong")],
)
def test_units_are_right_within_half_a_percent(notional: str, said: str) -> None:
    state = LegState(ProgrammeLeg(BTC, Decimal(0), HALF, (Part(HALF),)))
    held = Holding(BTC.name, Decimal(-1), "net", Decimal(1), Decimal(50_000), Decimal(notional))
    assert units_right(state, held, Rules()) == said


@pytest.mark.parametrize(
    ("dollars", "coins", "said"),
    [(None, "0.1", "right"), ("5000", "0.1", "right"), ("5000", "1", "wrong"), ("500", "0.1", "wrong")],
)
def test_an_inverse_position_is_right_in_dollars_and_in_coins(
    dollars: str | None, coins: str, said: str
) -> None:
    short = Decimal(-5_000)
    state = LegState(ProgrammeLeg(INVERSE, Decimal(0), short, (Part(short),)))
    worth_usd = None if dollars is None else Decimal(dollars)
    mark = Decimal(50_000)
    held = Holding(INVERSE.name, short, "net", mark, mark, worth_usd, Decimal(coins))
    assert units_right(state, held, Rules()) == said


def test_the_smallest_order_is_by_worth_too_except_for_what_reduces() -> None:
    units, price = Decimal("0.001"), Decimal(4_000)
    assert too_small(BTC, units, price) == "worth 4.000, less than the 5 of the smallest order"
    assert too_small(BTC, units, Decimal(5_000)) == ""
    assert too_small(BTC, -units, price, reduce_only=True) == ""
    assert too_small(BTC, Decimal("0.0005"), price) == "0.0005 units are no whole number of lots of 0.001"
    assert too_small(BTC, Decimal(0), price) == "0 units are no whole number of lots of 0.001"
    coarse = replace(BTC, min_contracts=Decimal("0.01"))
    assert too_small(coarse, Decimal("-0.009"), price) == "0.009 contracts are below the minimum of 0.01"
    assert too_small(coarse, Decimal("-0.01"), price) == ""
    quanto = contract("BTCUSD_Q", "BTC", Payoff.QUANTO, "0.00001", "1")
    assert too_small(quanto, Decimal(1), Decimal(1)) == ""


def test_worth_by_payoff() -> None:
    quanto = contract("BTCUSD_Q", "BTC", Payoff.QUANTO, "0.01", "1")
    assert worth(BTC, Decimal(-2), Decimal(10)) == 20
    assert worth(INVERSE, Decimal(-300), Decimal(10)) == 300
    assert worth(quanto, Decimal(-2), Decimal(10)) == Decimal("0.2")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"bid": Decimal(47_500), "ask": Decimal(47_500)}, ""),
        ({"bid": Decimal(47_499), "ask": Decimal(47_500)}, "far from the mark"),
        ({"bid": Decimal(52_500), "ask": Decimal(52_501)}, "far from the mark"),
        ({"bid": Decimal(50_001), "ask": Decimal(50_000)}, "crossed"),
        ({"bid": Decimal(50_000), "ask": Decimal(50_000)}, ""),
        ({"last": Decimal(0)}, "not a positive number"),
        ({"ask": Decimal("Infinity")}, "not a positive number"),
        ({"bid": None}, "no mark or last"),
        ({"ask": None}, "no mark or last"),
        ({"mark": None}, ""),
        ({"mark": None, "last": None}, "no mark or last"),
    ],
)
def test_prices_that_can_be_used(changes: dict[str, Decimal | None], said: str) -> None:
    price = Decimal(50_000)
    told = replace(Ticker(BTC.name, BEGIN, price, price, price, price, None), **changes)  # type: ignore[arg-type]
    found = price_fault(told, Rules())
    assert found == "" if not said else said in found
    assert price_fault(None, Rules()) == "no price"


def test_the_mark_goes_before_the_last_price() -> None:
    told = Ticker(BTC.name, BEGIN, Decimal(1), None, None, Decimal(2), None)
    assert [reference(told), reference(replace(told, mark=None))] == [Decimal(2), Decimal(1)]


@pytest.mark.parametrize(
    ("wanted", "read", "said"),
    [
        ((False, None, None), (False, "cross", None), "right"),
        ((False, "cross", Decimal(3)), (False, "cross", Decimal(3)), "right"),
        ((False, "cross", None), (True, "cross", None), "wrong"),
        ((None, "cross", None), (True, "isolated", None), "wrong"),
        ((None, None, Decimal(3)), (True, "isolated", Decimal(5)), "wrong"),
        ((False, "cross", None), (False, None, None), "unknown"),
        ((False, "cross", None), (True, None, None), "wrong"),
        ((None, None, None), (None, None, None), "right"),
    ],
)
def test_modes_are_held_against_what_was_asked_for(
    wanted: tuple[bool | None, str | None, Decimal | None],
    read: tuple[bool | None, str | None, Decimal | None],
    said: str,
) -> None:
    assert modes_right(AccountModes(*wanted), AccountModes(*read)) == said  # type: ignore[arg-type]


# -- orders


def test_old_news_does_not_move_an_order_that_is_further() -> None:
    hand = rested()
    work = hand.state.legs[0].work[0]
    partial, over = work._replace(state=OrderState.PARTIAL), work._replace(state=OrderState.CANCELLED)
    assert standing(partial, OrderState.ACKED) is OrderState.PARTIAL
    assert standing(partial, OrderState.REFUSED) is OrderState.PARTIAL
    assert standing(work, OrderState.UNKNOWN) is OrderState.ACKED
    assert standing(over, OrderState.PARTIAL) is OrderState.CANCELLED
    assert standing(over, OrderState.FILLED) is OrderState.FILLED
    assert standing(work._replace(state=OrderState.ABSENT), OrderState.ACKED) is OrderState.ACKED


def test_an_answer_without_an_id_or_a_reason_is_taken() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.feed(Replied(hand.now, hand.sends[0].client_id, Refused("-1", "")))
    assert hand.state.legs[0].work[0].why == "-1"


def test_a_fill_of_before_the_plan_changes_nothing() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.accept(hand.sends[0])
    old = replace(hand.traded(BTC.name, Decimal("0.1"), "", "y1"), at=BEGIN - 1)
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (old,)))
    assert (hand.state.legs[0].foreign, hand.state.replan) == (Decimal(0), "")
    now = replace(old, trade_id="now", at=BEGIN)
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (now,)))
    assert hand.state.legs[0].foreign == Decimal("0.1")


def test_a_price_that_cannot_be_used_leaves_a_resting_order_where_it_is() -> None:
    hand = rested()
    right = hand.ticker(BTC.name)
    hand.now += 3_000
    moved = replace(right, at=hand.now, bid=Decimal(50_100), ask=Decimal(50_101))
    hand.feed(Priced(hand.now, hand.now, (replace(moved, mark=Decimal(0)),)))
    assert hand.cancels == []
    hand.feed(Priced(hand.now, hand.now, (replace(moved, mark=Decimal(50_100)),)))
    assert hand.cancels == hand.sends


def test_a_price_that_stays_leaves_a_resting_order_where_it_is() -> None:
    hand = rested()
    hand.wait(20_000)
    assert hand.cancels == []


def test_a_venue_without_a_switch_is_not_asked_for_one_again() -> None:
    hand = rested()
    hand.wait(2_000)
    assert [c for c in hand.said if isinstance(c, DeadMan)][:1] == [DeadMan(60)]
    hand.state = hand.state._replace(dead_man=False)
    before = len(hand.said)
    hand.wait(90_000)
    assert not any(isinstance(c, DeadMan) for c in hand.said[before:])


def test_a_stop_that_never_left_waits_before_it_is_sent_again() -> None:
    hand = Hand(leg("-0.5", stop="0.2")).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0])
    hand.wait(4_000)
    hand.not_sent(hand.sends[1])
    hand.wait(3_000)
    assert len(hand.sends) == 2
    hand.wait(3_000)
    assert [order.stop for order in hand.sends] == [None, Decimal(60_000), Decimal(60_000)]


def test_an_answer_that_brings_a_report_is_one() -> None:
    hand = Hand(leg("-0.5", style=RESTING)).ready()
    (order,) = hand.sends
    told = OrderReport(order.client_id, "x1", BTC.name, OrderState.PARTIAL, HALF, Decimal("-0.2"))
    hand.reply(order, Accepted("x1", told))
    work = hand.state.legs[0].work[0]
    assert (work.state, work.filled, work.order_id) == (OrderState.PARTIAL, Decimal("-0.2"), "x1")


def test_a_leg_that_is_refused_before_anything_ends_the_plan_whatever_is_not_known_of_others() -> None:
    wanted = AccountModes(False, "isolated", None)
    hand = Hand(leg("-0.5", start="0.2", wanted=wanted), leg("1", instrument=ETH))
    del hand.held[ETH.name]
    hand.feed(Timed(hand.now, 0))
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "cross", None)))
    hand.wait(1_500)
    assert (hand.sends, hand.ended) == ([], "refused")
    assert hand.state.ended is not None
    assert hand.state.ended.why.startswith(f"{BTC.name}: the account's modes are not as asked for")


# -- what is wanted next


def test_an_order_is_never_larger_than_the_venue_takes() -> None:
    small = replace(BTC, max_contracts=Decimal("0.2"))
    hand = Hand(leg("-0.5", instrument=small)).ready()
    for _ in range(3):
        hand.accept(hand.sends[-1])
        hand.fill(hand.sends[-1])
        hand.wait(4_000)
    assert [order.quantity for order in hand.sends] == [Decimal("-0.2"), Decimal("-0.2"), Decimal("-0.1")]


def test_parts_that_are_too_small_are_joined() -> None:
    coarse = replace(BTC, min_contracts=Decimal("0.01"))
    hand = Hand(leg("-0.018", "-0.006", "-0.006", "-0.006", instrument=coarse)).ready()
    assert [order.quantity for order in hand.sends] == [Decimal("-0.012")]


def test_the_rest_is_crossed_as_one_up_to_what_reduces() -> None:
    style = Style("limit", Decimal(60_000), deadline_ms=1_000)
    parts = (
        Part(Decimal("-0.1"), reduce_only=True),
        Part(Decimal("-0.1"), reduce_only=True),
        Part(Decimal("-0.2")),
        Part(Decimal("-0.1")),
    )
    each = ProgrammeLeg(BTC, Decimal("0.2"), HALF, parts, style)
    hand = Hand(each)
    hand.wait(2_000)
    hand.ready()
    for _ in range(2):
        hand.accept(hand.sends[-1])
        hand.fill(hand.sends[-1])
        hand.wait(4_000)
    assert [(o.quantity, o.reduce_only, o.kind) for o in hand.sends] == [
        (Decimal("-0.2"), True, "market"),
        (Decimal("-0.3"), False, "market"),
    ]


def test_dust_in_the_middle_of_a_plan_ends_it() -> None:
    coarse = replace(BTC, min_contracts=Decimal("0.01"))
    hand = Hand(leg("-0.025", "-0.01", "-0.015", instrument=coarse)).ready()
    hand.accept(hand.sends[0])
    hand.fill(hand.sends[0], "-0.008")
    hand.report(hand.sends[0], OrderState.CANCELLED, "-0.008")
    hand.wait(4_000)
    assert [order.quantity for order in hand.sends] == [Decimal("-0.01"), Decimal("-0.017")]


# -- schedules


def test_a_slice_is_never_too_small() -> None:
    facts = {BTC.name: replace(FACTS, volume_usd=2e3)}
    ticket = Ticketed("plan", "paper:main", BEGIN, pace=Pace(1.0, 0.05))
    found = schedule(ticket, [Wanted(BTC, Decimal("0.0035").quantize(Decimal("0.001")))], facts)
    assert isinstance(found, Programme)
    assert [part.quantity for part in found.legs[0].parts] == [Decimal("0.001")] * 4
    one = schedule(ticket, [Wanted(replace(BTC, min_contracts=Decimal("0.003")), Decimal("0.004"))], facts)
    assert isinstance(one, Programme)
    assert [part.quantity for part in one.legs[0].parts] == [Decimal("0.004")]


def test_a_first_order_in_contracts_without_a_least_worth_is_one_lot() -> None:
    free = replace(BTC, min_notional=Decimal(0))
    found = schedule(
        Ticketed("plan", "paper:main", BEGIN), [Wanted(free, HALF)], {BTC.name: replace(FACTS, known=False)}
    )
    assert isinstance(found, Programme)
    assert [part.quantity for part in found.legs[0].parts] == [Decimal("-0.001"), Decimal("-0.499")]


def test_a_first_inverse_order_is_the_least_worth_in_dollars() -> None:
    facts = {INVERSE.name: replace(FACTS, known=False)}
    coarse = replace(INVERSE, min_notional=Decimal(150))
    found = schedule(Ticketed("plan", "paper:main", BEGIN), [Wanted(coarse, Decimal(-900))], facts)
    assert isinstance(found, Programme)
    assert [part.quantity for part in found.legs[0].parts] == [Decimal(-200), Decimal(-700)]


def test_the_legs_of_a_plan_are_signed_units() -> None:
    made = plan(instruments=("BTCUSDT",))
    (mine,) = made.plan.legs
    (want,) = wanted_of(made.plan)
    assert mine.side == "sell"
    assert (want.instrument, want.units) == (mine.instrument, -mine.contracts)
    bought = replace(made.plan, legs=(replace(mine, side="buy"),))
    assert wanted_of(bought)[0].units == mine.contracts


def test_the_same_contract_twice_is_refused() -> None:
    found = schedule(
        Ticketed("plan", "paper:main", BEGIN), [Wanted(ETH, HALF), Wanted(ETH, HALF)], {ETH.name: FACTS}
    )
    assert not isinstance(found, Programme)
    assert (found[0].rule, found[0].measured) == ("one leg a contract", 2)


def test_nothing_is_asked_or_set_for_a_plan_that_is_over() -> None:
    hand = Hand(leg("-0.5", wanted=AccountModes(False, "isolated", None)))
    hand.held[BTC.name] = Decimal("0.1")
    hand.feed(Timed(hand.now, 0))
    hand.look()
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "cross", None)))
    hand.held[BTC.name] = Decimal(0)
    hand.look()
    last = hand.feed(Tick(hand.now + 500))
    assert [type(command) for command in last] == [Alarm, Done]
    assert hand.ended == "replan"


def test_writes_are_counted_for_a_minute_and_the_longest_time_out() -> None:
    state = begun(programme(leg("-0.5")))._replace(writes=(BEGIN,))
    assert [state._replace(at=BEGIN + ms).recent for ms in (74_999, 75_000)] == [1, 0]
