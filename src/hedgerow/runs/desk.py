"""The trades a running hedge decides on: the policy's own steps on what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hedgerow.exchange import ExchangeState, Holding, Ordered
from hedgerow.hedge.charges import trade_lines
from hedgerow.hedge.policy import Policy
from hedgerow.hedge.pool import HEDGE_TAG, find
from hedgerow.hedge.sizing import size
from hedgerow.hedge.terms import Terms
from hedgerow.model.amounts import decimal_of
from hedgerow.model.arrays import FloatArray
from hedgerow.model.errors import BrokenPromise
from hedgerow.model.instruments import Instrument
from hedgerow.model.market import Market
from hedgerow.model.portfolio import Portfolio, Position, PositionKind
from hedgerow.runs.learning import Known
from hedgerow.runs.scene import Scene

__all__ = ["Trades", "decide", "order_of", "priced"]


@dataclass(frozen=True, slots=True)
class Trades:
    """Orders, the `distance` to liquidation that their accounts need (None: no account), and the target (K,) aimed at."""

    orders: tuple[Ordered, ...]
    distance: float | None
    target_usd: FloatArray


def decide(
    policy: Policy,
    book: Portfolio,
    scene: Scene,
    t: int,
    views: tuple[Market, Market],
    known: Known,
    aim_usd: FloatArray,
    *,
    anew: bool,
) -> Trades:
    """Return the orders that bring the book with its open contracts to `aim_usd` (K,) of dollar beta at bar `t`.

    `views` are the book's market and the contracts' as they are known then. `anew`: contracts are chosen as if none
    were open, and what is no longer wanted is closed; of a basket only what a better one is worth the trades for.
    Otherwise the open ones are resized.
    """
    open_now = {h.instrument.name: h for h in scene.state.holdings}
    kept = anew and _can_stay(policy, scene.state)
    fresh = (anew and not kept) or not open_now
    names = policy.instruments if anew or fresh else tuple(open_now)
    if isinstance(policy.instruments, tuple):
        names = tuple(_in_force(known.contracts, name, open_now).name for name in policy.instruments)
    bound = policy.target_vol is None or not fresh
    asked = replace(
        policy,
        target_beta=None,
        target_beta_usd=tuple(float(x) for x in aim_usd) if bound else None,
        collateral=None,
        instruments=names,
    )
    whole = _with_hedge(book, scene, t, derivatives=not fresh)
    market, hedge = (priced(view, scene, t, known.contracts) for view in views)
    prior = known.betas, known.model
    exposure, ranking, model = asked.rank(whole, market, known.contracts, hedge, *prior, frontier=False)
    if exposure.unknown:
        raise BrokenPromise(f"a run cannot trade around what it does not know: {', '.join(exposure.unknown)}")
    plan = size(
        exposure,
        ranking,
        model,
        target_vol=policy.target_vol if fresh else None,
        instruments=names,
        rules=asked.rules,
    )
    terms = {t.instrument.name: t for t in ranking.offered}
    wanted = {leg.instrument.name: leg.contracts * (-1 if leg.side == "sell" else 1) for leg in plan.legs}
    orders = [
        order_of(held.instrument, wanted.pop(name, Decimal(0)) - held.contracts, terms)
        for name, held in (open_now.items() if fresh else ())
    ]
    contracts = {leg.instrument.name: leg.instrument for leg in plan.legs}
    orders += [order_of(contracts[name], size_, terms) for name, size_ in wanted.items()]
    distance = max((account.required_rally for account in plan.margin), default=None)
    return Trades(tuple(o for o in orders if o.contracts), distance, plan.target_usd)


def _can_stay(policy: Policy, state: ExchangeState) -> bool:
    """Whether an open basket is changed rather than chosen anew: counted contracts, for a dollar beta."""
    counted = not isinstance(policy.instruments, tuple) and policy.instruments != 1
    return counted and bool(state.holdings) and policy.target_vol is None


def order_of(contract: Instrument, contracts: Decimal, terms: dict[str, Terms]) -> Ordered:
    """Return an order with the slippage that its cost lines expect: half the spread and the impact."""
    known = terms.get(contract.name)
    if known is None or not contracts:
        return Ordered(contract, contracts, _UNKNOWN_SLIP)
    dollars = float(contracts) * known.delta_usd
    lost = sum(line.usd for line in trade_lines(known, dollars) if line.name in {"spread", "impact"})
    return Ordered(contract, contracts, max(lost / abs(dollars), 0.0) if dollars else 0.0)


_UNKNOWN_SLIP = 0.001


def _in_force(contracts: tuple[Instrument, ...], name: str, open_now: Mapping[str, Holding]) -> Instrument:
    """The contract that a name stands for: of dated ones the one that is open, else the one that ends first."""
    found = find(contracts, name)
    if found.expiry is None:
        return found
    return next((h.instrument for h in open_now.values() if h.instrument.family == found.family), found)


def priced(market: Market, scene: Scene, t: int, contracts: tuple[Instrument, ...]) -> Market:
    """Return the market with the prices of dated contracts, which are not their coin's."""
    own = {c.symbol: scene.price_usd(c, t) for c in contracts if c.expiry is not None}
    return replace(market, given={**market.given, **own}) if own else market


def _with_hedge(book: Portfolio, scene: Scene, t: int, *, derivatives: bool) -> Portfolio:
    """The book with the hedge account in it: its wallets as collateral, its contracts if wanted.

    Without its contracts a wallet has their profit: they are closed then.
    """
    state = scene.state
    wallets = {
        settle: account.wallet + (0.0 if derivatives else scene.unrealised(account, t))
        for settle, account in state.accounts.items()
    }
    rows = [
        Position(settle, decimal_of(repr(coins)), PositionKind.COLLATERAL, "paper")
        for settle, coins in wallets.items()
        if coins and np.isfinite(coins)
    ]
    if derivatives:
        rows += [
            Position(
                held.instrument.underlying,
                held.contracts,
                PositionKind.DERIVATIVE,
                held.instrument.venue,
                instrument=held.instrument,
                entry_price=decimal_of(repr(held.entry)),
                tags=(HEDGE_TAG,),
            )
            for held in state.holdings
        ]
    return replace(book, positions=(*book.positions, *rows))
