"""What a run walks through: the book in its market, the contracts in theirs, and from which bar on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.policy import Policy
from hedgerow.model.instruments import Instrument
from hedgerow.model.journal import Happened
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.runs.panel import Panel, cut, panel_of
from hedgerow.runs.prices import Prices
from hedgerow.runs.settings import BacktestSettings

__all__ = ["Catalogue", "Past", "notes_of", "past_of"]

Catalogue = Callable[[Market], tuple[Instrument, ...]]
_MARGIN_COINS = ("USDT", "USDC")


@dataclass(frozen=True, slots=True)
class Past:
    """The book's market and the contracts', on the book's bars; `catalogue` makes the contracts of a market."""

    book: Portfolio
    market: Market
    hedge: Market
    panel: Panel
    prices: Prices
    settings: BacktestSettings
    catalogue: Catalogue

    def views(self, t: int) -> tuple[Market, Market]:
        """Return the book's market and the contracts' as they were known at the close of bar `t`."""
        market = cut(self.market, t)
        if self.hedge is self.market:
            return market, market
        row = int(np.searchsorted(self.hedge.times, self.panel.times[t], side="right")) - 1
        return market, cut(self.hedge, row)


def past_of(
    policy: Policy,
    book: Portfolio,
    market: Market,
    catalogue: Catalogue,
    hedge_market: Market | None,
    settings: BacktestSettings,
    marks: Market | None,
) -> Past:
    """Return the past that `policy` is tested on. Errors as `panel_of`."""
    one_series = hedge_market is None or hedge_market is market
    market = _with_dollars(market)
    hedge = market if one_series or hedge_market is None else _with_dollars(hedge_market)
    panel = panel_of(
        book,
        market,
        policy.factors,
        frozenset(policy.exclude),
        settings.train_days,
        _start(settings, hedge, market),
    )
    return Past(book, market, hedge, panel, Prices(market.times, hedge, marks), settings, catalogue)


def _with_dollars(market: Market) -> Market:
    """The market with a dollar coin that nobody prices at one dollar, throughout; the run says so."""
    unpriced = [s for s in _MARGIN_COINS if s not in market.symbols and s not in market.given]
    return (
        replace(market, given={**market.given, **dict.fromkeys(unpriced, 1.0)})
        if market.currency == "USD"
        else market
    )


def _start(settings: BacktestSettings, hedge: Market, market: Market) -> np.datetime64 | None:
    """The first bar at the earliest: where the hedge has prices, and where the owner said."""
    if hedge is market:
        return settings.start
    begins: np.datetime64 = hedge.times[0]
    return begins if settings.start is None or settings.start < begins else settings.start


def notes_of(past: Past, events: Sequence[Happened]) -> tuple[str, ...]:
    """Return what a reader of the run has to know of its prices, marks and funding."""
    notes = [
        "Trades are at the close of the bar that decides them; margin is checked at closes, not between them."
    ]
    if past.hedge is past.market:
        notes.append(
            "Book and contracts are priced by one series: there is no basis between a coin and its contract."
        )
    if past.prices.marks is None:
        notes.append("No marks are given: margin and funding are on closes.")
    traded = {e.instrument for e in events if e.kind == "trade"}
    notes += [
        f"{coin} is taken at one dollar throughout: there is no series of it." for coin in past.prices.assumed
    ]
    paid = {e.instrument for e in events if e.kind == "funding"}
    notes += [f"No funding of {name} was given: none is counted." for name in sorted(traded - paid)]
    return tuple(notes)
