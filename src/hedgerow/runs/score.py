"""What hedges left, in figures: one row for each estimator and set of instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hedgerow.model.arrays import BoolArray, FloatArray
from hedgerow.model.contest import ContestRow
from hedgerow.runs.books import book_costs, book_returns
from hedgerow.runs.contenders import Label
from hedgerow.runs.expense import Rates, funding_received, rates_at, trading_cost
from hedgerow.runs.foresight import Next, foresight, next_betas
from hedgerow.runs.held import Course, Held
from hedgerow.stats.bootstrap import Interval, block_sums, interval_of
from hedgerow.stats.confidence_set import model_confidence_set

__all__ = ["Scored", "Terms", "scored"]

_AVERSION = 10.0
_DRAWS = 299
_LEAST_BARS = 30
_BLOCK_DAYS = 5.0


class Terms(Protocol):
    """The part of the contest's settings that its figures depend on."""

    @property
    def test_days(self) -> float:
        """Days of the beta that is foretold."""

    @property
    def coins(self) -> int:
        """Coins in each."""

    @property
    def seed(self) -> int:
        """Of books and bootstrap."""

    @property
    def notional_usd(self) -> float:
        """Dollars of each asset whose hedge moves the price."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A specification and a label with what they held."""

    spec: str
    label: Label
    held: Held


@dataclass(frozen=True, slots=True)
class _Left:
    """Unhedged and hedged returns (B, N) of the assets that all contenders hedged in 30 bars or more, and of books."""

    plain: FloatArray
    hedged: FloatArray
    counted: BoolArray
    books: tuple[FloatArray, FloatArray]


def scored(done: Sequence[Scored], terms: Terms) -> tuple[ContestRow, ...]:
    """Return the figures of everything that was held, in its order."""
    course = done[0].held.course
    left = [one.held.left() for one in done]
    both = np.logical_and.reduce([np.isfinite(hedged) for _, hedged in left])
    counted = both.sum(axis=0) >= _LEAST_BARS
    rates = rates_at(course.market, course.steps, terms.notional_usd)
    ahead = {f: next_betas(course, f, terms.test_days) for f in {one.label.factors for one in done}}
    confidence = _confidence(done, [hedged[:, counted] for _, hedged in left], terms.seed)
    rows = []
    for i, (one, (plain, hedged)) in enumerate(zip(done, left, strict=True)):
        kept = np.where(np.isfinite(hedged), plain, np.nan)[:, counted]
        of_one = _Left(kept, hedged[:, counted], counted, book_returns(one.held))
        rows.append(_row(one, of_one, rates, ahead[one.label.factors], confidence[i], terms))
    return tuple(rows)


def _confidence(done: Sequence[Scored], hedged: list[FloatArray], seed: int) -> FloatArray:
    """Each one's p-value in the model confidence set of its label, on the mean squared return left, bar by bar."""
    found = np.full(len(done), np.nan)
    for label in {one.label for one in done}:
        mates = [i for i, one in enumerate(done) if one.label == label]
        losses = np.column_stack([_mean(hedged[i] ** 2) for i in mates])
        known = np.isfinite(losses).all(axis=1)
        if known.any():
            found[mates] = model_confidence_set(losses[known], draws=_DRAWS, seed=seed)
    return found


def _row(one: Scored, left: _Left, rates: Rates, ahead: Next, confidence: float, terms: Terms) -> ContestRow:
    course = one.held.course
    removed = _removed(left, course, terms)
    turnover, cost = trading_cost(one.held, rates, left.counted)
    of_books = book_costs(one.held, rates, terms.coins)
    funding, basis = funding_received(one.held, left.counted)
    variance = (
        float(np.mean(_variances(_moments(left.plain).sum(axis=0)))) * course.market.bars_per_day * 365.0
    )
    seen = foresight(one.held, ahead, left.counted, terms.seed)
    median, pooled, basket, books = removed
    return ContestRow(
        estimator=one.spec,
        instruments=one.label.name,
        median_he=median.middle,
        median_low=median.low,
        median_high=median.high,
        pooled_he=pooled.middle,
        pooled_low=pooled.low,
        pooled_high=pooled.high,
        net_he=pooled.middle - 2.0 * (cost + max(-funding, 0.0)) / _AVERSION / variance,
        basket_he=basket.middle,
        basket_low=basket.low,
        basket_high=basket.high,
        books_he=books.middle,
        books_low=books.low,
        books_high=books.high,
        books_turnover=of_books.turnover,
        books_cost_per_year=of_books.a_year,
        books_contracts=of_books.contracts,
        residual_beta=_residual(one, left),
        rmse_next=seen.rmse,
        turnover=turnover,
        cost_per_year=cost,
        funding_per_year=funding,
        funding_basis=basis,
        coverage50=seen.coverage[0].share,
        coverage80=seen.coverage[1].share,
        coverage90=seen.coverage[2].share,
        coverage95=seen.coverage[3].share,
        coverage=seen.coverage,
        drift=seen.drift,
        confidence=float(confidence),
        assets=int(left.counted.sum()),
        windows=seen.windows,
    )


def _removed(left: _Left, course: Course, terms: Terms) -> tuple[Interval, Interval, Interval, Interval]:
    """Variance removed: the median asset's, pooled, of the basket, of the median book; 90 % block bootstrap over bars."""
    count = left.plain.shape[1]
    pairs = [
        np.column_stack([one, _mean(one), books])
        for one, books in zip((left.plain, left.hedged), left.books, strict=True)
    ]
    sums = np.concatenate([_moments(pair) for pair in pairs], axis=1)
    days = round(_BLOCK_DAYS * course.market.bars_per_day)
    block = max(round(len(sums) ** (1.0 / 3.0)), days)
    drawn = block_sums(sums, block=block, draws=_DRAWS, seed=terms.seed)
    middle = _figures(sums.sum(axis=0), count)
    each = np.array([_figures(row, count) for row in drawn])
    found = [interval_of(middle[k], each[:, k]) for k in range(4)]
    return found[0], found[1], found[2], found[3]


def _moments(series: FloatArray) -> FloatArray:
    """(B, 3·M) of (B, M): whether it is known, the return, its square; their sums make variances."""
    known = np.isfinite(series)
    value = np.where(known, series, 0.0)
    return np.concatenate([known.astype(float), value, value**2], axis=1)


def _variances(sums: FloatArray) -> FloatArray:
    """(M,) variances from the sums of `_moments`; NaN where nothing is known."""
    n, total, square = np.split(sums, 3)
    n = np.where(n > 0, n, np.nan)
    return np.asarray(square / n - (total / n) ** 2)


def _figures(sums: FloatArray, count: int) -> tuple[float, float, float, float]:
    """Median, pooled, basket, median book, from the moments of `count` assets, the basket and the books."""
    plain, hedged = (_variances(half) for half in np.split(sums, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        each = 1.0 - hedged / plain
        pooled = 1.0 - float(np.nansum(hedged[:count])) / float(np.nansum(plain[:count]) or np.nan)
    basket = float(each[count]) if len(each) > count else float("nan")
    return _median(each[:count]), pooled, basket, _median(each[count + 1 :])


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _mean(series: FloatArray) -> FloatArray:
    """(B,) mean over the columns that are known; NaN where none is."""
    known = np.isfinite(series)
    count = known.sum(axis=1)
    total = np.where(known, series, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(series), np.nan), where=count > 0))


def _residual(one: Scored, left: _Left) -> float:
    """The median slope of what is left on the label's first factor."""
    course = one.held.course
    f = course.returns[int(course.steps[0]) + 1 :, course.market.column(one.label.factors[0])]
    slopes = []
    for column in left.hedged.T:
        known = np.isfinite(column) & np.isfinite(f)
        x = f[known] - f[known].mean() if known.any() else f[known]
        slopes.append(float(x @ column[known] / (x @ x)) if float(x @ x) > 0.0 else float("nan"))
    return _median(np.array(slopes))
