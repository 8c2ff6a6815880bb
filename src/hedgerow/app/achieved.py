"""The dollar beta after a trade: the book, or the pair, measured again with what is held then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.app.desk import Desk
from hedgerow.config import Settings
from hedgerow.model.market import Market
from hedgerow.model.option_chain import OptionChain
from hedgerow.model.option_contracts import is_option, option_row
from hedgerow.model.orders import contracts_of
from hedgerow.model.portfolio import Position, PositionKind
from hedgerow.model.trades import BetaMoved, LegTraded
from hedgerow.store.plans import KeptPlan

__all__ = ["Scene", "achieved"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a plan is measured on: the contracts' market, and for a hedge whose book is still there the desk."""

    market: Market | None
    desk: Desk | None = None


def achieved(plan: KeptPlan, settings: Settings, scene: Scene, legs: Sequence[LegTraded]) -> BetaMoved | None:
    """Return the first factor's dollar beta before the trade, as planned, and now; None where it cannot be known."""
    if any(leg.held is None for leg in legs):
        return None
    if plan.kind in {"pair", "roll"} and scene.market is not None:
        return _of_pair(plan, settings, scene.market, legs)
    return (
        None
        if scene.desk is None
        else _of_hedge(plan, scene.desk, legs, scene.market.options if scene.market else {})
    )


def _of_hedge(
    plan: KeptPlan, desk: Desk, legs: Sequence[LegTraded], options: Mapping[str, OptionChain]
) -> BetaMoved | None:
    """The book with what is held of the plan's contracts in place of what it said of them."""
    book = desk.book
    names = {leg.instrument.name for leg in legs}
    kept = tuple(p for p in book.positions if _name_of(p) not in names)
    book = replace(book, positions=(*kept, *(_position(leg) for leg in legs if leg.held)))
    market = replace(desk.market, options={**desk.market.options, **options})
    exposure = desk.policy.expose(book, market)
    if names.intersection(
        _name_of(h.position) for h in exposure.worth.holdings if not math.isfinite(h.value_usd)
    ):
        return None  # a contract that cannot be valued is not nothing
    told = plan.document["plan"] if plan.kind == "hedge" else plan.document
    return BetaMoved(
        exposure.factors[0],
        float(told["beta_before_usd"]),
        float(told["beta_after_usd"]),
        float(exposure.beta_usd[0]),
        float(exposure.stderr_usd[0]),
    )


def _name_of(row: Position) -> str:
    """What a contract of the book is called at its venue; a file names options without one: they are on paper."""
    if row.instrument is not None:
        return row.instrument.name
    return f"{row.account or 'paper'}:{row.symbol}" if row.option is not None else ""


def _position(leg: LegTraded) -> Position:
    contract = leg.instrument
    if is_option(contract):
        return option_row(contract, leg.held or Decimal(0))
    return Position(
        contract.underlying,
        contracts_of(contract, leg.held or Decimal(0)),
        PositionKind.DERIVATIVE,
        account=contract.venue,
        instrument=contract,
        entry_price=leg.average or leg.arrival,
    )


def _of_pair(plan: KeptPlan, settings: Settings, market: Market, legs: Sequence[LegTraded]) -> BetaMoved:
    """The legs that are held, each by its coin's beta. A pair is planned from nothing: before it there was none; a roll is not."""
    from hedgerow.hedge.pairs import pair_beta

    factors = tuple(str(name) for name in plan.document["factors"])
    held: dict[str, float] = {}
    for leg in legs:
        contract = leg.instrument
        dollars = _dollars(market, leg)
        held[contract.underlying] = held.get(contract.underlying, 0.0) + dollars
    beta, error = pair_beta(held, market, factors, estimator=settings.hedge.estimator)
    before = float(plan.document.get("beta_before_usd", {}).get(factors[0], 0.0))
    planned = float(plan.document["beta_usd"][factors[0]])
    return BetaMoved(factors[0], before, planned, beta, error, alone=plan.kind == "roll")


def _dollars(market: Market, leg: LegTraded) -> float:
    from hedgerow.hedge.valuation import contract_price

    contract = leg.instrument
    contracts = float(contracts_of(contract, leg.held or Decimal(0)))
    return contracts * contract.dollar_delta(contract_price(market, contract))
