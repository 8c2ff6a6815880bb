"""What a paper venue tells of options: the quotes of a chain as its book, and the coin's price as their index.

Quotes are the chain's own, rounded to ticks away from each other. What is quoted in size is taken from the chain; where it tells
none, a tenth of the open interest is assumed, one lot at least. A chain that is more than a day, or five per cent in its coin's
price, from the market tells nothing: there is then no book, and no order is filled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from hedgerow.exchange.venue import Levels, Marked, Quoted, VenueEvent
from hedgerow.model.amounts import decimal_of
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_chain import OptionChain, OptionQuote
from hedgerow.model.option_contracts import tick_at
from hedgerow.model.orders import lot_units

__all__ = ["OptionFeed"]

_OLD = np.timedelta64(24, "h")
_APART = 0.05
_SHARE = 0.1
_LEAST = Decimal("1e-8")
_CENT = Decimal("0.01")


class OptionFeed:
    """The options of some chains as a paper venue sees them; `as_of` is the market's last instant."""

    def __init__(self, chains: Mapping[str, OptionChain], as_of: np.datetime64) -> None:
        self._chains = {coin: chain for coin, chain in chains.items() if abs(chain.as_of - as_of) <= _OLD}
        self._quotes = {
            (coin, quote.symbol.upper()): quote
            for coin, chain in self._chains.items()
            for quote in chain.quotes
        }

    def known(self, instrument: Instrument) -> bool:
        """Return whether an option has a price in its chain."""
        return _mark(self._quotes.get((instrument.underlying, instrument.symbol))) is not None

    def told(self, instrument: Instrument, at: int, index_usd: float | None) -> Iterator[VenueEvent]:
        """Yield an option's book, mark and index; without a chain the index alone: what it will pay hangs on that."""
        index = None if index_usd is None else max(decimal_of(index_usd).quantize(_CENT), _LEAST)
        indexes = {} if index is None else {instrument.name: index}
        quote = self._quotes.get((instrument.underlying, instrument.symbol))
        mark = _mark(quote)
        if quote is None or mark is None or not self._of_the_moment(instrument, index_usd):
            yield Quoted(at, instrument.name, (), ())
            yield Marked(at, {}, indexes)
            return
        yield Quoted(at, instrument.name, *_book(instrument, quote))
        yield Marked(at, {instrument.name: mark}, indexes)

    def _of_the_moment(self, instrument: Instrument, index_usd: float | None) -> bool:
        chain = self._chains[instrument.underlying]
        return index_usd is not None and abs(chain.index_usd / index_usd - 1.0) <= _APART


def _mark(quote: OptionQuote | None) -> Decimal | None:
    """The venue's mark, else the middle of the quotes."""
    if quote is None:
        return None
    price = quote.mark if math.isfinite(quote.mark) else quote.mid
    return max(decimal_of(price).quantize(_LEAST), _LEAST) if math.isfinite(price) else None


def _book(instrument: Instrument, quote: OptionQuote) -> tuple[Levels, Levels]:
    """One level on each side that is quoted; sides that rounding brought together are a tick apart."""
    bid = _on_tick(instrument, quote.bid, ROUND_FLOOR)
    ask = _on_tick(instrument, quote.ask, ROUND_CEILING)
    if bid is not None and ask is not None and bid >= ask:
        ask = bid + tick_at(instrument, bid)
    bids = _level(instrument, bid, quote.bid_size, quote)
    return bids, _level(instrument, ask, quote.ask_size, quote)


def _on_tick(instrument: Instrument, price: float, rounding: str) -> Decimal | None:
    if not (math.isfinite(price) and price > 0.0):
        return None
    exact = decimal_of(price)
    tick = tick_at(instrument, exact)
    rounded = (exact / tick).to_integral_value(rounding) * tick
    return rounded if rounded > 0 else None


def _level(instrument: Instrument, price: Decimal | None, size: float, quote: OptionQuote) -> Levels:
    if price is None:
        return ()
    lot = lot_units(instrument)
    there = size if math.isfinite(size) else _SHARE * quote.open_interest
    lots = math.floor(there / float(lot) + 1e-9) if math.isfinite(there) else 0
    if not math.isfinite(size):
        lots = max(lots, 1)
    return ((price, lots * lot),) if lots > 0 else ()
