"""What must hold after every event, looked at from the exchange's side and from the journal's (reliability.md §3.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from hedgerow.hedge.execution import Alarm, Command, Done, ExecutionState, Programme, Rules
from hedgerow.model.orders import Fill, Order
from hedgerow.model.ports import FundingPaid, Lease
from hedgerow.model.watched import Look
from hedgerow.runs.wire import value_of
from hedgerow.testing.faults.market import Placed

__all__ = ["Watch"]

_ZERO = Decimal(0)
_MINUTE = 60_000
_WRITES = {"sent", "cancel", "dead man", "configure"}


class Looked(Protocol):
    """The exchange as a watch looks at it: its instant, every order it ever took, and what is held."""

    @property
    def now(self) -> int:
        """The instant, in milliseconds."""

    @property
    def placed(self) -> list[Placed]:
        """Every order."""

    def quantity(self, name: str) -> Decimal:
        """Return a position in units."""


class Standing(Protocol):
    """A journal as a watch looks at it: who is halted, and who holds what."""

    def halted(self, account: str) -> str | None:
        """Return why the account is halted, or None."""

    def leases(self) -> tuple[tuple[Lease, int], ...]:
        """Return every account's lease and the milliseconds that it has left."""


@dataclass(slots=True)
class Watch:
    """Hears of every intent, send, answer and fill; `history` is what the independent checker reads afterwards.

    `besides` is what is noted of the world when a programme begins, `coins` what coins of fees are worth in dollars.
    """

    market: Looked
    store: Standing
    account: str
    rules: Rules
    violations: list[str] = field(default_factory=list)
    history: list[tuple[int, str, Mapping[str, Any]]] = field(default_factory=list)
    holder: str = ""
    programme: Programme | None = None
    intents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    writes: deque[int] = field(default_factory=deque)
    read_at: dict[str, int] = field(default_factory=dict)
    apart: int | None = None
    doubled: set[str] = field(default_factory=set)
    ended: str = ""
    arriving: bool = False
    on_look: Callable[[Look], None] | None = None
    besides: Callable[[], Mapping[str, Any]] = dict
    coins: Mapping[str, Decimal] = field(default_factory=lambda: {"USDT": Decimal(1)})

    def broken(self, invariant: str, what: str) -> None:
        """Note a violation."""
        self.violations.append(f"{invariant} at {self.market.now}: {what}")

    def note(self, kind: str, body: Mapping[str, Any]) -> None:
        """Add a line to the history."""
        self.history.append((self.market.now, kind, body))

    def begin(self, programme: Programme) -> None:
        """Watch another programme."""
        self.programme, self.arriving = programme, True
        legs = {leg.name: (leg.start, leg.planned) for leg in programme.legs}
        deadline = max((leg.style.deadline_ms for leg in programme.legs), default=0)
        body = {"plan": programme.plan, "legs": legs, "deadline_ms": deadline, "ahead": programme.ahead}
        self.note("programme", {**body, **self.besides()})

    def written(self, kind: str, body: Mapping[str, Any]) -> None:
        """Hear of a record that is durable now."""
        if kind == "programme" and (self.programme is None or body["plan"] != self.programme.plan):
            self.begin(value_of(body))
        if kind == "look" and self.on_look is not None:
            self.on_look(value_of(body))
        if kind == "done":
            self.ended = str(body["outcome"])
        if kind == "sent":
            name = str(body["client_id"])
            if name in self.intents:
                self.broken("I1", f"{name} was written twice")
            self.intents[name] = body
            self.note("intent", body)

    def wire(self, kind: str, body: dict[str, object]) -> None:
        """Hear of what reaches the venue's door."""
        if kind in _WRITES:
            self._write(kind)
        if kind in {"prices", "positions", "time"}:
            self._read(kind, body)
        elif kind == "doubled":
            self.doubled.add(str(body["client_id"]))
            self.note("doubled", body)
        elif kind == "sent" and isinstance(order := body["order"], Order):
            self._sent(order, body.get("apart", self.apart))
        elif kind in {"hung", "modes set"}:
            self.note(kind, body)
        elif kind == "replied":
            self.note("replied", {"client_id": body["client_id"], "reply": type(body["reply"]).__name__})

    def _write(self, kind: str) -> None:
        self.writes.append(self.market.now)
        while self.writes[0] <= self.writes[-1] - _MINUTE:
            self.writes.popleft()
        if len(self.writes) > self.rules.writes:
            self.broken("I8", f"{len(self.writes)} writes in a minute")
        if kind != "sent":
            self.note("write", {"what": kind})

    def _read(self, kind: str, body: Mapping[str, object]) -> None:
        self.read_at[kind] = self.market.now
        if kind == "prices" and self.arriving:
            self.arriving = False
            self.note("arrival", self.besides())
        if kind == "time":
            self.apart = int(str(body["apart"]))
        self.note("read", {"what": kind, "apart": self.apart} if kind == "time" else {"what": kind})

    def _sent(self, order: Order, apart: object) -> None:
        name, now = order.client_id, self.market.now
        self.note("sent", {**_order_said(order), "apart": apart, "holder": self.holder})
        if name not in self.intents:
            self.broken("R1", f"{name} left before it was written")
        if name in self.sent:
            self.broken("I1", f"{name} was sent twice")
        self.sent.add(name)
        # A request takes up to 200 ms to arrive.
        if now - self.read_at.get("prices", 0) > self.rules.price_ms + 1_500:
            self.broken("I7", f"{name} left on a price of {self.read_at.get('prices')}")
        if now - self.read_at.get("positions", 0) > self.rules.position_ms + 1_500:
            self.broken("I7", f"{name} left on a position of {self.read_at.get('positions')}")
        # A reading may have failed, and the clock been put right since.
        if self.apart is None or min(abs(self.apart), abs(int(str(apart)))) > self.rules.skew_ms + 300:
            self.broken("I7", f"{name} left with clocks {self.apart} apart")
        if self.store.halted(self.account) and not order.reduce_only:
            self.broken("I9", f"{name} left after the halt")
        held = {lease.holder for lease, left in self.store.leases() if left and lease.account == self.account}
        if held != {self.holder}:
            self.broken("I7", f"{name} was sent by {self.holder} while {held} held the lease")

    def filled(self, placed: Placed | None, fill: Fill) -> None:
        """Hear of a fill at the exchange."""
        client_id = placed.order.client_id if placed else ""
        self.note(
            "fill",
            {
                "client_id": client_id,
                "instrument": fill.instrument,
                "quantity": fill.quantity,
                "price": fill.price,
                "fee": fill.fee,
                "fee_coin": fill.fee_coin,
                "coin_usd": self.coins.get(fill.fee_coin, _ZERO),
                "reduce_only": placed is not None and placed.order.reduce_only,
            },
        )
        if placed is None:
            return
        if placed.order.reduce_only:
            after = self.market.quantity(fill.instrument)
            before = after - fill.quantity
            if abs(after) > abs(before) or after * before < 0:
                self.broken("I3", f"{client_id} took the position from {before} to {after}")
        self.at_venue()

    def paid(self, paid: FundingPaid) -> None:
        """Hear of a funding payment."""
        self.note("paid", {"instrument": paid.instrument, "amount": paid.amount, "coin": paid.coin})

    def at_venue(self) -> None:
        """Check that what was done and may be live there is within the plan (I2), and every id is there once (I1)."""
        if self.programme is None:
            return
        for index, leg in enumerate(self.programme.legs):
            traded = undone = undoing = _ZERO
            orders = _orders_of(self, self.programme.plan, index, leg.name)
            if any(placed.order.client_id in self.doubled for placed, _ in orders):
                continue  # the road made a second of one: none of the hand's doing, and `check_history` has its own rule
            for placed, purpose in orders:
                if purpose in {"trade", "finish"}:
                    traded += placed.filled + placed.rest
                elif purpose == "unwind":
                    undone += placed.filled
                    undoing += placed.rest
            if abs(traded) > abs(leg.planned) or traded * leg.planned < 0:
                self.broken("I2", f"{traded} units of {leg.name} done or live, {leg.planned} planned")
            if abs(undone + undoing) > abs(traded) or (undone + undoing) * traded > 0:
                self.broken("I2", f"{undone + undoing} units of {leg.name} undone, {traded} done")

    def after(self, state: ExecutionState) -> None:
        """Check the executor's own state after an event."""
        for leg in state.legs:
            total = leg.done + leg.live
            over = abs(total) > abs(leg.leg.planned) or total * leg.leg.planned < 0
            if over and not state.frozen:
                self.broken("I2", f"{total} units of {leg.leg.name} in the state, {leg.leg.planned} planned")
        if state.ended is not None and any(
            w.is_open and w.purpose != "protect" for leg in state.legs for w in leg.work
        ):
            self.broken("I4", "ended while an order may be live")

    def said(self, state: ExecutionState, commands: Sequence[Command]) -> None:
        """Note alarms, and the end of a programme: what is live at the venue then, and which alarms the journal leads to."""
        for command in commands:
            if isinstance(command, Alarm):
                self.note("alarm", {"level": command.level, "alarm": f"{command.title}: {command.text}"})
            elif isinstance(command, Done):
                self._over(state.programme.plan, command.outcome, state.alarms)

    def over_already(self) -> None:
        """Note the end that a process wrote and died of before anybody heard; what it had said was written before."""
        said = frozenset(str(body["alarm"]) for _, kind, body in self.history if kind == "alarm")
        if self.programme is not None and self.ended:
            self._over(self.programme.plan, self.ended, said)

    def _over(self, plan: str, outcome: str, alarms: frozenset[str]) -> None:
        self.ended = ""
        live = [p for p in self.market.placed if p.rest and p.order.stop is None]
        names = [
            p.order.client_id for p in live if self.intents.get(p.order.client_id, {}).get("plan") == plan
        ]
        self.note("done", {"plan": plan, "outcome": outcome, "live": names, "alarms": alarms})

    def resumed(self, state: ExecutionState) -> None:
        """Check that no intention was lost in a restart (I4)."""
        plan = state.programme.plan
        known = {w.order.client_id for leg in state.legs for w in leg.work}
        self.note("resumed", {"plan": plan, "known": frozenset(known), "alarms": state.alarms})
        lost = [name for name, body in self.intents.items() if body.get("plan") == plan and name not in known]
        if lost:
            self.broken("I4", f"{lost} are not in the state after a restart")


def _orders_of(watch: Watch, plan: str, leg: int, name: str) -> list[tuple[Placed, str]]:
    """Return the orders of a plan's leg at the venue, and what each is for."""
    found = []
    for placed in watch.market.placed:
        intent = watch.intents.get(placed.order.client_id, {})
        if (intent.get("plan"), intent.get("leg"), placed.order.instrument.name) == (plan, leg, name):
            found.append((placed, str(intent["purpose"])))
    return found


def _order_said(order: Order) -> dict[str, Any]:
    return {"client_id": order.client_id, "quantity": order.quantity, "reduce_only": order.reduce_only}
