"""The Model Confidence Set: against an outside implementation, and on models whose order is known."""

from __future__ import annotations

from typing import Any

import arch.bootstrap as untyped
import numpy as np
import pytest

from hedgerow.stats.confidence_set import model_confidence_set

outside: Any = untyped


def losses(seed: int, gaps: list[float], rows: int = 400) -> Any:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((rows, 1)) ** 2
    return shared + 0.5 * rng.standard_normal((rows, len(gaps))) ** 2 + np.array(gaps)


@pytest.mark.parametrize("seed", range(4))
def test_the_p_values_are_those_of_an_outside_implementation(seed: int) -> None:
    sample = losses(seed, [0.0, 0.01, 0.05, 0.1])
    mine = model_confidence_set(sample, draws=4000, block=8, seed=seed)
    other = outside.MCS(
        sample, size=0.1, reps=4000, block_size=8, method="max", bootstrap="circular", seed=seed
    )
    other.compute()
    theirs = other.pvalues["Pvalue"].sort_index().to_numpy()
    assert mine == pytest.approx(theirs, abs=0.05)


def test_the_worse_are_dropped_and_equals_stay() -> None:
    found = model_confidence_set(losses(1, [0.0, 0.0, 1.0]))
    assert found[2] < 0.01
    assert found[:2].max() == 1.0
    assert found[:2].min() > 0.1
    twins = losses(2, [0.0])
    np.testing.assert_array_equal(model_confidence_set(np.hstack([twins, twins])), [1.0, 1.0])
