"""From a plan to what came of it: look, refuse what is stale, schedule, carry out, read back.

carried(executor, market, asked) -> Carried
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.hedge.execution import Done, LegFacts, Programme, Ticketed, Wanted, schedule
from hedgerow.hedge.plan import Refusal
from hedgerow.hedge.staleness import Basis, Freshness, stale
from hedgerow.model.errors import StateUnknown, UnknownSymbol, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.option_contracts import is_option, tick_at
from hedgerow.model.orders import Order, contracts_of, units_of
from hedgerow.model.ports import Clock, Holding, Lease, Store, Ticker
from hedgerow.runs.executor import Executor, recalled
from hedgerow.runs.ledger import ledger_of
from hedgerow.runs.pen import SENT
from hedgerow.runs.reconcile import Doors

__all__ = ["Asked", "Carried", "called_back", "carried", "held_now", "unfinished"]

_ZERO = Decimal(0)
_LOOK_MS = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be traded, signed contracts by name, and until when that is still wanted.

    `now` is the instant that the plan's age counts to. `known` are dollars traded a day and the daily volatility by
    contract, as far as the plan's market tells: what slices are cut by. `aware` are the contracts, by symbol, that the plan
    counts in the book, where it is to hedge all of it; None: it is about its own contracts alone.
    """

    ticket: Ticketed
    contracts: Mapping[str, Decimal]
    basis: Basis
    freshness: Freshness
    now: int
    known: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    aware: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """The end of it: `done` of `plan`, or refusals. `held` are units by contract, read back; None where that failed.

    `recovered` says that an unfinished programme was finished instead.
    """

    plan: str
    done: Done | None
    refusals: tuple[Refusal, ...] = ()
    held: Mapping[str, Decimal] | None = None
    recovered: bool = False


def unfinished(store: Store, account: str) -> Programme | None:
    """Return the programme that an account's journal holds unfinished."""
    state = recalled(store.read(account)).state
    return None if state is None else state.programme


async def carried(
    executor: Executor, doors: Doors, store: Store, holder: str | Lease, asked: Asked
) -> Carried:
    """Finish what is unfinished, else trade what is asked, if it is still good. Errors as `Executor.run`.

    Raises `UnknownSymbol` for a contract that the venue does not have.
    """
    account = asked.ticket.account
    before = unfinished(store, account)
    if before is not None:
        done = await executor.run(account, holder)
        held = await _read_back(doors, [leg.instrument for leg in before.legs])
        return Carried(before.plan, done, held=held, recovered=True)
    contracts = await _listed(doors, asked.contracts)
    wanted = [Wanted(each, units_of(each, asked.contracts[each.name])) for each in contracts]
    facts = {
        name: _known(fact, asked.known.get(name))
        for name, fact in (
            await _facts(doors, store, account, contracts, {w.instrument.name: w.units for w in wanted})
        ).items()
    }
    prices = {name: float(fact.price) for name, fact in facts.items() if fact.price is not None}
    there = {each.name: contracts_of(each, facts[each.name].held or _ZERO) for each in contracts}
    old = stale(asked.basis, asked.now, prices, there, asked.freshness)
    old += (*_off_tick(asked.ticket, contracts), *_uncounted(asked, store, account))
    old += _stop_ahead(asked.ticket, wanted, facts)
    found = old or schedule(asked.ticket, wanted, facts)
    if not isinstance(found, Programme):
        return Carried(asked.ticket.plan, None, found)
    done = await executor.run(account, holder, found)
    return Carried(asked.ticket.plan, done, held=await _read_back(doors, contracts))


def _known(fact: LegFacts, told: tuple[float, float] | None) -> LegFacts:
    return fact if told is None else replace(fact, volume_usd=told[0], sigma=told[1])


def _uncounted(asked: Asked, store: Store, account: str) -> tuple[Refusal, ...]:
    """Refuse a hedge of the whole book while the account holds a contract that it does not count: it would hedge twice."""
    if asked.aware is None:
        return ()
    ledger, found = ledger_of(store.read(account)), []
    for name, contract in ledger.instruments.items():
        there = contracts_of(contract, ledger.quantity(name))
        if there and name not in asked.contracts and contract.symbol not in asked.aware:
            said = f"{name}: the account holds {there.normalize():f} contracts, which the plan does not count"
            remedy = "put what is held into the book, and plan again"
            found.append(Refusal("position", said, abs(float(there)), 0.0, remedy))
    return tuple(found)


def _off_tick(ticket: Ticketed, contracts: Sequence[Instrument]) -> tuple[Refusal, ...]:
    """Refuse a limit or a stop that the venue has no such price for: it would be refused there, or rounded by somebody else."""
    given = {"limit price": ticket.style.price, "stop price": ticket.stop_at}
    return tuple(
        Refusal(rule, f"{one.name} has prices every {tick_at(one, price):f}", float(price), 0.0, "round it")
        for rule, price in given.items()
        for one in contracts
        if price is not None and price % tick_at(one, price)
    )


def _stop_ahead(
    ticket: Ticketed, wanted: Sequence[Wanted], facts: Mapping[str, LegFacts]
) -> tuple[Refusal, ...]:
    """Refuse a stop at a price that the market is beyond already: it would close at once what was just opened."""
    stop = ticket.stop_at
    return tuple(
        Refusal(
            "stop price",
            f"{want.instrument.name} is at {price:f}: a stop of what is {'bought' if want.units > 0 else 'sold'} lies"
            f" {'below' if want.units > 0 else 'above'} that",
            float(stop),
            float(price),
            "give it beyond the price",
        )
        for want in wanted
        if stop is not None
        and (price := facts[want.instrument.name].price) is not None
        and (stop - price) * want.units >= 0
    )


async def _listed(doors: Doors, names: Iterable[str]) -> list[Instrument]:
    known = {each.name: each for each in await doors.market.instruments()}
    missing = sorted(set(names) - set(known))
    if missing:
        raise UnknownSymbol(f"{', '.join(missing)}: not traded at the venue", advice="Plan again.")
    return [known[name] for name in names]


async def held_now(doors: Doors, contracts: Sequence[Instrument]) -> dict[str, Decimal]:
    """Return signed units held by contract, as the venue says it now. Raises what the door raises."""
    return _nets(contracts, await doors.account.positions(contracts))


async def called_back(doors: Doors, store: Store, account: str, clock: Clock) -> tuple[str, ...]:
    """Cancel the orders of the journal that still wait in contracts that are flat, and return the ids of those left.

    They are stops above all: what protects a position that is still there stays, and so does an order of somebody else.
    Raises what reading positions and open orders raises.
    """
    records = tuple(store.read(account))
    known = ledger_of(records).instruments
    ours = [_sent(record.body, known) for record in records if record.kind == SENT]
    held = await held_now(doors, tuple(known.values()))
    flat = [each for name, each in known.items() if not held[name]]
    for last in (False, False, True):
        open_ = [order for each in flat for order in await _ours_open(doors, each, ours)]
        if not open_ or last:
            return tuple(order.client_id for order in open_)
        for order in open_:
            await doors.trading.cancel(order)
        await clock.sleep(_LOOK_MS)
    return ()


async def _ours_open(doors: Doors, contract: Instrument, ours: Sequence[Order]) -> list[Order]:
    """Our orders in a contract that the venue has open; a stop that bears no id there is known by what it would do."""
    reports = await doors.trading.open_orders(contract)
    named = {report.client_id for report in reports if report.client_id}
    unnamed = {report.quantity for report in reports if not report.client_id}
    mine = [order for order in ours if order.instrument.name == contract.name]
    return [
        order
        for order in mine
        if order.client_id in named or (order.stop is not None and order.quantity in unnamed)
    ]


def _sent(body: Mapping[str, object], known: Mapping[str, Instrument]) -> Order:
    """An order as the journal has it."""
    stop = body["stop"]
    return Order(
        str(body["client_id"]),
        known[str(body["instrument"])],
        Decimal(str(body["quantity"])),
        reduce_only=bool(body["reduce_only"]),
        stop=None if stop is None else Decimal(str(stop)),
    )


async def _read_back(doors: Doors, contracts: Sequence[Instrument]) -> Mapping[str, Decimal] | None:
    """Return signed units held, as the venue says it now; None where it does not answer: that is not flat."""
    try:
        return await held_now(doors, contracts)
    except (VenueUnreachable, VenueRefused, StateUnknown):
        return None


async def _facts(
    doors: Doors,
    store: Store,
    account: str,
    contracts: Sequence[Instrument],
    units: Mapping[str, Decimal],
) -> dict[str, LegFacts]:
    """Return what is known of every contract and the account, as the doors say it now."""
    entries = ledger_of(store.read(account)).entries
    held = _nets(contracts, await doors.account.positions(contracts))
    tickers = {ticker.instrument: ticker for ticker in await doors.market.tickers(contracts)}
    prices = {name: _price(ticker) for name, ticker in tickers.items()}
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
            tiers=await _tiers(doors, each),
            index=tickers[each.name].index if each.name in tickers else None,
            quoted=await _quoted(doors, each, units.get(each.name, _ZERO)),
        )
        for each in contracts
    }


async def _quoted(doors: Doors, contract: Instrument, units: Decimal) -> Decimal | None:
    """Return the units that the best of the other side of an option stands for, None where there is none."""
    if not is_option(contract):
        return None
    depth = await doors.market.depth(contract, 5)
    side = depth.asks if units > 0 else depth.bids
    return side[0][1] if side else None


async def _tiers(doors: Doors, contract: Instrument) -> tuple[MarginTier, ...]:
    """The venue's brackets; none where it tells nobody: it refuses then by itself what is beyond one."""
    try:
        return await doors.market.tiers(contract)
    except (VenueRefused, StateUnknown):
        return ()


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
