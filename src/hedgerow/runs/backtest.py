"""`backtest(policy, book, history)`: whether a hedge would have worked, and what it would have cost.

The same frozen policy that plans, on what was known at each bar and nothing later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.hedge.policy import Policy
from hedgerow.model.journal import RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio
from hedgerow.runs.panel import Panel, panel_of
from hedgerow.runs.prices import Prices
from hedgerow.runs.settings import BacktestSettings
from hedgerow.runs.walk import Catalogue, Row, Walk

__all__ = ["backtest"]

_MARGIN_COINS = ("USDT", "USDC")


def backtest(
    policy: Policy,
    book: Portfolio,
    market: Market,
    catalogue: Catalogue,
    hedge_market: Market | None = None,
    settings: BacktestSettings | None = None,
    report: Callable[[float], None] = lambda _: None,
    marks: Market | None = None,
) -> RunResult:
    """Return what `policy` would have done with a spot `book` on `market`, bar by bar.

    `catalogue` makes the contracts of a market; `hedge_market` has their prices and funding if the book's market does
    not, `marks` the prices that margin and funding are on, the closes without. Trades are at the close of the bar that decides them, with fee, half the spread and impact; margin is checked
    at every close, funding paid at its own settlement times. `report` is told the share that is done. Raises
    `UsageError` for open contracts in the book and unknown betas, `NotEnoughData` where there is nothing to test on,
    `BrokenPromise` if a bar's attribution does not close.
    """
    chosen = settings or BacktestSettings()
    one_series = hedge_market is None or hedge_market is market
    market = _with_dollars(market)
    hedge = market if one_series or hedge_market is None else _with_dollars(hedge_market)
    panel = panel_of(
        book,
        market,
        policy.factors,
        frozenset(policy.exclude),
        chosen.train_days,
        _start(chosen, hedge, market),
    )
    walk = Walk(policy, book, market, hedge, panel, Prices(market.times, hedge, marks), chosen, catalogue)
    rows: list[Row] = []
    for t in range(panel.first, len(panel.times)):
        rows.append(walk.bar(t))
        if t % 256 == 0:
            report((t - panel.first) / (len(panel.times) - panel.first))
    return _result(policy, market, panel, walk, rows)


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


def _result(policy: Policy, market: Market, panel: Panel, walk: Walk, rows: list[Row]) -> RunResult:
    times = panel.times[panel.first :]
    spot = np.array([row.spot for row in rows])
    deposits = np.array([row.deposit for row in rows])
    nav = np.array([row.nav for row in rows])
    return RunResult(
        times=times,
        factors=policy.factors,
        nav_usd=nav,
        spot_usd=spot,
        unhedged_usd=spot - spot[0],
        gained_usd=nav - spot[0] - np.cumsum(deposits),
        deposits_usd=deposits,
        before_usd=np.array([row.before for row in rows]),
        after_usd=np.array([row.after for row in rows]),
        target_usd=np.array([row.target for row in rows]),
        band_usd=np.array([row.band for row in rows]),
        book_beta_usd=np.array([row.book_beta for row in rows]),
        factor_change=panel.factor[panel.first :],
        distance=np.array([row.distance for row in rows]),
        traded_usd=np.array([row.traded for row in rows]),
        lines=np.array([[getattr(row.lines, name) for name in LINES] for row in rows]),
        line_names=LINES,
        events=tuple(walk.events),
        notes=(*panel.notes, *_notes(walk, market)),
        source=market.source,
        simulated=market.simulated,
        currency=market.currency,
        policy=policy.rebalance,
    )


def _notes(walk: Walk, market: Market) -> tuple[str, ...]:
    notes = [
        "Trades are at the close of the bar that decides them; margin is checked at closes, not between them."
    ]
    if walk.hedge is market:
        notes.append(
            "Book and contracts are priced by one series: there is no basis between a coin and its contract."
        )
    if walk.prices.marks is None:
        notes.append("No marks are given: margin and funding are on closes.")
    traded = {e.instrument for e in walk.events if e.kind == "trade"}
    notes += [
        f"{coin} is taken at one dollar throughout: there is no series of it." for coin in walk.prices.assumed
    ]
    paid = {e.instrument for e in walk.events if e.kind == "funding"}
    notes += [f"No funding of {name} was given: none is counted." for name in sorted(traded - paid)]
    return tuple(notes)
