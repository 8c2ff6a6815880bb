"""What the program needs of the outside world: narrow doors, each with a twin in memory.

MarketData, Trading, Account      a venue, in the trade's words      venues/
Store                             what must survive                  store/
Clock, Notifier                   time, and somebody to tell

Whoever implements one passes `hedgerow.testing`'s battery for it. Nothing here says "zero" for "not known": a call that
cannot answer raises `VenueUnreachable`, `VenueRefused` or `StateUnknown`, and only `Trading.place` and `Trading.cancel`
return what went wrong, as one of three answers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.orders import Fill, Order, OrderReport, Reply

__all__ = [
    "Account",
    "AccountModes",
    "Balance",
    "BalanceKind",
    "Candle",
    "CandleOf",
    "Clock",
    "Depth",
    "FundingPaid",
    "FundingPrint",
    "Holding",
    "Lease",
    "Level",
    "MarginMode",
    "MarketData",
    "Notifier",
    "Permissions",
    "Record",
    "Store",
    "StreamEvent",
    "Ticker",
    "Trading",
    "last_look",
]

CandleOf = Literal["last", "mark", "index"]
Level = Literal["info", "warning", "critical"]
MarginMode = Literal["cross", "isolated", "portfolio"]
BalanceKind = Literal["spot", "earn", "derivatives", "bonus"]


@dataclass(frozen=True, slots=True)
class Ticker:
    """Prices of a contract in its quote coin at `at`; None where the venue does not say. `index` is the underlying's."""

    instrument: str
    at: int
    last: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    mark: Decimal | None
    index: Decimal | None


@dataclass(frozen=True, slots=True)
class Depth:
    """An order book: (price, units) best first, units of the contract."""

    instrument: str
    at: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Candle:
    """A bar by its opening instant `at`; `volume` in units, None where unknown."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FundingPrint:
    """A funding rate: positive, longs pay shorts, a fraction for its own interval, settled at `at`.

    `interval_hours` is the interval that it covers, None where only its neighbours tell. A `forecast` was never paid.
    """

    instrument: str
    at: int
    rate: Decimal
    interval_hours: Decimal | None
    forecast: bool = False
    mark: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FundingPaid:
    """Coins that funding brought, below zero where it cost."""

    instrument: str
    at: int
    amount: Decimal
    coin: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class Holding:
    """An open position as the venue says it. `quantity` is signed units; `leg` is net, or long or short in hedge mode.

    `notional` is the venue's own figure in the quote coin (inverse: the settlement coin as the venue prints it is in
    `notional_coin`), never negative; None where it gives none. `liquidation` is the venue's own price, None where there
    is none. `margin` is the initial margin in the settlement coin, as the venue says it.
    """

    instrument: str
    quantity: Decimal
    leg: Literal["net", "long", "short"]
    entry: Decimal
    mark: Decimal | None = None
    notional: Decimal | None = None
    notional_coin: Decimal | None = None
    unrealised: Decimal | None = None
    liquidation: Decimal | None = None
    margin_mode: MarginMode | None = None
    leverage: Decimal | None = None
    adl_rank: int | None = None
    at: int | None = None
    margin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Coins of one kind. `total` is without unrealised profit; `free` is what can be used; bonus coins are not one's own."""

    coin: str
    kind: BalanceKind
    total: Decimal
    free: Decimal
    unrealised: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AccountModes:
    """How the account trades a contract; None where the venue does not say. `hedge` means a long and a short may coexist."""

    hedge: bool | None
    margin_mode: MarginMode | None
    leverage: Decimal | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a key may do; None where the venue does not say. `account_id` is the venue's own name of the account."""

    account_id: str
    trade: bool | None
    withdraw: bool | None
    ip_bound: bool | None
    checked_by: str = ""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A hint from a stream: an order or a fill moved, or `lost`: look again before the next decision."""

    kind: Literal["order", "fill", "position", "lost"]
    at: int
    order: OrderReport | None = None
    fill: Fill | None = None


class MarketData(Protocol):
    """What anybody may ask a venue."""

    def instruments(self) -> Awaitable[tuple[Instrument, ...]]:
        """Return every contract that can be traded, with lots, limits, fees and expiry as the venue has them now."""

    def tickers(self, instruments: Sequence[Instrument]) -> Awaitable[tuple[Ticker, ...]]:
        """Return prices now."""

    def depth(self, instrument: Instrument, levels: int) -> Awaitable[Depth]:
        """Return the order book."""

    def candles(
        self, instrument: Instrument, minutes: int, since: int, until: int, of: CandleOf = "last"
    ) -> Awaitable[tuple[Candle, ...]]:
        """Return finished bars with since ≤ at < until, oldest first, all of them that the venue has.

        `of` trades, of marks or of the index. Raises `VenueRefused` for a kind the venue does not keep.
        """

    def funding(self, instrument: Instrument, since: int, until: int) -> Awaitable[tuple[FundingPrint, ...]]:
        """Return realised rates with since ≤ at < until, oldest first, all of them."""

    def funding_now(self, instrument: Instrument) -> Awaitable[FundingPrint]:
        """Return the forecast for the next settlement."""

    def tiers(self, instrument: Instrument) -> Awaitable[tuple[MarginTier, ...]]:
        """Return the maintenance tiers."""

    def server_time(self) -> Awaitable[int]:
        """Return the venue's clock."""


last_look: ContextVar[Callable[[], str]] = ContextVar("last_look", default=str)
"""What a door asks right before an order leaves the machine, whatever it had to read first: "" lets it go, words hold it back."""


class Trading(Protocol):
    """Orders. Only `place` opens risk, and nothing in here repeats it."""

    def place(self, order: Order) -> Awaitable[Reply]:
        """Send `order` once, if `last_look` still lets it go: held back, it is refused as "not-sent"."""

    def cancel(self, order: Order) -> Awaitable[Reply]:
        """Ask to cancel; accepted means asked, and only a report says that it is over. Refused: it was over already."""

    def order(self, order: Order) -> Awaitable[OrderReport | None]:
        """Return what the venue knows under the order's client id; None: it says that it knows none, which is no proof."""

    def open_orders(self, instrument: Instrument) -> Awaitable[tuple[OrderReport, ...]]:
        """Return every open order of the account in this contract, foreign ones too."""

    def fills(self, instrument: Instrument, since: int) -> Awaitable[tuple[Fill, ...]]:
        """Return every fill from `since` on, oldest first, paged to the end."""

    def events(self) -> AsyncIterator[StreamEvent]:
        """Yield hints for as long as the stream lives, `lost` at every break."""

    def protect(self, order: Order) -> Awaitable[Reply]:
        """Place a protective stop order (`order.stop`, reduce-only)."""

    def dead_man(self, seconds: int) -> Awaitable[bool]:
        """Let the venue cancel all orders after so long without another call (0: switch off); False: it has no such thing."""


class Account(Protocol):
    """What is held, and how."""

    def positions(self, instruments: Sequence[Instrument]) -> Awaitable[tuple[Holding, ...]]:
        """Return every open position in `instruments`, all legs; a contract that is not there is flat, or this raises."""

    def balances(self) -> Awaitable[tuple[Balance, ...]]:
        """Return coins by kind: spot, earn, derivatives wallets, bonus."""

    def modes(self, instrument: Instrument) -> Awaitable[AccountModes]:
        """Return position mode, margin mode and leverage."""

    def configure(self, instrument: Instrument, modes: AccountModes) -> Awaitable[AccountModes]:
        """Set what is not None, only while flat, and return what is read back; "no change needed" is success."""

    def permissions(self) -> Awaitable[Permissions]:
        """Return what the key may do."""

    def paid(self, instrument: Instrument, since: int) -> Awaitable[tuple[FundingPaid, ...]]:
        """Return funding received and paid from `since` on, oldest first, paged to the end."""

    def fees(self, instrument: Instrument) -> Awaitable[tuple[Decimal, Decimal]]:
        """Return the account's own (taker, maker) fee as fractions, discounts counted."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for `account`, until `expires` (monotonic milliseconds); `fence` grows with every holder."""

    account: str
    holder: str
    fence: int
    expires: int


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a stream: `seq` from 1 without holes, `digest` over the one before and this, `fence` its writer's.

    `body` is as JSON has it, Decimals as text.
    """

    seq: int
    stream: str
    at: int
    kind: str
    body: Mapping[str, object]
    digest: str
    fence: int = 0


class Store(Protocol):
    """The journal: append-only, durable before it returns, one writer an account.

    Bodies hold text, whole numbers, Decimals, None, and lists and mappings of these; floats are refused. A record of kind
    "fill" has `venue`, `account` and `trade_id`: one that is there already is left out.
    """

    def acquire(self, account: str, holder: str, ttl_ms: int) -> Lease | None:
        """Return the lease, with a higher fence than any before; None while another holder's lives."""

    def renew(self, lease: Lease, ttl_ms: int) -> Lease | None:
        """Return the lease with a later end; None: it is another's now, stop."""

    def release(self, lease: Lease) -> None:
        """Give it back."""

    def append(
        self,
        stream: str,
        at: int,
        records: Sequence[tuple[str, Mapping[str, object]]],
        lease: Lease,
        *,
        opening: bool = False,
    ) -> int:
        """Write (kind, body) records in one transaction and return the stream's last seq.

        The same transaction looks at the lease, and raises `LeaseLost`; with `opening`, which says that what is written
        will add risk, also at the halt, and raises `Halted`.
        """

    def read(self, stream: str, after: int = 0) -> Iterator[Record]:
        """Yield the stream's records in order."""

    def streams(self) -> tuple[str, ...]:
        """Return every stream there is."""

    def halt(self, account: str, at: int, why: str | None) -> None:
        """Set the halt of an account ("*": all), or lift it with None; needs no lease."""

    def halted(self, account: str) -> str | None:
        """Return why the account is halted, or None."""


class Clock(Protocol):
    """Time, injectable."""

    def now(self) -> int:
        """Return milliseconds of UTC."""

    def monotonic(self) -> int:
        """Return milliseconds that never go back."""

    def sleep(self, ms: int) -> Awaitable[None]:
        """Wait."""


class Notifier(Protocol):
    """Somebody to tell."""

    def notify(self, level: Level, title: str, text: str) -> None:
        """Pass a message on; never raises for a sink that is down: what was not passed on is kept on disk."""
