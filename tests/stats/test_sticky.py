"""Sticky hedges against a convex solver and brute force; what costs do to them; what they must not depend on."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import cvxpy as untyped_cvxpy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.stats.optimise import minimise_quadratic, on_equalities
from hedgerow.stats.sticky import StickyProblem, choose_sticky, solve_on

cvxpy: Any = untyped_cvxpy


def problem(seed: int, count: int, targets: int = 1, trade: float = 0.3, hold: float = 0.1) -> StickyProblem:
    """Contracts that move together, some of them held."""
    rng = np.random.default_rng(seed)
    moves = rng.standard_normal((60, count)) + rng.standard_normal((60, 1))
    return StickyProblem(
        p=moves.T @ moves / 60,
        q=2.0 * rng.standard_normal(count),
        trade=trade * rng.uniform(0.1, 1.0, count),
        hold=hold * rng.uniform(0.1, 1.0, count),
        held=rng.standard_normal(count) * (rng.random(count) < 0.6),
        a=np.column_stack([rng.uniform(0.5, 2.0, count), rng.standard_normal(count)])[:, :targets],
        b=rng.standard_normal(targets),
    )


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(3, 12),
    st.integers(1, 2),
    st.sampled_from([0.0, 0.01, 0.3, 3.0]),
    st.sampled_from([0.0, 0.1]),
)
def test_the_minimum_is_that_of_a_convex_solver(
    seed: int, count: int, targets: int, trade: float, hold: float
) -> None:
    posed = problem(seed, count, targets, trade, hold)
    h = cvxpy.Variable(count)
    costs = posed.trade @ cvxpy.abs(h - posed.held) + posed.hold @ cvxpy.abs(h)
    whole = cvxpy.Minimize(0.5 * cvxpy.quad_form(h, posed.p, assume_PSD=True) + posed.q @ h + costs)
    cvxpy.Problem(whole, [posed.a.T @ h == posed.b]).solve(solver="CLARABEL")
    found = solve_on(posed, range(count), posed.held)
    assert posed.a.T @ found.h == pytest.approx(posed.b, abs=1e-7)
    assert found.objective == pytest.approx(posed.cost(np.asarray(h.value)), rel=1e-6, abs=1e-6)
    assert found.h == pytest.approx(np.asarray(h.value), abs=2e-3)


@given(st.integers(0, 10_000), st.integers(3, 10))
def test_it_agrees_with_the_cone_programme_where_both_apply(seed: int, count: int) -> None:
    posed = problem(seed, count, hold=0.0)
    other = minimise_quadratic(posed.p, posed.q, posed.trade, posed.held, posed.a, posed.b)
    assert solve_on(posed, range(count)).objective == pytest.approx(other.objective, rel=1e-7, abs=1e-7)


@given(st.integers(0, 10_000), st.integers(3, 10))
def test_without_costs_what_is_held_does_not_matter(seed: int, count: int) -> None:
    posed = problem(seed, count, trade=0.0, hold=0.0)
    free = on_equalities(posed.p, posed.q, posed.a, posed.b)
    assert solve_on(posed, range(count), posed.held).h == pytest.approx(free, abs=1e-6)


@given(st.integers(0, 10_000), st.integers(3, 10))
def test_where_trading_costs_everything_nothing_is_traded(seed: int, count: int) -> None:
    posed = problem(seed, count, trade=1e6)
    posed = replace(posed, b=posed.a.T @ posed.held)
    begin = np.flatnonzero(posed.held).tolist()
    steps = choose_sticky(posed, max(len(begin), 1), begin)
    assert steps[-1].h == pytest.approx(posed.held, abs=1e-6)


@given(st.integers(0, 10_000))
def test_dearer_trades_are_smaller(seed: int) -> None:
    cheap, dear = problem(seed, 8, trade=0.05), problem(seed, 8, trade=1.0)
    moved = [float(p.trade @ np.abs(solve_on(p, range(8)).h - p.held)) for p in (cheap, dear)]
    assert moved[1] / 1.0 <= moved[0] / 0.05 + 1e-6


@given(st.integers(0, 10_000))
def test_sets_hold_the_target_and_get_no_worse(seed: int) -> None:
    posed = replace(problem(seed, 9), held=np.zeros(9))
    steps = choose_sticky(posed, 6, (0,))
    assert len(steps[-1].members) <= 6
    for step in steps:
        assert posed.a.T @ step.h == pytest.approx(posed.b, abs=1e-7)
        assert set(np.flatnonzero(step.h)) <= set(step.members)
        assert posed.cost(step.h) == pytest.approx(step.objective)
    assert all(later.objective < before.objective for before, later in pairwise(steps))


@settings(max_examples=30)
@given(st.integers(0, 300))
def test_sets_are_never_better_than_brute_force_and_mostly_as_good(seed: int) -> None:
    posed = replace(problem(seed, 8, trade=0.02, hold=0.0), held=np.zeros(8))
    found = choose_sticky(posed, 3, (0,))[-1]
    best = min(solve_on(posed, three).objective for three in combinations(range(8), 3))
    nothing = solve_on(posed, (0,)).objective
    assert found.objective >= best - 1e-9
    assert nothing - found.objective >= 0.8 * (nothing - best)


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_the_order_of_contracts_changes_nothing(seed: int, turn: int) -> None:
    posed = problem(seed, 7)
    order = np.random.default_rng(turn).permutation(7)
    turned = StickyProblem(
        posed.p[np.ix_(order, order)],
        posed.q[order],
        posed.trade[order],
        posed.hold[order],
        posed.held[order],
        posed.a[order],
        posed.b,
    )
    begin = np.flatnonzero(posed.held)
    one = choose_sticky(posed, 5, begin.tolist())[-1]
    other = choose_sticky(turned, 5, np.flatnonzero(np.isin(order, begin)).tolist())[-1]
    assert other.h == pytest.approx(one.h[order], abs=1e-6)


def test_too_many_contracts_are_brought_down_and_the_least_missed_go() -> None:
    posed = problem(5, 8, trade=0.001, hold=0.0)
    steps = choose_sticky(posed, 4, range(8))
    assert len(steps[-1].members) == 4
    assert np.count_nonzero(steps[-1].h) <= 4


def test_a_set_that_cannot_meet_the_target_is_helped_or_says_so() -> None:
    posed = replace(problem(1, 4), a=np.array([[0.0], [0.0], [0.0], [1.5]]), b=np.array([-3.0]))
    assert np.isnan(solve_on(posed, (0, 1)).h).all()
    assert choose_sticky(posed, 2, (0, 1))[-1].h[3] == pytest.approx(-2.0)
    assert choose_sticky(replace(posed, a=np.zeros((4, 1))), 2, (0,)) == ()
