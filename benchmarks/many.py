"""Ten thousand books of thirty coins: their dollar betas, and the plan of each, from prices to whole lots.

What is timed begins with the prices: the betas of all coins and their covariance are estimated in it. The peer of the
betas regresses each book's own returns on the benchmark, as spreadsheets do (numpy, a hundredth of the books); that of the
plans is our own plan of one book after another, betas and covariance given. The last two rows are against what is
promised: one second, ten seconds.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from benchmarks.race import Peer, Row, race, seconds

from hedgerow.hedge.many import BookPlans, Books, Universe, plan_books
from hedgerow.hedge.many.exposures import Exposures, exposures_of
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.sizing import size
from hedgerow.model.amounts import decimal_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position
from hedgerow.venues.catalogue import catalogue
from hedgerow.venues.simulated import simulated_market

BOOKS, HOLDINGS, SOME, FEW = 10_000, 30, 100, 20
POLICY = Policy()


def books_of(market: Market) -> Books:
    """Books of thirty coins each, chosen by chance, of 3,000 to 3 million dollars."""
    rng = np.random.default_rng(5)
    known = np.flatnonzero(np.isfinite(market.prices[-100:]).all(axis=0))
    worth = rng.lognormal(np.log(1e4), 1.0, (BOOKS, len(known)))
    held = rng.random(worth.shape).argsort(axis=1) < HOLDINGS
    quantities = np.where(held, worth / market.prices[-1, known], 0.0).round(6)
    symbols = tuple(market.symbols[i] for i in known)
    return Books(tuple(f"book {i}" for i in range(BOOKS)), symbols, quantities)


def betas(market: Market, offered: tuple[Instrument, ...], books: Books) -> Exposures:
    """Prices to dollar betas."""
    return exposures_of(Universe.of(POLICY, market, offered, books.symbols), books)


def plans(market: Market, offered: tuple[Instrument, ...], books: Books) -> BookPlans:
    """Prices to plans."""
    return plan_books(Universe.of(POLICY, market, offered, books.symbols), books)


def regressed(market: Market, books: Books) -> FloatArray:
    """The betas of some books by regressing the returns of each on the benchmark."""
    moves = market.prices[1:] / market.prices[:-1] - 1.0
    x = np.column_stack([np.ones(len(moves)), moves[:, market.column("BTC")]])
    found = []
    columns = [market.column(s) for s in books.symbols]
    moves, prices = np.nan_to_num(moves[:, columns]), market.prices[-1, columns]
    for quantities in books.quantities[:SOME]:
        worth = quantities * prices
        y = moves @ (worth / worth.sum())
        found.append(float(np.linalg.lstsq(x, y, rcond=None)[0][1]))
    return np.array(found)


def one_by_one(
    market: Market, offered: tuple[Instrument, ...], books: Books, shared: Universe
) -> list[tuple[str, float]]:
    """The plans of a few books, each by itself: contract and signed contracts."""
    found = []
    for quantities in books.quantities[:FEW]:
        held = zip(books.symbols, quantities, strict=True)
        book = Portfolio(tuple(Position(s, decimal_of(repr(float(q)))) for s, q in held if q))
        exposure, ranking, model = POLICY.rank(
            book, market, offered, None, shared.betas, shared.model, frontier=False
        )
        leg = size(exposure, ranking, model, rules=POLICY.rules).legs[0]
        found.append((leg.instrument.name, float(leg.contracts) * (-1 if leg.side == "sell" else 1)))
    return found


def agree(ours: object, theirs: object) -> None:
    """Raise where a book's contract or count differs."""
    rows = ours.table()[1][:FEW] if isinstance(ours, BookPlans) else []
    mine = [(row[1], float(str(row[2]))) for row in rows]
    if mine != theirs:
        raise SystemExit(f"the plans differ: {mine} against {theirs}")


def promised(title: str, run: object, limit: float) -> Row:
    """A row against a promise in seconds."""
    taken = sorted(seconds(run, time.process_time)[0] for _ in range(3))[1]  # type: ignore[arg-type]
    return Row(title, taken, "the promise", limit, limit / taken, 1.0, taken <= limit)


def rows() -> list[Row]:
    """Return the table's rows."""
    market = simulated_market()
    offered, books = catalogue(market), books_of(market)
    shared = Universe.of(POLICY, market, offered, books.symbols)
    some = Peer("numpy, a regression a book", partial(regressed, market, books), 10.0, share=SOME / BOOKS)
    alone = Peer(
        "our own, one after another",
        partial(one_by_one, market, offered, books, shared),
        20.0,
        agree,
        FEW / BOOKS,
    )
    first, second = partial(betas, market, offered, books), partial(plans, market, offered, books)
    title = f"{BOOKS:,} books of {HOLDINGS} coins"
    return [
        *race(f"{title}: dollar betas", first, [some]),
        *race(f"{title}: plans", second, [alone]),
        promised(f"{title}: dollar betas in a second", first, 1.0),
        promised(f"{title}: plans in ten seconds", second, 10.0),
    ]
