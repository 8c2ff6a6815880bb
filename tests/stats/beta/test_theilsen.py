from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm, theilslopes
from tests.stats.beta.panels import close, d24, gapped, panel

from hedgerow.stats.beta.theilsen import TheilSen


def test_TV08_theil_sen(vectors: dict[str, Any]) -> None:
    assert d24("theilsen").beta[0, 0] == close(vectors["TV08_robust"]["theil_sen"])


@pytest.mark.parametrize("digits", [6, 2])
def test_equals_scipy_with_sens_interval_of_one_deviation(digits: int) -> None:
    y, x = panel(80)
    y, x = np.round(gapped(y), digits), np.round(x, digits)  # two digits make ties
    fit = TheilSen(60).fit(y, x)
    for i in range(y.shape[1]):
        rows = np.flatnonzero(np.isfinite(y[:, i]))[-60:]
        slope, intercept, low, high = theilslopes(y[rows, i], x[rows, 0], alpha=2.0 * norm.cdf(1.0) - 1.0)
        assert fit.beta[i, 0] == close(slope)
        assert fit.alpha[i] == close(intercept)
        assert fit.stderr[i, 0] == close((high - low) / 2.0)


def test_its_error_is_about_what_it_misses_by() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(100, 1))
    fit = TheilSen().fit(1.3 * x + rng.standard_t(3, size=(100, 400)), x)
    assert np.std(fit.beta) == pytest.approx(np.mean(fit.stderr), rel=0.15)


def test_joint_covariance_tells_twins_from_strangers() -> None:
    y, x = panel(150, assets=2)
    twins = TheilSen().fit(np.concatenate([y, y[:, :1]], axis=1), x)
    correlation = twins.covariance / np.outer(twins.stderr, twins.stderr)
    assert correlation[0, 2] == close(1.0)
    assert 0.0 < correlation[0, 1] < 0.6
