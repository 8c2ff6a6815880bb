"""Whether a number has changed, looked at again and again: two-sided CUSUM with a budget of false alarms.

    threshold_for(run_length, allowance) -> h       on standard normal noise one false alarm in `run_length` looks
    page_sums(z, allowance, start) -> (up, down)    (T,) paths

A raw threshold looked at daily cries all the time: the budget is the average run length between false alarms
(Page 1954; Siegmund 1985, corrected diffusion approximation).
"""

from __future__ import annotations

import math

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import UsageError

__all__ = ["page_sums", "run_length_of", "threshold_for"]

_EXCESS = 1.166
"""Twice the mean excess of a normal walk over a barrier, 2 × 0.583 (Siegmund)."""


def run_length_of(threshold: float, allowance: float) -> float:
    """Return how many looks pass on average between two false alarms of both sides, on standard normal noise.

    One side: (e^(2kb) − 2kb − 1) / 2k² with b = h + 1.166; both sides: half of it.
    """
    b = threshold + _EXCESS
    side = (math.exp(2.0 * allowance * b) - 2.0 * allowance * b - 1.0) / (2.0 * allowance**2)
    return side / 2.0


def threshold_for(run_length: float, allowance: float = 0.5) -> float:
    """Return the threshold h with so many looks between false alarms; raises `UsageError` for numbers that mean nothing."""
    if not (math.isfinite(run_length) and run_length >= 10.0 and 0.0 < allowance <= 2.0):
        raise UsageError(
            f"a run length of {run_length:g} with an allowance of {allowance:g} means nothing",
            advice="Give at least 10 looks, and an allowance between 0 and 2 standard deviations.",
        )
    low, high = 0.0, 60.0 / allowance
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if run_length_of(middle, allowance) < run_length else (low, middle)
    return high


def page_sums(
    z: FloatArray, allowance: float = 0.5, start: tuple[float, float] = (0.0, 0.0)
) -> tuple[FloatArray, FloatArray]:
    """Return the upper and the lower sum (T,) of standardised deviations `z` (T,); NaN leaves them as they are."""
    up, down = np.empty(len(z)), np.empty(len(z))
    above, below = start
    for t, deviation in enumerate(z):
        if not math.isnan(deviation):
            above = max(above + float(deviation) - allowance, 0.0)
            below = max(below - float(deviation) - allowance, 0.0)
        up[t], down[t] = above, below
    return up, down
