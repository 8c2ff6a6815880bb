"""DCC-GARCH(1,1): a beta from two changing variances and a changing correlation (Engle 2002).

    h_t = ω + α r²_{t−1} + β h_{t−1},  z = r/√h,  Q_t = (1 − a − b)S + a z_{t−1}z'_{t−1} + b Q_{t−1},  ρ = q_xy/√(q_xx q_yy)

β_{t+1} = ρ_{t+1}·√(h_y/h_x). h starts at the population variance, Q at S, the uncentred mean of zz'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput, NotEnoughData

__all__ = [
    "DccForecast",
    "DccParameters",
    "GarchParameters",
    "dcc_beta",
    "fit_correlation",
    "fit_dcc",
    "fit_garch",
    "garch_variances",
    "recursion",
]

_LEAST = 100


@dataclass(frozen=True, slots=True)
class GarchParameters:
    """ω, α, β of one variance; stationary where α + β < 1."""

    omega: float
    alpha: float
    beta: float


@dataclass(frozen=True, slots=True)
class DccParameters:
    """The two margins, and a and b of the correlation."""

    x: GarchParameters
    y: GarchParameters
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class DccForecast:
    """One step beyond the sample: variances of x and y, their correlation, the beta of y on x."""

    variance_x: float
    variance_y: float
    correlation: float
    beta: float


def dcc_beta(y: FloatArray, x: FloatArray, parameters: DccParameters) -> DccForecast:
    """Return the forecast after (T,) returns y and x, oldest first (TV10). Raises `BadInput` for a NaN or α + β ≥ 1."""
    check_shape("y", y, (None,))
    check_shape("x", x, (len(y),))
    margins = (parameters.x, parameters.y)
    if not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise BadInput(
            "a GARCH filter takes no gaps", advice="Leave out the bars at which either has no return."
        )
    if any(m.alpha + m.beta >= 1.0 for m in margins) or parameters.a + parameters.b >= 1.0:
        raise BadInput("the parameters have no long run", advice="α + β and a + b are below 1.")
    h_x, h_y = (_variances(series, m) for series, m in zip((x, y), margins, strict=True))
    z = np.column_stack([x / np.sqrt(h_x[:-1]), y / np.sqrt(h_y[:-1])])
    q = _correlations(z, parameters.a, parameters.b)[-1]
    rho = float(q[0, 1] / np.sqrt(q[0, 0] * q[1, 1]))
    return DccForecast(float(h_x[-1]), float(h_y[-1]), rho, rho * float(np.sqrt(h_y[-1] / h_x[-1])))


def _variances(r: FloatArray, p: GarchParameters) -> FloatArray:
    """(T + 1,) variances, the last one step beyond the sample."""
    return garch_variances(r, p, float(np.var(r)))


def garch_variances(r: FloatArray, p: GarchParameters, first: float) -> FloatArray:
    """Return (T + 1,) variances of (T,) returns from `first` on, the last one step beyond them."""
    return recursion(p.omega + p.alpha * r**2, p.beta, first)


def recursion(news: FloatArray, keep: float, first: float) -> FloatArray:
    """Return (T + 1,) s₀ = `first`, s_{t+1} = `keep`·s_t + news_t."""
    from scipy.signal import lfilter

    rest, _ = lfilter([1.0], [1.0, -keep], news, zi=[keep * first])
    return np.concatenate([[first], rest])


def _correlations(z: FloatArray, a: float, b: float) -> FloatArray:
    """(T + 1, 2, 2) of Q, the last one step beyond the sample."""
    long_run = z.T @ z / len(z)
    q = np.empty((len(z) + 1, 2, 2))
    for i, k in ((0, 0), (0, 1), (1, 1)):
        level = float(long_run[i, k])
        q[:, i, k] = recursion((1.0 - a - b) * level + a * z[:, i] * z[:, k], b, level)
        q[:, k, i] = q[:, i, k]
    return q


def fit_garch(r: FloatArray) -> GarchParameters:
    """Return the Gaussian quasi-maximum-likelihood parameters of (T,) returns with mean zero, variance targeted.

    ω is what makes the long-run variance that of the sample. Raises `NotEnoughData` below 100 returns.
    """
    from scipy.optimize import minimize

    if len(r) < _LEAST:
        raise NotEnoughData(
            f"{len(r)} returns are too few for a GARCH", advice=f"It takes at least {_LEAST}."
        )
    power = float(np.var(r))

    def loss(raw: FloatArray) -> float:
        alpha, beta = _inside(raw)
        h = _variances(r, GarchParameters(power * (1.0 - alpha - beta), alpha, beta))[:-1]
        return float(np.mean(np.log(h) + r**2 / h))

    found = minimize(
        loss, np.array([-2.0, 2.0]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10}
    )
    alpha, beta = _inside(found.x)
    return GarchParameters(power * (1.0 - alpha - beta), alpha, beta)


def fit_dcc(y: FloatArray, x: FloatArray) -> DccParameters:
    """Return Engle's two steps: both margins, then a and b by the likelihood of the standardised returns.

    Raises `NotEnoughData` below 100 returns.
    """
    margins = fit_garch(x), fit_garch(y)
    scaled = [r / np.sqrt(_variances(r, m)[:-1]) for r, m in zip((x, y), margins, strict=True)]
    a, b = fit_correlation(np.column_stack(scaled))
    return DccParameters(margins[0], margins[1], a, b)


def fit_correlation(z: FloatArray) -> tuple[float, float]:
    """Return a and b of the greatest likelihood of (T, 2) standardised returns, their correlation targeted."""
    from scipy.optimize import minimize

    def loss(raw: FloatArray) -> float:
        q = _correlations(z, *_inside(raw))[:-1]
        rho = q[:, 0, 1] / np.sqrt(q[:, 0, 0] * q[:, 1, 1])
        rest = (z[:, 0] ** 2 + z[:, 1] ** 2 - 2.0 * rho * z[:, 0] * z[:, 1]) / (1.0 - rho**2)
        return float(np.mean(np.log(1.0 - rho**2) + rest))

    found = minimize(
        loss, np.array([-3.0, 2.0]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10}
    )
    return _inside(found.x)


def _inside(raw: FloatArray) -> tuple[float, float]:
    """Two numbers above 0 with a sum below 1, from two free ones."""
    weights = np.exp(np.append(np.clip(raw, -30.0, 30.0), 0.0))
    share = weights / weights.sum()
    return float(share[0]), float(share[1])
