"""The history a backtest walks through, in arrays: what the owner holds, what it costs, what the factors did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.hedge.valuation import Valuation, value
from hedgerow.model.arrays import BoolArray, FloatArray, IntArray, TimeArray
from hedgerow.model.coins import WRAPPED, is_stablecoin
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.journal import Happened
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio, Position
from hedgerow.runs.owned import Course, Owned, owned
from hedgerow.runs.settings import BacktestSettings, BookWays

__all__ = ["Panel", "coin_of", "cut", "panel_of"]

_LEAST_CLOSES = 21
_STALE_BARS = 3
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True)
class Panel:
    """T bars, N coins of the book, K factors.

    `units` (T, N) coins held after each bar, `worth` (T, N) their dollars; `prices` (T, N), the last known where a bar is
    missing (`missing` (T, N)), NaN before the first; `live` (T, N) False where that is too old to go by; `hedged` (T, N)
    the coins that are to be hedged. `flow_usd` and `cost_usd` (T,) are what the owner put in, and what trades of the
    book itself cost. `factor` (T, K) are the factors' returns, 0 where one has no bar; `first` the bar at which the run
    begins. `books` (S,) are the sets of holdings, `since` (T,) the one in force, `sets` (S, N) its coins. `by_closes`: each row is worth its
    coins at their own closes, none of which was given by hand.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    units: FloatArray
    worth: FloatArray
    prices: FloatArray
    missing: BoolArray
    live: BoolArray
    hedged: FloatArray
    cash: BoolArray
    flow_usd: FloatArray
    cost_usd: FloatArray
    events: tuple[Happened, ...]
    factor: FloatArray
    first: int
    books: tuple[Portfolio, ...]
    since: IntArray
    sets: FloatArray
    by_closes: bool
    notes: tuple[str, ...]

    def book_at(self, t: int) -> Portfolio:
        """Return the book as it was held after bar `t`."""
        place = int(self.since[t])
        book, stated = self.books[place], self.sets[place]
        kept = {s: (a, b) for s, a, b in zip(self.symbols, self.units[t], stated, strict=True) if a != b}
        if not kept:
            return book
        rows = [_scaled(p, *kept.get(coin_of(p), (1.0, 1.0))) for p in book.positions]
        known = {coin_of(p) for p in book.positions}
        bought = [Position(s, Decimal(repr(float(a)))) for s, (a, _) in kept.items() if s not in known and a]
        return replace(book, positions=(*(row for row in rows if row.quantity), *bought))

    def asleep(self, t: int) -> dict[str, float]:
        """Return the coins held after bar `t` whose last price is too old to go by, with that price."""
        if self.live[t].all():
            return {}
        found = np.flatnonzero((self.units[t] != 0.0) & ~self.live[t])
        return {self.symbols[n]: float(self.prices[t, n]) for n in found}

    @property
    def gross_usd(self) -> FloatArray:
        """Dollars (T,) of the book's coins, signs aside."""
        total: FloatArray = np.abs(self.worth).sum(axis=1)
        return total

    @property
    def grown_usd(self) -> FloatArray:
        """What the owner's flows of each bar added (T,) to the gross value: of a short, that it became larger."""
        moved = np.diff(np.abs(self.units), axis=0, prepend=0.0)
        worth = np.where(moved != 0.0, moved * self.prices, 0.0).sum(axis=1)
        return np.where(self.flow_usd != 0.0, worth, 0.0)

    @property
    def changes(self) -> BoolArray:
        """Bars (T,) of the run after whose close the book holds other coins, or more or less of them, than before."""
        found = np.zeros(len(self.times), dtype=bool)
        found[self.first + 1 :] = (np.diff(self.units[self.first :], axis=0) != 0.0).any(axis=1)
        return found


def coin_of(position: Position) -> str:
    """Return the coin that a row of the book moves with."""
    return position.underlying or WRAPPED.get(position.symbol, position.symbol)


def _scaled(position: Position, units: float, stated: float) -> Position:
    if stated in {units, 0.0}:
        return position
    return replace(position, quantity=position.quantity * Decimal(repr(float(units / stated))))


def cut(market: Market, row: int) -> Market:
    """Return the market as it was known at the close of bar `row`: no later bar, print or book."""
    now = market.times[row]
    funding = {}
    for symbol, prints in market.funding.items():
        known = int(np.searchsorted(prints.times, now, side="right"))
        if known:
            funding[symbol] = replace(prints, times=prints.times[:known], rates=prints.rates[:known])
    return replace(
        market,
        times=market.times[: row + 1],
        prices=market.prices[: row + 1],
        volumes_usd=market.volumes_usd[: row + 1],
        funding=funding,
        books={s: book for s, book in market.books.items() if book.time <= now},
        options={coin: chain for coin, chain in market.options.items() if chain.as_of <= now},
        open_interest_usd={},
        flags=(),
        as_of=now,
    )


def panel_of(
    book: Portfolio | BookPath,
    market: Market,
    factors: tuple[str, ...],
    excluded: frozenset[str],
    settings: BacktestSettings,
    known: frozenset[str] = frozenset(),
    begins: np.datetime64 | None = None,
) -> Panel:
    """Return the panel of a spot book on `market`.

    The run begins after `train_days` of the factor, at `start` or `begins` if that is later, and, unless the owner says
    when, where every coin of the book has a price; a coin that has none by then comes in later. `known` are coins whose
    beta needs no history. Raises `UsageError` for open contracts in the book, `NotEnoughData` where a coin is never
    priced.
    """
    path = book if isinstance(book, BookPath) else BookPath(market.times[:1], (book,))
    worths = [_at_one(one, market) for one in path.books]
    purse = (market.currency,) if settings.book.changes == "trades" else ()
    symbols = tuple(dict.fromkeys((*(s for worth in worths for s in worth.delta_usd()), *purse)))
    raw = _raw(market, symbols)
    lead = np.column_stack([market.prices[:, market.column(f)] for f in factors])
    cash = np.array([is_stablecoin(s) for s in symbols], dtype=bool)
    sure = cash | np.array([s in known or s in factors for s in symbols], dtype=bool)
    there = _there(market, raw, lead, sure, settings.book.leave_days)
    sets = np.array([[w.delta_usd().get(s, 0.0) for s in symbols] for w in worths])
    wanted = there[:, sets[0] != 0.0] if isinstance(book, BookPath) or settings.start is not None else None
    asked = max(t for t in (path.since[0], settings.start, begins) if t is not None)
    first = _first(market, raw, lead, settings.train_days, asked, wanted)
    prices, missing = _carried(raw)
    since = np.maximum(np.searchsorted(path.since, market.times, side="right") - 1, 0).astype(np.int64)
    place = symbols.index(market.currency) if purse else -1
    course = Course(market.times, symbols, prices, ~missing, there, since, sets, cash, first, place)
    return _panel(course, path, _counted(worths, symbols, excluded), market, raw, lead, settings.book)


def _panel(
    course: Course,
    path: BookPath,
    counted: FloatArray,
    market: Market,
    raw: FloatArray,
    lead: FloatArray,
    ways: BookWays,
) -> Panel:
    mine, first = owned(course, ways), course.first
    live = _age(market.times, raw) <= (_STALE_BARS + 0.5) * market.bar_hours / 24.0
    known, _ = _carried(lead)
    factor = np.zeros_like(known)
    factor[first + 1 :] = known[first + 1 :] / known[first:-1] - 1.0
    return Panel(
        times=course.times,
        symbols=course.symbols,
        units=mine.units,
        worth=np.where(mine.units != 0.0, mine.units * course.prices, 0.0),
        prices=course.prices,
        missing=~course.fresh,
        live=live,
        hedged=mine.units * live * counted[course.since],
        cash=course.cash,
        flow_usd=mine.flow_usd,
        cost_usd=mine.cost_usd,
        events=mine.events,
        factor=factor,
        first=first,
        books=path.books,
        since=course.since,
        sets=course.sets,
        by_closes=_by_closes(path, market),
        notes=_notes(course, mine, live, path, ways),
    )


def _at_one(book: Portfolio, market: Market) -> Valuation:
    """What the book would be worth if every coin cost one: its dollars are then coins of each underlying."""
    if any(position.is_derivative for position in book.positions):
        raise UsageError(
            "a backtest begins with spot holdings, and the book has open contracts",
            advice="Leave the contracts out: the backtest opens its own.",
        )
    names = {
        *market.symbols,
        *(p.symbol for p in book.positions),
        *(p.underlying or "" for p in book.positions),
    }
    return value(book, replace(market, given=dict.fromkeys(names, 1.0)))


def _by_closes(path: BookPath, market: Market) -> bool:
    """Whether step 1 values every row of every set at its own coin's close."""
    own = all(
        coin_of(p) == p.symbol and p.rate is None and not p.discount
        for book in path.books
        for p in book.positions
    )
    return own and not any(symbol in market.given for symbol in market.symbols)


def _raw(market: Market, symbols: tuple[str, ...]) -> FloatArray:
    """Closes (T, N), NaN where a bar is missing; raises `NotEnoughData` for coins that have none at all."""
    raw = np.column_stack([_series(market, s) for s in symbols])
    never = [s for s, column in zip(symbols, raw.T, strict=True) if not np.isfinite(column).any()]
    if never:
        raise NotEnoughData(
            f"no price of {', '.join(never)} in {market.source or 'the market file'}",
            advice=f"Leave them out of the book, or give a constant price: --price {never[0]}=…",
        )
    return raw


def _series(market: Market, symbol: str) -> FloatArray:
    if symbol in market.symbols:
        return market.prices[:, market.column(symbol)]
    pegged = symbol in {"USD", market.currency} or (symbol == market.quote and market.quote_assumed)
    return np.full(len(market.times), market.given.get(symbol, 1.0 if pegged else np.nan))


def _counted(worths: list[Valuation], symbols: tuple[str, ...], excluded: frozenset[str]) -> FloatArray:
    """The share (S, N) of each coin that is to be hedged: without the rows of excluded coins and tags."""
    found = np.zeros((len(worths), len(symbols)))
    for s, worth in enumerate(worths):
        whole, part = worth.delta_usd(), worth.counted(excluded).delta_usd()
        for n, symbol in enumerate(symbols):
            units = whole.get(symbol, 0.0)
            found[s, n] = part.get(symbol, 0.0) / units if units else float(symbol in part)
    return found


def _age(times: TimeArray, raw: FloatArray) -> FloatArray:
    """Days (T, N) since the last price; infinite before any."""
    seen = np.where(np.isfinite(raw), np.arange(len(raw))[:, None], -1)
    np.maximum.accumulate(seen, axis=0, out=seen)
    days = (times[:, None] - times[np.maximum(seen, 0)]) / _DAY
    return np.where(seen >= 0, days, np.inf)


def _there(
    market: Market, raw: FloatArray, lead: FloatArray, sure: BoolArray, leave_days: float
) -> BoolArray:
    """Where (T, N) a coin may be in the book: priced, long enough to have a beta, and not gone for good."""
    shared = np.isfinite(raw) & np.isfinite(lead).all(axis=1, keepdims=True)
    closes = np.cumsum(shared, axis=0)
    age = _age(market.times, raw)
    enough: BoolArray = np.where(sure, np.isfinite(age), closes >= _LEAST_CLOSES)
    return enough & (age <= (leave_days or np.inf))


def _first(
    market: Market,
    raw: FloatArray,
    lead: FloatArray,
    train_days: float,
    asked: np.datetime64,
    wanted: BoolArray | None,
) -> int:
    """The bar at which the run begins; with `wanted` (T, M), coins that may be there, the first at which some are."""
    known = np.flatnonzero(np.isfinite(lead).all(axis=1))
    after = int(known[0]) + round(train_days * market.bars_per_day) if len(known) else len(raw)
    first = max(after, int(np.searchsorted(market.times, asked)))
    if wanted is None:
        first = max(first, int(np.isfinite(raw).argmax(axis=0).max()) + _LEAST_CLOSES)
    else:
        first += int(np.argmax(np.append(wanted[first:].any(axis=1), True)))
    if first >= len(raw) - 1:
        raise NotEnoughData(
            f"after {train_days:g} days to learn from and from {str(max(asked, market.times[0]))[:10]} on, no bar is left"
            f" to test on up to {str(market.times[-1])[:10]}",
            advice="Give a longer price file, a later --as-of, an earlier --from, or a shorter --train.",
        )
    return first


def _carried(raw: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The last known price at every bar, and where that was not this bar's."""
    missing = ~np.isfinite(raw)
    rows = np.where(missing, 0, np.arange(len(raw))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(raw, rows, axis=0), missing


def _notes(course: Course, mine: Owned, live: BoolArray, path: BookPath, ways: BookWays) -> tuple[str, ...]:
    """Say what was carried, what came and went, and what that cost."""
    notes = []
    for n, symbol in enumerate(course.symbols):
        held = mine.units[course.first :, n] != 0.0
        gone = held & ~course.fresh[course.first :, n]
        if gone[-1]:
            last = course.times[np.flatnonzero(course.fresh[:, n])[-1]]
            kept = "it is kept at its last one"
            kept += ", and not hedged." if not live[-1, n] else "."
            notes.append(f"{symbol} has no price after {str(last)[:10]}: {kept}")
        elif gone.any():
            notes.append(
                f"{symbol}: {int(gone.sum())} bars are missing; its last price is carried, and nothing is made up."
            )
    return (*notes, *_said(course, mine, path, ways))


def _said(course: Course, mine: Owned, path: BookPath, ways: BookWays) -> list[str]:
    notes = list(path.notes)
    late = course.since[course.first :]
    if len(path.books) > 1:
        used = len(np.unique(late))
        notes.append(
            f"{used} of {len(path.books)} sets of holdings were in force; each from the first close at or after its time."
        )
    flows = [e for e in mine.events if e.kind == "flow"]
    if flows:
        put_in, out = (sum(max(sign * e.usd, 0.0) for e in flows) for sign in (1.0, -1.0))
        notes.append(
            f"Coins for {put_in:,.0f} came into the book and for {out:,.0f} went out of it on the way, at the close: they are in net asset value and in no gain."
        )
    cost = float(mine.cost_usd.sum())
    if any(e.kind == "spot trade" for e in mine.events):
        notes.append(
            f"Trades of the book itself are charged {1e4 * ways.spot_cost:g} bp a dollar (assumed), {cost:,.0f} in all: in what the book gained alone, too."
        )
    return notes
