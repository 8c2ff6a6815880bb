"""Quadratic programmes of a hedge: against the vectors, an outside solver and brute force."""

from __future__ import annotations

from typing import Any

import cvxpy as untyped_cvxpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.stats import optimise
from hedgerow.stats.optimise import kkt_residual, minimise_quadratic

cvxpy: Any = untyped_cvxpy


def problem(seed: int, size: int) -> tuple[Any, Any, Any, Any]:
    """A random positive definite P, q, positive betas and costs."""
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((size, 3))
    p = factor @ factor.T + np.diag(rng.uniform(0.3, 2.0, size))
    return p, rng.standard_normal(size), rng.uniform(0.5, 2.0, (size, 1)), rng.uniform(0.0, 0.5, size)


def test_TV17_minvar(vectors: dict[str, Any]) -> None:
    vector = vectors["TV17_minvar"]
    sigma, cov = np.array(vector["Sigma_F"]).reshape(2, 2), np.array(vector["cov_PF"])
    assert minimise_quadratic(sigma, cov).h == pytest.approx(vector["h"], rel=1e-12)


def test_TV17b_minvar_L1cost(vectors: dict[str, Any]) -> None:
    base, vector = vectors["TV17_minvar"], vectors["TV17b_minvar_L1cost"]
    sigma, cov = np.array(base["Sigma_F"]).reshape(2, 2), np.array(base["cov_PF"])
    found = minimise_quadratic(sigma, cov, np.array(vector["kappa"]))
    assert found.h == pytest.approx(vector["h"], rel=1e-9)
    assert found.kkt < 1e-9


@given(st.integers(0, 10_000), st.integers(2, 6), st.booleans(), st.booleans())
def test_the_minimum_is_that_of_an_outside_solver(
    seed: int, size: int, equality: bool, bounded: bool
) -> None:
    p, q, beta, kappa = problem(seed, size)
    h0 = np.random.default_rng(seed + 1).standard_normal(size)
    bound = np.full(size, 4.0) if bounded else None
    target = np.array([-1.0])
    a, b = (beta, target) if equality else (None, None)
    found = minimise_quadratic(p, q, kappa, np.clip(h0, -3, 3), a, b, bound)
    h = cvxpy.Variable(size)
    cost = 0.5 * cvxpy.quad_form(h, cvxpy.psd_wrap(p)) + q @ h + kappa @ cvxpy.abs(h - np.clip(h0, -3, 3))
    limits = ([beta.T @ h == target] if equality else []) + ([cvxpy.abs(h) <= 4.0] if bounded else [])
    cvxpy.Problem(cvxpy.Minimize(cost), limits).solve(solver=cvxpy.CLARABEL)
    assert found.objective == pytest.approx(float(cost.value), rel=1e-6, abs=1e-6)
    if equality:
        assert beta.T @ found.h == pytest.approx(target, abs=1e-8)


@pytest.mark.parametrize("size", [3, 6, 10])
@pytest.mark.parametrize("factors", [1, 2])
def test_a_few_contracts_need_no_cone(size: int, factors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their signs are found on plain numbers, those that were let go too soon and are wanted after all included."""
    for seed in range(25):
        p, q, beta, kappa = problem(seed, size)
        a = np.hstack([beta, np.cos(np.arange(size))[:, None]])[:, :factors]
        b = np.array([-1.0, 0.3])[:factors]
        by_cone = minimise_quadratic(p, q, 4.0 * kappa, None, a, b, np.full(size, 1e4))
        with monkeypatch.context() as patched:
            patched.delattr(optimise, "_by_cone")
            found = minimise_quadratic(p, q, 4.0 * kappa, None, a, b)
        assert found.h == pytest.approx(by_cone.h, rel=1e-6, abs=1e-6)
        assert found.objective <= by_cone.objective + 1e-9
        assert a.T @ found.h == pytest.approx(b, abs=1e-12)
        assert found.kkt <= 1e-12
        assert kkt_residual(found.h, p, q, 4.0 * kappa, np.zeros(size), a) <= 1e-9


def test_where_signs_cannot_tell_the_cone_does() -> None:
    """Two contracts alike in everything, each free: no system of theirs has one answer."""
    p, q, a, b = np.ones((2, 2)), np.zeros(2), np.zeros((2, 1)), np.zeros(1)
    assert minimise_quadratic(p, q - 1.0, np.zeros(2) + 0.1, None, a, b).h.sum() == pytest.approx(0.9)


def test_out_of_reach_is_said_not_raised() -> None:
    p, q, beta, kappa = problem(1, 3)
    found = minimise_quadratic(p, q, kappa, None, beta, np.array([100.0]), np.full(3, 0.1))
    assert "cannot be met" in found.status
    assert np.isnan(found.h).all()


def test_where_it_stands_already_nothing_is_traded() -> None:
    p, q, _, kappa = problem(3, 4)
    best = np.linalg.solve(p, -q)
    assert minimise_quadratic(p, q, kappa + 0.01, best).h == pytest.approx(best, abs=1e-7)


@given(st.integers(0, 10_000), st.floats(0.01, 1000))
def test_currency_and_sign_change_nothing(seed: int, scale: float) -> None:
    p, q, beta, kappa = problem(seed, 4)
    plain = minimise_quadratic(p, q, kappa, None, beta, np.array([-1.0])).h
    scaled = minimise_quadratic(p, q * scale, kappa * scale, None, beta, np.array([-scale])).h
    assert scaled == pytest.approx(plain * scale, rel=1e-5, abs=1e-6 * scale)
    flipped = minimise_quadratic(p, -q, kappa, None, beta, np.array([1.0])).h
    assert flipped == pytest.approx(-plain, rel=1e-5, abs=1e-6)


def test_kkt_sees_a_wrong_answer() -> None:
    p, q, _, kappa = problem(3, 4)
    good = minimise_quadratic(p, q, kappa).h
    start, none = np.zeros(4), np.zeros((4, 0))
    assert kkt_residual(good, p, q, kappa, start, none) < 1e-6
    assert kkt_residual(good + 0.1, p, q, kappa, start, none) > 1e-3
