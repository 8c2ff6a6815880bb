from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.stats.beta.panels import E, X, Y, close, panel

from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.factors import condition_number, total_beta
from hedgerow.stats.beta.ols import Ols


def test_TV13_two_factor(vectors: dict[str, Any]) -> None:
    v = vectors["TV13_two_factor"]
    both = np.concatenate([X, E], axis=1)
    fit = Ols().fit(Y, both)
    assert fit.beta[0] == close([v["beta_btc"], v["beta_eth"]])
    assert fit.r2[0] == close(v["r2"])
    assert Ols().fit(Y, X).r2[0] == close(v["r2_btc_only"])
    assert Ols().fit(E, X).beta[0, 0] == close(v["beta_eth_on_btc"])
    assert total_beta(fit.beta, both)[0] == close(v["total_btc_beta"])
    assert np.corrcoef(both.T)[0, 1] == close(v["corr_btc_eth"])
    assert condition_number(both) == pytest.approx(201.7, abs=0.05)


@pytest.mark.parametrize("factors", [2, 3])
def test_total_beta_is_the_single_factor_beta(factors: int) -> None:
    y, x = panel(factors=factors)
    assert total_beta(Ols().fit(y, x).beta, x) == close(Ols().fit(y, x[:, :1]).beta[:, 0])
    w = 0.5 ** (np.arange(len(y))[::-1] / 40)
    assert total_beta(Ewls(40).fit(y, x).beta, x, w) == close(Ewls(40).fit(y, x[:, :1]).beta[:, 0])


def test_total_beta_leaves_rows_with_holes_out() -> None:
    y, x = panel(factors=2)
    x[7, 1] = np.nan
    kept = np.isfinite(x).all(axis=1)
    assert total_beta(Ols().fit(y, x).beta, x) == close(Ols().fit(y[kept], x[kept][:, :1]).beta[:, 0])
    assert np.isnan(total_beta(np.ones((2, 2)), np.ones((9, 2)))).all()


def test_condition_number_at_the_edges() -> None:
    _, x = panel(factors=1)
    assert condition_number(x) == close(1.0)
    assert condition_number(np.concatenate([x, 2 * x], axis=1)) > 1e12
    assert np.isnan(condition_number(np.concatenate([x, np.ones_like(x)], axis=1)))
    assert np.isnan(condition_number(x[:2]))
