from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.beta.panels import gapped, panel

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import Estimator
from hedgerow.stats.beta.ewls import Ewls
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.prefix import path_by_fits
from hedgerow.stats.beta.rolling import windowed_sums

Panel = tuple[FloatArray, FloatArray]


@given(
    st.integers(1, 60), st.none() | st.integers(1, 70), st.sampled_from([1.0, 0.9, 0.5]), st.integers(0, 99)
)
def test_windowed_sums_are_sums(rows: int, window: int | None, decay: float, seed: int) -> None:
    p = np.random.default_rng(seed).normal(size=(rows, 2))
    got = windowed_sums(p, window, decay)
    for t in range(rows):
        first = 0 if window is None else max(0, t + 1 - window)
        w = decay ** np.arange(t - first, -1.0, -1.0)
        assert got[t] == pytest.approx(w @ p[first : t + 1], rel=1e-12, abs=1e-12)


def wild(y: FloatArray, x: FloatArray) -> Panel:
    y[10], x[10] = 1e7, -1e6
    return y, x


def lifted(y: FloatArray, x: FloatArray) -> Panel:
    return y + 500.0, x + 3000.0


def tiny(y: FloatArray, x: FloatArray) -> Panel:
    return 1e-9 * y, 1e-13 * x


def itself(y: FloatArray, x: FloatArray) -> Panel:
    y[:, :2] = [1.0, -2.0] * x
    return y, x


def still(y: FloatArray, x: FloatArray) -> Panel:
    x[:40] = 0.01
    y[:, 1] = 0.002
    return y, x


def holed(y: FloatArray, x: FloatArray) -> Panel:
    y = gapped(y, share=0.3)
    y[:70, 2], x[33] = np.nan, np.nan
    return y, x


def halting(y: FloatArray, x: FloatArray) -> Panel:
    y[:, 0] = np.where(np.arange(len(y)) % 5 == 0, y[:, 0], 0.0)
    return y, x


SCALES: list[Callable[[FloatArray, FloatArray], Panel]] = [wild, lifted, tiny, itself, still, holed, halting]


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.__name__)
@pytest.mark.parametrize(
    "estimator",
    [
        Ols(),
        Ols(40),
        Ols(40, "sandwich"),
        Ols(50, "hac"),
        Ewls(15),
        Ewls(15, 40),
        Ewls(15, 60, "ols"),
        Ewls(0.2),
    ],
    ids=lambda e: e.spec,
)
def test_fast_path_equals_the_fits(
    estimator: Estimator, scale: Callable[[FloatArray, FloatArray], Panel]
) -> None:
    y, x = scale(*panel(130, assets=3))
    fast, plain = estimator.path(y, x), path_by_fits(estimator, y, x)
    assert (fast.n == plain.n).all()
    np.testing.assert_allclose(fast.beta, plain.beta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fast.stderr, plain.stderr, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("factors", [2, 3])
def test_several_factors_take_the_plain_path(factors: int) -> None:
    y, x = panel(60, factors=factors)
    fast, plain = Ols(30).path(y, x), path_by_fits(Ols(30), y, x)
    np.testing.assert_allclose(fast.beta, plain.beta, rtol=1e-9)
    np.testing.assert_allclose(fast.stderr, plain.stderr, rtol=1e-9)
