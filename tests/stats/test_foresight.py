"""The next window's beta against statsmodels; the drift that is put in is the drift that is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as untyped
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.stats.foresight import drift, excess, next_beta, reach

sm: Any = untyped


def made(seed: int, rows: int = 60, factors: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_t(5, (rows, factors))
    return 0.001 + 1.4 * x[:, [0]] + 0.02 * rng.standard_t(5, (rows, 3)), x


@pytest.mark.parametrize("factors", [1, 2])
def test_slopes_and_errors_are_those_of_statsmodels(factors: int) -> None:
    y, x = made(1, factors=factors)
    slope, error = next_beta(y, x)
    for i in range(3):
        outside = sm.OLS(y[:, i], sm.add_constant(x)).fit(cov_type="HC1")
        assert slope[i] == pytest.approx(outside.params[1:], rel=1e-9)
        assert error[i] == pytest.approx(outside.bse[1:], rel=1e-9)


def test_an_asset_with_a_gap_is_unknown_alone() -> None:
    y, x = made(2)
    y[7, 1] = np.nan
    slope, error = next_beta(y, x)
    assert np.isnan(slope[1]).all()
    assert np.isnan(error[1]).all()
    assert np.isfinite(slope[[0, 2]]).all()
    assert np.isnan(next_beta(y[:2], x[:2])[0]).all()


def test_the_drift_that_is_put_in_is_learnt() -> None:
    """Misses of variance error² + (0.3·β)², from many windows: the prior's fifth is outvoted."""
    rng = np.random.default_rng(3)
    beta, error = rng.uniform(0.8, 2.0, 40_000), rng.uniform(0.1, 0.4, 40_000)
    miss = rng.standard_normal(40_000) * np.sqrt(error**2 + (0.3 * beta) ** 2)
    beyond = excess(miss, error, beta)
    assert drift([(beyond, 1.0)], 1000.0) == pytest.approx(0.30, abs=0.01)
    wide = 1.6448536 * np.sqrt(error**2 + (drift([(beyond, 1.0)], 1e9) * reach(beta)) ** 2)
    assert (np.abs(miss) <= wide).mean() == pytest.approx(0.90, abs=1e-3)


@given(st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=30), st.floats(0.1, 50.0))
def test_it_lies_between_the_prior_and_what_was_seen(values: list[float], windows: float) -> None:
    found = drift([(np.array(values), 1.0)], windows)
    seen = float(np.sqrt(max(float(np.quantile(values, 0.9, method="inverted_cdf")), 0.0)))
    assert min(0.2, seen) - 1e-12 <= found <= max(0.2, seen) + 1e-12


def test_without_a_past_it_is_the_prior() -> None:
    assert drift([], 0.0) == 0.2
    assert drift([(np.empty(0), 1.0)], 1.0) == 0.2


def test_what_counts_more_weighs_more() -> None:
    low, high = np.full(10, 0.01), np.full(10, 0.25)
    assert drift([(low, 50.0), (high, 1.0)], 100.0) < drift([(low, 1.0), (high, 50.0)], 100.0)
