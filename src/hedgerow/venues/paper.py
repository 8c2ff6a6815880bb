"""The paper venue: the reference for every other one, in memory, in virtual or real time, without a network.

    venue = PaperVenue(clock, MarketFeed(market, catalogue(market)))
    venue.credit("USDT", Decimal(20_000))
    await venue.trading.place(Order("hr…", btc, Decimal("-0.5")))
    await venue.account.positions([btc])

The doors (`data`, `trading`, `account`: the ports) catch up with the clock, pass one event to the pure core
(`hedgerow.exchange.venue`) and answer. Nothing in here waits, so every call is whole. What another process needs to go on is
handed to `keep` before a call that changed it returns; whoever wrote it down gives it back as `books`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from hedgerow.exchange.venue import (
    Credited,
    Funded,
    Kind,
    OrderMoved,
    Passed,
    VenueEvent,
    VenueOutcome,
    VenueRules,
    VenueState,
    report_of,
    step,
)
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Candle, Clock, FundingPaid, FundingPrint, StreamEvent
from hedgerow.venues.paper_doors import PaperAccount, PaperData, PaperTrading
from hedgerow.venues.paper_doubts import Doubts
from hedgerow.venues.paper_state import PaperBooks

__all__ = ["Feed", "PaperVenue"]


_SECOND_MS = 1_000


class Feed(Protocol):
    """The outside world: a pure function of time, so that a venue that is started again sees the same one."""

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """Every contract there may be."""

    def opening(self, at: int) -> Iterable[VenueEvent]:
        """Return what the venue opens with at `at`."""

    def events(self, after: int, until: int, listed: Container[str]) -> Iterable[VenueEvent]:
        """Return what happens to the listed contracts with after < at ≤ until, in order."""

    def candles(self, instrument: Instrument, minutes: int, since: int, until: int) -> tuple[Candle, ...]:
        """Return finished bars."""

    def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return the realised rates that it knows of by itself."""


class PaperVenue:
    """A venue of one's own: `data`, `trading` and `account` are its doors for the account `name`."""

    def __init__(
        self,
        clock: Clock,
        feed: Feed,
        *,
        name: str = "paper",
        rules: VenueRules | None = None,
        books: PaperBooks | None = None,
        keep: Callable[[PaperBooks], None] | None = None,
        doubts: Doubts | None = None,
    ) -> None:
        self.clock, self.feed, self.name, self._doubts = clock, feed, name, doubts
        self._keep, self._told = keep, False
        self._fills: list[Fill] = []
        self._payments: list[Funded] = []
        self._prints: list[FundingPrint] = []
        self._listeners: list[asyncio.Queue[StreamEvent | None]] = []
        if books is None:
            self.opened_at, self.state = clock.now(), VenueState(rules or VenueRules())
            for event in feed.opening(self.opened_at):
                self._step(event)
        else:
            self.opened_at, self.state = books.opened_at, books.state
            self._fills += books.fills
            self._payments += books.payments
            self._prints += books.prints
            self._doubt_again()
        self.data, self.trading, self.account = PaperData(self), PaperTrading(self), PaperAccount(self)

    def export(self) -> PaperBooks:
        """Return everything the venue remembers, for `paper_state.plain_of`; settlements of what nobody traded are the feed's."""
        traded = {fill.instrument for fill in self._fills}
        prints = tuple(p for p in self._prints if p.instrument in traded)
        return PaperBooks(self.opened_at, self.state, tuple(self._fills), tuple(self._payments), prints)

    def catch_up(self) -> int:
        """Let everything happen that is due by the clock, and return its instant."""
        now = max(self.clock.now(), self.state.at)
        for event in self.feed.events(self.state.at, now, self.state.listings):
            self._step(event if self._doubts is None else self._doubts.checked(self.state, self.name, event))
        if self.state.at < now:
            self._step(Passed(now))
        self._keep_books()
        return now

    def happen(self, event: VenueEvent) -> tuple[VenueOutcome, ...]:
        """Pass one event to the core, no earlier than now: what tests and simulations do to the venue."""
        now = self.catch_up()
        outcomes = self._step(event if event.at >= now else replace(event, at=now))
        self._told = True
        self._keep_books()
        return outcomes

    def credit(self, coin: str, amount: Decimal, kind: Kind = "derivatives") -> None:
        """Put coins into the account."""
        self.happen(Credited(0, self.name, coin, amount, kind))

    def kept_back(self) -> dict[str, Decimal]:
        """Return the contracts that stay at the mark before, since no market makes the price of now, and that mark."""
        names = sorted(self._doubts.contracts) if self._doubts is not None else ()
        return {name: mark for name in names if (mark := self.state.listings[name].mark) is not None}

    def believe(self) -> None:
        """Take the prices that were kept back, with whatever comes of them."""
        now = self.catch_up()
        for event in self._doubts.taken() if self._doubts is not None else ():
            self._step(replace(event, at=now))
        self._keep_books()

    def fills(self, instrument: str, since: int) -> tuple[Fill, ...]:
        """Return the account's fills from `since` on."""
        return tuple(
            f for f in self._fills if f.account == self.name and f.instrument == instrument and f.at >= since
        )

    def payments(self, instrument: str, since: int) -> tuple[FundingPaid, ...]:
        """Return the account's funding from `since` on."""
        return tuple(
            p.payment
            for p in self._payments
            if p.account == self.name and p.payment.instrument == instrument and p.payment.at >= since
        )

    def prints(self, instrument: str, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return what the venue settled since it opened."""
        return tuple(p for p in self._prints if p.instrument == instrument and since <= p.at < until)

    def listen(self) -> asyncio.Queue[StreamEvent | None]:
        """Return a queue of hints; None ends it."""
        queue: asyncio.Queue[StreamEvent | None] = asyncio.Queue()
        self._listeners.append(queue)
        return queue

    def close(self, *, lost: bool = False) -> None:
        """End all streams, or with `lost` only break them: listeners are told to look again."""
        for queue in self._listeners:
            queue.put_nowait(StreamEvent("lost", self.state.at) if lost else None)
        if not lost:
            self._listeners.clear()

    def _doubt_again(self) -> None:
        """Keep back what the life before kept back, so that it can be believed at once."""
        if self._doubts is None:
            return
        now = max(self.clock.now(), self.state.at)
        held = {leg.instrument.name for leg in self.state.account(self.name).legs.values()}
        for event in self.feed.events(now - _SECOND_MS, now, held):
            self._doubts.checked(self.state, self.name, event)

    def _keep_books(self) -> None:
        """Hand the books on after whatever may concern an account, before anybody is told."""
        if self._keep is not None and self._told:
            self._keep(self.export())
        self._told = False

    def _step(self, event: VenueEvent) -> tuple[VenueOutcome, ...]:
        self.state, outcomes = step(self.state, event)
        self._told = self._told or bool(outcomes)
        for outcome in outcomes:
            if isinstance(outcome, Fill):
                self._fills.append(outcome)
            elif isinstance(outcome, Funded):
                self._payments.append(outcome)
            elif isinstance(outcome, FundingPrint):
                self._prints.append(outcome)
            if self._listeners:
                self._tell(outcome)
        return outcomes

    def _tell(self, outcome: VenueOutcome) -> None:
        hint = None
        if isinstance(outcome, OrderMoved) and outcome.order.account == self.name and outcome.order.order_id:
            hint = StreamEvent("order", outcome.at, order=report_of(outcome.order))
        elif isinstance(outcome, Fill) and outcome.account == self.name:
            hint = StreamEvent("fill", outcome.at, fill=outcome)
        for queue in self._listeners if hint else ():
            queue.put_nowait(hint)
