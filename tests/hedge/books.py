"""Small books and markets that tests of the six steps share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position, PositionKind

START = np.datetime64("2025-01-01", "ms")


def contract(
    symbol: str = "BTCUSDT",
    underlying: str = "BTC",
    payoff: Payoff = Payoff.LINEAR,
    multiplier: str = "1",
    lot: str = "0.001",
) -> Instrument:
    """A contract with one tier of 0.4 % unless told otherwise."""
    settle = "USDT" if payoff is Payoff.LINEAR else ("BTC" if payoff is Payoff.QUANTO else underlying)
    quote = "USDT" if payoff is Payoff.LINEAR else "USD"
    return Instrument(
        venue="paper",
        symbol=symbol,
        underlying=underlying,
        payoff=payoff,
        quote=quote,
        settle=settle,
        multiplier=Decimal(multiplier),
        lot=Decimal(lot),
        min_contracts=Decimal(lot),
        max_contracts=None,
        min_notional=Decimal(5),
        tick=Decimal("0.1"),
        taker_fee=Decimal("0.0005"),
        maker_fee=Decimal("0.0002"),
        tiers=(MarginTier(0.0, 0.004, 125.0),),
        funding_interval_hours=8.0,
        cite="test",
    )


def market(
    prices: Mapping[str, Sequence[float] | NDArray[Any]], *, quote: str = "USDT", hours: float = 24.0
) -> Market:
    """A daily market of these closes, assumed quoted in USDT."""
    columns = np.column_stack([np.asarray(p, dtype=float) for p in prices.values()])
    times = START + np.arange(1, len(columns) + 1) * np.timedelta64(round(hours * 3_600_000), "ms")
    return Market(
        times=times,
        symbols=tuple(prices),
        prices=columns,
        volumes_usd=np.full(columns.shape, 1e8),
        bar_hours=hours,
        as_of=times[-1],
        source="test",
        kind="perp",
        quote=quote,
        quote_assumed=quote not in prices and quote != "USD",
    )


def spot(symbol: str, quantity: float | str, **more: object) -> Position:
    """A spot holding."""
    return Position(symbol, Decimal(str(quantity)), **more)  # type: ignore[arg-type]


def book(*positions: Position) -> Portfolio:
    """A portfolio of these rows."""
    return Portfolio(positions, "test")


def open_contract(
    instrument: Instrument, contracts: float | str, entry: float | str, account: str = ""
) -> Position:
    """An open derivative."""
    return Position(
        instrument.underlying,
        Decimal(str(contracts)),
        PositionKind.DERIVATIVE,
        account,
        instrument=instrument,
        entry_price=Decimal(str(entry)),
    )
