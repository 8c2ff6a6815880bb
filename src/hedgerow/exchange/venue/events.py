"""What can happen to a trading venue, and what it says about it.

Every event carries its instant `at` (milliseconds of UTC), never before the last one. Instruments are named by
`Instrument.name`, accounts by any text. Quantities are signed units (`model.orders`), prices are in the quote coin, coins
are exact. What a trader is told comes as outcomes: `Fill`, `FundingPrint` as in `model`, and the values below.

    market     Listed · Quoted · Printed · Marked · FundingSet · Deleveraged
    account    Credited · Placed · CancelAsked · AllCancelled · Configured · HedgeSet · MarginMoved · FeesSet · DeadManSet
    time       Passed                funding, expiry and the dead man also come due before any later event, and before what
                                     an account does at their own instant
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import ZERO
from hedgerow.model.orders import Fill, Order
from hedgerow.model.ports import FundingPaid, FundingPrint

if TYPE_CHECKING:
    from hedgerow.exchange.venue.state import VenueOrder

__all__ = [
    "AllCancelled",
    "CancelAsked",
    "Code",
    "Configured",
    "Credited",
    "DeadManSet",
    "Deleveraged",
    "FeesSet",
    "Funded",
    "FundingSet",
    "HedgeSet",
    "Kind",
    "LegName",
    "Levels",
    "Life",
    "Listed",
    "MarginMoved",
    "Marked",
    "OrderMoved",
    "Passed",
    "Placed",
    "Printed",
    "Quoted",
    "Said",
    "Status",
    "VenueEvent",
    "VenueOutcome",
]

Levels = tuple[tuple[Decimal, Decimal], ...]
"""(price, units) of one side of a book, best first; units are positive."""

LegName = Literal["net", "long", "short"]
Life = Literal["gtc", "ioc", "fok"]
Status = Literal["trading", "reduce_only", "closed"]
Kind = Literal["spot", "earn", "derivatives", "bonus"]

Code = Literal[
    "",
    "no_change",
    "duplicate_id",
    "not_tradable",
    "no_price",
    "lot",
    "min_quantity",
    "max_quantity",
    "min_notional",
    "tick",
    "price_band",
    "post_only",
    "reduce_only",
    "margin",
    "leverage",
    "stop_now",
    "too_many",
    "leg",
    "killed",
    "self_trade",
    "no_liquidity",
    "asked",
    "dead_man",
    "expired",
    "liquidated",
    "unknown_order",
    "order_over",
    "not_flat",
    "not_offered",
]
"""Why something was refused or ended, in the venue core's own words: a dialect turns them into its venue's numbers.

"" is success, "no_change" is success with nothing to do. `killed` is what an ioc or fok order leaves.
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A contract is offered, or its figures or its `status` change while positions are open."""

    at: int
    instrument: Instrument
    status: Status = "trading"


@dataclass(frozen=True, slots=True)
class Quoted:
    """The outside world's whole book. Where it crosses an order that rests here, it has traded with it."""

    at: int
    instrument: str
    bids: Levels
    asks: Levels


@dataclass(frozen=True, slots=True)
class Printed:
    """A trade of the outside world: `quantity` above zero was bought at `price`, below zero sold.

    It takes resting orders with it: those at better prices first, then those at `price` behind the size that was there
    before them.
    """

    at: int
    instrument: str
    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Marked:
    """New marks, and indexes of the underlying. Stops wait for marks, and only marks liquidate."""

    at: int
    marks: Mapping[str, Decimal]
    indexes: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class FundingSet:
    """The rate that the next settlement will pay (a fraction, longs pay above zero), and when; None leaves as it is.

    A first one needs `interval_ms` and `next_at`.
    """

    at: int
    instrument: str
    rate: Decimal
    interval_ms: int | None = None
    next_at: int | None = None


@dataclass(frozen=True, slots=True)
class Deleveraged:
    """The venue closes up to `quantity` (signed as the positions are) at `price`, best placed in the queue first (ADL)."""

    at: int
    instrument: str
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Credited:
    """Coins put in, or taken out below zero. Only derivatives and bonus coins carry positions."""

    at: int
    account: str
    coin: str
    amount: Decimal
    kind: Kind = "derivatives"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order arrives. `leg` is "net" in one-way mode and the leg it opens or closes in hedge mode."""

    at: int
    account: str
    order: Order
    life: Life = "gtc"
    leg: LegName = "net"


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Cancel one order, by the venue's id or by the client's."""

    at: int
    account: str
    order_id: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class AllCancelled:
    """Cancel all open orders of an account, in one contract or in all."""

    at: int
    account: str
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Configured:
    """Set how an account trades a contract; None leaves as it is."""

    at: int
    account: str
    instrument: str
    margin_mode: Literal["cross", "isolated"] | None = None
    leverage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class HedgeSet:
    """Let a long and a short of one contract coexist, or not, for the whole account."""

    at: int
    account: str
    hedge: bool


@dataclass(frozen=True, slots=True)
class MarginMoved:
    """Coins moved from the wallet to an isolated position, or back below zero."""

    at: int
    account: str
    instrument: str
    amount: Decimal
    leg: LegName = "net"


@dataclass(frozen=True, slots=True)
class FeesSet:
    """An account's own (taker, maker) fees of a contract, fractions."""

    at: int
    account: str
    instrument: str
    taker: Decimal
    maker: Decimal


@dataclass(frozen=True, slots=True)
class DeadManSet:
    """All orders of the account are cancelled `after_ms` from now unless this comes again; 0 switches it off."""

    at: int
    account: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Time has passed: what is due happens."""

    at: int


VenueEvent = (
    Listed
    | Quoted
    | Printed
    | Marked
    | FundingSet
    | Deleveraged
    | Credited
    | Placed
    | CancelAsked
    | AllCancelled
    | Configured
    | HedgeSet
    | MarginMoved
    | FeesSet
    | DeadManSet
    | Passed
)


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """An order as it is now: taken, filled in part or whole, over, or refused. `code` says why where there is a why."""

    at: int
    order: VenueOrder
    code: Code = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the venue answers to an account that asked for anything else than an order: "" and "no_change" are success."""

    at: int
    account: str
    code: Code
    what: str = ""


@dataclass(frozen=True, slots=True)
class Funded:
    """Funding of one position: `payment.amount` coins received, paid below zero, on `quantity` at `mark`."""

    account: str
    payment: FundingPaid
    rate: Decimal
    mark: Decimal
    quantity: Decimal = ZERO


VenueOutcome = OrderMoved | Said | Fill | Funded | FundingPrint
