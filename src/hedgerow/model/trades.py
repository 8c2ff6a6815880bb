"""What came of trading a plan: lines as they happened, legs with their fills, and the dollar beta before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from hedgerow.model.instruments import Instrument
from hedgerow.model.notices import Notice
from hedgerow.model.watched import Look

__all__ = [
    "AccountState",
    "Agreement",
    "BetaMoved",
    "EntryRow",
    "LegTraded",
    "ModeState",
    "Money",
    "Offer",
    "OfferedLeg",
    "RestingRow",
    "TradeLine",
    "Traded",
    "Unexplained",
    "WorkerState",
]


Money = Literal["paper", "real money", "sandbox", "stand-in"]
"""Whose money it is: a journal's own, somebody's, the venue's sandbox, or that of a stand-in on this machine."""


@dataclass(frozen=True, slots=True)
class TradeLine:
    """One thing that happened: the venue's instant in milliseconds, one verb, the rest in words."""

    at: int
    action: str
    text: str


@dataclass(frozen=True, slots=True)
class LegTraded:
    """One contract: signed units planned and traded, the position read back, prices in the quote coin.

    `arrival` is the price when trading began, None where none was read; `average` what was paid for what is
    traded, weighted by value: undoing some of it leaves it as it was, None where nothing filled. `fees` are by coin; `held` is None where it could not be read.
    """

    instrument: Instrument
    planned: Decimal
    traded: Decimal = Decimal(0)
    arrival: Decimal | None = None
    average: Decimal | None = None
    fees: Mapping[str, Decimal] = field(default_factory=dict)
    fills: int = 0
    held: Decimal | None = None

    @property
    def slippage(self) -> Decimal | None:
        """What was paid beyond the arrival price, as a fraction of it: above zero when it was worse."""
        if self.average is None or self.arrival is None or not self.traded:
            return None
        return (self.average / self.arrival - 1) * (1 if self.traded > 0 else -1)


@dataclass(frozen=True, slots=True)
class BetaMoved:
    """Dollar beta of the first factor: before the trade, as planned, and of the book with what is held now, ± its error.

    `alone`: of the contracts alone, without the book.
    """

    factor: str
    before_usd: float
    planned_usd: float
    achieved_usd: float
    stderr_usd: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Traded:
    """A plan after its trade, with whose `money`. `outcome` is the executor's own word, `why` its reason.

    `recovered` says that an unfinished trade was finished instead of a new one begun; `asked` is the plan that was asked for,
    which may be another ("": none was). `exposed_ms` is how long one leg was further on than another. `credited` are paper coins put into the account. `beta` is None where the
    book or the pair could not be measured again.
    """

    plan_id: str
    mode: Literal["paper", "live"]
    account: str
    outcome: str
    why: str
    recovered: bool
    lines: tuple[TradeLine, ...]
    legs: tuple[LegTraded, ...]
    credited: Mapping[str, Decimal]
    beta: BetaMoved | None
    alarms: tuple[str, ...] = ()
    asked: str = ""
    exposed_ms: int = 0
    money: Money = "real money"


@dataclass(frozen=True, slots=True)
class OfferedLeg:
    """One contract of a plan, before anything is sent: contracts above zero, dollars of notional above zero.

    Of a plan that was begun, `contracts` are what its orders have not filled by the journal, and `planned` all of them (None:
    nothing was begun); dollars are None where no price was read.
    """

    instrument: str
    side: str
    contracts: Decimal
    notional_usd: float | None
    planned: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What is about to be sent and whose money it is: somebody says yes to it, or nothing is sent.

    `money` is real, the venue's sandbox, or a stand-in on this machine. `plan_id` is the plan that was asked for. `begun` is the
    plan that the account's journal holds unfinished, "" for none: it is finished instead, and `legs` and `style`, how they
    are traded in words, are then of that one.
    """

    plan_id: str
    account: str
    venue: str
    money: Money
    legs: tuple[OfferedLeg, ...]
    style: str = ""
    begun: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One contract of a ledger: signed units held and the price they were got at (None: flat), coins gained and paid.

    `realised` is in coins of settlement. By coin: `funding`, below zero where it cost, and `fees`, what was paid.
    """

    instrument: Instrument
    quantity: Decimal
    entry: Decimal | None
    realised: Decimal
    funding: Mapping[str, Decimal]
    fees: Mapping[str, Decimal]
    fills: int


@dataclass(frozen=True, slots=True)
class RestingRow:
    """An order of ours that may be live at the venue: signed contracts, and those of them that are filled.

    `price` is the limit, or the mark that a stop waits for; None for a market order. `known` is False where nobody knows whether the
    venue has it.
    """

    client_id: str
    instrument: Instrument
    contracts: Decimal
    filled: Decimal
    kind: Literal["market", "limit", "post_only", "stop"]
    price: Decimal | None
    known: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """One account in a journal: who holds it for how many milliseconds more ("" and 0: nobody), its ledger, its halt.

    `unfinished` is the plan that was begun and is not over, "" where there is none; `last_at` is None without records.
    `taken` says that whoever held it last has not given it back: between two looks a watch's lease may have run out. `money` is
    whose it is by the settings of now, `hedges` the book that its contracts hedge, "" where that was never said. `resting` are our
    orders at the venue, by the journal; `silent_s` after how many seconds without us the venue cancels them (0: it does not).
    """

    account: str
    holder: str
    left_ms: int
    fence: int
    records: int
    last_at: int | None
    halted: str | None
    unfinished: str
    entries: tuple[EntryRow, ...]
    taken: bool = False
    money: Money = "real money"
    hedges: str = ""
    resting: tuple[RestingRow, ...] = ()
    silent_s: int = 0


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One of several processes that share books: how many it watches, and the milliseconds that its life lasts yet without a sign.

    0 or less: it is gone, for so long, and its books are others'.
    """

    name: str
    books: int
    left_ms: int


@dataclass(frozen=True, slots=True)
class ModeState:
    """Paper or live: where its journal is, its accounts, the halts in force, and why it cannot be read ("": it can).

    `code` is the exit code of that trouble, the same that every verb ends with which needs the journal.
    `watches` are the last look of every book that is watched there, by its name; `unsent` messages that did not get through.
    `asleep` are watches that have not looked for long, with the hours; `seen` who acknowledged an alarm: book, watch, about, since.
    `workers` are the processes that share books there.
    """

    mode: Literal["paper", "live"]
    place: str
    exists: bool
    accounts: tuple[AccountState, ...]
    halts: Mapping[str, str]
    trouble: str = ""
    advice: str = ""
    code: int = 0
    watches: tuple[tuple[str, Look], ...] = ()
    unsent: tuple[Notice, ...] = ()
    asleep: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[tuple[str, str, str, int], str] = field(default_factory=dict)
    workers: tuple[WorkerState, ...] = ()


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Signed units that a venue holds of a contract, and what fills explain of them; `adopted`: taken over by name."""

    instrument: str
    held: Decimal
    explained: Decimal
    adopted: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """A journal held against its venue: what was new, which orders are open, and what nothing explains."""

    account: str
    new_fills: int
    new_payments: int
    open_orders: tuple[str, ...]
    gaps: tuple[Unexplained, ...]
    entries: tuple[EntryRow, ...]

    @property
    def agrees(self) -> bool:
        """True where everything that the venue holds is explained or taken over."""
        return all(gap.adopted for gap in self.gaps)
