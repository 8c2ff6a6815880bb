"""Volatility and what a hedge takes out of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.risk.samples import BETA, RESIDUAL, X, Y

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput, BrokenPromise, NotEnoughData
from hedgerow.stats.risk import (
    annualise,
    hedge_effectiveness,
    min_variance_hedge,
    observations_for_stderr,
    split_returns,
    split_variance,
    stderr_of_beta,
    tracking_error,
)


def test_TV44_annualise(vectors: dict[str, Any]) -> None:
    vector = vectors["TV44_annualise"]
    assert annualise(vector["daily_sd"]) == pytest.approx(vector["ann365"], rel=1e-9)
    assert annualise(vector["daily_sd"]) != pytest.approx(vector["ann252_wrong"], rel=0.1)
    assert annualise(vector["hourly_sd"], 24) == pytest.approx(vector["ann_hourly"], rel=1e-9)


def test_TV28_HE(vectors: dict[str, Any]) -> None:
    vector = vectors["TV28_HE"]
    for ratio, key in ((BETA, "HE_ols"), (1.0, "HE_naive_h1"), (2.0, "HE_overhedge_h2")):
        assert hedge_effectiveness(Y, Y - ratio * X) == pytest.approx(vector[key], rel=1e-9)
    assert hedge_effectiveness(Y, RESIDUAL) == pytest.approx(vector["R2"], rel=1e-9)
    assert tracking_error(RESIDUAL) == pytest.approx(vector["TE_daily"], rel=1e-9)
    assert annualise(tracking_error(RESIDUAL)) == pytest.approx(vector["TE_ann365"], rel=1e-9)


def test_a_hedge_that_hurts_has_a_negative_effectiveness() -> None:
    assert hedge_effectiveness(Y, Y - 5.0 * X) < 0
    assert math.isnan(hedge_effectiveness(np.zeros(5), np.arange(5.0)))


def test_unknown_returns_are_left_out_on_both_sides() -> None:
    y, hedged = Y.copy(), RESIDUAL.copy()
    y[3], hedged[7] = np.nan, np.nan
    kept = np.delete(np.arange(24), [3, 7])
    assert hedge_effectiveness(y, hedged) == pytest.approx(hedge_effectiveness(Y[kept], RESIDUAL[kept]))
    with pytest.raises(NotEnoughData, match="two returns"):
        hedge_effectiveness(np.array([1.0, np.nan]), np.array([1.0, 1.0]))
    with pytest.raises(BrokenPromise, match="shape"):
        hedge_effectiveness(Y, RESIDUAL[1:])
    with pytest.raises(NotEnoughData):
        tracking_error(np.array([0.1, np.nan]))


def test_TV17_minvar(vectors: dict[str, Any]) -> None:
    vector = vectors["TV17_minvar"]
    sigma = np.array(vector["Sigma_F"]).reshape(2, 2)
    cross, variance = np.array(vector["cov_PF"]), vector["var_P"]
    both = min_variance_hedge(sigma, cross, variance)
    assert both.ratios == pytest.approx(vector["h"], rel=1e-9)
    assert both.effectiveness == pytest.approx(vector["HE_two"], rel=1e-9)
    for i, name in enumerate(("btc", "eth")):
        one = min_variance_hedge(sigma[i : i + 1, i : i + 1], cross[i : i + 1], variance)
        assert one.ratios[0] == pytest.approx(vector[f"h_{name}_only"], rel=1e-9)
        assert one.effectiveness == pytest.approx(vector[f"HE_{name}_only"], rel=1e-9)


@given(st.integers(0, 10_000))
def test_no_other_hedge_leaves_less_variance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(4, 4))
    joint = mixing @ mixing.T + 0.1 * np.eye(4)
    best = min_variance_hedge(joint[1:, 1:], joint[0, 1:], joint[0, 0])

    def left(ratios: FloatArray) -> float:
        weights = np.concatenate(([1.0], ratios))
        return float(weights @ joint @ weights)

    assert 1 - left(best.ratios) / joint[0, 0] == pytest.approx(best.effectiveness, rel=1e-9)
    for _ in range(5):
        assert left(best.ratios) <= left(best.ratios + rng.normal(0, 0.1, 3))


def test_instruments_that_move_as_one_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot be inverted"):
        min_variance_hedge(np.ones((2, 2)), np.ones(2), 1.0)


def test_the_split_by_returns_is_the_regressions_of_statsmodels() -> None:
    split = split_returns(Y, X)
    oracle = sm.OLS(Y, sm.add_constant(X)).fit()
    assert split.market_share == pytest.approx(oracle.rsquared, rel=1e-9)
    assert split.total == pytest.approx(float(np.var(Y, ddof=1)), rel=1e-9)
    two = np.column_stack((X, X**2))
    assert split_returns(Y, two).residual == pytest.approx(
        sm.OLS(Y, sm.add_constant(two)).fit().ssr / 23, rel=1e-9
    )
    with pytest.raises(NotEnoughData):
        split_returns(Y[:2], X[:2])


def test_the_split_by_covariance_adds_up() -> None:
    rng = np.random.default_rng(5)
    betas, weights = rng.normal(1.3, 0.3, (6, 2)), rng.normal(0, 1e4, 6)
    factors = np.array([[4e-4, 3e-4], [3e-4, 6e-4]])
    own = np.diag(rng.uniform(1e-4, 9e-4, 6))
    split = split_variance(weights, betas, factors, own)
    assert split.total == pytest.approx(
        float(weights @ (betas @ factors @ betas.T + own) @ weights), rel=1e-9
    )
    betas[2], weights[2] = np.nan, 0.0
    assert math.isfinite(split_variance(weights, betas, factors, own).total)
    weights[2] = 1.0
    assert math.isnan(split_variance(weights, betas, factors, own).market)
    assert math.isnan(split_variance(np.zeros(6), betas, factors, own).market_share)


def test_TV47_se_rule(vectors: dict[str, Any]) -> None:
    vector = vectors["TV47_se_rule"]
    beta, rho = vector["beta"], vector["rho"]
    assert stderr_of_beta(beta, rho, vector["n"]) == pytest.approx(vector["se_formula"], rel=1e-9)
    assert observations_for_stderr(beta, rho, 0.1) == pytest.approx(vector["n_for_se_0p1"], rel=1e-9)
    assert math.isnan(stderr_of_beta(beta, 0.0, 90))
    with pytest.raises(NotEnoughData):
        stderr_of_beta(beta, rho, 2)


def test_the_se_rule_is_exact_for_least_squares() -> None:
    oracle = sm.OLS(Y, sm.add_constant(X)).fit()
    rho = float(np.corrcoef(X, Y)[0, 1])
    assert stderr_of_beta(BETA, rho, 24) == pytest.approx(oracle.bse[1], rel=1e-9)
