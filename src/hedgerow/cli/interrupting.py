"""What is interrupted says what it leaves behind: a trade its orders at the venue, a sweep what it has kept, and how it goes on.

with told_when_interrupted(settings, mode, "hedgerow trade 2f3c39"): ...
with kept_when_interrupted(folder): ...
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from hedgerow.app.plans import Mode
from hedgerow.app.standing import standing
from hedgerow.config import Settings
from hedgerow.model.errors import HedgerowError

__all__ = ["kept_when_interrupted", "terminated_as_interrupted", "told_when_interrupted"]


@contextmanager
def told_when_interrupted(settings: Settings, mode: Mode, again: str) -> Iterator[None]:
    """Take SIGTERM as an interrupt, and after either say on stderr what the journal has begun; `again` is the command that goes on."""
    with terminated_as_interrupted():
        try:
            yield
        except KeyboardInterrupt:
            from hedgerow.reports.resting_text import left_text

            for line in left_text(standing(settings, mode), again):
                sys.stderr.write(f"{line}\n")
            raise


@contextmanager
def kept_when_interrupted(folder: Path | None) -> Iterator[None]:
    """Take SIGTERM as an interrupt, and after either say on stderr what of a sweep is kept in `folder`; None: it keeps nothing."""
    with terminated_as_interrupted():
        try:
            yield
        except KeyboardInterrupt:
            sys.stderr.write(f"{_kept(folder)}\n")
            raise


def _kept(folder: Path | None) -> str:
    from hedgerow.files.sweeps import read_tries

    if folder is None:
        return "Interrupted: nothing is kept. With --out FOLDER what is done is kept, and the same command goes on from there."
    try:
        count = len(read_tries(folder))
    except HedgerowError as why:
        return f"Interrupted: {why.message}. {why.advice}"
    done = "1 combination is kept" if count == 1 else f"{count} combinations are kept"
    return f"Interrupted: {done} in {folder}; the same command goes on from there."


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Take SIGTERM as an interrupt, which ends a loop between two steps: its default ends a process in the middle of one, without a word."""
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
