"""The history a backtest walks through, in arrays: holdings, contracts' marks, settlements of funding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.valuation import Valuation, value
from hedgerow.model.arrays import BoolArray, FloatArray, TimeArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.errors import NotEnoughData, UsageError
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio

__all__ = ["Panel", "cut", "panel_of"]

_LEAST_BARS = 21


@dataclass(frozen=True, slots=True)
class Panel:
    """T bars, N coins of the book, K factors.

    `units` (N,) coins held; `prices` (T, N), the last known where a bar is missing (`missing` (T, N)); `factor` (T, K)
    the factors' returns, 0 where one has no bar; `hedged` (N,) False for coins that are not to be hedged; `first` the
    bar at which the run begins.
    """

    times: TimeArray
    symbols: tuple[str, ...]
    units: FloatArray
    prices: FloatArray
    missing: BoolArray
    hedged: BoolArray
    cash: BoolArray
    factor: FloatArray
    first: int
    notes: tuple[str, ...]


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
        open_interest_usd={},
        flags=(),
        as_of=now,
    )


def panel_of(
    book: Portfolio,
    market: Market,
    factors: tuple[str, ...],
    excluded: frozenset[str],
    train_days: float,
    start: np.datetime64 | None,
) -> Panel:
    """Return the panel of a spot book on `market`.

    The run begins after `train_days` of the factor, at `start` if that is later, and where every coin of the book has a
    price. Raises `UsageError` for open contracts in the book, `NotEnoughData` where a coin is never priced.
    """
    if any(position.is_derivative for position in book.positions):
        raise UsageError(
            "a backtest begins with spot holdings, and the book has open contracts",
            advice="Leave the contracts out: the backtest opens its own.",
        )
    worth = _at_one(book, market)
    units, hedged = worth.delta_usd(), set(worth.counted(excluded).assets)
    symbols = tuple(units)
    raw = np.column_stack([_series(market, s) for s in symbols])
    lead = np.column_stack([market.prices[:, market.column(f)] for f in factors])
    first = _first(market, symbols, raw, lead, train_days, start)
    carried, missing = _carried(raw)
    known, _ = _carried(lead)
    factor = np.zeros_like(known)
    factor[first + 1 :] = known[first + 1 :] / known[first:-1] - 1.0
    return Panel(
        times=market.times,
        symbols=symbols,
        units=np.array(list(units.values())),
        prices=carried,
        missing=missing,
        hedged=np.array([s in hedged for s in symbols], dtype=bool),
        cash=np.array([is_stablecoin(s) for s in symbols], dtype=bool),
        factor=factor,
        first=first,
        notes=_notes(market, symbols, missing, first),
    )


def _at_one(book: Portfolio, market: Market) -> Valuation:
    """What the book would be worth if every coin cost one: its dollars are then coins of each underlying."""
    names = {
        *market.symbols,
        *(p.symbol for p in book.positions),
        *(p.underlying or "" for p in book.positions),
    }
    return value(book, replace(market, given=dict.fromkeys(names, 1.0)))


def _series(market: Market, symbol: str) -> FloatArray:
    if symbol in market.symbols:
        return market.prices[:, market.column(symbol)]
    pegged = symbol in {"USD", market.currency} or (symbol == market.quote and market.quote_assumed)
    return np.full(len(market.times), market.given.get(symbol, 1.0 if pegged else np.nan))


def _first(
    market: Market,
    symbols: tuple[str, ...],
    raw: FloatArray,
    lead: FloatArray,
    train_days: float,
    start: np.datetime64 | None,
) -> int:
    never = [s for s, column in zip(symbols, raw.T, strict=True) if not np.isfinite(column).any()]
    if never:
        raise NotEnoughData(
            f"{', '.join(never)} have no price in {market.source or 'the market file'}",
            advice=f"Leave them out of the book, or give a constant price: --price {never[0]}=…",
        )
    listed = int(np.isfinite(raw).argmax(axis=0).max()) + _LEAST_BARS
    known = np.flatnonzero(np.isfinite(lead).all(axis=1))
    after = int(known[0]) + round(train_days * market.bars_per_day) if len(known) else len(raw)
    asked = int(np.searchsorted(market.times, start)) if start is not None else 0
    first = max(listed, after, asked)
    if first >= len(raw) - 1:
        raise NotEnoughData(
            f"after {train_days:g} days to learn from, no bar is left to test on",
            advice="Give a longer price file, an earlier --from, or a shorter --train.",
        )
    return first


def _carried(raw: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The last known price at every bar, and where that was not this bar's."""
    missing = ~np.isfinite(raw)
    rows = np.where(missing, 0, np.arange(len(raw))[:, None])
    np.maximum.accumulate(rows, axis=0, out=rows)
    return np.take_along_axis(raw, rows, axis=0), missing


def _notes(market: Market, symbols: tuple[str, ...], missing: BoolArray, first: int) -> tuple[str, ...]:
    notes = []
    for symbol, gone in zip(symbols, missing[first:].T, strict=True):
        if gone[-1]:
            last = market.times[first + int(np.flatnonzero(~gone)[-1])]
            notes.append(f"{symbol} has no price after {str(last)[:10]}: it is kept at its last one.")
        elif gone.any():
            notes.append(
                f"{symbol}: {int(gone.sum())} bars are missing; its last price is carried, and nothing is made up."
            )
    return tuple(notes)
