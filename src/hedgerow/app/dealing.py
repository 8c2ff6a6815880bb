"""Doors to trade through: the paper venue with its account on disk, and who holds it.

with dealing(place, market, contracts) as at: at.ask(work), at.journal, at.account, at.holder

Real money is dealt with by `hedgerow.app.live`.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from hedgerow.app.anywhere import absolute
from hedgerow.app.chains import with_chains
from hedgerow.app.plans import Place
from hedgerow.config import Settings
from hedgerow.model.errors import BadInput, HedgerowError, JournalFailed, LeaseHeld
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.ports import Clock, Lease, Store

if TYPE_CHECKING:
    from hedgerow.runs.reconcile import Doors
    from hedgerow.store.documents import Sheet
    from hedgerow.store.journal import Journal
    from hedgerow.venues.paper import PaperVenue
    from hedgerow.venues.paper_state import PaperBooks

__all__ = [
    "LEASE_MS",
    "PAPER_ACCOUNT",
    "Dealing",
    "account_uid",
    "data_of",
    "dealing",
    "equity_of",
    "holder_of",
    "leased",
    "paper_books",
    "wall_ms",
]

Answer = TypeVar("Answer")
LEASE_MS = 15_000
_HEADROOM = Decimal("1.05")
"""Paper coins beyond what a plan wants: for fees, and a price that moved."""


def account_uid(venue: str, account_id: str) -> str:
    """Return what an account is called here: its venue and the venue's own name of the user, not the key's."""
    return f"{venue}:{account_id}"


PAPER_ACCOUNT = account_uid("paper", "paper")


def wall_ms() -> int:
    """Return milliseconds of UTC by this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Dealing:
    """One account, held: its journal, a clock, the lease, the way to its doors, and the venue itself where it is paper."""

    account: str
    holder: str
    lease: Lease
    journal: Store
    clock: Clock
    visit: Callable[[Callable[[Doors], Awaitable[Any]]], Awaitable[Any]]
    paper: PaperVenue | None = None

    def ask(self, work: Callable[[Doors], Awaitable[Answer]]) -> Answer:
        """Return what `work` does with the account's doors, which are closed behind it."""

        async def run() -> Answer:
            answer: Answer = await self.visit(work)
            return answer

        return asyncio.run(run())

    def provide(self, capital: Mapping[str, str]) -> dict[str, Decimal]:
        """Put paper coins into a paper account where it has less than a plan wants, and return what was put."""
        venue = self.paper
        if venue is None:
            return {}
        there = equity_of(venue)
        put: dict[str, Decimal] = {}
        for coin, wanted in capital.items():
            has, least = there.get(coin, Decimal(0)), Decimal(wanted)
            if has < least:
                put[coin] = least * _HEADROOM - has
                venue.credit(coin, put[coin])
        return put

    def take_back(self, put: Mapping[str, Decimal]) -> None:
        """Take out what `provide` put, where nothing was traded with it."""
        for coin, amount in put.items():
            if self.paper is not None:
                self.paper.credit(coin, -amount)


def equity_of(venue: PaperVenue) -> dict[str, Decimal]:
    """Return what a paper account has of each coin to keep contracts open with: its coins, and what those have gained or lost."""
    from hedgerow.exchange.venue import balances_of

    venue.catch_up()
    found = balances_of(venue.state, venue.state.account(venue.name))
    return {b.coin: b.total + (b.unrealised or Decimal(0)) for b in found if b.kind == "derivatives"}


@contextmanager
def dealing(
    place: Place,
    market: Market,
    contracts: Sequence[Instrument],
    settings: Settings,
    *,
    doubting: bool = False,
) -> Iterator[Dealing]:
    """Hold the paper account of a state folder, at the prices of `market`, for `contracts` and whatever it holds.

    Where it is `doubting`, prices of what it holds that no market makes are kept back until somebody believes them.
    The venue's clock begins at the market's end, where the account stood or after the journal's last record, whichever is latest, and
    runs as the wall's.
    Raises `LeaseHeld` where another process trades it, `BadInput` where it lives on other prices, and what opening a
    journal raises.
    """
    from hedgerow.hedge.slips import volatility_of
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.runs.reconcile import Doors
    from hedgerow.store.journal import open_journal
    from hedgerow.venues.clocks import WallClock
    from hedgerow.venues.paper import PaperVenue
    from hedgerow.venues.paper_doubts import Doubts
    from hedgerow.venues.paper_feed import MarketFeed

    holder = holder_of()
    with open_journal(place.journal) as journal, leased(journal, holder) as lease:
        _one_market(place, market, settings)
        books = paper_books(place.venue)
        ledger = ledger_of(journal.read(PAPER_ACCOUNT))
        known = {each.name: each for each in ledger.instruments.values()}
        held = [each for name, each in known.items() if ledger.quantity(name)]
        known |= {each.name: each for each in contracts}
        with suppress(
            HedgerowError
        ):  # options without a chain have no book: all else is traded, and closed, without
            market = with_chains(settings, market, (*held, *contracts))
        begins = max(
            int(market.as_of.astype("datetime64[ms]").astype(np.int64)),
            books.state.at + 1 if books else 0,
            _newest(journal) + 1,  # what was written down is past: a proposal of the future would be stale
        )
        clock = WallClock(begins - wall_ms())
        venue = PaperVenue(
            clock,
            MarketFeed(market, tuple(known.values())),
            books=books,
            keep=lambda told: _keep(journal, lease, place.venue, told),
            doubts=Doubts(lambda one: volatility_of(market, one.underlying)) if doubting else None,
        )
        fresh = tuple(each for name, each in known.items() if name not in venue.state.listings)
        for event in MarketFeed(market, fresh).opening(clock.now()):
            venue.happen(event)
        doors = Doors(venue.data, venue.trading, venue.account)
        yield Dealing(PAPER_ACCOUNT, holder, lease, journal, clock, lambda work: work(doors), venue)


def _newest(journal: Journal) -> int:
    """The latest instant of a last record in any stream, 0 where nothing was written."""
    return max((last[1] for stream in journal.streams() if (last := journal.last(stream))), default=0)


def data_of(place: Place, settings: Settings) -> Settings:
    """Return the settings with the prices that the paper account lives on, where it has any."""
    told = _json(place.market) or {}
    if not told.get("data"):
        return settings
    from hedgerow.config import settings_from

    return replace(settings, data=settings_from({"data": told["data"]}, place.market.name).data)


def _one_market(place: Place, market: Market, settings: Settings) -> None:
    """Note whose prices the account lives on; a jump to another market's would liquidate it, and mean nothing."""
    from hedgerow.files.runs import exact
    from hedgerow.store.documents import put

    now = f"{market.source}, seed {settings.data.seed}" if market.simulated else market.source
    before = (_json(place.market) or {}).get("of", now)
    if before != now:
        raise BadInput(
            f"the paper account lives on the prices of {before}, and this is of {now}",
            file=str(place.market),
            advice="Give this one an account of its own: plan and trade with --state DIR.",
        )
    told = {"of": now, "data": exact(absolute(settings).data)}
    put(place.market, json.dumps(told))


def holder_of() -> str:
    """Return a name for this process that no other has or will have."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def leased(journal: Store, holder: str, account: str = PAPER_ACCOUNT) -> Iterator[Lease]:
    """Hold an account's lease, and give it back however this ends. Raises `LeaseHeld`."""
    lease = journal.acquire(account, holder, LEASE_MS)
    if lease is None:
        raise LeaseHeld(
            f"another process trades {account}",
            advice="`hedgerow status` names it. If it was killed, its lease ends within 15 seconds.",
        )
    try:
        yield lease
    finally:
        journal.release(lease)


def paper_books(sheet: Sheet) -> PaperBooks | None:
    """Return what a paper account remembers, None where there is none. Raises `BadInput`."""
    from hedgerow.venues.paper_state import books_from

    told = _json(sheet)
    return None if told is None else books_from(told)


def _json(sheet: Sheet) -> dict[str, Any] | None:
    """What a document says, None where there is none."""
    from hedgerow.store.documents import text_of

    try:
        text = text_of(sheet)
        if text is None:
            return None
        told: Any = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise BadInput("this is no paper account", file=str(sheet), advice="Move it away to begin a new one.")
    return told


def _keep(journal: Journal, lease: Lease, sheet: Sheet, books: PaperBooks) -> None:
    """Write the account down, while nobody can take it over; raises `LeaseLost` where somebody has: theirs is newer."""
    with journal.guarding(lease):
        _write(sheet, books)


def _write(sheet: Sheet, books: PaperBooks) -> None:
    from hedgerow.store.documents import put
    from hedgerow.venues.paper_state import plain_of

    try:
        put(sheet, json.dumps(plain_of(books)))
    except JournalFailed as why:  # the venue goes no further than what it has on the disk
        raise JournalFailed(
            f"the paper account cannot be kept: {why.message}",
            advice="Make room or let this user write there, and start again: it begins with reconciling.",
        ) from None
