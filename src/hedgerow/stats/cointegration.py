"""Whether two prices hang together: Engle and Granger's test, and how fast their gap closes.

A different claim than beta-neutrality: two coins can share all of their market beta and drift apart for ever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import NotEnoughData

__all__ = ["Cointegration", "engle_granger"]

_LEAST = 60
# MacKinnon (2010), two variables, constant: β∞, β1, β2, β3 of the critical values at 1, 5 and 10 %.
_CRITICAL = (
    (0.01, (-3.89644, -10.9519, -33.527, 0.0)),
    (0.05, (-3.33613, -6.1101, -6.823, 0.0)),
    (0.10, (-3.04445, -4.2412, -2.720, 0.0)),
)


@dataclass(frozen=True, slots=True)
class Cointegration:
    """`statistic` of the residuals' unit-root test; `level` the smallest of 1, 5, 10 % at which it is refused, NaN: none.

    `slope` of log y on log x; `half_life` of the gap in bars, infinite where it does not close; `gap` the last one in its
    own standard deviations; `critical` values at 1, 5 and 10 %.
    """

    statistic: float
    level: float
    slope: float
    half_life: float
    gap: float
    critical: tuple[float, float, float]


def engle_granger(y: FloatArray, x: FloatArray, lags: int = 1) -> Cointegration:
    """Return the test on (T,) prices, in logs; rows with a NaN are left out. Raises `NotEnoughData` below 60 rows.

    Residuals of log y on a constant and log x; their change regressed on the residual before and `lags` changes before,
    without a constant (Engle and Granger 1987). The half-life is that of an AR(1) of the residuals.
    """
    known = np.isfinite(y) & np.isfinite(x) & (y > 0) & (x > 0)
    a, b = np.log(y[known]), np.log(x[known])
    if len(a) < _LEAST:
        raise NotEnoughData(
            f"{len(a)} prices in common are too few", advice=f"The test takes at least {_LEAST}."
        )
    design = np.column_stack([np.ones(len(b)), b])
    coefficients = np.linalg.lstsq(design, a, rcond=None)[0]
    u = a - design @ coefficients
    statistic = _unit_root(u, lags)
    rows = len(u) - 1
    critical = [c0 + c1 / rows + c2 / rows**2 + c3 / rows**3 for _, (c0, c1, c2, c3) in _CRITICAL]
    level = next((p for (p, _), c in zip(_CRITICAL, critical, strict=True) if statistic < c), float("nan"))
    phi = float(u[1:] @ u[:-1] / (u[:-1] @ u[:-1]))
    half = math.log(0.5) / math.log(phi) if 0.0 < phi < 1.0 else (0.0 if phi <= 0.0 else math.inf)
    return Cointegration(
        statistic,
        level,
        float(coefficients[1]),
        half,
        float(u[-1] / np.std(u)),
        (critical[0], critical[1], critical[2]),
    )


def _unit_root(u: FloatArray, lags: int) -> float:
    """The t-statistic of the level in Δu = ρu₋₁ + Σ γΔu₋ⱼ."""
    change = np.diff(u)
    columns = [u[lags:-1], *(change[lags - j : len(change) - j] for j in range(1, lags + 1))]
    design, target = np.column_stack(columns), change[lags:]
    fitted = np.linalg.lstsq(design, target, rcond=None)[0]
    rest = target - design @ fitted
    variance = float(rest @ rest) / (len(target) - design.shape[1])
    return float(fitted[0] / np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]))
