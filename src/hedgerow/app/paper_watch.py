"""How a watch on paper is put together, of a book or of a pair: on the paper account by the wall's clock, or rehearsed.

watching(settings, watched, (at, place), around, once=False)     the watch as work at the account's doors
stage = staged(market, contracts, begins)                        an account of its own that is forgotten
rehearsed(settings, watched, stage, ends, say) -> looks
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from hedgerow.app.approved import enough_of
from hedgerow.app.dealing import PAPER_ACCOUNT, Dealing
from hedgerow.app.plans import Place, freshness_of
from hedgerow.config import Settings
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.watch import WatchRules
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.ports import Level
from hedgerow.model.watched import Look, WatchLine

if TYPE_CHECKING:
    from hedgerow.hedge.alarms import Finding
    from hedgerow.model.briefs import Brief
    from hedgerow.runs.alarming import Looked
    from hedgerow.runs.diary import Eyes
    from hedgerow.runs.monitor import Around
    from hedgerow.runs.reconcile import Doors
    from hedgerow.store.memory import MemoryStore
    from hedgerow.venues.clocks import VirtualClock
    from hedgerow.venues.paper import PaperVenue

__all__ = [
    "Calls",
    "PaperWatch",
    "Rehearsed",
    "Stage",
    "closes_of",
    "rehearsed",
    "span_of",
    "staged",
    "watching",
]

_HEADROOM = Decimal("1.05")
_DAY_MS = 86_400_000
Say = Callable[[WatchLine], None]


@dataclass(frozen=True, slots=True)
class PaperWatch:
    """What is watched: a book or a pair by `name`, its policy, the market that the paper venue has its prices of.

    `eyes` are made from whom to tell of every instant that is looked at.
    """

    name: str
    policy: Policy
    market: Market
    eyes: Callable[[Callable[[int], object]], Eyes]


@dataclass(slots=True)
class Calls:
    """A notifier for a terminal: the lines say it already, and the diary keeps it."""

    told: list[tuple[Level, str, str]] = field(default_factory=list)

    def notify(self, level: Level, title: str, text: str) -> None:
        """Remember a message."""
        self.told.append((level, title, text))


def watching(
    settings: Settings,
    watched: PaperWatch,
    held: tuple[Dealing, Place],
    told_to: Around,
    *,
    once: bool,
    over: Callable[[], bool] = lambda: False,
) -> Callable[[Doors], Awaitable[Look | None]]:
    """Return the watch as work at an account's doors: one look, or until it is `over` after one, with None."""
    from hedgerow.exchange.venue import Passed
    from hedgerow.runs.monitor import Monitor, Watched

    (at, place), paper = held, held[0].paper

    def passed(now: int) -> None:
        if paper is not None:
            paper.happen(Passed(now))  # written down: the next life's clock begins no earlier

    async def work(doors: Doors) -> Look | None:
        provide = None if paper is None else _provider(paper, watched.market)
        around = replace(told_to, approved=enough_of(settings, place), provide=provide)
        if paper is not None:
            around = replace(around, kept_back=paper.kept_back, believe=paper.believe)
        asked = Watched(watched.name, at.account, at.lease, watched.policy, rules_of(settings))
        monitor = Monitor(asked, doors, at.journal, at.clock, watched.eyes(passed), around)
        if once:
            return await monitor.tick()
        try:
            while not over():
                await monitor.turn()
        finally:
            monitor.close()
        return None

    return work


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Every look of a rehearsal, what they came to (None: nothing was looked at), and the coins whose funding is no print of the past."""

    looks: tuple[Look, ...]
    came_to: Brief | None
    modelled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A paper venue in virtual time, and what is remembered of it until it is over."""

    market: Market
    clock: VirtualClock
    venue: PaperVenue
    store: MemoryStore

    @property
    def doors(self) -> Doors:
        """The venue's doors."""
        from hedgerow.runs.reconcile import Doors

        return Doors(self.venue.data, self.venue.trading, self.venue.account)

    @property
    def provide(self) -> Callable[[Mapping[str, float]], Mapping[str, Decimal]]:
        """Puts paper coins where margin is missing."""
        return _provider(self.venue, self.market)


def staged(market: Market, contracts: tuple[Instrument, ...], begins: int) -> Stage:
    """Return a paper venue of `contracts` on the prices of `market`, in virtual time from `begins` on."""
    from hedgerow.hedge.slips import volatility_of
    from hedgerow.store.memory import MemoryStore
    from hedgerow.venues.clocks import VirtualClock
    from hedgerow.venues.paper import PaperVenue
    from hedgerow.venues.paper_doubts import Doubts
    from hedgerow.venues.paper_feed import MarketFeed

    clock = VirtualClock(begins)
    doubts = Doubts(lambda one: volatility_of(market, one.underlying))
    venue = PaperVenue(clock, MarketFeed(market, contracts), doubts=doubts)
    return Stage(market, clock, venue, MemoryStore(clock.monotonic))


def rehearsed(
    settings: Settings,
    watched: PaperWatch,
    stage: Stage,
    ends: int,
    say: Say,
    more: Callable[[Looked], tuple[Finding, ...]] = lambda _: (),
) -> Rehearsed:
    """Watch to the instant `ends` and return every look, one at every bar, or every `every_s` where that is longer; and the sum of it.

    `more` looks besides, and says what it found.
    """
    from hedgerow.runs.brief import brief_of
    from hedgerow.runs.diary import LOOK, diary_of
    from hedgerow.runs.ledger import ledger_of
    from hedgerow.runs.monitor import Around, Monitor, Watched
    from hedgerow.runs.wire import value_of

    every_s = max(settings.watch.every_s, min(watched.market.bar_hours * 3600.0, 86_400.0))
    rules = rules_of(replace(settings, watch=replace(settings.watch, every_s=every_s)))
    asked = Watched(watched.name, PAPER_ACCOUNT, "rehearsal", watched.policy, rules, 30 * _DAY_MS, pulse_ms=0)
    around = Around(Calls(), lambda _: "", stage.provide, say, more=more)
    around = replace(around, kept_back=stage.venue.kept_back, believe=stage.venue.believe)
    monitor = Monitor(asked, stage.doors, stage.store, stage.clock, watched.eyes(lambda _: None), around)
    asyncio.run(monitor.run(ends + 1))
    records = tuple(stage.store.read(diary_of(PAPER_ACCOUNT, watched.name)))
    account = tuple(stage.store.read(PAPER_ACCOUNT))
    looks = tuple(value_of(record.body) for record in records if record.kind == LOOK)
    whole = brief_of((PAPER_ACCOUNT, watched.name), records, account, watched.policy.factors, whole=True)
    coins = {each.underlying for each in ledger_of(account).instruments.values() if each.is_perpetual}
    return Rehearsed(looks, whole, tuple(sorted(coins - stage.market.funding.keys())))


def rules_of(settings: Settings) -> WatchRules:
    """Return the rules of the watch, with how long plans are good for."""
    return replace(settings.watch.rules, freshness=freshness_of(settings))


def closes_of(market: Market) -> list[int]:
    """Return the closes of the market's bars, in milliseconds."""
    found: list[int] = market.times.astype("datetime64[ms]").astype(np.int64).tolist()
    return found


def span_of(market: Market, since: str) -> tuple[int, int]:
    """Return from when to when is rehearsed, in milliseconds. Raises `UsageError` for an instant outside the prices."""
    from hedgerow.files.instants import parse_as_of

    closes = closes_of(market)
    begins = int(parse_as_of(since).astype("datetime64[ms]").astype(np.int64))
    if not closes or not closes[0] <= begins < closes[-1]:
        raise UsageError(
            f"the prices go from {str(market.times[0])[:16]} to {str(market.times[-1])[:16]}",
            advice="Rehearse from an instant between, with a year before it for the betas.",
        )
    return begins, closes[-1]


def _provider(venue: PaperVenue, market: Market) -> Callable[[Mapping[str, float]], Mapping[str, Decimal]]:
    """Put paper coins where a decision wants more margin than there is: what open contracts have lost is none any more."""
    from hedgerow.app.dealing import equity_of
    from hedgerow.hedge.valuation import price_of

    def provide(wanted: Mapping[str, float]) -> Mapping[str, Decimal]:
        there = equity_of(venue)
        put: dict[str, Decimal] = {}
        for coin, dollars in wanted.items():
            price = price_of(market, coin)
            least = Decimal(f"{dollars / price if price > 0.0 else dollars:.8f}")
            if there.get(coin, Decimal(0)) < least:
                put[coin] = least * _HEADROOM - there.get(coin, Decimal(0))
                venue.credit(coin, put[coin])
        return put

    return provide
