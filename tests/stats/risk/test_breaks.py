"""Whether the link has changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.diagnostic import breaks_cusumolsresid
from tests.stats.risk.samples import X, Y

from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.stats.risk import chow, cusum, fisher_difference, fisher_interval
from hedgerow.stats.risk.breaks import _bridge_exceeds


def test_TV30_fisher(vectors: dict[str, Any]) -> None:
    vector = vectors["TV30_fisher"]
    low, high = fisher_interval(vector["r"], vector["n"])
    assert (low, high) == pytest.approx((vector["lo"], vector["hi"]), rel=1e-9)
    found = fisher_difference(vector["r"], vector["n"], vector["r2"], vector["n2"])
    assert found.statistic == pytest.approx(vector["z_diff"], rel=1e-9)
    assert found.p == pytest.approx(vector["p"], rel=1e-9)


def test_the_interval_is_scipys() -> None:
    oracle = stats.pearsonr(X, Y).confidence_interval(0.9)
    r = float(np.corrcoef(X, Y)[0, 1])
    assert fisher_interval(r, 24, 0.9) == pytest.approx((oracle.low, oracle.high), rel=1e-9)


def test_the_edges_of_a_correlation() -> None:
    assert fisher_interval(1.0, 10) == (1.0, 1.0)
    assert math.isnan(fisher_interval(math.nan, 10)[0])
    assert fisher_difference(0.5, 30, 0.5, 60).p == 1.0
    with pytest.raises(NotEnoughData):
        fisher_interval(0.5, 3)
    with pytest.raises(BadInput, match="no correlation"):
        fisher_interval(1.1, 30)


def test_TV30b_chow_cusum(vectors: dict[str, Any]) -> None:
    vector = vectors["TV30b_chow_cusum"]
    found = chow(Y, X, vector["split"])
    assert found.statistic == pytest.approx(vector["F"], rel=1e-9)
    assert found.p == pytest.approx(vector["p"], rel=1e-9)
    residuals = sm.OLS(Y, sm.add_constant(X)).fit().resid
    moved = cusum(residuals)
    assert moved.statistic == pytest.approx(vector["cusum_sup"], rel=1e-9)
    assert moved.p == pytest.approx(vector["cusum_p"], rel=1e-9)
    statistic, p, _ = breaks_cusumolsresid(residuals, ddof=2)
    assert (moved.statistic, moved.p) == pytest.approx((statistic, p), rel=1e-9)


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(10, 40))
def test_Chow_is_the_F_test_of_the_interacted_dummies(seed: int, factors: int, split: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, factors))
    y = x.sum(axis=1) + rng.normal(size=50)
    later = (np.arange(50) >= split)[:, None]
    small = sm.OLS(y, sm.add_constant(x)).fit()
    large = sm.OLS(y, np.hstack((sm.add_constant(x), later * sm.add_constant(x)))).fit()
    statistic, p, _ = large.compare_f_test(small)
    found = chow(y, x, split)
    assert (found.statistic, found.p) == pytest.approx((statistic, p), rel=1e-7)


def test_a_real_break_is_seen() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(0, 0.03, 200)
    y = np.where(np.arange(200) < 100, 1.0, 2.5) * x + rng.normal(0, 0.01, 200)
    assert chow(y, x, 100).p < 1e-6
    shifted = rng.normal(0, 0.01, 200) + np.where(np.arange(200) < 100, 0.0, 0.02)
    assert cusum(shifted - shifted.mean(), 1).p < 1e-6


def test_too_little_to_judge() -> None:
    with pytest.raises(NotEnoughData, match="too short"):
        chow(Y, X, 1)
    with pytest.raises(NotEnoughData, match="residuals"):
        cusum(np.zeros(2))
    assert cusum(np.zeros(9)).p == 1.0


@given(st.floats(0.05, 4.0))
def test_the_law_of_the_bridge_is_Kolmogorovs(x: float) -> None:
    assert _bridge_exceeds(x) == pytest.approx(float(stats.kstwobign.sf(x)), rel=1e-9, abs=1e-14)


def test_the_law_of_the_bridge_at_its_ends() -> None:
    assert _bridge_exceeds(0.0) == 1.0
    assert math.isnan(_bridge_exceeds(math.nan))
