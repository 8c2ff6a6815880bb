"""A world to watch: a market of four coins with a script, the paper venue in virtual time, and doors that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.hedge.slips import volatility_of
from hedgerow.hedge.watch import Bounds, WatchRules
from hedgerow.model.errors import VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import FundingPrints, Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.model.watched import Look, WatchLine
from hedgerow.runs.diary import LOOK, View, diary_of
from hedgerow.runs.monitor import Around, Monitor, Watched
from hedgerow.runs.panel import cut
from hedgerow.runs.reconcile import Doors
from hedgerow.runs.wire import value_of
from hedgerow.store.memory import MemoryStore
from hedgerow.testing import market_of
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.clocks import VirtualClock
from hedgerow.venues.paper import PaperVenue
from hedgerow.venues.paper_doubts import Doubts
from hedgerow.venues.paper_feed import MarketFeed

__all__ = ["ACCOUNT", "DAY", "HOUR", "Script", "World", "market"]

HOUR, DAY = 3_600_000, 86_400_000
ACCOUNT = "paper:paper"
_BARS = 6
_BETAS = {"BTC": 1.0, "ETH": 1.2, "SOL": 1.6}
_LAST = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}


@dataclass(frozen=True, slots=True)
class Script:
    """What happens besides noise: factor returns added at a bar of the watched month, funding rates, USDT's price."""

    shocks: Mapping[int, float] = field(default_factory=dict)
    funding: Callable[[int], float] = lambda _: 0.0001
    usdt: Mapping[int, float] = field(default_factory=dict)


def market(script: Script, days: int = 360, month: int = 30, seed: int = 3) -> Market:
    """Return 4-hour bars: noise around true betas, and in the last `month` days the script."""
    rng = np.random.default_rng(seed)
    count, first = days * _BARS, (days - month) * _BARS
    factor = rng.normal(0.0, 0.008, count)
    for bar, shock in script.shocks.items():
        factor[first + bar] += shock
    closes = {}
    for coin, beta in _BETAS.items():
        own = rng.normal(0.0, 0.0 if coin == "BTC" else 0.004, count)
        path = np.cumprod(1.0 + beta * factor + own)
        closes[coin] = path / path[first] * _LAST[coin]
    usdt = np.ones(count)
    for bar, price in script.usdt.items():
        usdt[first + bar] = price
    made = market_of({**closes, "USDT": usdt}, hours=24 / _BARS, quote="USD")
    stamps = made.times[first:][1::2]
    rates = np.array([script.funding(i) for i in range(len(stamps))])
    prints = {coin: FundingPrints("paper", stamps, rates) for coin in ("BTC", "ETH")}
    return replace(made, funding=prints)


@dataclass(slots=True)
class World:
    """The venue, the book and as many lives of the watch as a test wants; `lines` are what they said."""

    whole: Market
    month: int = 30
    instruments: str = "BTCUSDT"
    mode: str = "auto"
    bounds: Bounds = field(default_factory=lambda: Bounds(cool_down_s=0.0))
    rebalance: str = "band"
    target_beta: tuple[float, ...] | None = None
    collateral: str | None = None
    book: dict[str, str] = field(default_factory=lambda: {"ETH": "40", "SOL": "500", "USDT": "50000"})
    approvals: dict[str, str] = field(default_factory=dict)
    lines: list[WatchLine] = field(default_factory=list)
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    error: type[VenueUnreachable] = VenueUnreachable
    top_up: bool = True
    lends: bool = True
    doubting: bool = True
    lease_ms: int = 30 * DAY
    pulse_ms: int = 0
    put: list[Decimal] = field(default_factory=list)
    clock: VirtualClock = field(init=False)
    venue: PaperVenue = field(init=False)
    store: MemoryStore = field(init=False)
    contracts: tuple[Instrument, ...] = field(init=False)
    closes: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.closes = self.whole.times.astype("datetime64[ms]").astype(np.int64).tolist()
        begins = self.closes[-self.month * _BARS - 1]
        self.clock = VirtualClock(begins)
        found: dict[str, Instrument] = {}
        for at in (begins, self.closes[-1]):
            view = self._cut(at) if at < self.closes[-1] else self.whole
            found |= {c.name: c for c in catalogue(view)}
        self.contracts = tuple(found.values())
        doubts = Doubts(lambda one: volatility_of(self.whole, one.underlying)) if self.doubting else None
        self.venue = PaperVenue(self.clock, MarketFeed(self.whole, self.contracts), doubts=doubts)
        self.store = MemoryStore(self.clock.monotonic)

    def _cut(self, at: int) -> Market:
        return cut(self.whole, int(np.searchsorted(self.closes, at, side="right")) - 1)

    def look(self, at: int) -> View:
        """Be the eyes."""
        rows = tuple(Position(coin, Decimal(units)) for coin, units in self.book.items())
        view = self._cut(at)
        listed = tuple(c for c in self.contracts if c.expiry is None or c.expiry.timestamp() * 1000 > at)
        return View(Portfolio(rows), repr(sorted(self.book.items())), view, view, listed)

    def notify(self, level: str, title: str, text: str) -> None:
        """Be the notifier."""
        self.alarms.append((level, title, text))

    def meant(self) -> None:
        """Say yes to what the last look asks about."""
        self.approvals |= {ask.name: "Ann" for ask in self.looks[-1].asks}

    def provide(self, wanted: Mapping[str, float]) -> dict[str, Decimal]:
        """Put paper coins in where there are less."""
        put: dict[str, Decimal] = {}
        for coin, dollars in wanted.items() if self.top_up else ():
            there = self.venue.state.account("paper").wallet(coin)
            if there < Decimal(f"{dollars:.2f}"):
                put[coin] = Decimal(f"{dollars * 1.05:.2f}") - there
                self.put.append(put[coin])
                self.venue.credit(coin, put[coin])
        return put

    @property
    def doors(self) -> Doors:
        """The venue's doors, which fail where `down` names a call, and say what `answers` makes of their answer."""
        venue = self.venue
        return Doors(*(_Failing(door, self) for door in (venue.data, venue.trading, venue.account)))

    @property
    def policy(self) -> Policy:
        """What is wanted: by default no beta left, by the contracts of the test."""
        return Policy(
            instruments=tuple(self.instruments.split(",")),
            rebalance=self.rebalance,
            target_beta=self.target_beta,
            collateral=self.collateral,
        )

    def monitor(self, holder: str = "one") -> Monitor:
        """Return a life of the watch."""
        rules = WatchRules(self.mode, 4 * 3600.0, self.bounds)  # type: ignore[arg-type]
        watched = Watched("book", ACCOUNT, holder, self.policy, rules, self.lease_ms, pulse_ms=self.pulse_ms)
        provide = self.provide if self.lends else None
        around = Around(self, lambda p: self.approvals.get(p, ""), provide, self.lines.append)
        around = replace(around, kept_back=self.venue.kept_back, believe=self.venue.believe)
        return Monitor(watched, self.doors, self.store, self.clock, self, around)

    def watch(self, bars: int, monitor: Monitor | None = None) -> list[Look]:
        """Look once a bar for so many bars, and return the looks."""
        watching = monitor or self.monitor()
        begun = len(self.looks)
        asyncio.run(watching.run(self.clock.now() + bars * 4 * HOUR))
        return self.looks[begun:]

    def watch_often(self, looks: int) -> list[Look]:
        """Look once a minute in a new life each time, and return the looks."""
        found: list[Look] = []
        for _ in range(looks):
            watching = self.monitor()
            found.append(asyncio.run(watching.tick()))
            watching.close()
            self.clock.advance(60_000)
        return found

    @property
    def looks(self) -> list[Look]:
        """Every look in the diary."""
        records = self.store.read(diary_of(ACCOUNT, "book"))
        return [value_of(record.body) for record in records if record.kind == LOOK]

    def mark(self, contract: str = "paper:BTCUSDT") -> Decimal:
        """The venue's mark of a contract."""
        mark = self.venue.state.listings[contract].mark
        assert mark is not None
        return mark

    def held(self) -> Decimal:
        """Units that the venue holds, of all contracts."""
        account = self.venue.state.account("paper")
        return sum((leg.quantity for leg in account.legs.values()), Decimal(0))


class _Failing:
    """A door that does not answer what is down, and answers some calls otherwise."""

    def __init__(self, door: Any, world: World) -> None:
        self._door, self._world = door, world

    def __getattr__(self, name: str) -> Any:
        if name in self._world.down:
            return self._fail
        if name in self._world.answers:
            return lambda *asked: self._otherwise(name, *asked)
        return getattr(self._door, name)

    async def _fail(self, *_: Any, **__: Any) -> Any:
        raise self._world.error

    async def _otherwise(self, name: str, *asked: Any) -> Any:
        return self._world.answers[name](await getattr(self._door, name)(*asked))
