"""Plans of many books by one worker and by several: the same bits, in the order of the books."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from tests.hedge.plans import simulated

from hedgerow.hedge.many import BookPlans, Books, Universe, plan_books
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import UsageError
from hedgerow.runs.many import BLOCK, plan_many
from hedgerow.runs.spread import Workers

COINS = ("BTC", "ETH", "SOL", "DOGE", "USDT", "NOBODYS")
MANY = 2 * BLOCK + 7


def books(count: int = MANY) -> Books:
    rng = np.random.default_rng(2)
    held = rng.lognormal(2.0, 1.0, (count, len(COINS))) * (rng.random((count, len(COINS))) < 0.5)
    return Books(tuple(f"book {i}" for i in range(count)), COINS, held)


def universe() -> Universe:
    market, offered = simulated()
    return Universe.of(Policy(), market, offered, COINS)


def same(one: BookPlans, other: BookPlans) -> None:
    for field in fields(BookPlans):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        assert type(mine) is type(theirs)
        if isinstance(mine, np.ndarray):
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape), field.name
            assert mine.tobytes() == theirs.tobytes(), field.name
        else:
            assert mine == theirs, field.name


@pytest.mark.slow
def test_workers_plan_what_one_does_to_the_last_bit() -> None:
    told: list[tuple[int, int]] = []
    one = plan_many(universe(), books(), report=lambda done, of: told.append((done, of)))
    assert one.names == books().names
    assert told == [(BLOCK, MANY), (2 * BLOCK, MANY), (MANY, MANY)]
    same(one, plan_many(universe(), books(), Workers(2)))


def test_a_block_is_what_its_books_are_planned_as_at_once() -> None:
    few = books(40)
    same(plan_many(universe(), few), plan_books(universe(), few))


def test_no_books_are_told() -> None:
    with pytest.raises(UsageError, match="no books"):
        plan_many(universe(), Books((), COINS, np.zeros((0, len(COINS)))))
