"""One event at a time: `step(state, event) -> (state', outcomes)`."""

from __future__ import annotations

from dataclasses import replace

from hedgerow.exchange.events import (
    Deleveraged,
    Delevered,
    Deposited,
    Event,
    Expired,
    Fill,
    FundingDue,
    FundingPaid,
    Marked,
    Ordered,
    Outcome,
    Refusal,
    Settlement,
)
from hedgerow.exchange.margin import equity, initial_margin, liquidated
from hedgerow.exchange.state import ExchangeState, Holding, notional_in_settle
from hedgerow.model.amounts import decimal_of, lots_of
from hedgerow.model.instruments import Payoff
from hedgerow.stats.carry import funding_cash, funding_cash_inverse

__all__ = ["step"]

_Step = tuple[ExchangeState, tuple[Outcome, ...]]


def step(state: ExchangeState, event: Event) -> _Step:
    """Return the state after `event`, and what came of it.

    Marks liquidate accounts whose equity is below maintenance; orders are checked against lots, limits and initial
    margin and fill at once; funding moves coins; an expiry closes at its settlement price.
    """
    match event:
        case Marked():
            return _marked(state, event)
        case Deposited():
            account = state.account(event.settle)
            return state.with_account(replace(account, wallet=account.wallet + event.amount)), ()
        case Ordered():
            return _ordered(state, event)
        case FundingDue():
            return _funded(state, event)
        case Expired():
            return _expired(state, event)
        case Deleveraged():
            return _deleveraged(state, event)


def _marked(state: ExchangeState, event: Marked) -> _Step:
    marks = {**state.marks, **event.marks}
    state = ExchangeState(state.accounts, marks, state.insurance, state.rules)
    outcomes: tuple[Outcome, ...] = ()
    for settle in state.accounts:
        state, closed = liquidated(state, settle)
        outcomes += closed
    return state, outcomes


def _ordered(state: ExchangeState, order: Ordered) -> _Step:
    contract = order.instrument
    arrival = state.mark(contract) if order.arrival is None else order.arrival
    account = state.account(contract.settle)
    held = account.holding(contract) or Holding(contract, decimal_of("0"), arrival)
    why = _unfit(order, arrival)
    if why:
        return state, (Refusal(contract, order.contracts, why),)
    worse = 1.0 + order.slip if order.contracts > 0 else 1.0 - order.slip
    price = arrival * worse
    fee = notional_in_settle(contract, float(order.contracts), price) * float(contract.taker_fee)
    after, realised = held.traded(order.contracts, price)
    then = account.having(after, realised - fee)
    then_state = state.with_account(then)
    grows = abs(after.contracts) > abs(held.contracts)
    if grows and equity(then_state, then) < initial_margin(then_state, then):
        return state, (Refusal(contract, order.contracts, "not enough margin"),)
    return then_state, (Fill(contract, order.contracts, arrival, price, fee),)


def _unfit(order: Ordered, price: float) -> str:
    """Why an order is not taken, or nothing."""
    contract, size = order.instrument, abs(order.contracts)
    if not size or lots_of(size, contract.lot) * contract.lot != size:
        return f"not a multiple of {contract.lot}"
    if size < contract.min_contracts:
        return f"below the minimum of {contract.min_contracts}"
    if contract.max_contracts is not None and size > contract.max_contracts:
        return f"above the maximum of {contract.max_contracts}"
    notional = notional_in_settle(contract, float(size), price)
    worth = notional * price if contract.payoff is Payoff.INVERSE else notional
    if contract.payoff is not Payoff.QUANTO and worth < float(contract.min_notional):
        return f"worth less than {contract.min_notional}"
    return ""


def _funded(state: ExchangeState, due: FundingDue) -> _Step:
    account = state.account(due.instrument.settle)
    held = account.holding(due.instrument)
    if held is None:
        return state, ()
    size = float(held.contracts) * float(due.instrument.multiplier)
    pays = funding_cash_inverse if due.instrument.payoff is Payoff.INVERSE else funding_cash
    amount = pays(size, due.mark, due.rate)
    state = state.with_account(replace(account, wallet=account.wallet + amount))
    return state, (FundingPaid(due.instrument, due.rate, amount),)


def _expired(state: ExchangeState, event: Expired) -> _Step:
    account = state.account(event.instrument.settle)
    held = account.holding(event.instrument)
    if held is None:
        return state, ()
    none, realised = held.traded(-held.contracts, event.price)
    fee = held.notional(event.price) * float(event.instrument.taker_fee)
    state = state.with_account(account.having(none, realised - fee))
    return state, (Settlement(event.instrument, -held.contracts, event.price, fee),)


def _deleveraged(state: ExchangeState, event: Deleveraged) -> _Step:
    account = state.account(event.instrument.settle)
    held = account.holding(event.instrument)
    if held is None:
        return state, ()
    lots = lots_of(abs(held.contracts) * decimal_of(repr(event.share)), event.instrument.lot)
    closed = -min(lots * event.instrument.lot, abs(held.contracts)).copy_sign(held.contracts)
    kept, realised = held.traded(closed, event.price)
    return state.with_account(account.having(kept, realised)), (
        Delevered(event.instrument, closed, event.price),
    )
