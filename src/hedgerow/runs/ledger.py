"""What the journal adds up to: positions, fees, funding and realised profit, exact to the venue's last digit.

ledger_of(records) -> Ledger        the fold of a stream, the same in every life
Fold().take(record)                 the same, a record after the other
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from hedgerow.model.errors import JournalBroken
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import ZERO, Leg
from hedgerow.model.orders import Fill
from hedgerow.model.ports import FundingPaid, Record
from hedgerow.runs.wire import body_of, value_of

__all__ = [
    "Adopted",
    "Entry",
    "Fold",
    "Ledger",
    "adoption",
    "fill_record",
    "funding_record",
    "instrument_record",
    "ledger_of",
]

FILL, FUNDING, INSTRUMENT, ADOPTED = "fill", "funding", "instrument", "adopted"


@dataclass(frozen=True, slots=True)
class Adopted:
    """Units that the venue holds and no fill of ours explains, taken over at `price`, and why."""

    instrument: str
    quantity: Decimal
    price: Decimal
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract's account: the open `leg`, settlement coins realised (an option's premium is in its leg); by coin, funding received (below zero: paid) and fees paid.

    A venue may pay funding, and take fees, in another coin than the contract settles in: no coin is added to another.
    """

    leg: Leg
    realised: Decimal = ZERO
    funding: Mapping[str, Decimal] = field(default_factory=dict)
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    fills: int = 0

    @property
    def quantity(self) -> Decimal:
        """The position in units."""
        return self.leg.quantity

    def traded(self, quantity: Decimal, price: Decimal) -> Entry:
        """Return the entry after units traded, fees apart."""
        leg, gained = self.leg.traded(quantity, price)
        return replace(self, leg=leg, realised=self.realised + gained)

    def filled(self, fill: Fill) -> Entry:
        """Return the entry after a fill."""
        fees = _with(self.fees, fill.fee_coin, fill.fee)
        return replace(self.traded(fill.quantity, fill.price), fees=fees, fills=self.fills + 1)

    def funded(self, paid: FundingPaid) -> Entry:
        """Return the entry after a funding payment, in whatever coin it was made."""
        return replace(self, funding=_with(self.funding, paid.coin, paid.amount))


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries by contract. `since` is when each contract came into the journal: what the venue did before is none of its fills.

    `last_fill` and `last_funding` are instants of the venue by contract: what is known of one says nothing of another.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    trades: frozenset[tuple[str, str, str]] = frozenset()
    payments: frozenset[tuple[str, str]] = frozenset()
    last_fill: Mapping[str, int] = field(default_factory=dict)
    last_funding: Mapping[str, int] = field(default_factory=dict)

    def quantity(self, instrument: str) -> Decimal:
        """Return the position in units that the journal explains."""
        entry = self.entries.get(instrument)
        return entry.quantity if entry else ZERO

    @property
    def coins(self) -> frozenset[str]:
        """Return every coin that trading has brought or cost."""
        entries = self.entries.values()
        settled = {entry.leg.instrument.settle for entry in entries}
        return frozenset(settled.union(*(each.funding.keys() | each.fees.keys() for each in entries)))

    def cash(self, coin: str) -> Decimal:
        """Return what trading has brought in a coin: realised where contracts settle in it, what options were paid with, and funding and fees paid in it."""
        total = ZERO
        for entry in self.entries.values():
            if entry.leg.instrument.settle == coin:
                total += entry.realised - entry.leg.paid
            total += entry.funding.get(coin, ZERO) - entry.fees.get(coin, ZERO)
        return total


def instrument_record(instrument: Instrument) -> tuple[str, dict[str, object]]:
    """Return the record that says what a contract is."""
    return INSTRUMENT, body_of(instrument)


def fill_record(fill: Fill) -> tuple[str, dict[str, object]]:
    """Return the record of a fill; the store keeps one of each."""
    return FILL, body_of(fill)


def funding_record(paid: FundingPaid) -> tuple[str, dict[str, object]]:
    """Return the record of a funding payment."""
    return FUNDING, body_of(paid)


def adoption(adopted: Adopted) -> tuple[str, dict[str, object]]:
    """Return the record of units taken over."""
    return ADOPTED, {
        "instrument": adopted.instrument,
        "quantity": adopted.quantity,
        "price": adopted.price,
        "at": adopted.at,
        "why": adopted.why,
    }


Happened = Fill | Adopted
_Place = tuple[int, int, str]


class Fold:
    """A ledger that grows with its stream: what comes in order is added, and only what comes late adds all up anew."""

    def __init__(self) -> None:
        self._instruments: dict[str, Instrument] = {}
        self._since: dict[str, int] = {}
        self._happened: list[tuple[_Place, Happened]] = []
        self._trades: set[tuple[str, str, str]] = set()
        self._payments: dict[tuple[str, str], FundingPaid] = {}
        self._last_fill: dict[str, int] = {}
        self._last_funding: dict[str, int] = {}
        self._entries: dict[str, Entry] | None = {}
        self._known: Ledger | None = None

    def take(self, record: Record) -> None:
        """Take in the next record; each fill and payment counts once."""
        if record.kind == INSTRUMENT:
            self._described(value_of(record.body), record.at)
        elif record.kind == FILL:
            fill: Fill = value_of(record.body)
            key = (fill.venue, fill.account, fill.trade_id)
            if key not in self._trades:
                self._trades.add(key)
                self._last_fill[fill.instrument] = max(fill.at, self._last_fill.get(fill.instrument, fill.at))
                self._happens((fill.at, len(fill.trade_id), fill.trade_id), fill)
        elif record.kind == FUNDING:
            self._paid(value_of(record.body))
        elif record.kind == ADOPTED:
            taken = _adopted(record.body)
            self._happens((taken.at, -1, ""), taken)
        else:
            return
        self._known = None

    def ledger(self) -> Ledger:
        """Return what was taken in so far. Raises `JournalBroken` for a fill of a contract that the journal does not describe."""
        if self._entries is None:
            self._happened.sort(key=lambda pair: pair[0])
            self._entries = _entries(self._instruments, self._happened, self._payments.values())
        if self._known is None:
            self._known = Ledger(
                dict(self._entries),
                dict(self._instruments),
                dict(self._since),
                frozenset(self._trades),
                frozenset(self._payments),
                dict(self._last_fill),
                dict(self._last_funding),
            )
        return self._known

    def _described(self, contract: Instrument, at: int) -> None:
        name = contract.name
        self._since.setdefault(name, at)
        if self._entries is not None and name not in self._instruments:
            self._entries[name] = Entry(Leg(contract))
        elif self._instruments.get(name) != contract:
            self._entries = None
        self._instruments[name] = contract

    def _happens(self, place: _Place, what: Happened) -> None:
        late = bool(self._happened) and place < self._happened[-1][0]
        self._happened.append((place, what))
        before = None if self._entries is None else self._entries.get(what.instrument)
        if self._entries is None or late or before is None:
            self._entries = None
        else:
            self._entries[what.instrument] = _after(before, what)

    def _paid(self, paid: FundingPaid) -> None:
        key, name = (paid.instrument, paid.payment_id), paid.instrument
        if key in self._payments:
            return
        self._payments[key] = paid
        self._last_funding[name] = max(paid.at, self._last_funding.get(name, paid.at))
        if self._entries is not None and name in self._entries:
            self._entries[name] = self._entries[name].funded(paid)
        else:
            self._entries = None


def ledger_of(records: Iterable[Record]) -> Ledger:
    """Return what the records add up to, in the order in which the venue did it, each fill and payment once.

    Raises `JournalBroken` for a fill of a contract that the journal does not describe.
    """
    fold = Fold()
    for record in records:
        fold.take(record)
    return fold.ledger()


def _adopted(body: Mapping[str, Any]) -> Adopted:
    quantity, price = Decimal(str(body["quantity"])), Decimal(str(body["price"]))
    return Adopted(str(body["instrument"]), quantity, price, int(body["at"]), str(body["why"]))


def _entries(
    instruments: Mapping[str, Instrument],
    happened: Iterable[tuple[_Place, Happened]],
    payments: Iterable[FundingPaid],
) -> dict[str, Entry]:
    entries = {name: Entry(Leg(contract)) for name, contract in instruments.items()}

    def entry(name: str) -> Entry:
        if name not in entries:
            raise JournalBroken(f"the journal has trades of {name} and does not say what that is")
        return entries[name]

    for _, what in happened:
        entries[what.instrument] = _after(entry(what.instrument), what)
    for paid in payments:
        entries[paid.instrument] = entry(paid.instrument).funded(paid)
    return entries


def _after(entry: Entry, what: Happened) -> Entry:
    return entry.filled(what) if isinstance(what, Fill) else entry.traded(what.quantity, what.price)


def _with(sums: Mapping[str, Decimal], coin: str, amount: Decimal) -> dict[str, Decimal]:
    return {**sums, coin: sums.get(coin, ZERO) + amount}
