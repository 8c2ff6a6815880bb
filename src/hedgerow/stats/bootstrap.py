"""Block bootstrap: intervals for statistics of dependent rows, and whether one hedge is really better than another.

Circular blocks of fixed length (Politis and Romano 1992); the same seed draws the same blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, IntArray
from hedgerow.model.errors import BadInput

__all__ = ["Interval", "better", "block_indices", "block_interval", "block_sums", "interval_of"]

_DRAWS = 999
_LEAST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic with the bounds between which it lies with probability `level`; NaN where rows are too few."""

    middle: float
    low: float
    high: float
    level: float


def block_indices(rows: int, block: int, draws: int, seed: int) -> IntArray:
    """Return (draws, rows) row numbers: blocks of `block` consecutive rows, wrapped around the end, drawn at random."""
    if rows < 1 or block < 1 or draws < 1:
        raise BadInput("a bootstrap needs rows, a block length and draws", advice="Each is at least 1.")
    rng = np.random.default_rng(seed)
    count = -(-rows // block)
    starts = rng.integers(0, rows, size=(draws, count))
    walked = (starts[:, :, None] + np.arange(block)) % rows
    picked: IntArray = walked.reshape(draws, -1)[:, :rows].astype(np.int64)
    return picked


def block_interval(
    values: FloatArray,
    statistic: Callable[[FloatArray], float],
    *,
    level: float = 0.90,
    block: int | None = None,
    draws: int = _DRAWS,
    seed: int = 0,
) -> Interval:
    """Return the statistic of the (T, …) rows with its percentile interval.

    `block` is T^⅓, at least 5, by default. Below 10 rows, and with 0 draws, the bounds are NaN. Draws for which the statistic is NaN are
    left out.
    """
    middle = statistic(values) if len(values) else float("nan")
    if len(values) < _LEAST_ROWS or not draws:
        return Interval(middle, float("nan"), float("nan"), level)
    length = block or max(round(len(values) ** (1.0 / 3.0)), 5)
    drawn = np.array([statistic(values[rows]) for rows in block_indices(len(values), length, draws, seed)])
    low, high = np.nanquantile(drawn, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Interval(middle, float(low), float(high), level)


def block_sums(terms: FloatArray, *, block: int, draws: int = _DRAWS, seed: int = 0) -> FloatArray:
    """Return (draws, M) sums of the (T, M) rows, each over as many whole blocks as come nearest to T rows.

    The fast way for statistics made of sums (moments, counts): a draw adds up blocks, not rows. Unknown is 0 in a sum.
    """
    if not len(terms) or block < 1 or draws < 1:
        raise BadInput("a bootstrap needs rows, a block length and draws", advice="Each is at least 1.")
    rows, length = len(terms), min(block, len(terms))
    starts = np.random.default_rng(seed).integers(0, rows, size=(draws, max(round(rows / length), 1)))
    wrapped = np.vstack([np.zeros((1, terms.shape[1])), terms, terms[: length - 1]])
    reached = np.cumsum(wrapped, axis=0)
    each = reached[length:] - reached[:-length]
    return np.stack([each[drawn].sum(axis=0) for drawn in starts])


def interval_of(middle: float, drawn: FloatArray, level: float = 0.90) -> Interval:
    """Return `middle` with the percentiles of what was drawn (D,), NaN draws left out; NaN bounds where none is left."""
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Interval(middle, float("nan"), float("nan"), level)
    low, high = np.quantile(known, [0.5 - level / 2.0, 0.5 + level / 2.0])
    return Interval(middle, float(low), float(high), level)


def better(
    unhedged: FloatArray, one: FloatArray, other: FloatArray, *, seed: int = 0, draws: int = _DRAWS
) -> Interval:
    """Return by how much more variance (T,) hedged returns `one` remove than `other`, both of (T,) `unhedged`, at 90 %.

    An interval that holds 0 says that nobody can tell.
    """
    joined = np.column_stack([unhedged, one, other])
    return block_interval(joined, _difference, draws=draws, seed=seed)


def _difference(joined: FloatArray) -> float:
    power = float(np.var(joined[:, 0]))
    return float(np.var(joined[:, 2]) - np.var(joined[:, 1])) / power if power > 0 else float("nan")
