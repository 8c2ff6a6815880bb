"""What anybody may ask a ccxt venue: the port `MarketData`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, VenueRefused
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.orders import units_of
from hedgerow.model.ports import Candle, CandleOf, Depth, FundingPrint, Ticker
from hedgerow.venues.door import Door
from hedgerow.venues.fields import TickerFields
from hedgerow.venues.funding import forecast_of, prints_of, with_intervals
from hedgerow.venues.ladders import ladder_of
from hedgerow.venues.listing import Listing
from hedgerow.venues.paging import Span, all_rows
from hedgerow.venues.raw import Row, instant, number, rows_of

__all__ = ["CcxtMarketData"]

_MINUTE_MS = 60_000
_TIMEFRAMES = {1: "1m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 240: "4h", 1440: "1d"}


@dataclass(frozen=True, slots=True)
class CcxtMarketData:
    """Market data of a venue through ccxt."""

    door: Door

    async def instruments(self) -> tuple[Instrument, ...]:
        """Return every linear and inverse contract that is open for trading, as the venue lists them now."""
        return tuple(one.instrument for one in (await self.door.listings(anew=True)).all)

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Return prices now."""
        return tuple([await self._ticker(await self.door.listing(one)) for one in instruments])

    async def _ticker(self, listing: Listing) -> Ticker:
        names = listing.product.ticker
        found = Ticker(listing.instrument.name, 0, None, None, None, None, None)
        for route in listing.product.tickers:
            params: dict[str, object] = {route.symbol: listing.raw} if route.symbol else {}
            rows = rows_of(await self.door.wire.read(route, params), route.rows)
            for row in self.door.mine(rows, names.symbol, listing)[:1]:
                found = _merged(found, row, names)
        if not any((found.last, found.bid, found.ask, found.mark)):
            raise StateUnknown(f"the venue names no price of {listing.instrument.name}")
        return replace(found, at=found.at or self.door.now())

    async def depth(self, instrument: Instrument, levels: int) -> Depth:
        """Return the order book, in units."""
        listing = await self.door.listing(instrument)
        book = await self.door.wire.ask(lambda: self.door.exchange.fetch_order_book(listing.symbol, levels))
        return Depth(
            instrument=listing.instrument.name,
            at=instant(book, "timestamp") or self.door.now(),
            bids=_side(book.get("bids"), listing.instrument, levels),
            asks=_side(book.get("asks"), listing.instrument, levels),
        )

    async def candles(
        self, instrument: Instrument, minutes: int, since: int, until: int, of: CandleOf = "last"
    ) -> tuple[Candle, ...]:
        """Return finished bars with since ≤ at < until, oldest first, all of them that the venue has."""
        listing = await self.door.listing(instrument)
        product, timeframe = listing.product, _TIMEFRAMES.get(minutes)
        if timeframe is None or of not in product.candles_of:
            raise VenueRefused(
                f"{self.door.venue.name} has no bars of {minutes} minutes of {of} prices",
                advice=f"There are {sorted(product.candles_of)} in minutes of {sorted(_TIMEFRAMES)}.",
            )
        step = minutes * _MINUTE_MS
        finished = min(until, self.door.now() - step + 1)
        params = {**product.candles_params, **({} if of == "last" else {"price": of})}
        found: dict[int, Candle] = {}
        for start in range(since, finished, step * product.candles_page):
            end = min(start + step * product.candles_page, finished)
            for bar in await self._bars(listing, timeframe, (start, end), params):
                candle = _candle(bar, listing.instrument)
                if since <= candle.at < finished:
                    found[candle.at] = candle
        return tuple(found[at] for at in sorted(found))

    async def _bars(
        self, listing: Listing, timeframe: str, window: tuple[int, int], params: Mapping[str, object]
    ) -> list[list[object]]:
        limit, exchange = listing.product.candles_page, self.door.exchange
        start, end = window
        bars: list[list[object]] = await self.door.wire.ask(
            lambda: exchange.fetch_ohlcv(
                listing.symbol, timeframe, start, limit, {"until": end - 1, **params}
            )
        )
        return bars

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return realised rates with since ≤ at < until, oldest first, all of them; raises `StateUnknown` for a hole."""
        listing = await self.door.listing(instrument)
        product = listing.product
        if product.funding is None:
            raise VenueRefused(
                f"{self.door.venue.name} keeps no funding history of {listing.instrument.name}"
            )
        params: dict[str, object] = {product.funding.symbol: listing.raw} if product.funding.symbol else {}
        names = product.funding_fields
        start = since if since > 0 else self.door.now() - product.history_ms
        span = Span(params, names.at, start, min(until, self.door.now()))
        rows = await all_rows(self.door.wire, product.funding, span)
        prints = prints_of(self.door.mine(rows, names.symbol, listing), names, listing.instrument)
        kept = tuple(one for one in prints if since <= one.at < until)
        return with_intervals(kept, product.longest_interval_hours)

    async def funding_now(self, instrument: Instrument) -> FundingPrint:
        """Return the forecast for the next settlement."""
        listing = await self.door.listing(instrument)
        product = listing.product
        if product.funding_now is None:
            raise VenueRefused(f"{self.door.venue.name} forecasts no funding of {listing.instrument.name}")
        params: dict[str, object] = (
            {product.funding_now.symbol: listing.raw} if product.funding_now.symbol else {}
        )
        rows = rows_of(await self.door.wire.read(product.funding_now, params), product.funding_now.rows)
        mine = self.door.mine(rows, product.forecast.symbol, listing)
        if not mine:
            raise StateUnknown(f"the venue says nothing of {listing.instrument.name}'s funding")
        return forecast_of(mine[0], product.forecast, listing.instrument)

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        """Return the maintenance tiers."""
        listing = await self.door.listing(instrument)
        product = listing.product
        if product.tiers is None:
            raise VenueRefused(
                f"{self.door.venue.name} does not publish maintenance tiers",
                advice="Give the contract's tiers yourself, or leave the venue out where survival is computed.",
            )
        params: dict[str, object] = {product.tiers.symbol: listing.raw} if product.tiers.symbol else {}
        rows = await all_rows(self.door.wire, product.tiers, Span(params))
        mine = self.door.mine(rows, product.tier.symbol, listing)
        price = (await self._ticker(listing)).mark if product.tier.steps else None
        return ladder_of(mine, product.tier, listing.instrument, price)

    async def server_time(self) -> int:
        """Return the venue's clock."""
        route = self.door.venue.server_time
        if route is None:
            raise VenueRefused(f"{self.door.venue.name} does not tell its time")
        at = instant(await self.door.wire.read(route, {}), self.door.venue.time_field)
        if at is None:
            raise StateUnknown(f"{self.door.venue.name}'s clock cannot be read")
        return at


def _merged(found: Ticker, row: Row, names: TickerFields) -> Ticker:
    """`found` with what this row adds; a price of zero is none."""

    def price(there: Decimal | None, field: str) -> Decimal | None:
        return there if there is not None or not field else (number(row, field) or None)

    return Ticker(
        instrument=found.instrument,
        at=max(found.at, (instant(row, names.at) if names.at else None) or 0),
        last=price(found.last, names.last),
        bid=price(found.bid, names.bid),
        ask=price(found.ask, names.ask),
        mark=price(found.mark, names.mark),
        index=price(found.index, names.index),
    )


def _side(levels: object, instrument: Instrument, most: int) -> tuple[tuple[Decimal, Decimal], ...]:
    if not isinstance(levels, list):
        raise StateUnknown(f"the order book of {instrument.name} cannot be read")
    return tuple(
        (Decimal(str(price)), units_of(instrument, Decimal(str(size)))) for price, size, *_ in levels[:most]
    )


def _candle(bar: Sequence[object], instrument: Instrument) -> Candle:
    at, opened, high, low, close, volume, *_ = bar
    traded = None if volume is None else units_of(instrument, Decimal(str(volume)))
    return Candle(
        at=int(str(at)),
        open=Decimal(str(opened)),
        high=Decimal(str(high)),
        low=Decimal(str(low)),
        close=Decimal(str(close)),
        volume=traded,
    )
