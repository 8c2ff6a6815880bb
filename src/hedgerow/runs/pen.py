"""Who holds the pen of an account: its lease, and the one way by which events, fills and orders come into the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hedgerow.hedge.execution import (
    Command,
    Done,
    Event,
    Failed,
    FillsRead,
    Held,
    Look,
    NotFound,
    OpenRead,
    Priced,
    Query,
    Send,
    Tick,
    Timed,
)
from hedgerow.model.errors import LeaseHeld, LeaseLost
from hedgerow.model.orders import Fill
from hedgerow.model.ports import Clock, Lease, Store
from hedgerow.runs.ledger import fill_record
from hedgerow.runs.points import pp
from hedgerow.runs.wire import body_of

__all__ = ["DONE", "EVENT", "PROGRAMME", "SENT", "Pen"]

DONE, EVENT, PROGRAMME, SENT = "done", "event", "programme", "sent"
Line = tuple[str, Mapping[str, object]]

_QUIET = (Tick, Priced, Held, Timed, Failed, OpenRead)
_MOST_QUIET = 200


class Pen:
    """A lease on an account, kept alive, and the lines that wait to be written.

    What taught nothing that matters waits for the next line that does: a restart forgets it anyway.
    """

    def __init__(self, store: Store, clock: Clock, now: Callable[[], int], lease_ms: int) -> None:
        self._store, self._clock, self._now, self._lease_ms = store, clock, now, lease_ms
        self._lease: Lease | None = None
        self._lent = False
        self._renewed = 0
        self._waiting: list[Line] = []

    @property
    def lease(self) -> Lease:
        """The lease; raises `LeaseLost` where there is none (any more)."""
        if self._lease is None:
            raise LeaseLost
        return self._lease

    def take(self, account: str, holder: str | Lease) -> None:
        """Take the lease; raises `LeaseHeld`. One that is lent is only made to last; raises `LeaseLost`."""
        if isinstance(holder, Lease):
            self._lease, self._lent = holder, True
            self._last(self._clock.monotonic())
            return
        lease = self._store.acquire(account, holder, self._lease_ms)
        if lease is None:
            raise LeaseHeld(
                f"another process trades {account}", advice="Stop it, or wait until its lease has run out."
            )
        self._lease, self._renewed = lease, self._clock.monotonic()

    def renew(self) -> None:
        """Make the lease last, where a third of it has passed; raises `LeaseLost`."""
        now = self._clock.monotonic()
        if now - self._renewed < self._lease_ms // 3:
            return
        pp("pen.before_renew")
        self._last(now)
        pp("pen.after_renew")

    def _last(self, now: int) -> None:
        """Make the lease last from `now` on, however long ago it ended; raises `LeaseLost` where another took it."""
        self._lease, self._renewed = self._store.renew(self.lease, self._lease_ms), now
        if self._lease is None:
            raise LeaseLost(advice="Nothing more was sent. Start again: it begins with reconciling.")

    def give_back(self) -> None:
        """Let others write, unless the lease is lent."""
        if self._lease is not None and not self._lent:
            pp("pen.before_release")
            self._store.release(self._lease)

    def lasts(self, ms: int) -> bool:
        """Return whether the lease will live for so long."""
        return self._clock.monotonic() + ms <= self.lease.expires

    def halted(self) -> str | None:
        """Return why the account is halted, or None."""
        return self._store.halted(self.lease.account)

    def write(self, event: Event, commands: Sequence[Command], writes: Sequence[int]) -> None:
        """Write an event, the fills in it and the orders it led to, in one transaction; raises `Halted` for what opens.

        The end of a programme takes along the instants of its last `writes`: they count for the next one, too.
        """
        lines: list[Line] = [(EVENT, body_of(event))]
        lines += [fill_record(fill) for fill in _fills_in(event)]
        sends = [command for command in commands if isinstance(command, Send)]
        lines += [_sent(send, self.lease.fence) for send in sends]
        lines += [_done(command, writes) for command in commands if isinstance(command, Done)]
        quiet = isinstance(event, _QUIET) or (isinstance(event, FillsRead) and not event.fills)
        idle = all(isinstance(command, Look | Query) for command in commands)
        if quiet and idle and len(self._waiting) < _MOST_QUIET:
            self._waiting += lines
            return
        pp("pen.before_write")
        self.append(self._waiting + lines, opening=any(not send.order.reduce_only for send in sends))
        self._waiting = []
        pp("pen.after_write")

    def flush(self) -> None:
        """Write what waits. Nothing depends on it: the line that ends a programme takes along what waited."""
        if self._waiting:
            self.append(self._waiting)
            self._waiting = []

    def append(self, lines: Sequence[Line], *, opening: bool = False) -> None:
        """Write these lines."""
        self._store.append(self.lease.account, self._now(), lines, self.lease, opening=opening)


def _fills_in(event: Event) -> tuple[Fill, ...]:
    return event.fills if isinstance(event, FillsRead | NotFound) else ()


def _done(done: Done, writes: Sequence[int]) -> Line:
    said = {"outcome": done.outcome, "why": done.why, "exposed_ms": done.exposed_ms}
    return DONE, {**said, "writes": list(writes)}


def _sent(send: Send, fence: int) -> tuple[str, dict[str, object]]:
    """Return an order as the journal shows it to people; its event is what it is folded from."""
    order = send.order
    return SENT, {
        "client_id": order.client_id,
        "instrument": order.instrument.name,
        "quantity": order.quantity,
        "kind": order.kind,
        "price": order.price,
        "reduce_only": order.reduce_only,
        "stop": order.stop,
        "purpose": send.purpose,
        "leg": send.leg,
        "fence": fence,
    }
