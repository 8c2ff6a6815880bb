"""What a venue remembers. Frozen: an event makes a new state and leaves the old one as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from hedgerow.exchange.venue.events import Kind, LegName, Levels, Life, Status
from hedgerow.exchange.venue.rules import VenueRules
from hedgerow.model.errors import UnknownSymbol
from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import ZERO, Leg
from hedgerow.model.orders import OPEN, Order, OrderState

__all__ = [
    "Funding",
    "Listing",
    "Setting",
    "Shelf",
    "VenueAccount",
    "VenueOrder",
    "VenueState",
    "leg_key",
]

V = TypeVar("V")
_SHELF = 128


def leg_key(instrument: str, leg: LegName) -> str:
    """Return the name under which an account keeps a leg of a contract."""
    return f"{instrument}/{leg}"


@dataclass(frozen=True, slots=True)
class Shelf(Generic[V]):
    """Things by name that are only ever added to: adding copies at most a hundred of them, however many there are."""

    full: tuple[Mapping[str, V], ...] = ()
    recent: Mapping[str, V] = field(default_factory=dict)

    def get(self, name: str) -> V | None:
        """Return what was last put there under this name."""
        found = self.recent.get(name)
        if found is None:
            found = next((part[name] for part in reversed(self.full) if name in part), None)
        return found

    def adding(self, name: str, value: V) -> Shelf[V]:
        """Return the shelf with one more."""
        recent = {**self.recent, name: value}
        return Shelf((*self.full, recent), {}) if len(recent) >= _SHELF else Shelf(self.full, recent)

    def __iter__(self) -> Iterator[V]:
        """Everything in the order it was put there; what was put there twice under one name may come twice."""
        for part in (*self.full, self.recent):
            yield from part.values()


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue has it. `filled` and `cost` (coins) are signed like the order; `seq` is its turn in time.

    `ahead` are the units that stood at its price before it came to rest. `waiting`: a stop that the mark has not touched.
    """

    account: str
    order_id: str
    seq: int
    order: Order
    leg: LegName
    life: Life
    state: OrderState
    at: int
    updated: int
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    ahead: Decimal = ZERO
    waiting: bool = False

    @property
    def remaining(self) -> Decimal:
        """Signed units that have not been filled."""
        return self.order.quantity - self.filled

    @property
    def is_open(self) -> bool:
        """True while it may fill."""
        return self.state in OPEN

    @property
    def rests(self) -> bool:
        """True while it stands in the book."""
        return not self.waiting and self.order.price is not None and self.is_open


@dataclass(frozen=True, slots=True)
class Funding:
    """What the next settlement pays, and when."""

    rate: Decimal
    interval_ms: int
    next_at: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A contract with its outside book and prices; None is not known yet. `index_sum` is price·ms over `index_ms`."""

    instrument: Instrument
    status: Status = "trading"
    bids: Levels = ()
    asks: Levels = ()
    quoted_at: int | None = None
    last: Decimal | None = None
    mark: Decimal | None = None
    marked_at: int | None = None
    index: Decimal | None = None
    index_at: int = 0
    index_sum: Decimal = ZERO
    index_ms: int = 0
    funding: Funding | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """How an account trades one contract."""

    margin_mode: Literal["cross", "isolated"]
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class VenueAccount:
    """Coins by kind, legs by `leg_key`, and for isolated ones the coins set aside for them, which `wallets` include.

    `wallets` are the derivatives wallets, without unrealised profit; `aside` are the coins that carry nothing, but for
    bonus coins: a wallet may stand below zero as far as they reach. `cancels_at` is when the dead man's switch goes off.
    """

    name: str
    wallets: Mapping[str, Decimal] = field(default_factory=dict)
    aside: Mapping[Kind, Mapping[str, Decimal]] = field(default_factory=dict)
    legs: Mapping[str, Leg] = field(default_factory=dict)
    margins: Mapping[str, Decimal] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    fees: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    hedge: bool = False
    cancels_at: int | None = None

    def wallet(self, coin: str) -> Decimal:
        """Return the coins of the derivatives wallet, isolated margins included."""
        return self.wallets.get(coin, ZERO)

    def bonus(self, coin: str) -> Decimal:
        """Return bonus coins: they carry positions and are nobody's money."""
        return self.aside.get("bonus", {}).get(coin, ZERO)

    def leg(self, instrument: str, leg: LegName = "net") -> Leg | None:
        """Return a position, or None where the account is flat there."""
        return self.legs.get(leg_key(instrument, leg))

    def legs_of(self, instrument: str) -> tuple[tuple[LegName, Leg], ...]:
        """Return every position in a contract."""
        names: tuple[LegName, ...] = ("long", "short") if self.hedge else ("net",)
        return tuple((name, leg) for name in names if (leg := self.leg(instrument, name)) is not None)

    def setting(self, instrument: Instrument, rules: VenueRules) -> Setting:
        """Return how the account trades a contract: the venue's own way until it is told otherwise."""
        found = self.settings.get(instrument.name)
        if found is None:
            highest = Decimal(str(instrument.max_leverage))
            found = Setting(rules.margin_mode, min(rules.leverage, highest))
        return found

    def fee_rates(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Return (taker, maker)."""
        return self.fees.get(instrument.name, (instrument.taker_fee, instrument.maker_fee))


@dataclass(frozen=True, slots=True)
class VenueState:
    """The whole venue at `at`. `orders` are the open ones by venue id, in time order; `past` the others.

    `clients` is the venue id of the last order under "account client-id". `due` is the next instant at which something
    happens by itself. `insurance` is what the fund has taken in, by coin, below zero where it paid more.
    """

    rules: VenueRules = field(default_factory=VenueRules)
    at: int = 0
    due: int | None = None
    listings: Mapping[str, Listing] = field(default_factory=dict)
    accounts: Mapping[str, VenueAccount] = field(default_factory=dict)
    orders: Mapping[str, VenueOrder] = field(default_factory=dict)
    past: Shelf[VenueOrder] = field(default_factory=Shelf)
    clients: Shelf[str] = field(default_factory=Shelf)
    made: int = 0
    insurance: Mapping[str, Decimal] = field(default_factory=dict)

    def listing(self, instrument: str) -> Listing:
        """Return a contract's listing; raises `UnknownSymbol` where the venue has none of that name."""
        found = self.listings.get(instrument)
        if found is None:
            known = ", ".join(sorted(self.listings)[:5]) or "none"
            raise UnknownSymbol(f"{self.rules.venue} does not list {instrument}", advice=f"It has: {known}.")
        return found

    def account(self, name: str) -> VenueAccount:
        """Return an account; one that was never heard of is empty."""
        return self.accounts.get(name) or VenueAccount(name)

    def order(self, order_id: str) -> VenueOrder | None:
        """Return the order under the venue's id, open or over."""
        return self.orders.get(order_id) or self.past.get(order_id)

    def order_of(self, account: str, client_id: str) -> VenueOrder | None:
        """Return the last order under the account's client id, open or over."""
        order_id = self.clients.get(f"{account} {client_id}")
        return None if order_id is None else self.order(order_id)

    def open_orders(self, account: str, instrument: str = "") -> tuple[VenueOrder, ...]:
        """Return the open orders of an account, in one contract or in all, oldest first."""
        return tuple(
            o
            for o in self.orders.values()
            if o.account == account and instrument in {"", o.order.instrument.name}
        )

    def ruled(self, rules: VenueRules) -> VenueState:
        """Return the venue under other rules."""
        return replace(self, rules=rules)
