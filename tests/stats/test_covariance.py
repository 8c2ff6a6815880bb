"""The covariance behind a basket: its parts, its limits, and what a long sample says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.stats.covariance import constant_correlation_shrunk, factor_covariance, winsorised


def panel(seed: int, rows: int, coins: int, holes: float = 0.0) -> tuple[Any, Any, Any]:
    """Returns (T, M), one factor (T, 1) and the true betas (M, 1); some returns missing."""
    rng = np.random.default_rng(seed)
    factor = 0.03 * rng.standard_normal((rows, 1))
    beta = rng.uniform(0.5, 2.0, (coins, 1))
    shared = 0.02 * rng.standard_normal((rows, 1))
    returns = factor @ beta.T + shared + 0.02 * rng.standard_normal((rows, coins))
    returns[rng.random(returns.shape) < holes] = np.nan
    return returns, factor, beta


@given(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from([0.0, 0.2]), st.sampled_from([None, 30.0]))
def test_the_parts_add_up_and_each_is_a_covariance(
    seed: int, coins: int, holes: float, half_life: float | None
) -> None:
    returns, factor, beta = panel(seed, 120, coins, holes)
    found = factor_covariance(returns, factor, beta, half_life)
    assert found.market_part + found.shared_part + found.own_part == pytest.approx(found.matrix, abs=1e-15)
    for part in (found.market_part, found.shared_part, found.own_part):
        assert part == pytest.approx(part.T, abs=1e-15)
        assert np.linalg.eigvalsh(part).min() >= -1e-9 * np.abs(found.matrix).max()


def test_a_long_sample_is_what_numpy_says() -> None:
    returns, factor, beta = panel(1, 20_000, 6)
    found = factor_covariance(returns, factor, beta)
    residual = returns - factor @ beta.T
    assert found.matrix - found.market_part == pytest.approx(np.cov(residual.T, bias=True), rel=0.03)
    assert found.market_part == pytest.approx(beta * factor.var() @ beta.T, rel=0.02)
    assert found.n_eff == pytest.approx(20_000)


@given(st.integers(0, 10_000))
def test_shrinking_keeps_variances_and_brings_correlations_to_their_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    residual = rng.standard_normal((60, 8)) + 0.7 * rng.standard_normal((60, 1))
    shrunk = constant_correlation_shrunk(residual, np.ones(60))
    plain = np.asarray(np.cov(residual.T, bias=True))
    assert np.diag(shrunk) == pytest.approx(np.diag(plain), rel=1e-12)
    off = ~np.eye(8, dtype=bool)
    before, after = _correlation(plain)[off], _correlation(shrunk)[off]
    assert after.mean() == pytest.approx(before.mean(), abs=1e-12)
    assert after.std() <= before.std() + 1e-12


def _correlation(matrix: Any) -> Any:
    deviation = np.sqrt(np.diag(matrix))
    return matrix / deviation[:, None] / deviation[None, :]


def test_shrinking_comes_nearer_to_the_truth_where_correlations_are_alike() -> None:
    truth = 0.4 + 0.6 * np.eye(20)
    root = np.linalg.cholesky(truth)
    missed = np.zeros(2)
    for seed in range(20):
        residual = np.random.default_rng(seed).standard_normal((80, 20)) @ root.T
        for i, guess in enumerate((np.cov(residual.T), constant_correlation_shrunk(residual, np.ones(80)))):
            missed[i] += float(((guess - truth) ** 2).sum())
    assert missed[1] < 0.7 * missed[0]


def test_one_bad_print_does_not_make_a_coin_wild() -> None:
    returns, _, _ = panel(3, 200, 3)
    spoilt = returns.copy()
    spoilt[50, 1] = 9.0
    assert winsorised(spoilt)[:, 1].std() < 1.1 * returns[:, 1].std()
    assert np.isnan(winsorised(np.array([[np.nan], [1.0], [2.0]]))[0, 0])


def test_a_factor_among_the_columns_has_no_risk_of_its_own() -> None:
    returns, factor, beta = panel(4, 200, 3)
    found = factor_covariance(np.hstack([factor, returns]), factor, np.vstack([[[1.0]], beta]))
    assert found.own_part[0] + found.shared_part[0] == pytest.approx(0.0, abs=1e-15)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.2]))
def test_correlations_can_be_of_a_longer_memory_than_deviations(seed: int, holes: float) -> None:
    returns, factor, beta = panel(seed, 120, 6, holes)
    fast, slow = (factor_covariance(returns, factor, beta, life) for life in (20.0, 60.0))
    mixed = factor_covariance(returns, factor, beta, 20.0, 60.0)
    assert mixed.market_part == pytest.approx(fast.market_part)
    left = [found.shared_part + found.own_part for found in (fast, slow, mixed)]
    assert np.diag(left[2]) == pytest.approx(np.diag(left[0]))
    assert _correlation(left[2]) == pytest.approx(_correlation(left[1]), abs=1e-12)
    for part in (mixed.shared_part, mixed.own_part):
        assert np.linalg.eigvalsh(part).min() >= -1e-9 * np.abs(mixed.matrix).max()
