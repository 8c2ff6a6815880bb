"""How a hedge did, out of sample: what it removed, what it left, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray
from hedgerow.model.journal import RunResult
from hedgerow.stats.bootstrap import Interval, block_interval
from hedgerow.stats.risk import DAYS_A_YEAR, hedge_effectiveness, historical_es, max_drawdown

__all__ = ["LEAST_DAYS", "TRADING", "Effectiveness", "effectiveness", "slopes", "volatility"]

TRADING = ("fees", "slippage", "roll")
"""The lines of what trading costs; what a liquidation does to an account is none of them, and may even be above zero."""

LEAST_DAYS = 30
"""Days below which nothing is told for a year, and no tail."""

_DRAWS = 999
_LEAST_SLOPE = 20
_ONE = 3  # columns: unhedged, hedged, and the only factor


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How a hedge did out of sample, on days: each interval is a 90 % block bootstrap.

    `variance_removed` is 1 − Var(hedged)/Var(unhedged) and may be negative; `residual_beta` is the slope of the hedged
    return on the factor's, `target_beta` what it was meant to be on average; costs are a year. Fractions are of `size_usd`, the book's gross value, mean over the
    run: its shorts count as much as its longs. `net` says that it has none, and its value is the same. A target of b is b times net asset value: `target_usd` are its dollars, `target_nav` what
    those are of it, margin put in left out, and `target_beta` of the gross value, each its mean. What is told for a year, and
    tails, are NaN with fewer than 30 days. With several factors betas are beside each other's; the plain ones are of the
    first, and `…_by_factor` has each.
    """

    days: int
    size_usd: float
    net: bool
    variance_removed: Interval
    volatility_unhedged: float
    volatility_hedged: float
    es95_unhedged: float
    es95_hedged: float
    drawdown_unhedged: float
    drawdown_hedged: float
    residual_beta: Interval
    target_beta: float
    target_usd: float
    target_nav: float
    residual_beta_by_factor: Mapping[str, float]
    target_beta_by_factor: Mapping[str, float]
    turnover_a_year: float
    cost_a_year: float
    funding_a_year: float
    cost_per_variance: float
    outside_band: float
    least_distance: float
    liquidations: int
    liquidation_usd: float


def effectiveness(run: RunResult, *, intervals: bool = True) -> Effectiveness:
    """Return how the hedge did, day by day; raises nothing: too short a run gives NaN intervals.

    Without `intervals` their bounds are NaN, and nothing is drawn.
    """
    plain, hedged, factor = run.daily()
    joined = np.column_stack([plain, hedged, factor])
    size = run.size_usd
    shares = np.mean(run.target_usd / run.gross_usd[:, None], axis=0)
    enough = len(plain) >= LEAST_DAYS
    totals, years = run.totals, run.years if enough else float("nan")
    paid = -sum(totals[name] for name in TRADING)
    draws = _DRAWS if intervals else 0
    removed = block_interval(joined, _removed, seed=run.seed, draws=draws)
    outside = np.abs(run.before_usd - run.target_usd) > run.band_usd * (1.0 + 1e-9)
    saved = float(np.var(plain) - np.var(hedged)) * DAYS_A_YEAR if len(plain) else float("nan")
    cost = (paid - totals["funding"]) / size / years
    return Effectiveness(
        days=len(plain),
        size_usd=size,
        net=run.is_net,
        variance_removed=removed,
        volatility_unhedged=volatility(plain),
        volatility_hedged=volatility(hedged),
        es95_unhedged=historical_es(plain) if enough else float("nan"),
        es95_hedged=historical_es(hedged) if enough else float("nan"),
        drawdown_unhedged=_drawdown(plain),
        drawdown_hedged=_drawdown(hedged),
        residual_beta=block_interval(joined, _slope, seed=run.seed, draws=draws),
        target_beta=float(shares[0]),
        target_usd=float(np.mean(run.target_usd[:, 0])),
        target_nav=float(np.mean(run.target_usd[:, 0] / (run.nav_usd - np.cumsum(run.deposits_usd)))),
        residual_beta_by_factor=dict(zip(run.factors, slopes(hedged, factor).tolist(), strict=True)),
        target_beta_by_factor=dict(zip(run.factors, shares.tolist(), strict=True)),
        turnover_a_year=float(np.sum(run.traded_usd)) / size / years,
        cost_a_year=paid / size / years,
        funding_a_year=totals["funding"] / size / years,
        cost_per_variance=cost / saved if saved > 0 else float("nan"),
        outside_band=float(np.mean(outside.any(axis=1))),
        least_distance=float(np.nanmin(run.distance, initial=np.inf)),
        liquidations=sum(e.kind == "liquidation" for e in run.events),
        liquidation_usd=totals["liquidation"],
    )


def volatility(returns: FloatArray) -> float:
    """Return the volatility a year of (D,) daily returns, NaN with fewer than 30."""
    enough = len(returns) >= LEAST_DAYS
    return float(np.std(returns) * np.sqrt(DAYS_A_YEAR)) if enough else float("nan")


def _removed(joined: FloatArray) -> float:
    return hedge_effectiveness(joined[:, 0], joined[:, 1]) if len(joined) > 1 else float("nan")


def _slope(joined: FloatArray) -> float:
    if joined.shape[1] > _ONE:
        design = np.column_stack([np.ones(len(joined)), joined[:, 2:]])
        return float(np.linalg.lstsq(design, joined[:, 1], rcond=None)[0][1]) if len(joined) else float("nan")
    factor = joined[:, 2] - joined[:, 2].mean()
    square = float(factor @ factor)
    return float(factor @ joined[:, 1]) / square if square > 0 else float("nan")


def slopes(returns: FloatArray, factor: FloatArray) -> FloatArray:
    """Return the least-squares slopes (K,) of (D,) returns on all factors (D, K) at once; NaN with fewer than 20 days."""
    days, count = factor.shape
    if days < _LEAST_SLOPE:
        return np.full(count, np.nan)
    design = np.column_stack([np.ones(days), factor])
    return np.asarray(np.linalg.lstsq(design, returns, rcond=None)[0][1:], dtype=float)


def _drawdown(returns: FloatArray) -> float:
    return max_drawdown(np.cumprod(np.concatenate([[1.0], 1.0 + returns]))).depth
