from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from tests.stats.beta.panels import X, Y, close, d24, gapped, panel

from hedgerow.model.errors import UsageError
from hedgerow.stats.beta.welch import Welch, winsorised


def test_TV12_welch(vectors: dict[str, Any]) -> None:
    v = vectors["TV12_welch"]
    assert d24("welch").beta[0, 0] == close(v["bsw"])
    assert d24("bswa:10").beta[0, 0] == close(v["bswa_hl10"])
    assert (winsorised(Y, X) != Y).sum() == v["n_winsorized"]


def test_bounds_turn_with_the_sign_of_the_factor() -> None:
    x = np.array([[0.01], [-0.01], [0.0], [0.02]])
    y = np.array([[0.10], [-0.10], [0.05], [-0.90]])
    assert winsorised(y, x)[:, 0].tolist() == [0.04, -0.04, 0.0, -0.04]


def test_equals_statsmodels_on_clipped_returns() -> None:
    y, x = panel()
    y = gapped(3.0 * y)
    fit = Welch(30, 90, errors="ols").fit(y, x)
    for i in range(y.shape[1]):
        rows = np.flatnonzero(np.isfinite(y[:, i]))[-90:]
        f = x[rows, 0]
        clipped = np.clip(y[rows, i], np.minimum(-2 * f, 4 * f), np.maximum(-2 * f, 4 * f))
        done = sm.WLS(clipped, sm.add_constant(f), weights=0.5 ** (np.arange(90)[::-1] / 30)).fit()
        assert (fit.alpha[i], fit.beta[i, 0]) == close(tuple(done.params))
        assert fit.stderr[i, 0] == close(done.bse[1])


def test_residuals_are_of_the_return_that_was() -> None:
    y, x = panel()
    y[50] += 0.7
    fit = Welch().fit(y, x)
    assert fit.residuals == close(y - fit.alpha - fit.beta[:, 0] * x)
    assert fit.resid_vol == close(np.sqrt(np.mean(fit.residuals**2, axis=0)))


def test_knows_one_factor() -> None:
    y, x = panel(factors=2)
    for verb in (Welch().fit, Welch(20).path):
        with pytest.raises(UsageError, match="knows one factor, not 2"):
            verb(y, x)
