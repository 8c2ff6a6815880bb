"""Hedges that stay: few contracts, changed only where what goes is worth the trade, and swapped likewise.

    minimise ½ h'Ph + q'h + τ'|h − h₀| + κ'|h|   subject to A'h = b, at most N of h not zero

P (M, M), q, τ (a dollar traded), κ (a dollar held), h₀ (M,), A (M, K), b (K,). Exact on a given set of contracts by a
primal active set: every |·| is a kink at which a position rests until the gradient is worth its cost. The set is
searched forward and by swaps from what is held, every swap judged first by a rank-one formula, then solved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray, IntArray

__all__ = ["StickyProblem", "StickyStep", "choose_sticky", "solve_on"]

_RIDGE = 1e-9
_ROUNDS = 400
_SLACK = 1e-10
_TRIES = 3
_SWAPS = 12
_LEAST_PIVOT = 1e-12
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class StickyProblem:
    """The programme in arrays; `trade` is τ, `hold` is κ, `held` is h₀, all of them (M,)."""

    p: FloatArray
    q: FloatArray
    trade: FloatArray
    hold: FloatArray
    held: FloatArray
    a: FloatArray
    b: FloatArray

    def cost(self, h: FloatArray) -> float:
        """Return the objective of `h` (M,)."""
        smooth = 0.5 * h @ self.p @ h + self.q @ h
        return float(smooth + self.trade @ np.abs(h - self.held) + self.hold @ np.abs(h))


@dataclass(frozen=True, slots=True)
class StickyStep:
    """A set of contracts, the dollars `h` (M,) of all there are, zero outside the set, and the objective."""

    members: tuple[int, ...]
    h: FloatArray
    objective: float


@dataclass(frozen=True, slots=True)
class _Kinks:
    """Per contract the two kinks `at` (M, 2), ascending, and the slopes (M, 3) left of, between and right of them."""

    at: FloatArray
    slope: FloatArray

    @classmethod
    def of(cls, problem: StickyProblem) -> _Kinks:
        held, trade, hold = problem.held, problem.trade, problem.hold
        at = np.sort(np.column_stack([np.zeros_like(held), held]), axis=1)
        between = np.where(held > 0.0, hold - trade, trade - hold)
        return cls(at, np.column_stack([-trade - hold, between, trade + hold]))

    def sides(self, h: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the slopes just below and just above each of `h` (M,)."""
        rows = np.arange(len(h))
        below = (h[:, None] > self.at).sum(axis=1)
        above = (h[:, None] >= self.at).sum(axis=1)
        return self.slope[rows, below], self.slope[rows, above]


@dataclass(slots=True)
class _Face:
    """Where the active set stands: `h` (M,), which positions are free, and in which of the three intervals."""

    h: FloatArray
    free: BoolArray
    interval: IntArray
    multiplier: FloatArray


def solve_on(problem: StickyProblem, members: Iterable[int], begin: FloatArray | None = None) -> StickyStep:
    """Return the exact minimum on `members`; the dollars of all others are 0.

    `begin` (M,) is where to look first. Where the members' betas do not span the target, `h` is NaN.
    """
    inside = np.array(sorted(set(members)), dtype=np.int64)
    kinks, face = _Kinks.of(problem), _begun(problem, inside, begin)
    if face is None:
        return StickyStep(tuple(inside.tolist()), np.full(len(problem.q), np.nan), float("inf"))
    # As many members as targets: there is nothing to choose, and the target itself is exact.
    for _ in range(_ROUNDS if len(inside) > len(problem.b) else 0):
        if not _moved(problem, kinks, face) and not _released(problem, kinks, face, inside):
            break
    return StickyStep(tuple(inside.tolist()), face.h, problem.cost(face.h))


def choose_sticky(problem: StickyProblem, most: int, begin: Iterable[int]) -> tuple[StickyStep, ...]:
    """Return the sets found on the way from `begin` to at most `most` contracts; the last is the hedge to hold.

    More than `most` to begin with: those go first that are missed least. Then forward by the best addition, and by
    swaps, as long as the objective falls. A local search from what is held: it need not be the best set of all, and no
    set is worse than the one before, but for those that had to be left. Empty where no betas span the target.
    """
    members = _spanning(problem, begin)
    step = solve_on(problem, members, problem.held)
    if not np.isfinite(step.objective):
        return ()
    while len(step.members) > max(most, len(problem.b)):
        step = _without_one(problem, step)
    steps = [_swapped(problem, step)]
    while len(steps[-1].members) < min(most, len(problem.q)):
        grown = _grown(problem, steps[-1])
        if grown is None:
            break
        steps.append(_swapped(problem, grown))
    return tuple(steps)


def _spanning(problem: StickyProblem, begin: Iterable[int]) -> tuple[int, ...]:
    """`begin`, and where it cannot meet the target, the contracts that best can."""
    members = np.array(sorted(set(begin)), dtype=np.int64)
    if len(_anchors(problem, members)) < len(problem.b):
        members = np.union1d(members, _anchors(problem, np.arange(len(problem.q), dtype=np.int64)))
    return tuple(members.tolist())


def _without_one(problem: StickyProblem, step: StickyStep) -> StickyStep:
    """The best set of one contract less."""
    tries = [solve_on(problem, set(step.members) - {out}, step.h) for out in step.members]
    return min(tries, key=lambda tried: tried.objective)


def _begun(problem: StickyProblem, inside: IntArray, begin: FloatArray | None) -> _Face | None:
    """A feasible place to start from: `begin` on the members, the target met by those whose betas span it best."""
    h = np.zeros(len(problem.q))
    if begin is not None:
        h[inside] = begin[inside]
    anchors = _anchors(problem, inside)
    if len(anchors) < len(problem.b):
        return None
    gap = problem.b - problem.a.T @ h
    h[anchors] += np.linalg.solve(problem.a[anchors].T, gap)
    at = _Kinks.of(problem).at
    free = np.zeros(len(h), dtype=bool)
    free[inside] = ((h[:, None] != at).all(axis=1))[inside]
    free[anchors] = True
    return _Face(h, free, (h[:, None] > at).sum(axis=1).astype(np.int64), np.zeros(len(problem.b)))


def _anchors(problem: StickyProblem, inside: IntArray) -> IntArray:
    """As many members as there are targets, whose betas a unit of risk span them best; fewer where none do."""
    scale = np.sqrt(np.maximum(np.diag(problem.p)[inside], _LEAST_PIVOT))
    left = problem.a[inside] / scale[:, None]
    found: list[int] = []
    for _ in range(problem.a.shape[1]):
        size = (left**2).sum(axis=1)
        if not len(size) or size.max() <= _LEAST_PIVOT:
            break
        i = int(np.argmax(size))
        found.append(int(inside[i]))
        left = left - np.outer(left @ left[i], left[i]) / size[i]
    return np.array(found, dtype=np.int64)


def _system(problem: StickyProblem, free: IntArray) -> tuple[FloatArray, float]:
    """The stationarity matrix of `free` positions, in units of their mean variance, and that unit."""
    count, targets = len(free), problem.a.shape[1]
    unit = float(np.diag(problem.p)[free].mean()) if count else 1.0
    unit = unit if unit > 0.0 else 1.0
    matrix = np.zeros((count + targets, count + targets))
    matrix[:count, :count] = problem.p[np.ix_(free, free)] / unit
    matrix[:count, count:] = problem.a[free]
    matrix[count:, :count] = problem.a[free].T
    matrix.flat[:: count + targets + 1] += np.concatenate([np.full(count, _RIDGE), np.full(targets, -_RIDGE)])
    return matrix, unit


def _moved(problem: StickyProblem, kinks: _Kinks, face: _Face) -> bool:
    """Go to the minimum on the free positions, or to the first kink on the way, which is then rested at."""
    free = np.flatnonzero(face.free)
    interval = face.interval[free]
    gradient = problem.p[free] @ face.h + problem.q[free] + kinks.slope[free, interval]
    matrix, unit = _system(problem, free)
    answer = np.linalg.solve(matrix, np.concatenate([-gradient / unit, problem.b - problem.a.T @ face.h]))
    direction, face.multiplier = answer[: len(free)], answer[len(free) :] * unit
    low = np.where(interval > 0, kinks.at[free, np.maximum(interval - 1, 0)], -np.inf)
    high = np.where(interval < 2, kinks.at[free, np.minimum(interval, 1)], np.inf)
    limit = np.where(direction > 0.0, high, low)
    reach = np.full(len(free), np.inf)
    np.divide(limit - face.h[free], direction, out=reach, where=direction != 0.0)
    i = int(np.argmin(reach)) if len(free) else 0
    if not len(free) or reach[i] >= 1.0:
        face.h[free] += direction
        return False
    face.h[free] += max(reach[i], 0.0) * direction
    face.h[free[i]] = limit[i]
    face.free[free[i]] = False
    return True


def _released(problem: StickyProblem, kinks: _Kinks, face: _Face, inside: IntArray) -> bool:
    """Let go of the resting position whose gradient exceeds its cost by most, in the direction that pays."""
    rest = inside[~face.free[inside]]
    if not len(rest):
        return False
    gradient = problem.p[rest] @ face.h + problem.q[rest] + problem.a[rest] @ face.multiplier
    below, above = kinks.sides(face.h)
    up, down = -gradient - above[rest], gradient + below[rest]
    scale = np.sqrt(np.maximum(np.diag(problem.p)[rest], _LEAST_PIVOT))
    excess = np.maximum(up, down) / scale
    i = int(np.argmax(excess))
    if np.maximum(up, down)[i] <= _SLACK * float(np.abs(problem.q).max() + problem.trade.max()):
        return False
    j = rest[i]
    count = (face.h[j] > kinks.at[j]).sum() if down[i] > up[i] else (face.h[j] >= kinks.at[j]).sum()
    face.free[j], face.interval[j] = True, int(count)
    return True


def _swapped(problem: StickyProblem, step: StickyStep) -> StickyStep:
    """Swap one member for another as long as one of the most promising swaps pays."""
    for _ in range(_SWAPS):
        better = _paying(problem, step, _scores(problem, step))
        if better is None:
            break
        step = better
    return step


def _grown(problem: StickyProblem, step: StickyStep) -> StickyStep | None:
    return _paying(problem, step, _entries(problem, step.h, set(step.members)))


def _paying(
    problem: StickyProblem, step: StickyStep, scored: list[tuple[float, int, int]]
) -> StickyStep | None:
    """The best of the few most promising changes, solved; None where it does not pay."""
    floor = step.objective - _SLACK * (1.0 + abs(step.objective))
    tries = [
        solve_on(problem, {*step.members, new} - {out}, step.h)
        for value, out, new in sorted(scored)[:_TRIES]
        if value < floor
    ]
    best = min(tries, key=lambda tried: tried.objective, default=step)
    return best if best.objective < floor else None


def _scores(problem: StickyProblem, step: StickyStep) -> list[tuple[float, int, int]]:
    """What each swap would make of the objective, about: (objective, member out, contract in)."""
    found: list[tuple[float, int, int]] = []
    for out in step.members:
        found += _entries(problem, step.h, set(step.members) - {out}, out)
    return found


def _entries(
    problem: StickyProblem, h: FloatArray, kept: set[int], out: int = _NOBODY
) -> list[tuple[float, int, int]]:
    """Objectives with `out` gone and one contract added: the free members of `kept` move, no kink is crossed.

    One elimination serves all additions: the pivot of each is its variance beside what the free members hedge of it.
    """
    kinks, count = _Kinks.of(problem), len(problem.b)
    free = np.array([j for j in sorted(kept) if (h[j] != kinks.at[j]).all()], dtype=np.int64)
    rest = np.array([j for j in range(len(h)) if j not in kept and j != out], dtype=np.int64)
    if not len(rest) or len(_anchors(problem, free)) < count:
        return []
    left = h.copy()
    left[[j for j in (out,) if j != _NOBODY]] = 0.0
    matrix, unit = _system(problem, free)
    interval = (h[free, None] > kinks.at[free]).sum(axis=1)
    gradient = (problem.p[free] @ left + problem.q[free] + kinks.slope[free, interval]) / unit
    cross = np.vstack([problem.p[np.ix_(free, rest)] / unit, problem.a[rest].T])
    gap = problem.b - problem.a.T @ left
    answer = np.linalg.solve(matrix, np.column_stack([np.concatenate([-gradient, gap]), cross]))
    left[free] += answer[:-count, 0]
    multiplier = unit * answer[-count:, 0]
    slope = problem.p[rest] @ left + problem.q[rest] + problem.a[rest] @ multiplier
    pivot = np.diag(problem.p)[rest] - unit * (cross * answer[:, 1:]).sum(axis=0)
    below, above = kinks.sides(left)
    push = np.maximum(np.maximum(-slope - above[rest], slope + below[rest]), 0.0)
    value = problem.cost(left) - push**2 / (2.0 * np.maximum(pivot, _LEAST_PIVOT))
    return [(float(v), out, int(j)) for v, j in zip(value, rest, strict=True)]
