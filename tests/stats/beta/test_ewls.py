from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.stats.beta.panels import X, Y, close, d24, gapped, panel

from hedgerow.stats.beta.ewls import Ewls, decay, riskmetrics
from hedgerow.stats.beta.regression import fit_lines


def test_TV05_EWMA(vectors: dict[str, Any]) -> None:
    v = vectors["TV05_EWMA"]
    fit = d24("ewls:10")
    w = decay(np.ones_like(Y, dtype=bool), v["halflife"])
    assert fit.beta[0, 0] == close(v["beta_weighted_mean"])
    assert fit.n_eff[0] == close(v["n_eff"])
    assert w[-2, 0] == close(v["lam"])
    assert fit_lines(Y, X[:, None], w, centred=False).beta[0, 0] == close(v["beta_zero_mean"])
    assert riskmetrics(Y, X[:, 0])[0] == close(v["riskmetrics_094_zero_mean_init_first"])


def test_equals_weighted_least_squares_and_pandas() -> None:
    y, x = panel()
    w = 0.5 ** (np.arange(len(y))[::-1] / 25.0)
    fit, classical = Ewls(25).fit(y, x), Ewls(25, errors="ols").fit(y, x)
    for i in range(y.shape[1]):
        done = sm.WLS(y[:, i], sm.add_constant(x), weights=w).fit()
        assert fit.beta[i, 0] == close(done.params[1])
        assert fit.alpha[i] == close(done.params[0])
        assert fit.r2[i] == close(done.rsquared)
        assert classical.stderr[i, 0] == close(done.bse[1])
        assert fit.stderr[i, 0] == close(done.get_robustcov_results("HC0").bse[1])
        ewm = pd.DataFrame({"x": x[:, 0], "y": y[:, i]}).ewm(halflife=25)
        moments = ewm.cov(bias=True).to_numpy(dtype=float)[-2:]
        assert fit.beta[i, 0] == close(moments[0, 1] / moments[0, 0])


def test_age_counts_an_assets_own_returns() -> None:
    y, x = panel(assets=2)
    y = gapped(y)
    fit = Ewls(20, 50).fit(y, x)
    for i in range(2):
        own = np.flatnonzero(np.isfinite(y[:, i]))
        assert fit.beta[i] == close(Ewls(20, 50).fit(y[own][:, [i]], x[own]).beta[0])


def test_newest_first_is_another_beta_so_order_matters() -> None:
    y, x = panel()
    assert Ewls(20).fit(y[::-1], x[::-1]).beta != pytest.approx(Ewls(20).fit(y, x).beta, rel=1e-3)


def test_long_half_life_is_least_squares_and_a_short_one_survives() -> None:
    y, x = panel()
    assert Ewls(1e9).fit(y, x).beta == pytest.approx(Ewls(1e6).fit(y, x).beta, rel=1e-3)
    assert np.isfinite(Ewls(0.5).fit(y, x).beta).all()


def test_riskmetrics_is_the_recursion() -> None:
    y, x = panel(40)
    y = gapped(y)
    for i in range(y.shape[1]):
        rows = np.flatnonzero(np.isfinite(y[:, i]))
        cross, square = y[rows[0], i] * x[rows[0], 0], x[rows[0], 0] ** 2
        for t in rows[1:]:
            cross = 0.94 * cross + 0.06 * y[t, i] * x[t, 0]
            square = 0.94 * square + 0.06 * x[t, 0] ** 2
        assert riskmetrics(y, x[:, 0])[i] == close(cross / square)
    assert np.isnan(riskmetrics(y, np.zeros(40))).all()
