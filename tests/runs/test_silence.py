"""A venue that falls silent in the middle of a look: each question hangs until its time-out, and somebody is told within 15 s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.runs.watched import Script, World, market

from hedgerow.hedge.execution import Done
from hedgerow.model.errors import VenueRefused, VenueUnreachable
from hedgerow.model.watched import Look
from hedgerow.runs.executor import Executor
from hedgerow.runs.monitor import Monitor

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


class Woken(Silent):
    """A world that wakes who is to be woken, also while a question hangs; `told` are calls by their instant.

    Whoever is told of what is `slow`, a level and a title, takes twenty seconds to hear it.
    """

    slow = ("", "")

    def begins(self) -> Monitor:
        """Return a watch that has looked."""
        self.wakes: list[tuple[int, Callable[[], None]]] = []
        self.told: list[tuple[int, str, str]] = []
        watching = self.monitor()
        watching._voice = replace(watching._voice, later=self.later)
        asyncio.run(watching.tick())
        self.came = self.clock.monotonic()
        return watching

    def later(self, ms: int, act: Callable[[], None]) -> None:
        self.wakes.append((self.clock.monotonic() + ms, act))

    def notify(self, level: str, title: str, text: str) -> None:
        super().notify(level, title, text)
        if title == "stale feed: prices":
            self.told.append((self.clock.monotonic() - self.came, level, text))
        if (level, title) == self.slow:
            self.waits(20_000)

    def waits(self, ms: int) -> None:
        """Let time pass, and wake who is due."""
        until = self.clock.monotonic() + ms
        while due := [each for each in self.wakes if each[0] <= until]:
            first = min(due, key=lambda each: each[0])
            self.wakes.remove(first)
            self.clock.advance(max(first[0] - self.clock.monotonic(), 0))
            first[1]()
        self.clock.advance(until - self.clock.monotonic())

    def useless_then(self, last: Callable[[Any], Any]) -> None:
        """Answer with what is of no use twice, and then so."""
        left = [2]

        def asked(found: Any) -> Any:
            left[0] -= 1
            if left[0] >= 0:
                return tuple(replace(each, mark=None, last=None) for each in found)
            return last(found)

        self.answers = {"tickers": asked}


def woken() -> Woken:
    return Woken(CALM, pulse_ms=4_000, lease_ms=3_600_000)


def test_a_venue_whose_answers_are_of_no_use_and_that_then_hangs_is_told_of_within_fifteen_seconds() -> None:
    world = woken()
    watching = world.begins()

    def hangs(_: Any) -> Any:
        world.waits(TIMEOUT_MS)
        raise VenueUnreachable("no connection")

    world.useless_then(hangs)
    asyncio.run(watching.rest(world.came))
    assert world.clock.monotonic() - world.came >= 20_000
    look = asyncio.run(watching.tick())
    assert [(at <= 15_000, level) for at, level, _ in world.told] == [(True, "critical")]
    assert "stale feed" in {row.watch for row in look.alarms}


def test_a_slow_answer_with_prices_takes_back_what_was_told_meanwhile() -> None:
    world = woken()
    watching = world.begins()

    def slow(found: Any) -> Any:
        world.waits(5_000)
        world.answers = {}
        return found

    world.useless_then(slow)
    asyncio.run(watching.rest(world.came))
    assert world.clock.monotonic() - world.came < 20_000  # it looks at once
    asyncio.run(watching.tick())
    assert [(level, text) for _, level, text in world.told] == [
        ("critical", "no usable price for 14 seconds"),
        ("info", "is well again"),
    ]


def test_what_a_look_says_to_be_over_is_not_said_again_for_what_was_told_meanwhile() -> None:
    world = woken()
    watching = world.begins()
    world.answers = {"tickers": lambda _: ()}
    world.clock.advance(20_000)
    first = asyncio.run(watching.tick())  # told by a look
    assert "stale feed" in {row.watch for row in first.alarms}
    world.answers = {}
    # told again while the next look, which finds prices, is at work
    watching._voice.on, watching._voice.told = False, world.clock.monotonic() - 1
    asyncio.run(watching.tick())
    assert [text for _, level, text in world.told if level == "info"] == ["is well again"]
    assert watching._voice.told is None


def test_nothing_is_called_while_a_trade_is_under_way_or_after_the_watch_ended() -> None:
    world = woken()
    watching = world.begins()
    trading = [True]
    tail = cast("Any", SimpleNamespace(unfinished=lambda: trading[0]))
    watching._lookout.tail = tail
    world.waits(60_000)
    assert world.told == []
    trading[0] = False
    world.waits(14_000)
    assert len(world.told) == 1
    watching._voice.told = None
    watching.close()
    world.waits(60_000)
    assert len(world.told) == 1


def test_an_older_price_than_was_there_is_no_news() -> None:
    world = woken()
    watching = world.begins()
    world.clock.advance(4_000)
    before = watching._lookout.silence()
    world.answers = {"tickers": lambda found: tuple(replace(each, at=each.at - 60_000) for each in found)}
    assert not asyncio.run(watching._lookout.asked_again())
    assert watching._lookout.silence() == before < 5_000


@pytest.mark.parametrize(
    ("slow", "told"),
    [
        (("info", "stale feed: prices"), ["critical", "info", "critical", "info"]),
        (("warning", "limits: trade"), ["critical", "critical", "info"]),
    ],
)
def test_what_is_called_while_a_look_is_told_of_is_known_to_the_next_one(
    slow: tuple[str, str], told: list[str]
) -> None:
    """Prices are back, whoever hears of that look takes his time, and they stop again meanwhile."""
    world = woken()
    watching = world.begins()
    world.answers = {"tickers": lambda _: ()}
    world.clock.advance(20_000)
    asyncio.run(watching.tick())
    world.book["SOL"] = "100"
    world.answers, world.slow = {"instruments": _refused}, slow
    asyncio.run(watching.tick())
    assert [level for _, level, _ in world.told] == told[: told.index("critical", 1) + 1]
    world.answers, world.slow = {"tickers": lambda _: ()}, ("", "")
    again = asyncio.run(watching.tick())
    assert "stale feed" in {row.watch for row in again.alarms}
    world.answers = {}
    asyncio.run(watching.tick())
    asyncio.run(watching.tick())
    assert [level for _, level, _ in world.told] == told


def _refused(_: Any) -> Any:
    raise VenueRefused("not now")


def test_what_is_called_in_the_middle_of_a_look_is_in_its_line_and_known_to_the_next_life() -> None:
    """The look had prices, and none came while its trade waited for an answer: nobody hears twice, or that all is well."""
    world = woken()
    watching = world.begins()
    world.book["SOL"] = "100"

    def hangs(_: Any) -> Any:
        world.waits(16_000)
        raise VenueUnreachable("no connection")

    world.answers = {"instruments": hangs}
    look = asyncio.run(watching.tick())
    assert look.done == "VenueUnreachable"
    assert [row.text for row in look.alarms if row.watch == "stale feed"] == ["no price for 16 seconds"]
    watching.close()
    world.answers = {"tickers": lambda _: ()}
    asyncio.run(world.monitor().tick())
    assert [(level, text) for _, level, text in world.told] == [
        ("critical", "no usable price for 14 seconds"),
    ]
