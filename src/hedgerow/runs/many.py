"""`plan_many(universe, books, workers)`: the plans of any number of books, by workers of this machine or of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from hedgerow.hedge.many import BookPlans, Books, Universe, plan_books
from hedgerow.model.errors import UsageError
from hedgerow.runs.spread import Workers, spread

__all__ = ["BLOCK", "plan_many"]

BLOCK = 1_000
"""Books that are planned at once. It is the same for one worker as for a hundred: a product of other size rounds otherwise."""


def plan_many(
    universe: Universe,
    books: Books,
    workers: Workers | None = None,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> BookPlans:
    """Return the plan of every book, in the order of `books`: the same, to the last bit, whoever computes it.

    `report` is told how many books of how many are done. Raises `UsageError` without books, and what `spread` raises.
    """
    if not books.names:
        raise UsageError("no books to plan", advice="Give one at least.")
    found: dict[str, BookPlans] = {}
    for share in spread(_planned, universe, _Blocks(books), workers):
        found |= dict(share)
        report(min(len(found) * BLOCK, len(books.names)), len(books.names))
    return _together([found[key] for key in sorted(found, key=int)])


class _Blocks(Mapping[str, Books]):
    """Books in blocks by the number of their first, cut out when they are handed on."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def __len__(self) -> int:
        return (len(self._books.names) + BLOCK - 1) // BLOCK

    def __iter__(self) -> Iterator[str]:
        return map(str, range(0, len(self._books.names), BLOCK))

    def __getitem__(self, key: str) -> Books:
        rows, whole = slice(int(key), int(key) + BLOCK), self._books
        return Books(whole.names[rows], whole.symbols, whole.quantities[rows])


def _planned(key: str, books: Books, universe: Universe) -> tuple[str, BookPlans]:
    return key, plan_books(universe, books)


def _together(parts: list[BookPlans]) -> BookPlans:
    """Blocks of plans under one another; the contracts are the same in all."""
    joined: dict[str, Any] = {"instruments": parts[0].instruments}
    for name in (field.name for field in fields(BookPlans) if field.name != "instruments"):
        each = [getattr(part, name) for part in parts]
        whole = isinstance(each[0], np.ndarray)
        joined[name] = np.concatenate(each) if whole else tuple(one for part in each for one in part)
    return BookPlans(**joined)
