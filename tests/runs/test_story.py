"""What a journal tells of one trade: its own orders and fills, in order, averaged as the payoff wants it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.runs.test_bookkeeping import BTC, COIN

from hedgerow.hedge.execution import (
    CancelReplied,
    ModesRead,
    NotFound,
    NotSent,
    Part,
    Priced,
    Programme,
    ProgrammeLeg,
    Replied,
    Reported,
    Restarted,
)
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Accepted, Fill, OrderReport, OrderState, Refused, Unknown
from hedgerow.model.ports import AccountModes, Ticker
from hedgerow.model.trades import TradeLine
from hedgerow.runs.ledger import fill_record
from hedgerow.runs.story import Story, Teller, story_of
from hedgerow.runs.wire import body_of
from hedgerow.store.memory import MemoryStore

PLAN = "a" * 64
Line = tuple[str, Any]


def programme(contract: Instrument, units: str, plan: str = PLAN) -> Line:
    leg = ProgrammeLeg(contract, Decimal(0), Decimal(units), (Part(Decimal(units)),))
    return "programme", body_of(Programme(plan, "paper:paper", 0, (leg,)))


def sent(contract: Instrument, name: str, units: str, **more: Any) -> Line:
    body = {"kind": "market", "price": None, "reduce_only": False, "stop": None, **more}
    return "sent", {"client_id": name, "instrument": contract.name, "quantity": Decimal(units), **body}


def filled(contract: Instrument, name: str, units: str, price: str, trade: str) -> Line:
    fee, coin = Decimal("0.5"), contract.settle
    return fill_record(
        Fill("paper", "paper", trade, "o", name, contract.name, Decimal(units), Decimal(price), fee, coin, 9)
    )


def test_fills_that_name_no_client_are_ours_by_the_venues_order() -> None:
    def unnamed(order_id: str, trade: str) -> Line:
        kind, body = filled(BTC, "", "-0.1", "59940", trade)
        return kind, {**body, "order_id": order_id}

    report = OrderReport("hr2", "12", BTC.name, OrderState.FILLED, Decimal("-0.1"), Decimal("-0.1"))
    story = told(
        programme(BTC, "-0.3"),
        sent(BTC, "hr1", "-0.1"),
        unnamed("11", "1"),  # a stream may tell of a fill before the answer comes
        event(Replied(1, "hr1", Accepted("11"))),
        sent(BTC, "hr2", "-0.1"),
        event(Reported(1, 1, report)),
        unnamed("12", "2"),
        unnamed("13", "3"),
    )
    (leg,) = story.legs
    assert (leg.traded, leg.fills) == (Decimal("-0.2"), 2)
    assert [each.action for each in story.lines].count("foreign") == 1


def event(value: Any) -> Line:
    return "event", body_of(value)


def priced(contract: Instrument, bid: str, ask: str) -> Line:
    ticker = Ticker(contract.name, 0, None, Decimal(bid), Decimal(ask), None, None)
    return event(Priced(0, 0, (ticker,)))


def told(*lines: Line, plan: str = PLAN) -> Story:
    store = MemoryStore(lambda: 0)
    lease = store.acquire("a", "one", 1_000)
    assert lease is not None
    store.append("a", 5, lines, lease)
    return story_of(store.read("a"), plan)


def test_fills_are_averaged_and_held_against_the_arrival() -> None:
    story = told(
        programme(BTC, "-0.4"),
        priced(BTC, "59999", "60001"),
        priced(BTC, "70000", "70002"),
        sent(BTC, "hr1", "-0.4"),
        filled(BTC, "hr1", "-0.1", "59940", "1"),
        filled(BTC, "hr1", "-0.3", "59980", "2"),
    )
    (leg,) = story.legs
    assert (leg.traded, leg.average, leg.arrival, leg.fills) == (
        Decimal("-0.4"),
        Decimal(59_970),
        Decimal(60_000),
        2,
    )
    assert leg.fees == {"USDT": Decimal("1.0")}
    assert leg.slippage == Decimal("0.0005")
    assert [line.action for line in story.lines] == ["began", "sent", "filled", "filled"]
    assert "sell 400 contracts of paper:BTCUSDT, market" in story.lines[1].text
    assert "10.0 bp worse than arrival" in story.lines[2].text
    bought = told(
        programme(BTC, "0.1"),
        priced(BTC, "59999", "60001"),
        sent(BTC, "h", "0.1"),
        filled(BTC, "h", "0.1", "59940", "1"),
    )
    assert bought.legs[0].slippage == Decimal("-0.001")
    assert "10.0 bp better than arrival" in bought.lines[-1].text


def test_an_inverse_average_is_one_of_coins() -> None:
    lines = [filled(COIN, "h", "1000", "1000", "1"), filled(COIN, "h", "1000", "2000", "2")]
    (leg,) = told(programme(COIN, "2000"), sent(COIN, "h", "2000"), *lines).legs
    assert leg.average is not None
    assert float(leg.average) == pytest.approx(2000 / 1.5)
    assert (leg.arrival, leg.slippage) == (None, None)


def test_undoing_leaves_the_average_of_what_it_undoes() -> None:
    lines = [
        priced(BTC, "59999", "60001"),
        sent(BTC, "h", "-0.4"),
        filled(BTC, "h", "-0.4", "59940", "1"),
        sent(BTC, "u", "0.1"),
        filled(BTC, "u", "0.1", "66000", "2"),
    ]
    (leg,) = told(programme(BTC, "-0.4"), *lines).legs
    assert (leg.traded, leg.average, leg.slippage) == (Decimal("-0.3"), Decimal(59_940), Decimal("0.001"))
    lines += [sent(BTC, "v", "0.3"), filled(BTC, "v", "0.3", "67000", "3")]
    (leg,) = told(programme(BTC, "-0.4"), *lines).legs
    assert (leg.traded, leg.average, leg.slippage) == (Decimal(0), Decimal(59_940), None)
    lines += [sent(BTC, "w", "-0.2"), filled(BTC, "w", "-0.2", "61000", "4")]
    (leg,) = told(programme(BTC, "-0.4"), *lines).legs
    assert (leg.traded, leg.average) == (Decimal("-0.2"), Decimal(61_000))
    lines += [sent(BTC, "x", "0.5"), filled(BTC, "x", "0.5", "62000", "5")]
    (leg,) = told(programme(BTC, "-0.4"), *lines).legs
    assert (leg.traded, leg.average) == (Decimal("0.3"), Decimal(62_000))


def test_what_is_not_ours_is_told_and_not_counted() -> None:
    story = told(programme(BTC, "-0.4"), filled(BTC, "somebody", "-0.1", "59940", "1"))
    assert story.legs[0].traded == 0
    assert story.legs[0].average is None
    assert [line.action for line in story.lines] == ["began", "foreign"]


def test_trouble_is_told_in_words() -> None:
    story = told(
        programme(BTC, "-0.4"),
        event(
            ModesRead(
                1, BTC.name, AccountModes(hedge=False, margin_mode="cross", leverage=Decimal(3)), changed=True
            )
        ),
        event(ModesRead(1, BTC.name, AccountModes(hedge=False, margin_mode="cross", leverage=Decimal(3)))),
        event(NotSent(2, "h0", "halted: by hand")),
        sent(BTC, "h1", "0.1", kind="limit", price="60000", reduce_only=True, stop="50000"),
        event(Replied(3, "h1", Refused("-2019", "margin"))),
        event(Replied(4, "h2", Unknown("time-out"))),
        event(Restarted(5)),
    )
    assert [line.action for line in story.lines] == [
        "began",
        "set",
        "held back",
        "sent",
        "refused",
        "unknown",
        "restarted",
    ]
    assert "limit at 60000, stop 50000, reduce-only" in story.lines[3].text
    assert story.lines[4].text == "h1: margin (-2019)"
    assert "leverage 3" in story.lines[1].text


def test_each_plan_has_its_own_story() -> None:
    other = "b" * 64
    lines = [
        programme(BTC, "-0.4"),
        sent(BTC, "h1", "-0.4"),
        filled(BTC, "h1", "-0.4", "60000", "1"),
        programme(BTC, "0.1", other),
        sent(BTC, "h2", "0.1"),
        filled(BTC, "h2", "0.1", "61000", "2"),
    ]
    assert told(*lines).legs[0].traded == Decimal("-0.4")
    assert told(*lines, plan=other).legs[0].traded == Decimal("0.1")
    with pytest.raises(UsageError, match="no trade of plan cccc"):
        told(*lines, plan="c" * 64)
    assert replace(told(*lines).legs[0], average=None).slippage is None


def test_what_is_told_as_it_happens_is_the_story() -> None:
    store = MemoryStore(lambda: 0)
    lease = store.acquire("paper:paper", "one", 15_000)
    assert lease is not None

    def write(*lines: Line) -> None:
        store.append("paper:paper", 5, lines, lease)

    write(programme(BTC, "-1", "b" * 64), sent(BTC, "hr0", "-1"))
    teller = Teller(store, "paper:paper")
    assert teller.new() == ()  # what is there already was told by others
    told: list[TradeLine] = []
    for line in (
        programme(BTC, "-2"),
        priced(BTC, "100", "102"),
        sent(BTC, "hr1", "-2"),
        filled(BTC, "hr1", "-2", "100", "t1"),
    ):
        write(line)
        told += teller.new()
        assert teller.new() == ()
    assert tuple(told) == story_of(store.read("paper:paper"), PLAN).lines
    assert [each.action for each in told] == ["began", "sent", "filled"]


def test_how_a_resting_order_ended_is_told_once() -> None:
    def report(name: str, state: OrderState, filled: str = "0") -> OrderReport:
        return OrderReport(name, f"o-{name}", BTC.name, state, Decimal("-0.4"), Decimal(filled))

    over = report("hr1", OrderState.CANCELLED, "-0.1")
    story = told(
        programme(BTC, "-0.4"),
        sent(BTC, "hr1", "-0.4", kind="post_only", price="60000"),
        event(Restarted(1)),
        event(Reported(2, 2, report("hr1", OrderState.PARTIAL, "-0.1"))),
        event(CancelReplied(3, "hr1", Refused("-1", "too late"))),
        event(CancelReplied(4, "hr1", Accepted("o-hr1"))),
        event(CancelReplied(5, "hr1", Accepted("o-hr1", over))),
        event(Reported(6, 6, replace(over, client_id=""))),
        event(NotFound(7, 7, "hr1", Decimal(0), (), ())),
        sent(BTC, "hr2", "-0.3"),
        event(NotFound(8, 8, "hr2", Decimal(0), (), ())),
        event(NotFound(9, 9, "hr2", Decimal(0), (), ())),
        event(Reported(10, 10, report("hr2", OrderState.EXPIRED))),
        event(Reported(11, 11, report("of somebody else", OrderState.CANCELLED))),
    )
    assert "sell 400 contracts of paper:BTCUSDT, post-only at 60000" in story.lines[1].text
    assert [(line.at, line.action, line.text) for line in story.lines[3:] if line.action != "sent"] == [
        (3, "not ended", "hr1: the venue does not cancel it: too late (-1)"),
        (5, "cancelled", "hr1: 100 of 400 contracts traded"),
        (8, "not found", "hr2: the venue knows no such order"),
        (10, "expired", "hr2: 0 of 400 contracts traded"),
    ]


def test_that_an_order_waits_is_told_once_and_only_of_one_with_a_price() -> None:
    def report(name: str, state: OrderState) -> OrderReport:
        return OrderReport(name, f"o-{name}", BTC.name, state, Decimal("-0.4"), Decimal(0))

    waits = event(Reported(3, 3, report("hr1", OrderState.ACKED)))
    story = told(
        programme(BTC, "-2"),
        sent(BTC, "hr1", "-0.4", kind="post_only", price="62500.5"),
        event(Replied(2, "hr1", Accepted("o-hr1"))),
        waits,
        sent(BTC, "hr2", "-0.4"),
        event(Replied(4, "hr2", Accepted("o-hr2"))),
        sent(BTC, "hr3", "-0.4", kind="limit", price="60000"),
        event(Replied(5, "hr3", Accepted("o-hr3", report("hr3", OrderState.FILLED)))),
        sent(BTC, "hr4", "-0.4", kind="limit", price="60000"),
        event(Replied(6, "hr4", Unknown("time-out"))),
        event(Reported(7, 7, report("hr4", OrderState.ACKED))),
        sent(BTC, "hr5", "-0.4", kind="limit", price="60000"),
        event(Replied(8, "hr5", Refused("-1", "no"))),
    )
    assert [(line.at, line.text) for line in story.lines if line.action == "resting"] == [
        (2, "sell 400 contracts of paper:BTCUSDT at 62,500.5, waiting"),
        (7, "sell 400 contracts of paper:BTCUSDT at 60,000, waiting"),
    ]
