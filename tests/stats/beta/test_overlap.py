from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.beta.panels import close, gapped, panel

from hedgerow.model.errors import BrokenPromise
from hedgerow.stats.beta.overlap import HayashiYoshida, hayashi_yoshida


def test_TV11_HY(vectors: dict[str, Any]) -> None:
    v = vectors["TV11_HY"]
    found = hayashi_yoshida(*(np.array(v[name], dtype=float) for name in ("tx", "px", "ty", "py")))
    assert (found.covariance, found.variance, found.beta) == close((v["hy_cov"], v["rv_x"], v["hy_beta"]))


stamps = st.lists(st.integers(0, 40), min_size=1, max_size=15, unique=True).map(sorted)


@given(stamps, stamps, st.integers(0, 1000))
def test_equals_all_pairs(tx: list[int], ty: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    px, py = (np.exp(rng.normal(size=len(t)).cumsum() * 0.02) for t in (tx, ty))
    rx, ry = np.diff(np.log(px)), np.diff(np.log(py))
    met = sum(
        rx[i] * ry[j]
        for i in range(len(rx))
        for j in range(len(ry))
        if max(tx[i], ty[j]) < min(tx[i + 1], ty[j + 1])
    )
    found = hayashi_yoshida(np.array(tx, float), px, np.array(ty, float), py)
    assert found.covariance == pytest.approx(met, rel=1e-9, abs=1e-14)
    assert found.variance == pytest.approx(float(rx @ rx))
    assert np.isnan(found.beta) == (len(rx) == 0)


def test_a_stamp_without_a_price_is_spanned() -> None:
    t, p = np.arange(5.0), np.array([100.0, 101.0, np.nan, 99.0, 103.0])
    seen = np.isfinite(p)
    assert hayashi_yoshida(t, p, t, p) == hayashi_yoshida(t[seen], p[seen], t[seen], p[seen])
    assert hayashi_yoshida(t, p, t, p).beta == close(1.0)


def test_stamps_must_rise() -> None:
    t, p = np.array([0.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])
    with pytest.raises(BrokenPromise, match="must rise"):
        hayashi_yoshida(t, p, t, p)


def test_it_mends_what_shifted_stamps_break() -> None:
    rng = np.random.default_rng(3)
    walk = np.exp(np.cumsum(0.01 * rng.normal(size=6000)))
    tx, ty = np.arange(0, 6000, 24), np.arange(8, 6000, 24)
    found = hayashi_yoshida(tx.astype(float), walk[tx], ty.astype(float), walk[ty] ** 1.5)
    x, y = np.diff(walk[tx]) / walk[tx][:-1], np.diff(walk[ty] ** 1.5) / walk[ty][:-1] ** 1.5
    n = min(len(x), len(y))
    assert found.beta == pytest.approx(1.5, abs=0.15)
    assert HayashiYoshida().fit(y[:n, None], x[:n, None]).beta[0, 0] < 1.2


def test_paired_returns_give_the_realised_beta() -> None:
    y, x = panel()
    y = gapped(y)
    fit = HayashiYoshida(80).fit(y, x)
    for i in range(y.shape[1]):
        rows = np.flatnonzero(np.isfinite(y[:, i]))[-80:]
        assert fit.beta[i, 0] == close(float(x[rows, 0] @ y[rows, i] / (x[rows, 0] @ x[rows, 0])))
