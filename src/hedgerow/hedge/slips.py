"""Prices that no market makes: a decimal point that slipped, another unit under the name, a bar that is not the coin's.

    allowed(volatility, days) -> factor              how far a price may go in so many days before a person is asked
    slips_of(market, dollars, factors, always, known) -> slips

A price is held against the one before it: the last bar against the bar before, one that was given (`--price`, a venue's of now)
against both last bars, of which one may be the wrong one. `known` are prices that were looked at before, each with its instant. Of `factors` the
bars of the last 90 days have to be right, whatever was given: every beta rests on them.

The factor is four, or ten of the coin's own standard deviations in the time between the two prices where that is more, and eight
at the most. Of half a million daily closes since 2014 44 went beyond four, nearly all of them wrong, so that a real crash
of 60 % or 70 % in a day is none; a slip of one decimal place is always beyond eight.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.valuation import Valuation
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market, Quote

__all__ = [
    "Known",
    "Slip",
    "allowed",
    "coins_of",
    "dollars_by_coin",
    "slips_of",
    "volatility_of",
    "without_slips",
]

_LEAST, _MOST = 4.0, 8.0
_DEVIATIONS = 10.0
_FRESH_DAYS = 7.0
_DUST = 0.01
_SCALE_DAYS, _FEWEST = 90.0, 20
_NORMAL = 1.4826
"""A normal standard deviation in median absolute deviations: one wild bar does not widen it."""
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Known:
    """A price in dollars that was looked at before, at an instant."""

    price: float
    at: np.datetime64


@dataclass(frozen=True, slots=True)
class Slip:
    """A coin's `price` in dollars that is no market's move from the one `before`, so many `days` older; `volatility` a day (NaN: not known).

    `bar`: it is a bar of a factor, which no given price puts right, closing `on` that instant; "": it is the last.
    """

    coin: str
    before: Known
    price: float
    days: float
    volatility: float
    bar: bool = False
    on: str = ""

    @property
    def words(self) -> str:
        """Both prices, how far apart they are, and in what time."""
        now = f"was at {_dollars(self.price)} on {self.on}" if self.on else f"is at {_dollars(self.price)}"
        return f"{self.coin} {now} and was at {_dollars(self.before.price)} {_ago(self.days)} ({_times(self.price / self.before.price)})"


def allowed(volatility: float, days: float) -> float:
    """Return the factor up or down that a price may go in so many `days`; `volatility` a day, NaN: not known."""
    own = _DEVIATIONS * volatility * math.sqrt(max(days, 0.0))
    return min(math.exp(min(own, 10.0)), _MOST) if own > math.log(_LEAST) else _LEAST


def without_slips(moves: FloatArray) -> FloatArray:
    """Return simple returns with those that no market makes in a bar as 0: prices that went to more than four times, or less than a quarter."""
    return np.where((moves > _LEAST - 1.0) | (moves < 1.0 / _LEAST - 1.0), 0.0, moves)


def slips_of(
    market: Market,
    dollars: Mapping[str, float],
    factors: Iterable[str] = (),
    always: Iterable[str] = (),
    known: Mapping[str, Known] | None = None,
) -> tuple[Slip, ...]:
    """Return the prices that no market makes, of the coins that are held for so many `dollars`, and `always` of `factors` and others.

    What is less than a hundredth of the book before and now is none. A coin without a price, or with no price before it, is none.
    """
    of, there = tuple(factors), known or {}
    needed = (*of, *always)
    found: dict[str, Slip] = {}
    for coin in dict.fromkeys((*needed, *dollars)):
        slip = (_bar(market, coin) if coin in of else None) or _slip(market, coin, there.get(coin))
        if slip is not None:
            found[coin] = slip
    usd = {coin: abs(held) for coin, held in dollars.items() if math.isfinite(held)}
    then = {
        coin: held * found[coin].before.price / found[coin].price if coin in found else held
        for coin, held in usd.items()
    }
    dust = _DUST * sum(then.values())
    return tuple(
        slip
        for coin, slip in found.items()
        if coin in needed or max(usd.get(coin, 0.0), then.get(coin, 0.0)) > dust
    )


def volatility_of(market: Market, coin: str) -> float:
    """Return a coin's robust standard deviation a day over the last bars but one; NaN of too few."""
    return _volatility(_closes(market, coin).prices[:-1], market.bars_per_day)


def coins_of(orders: Iterable[Instrument]) -> tuple[str, ...]:
    """Return the coins whose prices make the size of orders, each once."""
    return tuple(dict.fromkeys(coin for one in orders for coin in (one.underlying, one.settle)))


def dollars_by_coin(worth: Valuation) -> dict[str, float]:
    """Return the dollars that stand on the price of each coin, longs and shorts alike: a token's own, and what it moves with."""
    found: dict[str, float] = {}
    for holding in worth.holdings:
        names = {coin: abs(usd) for coin, usd in holding.delta_usd}
        if holding.position.instrument is None and math.isfinite(holding.value_usd):
            names[holding.position.symbol] = abs(holding.value_usd)
        for coin, usd in names.items():
            found[coin] = found.get(coin, 0.0) + usd
    return found


def _bar(market: Market, coin: str) -> Slip | None:
    """The last bar of 90 days that is no market's move from the one before it; of a spike the bar that went, not the one that came back."""
    closes = _closes(market, coin)
    steps = np.abs(np.diff(np.log(closes.prices)))
    volatility = _volatility(closes.prices[:-1], market.bars_per_day)
    last: Slip | None = None
    for row in np.flatnonzero(steps > math.log(_LEAST))[::-1].tolist():
        bar = Quote(float(closes.prices[row + 1]), closes.times[row + 1], 0)
        before = Known(float(closes.prices[row]), closes.times[row])
        found = _apart(coin, before, bar, bar.time, volatility)
        if found is None:
            continue
        newest = row + 2 == len(closes.prices)
        found = replace(found, bar=True, on="" if newest else str(bar.time.astype("datetime64[m]")))
        if last is not None:
            came_back = 1.0 / _LEAST < last.price / found.before.price < _LEAST
            return found if came_back else last
        last = found
    return last


def _slip(market: Market, coin: str, known: Known | None) -> Slip | None:
    quote = market.quote_of(coin)
    if quote is None or not quote.price_usd > 0.0 or not math.isfinite(quote.price_usd):
        return None
    closes = _closes(market, coin)
    ends = zip(closes.prices[-2:].tolist(), closes.times[-2:], strict=True)
    bars = [Known(price, time) for price, time in ends]
    bars = bars if quote.given else bars[:-1]
    refer = (*bars, *(() if known is None else (known,)))
    if all(1.0 / _LEAST <= quote.price_usd / each.price <= _LEAST for each in refer):
        return None
    volatility = volatility_of(market, coin)
    slips = [_apart(coin, bar, quote, quote.time, volatility) for bar in bars]
    from_bars = slips[-1] if slips and all(slips) else None  # of two bars that differ one agrees
    from_known = None if known is None else _apart(coin, known, quote, market.as_of, volatility)
    fresh = known is not None and _days(known.at, market.as_of) <= _FRESH_DAYS
    return from_known if fresh else from_known or from_bars


@dataclass(frozen=True, slots=True)
class _Closes:
    """The (n,) closes of a coin that there are, and their instants."""

    prices: FloatArray
    times: TimeArray


def _closes(market: Market, coin: str) -> _Closes:
    if coin not in market.symbols:
        return _Closes(np.zeros(0), market.times[:0])
    bars = round(_SCALE_DAYS * market.bars_per_day) + 2
    series = market.prices[-bars:, market.symbols.index(coin)]
    there = np.isfinite(series) & (series > 0.0)
    return _Closes(series[there], market.times[-bars:][there])


def _volatility(prices: FloatArray, bars_per_day: float) -> float:
    """A robust standard deviation a day; NaN of too few bars."""
    if len(prices) <= _FEWEST:
        return math.nan
    return float(np.median(np.abs(np.diff(np.log(prices)))) * _NORMAL * math.sqrt(bars_per_day))


def _apart(coin: str, before: Known, quote: Quote, at: np.datetime64, volatility: float) -> Slip | None:
    now, days = quote.price_usd, _days(before.at, at)
    factor = allowed(volatility, days)
    if 1.0 / factor <= now / before.price <= factor:
        return None
    return Slip(coin, before, now, days, volatility)


def _days(one: np.datetime64, other: np.datetime64) -> float:
    return max(float((other - one) / _DAY), 0.0)


def _dollars(price: float) -> str:
    return f"${price:,.2f}" if price >= 1.0 else f"${price:.4g}"


def _times(ratio: float) -> str:
    return f"{ratio:,.3g} times" if ratio >= 1.0 else f"1/{1.0 / ratio:,.0f}"


def _ago(days: float) -> str:
    minutes = days * 1440.0
    if minutes < 1.0:
        return "at the same time"
    if minutes < 120.0:
        return f"{minutes:.0f} minutes before"
    return f"{days * 24.0:.0f} hours before" if days < 2.0 else f"{days:.0f} days before"
