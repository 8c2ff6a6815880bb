"""Stands that are ready: each venue with contracts counted as it counts them, and one account with money.

BTC, ETH and SOL as linear perpetuals everywhere; BTC as an inverse perpetual where the venue has one, and as a quarterly
future at Binance and Bybit. At Deribit puts and calls on BTC and ETH, paid in coins, beside inverse perpetuals. The figures are in the venues' own shape; they are not the venues' figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgerow.exchange.venue import VenueRules
from hedgerow.model.errors import UsageError
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.testing.standin.option_worlds import options_listed, premiums_of
from hedgerow.testing.standin.stand import Key, Stand

__all__ = ["KEY", "PASSPHRASE", "PRICES", "SECRET", "listed_of", "rules_of", "stand_of"]

KEY, SECRET, PASSPHRASE = "k3y-0f-a-st4nd-1n", "s3cret-0f-a-st4nd-1n", "p4ss"
PRICES = {"BTC": Decimal(60000), "ETH": Decimal(3000), "SOL": Decimal(150)}
_TICKS = {"BTC": Decimal("0.1"), "ETH": Decimal("0.01"), "SOL": Decimal("0.001")}
_LOTS = {"BTC": Decimal("0.001"), "ETH": Decimal("0.01"), "SOL": Decimal("0.1")}
_MEXC_SIZES = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.01"), "SOL": Decimal("0.1")}
_TIERS = (
    MarginTier(0.0, 0.005, 100.0),
    MarginTier(500_000.0, 0.01, 50.0),
    MarginTier(5_000_000.0, 0.025, 20.0),
)
_COIN_TIERS = (MarginTier(0.0, 0.005, 100.0), MarginTier(10.0, 0.01, 50.0), MarginTier(100.0, 0.025, 20.0))
_SYMBOLS = {"binance": "{}USDT", "bybit": "{}USDT", "bingx": "{}-USDT", "weex": "{}USDT", "mexc": "{}_USDT"}
_INVERSE = {
    "binance": ("BTCUSD_PERP", Decimal(100)),
    "bybit": ("BTCUSD", Decimal(1)),
    "bingx": ("BTC-USD", Decimal(100)),
    "mexc": ("BTC_USD", Decimal(100)),
}
_DATED = {"binance": "{0}_{1:%y%m%d}", "bybit": "{0}-{1:%d%b%y}"}
_FREE_IDS = {"weex", "mexc", "deribit"}
_NO_SWITCH = {"weex", "mexc", "deribit"}
_DOLLARS = {"USDT": Decimal(200_000), "BTC": Decimal(2)}
_COINS = {"deribit": {"BTC": Decimal(20), "ETH": Decimal(300)}}


def _now() -> int:
    return time.time_ns() // 1_000_000


def stand_of(tag: str, clock: Callable[[], int] = _now, hours: float = 8.0) -> Stand:
    """Return a venue's stand; funding is paid every `hours`. Raises `UsageError` for a venue nobody plays here."""
    listed = listed_of(tag, clock(), hours)
    stand = Stand(tag, listed, dict(PRICES), clock, rules_of(tag), premiums=premiums_of(listed))
    stand.open_account(Key(KEY, SECRET, "me", PASSPHRASE), _COINS.get(tag, _DOLLARS))
    return stand


def rules_of(tag: str) -> VenueRules:
    """Return how a venue behaves. Raises `UsageError` for a venue nobody plays here."""
    played = (*_SYMBOLS, *_COINS)
    if tag not in played:
        raise UsageError(f"nobody plays {tag} here", advice=f"There are {', '.join(played)}.")
    return VenueRules(
        venue=tag, ids="free" if tag in _FREE_IDS else "ever", dead_man=tag not in _NO_SWITCH, first_id=10_001
    )


def listed_of(tag: str, at: int, hours: float = 8.0) -> tuple[Instrument, ...]:
    """Return a venue's contracts as they are listed at an instant; funding is paid every `hours`."""
    if tag in _COINS:
        return options_listed(tag, at)
    listed = [_linear(tag, coin, hours) for coin in PRICES]
    if tag in _INVERSE:
        listed.append(_inverse(tag, hours))
    if tag in _DATED:
        listed.append(_quarterly(listed[0], at))
    return tuple(listed)


def _linear(tag: str, coin: str, hours: float) -> Instrument:
    mexc = tag == "mexc"
    multiplier = _MEXC_SIZES[coin] if mexc else Decimal(1)
    lot = Decimal(1) if mexc else _LOTS[coin]
    return Instrument(
        venue=tag,
        symbol=_SYMBOLS[tag].format(coin),
        underlying=coin,
        payoff=Payoff.LINEAR,
        quote="USDT",
        settle="USDT",
        multiplier=multiplier,
        lot=lot,
        min_contracts=lot,
        max_contracts=Decimal(10_000_000) if mexc else Decimal(10_000),
        min_notional=Decimal(5),
        tick=_TICKS[coin],
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
        tiers=_TIERS,
        funding_interval_hours=hours,
        funding_cap=0.003,
    )


def _inverse(tag: str, hours: float) -> Instrument:
    symbol, face = _INVERSE[tag]
    linear = _linear(tag, "BTC", hours)
    return replace(
        linear,
        symbol=symbol,
        payoff=Payoff.INVERSE,
        quote="USD",
        settle="BTC",
        multiplier=face,
        lot=Decimal(1),
        min_contracts=Decimal(1),
        max_contracts=Decimal(1_000_000),
        min_notional=Decimal(1),
        tiers=_COIN_TIERS,
    )


def _quarterly(perpetual: Instrument, at: int) -> Instrument:
    """A future that ends at 08:00 UTC on a Friday some three months ahead."""
    day = datetime.fromtimestamp(at / 1000, tz=UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    day += timedelta(days=85 + (4 - day.weekday() - 85) % 7)
    symbol = _DATED[perpetual.venue].format(perpetual.symbol, day).upper()
    return replace(perpetual, symbol=symbol, expiry=day, funding_interval_hours=None, funding_cap=None)
