"""Estimators and instruments side by side, out of sample."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from hedgerow.model.display import Result

__all__ = ["Contest", "ContestRow"]


@dataclass(frozen=True, slots=True)
class ContestRow:
    """One estimator with one set of instruments. Fractions; NaN where it means nothing.

    `median_he` over assets and `pooled_he` (sums of variances), `basket_he` of the equal-weight basket, `books_he`
    the median over random books: variance removed, gross; `net_he` the pooled one less what a year's trading costs are worth in variance (2·cost/γ, γ = 10). The interval of
    `pooled_he` is a 90 % block bootstrap over bars. `residual_beta` is the median slope left, `rmse_next` the error
    against the next window's beta, `turnover` Σ|Δh| a year for a dollar of asset, `cost_per_year` what that costs,
    `funding_per_year` what shorts received. `coverage…` is how often the interval of that level held the next window's
    beta. Intervals hold both errors and are widened as much as those of
    windows already over should have been. `confidence` is the p-value of the model confidence set among rows of the same instruments.
    """

    estimator: str
    instruments: str
    median_he: float
    pooled_he: float
    pooled_low: float
    pooled_high: float
    net_he: float
    basket_he: float
    books_he: float
    residual_beta: float
    rmse_next: float
    turnover: float
    cost_per_year: float
    funding_per_year: float
    coverage50: float
    coverage80: float
    coverage90: float
    coverage95: float
    confidence: float
    assets: int
    windows: int


@dataclass(frozen=True, slots=True, repr=False)
class Contest(Result):
    """A walk-forward comparison over `bars` bars to `end`; `notes` say what was assumed."""

    rows: tuple[ContestRow, ...]
    start: np.datetime64
    end: np.datetime64
    bars: int
    source: str
    simulated: bool
    notes: tuple[str, ...]

    def headline(self) -> str:
        """Return the result in one line."""
        best = max(self.rows, key=lambda row: row.pooled_he)
        return f"Contest of {len(self.rows)}: {best.estimator} with {best.instruments} removes {best.pooled_he:.2f}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return one row for each estimator and set of instruments."""
        names = [field.name for field in fields(ContestRow)]
        return names, [[getattr(row, name) for name in names] for row in self.rows]
