"""A worker's signs of life, in a thread: leases of accounts made to last, then the worker's own life, while the loop is there.

pulse = Pulse(renew, beat, LEASE_MS, clock, worked)
pulse.begin()                     the first sign, then three in a lease time
pulse.until                       our clock at which everybody takes this worker for dead
pulse.check()                     raises why the last sign was not given
pulse.seen()                      the loop was there

Where the loop was not there, and no watch `worked`, for four lease times, no sign is given. One that has more to do than it
gets done is late and alive: taken for dead, it would leave its books to others, who then had too many as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from hedgerow.model.errors import HedgerowError

__all__ = ["Pulse"]

_BEATS, _HANGS = 3, 4
_AGAIN_S = 1.0


class Pulse:
    """Signs of life, given by a thread."""

    def __init__(
        self,
        renew: Callable[[], None],
        beat: Callable[[], int],
        ttl_ms: int,
        clock: Callable[[], int],
        worked: Callable[[], int] = lambda: 0,
    ) -> None:
        self._renew, self._beat, self._ttl_ms, self._clock = renew, beat, ttl_ms, clock
        self._worked = worked
        self.until = 0
        self._seen_at = clock()
        self._why: HedgerowError | None = None
        self._over = threading.Event()
        self._task: Future[None] | None = None

    def begin(self) -> None:
        """Give the first sign, and go on. Raises why it cannot be given."""
        self.until = self._beat()
        self.seen()
        self._task = ThreadPoolExecutor(1, "pulse").submit(self._live)

    def end(self) -> None:
        """Give no more."""
        self._over.set()

    def seen(self) -> None:
        """Note that the loop is there."""
        self._seen_at = self._clock()

    def check(self) -> None:
        """Raise why the last sign could not be given, or what ended the thread."""
        if self._why is not None:
            raise self._why
        if self._task is not None and self._task.done():
            self._task.result()

    def _live(self) -> None:
        wait = self._ttl_ms / _BEATS / 1_000
        while not self._over.wait(_AGAIN_S if self._why is not None else wait):
            if self._clock() - max(self._seen_at, self._worked()) > _HANGS * self._ttl_ms:
                continue
            try:
                self._renew()
                self.until = self._beat()
                self._why = None
            except HedgerowError as why:
                self._why = why
