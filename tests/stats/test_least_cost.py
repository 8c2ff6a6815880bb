"""The cheapest whole numbers against every combination there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.stats.least_cost import least_cost


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5))
def test_nothing_cheaper_exists(seed: int, kinds: int, count: int) -> None:
    """Costs of both signs, floors that may be out of reach, bounds of a few."""
    rng = np.random.default_rng(seed)
    cost = rng.normal(0.0, 1_000.0, kinds)
    rows = rng.normal(0.0, 1.0, (count, kinds)) * 10.0 ** rng.uniform(-1.0, 5.0, (count, 1))
    most = rng.integers(0, 5, kinds).astype(float)
    floor = (rows @ (most * rng.random(kinds))) - np.abs(rows).max(axis=1) * rng.uniform(-0.5, 1.0)
    ways = [np.array(n) for n in product(*(range(int(m) + 1) for m in most))]
    allowed = [n for n in ways if (rows @ n >= floor).all()]
    found = least_cost(cost, rows, floor, most)
    if not allowed:
        assert found is None
        return
    best = min(float(cost @ n) for n in allowed)
    assert found is not None
    assert found.proven
    assert (rows @ found.counts >= floor).all()
    assert found.cost == pytest.approx(best, rel=1e-6, abs=1e-6)


def test_nothing_is_needed_where_nothing_is_wanted() -> None:
    found = least_cost(np.array([5.0, 3.0]), np.ones((1, 2)), np.array([-1.0]), np.array([4.0, 4.0]))
    assert found is not None
    assert found.counts.tolist() == [0, 0]
