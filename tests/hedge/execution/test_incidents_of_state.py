"""What went wrong elsewhere with state, sizes and data (reliability.md §2 B, D, E): one test an incident.

Incidents of venues' dialects, the journal's file, keys and the web are tested where those live; docs/reliability.md says
which test answers which.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.hedge.execution.hand import BEGIN, BTC, INVERSE, Hand, leg

from hedgerow.hedge.execution import (
    Alarm,
    FillsRead,
    Gap,
    Held,
    LegFacts,
    ModesRead,
    OpenRead,
    Priced,
    Programme,
    Restarted,
    Tick,
    Ticketed,
    Timed,
    Wanted,
    begun,
    client_id,
    intent_of,
    replayed,
    schedule,
    step,
)
from hedgerow.model.orders import OrderReport, OrderState
from hedgerow.model.ports import AccountModes, Holding, Ticker

HALF = Decimal("-0.5")


def sent(*legs: object, **more: object) -> Hand:
    """A hand that has sent its first order."""
    hand = Hand(*(legs or (leg("-0.5"),)), **more)  # type: ignore[arg-type]
    hand.ready()
    assert len(hand.sends) == 1
    return hand


# -- B. State, reconciliation, restart


def test_incident_14_a_warm_and_a_cold_restart_know_the_same() -> None:
    hand = sent()
    hand.lose(hand.sends[0])
    told = [Restarted(hand.now)]
    warm = replayed(hand.state, list(told))
    events = hand.fed
    cold = replayed(begun(hand.state.programme), [*events, *told])
    assert cold == warm
    assert cold.legs[0].work[0].state is OrderState.UNKNOWN


def test_incident_16_a_trade_told_twice_counts_once() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.accept(order)
    fill = hand.fill(order, "-0.2")
    for _ in range(3):
        hand.feed(FillsRead(hand.now, hand.now, BTC.name, (fill,)))
    assert hand.state.legs[0].done == Decimal("-0.2")


def test_incident_17_names_are_made_of_what_they_name() -> None:
    assert intent_of("plan", 0, 0, "trade") == intent_of("plan", 0, 0, "trade")
    names = {intent_of(p, i, n, "trade") for p in "ab" for i in range(3) for n in range(50)}
    assert len(names) == 300
    name = client_id("paper:main", intent_of("plan", 0, 0, "trade"), 37)
    assert (len(name), name[:2], name[-2:]) == (20, "hr", "11")
    assert name.isascii()
    assert name.islower()


def test_incident_20_legs_of_hedge_mode_are_not_netted() -> None:
    hand = Hand(leg("-0.5"))
    sides = (Holding(BTC.name, -HALF, "long", hand.price), Holding(BTC.name, HALF, "short", hand.price))
    hand.feed(Held(BEGIN, BEGIN, (BTC.name,), sides))
    hand.wait(2_000)
    assert (hand.sends, hand.ended) == ([], "frozen")


def test_incident_21_after_a_gap_everything_is_read_again_first() -> None:
    hand = sent(leg("-0.5", "-0.1", "-0.4"))
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    hand.wait(2_500)
    hand.feed(Gap(hand.now))
    assert hand.state.legs[0].held is None
    hand.feed(Priced(hand.now, hand.now, (hand.ticker(BTC.name),)))
    assert len(hand.sends) == 1
    hand.wait(2_000)
    assert len(hand.sends) == 2


def test_incident_22_stream_and_reading_tell_of_the_same_fill_once() -> None:
    hand = sent()
    (order,) = hand.sends
    hand.accept(order)
    fill = hand.fill(order)
    hand.report(order, OrderState.FILLED, "-0.5")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (fill,)))
    work = hand.state.legs[0].work[0]
    assert (work.filled, work.counted) == (HALF, HALF)


# -- D. Sizes, precision, leverage, margin


def test_incident_26_units_are_proved_on_the_smallest_order() -> None:
    facts = {
        BTC.name: LegFacts(Decimal(0), Decimal(50_000), AccountModes(False, None, None), Decimal(50_000))
    }
    plan = schedule(Ticketed("plan", "paper:main", BEGIN), [Wanted(BTC, HALF)], facts)
    assert isinstance(plan, Programme)
    hand = Hand(*plan.legs).ready()
    (canary,) = hand.sends
    assert canary.quantity == Decimal("-0.001")
    hand.accept(canary)
    hand.held[BTC.name] = canary.quantity
    hand.fill(canary, moves=False)
    hand.now += 5_000
    wrong = Holding(BTC.name, canary.quantity, "net", hand.price, hand.price, hand.price * 10)
    hand.feed(Timed(hand.now, 0))
    hand.feed(Priced(hand.now, hand.now, (hand.ticker(BTC.name),)))
    hand.feed(Held(hand.now, hand.now, (BTC.name,), (wrong,)))
    hand.wait(3_000)
    assert (len(hand.sends), hand.ended) == (1, "frozen")
    assert any("notional" in said for said in hand.alarms)


def test_incident_27_a_fill_that_cannot_be_freezes() -> None:
    for quantity in ("0.2", "-0.7"):
        hand = sent()
        hand.accept(hand.sends[0])
        hand.fill(hand.sends[0], quantity)
        assert hand.state.frozen


def test_incident_28_what_the_venue_took_is_compared_with_what_was_sent() -> None:
    hand = sent()
    (order,) = hand.sends
    report = OrderReport(order.client_id, "x1", BTC.name, OrderState.ACKED, Decimal(-5), Decimal(0))
    hand.feed(OpenRead(hand.now, hand.now, BTC.name, (report,)))
    assert "-5 units" in hand.state.frozen


def test_incident_29_a_size_the_venue_refuses_is_not_sent_again() -> None:
    hand = sent()
    hand.refuse(hand.sends[0], again=False)
    hand.wait(30_000)
    assert (len(hand.sends), hand.ended) == (1, "refused")


def test_incident_30_no_order_before_the_modes_are_read_back() -> None:
    wanted = AccountModes(False, "isolated", Decimal(3))
    hand = Hand(leg("-0.5", wanted=wanted))
    hand.feed(Timed(hand.now, 0))
    hand.look()
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "cross", Decimal(20))))
    hand.wait(1_000)
    assert [c.modes for c in hand.configured] == [wanted]
    assert hand.sends == []
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, "isolated", Decimal(20)), changed=True))
    hand.wait(3_000)
    assert (hand.sends, hand.ended) == ([], "refused")


@pytest.mark.parametrize("kind", ["adl", "liquidation", "trade"])
def test_incident_32_what_the_exchange_closes_itself_is_taken_in_and_planned_again(kind: str) -> None:
    hand = sent(leg("-0.5", "-0.1", "-0.4"))
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    closed = hand.traded(BTC.name, Decimal("0.05"), order_id="y9", kind=kind)  # type: ignore[arg-type]
    hand.held[BTC.name] = Decimal("-0.05")
    hand.feed(FillsRead(hand.now, hand.now, BTC.name, (closed,)))
    hand.wait(6_000)
    assert (len(hand.sends), hand.ended) == (1, "replan")
    assert any(said.startswith("critical: position changed from outside") for said in hand.alarms)


def test_incident_33_a_stop_that_nobody_sees_is_an_alarm() -> None:
    hand = sent(leg("-0.5", stop="0.2"))
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    hand.wait(4_000)
    stop = hand.sends[1]
    assert (stop.quantity, stop.reduce_only, stop.stop) == (Decimal("0.5"), True, Decimal(60_000))
    hand.accept(stop)
    hand.wait(8_000)
    assert not any("no stop" in said for said in hand.alarms)
    hand.wait(3_000)
    assert any(said.startswith("critical: paper:BTCUSDT has no stop") for said in hand.alarms)


def test_incident_33_a_stop_that_is_seen_ends_the_plan() -> None:
    hand = sent(leg("-0.5", stop="0.2"))
    (order,) = hand.sends
    hand.accept(order)
    hand.fill(order)
    hand.wait(4_000)
    stop = hand.sends[1]
    hand.accept(stop)
    hand.wait(1_000)
    before = hand.ended
    hand.report(stop, OrderState.ACKED)
    hand.wait(1_000)
    assert [before, hand.ended] == ["", "complete"]


# -- E. Funding and data


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": BEGIN - 60_000},
        {"mark": Decimal(0)},
        {"mark": Decimal("NaN")},
        {"bid": Decimal(50_001), "ask": Decimal(49_999)},
        {"bid": Decimal(90_000), "ask": Decimal(90_001)},
        {"bid": None, "ask": None},
        {"mark": None, "last": None},
    ],
    ids=["frozen", "zero", "NaN", "crossed", "far", "no book", "no mark"],
)
def test_incident_37_a_price_that_cannot_be_is_not_traded_on(wrong: dict[str, object]) -> None:
    hand = Hand(leg("-0.5"))
    hand.feed(Timed(hand.now, 0))
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, None, None)))
    right = hand.ticker(BTC.name)
    bad: Ticker = replace(right, **wrong)  # type: ignore[arg-type]
    hand.feed(Priced(hand.now, hand.now, (bad,)))
    hand.feed(Held(hand.now, hand.now, (BTC.name,), ()))
    assert hand.sends == []
    hand.feed(Priced(hand.now, hand.now, (right,)))
    assert len(hand.sends) == 1


def test_incident_36_silence_is_told() -> None:
    hand = Hand(leg("-0.5")).ready()
    state, said = hand.state, []
    for second in range(30):
        state, commands = step(state, Tick(BEGIN + second * 1_000))
        said += [c for c in commands if isinstance(c, Alarm)]
    assert any("no price" in alarm.title for alarm in said)


def test_incident_39_an_end_that_is_told_is_waited_for() -> None:
    hand = sent()
    hand.not_sent(hand.sends[0])
    hand.wait(4_000)
    assert len(hand.sends) == 1
    hand.wait(5_000)
    assert len(hand.sends) == 2


@pytest.mark.parametrize("skew", [1_500, -1_500])
def test_incident_40_nothing_is_sent_with_clocks_apart(skew: int) -> None:
    hand = Hand(leg("-0.5"))
    hand.feed(ModesRead(hand.now, BTC.name, AccountModes(False, None, None)))
    hand.feed(Timed(hand.now, skew))
    hand.look()
    assert hand.sends == []
    hand.feed(Timed(hand.now, 40))
    assert len(hand.sends) == 1


def test_inverse_units_are_held_against_dollars_and_coins() -> None:
    hand = Hand(leg("-300", instrument=INVERSE, start="100"))
    coins = Holding(INVERSE.name, Decimal(100), "net", hand.price, hand.price, None, Decimal("0.02"))
    hand.feed(Held(BEGIN, BEGIN, (INVERSE.name,), (coins,)))
    assert hand.state.legs[0].units == "wrong"
