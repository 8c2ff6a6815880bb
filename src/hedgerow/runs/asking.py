"""Questions of the executor, put to the doors: an answer that did not come is said to have failed, never left empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from hedgerow.hedge.execution import (
    Configure,
    DeadMan,
    DeadManSet,
    Event,
    Failed,
    FillsRead,
    Held,
    LegState,
    Look,
    ModesRead,
    NotFound,
    OpenRead,
    Priced,
    Query,
    Reported,
    Timed,
)
from hedgerow.model.errors import BrokenPromise, StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Clock
from hedgerow.runs.points import pp
from hedgerow.runs.reconcile import Doors

__all__ = ["Question", "answered", "jumped", "unseen"]

_JUMP_MS = 200
"""How far a clock may go from what has passed without having jumped."""

Question = Query | Look | Configure | DeadMan
Now = Callable[[], int]


async def answered(
    question: Question, doors: Doors, clock: Clock, now: Now, legs: Sequence[LegState]
) -> list[Event]:
    """Return what was answered, or that it failed."""
    pp("asking.before")
    try:
        events = [await _answer(question, doors, clock, now, legs)]
    except (VenueUnreachable, VenueRefused, StateUnknown) as why:
        name = question.what if isinstance(question, Look) else type(question).__name__
        events = [Failed(now(), name, why.message)]
    pp("asking.after")
    return events


def unseen(fills: Iterable[Fill], legs: Sequence[LegState]) -> tuple[Fill, ...]:
    """Return the fills that were not taken in before."""
    known = frozenset[str]().union(*(leg.keys for leg in legs))
    return tuple(f for f in fills if f"{f.venue}|{f.account}|{f.trade_id}" not in known)


async def _answer(
    question: Question, doors: Doors, clock: Clock, now: Now, legs: Sequence[LegState]
) -> Event:
    match question:
        case Query():
            return await _query(question, doors, now, legs)
        case Configure(instrument=instrument, modes=modes):
            pp("asking.before_configure")
            read = await doors.account.configure(instrument, modes)
            pp("asking.after_configure")
            return ModesRead(now(), instrument.name, read, changed=True)
        case DeadMan(seconds=seconds):
            pp("asking.before_dead_man")
            there = await doors.trading.dead_man(seconds)
            pp("asking.after_dead_man")
            return DeadManSet(now(), there, seconds)
        case Look(what="time"):
            return await _skew(doors, clock, now)
        case Look() if question.instrument is not None:
            return await _look_at(question, question.instrument, doors, now, legs)
        case Look():
            return await _look_at_all(question, doors, now, [leg.leg.instrument for leg in legs])


async def _query(query: Query, doors: Doors, now: Now, legs: Sequence[LegState]) -> Event:
    """Ask for an order by its id; where the venue says that it knows none, gather all other evidence after that."""
    order, asked_at = query.order, now()
    pp("asking.before_query")
    report = await doors.trading.order(order)
    pp("asking.after_query")
    if report is not None:
        return Reported(now(), asked_at, report)
    asked_at = now()
    reports = await doors.trading.open_orders(order.instrument)
    fills = await doors.trading.fills(order.instrument, query.since)
    held = await doors.account.positions([order.instrument])
    pp("asking.after_evidence")
    quantity = sum((h.quantity for h in held if h.instrument == order.instrument.name), Decimal(0))
    return NotFound(now(), asked_at, order.client_id, quantity, unseen(fills, legs), reports)


def jumped(clock: Clock, offset: int) -> bool:
    """Return whether the wall's clock is elsewhere than when it was measured, `offset` from the monotonic one."""
    return abs(clock.now() - clock.monotonic() - offset) > _JUMP_MS


async def _skew(doors: Doors, clock: Clock, now: Now) -> Event:
    pp("asking.before_time")
    before, wall = clock.monotonic(), clock.now()
    theirs = await doors.market.server_time()
    passed = clock.monotonic() - before
    pp("asking.after_time")
    if abs(clock.now() - wall - passed) > _JUMP_MS:
        raise StateUnknown("the clock jumped while it was measured")
    return Timed(now(), theirs - (wall + passed // 2))


async def _look_at_all(look: Look, doors: Doors, now: Now, contracts: list[Instrument]) -> Event:
    asked_at = now()
    if look.what == "prices":
        pp("asking.before_prices")
        tickers = await doors.market.tickers(contracts)
        pp("asking.after_prices")
        return Priced(now(), asked_at, tickers)
    if look.what == "positions":
        pp("asking.before_positions")
        held = await doors.account.positions(contracts)
        pp("asking.after_positions")
        return Held(now(), asked_at, tuple(each.name for each in contracts), held)
    raise BrokenPromise(f"{look.what} of no contract was asked for")


async def _look_at(
    look: Look, contract: Instrument, doors: Doors, now: Now, legs: Sequence[LegState]
) -> Event:
    asked_at = now()
    if look.what == "fills":
        pp("asking.before_fills")
        fills = await doors.trading.fills(contract, look.since)
        pp("asking.after_fills")
        return FillsRead(now(), asked_at, contract.name, unseen(fills, legs))
    if look.what == "modes":
        pp("asking.before_modes")
        modes = await doors.account.modes(contract)
        pp("asking.after_modes")
        return ModesRead(now(), contract.name, modes)
    pp("asking.before_orders")
    reports = await doors.trading.open_orders(contract)
    pp("asking.after_orders")
    return OpenRead(now(), asked_at, contract.name, reports)
