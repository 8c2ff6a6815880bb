"""The trade that resizes a hedge of one contract: what the whole plan would come to, without making it.

    resized(policy, scene, t, views, known, aim_usd) -> Trades | None

One contract and one factor leave nothing to weigh: as many lots as are nearest to the missing beta (TV14). No ranking,
frontier, margin table or words are made for that; the terms, the rounding and the slippage are those that `decide`
goes by, and it decides whatever this does not take.
"""

from __future__ import annotations

import numpy as np

from hedgerow.exchange import Holding
from hedgerow.hedge.accounts import distance_wanted
from hedgerow.hedge.lots import place_one
from hedgerow.hedge.margin import Stake
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import HEDGE_TAG, find
from hedgerow.hedge.selection import LEAST_SLOPE
from hedgerow.hedge.terms import FundingOutlook, terms_of
from hedgerow.hedge.valuation import price_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.coins import is_stablecoin
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.market import Market
from hedgerow.runs.desk import Trades, order_of
from hedgerow.runs.learning import Known
from hedgerow.runs.scene import Scene

__all__ = ["resized"]

_UNASKED = FundingOutlook(float("nan"), float("nan"), float("nan"), "assumed", "no order depends on it")


def resized(
    policy: Policy, scene: Scene, t: int, views: tuple[Market, Market], known: Known, aim_usd: FloatArray
) -> Trades | None:
    """Return the order that brings the book with its one contract to `aim_usd` (K,) of dollar beta at bar `t`.

    `views` and `known` as in `decide`. None where that has to decide: a volatility is asked for, several contracts
    or factors, one that is dated or not linear, margin in a coin, a contract that cannot be used, a book that is not
    valued by its own coins' closes.
    """
    plain = scene.panel.by_closes and len(aim_usd) == 1 and policy.target_vol is None
    contract = _only(policy, scene, known) if plain else None
    if contract is None:
        return None
    market, hedge = views
    terms = terms_of(contract, known.betas, hedge, _UNASKED)
    slope, held = float(terms.beta[0]), scene.state.account(contract.settle).holding(contract)
    open_usd = 0.0 if held is None else _open_usd(held, market)
    if terms.unusable or not abs(slope) >= LEAST_SLOPE or not np.isfinite(open_usd):
        return None
    beta_usd = float(scene.book_beta(t)[0]) + open_usd * float(known.betas.of(contract.underlying)[0])
    contracts, _ = place_one(terms, (float(aim_usd[0]) - beta_usd) / slope)
    order, after = order_of(contract, contracts, {contract.name: terms}), open_usd
    after += float(contracts) * terms.delta_usd
    stakes = (Stake(contract, after, terms.price_usd, terms.settle_usd),) if contracts or held else ()
    distance = distance_wanted(stakes, known.model, policy.rules) if stakes else None
    return Trades((order,) if contracts else (), distance, aim_usd)


def _only(policy: Policy, scene: Scene, known: Known) -> Instrument | None:
    """The one linear perpetual that is open, or named with nothing open; None where there is more to it."""
    names, open_now = policy.instruments, scene.state.holdings
    named = names if isinstance(names, tuple) else ()
    if len(open_now) > 1 or not (open_now or named):
        return None
    contract = open_now[0].instrument if open_now else find(known.contracts, named[0])
    if not all(_is(contract, name) for name in named):
        return None
    plain = contract.is_perpetual and contract.payoff is Payoff.LINEAR
    priced = contract.underlying in known.model.symbols
    left_out = {contract.symbol, contract.name, HEDGE_TAG}.intersection(policy.exclude)
    return contract if plain and priced and not left_out and _in_dollars(scene, contract) else None


def _is(contract: Instrument, name: str) -> bool:
    return name.strip().upper() in {contract.symbol.upper(), contract.name.upper()}


def _in_dollars(scene: Scene, contract: Instrument) -> bool:
    """Whether no wallet moves with a factor: dollar coins, whose betas nobody gave."""
    coins = {contract.settle, *scene.state.accounts}
    known = scene.betas
    return known is not None and all(is_stablecoin(c) and not known.of(c).any() for c in coins)


def _open_usd(held: Holding, market: Market) -> float:
    """Dollars per 100 % of what is open, at the price of its coin in the book's own market; NaN without one."""
    price, settle = price_of(market, held.instrument.underlying), price_of(market, held.instrument.settle)
    return float(held.contracts) * held.instrument.dollar_delta(price / settle) * settle
