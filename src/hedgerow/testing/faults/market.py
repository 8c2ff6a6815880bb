"""A small exchange in virtual time: it matches, funds and settles by exact money, and keeps a log of all that happened."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from hedgerow.model.instruments import Instrument
from hedgerow.model.legs import Leg, coins_of, value_of
from hedgerow.model.orders import Fill, FillKind, Order, OrderReport, OrderState
from hedgerow.model.ports import FundingPaid

__all__ = ["Placed", "SimMarket"]

_SECOND = 1_000
_ZERO = Decimal(0)


@dataclass(slots=True)
class Placed:
    """An order at the exchange. What it did becomes visible at `visible_at`."""

    order: Order
    order_id: str
    visible_at: int
    state: OrderState = OrderState.ACKED
    filled: Decimal = _ZERO
    paid: Decimal = _ZERO
    slow: bool = False

    @property
    def rest(self) -> Decimal:
        """Signed units that may still fill."""
        live = self.state in {OrderState.ACKED, OrderState.PARTIAL}
        return self.order.quantity - self.filled if live else _ZERO

    def report(self) -> OrderReport:
        """Return what the exchange says of it."""
        average = self.paid / self.filled if self.filled else None
        order = self.order
        return OrderReport(
            order.client_id,
            self.order_id,
            order.instrument.name,
            self.state,
            order.quantity,
            self.filled,
            average,
            order.reduce_only,
        )


@dataclass(slots=True)
class SimMarket:
    """Prices walk, orders fill, positions pay. `now` is the exchange's own clock in milliseconds."""

    random: Random
    contracts: tuple[Instrument, ...]
    now: int
    prices: dict[str, int] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    realised: dict[str, Decimal] = field(default_factory=dict)
    fees: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    funding: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    fee_coin: str = ""
    placed: list[Placed] = field(default_factory=list)
    resting: list[Placed] = field(default_factory=list)
    fills: list[tuple[int, Fill]] = field(default_factory=list)
    payments: list[FundingPaid] = field(default_factory=list)
    history: dict[str, deque[tuple[int, Decimal]]] = field(default_factory=dict)
    nameless: bool = False
    delay: Callable[[], int] = int
    on_pay: list[Callable[[FundingPaid], None]] = field(default_factory=list)
    on_fill: list[Callable[[Placed | None, Fill], None]] = field(default_factory=list)
    later: list[tuple[int, Callable[[], object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for contract in self.contracts:
            name = contract.name
            self.prices[name] = self.random.randint(5_000, 50_000)
            self.legs[name] = Leg(contract)
            self.realised[name], self.fees[name], self.funding[name] = _ZERO, {}, {}
            self.history[name] = deque([(self.now, _ZERO)], maxlen=64)

    def bid(self, contract: Instrument) -> Decimal:
        """Return the best bid; the ask is two ticks above."""
        return self.prices[contract.name] * contract.tick

    def ask(self, contract: Instrument) -> Decimal:
        """Return the best ask."""
        return (self.prices[contract.name] + 2) * contract.tick

    def mark(self, contract: Instrument) -> Decimal:
        """Return the middle."""
        return (self.prices[contract.name] + 1) * contract.tick

    def quantity(self, name: str, back: int = 0) -> Decimal:
        """Return the position, or what it was `back` milliseconds ago."""
        if not back:
            return self.legs[name].quantity
        return next((q for at, q in reversed(self.history[name]) if at <= self.now - back), _ZERO)

    def live(self, name: str) -> list[Placed]:
        """Return the orders of a contract that may fill."""
        return [p for p in self.placed if p.order.instrument.name == name and p.rest]

    def find(self, client_id: str) -> list[Placed]:
        """Return every order under this id."""
        return [p for p in self.placed if p.order.client_id == client_id]

    def go(self, until: int) -> None:
        """Let time pass."""
        while self.now < until:
            after = min(until, self.now + _SECOND)
            if self.later:
                self._due(after)
            whole = after // _SECOND != self.now // _SECOND
            self.now = max(self.now, after)  # what was due may itself have taken time
            if whole:
                self._second()

    def _due(self, until: int) -> None:
        ready = [item for item in self.later if item[0] <= until]
        self.later = [item for item in self.later if item[0] > until]
        for at, act in sorted(ready, key=lambda item: item[0]):
            self.now = max(self.now, at)
            act()

    def _second(self) -> None:
        for name in self.prices:
            self.prices[name] = max(self.prices[name] + self.random.randint(-3, 3), 1_000)
        self.resting = [placed for placed in self.resting if placed.rest]
        for placed in self.resting:
            if placed.rest:
                self._work(placed)

    def _work(self, placed: Placed) -> None:
        """Fill what rests: stops at their trigger, slow market orders bit by bit, limits that are touched or lucky."""
        order, contract = placed.order, placed.order.instrument
        buys = order.quantity > 0
        if order.stop is not None:
            mark = self.mark(contract)
            if mark >= order.stop if buys else mark <= order.stop:
                self.fill(placed, placed.rest, mark)
            return
        if order.price is None:
            if placed.slow:
                self.fill(placed, self._some(placed), self.ask(contract) if buys else self.bid(contract))
            return
        touched = order.price >= self.ask(contract) if buys else order.price <= self.bid(contract)
        if touched or self.random.random() < 0.1:
            self.fill(placed, self._some(placed), order.price)

    def _some(self, placed: Placed) -> Decimal:
        lot = placed.order.instrument.lot
        lot = lot if placed.order.instrument.multiplier == 1 else lot * placed.order.instrument.multiplier
        lots = int(abs(placed.rest) / lot)
        return (self.random.randint(1, max(lots, 1)) * lot).copy_sign(placed.rest) if lots else placed.rest

    def accept(self, order: Order, *, slow: bool = False) -> Placed:
        """Take an order; a market order fills at once unless `slow`."""
        placed = Placed(order, f"x{len(self.placed) + 1}", self.now + self.delay(), slow=slow)
        self.placed.append(placed)
        self.resting.append(placed)
        if order.price is None and order.stop is None and not slow:
            contract = order.instrument
            self.fill(
                placed, order.quantity, self.ask(contract) if order.quantity > 0 else self.bid(contract)
            )
            if placed.rest:
                placed.state = OrderState.EXPIRED
        return placed

    def fill(self, placed: Placed, quantity: Decimal, price: Decimal, *, maker: bool = False) -> None:
        """Trade some of an order. What only reduces is cut to the position, and ends with it."""
        order = placed.order
        if order.reduce_only:
            held = self.quantity(order.instrument.name)
            quantity = min(quantity, -held, key=abs) if held * quantity < 0 else _ZERO
            if not quantity:
                placed.state = OrderState.EXPIRED
                return
        placed.filled += quantity
        placed.paid += quantity * price
        placed.state = OrderState.FILLED if placed.filled == order.quantity else OrderState.PARTIAL
        rate = order.instrument.maker_fee if maker else order.instrument.taker_fee
        self._book(order.instrument, quantity, price, placed, ("trade", rate))

    def outside(self, contract: Instrument, quantity: Decimal, kind: FillKind) -> None:
        """Trade for the account without any order of ours."""
        self._book(contract, quantity, self.mark(contract), None, (kind, contract.taker_fee))

    def _book(
        self,
        contract: Instrument,
        quantity: Decimal,
        price: Decimal,
        placed: Placed | None,
        how: tuple[FillKind, Decimal],
    ) -> None:
        kind, rate = how
        name = contract.name
        self.legs[name], gained = self.legs[name].traded(quantity, price)
        self.realised[name] += gained
        fee = coins_of(abs(value_of(contract, quantity, price)) * rate)
        coin = self.fee_coin or contract.settle
        self.fees[name][coin] = self.fees[name].get(coin, _ZERO) + fee
        named = placed is not None and not self.nameless
        fill = Fill(
            contract.venue,
            "main",
            f"t{len(self.fills) + 1:06d}",
            placed.order_id if placed else f"y{len(self.fills)}",
            placed.order.client_id if placed and named else "",
            name,
            quantity,
            price,
            fee,
            coin,
            self.now,
            kind=kind,
        )
        self.fills.append((max(self.now, placed.visible_at if placed else 0), fill))
        self.history[name].append((self.now, self.legs[name].quantity))
        for told in self.on_fill:
            told(placed, fill)

    def pay(self, contract: Instrument, rate: Decimal, coin: str = "") -> None:
        """Settle funding, in `coin` or the contract's own: longs pay a positive rate."""
        name, coin = contract.name, coin or contract.settle
        value = value_of(contract, self.legs[name].quantity, self.mark(contract))
        amount = coins_of(-value * rate)
        if amount:
            self.funding[name][coin] = self.funding[name].get(coin, _ZERO) + amount
            self.payments.append(FundingPaid(name, self.now, amount, coin, f"p{len(self.payments) + 1}"))
            for told in self.on_pay:
                told(self.payments[-1])

    def visible_fills(self, name: str, since: int) -> tuple[Fill, ...]:
        """Return the fills that can be seen by now."""
        return tuple(
            f for seen, f in self.fills if seen <= self.now and f.instrument == name and f.at >= since
        )

    def visible(self, placed: Sequence[Placed]) -> list[Placed]:
        """Return those of `placed` that can be seen by now."""
        return [p for p in placed if p.visible_at <= self.now]
