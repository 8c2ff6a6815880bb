"""Whole lots: the minimum that trying every combination finds, and never worse than where the search began."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.stats.lots import LotProblem, best_lots
from hedgerow.stats.optimise import minimise_quadratic

REACH = 7


def problem(seed: int, size: int, factors: int = 1, least: float = 0.0, most: float = REACH) -> LotProblem:
    rng = np.random.default_rng(seed)
    loads = rng.standard_normal((size, 2))
    return LotProblem(
        p=loads @ loads.T + np.diag(rng.uniform(0.1, 1.0, size)),
        q=rng.standard_normal(size),
        kappa=rng.uniform(0.0, 0.4, size),
        a=rng.uniform(0.5, 2.0, (size, factors)),
        b=-rng.uniform(0.5, 3.0, factors),
        step=rng.choice([0.2, 0.5, 1.0], size),
        least=np.full(size, least),
        most=np.full(size, most),
    )


def relaxed(given_problem: LotProblem) -> np.ndarray:
    p = given_problem
    return minimise_quadratic(p.p, p.q, p.kappa, None, p.a, p.b).h


def brute_force(p: LotProblem, slack: np.ndarray) -> float:
    """The least objective of all allowed combinations within the slack."""
    numbers = [n for n in range(-int(p.most[0]), int(p.most[0]) + 1) if not n or abs(n) >= p.least[0]]
    grid = np.array(list(product(numbers, repeat=len(p.q))))
    h = grid * p.step
    near = np.all(np.abs(h @ p.a - p.b) <= slack * (1 + 1e-9), axis=1)
    value = 0.5 * np.einsum("si,ij,sj->s", h, p.p, h) + h @ p.q + np.abs(h) @ p.kappa
    return float(value[near].min())


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(2, 4), st.sampled_from([0.0, 2.0]), st.integers(1, 2))
def test_the_search_finds_what_brute_force_finds(seed: int, size: int, least: float, factors: int) -> None:
    p = problem(seed, size, factors, least)
    nearest = np.clip(np.round(relaxed(p) / p.step), -REACH, REACH).astype(np.int64)
    start = np.where(np.abs(nearest) >= least, nearest, 0)
    found = best_lots(p, relaxed(p), start)
    assert found.gap == 0.0
    assert found.objective == pytest.approx(brute_force(p, p.slack(start)), rel=1e-9, abs=1e-9)
    assert found.objective == pytest.approx(p.objective(found.lots), rel=1e-12)
    assert np.all(p.miss(found.lots) <= p.slack(start) * (1 + 1e-8))


@settings(deadline=None)
@given(st.integers(0, 100_000))
def test_a_wrong_centre_costs_time_and_not_the_answer(seed: int) -> None:
    p = problem(seed, 3)
    start = np.clip(np.round(relaxed(p) / p.step), -REACH, REACH).astype(np.int64)
    near, far = best_lots(p, relaxed(p), start), best_lots(p, relaxed(p) + 0.7, start)
    assert far.objective == pytest.approx(near.objective, rel=1e-9, abs=1e-9)


def test_ten_contracts_are_no_worse_than_rounding_and_the_gap_is_known() -> None:
    for seed in range(20):
        p = problem(seed, 10, most=1e6)
        start = np.round(relaxed(p) / p.step).astype(np.int64)
        found = best_lots(p, relaxed(p), start, limit=5_000)
        least = minimise_quadratic(p.p, p.q, p.kappa).objective
        assert found.objective <= p.objective(start)
        assert found.gap >= 0.0
        assert found.objective >= least - 1e-9
        assert found.nodes <= 5_001


def test_the_gap_holds_where_the_search_is_cut_short() -> None:
    for seed in range(30):
        p = problem(seed, 4)
        start = np.clip(np.round(relaxed(p) / p.step), -REACH, REACH).astype(np.int64)
        cut, whole = best_lots(p, relaxed(p), start, limit=3), best_lots(p, relaxed(p), start)
        assert cut.objective - cut.gap <= whole.objective + 1e-9


@settings(deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([0.001, 0.05, 1.0]))
def test_what_is_worth_nothing_is_not_searched_for(seed: int, worth: float) -> None:
    p = problem(seed, 4)
    start = np.clip(np.round(relaxed(p) / p.step), -REACH, REACH).astype(np.int64)
    rough, exact = best_lots(p, relaxed(p), start, worth=worth), best_lots(p, relaxed(p), start)
    assert rough.nodes <= exact.nodes
    assert 0.0 <= rough.gap <= worth
    assert rough.objective - rough.gap <= exact.objective + 1e-9


@settings(deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 2))
def test_a_contract_without_beta_takes_part(seed: int, place: int) -> None:
    p = problem(seed, 3)
    p.a[place] = 0.0
    start = np.clip(np.round(relaxed(p) / p.step), -REACH, REACH).astype(np.int64)
    found = best_lots(p, relaxed(p), start)
    assert found.objective == pytest.approx(brute_force(p, p.slack(start)), rel=1e-9, abs=1e-9)


def test_no_bound_without_curvature() -> None:
    p = problem(1, 2)
    flat = LotProblem(0.0 * p.p, p.q, p.kappa, 0.0 * p.a, 0.0 * p.b, p.step, p.least, p.most)
    found = best_lots(flat, np.zeros(2), np.zeros(2, dtype=np.int64))
    assert np.isnan(found.gap)
    assert not found.lots.any()
