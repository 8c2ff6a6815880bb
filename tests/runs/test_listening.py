"""A stream beside an executor at work: its hints arrive, its troubles do not, and one message claims nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.runs.desk import ACCOUNT, BTC, Desk

from hedgerow.hedge.execution.state import NEVER
from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.orders import Fill, OrderReport, OrderState
from hedgerow.model.ports import StreamEvent
from hedgerow.runs.executor import Executor
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.listening import listened
from hedgerow.runs.reconcile import Doors
from hedgerow.testing.faults.lives import finish


class Ears(Executor):
    """An executor that only takes note of what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def hint(self, event: StreamEvent) -> None:
        self.told.append(event.kind)

    async def heard(self, count: int) -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(self.told) >= count


def doors(events: Any) -> Doors:
    return cast("Doors", SimpleNamespace(trading=SimpleNamespace(events=events)))


def test_hints_arrive_and_the_stream_ends_with_the_work() -> None:
    closed: list[bool] = []

    async def events() -> AsyncIterator[StreamEvent]:
        try:
            yield StreamEvent("lost", 1)
            yield StreamEvent("order", 2)
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def work() -> int:
        await ears.heard(2)
        return 7

    ears = Ears()
    assert asyncio.run(listened(ears, doors(events), work())) == 7
    assert closed == [True]
    assert ears.told == ["lost", "order", "lost"]


@pytest.mark.parametrize("failure", [VenueUnreachable("no road"), RuntimeError("a fault of the library")])
def test_a_stream_that_cannot_be_opened_is_lost_and_stops_no_work(failure: Exception) -> None:
    async def events() -> AsyncIterator[StreamEvent]:
        for why in (failure,):
            raise why
        yield StreamEvent("order", 1)  # what makes it a stream

    async def work() -> str:
        await ears.heard(1)
        return "done"

    ears = Ears()
    assert asyncio.run(listened(ears, doors(events), work())) == "done"
    assert ears.told == ["lost"]


def test_what_the_work_raises_is_raised_and_the_stream_is_closed() -> None:
    async def events() -> AsyncIterator[StreamEvent]:
        await asyncio.Event().wait()
        yield StreamEvent("order", 1)

    async def work() -> None:
        await asyncio.sleep(0)
        raise VenueUnreachable("no road")

    ears = Ears()
    with pytest.raises(VenueUnreachable, match="no road"):
        asyncio.run(listened(ears, doors(events), work()))
    assert ears.told == ["lost"]


class Looking(Executor):
    """An executor whose leg is looked at after its hints."""

    def look(self, seen: list[tuple[int, int]]) -> None:
        self.seen = seen

    async def _take_hints(self) -> None:
        before = self.state
        await super()._take_hints()
        if before is not None and self.state is not None and self.state is not before:
            (old,), (leg,) = before.legs, self.state.legs
            self.seen.append((leg.fills_at - old.fills_at, leg.work[0].seen_at))


def test_one_message_does_not_claim_that_all_was_read_nor_that_an_order_can_be_read_back() -> None:
    desk, seen = Desk(), list[tuple[int, int]]()
    executor = Looking(desk.doors, desk.store, desk.clock, desk.sink)
    executor.look(seen)

    def told(_: Any, fill: Fill) -> None:
        filled = (BTC.name, OrderState.FILLED, fill.quantity, fill.quantity)
        executor.hint(
            StreamEvent("order", fill.at, order=OrderReport(fill.client_id, fill.order_id, *filled))
        )
        executor.hint(StreamEvent("fill", fill.at, fill=fill))

    desk.market.on_fill.append(told)
    assert finish(executor.run(ACCOUNT, "one", desk.plan("-0.5"))).outcome == "complete"
    assert seen == [(0, NEVER)]


def test_a_fill_in_another_contract_is_no_part_of_the_programme_and_breaks_no_journal() -> None:
    desk = Desk()
    executor = desk.executor()

    def told(_: Any, fill: Fill) -> None:
        other = replace(fill, instrument="sim:ANOTHER", trade_id="by hand", order_id="7", client_id="")
        executor.hint(StreamEvent("fill", fill.at, fill=other))

    desk.market.on_fill.append(told)
    assert finish(executor.run(ACCOUNT, "one", desk.plan("-0.5"))).outcome == "complete"
    assert set(ledger_of(desk.store.read(ACCOUNT)).entries) == {BTC.name}
