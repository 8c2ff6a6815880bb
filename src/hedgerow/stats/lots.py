"""Whole lots inside the optimisation: the exact integer minimum of a hedge's programme, by branch and bound.

    minimise f(h) = ½ h'Ph + q'h + κ'|h|,  h = step·n,  n whole,  |A'h − b| ≤ slack        (domain §3.2, §3.4)

P (M, M) positive definite, q, κ, step (M,), A (M, K), b, slack (K,). Everything in dollars.

The bound: around any point h° near the target, with λ the multipliers of A'h = b there, r what they leave of the
gradient, and any ρ ≥ 0,

    f(h) ≥ f(h°) + r'd − |λ|'slack − ½ρ‖slack‖² + ½ d'(P + ρAA')d,   d = h − h°

which a Cholesky factor turns into a sum of squares, one for each contract: contracts are fixed one after the other,
each from its best number outwards, and a branch ends where its part of the sum is more than the best minimum allows.
The last contract fixed tells A'h, so that its two terms need no worst case any more: few combinations are then weighed.
The order is that of the least pivots, so that what is fixed first weighs most (Wübben et al. 2001); ρ is a seventh of
what |λ| and the slack would balance, by trial. A visit costs a few microseconds on plain numbers: arrays of ten are
slower than lists, and a one-shot command has no time to compile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import mul

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = ["LotProblem", "WholeLots", "best_lots"]

_NODES = 10_000
_ROUND = 1e-9
_MOVED = 1e-3
_STIFFNESS = 0.15


@dataclass(frozen=True, slots=True)
class LotProblem:
    """The programme in lots. `least` and `most` (M,) bound |n|; 0 is always allowed."""

    p: FloatArray
    q: FloatArray
    kappa: FloatArray
    a: FloatArray
    b: FloatArray
    step: FloatArray
    least: FloatArray
    most: FloatArray

    def objective(self, lots: IntArray) -> float:
        """Return f of so many lots (M,) of each."""
        h = self.step * lots
        return float(0.5 * h @ self.p @ h + self.q @ h + self.kappa @ np.abs(h))

    def miss(self, lots: IntArray) -> FloatArray:
        """Return |A'h − b| (K,)."""
        return np.abs(self.a.T @ (self.step * lots) - self.b)

    def slack(self, lots: IntArray) -> FloatArray:
        """Return (K,) how far from the target may be: half the finest lot, or as far as `lots` are."""
        fine = np.abs(self.a * self.step[:, None])
        finest = np.where(fine > 0.0, fine, np.inf).min(axis=0, initial=np.inf)
        half = np.where(np.isfinite(finest), finest, 0.0) / 2.0
        return np.maximum(half * (1.0 + _ROUND), self.miss(lots))


@dataclass(frozen=True, slots=True)
class WholeLots:
    """The best found: `lots` (M,), its objective, how much lower the true minimum may be (0: proven), nodes seen."""

    lots: IntArray
    objective: float
    gap: float
    nodes: int


def best_lots(
    problem: LotProblem, near: FloatArray, start: IntArray, limit: int = _NODES, worth: float = 0.0
) -> WholeLots:
    """Return the minimum over whole lots to within `worth`, proven unless `limit` nodes are seen first.

    `near` (M,) is the minimum without whole lots, in dollars; `start` (M,) an allowed first answer, which the result
    is never worse than. Where P is not positive definite there is no bound: `start` is returned with an unknown (NaN)
    gap.
    """
    first = problem.objective(start)
    slack = problem.slack(start)
    bound = _bound(problem, near, slack)
    if bound is None:
        return WholeLots(start, first, float("nan"), 0)
    search = _Search(problem, slack, bound, limit=limit, worth=worth, best=start, value=first)
    search.fix(len(start) - 1, bound.floor)
    proven = search.nodes <= limit
    gap = max(min(search.value - bound.floor, worth if proven else math.inf), 0.0)
    return WholeLots(search.best, search.value, gap, search.nodes)


@dataclass(frozen=True, slots=True)
class _Bound:
    """f ≥ floor + Σ weight_i·(n_i − middle_i)², middle_i = base_i − Σ pull_ij·n_j over j > i, contracts in `order`.

    `spare` + Σ over factors of tilt·m − bend·m² more where A'h − b is m.
    """

    order: list[int]
    weight: list[float]
    pull: list[list[float]]
    base: list[float]
    floor: float
    spare: float
    tilt: list[float]
    bend: float


def _bound(problem: LotProblem, near: FloatArray, slack: FloatArray) -> _Bound | None:
    p, a, kappa = problem.p, problem.a, problem.kappa
    moved = np.abs(near) > _MOVED * problem.step
    cost = np.where(moved, kappa * np.sign(near), 0.0)
    slope = p @ near + problem.q
    multipliers = _multipliers(a[moved], -(slope + cost)[moved])
    pulled = slope + a @ multipliers
    cost = np.where(moved, cost, np.clip(-pulled, -kappa, kappa))
    left = pulled + cost
    strayed = a.T @ near - problem.b
    reach = slack + np.abs(strayed)
    stiffness = _STIFFNESS * float(np.abs(multipliers) @ slack / max(float(slack @ slack), 1e-300))
    bowl = p + stiffness * (a @ a.T)
    try:
        shift = np.linalg.solve(bowl, left)
    except np.linalg.LinAlgError:
        return None
    factored = _by_least_pivots(bowl * np.outer(problem.step, problem.step))
    if factored is None:
        return None
    order, pivots, pull = factored
    floor = 0.5 * near @ p @ near + problem.q @ near + cost @ near
    worst = np.abs(multipliers) @ slack + 0.5 * stiffness * reach @ reach
    floor += multipliers @ strayed - worst - 0.5 * left @ shift
    spare = float(worst - 0.5 * stiffness * strayed @ strayed)
    tilt = (stiffness * strayed - multipliers).tolist()
    centre = ((near - shift) / problem.step)[order].tolist()
    base = [c + sum(map(mul, row, centre)) for c, row in zip(centre, pull, strict=True)]
    weight = [0.5 * pivot for pivot in pivots]
    return _Bound(order, weight, pull, base, float(floor), spare, tilt, 0.5 * stiffness)


def _multipliers(a: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return λ (K,) with Aλ nearest to `wanted`; of one factor it is a quotient."""
    if a.shape[1] != 1 or not a.any():
        found = np.linalg.lstsq(a, wanted, rcond=None)[0] if len(a) else np.zeros(a.shape[1])
        return np.asarray(found, dtype=np.float64)
    side = a[:, 0]
    return np.array([side @ wanted / (side @ side)])


def _by_least_pivots(bowl: FloatArray) -> tuple[list[int], list[float], list[list[float]]] | None:
    """Return order, pivots d and unit upper rows u with x'Bx = Σ d_i·(x_i + Σ_{j>i} u_ij·x_j)², x in that order.

    Of what is left the contract with the least pivot comes next; None where a pivot is not positive.
    """
    rows: list[list[float]] = bowl.tolist()
    order, pivots, found = list(range(len(rows))), [], []
    for i in range(len(rows)):
        j = min(range(i, len(rows)), key=lambda k: rows[order[k]][order[k]])
        order[i], order[j] = order[j], order[i]
        top = rows[order[i]]
        pivot = top[order[i]]
        if not pivot > 0.0:
            return None
        for k in order[i + 1 :]:
            share, row = top[k] / pivot, rows[k]
            for other in order[i + 1 :]:
                row[other] -= share * top[other]
        pivots.append(pivot)
        found.append([value / pivot for value in top])
    later = [[0.0] * (i + 1) + [row[j] for j in order[i + 1 :]] for i, row in enumerate(found)]
    return order, pivots, later


@dataclass(slots=True)
class _Search:
    """Depth first, from the last contract of the bound's order to the first; `value` is what has to be beaten."""

    problem: LotProblem
    slack: FloatArray
    bound: _Bound
    limit: int
    worth: float
    best: IntArray
    value: float
    nodes: int = 0
    lots: list[int] = field(init=False)
    least: list[float] = field(init=False)
    most: list[int] = field(init=False)
    sides: list[tuple[list[float], float, float]] = field(init=False)

    def __post_init__(self) -> None:
        order, problem = self.bound.order, self.problem
        self.lots = [0] * len(order)
        self.least = problem.least[order].tolist()
        self.most = [int(most) for most in problem.most[order].tolist()]
        sides = (problem.a * problem.step[:, None])[order].T.tolist()
        allowed = (self.slack * (1.0 + _ROUND)).tolist()
        self.sides = list(zip(sides, problem.b.tolist(), allowed, strict=True))

    def fix(self, level: int, floor: float) -> None:
        """Try every number of contract `level` that may still beat the best, given those after it."""
        weight, least, lots = self.bound.weight[level], self.least[level], self.lots
        middle = self.bound.base[level] - sum(map(mul, self.bound.pull[level], lots))
        low, high = (-self.most[level], self.most[level]) if level else self._meeting()
        for number in _outwards(middle, low, high):
            reached = floor + weight * (number - middle) ** 2
            if reached >= self.value - self.worth or self.nodes > self.limit:
                break
            if number and abs(number) < least:
                continue
            self.nodes += 1
            lots[level] = number
            if level:
                self.fix(level - 1, reached)
            elif reached + self._spared() < self.value:
                self._weigh()
        lots[level] = 0

    def _meeting(self) -> tuple[int, int]:
        """The first contract's numbers of lots with which |A'h − b| is within the slack."""
        low, high = -self.most[0], self.most[0]
        for side, target, allowed in self.sides:
            missing = target - sum(map(mul, side, self.lots))
            if side[0]:
                ends = (missing - allowed) / side[0], (missing + allowed) / side[0]
                low, high = max(low, math.ceil(min(ends))), min(high, math.floor(max(ends)))
            elif abs(missing) > allowed:
                return 1, 0
        return low, high

    def _spared(self) -> float:
        """By how much f is more than the bound says, now that A'h is known."""
        total = self.bound.spare
        for (side, target, _), tilt in zip(self.sides, self.bound.tilt, strict=True):
            missed = sum(map(mul, side, self.lots)) - target
            total += missed * (tilt - self.bound.bend * missed)
        return total

    def _weigh(self) -> None:
        found = np.empty(len(self.lots), dtype=np.int64)
        found[self.bound.order] = self.lots
        value = self.problem.objective(found)
        if value < self.value:
            self.best, self.value = found, value


def _outwards(middle: float, low: int, high: int) -> Iterator[int]:
    """Whole numbers from `low` to `high`, nearest to `middle` first."""
    if low > high:
        return
    centre = round(min(max(middle, low), high))
    down, up = centre, centre + 1
    while down >= low or up <= high:
        if up > high or (down >= low and middle - down <= up - middle):
            yield down
            down -= 1
        else:
            yield up
            up += 1
