from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from tests.golden.datasets import d200
from tests.stats.beta.panels import X, Y, close, gapped, panel

from hedgerow.model.errors import NotEnoughData
from hedgerow.stats.beta.kalman import Kalman, kalman_filter, kalman_mle, learning_rows
from hedgerow.stats.beta.ols import Ols


def test_TV09_kalman(vectors: dict[str, Any]) -> None:
    v = vectors["TV09_kalman"]
    done = kalman_filter(Y, X, np.array([v["Q"]]), np.array([v["R"]]), v["b0"], v["P0"])
    assert done.beta[[0, 9, 23], 0] == close([v["beta_1"], v["beta_10"], v["beta_T"]])
    assert done.variance[-1, 0] == close(v["P_T"])
    assert done.loglik[0] == close(v["loglik"])


def test_TV09b_kalman_mle_D200(vectors: dict[str, Any]) -> None:
    v = vectors["TV09b_kalman_mle_D200"]
    x, y, true = d200()
    q, r, loglik = kalman_mle(y, x)
    assert [q, r] == pytest.approx([v["Q_hat"], v["R_hat"]], rel=1e-6)
    assert loglik == close(v["loglik"])
    done = kalman_filter(y[:, None], x[:, None], np.array([q]), np.array([r]), 1.0, 1.0)
    assert done.beta[-1, 0] == pytest.approx(v["beta_T"], rel=1e-7)
    assert q * x.var() / r == pytest.approx(v["signal_to_noise"], rel=2e-6)
    assert Ols().fit(y[:, None], x[:, None]).beta[0, 0] == close(v["ols_beta"])
    assert true[-1] == close(v["true_beta_T"])


def test_likelihood_is_that_of_the_joint_normal() -> None:
    done = kalman_filter(Y, X, np.array([0.02]), np.array([5e-4]), 1.2, 0.5)
    steps = np.minimum.outer(np.arange(1, 25), np.arange(1, 25))
    spread = X @ X.T * (0.5 + 0.02 * steps) + 5e-4 * np.eye(24)
    off = Y[:, 0] - 1.2 * X[:, 0]
    _, size = np.linalg.slogdet(2 * np.pi * spread)
    assert done.loglik[0] == close(-0.5 * (size + off @ np.linalg.solve(spread, off)))


def test_without_walking_it_is_recursive_least_squares() -> None:
    y, x = panel(assets=1)
    done = kalman_filter(y, x, np.zeros(1), np.ones(1), 0.0, 1e12)
    recursive = sm.RecursiveLS(y[:, 0], x).fit()
    assert done.beta[20:, 0] == pytest.approx(recursive.recursive_coefficients.filtered[0][20:], rel=1e-6)


def test_learning_rests_between_a_half_more() -> None:
    assert [learning_rows(n) for n in (0, 29, 30, 44, 45, 67, 68, 300)] == [0, 0, 30, 30, 45, 45, 68, 228]


def test_pooled_learning_finds_how_fast_betas_move() -> None:
    rng = np.random.default_rng(8)
    x = 0.03 * rng.normal(size=(342, 1))
    walk = 1.0 + np.cumsum(0.08 * rng.normal(size=(342, 20)), axis=0)
    y = walk * x + 0.02 * rng.normal(size=walk.shape)
    fit, static = Kalman().fit(y, x), Ols().fit(y, x)
    missed = [float(np.sqrt(np.mean((f.beta[:, 0] - walk[-1]) ** 2))) for f in (fit, static)]
    assert missed[0] < 0.5 * missed[1]
    assert missed[0] == pytest.approx(float(np.mean(fit.stderr)), rel=0.4)
    assert (fit.n_eff < 60).all()


def test_each_learns_for_itself() -> None:
    rng = np.random.default_rng(8)
    x = 0.03 * rng.normal(size=(342, 1))
    walk = np.column_stack([1.0 + np.cumsum(0.1 * rng.normal(size=342)), np.full(342, 1.3)])
    each = Kalman("each").fit(walk * x + 0.02 * rng.normal(size=walk.shape), x)
    assert each.n_eff[0] < 60
    assert each.n_eff[1] > 200


def test_still_betas_are_least_squares_through_zero() -> None:
    y, x = panel(assets=3)
    fit = Kalman(noise=(1e-20, 4e-4)).fit(y, x)
    assert fit.beta[:, 0] == pytest.approx((x[:, 0] @ y) / (x[:, 0] @ x[:, 0]), rel=1e-6)
    assert fit.stderr[:, 0] == pytest.approx(np.sqrt(4e-4 / (x[:, 0] @ x[:, 0])), rel=1e-6)
    assert fit.n_eff == pytest.approx(np.full(3, 200.0), rel=1e-4)
    assert (fit.alpha == 0.0).all()


def test_a_gap_lets_time_pass_and_doubt_grow() -> None:
    y, x = panel(60, assets=2)
    y[-20:, 0] = np.nan
    fit = Kalman(noise=(1e-3, 4e-4)).fit(y, x)
    assert fit.stderr[0, 0] ** 2 == close(fit_at(y[:40], x[:40]) + 20 * 1e-3)
    assert fit.stderr[0, 0] > fit.stderr[1, 0]
    assert np.linalg.eigvalsh(Kalman().fit(gapped(y), x).covariance)[0] > 0


def fit_at(y: np.ndarray[Any, Any], x: np.ndarray[Any, Any]) -> float:
    return float(Kalman(noise=(1e-3, 4e-4)).fit(y, x).stderr[0, 0] ** 2)


def test_a_late_listing_takes_the_pooled_signal() -> None:
    y, x = panel(100)
    y[:80, 2] = np.nan
    for pool in ("pooled", "each"):
        fit = Kalman("each" if pool == "each" else "pooled").fit(y, x)
        assert np.isfinite(fit.beta).all()
        assert fit.n[2] == 20


@pytest.mark.parametrize("rows", [0, 10, 29])
def test_too_little_to_learn_from(rows: int) -> None:
    y, x = panel()
    assert np.isnan(Kalman().fit(y[:rows], x[:rows]).beta).all()
    with pytest.raises(NotEnoughData):
        kalman_mle(y[:rows, 0], x[:rows, 0])
