"""kill -9 at every persistence point of the watch: the real loop in a process of its own, all that it asks in another.

The process has the journal and the notices on the disk. Exchange, clock, eyes, approvals and the service that messages go to
live here, in the parent, which lives the seed as `Vigil` does. What the process does is seen from outside: orders at the
exchange's door; records, leases and messages in the files, which are read before each answer. So a process that is killed
has told of nothing that is not there, and I1 to I15 and W1 to W9 are looked at by the same programs as in `./check faults`.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from tests.chaos.far import Time, receive, send
from tests.chaos.files import Disk, late, messages, once, ready, standing, taken_over
from tests.chaos.kills import Kill, Verdict, named, warm
from tests.chaos.watcher import NAMED, watcher
from tests.store.forked import Child, fork
from tests.store.servers import used

from hedgerow.hedge.execution import Command, Event, ExecutionState
from hedgerow.hedge.watch import WatchRules
from hedgerow.model.errors import BrokenPromise, HedgerowError, LeaseHeld
from hedgerow.model.orders import lot_units
from hedgerow.model.ports import Level, Record
from hedgerow.model.watched import Look
from hedgerow.runs.diary import LOOK, diary_of
from hedgerow.runs.monitor import Watched
from hedgerow.store.notices import notices_of
from hedgerow.store.server import Where
from hedgerow.testing.faults import lives
from hedgerow.testing.faults.chance import Chance
from hedgerow.testing.faults.disk import SimStore
from hedgerow.testing.faults.plans import ACCOUNT
from hedgerow.testing.faults.vigils import BOOK, Vigil

__all__ = ["UNREACHED", "hits", "lived", "points"]

HELD = frozenset({"F8", "F11", "F20", "F21"})
"""Beside the kills: fills in parts, late sights, other hands in the account and funding, so that there is something to lose."""
EVENTS = 120
UNREACHED = {
    "asking.before_dead_man": "it trades by market orders, and none rests for a switch to cancel",
    "asking.after_dead_man": "as before it",
    "pen.before_release": "the executor is lent the lease of the watch",
    "reconcile.before_adopt": "only a person takes over what nothing explains",
    "reconcile.after_adopt": "as before it",
}
"""Points of the code that no watch comes by, and why."""
_DIARY = diary_of(ACCOUNT, BOOK)
_REST_MS, _LATE_MS = 2_000, 10_000


class Outside(Vigil):
    """A seed that is watched through by processes that are killed, as it looks from outside."""

    def __init__(self, seed: int, where: Where, kills: Sequence[Kill]) -> None:
        self._path, self._left = where, list(kills)
        self._seed = seed
        super().__init__(seed, Chance(Random(seed), HELD))  # noqa: S311 - a schedule, no secret
        # Set otherwise than it trades with: the first plan has to.
        self.road.modes_now = replace(self.road.modes_now, margin_mode="isolated")
        self.found = Verdict()
        self._child: Child | None = None
        self._end: socket.socket | None = None
        self._after = {ACCOUNT: 0, _DIARY: 0}
        self._lease: object = None
        self._failure: HedgerowError | None = None
        self._notices, self.last = notices_of(self._path), cast("Look | None", None)
        ports = {"market": self._doors.market, "trading": self._doors.trading, "account": self._doors.account}
        self._ports: dict[str, Any] = {**ports, "clock": self.clock, "eyes": self.eyes, "world": self}

    def _stored(self) -> SimStore:
        return cast("SimStore", Disk(self._path, self.clock))

    def _ruled(self) -> WatchRules:
        """Let every other seed be asked, and every life trade."""
        rules = super()._ruled()
        bounds = replace(rules.bounds, max_order_usd=None, max_turnover=10.0)
        return replace(rules, mode="propose" if self._seed % 2 else "auto", bounds=bounds)

    def _outside(self) -> None:
        """Besides, the account is halted for a while, and a hand trades whose fill is seen late: alarms, and gaps."""
        super()._outside()
        market, random = self.market, self.random
        begins = market.now + random.randint(0, 60_000)
        market.later.append((begins, lambda: self.troubles.halt("a person said so")))
        market.later.append((begins + random.randint(5_000, 20_000), lambda: self.troubles.halt(None)))
        market.later += [(market.now + random.randint(0, 60_000), self._late) for _ in range(2)]

    def _late(self) -> None:
        market = self.market
        held = [each for each in market.contracts if market.quantity(each.name)]
        if held:
            contract = self.random.choice(held)
            market.outside(contract, lot_units(contract).copy_sign(-market.quantity(contract.name)), "trade")
            market.fills[-1] = (market.now + _LATE_MS, market.fills[-1][1])
            market.later.append((market.now + _LATE_MS, lambda: self.watch.note("hung", {})))

    # What the process asks and tells.

    def happened(self, state: ExecutionState, event: Event, commands: Sequence[Command]) -> None:
        """Look at the executor's state after an event."""
        known = SimpleNamespace(state=state, known=lambda: ("", ""))
        self.took(cast("lives.Watched", known), event, commands)

    def known(self, warm: str, cold: str) -> None:
        """Note what the process remembers, and what one would that starts now."""
        self.watch.note("known", {"warm": warm, "cold": cold})

    def approval(self, name: str) -> str:
        """Return who said yes to a proposal."""
        return self.approved.get(name, "")

    def called(self, level: Level, title: str, text: str) -> None:
        """Note that the watch called somebody."""
        self.sink.notify(level, title, text)

    def heard(self, target: str, level: Level, title: str, text: str) -> None:
        """Be the service that messages go to: what comes must be written, and not be noted as sent."""
        del level, text
        if not any(target in notice.missing for notice in self._notices.all()):
            self.watch.broken("W5", f"{title} is sent, and either not written or sent before")

    def failed(self, why: HedgerowError) -> None:
        """Take the error by which the process ends."""
        self._failure = why

    # How the process lives.

    def _begin(self) -> None:
        self._holders += 1
        self.found.lives += 1
        self.watch.holder = f"process {self._holders}"
        self.watch.note("started", {})
        cast("Disk", self.store).close()
        self._end, theirs = socket.socketpair()
        self._failure = None
        watched = Watched(BOOK, ACCOUNT, self.watch.holder, self.policy, self.rules)
        time = Time((self.clock.now(), self.clock.monotonic()))
        kill = self._left[0] if self._left else None
        self._child = fork(partial(watcher, watched, self._path, theirs, time, kill))
        theirs.close()
        self._serve()

    def _turn(self) -> None:
        if self._child is None:
            self._begin()
        if self._child is not None:
            self._answer("go")
            self._serve()
        if self._child is None:
            self._buried()

    def _stop(self) -> None:
        if self._child is None:
            return
        self._answer("end")
        self._serve()
        self._buried()

    def _compare_lives(self) -> None:
        if self._child is not None:
            self._answer("compare")
            self._serve()

    def _answer(self, what: object, *, raised: bool = False) -> None:
        assert self._end is not None
        send(self._end, ((self.clock.now(), self.clock.monotonic()), raised, what))

    def _serve(self) -> None:
        """Answer the process until it has looked once more, or is gone."""
        assert self._end is not None
        while (question := receive(self._end)) is not None:
            name, verb, words = question
            self._take_in()
            if verb == "turned":
                self.found.hits |= Counter(words[0])
                return
            try:
                value = getattr(self._ports[name], verb)(*words)
                self._answer(lives.finish(value) if hasattr(value, "send") else value)
            except HedgerowError as why:
                self._answer(why, raised=True)
        assert self._child is not None
        self._end.close()
        status, self._child = self._child.wait(), None
        self._take_in()
        self._ended(status)

    def _ended(self, status: int) -> None:
        """Note how the process ended."""
        why, how = self._failure, os.waitstatus_to_exitcode(status)
        if os.WIFSIGNALED(status):
            self.found.killed.append(self._left.pop(0).point)
            self.verdict.kills += 1
            self.watch.note("ended", {"how": "killed"})
        elif how == NAMED and isinstance(why, BrokenPromise):
            self.watch.broken("R11", str(why))
        elif how == NAMED and why is not None:
            if not isinstance(why, LeaseHeld):
                self.verdict.outcomes[f"stopped: {type(why).__name__}"] += 1
            self.watch.note("ended", {"how": "error", "error": type(why).__name__, "said": why.message})
        elif how:
            self.watch.broken("I14", f"process {self._holders} ended with {how}")
        else:
            self.watch.note("ended", {"how": "done"})

    def _buried(self) -> None:
        if self.watch.ended:
            self.watch.over_already()
        self.market.go(self.market.now + _REST_MS)

    def _take_in(self) -> None:
        """Read what is in the journal by now."""
        if not cast("Disk", self.store).changed():
            return
        for stream, after in self._after.items():
            for record in self.store.read(stream, after):
                self._after[stream] = record.seq
                self.watch.written(record.kind, self._body(record))
        for lease, left in self.store.leases():
            if lease.account == ACCOUNT and (lease.holder, lease.expires) != self._lease:
                self._lease = lease.holder, lease.expires
                self.watch.note("lease", {"holder": lease.holder, "left": left})

    def _body(self, record: Record) -> Mapping[str, Any]:
        if record.kind != "sent":
            return record.body
        plan = self.watch.programme.plan if self.watch.programme else ""
        return {**record.body, "plan": plan, "quantity": Decimal(str(record.body["quantity"]))}

    # What is left.

    def written(self, look: Look) -> None:
        """Hear of a look: its alarms must be told by now, in what lies on the disk."""
        super().written(look)
        self.last = look
        told = standing(self._notices)
        for title in (f"{row.watch}: {row.about}" for row in look.alarms):
            if title not in told:
                self.watch.broken("W5", f"{title} is on, and no message of it is written")

    def _over(self) -> None:
        super()._over()
        found, history, last = self.found, self.watch.history, self.last
        on = {f"{row.watch}: {row.about}" for row in last.alarms} if last else set()
        looks = [record.at for record in self.store.read(_DIARY) if record.kind == LOOK]
        found.ready_ms, found.over_ms = ready(history), taken_over(history)
        broken = [*self.watch.violations, *self.verdict.violations, *messages(self._notices, on)]
        found.violations = list(dict.fromkeys([*broken, *once(looks), *late(found.ready_ms)]))
        cast("Disk", self.store).close()


def points() -> list[str]:
    """Return the points that a watch comes by."""
    return sorted(named() - UNREACHED.keys())


def hits(seed: int) -> Counter[str]:
    """Return how often one process of a life without a kill comes by each point, at most."""
    verdict = lived(seed)
    if verdict.violations:
        raise AssertionError(verdict.violations)
    return verdict.hits


def lived(seed: int, *kills: Kill, whole: bool = True) -> Verdict:
    """Return what comes of a watch whose first processes die at these points, one each."""
    warm()
    with used.get().place() as (_, where):
        outside = Outside(seed, where, kills)
        outside.live(EVENTS if whole else EVENTS // 2)
        return outside.found
