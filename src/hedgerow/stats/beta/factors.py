"""Several factors together: the total beta to the first, and whether they can be told apart at all (E14, TV13)."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape

__all__ = ["condition_number", "total_beta"]


def total_beta(beta: FloatArray, x: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return (N,) betas to the first factor, the others' indirect parts added: b₁ + Σ b_j·β_{j|1} (E14, TV13).

    `beta` (N, K) and the factors `x` (T, K) they were fitted on, with the same `weights` (T,) if any; then it equals
    the single-factor least-squares beta exactly. Rows with NaN in `x` are left out. NaN where the first never moves.
    """
    check_shape("beta", beta, (None, x.shape[1]))
    used = np.isfinite(x).all(axis=1)
    w = np.ones(int(used.sum())) if weights is None else weights[used]
    f = x[used] - np.average(x[used], axis=0, weights=w) if w.sum() > 0 else x[used]
    square = float(w @ f[:, 0] ** 2)
    onto = (w * f[:, 0]) @ f / square if square > 0 else np.full(x.shape[1], np.nan)
    return np.asarray(beta @ onto)


def condition_number(x: FloatArray) -> float:
    """Return the condition number of the factors' correlation matrix, `x` (T, K): above 100 betas are unstable (TV13).

    1 for one factor, infinite where two move as one, NaN where one does not move or fewer than 3 rows are complete.
    """
    f = x[np.isfinite(x).all(axis=1)]
    if len(f) < 3 or np.any(np.ptp(f, axis=0) == 0.0):
        return float("nan")
    values = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(f, rowvar=False)))
    least = float(values[0])
    return float(values[-1]) / least if least > 1e-15 else float("inf")
