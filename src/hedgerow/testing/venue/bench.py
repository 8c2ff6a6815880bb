"""A venue on the bench: its doors, and the hands that move the world outside it.

The battery speaks to the venue only through `model.ports`. What the outside world does (prices, funding, an ADL) it asks of
`happen`, in the words of `hedgerow.exchange.venue`; a venue that cannot be moved is exempted from the cases that need it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from hedgerow.exchange.venue import Levels, Marked, Quoted, VenueEvent
from hedgerow.model.errors import BrokenPromise, UnknownSymbol
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import Accepted, Fill, Order, OrderKind, OrderReport, Refused
from hedgerow.model.ports import Account, BalanceKind, Holding, MarketData, Trading

__all__ = ["START", "Bench", "close_to", "given", "holds", "is_a", "units"]

START = Decimal(60_000)
_STEPS = ((10, 1), (20, 2), (100, 50))


async def _nothing() -> None:
    """Be what has nothing to close."""


@dataclass(slots=True)
class Bench:
    """A fresh venue with an account of 100,000 quote coins and 10 base coins, `linear` and the others around 60,000.

    `linear` takes lots of 0.001 or a divisor, of which one is worth less than its minimum notional, and ticks of 1 or a
    divisor; it has a book as `book` makes it and a mark. `happen` does what an event says, now, whatever
    its `at`; `wait` lets that many milliseconds pass; `restart` throws the venue's process away and returns a bench on
    what it kept. `bars` are the minutes of its candles and the span (since, until) that has them all. `unique_ids`: it
    does not take a client id that it has seen. `prefix` begins every client id, so that none comes twice. `tells_kind`: its
    fills say which of them it made itself. `coins` are the kinds of coins that its account tells of. `close` puts away what
    holds sockets.
    """

    data: MarketData
    trading: Trading
    account: Account
    linear: Instrument
    happen: Callable[[VenueEvent], Awaitable[None]]
    wait: Callable[[int], Awaitable[None]]
    restart: Callable[[], Awaitable[Bench]]
    inverse: Instrument | None = None
    dated: Instrument | None = None
    bars: tuple[int, int, int] = (1440, 0, 0)
    unique_ids: bool = True
    prefix: str = "hrtest"
    tells_kind: bool = True
    coins: frozenset[BalanceKind] = frozenset({"derivatives", "bonus", "earn"})
    close: Callable[[], Awaitable[None]] = _nothing
    _count: count[int] = field(default_factory=count)

    def order(
        self,
        quantity: str,
        price: int | None = None,
        *,
        kind: OrderKind | None = None,
        reduce_only: bool = False,
        stop: int | None = None,
        instrument: Instrument | None = None,
    ) -> Order:
        """Return a new order of signed units; at market without a price."""
        return Order(
            f"{self.prefix}{next(self._count):0{20 - len(self.prefix)}d}",
            instrument or self.linear,
            Decimal(quantity),
            kind or ("market" if price is None else "limit"),
            None if price is None else Decimal(price),
            reduce_only,
            None if stop is None else Decimal(stop),
        )

    async def sent(self, order: Order) -> OrderReport:
        """Place an order that has to be accepted, and return what the venue then says of it."""
        reply = await self.trading.place(order)
        holds(isinstance(reply, Accepted), f"{order} was not accepted: {reply}")
        return await self.report(order)

    async def refused(self, order: Order) -> Refused:
        """Place an order that has to be refused, and see why; a contract that is not listed is not even asked for."""
        try:
            reply = await self.trading.place(order)
        except UnknownSymbol as why:
            return Refused("not-sent", why.message)
        if not isinstance(reply, Refused):
            raise BrokenPromise(f"{order} was not refused: {reply}")
        holds(reply.reason.strip() != "", "a refusal gives no reason")
        return reply

    async def report(self, order: Order) -> OrderReport:
        """Return what the venue says of an order that it has."""
        found = await self.trading.order(order)
        if found is None:
            raise BrokenPromise(f"the venue knows nothing of {order.client_id}, which it accepted")
        return found

    async def held(self, instrument: Instrument | None = None) -> Decimal:
        """Return the signed units held in a contract, all legs together."""
        found = await self.account.positions([instrument or self.linear])
        return sum((h.quantity for h in found), Decimal(0))

    async def holding(self, instrument: Instrument | None = None) -> Holding:
        """Return the one position that there has to be."""
        found = await self.account.positions([instrument or self.linear])
        holds(len(found) == 1, f"there is not one position but {found}")
        return found[0]

    async def fills(self, instrument: Instrument | None = None) -> tuple[Fill, ...]:
        """Return all fills."""
        return await self.trading.fills(instrument or self.linear, 0)

    async def wallet(self, coin: str | None = None) -> Decimal:
        """Return the coins of the derivatives wallet, the quote coin's by default."""
        wanted = coin or self.linear.settle
        found = [
            b.total for b in await self.account.balances() if (b.coin, b.kind) == (wanted, "derivatives")
        ]
        return sum(found, Decimal(0))

    async def book(self, middle: int | Decimal = START, instrument: Instrument | None = None) -> None:
        """Put a book around a price: 1, 2 and 50 base coins at 10, 20 and 100 from it."""
        contract = instrument or self.linear
        scale = 1 if contract.payoff is Payoff.LINEAR else START
        bids: Levels = tuple((Decimal(middle - away), Decimal(size * scale)) for away, size in _STEPS)
        asks: Levels = tuple((Decimal(middle + away), Decimal(size * scale)) for away, size in _STEPS)
        await self.happen(Quoted(0, contract.name, bids, asks))

    async def mark(self, price: int | Decimal, instrument: Instrument | None = None) -> None:
        """Set mark and index."""
        name = (instrument or self.linear).name
        await self.happen(Marked(0, {name: Decimal(price)}, {name: Decimal(price)}))


def holds(fact: bool, otherwise: str) -> None:
    """Raise `BrokenPromise` where `fact` is false."""
    if not fact:
        raise BrokenPromise(otherwise)


def is_a(what: str, got: object, kind: type) -> None:
    """Raise `BrokenPromise` where a value is not of the kind that the ports say, whatever the types claim."""
    holds(isinstance(got, kind), f"{what} is {got!r}, no {kind.__name__}")


def close_to(what: str, got: Decimal | None, want: Decimal, relative: str = "0.000001") -> None:
    """Raise `BrokenPromise` where two numbers differ by more than a millionth: venues round their print."""
    far = got is None or abs(got - want) > max(abs(want), Decimal("0.01")) * Decimal(relative)
    holds(not far, f"{what} is {got}, expected {want}")


def units(what: str, got: Decimal, want: str) -> None:
    """Raise `BrokenPromise` where a quantity is not exactly what it has to be."""
    holds(got == Decimal(want), f"{what} is {got}, expected {want}")


def given(contract: Instrument | None, what: str) -> Instrument:
    """Return a contract that the bench has to have."""
    if contract is None:
        raise BrokenPromise(f"the bench has no {what} contract: exempt this case")
    return contract
