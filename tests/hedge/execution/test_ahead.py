"""One leg of a roll is never further ahead of the other than it may be: trading, finishing late, undoing, and under a halt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hedge.execution.hand import BTC, ETH, Hand, leg
from tests.runs.desk import BTC as NEAR
from tests.runs.desk import ETH as FAR
from tests.runs.desk import Desk

from hedgerow.hedge.execution import LegFacts, Programme, Style, Ticketed, Wanted, schedule
from hedgerow.hedge.plan import Refusal
from hedgerow.model.orders import OrderState
from hedgerow.model.ports import AccountModes
from hedgerow.testing.faults.plans import ACCOUNT

MODES = AccountModes(False, "cross", Decimal(5))


def made(desk: Desk, near: Decimal, far: Decimal, ahead: str, style: Style) -> Programme:
    found = asked(desk, near, far, ahead, style)
    assert isinstance(found, Programme), found
    return found


def asked(
    desk: Desk, near: Decimal, far: Decimal, ahead: str, style: Style
) -> Programme | tuple[Refusal, ...]:
    wanted = [Wanted(FAR, far), Wanted(NEAR, near)]
    facts = {
        each.instrument.name: LegFacts(
            desk.market.quantity(each.instrument.name),
            desk.market.mark(each.instrument),
            MODES,
            Decimal(10**7),
            known=True,
        )
        for each in wanted
    }
    ticket = Ticketed("roll", ACCOUNT, desk.clock.now(), style, ahead=Decimal(ahead))
    return schedule(ticket, wanted, facts)


def widest(desk: Desk, programme: Programme, since: int) -> Decimal:
    """The largest distance between the legs' shares at any fill."""
    planned = {each.name: each.planned for each in programme.legs}
    done = dict.fromkeys(planned, Decimal(0))
    most = Decimal(0)
    for _, fill in desk.market.fills[since:]:
        done[fill.instrument] += fill.quantity
        shares = [done[name] / planned[name] for name in planned]
        most = max(most, max(shares) - min(shares))
    return most


@given(st.integers(200, 4_000), st.integers(0, 3), st.sampled_from(["market", "post_only"]))
@settings(max_examples=8, deadline=None)
def test_the_legs_of_a_whole_roll_stay_close(lots: int, seed: int, kind: str) -> None:
    desk = Desk()
    desk.market.random = Random(seed)  # noqa: S311 - a market, no secret
    desk.market.outside(NEAR, -Decimal(lots) / 1000, "trade")
    desk.market.go(desk.market.now + 60_000)
    begun = len(desk.market.fills)
    style = Style(kind, chase_ms=3_000, deadline_ms=60_000)  # type: ignore[arg-type]
    programme = made(desk, Decimal(lots) / 1000, -Decimal(lots) / 100, "0.25", style)
    done = desk.trade(programme)
    assert done.outcome == "complete"
    assert desk.market.quantity(NEAR.name) == 0
    assert desk.market.quantity(FAR.name) == -Decimal(lots) / 100
    assert widest(desk, programme, begun) <= Decimal("0.25")


def hand(*, ahead: str | None, **style: object) -> Hand:
    how = Style(**style)  # type: ignore[arg-type]
    first = leg("-1", *["-0.1"] * 10, instrument=ETH, style=how)
    second = leg("1", *["0.1"] * 10, instrument=BTC, start="-1", reduce_only=True, style=how)
    made = Hand(first, second)
    made.state = made.state._replace(
        programme=replace(made.state.programme, ahead=None if ahead is None else Decimal(ahead))
    )
    return made.ready()


def fill_only(hand: Hand, name: str, ms: int) -> None:
    """Let time pass while one contract's orders fill and the other's rest unfilled."""
    answered = 0
    for _ in range(ms // 500):
        hand.wait(500)
        for order in hand.sends[answered:]:
            answered += 1
            if order.instrument.name == name:
                hand.fill(order)
                hand.report(order, OrderState.FILLED, str(order.quantity))
            else:
                hand.report(order, OrderState.ACKED)


@pytest.mark.parametrize(("ahead", "most"), [("0.2", Decimal("0.2")), (None, Decimal(1))])
def test_a_leg_waits_for_one_that_cannot_be_traded(ahead: str | None, most: Decimal) -> None:
    """Without the bound the first leg runs to its end while the second is turned away."""
    trading = hand(ahead=ahead)
    fill_only(trading, ETH.name, 60_000)
    first, second = trading.state.legs
    assert (abs(first.done), second.done) == (most, Decimal(0))


def test_it_waits_also_when_time_is_up() -> None:
    trading = hand(ahead="0.2", deadline_ms=5_000)
    fill_only(trading, ETH.name, 60_000)
    assert abs(trading.state.legs[0].done) == Decimal("0.2")


def test_what_is_undone_goes_in_pieces_no_larger_than_half_of_what_it_may_be_ahead() -> None:
    trading = hand(ahead="0.2", deadline_ms=5_000, at_deadline="unwind")
    fill_only(trading, ETH.name, 60_000)
    first, second = trading.state.legs
    assert (first.done, second.done) == (Decimal(0), Decimal(0))
    back = [
        order.quantity for order in trading.sends if order.instrument.name == ETH.name and order.quantity > 0
    ]
    assert back
    assert max(back) <= Decimal("0.1")


@pytest.mark.parametrize("ahead", ["0.2", "0.0001"])
def test_orders_too_coarse_to_keep_legs_together_are_refused(ahead: str) -> None:
    """Two lots cannot be cut into ten orders, and no leg into twenty thousand."""
    desk = Desk()
    desk.market.outside(NEAR, -Decimal("0.002"), "trade")
    desk.market.go(desk.market.now + 60_000)
    found = asked(desk, Decimal("0.002"), -Decimal("0.02"), ahead, Style())
    assert isinstance(found, tuple)
    assert {each.rule for each in found} == {"leg risk"}
