"""The covariance of coins and instruments, split into what the market, the alts and each coin own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import UnknownSymbol

__all__ = ["RiskModel"]


@dataclass(frozen=True, slots=True)
class RiskModel:
    """Covariance of daily simple returns: `covariance` (N, N) = `market_part` + `shared_part` + `own_part`.

    `market_part` is what the factors explain, `shared_part` what alts or sectors share beyond them, `own_part`
    the rest. All in variance per day. `n_eff` is the effective number of days behind it.
    """

    symbols: tuple[str, ...]
    covariance: FloatArray
    market_part: FloatArray
    shared_part: FloatArray
    own_part: FloatArray
    n_eff: float
    as_of: np.datetime64

    def __post_init__(self) -> None:
        coins = len(self.symbols)
        check_shape("covariance", self.covariance, (coins, coins))

    def index(self, symbols: tuple[str, ...]) -> list[int]:
        """Return the rows of `symbols`; raises `UnknownSymbol` for one that is not covered."""
        missing = [symbol for symbol in symbols if symbol not in self.symbols]
        if missing:
            raise UnknownSymbol(
                f"the risk model does not cover {', '.join(missing)}",
                advice="They need at least 60 returns in the market file.",
            )
        return [self.symbols.index(symbol) for symbol in symbols]

    def volatility(self, weights: FloatArray, part: str = "covariance") -> float:
        """Return dollars of one-day standard deviation of the (N,) dollar `weights`; `part` names the matrix."""
        matrix: FloatArray = getattr(self, part)
        return float(max(float(weights @ matrix @ weights), 0.0) ** 0.5)
