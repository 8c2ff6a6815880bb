"""A market that many ask: one question for all who wait, answers that are new enough, failures that reach everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.ports import FundingPrint, Ticker
from hedgerow.testing.standin.worlds import listed_of
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.shared import SharedMarket

ONE, TWO = listed_of("bybit", 1_700_000_000_000)[:2]
HOUR = 3_600_000


@dataclass
class Venue:
    """A venue whose answers take `wait_ms`, whose clock is ahead, and which can be down."""

    clock: VirtualClock
    wait_ms: int = 0
    ahead_ms: int = 0
    down: bool = False
    heard: list[str] = field(default_factory=list)

    async def _answer(self, what: str) -> None:
        self.heard.append(what)
        await asyncio.sleep(0)
        self.clock.advance(self.wait_ms // 2)
        if self.down:
            raise VenueUnreachable

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        (one,) = instruments
        await self._answer(one.name)
        price = Decimal(len(self.heard))
        return (Ticker(one.name, self.clock.now(), price, None, None, price, None),)

    async def server_time(self) -> int:
        await self._answer("time")
        told = self.clock.now() + self.ahead_ms
        self.clock.advance(self.wait_ms // 2)
        return told

    async def instruments(self) -> tuple[Instrument, ...]:
        await self._answer("listed")
        return ONE, TWO

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        await self._answer(f"funding {since} {until}")
        times = range(-(-since // HOUR) * HOUR, until, HOUR)
        return tuple(FundingPrint(instrument.name, at, Decimal(1), None) for at in times)


@pytest.fixture
def venue() -> Venue:
    return Venue(VirtualClock(1_700_000_000_123))


@pytest.fixture
def market(venue: Venue) -> SharedMarket:
    return SharedMarket(venue, venue.clock)  # type: ignore[arg-type]


def run(work: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await work

    return asyncio.run(wait())


async def all_of(*asked: Awaitable[Any]) -> list[Any]:
    return list(await asyncio.gather(*asked, return_exceptions=True))


def test_a_thousand_who_ask_at_once_are_one_question(venue: Venue, market: SharedMarket) -> None:
    found = run(all_of(*(market.tickers((ONE, TWO)) for _ in range(1_000))))
    assert (venue.heard, market.asked) == ([ONE.name, TWO.name], {"tickers": 2})
    assert all(each == found[0] for each in found)


def test_a_price_is_told_again_for_a_second_with_its_own_stamp(venue: Venue, market: SharedMarket) -> None:
    first = run(market.tickers((ONE,)))
    venue.clock.advance(1_000)
    assert run(market.tickers((ONE,))) == first
    venue.clock.advance(1)
    later = run(market.tickers((ONE,)))
    assert (later[0].at, later[0].last) == (venue.clock.now(), Decimal(2))


def test_a_failure_reaches_all_who_wait_and_the_next_asks_again(venue: Venue, market: SharedMarket) -> None:
    venue.down = True
    found = run(all_of(*(market.tickers((ONE,)) for _ in range(3))))
    assert [type(each) for each in found] == [VenueUnreachable] * 3
    venue.down = False
    assert run(market.tickers((ONE,)))[0].last == Decimal(2)
    assert len(venue.heard) == 2


def test_who_stops_waiting_takes_the_answer_from_nobody(venue: Venue, market: SharedMarket) -> None:
    async def work() -> tuple[Ticker, ...]:
        first = asyncio.create_task(market.tickers((ONE,)))
        await asyncio.sleep(0)
        second = asyncio.create_task(market.tickers((ONE,)))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert run(work())[0].instrument == ONE.name
    assert venue.heard == [ONE.name]


def test_a_clock_goes_on_between_two_questions_and_a_slow_answer_is_for_one(
    venue: Venue, market: SharedMarket
) -> None:
    venue.ahead_ms = 5_000
    for _ in range(3):
        venue.clock.advance(4_000)
        assert run(market.server_time()) == venue.clock.now() + 5_000
    assert venue.heard == ["time"]
    venue.clock.advance(10_000)
    venue.wait_ms = 400
    begun = venue.clock.now()
    assert run(market.server_time()) == begun + 200 + 5_000
    run(market.server_time())
    assert venue.heard == ["time"] * 3


def test_funding_is_what_was_asked_for_whoever_asked_first(venue: Venue, market: SharedMarket) -> None:
    now = venue.clock.now()
    since = now - 10 * HOUR
    wide = run(market.funding(ONE, since, now))
    narrow = run(market.funding(ONE, since + 1, now - 2 * HOUR))
    assert len(venue.heard) == 1
    assert [one.at for one in wide] == list(range(since // HOUR * HOUR + HOUR, now, HOUR))
    assert [one.at for one in narrow] == [one.at for one in wide if since + 1 <= one.at < now - 2 * HOUR]
    venue.clock.advance(60_001)
    assert run(market.funding(ONE, since, now)) == wide
    assert len(venue.heard) == 2


def test_what_is_listed_is_asked_every_five_minutes_and_old_answers_go(
    venue: Venue, market: SharedMarket
) -> None:
    for _ in range(3):
        run(market.instruments())
        venue.clock.advance(200_000)
    assert venue.heard == ["listed"] * 2
    run(market.tickers((ONE,)))
    venue.clock.advance(400_000)
    run(market.instruments())
    assert len(market._told) == 1
