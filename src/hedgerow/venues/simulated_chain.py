"""An option chain on the simulated market: SIMULATED wherever it shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from hedgerow.hedge.terms import daily_volatility
from hedgerow.hedge.valuation import price_of
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.stats.black import black_price
from hedgerow.stats.carry import last_friday

__all__ = ["simulated_chain"]

_OVER_PAST = 1.1
_SKEW, _BEND = -0.15, 0.35
_CARRY = 0.05
_TICK, _HALF_SPREAD = 0.0001, 0.01
_SIZE, _INTEREST, _VOLUME = 25.0, 500.0, 20.0
_MONTHS = (0, 1, 2, 3, 6, 9)
_SHARES = np.round(np.arange(0.4, 1.8001, 0.025), 3)


def simulated_chain(market: Market, underlying: str = "BTC") -> OptionChain:
    """Return options on `underlying` as of the market's last instant, priced and quoted as at Deribit: in coins.

    Volatility is a tenth above that of the last 90 days, with a skew to the downside; forwards carry 5 % a year; quotes are a
    hundredth of the price or a tick to either side, 25 coins each. All of it is made up. Raises `NotEnoughData` without a price.
    """
    spot = price_of(market, underlying)
    level = daily_volatility(market, underlying) * np.sqrt(365.0) * _OVER_PAST
    if not (np.isfinite(spot) and np.isfinite(level)):
        said = f"{underlying} has no price, or no volatility, in {market.source or 'the market'}"
        raise NotEnoughData(said, advice="Give a chain of a file with --chain.")
    step = 10.0 ** np.floor(np.log10(spot)) / 20.0
    strikes = np.unique(np.round(_SHARES * spot / step) * step)
    quotes = [
        q
        for ends in _expiries(market.as_of)
        for q in _of(underlying, ends, strikes, spot, level, market.as_of)
    ]
    lot = Decimal("0.1") if underlying == "BTC" else Decimal(1)
    return OptionChain(
        "paper", underlying, underlying, market.as_of, spot, lot, tuple(quotes), "simulated", simulated=True
    )


def _expiries(as_of: np.datetime64) -> list[np.datetime64]:
    """The last Fridays of this month and of some that follow, two weeks ahead at least."""
    now = datetime.fromtimestamp(int(as_of.astype("datetime64[s]").astype(np.int64)), tz=UTC)
    months = [now.year * 12 + now.month - 1 + more for more in _MONTHS]
    ends = [last_friday(month // 12, month % 12 + 1) for month in months]
    return [np.datetime64(e.replace(tzinfo=None), "ms") for e in ends if e > now + timedelta(days=14)]


def _of(
    underlying: str, ends: np.datetime64, strikes: np.ndarray, spot: float, level: float, as_of: np.datetime64
) -> list[OptionQuote]:
    years = float((ends - as_of) / np.timedelta64(1, "D")) / 365.0
    forward = spot * np.exp(_CARRY * years)
    k = np.log(strikes / forward)
    volatility = level * np.sqrt(1.0 + _SKEW * k + _BEND * k**2 / np.sqrt(years + 0.1))
    day = f"{datetime.fromisoformat(str(ends)[:10]):%d%b%y}".upper().lstrip("0")
    found = []
    for call in (False, True):
        coins = black_price(forward, strikes, years, volatility, call) / forward
        for strike, mark in zip(strikes.tolist(), coins.tolist(), strict=True):
            half = max(_HALF_SPREAD * mark, _TICK / 2.0)
            bid, ask = (round(round((mark + side * half) / _TICK) * _TICK, 4) for side in (-1, 1))
            name = f"{underlying}-{day}-{strike:g}-{'C' if call else 'P'}"
            found.append(
                OptionQuote(
                    name,
                    ends,
                    strike,
                    call,
                    bid if bid > 0 else float("nan"),
                    max(ask, _TICK),
                    mark,
                    float(forward),
                    _SIZE,
                    _SIZE,
                    _INTEREST,
                    _VOLUME,
                )
            )
    return found
