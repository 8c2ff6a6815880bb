"""Many books of plain coins as one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedgerow.model.arrays import FloatArray, check_shape
from hedgerow.model.errors import BadPortfolio
from hedgerow.model.portfolio import Portfolio, Position, PositionKind

__all__ = ["Books"]

_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """B books by `names`, of N coins by `symbols`: `quantities` (B, N) in coins, 0 where a book has none."""

    names: tuple[str, ...]
    symbols: tuple[str, ...]
    quantities: FloatArray

    def __post_init__(self) -> None:
        check_shape("quantities", self.quantities, (len(self.names), len(self.symbols)))

    @classmethod
    def of(cls, books: Mapping[str, Portfolio]) -> Books:
        """Return the table of `books` by name.

        Raises `BadPortfolio`, naming the books, where one holds more than plain coins: a contract, collateral, a token
        with a rate or discount of its own, a locked coin.
        """
        odd = [name for name, book in books.items() if not all(_plain(p) for p in book.positions)]
        if odd:
            more = f" and {len(odd) - _NAMED} more" if len(odd) > _NAMED else ""
            raise BadPortfolio(
                f"{', '.join(odd[:_NAMED])}{more}: more than plain coins",
                advice="Plan these alone (`hedgerow plan`): contracts, collateral, locked coins and tokens with a rate"
                " are judged one by one.",
            )
        symbols = tuple(dict.fromkeys(p.symbol for book in books.values() for p in book.positions))
        places = {symbol: i for i, symbol in enumerate(symbols)}
        quantities = np.zeros((len(books), len(symbols)))
        for row, book in zip(quantities, books.values(), strict=True):
            for position in book.positions:
                row[places[position.symbol]] += float(position.quantity)
        return cls(tuple(books), symbols, quantities)


def _plain(position: Position) -> bool:
    return not (
        position.is_derivative
        or position.instrument is not None
        or position.kind is PositionKind.COLLATERAL
        or position.locked
        or position.rate is not None
        or position.discount
        or position.underlying
    )
