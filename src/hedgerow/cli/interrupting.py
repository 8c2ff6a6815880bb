"""A trade that is interrupted says what it leaves behind: which orders are at the venue, and what may be done about them.

with told_when_interrupted(settings, mode, "hedgerow trade 2f3c39"): ...
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from hedgerow.app.plans import Mode
from hedgerow.app.standing import standing
from hedgerow.config import Settings

__all__ = ["told_when_interrupted"]


@contextmanager
def told_when_interrupted(settings: Settings, mode: Mode, again: str) -> Iterator[None]:
    """Take SIGTERM as an interrupt, and after either say on stderr what the journal has begun; `again` is the command that goes on."""
    with _terminated_as_interrupted():
        try:
            yield
        except KeyboardInterrupt:
            from hedgerow.reports.resting_text import left_text

            for line in left_text(standing(settings, mode), again):
                sys.stderr.write(f"{line}\n")
            raise


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """An interrupt ends a loop between two steps; the default of SIGTERM ends a process in the middle of one, without a word."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Do what SIGINT does now; where it is ignored, as behind `&` in a script, interrupt all the same."""
    now = signal.getsignal(signal.SIGINT)
    (now if callable(now) else signal.default_int_handler)(number, frame)
