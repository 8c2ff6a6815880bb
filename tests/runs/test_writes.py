"""The minute of writes is the account's: neither the end of a plan nor the death of a process begins it anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.runs.desk import ACCOUNT, Desk

from hedgerow.hedge.execution import Part, Programme, Rules
from hedgerow.model.ports import AccountModes
from hedgerow.runs.executor import recalled
from hedgerow.runs.points import watching

MINUTE = 60_000
RULES = Rules(writes=10, quiet_ms=500)  # seven of them may open


class Stopped(BaseException):
    """The process is gone."""


class Timing(Desk):
    """A desk that notes when what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[int] = []

    def _wire(self, kind: str, body: dict[str, object]) -> None:
        super()._wire(kind, body)
        if kind in {"sent", "cancel", "dead man", "configure"}:
            self.at.append(self.market.now)

    def cut(self, name: str, units: str, parts: int, *, reduces: bool = False) -> Programme:
        """A plan of so many equal orders."""
        plan = self.plan(f"{parts * Decimal(units)}", *[units] * parts, name=name)
        legs = tuple(
            replace(leg, parts=tuple(Part(p.quantity, reduces) for p in leg.parts)) for leg in plan.legs
        )
        return replace(plan, legs=legs, rules=RULES)

    def most(self) -> int:
        """How many writes there were in the fullest minute."""
        return max(sum(at - MINUTE < other <= at for other in self.at) for at in self.at)


def dying(point: str, times: int = 1) -> Callable[[str], None]:
    """Die when a point is reached for so many times."""
    left = [times]

    def reached(here: str) -> None:
        left[0] -= here == point
        if left[0] == 0:
            raise Stopped

    return reached


def test_a_plan_begun_within_the_minute_of_another_has_what_that_one_left_of_it() -> None:
    desk = Timing()
    for name in ("first", "second", "third"):
        assert desk.trade(desk.cut(name, "-0.1", 4)).outcome == "complete"
    assert len(desk.sent) == 12
    assert desk.most() == 7


def test_a_plan_that_is_begun_later_waits_for_nothing() -> None:
    desk = Timing()
    desk.trade(desk.cut("first", "-0.1", 7))
    desk.market.go(desk.market.now + 75_000)
    begun = desk.market.now
    desk.trade(desk.cut("second", "-0.1", 1))
    assert desk.at[-1] < begun + 10_000


def test_a_process_that_died_after_the_end_of_a_plan_leaves_its_minute_to_the_next() -> None:
    desk = Timing()
    with pytest.raises(Stopped), watching(dying("pen.before_release")):
        desk.trade(desk.cut("first", "-0.1", 5))
    desk.market.go(desk.market.now + 16_000)
    assert recalled(desk.store.read(ACCOUNT)).state is None
    desk.trade(desk.cut("second", "-0.1", 5))
    assert desk.most() == 7


def test_a_process_that_died_in_the_middle_of_a_plan_leaves_its_minute_to_the_next() -> None:
    desk = Timing()
    desk.trade(desk.cut("first", "-0.1", 3))
    with pytest.raises(Stopped), watching(dying("executor.after_send", 3)):
        desk.trade(desk.cut("second", "-0.1", 5))
    desk.market.go(desk.market.now + 16_000)
    assert desk.trade(None).outcome == "complete"
    assert desk.most() == 7


def test_what_only_reduces_keeps_its_part_where_the_plan_before_used_up_the_openings() -> None:
    desk = Timing()
    desk.trade(desk.cut("first", "-0.1", 7))
    begun = desk.market.now
    assert desk.trade(desk.cut("back", "0.1", 3, reduces=True)).outcome == "complete"
    assert desk.most() == 10
    assert desk.market.now < begun + MINUTE


def test_an_end_that_a_version_before_wrote_is_read() -> None:
    desk = Timing()
    desk.trade(desk.cut("first", "-0.1", 2))
    records = list(desk.store.read(ACCOUNT))
    assert len(recalled(records).writes) == 2
    done = records[-1]
    assert done.kind == "done"
    old = {key: value for key, value in done.body.items() if key != "writes"}
    assert recalled([*records[:-1], replace(done, body=old)]).writes == ()


def test_a_clock_that_was_ahead_leaves_no_writes_of_the_future_to_the_next_plan() -> None:
    desk = Timing()
    desk.clock.apart = 3_600_000
    isolated = AccountModes(hedge=False, margin_mode="isolated", leverage=Decimal(5))
    desk.trade(desk.plan("-0.1", wanted=isolated))
    writes = recalled(desk.store.read(ACCOUNT)).writes
    assert writes
    assert min(writes) > desk.market.now + MINUTE
    desk.clock.apart = 0
    desk.trade(desk.cut("second", "-0.1", 1))
    begun = [record for record in desk.store.read(ACCOUNT) if record.kind == "programme"][-1]
    assert begun.body["earlier"] == [begun.at] * len(writes)


@pytest.mark.parametrize(("point", "times"), [("executor.turned", 18), ("pen.before_release", 1)])
def test_a_process_whose_clock_was_ahead_makes_no_write_older_for_the_next(point: str, times: int) -> None:
    desk = Timing()
    with pytest.raises(Stopped), watching(dying(point, times)):
        desk.trade(desk.cut("first", "-0.1", 12 if times > 1 else 7))
    assert len(desk.at) == 7
    desk.market.go(desk.market.now + 16_000)
    second = None if recalled(desk.store.read(ACCOUNT)).state else desk.cut("second", "-0.1", 5)
    desk.clock.apart = 80_000
    with pytest.raises(Stopped), watching(dying("executor.turned", 4)):
        desk.trade(second)
    desk.clock.apart = 0
    desk.market.go(desk.market.now + 16_000)
    assert desk.trade(None).outcome == "complete"
    assert len(desk.at) == 12
    assert desk.most() == 7
