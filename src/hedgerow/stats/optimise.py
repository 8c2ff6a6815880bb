"""Hedges as quadratic programmes: exact on a given set of contracts, with linear costs.

    minimise ½ h'Ph + q'h + κ'|h − h₀|   subject to A'h = b            (domain §3.2)

P (M, M), q, κ, h₀ (M,), A (M, K), b (K,). Everything in dollars. `minimise_quadratic` is the slow truth beside
`stats.sticky`, by a cone solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul

import numpy as np

from hedgerow.model.arrays import FloatArray

__all__ = ["Solution", "kkt_residual", "minimise_quadratic", "on_equalities"]

_RIDGE = 1e-9
_EXACT = 1e-9
_ROUND = 1e-12
_FEW, _ROUNDS = 16, 5


@dataclass(frozen=True, slots=True)
class Solution:
    """A minimum: `h` (M,), its objective, and the largest violation of its optimality conditions; `status` in words."""

    h: FloatArray
    objective: float
    kkt: float
    status: str


def on_equalities(p: FloatArray, q: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the (…, m) minima of ½h'Ph + q'h on A'h = b, for a stack of problems; NaN where there is none.

    Solves the stationarity system [P A; A' 0][h; λ] = [−q; b], P with a ridge of 1e-9 of its own scale.
    """
    m, k = q.shape[-1], b.shape[-1]
    scale = np.einsum("...ii->...", p) / m
    scale = np.where(scale > 0, scale, 1.0)
    system = np.zeros((*q.shape[:-1], m + k, m + k))
    system[..., :m, :m] = p / scale[..., None, None] + _RIDGE * np.eye(m)
    system[..., :m, m:] = a
    system[..., m:, :m] = np.swapaxes(a, -1, -2)
    right = np.concatenate([-q / scale[..., None], np.broadcast_to(b, (*q.shape[:-1], k))], axis=-1)
    solvable = np.linalg.matrix_rank(a) == k
    out = np.full(q.shape, np.nan)
    if np.any(solvable):
        out[solvable] = np.linalg.solve(system[solvable], right[solvable][..., None])[..., :m, 0]
    return out


def minimise_quadratic(
    p: FloatArray,
    q: FloatArray,
    kappa: FloatArray | None = None,
    h0: FloatArray | None = None,
    a: FloatArray | None = None,
    b: FloatArray | None = None,
    bound: FloatArray | None = None,
) -> Solution:
    """Return the minimum of ½h'Ph + q'h + κ'|h−h₀| on A'h = b and |h| ≤ bound (TV17b), by an interior-point solver.

    Split as h = h₀ + u − v, u, v ≥ 0. `status` is "solved", or says that the target cannot be met within the bounds;
    `h` is then NaN.
    """
    m = len(q)
    cost = np.zeros(m) if kappa is None else kappa
    start = np.zeros(m) if h0 is None else h0
    if not cost.any() and bound is None:
        equal_a, equal_b = (np.zeros((m, 0)), np.zeros(0)) if a is None or b is None else (a, b)
        free = not equal_a.shape[1]
        h = np.asarray(
            np.linalg.solve(p, -q) if free else on_equalities(p, q, equal_a, equal_b), dtype=np.float64
        )
        return _solution(h, p, q, cost, start, equal_a, "solved")
    if bound is None and not start.any() and a is not None and b is not None and m <= _FEW:
        found = _by_signs(p, q, cost, a, b)
        if found.kkt <= _EXACT * (float(np.abs(q).max()) + float(cost.max())):
            return found
    return _by_cone(p, q, cost, start, a, b, bound)


def _by_signs(p: FloatArray, q: FloatArray, cost: FloatArray, a: FloatArray, b: FloatArray) -> Solution:
    """Walk from the minimum without costs to that with them: to where a sign would turn, or one more contract pays.

    The active set on plain numbers: arrays of three or ten cost more to call than to compute. Where a system cannot be
    solved, `kkt` is infinite.
    """
    m, costs = len(q), cost.tolist()
    rows = [[*own, *sides] for own, sides in zip(p.tolist(), a.tolist(), strict=True)]
    rows += [[*side, *([0.0] * len(b))] for side in a.T.tolist()]
    base = [*(-q).tolist(), *b.tolist()]
    slack = _ROUND * (float(np.abs(q).max()) + float(cost.max()))
    x = _stationary(rows, base, [0.0] * m, [1] * m)
    signs = [1 if value > 0.0 else -1 for value in x[:m]]
    for _ in range(_ROUNDS * m):
        before, x = x, _stationary(rows, base, costs, signs)
        turned = [i for i in range(m) if signs[i] and not x[i] * signs[i] > 0.0]
        if turned:
            ways = [before[i] / (before[i] - x[i]) if before[i] != x[i] else 0.0 for i in turned]
            way = min(ways)
            x = [old + way * (new - old) for old, new in zip(before, x, strict=True)]
            i = turned[ways.index(way)]
            signs[i], x[i] = 0, 0.0
            continue
        pull = [sum(map(mul, row, x)) - side for row, side in zip(rows[:m], base, strict=False)]
        i = max(range(m), key=lambda k: -1.0 if signs[k] else abs(pull[k]) - costs[k])
        if signs[i] or abs(pull[i]) - costs[i] <= slack:
            h = np.array(x[:m])
            off = max(abs(pull[k] + costs[k] * signs[k]) * abs(signs[k]) for k in range(m))
            value = 0.5 * h @ p @ h + q @ h + cost @ np.abs(h)
            return Solution(h, float(value), off, "solved")
        signs[i] = -1 if pull[i] > 0.0 else 1
    return Solution(np.full(m, np.nan), float("nan"), float("inf"), "no signs fit")


def _stationary(
    rows: list[list[float]], base: list[float], costs: list[float], signs: list[int]
) -> list[float]:
    """Return h and λ at which the contracts that have a sign stand, 0 for the others; NaN where there is no telling."""
    m, x = len(signs), [0.0] * len(rows)
    held = [*(i for i in range(m) if signs[i]), *range(m, len(rows))]
    right = [base[i] - (costs[i] * signs[i] if i < m else 0.0) for i in held]
    for i, value in zip(held, _solved([[rows[i][j] for j in held] for i in held], right), strict=True):
        x[i] = value
    return x


def _solved(rows: list[list[float]], right: list[float]) -> list[float]:
    """Return x of Ax = b, by elimination with the largest pivots, in place; NaN where there is none to tell."""
    size = len(rows)
    for k in range(size):
        i = max(range(k, size), key=lambda row: abs(rows[row][k]))
        rows[k], rows[i], right[k], right[i] = rows[i], rows[k], right[i], right[k]
        top, pivot = rows[k], rows[k][k]
        if not abs(pivot) > 0.0:
            return [float("nan")] * size
        for row in range(k + 1, size):
            own = rows[row]
            share = own[k] / pivot
            if share:
                rows[row] = [value - share * above for value, above in zip(own, top, strict=True)]
                right[row] -= share * right[k]
    for k in range(size - 1, -1, -1):
        known = sum(map(mul, rows[k][k + 1 :], right[k + 1 :]))
        right[k] = (right[k] - known) / rows[k][k]
    return right


def _by_cone(
    p: FloatArray,
    q: FloatArray,
    cost: FloatArray,
    start: FloatArray,
    a: FloatArray | None,
    b: FloatArray | None,
    bound: FloatArray | None,
) -> Solution:
    import clarabel
    from scipy import sparse

    m = len(q)
    scale = max(float(np.abs(p).max()), 1e-300)
    size = max(float(np.abs(start).max()), float(np.abs(b).max()) if b is not None and len(b) else 0.0, 1.0)
    flip = np.hstack([np.eye(m), -np.eye(m)])
    quadratic = flip.T @ (p / scale) @ flip
    linear = flip.T @ ((q + p @ start) / (scale * size)) + np.tile(cost, 2) / (scale * size)
    equal = np.zeros((0, 2 * m)) if a is None else a.T @ flip
    right = np.zeros(0) if a is None or b is None else (b - a.T @ start) / size
    limits = -np.eye(2 * m)
    reach = np.zeros(2 * m)
    if bound is not None:
        limits = np.vstack([limits, flip, -flip])
        reach = np.concatenate([reach, (bound - start) / size, (bound + start) / size])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-13
    cones = [clarabel.ZeroConeT(len(right)), clarabel.NonnegativeConeT(len(reach))]
    solver = clarabel.DefaultSolver(
        sparse.triu(sparse.csc_matrix(quadratic)).tocsc(),
        linear,
        sparse.csc_matrix(np.vstack([equal, limits])),
        np.concatenate([right, reach]),
        cones,
        settings,
    )
    answer = solver.solve()
    if "Solved" not in str(answer.status):
        return Solution(
            np.full(m, np.nan), float("nan"), float("nan"), "the target cannot be met within the bounds"
        )
    h = start + size * (flip @ np.array(answer.x))
    return _solution(h, p, q, cost, start, np.zeros((m, 0)) if a is None else a, "solved")


def _solution(
    h: FloatArray,
    p: FloatArray,
    q: FloatArray,
    cost: FloatArray,
    start: FloatArray,
    a: FloatArray,
    status: str,
) -> Solution:
    value = 0.5 * h @ p @ h + q @ h + cost @ np.abs(h - start)
    return Solution(h, float(value), kkt_residual(h, p, q, cost, start, a), status)


def kkt_residual(
    h: FloatArray, p: FloatArray, q: FloatArray, cost: FloatArray, start: FloatArray, a: FloatArray
) -> float:
    """Return the largest violation of stationarity: |grad| ≤ κ where h = h₀, grad = −κ·sign(h − h₀) elsewhere.

    `grad` is Ph + q less its best fit by the equalities' gradients; bounds are not counted.
    """
    grad = p @ h + q
    moved = np.abs(h - start) > 1e-7 * (1.0 + np.abs(h))
    if a.shape[1] and moved.any():
        wanted = -(grad + cost * np.sign(h - start))[moved]
        multipliers = np.linalg.lstsq(a[moved], wanted, rcond=None)[0]
        grad = grad + a @ multipliers
    off = np.where(moved, np.abs(grad + cost * np.sign(h - start)), np.maximum(np.abs(grad) - cost, 0.0))
    return float(off.max(initial=0.0))
