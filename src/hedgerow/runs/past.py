"""What a run walks through: the book in its market, the contracts in theirs, and from which bar on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedgerow.hedge.exposure import LEAST_NET
from hedgerow.hedge.policy import Policy
from hedgerow.model.instruments import Instrument
from hedgerow.model.journal import Happened
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio
from hedgerow.runs.panel import Panel, coin_of, cut, panel_of
from hedgerow.runs.prices import Prices
from hedgerow.runs.settings import BacktestSettings

__all__ = ["Catalogue", "Past", "derived_of", "notes_of", "past_of", "shareless", "with_dollars"]

Catalogue = Callable[[Market], tuple[Instrument, ...]]
_MARGIN_COINS = ("USDT", "USDC")


@dataclass(frozen=True, slots=True)
class Past:
    """The book's market and the contracts', on the book's bars; `catalogue` makes the contracts of a market."""

    book: Portfolio | BookPath
    market: Market
    hedge: Market
    panel: Panel
    prices: Prices
    settings: BacktestSettings
    catalogue: Catalogue

    def views(self, t: int) -> tuple[Market, Market]:
        """Return the book's market and the contracts' as they were known at the close of bar `t`.

        In the book's, coins that went out of the market are at their last price.
        """
        market, asleep = cut(self.market, t), self.panel.asleep(t)
        minded = replace(market, given={**market.given, **asleep}) if asleep else market
        if self.hedge is self.market:
            return minded, market
        row = int(np.searchsorted(self.hedge.times, self.panel.times[t], side="right")) - 1
        return minded, cut(self.hedge, row)

    def asked(self, policy: Policy, t: int) -> Policy:
        """Return `policy` as it can be asked at bar `t`: coins without a price to go by are not hedged."""
        asleep = self.panel.asleep(t)
        if not asleep:
            return policy
        rows = tuple(p.symbol for p in self.panel.book_at(t).positions if coin_of(p) in asleep)
        return replace(policy, exclude=(*policy.exclude, *rows))


def past_of(
    policy: Policy,
    book: Portfolio | BookPath,
    market: Market,
    catalogue: Catalogue,
    hedge_market: Market | None,
    settings: BacktestSettings,
    marks: Market | None,
) -> Past:
    """Return the past that `policy` is tested on. Errors as `panel_of`."""
    one_series = hedge_market is None or hedge_market is market
    market = with_dollars(market)
    hedge = market if one_series or hedge_market is None else with_dollars(hedge_market)
    panel = panel_of(
        book,
        market,
        policy.factors,
        frozenset(policy.exclude),
        settings,
        frozenset(policy.overrides),
        None if hedge is market else hedge.times[0],
    )
    return Past(book, market, hedge, panel, Prices(market.times, hedge, marks, market), settings, catalogue)


def shareless(policy: Policy, past: Past) -> str:
    """Return why a target that is a share of net asset value means nothing on the book of the first bar, or nothing."""
    if policy.target_beta is None or not any(policy.target_beta):
        return ""
    worth = past.panel.worth[past.panel.first]
    net, gross = float(worth.sum()), float(np.abs(worth).sum())
    if net > LEAST_NET * gross:
        return ""
    return f"this book has no beta per dollar: its net value of {net:,.0f} is at most 5 % of its gross {gross:,.0f}"


def with_dollars(market: Market) -> Market:
    """Return the market with a dollar coin that nobody prices at one dollar, throughout; who runs on it says so."""
    unpriced = [s for s in _MARGIN_COINS if s not in market.symbols and s not in market.given]
    return (
        replace(market, given={**market.given, **dict.fromkeys(unpriced, 1.0)})
        if market.currency == "USD"
        else market
    )


def derived_of(past: Past, events: Sequence[Happened]) -> dict[str, str]:
    """Return the contracts that were traded at prices nobody measured, and what those are made of."""
    traded = dict.fromkeys(e.instrument for e in events if e.kind in {"trade", "roll"})
    return {name: past.prices.derived[name] for name in traded if name in past.prices.derived}


def _priced_how(past: Past, events: Sequence[Happened]) -> list[str]:
    """Say of contracts without prices of their own what theirs are made of, those that share it together."""
    shared: dict[str, list[str]] = {}
    for name, how in derived_of(past, events).items():
        shared.setdefault(how, []).append(name)
    notes = [f"Derived, not measured: {', '.join(names)} at {how}." for how, names in shared.items()]
    if any(e.kind == "settled" for e in events):
        notes.append(
            "Contracts settle on their coin's price, averaged over the venue's window along the line between the closes"
            " around it."
        )
    return notes


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
    notes += _priced_how(past, events)
    traded = {e.instrument for e in events if e.kind == "trade"} - past.prices.ending
    notes += [
        f"{coin} is taken at one dollar throughout: there is no series of it." for coin in past.prices.assumed
    ]
    return (*notes, *_funded_how(past, events, sorted(traded)))


def _funded_how(past: Past, events: Sequence[Happened], traded: Sequence[str]) -> list[str]:
    """Say of which contracts funding was not measured, and for how much of it the usual rate was taken."""
    notes = []
    for name in traded:
        bars = past.prices.unmeasured(name)
        paid = [e.time for e in events if e.kind == "funding" and e.instrument == name]
        usual = [when for when in paid if int(np.searchsorted(past.panel.times, when)) in bars]
        if usual:
            share = (
                f"{len(usual)} of its {len(paid)} settlements, {str(usual[0])[:10]} to {str(usual[-1])[:10]}"
            )
            notes.append(f"Funding of {name} was not given for {share}: modelled, at 0.01 % every 8 hours.")
    return notes
