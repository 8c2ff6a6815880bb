"""Estimators and instruments side by side, out of sample."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from hedgerow.model.display import Result

__all__ = ["Contest", "ContestRow", "Coverage", "WindowResult", "WindowTable"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often intervals of `level` held the next beta, with a 90 % block bootstrap over windows; NaN if unknown."""

    level: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ContestRow:
    """One estimator with one set of instruments. Fractions; NaN where it means nothing.

    Variance removed, gross of cost: `median_he` over assets, `pooled_he` (sums of variances), `basket_he` of the
    equal-weight basket, `books_he` of the median random book, each with a 90 % block bootstrap over bars. Books are hedged
    as one: `books_turnover` is the mean Σ|Δh| of a re-hedge for a dollar of book, `books_cost_per_year` what that costs
    in a year, `books_contracts` how many a book holds. `net_he` is the pooled one less what a year's trading and the funding it pays are worth in variance (2·cost/γ, γ = 10); funding
    that it earns speaks for no hedge.
    `residual_beta` is the median slope left, `rmse_next` the error against the next window's betas, `turnover` Σ|Δh| a
    year for a dollar of asset, `cost_per_year` its fees, half-spreads and impact, `funding_per_year` what the hedges
    received in funding, which `funding_basis` says is measured, modelled or mixed. `coverage…` is how often the
    interval of that level held the next window's beta: its errors are the estimate's, the window's own, and `drift`, the
    share of itself by which a beta was taken to wander, learnt from windows already over. `confidence` is the p-value of the model confidence set among rows of the same
    instruments.
    """

    estimator: str
    instruments: str
    median_he: float
    median_low: float
    median_high: float
    pooled_he: float
    pooled_low: float
    pooled_high: float
    net_he: float
    basket_he: float
    basket_low: float
    basket_high: float
    books_he: float
    books_low: float
    books_high: float
    books_turnover: float
    books_cost_per_year: float
    books_contracts: float
    residual_beta: float
    rmse_next: float
    turnover: float
    cost_per_year: float
    funding_per_year: float
    funding_basis: str
    coverage50: float
    coverage80: float
    coverage90: float
    coverage95: float
    coverage: tuple[Coverage, ...]
    drift: float
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
        names = [field.name for field in fields(ContestRow) if field.name != "coverage"]
        return names, [[getattr(row, name) for name in names] for row in self.rows]


@dataclass(frozen=True, slots=True)
class WindowResult:
    """One window, coin, estimator and label: `beta` (K,) learnt from `n_train` returns, tested on `n_test`.

    Instants are in UTC, a return belongs to a window when it closes after its start and up to its end. `he` is the
    variance removed by −β through the test, `next_beta` and `next_stderr` (HC1) the test's own OLS, `residual_beta`
    (K,) the slopes of what is left.
    """

    train_start: np.datetime64
    train_end: np.datetime64
    test_start: np.datetime64
    test_end: np.datetime64
    coin: str
    estimator: str
    instruments: str
    beta: tuple[float, ...]
    stderr: tuple[float, ...]
    n_train: int
    next_beta: tuple[float, ...]
    next_stderr: tuple[float, ...]
    n_test: int
    he: float
    residual_beta: tuple[float, ...]


@dataclass(frozen=True, slots=True, repr=False)
class WindowTable(Result):
    """Explicit windows, tested: `rows` in the order asked for, of `returns` that are simple or log."""

    rows: tuple[WindowResult, ...]
    returns: str
    source: str
    simulated: bool

    def headline(self) -> str:
        """Return the result in one line."""
        known = [row.he for row in self.rows if np.isfinite(row.he)]
        middle = f", median variance removed {float(np.median(known)):.2f}" if known else ""
        return f"WindowTable of {len(self.rows)} rows{middle}"

    def table(self) -> tuple[list[str], list[list[object]]]:
        """Return one row for each window, coin, estimator and set of instruments."""
        names = [field.name for field in fields(WindowResult)]
        return names, [[_flat(getattr(row, name)) for name in names] for row in self.rows]


def _flat(value: object) -> object:
    """A single number out of its tuple."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value
