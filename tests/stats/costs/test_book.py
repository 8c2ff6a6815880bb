"""What a size would pay on a book as it stands."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.costs.books import ASKS, BIDS, MID, recorded

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadPrices, BrokenPromise
from hedgerow.stats.costs import Side, half_spread_bps, mid_price, walk


def level_by_level(levels: FloatArray, quantity: float) -> tuple[float, float]:
    """The plain twin: average price and what is left, one level after the other."""
    paid, left = 0.0, quantity
    for price, size in levels:
        taken = min(left, size)
        paid, left = paid + taken * price, left - taken
    return paid / (quantity - left) if left < quantity else math.nan, left


def test_TV35_book(vectors: dict[str, Any]) -> None:
    vector = vectors["TV35_book"]
    sold = walk(BIDS, vector["sell_qty"], side="sell", mid=MID)
    bought = walk(ASKS, vector["sell_qty"], side="buy", mid=MID)
    assert sold.vwap == pytest.approx(vector["vwap_sell"], rel=1e-9)
    assert sold.slippage_bps == pytest.approx(vector["slip_bps_sell"], rel=1e-9)
    assert bought.vwap == pytest.approx(vector["vwap_buy"], rel=1e-9)
    assert bought.slippage_bps == pytest.approx(vector["slip_bps_buy"], rel=1e-9)
    assert (sold.filled, sold.unfilled) == (vector["sell_qty"], 0.0)
    assert walk(BIDS, 10, side="sell", mid=MID).unfilled == pytest.approx(vector["unfilled_for_10"], rel=1e-9)
    assert walk(ASKS, 10, side="buy", mid=MID).unfilled == pytest.approx(6.6, rel=1e-9)
    assert half_spread_bps(BIDS, ASKS) == pytest.approx(vector["half_spread_bps"], rel=1e-9)
    assert mid_price(BIDS, ASKS) == MID


def test_what_the_book_does_not_hold_has_no_price() -> None:
    all_of_it, more = (walk(BIDS, quantity, side="sell", mid=MID) for quantity in (5.5, 1000.0))
    assert more.vwap == pytest.approx(all_of_it.vwap, rel=1e-12)
    assert more.filled == pytest.approx(5.5)
    empty = walk(np.empty((0, 2)), 3.0, side="buy", mid=MID)
    assert math.isnan(empty.vwap)
    assert math.isnan(empty.slippage_bps)
    assert (empty.filled, empty.unfilled) == (0.0, 3.0)
    nothing = walk(BIDS, 0.0, side="sell", mid=MID)
    assert math.isnan(nothing.vwap)
    assert nothing.unfilled == 0.0
    assert math.isnan(walk(BIDS, math.nan, side="sell", mid=MID).filled)


@given(st.floats(0.01, 12.0))
def test_it_is_the_walk_level_by_level(quantity: float) -> None:
    sides: tuple[tuple[Side, FloatArray], ...] = (("sell", BIDS), ("buy", ASKS))
    for side, levels in sides:
        vwap, left = level_by_level(levels, quantity)
        found = walk(levels, quantity, side=side, mid=MID)
        assert found.vwap == pytest.approx(vwap, rel=1e-12)
        assert found.unfilled == pytest.approx(left, abs=1e-12)
        assert found.slippage_bps > 0


def test_sizes_in_dollars_average_by_coin() -> None:
    """100 dollars at 50 and 100 at 100 are 3 coins for 200 dollars."""
    found = walk(np.array([[50.0, 100.0], [100.0, 100.0]]), 200.0, side="buy", mid=50.0, unit="quote")
    assert found.vwap == pytest.approx(200 / 3, rel=1e-12)
    assert found.filled == 200.0


@pytest.mark.parametrize(
    ("levels", "side", "complaint"),
    [
        (BIDS[::-1], "sell", "bids must fall"),
        (BIDS, "buy", "asks must rise"),
        (np.array([[10.0, 1.0], [10.0, 2.0]]), "buy", "asks must rise"),
        (np.array([[10.0, -1.0]]), "buy", "not positive"),
        (np.array([[math.nan, 1.0]]), "buy", "not positive"),
    ],
)
def test_a_book_out_of_order_is_refused(levels: FloatArray, side: Side, complaint: str) -> None:
    with pytest.raises(BadPrices, match=complaint):
        walk(levels, 1.0, side=side, mid=10.0)


def test_crossed_books_and_negative_sizes_are_refused() -> None:
    with pytest.raises(BadPrices, match="crossed"):
        half_spread_bps(ASKS, BIDS)
    with pytest.raises(BrokenPromise, match="never negative"):
        walk(BIDS, -1.0, side="sell", mid=MID)
    assert math.isnan(half_spread_bps(BIDS, ASKS[:0]))


@pytest.mark.market_data
def test_every_recorded_book_walks(data_dir: Path) -> None:
    books = recorded(data_dir)
    assert len(books) > 50
    for name, (bids, asks) in books.items():
        mid = mid_price(bids, asks)
        spread = half_spread_bps(bids, asks)
        sides: tuple[tuple[Side, FloatArray], ...] = (("sell", bids), ("buy", asks))
        for side, levels in sides:
            held = float(np.sum(levels[:, 1]))
            sizes = sorted((0.5 * float(levels[0, 1]), 0.1 * held, 0.5 * held, held))
            slips = [walk(levels, size, side=side, mid=mid).slippage_bps for size in sizes]
            assert slips[0] == pytest.approx(spread, rel=1e-6), name
            assert all(a <= b + 1e-9 for a, b in pairwise(slips)), name
            vwap, left = level_by_level(levels, 0.37 * held)
            found = walk(levels, 0.37 * held, side=side, mid=mid)
            assert found.vwap == pytest.approx(vwap, rel=1e-9), name
            assert (found.unfilled, left) == pytest.approx((0.0, 0.0), abs=1e-6 * held), name
            assert walk(levels, 2 * held, side=side, mid=mid).unfilled == pytest.approx(held, rel=1e-9), name


@pytest.mark.market_data
def test_an_inverse_book_counts_dollars(data_dir: Path) -> None:
    bids, asks = recorded(data_dir)["bybit_inverse_BTCUSD"]
    found = walk(bids, 8_500_000, side="sell", mid=mid_price(bids, asks), unit="quote")
    coins = bids[0, 1] / bids[0, 0] + (8_500_000 - bids[0, 1]) / bids[1, 0]
    assert bids[0, 1] < 8_500_000 < bids[0, 1] + bids[1, 1]
    assert found.vwap == pytest.approx(8_500_000 / coins, rel=1e-12)
    assert 0 < found.slippage_bps < 0.1
    assert found.unfilled == 0
    assert walk(bids, 10_000_000, side="sell", mid=found.vwap, unit="quote").unfilled == 306_245
