"""Data that several tests of estimators share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.golden.datasets import D24_E, D24_X, D24_Y

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.estimator import BetaFit
from hedgerow.stats.beta.spec import estimator

X, E, Y = D24_X[:, None], D24_E[:, None], D24_Y[:, None]


def close(value: Any) -> Any:
    """What a golden vector holds, within its tolerance."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def d24(spec: str, errors: str | None = None) -> BetaFit:
    """The fit of D24's coin on its bitcoin."""
    return estimator(spec, errors=errors).fit(Y, X)


def panel(rows: int = 200, assets: int = 5, seed: int = 0, factors: int = 1) -> tuple[FloatArray, FloatArray]:
    """Returns (T, N) of assets and (T, K) of factors, fat-tailed, correlated beyond the factors."""
    rng = np.random.default_rng(seed)
    x = 0.03 * rng.standard_t(4, size=(rows, factors))
    x += 0.5 * x[:, :1]
    beta = rng.uniform(0.4, 2.0, size=(factors, assets))
    shared = 0.01 * rng.normal(size=(rows, 1))
    return x @ beta + shared + 0.02 * rng.standard_t(4, size=(rows, assets)), x


def gapped(y: FloatArray, seed: int = 1, share: float = 0.1) -> FloatArray:
    """`y` with holes."""
    holed = y.copy()
    holed[np.random.default_rng(seed).random(y.shape) < share] = np.nan
    return holed
