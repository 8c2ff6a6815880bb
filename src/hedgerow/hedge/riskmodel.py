"""The covariance that hedges are sized with: `risk(market, betas)`."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.estimation import estimate
from hedgerow.hedge.returns import paired_returns
from hedgerow.model.arrays import FloatArray
from hedgerow.model.betas import Betas
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.stats.covariance import Covariance, factor_covariance

__all__ = ["risk"]

_DAYS = 365
_HALF_LIFE_DAYS = 60.0
_CORRELATION_HALF_LIFE_DAYS = 120.0
_LEAST = 60


def risk(market: Market, betas: Betas | None = None, factors: str | tuple[str, ...] = "BTC") -> RiskModel:
    """Return the daily covariance of all coins of `betas`, over the last 365 days: half-life 60, of correlations 120.

    Without `betas`, of all coins of the market, their betas to `factors` estimated by default.

    Factor part from the betas themselves, so that a hedge that zeroes the dollar beta zeroes the market part. A coin
    whose beta is known but whose history is short (a prior, an override) gets the median coin's own variance;
    stablecoins have none. Coins with an unknown beta are not covered.
    """
    if betas is None:
        betas = estimate(market, market.symbols, factors)
    known = tuple(s for s, b in zip(betas.symbols, betas.beta, strict=True) if np.isfinite(b).all())
    symbols = tuple(dict.fromkeys(known + betas.factors))
    beta = np.array([_beta(symbol, betas) for symbol in symbols])
    listed = tuple(s for s in symbols if s in market.symbols)
    pairs = paired_returns(market, listed, betas.factors)
    rows = slice(-round(_DAYS * market.bars_per_day), None)
    y = pairs.y[rows]
    x = _factor_returns(pairs.x[rows], market, betas.factors, rows)
    seen = [
        i for i in range(len(listed)) if np.isfinite(y[:, i]).sum() >= _LEAST and not is_stablecoin(listed[i])
    ]
    places = [symbols.index(listed[i]) for i in seen]
    half_life, slow = (days * market.bars_per_day for days in (_HALF_LIFE_DAYS, _CORRELATION_HALF_LIFE_DAYS))
    found = factor_covariance(y[:, seen], x, beta[places], half_life, slow)
    return _spread(symbols, places, found, beta, market, betas)


def _beta(symbol: str, betas: Betas) -> FloatArray:
    if symbol in betas.symbols:
        return betas.of(symbol)
    return np.array([float(symbol == factor) for factor in betas.factors])


def _factor_returns(x: FloatArray, market: Market, factors: tuple[str, ...], rows: slice) -> FloatArray:
    """One-bar factor returns, (R, K), whatever gaps the coins have."""
    if x.ndim == 2:
        return x
    plain = paired_returns(market, factors, factors)
    return plain.x[rows]


def _spread(
    symbols: tuple[str, ...],
    places: list[int],
    found: Covariance,
    beta: FloatArray,
    market: Market,
    betas: Betas,
) -> RiskModel:
    """Put the covariance of the coins with history where it belongs, and fill in the young by the median coin."""
    count = len(symbols)
    per_day = market.bars_per_day
    factor_rows = [symbols.index(f) for f in betas.factors]
    inside = [places.index(row) for row in factor_rows]
    sigma_f = found.market_part[np.ix_(inside, inside)]
    market_part = beta @ sigma_f @ beta.T * per_day
    shared, own = np.zeros((count, count)), np.zeros((count, count))
    shared[np.ix_(places, places)] = found.shared_part * per_day
    own[np.ix_(places, places)] = found.own_part * per_day
    variances = np.diag(found.shared_part + found.own_part)
    typical = float(np.median(variances[variances > 0])) * per_day if (variances > 0).any() else 0.0
    for i, symbol in enumerate(symbols):
        if i not in places and not is_stablecoin(symbol):
            own[i, i] = typical
    return RiskModel(symbols, market_part + shared + own, market_part, shared, own, found.n_eff, market.as_of)
