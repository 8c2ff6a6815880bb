"""The rolling kernel against its plain twin, and against arithmetic of fifty digits where sums go wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.stats.kernels.regimes import REGIMES, exact, regime

from hedgerow.model.errors import BadInput, BrokenPromise
from hedgerow.stats.kernels.plain import rolling_beta_plain
from hedgerow.stats.kernels.rolling import rolling_beta

WINDOW = 90


@pytest.mark.parametrize("name", REGIMES)
def test_no_regime_costs_more_than_the_last_digits(name: str) -> None:
    y, x = regime(name)
    found = rolling_beta(y, x, WINDOW, 60)
    rng = np.random.default_rng(5)
    for t in rng.integers(WINDOW, len(y), 200):
        j = int(rng.integers(y.shape[1]))
        rows = slice(t - WINDOW + 1, t + 1)
        assert found[t, j] == pytest.approx(exact(y[rows, j], x[rows]), rel=1e-13, abs=0.0), (t, j)


@pytest.mark.parametrize("name", REGIMES)
def test_nor_does_a_day_of_minutes_in_stretches_of_six(name: str) -> None:
    """Stretches long enough to be loud and quiet, or far from their middle, for windows on end."""
    window, rng = 1440, np.random.default_rng(5)
    y, x = regime(name, rows=20_000)
    found = rolling_beta(y, x, window, 960)
    for t in rng.integers(window, len(y), 20):
        j = int(rng.integers(y.shape[1]))
        rows = slice(t - window + 1, t + 1)
        assert found[t, j] == pytest.approx(exact(y[rows, j], x[rows]), rel=1e-13, abs=0.0), (t, j)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.integers(1, 400),
    columns=st.integers(1, 9),
    window=st.integers(10, 60),
    gaps=st.floats(0.0, 0.9),
    seed=st.integers(0, 2**31),
)
def test_the_kernel_is_its_plain_twin(rows: int, columns: int, window: int, gaps: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal(rows), rng.standard_normal((rows, columns))
    y[rng.random(y.shape) < gaps] = np.nan
    x[rng.random(rows) < gaps / 4] = np.nan
    y[rng.random(y.shape) < 0.01] = np.inf
    least = max(5, window // 2)  # of fewer rows, x may be as good as still
    found, truth = rolling_beta(y, x, window, least), rolling_beta_plain(y, x, window, least)
    lively = np.isfinite(truth)
    np.testing.assert_array_equal(np.isfinite(found), lively)
    np.testing.assert_allclose(found[lively], truth[lively], rtol=1e-9, atol=1e-9)


def test_stretches_and_blocks_leave_no_seam() -> None:
    """More rows than a stretch and more columns than a block: the same numbers as row by row."""
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal(4500), rng.standard_normal((4500, 600))
    found = rolling_beta(y, x, 40)
    for t in (2047, 2048, 2049, 4095, 4096, 4499):
        rows = slice(t - 39, t + 1)
        np.testing.assert_allclose(
            found[t], rolling_beta_plain(y[rows], x[rows], 40, 27)[-1], rtol=1e-11, atol=1e-14
        )


def test_the_future_changes_nothing() -> None:
    y, x = regime("one bad tick", rows=3000)
    whole = rolling_beta(y, x, WINDOW)
    np.testing.assert_allclose(rolling_beta(y[:1500], x[:1500], WINDOW), whole[:1500], rtol=1e-12)


def test_the_caller_may_own_the_output() -> None:
    y, x = regime("clean", rows=300)
    out = np.zeros(y.shape)
    assert rolling_beta(y, x, 50, 30, out) is out
    assert np.isnan(out[:29]).all()


def test_what_means_nothing_is_refused() -> None:
    y, x = regime("clean", rows=300)
    with pytest.raises(BadInput, match="no slope"):
        rolling_beta(y, x, 1)
    with pytest.raises(BadInput, match="no slope"):
        rolling_beta(y, x, 10, 11)
    with pytest.raises(BrokenPromise):
        rolling_beta(y, x[:-1], 10)
    with pytest.raises(BrokenPromise):
        rolling_beta(y, x, 10, out=np.zeros((2, 2)))
