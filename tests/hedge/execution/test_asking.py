"""How often a venue is asked, and how long is waited for what: to the millisecond."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tests.hedge.execution.hand import BEGIN, ETH, Hand, leg

from hedgerow.hedge.execution import (
    ANY_MODES,
    Configure,
    DeadMan,
    DeadManSet,
    Gap,
    Look,
    Query,
    Restarted,
    Style,
    Tick,
)
from hedgerow.model.orders import OrderState

LONG = Style("post_only", chase_ms=10**8, deadline_ms=10**9)


def rested(style: Style = LONG) -> Hand:
    hand = Hand(leg("-0.5", style=style)).ready()
    hand.accept(hand.sends[0])
    hand.report(hand.sends[0], OrderState.ACKED)
    return hand


def asked(hand: Hand) -> dict[str, int]:
    """How often each thing was asked for."""
    said = [s for s in hand.said if isinstance(s, Look | Query | Configure | DeadMan)]
    return dict(Counter(s.what if isinstance(s, Look) else type(s).__name__ for s in said))


def test_how_often_a_venue_is_asked_in_two_minutes_of_rest() -> None:
    hand = rested()
    hand.said.clear()
    hand.wait(120_000)
    assert asked(hand) == {"fills": 12, "orders": 4, "Query": 40, "DeadMan": 24}


def test_how_often_a_venue_is_asked_in_two_minutes_without_an_answer() -> None:
    hand = Hand(leg("-0.5", style=LONG), leg("1", instrument=ETH))
    for second in range(240):
        hand.feed(Tick(BEGIN + second * 500))
    assert asked(hand) == {"time": 24, "prices": 120, "positions": 120, "modes": 120, "orders": 8}


@pytest.mark.parametrize(("missing", "alarms"), [(15_000, 0), (15_500, 1)])
def test_a_price_is_missed_after_fifteen_seconds(missing: int, alarms: int) -> None:
    hand = Hand(leg("-0.5"))
    for at in range(500, missing + 1, 500):
        hand.feed(Tick(BEGIN + at))
    assert sum("no price" in said for said in hand.alarms) == alarms


def test_what_is_waited_for_ends_to_the_millisecond() -> None:
    again = Hand(leg("-0.5")).ready()
    again.not_sent(again.sends[0])
    again.wait(4_500)
    assert len(again.sends) == 1
    again.wait(500)
    assert len(again.sends) == 2
    gap = Hand(leg("-0.5", "-0.1", "-0.4", style=Style(gap_ms=6_000, deadline_ms=10**9))).ready()
    gap.accept(gap.sends[0])
    gap.fill(gap.sends[0])
    gap.wait(5_500)
    assert len(gap.sends) == 1
    gap.wait(500)
    assert len(gap.sends) == 2
    chased = rested(replace(LONG, chase_ms=2_000))
    chased.price += 100
    chased.wait(1_500)
    assert chased.cancels == []
    chased.wait(500)
    assert len(chased.cancels) == 1
    chased.wait(4_500)
    assert len(chased.cancels) == 1, "asked for again when it was not heard for five seconds"
    chased.wait(500)
    assert len(chased.cancels) == 2
    unseen = Hand(leg("-0.5", stop="0.2", wanted=ANY_MODES)).ready()
    unseen.accept(unseen.sends[0])
    unseen.fill(unseen.sends[0])
    unseen.wait(3_000)
    assert len(unseen.sends) == 2
    unseen.wait(9_500)
    assert not any("has no stop" in said for said in unseen.alarms)
    unseen.wait(500)
    assert any("has no stop" in said for said in unseen.alarms)


def test_a_switch_is_renewed_when_a_third_of_it_has_passed() -> None:
    hand = rested()
    hand.feed(DeadManSet(hand.now, there=True, seconds=60))
    hand.said.clear()
    hand.wait(19_500)
    assert not any(isinstance(said, DeadMan) for said in hand.said)
    hand.wait(500)
    assert sum(isinstance(said, DeadMan) for said in hand.said) == 1


def test_the_grace_of_a_plan_ends_with_its_last_leg() -> None:
    short, late = Style("post_only", deadline_ms=1_000), Style("post_only", deadline_ms=2_000)
    hand = Hand(leg("-0.5", style=short), leg("1", instrument=ETH, style=late))
    for at, over in ((121_000, False), (121_999, False), (122_000, True)):
        hand.feed(Tick(BEGIN + at))
        assert hand.state.given_up is over


def missed(hand: Hand) -> int:
    return sum("has no price" in said for said in hand.alarms)


def test_no_price_is_missed_before_the_first_could_have_come() -> None:
    late = Hand(leg("-0.5"))
    late.feed(Tick(BEGIN + 200_000))
    late.feed(Tick(BEGIN + 214_999))
    assert missed(late) == 0
    late.feed(Tick(BEGIN + 215_000))
    assert missed(late) == 1
    hand = Hand(leg("-0.5")).ready()
    hand.feed(Restarted(BEGIN + 200_000))
    hand.feed(Tick(BEGIN + 214_999))
    assert missed(hand) == 0
    hand.feed(Tick(BEGIN + 215_000))
    assert missed(hand) == 1


def test_a_break_makes_no_known_price_missed_and_no_old_one_young() -> None:
    hand = Hand(leg("-0.5")).ready()
    hand.feed(Tick(BEGIN))
    for at in (10_000, 14_500):
        hand.feed(Tick(BEGIN + at))
        hand.feed(Gap(BEGIN + at))
    hand.feed(Tick(BEGIN + 14_999))
    assert missed(hand) == 0
    hand.feed(Tick(BEGIN + 15_000))
    assert missed(hand) == 1
