"""What a dated contract is taken to cost where nothing tells its price: its coin, and the carry that funding was."""

from __future__ import annotations

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.stats.carry.forecast import prior_funding
from hedgerow.stats.carry.funding import annual_rate
from hedgerow.stats.carry.intervals import trailing_annual

__all__ = ["CARRY_DAYS", "USUAL_CARRY", "carry_from_funding"]

CARRY_DAYS = 30.0
USUAL_CARRY = annual_rate(prior_funding(8.0).mean, 8.0)
"""A year, continuous: what is taken where no funding is known."""


def carry_from_funding(times: TimeArray | None, rates: FloatArray | None, at: TimeArray) -> FloatArray:
    """Return the carry a year at each instant of `at` (T,): the mean funding of the 30 days before it, known at it.

    The usual one where there are no prints (None, or none in that time).
    """
    if times is None or rates is None:
        return np.full(len(at), USUAL_CARRY)
    level = trailing_annual(times, rates, at, CARRY_DAYS)
    found: FloatArray = np.where(np.isfinite(level), level, USUAL_CARRY)
    return found
