"""Toy markets: prices whose betas are known because you chose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError
from hedgerow.model.market import Market

__all__ = ["beta_market", "market_of"]

_START = np.datetime64("2025-01-01", "ms")
_VOLUME_USD = 1e8


def market_of(
    closes: Mapping[str, Sequence[float] | NDArray[Any]], *, hours: float = 24.0, quote: str = "USDT"
) -> Market:
    """Return the market of these closes, (T,) each and of one length, a hundred million dollars traded a bar.

    The first bar opens on 2025-01-01 00:00 UTC. NaN is a gap and stays one. Raises `UsageError` for columns of
    different lengths.
    """
    columns = [np.asarray(column, dtype=np.float64) for column in closes.values()]
    if len({len(column) for column in columns}) != 1:
        raise UsageError("closes of different lengths", advice="Put NaN where a coin has no price.")
    prices = np.column_stack(columns)
    times = _START + np.arange(1, len(prices) + 1) * np.timedelta64(round(hours * 3_600_000), "ms")
    return Market(
        times=times,
        symbols=tuple(closes),
        prices=prices,
        volumes_usd=np.full(prices.shape, _VOLUME_USD),
        bar_hours=hours,
        as_of=times[-1],
        source="test",
        kind="perp",
        quote=quote,
        quote_assumed=quote not in closes and quote != "USD",
    )


def beta_market(
    betas: Mapping[str, float],
    last: Mapping[str, float] | None = None,
    *,
    days: int = 400,
    volatility: float = 0.03,
    own: float = 0.01,
    seed: int = 0,
) -> Market:
    """Return a daily market in which every coin moves by its beta to the first one, and by something of its own.

    `betas` maps coins to their betas, the factor first (its own number is not used); `last` their prices on the last
    day, 100 by default. `volatility` is the factor's a day, `own` every other coin's residual. The same seed gives the
    same market.
    """
    rng = np.random.default_rng(seed)
    moves = volatility * rng.standard_normal(days)
    closes: dict[str, FloatArray] = {}
    for i, (symbol, beta) in enumerate(betas.items()):
        noise = own * rng.standard_normal(days) if i else np.zeros(days)
        path = np.cumprod(1.0 + (beta if i else 1.0) * moves + noise)
        closes[symbol] = path / path[-1] * (last or {}).get(symbol, 100.0)
    return market_of(closes)
