"""Small books and markets that tests of the six steps share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np

from hedgerow.model.betas import Betas
from hedgerow.model.instruments import Instrument, MarginTier, Payoff
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.testing import market_of as market

__all__ = ["betas_of", "book", "contract", "market", "open_contract", "spot"]


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


def betas_of(
    numbers: dict[str, float], covariance: np.ndarray[Any, np.dtype[np.float64]] | None = None
) -> Betas:
    """Betas to BTC that a test knows."""
    count = len(numbers)
    nothing = np.full(count, np.nan)
    return Betas(
        symbols=tuple(numbers),
        factors=("BTC",),
        beta=np.array(list(numbers.values()))[:, None],
        covariance=np.zeros((count, count)) if covariance is None else covariance,
        alpha=nothing,
        r2=nothing,
        n=np.full(count, 300),
        n_eff=nothing,
        resid_vol=nothing,
        method=("test",) * count,
        note=("",) * count,
        raw=nothing[:, None],
        raw_stderr=nothing[:, None],
        prior_mean=np.array([1.4]),
        prior_sd=np.array([0.5]),
        prior_note="test",
        estimator="test",
        as_of=np.datetime64("2025-01-03", "ms"),
        bar_hours=24.0,
        factor_correlation=np.ones((1, 1)),
    )
