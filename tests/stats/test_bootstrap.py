"""Block bootstrap: intervals that cover, blocks that keep dependence, draws that repeat."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.model.errors import BadInput
from hedgerow.stats.bootstrap import better, block_indices, block_interval


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
