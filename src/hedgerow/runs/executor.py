"""The one loop that trades: event → step → journal → act. To stop it anywhere is a supported way to stop it.

Executor(doors, store, clock, notifier).run(programme) -> Done

Starting is recovering: the journal is folded, the venue is asked, and whatever was being sent is unknown until there is
evidence. An order is in the journal before its first byte leaves; nothing here sends anything twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, assert_never

from hedgerow.hedge.execution import (
    Alarm,
    Cancel,
    CancelReplied,
    Command,
    Configure,
    DeadMan,
    Done,
    Event,
    ExecutionState,
    FillsRead,
    Gap,
    Look,
    NotSent,
    Programme,
    Query,
    Replied,
    Reported,
    Restarted,
    Send,
    Tick,
    Timed,
    begun,
    step,
)
from hedgerow.hedge.execution.state import NEVER
from hedgerow.model.errors import (
    BrokenPromise,
    Halted,
    HedgerowError,
    StateUnknown,
    UnitMismatch,
    UsageError,
)
from hedgerow.model.orders import Fill, Refused, Unknown
from hedgerow.model.ports import Clock, Lease, Notifier, Record, Store, StreamEvent, last_look
from hedgerow.runs.asking import Question, answered, jumped, unseen
from hedgerow.runs.pen import DONE, EVENT, PROGRAMME, SENT, Pen
from hedgerow.runs.points import pp
from hedgerow.runs.reconcile import Doors, Reconciled, reconcile
from hedgerow.runs.wire import body_of, value_of

__all__ = ["Executor", "Pace", "Recalled", "recalled"]

_STALE_MS = 5_000
"""How old a turn may be after what its door had to read: older prices are no ground for an order."""
_ANEW = "Plan again, and trade that: the same plan, too, where the account holds again what it was made for."


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the loop turns and how long its lease lasts, in milliseconds.

    An order whose turn is `late_ms` old is not sent: what it rested on is. The lease must outlive a send by `margin_ms`.
    """

    turn_ms: int = 500
    lease_ms: int = 15_000
    late_ms: int = 1_000
    margin_ms: int = 2_000


class Recalled(NamedTuple):
    """What a stream's events lead to.

    `state` is None where no programme was begun or the last one is done; `plans` are the names of all that were ever
    begun, `writes` the instants of the last writes of the one that is done.
    """

    state: ExecutionState | None
    plans: frozenset[str]
    writes: tuple[int, ...]


def recalled(records: Iterable[Record]) -> Recalled:
    """Return what a stream's events lead to.

    Raises `BrokenPromise` where that is other orders than the journal holds: another version wrote it.
    """
    plans: set[str] = set()
    last: list[Record] = []
    writes: tuple[int, ...] = ()
    for record in records:
        if record.kind == PROGRAMME:
            plans.add(str(record.body["plan"]))
            last = []
        if record.kind == DONE:
            last = []
            writes = _written(record)
        if record.kind == PROGRAMME or (last and record.kind in {EVENT, SENT}):
            last.append(record)
    state = _folded(last) if last else None
    if state is not None and state.ended is not None:
        writes = state.writes
        state = None
    return Recalled(state, frozenset(plans), writes)


def _written(done: Record) -> tuple[int, ...]:
    """Return the last writes that the end of a programme tells of; versions before told none."""
    writes = done.body.get("writes")
    return tuple(writes) if isinstance(writes, list) else ()


def _folded(records: Sequence[Record]) -> ExecutionState:
    """Return what one programme's records lead to, each order of it where its events lead to one."""
    state = begun(value_of(records[0].body))
    expected: deque[str] = deque()
    for record in records[1:]:
        if record.kind == EVENT:
            state, commands = step(state, value_of(record.body))
            expected.extend(c.order.client_id for c in commands if isinstance(c, Send))
        elif not expected or expected.popleft() != record.body["client_id"]:
            raise BrokenPromise(
                f"record {record.seq} is an order that its events do not lead to",
                advice="It was written by another version: finish with that one, or `hedgerow reconcile`.",
            )
    return state


def _explained(found: Reconciled) -> None:
    """Raise `StateUnknown` where a contract must not be traded before a person has looked."""
    if found.frozen:
        raise StateUnknown(
            f"{', '.join(found.frozen)}: the venue holds what no fill explains",
            advice="Look at it, then `hedgerow reconcile --adopt`.",
        )


def _after(programme: Programme, writes: Iterable[int], now: int) -> Programme:
    """Return the programme with what was written before it; by a clock that was ahead, at the latest now."""
    return replace(programme, earlier=tuple(min(at, now) for at in writes))


def _trades(state: ExecutionState | None, instrument: str) -> bool:
    return state is not None and any(leg.leg.name == instrument for leg in state.legs)


class Executor:
    """One account's hand. Made anew for every run: all that lasts is in the store."""

    def __init__(
        self, doors: Doors, store: Store, clock: Clock, notifier: Notifier, pace: Pace | None = None
    ) -> None:
        self._doors, self._store, self._clock, self._notifier = doors, store, clock, notifier
        self._pace = pace or Pace()
        self._state: ExecutionState | None = None
        self._anchor = self._offset = clock.now() - clock.monotonic()
        self._hints: deque[StreamEvent] = deque()
        self._pen = Pen(store, clock, self._now, self._pace.lease_ms)

    @property
    def state(self) -> ExecutionState | None:
        """What is known of the programme, None before the first."""
        return self._state

    def hint(self, event: StreamEvent) -> None:
        """Take note of what a stream says; it is acted on at the next turn."""
        self._hints.append(event)

    async def run(self, account: str, holder: str | Lease, programme: Programme | None = None) -> Done | None:
        """Finish what the journal holds unfinished, else carry out `programme`; None where there is neither.

        `holder` takes a lease for as long as it runs. Whoever acts on what was seen before gives the lease seen under.
        Raises `LeaseHeld` or `LeaseLost` where another process writes, `StateUnknown` where the venue holds what nothing
        explains, `UsageError` for a plan that was begun before, `BrokenPromise` where an invariant does not hold.
        """
        self._pen.take(account, holder)
        try:
            pp("executor.leased")
            if not await self._recover(programme):
                return None
            return await self._loop()
        finally:
            self._pen.give_back()

    def _now(self) -> int:
        """Return the instant as our clock had it at the start, plus what has passed: no jump of the clock moves it."""
        return self._anchor + self._clock.monotonic()

    async def _recover(self, programme: Programme | None) -> bool:
        state, plans, writes = recalled(self._store.read(self._pen.lease.account))
        pp("recover.recalled")
        found = await self._look_around(state, programme)
        pp("recover.reconciled")
        if state is not None:
            self._state = state
            await self._feed(Restarted(self._now()))
            pp("recover.restarted")
            return True
        if programme is None:
            return False
        if programme.plan in plans:
            raise UsageError(f"plan {programme.plan[:12]} was traded before", advice=_ANEW)
        _explained(found)
        programme = _after(programme, writes, self._now())
        pp("executor.before_begin")
        self._pen.append([(PROGRAMME, body_of(programme))])
        pp("executor.after_begin")
        self._state = begun(programme)
        return True

    async def _look_around(self, state: ExecutionState | None, programme: Programme | None) -> Reconciled:
        legs = [leg.leg for leg in state.legs] if state else list(programme.legs) if programme else []
        # What an unfinished programme left under way explains itself while it is settled.
        unsettled = frozenset(leg.name for leg in legs) if state else frozenset()
        contracts = [leg.instrument for leg in legs]
        return await reconcile(
            self._doors, self._store, self._clock, self._pen.lease, contracts, unsettled=unsettled
        )

    async def _loop(self) -> Done:
        while True:
            self._pen.renew()
            await self._take_hints()
            await self._watch_clock()
            await self._feed(Tick(self._now(), self._pen.halted()))
            pp("executor.turned")
            ended = self._state.ended if self._state else None
            if ended is not None:
                return ended
            await self._clock.sleep(self._pace.turn_ms)

    async def _take_hints(self) -> None:
        while self._hints:
            hint = self._hints.popleft()
            now = self._now()
            if hint.kind == "lost":
                await self._feed(Gap(now))
            # Nothing was asked: one message does not show that no other is missing, nor that an order can be read back.
            # What happens in other contracts is no part of this programme, and its journal does not know them.
            if hint.order is not None and _trades(self._state, hint.order.instrument):
                await self._feed(Reported(now, NEVER, hint.order))
            if hint.fill is not None and _trades(self._state, hint.fill.instrument):
                await self._feed(FillsRead(now, NEVER, hint.fill.instrument, self._new((hint.fill,))))

    async def _watch_clock(self) -> None:
        """Measure a clock that jumped anew, at once: what was known of it is worth nothing."""
        offset = self._clock.now() - self._clock.monotonic()
        if jumped(self._clock, self._offset):
            for event in await self._ask(Look("time")):
                await self._feed(event)
                self._offset = offset if isinstance(event, Timed) else self._offset

    async def _feed(self, event: Event) -> None:
        """Take an event, and whatever comes of it, to the end."""
        events: deque[Event] = deque([event])
        while events:
            for command in self._taken(events.popleft()):
                events.extend(await self._act(command))

    def _taken(self, event: Event) -> tuple[Command, ...]:
        """Step, write, and only then know."""
        before = self._state
        if before is None:
            return ()
        state, commands = step(before, event)
        try:
            self._pen.write(event, commands, state.writes)
        except Halted as why:
            # The halt came between the turn's look and its order: nothing was written, so decide again knowing it.
            halt = Tick(event.at, why.message)
            return (
                self._taken(halt) + self._taken(event) if not isinstance(event, Tick) else self._taken(halt)
            )
        self._state = state
        return commands

    async def _act(self, command: Command) -> list[Event]:
        match command:
            case Send():
                return await self._send(command)
            case Cancel():
                return await self._cancel(command)
            case Alarm():
                self._notifier.notify(command.level, command.title, command.text)
                return []
            case Done():
                return []
            case Query() | Look() | Configure() | DeadMan():
                return await self._ask(command)
            case _:
                assert_never(command)

    async def _send(self, send: Send) -> list[Event]:
        """Let an order leave, once, if the lease holds, no halt has come and its turn is not stale."""
        order = send.order
        pp("executor.before_send")
        why = self._held_back(send, self._pace.late_ms)
        if why:
            return [NotSent(self._now(), order.client_id, why)]
        place = self._doors.trading.protect if order.stop is not None else self._doors.trading.place
        looks = last_look.set(lambda: self._held_back(send, _STALE_MS))
        try:
            reply = await place(order)
        except UnitMismatch as wrong:
            reply = Refused("units", wrong.message)  # a door looks at them before it sends, and sent nothing
        except HedgerowError as failed:
            # A door returns its three answers; one that raises has not said that the order does not exist.
            reply = Unknown(failed.message)
        finally:
            last_look.reset(looks)
        pp("executor.after_send")
        if (
            isinstance(reply, Refused)
            and reply.code == "not-sent"
            and (why := self._held_back(send, _STALE_MS))
        ):
            return [NotSent(self._now(), order.client_id, why)]
        return [Replied(self._now(), order.client_id, reply)]

    def _held_back(self, send: Send, late_ms: int) -> str:
        if not self._pen.lasts(self._pace.margin_ms):
            return "the lease is about to run out"
        if (halted := self._pen.halted()) is not None and not send.order.reduce_only:
            return f"halted: {halted}"
        if jumped(self._clock, self._offset):
            return "the clock jumped since it was measured"
        late = self._state is None or self._now() > self._state.at + late_ms
        return "its turn took too long" if late else ""

    async def _cancel(self, cancel: Cancel) -> list[Event]:
        pp("executor.before_cancel")
        try:
            reply = await self._doors.trading.cancel(cancel.order)
        except HedgerowError as failed:
            reply = Unknown(failed.message)
        pp("executor.after_cancel")
        return [CancelReplied(self._now(), cancel.order.client_id, reply)]

    def _ask(self, question: Question) -> Awaitable[list[Event]]:
        legs = self._state.legs if self._state else ()
        return answered(question, self._doors, self._clock, self._now, legs)

    def _new(self, fills: Iterable[Fill]) -> tuple[Fill, ...]:
        return unseen(fills, self._state.legs if self._state else ())
