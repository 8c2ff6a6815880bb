"""How much of the best of many is luck."""

from __future__ import annotations

import numpy as np
import pytest

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.selection import luck_of_the_best, variance_draws


def test_draws_are_the_variances_of_resampled_days() -> None:
    rng = np.random.default_rng(1)
    returns = rng.standard_normal((200, 3)) * [1.0, 2.0, 0.5] + 5.0
    drawn = variance_draws(returns, draws=300, seed=2)
    assert drawn.shape == (300, 3)
    np.testing.assert_allclose(drawn.mean(axis=0), returns.var(axis=0), rtol=0.05)
    same = variance_draws(np.column_stack([returns[:, 0], returns[:, 0]]), seed=2)
    np.testing.assert_allclose(same[:, 0], same[:, 1])


def test_one_try_has_no_luck_and_of_many_alike_most_of_it_is_found() -> None:
    """Of many tries with the same true variance the best is best by luck alone; a bootstrap sees most of that."""
    rng = np.random.default_rng(3)
    deflated, raw = [], []
    for seed in range(40):
        returns = rng.standard_normal((250, 30))
        losses = returns.var(axis=0)
        drawn = variance_draws(returns, block=1, draws=199, seed=seed)
        raw.append(losses.min() - 1.0)
        deflated.append(losses.min() + luck_of_the_best(drawn, losses) - 1.0)
    assert np.mean(raw) < -0.12
    assert np.mean(raw) / 2.0 < np.mean(deflated) < 0.05
    alone = rng.standard_normal((250, 1))
    assert luck_of_the_best(variance_draws(alone, seed=0), alone.var(axis=0)) < 0.02


def test_a_try_far_better_than_the_others_owes_nothing_to_luck() -> None:
    rng = np.random.default_rng(4)
    returns = rng.standard_normal((400, 20))
    returns[:, 7] *= 0.1
    losses = returns.var(axis=0)
    assert luck_of_the_best(variance_draws(returns, seed=1), losses) < 0.002


def test_shapes_that_do_not_fit_are_a_defect() -> None:
    with pytest.raises(BrokenPromise):
        luck_of_the_best(np.zeros((10, 3)), np.zeros(4))
