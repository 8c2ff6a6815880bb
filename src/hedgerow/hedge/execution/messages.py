"""What the executor is told, and what it may ask for. Instants are milliseconds; `asked_at` is when a question left.

An answer that did not come is `Failed`, never an empty one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hedgerow.hedge.execution.programme import Purpose
from hedgerow.model.instruments import Instrument
from hedgerow.model.orders import Fill, Order, OrderReport, Reply
from hedgerow.model.ports import AccountModes, Holding, Level, Ticker

__all__ = [
    "Alarm",
    "Cancel",
    "CancelReplied",
    "Command",
    "Configure",
    "DeadMan",
    "DeadManSet",
    "Done",
    "Event",
    "Failed",
    "FillsRead",
    "Gap",
    "Held",
    "Look",
    "ModesRead",
    "NotFound",
    "NotSent",
    "OpenRead",
    "Outcome",
    "Priced",
    "Query",
    "Replied",
    "Reported",
    "Restarted",
    "Send",
    "Tick",
    "Timed",
    "What",
]

What = Literal["prices", "positions", "fills", "orders", "modes", "time"]
Outcome = Literal["complete", "partial", "refused", "unwound", "replan", "frozen", "halted"]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed. `halted` is why the account is halted, or None."""

    at: int
    halted: str | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """Prices were read."""

    at: int
    asked_at: int
    tickers: tuple[Ticker, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Positions in the contracts named `asked` were read: one that is not among them is flat."""

    at: int
    asked_at: int
    asked: tuple[str, ...]
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Timed:
    """The venue's clock is `skew` milliseconds ahead of ours."""

    at: int
    skew: int


@dataclass(frozen=True, slots=True)
class ModesRead:
    """How the account trades a contract, read back after a change where `changed`."""

    at: int
    instrument: str
    modes: AccountModes
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Replied:
    """What a venue answered to an order."""

    at: int
    client_id: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class NotSent:
    """An order was written but never left: it is known not to exist."""

    at: int
    client_id: str
    why: str


@dataclass(frozen=True, slots=True)
class CancelReplied:
    """What a venue answered to a cancellation."""

    at: int
    client_id: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Reported:
    """A venue says how an order stands."""

    at: int
    asked_at: int
    report: OrderReport


@dataclass(frozen=True, slots=True)
class NotFound:
    """A venue knows no such order; what it holds, filled and has open, read after that answer."""

    at: int
    asked_at: int
    client_id: str
    held: Decimal
    fills: tuple[Fill, ...]
    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True)
class FillsRead:
    """Fills of a contract, by a read or from a stream."""

    at: int
    asked_at: int
    instrument: str
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class OpenRead:
    """Every open order of a contract, foreign ones too."""

    at: int
    asked_at: int
    instrument: str
    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True)
class DeadManSet:
    """Whether the venue has a dead-man switch, and for how many seconds it is set now."""

    at: int
    there: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stream broke or was silent too long: everything is read again before the next decision."""

    at: int


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new process has taken over from the journal: whatever was being sent is unknown now."""

    at: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A question got no answer that can be used."""

    at: int
    what: str
    why: str


Event = (
    Tick
    | Priced
    | Held
    | Timed
    | ModesRead
    | Replied
    | NotSent
    | CancelReplied
    | Reported
    | NotFound
    | FillsRead
    | OpenRead
    | DeadManSet
    | Gap
    | Restarted
    | Failed
)


@dataclass(frozen=True, slots=True)
class Send:
    """Place this order, once; with `order.stop` as a protective one."""

    order: Order
    leg: int
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask for the end of an order."""

    order: Order


@dataclass(frozen=True, slots=True)
class Query:
    """Ask what the venue knows under an order's id, and for all evidence if it says nothing."""

    order: Order
    since: int


@dataclass(frozen=True, slots=True)
class Look:
    """Read something again; `instrument` is None for what concerns all legs, `since` is where fills begin."""

    what: What
    instrument: Instrument | None = None
    since: int = 0


@dataclass(frozen=True, slots=True)
class Configure:
    """Set modes, and read them back."""

    instrument: Instrument
    modes: AccountModes


@dataclass(frozen=True, slots=True)
class DeadMan:
    """Let the venue cancel everything after so many seconds of silence; 0 switches that off."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody has to know."""

    level: Level
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is live or unknown any more, and nothing will be sent. `exposed_ms`: how long one leg was further on than another."""

    outcome: Outcome
    why: str
    exposed_ms: int


Command = Send | Cancel | Query | Look | Configure | DeadMan | Alarm | Done
