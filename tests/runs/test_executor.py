"""The loop: recover, step, write, then act; what it may not do alone it does not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.desk import ACCOUNT, BTC, ETH, Desk

from hedgerow.hedge.execution import Style
from hedgerow.model.errors import (
    BrokenPromise,
    LeaseHeld,
    LeaseLost,
    StateUnknown,
    UnitMismatch,
    UsageError,
    VenueUnreachable,
)
from hedgerow.model.orders import Order, Reply
from hedgerow.model.ports import Lease, StreamEvent
from hedgerow.runs.executor import recalled
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.points import watching
from hedgerow.store.memory import MemoryStore
from hedgerow.testing.faults.doors import SimTrading
from hedgerow.testing.faults.lives import finish


def test_a_plan_is_traded_and_the_ledger_is_what_the_venue_says() -> None:
    desk = Desk()
    done = desk.trade(desk.plan("-0.5", "-0.1", "-0.4"))
    assert done.outcome == "complete"
    entry = ledger_of(desk.store.read(ACCOUNT)).entries[BTC.name]
    assert (entry.quantity, entry.leg) == (Decimal("-0.5"), desk.market.legs[BTC.name])
    assert entry.fees == desk.market.fees[BTC.name]
    assert len(desk.sent) == 2


def test_a_second_process_does_not_trade() -> None:
    desk = Desk()
    assert desk.store.acquire(ACCOUNT, "another", 60_000) is not None
    with pytest.raises(LeaseHeld, match="another process"):
        desk.trade(desk.plan("-0.5"))
    assert desk.sent == []


def test_a_process_whose_lease_was_taken_stops_before_it_sends() -> None:
    desk = Desk()

    def slept(point: str) -> None:
        if point == "pen.before_write" and desk.clock.monotonic() - started > 1_000 and not taken:
            desk.market.go(desk.market.now + 30_000)
            taken.append(desk.store.acquire(ACCOUNT, "another", 60_000))

    started, taken = desk.clock.monotonic(), list[Lease | None]()
    with watching(slept), pytest.raises(LeaseLost):
        desk.trade(desk.plan("-0.5", "-0.1", "-0.4", style=Style(gap_ms=5_000)))
    assert taken[0] is not None
    assert len(desk.sent) <= 1


def test_a_plan_is_traded_once() -> None:
    desk = Desk()
    plan = desk.plan("-0.5")
    desk.trade(plan)
    with pytest.raises(UsageError, match="traded before"):
        desk.trade(plan)
    assert desk.trade(None) is None
    assert len(desk.sent) == 1


class LateHalt(MemoryStore):
    """A halt that comes between the look and the order."""

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        if opening and self.halted(ACCOUNT) is None:
            self.halt(ACCOUNT, at, "by hand")
        return super().append(stream, at, records, lease, opening=opening)


def test_a_halt_between_look_and_order_stops_the_order() -> None:
    desk = Desk()
    desk.store = LateHalt(desk.clock.monotonic)
    done = desk.trade(desk.plan("-0.5"))
    assert (done.outcome, done.why) == ("halted", "sim:main is halted: by hand")
    assert desk.sent == []


def test_a_halt_between_journal_and_send_keeps_the_order_back() -> None:
    desk = Desk()

    def halt(point: str) -> None:
        if point == "executor.before_send":
            desk.store.halt(ACCOUNT, desk.clock.now(), "by hand")

    with watching(halt):
        done = desk.trade(desk.plan("-0.5"))
    assert done.outcome == "halted"
    assert desk.sent == []
    assert [r.body["client_id"] for r in desk.store.read(ACCOUNT) if r.kind == "sent"]


def test_an_order_whose_turn_is_old_does_not_leave() -> None:
    desk = Desk()
    slow = [5_000]

    def wait(point: str) -> None:
        if point == "executor.before_send" and slow:
            desk.market.go(desk.market.now + slow.pop())

    with watching(wait):
        done = desk.trade(desk.plan("-0.5"))
    assert done.outcome == "complete"
    (first, second) = [str(r.body["client_id"]) for r in desk.store.read(ACCOUNT) if r.kind == "sent"]
    assert desk.sent == [second] != [first]


def test_a_door_that_raises_has_not_said_no() -> None:
    desk = Desk()
    once = [VenueUnreachable("gone")]

    class Raising(SimTrading):
        async def place(self, order: Order) -> Reply:
            reply = await SimTrading.place(self, order)
            if once:
                raise once.pop()
            return reply

    desk.trading = Raising(desk.road)
    done = desk.trade(desk.plan("-0.5"))
    assert done.outcome == "complete"
    assert len(desk.sent) == 1


def test_units_that_are_wrong_before_an_order_leaves_refuse_it() -> None:
    desk = Desk()

    class Wrong(SimTrading):
        async def place(self, order: Order) -> Reply:
            raise UnitMismatch(f"{order.instrument.name} was planned at 1 a contract and is listed at 10")

    desk.trading = Wrong(desk.road)
    done = desk.trade(desk.plan("-0.5"))
    assert (done.outcome, desk.sent) == ("refused", [])
    assert "is listed at 10" in done.why


def test_what_no_fill_explains_stops_the_start() -> None:
    desk = Desk()
    desk.trade(desk.plan("-0.5"))
    desk.market.outside(BTC, Decimal("0.1"), "trade")
    desk.market.fills.pop()
    desk.market.go(desk.market.now + 5_000)
    with pytest.raises(StateUnknown, match="no fill explains"):
        desk.trade(desk.plan("0.1", name="second"))
    assert len(desk.sent) == 1


def test_a_clock_that_jumps_is_measured_before_the_next_order() -> None:
    desk = Desk()
    desk.when(1_500, lambda: setattr(desk.clock, "apart", -90_000))
    desk.when(40_000, lambda: setattr(desk.clock, "apart", 0))
    done = desk.trade(desk.plan("-0.5", "-0.1", "-0.4", style=Style(gap_ms=2_000)))
    assert done.outcome == "complete"
    assert desk.market.now - desk.market.fills[0][1].at > 30_000


def test_a_clock_that_jumps_in_the_middle_of_a_turn_holds_its_order_back() -> None:
    desk = Desk()
    executor = desk.executor()
    jumps: list[int] = []

    def point(name: str) -> None:
        if name == "executor.before_send" and not jumps:
            jumps.append(desk.market.now)
            desk.clock.apart = -120_000
            desk.when(30_000, lambda: setattr(desk.clock, "apart", 0))

    with watching(point):
        done = finish(executor.run(ACCOUNT, "one", desk.plan("-0.5")))
    assert done.outcome == "complete"
    assert desk.market.fills[0][1].at > jumps[0] + 30_000
    assert len(desk.sent) == 1  # nothing left before the clock was right again


def test_a_break_in_a_stream_and_a_fill_from_it_are_taken_in() -> None:
    desk = Desk()
    executor = desk.executor()
    executor.hint(StreamEvent("lost", desk.clock.now()))
    desk.market.on_fill.append(lambda _, fill: executor.hint(StreamEvent("fill", fill.at, fill=fill)))
    done = finish(executor.run(ACCOUNT, "one", desk.plan("-0.5")))
    assert done.outcome == "complete"
    assert ledger_of(desk.store.read(ACCOUNT)).entries[BTC.name].fills == 1


def test_a_journal_of_another_version_is_not_continued() -> None:
    desk = Desk()
    stop: list[str] = []

    class Stopped(BaseException):
        pass

    def die(point: str) -> None:
        stop.append(point)
        if point == "executor.after_send":
            raise Stopped

    with watching(die), pytest.raises(Stopped):
        desk.trade(desk.plan("-0.5"))
    records = list(desk.store.read(ACCOUNT))
    assert recalled(records).state is not None
    place = next(i for i, r in enumerate(records) if r.kind == "sent")
    records[place] = replace(records[place], body={**records[place].body, "client_id": "hr1"})
    with pytest.raises(BrokenPromise, match="another version"):
        recalled(records)


def test_dust_neither_blocks_nor_is_forgotten() -> None:
    """Peers §4 test 11: what is below the minimum is left, said, and later hedged with the rest."""
    desk = Desk()
    desk.market.prices[ETH.name] = 5_000
    whole = Decimal("0.06")
    desk.trade(desk.plan(f"{-whole}", instrument=ETH))
    held = desk.market.quantity(ETH.name)
    assert held == -whole
    desk.trade(desk.plan("-0.01", instrument=ETH, name="dust"))
    assert desk.market.quantity(ETH.name) == held
    desk.trade(desk.plan(f"{-whole - Decimal('0.01')}", instrument=ETH, name="later"))
    assert desk.market.quantity(ETH.name) == held - whole - Decimal("0.01")
