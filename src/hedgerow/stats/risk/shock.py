"""A beta hedge on a day that beta does not explain (domain §7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Shock", "shocked"]


@dataclass(frozen=True, slots=True)
class Shock:
    """Dollars made by the book and by its hedge in one move, and the beta the move itself showed."""

    book: float
    hedge: float
    implied_beta: float

    @property
    def net(self) -> float:
        """What is left of the two."""
        return self.book + self.hedge


def shocked(value: float, beta: float, book_move: float, factor_move: float) -> Shock:
    """Return what `value` dollars hedged at `beta` make when they move `book_move` and the factor `factor_move`.

    Book V·r, hedge −β·V·r_b; the implied beta r/r_b is NaN where the factor stands still. NaN in, NaN out. TV43.
    """
    implied = book_move / factor_move if factor_move != 0.0 else math.nan
    return Shock(value * book_move, -beta * value * factor_move, implied)
