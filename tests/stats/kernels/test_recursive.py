"""The recursive kernels against pandas and against the plain filter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.stats.beta.kalman import kalman_filter, kalman_mle
from hedgerow.stats.kernels.recursive import ewma_beta, kalman_beta, kalman_beta_mle, kalman_loglik


def panel(rows: int, columns: int, gaps: float, seed: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_normal(rows)
    y = 1.3 * x[:, None] + 0.02 * rng.standard_normal((rows, columns))
    y[rng.random(y.shape) < gaps] = np.nan
    return y, x


PANELS = {
    "rows": st.integers(1, 300),
    "columns": st.integers(1, 5),
    "gaps": st.floats(0.0, 0.7),
    "seed": st.integers(0, 2**31),
}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(**PANELS, half_life=st.floats(2.0, 90.0))
def test_slopes_are_those_of_pandas(
    rows: int, columns: int, gaps: float, seed: int, half_life: float
) -> None:
    y, x = panel(rows, columns, gaps, seed)
    found = ewma_beta(y, x, half_life)
    for j in range(columns):
        used = np.isfinite(y[:, j])
        lead, follow = pd.Series(x[used]), pd.Series(y[used, j])
        weighted = lead.ewm(halflife=half_life)
        truth = weighted.cov(follow, bias=True) / weighted.var(bias=True)
        np.testing.assert_allclose(found[used, j][1:], truth.to_numpy()[1:], rtol=1e-7, atol=1e-9)
        assert used.sum() == 0 or np.isnan(found[used, j][0])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(**PANELS, q=st.floats(1e-8, 1e-2), r=st.floats(1e-6, 1e-2))
def test_the_filter_is_its_plain_twin(
    rows: int, columns: int, gaps: float, seed: int, q: float, r: float
) -> None:
    y, x = panel(rows, columns, gaps, seed)
    x[::17] = np.nan
    noise = np.full(columns, q), np.full(columns, r)
    truth = kalman_filter(y, np.broadcast_to(x[:, None], y.shape), *noise, 1.0, 1.0)
    beta, variance = kalman_beta(y, x, noise, 1.0, 1.0)
    np.testing.assert_allclose(beta, truth.beta, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(variance, truth.variance, rtol=1e-10)
    for j in range(columns):
        one = kalman_loglik(np.ascontiguousarray(y[:, j]), x, q, r, 1.0, 1.0)
        assert one == pytest.approx(truth.loglik[j], rel=1e-10, abs=1e-9)


def test_the_maximum_is_the_plain_one() -> None:
    y, x = panel(250, 1, 0.05, 4)
    plain, fast = kalman_mle(y[:, 0], x), kalman_beta_mle(y[:, 0], x)
    assert fast[2] == pytest.approx(plain[2], rel=1e-10)
    assert fast[:2] == pytest.approx(plain[:2], rel=1e-4)


def test_what_means_nothing_is_refused() -> None:
    y, x = panel(20, 2, 0.0, 1)
    with pytest.raises(BadInput, match="half-life"):
        ewma_beta(y, x, 0.0)
    with pytest.raises(NotEnoughData):
        kalman_beta_mle(y[:, 0], x)
