"""Which of several models may be the best: the Model Confidence Set (Hansen, Lunde and Nason 2011)."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.stats.bootstrap import block_indices

__all__ = ["model_confidence_set"]

_DRAWS = 999


def model_confidence_set(
    losses: FloatArray, *, block: int | None = None, draws: int = _DRAWS, seed: int = 0
) -> FloatArray:
    """Return the MCS p-value (M,) of each column of (T, M) losses: those of at least α are the set of level 1 − α.

    The largest of the studentised mean differences from the average (T_max) over block-bootstrap draws; the worst model
    is dropped until one is left, and its p-value is never below those dropped before it. Columns must have no NaN; a
    difference that never varies counts as none.
    """
    rows, count = losses.shape
    length = block or max(round(rows ** (1.0 / 3.0)), 1)
    picked = block_indices(rows, length, draws, seed)
    drawn = np.stack([losses[chosen].mean(axis=0) for chosen in picked])
    mean = losses.mean(axis=0)
    values, left, so_far = np.ones(count), list(range(count)), 0.0
    while len(left) > 1:
        apart = mean[left] - mean[left].mean()
        noise = drawn[:, left] - mean[left]
        noise = noise - noise.mean(axis=1, keepdims=True)
        spread = np.sqrt((noise**2).mean(axis=0))
        live = spread > 1e-15 * max(float(np.abs(mean).max()), 1e-300)
        scale = np.where(live, spread, 1.0)
        statistic = np.where(live, apart / scale, 0.0)
        largest = np.where(live, noise / scale, 0.0).max(axis=1)
        so_far = max(so_far, float((largest >= statistic.max()).mean()))
        worst = int(np.argmax(statistic))
        values[left[worst]] = so_far
        del left[worst]
    return values
