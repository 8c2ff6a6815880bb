"""What a pair came to when it was walked through the past, and how one stands that is held."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.display import Result
from hedgerow.model.instruments import Instrument

__all__ = ["PAIR_LINES", "PairLegStanding", "PairRun", "PairStanding"]

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


@dataclass(frozen=True, slots=True)
class PairLegStanding:
    """One leg of a pair that is held: signed contracts and dollars; dollars gained by its price, funding received, fees paid.

    `funding_month_usd` is what it is expected to receive in 30 days, below zero where it pays.
    """

    instrument: Instrument
    contracts: Decimal
    dollars: float
    gained_usd: float
    funding_usd: float
    fees_usd: float
    funding_month_usd: float


@dataclass(frozen=True, slots=True)
class PairStanding:
    """A pair that is held, as it stands since it was opened; dollars, one beta a factor (K,).

    `market_usd` is what the factors did to the betas that were left, look by look, `market_error_usd` its error by the betas'
    own. `gap` is how many deviations the prices are apart, NaN where no cointegration was found.
    """

    long: str
    short: str
    legs: tuple[PairLegStanding, ...]
    factors: tuple[str, ...]
    beta_usd: tuple[float, ...]
    stderr_usd: tuple[float, ...]
    market_usd: float
    market_error_usd: float
    gap: float

    @property
    def gained_usd(self) -> float:
        """What prices brought, of all legs."""
        return sum(leg.gained_usd for leg in self.legs)

    @property
    def alpha_usd(self) -> float:
        """What one did better than the other beyond their betas, before funding and fees."""
        return self.gained_usd - self.market_usd

    @property
    def net_usd(self) -> float:
        """The same with funding received and fees paid."""
        return self.alpha_usd + sum(leg.funding_usd - leg.fees_usd for leg in self.legs)

    @property
    def total_usd(self) -> float:
        """What the pair came to in all, the market's part with it."""
        return self.net_usd + self.market_usd

    @property
    def long_usd(self) -> float:
        """Dollars of the long leg, 0 where it is not held."""
        return max((leg.dollars for leg in self.legs), default=0.0)
