"""What a backtest leaves: one row a bar, one row an event, and the figures that summarise them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.model.arrays import FloatArray, TimeArray
from hedgerow.model.display import Result
from hedgerow.stats.bootstrap import Interval, block_interval
from hedgerow.stats.risk import DAYS_A_YEAR, hedge_effectiveness, historical_es, max_drawdown

__all__ = ["Backtest", "Effectiveness", "Happened"]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a run: a trade, a settlement of funding, a deposit, a liquidation."""

    time: np.datetime64
    kind: str
    instrument: str
    contracts: float
    price: float
    usd: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How a hedge did out of sample, on days: each interval is a 90 % block bootstrap.

    `variance_removed` is 1 − Var(hedged)/Var(unhedged) and may be negative; `residual_beta` is the slope of the hedged
    return on the factor's, `target_beta` what it was meant to be on average; costs are a year, fractions of the book.
    """

    days: int
    variance_removed: Interval
    volatility_unhedged: float
    volatility_hedged: float
    es95_unhedged: float
    es95_hedged: float
    drawdown_unhedged: float
    drawdown_hedged: float
    residual_beta: Interval
    target_beta: float
    turnover_a_year: float
    cost_a_year: float
    funding_a_year: float
    cost_per_variance: float
    outside_band: float
    least_distance: float
    liquidations: int


@dataclass(frozen=True, slots=True, repr=False)
class Backtest(Result):
    """A policy through time. Arrays are (T,) bars, or (T, K) over the factors.

    `nav_usd` is book and hedge account; `spot_usd` the book alone; `unhedged_usd` what the book gained since the
    start, `gained_usd` what book and hedge did (deposits are in neither). `lines` (T, L) is the attribution of each
    bar, `line_names` its columns. `before_usd` and `after_usd` are dollar betas before and after the bar's trades;
    `distance` the move that would liquidate the nearest account, NaN with nothing open.
    """

    times: TimeArray
    factors: tuple[str, ...]
    nav_usd: FloatArray
    spot_usd: FloatArray
    unhedged_usd: FloatArray
    gained_usd: FloatArray
    deposits_usd: FloatArray
    before_usd: FloatArray
    after_usd: FloatArray
    target_usd: FloatArray
    band_usd: FloatArray
    betas_usd: FloatArray
    factor_change: FloatArray
    distance: FloatArray
    traded_usd: FloatArray
    lines: FloatArray
    events: tuple[Happened, ...]
    notes: tuple[str, ...]
    source: str
    simulated: bool
    currency: str
    policy: str
    seed: int = 0

    @property
    def line_names(self) -> tuple[str, ...]:
        """The lines of the attribution, in the order of their columns."""
        return LINES

    @property
    def totals(self) -> dict[str, float]:
        """Dollars of each line over the whole run."""
        return dict(zip(LINES, (float(x) for x in self.lines.sum(axis=0)), strict=True))

    @property
    def years(self) -> float:
        """Length of the run."""
        return float((self.times[-1] - self.times[0]) / _DAY) / DAYS_A_YEAR

    def daily(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return daily returns on the book's value: unhedged (D,), hedged (D,), of the factors (D, K)."""
        ends = self._day_ends()
        size = self.spot_usd[ends[:-1]]
        grown = np.vstack([np.ones(len(self.factors)), np.cumprod(1.0 + self.factor_change[1:], axis=0)])
        return (
            np.diff(self.unhedged_usd[ends]) / size,
            np.diff(self.gained_usd[ends]) / size,
            grown[ends][1:] / grown[ends][:-1] - 1.0,
        )

    def _day_ends(self) -> Any:
        days = (self.times - np.timedelta64(1, "ms")).astype("datetime64[D]")
        return np.flatnonzero(np.append(days[1:] != days[:-1], True))

    def effectiveness(self) -> Effectiveness:
        """Return how the hedge did, day by day; raises nothing: too short a run gives NaN intervals."""
        plain, hedged, factor = self.daily()
        joined = np.column_stack([plain, hedged, factor[:, 0]])
        size = float(np.mean(self.spot_usd))
        totals, years = self.totals, max(self.years, 1e-9)
        paid = -(totals["fees"] + totals["slippage"] + totals["roll"] + totals["liquidation"])
        removed = block_interval(joined, _removed, seed=self.seed)
        outside = np.abs(self.before_usd - self.target_usd) > self.band_usd * (1.0 + 1e-9)
        saved = float(np.var(plain) - np.var(hedged)) * DAYS_A_YEAR if len(plain) else float("nan")
        cost = (paid - totals["funding"]) / size / years
        return Effectiveness(
            days=len(plain),
            variance_removed=removed,
            volatility_unhedged=float(np.std(plain) * np.sqrt(DAYS_A_YEAR)),
            volatility_hedged=float(np.std(hedged) * np.sqrt(DAYS_A_YEAR)),
            es95_unhedged=historical_es(plain),
            es95_hedged=historical_es(hedged),
            drawdown_unhedged=_drawdown(plain),
            drawdown_hedged=_drawdown(hedged),
            residual_beta=block_interval(joined, _slope, seed=self.seed),
            target_beta=float(np.mean(self.target_usd[:, 0] / self.spot_usd)),
            turnover_a_year=float(np.sum(self.traded_usd)) / size / years,
            cost_a_year=paid / size / years,
            funding_a_year=totals["funding"] / size / years,
            cost_per_variance=cost / saved if saved > 0 else float("nan"),
            outside_band=float(np.mean(outside.any(axis=1))),
            least_distance=float(np.nanmin(self.distance, initial=np.inf)),
            liquidations=sum(e.kind == "liquidation" for e in self.events),
        )

    def headline(self) -> str:
        """Return the result in one line."""
        found = self.effectiveness()
        return (
            f"Backtest {str(self.times[0])[:10]} to {str(self.times[-1])[:10]}: variance removed"
            f" {found.variance_removed.middle:.2f}, residual beta {found.residual_beta.middle:.2f}"
        )

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return the lines of the attribution with their totals."""
        return ["line", "usd"], [[name, dollars] for name, dollars in self.totals.items()]


def _removed(joined: FloatArray) -> float:
    return hedge_effectiveness(joined[:, 0], joined[:, 1])


def _slope(joined: FloatArray) -> float:
    factor = joined[:, 2] - joined[:, 2].mean()
    square = float(factor @ factor)
    return float(factor @ joined[:, 1]) / square if square > 0 else float("nan")


def _drawdown(returns: FloatArray) -> float:
    return max_drawdown(np.cumprod(np.concatenate([[1.0], 1.0 + returns]))).depth
