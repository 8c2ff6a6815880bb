from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from tests.golden.datasets import D24_X, D24_Y
from tests.stats.beta.panels import X, Y, close, d24, gapped, panel

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.lagged import Dimson, ScholesWilliams, shifted
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.welch import Welch


def test_TV07_async(vectors: dict[str, Any]) -> None:
    v = vectors["TV07_async"]
    assert d24("dimson:1(ols)").beta[0, 0] == close(v["dimson_1lag_only_sum"])
    assert d24("dimson:1(ols)").n[0] == 23
    assert d24("sw").beta[0, 0] == close(v["scholes_williams"])
    assert d24("sw").n[0] == 22
    around = np.column_stack([shifted(Y, X, by) for by in (1, 0, -1)])
    both = Ols().fit(Y, around).beta[0]
    assert both == close([v["dimson_lag"], v["dimson_0"], v["dimson_lead"]])
    assert both.sum() == close(v["dimson_sum"])
    inside = slice(1, -1)
    slopes = [Ols().fit(Y[inside], around[inside, [k]][:, None]).beta[0, 0] for k in range(3)]
    assert slopes == close([v["sw_beta_m1"], v["sw_beta_0"], v["sw_beta_p1"]])
    assert np.corrcoef(D24_X[1:], D24_X[:-1])[0, 1] == close(v["rho1"])
    assert slopes[1] != pytest.approx(Ols().fit(Y, X).beta[0, 0], rel=1e-3)
    assert len(D24_Y) == 24


@pytest.mark.parametrize("kind", ["ols", "hac"])
def test_dimson_is_the_sum_of_slopes_with_its_error(kind: str) -> None:
    y, x = panel(factors=2)
    fit = Dimson(2, Ols(150, "hac" if kind == "hac" else "ols")).fit(y, x)
    lagged = np.column_stack([np.roll(x, lag, axis=0) for lag in range(3)])[-150:]
    options: dict[str, Any] = (
        {"cov_type": "HAC", "cov_kwds": {"maxlags": 4, "use_correction": True}} if kind == "hac" else {}
    )
    for i in range(y.shape[1]):
        done = sm.OLS(y[-150:, i], sm.add_constant(lagged)).fit(**options)
        for k in range(2):
            summed = np.zeros(7)
            summed[[1 + k, 3 + k, 5 + k]] = 1.0
            assert fit.beta[i, k] == close(summed @ done.params)
            assert fit.stderr[i, k] == close(np.sqrt(summed @ done.cov_params() @ summed))
    assert fit.covariance.shape == (10, 10)


def test_dimson_finds_the_beta_that_a_stale_stamp_hides() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2000, 1))
    y = 0.7 * x + 0.5 * np.roll(x, 1, axis=0) + 0.1 * rng.normal(size=(2000, 1))
    y[0] = np.nan
    assert Ols().fit(y, x).beta[0, 0] == pytest.approx(0.7, abs=0.05)
    assert Dimson(1, Huber()).fit(y, x).beta[0, 0] == pytest.approx(1.2, abs=0.05)


def test_dimson_of_one_factor_estimators_is_refused() -> None:
    y, x = panel()
    with pytest.raises(UsageError, match="welch knows one factor"):
        Dimson(1, Welch()).fit(y, x)


def test_own_factors_are_shifted_by_an_assets_own_returns() -> None:
    y, x = panel(12, assets=1)
    y[5] = np.nan
    own = shifted(y, x[:, None, :], 1)[:, 0, 0]
    assert np.isnan(own[[0, 5]]).all()
    assert own[6] == x[4, 0]
    assert shifted(y, x, 1)[6] == x[5]
    assert shifted(y, x[:, None, :], -1)[4, 0, 0] == x[6, 0]
    assert np.isnan(shifted(y, x[:, None, :], 20)).all()
    assert np.isnan(shifted(y, x, -20)).all()


def plain_sw(y: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> float:
    slopes = sum(np.polyfit(f, y[1:-1], 1)[0] for f in (x[:-2], x[1:-1], x[2:]))
    return float(slopes / (1.0 + 2.0 * np.corrcoef(x[1:], x[:-1])[0, 1]))


def test_scholes_williams_in_a_window_is_the_plain_formula_on_it() -> None:
    y, x = panel()
    fit = ScholesWilliams(90).fit(y, x)
    assert fit.beta[:, 0] == close([plain_sw(y[-90:, i], x[-90:, 0]) for i in range(y.shape[1])])


def test_error_of_scholes_williams_is_the_jackknifes() -> None:
    y, x = panel(400, assets=3)
    fit = ScholesWilliams().fit(y, x)
    blocks = [np.delete(np.arange(400), slice(start, start + 5)) for start in range(0, 400, 5)]
    without = np.array([[plain_sw(y[rows, i], x[rows, 0]) for i in range(3)] for rows in blocks])
    spread = np.sqrt((len(blocks) - 1) / len(blocks) * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    assert fit.stderr[:, 0] == pytest.approx(spread, rel=0.35)


def test_scholes_williams_with_gaps_and_own_factors() -> None:
    y, x = panel(assets=3)
    y = gapped(y)
    own = ScholesWilliams().fit(y, np.repeat(x[:, None, :], 3, axis=1))
    rows = np.flatnonzero(np.isfinite(y[:, 0]))
    assert own.beta[0, 0] == close(plain_sw(y[rows, 0], x[rows, 0]))
    assert np.isfinite(ScholesWilliams(errors="hac").fit(y, x).stderr).all()
