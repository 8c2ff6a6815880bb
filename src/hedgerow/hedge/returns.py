"""Returns of coins and factors over the bars they share, each over its own gaps: simple, unless asked (domain §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray, TimeArray
from hedgerow.model.market import Market

__all__ = ["PairedReturns", "ReturnKind", "paired_returns"]

ReturnKind = Literal["simple", "log"]
"""Simple returns add across coins; logarithms do not, and are for reproducing tables that used them."""


@dataclass(frozen=True, slots=True)
class PairedReturns:
    """Returns of N coins and K factors on R bars.

    `y` (R, N), NaN where the coin has no bar; `x` (R, K), or (R, N, K) when some coin has gaps: over a gap both
    the coin's and the factor's return span it, and nothing is filled in between. `n` (N,) counts usable returns,
    `coverage` (N,) is their share of the bars since the coin's first.
    """

    times: TimeArray
    y: FloatArray
    x: FloatArray
    n: IntArray
    coverage: FloatArray


def paired_returns(
    market: Market, symbols: tuple[str, ...], factors: tuple[str, ...], kind: ReturnKind = "simple"
) -> PairedReturns:
    """Return the returns of `symbols` and `factors` over the bars at which every factor has a price.

    Raises `UnknownSymbol` for a name without a series.
    """
    f = market.prices[:, [market.column(symbol) for symbol in factors]]
    kept = np.isfinite(f).all(axis=1)
    f, times = f[kept], market.times[kept]
    p = market.prices[kept][:, [market.column(symbol) for symbol in symbols]]
    if len(times) < 2:
        empty = np.empty((0, len(symbols)))
        zeros = np.zeros(len(symbols), dtype=np.int64)
        return PairedReturns(
            times[:0], empty, np.empty((0, len(factors))), zeros, np.full(len(symbols), np.nan)
        )
    seen = np.isfinite(p)
    before = _previous_row(seen)
    with np.errstate(invalid="ignore"):
        y = p[1:] / np.take_along_axis(p, np.maximum(before, 0), axis=0) - 1.0
    y[before < 0] = np.nan
    x = f[1:] / f[:-1] - 1.0
    gapped = (seen[1:] & (before >= 0) & (before < np.arange(len(times) - 1)[:, None])).any()
    if gapped:
        x = np.where((before >= 0)[..., None], f[1:, None, :] / f[np.maximum(before, 0)] - 1.0, np.nan)
    if kind == "log":
        y, x = np.log1p(y), np.log1p(x)
    n = np.isfinite(y).sum(axis=0).astype(np.int64)
    first = np.where(seen.any(axis=0), seen.argmax(axis=0), len(times))
    possible = np.maximum(len(times) - 1 - first, 0)
    coverage = np.divide(n, possible, out=np.full(len(symbols), np.nan), where=possible > 0)
    return PairedReturns(times[1:], y, x, n, coverage)


def _previous_row(seen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> IntArray:
    """For rows 1…R of each column, the last earlier row with a price, −1 where there is none."""
    rows = np.arange(len(seen), dtype=np.int64)[:, None]
    last: IntArray = np.maximum.accumulate(np.where(seen, rows, -1), axis=0)
    return last[:-1]
