"""What a pair came to when it was walked through the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.display import Result

__all__ = ["PAIR_LINES", "PairRun"]

PAIR_LINES = ("alpha", "market", "funding", "costs")


@dataclass(frozen=True, slots=True, repr=False)
class PairRun(Result):
    """A pair through time, sized anew at intervals on what was known then.

    `lines` (T, 4) dollars a bar: `alpha`, what the long did better than the short beyond their betas; `market`, what
    the factors did to betas that were left; `funding` received; `costs` of trades, below zero. `gross_usd` (T,) of both
    legs and a third where there is one. `residual_beta` is the realised slope of the pair's daily return, on the notional,
    on the first factor, with its 90 % block-bootstrap bounds; `explained` the share of the pair's variance that the
    factors explain: what was not isolated.
    """

    long: str
    short: str
    balance: str
    notional_usd: float
    times: TimeArray
    lines: FloatArray
    gross_usd: FloatArray
    factors: tuple[str, ...]
    residual_beta: tuple[float, float, float]
    explained: float
    volatility: float
    rebalanced: int
    notes: tuple[str, ...]

    @property
    def totals(self) -> dict[str, float]:
        """Dollars of each line over the whole past."""
        return dict(zip(PAIR_LINES, (float(x) for x in self.lines.sum(axis=0)), strict=True))

    @property
    def years(self) -> float:
        """Length of the past."""
        return float((self.times[-1] - self.times[0]) / np.timedelta64(1, "D")) / 365.0

    def headline(self) -> str:
        """Return the result in one line."""
        return (
            f"Pair {self.long} against {self.short}, {str(self.times[0])[:10]} to {str(self.times[-1])[:10]}:"
            f" {self.totals['alpha']:+,.0f} of alpha, {self.lines.sum():+,.0f} in all"
        )

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return the lines with their totals."""
        return ["line", "usd"], [[name, dollars] for name, dollars in self.totals.items()]
