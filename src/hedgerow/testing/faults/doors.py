"""The ports of the small exchange, where the faults live: what arrives, what is answered, and what is seen of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgerow.model.errors import StateUnknown, VenueRefused, VenueUnreachable
from hedgerow.model.instruments import Instrument, MarginTier
from hedgerow.model.orders import Accepted, Fill, Order, OrderReport, OrderState, Refused, Reply, Unknown
from hedgerow.model.ports import (
    AccountModes,
    Balance,
    FundingPaid,
    FundingPrint,
    Holding,
    Permissions,
    StreamEvent,
    Ticker,
)
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.market import Placed, SimMarket

__all__ = ["Road", "SimAccount", "SimClock", "SimQuotes", "SimTrading"]

_TIMEOUT_MS = 10_000
_WINDOW_MS = 5_000
_REFUSALS = (
    Refused("-2019", "margin is insufficient"),
    Refused("-1111", "precision is over the maximum"),
    Refused("-5022", "would not be maker", again=True),
    Refused("-4131", "price band", again=True),
    Refused("-1003", "too many requests", again=True),
)


@dataclass(slots=True)
class SimClock:
    """Virtual time: `monotonic` runs with the exchange, the wall clock is `apart` from it."""

    market: SimMarket
    apart: int = 0

    def now(self) -> int:
        """Return the wall clock."""
        return self.market.now + self.apart

    def monotonic(self) -> int:
        """Return what never goes back."""
        return self.market.now

    async def sleep(self, ms: int) -> None:
        """Let time pass."""
        self.market.go(self.market.now + ms)


@dataclass(slots=True)
class Road:
    """The way to the exchange and back. `wire` hears of every order that leaves and of how it was answered."""

    market: SimMarket
    chance: Chance
    clock: SimClock
    wire: Callable[[str, dict[str, object]], None]
    unique: bool = True
    away_until: int = 0
    closed_until: int = 0
    banned_until: int = 0
    revoked: bool = False
    delisted: set[str] = field(default_factory=set)
    modes_now: AccountModes = field(default_factory=lambda: AccountModes(False, "cross", Decimal(5)))
    units_off: Decimal = Decimal(1)
    blind: bool = False
    coins: Mapping[str, Decimal] = field(default_factory=dict)

    def travel(self) -> None:
        """Take the time of a request, and let its road be broken."""
        chance, market = self.chance, self.market
        market.go(market.now + chance.random.randint(20, 200))
        if chance.strikes("F15"):
            self.away_until = market.now + chance.random.choice((1_000, 5_000, 30_000, 120_000))
        if chance.strikes("F17"):
            self.closed_until = market.now + chance.random.choice((10_000, 60_000))
        if chance.strikes("F16"):
            self.clock.apart = chance.random.choice((0, 400, -400, 1_500, -1_500, 30_000, -120_000))
            market.later.append((market.now + 20_000, self._right_the_clock))
        if chance.strikes("F23"):
            self.revoked = True

    def _right_the_clock(self) -> None:
        self.clock.apart = 0

    def read(self) -> None:
        """Come through to an answer, or raise what a reader raises."""
        self.travel()
        now = self.market.now
        if self.chance.calm:
            return
        if now < self.away_until:
            self.market.go(min(self.away_until, now + _TIMEOUT_MS))
            self.wire("hung", {})
            raise VenueUnreachable("no connection")
        if now < self.closed_until:
            raise VenueUnreachable("maintenance")
        if now < self.banned_until:
            raise VenueUnreachable(f"banned until {self.banned_until}")
        if self.revoked:
            raise VenueRefused("-2015 invalid key")
        if self.chance.strikes("F28"):
            raise StateUnknown("an answer without the field it must have")


@dataclass(slots=True)
class SimTrading:
    """Orders through the faults."""

    road: Road

    async def place(self, order: Order) -> Reply:
        """Send an order through the faults."""
        self.road.wire("sent", {"client_id": order.client_id, "order": order, "apart": self.road.clock.apart})
        self.road.travel()
        reply = self._placed(order)
        self.road.wire("replied", {"client_id": order.client_id, "reply": reply})
        return reply

    async def protect(self, order: Order) -> Reply:
        """Send a stop through the same faults."""
        return await self.place(order)

    def _placed(self, order: Order) -> Reply:
        chance, market = self.road.chance, self.road.market
        if not chance.calm:
            lost = self._lost(order)
            if lost is not None:
                return lost
        placed = self._accepted(order)
        if isinstance(placed, Refused):
            return placed
        if chance.strikes("F13"):
            # The road repeats the request, and the venue does not know an id when it comes again.
            self.road.wire("doubled", {"client_id": order.client_id})
            self._accepted(order)
        if not chance.calm:
            for fault in ("F5", "F7"):
                if chance.strikes(fault, 0.3):
                    # It says no for now, and has taken the order: what is sent again unseen is sent twice.
                    return Refused("-1008", "too busy", again=True)
            for fault, ms in (("F2", _TIMEOUT_MS), ("F3", 100), ("F4", 100), ("F6", 1_000)):
                if chance.strikes(fault):
                    market.go(market.now + ms)
                    return Unknown(fault)
        told = not chance.has("F28") and chance.random.random() < 0.3
        return Accepted(placed.order_id, placed.report() if told else None)

    def _lost(self, order: Order) -> Reply | None:
        """Return the answer to an order that did not arrive (yet), None where it arrives now."""
        chance, market, now = self.road.chance, self.road.market, self.road.market.now
        if now < self.road.away_until:
            market.go(min(self.road.away_until, now + _TIMEOUT_MS))
            return Unknown("no connection")
        refused = self._turned_away(now)
        if refused is not None:
            return refused
        if chance.strikes("F4", 0.5) or chance.strikes("F6", 0.5):
            return Unknown("5xx")
        if not chance.strikes("F1"):
            return None
        if chance.random.random() < 0.5:
            late = now + chance.random.randint(100, _WINDOW_MS)
            market.later.append((late, lambda: self._accepted(order)))
        market.go(now + _TIMEOUT_MS)
        return Unknown("time-out")

    def _turned_away(self, now: int) -> Refused | None:
        """Return what the venue itself says no with, None where it says nothing yet."""
        chance = self.road.chance
        if now < self.road.banned_until or chance.strikes("F5"):
            self.road.banned_until = max(self.road.banned_until, now + 10_000)
        reasons = (
            (now < self.road.closed_until, Refused("maintenance", "trading is not enabled", again=True)),
            (
                now < self.road.banned_until,
                Refused("-1003", f"banned until {self.road.banned_until}", again=True),
            ),
            (self.road.revoked, Refused("-2015", "invalid key, or address not allowed")),
            (
                abs(self.road.clock.apart) > _WINDOW_MS,
                Refused("-1021", "timestamp outside of the window", again=True),
            ),
            (chance.strikes("F7"), chance.random.choice(_REFUSALS)),
            (chance.strikes("F18"), Refused("-1111", "the lot has changed")),
        )
        return next((refused for holds, refused in reasons if holds), None)

    def _accepted(self, order: Order) -> Placed | Refused:
        """Take an order at the exchange itself."""
        market, name = self.road.market, order.instrument.name
        if name in self.road.delisted:
            return Refused("-4108", "the contract is being settled")
        if self.road.unique and market.find(order.client_id):
            return Refused("-4116", "this client id is in use")
        held = market.quantity(name)
        if order.reduce_only and held * order.quantity >= 0:
            return Refused("-2022", "reduce-only order is refused")
        if order.kind == "post_only" and order.price is not None:
            crosses = (
                order.price >= market.ask(order.instrument)
                if order.quantity > 0
                else order.price <= market.bid(order.instrument)
            )
            if crosses:
                return Refused("-5022", "would not be maker", again=True)
        return market.accept(order, slow=self._slow())

    def _slow(self) -> bool:
        """Whether an order fills bit by bit."""
        return self.road.chance.strikes("F8")

    async def cancel(self, order: Order) -> Reply:
        """Cancel through the faults."""
        self.road.travel()
        self.road.wire("cancel", {"client_id": order.client_id})
        now = self.road.market.now
        if not self.road.chance.calm:
            if now < self.road.away_until or self.road.chance.strikes("F3"):
                return Unknown("reset")
            if now < max(self.road.closed_until, self.road.banned_until) or self.road.revoked:
                return Unknown("not answered")
        found = self.road.market.find(order.client_id)
        if not found or not found[0].rest:
            return Refused("-2011", "unknown order")
        placed = found[0]
        if self.road.chance.strikes("F14"):
            self.road.market.fill(placed, placed.rest, order.price or self.road.market.mark(order.instrument))
        elif self.road.chance.has("F8") and self.road.chance.random.random() < 0.3:
            self.road.market.later.append((now + 800, lambda: self._end(placed)))
        else:
            self._end(placed)
        return Accepted(placed.order_id)

    def _end(self, placed: Placed) -> None:
        if placed.rest:
            placed.state = OrderState.CANCELLED

    async def order(self, order: Order) -> OrderReport | None:
        """Return what can be seen of an order."""
        self.road.read()
        seen = self.road.market.visible(self.road.market.find(order.client_id))
        if not seen:
            return None
        report = seen[0].report()
        if report.state is OrderState.FILLED and self.road.chance.strikes("F11", 0.5):
            # The status is there before the amounts are.
            return replace(report, filled=Decimal(0), average=None)
        return replace(report, average=None, reduce_only=None) if self.road.chance.has("F28") else report

    async def open_orders(self, instrument: Instrument) -> tuple[OrderReport, ...]:
        """Return what can be seen of live orders."""
        self.road.read()
        return tuple(p.report() for p in self.road.market.visible(self.road.market.live(instrument.name)))

    async def fills(self, instrument: Instrument, since: int) -> tuple[Fill, ...]:
        """Return what can be seen of fills."""
        self.road.read()
        return self.road.market.visible_fills(instrument.name, since)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """Yield a break, and no more: hints are handed over by the driver."""
        yield StreamEvent("lost", self.road.market.now)

    async def dead_man(self, seconds: int) -> bool:
        """Have a switch, and do nothing with it but count the write."""
        self.road.read()
        self.road.wire("dead man", {"seconds": seconds})
        return True


@dataclass(slots=True)
class SimAccount:
    """What is held, through the faults."""

    road: Road

    async def positions(self, instruments: Sequence[Instrument]) -> tuple[Holding, ...]:
        """Return positions as of a moment ago."""
        self.road.read()
        self.road.wire("positions", {})
        if self.road.chance.strikes("F12"):
            if self.road.chance.random.random() < 0.7:
                raise StateUnknown("the positions came without their list")
            return ()
        if self.road.blind and not self.road.chance.calm:
            return ()
        back = self.road.chance.random.randint(0, 2_000) if self.road.chance.has("F11") else 0
        return tuple(h for each in instruments if (h := self._holding(each, back)).quantity)

    def _holding(self, contract: Instrument, back: int) -> Holding:
        quantity, mark = self.road.market.quantity(contract.name, back), self.road.market.mark(contract)
        inverse = contract.payoff.value == "inverse"
        notional = abs(quantity) * (1 if inverse else mark) * self.road.units_off
        leg = self.road.market.legs[contract.name]
        return Holding(contract.name, quantity, "net", leg.entry or mark, mark, notional)

    async def balances(self) -> tuple[Balance, ...]:
        """Return the coins that are there as margin, all of them free: without any, the account is large enough."""
        self.road.read()
        return tuple(Balance(coin, "derivatives", there, there) for coin, there in self.road.coins.items())

    async def modes(self, instrument: Instrument) -> AccountModes:
        """Return how the account trades."""
        self.road.read()
        self.road.wire("modes", {"instrument": instrument.name})
        return self.road.modes_now

    async def configure(self, instrument: Instrument, modes: AccountModes) -> AccountModes:
        """Set what is not None, and return what is so then."""
        self.road.read()
        self.road.wire("configure", {"instrument": instrument.name})
        if not self.road.chance.strikes("F22"):
            now = self.road.modes_now
            self.road.modes_now = AccountModes(
                now.hedge if modes.hedge is None else modes.hedge,
                modes.margin_mode or now.margin_mode,
                modes.leverage or now.leverage,
            )
            self.road.wire("modes set", {"modes": self.road.modes_now})
        return self.road.modes_now

    async def permissions(self) -> Permissions:
        """Return a key that may trade."""
        self.road.read()
        return Permissions("main", trade=True, withdraw=False, ip_bound=True)

    async def paid(self, instrument: Instrument, since: int) -> tuple[FundingPaid, ...]:
        """Return funding payments."""
        self.road.read()
        return tuple(
            p for p in self.road.market.payments if p.instrument == instrument.name and p.at >= since
        )

    async def fees(self, instrument: Instrument) -> tuple[Decimal, Decimal]:
        """Return taker and maker."""
        self.road.read()
        return instrument.taker_fee, instrument.maker_fee


@dataclass(slots=True)
class SimQuotes:
    """Prices and the time, through the faults: of a market's data, all that the executor asks for."""

    road: Road

    async def instruments(self) -> tuple[Instrument, ...]:
        """Return the contracts."""
        self.road.read()
        return self.road.market.contracts

    async def tickers(self, instruments: Sequence[Instrument]) -> tuple[Ticker, ...]:
        """Return prices, some of which cannot be used."""
        self.road.read()
        self.road.wire("prices", {})
        return tuple(self._ticker(each) for each in instruments if each.name not in self.road.delisted)

    def _ticker(self, contract: Instrument) -> Ticker:
        market = self.road.market
        bid, ask, mark = market.bid(contract), market.ask(contract), market.mark(contract)
        right = Ticker(contract.name, market.now, mark, bid, ask, mark, mark)
        if not self.road.chance.strikes("F10"):
            return right
        wrong: tuple[Ticker, ...] = (
            replace(right, at=market.now - 60_000),
            replace(right, bid=ask, ask=bid),
            replace(right, mark=Decimal(0)),
            replace(right, mark=Decimal("NaN")),
            replace(right, bid=bid * 2, ask=ask * 2),
        )
        return self.road.chance.random.choice(wrong)

    async def funding(self, instrument: Instrument, since: int, until: int) -> tuple[FundingPrint, ...]:
        """Return no settlement: rates here have no past."""
        del instrument, since, until
        self.road.read()
        return ()

    async def tiers(self, instrument: Instrument) -> tuple[MarginTier, ...]:
        """Return the contract's brackets."""
        self.road.read()
        return instrument.tiers

    async def server_time(self) -> int:
        """Return the exchange's clock."""
        self.road.read()
        self.road.wire("time", {"apart": self.road.clock.apart})
        return self.road.market.now
