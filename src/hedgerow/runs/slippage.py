"""What an order loses to spread and impact at every bar, as the plain engine's cost lines would price it there."""

from __future__ import annotations

import numpy as np
import polars as pl

from hedgerow.hedge.charges import NO_VOLATILITY, NO_VOLUME_USD
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.market import Market
from hedgerow.stats.costs import average_impact_bps, modelled_half_spread_bps

__all__ = ["slippage"]

_RECENT_DAYS = 90
_LEAST_MOVES = 20
_BASIS_POINTS = 1e4


def slippage(market: Market, symbol: str, times: TimeArray) -> tuple[FloatArray, FloatArray]:
    """Return the half-spread, and the impact per √dollar, as fractions (R,) at `times` (R,)."""
    rows = (np.searchsorted(market.times, times, side="right") - 1).tolist()
    volume, sigma = _volume(market, symbol), _volatility(market, symbol)
    half = [modelled_half_spread_bps(volume[row]) / _BASIS_POINTS for row in rows]
    impact = [average_impact_bps(1.0, volume[row], sigma[row]) / _BASIS_POINTS for row in rows]
    return np.array(half), np.array(impact)


def _volume(market: Market, symbol: str) -> list[float]:
    """Median dollars a day of the last 90 days at every bar; the assumed volume where there is none."""
    bars = round(_RECENT_DAYS * market.bars_per_day)
    raw = market.volumes_usd[:, market.column(symbol)]
    series = pl.Series(raw).fill_nan(None)
    median = series.rolling_median(bars, min_samples=1).to_numpy() * market.bars_per_day
    known: list[float] = np.where(median > 0.0, median, NO_VOLUME_USD).tolist()
    return known


def _volatility(market: Market, symbol: str) -> list[float]:
    """Daily standard deviation of the last 90 days of simple returns at every bar; the assumed one below 20 of them."""
    bars = round(_RECENT_DAYS * market.bars_per_day)
    closes = market.prices[:, market.column(symbol)]
    moves = pl.Series(np.concatenate([[np.nan], closes[1:] / closes[:-1] - 1.0])).fill_nan(None)
    found = moves.rolling_std(bars, min_samples=_LEAST_MOVES).to_numpy() * np.sqrt(market.bars_per_day)
    known: list[float] = np.where(np.isfinite(found), found, NO_VOLATILITY).tolist()
    return known
