"""What the paper venue's outside world does: the prices of a market, and a book made up around them.

A contract trades at its underlying's last bar close, a dated one with the carry until its end that funding was in the 30
days before: as plans and backtests price it, and at its coin's price when it ends. The book's half-spread is the one
`stats.costs` models from the volume, and its depth is that model's square-root law turned round: up to d beyond the best
price stand ADV·(d/σ)² dollars, so that walking it costs what the model says. Unknown volume is taken as a million dollars
a day. Volume and volatility are those of the file's last 90 days.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Container, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

import numpy as np

from hedgerow.exchange.venue import FundingSet, Levels, Listed, Marked, Quoted, VenueEvent, filters_of
from hedgerow.model.amounts import decimal_of, round_to_tick
from hedgerow.model.arrays import TimeArray
from hedgerow.model.errors import BadPrices, UsageError
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import ZERO
from hedgerow.model.market import Market
from hedgerow.model.option_contracts import is_option
from hedgerow.model.orders import lot_units
from hedgerow.model.ports import Candle, FundingPrint
from hedgerow.stats.carry import INTEREST_8H, carry_from_funding
from hedgerow.stats.costs import BASIS_POINTS, modelled_half_spread_bps
from hedgerow.venues.option_feed import OptionFeed

__all__ = ["MarketFeed", "made_up_book"]

_HOUR_MS = 3_600_000
_YEAR_MS = 365 * 24 * _HOUR_MS
_REFRESH_MS = 1_000
_LEAST_VOLUME_USD, _ASSUMED_SIGMA = 1e6, 0.04
_STEPS_BPS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


def made_up_book(
    instrument: Instrument, price: float, volume_usd: float, sigma_daily: float, settle_usd: float = 1.0
) -> tuple[Levels, Levels]:
    """Return (bids, asks) around `price` in the quote coin, sizes in whole lots of units, best first.

    `volume_usd` a day, `sigma_daily` as a fraction; NaN or nothing is taken as a million dollars and 4 %. `settle_usd`
    is what a quanto's settlement coin is worth. Domain §10, TV35b.
    """
    volume = volume_usd if volume_usd > 0 else _LEAST_VOLUME_USD
    sigma = sigma_daily if sigma_daily > 0 else _ASSUMED_SIGMA
    half = modelled_half_spread_bps(volume)
    edges = (0.0, *_STEPS_BPS)
    depths = [volume * (edge / (sigma * BASIS_POINTS)) ** 2 for edge in edges]
    lot_usd = instrument.notional_usd(float(instrument.lot), price, settle_usd)
    bids: dict[Decimal, Decimal] = {}
    asks: dict[Decimal, Decimal] = {}
    for (near, far), (least, most) in zip(pairwise(edges), pairwise(depths), strict=True):
        away = (half + (near + far) / 2.0 if near else half) / BASIS_POINTS
        size = math.floor((most - least) / lot_usd) * lot_units(instrument)
        for side, factor, rounding in ((bids, 1.0 - away, ROUND_FLOOR), (asks, 1.0 + away, ROUND_CEILING)):
            ticks = (decimal_of(price * factor) / instrument.tick).to_integral_value(rounding)
            at = ticks * instrument.tick
            if size and at > 0:
                side[at] = side.get(at, ZERO) + size
    return tuple(bids.items()), tuple(asks.items())


class MarketFeed:
    """The outside world of a paper venue: `market`'s bars as its `instruments`' prices. A pure function of time."""

    def __init__(self, market: Market, instruments: tuple[Instrument, ...]) -> None:
        self.market, self.instruments = market, instruments
        self._closes = _milliseconds(market.times)
        self._printed = {
            i.name: _milliseconds(market.funding[i.underlying].times)
            for i in instruments
            if i.is_perpetual and i.underlying in market.funding
        }
        self._books: dict[str, tuple[float, tuple[Levels, Levels]]] = {}
        self._options = OptionFeed(market.options, market.as_of)

    def opening(self, at: int) -> Iterator[VenueEvent]:
        """Yield what the venue opens with at `at`; contracts without a price by then are left out."""
        for instrument in self.instruments:
            ends = filters_of(instrument).ends_at
            known = (
                self._options.known(instrument)
                if is_option(instrument)
                else self.price(instrument, at) is not None
            )
            if known and (ends is None or ends > at):
                yield Listed(at, instrument)
                yield from self._now(instrument, at)
                yield from self._funding(instrument, at)

    def events(self, after: int, until: int, listed: Container[str]) -> Iterator[VenueEvent]:
        """Yield what happens to `listed` contracts with after < at ≤ until, in order: bars, funding, and the latest book."""
        known = [i for i in self.instruments if i.name in listed]
        told = set(_between(self._closes, after, until))
        latest = until // _REFRESH_MS * _REFRESH_MS
        if latest > after:
            told.add(latest)
        prints = {t for i in known for t in _between(self._printed.get(i.name, []), after, until)}
        for at in sorted(told | prints):
            for instrument in known:
                if at in told:
                    yield from self._now(instrument, at)
                if at in prints:
                    yield from self._funding(instrument, at)

    def _now(self, instrument: Instrument, at: int) -> Iterator[VenueEvent]:
        """What a contract's book and prices are at `at`: an option's by its chain."""
        if is_option(instrument):
            yield from self._options.told(instrument, at, self._close(instrument.underlying, at))
        elif (price := self.price(instrument, at)) is not None:
            yield from self._told(instrument, at, price)

    def price(self, instrument: Instrument, at: int) -> float | None:
        """Return the last close by `at` in the contract's quote coin, a dated one's with its carry; None where there is none."""
        dollars, quote = self._close(instrument.underlying, at), self._close(instrument.quote, at)
        return None if dollars is None else dollars * self._carried(instrument, at) / (quote or 1.0)

    def _carried(self, instrument: Instrument, at: int) -> float:
        """What a dated contract is worth in its coin: e^(c·τ), and 1 at its end."""
        if instrument.expiry is None:
            return 1.0
        rows = bisect_right(self._closes, at)
        now = self.market.times[max(rows - 1, 0) : max(rows, 1)]
        prints = self.market.funding.get(instrument.underlying)
        times, rates = (None, None) if prints is None else (prints.times, prints.rates)
        carry = carry_from_funding(times, rates, now)
        left = instrument.expiry.timestamp() * 1_000 - int(now.astype("datetime64[ms]").astype(np.int64)[0])
        return math.exp(float(carry[0]) * max(left / _YEAR_MS, 0.0))

    def candles(self, instrument: Instrument, minutes: int, since: int, until: int) -> tuple[Candle, ...]:
        """Return finished bars with since ≤ at < until that the file has; a bar opens where the one before it closed.

        Raises `UsageError` for another bar length than the file's.
        """
        bar_ms = round(self.market.bar_hours * _HOUR_MS)
        if minutes * 60_000 != bar_ms:
            raise UsageError(
                f"the paper venue has bars of {bar_ms // 60_000} minutes, not of {minutes}",
                advice="Ask for that length, or give a price file with the other one.",
            )
        column = self.market.column(instrument.underlying)
        bars = (
            self._candle(instrument, close - bar_ms, row, column)
            for row, close in enumerate(self._closes)
            if row and since <= close - bar_ms < until
        )
        return tuple(bar for bar in bars if bar is not None)

    def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return the realised prints of the file with since ≤ at < until, oldest first; the first has no interval."""
        times = self._printed.get(instrument.name, [])
        rates: list[float] = self.market.funding[instrument.underlying].rates.tolist() if times else []
        hours = [None, *(Decimal(b - a) / _HOUR_MS for a, b in pairwise(times))]
        return tuple(
            FundingPrint(instrument.name, at, decimal_of(rate), span)
            for at, rate, span in zip(times, rates, hours, strict=False)
            if since <= at < until
        )

    def _candle(self, instrument: Instrument, at: int, row: int, column: int) -> Candle | None:
        first, last = (float(p) for p in self.market.prices[row - 1 : row + 1, column])
        if not (math.isfinite(first) and math.isfinite(last)):
            return None
        a, b = (round_to_tick(price, instrument.tick) for price in (first, last))
        dollars = float(self.market.volumes_usd[row, column])
        lots = dollars / instrument.notional_usd(float(instrument.lot), last)
        volume = None if math.isnan(lots) else math.floor(lots) * lot_units(instrument)
        return Candle(at, a, max(a, b), min(a, b), b, volume)

    def _told(self, instrument: Instrument, at: int, price: float) -> Iterator[VenueEvent]:
        mark = round_to_tick(price, instrument.tick)
        if mark <= 0:
            raise BadPrices(f"{instrument.name} at {price} is below its own tick {instrument.tick}")
        before = self._books.get(instrument.name)
        if before is None or before[0] != price:
            settle = self._close(instrument.settle, at) or 1.0
            volume, sigma = self._volume(instrument), self._sigma(instrument)
            before = self._books[instrument.name] = (
                price,
                made_up_book(instrument, price, volume, sigma, settle),
            )
        yield Quoted(at, instrument.name, *before[1])
        index = round_to_tick(price / self._carried(instrument, at), instrument.tick)
        yield Marked(at, {instrument.name: mark}, {instrument.name: index})

    def _funding(self, instrument: Instrument, at: int) -> Iterator[VenueEvent]:
        """The next settlement after `at`: the file's, or else the last rate every so many hours from midnight."""
        if not instrument.is_perpetual or instrument.funding_interval_hours is None:
            return
        times = self._printed.get(instrument.name, [])
        coming = bisect_right(times, at)
        interval = round(instrument.funding_interval_hours * _HOUR_MS)
        next_at = (at // interval + 1) * interval
        rate = INTEREST_8H
        if times:
            rates = self.market.funding[instrument.underlying].rates
            rate = float(rates[min(coming, len(times) - 1)])
        if 0 < coming < len(times):
            interval, next_at = times[coming] - times[coming - 1], times[coming]
        yield FundingSet(at, instrument.name, decimal_of(rate), interval, next_at)

    def _close(self, symbol: str, at: int) -> float | None:
        if symbol not in self.market.symbols:
            return None
        series = self.market.prices[: bisect_right(self._closes, at), self.market.column(symbol)]
        known = np.flatnonzero(np.isfinite(series))
        return float(series[known[-1]]) if len(known) else None

    def _volume(self, instrument: Instrument) -> float:
        return self.market.daily_volume_usd(instrument.underlying)

    def _sigma(self, instrument: Instrument) -> float:
        bars = round(90 * self.market.bars_per_day) + 1
        series = self.market.prices[-bars:, self.market.column(instrument.underlying)]
        returns = np.diff(series) / series[:-1]
        known = returns[np.isfinite(returns)]
        return float(np.std(known)) * math.sqrt(self.market.bars_per_day) if len(known) > 1 else math.nan


def _milliseconds(times: TimeArray) -> list[int]:
    found: list[int] = times.astype("datetime64[ms]").astype(np.int64).tolist()
    return found


def _between(instants: list[int], after: int, until: int) -> list[int]:
    return instants[bisect_right(instants, after) : bisect_right(instants, until)]
