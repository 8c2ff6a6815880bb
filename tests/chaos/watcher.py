"""The watch as a process that can be killed: the real loop, journal and notices; all that it asks is in its parent."""

from __future__ import annotations

import gc
import os
import signal
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

from tests.chaos.far import Far, FarClock, Time
from tests.chaos.kills import Kill

from hedgerow.hedge.execution import Command, Event
from hedgerow.model.errors import HedgerowError
from hedgerow.model.ports import Level
from hedgerow.outlets.courier import Courier, Named
from hedgerow.outlets.outbox import Outbox, Target
from hedgerow.runs.diary import View
from hedgerow.runs.executor import Executor
from hedgerow.runs.monitor import Around, Shown, Watched
from hedgerow.runs.points import watching
from hedgerow.runs.reconcile import Doors
from hedgerow.store.journal import Journal, open_journal
from hedgerow.store.notices import notices_of
from hedgerow.store.server import Where
from hedgerow.testing.faults.lives import Life, finish
from hedgerow.testing.faults.lives import Watched as Looked
from hedgerow.testing.faults.vigils import Process

__all__ = ["NAMED", "SOURCE", "watcher"]

SOURCE = "sim:main book"
NAMED = 3
"""How a process ends that ended by an error with a name."""


@dataclass(frozen=True, slots=True)
class _Eyes:
    """Prices and holdings, which are the parent's."""

    far: Far

    def look(self, at: int) -> View:
        """Return what is known at `at`."""
        view: View = self.far.ask("look", at)
        return view


@dataclass(frozen=True, slots=True)
class _Telling:
    """Leaves messages with the courier, and lets the parent know that somebody was called."""

    far: Far
    named: Named

    def notify(self, level: Level, title: str, text: str) -> None:
        """Pass a message on."""
        self.far.ask("called", level, title, text)
        self.named.notify(level, title, text)


@dataclass(frozen=True, slots=True)
class _Life:
    """Lets the parent look at the executor's state after every event."""

    far: Far

    def took(self, executor: Executor, event: Event, commands: Sequence[Command]) -> None:
        """Tell of an event."""
        self.far.ask("happened", executor.state, event, commands)


def watcher(watched: Watched, path: Where, end: socket.socket, time: Time, kill: Kill | None) -> None:
    """Watch, look by look, for as long as the parent wants it, and die where it is told to."""
    gc.disable()  # it lives for seconds, and would look through all that its parent holds
    seen: Counter[str] = Counter()
    world = Far(end, "world", time)

    def passing(name: str) -> None:
        seen[name] += 1
        if kill is not None and kill.point == name and seen[name] == kill.visit:
            os.kill(os.getpid(), signal.SIGKILL)

    clock = FarClock(Far(end, "clock", time))
    with open_journal(path, monotonic=clock.monotonic, point=passing) as journal, watching(passing):
        try:
            _watch(watched, journal, clock, world, seen)
        except HedgerowError as why:
            world.ask("failed", why)
            os._exit(NAMED)


def _watch(watched: Watched, journal: Journal, clock: FarClock, world: Far, seen: Counter[str]) -> None:
    names = count(1)
    courier = Courier(
        Outbox([Target("phone", "info")]),
        notices_of(journal.path, journal._point),
        lambda *said: world.ask("heard", *said),
        clock.now,
        lambda: f"{watched.holder} {next(names)}",
    )
    monitor = _monitor(watched, journal, clock, courier, world)
    with closing(monitor):
        while (wanted := world.ask("turned", dict(seen))) != "end":
            if wanted == "compare":
                cold = _monitor(watched, journal, clock, courier, world)
                world.ask("known", monitor.remembers(), cold.remembers())
                continue
            courier.step()
            finish(monitor.turn())
    courier.outbox.gather_ms = 0
    courier.step()


def _monitor(watched: Watched, journal: Journal, clock: FarClock, courier: Courier, world: Far) -> Process:
    def shown(shown: Shown) -> None:
        courier.settle(SOURCE, frozenset(f"{row.watch}: {row.about}" for row in shown.look.alarms))

    def hand(*words: Any) -> Executor:
        executor = Looked(*words)
        executor.life = cast("Life", _Life(world))
        return executor

    end, time = world.end, world.time
    doors = Doors(*(cast("Any", Far(end, name, time)) for name in ("market", "trading", "account")))
    telling = _Telling(world, courier.notifier(SOURCE))
    around = Around(telling, lambda name: str(world.ask("approval", name)), looked=shown, executor=hand)
    return Process(watched, doors, journal, clock, _Eyes(Far(end, "eyes", time)), around)
