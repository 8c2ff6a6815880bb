"""What a venue's market is now, for as many books as look at it: its history, its contracts, and fresh prices.

async with feed_of(settings, "bybit") as feed:
    contracts = await feed.contracts()
    prices = await feed.prices(coins)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hedgerow.app.books import AccountBook, Fees
from hedgerow.app.chains_now import ChainsNow
from hedgerow.app.contracts import dollars_of, listed_at, pulled_tiers, recent, tells_price
from hedgerow.app.dealing import wall_ms
from hedgerow.app.desk import market_of
from hedgerow.app.venues import market_door
from hedgerow.config import VENUE_BOOK, Settings
from hedgerow.model.errors import StateUnknown, UnknownSymbol, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.venues.clocks import WallClock
from hedgerow.venues.shared import SharedMarket

if TYPE_CHECKING:
    from hedgerow.venues.doors import CcxtVenue

__all__ = ["Feed", "feed_of", "history_of"]

_LISTED_MS = 300_000
_SHARED_MS = 2_000
_FILES = ("prices", "funding", "books", "open_interest", "sectors", "chain")


@dataclass(slots=True)
class Feed:
    """One venue's market, `market` to ask it anything else, and `chains` of options. What one book asked for, another has too: prices, and whether files changed, for two seconds, the list of contracts for five minutes.

    A price older than `stale_ms` by the venue's own stamp is none.
    """

    settings: Settings
    venue: str
    door: CcxtVenue
    stale_ms: int
    market: SharedMarket = field(init=False)
    chains: ChainsNow = field(init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stamp: object = None
    _stamped_at: int = 0
    _history: tuple[Market, Market] | None = None
    _listed: tuple[Instrument, ...] = ()
    _listed_at: int = 0
    _charged: dict[Fees | None, tuple[Instrument, ...]] = field(default_factory=dict)
    _told: dict[str, tuple[int, float | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.market = SharedMarket(self.door.data, WallClock())
        self.chains = ChainsNow(self.settings)

    @property
    def own(self) -> dict[str, float]:
        """Prices that the user gave: nobody knows better."""
        return {coin.upper(): price for coin, price in self.settings.data.given.items()}

    @property
    def known(self) -> tuple[Market, Market] | None:
        """The history that was read last, None before the first."""
        return self._history

    async def history(self) -> tuple[Market, Market]:
        """Return the book's market and the contracts' as the files have them, read again where these have changed.

        Raises what reading them raises, and `BadPrices` where they end long ago.
        """
        async with self._lock:
            now = wall_ms()
            if self._history is None or not 0 <= now - self._stamped_at <= _SHARED_MS:
                stamp = await asyncio.to_thread(stamp_of, self.settings)
                if self._history is None or stamp != self._stamp:
                    self._history = await asyncio.to_thread(history_of, self.settings)
                    self._stamp, self._listed_at = stamp, 0
                self._stamped_at = now
            recent(self._history[0], self.venue)
            return self._history

    async def contracts(self) -> tuple[Instrument, ...]:
        """Return the contracts that the venue lists now. Errors as `history`, and what asking the venue raises."""
        _, hedge = await self.history()
        async with self._lock:
            if wall_ms() - self._listed_at > _LISTED_MS:
                ladders = await asyncio.to_thread(pulled_tiers, self.settings, self.venue)
                self._listed = await listed_at(self.door, hedge, ladders)
                self._listed_at, self._charged = wall_ms(), {}
            return self._listed

    def charged(self, fees: Fees | None) -> tuple[Instrument, ...]:
        """Return the contracts that were listed last at an account's own (taker, maker) fees; None: at the venue's."""
        if fees not in self._charged:
            self._charged[fees] = AccountBook(Portfolio(()), fees).charged(self._listed)
        return self._charged[fees]

    async def prices(self, coins: Iterable[str]) -> dict[str, float]:
        """Return what coins cost now, in dollars; a coin without a fresh price of the venue is left out.

        Raises `VenueUnreachable` where the venue answers for none of them.
        """
        market, _ = await self.history()
        wanted = set(coins)
        asked = {one.underlying: one for one in reversed(await self.contracts()) if tells_price(one, wanted)}
        async with self._lock:
            now = wall_ms()
            old = {
                coin: one
                for coin, one in asked.items()
                if now - self._told.get(coin, (0, None))[0] > _SHARED_MS
            }
            found = await asyncio.gather(*(self._price(one, market) for one in old.values()))
            answers = dict(zip(old, found, strict=True))
            self._told |= {coin: (now, price) for coin, (price, _) in answers.items()}
            if answers and all(failed is not None for _, failed in answers.values()):
                raise next(failed for _, failed in answers.values() if failed is not None)
            return {coin: price for coin in asked if (price := self._told[coin][1]) is not None}

    async def _price(self, one: Instrument, market: Market) -> tuple[float | None, VenueUnreachable | None]:
        try:
            (ticker,) = await self.market.tickers((one,))
        except VenueUnreachable as why:
            return None, why
        except (StateUnknown, VenueRefused, UnknownSymbol):
            return None, None
        fresh = wall_ms() - ticker.at <= self.stale_ms
        return (dollars_of(ticker, one, market) if fresh else None), None


@asynccontextmanager
async def feed_of(settings: Settings, venue: str) -> AsyncIterator[Feed]:
    """Yield the feed of a venue's market, whose door is closed behind it."""
    door = market_door(settings, venue)
    try:
        yield Feed(settings, venue, door, round(settings.watch.stale_s[0] * 1000))
    finally:
        await door.close()


def history_of(settings: Settings) -> tuple[Market, Market]:
    """Return the book's market and the contracts' as files have them, which do not change. Raises what reading them raises."""
    from hedgerow.model.fixed import fixed
    from hedgerow.runs.past import with_dollars

    data, factor = settings.data, settings.hedge.factor
    market, _ = market_of(data, factor, data.source)
    market = with_dollars(replace(market, prices=fixed(market.prices), times=fixed(market.times)))
    if data.hedge_source is None:
        return market, market
    hedge, _ = market_of(data, factor, data.hedge_source)
    return market, with_dollars(hedge)


def stamp_of(settings: Settings) -> object:
    """What tells that a file of prices was written since: where each is, when it was changed, how big it is."""
    from hedgerow.app.lake import lake_root
    from hedgerow.app.standing import mark
    from hedgerow.store.bucket import is_remote, mark_of

    data = settings.data
    named = [str(path) for name in _FILES if (path := getattr(data, name)) is not None]
    roots = [Path(path) for path in named if not path.startswith(VENUE_BOOK)]  # what a venue tells is no file
    if data.market is not None:
        venue = data.market.strip().partition(":")[0]
        roots += sorted(lake_root(data.lake).glob(f"kind=*/venue={venue}"))
    files = [file for root in roots for file in (root.rglob("*") if root.is_dir() else (root,))]
    return sorted((str(file), repr(mark_of(file) if is_remote(file) else mark(file))) for file in files)
