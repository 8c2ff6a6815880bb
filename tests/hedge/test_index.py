"""An index as a factor: weights of their own time, gaps as gaps, and no look into the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.hedge.index import IndexWeights, with_index
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market

DAY = np.timedelta64(1, "D")
START = np.datetime64("2025-01-01T00:00", "ms")


def market_of(prices: FloatArray, symbols: tuple[str, ...] = ("BTC", "ETH")) -> Market:
    times = START + np.arange(len(prices)) * DAY
    return Market(times, symbols, prices, np.full(prices.shape, np.nan), 24.0, times[-1])


def weights_of(
    *rows: tuple[int, tuple[float, ...]], symbols: tuple[str, ...] = ("BTC", "ETH")
) -> IndexWeights:
    return IndexWeights(
        np.array([START + day * DAY for day, _ in rows]), symbols, np.array([row for _, row in rows])
    )


def levels(market: Market) -> FloatArray:
    return market.prices[:, market.symbols.index("INDEX")]


def test_moves_by_its_weights() -> None:
    market = market_of(np.array([[100.0, 10.0], [110.0, 10.0], [110.0, 12.0]]))
    found = levels(with_index(market, weights_of((0, (3.0, 1.0)))))
    assert found == pytest.approx([100.0, 107.5, 107.5 * 1.05])


def test_a_weight_counts_from_its_own_time_on() -> None:
    market = market_of(np.array([[100.0, 10.0], [110.0, 10.0], [121.0, 10.0], [121.0, 20.0]]))
    found = levels(with_index(market, weights_of((0, (1.0, 0.0)), (2, (0.0, 1.0)))))
    assert found == pytest.approx([100.0, 110.0, 121.0, 242.0])
    late = levels(with_index(market, weights_of((1, (1.0, 0.0)))))
    assert np.isnan(late[0])
    assert late[1:] == pytest.approx([100.0, 110.0, 110.0])


def test_an_index_of_one_coin_is_that_coin() -> None:
    prices = np.array([[100.0, 1.0], [np.nan, 2.0], [130.0, 3.0], [91.0, 4.0]])
    found = levels(with_index(market_of(prices), weights_of((0, (1.0, 0.0)))))
    assert found == pytest.approx(prices[:, 0], nan_ok=True)


def test_a_bar_without_most_of_its_members_is_a_gap() -> None:
    prices = np.array([[100.0, 10.0], [np.nan, 11.0], [120.0, 12.0]])
    half = levels(with_index(market_of(prices), weights_of((0, (1.0, 1.0)))))
    assert np.isnan(half[1])
    assert half[2] == pytest.approx(120.0)
    most = levels(with_index(market_of(prices), weights_of((0, (1.0, 9.0)))))
    assert most[1] == pytest.approx(110.0)


def test_members_that_the_market_lacks_count_as_missing() -> None:
    market = market_of(np.array([[100.0], [110.0]]), ("BTC",))
    assert levels(with_index(market, weights_of((0, (9.0, 1.0))))) == pytest.approx([100.0, 110.0])
    with pytest.raises(NotEnoughData):
        with_index(market, weights_of((0, (1.0, 1.0))))


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(UsageError):
        with_index(market_of(np.ones((3, 2))), weights_of((0, (1.0, 1.0))), name="BTC")


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_nothing_later_changes_what_was(cut: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    prices = np.exp(np.cumsum(rng.normal(0.0, 0.05, (14, 2)), axis=0))
    prices[rng.random(prices.shape) < 0.1] = np.nan
    prices[0] = 1.0
    weights = weights_of((0, (1.0, 2.0)), (5, (2.0, 1.0)), (9, (0.5, 0.5)))
    whole = market_of(prices)
    part = market_of(prices[:cut])
    early = IndexWeights(
        weights.times[weights.times <= part.as_of],
        weights.symbols,
        weights.weights[weights.times <= part.as_of],
    )
    full = levels(with_index(whole, weights))[:cut]
    if np.isfinite(full).sum() >= 2:
        np.testing.assert_array_equal(levels(with_index(part, early)), full)
