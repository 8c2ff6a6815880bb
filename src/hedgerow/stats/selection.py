"""The best of many tries looks better than it is: by how much, from a block bootstrap of the tries together."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.stats.bootstrap import block_indices

__all__ = ["luck_of_the_best", "variance_draws"]


def variance_draws(
    returns: FloatArray, *, block: int | None = None, draws: int = 499, seed: int = 0
) -> FloatArray:
    """Return (draws, C) variances of (D, C) `returns` on the same circular blocks of days for all columns.

    `block` is D^⅓, at least 5, by default. NaN in a column makes its draws NaN. Raises `BadInput` without rows.
    """
    check_shape("returns", returns, (None, None))
    days = len(returns)
    picked = block_indices(days, block or max(round(days ** (1.0 / 3.0)), 5), draws, seed)
    weight = np.stack([np.bincount(rows, minlength=days) for rows in picked]) / days
    centred = returns - returns.mean(axis=0)
    drawn: FloatArray = weight @ centred**2 - (weight @ centred) ** 2
    return drawn


def luck_of_the_best(drawn: FloatArray, losses: FloatArray) -> float:
    """Return by how much the smallest of (C,) `losses` is expected to be too small for having been picked.

    In every row of the (B, C) bootstrap draws the best is picked anew; what it loses on the sample itself, less what it
    lost where it was picked, is its luck: most of it, not all, where the tries are much alike. Never below 0. The
    bootstrap bias correction of Tsamardinos, Greasidou and
    Borboudakis (2018).
    """
    check_shape("drawn", drawn, (None, len(losses)))
    picked = drawn.argmin(axis=1)
    return max(float(np.mean(losses[picked] - drawn[np.arange(len(drawn)), picked])), 0.0)
