"""Losses: value at risk, expected shortfall, drawdown (domain §7).

All are losses and positive; `level` 0.95 looks at the worst 5 % of bars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput, NotEnoughData

__all__ = [
    "Drawdown",
    "Quantile",
    "historical_es",
    "historical_var",
    "max_drawdown",
    "normal_es",
    "normal_var",
    "shortfall_effectiveness",
]

Quantile = Literal["linear", "lower", "higher", "inverted_cdf", "weibull", "median_unbiased"]
"""How a quantile between two observations is read: NumPy's names; linear is Hyndman and Fan's type 7."""


def normal_var(stdev: float, level: float = 0.95, mean: float = 0.0) -> float:
    """Return the normal value at risk, z·σ − mean, in the unit of `stdev`; NaN in, NaN out (TV29)."""
    return _z(level) * stdev - mean


def normal_es(stdev: float, level: float = 0.95, mean: float = 0.0) -> float:
    """Return the normal expected shortfall, φ(z)/(1 − level)·σ − mean, in the unit of `stdev` (TV29)."""
    density = math.exp(-0.5 * _z(level) ** 2) / math.sqrt(2.0 * math.pi)
    return density / (1.0 - level) * stdev - mean


def historical_var(returns: FloatArray, level: float = 0.95, quantile: Quantile = "linear") -> float:
    """Return minus the (1 − level) quantile of (T,) `returns`, read by the named convention.

    NaN rows are left out; raises `NotEnoughData` without any. Domain §7, TV29.
    """
    return -float(np.quantile(_known(returns), 1.0 - _checked(level), method=quantile))


def historical_es(returns: FloatArray, level: float = 0.95) -> float:
    """Return the mean loss of the worst 1 − level of (T,) `returns`, the last one counted by its fraction.

    Acerbi and Tasche (2002): with n(1 − level) = 2.4 it is −(u₁ + u₂ + 0.4·u₃)/2.4. NaN rows are left out; raises
    `NotEnoughData` without any. Domain §7, TV29.
    """
    worst = np.sort(_known(returns))
    count = len(worst) * (1.0 - _checked(level))
    whole = min(int(count), len(worst) - 1)
    if whole == 0 and count < 1.0:
        return -float(worst[0])
    return -(float(np.sum(worst[:whole])) + (count - whole) * float(worst[whole])) / count


def shortfall_effectiveness(unhedged: FloatArray, hedged: FloatArray, level: float = 0.95) -> float:
    """Return 1 − ES(hedged)/ES(unhedged) of two (T,) series of the same bars: what the hedge does on the worst days.

    Rows with a NaN in either are left out; NaN where the book loses nothing in its worst bars. Domain §7.
    """
    check_shape("hedged", hedged, (len(unhedged),))
    known = np.isfinite(unhedged) & np.isfinite(hedged)
    before = historical_es(unhedged[known], level)
    return 1.0 - historical_es(hedged[known], level) / before if before > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The largest fall from a peak: `depth` ≥ 0, the rows of peak and trough, the row of recovery or None."""

    depth: float
    peak: int
    trough: int
    recovered: int | None


def max_drawdown(values: FloatArray, *, relative: bool = True) -> Drawdown:
    """Return the largest fall of (T,) `values` from an earlier peak, as a fraction of it or in their own unit.

    Of equal falls the first. Unknown (NaN) values are passed over, rows count in `values`. Dollars of a book whose
    net value is near 0 need `relative=False`. Raises `NotEnoughData` without a value, `BadInput` for a relative fall
    from a peak that is not positive.
    """
    rows = np.flatnonzero(np.isfinite(values))
    known = values[rows]
    if not len(known):
        raise NotEnoughData("a drawdown needs at least one known value")
    peaks = np.maximum.accumulate(known)
    if relative and peaks[0] <= 0.0:
        raise BadInput(
            f"no fraction of a peak of {peaks[0]:g}", advice="Ask for the fall in dollars: relative=False."
        )
    falls = (peaks - known) / peaks if relative else peaks - known
    trough = int(np.argmax(falls))
    peak = int(np.argmax(known[: trough + 1]))
    back = np.flatnonzero(known[trough:] >= peaks[trough])
    recovered = int(rows[trough + back[0]]) if len(back) else None
    return Drawdown(float(falls[trough]), int(rows[peak]), int(rows[trough]), recovered)


def _known(returns: FloatArray) -> FloatArray:
    known = returns[np.isfinite(returns)]
    if not len(known):
        raise NotEnoughData("there is no known return to take a tail of")
    return known


def _checked(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise BadInput(f"a confidence level of {level} is not between 0 and 1", advice="Give 0.95 for 95 %.")
    return level


def _z(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(_checked(level))
