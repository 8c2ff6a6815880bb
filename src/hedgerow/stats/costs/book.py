"""An order book as it stands: what a size would pay, and how much of it there is (domain §10)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadPrices, BrokenPromise

__all__ = ["BASIS_POINTS", "Side", "SizeUnit", "WalkResult", "half_spread_bps", "mid_price", "walk"]

BASIS_POINTS = 1e4

Side = Literal["buy", "sell"]
SizeUnit = Literal["base", "quote"]
"""What sizes count: base coins, or dollars of the quote as inverse contracts do."""


@dataclass(frozen=True, slots=True)
class WalkResult:
    """What taking a size from a book pays.

    `slippage_bps` against the mid is positive when adverse, for buys and sells alike (in attribution, a profit, the
    sign is the other one). `filled` and `unfilled` are in the unit of the size: what the book does not hold is
    unfilled and has no price. `vwap` and `slippage_bps` are NaN where nothing fills.
    """

    vwap: float
    slippage_bps: float
    filled: float
    unfilled: float


def walk(
    levels: FloatArray, quantity: float, *, side: Side, mid: float, unit: SizeUnit = "base"
) -> WalkResult:
    """Return what a taker of `quantity` ≥ 0 pays on (n, 2) `levels` of price and size, best first.

    A sell takes bids, a buy takes asks. The average price weighs by base coins: with sizes in the quote it is
    Σd/Σ(d/p). Nothing is extrapolated beyond the book. NaN quantity gives NaN. Raises `BadPrices` for levels that are
    not best first or not positive. Domain §10, TV35.
    """
    check_shape("levels", levels, (None, 2))
    if quantity < 0.0:
        raise BrokenPromise(f"a quantity to walk is never negative, got {quantity}")
    if math.isnan(quantity):
        return WalkResult(math.nan, math.nan, math.nan, math.nan)
    prices, sizes = levels[:, 0], levels[:, 1]
    _check_levels(prices, sizes, side)
    before = np.concatenate(([0.0], np.cumsum(sizes)[:-1])) if len(sizes) else sizes
    taken = np.clip(quantity - before, 0.0, sizes)
    filled = min(float(np.sum(taken)), quantity)
    if filled == 0.0:
        return WalkResult(math.nan, math.nan, 0.0, quantity)
    vwap = (
        float(taken @ prices / np.sum(taken))
        if unit == "base"
        else float(np.sum(taken) / (taken @ (1.0 / prices)))
    )
    adverse = vwap - mid if side == "buy" else mid - vwap
    return WalkResult(vwap, adverse / mid * BASIS_POINTS, filled, max(quantity - filled, 0.0))


def mid_price(bids: FloatArray, asks: FloatArray) -> float:
    """Return the middle of best bid and best ask; NaN where a side is empty."""
    return 0.5 * float(bids[0, 0] + asks[0, 0]) if len(bids) and len(asks) else math.nan


def half_spread_bps(bids: FloatArray, asks: FloatArray) -> float:
    """Return half the distance between best bid and ask, in basis points of the mid; NaN where a side is empty.

    Raises `BadPrices` for a crossed book. Domain §10, TV35.
    """
    mid = mid_price(bids, asks)
    if math.isnan(mid):
        return math.nan
    half = 0.5 * float(asks[0, 0] - bids[0, 0])
    if half < 0.0:
        raise BadPrices(
            f"the book is crossed: bid {bids[0, 0]:g} over ask {asks[0, 0]:g}",
            advice="Take a fresh snapshot.",
        )
    return half / mid * BASIS_POINTS


def _check_levels(prices: FloatArray, sizes: FloatArray, side: Side) -> None:
    if not (np.all(prices > 0.0) and np.all(sizes >= 0.0)):
        raise BadPrices(
            "an order book has a price or a size that is not positive", advice="Drop empty levels."
        )
    steps = np.diff(prices) if side == "buy" else -np.diff(prices)
    if not np.all(steps > 0.0):
        name = "asks must rise" if side == "buy" else "bids must fall"
        raise BadPrices(f"{name} from the best price on", advice="Sort the levels and merge equal prices.")
