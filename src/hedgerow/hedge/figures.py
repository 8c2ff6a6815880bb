"""Predicted risk of a book, in dollars: volatility with its parts, VaR, expected shortfall, R²."""

from __future__ import annotations

import numpy as np

from hedgerow.hedge.exposure import Exposure
from hedgerow.hedge.plan import RiskFigures
from hedgerow.model.arrays import FloatArray
from hedgerow.model.risk import RiskModel

__all__ = ["book_weights", "risk_figures"]

_Z95 = 1.6448536269514722
_PHI_AT_Z95 = 0.10313564037537138
_YEAR = 365.0


def book_weights(exposure: Exposure, risk: RiskModel) -> FloatArray:
    """Return the (N,) dollars that the book moves with each coin of the risk model."""
    weights = np.zeros(len(risk.symbols))
    for row in exposure.rows:
        if row.symbol in risk.symbols:
            weights[risk.symbols.index(row.symbol)] += row.delta_usd
    return weights


def risk_figures(weights: FloatArray, risk: RiskModel, basis_usd: float = 0.0) -> RiskFigures:
    """Return the risk of the (N,) dollar `weights`; `basis_usd` is one day's risk of contracts against their coins.

    Normal VaR and ES, 95 %, one day, mean 0 (domain §7, TV29). R² is the share of variance the factors explain.
    """
    daily = float(np.hypot(risk.volatility(weights), basis_usd))
    market, shared = risk.volatility(weights, "market_part"), risk.volatility(weights, "shared_part")
    own = float(np.hypot(risk.volatility(weights, "own_part"), basis_usd))
    year = float(np.sqrt(_YEAR))
    r2 = (market / daily) ** 2 if daily > 0 else float("nan")
    return RiskFigures(
        volatility_usd=daily * year,
        market_usd=market * year,
        shared_usd=shared * year,
        own_usd=own * year,
        var95_usd=_Z95 * daily,
        es95_usd=_PHI_AT_Z95 / 0.05 * daily,
        correlation=float(np.sqrt(r2)),
        r2=r2,
    )
