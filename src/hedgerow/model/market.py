"""What is known of the market up to one instant, and nothing after it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray, check_shape
from hedgerow.model.errors import BrokenPromise, UnknownSymbol
from hedgerow.model.option_chain import OptionChain

__all__ = ["Book", "DataFlag", "FundingPrints", "Market", "Quote", "iso_time"]

_STALE_BARS = 3
_HOUR = np.timedelta64(1, "h")


def iso_time(instant: np.datetime64) -> str:
    """Return the UTC instant as `2025-11-13T00:00:00Z`."""
    seconds = instant.astype("datetime64[s]").astype(np.int64)
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in dollars and the bar close it comes from; `age_bars` is 0 for the last bar."""

    price_usd: float
    time: np.datetime64
    age_bars: int
    given: bool = False


@dataclass(frozen=True, slots=True)
class FundingPrints:
    """Realised funding of one contract: (P,) instants and the fraction paid for each interval.

    Positive: longs pay shorts.
    """

    venue: str
    times: TimeArray
    rates: FloatArray

    def speak_of(self, instant: np.datetime64) -> bool:
        """Return True where the last print is at most three days before `instant`: older ones foretell nothing."""
        return bool(len(self.times) and instant - self.times[-1] <= np.timedelta64(3, "D"))


@dataclass(frozen=True, slots=True)
class Book:
    """An order book: (n, 2) rows of price in dollars and size in base coins, best first."""

    venue: str
    symbol: str
    time: np.datetime64
    bids: FloatArray
    asks: FloatArray

    def speaks_of(self, instant: np.datetime64) -> bool:
        """Return True within a day of `instant`: an older book says nothing of the depth then."""
        return bool(abs(instant - self.time) <= np.timedelta64(1, "D"))


@dataclass(frozen=True, slots=True)
class DataFlag:
    """Something odd in the data that was returned with it, not hidden: what, where, when."""

    kind: str
    symbol: str
    detail: str


@dataclass(frozen=True, slots=True)
class Market:
    """Prices, volumes, funding, books up to `as_of`.

    `times` (T,) are bar closes in UTC, rising; `prices` (T, N) are dollars per coin, NaN where there is no bar;
    `volumes_usd` (T, N) dollars traded in the bar, NaN where unknown. `quote` names the coin the file was quoted
    in; its own price has been multiplied in already, from a series where there was one, else at an *assumed*
    1.0 (`quote_assumed`). `given` are prices the user supplied. `options` are chains by the coin they are on, in dollars
    whatever the currency.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    prices: FloatArray
    volumes_usd: FloatArray
    bar_hours: float
    as_of: np.datetime64
    source: str = ""
    kind: str = "spot"
    quote: str = "USD"
    quote_assumed: bool = False
    simulated: bool = False
    funding: Mapping[str, FundingPrints] = field(default_factory=dict)
    books: Mapping[str, Book] = field(default_factory=dict)
    open_interest_usd: Mapping[str, float] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, float] = field(default_factory=dict)
    currency: str = "USD"
    flags: tuple[DataFlag, ...] = ()
    notes: tuple[str, ...] = ()
    options: Mapping[str, OptionChain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows, columns = len(self.times), len(self.symbols)
        check_shape("prices", self.prices, (rows, columns))
        check_shape("volumes_usd", self.volumes_usd, (rows, columns))
        if rows and ((self.times[1:] <= self.times[:-1]).any() or self.times[-1] > self.as_of):
            raise BrokenPromise("bar closes must rise and end at or before as_of")

    def __repr__(self) -> str:
        label = "SIMULATED market" if self.simulated else f"Market {self.source}"
        return f"<{label}: {len(self.symbols)} coins, {len(self.times)} bars of {self.bar_hours:g} h to {iso_time(self.as_of)}>"

    @property
    def bars_per_day(self) -> float:
        """Bars in a day."""
        return 24.0 / self.bar_hours

    def column(self, symbol: str) -> int:
        """Return the position of `symbol`; raises `UnknownSymbol` naming what to do."""
        try:
            return self.symbols.index(symbol)
        except ValueError:
            raise UnknownSymbol(
                f"{symbol} has no series in {self.source or 'the market'}",
                advice=f"Check the name, choose another --source, or give --price {symbol}=…",
            ) from None

    def quote_of(self, symbol: str) -> Quote | None:
        """Return the price in force at `as_of`, or None: unknown.

        A price the user gave wins. Otherwise the last bar's, or one at most 3 bars older, with its age;
        an older one is no price.
        """
        if symbol in self.given:
            return Quote(self.given[symbol], self.as_of, 0, given=True)
        if symbol not in self.symbols or not len(self.times):
            return None
        column, last = self.symbols.index(symbol), len(self.times) - 1
        for row in range(last, max(last - _STALE_BARS, 0) - 1, -1):
            price = self.prices[row, column].item()
            if math.isfinite(price):
                age = round(float((self.as_of - self.times[row]) / _HOUR) / self.bar_hours)
                return Quote(price, self.times[row], age) if age <= _STALE_BARS else None
        return None

    def last_seen(self, symbol: str) -> np.datetime64 | None:
        """Return the last bar close at which `symbol` had a price, or None if never."""
        if symbol not in self.symbols:
            return None
        known = np.flatnonzero(np.isfinite(self.prices[:, self.symbols.index(symbol)]))
        return self.times[known[-1]] if len(known) else None

    def daily_volume_usd(self, symbol: str, days: int = 90) -> float:
        """Return the median dollars traded a day over the last `days`; NaN when unknown."""
        if symbol not in self.symbols:
            return float("nan")
        series = self.volumes_usd[-round(days * self.bars_per_day) :, self.symbols.index(symbol)]
        seen = np.sort(series[np.isfinite(series)])
        if not len(seen):
            return float("nan")
        middle = len(seen) // 2
        median = seen[middle] if len(seen) % 2 else (seen[middle - 1] + seen[middle]) / 2.0
        return float(median) * self.bars_per_day
