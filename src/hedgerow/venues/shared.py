"""One venue's market for as many as ask: what one was told just now, the others are told too.

market = SharedMarket(venue.data, clock)         the port `MarketData`

Prices are a second old at most, and keep the venue's own stamp. Whoever asks while the same question is under way waits for
its answer, and for its failure too. Order books and what is asked seldom are passed on. Who trades asks the venue himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.ports import Candle, CandleOf, Clock, Depth, FundingPrint, MarketData, Ticker

__all__ = ["SharedMarket"]

Answer = TypeVar("Answer")
_PRICE_MS, _TIME_MS, _FUNDING_MS, _LISTED_MS = 1_000, 10_000, 60_000, 300_000
_QUICK_MS = 200
"""A venue's clock that took longer to be told is asked for by each: how far it may be off is theirs to judge."""


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer, and when its question went out and when it came back."""

    answer: Any
    asked: int
    came: int


@dataclass(slots=True)
class SharedMarket:
    """A venue's `market`; `asked` counts the questions that went to it, by kind."""

    market: MarketData
    clock: Clock
    asked: dict[str, int] = field(default_factory=dict)
    _told: dict[Hashable, _Told] = field(default_factory=dict)
    _under_way: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)

    async def instruments(self) -> tuple[Instrument, ...]:
        """Return every contract that can be traded, as it was at most five minutes ago."""
        found = await self._shared(("instruments",), _LISTED_MS, self.market.instruments)
        answer: tuple[Instrument, ...] = found.answer
        return answer

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Return prices that came within the last second."""
        return tuple([await self._ticker(one) for one in instruments])

    async def _ticker(self, one: Instrument) -> Ticker:
        found = await self._shared(("tickers", one.name), _PRICE_MS, lambda: self.market.tickers((one,)))
        ticker: Ticker = found.answer[0]
        return ticker

    async def server_time(self) -> int:
        """Return the venue's clock, as it was told within ten seconds and has gone on since."""
        found = await self._shared(("server_time",), _TIME_MS, self.market.server_time)
        if found.came - found.asked > _QUICK_MS:
            self._told.pop(("server_time",), None)
            return int(found.answer)
        return int(found.answer) + self.clock.monotonic() - (found.asked + found.came) // 2

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return realised rates with since ≤ at < until, settled up to a minute ago at least."""
        begin = since // _FUNDING_MS * _FUNDING_MS
        found = await self._shared(
            ("funding", instrument.name, begin),
            _FUNDING_MS,
            lambda: self.market.funding(instrument, begin, until),
        )
        return tuple(one for one in found.answer if since <= one.at < until)

    async def depth(self, instrument: Instrument, levels: int) -> Depth:
        """Return the order book."""
        return await self._passed("depth", self.market.depth(instrument, levels))

    async def candles(
        self, instrument: Instrument, minutes: int, since: int, until: int, of: CandleOf = "last"
    ) -> tuple[Candle, ...]:
        """Return finished bars."""
        return await self._passed("candles", self.market.candles(instrument, minutes, since, until, of))

    async def funding_now(self, instrument: Instrument) -> FundingPrint:
        """Return the forecast for the next settlement."""
        return await self._passed("funding_now", self.market.funding_now(instrument))

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        """Return the maintenance tiers."""
        return await self._passed("tiers", self.market.tiers(instrument))

    async def _passed(self, kind: str, ask: Awaitable[Answer]) -> Answer:
        self.asked[kind] = self.asked.get(kind, 0) + 1
        return await ask

    async def _shared(
        self, key: tuple[Hashable, ...], for_ms: int, ask: Callable[[], Awaitable[Any]]
    ) -> _Told:
        """Return what was answered within `for_ms`, or is answered now, once for all who wait."""
        known = self._told.get(key)
        if known is not None and self.clock.monotonic() - known.came <= for_ms:
            return known
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._ask(key, ask))
            task.add_done_callback(lambda done: self._over(key, done))
        found: _Told = await asyncio.shield(task)  # who stops waiting takes the answer from nobody
        return found

    def _over(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        """Let the next question go out; a failure that nobody waits for any more is nobody's."""
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _ask(self, key: tuple[Hashable, ...], ask: Callable[[], Awaitable[Any]]) -> _Told:
        kind = str(key[0])
        self.asked[kind] = self.asked.get(kind, 0) + 1
        begun = self.clock.monotonic()
        answer = await ask()
        now = self.clock.monotonic()
        self._told = {name: was for name, was in self._told.items() if now - was.came <= _LISTED_MS}
        found = self._told[key] = _Told(answer, begun, now)
        return found
