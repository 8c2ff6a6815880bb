"""A venue that falls silent in the middle of a look: each question hangs until its time-out, and somebody is told within 15 s."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tests.runs.watched import Script, World, market

from hedgerow.hedge.execution import Done
from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.watched import Look
from hedgerow.runs.executor import Executor

CALM = market(Script())
TIMEOUT_MS = 10_000
ASKED = ("tickers", "positions", "fills", "paid", "server_time", "modes", "instruments", "balances")


class Silent(World):
    """A world whose venue falls silent at the `nth` time that `at` is asked for: from there on every question hangs."""

    def falls(self, at: str, nth: int = 1) -> None:
        """Fall silent there."""
        left = [nth]

        def asked(found: Any) -> Any:
            left[0] -= 1
            if left[0] > 0:
                return found
            for name in ASKED:
                self.answers[name] = self._hang
            return self._hang(found)

        self.answers = {at: asked}

    def _hang(self, _: Any) -> Any:
        self.clock.advance(TIMEOUT_MS)
        raise VenueUnreachable("no connection")


def looked(at: str, nth: int) -> tuple[Look, int, Silent]:
    """A look at which something is to be traded, and how long it took until somebody was told."""
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000)
    world.watch_often(1)
    world.book["SOL"] = "100"
    world.alarms.clear()
    world.falls(at, nth)
    begun = world.clock.monotonic()
    look = asyncio.run(world.monitor().tick())
    return look, world.clock.monotonic() - begun, world


@pytest.mark.parametrize(
    ("at", "nth"),
    [
        ("tickers", 1),
        ("positions", 1),
        ("balances", 1),
        ("modes", 1),
        ("instruments", 1),
        ("tickers", 2),
        ("modes", 2),
    ],
)
def test_a_venue_that_falls_silent_within_a_look_is_told_before_it_is_asked_again(at: str, nth: int) -> None:
    look, took, world = looked(at, nth)
    assert took <= 15_000
    assert {"stale feed: prices", "position unknown: account"} & {title for _, title, _ in world.alarms}
    assert not look.traded_usd
    assert look.held is None or look.done == "VenueUnreachable"


def test_a_venue_that_falls_silent_after_a_trade_is_told_before_it_is_asked_again() -> None:
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000)
    ended: list[int] = []

    class Last(Executor):
        async def run(self, *words: Any, **named: Any) -> Done | None:
            done = await super().run(*words, **named)
            world.falls("positions")
            ended.append(world.clock.monotonic())
            return done

    watching = world.monitor()
    watching._actor._hand = replace(watching._actor._hand, executor=Last)
    look = asyncio.run(watching.tick())
    assert look.traded_usd > 0.0
    assert world.clock.monotonic() - ended[0] <= 15_000
    assert "position unknown: account" in {title for _, title, _ in world.alarms}


def test_a_question_that_fails_at_once_is_asked_again_at_the_same_look() -> None:
    """One answer that was lost is no silence: what is held is known, and nobody is called for it."""
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000)
    world.watch_often(1)
    world.book["SOL"] = "100"
    world.alarms.clear()

    def reset(_: Any) -> Any:
        raise VenueUnreachable("reset")

    def then_reset(found: Any) -> Any:
        world.answers = {"instruments": reset}
        return found

    world.answers = {"instruments": then_reset}
    look = asyncio.run(world.monitor().tick())
    assert look.done == "VenueUnreachable"
    assert look.held is not None
    assert {title for _, title, _ in world.alarms} == {"limits: trade", "drift: BTC"}


def test_an_approval_outlives_a_silence() -> None:
    """Nothing was begun, so what was approved is still what is asked for."""
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000, mode="propose")
    watching = world.monitor()
    asked = asyncio.run(watching.tick()).proposal
    assert asked is not None
    world.approvals[asked.name] = "Ann"
    world.clock.advance(60_000)
    world.falls("server_time")
    assert asyncio.run(watching.tick()).traded_usd == 0.0
    world.answers.clear()
    look = asyncio.run(watching.tick())
    assert look.approved_by == "Ann"
    assert look.traded_usd > 0.0


def test_prices_are_asked_for_again_four_seconds_after_they_came_however_long_the_look_took() -> None:
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000)
    watching = world.monitor()

    def slow(found: Any) -> Any:
        world.clock.advance(3_000)
        return found

    world.answers = {"server_time": slow}
    asyncio.run(watching.tick())
    last = world.clock.monotonic() - 3_000
    asked: list[int] = []

    def ask(found: Any) -> Any:
        asked.append(world.clock.monotonic() - last)
        return found

    world.answers = {"tickers": ask}
    asyncio.run(watching.rest(last))
    assert asked[:3] == [4_000, 8_000, 12_000]


def test_prices_are_asked_for_in_time_where_the_next_look_is_near() -> None:
    """A look of five seconds' pace: prices are never older than four seconds when it begins."""
    world = Silent(CALM, pulse_ms=4_000, lease_ms=3_600_000)
    watching = world.monitor()
    watching._watched = replace(watching._watched, rules=replace(watching._watched.rules, every_s=5.0))
    asyncio.run(watching.tick())
    world.clock.advance(60_000)

    def slow(found: Any) -> Any:
        world.clock.advance(1_200)
        return found

    world.answers = {"server_time": slow}
    begun = world.clock.monotonic()
    asyncio.run(watching.tick())
    asked: list[int] = []

    def ask(found: Any) -> Any:
        asked.append(world.clock.monotonic() - begun)
        return found

    world.answers = {"tickers": ask}
    asyncio.run(watching.rest(begun))
    assert len(asked) == 1
    assert asked[0] <= 4_000
