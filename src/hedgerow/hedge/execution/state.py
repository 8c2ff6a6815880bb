"""What the executor knows: orders as far as evidence goes, positions, prices, and how old each of them is.

These are named tuples, not dataclasses: every event makes some anew, and a tuple is copied four times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from hedgerow.hedge.execution.messages import Alarm, Command, Done
from hedgerow.hedge.execution.programme import Programme, ProgrammeLeg, Purpose
from hedgerow.model.orders import OPEN, Fill, Order, OrderState
from hedgerow.model.ports import Level, Ticker

__all__ = ["MINUTE_MS", "NEVER", "ExecutionState", "LegState", "Turn", "Work", "begun", "settled"]

NEVER = -(10**15)
"""Before every instant."""

MINUTE_MS = 75_000
"""A minute of writes, and the time-out by which they may arrive closer together than they were decided on."""

Checked = Literal["unknown", "right", "wrong"]
_ZERO = Decimal(0)


class Work(NamedTuple):
    """One order of ours. `filled` is the most that fills or reports say, `counted` what fills alone add up to.

    `absences` are the instants of questions that found no trace of it, position and fills included. `short_at` is when
    the venue first called it filled with less than all of it filled. `again` says that another attempt may follow.
    """

    order: Order
    intent: str
    attempt: int
    purpose: Purpose
    part: int
    state: OrderState
    sent_at: int
    order_id: str = ""
    filled: Decimal = _ZERO
    counted: Decimal = _ZERO
    asked_at: int = NEVER
    seen_at: int = NEVER
    absences: tuple[int, ...] = ()
    cancelled_at: int | None = None
    again: bool = False
    why: str = ""
    short_at: int | None = None

    @property
    def is_open(self) -> bool:
        """True while the rest may be live at the venue."""
        return self.state in OPEN

    @property
    def live(self) -> Decimal:
        """Signed units that may still fill."""
        return self.order.quantity - self.filled if self.state in OPEN else _ZERO


class LegState(NamedTuple):
    """One leg on its way.

    `held` is the last position read (None: never), asked for at `held_at`. `changed_at` is when our orders or fills
    last changed what it should be, `off_at` since when it is not that. `foreign` are units that moved without us.
    """

    leg: ProgrammeLeg
    work: tuple[Work, ...] = ()
    keys: frozenset[str] = frozenset()
    orphans: tuple[Fill, ...] = ()
    foreign: Decimal = _ZERO
    held: Decimal | None = None
    held_at: int = NEVER
    quote: Ticker | None = None
    quote_at: int = NEVER
    units: Checked = "unknown"
    modes: Checked = "unknown"
    changed_at: int = NEVER
    off: Decimal | None = None
    off_at: int = NEVER
    fills_at: int = NEVER
    blocked: str = ""

    @property
    def done(self) -> Decimal:
        """Signed units that our orders for the plan have traded, what was undone taken off."""
        done = _ZERO
        for work in self.work:
            if work.purpose != "protect":
                done += work.filled
        return done

    @property
    def live(self) -> Decimal:
        """Signed units that our orders for the plan may still trade."""
        live = _ZERO
        for work in self.open_work:
            live += work.live
        return live

    @property
    def expected(self) -> Decimal:
        """The position that fills add up to."""
        expected = self.leg.start + self.foreign
        for work in self.work:
            expected += work.filled
        return expected

    @property
    def open_work(self) -> tuple[Work, ...]:
        """Orders for the plan that may be live."""
        if not self.work:
            return ()
        return tuple([w for w in self.work if w.state in OPEN and w.purpose != "protect"])

    @property
    def stop(self) -> Work | None:
        """The last protective stop."""
        return next((w for w in reversed(self.work) if w.purpose == "protect"), None)


class ExecutionState(NamedTuple):
    """Everything that decides what comes next; equal states take equal decisions.

    `halted`, `frozen` and `replan` say why no more risk is taken. `exposed_ms` is how long some legs were further on
    than others. `since` is when this process began to look, or prices were last known. `asked` is when each question last left, `alarms` what was said already, `writes` the instants of the
    last minute's writes.
    """

    programme: Programme
    legs: tuple[LegState, ...]
    at: int
    halted: str | None = None
    frozen: str = ""
    replan: str = ""
    unwinding: bool = False
    given_up: bool = False
    skew: int | None = None
    skew_at: int = NEVER
    dead_man: bool | None = None
    dead_man_at: int = NEVER
    dead_man_s: int = 0
    exposed_ms: int = 0
    since: int = NEVER
    asked: Mapping[str, int] = MappingProxyType({})
    writes: tuple[int, ...] = ()
    alarms: frozenset[str] = frozenset()
    ended: Done | None = None

    @property
    def recent(self) -> int:
        """How many writes the last minute has seen."""
        return sum(at > self.at - MINUTE_MS for at in self.writes)


def settled(state: ExecutionState, leg: LegState) -> bool:
    """Return whether nothing is live or unknown and a position read since then is what fills add up to."""
    return (
        leg.held is not None
        and not leg.open_work
        and leg.held_at >= leg.changed_at + state.programme.rules.quiet_ms
        and leg.held == leg.expected
    )


def begun(programme: Programme) -> ExecutionState:
    """Return the state before anything is known but what was written before the plan."""
    legs = tuple(LegState(leg) for leg in programme.legs)
    return ExecutionState(programme, legs, programme.at, writes=programme.earlier)


@dataclass(slots=True)
class Turn:
    """One step being taken: the state as it stands, and what was asked for so far."""

    state: ExecutionState
    commands: list[Command] = field(default_factory=list)

    @property
    def at(self) -> int:
        """The instant of the event."""
        return self.state.at

    def leg(self, index: int, **changes: Any) -> LegState:
        """Change a leg, and return it."""
        legs = self.state.legs
        leg = legs[index]._replace(**changes)
        self.state = self.state._replace(legs=(*legs[:index], leg, *legs[index + 1 :]))
        return leg

    def work(self, index: int, before: Work, after: Work) -> None:
        """Put one order's new standing in place of the old."""
        if after is not before:
            self.leg(index, work=tuple(after if w is before else w for w in self.state.legs[index].work))

    def note(self, **changes: Any) -> None:
        """Change what concerns all legs."""
        self.state = self.state._replace(**changes)

    def due(self, question: str, every_ms: int) -> bool:
        """Return True, and remember it, where a question has not been asked for so long."""
        asked = self.state.asked
        if self.at - asked.get(question, NEVER) < every_ms:
            return False
        self.note(asked={**asked, question: self.at})
        return True

    def alarm(self, level: Level, title: str, text: str) -> None:
        """Tell somebody, once."""
        key = f"{title}: {text}"
        if key not in self.state.alarms:
            self.note(alarms=self.state.alarms | {key})
            self.commands.append(Alarm(level, title, text))

    def freeze(self, why: str) -> None:
        """Stop trading for good: what exists is not what it should be."""
        if not self.state.frozen:
            self.note(frozen=why)
        self.alarm("critical", "trading is frozen", why)

    def wrote(self) -> None:
        """Count one write."""
        recent = tuple(at for at in self.state.writes if at > self.at - MINUTE_MS)
        self.note(writes=(*recent, self.at))

    def may_write(self) -> bool:
        """Return whether anything at all may be written this minute."""
        return self.state.recent < self.state.programme.rules.writes
