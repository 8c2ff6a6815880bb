"""Start is recover: what the venue holds against what the journal explains, before anything else is done.

The venue is right about what exists. Fills and payments that the journal lacks are written; what no fill explains is
taken over by name, and its contract is frozen until a person has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgerow.model.errors import StateUnknown
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill, OrderReport
from hedgerow.model.ports import Account, Clock, FundingPaid, Holding, Lease, MarketData, Store, Trading
from hedgerow.runs.ledger import (
    Adopted,
    Ledger,
    adoption,
    fill_record,
    funding_record,
    instrument_record,
)
from hedgerow.runs.points import pp
from hedgerow.runs.tail import Tail

__all__ = ["Doors", "Gap", "Reconciled", "reconcile"]

_ROUNDS = 4
_WAIT_MS = 2_000
_OVERLAP_MS = 60_000
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Doors:
    """The three doors of one account at a venue."""

    market: MarketData
    trading: Trading
    account: Account


@dataclass(frozen=True, slots=True)
class Gap:
    """Units held beyond what fills explain. `adopted` where they were taken over on a person's word."""

    instrument: str
    held: Decimal
    explained: Decimal
    adopted: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The ledger after looking: what was new, which orders are open, what nothing explains, and what is held."""

    ledger: Ledger
    new_fills: int
    new_payments: int
    open_orders: tuple[OrderReport, ...]
    gaps: tuple[Gap, ...]
    holdings: tuple[Holding, ...] = ()

    @property
    def frozen(self) -> tuple[str, ...]:
        """Contracts that must not be traded before a person has looked."""
        return tuple(gap.instrument for gap in self.gaps if not gap.adopted)


async def reconcile(
    doors: Doors,
    store: Store,
    clock: Clock,
    lease: Lease,
    instruments: Sequence[Instrument],
    *,
    adopt: bool = False,
    unsettled: frozenset[str] = frozenset(),
    tail: Tail | None = None,
) -> Reconciled:
    """Bring the journal up to what the venue says, in at most four rounds, and return what is left unexplained.

    Contracts seen for the first time are taken over as they are; gaps that come later only with `adopt`. Those in `unsettled` have
    orders whose outcome is not known yet and are left to whoever settles them. Raises what the doors raise: an answer
    that did not come is never an empty one. Who follows the journal anyway gives its `tail`.
    """
    pp("reconcile.begun")
    tail = tail or Tail(store, lease.account)
    await _introduce(doors, store, clock, lease, (tail, instruments))
    counts = [0, 0]
    gaps: tuple[Gap, ...] = ()
    for round_number in range(_ROUNDS):
        if round_number:
            pp("reconcile.before_wait")
            await clock.sleep(_WAIT_MS)
        await _catch_up(doors, store, clock, lease, (tail, instruments, counts))
        held = await _held(doors, instruments)
        pp("reconcile.held")
        gaps = _gaps(tail.ledger(), instruments, held, unsettled)
        if not gaps:
            break
    if gaps and adopt:
        gaps = _take_over(store, clock, lease, gaps, held)
    pp("reconcile.before_orders")
    orders = [report for each in instruments for report in await doors.trading.open_orders(each)]
    pp("reconcile.done")
    return Reconciled(tail.ledger(), counts[0], counts[1], tuple(orders), gaps, tuple(held.values()))


async def _introduce(
    doors: Doors, store: Store, clock: Clock, lease: Lease, known: tuple[Tail, Sequence[Instrument]]
) -> None:
    """Write what contracts are that the journal does not know, or knows otherwise.

    A new one comes in with what is held of it, in the same transaction: a process that dies in between would leave it
    known and its position unexplained.
    """
    tail, instruments = known
    ledger = tail.ledger()
    changed = [each for each in instruments if ledger.instruments.get(each.name) != each]
    if not changed:
        return
    new = [each for each in changed if each.name not in ledger.instruments]
    held = await _held(doors, new) if new else {}
    records = [instrument_record(each) for each in changed]
    for name, holding in held.items():
        why = "held before the journal began"
        records.append(adoption(Adopted(name, holding.quantity, holding.entry, clock.now(), why)))
    pp("reconcile.before_introduce")
    store.append(lease.account, clock.now(), records, lease)
    pp("reconcile.after_introduce")


async def _catch_up(
    doors: Doors,
    store: Store,
    clock: Clock,
    lease: Lease,
    known: tuple[Tail, Sequence[Instrument], list[int]],
) -> None:
    """Write fills and payments since the last known ones, overlapping."""
    tail, instruments, counts = known
    ledger = tail.ledger()
    fills: list[Fill] = []
    payments: list[FundingPaid] = []
    for each in instruments:
        begun = ledger.since[each.name]
        since = max(begun, ledger.last_fill.get(each.name, begun) - _OVERLAP_MS)
        fills += [f for f in await doors.trading.fills(each, since) if f.at >= begun]
        pp("reconcile.fills_read")
        since = max(begun, ledger.last_funding.get(each.name, begun) - _OVERLAP_MS)
        payments += [p for p in await doors.account.paid(each, since) if p.at >= begun]
        pp("reconcile.paid_read")
    new = [f for f in fills if (f.venue, f.account, f.trade_id) not in ledger.trades]
    paid = [p for p in payments if (p.instrument, p.payment_id) not in ledger.payments]
    if not new and not paid:
        return
    records = [fill_record(fill) for fill in new] + [funding_record(payment) for payment in paid]
    pp("reconcile.before_append")
    store.append(lease.account, clock.now(), records, lease)
    pp("reconcile.after_append")
    counts[0] += len(new)
    counts[1] += len(paid)


async def _held(doors: Doors, instruments: Sequence[Instrument]) -> dict[str, Holding]:
    found = await doors.account.positions(instruments)
    apart = sorted({h.instrument for h in found if h.leg != "net"})
    if apart:
        raise StateUnknown(
            f"{', '.join(apart)}: long and short legs are held apart",
            advice="Switch the account to one-way positions while it is flat.",
        )
    return {holding.instrument: holding for holding in found}


def _gaps(
    ledger: Ledger, instruments: Sequence[Instrument], held: dict[str, Holding], unsettled: frozenset[str]
) -> tuple[Gap, ...]:
    found = []
    for name in (each.name for each in instruments if each.name not in unsettled):
        there, explained = held[name].quantity if name in held else _ZERO, ledger.quantity(name)
        if there != explained:
            found.append(Gap(name, there, explained, adopted=False))
    return tuple(found)


def _take_over(
    store: Store, clock: Clock, lease: Lease, gaps: tuple[Gap, ...], held: dict[str, Holding]
) -> tuple[Gap, ...]:
    """Write into the journal, on a person's word, what nothing explains."""
    records = [
        adoption(Adopted(gap.instrument, gap.held - gap.explained, _price(held, gap), clock.now(), "by hand"))
        for gap in gaps
    ]
    pp("reconcile.before_adopt")
    store.append(lease.account, clock.now(), records, lease)
    pp("reconcile.after_adopt")
    return tuple(replace(gap, adopted=True) for gap in gaps)


def _price(held: dict[str, Holding], gap: Gap) -> Decimal:
    """What the units are taken over at: the venue's entry price. A closed position has none, and needs a person."""
    if gap.instrument not in held:
        raise StateUnknown(
            f"{gap.instrument}: the journal explains {gap.explained} units, the venue holds none and tells no price",
            advice="Look for the closing fill in the venue's own history.",
        )
    return held[gap.instrument].entry
