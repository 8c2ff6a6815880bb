"""Losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate, stats
from tests.stats.risk.samples import RESIDUAL, Y

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput, NotEnoughData
from hedgerow.stats.risk import (
    historical_es,
    historical_var,
    max_drawdown,
    normal_es,
    normal_var,
    shortfall_effectiveness,
)

RETURNS = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-0.5, 0.5))


def test_TV29_VaR(vectors: dict[str, Any]) -> None:
    vector = vectors["TV29_VaR"]
    stdev = 100_000 * float(np.std(RESIDUAL, ddof=1))
    assert normal_var(stdev) == pytest.approx(vector["normal_VaR95_100k"], rel=1e-9)
    assert normal_es(stdev) == pytest.approx(vector["normal_ES95_100k"], rel=1e-9)
    assert historical_var(RESIDUAL, 0.90) == pytest.approx(vector["hist_VaR90_linear"], rel=1e-9)
    assert historical_es(RESIDUAL, 0.90) == pytest.approx(vector["hist_ES90_AcerbiTasche"], rel=1e-9)


@given(st.floats(0.5, 0.999), st.floats(-0.1, 0.1))
def test_the_normal_tail_agrees_with_scipy(level: float, mean: float) -> None:
    assert normal_var(0.03, level, mean) == pytest.approx(-stats.norm.ppf(1 - level, mean, 0.03), abs=1e-12)
    tail, _ = integrate.quad(lambda p: stats.norm.ppf(p, mean, 0.03), 0, 1 - level)
    assert normal_es(0.03, level, mean) == pytest.approx(-tail / (1 - level), rel=1e-6)


@given(RETURNS, st.floats(0.5, 0.99))
def test_shortfall_is_the_mean_of_the_quantiles_beyond(returns: FloatArray, level: float) -> None:
    """Oracle: the integral of the step quantile function, which is what the fractional weight stands for."""
    worst, share = np.sort(returns), 1 - level
    edges = np.arange(len(worst) + 1) / len(worst)
    weights = np.clip(np.minimum(edges[1:], share) - edges[:-1], 0, None)
    assert historical_es(returns, level) == pytest.approx(-float(weights @ worst) / share, abs=1e-9)
    assert historical_es(returns, level) >= historical_var(returns, level, "inverted_cdf") - 1e-12


@given(RETURNS, RETURNS)
def test_shortfall_of_a_sum_is_at_most_the_sum_of_shortfalls(a: FloatArray, b: FloatArray) -> None:
    rows = min(len(a), len(b))
    together = historical_es(a[:rows] + b[:rows], 0.9)
    assert together <= historical_es(a[:rows], 0.9) + historical_es(b[:rows], 0.9) + 1e-12


def test_the_quantile_convention_is_named() -> None:
    sample = np.arange(1.0, 11.0)
    assert historical_var(sample, 0.75) == pytest.approx(-3.25)
    assert historical_var(sample, 0.75, "lower") == -3.0
    assert historical_var(sample, 0.75, "higher") == -4.0


def test_gaps_are_left_out_and_nothing_is_no_tail() -> None:
    holed = np.array([-0.1, np.nan, 0.2, 0.05])
    assert historical_var(holed, 0.9) == pytest.approx(historical_var(holed[[0, 2, 3]], 0.9))
    assert historical_es(holed, 0.9) == pytest.approx(0.1)
    assert math.isnan(normal_var(math.nan))
    with pytest.raises(NotEnoughData):
        historical_var(np.array([np.nan]))
    for level in (0.0, 1.0, 95.0):
        with pytest.raises(BadInput, match="confidence level"):
            normal_var(1.0, level)


def test_effectiveness_on_the_worst_days() -> None:
    assert shortfall_effectiveness(Y, RESIDUAL, 0.9) == pytest.approx(
        1 - historical_es(RESIDUAL, 0.9) / historical_es(Y, 0.9), rel=1e-12
    )
    assert shortfall_effectiveness(Y, 2 * Y) == pytest.approx(-1.0)
    assert math.isnan(shortfall_effectiveness(np.full(9, 0.01), np.full(9, 0.01)))


def test_a_drawdown_knows_where_it_was() -> None:
    found = max_drawdown(np.array([100.0, 120.0, 90.0, np.nan, 60.0, 130.0, 125.0]))
    assert (found.depth, found.peak, found.trough, found.recovered) == (0.5, 1, 4, 5)
    below = max_drawdown(np.array([0.0, 50.0, -70.0]), relative=False)
    assert (below.depth, below.peak, below.trough, below.recovered) == (120.0, 1, 2, None)
    rising = max_drawdown(np.array([1.0, 2.0, 3.0]))
    assert (rising.depth, rising.peak, rising.trough, rising.recovered) == (0.0, 0, 0, 0)
    with pytest.raises(BadInput, match="relative=False"):
        max_drawdown(np.array([0.0, 1.0]))
    with pytest.raises(NotEnoughData):
        max_drawdown(np.array([np.nan]))


@given(hnp.arrays(np.float64, st.integers(2, 25), elements=st.floats(1.0, 100.0)))
def test_no_pair_of_days_falls_further(values: FloatArray) -> None:
    deepest = max(1 - values[j] / values[i] for i in range(len(values)) for j in range(i, len(values)))
    found = max_drawdown(values)
    assert found.depth == pytest.approx(deepest, abs=1e-12)
    assert 1 - values[found.trough] / values[found.peak] == pytest.approx(found.depth, abs=1e-12)
