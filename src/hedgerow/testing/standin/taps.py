"""A venue's ports with somebody listening: what the executor asks of them is told to a `Watch`, and passed on as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.orders import Fill, Order, OrderReport, Reply
from hedgerow.model.ports import (
    Account,
    AccountModes,
    Balance,
    FundingPaid,
    Holding,
    MarketData,
    Permissions,
    StreamEvent,
    Ticker,
    Trading,
)
from hedgerow.testing.faults.watch import Watch

__all__ = ["TapAccount", "TapQuotes", "TapTrading"]


@dataclass(frozen=True, slots=True)
class TapTrading:
    """Orders, listened to."""

    inner: Trading
    watch: Watch

    async def place(self, order: Order) -> Reply:
        """Pass it on."""
        self.watch.wire("sent", {"client_id": order.client_id, "order": order})
        reply = await self.inner.place(order)
        self.watch.wire("replied", {"client_id": order.client_id, "reply": reply})
        return reply

    async def protect(self, order: Order) -> Reply:
        """Pass it on."""
        self.watch.wire("sent", {"client_id": order.client_id, "order": order})
        reply = await self.inner.protect(order)
        self.watch.wire("replied", {"client_id": order.client_id, "reply": reply})
        return reply

    async def cancel(self, order: Order) -> Reply:
        """Pass it on."""
        self.watch.wire("cancel", {"client_id": order.client_id})
        return await self.inner.cancel(order)

    async def order(self, order: Order) -> OrderReport | None:
        """Pass it on."""
        return await self.inner.order(order)

    async def open_orders(self, instrument: Instrument) -> tuple[OrderReport, ...]:
        """Pass it on."""
        return await self.inner.open_orders(instrument)

    async def fills(self, instrument: Instrument, since: int) -> tuple[Fill, ...]:
        """Pass it on."""
        return await self.inner.fills(instrument, since)

    def events(self) -> AsyncIterator[StreamEvent]:
        """Pass it on."""
        return self.inner.events()

    async def dead_man(self, seconds: int) -> bool:
        """Pass it on."""
        self.watch.wire("dead man", {"seconds": seconds})
        return await self.inner.dead_man(seconds)


@dataclass(frozen=True, slots=True)
class TapAccount:
    """The account, listened to."""

    inner: Account
    watch: Watch

    async def positions(self, instruments: Sequence[Instrument]) -> tuple[Holding, ...]:
        """Pass it on."""
        found = await self.inner.positions(instruments)
        self.watch.wire("positions", {})
        return found

    async def balances(self) -> tuple[Balance, ...]:
        """Pass it on."""
        return await self.inner.balances()

    async def modes(self, instrument: Instrument) -> AccountModes:
        """Pass it on."""
        return await self.inner.modes(instrument)

    async def configure(self, instrument: Instrument, modes: AccountModes) -> AccountModes:
        """Pass it on."""
        self.watch.wire("configure", {"instrument": instrument.name})
        return await self.inner.configure(instrument, modes)

    async def permissions(self) -> Permissions:
        """Pass it on."""
        return await self.inner.permissions()

    async def paid(self, instrument: Instrument, since: int) -> tuple[FundingPaid, ...]:
        """Pass it on."""
        return await self.inner.paid(instrument, since)

    async def fees(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Pass it on."""
        return await self.inner.fees(instrument)


@dataclass(frozen=True, slots=True)
class TapQuotes:
    """Prices and the time, listened to: of a market's data, all that the executor asks for."""

    inner: MarketData
    watch: Watch

    async def instruments(self) -> tuple[Instrument, ...]:
        """Pass it on."""
        return await self.inner.instruments()

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Pass it on."""
        found = await self.inner.tickers(instruments)
        self.watch.wire("prices", {})
        return found

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        """Pass it on."""
        return await self.inner.tiers(instrument)

    async def server_time(self) -> int:
        """Pass it on."""
        asked = self.watch.market.now
        theirs = await self.inner.server_time()
        self.watch.wire("time", {"apart": theirs - (asked + self.watch.market.now) // 2})
        return theirs
