"""The courier: one thread that passes messages on, so that the loop that trades never waits for a service that is down.

courier = Courier(outbox, spool, send, clock)
courier.leave("paper:paper book", "critical", "liquidation: account", "liquidation is 9% away")
courier.close()

What is left with it is on the disk before `leave` returns, and stays there as not sent until it was sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hedgerow.model.errors import HedgerowError
from hedgerow.model.notices import Message, Notice
from hedgerow.model.ports import Level
from hedgerow.outlets.messages import grouped
from hedgerow.outlets.outbox import Batch, Outbox

__all__ = ["Courier", "Named", "Send", "Spool"]

Send = Callable[[str, Level, str, str], None]
"""Sends level, title and text to a target by name. Raises `NotSent` where it cannot."""
_DAY_MS = 86_400_000
_OVER = "is well again"
_DEFECT = "a defect in the sender"


class Spool(Protocol):
    """What remembers messages until they were sent, whatever happens to the process. Raises `JournalFailed`."""

    def all(self) -> tuple[Notice, ...]:
        """Return every message with what became of it, in order."""

    def told(self, message: Message, targets: Sequence[str], *, held: bool) -> None:
        """Note a message and whom it goes to; `held`: it waits for the morning."""

    def sent(self, names: Sequence[str], target: str, at: int) -> None:
        """Note that messages reached a target."""

    def failed(self, names: Sequence[str], target: str, at: int, why: str) -> None:
        """Note that they did not."""


@dataclass(slots=True)
class Courier:
    """Passes messages on. `now` is milliseconds of UTC, `name` makes a name that no message had.

    `failures` counts tries that failed by target; `lost` counts what could not even be written down.
    """

    outbox: Outbox
    spool: Spool
    send: Send
    now: Callable[[], int]
    name: Callable[[], str]
    failures: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    _resumed: set[str] = field(default_factory=set)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _closing: bool = False
    _thread: threading.Thread | None = None

    def notifier(self, source: str) -> Named:
        """Return the notifier of one watch, and at the first time take up what an earlier life of it left unsent within a day."""
        with self._wake:
            known = source in self._resumed
            self._resumed.add(source)
            for notice in () if known else self.spool.all():
                if notice.message.source != source:
                    continue
                self.outbox.recall(notice.message)
                if notice.missing and not notice.seen and self.now() - notice.message.at < _DAY_MS:
                    self.outbox.put(notice.message, notice.missing)
            self._wake.notify()
        return Named(self, source)

    def leave(self, source: str, level: Level, title: str, text: str, *, everybody: bool = False) -> None:
        """Take a message, which goes to those whom its level concerns, or to `everybody`.

        Never raises, never waits for a target. What cannot be written down is still sent.
        """
        message = Message(self.name(), self.now(), level, source, title, text)
        with self._wake:
            targets = self.outbox.take(message, everybody=everybody)
            if not targets:
                return
            try:
                self.spool.told(message, targets, held=self.outbox.held(message))
            except HedgerowError:
                self.lost += 1
            self._wake.notify()

    def standing(self, source: str) -> frozenset[str]:
        """Return the titles of alarms of a source that were told and are not over."""
        with self._wake:
            return self.outbox.standing(source)

    def settle(self, source: str, on: frozenset[str]) -> None:
        """Say of every alarm of a source that was told and is not `on` that it is over: it is told when it comes again.

        Whoever called it may have died before it was written down, and would never say so. Titles name what is watched,
        a colon, and what about it; others tell what happened, and are no alarms.
        """
        with self._wake:
            told = self.outbox.told_of(
                source
            )  # at whatever level: the quietest alarm, too, has to be told when it comes again
        for title in sorted(told.keys() - on):
            if ": " in title and told[title] != _OVER:
                self.leave(source, "info", title, _OVER)

    def start(self) -> None:
        """Begin to pass on what waits."""
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def close(self, within_s: float = 5.0) -> None:
        """Try once more what waits, for at most so long, and end; what was not sent stays on the disk."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(within_s)

    def step(self) -> None:
        """Send what is due now; a target that fails is tried again later."""
        with self._wake:
            batches = self.outbox.due(self.now())
        for batch in batches:
            why = self._pass_on(batch)
            self._settle(batch, why)

    def _pass_on(self, batch: Batch) -> str:
        """Send a batch and return why it was not sent, "" where it was."""
        level, title, text = grouped(batch.messages)
        try:
            self.send(batch.target, level, title, text)
        except HedgerowError as why:
            return why.message
        except Exception as why:  # noqa: BLE001 - the next alarm has to go out, whatever this one broke
            return f"{_DEFECT}: {type(why).__name__}"
        return ""

    def _settle(self, batch: Batch, why: str) -> None:
        names = [message.name for message in batch.messages]
        at = self.now()
        tries = 0
        with self._wake:
            if why:
                tries = self.outbox.failed(batch, at)
                self.failures[batch.target] = self.failures.get(batch.target, 0) + 1
            else:
                self.outbox.done(batch)
        try:
            if not why:
                self.spool.sent(names, batch.target, at)
            elif tries == 1 or self._closing:
                self.spool.failed(names, batch.target, at, why)
        except HedgerowError:
            self.lost += 1

    def _run(self) -> None:
        while True:
            with self._wake:
                wait = self.outbox.next_ms(self.now())
                closing = self._closing
                if not closing:
                    self._wake.wait(None if wait is None else wait / 1_000)
                    closing = self._closing
                if closing:
                    self.outbox.gather_ms = 0
            self.step()
            if closing:
                return


@dataclass(frozen=True, slots=True)
class Named:
    """A notifier for one watch: what it says goes to the courier as being about `source`."""

    courier: Courier
    source: str

    def notify(self, level: Level, title: str, text: str) -> None:
        """Pass a message on; never raises."""
        self.courier.leave(self.source, level, title, text)
