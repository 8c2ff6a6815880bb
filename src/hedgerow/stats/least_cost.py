"""The cheapest whole numbers that keep every floor: a linear programme in integers.

    minimise c'n,  rows·n ≥ floor,  0 ≤ n ≤ most,  n whole

least_cost(c, rows, floor, most) -> LeastCost, None where no numbers do

Solved by HiGHS (branch and cut); floors are checked again on the whole numbers, as its own tolerance is relative.
Source: Q. Huangfu, J. Hall, Parallelizing the dual revised simplex method, Math. Programming Computation 10 (2018) 119-142.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from hedgerow.model.arrays import FloatArray, IntArray, check_shape

__all__ = ["LeastCost", "least_cost"]

_SECONDS = 20.0
_TIGHTER = 1e-7
_OPTIMAL = 0


@dataclass(frozen=True, slots=True)
class LeastCost:
    """So many of each (M,), what they cost, and whether nothing cheaper exists; else time ran out before it was shown."""

    counts: IntArray
    cost: float
    proven: bool


def least_cost(cost: FloatArray, rows: FloatArray, floor: FloatArray, most: FloatArray) -> LeastCost | None:
    """Return the counts of least `cost` (M,) at which `rows` (R, M) times them are at least `floor` (R,), up to `most` (M,).

    None where there are none. All numbers are finite, `most` at least 0; floors are kept to a ten-millionth of their row.
    """
    check_shape("rows", rows, (len(floor), len(cost)))
    check_shape("most", most, (len(cost),))
    scale = np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-12)
    wanted = floor / scale + _TIGHTER * np.maximum(np.abs(floor / scale), 1.0)
    size = max(float(np.abs(cost).max(initial=0.0)), 1e-12)
    found = milp(
        cost / size,
        constraints=LinearConstraint(rows / scale[:, None], wanted, np.inf),
        bounds=Bounds(np.zeros(len(cost)), np.floor(most)),
        integrality=np.ones(len(cost), dtype=np.int64),
        options={"time_limit": _SECONDS, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    counts: IntArray = np.rint(found.x).astype(np.int64)
    if (rows @ counts < floor).any():
        return None
    return LeastCost(counts, float(cost @ counts), found.status == _OPTIMAL)
