"""What stands behind a dialect: one venue's matching core, its past, and who may log in.

stand = Stand("binance", instruments, clock)     a venue with prices, funding and an account
stand.tell(event)                                whatever happens to it; fills and funding are kept
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal

from hedgerow.exchange.venue import (
    Credited,
    Funded,
    FundingSet,
    Listed,
    Marked,
    OrderMoved,
    Passed,
    Quoted,
    VenueAccount,
    VenueEvent,
    VenueOrder,
    VenueOutcome,
    VenueRules,
    VenueState,
    step,
)
from hedgerow.model.errors import UnknownSymbol
from hedgerow.model.instruments import Instrument
from hedgerow.model.option_contracts import is_option, tick_at
from hedgerow.model.orders import Fill, units_of
from hedgerow.model.ports import Candle, FundingPrint
from hedgerow.testing.standin.ears import Ears
from hedgerow.testing.standin.faults import Fault

__all__ = ["Key", "Stand", "with_order"]

_HOUR = 3_600_000
_SWING, _PERIOD_HOURS = 0.05, 97.0
_OWN_ORDERS = 8_000_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: whose account it is, and what it may do."""

    key: str
    secret: str
    account: str
    password: str = ""
    trade: bool = True
    withdraw: bool = False
    ip_bound: bool = True


def _due(item: tuple[int, Callable[[], object]]) -> int:
    return item[0]


def with_order(fill: Fill) -> Fill:
    """Return a fill with an order: what the venue closes by itself is one there too, with an id that no client gave."""
    if fill.order_id:
        return fill
    return replace(fill, order_id=str(_OWN_ORDERS + int(fill.trade_id)))


@dataclass(slots=True)
class Stand:
    """One venue. `clock` tells milliseconds of UTC; `skew_ms` is how far the venue's own clock is ahead of it.

    Prices follow a slow wave around `prices`, so that candles of any time can be asked for; `heard` is every request.
    `wallets` are the coins of (account, kind) that trade nothing here: spot, fund, earn, bonus.
    `premiums` are what options cost, by symbol, in the coins that they are paid in; their index is the coin's price.
    `meddler` is asked of each request what goes wrong with it, after the `faults`; `later` is done when its instant has
    passed; states of the last `remember_ms` are kept for answers that are old. `ears` are the sockets of who listens.
    """

    tag: str
    instruments: Sequence[Instrument]
    prices: Mapping[str, Decimal]
    clock: Callable[[], int]
    rules: VenueRules = field(default_factory=VenueRules)
    keys: dict[str, Key] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    skew_ms: int = 0
    wallets: dict[tuple[str, str], dict[str, Decimal]] = field(default_factory=dict)
    premiums: Mapping[str, Decimal] = field(default_factory=dict)
    state: VenueState = field(init=False)
    born: int = field(init=False)
    fills: dict[str, list[Fill]] = field(default_factory=dict)
    funded: dict[str, list[Funded]] = field(default_factory=dict)
    printed: dict[str, list[FundingPrint]] = field(default_factory=dict)
    moved: list[VenueOutcome] = field(default_factory=list)
    meddler: Callable[[str], Fault | None] | None = None
    later: list[tuple[int, Callable[[], object]]] = field(default_factory=list)
    remember_ms: int = 0
    been: deque[tuple[int, VenueState]] = field(default_factory=deque)
    heard: list[str] = field(default_factory=list)
    listeners: list[Callable[[VenueOutcome], None]] = field(default_factory=list)
    ears: Ears = field(default_factory=Ears)

    def __post_init__(self) -> None:
        self.state, self.born = VenueState(rules=self.rules), self.clock()
        for one in self.instruments:
            self.tell(Listed(self.at, one))
            self.quote(one, self.first_price(one))
            at = self.at
            if one.funding_interval_hours:
                every = round(one.funding_interval_hours * _HOUR)
                due = (at // every + 1) * every
                self.tell(FundingSet(at, one.name, Decimal("0.0001"), every, due))

    def first_price(self, one: Instrument) -> Decimal:
        """Return what a contract costs when the venue opens: an option its premium, the others the price of their coin."""
        return self.premiums.get(one.symbol, self.prices[one.underlying])

    @property
    def at(self) -> int:
        """The instant of what happens now: the clock, which for the core never goes back."""
        return max(self.clock(), self.state.at)

    @property
    def now(self) -> int:
        """The venue's own clock."""
        return self.clock() + self.skew_ms

    def open_account(self, key: Key, coins: Mapping[str, Decimal]) -> None:
        """Let `key` log in, with `coins` in its derivatives wallets."""
        self.keys[key.key] = key
        for coin, amount in coins.items():
            self.tell(Credited(self.at, key.account, coin, amount))

    def tell(self, event: VenueEvent) -> tuple[VenueOutcome, ...]:
        """Let something happen; what came of it is kept and passed on to who listens."""
        self.state, outcomes = step(self.state, event)
        if self.remember_ms:
            self.been.append((self.state.at, self.state))
            while self.been[0][0] < self.state.at - self.remember_ms and len(self.been) > 1:
                self.been.popleft()
        for outcome in outcomes:
            self._keep(outcome)
            self.ears.hear(outcome)
            for listener in self.listeners:
                listener(outcome)
        return outcomes

    def _keep(self, outcome: VenueOutcome) -> None:
        match outcome:
            case Fill():
                self.fills.setdefault(outcome.account, []).append(with_order(outcome))
            case Funded():
                self.funded.setdefault(outcome.account, []).append(outcome)
            case FundingPrint():
                self.printed.setdefault(outcome.instrument, []).append(outcome)
            case OrderMoved():
                self.moved.append(outcome)
            case _:
                pass

    def passed(self) -> int:
        """Let the time pass until now, do what was put off until then, and return it."""
        at = self.at
        self.tell(Passed(at))
        self.ears.passed(at)
        while self.later and min(self.later, key=_due)[0] <= at:
            first = min(self.later, key=_due)
            self.later.remove(first)
            first[1]()
        return at

    def as_of(self, ms: int) -> Stand:
        """Return what could be seen `ms` ago, as far as it is remembered: to be read, and thrown away."""
        then = self.at - ms
        state = next((state for at, state in reversed(self.been) if at <= then), None)
        if state is None:
            state = self.been[0][1] if self.been else self.state
        return self._view(state, state.at)

    def emptied(self) -> Stand:
        """Return the venue without anybody's positions and orders: to be read, and thrown away."""
        return self._view(replace(self.state, accounts={}, orders={}), self.at)

    def twin(self) -> Stand:
        """Return the venue as it is, to try something on."""
        return self._view(self.state, self.at)

    def _view(self, state: VenueState, until: int) -> Stand:
        seen = copy(self)
        seen.state, seen.moved, seen.listeners, seen.later, seen.remember_ms = state, [], [], [], 0
        seen.ears = Ears()
        seen.fills = {who: [f for f in fills if f.at <= until] for who, fills in self.fills.items()}
        seen.funded = {who: [p for p in all_ if p.payment.at <= until] for who, all_ in self.funded.items()}
        return seen

    def quote(self, instrument: Instrument, price: Decimal, size: Decimal = Decimal(100)) -> None:
        """Set mark, index and a book of three levels a tick apart around `price`; `size` in coins, worth of it for others."""
        at, tick = self.at, tick_at(instrument, price)
        worth = size * (price if instrument.payoff.value == "inverse" else 1)
        units = (worth / units_of(instrument, instrument.lot)).to_integral_value(ROUND_HALF_EVEN) * units_of(
            instrument, instrument.lot
        )
        middle = (price / tick).to_integral_value(ROUND_HALF_EVEN) * tick
        levels = tuple((Decimal(i) + 1) * tick for i in range(3))
        index = self.prices[instrument.underlying] if is_option(instrument) else middle
        self.tell(Marked(at, {instrument.name: middle}, {instrument.name: index}))
        bids = tuple((middle - away, units) for away in levels)
        asks = tuple((middle + away, units) for away in levels)
        self.tell(Quoted(at, instrument.name, bids, asks))

    def fill(self, order: VenueOrder) -> None:
        """Let the market come to an order that rests, for all of it, and go back."""
        one, price = order.order.instrument, order.order.price
        before = self.state.listing(one.name)
        if price is None:
            return
        size = abs(order.order.quantity) * 10
        buys = order.order.quantity > 0
        crossing = ((price, size),)
        beyond = ((price - one.tick if buys else price + one.tick, size),)
        bids, asks = (beyond, crossing) if buys else (crossing, beyond)
        self.tell(Quoted(self.at, one.name, bids, asks))
        self.tell(Quoted(self.at, one.name, before.bids, before.asks))

    def of_symbol(self, symbol: str) -> Instrument:
        """Return the contract by the venue's own symbol; raises `UnknownSymbol`."""
        found = next((one for one in self.instruments if one.symbol == symbol), None)
        if found is None:
            raise UnknownSymbol(f"{self.tag} has no {symbol}")
        return found

    def place_of(self, account: str) -> int:
        """Return how many other accounts were opened before it; each venue counts its users from a number of its own on."""
        return list(dict.fromkeys(key.account for key in self.keys.values())).index(account)

    def account(self, name: str) -> VenueAccount:
        """Return an account as it is."""
        return self.state.account(name)

    def price(self, instrument: Instrument, at: int) -> Decimal:
        """Return the price of a contract at any instant of the past."""
        base = self.prices[instrument.underlying]
        wave = Decimal(str(round(1.0 + _SWING * math.sin(at / _HOUR / _PERIOD_HOURS), 6)))
        return (base * wave / instrument.tick).to_integral_value(ROUND_HALF_EVEN) * instrument.tick

    def candles(self, instrument: Instrument, minutes: int, since: int, until: int) -> tuple[Candle, ...]:
        """Return finished bars with since ≤ at < until."""
        length = minutes * 60_000
        first = -(-since // length) * length
        last = min(until, self.clock() - length + 1)
        return tuple(self._bar(instrument, at, length) for at in range(first, last, length))

    def _bar(self, instrument: Instrument, at: int, length: int) -> Candle:
        points = [self.price(instrument, at + length * i // 4) for i in range(5)]
        return Candle(at, points[0], max(points), min(points), points[-1], Decimal(10))

    def prints(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return funding rates with since ≤ at < until: those of before the venue was opened follow a wave too."""
        every = round((instrument.funding_interval_hours or 8.0) * _HOUR)
        own = self.printed.get(instrument.name, [])
        hours = Decimal(every) / _HOUR
        times = range(-(-since // every) * every, min(until, self.born), every)
        past = [
            FundingPrint(instrument.name, at, self._rate(at), hours, mark=self.price(instrument, at))
            for at in times
        ]
        return (*past, *(one for one in own if since <= one.at < until))

    def _rate(self, at: int) -> Decimal:
        return Decimal(str(round(1e-4 * (1.0 + 2.0 * math.sin(at / _HOUR / 41.0)), 8)))
