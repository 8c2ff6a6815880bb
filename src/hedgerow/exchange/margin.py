"""Margin of an account, and what the venue closes when it is not enough (domain §6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgerow.exchange.events import Liquidation, Outcome
from hedgerow.exchange.state import Account, ExchangeState, Holding
from hedgerow.model.amounts import decimal_of, lots_of
from hedgerow.stats.margin import maintenance_margin
from hedgerow.stats.margin.tiers import bracket_of

__all__ = ["equity", "initial_margin", "liquidated", "maintenance"]


def equity(state: ExchangeState, account: Account) -> float:
    """Return wallet and unrealised profit in coins, at the marks."""
    return account.wallet + sum(h.profit(state.mark(h.instrument)) for h in account.holdings)


def maintenance(state: ExchangeState, account: Account) -> float:
    """Return the maintenance margin of all positions in coins, each by its tier at its mark."""
    return sum(
        maintenance_margin(h.notional(state.mark(h.instrument)), h.instrument.tiers) for h in account.holdings
    )


def initial_margin(state: ExchangeState, account: Account) -> float:
    """Return the coins that opening these positions takes at the largest leverage the rules and the tiers allow."""
    return sum(
        h.notional(state.mark(h.instrument)) / min(state.rules.max_leverage, _tier_leverage(state, h))
        for h in account.holdings
    )


def _tier_leverage(state: ExchangeState, holding: Holding) -> float:
    tiers = holding.instrument.tiers
    if not tiers:
        return state.rules.max_leverage
    return tiers[bracket_of(holding.notional(state.mark(holding.instrument)), tiers)].max_leverage


def liquidated(state: ExchangeState, settle: str) -> tuple[ExchangeState, tuple[Outcome, ...]]:
    """Return the state after the venue closed what it had to, a tier at a time, largest maintenance first.

    A position above its lowest tier is first cut to the top of the tier below; in the lowest it is closed. The fee
    goes to the insurance fund as far as there is equity; where the account ends below zero the fund pays.
    """
    outcomes: list[Outcome] = []
    while (account := state.account(settle)).holdings and equity(state, account) < maintenance(
        state, account
    ):
        worst = max(
            account.holdings,
            key=lambda h: maintenance_margin(h.notional(state.mark(h.instrument)), h.instrument.tiers),
        )
        state, closing = _cut(state, account, worst)
        outcomes.append(closing)
    account = state.account(settle)
    if not account.holdings and account.wallet < 0.0 and outcomes:
        short, last = -account.wallet, outcomes[-1]
        state = _to_fund(state.with_account(replace(account, wallet=0.0)), settle, -short)
        if isinstance(last, Liquidation):
            outcomes[-1] = replace(last, shortfall=short)
    return state, tuple(outcomes)


def _cut(state: ExchangeState, account: Account, holding: Holding) -> tuple[ExchangeState, Liquidation]:
    price = state.mark(holding.instrument)
    contracts = _to_close(holding, price)
    kept, realised = holding.traded(contracts, price)
    share = float(abs(contracts) / abs(holding.contracts))
    after = account.having(kept, realised)
    wanted = holding.notional(price) * share * state.rules.liquidation_fee
    fee = min(wanted, max(equity(state.with_account(after), after), 0.0))
    after = replace(after, wallet=after.wallet - fee)
    state = _to_fund(state.with_account(after), account.settle, fee)
    return state, Liquidation(holding.instrument, contracts, price, fee)


def _to_close(holding: Holding, price: float) -> Decimal:
    """Contracts, against the position, that bring it to the top of the tier below; all of it in the lowest."""
    tiers, size = holding.instrument.tiers, holding.notional(price)
    place = bracket_of(size, tiers) if tiers else 0
    if place == 0:
        return -holding.contracts
    share = decimal_of(repr(1.0 - tiers[place].floor / size))
    lots = lots_of(abs(holding.contracts) * share, holding.instrument.lot, "toward_zero") + 1
    closed = min(lots * holding.instrument.lot, abs(holding.contracts))
    return -closed.copy_sign(holding.contracts)


def _to_fund(state: ExchangeState, settle: str, coins: float) -> ExchangeState:
    return replace(state, insurance={**state.insurance, settle: state.insurance.get(settle, 0.0) + coins})
