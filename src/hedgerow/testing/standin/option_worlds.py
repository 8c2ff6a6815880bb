"""Options of a stand: an out-of-the-money put and call on BTC and ETH that end in two months, and inverse perpetuals.

Premiums are in coins. Those on BTC have the coarse ticks of 0.0005, the call on ETH the fine ones of 0.0001.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hedgerow.model.instruments import Instrument, MarginTier, Payoff

__all__ = ["options_listed", "premiums_of"]

_ENDS = datetime(2026, 2, 27, 8, tzinfo=UTC)
_OPTIONS = {
    ("BTC", "54000-P"): ("0.0225", "0.1"),
    ("BTC", "67000-C"): ("0.0245", "0.1"),
    ("ETH", "2700-P"): ("0.0240", "1"),
    ("ETH", "3800-C"): ("0.0032", "1"),
}
"""Premium in coins and smallest amount of each, by coin and strike."""
_TIERS = (MarginTier(0.0, 0.01, 50.0), MarginTier(100.0, 0.02, 25.0))
_LATER = timedelta(days=60)


def options_listed(tag: str, at: int) -> tuple[Instrument, ...]:
    """Return what is listed at an instant: the options, first, and after them BTC and ETH as inverse perpetuals.

    They end on 27 February 2026; for a clock that is past that, on the first Friday after two months.
    """
    now = datetime.fromtimestamp(at / 1000, tz=UTC)
    ends = _ENDS if now < _ENDS else _friday(now + _LATER)
    options = [
        _option(tag, coin, f"{_day(ends)}-{strike}", lot, ends)
        for (coin, strike), (_, lot) in _OPTIONS.items()
    ]
    return (*options, *(_perpetual(tag, coin) for coin in ("BTC", "ETH")))


def premiums_of(listed: Iterable[Instrument]) -> dict[str, Decimal]:
    """Return what the options among these contracts cost at first, by symbol, in coins."""
    found = {}
    for one in listed:
        coin, _, rest = one.symbol.partition("-")
        terms = _OPTIONS.get((coin, rest.partition("-")[2]))
        if terms is not None:
            found[one.symbol] = Decimal(terms[0])
    return found


def _day(ends: datetime) -> str:
    return f"{ends.day}{ends:%b%y}".upper()


def _friday(day: datetime) -> datetime:
    found = day + timedelta(days=(4 - day.weekday()) % 7)
    return found.replace(hour=8, minute=0, second=0, microsecond=0)


def _option(tag: str, coin: str, name: str, lot: str, ends: datetime) -> Instrument:
    return Instrument(
        venue=tag,
        symbol=f"{coin}-{name}",
        underlying=coin,
        payoff=Payoff.OPTION,
        quote=coin,
        settle=coin,
        multiplier=Decimal(1),
        lot=Decimal(lot),
        min_contracts=Decimal(lot),
        max_contracts=None,
        min_notional=Decimal(0),
        tick=Decimal("0.0001"),
        taker_fee=Decimal("0.0003"),
        maker_fee=Decimal("0.0003"),
        tiers=(),
        expiry=ends,
    )


def _perpetual(tag: str, coin: str) -> Instrument:
    return Instrument(
        venue=tag,
        symbol=f"{coin}-PERPETUAL",
        underlying=coin,
        payoff=Payoff.INVERSE,
        quote="USD",
        settle=coin,
        multiplier=Decimal(1),
        lot=Decimal(10) if coin == "BTC" else Decimal(1),
        min_contracts=Decimal(10) if coin == "BTC" else Decimal(1),
        max_contracts=Decimal(10_000_000),
        min_notional=Decimal(0),
        tick=Decimal("0.5") if coin == "BTC" else Decimal("0.05"),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal(0),
        tiers=_TIERS,
        funding_interval_hours=1.0,
        funding_cap=0.005,
    )
