"""What one life of the watch leaves to the next: trades that count, and alarms that somebody heard of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.runs.watched import ACCOUNT, Script, World, market

from hedgerow.hedge.execution import Done
from hedgerow.hedge.watch import Bounds
from hedgerow.runs.executor import Executor

CALM = market(Script())


class _Alarming(Executor):
    """A hand that calls whatever it does."""

    async def run(self, *words: Any, **named: Any) -> Done | None:
        """Call, and trade."""
        self._notifier.notify("critical", "trading is frozen", "it is so")
        return await super().run(*words, **named)


def test_nobody_is_told_that_an_alarm_is_over_before_that_is_written() -> None:
    """Else the next life finds the alarm in the diary, takes it for called, and nobody hears of it any more."""
    world = World(CALM)
    world.store.halt(ACCOUNT, world.clock.now(), "a person said so")
    watching = world.monitor()
    asyncio.run(watching.tick())
    world.store.halt(ACCOUNT, world.clock.now(), None)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    watching._write = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(watching.tick())
    watching.close()
    assert ("info", "halted: account", "is well again") not in world.alarms
    world.watch_often(1)
    assert world.alarms.count(("info", "halted: account", "is well again")) == 1


def test_what_happens_to_two_plans_is_called_by_two_names() -> None:
    """An alarm that stands is not told again: the same words of another plan are another's."""
    world = World(CALM)
    watching = world.monitor()
    watching._actor._hand = replace(watching._actor._hand, executor=_Alarming)
    for coins in ("100", "500"):
        world.book["SOL"] = coins
        asyncio.run(watching.tick())
        world.clock.advance(60_000)
    titles = [title for _, title, _ in world.alarms if title.startswith("trading is frozen")]
    assert len(titles) == len(set(titles)) == 2


def test_a_trade_that_a_life_before_left_unfinished_counts_once_it_is_finished() -> None:
    world = World(CALM, bounds=Bounds(cool_down_s=0.0, trades_an_hour=1))

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    world.answers["place"] = dies
    first = world.monitor()
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(first.tick())
    first.close()
    world.answers.clear()
    second = world.monitor()
    world.down |= {"positions", "fills"}
    asyncio.run(second.tick())  # not finished yet, and nothing of it is known
    world.down.clear()
    world.clock.advance(60_000)
    asyncio.run(second.tick())
    world.book["SOL"] = "100"
    world.clock.advance(60_000)
    assert asyncio.run(second.tick()).done == "trades an hour"
