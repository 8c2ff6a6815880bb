"""Data no market would send: every estimator answers with a number or NaN, never infinity, never a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stats.beta.panels import close, gapped, panel

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.regression import joint_covariance, lag_length, moves
from hedgerow.stats.beta.spec import estimator

SPECS = [
    *(
        "ols",
        "ols@hac",
        "ols:4@sandwich",
        "ewls:2",
        "ewls:0.3:5",
        "huber",
        "huber:3:6",
        "welch",
        "bswa:4",
        "theilsen",
    ),
    *("downside:mean", "downside:conditional", "downside:lpm", "sw", "sw@hac", "hy", "kalman", "kalman:each"),
    *("kalman:0.01:0.0001", "dimson:1(ols)", "dimson:1(huber)", "shrink(ols)", "blume(ewls:5)"),
]
odd = st.sampled_from([0.0, 0.0, 0.01, -0.01, 0.02, 1e-9, -3e-5, 0.5, np.nan, np.inf])


@pytest.mark.parametrize("spec", SPECS)
@settings(max_examples=30)
@given(data=st.data(), rows=st.integers(0, 34))
def test_odd_returns_give_numbers_or_nan(spec: str, data: Any, rows: int) -> None:
    cells = data.draw(st.lists(odd, min_size=3 * rows, max_size=3 * rows))
    both = np.array(cells, dtype=float).reshape(rows, 3)
    y, x = both[:, :2], both[:, 2:]
    made = estimator(spec)
    fit, path = made.fit(y, x), made.path(y, x)
    for values in (
        fit.beta,
        fit.stderr,
        fit.alpha,
        fit.r2,
        fit.covariance,
        fit.resid_vol,
        path.beta,
        path.stderr,
    ):
        assert not np.isinf(values).any()
    assert (np.isnan(fit.beta) == np.isnan(fit.stderr)).all()
    assert np.isnan(fit.beta[fit.n < 3]).all()
    if rows:
        assert (np.isnan(path.beta[-1]) == np.isnan(fit.beta)).all()


def test_collinear_factors_have_no_betas() -> None:
    y, x = panel()
    assert np.isnan(Ols().fit(y, np.concatenate([x, -2.0 * x], axis=1)).beta).all()
    assert np.isnan(Ols().fit(y, np.concatenate([x, np.full_like(x, 0.01)], axis=1)).beta).all()
    assert np.isfinite(Ols().fit(y, np.concatenate([x, 1e-9 * panel(seed=5)[1]], axis=1)).beta).all()


@pytest.mark.parametrize("shape", [(200,), (199, 1), (200, 4, 1), (200, 1, 1, 1)])
def test_shapes_that_do_not_fit_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(BrokenPromise, match="x has shape"):
        Ols().fit(panel()[0], np.zeros(shape))


@pytest.mark.parametrize(
    ("values", "moving"),
    [
        ([0.1, 0.1, 0.1], False),
        ([0.0, 0.0, 0.0], False),
        ([0.0, 0.0, 1e-300], True),
        ([1, 1 + 1e-15, 1], False),
    ],
)
def test_rounding_is_no_motion(values: list[float], moving: bool) -> None:
    x = np.array(values, dtype=float)[:, None]
    assert moves(x, np.ones_like(x, dtype=bool))[0] == moving
    assert not moves(x, np.zeros_like(x, dtype=bool))[0]


def test_hac_of_an_asset_does_not_depend_on_its_company() -> None:
    y, x = panel(700, assets=6)
    y = gapped(y)
    y[:620, 1] = np.nan
    fit = Ols(errors="hac").fit(y, x)
    for i in range(6):
        assert fit.stderr[i] == close(Ols(errors="hac").fit(y[:, [i]], x).stderr[0])
    assert lag_length(int(fit.n[1])) < lag_length(int(fit.n[0]))
    assert np.linalg.eigvalsh(fit.covariance)[0] > 0


def test_hac_is_bartletts_sum() -> None:
    psi = np.random.default_rng(1).normal(size=(300, 4))
    lags = lag_length(300)
    want = psi.T @ psi
    for lag in range(1, lags + 1):
        crossed = psi[lag:].T @ psi[:-lag]
        want += (1.0 - lag / (lags + 1.0)) * (crossed + crossed.T)
    assert joint_covariance(psi, np.full(4, 300), "hac") == close(want)
    assert [lag_length(n) for n in (0, 1, 2, 24, 100, 365)] == [0, 0, 1, 2, 4, 5]
