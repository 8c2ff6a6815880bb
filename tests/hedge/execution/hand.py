"""A hand to drive `step` with, one event at a time, and a contract to trade."""

from __future__ import annotations

from decimal import Decimal

from tests.hedge.books import contract

from hedgerow.hedge.execution import (
    ANY_MODES,
    Alarm,
    Cancel,
    Command,
    Configure,
    Event,
    ExecutionState,
    FillsRead,
    Held,
    ModesRead,
    NotFound,
    NotSent,
    Part,
    Priced,
    Programme,
    ProgrammeLeg,
    Replied,
    Reported,
    Rules,
    Send,
    Style,
    Tick,
    Timed,
    begun,
    step,
)
from hedgerow.model.instruments import Instrument, Payoff
from hedgerow.model.orders import (
    Accepted,
    Fill,
    FillKind,
    Order,
    OrderReport,
    OrderState,
    Refused,
    Reply,
    Unknown,
)
from hedgerow.model.ports import AccountModes, Holding, Ticker

__all__ = ["BEGIN", "BTC", "ETH", "INVERSE", "Hand", "leg", "programme"]

BEGIN = 1_700_000_000_000
BTC = contract()
ETH = contract("ETHUSDT", "ETH", lot="0.01")
INVERSE = contract("BTCUSD_PERP", "BTC", Payoff.INVERSE, "100", "1")
PRICE = Decimal(50_000)


def leg(
    planned: str,
    *parts: str,
    instrument: Instrument = BTC,
    start: str = "0",
    reduce_only: bool = False,
    style: Style | None = None,
    stop: str | None = None,
    wanted: AccountModes = ANY_MODES,
    stop_at: str | None = None,
) -> ProgrammeLeg:
    """A leg in these parts, or in one."""
    cut = tuple(Part(Decimal(part), reduce_only) for part in parts or (planned,))
    return ProgrammeLeg(
        instrument,
        Decimal(start),
        Decimal(planned),
        cut,
        style or Style(),
        wanted,
        None if stop is None else Decimal(stop),
        None if stop_at is None else Decimal(stop_at),
    )


def programme(*legs: ProgrammeLeg, plan: str = "plan", rules: Rules | None = None) -> Programme:
    """A programme of these legs."""
    return Programme(plan, "paper:main", BEGIN, legs, rules or Rules())


class Hand:
    """The state and everything it has asked for. `held` is what the venue says is held, by contract."""

    def __init__(self, *legs: ProgrammeLeg, rules: Rules | None = None) -> None:
        self.state: ExecutionState = begun(programme(*legs, rules=rules))
        self.said: list[Command] = []
        self.fed: list[Event] = []
        self.now = BEGIN
        self.held = {each.name: each.start for each in legs}
        self.price = PRICE
        self.trades = 0

    def feed(self, event: Event) -> tuple[Command, ...]:
        """Take one event."""
        self.fed.append(event)
        self.state, commands = step(self.state, event)
        self.said += commands
        return commands

    def wait(self, ms: int, *, halted: str | None = None) -> None:
        """Let time pass, half a second at a time, and give every answer that is always asked for."""
        for _ in range(max(ms // 500, 1)):
            self.now += 500
            self.feed(Tick(self.now, halted))
            self.look()

    def ready(self, **more: object) -> Hand:
        """Tell all that has to be known before the first order."""
        self.feed(Timed(self.now, 20))
        for each in self.state.legs:
            self.feed(ModesRead(self.now, each.leg.name, AccountModes(False, "cross", Decimal(5))))
        self.look()
        return self

    def look(self) -> None:
        """Answer with prices and positions as they are."""
        names = tuple(self.held)
        prices = tuple(self.ticker(name) for name in names)
        self.feed(Priced(self.now, self.now, prices))
        self.feed(Held(self.now, self.now, names, self.holdings()))

    def ticker(self, name: str) -> Ticker:
        """Prices of a contract now."""
        tick = Decimal("0.1")
        return Ticker(
            name, self.now, self.price, self.price - tick, self.price + tick, self.price, self.price
        )

    def holdings(self) -> tuple[Holding, ...]:
        """Positions as the venue says them."""
        return tuple(
            Holding(name, q, "net", self.price, self.price, self.notional(name, q))
            for name, q in self.held.items()
            if q
        )

    def notional(self, name: str, quantity: Decimal) -> Decimal:
        """What the venue prints as the position's worth."""
        return abs(quantity) * (1 if name == INVERSE.name else self.price)

    @property
    def sends(self) -> list[Order]:
        """Every order that was sent."""
        return [c.order for c in self.said if isinstance(c, Send)]

    @property
    def cancels(self) -> list[Order]:
        """Every order that was asked to end."""
        return [c.order for c in self.said if isinstance(c, Cancel)]

    @property
    def alarms(self) -> list[str]:
        """What somebody was told."""
        return [f"{c.level}: {c.title}: {c.text}" for c in self.said if isinstance(c, Alarm)]

    @property
    def configured(self) -> list[Configure]:
        """Which modes were set."""
        return [c for c in self.said if isinstance(c, Configure)]

    @property
    def ended(self) -> str:
        """How it ended, nothing before it did."""
        return self.state.ended.outcome if self.state.ended else ""

    def reply(self, order: Order, reply: Reply) -> None:
        """Answer an order."""
        self.feed(Replied(self.now, order.client_id, reply))

    def accept(self, order: Order) -> None:
        """Accept an order, and say no more than its id."""
        self.reply(order, Accepted(f"x{order.client_id[-6:]}"))

    def refuse(self, order: Order, *, again: bool = False) -> None:
        """Refuse an order."""
        self.reply(order, Refused("-2019", "margin is insufficient", again=again))

    def not_sent(self, order: Order) -> None:
        """Say that an order never left."""
        self.feed(NotSent(self.now, order.client_id, "its turn took too long"))

    def turn_away(self, order: Order) -> None:
        """Refuse an order for now, and let two looks a settle time apart find nothing of it."""
        self.refuse(order, again=True)
        for ms in (4_000, 16_000):
            self.wait(ms)
            self.absent(order)

    def lose(self, order: Order) -> None:
        """Leave it open whether an order arrived."""
        self.reply(order, Unknown("time-out"))

    def report(self, order: Order, state: OrderState, filled: str = "0") -> None:
        """Say how an order stands."""
        self.feed(
            Reported(
                self.now,
                self.now,
                OrderReport(
                    order.client_id,
                    f"x{order.client_id[-6:]}",
                    order.instrument.name,
                    state,
                    order.quantity,
                    Decimal(filled),
                ),
            )
        )

    def fill(self, order: Order, quantity: Decimal | str | None = None, *, moves: bool = True) -> Fill:
        """Fill an order, all of it unless told otherwise; the position follows if it `moves`."""
        amount = order.quantity if quantity is None else Decimal(quantity)
        fill = self.traded(order.instrument.name, amount, order.client_id, f"x{order.client_id[-6:]}")
        if moves:
            self.held[order.instrument.name] += amount
        self.feed(FillsRead(self.now, self.now, order.instrument.name, (fill,)))
        return fill

    def traded(
        self,
        name: str,
        quantity: Decimal,
        client_id: str = "",
        order_id: str = "y1",
        kind: FillKind = "trade",
    ) -> Fill:
        """A fill as the venue tells it."""
        self.trades += 1
        return Fill(
            "paper",
            "main",
            f"t{self.trades}",
            order_id,
            client_id,
            name,
            quantity,
            self.price,
            Decimal("0.01"),
            "USDT",
            self.now,
            kind=kind,
        )

    def absent(self, order: Order, *fills: Fill) -> None:
        """Say that nothing is known of an order, with all other evidence."""
        held = self.held[order.instrument.name]
        self.feed(NotFound(self.now, self.now, order.client_id, held, fills, ()))

    def no_fills(self) -> None:
        """Answer that no fill is new."""
        for name in self.held:
            self.feed(FillsRead(self.now, self.now, name, ()))
