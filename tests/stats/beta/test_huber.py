from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from tests.stats.beta.panels import X, Y, close, d24, gapped, panel

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.beta.huber import Huber
from hedgerow.stats.beta.ols import Ols
from hedgerow.stats.beta.shrink import Prior, Shrink


def test_TV08_huber(vectors: dict[str, Any]) -> None:
    assert d24("huber").beta[0, 0] == close(vectors["TV08_robust"]["huber_1345"])


def test_TV48_default_huber_ewma(vectors: dict[str, Any]) -> None:
    v = vectors["TV48_default_huber_ewma"]
    fit = d24("huber:10")
    assert (fit.beta[0, 0], fit.alpha[0], fit.stderr[0, 0]) == close((v["beta"], v["alpha"], v["stderr"]))
    assert fit.n_eff[0] == close(v["n_eff"])
    assert np.median(np.abs(fit.residuals)) / 0.6744897501960817 == close(v["scale"])
    prior = Prior(np.array([1.4]), np.array([0.5]))
    assert Shrink(Huber(10), prior).fit(Y, X).beta[0, 0] == close(v["beta_shrunk"])


@pytest.mark.parametrize("factors", [1, 2])
def test_equals_statsmodels_without_weights(factors: int) -> None:
    y, x = panel(factors=factors)
    fit = Huber().fit(y, x)
    for i in range(y.shape[1]):
        model = sm.RLM(y[:, i], sm.add_constant(x), M=sm.robust.norms.HuberT(1.345))
        done = model.fit(tol=1e-14, maxiter=500)
        assert fit.beta[i] == close(done.params[1:])
        assert fit.alpha[i] == close(done.params[0])


def plain(y: FloatArray, x: FloatArray, w: FloatArray, k: float = 1.345) -> FloatArray:
    """The slow truth: one asset, one weighted regression after another."""
    design = np.column_stack([np.ones(len(x)), x])
    c = w.copy()
    line = np.zeros(design.shape[1])
    for _ in range(400):
        line = np.linalg.lstsq(design * np.sqrt(c)[:, None], y * np.sqrt(c), rcond=None)[0]
        size = np.abs(y - design @ line)
        c = w * np.minimum(1.0, k * np.median(size) / 0.6744897501960817 / np.maximum(size, 1e-300))
    return line


def test_the_vectorised_loop_equals_the_plain_one() -> None:
    y, x = panel(assets=12, factors=2)
    y = gapped(y, share=0.2)
    fit = Huber(40, 100).fit(y, x)
    for i in range(y.shape[1]):
        rows = np.flatnonzero(np.isfinite(y[:, i]))[-100:]
        w = 0.5 ** (np.arange(len(rows))[::-1] / 40.0)
        assert fit.beta[i] == pytest.approx(plain(y[rows, i], x[rows], w)[1:], rel=1e-9)


def test_one_wild_return_hardly_matters() -> None:
    y, x = panel(assets=1)
    wild = y.copy()
    wild[100] += 0.8
    moved = abs(Huber().fit(wild, x).beta - Huber().fit(y, x).beta)
    assert moved < 0.2 * abs(Ols().fit(wild, x).beta - Ols().fit(y, x).beta)


def test_a_line_through_most_returns_stays_least_squares() -> None:
    _, x = panel(60)
    y = 1.5 * x
    y[[5, 9]] += 0.1
    still = Huber().fit(np.zeros_like(x), x)
    assert still.beta[0, 0] == 0.0
    assert still.stderr[0, 0] == 0.0
    assert np.isfinite(Huber().fit(y, x).beta).all()
