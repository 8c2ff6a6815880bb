"""What every book is worth and moves like: (B,) columns from one product with the betas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedgerow.hedge.exposure import LEAST_NET
from hedgerow.hedge.many.books import Books
from hedgerow.hedge.many.universe import Universe
from hedgerow.model.arrays import BoolArray, FloatArray

__all__ = ["Exposures", "exposures_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Exposures:
    """Net and gross worth, dollar beta with its error (all (B,)), dollars by coin, and what is unknown of each book.

    `dollars` (B, M) are by the coins of the risk model, `known` (B, N) by those of the betas. `unknown` are coins by
    book: they are in no number.
    """

    nav_usd: FloatArray
    gross_usd: FloatArray
    beta_usd: FloatArray
    stderr_usd: FloatArray
    known: FloatArray
    dollars: FloatArray
    unknown: tuple[tuple[str, ...], ...]

    @property
    def has_ratio(self) -> BoolArray:
        """(B,) whether a book has net value enough for a beta per dollar."""
        found: BoolArray = (self.nav_usd > LEAST_NET * self.gross_usd) & (self.nav_usd > 0)
        return found


def exposures_of(universe: Universe, books: Books) -> Exposures:
    """Return steps 1 and 2 of every book; what is excluded counts in worth and not in beta."""
    worth = books.quantities * np.where(np.isfinite(universe.prices), universe.prices, 0.0)
    betas, held = universe.betas, books.quantities != 0.0
    excluded = np.isin(books.symbols, universe.policy.exclude)
    own = np.array(universe.own)
    silent = (own < 0) & ~excluded
    known = np.zeros((len(books.names), len(betas.symbols)))
    counts = np.flatnonzero((own >= 0) & ~excluded)
    np.add.at(known.T, own[counts], worth.T[counts])
    beta = np.where(np.isfinite(betas.beta[:, 0]), betas.beta[:, 0], 0.0)
    covariance = betas.covariance
    variance = np.einsum("bn,bn->b", known @ np.where(np.isfinite(covariance), covariance, 0.0), known)
    places = [betas.symbols.index(s) if s in betas.symbols else -1 for s in universe.model.symbols]
    dollars = np.where(np.array(places) >= 0, known[:, places], 0.0)
    lacking = held & silent
    named = np.array(books.symbols, dtype=object)
    return Exposures(
        nav_usd=worth.sum(axis=1),
        gross_usd=np.abs(worth).sum(axis=1),
        beta_usd=known @ beta,
        stderr_usd=np.sqrt(np.maximum(variance, 0.0)),
        known=known,
        dollars=dollars,
        unknown=tuple(tuple(named[row]) if row.any() else () for row in lacking),
    )
