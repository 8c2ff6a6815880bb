"""Hedges as quadratic programmes: exact on a given set of contracts, with linear costs.

    minimise ½ h'Ph + q'h + κ'|h − h₀|   subject to A'h = b            (domain §3.2)

P (M, M), q, κ, h₀ (M,), A (M, K), b (K,). Everything in dollars. `minimise_quadratic` is the slow truth beside
`stats.sticky`, by a cone solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray

__all__ = ["Solution", "kkt_residual", "minimise_quadratic", "on_equalities"]

_RIDGE = 1e-9
_EXACT = 1e-9


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
    if bound is None and not start.any() and a is not None and b is not None:
        found = _by_signs(p, q, cost, a, b)
        if found.kkt <= _EXACT * (float(np.abs(q).max()) + float(cost.max())):
            return found
    return _by_cone(p, q, cost, start, a, b, bound)


def _by_signs(p: FloatArray, q: FloatArray, cost: FloatArray, a: FloatArray, b: FloatArray) -> Solution:
    """Guess the signs, solve with them, let go of what turned; the optimality conditions say whether it holds."""
    h = on_equalities(p, q, a, b)
    held: IntArray = np.flatnonzero(h)
    while len(held) and np.isfinite(h).all():
        sign = np.sign(h[held])
        inner = on_equalities(p[np.ix_(held, held)], q[held] + cost[held] * sign, a[held], b)
        h = np.zeros(len(q))
        h[held] = inner
        kept = inner * sign > 0.0
        if kept.all():
            return _solution(h, p, q, cost, np.zeros(len(q)), a, "solved")
        held = held[kept]
    return Solution(h, float("nan"), float("inf"), "no signs fit")


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
