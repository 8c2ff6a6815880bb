"""The instruments there are to hedge with: BTC and ETH contracts with cited figures, and a PAPER perp for every coin.

    catalogue(market) -> instruments

The rule for the others (`interfaces.md` §3): a lot worth about one dollar as a power of ten, smallest order 5 dollars,
taker 5 bp, maker 2 bp, one of three tier ladders by volume.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import floor, log10

import numpy as np

from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.market import Market
from hedgerow.stats.carry import next_quarterly_expiry

__all__ = ["CAUTIOUS", "VENUE", "catalogue", "ladder"]

VENUE = "paper"
_FEES = (Decimal("0.0005"), Decimal("0.0002"))
_BINANCE = "Binance USD-M BTCUSDT brackets and filters as documented, October 2024 (domain §6.1, TV23)"
_COIN_M = "Binance COIN-M BTCUSD brackets and contract size as documented (domain §3.3, TV25)"
_QUANTO = "BitMEX ETHUSD design: 0.000001 BTC per dollar of ETH (domain §3.3)"
_RULE = "paper rule: lot about one dollar, 5 dollar minimum, tiers by daily volume"

_SIZES = {
    "BTC": (Decimal("0.001"), Decimal("0.1"), Decimal(100)),
    "ETH": (Decimal("0.001"), Decimal("0.01"), Decimal(10)),
}
"""Lot of the linear contract, tick, dollars of face of the inverse one."""

_LINEAR_TIERS = tuple(
    MarginTier(floor_usd, mmr, leverage)
    for floor_usd, mmr, leverage in (
        (0.0, 0.004, 125.0),
        (50_000.0, 0.005, 100.0),
        (250_000.0, 0.01, 50.0),
        (1_000_000.0, 0.025, 20.0),
        (5_000_000.0, 0.05, 10.0),
        (20_000_000.0, 0.10, 5.0),
    )
)
_COIN_TIERS = tuple(
    MarginTier(floor_coin, mmr, leverage)
    for floor_coin, mmr, leverage in (
        (0.0, 0.004, 125.0),
        (5.0, 0.005, 100.0),
        (10.0, 0.01, 50.0),
        (20.0, 0.025, 20.0),
        (50.0, 0.05, 10.0),
        (100.0, 0.10, 5.0),
        (200.0, 0.125, 4.0),
        (400.0, 0.15, 3.0),
    )
)
_LADDERS = (
    (
        50e6,
        (
            (0.0, 0.005, 75.0),
            (50_000.0, 0.01, 50.0),
            (500_000.0, 0.025, 20.0),
            (2_000_000.0, 0.05, 10.0),
            (10_000_000.0, 0.125, 4.0),
        ),
    ),
    (5e6, ((0.0, 0.01, 50.0), (25_000.0, 0.02, 25.0), (250_000.0, 0.05, 10.0), (1_000_000.0, 0.125, 4.0))),
    (0.0, ((0.0, 0.02, 25.0), (10_000.0, 0.05, 10.0), (100_000.0, 0.10, 5.0), (500_000.0, 0.25, 2.0))),
)
CAUTIOUS = tuple(MarginTier(*step) for step in _LADDERS[-1][1])
"""The ladder of the thinnest coins, for contracts of which a venue tells none."""


def catalogue(market: Market) -> tuple[Instrument, ...]:
    """Return the paper venue's instruments for `market`: what it has no price for is left out.

    BTC and ETH: linear and inverse perpetuals, linear and inverse quarterlies (the next expiry at least 14 days
    away), and ETH as a quanto settled in BTC. Besides, one linear perp for each other coin of a `perp` file.
    """
    benchmarks = tuple(
        contract for coin in ("BTC", "ETH") if coin in market.symbols for contract in _benchmark(coin, market)
    )
    if market.kind != "perp":
        return benchmarks
    others = (s for s in market.symbols if s not in {"BTC", "ETH"} and not is_stablecoin(s))
    ruled = (_by_rule(symbol, market) for symbol in others)
    return benchmarks + tuple(contract for contract in ruled if contract is not None)


def ladder(market: Market) -> tuple[Instrument, ...]:
    """Return every dated contract of the paper venue: the quarter that runs, and the two after it.

    What is rolled is rolled into one of them; plans look at the one that `catalogue` has.
    """
    ends = [next_quarterly_expiry(_as_datetime(market.as_of))]
    for _ in range(2):
        ends.append(next_quarterly_expiry(ends[-1]))
    coins = [coin for coin in ("BTC", "ETH") if coin in market.symbols]
    return tuple(contract for coin in coins for expiry in ends for contract in _dated(coin, expiry))


def _dated(coin: str, expiry: datetime) -> tuple[Instrument, Instrument]:
    """The linear and the inverse contract of one expiry."""
    label, (lot, tick, face) = expiry.strftime("%y%m%d"), _SIZES[coin]
    return (
        _linear(f"{coin}USDT_{label}", coin, lot, tick, expiry),
        _inverse(f"{coin}USD_{label}", coin, face, tick, expiry),
    )


def _benchmark(coin: str, market: Market) -> tuple[Instrument, ...]:
    lot, tick, face = _SIZES[coin]
    expiry = next_quarterly_expiry(_as_datetime(market.as_of + np.timedelta64(14, "D")))
    found = [
        _linear(f"{coin}USDT", coin, lot, tick, None),
        _inverse(f"{coin}USD_PERP", coin, face, tick, None),
        *_dated(coin, expiry),
    ]
    if coin == "ETH" and "BTC" in market.symbols:
        found.append(_quanto())
    return tuple(found)


def _as_datetime(instant: np.datetime64) -> datetime:
    seconds = int(instant.astype("datetime64[s]").astype(np.int64))
    return datetime.fromtimestamp(seconds, tz=UTC)


def _linear(symbol: str, coin: str, lot: Decimal, tick: Decimal, expiry: datetime | None) -> Instrument:
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        underlying=coin,
        payoff=Payoff.LINEAR,
        quote="USDT",
        settle="USDT",
        multiplier=Decimal(1),
        lot=lot,
        min_contracts=lot,
        max_contracts=Decimal(1000 if coin == "BTC" else 10000),
        min_notional=Decimal(100 if coin == "BTC" else 20),
        tick=tick,
        taker_fee=_FEES[0],
        maker_fee=_FEES[1],
        tiers=_LINEAR_TIERS,
        expiry=expiry,
        funding_interval_hours=None if expiry else 8.0,
        funding_cap=None if expiry else 0.003,
        cite=_BINANCE,
    )


def _inverse(symbol: str, coin: str, face: Decimal, tick: Decimal, expiry: datetime | None) -> Instrument:
    return Instrument(
        venue=VENUE,
        symbol=symbol,
        underlying=coin,
        payoff=Payoff.INVERSE,
        quote="USD",
        settle=coin,
        multiplier=face,
        lot=Decimal(1),
        min_contracts=Decimal(1),
        max_contracts=Decimal(1_000_000),
        min_notional=face,
        tick=tick,
        taker_fee=_FEES[0],
        maker_fee=_FEES[1],
        tiers=_COIN_TIERS
        if coin == "BTC"
        else tuple(MarginTier(t.floor * 20, t.mmr, t.max_leverage) for t in _COIN_TIERS),
        expiry=expiry,
        funding_interval_hours=None if expiry else 8.0,
        funding_cap=None if expiry else 0.003,
        cite=_COIN_M,
    )


def _quanto() -> Instrument:
    return Instrument(
        venue=VENUE,
        symbol="ETHUSD_QUANTO",
        underlying="ETH",
        payoff=Payoff.QUANTO,
        quote="USD",
        settle="BTC",
        multiplier=Decimal("0.000001"),
        lot=Decimal(1),
        min_contracts=Decimal(1),
        max_contracts=Decimal(10_000_000),
        min_notional=Decimal(1),
        tick=Decimal("0.05"),
        taker_fee=_FEES[0],
        maker_fee=_FEES[1],
        tiers=_COIN_TIERS,
        funding_interval_hours=8.0,
        funding_cap=0.003,
        cite=_QUANTO,
    )


def _by_rule(symbol: str, market: Market) -> Instrument | None:
    quote = market.quote_of(symbol)
    if quote is None or quote.price_usd <= 0:
        return None
    magnitude = -floor(log10(quote.price_usd) + 0.5)
    lot = Decimal(1).scaleb(magnitude)
    volume = market.daily_volume_usd(symbol)
    ladder = next(steps for least, steps in _LADDERS if volume >= least or least == 0.0)
    return Instrument(
        venue=VENUE,
        symbol=f"{symbol}USDT",
        underlying=symbol,
        payoff=Payoff.LINEAR,
        quote="USDT",
        settle="USDT",
        multiplier=Decimal(1),
        lot=lot,
        min_contracts=lot,
        max_contracts=None,
        min_notional=Decimal(5),
        tick=Decimal(1).scaleb(-magnitude - 4),
        taker_fee=_FEES[0],
        maker_fee=_FEES[1],
        tiers=tuple(MarginTier(*step) for step in ladder),
        funding_interval_hours=8.0,
        funding_cap=0.02,
        cite=_RULE,
    )
