"""Block bootstrap: intervals that cover, blocks that keep dependence, draws that repeat."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.model.errors import BadInput
from hedgerow.stats.bootstrap import better, block_indices, block_interval, block_sums, interval_of


def mean(values: np.ndarray) -> float:
    return float(values.mean())


def test_blocks_are_consecutive_and_wrap_around() -> None:
    drawn = block_indices(10, 4, 50, 1)
    assert drawn.shape == (50, 10)
    steps = np.diff(drawn[:, :4], axis=1) % 10
    assert (steps == 1).all()
    np.testing.assert_array_equal(drawn, block_indices(10, 4, 50, 1))
    assert not np.array_equal(drawn, block_indices(10, 4, 50, 2))


def test_an_interval_of_the_mean_covers_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).standard_normal(300)
        found = block_interval(values, mean, draws=199, seed=seed)
        covered += found.low <= 0.0 <= found.high
    assert 0.83 <= covered / 200 <= 0.95


def test_dependent_rows_have_wider_intervals_in_blocks() -> None:
    rng = np.random.default_rng(1)
    values = np.convolve(rng.standard_normal(2000), np.ones(10), mode="valid")
    alone = block_interval(values, mean, block=1)
    blocks = block_interval(values, mean, block=40)
    assert blocks.high - blocks.low > 2 * (alone.high - alone.low)


def test_a_hedge_that_is_better_is_found_and_one_that_is_not_is_not() -> None:
    rng = np.random.default_rng(2)
    book, noise = rng.standard_normal(500), rng.standard_normal(500)
    good, bad = 0.3 * noise, 0.6 * noise
    assert better(book, good, bad).low > 0
    same = better(book, good, 0.3 * rng.standard_normal(500))
    assert same.low < 0 < same.high


def test_too_few_rows_have_no_bounds() -> None:
    found = block_interval(np.ones(5), mean)
    assert (found.middle, np.isnan(found.low)) == (1.0, True)
    with pytest.raises(BadInput, match="at least 1"):
        block_indices(0, 1, 1, 0)


def test_sums_of_blocks_are_sums_of_consecutive_rows() -> None:
    """One block of 4 out of 4 rows: every draw is the whole, wherever it begins; of 1, any row."""
    terms = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [8.0, 80.0]])
    np.testing.assert_allclose(block_sums(terms, block=4, draws=20), np.tile(terms.sum(axis=0), (20, 1)))
    pairs = {1.0 + 2.0, 2.0 + 4.0, 4.0 + 8.0, 8.0 + 1.0}
    drawn = block_sums(terms, block=2, draws=200)
    assert {float(total) for total in drawn[:, 0]} == {a + b for a in pairs for b in pairs}
    np.testing.assert_allclose(drawn[:, 1], 10.0 * drawn[:, 0])


def test_an_interval_from_sums_is_that_from_rows() -> None:
    values = np.random.default_rng(5).standard_normal(600)
    sums = block_sums(np.column_stack([np.ones(600), values]), block=10, draws=999)
    fast = interval_of(float(values.mean()), sums[:, 1] / sums[:, 0])
    plain = block_interval(values, mean, block=10)
    assert fast.low == pytest.approx(plain.low, abs=0.01)
    assert fast.high == pytest.approx(plain.high, abs=0.01)


def test_sums_without_rows_and_draws_without_numbers() -> None:
    with pytest.raises(BadInput):
        block_sums(np.empty((0, 2)), block=3)
    assert np.isnan(interval_of(1.0, np.array([np.nan])).low)
