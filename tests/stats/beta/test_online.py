"""Betas bar by bar are those of the whole past, and a bar costs what a bar costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BrokenPromise, UsageError
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.online import OnlineBeta
from hedgerow.stats.beta.prefix import path_by_fits

QUICK = settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
ESTIMATORS = (
    Ols(7),
    Ols(20),
    Ols(),
    Ols(9, "sandwich"),
    Ewls(5.0, 16),
    Ewls(4.0, 12, "ols"),
    Ewls(6.0),
    Ewls(1.0, 40),
)


def panel(seed: int, rows: int = 60, assets: int = 6) -> tuple[FloatArray, FloatArray]:
    """Returns with what happens to returns: gaps, wild ticks, a coin that stands still, one that is the factor, one that begins late."""
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_normal(rows)
    y = 1.2 * x[:, None] + 0.02 * rng.standard_normal((rows, assets))
    y[rng.random(y.shape) < 0.15] = np.nan
    x[rng.random(rows) < 0.05] = np.nan
    y[rng.integers(rows), rng.integers(assets)] = 1e6 * rng.standard_normal()
    y[:, 1] = np.where(np.arange(rows) > rows // 2, 0.0, y[:, 1])
    y[:, 2] = 2.0 * x
    y[: rows // 3, 3] = np.nan
    return y, x


def told(estimator: Ols | Ewls, y: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    online = OnlineBeta(estimator, y.shape[1])
    rows = []
    for bar, factor in zip(y, x, strict=True):
        online.add(bar, factor)
        rows.append((online.beta.copy(), online.stderr.copy(), online.n.astype(float)))
    beta, stderr, n = (np.array(part) for part in zip(*rows, strict=True))
    return beta, stderr, n


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: f"{e.spec}@{e.errors}")
@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_every_bar_tells_what_the_path_of_all_bars_tells(estimator: Ols | Ewls, seed: int) -> None:
    y, x = panel(seed)
    beta, stderr, n = told(estimator, y, x)
    path = estimator.path(y, x[:, None])
    np.testing.assert_allclose(beta, path.beta[:, :, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(stderr, path.stderr[:, :, 0], rtol=1e-9, atol=1e-12)
    used = np.cumsum(np.isfinite(y) & np.isfinite(x)[:, None], axis=0)
    np.testing.assert_array_equal(n, used)


@pytest.mark.parametrize("estimator", [Ols(10), Ewls(4.0, 12)], ids=lambda e: e.spec)
def test_every_bar_tells_what_a_fit_of_its_past_tells(estimator: Ols | Ewls) -> None:
    y, x = panel(5)
    beta, stderr, _ = told(estimator, y, x)
    plain = path_by_fits(estimator, y, x[:, None])
    np.testing.assert_allclose(beta, plain.beta[:, :, 0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(stderr, plain.stderr[:, :, 0], rtol=1e-9, atol=1e-12)


def test_over_years_of_bars_no_digit_is_lost() -> None:
    rng = np.random.default_rng(3)
    x = 0.03 * rng.standard_normal(20_000)
    y = 1.3 * x[:, None] + 0.02 * rng.standard_normal((20_000, 3))
    y[5_000, 0], y[9_000, 1] = 1e6, -1e7
    online = OnlineBeta(Ols(90), 3)
    for bar, factor in zip(y, x, strict=True):
        online.add(bar, factor)
    last = Ols(90).fit(y[-90:], x[-90:, None])
    np.testing.assert_allclose(online.beta, last.beta[:, 0], rtol=1e-12)
    np.testing.assert_allclose(online.stderr, last.stderr[:, 0], rtol=1e-12)


def test_assets_may_have_factor_returns_of_their_own() -> None:
    rng = np.random.default_rng(4)
    x = 0.03 * rng.standard_normal((50, 4))
    y = 0.8 * x + 0.01 * rng.standard_normal((50, 4))
    online = OnlineBeta(Ols(20), 4)
    for bar, factor in zip(y, x, strict=True):
        online.add(bar, factor)
    path = Ols(20).path(y, x[:, :, None])
    np.testing.assert_allclose(online.beta, path.beta[-1, :, 0], rtol=1e-9)


def test_what_cannot_be_brought_up_to_date_is_refused() -> None:
    with pytest.raises(UsageError, match="huber"):
        OnlineBeta(Huber(60.0, 300), 3)
    with pytest.raises(UsageError, match="hac"):
        OnlineBeta(Ols(90, "hac"), 3)
    with pytest.raises(BrokenPromise):
        OnlineBeta(Ols(90), 3).add(np.zeros(2), 0.0)
