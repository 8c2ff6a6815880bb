"""Data in which sliding sums are known to go wrong, and the slope that is right, in fifty digits."""

from __future__ import annotations

import mpmath
import numpy as np

from hedgerow.model.arrays import FloatArray

__all__ = ["REGIMES", "exact", "regime"]

REGIMES = ("clean", "one bad tick", "price levels", "peg gone quiet", "stablecoin level")


def exact(y: FloatArray, x: FloatArray) -> float:
    """The slope in fifty digits."""
    with mpmath.workdps(50):
        used = np.isfinite(y) & np.isfinite(x)
        lead, follow = [mpmath.mpf(float(v)) for v in x[used]], [mpmath.mpf(float(v)) for v in y[used]]
        mean_x, mean_y = mpmath.fsum(lead) / len(lead), mpmath.fsum(follow) / len(follow)
        top = mpmath.fsum((a - mean_x) * (b - mean_y) for a, b in zip(lead, follow, strict=True))
        return float(top / mpmath.fsum((a - mean_x) ** 2 for a in lead))


def regime(name: str, rows: int = 6000, columns: int = 5) -> tuple[FloatArray, FloatArray]:
    """Returns or prices in which sliding sums are known to go wrong."""
    rng = np.random.default_rng(11)
    x = 0.03 * rng.standard_normal(rows)
    y = 1.2 * x[:, None] + 0.02 * rng.standard_normal((rows, columns))
    if name == "one bad tick":
        y[rows // 3] = 1e6
        x[rows // 2] = 1e6
    elif name == "price levels":
        x = 60_000.0 * np.exp(np.cumsum(0.01 * x))
        y = 3_000.0 * np.exp(np.cumsum(0.01 * y, axis=0))
    elif name == "peg gone quiet":
        x[rows // 2 :] *= 1e-6
        y[rows // 3 :] *= 1e-6
    elif name == "stablecoin level":
        x = 1.0 + 1e-4 * x
        y = 1.0 + 1e-4 * y
    y[rng.random(y.shape) < 0.02] = np.nan
    return y, x
