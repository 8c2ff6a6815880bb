"""Random books of a contest, hedged as one: drawn point in time, their baskets kept from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hedgerow.hedge.joint import MOST_CONTRACTS, POOL, joint_problem
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.betas import Betas
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.market import Market
from hedgerow.model.risk import RiskModel
from hedgerow.runs.expense import Rates, trade_rates
from hedgerow.runs.held import BookStance, Course, Held
from hedgerow.runs.panel import cut
from hedgerow.stats.sticky import choose_sticky

__all__ = ["BookCosts", "Draw", "Joint", "book_costs", "book_returns", "drawn", "mixed_from"]

_LEAST_RETURNS = 60
_CHARGE = 10.0 * 30.0
_BASIS_VARIANCE = 0.0007**2


class Terms(Protocol):
    """The part of the contest's settings that says which books there are."""

    @property
    def books(self) -> int:
        """How many at a time."""

    @property
    def coins(self) -> int:
        """Coins in each."""

    @property
    def book_ranks(self) -> tuple[int, int] | None:
        """First and last rank by volume that coins are drawn from; None: all."""

    @property
    def draw_days(self) -> float:
        """Days until books are drawn anew."""

    @property
    def seed(self) -> int:
        """Of the draws."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Books of equal dollars: `coins` (B, C) by their column; `fresh` at the step at which they were drawn."""

    coins: IntArray
    fresh: bool


def drawn(course: Course, terms: Terms, barred: frozenset[str]) -> tuple[Draw, ...]:
    """Return the books of every step of the course, drawn anew every `draw_days`; no coin of `barred` is in one.

    Ranks are by the median volume of the 90 days before the draw, among the coins that could be hedged then. Where fewer
    than a book's coins have such a rank there are no books yet. Raises `NotEnoughData` where ranks were asked for and no
    step has any.
    """
    rng = np.random.default_rng(terms.seed)
    every = max(round(terms.draw_days * course.market.bars_per_day), 1)
    found: list[Draw] = []
    coins, last = np.empty((0, terms.coins), dtype=np.int64), -every
    for t in course.steps.tolist():
        fresh = t - last >= every
        if fresh:
            coins = _draw(course, t, terms, barred, rng)
            last = t if len(coins) else last
        found.append(Draw(coins, fresh))
    if terms.books and terms.book_ranks and not any(len(draw.coins) for draw in found):
        low, high = terms.book_ranks
        raise NotEnoughData(
            f"no step has {terms.coins} coins of ranks {low} to {high} by volume",
            advice="Give other --book-ranks, fewer --coins, or a later --from.",
        )
    return tuple(found)


def _draw(course: Course, t: int, terms: Terms, barred: frozenset[str], rng: np.random.Generator) -> IntArray:
    past = cut(course.market, t)
    seen = np.isfinite(past.prices).sum(axis=0) > _LEAST_RETURNS
    live = np.flatnonzero(course.assets & np.isfinite(past.prices[-1]) & seen)
    volume = {int(i): np.nan_to_num(past.daily_volume_usd(past.symbols[i])) for i in live}
    ranked = sorted(volume, key=lambda i: (-volume[i], past.symbols[i]))
    low, high = terms.book_ranks or (1, len(ranked))
    pool = np.array([i for i in ranked[low - 1 : high] if past.symbols[i] not in barred], dtype=np.int64)
    if len(pool) < terms.coins:
        return np.empty((0, terms.coins), dtype=np.int64)
    chosen = [rng.choice(pool, terms.coins, replace=False) for _ in range(terms.books)]
    return np.array(chosen, dtype=np.int64).reshape(terms.books, terms.coins)


def mixed_from(dollars: FloatArray, draw: Draw, before: FloatArray) -> BookStance:
    """Return what books hold whose coins are each hedged alone by `dollars` (N, N): the mean of their rows."""
    hedged: BoolArray = np.asarray(np.isfinite(dollars).all(axis=1))
    weights = _weights(draw, hedged)
    after = weights @ np.where(hedged[:, None], dollars, 0.0)
    return BookStance.of(after, before, weights, fresh=draw.fresh)


def _weights(draw: Draw, there: BoolArray) -> FloatArray:
    """(B, N) equal dollars of each book's coins that are `there`, one dollar a book; zero for a book without any."""
    weights = np.zeros((len(draw.coins), len(there)))
    np.put_along_axis(weights, draw.coins, 1.0, axis=1)
    weights *= there
    total = weights.sum(axis=1, keepdims=True)
    shares: FloatArray = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0.0)
    return shares


@dataclass(frozen=True, slots=True)
class _Offer:
    """All P coins that can be hedged or hedged with, the most traded first.

    `columns` (P,) of the market, `covariance` (P, P) a day, `beta` (P, K), `rates` (P,) what a dollar costs to trade.
    """

    columns: IntArray
    covariance: FloatArray
    beta: FloatArray
    rates: FloatArray


@dataclass(frozen=True, slots=True)
class Joint:
    """Books hedged as one with at most `most` contracts of the 60 most traded, kept while nothing better pays."""

    most: int
    own: bool
    notional_usd: float

    @classmethod
    def of(cls, count: int, *, own: bool, notional_usd: float) -> Joint:
        """Return it for `count` contracts; 0: as many as pay, up to 12."""
        return cls(count or MOST_CONTRACTS, own, notional_usd)

    def stance(
        self,
        past: Market,
        betas: Betas,
        model: RiskModel,
        pool: tuple[str, ...],
        draw: Draw,
        before: FloatArray,
    ) -> BookStance:
        """Return what the books hold from the last bar of `past` on, having held `before` (B, N) until then.

        `pool` are all contracts, most traded first.
        """
        offer = self._offer(past, betas, model, pool, draw.coins.shape[1])
        known = np.zeros(len(past.symbols), dtype=bool)
        known[offer.columns] = True
        weights = _weights(draw, known)
        after = np.zeros_like(weights)
        for k in np.flatnonzero(weights.any(axis=1)):
            held = before[k, offer.columns]
            after[k, offer.columns] = self._hedged(offer, weights[k, offer.columns], held)
        return BookStance.of(after, before, weights, fresh=draw.fresh)

    def _offer(
        self, past: Market, betas: Betas, model: RiskModel, pool: tuple[str, ...], coins: int
    ) -> _Offer:
        """Impact is that of one contract's equal share of the book, of `notional_usd` a coin."""
        columns = np.array([past.symbols.index(s) for s in pool], dtype=np.int64)
        linear, root = trade_rates(past, self.notional_usd)
        rates = linear + root * np.sqrt(coins / self.most)
        rows = model.index(pool)
        beta = np.array([betas.of(s) for s in pool]).reshape(len(pool), -1)
        return _Offer(columns, model.covariance[np.ix_(rows, rows)], beta, rates[columns])

    def _hedged(self, offer: _Offer, weights: FloatArray, held: FloatArray) -> FloatArray:
        """The dollars (P,) of every contract for one book of `weights` (P,)."""
        open_to = np.flatnonzero((weights == 0.0) | self.own)
        inside = np.union1d(open_to[:POOL], np.flatnonzero(held)).astype(np.int64)
        problem = joint_problem(
            inner=offer.covariance[np.ix_(inside, inside)] + _BASIS_VARIANCE * np.eye(len(inside)),
            with_book=offer.covariance[inside] @ weights,
            charge=_CHARGE,
            trade=offer.rates[inside],
            hold=np.zeros(len(inside)),
            held=held[inside],
            beta=offer.beta[inside],
            target=-(weights @ offer.beta),
        )
        steps = choose_sticky(problem, self.most, np.flatnonzero(problem.held).tolist())
        dollars = np.zeros(len(weights))
        if steps:
            dollars[inside] = steps[-1].h
        return dollars


def book_returns(held: Held) -> tuple[FloatArray, FloatArray]:
    """Return unhedged and hedged returns (B, M) of M books, bar by bar, a dollar of each.

    A coin without a return in a bar is left out of it; a bar in which a contract that is held has none is unknown, and so
    is one before there were books.
    """
    plain, hedged = [], []
    count = max((len(stance.weights) for stance in held.books), default=0)
    for (start, end), stance in zip(held.course.spans, held.books, strict=True):
        moves = held.course.returns[start + 1 : end + 1]
        known = np.isfinite(moves)
        there = known @ stance.weights.T
        total = np.where(known, moves, 0.0) @ stance.weights.T
        alone = np.divide(total, there, out=np.full_like(total, np.nan), where=there > 0.0)
        of_hedge = moves[:, stance.columns]
        dark = ~np.isfinite(of_hedge) @ (stance.dollars != 0.0).T
        both = np.where(dark, np.nan, alone + np.nan_to_num(of_hedge) @ stance.dollars.T)
        missing = np.full((len(moves), count - len(stance.weights)), np.nan)
        plain.append(np.hstack([np.where(dark, np.nan, alone), missing]))
        hedged.append(np.hstack([both, missing]))
    return np.vstack(plain), np.vstack(hedged)


@dataclass(frozen=True, slots=True)
class BookCosts:
    """What re-hedging the books took, NaN without any: `turnover` Σ|Δh| a dollar of book at each, `a_year` its cost.

    `contracts` is how many a book held.
    """

    turnover: float
    a_year: float
    contracts: float


def book_costs(held: Held, rates: Rates, coins: int) -> BookCosts:
    """Return the means over books and re-hedges; the first hedge after each draw is none.

    `rates` are of hedges of one coin's dollars; a book has `coins` times as many, and its impact is that of its size.
    """
    traded: list[float] = []
    paid: list[float] = []
    for i, stance in enumerate(held.books):
        if stance.fresh or not len(stance.dollars):
            continue
        moved = np.abs(stance.dollars - stance.before)
        linear, root = rates.linear[i, stance.columns], rates.root[i, stance.columns]
        cost = moved @ linear + moved**1.5 @ root * np.sqrt(coins)
        traded += moved.sum(axis=1).tolist()
        paid += cost.tolist()
    counts = [int(n) for stance in held.books for n in np.count_nonzero(stance.dollars, axis=1)]
    a_year = len(held.books) / held.course.years
    return BookCosts(_mean(traded), _mean(paid) * a_year, _mean(counts))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
