"""Books of a contest: who is in them, what they hold, and what their re-hedges are counted as."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.hedge.books import market

from hedgerow.model.arrays import FloatArray
from hedgerow.model.contest import Contest
from hedgerow.model.errors import NotEnoughData
from hedgerow.model.market import Market
from hedgerow.runs.books import drawn
from hedgerow.runs.contenders import Contender, label_of
from hedgerow.runs.contest import ContestSettings, compare
from hedgerow.runs.held import BookStance, Course, returns_of
from hedgerow.runs.panel import cut
from hedgerow.testing import beta_market

BETAS = {"BTC": 1.0} | {f"C{i:02}": 0.8 + 0.05 * i for i in range(24)}
SETTINGS = ContestSettings(train_days=200, step_days=20, books=6, coins=4, book_ranks=(11, 20))


def history() -> Market:
    """Coins whose volumes fall with their number, and turn round on day 300."""
    made = beta_market(BETAS, days=420, own=0.02, seed=4)
    ranks = np.arange(1.0, len(made.symbols) + 1.0)
    volumes = np.where(np.arange(len(made.times))[:, None] < 300, 1e9 / ranks, 1e6 * ranks)
    return replace(made, volumes_usd=volumes)


def course(past: Market, steps: tuple[int, ...]) -> Course:
    nobody = np.empty(0, dtype=np.int64)
    everybody = np.ones(len(past.symbols), dtype=bool)
    return Course(past, returns_of(past, "simple"), np.array(steps, dtype=np.int64), nobody, everybody)


def test_books_are_of_the_ranks_of_then_and_stay_until_the_next_draw() -> None:
    past = history()
    asked = replace(SETTINGS, draw_days=150.0)
    draws = drawn(course(past, (200, 220, 400)), asked, frozenset({past.symbols[12]}))
    assert [draw.fresh for draw in draws] == [True, False, True]
    assert draws[0].coins.shape == (6, 4)
    assert (draws[0].coins == draws[1].coins).all()
    assert set(draws[0].coins.ravel().tolist()) <= set(range(10, 20)) - {12}
    last = len(past.symbols)
    assert set(draws[2].coins.ravel().tolist()) <= {last - rank for rank in range(11, 21)} - {12}
    assert all(len(set(book)) == 4 for book in draws[0].coins.tolist())


def test_ranks_that_nobody_has_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="ranks 90 to 99"):
        drawn(course(history(), (200,)), replace(SETTINGS, book_ranks=(90, 99)), frozenset())
    assert drawn(course(history(), (200,)), replace(SETTINGS, books=0), frozenset())[0].coins.shape == (0, 4)


def test_what_is_held_moves_with_its_price_and_is_counted_for_a_dollar_of_the_book() -> None:
    """The book gains a tenth; a short falls by a fifth, and what has no price any more is as it was."""
    past = market({"BTC": [100.0, 110.0], "ETH": [10.0, 8.0], "SOL": [1.0, np.nan]})
    none = np.zeros((1, 3))
    stance = BookStance.of(np.array([[0.0, -1.0, 0.5]]), none, np.array([[1.0, 0.0, 0.0]]), fresh=True)
    assert stance.columns.tolist() == [1, 2]
    assert stance.carried(past, 0)[0] == pytest.approx([0.0, -0.8 / 1.1, 0.5 / 1.1])


def sectors(days: int = 420) -> Market:
    """Thirty coins that share a move beside the market's, and little else."""
    rng = np.random.default_rng(9)
    lead, shared = (0.03 * rng.standard_normal((days, 1)) for _ in range(2))
    own = 0.01 * rng.standard_normal((days, 30))
    moves = np.hstack([lead, 1.2 * lead + shared + own])
    made = beta_market({"BTC": 1.0} | {f"C{i:02}": 1.2 for i in range(30)}, days=days, seed=1)
    prices: FloatArray = np.asarray(100.0 * np.cumprod(1.0 + moves, axis=0), dtype=np.float64)
    return replace(made, prices=prices[: len(made.times)])


@cache
def contest() -> Contest:
    return compare(sectors(), ("ols:180",), ("BTC", "basket:5", "auto"), replace(SETTINGS, book_ranks=None))


def test_a_basket_takes_out_what_coins_share_and_stays() -> None:
    btc, basket, auto = contest().rows
    assert btc.books_contracts == 1.0
    assert btc.books_he < 0.75
    assert basket.books_he > 0.93
    assert basket.books_contracts <= 5.0
    assert auto.books_contracts <= 12.0
    assert auto.books_he > 0.93
    assert 0.0 < basket.books_turnover < 0.2
    assert basket.books_cost_per_year > 0.0005 * basket.books_turnover * 365 / 20 * 0.9
    assert basket.books_low < basket.books_he < basket.books_high


def test_without_books_their_figures_are_unknown() -> None:
    row = compare(sectors(), ("ols:180",), ("basket:5",), replace(SETTINGS, books=0, book_ranks=None)).rows[0]
    figures = (row.books_he, row.books_turnover, row.books_cost_per_year, row.books_contracts)
    assert np.isnan(figures).all()


def test_books_begin_once_there_are_coins_enough() -> None:
    """Half of the coins are listed later than the first step, and no book of ranks beyond the others exists before."""
    late = sectors()
    prices = late.prices.copy()
    prices[:250, 16:] = np.nan
    listed = replace(late, prices=prices)
    draws = drawn(course(listed, (200, 300, 400)), replace(SETTINGS, book_ranks=(20, 31)), frozenset())
    assert [len(draw.coins) for draw in draws] == [0, 0, 6]
    assert [draw.fresh for draw in draws] == [True, True, True]
    row = compare(listed, ("ols:60",), ("basket:3",), replace(SETTINGS, book_ranks=(20, 31))).rows[0]
    assert 0.5 < row.books_he < 1.0


def test_what_comes_later_changes_no_hedge_and_no_book_is_hedged_with_its_own_coins() -> None:
    whole = sectors()
    early = replace(
        whole,
        times=whole.times[:300],
        prices=whole.prices[:300],
        volumes_usd=whole.volumes_usd[:300],
        as_of=whole.times[299],
    )
    found = [_stances(m) for m in (whole, early)]
    assert len(found[1]) == 5
    for one, other in zip(*found, strict=False):
        assert (one.columns == other.columns).all()
        assert (one.dollars == other.dollars).all()
        assert not ((one.dollars != 0.0) & (one.weights[:, one.columns] > 0.0)).any()


def _stances(whole: Market) -> list[BookStance]:
    course_ = course(whole, tuple(range(200, len(whole.times) - 1, 20)))
    draws = drawn(course_, replace(SETTINGS, book_ranks=None), frozenset({"BTC"}))
    contender = Contender("ols:180", label_of("basket:4", whole), "simple", own=False, choose_days=112.0)
    assets = course_.assets
    return [
        contender.stance(cut(whole, t), assets, draw)[1]
        for t, draw in zip(course_.steps.tolist(), draws, strict=True)
    ]


def test_the_command_draws_from_ranks(run: Any) -> None:
    words = ("compare", "--estimators", "ols:60", "--instruments", "BTC,basket:4", "--from", "2025-12-01")
    few = ("--step", "30", "--random-books", "3", "--coins", "3", "--book-ranks", "4:12")
    done = run(*words, *few, "--json")
    assert done.status == 0, done.err
    assert all(row["books_turnover"] >= 0.0 for row in done.json["rows"])
    assert "of ranks 4 to 12" in " ".join(done.json["notes"])
    for wrong in ("12:4", "x", "0:3", "4"):
        assert run(*words, "--book-ranks", wrong).status == 2
