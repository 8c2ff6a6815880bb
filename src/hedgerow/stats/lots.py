"""Whole lots inside the optimisation: the exact integer minimum of a hedge's programme, by branch and bound.

    minimise f(h) = ½ h'Ph + q'h + κ'|h|,  h = step·n,  n whole,  |A'h − b| ≤ slack        (domain §3.2, §3.4)

P (M, M) positive definite, q, κ, step (M,), A (M, K), b, slack (K,). Everything in dollars.

The bound: around any point h° near the target, with λ the multipliers of A'h = b there, r what they leave of the
gradient, and any ρ ≥ 0,

    f(h) ≥ f(h°) + r'd − |λ|'slack − ½ρ‖slack‖² + ½ d'(P + ρAA')d,   d = h − h°

which a Cholesky factor turns into a sum of squares, one for each contract: contracts are fixed one after the other,
each from its best number outwards, and a branch ends where its part of the sum is more than the best minimum allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = ["LotProblem", "WholeLots", "best_lots"]

_NODES = 10_000
_ROUND = 1e-9
_MOVED = 1e-3


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


def best_lots(problem: LotProblem, near: FloatArray, start: IntArray, limit: int = _NODES) -> WholeLots:
    """Return the minimum over whole lots, proven unless `limit` nodes are seen first.

    `near` (M,) is the minimum without whole lots, in dollars; `start` (M,) an allowed first answer, which the result
    is never worse than. Where P is not positive definite there is no bound: `start` is returned with an unknown (NaN)
    gap.
    """
    first = problem.objective(start)
    slack = problem.slack(start)
    bound = _bound(problem, near, slack)
    if bound is None:
        return WholeLots(start, first, float("nan"), 0)
    search = _Search(problem, slack, *bound, limit=limit, best=start, value=first)
    search.fix(len(start) - 1, np.zeros(len(start), dtype=np.int64), 0.0)
    gap = max(search.value - search.floor, 0.0) if search.nodes > limit else 0.0
    return WholeLots(search.best, search.value, gap, search.nodes)


def _bound(
    problem: LotProblem, near: FloatArray, slack: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, float] | None:
    """Return the order of the contracts (coarsest last), the factor R and the centre in lots, and the floor of f."""
    p, a, kappa = problem.p, problem.a, problem.kappa
    moved = np.abs(near) > _MOVED * problem.step
    cost = np.where(moved, kappa * np.sign(near), 0.0)
    slope = p @ near + problem.q
    multipliers = (
        np.linalg.lstsq(a[moved], -(slope + cost)[moved], rcond=None)[0]
        if moved.any()
        else np.zeros(a.shape[1])
    )
    pulled = slope + a @ multipliers
    cost = np.where(moved, cost, np.clip(-pulled, -kappa, kappa))
    left = pulled + cost
    strayed = a.T @ near - problem.b
    reach = slack + np.abs(strayed)
    stiffness = float(np.abs(multipliers) @ slack / max(float(slack @ slack), 1e-300))
    order: IntArray = np.argsort(np.sqrt(np.diag(p)) * problem.step, kind="stable")
    bowl = p + stiffness * (a @ a.T)
    try:
        factor = np.linalg.cholesky(bowl[np.ix_(order, order)]).T
    except np.linalg.LinAlgError:
        return None
    shift = np.linalg.solve(bowl, left)
    floor = 0.5 * near @ p @ near + problem.q @ near + cost @ near
    floor += multipliers @ strayed - np.abs(multipliers) @ slack - 0.5 * stiffness * reach @ reach
    floor -= 0.5 * left @ shift
    steps = problem.step[order]
    return order, factor * steps, (near - shift)[order] / steps, float(floor)


@dataclass(slots=True)
class _Search:
    """Depth first, in the order of the factor's columns from the last; `value` is what has to be beaten."""

    problem: LotProblem
    slack: FloatArray
    order: IntArray
    factor: FloatArray
    centre: FloatArray
    floor: float
    limit: int
    best: IntArray
    value: float
    nodes: int = 0
    sides: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.sides = (self.problem.a * self.problem.step[:, None])[self.order]

    def fix(self, level: int, lots: IntArray, spent: float) -> None:
        """Try every number of contract `level` that may still beat the best, given those after it."""
        width = self.factor[level, level]
        known = self.factor[level, level + 1 :] @ (lots[level + 1 :] - self.centre[level + 1 :])
        middle = self.centre[level] - known / width
        for number in self._numbers(level, middle, lots):
            total = spent + 0.5 * (width * (number - middle)) ** 2
            if self.floor + total >= self.value or self.nodes > self.limit:
                break
            self.nodes += 1
            lots[level] = number
            if level:
                self.fix(level - 1, lots, total)
            else:
                self._weigh(lots)
        lots[level] = 0

    def _numbers(self, level: int, middle: float, lots: IntArray) -> Iterator[int]:
        """Allowed numbers of lots by their distance from `middle`; for the last contract, those that meet the target."""
        place = self.order[level]
        least, most = self.problem.least[place], self.problem.most[place]
        if level:
            outwards = _outwards(middle, most)
        else:
            low, high = self._meeting(lots)
            outwards = iter(
                sorted(range(max(low, -int(most)), min(high, int(most)) + 1), key=lambda n: abs(n - middle))
            )
        yield from (number for number in outwards if not number or abs(number) >= least)

    def _meeting(self, lots: IntArray) -> tuple[int, int]:
        """The first contract's numbers of lots with which |A'h − b| is within the slack."""
        wanted = self.problem.b - self.sides[1:].T @ lots[1:]
        own = self.sides[0]
        low, high = -np.inf, np.inf
        for side, want, slack in zip(own, wanted, self.slack, strict=True):
            allowed = slack * (1.0 + _ROUND)
            if not side:
                if abs(want) > allowed:
                    return 1, 0
                continue
            ends = sorted(((want - allowed) / side, (want + allowed) / side))
            low, high = max(low, ends[0]), min(high, ends[1])
        if not np.isfinite(low) or not np.isfinite(high):
            return 1, 0
        return int(np.ceil(low)), int(np.floor(high))

    def _weigh(self, lots: IntArray) -> None:
        found = np.empty_like(lots)
        found[self.order] = lots
        value = self.problem.objective(found)
        if value < self.value:
            self.best, self.value = found, value


def _outwards(middle: float, most: float) -> Iterator[int]:
    """Whole numbers of at most `most` in size, nearest to `middle` first."""
    centre = round(float(np.clip(middle, -most, most)))
    down, up = centre, centre + 1
    while down >= -most or up <= most:
        if up > most or (down >= -most and middle - down <= up - middle):
            yield down
            down -= 1
        else:
            yield up
            up += 1
