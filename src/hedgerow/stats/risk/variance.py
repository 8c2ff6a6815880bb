"""Volatility, what a hedge takes out of it, and what is left (domain §3.2, §7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadInput, NotEnoughData

__all__ = [
    "DAYS_A_YEAR",
    "MinVarianceHedge",
    "VarianceSplit",
    "annualise",
    "both_known",
    "hedge_effectiveness",
    "min_variance_hedge",
    "observations_for_stderr",
    "split_returns",
    "split_variance",
    "stderr_of_beta",
    "tracking_error",
]

DAYS_A_YEAR = 365.0


def annualise(volatility: float, bars_per_day: float = 1.0) -> float:
    """Return the yearly standard deviation from one bar's: times √(365·bars a day), never √252 (TV44)."""
    return volatility * math.sqrt(DAYS_A_YEAR * bars_per_day)


def both_known(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the rows of two (T,) series in which both are known; raises `NotEnoughData` below two of them."""
    check_shape("b", b, (len(a),))
    known = np.isfinite(a) & np.isfinite(b)
    if int(np.sum(known)) < 2:
        raise NotEnoughData(
            "two returns in common are needed at least", advice="Check that the bars line up."
        )
    return a[known], b[known]


def hedge_effectiveness(unhedged: FloatArray, hedged: FloatArray) -> float:
    """Return 1 − Var(hedged)/Var(unhedged) of two (T,) series of the same bars; negative where the hedge hurts.

    Ederington (1979). It equals R² for the least-squares ratio on its own sample and is an out-of-sample number
    otherwise. Rows with a NaN in either are left out; NaN where the book does not move. Domain §7, TV28.
    """
    before, after = both_known(unhedged, hedged)
    power = float(np.var(before, ddof=1))
    return 1.0 - float(np.var(after, ddof=1)) / power if power > 0.0 else math.nan


def tracking_error(differences: FloatArray) -> float:
    """Return the standard deviation (ddof 1) per bar of (T,) differences from what was to be followed (TV28).

    NaN rows are left out; raises `NotEnoughData` below two.
    """
    known = differences[np.isfinite(differences)]
    if len(known) < 2:
        raise NotEnoughData("a tracking error needs at least two bars")
    return float(np.std(known, ddof=1))


@dataclass(frozen=True, slots=True, eq=False)
class MinVarianceHedge:
    """(M,) dollars of each instrument per dollar of book, short below zero, and the share of variance they remove."""

    ratios: FloatArray
    effectiveness: float


def min_variance_hedge(
    instruments: FloatArray, with_book: FloatArray, book_variance: float
) -> MinVarianceHedge:
    """Return the hedge of least variance: h = −Σ_F⁻¹c, effectiveness c'Σ_F⁻¹c/Var(book).

    `instruments` (M, M) is their covariance, `with_book` (M,) theirs with the book. NaN in, NaN out; raises `BadInput`
    where instruments are copies of each other. Johnson (1960), Ederington (1979); domain §3.2, TV17.
    """
    count = len(with_book)
    check_shape("instruments", instruments, (count, count))
    try:
        solved: FloatArray = np.linalg.solve(instruments, with_book).astype(np.float64)
    except np.linalg.LinAlgError:
        raise BadInput(
            "the covariance of the instruments cannot be inverted",
            advice="Two of them move as one: leave one out.",
        ) from None
    return MinVarianceHedge(-solved, float(with_book @ solved) / book_variance)


@dataclass(frozen=True, slots=True)
class VarianceSplit:
    """Variance that the factors explain and variance that they do not, in the same unit."""

    market: float
    residual: float

    @property
    def total(self) -> float:
        """The sum of the two."""
        return self.market + self.residual

    @property
    def market_share(self) -> float:
        """The factors' share of the variance: R²; NaN without variance."""
        return self.market / self.total if self.total > 0.0 else math.nan


def split_variance(
    weights: FloatArray, betas: FloatArray, factors: FloatArray, residuals: FloatArray
) -> VarianceSplit:
    """Return w'BΩB'w and w'Ψw of a book with (N,) dollar `weights`.

    `betas` (N, K) to the factors, `factors` (K, K) their covariance, `residuals` (N, N) the coins' own. A NaN
    anywhere but at a weight of 0 makes its part NaN. Domain §3.2.
    """
    check_shape("betas", betas, (len(weights), None))
    held = weights != 0.0
    dollar_beta = weights[held] @ betas[held]
    own = residuals[np.ix_(held, held)]
    return VarianceSplit(
        float(dollar_beta @ factors @ dollar_beta), float(weights[held] @ own @ weights[held])
    )


def split_returns(book: FloatArray, factors: FloatArray) -> VarianceSplit:
    """Return what least squares on (T,) or (T, K) `factors` explains of the variance of (T,) `book`, and the rest.

    Variances have divisor T − 1, so that they add up to the sample variance. Rows with a NaN are left out; raises
    `NotEnoughData` below K + 2 rows.
    """
    columns = factors.reshape(len(book), -1)
    known = np.isfinite(book) & np.isfinite(columns).all(axis=1)
    rows, count = int(np.sum(known)), columns.shape[1]
    if rows < count + 2:
        raise NotEnoughData(f"{rows} returns cannot be split by {count} factors")
    design = np.column_stack((np.ones(rows), columns[known]))
    slopes, *_ = np.linalg.lstsq(design, book[known], rcond=None)
    residual = float(np.sum((book[known] - design @ slopes) ** 2)) / (rows - 1)
    return VarianceSplit(float(np.var(book[known], ddof=1)) - residual, residual)


def stderr_of_beta(beta: float, correlation: float, n: int) -> float:
    """Return about how well a beta is known from `n` returns: |β|·√((1 − ρ²)/(ρ²(n − 2))).

    NaN where ρ is 0: beta and correlation then say nothing of each other's scale. Domain §2, TV47.
    """
    if n <= 2:
        raise NotEnoughData(f"{n} returns leave no error to estimate")
    if correlation == 0.0:
        return math.nan
    return abs(beta) * math.sqrt((1.0 - correlation**2) / (correlation**2 * (n - 2)))


def observations_for_stderr(beta: float, correlation: float, stderr: float) -> float:
    """Return how many returns bring the standard error of a beta down to `stderr` (TV47)."""
    return 2.0 + (beta / stderr) ** 2 * (1.0 - correlation**2) / correlation**2
