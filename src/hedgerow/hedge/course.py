"""A run through time: portfolio, hedge and hedged portfolio side by side, the beta that was left, period by period.

sides(run)        rolling_beta(run)        by_period(run)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.effectiveness import LEAST_DAYS, TRADING, slopes, volatility
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.journal import RunResult
from hedgerow.stats.beta import Ols
from hedgerow.stats.bootstrap import Interval, block_interval
from hedgerow.stats.risk import hedge_effectiveness, historical_es, max_drawdown

__all__ = ["Period", "RollingBeta", "Side", "by_period", "rolling_beta", "sides"]

_WINDOW = 90
_LEAST_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of the three columns of a run, on daily returns on the book's gross value; a year has 365 days.

    `return_a_year` is what was gained, of the gross value's mean, by the years: it has the sign of the dollars. `beta` (K,) is the realised slope on the factors, NaN with too few days;
    `cost_usd` is what trading and rolling cost, of the portfolio what its own trades did; `funding_usd` what was received,
    `liquidation_usd` what liquidations did besides prices: fees below zero, what the venue's fund bore above.
    """

    name: str
    gained_usd: float
    return_a_year: float
    volatility: float
    es95: float
    worst_day: float
    drawdown: float
    beta: FloatArray
    cost_usd: float
    funding_usd: float
    liquidation_usd: float


@dataclass(frozen=True, slots=True)
class RollingBeta:
    """Realised betas to one factor, beside the others, over the last `window` days, (D,) each, NaN before there are enough.

    `stderr` is that of `hedged`; `target` what was to be left, a share of the book at each day's end.
    """

    times: TimeArray
    window: int
    unhedged: FloatArray
    hedged: FloatArray
    stderr: FloatArray
    target: FloatArray


@dataclass(frozen=True, slots=True)
class Period:
    """Variance removed in a part of a run: its first day, its days, the share with a 90 % block bootstrap."""

    start: np.datetime64
    days: int
    removed: Interval


def sides(run: RunResult) -> tuple[Side, Side, Side]:
    """Return portfolio, hedge and hedged portfolio; the first and the second add up to the third, day by day."""
    plain, hedged, factor = run.daily()
    costs = -sum(run.totals[name] for name in TRADING)
    funding, own = run.totals["funding"], 0.0 - run.totals.get("rebalance", 0.0)
    ended = run.totals["liquidation"]
    alone, both = float(run.unhedged_usd[-1]), float(run.gained_usd[-1])
    return (
        _side(run, "portfolio", plain, factor, (alone, own, 0.0, 0.0)),
        _side(run, "hedge", hedged - plain, factor, (both - alone, costs, funding, ended)),
        _side(run, "hedged portfolio", hedged, factor, (both, costs + own, funding, ended)),
    )


def _side(
    run: RunResult, name: str, returns: FloatArray, factor: FloatArray, usd: tuple[float, float, float, float]
) -> Side:
    known, enough = len(returns) > 0, len(returns) >= LEAST_DAYS
    gained, cost, funding, ended = usd
    return Side(
        name=name,
        gained_usd=gained,
        return_a_year=gained / run.size_usd / run.years if enough else float("nan"),
        volatility=volatility(returns),
        es95=historical_es(returns) if enough else float("nan"),
        worst_day=float(np.min(returns)) if known else float("nan"),
        drawdown=max_drawdown(np.cumprod(np.concatenate([[1.0], 1.0 + returns]))).depth,
        beta=slopes(returns, factor),
        cost_usd=cost,
        funding_usd=funding,
        liquidation_usd=ended,
    )


def rolling_beta(run: RunResult, k: int = 0, window: int = _WINDOW) -> RollingBeta:
    """Return the beta to factor `k` that `window` days show, alone and hedged; fewer days on a short run."""
    plain, hedged, factor = run.daily()
    days = max(min(window, len(plain) // 2), _LEAST_WINDOW)
    ends = run.day_ends()
    path = Ols(days).path(np.column_stack([plain, hedged]), factor)
    begun = np.arange(len(plain)) >= days - 1
    return RollingBeta(
        times=run.times[ends][1:],
        window=days,
        unhedged=np.where(begun, path.beta[:, 0, k], np.nan),
        hedged=np.where(begun, path.beta[:, 1, k], np.nan),
        stderr=np.where(begun, path.stderr[:, 1, k], np.nan),
        target=(run.target_usd[:, k] / run.gross_usd)[ends][1:],
    )


def by_period(run: RunResult) -> tuple[Period, ...]:
    """Return the variance removed in each quarter of a run; in half-years beyond 2.5 years, in years beyond 6."""
    plain, hedged, _ = run.daily()
    months = (run.times[run.day_ends()][1:] - np.timedelta64(1, "ms")).astype("datetime64[M]")
    length = 3 if run.years <= 2.5 else (6 if run.years <= 6.0 else 12)
    places = months.astype(np.int64) // length
    joined = np.column_stack([plain, hedged])
    return tuple(
        Period(
            start=np.datetime64(int(place) * length, "M").astype("datetime64[D]"),
            days=int((places == place).sum()),
            removed=block_interval(joined[places == place], _removed, seed=run.seed),
        )
        for place in np.unique(places)
    )


def _removed(joined: FloatArray) -> float:
    return hedge_effectiveness(joined[:, 0], joined[:, 1]) if len(joined) > 1 else float("nan")
