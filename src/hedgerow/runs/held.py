"""What a contest's contenders held from step to step, and what that left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from hedgerow.hedge.returns import ReturnKind
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray
from hedgerow.model.market import Market

__all__ = ["BookStance", "Course", "Held", "Stance", "Stances", "returns_of"]


def returns_of(market: Market, kind: ReturnKind) -> FloatArray:
    """Return one-bar returns (T, N); NaN where either end is missing, and in the first row."""
    moves = np.full(market.prices.shape, np.nan)
    with np.errstate(invalid="ignore"):
        ratio = market.prices[1:] / market.prices[:-1]
        moves[1:] = np.log(ratio) if kind == "log" else ratio - 1.0
    return moves


@dataclass(frozen=True, slots=True)
class Course:
    """What every contender runs over: returns (T, N), the steps (S,) at which hedges are set, which coins are hedged.

    `early` are steps before the first, at which betas are estimated only to learn how far they stray.
    """

    market: Market
    returns: FloatArray
    steps: IntArray
    early: IntArray
    assets: BoolArray

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Each step with the bar until which its hedge is held."""
        ends = [*self.steps[1:].tolist(), len(self.returns) - 1]
        return list(zip(self.steps.tolist(), ends, strict=True))

    @property
    def years(self) -> float:
        """How long hedges are held, in years of 365 days."""
        return float(len(self.returns) - 1 - self.steps[0]) / self.market.bars_per_day / 365.0


@dataclass(frozen=True, slots=True)
class Stance:
    """One step: dollars (N, M) of the coins in `columns` (M,) for a dollar of each asset, NaN rows where not hedged.

    `beta` and `error` (N, K) are the asset's to the label's factors.
    """

    columns: IntArray
    dollars: FloatArray
    beta: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True)
class BookStance:
    """One step of B books of a dollar each: `weights` (B, N) of their coins, `dollars` (B, M) of the hedges in `columns`.

    `before` (B, M) are the same contracts before the step, at its prices: as many dollars for a dollar of the book as
    the moves since have made of them. `fresh` where the books were drawn at this step: their first hedge is no re-hedge.
    """

    columns: IntArray
    dollars: FloatArray
    before: FloatArray
    weights: FloatArray
    fresh: bool

    @classmethod
    def of(cls, after: FloatArray, before: FloatArray, weights: FloatArray, *, fresh: bool) -> BookStance:
        """Return it for dollars (B, N) of every coin, on the columns that are used."""
        used = np.flatnonzero((after != 0.0).any(axis=0) | (before != 0.0).any(axis=0)).astype(np.int64)
        return cls(used, after[:, used], before[:, used], weights, fresh)

    def carried(self, past: Market, row: int) -> FloatArray:
        """Return what the dollars (B, N) have become since bar `row`, for a dollar of the book at the last of `past`.

        A coin without a price at either end is taken as it was.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            grown = past.prices[-1] / past.prices[row]
        grown = np.where(np.isfinite(grown), grown, 1.0)
        held = np.zeros_like(self.weights)
        held[:, self.columns] = self.dollars
        book = np.where(self.weights.any(axis=1), self.weights @ grown, 1.0)
        now: FloatArray = held * grown / book[:, None]
        return now


Stances = tuple[list[Stance], list[Stance], list[BookStance]]
"""Of one contender: at the course's early steps, at its steps, of books."""


@dataclass(slots=True)
class Held:
    """The stances of one contender, at the course's early steps and at its steps, of coins and of books."""

    course: Course
    early: list[Stance] = field(default_factory=list)
    stances: list[Stance] = field(default_factory=list)
    books: list[BookStance] = field(default_factory=list)

    def left(self) -> tuple[FloatArray, FloatArray]:
        """Return unhedged and hedged returns (B, N) of the bars after the first step; NaN where not hedged.

        An instrument without a return in a bar has none: neither has what it hedges.
        """
        plain, hedged = [], []
        for (start, end), stance in zip(self.course.spans, self.stances, strict=True):
            moves = self.course.returns[start + 1 : end + 1]
            on = np.isfinite(stance.dollars).all(axis=1) & self.course.assets
            dollars = np.where(on[:, None], stance.dollars, 0.0)
            of_hedge = moves[:, stance.columns]
            dark = ~np.isfinite(of_hedge) @ (dollars != 0.0).T
            plain.append(np.where(on, moves, np.nan))
            hedged.append(np.where(on & ~dark, moves + np.nan_to_num(of_hedge) @ dollars.T, np.nan))
        return np.vstack(plain), np.vstack(hedged)

    def trades(self) -> Iterator[tuple[int, IntArray, FloatArray]]:
        """Yield for every step but the first its number, the coins traded (M,), and dollars (N, M); NaN where unknown."""
        for i in range(1, len(self.stances)):
            before, after = self.stances[i - 1], self.stances[i]
            columns = np.union1d(before.columns, after.columns).astype(np.int64)
            yield i, columns, np.abs(_on(after, columns) - _on(before, columns))


def _on(stance: Stance, columns: IntArray) -> FloatArray:
    """The dollars (N, M) of a stance on a wider set of `columns`."""
    wide = np.zeros((len(stance.dollars), len(columns)))
    wide[:, np.searchsorted(columns, stance.columns)] = stance.dollars
    wide[~np.isfinite(stance.dollars).all(axis=1)] = np.nan
    return wide
