"""`backtest(policy, book, history)`: whether a hedge would have worked, and what it would have cost.

The same frozen policy that plans, on what was known at each bar and nothing later.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hedgerow.hedge.attribution import LINES
from hedgerow.hedge.policy import Policy
from hedgerow.model.errors import UsageError
from hedgerow.model.journal import RunResult
from hedgerow.model.market import Market
from hedgerow.model.portfolio import BookPath, Portfolio
from hedgerow.runs.ends import undated_names
from hedgerow.runs.past import Catalogue, Past, derived_of, notes_of, past_of, shareless
from hedgerow.runs.settings import BacktestSettings
from hedgerow.runs.walk import Row, Walk

__all__ = ["backtest"]


def backtest(
    policy: Policy,
    book: Portfolio | BookPath,
    market: Market,
    catalogue: Catalogue,
    hedge_market: Market | None = None,
    settings: BacktestSettings | None = None,
    report: Callable[[float], None] = lambda _: None,
    marks: Market | None = None,
) -> RunResult:
    """Return what `policy` would have done with a spot `book` on `market`, bar by bar.

    A `BookPath` is a book through time; `settings.book` says what becomes of either on the way.
    `catalogue` makes the contracts of a market; `hedge_market` has their prices and funding if the book's market does
    not, `marks` the prices that margin and funding are on, the closes without. Trades are at the close of the bar that decides them, with fee, half the spread and impact; margin is checked
    at every close, funding paid at its own settlement times. `report` is told the share that is done. Raises
    `UsageError` for open contracts in the book, unknown betas and a share of a book without net value, `NotEnoughData` where there is nothing to test on,
    `BrokenPromise` if a bar's attribution does not close.
    """
    past = past_of(policy, book, market, catalogue, hedge_market, settings or BacktestSettings(), marks)
    why = shareless(policy, past)
    if why:
        raise UsageError(
            why, advice="Give the target in dollars of beta: --target-beta-usd 0 takes all of it out."
        )
    panel = past.panel
    walk = Walk(undated_names(policy, past), past)
    rows: list[Row] = []
    for t in range(panel.first, len(panel.times)):
        rows.append(walk.bar(t))
        if t % 256 == 0:
            report((t - panel.first) / (len(panel.times) - panel.first))
    return _result(policy, past, walk, rows)


def _result(policy: Policy, past: Past, walk: Walk, rows: list[Row]) -> RunResult:
    market, panel = past.market, past.panel
    times = panel.times[panel.first :]
    spot = np.array([row.spot for row in rows])
    deposits = np.array([row.deposit for row in rows])
    flows = panel.flow_usd[panel.first :]
    owners = spot[0] + np.cumsum(flows)
    nav = np.array([row.nav for row in rows])
    used = {*panel.symbols, *walk.hedged_with}
    return RunResult(
        times=times,
        factors=policy.factors,
        nav_usd=nav,
        spot_usd=spot,
        gross_usd=panel.gross_usd[panel.first :],
        grown_usd=panel.grown_usd[panel.first :],
        unhedged_usd=spot - owners,
        gained_usd=nav - owners - np.cumsum(deposits),
        deposits_usd=deposits,
        flows_usd=flows,
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
        notes=(*panel.notes, *notes_of(past, walk.events)),
        source=market.source,
        simulated=market.simulated,
        currency=market.currency,
        policy=policy.rebalance,
        betas=tuple(row for row in walk.betas if row.coin in used),
        derived=tuple(derived_of(past, walk.events)),
    )
