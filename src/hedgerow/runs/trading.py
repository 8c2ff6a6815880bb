"""From a plan to what came of it: look, refuse what is stale, schedule, carry out, read back.

carried(executor, market, asked) -> Carried
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgerow.hedge.execution import Done, LegFacts, Programme, Ticketed, Wanted, schedule
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.staleness import Basis, Freshness, stale
from hedgerow.model.errors import StateUnknown
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import contracts_of
from hedgerow.model.ports import Holding, Store, Ticker
from hedgerow.runs.executor import Executor, recalled
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.reconcile import Doors

__all__ = ["Asked", "Carried", "carried", "held_now", "unfinished"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be traded, and until when that is still wanted; `now` is the instant that the plan's age counts to."""

    ticket: Ticketed
    wanted: tuple[Wanted, ...]
    basis: Basis
    freshness: Freshness
    now: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The end of it; `done` is None where something refused. `arrival` are prices when it began, by contract."""

    done: Done | None
    refusals: tuple[Refusal, ...]
    arrival: Mapping[str, Decimal]


def unfinished(store: Store, account: str) -> Programme | None:
    """Return the programme that an account's journal holds unfinished."""
    state, _ = recalled(store.read(account))
    return None if state is None else state.programme


async def carried(executor: Executor, doors: Doors, store: Store, holder: str, asked: Asked) -> Carried:
    """Trade what is asked, if it is still good. Errors as `Executor.run`."""
    contracts = [want.instrument for want in asked.wanted]
    facts = await _facts(doors, store, asked.ticket.account, contracts)
    prices = {name: float(fact.price) for name, fact in facts.items() if fact.price is not None}
    held = {
        each.name: contracts_of(each, facts[each.name].held or _ZERO)
        for each in contracts
        if each.name in facts
    }
    arrival = {name: fact.price for name, fact in facts.items() if fact.price is not None}
    old = stale(asked.basis, asked.now, prices, held, asked.freshness)
    if old:
        return Carried(None, old, arrival)
    found = schedule(asked.ticket, asked.wanted, facts)
    if not isinstance(found, Programme):
        return Carried(None, found, arrival)
    return Carried(await executor.run(asked.ticket.account, holder, found), (), arrival)


async def held_now(doors: Doors, contracts: Sequence[Instrument]) -> dict[str, Decimal]:
    """Return signed units held by contract, as the venue says it now. Raises what the door raises."""
    return _nets(contracts, await doors.account.positions(contracts))


async def _facts(
    doors: Doors, store: Store, account: str, contracts: Sequence[Instrument]
) -> dict[str, LegFacts]:
    """Return what is known of every contract and the account, as the doors say it now."""
    entries = ledger_of(store.read(account)).entries
    held = _nets(contracts, await doors.account.positions(contracts))
    prices = {ticker.instrument: _price(ticker) for ticker in await doors.market.tickers(contracts)}
    free: dict[str, Decimal] = {}
    for balance in await doors.account.balances():
        if balance.kind == "derivatives":
            free[balance.coin] = free.get(balance.coin, _ZERO) + balance.free
    return {
        each.name: LegFacts(
            held[each.name],
            prices.get(each.name),
            await doors.account.modes(each),
            free.get(each.settle, _ZERO),
            known=each.name in entries and entries[each.name].fills > 0,
        )
        for each in contracts
    }


def _nets(contracts: Sequence[Instrument], holdings: Sequence[Holding]) -> dict[str, Decimal]:
    """Net units by contract: what the venue does not list is flat, since it was asked for all of them."""
    apart = sorted({each.instrument for each in holdings if each.leg != "net"})
    if apart:
        raise StateUnknown(
            f"{', '.join(apart)}: long and short legs are held apart",
            advice="Switch the account to one-way positions while it is flat.",
        )
    found = {each.name: _ZERO for each in contracts}
    return found | {each.instrument: each.quantity for each in holdings}


def _price(ticker: Ticker) -> Decimal | None:
    """The middle of the book, else the mark, else the last trade."""
    if ticker.bid is not None and ticker.ask is not None:
        return (ticker.bid + ticker.ask) / 2
    return ticker.mark if ticker.mark is not None else ticker.last
