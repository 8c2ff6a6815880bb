"""Real processes on one journal, forked from a warm parent: what a test starts, stops, wakes and kills."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Child:
    """A process of ours, by its id; `over` once it was waited for."""

    pid: int
    over: bool = False

    def send(self, sign: signal.Signals) -> None:
        if not self.over:
            os.kill(self.pid, sign)

    def wait(self) -> int:
        """Return its wait status."""
        _, status = os.waitpid(self.pid, 0)
        self.over = True
        return status

    def end(self) -> None:
        """Kill it, asleep or not."""
        if not self.over:
            self.send(signal.SIGKILL)
            self.wait()


def fork(work: Callable[[], None]) -> Child:
    """Do `work` in a process of its own, which ends with it: 0, or 1 where it raised."""
    pid = os.fork()
    if pid:
        return Child(pid)
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)  # the child must not run what its parent would do next
    raise AssertionError
