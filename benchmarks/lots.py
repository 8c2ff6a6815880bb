"""Whole lots of 3, 6 and 10 contracts: the hedge of least cost, proven, against SCIP and HiGHS.

Three books of 50,000 dollars each are hedged to nothing with contracts that share a market and a sector and have risks of
their own, in lots of 10 to 100 dollars: variance at its price and what trading costs, at most half the finest lot off
the target. What is timed is the whole way: ours from the programme without lots, to a first rounding, to the proven
optimum. cvxpy gives SCIP the same programme as a sum of squares around its own minimum, which suits it best. scipy's
milp knows no squares: each is held up from below by tangents around the minimum without lots, and HiGHS solves again
with those at its last answer until its bound meets what that costs. All stop a tenth of a cent from their bound, and
their optima must agree to twice that.
"""

from __future__ import annotations

import importlib
import warnings
from functools import partial
from typing import Any

import numpy as np
from benchmarks.race import Peer, Row, race

from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.stats.lots import LotProblem, best_lots
from hedgerow.stats.optimise import minimise_quadratic

BOOK, BOOKS, DAYS, AVERSION, CLOSE = 50_000.0, 3, 30.0, 5.0, 1e-3
MARKET, SECTOR = 0.025, 0.015


def posed(contracts: int, seed: int) -> LotProblem:
    """A book of beta 1.3 and its contracts, the first of them on the factor itself."""
    rng = np.random.default_rng(seed)
    others = contracts - 1
    beta = np.concatenate([[1.0], rng.uniform(0.9, 1.6, others)])
    sector = np.concatenate([[0.0], rng.uniform(0.3, 1.0, others)])
    own = np.concatenate([[0.002], rng.uniform(0.015, 0.04, others)])
    shared = MARKET**2 * np.outer(beta, beta) + SECTOR**2 * np.outer(sector, sector)
    charge = AVERSION / BOOK * DAYS
    return LotProblem(
        p=charge * (shared + np.diag(own**2)),
        q=charge * BOOK * (MARKET**2 * 1.3 * beta + SECTOR**2 * 0.7 * sector),
        kappa=rng.uniform(0.0006, 0.002, contracts),
        a=beta[:, None],
        b=np.array([-1.3 * BOOK]),
        step=np.concatenate([[90.0], rng.choice([10.0, 25.0, 50.0, 100.0], others)]),
        least=np.ones(contracts),
        most=np.full(contracts, 1e6),
    )


def rounded(problem: LotProblem) -> tuple[FloatArray, IntArray]:
    """The minimum without lots, and its nearest lots, the contract with the finest beta taking up what rounding left."""
    near = minimise_quadratic(problem.p, problem.q, problem.kappa, None, problem.a, problem.b).h
    lots = np.round(near / problem.step).astype(np.int64)
    beta = problem.a[:, 0] * problem.step
    finest = int(np.argmin(beta))
    lots[finest] += round((problem.b[0] - beta @ lots) / beta[finest])
    return near, lots


def ours(problems: list[LotProblem]) -> list[float]:
    """Least cost of each, by branch and bound."""
    found = []
    for problem in problems:
        near, first = rounded(problem)
        best = best_lots(problem, near, first, limit=1_000_000, worth=CLOSE)
        if not best.gap <= CLOSE:
            raise AssertionError("not proven")
        found.append(best.objective)
    return found


def scip(problems: list[LotProblem], slacks: list[FloatArray]) -> list[float]:
    """The same by cvxpy and SCIP."""
    cp: Any = importlib.import_module("cvxpy")
    found = []
    for problem, slack in zip(problems, slacks, strict=True):
        lots = cp.Variable(len(problem.q), integer=True)
        h = cp.multiply(problem.step, lots)
        centre, root = centred(problem)
        cost = 0.5 * cp.sum_squares(root @ (h - centre)) + problem.kappa @ cp.abs(h)
        programme = cp.Problem(cp.Minimize(cost), [cp.abs(problem.a.T @ h - problem.b) <= slack])
        programme.solve(solver=cp.SCIP, scip_params={"limits/gap": 0.0, "limits/absgap": CLOSE})
        found.append(problem.objective(np.round(lots.value).astype(np.int64)))
    return found


def centred(problem: LotProblem) -> tuple[FloatArray, FloatArray]:
    """c and R with ½h'Ph + q'h = ½‖R(h − c)‖² + a constant."""
    centre, root = -np.linalg.solve(problem.p, problem.q), np.linalg.cholesky(problem.p).T
    return np.asarray(centre, dtype=float), np.asarray(root, dtype=float)


def milp(problems: list[LotProblem], slacks: list[FloatArray]) -> list[float]:
    """The same by scipy's milp and tangents."""
    return [by_tangents(problem, slack) for problem, slack in zip(problems, slacks, strict=True)]


def by_tangents(problem: LotProblem, slack: FloatArray) -> float:
    """Least cost over lots n, u ≥ |h| and t_i ≥ y_i², y = R(h − c), by tangents to the squares."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    m = len(problem.q)
    centre, root = centred(problem)
    step, none = np.diag(problem.step), np.zeros((m, m))
    slopes, shift = root @ step, 0.5 * float(centre @ problem.p @ centre)
    cost = np.concatenate([np.zeros(m), problem.kappa, np.full(m, 0.5)])
    whole = np.concatenate([np.ones(m), np.zeros(2 * m)])
    beta = np.hstack([problem.a.T @ step, np.zeros((1, 2 * m))])

    def tangents(y: FloatArray) -> Any:
        rows = np.hstack([2.0 * y[:, None] * slopes, none, -np.eye(m)])
        return LinearConstraint(rows, ub=y * y + 2.0 * y * (root @ centre))

    rules = [
        LinearConstraint(np.hstack([step, -np.eye(m), none]), ub=0.0),
        LinearConstraint(np.hstack([-step, -np.eye(m), none]), ub=0.0),
        LinearConstraint(beta, problem.b - slack, problem.b + slack),
    ]
    near, least, bound = root @ (rounded(problem)[0] - centre), np.inf, -np.inf
    rules += [tangents(near + away) for away in np.linspace(-0.5, 0.5, 9)]
    bounds = Bounds(np.repeat([-1e6, 0.0, 0.0], m), np.repeat([1e6, np.inf, np.inf], m))
    while least - bound > CLOSE:
        solved: Any = milp(
            cost, integrality=whole, bounds=bounds, constraints=rules, options={"mip_rel_gap": 0.0}
        )
        lots = np.round(solved.x[:m]).astype(np.int64)
        least, bound = min(least, problem.objective(lots)), solved.fun - shift
        rules.append(tangents(slopes @ lots - root @ centre))
    return least


def alike(mine: object, theirs: object) -> None:
    """Raise where a least cost differs by more than both may be off."""
    np.testing.assert_allclose(np.asarray(theirs), np.asarray(mine), rtol=0, atol=2.0 * CLOSE)


def rows() -> list[Row]:
    """Return the table."""
    warnings.simplefilter("ignore")
    table = []
    for contracts in (3, 6, 10):
        problems = [posed(contracts, seed) for seed in range(BOOKS)]
        slacks = [problem.slack(rounded(problem)[1]) for problem in problems]
        peers = [
            Peer("cvxpy + SCIP", partial(scip, problems, slacks), 200.0, alike),
            Peer("scipy milp, by tangents", partial(milp, problems, slacks), 1.0, alike),
        ]
        table += race(f"whole lots of {contracts} contracts, {BOOKS} books", partial(ours, problems), peers)
    return table
