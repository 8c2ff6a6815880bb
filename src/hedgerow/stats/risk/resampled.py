"""Ways that prices may go, made of pieces of the way they went: fat tails, clusters and common crashes stay in."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BadInput

__all__ = ["resampled_moves"]


def resampled_moves(
    returns: FloatArray, shape: tuple[int, int], block: int, seed: int, place: int = 0
) -> FloatArray:
    """Return (paths, steps, K) moves since the start, 0.4 for 40 % up, of K prices whose (R, K) simple `returns` are drawn together.

    A path is made of pieces of `block` rows in their order, wrapped around the end, less the mean return of each price: what
    went up is not foretold to go on (the circular block bootstrap of Politis and Romano, 1992). `place` numbers batches of one
    `seed`: each has random numbers of its own. Raises `BadInput` for no rows, a NaN, or a shape of nothing.
    """
    paths, steps = shape
    if not len(returns) or min(paths, steps, block) < 1 or not np.isfinite(returns).all():
        raise BadInput(
            f"no {paths} paths of {steps} steps from {len(returns)} returns in blocks of {block}",
            advice="Every return has to be known; paths, steps and blocks are at least 1.",
        )
    rows = len(returns)
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))
    starts = random.integers(0, rows, size=(paths, -(-steps // block)))
    picked = ((starts[:, :, None] + np.arange(block)) % rows).reshape(paths, -1)[:, :steps]
    logs = np.log1p(returns - returns.mean(axis=0))
    moves: FloatArray = np.expm1(np.cumsum(logs[picked], axis=1))
    return moves
