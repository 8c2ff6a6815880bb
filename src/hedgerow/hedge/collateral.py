"""Where the margin comes from: new money, the book's own stablecoins, or whatever the plan finds it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

import numpy as np

from hedgerow.hedge.valuation import Valuation
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import UsageError
from hedgerow.model.portfolio import Portfolio, Position, PositionKind

__all__ = ["NEW", "Collateral", "brought_by", "parse_collateral", "with_collateral"]

_AMOUNT = re.compile(r"(?P<amount>[0-9]+(?:\.[0-9]+)?)\s*(?P<coin>[A-Za-z][A-Za-z0-9]*)")


@dataclass(frozen=True, slots=True)
class Collateral:
    """`amount` of `coin` as new money, or the book's own stablecoins at the venue when `from_book`."""

    amount: Decimal
    coin: str
    from_book: bool = False

    def value_usd(self, worth: Valuation, venue: str) -> float:
        """Return its dollars: of the new money, or of unlocked stablecoins at `venue` or at no named account."""
        if self.from_book:
            return sum(
                h.value_usd
                for h in worth.holdings
                if is_stablecoin(h.position.symbol)
                and not h.position.locked
                and h.position.account in {"", venue}
                and np.isfinite(h.value_usd)
            )
        mine = [h for h in worth.holdings if h.position.tags == NEW]
        return mine[0].value_usd if mine else float("nan")


NEW = ("new collateral",)
"""The tags of the row that `--collateral` adds to the book."""


@cache
def parse_collateral(text: str | None) -> Collateral | None:
    """Return what `--collateral` says: `20000USDT`, `0.5BTC`, `book`, or None. Raises `UsageError`."""
    if text is None:
        return None
    if text.strip().lower() == "book":
        return Collateral(Decimal(0), "", from_book=True)
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f'"{text}" is no collateral',
            advice="Give an amount with its coin, such as 20000USDT, or the word book.",
        )
    return Collateral(Decimal(found["amount"]), found["coin"].upper())


def brought_by(text: str | None) -> dict[str, Decimal]:
    """Return the new money that `--collateral` says, by coin. Raises `UsageError`."""
    given = parse_collateral(text)
    return {} if given is None or given.from_book else {given.coin: given.amount}


def with_collateral(book: Portfolio, collateral: Collateral | None, venue: str) -> Portfolio:
    """Return the book with new collateral in it: it counts in net asset value, and moves if its coin does."""
    if collateral is None or collateral.from_book:
        return book
    row = Position(collateral.coin, collateral.amount, PositionKind.COLLATERAL, venue, tags=NEW)
    return replace(book, positions=(*book.positions, row))
